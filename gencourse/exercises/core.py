"""How exercises are registered, checked and hinted at."""

import importlib
import pkgutil
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from gencourse.exercises import store
from gencourse.exercises.words import paragraph


class Wrong(Exception):
    """An answer that is not right yet; the message is the sentence that says why."""


@dataclass(frozen=True)
class Answer:
    """What `check` says: `passed`, and a sentence that explains why. Shows itself as that sentence."""

    exercise: str
    passed: bool
    sentence: str

    def __bool__(self) -> bool:
        return self.passed

    def __str__(self) -> str:
        return f"{self.exercise} {'right' if self.passed else 'not yet'}: {self.sentence}"

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return paragraph(str(self))


@dataclass(frozen=True)
class Hint:
    """One or more stages of help; shows itself as text."""

    exercise: str
    text: str

    def __str__(self) -> str:
        return self.text

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return paragraph(self.text)


@dataclass(frozen=True)
class Exercise:
    """One registered exercise: its check returns why the answer is right, or raises `Wrong` with why it is not."""

    name: str
    title: str
    hints: tuple
    check: Callable


_REGISTRY: dict[str, Exercise] = {}


def exercise(name: str, *, title: str, hints: tuple) -> Callable:
    """Register the decorated function as the check of an exercise.

    Args:
        name: lesson and number, such as "01.2".
        title: a few words.
        hints: stages of help, from a nudge to nearly the solution; at least two.

    Returns:
        A decorator for a function that takes the answer, and returns the sentence that says why it is right, or
        raises `Wrong` with the sentence that says why it is not.
    """
    if not re.fullmatch(r"\d\d\.\d+", name):
        raise ValueError(f"An exercise is named like '01.2'. Received: {name!r}")
    if len(hints) < 2:
        raise ValueError(f"Exercise {name} needs at least two hints. Received: {len(hints)}")

    def register(function):
        if name in _REGISTRY and _REGISTRY[name].check.__module__ != function.__module__:
            raise ValueError(f"Exercise {name} is registered twice. Received: {function.__module__}")
        _REGISTRY[name] = Exercise(name, title, tuple(hints), function)
        return function

    return register


def lessons() -> list[str]:
    """Return the lessons that have exercises, as two digits each."""
    modules = pkgutil.iter_modules([str(Path(__file__).parent)])
    return sorted(module.name[-2:] for module in modules if re.fullmatch(r"lesson_\d\d", module.name))


def exercises_of(lesson: str) -> dict[str, Exercise]:
    """Return the exercises of a lesson, {name: Exercise}, in order.

    Raises:
        ValueError: if the lesson has none.
    """
    if lesson not in lessons():
        raise ValueError(f"Lessons with exercises are {', '.join(lessons())}. Received: {lesson!r}")
    importlib.import_module(f"gencourse.exercises.lesson_{lesson}")
    mine = [name for name in _REGISTRY if name.startswith(f"{lesson}.")]
    return {name: _REGISTRY[name] for name in sorted(mine, key=lambda name: int(name.split(".")[1]))}


def _find(name: str) -> Exercise:
    match = re.fullmatch(r"(\d\d)\.\d+", name) if isinstance(name, str) else None
    if match is None:
        raise ValueError(f"An exercise is named by a string like '01.2'. Received: {name!r}")
    known = exercises_of(match.group(1))
    if name not in known:
        listed = "; ".join(f"{item.name} {item.title}" for item in known.values())
        raise ValueError(f"Lesson {match.group(1)} has the exercises {listed}. Received: {name!r}")
    return known[name]


def _judge(found: Exercise, answer) -> tuple[bool, str]:
    try:
        return True, found.check(answer)
    except Wrong as wrong:
        return False, str(wrong)
    except Exception as error:  # an answer of a kind that no check foresaw: still a sentence, never a traceback
        return False, (
            f"your answer, of type {type(answer).__name__}, could not be checked: {type(error).__name__}: {error}. "
            "Look again at what the exercise asks for."
        )


def check(name: str, answer) -> Answer:
    """Check an answer and remember when it is right; an exercise once done stays done.

    Args:
        name: exercise, such as "01.2".
        answer: whatever the exercise asks for: a number, a letter, a function.

    Returns:
        An Answer: `passed`, and a sentence that says why.

    Raises:
        ValueError: for an unknown exercise.
    """
    found = _find(name)
    if answer is None or answer is ...:
        return Answer(name, False, "there is no answer yet. Put yours in the place of `...` and run the cell again.")
    passed, sentence = _judge(found, answer)

    def change(entry):
        entry["attempts"] = entry.get("attempts", 0) + 1
        if passed:
            entry.setdefault("done", time.strftime("%Y-%m-%d %H:%M"))

    entry, note = store.update(name, change)
    if not passed and "done" in entry:
        sentence += " (This exercise was solved before, and stays done.)"
    return Answer(name, passed, f"{sentence} {note}".rstrip())


def hint(name: str) -> Hint:
    """Return the next stage of help; after the last, all of them together."""
    found = _find(name)

    def change(entry):
        entry["hints"] = entry.get("hints", 0) + 1

    entry, note = store.update(name, change)
    stage, stages = entry["hints"], len(found.hints)
    if stage <= stages:
        text = f"{name}, hint {stage} of {stages}: {found.hints[stage - 1]}"
    else:
        numbered = "\n".join(f"{number}. {text}" for number, text in enumerate(found.hints, start=1))
        text = f"{name}, all {stages} hints:\n{numbered}\nA worked solution is among the solutions."
    return Hint(name, f"{text}\n{note}".rstrip())
