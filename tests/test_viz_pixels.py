"""Maps of pixels: what is drawn, what is written, and what is refused."""

import numpy as np
import pytest
from matplotlib.figure import Figure

from gencourse import viz

PAST = np.array([[1.0, 1.0, 1.0], [1.0, 0.0, 0.0], [0.0, 0.0, 0.0]])


def test_a_small_map_has_its_numbers_written_in_and_leaves_zeros_white():
    picture = viz.pixel_maps(PAST)
    axes = picture.axes[0]
    assert isinstance(picture, Figure)
    assert [text.get_text() for text in axes.texts] == ["1", "1", "1", "1", "0", "0", "0", "0", "0"]
    assert np.array_equal(axes.images[0].get_array().mask, PAST == 0)
    assert len(picture.axes) == 1
    assert picture.png().startswith(b"\x89PNG")


def test_a_line_parts_the_past_from_the_rest():
    axes = viz.pixel_maps(PAST, mark=(1, 1)).axes[0]
    seam, line = axes.lines
    assert seam.get_linewidth() > line.get_linewidth()  # white on both sides: to be seen on any shade
    assert line.get_xydata().tolist() == [[-0.5, 1.5], [0.5, 1.5], [0.5, 0.5], [2.5, 0.5]]
    assert axes.get_xlim() == (-0.5, 2.5)
    large = viz.pixel_maps(np.ones((9, 12)), mark=(4, 5)).axes[0]
    assert len(large.lines) == 3  # the line on its seam, and a ring, since no number is written there
    assert not large.texts


def test_several_maps_share_one_scale_and_one_bar():
    picture = viz.pixel_maps({"a": np.eye(8), "b": 3 * np.eye(8), "c": np.zeros((8, 8))}, label="nats", columns=2)
    drawn = [axes for axes in picture.axes if axes.images]
    assert [axes.get_title() for axes in drawn] == ["a", "b", "c"]
    assert {axes.images[0].norm.vmax for axes in drawn} == {3.0}
    assert picture.axes[-1].get_ylabel() == "nats"
    assert viz.pixel_maps(np.zeros((8, 8))).png()
    assert viz.pixel_maps(np.eye(8), limits=(0.0, 5.0)).axes[0].images[0].norm.vmax == 5.0


@pytest.mark.parametrize(
    ("maps", "options", "words"),
    [
        (np.zeros(3), {}, r"shape \(3,\)"),
        (-PAST, {}, "smallest -1"),
        (PAST, {"mark": (3, 0)}, r"Received: \(3, 0\)"),
        ({"a": PAST, "b": np.full((3, 3), np.nan)}, {}, "NaN"),
        ({}, {}, "at least one"),
        (np.zeros((0, 3)), {}, r"shape \(0, 3\)"),
        (PAST, {"columns": -1}, "at least 1"),
    ],
)
def test_what_cannot_be_drawn_is_named(maps, options, words):
    with pytest.raises(ValueError, match=words):
        viz.pixel_maps(maps, **options)
