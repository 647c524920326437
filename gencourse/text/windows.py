"""Streams of training examples cut from a text: windows of a long one, or short ones padded to one length."""

import numpy as np

from .characters import PADDING


def windows_per_pass(n: int, length: int) -> int:
    """Returns how many windows one pass over `n` tokens gives.

    Raises:
        ValueError: when not even one window and its target fit.
    """
    if length < 1 or n < 2 * length:
        raise ValueError(f"Windows of {length} tokens need a text of at least {2 * length}. Received: {n} tokens.")
    return n // length - 1


def windows(tokens, *, length: int, batch_size: int, seed: int, start_step: int = 0):
    """Makes an endless stream of windows of a text, each with the same window one token later as its target.

    Pass `p` cuts the text into `windows_per_pass` windows that touch but do not overlap, from an offset drawn from
    `(seed, p)`, and shuffles them: no token is seen twice in a pass, and the borders lie elsewhere each time. The
    stream has no other state, so it can be taken up again at any step.

    Args:
        tokens: the training text as whole numbers, (N,). Held-out text must not be in it.
        length: tokens in a window, T.
        batch_size: windows in a batch, B; the incomplete batch at the end of a pass is dropped.
        seed: an integer of at least 0.
        start_step: the step to start from.

    Returns:
        An infinite `tf.data.Dataset` of (inputs, targets), int32 (B, T) each.

    Raises:
        ValueError: for a text too short for one batch, or of another shape.
    """
    import tensorflow as tf

    tokens = _text(tokens)
    count = windows_per_pass(len(tokens), length)
    if not 1 <= batch_size <= count:
        raise ValueError(
            f"A batch takes from 1 to all {count} windows of {length} tokens that the text has. Received: {batch_size}."
        )
    text = tf.constant(tokens, tf.int32)

    def cut(number, chosen):
        offset = tf.random.stateless_uniform([], _key(seed, number), maxval=length, dtype=tf.int32)
        places = offset + chosen[:, None] * length + tf.range(length + 1)[None, :]
        window = tf.gather(text, places)  # (B, T + 1)
        return window[:, :-1], window[:, 1:]

    return _passes(count, batch_size=batch_size, seed=seed, start_step=start_step).map(cut).prefetch(2)


def streams(tokens, *, length: int, batch_size: int, seed: int, start_step: int = 0):
    """Makes an endless stream of windows that follow each other: each row goes on where it ended in the batch before.

    The text is cut into `batch_size` stretches, which are read side by side. A model that carries its memory from batch
    to batch (truncated backpropagation through time) so learns to use what lies far behind a window's beginning. Pass
    `p` begins at an offset drawn from `(seed, p)`; there is no other state, so it can be taken up again at any step.

    Args:
        tokens: the training text as whole numbers, (N,).
        length: tokens in a window, T.
        batch_size: stretches read side by side, B.
        seed: an integer of at least 0.
        start_step: the step to start from.

    Returns:
        An infinite `tf.data.Dataset` of (inputs, targets), int32 (B, T) each.

    Raises:
        ValueError: for a text too short for one batch, or of another shape.

    Reference:
        Williams and Peng, "An efficient gradient-based algorithm for on-line training of recurrent network
        trajectories", 1990.
    """
    import tensorflow as tf

    tokens = _text(tokens)
    steps = streams_per_pass(len(tokens), length, batch_size)
    text = tf.constant(tokens, tf.int32)
    begins = tf.range(batch_size) * (steps * length)

    def cut(step):
        offset = tf.random.stateless_uniform([], _key(seed, step // steps), maxval=length, dtype=tf.int32)
        first = offset + begins + tf.cast(step % steps, tf.int32) * length
        window = tf.gather(text, first[:, None] + tf.range(length + 1)[None, :])  # (B, T + 1)
        return window[:, :-1], window[:, 1:]

    return tf.data.Dataset.counter(start_step).map(cut).prefetch(2)


def streams_per_pass(n: int, length: int, batch_size: int) -> int:
    """Returns how many batches one pass of `streams` over `n` tokens gives.

    Raises:
        ValueError: when there is not even one.
    """
    steps = (n - length) // (batch_size * length) if length > 0 and batch_size > 0 else 0
    if steps < 1:
        raise ValueError(
            f"{batch_size} stretches of {length} tokens need a text of {(batch_size + 1) * length}. "
            f"Received: {n} tokens."
        )
    return steps


def _text(tokens):
    tokens = np.asarray(tokens)
    if tokens.ndim != 1 or tokens.dtype.kind not in "iu":
        raise ValueError(f"`tokens` must be whole numbers (N,). Received: {tokens.dtype}, shape {tokens.shape}.")
    return tokens


def pad(sequences, length: int | None = None) -> np.ndarray:
    """Puts sequences of different lengths into one array, filled up with padding (0) at their ends.

    Args:
        sequences: arrays of whole numbers, each (T_i,).
        length: of the array's rows; the longest sequence's by default.

    Returns:
        int32 (N, length).

    Raises:
        ValueError: if there is no sequence, or one is longer than `length`.
    """
    sequences = [np.asarray(sequence, "int32") for sequence in sequences]
    if not sequences:
        raise ValueError("`sequences` must hold at least one sequence. Received: none.")
    longest = max(len(sequence) for sequence in sequences)
    length = longest if length is None else length
    if longest > length:
        raise ValueError(f"Sequences must fit into length {length}. Received: one of {longest} tokens.")
    rows = np.full((len(sequences), length), PADDING, "int32")
    for row, sequence in zip(rows, sequences, strict=True):
        row[: len(sequence)] = sequence
    return rows


def padded(sequences, *, batch_size: int, seed: int, start_step: int = 0):
    """Makes an endless shuffled stream of whole short texts, padded, each with itself one token later as its target.

    Where the target is padding (0) there is nothing to predict: a model's loss leaves these places out.

    Args:
        sequences: arrays of whole numbers, each (T_i,), of at least two tokens.
        batch_size: texts in a batch, B; the incomplete batch at the end of a pass is dropped.
        seed: an integer of at least 0.
        start_step: the step to start from.

    Returns:
        An infinite `tf.data.Dataset` of (inputs, targets), int32 (B, T) each, T one below the longest text's length.

    Raises:
        ValueError: for fewer texts than a batch takes, or one with nothing to predict.
    """
    import tensorflow as tf

    sequences = list(sequences)
    rows = pad(sequences)
    if not 1 <= batch_size <= len(rows):
        raise ValueError(f"A batch takes from 1 to all {len(rows)} texts. Received: {batch_size}.")
    if min(map(len, sequences)) < 2:
        raise ValueError(f"Texts need at least two tokens. Received: one of {min(map(len, sequences))}.")
    texts = tf.constant(rows)

    def choose(number, chosen):
        text = tf.gather(texts, chosen)
        return text[:, :-1], text[:, 1:]

    return _passes(len(rows), batch_size=batch_size, seed=seed, start_step=start_step).map(choose).prefetch(2)


def _key(seed, number):
    import tensorflow as tf

    return tf.stack([tf.constant(seed, tf.int64), number])


def _passes(count: int, *, batch_size: int, seed: int, start_step: int):
    """Endless (pass, indices of a batch), each pass in an order of its own that only `seed` and its number decide."""
    import tensorflow as tf

    steps = count // batch_size

    def one_pass(number):
        order = tf.random.experimental.stateless_shuffle(tf.range(count), _key(seed, number))
        batches = tf.reshape(order[: steps * batch_size], (steps, batch_size))
        return tf.data.Dataset.from_tensor_slices(batches).map(lambda chosen: (number, chosen))

    return (
        tf.data.Dataset.counter(start_step // steps)
        .flat_map(one_pass)
        .skip(start_step % steps)
        .apply(tf.data.experimental.assert_cardinality(tf.data.INFINITE_CARDINALITY))
    )
