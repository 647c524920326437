"""Blocks shared by families."""

import keras
import numpy as np

from gencourse.layers import dense_stack


def build(**options):
    inputs = keras.Input((3,))
    return keras.Model(inputs, dense_stack(inputs, (5, 4), **options))


def kinds(model):
    return [type(layer).__name__ for layer in model.layers]


def test_widths_and_order():
    model = build(normalise=True, dropout=0.5)
    assert model.output_shape == (None, 4)
    assert kinds(model)[1:] == ["Dense", "BatchNormalization", "Activation", "Dropout"] * 2


def test_a_normalised_layer_has_no_bias_of_its_own():
    assert all(
        layer.use_bias is False for layer in build(normalise=True).layers if isinstance(layer, keras.layers.Dense)
    )
    assert all(layer.use_bias for layer in build().layers if isinstance(layer, keras.layers.Dense))


def test_the_activation_comes_last():
    outputs = build(activation="relu")(np.random.default_rng(0).normal(size=(50, 3))).numpy()
    assert outputs.min() == 0.0
