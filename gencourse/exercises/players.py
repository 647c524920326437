"""The small networks that a learner's training step is tried on, and what is measured about them."""

import numpy as np

LATENT, SIDE, BATCH = 5, 6, 48
NO_PATH = (
    "No gradient came back: between loss and weights everything must be computed inside the tape, by calling the "
    "networks; `predict`, `.numpy()` and NumPy functions cut the path."
)
BECAUSE = {"No gradients provided": NO_PATH, "None values not supported": NO_PATH, "NoneType": NO_PATH}


def networks(*, flip: bool = False):
    """Return a small generator and discriminator, always with the same weights; `flip` turns the logit's sign."""
    import keras

    def dense(units, seed, activation=None):
        weights = keras.initializers.RandomNormal(0.0, 0.35, seed=seed)
        biases = keras.initializers.RandomNormal(0.0, 0.1, seed=seed + 50)
        return keras.layers.Dense(units, activation, kernel_initializer=weights, bias_initializer=biases)

    generator = keras.Sequential(
        [
            keras.Input((LATENT,)),
            dense(16, 1, "leaky_relu"),
            dense(SIDE * SIDE, 2, "tanh"),
            keras.layers.Reshape((SIDE, SIDE, 1)),
        ],
        name="generator",
    )
    discriminator = keras.Sequential(
        [keras.Input((SIDE, SIDE, 1)), keras.layers.Flatten(), dense(16, 3, "leaky_relu"), dense(1, 4)],
        name="discriminator",
    )
    if flip:
        last = discriminator.layers[-1]
        last.set_weights([-weight for weight in last.get_weights()])
    return generator, discriminator


def separate_halves():
    """Return (generator, discriminator, real images) of which the discriminator judges real and generated apart.

    Generated images are empty below the middle, real ones above it, and no unit of the discriminator sees both. So
    the logit of generated images moves as the loss asks, whatever the loss: the real ones do not pull it along.
    """
    import keras

    generator, _ = networks()
    half, units = SIDE * SIDE // 2, 16
    kernel, bias = generator.layers[1].get_weights()
    kernel[:, half:], bias[half:] = 0.0, 0.0
    generator.layers[1].set_weights([kernel, bias])
    real = np.array(normal((BATCH, SIDE * SIDE), 5))
    real[:, :half] = 0.0
    rng = np.random.default_rng(7)
    first, last = rng.normal(0.0, 0.35, (SIDE * SIDE, units)), np.abs(rng.normal(0.0, 0.35, (units, 1)))
    first[:half, units // 2 :], first[half:, : units // 2] = 0.0, 0.0
    layers = [
        keras.layers.Dense(units, "leaky_relu", use_bias=False),
        keras.layers.Dense(1, use_bias=False),
    ]
    discriminator = keras.Sequential([keras.Input((SIDE, SIDE, 1)), keras.layers.Flatten(), *layers])
    discriminator.set_weights([first, last])
    images = 0.5 * real.reshape(BATCH, SIDE, SIDE, 1)
    # Begin with real images judged worse than generated ones: every sensible loss then wants to swap them.
    fake = score(discriminator, generator(normal((BATCH, LATENT), 8)))
    last[: units // 2] *= 0.4 / fake
    last[units // 2 :] *= -0.4 / score(discriminator, images)
    discriminator.set_weights([first, last])
    return generator, discriminator, images


def sgd(learning_rate: float):
    import keras

    return keras.optimizers.SGD(learning_rate)


def normal(shape, seed):
    import tensorflow as tf

    return tf.constant(np.random.default_rng(seed).normal(size=shape), tf.float32)


def score(discriminator, images) -> float:
    return float(np.mean(discriminator(images, training=False).numpy()))


def saturates(model, inputs) -> str:
    """Name the first hidden layer whose units all stay within [-1, 1] however large the input is; "" for none."""
    import keras

    layers = [layer for layer in model.layers if layer.count_params() or "activation" in layer.name]
    for layer in layers[:-1]:
        reached = keras.Model(model.inputs, layer.output)(1000.0 * inputs, training=False)
        if float(np.abs(reached.numpy()).max()) <= 1.001:
            return layer.name
    return ""
