"""The variational autoencoder: a decoder that is a generative model, and an encoder that makes it trainable."""

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from gencourse import sampling
from gencourse.losses import bernoulli_log_likelihood, gaussian_log_likelihood, kl_to_standard_normal
from gencourse.training import RunningMeans, TapeModel, apply_gradients

from .draws import reparametrise

LIKELIHOODS = ("bernoulli", "gaussian")


@keras.saving.register_keras_serializable(package="gencourse")
class VAE(TapeModel):
    """An encoder q(z|x) and a decoder p(x|z), trained together on the evidence lower bound (ELBO).

    log p(x) >= E_q[log p(x|z)] - KL(q(z|x) || p(z)), with a standard normal p(z).

    Args:
        encoder: model from samples to (B, 2·Z): means, then log-variances.
        decoder: model from latents (B, Z) to logits ("bernoulli") or means ("gaussian"), (B, *sample shape).
        likelihood: "bernoulli" for zeros and ones, "gaussian" for real numbers.
        binarise: draw zeros and ones from the grey values of each training batch, anew each time.
        observation_std: standard deviation of the Gaussian likelihood, one for all pixels; None learns it.
        beta: weight of the KL term; 1 is the bound itself.
        warm_up_steps: the weight of the KL term rises from 0 to `beta` over so many steps.
        free_bits: nats for each latent that cost nothing: its KL, averaged over the batch, counts from there on.
        clip_norm: largest global norm of the gradient; `None` clips nothing.
        seed: of the noise in training.

    Example:
        >>> model = VAE(build_encoder(code_dim=2 * 20), build_decoder(code_dim=20, output_activation="linear"))
        >>> model.compile(optimizer=keras.optimizers.Adam(1e-3))
        >>> model.fit(batches_in_unit_range, epochs=10, steps_per_epoch=100)
        >>> nats = -model.elbo(binary_images)["elbo"].mean()

    Reference:
        Kingma and Welling, "Auto-Encoding Variational Bayes", 2014; β: Higgins et al., "beta-VAE", 2017; free bits:
        Kingma et al., "Improved Variational Inference with Inverse Autoregressive Flow", 2016.
    """

    optimizer_roles = ("optimizer",)
    parts = ("encoder", "decoder")

    def __init__(
        self,
        encoder: keras.Model,
        decoder: keras.Model,
        *,
        likelihood: str = "bernoulli",
        binarise: bool = False,
        observation_std: float | None = None,
        beta: float = 1.0,
        warm_up_steps: int = 0,
        free_bits: float = 0.0,
        clip_norm: float | None = None,
        seed: int = 0,
        **kwargs,
    ):
        super().__init__(seed=seed, **kwargs)
        made, read = encoder.output_shape[-1], decoder.input_shape[-1]
        if made != 2 * read:
            raise ValueError(
                "The encoder must give a mean and a log-variance for each latent: twice as many numbers as the decoder "
                f"reads. Received: an encoder of {made} and a decoder of {read}."
            )
        if likelihood not in LIKELIHOODS:
            raise ValueError(f"`likelihood` must be one of {LIKELIHOODS}. Received: {likelihood!r}.")
        if binarise and likelihood != "bernoulli":
            raise ValueError(f"Zeros and ones need a Bernoulli likelihood. Received: likelihood={likelihood!r}.")
        if observation_std is not None and (likelihood != "gaussian" or observation_std <= 0):
            raise ValueError(
                "`observation_std` must be positive and belongs to the Gaussian likelihood. "
                f"Received: {observation_std} with likelihood={likelihood!r}."
            )
        if beta < 0 or warm_up_steps < 0 or free_bits < 0:
            raise ValueError(
                "`beta`, `warm_up_steps` and `free_bits` must be at least 0. "
                f"Received: {beta}, {warm_up_steps}, {free_bits}."
            )
        self.encoder = encoder
        self.decoder = decoder
        self.likelihood = likelihood
        self.binarise = binarise
        self.observation_std = observation_std
        self.beta, self.warm_up_steps, self.free_bits = beta, warm_up_steps, free_bits
        self.clip_norm = clip_norm
        self.log_std = None
        if likelihood == "gaussian":
            self.log_std = self.add_weight(
                shape=(),
                initializer=keras.initializers.Constant(np.log(observation_std or 0.5)),
                trainable=observation_std is None,
                name="log_observation_std",
            )
        self.means = RunningMeans(["loss", "reconstruction_loss", "kl"])

    @property
    def latent_dim(self) -> int:
        """Z, the numbers in one latent vector."""
        return self.decoder.input_shape[-1]

    @property
    def metrics(self):
        return [self.means]

    def networks(self):
        return {"optimizer": self}

    def sampling_networks(self):
        return {"encoder": self.encoder, "decoder": self.decoder}

    def call(self, latents, training=False):
        outputs = self.decoder(latents, training=training)
        return ops.sigmoid(outputs) if self.likelihood == "bernoulli" else outputs

    def _posterior(self, samples, training=False):
        """Means and log-variances of q(z|x): (B, ...) -> two of (B, Z)."""
        mean, log_variance = ops.split(self.encoder(samples, training=training), 2, axis=-1)
        return mean, log_variance

    def _log_likelihood(self, samples, outputs):
        """log p(x|z) from what the decoder answered, (B,)."""
        if self.likelihood == "bernoulli":
            return bernoulli_log_likelihood(samples, outputs)
        return gaussian_log_likelihood(samples, outputs, 2.0 * self.log_std)

    def train_step(self, data):
        samples = data[0] if isinstance(data, tuple) else data
        self.check_batch(samples, self.decoder.output_shape[1:])
        if self.binarise:
            samples = sampling.binary_draw(samples, seed=self.seed_generator)
        with tf.GradientTape() as tape:
            mean, log_variance = self._posterior(samples, training=True)
            latents = reparametrise(mean, log_variance, seed=self.seed_generator)
            reconstruction = -ops.mean(self._log_likelihood(samples, self.decoder(latents, training=True)))
            each = ops.mean(kl_to_standard_normal(mean, log_variance), axis=0)  # (Z,)
            charged = ops.sum(ops.maximum(each, self.free_bits) if self.free_bits else each)
            loss = reconstruction + self._kl_weight() * charged
            scaled = self.optimizer.scale_loss(loss)
        gradients = tape.gradient(scaled, self.trainable_variables)
        apply_gradients(gradients, self, self.optimizer, clip_norm=self.clip_norm)
        self.means.update_state(loss, reconstruction, ops.sum(each))
        return self.means.result()

    def _kl_weight(self):
        if not self.warm_up_steps:
            return self.beta
        step = ops.cast(self.optimizer.iterations, "float32")
        return self.beta * ops.minimum(1.0, step / self.warm_up_steps)

    def encode(self, samples) -> tuple[np.ndarray, np.ndarray]:
        """Means and log-variances of the latents of samples: (N, ...) -> two arrays (N, Z)."""
        parts = [self._posterior(part) for part in _parts(samples)]
        return tuple(np.concatenate([ops.convert_to_numpy(part[i]) for part in parts]) for i in (0, 1))

    def decode(self, latents) -> np.ndarray:
        """Pixel probabilities ("bernoulli") or means ("gaussian") of latents: (N, Z) -> (N, *sample shape)."""
        return np.concatenate([ops.convert_to_numpy(self(part)) for part in _parts(latents)]).astype("float32")

    def reconstruct(self, samples) -> np.ndarray:
        """Samples through the mean of their latents: (N, ...) -> (N, ...), probabilities or means."""
        return self.decode(self.encode(samples)[0])

    def elbo(self, samples, *, seed: int = 0) -> dict[str, np.ndarray]:
        """The evidence lower bound of each sample, with one draw of its latents and the KL term in closed form.

        Args:
            samples: (N, *sample shape): zeros and ones for "bernoulli", or the numbers are no likelihood.
            seed: of the draws.

        Returns:
            float32 arrays (N,), in nats: "elbo", and its parts "reconstruction", E[log p(x|z)], and "kl".

        Raises:
            ValueError: if the samples have another shape, or are not zeros and ones where they must be.
        """
        self._check_likelihood(samples)
        draws = keras.random.SeedGenerator(seed)
        likelihoods, divergences = [], []
        for part in _parts(samples):
            mean, log_variance = self._posterior(part)
            latents = reparametrise(mean, log_variance, seed=draws)
            likelihoods.append(ops.convert_to_numpy(self._log_likelihood(part, self.decoder(latents))))
            divergences.append(ops.convert_to_numpy(ops.sum(kl_to_standard_normal(mean, log_variance), axis=-1)))
        likelihood, divergence = np.concatenate(likelihoods), np.concatenate(divergences)
        return {"elbo": likelihood - divergence, "reconstruction": likelihood, "kl": divergence}

    def importance_weighted_bound(self, samples, *, k: int = 64, seed: int = 0) -> np.ndarray:
        """A tighter lower bound of log p(x): the log of the mean of k importance weights p(x, z) / q(z|x).

        Args:
            samples: as in `elbo`.
            k: draws of the latents; 1 is an ELBO, more is closer to log p(x).
            seed: of the draws.

        Returns:
            float32 (N,), nats.

        Raises:
            ValueError: as in `elbo`, or if `k` is below 1.

        Reference:
            Burda, Grosse and Salakhutdinov, "Importance Weighted Autoencoders", 2016.
        """
        if k < 1:
            raise ValueError(f"`k` must be at least 1. Received: {k}.")
        self._check_likelihood(samples)
        draws = keras.random.SeedGenerator(seed)
        weigh = tf.function(self._log_weight, reduce_retracing=True)
        bounds = []
        for part in _parts(samples):
            mean, log_variance = self._posterior(part)
            part = tf.convert_to_tensor(part, "float32")
            weights = [ops.convert_to_numpy(weigh(part, mean, log_variance, draws.next())) for _ in range(k)]
            bounds.append(np.logaddexp.reduce(np.stack(weights).astype("float64"), axis=0) - np.log(k))
        return np.concatenate(bounds).astype("float32")

    def _log_weight(self, samples, mean, log_variance, seed):
        """log p(x|z) + log p(z) - log q(z|x) for one draw of z, (B,)."""
        noise = tf.random.stateless_normal(tf.shape(mean), tf.cast(seed, "int32"))
        latents = mean + ops.exp(0.5 * log_variance) * noise
        prior = -0.5 * ops.sum(ops.square(latents), axis=-1)
        posterior = -0.5 * ops.sum(ops.square(noise) + log_variance, axis=-1)  # what both share is left out
        return self._log_likelihood(samples, self.decoder(latents)) + prior - posterior

    def _check_likelihood(self, samples):
        self.check_batch(samples, self.decoder.output_shape[1:])
        if self.likelihood == "bernoulli" and not np.isin(samples, (0.0, 1.0)).all():
            raise ValueError(
                "A Bernoulli likelihood is one of zeros and ones; draw them with `data.binarise`. "
                f"Received: values from {np.min(samples):.3g} to {np.max(samples):.3g}, not all 0 or 1."
            )

    def generate(self, n: int, *, seed: int = 0, latents=None) -> np.ndarray:
        """Decodes latents from the prior.

        Args:
            n: how many.
            seed: the same seed gives the same samples.
            latents: shape (n, Z), to be used instead of random ones.

        Returns:
            float32 (n, *sample shape): probabilities of each pixel ("bernoulli") or means ("gaussian").

        Raises:
            ValueError: if `n` is below 1, or `latents` has another shape.
        """
        latents = self.latents_for(n, (self.latent_dim,), seed=seed, latents=latents)
        return self.decode(latents)

    def settings(self):
        return {
            "likelihood": self.likelihood,
            "binarise": self.binarise,
            "observation_std": self.observation_std,
            "beta": self.beta,
            "warm_up_steps": self.warm_up_steps,
            "free_bits": self.free_bits,
            "clip_norm": self.clip_norm,
        }


def _parts(samples, at_once: int = 500):
    for start in range(0, len(samples), at_once):
        yield samples[start : start + at_once]
