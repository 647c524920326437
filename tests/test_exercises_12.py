"""Exercises of lesson 12: right answers of many kinds pass, wrong ones fail with a sentence that names why."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from answers import fails, passes, starter

from gencourse import exercises, vq
from gencourse.exercises import check, scores_12

NATS = 64 * np.log(4)
RIGHT = (320, 0.5, 2**1.75, NATS)


def test_every_exercise_has_hints():
    assert list(exercises.exercises_of("12")) == ["12.1", "12.2", "12.3", "12.4", "12.5"]


def test_12_1():
    passes("12.1", RIGHT)
    passes("12.1", [np.float32(320), 1 / 2, tf.constant(3.364), 88.72])
    passes("12.1", np.array(RIGHT))
    wrong = {
        0: ((5, "one place"), (64 * np.log(32), "nats"), (192, "3 bits"), (17, "8 · 8 places")),
        1: ((4, "share"), (0.25, "four of the eight"), (50, "per cent"), (0.9, "over all codes")),
        2: (
            (1.75, "entropy in bits"),
            (1.75 * np.log(2), "entropy in nats"),
            (4, "not equally often"),
            (2, "largest share"),
            (np.exp(1.75), "power of 2"),
            (2**1.213, "and the perplexity e to its power"),
            (7, "the shares are"),
        ),
        3: (
            (np.log(4), "one place"),
            (128, "bits"),
            (-NATS, "never negative"),
            (64 * np.log(32), "knows nothing"),
            (38.53, "base 10"),
        ),
    }
    for part, cases in wrong.items():
        for value, word in cases:
            fails("12.1", (*RIGHT[:part], value, *RIGHT[part + 1 :]), word)
    fails("12.1", (*RIGHT[:3], ...), "not there yet")
    fails("12.1", (*RIGHT[:3], "many"), "should be a number")
    fails("12.1", (*RIGHT[:3], np.nan), "finite")
    fails("12.1", 320, "4 parts")


def squares(x, vectors):
    return ((x[:, None] - vectors) ** 2).sum(axis=-1)


def test_12_2_right():
    passes("12.2", lambda x, v: squares(x, v).argmin(axis=1))
    passes("12.2", lambda x, v: ((v**2).sum(axis=1) - 2 * x @ v.T).argmin(axis=1))
    passes("12.2", lambda x, v: np.argmax(x @ v.T - 0.5 * (v**2).sum(axis=1), axis=1))
    passes("12.2", lambda x, v: np.sqrt(squares(x, v)).argmin(axis=1).tolist())
    passes("12.2", vq.nearest_codes)
    passes("12.2", lambda x, v: tf.argmin(squares(x, v), axis=1))
    passes("12.2", lambda x, v: [min(range(len(v)), key=lambda k: ((row - v[k]) ** 2).sum()) for row in x])


@pytest.mark.parametrize(
    ("answer", "word"),
    [
        (lambda x, v: (x @ v.T).argmax(axis=1), "long codes win"),
        (lambda x, v: (x @ v.T).argmax(axis=0), "along which axis"),
        (lambda x, v: squares(x, v).argmin(axis=0), "along which axis"),
        (lambda x, v: squares(x, v).argmax(axis=1), "farthest"),
        (lambda x, v: (x @ v.T).argmin(axis=1), "points away"),
        (lambda x, v: ((v**2).sum(axis=1) + 2 * x @ v.T).argmin(axis=1), "a sign is turned"),
        (lambda x, v: ((v**2).sum(axis=1) - x @ v.T).argmin(axis=1), "the 2 before"),
        (lambda x, v: (x @ v.T / np.linalg.norm(v, axis=1)).argmax(axis=1), "direction"),
        (lambda x, v: np.abs(x[:, None] - v).sum(axis=-1).argmin(axis=1), "absolute differences"),
        (lambda x, v: squares(x, v).min(axis=1), "not its distance"),
        (lambda x, v: squares(x, v).argmin(axis=1) + 1, "counted from 0"),
        (lambda x, v: squares(x, v), "shape (7,)"),
        (lambda x, v: np.zeros(len(x)), "is nearest, and yours says"),
        (lambda x, v: None, "returns None"),
        (lambda x, v: "3", "should"),
        (lambda x, v: np.full(len(x), np.nan), "finite"),
        (lambda x: x, "other parameters"),
        (3, "a function"),
    ],
)
def test_12_2_wrong(answer, word):
    fails("12.2", answer, word)


def make(passed=None, commitment=None):
    def quantise(x, vectors):
        stop = tf.stop_gradient
        through = x + stop(vectors - x) if passed is None else passed(x, vectors)
        return through, tf.reduce_mean((x - stop(vectors)) ** 2) if commitment is None else commitment(x, vectors)

    return quantise


def test_12_3_right():
    passes("12.3", make())
    passes("12.3", make(vq.straight_through))
    passes("12.3", make(lambda x, v: x - tf.stop_gradient(x) + tf.stop_gradient(v)))
    passes("12.3", make(commitment=lambda x, v: keras.ops.mean(keras.ops.square(tf.stop_gradient(v) - x))))
    passes("12.3", tf.function(make()))


def swap(x, v):
    return v + tf.stop_gradient(x - v)


@pytest.mark.parametrize(
    ("answer", "word"),
    [
        (make(swap), "the value of x"),
        (make(lambda x, v: x), "the value of x"),
        (make(lambda x, v: v + 0.0), "reach the codes"),
        (make(lambda x, v: tf.stop_gradient(v)), "No slope arrives"),
        (make(lambda x, v: v + x - tf.stop_gradient(x)), "reach the codes"),
        (make(lambda x, v: x + v), "should have the value of `vectors`"),
        (make(lambda x, v: x + tf.stop_gradient(v)), "of their sum"),
        (make(lambda x, v: x + tf.stop_gradient(x - v)), "A sign is turned"),
        (make(lambda x, v: 2 * v), "should have the value of `vectors`"),
        (make(commitment=lambda x, v: tf.sqrt(tf.reduce_mean((x - tf.stop_gradient(v)) ** 2))), "the root of it"),
        (make(commitment=lambda x, v: tf.reduce_mean(tf.abs(x - tf.stop_gradient(v)))), "absolute differences"),
        (make(commitment=lambda x, v: -tf.reduce_mean((x - tf.stop_gradient(v)) ** 2)), "never negative"),
        (make(lambda x, v: 2 * x + tf.stop_gradient(v - 2 * x)), "unchanged"),
        (make(commitment=lambda x, v: tf.reduce_mean((tf.stop_gradient(x) - v) ** 2)), "only the codes"),
        (make(commitment=lambda x, v: tf.reduce_mean((x - v) ** 2)), "the codes, too"),
        (make(commitment=lambda x, v: tf.reduce_sum((x - tf.stop_gradient(v)) ** 2)), "a sum"),
        (make(commitment=lambda x, v: tf.reduce_mean(tf.stop_gradient(x - v) ** 2)), "no slope of the commitment"),
        (make(commitment=lambda x, v: tf.reduce_mean((x - tf.stop_gradient(x)) ** 2)), "compared with itself"),
        (make(commitment=lambda x, v: (x - tf.stop_gradient(v)) ** 2), "one number"),
        (make(lambda x, v: x[:2]), "shape (5, 3)"),
        (make(lambda x, v: "x"), "passed"),
        (lambda x, v: x, "2 parts"),
        (lambda x, v: None, "returns None"),
        (lambda x: x, "other parameters"),
    ],
)
def test_12_3_wrong(answer, word):
    fails("12.3", answer, word)


def make_learn(add=np.sum, guard=True, keep=True, divide=True, weigh=True):
    def learn(vectors, hits, sums, x, codes, decay):
        vectors, hits, sums = vectors.copy(), hits.copy(), sums.copy()
        for k in range(len(vectors)):
            mine, new = x[codes == k], (1 - decay) if weigh else 1.0
            hits[k] = decay * hits[k] + new * len(mine)
            sums[k] = decay * sums[k] + new * add(mine, axis=0)
            if hits[k] > 0 or not guard:
                vectors[k] = sums[k] / hits[k] if divide else sums[k]
            elif not keep:
                vectors[k] = 0.0
        return vectors, hits, sums

    return learn


def without_a_loop(vectors, hits, sums, x, codes, decay):
    one_hot = np.eye(len(vectors))[codes]
    hits = decay * hits + (1 - decay) * one_hot.sum(axis=0)
    sums = decay * sums + (1 - decay) * one_hot.T @ x
    return np.where(hits[:, None] > 0, sums / np.maximum(hits, 1e-9)[:, None], vectors), hits, sums


def moved_by_the_layer(vectors, hits, sums, x, codes, decay):
    book = vq.Codebook(*vectors.shape, decay=decay, restart_below=0.0)
    for variable, value in zip((book.vectors, book.hits, book.sums), (vectors, hits, sums), strict=True):
        variable.assign(value)
    book.learn(x.astype("float32"), codes, seed=0)
    return [book.vectors.numpy(), book.hits.numpy(), book.sums.numpy()]


def test_12_4_right():
    passes("12.4", make_learn())
    passes("12.4", without_a_loop)
    passes("12.4", moved_by_the_layer)


def skips_codes_that_rest(vectors, hits, sums, x, codes, decay):
    moved = make_learn()(vectors, hits, sums, x, codes, decay)
    rests = ~np.isin(np.arange(len(vectors)), codes)
    for new, old in zip(moved, (vectors, hits, sums), strict=True):
        new[rests] = old[rests]
    return moved


def mean_or_nothing(points, axis):
    return points.mean(axis=axis) if len(points) else 0.0


@pytest.mark.parametrize(
    ("answer", "word"),
    [
        (make_learn(add=np.mean), "mean of no points"),
        (make_learn(guard=False), "0 / 0"),
        (make_learn(add=mean_or_nothing), "divided twice"),
        (make_learn(keep=False), "should stay at"),
        (make_learn(divide=False), "sums / hits"),
        (make_learn(weigh=False), "new count was not multiplied"),
        (lambda v, h, s, x, c, d: make_learn()(v, h, s, x, c, 1 - d), "decay is at the wrong place"),
        (lambda v, h, s, x, c, d: make_learn()(v, h / d, s, x, c, d), "past was not multiplied"),
        (lambda v, h, s, x, c, d: make_learn()(v, 0 * h, s, x, c, d), "this batch alone"),
        (lambda v, h, s, x, c, d: (v, h, s), "not changed"),
        (lambda v, h, s, x, c, d: (v, h + 9, s), "`hits` should be"),
        (skips_codes_that_rest, "forgets, too"),
        (make_learn(add=lambda points, axis: points.sum()), "keep their coordinates apart"),
        (lambda v, h, s, x, c, d: v, "3 parts"),
        (lambda v, h, s, x, c, d: (h, h, s), "`vectors` should have the shape (3, 2)"),
        (lambda v, h, s, x, c, d: None, "returns None"),
        (lambda v, h, s, x, c, d: ("a", "b", "c"), "`vectors` should be an array"),
        (lambda v: v, "other parameters"),
    ],
)
def test_12_4_wrong(answer, word):
    fails("12.4", answer, word)


def test_the_worked_step_is_that_of_the_layer():
    rng = np.random.default_rng(0)
    vectors, hits, sums = rng.normal(size=(4, 2)), rng.random(4), rng.normal(size=(4, 2))
    x, codes = rng.normal(size=(9, 2)), np.array([0, 0, 1, 1, 1, 2, 2, 0, 1])
    ours = scores_12._learn(vectors, hits, sums, x, codes, 0.7)
    for mine, theirs in zip(ours, moved_by_the_layer(vectors, hits, sums, x, codes, 0.7), strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-4, atol=1e-5)


def test_12_5():
    passes("12.5", ("B", "C", "A", "D", "A"))
    passes("12.5", ["b", " C ", "(a)", "D", "a"])
    fails("12.5", ("A", "C", "B", "D", "B"), "A and B are swapped")
    fails("12.5", ("B", "D", "A", "C", "A"), "look at `used`")
    fails("12.5", ("D", "C", "A", "B", "A"), "64 codes lose more")
    fails("12.5", ("B", "C", "A", "D", "C"), "other codes")
    fails("12.5", ("B", "C", "A", "D", "B"), "own row")
    fails("12.5", ("B", "C", "A", "A", "A"), "named twice")
    fails("12.5", ("B", "C", "A", 4, "A"), "`few` should be one of the letters")
    fails("12.5", ("B", "C", "A", None, "A"), "not there yet")
    fails("12.5", "B", "5 parts")


@pytest.mark.parametrize("exercise", ["12.2", "12.3", "12.4"])
def test_starters_run_and_are_not_right_yet(exercise):
    result = check(exercise, starter(exercise))
    assert not result.passed
    assert "stopped with" not in str(result)


def test_checks_leave_the_learners_random_state_alone():
    np.random.seed(3)
    state = np.random.get_state()[1].copy()
    check("12.2", lambda x, v: squares(x, v).argmin(axis=1))
    check("12.3", make())
    check("12.4", make_learn())
    assert np.array_equal(np.random.get_state()[1], state)
