"""Conditional games: both players are told a class."""

import keras
import numpy as np
import tensorflow as tf
from keras import layers, ops

from .conditioning import ClassScale
from .game import GAN, told


@keras.saving.register_keras_serializable(package="gencourse")
class ConditionalGAN(GAN):
    """A GAN whose players are told a class, so that samples can be asked for by class.

    Args:
        generator: model from [latents (B, Z), labels (B,)] to samples: see `condition_generator`.
        discriminator: what `condition_discriminator` returns.
        auxiliary_weight: weight of the cross-entropy of the class, in both players' losses, where the discriminator
            names classes; without effect elsewhere.
        **kwargs: as in `GAN`.

    Example:
        >>> model = ConditionalGAN(condition_generator(generator, classes=10),
        ...                        condition_discriminator(discriminator, classes=10))
        >>> model.fit(batches_of_images_and_labels, ...)
        >>> threes = model.generate(8, labels=np.full(8, 3), seed=1)

    Reference:
        Mirza and Osindero, "Conditional Generative Adversarial Nets", 2014; Odena, Olah and Shlens, "Conditional Image
        Synthesis with Auxiliary Classifier GANs", 2017.
    """

    def __init__(self, generator, discriminator, *, auxiliary_weight: float = 1.0, **kwargs):
        super().__init__(generator, discriminator, **kwargs)
        if auxiliary_weight < 0:
            raise ValueError(f"`auxiliary_weight` must be at least 0. Received: {auxiliary_weight}.")
        if len(generator.inputs) != 2:
            raise ValueError(
                "The generator must read latents and labels; `condition_generator` makes one. "
                f"Received: a generator of {len(generator.inputs)} inputs."
            )
        self.auxiliary_weight = auxiliary_weight
        self.names_classes = len(discriminator.outputs) == 2

    @property
    def classes(self) -> int:
        """K, the number of classes."""
        reading = next(x for x in self.generator.layers if isinstance(x, (layers.Embedding, ClassScale)))
        return reading.classes if isinstance(reading, ClassScale) else reading.input_dim

    def split_batch(self, data):
        if not isinstance(data, tuple) or len(data) != 2 or len(data[1].shape) != 1:
            raise ValueError(
                "A conditional GAN learns from batches (samples, labels), labels of shape (B,). Received: a batch of "
                f"shape {[tuple(part.shape) for part in tf.nest.flatten(data)]}."
            )
        return data[0], (data[1],)

    def _judged(self, samples, condition):
        return self.discriminator(samples if self.names_classes else told(samples, condition), training=True)

    def _class_loss(self, class_logits, condition):
        losses = ops.sparse_categorical_crossentropy(condition[0], class_logits, from_logits=True)
        return self.auxiliary_weight * ops.mean(losses)

    def discriminator_loss(self, real_outputs, generated_outputs, condition=()):
        if not self.names_classes:
            return super().discriminator_loss(real_outputs, generated_outputs)
        loss = super().discriminator_loss(real_outputs[0], generated_outputs[0])
        return loss + self._class_loss(real_outputs[1], condition)

    def generator_loss(self, generated_outputs, condition=()):
        if not self.names_classes:
            return super().generator_loss(generated_outputs)
        return super().generator_loss(generated_outputs[0]) + self._class_loss(generated_outputs[1], condition)

    def _track(self, real_outputs, generated_outputs, discriminator_loss, generator_loss, condition=()):
        if self.names_classes:
            real_outputs, generated_outputs = real_outputs[0], generated_outputs[0]
        super()._track(real_outputs, generated_outputs, discriminator_loss, generator_loss)

    def generate(self, n: int, *, seed: int = 0, latents=None, labels=None) -> np.ndarray:
        """Draws samples by class.

        Args:
            n: how many.
            seed: seed of the latents; the same seed gives the same samples.
            latents: shape (n, Z), to be used instead of random ones.
            labels: the class of each sample, whole numbers (n,), or one for all; by default 0, 1, 2, … in turn.

        Returns:
            float32 array of shape (n, *sample shape), in the generator's own range.

        Raises:
            ValueError: if `n` is below 1, or latents or labels do not fit.
        """
        latents = self.latents_for(n, (self.latent_dim,), seed=seed, latents=latents)
        return self._drawn(latents, (self.labels_for(n, labels),))

    def settings(self):
        return {**super().settings(), "auxiliary_weight": self.auxiliary_weight}
