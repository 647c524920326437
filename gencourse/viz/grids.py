"""Grids of small images."""

import math

import numpy as np

from gencourse.viz.figure import STYLE, Picture, new_figure, panels, styled

MAX_IMAGES = 400
GAP = 2  # pixels between two tiles, in image pixels


def check_images(images, name: str = "images") -> np.ndarray:
    """Return `images` as float32 (N, H, W, C) in [0, 1], C being 1 or 3.

    Args:
        images: (N, H, W) or (N, H, W, C); floats in [0, 1] or uint8 in [0, 255].

    Raises:
        ValueError: if shape, range or dtype are others, or a value is not finite.
    """
    array = np.asarray(images)
    if array.ndim == 3:
        array = array[..., None]
    if array.ndim != 4 or array.shape[-1] not in (1, 3) or 0 in array.shape:
        raise ValueError(
            f"`{name}` must have shape (N, H, W), (N, H, W, 1) or (N, H, W, 3). Received: shape {np.shape(images)}"
        )
    if array.dtype == np.uint8:
        return array.astype(np.float32) / 255.0
    if not np.issubdtype(array.dtype, np.floating):
        raise ValueError(f"`{name}` must be uint8 or floats. Received: dtype {array.dtype}")
    if not np.isfinite(array).all():
        raise ValueError(f"`{name}` must be finite. Received: NaN or infinite pixels")
    low, high = float(array.min()), float(array.max())
    if low < -1e-3 or high > 1.0 + 1e-3:
        raise ValueError(
            f"`{name}` must lie in [0, 1] (`data.to_unit` brings [-1, 1] there). "
            f"Received: values from {low:.3g} to {high:.3g}"
        )
    return np.clip(array, 0.0, 1.0).astype(np.float32)


def _columns(columns: int | None, count: int) -> int:
    if columns is None:
        return math.ceil(math.sqrt(count))
    if columns < 1:
        raise ValueError(f"`columns` must be at least 1. Received: {columns}")
    return min(columns, count)


def mosaic(images, *, columns: int | None = None, gap: int = GAP, gap_below: int | None = None) -> np.ndarray:
    """Lay images out row by row as one picture, on a white ground.

    Args:
        images: (N, H, W), (N, H, W, 1) or (N, H, W, 3); [0, 1] or uint8; N up to 400.
        columns: tiles in a row; the nearest to a square when None.
        gap: pixels around each tile.
        gap_below: pixels below each row, where labels go; `gap` when None.

    Returns:
        float32 (rows·(H+gap_below)+gap, columns·(W+gap)+gap, C) in [0, 1].
    """
    tiles = check_images(images)
    count, height, width, channels = tiles.shape
    if count > MAX_IMAGES:
        raise ValueError(f"A grid holds at most {MAX_IMAGES} images. Received: {count}")
    columns = _columns(columns, count)
    below = gap if gap_below is None else gap_below
    rows = math.ceil(count / columns)
    canvas = np.ones((rows * (height + below) + gap, columns * (width + gap) + gap, channels), np.float32)
    for index, tile in enumerate(tiles):
        row, column = divmod(index, columns)
        top, left = gap + row * (height + below), gap + column * (width + gap)
        canvas[top : top + height, left : left + width] = tile
    return canvas


def _draw(axes, images, columns, title, labels=None) -> None:
    tiles = check_images(images)
    height, width = tiles.shape[1:3]
    below = GAP if labels is None else max(GAP, round(height * 0.42))
    columns = _columns(columns, len(tiles))
    picture = mosaic(tiles, columns=columns, gap_below=below)
    shown = picture[..., 0] if picture.shape[-1] == 1 else picture
    image = axes.imshow(shown, cmap="gray", vmin=0.0, vmax=1.0, interpolation="nearest")
    named = "" if labels is None else ", labelled " + ", ".join(" ".join(str(label).split()) for label in labels)
    image.set_label(f"{len(tiles)} images of {height} × {width} pixels, {columns} in a row{named}")
    axes.set_axis_off()
    if title:
        axes.set_title(title)
    for index, label in enumerate(labels if labels is not None else ()):
        row, column = divmod(index, columns)
        x = GAP + column * (width + GAP) + width / 2 - 0.5
        y = GAP + row * (height + below) + height + below / 2 - 0.5
        axes.text(x, y, str(label), ha="center", va="center", fontsize=9)


def _inches(images, columns, scale, labelled) -> tuple[float, float]:
    tiles = np.asarray(images)
    columns = _columns(columns, len(tiles))
    rows = math.ceil(len(tiles) / columns)
    height, width = tiles.shape[1:3]
    below = max(GAP, round(height * 0.42)) if labelled else GAP
    dpi = STYLE["figure.dpi"]
    return (columns * (width + GAP) + GAP) * scale / dpi, (rows * (height + below) + GAP) * scale / dpi


@styled
def image_grid(images, *, columns=None, title=None, labels=None, scale: float = 1.5) -> Picture:
    """Show images as one grid.

    Args:
        images: (N, H, W), (N, H, W, 1) or (N, H, W, 3); floats in [0, 1] or uint8; N up to 400.
        columns: tiles in a row; the nearest to a square when None.
        title: a line above the grid.
        labels: N labels, written below the tiles.
        scale: screen pixels for one image pixel.

    Returns:
        A Picture.

    Raises:
        ValueError: for another shape, range or number of labels.
    """
    tiles = check_images(images)
    if labels is not None and len(labels) != len(tiles):
        raise ValueError(f"One label per image is needed. Received: {len(labels)} for {len(tiles)} images")
    width, height = _inches(tiles, columns, scale, labels is not None)
    figure = new_figure(width + 0.1, height + (0.4 if title else 0.1))
    _draw(figure.add_subplot(), tiles, columns, title, labels)
    return figure


@styled
def compare_grids(grids: dict, *, columns=None, title=None, scale: float = 1.5) -> Picture:
    """Show several grids side by side, each under its name: noise, generated and real, or before and after.

    Args:
        grids: {name: images}, images as in `image_grid`; one to five of them.
        columns: tiles in a row of each grid.
        title: a line above all grids.
        scale: screen pixels for one image pixel.

    Returns:
        A Picture.
    """
    grids = {name: check_images(images, name or "images") for name, images in panels(grids, "grids").items()}
    if len(grids) > 5:
        raise ValueError(f"At most five grids fit side by side. Received: {len(grids)}")
    sizes = [_inches(images, columns, scale, False) for images in grids.values()]
    width = sum(size[0] for size in sizes) + 0.15 * len(grids) + 0.1
    height = max(size[1] for size in sizes) + 0.4 + (0.35 if title else 0.0)
    figure = new_figure(width, height)
    axes = figure.subplots(1, len(grids), squeeze=False, width_ratios=[size[0] for size in sizes])[0]
    for ax, (name, images) in zip(axes, grids.items(), strict=True):
        _draw(ax, images, columns, name)
        ax.set_anchor("N")
    if title:
        figure.suptitle(title, fontsize=12)
    return figure
