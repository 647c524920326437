"""Recipes: what a lesson and the command line share. A lesson adds its recipes here, one line each."""

from gencourse import runtime  # noqa: F401 (first: it keeps TensorFlow's start-up lines away)

# isort: split
from .base import Recipe
from .checkpoints import load_checkpoint
from .domains import Images, Points
from .gan import GAN_DIGITS, GAN_RING
from .runs import Run, judge, load, sample, sample_labels, steps_per_call, train
from .vae import VAE_DIGITS

__all__ = [
    "RECIPES",
    "Images",
    "Points",
    "Recipe",
    "Run",
    "get",
    "judge",
    "load",
    "load_checkpoint",
    "of_lesson",
    "sample",
    "sample_labels",
    "steps_per_call",
    "train",
]

RECIPES = {recipe.name: recipe for recipe in (GAN_DIGITS, GAN_RING, VAE_DIGITS)}


def get(name: str) -> Recipe:
    """Returns the recipe called `name`.

    Raises:
        ValueError: if there is none.
    """
    if name not in RECIPES:
        raise ValueError(f"There is no recipe {name!r}. There are: {', '.join(RECIPES)}.")
    return RECIPES[name]


def of_lesson(number: str) -> list[Recipe]:
    """Returns the recipes of lesson `number`, such as "01"."""
    return [recipe for recipe in RECIPES.values() if recipe.lesson == number]
