"""The network of a language model: an embedding, a stack of blocks that look back only, and a layer of logits."""

import keras
import tensorflow as tf
from keras import layers, ops


@keras.saving.register_keras_serializable(package="gencourse")
class LanguageNetwork(keras.Model):
    """Predicts each next token of a text from those before it.

    It can be read in two ways that give equal logits: `call` takes a whole text at once, for training; `read` takes
    the next few tokens and a state, for generating. What lies between the embedding and the logits is a stack of
    blocks, recurrent or attending; a block has

    - `call(x, training)`: (B, T, D) -> (B, T, D'), from the beginning of a text;
    - `initial_state(batch_size)`: what it remembers before anything is read;
    - `read(x, state, position, training)`: the outputs for the next T inputs, and what it remembers then.

    Args:
        vocabulary_size: V.
        width: D, of the embedding.
        blocks: layers as above.
        context: tokens that the network can look back on; None when its memory has no fixed end.
        positions: "learned" adds a vector for each place in the context to the embedding; None leaves the order to the
            blocks.
        tie: use the embedding, transposed, as the layer of logits; blocks of another width are brought to it first.
        normalise: root-mean-square normalisation before the logits.
        dropout: share of embedded numbers silenced in training.

    Raises:
        ValueError: if learned positions have no context.

    Reference:
        Press and Wolf, "Using the Output Embedding to Improve Language Models", 2017 (`tie`).
    """

    def __init__(
        self,
        *,
        vocabulary_size: int,
        width: int,
        blocks,
        context: int | None = None,
        positions: str | None = None,
        tie: bool = False,
        normalise: bool = False,
        dropout: float = 0.0,
        **kwargs,
    ):
        super().__init__(**kwargs)
        if positions not in (None, "learned"):
            raise ValueError(f"`positions` must be None or 'learned'. Received: {positions!r}.")
        if positions and context is None:
            raise ValueError("Learned positions need a `context` to count in. Received: context=None.")
        self.vocabulary_size, self.width, self.context = vocabulary_size, width, context
        self.positions, self.tie, self.normalise, self.rate = positions, tie, normalise, dropout
        initial = keras.initializers.RandomNormal(stddev=0.02)
        self.embedding = layers.Embedding(vocabulary_size, width, embeddings_initializer=initial, name="tokens")
        self.places = None
        if positions:
            initial = keras.initializers.RandomNormal(stddev=0.02)
            self.places = layers.Embedding(context, width, embeddings_initializer=initial, name="positions")
        self.dropout = layers.Dropout(dropout)
        self.blocks = list(blocks)
        self.norm = layers.RMSNormalization(name="norm") if normalise else None
        self.projection = None  # made by `build`, where a tied embedding needs it
        self.head = None if tie else layers.Dense(vocabulary_size, name="logits")

    def build(self, input_shape=None):
        self.embedding.build((None, None))
        if self.places is not None:
            self.places.build((None,))
        shape = (None, None, self.width)
        for block in self.blocks:
            if not block.built:  # a loaded block comes built
                block.build(shape)
            shape = block.compute_output_shape(shape)
        if self.norm is not None:
            self.norm.build(shape)
        if self.head is not None:
            self.head.build(shape)
        else:
            self.bias = self.add_weight((self.vocabulary_size,), "zeros", name="logits_bias")
            if shape[-1] != self.width:
                self.projection = layers.Dense(self.width, name="projection")
                self.projection.build(shape)
        self.built = True

    def get_build_config(self):
        return {"input_shape": (None, None)}

    def build_from_config(self, config):
        self.build()

    def call(self, tokens, training=None):
        """Logits for the token after each: (B, T) -> (B, T, V)."""
        if self.context is not None and tokens.shape[1] is not None and tokens.shape[1] > self.context:
            raise ValueError(
                f"This network looks back on {self.context} tokens. Received: tokens of shape {tuple(tokens.shape)}."
            )
        x = self._embed(tokens, 0, training)
        for block in self.blocks:
            x = block(x, training=training)
        return self._logits(x)

    def initial_state(self, batch_size: int):
        """Returns (0, what each block remembers before anything is read): tensors, nested."""
        return tf.zeros((), tf.int32), tuple(block.initial_state(batch_size) for block in self.blocks)

    def read(self, tokens, state, training=None):
        """Reads the next tokens of texts that are under way.

        Args:
            tokens: whole numbers (B, T), or shares of the vocabulary, floats (B, T, V), which are read as the mixture
                of its embeddings (gradients reach them, but not through a cache). With a `context`, no more than are
                left of it.
            state: what `initial_state` or the last `read` returned.
            training: whether dropout is at work.

        Returns:
            Logits (B, T, V) for the token after each, and the state.
        """
        position, memories = state
        x, kept = self._embed(tokens, position, training), []
        for block, memory in zip(self.blocks, memories, strict=True):
            x, memory = block.read(x, memory, position, training=training)
            kept.append(memory)
        return self._logits(x), (position + tf.shape(tokens)[1], tuple(kept))

    def _embed(self, tokens, position, training):
        if tf.as_dtype(tokens.dtype).is_floating:  # shares of the vocabulary instead of one token
            x = ops.matmul(tokens, self.embedding.embeddings)
        else:
            x = self.embedding(tokens)
        if self.places is not None:
            x = x + self.places(position + ops.arange(ops.shape(tokens)[1]))
        return self.dropout(x, training=training)

    def _logits(self, x):
        if self.norm is not None:
            x = self.norm(x)
        if self.head is not None:
            return self.head(x)
        if self.projection is not None:
            x = self.projection(x)
        # As one flat product: for a product of rank 3 XLA would copy the transposed table at each step of a loop.
        table = ops.convert_to_tensor(self.embedding.embeddings)
        flat = tf.matmul(ops.reshape(x, (-1, self.width)), table, transpose_b=True) + self.bias
        return ops.reshape(flat, (-1, ops.shape(x)[1], self.vocabulary_size))  # (B·T, V) -> (B, T, V)

    def get_config(self):
        return {
            "vocabulary_size": self.vocabulary_size,
            "width": self.width,
            "blocks": [keras.saving.serialize_keras_object(block) for block in self.blocks],
            "context": self.context,
            "positions": self.positions,
            "tie": self.tie,
            "normalise": self.normalise,
            "dropout": self.rate,
            "name": self.name,
        }

    @classmethod
    def from_config(cls, config):
        blocks = [keras.saving.deserialize_keras_object(block) for block in config["blocks"]]
        return cls(**{**config, "blocks": blocks})
