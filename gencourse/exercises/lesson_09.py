"""Checks of lesson 09: one query by hand, a head with bugs, byte-pair merges, bits per character, and a cache.

The starter code that the notebook shows stands in the docstring of each check, planted bugs included. It takes `import
numpy as np` for granted.
"""

import itertools
import math

import numpy as np

from gencourse.exercises import counts_09, expect
from gencourse.exercises.core import Wrong, exercise

__all__ = ["causal_head", "counts_09", "one_query"]

SCORES = np.array([4.0, 2.0, 12.0])  # q·k of the three keys, before the division
VALUES = np.array([10.0, 20.0, 90.0])


def _shares(scores):
    exponentials = np.exp(scores - scores.max())
    return exponentials / exponentials.sum()


@exercise(
    "09.1",
    title="one query by hand",
    hints=(
        "Three inner products first: q·k for each key. Which of the three tokens may the second one not look at?",
        "The products are 4, 2 and 12. Divide by √d = 2; the third is masked. Softmax what is left.",
        "Scores 2 and 1: the weights are e²/(e² + e), e/(e² + e) and 0. Then take the mean of the values with them.",
    ),
)
def one_query(answer):
    """Compute one row of causal attention with pencil and paper.

    weight_1 = ...
    weight_2 = ...
    weight_3 = ...
    gets = ...
    check("09.1", (weight_1, weight_2, weight_3, gets))
    """
    names = ("weight_1", "weight_2", "weight_3", "gets")
    answer = expect.listed(answer)
    if isinstance(answer, (tuple, list)) and len(answer) == 2 and np.size(answer[0]) == 3:
        answer = (*expect.listed(answer[0]), answer[1])  # the weights as a list of their own
    *weights, gets = (
        expect.number(part, f"`{name}`") for part, name in zip(expect.parts(answer, *names), names, strict=True)
    )
    weights, right = np.array(weights), np.append(_shares(SCORES[:2] / 2), 0.0)
    if np.allclose(weights, 100 * right, rtol=0.01):
        weights = weights / 100  # per cent

    def are(wanted):
        return np.allclose(weights, wanted, rtol=0.01, atol=2e-3)

    if not are(right):
        everybody = _shares(SCORES / 2)
        slips = (
            (everybody, "the third token comes later than the one that asks: the mask sets its weight to 0"),
            (everybody * [1, 1, 0], "weights that are blanked after the softmax sum to less than 1: mask the scores"),
            (np.append(_shares(SCORES[:2]), 0), "the scores are inner products divided by √d; the division is missing"),
            (np.append(_shares(SCORES[:2] / 4), 0), "the division is by √d = 2, and not by d = 4"),
            (
                _shares(SCORES / 2 * [1, 1, 0]),
                "a score of 0 still has a weight, since e⁰ = 1: the mask sets the score to minus infinity",
            ),
            (SCORES, "those are the inner products: divide by √d, mask the third, and take the softmax"),
            (SCORES / 2, "those are the scores: the third is still to be masked, and softmax makes weights of them"),
            (_shares(SCORES), "the third token must be masked, and the scores divided by √d"),
            (
                np.append(_shares(SCORES[:2] / math.sqrt(3)), 0),
                "d counts the features of a head, 4, and not the tokens",
            ),
            (np.append(SCORES[:2] / SCORES[:2].sum(), 0), "softmax shares out exponentials, and not the scores"),
            (np.append(SCORES[:2] / 2, 0), "those are the scores; softmax makes weights of them"),
            (right[[1, 0, 2]], "the first two are swapped: the larger score gets the larger weight"),
            ([1, 0, 0], "softmax is not a choice: the second token keeps a part of the weight"),
        )
        for wanted, why in slips:
            if are(wanted):
                raise Wrong(f"{why}.")
        if weights[2] and not expect.near(weights[2], 0.0):
            raise Wrong("the third token comes later than the one that asks: the mask sets its weight to 0.")
        if not expect.near(weights.sum(), 1.0, rel=0.01):
            raise Wrong(f"the weights should sum to 1, and yours sum to {weights.sum():.3g}.")
        raise Wrong("the scores are 4/2 and 2/2; which shares does softmax make of 2 and 1?")
    wanted = float(right @ VALUES)
    if expect.near(gets, wanted, rel=5e-3):
        return (
            "the third token fits best by far, and gets nothing, because it is not written yet. What is left is shared "
            "between the first two, and sums to 1 again."
        )
    if expect.near(gets, 15.0):
        raise Wrong("`gets` is a mean of the values *with the weights*, not the plain mean of 10 and 20.")
    if expect.near(gets, wanted / 2, rel=5e-3) or expect.near(gets, wanted / 3, rel=5e-3):
        raise Wrong("the weights sum to 1 already: add up weight times value, and divide by nothing.")
    raise Wrong(f"`gets` is the sum of weight times value, and not {gets:.4g}.")


SCALES = {
    "√d": "",
    "1": "the scores are not divided by √d",
    "d": "the scores are divided by d where √d is meant",
    "√T": "the scores are divided by the root of the number of tokens; d counts the features of a query",
    "times": "the scores are multiplied by √d; dividing makes them small enough",
}
AXES = {
    "rows": "",
    "columns": "the softmax runs down the columns: each *row*, the token that asks, should share out its weight",
    "mixed": "the sums of the rows divide the *columns*, since NumPy lines them up with the last axis: "
    "keepdims=True leaves them standing beside their rows",
}
TRIANGLES = {
    "lower": "",
    "upper": "the mask is the wrong way round: each token sees itself and what comes *after* it",
    "strict": "a token may look at itself as well",
    "wide": "the mask begins one too far to the right: each token sees the one after it, too",
}
MASKS = {
    "before": "",
    "after": "the mask comes after the softmax, so the weights that stay no longer sum to 1",
    "times": "a score that is multiplied by 0 is 0, and e⁰ = 1 is a weight like others: set it to -np.inf instead",
    "none": "nothing is masked",
}
RIGHT = ("√d", "rows", "lower", "before")


def _variant(queries, keys, values, scale, axis, triangle, mask):
    root = queries.shape[1] ** 0.5
    size = {"√d": root, "1": 1.0, "d": root**2, "√T": len(queries) ** 0.5, "times": 1 / root}[scale]
    first = {"lower": 0, "upper": 0, "strict": -1, "wide": 1}[triangle]
    kept = (np.triu if triangle == "upper" else np.tril)(np.ones((len(queries),) * 2), first)
    scores = queries @ keys.T / size
    if mask == "before":
        scores = np.where(kept > 0, scores, -np.inf)
    weights = np.exp(scores * kept if mask == "times" else scores)
    weights = weights / weights.sum(axis=0 if axis == "columns" else 1, keepdims=axis != "mixed")
    return (weights * kept if mask == "after" else weights) @ values


@exercise(
    "09.2",
    title="a head with bugs",
    hints=(
        "Print the weights for a small example. Does each row sum to 1? Which of them should be 0?",
        "Check in this order: the size of the scores, where the mask comes, which triangle it keeps, along which axis "
        "the softmax sums.",
        "Divide by np.sqrt(d). Set the scores above the diagonal to -np.inf before the softmax, and let it sum along "
        "axis 1 with keepdims=True.",
    ),
)
def causal_head(answer):
    """Mend one causal attention head.

    def causal_head(queries, keys, values):
        # queries, keys: (T, D); values: (T, E) -> means (T, E)
        scores = queries @ keys.T  # (T, T)
        weights = np.exp(scores) / np.exp(scores).sum(axis=0)
        weights = weights * np.triu(np.ones_like(weights))
        return weights @ values

    check("09.2", causal_head)
    """
    expect.function(answer, "causal_head", ("queries", "keys", "values"))
    rng = np.random.default_rng(9)
    for places, features, width in ((5, 4, 3), (3, 7, 7), (1, 2, 4)):
        given = [rng.normal(size=(places, size)) for size in (features, features, width)]
        before = [array.copy() for array in given]
        found = expect.call(answer, *given, name="causal_head")
        found = expect.numbers(found, (places, width), "what your head returns", finite=False)
        if not all(map(np.array_equal, given, before)):
            raise Wrong("your head changes the arrays that it is given: work on copies.")
        _right_head(found, given)
    return (
        "scores of a size that does not grow with the features, nothing from the future, and weights that sum to 1. "
        "Trained with the starter's mask it would have found out the next token from the next token."
    )


def _right_head(found, given):
    """Expect the means of causal attention, and name every slip that a wrong answer shows."""
    with np.errstate(all="ignore"):
        if np.allclose(found, _variant(*given, *RIGHT), rtol=1e-4, atol=1e-5):
            return
        for choice in itertools.product(SCALES, AXES, TRIANGLES, MASKS):
            if np.isfinite(found).any() and np.allclose(
                found, _variant(*given, *choice), rtol=1e-4, atol=1e-5, equal_nan=True
            ):
                scale, axis, triangle, mask = choice
                slips = [SCALES[scale], AXES[axis], "" if mask == "none" else TRIANGLES[triangle], MASKS[mask]]
                raise Wrong("; ".join(filter(None, slips)) + ".")
    if not np.isfinite(found).all():
        raise Wrong(
            "the result holds NaN or infinite values. Does some row have nothing left to look at? Is -inf added, or "
            "multiplied with 0?"
        )
    if not np.allclose(found[0], given[2][0], rtol=1e-4, atol=1e-5):
        raise Wrong("the first token can only look at itself, so its mean should be its own value; yours is not.")
    wanted = _variant(*given, *RIGHT)[-1].round(3)
    raise Wrong(
        f"the last token of {len(found)} should get {wanted}, and gets {found[-1].round(3)}: compare your lines with "
        "section 2."
    )
