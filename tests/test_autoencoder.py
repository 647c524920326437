"""Autoencoders against principal components, and what corruption does."""

import keras
import numpy as np
import pytest

from gencourse import autoencoder, data

IMAGES = data.to_unit(data.load_images("digits").test_images[:200])


def gaussian_cloud(n=2000, seed=0):
    """Points (n, 6) around a mean, with variances 4, 2.5, 0.5, 0.3, 0.2, 0.1 along turned axes."""
    rng = np.random.default_rng(seed)
    axes = np.linalg.qr(rng.normal(size=(6, 6)))[0]
    points = rng.normal(size=(n, 6)) * np.sqrt([4.0, 2.5, 0.5, 0.3, 0.2, 0.1])
    return (points @ axes.T + rng.normal(size=6)).astype("float32")


def test_a_linear_autoencoder_spans_the_principal_subspace():
    keras.utils.set_random_seed(0)
    points = gaussian_cloud()
    model = autoencoder.Autoencoder(
        autoencoder.build_encoder(input_shape=(6,), units=(), code_dim=2),
        autoencoder.build_decoder(code_dim=2, units=(), output_shape=(6,), output_activation="linear"),
    )
    model.compile(optimizer=keras.optimizers.Adam(0.02), steps_per_execution=10)
    model.fit(data.batches(points, batch_size=2000, seed=0), epochs=1, steps_per_epoch=600, verbose=0)
    centred = points - points.mean(axis=0)
    principal = np.linalg.svd(centred, full_matrices=False)[2][:2]  # (2, 6), rows orthonormal
    learnt = np.linalg.qr(model.decoder.layers[1].get_weights()[0].T)[0]  # (6, 2), columns orthonormal
    cosines = np.linalg.svd(principal @ learnt, compute_uv=False)  # of the angles between the two planes
    np.testing.assert_allclose(cosines, 1.0, atol=1e-4)
    by_pca = points.mean(axis=0) + centred @ principal.T @ principal
    np.testing.assert_allclose(model.reconstruct(points), by_pca, atol=0.03)


def test_a_wide_code_copies_and_a_narrow_one_cannot():
    points = gaussian_cloud()
    errors = {}
    for code_dim in (1, 6):
        keras.utils.set_random_seed(0)
        model = autoencoder.Autoencoder(
            autoencoder.build_encoder(input_shape=(6,), units=(), code_dim=code_dim),
            autoencoder.build_decoder(code_dim=code_dim, units=(), output_shape=(6,), output_activation="linear"),
        )
        model.compile(optimizer=keras.optimizers.Adam(0.02), steps_per_execution=10)
        model.fit(data.batches(points, batch_size=2000, seed=0), epochs=1, steps_per_epoch=500, verbose=0)
        errors[code_dim] = float(np.mean((model.reconstruct(points) - points) ** 2))
    assert errors[6] < 0.01
    assert errors[1] == pytest.approx((2.5 + 0.5 + 0.3 + 0.2 + 0.1) / 6, rel=0.1)  # the variances left out


def test_noise_is_clipped_drawn_anew_and_seeded():
    noisy = autoencoder.ClippedNoise(0.5, seed=1)
    first, second = np.asarray(noisy(IMAGES)), np.asarray(noisy(IMAGES))
    assert first.min() == 0.0
    assert first.max() == 1.0
    assert not np.array_equal(first, second)
    np.testing.assert_array_equal(np.asarray(autoencoder.ClippedNoise(0.5, seed=1)(IMAGES)), first)
    middle = np.full((50, 28, 28, 1), 0.5, "float32")
    assert np.asarray(autoencoder.ClippedNoise(0.1, seed=3)(middle)).std() == pytest.approx(0.1, rel=0.02)


def test_a_hole_is_one_square_inside_the_image_and_its_mask_says_where():
    corrupted = np.asarray(autoencoder.CutHole(10, seed=1)(np.ones((300, 28, 28, 1), "float32")))
    image, mask = corrupted[..., 0], corrupted[..., 1]
    np.testing.assert_array_equal(image, 1.0 - mask)
    np.testing.assert_array_equal(mask.sum(axis=(1, 2)), 100.0)
    rows, columns = mask.any(axis=2), mask.any(axis=1)
    for side in (rows, columns):
        starts = side.argmax(axis=1)
        assert (side.sum(axis=1) == 10).all()
        assert set(starts) == set(range(19))  # every place that fits, 0 to 18


def test_a_hole_keeps_its_margin():
    masks = np.asarray(autoencoder.CutHole(10, margin=4, seed=1)(np.ones((300, 28, 28, 1), "float32")))[..., 1]
    for side in (masks.any(axis=2), masks.any(axis=1)):
        assert set(side.argmax(axis=1)) == set(range(4, 15))
    with pytest.raises(ValueError, match="does not fit"):
        autoencoder.CutHole(20, margin=5)(np.ones((1, 28, 28, 1), "float32"))


def test_shrinking_averages_blocks():
    small = np.asarray(autoencoder.Shrink(2)(IMAGES))
    assert small.shape == (200, 14, 14, 1)
    np.testing.assert_allclose(small[3, 4, 5, 0], IMAGES[3, 8:10, 10:12, 0].mean(), rtol=1e-5)


@pytest.mark.parametrize(
    "layer", [autoencoder.ClippedNoise(0.3, seed=2), autoencoder.CutHole(5, margin=2, seed=2), autoencoder.Shrink(2)]
)
def test_corruption_survives_saving(layer):
    again = type(layer).from_config(layer.get_config())
    np.testing.assert_array_equal(np.asarray(again(IMAGES)), np.asarray(type(layer)(**layer.get_config())(IMAGES)))


def test_the_loss_asks_for_the_whole_image_from_the_damaged_one():
    """With an encoder that drops everything, the loss is the images' own mean square, however much is cut out."""
    zero = keras.initializers.Zeros()
    inputs = keras.Input((28, 28, 2))
    dropped = keras.layers.Dense(1, kernel_initializer=zero)(keras.layers.Flatten()(inputs))
    codes = keras.Input((1,))
    decoded = keras.layers.Reshape((28, 28, 1))(keras.layers.Dense(784, kernel_initializer=zero)(codes))
    model = autoencoder.Autoencoder(
        keras.Model(inputs, dropped), keras.Model(codes, decoded), corruption=autoencoder.CutHole(20)
    )
    model.compile(optimizer=keras.optimizers.SGD(0.0))
    loss = model.train_step(keras.ops.convert_to_tensor(IMAGES))["reconstruction_loss"]
    assert float(loss) == pytest.approx(float((IMAGES**2).mean()), rel=1e-5)


def test_cross_entropy_takes_logits_and_gives_back_probabilities():
    keras.utils.set_random_seed(0)
    model = autoencoder.Autoencoder(
        autoencoder.build_encoder(units=(), code_dim=3),
        autoencoder.build_decoder(code_dim=3, units=(), output_activation="linear"),
        loss="cross_entropy",
    )
    model.compile(optimizer=keras.optimizers.SGD(0.0))
    again = np.clip(model.reconstruct(IMAGES), 1e-6, 1 - 1e-6)
    by_hand = -(IMAGES * np.log(again) + (1 - IMAGES) * np.log(1 - again)).mean()
    loss = model.train_step(keras.ops.convert_to_tensor(IMAGES))["reconstruction_loss"]
    assert float(loss) == pytest.approx(by_hand, rel=1e-3)
    with pytest.raises(ValueError, match="Received: 'absolute'"):
        autoencoder.Autoencoder(autoencoder.build_encoder(), autoencoder.build_decoder(), loss="absolute")


def test_codes_are_drawn_from_what_training_saw():
    keras.utils.set_random_seed(0)
    points = gaussian_cloud()
    model = autoencoder.Autoencoder(
        autoencoder.build_encoder(input_shape=(6,), units=(), code_dim=6),
        autoencoder.build_decoder(code_dim=6, units=(), output_shape=(6,), output_activation="linear"),
    )
    model.compile(optimizer=keras.optimizers.SGD(0.0), steps_per_execution=10)
    model.fit(data.batches(points, batch_size=500, seed=0), epochs=1, steps_per_epoch=400, verbose=0)
    codes = model.encode(points)
    np.testing.assert_allclose(model.code_statistics.moving_mean, codes.mean(axis=0), atol=0.1)
    np.testing.assert_allclose(model.code_statistics.moving_variance, codes.var(axis=0), rtol=0.1)


def test_networks_must_fit_and_bad_options_are_named():
    with pytest.raises(ValueError, match=r"an encoder of codes \(4,\) and a decoder of codes \(3,\)"):
        autoencoder.Autoencoder(autoencoder.build_encoder(code_dim=4), autoencoder.build_decoder(code_dim=3))
    with pytest.raises(ValueError, match="Received: 0"):
        autoencoder.ClippedNoise(0)
    with pytest.raises(ValueError, match="Received: 0"):
        autoencoder.CutHole(0)
    with pytest.raises(ValueError, match="multiples of 8"):
        autoencoder.build_conv_decoder(filters=(4, 4, 4))
    model = autoencoder.Autoencoder(autoencoder.build_encoder(code_dim=3), autoencoder.build_decoder(code_dim=3))
    with pytest.raises(ValueError, match=r"Received: latents of shape \(2, 7\)"):
        model.generate(2, latents=np.zeros((2, 7), "float32"))


def test_convolutional_shapes():
    encoder = autoencoder.build_conv_encoder(filters=(4, 8), units=(16,), code_dim=5)
    decoder = autoencoder.build_conv_decoder(code_dim=5, units=(16,), filters=(8, 4))
    images = decoder(encoder(IMAGES[:3])).numpy()
    assert images.shape == (3, 28, 28, 1)
    assert images.min() >= 0.0
    assert images.max() <= 1.0
