"""More checks of lesson 03, which imports this module: what a model's score is worth, in two exercises."""

import numpy as np

from gencourse.exercises import expect
from gencourse.exercises.core import Wrong, exercise

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
    others = (np.random.default_rng(2).random(train.shape) < 0.5).astype("float32")  # an honest score ignores them
    elsewhere = expect.call(answer, model, others, test.copy(), name="score")
    elsewhere = expect.number(elsewhere, "the score (one number, the mean over the images)")
    held, seen = _worth(model, test), _worth(model, train)
    bound = float(-model.importance_weighted_bound(test, k=64, seed=0).mean())
    right, tolerance = held["draw + kl"], 0.2
    if abs(value - elsewhere) > 2 * tolerance:
        if any(abs(value - other) <= tolerance for other in seen.values()):
            raise Wrong(
                f"{value:.1f} nats is what the *training* images give. A model that knew them by heart would "
                "win; score the held-out ones."
            )
        raise Wrong(
            f"{value:.4g} nats, and with other training images {elsewhere:.4g}, though the held-out ones stayed the "
            "same. Score the held-out images only."
        )
    if abs(value - right) <= tolerance:
        return (
            f"{value:.1f} nats: held-out images, latents drawn from the guess, and the price of the guess paid. "
            f"On its training images this model reaches {seen['draw + kl']:.1f}."
        )
    for name, why in {
        "draw": "the KL is missing. Reconstruction alone can be made perfect by a code that holds every pixel",
        "mean": "the KL is missing, and the mean of the guess is decoded instead of a draw from it",
        "mean + kl": "the mean of the guess is decoded instead of a draw from it, and that flatters",
        "draw - kl": "the KL is taken away from the cost. It is a price: it is added",
    }.items():
        if abs(value - held[name]) <= tolerance:
            raise Wrong(f"{value:.1f} nats on held-out images, where the ELBO says {right:.1f}: {why}.")
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
    raise Wrong(
        f"the held-out images cost this model {right:.1f} nats each by the ELBO, and yours is {value:.4g}. By hand: "
        "the width of the draw is exp(log_variance / 2), pixels and latents add up, and only the images are averaged."
    )


def _worth(model, images) -> dict[str, float]:
    """Nats an image by the honest score and by ways that flatter."""
    draws = [model.elbo(images, seed=seed) for seed in range(4)]
    reconstruction = float(-np.mean([part["reconstruction"] for part in draws]))
    kl = float(draws[0]["kl"].mean())
    logits = np.asarray(model.decoder(model.encode(images)[0]))
    mean = float((np.logaddexp(0.0, logits) - images * logits).sum(axis=(1, 2, 3)).mean())
    return {
        "draw + kl": reconstruction + kl,
        "draw": reconstruction,
        "draw - kl": reconstruction - kl,
        "mean": mean,
        "mean + kl": mean + kl,
    }


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
