"""What all pictures share: a Figure that shows itself once and small, a style, and clear colours."""

import base64
import functools
import io

import matplotlib
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

from gencourse.viz.describe import describe, say

# Okabe and Ito's palette (2008), made to stay distinct for people with any of the common colour-vision
# deficiencies. Its pale yellow is left out: it vanishes on white.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
# The same hues for letters and numerals, dark enough to be read on white: a contrast of at least 4.5.
INKS = ("#006197", "#C25600", "#008762", "#A36186", "#674800", "#1E3F52", "#000000")
# Every series also differs in its marker and its line, so that no picture depends on colour.
MARKERS = ("o", "^", "s", "D", "v", "P", "X")
LINES = ("-", "--", "-.", ":", (0, (5, 1)), (0, (3, 1, 1, 1, 1, 1)), (0, (1, 1)))


STYLE = {
    "figure.dpi": 80.0,
    "savefig.dpi": "figure",
    "figure.figsize": (6.0, 3.2),
    "font.size": 10.0,
    "axes.titlesize": 11.0,
    "axes.labelsize": 10.0,
    "xtick.labelsize": 9.0,
    "ytick.labelsize": 9.0,
    "legend.fontsize": 9.0,
    "legend.frameon": False,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.prop_cycle": matplotlib.cycler(color=COLOURS),
    "image.cmap": "viridis",
    "lines.linewidth": 1.6,
}


class Picture(Figure):
    """A matplotlib Figure that a notebook shows once, as a PNG of few colours.

    pyplot never hears of it, so the inline backend has nothing to show a second time; and it displays itself,
    so it does not matter whether an inline backend was set up at all.
    """

    colours = 64  # of the stored PNG: nobody misses the others, and the notebook stays small

    def png(self) -> bytes:
        """Return the picture as the bytes of a palette PNG: about a third the size of a true-colour one."""
        stream = io.BytesIO()
        to_image(self, colours=self.colours).save(stream, format="png", optimize=True)
        return stream.getvalue()

    def description(self) -> str:
        """Return what the picture shows in words, read from what is drawn: at most 400 characters."""
        return describe(self)

    def bundle(self) -> tuple[dict, dict]:
        """Return the picture as Jupyter stores it: ({kind: content}, {kind: {"alt": words}})."""
        words = self.description()
        return {"image/png": self.png(), "text/plain": words}, {"image/png": {"alt": words}}

    def _ipython_display_(self) -> None:
        from IPython.display import display

        shown, words = self.bundle()
        display(shown, metadata=words, raw=True)
        say(shown["text/plain"])


def still_and_widget(still: bytes, words: str, box) -> tuple[dict, dict]:
    """Return what Jupyter shows: a widget where a kernel runs, elsewhere a still PNG and its words.

    Args:
        still: bytes of the PNG.
        words: what it shows.
        box: the widget, or None.
    """
    say(words)
    shown = {"image/png": base64.b64encode(still).decode("ascii"), "text/plain": words}
    if box is not None:
        bundle = box._repr_mimebundle_()
        bundle = bundle[0] if isinstance(bundle, tuple) else bundle
        shown |= {kind: part for kind, part in (bundle or {}).items() if kind != "text/plain"}
    return shown, {"image/png": {"alt": words}}


def to_image(figure: Figure, *, colours: int = 256) -> Image.Image:
    """Draw `figure` and return it as a Pillow image of at most `colours` colours."""
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    pixels = np.asarray(canvas.buffer_rgba())[..., :3]
    image = Image.fromarray(
        np.ascontiguousarray(pixels),
    )
    return image.quantize(colours, dither=Image.Dither.NONE)


def styled(function):
    """Run `function` inside the course's style, whatever the learner has set globally."""

    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        with matplotlib.rc_context(STYLE):
            return function(*args, **kwargs)

    return wrapper


def use_style() -> None:
    """Give pictures that a learner draws with pyplot the same small size, fonts and colours."""
    matplotlib.rcParams.update(STYLE)


def new_figure(width: float, height: float) -> Picture:
    """Return an empty Picture of the given size in inches, laid out so that nothing overlaps."""
    return Picture(figsize=(width, height), dpi=STYLE["figure.dpi"], layout="constrained")


def finite(values, name: str) -> np.ndarray:
    """Return `values` as a float64 array.

    Raises:
        ValueError: if they are not numbers, or hold NaN or infinities.
    """
    try:
        array = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise ValueError(f"`{name}` must be an array of numbers. Received: {type(values).__name__}") from error
    if not np.isfinite(array).all():
        count = int((~np.isfinite(array)).sum())
        raise ValueError(f"`{name}` must be finite. Received: {count} NaN or infinite of {array.size} values")
    return array


def panels(value, name: str) -> dict:
    """Return `value` as an ordered dictionary of panels: a lone array becomes one panel without a title."""
    if isinstance(value, dict):
        if not value:
            raise ValueError(f"`{name}` must hold at least one entry. Received: an empty dictionary")
        return value
    return {"": value}
