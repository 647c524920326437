"""The whole state of training on disk, so that a stop costs one epoch at most."""

import os
import zipfile
from pathlib import Path

import keras
import numpy as np

from .budget import Budget


class Resume(keras.callbacks.Callback):
    """Puts the whole state of training on disk after each epoch, so that a stop costs one epoch at most.

    Weights, averages, optimizers, seeds, epochs, history, and the spent part of a `Budget` are kept; the data stream
    goes on exactly when it is made with `start_step = epochs behind * steps_per_epoch`.

    Args:
        folder: where `state.npz` is kept; made when missing.
        budget: a `Budget` whose spent part is kept, too.

    Example:
        >>> resume = callbacks.Resume("runs/my-gan")
        >>> start = resume.restore(model)  # 0 when there is nothing to resume
        >>> stream = data.batches(images, batch_size=64, seed=0, start_step=start * STEPS)
        >>> model.fit(stream, epochs=EPOCHS, steps_per_epoch=STEPS, callbacks=[resume])
    """

    def __init__(self, folder, *, budget: Budget | None = None):
        super().__init__()
        self.path = Path(folder) / "state.npz"
        self.budget = budget

    def spent_steps(self) -> int:
        """Returns the steps behind the kept state; 0 when nothing was kept."""
        return int(self._read().get("budget/spent_steps", 0)) if self.path.exists() else 0

    def _read(self) -> dict:
        try:
            with np.load(self.path, allow_pickle=False) as file:
                return dict(file)
        except (zipfile.BadZipFile, OSError, EOFError, ValueError) as error:
            raise ValueError(
                f"{self.path} is not a readable training state; move it away to begin anew. Received: {error}"
            ) from None

    def restore(self, model) -> int:
        """Puts the kept state into `model`.

        Args:
            model: a compiled model, made as the one that was stopped.

        Returns:
            Epochs behind it; 0 when nothing was kept.

        Raises:
            ValueError: if the file is damaged or belongs to another model.
        """
        if not self.path.exists():
            return 0
        state = self._read()
        if "epochs_done" not in state or "budget/spent_steps" not in state:
            raise ValueError(f"{self.path} is not a training state. Received: arrays {sorted(state)[:5]} ...")
        budget = {name: state.pop(f"budget/{name}") for name in ("spent_seconds", "spent_steps")}
        model.set_state(state)
        if self.budget is not None:
            self.budget.set_state(budget)
        return model.epochs_done

    def on_epoch_end(self, epoch, logs=None):
        if self.model.stop_training and self.budget is not None and self.budget.fraction < 1.0:
            return  # stopped in the middle of an epoch: the last whole one stays
        state = self.model.get_state()
        spent = self.budget.get_state() if self.budget else {"spent_seconds": 0.0, "spent_steps": 0}
        state |= {f"budget/{name}": np.asarray(value) for name, value in spent.items()}
        self.path.parent.mkdir(parents=True, exist_ok=True)
        part = self.path.with_name(f".state.{os.getpid()}.part")
        try:
            with part.open("wb") as file:
                np.savez(file, **state)
            os.replace(part, self.path)
        finally:
            part.unlink(missing_ok=True)
