"""gencourse.data: the cleaning report and the augmentation layers."""

import numpy as np
import pytest

from gencourse import data

keras = pytest.importorskip("keras")


def noise(n, seed=0, shape=(12, 10)):
    return np.random.default_rng(seed).integers(0, 256, (n, *shape), dtype=np.uint8)


# --- Cleaning -----------------------------------------------------------------------------------------------------


def test_clean_images_are_called_clean():
    report = data.clean_report(noise(50), labels=np.zeros(50, np.uint8))
    assert report.ok
    assert len(report.drop) == 0
    assert "clean" in str(report)


def test_every_planted_flaw_is_found():
    images = noise(40)
    images[7] = images[3]
    images[9] = images[3]
    images[11] = 128
    images[20] = images[15]
    images[20, 0, 0] ^= 16  # one pixel of 120 off by 16 of 255: root mean square 0.0057
    labels = np.zeros(40, np.uint8)
    labels[9] = 4
    report = data.clean_report(images, labels=labels)
    assert report.duplicates == ((3, 7, 9),)
    assert report.conflicts == ((3, 7, 9),)
    assert report.blank == (11,)
    [(later, earlier, difference)] = report.near_duplicates
    assert (later, earlier) == (20, 15)
    assert difference == pytest.approx(16 / 255 / np.sqrt(120))
    assert report.drop.tolist() == [3, 7, 9, 11]
    assert not report.ok
    for part in ("3 = 7", "20 and 15", "exact copies          2", "blank                 1"):
        assert part in str(report)


def test_without_a_conflict_the_first_copy_stays():
    images = noise(5)
    images[4] = images[1]
    assert data.clean_report(images, labels=np.zeros(5)).drop.tolist() == [4]


def test_corrupt_floats_are_found_and_described():
    images = noise(10).astype(np.float32) / 255
    images[2, 0, 0] = np.nan
    images[5] = np.inf
    images[8, 1, 1] = 200
    report = data.clean_report(images)
    assert set(report.corrupt) == {2, 5, 8}
    assert report.corrupt[2] == "1 values NaN or infinite"
    assert "to 200" in report.corrupt[8]
    assert report.duplicates == report.near_duplicates == ()


def test_images_of_another_shape_or_dtype_are_found():
    images = list(noise(6))
    images[1] = images[1][:-1]
    images[4] = images[4].astype(np.float32)
    assert data.clean_report(images).corrupt == {1: "shape (11, 10)", 4: "dtype float32"}


def test_near_copies_equal_those_of_a_plain_double_loop():
    """Images far from each other and close ones; sizes that 4 does not divide; more images than one block holds."""
    rng = np.random.default_rng(2)
    centres = rng.random((30, 9, 7, 2))
    images = np.clip(np.repeat(centres, 40, axis=0) + rng.normal(0, 0.02, (1200, 9, 7, 2)), 0, 1).astype(np.float32)
    near = 0.0265
    found = {(i, j) for i, j, _ in data.clean_report(images, near=near).near_duplicates}
    flat = images.reshape(len(images), -1).astype(np.float64)
    expected = set()
    for i in range(1, len(flat)):
        differences = np.sqrt(((flat[:i] - flat[i]) ** 2).mean(axis=1))
        if differences.min() <= near:
            expected.add((i, int(differences.argmin())))
    assert 10 < len(expected) < 1170
    assert found == expected


def test_the_bundled_fashion_images_have_the_flaws_the_card_names():
    images = data.load_images("fashion").train_images
    report = data.clean_report(images)
    assert not report.corrupt
    assert not report.blank
    assert not report.duplicates
    assert [pair[:2] for pair in report.near_duplicates] == [(4849, 334), (9664, 5081)]


def test_bad_arguments_get_a_sentence():
    with pytest.raises(ValueError, match="at least one image"):
        data.clean_report([])
    with pytest.raises(TypeError, match="Received: int64"):
        data.clean_report(np.zeros((2, 3, 3), np.int64))
    with pytest.raises(ValueError, match=r"Received: shape \(3,\)"):
        data.clean_report(np.zeros((2, 3), np.uint8))
    with pytest.raises(ValueError, match="labels of shape"):
        data.clean_report(noise(3), labels=[1, 2])


# --- Augmentation -------------------------------------------------------------------------------------------------


def layers():
    return [
        data.RandomShift(3, fill_value=-1.0, seed=1),
        data.RandomRotate(30, fill_value=-1.0, seed=1),
        data.AddNoise(0.2, seed=1),
    ]


def images(n=16):
    return data.to_signed(data.load_images("digits").test_images[:n])


@pytest.mark.parametrize("index", range(3))
def test_layers_act_only_while_training(index):
    x, layer = images(), layers()[index]
    np.testing.assert_array_equal(layer(x), x)
    np.testing.assert_array_equal(layer(x, training=False), x)
    changed = np.asarray(layer(x, training=True))
    assert changed.shape == x.shape
    assert changed.dtype == x.dtype
    assert not np.array_equal(changed, x)


@pytest.mark.parametrize("index", range(3))
def test_seeds_decide_and_calls_differ(index):
    x, one, same = images(), layers()[index], layers()[index]
    first = np.asarray(one(x, training=True))
    np.testing.assert_array_equal(first, same(x, training=True))
    assert not np.array_equal(first, one(x, training=True))


@pytest.mark.parametrize("index", range(3))
def test_layers_survive_saving(index, tmp_path):
    layer = layers()[index]
    copy = type(layer).from_config(layer.get_config())
    x = images()
    np.testing.assert_array_equal(layer(x, training=True), copy(x, training=True))
    model = keras.Sequential([keras.Input((28, 28, 1)), layers()[index]])
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert loaded.layers[0].get_config() == model.layers[0].get_config()
    np.testing.assert_array_equal(loaded(x, training=True), model(x, training=True))


def test_shift_moves_whole_images_by_whole_pixels():
    """Each output equals its image moved by one (dy, dx) of the 7 × 7, and many of them occur."""
    x = np.arange(1, 1 + 9 * 8, dtype=np.float32).reshape(1, 9, 8, 1).repeat(200, axis=0)
    shifted = np.asarray(data.RandomShift(3, fill_value=-5.0, seed=4)(x, training=True))
    padded = np.full((15, 14), -5.0, np.float32)
    padded[3:12, 3:11] = x[0, :, :, 0]
    possible = {
        padded[3 - dy : 12 - dy, 3 - dx : 11 - dx].tobytes(): (dy, dx) for dy in range(-3, 4) for dx in range(-3, 4)
    }
    moves = [possible[image.tobytes()] for image in np.ascontiguousarray(shifted[..., 0])]
    assert len(set(moves)) > 35
    assert {dy for dy, _ in moves} == {dx for _, dx in moves} == set(range(-3, 4))


def test_rotation_keeps_the_centre_and_turns_no_further_than_asked():
    size = 29
    y, x = np.mgrid[:size, :size] - size // 2
    bar = ((np.abs(y) <= 1) & (x >= 0) & (x < 12)).astype(np.float32)[None, :, :, None].repeat(64, axis=0)
    turned = np.asarray(data.RandomRotate(40, seed=0)(bar, training=True))[..., 0]
    np.testing.assert_allclose(turned[:, size // 2, size // 2], 1, atol=1e-5)
    np.testing.assert_allclose(turned.sum(axis=(1, 2)), 36, rtol=0.05)  # area stays
    angles = np.degrees(np.arctan2((turned * y).sum(axis=(1, 2)), (turned * x).sum(axis=(1, 2))))
    assert np.abs(angles).max() <= 40.5
    assert angles.min() < -25
    assert angles.max() > 25


def test_rotation_by_nothing_changes_nothing():
    x = images()
    np.testing.assert_allclose(data.RandomRotate(0, seed=0)(x, training=True), x, atol=1e-5)


def test_corners_take_the_fill_value():
    x = np.ones((32, 20, 20, 1), np.float32)
    turned = np.asarray(data.RandomRotate(45, fill_value=-1.0, seed=0)(x, training=True))
    assert turned.min() < -0.9
    assert turned.max() <= 1 + 1e-5


def test_noise_has_the_asked_deviation_and_is_independent():
    x = np.zeros((50, 28, 28, 1), np.float32)
    added = np.asarray(data.AddNoise(0.3, seed=0)(x, training=True))
    assert added.mean() == pytest.approx(0, abs=0.01)
    assert added.std() == pytest.approx(0.3, rel=0.02)
    assert abs(np.corrcoef(added[0].ravel(), added[1].ravel())[0, 1]) < 0.15


def test_layers_work_in_a_compiled_model_with_any_batch():
    model = keras.Sequential([keras.Input((28, 28, 1)), *layers(), keras.layers.Flatten(), keras.layers.Dense(1)])
    model.compile(optimizer="sgd", loss="mse")
    history = model.fit(images(10), np.zeros((10, 1)), batch_size=4, verbose=0)
    assert np.isfinite(history.history["loss"][0])


def test_bad_settings_get_a_sentence():
    with pytest.raises(ValueError, match=r"Received: 1\.5"):
        data.RandomShift(1.5)
    with pytest.raises(ValueError, match="Received: 270"):
        data.RandomRotate(270)
    with pytest.raises(ValueError, match="Received: -1"):
        data.AddNoise(-1)
