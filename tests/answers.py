"""What the tests of exercises share: answers that must pass, answers that must not, and the starters of the lessons."""

import re
import textwrap

import keras
import numpy as np
import tensorflow as tf

from gencourse import exercises
from gencourse.exercises import check


def passes(name, answer):
    """Checks that an answer passes; returns the sentence."""
    result = check(name, answer)
    assert result.passed, result
    assert str(result).startswith(f"{name} right: ")
    return str(result)


def fails(name, answer, *words):
    """Checks that an answer fails with a sentence that holds the words; returns it."""
    result = check(name, answer)
    assert not result.passed, result
    assert str(result).startswith(f"{name} not yet: ")
    for word in words:
        assert word in str(result), str(result)
    return str(result)


def starter(name, **names):
    """The function that the docstring of a check shows, as the learner meets it; a tuple where it shows several.

    `names` are defined beside it."""
    text = textwrap.dedent(exercises.exercises_of(name[:2])[name].check.__doc__.split("\n", 1)[1])
    code = text[: text.index("check(")]
    space = {"np": np, "tf": tf, "keras": keras, "rng": np.random.default_rng(0), **names}
    exec(code, space)
    functions = tuple(space[found] for found in re.findall(r"^def (\w+)", code, re.M))
    return functions if len(functions) > 1 else functions[0]
