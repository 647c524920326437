"""Blocks that two or more families use."""

from keras import layers


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
