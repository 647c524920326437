"""Networks that judge texts: they read tokens, or shares of the vocabulary, through which gradients flow."""

import keras
from keras import layers, ops

from gencourse.layers import GRU


@keras.saving.register_keras_serializable(package="gencourse")
class TextJudge(keras.Model):
    """An embedding and a body that turns embedded texts into verdicts.

    Args:
        vocabulary_size: V.
        body: model from embedded texts (B, T, D) to one number a text, (B, 1), or one a place, (B, T).

    Example:
        >>> judge = build_discriminator(vocabulary_size=1024)
        >>> judge(tokens)  # (B, T) -> (B, 1)
        >>> judge(shares)  # (B, T, V) -> (B, 1), and a gradient with respect to the shares
    """

    def __init__(self, vocabulary_size: int, body: keras.Model, **kwargs):
        super().__init__(**kwargs)
        self.vocabulary_size, self.body = vocabulary_size, body
        self.embedding = layers.Embedding(vocabulary_size, body.input_shape[-1], name="tokens")

    def build(self, input_shape=None):
        self.embedding.build((None, None))
        self.built = True

    def get_build_config(self):
        return {"input_shape": (None, None)}

    def build_from_config(self, config):
        self.build()

    def call(self, tokens, training=None):
        """Verdicts on whole numbers (B, T) or on shares of the vocabulary, floats (B, T, V)."""
        if keras.backend.is_float_dtype(keras.backend.standardize_dtype(tokens.dtype)):
            embedded = ops.matmul(tokens, self.embedding.embeddings)
        else:
            embedded = self.embedding(tokens)
        return self.body(embedded, training=training)

    def get_config(self):
        body = keras.saving.serialize_keras_object(self.body)
        return {"vocabulary_size": self.vocabulary_size, "body": body, "name": self.name}

    @classmethod
    def from_config(cls, config):
        return cls(**{**config, "body": keras.saving.deserialize_keras_object(config["body"])})


def build_discriminator(
    *,
    vocabulary_size: int,
    embedding_dim: int = 64,
    widths=(2, 3, 4),
    filters: int = 64,
    dropout: float = 0.25,
    name: str = "discriminator",
) -> TextJudge:
    """A discriminator that looks for telling groups of neighbouring tokens, wherever they stand.

    Filters of several widths pass over the text, each keeps its strongest answer, and one logit is made of these.

    Args:
        vocabulary_size: V.
        embedding_dim: D.
        widths: tokens that a filter sees at once, for each kind of filter.
        filters: of each width.
        dropout: share of the kept answers silenced in training.
        name: of the network.

    Returns:
        A model from tokens (B, T) or shares (B, T, V) to logits (B, 1), large when the text looks real.

    Reference:
        Kim, "Convolutional Neural Networks for Sentence Classification", 2014.
    """
    embedded = keras.Input((None, embedding_dim), name="embedded")
    answers = [
        layers.GlobalMaxPooling1D()(layers.Conv1D(filters, width, padding="same", activation="leaky_relu")(embedded))
        for width in widths
    ]
    x = layers.Concatenate()(answers) if len(answers) > 1 else answers[0]
    x = layers.Dropout(dropout)(x)
    return _judge(vocabulary_size, keras.Model(embedded, layers.Dense(1)(x)), name)


def build_recurrent_critic(
    *,
    vocabulary_size: int,
    embedding_dim: int = 64,
    units: int = 128,
    dropout: float = 0.0,
    name: str = "critic",
) -> TextJudge:
    """A network with a number at every place, made of the text up to there.

    As a discriminator it says of each token whether it looks real after those before it; as a critic, how much reward
    it expects from there on.

    Args:
        vocabulary_size: V.
        embedding_dim: D.
        units: width of its memory.
        dropout: share of the memory's outputs silenced in training.
        name: of the network.

    Returns:
        A model from tokens (B, T) or shares (B, T, V) to numbers (B, T).

    Reference:
        de Masson d'Autume et al., "Training Language GANs from Scratch", 2019.
    """
    embedded = keras.Input((None, embedding_dim), name="embedded")
    x = GRU(units)(embedded)[0]
    x = layers.Dropout(dropout)(x)
    return _judge(vocabulary_size, keras.Model(embedded, layers.Dense(1)(x)[..., 0]), name)


def _judge(vocabulary_size, body, name):
    judge = TextJudge(vocabulary_size, body, name=name)
    judge.build()
    return judge
