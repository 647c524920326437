"""How varied texts are, and how much of them was copied."""

import numpy as np


def ngrams(text: str, n: int, *, unit: str = "words") -> list:
    """Returns all stretches of n neighbouring words, or characters, of a text.

    Args:
        text: any string.
        n: at least 1.
        unit: "words" (split at white space) or "characters".

    Raises:
        ValueError: for `n` below 1 or another unit.
    """
    if unit not in ("words", "characters"):
        raise ValueError(f"`unit` must be 'words' or 'characters'. Received: {unit!r}.")
    if n < 1:
        raise ValueError(f"`n` must be at least 1. Received: {n}.")
    parts = text.split() if unit == "words" else text
    return [tuple(parts[i : i + n]) for i in range(len(parts) - n + 1)]


def distinct_n(texts, n: int, *, unit: str = "words") -> float:
    """The share of different n-grams among all n-grams of several texts: near 0 where one thing is said over and over.

    It falls as the texts grow longer, so compare texts of equal length only.

    Args:
        texts: strings.
        n: at least 1.
        unit: "words" or "characters".

    Returns:
        A share in (0, 1].

    Raises:
        ValueError: if no text is as long as n.

    Reference:
        Li et al., "A Diversity-Promoting Objective Function for Neural Conversation Models", 2016.
    """
    texts = [texts] if isinstance(texts, str) else list(texts)
    found = [gram for text in texts for gram in ngrams(text, n, unit=unit)]
    if not found:
        raise ValueError(f"No text has {n} {unit}. Received: {len(texts)} texts.")
    return len(set(found)) / len(found)


def copied_stretches(passage: str, corpus: str, *, length: int = 30) -> dict:
    """How much of a passage stands word for word in the text that a model learned from.

    Args:
        passage: what was written.
        corpus: the training text.
        length: characters from which on a common stretch counts as copied.

    Returns:
        copied_share: share of the passage's characters that lie inside such stretches, in [0, 1].
        longest: length of the longest common stretch, in characters.
        longest_text: that stretch.

    Raises:
        ValueError: if the passage is empty or `length` below 1.
    """
    if not passage or length < 1:
        raise ValueError(
            f"A passage and a length of at least 1 are needed. Received: {len(passage)} characters, length {length}."
        )
    ours, theirs = _Fingerprints(passage), _Fingerprints(corpus)
    inside = np.zeros(len(passage) + 1, "int64")
    starts = np.flatnonzero(ours.common(theirs, length))
    np.add.at(inside, starts, 1)
    np.add.at(inside, starts + length, -1)
    low, high = 0, 1  # a common stretch of one length holds common ones of all lengths below
    while high <= min(len(passage), len(corpus)) and ours.common(theirs, high).any():
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if ours.common(theirs, middle).any() else (low, middle)
    longest = ""
    if low:
        start = int(np.flatnonzero(ours.common(theirs, low))[0])
        longest = passage[start : start + low]
    share = float((np.cumsum(inside)[:-1] > 0).mean())
    return {"copied_share": share, "longest": low, "longest_text": longest}


class _Fingerprints:
    """One 64-bit number for each stretch of a text, of any length, from sums of its characters times powers.

    Stretches with equal numbers are taken for equal: among a million, one pair in ten million texts would not be.

    Reference: Karp and Rabin, "Efficient randomized pattern-matching algorithms", 1987.
    """

    BASE = 0x9E3779B97F4A7C15  # odd, so that it has an inverse modulo 2^64

    def __init__(self, text: str):
        codes = np.frombuffer(text.encode("utf-32-le"), "<u4").astype("uint64") + np.uint64(1)
        scattered = (codes * np.uint64(0xBF58476D1CE4E5B9)) ^ (codes << np.uint64(31))
        self.inverses = _powers(pow(self.BASE, -1, 2**64), len(codes))
        self.sums = np.concatenate([[np.uint64(0)], np.cumsum(scattered * _powers(self.BASE, len(codes)))])

    def of_length(self, length: int):
        """The numbers of all stretches of `length` characters, uint64 (N - length + 1,)."""
        count = max(len(self.sums) - length, 0)
        return (self.sums[length : length + count] - self.sums[:count]) * self.inverses[:count]

    def common(self, other, length: int):
        """Which stretches of this text stand in the other one, too: bool (N - length + 1,)."""
        mine = self.of_length(length)
        known, which = np.unique(mine, return_inverse=True)
        if not len(known):
            return np.zeros(0, bool)
        found = np.zeros(len(known), bool)
        searched = other.of_length(length)
        place = np.minimum(np.searchsorted(known, searched), len(known) - 1)
        found[place[known[place] == searched]] = True
        return found[which]


def _powers(base: int, n: int):
    powers = np.full(n, base, "uint64")
    powers[:1] = 1
    return np.cumprod(powers)
