"""Random draws that a variational autoencoder trains on."""

import keras
from keras import ops


def reparametrise(mean, log_variance, *, seed):
    """Draws latents from N(mean, variance) so that gradients reach mean and variance: mean + std * noise.

    Args:
        mean: (B, Z).
        log_variance: (B, Z).
        seed: int or `keras.random.SeedGenerator` of the noise.

    Returns:
        (B, Z).

    Reference:
        Kingma and Welling, "Auto-Encoding Variational Bayes", 2014.
    """
    noise = keras.random.normal(ops.shape(mean), seed=seed)
    return mean + ops.exp(0.5 * log_variance) * noise
