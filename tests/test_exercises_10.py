"""Exercises of lesson 10: right answers of many kinds pass, wrong ones fail with a sentence that names why."""

import heapq
import itertools

import numpy as np
import pytest
import tensorflow as tf
from answers import fails, passes, starter

from gencourse import exercises, metrics, seq2seq
from gencourse.exercises import check, scores_10

E2 = np.exp(2)
W1, W2 = E2 / (E2 + 2), 1 / (E2 + 2)
GATHERED = 10 * W1 + 60 * W2


def test_every_exercise_has_hints():
    assert list(exercises.exercises_of("10")) == ["10.1", "10.2", "10.3", "10.4", "10.5"]


def test_10_1_is_what_the_package_computes():
    layer = seq2seq.Attention(heads=1)
    layer.build((None, None, 4))
    layer.queries.set_weights([np.eye(4)])
    keys = np.array([[2, 0, 5, 2], [0, 0, 3, 0], [-2, 1, 1, 0], [1, 2, 0, 1]], "float32")
    there = np.array([[[[True, True, True, False]]]])
    weights = layer.weights_of(np.array([[[1.0, 2, 0, 1]]], "float32"), keys[None, None], there)
    np.testing.assert_allclose(np.ravel(weights), [W1, W2, W2, 0], atol=1e-5)


def test_10_1():
    assert "no part of the text" in passes("10.1", (W1, W2, W2, 0, GATHERED))
    passes("10.1", [np.float32(0.787), tf.constant(0.1065), 0.1065, 0.0, 14.26])
    everybody = np.exp([2, 0, 0, 3]) / np.exp([2, 0, 0, 3]).sum()
    fails("10.1", (*everybody, 70), "padding")
    fails("10.1", (*everybody[:3], 0, 1), "mask the scores")
    fails("10.1", (1, 0, 0, 0, 10), "no causal mask")
    sharp = np.exp([4, 0, 0]) / np.exp([4, 0, 0]).sum()
    fails("10.1", (*sharp, 0, 10.6), "division is missing")
    soft = np.exp([1, 0, 0]) / np.exp([1, 0, 0]).sum()
    fails("10.1", (*soft, 0, 19), "not by d = 4")
    raw = np.exp([4, 0, 0, 6]) / np.exp([4, 0, 0, 6]).sum()
    fails("10.1", (*raw, 80), "divided by √d")
    three = np.exp([4 / 3**0.5, 0, 0]) / np.exp([4 / 3**0.5, 0, 0]).sum()
    fails("10.1", (*three, 0, 12), "not the places")
    fails("10.1", (2, 0, 0, 0, 20), "those are the scores")
    fails("10.1", (E2, 1, 1, 0, 130), "exponentials")
    fails("10.1", (1 / 3, 1 / 3, 1 / 3, 0, 23.3), "do not fit alike")
    fails("10.1", (0.2, 0.2, 0.2, 0, 10), "sum to 0.6")
    fails("10.1", (0.3, 0.2, 0.2, 0.3, 10), "padding")
    fails("10.1", (2, 0, 0, -np.inf, 10), "masked *score*")
    fails("10.1", (0.79, 0.11, 0.11, 0, 14.3), "three decimals")
    fails("10.1", (100 * W1, 100 * W2, 100 * W2, 0, GATHERED), "percent")
    fails("10.1", (0.8, 0.15, 0.05, 0, 10), "softmax make of 2, 0 and 0")
    fails("10.1", (W1, W2, W2, 0, 70 / 3), "plain mean")
    fails("10.1", (W1, W2, W2, 0, GATHERED / 3), "divide by nothing")
    fails("10.1", (W1, W2, W2, 0, 7), "weight times value")
    fails("10.1", (W1, W2, W2, ..., 7), "not there yet")
    fails("10.1", 1, "5 parts")


EMPTY, LONGER = np.log(0.25), np.log(0.24) / (8 / 6)


def test_10_2():
    assert "worse answer" in passes("10.2", (0.18, 0.24, 0.25, EMPTY, LONGER))
    passes("10.2", [np.float32(0.18), tf.constant(0.24), 0.25, -1.386, -1.07])
    fails("10.2", (np.log(0.18), 0.24, 0.25, EMPTY, LONGER), "probabilities")
    fails("10.2", (0.24, 0.24, 0.25, EMPTY, LONGER), "`found_by_1`", "never sees")
    fails("10.2", (0.25, 0.24, 0.25, EMPTY, LONGER), "`found_by_1`", "greedy")
    fails("10.2", (0.45, 0.24, 0.25, EMPTY, LONGER), "`found_by_1`", "beginning")
    fails("10.2", (0.5, 0.24, 0.25, EMPTY, LONGER), "product along the tree")
    fails("10.2", (18, 24, 25, EMPTY, LONGER), "in percent")
    fails("10.2", (0.18, 0.24, 0.25, 0.25, 0.18), "`score_empty`", "take its logarithm")
    fails("10.2", (0.18, 0.24, 0.25, EMPTY, 0.24), "`score_longer`", "take its logarithm")
    fails("10.2", (0.18, 0.24, 0.25, EMPTY, np.log(0.24) / (8 / 6) ** 0.6), "α = 0.6")
    fails("10.2", (0.18, 0.18, 0.25, EMPTY, LONGER), "`found_by_2`", "behind B")
    fails("10.2", (0.18, 0.25, 0.25, EMPTY, LONGER), "`found_by_2`", "does not come back")
    fails("10.2", (0.18, 0.3, 0.25, EMPTY, LONGER), "beginning")
    fails("10.2", (0.18, 0.36, 0.25, EMPTY, LONGER), "x follows B")
    fails("10.2", (0.18, 0.24, 0.24, EMPTY, LONGER), "`found_by_3`", "keeps its place")
    fails("10.2", (0.18, 0.24, 0.18, EMPTY, LONGER), "still there")
    fails("10.2", (0.18, 0.24, 0.25, -EMPTY, LONGER), "`score_empty`", "negative")
    fails("10.2", (0.18, 0.24, 0.25, EMPTY * 6 / 5, LONGER), "T = 1")
    fails("10.2", (0.18, 0.24, 0.25, EMPTY / np.log(2), LONGER), "natural")
    fails("10.2", (0.18, 0.24, 0.25, -9, LONGER), "`score_empty`", "not -9")
    fails("10.2", (0.18, 0.24, 0.25, EMPTY, np.log(0.24)), "before the division")
    fails("10.2", (0.18, 0.24, 0.25, EMPTY, np.log(0.24) * 8 / 6), "*divided*")
    fails("10.2", (0.18, 0.24, 0.25, EMPTY, np.log(0.24) * 6 / 7), "T = 3")
    fails("10.2", (0.18, 0.24, 0.25, EMPTY, np.log(0.18) * 6 / 8), "best longer text")
    fails("10.2", (0.18, 0.24, 0.25, EMPTY, -9), "`score_longer`", "not -9")
    fails("10.2", (0.18, 0.24, 0.25, EMPTY, ...), "not there yet")


def keeps_ended(log_p_after, beam, length):
    hypotheses = [((), 0.0)]
    for _ in range(length):
        longer = []
        for written, total in hypotheses:
            if written and written[-1] == 0:
                longer.append((written, total))
                continue
            for token, log_p in enumerate(log_p_after(written)):
                longer.append(((*written, token), total + log_p))
        hypotheses = sorted(longer, key=lambda hypothesis: hypothesis[1], reverse=True)[:beam]
    return hypotheses[0]


def with_arrays(log_p_after, beam, length):
    texts, totals = [[]], np.zeros(1)
    for _ in range(length):
        rows, scores = [], []
        for written, total in zip(texts, totals, strict=True):
            if written[-1:] == [0]:
                rows.append(written)
                scores.append(total)
            else:
                log_p = log_p_after(tuple(written))
                rows += [[*written, token] for token in range(len(log_p))]
                scores += list(total + log_p)
        best = np.argsort(scores)[::-1][:beam]
        texts, totals = [rows[i] for i in best], np.array(scores)[best]
    return np.array(texts[0]), np.float32(totals[0])


def sets_ended_apart(log_p_after, beam, length):
    """Another well-known kind: what has ended leaves the beam, and waits outside."""
    going, ended = [(0.0, ())], []
    for _ in range(length):
        longer = [
            (total + log_p, (*written, token))
            for total, written in going
            for token, log_p in enumerate(log_p_after(written))
        ]
        ended += [pair for pair in longer if pair[1][-1] == 0]
        going = heapq.nlargest(beam, [pair for pair in longer if pair[1][-1] != 0])
    total, written = max(ended + going)
    return written, total


def everything(log_p_after, length):
    """The likeliest text of all: every one of them is tried."""
    texts = [
        text
        for n in range(1, length + 1)
        for text in itertools.product(range(scores_10.SYMBOLS), repeat=n)
        if 0 not in text[:-1] and (n == length or text[-1] == 0)
    ]
    return max(texts, key=lambda text: scores_10._log_p(log_p_after, text))


def test_10_3_right():
    assert "greedy" in passes("10.3", keeps_ended)
    passes("10.3", with_arrays)
    passes("10.3", sets_ended_apart)
    passes("10.3", lambda model, beam, length: scores_10._search(model, beam, length))


def test_10_3_all_kinds_find_everything_with_a_wide_beam_and_differ_with_a_narrow_one():
    model = scores_10._language(3)
    for kind in scores_10.KINDS:
        assert scores_10._search(model, 500, 3, kind=kind)[0] == everything(model, 3)
    cases = [(scores_10._language(seed), beam, length) for seed, beam, length in scores_10.CASES]
    assert any(scores_10._search(*case, goes_on=True)[0] != scores_10._search(*case)[0] for case in cases)
    assert any(scores_10._search(*case, last_only=True)[0] != scores_10._search(*case)[0] for case in cases)
    greedy = [
        scores_10._search(model, 1, length)[0] == scores_10._search(model, 5, length)[0] for model, _, length in cases
    ]
    assert not all(greedy)


def slip(*, begin=0.0, combine=lambda total, log_p: total + log_p, reverse=True, ends=True, change=lambda found: found):
    def search(log_p_after, beam, length):
        hypotheses = [((), begin)]
        for _ in range(length):
            longer = []
            for written, total in hypotheses:
                if ends and written and written[-1] == 0:
                    longer.append((written, total))
                    continue
                longer += [((*written, t), combine(total, log_p)) for t, log_p in enumerate(log_p_after(written))]
            hypotheses = sorted(longer, key=lambda hypothesis: hypothesis[1], reverse=reverse)[:beam]
        return change(hypotheses[0])

    return search


def drops_ended(log_p_after, beam, length):
    """Half mended: nothing is written behind an end, and what has ended is lost."""
    hypotheses = [((), 0.0)]
    for _ in range(length):
        longer = []
        for written, total in hypotheses:
            if written and written[-1] == 0:
                continue
            longer += [((*written, token), total + log_p) for token, log_p in enumerate(log_p_after(written))]
        hypotheses = sorted(longer, key=lambda hypothesis: -hypothesis[1])[:beam] or hypotheses
    return hypotheses[0]


def whole_beam(log_p_after, beam, length):
    return [keeps_ended(log_p_after, beam, length)] * beam


def end_taken_off(found):
    return (found[0][:-1] if found[0][-1] == 0 else found[0], found[1])


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (drops_ended, ("ended",)),
        (whole_beam, ("whole beam",)),
        (slip(change=end_taken_off), ("The end is a token",)),
        (slip(change=lambda found: end_taken_off(found) if len(found[0]) > 1 else found), ("one of the tokens",)),
        (slip(begin=1.0, combine=lambda total, log_p: total * log_p), ("*added*",)),
        (slip(begin=1.0), ("1",)),
        (slip(reverse=False), ("*least* likely",)),
        (slip(ends=False), ("behind its end",)),
        (slip(combine=lambda total, log_p: log_p), ("last token alone",)),
        (slip(ends=False, reverse=False), ("*least*",)),
        (slip(change=lambda found: (found[0], np.exp(found[1]))), ("*added*",)),
        (slip(change=lambda found: (found[0], found[1] / len(found[0]))), ("mean over the tokens",)),
        (slip(change=lambda found: (found[0], found[1] - 1)), ("sum over its tokens",)),
        (slip(change=lambda found: found[0]), ("log p",)),
        (slip(change=lambda found: ("abc", found[1])), ("tuple of tokens",)),
        (slip(change=lambda found: ((7, 0), found[1])), ("whole numbers from 0 to 3",)),
        (lambda model, beam, length: keeps_ended(model, 1, length), ("greedy",)),
        (lambda model, beam, length: keeps_ended(model, beam, length + 1), ("where",)),
        (lambda model, beam, length: keeps_ended(model, beam, 1), ("is found",)),
        (lambda model, beam, length: None, ("returns None",)),
        (lambda model: None, ("other parameters",)),
        (3.0, ("a function",)),
    ],
)
def test_10_3_wrong(answer, words):
    fails("10.3", answer, *words)


OURS, THEIRS = "the train to the coast and the sea", "the train goes to the coast at noon today"


def test_10_4():
    p1, p2, brevity = 5 / 8, 3 / 7, np.exp(-1 / 8)
    whole = metrics.bleu([OURS], [THEIRS], max_n=2)
    np.testing.assert_allclose(whole, brevity * (p1 * p2) ** 0.5)
    assert "not at noon" in passes("10.4", (p1, p2, brevity, whole))
    passes("10.4", [0.625, np.float32(0.4286), tf.constant(0.8825), 0.457])
    fails("10.4", (6 / 8, p2, brevity, whole), "only two of the three")
    fails("10.4", (4 / 8, p2, brevity, whole), "twice")
    fails("10.4", (5 / 9, p2, brevity, whole), "*translation's*")
    fails("10.4", (5, p2, brevity, whole), "their share")
    fails("10.4", (0.1, p2, brevity, whole), "`precision_1` is not 0.1")
    fails("10.4", (0.63, 0.43, 0.88, 0.46), "three decimals")
    fails("10.4", (62.5, 42.9, 88.2, 45.7), "percent")
    fails("10.4", (p1, 3 / 8, brevity, whole), "seven pairs")
    fails("10.4", (p1, 4 / 7, brevity, whole), "three pairs")
    fails("10.4", (p1, 3, brevity, whole), "their share")
    fails("10.4", (p1, p2, 1, whole), "shorter")
    fails("10.4", (p1, p2, 8 / 9, whole), "no ratio")
    fails("10.4", (p1, p2, np.exp(1 / 8), whole), "swapped")
    fails("10.4", (p1, p2, np.exp(-9 / 8), whole), "exponent")
    fails("10.4", (p1, p2, brevity, (p1 * p2) ** 0.5), "without the brevity penalty")
    fails("10.4", (p1, p2, brevity, brevity * p1 * p2), "square root")
    fails("10.4", (p1, p2, brevity, brevity * (p1 + p2) / 2), "geometric")
    fails("10.4", (p1, p2, brevity, 100 * whole), "as a share")
    fails("10.4", (p1, p2, brevity, 7), "`bleu` is not 7")
    fails("10.4", (p1, p2, brevity), "4 parts")


def test_10_5():
    assert "by heart" in passes("10.5", (1.0, 0.66, 0.7, "b"))
    passes("10.5", [np.float32(0.998), tf.constant(0.6), 0.58, " B "])
    fails("10.5", (1.0, 0.66, 0.7, "a"), "do not close the gap")
    fails("10.5", (1.0, 0.66, 0.7, "c"), "these very dates")
    fails("10.5", (1.0, 0.66, 0.7, "d"), "too small")
    fails("10.5", (1.0, 0.66, 0.7, "e"), "letters")
    fails("10.5", (1.0, 66, 0.7, "b"), "a share")
    fails("10.5", (1.0, -0.5, 0.7, "b"), "a share")
    fails("10.5", (0.6, 0.99, 0.7, "b"), "swapped")
    fails("10.5", (0.7, 0.66, 0.7, "b"), "first 500")
    fails("10.5", (1.0, 0.98, 0.7, "b"), "`right_of_held_out`", "replaced before")
    fails("10.5", (1.0, 0.66, 0.98, "b"), "`right_after_twice_the_steps`", "replaced before")
    fails("10.5", (1.0, 0.1, 0.7, "b"), "teach more")
    fails("10.5", (1.0, 0.7, 0.0, "b"), "teach more")
    fails("10.5", (1.0, 0.66, ..., "b"), "not there yet")
    fails("10.5", (1.0, 0.66, 0.7), "4 parts")


def test_the_starter_runs_and_every_bug_in_it_is_named():
    sentence = str(check("10.3", starter("10.3")))
    assert "stopped with" not in sentence
    assert "*added*" in sentence
