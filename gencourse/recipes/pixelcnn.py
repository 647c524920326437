"""Recipes of lesson 08: PixelCNN."""

import keras

from gencourse import data, pixelcnn

from .base import Recipe
from .vae import HELD_OUT_SEED


def build_pixelcnn(parameters, sample_shape, seed, steps_per_execution):
    """A compiled PixelCNN of two stacks."""
    p = parameters
    model = pixelcnn.PixelCNN(
        pixelcnn.build_pixelcnn(
            input_shape=sample_shape,
            filters=p["filters"],
            depth=p["depth"],
            above_filters=p["above_filters"],
            above_depth=p["above_depth"],
            columns=p["columns"],
            gated=p["gated"],
            dropout=p["dropout"],
        ),
        binarise=True,
        seed=seed,
    )
    optimizer = keras.optimizers.Adam(p["rate"], beta_2=p["beta_2"])
    model.compile(optimizer=optimizer, steps_per_execution=steps_per_execution)
    return model


def held_out_nats(model, examples) -> dict[str, float]:
    """The exact likelihood of held-out images, made black and white by the draw that lesson 03 uses as well."""
    return model.score(data.binarise(examples.reference, seed=HELD_OUT_SEED))


# How these numbers were found: docs/search-pixelcnn.md.
PIXELCNN_DIGITS = Recipe(
    name="pixelcnn",
    lesson="08",
    summary="PixelCNN on digits, drawn black and white (lesson 08)",
    data="digits",
    value_range="unit",
    parameters={
        "epochs": 3,
        "batch_size": 16,
        "filters": 32,
        "depth": 1,
        "above_filters": 64,
        "above_depth": 2,
        "columns": 4,
        "gated": False,
        "dropout": 0.0,
        "rate": 6e-3,
        "beta_2": 0.99,
        "decay": "cosine",
        "warm_up": 0.05,
    },
    build=build_pixelcnn,
    measure=held_out_nats,
)
