"""Studies of all lessons; those of images stand here. A lesson adds its own to STUDIES."""

from .dcgan import PLAIN_HALF, TUTORIAL
from .study import Study
from .text_studies import TEXT_STUDIES

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
            checkpoint=True,
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
    "08": (
        Study(
            name="digits",
            recipe="pixelcnn",
            variants={
                "two stacks (the lesson's)": {},
                "gated blocks": {"gated": True},
            },
            claims={"nats_per_image": False, "frechet": False},
            checkpoint=True,
        ),
        Study(
            name="one_stack",
            recipe="pixelcnn",
            variants={"one stack, with a blind spot": {"plain": True, "rate": 3e-3}},
            seeds=3,
            draws=False,
        ),
        Study(
            name="classes",
            recipe="pixelcnn-class",
            variants={"told the class": {}},
            claims={"nats_told_class": False, "class_accuracy": True, "bayes_accuracy": True},
            seeds=3,
            checkpoint=True,
        ),
    ),
    "11": (
        Study(
            name="digits",
            recipe="ddpm",
            variants={
                "predicts the image (the lesson's)": {},
                "predicts the noise": {"predict": "noise"},
                "predicts the velocity": {"predict": "velocity"},
                "linear schedule": {"schedule": "linear"},
                "no running average": {"ema_decay": None},
            },
            claims={"frechet": False, "guided_class_accuracy": True, "precision": True, "recall": True},
            checkpoint=True,
        ),
        Study(
            name="ring",
            recipe="ddpm-ring",
            variants={
                "predicts the velocity (the lesson's)": {},
                "predicts the noise": {"predict": "noise"},
                "predicts the point": {"predict": "image"},
                "linear schedule": {"schedule": "linear"},
            },
            claims={"modes_covered": True, "share_within": True, "total_variation": False},
        ),
        Study(
            name="fashion",
            recipe="ddpm",
            data="fashion",
            variants={"as many steps as on digits": {"epochs": 18}},
            seeds=3,
            checkpoint=True,
        ),
    ),
    "12": (
        Study(
            name="fashion",
            recipe="vqvae",
            variants={
                "256 codes (the lesson's)": {},
                "64 codes": {"codes": 64},
                "512 codes": {"codes": 512},
                "no restarts": {"restart_below": 0.0},
                "codes by gradient": {"learning": "gradient", "restart_below": 0.0},
                "by gradient, begun small": {"learning": "gradient", "restart_below": 0.0, "initial_std": 0.05},
            },
            claims={
                "frechet": False,
                "class_accuracy": True,
                "reconstruction_frechet": False,
                "perplexity": True,
                "code_nats": False,
            },
            checkpoint=True,
        ),
    ),
    **TEXT_STUDIES,
}
