"""gencourse.data: bundled sets, value ranges, the endless batches."""

import hashlib
import re
import shutil
import subprocess
import sys

import numpy as np
import pytest

from gencourse import data
from gencourse.data import bundled


@pytest.fixture(scope="module")
def digits():
    return data.load_images("digits")


@pytest.fixture
def broken_copy(tmp_path, monkeypatch):
    """A copy of the bundled folder that a test may damage."""
    folder = shutil.copytree(data.data_folder(), tmp_path / "data")
    monkeypatch.setattr(bundled, "data_folder", lambda: folder)
    return folder


# --- Bundled files ------------------------------------------------------------------------------------------------


def test_every_bundled_file_is_the_one_listed():
    files = data.bundled_files()
    assert {file.name for file in files} == {
        "digits.npz",
        "fashion.npz",
        "austen.txt.xz",
        "quatrains.json.xz",
        "sonnets.txt.xz",
    }
    for file in files:
        assert hashlib.sha256(file.path.read_bytes()).hexdigest() == file.sha256
    assert sum(file.size for file in files) < 12e6
    assert all(check.ok and not check.problem for check in data.verify())


def test_data_card_gives_the_same_hashes_and_sizes():
    card = (data.data_folder() / "README.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([\w.]+)` \| ([\d,]+) \| `([0-9a-f]{64})` \|$", card, re.MULTILINE)
    assert rows == [(file.name, f"{file.size:,}", file.sha256) for file in data.bundled_files()]


def test_data_card_gives_the_hashes_of_the_downloads():
    card = (data.data_folder() / "README.md").read_text(encoding="utf-8")
    for files in data.FULL_FILES.values():
        for file in files:
            assert file.sha256 in card


def test_a_changed_file_is_found_and_named(broken_copy):
    path = broken_copy / "digits.npz"
    content = bytearray(path.read_bytes())
    content[1000] ^= 1
    path.write_bytes(content)
    checks = {check.name: check for check in data.verify()}
    assert not checks["digits.npz"].ok
    assert "damaged" in checks["digits.npz"].problem
    assert checks["fashion.npz"].ok
    with pytest.raises(data.DataFileError, match=r"digits\.npz is damaged"):
        data.load_images("digits")


def test_a_missing_file_is_found_and_named(broken_copy):
    (broken_copy / "austen.txt.xz").unlink()
    assert [check.name for check in data.verify() if not check.ok] == ["austen.txt.xz"]
    assert [file.name for file in data.bundled_files() if file.size is None] == ["austen.txt.xz"]
    with pytest.raises(data.DataFileError, match=r"austen\.txt\.xz cannot be read"):
        data.load_austen()


def test_importing_the_room_does_not_import_tensorflow():
    code = "import sys, gencourse.data as d; d.ring().sample(3, 0); sys.exit('tensorflow' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False, cwd=data.data_folder().parent).returncode == 0


@pytest.mark.parametrize(("name", "train", "test"), [("digits", 20_000, 5_000), ("fashion", 10_000, 2_500)])
def test_images_have_the_documented_form(name, train, test):
    splits = data.load_images(name)
    assert splits.train_images.shape == (train, 28, 28)
    assert splits.test_images.shape == (test, 28, 28)
    assert splits.train_labels.shape == (train,)
    assert splits.test_labels.shape == (test,)
    assert all(array.dtype == np.uint8 for array in splits)
    assert len(data.CLASS_NAMES[name]) == 10
    for labels in (splits.train_labels, splits.test_labels):
        counts = np.bincount(labels, minlength=10)
        assert len(counts) == 10
        assert counts.min() > 0.08 * len(labels)
    assert splits.train_images.max() == 255
    assert np.median(splits.train_images[:, 0, :]) == 0  # white on black


def test_labels_belong_to_their_images(digits):
    """A nearest-mean classifier is right far more often than chance only when the order of both was kept."""
    flat = digits.train_images.reshape(len(digits.train_images), -1).astype(np.float32)
    means = np.stack([flat[digits.train_labels == label].mean(axis=0) for label in range(10)])
    queries = digits.test_images.reshape(-1, 784).astype(np.float32)
    scores = queries @ means.T - (means**2).sum(axis=1) / 2
    assert (scores.argmax(axis=1) == digits.test_labels).mean() > 0.75


def test_the_first_digits_are_mnist_s_own(digits):
    assert digits.train_labels[:10].tolist() == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]
    assert digits.test_labels[:10].tolist() == [7, 2, 1, 0, 4, 1, 4, 9, 5, 9]


def test_unknown_set_is_refused():
    with pytest.raises(ValueError, match="Received: 'faces'"):
        data.load_images("faces")


def test_a_damaged_file_of_sonnets_is_named(broken_copy):
    path = broken_copy / "sonnets.txt.xz"
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(data.DataFileError, match=r"sonnets\.txt\.xz is damaged"):
        data.load_sonnets()


# --- Value ranges -------------------------------------------------------------------------------------------------


def test_ranges_agree():
    images = np.arange(256, dtype=np.uint8).reshape(1, 16, 16)
    unit, signed = data.to_unit(images), data.to_signed(images)
    assert unit.shape == signed.shape == (1, 16, 16, 1)
    assert unit.dtype == signed.dtype == np.float32
    assert (unit.min(), unit.max(), signed.min(), signed.max()) == (0, 1, -1, 1)
    np.testing.assert_allclose(data.to_unit(signed), unit, atol=1e-6)
    np.testing.assert_allclose(data.to_signed(unit), signed, atol=1e-6)


def test_tiny_overshoot_is_clipped_and_more_is_refused():
    assert data.to_unit(np.full((1, 2, 2), 1.0005)).max() == 1
    assert data.to_signed(np.full((1, 2, 2), -0.0005)).min() == -1
    for value in (1.01, -1.01, np.nan, np.inf):
        with pytest.raises(ValueError, match="Received: values from"):
            data.to_unit(np.full((1, 2, 2), value))
    with pytest.raises(ValueError, match="Received: values from"):
        data.to_signed(np.full((1, 2, 2), -0.5))


def test_other_shapes_and_dtypes_are_refused():
    with pytest.raises(ValueError, match=r"Received: shape \(28, 28\)"):
        data.to_unit(np.zeros((28, 28), np.uint8))
    with pytest.raises(TypeError, match="Received: int64"):
        data.to_signed(np.zeros((1, 28, 28), np.int64))


# --- Batches ------------------------------------------------------------------------------------------------------


def take(stream, count):
    return [batch.numpy() for batch in stream.take(count)]


def test_a_pass_is_a_permutation_and_passes_differ():
    steps = data.steps_per_pass(103, 10)
    assert steps == 10
    seen = np.stack(take(data.batches(np.arange(103), batch_size=10, seed=1), 2 * steps)).reshape(2, -1)
    for one_pass in seen:
        assert len(set(one_pass.tolist())) == 100
    assert not np.array_equal(seen[0], seen[1])
    assert not np.array_equal(seen[0], np.sort(seen[0]))
    # The three that the first pass dropped are not always the same three.
    assert set(seen[0].tolist()) != set(seen[1].tolist())


def test_seeds_decide_the_order():
    one, same, other = (take(data.batches(np.arange(100), batch_size=25, seed=s), 4) for s in (1, 1, 2))
    np.testing.assert_array_equal(one, same)
    assert not np.array_equal(one, other)


@pytest.mark.parametrize("start_step", [0, 1, 9, 10, 11, 37])
def test_a_stream_can_be_taken_up_at_any_step(start_step):
    images = np.random.default_rng(0).integers(0, 256, (83, 4, 4), dtype=np.uint8)
    arrays, options = (images, np.arange(83)), {"batch_size": 8, "seed": 5, "value_range": "signed"}
    whole = list(data.batches(arrays, **options).take(start_step + 13))[start_step:]
    taken_up = list(data.batches(arrays, **options, start_step=start_step).take(13))
    for (a_images, a_labels), (b_images, b_labels) in zip(whole, taken_up, strict=True):
        assert a_images.numpy().tobytes() == b_images.numpy().tobytes()
        assert a_labels.numpy().tobytes() == b_labels.numpy().tobytes()


def test_rows_of_a_tuple_stay_together_and_ranges_are_those_of_numpy():
    images = np.arange(64, dtype=np.uint8).reshape(64, 1, 1) * 4
    for value_range, convert in (("unit", data.to_unit), ("signed", data.to_signed)):
        stream = data.batches((images, np.arange(64)), batch_size=16, seed=0, value_range=value_range)
        for batch, indices in stream.take(4):
            assert batch.shape == (16, 1, 1, 1)
            np.testing.assert_array_equal(batch.numpy(), convert(images[indices.numpy()]))


def test_without_a_range_arrays_come_as_they_are():
    points = data.ring().sample(50, 0)
    batch = next(iter(data.batches(points, batch_size=50, seed=0)))
    assert batch.shape == (50, 2)
    np.testing.assert_array_equal(np.sort(batch.numpy(), axis=0), np.sort(points, axis=0))
    raw = next(iter(data.batches(np.zeros((5, 28, 28), np.uint8), batch_size=5, seed=0)))
    assert raw.shape == (5, 28, 28)
    assert raw.dtype == "uint8"


def test_the_stream_says_that_it_has_no_end():
    stream = data.batches(np.arange(10), batch_size=5, seed=0)
    assert int(stream.cardinality()) == -1
    assert stream.element_spec.shape == (5,)  # known, so that a training step is traced once


@pytest.mark.parametrize(
    ("arrays", "options", "error", "message"),
    [
        (np.arange(5), {"batch_size": 6}, ValueError, "Received: 5"),
        (np.arange(5), {"batch_size": 0}, ValueError, "Received: 0"),
        (np.arange(5), {"seed": -1}, ValueError, "Received: -1"),
        (np.arange(5), {"start_step": 1.5}, ValueError, "Received: 1.5"),
        ((np.arange(5), np.arange(4)), {}, ValueError, r"\(5,\), \(4,\)"),
        (np.zeros((5, 2, 2)), {"value_range": "unit"}, TypeError, "Received: float64"),
        (np.zeros((5, 2), np.uint8), {"value_range": "unit"}, ValueError, r"Received: shape \(5, 2\)"),
        (np.zeros((5, 2, 2), np.uint8), {"value_range": "tanh"}, ValueError, "Received: 'tanh'"),
    ],
)
def test_bad_arguments_get_a_sentence(arrays, options, error, message):
    with pytest.raises(error, match=message):
        data.batches(arrays, **({"batch_size": 2, "seed": 0} | options))


def test_binarising_draws_by_the_grey_value_from_a_seed():
    grey = np.full((200, 28, 28), 51, np.uint8)  # 51/255 = 0.2
    drawn = data.binarise(grey, seed=3)
    assert drawn.shape == (200, 28, 28, 1)
    assert set(np.unique(drawn)) == {0.0, 1.0}
    assert drawn.mean() == pytest.approx(0.2, abs=0.005)
    np.testing.assert_array_equal(drawn, data.binarise(grey, seed=3))
    np.testing.assert_array_equal(drawn, data.binarise(data.to_unit(grey), seed=3))
    assert not np.array_equal(drawn, data.binarise(grey, seed=4))
    certain = np.array([[[0, 255]]], np.uint8)
    assert data.binarise(certain, seed=0).ravel().tolist() == [0.0, 1.0]
    with pytest.raises(ValueError, match="Received: values from -1"):
        data.binarise(np.full((1, 2, 2), -1.0), seed=0)
