"""Exercises of lesson 07: right answers of many kinds pass, wrong ones fail with a sentence that names why."""

import numpy as np
import pytest
import tensorflow as tf
from answers import fails, passes, starter

from gencourse import autoencoder, exercises
from gencourse.exercises import check, scores_07

POOLED = -10 * np.log10(0.0505)
SAID = 1 / (1 + np.exp(7))
SQUARED = 2 * (SAID - 1) * SAID * (1 - SAID)


def test_every_exercise_has_hints():
    assert list(exercises.exercises_of("07")) == ["07.1", "07.2", "07.3", "07.4", "07.5"]


def test_07_1():
    passes("07.1", (0.01, 23.01, 20, 12.97))
    passes("07.1", (0.01, 23, 20, 13))
    passes("07.1", [np.float32(0.01), 20 + 10 * np.log10(2), tf.constant(20.0), POOLED])
    fails("07.1", (0.1, 23, 20, POOLED), "squared error has 10")
    fails("07.1", (np.exp(-2), 23, 20, POOLED), "base 10")
    fails("07.1", (100, 23, 20, POOLED), "1 / error")
    fails("07.1", (7, 23, 20, POOLED), "does not give that")
    fails("07.1", (0.01, 16.99, 20, POOLED), "to be added")
    fails("07.1", (0.01, 40, 20, POOLED), "logarithm")
    fails("07.1", (0.01, 26.02, 20, POOLED), "quarter")
    fails("07.1", (0.01, 21, 20, POOLED), "not 21")
    fails("07.1", (0.01, 3.01, 20, POOLED), "add it to the 20 dB")
    fails("07.1", (0.01, 0.005, 20, POOLED), "half the error")
    fails("07.1", (0.01, -23.01, 20, POOLED), "sign is turned")
    fails("07.1", (0.01, 23.01, POOLED, 20), "swapped")
    fails("07.1", (0.01, 23.01, 15, POOLED), "not 15")
    fails("07.1", (0.01, 23.01, 20, 20), "mean of the errors")
    fails("07.1", (0.01, 23.01, 20, -10 * np.log10(0.101)), "the sum")
    fails("07.1", (0.01, 23.01, 20, 0.0505), "its decibels")
    fails("07.1", (0.01, 23.01, 20, -10 * np.log(0.0505)), "base 10")
    fails("07.1", (0.01, 23.01, 20, -POOLED), "sign is turned")
    fails("07.1", (0.01, 23.01, 20, 3), "not 3")
    fails("07.1", (0.01, 23.01, 20, ...), "not there yet")
    fails("07.1", 0.01, "4 parts")


def test_07_2():
    passes("07.2", (SQUARED, SAID - 1, (SAID - 1) / SQUARED))
    passes("07.2", (-0.00182, -0.999, 549))
    fails("07.2", (-SQUARED, SAID - 1, 549), "sign is turned")
    fails("07.2", (SQUARED / 2, SAID - 1, 549), "the 2 of the square")
    fails("07.2", (2 * (SAID - 1), SAID - 1, 549), "comes as a factor")
    fails("07.2", (-16, SAID - 1, 549), "sigmoid is missing")
    fails("07.2", ((SAID - 1) ** 2, SAID - 1, 549), "squared error itself")
    fails("07.2", (2 * SAID**2 * (1 - SAID), SAID - 1, 549), "should be black")
    fails("07.2", (SQUARED, -np.log(SAID), 549), "cross-entropy itself")
    fails("07.2", (3, SAID - 1, 549), "not 3")
    fails("07.2", (SQUARED, 1 - SAID, 549), "sign is turned")
    fails("07.2", (SQUARED, SAID, 549), "should be black")
    fails("07.2", (SQUARED, -1 / SAID, 549), "with respect to s")
    fails("07.2", (SQUARED, 3, 549), "not 3")
    fails("07.2", (SQUARED, SAID - 1, SQUARED / (SAID - 1)), "inverse")
    fails("07.2", (SQUARED, SAID - 1, 3), "not 3")


def test_the_slopes_are_those_of_tensorflow():
    logit = tf.Variable(-7.0)
    with tf.GradientTape(persistent=True) as tape:
        squared = (tf.sigmoid(logit) - 1) ** 2
        entropy = tf.nn.softplus(logit) - logit
    np.testing.assert_allclose(tape.gradient(squared, logit), SQUARED, rtol=1e-4)
    np.testing.assert_allclose(tape.gradient(entropy, logit), SAID - 1, rtol=1e-4)


def by_svd(train, test, size):
    mean = train.mean(axis=0)
    rows = np.linalg.svd(train - mean, full_matrices=False)[2][:size]
    return (test - mean) @ rows.T @ rows + mean


def make_pca(centred=True, added=True, largest=True, fit="train", fitted=True, taken=True, last=None, more=0):
    def pca_copies(train, test, size):
        rows = {"train": train, "test": test, "both": np.concatenate([train, test])}[fit]
        mean = rows.mean(axis=0) if centred else 0.0
        mean = train.mean() if centred == "one" else test.mean(axis=0) if centred == "test" else mean
        around = rows - (rows.mean(axis=0) if centred == "test" else mean) * fitted
        vectors = np.linalg.eigh(around.T @ around)[1]
        directions = vectors[:, -size - more : last] if largest else vectors[:, :size]
        return (test - mean * taken) @ directions @ directions.T + (mean if added else 0.0)

    return pca_copies


def test_07_3_right():
    passes("07.3", make_pca())
    passes("07.3", by_svd)
    passes("07.3", lambda train, test, size: by_svd(train.astype("float32"), test.astype("float32"), size))


@pytest.mark.parametrize(
    ("answer", "word"),
    [
        (make_pca(centred=False, largest=False), "both bugs"),
        (make_pca(largest=False), "vary *least*"),
        (make_pca(centred=False), "not subtracted"),
        (make_pca(added=False), "not added again"),
        (make_pca(fit="test"), "*test* rows"),
        (make_pca(fit="both"), "a say in the directions"),
        (make_pca(fitted=False), "the test rows only"),
        (make_pca(taken=False, added=False), "for the directions only"),
        (make_pca(taken=False), "not subtracted from the test rows"),
        (make_pca(centred="test"), "that of the *test* rows"),
        (make_pca(centred="one"), "`axis=0`"),
        (make_pca(more=1), "3 directions; 2 are allowed"),
        (make_pca(last=-1), "stops before the last column"),
        (lambda train, test, size: test, "all directions"),
        (lambda train, test, size: 0 * test, "mean squared error"),
        (lambda train, test, size: test[:, :size], "these are the codes"),
        (lambda train, test, size: test[:5], "shape (50, 6)"),
        (lambda train, test, size: None, "returns None"),
        (lambda train: 0, "other parameters"),
    ],
)
def test_07_3_wrong(answer, word):
    fails("07.3", answer, word)


def make_cut(last=1, one=False, turned=False, kept="outside", swapped=False, seeded=True, first=0, size_off=0):
    def cut_holes(images, size, seed):
        rng = np.random.default_rng(seed if seeded == 1 else (0 if seeded == 0 else None))
        batch, height, width, _ = images.shape
        tops = rng.integers(first, height - size + last, batch)
        lefts = rng.integers(first, width - size + last, batch)
        mask = np.zeros((batch, height, width, 1), "float32")
        for i in range(batch):
            top, left = (tops[0], lefts[0]) if one else (tops[i], lefts[i])
            mask[i, top : top + size + size_off, left : left + size + size_off] = 1.0
        image = {"outside": images * (1 - mask), "inside": images * mask, "all": images, "grey": images - mask / 2}[
            kept
        ]
        mask = 1 - mask if turned else mask
        return np.concatenate([mask, image] if swapped else [image, mask], axis=-1)

    return cut_holes


def pushed_back(images, size, seed):
    """Draws all rows, and pushes back what sticks out."""
    rng = np.random.default_rng(seed)
    batch, height, width, _ = images.shape
    tops = np.minimum(rng.integers(0, height, batch), height - size)
    lefts = np.minimum(rng.integers(0, width, batch), width - size)
    return at(images, tops, lefts, size)


def one_number(images, size, seed):
    places = np.random.default_rng(seed).integers(0, images.shape[1] - size + 1, len(images))
    return at(images, places, places, size)


def as_if_square(images, size, seed):
    tops, lefts = np.random.default_rng(seed).integers(0, images.shape[1] - size + 1, (2, len(images)))
    return at(images, tops, lefts, size)


def at(images, tops, lefts, size):
    mask = np.zeros(images.shape, "float32")
    for i, (top, left) in enumerate(zip(tops, lefts, strict=True)):
        mask[i, top : top + size, left : left + size] = 1.0
    return np.concatenate([images * (1 - mask), mask], axis=-1)


def by_the_package(images, size, seed):
    return autoencoder.CutHole(size, seed=seed)(images)


def test_07_4_right():
    passes("07.4", make_cut())
    passes("07.4", by_the_package)


@pytest.mark.parametrize(
    ("answer", "word"),
    [
        (make_cut(one=True), "same place"),
        (make_cut(kept="inside"), "kept *in* the hole"),
        (make_cut(kept="all"), "nothing is taken out"),
        (make_cut(kept="grey"), "as it was, and 0 inside"),
        (make_cut(last=3), "sticks out"),
        (make_cut(last=0), "is not drawn"),
        (make_cut(first=1), "begins in row 0"),
        (make_cut(turned=True), "turned round"),
        (pushed_back, "far too often"),
        (one_number, "the same number"),
        (as_if_square, "wider than high"),
        (make_cut(size_off=1, last=0), "here one has 16"),
        (make_cut(swapped=True), "the mask second"),
        (lambda images, size, seed: make_cut()(images, size, seed) * np.float32([1, 0.5]), "zeros and ones only"),
        (make_cut(seeded=0), "another seed"),
        (make_cut(seeded=2), "second call"),
        (lambda images, size, seed: images, "image and mask together"),
        (lambda images, size, seed: np.concatenate([images, 0 * images], axis=-1), "single pixel"),
        (lambda images, size, seed: None, "returns None"),
        (lambda images: 0, "other parameters"),
    ],
)
def test_07_4_wrong(answer, word):
    fails("07.4", answer, word)


def honest(model, damage, images, pixels="hole", mean="pooled"):
    damaged = damage(images)
    mask = damaged[..., 1:] if pixels == "hole" else np.ones_like(damaged[..., 1:])
    errors = mask * (model.restore(damaged) - images) ** 2
    each = errors.sum(axis=(1, 2, 3)) / mask.sum(axis=(1, 2, 3))
    return -10 * np.log10(each.mean()) if mean == "pooled" else np.mean(-10 * np.log10(each))


class Shrug:
    def restore(self, damaged):
        return damaged[..., :1]


def decibels(errors, counts):
    with np.errstate(divide="ignore"):
        return -10 * np.log10(errors.sum() / counts.sum())


def errors_outside(model, damage, images):
    damaged = damage(images)
    known = 1 - damaged[..., 1:]
    return known * (model.restore(damaged) - images) ** 2, known


def two_calls(model, damage, train, test):
    mask = damage(test)[..., 1:]
    return decibels(mask * (model.restore(damage(test)) - test) ** 2, mask)


def test_07_5_right():
    assert "The author's number was" in passes("07.5", lambda m, damage, train, test: honest(m, damage, test))

    def in_a_line(model, damage, train, test):
        damaged = damage(test)
        hole = damaged[..., 1:] == 1
        return 10 * np.log10(1 / np.mean((model.restore(damaged)[hole] - test[hole]) ** 2))

    passes("07.5", in_a_line)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda m, d, train, test: honest(m, d, train), ("*training*",)),
        (lambda m, d, train, test: honest(m, d, test, pixels="whole"), ("handed through",)),
        (lambda m, d, train, test: honest(m, d, test, mean="each"), ("easiest images",)),
        (lambda m, d, train, test: honest(m, d, train, "whole"), ("*training*", "handed through")),
        (lambda m, d, train, test: -honest(m, d, test), ("sign is turned",)),
        (lambda m, d, train, test: 10 ** (-honest(m, d, test) / 10), ("mean squared error",)),
        (lambda m, d, train, test: honest(m, d, test) * np.log(10), ("base 10",)),
        (lambda m, d, train, test: 100.0, ("says 100",)),
        (lambda m, d, train, test: honest(m, d, test) / 2, ("root of the error",)),
        (lambda m, d, train, test: honest(Shrug(), d, test), ("had not touched them",)),
        (lambda m, d, train, test: decibels(*errors_outside(m, d, test)), ("is infinite", "where the mask is 1")),
        (two_calls, ("new holes at each call", "call it once")),
        (lambda m, d, train, test: m.restore(test), ("stopped with",)),
        (lambda m, d, train, test: d(test), ("one number",)),
    ],
)
def test_07_5_wrong(answer, words):
    fails("07.5", answer, *words)


def test_the_flattering_scores_are_told_apart():
    model, damage, _, train, test = scores_07._stage()
    scores = [value for images in (train, test) for _, value in scores_07._ways(model, damage, images)]
    assert min(np.diff(sorted(scores))) > 0.1, scores  # the check tells apart what differs by 0.02


@pytest.mark.parametrize("exercise", ["07.3", "07.4", "07.5"])
def test_starters_run_and_are_not_right_yet(exercise):
    result = check(exercise, starter(exercise))
    assert not result.passed
    assert "stopped with" not in str(result)
    fails("07.5", starter("07.5"), "*training*", "handed through", "easiest images")


def test_checks_leave_the_learners_random_state_alone():
    np.random.seed(3)
    state = np.random.get_state()[1].copy()
    check("07.3", make_pca())
    check("07.4", make_cut())
    check("07.5", lambda m, damage, train, test: honest(m, damage, test))
    assert np.array_equal(np.random.get_state()[1], state)
