"""The recipe of translations: its data, its measures, its files and the command line."""

import json

import numpy as np
import pytest
from click.testing import CliRunner

from gencourse import recipes
from gencourse.cli.main import main
from gencourse.recipes import files, pairs

SMALL = {"units": 12, "embedding_dim": 6, "batch_size": 8}
LINES = "".join(f"{word}\t{word[::-1]}\n" for word in ("ab", "ba", "abc", "cab", "bca", "aab", "cc", "ac") * 5)


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    path = tmp_path_factory.mktemp("pairs") / "words.tsv"
    path.write_text(LINES, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory, file):
    out = tmp_path_factory.mktemp("runs") / "translator"
    recipe = recipes.get("translator")
    recipes.train(recipe, out=out, data_name=str(file), holdout=0.2, steps=30, seed=1, changes=SMALL)
    return out


def test_dates_are_the_same_for_everybody():
    first, second = (recipes.Pairs("dates", parameters={"examples": n}) for n in (300, 300))
    assert first.train == second.train
    assert len(first.train) == 300
    assert len(first.reference) == len(first.unseen) == pairs.HELD_OUT
    days = {target for _, target in first.train}
    assert not days & {target for _, target in (*first.reference, *first.unseen)}
    assert set(first.form.target.symbols) == set("0123456789-\n")
    with pytest.raises(ValueError, match="a held-out part of its own"):
        recipes.Pairs("dates", holdout=0.5)


def test_one_language_can_be_asked_for():
    german = recipes.Pairs("dates", parameters={"examples": 20, "locales": "de"})
    assert all(
        source.startswith("de ") for part in (german.train, german.reference, german.unseen) for source, _ in part
    )
    some = recipes.Pairs("dates", parameters={"examples": 50, "locales": "de,fr"})
    assert {source.split()[0] for source, _ in some.train} == {"de", "fr"}


def test_batches_hold_sources_and_targets_with_their_ends(file):
    words = recipes.Pairs(str(file), holdout=0.2)
    assert len(words.train) == 32
    assert len(words.reference) == 8
    source, target = next(iter(words.stream(batch_size=8, seed=0)))
    for read, written in zip(source.numpy(), target.numpy(), strict=True):
        assert words.form.target.decode(written[written > 0]) == words.form.source.decode(read[read > 0])[::-1] + "\n"


def test_agreement_by_hand():
    scores = recipes.agreement(["2019-03-05", "2019-03-06"], ["2019-03-05", "2019-03-05"])
    assert scores["exact_match"] == 0.5
    assert 0.8 < scores["character_bleu"] < 1.0
    assert recipes.agreement(["abcd"], ["abcd"])["character_bleu"] == pytest.approx(1.0)


def test_a_run_is_loaded_and_judged(folder):
    run = recipes.load(folder)
    scores = recipes.judge(run, 8)
    assert set(scores) == {"n", "exact_match", "character_bleu", "bits_per_character", "beam_exact_match"}
    lines = recipes.sample(run, 3, prompt="abc")
    assert len(lines) == 3
    assert len(set(lines)) == 1  # the likeliest translation
    assert lines[0].startswith("abc\t")
    drawn = recipes.sample(run, 20, prompt="abc", temperature=3.0)
    assert len(set(drawn)) > 1


def test_the_command_line_translates_and_judges(folder, file, tmp_path):
    def run(*words):
        return CliRunner().invoke(main, [str(word) for word in words])

    out = tmp_path / "translations.txt"
    assert run("sample", folder, "-n", 4, "--out", out).exit_code == 0
    assert len(out.read_text(encoding="utf-8").splitlines()) == 4
    told = run("evaluate", folder, "--json")
    assert json.loads(told.stdout)["n"] == 8
    dates = tmp_path / "dates.txt"
    held_out = recipes.Pairs("dates", parameters={"examples": 10}).reference[:4]
    dates.write_text("".join(f"{source}\t{target}\n" for source, target in held_out), encoding="utf-8")
    assert json.loads(run("evaluate", dates, "--data", "dates", "--json").stdout)["exact_match"] == 1.0
    with pytest.raises(ValueError, match="No text translates a held-out source"):
        files.evaluate(out, data_name="dates")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("a\tb\nno tab here\n", "line 2"),
        ("a\tb\tc\n", "line 1"),
        ("\tb\n", "line 1"),
        ("a\t\n", "line 1"),
        (" \n", "all white space"),
    ],
)
def test_files_that_hold_no_pairs(tmp_path, content, message):
    path = tmp_path / "broken.tsv"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(ValueError, match=message):
        recipes.Pairs(str(path))


def test_shares_and_networks_that_cannot_be(file):
    with pytest.raises(ValueError, match=r"Received: 1\.0"):
        recipes.Pairs(str(file), holdout=1.0)
    with pytest.raises(ValueError, match="leaves none"):
        recipes.Pairs(str(file), holdout=0.99)
    form = recipes.Pairs(str(file)).form
    recipe = recipes.get("translator")
    with pytest.raises(ValueError, match="Received: 'convolution'"):
        recipe.build(recipe.with_parameters({"network": "convolution"}), form, 0, 1)


@pytest.mark.parametrize("changes", [{"attend": False}, {"network": "transformer", "units": 16}])
def test_variants_train(file, changes):
    run = recipes.train(recipes.get("translator"), data_name=str(file), steps=4, changes=SMALL | changes)
    assert np.isfinite(run.model.training_history.get("loss", [0.0])).all()
    assert run.settings["steps"] == 4
