"""Augmentation as Keras layers: shift, rotate, add noise. They act while training and do nothing otherwise.

Put them inside the model, before the layer that sees images, so that they are saved with it. To load a saved model that
has them, import them first: `from gencourse.data import RandomShift`.
"""

import keras
from keras import ops


class _Augmentation(keras.layers.Layer):
    """What the three share: a seed, and doing nothing unless `training` is true."""

    def __init__(self, *, seed=None, **kwargs):
        super().__init__(**kwargs)
        self.seed = seed
        self.seed_generator = keras.random.SeedGenerator(seed)

    def call(self, images, training=None):
        return self.augment(images) if training else images

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        return super().get_config() | {"seed": self.seed}


@keras.saving.register_keras_serializable(package="gencourse")
class RandomShift(_Augmentation):
    """Shift each image by whole pixels, up to `pixels` along each axis, each shift equally likely.

    Args:
        pixels: greatest shift, an integer of at least 0.
        fill_value: what moves in from outside: 0 for a black background in [0, 1], -1 in [-1, 1].
        seed: an integer, or None.
    """

    def __init__(self, pixels=2, *, fill_value=0.0, seed=None, **kwargs):
        super().__init__(seed=seed, **kwargs)
        if not isinstance(pixels, int) or pixels < 0:
            raise ValueError(f"expected pixels to be an integer of at least 0. Received: {pixels!r}")
        self.pixels = pixels
        self.fill_value = fill_value

    def augment(self, images):
        """Shift images of shape (B, H, W, C)."""
        shape = ops.shape(images)
        shifts = keras.random.randint((shape[0], 2), -self.pixels, self.pixels + 1, seed=self.seed_generator)
        for axis in (1, 2):
            size = shape[axis]
            source = ops.arange(size, dtype="int32")[None] - shifts[:, axis - 1, None]  # (B, size)
            form = (-1, size, 1, 1) if axis == 1 else (-1, 1, size, 1)
            inside = ops.reshape((source >= 0) & (source < size), form)
            source = ops.reshape(ops.clip(source, 0, size - 1), form)
            moved = ops.take_along_axis(images, ops.broadcast_to(source, shape), axis=axis)
            images = ops.where(inside, moved, ops.cast(self.fill_value, images.dtype))
        return images

    def get_config(self):
        return super().get_config() | {"pixels": self.pixels, "fill_value": self.fill_value}


@keras.saving.register_keras_serializable(package="gencourse")
class RandomRotate(_Augmentation):
    """Rotate each image about its centre by an angle drawn evenly from [-degrees, degrees], pixels interpolated.

    Args:
        degrees: greatest angle, at least 0 and at most 180.
        fill_value: what comes in at the corners: 0 for a black background in [0, 1], -1 in [-1, 1].
        seed: an integer, or None.
    """

    def __init__(self, degrees=10.0, *, fill_value=0.0, seed=None, **kwargs):
        super().__init__(seed=seed, **kwargs)
        if not 0 <= degrees <= 180:
            raise ValueError(f"expected degrees in [0, 180]. Received: {degrees!r}")
        self.degrees = degrees
        self.fill_value = fill_value

    def augment(self, images):
        """Rotate images of shape (B, H, W, C)."""
        batch, height, width, _ = ops.shape(images)
        limit = self.degrees * 3.141592653589793 / 180
        angles = keras.random.uniform((batch,), -limit, limit, seed=self.seed_generator)
        cosine, sine = ops.cos(angles), ops.sin(angles)
        x, y = (ops.cast(size - 1, "float32") / 2 for size in (width, height))  # the centre stays where it is
        zero = ops.zeros_like(angles)
        transforms = ops.stack(
            [cosine, -sine, x - cosine * x + sine * y, sine, cosine, y - sine * x - cosine * y, zero, zero], axis=1
        )
        return ops.image.affine_transform(
            images,
            transforms,
            interpolation="bilinear",
            fill_mode="constant",
            fill_value=self.fill_value,
            data_format="channels_last",
        )

    def get_config(self):
        return super().get_config() | {"degrees": self.degrees, "fill_value": self.fill_value}


@keras.saving.register_keras_serializable(package="gencourse")
class AddNoise(_Augmentation):
    """Add independent Gaussian noise to every pixel; values are not clipped, so their mean stays what it was.

    Args:
        std: standard deviation of the noise, at least 0, in units of the images.
        seed: an integer, or None.
    """

    def __init__(self, std=0.1, *, seed=None, **kwargs):
        super().__init__(seed=seed, **kwargs)
        if not std >= 0:
            raise ValueError(f"expected std of at least 0. Received: {std!r}")
        self.std = std

    def augment(self, images):
        """Add noise to images of any shape."""
        return images + keras.random.normal(
            ops.shape(images), stddev=self.std, dtype=images.dtype, seed=self.seed_generator
        )

    def get_config(self):
        return super().get_config() | {"std": self.std}
