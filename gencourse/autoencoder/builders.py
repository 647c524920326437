"""Encoders and decoders: dense, and convolutional in the shapes that a CPU is fast with."""

import math

import keras
from keras import layers

from gencourse.layers import SpaceToDepth, dense_stack, upsample


def build_encoder(*, input_shape=(28, 28, 1), units=(512,), code_dim: int = 32, activation="relu"):
    """A dense encoder: sample -> hidden layers -> code.

    Args:
        input_shape: shape of one sample.
        units: widths of the hidden layers; () makes the encoder linear.
        code_dim: Z, numbers in a code.
        activation: of the hidden layers.

    Returns:
        A model from samples (B, *input_shape) to codes (B, Z).
    """
    samples = keras.Input(input_shape, name="samples")
    x = layers.Flatten()(samples) if len(input_shape) > 1 else samples
    x = dense_stack(x, units, activation=activation)
    return keras.Model(samples, layers.Dense(code_dim, dtype="float32")(x), name="encoder")


def build_decoder(
    *, code_dim: int = 32, units=(512,), output_shape=(28, 28, 1), activation="relu", output_activation="sigmoid"
):
    """A dense decoder: code -> hidden layers -> one value per pixel or coordinate.

    Args:
        code_dim: Z.
        units: widths of the hidden layers; () makes the decoder linear, but for the output's activation.
        output_shape: shape of one sample.
        activation: of the hidden layers.
        output_activation: "sigmoid" for values in [0, 1]; "linear" for points, and for the logits of a `VAE`.

    Returns:
        A model from codes (B, Z) to samples (B, *output_shape).
    """
    codes = keras.Input((code_dim,), name="codes")
    x = dense_stack(codes, units, activation=activation)
    x = layers.Dense(math.prod(output_shape))(x)
    x = layers.Activation(output_activation, dtype="float32")(x)
    return keras.Model(codes, layers.Reshape(output_shape, dtype="float32")(x), name="decoder")


def build_conv_encoder(
    *, image_shape=(28, 28, 1), filters=(32, 64), units=(), code_dim: int = 32, activation="relu", block_size: int = 2
):
    """A convolutional encoder: image -> maps that are halved -> code.

    Args:
        image_shape: (H, W, C), multiples of `block_size`.
        filters: channels of the convolutions; the first keeps the size of the map, the others halve it.
        units: widths of dense layers before the code.
        code_dim: Z.
        activation: of the hidden layers.
        block_size: blocks of so many pixels squared are first put into channels.

    Returns:
        A model from images (B, H, W, C) to codes (B, Z).

    Raises:
        ValueError: if H or W is no multiple of `block_size`.
    """
    images = keras.Input(image_shape, name="images")
    x = SpaceToDepth(block_size)(images)
    for number, width in enumerate(filters):
        x = layers.Conv2D(width, 3, strides=2 if number else 1, padding="same")(x)
        x = layers.Activation(activation)(x)
    x = dense_stack(layers.Flatten()(x), units, activation=activation)
    return keras.Model(images, layers.Dense(code_dim, dtype="float32")(x), name="encoder")


def build_conv_decoder(
    *,
    code_dim: int = 32,
    units=(),
    filters=(64, 32),
    residual_blocks: int = 0,
    image_shape=(28, 28, 1),
    activation="relu",
    output_activation="sigmoid",
):
    """A convolutional decoder: code -> a small map of many channels -> doubled until it is an image.

    Args:
        code_dim: Z.
        units: widths of dense layers before the map.
        filters: channels of the smallest map, then after each doubling but the last, which makes the image.
        residual_blocks: convolutions on the smallest map whose output is added to their input.
        image_shape: (H, W, C), multiples of 2 to the number of `filters`.
        activation: of the hidden layers.
        output_activation: "sigmoid" for values in [0, 1]; "linear" for the logits of a `VAE`.

    Returns:
        A model from codes (B, Z) to images (B, H, W, C).

    Raises:
        ValueError: if the image cannot be halved as often as there are `filters`.
    """
    height, width, channels = image_shape
    shrink = 2 ** len(filters)
    if not filters or height % shrink or width % shrink:
        raise ValueError(
            f"{len(filters)} doublings need a height and width that are multiples of {shrink}, and there must be at "
            f"least one. Received: image_shape={tuple(image_shape)}, filters={tuple(filters)}."
        )
    codes = keras.Input((code_dim,), name="codes")
    small = (height // shrink, width // shrink, filters[0])
    x = dense_stack(codes, (*units, math.prod(small)), activation=activation)
    x = layers.Reshape(small)(x)
    for _ in range(residual_blocks):
        change = layers.Activation(activation)(layers.Conv2D(filters[0], 3, padding="same")(x))
        x = layers.Add()([x, change])
    for wider in filters[1:]:
        x = upsample(x, wider, finish=layers.Activation(activation))
    x = layers.Activation(output_activation, dtype="float32")(upsample(x, channels))
    return keras.Model(codes, x, name="decoder")
