"""Pictures of attention: where each token of a text looks."""

import numpy as np
from matplotlib import colormaps
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize

from gencourse.viz.figure import Picture, finite, new_figure, panels, styled
from gencourse.viz.text import COLOUR_MAP, _glyphs

WRITTEN = 10  # up to so many columns the numbers are written into the squares
LONGEST = 64  # tokens in a map
NAMES = {" ": "␣", "\n": "↵"}


@styled
def attention_map(weights, tokens, looked_at=None, *, columns: int = 2, limits=(0.0, 1.0), title=None) -> Picture:
    """Shows where each token looks: a row for each that asks, a column for each that is looked at, dark for much.

    A weight of exactly 0, as a mask leaves it, stays white, with hatching. Small maps have the numbers written in.

    Args:
        weights: (T, S), rows that each sum to 1; or {name: (T, S)} for several heads, or (K, T, S) for heads 0 … K - 1.
        tokens: T strings, those that ask; a space is shown as ␣, a line break as ↵.
        looked_at: S strings; the same tokens when None.
        columns: maps beside each other, at most.
        limits: (low, high) of the colours; None for the high end takes the largest weight.
        title: a line above the picture.

    Returns:
        A Picture with a colour bar.

    Raises:
        ValueError: for another shape than the tokens ask for, a negative weight, or tokens that cannot be drawn.
    """
    if not isinstance(weights, dict) and np.ndim(weights) == 3:
        weights = {f"head {number}": head for number, head in enumerate(weights)}
    maps = {name: finite(head, "weights") for name, head in panels(weights, "weights").items()}
    rows = [str(token) for token in tokens]
    names = rows if looked_at is None else [str(token) for token in looked_at]
    for name, head in maps.items():
        if head.shape != (len(rows), len(names)) or not 0 < len(rows) <= LONGEST or not 0 < len(names) <= LONGEST:
            raise ValueError(
                f"A weight for each of {len(rows)} × {len(names)} tokens is needed, at most {LONGEST} a side. "
                f"Received: {name or 'weights'} of shape {head.shape}"
            )
        if head.min() < 0:
            raise ValueError(f"Weights are never negative. Received: {head.min():.3g} in {name or 'weights'}")
    _glyphs("".join([*rows, *names]), "tokens")
    rows, names = ([_shown(token) for token in side] for side in (rows, names))
    low, high = limits
    scale = Normalize(low, high or max(float(head.max()) for head in maps.values()) or 1.0, clip=True)
    columns = min(columns, len(maps))
    grid = _axes(maps, rows, names, columns, title)
    for axes, (name, head) in zip(grid.ravel(), maps.items(), strict=False):
        _draw(axes, head, scale)
        most = (f"{row} at {names[int(at)]}" for row, at in zip(rows, head.argmax(axis=1), strict=True))
        axes.set_label(f"weights of {len(rows)} × {len(names)} tokens; each looks most: {', '.join(most)}")
        axes.set_title(name, loc="left")
    for place, axes in enumerate(grid.ravel()):
        axes.set_yticks(range(len(rows)), rows if place % columns == 0 else [])
        below = place + columns >= len(maps)
        axes.set_xticks(range(len(names)), names if below else [], rotation=90 if max(map(len, names)) > 2 else 0)
        axes.tick_params(length=0)
    for axes in grid.ravel()[len(maps) :]:
        axes.set_axis_off()
    figure = grid.ravel()[0].figure
    shrink = min(1.0, 3.2 / (figure.get_figheight()))
    figure.colorbar(ScalarMappable(scale, colormaps[COLOUR_MAP]), ax=grid, label="weight", shrink=shrink, aspect=15)
    if title:
        figure.suptitle(title)
    return figure


def _axes(maps, rows, names, columns, title):
    """The axes of the maps, each with room for its squares and the names beside them."""
    side = 0.42 if len(names) <= WRITTEN else 0.24  # inches of a square
    lines = -(-len(maps) // columns)
    left, below = (0.085 * max(map(len, side_names)) + 0.1 for side_names in (rows, names))
    width = columns * (side * len(names) + 0.15) + left + 0.9
    height = lines * (side * len(rows) + 0.3 * any(maps)) + below + (0.3 if title else 0.05)
    return new_figure(width, height).subplots(lines, columns, squeeze=False)


def _draw(axes, head, scale):
    colours = colormaps[COLOUR_MAP].with_extremes(bad="none")
    axes.patch.set(facecolor="white", edgecolor="0.8", hatch="////", linewidth=0)
    axes.imshow(np.ma.masked_equal(head, 0.0), cmap=colours, norm=scale, aspect="equal", interpolation="nearest")
    for spine in axes.spines.values():
        spine.set(visible=True, color="0.7", linewidth=0.6)
    if head.shape[1] > WRITTEN:
        return
    for (row, column), weight in np.ndenumerate(head):
        if weight:
            red, green, blue, _ = colours(scale(weight))
            ink = "black" if 0.299 * red + 0.587 * green + 0.114 * blue > 0.5 else "white"
            written = f"{weight:.2f}".removeprefix("0")
            axes.text(column, row, written, color=ink, fontsize=8.5, ha="center", va="center")


def _shown(token: str) -> str:
    return "".join(NAMES.get(symbol, symbol) for symbol in token)
