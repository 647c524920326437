"""Text: tokenizers, and the windows, streams and padded batches that models of text train on.

Importing this room does not import TensorFlow; `windows` and `padded` do, when first used.
"""

from .bytepair import BytePairTokenizer
from .characters import PADDING, UNKNOWN, CharacterTokenizer
from .windows import pad, padded, streams, streams_per_pass, windows, windows_per_pass

TOKENIZERS = {kind.kind: kind for kind in (CharacterTokenizer, BytePairTokenizer)}


def restore_tokenizer(config: dict):
    """Makes a tokenizer again from what its `get_config` returned.

    Raises:
        ValueError: for a kind that is unknown.
    """
    if config.get("kind") not in TOKENIZERS:
        raise ValueError(f"Tokenizers are {' or '.join(map(repr, TOKENIZERS))}. Received: {config.get('kind')!r}.")
    return TOKENIZERS[config["kind"]].from_config(config)


__all__ = [
    "PADDING",
    "UNKNOWN",
    "BytePairTokenizer",
    "CharacterTokenizer",
    "pad",
    "padded",
    "restore_tokenizer",
    "streams",
    "streams_per_pass",
    "windows",
    "windows_per_pass",
]
