"""A transformer as translator: an encoder that looks both ways, a decoder that looks back and at the source."""

import keras
import tensorflow as tf
from keras import layers, ops

from gencourse.layers import unbiased_dense

from .attention import Attention, by_source, embedding
from .network import Memory, State, TranslationNetwork, no_padding


class _Block(layers.Layer):
    """Base of the two: halves that each read a normalised input and add to what is there.

    There are no biases, and the last matrix of each half starts at zero: an untrained block hands its input through.

    Args:
        heads: attention heads.
        rotary: rotary positions where a text looks at itself.
        expansion: width of the dense network's hidden layer, in widths.
        dropout: share of what each half adds that is silenced in training.
    """

    halves = 2

    def __init__(self, heads: int, *, rotary: bool = False, expansion: int = 4, dropout: float = 0.0, **kwargs):
        super().__init__(**kwargs)
        self.settings = {"heads": heads, "rotary": rotary, "expansion": expansion, "dropout": dropout}
        self.attention = Attention(heads, rotary=rotary, name="attention")
        self.norms = [layers.RMSNormalization(name=f"norm_{i}") for i in range(1, self.halves + 1)]
        self.dropout = layers.Dropout(dropout)

    def build(self, input_shape):
        width = input_shape[-1]
        self.widen = unbiased_dense(self.settings["expansion"] * width, activation="gelu", name="widen")
        self.narrow = unbiased_dense(width, kernel_initializer="zeros", name="narrow")
        self.widen.build(input_shape)
        self.narrow.build((*input_shape[:-1], self.settings["expansion"] * width))
        self.attention.build(input_shape)
        for norm in self.norms:
            norm.build(input_shape)
        self.built = True

    def compute_output_shape(self, input_shape, *others):
        return input_shape

    def _think(self, x, training):
        return x + self.dropout(self.narrow(self.widen(self.norms[-1](x))), training=training)

    def get_config(self):
        return {**super().get_config(), **self.settings}


@keras.saving.register_keras_serializable(package="gencourse")
class EncoderBlock(_Block):
    """Each token of the source gathers from all of them, then thinks for itself."""

    def call(self, x, there, training=None):
        """(B, S, D) -> (B, S, D), with `there` bool (B, S)."""
        n = self.norms[0](x)
        gathered = self.attention(n, *self.attention.remember(n), there[:, None, None, :])
        return self._think(x + self.dropout(gathered, training=training), training)


@keras.saving.register_keras_serializable(package="gencourse")
class DecoderBlock(_Block):
    """Each token of the target gathers from those before it, then from the source, then thinks for itself."""

    halves = 3

    def __init__(self, heads: int, **options):
        super().__init__(heads, **options)
        self.crossing = Attention(heads, name="crossing")

    def build(self, input_shape):
        super().build(input_shape)
        self.crossing.build(input_shape)

    def call(self, x, memory, there, training=None):
        """A whole target, (B, T, D); `memory` are keys and values from `crossing.remember`."""
        return self._finish(self._look_back(x, training), memory, there, training)

    def read(self, x, cache, memory, there, position):
        """One token of each of B·K translations, (B·K, 1, D).

        Args:
            x: the tokens, embedded.
            cache: keys and values of the tokens before, (B·K, heads, L, D/heads) each.
            memory: of B sources.
            there: bool (B, S).
            position: place of the tokens.

        Returns:
            (B·K, 1, D) and the cache with the new keys and values in it.
        """
        n, places = self.norms[0](x), tf.range(tf.shape(cache[0])[2])
        here = (places == position)[:, None]
        new = self.attention.remember(n, position)
        cache = tuple(tf.where(here, fresh, old) for fresh, old in zip(new, cache, strict=True))
        x = x + self.attention(n, *cache, places <= position, position)
        shape = ops.shape(x)
        return ops.reshape(self._finish(by_source(x, there), memory, there, None), shape), cache

    def cross_weights(self, x, memory, there):
        """Where each place of a whole target looks in the source, (B, heads, T, S)."""
        x = self._look_back(x, None)
        return self.crossing.weights_of(self.norms[1](x), memory[0], there[:, None, None, :])

    def _look_back(self, x, training):
        n, places = self.norms[0](x), ops.arange(ops.shape(x)[1])
        gathered = self.attention(n, *self.attention.remember(n), places[None, :] <= places[:, None])
        return x + self.dropout(gathered, training=training)

    def _finish(self, x, memory, there, training):
        gathered = self.crossing(self.norms[1](x), *memory, there[:, None, None, :])
        return self._think(x + self.dropout(gathered, training=training), training)


@keras.saving.register_keras_serializable(package="gencourse")
class TransformerTranslator(TranslationNetwork):
    """An encoder-decoder transformer; the target's embedding, transposed, is also its layer of logits.

    Args: as in `build_transformer_translator`.
    """

    def __init__(
        self,
        *,
        source_vocabulary_size: int,
        target_vocabulary_size: int,
        context: int = 64,
        depth: int = 2,
        heads: int = 4,
        width: int = 128,
        positions: str = "learned",
        expansion: int = 4,
        dropout: float = 0.0,
        **kwargs,
    ):
        block = {"heads": heads, "expansion": expansion, "dropout": dropout}
        settings = {**block, "depth": depth, "width": width, "positions": positions}
        super().__init__(source_vocabulary_size, target_vocabulary_size, context, settings, **kwargs)
        block["rotary"] = positions == "rotary"
        self.heads, self.width, self.learned = heads, width, positions == "learned"
        self.source_embedding = embedding(source_vocabulary_size, width, "source_tokens")
        self.target_embedding = embedding(target_vocabulary_size, width, "target_tokens")
        self.places = [embedding(context, width, f"{side}_positions") for side in ("source", "target") if self.learned]
        self.encoder = [EncoderBlock(**block, name=f"encoder_{i}") for i in range(depth)]
        self.decoder = [DecoderBlock(**block, name=f"decoder_{i}") for i in range(depth)]
        self.norms = [layers.RMSNormalization(name=f"{side}_norm") for side in ("source", "target")]
        self.dropout = layers.Dropout(dropout)

    def build(self, input_shape=None):
        for layer in (self.source_embedding, self.target_embedding, *self.places):
            layer.build((None, None))
        for layer in (*self.encoder, *self.decoder, *self.norms):
            layer.build((None, None, self.width))
        self.bias = self.add_weight((self.target_vocabulary_size,), "zeros", name="logits_bias")
        self.built = True

    def encode(self, source, training=None) -> Memory:
        """Reads sources (B, S); `places` is (B, S, D)."""
        there = no_padding(source)
        x = self._embed(0, source, 0, training)
        for block in self.encoder:
            x = block(x, there, training=training)
        return Memory(self.norms[0](x), there)

    def begin(self, memory: Memory, length: int, beam: int = 1) -> State:
        self.check_length("target", length if isinstance(length, int) else None)
        shape = (tf.shape(memory.there)[0] * beam, self.heads, length, self.width // self.heads)
        rows = tuple((tf.zeros(shape, self.compute_dtype),) * 2 for _ in self.decoder)
        return State(tf.zeros((), tf.int32), rows, (self._crossings(memory), memory.there))

    def step(self, tokens, state: State):
        crossings, there = state.memory
        x, rows = self._embed(1, tokens[:, None], state.position, None), []
        for block, cache, crossing in zip(self.decoder, state.rows, crossings, strict=True):
            x, cache = block.read(x, cache, crossing, there, state.position)
            rows.append(cache)
        return self._head(x)[:, 0], State(state.position + 1, tuple(rows), state.memory)

    def _logits(self, memory, written, training):
        x = self._embed(1, written, 0, training)
        for block, crossing in zip(self.decoder, self._crossings(memory), strict=True):
            x = block(x, crossing, memory.there, training=training)
        return self._head(x)

    def attention(self, source, written, *, layer: int = -1, head: int | None = None):
        """Where each place of the target looks.

        Args:
            source: whole numbers (B, S).
            written: whole numbers (B, T).
            layer: the block of the decoder whose weights are wanted; the last by default.
            head: one of its heads; None takes the mean of all.

        Returns:
            (B, T, S).

        Raises:
            ValueError: for a layer or a head that is not there.
        """
        depth = len(self.decoder)
        if not -depth <= layer < depth or (head is not None and not 0 <= head < self.heads):
            raise ValueError(f"There are {depth} layers of {self.heads} heads. Received: layer={layer}, head={head}.")
        source, written = self._two([ops.convert_to_tensor(source), ops.convert_to_tensor(written)])
        memory = self.encode(source)
        x, crossings = self._embed(1, written, 0, None), self._crossings(memory)
        for block, crossing in list(zip(self.decoder, crossings, strict=True))[: layer % depth]:
            x = block(x, crossing, memory.there)
        weights = self.decoder[layer].cross_weights(x, crossings[layer], memory.there)
        return ops.mean(weights, axis=1) if head is None else weights[:, head]

    def _crossings(self, memory):
        return tuple(block.crossing.remember(memory.places) for block in self.decoder)

    def _embed(self, side, tokens, position, training):
        x = (self.source_embedding, self.target_embedding)[side](tokens)
        if self.learned:
            x = x + self.places[side](position + ops.arange(ops.shape(tokens)[1]))
        return self.dropout(x, training=training)

    def _head(self, x):
        return ops.matmul(self.norms[1](x), ops.transpose(self.target_embedding.embeddings)) + self.bias


def build_transformer_translator(
    *,
    source_vocabulary_size: int,
    target_vocabulary_size: int,
    context: int = 64,
    depth: int = 2,
    heads: int = 4,
    width: int = 128,
    positions: str = "learned",
    expansion: int = 4,
    dropout: float = 0.0,
    name: str = "transformer_translator",
) -> TransformerTranslator:
    """Builds an encoder-decoder transformer: normalising first, by root mean squares, without biases.

    Args:
        source_vocabulary_size: numbers that a source may hold, padding included.
        target_vocabulary_size: V, padding included.
        context: the longest text on either side, in tokens.
        depth: blocks in the encoder, and as many in the decoder.
        heads: attention heads in each.
        width: features of a token, D, a multiple of `heads`.
        positions: "learned" or "rotary". Rotary ones tell distances within a text, not places: an encoder learns with
            them more slowly where the place itself counts, as in turning a word round.
        expansion: hidden width of the dense half of a block, in widths.
        dropout: in [0, 1).
        name: of the network.

    Returns:
        A built network: [sources (B, S), targets as far as written (B, T)] -> logits (B, T, V).

    Raises:
        ValueError: for other positions, a context below 2, no depth, or a width that the heads do not divide.

    Reference:
        Vaswani et al., "Attention Is All You Need", 2017; Xiong et al., "On Layer Normalization in the Transformer
        Architecture", 2020 (normalising first).
    """
    if positions not in ("rotary", "learned"):
        raise ValueError(f"`positions` must be 'rotary' or 'learned'. Received: {positions!r}.")
    if context < 2:
        raise ValueError(f"`context` must be at least 2. Received: {context}.")
    if depth < 1:
        raise ValueError(f"`depth` must be at least 1. Received: {depth}.")
    network = TransformerTranslator(
        source_vocabulary_size=source_vocabulary_size,
        target_vocabulary_size=target_vocabulary_size,
        context=context,
        depth=depth,
        heads=heads,
        width=width,
        positions=positions,
        expansion=expansion,
        dropout=dropout,
        name=name,
    )
    network.build()
    return network
