"""A lesson's recorded networks in the place of training: said aloud, exact, and without a cell that breaks."""

import keras
import numpy as np
import pytest

from gencourse import callbacks, data, recipes, results
from gencourse.recipes.checkpoints import RecordedNetworks, recorded

RECIPE = recipes.get("gan-ring")


def ring_model(**changes):
    return RECIPE.build(RECIPE.with_parameters(changes), (2,), 0, 1)


def fit(model, watchers, epochs=6):
    stream = data.batches(data.ring().sample(512, 0), batch_size=64, seed=0)
    return model.fit(stream, epochs=epochs, steps_per_epoch=2, verbose=0, callbacks=watchers)


def test_nothing_happens_unless_it_is_wanted():
    assert recorded("01", "ring", False) == []


def test_training_ends_early_and_the_recorded_networks_draw(capsys):
    model, budget, frames = ring_model(), callbacks.Budget(steps=12), callbacks.SampleFrames(n=4, seed=3)
    fit(model, [*recorded("01", "ring", True, budget=budget), budget, frames])
    said = capsys.readouterr().out
    assert said.startswith("LOADED, NOT TRAINED: after 2 of 6 epochs")
    assert "lesson 01, ring" in said
    wanted = recipes.load_checkpoint("01", "ring").generate(50, seed=1)
    np.testing.assert_array_equal(model.generate(50, seed=1), wanted)
    assert frames.epochs == [0, 1, 2]
    np.testing.assert_array_equal(frames.frames[-1], model.generate(4, seed=3))
    assert budget.spent_seconds == results.load_record("01").checkpoints["ring"]["seconds"]
    assert len(model.training_history["generator_loss"]) == 2


def test_running_the_cell_again_trains_nothing(capsys):
    model = ring_model()
    fit(model, recorded("01", "ring", True))
    before = model.generate(8, seed=1)
    history = fit(model, recorded("01", "ring", True))
    assert history.epoch == []
    np.testing.assert_array_equal(model.generate(8, seed=1), before)
    assert capsys.readouterr().out.count("LOADED") == 1


def test_fewer_epochs_than_two_are_enough(capsys):
    fit(ring_model(), recorded("01", "ring", True), epochs=1)
    assert "after 1 of 1 epochs" in capsys.readouterr().out


def test_other_networks_are_refused_and_stay_as_they_are():
    model = ring_model(generator_units=(16, 16))
    with pytest.raises(ValueError, match="another shape"):
        fit(model, recorded("01", "ring", True))
    assert isinstance(model.generator, keras.Model)


@pytest.mark.parametrize(("lesson", "name"), [("01", "nothing"), ("99", "ring")])
def test_unknown_checkpoints_are_named_at_once(lesson, name):
    with pytest.raises((ValueError, FileNotFoundError)):
        recorded(lesson, name, True)


def test_epochs_must_be_positive():
    with pytest.raises(ValueError, match="at least 1"):
        RecordedNetworks("01", "ring", epochs=0)
