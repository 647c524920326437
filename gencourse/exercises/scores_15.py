"""More checks of lesson 15, which imports this module: a table with a copier in it, and an honest comparison."""

import numpy as np

from gencourse import metrics
from gencourse.exercises import expect
from gencourse.exercises.core import Wrong, exercise

ROLES = ("copier", "collapsed", "noisy", "few")
RIGHT = {"copier": "C", "collapsed": "E", "noisy": "A", "few": "D"}


@exercise(
    "15.4",
    title="read a table",
    hints=(
        "One column each gives two of them away: who has nothing real, and who is too near to the training images?",
        "Collapsed means: what is drawn looks fine, and most of what there is never comes.",
        "Two rows are one model. Few samples raise its Fréchet distance, and, since wide balls hold more, its recall.",
    ),
)
def table(answer):
    """Five rows, measured for this exercise: which is which?

    copier = ...     # a letter: it hands out training images, a little dimmed
    collapsed = ...  # it draws fifty different pictures and no others
    noisy = ...      # every pixel drawn at random
    few = ...        # the same model as one of the others, measured on 200 samples instead of 5,000
    check("15.4", (copier, collapsed, noisy, few))
    """
    given = expect.parts(answer, *ROLES)
    letters = {}
    for name, value in zip(ROLES, given, strict=True):
        if not isinstance(value, str) or value.strip().upper() not in "ABCDE" or len(value.strip()) != 1:
            raise Wrong(f"`{name}` should be one of the letters A to E.")
        letters[name] = value.strip().upper()
    if len(set(letters.values())) < len(letters):
        raise Wrong("two of yours share a letter; all four are different rows.")
    whys = {
        "noisy": "noise is far from everything, training images included: no precision, no recall, and the largest "
        "distances of all",
        "copier": "look at the last column. Fresh real images are at 1 there; what is far nearer has been seen before. "
        "The other columns only praise it",
        "collapsed": "the collapsed one looks real (precision), and nearly nothing of what there is comes (recall, "
        "coverage)",
        "few": "few samples raise the Fréchet distance, and they raise recall, since sparse points have wide balls. "
        "Precision and the nearest neighbour hardly change. Which two rows differ in this way?",
    }
    for name in ("noisy", "copier", "collapsed", "few"):
        if name == "few" and letters[name] == "B":
            raise Wrong(
                "B and D are the same model, but which of them had 200 samples? Few samples raise the distance."
            )
        if letters[name] != RIGHT[name]:
            raise Wrong(f"{letters[name]} is not `{name}`: {whys[name]}.")
    return (
        "C is the copier: the best distance and the best precision of all, and much too near to what it was trained "
        "on. E draws fifty pictures over and over, A is noise, and D is B measured on 200 samples: one model, with "
        "more than twice the distance and a better recall."
    )


@exercise(
    "15.5",
    title="an honest comparison",
    hints=(
        "There are three slips: which images are compared with, what range the pixels are in, and how many there are.",
        "samples are in [-1, 1], the images in the data set are bytes from 0 to 255. The features want [0, 1].",
        "n = min(map(len, samples.values())); reference = features(test_images.astype('float32') / 255); "
        "then features((images[:n] + 1) / 2) against the reference, for every model.",
    ),
)
def distances(answer):
    """Mend the comparison: {model: distance}, so that the best one wins and a copier gets no gift.

    def distances(samples, train_images, test_images, features):
        # samples: {name: floats (N, H, W, 1) in [-1, 1]}, N differs from model to model
        # train_images, test_images: uint8 (T, H, W, 1); features: floats in [0, 1] -> (N, D)
        reference = features(train_images.astype("float32"))
        return {name: metrics.frechet_distance(features(images), reference) for name, images in samples.items()}

    check("15.5", distances)
    """
    expect.function(answer, "distances", ("samples", "train_images", "test_images", "features"))
    models, train, test = _made_up()
    seen = []

    def features(images):
        images = np.asarray(images)
        seen.append((float(images.min()), float(images.max()), np.issubdtype(images.dtype, np.floating)))
        return _features(images)

    def distances_of(samples):
        given = {name: images.copy() for name, images in samples.items()}
        found = expect.call(answer, given, train.copy(), test.copy(), features, name="distances")
        if not isinstance(found, dict) or set(found) != set(samples):
            raise Wrong(f"a dictionary with a number for each of {', '.join(samples)} is asked for.")
        return {name: expect.number(value, f"the distance of {name!r}") for name, value in found.items()}

    alike = {name: models[name] for name in ("honest", "copier")}
    found = distances_of(alike)
    _expect_range(seen)
    if found["copier"] < 0.5 * found["honest"]:
        raise Wrong(
            f"the copier, whose samples are training images, gets {found['copier']:.4f}, and the honest model "
            f"{found['honest']:.4f}: the reference is the training set. Compare with images that no model has seen."
        )
    for name, value in found.items():
        fair = metrics.frechet_distance(_features((alike[name] + 1) / 2), _features(test / 255.0))
        if not 0.7 < value / fair < 1.5:
            more = " Few samples raise it: take as many as the poorest model has, and no fewer." if value > fair else ""
            raise Wrong(f"the distance of {name!r} should be near {fair:.4f}, and yours is {value:.4g}.{more}")
    found = distances_of({name: models[name] for name in ("plenty", "few")})
    ratio = found["few"] / found["plenty"]
    if ratio > 1.6:
        raise Wrong(
            f"'few' holds 60 samples and 'plenty' 2,000 of one and the same model, and yours puts the first "
            f"{ratio:.1f} times as far away: few samples raise it. Give every model as many as the poorest has."
        )
    if ratio < 0.6:
        raise Wrong("one and the same model is much nearer with 60 samples than with 2,000: how many of each are used?")
    return (
        "held-out images to compare with, every pixel in [0, 1], and as many samples of each model. Now the same model "
        "gets the same number whoever measures it, and the copier gets no gift for copying."
    )


def _expect_range(seen) -> None:
    """Expect that the features saw floats in [0, 1]."""
    if not seen:
        raise Wrong("`features` was never called: the distance is one between features.")
    low, high = min(part[0] for part in seen), max(part[1] for part in seen)
    if not all(part[2] for part in seen):
        raise Wrong("the features saw whole numbers: divided by 255 without floats, every pixel becomes 0 or 1.")
    if high > 1.5:
        raise Wrong(
            f"the features saw pixels up to {high:.0f}: real images are bytes from 0 to 255 and have to be divided."
        )
    if low < -0.01:
        raise Wrong(f"the features saw pixels down to {low:.2g}: samples in [-1, 1] come to [0, 1] by (x + 1) / 2.")
    if high < 0.1:
        raise Wrong(f"the features saw no pixel above {high:.2g}: was something divided by 255 twice?")


SIDE = 4


def _made_up():
    """Return (samples, train, test): made-up images of 4×4 pixels; the test images are of a slightly other kind."""
    rng = np.random.default_rng(15)
    pixels = SIDE * SIDE

    def draw(count, first, second):
        images = 0.5 + 0.1 * rng.normal(size=(count, pixels))
        images[:, 0] += first
        images[:, 1] += second
        return images.clip(0, 1).reshape(-1, SIDE, SIDE, 1)

    train, test = draw(2000, 0.0, 0.0), draw(2000, 0.14, 0.0)
    kinds = {"honest": 1000, "plenty": 2000, "few": 60}
    models = {name: draw(count, 0.07, 0.07) for name, count in kinds.items()} | {"copier": train[:1000]}
    signed = {name: (2 * images - 1).astype("float32") for name, images in models.items()}
    return signed, np.rint(255 * train).astype("uint8"), np.rint(255 * test).astype("uint8")


def _features(images):
    directions = np.linalg.qr(np.random.default_rng(16).normal(size=(SIDE * SIDE, SIDE * SIDE)))[0]
    return np.asarray(images, "float64").reshape(len(images), -1) @ directions
