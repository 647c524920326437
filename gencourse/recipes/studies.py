"""Studies: the experiments that a lesson's record repeats. A lesson adds its own to STUDIES."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .dcgan import PLAIN_HALF, TUTORIAL


@dataclass(frozen=True, kw_only=True)
class Study:
    """Variants of one recipe, each trained from several seeds and measured alike.

    Attributes:
        name: of the record's table.
        recipe: what is trained.
        seconds: train for so many seconds instead of the recipe's epochs: for comparisons at equal time.
        data: the data set it is trained on; the recipe's own by default.
        variants: {row's label: hyper-parameters changed}. The first one is the lesson's own.
        claims: {measure: whether higher is better} that the first variant is held to.
        samples: samples measured for claims, as many as the lesson draws; tables use 5,000.
        seeds: seeds of the first variant; the others get three.
        curve: for a language model: keep the bits per character on some held-out text while it trains.
        checkpoint: keep the networks of the first variant's median seed, by the first claim or else by its distance.
    """

    name: str
    recipe: str
    variants: Mapping[str, Mapping[str, Any]]
    seconds: float | None = None
    data: str | None = None
    claims: Mapping[str, bool] = field(default_factory=dict)
    samples: int = 1000
    seeds: int = 5
    curve: bool = False
    checkpoint: bool = False


STUDIES: dict[str, tuple[Study, ...]] = {
    "01": (
        Study(
            name="digits",
            recipe="gan",
            variants={
                "least squares (the lesson's)": {},
                "non-saturating": {"loss": "non_saturating"},
                "hinge": {"loss": "hinge"},
            },
            claims={"frechet": False, "confident_share": True, "precision": True, "recall": True},
            checkpoint=True,
        ),
        Study(
            name="ring",
            recipe="gan-ring",
            variants={"the lesson's": {}},
            claims={"modes_covered": True, "share_within": True, "total_variation": False},
            checkpoint=True,
        ),
    ),
    "02": (
        Study(
            name="digits",
            recipe="dcgan",
            variants={
                "the lesson's": {},
                "no batch normalisation": {"normalise": False},
                "label smoothing 0.1": {"label_smoothing": 0.1},
                "no running average": {"ema_decay": None},
            },
            claims={"frechet": False, "confident_share": True, "precision": True, "recall": True},
            checkpoint=True,
        ),
        Study(
            name="equal_seconds",
            recipe="dcgan",
            seconds=90,
            variants={"the lesson's": {}, "plain, half as wide": PLAIN_HALF, "the usual tutorial's": TUTORIAL},
            seeds=3,
        ),
        Study(
            name="fashion",
            recipe="dcgan",
            data="fashion",
            variants={"the lesson's": {}},
            claims={"frechet": False},
            seeds=3,
            checkpoint=True,
        ),
    ),
    "03": (
        Study(
            name="digits",
            recipe="vae",
            variants={
                "β = 1 (the lesson's)": {},
                "β = 4": {"beta": 4.0},
                "2 latents": {"latent_dim": 2},
            },
            claims={"nats_per_image": False, "importance_weighted_nats": False, "frechet": False},
            checkpoint=True,
        ),
        Study(
            name="fashion",
            recipe="vae",
            data="fashion",
            variants={"the lesson's": {}},
            claims={"nats_per_image": False},
            seeds=3,
        ),
    ),
    "05": (
        Study(
            name="ring",
            recipe="wgan-ring",
            variants={
                "penalty (the lesson's)": {},
                "weight clipping": {"penalty_weight": 0.0, "clip_weights": 0.05},
                "no bound": {"penalty_weight": 0.0},
            },
            claims={"modes_covered": True, "share_within": True, "total_variation": False},
            checkpoint=True,
        ),
        Study(
            name="fashion",
            recipe="wgan-gp",
            variants={
                "penalty (the lesson's)": {},
                "weight clipping": {"penalty_weight": 0.0, "clip_weights": 0.05},
            },
            claims={"frechet": False, "precision": True, "recall": True},
            checkpoint=True,
        ),
        Study(name="equal_wgan", recipe="wgan-gp", seconds=60, variants={"the lesson's": {}}, seeds=3),
        Study(name="equal_dcgan", recipe="dcgan", data="fashion", seconds=60, variants={"lesson 02's": {}}, seeds=3),
        Study(
            name="digits",
            recipe="wgan-gp",
            data="digits",
            variants={"as many steps as on fashion": {"epochs": 16}},
            seeds=3,
            checkpoint=True,
        ),
    ),
    "06": (
        Study(
            name="digits",
            recipe="cgan",
            variants={
                "projection (the lesson's)": {},
                "class beside the latents": {"generator_conditioning": "embedding"},
                "label planes": {"conditioning": "planes"},
                "auxiliary classifier": {"conditioning": "auxiliary"},
                "auxiliary, weight 0": {"conditioning": "auxiliary", "auxiliary_weight": 0.0},
            },
            claims={"class_accuracy": True, "frechet": False, "precision": True, "recall": True},
            checkpoint=True,
        ),
        Study(
            name="fashion",
            recipe="cgan",
            data="fashion",
            variants={"the lesson's": {}},
            claims={"class_accuracy": True, "frechet": False},
            seeds=3,
            checkpoint=True,
        ),
    ),
    "07": (
        Study(
            name="holes",
            recipe="inpainter",
            variants={"the lesson's": {}},
            claims={"psnr": True, "ssim": True},
        ),
        Study(
            name="denoise",
            recipe="denoiser",
            variants={"the lesson's": {}},
            claims={"psnr": True, "ssim": True},
            seeds=3,
        ),
        Study(
            name="upscale",
            recipe="upscaler",
            variants={"the lesson's": {}},
            claims={"psnr": True, "ssim": True},
            seeds=3,
        ),
        Study(
            name="code",
            recipe="autoencoder",
            variants={
                "code of 32 (the lesson's)": {},
                "code of 8": {"code_dim": 8},
                "code of 128": {"code_dim": 128},
                "code of 784": {"code_dim": 784},
            },
            claims={"psnr": True, "ssim": True},
            checkpoint=True,
        ),
        *(
            Study(name=f"fashion_{name}", recipe=recipe, data="fashion", variants={"the lesson's": {}}, seeds=3)
            for name, recipe in (
                ("holes", "inpainter"),
                ("denoise", "denoiser"),
                ("upscale", "upscaler"),
                ("code", "autoencoder"),
            )
        ),
    ),
    "04": (
        Study(
            name="ninety",
            recipe="char-rnn",
            seconds=90,
            variants={"90 seconds": {}},
            seeds=3,
            samples=32,
            curve=True,
        ),
        Study(
            name="austen",
            recipe="char-rnn",
            variants={
                "GRU (the lesson's)": {},
                "LSTM": {"cell": "lstm"},
                "simple RNN": {"cell": "simple"},
                "GRU, each window anew": {"carry": False},
            },
            claims={"bits_per_character": False},
            samples=32,
            checkpoint=True,
        ),
        Study(
            name="quatrains",
            recipe="poem-rnn",
            variants={"the lesson's": {}},
            claims={"form_rate": True, "bits_per_character": False},
            checkpoint=True,
        ),
    ),
    "09": (
        Study(
            name="ninety",
            recipe="gpt-bpe",
            seconds=90,
            variants={"90 seconds": {}},
            seeds=3,
            samples=32,
            curve=True,
        ),
        Study(
            name="austen",
            recipe="gpt-bpe",
            variants={
                "byte pairs, rotary positions (the lesson's)": {},
                "learned positions": {"positions": "learned"},
                "one block": {"depth": 1},
            },
            claims={"bits_per_character": False},
            samples=32,
            checkpoint=True,
        ),
        Study(
            name="characters",
            recipe="gpt-char",
            variants={"characters": {"depth": 3, "length": 128, "batch_size": 8}},
            seeds=3,
            samples=32,
        ),
        Study(
            name="small",
            recipe="gpt-char",
            variants={"the well-known small setting": {}},
            claims={"nats_per_character": False},
            seeds=3,
            samples=32,
        ),
        Study(
            name="verse",
            recipe="gpt-verse",
            variants={
                "all weights": {},
                "adapters of rank 8": {"adapters": 8, "rate": 2e-3},
                "all weights, a quarter of each batch is prose": {"prose_share": 0.25},
                "from nothing": {"begin": "", "rate": 2.5e-3},
            },
            claims={"bits_per_character": False, "prose_bits_per_character": False},
            seeds=3,
            samples=32,
        ),
    ),
}
