"""Recipes of lesson 11: diffusion on digits and on the ring."""

import keras
import numpy as np

from gencourse import diffusion

from .base import Recipe

GUIDANCE = 1.6  # the least of those tried that draws the class asked for in 98% of samples or more


def build_ddpm(parameters, sample_shape, seed, steps_per_execution):
    """A compiled diffusion model: of a U-Net for images, of a dense network for points."""
    p = parameters
    if len(sample_shape) == 1:
        network = diffusion.build_point_denoiser(dimensions=sample_shape[0], units=p["units"], classes=p["classes"])
    else:
        network = diffusion.build_unet(
            image_shape=sample_shape,
            block_size=p["block_size"],
            filters=p["filters"],
            blocks=p["blocks"],
            dense_units=p["dense_units"],
            dense_channels=p["dense_channels"],
            told_units=p["told_units"],
            classes=p["classes"],
        )
    names = ("schedule", "predict", "classes", "label_dropout", "ema_decay", "bounds")
    model = diffusion.Diffusion(network, **{name: p[name] for name in names}, seed=seed)
    model.compile(
        optimizer=keras.optimizers.Adam(p["learning_rate"], beta_1=p["beta_1"], beta_2=p["beta_2"]),
        steps_per_execution=steps_per_execution,
    )
    return model


def other_samplers(model, examples) -> dict[str, float]:
    """What the same network reaches when it is asked in other ways: with guidance, and by DDIM instead of DDPM."""
    n = examples.drawn
    labels = np.arange(n) % model.classes
    scores = {}
    for name, asked in (("guided", {"guidance": GUIDANCE}), ("ddim", {"eta": 0.0})):
        images = examples.finish(model.generate(n, labels=labels, **asked), "signed")
        judged = examples.judge(images, labels)
        kept = ("frechet", "precision", "recall", "class_accuracy")
        scores |= {f"{name}_{measure}": judged[measure] for measure in kept}
    return scores


# How these numbers were found: docs/search-diffusion.md.
DDPM_DIGITS = Recipe(
    name="ddpm",
    lesson="11",
    summary="diffusion on digits, with or without asking for a class (lesson 11)",
    data="digits",
    value_range="signed",
    parameters={
        "epochs": 9,
        "batch_size": 32,
        "block_size": 4,
        "filters": (64,),
        "blocks": (2,),
        "dense_units": (256,),
        "dense_channels": 16,
        "told_units": 64,
        "classes": 10,
        "schedule": "cosine",
        "predict": "image",
        "label_dropout": 0.1,
        "ema_decay": 0.998,
        "bounds": (-1.0, 1.0),
        "learning_rate": 2e-3,
        "beta_1": 0.9,
        "beta_2": 0.99,
        "decay": "cosine",
        "warm_up": 0.03,
    },
    build=build_ddpm,
    labels=True,
    measure=other_samplers,
)

DDPM_RING = Recipe(
    name="ddpm-ring",
    lesson="11",
    prefix="RING_",
    summary="diffusion on a ring of eight Gaussians (lesson 11)",
    data="ring",
    value_range=None,
    parameters={
        "epochs": 40,
        "batch_size": 256,
        "units": (128, 128, 128),
        "classes": None,
        "schedule": "cosine",
        "predict": "velocity",
        "label_dropout": 0.1,
        "ema_decay": 0.99,
        "bounds": None,
        "learning_rate": 2e-3,
        "beta_1": 0.9,
        "beta_2": 0.99,
        "decay": "cosine",
        "warm_up": 0.0,
    },
    build=build_ddpm,
)
