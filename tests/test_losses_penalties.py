"""Penalties on slopes: linear critics, whose slope is known, and critics without any slope."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from gencourse import losses

RNG = np.random.default_rng(0)
REAL, GENERATED = (tf.constant(RNG.normal(size=(64, 4, 4, 1)), "float32") for _ in range(2))


def linear(direction):
    return lambda samples: tf.reshape(samples, (-1, 16)) @ tf.constant(direction, "float32")[:, None]


@pytest.mark.parametrize("length", [0.5, 1.0, 3.0])
def test_a_linear_critic_pays_for_its_own_length(length):
    direction = RNG.normal(size=16)
    direction *= length / np.linalg.norm(direction)
    penalty = losses.gradient_penalty(linear(direction), REAL, GENERATED, seed=1)
    assert float(penalty) == pytest.approx((length - 1.0) ** 2, abs=1e-5)
    assert float(losses.r1_penalty(linear(direction), REAL)) == pytest.approx(length**2, rel=1e-4)


def test_a_critic_without_slope_has_finite_gradients():
    weight = tf.Variable(tf.zeros((16, 1)))
    with tf.GradientTape() as tape:
        penalty = losses.gradient_penalty(lambda x: tf.reshape(x, (-1, 16)) @ weight, REAL, GENERATED, seed=1)
    assert float(penalty) == pytest.approx(1.0, abs=1e-5)
    assert np.isfinite(tape.gradient(penalty, weight).numpy()).all()
    assert float(losses.gradient_penalty(lambda x: tf.zeros((64, 1)), REAL, GENERATED, seed=1)) == pytest.approx(
        1.0, abs=1e-5
    )


def test_the_points_lie_between_and_are_uniform():
    """One number in [0, 1] for each pair, the same for all its pixels; its mean 1/2 and variance 1/12."""
    many = (20_000, 2, 2, 1)
    points = losses.interpolate(tf.ones(many), tf.zeros(many), seed=3).numpy().reshape(-1, 4)
    assert (np.ptp(points, axis=1) == 0).all()
    share = points[:, 0]
    assert share.min() >= 0.0
    assert share.max() <= 1.0
    assert share.mean() == pytest.approx(0.5, abs=0.01)
    assert share.var() == pytest.approx(1 / 12, abs=0.005)


def test_the_penalty_is_the_slopes_own_gradient():
    """The score w·x of one number has slope w, so the penalty is (w - 1)² and its gradient 2(w - 1)."""
    weight = tf.Variable(3.0)
    ones = tf.ones((5, 1))
    with tf.GradientTape() as tape:
        penalty = losses.gradient_penalty(lambda x: weight * x, ones, -ones, seed=keras.random.SeedGenerator(0))
    assert float(tape.gradient(penalty, weight)) == pytest.approx(2 * (3.0 - 1.0), rel=1e-5)
