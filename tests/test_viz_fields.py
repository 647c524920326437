"""Arrows and paths over the plane: what is drawn, and what is refused."""

import numpy as np
import pytest
from matplotlib.collections import PathCollection
from matplotlib.figure import Figure
from matplotlib.quiver import Quiver

from gencourse import viz

PLACES = np.stack(np.meshgrid([-1.0, 0.0, 1.0], [-1.0, 1.0]), axis=-1).reshape(-1, 2)


def quiver(axes):
    (found,) = [artist for artist in axes.get_children() if isinstance(artist, Quiver)]
    return found


def test_arrows_stand_where_they_start_and_are_as_long_as_they_say():
    picture = viz.arrows((PLACES, 0.1 * PLACES), limits=2)
    arrows = quiver(picture.axes[0])
    assert isinstance(picture, Figure)
    np.testing.assert_allclose(arrows.get_offsets(), PLACES)
    np.testing.assert_allclose(np.stack([arrows.U, arrows.V], axis=1), 0.1 * PLACES)
    assert arrows.angles == arrows.scale_units == "xy"
    assert arrows.scale == 1.0
    assert picture.axes[0].get_xlabel() == ""
    assert picture.png().startswith(b"\x89PNG")


def test_long_arrows_are_shortened_together_and_the_picture_says_so():
    picture = viz.arrows({"far": (PLACES, 10 * PLACES), "near": (PLACES, PLACES)}, limits=3)
    first, second = (quiver(axes) for axes in picture.axes)
    longest = np.hypot(first.U, first.V).max()
    assert longest == pytest.approx(1.0)  # a sixth of a side of 6
    np.testing.assert_allclose(first.U, 10 * np.asarray(second.U))
    assert picture.axes[0].get_xlabel() == "arrows drawn at 0.071 of their length"
    assert picture.axes[1].get_xlabel() == ""


def test_points_lie_behind_the_arrows():
    cloud = np.random.default_rng(0).normal(size=(3000, 2))
    picture = viz.arrows({"a": (PLACES, PLACES), "b": (PLACES, -PLACES)}, behind={"b": cloud}, means=[[0, 0]])
    clouds = [[c for c in axes.collections if isinstance(c, PathCollection)] for axes in picture.axes]
    assert [len(found) for found in clouds] == [0, 1]
    assert len(clouds[1][0].get_offsets()) == 2000
    assert clouds[1][0].get_zorder() < quiver(picture.axes[1]).get_zorder()


def test_no_arrow_may_be_of_length_zero_everywhere():
    assert viz.arrows((PLACES, 0 * PLACES)).png().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("fields", "options", "words"),
    [
        (PLACES, {}, "pairs.*Received: ndarray"),
        ((PLACES, PLACES[:2]), {}, r"one shape.*\(6, 2\) and \(2, 2\)"),
        ((np.zeros((901, 2)), np.zeros((901, 2))), {}, "up to 900"),
        ((PLACES, PLACES[:, :1]), {}, "`moves` must have shape"),
        ((PLACES, np.full((6, 2), np.nan)), {}, "finite"),
        ({str(i): (PLACES, PLACES) for i in range(5)}, {}, "At most four"),
        ((PLACES, PLACES), {"behind": {"x": PLACES}}, r"of the panels \[''\]"),
        ((PLACES, PLACES), {"limits": (1, 0)}, "limits"),
    ],
)
def test_what_are_no_arrows_is_refused(fields, options, words):
    with pytest.raises(ValueError, match=words):
        viz.arrows(fields, **options)


def test_paths_begin_with_circles_and_end_with_dots():
    tracks = np.cumsum(np.ones((5, 50, 2)), axis=0) + np.arange(50)[:, None]
    picture = viz.paths({"up": tracks, "down": -tracks}, means=[[0, 0]], title="ways")
    axes = picture.axes[0]
    ways = [line for line in axes.lines if len(line.get_xdata()) == 5]
    assert len(ways) == 40
    np.testing.assert_allclose(ways[3].get_xdata(), tracks[:, 3, 0])
    starts, ends = [line for line in axes.lines if line.get_marker() == "o"]
    np.testing.assert_allclose(starts.get_xydata(), tracks[0, :40])
    np.testing.assert_allclose(ends.get_xydata(), tracks[-1, :40])
    assert starts.get_markerfacecolor() == "white"
    assert [axes.get_title() for axes in picture.axes] == ["up", "down"]


@pytest.mark.parametrize("shape", [(5, 2), (1, 3, 2), (5, 0, 2), (5, 3, 3)])
def test_what_are_no_paths_is_refused(shape):
    with pytest.raises(ValueError, match="must have shape"):
        viz.paths(np.zeros(shape))
