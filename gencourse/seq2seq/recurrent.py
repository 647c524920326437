"""A recurrent translator: one network reads the source both ways, another writes and looks back at it."""

import keras
import tensorflow as tf
from keras import ops

from gencourse import layers

from .attention import AdditiveAttention, by_source, embedding
from .network import Memory, State, TranslationNetwork, no_padding


@keras.saving.register_keras_serializable(package="gencourse")
class RecurrentTranslator(TranslationNetwork):
    """A bidirectional GRU reads, a GRU writes, and additive attention stands between them.

    The writing GRU reads a token, asks the source with its new state, and what it wrote so far and what it found there
    decide the next token together. (Bahdanau's own asks before it reads. Asking afterwards, as Luong's does, lets all
    tokens of a known target be read before anything is asked: one pass in training, not T.)

    Args: as in `build_recurrent_translator`.
    """

    def __init__(
        self,
        *,
        source_vocabulary_size: int,
        target_vocabulary_size: int,
        embedding_dim: int = 64,
        units: int = 128,
        attend: bool = True,
        dropout: float = 0.0,
        **kwargs,
    ):
        settings = {"embedding_dim": embedding_dim, "units": units, "attend": attend, "dropout": dropout}
        super().__init__(source_vocabulary_size, target_vocabulary_size, None, settings, **kwargs)
        self.embedding_dim, self.units, self.attend = embedding_dim, units, attend
        self.source_embedding = embedding(source_vocabulary_size, embedding_dim, "source_tokens")
        self.target_embedding = embedding(target_vocabulary_size, embedding_dim, "target_tokens")
        self.forwards, self.backwards = layers.GRU(units, name="forwards"), layers.GRU(units, name="backwards")
        self.first_state = keras.layers.Dense(units, activation="tanh", name="first_state")
        self.writer = layers.GRU(units, name="writer")
        self.looking = AdditiveAttention(units, name="looking")
        self.mix = keras.layers.Dense(units, activation="tanh", name="mix")
        self.head = keras.layers.Dense(target_vocabulary_size, name="logits")
        self.dropout = keras.layers.Dropout(dropout)

    def build(self, input_shape=None):
        embedded, state = (None, None, self.embedding_dim), (None, None, self.units)
        read = (None, None, 2 * self.units)
        self.source_embedding.build((None, None))
        self.target_embedding.build((None, None))
        for layer in (self.forwards, self.backwards, self.writer):
            layer.build(embedded)
        self.first_state.build((None, self.units))
        self.looking.build(state, read)
        self.mix.build((None, None, 3 * self.units))
        self.head.build(state)
        self.built = True

    def encode(self, source, training=None) -> Memory:
        """Reads sources (B, S) from both ends; `places` is (B, S, 2·H), or (B, 1, 2·H) for one that does not attend."""
        there = no_padding(source)
        lengths = tf.reduce_sum(tf.cast(there, tf.int32), axis=-1)
        x = self.dropout(self.source_embedding(source), training=training)
        forwards, _ = self.forwards(x)
        backwards, _ = self.backwards(tf.reverse_sequence(x, lengths, seq_axis=1))  # padding stays at the end
        backwards = tf.reverse_sequence(backwards, lengths, seq_axis=1)
        if not self.attend:  # one place is left, what each reader has at its end: all that is found there is known
            last = tf.gather(forwards, tf.maximum(lengths - 1, 0)[:, None], batch_dims=1)
            forwards, backwards, there = last, backwards[:, :1], there[:, :1]
        places = ops.concatenate([forwards, backwards], axis=-1)
        return Memory(self.dropout(places, training=training), there)

    def begin(self, memory: Memory, length: int | None = None, beam: int = 1) -> State:
        first = self.first_state(memory.places[:, 0, self.units :])  # what the backward reader has at the beginning
        rows = (ops.repeat(first, beam, axis=0),)
        return State(tf.zeros((), tf.int32), rows, (self.looking.keys(memory.places), *memory))

    def step(self, tokens, state: State):
        x, rows = self.writer(self.target_embedding(tokens)[:, None], initial_state=state.rows)
        logits, _ = self._decide(by_source(x, state.memory[0]), state.memory)
        return ops.reshape(logits, (-1, self.target_vocabulary_size)), State(state.position + 1, rows, state.memory)

    def _logits(self, memory, written, training):
        return self._read(memory, written, training)[0]

    def _read(self, memory, written, training=None):
        """Logits and weights for a whole target."""
        state = self.begin(memory)
        x = self.dropout(self.target_embedding(written), training=training)
        x, _ = self.writer(x, initial_state=state.rows)
        return self._decide(x, state.memory, training)

    def _decide(self, x, memory, training=None):
        """From the writer's states (B, T, H) to logits (B, T, V) and where each looked (B, T, S)."""
        found, weights = self.looking(x, *memory)
        x = self.mix(ops.concatenate([x, found], axis=-1))
        return self.head(self.dropout(x, training=training)), weights

    def attention(self, source, written):
        """Where each place of the target looks, (B, T, S)."""
        source, written = self._two([ops.convert_to_tensor(source), ops.convert_to_tensor(written)])
        return self._read(self.encode(source), written)[1]


def build_recurrent_translator(
    *,
    source_vocabulary_size: int,
    target_vocabulary_size: int,
    embedding_dim: int = 64,
    units: int = 128,
    attend: bool = True,
    dropout: float = 0.0,
    name: str = "recurrent_translator",
) -> RecurrentTranslator:
    """Builds a recurrent encoder-decoder with attention.

    Args:
        source_vocabulary_size: numbers that a source may hold, padding included.
        target_vocabulary_size: V, padding included.
        embedding_dim: width of an embedded token, on both sides.
        units: H, of each of the three GRUs and of the attention.
        attend: look at every place of the source. Without it the writer has the two readers' last states only, one
            vector of 2·H numbers for a source of any length.
        dropout: share of embedded numbers, of the memory and of the last layer's inputs silenced in training.
        name: of the network.

    Returns:
        A built network: [sources (B, S), targets as far as written (B, T)] -> logits (B, T, V).

    Reference:
        Bahdanau, Cho and Bengio, "Neural Machine Translation by Jointly Learning to Align and Translate", 2015; Luong,
        Pham and Manning, "Effective Approaches to Attention-based Neural Machine Translation", 2015 (the order); Cho et
        al., "Learning Phrase Representations using RNN Encoder-Decoder", 2014 (without attention).
    """
    network = RecurrentTranslator(
        source_vocabulary_size=source_vocabulary_size,
        target_vocabulary_size=target_vocabulary_size,
        embedding_dim=embedding_dim,
        units=units,
        attend=attend,
        dropout=dropout,
        name=name,
    )
    network.build()
    return network
