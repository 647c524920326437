"""Sliders that redraw a picture where widgets run, and a still picture where they do not."""

import io

import numpy as np

from gencourse.viz.animation import _frame
from gencourse.viz.figure import still_and_widget
from gencourse.viz.grids import check_images, mosaic


def _png(images, *, columns, enlarge) -> bytes:
    grid = mosaic(images, columns=columns).repeat(enlarge, axis=0).repeat(enlarge, axis=1)
    stream = io.BytesIO()
    _frame(grid).save(stream, "png", optimize=True)
    return stream.getvalue()


class Explorer:
    """What `explore` returns; the last value of a cell shows it.

    Attributes:
        sliders: {name: widget}; {} where ipywidgets is missing.
        image: the widget that holds the PNG, or None.
        still: bytes of the PNG that a reader without a kernel sees.
        words: what there is to see, for those who do not see it.
    """

    def __init__(self, sliders, image, box, still, words):
        self.sliders, self.image, self._box, self.still, self.words = sliders, image, box, still, words

    def _repr_mimebundle_(self, include=None, exclude=None):
        return still_and_widget(self.still, self.words, self._box)


def explore(draw, names, *, limit: float = 3.0, step: float = 0.1, stops: int = 7, enlarge: int = 8) -> Explorer:
    """Moves one image with sliders.

    In JupyterLab and Colab each slider redraws the image as it is dragged. Where no kernel runs (a page, a repository's
    view) or ipywidgets is missing, a still picture shows one row for each slider, the others at 0.

    Args:
        draw: function of one number for each slider, in order, that returns images (N, H, W, C) or (H, W, C), floats in
            [0, 1].
        names: labels of the sliders, one or more.
        limit: sliders go from -limit to limit.
        step: between two positions.
        stops: images in a row of the still picture.
        enlarge: screen pixels for one image pixel.

    Returns:
        An `Explorer`.

    Raises:
        ValueError: if there are no names, or `stops` is below 2.
    """
    names = list(names)
    if not names or stops < 2:
        raise ValueError(f"At least one slider and 2 stops are needed. Received: {names} and {stops}.")

    def images_at(values):
        images = np.asarray(draw(*values))
        return check_images(images if images.ndim == 4 else images[None])

    rows = [
        images_at([value if i == number else 0.0 for i in range(len(names))])
        for number in range(len(names))
        for value in np.linspace(-limit, limit, stops)
    ]
    still = _png(np.concatenate(rows), columns=stops * len(rows[0]), enlarge=2)
    words = (
        f"A picture with sliders from {-limit:g} to {limit:g}: {', '.join(names)}. Without a kernel, a row of {stops} "
        "steps for each slider, the others at 0."
    )
    try:
        import ipywidgets as widgets
    except ImportError:
        return Explorer({}, None, None, still, words)
    sliders = {
        name: widgets.FloatSlider(value=0.0, min=-limit, max=limit, step=step, description=name, continuous_update=True)
        for name in names
    }
    image = widgets.Image(value=_png(images_at([0.0] * len(names)), columns=None, enlarge=enlarge), format="png")

    def redraw(change=None):
        values = [slider.value for slider in sliders.values()]
        image.value = _png(images_at(values), columns=None, enlarge=enlarge)

    for slider in sliders.values():
        slider.observe(redraw, names="value")
    box = widgets.VBox([*sliders.values(), image], layout={"align_items": "flex-start"})  # else it is stretched
    return Explorer(sliders, image, box, still, words)
