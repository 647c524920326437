"""Drawing a symbol in a way that lets gradients through."""

import tensorflow as tf


def gumbel_noise(shape, key):
    """Draws numbers with the standard Gumbel distribution, -log(-log u) for uniform u.

    Args:
        shape: of the numbers.
        key: two integers, (2,): the same key gives the same numbers.

    Returns:
        float32 of that shape.

    Reference:
        Gumbel, "Statistical Theory of Extreme Values and Some Practical Applications", 1954.
    """
    uniform = tf.random.stateless_uniform(shape, key, minval=1e-7, maxval=1.0 - 1e-6)
    return -tf.math.log(-tf.math.log(uniform))


def gumbel_softmax(logits, temperature, noise, *, hard: bool = False):
    """Draws one symbol for each row, softened so that gradients reach the logits.

    The largest of logits + noise is an exact draw from softmax(logits). A softmax instead of "the largest" makes the
    draw smooth: shares of all symbols, nearly one-hot at a low temperature, nearly even at a high one.

    Args:
        logits: (..., V).
        temperature: above 0, a number or a scalar tensor.
        noise: of `gumbel_noise`, the same shape.
        hard: give the one-hot draw itself, and its softened form's gradient: "straight through". That gradient is
            biased, but what is drawn is then a symbol and no mixture.

    Returns:
        (..., V), shares that add up to 1.

    Raises:
        ValueError: for a number that is not above 0.

    Reference:
        Jang, Gu and Poole, "Categorical Reparameterization with Gumbel-Softmax", 2017; Maddison, Mnih and Teh, "The
        Concrete Distribution", 2017; straight through: Bengio, Léonard and Courville, "Estimating or Propagating
        Gradients Through Stochastic Neurons", 2013.
    """
    if isinstance(temperature, int | float) and not temperature > 0:
        raise ValueError(f"`temperature` must be above 0. Received: {temperature}.")
    shares = tf.nn.softmax((logits + noise) / tf.cast(temperature, logits.dtype))
    if not hard:
        return shares
    drawn = tf.one_hot(tf.argmax(shares, axis=-1), tf.shape(shares)[-1], dtype=shares.dtype)
    return shares + tf.stop_gradient(drawn - shares)
