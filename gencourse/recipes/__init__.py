"""Recipes: what a lesson and the command line share. A lesson adds its recipes here, one line each."""

from gencourse import runtime  # noqa: F401 (first: it keeps TensorFlow's start-up lines away)

# isort: split
from .base import Recipe
from .checkpoints import load_checkpoint, recorded
from .conditional import CGAN_DIGITS
from .dcgan import DCGAN_DIGITS
from .diffusion import DDPM_DIGITS, DDPM_RING
from .domains import Images, Points
from .gan import GAN_DIGITS, GAN_RING
from .language import CHAR_RNN, GPT_BPE, GPT_CHAR, GPT_VERSE, POEM_RNN
from .latent_text import LINE_RNN, LINE_VAE, POLICY_GAN, SENTENCE_RNN, TEXT_GAN, TEXT_VAE
from .pairs import Pairs, Tokenizers, agreement
from .pixelcnn import PIXELCNN_CLASSES, PIXELCNN_DIGITS
from .restoration import AUTOENCODER_DIGITS, HOLES_DIGITS, NOISE_DIGITS, UPSCALER_DIGITS
from .runs import Run, judge, load, sample, sample_labels, steps_per_call, train
from .short import ShortTexts, likelihood
from .texts import Prose, Quatrains, Sonnets
from .translation import TRANSLATOR
from .vae import VAE_DIGITS
from .vq import VQVAE_FASHION
from .wasserstein import WGAN_FASHION, WGAN_RING

__all__ = [
    "RECIPES",
    "Images",
    "Pairs",
    "Points",
    "Prose",
    "Quatrains",
    "Recipe",
    "Run",
    "ShortTexts",
    "Sonnets",
    "Tokenizers",
    "agreement",
    "get",
    "judge",
    "likelihood",
    "load",
    "load_checkpoint",
    "of_lesson",
    "recorded",
    "sample",
    "sample_labels",
    "steps_per_call",
    "train",
]

RECIPES = {
    recipe.name: recipe
    for recipe in (
        GAN_DIGITS,
        GAN_RING,
        DCGAN_DIGITS,
        VAE_DIGITS,
        WGAN_FASHION,
        WGAN_RING,
        CGAN_DIGITS,
        PIXELCNN_DIGITS,
        PIXELCNN_CLASSES,
        DDPM_DIGITS,
        DDPM_RING,
        VQVAE_FASHION,
        AUTOENCODER_DIGITS,
        HOLES_DIGITS,
        NOISE_DIGITS,
        UPSCALER_DIGITS,
        CHAR_RNN,
        POEM_RNN,
        GPT_BPE,
        GPT_CHAR,
        GPT_VERSE,
        TRANSLATOR,
        SENTENCE_RNN,
        TEXT_VAE,
        LINE_RNN,
        LINE_VAE,
        TEXT_GAN,
        POLICY_GAN,
    )
}


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
