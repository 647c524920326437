"""What recipes train on, by kind of data: how it is read, streamed, stored and judged."""

import zipfile
from pathlib import Path

import numpy as np

from gencourse import data, metrics

from .pairs import Pairs
from .short import ShortTexts
from .texts import Prose, Quatrains, Sonnets


def _held_out(n: int, holdout: float) -> int:
    if not 0.0 <= holdout < 1.0:
        raise ValueError(f"`holdout` must lie in [0, 1). Received: {holdout}.")
    images = round(n * holdout)
    if holdout and not images:
        raise ValueError(f"A share of {holdout} of {n} images is none. Received: holdout={holdout}.")
    return images


class Images:
    """Grey or colour images: a bundled set by name, or an .npz file with `images` and, where known, `labels`.

    Args:
        source: "digits", "fashion", or the path of an .npz file: uint8, or floats in [0, 1], shape (N, H, W) or
            (N, H, W, C).
        holdout: share of a file kept out of training, its last images; bundled sets have a held-out part of their own.
        parameters: a recipe's; images do not depend on them.

    Attributes:
        train: images to train on. labels: theirs, or None.
        reference: images to judge by: the held-out part; all of a file that has none.
        reference_labels: theirs, or None.
    """

    bundled = ("digits", "fashion")
    array_name = "images"
    drawn = 1000  # samples that are judged
    shown = 64  # samples that `sample` draws

    def __init__(self, source: str, *, holdout: float = 0.0, parameters=None):
        self.source = str(source)
        self.has_held_out = True
        if source in self.bundled:
            if holdout:
                raise ValueError(f"{source!r} has a held-out part of its own. Received: holdout={holdout}.")
            splits = data.load_images(source)
            self.train, self.labels = splits.train_images, splits.train_labels
            self.reference, self.reference_labels = splits.test_images, splits.test_labels
            self.evaluator_name = source
            return
        images, labels = _read_images(Path(source))
        kept = len(images) - _held_out(len(images), holdout)
        self.has_held_out = kept < len(images)
        self.train, self.labels = images[:kept], None if labels is None else labels[:kept]
        judged = slice(kept, None) if self.has_held_out else slice(None)
        self.reference, self.reference_labels = images[judged], None if labels is None else labels[judged]
        self.evaluator_name = "digits"

    @property
    def form(self) -> tuple[int, ...]:
        """(H, W, C): what a network must fit."""
        shape = self.train.shape[1:]
        return shape if len(shape) == 3 else (*shape, 1)

    def pass_steps(self, batch_size: int) -> int:
        """Batches in one pass over the training examples."""
        return data.steps_per_pass(len(self.train), batch_size)

    epoch_steps = pass_steps

    def stream(self, *, batch_size: int, seed: int, value_range: str, start_step: int = 0, labels: bool = False):
        """Endless batches for training, scaled to `value_range`; of (images, labels) where labels are asked for."""
        if labels and self.labels is None:
            raise ValueError(f"This model learns classes. Received: {self.source}, a file without an array `labels`.")
        arrays = (self.train, self.labels.astype("int32")) if labels else self.train
        return data.batches(arrays, batch_size=batch_size, seed=seed, value_range=value_range, start_step=start_step)

    @staticmethod
    def finish(samples, value_range):
        """Samples as they are stored and judged: float32 in [0, 1], shape (N, H, W, C)."""
        return data.to_unit(samples) if value_range == "signed" else np.clip(samples, 0.0, 1.0)

    def evaluate(self, images, labels=None) -> dict[str, float]:
        """Scores images in [0, 1] against as many held-out ones, by the course's evaluator."""
        if images.shape[1:] != (28, 28, 1):
            raise ValueError(
                f"The evaluators read images of shape (28, 28, 1). Received: images of shape {images.shape[1:]}."
            )
        return metrics.evaluate_images(
            images,
            data.to_unit(self.reference),
            metrics.load_evaluator(self.evaluator_name),
            training=data.to_unit(self.train) if self.has_held_out else None,
            labels=labels,
        )

    def judge(self, images, labels=None) -> dict[str, float]:
        """What a record keeps: the scores of `evaluate`, and the share of images whose class is plain to see."""
        sure = metrics.confident_share(images, metrics.load_evaluator(self.evaluator_name))
        return {**self.evaluate(images, labels), "confident_share": float(sure)}


class Points:
    """Points in the plane from a mixture whose density is known: "ring" or "grid"."""

    bundled = ("ring", "grid")
    array_name = "points"
    drawn = 1000
    shown = 64
    count = 20_000

    def __init__(self, source: str, *, holdout: float = 0.0, parameters=None):
        if source not in self.bundled:
            raise ValueError(f"`data` must be one of {self.bundled} here. Received: {source!r}.")
        if holdout:
            raise ValueError(f"Points are drawn as needed: there is nothing to hold out. Received: holdout={holdout}.")
        self.source = source
        self.mixture = getattr(data, source)()
        self.train = self.mixture.sample(self.count, 0)
        self.reference = self.mixture.sample(self.count, 1)

    @property
    def form(self) -> tuple[int, ...]:
        """(2,): what a network must fit."""
        return (2,)

    def pass_steps(self, batch_size: int) -> int:
        """Batches in one pass over the training examples."""
        return data.steps_per_pass(len(self.train), batch_size)

    epoch_steps = pass_steps

    @property
    def limit(self) -> float:
        """Half the side of the square that holds the modes, with room around them."""
        return float(np.abs(self.mixture.means).max()) + 1.0

    def stream(self, *, batch_size: int, seed: int, value_range=None, start_step: int = 0, labels: bool = False):
        """Endless batches for training."""
        if labels:
            raise ValueError(f"This model learns classes, and points have none. Received: {self.source!r}.")
        return data.batches(self.train, batch_size=batch_size, seed=seed, start_step=start_step)

    @staticmethod
    def finish(samples, value_range=None):
        """Samples as they are stored: float32, shape (N, 2)."""
        return np.asarray(samples, "float32")

    def evaluate(self, points, labels=None) -> dict[str, float]:
        """Counts modes and points near one, and compares the shares of the plane with those of fresh true samples."""
        cover = metrics.mode_coverage(points, self.mixture.means, std=self.mixture.std)
        return {
            "n": len(points),
            "modes_covered": int(cover["modes_covered"]),
            "share_within": float(cover["share_within"]),
            "total_variation": metrics.total_variation(points, self.reference, limit=self.limit),
        }

    judge = evaluate


DOMAINS = {
    "images": Images,
    "points": Points,
    "prose": Prose,
    "quatrains": Quatrains,
    "sonnets": Sonnets,
    "pairs": Pairs,
    "short": ShortTexts,
}


def read_arrays(path: Path) -> dict[str, np.ndarray]:
    """Reads all arrays of an .npz file; a ValueError says what is wrong with another file."""
    try:
        with np.load(path, allow_pickle=False) as file:
            return dict(file)
    except FileNotFoundError:
        raise
    except (zipfile.BadZipFile, OSError, EOFError, ValueError, TypeError) as error:
        reason = "no zip archive" if "pickle" in str(error) else error
        raise ValueError(f"{path} is not a readable .npz file. Received: {reason}.") from None


def _read_images(path: Path):
    if path.suffix != ".npz":
        raise ValueError(
            f"Images come from {' or '.join(Images.bundled)}, or from an .npz file. Received: {str(path)!r}."
        )
    arrays = read_arrays(path)
    if "images" not in arrays:
        raise ValueError(f"{path} must hold an array `images`. Received: arrays {sorted(arrays)}.")
    images, labels = arrays["images"], arrays.get("labels")
    if images.ndim not in (3, 4) or len(images) < 2:
        raise ValueError(f"`images` must have shape (N, H, W) or (N, H, W, C). Received: {images.shape}.")
    if images.dtype != np.uint8:
        if images.dtype.kind != "f" or not np.isfinite(images).all() or images.min() < 0 or images.max() > 1:
            raise ValueError(
                "`images` must be uint8, or floats in [0, 1]. Received: "
                f"{images.dtype} from {images.min()} to {images.max()}."
            )
        images = np.round(images * 255).astype("uint8")
    return images, labels
