"""Paths through latent space: their ends, lengths and errors."""

import numpy as np
import pytest

from gencourse import sampling

START, END = np.random.default_rng(0).normal(size=(2, 64)).astype("float32")


@pytest.mark.parametrize("path", [sampling.lerp, sampling.slerp])
def test_paths_begin_and_end_where_they_should(path):
    points = path(START, END, 7)
    assert points.shape == (7, 64)
    assert points.dtype == np.float32
    np.testing.assert_allclose(points[[0, -1]], [START, END], rtol=1e-4, atol=1e-5)


def test_a_line_cuts_through_the_sphere_and_an_arc_keeps_to_it():
    start, end = START / np.linalg.norm(START), END / np.linalg.norm(END)
    arc = np.linalg.norm(sampling.slerp(start, end, 9), axis=1)
    line = np.linalg.norm(sampling.lerp(start, end, 9), axis=1)
    np.testing.assert_allclose(arc, 1.0, rtol=1e-4)
    assert line[4] < 0.9


def test_an_arc_has_equal_steps():
    start, end = START / np.linalg.norm(START), END / np.linalg.norm(END)
    steps = np.linalg.norm(np.diff(sampling.slerp(start, end, 9), axis=0), axis=1)
    np.testing.assert_allclose(steps, steps[0], rtol=1e-3)


@pytest.mark.parametrize("factor", [1.0, 2.0, -1.0])
def test_no_arc_is_singled_out_on_one_line(factor):
    points = sampling.slerp(START, factor * START, 5)
    assert np.isfinite(points).all()
    np.testing.assert_allclose(points, sampling.lerp(START, factor * START, 5), rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("path", [sampling.lerp, sampling.slerp])
def test_bad_arguments_are_named(path):
    with pytest.raises(ValueError, match=r"Received: shapes \(64,\) and \(3,\)"):
        path(START, END[:3], 5)
    with pytest.raises(ValueError, match="Received: 1"):
        path(START, END, 1)
