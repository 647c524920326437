"""Every exercise: right answers pass, wrong ones fail with a sentence that names why; hints, progress, mishaps."""

import inspect
import json
import re
import textwrap
import threading

import keras
import numpy as np
import pytest
import tensorflow as tf
from answers import fails, passes

from gencourse import exercises, metrics
from gencourse.exercises import check, expect, hint, progress, store

cross_entropy = keras.losses.BinaryCrossentropy(from_logits=True)


@pytest.fixture(autouse=True)
def progress_file(tmp_path, monkeypatch):
    path = tmp_path / "learner" / "progress.json"
    monkeypatch.setenv("GENCOURSE_PROGRESS", str(path))
    return path


ALL = [name for lesson in exercises.lessons() for name in exercises.exercises_of(lesson)]


# ---------------------------------------------------------------- lesson 00


def test_00_1():
    passes("00.1", (8, 1))
    passes("00.1", [np.int64(8), 1.0])
    fails("00.1", (8, 8), "components are not peaks")
    fails("00.1", (1, 1), "15 standard deviations")
    fails("00.1", (8, 3), "not what the heat map shows")
    fails("00.1", 8, "2 parts are asked for")
    fails("00.1", (8, "one"), "should be a number")
    fails("00.1", (8, ...), "not there yet")


def squares(points, means):
    return ((points[:, None] - means) ** 2).sum(-1)


def good_log_likelihood(points, means, std):
    logs = -squares(points, means) / (2 * std**2) - np.log(2 * np.pi * std**2) - np.log(len(means))
    return np.logaddexp.reduce(logs, axis=1)


def density(points, means, std):
    return np.exp(-squares(points, means) / (2 * std**2)) / (2 * np.pi * std**2)


def test_00_2_right():
    passes("00.2", good_log_likelihood)
    passes("00.2", lambda p, m, s: list(good_log_likelihood(p, m, s)))
    passes(
        "00.2",
        lambda p, m, s: tf.reduce_logsumexp(-squares(p, m) / (2 * s**2) - np.log(2 * np.pi * s**2 * len(m)), axis=1),
    )


@pytest.mark.parametrize(
    ("answer", "word"),
    [
        (lambda p, m, s: np.log(density(p, m, s).sum(1)), "weight of 1/K"),
        (lambda p, m, s: density(p, m, s).mean(1), "density itself"),
        (lambda p, m, s: np.log(density(p, m, s)).mean(1), "mean of the logarithms"),
        (lambda p, m, s: np.log(density(p, m, s).mean(1)), "underflows"),
        (lambda p, m, s: np.log(np.exp(-squares(p, m) / (2 * s**2)).mean(1)), "is missing"),
        (
            lambda p, m, s: np.log((np.exp(-squares(p, m) / (2 * s**2)) / np.sqrt(2 * np.pi) / s).mean(1)),
            "one dimension",
        ),
        (lambda p, m, s: np.log((np.exp(-squares(p, m) / (2 * s)) / (2 * np.pi * s**2)).mean(1)), "no variance"),
        (lambda p, m, s: good_log_likelihood(p, m, s**0.5), "no variance"),
        (lambda p, m, s: -good_log_likelihood(p, m, s), "sign is turned"),
        (lambda p, m, s: good_log_likelihood(p, m, s) / np.log(2), "base 2"),
        (lambda p, m, s: good_log_likelihood(p, m, s).sum(), "shape (7,)"),
        (lambda p, m, s: good_log_likelihood(p, m, s) + 1, "the log-density there is"),
        (lambda p, m, s: "text", "should be an array"),
        (lambda p, m, s: None, "returns None"),
        (lambda p, m, s: ..., "still returns"),
        (lambda p, m: 0, "other parameters"),
        (3.0, "a function"),
    ],
)
def test_00_2_wrong(answer, word):
    fails("00.2", answer, word)


def good_sample(n, weights, means, std, rng):
    return means[rng.choice(len(weights), size=n, p=weights)] + std * rng.normal(size=(n, 2))


def stratified_sample(n, weights, means, std, rng):
    component = np.searchsorted(np.cumsum(weights), rng.random(n))
    return rng.normal(means[component], std)


def test_00_3_right():
    assert "first the component" in passes("00.3", good_sample)
    passes("00.3", stratified_sample)


@pytest.mark.parametrize(
    ("answer", "word"),
    [
        (lambda n, w, m, s, rng: m[rng.choice(3, n)] + s * rng.normal(size=(n, 2)), "equally often"),
        (lambda n, w, m, s, rng: m[rng.choice(3, p=w)] + s * rng.normal(size=(n, 2)), "one component"),
        (lambda n, w, m, s, rng: w @ m + s * rng.normal(size=(n, 2)), "far from every mean"),
        (lambda n, w, m, s, rng: good_sample(n, w, m, s**2, rng), "variance"),
        (lambda n, w, m, s, rng: good_sample(n, w, m, 2 * s, rng), "not by std"),
        (lambda n, w, m, s, rng: m[rng.choice(3, n, p=w)] + s * rng.normal(size=(n, 1)), "move together"),
        (lambda n, w, m, s, rng: m[rng.choice(3, n, p=w)] + s * np.random.normal(size=(n, 2)), "the same seed"),
        (lambda n, w, m, s, rng: good_sample(n, w, m, s, np.random.default_rng(0)), "another seed"),
        (lambda n, w, m, s, rng: good_sample(n, w, m, s, rng).T, "shape (5, 2)"),
        (
            lambda n, w, m, s, rng: m[rng.choice(3, n, p=w)] + np.resize(s * rng.normal(size=(min(n, 500), 2)), (n, 2)),
            "same noise",
        ),
    ],
)
def test_00_3_wrong(answer, word):
    fails("00.3", answer, word)


def test_00_4():
    assert "empty middle" in passes("00.4", "c")
    passes("00.4", " (C) ")
    for letter, word in (("a", "ten million"), ("b", "one maximum"), ("d", "reaches the ring")):
        fails("00.4", letter, word)
    for other in ("e", 3, "", ["c"]):
        fails("00.4", other, 'letters "a", "b", "c", "d"')


def test_00_5():
    def good(function, points):
        values = function(points)
        return values.mean(), values.std() / np.sqrt(len(values))

    passes("00.5", good)
    passes("00.5", lambda f, p: (f(p).mean(), f(p).std(ddof=1) / len(p) ** 0.5))
    passes("00.5", lambda f, p: np.array(good(f, p)))
    fails("00.5", lambda f, p: (f(p).mean(), f(p).std()), "spread of single values")
    fails("00.5", lambda f, p: (f(p).mean(), f(p).var() / len(p)), "variance of the mean")
    fails("00.5", lambda f, p: (f(p).mean(), f(p).std() / len(p)), "divided by √N")
    fails("00.5", lambda f, p: (f(p).mean(), f(p).var()), "variance of single values")
    fails("00.5", lambda f, p: (f(p.mean(0, keepdims=True))[0], 0.1), "at the mean point")
    fails("00.5", lambda f, p: (f(p).sum(), 0.1), "the mean of the function over the 400 points")
    fails("00.5", lambda f, p: f(p).mean(), "two numbers")


# ---------------------------------------------------------------- lesson 01


def test_01_1():
    sure = 1 / (1 + np.exp(4))
    assert "55 times" in passes("01.1", (sure, 1 - sure))
    passes("01.1", (-0.018, -0.982))  # slopes with their signs are right, too
    fails("01.1", (0.982, 0.018), "swapped")
    fails("01.1", (1 / (1 - sure), 1 / sure), "probability")
    fails("01.1", (0.0181, 4.018), "losses themselves")
    fails("01.1", (-np.log(1 - sure), -np.log(sure)), "losses themselves")
    fails("01.1", (0.5, 0.982), "not 0.5")
    fails("01.1", (np.nan, 0.982), "finite")


def good_generator_step(generator, discriminator, optimizer, latents):
    with tf.GradientTape() as tape:
        logits = discriminator(generator(latents, training=True), training=True)
        loss = cross_entropy(tf.ones_like(logits), logits)
    gradients = tape.gradient(loss, generator.trainable_variables)
    optimizer.apply_gradients(zip(gradients, generator.trainable_variables, strict=True))
    return loss


def stacked_generator_step(generator, discriminator, optimizer, latents):
    discriminator.trainable = False
    both = keras.Sequential([generator, discriminator])
    both.compile(optimizer=optimizer, loss=cross_entropy)
    both.train_on_batch(latents, np.ones((len(latents), 1)))


def minimax_generator_step(generator, discriminator, optimizer, latents):
    with tf.GradientTape() as tape:
        loss = -tf.reduce_mean(tf.nn.softplus(discriminator(generator(latents))))
    optimizer.apply(tape.gradient(loss, generator.trainable_variables), generator.trainable_variables)


def stepper(loss_of, variables_of=lambda g, d: g.trainable_variables):
    def step(generator, discriminator, optimizer, latents):
        with tf.GradientTape() as tape:
            loss = loss_of(generator, discriminator, latents)
        variables = variables_of(generator, discriminator)
        optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables, strict=True))

    return step


def ones(logits):
    return cross_entropy(tf.ones_like(logits), logits)


def test_01_2_right():
    passes("01.2", good_generator_step)
    passes("01.2", stacked_generator_step)
    passes("01.2", minimax_generator_step)
    compiled = tf.function(good_generator_step)
    passes("01.2", compiled)
    passes("01.2", compiled)  # and once more: another run of the cell meets new networks


@pytest.mark.parametrize(
    ("answer", "word"),
    [
        (stepper(lambda g, d, z: ones(d(g.predict(z, verbose=0)))), "No gradient came back"),
        (stepper(lambda g, d, z: ones(d(g(z).numpy()))), "No gradient came back"),
        (stepper(lambda g, d, z: ones(d(g(z))), lambda g, d: g.trainable_variables + d.trainable_variables), "too"),
        (stepper(lambda g, d, z: ones(d(g(z))), lambda g, d: d.trainable_variables), "too"),
        (stepper(lambda g, d, z: ones(d(g(z))), lambda g, d: g.trainable_variables[:2]), "did not move"),
        (stepper(lambda g, d, z: -ones(d(g(z)))), "falls"),
        (stepper(lambda g, d, z: tf.reduce_mean((g(z) - 1.0) ** 2)), "opinion is turned round"),
        (stepper(lambda g, d, z: ones(d(g(z))) * float("nan")), "NaN"),
        (lambda g, d, o, z: None, "no weight of the generator moved"),
        (lambda g, d, o: None, "other parameters"),
        (lambda g, d, o, z: 1 / 0, "ZeroDivisionError"),
        (
            stepper(lambda g, d, z: keras.losses.BinaryCrossentropy()(tf.ones((len(z), 1)), 50 + d(g(z)))),
            "takes logits for probabilities",
        ),
    ],
)
def test_01_2_wrong(answer, word):
    fails("01.2", answer, word)


def build(latent_size, hidden="leaky_relu", inputs=None, last="tanh", logit=None):
    generator = keras.Sequential(
        [
            keras.Input((inputs or latent_size,)),
            keras.layers.Dense(32, activation=hidden),
            keras.layers.Dense(784, activation=last),
        ]
    )
    discriminator = keras.Sequential(
        [keras.Input((784,)), keras.layers.Dense(32, activation=hidden), keras.layers.Dense(1, activation=logit)]
    )
    return generator, discriminator


def build_normalised(latent_size):
    generator = keras.Sequential(
        [
            keras.Input((latent_size,)),
            keras.layers.Dense(32),
            keras.layers.BatchNormalization(),
            keras.layers.LeakyReLU(),
            keras.layers.Dense(784),
            keras.layers.Activation("tanh"),
        ]
    )
    image = keras.Input((784,))
    hidden = keras.layers.Dropout(0.3)(keras.layers.LeakyReLU()(keras.layers.Dense(32)(image)))
    return generator, keras.Model(image, keras.layers.Dense(1)(hidden))


def good_discriminator_step(generator, discriminator, optimizer, images, sign=1.0, variables_of=None):
    latents = keras.random.normal((len(images), generator.input_shape[-1]))
    with tf.GradientTape() as tape:
        generated = discriminator(generator(latents, training=True), training=True)
        real = discriminator(images, training=True)
        loss = ones(sign * real) + ones(-sign * generated)
    variables = discriminator.trainable_variables if variables_of is None else variables_of(generator, discriminator)
    optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables, strict=True))
    return loss


def compiled_discriminator_step(generator, discriminator, optimizer, images):
    generated = generator.predict(np.random.normal(size=(len(images), generator.input_shape[1])), verbose=0)
    discriminator.compile(optimizer=optimizer, loss=cross_entropy)
    inputs = np.concatenate([images, generated])
    discriminator.train_on_batch(inputs, np.repeat([[1.0], [0.0]], len(images), axis=0))


def test_01_3_right():
    passes("01.3", (build, good_discriminator_step))
    passes("01.3", (build_normalised, good_discriminator_step))
    passes("01.3", (build, compiled_discriminator_step))
    passes("01.3", (lambda n: build(n, "relu"), tf.function(good_discriminator_step)))


@pytest.mark.parametrize(
    ("networks", "step", "word"),
    [
        (lambda n: build(n, inputs=784), good_discriminator_step, "turns noise into images"),
        (lambda n: build(n, "sigmoid"), good_discriminator_step, "saturating"),
        (lambda n: build(n, "tanh"), good_discriminator_step, "saturating"),
        (lambda n: build(n, last="linear"), good_discriminator_step, "end in tanh"),
        (lambda n: build(n, logit="sigmoid"), good_discriminator_step, "plain logit"),
        (lambda n: build(n)[::-1], good_discriminator_step, "takes (784,)"),
        (lambda n: build(n)[0], good_discriminator_step, "2 parts"),
        (lambda n: ("a", "b"), good_discriminator_step, "Keras model"),
        (
            build,
            lambda g, d, o, x: good_discriminator_step(
                g, d, o, x, variables_of=lambda g, d: g.trainable_variables + d.trainable_variables
            ),
            "moved the generator",
        ),
        (build, lambda g, d, o, x: good_discriminator_step(g, d, o, x, -1.0), "told apart less well"),
        (build, lambda g, d, o, x: g(x), "shape (B, 20)"),
        (build, lambda g, d, o, x: None, "no weight of the discriminator moved"),
    ],
)
def test_01_3_wrong(networks, step, word):
    fails("01.3", (networks, step), word)


def good_scale(images):
    return images.astype("float32") / 127.5 - 1.0


def train_step(g, d, g_optimizer, d_optimizer, images, latents, label=0.0, inside=True, swap=False, wanted=1.0):
    def loss_for(logits, label):
        return cross_entropy(label * tf.ones_like(logits), logits)

    generated = g(latents, training=True)
    with tf.GradientTape() as tape:
        loss = loss_for(d(images, training=True), 1.0) + loss_for(d(generated, training=True), label)
    gradients = tape.gradient(loss, d.trainable_variables)
    (g_optimizer if swap else d_optimizer).apply_gradients(zip(gradients, d.trainable_variables, strict=True))
    with tf.GradientTape() as tape:
        loss = loss_for(d(g(latents, training=True) if inside else generated), wanted)
    gradients = tape.gradient(loss, g.trainable_variables)
    (d_optimizer if swap else g_optimizer).apply_gradients(zip(gradients, g.trainable_variables, strict=True))


def joint_train_step(g, d, g_optimizer, d_optimizer, images, latents):
    with tf.GradientTape(persistent=True) as tape:
        real, fake = d(images), d(g(latents))
        loss_d = tf.reduce_mean(tf.nn.relu(1.0 - real)) + tf.reduce_mean(tf.nn.relu(1.0 + fake))
        loss_g = -tf.reduce_mean(fake)
    d_optimizer.apply(tape.gradient(loss_d, d.trainable_variables), d.trainable_variables)
    g_optimizer.apply(tape.gradient(loss_g, g.trainable_variables), g.trainable_variables)


def test_01_4_right():
    passes("01.4", (good_scale, train_step))
    passes("01.4", (lambda images: (images / 128.0 - 1.0)[..., None].astype("float32"), joint_train_step))
    passes("01.4", (lambda images: tf.cast(images, tf.float32) / 127.5 - 1.0, tf.function(train_step)))


@pytest.mark.parametrize(
    ("scale", "step", "word"),
    [
        (lambda images: images / 255.0, train_step, "0 … 1"),
        (lambda images: images / 127.5, train_step, "0 … 2"),
        (lambda images: (images - 127.5).astype("uint8"), train_step, "as many floats"),
        (lambda images: images[:1] / 127.5 - 1.0, train_step, "as many floats"),
        (lambda images: (images * 2) / 255.0 - 1.0, train_step, "`scale` maps"),  # uint8 wraps round
        (good_scale, lambda *a: train_step(*a, label=1.0), "generated images real"),
        (good_scale, lambda *a: train_step(*a, inside=False), "No gradient came back"),
        (good_scale, lambda *a: train_step(*a, swap=True), "other network"),
        (good_scale, lambda *a: train_step(*a, wanted=0.0), "less real"),
        (good_scale, lambda g, d, og, od, x, z: train_step(g, d, og, od, g(z), z), "nothing from real images"),
        (good_scale, lambda *a: None, "did not move"),
    ],
)
def test_01_4_wrong(scale, step, word):
    fails("01.4", (scale, step), word)


def softplus(x):
    return np.logaddexp(0.0, x)


def loss_d(real, generated):
    return softplus(-real).mean() + softplus(generated).mean()


def loss_g(generated):
    return softplus(-generated).mean()


def test_01_5_right():
    passes("01.5", (loss_d, loss_g))
    passes("01.5", (lambda r, g: loss_d(r, g) / 2, loss_g))
    passes("01.5", (lambda r, g: ones(r) + cross_entropy(tf.zeros_like(g), g), ones))
    naive = passes(
        "01.5",
        (
            lambda r, g: -tf.reduce_mean(tf.math.log(tf.sigmoid(r)) + tf.math.log(1 - tf.sigmoid(g))),
            lambda g: -tf.reduce_mean(tf.math.log(tf.sigmoid(g))),
        ),
    )
    assert "infinite" in naive


@pytest.mark.parametrize(
    ("discriminator_loss", "generator_loss", "word"),
    [
        (lambda r, g: -loss_d(r, g), loss_g, "does not fall: a sign"),
        (lambda r, g: softplus(-r).mean() - softplus(g).mean(), loss_g, "does not rise"),
        (loss_d, lambda g: -loss_g(g), "its sign is turned"),
        (loss_d, lambda g: -softplus(g).mean(), "saturates"),
        (loss_d, lambda g: softplus(-g).sum(), "mean over the batch, not the sum"),
        (loss_d, lambda g: softplus(-g), "should be one number"),
        (lambda r, g: 3 * loss_d(r, g), loss_g, "by hand"),
        (loss_d, None, "`generator_loss` is not there yet"),
    ],
)
def test_01_5_wrong(discriminator_loss, generator_loss, word):
    fails("01.5", (discriminator_loss, generator_loss), word)


STARTERS = {
    "01.2": ("opinion is turned round",),
    "01.3": ("takes (784,)",),
    "01.4": ("0 … 1",),
    "01.5": ("a sign is turned",),
    "03.2": ("two calls give the same",),
    "03.3": ("averaged over the pixels",),
    "03.4": ("training",),
    "04.2": ("holds only",),
    "04.3": ("the input itself",),
    "04.4": ("carried on into the next",),
    "05.2": ("a sign is turned",),
    "05.3": ("lie beyond the pairs",),
    "05.4": ("mixes the batch",),
    "06.2": ("These are bands",),
    "06.3": ("softmax is applied twice",),
    "06.4": ("own classifier",),
    "08.2": ("order of the lesson",),
    "08.3": ("looks at the whole image",),
    "08.4": ("of seven leaks",),
    "08.5": ("no say",),
    "09.2": ("not divided by √d", "wrong way round"),
    "10.3": ("*added*",),
    "12.2": ("along which axis",),
    "12.3": ("has the value of x",),
    "12.4": ("mean of no points",),
    "13.3": ("sign of the noise", "multiplies"),
    "13.4": ("tf.stop_gradient",),
    "15.2": ("not squared",),
    "15.3": ("swapped, and",),
    "15.5": ("from 0 to 255",),
    "07.3": ("both bugs",),
    "07.4": ("hole",),
    "07.5": ("*training*",),
    "11.2": ("over the batch",),
    "11.3": ("Both bugs",),
    "11.4": ("told and untold are swapped",),
}


@pytest.mark.parametrize("name", ALL)
def test_starter_code_runs_and_does_not_pass(name):
    lesson = exercises.exercises_of(name[:2])
    text = textwrap.dedent("\n".join(inspect.getdoc(lesson[name].check).split("\n")[1:]))
    assert f'check("{name}"' in text
    said = []
    scope = {"np": np, "tf": tf, "keras": keras, "cross_entropy": cross_entropy, "metrics": metrics}
    exec(text, scope | {"check": lambda *arguments: said.append(check(*arguments))})
    assert len(said) == 1
    assert not said[0]
    assert any(words in str(said[0]) for words in STARTERS.get(name, ("answer yet", "there yet", "returns None")))


# ---------------------------------------------------------------- the machinery


@pytest.mark.parametrize("name", ALL)
def test_hints_come_in_stages(name):
    texts = [str(hint(name)) for _ in range(8)]
    count = int(re.search(r"hint 1 of (\d)", texts[0]).group(1))
    assert len(set(texts[:count])) == count >= 2
    for stage, text in enumerate(texts[:count], start=1):
        assert text.startswith(f"{name}, hint {stage} of {count}: ")
    assert f"all {count} hints" in texts[count]
    assert texts[count] == texts[count + 1]
    for text in texts[:count]:
        assert text.split(": ", 1)[1] in texts[count]


def test_unknown_exercises_are_listed():
    with pytest.raises(ValueError, match=r"01\.1 two losses.*01\.5 .*Received: '01\.9'"):
        check("01.9", 1)
    with pytest.raises(ValueError, match=r"00, 01.*Received: '77'"):
        hint("77.1")
    for name in ("1.2", 1.2, None, "01"):
        with pytest.raises(ValueError, match=r"like '01\.2'"):
            check(name, 1)


def test_nothing_handed_in_leaves_no_trace(progress_file):
    for answer in (None, ...):
        fails("00.4", answer, "no answer yet")
    assert not progress_file.exists()


def test_progress_survives_and_done_stays_done(progress_file):
    fails("00.4", "a")
    passes("00.4", "c")
    hint("00.4")
    first = json.loads(progress_file.read_text())
    assert first["exercises"]["00.4"]["attempts"] == 2
    assert first["exercises"]["00.4"]["hints"] == 1
    fails("00.4", "b", "stays done")
    passes("00.1", (8, 1))
    again = json.loads(progress_file.read_text())
    assert again["exercises"]["00.4"]["done"] == first["exercises"]["00.4"]["done"]
    table = progress()
    assert table.lessons["00"]["00.4"]
    assert not table.lessons["01"]["01.2"]
    assert "Lesson 00: 2 of 5 done (00.1, 00.4); next: 00.2" in str(table)
    assert "Lesson 01: 0 of 5 done" in str(table)


@pytest.mark.parametrize(
    "content",
    ["", "{", "[]", "null", '{"format": 1}', '{"format": 1, "exercises": {"00.4": {"hints": "two"}}}', "\xff"],
)
def test_broken_file_is_reported_and_kept(progress_file, content):
    progress_file.parent.mkdir()
    progress_file.write_bytes(content.encode("latin-1"))
    assert "put aside as progress.broken-" in passes("00.4", "c")
    (aside,) = progress_file.parent.glob("progress.broken-*.json")
    assert aside.read_bytes() == content.encode("latin-1")
    assert "put aside" not in passes("00.4", "c")
    progress_file.write_bytes(content.encode("latin-1"))  # a second one, perhaps in the same second
    assert "put aside" in progress().note
    assert len(list(progress_file.parent.glob("progress.broken-*.json"))) == 2


def test_newer_file_is_reported_and_kept(progress_file):
    progress_file.parent.mkdir()
    progress_file.write_text('{"format": 2, "exercises": {"00.4": {"done": "2030"}}}')
    assert "a newer gencourse wrote it (format 2)" in passes("00.4", "c")
    (aside,) = progress_file.parent.glob("progress.newer-*.json")
    assert "2030" in aside.read_text()


def test_unknown_entries_are_kept(progress_file):
    progress_file.parent.mkdir()
    progress_file.write_text('{"format": 1, "mine": 7, "exercises": {"99.1": {"done": "x", "extra": [1]}}}')
    passes("00.4", "c")
    content = json.loads(progress_file.read_text())
    assert content["mine"] == 7
    assert content["exercises"]["99.1"] == {"done": "x", "extra": [1]}


def test_a_folder_may_be_named(tmp_path, monkeypatch):
    monkeypatch.setenv("GENCOURSE_PROGRESS", str(tmp_path))
    passes("00.4", "c")
    assert (tmp_path / "progress.json").exists()
    monkeypatch.delenv("GENCOURSE_PROGRESS")
    assert exercises.progress_path().name == "progress.json"
    assert "gencourse" in str(exercises.progress_path())


def test_unwritable_place_still_answers(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("GENCOURSE_PROGRESS", str(tmp_path / "file" / "progress.json"))
    assert "could not be kept" in passes("00.4", "c")
    assert "could not be kept" in str(hint("00.4"))


def test_writers_at_once_lose_nothing(progress_file):
    def work(number):
        for _ in range(10):
            store.update(f"00.{number}", lambda entry: entry.update(attempts=entry.get("attempts", 0) + 1))
            store.update("00.9", lambda entry: entry.update(attempts=entry.get("attempts", 0) + 1))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    entries = json.loads(progress_file.read_text())["exercises"]
    assert [entries[f"00.{number}"]["attempts"] for number in range(4)] == [10] * 4
    assert entries["00.9"]["attempts"] == 40
    assert not list(progress_file.parent.glob(".progress*"))


def test_failed_write_keeps_the_old_file(progress_file, monkeypatch):
    passes("00.4", "c")
    before = progress_file.read_bytes()

    def full(*arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(store.os, "replace", full)
    assert "No space left" in passes("00.1", (8, 1))
    assert progress_file.read_bytes() == before
    assert not list(progress_file.parent.glob(".progress*"))


def chatters(*arguments):
    while True:
        try:
            print("x" * 100)
        except Exception:
            continue


def leaves(*arguments):
    raise SystemExit


def recurses(*arguments):
    return recurses()


def raises_in_a_line(*arguments):
    width = 3
    return [1, 2][width]


class Awkward:
    def __array__(self, *arguments, **options):
        raise RuntimeError("awkward")

    def __len__(self):
        raise RuntimeError("awkward")


def test_mishaps_become_sentences(capsys):
    fails("00.2", chatters, "prints without end")
    assert 0 < len(capsys.readouterr().out) <= expect.SHOWN_CHARACTERS
    fails("00.2", leaves, "calls exit()")
    fails("00.2", recurses, "without end")
    fails("00.2", raises_in_a_line, "IndexError: list index out of range", "return [1, 2][width]")
    fails("00.2", lambda p, m, s: Awkward(), "could not be checked", "RuntimeError: awkward")
    fails("00.1", (Awkward(), 1))


def test_what_a_learner_prints_is_seen(capsys):
    def talks(points, means, std):
        print("shape", points.shape)
        return good_log_likelihood(points, means, std)

    passes("00.2", talks)
    assert "shape (7, 2)" in capsys.readouterr().out


def test_interrupt_passes_through():
    def interrupted(*arguments):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        check("00.2", interrupted)


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize(
    "answer", [0, "", "x", [], (), {}, [None], (1, 2), (1, 2, 3), lambda: 0, print, object(), np.zeros(3)]
)
def test_no_answer_gives_a_traceback(name, answer):
    result = check(name, answer)
    assert not result.passed
    assert len(str(result)) > 30


def test_checks_leave_the_learners_random_state_alone():
    np.random.seed(3)
    state = np.random.get_state()[1].copy()
    check("01.2", good_generator_step)
    check("01.3", (build, good_discriminator_step))
    assert np.array_equal(np.random.get_state()[1], state)


def test_registration_refuses_bad_names_and_few_hints():
    with pytest.raises(ValueError, match="named like"):
        exercises.exercise("1", title="", hints=("a", "b"))
    with pytest.raises(ValueError, match="two hints"):
        exercises.exercise("01.7", title="", hints=("a",))
    with pytest.raises(ValueError, match="registered twice"):
        exercises.exercise("01.2", title="", hints=("a", "b"))(lambda answer: "")


def test_numbers_of_many_kinds():
    for value in (2, 2.0, np.float32(2), np.array([[2.0]]), tf.constant(2.0)):
        assert expect.number(value) == 2.0
    for value in ("2", True, None, [1, 2], np.nan, np.inf, object()):
        with pytest.raises(exercises.Wrong):
            expect.number(value)
