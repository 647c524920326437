"""How a network learns to take noise away."""

import keras
import tensorflow as tf
from keras import ops

from gencourse import schedules
from gencourse.schedules import Rates
from gencourse.training import RunningMeans, TapeModel, apply_gradients, update_average

from .mixing import PREDICTIONS, merge, mix


class Denoiser(TapeModel):
    """A network that learns to take noise away, at every strength of noise.

    One training step: each sample of the batch gets a time, is mixed with as much noise as the schedule says, and the
    network's answer is compared with what it should be, by the mean squared error.

    Args:
        network: model from [noisy (B, ...), times (B,)] to answers (B, ...); with classes it reads labels (B,), too,
            whole numbers from 0 to K, where K stands for "no class".
        schedule: "cosine", "linear", or a function of times that returns `schedules.Rates`.
        predict: what the network answers: "noise", "image" or "velocity".
        classes: K, or None. With classes the batches are (samples, labels).
        label_dropout: share of labels that are replaced by "no class" in training, so that the network learns to do
            without, too.
        ema_decay: decay of the running average of the weights, which then draws the samples; early on the average is
            shorter: at most (1 + step) / (10 + step). None keeps no average.
        bounds: (lowest, highest) value of a sample; what is believed of an image is cut to it in sampling. None cuts
            nothing.
        clip_norm: largest global norm of the gradient; None clips nothing.
        seed: seed of times, noise and dropped labels in training.
    """

    optimizer_roles = ("optimizer",)
    parts = ("network",)

    def __init__(
        self,
        network: keras.Model,
        *,
        schedule="cosine",
        predict: str = "velocity",
        classes: int | None = None,
        label_dropout: float = 0.1,
        ema_decay: float | None = 0.999,
        bounds=None,
        clip_norm: float | None = None,
        seed: int = 0,
        **kwargs,
    ):
        super().__init__(seed=seed, **kwargs)
        if len(network.inputs) != (2 if classes is None else 3):
            raise ValueError(
                "The network must read [noisy, times], and labels where `classes` is given. Received: a network of "
                f"{len(network.inputs)} inputs and classes={classes}."
            )
        if predict not in PREDICTIONS:
            raise ValueError(f"`predict` must be one of {PREDICTIONS}. Received: {predict!r}.")
        if not 0.0 <= label_dropout <= 1.0:
            raise ValueError(f"`label_dropout` must lie in [0, 1]. Received: {label_dropout}.")
        if ema_decay is not None and not 0.0 <= ema_decay < 1.0:
            raise ValueError(f"`ema_decay` must lie in [0, 1), or be None. Received: {ema_decay}.")
        self.network = network
        self.schedule = schedule
        self.rates_at = schedules.get(schedule)
        self.predict_what = predict
        self.classes = classes
        self.label_dropout = label_dropout
        self.ema_decay = ema_decay
        self.bounds = None if bounds is None else tuple(bounds)
        self.clip_norm = clip_norm
        self.average_network = None
        if ema_decay is not None:
            self.average_network = keras.models.clone_model(network)
            self.average_network.set_weights(network.get_weights())
            self.average_network.trainable = False
        self.means = RunningMeans(["denoising_loss"])

    @property
    def sample_shape(self) -> tuple[int, ...]:
        """Shape of one sample, (H, W, C) or (D,)."""
        return tuple(self.network.inputs[0].shape[1:])

    @property
    def metrics(self):
        return [self.means]

    def networks(self):
        return {"optimizer": self.network}

    def sampling_networks(self):
        return {"network": self.average_network or self.network}

    def call(self, inputs, training=False):
        return self.sampling_networks()["network"](inputs, training=training)

    def _split_batch(self, data):
        """Returns samples and labels; the labels are None without classes."""
        if self.classes is None:
            samples, labels = (data[0] if isinstance(data, tuple) else data), None
        else:
            if not isinstance(data, tuple) or len(data) != 2 or len(data[1].shape) != 1:
                raise ValueError(
                    "A model with classes learns from batches (samples, labels), labels of shape (B,). Received: a "
                    f"batch of shape {[tuple(part.shape) for part in tf.nest.flatten(data)]}."
                )
            samples, labels = data
        self.check_batch(samples, self.sample_shape)
        return samples, labels

    def _rates(self, times) -> Rates:
        """Rates of times (B,), in the shape (B, 1, ...) that broadcasts against samples."""
        shape = (-1, *[1] * len(self.sample_shape))
        return Rates(*(ops.reshape(rate, shape) for rate in self.rates_at(times)))

    def draw_times(self, n):
        """Times of a training step, (n,): one in each n-th of [0, 1], which is steadier than n that know nothing of
        each other."""
        places = ops.cast(ops.arange(n), "float32") + keras.random.uniform((n,), seed=self.seed_generator)
        return places / ops.cast(n, "float32")

    def denoising_loss(self, network, samples, labels=None, *, training=False):
        """Mean squared error of a network's answers at random times: a scalar."""
        n = ops.shape(samples)[0]
        times = self.draw_times(n)
        rates = self._rates(times)
        noise = keras.random.normal(ops.shape(samples), seed=self.seed_generator)
        told = []
        if labels is not None:
            dropped = keras.random.uniform((n,), seed=self.seed_generator) < self.label_dropout
            told = [ops.where(dropped, self.classes, ops.cast(labels, "int32"))]
        answers = network([mix(samples, noise, rates), times, *told], training=training)
        return ops.mean(ops.square(answers - merge(samples, noise, rates, self.predict_what)))

    def train_step(self, data):
        samples, labels = self._split_batch(data)
        with tf.GradientTape() as tape:
            loss = self.denoising_loss(self.network, samples, labels, training=True)
            scaled = self.optimizer.scale_loss(loss)
        gradients = tape.gradient(scaled, self.network.trainable_variables)
        apply_gradients(gradients, self.network, self.optimizer, clip_norm=self.clip_norm)
        if self.average_network is not None:
            step = ops.cast(self.optimizer.iterations, "float32")
            update_average(
                self.average_network, self.network, ops.minimum(self.ema_decay, (1.0 + step) / (10.0 + step))
            )
        self.means.update_state(loss)
        return self.means.result()

    def test_step(self, data):
        self.means.update_state(self.denoising_loss(self.sampling_networks()["network"], *self._split_batch(data)))
        return self.means.result()

    def settings(self):
        if not isinstance(self.schedule, str):
            raise ValueError(
                "A model can be kept when its schedule is one that has a name: 'cosine' or 'linear'. Received: "
                f"schedule={self.schedule!r}."
            )
        return {
            "schedule": self.schedule,
            "predict": self.predict_what,
            "classes": self.classes,
            "label_dropout": self.label_dropout,
            "ema_decay": self.ema_decay,
            "bounds": self.bounds,
            "clip_norm": self.clip_norm,
        }
