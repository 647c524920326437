"""What a recipe is."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from gencourse.training import TapeModel

from .domains import DOMAINS


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """A model, its data and its hyper-parameters, as a lesson trains it.

    Attributes:
        name: the word after `gencourse train`.
        lesson: number of the lesson it belongs to, two digits.
        summary: one line for `--help`.
        data: name of the default data set.
        value_range: range in which the networks work: "signed" is [-1, 1], "unit" is [0, 1], None for points and texts.
        parameters: hyper-parameters. A lesson's `parameters` cell repeats those that a learner turns, as
            `prefix + name` in capitals.
        build: function of `(parameters, form, seed, steps_per_execution)`; returns a compiled `TapeModel`. The form is
            what the networks must fit: the shape of an image or a point, or the tokenizer of a text.
        prefix: tells apart the parameters of two recipes in one lesson.
        labels: train on (samples, labels).
        measure: what the model reaches on held-out examples beside the quality of its samples: function of `(model,
            examples)`, returns numbers by name. None where there is nothing more to say.
        draws: whether its samples are worth judging; a network that mends images has none.
    """

    name: str
    lesson: str
    summary: str
    data: str
    value_range: str | None
    parameters: Mapping[str, Any]
    build: Callable[[Mapping[str, Any], Any, int, int], TapeModel]
    prefix: str = ""
    labels: bool = False
    measure: Callable[[TapeModel, Any], dict[str, float]] | None = None
    draws: bool = True
    domain: str = field(init=False)

    def __post_init__(self):
        object.__setattr__(self, "domain", next(k for k, d in DOMAINS.items() if self.data in d.bundled))

    def with_parameters(self, changes: Mapping[str, Any]) -> dict[str, Any]:
        """Returns the parameters with some changed.

        Raises:
            ValueError: if a name is unknown.
            TypeError: if a value has another type than the recipe's.
        """
        changed = dict(self.parameters)
        for key, value in changes.items():
            name = key.lower()
            if name not in changed:
                raise ValueError(
                    f"Recipe {self.name!r} has no parameter {key!r}. It has: {', '.join(sorted(changed))}."
                )
            changed[name] = _like(changed[name], value, key)
        return changed


def _like(current, value, key):
    """`value` in the type of `current`: whole numbers may stand for floats, lists for tuples."""
    if current is None or value is None:
        return value
    if isinstance(current, float) and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if isinstance(current, tuple) and isinstance(value, list):
        return tuple(value)
    if type(current) is not type(value):
        raise TypeError(
            f"Parameter {key!r} must be of type {type(current).__name__}, such as {current!r}. Received: {value!r}."
        )
    return value
