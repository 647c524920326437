"""Properties of records, limits, verdicts and checkpoints."""

import hashlib
import json
import math
import tomllib

import numpy as np
import pytest

from gencourse import results

ABOUT = {"date": "2026-01-01", "commit": "abc", "python": "3.11", "machine": "two x86-64 cores, no GPU"}


def a_claim(**changes):
    claim = {
        "recipe": "gan",
        "parameters": {"EPOCHS": 20, "LEARNING_RATE": 4e-4, "WIDTHS": (256, 512)},
        "unit": "",
        "higher_is_better": False,
        "n": 1000,
        "seeds": [0, 1, 2, 3, 4],
        "values": [10.0, 11.0, 12.0, 10.5, 11.5],
        "seconds": [60.1, 61.2, 60.5, 60.0, 62.0],
        "peak_memory_mb": 900.5,
    }
    return claim | changes


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.delenv("GENCOURSE_STRICT", raising=False)
    monkeypatch.delenv("GENCOURSE_RESULTS", raising=False)
    (tmp_path / "checkpoints").mkdir()
    (tmp_path / "checkpoints" / "net.npz").write_bytes(b"weights")
    results.write_record(
        tmp_path / "01.toml",
        lesson="01",
        about=ABOUT,
        claims={
            "distance": a_claim(),
            "modes": a_claim(values=[8, 8, 8, 7, 8], higher_is_better=True, unit="modes"),
        },
        tables={"losses": [{"loss": "minimax", "median": 20.123456789, "seeds": [0, 1, 2]}]},
        checkpoints={"net": {"file": "checkpoints/net.npz", "recipe": "gan", "seed": 0, "seconds": 3.0}},
    )
    return tmp_path


SAME = {"EPOCHS": 20, "LEARNING_RATE": 4e-4, "WIDTHS": (256, 512)}


@pytest.mark.parametrize(
    ("values", "higher", "expected"),
    [
        ([10.0, 10.0, 10.0], False, 12.0),  # no range: 20%
        ([10.0, 10.0, 10.0], True, 8.0),
        ([8.0, 10.0, 13.0], False, 25.0),  # three times the range of 5
        ([8.0, 10.0, 13.0], True, -5.0),
        ([-10.0, -10.0], False, -8.0),  # 20% of the size, on the worse side
    ],
)
def test_limit_by_hand(values, higher, expected):
    assert results.limit(values, higher_is_better=higher) == pytest.approx(expected)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("higher", [True, False])
def test_every_recorded_seed_keeps_the_limit_and_mirroring_swaps_the_side(seed, higher):
    values = np.random.default_rng(seed).normal(10, 4, 7)
    bound = results.limit(values, higher_is_better=higher)
    assert all(value >= bound if higher else value <= bound for value in values)
    assert results.limit(-values, higher_is_better=not higher) == pytest.approx(-bound)


@pytest.mark.parametrize("values", [[], [1.0, math.nan], [math.inf]])
def test_limit_needs_finite_values(values):
    with pytest.raises(ValueError, match="Received"):
        results.limit(values, higher_is_better=True)


def test_round_trip(folder):
    record = results.load_record("01", folder=folder)
    claim = record.claim("distance")
    assert claim.median == 11.0
    assert claim.limit == pytest.approx(11.0 + 6.0)
    assert claim.parameters == {"EPOCHS": 20, "LEARNING_RATE": 4e-4, "WIDTHS": [256, 512]}
    assert claim.seeds == (0, 1, 2, 3, 4)
    assert claim.n == 1000
    assert record.about["machine"].startswith("two")
    assert record.table("losses") == [{"loss": "minimax", "median": 20.1235, "seeds": [0, 1, 2]}]
    with pytest.raises(ValueError, match=r"known are: distance, modes\. Received: 'distanse'"):
        record.claim("distanse")


def test_record_reads_well_and_is_stable(folder):
    text = (folder / "01.toml").read_text()
    assert "values = [10.0, 11.0, 12.0, 10.5, 11.5]\n" in text
    assert text.index("[record]") < text.index("[claims.distance]") < text.index("[claims.modes]")
    assert max(map(len, text.splitlines())) <= 110
    before = text
    content = tomllib.loads(text)
    results.write_record(
        folder / "01.toml",
        lesson="01",
        about={k: v for k, v in content["record"].items() if k != "lesson"},
        claims={
            name: {k: v for k, v in entry.items() if k not in ("median", "limit")}
            for name, entry in reversed(content["claims"].items())
        },
        tables=content["tables"],
        checkpoints=content["checkpoints"],
    )
    assert (folder / "01.toml").read_text() == before


def test_failed_write_leaves_the_old_record(folder):
    before = (folder / "01.toml").read_bytes()
    with pytest.raises(ValueError, match="one value for each seed"):
        results.write_record(folder / "01.toml", lesson="01", about=ABOUT, claims={"distance": a_claim(seeds=[1])})
    with pytest.raises(TypeError):
        results.write_record(
            folder / "01.toml", lesson="01", about=ABOUT, claims={"distance": a_claim(recipe=object())}
        )
    assert (folder / "01.toml").read_bytes() == before
    assert sorted(path.name for path in folder.iterdir()) == ["01.toml", "checkpoints"]


def test_tampered_limit_is_noticed(folder):
    path = folder / "01.toml"
    path.write_text(path.read_text().replace("limit = 17.0", "limit = 99.0"))
    with pytest.raises(ValueError, match="do not follow"):
        results.load_record("01", folder=folder)


@pytest.mark.parametrize("text", ["not toml [", "[claims.a]\nvalues = [1.0]\n", ""])
def test_broken_record_is_named(folder, text):
    (folder / "01.toml").write_text(text)
    with pytest.raises(ValueError, match=r"01\.toml is not a record"):
        results.load_record("01", folder=folder)


def test_verdicts(folder):
    ok = results.compare("01", "distance", np.float32(12), parameters=SAME, folder=folder)
    assert ok
    assert ok.status == "ok"
    assert str(ok) == repr(ok) == "distance: 12; recorded median 11 over 5 seeds, at most 17 wanted: ok."
    worse = results.compare("01", "distance", 17.5, parameters=SAME, folder=folder)
    assert not worse
    assert "worse than recorded" in str(worse)
    assert results.compare("01", "modes", 8, parameters=SAME, folder=folder).status == "ok"
    assert results.compare("01", "modes", 4, parameters=SAME, folder=folder).status == "worse"
    assert results.compare("01", "distance", math.nan, parameters=SAME, folder=folder).status == "worse"
    assert results.compare("09", "distance", 1.0, parameters={}, folder=folder).status == "no record"


@pytest.mark.parametrize(
    ("changes", "device", "word"),
    [
        ({"EPOCHS": 3}, "CPU", "EPOCHS=3 (recorded: 20)"),
        ({"WIDTHS": (256, 128)}, "CPU", "WIDTHS="),
        ({"EXTRA": 1}, "CPU", "EXTRA=1 (not in the record)"),
        ({}, "GPU", "device GPU"),
    ],
)
def test_not_comparable(folder, monkeypatch, changes, device, word):
    monkeypatch.setenv("GENCOURSE_STRICT", "1")
    verdict = results.compare("01", "distance", 1e9, parameters=SAME | changes, device=device, folder=folder)
    assert verdict.status == "not comparable"
    assert word in str(verdict)


def test_missing_parameter_is_not_comparable(folder):
    verdict = results.compare("01", "distance", 1, parameters={"EPOCHS": 20}, folder=folder)
    assert "LEARNING_RATE not given" in str(verdict)


def test_strict_mode(folder, monkeypatch):
    monkeypatch.setenv("GENCOURSE_STRICT", "1")
    assert results.compare("01", "distance", 16.9, parameters=SAME, folder=folder)
    for value in (17.1, math.nan, math.inf):
        with pytest.raises(results.ResultBeyondLimit):
            results.compare("01", "distance", value, parameters=SAME, folder=folder)
    with pytest.raises(results.ResultBeyondLimit, match="no record"):
        results.compare("09", "distance", 1.0, parameters={}, folder=folder)
    monkeypatch.setenv("GENCOURSE_STRICT", "0")
    assert not results.compare("01", "distance", 17.1, parameters=SAME, folder=folder)


def test_results_file_has_one_json_line_per_comparison_even_for_a_failure(folder, monkeypatch):
    path = folder / "results.jsonl"
    monkeypatch.setenv("GENCOURSE_RESULTS", str(path))
    monkeypatch.setenv("GENCOURSE_STRICT", "1")
    results.compare("01", "modes", 8, parameters=SAME, folder=folder)
    with pytest.raises(results.ResultBeyondLimit):
        results.compare("01", "distance", math.nan, parameters=SAME, folder=folder)
    first, second = map(json.loads, path.read_text().splitlines())
    assert (first["lesson"], first["claim"], first["value"], first["status"]) == ("01", "modes", 8.0, "ok")
    assert first["unit"] == "modes"
    assert second["value"] is None
    assert second["status"] == "worse"
    assert second["limit"] == 17.0


@pytest.mark.parametrize("value", ["eight", None, [1, 2]])
def test_value_must_be_a_number(folder, value):
    with pytest.raises(TypeError, match="Received"):
        results.compare("01", "distance", value, parameters=SAME, folder=folder)


def test_lesson_name_is_checked(folder):
    with pytest.raises(ValueError, match="two digits"):
        results.load_record("../01", folder=folder)
    with pytest.raises(FileNotFoundError, match="gencourse record 07"):
        results.load_record("07", folder=folder)


def test_checkpoint_hash(folder):
    path = results.load_checkpoint_path("01", "net", folder=folder)
    assert path.read_bytes() == b"weights"
    entry = results.load_record("01", folder=folder).checkpoints["net"]
    assert entry["sha256"] == hashlib.sha256(b"weights").hexdigest()
    assert entry["bytes"] == 7
    path.write_bytes(b"weighty")
    with pytest.raises(ValueError, match="damaged"):
        results.load_checkpoint_path("01", "net", folder=folder)
    path.unlink()
    with pytest.raises(FileNotFoundError, match="missing"):
        results.load_checkpoint_path("01", "net", folder=folder)
    with pytest.raises(ValueError, match="known are: net"):
        results.load_checkpoint_path("01", "nett", folder=folder)


def test_checkpoint_outside_the_records_is_refused(folder):
    path = folder / "01.toml"
    path.write_text(path.read_text().replace("checkpoints/net.npz", "../secret"))
    with pytest.raises(ValueError, match="among the records"):
        results.load_checkpoint_path("01", "net", folder=folder)


def test_heavy_checkpoint_is_refused(folder):
    (folder / "big.npz").write_bytes(b"0" * (results.MAX_CHECKPOINT_BYTES + 1))
    with pytest.raises(ValueError, match="at most 2,000,000 bytes"):
        results.write_record(
            folder / "02.toml", lesson="02", about=ABOUT, claims={}, checkpoints={"big": {"file": "big.npz"}}
        )
