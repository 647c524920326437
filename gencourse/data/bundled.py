"""The data sets that come with the course: found, checked against their sha256, and decoded."""

import hashlib
import io
import json
import lzma
from pathlib import Path
from typing import NamedTuple

import numpy as np

from .download import load_full_images

CLASS_NAMES = {
    "digits": ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"],
    "fashion": [
        "T-shirt/top",
        "Trouser",
        "Pullover",
        "Dress",
        "Coat",
        "Sandal",
        "Shirt",
        "Sneaker",
        "Bag",
        "Ankle boot",
    ],
}

HELD_OUT_EVERY = 10  # one tenth of each text set is never trained on


class DataFileError(OSError):
    """A bundled data file is missing or is not the file that the course was made with."""


class DataFile(NamedTuple):
    """One bundled file: `size` in bytes is None when the file is missing."""

    name: str
    path: Path
    sha256: str
    size: int | None


class FileCheck(NamedTuple):
    """The outcome of checking one file: `problem` is an empty string when `ok`."""

    name: str
    ok: bool
    problem: str


class ImageSplits(NamedTuple):
    """Grey images and their classes: uint8 (N, 28, 28) in [0, 255], white on black, and uint8 (N,) in 0..9."""

    train_images: np.ndarray
    train_labels: np.ndarray
    test_images: np.ndarray
    test_labels: np.ndarray


class TextSplits(NamedTuple):
    """A text cut in two: what to train on, and what is held out."""

    train: str
    test: str


class Quatrain(NamedTuple):
    """A poem of four lines, all of five or all of seven characters."""

    author: str
    title: str
    lines: tuple[str, str, str, str]


class QuatrainSplits(NamedTuple):
    """Poems to train on, and the held-out ones."""

    train: tuple[Quatrain, ...]
    test: tuple[Quatrain, ...]


class SonnetSplits(NamedTuple):
    """Sonnets to train on, and the held-out ones: each is one string, its lines parted by line breaks."""

    train: tuple[str, ...]
    test: tuple[str, ...]


def data_folder():
    """Return the folder of the bundled files: inside the installed package, or `data/` of the source tree.

    Raises:
        DataFileError: when neither is there.
    """
    package = Path(__file__).resolve().parents[1]
    candidates = (package / "_data", package.parent / "data")
    for folder in candidates:
        if (folder / "SHA256SUMS").is_file():
            return folder
    raise DataFileError(
        f"the bundled data sets are missing: expected a file SHA256SUMS in {candidates[0]} or {candidates[1]}. "
        "Install the package again, or restore the folder data/ of the repository."
    )


def bundled_files():
    """Return one `DataFile` for each file that `SHA256SUMS` names, in the order of that list."""
    folder = data_folder()
    files = []
    for line in (folder / "SHA256SUMS").read_text(encoding="utf-8").splitlines():
        sha256, _, name = line.partition("  ")
        path = folder / name
        files.append(DataFile(name, path, sha256, path.stat().st_size if path.is_file() else None))
    return files


def verify():
    """Check every bundled file against its sha256.

    Returns:
        A list of `FileCheck`, one per file. Nothing is raised for a damaged file: the sentence is in `problem`.
    """
    checks = []
    for file in bundled_files():
        try:
            _verified_bytes(file)
        except DataFileError as error:
            checks.append(FileCheck(file.name, False, str(error)))
        else:
            checks.append(FileCheck(file.name, True, ""))
    return checks


def _verified_bytes(file):
    try:
        content = file.path.read_bytes()
    except OSError as error:
        reason = error.strerror or error
        raise DataFileError(f"the bundled file {file.name} cannot be read: {reason}. Path: {file.path}") from error
    found = hashlib.sha256(content).hexdigest()
    if found != file.sha256:
        raise DataFileError(
            f"the bundled file {file.name} is damaged or was changed: expected sha256 {file.sha256}. "
            f"Received: {found} ({len(content):,} bytes) in {file.path}. Restore it from the repository, "
            "or install the package again."
        )
    return content


def _content(name):
    for file in bundled_files():
        if file.name == name:
            return _verified_bytes(file)
    raise DataFileError(f"SHA256SUMS in {data_folder()} does not name {name}: the installation is incomplete.")


def load_images(name, *, full=False):
    """Load an image set as NumPy arrays.

    Args:
        name: `"digits"` (MNIST) or `"fashion"` (Fashion-MNIST).
        full: False for the bundled part (digits 20,000 + 5,000 images, fashion 10,000 + 2,500); True for all
            60,000 + 10,000, downloaded once into the cache, with every file's sha256 checked.

    Returns:
        `ImageSplits(train_images, train_labels, test_images, test_labels)`: images uint8 (N, 28, 28) in [0, 255],
        labels uint8 (N,) in 0..9.

    Raises:
        ValueError: for another name.
        DataFileError: when a bundled file is missing or damaged.
        DownloadError: when `full=True` and the files can be neither found in the cache nor downloaded.
    """
    if name not in CLASS_NAMES:
        raise ValueError(f"expected an image set of {sorted(CLASS_NAMES)}. Received: {name!r}")
    if full:
        return ImageSplits(**load_full_images(name))
    with np.load(io.BytesIO(_content(f"{name}.npz")), allow_pickle=False) as arrays:
        return ImageSplits(*(arrays[field] for field in ImageSplits._fields))


def load_austen():
    """Load *Pride and Prejudice* followed by *Persuasion* as one text, the last tenth of it held out.

    Returns:
        `TextSplits(train, test)`: two strings; `train + test` is the whole text.
    """
    text = lzma.decompress(_content("austen.txt.xz")).decode("utf-8")
    cut = len(text) * (HELD_OUT_EVERY - 1) // HELD_OUT_EVERY
    return TextSplits(text[:cut], text[cut:])


def load_quatrains():
    """Load the Tang quatrains in simplified characters, every tenth of them held out.

    The source has many poems twice, under two titles or in two versions. A poem that shares two lines or more with a
    held-out one is in neither part: a model that learned it by heart would look better than it is.

    Returns:
        `QuatrainSplits(train, test)`: two tuples of `Quatrain(author, title, lines)`; `lines` holds four strings
        of five characters each, or of seven, without punctuation. □ stands for a character that is lost.
    """
    rows = json.loads(lzma.decompress(_content("quatrains.json.xz")))
    poems = [Quatrain(row["author"], row["title"], tuple(row["lines"])) for row in rows]
    test = poems[HELD_OUT_EVERY - 1 :: HELD_OUT_EVERY]
    held_out_with = {}  # line -> indices of the held-out poems that have it
    for index, poem in enumerate(test):
        for line in poem.lines:
            held_out_with.setdefault(line, set()).add(index)
    train = [
        poem
        for index, poem in enumerate(poems)
        if index % HELD_OUT_EVERY != HELD_OUT_EVERY - 1 and not _repeats(poem, held_out_with)
    ]
    return QuatrainSplits(tuple(train), tuple(test))


def load_sonnets():
    """Load Shakespeare's sonnets, every tenth of them held out.

    Returns:
        `SonnetSplits(train, test)`: two tuples of strings, 139 and 15 sonnets in their usual order. Line breaks part
        the lines; there is none at the end. A sonnet has 14 lines, but the 99th has 15 and the 126th has 12.
    """
    poems = lzma.decompress(_content("sonnets.txt.xz")).decode("utf-8").removesuffix("\n").split("\n\n")
    test = poems[HELD_OUT_EVERY - 1 :: HELD_OUT_EVERY]
    train = [poem for index, poem in enumerate(poems) if index % HELD_OUT_EVERY != HELD_OUT_EVERY - 1]
    return SonnetSplits(tuple(train), tuple(test))


def _repeats(poem, held_out_with):
    """Tell whether a poem shares two lines or more with any one held-out poem."""
    seen = set()
    for line in dict.fromkeys(poem.lines):
        also = held_out_with.get(line, set())
        if seen & also:
            return True
        seen |= also
    return False
