"""How surprised a model is by tokens, in nats."""

import math

import keras
import tensorflow as tf


def token_nats(logits, targets):
    """-log p(target) of each token, the categorical cross-entropy: how surprised a language model is by it.

    Args:
        logits: (B, T, V); the probabilities are their softmax.
        targets: whole numbers in [0, V), (B, T).

    Returns:
        (B, T), nats, never negative. A model that knows nothing has log V.
    """
    return keras.losses.sparse_categorical_crossentropy(targets, logits, from_logits=True)


def smoothed_nats(logits, targets, smoothing: float):
    """-log p(target) of each token, mixed with the mean of -log p over all V tokens.

    Args:
        logits: (B, T, V).
        targets: whole numbers (B, T).
        smoothing: share of that mean, in [0, 1); 0 gives `token_nats`.

    Returns:
        (B, T), nats.

    Reference:
        Szegedy et al., "Rethinking the Inception Architecture for Computer Vision", 2016.
    """
    nats = token_nats(logits, targets)
    if not smoothing:
        return nats
    spread = tf.reduce_logsumexp(logits, axis=-1) - tf.reduce_mean(logits, axis=-1)
    return (1.0 - smoothing) * nats + smoothing * spread


def masked_mean(values, kept):
    """The mean over the places that count: behind a short text's end nothing is predicted.

    Args:
        values: of any shape.
        kept: bool, the same shape; True somewhere.

    Returns:
        A scalar.
    """
    kept = tf.cast(kept, values.dtype)
    return tf.reduce_sum(values * kept) / tf.reduce_sum(kept)


def per_character(nats, characters: int, *, tokens: int, unknown: int = 0) -> dict[str, float]:
    """Sums up how surprised a model was by a text, in units that do not depend on its tokens.

    Args:
        nats: surprise in all, -log p(text).
        characters: of the text that was scored.
        tokens: predictions that were made.
        unknown: characters left out because the model does not know them.

    Returns:
        characters, nats_per_character, bits_per_character (nats / ln 2), perplexity (of a token: the number of equally
        likely choices that would surprise as much), unknown.

    Raises:
        ValueError: if nothing was scored.
    """
    if characters < 1 or tokens < 1:
        raise ValueError(f"There is nothing to score. Received: {characters} known characters in {tokens} tokens.")
    return {
        "characters": int(characters),
        "nats_per_character": float(nats / characters),
        "bits_per_character": float(nats / characters / math.log(2.0)),
        "perplexity": float(math.exp(nats / tokens)),
        "unknown": int(unknown),
    }
