"""Networks that mend images: noise taken off, holes filled, the resolution doubled."""

import keras
import numpy as np
import tensorflow as tf
from keras import layers, ops

from gencourse.layers import DepthToSpace, SpaceToDepth
from gencourse.training import RunningMeans, TapeModel, apply_gradients


def build_restorer(*, input_shape=(28, 28, 1), image_shape=(28, 28, 1), filters=(24, 64), residual_blocks: int = 2):
    """A small U-Net: down to a quarter of the size and back, what was seen on the way down added on the way up.

    Args:
        input_shape: (H', W', C') of what is mended: with a mask as a second channel for holes, (14, 14, 1) for small
            images.
        image_shape: (H, W, C) of whole images, multiples of 4; H' and W' are either H and W or half of them.
        filters: channels at half the size, and at a quarter.
        residual_blocks: convolutions at a quarter of the size, each added to its input.

    Returns:
        A model from (B, H', W', C') to logits (B, H, W, C).

    Raises:
        ValueError: if the sizes do not fit.

    Reference:
        Ronneberger, Fischer and Brox, "U-Net: Convolutional Networks for Biomedical Image Segmentation", 2015.
    """
    height, width, channels = image_shape
    ratio = height // input_shape[0] if input_shape[0] else 0
    if height % 4 or width % 4 or ratio not in (1, 2) or input_shape[:2] != (height // ratio, width // ratio):
        raise ValueError(
            "The image's height and width must be multiples of 4, and the input as large or half as large. "
            f"Received: image_shape={tuple(image_shape)}, input_shape={tuple(input_shape)}."
        )
    half, quarter = filters

    def convolve(x, width_out):
        return layers.Activation("swish")(layers.Conv2D(width_out, 3, padding="same")(x))

    inputs = keras.Input(input_shape, name="damaged")
    at_half = convolve(SpaceToDepth(2 // ratio)(inputs), half)  # (B, H/2, W/2, half)
    x = convolve(SpaceToDepth(2)(at_half), quarter)  # (B, H/4, W/4, quarter)
    for _ in range(residual_blocks):
        x = layers.Add()([x, convolve(x, quarter)])
    x = DepthToSpace(2)(convolve(x, 4 * half))
    x = layers.Add()([x, at_half])
    x = layers.Add()([x, convolve(x, half)])
    logits = DepthToSpace(2)(layers.Conv2D(4 * channels, 3, padding="same")(x))
    return keras.Model(inputs, layers.Activation("linear", dtype="float32")(logits), name="restorer")


@keras.saving.register_keras_serializable(package="gencourse")
class Restorer(TapeModel):
    """A network that sees a damaged image and is asked for the whole one.

    The loss is the cross-entropy between the image and the sigmoid of the network's logits; a squared error on a
    sigmoid may stay stuck at a black picture, where its slope is nearly zero. What the corruption marks as a hole is
    all that counts, and all that is replaced.

    Args:
        network: model from damaged images to logits (B, H, W, C).
        corruption: a layer that damages images (B, H, W, C) in [0, 1] anew at each call: `ClippedNoise`, `CutHole`,
            `Shrink`.
        clip_norm: largest global norm of the gradient; `None` clips nothing.
        seed: kept for the common signature; the corruption has its own.

    Reference:
        Vincent et al., "Extracting and Composing Robust Features with Denoising Autoencoders", 2008; Pathak et al.,
        "Context Encoders: Feature Learning by Inpainting", 2016.
    """

    optimizer_roles = ("optimizer",)
    parts = ("network", "corruption")

    def __init__(self, network: keras.Model, corruption: layers.Layer, *, clip_norm=None, seed: int = 0, **kwargs):
        super().__init__(seed=seed, **kwargs)
        self.network = network
        self.corruption = corruption
        self.clip_norm = clip_norm
        #: whether the damaged image carries a mask in a last channel of its own
        self.masked = network.input_shape[-1] > network.output_shape[-1]
        self.means = RunningMeans(["reconstruction_loss"])

    @property
    def metrics(self):
        return [self.means]

    def networks(self):
        return {"optimizer": self.network}

    def sampling_networks(self):
        return {"network": self.network}

    def call(self, damaged, training=False):
        mended = ops.sigmoid(self.network(damaged, training=training))
        if not self.masked:
            return mended
        mask, known = damaged[..., -1:], damaged[..., :-1]
        return mask * mended + (1.0 - mask) * known

    def train_step(self, data):
        images = data[0] if isinstance(data, tuple) else data
        self.check_batch(images, self.network.output_shape[1:])
        damaged = self.corruption(images)
        with tf.GradientTape() as tape:
            logits = self.network(damaged, training=True)
            losses = ops.softplus(logits) - images * logits  # cross-entropy of each pixel, (B, H, W, C)
            if self.masked:
                mask = damaged[..., -1:]
                loss = ops.sum(mask * losses) / (ops.sum(mask) * losses.shape[-1])
            else:
                loss = ops.mean(losses)
            scaled = self.optimizer.scale_loss(loss)
        gradients = tape.gradient(scaled, self.network.trainable_variables)
        apply_gradients(gradients, self.network, self.optimizer, clip_norm=self.clip_norm)
        self.means.update_state(loss)
        return self.means.result()

    def restore(self, damaged) -> np.ndarray:
        """Mends images: (N, H', W', C') as the corruption gives them -> float32 (N, H, W, C) in [0, 1]."""
        parts = [ops.convert_to_numpy(self(damaged[i : i + 500])) for i in range(0, len(damaged), 500)]
        return np.concatenate(parts).astype("float32")

    def generate(self, n: int, *, seed: int = 0):
        raise NotImplementedError("A network that mends images draws none: call `restore` on damaged ones.")

    def settings(self):
        return {"clip_norm": self.clip_norm}
