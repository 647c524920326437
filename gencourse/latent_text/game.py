"""What the two text GANs share: the loop in which the generator writes, and the discriminator's side."""

import tensorflow as tf

from gencourse import text
from gencourse.losses import adversarial_loss
from gencourse.training import RunningMeans, TapeModel, token_pairs
from gencourse.writing import Options, Writer

UNWANTED = -1e9  # the logit of a token that is never written: finite, so that entropies are


class TextGame(TapeModel):
    """Base of GANs whose generator is a language network.

    It trains on pairs of tokens and their targets, as `text.padded` makes them of texts `start + … + end`.

    Args:
        generator: language network: (B, T) -> (B, T, V), with `read` and `initial_state`.
        discriminator: model from tokens (B, T) or shares (B, T, V) to logits, one a text (B, 1) or one a place (B, T).
        tokenizer: of `gencourse.text`.
        length: tokens of a text at most, the end included; longer real texts are judged by their beginning.
        loss: name of the adversarial loss.
        start: what stands, unseen, before every text.
        end: what a text ends before.
        head_start: first steps in which the generator stands still and the others learn.
        clip_norm: largest global norm of each network's gradient; None clips nothing.
        seed: of what is drawn in training.

    Raises:
        ValueError: if the vocabularies differ, or a number is out of range.
    """

    measures: tuple[str, ...] = ()

    def __init__(
        self, generator, discriminator, tokenizer, *, length, loss, start, end, head_start, clip_norm, seed, **kwargs
    ):
        super().__init__(seed=seed, **kwargs)
        if isinstance(tokenizer, dict):
            tokenizer = text.restore_tokenizer(tokenizer)
        sizes = {"generator": generator.vocabulary_size, "discriminator": discriminator.vocabulary_size}
        if set(sizes.values()) != {tokenizer.vocabulary_size}:
            raise ValueError(
                f"All must have the tokenizer's vocabulary of {tokenizer.vocabulary_size}. Received: {sizes}."
            )
        if length < 1 or head_start < 0:
            raise ValueError(
                f"`length` must be at least 1 and `head_start` at least 0. Received: {length} and {head_start}."
            )
        if not start or not tokenizer.tokens_with(end):
            raise ValueError(
                "`start` must hold a character, and `end` must be part of some token. "
                f"Received: start={start!r}, end={end!r}."
            )
        self.generator, self.discriminator, self.tokenizer = generator, discriminator, tokenizer
        self.length, self.loss_name, self.start, self.end = length, loss, start, end
        self.head_start, self.clip_norm = head_start, clip_norm
        self.game = adversarial_loss(loss)
        self._before = tokenizer.encode(start, unknown="error")
        if generator.context is not None and generator.context < length + len(self._before):
            raise ValueError(
                f"The generator must look back on {length + len(self._before)} tokens. "
                f"Received: context={generator.context}."
            )
        self._ends = tf.constant(tokenizer.tokens_with(end), tf.int32)
        self._unwanted = tf.reduce_sum(tf.one_hot(list(tokenizer.unwritten), tokenizer.vocabulary_size), 0) * UNWANTED
        self._writer = Writer(generator, tokenizer, self._before)
        self.means = RunningMeans(self.measures)

    @property
    def metrics(self):
        return [self.means]

    def networks(self):
        return {"generator_optimizer": self.generator, "discriminator_optimizer": self.discriminator}

    def sampling_networks(self):
        return {"generator": self.generator}

    def call(self, tokens, training=None):
        """The generator's logits for the token after each: (B, T) -> (B, T, V)."""
        return self.generator(tokens, training=training)

    def real_texts(self, batch):
        """The texts of a batch, without what stands before them, cut or padded to `length`: int32 (B, length)."""
        inputs, targets = token_pairs(batch)
        real = tf.cast(targets, tf.int32)[:, len(self._before) - 1 :][:, : self.length]
        missing = self.length - tf.shape(real)[1]
        real = tf.pad(real, [[0, 0], [0, missing]], constant_values=text.PADDING)
        return tf.ensure_shape(real, (inputs.shape[0], self.length))

    def before(self, n):
        """What stands before each of `n` texts, int32 (n, S)."""
        return tf.tile(tf.constant(self._before, tf.int32)[None], (n, 1))

    def write(self, n, choose):
        """Lets the generator write `n` texts, token after token, in one loop of the graph.

        Args:
            n: how many.
            choose: function of logits (B, V) and the place that returns the next tokens: whole numbers (B,), or shares
                of the vocabulary (B, V). Shares are read as they are, so gradients flow from place to place.

        Returns:
            The texts, (B, T) or (B, T, V), padding behind their ends; and bool (B, T): which places belong to a text,
            its end included.
        """
        size = self.tokenizer.vocabulary_size
        logits, memory = self.generator.read(self.before(n), self.generator.initial_state(n), training=False)
        first = choose(logits[:, -1] + self._unwanted, 0)

        def array(dtype, shape):
            return tf.TensorArray(dtype, self.length, element_shape=shape)

        def place(t, chosen, memory, going, texts, kept):
            soft = chosen.dtype.is_floating
            nothing = tf.one_hot(text.PADDING, size, dtype=chosen.dtype) if soft else text.PADDING
            texts = texts.write(t, tf.where(going[:, None] if soft else going, chosen, nothing))
            kept = kept.write(t, going)
            symbol = tf.argmax(chosen, -1, output_type=tf.int32) if soft else chosen
            going &= tf.reduce_all(symbol[:, None] != self._ends, axis=-1)
            logits, memory = self.generator.read(chosen[:, None], memory, training=False)
            return t + 1, choose(logits[:, 0] + self._unwanted, t + 1), memory, going, texts, kept

        start = (0, first, memory, tf.ones((n,), tf.bool), array(first.dtype, first.shape), array(tf.bool, (None,)))
        *_, texts, kept = tf.while_loop(lambda t, *_: t < self.length, place, start, maximum_iterations=self.length)
        texts, kept = texts.stack(), tf.transpose(kept.stack())
        return tf.transpose(texts, (1, 0, 2) if texts.shape.rank == 3 else (1, 0)), kept

    def key(self):
        """Two new integers of the model's own seed."""
        return tf.cast(self.seed_generator.next(), tf.int32)

    @staticmethod
    def key_at(key, place):
        """The key of one place of the loop."""
        return tf.stack([key[0], key[1] + place])

    def verdicts(self, texts, kept):
        """The discriminator's logits that count, (N,): one a text, or those of the places that belong to a text."""
        logits = self.discriminator(texts, training=True)
        return logits[:, 0] if logits.shape[1] == 1 else tf.boolean_mask(logits, kept)

    def accuracy(self, real_logits, generated_logits):
        """Share of right verdicts."""
        right = tf.reduce_mean(tf.cast(real_logits > self.game.boundary, tf.float32))
        return 0.5 * (right + tf.reduce_mean(tf.cast(generated_logits <= self.game.boundary, tf.float32)))

    def after_head_start(self, move):
        """Calls `move` unless the head start is still going on; call it before the discriminator moves."""
        if not self.head_start:
            move()
            return
        tf.cond(self.discriminator_optimizer.iterations < self.head_start, lambda: None, lambda: (move(), None)[1])

    def generate(self, n: int = 1, *, temperature: float = 1.0, seed: int = 0) -> list[str]:
        """Writes `n` texts.

        Args:
            n: how many.
            temperature: 0 always takes the likeliest token; 1 draws with the generator's own probabilities, which is
                what the game trains.
            seed: the same seed gives the same texts.

        Returns:
            The texts, each up to its end.

        Raises:
            ValueError: for numbers out of range.
        """
        options = Options(length=self.length, temperature=temperature, stop=self.end, seed=seed)
        return self._writer.texts(n, "", options)

    def settings(self):
        return {
            "tokenizer": self.tokenizer.get_config(),
            "length": self.length,
            "loss": self.loss_name,
            "start": self.start,
            "end": self.end,
            "head_start": self.head_start,
            "clip_norm": self.clip_norm,
        }
