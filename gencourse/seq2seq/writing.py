"""From texts to translations: what is said around the compiled loops."""

import math
import numbers

import numpy as np

from gencourse import text

from .decoding import Decoder

TOGETHER = 256  # translations that are written side by side, at most
LONGEST = 64  # tokens of a translation, where nothing else is said
COLDEST = 1e-6  # a lower temperature takes the likeliest token as well


class Writer:
    """Turns texts into tokens, has translations written, and turns them into texts again.

    Args:
        network: a `TranslationNetwork`.
        source_tokenizer: of `gencourse.text`.
        target_tokenizer: likewise.
        end: one token of the target that ends every translation.

    Raises:
        ValueError: if `end` is not one token.
    """

    def __init__(self, network, source_tokenizer, target_tokenizer, end: str):
        ending = target_tokenizer.encode(end, unknown="error")
        if len(ending) != 1:
            raise ValueError(f"`end` must be one token of the target. Received: {end!r}, {len(ending)} tokens.")
        self.network, self.end_text, self.end = network, end, int(ending[0])
        self.source_tokenizer, self.target_tokenizer = source_tokenizer, target_tokenizer
        self._decoder = Decoder(network, self.end, target_tokenizer.unwritten)

    def sources(self, texts, unknown: str):
        """Tokens of sources, int32 (N, S), padded."""
        if empty := [place for place, source in enumerate(texts) if not source]:
            raise ValueError(f"A source must hold at least one character. Received: an empty text at {empty[0]}.")
        rows = text.pad([self.source_tokenizer.encode(source, unknown=unknown) for source in texts])
        self.network.check_length("source", rows.shape[1])
        return rows

    def targets(self, texts):
        """Tokens of targets, each with its end, int32 (N, T), padded."""
        rows = [self.target_tokenizer.encode(target, unknown="error") for target in texts]
        for target, row in zip(texts, rows, strict=True):
            if self.end in row:
                raise ValueError(f"A target must not hold the end {self.end_text!r} itself. Received: {target!r}.")
        rows = text.pad([[*row, self.end] for row in rows])
        self.network.check_length("target", rows.shape[1])
        return rows

    def text(self, row) -> str:
        """The text of one target's tokens, without its end."""
        return self.target_tokenizer.decode(row[(row != text.PADDING) & (row != self.end)])

    def likeliest(self, texts, max_length, unknown) -> np.ndarray:
        """The translations that take the likeliest token each time: tokens, int32 (N, T)."""
        length = self._length(max_length)
        return np.concatenate([self._decoder.write(rows, length) for rows in self._some(texts, unknown)])

    def drawn(self, n, texts, temperature, max_length, unknown, seed) -> np.ndarray:
        """`n` translations drawn at random, of the texts in turn: tokens, int32 (n, T)."""
        if n < 1:
            raise ValueError(f"`n` must be at least 1. Received: {n}.")
        if not 0 <= temperature < math.inf:
            raise ValueError(f"`temperature` must be at least 0, and finite. Received: {temperature}.")
        if not isinstance(seed, numbers.Integral) or not 0 <= seed < 2**31:
            raise ValueError(f"`seed` must be a whole number in [0, 2**31). Received: {seed!r}.")
        texts, length = [texts] if isinstance(texts, str) else list(texts), self._length(max_length)
        if not texts:
            raise ValueError("Give `sources`, or the model `examples`. Received: neither.")
        temperature = 0.0 if temperature < COLDEST else temperature
        batches = self._some([texts[i % len(texts)] for i in range(n)], unknown)
        keys = ((seed, i * length) for i in range(n))
        return np.concatenate(
            [
                self._decoder.write(rows, length, temperature=temperature, key=key)
                for rows, key in zip(batches, keys, strict=False)
            ]
        )

    def beams(self, texts, beam, length_penalty, max_length, unknown) -> list[list[tuple[str, float]]]:
        """What a beam ends with, for each text: translations and their scores, best first."""
        size = self.network.target_vocabulary_size
        if not isinstance(beam, numbers.Integral) or not 1 <= beam <= size:
            raise ValueError(f"`beam` must be from 1 to {size}, the size of the vocabulary. Received: {beam}.")
        if not 0 <= length_penalty < math.inf:
            raise ValueError(f"`length_penalty` must be at least 0, and finite. Received: {length_penalty}.")
        beam, length, found = int(beam), self._length(max_length), []
        for rows in self._some(texts, unknown, max(1, TOGETHER // beam)):
            tokens, scores = self._decoder.search(rows, length, beam=beam, alpha=length_penalty)
            for row, values in zip(tokens, scores, strict=True):
                pairs = [(self.text(row[i]), float(values[i])) for i in range(beam) if np.isfinite(values[i])]
                found.append(pairs)
        return found

    def _length(self, max_length):
        context = self.network.context
        length = min(LONGEST, context or LONGEST) if max_length is None else max_length
        if not isinstance(length, numbers.Integral) or length < 1 or (context is not None and length > context):
            most = "" if context is None else f", and at most the network's context of {context}"
            raise ValueError(f"`max_length` must be at least 1{most}. Received: {max_length}.")
        return int(length)

    def _some(self, texts, unknown, some=TOGETHER):
        """Tokens of the texts, some texts at a time."""
        texts = [texts] if isinstance(texts, str) else list(texts)
        if not texts:
            raise ValueError("There is nothing to translate. Received: an empty list.")
        rows = self.sources(texts, unknown)
        return [rows[i : i + some] for i in range(0, len(rows), some)]
