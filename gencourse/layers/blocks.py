"""Blocks that two or more families use."""

import keras
import tensorflow as tf
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


class _Rearrange(layers.Layer):
    """Base of the two layers that trade space for channels: nothing is computed, numbers change place."""

    def __init__(self, block_size: int = 2, **kwargs):
        super().__init__(**kwargs)
        if block_size < 1:
            raise ValueError(f"`block_size` must be at least 1. Received: {block_size}.")
        self.block_size = block_size

    def get_config(self):
        return {**super().get_config(), "block_size": self.block_size}


@keras.saving.register_keras_serializable(package="gencourse")
class SpaceToDepth(_Rearrange):
    """Puts each block of r × r pixels into the channels of one: (B, H, W, C) -> (B, H/r, W/r, C·r²).

    A convolution on many channels of a small map costs a CPU far less than one on the single channel of a large map.

    Args:
        block_size: r; H and W must be multiples of it.

    Raises:
        ValueError: if H or W is no multiple of r.
    """

    def call(self, inputs):
        return inputs if self.block_size == 1 else tf.nn.space_to_depth(inputs, self.block_size)

    def compute_output_shape(self, input_shape):
        batch, height, width, channels = input_shape
        r = self.block_size
        if height % r or width % r:
            raise ValueError(f"Height and width must be multiples of block_size={r}. Received: {height} × {width}.")
        return (batch, height // r, width // r, channels * r * r)


@keras.saving.register_keras_serializable(package="gencourse")
class DepthToSpace(_Rearrange):
    """Lays the channels out as pixels: (B, H, W, C·r²) -> (B, H·r, W·r, C). After a convolution: sub-pixel upsampling.

    Args:
        block_size: r; the channels must be a multiple of r².

    Raises:
        ValueError: if they are not.

    Reference:
        Shi et al., "Real-Time Single Image and Video Super-Resolution Using an Efficient Sub-Pixel Convolutional
        Neural Network", 2016.
    """

    def call(self, inputs):
        return inputs if self.block_size == 1 else tf.nn.depth_to_space(inputs, self.block_size)

    def compute_output_shape(self, input_shape):
        batch, height, width, channels = input_shape
        r = self.block_size
        if channels % (r * r):
            raise ValueError(f"The channels must be a multiple of {r * r}. Received: {channels} channels.")
        return (batch, height * r, width * r, channels // (r * r))


UPSAMPLINGS = ("subpixel", "transposed", "nearest")


def upsample(x, filters: int, *, kernel_size: int = 3, method: str = "subpixel", use_bias: bool = True, finish=None):
    """Doubles height and width with one convolution: (B, H, W, C) -> (B, 2H, 2W, filters).

    Args:
        x: a Keras tensor, shape (B, H, W, C).
        filters: channels that come out.
        kernel_size: of the convolution.
        method: "subpixel" computes four times the channels on the small map and lays them out as pixels; "transposed"
            is a transposed convolution of stride 2, which draws checkerboards when its kernel is no multiple of 2;
            "nearest" repeats each pixel and convolves on the large map.
        use_bias: False where a normalisation follows, which would cancel the bias.
        finish: function of a Keras tensor, such as a normalisation and an activation, applied to what the convolution
            gives; with "subpixel" before the channels are laid out. None adds nothing.

    Returns:
        A Keras tensor, shape (B, 2H, 2W, filters).

    Raises:
        ValueError: if the method is unknown.

    Reference:
        Odena, Dumoulin and Olah, "Deconvolution and Checkerboard Artifacts", 2016.
    """
    finish = finish or (lambda tensor: tensor)
    if method == "subpixel":
        x = layers.Conv2D(4 * filters, kernel_size, padding="same", use_bias=use_bias)(x)
        return DepthToSpace(2)(finish(x))
    if method == "transposed":
        return finish(layers.Conv2DTranspose(filters, kernel_size, strides=2, padding="same", use_bias=use_bias)(x))
    if method == "nearest":
        x = layers.UpSampling2D(2)(x)
        return finish(layers.Conv2D(filters, kernel_size, padding="same", use_bias=use_bias)(x))
    raise ValueError(f"`method` must be one of {UPSAMPLINGS}. Received: {method!r}.")
