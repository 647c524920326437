"""Recipes of lesson 02: convolutional GANs."""

import keras

from gencourse import gan

from .base import Recipe


def dcgan_networks(parameters, sample_shape):
    """The generator and discriminator that the parameters describe."""
    p = parameters
    if p["networks"] == "tutorial":
        return (
            gan.build_tutorial_generator(latent_dim=p["latent_dim"], image_shape=sample_shape),
            gan.build_tutorial_discriminator(image_shape=sample_shape, dropout=p["dropout"]),
        )
    if p["networks"] != "small":
        raise ValueError(f'`networks` must be "small" or "tutorial". Received: {p["networks"]!r}.')
    generator = gan.build_dcgan_generator(
        latent_dim=p["latent_dim"],
        image_shape=sample_shape,
        units=p["generator_units"],
        filters=p["generator_filters"],
        kernel_size=p["generator_kernel"],
        upsampling=p["upsampling"],
        normalise=p["normalise"],
    )
    discriminator = gan.build_dcgan_discriminator(
        image_shape=sample_shape,
        filters=p["discriminator_filters"],
        kernel_size=p["discriminator_kernel"],
        block_size=p["block_size"],
        units=p["discriminator_units"],
        normalise=p["discriminator_normalise"],
        dropout=p["dropout"],
        minibatch_std=p["minibatch_std"],
    )
    return generator, discriminator


def compile_players(model, parameters, steps_per_execution):
    """Gives both players Adam with their own rates."""
    p = parameters
    adam = {"beta_1": p["beta_1"], "beta_2": p["beta_2"]}
    model.compile(
        generator_optimizer=keras.optimizers.Adam(p["generator_rate"], **adam),
        discriminator_optimizer=keras.optimizers.Adam(p["discriminator_rate"], **adam),
        steps_per_execution=steps_per_execution,
    )
    return model


def game_arguments(parameters):
    """Those parameters that a GAN of lesson 02's kind takes as they are."""
    return {name: parameters[name] for name in ("loss", "label_smoothing", "ema_decay", "r1_weight", "r1_every")}


def build_dcgan(parameters, sample_shape, seed, steps_per_execution):
    """A compiled GAN of convolutional networks."""
    p = parameters
    model = gan.GAN(*dcgan_networks(p, sample_shape), **game_arguments(p), seed=seed)
    return compile_players(model, p, steps_per_execution)


# How these numbers were found: docs/search-dcgan.md.
DCGAN_DIGITS = Recipe(
    name="dcgan",
    lesson="02",
    summary="convolutional GAN on digits (lesson 02)",
    data="digits",
    value_range="signed",
    parameters={
        "epochs": 16,
        "batch_size": 32,
        "latent_dim": 64,
        "networks": "small",
        "generator_units": (256, 256),
        "generator_filters": (32, 16),
        "generator_kernel": 4,
        "upsampling": "transposed",
        "normalise": True,
        "discriminator_filters": (16, 32),
        "discriminator_kernel": (4, 3),
        "block_size": 2,
        "discriminator_units": (128,),
        "discriminator_normalise": None,
        "dropout": 0.0,
        "minibatch_std": True,
        "loss": "least_squares",
        "label_smoothing": 0.0,
        "ema_decay": 0.9995,
        "r1_weight": 0.0,
        "r1_every": 8,
        "generator_rate": 1e-3,
        "discriminator_rate": 1e-3,
        "beta_1": 0.5,
        "beta_2": 0.999,
        "decay": "constant",
    },
    build=build_dcgan,
)

# A plain convolutional GAN of half the usual small widths, as it is often written: what the search began from.
PLAIN_HALF = {
    "batch_size": 64,
    "latent_dim": 100,
    "generator_units": (),
    "generator_filters": (32, 16),
    "generator_kernel": 3,
    "upsampling": "subpixel",
    "discriminator_filters": (16, 32),
    "discriminator_kernel": (4, 4),
    "block_size": 1,
    "discriminator_units": (),
    "dropout": 0.3,
    "minibatch_std": False,
    "loss": "non_saturating",
    "ema_decay": None,
    "r1_weight": 0.0,
    "generator_rate": 4.5e-4,
    "discriminator_rate": 4.5e-4,
}
# The network that most tutorials print, with their usual settings.
TUTORIAL = {
    "batch_size": 256,
    "latent_dim": 100,
    "networks": "tutorial",
    "dropout": 0.3,
    "loss": "non_saturating",
    "ema_decay": None,
    "r1_weight": 0.0,
    "generator_rate": 1e-4,
    "discriminator_rate": 1e-4,
    "beta_1": 0.9,
}
