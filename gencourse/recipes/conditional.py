"""Recipes of lesson 06: GANs that are told a class."""

from gencourse import gan

from .base import Recipe
from .dcgan import DCGAN_DIGITS, compile_players, dcgan_networks, game_arguments


def build_cgan(parameters, sample_shape, seed, steps_per_execution):
    """A compiled conditional GAN of lesson 02's networks."""
    p = parameters
    classes, planes = p["classes"], p["conditioning"] == "planes"
    # A learnt vector of the class stands beside the latents; label planes are more input channels.
    beside = p["embedding_dim"] if p["generator_conditioning"] == "embedding" else 0
    generator, _ = dcgan_networks({**p, "latent_dim": p["latent_dim"] + beside}, sample_shape)
    read = (*sample_shape[:-1], sample_shape[-1] + classes) if planes else sample_shape
    _, discriminator = dcgan_networks(p, read)
    model = gan.ConditionalGAN(
        gan.condition_generator(
            generator,
            classes=classes,
            conditioning=p["generator_conditioning"],
            embedding_dim=p["embedding_dim"],
        ),
        gan.condition_discriminator(discriminator, classes=classes, conditioning=p["conditioning"]),
        auxiliary_weight=p["auxiliary_weight"],
        **game_arguments(p),
        seed=seed,
    )
    return compile_players(model, p, steps_per_execution)


# How these numbers were found: docs/search-cgan.md.
CGAN_DIGITS = Recipe(
    name="cgan",
    lesson="06",
    summary="conditional GAN on digits: ask for a class (lesson 06)",
    data="digits",
    value_range="signed",
    parameters={
        **DCGAN_DIGITS.parameters,
        "epochs": 12,
        "discriminator_filters": (32, 64),
        "discriminator_units": (256,),
        "classes": 10,
        "generator_conditioning": "normalisation",
        "embedding_dim": 16,
        "conditioning": "projection",
        "auxiliary_weight": 0.1,
    },
    build=build_cgan,
    labels=True,
)
