"""Maps of single pixels: what an output sees, what each pixel costs."""

import numpy as np
from matplotlib import colormaps
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize

from gencourse.viz.figure import COLOURS, Picture, finite, new_figure, panels, styled
from gencourse.viz.text import COLOUR_MAP

WRITTEN = 7  # up to so many columns the numbers are written into the pixels


@styled
def pixel_maps(
    maps, *, mark=None, limits=(0.0, None), label: str | None = None, columns: int | None = None, size: float = 1.8
) -> Picture:
    """Shows a number for each pixel of an image: dark for much, white for exactly 0.

    Small maps have their numbers written in.

    Args:
        maps: (H, W), or {name: (H, W)} for several beside each other; numbers of at least 0.
        mark: (row, column) of the pixel that a map is about. It gets a ring, and a line parts the pixels before it, row
            by row and from left to right, from itself and the pixels after it.
        limits: (low, high) of the colours, the same for all maps; None for the high end takes the largest number.
        label: what the numbers are, written at a colour bar; none is drawn when None.
        columns: maps beside each other; all of them when None.
        size: inches of a map's longer side.

    Returns:
        A Picture.

    Raises:
        ValueError: for another shape, negative numbers, or a mark outside a map.
    """
    maps = {name: finite(values, name or "maps") for name, values in panels(maps, "maps").items()}
    for name, values in maps.items():
        if values.ndim != 2 or 0 in values.shape or values.min() < 0:
            raise ValueError(
                f"A map holds one number of at least 0 for each pixel, (H, W). Received: {name or 'maps'} of shape "
                f"{values.shape}" + (f", smallest {values.min():.3g}" if values.size else "")
            )
        if mark is not None and not (0 <= mark[0] < values.shape[0] and 0 <= mark[1] < values.shape[1]):
            raise ValueError(f"`mark` must be a pixel of every map. Received: {mark} for {values.shape}")
    columns = min(columns or len(maps), len(maps))
    if columns < 1:
        raise ValueError(f"`columns` must be at least 1. Received: {columns}")
    lines = -(-len(maps) // columns)
    height, width = next(iter(maps.values())).shape
    inches = size / max(height, width)
    figure = new_figure(
        columns * (inches * width + 0.15) + (0.8 if label else 0.1), lines * (inches * height + 0.3 * any(maps)) + 0.1
    )
    low, high = limits
    high = max(float(values.max()) for values in maps.values()) if high is None else high
    scale = Normalize(low, high if high > low else low + 1.0, clip=True)
    grid = figure.subplots(lines, columns, squeeze=False)
    for axes, (name, values) in zip(grid.ravel(), maps.items(), strict=False):
        _draw(axes, values, scale, mark)
        axes.set_title(name)
    for axes in grid.ravel()[len(maps) :]:
        axes.set_axis_off()
    if label:
        figure.colorbar(ScalarMappable(scale, colormaps[COLOUR_MAP]), ax=grid, label=label, aspect=15, pad=0.02)
    return figure


def _draw(axes, values, scale, mark):
    height, width = values.shape
    colours = colormaps[COLOUR_MAP].with_extremes(bad="white")
    axes.imshow(np.ma.masked_equal(values, 0.0), cmap=colours, norm=scale, interpolation="nearest")
    axes.set(xticks=[], yticks=[])
    for spine in axes.spines.values():
        spine.set(visible=True, color="0.6", linewidth=0.6)
    if width <= WRITTEN:
        for (row, column), value in np.ndenumerate(values):
            red, green, blue, _ = colours(scale(value)) if value else (1.0, 1.0, 1.0, 1.0)
            ink = "black" if 0.299 * red + 0.587 * green + 0.114 * blue > 0.5 else "white"
            axes.text(column, row, f"{value:.3g}", color=ink, fontsize=9, ha="center", va="center")
    if mark is None:
        return
    row, column = mark
    # The staircase between the past and the rest: below the row's left part, then above the row's right part.
    steps = [(-0.5, row + 0.5), (column - 0.5, row + 0.5), (column - 0.5, row - 0.5), (width - 0.5, row - 0.5)]
    for colour, wide in (("white", 3.6), (COLOURS[1], 1.6)):  # a white seam parts the line from shades like its own
        axes.plot(*zip(*steps, strict=True), color=colour, linewidth=wide)
    if width > WRITTEN:
        axes.plot(column, row, marker="o", markersize=7, markerfacecolor="none", markeredgecolor=COLOURS[1], mew=1.8)
    axes.set(xlim=(-0.5, width - 0.5), ylim=(height - 0.5, -0.5))
