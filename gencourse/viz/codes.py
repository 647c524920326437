"""Codes of a codebook: where its vectors lie, and which of them stand in the places of an image."""

import numpy as np
from matplotlib import colormaps

from gencourse.viz.figure import COLOURS, Picture, finite, new_figure, panels, styled
from gencourse.viz.grids import check_images
from gencourse.viz.points import MAX_POINTS, _check_points, _limits

FEW = 16  # up to so many columns the numbers of the codes are written into the tiles


@styled
def code_tiles(codes, images=None, *, shades=None, columns: int | None = None, size: float = 2.2) -> Picture:
    """Shows maps of codes as numbered tiles, each beside the image that it belongs to.

    The number is the code; the shade of a tile only helps to find equal and similar ones.

    Args:
        codes: (H, W) whole numbers, or {name: (H, W)} for several.
        images: the image of each map, (N, height, width) or (N, height, width, 1), in [0, 1]; it gets lines where the
            tiles meet. None draws the tiles alone.
        shades: (K,) numbers in [0, 1], how light each code's tile is drawn; the code's number over the largest one
            when None.
        columns: maps (each with its image) beside each other; all of them when None.
        size: inches of a map's longer side.

    Returns:
        A Picture.

    Raises:
        ValueError: for another shape, codes that are no whole numbers of at least 0 or have no shade, shades outside
            [0, 1], or another number of images.
    """
    maps = {name: _check_codes(values, name) for name, values in panels(codes, "codes").items()}
    most = max(int(values.max()) for values in maps.values())
    shades = np.arange(most + 1) / max(most, 1) if shades is None else finite(shades, "shades").ravel()
    if len(shades) <= most or shades.min() < 0 or shades.max() > 1:
        raise ValueError(
            f"A shade in [0, 1] for each code from 0 to {most} is needed. Received: {len(shades)} from "
            f"{shades.min():.3g} to {shades.max():.3g}"
        )
    tiles = None if images is None else check_images(images)
    if tiles is not None and (len(tiles) != len(maps) or tiles.shape[-1] != 1):
        raise ValueError(f"One grey image for each of {len(maps)} maps is needed. Received: shape {np.shape(images)}")
    columns = min(columns or len(maps), len(maps))
    if columns < 1:
        raise ValueError(f"`columns` must be at least 1. Received: {columns}")
    beside = 1 if tiles is None else 2
    lines = -(-len(maps) // columns)
    named = any(maps)
    figure = new_figure(columns * beside * (size + 0.12) + 0.1, lines * (size + 0.12 + 0.3 * named) + 0.1)
    grid = figure.subplots(lines, columns * beside, squeeze=False).ravel()
    for axes in grid:
        axes.set_axis_off()
    for index, (name, values) in enumerate(maps.items()):
        axes = grid[index * beside + beside - 1]
        _draw_tiles(axes, values, shades)
        axes.set_title(name)
        if tiles is not None:
            _draw_image(grid[index * beside], tiles[index, ..., 0], values.shape)
    return figure


def _check_codes(values, name):
    array = np.asarray(values)
    if array.ndim != 2 or 0 in array.shape or array.dtype.kind not in "iu" or array.min() < 0:
        raise ValueError(
            f"A map holds one whole number of at least 0 for each place, (H, W). Received: {name or 'codes'}, "
            f"{array.dtype} of shape {array.shape}"
        )
    return array


def _draw_tiles(axes, values, shades):
    height, width = values.shape
    colours = colormaps["cividis"]
    image = axes.imshow(shades[values], cmap=colours, vmin=0.0, vmax=1.0, interpolation="nearest")
    image.set_label(f"{height} rows × {width} columns of codes, the first row {' '.join(map(str, values[0]))}")
    _lines(axes, height, width, 1.0, 1.0)
    if width > FEW:
        return
    for (row, column), code in np.ndenumerate(values):
        red, green, blue, _ = colours(float(shades[code]))
        ink = "black" if 0.299 * red + 0.587 * green + 0.114 * blue > 0.5 else "white"
        axes.text(column, row, str(code), color=ink, fontsize=7, ha="center", va="center")


def _draw_image(axes, image, grid):
    shown = axes.imshow(image, cmap="gray", vmin=0.0, vmax=1.0, interpolation="nearest")
    shown.set_label(f"an image of {image.shape[0]} × {image.shape[1]} pixels")
    _lines(axes, *grid, image.shape[0] / grid[0], image.shape[1] / grid[1])


def _lines(axes, rows, columns, high, wide):
    """Thin lines where `rows` × `columns` tiles of `high` × `wide` meet."""
    style = {"color": "0.75", "linewidth": 0.5}
    for row in range(rows + 1):
        axes.plot([-0.5, columns * wide - 0.5], [row * high - 0.5] * 2, **style)
    for column in range(columns + 1):
        axes.plot([column * wide - 0.5] * 2, [-0.5, rows * high - 0.5], **style)


@styled
def code_points(points, vectors, *, used=None, limits=None, title=None, size: float = 2.7) -> Picture:
    """Shows where the vectors of a codebook lie among points in the plane.

    Args:
        points: (N, 2), drawn grey behind every panel; at most 2,000, the first ones.
        vectors: (K, 2), or {name: (K, 2)} for one panel each. Each is drawn as its number in a disc.
        used: (K,) truth values, or {name: (K,)} for some or all panels: codes that are not used are drawn as a
            hollow square with a struck-out number.
        limits: r for [-r, r]², (low, high), or (x_low, x_high, y_low, y_high); from points and vectors when None.
        title: a line above the panels.
        size: inches of one panel's side.

    Returns:
        A Picture.

    Raises:
        ValueError: for other shapes, more than three panels, or a mark of use for an unknown panel.
    """
    points = _check_points(points, "points")
    named = {name: _check_points(of, name or "vectors") for name, of in panels(vectors, "vectors").items()}
    uses = {} if used is None else panels(used, "used")
    if len(named) > 3 or set(uses) - set(named):
        raise ValueError(
            f"At most three panels fit, and `used` must name some of them. Received: {list(named)}, {list(uses)}"
        )
    for name, mask in uses.items():
        if np.shape(mask) != (len(named[name]),):
            raise ValueError(f"`used` needs one truth value for each code. Received: shape {np.shape(mask)}")
    box = _limits(limits, [points, *named.values()])
    figure = new_figure(size * len(named) + 0.4, size + (0.7 if title else 0.4))
    grid = figure.subplots(1, len(named), squeeze=False, sharex=True, sharey=True)[0]
    for axes, (name, places) in zip(grid, named.items(), strict=True):
        axes.scatter(*points[:MAX_POINTS].T, s=5, color="0.72", linewidths=0, snap=False)
        idle = len(places) - int(np.sum(uses.get(name, np.ones(len(places)))))
        axes.set_label(f"{len(points[:MAX_POINTS])} points; codes in use: {len(places) - idle}; struck out: {idle}")
        for number, place in enumerate(places):
            wins = name not in uses or bool(uses[name][number])
            face, edge, ink = (COLOURS[0], "white", "white") if wins else ("white", "0.35", "0.35")
            axes.plot(
                *place, "o" if wins else "s", markersize=10.5, color=face, markeredgecolor=edge, markeredgewidth=0.9
            )
            text = str(number) if wins else "".join(sign + "\u0336" for sign in str(number))
            axes.annotate(text, place, color=ink, fontsize=6.5, ha="center", va="center", annotation_clip=True)
        axes.set(xlim=box[:2], ylim=box[2:], aspect="equal", title=name)
    if title:
        figure.suptitle(title, fontsize=12)
    return figure
