"""Distances between two sets of feature vectors: Fréchet (two Gaussians) and kernel (any difference).

Both are measured on features of a network. On the features of `load_evaluator` they are this course's own numbers;
FID and KID are the names of the same formulas on an Inception network's features.
"""

import numpy as np

_BLOCK = 1000  # rows of a kernel matrix held at a time


def frechet_between_gaussians(mean_a, cov_a, mean_b, cov_b):
    """Squared Fréchet (2-Wasserstein) distance between two Gaussians.

    `|mean_a - mean_b|² + trace(cov_a + cov_b - 2 (cov_a cov_b)^(1/2))`. In one dimension this is
    `(mean_a - mean_b)² + (std_a - std_b)²`.

    The trace of the last root is the sum of the singular values of `cov_a^(1/2) cov_b^(1/2)`, which needs the roots of
    symmetric matrices only and is real whatever the rounding.

    Args:
        mean_a, mean_b: (D,) means.
        cov_a, cov_b: (D, D) symmetric positive semi-definite covariances.

    Returns:
        float, 0 or more.

    Raises:
        ValueError: for other shapes, values that are not finite, or a matrix that is no covariance.

    Reference:
        Dowson and Landau, "The Fréchet distance between multivariate normal distributions", 1982.
    """
    mean_a, mean_b = np.asarray(mean_a, "float64"), np.asarray(mean_b, "float64")
    cov_a, cov_b = np.asarray(cov_a, "float64"), np.asarray(cov_b, "float64")
    shapes = [array.shape for array in (mean_a, cov_a, mean_b, cov_b)]
    width = mean_a.size
    if shapes != [(width,), (width, width)] * 2 or width == 0:
        raise ValueError(f"Two means (D,) and two covariances (D, D) are needed. Received: shapes {shapes}")
    if not (np.isfinite(mean_a).all() and np.isfinite(mean_b).all()):
        raise ValueError("A mean must be finite. Received: NaN or infinity")
    root_a, root_b = _root(cov_a), _root(cov_b)
    root_trace = np.linalg.svd(root_a @ root_b, compute_uv=False).sum()
    distance = np.sum((mean_a - mean_b) ** 2) + np.trace(cov_a) + np.trace(cov_b) - 2 * root_trace
    return max(float(distance), 0.0)  # rounding can leave -1e-14 where the distance is 0


def frechet_distance(features_a, features_b):
    """Fréchet distance between two sets of features, each taken for a Gaussian.

    The estimate is too high for few samples: compare only values of equal n, beside real against real of that n.

    Args:
        features_a, features_b: (N, D) and (M, D), two rows or more each.

    Returns:
        float, 0 or more: 0 for equal means and covariances. In squared units of the features.

    Raises:
        ValueError: for other shapes, or values that are not finite.

    Reference:
        Heusel et al., "GANs trained by a two time-scale update rule converge to a local Nash equilibrium", 2017.
    """
    features_a, features_b = checked_pair(features_a, features_b)
    return frechet_between_gaussians(*_moments(features_a), *_moments(features_b))


def kernel_distance(features_a, features_b):
    """Unbiased squared maximum mean discrepancy with the cubic kernel `(x·y / D + 1)³`.

    It is the mean of the kernel within `features_a` (a vector with itself left out) and within `features_b`, minus
    twice the mean between them. For two samples of one distribution it scatters around 0, below it as often as above,
    whatever the sample size: unlike the Fréchet distance, it can be negative, and few samples do not raise it.

    Args:
        features_a, features_b: (N, D) and (M, D), two rows or more each.

    Returns:
        float.

    Raises:
        ValueError: for other shapes, or values that are not finite.

    Reference:
        Bińkowski et al., "Demystifying MMD GANs", 2018.
    """
    features_a, features_b = checked_pair(features_a, features_b)
    n, m = len(features_a), len(features_b)
    within_a = (_kernel_sum(features_a, features_a) - _kernel(features_a, features_a).sum()) / (n * (n - 1))
    within_b = (_kernel_sum(features_b, features_b) - _kernel(features_b, features_b).sum()) / (m * (m - 1))
    between = _kernel_sum(features_a, features_b) / (n * m)
    return float(within_a + within_b - 2 * between)


def checked_pair(a, b, *, least=2):
    """Return two sets of vectors as float64 (N, D) and (M, D), or say why they cannot be compared."""
    a, b = np.asarray(a), np.asarray(b)
    if a.ndim != 2 or b.ndim != 2 or a.shape[1] != b.shape[1] or not a.shape[1]:
        raise ValueError(f"Two arrays of shape (N, D) and (M, D) are needed. Received: shapes {a.shape} and {b.shape}")
    if min(len(a), len(b)) < least:
        raise ValueError(f"At least {least} rows are needed on each side. Received: {len(a)} and {len(b)}")
    a, b = a.astype("float64"), b.astype("float64")
    if not (np.isfinite(a).all() and np.isfinite(b).all()):
        raise ValueError("Vectors must be finite. Received: NaN or infinity")
    return a, b


def _moments(features):
    return features.mean(axis=0), np.cov(features, rowvar=False).reshape(features.shape[1], -1)


def _root(covariance):
    """Return the symmetric root of a covariance (D, D)."""
    if not np.isfinite(covariance).all():
        raise ValueError("A covariance must be finite. Received: NaN or infinity")
    scale = np.abs(covariance).max()
    if not np.allclose(covariance, covariance.T, rtol=1e-6, atol=1e-9 * scale):
        raise ValueError(
            f"A covariance must be symmetric. Received: off by {np.abs(covariance - covariance.T).max():.3g}"
        )
    values, vectors = np.linalg.eigh(covariance)
    if values[0] < -1e-6 * scale:
        raise ValueError(f"A covariance has no negative eigenvalue. Received: {values[0]:.3g}")
    return (vectors * np.sqrt(np.maximum(values, 0.0))) @ vectors.T


def _kernel(a, b):
    """Return the cubic kernel of each row of a with the same row of b: (N, D), (N, D) -> (N,)."""
    return _cube(np.sum(a * b, axis=1) / a.shape[1] + 1)


def _kernel_sum(a, b):
    """Return the sum of the kernel over all pairs of rows, a block of rows at a time."""
    blocks = (a[start : start + _BLOCK] for start in range(0, len(a), _BLOCK))
    return sum(float(_cube(block @ b.T / a.shape[1] + 1).sum()) for block in blocks)


def _cube(values):
    return values * values * values  # many times faster than values**3
