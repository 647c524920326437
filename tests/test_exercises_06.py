"""Exercises of lesson 06: right answers of many kinds pass, wrong ones fail with a sentence that names why."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from answers import fails, passes, starter

from gencourse import data, exercises
from gencourse.exercises import check, scores_06

cross_entropy = keras.losses.BinaryCrossentropy(from_logits=True)
class_loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
LOSS = np.log(1 + np.exp(-2))


def test_every_exercise_has_hints():
    assert list(exercises.exercises_of("06")) == ["06.1", "06.2", "06.3", "06.4", "06.5"]


def test_06_1():
    passes("06.1", (-0.5, 1.5, LOSS))
    passes("06.1", [np.float32(-0.5), tf.constant(1.5), 0.127])
    fails("06.1", (1.5, -0.5, LOSS), "swapped")
    fails("06.1", (-1, 1, LOSS), "alone")
    fails("06.1", (0.5, 0.5, LOSS), "no say")
    fails("06.1", (0.5, 2.5, LOSS), "bias is missing")
    fails("06.1", (-1.5, 0.5, LOSS), "twice")
    fails("06.1", (-0.5, 3, LOSS), "`logit_eight` is not 3")
    fails("06.1", (3, 1.5, LOSS), "`logit_three` is not 3")
    fails("06.1", (-0.5, 1.5, np.log(1 + np.exp(2))), "a three")
    fails("06.1", (-0.5, 1.5, -LOSS), "never negative")
    fails("06.1", (-0.5, 1.5, LOSS / np.log(2)), "bits")
    fails("06.1", (-0.5, 1.5, 0.8808), "probability")
    fails("06.1", (-0.5, 1.5, 0.3133), "one class logit")
    fails("06.1", (-0.5, 1.5, LOSS / np.log(10)), "base 10")
    fails("06.1", (-0.5, 1.5, 0.13), "three digits")
    fails("06.1", (-0.5, 1.5, 7), "softmax of (-1, 1)")
    fails("06.1", (-0.5, 1.5, ...), "not there yet")
    fails("06.1", 1, "3 parts")


def good_planes(labels, height, width, classes):
    return np.eye(classes, dtype="float32")[labels][:, None, None, :] * np.ones((1, height, width, 1), "float32")


def looped_planes(labels, height, width, classes):
    planes = np.zeros((len(labels), height, width, classes))
    for image, label in enumerate(labels):
        planes[image, :, :, label] = 1
    return planes


def test_06_2_right():
    passes("06.2", good_planes)
    passes("06.2", looped_planes)
    passes("06.2", lambda y, h, w, k: np.repeat(np.eye(k)[y], h * w, axis=0).reshape(len(y), h, w, k))
    passes("06.2", lambda y, h, w, k: np.tile(np.eye(k)[y], (1, h * w)).reshape(len(y), h, w, k))
    passes("06.2", lambda y, h, w, k: tf.broadcast_to(tf.one_hot(y, k)[:, None, None], (len(y), h, w, k)))


@pytest.mark.parametrize(
    ("answer", "word"),
    [
        (lambda y, h, w, k: np.repeat(np.eye(k)[y], h * w, axis=1).reshape(len(y), h, w, k), "These are bands"),
        (lambda y, h, w, k: np.tile(np.eye(k)[y], (h * w, 1)).reshape(len(y), h, w, k), "not constant"),
        (lambda y, h, w, k: good_planes(y, h, w, k).transpose(0, 3, 1, 2), "another order"),
        (lambda y, h, w, k: good_planes(y[::-1], h, w, k), "label of another"),
        (lambda y, h, w, k: 1 - good_planes(y, h, w, k), "swapped"),
        (lambda y, h, w, k: 0 * good_planes(y, h, w, k), "every plane is 0"),
        (lambda y, h, w, k: good_planes((y + 1) % k, h, w, k), "label"),
        (lambda y, h, w, k: good_planes(0 * y, h, w, k), "its planes say"),
        (lambda y, h, w, k: 2 * good_planes(y, h, w, k) - 1, "should be 0 and 1"),
        (lambda y, h, w, k: np.ones((len(y), h, w, 1)) * np.isin(np.arange(k), y), "all labels in the batch"),
        (lambda y, h, w, k: np.eye(k)[y], "has (4, 3)"),
        (lambda y, h, w, k: None, "returns None"),
        (lambda y: y, "other parameters"),
    ],
)
def test_06_2_wrong(answer, word):
    fails("06.2", answer, word)


def make_losses(d_sign=1.0, g_sign=1.0, real=None, made=None, both=0.0, d_weight=None, loss=class_loss, game=1.0):
    def losses(real_logits, real_classes, generated_logits, generated_classes, real_labels, asked_labels, weight):
        parts = {"real": real_labels, "asked": asked_labels}
        told_apart = cross_entropy(tf.ones_like(real_logits), real_logits)
        told_apart += cross_entropy(tf.zeros_like(generated_logits), generated_logits)
        fooled = cross_entropy(tf.ones_like(generated_logits), generated_logits)
        named = loss(parts[real or "real"], real_classes) + both * loss(asked_labels, generated_classes)
        asked = loss(parts[made or "asked"], generated_classes)
        d_part = (weight if d_weight is None else d_weight * float(weight > 0)) * named
        return game * told_apart + d_sign * d_part, fooled + g_sign * weight * asked

    return losses


def twice(labels, class_logits):
    return class_loss(labels, tf.nn.softmax(class_logits))


def summed(labels, class_logits):
    return len(labels) * class_loss(labels, class_logits)


def numpy_losses(real_logits, real_classes, generated_logits, generated_classes, real_labels, asked_labels, weight):
    def named(logits, labels):
        p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
        return -np.mean(np.log(p[np.arange(len(labels)), labels]))

    a, b = np.asarray(real_logits), np.asarray(generated_logits)
    told_apart = np.log1p(np.exp(-a)).mean() + np.log1p(np.exp(b)).mean()
    return (
        told_apart + weight * named(np.asarray(real_classes), np.asarray(real_labels)),
        np.log1p(np.exp(-b)).mean() + weight * named(np.asarray(generated_classes), np.asarray(asked_labels)),
    )


def test_06_3_right():
    assert "not opponents" in passes("06.3", make_losses())
    passes("06.3", tf.function(make_losses()))
    passes("06.3", numpy_losses)
    assert "paper of 2017" in passes("06.3", make_losses(both=1.0))


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (make_losses(loss=twice), ("discriminator", "softmax is applied twice")),
        (make_losses(real="asked"), ("discriminator", "labels of the generated")),
        (make_losses(made="real"), ("generator", "labels of the real")),
        (make_losses(made="real", g_sign=-1.0), ("generator", "sign is turned, and generated images")),
        (make_losses(g_sign=-1.0), ("generator", "its sign is turned")),
        (make_losses(d_sign=-1.0), ("discriminator", "its sign is turned")),
        (make_losses(g_sign=0.0), ("generator", "it is missing")),
        (make_losses(d_sign=0.0), ("discriminator", "it is missing")),
        (make_losses(loss=summed), ("over the batch",)),
        (lambda *a: make_losses()(*a)[::-1], ("changed places",)),
        (lambda *a: make_losses()(*a[:-1], 1.0), ("discriminator", "multiplied by `weight`")),
        (make_losses(d_weight=1.0), ("three times the weight", "discriminator")),
        (make_losses(game=0.5), ("with weight 0",)),
        (lambda *a: numpy_losses(*a)[0], ("2 parts",)),
        (lambda a, b, c, d, e, f, w: (numpy_losses(a, b, c, d, e, f, w)[0], w * class_loss(e, b)), ("weight 0",)),
        (
            lambda a, b, c, d, e, f, w: (
                numpy_losses(a, b, c, d, e, f, w)[0],
                numpy_losses(a, b, c, d, e, f, 0.0)[1] + w * class_loss(e, b),
            ),
            ("generator", "real images"),
        ),
        (lambda *a: None, ("returns None",)),
        (lambda a, b: 0, ("other parameters",)),
    ],
)
def test_06_3_wrong(answer, words):
    fails("06.3", answer, *words)


def good_accuracy(model, evaluator, n):
    labels = np.random.default_rng(0).integers(0, model.classes, n)
    images = data.to_unit(model.generate(n, labels=labels, seed=0))
    return np.mean(evaluator.probabilities(images).argmax(axis=1) == labels)


def accuracy_by_class(model, evaluator, n):
    hits = 0
    for label in range(10):
        images = (model.generate(n // 10, labels=label, seed=label) + 1) / 2
        hits += np.sum(np.argmax(evaluator.probabilities(images), axis=1) == label)
    return hits / n


def test_06_4_right():
    assert "100%" in passes("06.4", good_accuracy)
    passes("06.4", accuracy_by_class)
    passes("06.4", lambda m, e, n: (e.probabilities((m.generate(n) + 1) / 2).argmax(1) == np.arange(n) % 10).mean())


def own_head(model, evaluator, n):
    labels = np.arange(n) % 10
    _, class_logits = model.discriminator(model.generate(n, labels=labels), training=False)
    return np.mean(np.argmax(class_logits, axis=1) == labels)


def sorted_lists(model, evaluator, n):
    labels = np.arange(n) % 10
    read = evaluator.probabilities((model.generate(n, labels=labels) + 1) / 2).argmax(axis=1)
    return np.mean(np.sort(read) == np.sort(labels))


def unscaled(model, evaluator, n):
    return evaluator.probabilities(model.generate(n)).mean()


@pytest.mark.parametrize(
    ("answer", "word"),
    [
        (own_head, "own classifier"),
        (sorted_lists, "sorted"),
        (unscaled, "data.to_unit(images)"),
        (lambda m, e, n: 1 - good_accuracy(m, e, n), "errors"),
        (lambda m, e, n: 100 * good_accuracy(m, e, n), "per cent"),
        (lambda m, e, n: n * good_accuracy(m, e, n), "divide it"),
        (lambda m, e, n: good_accuracy(m, e, n // 2), "500 were drawn"),
        (lambda m, e, n: e((m.generate(n) + 1) / 2), "evaluator.probabilities(images)"),
        (lambda m, e, n: e.features((m.generate(n) + 1) / 2), "evaluator.probabilities(images)"),
        (lambda m, e, n: np.mean(e.probabilities((m.generate(n, labels=3) + 1) / 2).argmax(1) == 3), "class 3"),
        (lambda m, e, n: e.probabilities((m.generate(n) + 1) / 2).max(axis=1).mean(), "same sample"),
        (lambda m, e, n: 0.97, "no samples"),
        (lambda m, e, n: m.generate(n, labels=np.zeros(n)), "stopped with ValueError"),
        (lambda m, e, n: None, "returns None"),
        (lambda m: 0, "other parameters"),
    ],
)
def test_06_4_wrong(answer, word):
    fails("06.4", answer, word)


def test_the_flattering_accuracies_are_told_apart():
    model = scores_06._Drawer()
    model.generate(1000)
    asked, drawn = model.asked[0], model.drawn[0]
    right, alike = (asked == drawn).mean(), (np.sort(asked) == np.sort(drawn)).mean()
    assert 0.6 < right < 0.85
    assert right + 0.02 < alike < 0.999


def test_06_5():
    passes("06.5", ("B", "D", "A", "C"))
    passes("06.5", ["b", " D ", "(a)", "C"])
    fails("06.5", ("B", "A", "D", "C"), "A and D are swapped")
    fails("06.5", ("B", "D", "C", "A"), "by chance")
    fails("06.5", ("C", "D", "A", "B"), "hardly any")
    fails("06.5", ("D", "B", "A", "C"), "nearly every time")
    fails("06.5", ("B", "D", "A", "A"), "named twice")
    fails("06.5", ("B", "D", "?", "C"), "`shuffled` should be one of the letters")
    fails("06.5", ("B", "D", 1, "C"), "`shuffled`")
    fails("06.5", "B", "4 parts")


@pytest.mark.parametrize("exercise", ["06.2", "06.3", "06.4"])
def test_starters_run_and_are_not_right_yet(exercise):
    result = check(exercise, starter(exercise))
    assert not result.passed
    assert "stopped with" not in str(result)


def test_checks_leave_the_learners_random_state_alone():
    np.random.seed(3)
    state = np.random.get_state()[1].copy()
    check("06.2", good_planes)
    check("06.4", good_accuracy)
    assert np.array_equal(np.random.get_state()[1], state)
