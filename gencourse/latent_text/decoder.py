"""The writing half of a text VAE: a recurrent network that reads what was written so far and a latent."""

import keras
import tensorflow as tf
from keras import ops

from gencourse import layers


@keras.saving.register_keras_serializable(package="gencourse")
class LatentDecoder(keras.Model):
    """Predicts each next token of a text from those before it and from a vector of latents.

    The latents reach it in three places: they make the first state of its memory, they stand beside each embedded
    token, and beside what the memory puts out, so that they can make words likelier directly. It can be read as a
    whole (`call`) or in pieces (`read`), with equal logits; the latents are a part of the state.

    Args: as in `build_decoder`.
    """

    context = None  # its memory has no fixed end

    def __init__(
        self,
        *,
        vocabulary_size: int,
        latent_dim: int = 32,
        embedding_dim: int = 128,
        units: int = 256,
        dropout: float = 0.0,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.vocabulary_size, self.latent_dim = vocabulary_size, latent_dim
        self.embedding_dim, self.units, self.rate = embedding_dim, units, dropout
        self.embedding = keras.layers.Embedding(vocabulary_size, embedding_dim, name="tokens")
        self.first_state = keras.layers.Dense(units, activation="tanh", name="first_state")
        self.gru = layers.GRU(units, name="gru")
        self.dropout = keras.layers.Dropout(dropout)
        self.head = keras.layers.Dense(vocabulary_size, name="logits")

    def build(self, input_shape=None):
        self.embedding.build((None, None))
        self.first_state.build((None, self.latent_dim))
        self.gru.build((None, None, self.embedding_dim + self.latent_dim))
        self.head.build((None, None, self.units + self.latent_dim))
        self.built = True

    def get_build_config(self):
        return {"input_shape": [(None, None), (None, None)]}

    def build_from_config(self, config):
        self.build()

    def call(self, inputs, training=None):
        """Logits for the token after each, (B, T, V), of [tokens (B, T), latents (B, Z)]."""
        tokens, latents = inputs
        return self.read(tokens, self.begin(latents), training=training)[0]

    def begin(self, latents):
        """Returns the state of texts that are to say what `latents`, (B, Z), stand for, before anything is read."""
        return (self.first_state(latents),), latents

    def initial_state(self, batch_size: int):
        """The state of texts whose latents are all 0, the middle of the prior."""
        return self.begin(tf.zeros((batch_size, self.latent_dim)))

    def read(self, tokens, state, training=None):
        """Reads the next tokens of texts that are under way.

        Args:
            tokens: whole numbers (B, T).
            state: what `begin`, `initial_state` or the last `read` returned.
            training: whether dropout is at work.

        Returns:
            Logits (B, T, V) for the token after each, and the state.
        """
        memory, latents = state
        x = self.dropout(self.embedding(tokens), training=training)
        # (B, T, D) and (B, Z) -> (B, T, D + Z)
        beside = ops.broadcast_to(latents[:, None], (*ops.shape(x)[:2], self.latent_dim))
        x, memory = self.gru(ops.concatenate([x, beside], axis=-1), initial_state=memory)
        x = ops.concatenate([self.dropout(x, training=training), beside], axis=-1)
        return self.head(x), (memory, latents)

    def get_config(self):
        return {
            "vocabulary_size": self.vocabulary_size,
            "latent_dim": self.latent_dim,
            "embedding_dim": self.embedding_dim,
            "units": self.units,
            "dropout": self.rate,
            "name": self.name,
        }


def build_decoder(
    *,
    vocabulary_size: int,
    latent_dim: int = 32,
    embedding_dim: int = 128,
    units: int = 256,
    dropout: float = 0.0,
    name: str = "decoder",
) -> LatentDecoder:
    """Builds the writing half of a text VAE.

    Args:
        vocabulary_size: V, padding included.
        latent_dim: Z, numbers in one vector of latents.
        embedding_dim: width of an embedded token, D.
        units: width of the GRU's memory, H.
        dropout: share of embedded numbers and of the GRU's outputs silenced in training.
        name: of the network.

    Returns:
        A built network: [tokens (B, T), latents (B, Z)] -> logits (B, T, V).

    Reference:
        Bowman et al., "Generating Sentences from a Continuous Space", 2016.
    """
    network = LatentDecoder(
        vocabulary_size=vocabulary_size,
        latent_dim=latent_dim,
        embedding_dim=embedding_dim,
        units=units,
        dropout=dropout,
        name=name,
    )
    network.build()
    return network
