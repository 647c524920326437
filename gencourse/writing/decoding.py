"""Writing symbol after symbol inside one compiled graph."""

import math
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from gencourse import sampling

CHUNK = 64  # symbols in one call, at most: few calls for a long text, and soon something to show


class Rules(NamedTuple):
    """How the next symbol is chosen: what the compiled graph depends on."""

    greedy: bool
    top_k: int | None
    top_p: bool
    penalty: bool


class Decoder:
    """Continues `n` texts at once, some symbols a call.

    The loop reads the last symbol, takes the network's logits, and chooses the next one; places whose symbol is given
    (a prompt) keep it. With a network that looks back on `context` tokens the rule is: when the context is full, the
    latter half of it is read again from an empty cache, and writing goes on.

    Args:
        network: a `LanguageNetwork`, or any other with its `read`, `initial_state`, `context`, `vocabulary_size`.
        n: texts side by side, B.
        rules: how symbols are chosen.
        banned: numbers that are never chosen.

    Attributes:
        chunk: symbols in one call; with a context, a divisor of both its halves, so that a call ends where it is full.
    """

    def __init__(self, network, n: int, rules: Rules, banned):
        self.network, self.n, self.rules = network, n, rules
        self.half, self.chunk = None, CHUNK
        if network.context is not None:
            self.half = network.context // 2
            common = math.gcd(self.half, network.context - self.half)
            self.chunk = max(k for k in range(1, CHUNK + 1) if common % k == 0)
        self.allowed = np.ones(network.vocabulary_size, bool)
        self.allowed[list(banned)] = False
        self._run = tf.function(self._loop, jit_compile=True)
        self._reread = tf.function(lambda recent: network.read(recent, network.initial_state(n))[1])

    def begin(self, first, memory=None):
        """Returns the state before anything is read.

        Args:
            first: the first symbol of each text, int32 (B,).
            memory: the network's state before it; by default an empty one.
        """
        first = tf.convert_to_tensor(first, tf.int32)
        memory = self.network.initial_state(self.n) if memory is None else memory
        return first, memory, self._mark(first), tf.zeros((), tf.int32)

    def go_on(self, state, forced, options):
        """Writes the next symbols.

        Args:
            state: what `begin` or the last call returned.
            forced: symbols that are given, int32 (B, chunk), -1 where the model chooses.
            options: temperature (ignored when greedy), top_p, repetition_penalty and seed.

        Returns:
            Symbols int32 (B, chunk), an array, and the state.
        """
        numbers = (options.temperature or 1.0, options.top_p or 1.0, options.repetition_penalty)
        controls = [tf.constant(number, tf.float32) for number in numbers]
        tokens, state = self._run(*state, tf.constant(forced), *controls, tf.constant(options.seed, tf.int32))
        return tokens.numpy(), state

    def renew(self, state, tokens):
        """Empties a full cache, and reads the latter half of the context again.

        Args:
            state: what `go_on` returned.
            tokens: all symbols so far, int32 (B, T); the last of them is not read yet.

        Returns:
            The state; the same one while there is room.
        """
        symbol, memory, *rest = state
        if self.half is None or int(memory[0]) < self.network.context:
            return state
        return symbol, self._reread(tf.convert_to_tensor(tokens[:, -self.half - 1 : -1], tf.int32)), *rest

    def _mark(self, symbols):
        """Which symbols were just used, bool (B, V); nothing is kept where nothing is penalised."""
        return tf.one_hot(
            symbols, self.network.vocabulary_size if self.rules.penalty else 0, True, False, dtype=tf.bool
        )

    def _loop(self, symbol, memory, seen, count, forced, temperature, top_p, penalty, seed):
        def step(i, symbol, memory, seen, count, written):
            logits, memory = self.network.read(symbol[:, None], memory)
            chosen = self._choose(logits[:, 0], seen, temperature, top_p, penalty, tf.stack([seed, count]))
            told = forced[:, i]
            symbol = tf.where(told >= 0, told, chosen)
            written = tf.tensor_scatter_nd_update(written, [[i]], symbol[None])
            return i + 1, symbol, memory, tf.logical_or(seen, self._mark(symbol)), count + 1, written

        _, *state, written = tf.while_loop(
            lambda i, *_: i < self.chunk,
            step,
            (tf.constant(0), symbol, memory, seen, count, tf.zeros((self.chunk, self.n), tf.int32)),
            maximum_iterations=self.chunk,
        )
        return tf.transpose(written), tuple(state)

    def _choose(self, logits, seen, temperature, top_p, penalty, key):
        if self.rules.penalty:
            logits = sampling.penalise_repetition(logits, seen, penalty)
        logits = tf.where(self.allowed, tf.cast(logits, tf.float32), sampling.NEVER)
        if self.rules.greedy:
            return sampling.greedy(logits)
        logits = sampling.with_temperature(logits, temperature)
        if self.rules.top_k is not None:
            logits = sampling.keep_top_k(logits, self.rules.top_k)
        if self.rules.top_p:
            logits = sampling.keep_top_p(logits, top_p)
        return sampling.draw(logits, key)
