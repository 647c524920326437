"""Black-and-white images out of grey ones."""

import keras
from keras import ops


def binary_draw(probabilities, *, seed):
    """Draws zeros and ones, each pixel being 1 with its grey value as probability.

    Args:
        probabilities: in [0, 1], of any shape.
        seed: int or `keras.random.SeedGenerator` of the draw.

    Returns:
        float32, the same shape.

    Reference:
        Salakhutdinov and Murray, "On the Quantitative Analysis of Deep Belief Networks", 2008.
    """
    uniform = keras.random.uniform(ops.shape(probabilities), seed=seed)
    return ops.cast(uniform < probabilities, "float32")
