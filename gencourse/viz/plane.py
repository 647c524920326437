"""The plane of precision and recall: fidelity one way, variety the other."""

from gencourse.viz.figure import COLOURS, MARKERS, Picture, finite, new_figure, panels, styled


@styled
def precision_recall_plane(models: dict, *, title=None) -> Picture:
    """Shows where models stand: upwards what looks real, to the right what leaves nothing out.

    Args:
        models: {name: (precision, recall)}, both in [0, 1]; up to seven.
        title: a line above the picture.

    Returns:
        A Picture. Each model has a marker and a colour of its own, and its name beside it.

    Raises:
        ValueError: for other values, or more models than can be told apart.
    """
    models = {name: finite(pair, f"models[{name!r}]") for name, pair in panels(models, "models").items()}
    if len(models) > len(COLOURS):
        raise ValueError(f"At most {len(COLOURS)} models can be told apart. Received: {len(models)}")
    for name, pair in models.items():
        if pair.shape != (2,) or pair.min() < 0 or pair.max() > 1:
            raise ValueError(f"`models[{name!r}]` must be (precision, recall) in [0, 1]. Received: {pair.tolist()}")
    figure = new_figure(4.4, 3.6)
    axes = figure.add_subplot()
    for index, (name, (precision, recall)) in enumerate(models.items()):
        axes.plot(recall, precision, MARKERS[index], color=COLOURS[index], markersize=9, label=name, clip_on=False)
    axes.set(xlim=(0, 1), ylim=(0, 1), xlabel="recall: nothing left out", ylabel="precision: looks real")
    axes.set_aspect("equal")
    axes.grid(alpha=0.3)
    axes.legend(loc="center left", bbox_to_anchor=(1.02, 0.5))
    if title:
        axes.set_title(title)
    return figure
