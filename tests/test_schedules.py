"""Noise schedules: the circle, the ends, each time for itself, and the product they stand for."""

import numpy as np
import pytest

from gencourse import schedules

TIMES = np.linspace(0.0, 1.0, 101)
every_schedule = pytest.mark.parametrize("schedule", schedules.SCHEDULES.values(), ids=schedules.SCHEDULES)


@every_schedule
def test_squares_sum_to_one(schedule):
    signal, noise = (np.asarray(rate) for rate in schedule(TIMES))
    np.testing.assert_allclose(signal**2 + noise**2, 1.0, atol=1e-6)
    assert (signal > 0).all()
    assert (noise > 0).all()


@every_schedule
def test_from_nearly_all_image_to_nearly_all_noise(schedule):
    signal, noise = (np.asarray(rate) for rate in schedule(TIMES))
    assert (np.diff(signal) < 0).all()
    assert (np.diff(noise) > -1e-6).all()
    assert signal[0] > 0.9999
    assert noise[0] == pytest.approx(0.01, rel=1e-3)
    assert signal[-1] < 0.02


@every_schedule
def test_each_time_for_itself(schedule):
    """The rates of a time do not depend on the other times of the batch, nor on their order."""
    shuffled = np.random.default_rng(0).permutation(TIMES)
    together = schedule(shuffled)
    for i in (0, 17, 100):
        alone = schedule(shuffled[i])
        assert float(together.signal[i]) == pytest.approx(float(alone.signal), abs=1e-7)
        assert float(together.noise[i]) == pytest.approx(float(alone.noise), abs=1e-7)
    assert schedule(TIMES.reshape(1, 101, 1)).signal.shape == (1, 101, 1)


def test_linear_is_the_limit_of_the_product_over_a_thousand_steps():
    betas = np.linspace(1e-4, 0.02, 1000)
    product = np.cumprod(1.0 - betas)  # share of the variance that is still the image's after each step
    signal = np.asarray(schedules.linear(np.arange(1, 1001) / 1000).signal)
    np.testing.assert_allclose(signal[:500] ** 2, product[:500], rtol=1e-2)
    np.testing.assert_allclose(signal**2, product, atol=2e-3)


def test_cosine_turns_at_constant_speed():
    signal, noise = (np.asarray(rate) for rate in schedules.cosine(TIMES))
    steps = np.diff(np.arctan2(noise, signal))
    np.testing.assert_allclose(steps, steps[0], rtol=1e-3)


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: schedules.get("best"), r"one of \['cosine', 'linear'\].*Received: 'best'"),
        (lambda: schedules.cosine(0.5, least=0.0), "Received: 0.0"),
        (lambda: schedules.linear(0.5, least=0.5), "Received: 0.5"),
        (lambda: schedules.linear(0.5, beta_min=3.0, beta_max=1.0), "Received: 3.0 and 1.0"),
    ],
)
def test_bad_arguments_are_named(call, sentence):
    with pytest.raises(ValueError, match=sentence):
        call()


def test_a_function_is_a_schedule():
    assert schedules.get("linear") is schedules.linear
    assert schedules.get(schedules.cosine) is schedules.cosine
