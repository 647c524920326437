"""How much of what a text says is said in other texts, too: BLEU, and its means over all texts."""

import math
from collections import Counter

from .text import ngrams

SMOOTHINGS = ("none", "floor", "add-k", "exp")
FLOOR = 0.1  # the matches that "floor" puts in the place of none


def bleu(candidates, references, *, max_n: int = 4, unit: str = "words", smoothing: str = "none") -> float:
    """BLEU of a corpus: the geometric mean of the n-gram precisions for n = 1 … max_n, less where texts are too short.

    A precision is the share of the candidates' n-grams that stand in their references; an n-gram counts as often as it
    stands in one reference, at most. Matches and n-grams are added up over all candidates before they are divided.

    Args:
        candidates: strings.
        references: for each candidate a string, or a list of strings; lists may differ in length.
        max_n: longest n-gram, at least 1.
        unit: "words" (split at white space) or "characters" (white space counts).
        smoothing: what stands in the place of a precision of 0, which would make the whole BLEU 0. "none": nothing.
            "floor": 0.1 matches. "add-k": one match and one n-gram more for every n above 1. "exp": 1/2, 1/4, … of a
            match for the first, second, … such precision.

    Returns:
        A share in [0, 1]; other programs print a hundred times that. Without a single match it is 0.

    Raises:
        ValueError: for no candidates, another number of references, an empty list of them, or unknown options.

    Reference:
        Papineni et al., "BLEU: a Method for Automatic Evaluation of Machine Translation", 2002; Chen and Cherry, "A
        Systematic Comparison of Smoothing Techniques for Sentence-Level BLEU", 2014; Post, "A Call for Clarity in
        Reporting BLEU Scores", 2018.
    """
    candidates, references = [candidates] if isinstance(candidates, str) else list(candidates), list(references)
    if not candidates or len(candidates) != len(references):
        raise ValueError(
            "Expected at least one candidate, and references for each. "
            f"Received: {len(candidates)} candidates, references for {len(references)}."
        )
    matches, counts, ours, theirs = [0] * max_n, [0] * max_n, 0, 0
    for candidate, texts in zip(candidates, references, strict=True):
        texts = [texts] if isinstance(texts, str) else list(texts)
        if not texts:
            raise ValueError(f"Each candidate needs a reference. Received: none for {candidate!r}.")
        for n in range(1, max_n + 1):
            allowed = Counter()
            for text in texts:
                allowed |= Counter(ngrams(text, n, unit=unit))  # the larger of both counts
            found = Counter(ngrams(candidate, n, unit=unit))
            matches[n - 1] += (found & allowed).total()
            counts[n - 1] += found.total()
        length = len(ngrams(candidate, 1, unit=unit))
        ours += length
        theirs += _closest([len(ngrams(text, 1, unit=unit)) for text in texts], length)
    return _combined(matches, counts, ours, theirs, smoothing)


def reference_bleu(texts, references, *, max_n: int = 4, unit: str = "words", smoothing: str = "floor") -> float:
    """How much texts sound like others: the mean BLEU of each text, with all of the others as its references.

    The usual measure of quality for texts that answer no question. A text copied from the references scores 1, and so
    does the same one written a thousand times: look at `self_bleu` beside it.

    Args:
        texts: strings to judge.
        references: other strings, such as held-out ones; compare values for the same references only.
        max_n: longest n-gram, at least 1.
        unit: "words" or "characters".
        smoothing: as in `bleu`.

    Returns:
        A share in [0, 1].

    Raises:
        ValueError: for no texts, no references, or unknown options.

    Reference:
        Yu et al., "SeqGAN: Sequence Generative Adversarial Nets with Policy Gradient", 2017.
    """
    texts, references = ([t] if isinstance(t, str) else list(t) for t in (texts, references))
    if not texts or not references:
        raise ValueError(
            f"Expected texts, and references for all of them. Received: {len(texts)} and {len(references)}."
        )
    lengths = {len(ngrams(text, 1, unit=unit)) for text in references}
    most = _two_largest([_counts(text, max_n, unit) for text in references])
    scores = []
    for text in texts:
        grams = _counts(text, max_n, unit)
        allowed = [{gram: most.get(gram, (0, 0))[0] for gram in level} for level in grams]
        scores.append(_clipped(grams, allowed, lengths, smoothing))
    return math.fsum(scores) / len(scores)


def self_bleu(texts, *, max_n: int = 4, unit: str = "words", smoothing: str = "floor") -> float:
    """How alike texts are: the mean BLEU of each of them, with all others as its references.

    Near 1 a model says the same again and again. It rises with the number of texts, and falls with what they hold:
    compare equally many texts of one kind only, beside the value of real ones.

    Args:
        texts: at least two strings.
        max_n: longest n-gram, at least 1.
        unit: "words" or "characters".
        smoothing: as in `bleu`; a single text often has no long n-gram in common with others.

    Returns:
        A share in [0, 1].

    Raises:
        ValueError: for fewer than two texts, or unknown options.

    Reference:
        Zhu et al., "Texygen: A Benchmarking Platform for Text Generation Models", 2018.
    """
    texts = [texts] if isinstance(texts, str) else list(texts)
    if len(texts) < 2:
        raise ValueError(f"Self-BLEU compares at least two texts. Received: {len(texts)}.")
    lengths = Counter(len(ngrams(text, 1, unit=unit)) for text in texts)
    found = [_counts(text, max_n, unit) for text in texts]
    most = _two_largest(found)
    scores = []
    for grams in found:
        others = lengths - Counter([grams[0].total() if grams else 0])
        # What the others hold at most: the largest count of all texts, or the second where this text has the largest.
        allowed = [
            {gram: most[gram][1] if most[gram][0] == count else most[gram][0] for gram, count in level.items()}
            for level in grams
        ]
        scores.append(_clipped(grams, allowed, others, smoothing))
    return math.fsum(scores) / len(scores)


def _counts(text, max_n, unit) -> list[Counter]:
    """How often each n-gram stands in a text, for n = 1 … max_n."""
    return [Counter(ngrams(text, n, unit=unit)) for n in range(1, max_n + 1)]


def _clipped(grams, allowed, lengths, smoothing) -> float:
    """BLEU of one text, from its n-grams, how often each may count, and the lengths of its references."""
    ours = grams[0].total() if grams else 0
    matches = [
        sum(min(count, may[gram]) for gram, count in level.items()) for level, may in zip(grams, allowed, strict=True)
    ]
    return _combined(matches, [level.total() for level in grams], ours, _closest(lengths, ours), smoothing)


def _two_largest(found) -> dict:
    """For each n-gram its largest count in one text and its largest in another one."""
    most = {}
    for grams in found:
        for level in grams:
            for gram, count in level.items():
                first, second = most.get(gram, (0, 0))
                most[gram] = (max(first, count), max(second, min(first, count)))
    return most


def _closest(lengths, length: int) -> int:
    """The length that is nearest; of two equally near ones, the shorter."""
    return min(lengths, key=lambda other: (abs(other - length), other))


def _combined(matches, counts, ours: int, theirs: int, smoothing: str) -> float:
    """From matches and numbers of n-grams, for each n, and both sides' lengths to BLEU."""
    if smoothing not in SMOOTHINGS:
        raise ValueError(f"`smoothing` must be one of {SMOOTHINGS}. Received: {smoothing!r}.")
    if not matches:
        raise ValueError("`max_n` must be at least 1. Received: 0.")
    if not any(matches):
        return 0.0
    logs, missing = 0.0, 0
    for n, (match, count) in enumerate(zip(matches, counts, strict=True), start=1):
        if smoothing == "add-k" and n > 1:
            match, count = match + 1, count + 1
        if match == 0 and smoothing == "floor":
            match = FLOOR
        elif match == 0 and smoothing == "exp":
            missing += 1
            match = 0.5**missing
        if match == 0 or count == 0:
            return 0.0
        logs += math.log(match / count)
    brevity = min(0.0, 1.0 - theirs / ours)
    return math.exp(brevity + logs / len(matches))
