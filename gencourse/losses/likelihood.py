"""Likelihoods and divergences, in nats, one number for each example."""

import math

from keras import ops


def _sum_over_example(values):
    return ops.sum(ops.reshape(values, (ops.shape(values)[0], -1)), axis=-1)


def bernoulli_log_likelihood(x, logits):
    """log p(x) when each pixel is 1 with probability sigmoid(logit), independently.

    Args:
        x: (B, ...), zeros and ones; values between give the cross-entropy, which is no likelihood.
        logits: same shape.

    Returns:
        (B,), nats, never positive.
    """
    return _sum_over_example(x * logits - ops.softplus(logits))


def gaussian_log_likelihood(x, mean, log_variance):
    """log p(x) when each number is normal with its own mean and variance, independently.

    Args:
        x: (B, ...).
        mean: same shape.
        log_variance: same shape, or one that broadcasts to it.

    Returns:
        (B,), nats. A density: it can be positive.
    """
    squares = ops.square(x - mean) * ops.exp(-log_variance)
    return -0.5 * _sum_over_example(squares + log_variance + math.log(2.0 * math.pi))


def kl_to_standard_normal(mean, log_variance):
    """Kullback-Leibler divergence from N(mean, variance) to N(0, 1), for each latent separately.

    KL = (mean² + variance - 1 - log variance) / 2.

    Args:
        mean: (B, Z).
        log_variance: (B, Z).

    Returns:
        (B, Z), nats, never negative; its sum over Z is the divergence of the whole vector.

    Reference:
        Kingma and Welling, "Auto-Encoding Variational Bayes", 2014, appendix B.
    """
    return 0.5 * (ops.square(mean) + ops.expm1(log_variance) - log_variance)
