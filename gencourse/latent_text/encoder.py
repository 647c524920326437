"""The reading half of a text VAE: from a whole text to where its latents probably lie."""

import keras
import tensorflow as tf
from keras import ops

from gencourse import layers, text


@keras.saving.register_keras_serializable(package="gencourse")
class TextEncoder(keras.Model):
    """Reads a text from both ends and says where its latents lie: means, then log-variances.

    Of each number in the two memories the largest value counts that it takes anywhere in the text, so that the first
    word is as near as the last.

    Args: as in `build_encoder`.
    """

    def __init__(
        self,
        *,
        vocabulary_size: int,
        latent_dim: int = 32,
        embedding_dim: int = 128,
        units: int = 128,
        dropout: float = 0.0,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.vocabulary_size, self.latent_dim = vocabulary_size, latent_dim
        self.embedding_dim, self.units, self.rate = embedding_dim, units, dropout
        self.embedding = keras.layers.Embedding(vocabulary_size, embedding_dim, name="tokens")
        self.forwards, self.backwards = layers.GRU(units, name="forwards"), layers.GRU(units, name="backwards")
        self.dropout = keras.layers.Dropout(dropout)
        self.head = keras.layers.Dense(2 * latent_dim, name="means_and_log_variances")

    def build(self, input_shape=None):
        self.embedding.build((None, None))
        for layer in (self.forwards, self.backwards):
            layer.build((None, None, self.embedding_dim))
        self.head.build((None, 2 * self.units))
        self.built = True

    def get_build_config(self):
        return {"input_shape": (None, None)}

    def build_from_config(self, config):
        self.build()

    def call(self, tokens, training=None):
        """Means and log-variances side by side, (B, 2·Z), of tokens (B, T); padding at a text's end changes nothing."""
        there = ops.not_equal(tokens, text.PADDING)
        lengths = tf.reduce_sum(tf.cast(there, tf.int32), axis=-1)
        x = self.dropout(self.embedding(tokens), training=training)
        forwards, _ = self.forwards(x)
        backwards, _ = self.backwards(tf.reverse_sequence(x, lengths, seq_axis=1))  # padding stays at the end
        states = ops.concatenate([forwards, backwards], axis=-1)  # (B, T, 2·H)
        states = tf.reduce_max(tf.where(there[..., None], states, -1.0), axis=1)  # (B, T, 2·H) -> (B, 2·H), above -1
        return self.head(self.dropout(states, training=training))

    def get_config(self):
        return {
            "vocabulary_size": self.vocabulary_size,
            "latent_dim": self.latent_dim,
            "embedding_dim": self.embedding_dim,
            "units": self.units,
            "dropout": self.rate,
            "name": self.name,
        }


def build_encoder(
    *,
    vocabulary_size: int,
    latent_dim: int = 32,
    embedding_dim: int = 128,
    units: int = 128,
    dropout: float = 0.0,
    name: str = "encoder",
) -> TextEncoder:
    """Builds the reading half of a text VAE: one GRU from the beginning, one from the end.

    Args:
        vocabulary_size: V, padding included.
        latent_dim: Z, numbers in one vector of latents.
        embedding_dim: width of an embedded token, D.
        units: width of each GRU's memory, H.
        dropout: share of embedded numbers and of what was read silenced in training.
        name: of the network.

    Returns:
        A built network: tokens (B, T) -> means and log-variances (B, 2·Z).

    Reference:
        Bowman et al., "Generating Sentences from a Continuous Space", 2016; the maximum over places: Conneau et al.,
        "Supervised Learning of Universal Sentence Representations", 2017.
    """
    network = TextEncoder(
        vocabulary_size=vocabulary_size,
        latent_dim=latent_dim,
        embedding_dim=embedding_dim,
        units=units,
        dropout=dropout,
        name=name,
    )
    network.build()
    return network
