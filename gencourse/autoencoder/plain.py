"""Autoencoders: a network that copies its input through a narrow place, or mends what was done to it."""

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from gencourse.training import RunningMeans, TapeModel, apply_gradients

LOSSES = ("squared_error", "cross_entropy")


@keras.saving.register_keras_serializable(package="gencourse")
class Autoencoder(TapeModel):
    """An encoder and a decoder that together give back the image.

    With a corruption it is a denoising autoencoder: the encoder sees the damaged image, the loss asks for the whole
    one.

    Args:
        encoder: model from samples, or what the corruption makes of them, to codes.
        decoder: model from codes to samples.
        loss: "squared_error" takes the decoder's outputs as they are; "cross_entropy" takes them as logits of values in
            [0, 1], and learns faster on pictures that are mostly black or white.
        corruption: a layer such as `ClippedNoise`, applied to each batch in training only; None leaves it whole.
        clip_norm: largest global norm of the gradient; `None` clips nothing.
        seed: kept for the family's common signature; the corruption has its own.

    Example:
        >>> model = Autoencoder(build_encoder(code_dim=16), build_decoder(code_dim=16))
        >>> model.compile(optimizer=keras.optimizers.Adam(1e-3))
        >>> model.fit(batches, epochs=5, steps_per_epoch=100)
        >>> again = model.reconstruct(images)

    Reference:
        Vincent et al., "Extracting and Composing Robust Features with Denoising Autoencoders", 2008.
    """

    optimizer_roles = ("optimizer",)
    parts = ("encoder", "decoder", "corruption")

    def __init__(
        self,
        encoder: keras.Model,
        decoder: keras.Model,
        *,
        loss: str = "squared_error",
        corruption: keras.layers.Layer | None = None,
        clip_norm: float | None = None,
        seed: int = 0,
        **kwargs,
    ):
        super().__init__(seed=seed, **kwargs)
        code, expected = tuple(encoder.output_shape[1:]), tuple(decoder.input_shape[1:])
        if code != expected:
            raise ValueError(
                "The decoder must read what the encoder makes. Received: an encoder of codes "
                f"{code} and a decoder of codes {expected}."
            )
        if loss not in LOSSES:
            raise ValueError(f"`loss` must be one of {LOSSES}. Received: {loss!r}.")
        self.encoder = encoder
        self.decoder = decoder
        self.loss_name = loss
        self.corruption = corruption
        self.clip_norm = clip_norm
        # Mean and variance of the codes seen, along the last axis: what `generate` draws from.
        self.code_statistics = keras.layers.BatchNormalization(momentum=0.98, center=False, scale=False)
        self.code_statistics.build((None, *code))
        self.means = RunningMeans(["reconstruction_loss"])

    @property
    def metrics(self):
        return [self.means]

    def networks(self):
        return {"optimizer": self}

    def sampling_networks(self):
        return {"encoder": self.encoder, "decoder": self.decoder, "code_statistics": self.code_statistics}

    def call(self, codes, training=False):
        outputs = self.decoder(codes, training=training)
        return ops.sigmoid(outputs) if self.loss_name == "cross_entropy" else outputs

    def train_step(self, data):
        samples = data[0] if isinstance(data, tuple) else data
        self.check_batch(samples, self.decoder.output_shape[1:])
        seen = samples if self.corruption is None else self.corruption(samples)
        with tf.GradientTape() as tape:
            codes = self.encoder(seen, training=True)
            again = self.decoder(codes, training=True)
            if self.loss_name == "cross_entropy":
                loss = ops.mean(ops.softplus(again) - samples * again)
            else:
                loss = ops.mean(ops.square(again - samples))
            scaled = self.optimizer.scale_loss(loss)
        gradients = tape.gradient(scaled, self.trainable_variables)
        apply_gradients(gradients, self, self.optimizer, clip_norm=self.clip_norm)
        self.code_statistics(codes, training=True)
        self.means.update_state(loss)
        return self.means.result()

    def encode(self, samples) -> np.ndarray:
        """Codes of samples: (N, *sample shape) -> (N, Z). The samples go in as they are, without corruption."""
        return self._in_parts(lambda part: self.encoder(part, training=False), samples)

    def decode(self, codes) -> np.ndarray:
        """Samples of codes: (N, Z) -> (N, *sample shape)."""
        return self._in_parts(self, codes)

    def reconstruct(self, samples) -> np.ndarray:
        """Samples through encoder and decoder; damaged ones, in the form that the corruption gives, come out mended.

        Args:
            samples: (N, ...), what the encoder reads.

        Returns:
            float32 (N, *sample shape).
        """
        return self._in_parts(lambda part: self(self.encoder(part, training=False)), samples)

    @staticmethod
    def _in_parts(function, samples, at_once: int = 500):
        parts = [function(samples[i : i + at_once]) for i in range(0, len(samples), at_once)]
        return np.concatenate([ops.convert_to_numpy(part) for part in parts]).astype("float32")

    def generate(self, n: int, *, seed: int = 0, latents=None) -> np.ndarray:
        """Decodes codes from a Gaussian with the mean and variances of the codes seen in training.

        Nothing in an autoencoder's loss asks that such codes mean anything: this is a baseline, and lesson 03 the
        remedy.

        Args:
            n: how many.
            seed: the same seed gives the same samples.
            latents: shape (n, *code shape), standard normal, to be used instead of random ones.

        Returns:
            float32 (n, *sample shape).

        Raises:
            ValueError: if `n` is below 1, or `latents` has another shape.
        """
        latents = self.latents_for(n, self.decoder.input_shape[1:], seed=seed, latents=latents)
        spread = ops.sqrt(self.code_statistics.moving_variance)
        return self.decode(self.code_statistics.moving_mean + spread * latents)

    def settings(self):
        return {"loss": self.loss_name, "clip_norm": self.clip_norm}
