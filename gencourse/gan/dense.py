"""Dense generators and discriminators."""

import math

import keras
from keras import layers

from gencourse.layers import dense_stack


def build_generator(
    *,
    latent_dim: int = 64,
    units=(256, 512),
    output_shape=(28, 28, 1),
    output_activation="tanh",
    activation="relu",
    normalise: bool = True,
):
    """A dense generator: latents -> hidden layers -> one value per pixel or coordinate.

    Args:
        latent_dim: Z, numbers in one latent vector.
        units: widths of the hidden layers.
        output_shape: shape of one sample, such as (28, 28, 1) or (2,).
        output_activation: "tanh" for images in [-1, 1], "linear" for points.
        activation: activation of the hidden layers.
        normalise: batch normalisation in the hidden layers.

    Returns:
        A model from latents (B, Z) to samples (B, *output_shape).
    """
    latents = keras.Input((latent_dim,), name="latents")
    x = dense_stack(latents, units, activation=activation, normalise=normalise)
    x = layers.Dense(math.prod(output_shape))(x)
    x = layers.Activation(output_activation, dtype="float32")(x)  # float32 even where the policy is float16
    return keras.Model(latents, layers.Reshape(output_shape, dtype="float32")(x), name="generator")


def build_discriminator(
    *,
    input_shape=(28, 28, 1),
    units=(512, 256),
    activation="leaky_relu",
    dropout: float = 0.0,
):
    """A dense discriminator: sample -> hidden layers -> one logit, large when the sample looks real.

    Args:
        input_shape: shape of one sample.
        units: widths of the hidden layers.
        activation: activation of the hidden layers; LeakyReLU lets gradients through everywhere.
        dropout: share of hidden units silenced in training.

    Returns:
        A model from samples (B, *input_shape) to logits (B, 1).
    """
    samples = keras.Input(input_shape, name="samples")
    x = layers.Flatten()(samples) if len(input_shape) > 1 else samples
    x = dense_stack(x, units, activation=activation, dropout=dropout)
    return keras.Model(samples, layers.Dense(1, dtype="float32")(x), name="discriminator")
