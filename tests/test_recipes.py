"""Recipes, runs in folders, and the verbs train, sample and evaluate."""

import json

import keras
import numpy as np
import pytest
from click.testing import CliRunner

from gencourse import data, recipes
from gencourse.cli.main import main
from gencourse.recipes import checkpoints, domains, pairs, short, studies, texts
from gencourse.recipes.runs import steps_per_call

SMALL = {"generator_units": (8,), "discriminator_units": (8,), "batch_size": 500}
STEADY = {**SMALL, "decay": "constant"}  # a schedule follows its budget, so runs of other budgets differ from the start


def verb(*words):
    return CliRunner().invoke(main, [str(word) for word in words])


@pytest.fixture(scope="module")
def ring_run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs") / "ring"
    recipes.train(recipes.get("gan-ring"), out=folder, epochs=2, seed=4, changes=SMALL)
    return folder


@pytest.fixture
def little(monkeypatch):
    """Few held-out texts and few samples: whether all is measured shows with them, too; how good it is, records say."""
    for kind in (pairs.Pairs, short.ShortTexts, texts.Prose, texts.Quatrains, texts.Sonnets):

        def made(self, *args, original=kind.__init__, **options):
            original(self, *args, **options)
            self.reference = self.reference[: 3000 if isinstance(self.reference, str) else 60]
            if isinstance(self, pairs.Pairs):
                self.unseen = self.unseen[:60]

        monkeypatch.setattr(kind, "__init__", made)
    for kind in (short.ShortTexts, domains.Images):
        monkeypatch.setattr(kind, "drawn", 60)


@pytest.mark.usefixtures("little")
@pytest.mark.parametrize("recipe", recipes.RECIPES.values(), ids=recipes.RECIPES)
def test_every_recipe_trains_and_is_judged(recipe):
    batch = recipe.parameters["batch_size"]
    run = recipes.train(recipe, steps=4, seed=1)
    assert run.settings["steps"] == 4
    examples = domains.DOMAINS[recipe.domain](recipe.data, parameters=run.settings["parameters"])
    assert examples.pass_steps(batch) >= 1
    scores = recipes.judge(run, 60, seed=2)
    if recipe.draws:
        samples = recipes.sample(run, 60, seed=2)
        assert scores["n"] == len(samples) == 60
        if isinstance(examples, texts.Texts):
            assert all(isinstance(written, str) for written in samples)
        else:
            assert samples.dtype == np.float32
            assert samples.shape == (60, *examples.form)
    for study in (s for of in studies.STUDIES.values() for s in of if s.recipe == recipe.name):
        assert set(study.claims) <= set(scores)


@pytest.mark.parametrize("lesson", studies.STUDIES)
def test_studies_name_recipes_and_measures_that_exist(lesson):
    for study in studies.STUDIES[lesson]:
        recipe = recipes.get(study.recipe)
        for changes in study.variants.values():
            recipe.with_parameters(changes)
        assert study.seeds >= 3
        if study.claims:
            assert next(iter(study.variants.values())) == {}, "the first variant is the lesson's own"
    assert any(study.claims and study.seeds >= 5 for study in studies.STUDIES[lesson]), "the main result gets more"


def test_parameters_are_checked():
    recipe = recipes.get("gan")
    assert recipe.with_parameters({"LATENT_DIM": 3})["latent_dim"] == 3
    assert recipe.with_parameters({"generator_units": [5]})["generator_units"] == (5,)
    with pytest.raises(ValueError, match="no parameter 'width'"):
        recipe.with_parameters({"width": 3})
    with pytest.raises(TypeError, match=r"type int.*Received: 'many'"):
        recipe.with_parameters({"epochs": "many"})
    with pytest.raises(ValueError, match="no recipe 'gun'"):
        recipes.get("gun")


def test_steps_per_call_divides_both():
    assert steps_per_call(312, 312 * 20) == 26
    assert steps_per_call(312, 7) == 1
    assert steps_per_call(40, 100) == 20


def test_a_run_can_be_read_back(ring_run):
    run = recipes.load(ring_run)
    assert run.settings["finished"] is True
    assert run.settings["parameters"]["batch_size"] == 500
    assert run.settings["epochs"] == 2
    assert {"tensorflow", "keras", "numpy", "python"} <= run.settings["versions"].keys()
    history = json.loads((ring_run / "history.json").read_text())
    assert all(len(values) == 2 for values in history.values())


def test_a_longer_budget_goes_on_exactly(tmp_path):
    recipe = recipes.get("gan-ring")
    whole = recipes.train(recipe, steps=50, changes=STEADY)
    recipes.train(recipe, out=tmp_path, steps=30, changes=STEADY)  # ends in the middle of a pass
    again = recipes.train(recipe, out=tmp_path, steps=50, changes=STEADY, resume=True)
    assert again.settings["steps"] == 50
    np.testing.assert_array_equal(recipes.sample(again, 20), recipes.sample(whole, 20))


def test_resuming_a_finished_run_changes_nothing(tmp_path):
    first = recipes.train(recipes.get("gan-ring"), out=tmp_path, steps=40, changes=SMALL)
    again = recipes.train(recipes.get("gan-ring"), out=tmp_path, steps=40, changes=SMALL, resume=True)
    assert again.settings["steps"] == 40
    np.testing.assert_array_equal(recipes.sample(again, 20), recipes.sample(first, 20))


def test_another_run_is_not_overwritten(ring_run):
    with pytest.raises(FileExistsError, match="--resume"):
        recipes.train(recipes.get("gan-ring"), out=ring_run, epochs=1)
    with pytest.raises(ValueError, match=r"'seed' was 4. Received: 5"):
        recipes.train(recipes.get("gan-ring"), out=ring_run, epochs=3, resume=True, seed=5, changes=SMALL)
    changes = {**SMALL, "batch_size": 250}
    with pytest.raises(ValueError, match=r"'batch_size' was 500\. Received: 250"):
        recipes.train(recipes.get("gan-ring"), out=ring_run, epochs=3, resume=True, seed=4, changes=changes)


def test_no_run_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="holds no run"):
        recipes.load(tmp_path)


def test_interrupt_keeps_the_model_and_resume_goes_on_exactly(ring_run, tmp_path):
    class Stop(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            if epoch == 1:
                raise KeyboardInterrupt

    recipe = recipes.get("gan-ring")
    with pytest.raises(KeyboardInterrupt):
        recipes.train(recipe, out=tmp_path, epochs=2, seed=4, changes=SMALL, more_callbacks=[Stop()])
    assert recipes.load(tmp_path).settings["finished"] is False
    run = recipes.train(recipe, out=tmp_path, epochs=2, seed=4, changes=SMALL, resume=True)
    assert run.settings["finished"] is True
    assert run.settings["steps"] == 80
    np.testing.assert_array_equal(recipes.sample(run, 20), recipes.sample(recipes.load(ring_run), 20))
    assert run.model.training_history == json.loads((ring_run / "history.json").read_text())


def test_checkpoint_round_trip(ring_run, tmp_path):
    model = recipes.load(ring_run).model
    checkpoints.save_checkpoint(model, tmp_path / "kept.npz")
    with np.load(tmp_path / "kept.npz", allow_pickle=False) as file:
        assert {file[name].dtype for name in file} == {np.dtype("float16")}
        for kept, weight in zip(sorted(file), model.average_generator.get_weights(), strict=True):
            np.testing.assert_allclose(file[kept].astype("float32"), weight, rtol=1e-3, atol=1e-4)


def test_images_from_a_file(tmp_path):
    images = np.random.default_rng(0).integers(0, 256, (40, 28, 28), dtype=np.uint8)
    np.savez(tmp_path / "mine.npz", images=images)
    everything = domains.Images(tmp_path / "mine.npz")
    assert len(everything.train) == len(everything.reference) == 40
    split = domains.Images(tmp_path / "mine.npz", holdout=0.25)
    assert (len(split.train), len(split.reference)) == (30, 10)
    np.testing.assert_array_equal(split.reference, images[30:])


def test_a_file_without_held_out_images_is_judged_without_neighbours(tmp_path):
    images = data.load_images("digits").train_images[:60]
    np.savez(tmp_path / "mine.npz", images=images)
    scores = domains.Images(tmp_path / "mine.npz").evaluate(data.to_unit(images))
    assert scores["nearest_train"] is None
    assert scores["precision"] == 1.0


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 cut off", b"just text"])
def test_unreadable_files_end_in_a_sentence(tmp_path, content):
    (tmp_path / "broken.npz").write_bytes(content)
    result = verb("evaluate", tmp_path / "broken.npz")
    assert result.exit_code == 1
    assert "is not a readable .npz file" in result.output


@pytest.mark.parametrize(
    ("arrays", "sentence"),
    [
        ({"pictures": np.zeros((3, 28, 28))}, "must hold an array `images`"),
        ({"images": np.zeros((3, 28))}, "must have shape"),
        ({"images": np.full((3, 28, 28), 7.0)}, r"floats in \[0, 1\]"),
        ({"images": np.zeros((3, 28, 28), "int32")}, "uint8"),
    ],
)
def test_bad_files_are_named(tmp_path, arrays, sentence):
    np.savez(tmp_path / "bad.npz", **arrays)
    with pytest.raises(ValueError, match=sentence):
        domains.Images(tmp_path / "bad.npz")


def test_verbs_from_end_to_end(tmp_path):
    changes = ["--set", "generator_units=[8]", "--set", "batch_size=500"]
    trained = verb("train", "gan-ring", "--out", tmp_path / "run", "--steps", 40, *changes, "--json")
    assert trained.exit_code == 0, trained.output
    assert len(trained.stdout.splitlines()) == 1
    assert json.loads(trained.stdout)["steps"] == 40
    assert verb("sample", tmp_path / "run", "-n", 60, "--out", tmp_path / "points.npz").exit_code == 0
    judged = verb("evaluate", tmp_path / "points.npz", "--json")
    assert len(judged.stdout.splitlines()) == 1
    assert json.loads(judged.stdout).keys() == {"n", "modes_covered", "share_within", "total_variation"}
    assert json.loads(verb("evaluate", tmp_path / "run", "-n", 60, "--json").stdout) == json.loads(judged.stdout)


def test_image_verbs(tmp_path):
    verb("train", "gan", "--out", tmp_path / "run", "--steps", 1, "--set", "generator_units=[8]")
    for name in ("a.npz", "a.png", "a.gif"):
        result = verb("sample", tmp_path / "run", "-n", 60, "--out", tmp_path / name)
        assert result.exit_code == 0, result.output
    with np.load(tmp_path / "a.npz") as file:
        images = file["images"]
    assert images.shape == (60, 28, 28, 1)
    assert images.min() >= 0
    assert images.max() <= 1
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")
    assert (tmp_path / "a.gif").read_bytes().startswith(b"GIF89a")
    judged = json.loads(verb("evaluate", tmp_path / "a.npz", "--json").stdout)
    assert set(judged) == {"n", "frechet", "kernel", "precision", "recall", "density", "coverage", "nearest_train"}


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["train", "gun", "--out", "x"], "There is no recipe 'gun'"),
        (["train", "gan-ring", "--out", "x", "--steps", "1", "--epochs", "1"], "Give one budget"),
        (["train", "gan-ring", "--out", "x", "--set", "epochs"], "--set expects NAME=VALUE"),
        (["train", "gan-ring", "--out", "x", "--data", "moon"], "`data` must be one of"),
        (["sample", "nowhere"], "holds no run"),
        (["sample", "nowhere", "--out", "a.mp3"], "must end in"),
        (["evaluate", "nowhere.npz"], "no such file"),
    ],
)
def test_bad_words_end_in_a_sentence(words, sentence, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = verb(*words)
    assert result.exit_code != 0
    assert sentence in result.output
    assert "Traceback" not in result.output
    assert not list(tmp_path.iterdir())


def test_a_conditional_model_draws_the_class_asked_for(tmp_path):
    changes = ["--set", "generator_units=[8]", "--set", "batch_size=500"]
    assert verb("train", "cgan", "--out", tmp_path / "run", "--steps", 1, *changes).exit_code == 0
    for label, expected in ((None, list(range(10))), (3, [3] * 10)):
        words = () if label is None else ("--label", label)
        assert verb("sample", tmp_path / "run", "-n", 10, "--out", tmp_path / "a.npz", *words).exit_code == 0
        with np.load(tmp_path / "a.npz") as file:
            assert file["labels"].tolist() == expected
    assert "class_accuracy" in json.loads(verb("evaluate", tmp_path / "run", "-n", 60, "--json").stdout)
    refused = verb("sample", tmp_path / "run", "--label", 10)
    assert refused.exit_code == 1
    assert "from 0 to 9" in refused.output


def test_labels_are_asked_for_where_they_are_needed(tmp_path, ring_run):
    images = np.random.default_rng(0).integers(0, 256, (600, 28, 28), dtype=np.uint8)
    np.savez(tmp_path / "mine.npz", images=images)
    refused = verb("train", "cgan", "--out", tmp_path / "run", "--data", tmp_path / "mine.npz", "--steps", 1)
    assert "a file without an array `labels`" in refused.output
    assert "knows no classes" in verb("sample", ring_run, "--label", 1).output


def test_a_likelihood_model_says_its_nats(tmp_path):
    verb("train", "vae", "--out", tmp_path / "run", "--steps", 1, "--set", "encoder_units=[8]", "--set", "epochs=1")
    scores = json.loads(verb("evaluate", tmp_path / "run", "-n", 60, "--json").stdout)
    assert 150 < scores["importance_weighted_nats"] <= scores["nats_per_image"] + 1 < 800
    assert "frechet" in scores
