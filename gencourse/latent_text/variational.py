"""The variational autoencoder of texts: a language model that is told, by latents, what to say."""

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from gencourse import losses, text
from gencourse.training import RunningMeans, TapeModel, apply_gradients, token_pairs
from gencourse.writing import Options, Writer

TOGETHER = 256  # texts in one call when texts are scored or encoded
SETTINGS = ("kl_weight", "warm_up_steps", "word_dropout", "free_bits", "start", "end", "clip_norm")


@keras.saving.register_keras_serializable(package="gencourse")
class TextVAE(TapeModel):
    """An encoder q(z|x) and a decoder p(x|z) = Π p(token | tokens before it, z), trained together on the bound

    log p(x) >= E_q[log p(x|z)] - KL(q(z|x) || p(z)), with a standard normal p(z).

    A decoder that reads the tokens before can do without latents, and then the KL vanishes: `warm_up_steps`,
    `word_dropout` and `free_bits` are to prevent it.

    Args:
        encoder: network from tokens (B, T) to means and log-variances (B, 2·Z).
        decoder: network from tokens and latents to logits, as `build_decoder` makes it.
        tokenizer: of `gencourse.text`; both networks must know as many tokens.
        kl_weight: weight of the KL term; 1 is the bound itself.
        warm_up_steps: the weight rises from 0 to `kl_weight` over so many steps.
        word_dropout: share of the tokens before that the decoder does not see in training; it reads padding instead.
        free_bits: nats for each latent that cost nothing: its KL, averaged over the batch, counts from there on.
        start: the text that stands, unseen, before every text.
        end: the text that ends every text; the model predicts it, too.
        clip_norm: largest global norm of the gradient of the loss in nats per token; `None` clips nothing.
        seed: of the noise in training.

    Raises:
        ValueError: if the parts do not fit together, or a number is out of its range.

    Example:
        >>> model = TextVAE(build_encoder(vocabulary_size=V), build_decoder(vocabulary_size=V), tokenizer)
        >>> model.compile(optimizer=keras.optimizers.Adam(1e-3))
        >>> rows = [tokenizer.encode("\n" + sentence + "\n") for sentence in sentences]
        >>> model.fit(text.padded(rows, batch_size=32, seed=0), epochs=10, steps_per_epoch=100)
        >>> model.generate(5, temperature=0.8)

    Reference:
        Bowman et al., "Generating Sentences from a Continuous Space", 2016; free bits: Kingma et al., "Improved
        Variational Inference with Inverse Autoregressive Flow", 2016.
    """

    optimizer_roles = ("optimizer",)
    parts = ("encoder", "decoder")

    def __init__(
        self,
        encoder,
        decoder,
        tokenizer,
        *,
        kl_weight: float = 1.0,
        warm_up_steps: int = 0,
        word_dropout: float = 0.0,
        free_bits: float = 0.0,
        start: str = "\n",
        end: str = "\n",
        clip_norm: float | None = 1.0,
        seed: int = 0,
        **kwargs,
    ):
        super().__init__(seed=seed, **kwargs)
        tokenizer = text.restore_tokenizer(tokenizer) if isinstance(tokenizer, dict) else tokenizer
        sizes = [part.vocabulary_size for part in (encoder, decoder, tokenizer)]
        if len(set(sizes)) > 1:
            raise ValueError(
                "Encoder, decoder and tokenizer must have one vocabulary. "
                f"Received: {sizes[0]}, {sizes[1]} and {sizes[2]} tokens."
            )
        if encoder.latent_dim != decoder.latent_dim:
            raise ValueError(
                "Encoder and decoder must have equally many latents. "
                f"Received: {encoder.latent_dim} and {decoder.latent_dim}."
            )
        if min(kl_weight, warm_up_steps, free_bits) < 0 or not 0 <= word_dropout <= 1:
            raise ValueError(
                "`kl_weight`, `warm_up_steps` and `free_bits` must be at least 0, `word_dropout` a share. "
                f"Received: {kl_weight}, {warm_up_steps}, {free_bits}, {word_dropout}."
            )
        if not start or not end:
            raise ValueError(f"`start` and `end` must hold at least one character. Received: {start!r}, {end!r}.")
        self.encoder, self.decoder, self.tokenizer = encoder, decoder, tokenizer
        self.kl_weight, self.warm_up_steps, self.word_dropout = kl_weight, warm_up_steps, word_dropout
        self.free_bits, self.start, self.end, self.clip_norm = free_bits, start, end, clip_norm
        self._before, self._after = (tokenizer.encode(mark, unknown="error") for mark in (start, end))
        self._writer = Writer(decoder, tokenizer, self._before)
        self._reader = tf.function(self._posterior, reduce_retracing=True)
        self._weigher = tf.function(self._weigh, reduce_retracing=True)
        self.means = RunningMeans(["loss", "reconstruction_loss", "kl"])

    @property
    def latent_dim(self) -> int:
        """Z, the numbers in one latent vector."""
        return self.decoder.latent_dim

    @property
    def metrics(self):
        return [self.means]

    def networks(self):
        return {"optimizer": self}

    def sampling_networks(self):
        return {"encoder": self.encoder, "decoder": self.decoder}

    def settings(self):
        return {"tokenizer": self.tokenizer.get_config(), **{name: getattr(self, name) for name in SETTINGS}}

    def call(self, inputs, training=None):
        """Logits for the token after each, (B, T, V), of [tokens (B, T), latents (B, Z)]."""
        return self.decoder(inputs, training=training)

    def train_step(self, batch):
        inputs, targets = token_pairs(batch)
        inputs = self._with_gaps(inputs)
        with tf.GradientTape() as tape:
            reconstruction, each = self._terms(inputs, targets, seed=self.seed_generator, training=True)
            charged = ops.sum(ops.maximum(each, self.free_bits) if self.free_bits else each)
            loss = reconstruction + self._weight_of_kl() * charged
            tokens = tf.reduce_sum(tf.cast(targets != text.PADDING, loss.dtype))
            scaled = self.optimizer.scale_loss(loss * tf.cast(tf.shape(targets)[0], loss.dtype) / tokens)
        gradients = tape.gradient(scaled, self.trainable_variables)
        apply_gradients(gradients, self, self.optimizer, clip_norm=self.clip_norm)
        self.means.update_state(loss, reconstruction, ops.sum(each))
        return self.means.result()

    def test_step(self, batch):
        reconstruction, each = self._terms(*token_pairs(batch), seed=self.seed)
        self.means.update_state(reconstruction + ops.sum(each), reconstruction, ops.sum(each))
        return self.means.result()

    def _terms(self, inputs, targets, *, seed, training=False):
        """-log p(x|z) of a text, with one draw of its latents, and the KL of each latent, (Z,): means of a batch."""
        mean, log_variance = self._posterior(targets, training)
        latents = mean + ops.exp(0.5 * log_variance) * keras.random.normal(ops.shape(mean), seed=seed)
        nats = self._text_nats(inputs, targets, latents, targets != text.PADDING, training)
        return ops.mean(nats), ops.mean(losses.kl_to_standard_normal(mean, log_variance), axis=0)

    def _posterior(self, tokens, training=False):
        """Means and log-variances of q(z|x): (B, T) -> two of (B, Z)."""
        return tuple(ops.split(self.encoder(tokens, training=training), 2, axis=-1))

    def _text_nats(self, inputs, targets, latents, counted, training=False):
        """-log p(x|z) of each text, (B,): the sum over the places that count."""
        nats = losses.token_nats(self.decoder([inputs, latents], training=training), targets)
        return tf.reduce_sum(tf.where(counted, nats, 0.0), axis=-1)

    def _with_gaps(self, inputs):
        """The decoder's inputs with some tokens taken out, but never the first."""
        if not self.word_dropout:
            return inputs
        gaps = keras.random.uniform(ops.shape(inputs), seed=self.seed_generator) < self.word_dropout
        return tf.where(gaps & (tf.range(tf.shape(inputs)[1]) > 0), text.PADDING, inputs)

    def _weight_of_kl(self):
        if not self.warm_up_steps:
            return self.kl_weight
        return self.kl_weight * ops.minimum(1.0, ops.cast(self.optimizer.iterations, "float32") / self.warm_up_steps)

    def score(self, texts, *, samples: int = 1, seed: int = 0) -> dict[str, float]:
        """How well the model predicts texts, each with its end: bounds, since log p(x) itself cannot be computed.

        Characters that the tokenizer does not know are left out, and counted.

        Args:
            texts: a list of texts, without `start` and `end`.
            samples: draws of the latents of each text. With 1 the KL term is taken in closed form; more give the
                logarithm of the mean of so many importance weights p(x, z) / q(z|x): closer to log p(x).
            seed: of the draws.

        Returns:
            elbo, reconstruction and kl, nats per text (elbo = reconstruction - kl, means over texts and draws);
            bound, nats per text, on average never better than log p(x); and out of it characters (`end` included),
            nats_per_character, bits_per_character, perplexity (of a token), unknown.

        Raises:
            ValueError: if there is nothing to score, or `samples` is below 1.

        Reference:
            Burda, Grosse and Salakhutdinov, "Importance Weighted Autoencoders", 2016.
        """
        if samples < 1:
            raise ValueError(f"`samples` must be at least 1. Received: {samples}.")
        texts = _listed(texts)
        draws, terms, bounds, predicted = keras.random.SeedGenerator(seed), [], [], 0
        for i in range(0, len(texts), TOGETHER):
            inputs, targets, counted = self._rows(texts[i : i + TOGETHER])
            predicted += int(counted.sum())
            mean, log_variance = self._reader(targets)
            found = [self._weigher(inputs, targets, counted, mean, log_variance, draws.next()) for _ in range(samples)]
            likelihood, weight = (np.stack(part).astype("float64") for part in zip(*found, strict=True))  # (K, B) each
            kl = losses.kl_to_standard_normal(mean, log_variance).numpy().sum(axis=-1, dtype="float64")
            likelihood = likelihood.mean(axis=0)
            terms.append(np.stack([likelihood - kl, likelihood, kl]))
            bounds.append(np.logaddexp.reduce(weight, axis=0) - np.log(samples) if samples > 1 else likelihood - kl)
        strange = sum(sum(self.tokenizer.unknown(one).values()) for one in texts)
        characters = sum(len(one) + len(self.end) for one in texts) - strange
        bound, means = np.concatenate(bounds), np.concatenate(terms, axis=1).mean(axis=1).tolist()
        return {
            **dict(zip(("elbo", "reconstruction", "kl"), means, strict=True)),
            "bound": float(bound.mean()),
            **losses.per_character(-bound.sum(), characters, tokens=predicted, unknown=strange),
        }

    def _weigh(self, inputs, targets, counted, mean, log_variance, seed):
        """For one draw of z: log p(x|z), and log p(x|z) + log p(z) - log q(z|x), (B,) each."""
        noise = tf.random.stateless_normal(tf.shape(mean), tf.cast(seed, "int32"))
        latents = mean + ops.exp(0.5 * log_variance) * noise
        likelihood = -self._text_nats(inputs, targets, latents, counted)
        prior = -0.5 * ops.sum(ops.square(latents), axis=-1)
        posterior = -0.5 * ops.sum(ops.square(noise) + log_variance, axis=-1)  # what both share is left out
        return likelihood, likelihood + prior - posterior

    def _rows(self, texts):
        """Inputs and targets of some texts, padded, and which targets count: (B, T) each."""
        rows = [np.concatenate([self._before, self.tokenizer.encode(one), self._after]) for one in texts]
        table = text.pad(rows)
        inputs, targets = table[:, :-1], table[:, 1:]
        counted = ~np.isin(targets, self.tokenizer.unwritten)
        counted[:, : len(self._before) - 1] = False  # what comes before a text is not predicted
        return inputs, targets, counted

    def encode(self, texts) -> tuple[np.ndarray, np.ndarray]:
        """Where the latents of texts lie: means and log-variances, two arrays float32 (N, Z)."""
        texts = _listed(texts)
        parts = [self._reader(self._rows(texts[i : i + TOGETHER])[1]) for i in range(0, len(texts), TOGETHER)]
        return tuple(np.concatenate([part[i] for part in parts]) for i in (0, 1))

    def decode(self, latents, *, temperature: float = 0.0, length: int = 80, seed: int = 0) -> list[str]:
        """Writes a text for each vector of latents.

        Args:
            latents: shape (N, Z).
            temperature: 0 always takes the likeliest token; 1 draws with the decoder's own probabilities.
            length: tokens at most.
            seed: of the tokens drawn; the same seed gives the same texts.

        Returns:
            N texts, without their ends.

        Raises:
            ValueError: for latents of another shape, or numbers out of range.
        """
        latents = np.asarray(latents, "float32")
        if latents.ndim != 2 or latents.shape[1] != self.latent_dim or not len(latents):
            raise ValueError(f"`latents` must have shape (N, {self.latent_dim}). Received: shape {latents.shape}.")
        options = Options(length, temperature, stop=self.end, seed=seed)
        return self._writer.texts(len(latents), "", options, memory=self.decoder.begin(tf.constant(latents)))

    def reconstruct(self, texts, *, temperature: float = 0.0, length: int = 80, seed: int = 0) -> list[str]:
        """Texts through the means of their latents; the other arguments are those of `decode`."""
        return self.decode(self.encode(texts)[0], temperature=temperature, length=length, seed=seed)

    def generate(
        self, n: int = 1, *, temperature: float = 1.0, length: int = 80, seed: int = 0, latents=None
    ) -> list[str]:
        """Draws latents from the prior and writes a text for each.

        Args:
            n: how many.
            temperature, length: as in `decode`; the latents are always drawn from the prior itself.
            seed: of latents and tokens; the same seed gives the same texts.
            latents: shape (n, Z), to be used instead of random ones.

        Returns:
            `n` texts, without their ends.

        Raises:
            ValueError: for latents of another shape, or numbers out of range.
        """
        latents = self.latents_for(n, (self.latent_dim,), seed=seed, latents=latents)
        return self.decode(ops.convert_to_numpy(latents), temperature=temperature, length=length, seed=seed)


def _listed(texts):
    texts = [texts] if isinstance(texts, str) else list(texts)
    if not texts:
        raise ValueError("There is nothing to read. Received: an empty list.")
    return texts
