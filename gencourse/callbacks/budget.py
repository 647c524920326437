"""A budget of steps or seconds, and learning rates that follow the share of it that is spent."""

import math
from time import perf_counter

import keras

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
        warm_up: share of the budget, in [0, 1), in which the multiplier first grows from 0 to 1, before it decays.
        floor: smallest multiplier of the decay, in [0, 1].

    Attributes:
        spent_seconds: seconds of training so far.
        spent_steps: steps so far.

    Raises:
        ValueError: if not exactly one budget is given, or it is not positive, or the decay is unknown, or the warm-up
            is no such share.
    """

    def __init__(self, *, seconds=None, steps=None, decay: str = "constant", warm_up: float = 0.0, floor: float = 0.0):
        super().__init__()
        if (seconds is None) == (steps is None):
            raise ValueError(f"Give `seconds` or `steps`. Received: seconds={seconds}, steps={steps}.")
        if (seconds or steps or 0) <= 0:
            raise ValueError(f"A budget must be positive. Received: seconds={seconds}, steps={steps}.")
        if decay not in DECAYS:
            raise ValueError(f"`decay` must be one of {sorted(DECAYS)}. Received: {decay!r}.")
        if not 0.0 <= warm_up < 1.0:
            raise ValueError(f"`warm_up` must lie in [0, 1). Received: {warm_up}.")
        self.seconds, self.steps, self.decay, self.warm_up, self.floor = seconds, steps, decay, warm_up, floor
        self.spent_seconds = 0.0
        self.spent_steps = 0

    @property
    def fraction(self) -> float:
        """Share of the budget spent, in [0, 1]."""
        spent = self.spent_steps / self.steps if self.steps else self.spent_seconds / self.seconds
        return min(spent, 1.0)

    @property
    def _moves(self) -> bool:
        return self.decay != "constant" or self.warm_up > 0

    def multiplier(self, fraction: float) -> float:
        """What the learning rates are multiplied by when this share of the budget is spent."""
        if fraction < self.warm_up:
            return fraction / self.warm_up
        return max(self.floor, DECAYS[self.decay]((fraction - self.warm_up) / (1.0 - self.warm_up)))

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
        if self._moves:  # a model that is kept has the rates it was given, not the last small ones
            for role, rate in self.model.base_learning_rates.items():
                getattr(self.model, role).learning_rate = rate

    def _set_rates(self):
        if not self._moves:
            return
        factor = self.multiplier(self.fraction)
        for role, rate in self.model.base_learning_rates.items():
            getattr(self.model, role).learning_rate = rate * factor

    def get_state(self) -> dict:
        """What a resume needs: the seconds and steps spent."""
        return {"spent_seconds": self.spent_seconds, "spent_steps": self.spent_steps}

    def set_state(self, state: dict) -> None:
        """Puts back what `get_state` returned."""
        self.spent_seconds = float(state["spent_seconds"])
        self.spent_steps = int(state["spent_steps"])
