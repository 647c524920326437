"""What a study is: the experiments that a lesson's record repeats."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Study:
    """Variants of one recipe, each trained from several seeds and measured alike.

    Attributes:
        name: of the record's table.
        recipe: what is trained.
        seconds: train for so many seconds instead of the recipe's epochs: for comparisons at equal time.
        data: the data set it is trained on; the recipe's own by default.
        variants: {row's label: hyper-parameters changed}. The first one is the lesson's own.
        claims: {measure: whether higher is better} that the first variant is held to.
        samples: samples measured for claims, as many as the lesson draws; tables use 5,000.
        seeds: seeds of the first variant; the others get three.
        draws: judge samples; not where drawing thousands of them takes too long.
        curve: for a language model: keep the bits per character on some held-out text while it trains.
        checkpoint: keep the networks of the first variant's median seed, by the first claim or else by its distance.
    """

    name: str
    recipe: str
    variants: Mapping[str, Mapping[str, Any]]
    seconds: float | None = None
    data: str | None = None
    claims: Mapping[str, bool] = field(default_factory=dict)
    samples: int = 1000
    seeds: int = 5
    draws: bool = True
    curve: bool = False
    checkpoint: bool = False
