"""Recipes of lesson 08: PixelCNN."""

import keras
import numpy as np

from gencourse import data, pixelcnn

from .base import Recipe
from .vae import HELD_OUT_SEED


def build_pixelcnn(parameters, sample_shape, seed, steps_per_execution):
    """A compiled PixelCNN: of two stacks, or the plain one, which is blind to a wedge of pixels."""
    p = parameters
    if p["plain"]:
        network = pixelcnn.build_plain_pixelcnn(input_shape=sample_shape, filters=p["filters"])
    else:
        network = pixelcnn.build_pixelcnn(
            input_shape=sample_shape,
            filters=p["filters"],
            depth=p["depth"],
            above_filters=p["above_filters"],
            above_depth=p["above_depth"],
            columns=p["columns"],
            gated=p["gated"],
            classes=p["classes"],
            dropout=p["dropout"],
        )
    model = pixelcnn.PixelCNN(network, binarise=True, seed=seed)
    optimizer = keras.optimizers.Adam(p["rate"], beta_2=p["beta_2"])
    model.compile(optimizer=optimizer, steps_per_execution=steps_per_execution)
    return model


def held_out_nats(model, examples) -> dict[str, float]:
    """The exact likelihood of held-out images, made black and white by the draw that lesson 03 uses as well."""
    return model.score(data.binarise(examples.reference, seed=HELD_OUT_SEED))


def held_out_nats_by_class(model, examples) -> dict[str, float]:
    """The same for a model that is told classes, and what it makes of images whose class it is not told.

    "nats_told_class" scores log p(x | class), "nats_per_image" log p(x), the log of the mean over all classes, which
    are taken as equally likely. Its guess of a class is the one that makes the image likeliest; "bayes_accuracy" is the
    share of right guesses.
    """
    images, labels = data.binarise(examples.reference, seed=HELD_OUT_SEED), examples.reference_labels
    each = np.stack([model.log_likelihood(images, label) for label in range(model.classes)])  # (K, N)
    highest = each.max(axis=0)
    nats = -float(np.mean(highest + np.log(np.exp(each - highest).mean(axis=0)), dtype="float64"))
    told = (
        {}
        if labels is None
        else {
            "nats_told_class": -float(each[labels, np.arange(len(labels))].mean(dtype="float64")),
            "bayes_accuracy": float(np.mean(each.argmax(axis=0) == labels)),
        }
    )
    return {"nats_per_image": nats, **told}


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
        "plain": False,
        "classes": None,
        "dropout": 0.0,
        "rate": 6e-3,
        "beta_2": 0.99,
        "decay": "cosine",
        "warm_up": 0.05,
    },
    build=build_pixelcnn,
    measure=held_out_nats,
)

PIXELCNN_CLASSES = Recipe(
    name="pixelcnn-class",
    lesson="08",
    prefix="CLASS_",
    summary="PixelCNN on digits that is told the class (lesson 08)",
    data="digits",
    value_range="unit",
    parameters={**PIXELCNN_DIGITS.parameters, "classes": 10},
    build=build_pixelcnn,
    labels=True,
    measure=held_out_nats_by_class,
)
