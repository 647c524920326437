"""The committed evaluators, and the image metrics on their features, on the bundled held-out images."""

import random

import keras
import numpy as np
import pytest

from gencourse import data, metrics
from gencourse.metrics import evaluator as room

NAMES = ("digits", "fashion")
LEAST_ACCURACY = {"digits": 0.99, "fashion": 0.90}


@pytest.fixture(scope="module", params=NAMES)
def name(request):
    return request.param


@pytest.fixture(scope="module")
def evaluator(name):
    return metrics.load_evaluator(name)


@pytest.fixture(scope="module")
def splits(name):
    return data.load_images(name)


@pytest.fixture(scope="module")
def real(splits):
    """2,000 held-out images."""
    return data.to_unit(splits.test_images[:2000])


@pytest.fixture(scope="module")
def reference(real):
    return real[:1000]


@pytest.fixture(scope="module")
def fresh(real):
    return real[1000:]


# The networks


def test_accuracy_on_held_out_images(name, evaluator, splits):
    probabilities = evaluator.probabilities(data.to_unit(splits.test_images))
    accuracy = (probabilities.argmax(axis=1) == splits.test_labels).mean()
    assert accuracy >= LEAST_ACCURACY[name]
    assert evaluator.record["accuracy"] >= LEAST_ACCURACY[name]
    assert evaluator.record["held_out_images"] == 10_000
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-5)


def test_committed_files_are_small_half_precision_and_named():
    assert metrics.EVALUATORS == NAMES
    paths = [room._FOLDER / f"{name}.npz" for name in NAMES]
    assert sum(path.stat().st_size for path in paths) < 1_000_000
    for path in paths:
        with np.load(path, allow_pickle=False) as arrays:
            assert {array.dtype for array in arrays.values()} == {np.dtype("float16")}


def test_features_are_at_most_64_spread_out_and_of_unit_variance(evaluator, reference):
    features = evaluator.features(reference)
    assert features.shape == (1000, 64)
    assert features.dtype == np.float32
    variances = features.var(axis=0)
    assert variances.min() > 0.5
    assert variances.max() < 2
    eigenvalues = np.linalg.eigvalsh(np.cov(features, rowvar=False))
    assert eigenvalues.sum() ** 2 / (eigenvalues**2).sum() > 8  # a bare classifier spreads over seven or so


def test_batches_change_nothing(evaluator, reference):
    # 501 images are a whole batch and one more; oneDNN sums in another order for another batch size.
    together = evaluator.features(reference[:501])
    np.testing.assert_allclose(evaluator.features(reference[500:501])[0], together[500], atol=1e-3)


def test_loading_leaves_the_global_random_state_alone():
    states = random.getstate(), np.random.get_state()[1].copy()
    metrics.load_evaluator.__wrapped__("digits")
    assert random.getstate() == states[0]
    assert (np.random.get_state()[1] == states[1]).all()


def test_a_half_precision_policy_leaves_the_evaluator_alone(reference):
    expected = metrics.load_evaluator("digits").features(reference[:8])
    policy = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_float16")
    try:
        measured = metrics.load_evaluator.__wrapped__("digits").features(reference[:8])
    finally:
        keras.config.set_dtype_policy(policy)
    np.testing.assert_array_equal(measured, expected)


def test_loading_twice_gives_the_same_object():
    assert metrics.load_evaluator("digits") is metrics.load_evaluator("digits")


def test_weights_survive_a_round_trip_and_nothing_else_is_accepted():
    model, other = metrics.build_evaluator(seed=1), metrics.build_evaluator(seed=2)
    arrays = room.get_weights(model)
    room.set_weights(other, arrays)
    room.set_weights(model, arrays)
    images = np.random.default_rng(0).uniform(size=(4, 28, 28, 1)).astype("float32")
    np.testing.assert_array_equal(model(images)["features"], other(images)["features"])
    assert sum(array.size for array in arrays.values()) == model.count_params()
    with pytest.raises(ValueError, match="Received"):
        room.set_weights(model, {**arrays, "more/kernel": arrays["dense/kernel"]})
    with pytest.raises(ValueError, match=r"dense/kernel.*Received: \(64, 512\)"):
        room.set_weights(model, {**arrays, "dense/kernel": arrays["dense/kernel"].T})


def test_changed_weights_are_refused(tmp_path, monkeypatch):
    for suffix in (".npz", ".toml"):
        (tmp_path / f"digits{suffix}").write_bytes((room._FOLDER / f"digits{suffix}").read_bytes())
    with open(tmp_path / "digits.npz", "ab") as file:
        file.write(b"!")
    monkeypatch.setattr(room, "_FOLDER", tmp_path)
    with pytest.raises(ValueError, match=r"digits.npz should have sha256 .* Received"):
        metrics.load_evaluator.__wrapped__("digits")


# The metrics on their features


def blurred(images, times):
    """Average with the four neighbours, a few times."""
    for _ in range(times):
        padded = np.pad(images, ((0, 0), (1, 1), (1, 1), (0, 0)))
        images = (padded[:, :-2, 1:-1] + padded[:, 2:, 1:-1] + padded[:, 1:-1, :-2] + padded[:, 1:-1, 2:] + images) / 5
    return np.clip(images, 0, 1)


@pytest.mark.parametrize("distance", [metrics.frechet_distance, metrics.kernel_distance])
def test_distances_grow_with_blur_and_noise(distance, evaluator, reference, fresh):
    noise = np.random.default_rng(0)
    target = evaluator.features(reference)

    def measured(images):
        return distance(evaluator.features(images), target)

    def noisy(amount):
        return np.clip(fresh + amount * noise.normal(size=fresh.shape), 0, 1)

    pure = measured(noise.uniform(size=fresh.shape))
    by_blur = [measured(fresh), measured(blurred(fresh, 1)), measured(blurred(fresh, 4)), pure]
    by_noise = [measured(fresh), measured(noisy(0.15)), measured(noisy(0.4)), pure]
    assert by_blur == sorted(by_blur)
    assert by_noise == sorted(by_noise)
    assert pure > 50 * abs(by_blur[0])


@pytest.mark.parametrize("distance", [metrics.frechet_distance, metrics.kernel_distance])
def test_distances_grow_with_missing_classes(distance, evaluator, reference, fresh, splits):
    labels = splits.test_labels[1000:2000]
    target, features = evaluator.features(reference), evaluator.features(fresh)
    values = [distance(features[labels < below], target) for below in (10, 5, 1)]
    assert values == sorted(values)
    assert values[1] > 5 * abs(values[0])


@pytest.fixture(scope="module")
def training(splits):
    return data.to_unit(splits.train_images[:3000])


def test_evaluate_real_images(name, evaluator, reference, fresh, training, splits):
    values = metrics.evaluate_images(
        fresh, reference, evaluator, training=training, labels=splits.test_labels[1000:2000]
    )
    expected = "n frechet kernel precision recall density coverage nearest_train class_accuracy"
    assert list(values) == expected.split()
    assert values["n"] == 1000
    assert values["class_accuracy"] >= LEAST_ACCURACY[name] - 0.015  # a thousand images scatter
    assert min(values["precision"], values["recall"], values["coverage"]) > 0.6
    assert values["density"] == pytest.approx(1, abs=0.3)
    assert values["nearest_train"] == pytest.approx(1, abs=0.15)
    assert all(type(value) in (int, float) for value in values.values())


def test_evaluate_noise(evaluator, reference):
    noise = np.random.default_rng(0).uniform(size=(1000, 28, 28, 1))
    values = metrics.evaluate_images(noise, reference, evaluator)
    # All noise lies in one spot, and one real outlier's wide ball may reach it: precision and density are fooled a
    # little, coverage is not.
    assert max(values["precision"], values["density"]) < 0.2
    assert max(values["recall"], values["coverage"]) < 0.05
    assert values["nearest_train"] is None
    assert "class_accuracy" not in values


def test_copies_look_perfect_but_for_their_nearest_training_image(evaluator, reference, training):
    values = metrics.evaluate_images(training[:1000], reference, evaluator, training=training)
    assert values["nearest_train"] < 0.001
    assert min(values["precision"], values["recall"]) > 0.6


def test_a_reference_that_was_trained_on_is_refused(evaluator, fresh, training):
    with pytest.raises(ValueError, match="held out"):
        metrics.evaluate_images(fresh[:10], training[:100], evaluator, training=training)


def test_the_evaluator_is_sure_of_real_images_and_not_of_nothing(evaluator, fresh):
    random = np.random.default_rng(1)
    shuffled = random.permuted(fresh.reshape(1000, -1), axis=1).reshape(fresh.shape)  # the pixels of each, anywhere
    nothing = {
        "noise": random.uniform(size=fresh.shape),
        "shuffled": shuffled,
        "grey": np.full((10, 28, 28, 1), 0.5),
        "the mean image": fresh.mean(axis=0, keepdims=True),
    }
    shares = {kind: metrics.confident_share(images, evaluator) for kind, images in nothing.items()}
    assert max(shares.values()) < 0.1, shares
    sharp = metrics.confident_share(fresh, evaluator)
    assert sharp > 0.75
    assert metrics.confident_share(blurred(fresh, 8), evaluator) < 0.75 * sharp
    assert metrics.confident_share(fresh, evaluator, threshold=0.99) < sharp


# Errors


@pytest.mark.parametrize(
    ("images", "error", "received"),
    [
        (np.zeros((2, 28, 28, 1), "uint8"), TypeError, "uint8"),
        (np.zeros((2, 28, 28)), ValueError, r"\(2, 28, 28\)"),
        (np.zeros((0, 28, 28, 1)), ValueError, r"\(0, 28, 28, 1\)"),
        (np.full((2, 28, 28, 1), -1.0), ValueError, "from -1 to -1"),
        (np.full((2, 28, 28, 1), np.nan), ValueError, "NaN"),
    ],
)
def test_wrong_images(images, error, received):
    with pytest.raises(error, match=f"Received: .*{received}"):
        metrics.load_evaluator("digits").features(images)


def test_other_errors():
    evaluator = metrics.load_evaluator("digits")
    images = np.zeros((8, 28, 28, 1), "float32")
    with pytest.raises(ValueError, match="Received: 'letters'"):
        metrics.load_evaluator("letters")
    with pytest.raises(ValueError, match=r"Received: shape \(3,\)"):
        metrics.evaluate_images(images, images, evaluator, labels=[1, 2, 3])
    with pytest.raises(TypeError, match="Received: float64"):
        metrics.evaluate_images(images, images, evaluator, labels=np.zeros(8))
    with pytest.raises(ValueError, match="Received: 0 to 10"):
        metrics.evaluate_images(images, images, evaluator, labels=[0, 10] * 4)
    with pytest.raises(ValueError, match=r"Received: 1\.5"):
        metrics.confident_share(images, evaluator, threshold=1.5)


def test_the_network_is_small_and_takes_what_it_says():
    model = metrics.build_evaluator()
    assert model.count_params() < 100_000
    assert {key: tuple(value.shape) for key, value in model.output.items()} == {
        "features": (None, 64),
        "probabilities": (None, 10),
    }
    assert isinstance(model, keras.Model)
