"""What networks that attend share: positions told by turning, and dense layers without bias."""

import keras
from keras import layers, ops


def unbiased_dense(units: int, **options):
    """A Dense layer without bias, its weights drawn so that outputs are about as large as inputs."""
    initial = keras.initializers.VarianceScaling(1.0, "fan_in", "untruncated_normal")
    return layers.Dense(units, use_bias=False, **{"kernel_initializer": initial, **options})


def rotate(x, position=0, *, base: float = 10_000.0):
    """Turns pairs of numbers by angles that grow with the place in the text, so that products tell distances.

    Args:
        x: (B, heads, T, D/heads), an even number of features; the first half is paired with the second.
        position: place of the first of the T.
        base: the slowest pair turns once in 2π·base places or so.

    Returns:
        The same shape.

    Reference:
        Su et al., "RoFormer: Enhanced Transformer with Rotary Position Embedding", 2021.
    """
    half = x.shape[-1] // 2
    speeds = base ** (-ops.arange(half, dtype="float32") / half)
    places = ops.cast(position + ops.arange(ops.shape(x)[2]), "float32")
    angles = places[:, None] * speeds[None, :]  # (T, D/heads/2)
    cosine, sine = ops.cast(ops.cos(angles), x.dtype), ops.cast(ops.sin(angles), x.dtype)
    first, second = x[..., :half], x[..., half:]
    return ops.concatenate([first * cosine - second * sine, first * sine + second * cosine], axis=-1)
