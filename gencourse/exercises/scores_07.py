"""More checks of lesson 07, which imports this module: a hole that is one, and what a fill is worth."""

import collections

import numpy as np

from gencourse.exercises import expect
from gencourse.exercises.core import Wrong, exercise

HEIGHT, WIDTH, SIZE, COUNT = 7, 9, 3, 3000


@exercise(
    "07.4",
    title="holes, three bugs",
    hints=(
        "Cut holes into four images of ones and print both channels. Where are zeros, where are ones, and how many?",
        "Each image needs a place of its own; the last place is where the hole still fits; and the image is kept where "
        "the mask is 0.",
        "tops = rng.integers(0, height - size + 1, batch), lefts likewise; set mask[i, top : top + size, ...] in a "
        "loop over the images; return the image times (1 - mask), and the mask.",
    ),
)
def cut_holes(answer):
    """Mend the damage: a hole of its own in each image, wholly inside, and a mask that marks it.

    def cut_holes(images, size, seed):
        # (B, H, W, 1) -> (B, H, W, 2): the image with zeros in the hole; and the mask, 1 in the hole
        rng = np.random.default_rng(seed)
        batch, height, width, _ = images.shape
        top, left = rng.integers(0, height), rng.integers(0, width)
        mask = np.zeros((batch, height, width, 1), "float32")
        mask[:, top : top + size, left : left + size] = 1.0
        return np.concatenate([images * mask, mask], axis=-1)

    check("07.4", cut_holes)
    """
    name = "cut_holes"
    expect.function(answer, name, ("images", "size", "seed"))
    images = np.random.default_rng(2).uniform(0.1, 1.0, (COUNT, HEIGHT, WIDTH, 1)).astype("float32")

    def cut(seed):
        result = expect.call(answer, images.copy(), SIZE, seed, name=name)
        return expect.numbers(result, (COUNT, HEIGHT, WIDTH, 2), "image and mask together")

    damaged = cut(0)
    kept, mask = damaged[..., :1], damaged[..., 1:]
    if not np.isin(mask, (0.0, 1.0)).all():
        if np.allclose(mask, images * (mask != 0)):
            raise Wrong("the second channel holds pixels: the image comes first, the mask second.")
        raise Wrong("the mask, the second channel, should hold zeros and ones only.")
    if not np.array_equal(mask, _squares(mask)):
        _name_mask(mask)
    if np.array_equal(mask, np.broadcast_to(mask[:1], mask.shape)):
        raise Wrong("all images of the batch have their hole in the same place: draw one place for each.")
    if np.allclose(kept, images * mask):
        raise Wrong("the image is kept *in* the hole and black elsewhere: multiply it by 1 - mask.")
    if np.allclose(kept, images):
        raise Wrong("nothing is taken out of the image: it should be 0 where the mask is 1.")
    if not np.allclose(kept, images * (1 - mask), atol=1e-6):
        raise Wrong("outside the hole the image should be as it was, and 0 inside.")
    _check_places(mask)
    if np.array_equal(cut(1), damaged):
        raise Wrong("another seed gives the same holes: use `seed`.")
    if not np.array_equal(cut(0), damaged):
        raise Wrong("the same seed gives other holes at the second call: draw from a generator made with `seed`.")
    return (
        "one square hole for each image, wholly inside, everywhere equally likely; black in the image, 1 in the mask."
    )


def _places(mask):
    return mask[..., 0].any(axis=2).argmax(axis=1), mask[..., 0].any(axis=1).argmax(axis=1)


def _squares(mask):
    """The masks of whole squares whose upper left corners are where these masks begin."""
    tops, lefts = _places(mask)
    rows = np.abs(np.arange(HEIGHT) - tops[:, None] - (SIZE - 1) / 2) < SIZE / 2
    columns = np.abs(np.arange(WIDTH) - lefts[:, None] - (SIZE - 1) / 2) < SIZE / 2
    whole = (tops <= HEIGHT - SIZE)[:, None, None] & (lefts <= WIDTH - SIZE)[:, None, None]
    return (rows[:, :, None] & columns[:, None, :] & whole)[..., None].astype("float64")


def _name_mask(mask):
    """Say why these masks are no squares of the right size inside the image."""
    if np.array_equal(1 - mask, _squares(1 - mask)):
        raise Wrong("the mask is turned round: it should be 1 in the hole and 0 elsewhere.")
    counts = mask.sum(axis=(1, 2, 3))
    if not counts.any():
        raise Wrong("no mask marks a single pixel.")
    if counts.max() > SIZE**2:
        raise Wrong(f"a hole of {SIZE}×{SIZE} has {SIZE**2} pixels, and here one has {counts.max():.0f}.")
    if counts.min() < SIZE**2:
        same = " All images share one hole, besides." if np.array_equal(mask, mask[:1] + 0 * mask) else ""
        raise Wrong(
            f"some hole has {counts.min():.0f} pixels instead of {SIZE**2}: it sticks out of the image. What is the "
            f"last place where it still fits?{same}"
        )
    raise Wrong(f"a hole should be one square of {SIZE}×{SIZE} pixels.")


def _check_places(mask):
    """Expect every place to occur, about equally often."""
    tops, lefts = _places(mask)
    if np.array_equal(tops, lefts):
        raise Wrong("row and column of a hole are the same number: draw one for each, independently.")
    if lefts.max() == HEIGHT - SIZE:
        raise Wrong("the columns stop where the rows do: these images are wider than high, so each has its own end.")
    for places, length, what in ((tops, HEIGHT, "row"), (lefts, WIDTH, "column")):
        last = length - SIZE
        counts = np.bincount(places, minlength=last + 1)
        expected = COUNT / (last + 1)
        if counts[last] == 0:
            raise Wrong(
                f"no hole begins in {what} {last}, although it would fit there: the upper end of `rng.integers` is not "
                "drawn."
            )
        if counts[0] == 0:
            raise Wrong(f"no hole begins in {what} 0, although it would fit there.")
        if counts[last] > 1.5 * counts[:last].max():
            raise Wrong(
                f"the last place is drawn far too often, in {counts[last]} of {COUNT} images: do not push holes back "
                "that would stick out, but draw only places where they fit."
            )
        if np.abs(counts - expected).max() > 6 * np.sqrt(expected):
            raise Wrong(
                f"some places are much likelier than others: holes begin in the {what}s {counts.tolist()} times."
            )
    if HEIGHT <= WIDTH and abs(np.corrcoef(tops, lefts)[0, 1]) > 0.2:
        raise Wrong("row and column go together: draw them independently.")


class _Heart:
    """A model that mends from memory: it knows the training images by heart, and is not quite sure of any pixel."""

    def __init__(self, memory):
        self.memory = memory

    def restore(self, damaged):
        damaged = np.asarray(damaged, "float32")
        if damaged.ndim != 4 or damaged.shape[1:] != (8, 8, 2):
            raise ValueError(f"Damaged images and their masks are needed, (N, 8, 8, 2). Received: {damaged.shape}.")
        image, mask = damaged[..., :1], damaged[..., 1:]
        known, memory = (1 - mask).reshape(-1, 64), self.memory.reshape(-1, 64)
        distances = known @ (memory**2).T - 2 * (known * image.reshape(-1, 64)) @ memory.T
        fill = self.memory[distances.argmin(axis=1)]
        return np.where(mask > 0, 0.9 * fill + 0.05, image).astype("float32")


def _stage():
    """Return (model, damage, how often it saw what, train images, test images), small and always the same."""
    rng = np.random.default_rng(8)

    def images(count):
        place, width = rng.uniform(1, 6, (count, 2, 1, 1)), rng.uniform(0.5, 2.5, (count, 1, 1))
        y, x = np.mgrid[:8, :8]
        squared = (y - place[:, 0]) ** 2 + (x - place[:, 1]) ** 2
        return np.exp(-squared / (2 * width**2))[..., None].astype("float32")

    calls = collections.Counter()

    def damage(originals):
        key = np.asarray(originals, "float32").tobytes()
        draw = np.random.default_rng(4 + calls[key])  # the same images get other holes at the next call
        calls[key] += 1
        mask = np.zeros((*originals.shape[:3], 1), "float32")
        for i, (top, left) in enumerate(draw.integers(0, 6, (len(originals), 2))):
            mask[i, top : top + 3, left : left + 3] = 1.0
        return np.concatenate([originals * (1 - mask), mask], axis=-1).astype("float32")

    train, test = images(300), images(200)
    return _Heart(train), damage, calls, train, test


@exercise(
    "07.5",
    title="an honest score",
    hints=(
        "Which images are scored? Which of their pixels did the model have to guess at all? And exercise 07.1: a mean "
        "of what?",
        "Held-out images; only the pixels where the mask, the second channel of the damaged images, is 1; one mean "
        "error over all of them, and its decibels at the end.",
        "damaged = damage(test_images); mask = damaged[..., 1:]; errors = mask * (model.restore(damaged) - test_images)"
        " ** 2; then -10 * np.log10(errors.sum() / mask.sum()).",
    ),
)
def score(answer):
    """Mend the score: PSNR of the pixels in the holes, of all images together, on held-out images.

    def score(model, damage, train_images, test_images):
        mended = model.restore(damage(train_images))
        errors = np.mean((mended - train_images) ** 2, axis=(1, 2, 3))
        return np.mean(-10 * np.log10(errors))

    check("07.5", score)
    """
    expect.function(answer, "score", ("model", "damage", "train_images", "test_images"))
    model, damage, calls, train, test = _stage()
    value = expect.call(answer, model, damage, train.copy(), test.copy(), name="score")
    if np.size(value) == 1 and not isinstance(value, str) and np.isposinf(value).all():
        raise Wrong(
            "the score is infinite: no error was found at all. Pixels outside the holes are only handed through; the "
            "errors are where the mask is 1. And a hole that is filled without error has no decibels of its own."
        )
    value = expect.number(value, "the score (one number, in decibels)")
    asked = max(calls.values(), default=0)
    damage = _stage()[1]
    scores = {(name, *k): v for name, part in (("test", test), ("train", train)) for k, v in _ways(model, damage, part)}
    right = scores["test", "hole", "pooled"]

    def near(other):
        return abs(value - other) <= 0.02

    if near(right):
        return (
            f"{right:.1f} dB: held-out images, only what had to be guessed, and one mean error. The author's number "
            f"was {scores['train', 'whole', 'each']:.1f}."
        )
    for (images, pixels, mean), other in scores.items():
        if near(other):
            reasons = []
            if images == "train":
                reasons.append("it scores the *training* images, which this model knows by heart")
            if pixels == "whole":
                reasons.append("it counts the known pixels, which were only handed through")
            if mean == "each":
                reasons.append("it averages decibels, so that the easiest images rule")
            raise Wrong(f"{value:.1f} dB where {right:.1f} would be honest: {'; '.join(reasons)}.")
    for other, why in {
        -right: "the sign is turned: a smaller error has a higher PSNR",
        10 ** (-right / 10): "this is the mean squared error; its decibels are asked for",
        right * np.log(10): "the logarithm is the one to base 10",
        right / 2: "that takes the root of the error; PSNR takes the squared error as it is",
        _untouched(test): "it scores the damaged images, as if the model had not touched them",
    }.items():
        if abs(value - other) <= 0.001 * abs(other):
            raise Wrong(f"{value:.4g} where {right:.1f} dB would be honest: {why}.")
    if asked > 1:
        raise Wrong(
            f"{value:.4g} dB where {right:.1f} would be honest. `damage` draws new holes at each call, so the mask of "
            "a second call belongs to other holes than the mended images: call it once, and keep what it returns."
        )
    raise Wrong(f"the held-out holes come back with {right:.1f} dB, all together, and your score says {value:.4g}.")


def _untouched(images):
    damaged = _stage()[1](images)
    mask = damaged[..., 1:].astype("float64")
    return float(-10 * np.log10((mask * images.astype("float64") ** 2).sum() / mask.sum()))


def _ways(model, damage, images):
    """Decibels by the honest way and by ways that flatter: ((pixels, mean), value)."""
    damaged = damage(images)
    mask = damaged[..., 1:].astype("float64")
    errors = (model.restore(damaged).astype("float64") - images) ** 2
    for pixels, counts in (("hole", mask), ("whole", np.ones_like(mask))):
        each = (counts * errors).sum(axis=(1, 2, 3)) / counts.sum(axis=(1, 2, 3))
        yield (pixels, "pooled"), float(-10 * np.log10(each.mean()))
        yield (pixels, "each"), float(np.mean(-10 * np.log10(each)))
