"""Convolutional generators and discriminators: sized for two CPU cores, and the size that tutorials print."""

import math

import keras
from keras import layers, ops

from gencourse.layers import SpaceToDepth, dense_stack, upsample

NORMALISATIONS = (None, "batch", "spectral")


@keras.saving.register_keras_serializable(package="gencourse")
class MinibatchStd(layers.Layer):
    """Adds one feature, the same for the whole batch: how much the others vary over the batch, on average.

    A discriminator that judges each sample alone cannot see that all of them are alike; with this number it can, and a
    collapsed generator is caught.

    Returns:
        From features (B, D) to (B, D + 1).

    Reference:
        Karras et al., "Progressive Growing of GANs for Improved Quality, Stability, and Variation", 2018.
    """

    def call(self, features):
        variances = ops.var(features, axis=0)  # (D,)
        spread = ops.mean(ops.sqrt(variances + 1e-8))
        return ops.concatenate([features, ops.zeros_like(features[:, :1]) + spread], axis=1)

    def compute_output_shape(self, input_shape):
        return (input_shape[0], input_shape[1] + 1)


def build_dcgan_generator(
    *,
    latent_dim: int = 64,
    image_shape=(28, 28, 1),
    units=(),
    filters=(64, 32),
    kernel_size: int = 3,
    upsampling: str = "subpixel",
    normalise: bool = True,
    activation="relu",
):
    """A convolutional generator: latents -> a small map of many channels -> doubled until it is an image.

    Args:
        latent_dim: Z, numbers in one latent vector.
        image_shape: (H, W, C); H and W must be multiples of 2 to the number of `filters`.
        units: widths of dense layers before the first map.
        filters: channels of the first, smallest map, then after each doubling but the last, which makes the image:
            (64, 32) goes 7×7×64, 14×14×32, 28×28×1.
        kernel_size: of the convolutions.
        upsampling: how a map is doubled: "subpixel", "transposed" or "nearest"; see `layers.upsample`.
        normalise: batch normalisation before each activation.
        activation: of the hidden layers.

    Returns:
        A model from latents (B, Z) to images (B, H, W, C) in [-1, 1].

    Raises:
        ValueError: if the image cannot be halved as often as there are `filters`.

    Reference:
        Radford, Metz and Chintala, "Unsupervised Representation Learning with Deep Convolutional Generative
        Adversarial Networks", 2016.
    """
    height, width, channels = image_shape
    shrink = 2 ** len(filters)
    if not filters or height % shrink or width % shrink:
        raise ValueError(
            f"{len(filters)} doublings need a height and width that are multiples of {shrink}, and there must be at "
            f"least one. Received: image_shape={tuple(image_shape)}, filters={tuple(filters)}."
        )

    def finish(x):
        if normalise:
            x = layers.BatchNormalization()(x)
        return layers.Activation(activation)(x)

    latents = keras.Input((latent_dim,), name="latents")
    small = (height // shrink, width // shrink, filters[0])
    # The map is normalised while it is still flat, so that each of its places has statistics of its own.
    x = dense_stack(latents, (*units, math.prod(small)), activation=activation, normalise=normalise)
    x = layers.Reshape(small)(x)
    for width_out in filters[1:]:
        x = upsample(x, width_out, kernel_size=kernel_size, method=upsampling, use_bias=not normalise, finish=finish)
    x = upsample(x, channels, kernel_size=kernel_size, method=upsampling)
    return keras.Model(latents, layers.Activation("tanh", dtype="float32")(x), name="generator")


def build_dcgan_discriminator(
    *,
    image_shape=(28, 28, 1),
    filters=(32, 64),
    kernel_size=4,
    block_size: int = 1,
    units=(),
    normalise: str | None = None,
    dropout: float = 0.0,
    minibatch_std: bool = False,
):
    """A convolutional discriminator: each convolution halves the map; the last one is read by dense layers.

    Args:
        image_shape: (H, W, C).
        filters: channels of the convolutions, each of stride 2.
        kernel_size: of the convolutions, one number for all or one for each.
        block_size: blocks of so many pixels squared are first put into channels, see `layers.SpaceToDepth`; 1 leaves
            the image as it is.
        units: widths of dense layers before the logit.
        normalise: "batch" (from the second convolution on, as the paper has it), "spectral" (every kernel divided by
            its largest singular value) or None.
        dropout: share of units silenced in training after each convolution.
        minibatch_std: before the logit, add how much the batch varies as one more number, see `MinibatchStd`.

    Returns:
        A model from images (B, H, W, C) to logits (B, 1).

    Raises:
        ValueError: if the normalisation is unknown, or the image cannot be cut in such blocks.

    Reference:
        Radford, Metz and Chintala, "Unsupervised Representation Learning with Deep Convolutional Generative
        Adversarial Networks", 2016; Miyato et al., "Spectral Normalization for Generative Adversarial Networks", 2018.
    """
    if normalise not in NORMALISATIONS:
        raise ValueError(f"`normalise` must be one of {NORMALISATIONS}. Received: {normalise!r}.")

    def bounded(layer):
        return layers.SpectralNormalization(layer) if normalise == "spectral" else layer

    images = keras.Input(image_shape, name="images")
    x = SpaceToDepth(block_size)(images) if block_size > 1 else images
    kernels = [kernel_size] * len(filters) if isinstance(kernel_size, int) else kernel_size
    for number, (width, kernel) in enumerate(zip(filters, kernels, strict=True)):
        batch = normalise == "batch" and number > 0
        x = bounded(layers.Conv2D(width, kernel, strides=2, padding="same", use_bias=not batch))(x)
        if batch:
            x = layers.BatchNormalization()(x)
        x = layers.LeakyReLU(negative_slope=0.2)(x)
        if dropout:
            x = layers.Dropout(dropout)(x)
    x = layers.Flatten()(x)
    for width in units:
        x = layers.LeakyReLU(negative_slope=0.2)(bounded(layers.Dense(width))(x))
    if minibatch_std:
        x = MinibatchStd()(x)
    return keras.Model(images, bounded(layers.Dense(1, dtype="float32"))(x), name="discriminator")


def build_tutorial_generator(*, latent_dim: int = 100, image_shape=(28, 28, 1)):
    """The generator that most tutorials print: 7×7×256, transposed 5×5 convolutions of 128, 64 and C channels.

    One image costs it some forty times the arithmetic of `build_dcgan_generator`: sized for a GPU, and here to be
    compared with.

    Args:
        latent_dim: Z.
        image_shape: (H, W, C), multiples of 4.

    Returns:
        A model from latents (B, Z) to images (B, H, W, C) in [-1, 1].

    Raises:
        ValueError: if H or W is no multiple of 4.
    """
    height, width, channels = image_shape
    if height % 4 or width % 4:
        raise ValueError(f"Height and width must be multiples of 4. Received: image_shape={tuple(image_shape)}.")
    latents = keras.Input((latent_dim,), name="latents")
    x = layers.Dense(height // 4 * (width // 4) * 256, use_bias=False)(latents)
    x = layers.LeakyReLU(negative_slope=0.2)(layers.BatchNormalization()(x))
    x = layers.Reshape((height // 4, width // 4, 256))(x)
    for filters, strides in ((128, 1), (64, 2)):
        x = layers.Conv2DTranspose(filters, 5, strides=strides, padding="same", use_bias=False)(x)
        x = layers.LeakyReLU(negative_slope=0.2)(layers.BatchNormalization()(x))
    x = layers.Conv2DTranspose(channels, 5, strides=2, padding="same", use_bias=False)(x)
    return keras.Model(latents, layers.Activation("tanh", dtype="float32")(x), name="generator")


def build_tutorial_discriminator(*, image_shape=(28, 28, 1), dropout: float = 0.3):
    """The discriminator that goes with it: 5×5 convolutions of stride 2, 64 and 128 channels, with dropout.

    Args:
        image_shape: (H, W, C).
        dropout: share of units silenced after each convolution.

    Returns:
        A model from images (B, H, W, C) to logits (B, 1).
    """
    return build_dcgan_discriminator(image_shape=image_shape, filters=(64, 128), kernel_size=5, dropout=dropout)
