"""Blocks shared by families."""

import keras
import numpy as np
import pytest

from gencourse.layers import UPSAMPLINGS, DepthToSpace, SpaceToDepth, dense_stack, upsample


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


IMAGES = np.arange(2 * 4 * 6 * 3, dtype="float32").reshape(2, 4, 6, 3)


def test_space_and_depth_are_each_others_inverse():
    small = SpaceToDepth(2)(IMAGES)
    assert small.shape == (2, 2, 3, 12)
    np.testing.assert_array_equal(small[0, 0, 0], IMAGES[0, :2, :2].ravel())  # a block's pixels, row by row
    np.testing.assert_array_equal(DepthToSpace(2)(small), IMAGES)
    np.testing.assert_array_equal(SpaceToDepth(1)(IMAGES), IMAGES)


def test_sizes_that_cannot_be_cut_are_named():
    with pytest.raises(ValueError, match=r"multiples of block_size=5\. Received: 4 × 6"):
        SpaceToDepth(5)(keras.Input((4, 6, 3)))
    with pytest.raises(ValueError, match=r"multiple of 4\. Received: 3 channels"):
        DepthToSpace(2)(keras.Input((4, 6, 3)))
    with pytest.raises(ValueError, match="Received: 0"):
        SpaceToDepth(0)


@pytest.mark.parametrize("method", UPSAMPLINGS)
def test_every_upsampling_doubles(method):
    inputs = keras.Input((4, 6, 3))
    assert upsample(inputs, 5, method=method).shape == (None, 8, 12, 5)


def test_an_uneven_kernel_draws_a_checkerboard_and_subpixel_need_not():
    """Ones through a transposed convolution of ones: with kernel 3 the overlaps alternate, with 4 they do not."""

    def inner(kernel_size):
        layer = keras.layers.Conv2DTranspose(1, kernel_size, strides=2, padding="same", kernel_initializer="ones")
        return layer(np.ones((1, 6, 6, 1), "float32")).numpy()[0, 3:-3, 3:-3, 0]

    assert set(np.unique(inner(3))) == {1.0, 2.0, 4.0}
    assert set(np.unique(inner(4))) == {4.0}
