"""An encoder from images to small maps of vectors, and a decoder back."""

import keras
from keras import layers

from gencourse.layers import DepthToSpace, SpaceToDepth


def build_encoder(
    *, input_shape=(28, 28, 1), block_size: int = 4, filters: int = 64, residual_blocks: int = 1, code_dim: int = 32
):
    """Images to maps of vectors: blocks of pixels become channels, and 3×3 convolutions see their neighbours.

    Args:
        input_shape: (H, W, C); H and W multiples of `block_size`.
        block_size: r: each vector stands for r × r pixels.
        filters: channels of the convolutions.
        residual_blocks: convolutions that are added to their input.
        code_dim: D, numbers in a vector.

    Returns:
        A model from images (B, H, W, C) to vectors (B, H/r, W/r, D).

    Raises:
        ValueError: if H or W is no multiple of r.
    """
    images = keras.Input(input_shape, name="images")
    x = _residual(_convolve(SpaceToDepth(block_size)(images), filters), residual_blocks)
    return keras.Model(images, layers.Conv2D(code_dim, 1, dtype="float32")(x), name="encoder")


def build_decoder(
    *, output_shape=(28, 28, 1), block_size: int = 4, filters: int = 64, residual_blocks: int = 2, code_dim: int = 32
):
    """Maps of vectors to images: convolutions on the small map, whose channels are laid out as pixels.

    Args:
        output_shape: (H, W, C); H and W multiples of `block_size`.
        block_size: r: each vector stands for r × r pixels.
        filters: channels of the convolutions.
        residual_blocks: convolutions that are added to their input.
        code_dim: D, numbers in a vector.

    Returns:
        A model from vectors (B, H/r, W/r, D) to images (B, H, W, C), not bounded.

    Raises:
        ValueError: if H or W is no multiple of r.
    """
    height, width, channels = output_shape
    r = block_size
    if height % r or width % r:
        raise ValueError(f"Height and width must be multiples of block_size={r}. Received: {height} × {width}.")
    vectors = keras.Input((height // r, width // r, code_dim), name="vectors")
    x = _residual(_convolve(vectors, filters), residual_blocks)
    x = layers.Conv2D(channels * r * r, 3, padding="same")(x)
    return keras.Model(vectors, layers.Activation("linear", dtype="float32")(DepthToSpace(r)(x)), name="decoder")


def _convolve(x, filters):
    return layers.Conv2D(filters, 3, padding="same", activation="swish")(x)


def _residual(x, count):
    for _ in range(count):
        x = layers.Add()([x, _convolve(x, x.shape[-1])])
    return x
