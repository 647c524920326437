"""Recipes of lesson 05: Wasserstein GANs on fashion and on the ring."""

from gencourse import gan

from .base import Recipe
from .dcgan import DCGAN_DIGITS, compile_players, dcgan_networks


def _wasserstein(networks, parameters, seed, steps_per_execution):
    p = parameters
    model = gan.WassersteinGAN(
        *networks,
        critic_steps=p["critic_steps"],
        penalty_weight=p["penalty_weight"],
        clip_weights=p["clip_weights"],
        ema_decay=p["ema_decay"],
        seed=seed,
    )
    return compile_players(model, p, steps_per_execution)


def build_wgan(parameters, sample_shape, seed, steps_per_execution):
    """A compiled Wasserstein GAN of lesson 02's networks."""
    return _wasserstein(dcgan_networks(parameters, sample_shape), parameters, seed, steps_per_execution)


def build_wgan_ring(parameters, sample_shape, seed, steps_per_execution):
    """A compiled Wasserstein GAN of dense networks, for points."""
    p = parameters
    networks = (
        gan.build_generator(
            latent_dim=p["latent_dim"],
            units=p["generator_units"],
            output_shape=sample_shape,
            output_activation="linear",
            normalise=False,
        ),
        gan.build_discriminator(input_shape=sample_shape, units=p["discriminator_units"]),
    )
    return _wasserstein(networks, p, seed, steps_per_execution)


_UNUSED = ("loss", "label_smoothing", "r1_weight", "r1_every")

# How these numbers were found: docs/search-wgan.md.
WGAN_FASHION = Recipe(
    name="wgan-gp",
    lesson="05",
    summary="Wasserstein GAN with gradient penalty on fashion (lesson 05)",
    data="fashion",
    value_range="signed",
    parameters={
        **{name: value for name, value in DCGAN_DIGITS.parameters.items() if name not in _UNUSED},
        "epochs": 32,
        "batch_size": 160,  # cut in five: 32 for each critic step
        "discriminator_filters": (32, 64),
        "minibatch_std": False,  # the penalty looks at each image alone
        "critic_steps": 5,
        "penalty_weight": 10.0,
        "clip_weights": None,
        "beta_2": 0.9,
    },
    build=build_wgan,
)

WGAN_RING = Recipe(
    name="wgan-ring",
    lesson="05",
    prefix="RING_",
    summary="Wasserstein GAN with gradient penalty on a ring of eight Gaussians (lesson 05)",
    data="ring",
    value_range=None,
    parameters={
        "epochs": 60,
        "batch_size": 384,  # cut in three
        "latent_dim": 8,
        "generator_units": (128, 128, 128),
        "discriminator_units": (128, 128, 128),
        "critic_steps": 3,
        "penalty_weight": 0.1,
        "clip_weights": None,
        "ema_decay": 0.99,
        "generator_rate": 2e-3,
        "discriminator_rate": 4e-3,
        "beta_1": 0.0,
        "beta_2": 0.99,
        "decay": "linear",
    },
    build=build_wgan_ring,
)
