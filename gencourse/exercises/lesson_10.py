"""Checks of lesson 10: a row of cross-attention, three beams, a beam search with bugs, BLEU, and fewer dates.

The starter code that the notebook shows stands in the docstring of each check, planted bugs included. It takes `import
numpy as np` for granted.
"""

import math

import numpy as np

from gencourse.exercises import expect, scores_10
from gencourse.exercises.core import Wrong, exercise

__all__ = ["scores_10", "three_beams", "with_a_pencil", "word_pieces"]

SCORES = np.array([4.0, 0.0, 0.0, 6.0])  # q·k of the four places, before the division
VALUES = np.array([10.0, 20.0, 40.0, 90.0])


def _shares(scores):
    exponentials = np.exp(np.asarray(scores) - np.max(scores))
    return exponentials / exponentials.sum()


def _padded(weights):
    return np.append(weights, np.zeros(4 - len(weights)))


@exercise(
    "10.1",
    title="a row of cross-attention",
    hints=(
        "Four inner products first: q·k for each place. Which place is not part of the text? And which of the others "
        "may a decoder not see when it writes its first token?",
        "The products are 4, 0, 0 and 6. Divide by √d = 2; the padding is masked; the source is known as a whole, so "
        "nothing else is. Softmax what is left.",
        "Scores 2, 0 and 0: the weights are e²/(e² + 2), and twice 1/(e² + 2). Then take the mean of the values with "
        "them.",
    ),
)
def with_a_pencil(answer):
    """Compute one row of cross-attention, with padding, with pencil and paper.

    weight_1 = ...
    weight_2 = ...
    weight_3 = ...
    weight_4 = ...
    gathered = ...
    check("10.1", (weight_1, weight_2, weight_3, weight_4, gathered))
    """
    names = ("weight_1", "weight_2", "weight_3", "weight_4", "gathered")
    found = expect.parts(answer, *names)
    if any(np.size(part) == 1 and np.all(np.equal(part, -np.inf)) for part in found[:4]):
        raise Wrong("minus infinity is the masked *score*; the weight is what softmax makes of it, e^(−∞) = 0.")
    *weights, gathered = (expect.number(part, f"`{name}`") for part, name in zip(found, names, strict=True))
    weights, right = np.array(weights), _padded(_shares(SCORES[:3] / 2))

    def are(wanted):
        return np.allclose(weights, wanted, rtol=0.01, atol=2e-3)

    if not are(right):
        all_four = _shares(SCORES / 2)
        slips = (
            (all_four, "the fourth place is padding, and no part of the text: the mask sets its weight to 0"),
            (all_four * [1, 1, 1, 0], "weights that are blanked after the softmax sum to less than 1: mask the scores"),
            (
                [1, 0, 0, 0],
                "all weight on the first place: there is no causal mask here, since the source is known as a whole "
                "before the first token is written, and softmax is no choice either",
            ),
            (_padded(_shares(SCORES[:3])), "the scores are inner products divided by √d; the division is missing"),
            (_padded(_shares(SCORES[:3] / 4)), "the division is by √d = 2, and not by d = 4"),
            (_shares(SCORES), "the padding must be masked, and the scores divided by √d"),
            (_padded(_shares(SCORES[:3] / math.sqrt(3))), "d counts the features of a head, 4, and not the places"),
            (_padded(SCORES[:3] / 2), "those are the scores; softmax makes weights of them"),
            (
                _padded([math.exp(2), 1, 1]),
                "those are the exponentials: divide them by their sum, so that the weights sum to 1",
            ),
            (_padded([1 / 3] * 3), "the places do not fit alike: the first one has the larger product"),
        )
        for wanted, why in slips:
            if are(wanted):
                raise Wrong(f"{why}.")
        if not expect.near(weights[3], 0.0):
            raise Wrong("the fourth place is padding, and no part of the text: the mask sets its weight to 0.")
        if np.allclose(weights, right, atol=6e-3):
            raise Wrong("that is nearly it, and rounded too much: give three decimals, or the expression itself.")
        if np.allclose(weights, 100 * right, rtol=0.01, atol=0.2):
            raise Wrong("those are percent: weights are shares, and sum to 1.")
        if not expect.near(weights.sum(), 1.0, rel=0.01):
            raise Wrong(f"the weights should sum to 1, and yours sum to {weights.sum():.3g}.")
        raise Wrong("the scores of the three places are 4/2, 0 and 0; which shares does softmax make of 2, 0 and 0?")
    wanted = float(right @ VALUES)
    if expect.near(gathered, wanted, rel=5e-3):
        return (
            "padding fits best by far, and gets nothing, because it is no part of the text. Everything else may be "
            "looked at from the first token on: the source is there before the answer begins."
        )
    if expect.near(gathered, 70 / 3, rel=5e-3):
        raise Wrong("`gathered` is a mean of the values *with the weights*, not the plain mean of 10, 20 and 40.")
    if any(expect.near(gathered, wanted / n, rel=5e-3) for n in (3, 4)):
        raise Wrong("the weights sum to 1 already: add up weight times value, and divide by nothing.")
    raise Wrong(f"`gathered` is the sum of weight times value, and not {gathered:.4g}.")


EMPTY, BEST = math.log(0.25), math.log(0.24) * 6 / 8  # the scores of exercise 10.2: log p / ((5 + T) / 6)


@exercise(
    "10.2",
    title="three beams",
    hints=(
        "Draw the tree. At each step write down all continuations with their probabilities, and cross out all but "
        "the best K. A text that has ended is one of those that compete.",
        "Beam 1 keeps A alone. Beam 2 keeps A (0.45) and B (0.30), and so loses the empty text (0.25). Beam 3 keeps "
        "all three. After that: A x is 0.18, B x is 0.24.",
        "The best: 0.18, 0.24, 0.25. Lengths with the end: the empty text has T = 1, B x has T = 3, so its penalty is "
        "8/6. A score is log p divided by the penalty.",
    ),
)
def three_beams(answer):
    """Follow beams of 1, 2 and 3 through a small tree.

    found_by_1 = ...
    found_by_2 = ...
    found_by_3 = ...
    score_empty = ...
    score_longer = ...
    check("10.2", (found_by_1, found_by_2, found_by_3, score_empty, score_longer))
    """
    names = ("found_by_1", "found_by_2", "found_by_3", "score_empty", "score_longer")
    one, two, three, empty, longer = (
        expect.number(part, f"`{name}`") for part, name in zip(expect.parts(answer, *names), names, strict=True)
    )
    if one < 0 and expect.near(one, math.log(0.18), rel=0.01):
        raise Wrong("that is log p; the first three answers are probabilities.")
    _probability(
        one,
        0.18,
        "found_by_1",
        {
            0.24: "a beam of 1 is greedy: after the first step it keeps A alone, and never sees what comes behind B",
            0.25: "a beam of 1 is greedy: at the first step A is likelier than the end",
            0.45: "A is only a beginning: multiply by what comes behind it",
        },
    )
    _probability(
        two,
        0.24,
        "found_by_2",
        {
            0.18: "a beam of 2 keeps A and B after the first step; the best text behind B beats all behind A",
            0.25: "the empty text is the likeliest of all, but at the first step A (0.45) and B (0.30) push it out of "
            "a beam of 2, and what is out does not come back",
            0.30: "B is only a beginning: multiply by what comes behind it",
            0.36: "that would be 0.45 · 0.8: x follows B, not A, with 0.8",
        },
    )
    _probability(
        three,
        0.25,
        "found_by_3",
        {
            0.24: "with a beam of 3 the empty text stays in: it has ended with 0.25, and keeps its place",
            0.18: "with a beam of 3 both B and the empty text are still there",
        },
    )
    slips = {
        EMPTY: (math.log(0.25) * 6 / 5, "the end is a token, too: the empty text has T = 1, and its penalty is 6/6"),
        BEST: (math.log(0.24) * 6 / 7, "the end is a token, too: B, x and the end make T = 3"),
    }
    for value, wanted, name in ((empty, EMPTY, "score_empty"), (longer, BEST, "score_longer")):
        if expect.near(value, wanted, rel=0.01):
            continue
        other, why = slips[wanted]
        if expect.near(value, math.exp(wanted), rel=5e-3) or expect.near(value, (0.24 if wanted is BEST else 0.25)):
            raise Wrong(f"`{name}` is asked for, and not the probability: take its logarithm, and divide that.")
        if expect.near(value, -wanted, rel=0.01):
            raise Wrong(f"`{name}`: log p is negative, and stays so when it is divided by a penalty.")
        if expect.near(value, other, rel=0.01):
            raise Wrong(f"`{name}`: {why}.")
        if wanted is BEST and expect.near(value, math.log(0.24), rel=0.005):
            raise Wrong("`score_longer` is log p before the division by the penalty, (5 + T) / 6.")
        if wanted is BEST and expect.near(value, math.log(0.24) / (8 / 6) ** 0.6, rel=0.01):
            raise Wrong("`score_longer`: that is with α = 0.6, and 1 is asked for.")
        if wanted is BEST and expect.near(value, math.log(0.24) * 8 / 6, rel=0.01):
            raise Wrong("`score_longer`: log p is *divided* by the penalty, which brings it nearer to 0.")
        if wanted is BEST and expect.near(value, math.log(0.18) * 6 / 8, rel=0.01):
            raise Wrong("`score_longer` is asked of the best longer text, B x with 0.24.")
        if expect.near(value, wanted / math.log(2), rel=0.01) or expect.near(value, wanted / math.log(10), rel=0.01):
            raise Wrong(f"`{name}`: the logarithm is the natural one.")
        raise Wrong(f"`{name}` is log p divided by (5 + T) / 6, with the end counted in T, and not {value:.4g}.")
    return (
        "a wider beam finds likelier texts, and here the likeliest of all is the empty one: more search, worse answer. "
        "With the length penalty B x wins again, −1.07 against −1.39."
    )


def _probability(value, wanted, name, slips):
    if expect.near(value, wanted, rel=5e-3):
        return
    for slip, why in slips.items():
        if expect.near(value, slip, rel=5e-3):
            raise Wrong(f"`{name}`: {why}.")
    if expect.near(value, 100 * wanted, rel=5e-3):
        raise Wrong(f"`{name}` is a probability, from 0 to 1, and that is in percent.")
    raise Wrong(f"`{name}` is the probability of a whole text, a product along the tree, and not {value:.4g}.")


P1, P2, BREVITY = 5 / 8, 3 / 7, math.exp(1 - 9 / 8)


@exercise(
    "10.4",
    title="BLEU with a pencil",
    hints=(
        "Write down the eight words of the translation, and its seven pairs of neighbours. Which of them stand in the "
        "reference, and how often does it have them?",
        'Of the words, "and" and "sea" are not there, and "the" is there twice, not three times. Of the pairs, "the '
        'train", "to the" and "the coast" are there. The lengths are 8 and 9.',
        "Precisions 5/8 and 3/7. The brevity penalty is e^(1 − 9/8). BLEU is the penalty times the square root of the "
        "product.",
    ),
)
def word_pieces(answer):
    """Compute BLEU with n-grams up to 2, and its parts.

    precision_1 = ...
    precision_2 = ...
    brevity_penalty = ...
    bleu = ...
    check("10.4", (precision_1, precision_2, brevity_penalty, bleu))
    """
    names = ("precision_1", "precision_2", "brevity_penalty", "bleu")
    found = [expect.number(part, f"`{name}`") for part, name in zip(expect.parts(answer, *names), names, strict=True)]
    whole = BREVITY * math.sqrt(P1 * P2)
    slips = (
        {
            6 / 8: '"the" stands twice in the reference, so only two of the three count',
            4 / 8: '"the" counts as often as it stands in the reference: twice',
            5 / 9: "a precision is a share of the *translation's* words, and there are eight of them",
            6 / 9: "a precision is a share of the *translation's* words, and there are eight of them",
            5.0: "that is the number of words that count; the precision is their share",
        },
        {
            3 / 8: "eight words have seven pairs of neighbours",
            4 / 7: 'three pairs stand in the reference: "the train", "to the" and "the coast"',
            5 / 7: 'three pairs stand in the reference: "the train", "to the" and "the coast"',
            2 / 7: 'three pairs stand in the reference: "the train", "to the" and "the coast"',
            3.0: "that is the number of pairs that count; the precision is their share",
        },
        {
            1.0: "the translation is shorter than the reference, by one word",
            8 / 9: "the penalty is no ratio of the lengths, but e^(1 − r/c)",
            math.exp(1 - 8 / 9): "lengths are swapped: r, the reference's, stands above; no penalty is larger than 1",
            math.exp(1 - 7 / 8): "lengths are swapped: r, the reference's, stands above; no penalty is larger than 1",
            -1 / 8: "that is the exponent, 1 − 9/8",
            math.exp(-9 / 8): "the exponent is 1 − 9/8: with equal lengths nothing is taken off",
        },
        {
            math.sqrt(P1 * P2): "that is without the brevity penalty",
            BREVITY * P1 * P2: "the mean of two precisions is the square root of their product",
            BREVITY * (P1 + P2) / 2: "it is the geometric mean: the square root of the product",
            P1 * P2: "take the square root of the product, and multiply by the brevity penalty",
            100 * whole: "as a share, please, between 0 and 1; other programs print a hundred times that",
        },
    )
    for value, wanted, name, its in zip(found, (P1, P2, BREVITY, whole), names, slips, strict=True):
        if expect.near(value, wanted, rel=5e-3):
            continue
        for slip, why in its.items():
            if expect.near(value, slip, rel=5e-3):
                raise Wrong(f"`{name}`: {why}.")
        if abs(value - wanted) < 6e-3:
            raise Wrong(f"`{name}` is nearly {value:.4g}, and rounded too much: give three decimals, or a fraction.")
        if expect.near(value, 100 * wanted, rel=6e-3):
            raise Wrong(f"`{name}`: as a share, please, from 0 to 1, and not in percent.")
        raise Wrong(f"`{name}` is not {value:.4g}. Count again, with the formula of section 7.")
    return (
        "pieces that occur too often are cut, and a missing word costs a little twice, in the pairs and in the length. "
        "Nothing here knows that the sea is not at noon."
    )
