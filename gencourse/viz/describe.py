"""What a picture shows in words, read from the figure itself, for people who do not see it.

The words go where tools look for them: into the output's metadata as alternative text, and into its plain text, which
some editors read aloud instead. JupyterLab reads neither; there, `describe_pictures(True)` shows them with the picture.
"""

import os

import numpy as np
from matplotlib.collections import PathCollection
from matplotlib.container import BarContainer
from matplotlib.image import AxesImage
from matplotlib.patches import StepPatch
from matplotlib.quiver import Quiver

LONGEST = 400  # characters: it is read aloud in one go
SWITCH = "GENCOURSE_DESCRIBE"


def describe_pictures(on: bool = True) -> None:
    """Shows each picture's description as text with it, or stops doing so; `GENCOURSE_DESCRIBE=1` starts with it.

    Args:
        on: whether pictures that are shown from now on come with their descriptions.
    """
    os.environ[SWITCH] = "1" if on else "0"


def say(text: str) -> None:
    """Shows `text` in the notebook where descriptions were asked for; elsewhere it does nothing."""
    if os.environ.get(SWITCH, "0") not in ("", "0"):
        from IPython.display import display

        display({"text/plain": text}, raw=True)


def shorten(text: str, longest: int = LONGEST) -> str:
    """Returns `text` cut after a whole word, with an ellipsis, where it is longer than `longest` characters."""
    return text if len(text) <= longest else text[: longest - 2].rpartition(" ")[0].rstrip(",;:") + " …"


def describe(figure) -> str:
    """Tells what a figure shows: panels, titles, axes, and what is drawn with its numbers, rounded.

    Args:
        figure: a matplotlib Figure. An axes whose label was set (`axes.set_label`) is told by that label alone.

    Returns:
        Sentences, at most 400 characters.
    """
    drawn = [axes for axes in figure.axes if axes.get_label() != "<colorbar>" and (axes.axison or _content(axes))]
    bars = [axes for axes in figure.axes if axes.get_label() == "<colorbar>"]
    title = figure.get_suptitle()
    parts = [f"{title.rstrip('.')}."] if title else []
    parts += [f"{len(drawn)} panels."] * (len(drawn) > 1)
    shared = {_labels(axes) for axes in drawn}
    for place, axes in enumerate(drawn, start=1):
        name = " ".join(filter(None, (axes.get_title(where) for where in ("left", "center", "right"))))
        lead = ", ".join(filter(None, (f"Panel {place}" if len(drawn) > 1 else "", name)))
        labels = "" if len(shared) == 1 and place > 1 else _labels(axes)
        said = "; ".join(filter(None, (labels, _content(axes)))) or "empty"
        parts.append(f"{lead}: {said}." if lead else f"{said}.")
    scales = dict.fromkeys(_scale(axes) for axes in bars)
    if len(scales) == 1:  # several panels with scales of their own would only add noise
        parts.extend(scales)
    return shorten(" ".join(" ".join(parts).split()))


def number(value) -> str:
    """A number with three digits, without an exponent where it is large: 1234.5 becomes "1,230"."""
    value = float(value)
    return f"{float(f'{value:.3g}'):,.0f}" if 1000 <= abs(value) < 1e12 else f"{value:.3g}"


def _labels(axes) -> str:
    x, y = (" ".join(text.split()) for text in (axes.get_xlabel(), axes.get_ylabel()))
    curves = [line.get_xdata(orig=False) for line in axes.lines if _is_curve(line)]
    x += f", {_range(np.concatenate(curves))}" if x and curves else ""
    return "; ".join(f"{name}: {text}" for name, text in (("x", x), ("y", y)) if text)


def _scale(axes) -> str:
    low, high = axes.get_ylim()
    return f"Colours for {axes.get_ylabel() or 'values'} from {number(low)} to {number(high)}."


def _content(axes) -> str:
    """What is drawn in one axes."""
    if axes.get_label():
        return axes.get_label()
    charts = [group for group in axes.containers if isinstance(group, BarContainer)]
    said = [_bars(axes, group) for group in charts]
    said += [_image(axes, image) for image in axes.images if isinstance(image, AxesImage)]
    said += [_outline(patch) for patch in axes.patches if isinstance(patch, StepPatch) and _quoted(patch)]
    for collection in axes.collections:
        count = len(collection.get_offsets())
        if isinstance(collection, Quiver):
            length = np.hypot(collection.U, collection.V).mean()
            said.append(f"{count} arrows, on average {number(length)} long as drawn")
        elif isinstance(collection, PathCollection) and count:
            said.append(_points(collection))
    said += [_line(line) for line in axes.lines if _named(line)]
    if axes.axison and not axes.images:
        what = "" if any(map(_is_curve, axes.lines)) else "whisker" if charts else "line"
        said += _unnamed([line for line in axes.lines if not _named(line)], what)
    texts = [" ".join(text.get_text().split()) for text in axes.texts if text.get_text().strip()]
    if texts and not axes.images and not charts:
        said.append("text: " + ", ".join(texts))
    return "; ".join(filter(None, said))


def _named(artist) -> bool:
    return not str(artist.get_label()).startswith("_")


def _quoted(artist) -> str:
    name = " ".join(str(artist.get_label()).split())
    return f"{name}, " if name and not name.startswith("_") else ""


def _finite(values) -> np.ndarray:
    values = np.ma.filled(np.ma.asarray(values, dtype=float), np.nan).ravel()
    return values[np.isfinite(values)]


def _range(values) -> str:
    values = _finite(values)
    return f"{number(values.min())} to {number(values.max())}" if len(values) else "without a number"


def _points(artist) -> str:
    """Points with a name by their middle, since names are many; points without one by their range."""
    places = artist.get_offsets() if isinstance(artist, PathCollection) else np.stack(artist.get_data(orig=False), 1)
    places = np.ma.filled(np.ma.asarray(places, dtype=float), np.nan)
    count, name = len(places), _quoted(artist)
    if name or count == 1:
        x, y = (f"{np.median(_finite(side)):.2g}" if len(_finite(side)) else "nowhere" for side in places.T)
        return f"{name}{f'{count} points around' if count > 1 else 'a point at'} {x}, {y}"
    return f"{count} points, x {_range(places[:, 0])}, y {_range(places[:, 1])}"


def _is_curve(line) -> bool:
    in_place = _named(line) and line.get_transform() == line.axes.transData
    return in_place and line.get_linestyle() != "None" and len(line.get_xdata()) > 1


def _line(line) -> str:
    if line.get_transform() != line.axes.transData:  # a level or a mark: its place stands in its name
        return f"mark {_quoted(line)}".rstrip(", ")
    values = _finite(line.get_ydata(orig=False))
    if not _is_curve(line) or not len(values):
        return _points(line) if len(values) else ""
    first, last, low, high = (number(value) for value in (values[0], values[-1], values.min(), values.max()))
    ends = f"{len(values)} values from {first} to {last}"
    extra = [f"lowest {low}"] * (low not in (first, last)) + [f"highest {high}"] * (high not in (first, last))
    return f"line {_quoted(line)}{', '.join([ends, *extra])}"


def _unnamed(lines, what) -> list[str]:
    """Lines without a name, together: how many marks, and how many of `what`, where that is told."""
    marks = sum(len(line.get_xdata()) for line in lines if line.get_linestyle() == "None")
    others = sum(line.get_linestyle() != "None" for line in lines)
    return [f"{count} {name}{'s' * (count > 1)}" for count, name in ((marks, "mark"), (others, what)) if count and name]


def _bars(axes, group) -> str:
    values = [float(value) for value in group.datavalues]
    ticks = axes.yaxis if group.orientation == "horizontal" else axes.xaxis
    names = [" ".join(label.get_text().split()) for label in ticks.get_ticklabels()]
    if len(names) != len(values) or not all(names):
        return f"{len(values)} bars, {_range(values)}"
    return "bars: " + ", ".join(f"{name} {number(value)}" for name, value in zip(names, values, strict=True))


def _outline(patch) -> str:
    heights, edges, _ = patch.get_data()
    top = int(np.argmax(heights))
    low, high, most, at = map(number, (edges[0], edges[-1], heights[top], edges[top : top + 2].mean()))
    return f"histogram {_quoted(patch)}from {low} to {high}, highest {most} near {at}"


def _image(axes, image) -> str:
    """An image: its own label where it has one, else rows × columns, the range, and where the largest value stands."""
    if _named(image) and image.get_label():
        return str(image.get_label())
    shown = np.ma.filled(np.ma.asarray(image.get_array(), dtype=float), np.nan)
    rows, columns = shown.shape[:2]
    size = f"{rows} rows × {columns} columns"
    if shown.ndim != 2 or not len(_finite(shown)):
        return f"an image of {size}"
    said = f"a map of {size}, values {_range(shown)}"
    names = [[label.get_text() for label in axis.get_ticklabels()] for axis in (axes.yaxis, axes.xaxis)]
    row, column = np.unravel_index(np.nanargmax(shown), shown.shape)
    if [len(side) for side in names] == [rows, columns] and all(map(all, names)):
        return f"{said}, largest in row {names[0][row]}, column {names[1][column]}"
    left, right, bottom, top = image.get_extent()
    start, end = (bottom, top) if image.origin == "lower" else (top, bottom)
    x, y = left + (column + 0.5) / columns * (right - left), start + (row + 0.5) / rows * (end - start)
    return f"{said}, largest at x {number(x)}, y {number(y)}"
