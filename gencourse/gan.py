"""Generative adversarial networks: dense builders, and the two-player training step."""

import math

import keras
import numpy as np
import tensorflow as tf
from keras import layers, ops

from gencourse.layers import dense_stack
from gencourse.losses import adversarial_loss
from gencourse.training import RunningMeans, TapeModel, apply_gradients, update_average


def build_generator(
    *,
    latent_dim: int = 64,
    units=(256, 512),
    output_shape=(28, 28, 1),
    output_activation="tanh",
    activation="relu",
    normalise: bool = True,
):
    """A dense generator: latents -> hidden layers -> one value per pixel or coordinate.

    Args:
        latent_dim: Z, numbers in one latent vector.
        units: widths of the hidden layers.
        output_shape: shape of one sample, such as (28, 28, 1) or (2,).
        output_activation: "tanh" for images in [-1, 1], "linear" for points.
        activation: activation of the hidden layers.
        normalise: batch normalisation in the hidden layers.

    Returns:
        A model from latents (B, Z) to samples (B, *output_shape).
    """
    latents = keras.Input((latent_dim,), name="latents")
    x = dense_stack(latents, units, activation=activation, normalise=normalise)
    x = layers.Dense(math.prod(output_shape))(x)
    x = layers.Activation(output_activation, dtype="float32")(x)  # float32 even where the policy is float16
    return keras.Model(latents, layers.Reshape(output_shape, dtype="float32")(x), name="generator")


def build_discriminator(
    *,
    input_shape=(28, 28, 1),
    units=(512, 256),
    activation="leaky_relu",
    dropout: float = 0.0,
):
    """A dense discriminator: sample -> hidden layers -> one logit, large when the sample looks real.

    Args:
        input_shape: shape of one sample.
        units: widths of the hidden layers.
        activation: activation of the hidden layers; LeakyReLU lets gradients through everywhere.
        dropout: share of hidden units silenced in training.

    Returns:
        A model from samples (B, *input_shape) to logits (B, 1).
    """
    samples = keras.Input(input_shape, name="samples")
    x = layers.Flatten()(samples) if len(input_shape) > 1 else samples
    x = dense_stack(x, units, activation=activation, dropout=dropout)
    return keras.Model(samples, layers.Dense(1, dtype="float32")(x), name="discriminator")


@keras.saving.register_keras_serializable(package="gencourse")
class GAN(TapeModel):
    """A generator and a discriminator that play against each other.

    One training step: `discriminator_steps - 1` steps of the discriminator alone, then one step in which both move at
    the same time from one set of generated samples. A batch is cut in `discriminator_steps` equal parts, so that the
    discriminator never sees the same real samples twice in a step.

    Args:
        generator: model from latents (B, Z) to samples.
        discriminator: model from samples to logits (B, 1).
        loss: "non_saturating", "minimax", "least_squares" or "hinge".
        label_smoothing: s in [0, 0.5): real samples get the label 1 - s (one-sided).
        discriminator_steps: discriminator steps for each generator step.
        ema_decay: decay of the running average of the generator's weights, which then draws the samples; early on the
            average is shorter: at most (1 + step) / (10 + step). `None` keeps no average.
        clip_norm: largest global norm of each network's gradient; `None` clips nothing.
        seed: seed of the latents drawn in training.

    Example:
        >>> model = GAN(build_generator(), build_discriminator())
        >>> model.compile(generator_optimizer=keras.optimizers.Adam(2e-4, beta_1=0.5),
        ...               discriminator_optimizer=keras.optimizers.Adam(2e-4, beta_1=0.5))
        >>> model.fit(batches, epochs=10, steps_per_epoch=100)
        >>> images = model.generate(16, seed=1)

    Reference:
        Goodfellow et al., "Generative Adversarial Nets", 2014.
    """

    optimizer_roles = ("generator_optimizer", "discriminator_optimizer")

    def __init__(
        self,
        generator: keras.Model,
        discriminator: keras.Model,
        *,
        loss: str = "non_saturating",
        label_smoothing: float = 0.0,
        discriminator_steps: int = 1,
        ema_decay: float | None = None,
        clip_norm: float | None = None,
        seed: int = 0,
        **kwargs,
    ):
        super().__init__(seed=seed, **kwargs)
        if generator.output_shape[1:] != discriminator.input_shape[1:]:
            raise ValueError(
                "The generator must make what the discriminator reads. Received: a generator of samples "
                f"{generator.output_shape[1:]} and a discriminator of samples {discriminator.input_shape[1:]}."
            )
        if discriminator_steps < 1:
            raise ValueError(f"`discriminator_steps` must be at least 1. Received: {discriminator_steps}.")
        if ema_decay is not None and not 0.0 <= ema_decay < 1.0:
            raise ValueError(f"`ema_decay` must lie in [0, 1), or be None. Received: {ema_decay}.")
        self.generator = generator
        self.discriminator = discriminator
        self.loss_name = loss
        self.game = adversarial_loss(loss)
        self.label_smoothing = label_smoothing
        self.game.discriminator(ops.zeros((1, 1)), ops.zeros((1, 1)), label_smoothing)  # raises early
        self.discriminator_steps = discriminator_steps
        self.ema_decay = ema_decay
        self.clip_norm = clip_norm
        self.average_generator = None
        if ema_decay is not None:
            self.average_generator = keras.models.clone_model(generator)
            self.average_generator.set_weights(generator.get_weights())
            self.average_generator.trainable = False
        self.means = RunningMeans(["generator_loss", "discriminator_loss", "discriminator_accuracy"])

    @property
    def latent_dim(self) -> int:
        """Z, the numbers in one latent vector."""
        return self.generator.input_shape[-1]

    @property
    def metrics(self):
        return [self.means]

    def networks(self):
        return {"generator_optimizer": self.generator, "discriminator_optimizer": self.discriminator}

    def sampling_networks(self):
        return {"generator": self.average_generator or self.generator}

    def call(self, latents, training=False):
        return self.sampling_networks()["generator"](latents, training=training)

    def build(self, input_shape=None):
        self.built = True

    def draw_latents(self, n):
        """Latents of training: (n, Z), standard normal, from the model's own seed."""
        return keras.random.normal((n, self.latent_dim), seed=self.seed_generator)

    def train_step(self, data):
        real = data[0] if isinstance(data, tuple) else data
        if real.shape[1:] != self.discriminator.input_shape[1:]:
            raise ValueError(
                f"Expected real samples of shape (B, {', '.join(map(str, self.discriminator.input_shape[1:]))}). "
                f"Received: a batch of shape {tuple(real.shape)}."
            )
        if self.discriminator_steps > 1:
            if real.shape[0] is None or real.shape[0] % self.discriminator_steps:
                raise ValueError(
                    f"The batch is cut in discriminator_steps={self.discriminator_steps} equal parts, so its size "
                    f"must be fixed and a multiple of that. Received: a batch of {real.shape[0]}."
                )
            *alone, real = tf.split(real, self.discriminator_steps)
            for part in alone:
                self.discriminator_step(part)
        self._joint_step(real)
        return self.means.result()

    def discriminator_step(self, real):
        """One step of the discriminator alone, on real samples (B, ...) and as many generated ones."""
        generated = self.generator(self.draw_latents(tf.shape(real)[0]), training=True)
        with tf.GradientTape() as tape:
            loss = self.game.discriminator(
                self.discriminator(real, training=True),
                self.discriminator(generated, training=True),
                self.label_smoothing,
            )
            scaled = self.discriminator_optimizer.scale_loss(loss)
        gradients = tape.gradient(scaled, self.discriminator.trainable_variables)
        apply_gradients(gradients, self.discriminator, self.discriminator_optimizer, clip_norm=self.clip_norm)

    def _joint_step(self, real):
        latents = self.draw_latents(tf.shape(real)[0])  # (B, Z)
        with tf.GradientTape(persistent=True) as tape:
            generated = self.generator(latents, training=True)
            real_logits = self.discriminator(real, training=True)
            generated_logits = self.discriminator(generated, training=True)
            discriminator_loss = self.game.discriminator(real_logits, generated_logits, self.label_smoothing)
            generator_loss = self.game.generator(generated_logits)
            scaled_discriminator_loss = self.discriminator_optimizer.scale_loss(discriminator_loss)
            scaled_generator_loss = self.generator_optimizer.scale_loss(generator_loss)
        # Each loss moves its own player only: the other player's variables are not asked for.
        discriminator_gradients = tape.gradient(scaled_discriminator_loss, self.discriminator.trainable_variables)
        generator_gradients = tape.gradient(scaled_generator_loss, self.generator.trainable_variables)
        apply_gradients(
            discriminator_gradients,
            self.discriminator,
            self.discriminator_optimizer,
            clip_norm=self.clip_norm,
        )
        apply_gradients(generator_gradients, self.generator, self.generator_optimizer, clip_norm=self.clip_norm)
        if self.average_generator is not None:
            step = ops.cast(self.generator_optimizer.iterations, "float32")
            decay = ops.minimum(self.ema_decay, (1.0 + step) / (10.0 + step))
            update_average(self.average_generator, self.generator, decay)
        self._track(real_logits, generated_logits, discriminator_loss, generator_loss)

    def _track(self, real_logits, generated_logits, discriminator_loss, generator_loss):
        right = ops.mean(ops.cast(real_logits > self.game.boundary, "float32"))
        right += ops.mean(ops.cast(generated_logits <= self.game.boundary, "float32"))
        self.means.update_state(generator_loss, discriminator_loss, right / 2.0)

    def generate(self, n: int, *, seed: int = 0, latents=None) -> np.ndarray:
        """Draws samples from the averaged generator where there is one, else from the generator.

        Args:
            n: how many.
            seed: seed of the latents; the same seed gives the same samples.
            latents: shape (n, Z), to be used instead of random ones.

        Returns:
            float32 array of shape (n, *sample shape), in the generator's own range.

        Raises:
            ValueError: if `n` is below 1, or `latents` has another shape.
        """
        if n < 1:
            raise ValueError(f"`n` must be at least 1. Received: {n}.")
        if latents is None:
            latents = keras.random.normal((n, self.latent_dim), seed=seed)
        elif tuple(latents.shape) != (n, self.latent_dim):
            raise ValueError(
                f"`latents` must have shape {(n, self.latent_dim)}. Received: latents of shape {tuple(latents.shape)}."
            )
        parts = [self(latents[i : i + 500], training=False) for i in range(0, n, 500)]
        return np.concatenate([ops.convert_to_numpy(part) for part in parts]).astype("float32")

    def get_config(self):
        return {
            "generator": keras.saving.serialize_keras_object(self.generator),
            "discriminator": keras.saving.serialize_keras_object(self.discriminator),
            "loss": self.loss_name,
            "label_smoothing": self.label_smoothing,
            "discriminator_steps": self.discriminator_steps,
            "ema_decay": self.ema_decay,
            "clip_norm": self.clip_norm,
            "seed": self.seed,
            "name": self.name,
        }

    @classmethod
    def from_config(cls, config):
        networks = {
            role: keras.saving.deserialize_keras_object(config[role]) for role in ("generator", "discriminator")
        }
        return cls(**{**config, **networks})
