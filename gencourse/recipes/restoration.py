"""Recipes of lesson 07: autoencoders, and networks that mend images."""

import keras
import numpy as np

from gencourse import autoencoder, data, metrics

from .base import Recipe

HOLE_MARGIN = 4  # a digit fills the middle 20×20 pixels: a hole outside would hide nothing
HELD_OUT_SEED = 1  # of the damage done to held-out images: the same for every model and filter


def build_autoencoder(parameters, sample_shape, seed, steps_per_execution):
    """A compiled autoencoder of dense networks with a narrow code."""
    p = parameters
    model = autoencoder.Autoencoder(
        autoencoder.build_encoder(
            input_shape=sample_shape, units=p["units"], code_dim=p["code_dim"], activation=p["activation"]
        ),
        autoencoder.build_decoder(
            code_dim=p["code_dim"],
            units=tuple(reversed(p["units"])),
            output_shape=sample_shape,
            activation=p["activation"],
            output_activation="linear",
        ),
        loss="cross_entropy",
        seed=seed,
    )
    model.compile(optimizer=keras.optimizers.Adam(p["rate"]), steps_per_execution=steps_per_execution)
    return model


def damage(kind: str, amount, *, seed: int):
    """The layer that damages images: "noise" of a standard deviation, a "hole" of so many pixels, or "shrink" by r."""
    if kind == "noise":
        return autoencoder.ClippedNoise(amount, seed=seed)
    if kind == "hole":
        return autoencoder.CutHole(int(amount), margin=HOLE_MARGIN, seed=seed)
    if kind == "shrink":
        return autoencoder.Shrink(int(amount))
    raise ValueError(f'`damage` must be "noise", "hole" or "shrink". Received: {kind!r}.')


def build_restorer(parameters, sample_shape, seed, steps_per_execution):
    """A compiled network that mends one kind of damage."""
    p = parameters
    corruption = damage(p["damage"], p["amount"], seed=seed)
    network = autoencoder.build_restorer(
        input_shape=tuple(corruption.compute_output_shape((None, *sample_shape))[1:]),
        image_shape=sample_shape,
        filters=p["filters"],
        residual_blocks=p["residual_blocks"],
    )
    model = autoencoder.Restorer(network, corruption, seed=seed)
    model.compile(optimizer=keras.optimizers.Adam(p["rate"]), steps_per_execution=steps_per_execution)
    return model


def reconstruction_quality(model, examples) -> dict[str, float]:
    """How close held-out images come back through the code."""
    images = data.to_unit(examples.reference)
    again = np.clip(model.reconstruct(images), 0.0, 1.0)
    return quality(again, images)


def restoration_quality(model, examples) -> dict[str, float]:
    """How close held-out images come back from the damage that the model mends; of a hole, only its pixels count."""
    images = data.to_unit(examples.reference)
    damaged = held_out_damage(model.corruption, images)
    return quality(model.restore(damaged), images, masks=damaged[..., -1:] if model.masked else None)


def held_out_damage(corruption, images) -> np.ndarray:
    """The same damage for every model and filter: a fresh layer of the same kind with a seed of its own."""
    config = corruption.get_config()
    fresh = type(corruption).from_config({**config, "seed": HELD_OUT_SEED} if "seed" in config else config)
    return np.concatenate([np.asarray(fresh(images[i : i + 500])) for i in range(0, len(images), 500)])


def quality(images, originals, *, masks=None) -> dict[str, float]:
    """What lesson 07 reports of mended images, of a network's or a filter's: "psnr" and "ssim", means over images.

    With `masks` (N, H, W, 1) "psnr" is that of the marked pixels alone, of all images together: a mean over images
    would be infinite as soon as one hole was black and filled with black.
    """
    if masks is None:
        psnr = float(metrics.psnr(images, originals).mean())
    else:
        psnr = metrics.pooled_psnr(images, originals, masks=masks)
    return {"psnr": psnr, "ssim": float(metrics.ssim(images, originals).mean())}


# How these numbers were found: docs/search-autoencoders.md.
AUTOENCODER_DIGITS = Recipe(
    name="autoencoder",
    lesson="07",
    prefix="AE_",
    summary="autoencoder of digits with a code of 32 numbers (lesson 07)",
    data="digits",
    value_range="unit",
    parameters={
        "epochs": 12,
        "batch_size": 64,
        "code_dim": 32,
        "units": (400,),
        "activation": "swish",
        "rate": 2e-3,
        "decay": "cosine",
    },
    build=build_autoencoder,
    measure=reconstruction_quality,
)


def _restorer(name, prefix, summary, epochs, kind, amount):
    """The recipe of a network that mends one kind of damage; all share one shape."""
    return Recipe(
        name=name,
        lesson="07",
        prefix=prefix,
        summary=summary,
        data="digits",
        value_range="unit",
        parameters={
            "epochs": epochs,
            "batch_size": 64,
            "damage": kind,
            "amount": amount,
            "filters": (24, 64),
            "residual_blocks": 2,
            "rate": 3e-3,
            "decay": "cosine",
        },
        build=build_restorer,
        measure=restoration_quality,
        draws=False,
    )


HOLES_DIGITS = _restorer("inpainter", "", "fills square holes in digits (lesson 07)", 8, "hole", 10.0)
NOISE_DIGITS = _restorer("denoiser", "NOISE_", "takes Gaussian noise off digits (lesson 07)", 2, "noise", 0.5)
UPSCALER_DIGITS = _restorer(
    "upscaler", "UPSCALE_", "doubles the resolution of digits, 14 pixels to 28 (lesson 07)", 2, "shrink", 2.0
)
