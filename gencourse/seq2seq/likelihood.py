"""The loss of a translator, in nats."""

import tensorflow as tf

from gencourse import losses, text


def smoothed_nats(logits, targets, smoothing: float):
    """-log p(target) of each token, mixed with the mean of -log p over all V tokens.

    Args:
        logits: (B, T, V).
        targets: whole numbers (B, T).
        smoothing: share of that mean, in [0, 1); 0 gives `losses.token_nats`.

    Returns:
        (B, T), nats.

    Reference:
        Szegedy et al., "Rethinking the Inception Architecture for Computer Vision", 2016.
    """
    nats = losses.token_nats(logits, targets)
    if not smoothing:
        return nats
    spread = tf.reduce_logsumexp(logits, axis=-1) - tf.reduce_mean(logits, axis=-1)
    return (1.0 - smoothing) * nats + smoothing * spread


def mean_of_tokens(nats, targets):
    """The mean over all tokens that are no padding, a scalar: behind a text's end nothing is predicted."""
    kept = tf.cast(targets != text.PADDING, nats.dtype)
    return tf.reduce_sum(nats * kept) / tf.reduce_sum(kept)
