"""The two-player step: who moves, by which loss, and how often."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from gencourse import gan, losses

REAL = np.random.default_rng(0).normal(size=(8, 2)).astype("float32")


def make(**options):
    keras.utils.set_random_seed(1)
    model = gan.GAN(
        gan.build_generator(latent_dim=3, units=(8,), output_shape=(2,), output_activation="linear", normalise=False),
        gan.build_discriminator(input_shape=(2,), units=(8,)),
        **options,
    )
    model.compile(generator_optimizer=keras.optimizers.SGD(0.1), discriminator_optimizer=keras.optimizers.SGD(0.1))
    return model


def weights(network):
    return [w.copy() for w in network.get_weights()]


def moved(network, before):
    return [not np.array_equal(now, then) for now, then in zip(network.get_weights(), before, strict=True)]


def test_each_player_moves_by_its_own_loss_only(monkeypatch):
    """With one loss made constant, only the other player moves: no gradient crosses over."""
    for silent, mover in (("generator", "discriminator"), ("discriminator", "generator")):
        model = make()
        real_loss = getattr(model.game, silent)
        constant = lambda *args, f=real_loss: 0.0 * f(*args)  # noqa: E731
        model.game = model.game._replace(**{silent: constant})
        before = {name: weights(getattr(model, name)) for name in ("generator", "discriminator")}
        model.train_step(tf.constant(REAL))
        assert all(moved(getattr(model, mover), before[mover]))
        assert not any(moved(getattr(model, silent), before[silent]))


def test_extra_discriminator_steps_move_the_discriminator_alone():
    model = make(discriminator_steps=2)
    before = weights(model.generator)
    model.discriminator_step(tf.constant(REAL))
    assert not any(moved(model.generator, before))
    model.train_step(tf.constant(REAL))
    assert int(model.discriminator_optimizer.iterations) == 3
    assert int(model.generator_optimizer.iterations) == 1


def test_a_step_is_plain_gradient_descent_on_the_two_losses():
    """The package's step equals two tapes written out by hand, on the same latents."""
    model, twin = make(seed=4), make(seed=4)
    latents = twin.draw_latents(8)
    with tf.GradientTape() as tape_d, tf.GradientTape() as tape_g:
        generated = twin.generator(latents, training=True)
        real_logits = twin.discriminator(REAL, training=True)
        generated_logits = twin.discriminator(generated, training=True)
        loss_d = losses.minimax_discriminator_loss(real_logits, generated_logits)
        loss_g = losses.non_saturating_generator_loss(generated_logits)
    for tape, loss, network in ((tape_d, loss_d, twin.discriminator), (tape_g, loss_g, twin.generator)):
        for variable, gradient in zip(
            network.trainable_variables, tape.gradient(loss, network.trainable_variables), strict=True
        ):
            variable.assign_sub(0.1 * gradient)
    model.train_step(tf.constant(REAL))
    for ours, theirs in zip(model.get_weights(), twin.get_weights(), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-7)


def test_samples_come_from_the_average():
    model = make(ema_decay=0.99)
    latents = np.ones((2, 3), "float32")
    model.train_step(tf.constant(REAL))
    np.testing.assert_allclose(model.generate(2, latents=latents), model.average_generator(latents), rtol=1e-6)
    assert not np.allclose(model.generate(2, latents=latents), model.generator(latents))
    # after one step the decay is (1 + 1) / (10 + 1), not yet 0.99
    start = make(ema_decay=0.99).generator.get_weights()[0]
    expected = start + (1 - 2 / 11) * (model.generator.get_weights()[0] - start)
    np.testing.assert_allclose(model.average_generator.get_weights()[0], expected, rtol=1e-5)


def test_accuracy_counts_both_sides():
    model = make()
    model._track(tf.constant([[1.0], [-1.0]]), tf.constant([[-1.0], [-2.0]]), tf.constant(0.0), tf.constant(0.0))
    assert float(model.means.result()["discriminator_accuracy"]) == pytest.approx(0.75)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"loss": "best"}, "one of"),
        ({"discriminator_steps": 0}, "Received: 0"),
        ({"ema_decay": 1.0}, r"\[0, 1\)"),
        ({"label_smoothing": 0.5}, "label_smoothing"),
        ({"loss": "hinge", "label_smoothing": 0.1}, "hinge"),
    ],
)
def test_bad_options_are_named(options, sentence):
    with pytest.raises(ValueError, match=sentence):
        make(**options)


def test_networks_must_fit():
    with pytest.raises(ValueError, match=r"Received: a generator of samples \(2,\) and a discriminator"):
        gan.GAN(
            gan.build_generator(latent_dim=3, units=(8,), output_shape=(2,)),
            gan.build_discriminator(input_shape=(3,), units=(8,)),
        )


def test_batch_must_divide():
    with pytest.raises(ValueError, match="multiple"):
        make(discriminator_steps=3).train_step(tf.constant(REAL))


def test_latents_of_another_shape():
    with pytest.raises(ValueError, match=r"Received: latents of shape \(2, 7\)"):
        make().generate(2, latents=np.zeros((2, 7), "float32"))
