"""Fréchet distances class by class: equal to the whole distance of each class, blind to none of the mix-ups."""

import numpy as np
import pytest

from gencourse import data, metrics


@pytest.fixture(scope="module")
def evaluator():
    return metrics.load_evaluator("digits")


@pytest.fixture(scope="module")
def real():
    digits = data.load_images("digits")
    return data.to_unit(digits.test_images[:1200]), digits.test_labels[:1200]


def test_each_class_is_what_the_plain_distance_says(evaluator, real):
    images, labels = real
    found = metrics.class_distances(images[:600], labels[:600], images[600:], labels[600:], evaluator)
    assert list(found) == list(range(10))
    assert all(isinstance(digit, int) and isinstance(value, float) for digit, value in found.items())
    a, b = (
        evaluator.features(part[of == 3]) for part, of in ((images[:600], labels[:600]), (images[600:], labels[600:]))
    )
    assert found[3] == pytest.approx(metrics.frechet_distance(a, b), rel=1e-4)


def test_the_same_images_are_at_no_distance_and_order_does_not_matter(evaluator, real):
    images, labels = real[0][:300], real[1][:300]
    order = np.random.default_rng(0).permutation(300)
    found = metrics.class_distances(images, labels, images[order], labels[order], evaluator)
    assert max(found.values()) < 1e-3


def test_only_the_classes_that_are_mixed_up_stand_out(evaluator, real):
    images, labels = real
    swapped = np.where(labels == 3, 8, np.where(labels == 8, 3, labels))
    halves = slice(0, 600), slice(600, None)
    plain = metrics.class_distances(
        images[halves[0]], labels[halves[0]], images[halves[1]], labels[halves[1]], evaluator
    )
    mixed = metrics.class_distances(
        images[halves[0]], swapped[halves[0]], images[halves[1]], labels[halves[1]], evaluator
    )
    for digit in range(10):
        if digit in (3, 8):
            assert mixed[digit] > 5 * plain[digit]
        else:
            assert mixed[digit] == pytest.approx(plain[digit], rel=1e-6)


def test_few_classes_are_enough(evaluator, real):
    images, labels = real
    some = labels < 2
    assert list(metrics.class_distances(images[some], labels[some], images[some], labels[some], evaluator)) == [0, 1]


def test_what_cannot_be_compared(evaluator, real):
    images, labels = real[0][:200], real[1][:200]
    with pytest.raises(TypeError, match=r"`labels` must be whole numbers. Received: float64"):
        metrics.class_distances(images, labels.astype("float64"), images, labels, evaluator)
    with pytest.raises(ValueError, match=r"`reference_labels` must hold one label for each of 200 images.*\(199,\)"):
        metrics.class_distances(images, labels, images, labels[:-1], evaluator)
    with pytest.raises(ValueError, match=r"fewer of the classes \[7\]"):
        metrics.class_distances(images, labels, images[labels != 7], labels[labels != 7], evaluator)
    one = np.flatnonzero((labels != 4) | (np.cumsum(labels == 4) == 1))
    with pytest.raises(ValueError, match=r"fewer of the classes \[4\]"):
        metrics.class_distances(images[one], labels[one], images, labels, evaluator)
