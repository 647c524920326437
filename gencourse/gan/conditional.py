"""Conditional games: both players are told a class."""

import keras
import numpy as np
import tensorflow as tf
from keras import layers, ops

from .game import GAN, told


@keras.saving.register_keras_serializable(package="gencourse")
class LabelPlanes(layers.Layer):
    """One channel for each class: all ones for the image's own class, all zeros for the others.

    Args:
        classes: K.
        height: H. width: W.

    Returns:
        From labels (B,) to float32 planes (B, H, W, K).
    """

    def __init__(self, classes: int, height: int, width: int, **kwargs):
        super().__init__(**kwargs)
        self.classes, self.height, self.width = classes, height, width

    def call(self, labels):
        one_hot = ops.one_hot(ops.cast(labels, "int32"), self.classes, dtype=self.compute_dtype)  # (B, K)
        planes = one_hot[:, None, None, :]
        return planes + ops.zeros((1, self.height, self.width, 1), self.compute_dtype)  # (B, H, W, K)

    def compute_output_shape(self, input_shape):
        return (input_shape[0], self.height, self.width, self.classes)

    def compute_output_spec(self, labels):
        return keras.KerasTensor(self.compute_output_shape(labels.shape), self.compute_dtype)

    def get_config(self):
        return {**super().get_config(), "classes": self.classes, "height": self.height, "width": self.width}


def condition_generator(generator: keras.Model, *, classes: int, embedding_dim: int = 16) -> keras.Model:
    """Puts a label beside the latents of a generator.

    Args:
        generator: model from inputs (B, Z + embedding_dim) to samples.
        classes: K.
        embedding_dim: numbers that a class is turned into; they are learnt.

    Returns:
        A model from [latents (B, Z), labels (B,)] to samples.

    Raises:
        ValueError: if the generator reads no more numbers than the embedding has.

    Reference:
        Mirza and Osindero, "Conditional Generative Adversarial Nets", 2014.
    """
    latent_dim = generator.inputs[0].shape[-1] - embedding_dim
    if latent_dim < 1:
        raise ValueError(
            f"The generator must read more than embedding_dim={embedding_dim} numbers. "
            f"Received: one that reads {generator.inputs[0].shape[-1]}."
        )
    latents = keras.Input((latent_dim,), name="latents")
    labels = keras.Input((), dtype="int32", name="labels")
    embedded = layers.Embedding(classes, embedding_dim, embeddings_initializer="random_normal")(labels)
    samples = generator(layers.Concatenate()([latents, embedded]))
    return keras.Model([latents, labels], samples, name="conditional_generator")


CONDITIONINGS = ("planes", "projection", "auxiliary")


def condition_discriminator(
    discriminator: keras.Model, *, classes: int, conditioning: str = "projection"
) -> keras.Model:
    """Tells a discriminator the class it should judge by, in one of three ways.

    Args:
        discriminator: model from samples to logits (B, 1) whose last layer is Dense; "planes" needs one that reads
            (H, W, C + K).
        classes: K.
        conditioning: "planes" puts one channel for each class beside the image; "projection" adds the product of the
            last hidden layer and a learnt vector of the class to the logit; "auxiliary" does not tell the class, but
            asks for it, by a second output.

    Returns:
        A model from [samples, labels (B,)] to logits (B, 1); with "auxiliary" from samples to [logits (B, 1), class
        logits (B, K)].

    Raises:
        ValueError: if the conditioning is unknown, or the network does not fit it.

    Reference:
        Mirza and Osindero, "Conditional Generative Adversarial Nets", 2014; Miyato and Koyama, "cGANs with Projection
        Discriminator", 2018; Odena, Olah and Shlens, "Conditional Image Synthesis with Auxiliary Classifier GANs",
        2017.
    """
    if conditioning not in CONDITIONINGS:
        raise ValueError(f"`conditioning` must be one of {CONDITIONINGS}. Received: {conditioning!r}.")
    labels = keras.Input((), dtype="int32", name="labels")
    if conditioning == "planes":
        height, width, channels = discriminator.inputs[0].shape[1:]
        if channels <= classes:
            raise ValueError(
                f"With label planes the discriminator must read the image's channels and {classes} more. "
                f"Received: one that reads {channels} channels."
            )
        samples = keras.Input((height, width, channels - classes), name="samples")
        planes = LabelPlanes(classes, height, width)(labels)
        logits = discriminator(layers.Concatenate()([samples, planes]))
        return keras.Model([samples, labels], logits, name="conditional_discriminator")
    last = discriminator.layers[-1]
    if not isinstance(last, layers.Dense):
        raise ValueError(f"The discriminator's last layer must be Dense. Received: {type(last).__name__}.")
    samples, hidden = discriminator.inputs[0], last.input
    if conditioning == "auxiliary":
        named = layers.Dense(classes, dtype="float32", name="class_logits")(hidden)
        return keras.Model(samples, [discriminator.outputs[0], named], name="conditional_discriminator")
    direction = layers.Embedding(classes, hidden.shape[-1], embeddings_initializer="zeros")(labels)  # (B, D)
    agreement = layers.Dot(axes=-1, dtype="float32")([hidden, direction])  # (B, 1)
    logits = layers.Add(dtype="float32")([discriminator.outputs[0], agreement])
    return keras.Model([samples, labels], logits, name="conditional_discriminator")


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
        return next(x.input_dim for x in self.generator.layers if isinstance(x, layers.Embedding))

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
        labels = np.arange(n) % self.classes if labels is None else np.asarray(labels)
        if labels.ndim == 0:
            labels = np.full(n, labels)
        whole = np.issubdtype(labels.dtype, np.integer) and labels.shape == (n,)
        if not whole or labels.min() < 0 or labels.max() >= self.classes:
            raise ValueError(
                f"`labels` must be {n} whole numbers from 0 to {self.classes - 1}. Received: {labels.dtype} of shape "
                f"{labels.shape}, from {labels.min()} to {labels.max()}."
            )
        return self._drawn(latents, (labels.astype("int32"),))

    def settings(self):
        return {**super().settings(), "auxiliary_weight": self.auxiliary_weight}
