"""Exercises of lesson 08: right answers of many kinds pass, wrong ones fail with a sentence that names why."""

import numpy as np
import pytest
import tensorflow as tf
from answers import fails, passes, starter

from gencourse import exercises, pixelcnn
from gencourse.exercises import check, scores_08

LOG2, STAYS, CHANGES = np.log(2), np.log(4 / 3), np.log(4)
IMAGE = LOG2 + STAYS + CHANGES
MEAN = LOG2 + 2 * (0.75 * STAYS + 0.25 * CHANGES)
SIZE = 5000 * 84 / LOG2 / 8 / 1000


def test_every_exercise_has_hints():
    assert list(exercises.exercises_of("08")) == ["08.1", "08.2", "08.3", "08.4", "08.5"]


def test_08_1_right():
    assert "490 kilobytes" in passes("08.1", (IMAGE, MEAN, 3 * LOG2, SIZE))
    passes("08.1", [np.float32(2.367), tf.constant(1.818), 2.08, 76])
    passes("08.1", (2.37, 1.82, 2.079, SIZE / 1.024))


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ((3 / 32, MEAN, 3 * LOG2, SIZE), "its probability"),
        ((-IMAGE, MEAN, 3 * LOG2, SIZE), "sign is turned"),
        ((IMAGE / LOG2, MEAN, 3 * LOG2, SIZE), "these are bits"),
        ((LOG2 + 2 * STAYS, MEAN, 3 * LOG2, SIZE), "the last pixel changes"),
        ((STAYS + CHANGES, MEAN, 3 * LOG2, SIZE), "first pixel costs something"),
        ((3 * LOG2, MEAN, 3 * LOG2, SIZE), "without the chain"),
        ((7, MEAN, 3 * LOG2, SIZE), "log 2 + log(4/3) + log 4"),
        ((-np.log10(3 / 32), MEAN, 3 * LOG2, SIZE), "base 10"),
        ((IMAGE, MEAN / 3, 3 * LOG2, SIZE), "for each pixel"),
        ((IMAGE, LOG2 + 2 * STAYS, 3 * LOG2, SIZE), "the likeliest image"),
        ((IMAGE, MEAN, 3 * LOG2, SIZE / 5000), "one digit"),
        ((IMAGE, IMAGE, 3 * LOG2, SIZE), "one image"),
        ((IMAGE, MEAN / LOG2, 3 * LOG2, SIZE), "these are bits"),
        ((IMAGE, MEAN - LOG2, 3 * LOG2, SIZE), "the first pixel costs log 2"),
        ((IMAGE, (MEAN + LOG2) / 2, 3 * LOG2, SIZE), "two pixels follow"),
        ((IMAGE, 1, 3 * LOG2, SIZE), "3/4 · log(4/3)"),
        ((IMAGE, MEAN, MEAN, SIZE), "with the chain"),
        ((IMAGE, MEAN, 3, SIZE), "these are bits"),
        ((IMAGE, MEAN, LOG2, SIZE), "an image has three"),
        ((IMAGE, MEAN, 1, SIZE), "three fair coins"),
        ((IMAGE, MEAN, 3 * LOG2, 52.5), "takes a nat for a bit"),
        ((IMAGE, MEAN, 3 * LOG2, 420), "thousands of nats"),
        ((IMAGE, MEAN, 3 * LOG2, SIZE * 8), "thousands of bits"),
        ((IMAGE, MEAN, 3 * LOG2, SIZE * 1000), "in bytes"),
        ((IMAGE, MEAN, 3 * LOG2, 420 * LOG2 / 8), "divided by log 2"),
        ((IMAGE, MEAN, 3 * LOG2, 1), "5,000 · 84"),
        ((IMAGE, MEAN, 3 * LOG2, "76 kB"), "should be a number"),
        ((IMAGE, MEAN, np.nan, SIZE), "finite"),
        ((IMAGE, MEAN, 3 * LOG2, ...), "not there yet"),
        (2.37, "4 parts"),
    ],
)
def test_08_1_wrong(answer, words):
    fails("08.1", answer, words)


def columns_first(rows, columns, kind):
    mask = np.zeros((rows, columns), "float32")
    mask[:, : columns // 2] = 1
    mask[: rows // 2 + (kind == "B"), columns // 2] = 1
    return mask


def by_loop(rows, columns, kind):
    centre = (columns // 2, rows // 2)
    return [
        [int((column, row) < centre or (kind == "B" and (column, row) == centre)) for column in range(columns)]
        for row in range(rows)
    ]


def whole_columns(rows, columns, kind):
    return np.tile(np.arange(columns) <= columns // 2, (rows, 1))


def test_08_2_right():
    assert "Any order" in passes("08.2", columns_first)
    passes("08.2", by_loop)
    passes("08.2", lambda r, c, k: columns_first(r, c, k).astype(bool))
    passes("08.2", lambda r, c, k: tf.constant(columns_first(r, c, k)))
    passes("08.2", lambda r, c, k: pixelcnn.raster_mask((c, r), k).T)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda r, c, k: pixelcnn.raster_mask((r, c), k), "line by line"),
        (lambda r, c, k: columns_first(r, c, k).T, "rows come first"),
        (lambda r, c, k: columns_first(r, c, "A" if k == "B" else "B"), "other way round"),
        (lambda r, c, k: columns_first(r, c, "A"), "other way round"),
        (lambda r, c, k: columns_first(r, c, "B"), "other way round"),
        (lambda r, c, k: 1 - columns_first(r, c, k), "swapped"),
        (lambda r, c, k: columns_first(r, c, k)[:, ::-1], "to the right"),
        (lambda r, c, k: columns_first(r, c, k)[::-1], "looks down"),
        (lambda r, c, k: columns_first(r, c, k)[::-1, ::-1], "the future only"),
        (lambda r, c, k: 2 * columns_first(r, c, k), "zeros and ones"),
        (whole_columns, "is 1 in yours, but is the centre, which kind A leaves out"),
        (lambda r, c, k: np.ones((r, c)), "is 1 in yours, but is drawn after"),
        (lambda r, c, k: np.zeros((r, c)), "is 0 in yours, but is drawn before"),
        (lambda r, c, k: np.zeros(3), "shape (5, 3)"),
        (lambda r, c, k: "mask", "should be an array"),
        (lambda r, c, k: np.full((r, c), np.nan), "finite"),
        (lambda r, c, k: None, "returns None"),
        (lambda r: 0, "other parameters"),
    ],
)
def test_08_2_wrong(answer, words):
    fails("08.2", answer, words)


def network(kinds="ABB", before=lambda x: x, last=lambda x: x, between=tf.nn.relu, layers=3):
    def logits_of(images, kernels):
        x = before(images)
        for number, (kernel, kind) in enumerate(zip(kernels[:layers], kinds, strict=True)):
            x = tf.nn.conv2d(x, kernel * pixelcnn.raster_mask((3, 3), kind)[:, :, None, None], 1, "SAME")
            x = between(x) if number < 2 else last(x)
        return x

    return logits_of


def test_08_3_right():
    assert "silent" in passes("08.3", network())
    passes("08.3", network(before=lambda x: 2 * x - 1))
    passes("08.3", network(before=lambda x: x - 0.13))
    passes("08.3", tf.function(network(between=tf.tanh)))
    passes("08.3", network(between=lambda x: tf.maximum(x, 0.2 * x)))


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (network(before=lambda x: x - tf.reduce_mean(x, axis=(1, 2, 3), keepdims=True)), "whole image"),
        (network(before=lambda x: x - tf.reduce_mean(x)), "over the batch"),
        (network(before=lambda x: x - tf.reduce_mean(x, axis=0)), "over the batch"),
        (network("AAA"), "kind A in every layer"),
        (network("BBB"), "sees its own pixel"),
        (network("BAA"), "kind A in every layer"),
        (network("ABB", last=tf.nn.relu), "the last layer needs no ReLU"),
        (network("ABB", last=lambda x: -tf.nn.relu(x)), "probably white"),
        (network("ABA"), "kind A in every layer"),
        (network(last=lambda x: 0 * x), "all logits are equal"),
        (network(between=lambda x: x), "no more than one"),
        (lambda x, k: network()(x, k)[..., 0], "the result of `logits_of` should have the shape (8, 5, 7, 1)"),
        (network("A", layers=1, last=lambda x: x[..., :1]), "the result of `logits_of` should have the shape"),
        (
            lambda x, k: tf.nn.conv2d(
                x, k[0][:, :, :, :1] * pixelcnn.raster_mask((3, 3), "A")[:, :, None, None], 1, "SAME"
            ),
            "only",
        ),
        (lambda x, k: x, "sees its own pixel"),
        (lambda x, k: tf.nn.conv2d(x, k[0][:, :, :, :1], 1, "SAME"), "does not come before it"),
        (lambda x, k: network()(x, k).numpy(), "use `tf`"),
        (lambda x, k: network()(x, k) * np.nan, "finite"),
        (lambda x, k: x[:1], "shape"),
        (lambda x, k: tf.Variable(tf.random.normal((len(x), 5, 7, 1))), ""),
        (lambda x, k: None, "returns None"),
        (lambda x: x, "other parameters"),
    ],
)
def test_08_3_wrong(answer, words):
    fails("08.3", answer, words)


def by_turning(network, height, width):
    image = (np.random.default_rng(0).random((1, height, width, 1)) < 0.5).astype("float32")
    first = np.asarray(network(image)).ravel()
    for place in range(height * width):
        changed = image.copy()
        changed.reshape(-1)[place:] = 1 - changed.reshape(-1)[place:]
        if np.any(np.asarray(network(changed)).ravel()[: place + 1] != first[: place + 1]):
            return True
    return False


def by_gradient(network, height, width):
    x = tf.constant(np.random.default_rng(0).random((4, height, width, 1)).astype("float32"))
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = network(x)
    sees = np.abs(tape.batch_jacobian(y, x)).max(axis=0).reshape(height * width, -1) > 0
    return np.triu(sees).any()


def one_by_one(network, height, width, seed=1):
    """Every pixel alone, in several images at once."""
    images = (np.random.default_rng(seed).random((3, height, width, 1)) < 0.5).astype("float64")
    number = np.arange(height * width).reshape(height, width)
    for row in range(height):
        for column in range(width):
            other = images.copy()
            other[:, row, column] = 1 - other[:, row, column]
            moved = (np.asarray(network(other)) != np.asarray(network(images))).any(axis=(0, 3))
            if (moved & (number <= number[row, column])).any():
                return tf.constant(True)
    return np.bool_(False)


def test_08_4_right():
    assert "all seven leaks" in passes("08.4", by_turning)
    passes("08.4", by_gradient)
    passes("08.4", one_by_one)


def test_08_4_its_networks_are_what_they_say():
    for function, leaks, words in scores_08._networks():
        assert by_gradient(function, scores_08.HEIGHT, scores_08.WIDTH) == leaks, words


def turning(image_of, first=0, own=1, tolerance=0.0, step=1):
    def sees_ahead(network, height, width):
        image = image_of((1, height, width, 1))
        before = np.asarray(network(image)).ravel()
        for place in range(first, height * width, step):
            changed = image.copy()
            changed.reshape(-1)[place] = 1 - changed.reshape(-1)[place]
            after = np.asarray(network(changed)).ravel()
            if np.any(np.abs(after - before)[: place + own] > tolerance):
                return True
        return False

    return sees_ahead


def random_image(shape):
    return (np.random.default_rng(0).random(shape) < 0.5).astype("float32")


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda n, h, w: True, "True of every network"),
        (lambda n, h, w: False, "False of every network"),
        (turning(random_image, own=0), "logit of the pixel itself"),
        (turning(np.zeros), "random pixels"),
        (turning(random_image, tolerance=1e-3), "a small leak"),
        (turning(random_image, step=2), "one place is not enough"),
        (turning(random_image, own=9), "a false alarm"),
        (lambda n, h, w: not by_turning(n, h, w), "a false alarm"),
        (lambda n, h, w: n(np.zeros((1, w, h, 1))), "Received: (1, 6, 5, 1)"),
        (lambda n, h, w: "yes", "True or False"),
        (lambda n, h, w: np.zeros((2, 2)), "True or False"),
        (lambda n, h, w: None, "returns None"),
        (lambda n: True, "other parameters"),
    ],
)
def test_08_4_wrong(answer, words):
    fails("08.4", answer, words)


def good_bayes(given, prior):
    joint = given + np.log(prior)[:, None]
    log_p = np.logaddexp.reduce(joint, axis=0)
    return np.exp(joint - log_p), log_p


def shifted_bayes(given, prior):
    highest = given.max(axis=0)
    weighted = np.exp(given - highest) * np.reshape(prior, (-1, 1))
    return weighted / weighted.sum(axis=0), highest + np.log(weighted.sum(axis=0))


def test_08_5_right():
    assert "add up to 1" in passes("08.5", good_bayes)
    passes("08.5", shifted_bayes)
    passes(
        "08.5",
        lambda g, p: [
            tf.nn.softmax(g + np.log(p)[:, None], axis=0),
            tf.reduce_logsumexp(g + np.log(p)[:, None], axis=0),
        ],
    )


def plain_bayes(given, prior):
    likelihoods = np.exp(given) * prior[:, None]
    return likelihoods / likelihoods.sum(axis=0), np.log(likelihoods.sum(axis=0))


def propped_bayes(given, prior):
    likelihoods = np.exp(given) * prior[:, None] + 1e-300
    return likelihoods / likelihoods.sum(axis=0), np.log(likelihoods.sum(axis=0))


def one_highest(given, prior):
    joint = given + np.log(prior)[:, None]
    weights = np.exp(joint - joint.max())
    return weights / weights.sum(axis=0), joint.max() + np.log(weights.sum(axis=0))


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (plain_bayes, "underflows"),
        (lambda g, p: good_bayes(g, np.ones(3) / 3), "the prior has no say"),
        (lambda g, p: (np.log(good_bayes(g, p)[0]), good_bayes(g, p)[1]), "logarithms of the posterior"),
        (lambda g, p: (np.exp(g - g.max(0)) * p[:, None], good_bayes(g, p)[1]), "should add up to 1"),
        (
            lambda g, p: (good_bayes(g, p)[0] / good_bayes(g, p)[0].sum(1)[:, None], good_bayes(g, p)[1]),
            "over the images",
        ),
        (lambda g, p: good_bayes(g[::-1], p), "by hand and"),
        (lambda g, p: (good_bayes(g, p)[0], g.mean(0)), "mean of the logarithms"),
        (lambda g, p: (good_bayes(g, p)[0], p @ g), "mean of the logarithms"),
        (lambda g, p: (good_bayes(g, p)[0], np.logaddexp.reduce(g)), "without the prior"),
        (lambda g, p: (good_bayes(g, p)[0], np.logaddexp.reduce(g) - np.log(3)), "equally likely"),
        (lambda g, p: (good_bayes(g, p)[0], g.max(0)), "highest log-likelihood alone"),
        (lambda g, p: (good_bayes(g, p)[0], (g + np.log(p)[:, None]).max(0)), "likeliest class alone"),
        (lambda g, p: (good_bayes(g, p)[0], good_bayes(g, p)[1] - g.max(0)), "not yet put back"),
        (lambda g, p: (good_bayes(g, p)[0], good_bayes(g, p)[1] - np.log(3)), "take no mean"),
        (lambda g, p: propped_bayes(g, p), "all classes come out alike"),
        (lambda g, p: one_highest(g, p), "the highest of each image, not the highest of all"),
        (lambda g, p: (good_bayes(g, p)[0], -good_bayes(g, p)[1]), "sign is turned"),
        (lambda g, p: (good_bayes(g, p)[0], np.exp(good_bayes(g, p)[1])), "its logarithm is asked for"),
        (lambda g, p: (good_bayes(g, p)[0], good_bayes(g, p)[1] / LOG2), "these are bits"),
        (lambda g, p: (good_bayes(g, p)[0], 0 * good_bayes(g, p)[1]), "log p(x) of image 0"),
        (lambda g, p: (good_bayes(g, p)[0].T, good_bayes(g, p)[1]), "axes swapped"),
        (lambda g, p: good_bayes(g, p)[0], "2 parts"),
        (lambda g, p: (good_bayes(g, p)[0], 1.0), "log_p should have the shape"),
        (lambda g, p: (None, None), "not there yet"),
        (lambda g: g, "other parameters"),
    ],
)
def test_08_5_wrong(answer, words):
    fails("08.5", answer, words)


def test_starters_say_the_first_thing_that_is_wrong():
    fails("08.2", starter("08.2"), "line by line")
    fails("08.3", starter("08.3"), "whole image")
    fails("08.4", starter("08.4"), "5 of seven leaks")
    fails("08.5", starter("08.5"), "the prior has no say")


def test_mending_one_bug_of_08_3_brings_the_next():
    fails("08.3", network("AAA", last=tf.nn.relu), "kind A in every layer")
    fails("08.3", network(last=tf.nn.relu), "needs no ReLU")
    assert not check("08.3", network("ABB", before=lambda x: x - tf.reduce_mean(x, axis=(1, 2), keepdims=True)))
