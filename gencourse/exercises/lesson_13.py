"""Checks of lesson 13: a soft draw, free bits, Gumbel-softmax with bugs, policy gradient with bugs, five models.

The starter code that the notebook shows stands in the docstring of each check, planted bugs included. It takes `import
tensorflow as tf` for granted.
"""

import numpy as np

from gencourse.exercises import expect, scores_13
from gencourse.exercises.core import Wrong, exercise

__all__ = ["five_models", "free_bits", "scores_13", "soft_draw"]

WORDS = ("tea", "milk", "sugar")
LOGITS, NOISE = np.array([1.0, 2.0, 0.0]), np.array([1.5, -0.5, 0.8])


def _share(scores) -> float:
    """The first one's share in a softmax."""
    exponentials = np.exp(np.asarray(scores))
    return float(exponentials[0] / exponentials.sum())


def _slip(value: float, slips, name: str) -> None:
    """Raises the sentence of the first slip that the value shows."""
    for wanted, why in slips:
        if expect.near(value, wanted, rel=0.01, tolerance=2e-3):
            raise Wrong(f"`{name}`: {why}.")


def _form(value: float, right: float, name: str) -> None:
    """Raises a sentence for a right number that is rounded too much or in percent."""
    if abs(value - right) < 6e-3:
        raise Wrong(f"`{name}` is nearly that, and {value:.4g} is rounded too much: give three decimals.")
    if expect.near(value, 100 * right, rel=0.01):
        raise Wrong(f"`{name}` is a share, from 0 to 1, and {value:.4g} is in percent.")


@exercise(
    "13.1",
    title="one soft draw",
    hints=(
        "Add the noise to the logits first. The largest of the three sums is the word that is drawn.",
        "The sums are 2.5, 1.5 and 0.8. The share of a word is a softmax of the sums, divided by the temperature. How "
        "often it is drawn over many noises has nothing to do with this one noise.",
        "Temperature 1: e^2.5 / (e^2.5 + e^1.5 + e^0.8). Temperature 0.5: the same with 5, 3 and 1.6. How often: "
        "softmax of the logits alone, e / (e + e² + 1).",
    ),
)
def soft_draw(answer):
    """Draw one of three words with pencil and paper, hard and soft.

    drawn = ...  # "tea", "milk" or "sugar"
    share_at_1 = ...
    share_at_half = ...
    how_often = ...
    check("13.1", (drawn, share_at_1, share_at_half, how_often))
    """
    drawn, *numbers = expect.parts(answer, "drawn", "share_at_1", "share_at_half", "how_often")
    word = drawn.strip().lower() if isinstance(drawn, str) else drawn
    if word not in WORDS:
        raise Wrong(f'`drawn` should be "tea", "milk" or "sugar", and is {drawn!r:.40}.')
    at_1, at_half, often = (
        expect.number(value, f"`{name}`")
        for value, name in zip(numbers, ("share_at_1", "share_at_half", "how_often"), strict=True)
    )
    if word == "milk":
        raise Wrong("milk has the largest logit; with the noise added another word is the largest.")
    if word == "sugar":
        raise Wrong("sugar's sum is 0 + 0.8, the smallest of the three.")
    sums = LOGITS + NOISE
    if not expect.near(at_1, _share(sums), rel=0.01):
        slips = (
            (_share(LOGITS), "the noise is missing"),
            (_share(NOISE), "the logits are missing"),
            (_share(LOGITS - NOISE), "the noise is added, and not taken away"),
            (sums[0], "that is the sum; a softmax makes a share of it"),
            (sums[0] / sums.sum(), "shares are made of exponentials, and not of the sums"),
            (_share(sums[:2]), "sugar stands in the sum of the exponentials, too"),
            (np.exp(sums[0]), "that is the exponential: divide it by the sum of all three"),
            (1.0, "1 is what the hard draw gives; the softmax leaves something to the others"),
        )
        _slip(at_1, slips, "share_at_1")
        _form(at_1, _share(sums), "share_at_1")
        raise Wrong(f"the softmax of 2.5, 1.5 and 0.8 does not begin with {at_1:.4g}.")
    if not expect.near(at_half, _share(sums / 0.5), rel=0.01):
        slips = (
            (_share(sums * 0.5), "the sums are multiplied by the temperature; they are divided by it"),
            (_share(LOGITS / 0.5 + NOISE), "the noise is divided by the temperature as well"),
            (_share(LOGITS + NOISE / 0.5), "the logits are divided by the temperature as well"),
            (_share(LOGITS / 0.5), "the noise is missing"),
            (at_1 / 2, "a temperature is no factor of the share: divide the sums by it, before the softmax"),
            (_share(sums), "the temperature changed nothing"),
        )
        _slip(at_half, slips, "share_at_half")
        _form(at_half, _share(sums / 0.5), "share_at_half")
        raise Wrong(f"the softmax of 5, 3 and 1.6 does not begin with {at_half:.4g}.")
    if not expect.near(often, _share(LOGITS), rel=0.01):
        slips = (
            (at_1, "that is the share for this one noise; over many noises words are drawn as the logits alone say"),
            (at_half, "that is the share for this one noise; over many noises words are drawn as the logits alone say"),
            (1 / 3, "the three are not alike: the noise is, and the logits are not"),
            (1.0, "with this noise it is always tea, with another one it need not be"),
            (_share(LOGITS / 0.5), "the temperature does not change which word is the largest"),
        )
        _slip(often, slips, "how_often")
        _form(often, _share(LOGITS), "how_often")
        raise Wrong(
            f"the largest of logits + noise is an exact draw from softmax(logits), and that is not {often:.4g}."
        )
    return (
        "tea wins this time, with a quarter of the probability. The temperature changes how soft the draw is, but not "
        "which word is the largest, nor how often."
    )


@exercise(
    "13.2",
    title="what free bits leave free",
    hints=(
        "The KL of one latent is (μ² + σ² - 1 - log σ²) / 2. Work it out for each sentence, then take the mean over "
        "the two sentences.",
        "Latent A: 2 and 0, so 1 on average. Latent B has μ = 0 and σ² = 0.5 for both sentences: "
        "(0.5 - 1 + log 2) / 2. Latent C costs nothing at all.",
        "KL = 1 + 0.0966 + 0. Charged is the sum of max(0.5, KL) over the latents: 1 + 0.5 + 0.5. The loss only "
        "wants to shrink the KL of latents that are above 0.5.",
    ),
)
def free_bits(answer):
    """Work out the KL of three latents over two sentences, and what is charged with 0.5 free nats for each latent.

    kl_b = ...
    kl = ...
    charged = ...
    pulled = ...
    check("13.2", (kl_b, kl, charged, pulled))
    """
    names = ("kl_b", "kl", "charged", "pulled")
    kl_b, kl, charged, pulled = (
        expect.number(value, f"`{name}`") for value, name in zip(expect.parts(answer, *names), names, strict=True)
    )
    right = (0.5 - 1 + np.log(2)) / 2
    if not expect.near(kl_b, right, rel=0.01):
        slips = (
            (2 * right, "that is twice the KL of one sentence: either the half is missing, or the mean over the two"),
            ((0.5 - 1 - np.log(2)) / 2, "the logarithm's sign: log 0.5 is negative, and it is taken away"),
            ((0.25 - 1 - np.log(0.25)) / 2, "0.5 is the variance already: do not square it"),
            ((np.sqrt(0.5) - 1 + np.log(2) / 2) / 2, "σ² stands in the formula, and σ is not needed"),
            ((0.5 - 1 + 1) / 2, "log is the natural one; to base 2 it would be 1"),
            (0.0, "a mean of 0 alone is not the prior: its variance is 0.5"),
        )
        _slip(kl_b, slips, "kl_b")
        if abs(kl_b - right) < 6e-3:
            raise Wrong(f"`kl_b` is nearly that, and {kl_b:.4g} is rounded too much: give three decimals.")
        if kl_b < 0:
            raise Wrong("`kl_b` is a KL divergence, and none is below 0. Which sign has log 0.5?")
        raise Wrong(f"`kl_b` is (0.5 - 1 - log 0.5) / 2 for both sentences, and that is not {kl_b:.4g}.")
    if not expect.near(kl, 1 + right, rel=0.01):
        slips = (
            (2 + right, "latent A is 2 for the one sentence and 0 for the other: 1 on average"),
            (2 * (1 + right), "that is the sum over both sentences; what counts is their mean"),
            ((1 + right) / 3, "latents are added up; the mean is only over sentences"),
            (0.5 + right, "for μ = 2 and σ² = 1 the KL is 2² / 2 = 2, and on average over the two sentences 1"),
        )
        _slip(kl, slips, "kl")
        raise Wrong(f"`kl` is the sum of three latents, 1 for A, yours for B, 0 for C, and that is not {kl:.4g}.")
    if not expect.near(charged, 2.0, rel=0.01):
        slips = (
            (2.25, "the mean over the sentences comes first, and then the maximum with 0.5: latent A is charged 1"),
            (1.5, "free bits are counted for each latent: B and C are below 0.5, and each of them is charged 0.5"),
            (0.5, "what is free is not taken off: a latent is charged its KL or 0.5, whichever is larger"),
            (1 + right, "this is the KL itself, without free bits"),
            (1.0, "a latent below 0.5 is charged 0.5: a constant, which has no slope, but is not nothing"),
            (1.5 + right, "latent B is below 0.5, too"),
            (1.0 + 1.5, "0.5 is no surcharge: it stands in the place of a smaller KL"),
        )
        _slip(charged, slips, "charged")
        raise Wrong(f"`charged` is the sum of max(0.5, KL) over three latents, and that is not {charged:.4g}.")
    if pulled != 1:
        slips = (
            (3, "below 0.5 the charge is constant, whatever the KL does"),
            (2, "which of B and C lies above 0.5? Below it the charge is constant"),
            (0, "latent A is above 0.5, and charged what it costs"),
        )
        _slip(pulled, slips, "pulled")
        raise Wrong(f"`pulled` counts the latents whose KL the loss wants smaller: not {pulled:.4g}.")
    return (
        "two nats are charged where 1.1 were spent. B and C are left in peace: they may learn to say something before "
        "anybody asks what it costs."
    )


# Reference BLEU and self-BLEU, in percent: measured on 1,000 sentences each.
ROWS = {
    "P": "its reference BLEU is the lowest of all, and its sentences have hardly four words in a row in common",
    "Q": "both numbers are near those of real sentences, a little below, and nothing is copied",
    "R": "both numbers are those of real sentences, and all of them are copied",
    "S": "a high quality that is paid for: its sentences are half like each other",
    "T": "the best quality of all, and a self-BLEU of 100",
}
RIGHT = {"copier": "R", "shuffled": "P", "one_sentence": "T", "as_learnt": "Q", "cold": "S"}
WHY = {
    "copier": "it scores what real sentences score, and there is a column that gives a copier away",
    "shuffled": "the right words in a wrong order: single words match, four in a row never do",
    "one_sentence": "a sentence is exactly like its 999 copies",
    "as_learnt": "drawn at temperature 1, a model comes near to real sentences in both columns, without copying",
    "cold": "a low temperature writes what is likely: better, and more alike",
}


@exercise(
    "13.5",
    title="five models",
    hints=(
        "Begin with the extremes. What is the self-BLEU of a thousand equal sentences? What share does a copier copy?",
        "In the wrong order, hardly any four words in a row stand in a real text: the lowest quality. But no other "
        "sentence has them either.",
        "T repeats one sentence, R copies, P shuffles. Of Q and S, the one with the higher quality and the higher "
        "self-BLEU was drawn at the lower temperature.",
    ),
)
def five_models(answer):
    """Say which row of a table belongs to which of five models.

    copier = ...  # "P", "Q", "R", "S" or "T"
    shuffled = ...
    one_sentence = ...
    as_learnt = ...
    cold = ...
    check("13.5", (copier, shuffled, one_sentence, as_learnt, cold))
    """
    chosen = {}
    for value, name in zip(expect.parts(answer, *RIGHT), RIGHT, strict=True):
        if not isinstance(value, str) or value.strip().upper() not in ROWS:
            raise Wrong(f'`{name}` should be one of the letters "P", "Q", "R", "S", "T", and is {value!r:.40}.')
        chosen[name] = value.strip().upper()
    if len(set(chosen.values())) < len(chosen):
        twice = next(letter for letter in ROWS if list(chosen.values()).count(letter) > 1)
        raise Wrong(f"row {twice} is given to two models; each row is one of them.")
    for name, letter in chosen.items():
        if letter != RIGHT[name]:
            raise Wrong(f"`{name}` is not row {letter}: {WHY[name]}. Of row {letter} see this: {ROWS[letter]}.")
    return (
        "the two that win a column each, T and P, are the two worst; and the copier cannot be told from real sentences "
        "by BLEU at all. Two numbers are better than one, and three better than two."
    )
