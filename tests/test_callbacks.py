"""Budget, progress, frames, live figures and resume, on a model small enough to train in a blink."""

import math

import keras
import numpy as np
import pytest

from gencourse import callbacks, data, gan, viz

POINTS = data.ring().sample(256, 0)
STEPS = 4


def make(rate=0.1, stride=1):
    keras.utils.set_random_seed(0)
    model = gan.GAN(
        gan.build_generator(latent_dim=2, units=(4,), output_shape=(2,), output_activation="linear"),
        gan.build_discriminator(input_shape=(2,), units=(4,)),
    )
    model.compile(
        generator_optimizer=keras.optimizers.SGD(rate),
        discriminator_optimizer=keras.optimizers.SGD(rate / 2),
        steps_per_execution=stride,
    )
    return model


def fit(model, *watchers, epochs=1):
    stream = data.batches(POINTS, batch_size=16, seed=0)
    return model.fit(stream, epochs=epochs, steps_per_epoch=STEPS, verbose=0, callbacks=list(watchers))


class Rates(keras.callbacks.Callback):
    def __init__(self):
        super().__init__()
        self.seen = []

    def on_train_batch_begin(self, batch, logs=None):
        self.seen.append(float(self.model.generator_optimizer.learning_rate))


def test_step_budget_stops_on_the_step():
    budget, model = callbacks.Budget(steps=6), make()
    fit(model, budget, epochs=10)
    assert int(model.generator_optimizer.iterations) == 6
    assert budget.spent_steps == 6
    assert budget.fraction == 1.0


def test_step_budget_counts_every_step_of_a_call():
    budget, model = callbacks.Budget(steps=8), make(stride=4)
    fit(model, budget, epochs=10)
    assert int(model.generator_optimizer.iterations) == 8


def test_steps_are_counted_alike_whatever_keras_calls_the_end_of_a_batch():
    """Older versions of Keras hand `on_train_batch_end` the first step of a call, newer ones the last."""
    budget = callbacks.Budget(steps=8)
    budget.set_model(make(stride=4))
    budget.set_params({"steps": 4, "epochs": 2})
    budget.on_train_begin()
    for end in (0, 3):
        budget.on_train_batch_begin(0)
        budget.on_train_batch_end(end)
    assert budget.spent_steps == 8


def test_a_kept_model_has_the_rates_it_was_given():
    model = make(rate=0.2)
    fit(model, callbacks.Budget(steps=8, decay="linear"), epochs=2)
    assert float(model.generator_optimizer.learning_rate) == pytest.approx(0.2)


def test_seconds_budget_stops_and_leaves_tracing_out(monkeypatch):
    clock = iter(np.arange(0.0, 1000.0, 5.0))  # each call of the clock is 5 s later: every step takes 5 s
    monkeypatch.setattr(callbacks.budget, "perf_counter", lambda: next(clock))
    budget, model = callbacks.Budget(seconds=15), make()
    fit(model, budget, epochs=10)
    assert budget.spent_seconds == 15
    assert int(model.generator_optimizer.iterations) == 1 + 3  # the first one, which is traced, is free


def test_rates_follow_the_fraction():
    rates, model = Rates(), make(rate=0.2)
    fit(model, callbacks.Budget(steps=8, decay="cosine"), rates, epochs=2)
    expected = [0.2 * 0.5 * (1 + math.cos(math.pi * k / 8)) for k in range(8)]
    np.testing.assert_allclose(rates.seen, expected, rtol=1e-5, atol=1e-8)


def test_rates_grow_before_they_fall():
    rates, model = Rates(), make(rate=0.2)
    fit(model, callbacks.Budget(steps=8, decay="linear", warm_up=0.25), rates, epochs=2)
    np.testing.assert_allclose(rates.seen, [0.2 * f for f in (0, 1 / 2, *(1 - k / 6 for k in range(6)))], atol=1e-7)
    assert float(model.generator_optimizer.learning_rate) == pytest.approx(0.2)


def test_a_cell_run_again_goes_on_with_its_schedule():
    class Stop(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            if epoch == 1:
                raise KeyboardInterrupt

    rates, model = Rates(), make(rate=0.2)
    with pytest.raises(KeyboardInterrupt):
        fit(model, callbacks.Budget(steps=8, decay="linear"), rates, Stop(), epochs=2)
    fit(model, callbacks.Budget(steps=8, decay="linear"), rates, epochs=2)
    np.testing.assert_allclose(rates.seen, [0.2 * (1 - k / 8) for k in range(8)], rtol=1e-5)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"seconds": 1, "steps": 1},
        {"steps": 0},
        {"seconds": -1},
        {"steps": 1, "decay": "magic"},
        {"steps": 1, "warm_up": 1.0},
    ],
)
def test_bad_budgets_are_refused(options):
    with pytest.raises(ValueError, match="Received"):
        callbacks.Budget(**options)


def test_held_out_scores_are_spread_over_the_budget():
    model, budget = make(), callbacks.Budget(steps=8)
    curve = callbacks.HeldOut(lambda model: model.generator_optimizer.iterations, budget, points=4)
    fit(model, budget, curve, epochs=2)
    assert curve.steps == curve.values == [0, 2, 4, 6, 8]
    assert curve.seconds[0] == 0.0
    assert sorted(curve.seconds) == curve.seconds
    with pytest.raises(ValueError, match="Received: 0"):
        callbacks.HeldOut(len, budget, points=0)


def test_frames_begin_before_training_and_use_the_same_latents():
    frames, model = callbacks.SampleFrames(n=3, seed=9, every=2, keep=lambda x: x + 100.0), make()
    untrained = model.generate(3, seed=9)
    fit(model, frames, epochs=5)
    assert frames.epochs == [0, 2, 4]
    np.testing.assert_allclose(frames.frames[0], untrained + 100.0)
    assert not np.allclose(frames.frames[0], frames.frames[2])
    fit(model, frames, epochs=6)  # run again: goes on
    assert frames.epochs == [0, 2, 4, 6]


def test_progress_outside_notebooks_is_one_line_on_stderr(capsys):
    fit(make(), callbacks.Progress(every=0.0), epochs=2)
    out, err = capsys.readouterr()
    assert out == ""
    assert len(err.strip().splitlines()) == 1
    assert err.startswith("epoch 2/2 · done")
    assert "generator_loss" in err


def test_resume_keeps_the_spent_budget(tmp_path):
    budget, model = callbacks.Budget(steps=100), make()
    fit(model, budget, callbacks.Resume(tmp_path, budget=budget), epochs=2)
    again, other = callbacks.Budget(steps=100), make()
    assert callbacks.Resume(tmp_path, budget=again).restore(other) == 2
    assert again.spent_steps == 8
    assert again.spent_seconds == pytest.approx(budget.spent_seconds)


def test_nothing_to_resume(tmp_path):
    assert callbacks.Resume(tmp_path / "new").restore(make()) == 0


def test_damaged_state_is_named(tmp_path):
    (tmp_path / "state.npz").write_bytes(b"not a zip file")
    with pytest.raises(ValueError, match="not a readable training state"):
        callbacks.Resume(tmp_path).restore(make())


def test_a_full_disk_leaves_the_last_state(tmp_path, monkeypatch):
    model = make()
    fit(model, callbacks.Resume(tmp_path))
    before = (tmp_path / "state.npz").read_bytes()

    def full(*args, **kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez", full)
    with pytest.raises(OSError, match="No space"):
        fit(model, callbacks.Resume(tmp_path), epochs=2)
    assert [p.name for p in tmp_path.iterdir()] == ["state.npz"]
    assert (tmp_path / "state.npz").read_bytes() == before


@pytest.mark.parametrize("kind", ["a Picture", "plain text"])
def test_a_live_figure_is_drawn_once_and_then_updated(kind, monkeypatch):
    from IPython.core.displaypub import CapturingDisplayPublisher
    from IPython.core.interactiveshell import InteractiveShell

    histories = []

    def draw(history):
        histories.append({name: list(values) for name, values in history.items()})
        return viz.loss_curves(histories[-1]) if kind == "a Picture" else f"figure {len(histories)}"

    shell = InteractiveShell.instance()
    published = CapturingDisplayPublisher()
    monkeypatch.setattr(shell, "display_pub", published)
    monkeypatch.setattr(callbacks.pictures, "notebook_shell", lambda: shell)
    try:
        fit(make(), callbacks.LiveFigure(draw), epochs=3)
    finally:
        InteractiveShell.clear_instance()
    assert [bool(out["update"]) for out in published.outputs] == [False, True, True]
    (place,) = {out["transient"]["display_id"] for out in published.outputs}
    assert place
    assert {"image/png" in out["data"] for out in published.outputs} == {kind == "a Picture"}
    assert [len(history["generator_loss"]) for history in histories] == [1, 2, 3]


def test_a_live_figure_stays_silent_outside_notebooks():
    fit(make(), callbacks.LiveFigure(lambda history: pytest.fail("nobody is looking")), epochs=1)
