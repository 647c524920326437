"""What the image metrics give for images of which we know how good they are; used by `train_evaluator.py`.

A number means something only beside the same number for real images (the floor), for noise and copies (the trivial
baselines), and for real images damaged on purpose: blurred, noisy, with classes missing, with few that repeat.
"""

import numpy as np

from gencourse.metrics import confident_share, evaluate_images

TRAINING = {"digits": 20_000, "fashion": 10_000}  # as bundled: what the lessons' models are trained on
HELD_OUT = {"digits": 5_000, "fashion": 2_500}
COUNTS = (1_000, 5_000)


def baselines(evaluator, images, seed=0):
    """Return {"n1000": {case: metrics}, "n5000": ...} as rounded plain numbers.

    The reference are the first held-out images, n or as many as are bundled. "real" are training images outside the
    bundled part: what a perfect model of the course would draw. "held_out" are the held-out images that follow the
    reference; the digits' were written by other people from the 5,001st on, which shows.
    """
    training = as_unit(images["train_images"][: TRAINING[evaluator.name]])
    fresh = as_unit(images["train_images"][-COUNTS[-1] :])
    fresh_labels = images["train_labels"][-COUNTS[-1] :]
    remembering = _Remembering(evaluator)
    result = {}
    for n in COUNTS:
        reference = as_unit(images["test_images"][: min(n, HELD_OUT[evaluator.name])])
        print(f"{evaluator.name}: n = {n:,}, reference {len(reference):,}", flush=True)
        result[f"n{n}"] = {"reference": len(reference)}
        held_out = as_unit(images["test_images"][len(reference) :][:n])
        random = np.random.default_rng(seed)
        for case, chosen in [("held_out", held_out), *cases(fresh[:n], fresh_labels[:n], training, random)]:
            row = evaluate_images(chosen, reference, remembering, training=training)
            row["confident"] = confident_share(chosen, evaluator)
            row = {key: value if key == "n" else float(f"{value:.4g}") for key, value in row.items()}
            print(f"  {case:16s}", "  ".join(f"{key} {value:g}" for key, value in row.items()), flush=True)
            result[f"n{n}"][case] = row
    return result


def cases(real, labels, training, random):
    """Yield (name, images (n, 28, 28, 1)) of each kind."""
    n = len(real)
    yield "real", real
    yield "noise", random.uniform(size=real.shape).astype("float32")
    yield "copies", training[random.choice(len(training), n, replace=False)]
    for sigma in (0.5, 1.0, 1.5):
        yield f"blur_{sigma}", blurred(real, sigma)
    for amount in (0.1, 0.2, 0.4):
        yield f"noisy_{amount}", np.clip(real + amount * random.normal(size=real.shape), 0, 1).astype("float32")
    # Drawn again with replacement from what is left, so that n is equal everywhere; "half_as_many" is the control.
    yield "half_as_many", real[random.choice(n // 2, n)]
    yield "five_classes", real[random.choice(np.flatnonzero(labels < 5), n)]
    yield "one_class", real[random.choice(np.flatnonzero(labels == 3), n)]
    yield "fifty_repeated", real[random.choice(50, n)]


def blurred(images, sigma):
    """Convolve images (N, H, W, 1) with a Gaussian of `sigma` pixels; black outside."""
    offsets = np.arange(-5, 6)
    weights = np.exp(-(offsets**2) / (2 * sigma**2))
    weights /= weights.sum()
    for axis in (1, 2):
        width = [(5, 5) if index == axis else (0, 0) for index in range(4)]
        padded, size = np.pad(images, width), images.shape[axis]
        images = sum(w * np.take(padded, np.arange(size) + i, axis) for i, w in enumerate(weights))
    return np.clip(images, 0, 1).astype("float32")


def as_unit(images):
    """uint8 (N, 28, 28) -> float32 (N, 28, 28, 1) in [0, 1]."""
    return images[..., None].astype("float32") / 255


class _Remembering:
    """An evaluator that keeps the features of arrays it has seen."""

    def __init__(self, evaluator):
        self._evaluator = evaluator
        self._seen = {}

    def features(self, images):
        if id(images) not in self._seen:
            self._seen[id(images)] = (images, self._evaluator.features(images))  # keeps the array, so its id is its own
        return self._seen[id(images)][1]
