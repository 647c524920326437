"""A translator: trained on pairs of texts, and asked for the other half of new ones."""

import math

import keras
import numpy as np
import tensorflow as tf

from gencourse import losses, text
from gencourse.training import RunningMeans, TapeModel, apply_gradients

from .writing import Writer

SCORED_TOGETHER = 256  # pairs in one call when they are scored


@keras.saving.register_keras_serializable(package="gencourse")
class Translator(TapeModel):
    """Trains a `TranslationNetwork` on pairs of texts by maximum likelihood, scores pairs and translates.

    In training each token is predicted from the true ones before it, whatever the network would have written there
    itself ("teacher forcing").

    Args:
        network: recurrent or transformer.
        source_tokenizer: of `gencourse.text`; it must know as many tokens as the network reads.
        target_tokenizer: likewise, of what the network writes.
        end: one token of the target that ends every translation, and stands before it.
        clip_norm: largest global norm of the gradients; None clips nothing.
        label_smoothing: share of the probability that the loss asks to be spread over all tokens, in [0, 1).
        examples: a few sources that `generate` translates where none are given.
        seed: of the model's own random numbers.

    Raises:
        ValueError: if network and tokenizers have vocabularies of different sizes, `end` is not one token, or the
            smoothing is out of range.

    Example:
        >>> network = build_recurrent_translator(source_vocabulary_size=90, target_vocabulary_size=14)
        >>> model = Translator(network, source_tokenizer, target_tokenizer)
        >>> model.compile(optimizer=keras.optimizers.Adam(2e-3))
        >>> model.fit(data.batches(model.tokens(pairs), batch_size=64, seed=0), steps_per_epoch=500)
        >>> model.translate(["de 5. März 2019"])
        ['2019-03-05']

    Reference:
        Sutskever, Vinyals and Le, "Sequence to Sequence Learning with Neural Networks", 2014; Szegedy et al.,
        "Rethinking the Inception Architecture for Computer Vision", 2016 (label smoothing).
    """

    optimizer_roles = ("optimizer",)
    parts = ("network",)

    def __init__(
        self,
        network,
        source_tokenizer,
        target_tokenizer,
        *,
        end: str = "\n",
        clip_norm: float | None = 1.0,
        label_smoothing: float = 0.0,
        examples=(),
        seed: int = 0,
        **kwargs,
    ):
        super().__init__(seed=seed, **kwargs)
        sides = [text.restore_tokenizer(t) if isinstance(t, dict) else t for t in (source_tokenizer, target_tokenizer)]
        wanted = (network.source_vocabulary_size, network.target_vocabulary_size)
        if wanted != (known := tuple(tokenizer.vocabulary_size for tokenizer in sides)):
            raise ValueError(
                "Network and tokenizers must have the same vocabularies. Received: a network of "
                f"{wanted[0]} and {wanted[1]} tokens, tokenizers of {known[0]} and {known[1]}."
            )
        if not 0 <= label_smoothing < 1:
            raise ValueError(f"`label_smoothing` must lie in [0, 1). Received: {label_smoothing}.")
        self.network, (self.source_tokenizer, self.target_tokenizer) = network, sides
        self.end, self.clip_norm, self.label_smoothing = end, clip_norm, label_smoothing
        self.examples = tuple(examples)
        self._writer = Writer(network, *sides, end)
        self._scorer = tf.function(
            lambda source, target: losses.token_nats(network([source, self._before(target)]), target),
            reduce_retracing=True,
        )
        self.means = RunningMeans(["loss"])

    @property
    def metrics(self):
        return [self.means]

    def networks(self):
        return {"optimizer": self.network}

    def sampling_networks(self):
        return {"network": self.network}

    def settings(self):
        return {
            "source_tokenizer": self.source_tokenizer.get_config(),
            "target_tokenizer": self.target_tokenizer.get_config(),
            "end": self.end,
            "clip_norm": self.clip_norm,
            "label_smoothing": self.label_smoothing,
            "examples": list(self.examples),
        }

    def call(self, inputs, training=None):
        """Logits (B, T, V) from sources (B, S) and targets as far as written (B, T)."""
        return self.network(inputs, training=training)

    def train_step(self, batch):
        source, target = self._checked(batch)
        with tf.GradientTape() as tape:
            logits = self.network([source, self._before(target)], training=True)
            loss = losses.masked_mean(
                losses.smoothed_nats(logits, target, self.label_smoothing), target != text.PADDING
            )
        gradients = tape.gradient(loss, self.network.trainable_variables)
        apply_gradients(gradients, self.network, self.optimizer, clip_norm=self.clip_norm)
        self.means.update_state(loss)
        return self.means.result()

    def test_step(self, batch):
        source, target = self._checked(batch)
        nats = losses.token_nats(self.network([source, self._before(target)]), target)
        self.means.update_state(losses.masked_mean(nats, target != text.PADDING))
        return self.means.result()

    def _before(self, target):
        """What has been written before each token of a target: the end of another text, then all but the last."""
        return tf.concat(
            [tf.fill([tf.shape(target)[0], 1], tf.cast(self._writer.end, target.dtype)), target[:, :-1]], axis=1
        )

    def _checked(self, batch):
        if not isinstance(batch, tuple | list) or len(batch) != 2:
            raise ValueError(f"Expected pairs of sources and targets. Received: {batch}.")
        for tokens in batch:
            if len(tokens.shape) != 2 or not tokens.dtype.is_integer:
                raise ValueError(
                    "Expected sources (B, S) and targets (B, T), whole numbers. "
                    f"Received: a batch of shape {tuple(tokens.shape)} and dtype {tokens.dtype.name}."
                )
        return batch

    def tokens(self, pairs, *, unknown: str = "error") -> tuple[np.ndarray, np.ndarray]:
        """Turns pairs of texts into what `fit` takes.

        Args:
            pairs: (source, target) strings.
            unknown: "error" refuses a source with characters that the tokenizer does not know; "replace" reads each
                as "unknown". A target is never read so.

        Returns:
            Sources int32 (N, S) and targets int32 (N, T), padded; each target is followed by the end.

        Raises:
            ValueError: for no pair, an empty source, unknown characters, a target that holds the end, or texts longer
                than the network's context.
        """
        pairs = list(pairs)
        if not pairs:
            raise ValueError("There must be at least one pair of texts. Received: none.")
        target = self._writer.targets([target for _, target in pairs])
        return self._writer.sources([source for source, _ in pairs], unknown), target

    def score(self, pairs, *, unknown: str = "error") -> dict[str, float]:
        """How well the model predicts targets, given their sources.

        Args:
            pairs: (source, target) strings.
            unknown: as in `tokens`.

        Returns:
            pairs; characters, of the targets, the end counted as one; nats_per_character; bits_per_character;
            perplexity (of a token).

        Raises:
            ValueError: as in `tokens`.
        """
        pairs, nats, count = list(pairs), 0.0, 0
        source, target = self.tokens(pairs, unknown=unknown)
        for i in range(0, len(pairs), SCORED_TOGETHER):
            here = target[i : i + SCORED_TOGETHER]
            there = here != text.PADDING
            nats += float(self._scorer(source[i : i + SCORED_TOGETHER], here).numpy()[there].sum(dtype="float64"))
            count += int(there.sum())
        characters = sum(len(passage) + 1 for _, passage in pairs)
        return {
            "pairs": len(pairs),
            "characters": characters,
            "nats_per_character": nats / characters,
            "bits_per_character": nats / characters / math.log(2.0),
            "perplexity": math.exp(nats / count),
        }

    def translate(
        self,
        texts: str | list[str],
        *,
        beam: int = 1,
        length_penalty: float = 0.6,
        max_length: int | None = None,
        unknown: str = "error",
    ) -> list[str]:
        """Translates texts, many at once, in one compiled loop.

        Args:
            texts: a text, or a list of them.
            beam: translations of each text that are followed at once; 1 takes the likeliest token each time.
            length_penalty: exponent of the length penalty that beams are compared with; 0 compares log p itself.
            max_length: tokens of a translation at most, its end included; by default 64, or the network's context where
                that is shorter.
            unknown: as in `tokens`.

        Returns:
            The best translation of each, without its end.

        Raises:
            ValueError: for an empty text, unknown characters, or numbers out of range.
        """
        if beam == 1:
            return [self._writer.text(row) for row in self._writer.likeliest(texts, max_length, unknown)]
        found = self._writer.beams(texts, beam, length_penalty, max_length, unknown)
        return [pairs[0][0] for pairs in found]

    def candidates(
        self,
        texts: str | list[str],
        *,
        beam: int = 4,
        length_penalty: float = 0.6,
        max_length: int | None = None,
        unknown: str = "error",
    ) -> list[list[tuple[str, float]]]:
        """All translations that a beam ends with, and their scores: log p in nats, divided by the length penalty.

        Args: as in `translate`.

        Returns:
            For each text up to `beam` pairs (translation, score), best first.

        Raises:
            ValueError: as in `translate`.
        """
        return self._writer.beams(texts, beam, length_penalty, max_length, unknown)

    def generate(
        self,
        n: int = 1,
        *,
        sources: str | list[str] | None = None,
        temperature: float = 1.0,
        max_length: int | None = None,
        unknown: str = "error",
        seed: int = 0,
    ) -> list[str]:
        """Draws `n` translations with the model's own probabilities.

        Args:
            n: how many.
            sources: texts to translate, in turn, until there are `n`; one source has `n` translations. By default the
                model's `examples`.
            temperature: 0 always takes the likeliest token; 1 draws with the model's own probabilities.
            max_length: as in `translate`.
            unknown: as in `tokens`.
            seed: the same seed gives the same translations.

        Returns:
            `n` texts.

        Raises:
            ValueError: for numbers out of range, or where there is nothing to translate.
        """
        sources = self.examples if sources is None else sources
        drawn = self._writer.drawn(n, sources, temperature, max_length, unknown, seed)
        return [self._writer.text(row) for row in drawn]

    def attention(self, source: str, *, max_length: int | None = None, unknown: str = "error", **which):
        """Where the network looks while it translates a text, always taking the likeliest token.

        Args:
            source: one text.
            max_length: as in `translate`.
            unknown: as in `tokens`.
            **which: a transformer's `layer` (the last by default) and `head` (by default the mean of all).

        Returns:
            The T pieces of the translation, its end included; the S pieces of the source; weights float32 (T, S), whose
            rows sum to 1.

        Raises:
            ValueError: as in `translate`.
        """
        rows, target = self._writer.sources([source], unknown), self._writer.likeliest(source, max_length, unknown)
        target = target[:, : int((target != text.PADDING).sum())]
        weights = self.network.attention(rows, self._before(tf.constant(target)), **which)
        return self.target_tokenizer.pieces(target[0]), self.source_tokenizer.pieces(rows[0]), weights[0].numpy()
