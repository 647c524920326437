"""Losses against numbers worked by hand on four logits."""

import math

import numpy as np
import pytest

from gencourse import losses

# sigmoid(log 3) = 3/4 and sigmoid(-log 3) = 1/4, so every logarithm below is that of a simple fraction.
L3 = math.log(3.0)
REAL = np.array([[0.0], [L3], [L3], [-L3]], "float32")  # D(x) = 1/2, 3/4, 3/4, 1/4
GENERATED = np.array([[0.0], [-L3], [-L3], [L3]], "float32")  # D(G(z)) = 1/2, 1/4, 1/4, 3/4


def test_minimax_discriminator():
    # -mean log D(x) = (log 2 + 2 log 4/3 + log 4) / 4, and the same for generated images by symmetry
    expected = 2 * (math.log(2) + 2 * math.log(4 / 3) + math.log(4)) / 4
    assert float(losses.minimax_discriminator_loss(REAL, GENERATED)) == pytest.approx(expected, rel=1e-6)


def test_minimax_generator():
    # mean log(1 - D(G(z))) = (log 1/2 + 2 log 3/4 + log 1/4) / 4
    expected = (math.log(1 / 2) + 2 * math.log(3 / 4) + math.log(1 / 4)) / 4
    assert float(losses.minimax_generator_loss(GENERATED)) == pytest.approx(expected, rel=1e-6)


def test_non_saturating_generator():
    # -mean log D(G(z)) = (log 2 + 2 log 4 + log 4/3) / 4
    expected = (math.log(2) + 2 * math.log(4) + math.log(4 / 3)) / 4
    assert float(losses.non_saturating_generator_loss(GENERATED)) == pytest.approx(expected, rel=1e-6)


def test_one_sided_label_smoothing():
    # real images: -mean[0.9 log D + 0.1 log(1 - D)] over D = 1/2, 3/4, 3/4, 1/4; generated images keep the label 0
    real = -(
        0.9 * (math.log(1 / 2) + 2 * math.log(3 / 4) + math.log(1 / 4))
        + 0.1 * (math.log(1 / 2) + 2 * math.log(1 / 4) + math.log(3 / 4))
    )
    generated = -(math.log(1 / 2) + 2 * math.log(3 / 4) + math.log(1 / 4))
    value = losses.minimax_discriminator_loss(REAL, GENERATED, label_smoothing=0.1)
    assert float(value) == pytest.approx((real + generated) / 4, rel=1e-6)


SCORES_REAL = np.array([1.0, 0.0, 2.0, -1.0], "float32")
SCORES_GENERATED = np.array([0.0, 1.0, -2.0, 3.0], "float32")


def test_least_squares():
    # real: (0 + 1 + 1 + 4) / 4 = 1.5; generated: (0 + 1 + 4 + 9) / 4 = 3.5; half of the sum is 2.5
    assert float(losses.least_squares_discriminator_loss(SCORES_REAL, SCORES_GENERATED)) == pytest.approx(2.5)
    # (1 + 0 + 9 + 4) / 4 / 2
    assert float(losses.least_squares_generator_loss(SCORES_GENERATED)) == pytest.approx(1.75)


def test_least_squares_smoothing_moves_only_the_real_target():
    # real to 0.8: (0.04 + 0.64 + 1.44 + 3.24) / 4 = 1.34; (1.34 + 3.5) / 2
    value = losses.least_squares_discriminator_loss(SCORES_REAL, SCORES_GENERATED, label_smoothing=0.2)
    assert float(value) == pytest.approx(2.42)


def test_hinge():
    # real: (0 + 1 + 0 + 2) / 4; generated: (1 + 2 + 0 + 4) / 4
    assert float(losses.hinge_discriminator_loss(SCORES_REAL, SCORES_GENERATED)) == pytest.approx(2.5)
    assert float(losses.hinge_generator_loss(SCORES_GENERATED)) == pytest.approx(-0.5)


@pytest.mark.parametrize("name", sorted(losses.ADVERSARIAL_LOSSES))
def test_directions(name):
    """A better score for real lowers the discriminator's loss; a better score for generated lowers the generator's."""
    game = losses.adversarial_loss(name)
    real, generated = np.full(4, 0.2, "float32"), np.full(4, 0.5, "float32")
    assert game.discriminator(real + 0.1, generated) < game.discriminator(real, generated)
    assert game.discriminator(real, generated - 0.1) < game.discriminator(real, generated)
    assert game.generator(generated + 0.1) < game.generator(generated)


@pytest.mark.parametrize("name", ["minimax", "non_saturating"])
def test_sure_logits_stay_finite(name):
    game = losses.adversarial_loss(name)
    sure = np.array([1000.0, -1000.0], "float32")
    assert np.isfinite(float(game.discriminator(sure, sure)))
    assert np.isfinite(float(game.generator(sure)))


def test_bad_arguments_are_named():
    with pytest.raises(ValueError, match=r"label_smoothing.*Received: 0.7"):
        losses.minimax_discriminator_loss(REAL, GENERATED, label_smoothing=0.7)
    with pytest.raises(ValueError, match="hinge"):
        losses.hinge_discriminator_loss(REAL, GENERATED, label_smoothing=0.1)
    with pytest.raises(ValueError, match=r"one of .*Received: 'wasserstein-42'"):
        losses.adversarial_loss("wasserstein-42")


def test_wasserstein():
    # generated mean 0.5 minus real mean 0.5
    assert float(losses.wasserstein_critic_loss(SCORES_REAL, SCORES_GENERATED)) == pytest.approx(0.0)
    assert float(losses.wasserstein_critic_loss(SCORES_REAL + 2, SCORES_GENERATED)) == pytest.approx(-2.0)
    assert float(losses.wasserstein_generator_loss(SCORES_GENERATED)) == pytest.approx(-0.5)
    with pytest.raises(ValueError, match="critic has no labels"):
        losses.wasserstein_critic_loss(SCORES_REAL, SCORES_GENERATED, label_smoothing=0.1)
