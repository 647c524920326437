"""Checks of lesson 04: bits of tokens and of characters, the smallest set, targets, and two more in `scores_04`.

The starter code that the notebook shows stands in the docstring of each check, planted bugs included. It takes `import
numpy as np` and `import tensorflow as tf` for granted. The checks meet small arrays of their own.
"""

import numpy as np

from gencourse.exercises import expect, scores_04
from gencourse.exercises.core import Wrong, exercise

__all__ = ["bits", "examples", "scores_04", "top_p"]

SHARES = np.array([1 / 4, 1 / 32, 1 / 2, 1 / 16])
CHARACTERS = 8


@exercise(
    "04.1",
    title="bits of a token, bits of a character",
    hints=(
        "The surprise of a token is -log₂ of its probability: 2 bits for 1/4. Work it out for each of the four.",
        "All four together are 12 bits. How many tokens share them, and how many characters, the space included?",
        "A perplexity of a token is 2 to the power of its mean bits: so many equally likely choices.",
    ),
)
def bits(answer):
    """Work out what one prediction of "the cats" costs, by token and by character.

    # tokens "the", " c", "at", "s" had the probabilities 1/4, 1/32, 1/2 and 1/16
    bits_per_token = ...
    bits_per_character = ...
    perplexity = ...   # of a token
    check("04.1", (bits_per_token, bits_per_character, perplexity))
    """
    names = ("bits_per_token", "bits_per_character", "perplexity")
    token, character, perplexity = (
        expect.number(part, name) for part, name in zip(expect.parts(answer, *names), names, strict=True)
    )
    whole = float(-np.log2(SHARES).sum())
    mean, nats = whole / len(SHARES), np.log(2.0)
    _explain(
        "bits_per_token",
        token,
        mean,
        {
            whole: "that is the surprise of the whole text; four tokens share it",
            mean * nats: "these are nats; the logarithm to base 2 gives bits",
            whole / CHARACTERS: "that is shared out among the characters; there are four tokens",
            -np.log2(
                SHARES.mean()
            ): "that is the surprise of the mean probability. Take the logarithms first, then the "
            "mean: probabilities of a text multiply, so their logarithms add up",
            -mean: "a probability is below 1 and its logarithm below 0; surprise is minus that",
        },
        "add up -log₂ of the four probabilities, and share the sum among the tokens",
    )
    _explain(
        "bits_per_character",
        character,
        whole / CHARACTERS,
        {
            mean: "that is per token. Tokens of three characters carry more than single ones, so numbers per token do "
            "not compare between tokenizers",
            whole / 7: 'the space is a character, too: "the cats" has eight',
            whole: "that is the surprise of the whole text",
            whole / CHARACTERS * nats: "these are nats",
            mean / CHARACTERS: "that was shared out twice: among the tokens and then among the characters",
        },
        "the whole text costs 12 bits, and it has eight characters",
    )
    _explain(
        "perplexity",
        perplexity,
        2.0**mean,
        {
            2.0 ** (whole / CHARACTERS): "that is the perplexity of a character; a token's is asked for",
            np.exp(mean): "e to the power of *nats* or 2 to the power of *bits*; this mixes the two",
            2.0**whole: "that is the whole text's: one choice among so many texts",
            mean: "that is the mean surprise in bits; the perplexity is 2 to that power",
            1 / 2.0**mean: "that is the probability of a token on (geometric) average; the perplexity is one over it",
            1 / SHARES.mean(): "that is one over the mean probability; the mean is taken of the logarithms",
            1 / 2.0**whole: "that is the probability of the whole text",
            np.log2(mean): "that is the logarithm of the bits, and their power is asked for: 2 to the power of them",
        },
        "it is 2 to the power of the bits per token",
    )
    return (
        "3 bits a token, 1.5 bits a character, and a token is as uncertain as one of 8 equal choices. With another "
        "tokenizer the first and the last number change even when the text is predicted equally well; the second "
        "does not."
    )


def _explain(name: str, found: float, wanted: float, slips: dict, how: str) -> None:
    """Raise `Wrong` with the slip that gives this number, unless it is the wanted one."""
    if expect.near(found, wanted, rel=0.01, tolerance=0.004):
        return
    for value, why in slips.items():
        if expect.near(found, value, rel=0.01, tolerance=0.004):
            raise Wrong(f"`{name}` is not {found:.4g}: {why}.")
    raise Wrong(f"`{name}` is not {found:.4g}: {how}.")


CASES = (
    ((0.5, 0.25, 0.125, 0.125), 0.6),
    ((0.0625, 0.5, 0.125, 0.3125), 0.75),
    ((0.125, 0.75, 0.125), 0.5),
    ((0.25, 0.5, 0.25), 0.5),
    ((0.25, 0.25, 0.25, 0.25), 0.5),
    ((0.03, 0.4, 0.07, 0.3, 0.2), 0.95),
    ((0.2, 0.3, 0.5), 1.0),
)


@exercise(
    "04.2",
    title="the smallest set",
    hints=(
        "Try shares (0.125, 0.75, 0.125) with p = 0.5. What should be left, and what does the function leave?",
        "A symbol stays when the likelier ones *before* it hold less than p. And the mask belongs to the sorted "
        "shares: put it back into their old order.",
        "before = np.cumsum(sorted) - sorted; kept = np.zeros(len(shares), bool); kept[order] = before < p. "
        "Then divide what is left by its sum.",
    ),
)
def top_p(answer):
    """Mend top-p: keep the smallest set of likeliest symbols that holds at least a share p, as probabilities.

    def top_p(shares, p):
        # shares: probabilities (V,) in any order, which add up to 1; p in (0, 1] -> probabilities (V,)
        order = np.argsort(-shares)  # the likeliest first
        kept = np.cumsum(shares[order]) <= p
        return np.where(kept, shares, 0.0)

    check("04.2", top_p)
    """
    expect.function(answer, "top_p", ("shares", "p"))
    for shares, p in CASES:
        shares = np.array(shares)
        case = f"for shares {tuple(shares.tolist())} and p = {p}"
        found = expect.call(answer, shares.copy(), p, name="top_p")
        found = expect.numbers(found, shares.shape, f"{case}, the result", finite=False)
        _check_set(found, shares, p, case)
    return (
        "the smallest set, in the old order, and its shares add up to 1. How many symbols stay depends on how sure the "
        "model is: one here, a dozen there. Top-k always keeps k."
    )


def _check_set(found, shares, p, case):
    kept = np.nan_to_num(found) > 0
    if (found < 0).any():
        raise Wrong(
            f"{case} the result holds numbers that are no probabilities: {found.round(4).tolist()}. What cannot be "
            "drawn has the probability 0, and no logarithm is asked for."
        )
    if not kept.any():
        raise Wrong(
            f"{case} nothing is left to draw. The symbol that carries the sum to p or over it belongs to the set."
        )
    wanted = int((np.cumsum(np.sort(shares)[::-1]) < p - 1e-9).sum()) + 1
    held = shares[kept].sum()
    if held < p - 1e-9 and kept.sum() < wanted:
        raise Wrong(
            f"{case} the set of {kept.sum()} holds only {held:.4g}. The symbol that carries the sum to p or over it "
            "belongs to the set."
        )
    if kept.sum() > wanted:
        raise Wrong(f"{case} {kept.sum()} symbols stay, and {wanted} hold {p} already: the smallest set is asked for.")
    if not np.isclose(np.sort(shares[kept]), np.sort(shares)[::-1][:wanted][::-1]).all():
        raise Wrong(
            f"{case} the right number of symbols stays, but not the likeliest: those at the places "
            f"{np.flatnonzero(kept).tolist()}. Is the mask still in the order of the *sorted* shares?"
        )
    if not np.isfinite(found).all():
        raise Wrong(f"{case} the result holds numbers that are no probabilities: {found.tolist()}.")
    if np.allclose(found[kept], shares[kept]) and not np.isclose(held, 1.0):
        raise Wrong(f"{case} the set is right, but its shares add up to {held:.4g}: divide them by that.")
    if np.allclose(np.sort(found), np.sort(shares * kept / held)) and not np.allclose(found, shares * kept / held):
        raise Wrong(f"{case} the shares are right, but they have changed places.")
    if not np.allclose(found, shares * kept / held, atol=1e-6):
        raise Wrong(
            f"{case} the set is right, and within it the shares should keep their proportions and add up to 1. They "
            f"are {found.round(4).tolist()}."
        )


@exercise(
    "04.3",
    title="a loss of zero",
    hints=(
        "Call the function on np.arange(20) with length 5 and print both arrays. What is the network asked to predict?",
        "The target of each token is the one that *follows* it. So a window needs length + 1 tokens of the text.",
        "windows = np.stack([tokens[s : s + length + 1] for s in starts]); return windows[:, :-1], windows[:, 1:]. "
        "Mind that the last window has its last target, too.",
    ),
)
def examples(answer):
    """Mend the training examples. The loss fell to 0.00 in one pass, and the model writes one letter for ever.

    def examples(tokens, length):
        # tokens: a text as whole numbers (N,) -> inputs (B, length) and targets (B, length)
        starts = np.arange(0, len(tokens) - length, length)
        inputs = np.stack([tokens[start : start + length] for start in starts])
        targets = np.stack([tokens[start : start + length] for start in starts])
        return inputs, targets

    check("04.3", examples)
    """
    expect.function(answer, "examples", ("tokens", "length"))
    rng = np.random.default_rng(4)
    for size, length in ((53, 8), (49, 8), (48, 8), (12, 5)):
        tokens = rng.permutation(size) + 2  # each token stands once, so that it tells its place
        because = {
            "inhomogeneous": "The last window has no target for its last token: it must end one token earlier.",
            "same shape": "The last window has no target for its last token: it must end one token earlier.",
        }
        pair = expect.call(answer, tokens.astype("int32"), length, name="examples", because=because)
        inputs, targets = expect.parts(pair, "inputs", "targets")
        _check_examples(np.asarray(inputs), np.asarray(targets), tokens, length)
    return (
        "each target is the token after its input, in the text and not only in the window. Now a loss of zero would "
        "mean that the text is known by heart."
    )


def _why_shape(name, rows, length):
    if rows.shape[1:] == (length - 1,) and name == "targets":
        return " The last input has no target: the stretch of the targets ends one token further on in the text, too."
    if rows.shape[1:] == (length - 1,):
        return f" To be left with {length} of each, take windows of {length + 1} tokens first."
    if rows.ndim == 1 and name == "targets":
        return " At *every* place of a window the next token is asked for, not only at its end."
    return ""


def _check_examples(inputs, targets, tokens, length):
    case = f"for {len(tokens)} tokens and windows of {length}"
    for name, rows in (("inputs", inputs), ("targets", targets)):
        if rows.ndim != 2 or rows.shape[1] != length:
            why = _why_shape(name, rows, length)
            raise Wrong(f"{case} `{name}` should have the shape (B, {length}), and has {rows.shape}.{why}")
        if not np.isin(rows, tokens).all():
            raise Wrong(f"{case} `{name}` holds numbers that do not stand in the text.")
    if len(inputs) != len(targets):
        raise Wrong(f"{case} there are {len(inputs)} rows of inputs and {len(targets)} of targets.")
    place = np.zeros(tokens.max() + 1, int)
    place[tokens] = np.arange(len(tokens))
    begin, end = place[inputs.astype(int)], place[targets.astype(int)]  # where each stands in the text
    if (np.diff(begin, axis=1) != 1).any():
        raise Wrong(f"{case} a row of `inputs` is no stretch of the text: {begin[0].tolist()} are its places.")
    ahead = end - begin
    if (ahead == 0).all():
        raise Wrong(
            f"{case} each target is the input itself. Copying needs no knowledge of the language, so the loss falls to "
            "zero; and a model that copies repeats its last letter when it writes."
        )
    if (ahead == -1).any():
        raise Wrong(f"{case} a target is the token *before* its input: the shift goes the wrong way.")
    if (ahead[:, :-1] == 1).all() and (ahead[:, -1] != 1).any():
        row = int(np.flatnonzero(ahead[:, -1] != 1)[0])
        if (end[row, -1] == begin[row, 0]) or (ahead[:, -1] == 1 - length).all():
            raise Wrong(
                f"{case} the last target of a window is the window's own first token: `roll` turns in a circle. Take "
                "it from the text, one token further."
            )
        raise Wrong(
            f"{case} the last target of row {row} stands at place {end[row, -1]} of the text, and its input at "
            f"{begin[row, -1]}: the text goes on at {begin[row, -1] + 1}."
        )
    if (ahead != 1).any():
        raise Wrong(f"{case} a target stands {int(ahead[ahead != 1][0])} places after its input, where 1 is asked for.")
    if len(inputs) < (len(tokens) - 1) // length - 1 or len(inputs) < 1:
        raise Wrong(f"{case} there are only {len(inputs)} windows: {(len(tokens) - 1) // length} have room.")
