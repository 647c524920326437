"""PixelCNN: a network of masked convolutions as a model of images, with an exact likelihood."""

import math

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from gencourse import sampling
from gencourse.losses import bernoulli_log_likelihood
from gencourse.training import RunningMeans, TapeModel, apply_gradients

from .drawing import draw, draw_naively
from .network import PixelNetwork

AT_ONCE = 250  # images that are scored or drawn together


@keras.saving.register_keras_serializable(package="gencourse")
class PixelCNN(TapeModel):
    """Black-and-white images as a chain of coin tosses: log p(x) = Σ log p(pixel | the pixels before it).

    Args:
        network: model from images (B, H, W, 1) of zeros and ones, or from [images, labels (B,)], to logits of the same
            shape, each of which depends on earlier pixels only: see `build_pixelcnn`.
        binarise: draw zeros and ones from the grey values of each training batch, anew each time.
        clip_norm: largest global norm of the gradient; `None` clips nothing.
        seed: of the draws in training.

    Example:
        >>> model = PixelCNN(build_pixelcnn(), binarise=True)
        >>> model.compile(optimizer=keras.optimizers.Adam(2e-3))
        >>> model.fit(batches_in_unit_range, epochs=2, steps_per_epoch=1000)
        >>> model.score(binary_images)["nats_per_image"]

    Reference:
        Van den Oord, Kalchbrenner and Kavukcuoglu, "Pixel Recurrent Neural Networks", 2016; Van den Oord et al.,
        "Conditional Image Generation with PixelCNN Decoders", 2016.
    """

    optimizer_roles = ("optimizer",)
    parts = ("network",)

    def __init__(
        self,
        network: keras.Model,
        *,
        binarise: bool = False,
        clip_norm: float | None = None,
        seed: int = 0,
        **kwargs,
    ):
        super().__init__(seed=seed, **kwargs)
        self.network, self.binarise, self.clip_norm = network, binarise, clip_norm
        self.means = RunningMeans(["loss"])
        self._compiled = {}

    @property
    def classes(self) -> int | None:
        """K, the number of classes that the network is told; None where it is told none."""
        return getattr(self.network, "classes", None)

    @property
    def image_shape(self) -> tuple[int, ...]:
        """(H, W, 1)."""
        return getattr(self.network, "image_shape", None) or tuple(self.network.input_shape[1:])

    @property
    def metrics(self):
        return [self.means]

    def networks(self):
        return {"optimizer": self.network}

    def sampling_networks(self):
        return {"network": self.network}

    def settings(self):
        return {"binarise": self.binarise, "clip_norm": self.clip_norm}

    def call(self, inputs, training=False):
        return self.network(inputs, training=training)

    def _split_batch(self, data):
        """Images and labels of a batch; None for labels where the network is told none."""
        parts = data if isinstance(data, tuple) else (data,)
        if self.classes is not None and (len(parts) != 2 or len(parts[1].shape) != 1):
            raise ValueError(
                "A conditional PixelCNN learns from batches (images, labels), labels of shape (B,). Received: a batch "
                f"of shape {[tuple(part.shape) for part in parts]}."
            )
        self.check_batch(parts[0], self.image_shape)
        return parts[0], None if self.classes is None else parts[1]

    def _log_likelihood(self, images, labels, training=False):
        """log p(x), (B,)."""
        logits = self.network(images if labels is None else [images, labels], training=training)
        return bernoulli_log_likelihood(images, logits)

    def train_step(self, data):
        images, labels = self._split_batch(data)
        if self.binarise:
            images = sampling.binary_draw(images, seed=self.seed_generator)
        with tf.GradientTape() as tape:
            loss = -ops.mean(self._log_likelihood(images, labels, training=True))
            scaled = self.optimizer.scale_loss(loss)
        gradients = tape.gradient(scaled, self.network.trainable_variables)
        apply_gradients(gradients, self.network, self.optimizer, clip_norm=self.clip_norm)
        self.means.update_state(loss)
        return self.means.result()

    def test_step(self, data):
        """The loss of images as they are: give it zeros and ones."""
        self.means.update_state(-ops.mean(self._log_likelihood(*self._split_batch(data))))
        return self.means.result()

    def log_likelihood(self, images, labels=None) -> np.ndarray:
        """The exact log p(x) of each image, or log p(x | label) where the network is told classes.

        Args:
            images: (N, H, W, 1), zeros and ones.
            labels: the class of each, whole numbers (N,), or one for all; needed where the network is told classes.

        Returns:
            float32 (N,), nats, never positive.

        Raises:
            ValueError: if the images have another shape, or are not zeros and ones; or if labels are missing, too
                many, or no classes.
        """
        self.check_batch(images, self.image_shape)
        if not np.isin(images, (0.0, 1.0)).all():
            raise ValueError(
                "A Bernoulli likelihood is one of zeros and ones; draw them with `data.binarise`. "
                f"Received: values from {np.min(images):.3g} to {np.max(images):.3g}, not all 0 or 1."
            )
        labels = self.labels_for(len(images), labels, needed=True)
        each = self._function("score", self._log_likelihood)
        return np.concatenate([each(*parts).numpy() for parts in _parts(np.asarray(images, "float32"), labels)])

    def score(self, images, labels=None) -> dict[str, float]:
        """How well the model foretells images, which should be ones that it was not trained on.

        Args:
            images, labels: as in `log_likelihood`.

        Returns:
            "nats_per_image", and "bits_per_pixel": the same divided by H · W · log 2.

        Raises:
            ValueError: as in `log_likelihood`.
        """
        nats = -float(self.log_likelihood(images, labels).mean(dtype="float64"))
        return {"nats_per_image": nats, "bits_per_pixel": nats / (math.prod(self.image_shape) * math.log(2.0))}

    def generate(
        self, n: int, *, seed: int = 0, labels=None, temperature: float = 1.0, naive: bool = False
    ) -> np.ndarray:
        """Draws images pixel by pixel.

        Args:
            n: how many.
            seed: the same seed gives the same images.
            labels: the class of each, whole numbers (n,), or one for all; by default 0, 1, 2, … in turn, where the
                network is told classes.
            temperature: at least 0; below 1 the likelier value of a pixel becomes likelier still, at 0 it is sure.
            naive: compute the whole image anew for each pixel, as must be done with a network that is no
                `PixelNetwork`: the same images, slowly.

        Returns:
            float32 (n, H, W, 1), zeros and ones.

        Raises:
            ValueError: if `n` is below 1, the temperature below 0, or the labels do not fit.
        """
        if n < 1:
            raise ValueError(f"`n` must be at least 1. Received: {n}.")
        return self._drawn(np.zeros((n, *self.image_shape), "float32"), 0, seed, labels, temperature, naive)

    def complete(
        self, images, *, rows: int = 14, seed: int = 0, labels=None, temperature: float = 1.0, naive: bool = False
    ) -> np.ndarray:
        """Keeps the first rows of images and draws the rest: exact draws from p(rest | these rows).

        Args:
            images: (N, H, W, 1), zeros and ones; what lies below the given rows is not looked at.
            rows: how many are given, from 0 to H.
            seed, labels, temperature, naive: as in `generate`.

        Returns:
            float32 (N, H, W, 1), zeros and ones.

        Raises:
            ValueError: if the images have another shape or other values, or there are not so many rows.
        """
        self.check_batch(images, self.image_shape)
        if not 0 <= rows <= self.image_shape[0]:
            raise ValueError(f"`rows` must lie in [0, {self.image_shape[0]}]. Received: {rows}.")
        if not np.isin(images[:, :rows], (0.0, 1.0)).all():
            raise ValueError("The rows that are given must hold zeros and ones. Received: other values among them.")
        return self._drawn(np.asarray(images, "float32"), rows, seed, labels, temperature, naive)

    def _drawn(self, images, rows, seed, labels, temperature, naive):
        if not 0 <= temperature < math.inf:
            raise ValueError(f"`temperature` must be at least 0, and finite. Received: {temperature}.")
        naive = naive or not isinstance(self.network, PixelNetwork)
        labels = self.labels_for(len(images), labels)
        noise = ops.convert_to_numpy(keras.random.uniform(images.shape, seed=seed))
        each = self._function("naive" if naive else "cached", draw_naively if naive else draw, self.network)
        told = tf.constant(rows), tf.constant(temperature, tf.float32)
        drawn = [each(*parts[:2], told[0], parts[2], told[1]).numpy() for parts in _parts(noise, images, labels)]
        return np.concatenate(drawn)

    def _function(self, name, function, *first):
        """The function as one compiled graph, made once; weights may change afterwards."""
        if name not in self._compiled:
            self._compiled[name] = tf.function(
                lambda *rest: function(*first, *rest), autograph=False, reduce_retracing=True
            )
        return self._compiled[name]


def _parts(*arrays):
    """Yields so many rows of each array at a time; None stays None."""
    for start in range(0, len(arrays[0]), AT_ONCE):
        yield [None if a is None else tf.constant(a[start : start + AT_ONCE]) for a in arrays]
