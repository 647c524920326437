"""Training a recipe into a folder, and reading it back."""

import json
import math
import os
import platform
import time
from pathlib import Path
from typing import Any, NamedTuple

import keras
import numpy as np
import tensorflow as tf

from gencourse import callbacks, runtime
from gencourse.training import TapeModel

from .base import Recipe
from .domains import DOMAINS
from .texts import Texts

RUN_FILE = "run.json"
MODEL_FILE = "model.keras"
HISTORY_FILE = "history.json"


class Run(NamedTuple):
    """A trained model and how it was made.

    Attributes:
        model: the model.
        settings: recipe, parameters, data, budget, seed, versions, seconds and steps of training.
    """

    model: TapeModel
    settings: dict[str, Any]


def source(settings) -> Any:
    """Opens the data that a run was trained on: an `Images`, a `Points`, a `Prose` or the `Quatrains`."""
    kind = DOMAINS[settings["domain"]]
    return kind(settings["data"], holdout=settings["holdout"], parameters=settings["parameters"])


def train(
    recipe: Recipe,
    *,
    out: str | Path | None = None,
    data_name: str | None = None,
    holdout: float = 0.0,
    epochs: int | None = None,
    steps: int | None = None,
    seconds: float | None = None,
    seed: int = 0,
    resume: bool = False,
    changes: dict[str, Any] | None = None,
    more_callbacks=(),
) -> Run:
    """Trains a recipe and, when `out` is given, leaves a folder that `load` reads.

    Args:
        recipe: what to train.
        out: folder for the model, its settings, its history and the state of training; `None` keeps all in memory.
        data_name: a bundled set of the recipe's kind, or a file; the recipe's own by default.
        holdout: share of a file kept out of training.
        epochs: passes over the data; or
        steps: batches; or
        seconds: seconds of training steps. By default the recipe's epochs, or its steps.
        seed: seed of weights, latents and data order.
        resume: go on from the state in `out`, exactly, where there is one.
        changes: hyper-parameters to change, by name.
        more_callbacks: Keras callbacks to add, or a function that takes the `Budget` and the data and returns them.

    Returns:
        The run.

    Raises:
        ValueError: if more than one budget is given, or the folder holds a run of other settings.
        FileExistsError: if `out` holds a run already and `resume` is False.
    """
    if sum(budget is not None for budget in (epochs, steps, seconds)) > 1:
        raise ValueError(f"Give one budget. Received: epochs={epochs}, steps={steps}, seconds={seconds}.")
    if resume and out is None:
        raise ValueError("`resume` needs the folder `out` of the run that stopped. Received: out=None.")
    parameters, asked = recipe.with_parameters(changes or {}), {"epochs": epochs, "steps": steps, "seconds": seconds}
    settings = {
        "recipe": recipe.name,
        "domain": recipe.domain,
        "value_range": recipe.value_range,
        "parameters": parameters,
        "data": str(data_name or recipe.data),
        "holdout": holdout,
        "seed": seed,
    }
    folder = None if out is None else Path(out)
    if folder is not None:
        _check_folder(folder, settings, resume)
    examples = source(settings)
    epoch_steps = examples.epoch_steps(parameters["batch_size"])
    pass_steps = examples.pass_steps(parameters["batch_size"])
    if steps is None and epochs is None:
        steps, epochs = parameters.get("steps"), parameters.get("epochs")
    total_steps = steps or epochs * pass_steps
    runtime.set_seed(seed)
    spent = callbacks.Resume(folder).spent_steps() if resume else 0
    stride = steps_per_call(epoch_steps, math.gcd(spent, total_steps if seconds is None else epoch_steps))
    model = recipe.build(parameters, examples.form, seed, stride)
    schedule = {"decay": parameters.get("decay", "constant"), "warm_up": parameters.get("warm_up", 0.0)}
    spend = {"steps": total_steps} if seconds is None else {"seconds": seconds}
    budget = callbacks.Budget(**spend, **schedule)
    watchers = [budget, *(more_callbacks(budget, examples) if callable(more_callbacks) else more_callbacks)]
    if folder is not None:
        keeper = callbacks.Resume(folder, budget=budget)
        if resume:
            keeper.restore(model)
        watchers.append(keeper)
        folder.mkdir(parents=True, exist_ok=True)
        _write_json(folder / RUN_FILE, {**settings, "finished": False})
    stream = examples.stream(
        batch_size=parameters["batch_size"],
        seed=seed,
        value_range=recipe.value_range,
        start_step=budget.spent_steps,
        labels=recipe.labels,
    )
    began = time.perf_counter()
    interrupted = False
    try:
        if budget.fraction < 1.0:
            model.fit(
                stream,
                epochs=10**6,  # the budget ends it
                steps_per_epoch=epoch_steps,
                verbose=0,
                callbacks=watchers,
            )
    except KeyboardInterrupt:
        interrupted = True
    settings |= {
        "finished": not interrupted,
        "seconds": round(budget.spent_seconds, 2),
        "wall_seconds": round(time.perf_counter() - began, 2),
        "steps": budget.spent_steps,
        "epochs": round(budget.spent_steps / pass_steps, 2),
        "budget": asked,
        "peak_memory_mb": runtime.peak_memory_mb(),
        "versions": versions(),
        "machine": runtime.machine_words(),
    }
    if folder is not None:
        _save(model, settings, folder)
    if interrupted:
        raise KeyboardInterrupt
    return Run(model, settings)


def load(folder: str | Path) -> Run:
    """Reads what `train` left in a folder.

    Raises:
        FileNotFoundError: if there is no run, or it never finished an epoch.
    """
    folder = Path(folder)
    if not (folder / RUN_FILE).is_file():
        raise FileNotFoundError(f"{folder} holds no run of `gencourse train`: there is no {RUN_FILE} in it.")
    if not (folder / MODEL_FILE).is_file():
        raise FileNotFoundError(f"The run in {folder} has no model yet: finish it with `gencourse train --resume`.")
    settings = json.loads((folder / RUN_FILE).read_text(encoding="utf-8"))
    return Run(keras.saving.load_model(folder / MODEL_FILE, safe_mode=True), settings)


def sample(run: Run, n: int, *, seed: int = 0, label: int | None = None, **writing) -> np.ndarray | list[str]:
    """Draws `n` samples as they are stored and judged: images in [0, 1], points or texts.

    Args:
        run: what `train` or `load` returned.
        n: how many.
        seed: the same seed gives the same samples.
        label: the class of all of them, for a conditional model; by default every class in turn.
        **writing: for texts: `prompt` (how they begin), `length` (tokens) and `temperature`, where they are not None.

    Returns:
        float32 array, (n, H, W, C) or (n, 2); of a model of texts a list of strings.

    Raises:
        ValueError: if a label is asked of a model that knows none, or a prompt of one that does not write.
    """
    labels, kind = sample_labels(run, n, label), DOMAINS[run.settings["domain"]]
    writing = {name: value for name, value in writing.items() if value is not None}
    if issubclass(kind, Texts):
        return source(run.settings).write(run.model, n, seed=seed, **writing)
    if writing:
        raise ValueError(f"{run.settings['recipe']!r} does not write texts. Received: {', '.join(writing)}.")
    drawn = run.model.generate(n, seed=seed) if labels is None else run.model.generate(n, seed=seed, labels=labels)
    return kind.finish(drawn, run.settings["value_range"])


def sample_labels(run: Run, n: int, label: int | None = None) -> np.ndarray | None:
    """The class of each of `n` samples as `sample` draws them, int32 (n,); None for a model that knows no classes."""
    classes = getattr(run.model, "classes", None)
    if classes is None:
        if label is not None:
            raise ValueError(f"{run.settings['recipe']!r} knows no classes. Received: label {label}.")
        return None
    return np.arange(n, dtype="int32") % classes if label is None else np.full(n, label, "int32")


def judge(run: Run, n: int, *, seed: int = 0) -> dict[str, float]:
    """Everything a record keeps of a run: the quality of `n` samples, and what the model itself reaches.

    Args:
        run: what `train` or `load` returned.
        n: samples judged.
        seed: of those samples.

    Returns:
        Measures by name.
    """
    return judge_samples(run, n, seed=seed) | reached(run)


def judge_samples(run: Run, n: int, *, seed: int = 0) -> dict[str, float]:
    """The quality of `n` samples by name; nothing for a model that draws none."""
    from . import get

    if not get(run.settings["recipe"]).draws:
        return {}
    return source(run.settings).judge(sample(run, n, seed=seed), sample_labels(run, n))


def reached(run: Run) -> dict[str, float]:
    """What the model reaches on held-out examples, by name: its recipe's own measure."""
    from . import get

    measure = get(run.settings["recipe"]).measure
    return {} if measure is None else measure(run.model, source(run.settings))


def versions() -> dict[str, str]:
    """Returns the versions that a result may depend on."""
    return {
        "python": platform.python_version(),
        "tensorflow": tf.__version__,
        "keras": keras.__version__,
        "numpy": np.__version__,
    }


def steps_per_call(pass_steps: int, total_steps: int, most: int = 32) -> int:
    """Steps in one call: the largest divisor of a pass and of the budget, so that both end exactly."""
    common = math.gcd(pass_steps, total_steps)
    return max(k for k in range(1, most + 1) if common % k == 0)


def _check_folder(folder: Path, settings: dict, resume: bool) -> None:
    file = folder / RUN_FILE
    if not file.exists():
        return
    if not resume:
        raise FileExistsError(f"{folder} holds a run already. Choose another folder, or go on with `--resume`.")
    kept = json.loads(file.read_text(encoding="utf-8"))
    now = json.loads(json.dumps(settings))
    then = {**kept, **kept["parameters"]}
    for name, value in {**now, **now["parameters"]}.items():
        if name != "parameters" and then.get(name) != value:
            raise ValueError(
                f"A resumed run must keep its settings; {name!r} was {then.get(name)!r}. Received: {value!r}."
            )


def _write_json(path: Path, content) -> None:
    part = path.with_name(path.name + ".part")
    part.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    os.replace(part, path)


def _save(model: TapeModel, settings: dict, folder: Path) -> None:
    part = folder / ("part-" + MODEL_FILE)
    model.save(part)
    os.replace(part, folder / MODEL_FILE)
    _write_json(folder / HISTORY_FILE, model.training_history)
    _write_json(folder / RUN_FILE, settings)
