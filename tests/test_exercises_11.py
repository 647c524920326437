"""Exercises of lesson 11: right answers of many kinds pass, wrong ones fail with a sentence that names why."""

import numpy as np
import pytest
import tensorflow as tf
from answers import fails, passes, starter

from gencourse import exercises, schedules
from gencourse.exercises import check


def test_every_exercise_has_hints():
    assert list(exercises.exercises_of("11")) == ["11.1", "11.2", "11.3", "11.4", "11.5"]


def test_11_1_right():
    passes("11.1", (-0.2, -1.1, 0.35))
    passes("11.1", [np.float32(-0.2), tf.constant(-1.1), 0.35])
    passes("11.1", np.array([-0.2, -1.1, 0.35]))


@pytest.mark.parametrize(
    ("answer", "word"),
    [
        ((0.5 - 1.0, -1.1, 0.35), "left out"),  # image + noise, without rates: it was right by chance once
        ((0.6 * 0.5 - 0.8, -1.1, 0.35), "rates are swapped"),
        ((1.0, -1.1, 0.35), "taken away"),
        ((0.64 * 0.5 - 0.36, -1.1, 0.35), "squares"),
        ((0.5 - 0.6, -1.1, 0.35), "image is multiplied"),
        ((0.4 - 1.0, -1.1, 0.35), "noise is multiplied"),
        ((7, -1.1, 0.35), "`noisy_pixel` is not 7"),
        ((-0.2, 1.1, 0.35), "sign is turned"),
        ((-0.2, -0.8 + 0.3, 0.35), "minus between"),
        ((-0.2, -0.2, 0.35), "mixture again"),
        ((-0.2, -0.6 - 0.4, 0.35), "rates are swapped"),
        ((-0.2, -1.5, 0.35), "before one is taken"),
        ((-0.2, 1.5, 0.35), "image is taken from the noise"),
        ((-0.2, 3, 0.35), "`velocity` is not 3"),
        ((-0.2, -1.1, 0.28), "divided by the signal rate"),
        ((-0.2, -1.1, 0.5), "true pixel"),
        ((-0.2, -1.1, 0.28 / 0.6), "divided by the noise rate"),
        ((-0.2, -1.1, -0.68 / 0.8), "taken *off*"),
        ((-0.2, -1.1, 0.6 / 0.8), "multiplied by the noise rate"),
        ((-0.2, -1.1, 0.8 * -0.2 - 0.6 * -0.8), "as a velocity"),
        ((-0.2, -1.1, (-0.2 + 0.8 * 0.8) / 0.6), "rates are swapped"),
        ((-0.2, -1.1, -0.8), "the answer itself"),
        ((-0.2, -1.1, 9), "`believed_pixel` is not 9"),
        ((-0.2, -1.1, ...), "not there yet"),
        ((-0.2, -1.1, np.nan), "finite"),
        ((-0.2, "x", 0.35), "should be a number"),
        ((-0.2, -1.1), "3 parts"),
    ],
)
def test_11_1_wrong(answer, word):
    fails("11.1", answer, word)


def signal_squared(steps=1000):
    return np.cumprod(1 - np.linspace(1e-4, 0.02, steps))


def looked_up(times, place=np.rint, steps=1000):
    rows = signal_squared(steps)[place(np.asarray(times) * (steps - 1)).astype(int)]
    return np.sqrt(rows), np.sqrt(1 - rows)


def powers_of_one(times, count):
    kept = (1 - (1e-4 + times * 0.0199)) ** count
    return np.sqrt(kept), np.sqrt(1 - kept)


def looped(times):
    rates = []
    for time in times:
        kept = 1.0
        for beta in np.linspace(1e-4, 0.02, 1000)[: int(time * 1000)]:
            kept *= 1 - beta
        rates.append((np.sqrt(kept), np.sqrt(1 - kept)))
    return np.array(rates).T[0], np.array(rates).T[1]


def interpolated(times):
    rows = np.interp(times, np.linspace(0, 1, 1000), signal_squared())
    return [np.sqrt(rows), np.sqrt(1 - rows)]


def in_tensors(times):
    rows = tf.gather(tf.math.cumprod(1 - tf.linspace(1e-4, 0.02, 1000)), tf.cast(tf.round(times * 999), "int32"))
    return tf.sqrt(rows), tf.sqrt(1 - rows)


@pytest.mark.parametrize(
    "answer",
    [looked_up, looped, interpolated, in_tensors, schedules.linear, lambda times: looked_up(times, np.floor)],
)
def test_11_2_right(answer):
    assert "section 5" in passes("11.2", answer)


@pytest.mark.parametrize(
    ("answer", "word"),
    [
        (lambda t: (np.sqrt(np.cumprod(1 - 0.02 * t)), np.sqrt(1 - np.cumprod(1 - 0.02 * t))), "over the batch"),
        (lambda t: tuple(np.sort(rate) for rate in looked_up(t)), "in a batch with other times"),
        (lambda t: (np.sqrt(1 - 0.02 * t), np.sqrt(0.02 * t)), "one single stride"),
        (lambda t: looked_up(t)[::-1], "swapped"),
        (lambda t: (looked_up(t)[0] ** 2, looked_up(t)[1]), "square root is missing"),
        (lambda t: (looked_up(t)[0] ** 2, np.sqrt(1 - looked_up(t)[0] ** 4)), "square root is missing"),
        (lambda t: (looked_up(t)[0], 1 - looked_up(t)[0]), "sum to 1; it is their squares"),
        (lambda t: (looked_up(t)[0], looked_up(t)[0]), "squares of signal and noise rate should sum to 1"),
        (lambda t: looked_up(1 - t), "wrong way"),
        (schedules.cosine, "a cosine schedule"),
        (lambda t: looked_up(t, steps=100), "a hundred strides"),
        (lambda t: (0.9 - 0.5 * t, np.sqrt(1 - (0.9 - 0.5 * t) ** 2)), "at time"),
        (lambda t: looked_up(t)[0], "2 parts"),
        (lambda t: (np.full_like(t, np.nan), t), "finite"),
        (lambda t: (0.5, 0.5), "shape"),
        (lambda t: t[99], "stopped with IndexError"),
        (lambda t: signal_squared()[(t * 1000).astype(int)], "the last one is that of time 1"),
        (lambda t: powers_of_one(t, 1000 * t), "β of the last stride for all"),
        (lambda t: powers_of_one(t, np.rint(1000 * t)), "β of the last stride for all"),
        (lambda t: powers_of_one(t, 1000), "one β a thousand times"),
        (lambda t: None, "returns None"),
        (lambda: 0, "other parameters"),
    ],
)
def test_11_2_wrong(answer, word):
    fails("11.2", answer, word)


def good_step(noisy, predicted, s, n, after_s, after_n):
    return after_s * (noisy - n * predicted) / s + after_n * predicted


def by_ratio(noisy, predicted, s, n, after_s, after_n):
    return after_s / s * noisy + (after_n - after_s / s * n) * predicted


def test_11_3_right():
    passes("11.3", good_step)
    passes("11.3", by_ratio)
    passes("11.3", tf.function(good_step))
    passes("11.3", lambda x, e, *rates: good_step(tf.constant(x), tf.constant(e), *rates))


@pytest.mark.parametrize(
    ("answer", "word"),
    [
        (lambda x, e, s, n, s2, n2: s2 * (x - n * e) + n * e, "Both bugs"),
        (lambda x, e, s, n, s2, n2: s2 * (x - n * e) + n2 * e, "too faint"),
        (lambda x, e, s, n, s2, n2: s2 * (x - n * e) / s + n * e, "old rate, so nothing gets cleaner"),
        (lambda x, e, s, n, s2, n2: s2 * (x - n * e) / n + n2 * e, "divided by the noise rate"),
        (lambda x, e, s, n, s2, n2: x - n * e + n2 * e, "*new* signal rate"),
        (lambda x, e, s, n, s2, n2: s * (x - n * e) / s + n2 * e, "mixed up"),
        (lambda x, e, s, n, s2, n2: s2 * (x - n * e) * s + n2 * e, "divide by it"),
        (lambda x, e, s, n, s2, n2: s2 * (x - n * e / s) + n2 * e, "in brackets"),
        (lambda x, e, s, n, s2, n2: s2 * np.clip((x - n * e) / s, -1, 1) + n2 * e, "cut off at -1 and 1"),
        (lambda x, e, s, n, s2, n2: x - n * e, "is asked for"),
        (lambda x, e, s, n, s2, n2: x, "noisy input again"),
        (lambda x, e, s, n, s2, n2: (x - n * e) / s, "believed image itself"),
        (lambda x, e, s, n, s2, n2: n2 * (x - n * e) / s + s2 * e, "new rates are swapped"),
        (lambda x, e, s, n, s2, n2: s2 * (x + n * e) / s + n2 * e, "yours adds it"),
        (lambda x, e, s, n, s2, n2: s2 * (x - n * e) / s, "noise is missing"),
        (lambda x, e, s, n, s2, n2: s2 * (x - n * e) / s - n2 * e, "with a minus"),
        (lambda x, e, s, n, s2, n2: 0 * x, "is asked for"),
        (lambda x, e, s, n, s2, n2: np.nan * x, "finite"),
        (lambda x, e, s, n, s2, n2: x.ravel(), "shape"),
        (lambda x, e, s, n, s2, n2: None, "returns None"),
        (lambda x, e: x, "other parameters"),
    ],
)
def test_11_3_wrong(answer, word):
    fails("11.3", answer, word)


def good_guided(network, noisy, times, labels, classes, guidance):
    told = network(noisy, times, labels)
    untold = network(noisy, times, np.full_like(labels, classes))
    return untold + guidance * (told - untold)


def in_one_call(network, noisy, times, labels, classes, guidance):
    both = np.concatenate([labels, np.full(len(labels), classes)])
    told, untold = np.split(network(np.tile(noisy, (2, 1)), np.tile(times, 2), both), 2)
    return guidance * told + (1 - guidance) * untold


def guided(formula, nobody=None):
    def answer(network, noisy, times, labels, classes, guidance):
        told = network(noisy, times, labels)
        untold = network(noisy, times, np.full_like(labels, classes if nobody is None else nobody))
        return formula(told, untold, guidance)

    return answer


def test_11_4_right():
    passes("11.4", good_guided)
    passes("11.4", in_one_call)
    passes("11.4", guided(lambda told, untold, g: told + (g - 1) * (told - untold)))
    passes("11.4", lambda net, x, t, y, k, g: tf.constant(good_guided(net, tf.constant(x), tf.constant(t), y, k, g)))


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (guided(lambda a, b, g: a + g * (b - a), 0), ("swapped", "class 0")),
        (guided(lambda a, b, g: a + g * (b - a)), ("swapped",)),
        (guided(lambda a, b, g: b + g * (a - b), 0), ("formula is right", "like all others")),
        (guided(lambda a, b, g: a + g * (a - b)), ("convention",)),
        (guided(lambda a, b, g: a + g * (a - b), 0), ("convention", "class 0")),
        (guided(lambda a, b, g: b + g * (b - a)), ("away from the class",)),
        (guided(lambda a, b, g: g * (a - b)), ("where does it start",)),
        (guided(lambda a, b, g: b + g * a), ("taken off before",)),
        (guided(lambda a, b, g: a), ("is `guidance` used",)),
        (guided(lambda a, b, g: b), ("is `guidance` used",)),
        (guided(lambda a, b, g: g * a), ("whole answer is made larger",)),
        (guided(lambda a, b, g: b + g * (a - b), 3), ("formula is right", "one behind it")),
        (guided(lambda a, b, g: b + g * (a - b), 9), ("one behind the last",)),
        (guided(lambda a, b, g: b + g * (a - b), -1), ("one behind the last",)),
        (guided(lambda a, b, g: 0 * a), ("first number",)),
        (guided(lambda a, b, g: a[0]), ("shape",)),
        (lambda net, x, t, y, k, g: net(x, t, k), ("its own label",)),
        (lambda net, x, t, y, k, g: None, ("returns None",)),
        (lambda net: 0, ("other parameters",)),
    ],
)
def test_11_4_wrong(answer, words):
    fails("11.4", answer, *words)


def test_11_5():
    passes("11.5", ("D", "B", "C", "A"))
    passes("11.5", ["d", " B ", "(c)", "A"])
    fails("11.5", ("B", "D", "C", "A"), "start alone")
    fails("11.5", ("D", "A", "C", "B"), "by chance")
    fails("11.5", ("D", "C", "B", "A"), "recall")
    fails("11.5", ("D", "B", "C", "C"), "named twice")
    fails("11.5", ("D", "B", "?", "A"), "`strong` should be one of the letters")
    fails("11.5", ("D", None, "C", "A"), "not there yet")
    fails("11.5", "D", "4 parts")


@pytest.mark.parametrize("exercise", ["11.2", "11.3", "11.4"])
def test_starters_run_and_are_not_right_yet(exercise):
    result = check(exercise, starter(exercise))
    assert not result.passed
    assert "stopped with" not in str(result)


def test_checks_leave_the_learners_random_state_alone():
    np.random.seed(3)
    state = np.random.get_state()[1].copy()
    check("11.2", looked_up)
    check("11.4", good_guided)
    assert np.array_equal(np.random.get_state()[1], state)
