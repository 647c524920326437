"""Checkpoints: the networks that a model samples with, as float16 arrays small enough to keep in the repository."""

import os
from pathlib import Path

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
    with np.load(path, allow_pickle=False) as file:
        for name, network in model.sampling_networks().items():
            kept = sorted(key for key in file if key.startswith(f"{name}/"))
            network.set_weights([file[key].astype(w.dtype) for key, w in zip(kept, network.get_weights(), strict=True)])
    return model
