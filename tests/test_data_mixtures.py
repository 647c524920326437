"""gencourse.data: toy mixtures and their exact density."""

import numpy as np
import pytest

from gencourse import data


def test_density_of_one_gaussian_by_hand():
    mixture = data.GaussianMixture([[1.0, -1.0]], std=0.5)
    at_centre = -np.log(2 * np.pi * 0.25)
    np.testing.assert_allclose(mixture.log_density([[1.0, -1.0], [1.5, -1.0]]), [at_centre, at_centre - 0.5])


@pytest.mark.parametrize("mixture", [data.ring(std=0.3), data.grid(side=3, std=0.4), data.ring(modes=1, radius=0)])
def test_density_integrates_to_one(mixture):
    ticks = np.linspace(-6, 6, 601)
    points = np.stack(np.meshgrid(ticks, ticks), axis=-1).reshape(-1, 2)
    np.testing.assert_allclose(np.exp(mixture.log_density(points)).sum() * 0.02**2, 1, rtol=1e-3)


def test_density_is_finite_far_away():
    assert np.isfinite(data.ring().log_density([[1e4, 1e4]])).all()


def test_samples_follow_the_density():
    mixture = data.ring()
    points = mixture.sample(8_000, seed=3)
    assert points.dtype == np.float32
    assert points.shape == (8_000, 2)
    distances = np.linalg.norm(points[:, None] - mixture.means, axis=2)
    counts = np.bincount(distances.argmin(axis=1), minlength=8)
    assert np.abs(counts - 1000).max() < 5 * np.sqrt(1000)  # five standard deviations of a count
    # Entropy of well separated round Gaussians: log 8 + 1 + log(2 pi std^2).
    entropy = np.log(8) + 1 + np.log(2 * np.pi * 0.1**2)
    assert abs(-mixture.log_density(points).mean() - entropy) < 0.06


def test_samples_depend_on_the_seed_only():
    mixture = data.grid()
    np.testing.assert_array_equal(mixture.sample(10, 1), mixture.sample(10, 1))
    assert not np.array_equal(mixture.sample(10, 1), mixture.sample(10, 2))


def test_ring_and_grid_have_the_documented_centres():
    assert data.ring().modes == 8
    np.testing.assert_allclose(np.linalg.norm(data.ring(radius=3).means, axis=1), 3)
    assert data.grid().modes == 25
    np.testing.assert_allclose(data.grid().means.mean(axis=0), 0, atol=1e-12)
    np.testing.assert_array_equal(np.unique(data.grid().means), [-4, -2, 0, 2, 4])


def test_bad_mixtures_get_a_sentence():
    with pytest.raises(ValueError, match="std to be a number above 0"):
        data.ring(std=0)
    with pytest.raises(ValueError, match="means of shape"):
        data.GaussianMixture([1.0, 2.0], std=1)
    with pytest.raises(ValueError, match=r"Received: shape \(3, 3\)"):
        data.ring().log_density(np.zeros((3, 3)))
    with pytest.raises(ValueError, match="at least 1"):
        data.grid(side=0)
