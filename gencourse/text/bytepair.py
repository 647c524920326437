"""Byte-pair tokens: frequent pieces of words as one number each."""

import json
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from .characters import PADDING, _checked, _restored, check_whole_characters, read_json, write_json

_PADDING = "<padding>"


class BytePairTokenizer:
    """Turns text into the numbers of its frequent pieces, and back; any text survives a round trip.

    Training begins with the 256 bytes of UTF-8 and joins the most frequent pair of neighbours into a new token, again
    and again. A text in another script falls back to bytes, so nothing is ever unknown. Number 0 is padding. The
    `tokenizers` library does the work.

    Args:
        model: the library's own description of a trained tokenizer, a JSON string; `train` makes one.

    Attributes:
        vocabulary_size: numbers in use, padding included.

    Example:
        >>> tokenizer = BytePairTokenizer.train("low lower lowest " * 50, vocabulary_size=300)
        >>> tokenizer.pieces(tokenizer.encode("low lowest"))
        ['low', ' lowest']

    Reference:
        Sennrich et al., "Neural Machine Translation of Rare Words with Subword Units", 2016; the byte-level form is
        that of Radford et al., "Language Models are Unsupervised Multitask Learners", 2019.
    """

    kind = "byte pairs"
    unwritten = (PADDING,)  # numbers that no model should write

    def __init__(self, model: str):
        from tokenizers import Tokenizer

        description = json.loads(model)
        description["added_tokens"] = []  # else the library would read the word "<padding>" in a text as number 0
        self._model = Tokenizer.from_str(json.dumps(description))
        self._bytes = _bytes_of_tokens(self._model)

    @classmethod
    def train(cls, texts: str | Iterable[str], *, vocabulary_size: int) -> "BytePairTokenizer":
        """Learns which pieces are frequent.

        Args:
            texts: the training text, or several.
            vocabulary_size: tokens wanted: padding, 256 bytes, and the pieces joined; small texts give fewer.

        Raises:
            ValueError: if the size leaves no room for a single pair.
        """
        from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

        if vocabulary_size < 258:
            raise ValueError(
                f"`vocabulary_size` must be at least 258: padding, 256 bytes and a pair. Received: {vocabulary_size}."
            )
        model = Tokenizer(models.BPE())
        model.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
        model.decoder = decoders.ByteLevel()
        trainer = trainers.BpeTrainer(
            vocab_size=vocabulary_size,
            special_tokens=[_PADDING],
            initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
            show_progress=False,
        )
        model.train_from_iterator([texts] if isinstance(texts, str) else texts, trainer)
        return cls(model.to_str())

    @property
    def vocabulary_size(self) -> int:
        """V, padding included."""
        return len(self._bytes)

    def encode(self, text: str, *, unknown: str = "replace") -> np.ndarray:
        """Returns the numbers of the pieces of `text`, int32 (T,).

        Args:
            text: any string.
            unknown: taken for the sake of one signature for all tokenizers; here nothing is unknown.

        Raises:
            ValueError: for half a surrogate pair, which has no bytes.
        """
        check_whole_characters(text)
        return np.asarray(self._model.encode(text, add_special_tokens=False).ids, "int32")

    def unknown(self, text: str) -> dict[str, int]:
        """Returns an empty dict: every text has its bytes."""
        return {}

    def decode(self, tokens) -> str:
        """Returns the text of a sequence of numbers, (T,); padding vanishes, half a character becomes "\ufffd".

        Raises:
            ValueError: for a number outside [0, V).
        """
        tokens = _checked(tokens, self.vocabulary_size)
        return b"".join(self._bytes[token] for token in tokens).decode("utf-8", errors="replace")

    def pieces(self, tokens) -> list[str]:
        """Returns the text of each number by itself; a token may be a part of a character."""
        tokens = _checked(tokens, self.vocabulary_size)
        return [self._bytes[token].decode("utf-8", errors="replace") for token in tokens]

    def tokens_with(self, stop: str) -> list[int]:
        """Returns the numbers whose own text holds `stop`: one of them ends a text that should end there."""
        wanted = stop.encode("utf-8")
        return [number for number, piece in enumerate(self._bytes) if wanted in piece] if stop else []

    def get_config(self) -> dict:
        """What `from_config` needs: plain values."""
        return {"kind": self.kind, "model": self._model.to_str()}

    @classmethod
    def from_config(cls, config: dict) -> "BytePairTokenizer":
        """Makes the tokenizer again."""
        return _restored(lambda: cls(config["model"]), cls.kind)

    def save(self, path: str | Path) -> None:
        """Writes the tokenizer as JSON, whole or not at all."""
        write_json(self.get_config(), path)

    @classmethod
    def load(cls, path: str | Path) -> "BytePairTokenizer":
        """Reads what `save` wrote.

        Raises:
            ValueError: if the file holds no tokenizer of this kind.
        """
        return cls.from_config(read_json(path, cls.kind))


def _bytes_of_tokens(model) -> list[bytes]:
    """The bytes of each token. The library writes them in printable letters: those of GPT-2's table."""
    plain = [*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1)]
    letters = {chr(byte): byte for byte in plain}
    hidden = (byte for byte in range(256) if byte not in plain)
    letters |= {chr(256 + i): byte for i, byte in enumerate(hidden)}
    vocabulary = sorted(json.loads(model.to_str())["model"]["vocab"].items(), key=lambda item: item[1])
    return [b"" if piece == _PADDING else bytes(letters[letter] for letter in piece) for piece, _ in vocabulary]
