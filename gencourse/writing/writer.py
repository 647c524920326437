"""From prompts to texts: what is said around the compiled loop."""

import math
import numbers
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from gencourse import text

from .decoding import Decoder, Rules

COLDEST = 1e-6  # a lower temperature takes the likeliest token as well, and logits divided by it could overflow


@dataclass(frozen=True)
class Options:
    """How a text is written; a model's `generate` explains each."""

    length: int = 200
    temperature: float = 1.0
    top_k: int | None = None
    top_p: float | None = None
    repetition_penalty: float = 1.0
    stop: str | None = None
    seed: int = 0

    def __post_init__(self):
        if self.length < 1:
            raise ValueError(f"`length` must be at least 1. Received: {self.length}.")
        if not 0 <= self.temperature < math.inf:
            raise ValueError(f"`temperature` must be at least 0, and finite. Received: {self.temperature}.")
        if self.top_k is not None and self.top_k < 1:
            raise ValueError(f"`top_k` must be at least 1. Received: {self.top_k}.")
        if self.top_p is not None and not 0 < self.top_p <= 1:
            raise ValueError(f"`top_p` must lie in (0, 1]. Received: {self.top_p}.")
        if not 1 <= self.repetition_penalty < math.inf:
            raise ValueError(f"`repetition_penalty` must be at least 1. Received: {self.repetition_penalty}.")
        if not isinstance(self.seed, numbers.Integral) or not 0 <= self.seed < 2**31:
            raise ValueError(f"`seed` must be a whole number in [0, 2**31). Received: {self.seed!r}.")

    def rules(self) -> Rules:
        """What the compiled graph depends on."""
        cut = self.top_p is not None and self.top_p < 1
        greedy = self.temperature < COLDEST
        return Rules(greedy, None if greedy else self.top_k, cut and not greedy, self.repetition_penalty > 1)


class Writer:
    """Writes texts with a network and keeps its compiled loops, one for each number of texts and kind of rules.

    Args:
        network: what a `Decoder` takes.
        tokenizer: of `gencourse.text`.
        before: tokens that stand before every text, (S,).
    """

    def __init__(self, network, tokenizer, before):
        self.network, self.tokenizer, self.before = network, tokenizer, before
        self._decoders = {}

    def texts(self, n: int, prompt: str | list[str], options: Options, memory=None) -> list[str]:
        """Writes `n` texts to the end, without prompts, each cut at its stop; from a state, where one is given."""
        tokens = np.concatenate(list(self._pieces(n, prompt, options, memory)), axis=1)
        written = [self.tokenizer.decode(row[row >= 0]) for row in tokens]
        return [passage.split(options.stop)[0] if options.stop else passage for passage in written]

    def stream(self, prompt: str, options: Options) -> Iterator[str]:
        """Writes one text and yields what is sure of it, piece by piece: no half character, no beginning of a stop."""
        stop, tokens, shown, written = options.stop, np.zeros(0, "int32"), "", ""
        for piece in self._pieces(1, prompt, options):
            tokens = np.concatenate([tokens, piece[0]])
            written = self.tokenizer.decode(tokens[tokens >= 0])
            if stop and stop in written:
                written = written.split(stop)[0]
                break
            sure = _without_beginning(written.rstrip(text.UNKNOWN), stop)
            if len(sure) > len(shown):
                yield sure[len(shown) :]
                shown = sure
        if len(written) > len(shown):
            yield written[len(shown) :]

    def _pieces(self, n, prompt, options, memory=None):
        """Yields the next tokens, int32 (n, chunk), -1 where a text reads its prompt or has nothing more to come."""
        rows, decoder = self._rows(n, prompt), self._decoder(n, options.rules())
        given = np.array([len(row) for row in rows]) - 1
        total = int(given.max()) + options.length
        forced = np.full((n, total + decoder.chunk), -1, "int32")
        for row, told in zip(forced, rows, strict=True):
            row[: len(told) - 1] = told[1:]
        ends = self.tokenizer.tokens_with(options.stop) if options.stop else []
        done = np.zeros(n, bool)
        first = np.array([row[0] for row in rows], "int32")
        state, sofar = decoder.begin(first, memory), first[:, None]
        for i in range(0, total, decoder.chunk):
            tokens, state = decoder.go_on(state, forced[:, i : i + decoder.chunk], options)
            sofar = np.concatenate([sofar, tokens], axis=1)
            state = decoder.renew(state, sofar)
            place = np.arange(i, i + decoder.chunk)[None, :]
            new = (place >= given[:, None]) & (place < given[:, None] + options.length)
            yield np.where(new, tokens, -1)
            done |= (new & np.isin(tokens, ends)).any(axis=1)
            if done.all():
                return

    def _rows(self, n, prompt):
        if n < 1:
            raise ValueError(f"`n` must be at least 1. Received: {n}.")
        prompts = [prompt] * n if isinstance(prompt, str) else list(prompt)
        if len(prompts) != n:
            raise ValueError(f"Give one prompt, or as many as texts. Received: {len(prompts)} prompts, n={n}.")
        return [np.concatenate([self.before, self.tokenizer.encode(p, unknown="error")]) for p in prompts]

    def _decoder(self, n, rules):
        key = (n, rules)
        if key not in self._decoders:
            self._decoders[key] = Decoder(self.network, n, rules, self.tokenizer.unwritten)
        return self._decoders[key]


def _without_beginning(written: str, stop: str | None) -> str:
    """`written` without an end that may be the beginning of `stop`."""
    for k in range(min(len(stop or "") - 1, len(written)), 0, -1):
        if written.endswith(stop[:k]):
            return written[:-k]
    return written
