"""Exercises of lesson 15: right answers of many kinds pass, wrong ones fail with a sentence that names why."""

import numpy as np
import pytest
import tensorflow as tf
from answers import fails, passes, starter

from gencourse import exercises, metrics


def test_every_exercise_has_hints():
    assert list(exercises.exercises_of("15")) == ["15.1", "15.2", "15.3", "15.4", "15.5"]


def test_15_1():
    passes("15.1", (25, 4, 29))
    passes("15.1", [np.float32(25), tf.constant(4.0), 29.0])
    package = metrics.frechet_between_gaussians([1, 2], np.diag([1, 4]), [5, -1], np.diag([9, 4]))
    passes("15.1", (25, 4, package))
    fails("15.1", (5, 4, 29), "takes its square")
    fails("15.1", (7, 4, 11), "adds up their squares")
    fails("15.1", (1, 4, 5), "have signs")
    fails("15.1", (24, 4, 28), "not 24")
    fails("15.1", (12.5, 2, 14.5), "adds the squares up")
    fails("15.1", (17, 4, 21), "that is 3, not 1")
    fails("15.1", (25, 64, 89), "standard deviations, their roots")
    fails("15.1", (25, 8, 33), "differences of variances")
    fails("15.1", (25, 2, 27), "has to be squared")
    fails("15.1", (25, 18, 43), "is missing")
    fails("15.1", (25, 10, 35), "trace of the root")
    fails("15.1", (25, 3, 28), "not 3")
    fails("15.1", (25, 4, 29**0.5), "that is the root")
    fails("15.1", (25, 4, 21), "add up")
    fails("15.1", (25, 4, ...), "not there yet")
    fails("15.1", 29, "3 parts")


def moments(x):
    return x.mean(axis=0), np.cov(x, rowvar=False)


def by_roots(a, b):
    (mean_a, cov_a), (mean_b, cov_b) = moments(a), moments(b)

    def root(cov):
        values, vectors = np.linalg.eigh(cov)
        return (vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T

    inner = np.linalg.svd(root(cov_a) @ root(cov_b), compute_uv=False).sum()
    return np.sum((mean_a - mean_b) ** 2) + np.trace(cov_a + cov_b) - 2 * inner


def by_eigenvalues(a, b):
    (mean_a, cov_a), (mean_b, cov_b) = moments(a), moments(b)
    values = np.linalg.eigvals(cov_a @ cov_b).astype("complex128")
    return np.sum((mean_a - mean_b) ** 2) + np.trace(cov_a + cov_b) - 2 * np.sqrt(values).sum()


def make(square=True, root="matrix", factor=2.0, last=lambda x: x):
    def frechet(a, b):
        (mean_a, cov_a), (mean_b, cov_b) = moments(a), moments(b)
        way = np.linalg.norm(mean_a - mean_b)
        whole = by_roots(a - mean_a, b - mean_b)
        inner = (np.trace(cov_a + cov_b) - whole) / 2
        if root == "entries":
            inner = np.sqrt(np.diag(cov_a) * np.diag(cov_b)).sum()
        return last(way ** (2 if square else 1) + np.trace(cov_a + cov_b) - factor * inner)

    return frechet


def root_of(matrix):
    values, vectors = np.linalg.eigh(matrix)
    return (vectors * np.sqrt(values.clip(0))) @ vectors.T


def with_root(root):
    def frechet(a, b):
        (mean_a, cov_a), (mean_b, cov_b) = moments(a), moments(b)
        return ((mean_a - mean_b) ** 2).sum() + np.trace(cov_a + cov_b - 2 * root(cov_a, cov_b))

    return frechet


def test_15_2_right():
    passes("15.2", with_root(lambda cov_a, cov_b: root_of(root_of(cov_a) @ cov_b @ root_of(cov_a))))
    passes("15.2", by_roots)
    passes("15.2", by_eigenvalues)
    passes("15.2", metrics.frechet_distance)
    passes("15.2", make())
    passes("15.2", lambda a, b: tf.constant(by_roots(a, b)))


@pytest.mark.parametrize(
    ("answer", "word"),
    [
        (make(square=False), "not squared"),
        (make(root="entries"), "each axis alone"),
        (make(root="entries", square=False), "not squared"),
        (make(factor=1.0), "should be at 0"),
        (make(factor=0.0), "should be at 0"),
        (lambda a, b: by_roots(a - a.mean(0), b - b.mean(0)), "part of the means is missing"),
        (lambda a, b: 2 * by_roots(a, b), "3² = 9"),
        (lambda a, b: by_roots(a, b) if np.allclose(a.mean(0), b.mean(0)) is False else by_roots(a, b) ** 0.5, "root"),
        (lambda a, b: by_roots(a, b) + 0.3 * abs(np.cov(a.T)[0, 1] - np.cov(b.T)[0, 1]), "lean differently"),
        (lambda a, b: max(by_roots(a, b), 0.0) ** 0.5, "without a root"),
        (lambda a, b: by_roots(a, b) - 2 * ((a.mean(0) - b.mean(0)) ** 2).mean(), "averaged over the axes"),
        (with_root(lambda cov_a, cov_b: root_of(cov_a) @ root_of(cov_b)), "lean alike"),
        (with_root(lambda cov_a, cov_b: root_of(cov_a @ cov_b)), "not symmetric"),
        (lambda a, b: float("nan"), "something negative"),
        (lambda a, b: moments(a)[1], "one number"),
        (lambda a, b: None, "returns None"),
        (lambda a: 0, "other parameters"),
        (3.0, "a function"),
    ],
)
def test_15_2_wrong(answer, word):
    fails("15.2", answer, word)


def shares(skip=0, swapped=False):
    def precision_recall(real, generated, k):
        def inside(points, centres):
            between = np.linalg.norm(centres[:, None] - centres, axis=-1)
            radii = np.sort(between, axis=1)[:, k + skip]
            return (np.linalg.norm(points[:, None] - centres, axis=-1) <= radii).any(axis=1).mean()

        pair = inside(generated, real), inside(real, generated)
        return pair[::-1] if swapped else pair

    return precision_recall


def balls_that_hold(real, generated, k):
    """The wrong axis: one answer for each ball instead of each point."""

    def holding(points, centres):
        radii = np.sort(np.linalg.norm(centres[:, None] - centres, axis=-1), axis=1)[:, k]
        return (np.linalg.norm(points[:, None] - centres, axis=-1) <= radii).any(axis=0).mean()

    return holding(generated, real), holding(real, generated)


def test_15_3_right():
    passes("15.3", shares())
    passes("15.3", lambda real, generated, k: list(shares()(real, generated, k)))
    passes("15.3", lambda real, generated, k: metrics.precision_recall(real, generated, k=k))


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (shares(swapped=True), ("k = 3", "the two are swapped. Precision")),
        (shares(skip=-1), ("own nearest neighbour",)),
        (shares(skip=-1, swapped=True), ("swapped, and", "own nearest neighbour")),
        (shares(skip=1), ("one neighbour too far",)),
        (shares(skip=1, swapped=True), ("swapped, and", "too far")),
        (lambda r, g, k: metrics.precision_recall(r, g, k=3), ("k = 2", "too far")),
        (lambda r, g, k: metrics.density_coverage(r, g, k=k), ("precision is",)),
        (balls_that_hold, ("*balls* that hold",)),
        (lambda r, g, k: balls_that_hold(r, g, k)[::-1], ("*balls* that hold",)),
        (lambda r, g, k: (3.0, 0.5), ("from 0 to 1",)),
        (lambda r, g, k: 0.5, ("shape (2,)",)),
        (lambda r, g, k: None, ("returns None",)),
        (lambda r, g: 0, ("other parameters",)),
    ],
)
def test_15_3_wrong(answer, words):
    fails("15.3", answer, *words)


def test_15_4():
    assert "much too near" in passes("15.4", ("C", "E", "A", "D"))
    passes("15.4", ["c", " e", "a", "d"])
    fails("15.4", ("C", "E", "A", "B"), "had 200 samples")
    fails("15.4", ("B", "E", "A", "D"), "last column")
    fails("15.4", ("C", "B", "A", "D"), "nearly nothing")
    fails("15.4", ("C", "A", "E", "D"), "not `noisy`")
    fails("15.4", ("C", "D", "A", "E"), "not `collapsed`")
    fails("15.4", ("C", "C", "A", "D"), "share a letter")
    fails("15.4", ("C", "F", "A", "D"), "letters A to E")
    fails("15.4", ("C", 2, "A", "D"), "letters A to E")
    fails("15.4", ("C", "E", "A", ...), "not there yet")
    fails("15.4", "CEAD", "4 parts")


def honest(held_out=True, unit=True, scale=255.0, equal=True, shuffled=False, few_real=False):
    def distances(samples, train_images, test_images, features):
        n = min(map(len, samples.values()))
        real = (test_images if held_out else train_images).astype("float32") / scale
        reference = features(real[:n] if few_real else real)
        rng, found = np.random.default_rng(1), {}
        for name, images in samples.items():
            images = images[rng.permutation(len(images))] if shuffled else images
            images = images[:n] if equal else images
            found[name] = metrics.frechet_distance(features((images + 1) / 2 if unit else images), reference)
        return found

    return distances


def test_15_5_right():
    passes("15.5", honest())
    passes("15.5", honest(shuffled=True))
    passes("15.5", honest(few_real=True))
    passes("15.5", honest(few_real=True, shuffled=True))


@pytest.mark.parametrize(
    ("answer", "word"),
    [
        (honest(held_out=False), "the reference is the training set"),
        (honest(scale=1.0), "from 0 to 255"),
        (honest(unit=False), "(x + 1) / 2"),
        (honest(equal=False), "as many as the poorest has"),
        (honest(held_out=False, equal=False), "the reference is the training set"),
        (honest(scale=255.0**2), "should be near"),
        (lambda s, a, b, f: {name: 2 * value for name, value in honest()(s, a, b, f).items()}, "should be near"),
        (lambda s, a, b, f: honest(few_real=True)({n: x[:60] for n, x in s.items()}, a, b, f), "no fewer"),
        (lambda s, a, b, f: dict.fromkeys(s, 1.0), "never called"),
        (lambda s, a, b, f: {"honest": 1.0}, "a dictionary"),
        (lambda s, a, b, f: 1.0, "a dictionary"),
        (lambda s, a, b, f: {name: f(b // 255).mean() for name in s}, "whole numbers"),
        (lambda s, a, b, f: None, "returns None"),
        (lambda s: s, "other parameters"),
    ],
)
def test_15_5_wrong(answer, word):
    fails("15.5", answer, word)


@pytest.mark.parametrize(
    ("exercise", "word"), [("15.2", "not squared"), ("15.3", "swapped, and"), ("15.5", "from 0 to 255")]
)
def test_starters_run_and_are_not_right_yet(exercise, word):
    fails(exercise, starter(exercise, metrics=metrics), word)
