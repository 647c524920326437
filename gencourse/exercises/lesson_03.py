"""Checks of lesson 03: the price of a guess, a draw that teaches, the loss, an honest score, and three logs to read.

The starter code that the notebook shows stands in the docstring of each check, planted bugs included. It takes `import
keras`, `import numpy as np` and `import tensorflow as tf` for granted. The checks meet small tensors and a small VAE of
their own.
"""

import numpy as np

from gencourse.exercises import expect
from gencourse.exercises.core import Wrong, exercise


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
        _kl(0.0, np.log(0.25)): "the mean is missing: a guess that has moved away from 0 costs more.",
        0.5 * (4.0 + 4.0 - 1.0 + np.log(0.25)): "this is the KL the other way round, from the prior to the guess.",
    }
    if not near(first, right):
        for value, why in slips.items():
            if near(first, value):
                raise Wrong(f"for the first latent {first:.4g} is not right: {why}")
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


SIDE = 4


def _small_vae():
    """Return (model, train images, test images): a VAE of 4×4 images that knows the training images better."""
    import keras

    from gencourse import autoencoder

    rng = np.random.default_rng(11)
    pixels, size = SIDE * SIDE, 3
    directions = np.linalg.qr(rng.normal(size=(pixels, size)))[0]
    encoder = autoencoder.build_encoder(input_shape=(SIDE, SIDE, 1), units=(), code_dim=2 * size)
    decoder = keras.Sequential(
        [keras.Input((size,)), keras.layers.Dense(pixels), keras.layers.Reshape((SIDE, SIDE, 1))]
    )
    kernel = np.concatenate([1.2 * directions, np.zeros((pixels, size))], axis=1)
    offset = -1.2 * directions.T @ np.full(pixels, 0.5)
    encoder.set_weights([kernel, np.concatenate([offset, np.full(size, -0.7)])])
    decoder.set_weights([4.0 * directions.T, np.zeros(pixels)])
    model = autoencoder.VAE(encoder, decoder, likelihood="bernoulli")

    def images(count, spread):
        logits = 4.0 * (spread * rng.normal(size=(count, size))) @ directions.T
        return (rng.random((count, pixels)) < 1 / (1 + np.exp(-logits))).astype("float32").reshape(-1, SIDE, SIDE, 1)

    return model, images(1500, 2.0), images(2000, 0.5)


@exercise(
    "03.4",
    title="an honest score",
    hints=(
        "Compare with the ELBO's two terms. Which images are scored, which latents are decoded, and what is left out?",
        "Held-out images only; latents are drawn from the guess, not set to its mean; and the KL has to be paid.",
        "model.elbo(test_images)['elbo'] does all of it for each image. Nats are minus its mean.",
    ),
)
def score(answer):
    """Mend the score: nats an image, at most, on images that the model was not trained on.

    def score(model, train_images, test_images):
        reconstructions = model.reconstruct(train_images).clip(1e-6, 1 - 1e-6)
        log_likelihood = train_images * np.log(reconstructions) + (1 - train_images) * np.log(1 - reconstructions)
        return -log_likelihood.sum(axis=(1, 2, 3)).mean()

    check("03.4", score)
    """
    expect.function(answer, "score", ("model", "train_images", "test_images"))
    model, train, test = _small_vae()
    value = expect.call(answer, model, train.copy(), test.copy(), name="score")
    value = expect.number(value, "the score (one number, the mean over the images)")
    held, seen = _worth(model, test), _worth(model, train)
    bound = float(-model.importance_weighted_bound(test, k=64, seed=0).mean())
    right, tolerance = held["draw + kl"], 0.2
    if abs(value - right) <= tolerance:
        return (
            f"{value:.1f} nats: held-out images, latents drawn from the guess, and the price of the guess paid. "
            f"On its training images this model reaches {seen['draw + kl']:.1f}."
        )
    for name, why in {
        "draw": "the KL is missing. Reconstruction alone can be made perfect by a code that holds every pixel",
        "mean": "the KL is missing, and the mean of the guess is decoded instead of a draw from it",
        "mean + kl": "the mean of the guess is decoded instead of a draw from it, and that flatters",
    }.items():
        if abs(value - held[name]) <= tolerance:
            raise Wrong(f"{value:.1f} nats on held-out images, where the ELBO says {right:.1f}: {why}.")
    for other in seen.values():
        if abs(value - other) <= tolerance:
            raise Wrong(
                f"{value:.1f} nats is what the *training* images give. A model that knew them by heart would "
                "win; score the held-out ones."
            )
    if bound - tolerance <= value <= right:
        return f"{value:.1f} nats: on held-out images, and a tighter bound than the ELBO, which says {right:.1f}."
    for factor, why in {
        -1.0: "the sign is turned: the ELBO is negative, and a number of nats is minus that",
        float(len(test)): "this is the sum over the images; the mean of one image is asked for",
        1 / np.log(2): "these are bits",
        1 / SIDE**2: "this is the mean over the pixels; an image's pixels add up",
    }.items():
        if abs(value - factor * right) <= tolerance * max(1.0, abs(factor)):
            raise Wrong(f"the held-out images cost {right:.1f} nats each by the ELBO, and yours is {value:.4g}: {why}.")
    raise Wrong(f"the held-out images cost this model {right:.1f} nats each by the ELBO, and yours is {value:.4g}.")


def _worth(model, images) -> dict[str, float]:
    """Nats an image by the honest score and by ways that flatter."""
    draws = [model.elbo(images, seed=seed) for seed in range(4)]
    reconstruction = float(-np.mean([part["reconstruction"] for part in draws]))
    kl = float(draws[0]["kl"].mean())
    logits = np.asarray(model.decoder(model.encode(images)[0]))
    mean = float((np.logaddexp(0.0, logits) - images * logits).sum(axis=(1, 2, 3)).mean())
    return {"draw + kl": reconstruction + kl, "draw": reconstruction, "mean": mean, "mean + kl": mean + kl}


@exercise(
    "03.5",
    title="three logs",
    hints=(
        "β is the price of a nat in the code. Who can afford the longest code?",
        "The ELBO knows nothing of β: it is minus (reconstruction + KL), whatever the run was trained with.",
        "Sort the runs by their KL: the largest belongs to the smallest β. Then add the two numbers of each row.",
    ),
)
def logs(answer):
    """Read three logs: A has reconstruction 105.4 and KL 9.5, B has 200.3 and 0.0, C has 60.5 and 39.1.

    beta_a = ...   # one of 0.5, 4 and 30
    beta_b = ...
    beta_c = ...
    best_nats = ...   # of the best of the three, by its ELBO
    check("03.5", (beta_a, beta_b, beta_c, best_nats))
    """
    names = ("beta_a", "beta_b", "beta_c", "best_nats")
    *betas, best = (expect.number(part, name) for part, name in zip(expect.parts(answer, *names), names, strict=True))
    if not expect.near(betas[1], 30):
        raise Wrong("B has a KL of 0: its code has collapsed. Which price of a nat makes an encoder give up?")
    if expect.near(betas[0], 0.5) and expect.near(betas[2], 4):
        raise Wrong("A and C are swapped: when a nat costs less, the code gets longer, so its KL is larger.")
    if not (expect.near(betas[0], 4) and expect.near(betas[2], 0.5)):
        raise Wrong("the three values of β are 0.5, 4 and 30; the smaller it is, the larger the KL.")
    best = abs(best)  # as an ELBO it is negative
    for value, why in {
        60.5 + 0.5 * 39.1: "that is C's loss in training, with its KL at half price; the ELBO takes every KL in full.",
        105.4 + 4 * 9.5: "that is A's loss in training, with its KL at four times the price.",
        60.5: "that is C's reconstruction alone; the KL has to be added.",
        105.4 + 9.5: "that is A's, and C's sum is smaller.",
        200.3: "that is B's, the worst of the three.",
        60.5 - 39.1: "the KL is a cost: it is added to the reconstruction's cost, not taken away.",
    }.items():
        if expect.near(best, value, rel=5e-4):
            raise Wrong(why)
    if not expect.near(best, 60.5 + 39.1, rel=2e-3):
        raise Wrong(f"add reconstruction and KL of each run and take the smallest sum: that is not {best:.4g}.")
    return (
        "a cheap nat makes a long code, a dear one a short code, and the dearest none. Judged by the same bound, C is "
        "the best of these three with 99.6; β = 1 is better still, because it is trained for just that bound."
    )
