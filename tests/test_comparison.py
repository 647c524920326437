"""Comparisons: rows from recorded checkpoints, a floor, a copier and noise beside them, written as one record."""

import dataclasses

import numpy as np
import pytest

from gencourse import recipes, results
from gencourse.recipes import comparison, record
from gencourse.recipes.comparison import COMPARISONS, Comparison, Row

GAN = Row("01", "digits", "GAN")
SMALL = Comparison(
    name="small", data="digits", rows=(GAN,), samples=200, seeds=(0, 1), checked=GAN, claims={"frechet": False}
)


@pytest.fixture(scope="module")
def measured():
    said = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(comparison, "training_seconds", lambda run: 42.0)
        table, claims = comparison.measure_comparison(SMALL, seeds=1, progress=said.append)
    return {row["kind"]: row for row in table}, claims, said


def test_every_row_is_there_and_told(measured):
    rows, _, said = measured
    assert list(rows) == ["model", "floor", "binary", "copier", "noise"]
    assert len(said) == 5
    assert said[0].startswith("GAN: frechet ")
    for row in rows.values():
        assert row["n"] == 200
        assert row["seeds"] == 1
        low, high = row["ranges"]["frechet"]
        assert low <= row["frechet"] <= high


def test_a_models_row_says_what_it_cost(measured):
    row = measured[0]["model"]
    entry = results.load_record("01").checkpoints["digits"]
    assert row["training_seconds"] == 42.0
    assert entry["sha256"].startswith(row["sha256"])
    assert row["images_per_second"] > 100
    assert row["weights"] == 64 * 256 + 256 * 256 + 2 * 4 * 256 + 257 * 784  # two normalised layers, and one with bias


def test_only_the_nearest_neighbour_tells_the_copier_from_the_floor(measured):
    floor, copier = measured[0]["floor"], measured[0]["copier"]
    for measure in ("frechet", "kernel", "precision", "recall", "density", "coverage", "confident_share"):
        assert floor[measure] == pytest.approx(copier[measure])
    assert copier["nearest_train"] < 1e-3
    assert floor["nearest_train"] == pytest.approx(1.0, abs=0.15)


def test_noise_is_told_apart_by_all_but_its_distance_to_the_training_images(measured):
    noise = measured[0]["noise"]
    assert (noise["precision"], noise["recall"], noise["confident_share"]) == (0, 0, 0)
    assert noise["frechet"] > 100
    assert noise["nearest_train"] > 3


def test_a_row_holds_medians_and_ranges():
    scores = [{"n": 9, "frechet": value} for value in (3.0, 1.0, 2.5)]
    assert comparison._summary(scores) == {"n": 9, "frechet": 2.5, "ranges": {"n": [9, 9], "frechet": [1.0, 3.0]}}


def test_claims_belong_to_one_checkpoint(measured):
    claims = measured[1]
    (claim,) = claims.values()
    assert list(claims) == ["small_frechet"]
    assert claim["seeds"] == [0]
    assert claim["parameters"] == comparison.checked_parameters(GAN, 200)
    assert claim["parameters"]["sha256"] in results.load_record("01").checkpoints["digits"]["sha256"]


def test_samples_are_those_of_the_checkpoint():
    run = comparison.load_row("01", "digits")
    images = recipes.sample(run, 5, seed=3)
    assert images.shape == (5, 28, 28, 1)
    assert images.min() >= 0
    assert images.max() <= 1
    raw = recipes.load_checkpoint("01", "digits").generate(5, seed=3)
    np.testing.assert_allclose(images, (raw + 1) / 2, atol=1e-6)


def test_the_whole_training_is_reckoned_from_its_first_seconds():
    run = comparison.load_row("01", "digits")
    reckoned = comparison.training_seconds(run, seconds=0.5)
    assert reckoned > 5.0  # 30,000 steps
    few = run._replace(settings={**run.settings, "parameters": {**run.settings["parameters"], "epochs": 1}})
    assert comparison.training_seconds(few, seconds=0.5) < reckoned / 5


def test_an_encoder_is_not_counted():
    run = comparison.load_row("03", "digits")
    assert comparison.weights_used(run) == run.model.decoder.count_params()


def test_a_missing_checkpoint_is_an_error():
    missing = dataclasses.replace(SMALL, rows=(GAN, Row("01", "clothes", "?")))
    with pytest.raises(ValueError, match=r"Unknown checkpoint of lesson 01.*'clothes'"):
        comparison.measure_comparison(missing)
    with pytest.raises(FileNotFoundError, match="Lesson 98 has no record"):
        comparison.measure_comparison(dataclasses.replace(SMALL, rows=(GAN, Row("98", "digits", "?"))))


def test_rows_of_another_data_set_are_refused():
    with pytest.raises(ValueError, match=r"of 'fashion'\. Received: 'GAN', trained on 'digits'"):
        comparison.measure_comparison(dataclasses.replace(SMALL, data="fashion"))


@pytest.fixture
def records(tmp_path, monkeypatch):
    """Lesson 77 compares; its record goes to a folder of its own."""
    monkeypatch.setitem(COMPARISONS, "77", (SMALL, dataclasses.replace(SMALL, name="other", checked=None, claims={})))
    real_path = results.record_path
    monkeypatch.setattr(
        record.results,
        "record_path",
        lambda lesson, *, folder=None: tmp_path / "77.toml" if lesson == "77" else real_path(lesson, folder=folder),
    )
    few = {kind: {"label": kind, "kind": kind, "frechet": 1.5} for kind in ("model", "noise")}
    claim = {"recipe": "gan", "higher_is_better": False, "n": 200, "seeds": [0], "values": [1.5], "parameters": {}}

    def measure(study, *, seeds=None, progress):
        return list(few.values()), {f"{study.name}_{name}": claim for name in study.claims}

    monkeypatch.setattr(record, "measure_comparison", measure)
    return tmp_path


def test_a_record_holds_both_tables_and_keeps_the_other(records):
    assert record.record("77", only="small") == records / "77.toml"
    record.record("77", only="other")
    read = results.load_record("77", folder=records)
    assert set(read.tables) == {"small", "other"}
    assert set(read.claims) == {"small_frechet"}
    assert set(read.about["measured"]) == {"small", "other"}
    assert {"machine", "keras", "tensorflow"} <= set(read.about)
    assert {entry["machine"] for entry in read.about["measured"].values()} == {read.about["machine"]}


def test_what_was_measured_on_another_machine_keeps_its_words(records):
    path = record.record("77", only="small")
    words = results.load_record("77", folder=records).about["machine"]
    old = path.read_text(encoding="utf-8").replace(words, "an abacus")
    entry = old.index("[record.measured.small]")
    path.write_text(old[:entry] + old[entry:].replace('machine = "an abacus"\n', ""), encoding="utf-8")
    record.record("77", only="other")
    about = results.load_record("77", folder=records).about
    assert {name: entry["machine"] for name, entry in about["measured"].items()} == {
        "small": "an abacus",
        "other": words,
    }


def test_a_trial_writes_nothing(records):
    assert record.record("77", seeds=1) is None
    assert not list(records.iterdir())


def test_an_unknown_name_is_answered_with_the_known(records):
    with pytest.raises(ValueError, match=r"'77': \['small', 'other'\].*study 'big'"):
        record.record("77", only="big")


@pytest.mark.parametrize("lesson", COMPARISONS)
def test_comparisons_are_whole(lesson):
    for compared in COMPARISONS[lesson]:
        assert len({row.label for row in compared.rows}) == len(compared.rows)
        assert compared.samples == (1000 if compared.data == "sentences" else 5000)
        assert len(compared.seeds) >= 3
        assert compared.checked is None or compared.checked in compared.rows
        assert bool(compared.claims) == (compared.checked is not None)
