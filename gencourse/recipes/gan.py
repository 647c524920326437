"""Recipes of lesson 01: dense GANs on digits and on the ring."""

import keras

from gencourse import gan

from .base import Recipe


def build_dense_gan(parameters, sample_shape, seed, steps_per_execution):
    """A compiled GAN of dense networks for samples of any shape."""
    p = parameters
    image = len(sample_shape) > 1
    model = gan.GAN(
        gan.build_generator(
            latent_dim=p["latent_dim"],
            units=p["generator_units"],
            output_shape=sample_shape,
            output_activation="tanh" if image else "linear",
            normalise=p["normalise"],
        ),
        gan.build_discriminator(input_shape=sample_shape, units=p["discriminator_units"], dropout=p["dropout"]),
        loss=p["loss"],
        ema_decay=p["ema_decay"],
        seed=seed,
    )
    model.compile(
        generator_optimizer=keras.optimizers.Adam(p["generator_rate"], beta_1=p["beta_1"], beta_2=p["beta_2"]),
        discriminator_optimizer=keras.optimizers.Adam(p["discriminator_rate"], beta_1=p["beta_1"], beta_2=p["beta_2"]),
        steps_per_execution=steps_per_execution,
    )
    return model


# How these numbers were found: docs/search-dense-gan.md.
GAN_DIGITS = Recipe(
    name="gan",
    lesson="01",
    summary="dense GAN on digits (lesson 01)",
    data="digits",
    value_range="signed",
    parameters={
        "epochs": 48,
        "batch_size": 32,
        "latent_dim": 64,
        "generator_units": (256, 256),
        "discriminator_units": (256, 256),
        "normalise": True,
        "dropout": 0.0,
        "loss": "least_squares",
        "ema_decay": 0.9995,
        "generator_rate": 1e-3,
        "discriminator_rate": 1e-3,
        "beta_1": 0.5,
        "beta_2": 0.999,
        "decay": "constant",
    },
    build=build_dense_gan,
)

GAN_RING = Recipe(
    name="gan-ring",
    lesson="01",
    prefix="RING_",
    summary="dense GAN on a ring of eight Gaussians (lessons 00 and 01)",
    data="ring",
    value_range=None,
    parameters={
        "epochs": 26,
        "batch_size": 128,
        "latent_dim": 2,
        "generator_units": (128, 128),
        "discriminator_units": (128, 128),
        "normalise": False,
        "dropout": 0.0,
        "loss": "non_saturating",
        "ema_decay": 0.99,
        "generator_rate": 2e-3,
        "discriminator_rate": 4e-3,
        "beta_1": 0.5,
        "beta_2": 0.99,
        "decay": "linear",
    },
    build=build_dense_gan,
)
