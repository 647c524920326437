"""Autoencoders, plain, denoising and variational."""

from .builders import build_conv_decoder, build_conv_encoder, build_decoder, build_encoder
from .corruption import ClippedNoise, CutHole, Shrink
from .draws import reparametrise
from .plain import Autoencoder
from .restorer import Restorer, build_restorer
from .variational import VAE

__all__ = [
    "VAE",
    "Autoencoder",
    "ClippedNoise",
    "CutHole",
    "Restorer",
    "Shrink",
    "build_conv_decoder",
    "build_conv_encoder",
    "build_decoder",
    "build_encoder",
    "build_restorer",
    "reparametrise",
]
