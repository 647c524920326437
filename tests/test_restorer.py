"""Networks that mend images: what they see, what counts, and that they beat doing nothing."""

import keras
import numpy as np
import pytest

from gencourse import autoencoder, data, metrics

IMAGES = data.to_unit(data.load_images("digits").train_images[:640])


def restorer(corruption, **shapes):
    keras.utils.set_random_seed(1)
    network = autoencoder.build_restorer(filters=(8, 16), residual_blocks=1, **shapes)
    model = autoencoder.Restorer(network, corruption)
    model.compile(optimizer=keras.optimizers.Adam(3e-3), steps_per_execution=10)
    return model


@pytest.mark.parametrize(
    ("corruption", "shapes"),
    [
        (autoencoder.ClippedNoise(0.5), {}),
        (autoencoder.CutHole(10), {"input_shape": (28, 28, 2)}),
        (autoencoder.Shrink(2), {"input_shape": (14, 14, 1)}),
    ],
    ids=["noise", "hole", "half size"],
)
def test_training_moves_every_weight_and_survives_saving(corruption, shapes, tmp_path):
    model = restorer(corruption, **shapes)
    before = model.network.get_weights()
    batches = data.batches((IMAGES * 255).astype("uint8"), batch_size=64, seed=0, value_range="unit")
    history = model.fit(batches, epochs=2, steps_per_epoch=20, verbose=0).history["reconstruction_loss"]
    assert history[1] < history[0]
    assert all(not np.array_equal(a, b) for a, b in zip(before, model.network.get_weights(), strict=True))
    damaged = np.asarray(corruption(IMAGES[:5]))
    mended = model.restore(damaged)
    assert mended.shape == (5, 28, 28, 1)
    assert mended.min() >= 0.0
    assert mended.max() <= 1.0
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras", safe_mode=True)
    np.testing.assert_array_equal(again.restore(damaged), mended)


def test_known_pixels_stay_as_they_are():
    model = restorer(autoencoder.CutHole(8, seed=3), input_shape=(28, 28, 2))
    damaged = np.asarray(model.corruption(IMAGES[:20]))
    mended, mask = model.restore(damaged), damaged[..., 1:]
    np.testing.assert_array_equal(mended[mask == 0], IMAGES[:20][mask == 0])
    assert not np.array_equal(mended[mask == 1], damaged[..., :1][mask == 1])


def test_only_the_hole_counts():
    """With zero logits every pixel costs log 2, so the mean over the hole is log 2, however small the hole."""
    model = restorer(autoencoder.CutHole(3), input_shape=(28, 28, 2))
    model.network.set_weights([np.zeros_like(w) for w in model.network.get_weights()])
    model.compile(optimizer=keras.optimizers.SGD(0.0))
    loss = model.train_step(keras.ops.convert_to_tensor(IMAGES[:64]))["reconstruction_loss"]
    assert float(loss) == pytest.approx(np.log(2), rel=1e-5)


def test_a_little_training_beats_the_noise_itself():
    model = restorer(autoencoder.ClippedNoise(0.5, seed=1))
    batches = data.batches((IMAGES * 255).astype("uint8"), batch_size=64, seed=0, value_range="unit")
    model.fit(batches, epochs=1, steps_per_epoch=100, verbose=0)
    held_out = data.to_unit(data.load_images("digits").test_images[:200])
    noisy = np.asarray(model.corruption(held_out))
    assert metrics.psnr(model.restore(noisy), held_out).mean() > metrics.psnr(noisy, held_out).mean() + 2


def test_sizes_that_do_not_fit_are_named():
    with pytest.raises(ValueError, match="half as large"):
        autoencoder.build_restorer(input_shape=(7, 7, 1))
    with pytest.raises(ValueError, match="multiples of 4"):
        autoencoder.build_restorer(input_shape=(30, 30, 1), image_shape=(30, 30, 1))
    with pytest.raises(ValueError, match="Received: a batch of shape"):
        restorer(autoencoder.ClippedNoise(0.5)).train_step(keras.ops.zeros((2, 14, 14, 1)))
    with pytest.raises(NotImplementedError, match="restore"):
        restorer(autoencoder.ClippedNoise(0.5)).generate(1)
