"""Attention between two texts: which places of the source a place of the target gathers from."""

import math

import keras
import tensorflow as tf
from keras import layers, ops

from gencourse.layers import rotate, unbiased_dense

HIDDEN = -1e9  # the score of a place that must not be looked at: its weight is 0


def embedding(size: int, width: int, name: str):
    """Vectors of numbers, drawn small."""
    initial = keras.initializers.RandomNormal(stddev=0.02)
    return layers.Embedding(size, width, embeddings_initializer=initial, name=name)


def by_source(x, memory):
    """Puts the hypotheses of one source beside each other: (B·K, 1, D) -> (B, K, D), B read from `memory` (B, …).

    What K hypotheses ask of one source can so be asked like K places of one target: the source is never copied.
    """
    return ops.reshape(x, (ops.shape(memory)[0], -1, x.shape[-1]))


@keras.saving.register_keras_serializable(package="gencourse")
class AdditiveAttention(layers.Layer):
    """Attention by a small network: the score of a place is v·tanh(W q + U m).

    Args:
        units: width of the small network's hidden layer, A.

    Reference:
        Bahdanau, Cho and Bengio, "Neural Machine Translation by Jointly Learning to Align and Translate", 2015.
    """

    def __init__(self, units: int, **kwargs):
        super().__init__(**kwargs)
        self.units = units
        self.queries = layers.Dense(units, name="queries")
        self.keys = layers.Dense(units, use_bias=False, name="keys")
        self.scores = layers.Dense(1, use_bias=False, name="scores")

    def build(self, queries_shape, memory_shape):
        self.queries.build(queries_shape)
        self.keys.build(memory_shape)
        self.scores.build((None, None, None, self.units))
        self.built = True

    def call(self, asking, keys, memory, there):
        """Gathers from a source.

        Args:
            asking: (B, T, D).
            keys: U m of each place of the source, (B, S, A): `self.keys(memory)`, which does not change while writing.
            memory: what is gathered, (B, S, M).
            there: bool (B, S), False for padding.

        Returns:
            Weighted means (B, T, M), and the weights (B, T, S), which sum to 1 and are 0 on padding.
        """
        hidden = ops.tanh(self.queries(asking)[:, :, None, :] + keys[:, None, :, :])  # (B, T, S, A)
        scores = self.scores(hidden)[..., 0]
        weights = tf.nn.softmax(ops.where(there[:, None, :], scores, ops.cast(HIDDEN, scores.dtype)))
        return ops.matmul(weights, memory), weights

    def get_config(self):
        return {**super().get_config(), "units": self.units}


@keras.saving.register_keras_serializable(package="gencourse")
class Attention(layers.Layer):
    """Attention by products, with several heads: the score of a place is q·k / √d, of one text or between two.

    It is used in two halves, so that what does not change while writing is computed once: `remember` makes the keys
    and values of the places that can be looked at, `call` looks.

    Args:
        heads: number of heads; each has D / heads features.
        rotary: turn queries and keys by their places; for a text that looks at itself.

    Raises:
        ValueError: if the width is no multiple of `heads`, or rotary heads have an odd number of features.

    Reference:
        Vaswani et al., "Attention Is All You Need", 2017.
    """

    def __init__(self, heads: int, *, rotary: bool = False, **kwargs):
        super().__init__(**kwargs)
        self.heads, self.rotary = heads, rotary

    def build(self, input_shape):
        width = input_shape[-1]
        if width % self.heads or (self.rotary and width // self.heads % 2):
            raise ValueError(
                f"The width must be a multiple of {'twice ' if self.rotary else ''}the heads. "
                f"Received: width {width}, heads {self.heads}."
            )
        self.head_dim = width // self.heads
        self.queries, self.keys, self.values = (
            unbiased_dense(width, name=name) for name in ("queries", "keys", "values")
        )
        self.out = unbiased_dense(width, kernel_initializer="zeros", name="out")
        for layer in (self.queries, self.keys, self.values, self.out):
            layer.build(input_shape)
        self.built = True

    def compute_output_shape(self, input_shape):
        return input_shape

    def _split(self, x):
        # (B, T, D) -> (B, heads, T, D/heads)
        return ops.transpose(ops.reshape(x, (-1, ops.shape(x)[1], self.heads, self.head_dim)), (0, 2, 1, 3))

    def remember(self, x, position=0):
        """Keys and values of places that can be looked at.

        Args:
            x: (B, S, D).
            position: place of the first of them, for rotary keys.

        Returns:
            Two tensors (B, heads, S, D/heads).
        """
        keys, values = self._split(self.keys(x)), self._split(self.values(x))
        return (rotate(keys, position) if self.rotary else keys), values

    def call(self, x, keys, values, visible, position=0):
        """Gathers values.

        Args:
            x: the places that look, (B, T, D).
            keys, values: from `remember`.
            visible: bool, of a shape that fits (B, heads, T, S).
            position: place of the first that looks, for rotary queries.

        Returns:
            (B, T, D).
        """
        joined = ops.transpose(ops.matmul(self.weights_of(x, keys, visible, position), values), (0, 2, 1, 3))
        return self.out(ops.reshape(joined, (-1, ops.shape(x)[1], self.heads * self.head_dim)))

    def weights_of(self, x, keys, visible, position=0):
        """The weights that `call` uses, (B, heads, T, S): they sum to 1, and are 0 where nothing is visible."""
        queries = self._split(self.queries(x))
        if self.rotary:
            queries = rotate(queries, position)
        scores = ops.matmul(queries, ops.swapaxes(keys, -1, -2)) / math.sqrt(self.head_dim)
        return tf.nn.softmax(ops.where(visible, scores, ops.cast(HIDDEN, scores.dtype)))

    def get_config(self):
        return {**super().get_config(), "heads": self.heads, "rotary": self.rotary}
