"""Decoder-only transformers: each token attends to those before it."""

import math

import keras
import tensorflow as tf
from keras import layers, ops

from gencourse.layers import rotate, unbiased_dense

from .network import LanguageNetwork


def causal_attention(queries, keys, values, position=0):
    """Weighted means of values: softmax(q·k / √d) over the places that a query may look at, its own and earlier ones.

    Args:
        queries: (B, heads, T, D/heads), of places position … position + T - 1.
        keys: (B, heads, S, D/heads), of places 0 … S - 1.
        values: (B, heads, S, D/heads).
        position: place of the first query.

    Returns:
        Means (B, heads, T, D/heads) and weights (B, heads, T, S), which sum to 1 and are 0 for later places.

    Reference:
        Vaswani et al., "Attention Is All You Need", 2017.
    """
    scores = ops.matmul(queries, ops.swapaxes(keys, -1, -2)) / math.sqrt(queries.shape[-1])  # (B, heads, T, S)
    asking = position + ops.arange(ops.shape(queries)[2])
    visible = ops.arange(ops.shape(keys)[2])[None, :] <= asking[:, None]  # (T, S)
    weights = tf.nn.softmax(ops.where(visible, scores, ops.cast(-1e9, scores.dtype)))
    return ops.matmul(weights, values), weights


@keras.saving.register_keras_serializable(package="gencourse")
class CausalSelfAttention(layers.Layer):
    """Lets each token gather from itself and the tokens before it, with several heads.

    Args:
        heads: number of heads; each has D / heads features.
        context: the longest text, C: places in the key-value cache.
        rotary: turn queries and keys by their places.

    Raises:
        ValueError: if the width is no multiple of `heads`, or rotary heads have an odd number of features.
    """

    def __init__(self, heads: int, context: int, *, rotary: bool = False, **kwargs):
        super().__init__(**kwargs)
        self.heads, self.context, self.rotary = heads, context, rotary

    def build(self, input_shape):
        width = input_shape[-1]
        if width % self.heads or (self.rotary and width // self.heads % 2):
            raise ValueError(
                f"The width must be a multiple of {'twice ' if self.rotary else ''}the heads. "
                f"Received: width {width}, heads {self.heads}."
            )
        self.head_dim = width // self.heads
        self.parts = [unbiased_dense(width, name=name) for name in ("queries", "keys", "values")]
        self.out = unbiased_dense(width, kernel_initializer="zeros", name="out")
        for layer in (*self.parts, self.out):
            layer.build(input_shape)
        self.built = True

    def compute_output_shape(self, input_shape):
        return input_shape

    def _split(self, x, position):
        shape = (-1, ops.shape(x)[1], self.heads, self.head_dim)  # (B, T, D) -> (B, heads, T, D/heads)
        queries, keys, values = (ops.transpose(ops.reshape(part(x), shape), (0, 2, 1, 3)) for part in self.parts)
        if self.rotary:
            queries, keys = rotate(queries, position), rotate(keys, position)
        return queries, keys, values

    def _join(self, means):
        # (B, heads, T, D/heads) -> (B, T, D)
        joined = ops.transpose(means, (0, 2, 1, 3))
        return self.out(ops.reshape(joined, (-1, ops.shape(joined)[1], self.heads * self.head_dim)))

    def call(self, x):
        return self._join(causal_attention(*self._split(x, 0))[0])

    def attention_weights(self, x):
        """The weights that `call` uses, (B, heads, T, T): row t says where place t looks."""
        return causal_attention(*self._split(x, 0))[1]

    def initial_state(self, batch_size: int):
        """An empty key-value cache: two tensors of zeros, (B, heads, C, D/heads)."""
        shape = (batch_size, self.heads, self.context, self.head_dim)
        return tf.zeros(shape), tf.zeros(shape)

    def read(self, x, state, position):
        """The outputs for the next inputs, and the cache with their keys and values in it."""
        queries, keys, values = self._split(x, position)
        start = (0, 0, position, 0)
        kept = tuple(ops.slice_update(old, start, new) for old, new in zip(state, (keys, values), strict=True))
        return self._join(causal_attention(queries, *kept, position)[0]), kept

    def get_config(self):
        return {**super().get_config(), "heads": self.heads, "context": self.context, "rotary": self.rotary}


@keras.saving.register_keras_serializable(package="gencourse")
class TransformerBlock(layers.Layer):
    """Attention, then a small dense network at each place; both read a normalised input and add to what is there.

    There are no biases, and the last matrix of each half starts at zero: an untrained block hands its input through.

    Args:
        heads: attention heads.
        context: the longest text, C.
        rotary: rotary positions in the attention.
        expansion: width of the dense network's hidden layer, in widths.
        activation: of the hidden layer.
        dropout: share of what each half adds that is silenced in training.

    Reference:
        Xiong et al., "On Layer Normalization in the Transformer Architecture", 2020 (normalising first); Zhang and
        Sennrich, "Root Mean Square Layer Normalization", 2019.
    """

    def __init__(
        self,
        heads: int,
        context: int,
        *,
        rotary: bool = False,
        expansion: int = 4,
        activation: str = "gelu",
        dropout: float = 0.0,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.settings = {
            "heads": heads,
            "context": context,
            "rotary": rotary,
            "expansion": expansion,
            "activation": activation,
            "dropout": dropout,
        }
        self.attention = CausalSelfAttention(heads, context, rotary=rotary, name="attention")
        self.norms = [layers.RMSNormalization(name=f"norm_{i}") for i in (1, 2)]
        self.dropout = layers.Dropout(dropout)

    def build(self, input_shape):
        width = input_shape[-1]
        hidden = self.settings["expansion"] * width
        self.widen = unbiased_dense(hidden, activation=self.settings["activation"], name="widen")
        self.narrow = unbiased_dense(width, kernel_initializer="zeros", name="narrow")
        self.widen.build(input_shape)
        self.narrow.build((*input_shape[:-1], hidden))
        self.attention.build(input_shape)
        for norm in self.norms:
            norm.build(input_shape)
        self.built = True

    @property
    def dense_layers(self):
        """Its six matrices: queries, keys, values, out, widen, narrow."""
        return [*self.attention.parts, self.attention.out, self.widen, self.narrow]

    def compute_output_shape(self, input_shape):
        return input_shape

    def call(self, x, training=None):
        x = x + self.dropout(self.attention(self.norms[0](x)), training=training)
        return x + self.dropout(self._think(x), training=training)

    def _think(self, x):
        return self.narrow(self.widen(self.norms[1](x)))

    def initial_state(self, batch_size: int):
        """The attention's empty cache."""
        return self.attention.initial_state(batch_size)

    def read(self, x, state, position, training=None):
        """The outputs for the next inputs, and the cache after them."""
        gathered, state = self.attention.read(self.norms[0](x), state, position)
        x = x + self.dropout(gathered, training=training)
        return x + self.dropout(self._think(x), training=training), state

    def attention_weights(self, x):
        """Where each place looks, (B, heads, T, T)."""
        return self.attention.attention_weights(self.norms[0](x))

    def get_config(self):
        return {**super().get_config(), **self.settings}


def build_transformer(
    *,
    vocabulary_size: int,
    context: int = 64,
    depth: int = 4,
    heads: int = 4,
    width: int = 128,
    positions: str = "rotary",
    expansion: int = 4,
    activation: str = "gelu",
    tie: bool = True,
    dropout: float = 0.0,
    name: str = "transformer",
) -> LanguageNetwork:
    """Builds a decoder-only transformer, a small GPT.

    Args:
        vocabulary_size: V.
        context: tokens it can look back on, C.
        depth: blocks.
        heads: attention heads in each.
        width: features of a token, D, a multiple of `heads`.
        positions: "rotary" or "learned".
        expansion: hidden width of the dense half of a block, in widths.
        activation: of that hidden layer.
        tie: embedding and logits share their weights.
        dropout: in [0, 1).
        name: of the network.

    Returns:
        A built `LanguageNetwork`: tokens (B, T) -> logits (B, T, V), T up to C.

    Raises:
        ValueError: for other positions, a context below 2, or a width that the heads do not divide.

    Reference:
        Radford et al., "Improving Language Understanding by Generative Pre-Training", 2018.
    """
    if positions not in ("rotary", "learned"):
        raise ValueError(f"`positions` must be 'rotary' or 'learned'. Received: {positions!r}.")
    if context < 2:
        raise ValueError(f"`context` must be at least 2. Received: {context}.")
    network = LanguageNetwork(
        vocabulary_size=vocabulary_size,
        width=width,
        blocks=[
            TransformerBlock(
                heads,
                context,
                rotary=positions == "rotary",
                expansion=expansion,
                activation=activation,
                dropout=dropout,
                name=f"block_{i}",
            )
            for i in range(depth)
        ],
        context=context,
        positions="learned" if positions == "learned" else None,
        tie=tie,
        normalise=True,
        dropout=dropout,
        name=name,
    )
    network.build()
    return network
