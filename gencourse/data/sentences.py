"""Short sentences out of running prose."""

import re

from .bundled import TextSplits, load_austen

_SPACES = re.compile(r"\s+")
_TITLES = re.compile(r"\b(Mr|Mrs|Dr|St)\.")  # their full stop ends no sentence
_ENDS = re.compile(r"(?<=[.!?;])[\"')]*\s+|--|(?<=[.!?]\")|^")
_MARKS = re.compile(r"[\"()_*\[\]]")


def split_sentences(passage: str, *, shortest: int = 20, longest: int = 80) -> list[str]:
    """Cuts prose after each full stop, question mark, exclamation mark and semicolon, and keeps the short pieces.

    Quotation marks, brackets and line breaks are taken out. Pieces that do not end in one of the four marks, such as a
    sentence that is broken off by a dash, are left out, and so are those with figures or words all in capitals.

    Args:
        passage: any English prose.
        shortest: characters that a piece must have, its mark included.
        longest: characters that it may have.

    Returns:
        The pieces in the order of the text.

    Raises:
        ValueError: unless 1 <= shortest <= longest.

    Example:
        >>> split_sentences('"You are mistaken, Mr. Darcy," she said; "I never was. --Well!"', shortest=5)
        ['You are mistaken, Mr. Darcy, she said;', 'I never was.', 'Well!']
    """
    if not 1 <= shortest <= longest:
        raise ValueError(
            f"The shortest sentence must have between 1 character and as many as the longest. Received: {shortest} "
            f"and {longest}."
        )
    plain = _TITLES.sub(r"\1\0", _SPACES.sub(" ", passage))
    pieces = (_MARKS.sub("", piece).replace("\0", ".").strip() for piece in _ENDS.split(plain))
    return [piece for piece in pieces if shortest <= len(piece) <= longest and _whole(piece)]


def load_sentences(*, shortest: int = 20, longest: int = 80) -> TextSplits:
    """Loads the short sentences of Jane Austen's two bundled novels.

    Args:
        shortest: characters of a sentence, at least.
        longest: characters, at most.

    Returns:
        Two tuples of different sentences: to train on, and held out (out of the held-out end of the text, without
        those that also stand in the other part).

    Raises:
        ValueError: as `split_sentences`; DataFileError if the bundled file is missing or broken.
    """
    train, test = (split_sentences(part, shortest=shortest, longest=longest) for part in load_austen())
    known = dict.fromkeys(train)
    return TextSplits(tuple(known), tuple(s for s in dict.fromkeys(test) if s not in known))


def _whole(piece: str) -> bool:
    return piece[-1] in ".!?;" and not re.search(r"\d|[A-Z]{2}", piece)
