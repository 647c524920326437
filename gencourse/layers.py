"""Blocks that two or more families use."""

import keras
from keras import layers, ops


def dense_stack(x, units, *, activation="relu", normalise=False, dropout=0.0):
    """Adds Dense layers to a functional model, each followed by batch normalisation, activation and dropout.

    Args:
        x: a Keras tensor, shape (B, D).
        units: widths of the layers, first to last.
        activation: name of an activation, or a function.
        normalise: batch normalisation between each Dense layer and its activation (the Dense layer then has no bias,
            which the normalisation would cancel).
        dropout: share of units silenced in training, in [0, 1).

    Returns:
        A Keras tensor, shape (B, units[-1]).
    """
    for width in units:
        x = layers.Dense(width, use_bias=not normalise)(x)
        if normalise:
            x = layers.BatchNormalization()(x)
        x = layers.Activation(activation)(x)
        if dropout:
            x = layers.Dropout(dropout)(x)
    return x


@keras.saving.register_keras_serializable(package="gencourse")
class MinibatchStdDev(layers.Layer):
    """Appends the batch's own diversity as one more feature, so that a discriminator can see mode collapse.

    The standard deviation of each feature over the batch, averaged over features, is one number for all examples.

    Input shape (B, D), output shape (B, D + 1).

    Reference:
        Karras et al., "Progressive Growing of GANs for Improved Quality, Stability, and Variation", 2018.
    """

    def call(self, inputs):
        deviation = ops.sqrt(ops.var(inputs, axis=0) + 1e-8)
        column = ops.ones_like(inputs[:, :1]) * ops.mean(deviation)
        return ops.concatenate([inputs, column], axis=-1)

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], input_shape[-1] + 1)
