"""More checks of lesson 09, which imports this module: merges, bits per character, and what a cache saves."""

import math

from gencourse.exercises import expect
from gencourse.exercises.core import Wrong, exercise

PIECES = ("first", "second", "third")


def _joined(piece):
    """A piece as one string, also where it came as a pair, or with a mark between its parts."""
    if isinstance(piece, (tuple, list)) and all(isinstance(part, str) for part in piece):
        piece = "".join(piece)
    return piece.lower().translate(str.maketrans("", "", "·+- ")) if isinstance(piece, str) else piece


@exercise(
    "09.3",
    title="three merges",
    hints=(
        "Count every pair of neighbouring letters, and count a word as often as it occurs.",
        "e-n stands in all four words: 4 + 5 + 6 + 3 = 18 times. After that merge the words are h·en, t·h·en, t·en and "
        "p·en. Count anew.",
        "Now h·en stands in hen and then, 9 times. After that: t·hen 5, t·en 6, p·en 3. An s that was never seen stays "
        "a piece of its own.",
    ),
)
def merges(answer):
    """Say which pieces byte-pair encoding makes of hen (4), then (5), ten (6) and pen (3).

    first = ...  # strings, such as "ab"
    second = ...
    third = ...
    pieces_of_then_pens = ...
    check("09.3", (first, second, third, pieces_of_then_pens))
    """
    *pieces, count = expect.parts(answer, *PIECES, "pieces_of_then_pens")
    pieces = [_joined(piece) for piece in pieces]
    for name, piece in zip(PIECES, pieces, strict=True):
        if not isinstance(piece, str):
            raise Wrong(f'`{name}` should be a string, such as "ab", and is {piece!r}.')
    first, second, third = pieces
    if first != "en":
        if first == "he":
            raise Wrong("h-e stands in hen and then, 4 + 5 = 9 times; another pair stands in all four words.")
        raise Wrong(f"the most frequent pair of neighbouring letters is not {first!r}: which one is in every word?")
    if second != "hen":
        slips = {
            "he": "after the first merge no h stands beside an e any more: its neighbour is the piece en. Count anew",
            "then": "only two neighbours are joined at a time",
            "ten": "t-en stands in ten alone, 6 times; another pair now stands 9 times",
            "th": "t-h stands in then alone, 5 times; another pair now stands 9 times",
        }
        raise Wrong(f"{slips.get(second, 'count all pairs anew in h·en, t·h·en, t·en and p·en')}.")
    if third != "ten":
        slips = {
            "then": "t-hen stands 5 times, and another pair 6 times: the longer piece is not the more frequent one",
            "pen": "p-en stands 3 times, the fewest of all",
        }
        raise Wrong(f"{slips.get(third, 'count all pairs anew in hen, t·hen, t·en and p·en')}.")
    if isinstance(count, (tuple, list)) and len(count) > 1:
        raise Wrong(f"`pieces_of_then_pens` is asked for as a number: how many pieces? {len(count)} parts came.")
    count = expect.number(count, "`pieces_of_then_pens`")
    if count == 5:
        return (
            "t·hen and p·en·s. Counting anew after each merge is the whole algorithm; and a plural that was never seen "
            "costs one piece more, and is never unknown."
        )
    slips = {
        3: "then was never joined to one piece: t-hen would have been the fourth merge, and p·en·s are three",
        4: "one piece is missing: neither then nor pen is a piece yet, and s is one of its own",
        9: "those are the letters",
        8: "those are the letters",
        6: "only pieces count, and no space: t·hen, p·en·s",
    }
    raise Wrong(f"{slips.get(int(count), 'apply the three merges in order, to then and to pens')}.")


A_BITS, B_BITS = 3.36 * 41_000 / 114_800 / math.log(2), 1.22 / math.log(2)


@exercise(
    "09.4",
    title="which is better",
    hints=(
        "How surprised is each model by the *whole* text, in nats? Then share that out among the characters.",
        "A: 3.36 nats for each of 41,000 tokens. B: 1.22 nats for each of 114,800, since its tokens are characters.",
        "Divide the sums by 114,800 characters, and by log 2 ≈ 0.693 to get bits.",
    ),
)
def bits_per_character(answer):
    """Bring two models with different tokens onto one scale.

    bits_a = ...
    bits_b = ...
    better = ...  # "A" or "B"
    check("09.4", (bits_a, bits_b, better))
    """
    names = ("bits_a", "bits_b", "better")
    bits_a, bits_b, better = expect.parts(answer, *names)
    for name, value, right, slips in (
        (
            names[0],
            expect.number(bits_a, "`bits_a`"),
            A_BITS,
            {
                3.36 / math.log(2): "those are bits per *token*; a token of A stands for 2.8 characters",
                3.36 * 41_000 / 114_800: "those are nats per character; bits are nats divided by log 2",
                3.36: "those are nats per token, as they were given",
                3.36 * 41_000: "those are nats of the whole text: divide by its characters, and by log 2",
                3.36 * 41_000 / math.log(2): "those are bits of the whole text: divide by its characters",
                B_BITS: "that is the answer for model B",
                3.36 * 114_800 / 41_000 / math.log(2): "a character is less than a token, so it costs less: divide by "
                "the 2.8 characters in a token",
                3.36 * 41_000 / 114_800 * math.log(2): "from nats to bits one *divides* by log 2",
                math.exp(3.36): "that is the perplexity of a token",
            },
        ),
        (
            names[1],
            expect.number(bits_b, "`bits_b`"),
            B_BITS,
            {
                1.22: "those are nats; divide by log 2 to get bits",
                1.22 * 114_800 / math.log(2): "those are bits of the whole text: divide by its characters",
                A_BITS: "that is the answer for model A",
                1.22 * 41_000 / 114_800 / math.log(2): "the tokens of B are characters already",
                1.22 * math.log(2): "from nats to bits one *divides* by log 2",
                math.exp(1.22): "that is the perplexity of a token",
            },
        ),
    ):
        if expect.near(value, right, rel=5e-3):
            continue
        for slip, why in slips.items():
            if expect.near(value, slip, rel=5e-3):
                raise Wrong(f"`{name}`: {why}.")
        if expect.near(value, right, rel=0.03):
            raise Wrong(f"`{name}` is not {value:.4g}, but nearly: the two lie close together, so give two decimals.")
        raise Wrong(f"`{name}` is not {value:.4g}: nats of the whole text, by characters, by log 2.")
    letter = better.strip().strip("()").upper().removeprefix("MODEL ") if isinstance(better, str) else better
    if letter not in ("A", "B"):
        raise Wrong(f'`better` should be "A" or "B", and is {better!r}.')
    if letter == "B":
        raise Wrong("fewer bits are better: the text surprises that model less.")
    return (
        "A is better, by little, though each of its tokens surprises it almost three times as much. Its tokens are "
        "just larger. Nats per token, and perplexity, compare models with equal tokens only."
    )


PLACES, FEATURES = 100, 64
MATRICES, PAIR = 12 * FEATURES**2, 2 * FEATURES  # multiplications for a place, and for a pair of places
WITHOUT, WITH = PLACES * MATRICES + PLACES**2 * PAIR, MATRICES + PLACES * PAIR
FORGOTTEN = (PLACES - 1) * FEATURES**2


@exercise(
    "09.5",
    title="what the cache saves",
    hints=(
        "Without a cache, how many places go through the matrices, and how many pairs (asks, is asked) are there? With "
        "one?",
        "12 · 64² = 49,152 for a place, 2 · 64 = 128 for a pair. Without a cache 100 places and 100 · 100 pairs; with "
        "one, a single place that asks 100.",
        "The keys of one place are one product with a D × D matrix, D² multiplications. How many places are made anew "
        "that the full cache would not have made?",
    ),
)
def cache(answer):
    """Count the multiplications for one more token.

    without = ...
    with_cache = ...
    forgotten_keys = ...
    check("09.5", (without, with_cache, forgotten_keys))
    """
    names = ("without", "with_cache", "forgotten_keys")
    parts = expect.parts(answer, *names)
    without, cached, forgotten = (expect.number(p, f"`{name}`") for p, name in zip(parts, names, strict=True))
    slips = {
        WITH: "that is the count with a cache",
        PLACES * MATRICES: "the attention is missing: 100 places ask 100 places",
        PLACES * MATRICES + PLACES * PAIR: "all 100 places ask, not only the last: there are 100 · 100 pairs",
        PLACES * MATRICES
        + PLACES * (PLACES + 1) // 2 * PAIR: "that leaves the masked pairs out; here they are computed, "
        "and thrown away",
        PLACES**2 * PAIR: "the matrices are missing: 12 D² for each place",
        PLACES * 12 * FEATURES + PLACES**2 * PAIR: "the matrices cost 12 D² for each place, and D² is 64 · 64",
        (PLACES - 1) * MATRICES + (PLACES - 1) ** 2 * PAIR: "the new token is one of the 100 places, and asks as well",
        sum(n * MATRICES + n**2 * PAIR for n in range(1, PLACES + 1)): "that adds up the writing of all 100 tokens; "
        "only the last one is asked for",
    }
    _count("without", without, WITHOUT, slips)
    slips = {
        WITHOUT: "that is the count without a cache",
        MATRICES: "the attention is missing: the new place still asks all 100",
        MATRICES + PAIR: "the new place asks 100 places, itself included, and not one",
        MATRICES + (PLACES - 1) * PAIR: "the new place looks at itself, too: 100 pairs",
        MATRICES + PLACES**2 * PAIR: "only the new place asks: 100 pairs, not 100 · 100",
        PLACES * PAIR: "the matrices are missing: the new place goes through them once",
    }
    _count("with_cache", cached, WITH, slips)
    slips = {
        PLACES * FEATURES**2: "the new place's key is made in any case: 99 are made that need not be",
        WITH + FORGOTTEN: "that is the whole count; how many *more* was asked",
        PLACES * MATRICES: "only the matrix of the keys is used anew, D² of the 12 D²",
        (PLACES - 1) * MATRICES: "only the matrix of the keys is used anew, D² of the 12 D²",
        (PLACES - 1) * PAIR: "that counts pairs; a key is made by a matrix of D × D",
        FEATURES**2: "that is one key; 99 are made anew that need not be",
        (PLACES - 1) * FEATURES: "a key has D numbers, and each of them costs D multiplications",
        2 * FORGOTTEN: "the values are kept: only the keys are made anew, one matrix of D × D",
        4 * FORGOTTEN: "of the four matrices of D × D one makes the keys; the others rest",
        WITHOUT - WITH: "that is what a whole cache saves; here only the keys are made anew",
    }
    _count("forgotten_keys", forgotten, FORGOTTEN, slips)
    return (
        "without a cache every place costs what the new one costs, exactly 100 times as much here. The half-forgotten "
        "cache does seven and a half times the work it should, and writes the same text: nothing but a clock, or a "
        "count, would tell."
    )


def _count(name, value, right, slips):
    if expect.near(value, right, rel=1e-3):
        return
    if expect.near(value * 1e6, right, rel=2e-3) or expect.near(value * 1e3, right, rel=2e-3):
        raise Wrong(f"`{name}` seems to count thousands or millions: write all of it, in multiplications.")
    if expect.near(value, right, rel=1.5e-3):
        raise Wrong(f"`{name}` is not {value:,.0f}, but nearly: do not round so early.")
    for slip, why in slips.items():
        if expect.near(value, slip, rel=1e-3):
            raise Wrong(f"`{name}`: {why}.")
    raise Wrong(f"`{name}` is not {value:,.10g}: 49,152 for each place through the matrices, 128 for each pair.")
