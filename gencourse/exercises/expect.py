"""What checks are made of: each helper returns something usable, or raises `Wrong` with a sentence for the learner."""

import contextlib
import inspect
import io
import math
import re
import sys
import traceback

import numpy as np

from gencourse.exercises.core import Wrong

SHOWN_CHARACTERS = 2_000
PRINTED_CHARACTERS = 100_000


class _TooMuchPrinted(BaseException):
    """Stops a function that prints without end; no `except Exception` in the learner's code swallows it."""


class _BoundedOutput(io.TextIOBase):
    """Passes the first characters on, drops the next, and stops the writer at last."""

    def __init__(self, target):
        self.target, self.written = target, 0

    def writable(self):
        return True

    def write(self, text):
        left = SHOWN_CHARACTERS - self.written
        self.written += len(text)
        if left > 0:
            self.target.write(text[:left])
        if self.written > PRINTED_CHARACTERS:
            raise _TooMuchPrinted
        return len(text)


def _where(error: BaseException, function) -> str:
    """Name the line of the learner's function that the error came from, when it can be found."""
    code = getattr(inspect.unwrap(function), "__code__", None)
    frames = [f for f in traceback.extract_tb(error.__traceback__) if code and f.name == code.co_name]
    return f" in the line `{frames[-1].line}`" if frames and frames[-1].line else ""


def call(function, *args, name: str, because: dict | None = None):
    """Call the learner's function, and turn whatever goes wrong inside into a sentence.

    Args:
        function: what the learner wrote; a `tf.function` is called without its graph, so that it meets new
            networks and optimisers each time.
        *args: passed on by position.
        name: the function's name in the sentence.
        because: {piece of an error message: sentence that explains it}.

    Returns:
        What the function returns; never None or `...`, unless `name` ends in "()" (nothing is to be returned).
    """
    function = getattr(function, "python_function", function)
    returns = not name.endswith("()")
    shown = f"`{name.removesuffix('()')}`"
    try:
        with contextlib.redirect_stdout(_BoundedOutput(sys.stdout)), np.errstate(all="ignore"):
            result = function(*args)
    except _TooMuchPrinted:
        raise Wrong(f"{shown} prints without end and was stopped: does its loop ever finish?") from None
    except SystemExit:
        raise Wrong(f"{shown} calls exit(): it should return its result instead.") from None
    except RecursionError:
        raise Wrong(f"{shown} calls itself without end.") from None
    except Exception as error:
        message = " ".join(re.sub(r"\x1b\[[0-9;]*m", "", str(error)).split())  # Keras colours words for a terminal
        reasons = [reason for piece, reason in (because or {}).items() if piece.lower() in message.lower()]
        short = message if len(message) <= 220 else message[:220] + " …"
        where = _where(error, function)
        sentence = f"{shown} stopped with {type(error).__name__}: {short or 'no message'}{where}."
        raise Wrong(" ".join([sentence, *reasons[:1]])) from None
    if returns and result is None:
        raise Wrong(f"{shown} returns None: does it end with `return`?")
    if returns and result is ...:
        raise Wrong(f"{shown} still returns `...`: put your own lines there.")
    return result


def function(answer, name: str, parameters: tuple) -> None:
    """Expect a callable that takes these parameters by position."""
    wanted = f"a function `{name}({', '.join(parameters)})`"
    if not callable(answer):
        raise Wrong(f"{wanted} is asked for, and this is {_kind(answer)}. Hand in its name, without brackets.")
    try:
        inspect.signature(getattr(answer, "python_function", answer)).bind(*parameters)
    except TypeError:
        raise Wrong(f"{wanted} is asked for; yours takes other parameters.") from None
    except ValueError:
        return  # some callables written in C have no signature: calling them will tell


def listed(answer):
    """An array or a tensor with one axis as a tuple of its numbers; any other answer as it is."""
    shape = getattr(answer, "shape", None)
    return tuple(np.asarray(answer).tolist()) if shape is not None and len(shape) == 1 else answer


def parts(answer, *names: str) -> tuple:
    """Expect a tuple, list or array with one part for each name."""
    answer = listed(answer)
    wanted = f"({', '.join(names)})"
    if not isinstance(answer, (tuple, list)):
        raise Wrong(f"{len(names)} parts are asked for, {wanted}, and this is {_kind(answer)}.")
    if len(answer) != len(names):
        raise Wrong(f"{len(names)} parts are asked for, {wanted}, and {len(answer)} came.")
    for part, name in zip(answer, names, strict=True):
        if part is None or part is ...:
            raise Wrong(f"`{name}` is not there yet: put yours in the place of `...`.")
    return tuple(answer)


def number(value, name: str = "your answer") -> float:
    """Expect one finite number: a Python or NumPy number, or a tensor that holds one."""
    try:
        array = np.asarray(value, dtype=np.float64)
    except (TypeError, ValueError):
        raise Wrong(f"{name} should be a number, and is {_kind(value)}.") from None
    if array.size != 1 or isinstance(value, (str, bytes, bool)):
        raise Wrong(f"{name} should be one number, and is {_kind(value)}.")
    result = float(array.reshape(()))
    if not math.isfinite(result):
        raise Wrong(f"{name} should be finite, and is {result}.")
    return result


def near(value, wanted: float, *, rel: float = 1e-3, tolerance: float = 1e-6) -> bool:
    """Whether a number is near the wanted one."""
    return math.isclose(float(value), wanted, rel_tol=rel, abs_tol=tolerance)


def numbers(value, shape: tuple, name: str = "your answer", *, finite: bool = True) -> np.ndarray:
    """Expect an array of numbers of this shape; returned as float64."""
    try:
        array = np.asarray(value, dtype=np.float64)
    except (TypeError, ValueError):
        raise Wrong(f"{name} should be an array of shape {shape}, and is {_kind(value)}.") from None
    if array.shape != shape:
        raise Wrong(f"{name} should have the shape {shape}, and has {array.shape}.")
    if finite and not np.isfinite(array).all():
        raise Wrong(f"{name} should be finite, and holds NaN or infinite values.")
    return array


def choice(answer, right: str, reasons: dict) -> str:
    """Expect a letter, and return or raise the reason that belongs to it.

    Args:
        answer: what the learner chose, in either case.
        right: the right letter.
        reasons: {letter: sentence} for every option.
    """
    letters = ", ".join(f'"{letter}"' for letter in reasons)
    if not isinstance(answer, str) or answer.strip().strip("()").lower() not in reasons:
        raise Wrong(f"one of the letters {letters} is asked for, and this is {_kind(answer)}.")
    letter = answer.strip().strip("()").lower()
    if letter != right:
        raise Wrong(reasons[letter])
    return reasons[letter]


def snapshot(model) -> list:
    """Return [(variable, copy of its value)] for all weights that can be trained now, to compare with later."""
    return [(variable, variable.numpy().copy()) for variable in model.trainable_variables]


def unmoved(before: list) -> list[str]:
    """Name the weights of a snapshot that still have the same value."""
    return [variable.path for variable, value in before if np.array_equal(variable.numpy(), value)]


def step_of(before: list) -> np.ndarray:
    """Return how far the weights of a snapshot have moved since, as one long vector."""
    return np.concatenate([(variable.numpy() - value).ravel() for variable, value in before])


def all_finite(model, name: str) -> None:
    """Expect that no weight is NaN or infinite."""
    if not all(np.isfinite(weight).all() for weight in model.get_weights()):
        raise Wrong(f"after your step the {name} holds NaN or infinite weights: look at the loss's formula.")


def _kind(value) -> str:
    if isinstance(value, str):
        return f"the string {value!r}" if len(value) < 30 else "a long string"
    if isinstance(value, (bool, int, float)):
        return f"{value!r}"
    shape = getattr(value, "shape", None)
    return f"of type {type(value).__name__}" + (f" and shape {tuple(shape)}" if shape is not None else "")
