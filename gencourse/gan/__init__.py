"""Generative adversarial networks: builders, and the games they play."""

from .conditional import ConditionalGAN
from .conditioning import ClassScale, LabelPlanes, condition_discriminator, condition_generator
from .convolutional import (
    MinibatchStd,
    build_dcgan_discriminator,
    build_dcgan_generator,
    build_tutorial_discriminator,
    build_tutorial_generator,
)
from .dense import build_discriminator, build_generator
from .game import GAN
from .wasserstein import WassersteinGAN

__all__ = [
    "GAN",
    "ClassScale",
    "ConditionalGAN",
    "LabelPlanes",
    "MinibatchStd",
    "WassersteinGAN",
    "build_dcgan_discriminator",
    "build_dcgan_generator",
    "build_discriminator",
    "build_generator",
    "build_tutorial_discriminator",
    "build_tutorial_generator",
    "condition_discriminator",
    "condition_generator",
]
