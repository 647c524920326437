"""Scores on held-out data while training goes on."""

import keras


class HeldOut(keras.callbacks.Callback):
    """Asks how good the model is, before training and then each time a share of the budget is spent.

    A `Budget` counts training steps only, so its clock stands still meanwhile.

    Args:
        score: function of the model that returns a number.
        budget: the `Budget` of the same `fit`; it must come before this one in the list of callbacks.
        points: scores wanted after the first one, evenly spaced.

    Attributes:
        seconds: of training, at each score. steps: likewise. values: the scores.

    Raises:
        ValueError: if `points` is below 1.

    Example:
        >>> budget = callbacks.Budget(steps=3000, decay="cosine")
        >>> curve = callbacks.HeldOut(lambda model: model.score(passage)["bits_per_character"], budget)
        >>> model.fit(stream, epochs=30, steps_per_epoch=100, callbacks=[budget, curve])
        >>> viz.loss_curves({"held out": curve.values}, x=curve.seconds)
    """

    def __init__(self, score, budget, *, points: int = 20):
        super().__init__()
        if points < 1:
            raise ValueError(f"`points` must be at least 1. Received: {points}.")
        self.score, self.budget, self.points = score, budget, points
        self.seconds, self.steps, self.values = [], [], []

    def on_train_begin(self, logs=None):
        if not self.values:
            self._ask()

    def on_train_batch_end(self, batch, logs=None):
        if self.budget.fraction * self.points >= len(self.values):
            self._ask()

    def _ask(self):
        self.seconds.append(self.budget.spent_seconds)
        self.steps.append(self.budget.spent_steps)
        self.values.append(float(self.score(self.model)))
