"""Fidelity and variety apart: what share of the generated lies among the real, and the other way round.

The real samples' "manifold" is a union of balls: one around each sample, reaching to its k-th nearest neighbour. The
distances are Euclidean, in whatever space the points are given: features of an evaluator, or points of the plane.
"""

import numpy as np

from .distances import checked_pair

_PAIRS = 4_000_000  # distances held at a time: 32 MB


def precision_recall(real, generated, *, k=3):
    """Share of generated points among the real ones (precision), and of real points among the generated (recall).

    Low precision: many samples look like nothing real. Low recall: kinds of real samples are never generated. One
    outlier has a wide ball, and so can raise both; `density_coverage` suffers less from that.

    Args:
        real: (N, D), more than k rows.
        generated: (M, D), more than k rows.
        k: which neighbour a ball reaches to; 3 is the paper's.

    Returns:
        (precision, recall): floats in [0, 1]. Real against real gives less than 1, and the value depends on N: take it
        from `N` and `M` as they are used.

    Raises:
        ValueError: for other shapes, too few rows, or k below 1.

    Reference:
        Kynkäänniemi et al., "Improved precision and recall metric for assessing generative models", 2019.
    """
    real, generated = _checked(real, generated, k)
    return _share_inside(generated, real, k), _share_inside(real, generated, k)


def density_coverage(real, generated, *, k=5):
    """How crowded the real points' balls are (density), and what share of them holds a generated point (coverage).

    Density counts in how many of the real balls a generated point lies, over k: with equal distributions about 1, and
    above 1 when the generated crowd where the real are dense. Only real points have balls here, so generated outliers
    cannot raise either value.

    Args:
        real: (N, D), more than k rows.
        generated: (M, D), more than k rows.
        k: which neighbour a ball reaches to; 5 is the paper's.

    Returns:
        (density, coverage): floats, density 0 or more, coverage in [0, 1].

    Raises:
        ValueError: for other shapes, too few rows, or k below 1.

    Reference:
        Naeem et al., "Reliable fidelity and diversity metrics for generative models", 2020.
    """
    real, generated = _checked(real, generated, k)
    radii = _radii(real, k)
    hits, covered = 0, np.zeros(len(real), bool)
    for _, distances in _blocks(generated, real):
        inside = distances <= radii  # (block, N)
        hits += int(inside.sum())
        covered |= inside.any(axis=0)
    return hits / (k * len(generated)), float(covered.mean())


def nearest_neighbour_distances(queries, references):
    """Euclidean distance from each query to its nearest reference.

    Args:
        queries: (N, D).
        references: (M, D).

    Returns:
        float64 (N,).

    Raises:
        ValueError: for other shapes, or values that are not finite.
    """
    queries, references = checked_pair(queries, references, least=1)
    return np.concatenate([distances.min(axis=1) for _, distances in _blocks(queries, references)])


def _checked(real, generated, k):
    if isinstance(k, bool) or not isinstance(k, (int, np.integer)) or k < 1:
        raise ValueError(f"k must be a whole number from 1. Received: {k!r}")
    return checked_pair(real, generated, least=k + 1)


def _share_inside(points, centres, k):
    """Return the share of points that lie in the ball of at least one centre."""
    radii = _radii(centres, k)
    inside = [(distances <= radii).any(axis=1) for _, distances in _blocks(points, centres)]
    return float(np.concatenate(inside).mean())


def _radii(points, k):
    """Return the distance from each point to its k-th nearest neighbour among the others: (N, D) -> (N,)."""
    radii = []
    for start, distances in _blocks(points, points):
        rows = np.arange(len(distances))
        distances[rows, start + rows] = np.inf  # a point is not its own neighbour
        radii.append(np.partition(distances, k - 1, axis=1)[:, k - 1])
    return np.concatenate(radii) * (1 + 1e-9)  # a hair wider, so that rounding does not decide on ties


def _blocks(queries, references):
    """Yield (first row, distances (block, M)) for a few rows of the queries at a time."""
    # |q - r|² = |q|² + |r|² - 2 q·r is one matrix product; moved near the origin, it loses few digits.
    centre = references.mean(axis=0)
    queries, references = queries - centre, references - centre
    squares = np.sum(references**2, axis=1)
    size = max(1, _PAIRS // len(references))
    for start in range(0, len(queries), size):
        block = queries[start : start + size]
        squared = np.sum(block**2, axis=1)[:, None] + squares - 2 * block @ references.T
        yield start, np.sqrt(np.maximum(squared, 0.0))
