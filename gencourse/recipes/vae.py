"""Recipes of lesson 03: variational autoencoders."""

import keras

from gencourse import autoencoder, data

from .base import Recipe

HELD_OUT_SEED = 0  # of the draw that makes held-out images black and white: one draw for all, so that numbers compare
BOUND_IMAGES = 1000  # on which the tighter bound is computed, with BOUND_DRAWS latents for each
BOUND_DRAWS = 64


def build_vae(parameters, sample_shape, seed, steps_per_execution):
    """A compiled VAE with a dense encoder and a convolutional decoder."""
    p = parameters
    model = autoencoder.VAE(
        autoencoder.build_encoder(
            input_shape=sample_shape,
            units=p["encoder_units"],
            code_dim=2 * p["latent_dim"],
            activation=p["activation"],
        ),
        autoencoder.build_conv_decoder(
            code_dim=p["latent_dim"],
            units=p["decoder_units"],
            filters=p["decoder_filters"],
            residual_blocks=p["residual_blocks"],
            image_shape=sample_shape,
            activation=p["activation"],
            output_activation="linear",
        ),
        likelihood="bernoulli",
        binarise=True,
        beta=p["beta"],
        seed=seed,
    )
    model.compile(optimizer=keras.optimizers.Adam(p["rate"]), steps_per_execution=steps_per_execution)
    return model


def held_out_nats(model, examples) -> dict[str, float]:
    """What a VAE reaches on held-out images made black and white by one seeded draw, in nats an image."""
    images = data.binarise(examples.reference, seed=HELD_OUT_SEED)
    parts = model.elbo(images, seed=0)
    bound = model.importance_weighted_bound(images[:BOUND_IMAGES], k=BOUND_DRAWS, seed=0)
    return {
        "nats_per_image": float(-parts["elbo"].mean()),
        "kl": float(parts["kl"].mean()),
        "importance_weighted_nats": float(-bound.mean()),
    }


# How these numbers were found: docs/search-vae.md.
VAE_DIGITS = Recipe(
    name="vae",
    lesson="03",
    summary="variational autoencoder on digits, drawn black and white (lesson 03)",
    data="digits",
    value_range="unit",
    parameters={
        "epochs": 24,
        "batch_size": 128,
        "latent_dim": 32,
        "encoder_units": (400, 400),
        "decoder_units": (256,),
        "decoder_filters": (32, 16),
        "residual_blocks": 1,
        "activation": "swish",
        "beta": 1.0,
        "rate": 3e-3,
        "decay": "cosine",
    },
    build=build_vae,
    measure=held_out_nats,
)
