"""Pictures of codebooks: what is drawn, what is written, and what is refused."""

import numpy as np
import pytest
from matplotlib.figure import Figure

from gencourse import viz

MAP = np.array([[0, 3, 3], [1, 2, 0]])
IMAGES = np.random.default_rng(0).random((2, 6, 9, 1))
POINTS = np.random.default_rng(1).normal(size=(50, 2))
VECTORS = np.array([[0.0, 0.0], [1.0, 1.0], [-1.0, 0.5]])


def test_every_tile_has_its_number():
    picture = viz.code_tiles(MAP)
    axes = picture.axes[0]
    assert isinstance(picture, Figure)
    assert [text.get_text() for text in axes.texts] == ["0", "3", "3", "1", "2", "0"]
    assert np.allclose(axes.images[0].get_array(), MAP / 3)
    assert picture.png().startswith(b"\x89PNG")


def test_shades_are_those_that_are_given():
    shades = [0.5, 0.1, 1.0, 0.0, 0.7]
    axes = viz.code_tiles(MAP, shades=shades).axes[0]
    assert np.allclose(axes.images[0].get_array(), np.array(shades)[MAP])


def test_images_stand_beside_their_codes_with_lines_where_tiles_meet():
    picture = viz.code_tiles({"a": MAP, "b": MAP + 1}, IMAGES, columns=1)
    image, tiles, second, _ = picture.axes
    assert [axes.get_title() for axes in picture.axes] == ["", "a", "", "b"]
    assert np.allclose(image.images[0].get_array(), IMAGES[0, ..., 0])
    assert np.allclose(second.images[0].get_array(), IMAGES[1, ..., 0])
    ends = sorted({line.get_xdata()[0] for line in image.lines if np.ptp(line.get_xdata()) == 0})
    assert ends == [-0.5, 2.5, 5.5, 8.5]  # 9 pixels for 3 columns
    assert not image.texts
    assert len(tiles.texts) == 6


def test_numbers_are_left_out_where_they_could_not_be_read():
    assert not viz.code_tiles(np.zeros((20, 20), int)).axes[0].texts


def test_codes_among_points_differ_by_shape_and_not_by_colour_alone():
    used = np.array([True, False, True])
    picture = viz.code_points(POINTS, {"before": VECTORS, "after": VECTORS + 1}, used={"after": used})
    before, after = picture.axes
    assert [line.get_marker() for line in before.lines] == ["o", "o", "o"]
    assert [line.get_marker() for line in after.lines] == ["o", "s", "o"]
    assert [text.get_text() for text in before.texts] == ["0", "1", "2"]
    assert after.texts[1].get_text() != "1"
    assert "1" in after.texts[1].get_text()
    assert len(before.collections[0].get_offsets()) == 50
    assert before.get_xlim() == after.get_xlim()
    assert picture.png().startswith(b"\x89PNG")


def test_one_panel_needs_no_name():
    axes = viz.code_points(POINTS, VECTORS, used=[False, True, True], limits=3).axes[0]
    assert axes.get_title() == ""
    assert axes.get_xlim() == (-3.0, 3.0)
    assert axes.lines[0].get_marker() == "s"


@pytest.mark.parametrize(
    ("arguments", "options", "words"),
    [
        ((MAP.astype(float),), {}, "Received: codes, float64"),
        ((MAP - 1,), {}, "of at least 0"),
        ((MAP[0],), {}, r"shape \(3,\)"),
        (({},), {}, "at least one"),
        ((MAP, IMAGES), {}, r"for each of 1 maps"),
        (({"a": MAP, "b": MAP}, np.zeros((2, 6, 9, 3))), {}, r"Received: shape \(2, 6, 9, 3\)"),
        ((MAP,), {"shades": [0.1, 0.2]}, "from 0 to 3 is needed. Received: 2"),
        ((MAP,), {"shades": [0.0, 0.1, 0.2, 1.5]}, "to 1.5"),
        ((MAP,), {"columns": -1}, "at least 1"),
    ],
)
def test_tiles_that_cannot_be_drawn_are_named(arguments, options, words):
    with pytest.raises(ValueError, match=words):
        viz.code_tiles(*arguments, **options)


@pytest.mark.parametrize(
    ("arguments", "options", "words"),
    [
        ((POINTS, np.zeros((3, 4))), {}, r"shape \(3, 4\)"),
        ((POINTS[0], VECTORS), {}, "`points`"),
        ((POINTS, dict.fromkeys("abcd", VECTORS)), {}, "At most three"),
        ((POINTS, {"a": VECTORS}), {"used": {"b": [True] * 3}}, r"Received: \['a'\], \['b'\]"),
        ((POINTS, VECTORS), {"used": [True]}, "one truth value"),
    ],
)
def test_points_that_cannot_be_drawn_are_named(arguments, options, words):
    with pytest.raises(ValueError, match=words):
        viz.code_points(*arguments, **options)
