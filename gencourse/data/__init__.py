"""Data: bundled sets, verified downloads, endless batches, toy mixtures, cleaning and augmentation.

Importing this room does not import TensorFlow; `batches` and the augmentation layers do, when first used.
"""

from .bundled import (
    CLASS_NAMES,
    DataFile,
    DataFileError,
    FileCheck,
    ImageSplits,
    Quatrain,
    QuatrainSplits,
    SonnetSplits,
    TextSplits,
    bundled_files,
    data_folder,
    load_austen,
    load_images,
    load_quatrains,
    load_sonnets,
    verify,
)
from .cleaning import CleaningReport, clean_report
from .dates import FORMATS, LOCALES, UNSEEN_FORMATS, DateSplits, make_dates, write_date
from .download import FULL_FILES, DownloadError, cache_folder, fetch_full
from .mixtures import GaussianMixture, grid, ring
from .pipeline import batches, binarise, steps_per_pass, to_signed, to_unit
from .sentences import load_sentences, split_sentences
from .verse import HEADINGS, quatrain_lines, quatrain_text

__all__ = [
    "CLASS_NAMES",
    "FORMATS",
    "FULL_FILES",
    "HEADINGS",
    "LOCALES",
    "UNSEEN_FORMATS",
    "AddNoise",
    "CleaningReport",
    "DataFile",
    "DataFileError",
    "DateSplits",
    "DownloadError",
    "FileCheck",
    "GaussianMixture",
    "ImageSplits",
    "Quatrain",
    "QuatrainSplits",
    "RandomRotate",
    "RandomShift",
    "SonnetSplits",
    "TextSplits",
    "batches",
    "binarise",
    "bundled_files",
    "cache_folder",
    "clean_report",
    "data_folder",
    "fetch_full",
    "grid",
    "load_austen",
    "load_images",
    "load_quatrains",
    "load_sentences",
    "load_sonnets",
    "make_dates",
    "quatrain_lines",
    "quatrain_text",
    "ring",
    "split_sentences",
    "steps_per_pass",
    "to_signed",
    "to_unit",
    "verify",
    "write_date",
]


def __getattr__(name):
    # The layers are looked up when first asked for, since Keras takes seconds to import.
    if name in ("AddNoise", "RandomRotate", "RandomShift"):
        from . import augment

        return getattr(augment, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
