"""Diffusion: the forward mixture, what networks answer, and samplers where the best answer is known exactly."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from gencourse import diffusion, schedules
from gencourse.schedules import Rates

MEAN, STD = 0.7, 0.4  # of the Gaussian whose best denoiser is known
NORMAL = np.random.default_rng(0).standard_normal


def exact_denoiser(noisy, time, rates):
    """What is to be believed when the data are N(MEAN, STD²): the conditional means of image and noise."""
    precise = rates.signal * STD**2 / ((rates.signal * STD) ** 2 + rates.noise**2)
    images = MEAN + precise * (noisy - rates.signal * MEAN)
    return images, (noisy - rates.signal * images) / rates.noise


def points(n, seed=0):
    return np.random.default_rng(seed).standard_normal((n, 1)).astype("float32")


def make(classes=None, **options):
    keras.utils.set_random_seed(1)
    network = diffusion.build_point_denoiser(units=(16, 16), classes=classes)
    model = diffusion.Diffusion(network, **{"classes": classes, "ema_decay": None} | options)
    model.compile(optimizer=keras.optimizers.SGD(0.1))
    return model


class Exact(keras.layers.Layer):
    """The exact denoiser as a network that answers with the velocity, on a cosine schedule."""

    def call(self, inputs):
        noisy, times = inputs
        rates = Rates(*(rate[:, None] for rate in schedules.cosine(times)))
        return diffusion.merge(*exact_denoiser(noisy, None, rates), rates, "velocity")


def exact_model(dimensions=1, **options):
    inputs = [keras.Input((dimensions,)), keras.Input(())]
    return diffusion.Diffusion(keras.Model(inputs, Exact()(inputs)), ema_decay=None, **options)


@pytest.mark.parametrize("name", schedules.SCHEDULES)
@pytest.mark.parametrize("time", [0.1, 0.5, 0.9])
def test_forward_marginals(name, time):
    """Given x0, the mixture is N(signal · x0, noise²); in one stride, or in many small ones."""
    rates = schedules.get(name)(time)
    noisy = np.asarray(diffusion.mix(np.float32(1.5), points(200_000), rates))
    assert noisy.mean() == pytest.approx(1.5 * float(rates.signal), abs=0.01)
    assert noisy.std() == pytest.approx(float(rates.noise), rel=0.01)

    signal, noise = (np.asarray(rate) for rate in schedules.get(name)(np.linspace(0.0, time, 30)))
    strided = diffusion.mix(np.float32(1.5), points(200_000, 1), Rates(signal[0], noise[0]))
    for i in range(1, 30):  # each small stride keeps a share of what is there and adds noise for the rest
        ratio = signal[i] / signal[i - 1]
        fresh = np.sqrt(noise[i] ** 2 - (ratio * noise[i - 1]) ** 2)
        strided = ratio * strided + fresh * points(200_000, 10 + i)
    assert strided.mean() == pytest.approx(noisy.mean(), abs=0.01)
    assert strided.std() == pytest.approx(noisy.std(), rel=0.01)


@pytest.mark.parametrize("predict", diffusion.PREDICTIONS)
def test_answers_and_what_they_stand_for_are_inverse(predict):
    images, noise = NORMAL((2, 5, 3))
    rates = Rates(*(np.asarray(rate, "float64")[:, None] for rate in schedules.cosine(np.linspace(0.1, 0.9, 5))))
    rates = rates._replace(noise=np.sqrt(1 - rates.signal**2))
    noisy = diffusion.mix(images, noise, rates)
    answer = diffusion.merge(images, noise, rates, predict)
    for ours, true in zip(diffusion.split(answer, noisy, rates, predict), (images, noise), strict=True):
        np.testing.assert_allclose(ours, true, atol=1e-9)
    # and the other way: any answer, right or wrong, comes back from the two it stands for
    wrong = NORMAL((5, 3))
    believed = diffusion.split(wrong, noisy, rates, predict)
    np.testing.assert_allclose(diffusion.merge(*believed, rates, predict), wrong, atol=1e-9)
    np.testing.assert_allclose(diffusion.mix(*believed, rates), noisy, atol=1e-9)


def test_the_three_answers_agree():
    images, noise = NORMAL((2, 5, 3))
    rates = Rates(0.8, 0.6)
    noisy = diffusion.mix(images, noise, rates)
    assert diffusion.merge(np.float64(2.0), np.float64(1.0), rates, "velocity") == pytest.approx(0.8 - 1.2)
    for predict in diffusion.PREDICTIONS:
        answer = diffusion.merge(images, noise, rates, predict)
        np.testing.assert_allclose(diffusion.split(answer, noisy, rates, predict)[0], images, atol=1e-9)


def test_unknown_prediction():
    with pytest.raises(ValueError, match="Received: 'score'"):
        diffusion.merge(1.0, 1.0, Rates(0.8, 0.6), "score")
    with pytest.raises(ValueError, match="Received: 'score'"):
        make(predict="score")


@pytest.mark.parametrize("name", schedules.SCHEDULES)
@pytest.mark.parametrize("eta", [None, 1.0], ids=["DDIM", "DDPM"])
def test_samplers_return_a_gaussian(name, eta):
    """With the best denoiser of N(MEAN, STD²), both samplers draw from N(MEAN, STD²)."""
    visited = diffusion.grid(schedules.get(name), 200 if eta is None else 1000)  # fewer make DDPM too narrow
    drawn = np.asarray(
        diffusion.reverse(exact_denoiser, points(20_000), visited, eta=eta, seed=tf.constant([1, 0], "int64"))
    )
    assert drawn.mean() == pytest.approx(MEAN, abs=0.02)
    assert drawn.std() == pytest.approx(STD, rel=0.03)


def test_eta_one_draws_from_the_posterior():
    """The step with eta=1 has the mean and the variance of q(x_after | x_now, image), worked out by Bayes' rule."""
    now, after = (Rates(*map(float, schedules.cosine(time))) for time in (0.6, 0.5))
    image, noise = 0.8, -0.4
    noisy = now.signal * image + now.noise * noise
    # x_after | image ~ N(after.signal · image, after.noise²), and x_now | x_after ~ N(ratio · x_after, added)
    ratio = now.signal / after.signal
    added = now.noise**2 - (ratio * after.noise) ** 2
    precision = 1 / after.noise**2 + ratio**2 / added
    mean = (after.signal * image / after.noise**2 + ratio * noisy / added) / precision
    assert float(diffusion.step(image, noise, now, after, 1.0, 0.0)) == pytest.approx(mean, rel=1e-5)
    up = float(diffusion.step(image, noise, now, after, 1.0, 1.0))
    assert up - mean == pytest.approx(precision**-0.5, rel=1e-4)


def test_a_step_to_no_noise_gives_the_image():
    assert float(diffusion.step(0.3, 2.0, Rates(0.8, 0.6), Rates(1.0, 0.0))) == pytest.approx(0.3)
    assert float(diffusion.step(0.3, 2.0, Rates(0.8, 0.6), Rates(1.0, 0.0), 1.0, 5.0)) == pytest.approx(0.3)


def test_ddim_depends_on_its_start_alone():
    model, latents = make(), np.ones((3, 2), "float32")
    np.testing.assert_array_equal(
        model.generate(3, latents=latents, eta=0.0, seed=1), model.generate(3, latents=latents, eta=0.0, seed=2)
    )
    again = model.generate(3, latents=latents, seed=2)
    assert not np.allclose(model.generate(3, latents=latents, seed=1), again)
    np.testing.assert_array_equal(model.generate(3, latents=latents, seed=2), again)


def test_one_step_gives_the_belief_in_pure_noise():
    model, latents = make(), points(6).reshape(3, 2)
    believed, _ = model.denoise(latents, 1.0)
    np.testing.assert_allclose(model.generate(3, latents=latents, steps=1), believed, rtol=1e-5, atol=1e-6)


def test_inversion_then_sampling_returns_the_samples():
    model, samples = exact_model(), MEAN + STD * points(50)
    errors = [
        np.abs(model.generate(50, latents=model.invert(samples, steps=steps), steps=steps, eta=0.0) - samples).max()
        for steps in (20, 200)
    ]
    assert errors[1] < 0.02
    assert errors[1] < errors[0] / 4  # more steps, a better inverse
    assert model.invert(samples, steps=200).std() == pytest.approx(points(50).std(), rel=0.05)


def test_trajectory_begins_with_noise_and_ends_with_what_generate_returns():
    model = make()
    path = model.trajectory(4, steps=7, seed=3)
    assert path.shape == (8, 4, 2)
    np.testing.assert_allclose(path[-1], model.generate(4, steps=7, seed=3), rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(path[0], keras.random.normal((4, 2), seed=3))


def test_interpolation_keeps_its_ends():
    model = exact_model(dimensions=2)
    start, end = MEAN + STD * NORMAL((2, 2)).astype("float32")
    between = model.interpolate(start, end, 5, steps=200)
    np.testing.assert_allclose(between[[0, -1]], [start, end], atol=0.03)


def test_guidance_goes_from_no_class_to_the_class_and_beyond():
    model, latents = make(classes=3), points(8).reshape(4, 2)
    labels, nothing = np.array([0, 1, 2, 0]), np.full(4, 3)
    times = np.full(4, 0.4, "float32")
    rates = schedules.cosine(0.4)
    told = model.network([latents, times, labels])
    untold = model.network([latents, times, nothing])
    for guidance, answer in ((1.0, told), (0.0, untold), (2.5, untold + 2.5 * (told - untold))):
        expected = diffusion.split(answer, latents, rates, "velocity")[0]
        images, _ = model.denoise(latents, 0.4, labels=labels, guidance=guidance)
        np.testing.assert_allclose(images, expected, rtol=1e-5, atol=1e-6)
    kept = {"latents": latents, "steps": 5}
    unconditional = model.generate(4, labels=labels, guidance=0.0, **kept)
    np.testing.assert_array_equal(unconditional, model.generate(4, labels=2, guidance=0.0, **kept))
    conditional = model.generate(4, labels=labels, **kept)
    assert not np.allclose(conditional, unconditional)
    nearly = model.generate(4, labels=labels, guidance=1.0 + 1e-6, **kept)  # asked twice, and mixed
    np.testing.assert_allclose(conditional, nearly, rtol=1e-3, atol=1e-4)


def test_dropped_labels_become_no_class():
    """With all labels dropped, training never tells a class, so only the row of "no class" learns."""
    for dropout, still in ((1.0, slice(0, 3)), (0.0, slice(3, 4))):
        model = make(classes=3, label_dropout=dropout)
        before = model.network.get_layer("classes").get_weights()[0]
        model.train_step((tf.constant(points(64).reshape(32, 2)), tf.constant(np.arange(32) % 3)))
        after = model.network.get_layer("classes").get_weights()[0]
        np.testing.assert_array_equal(after[still], before[still])
        assert not np.array_equal(after, before)


def test_a_step_is_plain_gradient_descent_on_the_squared_error():
    """The package's step equals one written out by hand, on the same times and noise."""
    model, twin, samples = make(seed=4), make(seed=4), tf.constant(points(64).reshape(32, 2))
    times = twin.draw_times(32)
    noise = keras.random.normal((32, 2), seed=twin.seed_generator)
    angle = np.arcsin(0.01) + np.asarray(times)[:, None] * (np.pi / 2 - 2 * np.arcsin(0.01))
    signal, share = np.cos(angle).astype("float32"), np.sin(angle).astype("float32")
    with tf.GradientTape() as tape:
        answer = twin.network([signal * samples + share * noise, times])
        loss = tf.reduce_mean((answer - (signal * noise - share * samples)) ** 2)
    for variable, gradient in zip(
        twin.network.trainable_variables, tape.gradient(loss, twin.network.trainable_variables), strict=True
    ):
        variable.assign_sub(0.1 * gradient)
    measured = model.train_step(samples)
    assert float(measured["denoising_loss"]) == pytest.approx(float(loss), rel=1e-5)
    for ours, theirs in zip(model.network.get_weights(), twin.network.get_weights(), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-6)


def test_times_are_spread_evenly():
    times = np.sort(np.asarray(make().draw_times(50)))
    assert (np.floor(times * 50) == np.arange(50)).all()


def test_samples_come_from_the_average():
    model, latents = make(ema_decay=0.99), np.ones((2, 2), "float32")
    start = model.network.get_weights()[0]
    model.train_step(tf.constant(points(64).reshape(32, 2)))
    # after one step the decay is (1 + 1) / (10 + 1), not yet 0.99
    expected = start + (1 - 2 / 11) * (model.network.get_weights()[0] - start)
    np.testing.assert_allclose(model.average_network.get_weights()[0], expected, rtol=1e-4)
    averaged = model.generate(2, latents=latents, steps=1)
    model.average_network.set_weights(model.network.get_weights())
    assert not np.allclose(model.generate(2, latents=latents, steps=1), averaged)


def test_bounds_hold():
    model = make(bounds=(-0.1, 0.1))
    assert np.abs(model.generate(50, steps=5, eta=0.5)).max() <= 0.1 + 1e-6


@pytest.mark.parametrize("schedule", schedules.SCHEDULES)
def test_reverse_field_is_the_slope_of_the_path(schedule):
    """A small DDIM step moves a point along the arrow."""
    model, place = make(schedule=schedule), points(10).reshape(5, 2)
    images, noise = model.denoise(place, 0.5)
    now, after = (model.rates_at(time) for time in (0.5, 0.495))
    moved = np.asarray(diffusion.step(images, noise, now, after)) - place
    np.testing.assert_allclose(moved / 0.005, model.reverse_field(place, 0.5), rtol=0.05, atol=0.02)


def test_known_parts_stay_and_the_rest_fits():
    """Two coordinates that are always equal: where one is known, the other is drawn near it."""

    def equal_denoiser(noisy, time, rates):
        # best belief where both coordinates are one N(0, 1) number: from their mean
        mean = tf.reduce_mean(noisy, axis=-1, keepdims=True)
        images = rates.signal / (rates.signal**2 + rates.noise**2 / 2) * mean * tf.ones_like(noisy)
        return images, (noisy - rates.signal * images) / rates.noise

    truth = np.stack([np.linspace(-2, 2, 400), np.zeros(400)], axis=1).astype("float32")
    known = np.array([[1.0, 0.0]], "float32")
    kept = {"truth": truth, "known": known, "eta": 1.0, "seed": tf.constant([1, 0], "int64")}
    start = points(800).reshape(400, 2)
    misfits = []
    for repeats in (1, 8):
        visited = diffusion.grid(schedules.cosine, 30)
        drawn = np.asarray(diffusion.reverse(equal_denoiser, start, visited, repeats=repeats, **kept))
        np.testing.assert_array_equal(drawn[:, 0], truth[:, 0])
        misfits.append(np.abs(drawn[:, 1] - truth[:, 0]).mean())
    assert misfits[0] < 0.5
    assert misfits[1] < 0.6 * misfits[0]  # walking each step again lets them find together


def test_inpaint():
    model, images = make(bounds=(-2.0, 2.0)), points(12).reshape(6, 2).clip(-1, 1)
    filled = model.inpaint(images, [[1.0, 0.0]], steps=4, repeats=2, seed=1)
    np.testing.assert_array_equal(filled[:, 0], images[:, 0])
    assert not np.allclose(filled[:, 1], images[:, 1])
    unknown = np.where([[True, False]], images, np.nan)  # what is missing does not matter
    np.testing.assert_array_equal(model.inpaint(unknown, [[1.0, 0.0]], steps=4, repeats=2, seed=1), filled)


@pytest.mark.parametrize(
    "sizes",
    [{"filters": (6,), "blocks": (1,)}, {"block_size": 2, "filters": (4, 6), "blocks": (1, 2), "dense_units": ()}],
)
def test_unet(sizes):
    network = diffusion.build_unet(
        image_shape=(8, 12, 2), **{"dense_units": (12,), "dense_channels": 3, "told_units": 8, "classes": 3} | sizes
    )
    images, times = NORMAL((5, 8, 12, 2)).astype("float32"), np.linspace(0, 1, 5, dtype="float32")
    answers = np.asarray(network([images, times, np.arange(5) % 4]))
    assert answers.shape == images.shape
    np.testing.assert_array_equal(answers, 0.0)  # a new network believes in nothing
    model = diffusion.Diffusion(network, classes=3)
    assert model.generate(2, steps=2, guidance=2.0).shape == (2, 8, 12, 2)


def test_unet_sizes_must_fit():
    with pytest.raises(ValueError, match=r"multiples of 4.*\(10, 12, 1\)"):
        diffusion.build_unet(image_shape=(10, 12, 1))
    with pytest.raises(ValueError, match="each level"):
        diffusion.build_unet(filters=(8, 8), blocks=(1,))


def test_time_embedding_tells_times_apart():
    embedded = np.asarray(diffusion.TimeEmbedding(8)(np.linspace(0, 1, 51, dtype="float32")))
    assert embedded.shape == (51, 8)
    apart = np.linalg.norm(embedded[:, None] - embedded[None], axis=-1) + 9 * np.eye(51)
    assert apart.min() > 0.3
    with pytest.raises(ValueError, match="Received: 7"):
        diffusion.TimeEmbedding(7)


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: make(ema_decay=1.0), r"\[0, 1\)"),
        (lambda: make(label_dropout=1.5), "Received: 1.5"),
        (lambda: make(schedule="best"), "Received: 'best'"),
        (lambda: diffusion.Diffusion(diffusion.build_point_denoiser(), classes=3), "2 inputs and classes=3"),
        (lambda: make().generate(2, steps=0), "Received: 0"),
        (lambda: make().generate(2, eta=1.5), "Received: 1.5"),
        (lambda: make().generate(2, labels=1), "knows no classes"),
        (lambda: make(classes=3).generate(2, labels=3), "from 0 to 2"),
        (lambda: make(classes=3).generate(2, labels=[0.5, 1.0]), "whole numbers"),
        (lambda: make().generate(2, latents=np.zeros((2, 7), "float32")), r"shape \(2, 7\)"),
        (lambda: make().invert(np.zeros((2, 7))), r"shape \(2, 7\)"),
        (lambda: make().inpaint(np.zeros((2, 2)), 0.5), "zeros and ones"),
        (lambda: make().inpaint(np.zeros((2, 2)), 1.0, repeats=0), "Received: 0"),
        (lambda: make(classes=3).train_step(tf.zeros((4, 2))), "learns from batches"),
        (lambda: make(schedule=schedules.cosine).get_config(), "schedule that has a name|one that has a name"),
    ],
)
def test_bad_arguments_are_named(call, sentence):
    with pytest.raises(ValueError, match=sentence):
        call()
