"""Exercises of lesson 04: right answers of many kinds pass, wrong ones fail with a sentence that names why."""

import numpy as np
import pytest
import tensorflow as tf
from answers import fails, passes, starter

from gencourse import exercises
from gencourse.exercises import check


def test_every_exercise_has_hints():
    assert list(exercises.exercises_of("04")) == ["04.1", "04.2", "04.3", "04.4", "04.5"]


def test_04_1():
    assert "does not" in passes("04.1", (3, 1.5, 8))
    passes("04.1", [np.float32(3), tf.constant(1.5), 2.0**3])
    passes("04.1", np.array([3, 1.5, 8]))
    fails("04.1", (12, 1.5, 8), "whole text")
    fails("04.1", (3 * np.log(2), 1.5, 8), "nats")
    fails("04.1", (1.5, 1.5, 8), "four tokens")
    fails("04.1", (2.245, 1.5, 8), "mean probability")
    fails("04.1", (-3, 1.5, 8), "minus that")
    fails("04.1", (5, 1.5, 8), "add up")
    fails("04.1", (3, 3, 8), "do not compare")
    fails("04.1", (3, 12 / 7, 8), "space")
    fails("04.1", (3, 12, 8), "whole text")
    fails("04.1", (3, 1.04, 8), "nats")
    fails("04.1", (3, 0.375, 8), "twice")
    fails("04.1", (3, 1.5, 2**1.5), "of a character")
    fails("04.1", (3, 1.5, np.exp(3)), "mixes")
    fails("04.1", (3, 1.5, 4096), "whole text")
    fails("04.1", (3, 1.5, 3), "2 to that power")
    fails("04.1", (3, 1.5, 1 / 8), "one over it")
    fails("04.1", (3, 1.5, 1 / 0.2109), "mean probability")
    fails("04.1", (3, 1.5, 1 / 4096), "whole text")
    fails("04.1", (3, 1.5, np.log2(3)), "2 to the power")
    fails("04.1", (3, 1.5, ...), "not there yet")
    fails("04.1", 3, "3 parts")


def good_top_p(shares, p):
    order = np.argsort(-shares, kind="stable")
    before = np.cumsum(shares[order]) - shares[order]
    kept = np.zeros(len(shares), bool)
    kept[order] = before < p - 1e-12
    return np.where(kept, shares, 0.0) / shares[kept].sum()


def looped_top_p(shares, p):
    result, held = np.zeros(len(shares)), 0.0
    for place in np.argsort(shares)[::-1]:
        result[place] = shares[place]
        held += shares[place]
        if held >= p - 1e-12:
            break
    return result / result.sum()


def kept_by(rule, divide=True):
    def top_p(shares, p):
        order = np.argsort(-shares, kind="stable")
        kept = np.zeros(len(shares), bool)
        kept[order] = rule(np.cumsum(shares[order]), p)
        return np.where(kept, shares, 0.0) / (shares[kept].sum() if divide else 1.0)

    return top_p


def masked_in_sorted_order(shares, p):
    ranked = np.sort(shares)[::-1]
    kept = np.cumsum(ranked) - ranked < p - 1e-12
    return np.where(kept, shares, 0) / shares[kept].sum()


def test_04_2_right():
    assert "Top-k" in passes("04.2", good_top_p)
    passes("04.2", looped_top_p)
    passes("04.2", lambda s, p: tf.constant(good_top_p(s, p)))
    passes("04.2", lambda s, p: list(good_top_p(s, p)))


@pytest.mark.parametrize(
    ("answer", "word"),
    [
        (kept_by(lambda sums, p: sums <= p), "holds only"),
        (kept_by(lambda sums, p: sums < p), "holds only"),
        (kept_by(lambda sums, p: np.concatenate([[True, True], sums[1:-1] < p])), "the smallest set"),
        (kept_by(lambda sums, p: sums > 0), "the smallest set"),
        (kept_by(lambda sums, p: np.concatenate([[True], sums[:-1] < p - 1e-12]), divide=False), "divide them"),
        (masked_in_sorted_order, "not the likeliest"),
        (lambda s, p: np.sort(good_top_p(s, p))[::-1], "not the likeliest"),
        (lambda s, p: (good_top_p(s, p) > 0) / (good_top_p(s, p) > 0).sum(), "keep their proportions"),
        (lambda s, p: np.where(s > p, s, 0), "nothing is left"),
        (lambda s, p: np.log(good_top_p(s, p)), "no logarithm"),
        (lambda s, p: np.where(good_top_p(s, p) > 0, s, -np.inf), "no probabilities"),
        (lambda s, p: 0 * s / 0, "nothing is left"),
        (lambda s, p: good_top_p(s, p)[:1], "should have the shape"),
        (lambda s, p: None, "returns None"),
        (lambda s: 0, "other parameters"),
    ],
)
def test_04_2_wrong(answer, word):
    fails("04.2", answer, word)


def good_examples(tokens, length):
    starts = np.arange(0, len(tokens) - length, length)
    rows = np.stack([tokens[start : start + length + 1] for start in starts])
    return rows[:, :-1], rows[:, 1:]


def every_window(tokens, length):
    rows = np.lib.stride_tricks.sliding_window_view(tokens, length + 1)
    return tf.constant(rows[:, :-1].copy()), tf.constant(rows[:, 1:].copy())


def reshaped(tokens, length):
    n = (len(tokens) - 1) // length
    return tokens[: n * length].reshape(n, length), tokens[1 : n * length + 1].reshape(n, length)


def test_04_3_right():
    assert "by heart" in passes("04.3", good_examples)
    passes("04.3", every_window)
    passes("04.3", reshaped)
    passes("04.3", lambda t, k: list(good_examples(t, k)))


def rolled_text(tokens, length):
    n = len(tokens) // length
    after = np.roll(tokens, -1)
    return tokens[: n * length].reshape(n, length), after[: n * length].reshape(n, length)


def ragged(tokens, length):
    starts = range(0, len(tokens), length)
    return (
        np.stack([tokens[s : s + length] for s in starts if s + length <= len(tokens)]),
        np.stack([tokens[s + 1 : s + length + 1] for s in starts if s + length <= len(tokens)]),
    )


@pytest.mark.parametrize(
    ("answer", "word"),
    [
        (lambda t, k: (reshaped(t, k)[0],) * 2, "the input itself"),
        (lambda t, k: reshaped(t, k)[::-1], "wrong way"),
        (lambda t, k: (reshaped(t, k)[0], np.roll(reshaped(t, k)[0], -1, axis=1)), "turns in a circle"),
        (lambda t, k: (reshaped(t, k)[0], np.roll(reshaped(t, k)[0], 1, axis=1)), "wrong way"),
        (rolled_text, "the text goes on at"),
        (ragged, "has no target"),
        (lambda t, k: (t[: 2 * k].reshape(2, k), t[2 : 2 * k + 2].reshape(2, k)), "2 places after"),
        (lambda t, k: (t[:k][None], t[1 : k + 1][None]), "only 1 windows"),
        (lambda t, k: (reshaped(t, k)[0], reshaped(t, k)[1][:-1]), "5 of targets"),
        (lambda t, k: (t[:-1], t[1:]), "shape (B, 8)"),
        (lambda t, k: (reshaped(t, k)[0], reshaped(t, k)[0][:, 1:]), "The last input has no target"),
        (lambda t, k: (reshaped(t, k)[0][:, :-1], reshaped(t, k)[0][:, 1:]), "windows of 9 tokens"),
        (lambda t, k: (reshaped(t, k)[0], reshaped(t, k)[1][:, -1]), "At *every* place"),
        (lambda t, k: (reshaped(t, k)[0], np.roll(reshaped(t, k)[0], -1, axis=0)), "8 places after"),
        (lambda t, k: (t[: 2 * k : 2][None], t[1 : 2 * k + 1 : 2][None]), "no stretch"),
        (lambda t, k: (reshaped(t, k)[0], 0 * reshaped(t, k)[1]), "do not stand in the text"),
        (lambda t, k: reshaped(t, k)[0], "2 parts"),
        (lambda t, k: None, "returns None"),
        (lambda t: 0, "other parameters"),
    ],
)
def test_04_3_wrong(answer, word):
    fails("04.3", answer, word)


def shares_with(fresh=True, place=-1, heat=lambda logits, t: tf.nn.softmax(logits / t).numpy()):
    def next_shares(network, texts, temperature):
        rows, state = [], network.initial_state(1)
        for tokens in texts:
            if fresh:
                state = network.initial_state(1)
            logits, state = network.read(tokens[None], state)
            rows.append(heat(logits[0, place], temperature))
        return np.stack(rows)

    return next_shares


def powered(logits, t):
    shares = tf.nn.softmax(logits).numpy() ** (1 / t)
    return shares / shares.sum()


def one_symbol_at_a_time(network, texts, temperature):
    rows = []
    for tokens in texts:
        state = network.initial_state(1)
        for token in tokens:
            logits, state = network.read(np.array([[token]]), state)
        rows.append(tf.nn.softmax(logits[0, 0] / temperature))
    return rows


def test_04_4_right():
    assert "empty memory" in passes("04.4", shares_with())
    passes("04.4", shares_with(heat=powered))
    passes("04.4", one_symbol_at_a_time)
    passes("04.4", lambda n, x, t: np.stack([tf.nn.softmax(n(s[None])[0, -1] / t) for s in x]))


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (shares_with(fresh=False), ("carried on",)),
        (shares_with(fresh=False, heat=lambda x, t: tf.nn.softmax(x).numpy()), ("carried on", "changes nothing")),
        (shares_with(heat=lambda x, t: tf.nn.softmax(x).numpy()), ("changes nothing",)),
        (shares_with(heat=lambda x, t: tf.nn.softmax(x * t).numpy()), ("multiplies",)),
        (shares_with(heat=lambda x, t: tf.nn.softmax(x).numpy() / t), ("no longer add up",)),
        (shares_with(heat=lambda x, t: x.numpy() / t), ("should add up to 1",)),
        (shares_with(place=0), ("*first* token",)),
        (shares_with(place=0, fresh=False), ("carried on", "*first* token")),
        (shares_with(heat=lambda x, t: np.full(6, 1 / 6)), ("the first text should be followed by 0.129, 0.150",)),
        (shares_with(heat=lambda x, t: x.numpy() / x.numpy().sum()), ("negative",)),
        (lambda n, x, t: shares_with()(n, [s[-1:] for s in x], t), ("only the last token",)),
        (lambda n, x, t: [n.read(s[None], None) for s in x], ("is given a memory",)),
        (lambda n, x, t: [n.read(s[None], n.initial_state(3)) for s in x], ("memory of one",)),
        (lambda n, x, t: np.stack([shares_with()(n, x, t)[0]] * 3), ("a later one is not",)),
        (lambda n, x, t: shares_with()(n, x, t)[0], ("shape (3, 6)",)),
        (lambda n, x, t: None, ("returns None",)),
        (lambda n: 0, ("other parameters",)),
    ],
)
def test_04_4_wrong(answer, words):
    fails("04.4", answer, *words)


RIGHT = (1.5 / np.log(4), (1.0, 0.5, -2.0), 1 / 3)


def test_04_5():
    assert "1.08" in passes("04.5", RIGHT)
    passes("04.5", [1.08, [1, np.float32(0.5), -2], 0.333])
    passes("04.5", (1.08, np.array([1, 0.5, -2]), 33.3))
    passes("04.5", (1.08, tf.constant([1, 0.5, -2]), 33.3))
    for value, word in {0.924: "one over", 0.75: "base 2", 2.49: "base 10", 4: "about 1.5", 1: "about 4.5"}.items():
        fails("04.5", (value, *RIGHT[1:]), word)
    fails("04.5", (0.375, *RIGHT[1:]), "exp(1.5 / T)")
    fails("04.5", (1.8, *RIGHT[1:]), "differ by 1.5")
    fails("04.5", (1.386, *RIGHT[1:]), "ln 4")
    fails("04.5", (1.1, *RIGHT[1:]), "nearly")
    fails("04.5", (7, *RIGHT[1:]), "solve")
    for values, word in {
        (1, 0.5, -0.5): "*more* likely",
        (4, 0.5, -2): "positive logit is divided",
        (4, 0.5, -0.5): "rewards",
        (1, 0.25, -2): "its logit stays",
        (1, 0.25, -0.5): "does not stand",
        (0, 0.5, -3): "a factor",
        (2, 0.5, -1): "nothing has changed",
        (1, 0.5, -1): "c stands",
        (2, 0.5, -2): "a stands",
        (9, 0.5, -2): "(9, 0.5, -2)",
    }.items():
        fails("04.5", (RIGHT[0], values, 1 / 3), word)
    fails("04.5", (*RIGHT[:2], 1.0), "other end")
    fails("04.5", (*RIGHT[:2], 0.0), "dies out")
    fails("04.5", (*RIGHT[:2], 0.6), "huge T")
    fails("04.5", (*RIGHT[:2], 0.7856), "temperature 1")
    fails("04.5", (*RIGHT[:2], 0.5), "three symbols")
    fails("04.5", (RIGHT[0], (1.0, 0.5), 1 / 3), "3 parts")
    fails("04.5", (RIGHT[0], (1.0, ..., 2.0), 1 / 3), "`b` is not there yet")
    fails("04.5", (..., ..., ...), "not there yet")


@pytest.mark.parametrize("exercise", ["04.2", "04.3", "04.4"])
def test_starters_run_and_are_not_right_yet(exercise):
    result = check(exercise, starter(exercise))
    assert not result.passed
    assert "stopped with" not in str(result)


def test_checks_leave_the_learners_random_state_alone():
    np.random.seed(3)
    state = np.random.get_state()[1].copy()
    check("04.3", good_examples)
    check("04.4", shares_with())
    assert np.array_equal(np.random.get_state()[1], state)
