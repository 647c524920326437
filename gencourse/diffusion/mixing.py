"""Image and noise into one noisy image, and back: three things a network can be asked for, and what they tell."""

PREDICTIONS = ("noise", "image", "velocity")


def mix(images, noise, rates):
    """The forward process in one stride: signal · image + noise rate · noise.

    Args:
        images: shape (B, ...).
        noise: standard normal, of the same shape.
        rates: `schedules.Rates` that broadcast against the images, such as (B, 1, 1, 1).

    Returns:
        Noisy images, of the same shape.

    Reference:
        Ho, Jain and Abbeel, "Denoising Diffusion Probabilistic Models", 2020, equation 4.
    """
    return rates.signal * images + rates.noise * noise


def merge(images, noise, rates, predict: str):
    """What a network that sees the mixture should answer, from the image and the noise in it.

    Args:
        images: shape (B, ...).
        noise: of the same shape.
        rates: as in `mix`.
        predict: "noise"; "image"; or "velocity", signal · noise - noise rate · image: how fast the mixture turns when
            both rates walk along the unit circle. Where there is nearly no image left it asks for the image, and where
            there is nearly no noise for the noise, so it is never told by what is given already.

    Returns:
        The target, of the same shape.

    Raises:
        ValueError: if the prediction is unknown.

    Reference:
        Salimans and Ho, "Progressive Distillation for Fast Sampling of Diffusion Models", 2022.
    """
    _check(predict)
    if predict == "noise":
        return noise
    if predict == "image":
        return images
    return rates.signal * noise - rates.noise * images


def split(answer, noisy, rates, predict: str):
    """The image and the noise that a network's answer stands for: the inverse of `merge`.

    Args:
        answer: what the network says, shape (B, ...).
        noisy: what it saw, of the same shape.
        rates: as in `mix`.
        predict: what it was asked for.

    Returns:
        (images, noise) with signal · images + noise rate · noise = noisy.

    Raises:
        ValueError: if the prediction is unknown.
    """
    _check(predict)
    if predict == "noise":
        return (noisy - rates.noise * answer) / rates.signal, answer
    if predict == "image":
        return answer, noise_in(noisy, answer, rates)
    return rates.signal * noisy - rates.noise * answer, rates.noise * noisy + rates.signal * answer


def noise_in(noisy, images, rates):
    """The noise that turns these images into these noisy ones."""
    return (noisy - rates.signal * images) / rates.noise


def _check(predict: str) -> None:
    if predict not in PREDICTIONS:
        raise ValueError(f"`predict` must be one of {PREDICTIONS}. Received: {predict!r}.")
