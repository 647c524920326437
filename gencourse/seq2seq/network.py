"""What the two translating networks have in common: two texts in, and a state that is carried while writing."""

from typing import Any, NamedTuple

import keras
from keras import ops

from gencourse import text


class Memory(NamedTuple):
    """A source that was read: what is remembered of each place, (B, S, D), and which places hold no padding."""

    places: Any
    there: Any  # bool (B, S)


class State(NamedTuple):
    """Translations under way, K of each of B sources.

    Attributes:
        position: tokens written so far, a scalar.
        rows: what belongs to each translation, tensors (B·K, …), nested; the K of one source follow each other.
        memory: what all translations of a source look at, tensors (B, …), nested.
    """

    position: Any
    rows: Any
    memory: Any


class TranslationNetwork(keras.Model):
    """Base of the networks that read a source and write a target, one token after the other.

    A target is fed as it was written so far, beginning with the token that ends every text: the logits at each place
    are for the token after it. The whole target can be read at once, for training (`call`), or token by token with a
    state (`begin`, `step`); both give equal logits. Padding (0) at the end of a source changes nothing.

    A subclass writes `build`, `encode`, `begin`, `step`, `_logits` and `attention`.

    Args:
        source_vocabulary_size: numbers that a source may hold.
        target_vocabulary_size: V.
        context: the longest text on either side; None when nothing counts places.
        settings: the other arguments of the subclass, by name: plain values.
    """

    def __init__(
        self, source_vocabulary_size: int, target_vocabulary_size: int, context: int | None, settings, **kwargs
    ):
        super().__init__(**kwargs)
        self.source_vocabulary_size = source_vocabulary_size
        self.target_vocabulary_size = target_vocabulary_size
        self.context, self._arguments = context, dict(settings)

    def get_build_config(self):
        return {"input_shape": [(None, None), (None, None)]}

    def build_from_config(self, config):
        self.build()

    def call(self, inputs, training=None):
        """Logits for the token after each, (B, T, V), given sources (B, S) and targets as far as written (B, T)."""
        source, written = self._two(inputs)
        return self._logits(self.encode(source, training=training), written, training)

    def encode(self, source, training=None) -> Memory:
        """Reads sources, whole numbers (B, S)."""
        raise NotImplementedError

    def begin(self, memory: Memory, length: int, beam: int = 1) -> State:
        """Returns the state before anything is written.

        Args:
            memory: what `encode` returned, of B sources.
            length: tokens that will be written at most.
            beam: translations of each source, K.
        """
        raise NotImplementedError

    def step(self, tokens, state: State):
        """Reads the last token of each translation.

        Args:
            tokens: whole numbers (B·K,).
            state: what `begin` or the last `step` returned.

        Returns:
            Logits (B·K, V) for the token after it, and the state.
        """
        raise NotImplementedError

    def attention(self, source, written):
        """Where each place of the target looks: weights (B, T, S), which sum to 1 and are 0 on padding."""
        raise NotImplementedError

    def _two(self, inputs):
        if not isinstance(inputs, tuple | list) or len(inputs) != 2:
            raise ValueError(f"Expected a list of sources and targets. Received: {type(inputs).__name__}.")
        source, written = inputs
        for name, tokens in (("source", source), ("target", written)):
            self.check_length(name, tokens.shape[1])
        return source, written

    def check_length(self, name: str, length: int | None) -> None:
        """Raises a ValueError for a text that is longer than the context."""
        if self.context is not None and length is not None and length > self.context:
            raise ValueError(
                f"This network takes texts of up to {self.context} tokens. Received: a {name} of {length} tokens."
            )

    def get_config(self):
        context = {} if self.context is None else {"context": self.context}
        return {
            "source_vocabulary_size": self.source_vocabulary_size,
            "target_vocabulary_size": self.target_vocabulary_size,
            **context,
            **self._arguments,
            "name": self.name,
        }


def no_padding(tokens):
    """Which places hold a token: bool, the shape of `tokens`."""
    return ops.not_equal(tokens, text.PADDING)
