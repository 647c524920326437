"""The exercises of lesson 02: right answers pass, in any style; wrong ones fail with a sentence that names why."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from answers import fails, passes

from gencourse import exercises
from gencourse.exercises import check

cross_entropy = keras.losses.BinaryCrossentropy(from_logits=True)


# ---------------------------------------------------------------- 02.1


def test_02_1():
    passes("02.1", (16, 7, 4640))
    passes("02.1", [np.int64(16), 7.0, tf.constant(4640)])
    fails("02.1", (32, 7, 4640), "`side_first` is not 32: stride 2")
    fails("02.1", (15, 7, 4640), "valid")
    fails("02.1", (14, 7, 4640), "28×28")
    fails("02.1", (17, 7, 4640), "only the stride counts")
    fails("02.1", (16, 8, 4640), "over the rim")
    fails("02.1", (16, 14, 4640), "stride 1")
    fails("02.1", (16, 6, 4640), "first place counts")
    fails("02.1", (16, 7.5, 4640), "round down")
    fails("02.1", (16, 5, 4640), "two apart")
    fails("02.1", (16, 7, 4608), "biases are missing")
    fails("02.1", (16, 7, 320), "all 16 channels")
    fails("02.1", (16, 7, 145), "there are 32")
    fails("02.1", (16, 7, 4640 * 49), "do not count them again")
    fails("02.1", (16, 7, 784), "first layer")
    fails("02.1", (16, 7, 896), "16 that the first one makes")
    fails("02.1", (16, 7, 1), "channels in")
    fails("02.1", (16, 7), "3 parts are asked for")
    fails("02.1", (16, 7, ...), "not there yet")
    fails("02.1", ("16", 7, 4640), "should be one number")


def test_02_1_agrees_with_keras():
    layers = [keras.layers.Conv2D(16, 4, strides=2, padding="same"), keras.layers.Conv2D(32, 3, strides=2)]
    model = keras.Sequential([keras.Input((32, 32, 3)), *layers])
    passes("02.1", (layers[0].output.shape[1], model.output_shape[1], layers[1].count_params()))


# ---------------------------------------------------------------- 02.2


def good_row(values, kernel, stride, *, add=True):
    row = np.zeros(stride * (len(values) - 1) + len(kernel))
    for i, value in enumerate(values):
        place = slice(stride * i, stride * i + len(kernel))
        row[place] = value * kernel + (row[place] if add else 0)
    return row


def zeros_between(values, kernel, stride):
    stretched = np.zeros(stride * (len(values) - 1) + 1)
    stretched[::stride] = values
    return np.convolve(stretched, kernel)


def test_02_2_right():
    sentence = passes("02.2", good_row)
    assert "[1, 1, 2, 1, 2, 1, 2, 1, 1]" in sentence
    assert "[1, 1, 2, 2, 2, 2, 2, 2, 1, 1]" in sentence
    passes("02.2", zeros_between)
    passes("02.2", lambda v, k, s: list(good_row(v, k, s)))
    passes("02.2", lambda v, k, s: tf.constant(good_row(v, k, s), tf.float32))


@pytest.mark.parametrize(
    ("answer", "word"),
    [
        (lambda v, k, s: good_row(v, k, s, add=False), "last stamp wins"),
        (lambda v, k, s: good_row(v, k[::-1], s), "turned round"),
        (lambda v, k, s: good_row(v, k, s)[: s * len(v)] if len(k) > s else good_row(v, k, s), "cut to 8"),
        (lambda v, k, s: good_row(v, np.ones(len(k)), s), "not looked at"),
        (lambda v, k, s: good_row(np.ones(len(v)), k, s), "same strength"),
        (lambda v, k, s: good_row(v, k, 1), "as long as with stride 1"),
        (lambda v, k, s: good_row(v, k, s) + 1, "first numbers should be"),
        (lambda v, k, s: np.zeros(3) + np.zeros(4), "long enough"),
        (lambda v, k, s: None, "returns None"),
        (lambda v, k, s: ..., "still returns"),
        (lambda v, k: v, "other parameters"),
        (np.zeros(3), "a function"),
    ],
)
def test_02_2_wrong(answer, word):
    fails("02.2", answer, word)


@pytest.mark.parametrize(
    ("answer", "word"),
    [
        (lambda v, k, s: good_row(v, k, 2), "stride 2: is the argument"),
        (lambda v, k, s: np.convolve(v, k), "stride 1: is the argument"),
        (
            lambda v, k, s: good_row(v, k, s) / np.maximum(good_row(np.ones(len(v)), np.ones(len(k)), s), 1),
            "nothing is divided",
        ),
    ],
)
def test_02_2_stride_left_out_and_means(answer, word):
    fails("02.2", answer, word)


# ---------------------------------------------------------------- 02.3


def test_02_3_one_optimizer_for_two():
    def train_step(g, d, og, od, images, latents):
        keras_turns(g, d, og, og, images, latents)

    fails("02.3", train_step, "one of its own")


def turns(g, d, og, od, images, latents, labels=(1.0, 0.0, 1.0), both=False, use_real=True, swap=False):
    def cost(logits, label):
        return cross_entropy(label * tf.ones_like(logits), logits)

    og, od = (od, og) if swap else (og, od)
    with tf.GradientTape() as tape:
        loss = cost(d(g(latents, training=True), training=True), labels[1])
        if use_real:
            loss += cost(d(images, training=True), labels[0])
    od.apply_gradients(zip(tape.gradient(loss, d.trainable_variables), d.trainable_variables, strict=True))
    variables = g.trainable_variables + (d.trainable_variables if both else [])
    with tf.GradientTape() as tape:
        loss = cost(d(g(latents, training=True), training=True), labels[2])
    og.apply_gradients(zip(tape.gradient(loss, variables), variables, strict=True))


def keras_turns(g, d, og, od, images, latents, thaw=True):
    """The classical way: each `train_on_batch` with its own networks free."""
    generated = g(latents)
    if thaw:
        d.trainable = True
    d.compile(optimizer=od, loss=cross_entropy)
    if d.trainable_variables:
        d.train_on_batch(np.concatenate([images, generated]), np.repeat([[1.0], [0.0]], len(images), axis=0))
    d.trainable = False
    joined = keras.Sequential([g, d])
    joined.compile(optimizer=og, loss=cross_entropy)
    joined.train_on_batch(latents, np.ones((len(latents), 1)))
    if thaw:
        d.trainable = True


def test_02_3_right():
    passes("02.3", turns)
    passes("02.3", tf.function(turns))
    passes("02.3", keras_turns)


@pytest.mark.parametrize(
    ("answer", "word"),
    [
        (lambda *a: turns(*a, both=True), "moved the discriminator, too"),
        (lambda *a: turns(*a, swap=True), "moved the discriminator, too"),
        (lambda *a: turns(*a, use_real=False), "learns nothing from real images"),
        (lambda *a: turns(*a, labels=(1.0, 1.0, 1.0)), "their label is 0 in its own step"),
        (lambda *a: turns(*a, labels=(0.0, 0.0, 1.0)), "should rise"),
        (lambda *a: turns(*a, labels=(1.0, 0.0, 0.0)), "less real"),
        (lambda *a: keras_turns(*a, thaw=False), "still frozen"),
        (lambda *a: None, "moved no weight"),
        (lambda g, d, o: None, "other parameters"),
        (lambda *a: 1 / 0, "ZeroDivisionError"),
    ],
)
def test_02_3_wrong(answer, word):
    fails("02.3", answer, word)


# ---------------------------------------------------------------- 02.4


def discriminator(end=(), last=1, logit=None, whole=True):
    image = keras.Input((28, 28, 1))
    x = image if whole else keras.layers.Cropping2D(((0, 10), (0, 0)))(image)
    x = keras.layers.Conv2D(8, 4, strides=2, padding="same", activation="leaky_relu")(x)
    for layer in end:
        x = layer(x)
    return keras.Model(image, keras.layers.Dense(last, activation=logit)(x))


def whole(**changes):
    return discriminator((keras.layers.Flatten(),), **changes)


def joint(g, d):
    latents = keras.Input(g.input_shape[1:])
    return keras.Model(latents, d(g(latents)))


def loss(real, generated):
    return cross_entropy(tf.ones_like(real), real) + cross_entropy(tf.zeros_like(generated), generated)


running = keras.metrics.BinaryCrossentropy(from_logits=True)


def remembers(real, generated):
    return running(tf.ones_like(real), real) + running(tf.zeros_like(generated), generated)


def test_02_4_right():
    passes("02.4", (whole, joint, loss))
    passes("02.4", (lambda: discriminator((keras.layers.GlobalAveragePooling2D(),)), joint, loss))
    passes("02.4", (whole, lambda g, d: keras.Sequential([g, d]), loss))
    passes("02.4", (whole, joint, lambda r, f: tf.reduce_mean(tf.nn.softplus(-r)) + tf.reduce_mean(tf.nn.softplus(f))))
    passes("02.4", (whole, joint, lambda r, f: 0.5 * loss(r, f)))


def undefined(g, d):
    return keras.Model(gan_input, d(g(gan_input)))  # noqa: F821


def copied(g, d):
    return joint(keras.models.clone_model(g), d)


@pytest.mark.parametrize(
    ("answer", "word"),
    [
        ((discriminator, joint, loss), "196 logits"),
        ((lambda: whole(last=2), joint, loss), "shape (2,)"),
        ((lambda: whole(logit="sigmoid"), joint, loss), "plain logit"),
        ((lambda: whole(whole=False), joint, loss), "lower right"),
        ((lambda: "model", joint, loss), "Keras model"),
        ((whole, undefined, loss), "Nobody made `gan_input`"),
        ((whole, lambda g, d: d, loss), "should take latents"),
        ((whole, lambda g, d: g, loss), "should take latents"),
        ((whole, lambda g, d: 3, loss), "returns int"),
        ((whole, copied, loss), "holds copies"),
        ((whole, joint, remembers), "remembers"),
        ((whole, joint, lambda r, f: loss(-r, f)), "label of real images"),
        ((whole, joint, lambda r, f: loss(r, -f)), "label of generated images"),
        ((whole, joint, lambda r, f: loss(r, f) + 0.3), "by hand"),
        ((whole, joint, lambda r, f: float(loss(r, f))), "no slope"),
        ((whole, joint), "3 parts"),
        ((whole, joint, 3), "a function"),
    ],
)
def test_02_4_wrong(answer, word):
    fails("02.4", answer, word)


def labels_last(real, generated):
    return cross_entropy(real, tf.ones_like(real)) + cross_entropy(generated, tf.zeros_like(generated))


@pytest.mark.parametrize(
    ("answer", "word"),
    [
        (lambda: (whole, joint, lambda r, g: loss(-r, -g)), "both labels are turned"),
        (lambda: (whole, joint, labels_last), "takes the labels first"),
        (lambda: (whole(), joint, loss), "leave out the brackets"),
        (lambda: (whole, lambda g, d: keras.Model(g.input, d(g.output)), loss), "Call the generator on a keras.Input"),
        (lambda: (whole, wants_hundred, loss), "generator.input_shape[1:] says how many"),
    ],
)
def test_02_4_as_learners_miss_it(answer, word):
    fails("02.4", answer(), word)


def wants_hundred(g, d):
    latents = keras.Input((100,))
    return keras.Model(latents, d(g(latents)))


# ---------------------------------------------------------------- 02.5


def loop(step, batches, latent_dim, draw=None, order=1):
    for images in batches[::order]:
        shape = (len(images), latent_dim)
        step(images, keras.random.normal(shape) if draw is None else draw(shape))


def seeded_loop(step, batches, latent_dim):
    seeds = keras.random.SeedGenerator(1)
    loop(step, batches, latent_dim, lambda shape: keras.random.normal(shape, seed=seeds))


def numpy_loop(step, batches, latent_dim):
    rng = np.random.default_rng(1)
    loop(step, batches, latent_dim, lambda shape: rng.normal(size=shape))


def test_02_5_right():
    passes("02.5", loop)
    passes("02.5", seeded_loop)
    passes("02.5", numpy_loop)
    passes("02.5", lambda s, b, z: loop(s, b, z, tf.random.normal))


def once(step, batches, latent_dim):
    latents = keras.random.normal((64, latent_dim))
    for images in batches:
        step(images, latents[: len(images)])


@pytest.mark.parametrize(
    ("answer", "word"),
    [
        (once, "learns these by heart"),
        (lambda s, b, z: loop(s, b, z, lambda shape: keras.random.normal(shape, seed=3)), "whole number as seed="),
        (lambda s, b, z: loop(s, b, z, lambda shape: keras.random.normal((64, z))), "for 20 images"),
        (lambda s, b, z: loop(s, b, z, lambda shape: keras.random.uniform(shape)), "no latent is negative"),
        (lambda s, b, z: loop(s, b, z, lambda shape: 3 * keras.random.normal(shape)), "standard normal ones"),
        (lambda s, b, z: loop(s, b, z, lambda shape: keras.random.normal((1, z)) * tf.ones(shape)), "come back"),
        (
            lambda s, b, z: loop(s, b, z, lambda shape: keras.random.normal(shape[::-1])),
            "should have the shape (B, 24)",
        ),
        (lambda s, b, z: loop(s, b, z, order=-1), "not those of batch 1"),
        (lambda s, b, z: loop(s, b[:2], z), "called 2 times"),
        (lambda s, b, z: None, "never called"),
        (lambda s, b: None, "other parameters"),
    ],
)
def test_02_5_wrong(answer, word):
    fails("02.5", answer, word)


@pytest.mark.parametrize("name", exercises.exercises_of("02"))
@pytest.mark.parametrize("answer", [0, "", [], {}, (1, 2), (1, 2, 3), lambda: 0, print, object(), np.zeros(3)])
def test_no_answer_gives_a_traceback(name, answer):
    result = check(name, answer)
    assert not result.passed
    assert len(str(result)) > 30
