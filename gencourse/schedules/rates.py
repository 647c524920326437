"""Signal and noise rates as functions of time, each time for itself."""

import math
from collections.abc import Callable
from typing import NamedTuple

from keras import ops


class Rates(NamedTuple):
    """What a noisy image is mixed of: `signal * image + noise * standard normal noise`; signal² + noise² = 1.

    Attributes:
        signal: share of the image, in (0, 1).
        noise: share of the noise, in (0, 1).
    """

    signal: object
    noise: object


def cosine(times, *, least: float = 0.01) -> Rates:
    """Turns from image to noise at constant speed: (signal, noise) walks along a quarter of the unit circle.

    Args:
        times: numbers in [0, 1] of any shape, 0 for the image and 1 for noise.
        least: the smallest rate: of noise at time 0, and of the signal at time 1. Above 0, so that what is predicted
            can be told from what is given by a division.

    Returns:
        `Rates` of the same shape, float32.

    Raises:
        ValueError: if `least` does not lie in (0, 0.5).

    Reference:
        Nichol and Dhariwal, "Improved Denoising Diffusion Probabilistic Models", 2021.
    """
    if not 0.0 < least < 0.5:
        raise ValueError(f"`least` must lie in (0, 0.5). Received: {least}.")
    first = math.asin(least)
    angles = first + ops.convert_to_tensor(times, "float32") * (math.pi / 2 - 2 * first)
    return Rates(ops.cos(angles), ops.sin(angles))


def linear(times, *, beta_min: float = 0.1, beta_max: float = 20.0, least: float = 0.01) -> Rates:
    """The schedule of the first diffusion models: the speed at which noise is added grows in a straight line.

    With 1,000 steps, step i of the original replaces a share β_i of the variance by fresh noise, β from 0.0001 to
    0.02; what is left of the image after many steps is a product. In the limit of small steps its logarithm is an
    integral, -½ ∫ β(s) ds with β from 0.1 to 20, which has a closed form: no product over steps is needed, and none is
    taken here.

    Args:
        times: numbers in [0, 1] of any shape, 0 for the image and 1 for noise.
        beta_min: speed at time 0.
        beta_max: speed at time 1.
        least: rate of noise at time 0, above 0.

    Returns:
        `Rates` of the same shape, float32.

    Raises:
        ValueError: if the speeds are not 0 <= beta_min <= beta_max, or `least` does not lie in (0, 0.5).

    Reference:
        Ho, Jain and Abbeel, "Denoising Diffusion Probabilistic Models", 2020; in continuous time: Song et al.,
        "Score-Based Generative Modeling through Stochastic Differential Equations", 2021.
    """
    if not 0.0 <= beta_min <= beta_max:
        raise ValueError(f"Speeds must be 0 <= beta_min <= beta_max. Received: {beta_min} and {beta_max}.")
    if not 0.0 < least < 0.5:
        raise ValueError(f"`least` must lie in (0, 0.5). Received: {least}.")
    times = ops.convert_to_tensor(times, "float32")
    lost = beta_min * times + 0.5 * (beta_max - beta_min) * times**2 - math.log1p(-(least**2))  # -log signal²
    return Rates(ops.exp(-0.5 * lost), ops.sqrt(-ops.expm1(-lost)))


SCHEDULES: dict[str, Callable[..., Rates]] = {"cosine": cosine, "linear": linear}


def get(schedule) -> Callable[..., Rates]:
    """Returns the schedule of this name; a function is returned as it is.

    Raises:
        ValueError: if there is no schedule of that name.
    """
    if callable(schedule):
        return schedule
    if schedule not in SCHEDULES:
        raise ValueError(f"`schedule` must be one of {sorted(SCHEDULES)}, or a function. Received: {schedule!r}.")
    return SCHEDULES[schedule]
