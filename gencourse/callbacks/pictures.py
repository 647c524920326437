"""Samples and curves as training goes on."""

import uuid

import keras

from .progress import notebook_shell


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
        self._place, self._shown = uuid.uuid4().hex, False

    def on_epoch_end(self, epoch, logs=None):
        if (epoch + 1) % self.every or notebook_shell() is None or not self.model.training_history:
            return
        from IPython.display import display

        figure = self.draw(self.model.training_history)
        place = {"display_id": self._place, "update": self._shown}
        self._shown = True
        if hasattr(figure, "bundle"):  # a Picture displays itself, and knows of no place where it was before
            shown, metadata = figure.bundle()
            display(shown, metadata=metadata, raw=True, **place)
        else:
            display(figure, **place)
