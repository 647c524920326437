"""Checkpoints: the networks that a model samples with, as float16 arrays small enough to keep in the repository."""

import os
from pathlib import Path

import keras
import numpy as np

from gencourse import results
from gencourse.training import TapeModel

from .domains import DOMAINS


def save_checkpoint(model: TapeModel, path: str | Path) -> None:
    """Writes the weights of `model.sampling_networks()`, float32 rounded to float16, whole or not at all."""
    path = Path(path)
    arrays = {}
    for name, network in model.sampling_networks().items():
        for i, weight in enumerate(network.get_weights()):
            arrays[f"{name}/{i:03d}"] = weight.astype("float16") if weight.dtype == np.float32 else weight
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with part.open("wb") as file:
            np.savez_compressed(file, **arrays)
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


def load_checkpoint(lesson: str, name: str) -> TapeModel:
    """Builds the model of a recorded checkpoint and gives it the recorded weights; it can sample, not go on training.

    Args:
        lesson: two digits.
        name: of the checkpoint in the lesson's record.

    Returns:
        A model whose `generate` draws as the recorded one did, up to float16.

    Raises:
        FileNotFoundError: if the lesson has no record, or the file is missing.
        ValueError: if the name is unknown or the file is damaged.

    Example:
        >>> images = data.to_unit(recipes.load_checkpoint("01", "digits").generate(16, seed=1))
    """
    from . import get

    path = results.load_checkpoint_path(lesson, name)
    entry = results.load_record(lesson).checkpoints[name]
    recipe = get(entry["recipe"])
    parameters = recipe.with_parameters(entry.get("parameters", {}))
    form = DOMAINS[recipe.domain](entry.get("data", recipe.data), parameters=parameters).form
    model = recipe.build(parameters, form, entry["seed"], 1)
    _fill(model, path)
    return model


def _fill(model: TapeModel, path: Path) -> None:
    """Gives a model's sampling networks the weights that `save_checkpoint` wrote.

    Raises:
        ValueError: if they belong to networks of other shapes; nothing is changed then.
    """
    networks = model.sampling_networks()
    with np.load(path, allow_pickle=False) as file:
        weights = {name: [file[key] for key in sorted(file) if key.startswith(f"{name}/")] for name in networks}
    wanted = {name: [tuple(weight.shape) for weight in network.weights] for name, network in networks.items()}
    found = {name: [array.shape for array in arrays] for name, arrays in weights.items()}
    if found != wanted:
        different = next(name for name in wanted if found[name] != wanted[name])
        raise ValueError(
            f"The recorded weights of {path.name} belong to a network of another shape: take the recorded parameters. "
            f"Received: a model whose {different!r} has weights of the shapes {wanted[different]}."
        )
    for name, network in networks.items():
        kept = zip(weights[name], network.get_weights(), strict=True)
        network.set_weights([array.astype(weight.dtype) for array, weight in kept])


class RecordedNetworks(keras.callbacks.Callback):
    """Ends training after a few epochs and puts recorded weights in the place of those that were learnt.

    What is trained live, such as curves and first frames, stays as it is; whatever is drawn and measured afterwards
    comes from the record. Give it the first place in the list of callbacks: later ones then see the recorded networks.

    Args:
        lesson: two digits.
        name: of the checkpoint in the lesson's record.
        budget: the `callbacks.Budget` of the same `fit`; it is told the seconds that the record's training took.
        epochs: that are trained before.

    Raises:
        FileNotFoundError: if the lesson has no record, or the file is missing.
        ValueError: if the name is unknown or the file is damaged; and in `fit`, if the networks have other shapes.
    """

    def __init__(self, lesson: str, name: str, *, budget=None, epochs: int = 2):
        super().__init__()
        if epochs < 1:
            raise ValueError(f"`epochs` must be at least 1. Received: {epochs}.")
        self.path = results.load_checkpoint_path(lesson, name)
        self.entry = results.load_record(lesson).checkpoints[name]
        self.lesson, self.name, self.budget, self.epochs = lesson, name, budget, epochs
        self.loaded = False

    def on_epoch_end(self, epoch, logs=None):
        if self.loaded or epoch + 1 < min(self.epochs, self.params["epochs"]):
            return
        _fill(self.model, self.path)
        self.loaded = True
        self.model.stop_training = True
        if self.budget is not None:
            self.budget.spent_seconds, self.budget.spent_steps = self.entry["seconds"], self.budget.steps or 0
        print(
            f"LOADED, NOT TRAINED: after {epoch + 1} of {self.params['epochs']} epochs the recorded networks took the "
            f"place of yours (lesson {self.lesson}, {self.name}: seed {self.entry['seed']}, trained for "
            f"{self.entry['seconds']:.0f} s). Samples and scores below are theirs, curves those of the epochs that ran."
        )

    def on_train_end(self, logs=None):
        if self.loaded:  # a cell that is run again has nothing left to train
            self.model.epochs_done = self.params["epochs"]


def recorded(lesson: str, name: str, wanted: bool, *, budget=None, epochs: int = 2) -> list:
    """Callbacks that load a lesson's recorded networks instead of training them, if that is wanted; else none.

    Args:
        lesson, name, budget, epochs: as in `RecordedNetworks`.
        wanted: what the lesson's parameter LOAD_CHECKPOINT says.

    Returns:
        A list to be put first among the callbacks: of one callback, or empty.

    Example:
        >>> model.fit(stream, epochs=48, callbacks=[*recorded("01", "digits", LOAD_CHECKPOINT), budget, frames])
    """
    return [RecordedNetworks(lesson, name, budget=budget, epochs=epochs)] if wanted else []
