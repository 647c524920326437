"""Exercises of lesson 03: right answers of many kinds pass, wrong ones fail with a sentence that names why."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from answers import fails, passes, starter

from gencourse import exercises
from gencourse.exercises import check, scores_03

KL = (1 + 0.25 - 1 - np.log(0.25)) / 2


def test_every_exercise_has_hints():
    assert list(exercises.exercises_of("03")) == ["03.1", "03.2", "03.3", "03.4", "03.5"]


def test_03_1():
    passes("03.1", (KL, 0, KL))
    passes("03.1", [np.float32(0.818), 0.0, tf.constant(0.818)])
    fails("03.1", (-KL, 0, -KL), "never negative")
    fails("03.1", (KL / np.log(2), 0, 0), "bits")
    fails("03.1", (2 * KL, 0, 2 * KL), "one half")
    fails("03.1", (0.517, 0, 0.517), "not its logarithm")
    fails("03.1", (1.4175, 0, 0), "squared once more")
    fails("03.1", (0.3181, 0, 0), "mean is missing")
    fails("03.1", (2.807, 0, 2.807), "other way round")
    fails("03.1", (0.5966, 0, 0.5966), "no root")
    fails("03.1", (0.426, 0, 0.426), "base 10")
    fails("03.1", (0.8, 0, 0.8), "rounded too far")
    fails("03.1", (5, 0, 5), "not 5")
    fails("03.1", (KL, 1, 1 + KL), "is 0, not 1")
    fails("03.1", (KL, 0, KL / 2), "their mean")
    fails("03.1", (KL, 0, 3), "add up")
    fails("03.1", (KL, 0, ...), "not there yet")
    fails("03.1", KL, "3 parts")


def good_draw(mean, log_variance):
    return mean + tf.exp(0.5 * log_variance) * tf.random.normal(tf.shape(mean))


SEEDS = keras.random.SeedGenerator(0)
TABLE = tf.constant(np.random.default_rng(0).normal(size=(10_000, 16)), tf.float32)


def test_03_2_right():
    passes("03.2", good_draw)
    passes("03.2", tf.function(good_draw))
    passes("03.2", lambda m, v: tf.random.normal(m.shape, m, tf.sqrt(tf.exp(v))))
    passes("03.2", lambda m, v: m + keras.ops.exp(v / 2) * keras.random.normal(m.shape, seed=SEEDS))
    passes("03.2", lambda m, v: m + tf.exp(v / 2) * np.random.default_rng().normal(size=m.shape).astype("float32"))


@pytest.mark.parametrize(
    ("answer", "word"),
    [
        (lambda m, v: m + tf.exp(v / 2) * TABLE[: len(m), : m.shape[1]], "two calls give the same"),
        (lambda m, v: m + tf.exp(v / 2) * keras.random.normal(m.shape, seed=1), "fixed seed"),
        (lambda m, v: m + tf.exp(v) * tf.random.normal(m.shape), "exp(log_variance) is the variance"),
        (lambda m, v: m + tf.exp(2 * v) * tf.random.normal(m.shape), "exponent is doubled"),
        (lambda m, v: m + v * tf.random.normal(m.shape), "as it is"),
        (lambda m, v: m + 0.0 * v + tf.random.normal(m.shape), "whatever the encoder says"),
        (lambda m, v: m + tf.exp(-v / 2) * tf.random.normal(m.shape), "exponent's sign"),
        (lambda m, v: m + tf.exp(v / 2) * tf.random.uniform(m.shape), "not 0"),
        (lambda m, v: m + 3 * tf.exp(v / 2) * tf.random.normal(m.shape), "the standard deviation"),
        (lambda m, v: m + tf.exp(v / 2) * tf.random.uniform(m.shape, -(3**0.5), 3**0.5), "within 1"),
        (lambda m, v: m + tf.exp(v / 2) * tf.random.normal((m.shape[1],)), "all images"),
        (lambda m, v: m + tf.exp(v / 2) * tf.random.normal((len(m), 1)), "all latents"),
        (lambda m, v: m + 0.0 * v, "nothing is drawn"),
        (lambda m, v: np.random.normal(m.numpy(), np.exp(v.numpy() / 2)), "no slope reaches `mean`"),
        (lambda m, v: m + tf.exp(v.numpy() / 2) * tf.random.normal(m.shape), "`log_variance`"),
        (
            lambda m, v: m + tf.stop_gradient(tf.exp(v / 2)) * tf.random.normal(m.shape) + 0.0 * v,
            "cut off",
        ),
        (lambda m, v: good_draw(m, v)[:, 0], "shape (4000, 4)"),
        (lambda m, v: None, "returns None"),
        (lambda m: m, "other parameters"),
    ],
)
def test_03_2_wrong(answer, word):
    fails("03.2", answer, word)


def make_loss(pixels="sum", latents="sum", sign=1.0, half=0.5, batch=tf.reduce_mean):
    def vae_loss(images, logits, mean, log_variance):
        entropy = tf.nn.sigmoid_cross_entropy_with_logits(labels=images, logits=logits)
        entropy = getattr(tf, f"reduce_{pixels}")(entropy, axis=(1, 2, 3))
        kl = mean**2 + tf.exp(log_variance) - 1 - log_variance
        return batch(entropy) + sign * half * batch(getattr(tf, f"reduce_{latents}")(kl, axis=1))

    return vae_loss


def kl_along_the_batch(sign=1.0):
    def vae_loss(images, logits, mean, log_variance):
        kl = tf.reduce_mean(tf.reduce_sum(mean**2 + tf.exp(log_variance) - 1 - log_variance, axis=0)) / 2
        return make_loss(sign=0.0)(images, logits, mean, log_variance) + sign * kl

    return vae_loss


def loss_of_logarithms(images, logits, mean, log_variance):
    p = 1 / (1 + np.exp(-logits.numpy()))
    entropy = -np.sum(images * np.log(p) + (1 - images) * np.log(1 - p)) / len(images)
    return entropy + 0.5 * np.sum(mean**2 + np.exp(log_variance) - 1 - log_variance) / len(images)


def test_03_3_right():
    passes("03.3", make_loss())
    passes("03.3", tf.function(make_loss()))
    assert "not finite" in passes("03.3", loss_of_logarithms)


@pytest.mark.parametrize(
    ("answer", "word"),
    [
        (make_loss(pixels="mean"), "averaged over the pixels"),
        (make_loss(latents="mean"), "averaged over the latents"),
        (make_loss(sign=-1.0), "without end"),
        (make_loss(sign=-1.0, latents="mean"), "its sign is turned, and it is averaged"),
        (make_loss(sign=0.0), "it is missing"),
        (make_loss(half=1.0), "one half"),
        (make_loss(batch=tf.reduce_sum), "over the batch"),
        (kl_along_the_batch(), "the axes are swapped"),
        (kl_along_the_batch(-1.0), "its sign is turned, and it is summed over images"),
        (lambda x, a, m, v: make_loss()(a, x, m, v), "changed places"),
        (lambda x, a, m, v: -make_loss()(x, a, m, v), "likely image"),
        (lambda x, a, m, v: make_loss()(x, a, m, 2 * v), "for a width"),
        (lambda x, a, m, v: make_loss()(x, a, m, v) / np.log(2), "bits"),
        (lambda x, a, m, v: make_loss()(x, a, m, v) + 1, "by hand"),
        (lambda x, a, m, v: make_loss(batch=tf.identity)(x, a, m, v), "one number"),
        (lambda x, a, m, v: None, "returns None"),
        (lambda x, a: 0, "other parameters"),
    ],
)
def test_03_3_wrong(answer, word):
    fails("03.3", answer, word)


def by_hand(model, images, draw=True, price=1.0, seed=5):
    mean, log_variance = model.encode(images)
    noise = np.random.default_rng(seed).normal(size=mean.shape) if draw else 0.0
    logits = np.asarray(model.decoder((mean + np.exp(log_variance / 2) * noise).astype("float32")))
    entropy = (np.logaddexp(0, logits) - images * logits).sum(axis=(1, 2, 3))
    kl = 0.5 * (mean**2 + np.exp(log_variance) - 1 - log_variance).sum(axis=1)
    return (entropy + price * kl).mean()


def elbo(model, images):
    return -model.elbo(images)["elbo"].mean()


def test_03_4_right():
    assert "price of the guess paid" in passes("03.4", lambda m, train, test: elbo(m, test))
    for seed in range(3):
        passes("03.4", lambda m, train, test, seed=seed: by_hand(m, test, seed=seed))
    passes("03.4", lambda m, train, test: elbo(m, test[:1000]) / 2 + elbo(m, test[1000:]) / 2)
    tighter = passes("03.4", lambda m, train, test: -m.importance_weighted_bound(test, k=64, seed=3).mean())
    assert "tighter" in tighter


@pytest.mark.parametrize(
    ("answer", "word"),
    [
        (lambda m, train, test: elbo(m, train), "training"),
        (lambda m, train, test: by_hand(m, train, draw=False, price=0.0), "training"),
        (lambda m, train, test: by_hand(m, train, price=0.0), "training"),
        (lambda m, train, test: by_hand(m, test, price=0.0), "KL is missing"),
        (lambda m, train, test: by_hand(m, test, draw=False, price=0.0), "KL is missing, and the mean"),
        (lambda m, train, test: by_hand(m, test, draw=False), "flatters"),
        (lambda m, train, test: by_hand(m, test, price=-1.0), "It is a price"),
        (lambda m, train, test: elbo(m, np.concatenate([train, test])), "the held-out ones stayed the same"),
        (lambda m, train, test: (elbo(m, train) + elbo(m, test)) / 2, "the held-out ones stayed the same"),
        (lambda m, train, test: -elbo(m, test), "sign is turned"),
        (lambda m, train, test: elbo(m, test) * len(test), "sum over the images"),
        (lambda m, train, test: elbo(m, test) / np.log(2), "bits"),
        (lambda m, train, test: elbo(m, test) / 16, "pixels"),
        (lambda m, train, test: -m.elbo(test)["elbo"], "one number"),
        (lambda m, train, test: 100.0, "yours is 100"),
        (lambda m, train, test: m.predict(test), "stopped with"),
    ],
)
def test_03_4_wrong(answer, word):
    fails("03.4", answer, word)


def test_the_flattering_scores_are_told_apart():
    model, train, test = scores_03._small_vae()
    for images in (train, test):
        scores = scores_03._worth(model, images)
        assert min(np.diff(sorted(scores.values()))) > 0.3, scores  # the check tells apart what differs by 0.2


def test_03_5():
    passes("03.5", (4, 30, 0.5, 99.6))
    passes("03.5", [4.0, 30.0, 0.5, -99.6])
    fails("03.5", (30, 4, 0.5, 99.6), "B has a KL of 0")
    fails("03.5", (0.5, 30, 4, 99.6), "swapped")
    fails("03.5", (1, 30, 0.5, 99.6), "three values")
    fails("03.5", (4, 30, 0.5, 60.5 + 0.5 * 39.1), "half price")
    fails("03.5", (4, 30, 0.5, 105.4 + 4 * 9.5), "four times")
    fails("03.5", (4, 30, 0.5, 60.5), "reconstruction alone")
    fails("03.5", (4, 30, 0.5, 114.9), "C's sum is smaller")
    fails("03.5", (4, 30, 0.5, 200.3), "worst")
    fails("03.5", (4, 30, 0.5, 21.4), "not taken away")
    fails("03.5", (4, 30, 0.5, 7), "smallest sum")


@pytest.mark.parametrize("exercise", ["03.2", "03.3", "03.4"])
def test_starters_run_and_are_not_right_yet(exercise):
    result = check(exercise, starter(exercise))
    assert not result.passed
    assert "stopped with" not in str(result)


def test_checks_leave_the_learners_random_state_alone():
    np.random.seed(3)
    state = np.random.get_state()[1].copy()
    check("03.2", good_draw)
    check("03.4", lambda m, train, test: elbo(m, test))
    assert np.array_equal(np.random.get_state()[1], state)
