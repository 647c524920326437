"""Curves, histograms and bars."""

import numpy as np
from matplotlib.ticker import MaxNLocator

from gencourse.viz.figure import COLOURS, LINES, MARKERS, Picture, finite, new_figure, panels, styled


def _smooth(values: np.ndarray, window: int) -> np.ndarray:
    """Mean of each value and the `window - 1` before it (fewer at the start)."""
    sums = np.cumsum(np.concatenate([[0.0], values]))
    index = np.arange(1, len(values) + 1)
    start = np.maximum(index - window, 0)
    return (sums[index] - sums[start]) / (index - start)


@styled
def loss_curves(
    history: dict, *, smooth: int = 1, events=None, x=None, x_label="epoch", y_label="loss", title=None
) -> Picture:
    """Show how losses (or other numbers) moved during training.

    Args:
        history: {name: values}; the lists may differ in length. A value that is not finite ends the curve
            there, and a cross on the axis marks the place.
        smooth: number of values in the trailing mean; 1 for none. The raw values stay visible, pale.
        events: {position: label} or [(position, label), ...]: moments marked by a numbered line; the
            numbers are explained below the picture.
        x: positions of the values (for the longest list); 1, 2, 3 … when None.
        x_label, y_label: what the axes count.
        title: a line above the picture.

    Returns:
        A Picture.
    """
    curves = {name: np.asarray(values, dtype=np.float64) for name, values in panels(history, "history").items()}
    for name, values in curves.items():
        if values.ndim != 1 or len(values) == 0:
            raise ValueError(f"`history[{name!r}]` must be a list of numbers. Received: shape {values.shape}")
    if len(curves) > len(COLOURS):
        raise ValueError(f"At most {len(COLOURS)} curves can be told apart. Received: {len(curves)}")
    if smooth < 1:
        raise ValueError(f"`smooth` must be at least 1. Received: {smooth}")
    longest = max(len(values) for values in curves.values())
    positions = np.arange(1, longest + 1) if x is None else finite(x, "x")
    if len(positions) < longest:
        raise ValueError(f"`x` needs {longest} positions. Received: {len(positions)}")
    marks = sorted(events.items() if isinstance(events, dict) else events or (), key=lambda mark: mark[0])
    figure = new_figure(6.0, 3.0 + 0.2 * len(marks))
    axes = figure.add_subplot()
    for index, (name, values) in enumerate(curves.items()):
        bad = np.flatnonzero(~np.isfinite(values))
        good = values[: bad[0]] if len(bad) else values
        at = positions[: len(good)]
        if smooth > 1:
            axes.plot(at, good, color=COLOURS[index], alpha=0.22, linewidth=0.8)
        style = {
            "color": COLOURS[index],
            "linestyle": LINES[index],
            "marker": MARKERS[index],
            "markersize": 4,
        }
        every = max(1, len(good) // 8)
        if len(good):
            axes.plot(at, _smooth(good, smooth), label=name, markevery=(index % every, every), **style)
        if len(bad):
            place = float(positions[bad[0]])
            axes.plot(
                [place],
                [0.0],
                "x",
                color=COLOURS[index],
                markersize=9,
                markeredgewidth=2.2,
                clip_on=False,
                transform=axes.get_xaxis_transform(),
                label=f"{name}: not finite from {place:g}",
            )
    for number, (place, _) in enumerate(marks, start=1):
        axes.axvline(place, color="black", linewidth=0.8, linestyle=":")
        transform = axes.get_xaxis_transform()
        axes.text(place, 1.01, str(number), transform=transform, ha="center", va="bottom", fontsize=9)
    notes = "\n".join(f"{number}: {label}" for number, (_, label) in enumerate(marks, start=1))
    if x is None:
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set(xlabel=f"{x_label}\n{notes}" if notes else x_label, ylabel=y_label)
    if title:
        axes.set_title(title, pad=16 if marks else 6)
    if any(curves):
        axes.legend()
    return figure


@styled
def histogram(
    values, *, density=None, bins: int = 40, limits=None, x_label="value", title=None, density_label="density"
) -> Picture:
    """Show samples as a histogram of area 1, and the density they should follow as a line.

    Args:
        values: (N,), or {name: (N,)}, drawn as outlines over each other, at most four.
        density: function from positions (M,) to densities (M,), or a pair (positions, densities).
        bins: number of bins.
        limits: (low, high) of the axis; from the data when None. A note counts what lies outside.
        x_label: what the values are.
        title: a line above the picture.
        density_label: the line's name in the legend.

    Returns:
        A Picture.
    """
    named = {name: finite(v, name or "values").ravel() for name, v in panels(values, "values").items()}
    if len(named) > 4 or any(v.size == 0 for v in named.values()):
        raise ValueError(f"One to four non-empty sets of values are needed. Received: {len(named)}")
    low, high = limits or (min(v.min() for v in named.values()), max(v.max() for v in named.values()))
    if not low < high:
        low, high = low - 0.5, high + 0.5
    edges = np.linspace(low, high, bins + 1)
    figure = new_figure(6.0, 3.0)
    axes = figure.add_subplot()
    outside = []
    for index, (name, v) in enumerate(named.items()):
        inside = (v >= low) & (v <= high)
        if not inside.all():
            outside.append(f"{int((~inside).sum())} of {v.size} {name}".rstrip())
        heights = np.histogram(v, edges)[0] / (v.size * np.diff(edges))
        axes.stairs(heights, edges, fill=True, facecolor=COLOURS[index], alpha=0.25 if len(named) > 1 else 0.4)
        axes.stairs(
            heights,
            edges,
            color=COLOURS[index],
            linestyle=LINES[index],
            linewidth=1.4,
            label=name or "samples",
        )
    if density is not None:
        if callable(density):
            at = np.linspace(low, high, 400)
            density = (at, density(at))
        axes.plot(finite(density[0], "density"), finite(density[1], "density"), color="black", label=density_label)
    axes.set(xlabel=x_label, ylabel="density", xlim=(low, high), title=title or "")
    if outside:
        axes.set_xlabel(f"{x_label} (outside the axis: {', '.join(outside)})")
    if len(named) > 1 or density is not None:
        axes.legend()
    return figure


@styled
def bars(values: dict, *, errors=None, reference=None, unit="", title=None, number_format="{:.3g}") -> Picture:
    """Show one number per name as horizontal bars, with the number written at each.

    Args:
        values: {name: number}, drawn from top to bottom in this order.
        errors: {name: half-width} or {name: (low, high)} ends of a whisker, for some or all names.
        reference: {name: number}: dashed lines to compare with, such as real against real.
        unit: what the numbers are.
        title: a line above the picture.
        number_format: how the numbers are written.

    Returns:
        A Picture.
    """
    if not isinstance(values, dict) or not values:
        raise ValueError(f"`values` must be a dictionary of numbers. Received: {type(values).__name__}")
    names = [str(name) for name in values]
    numbers = finite(list(values.values()), "values")
    unknown = set(errors or ()) - set(values)
    if unknown:
        raise ValueError(f"`errors` must name bars. Received: {sorted(map(str, unknown))}")
    figure = new_figure(6.0, 0.9 + 0.34 * len(names) + 0.25 * bool(reference))
    axes = figure.add_subplot()
    rows = np.arange(len(names))
    axes.barh(rows, numbers, color=COLOURS[0], height=0.62, alpha=0.85)
    span = float(max(numbers.max(), 0.0) - min(numbers.min(), 0.0)) or 1.0
    for row, (name, number) in enumerate(values.items()):
        end = max(float(number), 0.0)
        if name in (errors or ()):
            low, high = errors[name] if np.ndim(errors[name]) else (number - errors[name], number + errors[name])
            axes.plot([low, high], [row, row], "|-", color="black", linewidth=1.2, markersize=8)
            end = max(end, float(high))
        axes.text(end + 0.015 * span, row, number_format.format(number), va="center", fontsize=9)
    for index, (name, number) in enumerate((reference or {}).items()):
        label = f"{name}: {number_format.format(number)}"
        axes.axvline(number, color="black", linestyle=LINES[index + 1], linewidth=1.2, label=label)
    axes.set(yticks=rows, yticklabels=names, xlabel=unit)
    if title:
        axes.set_title(title, pad=22 if reference else 6)
    axes.invert_yaxis()
    axes.margins(x=0.14)
    axes.tick_params(axis="y", length=0)
    if reference:
        axes.legend(loc="lower left", bbox_to_anchor=(0.0, 1.0), ncols=len(reference), borderaxespad=0.0)
    return figure
