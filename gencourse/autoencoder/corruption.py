"""What is done to an image before an autoencoder sees it. Each layer corrupts at every call, with its own seed."""

import keras
from keras import layers, ops


class _Seeded(layers.Layer):
    def __init__(self, *, seed: int = 0, **kwargs):
        super().__init__(**kwargs)
        self.seed = seed
        self.seed_generator = keras.random.SeedGenerator(seed)

    def get_config(self):
        return {**super().get_config(), "seed": self.seed}


@keras.saving.register_keras_serializable(package="gencourse")
class ClippedNoise(_Seeded):
    """Adds Gaussian noise to images in [0, 1] and cuts what leaves that range.

    Args:
        std: standard deviation, of 1.
        seed: of the noise.

    Returns:
        From images (B, H, W, C) to images of the same shape.
    """

    def __init__(self, std: float, **kwargs):
        super().__init__(**kwargs)
        if std <= 0:
            raise ValueError(f"`std` must be positive. Received: {std}.")
        self.std = std

    def compute_output_shape(self, input_shape):
        return input_shape

    def call(self, images):
        noise = self.std * keras.random.normal(ops.shape(images), seed=self.seed_generator)
        return ops.clip(images + noise, 0.0, 1.0)

    def get_config(self):
        return {**super().get_config(), "std": self.std}


@keras.saving.register_keras_serializable(package="gencourse")
class CutHole(_Seeded):
    """Cuts a square out of each image, at a random place that is known: a mask comes as one more channel.

    Args:
        size: side of the square in pixels.
        margin: pixels between the square and the image's border, at least.
        seed: of the places.

    Returns:
        From images (B, H, W, C) to (B, H, W, C + 1): the image with zeros in the hole, and the mask, 1 in the hole.
    """

    def __init__(self, size: int, *, margin: int = 0, **kwargs):
        super().__init__(**kwargs)
        if size < 1 or margin < 0:
            raise ValueError(f"`size` must be at least 1, `margin` at least 0. Received: {size} and {margin}.")
        self.size, self.margin = size, margin

    def call(self, images):
        batch = ops.shape(images)[0]
        sides = []
        for length in images.shape[1:3]:
            last = length - self.size - self.margin
            if last < self.margin:
                raise ValueError(
                    f"A hole of {self.size} pixels with a margin of {self.margin} does not fit. "
                    f"Received: images of {length} pixels."
                )
            start = keras.random.randint((batch, 1), self.margin, last + 1, seed=self.seed_generator)
            place = ops.arange(length, dtype="int32")[None, :]
            sides.append(ops.logical_and(place >= start, place < start + self.size))  # (B, H) and (B, W)
        mask = ops.logical_and(sides[0][:, :, None], sides[1][:, None, :])[..., None]  # (B, H, W, 1)
        mask = ops.cast(mask, images.dtype)
        return ops.concatenate([images * (1.0 - mask), mask], axis=-1)

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], input_shape[-1] + 1)

    def get_config(self):
        return {**super().get_config(), "size": self.size, "margin": self.margin}


@keras.saving.register_keras_serializable(package="gencourse")
class Shrink(layers.Layer):
    """Averages blocks of pixels: (B, H, W, C) -> (B, H/r, W/r, C).

    Args:
        factor: r; H and W must be multiples of it.
    """

    def __init__(self, factor: int = 2, **kwargs):
        super().__init__(**kwargs)
        self.factor = factor

    def call(self, images):
        return ops.average_pool(images, self.factor, strides=self.factor, padding="valid")

    def compute_output_shape(self, input_shape):
        batch, height, width, channels = input_shape
        return (batch, height // self.factor, width // self.factor, channels)

    def get_config(self):
        return {**super().get_config(), "factor": self.factor}
