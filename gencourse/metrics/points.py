"""Metrics for points of the plane whose true modes are known: the ring and the grid."""

import numpy as np


def mode_coverage(points, means, *, std, within=3.0):
    """Count how many modes of a Gaussian mixture a sample covers, and what share of it lies near any mode.

    A point belongs to its nearest mode when it lies within `within` standard deviations of it, and to none otherwise.
    A mode is covered when at least a quarter of its fair share, N / (4 K) points, belongs to it: a few strays that pass
    by do not count as having found a mode.

    In two dimensions 98.9% of the true mixture's points lie within 3 standard deviations.

    Args:
        points: (N, D) sample, N at least 4 K.
        means: (K, D) centres of the modes.
        std: standard deviation of every mode, in the units of the points, above 0.
        within: radius of a mode in standard deviations, above 0.

    Returns:
        dict of `modes_covered` (int, 0 to K), `share_within` (float in [0, 1]) and `counts` (int64 (K,), points
        that belong to each mode).

    Raises:
        ValueError: for other shapes, too few points, values that are not finite, or std or within of 0 or less.

    Reference:
        Srivastava et al., "VEEGAN: Reducing mode collapse in GANs using implicit variational learning", 2017
        (modes and high-quality samples on the ring and the grid).
    """
    points, means = np.asarray(points, "float64"), np.asarray(means, "float64")
    if points.ndim != 2 or means.ndim != 2 or points.shape[1:] != means.shape[1:] or not means.size:
        raise ValueError(f"Points (N, D) and means (K, D) are needed. Received: shapes {points.shape}, {means.shape}")
    modes = len(means)
    if len(points) < 4 * modes:
        raise ValueError(f"{modes} modes need at least {4 * modes} points. Received: {len(points)}")
    if not (np.isfinite(points).all() and np.isfinite(means).all()):
        raise ValueError("Points and means must be finite. Received: NaN or infinity")
    if not (std > 0 and within > 0):
        raise ValueError(f"std and within must be above 0. Received: std={std}, within={within}")

    distances = np.linalg.norm(points[:, None] - means, axis=2)  # (N, K)
    near = distances.min(axis=1) <= within * std
    counts = np.bincount(distances.argmin(axis=1)[near], minlength=modes)
    return {
        "modes_covered": int((counts >= len(points) / (4 * modes)).sum()),
        "share_within": float(near.mean()),
        "counts": counts,
    }


def total_variation(points, reference, *, limit=3.0, cells=24):
    """Half the summed difference between the shares of two samples in each cell of a grid over the plane.

    It sees what counting modes cannot: clouds that are too narrow, too wide, or of unequal weight. Two samples of N
    points from one distribution differ by chance, too: read it beside that floor.

    Args:
        points: (N, 2).
        reference: (M, 2).
        limit: the grid covers [-limit, limit] in both directions; all that lies outside is one more cell.
        cells: cells along each side.

    Returns:
        float from 0, the same shares everywhere, to 1, nothing in common.

    Raises:
        ValueError: for other shapes, values that are not finite, or a limit or cells of 0 or less.

    Reference:
        Gibbs and Su, "On choosing and bounding probability metrics", 2002.
    """
    if not (limit > 0 and cells > 0):
        raise ValueError(f"limit and cells must be above 0. Received: limit={limit}, cells={cells}")
    shares = []
    for sample in (points, reference):
        sample = np.asarray(sample, "float64")
        if sample.ndim != 2 or sample.shape[1] != 2 or not len(sample) or not np.isfinite(sample).all():
            raise ValueError(f"Finite points (N, 2) are needed. Received: shape {sample.shape}")
        counts, _, _ = np.histogram2d(*sample.T, bins=cells, range=[(-limit, limit)] * 2)
        inside = counts.ravel() / len(sample)
        shares.append(np.append(inside, 1.0 - inside.sum()))
    return float(0.5 * np.abs(shares[0] - shares[1]).sum())
