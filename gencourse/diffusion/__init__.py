"""Diffusion models: networks that take noise away, and samplers that begin with nothing else."""

from .denoiser import Denoiser
from .mixing import PREDICTIONS, merge, mix, split
from .model import Diffusion
from .networks import TimeEmbedding, build_point_denoiser, build_unet
from .samplers import grid, reverse, step

__all__ = [
    "PREDICTIONS",
    "Denoiser",
    "Diffusion",
    "TimeEmbedding",
    "build_point_denoiser",
    "build_unet",
    "grid",
    "merge",
    "mix",
    "reverse",
    "split",
    "step",
]
