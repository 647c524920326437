"""Sliders: moving one redraws the image, and a reader without a kernel gets a still picture."""

import io
import sys

import numpy as np
import pytest
from PIL import Image

from gencourse import viz
from gencourse.cli import notebooks


def draw(brightness, edge=0.0):
    """An image that is as bright as the first slider says, with a left half as the second says."""
    image = np.full((8, 8, 1), (brightness + 3) / 6, "float32")
    image[:, :4] = (edge + 3) / 6
    return image


def pixels(png):
    return np.asarray(Image.open(io.BytesIO(png)).convert("L"))


def test_moving_a_slider_redraws():
    explorer = viz.explore(draw, ["brightness", "edge"], enlarge=1)
    before = pixels(explorer.image.value)
    explorer.sliders["brightness"].value = 3.0
    after = pixels(explorer.image.value)
    middle = before.shape[1] // 2
    assert after[4, middle + 2] > before[4, middle + 2] + 100
    np.testing.assert_array_equal(after[:, :middle], before[:, :middle])


def test_the_still_picture_has_a_row_for_each_slider():
    explorer = viz.explore(draw, ["brightness", "edge"], stops=5)
    wide, high = Image.open(io.BytesIO(explorer.still)).size
    assert wide > 5 * 8 * 2
    assert 2 * 8 * 2 <= high < 3 * 8 * 2


def test_a_cell_shows_both_and_a_kept_notebook_the_still_one():
    import nbformat

    data, _ = _formatted(viz.explore(draw, ["brightness", "edge"]))
    assert {"image/png", "text/plain", notebooks.WIDGET} <= set(data)
    cell = nbformat.v4.new_code_cell("1", outputs=[nbformat.v4.new_output("execute_result", data=data)])
    kept = notebooks.tidy(nbformat.v4.new_notebook(cells=[cell])).cells[0].outputs[0].data
    assert set(kept) == {"image/png", "text/plain"}


def _formatted(value):
    """What IPython sends to a front end: bytes of pictures as base64 text."""
    from IPython.core.interactiveshell import InteractiveShell

    return InteractiveShell.instance().display_formatter.format(value)


def test_without_widgets_the_still_picture_is_all(monkeypatch):
    monkeypatch.setitem(sys.modules, "ipywidgets", None)
    explorer = viz.explore(draw, ["brightness"])
    assert explorer.sliders == {}
    assert set(explorer._repr_mimebundle_()[0]) == {"image/png", "text/plain"}


def test_bad_arguments_are_named():
    with pytest.raises(ValueError, match="At least one slider"):
        viz.explore(draw, [])
    with pytest.raises(ValueError, match=r"Received: .* 1"):
        viz.explore(draw, ["brightness"], stops=1)
