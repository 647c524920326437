"""Likelihoods and divergences against sums and integrals made in another way."""

import math

import numpy as np
import pytest

from gencourse import losses

RNG = np.random.default_rng(0)


def test_bernoulli_by_hand():
    # p = 3/4 and 1/4; x = 1, 1 and 0, 0: log(3/4 · 1/4) each
    logits = np.log(3.0) * np.array([[1.0, -1.0], [1.0, -1.0]], "float32")
    x = np.array([[1.0, 1.0], [0.0, 0.0]], "float32")
    np.testing.assert_allclose(losses.bernoulli_log_likelihood(x, logits), 2 * [math.log(3 / 16)], rtol=1e-6)


def test_bernoulli_probabilities_sum_to_one():
    logits = RNG.normal(size=(1, 3)).astype("float32")
    every = np.array([[a, b, c] for a in (0, 1) for b in (0, 1) for c in (0, 1)], "float32")
    total = np.exp(losses.bernoulli_log_likelihood(every, np.repeat(logits, 8, axis=0))).sum()
    assert total == pytest.approx(1.0, rel=1e-5)


def test_sure_and_wrong_stays_finite():
    assert float(losses.bernoulli_log_likelihood(np.ones((1, 1), "float32"), np.full((1, 1), -500.0))[0]) == -500.0


def test_images_are_summed_over_all_pixels():
    x = np.zeros((2, 4, 4, 1), "float32")
    np.testing.assert_allclose(losses.bernoulli_log_likelihood(x, x), -16 * math.log(2) * np.ones(2), rtol=1e-6)
    np.testing.assert_allclose(
        losses.gaussian_log_likelihood(x, x, x), -8 * math.log(2 * math.pi) * np.ones(2), rtol=1e-6
    )


def test_gaussian_density_integrates_to_one():
    points = np.linspace(-20, 20, 4001, dtype="float32")[:, None]
    density = np.exp(losses.gaussian_log_likelihood(points, np.full_like(points, 1.5), np.full_like(points, 0.7)))
    assert float(np.sum(density) * 0.01) == pytest.approx(1.0, rel=1e-3)


def test_kl_is_zero_at_the_prior_and_nowhere_else():
    zeros = np.zeros((1, 3), "float32")
    np.testing.assert_array_equal(losses.kl_to_standard_normal(zeros, zeros), zeros)
    assert (np.asarray(losses.kl_to_standard_normal(RNG.normal(size=(50, 3)), RNG.normal(size=(50, 3)))) > 0).all()


def test_kl_equals_the_mean_log_ratio():
    mean, log_variance = 0.7, -0.9
    x = mean + math.exp(log_variance / 2) * RNG.normal(size=400_000)
    ratio = -0.5 * ((x - mean) ** 2 / math.exp(log_variance) + log_variance) + 0.5 * x**2
    value = float(losses.kl_to_standard_normal(np.array([[mean]]), np.array([[log_variance]]))[0, 0])
    assert value == pytest.approx(ratio.mean(), abs=0.01)
    assert value == pytest.approx(0.5 * (mean**2 + math.exp(log_variance) - 1 - log_variance), rel=1e-6)


def test_nats_of_tokens_by_hand():
    logits = np.log([[[0.5, 0.25, 0.25], [0.9, 0.05, 0.05]]]).astype("float32") + 7.0  # a constant changes nothing
    nats = np.asarray(losses.token_nats(logits, np.array([[1, 0]])))
    np.testing.assert_allclose(nats, [[math.log(4), -math.log(0.9)]], rtol=1e-5)


def test_equal_logits_surprise_by_the_logarithm_of_the_vocabulary():
    nats = np.asarray(losses.token_nats(np.full((2, 3, 50), -4.0, "float32"), RNG.integers(0, 50, size=(2, 3))))
    np.testing.assert_allclose(nats, np.full((2, 3), math.log(50)), rtol=1e-6)


def test_sure_and_wrong_about_a_token_stays_finite():
    logits = np.array([[[500.0, -500.0], [500.0, -500.0]]], "float32")
    np.testing.assert_allclose(losses.token_nats(logits, np.array([[0, 1]])), [[0.0, 1000.0]], atol=1e-6)


def test_smoothed_nats_by_hand():
    logits = np.log([[[0.5, 0.25, 0.25]]]).astype("float32")
    spread = (math.log(2) + 2 * math.log(4)) / 3
    smoothed = losses.smoothed_nats(logits, np.array([[0]]), 0.2)
    np.testing.assert_allclose(smoothed, [[0.8 * math.log(2) + 0.2 * spread]], rtol=1e-5)


def test_a_masked_mean_counts_what_is_kept():
    values = np.array([[1.0, 2.0], [3.0, np.float32(1e6)]], "float32")
    assert float(losses.masked_mean(values, np.array([[True, True], [True, False]]))) == pytest.approx(2.0)
