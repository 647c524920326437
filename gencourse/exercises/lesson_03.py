"""Checks of lesson 03: the price of a guess, a draw that teaches, the loss, an honest score, and three logs to read.

The starter code that the notebook shows stands in the docstring of each check, planted bugs included. It takes `import
keras`, `import numpy as np` and `import tensorflow as tf` for granted. The checks meet small tensors and a small VAE of
their own.
"""

import numpy as np

from gencourse.exercises import expect, scores_03
from gencourse.exercises.core import Wrong, exercise

__all__ = ["draw_latents", "price", "scores_03", "vae_loss"]


def _kl(mean, log_variance):
    return 0.5 * (mean**2 + np.exp(log_variance) - 1.0 - log_variance)


@exercise(
    "03.1",
    title="the price of a guess",
    hints=(
        "KL = (mean² + variance - 1 - log variance) / 2, for each latent; the latents of one guess are independent.",
        "The second guess is the prior itself. How far is a distribution from itself?",
        "First: (1 + 0.25 - 1 - log 0.25) / 2, with the natural logarithm. For independent latents the KLs add up.",
    ),
)
def price(answer):
    """Work out the KL of two latents and of the code that they make, in nats.

    # first latent: mean 1, variance 1/4; second latent: mean 0, variance 1
    kl_first = ...
    kl_second = ...
    kl_code = ...
    check("03.1", (kl_first, kl_second, kl_code))
    """
    names = ("kl_first", "kl_second", "kl_code")
    first, second, code = (
        expect.number(part, name) for part, name in zip(expect.parts(answer, *names), names, strict=True)
    )
    right = _kl(1.0, np.log(0.25))

    def near(value, wanted):
        return expect.near(value, wanted, rel=0.01, tolerance=0.004)

    slips = {
        -right: "a KL is never negative: the sign is turned.",
        right / np.log(2): "these are bits; with the natural logarithm they become nats.",
        2 * right: "twice too large: the factor one half is missing.",
        _kl(1.0, 0.25): "1/4 is the variance here, and not its logarithm.",
        _kl(1.0, 2 * np.log(0.25)): "1/4 is the variance already: it is not to be squared once more.",
        _kl(1.0, 0.5 * np.log(0.25)): "1/4 is the variance already: no root of it is to be taken.",
        0.5 * (0.25 - np.log10(0.25)): "this takes a logarithm to the base 10; nats need the natural one, np.log.",
        _kl(0.0, np.log(0.25)): "the mean is missing: a guess that has moved away from 0 costs more.",
        0.5 * (4.0 + 4.0 - 1.0 + np.log(0.25)): "this is the KL the other way round, from the prior to the guess.",
    }
    if not near(first, right):
        for value, why in slips.items():
            if near(first, value):
                raise Wrong(f"for the first latent {first:.4g} is not right: {why}")
        if expect.near(first, right, rel=0.05):
            raise Wrong(f"{first:.4g} is near the first latent's KL, but rounded too far: give two digits or more.")
        raise Wrong(f"the first latent's KL is (mean² + variance - 1 - log variance) / 2, and that is not {first:.4g}.")
    if not near(second, 0.0):
        raise Wrong(f"the second guess equals the prior, and the KL of equal distributions is 0, not {second:.4g}.")
    if near(code, right / 2):
        raise Wrong("the KL of a code is the sum over its latents, and this is their mean.")
    if not near(code, right):
        raise Wrong(f"the latents of a guess are independent, so their KLs add up, and that is not {code:.4g}.")
    return (
        f"{right:.3f} nats for the first latent, 0 for the second, and their sum for the code. A latent whose guess "
        "is the prior costs nothing and says nothing."
    )


ROWS, LATENTS = 4000, 4


@exercise(
    "03.2",
    title="a draw that teaches",
    hints=(
        "Call the function twice with the same arguments and compare. Then look at the spread for a log-variance of 2.",
        "Noise must be drawn inside the function, at each call. And log_variance is the log of a *squared* width.",
        "noise = keras.random.normal(mean.shape); return mean + tf.exp(0.5 * log_variance) * noise.",
    ),
)
def draw_latents(answer):
    """Mend the draw: fresh noise at each call, the right width, and slopes for both arguments.

    NOISE_TABLE = tf.constant(np.random.default_rng(0).normal(size=(10_000, 16)), tf.float32)

    def draw_latents(mean, log_variance):
        # mean, log_variance: tensors (B, Z) -> latents (B, Z)
        noise = NOISE_TABLE[: mean.shape[0], : mean.shape[1]]
        return mean + tf.exp(log_variance) * noise

    check("03.2", draw_latents)
    """
    import tensorflow as tf

    name = "draw_latents"
    expect.function(answer, name, ("mean", "log_variance"))
    rng = np.random.default_rng(3)
    mean = tf.constant(rng.normal(size=(ROWS, LATENTS)), tf.float32)
    log_variance = tf.constant(rng.uniform(-3.0, 2.0, size=(ROWS, LATENTS)), tf.float32)
    with tf.GradientTape() as tape:
        tape.watch([mean, log_variance])
        latents = expect.call(answer, mean, log_variance, name=name)
        drawn = expect.numbers(latents, (ROWS, LATENTS), "the latents")
        total = tf.reduce_sum(latents) if tf.is_tensor(latents) else None
    again = expect.numbers(expect.call(answer, mean, log_variance, name=name), (ROWS, LATENTS), "the latents")
    slopes = [None, None] if total is None else tape.gradient(total, [mean, log_variance])
    for slope, argument in zip(slopes, (name for name in ("mean", "log_variance")), strict=True):
        if slope is None:
            raise Wrong(
                f"no slope reaches `{argument}`: the draw hands over plain numbers. Draw noise that depends on nothing "
                "and compute the latents from it with TensorFlow or Keras operations."
            )
    width = np.exp(0.5 * log_variance.numpy().astype("float64"))
    apart = drawn - mean.numpy()
    if np.allclose(apart, 0.0):
        raise Wrong("these latents are the means: nothing is drawn.")
    if np.allclose(drawn, again):
        raise Wrong(
            "two calls give the same latents: the noise was drawn once, or has a fixed seed. The networks would learn "
            "that noise by heart; draw it anew at each call."
        )
    _check_noise(apart, width)
    if not np.allclose(slopes[0], 1.0, atol=1e-3) or not np.allclose(slopes[1], apart / 2, atol=1e-3):
        raise Wrong("the values are right, but their slopes are not those of mean + std * noise: is something cut off?")
    return "fresh noise at each call, one number for each latent of each image, the right width, and slopes for both."


def _check_noise(apart, width):
    """Expect standard normal noise times the width."""
    noise = apart / width
    if np.allclose(noise, noise[:1], atol=1e-3):
        raise Wrong("all images of the batch get the same noise: draw (B, Z) numbers, not (Z,).")
    if np.allclose(noise, noise[:, :1], atol=1e-3):
        raise Wrong("all latents of an image get the same noise and move together: draw (B, Z) numbers, not (B, 1).")
    slips = {
        "exp(log_variance) is the variance; multiply the noise by its square root, exp(log_variance / 2).": width**2,
        "the exponent is doubled: the square root halves it, exp(log_variance / 2).": width**4,
        "log_variance is multiplied to the noise as it is; the standard deviation is exp(log_variance / 2).": 2
        * np.log(width),
        "the noise is added as it is, whatever the encoder says about its width.": np.ones_like(width),
        "for a large variance the draw is narrow: the exponent's sign is turned.": 1 / width,
    }
    if 0.95 < noise.std() < 1.05 and abs(noise.mean()) < 0.05 and 0.66 < (np.abs(noise) < 1).mean() < 0.705:
        return
    for why, factor in slips.items():
        if 0.95 < (apart / factor).std() < 1.05 and abs((apart / factor).mean()) < 0.05:
            raise Wrong(why)
    if abs(noise.mean()) > 0.05:
        raise Wrong(f"the noise has the mean {noise.mean():.2f} and not 0: take a normal distribution.")
    raise Wrong(
        f"(latents - mean) / std should be standard normal, and has the standard deviation {noise.std():.2f}, with "
        f"{(np.abs(noise) < 1).mean():.0%} within 1 (68% expected)."
    )


@exercise(
    "03.3",
    title="the loss, three bugs",
    hints=(
        "The ELBO of one image is a sum over all its pixels and all its latents. Only the batch is averaged.",
        "With mean and log_variance 0, only the reconstruction is left. With mean 3, should the loss rise or fall?",
        "Sum the cross-entropy over the axes 1, 2 and 3, and the KL over axis 1, with +0.5 in front; then "
        "tf.reduce_mean of both over the batch.",
    ),
)
def vae_loss(answer):
    """Mend the loss: minus the ELBO in nats, averaged over the batch.

    def vae_loss(images, logits, mean, log_variance):
        # images, logits: (B, H, W, 1), images are zeros and ones; mean, log_variance: (B, Z) -> one number
        cross_entropy = tf.nn.sigmoid_cross_entropy_with_logits(labels=images, logits=logits)
        reconstruction = tf.reduce_mean(cross_entropy)
        kl = -0.5 * tf.reduce_mean(tf.square(mean) + tf.exp(log_variance) - 1.0 - log_variance)
        return reconstruction + kl

    check("03.3", vae_loss)
    """
    import tensorflow as tf

    expect.function(answer, "vae_loss", ("images", "logits", "mean", "log_variance"))
    rng = np.random.default_rng(5)
    batch, side, size = 3, 2, 5
    images = (rng.random((batch, side, side, 1)) < 0.6).astype("float32")
    logits = rng.normal(0.0, 2.0, images.shape).astype("float32")
    mean, log_variance = (rng.normal(0.0, 1.0, (batch, size)).astype("float32") for _ in range(2))

    def loss(*arrays):
        value = expect.call(answer, *(tf.constant(array) for array in arrays), name="vae_loss")
        return expect.number(value, "the loss (one number, the mean over the batch)")

    nothing = np.zeros_like(mean)
    pixels = np.logaddexp(0.0, logits) - images * logits
    wanted = float(pixels.sum(axis=(1, 2, 3)).mean())
    swapped = float((np.logaddexp(0.0, images) - images * logits).sum() / batch)
    found = loss(images, logits, nothing, nothing)
    _explain(
        found,
        wanted,
        {
            wanted / side**2: "its cross-entropy is averaged over the pixels. An image's likelihood is a product, so "
            "pixels add up; averaged, they make the KL as many times too heavy as there are pixels",
            wanted * batch: "it is summed over the batch, where the mean is asked for",
            -wanted: "its sign is turned: a likely image should make the loss small",
            wanted / np.log(2): "it counts bits, and nats are asked for",
            swapped: "labels and logits have changed places: the labels are the images",
        },
        "the reconstruction term of three images of four pixels (mean and log-variance 0, so the KL is 0)",
    )
    wanted = float(_kl(mean, log_variance).sum(axis=1).mean())
    found = loss(images, logits, mean, log_variance) - found
    _explain(
        found,
        wanted,
        {
            0.0: "it is missing: nothing keeps the codes near the prior, and samples would fall beside them",
            -wanted: "its sign is turned: the loss would fall without end as codes fly away from the prior",
            -wanted / size: "its sign is turned, and it is averaged over the latents, which should add up",
            wanted / size: "it is averaged over the latents, which should add up",
            -wanted * batch: "its sign is turned, and it is summed over the batch",
            wanted * batch: "it is summed over the batch, where the mean is asked for",
            wanted * batch / size: "the axes are swapped: it is summed over the images and averaged over the latents",
            -wanted * batch / size: "its sign is turned, and it is summed over images and averaged over latents",
            2 * wanted: "the factor one half is missing",
            float(_kl(mean, 2 * log_variance).sum(axis=1).mean()): "it takes exp(log_variance) for a width",
        },
        "the KL term, for three images of five latents",
    )
    sentence = "pixels and latents are summed, images averaged, and the KL is a cost: minus the ELBO, in nats."
    with np.errstate(all="ignore"):
        far = np.asarray(answer(*(tf.constant(array) for array in (images, 200 * (1 - 2 * images), nothing, nothing))))
    if not np.isfinite(far).all():
        sentence += " At a logit of 200 it is not finite, though: use softplus, or a cross-entropy that takes logits."
    return sentence


def _explain(found: float, wanted: float, slips: dict, what: str) -> None:
    """Raise `Wrong` with the slip that gives this value, unless it is the wanted one."""
    if expect.near(found, wanted, rel=2e-3, tolerance=1e-4):
        return
    for value, why in slips.items():
        if expect.near(found, value, rel=2e-3, tolerance=1e-4):
            raise Wrong(f"{what}, is {wanted:.3f} by hand and {found:.3f} in yours: {why}.")
    raise Wrong(f"{what}, is {wanted:.3f} by hand, and {found:.3f} in yours.")
