"""Diagrams: a timeline, and a road of boxes and arrows."""

import itertools
import textwrap

from matplotlib.patches import FancyArrowPatch, FancyBboxPatch

from gencourse.viz.figure import COLOURS, Picture, new_figure, styled


@styled
def timeline(events, *, title=None, width: float = 7.0) -> Picture:
    """Show events from the earliest (top) to the latest, evenly spaced (the years are not to scale).

    Args:
        events: [(year, label), ...]; labels are wrapped to at most two lines.
        title: a line above the picture.
        width: inches.

    Returns:
        A Picture.
    """
    rows = sorted(events, key=lambda event: event[0])
    if not 1 <= len(rows) <= 20:
        raise ValueError(f"`events` must hold 1 to 20 pairs (year, label). Received: {len(rows)}")
    lines = [textwrap.wrap(str(label), width=int(width * 11.5), max_lines=2, placeholder=" …") for _, label in rows]
    heights = [1.0 if len(line) < 2 else 1.55 for line in lines]
    figure = new_figure(width, 0.27 * sum(heights) + (0.45 if title else 0.15))
    axes = figure.add_subplot()
    y, places = 0.0, []
    for height in heights:
        places.append(y + height / 2)
        y += height
    axes.plot([0.0, 0.0], [places[0], places[-1]], color=COLOURS[0], linewidth=2, zorder=1)
    for place, (year, _), line in zip(places, rows, lines, strict=True):
        axes.plot([0.0], [place], "o", color=COLOURS[0], markersize=7, markeredgecolor="white", zorder=2)
        axes.text(-0.018, place, str(year), ha="right", va="center", fontsize=10, fontweight="bold")
        axes.text(0.018, place, "\n".join(line), ha="left", va="center", fontsize=10, linespacing=1.05)
    axes.set(xlim=(-0.1, 1.0), ylim=(y, 0.0))
    axes.set_axis_off()
    if title:
        axes.set_title(title, loc="left")
    return figure


@styled
def road(steps, *, columns: int = 4, back=None, title=None) -> Picture:
    """Show steps as boxes joined by arrows, read like text: left to right, then the next row.

    Args:
        steps: [(name, detail), ...]; the name stands in bold, the detail below it in up to three short lines.
        columns: boxes in a row.
        back: label of a dashed arrow from the last box to the first ("look, and go again"); None for none.
        title: a line above the picture.

    Returns:
        A Picture.
    """
    boxes = [(str(name), str(detail)) for name, detail in steps]
    if not 2 <= len(boxes) <= 16:
        raise ValueError(f"`steps` must hold 2 to 16 pairs (name, detail). Received: {len(boxes)}")
    if columns < 1:
        raise ValueError(f"`columns` must be at least 1. Received: {columns}")
    columns = min(columns, len(boxes))
    rows = -(-len(boxes) // columns)
    wide, tall, gap_x, gap_y = 1.75, 0.98, 0.34, 0.42
    width = columns * wide + (columns - 1) * gap_x
    height = rows * tall + (rows - 1) * gap_y + (0.5 if back else 0.0)
    figure = new_figure(width + 0.3, height + (0.4 if title else 0.15))
    axes = figure.add_subplot()
    corners = [((index % columns) * (wide + gap_x), (index // columns) * (tall + gap_y)) for index in range(len(boxes))]
    for index, ((x, y), (name, detail)) in enumerate(zip(corners, boxes, strict=True)):
        style = "round,pad=0,rounding_size=0.09"
        axes.add_patch(
            FancyBboxPatch((x, y), wide, tall, boxstyle=style, facecolor="#EAF2F8", edgecolor=COLOURS[0], linewidth=1.3)
        )
        axes.text(
            x + wide / 2,
            y + 0.19,
            f"{index + 1}  {name}",
            ha="center",
            va="center",
            fontsize=10.5,
            fontweight="bold",
        )
        wrapped = textwrap.wrap(detail, width=23, max_lines=3, placeholder=" …")
        axes.text(x + wide / 2, y + 0.63, "\n".join(wrapped), ha="center", va="center", fontsize=9, linespacing=1.1)
    for (x0, y0), (x1, y1) in itertools.pairwise(corners):
        if y0 == y1:
            _arrow(axes, [(x0 + wide, y0 + tall / 2), (x1, y1 + tall / 2)])
        else:  # down to the next row: out below, along the gap, in from above
            middle = y0 + tall + gap_y / 2
            _arrow(
                axes,
                [(x0 + wide / 2, y0 + tall), (x0 + wide / 2, middle), (wide / 2, middle), (wide / 2, y1)],
            )
    if back:
        (x_end, y_end), low = corners[-1], rows * tall + (rows - 1) * gap_y + 0.3
        path = [(x_end + wide / 2, y_end + tall), (x_end + wide / 2, low), (-0.15, low), (-0.15, tall / 2)]
        _arrow(axes, [*path, (0.0, tall / 2)], dashed=True)
        axes.text((x_end + wide / 2) / 2, low + 0.13, back, ha="center", va="center", fontsize=9, style="italic")
    axes.set(xlim=(-0.22, width + 0.05), ylim=(height + 0.02, -0.04), aspect="equal")
    axes.set_axis_off()
    if title:
        axes.set_title(title, loc="left")
    return figure


def _arrow(axes, path, *, dashed: bool = False) -> None:
    """Draw straight pieces through `path`, the last one ending in an arrow head."""
    colour, line = ("#555555", "--") if dashed else ("black", "-")
    xs, ys = zip(*path[:-1], strict=True)
    axes.plot(xs, ys, color=colour, linewidth=1.2, linestyle=line)
    axes.add_patch(
        FancyArrowPatch(
            path[-2],
            path[-1],
            arrowstyle="-|>",
            mutation_scale=11,
            color=colour,
            linewidth=1.2,
            shrinkA=0,
            shrinkB=0,
        )
    )
