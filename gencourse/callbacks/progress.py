"""Progress that leaves tidy output, in notebooks and terminals."""

import math
import sys
from time import perf_counter

import keras


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
        self._shell = notebook_shell()

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


def notebook_shell():
    """The running IPython kernel, or None in a plain Python process."""
    shell = sys.modules.get("IPython") and sys.modules["IPython"].get_ipython()
    return shell if shell is not None and hasattr(shell, "kernel") else None
