"""Choosing what to draw from a trained model: paths through latent space, the next symbol of a text, zeros and ones."""

from .binary import binary_draw
from .gumbel import gumbel_noise, gumbel_softmax
from .latents import lerp, slerp
from .tokens import NEVER, draw, greedy, keep_top_k, keep_top_p, penalise_repetition, with_temperature

__all__ = [
    "NEVER",
    "binary_draw",
    "draw",
    "greedy",
    "gumbel_noise",
    "gumbel_softmax",
    "keep_top_k",
    "keep_top_p",
    "lerp",
    "penalise_repetition",
    "slerp",
    "with_temperature",
]
