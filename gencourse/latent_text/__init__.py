"""Texts out of latents: the variational autoencoder of texts, and text GANs."""

from .adversarial import TextGAN
from .critic import TextJudge, build_discriminator, build_recurrent_critic
from .decoder import LatentDecoder, build_decoder
from .encoder import TextEncoder, build_encoder
from .policy import PolicyTextGAN
from .variational import TextVAE

__all__ = [
    "LatentDecoder",
    "PolicyTextGAN",
    "TextEncoder",
    "TextGAN",
    "TextJudge",
    "TextVAE",
    "build_decoder",
    "build_discriminator",
    "build_encoder",
    "build_recurrent_critic",
]
