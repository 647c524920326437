"""Toy distributions whose density is known exactly: Gaussians on a ring, and on a grid."""

import math

import numpy as np


class GaussianMixture:
    """Equally likely round Gaussians with one standard deviation.

    Args:
        means: (K, D) centres; D is 2 for everything that is drawn as a scatter plot.
        std: standard deviation of each Gaussian along each axis, greater than 0.

    Raises:
        ValueError: for means of another rank, or a `std` that is not a positive finite number.
    """

    def __init__(self, means, std):
        means = np.array(means, np.float64)
        if means.ndim != 2 or means.size == 0 or not np.isfinite(means).all():
            raise ValueError(f"expected finite means of shape (K, D). Received: shape {means.shape}")
        std = float(std)
        if not (math.isfinite(std) and std > 0):
            raise ValueError(f"expected std to be a number above 0. Received: {std}")
        means.flags.writeable = False
        self.means = means
        self.std = std

    @property
    def modes(self):
        """How many Gaussians there are, K."""
        return len(self.means)

    def __repr__(self):
        return f"GaussianMixture({self.modes} modes in {self.means.shape[1]} dimensions, std={self.std:g})"

    def sample(self, n, seed):
        """Draw points; the same seed gives the same points.

        Args:
            n: how many.
            seed: an integer of at least 0.

        Returns:
            float32 (n, D).
        """
        rng = np.random.default_rng(seed)
        chosen = rng.integers(self.modes, size=n)
        points = self.means[chosen] + self.std * rng.standard_normal((n, self.means.shape[1]))
        return points.astype(np.float32)

    def log_density(self, points):
        """Compute the exact natural logarithm of the density.

        Args:
            points: (n, D).

        Returns:
            float64 (n,): log(1/K · Σ_k N(point; mean_k, std² I)), finite even far from every mode.

        Raises:
            ValueError: for points of another shape.
        """
        points = np.asarray(points, np.float64)
        dimensions = self.means.shape[1]
        if points.ndim != 2 or points.shape[1] != dimensions:
            raise ValueError(f"expected points of shape (n, {dimensions}). Received: shape {points.shape}")
        # (n, K): one column a mode, so that the memory does not grow with D.
        squares = np.zeros((len(points), self.modes))
        for axis in range(dimensions):
            squares += (points[:, axis, None] - self.means[None, :, axis]) ** 2
        exponents = -squares / (2 * self.std**2)
        highest = exponents.max(axis=1, keepdims=True)
        summed = highest[:, 0] + np.log(np.exp(exponents - highest).sum(axis=1))
        return summed - math.log(self.modes) - dimensions * math.log(self.std * math.sqrt(2 * math.pi))


def ring(*, modes=8, radius=2.0, std=0.1):
    """Gaussians evenly spaced on a circle, the first at (radius, 0): the usual test for mode collapse.

    Args:
        modes: how many, at least 1.
        radius: distance of every centre from the origin.
        std: standard deviation of each.

    Returns:
        A `GaussianMixture` in two dimensions.
    """
    if modes < 1:
        raise ValueError(f"expected modes to be at least 1. Received: {modes}")
    angles = 2 * np.pi * np.arange(modes) / modes
    return GaussianMixture(radius * np.stack([np.cos(angles), np.sin(angles)], axis=1), std)


def grid(*, side=5, spacing=2.0, std=0.05):
    """Gaussians on a square grid around the origin, `side` × `side` of them: harder than the ring.

    Args:
        side: Gaussians along each axis, at least 1.
        spacing: distance of neighbours.
        std: standard deviation of each.

    Returns:
        A `GaussianMixture` in two dimensions.
    """
    if side < 1:
        raise ValueError(f"expected side to be at least 1. Received: {side}")
    ticks = spacing * (np.arange(side) - (side - 1) / 2)
    return GaussianMixture(np.stack(np.meshgrid(ticks, ticks), axis=-1).reshape(-1, 2), std)
