"""How images become maps of codes, and how the codes' likelihood is learned."""

import math

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from gencourse import losses
from gencourse.training import RunningMeans, TapeModel, apply_gradients

from .codebook import Codebook, perplexity, straight_through

LOSSES = ("absolute_error", "squared_error")
AT_ONCE = 250  # images that go through a network together


class CodingAutoencoder(keras.Model):
    """Encoder, codebook and decoder as one network: what the autoencoder's optimizer trains.

    Args:
        encoder: model from images (B, H, W, C) to vectors (B, h, w, D).
        codebook: a `Codebook` of vectors (D,).
        decoder: model from vectors (B, h, w, D) to images.
    """

    def __init__(self, encoder, codebook, decoder, **kwargs):
        super().__init__(name="autoencoder", **kwargs)
        self.encoder, self.codebook, self.decoder = encoder, codebook, decoder
        self.built = True

    def call(self, images, training=False):
        return self.decoder(self.codebook(self.encoder(images, training=training)), training=training)


class Coder(TapeModel):
    """An autoencoder whose middle is a map of codes, whole numbers, and a prior that learns which maps there are.

    Each training step moves the autoencoder, then the codebook, then the prior, which sees the codes as given: no
    gradient of its loss reaches the encoder.

    Args:
        encoder: model from images (B, H, W, C) to vectors (B, h, w, D), see `build_encoder`.
        decoder: model from vectors (B, h, w, D) to images, see `build_decoder`.
        codebook: a `Codebook` of vectors (D,).
        prior: a `CodePrior` of maps (h, w) and as many codes; None trains the autoencoder alone, which then cannot
            draw. If the prior is told classes, the batches are (images, labels).
        loss: of the reconstruction, a mean over pixels: "absolute_error", whose pictures are sharper, or
            "squared_error".
        commitment_weight: weight of the squared distance between what the encoder says and what is used in its place,
            a mean over numbers.
        clip_norm: largest global norm of each gradient; None clips nothing.
        label_dropout: share of labels that the prior, where it is told classes, sees as "no class" in training, in
            [0, 1].
        temperature: at which codes are drawn where nothing else is asked for, at least 0; below 1 likely codes become
            likelier still.
        guidance: weight of the class where nothing else is asked for, see `VQVAE.generate`.
        seed: of restarts and dropped labels in training.
    """

    parts = ("encoder", "decoder", "codebook", "prior")

    def __init__(
        self,
        encoder: keras.Model,
        decoder: keras.Model,
        codebook: Codebook,
        prior: keras.Model | None = None,
        *,
        loss: str = "absolute_error",
        commitment_weight: float = 1.0,
        clip_norm: float | None = None,
        label_dropout: float = 0.1,
        temperature: float = 1.0,
        guidance: float = 1.0,
        seed: int = 0,
        **kwargs,
    ):
        super().__init__(seed=seed, **kwargs)
        made, read = tuple(encoder.output_shape[1:]), tuple(decoder.input_shape[1:])
        if made != read or made[-1] != codebook.dim:
            raise ValueError(
                "Encoder, codebook and decoder must share one shape of vectors. Received: an encoder of "
                f"{made}, codes of {codebook.dim} numbers, and a decoder of {read}."
            )
        if prior is not None and (prior.grid, prior.codes) != (made[:-1], codebook.codes):
            raise ValueError(
                f"The prior must model maps {made[:-1]} of {codebook.codes} codes. "
                f"Received: one of maps {prior.grid} of {prior.codes} codes."
            )
        if loss not in LOSSES:
            raise ValueError(f"`loss` must be one of {LOSSES}. Received: {loss!r}.")
        if commitment_weight < 0:
            raise ValueError(f"`commitment_weight` must be at least 0. Received: {commitment_weight}.")
        if not 0.0 <= label_dropout <= 1.0:
            raise ValueError(f"`label_dropout` must lie in [0, 1]. Received: {label_dropout}.")
        self.encoder, self.decoder, self.codebook, self.prior = encoder, decoder, codebook, prior
        self.autoencoder = CodingAutoencoder(encoder, codebook, decoder)
        self.loss_name, self.commitment_weight, self.clip_norm = loss, commitment_weight, clip_norm
        self.label_dropout, self.temperature, self.guidance = label_dropout, temperature, guidance
        self.optimizer_roles = ("autoencoder_optimizer", *([] if prior is None else ["prior_optimizer"]))
        names = ["reconstruction_loss", "commitment_loss", "perplexity", "restarted"]
        self.means = RunningMeans([*names, *([] if prior is None else ["code_nats"])])

    @property
    def grid(self) -> tuple[int, int]:
        """(h, w), places of a map of codes."""
        return tuple(self.decoder.input_shape[1:3])

    @property
    def image_shape(self) -> tuple[int, ...]:
        """(H, W, C)."""
        return tuple(self.decoder.output_shape[1:])

    @property
    def classes(self) -> int | None:
        """K, the number of classes that the prior is told; None where it is told none."""
        return getattr(self.prior, "classes", None)

    @property
    def metrics(self):
        return [self.means]

    def networks(self):
        found = {"autoencoder_optimizer": self.autoencoder}
        return found if self.prior is None else {**found, "prior_optimizer": self.prior}

    def sampling_networks(self):
        found = {"encoder": self.encoder, "decoder": self.decoder, "codebook": self.codebook}
        return found if self.prior is None else {**found, "prior": self.prior}

    def call(self, images, training=False):
        return self.autoencoder(images, training=training)

    def _split_batch(self, data):
        """Images and labels of a batch; None for labels where the prior is told none."""
        parts = data if isinstance(data, tuple) else (data,)
        if self.classes is not None and (len(parts) != 2 or len(parts[1].shape) != 1):
            raise ValueError(
                "A model with classes learns from batches (images, labels), labels of shape (B,). Received: a batch "
                f"of shape {[tuple(part.shape) for part in parts]}."
            )
        self.check_batch(parts[0], self.image_shape)
        return parts[0], None if self.classes is None else parts[1]

    def _reconstruction_loss(self, images, again):
        errors = again - images
        return ops.mean(ops.abs(errors) if self.loss_name == "absolute_error" else ops.square(errors))

    def _code_nats(self, codes, labels, training=False):
        """-log p(codes), (B,)."""
        logits = self.prior(codes if labels is None else [codes, labels], training=training)
        flat = ops.reshape(logits, (-1, math.prod(self.grid), self.prior.codes))
        return ops.sum(losses.token_nats(flat, ops.reshape(codes, (-1, math.prod(self.grid)))), axis=-1)

    def _step(self, images, training):
        """The autoencoder's losses on a batch, and the vectors and codes on the way."""
        vectors = self.encoder(images, training=training)
        codes = self.codebook.nearest(vectors)
        used = self.codebook.look_up(codes)
        again = self.decoder(straight_through(vectors, used), training=training)
        reconstruction = self._reconstruction_loss(images, again)
        commitment = ops.mean(ops.square(vectors - ops.stop_gradient(used)))
        loss = reconstruction + self.commitment_weight * commitment
        if self.codebook.learning == "gradient":
            loss = loss + ops.mean(ops.square(ops.stop_gradient(vectors) - used))
        return loss, reconstruction, commitment, vectors, codes

    def train_step(self, data):
        images, labels = self._split_batch(data)
        with tf.GradientTape() as tape:
            loss, reconstruction, commitment, vectors, codes = self._step(images, training=True)
            scaled = self.autoencoder_optimizer.scale_loss(loss)
        gradients = tape.gradient(scaled, self.autoencoder.trainable_variables)
        apply_gradients(gradients, self.autoencoder, self.autoencoder_optimizer, clip_norm=self.clip_norm)
        # The count of steps has changed once the gradients are known to be finite: a NaN must not reach the codebook.
        with tf.control_dependencies([tf.identity(self.autoencoder_optimizer.iterations)]):
            restarted = self.codebook.learn(vectors, codes, seed=self.seed_generator)
        measured = [reconstruction, commitment, self._perplexity(codes), restarted]
        if self.prior is not None:
            if labels is not None:
                dropped = keras.random.uniform(ops.shape(labels), seed=self.seed_generator) < self.label_dropout
                labels = ops.where(dropped, self.classes, ops.cast(labels, "int32"))
            with tf.GradientTape() as tape:
                nats = ops.mean(self._code_nats(codes, labels, training=True))
                scaled = self.prior_optimizer.scale_loss(nats)
            gradients = tape.gradient(scaled, self.prior.trainable_variables)
            apply_gradients(gradients, self.prior, self.prior_optimizer, clip_norm=self.clip_norm)
            measured.append(nats)
        self.means.update_state(*measured)
        return self.means.result()

    def test_step(self, data):
        images, labels = self._split_batch(data)
        _, reconstruction, commitment, _, codes = self._step(images, training=False)
        measured = [reconstruction, commitment, self._perplexity(codes), 0.0]
        if self.prior is not None:
            measured.append(ops.mean(self._code_nats(codes, labels)))
        self.means.update_state(*measured)
        return self.means.result()

    def _perplexity(self, codes):
        counts = tf.math.bincount(tf.reshape(codes, (-1,)), minlength=self.codebook.codes, dtype="float32")
        return perplexity(counts)

    def encode(self, images) -> np.ndarray:
        """The code of each place: images (N, H, W, C) -> whole numbers from 0 to K - 1, int32 (N, h, w).

        Raises:
            ValueError: if the images have another shape.
        """
        images = np.asarray(images, "float32")
        self.check_batch(images, self.image_shape)
        return in_parts(lambda part: self.codebook.nearest(self.encoder(part, training=False)), images)

    def decode(self, codes) -> np.ndarray:
        """Images of maps of codes: whole numbers (N, h, w) -> float32 (N, H, W, C).

        Raises:
            ValueError: if the maps have another shape, or hold numbers that are no codes.
        """
        codes = self.checked_codes(codes)
        return in_parts(lambda part: self.decoder(self.codebook.look_up(part), training=False), codes)

    def reconstruct(self, images) -> np.ndarray:
        """Images through their codes: (N, H, W, C) -> float32 (N, H, W, C)."""
        return self.decode(self.encode(images))

    def code_use(self, images) -> dict[str, float]:
        """How the codes are used for images.

        Args:
            images: (N, H, W, C).

        Returns:
            "perplexity": as many codes, used equally often, would be as varied; "used": share of the codes that stand
            for anything in these images.
        """
        counts = np.bincount(self.encode(images).ravel(), minlength=self.codebook.codes)
        return {"perplexity": float(perplexity(counts.astype("float32"))), "used": float(np.mean(counts > 0))}

    def checked_codes(self, codes):
        codes = np.asarray(codes)
        whole = codes.dtype.kind in "iu" and codes.shape[1:] == self.grid
        if not whole or (codes.size and (codes.min() < 0 or codes.max() >= self.codebook.codes)):
            raise ValueError(
                f"`codes` must be whole numbers from 0 to {self.codebook.codes - 1}, maps {self.grid}. "
                f"Received: {codes.dtype} of shape {codes.shape}."
            )
        return codes.astype("int32")

    def settings(self):
        return {
            "loss": self.loss_name,
            "commitment_weight": self.commitment_weight,
            "clip_norm": self.clip_norm,
            "label_dropout": self.label_dropout,
            "temperature": self.temperature,
            "guidance": self.guidance,
        }


def in_parts(function, *arrays):
    """A function of some rows at a time; None stays None."""
    parts = []
    for start in range(0, len(arrays[0]), AT_ONCE):
        given = [None if a is None else a[start : start + AT_ONCE] for a in arrays]
        parts.append(ops.convert_to_numpy(function(*given)))
    return np.concatenate(parts)
