"""Value ranges, and batches as an endless stream that can be taken up again at any step."""

import numbers

import numpy as np

VALUE_RANGES = ("unit", "signed")

# Rounding may carry a value of a tanh or an interpolation this far out of its range; more is a mistake.
_OVERSHOOT = 1e-3


def to_unit(images):
    """Bring images to [0, 1], the range that metrics, pictures and files use.

    Args:
        images: uint8 in [0, 255], or float in [-1, 1]; shape (N, H, W) or (N, H, W, C).

    Returns:
        float32 (N, H, W, C) in [0, 1].

    Raises:
        ValueError: for another shape, or values outside the range by more than 0.001.
        TypeError: for another dtype.
    """
    images = _images(images)
    if images.dtype == np.uint8:
        return images.astype(np.float32) / np.float32(255)
    images = _within(images, -1.0, 1.0)
    return (images + np.float32(1)) / np.float32(2)


def to_signed(images):
    """Bring images to [-1, 1], the range of a generator that ends in tanh.

    Args:
        images: uint8 in [0, 255], or float in [0, 1]; shape (N, H, W) or (N, H, W, C).

    Returns:
        float32 (N, H, W, C) in [-1, 1].

    Raises:
        ValueError: for another shape, or values outside the range by more than 0.001.
        TypeError: for another dtype.
    """
    images = _images(images)
    if images.dtype == np.uint8:
        return images.astype(np.float32) / np.float32(127.5) - np.float32(1)
    images = _within(images, 0.0, 1.0)
    return images * np.float32(2) - np.float32(1)


def binarise(images, *, seed):
    """Draw a black-and-white image from each grey one: a pixel is 1 with its grey value as probability.

    Args:
        images: uint8 in [0, 255], or float in [0, 1]; shape (N, H, W) or (N, H, W, C).
        seed: an integer of at least 0; the same seed gives the same draw.

    Returns:
        float32 (N, H, W, C), zeros and ones.

    Raises:
        ValueError: for another shape, or values outside the range by more than 0.001.
        TypeError: for another dtype.

    Reference:
        Salakhutdinov and Murray, "On the Quantitative Analysis of Deep Belief Networks", 2008.
    """
    images = _images(images)
    grey = to_unit(images) if images.dtype == np.uint8 else _within(images, 0.0, 1.0)
    return (np.random.default_rng(seed).random(grey.shape, dtype=np.float32) < grey).astype(np.float32)


def _images(images):
    images = np.asarray(images)
    if images.ndim not in (3, 4):
        raise ValueError(f"expected images of shape (N, H, W) or (N, H, W, C). Received: shape {images.shape}")
    if images.dtype != np.uint8 and not np.issubdtype(images.dtype, np.floating):
        raise TypeError(f"expected images of dtype uint8 or float. Received: {images.dtype}")
    return images[..., None] if images.ndim == 3 else images


def _within(images, low, high):
    images = images.astype(np.float32)
    if images.size:
        lowest, highest = float(images.min()), float(images.max())
        # Written so that NaN, which compares false with everything, is refused, too.
        if not (lowest >= low - _OVERSHOOT and highest <= high + _OVERSHOOT):
            raise ValueError(
                f"expected float images in [{low:g}, {high:g}]. Received: values from {lowest:g} to {highest:g}"
            )
    return np.clip(images, low, high)


def steps_per_pass(n, batch_size):
    """Return how many whole batches one pass over `n` examples gives; the incomplete last one is dropped.

    Raises:
        ValueError: when not even one batch can be filled.
    """
    if not isinstance(batch_size, numbers.Integral) or batch_size < 1:
        raise ValueError(f"expected batch_size to be an integer of at least 1. Received: {batch_size!r}")
    if n < batch_size:
        raise ValueError(f"expected at least batch_size={batch_size} examples. Received: {n}")
    return int(n // batch_size)


def batches(arrays, *, batch_size, seed, value_range=None, start_step=0):
    """Make an endless shuffled stream of batches.

    The order of pass `p` is one permutation computed from `(seed, p)` alone, so the stream has no state: started at
    step k, it gives bit for bit what an uninterrupted stream gives from its step k on. That is what makes an exact
    resume possible. Train on it with `fit(..., steps_per_epoch=steps_per_pass(n, batch_size))`.

    Args:
        arrays: one array, or a tuple of arrays of equal length such as `(images, labels)`.
        batch_size: examples in a batch; the incomplete batch at the end of each pass is dropped.
        seed: an integer of at least 0.
        value_range: how to scale the first array, which must then hold uint8 images (N, H, W) or (N, H, W, C):
            `"unit"` gives float32 in [0, 1], `"signed"` float32 in [-1, 1], both with a channel axis; None leaves
            it as it is.
        start_step: the step to start from.

    Returns:
        An infinite `tf.data.Dataset` of batches: of a tensor when `arrays` is one array, else of a tuple.

    Raises:
        ValueError: for lengths that differ, too few examples, or another value range.
        TypeError: when `value_range` is given and the first array is not uint8.

    Example:
        >>> images = load_images("digits").train_images
        >>> next(iter(batches(images, batch_size=128, seed=0, value_range="signed"))).shape
        TensorShape([128, 28, 28, 1])
    """
    single = not isinstance(arrays, tuple)
    arrays = (np.asarray(arrays),) if single else tuple(np.asarray(array) for array in arrays)
    if not arrays or any(array.ndim == 0 for array in arrays) or len({len(array) for array in arrays}) != 1:
        raise ValueError(f"expected arrays of equal length. Received: shapes {[a.shape for a in arrays]}")
    if value_range is not None:
        _check_range(arrays[0], value_range)
        if arrays[0].ndim == 3:
            arrays = (arrays[0][..., None], *arrays[1:])
    for name, value in (("seed", seed), ("start_step", start_step)):
        if not isinstance(value, numbers.Integral) or not 0 <= value < 2**63:
            raise ValueError(f"expected {name} to be an integer of at least 0. Received: {value!r}")
    n = len(arrays[0])
    steps = steps_per_pass(n, batch_size)

    import tensorflow as tf  # here, so that the arrays can be had without waiting for TensorFlow

    with tf.device("CPU"):  # where tf.data runs; on a GPU every batch would be copied twice
        tensors = tuple(tf.convert_to_tensor(array) for array in arrays)

    def one_pass(number):
        order = tf.random.experimental.stateless_shuffle(tf.range(n), seed=tf.stack([tf.cast(seed, tf.int64), number]))
        return tf.data.Dataset.from_tensor_slices(tf.reshape(order[: steps * batch_size], (steps, batch_size)))

    def gather(indices):
        batch = [tf.gather(tensor, indices) for tensor in tensors]
        if value_range == "unit":
            batch[0] = tf.cast(batch[0], tf.float32) / 255.0
        elif value_range == "signed":
            batch[0] = tf.cast(batch[0], tf.float32) / 127.5 - 1.0
        return batch[0] if single else tuple(batch)

    return (
        tf.data.Dataset.counter(int(start_step) // steps)
        .flat_map(one_pass)
        .skip(int(start_step) % steps)
        .map(gather, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True)
        .apply(tf.data.experimental.assert_cardinality(tf.data.INFINITE_CARDINALITY))
        .prefetch(tf.data.AUTOTUNE)
    )


def _check_range(images, value_range):
    if value_range not in VALUE_RANGES:
        raise ValueError(f"expected value_range None or one of {VALUE_RANGES}. Received: {value_range!r}")
    if images.dtype != np.uint8:
        raise TypeError(f"value_range={value_range!r} scales images of dtype uint8. Received: {images.dtype}")
    if images.ndim not in (3, 4):
        raise ValueError(f"expected images of shape (N, H, W) or (N, H, W, C). Received: shape {images.shape}")
