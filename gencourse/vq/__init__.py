"""VQ-VAE: images as maps of codes, and a prior that draws such maps."""

from .codebook import LEARNING, Codebook, nearest_codes, perplexity, straight_through
from .coder import LOSSES, Coder, CodingAutoencoder
from .drawing import draw
from .model import VQVAE
from .networks import build_decoder, build_encoder
from .prior import CodePrior

__all__ = [
    "LEARNING",
    "LOSSES",
    "VQVAE",
    "CodePrior",
    "Codebook",
    "Coder",
    "CodingAutoencoder",
    "build_decoder",
    "build_encoder",
    "draw",
    "nearest_codes",
    "perplexity",
    "straight_through",
]
