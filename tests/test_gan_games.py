"""Wasserstein and conditional games: penalties, clipping, and what the players are told."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from gencourse import gan, losses

REAL = np.random.default_rng(0).normal(size=(8, 2)).astype("float32")
LABELS = np.arange(8, dtype="int32") % 3


def critic(**options):
    return gan.build_discriminator(input_shape=(2,), units=(8,), **options)


def generator(latent_dim=3):
    return gan.build_generator(
        latent_dim=latent_dim, units=(8,), output_shape=(2,), output_activation="linear", normalise=False
    )


def compiled(model):
    model.compile(generator_optimizer=keras.optimizers.SGD(0.1), discriminator_optimizer=keras.optimizers.SGD(0.1))
    return model


def test_the_penalty_enters_the_critics_loss_alone():
    """The critic's step is gradient descent on mean generated - mean real + weight * penalty, drawn from its seed."""
    keras.utils.set_random_seed(1)
    model = compiled(gan.WassersteinGAN(generator(), critic(), critic_steps=1, penalty_weight=10.0, seed=4))
    before = [w.copy() for w in model.discriminator.get_weights()]
    seeds = keras.random.SeedGenerator(4)
    generated = model.generator(keras.random.normal((8, 3), seed=seeds), training=True)
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(model.discriminator(generated)) - tf.reduce_mean(model.discriminator(REAL))
        loss += 10.0 * losses.gradient_penalty(model.discriminator, tf.constant(REAL), generated, seed=seeds)
    variables = model.discriminator.trainable_variables
    gradients = tape.gradient(loss, variables, unconnected_gradients="zero")
    expected = [w - 0.1 * g.numpy() for w, g in zip(before, gradients, strict=True)]
    model.discriminator_step(tf.constant(REAL))
    for ours, theirs in zip(model.discriminator.get_weights(), expected, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-6)


def test_clipping_holds_every_weight_of_the_critic_and_none_of_the_generator():
    keras.utils.set_random_seed(1)
    model = compiled(gan.WassersteinGAN(generator(), critic(), critic_steps=2, penalty_weight=0, clip_weights=0.01))
    model.train_step(tf.constant(REAL))
    assert max(np.abs(w).max() for w in model.discriminator.get_weights()) <= 0.01
    assert max(np.abs(w).max() for w in model.generator.get_weights()) > 0.1
    assert int(model.discriminator_optimizer.iterations) == 2


def test_the_estimate_is_the_difference_of_mean_scores():
    model = compiled(gan.WassersteinGAN(generator(), critic(), critic_steps=1, penalty_weight=0, clip_weights=1.0))
    result = model.train_step(tf.constant(REAL))
    assert set(result) == {"generator_loss", "critic_loss", "wasserstein_estimate"}
    assert float(result["wasserstein_estimate"]) == pytest.approx(-float(result["critic_loss"]))


def test_a_penalised_critic_may_not_mix_samples():
    inputs = keras.Input((2,))
    mixed = keras.Model(inputs, keras.layers.Dense(1)(keras.layers.BatchNormalization()(inputs)))
    with pytest.raises(ValueError, match=r"Received: a critic with batch_normalization"):
        gan.WassersteinGAN(generator(), mixed)
    gan.WassersteinGAN(generator(), mixed, penalty_weight=0, clip_weights=0.01)


@pytest.mark.parametrize("options", [{"penalty_weight": -1}, {"clip_weights": 0.0}, {"critic_steps": 0}])
def test_bad_options_of_the_critic(options):
    with pytest.raises(ValueError, match="Received"):
        gan.WassersteinGAN(generator(), critic(), **options)


def conditional(conditioning="projection", **options):
    keras.utils.set_random_seed(2)
    return compiled(
        gan.ConditionalGAN(
            gan.condition_generator(generator(5), classes=3, embedding_dim=2),
            gan.condition_discriminator(critic(), classes=3, conditioning=conditioning),
            **options,
        )
    )


def test_each_label_plane_is_constant():
    planes = gan.LabelPlanes(3, 4, 5)(np.array([2, 0], "int32")).numpy()
    assert planes.shape == (2, 4, 5, 3)
    for image, label in zip(planes, (2, 0), strict=True):
        for channel in range(3):
            np.testing.assert_array_equal(image[..., channel], float(channel == label))


def test_planes_go_beside_the_image():
    keras.utils.set_random_seed(2)
    network = gan.condition_discriminator(
        gan.build_dcgan_discriminator(image_shape=(8, 8, 4), filters=(4,)), classes=3, conditioning="planes"
    )
    images = np.zeros((2, 8, 8, 1), "float32")
    one, other = network([images, np.array([0, 1])]).numpy()
    assert one != other
    with pytest.raises(ValueError, match="Received: one that reads 1 channels"):
        gan.condition_discriminator(
            gan.build_dcgan_discriminator(image_shape=(8, 8, 1), filters=(4,)), classes=3, conditioning="planes"
        )


def test_projection_starts_as_the_plain_discriminator_and_adds_an_inner_product():
    model = conditional()
    network = model.discriminator
    embedding = next(x for x in network.layers if isinstance(x, keras.layers.Embedding))
    before = network([REAL, LABELS]).numpy()
    embedding.set_weights([np.arange(24, dtype="float32").reshape(3, 8)])
    hidden = keras.Model(network.inputs[0], [x for x in network.layers if isinstance(x, keras.layers.Dense)][-1].input)
    added = (hidden(REAL).numpy() * embedding.get_weights()[0][LABELS]).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(network([REAL, LABELS]).numpy(), before + added, rtol=1e-4, atol=1e-4)


def test_the_auxiliary_task_enters_both_losses():
    model = conditional("auxiliary", auxiliary_weight=2.0)
    outputs = [tf.zeros((3, 1)), tf.math.log(tf.constant([[0.5, 0.25, 0.25]] * 3))]
    labels = tf.constant([0, 1, 1])
    named = 2.0 * (np.log(2) + 2 * np.log(4)) / 3
    assert float(model.generator_loss(outputs, (labels,))) == pytest.approx(np.log(2) + named, rel=1e-5)
    assert float(model.discriminator_loss(outputs, outputs, (labels,))) == pytest.approx(
        2 * np.log(2) + named, rel=1e-5
    )


def test_samples_by_class():
    model = conditional()
    by_turns = model.generate(6, seed=1)
    np.testing.assert_array_equal(by_turns, model.generate(6, seed=1, labels=[0, 1, 2, 0, 1, 2]))
    np.testing.assert_array_equal(model.generate(6, seed=1, labels=2), model.generate(6, seed=1, labels=[2] * 6))
    assert not np.array_equal(model.generate(6, seed=1, labels=0), model.generate(6, seed=1, labels=1))


@pytest.mark.parametrize("labels", [[0, 1], [0, 1, 3], [-1, 0, 0], [0.5, 0.5, 0.5]])
def test_labels_that_do_not_fit(labels):
    with pytest.raises(ValueError, match="3 whole numbers from 0 to 2"):
        conditional().generate(3, labels=labels)


def test_class_scales_begin_as_the_plain_generator_and_then_tell_classes_apart():
    keras.utils.set_random_seed(2)
    plain = gan.build_generator(latent_dim=3, units=(8, 8), output_shape=(2,), output_activation="linear")
    told = gan.condition_generator(plain, classes=3, conditioning="normalisation")
    latents = REAL[:, :1] * np.ones((1, 3), "float32")
    np.testing.assert_allclose(told([latents, LABELS]), plain(latents), rtol=1e-5, atol=1e-6)
    scales = [layer for layer in told.layers if isinstance(layer, gan.ClassScale)]
    assert len(scales) == 2
    scales[0].shift.assign(scales[0].shift + np.array([[0.0], [0.0], [1.0]], "float32"))
    changed = np.abs(told([latents, LABELS]) - plain(latents)).max(axis=1) > 1e-4
    np.testing.assert_array_equal(changed, LABELS == 2)


def test_class_scales_by_hand_on_maps():
    layer = gan.ClassScale(2)
    maps, labels = np.ones((2, 3, 3, 4), "float32"), np.array([1, 0], "int32")
    layer([maps, labels])
    layer.scale.assign([[2.0] * 4, [3.0, 0.0, 1.0, -1.0]])
    layer.shift.assign([[0.5] * 4, [0.0] * 4])
    scaled = layer([maps, labels]).numpy()
    np.testing.assert_allclose(scaled[0], np.broadcast_to([3.0, 0.0, 1.0, -1.0], (3, 3, 4)))
    np.testing.assert_allclose(scaled[1], 2.5)


def test_class_scales_need_a_chain_that_normalises():
    with pytest.raises(ValueError, match="must normalise the batch"):
        gan.condition_generator(generator(3), classes=3, conditioning="normalisation")
    inputs = keras.Input((3,))
    branched = keras.Model(inputs, keras.layers.Add()([keras.layers.Dense(3)(inputs), inputs]))
    with pytest.raises(ValueError, match="branches at"):
        gan.condition_generator(branched, classes=3, conditioning="normalisation")
    with pytest.raises(ValueError, match="Received: 'planes'"):
        gan.condition_generator(generator(3), classes=3, conditioning="planes")


def test_training_without_labels_is_refused():
    with pytest.raises(ValueError, match="batches \\(samples, labels\\)"):
        conditional().train_step(tf.constant(REAL))


def test_unknown_conditioning_and_misfits():
    with pytest.raises(ValueError, match="Received: 'both'"):
        gan.condition_discriminator(critic(), classes=3, conditioning="both")
    with pytest.raises(ValueError, match="more than embedding_dim=3"):
        gan.condition_generator(generator(3), classes=3, embedding_dim=3)
    with pytest.raises(ValueError, match="a generator of 1 inputs"):
        gan.ConditionalGAN(generator(), gan.condition_discriminator(critic(), classes=3))


def test_r1_is_paid_by_the_discriminator_now_and_then():
    """With weight w and every k-th step, the penalty is w·k/2 times the mean squared slope, else nothing."""
    model = compiled(gan.GAN(generator(), critic(), r1_weight=3.0, r1_every=2))
    slope = float(losses.r1_penalty(model.discriminator, tf.constant(REAL)))
    assert float(model.penalty(tf.constant(REAL), None)) == pytest.approx(3.0 * 2 / 2 * slope, rel=1e-5)
    model.discriminator_optimizer.iterations.assign(1)
    assert float(model.penalty(tf.constant(REAL), None)) == 0.0
    with pytest.raises(ValueError, match="Received: -1"):
        gan.GAN(generator(), critic(), r1_weight=-1)
