"""Writing translations inside one compiled graph: token by token, or with a beam."""

import functools

import numpy as np
import tensorflow as tf

from gencourse import sampling, text

from .network import State


def length_penalty(length, alpha):
    """What log p of a text is divided by before texts of different lengths are compared: ((5 + length) / 6)^alpha.

    Without it a beam prefers short texts, since each token more makes log p smaller.

    Args:
        length: tokens, the end included.
        alpha: 0 divides by 1; 1 nearly takes the mean of a token.

    Reference:
        Wu et al., "Google's Neural Machine Translation System", 2016, equation 14.
    """
    return ((5.0 + tf.cast(length, tf.float32)) / 6.0) ** tf.cast(alpha, tf.float32)


class Decoder:
    """Writes targets for a batch of sources and keeps its compiled loops.

    Sources, lengths and batches of all sizes share one graph; a new one is traced for a new width of the beam.

    Args:
        network: a `TranslationNetwork`.
        end: the number that ends a text, and stands before it.
        banned: numbers that are never written.
    """

    def __init__(self, network, end: int, banned):
        self.network, self.end = network, end
        self.allowed = np.ones(network.target_vocabulary_size, bool)
        self.allowed[list(banned)] = False
        self._compiled = functools.cache(self._compile)

    def write(self, source, length: int, *, temperature: float = 0.0, key=(0, 0)):
        """Writes one translation of each source.

        Args:
            source: whole numbers (B, S), padded.
            length: tokens at most, the end included.
            temperature: 0 takes the likeliest token each time.
            key: two whole numbers that decide all draws.

        Returns:
            int32 (B, length), padded behind the end.
        """
        arguments = (tf.constant(temperature or 1.0, tf.float32), tf.constant(key, tf.int32))
        return self._compiled("write", temperature == 0)(_tokens(source), tf.constant(length), *arguments).numpy()

    def search(self, source, length: int, *, beam: int, alpha: float):
        """Looks for likely translations: `beam` of them are kept at each step.

        A translation that has ended keeps its place, and its score, among those that go on; at each step the `beam`
        best of all ended ones and all continuations stay. Their score is log p / length_penalty(length). What has not
        ended after `length` tokens is taken as it stands.

        Args:
            source: whole numbers (B, S), padded.
            length: tokens at most, the end included.
            beam: K. Places that cannot be filled, as there are not so many texts, have the score minus infinity.
            alpha: exponent of the length penalty.

        Returns:
            int32 (B, K, length), padded behind the end, and scores float32 (B, K), best first.
        """
        found = self._compiled("search", beam)(_tokens(source), tf.constant(length), tf.constant(alpha, tf.float32))
        return tuple(tensor.numpy() for tensor in found)

    def _compile(self, what, option):
        numbers = tf.TensorSpec((None, None), tf.int32), tf.TensorSpec((), tf.int32), tf.TensorSpec((), tf.float32)
        if what == "search":
            return tf.function(functools.partial(self._search, option), input_signature=numbers)
        key = tf.TensorSpec((2,), tf.int32)
        return tf.function(functools.partial(self._write, option), input_signature=(*numbers, key))

    def _write(self, greedy, source, length, temperature, key):
        state, n = self.network.begin(self.network.encode(source), length), tf.shape(source)[0]

        def step(i, tokens, position, rows, done, written):
            logits, new = self.network.step(tokens, State(position, rows, state.memory))
            logits = tf.where(self.allowed, tf.cast(logits, tf.float32), sampling.NEVER)
            if greedy:
                chosen = sampling.greedy(logits)
            else:
                chosen = sampling.draw(sampling.with_temperature(logits, temperature), key + tf.stack([0, i]))
            chosen = tf.where(done, text.PADDING, chosen)
            written = tf.tensor_scatter_nd_update(written, [[i]], chosen[None])
            return i + 1, chosen, new.position, new.rows, done | (chosen == self.end), written

        *_, written = tf.while_loop(
            lambda i, tokens, position, rows, done, written: ~tf.reduce_all(done),
            step,
            (
                tf.constant(0),
                tf.fill([n], self.end),
                state.position,
                state.rows,
                tf.zeros([n], tf.bool),
                tf.zeros([length, n], tf.int32),
            ),
            maximum_iterations=length,
        )
        return tf.transpose(written)

    def _search(self, beam, source, length, alpha):
        state, n = self.network.begin(self.network.encode(source), length, beam), tf.shape(source)[0]
        size = self.network.target_vocabulary_size
        waiting = tf.where(tf.range(size) == text.PADDING, 0.0, sampling.NEVER)  # an ended text is only padded

        def step(i, tokens, position, rows, totals, lengths, done, written):
            logits, new = self.network.step(tokens, State(position, rows, state.memory))
            log_p = tf.where(self.allowed, tf.nn.log_softmax(tf.cast(logits, tf.float32)), sampling.NEVER)
            log_p = tf.where(done[:, :, None], waiting, tf.reshape(log_p, (n, beam, size)))
            totals, lengths = totals[:, :, None] + log_p, lengths + tf.cast(~done, tf.int32)
            scores = totals / length_penalty(lengths, alpha)[:, :, None]  # (B, K, V)
            _, places = tf.math.top_k(tf.reshape(scores, (n, beam * size)), beam)
            parents, chosen = places // size, places % size  # (B, K): who goes on, and how
            totals = tf.gather(tf.reshape(totals, (n, beam * size)), places, batch_dims=1)
            lengths, done, written = (tf.gather(x, parents, batch_dims=1) for x in (lengths, done, written))
            written = tf.where(tf.range(length) == i, chosen[:, :, None], written)
            row = tf.reshape(tf.range(n)[:, None] * beam + parents, [-1])
            rows = tf.nest.map_structure(lambda x: tf.gather(x, row), new.rows)
            return (
                i + 1,
                tf.reshape(chosen, [-1]),
                new.position,
                rows,
                totals,
                lengths,
                done | (chosen == self.end),
                written,
            )

        _, _, _, _, totals, lengths, _, written = tf.while_loop(
            lambda i, tokens, position, rows, totals, lengths, done, written: (
                ~tf.reduce_all(done | (totals == sampling.NEVER))
            ),
            step,
            (
                tf.constant(0),
                tf.fill([n * beam], self.end),
                state.position,
                state.rows,
                tf.tile(tf.constant([[0.0] + [sampling.NEVER] * (beam - 1)]), (n, 1)),  # K equal beginnings are one
                tf.zeros([n, beam], tf.int32),
                tf.zeros([n, beam], tf.bool),
                tf.zeros([n, beam, length], tf.int32),
            ),
            maximum_iterations=length,
        )
        return written, totals / length_penalty(lengths, alpha)


def _tokens(source):
    return tf.convert_to_tensor(source, tf.int32)
