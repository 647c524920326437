"""A language model: trained to predict each next token, and asked for text."""

from collections.abc import Iterator

import keras
import numpy as np
import tensorflow as tf

from gencourse import losses, text
from gencourse.training import RunningMeans, TapeModel, apply_gradients, token_pairs
from gencourse.writing import Options, Writer

from .scoring import scored_windows

SCORED_TOGETHER = 16  # windows in one call when a text is scored


@keras.saving.register_keras_serializable(package="gencourse")
class LanguageModel(TapeModel):
    """Trains a `LanguageNetwork` by maximum likelihood, scores texts with it and writes new ones.

    Args:
        network: recurrent or transformer.
        tokenizer: of `gencourse.text`; it must know as many tokens as the network.
        start: the text that stands, unseen, before every text that is scored or written: it is what an empty prompt
            begins with.
        clip_norm: largest global norm of the gradients; None clips nothing.
        streams: rows of a batch, when each row goes on where it ended in the batch before (`text.streams`): the
            network's memory is then carried over, and gradients stop at the batch's border. None begins each row anew.
        forget: with `streams`, the probability that a row's memory is emptied before a batch, so that the network
            learns to begin, too.
        seed: of what is forgotten.

    Raises:
        ValueError: if network and tokenizer have vocabularies of different sizes, `start` is empty, or the network
            counts places and cannot carry its memory on for ever.

    Example:
        >>> model = LanguageModel(build_recurrent(vocabulary_size=tokenizer.vocabulary_size), tokenizer)
        >>> model.compile(optimizer=keras.optimizers.Adam(3e-3))
        >>> model.fit(text.windows(tokenizer.encode(novel), length=64, batch_size=32, seed=0), steps_per_epoch=500)
        >>> model.generate(prompt="It is a truth", length=100, temperature=0.8)
    """

    optimizer_roles = ("optimizer",)
    parts = ("network",)

    def __init__(
        self,
        network,
        tokenizer,
        *,
        start: str = "\n",
        clip_norm: float | None = 1.0,
        streams: int | None = None,
        forget: float = 0.03,
        seed: int = 0,
        **kwargs,
    ):
        super().__init__(seed=seed, **kwargs)
        if isinstance(tokenizer, dict):
            tokenizer = text.restore_tokenizer(tokenizer)
        if network.vocabulary_size != tokenizer.vocabulary_size:
            raise ValueError(
                "Network and tokenizer must have one vocabulary. Received: a network of "
                f"{network.vocabulary_size} tokens, a tokenizer of {tokenizer.vocabulary_size}."
            )
        if not start:
            raise ValueError("`start` must hold at least one character. Received: an empty text.")
        if streams is not None and network.context is not None:
            raise ValueError(
                f"Only a network without a `context` can carry its memory on. Received: context={network.context}."
            )
        self.network, self.tokenizer, self.start, self.clip_norm = network, tokenizer, start, clip_norm
        self._before = tokenizer.encode(start, unknown="error")
        self._writer = Writer(network, tokenizer, self._before)
        self._scorer = tf.function(
            lambda inputs, targets: losses.token_nats(network(inputs), targets), reduce_retracing=True
        )
        self.streams, self.forget = streams, forget
        self._memory = [
            self.add_weight(tensor.shape, "zeros", trainable=False, name=f"memory_{i}")
            for i, tensor in enumerate(tf.nest.flatten(network.initial_state(streams)[1] if streams else ()))
        ]
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
            "tokenizer": self.tokenizer.get_config(),
            "start": self.start,
            "clip_norm": self.clip_norm,
            "streams": self.streams,
            "forget": self.forget,
        }

    def get_compile_config(self):
        # Saving adds adapters to the matrices that they correct, so an optimizer of adapters would fit nothing.
        adapted = any("lora" in variable.path for variable in self.network.trainable_variables)
        return None if adapted else super().get_compile_config()

    def call(self, tokens, training=None):
        """Logits for the token after each: (B, T) -> (B, T, V)."""
        return self.network(tokens, training=training)

    def train_step(self, batch):
        inputs, targets = self._checked(batch)
        with tf.GradientTape() as tape:
            logits, memory = self._logits_in_training(inputs)
            loss = losses.masked_mean(losses.token_nats(logits, targets), targets != text.PADDING)
        gradients = tape.gradient(loss, self.network.trainable_variables)
        apply_gradients(gradients, self.network, self.optimizer, clip_norm=self.clip_norm)
        for kept, new in zip(self._memory, memory, strict=True):
            kept.assign(new)
        self.means.update_state(loss)
        return self.means.result()

    def _logits_in_training(self, inputs):
        """Logits, and what is remembered for the next batch."""
        if not self.streams:
            return self.network(inputs, training=True), ()
        position, empty = self.network.initial_state(self.streams)
        kept = keras.random.uniform((self.streams, 1), seed=self.seed_generator) >= self.forget
        memory = [tf.where(kept, variable.value, 0.0) for variable in self._memory]
        state = (position, tf.nest.pack_sequence_as(empty, memory))
        logits, (_, memory) = self.network.read(inputs, state, training=True)
        return logits, tf.nest.flatten(memory)

    def test_step(self, batch):
        inputs, targets = self._checked(batch)
        nats = losses.token_nats(self.network(inputs), targets)
        self.means.update_state(losses.masked_mean(nats, targets != text.PADDING))
        return self.means.result()

    def _checked(self, batch):
        inputs, targets = token_pairs(batch)
        if self.streams and inputs.shape[0] != self.streams:
            raise ValueError(
                f"This model reads {self.streams} streams at once. Received: a batch of shape {tuple(inputs.shape)}."
            )
        return inputs, targets

    def token_nats(self, passage: str) -> tuple[np.ndarray, np.ndarray]:
        """How surprised the model is by each token of a text, given all before it that it can look back on.

        Args:
            passage: any text of at least one character.

        Returns:
            The tokens, int32 (N,), and -log p of each, float32 (N,), nats.
        """
        given = len(self._before)
        tokens = np.concatenate([self._before, self.tokenizer.encode(passage)])
        inputs, targets, scored = scored_windows(tokens, self.network.context)
        nats = [
            self._scorer(inputs[i : i + SCORED_TOGETHER], targets[i : i + SCORED_TOGETHER]).numpy()
            for i in range(0, len(inputs), SCORED_TOGETHER)
        ]
        return tokens[given:], np.concatenate(nats)[scored][given - 1 :]

    def score(self, passage: str | list[str]) -> dict[str, float]:
        """How well the model predicts a text, or several short ones, each from its own beginning.

        Characters that the tokenizer does not know are left out, and counted.

        Args:
            passage: a text, or a list of texts.

        Returns:
            characters, nats_per_character, bits_per_character, perplexity (of a token), unknown.

        Raises:
            ValueError: if no character is known.
        """
        passages = [passage] if isinstance(passage, str) else list(passage)
        if not passages:
            raise ValueError("There is nothing to score. Received: an empty list.")
        tokens, nats = self._all_nats(passages)
        strange = sum(sum(self.tokenizer.unknown(p).values()) for p in passages)
        known = ~np.isin(tokens, self.tokenizer.unwritten)
        characters = sum(map(len, passages)) - strange
        return losses.per_character(
            nats[known].sum(dtype="float64"), characters, tokens=int(known.sum()), unknown=strange
        )

    def _all_nats(self, passages):
        """Tokens and their nats of all passages; short ones are padded and read side by side."""
        longest = self.network.context or 64
        rows = [np.concatenate([self._before, self.tokenizer.encode(p)]) for p in passages]
        if len(rows) == 1 or max(map(len, rows)) > longest:
            pairs = [self.token_nats(p) for p in passages]
            return np.concatenate([t for t, _ in pairs]), np.concatenate([n for _, n in pairs])
        table, tokens, nats = text.pad(rows), [], []
        for i in range(0, len(table), 256):
            inputs, targets = table[i : i + 256, :-1], table[i : i + 256, 1:]
            there = targets != text.PADDING
            there[:, : len(self._before) - 1] = False
            tokens.append(targets[there])
            nats.append(self._scorer(inputs, targets).numpy()[there])
        return np.concatenate(tokens), np.concatenate(nats)

    def generate(
        self,
        n: int = 1,
        *,
        prompt: str | list[str] = "",
        length: int = 200,
        temperature: float = 1.0,
        top_k: int | None = None,
        top_p: float | None = None,
        repetition_penalty: float = 1.0,
        stop: str | None = None,
        seed: int = 0,
    ) -> list[str]:
        """Writes `n` texts, all at once, in one compiled loop.

        Args:
            n: how many.
            prompt: the text to continue, or `n` of them. The empty one begins after `start`. One that is longer than
                the network's context is read whole; when the context is full, its latter half is kept.
            length: new tokens at most.
            temperature: 0 always takes the likeliest token; 1 draws with the model's own probabilities.
            top_k: draw among the k likeliest only.
            top_p: draw among the likeliest that together hold this share of the probability.
            repetition_penalty: at least 1; makes tokens that stand in the text already less likely.
            stop: end a text before the first time that it says this.
            seed: the same seed gives the same texts.

        Returns:
            The new texts, without their prompts.

        Raises:
            ValueError: for numbers out of range, or a prompt with characters that the tokenizer does not know.
        """
        options = Options(length, temperature, top_k, top_p, repetition_penalty, stop, seed)
        return self._writer.texts(n, prompt, options)

    def stream(self, prompt: str = "", **options) -> Iterator[str]:
        """Writes one text and hands out each piece as soon as it is there; together they are what `generate` returns.

        Args:
            prompt: the text to continue.
            **options: those of `generate`, but for `n`.

        Returns:
            An iterator of strings.

        Example:
            >>> for piece in model.stream("It is a truth", length=300):
            ...     print(piece, end="", flush=True)
        """
        return self._writer.stream(prompt, Options(**options))
