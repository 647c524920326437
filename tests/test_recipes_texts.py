"""Recipes of texts: their data, their files, and the command line."""

import json

import numpy as np
import pytest
from click.testing import CliRunner

from gencourse import recipes
from gencourse.cli.main import main
from gencourse.recipes import files, texts
from gencourse.training import NonFiniteError

SMALL = {"units": (16,), "embedding_dim": 8, "batch_size": 4, "length": 16}
STORY = "The cat sat on the mat, and the dog sat by the door. " * 60


def run(*words):
    return CliRunner().invoke(main, [str(word) for word in words])


@pytest.fixture(scope="module")
def story(tmp_path_factory):
    path = tmp_path_factory.mktemp("text") / "story.txt"
    path.write_text(STORY, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory, story):
    out = tmp_path_factory.mktemp("runs") / "rnn"
    recipes.train(recipes.get("char-rnn"), out=out, data_name=str(story), holdout=0.1, steps=60, seed=2, changes=SMALL)
    return out


def test_held_out_text_is_never_trained_on(story):
    prose = recipes.Prose(str(story), holdout=0.25, parameters={"tokens": "characters", "length": 16})
    assert prose.train + prose.reference == STORY
    assert len(prose.reference) == round(len(STORY) / 4)
    batch = next(iter(prose.stream(batch_size=4, seed=0)))
    assert all(prose.form.decode(row) in prose.train for row in batch[0].numpy())
    whole = recipes.Prose(str(story))
    assert whole.train == whole.reference == STORY


def test_vocabularies_come_from_the_training_text():
    austen = recipes.Prose("austen", parameters={"tokens": 400, "length": 16})
    assert austen.form.vocabulary_size == 400
    poems = recipes.Quatrains("quatrains")
    assert set(poems.form.symbols) == set("".join(poems.train))


def test_a_run_is_written_loaded_and_goes_on(folder, story):
    kept = recipes.load(folder)
    assert kept.settings["steps"] == 60
    assert recipes.sample(kept, 2, seed=1, length=30) == recipes.sample(kept, 2, seed=1, length=30)
    assert len(recipes.sample(kept, 3, seed=1, prompt="The ", length=10)[0]) == 10
    with pytest.raises(ValueError, match="knows no classes"):
        recipes.sample(kept, 2, label=1)
    with pytest.raises(FileExistsError):
        recipes.train(recipes.get("char-rnn"), out=folder, data_name=str(story))


def test_scores_of_a_run_and_of_a_text(folder, story, tmp_path):
    scores = files.evaluate(folder, count=4)
    assert scores["characters"] == round(len(STORY) * 0.1)
    assert scores["bits_per_character"] == pytest.approx(scores["nats_per_character"] / np.log(2))
    other = tmp_path / "other.txt"
    other.write_text("The cat Ω sat. Ω", encoding="utf-8")
    scores = files.evaluate(folder, data_name=str(other), count=2)
    assert (scores["characters"], scores["unknown"]) == (14, 2)
    copied = files.evaluate(story, data_name=str(story))
    assert copied["copied_share"] == 1.0


def test_the_command_line_writes_and_judges(folder, tmp_path):
    out = tmp_path / "new" / "two.txt"
    done = run("sample", folder, "-n", 2, "--prompt", "The dog", "--length", 20, "--temperature", 0, "--out", out)
    assert done.exit_code == 0, done.output
    first, second = out.read_text(encoding="utf-8").split("\n\n----\n\n")
    assert first == second.rstrip("\n")  # temperature 0 always takes the likeliest
    assert run("sample", folder).exit_code == 0
    assert (folder / "samples.txt").is_file()
    judged = run("evaluate", folder, "-n", 2, "--json")
    assert {"characters", "nats_per_character", "bits_per_character", "unknown"} <= set(json.loads(judged.stdout))


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--out", "x.png"), "must end in .txt"),
        (("--prompt", "Ω"), "not in the vocabulary"),
        (("--label", 1), "knows no classes"),
    ],
)
def test_wrong_wishes_are_answered(folder, tmp_path, words, sentence):
    words = [tmp_path / word if word == "x.png" else word for word in words]
    done = run("sample", folder, *words)
    assert done.exit_code == 1
    assert sentence in done.output


def test_files_that_are_no_texts(tmp_path):
    (tmp_path / "bytes.txt").write_bytes(b"\xff\xfe\x00")
    (tmp_path / "blank.txt").write_text(" \n")
    for name in ("bytes.txt", "blank.txt"):
        with pytest.raises(ValueError, match=name):
            recipes.Prose(str(tmp_path / name))
    with pytest.raises(FileNotFoundError):
        recipes.Prose(str(tmp_path / "none.txt"))
    with pytest.raises(ValueError, match="held-out part of its own"):
        recipes.Prose("austen", holdout=0.1)
    with pytest.raises(ValueError, match="learns 'quatrains'"):
        recipes.Quatrains("austen")


def test_images_do_not_take_a_prompt(tmp_path):
    run = recipes.train(recipes.get("gan-ring"), steps=2)
    with pytest.raises(ValueError, match=r"does not write texts\. Received: prompt"):
        recipes.sample(run, 2, prompt="a")


def test_quatrains_are_judged_by_their_form():
    poems = recipes.Quatrains("quatrains")
    good, bad = poems.reference[0].strip(), "五言：一二三。"
    scores = poems.evaluate([good, good, bad, poems.train[0].strip()])
    assert scores["form_rate"] == 0.75
    assert scores["distinct_poems"] == 0.75
    assert scores["copied_lines"] >= 4 / 12
    assert texts.Quatrains("quatrains").pass_steps(64) == len(poems.train) // 64


def test_a_compiled_gpt_stops_at_a_loss_that_is_no_number():
    small = {"depth": 1, "width": 8, "heads": 2, "length": 8, "batch_size": 4}
    with pytest.raises(NonFiniteError, match=r"Training stopped by step \d+: the mean of 'loss'"):
        recipes.train(recipes.get("gpt-char"), steps=300, changes={**small, "rate": 1e30, "clip_norm": None})


def test_some_windows_of_a_batch_of_verse_are_prose():
    parameters = {**recipes.get("gpt-verse").parameters, "length": 32}
    for share, rows in ((0.0, 0), (0.25, 2)):
        sonnets = recipes.Sonnets("sonnets", parameters={**parameters, "prose_share": share})
        inputs, targets = (part.numpy() for part in next(iter(sonnets.stream(batch_size=8, seed=3))))
        read = [sonnets.form.decode(row) for row in inputs]
        np.testing.assert_array_equal(inputs[:, 1:], targets[:, :-1])
        assert [text in sonnets.train for text in read] == [True] * (8 - rows) + [False] * rows
        assert all(text in sonnets.prose.train for text in read[8 - rows :])


def test_too_few_images_or_points_are_no_measure(tmp_path):
    recipes.train(recipes.get("gan-ring"), out=tmp_path / "ring", steps=2)
    done = run("evaluate", tmp_path / "ring", "-n", 10)
    assert done.exit_code == 1
    assert "at least 50 samples" in done.output
