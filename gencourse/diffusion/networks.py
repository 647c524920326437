"""Networks that see a noisy sample and its time: dense for points, a small U-Net for images."""

import math

import keras
from keras import layers, ops

from gencourse.layers import DepthToSpace, SpaceToDepth


@keras.saving.register_keras_serializable(package="gencourse")
class TimeEmbedding(layers.Layer):
    """Sines and cosines of a time, from slow to fast: (B,) -> (B, D). A network can read small differences off them.

    Args:
        dim: D, an even number.
        fastest: cycles of the fastest pair while the time goes from 0 to 1; the slowest makes half a cycle.

    Raises:
        ValueError: if `dim` is odd or below 4.

    Reference:
        Vaswani et al., "Attention Is All You Need", 2017.
    """

    def __init__(self, dim: int = 32, fastest: float = 16.0, **kwargs):
        super().__init__(**kwargs)
        if dim < 4 or dim % 2:
            raise ValueError(f"`dim` must be an even number of at least 4. Received: {dim}.")
        self.dim, self.fastest = dim, fastest
        pairs = dim // 2
        # Half a cycle at the slow end, so that time 0 and time 1 differ; each pair turns faster by the same factor.
        self._angles = [2 * math.pi * 0.5 * (2 * fastest) ** (i / (pairs - 1)) for i in range(pairs)]

    def call(self, times):
        angles = ops.cast(times, self.compute_dtype)[:, None] * ops.cast(self._angles, self.compute_dtype)  # (B, D/2)
        return ops.concatenate([ops.sin(angles), ops.cos(angles)], axis=-1)

    def compute_output_shape(self, input_shape):
        return (input_shape[0], self.dim)

    def get_config(self):
        return {**super().get_config(), "dim": self.dim, "fastest": self.fastest}


def _told(width: int, classes: int | None):
    """Inputs beside the noisy samples, and one vector (B, width) made of them: the time, and the class where told."""
    times = keras.Input((), name="times")
    x = layers.Dense(width, activation="swish", name="time_dense")(TimeEmbedding(name="time_embedding")(times))
    if classes is None:
        return [times], x
    labels = keras.Input((), dtype="int32", name="labels")
    # The last row stands for "no class": what guidance compares with.
    embedded = layers.Embedding(classes + 1, width, embeddings_initializer="random_normal", name="classes")(labels)
    return [times, labels], layers.Add()([x, embedded])


def build_point_denoiser(*, dimensions: int = 2, units=(128, 128, 128), classes: int | None = None):
    """A dense network for points: each hidden layer is told the time, and the class where there are classes.

    Args:
        dimensions: D, numbers of a point.
        units: widths of the hidden layers.
        classes: K; None for points without classes.

    Returns:
        A model from [noisy (B, D), times (B,)], or [noisy, times, labels (B,)] with labels from 0 to K, where K stands
        for "no class", to answers (B, D).
    """
    noisy = keras.Input((dimensions,), name="noisy")
    beside, told = _told(units[0], classes)
    x = noisy
    for width in units:
        x = layers.Add()([layers.Dense(width)(x), layers.Dense(width, use_bias=False)(told)])
        x = layers.Activation("swish")(x)
    answers = layers.Dense(dimensions, dtype="float32", name="answer")(x)
    return keras.Model([noisy, *beside], answers, name="point_denoiser")


def build_unet(
    *,
    image_shape=(28, 28, 1),
    block_size: int = 4,
    filters=(64,),
    blocks=(2,),
    dense_units=(256,),
    dense_channels: int = 16,
    told_units: int = 64,
    classes: int | None = None,
):
    """A small U-Net: down and back up, what was seen on the way down added on the way up.

    Blocks of pixels become channels first, since convolutions of many channels on small maps cost a CPU least. At the
    bottom a few dense layers see the whole map at once: they plan the image, and the convolutions draw it.

    Args:
        image_shape: (H, W, C); H and W multiples of block_size times 2 for each level but the first.
        block_size: r; the first map has H/r × W/r places with C·r² channels.
        filters: channels of each level, each half as high and wide as the one before.
        blocks: convolutions that are added to their input, for each level: so many on the way down and as many up.
        dense_units: widths of dense layers over the whole smallest map; () for none.
        dense_channels: channels to which that map is thinned out before them.
        told_units: numbers in the vector that tells each convolution the time and the class.
        classes: K; None for images without classes.

    Returns:
        A model from [noisy (B, H, W, C), times (B,)], or [noisy, times, labels (B,)] with labels from 0 to K, where K
        stands for "no class", to answers (B, H, W, C).

    Raises:
        ValueError: if the sizes do not fit.

    Reference:
        Ronneberger, Fischer and Brox, "U-Net: Convolutional Networks for Biomedical Image Segmentation", 2015; Ho, Jain
        and Abbeel, "Denoising Diffusion Probabilistic Models", 2020.
    """
    height, width, channels = image_shape
    if not filters or len(filters) != len(blocks):
        raise ValueError(f"Give `blocks` for each level of `filters`. Received: {filters} and {blocks}.")
    smallest = block_size * 2 ** (len(filters) - 1)
    if height % smallest or width % smallest:
        raise ValueError(
            f"With block_size={block_size} and {len(filters)} levels, H and W must be multiples of {smallest}. "
            f"Received: image_shape={tuple(image_shape)}."
        )
    noisy = keras.Input(image_shape, name="noisy")
    beside, told = _told(told_units, classes)

    def convolve(x, width_out):
        x = layers.Conv2D(width_out, 3, padding="same")(x)
        shift = layers.Reshape((1, 1, width_out))(layers.Dense(width_out, use_bias=False)(told))
        return layers.Activation("swish")(layers.Add()([x, shift]))

    def residual(x, count):
        for _ in range(count):
            x = layers.Add()([x, convolve(x, x.shape[-1])])
        return x

    x, seen = noisy, []
    for level, (wide, count) in enumerate(zip(filters, blocks, strict=True)):
        x = SpaceToDepth(2 if level else block_size)(x)
        x = residual(convolve(x, wide), count)
        seen.append(x)
    if dense_units:
        x = layers.Add()([x, _dense_bottom(x, told, dense_units, dense_channels)])
    for level in reversed(range(len(filters))):
        if level < len(filters) - 1:
            x = DepthToSpace(2)(convolve(x, 4 * filters[level]))
            x = layers.Add()([x, seen[level]])
        x = residual(x, blocks[level])
    answers = layers.Conv2D(channels * block_size**2, 3, padding="same", kernel_initializer="zeros")(x)
    answers = layers.Activation("linear", dtype="float32")(DepthToSpace(block_size)(answers))
    return keras.Model([noisy, *beside], answers, name="unet")


def _dense_bottom(x, told, units, channels):
    """Dense layers over a whole map, laid out as the map again: every place can see every other."""
    wide = x.shape[-1]
    x = layers.Conv2D(channels, 1)(x)
    shape = x.shape[1:]
    x = layers.Flatten()(x)
    for width in units:
        x = layers.Add()([layers.Dense(width)(x), layers.Dense(width, use_bias=False)(told)])
        x = layers.Activation("swish")(x)
    x = layers.Reshape(shape)(layers.Dense(math.prod(shape))(x))
    return layers.Conv2D(wide, 1)(x)
