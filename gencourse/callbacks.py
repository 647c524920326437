"""Callbacks: a budget, progress that leaves tidy output, frames of samples, live curves, resume."""

import math
import os
import sys
import zipfile
from pathlib import Path
from time import perf_counter

import keras
import numpy as np

DECAYS = {
    "constant": lambda fraction: 1.0,
    "linear": lambda fraction: 1.0 - fraction,
    "cosine": lambda fraction: 0.5 * (1.0 + math.cos(math.pi * fraction)),
}


class Budget(keras.callbacks.Callback):
    """Stops training when a budget of seconds or steps is spent, and lets learning rates follow the share spent.

    Seconds count training steps only: the first call of the compiled step, which traces it, and whatever callbacks do
    between steps are left out. Schedules see a fraction, so that they mean the same whatever the budget counts.

    Args:
        seconds: seconds of training; or
        steps: number of training steps (batches).
        decay: "constant", "linear" or "cosine": what multiplies each optimizer's own learning rate, by fraction spent.
        floor: smallest multiplier, in [0, 1].

    Attributes:
        spent_seconds: seconds of training so far.
        spent_steps: steps so far.

    Raises:
        ValueError: if not exactly one budget is given, or it is not positive, or the decay is unknown.
    """

    def __init__(self, *, seconds=None, steps=None, decay: str = "constant", floor: float = 0.0):
        super().__init__()
        if (seconds is None) == (steps is None):
            raise ValueError(f"Give `seconds` or `steps`. Received: seconds={seconds}, steps={steps}.")
        if (seconds or steps or 0) <= 0:
            raise ValueError(f"A budget must be positive. Received: seconds={seconds}, steps={steps}.")
        if decay not in DECAYS:
            raise ValueError(f"`decay` must be one of {sorted(DECAYS)}. Received: {decay!r}.")
        self.seconds, self.steps, self.decay, self.floor = seconds, steps, decay, floor
        self.spent_seconds = 0.0
        self.spent_steps = 0

    @property
    def fraction(self) -> float:
        """Share of the budget spent, in [0, 1]."""
        spent = self.spent_steps / self.steps if self.steps else self.spent_seconds / self.seconds
        return min(spent, 1.0)

    def on_train_begin(self, logs=None):
        self._traced = False
        if not self.spent_steps:  # a cell that is run again goes on
            self.spent_steps = self.model.epochs_done * (self.params.get("steps") or 0)
        self._set_rates()
        if self.fraction >= 1.0:
            self.model.stop_training = True

    def on_train_batch_begin(self, batch, logs=None):
        self._begun_batch = batch
        self._began = perf_counter()

    def on_train_batch_end(self, batch, logs=None):
        if self._traced:
            self.spent_seconds += perf_counter() - self._began
        self._traced = True
        left = (self.params.get("steps") or math.inf) - self._begun_batch  # `batch` means another thing in each Keras
        self.spent_steps += min(self.model.steps_per_execution, left)
        self._set_rates()
        if self.fraction >= 1.0:
            self.model.stop_training = True

    def on_train_end(self, logs=None):
        if self.decay != "constant":  # a model that is kept has the rates it was given, not the last small ones
            for role, rate in self.model.base_learning_rates.items():
                getattr(self.model, role).learning_rate = rate

    def _set_rates(self):
        if self.decay == "constant":
            return
        factor = max(self.floor, DECAYS[self.decay](self.fraction))
        for role, rate in self.model.base_learning_rates.items():
            getattr(self.model, role).learning_rate = rate * factor

    def get_state(self) -> dict:
        """What a resume needs: the seconds and steps spent."""
        return {"spent_seconds": self.spent_seconds, "spent_steps": self.spent_steps}

    def set_state(self, state: dict) -> None:
        """Puts back what `get_state` returned."""
        self.spent_seconds = float(state["spent_seconds"])
        self.spent_steps = int(state["spent_steps"])


class Progress(keras.callbacks.Callback):
    """One line that is rewritten: `epoch 7/20 · 35 s · generator_loss 0.91`.

    In a notebook the stored output is the last state of that line; in a terminal it is a line on stderr.

    Args:
        every: seconds between two updates.
    """

    def __init__(self, *, every: float = 1.0):
        super().__init__()
        self.every = every

    def on_train_begin(self, logs=None):
        self._began = self._shown = perf_counter()
        self._epoch = self.model.epochs_done if hasattr(self.model, "epochs_done") else 0
        self._line = _Line()
        self._logs = {}
        self._stride = getattr(self.model, "steps_per_execution", 1)

    def on_epoch_begin(self, epoch, logs=None):
        self._epoch = epoch

    def on_train_batch_begin(self, batch, logs=None):
        self._begun_batch = batch

    def on_train_batch_end(self, batch, logs=None):
        now = perf_counter()
        if now - self._shown >= self.every:
            self._shown = now
            steps = self.params.get("steps")
            done = min(self._begun_batch + self._stride, steps or math.inf)
            self._line.show(self._text(logs, f"step {done}" + (f"/{steps}" if steps else "")))

    def on_epoch_end(self, epoch, logs=None):
        self._epoch = epoch + 1
        self._logs = dict(logs or {})

    def on_train_end(self, logs=None):
        self._line.show(self._text(self._logs, "done"))
        self._line.close()

    def _text(self, logs, where):
        seconds = perf_counter() - self._began
        losses = " · ".join(f"{name} {float(value):.3f}" for name, value in (logs or {}).items())
        epochs = self.params.get("epochs", 0)
        epochs = f"epoch {self._epoch}" + (f"/{epochs}" if 0 < epochs < 10**6 else "")
        return " · ".join(part for part in (epochs, where, f"{seconds:.0f} s", losses) if part)


class _Line:
    """A line of text that can be shown again: an updated display in a notebook, a carriage return in a terminal."""

    def __init__(self):
        self._handle = None
        self._shell = _notebook_shell()

    def show(self, text: str) -> None:
        if self._shell is None:
            if sys.stderr.isatty():
                print(f"\r\x1b[K{text}", end="", file=sys.stderr, flush=True)
            else:
                self._last = text
            return
        from IPython.display import display

        content = {"text/plain": text}
        if self._handle is None:
            self._handle = display(content, raw=True, display_id=True)
        else:
            self._handle.update(content, raw=True)

    def close(self) -> None:
        if self._shell is None:
            print("" if sys.stderr.isatty() else getattr(self, "_last", ""), file=sys.stderr, flush=True)


def _notebook_shell():
    """The running IPython kernel, or None in a plain Python process."""
    shell = sys.modules.get("IPython") and sys.modules["IPython"].get_ipython()
    return shell if shell is not None and hasattr(shell, "kernel") else None


class SampleFrames(keras.callbacks.Callback):
    """Keeps samples from the same latents as training goes on: the frames of an animation.

    Args:
        n: samples in a frame.
        seed: seed of the latents, the same for every frame.
        every: epochs between two frames.
        keep: function applied to the samples of each frame, such as `data.to_unit`.

    Attributes:
        frames: list of float arrays (n, *sample shape); the first was drawn before training.
        epochs: the epoch of each frame; 0 is before training.
    """

    def __init__(self, *, n: int = 16, seed: int = 0, every: int = 1, keep=None):
        super().__init__()
        if n < 1 or every < 1:
            raise ValueError(f"`n` and `every` must be at least 1. Received: n={n}, every={every}.")
        self.n, self.seed, self.every, self.keep = n, seed, every, keep
        self.frames, self.epochs = [], []

    def _take(self, epoch):
        samples = self.model.generate(self.n, seed=self.seed)
        self.frames.append(self.keep(samples) if self.keep else samples)
        self.epochs.append(epoch)

    def on_train_begin(self, logs=None):
        if not self.frames:
            self._take(self.model.epochs_done)

    def on_epoch_end(self, epoch, logs=None):
        if (epoch + 1) % self.every == 0 and (epoch + 1) not in self.epochs:
            self._take(epoch + 1)


class LiveFigure(keras.callbacks.Callback):
    """Redraws one figure in a notebook as training goes on, such as the loss curves so far.

    Args:
        draw: function of the model's `training_history` (a dict of lists) that returns a Matplotlib figure.
        every: epochs between two drawings.
    """

    def __init__(self, draw, *, every: int = 1):
        super().__init__()
        self.draw, self.every = draw, every
        self._handle = None

    def on_epoch_end(self, epoch, logs=None):
        if (epoch + 1) % self.every or _notebook_shell() is None or not self.model.training_history:
            return
        from IPython.display import display

        figure = self.draw(self.model.training_history)
        if self._handle is None:
            self._handle = display(figure, display_id=True)
        else:
            self._handle.update(figure)


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
