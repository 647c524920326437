"""The two sides of adversarial games.

Discriminators of this course return *logits*: a real number, large when the image looks real. `sigmoid(logit)` is
the probability that it is. Working on logits keeps every logarithm finite: log sigmoid(x) = -softplus(-x).
"""

from collections.abc import Callable
from typing import NamedTuple

from keras import ops


class AdversarialLoss(NamedTuple):
    """The two sides of one adversarial game.

    Attributes:
        discriminator: function of `(real_logits, generated_logits, label_smoothing=0.0)`.
        generator: function of `generated_logits`.
        boundary: the logit above which the discriminator says "real".
    """

    discriminator: Callable
    generator: Callable
    boundary: float


def _mean(values):
    return ops.mean(ops.cast(values, "float32"))


def _check_smoothing(label_smoothing):
    if not 0.0 <= label_smoothing < 0.5:
        raise ValueError(f"`label_smoothing` must lie in [0, 0.5). Received: {label_smoothing}.")


def minimax_discriminator_loss(real_logits, generated_logits, label_smoothing: float = 0.0):
    """Cross-entropy of the discriminator: -log D(x) - log(1 - D(G(z))), averaged over the batch.

    Args:
        real_logits: logits of real images, shape (B,) or (B, 1).
        generated_logits: logits of generated images, shape (B,) or (B, 1).
        label_smoothing: s in [0, 0.5): real images get the label 1 - s instead of 1. One-sided: generated images
            keep the label 0.

    Returns:
        A scalar.

    Raises:
        ValueError: if `label_smoothing` is out of range.

    Reference:
        Goodfellow et al., "Generative Adversarial Nets", 2014; smoothing: Salimans et al., "Improved Techniques for
        Training GANs", 2016.
    """
    _check_smoothing(label_smoothing)
    real = (1.0 - label_smoothing) * _mean(ops.softplus(-real_logits))
    if label_smoothing:
        real = real + label_smoothing * _mean(ops.softplus(real_logits))
    return real + _mean(ops.softplus(generated_logits))


def minimax_generator_loss(generated_logits):
    """The generator's side of the minimax game: log(1 - D(G(z))), averaged; it saturates when D is sure.

    Args:
        generated_logits: logits of generated images, shape (B,) or (B, 1).

    Returns:
        A scalar, never positive.

    Reference:
        Goodfellow et al., "Generative Adversarial Nets", 2014, equation 1.
    """
    return -_mean(ops.softplus(generated_logits))


def non_saturating_generator_loss(generated_logits):
    """-log D(G(z)), averaged: the same fixed point as minimax, and a strong gradient where D is sure.

    Args:
        generated_logits: logits of generated images, shape (B,) or (B, 1).

    Returns:
        A scalar, never negative.

    Reference:
        Goodfellow et al., "Generative Adversarial Nets", 2014, section 3.
    """
    return _mean(ops.softplus(-generated_logits))


def least_squares_discriminator_loss(real_logits, generated_logits, label_smoothing: float = 0.0):
    """Half the mean squared distance of real scores to 1 and of generated scores to 0.

    Args:
        real_logits: scores of real images, shape (B,) or (B, 1).
        generated_logits: scores of generated images, shape (B,) or (B, 1).
        label_smoothing: s in [0, 0.5): the target of real images is 1 - s.

    Returns:
        A scalar, never negative.

    Raises:
        ValueError: if `label_smoothing` is out of range.

    Reference:
        Mao et al., "Least Squares Generative Adversarial Networks", 2017.
    """
    _check_smoothing(label_smoothing)
    real = _mean(ops.square(real_logits - (1.0 - label_smoothing)))
    return 0.5 * (real + _mean(ops.square(generated_logits)))


def least_squares_generator_loss(generated_logits):
    """Half the mean squared distance of generated scores to 1.

    Args:
        generated_logits: scores of generated images, shape (B,) or (B, 1).

    Returns:
        A scalar, never negative.

    Reference:
        Mao et al., "Least Squares Generative Adversarial Networks", 2017.
    """
    return 0.5 * _mean(ops.square(generated_logits - 1.0))


def hinge_discriminator_loss(real_logits, generated_logits, label_smoothing: float = 0.0):
    """max(0, 1 - real) + max(0, 1 + generated), averaged: no reward beyond a margin of one.

    Args:
        real_logits: scores of real images, shape (B,) or (B, 1).
        generated_logits: scores of generated images, shape (B,) or (B, 1).
        label_smoothing: must be 0: the hinge has no labels to smooth.

    Returns:
        A scalar, never negative.

    Raises:
        ValueError: if `label_smoothing` is not 0.

    Reference:
        Lim and Ye, "Geometric GAN", 2017.
    """
    if label_smoothing:
        raise ValueError(f"The hinge loss has no labels, so `label_smoothing` must be 0. Received: {label_smoothing}.")
    return _mean(ops.relu(1.0 - real_logits)) + _mean(ops.relu(1.0 + generated_logits))


def hinge_generator_loss(generated_logits):
    """Minus the mean score of generated images.

    Args:
        generated_logits: scores of generated images, shape (B,) or (B, 1).

    Returns:
        A scalar.

    Reference:
        Lim and Ye, "Geometric GAN", 2017.
    """
    return -_mean(generated_logits)


def wasserstein_critic_loss(real_scores, generated_scores, label_smoothing: float = 0.0):
    """Mean score of generated samples minus mean score of real ones: what a critic makes small.

    Minus this loss estimates the Wasserstein-1 distance, as long as the critic's slope is kept at 1 or below.

    Args:
        real_scores: scores of real samples, shape (B,) or (B, 1).
        generated_scores: scores of generated samples, shape (B,) or (B, 1).
        label_smoothing: must be 0: a critic has no labels to smooth.

    Returns:
        A scalar.

    Raises:
        ValueError: if `label_smoothing` is not 0.

    Reference:
        Arjovsky, Chintala and Bottou, "Wasserstein GAN", 2017.
    """
    if label_smoothing:
        raise ValueError(f"A critic has no labels, so `label_smoothing` must be 0. Received: {label_smoothing}.")
    return _mean(generated_scores) - _mean(real_scores)


def wasserstein_generator_loss(generated_scores):
    """Minus the mean score of generated samples.

    Args:
        generated_scores: scores of generated samples, shape (B,) or (B, 1).

    Returns:
        A scalar.

    Reference:
        Arjovsky, Chintala and Bottou, "Wasserstein GAN", 2017.
    """
    return -_mean(generated_scores)


ADVERSARIAL_LOSSES = {
    "minimax": AdversarialLoss(minimax_discriminator_loss, minimax_generator_loss, 0.0),
    "non_saturating": AdversarialLoss(minimax_discriminator_loss, non_saturating_generator_loss, 0.0),
    "least_squares": AdversarialLoss(least_squares_discriminator_loss, least_squares_generator_loss, 0.5),
    "hinge": AdversarialLoss(hinge_discriminator_loss, hinge_generator_loss, 0.0),
    "wasserstein": AdversarialLoss(wasserstein_critic_loss, wasserstein_generator_loss, 0.0),
}


def adversarial_loss(name: str) -> AdversarialLoss:
    """Returns the pair of losses called `name`.

    Args:
        name: a key of `ADVERSARIAL_LOSSES`.

    Raises:
        ValueError: if there is no such pair.
    """
    if name not in ADVERSARIAL_LOSSES:
        raise ValueError(f"`loss` must be one of {sorted(ADVERSARIAL_LOSSES)}. Received: {name!r}.")
    return ADVERSARIAL_LOSSES[name]
