"""The two-player game: its training step, and how samples are drawn."""

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from gencourse.losses import adversarial_loss, r1_penalty
from gencourse.training import RunningMeans, TapeModel, apply_gradients, update_average


def told(first, condition):
    """What a network is called with: its main input alone, or with the conditions beside it."""
    return [first, *condition] if condition else first


@keras.saving.register_keras_serializable(package="gencourse")
class GAN(TapeModel):
    """A generator and a discriminator that play against each other.

    One training step: `discriminator_steps - 1` steps of the discriminator alone, then one step in which both move at
    the same time from one set of generated samples. A batch is cut in `discriminator_steps` equal parts, so that the
    discriminator never sees the same real samples twice in a step. Labels in the data are left aside.

    Args:
        generator: model from latents (B, Z) to samples.
        discriminator: model from samples to logits (B, 1).
        loss: "non_saturating", "minimax", "least_squares" or "hinge".
        label_smoothing: s in [0, 0.5): real samples get the label 1 - s (one-sided).
        discriminator_steps: discriminator steps for each generator step.
        ema_decay: decay of the running average of the generator's weights, which then draws the samples; early on the
            average is shorter: at most (1 + step) / (10 + step). `None` keeps no average.
        clip_norm: largest global norm of each network's gradient; `None` clips nothing.
        r1_weight: weight of the squared slope at real samples in the discriminator's loss (half of it is paid); 0 asks
            for none.
        r1_every: the slope is looked at in every so many of its steps only, and then counts as many times.
        seed: seed of the latents drawn in training.

    Example:
        >>> model = GAN(build_generator(), build_discriminator())
        >>> model.compile(generator_optimizer=keras.optimizers.Adam(2e-4, beta_1=0.5),
        ...               discriminator_optimizer=keras.optimizers.Adam(2e-4, beta_1=0.5))
        >>> model.fit(batches, epochs=10, steps_per_epoch=100)
        >>> images = model.generate(16, seed=1)

    Reference:
        Goodfellow et al., "Generative Adversarial Nets", 2014; the penalty: Mescheder et al., "Which Training Methods
        for GANs do actually Converge?", 2018.
    """

    optimizer_roles = ("generator_optimizer", "discriminator_optimizer")
    parts = ("generator", "discriminator")
    #: names of what `_measure` returns
    measures = ("generator_loss", "discriminator_loss", "discriminator_accuracy")

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
        r1_weight: float = 0.0,
        r1_every: int = 1,
        seed: int = 0,
        **kwargs,
    ):
        super().__init__(seed=seed, **kwargs)
        made, read = tuple(generator.output_shape[1:]), tuple(discriminator.inputs[0].shape[1:])
        if made != read:
            raise ValueError(
                "The generator must make what the discriminator reads. Received: a generator of samples "
                f"{made} and a discriminator of samples {read}."
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
        if r1_weight < 0 or r1_every < 1:
            raise ValueError(
                f"`r1_weight` must be at least 0 and `r1_every` at least 1. Received: {r1_weight} and {r1_every}."
            )
        self.r1_weight, self.r1_every = r1_weight, r1_every
        self.average_generator = None
        if ema_decay is not None:
            self.average_generator = keras.models.clone_model(generator)
            self.average_generator.set_weights(generator.get_weights())
            self.average_generator.trainable = False
        self.means = RunningMeans(self.measures)

    @property
    def latent_dim(self) -> int:
        """Z, the numbers in one latent vector."""
        return self.generator.inputs[0].shape[-1]

    @property
    def metrics(self):
        return [self.means]

    def networks(self):
        return {"generator_optimizer": self.generator, "discriminator_optimizer": self.discriminator}

    def sampling_networks(self):
        return {"generator": self.average_generator or self.generator}

    def call(self, inputs, training=False):
        return self.sampling_networks()["generator"](inputs, training=training)

    def draw_latents(self, n):
        """Latents of training: (n, Z), standard normal, from the model's own seed."""
        return keras.random.normal((n, self.latent_dim), seed=self.seed_generator)

    def split_batch(self, data):
        """Returns the real samples of a batch, and a tuple of what both networks are told beside: here nothing."""
        return (data[0] if isinstance(data, tuple) else data), ()

    def train_step(self, data):
        real, condition = self.split_batch(data)
        self.check_batch(real, self.generator.output_shape[1:])
        if self.discriminator_steps > 1:
            if real.shape[0] is None or real.shape[0] % self.discriminator_steps:
                raise ValueError(
                    f"The batch is cut in discriminator_steps={self.discriminator_steps} equal parts, so its size "
                    f"must be fixed and a multiple of that. Received: a batch of {real.shape[0]}."
                )
            parts = zip(*(tf.split(part, self.discriminator_steps) for part in (real, *condition)), strict=True)
            *alone, (real, *condition) = parts
            for part, *told_beside in alone:
                self.discriminator_step(part, tuple(told_beside))
        self._joint_step(real, tuple(condition))
        return self.means.result()

    def _generated(self, n, condition):
        return self.generator(told(self.draw_latents(n), condition), training=True)

    def _judged(self, samples, condition):
        return self.discriminator(told(samples, condition), training=True)

    def discriminator_loss(self, real_outputs, generated_outputs, condition=()):
        """The discriminator's side of the game, from what it answered; a subclass may add to it."""
        return self.game.discriminator(real_outputs, generated_outputs, self.label_smoothing)

    def generator_loss(self, generated_outputs, condition=()):
        """The generator's side of the game, from what the discriminator answered; a subclass may add to it."""
        return self.game.generator(generated_outputs)

    def penalty(self, real, generated, condition=()):
        """What the discriminator's loss pays for its own slope; None where it pays nothing."""
        if not self.r1_weight:
            return None
        penalty = 0.5 * self.r1_weight * self.r1_every

        def paid():
            return penalty * r1_penalty(lambda samples: self._judged(samples, condition), real)

        if self.r1_every == 1:
            return paid()
        now = self.discriminator_optimizer.iterations % self.r1_every == 0
        return tf.cond(now, paid, lambda: 0.0)

    def after_discriminator(self):
        """Called when the discriminator has moved; does nothing here."""
        return  # AutoGraph cannot read a function of words alone

    def _paid(self, loss, real, generated, condition):
        penalty = self.penalty(real, generated, condition)
        return loss if penalty is None else loss + penalty

    def discriminator_step(self, real, condition=()):
        """One step of the discriminator alone, on real samples (B, ...) and as many generated ones."""
        generated = self._generated(tf.shape(real)[0], condition)
        with tf.GradientTape() as tape:
            real_outputs, generated_outputs = self._judged(real, condition), self._judged(generated, condition)
            loss = self.discriminator_loss(real_outputs, generated_outputs, condition)
            scaled = self.discriminator_optimizer.scale_loss(self._paid(loss, real, generated, condition))
        gradients = tape.gradient(scaled, self.discriminator.trainable_variables)
        apply_gradients(gradients, self.discriminator, self.discriminator_optimizer, clip_norm=self.clip_norm)
        self.after_discriminator()

    def _joint_step(self, real, condition=()):
        with tf.GradientTape(persistent=True) as tape:
            generated = self._generated(tf.shape(real)[0], condition)
            real_outputs, generated_outputs = self._judged(real, condition), self._judged(generated, condition)
            discriminator_loss = self.discriminator_loss(real_outputs, generated_outputs, condition)
            generator_loss = self.generator_loss(generated_outputs, condition)
            paid = self._paid(discriminator_loss, real, generated, condition)
            scaled_discriminator_loss = self.discriminator_optimizer.scale_loss(paid)
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
        self.after_discriminator()
        apply_gradients(generator_gradients, self.generator, self.generator_optimizer, clip_norm=self.clip_norm)
        if self.average_generator is not None:
            step = ops.cast(self.generator_optimizer.iterations, "float32")
            decay = ops.minimum(self.ema_decay, (1.0 + step) / (10.0 + step))
            update_average(self.average_generator, self.generator, decay)
        self._track(real_outputs, generated_outputs, discriminator_loss, generator_loss, condition)

    def _track(self, real_outputs, generated_outputs, discriminator_loss, generator_loss, condition=()):
        right = ops.mean(ops.cast(real_outputs > self.game.boundary, "float32"))
        right += ops.mean(ops.cast(generated_outputs <= self.game.boundary, "float32"))
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
        return self._drawn(self.latents_for(n, (self.latent_dim,), seed=seed, latents=latents), ())

    def _drawn(self, latents, condition, at_once: int = 500):
        parts = []
        for start in range(0, len(latents), at_once):
            part = slice(start, start + at_once)
            parts.append(self(told(latents[part], [beside[part] for beside in condition]), training=False))
        return np.concatenate([ops.convert_to_numpy(part) for part in parts]).astype("float32")

    def settings(self):
        return {
            "loss": self.loss_name,
            "label_smoothing": self.label_smoothing,
            "discriminator_steps": self.discriminator_steps,
            "ema_decay": self.ema_decay,
            "clip_norm": self.clip_norm,
            "r1_weight": self.r1_weight,
            "r1_every": self.r1_every,
        }
