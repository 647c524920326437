"""Choosing the next symbol from a model's logits. All of it runs inside a compiled graph."""

import tensorflow as tf

NEVER = float("-inf")  # the logit of a symbol that must not be drawn


def _logits(logits):
    logits = tf.convert_to_tensor(logits)
    if logits.shape.rank != 2:
        raise ValueError(f"`logits` must have shape (B, V). Received: shape {tuple(logits.shape)}.")
    return tf.cast(logits, tf.float32)


def greedy(logits):
    """Returns the likeliest symbol of each row, int32 (B,); of equals, the first.

    Args:
        logits: (B, V).
    """
    return tf.argmax(_logits(logits), axis=-1, output_type=tf.int32)


def with_temperature(logits, temperature):
    """Divides logits by a temperature: below 1 the likely symbols gain, above 1 the unlikely ones.

    Args:
        logits: (B, V).
        temperature: above 0, a number or a scalar tensor. At 1 nothing changes; towards 0 the draw becomes greedy.

    Returns:
        (B, V).

    Raises:
        ValueError: for a number that is not above 0.
    """
    if isinstance(temperature, int | float) and not temperature > 0:
        raise ValueError(f"`temperature` must be above 0. Received: {temperature}.")
    return _logits(logits) / tf.cast(temperature, tf.float32)


def keep_top_k(logits, k: int):
    """Keeps the k likeliest symbols of each row; the others can no longer be drawn.

    Args:
        logits: (B, V).
        k: at least 1. Exactly k symbols stay, of equals the first; all of them when k is V or more.

    Returns:
        (B, V), minus infinity where a symbol was dropped.

    Raises:
        ValueError: if `k` is below 1.

    Reference:
        Fan et al., "Hierarchical Neural Story Generation", 2018.
    """
    logits = _logits(logits)
    if k < 1:
        raise ValueError(f"`k` must be at least 1. Received: {k}.")
    if logits.shape[-1] is not None and k >= logits.shape[-1]:
        return logits
    return tf.where(_rank(logits) < k, logits, NEVER)


def keep_top_p(logits, p):
    """Keeps the smallest set of likeliest symbols that hold a share p of the probability.

    Args:
        logits: (B, V).
        p: share of the probability, in (0, 1], a number or a scalar tensor. The symbol that carries the sum over p
            belongs to the set, so at least one stays.

    Returns:
        (B, V), minus infinity where a symbol was dropped.

    Raises:
        ValueError: for a number outside (0, 1].

    Reference:
        Holtzman et al., "The Curious Case of Neural Text Degeneration", 2020.
    """
    logits = _logits(logits)
    if isinstance(p, int | float) and not 0 < p <= 1:
        raise ValueError(f"`p` must lie in (0, 1]. Received: {p}.")
    order = tf.argsort(logits, direction="DESCENDING", stable=True)
    sorted_shares = tf.nn.softmax(tf.gather(logits, order, batch_dims=1))
    before = tf.cumsum(sorted_shares, axis=-1, exclusive=True)  # what the likelier symbols hold already
    kept = tf.gather(before < tf.cast(p, tf.float32), _inverse(order), batch_dims=1)
    return tf.where(kept, logits, NEVER)


def penalise_repetition(logits, seen, penalty):
    """Makes symbols that were used already less likely.

    Args:
        logits: (B, V).
        seen: bool (B, V), True for a symbol that stands in the text so far.
        penalty: at least 1, a number or a scalar tensor: positive logits of seen symbols are divided by it, negative
            ones multiplied.

    Returns:
        (B, V).

    Raises:
        ValueError: for a number below 1.

    Reference:
        Keskar et al., "CTRL: A Conditional Transformer Language Model for Controllable Generation", 2019.
    """
    logits = _logits(logits)
    if isinstance(penalty, int | float) and penalty < 1:
        raise ValueError(f"`penalty` must be at least 1. Received: {penalty}.")
    penalty = tf.cast(penalty, tf.float32)
    return tf.where(seen, tf.where(logits > 0, logits / penalty, logits * penalty), logits)


def draw(logits, key):
    """Draws one symbol for each row with the probabilities softmax(logits), by inverting the cumulative sum.

    Args:
        logits: (B, V); a symbol with minus infinity is never drawn.
        key: two integers, (2,): the same key gives the same draw.

    Returns:
        int32 (B,).
    """
    logits = _logits(logits)
    shares = tf.nn.softmax(logits)
    heights = tf.cumsum(shares, axis=-1)  # (B, V): a staircase from 0 to 1, a step for each symbol
    throw = tf.random.stateless_uniform([tf.shape(logits)[0], 1], key, maxval=1.0 - 1e-6)
    above = heights > throw * heights[:, -1:]
    # The first step above the throw is the one it meets. A compiled sum is rounded in blocks, and can rise a little
    # at a symbol without any share.
    return tf.argmax(tf.logical_and(above, shares > 0), axis=-1, output_type=tf.int32)


def _rank(logits):
    """The place of each symbol in its row, 0 for the likeliest, int32 (B, V)."""
    return _inverse(tf.argsort(logits, direction="DESCENDING", stable=True))


def _inverse(order):
    return tf.argsort(order, stable=True)
