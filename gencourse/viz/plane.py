"""Planes: what models reach in two measures at once."""

from gencourse.viz.figure import COLOURS, INKS, LINES, MARKERS, Picture, finite, new_figure, panels, styled


@styled
def precision_recall_plane(models: dict, *, title=None) -> Picture:
    """Shows where models stand: upwards what looks real, to the right what leaves nothing out.

    Args:
        models: {name: (precision, recall)}, both in [0, 1]; up to fourteen.
        title: a line above the picture.

    Returns:
        A Picture. Each model has a marker and a colour of its own, and its name beside it; from the eighth on markers
        are hollow.

    Raises:
        ValueError: for other values, or more models than can be told apart.
    """
    models = {name: finite(pair, f"models[{name!r}]") for name, pair in panels(models, "models").items()}
    if len(models) > 2 * len(COLOURS):
        raise ValueError(f"At most {2 * len(COLOURS)} models can be told apart. Received: {len(models)}")
    for name, pair in models.items():
        if pair.shape != (2,) or pair.min() < 0 or pair.max() > 1:
            raise ValueError(f"`models[{name!r}]` must be (precision, recall) in [0, 1]. Received: {pair.tolist()}")
    figure = new_figure(4.4, 3.6)
    axes = figure.add_subplot()
    for index, (name, (precision, recall)) in enumerate(models.items()):
        again, kind = divmod(index, len(COLOURS))
        style = {"color": COLOURS[kind], "markersize": 9, "markerfacecolor": "white" if again else COLOURS[kind]}
        axes.plot(recall, precision, MARKERS[kind], label=name, clip_on=False, **style)
    axes.set(xlim=(0, 1), ylim=(0, 1), xlabel="recall: nothing left out", ylabel="precision: looks real")
    axes.set_aspect("equal")
    axes.grid(alpha=0.3)
    axes.legend(loc="center left", bbox_to_anchor=(1.02, 0.5))
    if title:
        axes.set_title(title)
    return figure


@styled
def trade_off(models: dict, *, x_label: str, y_label: str, ranges=None, notes=None, title=None) -> Picture:
    """Shows what models reach in two measures at once: a point for each, or a line where one model has several.

    Args:
        models: {name: (x, y)}, or {name: K pairs, (K, 2)} for a model with a knob, in the knob's order; up to seven.
        x_label: what is measured to the right.
        y_label: what is measured upwards.
        ranges: {name: K times ((x low, x high), (y low, y high))}, drawn as whiskers; models may be missing.
        notes: {name: K words} beside the points, such as temperatures; models may be missing.
        title: a line above the picture.

    Returns:
        A Picture. Each model has a marker, a line and a colour of its own.

    Raises:
        ValueError: for other shapes, more models than can be told apart, or names that are no model's.
    """
    lines = {name: finite(pairs, f"models[{name!r}]") for name, pairs in panels(models, "models").items()}
    if len(lines) > len(COLOURS):
        raise ValueError(f"At most {len(COLOURS)} models can be told apart. Received: {len(lines)}")
    ranges, notes = ranges or {}, notes or {}
    if strangers := sorted((set(ranges) | set(notes)) - set(lines)):
        raise ValueError(f"`ranges` and `notes` must be of the models {sorted(lines)}. Received: {strangers}")
    figure = new_figure(5.6, 3.6)
    axes = figure.add_subplot()
    for index, (name, pairs) in enumerate(lines.items()):
        points = pairs[None] if pairs.ndim == 1 else pairs
        if points.ndim != 2 or points.shape[1] != 2:
            raise ValueError(f"`models[{name!r}]` must be pairs, (2,) or (K, 2). Received: shape {pairs.shape}")
        colour, line = COLOURS[index], LINES[index] if len(points) > 1 else "none"
        style = {"color": colour, "marker": MARKERS[index], "markersize": 7, "linestyle": line, "linewidth": 1.3}
        axes.plot(*points.T, label=name, **style)
        if name in ranges:
            spans = finite(ranges[name], f"ranges[{name!r}]").reshape(-1, 2, 2)  # (K, axis, low and high)
            if len(spans) != len(points):
                raise ValueError(
                    f"`ranges[{name!r}]` must have {len(points)} points, as its model. Received: {len(spans)}"
                )
            for (x, y), (across, up) in zip(points, spans, strict=True):
                axes.plot(across, [y, y], [x, x], up, color=colour, linewidth=1, alpha=0.6)
        for (x, y), note in zip(points, notes.get(name, ()), strict=False):
            axes.annotate(str(note), (x, y), xytext=(4, 4), textcoords="offset points", fontsize=8, color=INKS[index])
    axes.set(xlabel=x_label, ylabel=y_label)
    axes.grid(alpha=0.3)
    axes.legend(loc="center left", bbox_to_anchor=(1.02, 0.5))
    if title:
        axes.set_title(title)
    return figure
