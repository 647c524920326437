"""Characters as tokens: one number for each different character."""

import json
import os
from pathlib import Path

import numpy as np

PADDING = 0  # the number that fills short sequences; it stands for no text at all
UNKNOWN = "\ufffd"  # the replacement character: what a character never seen in training is read as, and written as


class CharacterTokenizer:
    """Turns text into whole numbers, one for each Unicode code point, and back.

    Number 0 is padding and 1 is "unknown"; the symbols follow in the order of their code points. Text made of known
    symbols survives a round trip unchanged.

    Args:
        symbols: the different characters to know, any string; order and repetitions do not matter.

    Attributes:
        symbols: them, sorted, as one string.
        vocabulary_size: numbers in use, padding and "unknown" included.

    Example:
        >>> tokenizer = CharacterTokenizer("hello")
        >>> tokenizer.encode("hole")
        array([3, 5, 4, 2], dtype=int32)
        >>> tokenizer.decode([3, 5, 4, 2])
        'hole'
    """

    kind = "characters"
    unwritten = (PADDING, 1)  # numbers that no model should write

    def __init__(self, symbols: str):
        known = set(symbols) - {UNKNOWN}
        if not known:
            raise ValueError(f"A tokenizer needs at least one symbol. Received: {symbols!r}.")
        check_whole_characters(symbols)
        self.symbols = "".join(sorted(known))
        self._number = {symbol: 2 + i for i, symbol in enumerate(self.symbols)}
        self._text = ["", UNKNOWN, *self.symbols]

    @classmethod
    def train(cls, text: str) -> "CharacterTokenizer":
        """Returns a tokenizer that knows every character of `text`, which should be the training text alone."""
        return cls(text)

    @property
    def vocabulary_size(self) -> int:
        """V, padding and "unknown" included."""
        return len(self._text)

    def encode(self, text: str, *, unknown: str = "replace") -> np.ndarray:
        """Returns the numbers of the characters of `text`, int32 (T,).

        Args:
            text: any string.
            unknown: "replace" reads a character never seen as number 1; "error" refuses it.

        Raises:
            ValueError: for a character never seen with `unknown="error"`, or another rule.
        """
        if unknown not in ("replace", "error"):
            raise ValueError(f"`unknown` must be 'replace' or 'error'. Received: {unknown!r}.")
        if unknown == "error" and (strange := self.unknown(text)):
            names = ", ".join(map(repr, strange))
            raise ValueError(f"These characters are not in the vocabulary: {names}. Received: {_shown(text)}.")
        return np.fromiter((self._number.get(symbol, 1) for symbol in text), "int32", len(text))

    def unknown(self, text: str) -> dict[str, int]:
        """Returns how often each character that the tokenizer does not know stands in `text`."""
        counts: dict[str, int] = {}
        for symbol in text:
            if symbol not in self._number:
                counts[symbol] = counts.get(symbol, 0) + 1
        return counts

    def decode(self, tokens) -> str:
        """Returns the text of a sequence of numbers, (T,); padding vanishes.

        Raises:
            ValueError: for a number outside [0, V).
        """
        return "".join(self.pieces(tokens))

    def pieces(self, tokens) -> list[str]:
        """Returns the text of each number by itself."""
        tokens = _checked(tokens, self.vocabulary_size)
        return [self._text[token] for token in tokens]

    def tokens_with(self, stop: str) -> list[int]:
        """Returns the numbers whose own text holds `stop`: one of them ends a text that should end there."""
        return [number for number, piece in enumerate(self._text) if stop in piece] if stop else []

    def get_config(self) -> dict:
        """What `from_config` needs: plain values."""
        return {"kind": self.kind, "symbols": self.symbols}

    @classmethod
    def from_config(cls, config: dict) -> "CharacterTokenizer":
        """Makes the tokenizer again."""
        return _restored(lambda: cls(config["symbols"]), cls.kind)

    def save(self, path: str | Path) -> None:
        """Writes the tokenizer as JSON, whole or not at all."""
        write_json(self.get_config(), path)

    @classmethod
    def load(cls, path: str | Path) -> "CharacterTokenizer":
        """Reads what `save` wrote.

        Raises:
            ValueError: if the file holds no tokenizer of this kind.
        """
        return cls.from_config(read_json(path, cls.kind))


def check_whole_characters(text: str) -> None:
    """Raises a ValueError for half a surrogate pair, which stands for no character and has no UTF-8 bytes."""
    half = next((symbol for symbol in text if "\ud800" <= symbol <= "\udfff"), None)
    if half is not None:
        raise ValueError(f"Half a surrogate pair is no character. Received: {half!r} in {_shown(text)}.")


def _shown(text):
    return repr(text if len(text) <= 60 else text[:59] + "…")


def _restored(make, kind):
    """What `make` returns; a ValueError when the config that it reads is not whole."""
    try:
        return make()
    except Exception as error:  # the `tokenizers` library raises bare ones
        raise ValueError(f"This is no config of a tokenizer of {kind}. Received: {error!r}.") from None


def _checked(tokens, size) -> list[int]:
    tokens = np.asarray(tokens)
    if tokens.ndim != 1 or (tokens.size and tokens.dtype.kind not in "iu"):
        raise ValueError(
            f"Tokens must be whole numbers of shape (T,). Received: dtype {tokens.dtype}, shape {tokens.shape}."
        )
    if tokens.size and not 0 <= tokens.min() <= tokens.max() < size:
        raise ValueError(f"Tokens must lie in [0, {size}). Received: {tokens.min()} to {tokens.max()}.")
    return tokens.tolist()


def write_json(config: dict, path: str | Path) -> None:
    """Writes a tokenizer's config to a temporary name and moves it."""
    path = Path(path)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        part.write_text(json.dumps(config, ensure_ascii=False), encoding="utf-8")
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


def read_json(path: str | Path, kind: str) -> dict:
    """Reads a tokenizer's config; a ValueError names a file that holds none of this kind."""
    try:
        config = json.loads(Path(path).read_text(encoding="utf-8"))
        found = config["kind"]
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{path} holds no tokenizer. Received: {error}.") from None
    if found != kind:
        raise ValueError(f"{path} holds a tokenizer of another kind than {kind!r}. Received: {found!r}.")
    return config
