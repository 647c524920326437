"""Recipe of lesson 12: a VQ-VAE with a prior over its codes."""

import keras
import numpy as np

from gencourse import data, metrics, vq

from .base import Recipe


def build_vqvae(parameters, sample_shape, seed, steps_per_execution):
    """A compiled VQ-VAE and its prior."""
    p = parameters
    sizes = {"block_size": p["block_size"], "filters": p["filters"], "code_dim": p["code_dim"]}
    encoder = vq.build_encoder(input_shape=sample_shape, residual_blocks=p["encoder_blocks"], **sizes)
    decoder = vq.build_decoder(output_shape=sample_shape, residual_blocks=p["decoder_blocks"], **sizes)
    codebook = vq.Codebook(
        p["codes"],
        p["code_dim"],
        learning=p["learning"],
        decay=p["code_decay"],
        restart_below=p["restart_below"],
        initial_std=p["initial_std"],
    )
    prior = vq.CodePrior(
        grid=tuple(encoder.output_shape[1:3]),
        codes=p["codes"],
        embedding_dim=p["embedding_dim"],
        filters=p["prior_filters"],
        depth=p["prior_depth"],
        gated=p["gated"],
        classes=p["classes"],
        dropout=p["dropout"],
    )
    model = vq.VQVAE(
        encoder,
        decoder,
        codebook,
        prior,
        loss=p["loss"],
        commitment_weight=p["commitment_weight"],
        clip_norm=p["clip_norm"],
        label_dropout=p["label_dropout"],
        temperature=p["temperature"],
        guidance=p["guidance"],
        seed=seed,
    )
    model.compile(
        autoencoder_optimizer=keras.optimizers.Adam(p["autoencoder_rate"], beta_2=p["beta_2"]),
        prior_optimizer=keras.optimizers.Adam(p["prior_rate"], beta_2=p["beta_2"]),
        steps_per_execution=steps_per_execution,
    )
    return model


def codes_of_held_out(model, examples) -> dict[str, float]:
    """What held-out images keep on their way through the codes, and how well the prior foretells their codes.

    "reconstruction_frechet" is the distance of all held-out images' reconstructions from the held-out images: about the
    least that samples can reach with these codes. It is left out for images that the evaluators cannot read.
    """
    images = data.to_unit(examples.reference)
    scores = model.score(images, None if model.classes is None else examples.reference_labels)
    again = np.clip(model.reconstruct(images), 0.0, 1.0)
    scores["psnr"] = float(metrics.psnr(again, images).mean())
    if images.shape[1:] == (28, 28, 1):
        evaluator = metrics.load_evaluator(examples.evaluator_name)
        features = (evaluator.features(part) for part in (again, images))
        scores["reconstruction_frechet"] = metrics.frechet_distance(*features)
    return scores


# How these numbers were found: docs/search-vq.md.
VQVAE_FASHION = Recipe(
    name="vqvae",
    lesson="12",
    summary="VQ-VAE with a prior over its codes, on fashion (lesson 12)",
    data="fashion",
    value_range="unit",
    parameters={
        "epochs": 8,
        "batch_size": 32,
        "block_size": 4,
        "filters": 64,
        "encoder_blocks": 1,
        "decoder_blocks": 2,
        "codes": 256,
        "code_dim": 32,
        "learning": "averages",
        "code_decay": 0.98,
        "restart_below": 0.05,
        "initial_std": 1.0,
        "loss": "absolute_error",
        "commitment_weight": 1.0,
        "embedding_dim": 32,
        "prior_filters": 64,
        "prior_depth": 3,
        "gated": True,
        "classes": 10,
        "dropout": 0.0,
        "label_dropout": 0.1,
        "temperature": 0.9,
        "guidance": 2.0,
        "clip_norm": 1.0,
        "autoencoder_rate": 4e-3,
        "prior_rate": 6e-3,
        "beta_2": 0.99,
        "decay": "cosine",
        "warm_up": 0.03,
    },
    build=build_vqvae,
    labels=True,
    measure=codes_of_held_out,
)
