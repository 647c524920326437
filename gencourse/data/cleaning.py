"""Find what is wrong with a set of images before a model learns it: copies, blank and corrupt images."""

from collections import Counter
from dataclasses import dataclass, field

import numpy as np

_ROWS = 1024  # images compared with all earlier ones at a time
_PAIRS = 4096  # candidate pairs looked at in full at a time


@dataclass(frozen=True)
class CleaningReport:
    """What `clean_report` found. `print(report)` reads as a list of findings.

    Attributes:
        n: how many images were looked at.
        shape: shape of one image, that of most of them.
        dtype: dtype of the images, by name.
        corrupt: index -> what is wrong with that image (another shape, NaN or infinite values, values out of range).
        blank: indices of images whose pixels are all equal.
        duplicates: tuples of indices of equal images.
        conflicts: those of `duplicates` whose labels differ (empty without labels).
        near_duplicates: (i, j, difference): image j comes before i and is its nearest, but not equal.
    """

    n: int
    shape: tuple
    dtype: str
    corrupt: dict = field(default_factory=dict)
    blank: tuple = ()
    duplicates: tuple = ()
    conflicts: tuple = ()
    near_duplicates: tuple = ()

    @property
    def ok(self):
        """Whether there is nothing to report."""
        return not (self.corrupt or self.blank or self.duplicates or self.near_duplicates)

    @property
    def drop(self):
        """Indices to leave out, sorted: corrupt, blank, all but the first of equal images, conflicts altogether."""
        copies = {index for group in self.duplicates for index in group[1:]}
        doubtful = {index for group in self.conflicts for index in group}
        return np.array(sorted({*self.corrupt, *self.blank, *copies, *doubtful}), np.int64)

    def __str__(self):
        copies = sum(len(group) - 1 for group in self.duplicates)
        lines = [f"{self.n:,} images of shape {self.shape}, {self.dtype}: {'clean' if self.ok else 'look at these'}"]
        lines.append(f"  corrupt          {len(self.corrupt):>6,}" + _examples(self.corrupt.items(), "{0[0]}: {0[1]}"))
        lines.append(f"  blank            {len(self.blank):>6,}" + _examples(self.blank, "{0}"))
        lines.append(f"  exact copies     {copies:>6,}" + _examples(self.duplicates, "{0[0]} = {0[1]}"))
        lines.append(f"  labels disagree  {len(self.conflicts):>6,}" + _examples(self.conflicts, "{0[0]} and {0[1]}"))
        lines.append(
            f"  near copies      {len(self.near_duplicates):>6,}"
            + _examples(self.near_duplicates, "{0[0]} and {0[1]} differ by {0[2]:.3f}")
        )
        return "\n".join(lines)


def _examples(found, form, most=3):
    shown = [form.format(item) for item in list(found)[:most]]
    return f"  ({'; '.join(shown)}{'; …' if len(found) > most else ''})" if shown else ""


def clean_report(images, *, labels=None, near=0.03):
    """Look for corrupt, blank, duplicate and nearly duplicate images.

    Args:
        images: uint8 in [0, 255], or float in [0, 1] or [-1, 1]; an array (N, H, W) or (N, H, W, C), or a list of
            arrays, whose shapes may differ: the ones unlike most are reported as corrupt.
        labels: (N,) classes, or None. With them, equal images with different labels are reported.
        near: two images are near copies when the root of their mean squared difference, as a share of the range of
            values, is at most this; 0 switches the search off.

    Returns:
        A `CleaningReport`. Nothing is changed: leave out `report.drop` yourself when you agree with it.

    Raises:
        TypeError: for images that are neither uint8 nor float.
        ValueError: for another rank, no images, or labels of another length.
    """
    images = [np.asarray(image) for image in images]
    if not images:
        raise ValueError("expected at least one image. Received: none")
    shape = Counter(image.shape for image in images).most_common(1)[0][0]
    dtype = Counter(image.dtype for image in images).most_common(1)[0][0]
    if len(shape) not in (2, 3):
        raise ValueError(f"expected images of shape (H, W) or (H, W, C) each. Received: shape {shape}")
    if dtype != np.uint8 and not np.issubdtype(dtype, np.floating):
        raise TypeError(f"expected images of dtype uint8 or float. Received: {dtype}")
    if labels is not None and np.shape(labels) != (len(images),):
        raise ValueError(f"expected labels of shape ({len(images)},). Received: shape {np.shape(labels)}")

    corrupt = {}
    for index, image in enumerate(images):
        if image.shape != shape:
            corrupt[index] = f"shape {image.shape}"
        elif image.dtype != dtype:
            corrupt[index] = f"dtype {image.dtype}"
        elif dtype != np.uint8:
            problem = _float_problem(image)
            if problem:
                corrupt[index] = problem
    sound = [index for index in range(len(images)) if index not in corrupt]
    blank = tuple(index for index in sound if images[index].size == 0 or np.ptp(images[index]) == 0)
    copies = {}
    for index in sound:
        copies.setdefault(images[index].tobytes(), []).append(index)
    duplicates = tuple(tuple(group) for group in copies.values() if len(group) > 1)
    conflicts = ()
    if labels is not None:
        conflicts = tuple(group for group in duplicates if len({int(labels[index]) for index in group}) > 1)
    blanks = set(blank)
    distinct = [group[0] for group in copies.values() if group[0] not in blanks]
    near_duplicates = _near(images, distinct, near) if near and len(distinct) > 1 else ()
    return CleaningReport(len(images), shape, str(dtype), corrupt, blank, duplicates, conflicts, near_duplicates)


def _float_problem(image):
    if not np.isfinite(image).all():
        return f"{int((~np.isfinite(image)).sum())} values NaN or infinite"
    if image.size and (image.min() < -1 or image.max() > 1):
        return f"values from {image.min():g} to {image.max():g}"
    return ""


def _near(images, indices, near):
    """Find each image's nearest earlier one within `near`.

    Comparing all pairs of 784 pixels is slow. Averages over 4×4 blocks are compared first: their squared difference,
    times 16, is never more than that of the pixels (Jensen), so no pair is missed.
    """
    stacked = np.stack([images[index] for index in indices]).astype(np.float32)
    spread = 255.0 if images[indices[0]].dtype == np.uint8 else (2.0 if stacked.min() < 0 else 1.0)
    stacked = (stacked if stacked.ndim == 4 else stacked[..., None]) / spread
    n, height, width, channels = stacked.shape
    limit = near**2 * height * width * channels  # of the sum of squares
    padded = np.pad(stacked, ((0, 0), (0, -height % 4), (0, -width % 4), (0, 0)))
    blocks = padded.reshape(n, padded.shape[1] // 4, 4, padded.shape[2] // 4, 4, channels).mean(axis=(2, 4))
    blocks = blocks.reshape(n, -1) * 4.0  # the root of 16: differences of blocks now bound those of pixels
    blocks -= blocks.mean(axis=0)  # smaller numbers, less rounding
    lengths = (blocks**2).sum(axis=1)
    pixels = stacked.reshape(n, -1)
    found = []
    for start in range(0, n, _ROWS):
        stop = min(start + _ROWS, n)
        bound = lengths[start:stop, None] + lengths[None, :stop] - 2 * blocks[start:stop] @ blocks[:stop].T
        rounding = 1e-4 * (lengths[start:stop, None] + 1)
        later, earlier = np.nonzero((bound <= limit + rounding) & (np.arange(stop) < np.arange(start, stop)[:, None]))
        best = {}
        for first in range(0, len(later), _PAIRS):
            pair = slice(first, first + _PAIRS)
            squares = ((pixels[later[pair] + start] - pixels[earlier[pair]]) ** 2).sum(axis=1)
            for i, j, square in zip(later[pair] + start, earlier[pair], squares, strict=True):
                if square <= limit and square < best.get(i, (np.inf, 0))[0]:
                    best[i] = (square, j)
        for i, (square, j) in sorted(best.items()):
            found.append((int(indices[i]), int(indices[j]), float(np.sqrt(square / pixels.shape[1]))))
    return tuple(found)
