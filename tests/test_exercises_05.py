"""Exercises of lesson 05: right answers of many kinds pass, wrong ones fail with a sentence that names why."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from answers import fails, passes, starter

from gencourse import exercises, losses
from gencourse.exercises import check, lesson_05

JS = float(np.log(2))


def test_every_exercise_has_hints():
    assert list(exercises.exercises_of("05")) == ["05.1", "05.2", "05.3", "05.4", "05.5"]


def test_05_1():
    real, generated = np.sort(lesson_05.REAL_PILE), np.sort(lesson_05.GENERATED_PILE)
    passes("05.1", (np.abs(real - generated).mean(), JS, np.abs(real - generated - 100).mean(), JS))
    passes("05.1", [2, 0.693, tf.constant(100.0), np.float32(0.693)])
    fails("05.1", (0, JS, 100, JS), "means are equal")
    listed = np.abs(np.subtract(lesson_05.REAL_PILE, lesson_05.GENERATED_PILE))
    fails("05.1", (listed.mean(), JS, 100, JS), "sort both piles first")
    fails("05.1", (np.mean((real - generated) ** 2), JS, 100, JS), "not their squares")
    fails("05.1", (np.mean((real - generated) ** 2) ** 0.5, JS, 100, JS), "without squares and root")
    fails("05.1", (3, JS, 100, JS), "longest")
    fails("05.1", (6, JS, 100, JS), "sum of the three ways")
    fails("05.1", (listed.sum(), JS, 100, JS), "sort both piles first")
    fails("05.1", (7, JS, 100, JS), "mean of the three ways")
    fails("05.1", (2, 1, 100, 1), "in bits")
    fails("05.1", (2, 2 * JS, 100, JS), "not their sum")
    fails("05.1", (2, 0, 100, JS), "equal piles")
    fails("05.1", (2, JS / 2, 100, JS / 2), "twice that")
    fails("05.1", (2, JS, 100, np.inf), "`js_far` is finite")
    fails("05.1", (2, JS, 100, 100), "`js_far` is not 100")
    fails("05.1", (2, JS, 102, JS), "moved to the left before")
    fails("05.1", (2, JS, 98, JS), "go the other way")
    fails("05.1", (2, JS, 300, JS), "sum of the three ways")
    fails("05.1", (2, JS, 1, JS), "carry 0 to 101")
    fails("05.1", (2, JS, ..., JS), "not there yet")
    fails("05.1", 2, "4 parts")


def good_critic(real, generated):
    return tf.reduce_mean(generated) - tf.reduce_mean(real)


def good_generator(generated):
    return -tf.reduce_mean(generated)


def test_05_2_right():
    passes("05.2", (good_critic, good_generator))
    passes("05.2", (tf.function(good_critic), tf.function(good_generator)))
    passes("05.2", (losses.wasserstein_critic_loss, losses.wasserstein_generator_loss))
    passes("05.2", (lambda r, g: -np.mean(r - g), lambda g: np.mean(-g)))


@pytest.mark.parametrize(
    ("critic", "generator", "word"),
    [
        (lambda r, g: -good_critic(r, g), good_generator, "does not fall: a sign"),
        (lambda r, g: -tf.reduce_mean(r) - tf.reduce_mean(g), good_generator, "does not rise: a sign"),
        (good_critic, lambda g: -good_generator(g), "its sign is turned"),
        (lambda r, g: good_critic(tf.sigmoid(r), tf.sigmoid(g)), good_generator, "the critic's loss is -1"),
        (good_critic, lambda g: -tf.reduce_mean(tf.sigmoid(g)), "squeezes or cuts"),
        (good_critic, lambda g: tf.reduce_mean(tf.nn.softplus(-g)), "squeezes or cuts"),
        (lambda r, g: tf.reduce_sum(g) - tf.reduce_sum(r), good_generator, "take the mean"),
        (good_critic, lambda g: -tf.reduce_sum(g), "take the mean"),
        (lambda r, g: good_critic(r, g) / 2, good_generator, "half of what it should be"),
        (lambda r, g: 4 * good_critic(r, g), good_generator, "by hand"),
        (lambda r, g: -tf.abs(good_critic(r, g)), good_generator, "absolute value"),
        (
            lambda r, g: tf.reduce_mean(tf.nn.relu(1 - r)) + tf.reduce_mean(tf.nn.relu(1 + g)),
            good_generator,
            "maximum",
        ),
        (lambda r, g: g - r, good_generator, "should be one number"),
        (good_critic, lambda g: None, "returns None"),
        (good_critic, None, "`generator_loss` is not there yet"),
        (good_generator, good_generator, "other parameters"),
    ],
)
def test_05_2_wrong(critic, generator, word):
    fails("05.2", (critic, generator), word)


SEEDS = keras.random.SeedGenerator(3)


def make_penalty(draw=None, axes=(1, 2, 3), root=1e-12, shape=None, mix=None, watch=True, end=None, of="points"):
    """A gradient penalty, with one thing or another made wrong."""

    def gradient_penalty(critic, real, generated):
        share = (draw or tf.random.uniform)(shape or (len(real), 1, 1, 1))
        points = (mix or (lambda s, r, g: s * r + (1 - s) * g))(share, real, generated)
        with tf.GradientTape() as tape:
            if watch:
                tape.watch(points)
            scores = critic(points)
            scores = tf.reduce_mean(scores) if of == "mean" else scores
        slopes = tape.gradient(scores, critic.trainable_variables[0] if of == "weights" else points)
        if of == "weights":
            return tf.square(tf.norm(slopes) - 1.0)
        norms = tf.sqrt(tf.reduce_sum(tf.square(slopes), axis=axes) + root)
        return tf.reduce_mean(tf.square(norms - 1.0)) if end is None else end(norms)

    return gradient_penalty


def cut_off(critic, real, generated):
    norms = losses.gradient_norms(critic, losses.interpolate(real, generated, seed=SEEDS))
    return tf.reduce_mean(tf.square(tf.stop_gradient(norms) - 1.0)) + 0.0 * tf.reduce_sum(critic.trainable_variables[0])


def test_05_3_right():
    passes("05.3", make_penalty())
    passes("05.3", tf.function(make_penalty()))
    passes("05.3", lambda c, r, g: losses.gradient_penalty(c, r, g, seed=SEEDS))
    passes("05.3", lambda c, r, g: losses.gradient_penalty(c, g, r, seed=SEEDS))  # the other end of the line
    passes("05.3", make_penalty(draw=lambda s: keras.random.uniform(s, seed=SEEDS)))
    passes("05.3", make_penalty(mix=lambda s, r, g: g + s * (r - g)))


def fixed(shape):
    return keras.random.uniform(shape, seed=1)


@pytest.mark.parametrize(
    ("answer", "word"),
    [
        (make_penalty(draw=tf.random.normal), "lie beyond the pairs"),
        (make_penalty(draw=lambda s: tf.random.uniform(s, -1.0, 1.0)), "lie beyond the pairs"),
        (make_penalty(shape=(1, 1, 1, 1)), "all pairs of the batch have the same share"),
        (make_penalty(draw=lambda s: tf.fill(s, 0.5)), "the same share"),
        (make_penalty(draw=tf.ones), "at the real samples"),
        (make_penalty(draw=tf.zeros), "at the generated samples"),
        (make_penalty(shape=(64, 3, 3, 1)), "straight line"),
        (make_penalty(draw=lambda s: tf.random.uniform(s, 0.0, 0.3)), "uniform ones have"),
        (make_penalty(mix=lambda s, r, g: s * r + g), "straight line"),
        (make_penalty(draw=fixed), "draw the points anew"),
        (make_penalty(axes=None), "the whole batch"),
        (make_penalty(axes=(1, 2)), "each channel has a length"),
        (make_penalty(axes=-1), "each pixel has a length"),
        (make_penalty(end=lambda n: tf.reduce_mean((n / 18**0.5 - 1.0) ** 2)), "averaged over the pixels"),
        (make_penalty(root=0.0), "is NaN"),
        (make_penalty(of="mean"), "*mean* score"),
        (make_penalty(of="weights"), "not to the weights"),
        (make_penalty(watch=False), "No slope came back"),
        (make_penalty(end=lambda n: tf.reduce_mean(n - 1.0)), "its square is missing"),
        (make_penalty(end=lambda n: tf.reduce_mean(n**2)), "not 0"),
        (make_penalty(end=lambda n: tf.reduce_mean((n**2 - 1.0) ** 2)), "the square root is missing"),
        (make_penalty(end=lambda n: tf.reduce_sum((n - 1.0) ** 2)), "sum over the batch"),
        (make_penalty(end=lambda n: (tf.reduce_mean(n) - 1.0) ** 2), "averaged first"),
        (make_penalty(end=lambda n: tf.reduce_mean(tf.nn.relu(n - 1.0) ** 2)), "below 1 cost nothing"),
        (make_penalty(end=lambda n: 10 * tf.reduce_mean((n - 1.0) ** 2)), "comes later"),
        (make_penalty(end=lambda n: (n - 1.0) ** 2), "one number"),
        (make_penalty(end=lambda n: float(tf.reduce_mean((n - 1.0) ** 2))), "no slope reaches"),
        (cut_off, "a part cut off"),
        (lambda c, r, g: 16.0, "never asked"),
        (lambda c, r, g: None, "returns None"),
        (lambda c: 0, "other parameters"),
    ],
)
def test_05_3_wrong(answer, word):
    fails("05.3", answer, word)


def make_critic(norm=None, end=None, dropout=0.0):
    def build_critic():
        image = keras.Input((28, 28, 1))
        x = keras.layers.Conv2D(8, 4, strides=2, padding="same")(image)
        x = norm()(x) if norm else x
        x = keras.layers.Flatten()(keras.layers.LeakyReLU(negative_slope=0.2)(x))
        x = keras.layers.Dropout(dropout)(x) if dropout else x
        return keras.Model(image, keras.layers.Dense(1, activation=end)(x))

    return build_critic


def test_05_4_right():
    passes("05.4", make_critic())
    passes("05.4", make_critic(norm=keras.layers.LayerNormalization))
    passes("05.4", make_critic(norm=lambda: keras.layers.GroupNormalization(groups=1)))
    passes("05.4", lambda: keras.Sequential([keras.Input((28, 28, 1)), keras.layers.Flatten(), keras.layers.Dense(1)]))


@pytest.mark.parametrize(
    ("answer", "word"),
    [
        (make_critic(norm=keras.layers.BatchNormalization), "mixes the batch"),
        (make_critic(end="sigmoid"), "squeezes them"),
        (make_critic(end="tanh"), "squeezes them"),
        (make_critic(end="relu"), "one sign only"),
        (make_critic(dropout=0.3), "at a second call"),
        (
            lambda: keras.Sequential([keras.Input((28, 28, 1)), keras.layers.Conv2D(4, 4), keras.layers.Dense(1)]),
            "should have the shape (8, 1)",
        ),
        (lambda: None, "returns None"),
        (lambda: 3, "returns a int"),
        (lambda image: image, "other parameters"),
        (make_critic()(), "without brackets"),
    ],
)
def test_05_4_wrong(answer, word):
    fails("05.4", answer, word)


def test_05_5():
    estimate, slope = lesson_05.LOG_B
    right = ("nothing", "clipping", "penalty", estimate / slope)
    passes("05.5", right)
    passes("05.5", ["Nothing ", "CLIPPING", "penalty", np.float32(estimate / slope)])
    fails("05.5", ("clipping", "nothing", "penalty", 1), "nothing holds that critic")
    fails("05.5", ("nothing", "penalty", "clipping", 1), "hundreds of times below 1")
    fails("05.5", ("nothing", "clipping", "nothing", 1), "stay near 1")
    fails("05.5", ("none", "clipping", "penalty", 1), "one of the words")
    fails("05.5", (*right[:3], estimate), "the estimate itself")
    fails("05.5", (*right[:3], slope), "that is the slope")
    fails("05.5", (*right[:3], slope / estimate), "the other way round")
    fails("05.5", (*right[:3], slope * estimate), "do not multiply")
    passes("05.5", (*right[:3], 0.05))
    fails("05.5", (*right[:3], 0), "no distance is below 0")
    fails("05.5", (*right[:3], 0.0022 / slope), "first pass")
    fails("05.5", (*right[:3], 0.12), "C's estimate")
    fails("05.5", (*right[:3], 0.12 / 1.3), "C's row")
    fails("05.5", (*right[:3], 7), "does not follow")
    fails("05.5", (*right[:3], ...), "not there yet")


@pytest.mark.parametrize("exercise", ["05.2", "05.3", "05.4"])
def test_starters_run_and_are_not_right_yet(exercise):
    result = check(exercise, starter(exercise))
    assert not result.passed
    assert "stopped with" not in str(result)


def test_checks_leave_the_learners_random_state_alone():
    np.random.seed(3)
    state = np.random.get_state()[1].copy()
    check("05.3", make_penalty())
    check("05.4", make_critic())
    assert np.array_equal(np.random.get_state()[1], state)
