"""Recurrent networks: a memory of fixed size, renewed at each symbol."""

import keras
import tensorflow as tf

from gencourse import layers

from .network import LanguageNetwork

CELLS = {"simple": layers.SimpleRNN, "lstm": layers.LSTM, "gru": layers.GRU}


@keras.saving.register_keras_serializable(package="gencourse")
class RecurrentBlock(keras.layers.Layer):
    """One recurrent layer as a block of a `LanguageNetwork`.

    Args:
        cell: "simple" (Elman's network), "lstm" or "gru".
        units: numbers in its memory, H; also the width of what it puts out.
        dropout: share of its outputs silenced in training.

    Raises:
        ValueError: for another cell.

    Reference:
        Elman, "Finding Structure in Time", 1990; Hochreiter and Schmidhuber, "Long Short-Term Memory", 1997; Cho et
        al., "Learning Phrase Representations using RNN Encoder-Decoder", 2014.
    """

    def __init__(self, cell: str = "gru", units: int = 256, *, dropout: float = 0.0, **kwargs):
        super().__init__(**kwargs)
        if cell not in CELLS:
            raise ValueError(f"`cell` must be one of {sorted(CELLS)}. Received: {cell!r}.")
        self.cell, self.units, self.rate = cell, units, dropout
        self.layer = CELLS[cell](units, name=cell)
        self.dropout = keras.layers.Dropout(dropout)

    def build(self, input_shape):
        self.layer.build(input_shape)
        self.built = True

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], self.units)

    def call(self, x, training=None):
        return self.dropout(self.layer(x)[0], training=training)

    def initial_state(self, batch_size: int):
        """Zeros: (B, H), twice for an LSTM, which keeps a cell beside its output."""
        return tuple(tf.zeros((batch_size, self.units)) for _ in range(2 if self.cell == "lstm" else 1))

    def read(self, x, state, position=None, training=None):
        """The outputs for the next inputs, (B, T, H), and the memory after them."""
        outputs, state = self.layer(x, initial_state=state)
        return self.dropout(outputs, training=training), state

    def get_config(self):
        return {**super().get_config(), "cell": self.cell, "units": self.units, "dropout": self.rate}


def build_recurrent(
    *,
    vocabulary_size: int,
    embedding_dim: int = 64,
    cell: str = "gru",
    units=(256,),
    tie: bool = False,
    dropout: float = 0.0,
    name: str = "recurrent",
) -> LanguageNetwork:
    """Builds a recurrent language network: embedding, recurrent layers, logits.

    Args:
        vocabulary_size: V.
        embedding_dim: D.
        cell: "simple", "lstm" or "gru".
        units: width of each recurrent layer, first to last.
        tie: embedding and logits share their weights; worth it where the vocabulary is large.
        dropout: share of each layer's outputs silenced in training.
        name: of the network.

    Returns:
        A built `LanguageNetwork`: tokens (B, T) -> logits (B, T, V), T of any length.

    Reference:
        Mikolov et al., "Recurrent neural network based language model", 2010.
    """
    network = LanguageNetwork(
        vocabulary_size=vocabulary_size,
        width=embedding_dim,
        blocks=[RecurrentBlock(cell, width, dropout=dropout) for width in units],
        tie=tie,
        name=name,
    )
    network.build()
    return network
