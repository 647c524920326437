"""Paths through latent space."""

import numpy as np


def _pair(start, end):
    start, end = np.asarray(start, "float32"), np.asarray(end, "float32")
    if start.shape != end.shape or start.ndim != 1:
        raise ValueError(
            f"`start` and `end` must be latents of one shape (Z,). Received: shapes {start.shape} and {end.shape}."
        )
    return start, end


def lerp(start, end, steps: int) -> np.ndarray:
    """Straight line between two latents.

    Args:
        start: shape (Z,).
        end: shape (Z,).
        steps: points on the line, both ends included; at least 2.

    Returns:
        float32 array (steps, Z).

    Raises:
        ValueError: if the shapes differ or `steps` is below 2.
    """
    start, end = _pair(start, end)
    if steps < 2:
        raise ValueError(f"`steps` must be at least 2. Received: {steps}.")
    share = np.linspace(0.0, 1.0, steps, dtype="float32")[:, None]  # (steps, 1)
    return (1.0 - share) * start + share * end


def slerp(start, end, steps: int) -> np.ndarray:
    """Arc between two latents that keeps to the lengths a normal prior makes likely.

    In many dimensions normal vectors lie near a sphere; the middle of a straight line falls inside it, where the
    generator was never trained.

    Args:
        start: shape (Z,).
        end: shape (Z,).
        steps: points on the arc, both ends included; at least 2.

    Returns:
        float32 array (steps, Z).

    Raises:
        ValueError: if the shapes differ or `steps` is below 2.

    Reference:
        White, "Sampling Generative Networks", 2016.
    """
    start, end = _pair(start, end)
    cosine = np.dot(start, end) / max(float(np.linalg.norm(start) * np.linalg.norm(end)), 1e-12)
    angle = float(np.arccos(np.clip(cosine, -1.0, 1.0)))
    if np.sin(angle) < 1e-4:  # the same direction, or the opposite one: no arc is singled out
        return lerp(start, end, steps)
    if steps < 2:
        raise ValueError(f"`steps` must be at least 2. Received: {steps}.")
    share = np.linspace(0.0, 1.0, steps, dtype="float32")[:, None]
    return ((np.sin((1.0 - share) * angle) * start + np.sin(share * angle) * end) / np.sin(angle)).astype("float32")
