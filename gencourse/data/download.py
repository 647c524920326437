"""The full image sets: downloaded once, checked by sha256, kept in a cache folder.

Every file is written inside a private folder beside its place and moved there only when its sha256 is right, under a
lock, so neither a broken connection nor a second process leaves a half-written file.
"""

import errno
import gzip
import hashlib
import os
import shutil
import warnings
from pathlib import Path
from typing import NamedTuple

import filelock
import numpy as np
from tqdm import tqdm

with warnings.catch_warnings():
    # pooch imports tqdm.auto, which warns in a Jupyter without ipywidgets; the bar used here is a plain one anyway.
    warnings.filterwarnings("ignore", message="IProgress not found")
    import pooch

LOCK_SECONDS = 900  # how long to wait for another process that downloads the same file
TIMEOUT_SECONDS = 30  # of silence from the server

_FASHION = "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/"


class DownloadError(OSError):
    """A file of a full data set could not be had; the message says why and what to do."""


class RemoteFile(NamedTuple):
    """A file to download: its place in the cache (and on a mirror), address, sha256, and size in bytes."""

    name: str
    url: str
    sha256: str
    size: int


# MNIST as Keras offers it, whose source names this sha256; Fashion-MNIST as its authors offer it.
FULL_FILES = {
    "digits": (
        RemoteFile(
            "digits/mnist.npz",
            "https://storage.googleapis.com/tensorflow/tf-keras-datasets/mnist.npz",
            "731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1",
            11_490_434,
        ),
    ),
    "fashion": tuple(
        RemoteFile(f"fashion/{name}.gz", f"{_FASHION}{name}.gz", sha256, size)
        for name, sha256, size in (
            (
                "train-images-idx3-ubyte",
                "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
                26_421_880,
            ),
            (
                "train-labels-idx1-ubyte",
                "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
                29_515,
            ),
            (
                "t10k-images-idx3-ubyte",
                "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
                4_422_102,
            ),
            (
                "t10k-labels-idx1-ubyte",
                "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
                5_148,
            ),
        )
    ),
}


def cache_folder():
    """Return the folder of downloaded files: `GENCOURSE_DATA`, or the platform's cache folder."""
    chosen = os.environ.get("GENCOURSE_DATA")
    return Path(chosen).expanduser() if chosen else Path(pooch.os_cache("gencourse"))


def fetch_full(name, *, progress=True):
    """Make sure that every file of a full image set is in the cache, downloading what is missing or damaged.

    Args:
        name: `"digits"` or `"fashion"`.
        progress: whether to show a progress bar on stderr while downloading.

    Returns:
        The paths of the files.

    Raises:
        ValueError: for another name.
        DownloadError: when there is no connection, the answer is not the file (another sha256, an HTML page, only a
            part of it), or the cache folder cannot be written to or is full. Nothing half-written is left behind.
    """
    if name not in FULL_FILES:
        raise ValueError(f"expected an image set of {sorted(FULL_FILES)}. Received: {name!r}")
    return [_fetch(file, cache_folder(), progress) for file in FULL_FILES[name]]


def load_full_images(name, *, progress=True):
    """Load all 60,000 + 10,000 images of a set as a dict of the fields of `ImageSplits`."""
    paths = fetch_full(name, progress=progress)
    if name == "digits":
        with np.load(paths[0], allow_pickle=False) as stored:
            names = ("x_train", "y_train", "x_test", "y_test")
            arrays = [stored[key].astype(np.uint8, copy=False) for key in names]
    else:
        arrays = [_read_idx(gzip.decompress(path.read_bytes())) for path in paths]
    fields = ("train_images", "train_labels", "test_images", "test_labels")
    return dict(zip(fields, arrays, strict=True))


def _read_idx(content):
    """Decode an idx file of unsigned bytes: 0, 0, 8, rank, then big-endian sizes, then the values."""
    rank = content[3]
    shape = tuple(np.frombuffer(content, ">u4", rank, 4).astype(int))
    return np.frombuffer(content, np.uint8, offset=4 + 4 * rank).reshape(shape).copy()


def _fetch(file, folder, progress):
    path = folder / file.name
    try:
        if _is_right(path, file):  # needs no lock, so a read-only folder that an instructor filled will do
            return path
        path.parent.mkdir(parents=True, exist_ok=True)
        with filelock.FileLock(path.with_name(path.name + ".lock"), timeout=LOCK_SECONDS):
            if not _is_right(path, file):  # another process may have just brought it
                _download(file, path, progress)
    except filelock.Timeout as error:
        raise DownloadError(
            f"waited {LOCK_SECONDS} seconds for another process that is downloading {file.name} to {folder}. "
            "Wait for it, or end it, and try again."
        ) from error
    except DownloadError:
        raise
    except OSError as error:
        raise _disk_error(error, file, folder) from error
    return path


def _is_right(path, file):
    return path.is_file() and path.stat().st_size == file.size and _sha256(path) == file.sha256


def _sha256(path):
    with open(path, "rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _download(file, path, progress):
    private = path.with_name(path.name + ".part")
    shutil.rmtree(private, ignore_errors=True)  # what a killed process left; the lock is ours, so nobody uses it
    private.mkdir()
    try:
        free = shutil.disk_usage(private).free
        if free < file.size:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        pooch.get_logger().setLevel("WARNING")  # the progress bar says it already
        downloaded = pooch.retrieve(
            _address(file),
            known_hash=f"sha256:{file.sha256}",
            fname=path.name,
            path=private,
            downloader=_Downloader(file, progress),
        )
        os.chmod(downloaded, 0o644)  # temporary files are private; a shared cache is there to be read
        os.replace(downloaded, path)
    except ValueError as error:  # what pooch raises when the hash differs
        raise DownloadError(
            f"what came from {_address(file)} is not the file expected (its sha256 is not {file.sha256}); it was "
            "deleted. Try again; when that does not help, the file was changed at its source."
        ) from error
    finally:
        shutil.rmtree(private, ignore_errors=True)


def _address(file):
    mirror = os.environ.get("GENCOURSE_MIRROR")
    return f"{mirror.rstrip('/')}/{file.name}" if mirror else file.url


class _Downloader:
    """Pooch's HTTP downloader, with errors that a learner can act on."""

    def __init__(self, file, progress):
        self.file = file
        self.progress = progress

    def __call__(self, url, output_file, manager):
        import requests  # pooch depends on it and imports it as late

        bar = tqdm(
            desc=Path(self.file.name).name, total=self.file.size, unit="B", unit_scale=True, disable=not self.progress
        )
        # "identity": a server must not unpack a .gz file on the way.
        http = pooch.HTTPDownloader(
            progressbar=bar, chunk_size=2**16, timeout=TIMEOUT_SECONDS, headers={"Accept-Encoding": "identity"}
        )
        try:
            http(url, output_file, manager)
        except requests.exceptions.HTTPError as error:
            error.response.close()
            raise DownloadError(
                f"{url} answered with HTTP status {error.response.status_code}. Try again later, or set "
                "GENCOURSE_MIRROR to the address of a server that has the file."
            ) from error
        except (requests.exceptions.ChunkedEncodingError, requests.exceptions.ContentDecodingError) as error:
            raise DownloadError(
                f"the connection broke while downloading {url}; the incomplete file was deleted. Try again."
            ) from error
        except requests.exceptions.RequestException as error:
            raise DownloadError(
                f"cannot reach {url}: {type(error).__name__}. Is this machine online? Without a connection, the "
                "bundled sets (full=False) work; GENCOURSE_MIRROR can name a server in your own network."
            ) from error
        finally:
            bar.close()
        self._look_at(url, Path(output_file))

    def _look_at(self, url, path):
        """Name the usual ways in which an answer is not the file; any other is caught by its sha256."""
        with open(path, "rb") as stream:
            start = stream.read(64).lstrip().lower()
        if start.startswith((b"<!doctype", b"<html", b"<?xml", b"<head")):
            raise DownloadError(
                f"{url} answered with a web page instead of the file. Networks with a sign-in page do that: sign in "
                "with a browser, then try again."
            )
        size = path.stat().st_size
        if size < self.file.size:
            raise DownloadError(
                f"{url} sent only {size:,} of {self.file.size:,} bytes; the incomplete file was deleted. Try again."
            )


def _disk_error(error, file, folder):
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return DownloadError(
            f"the disk is full: {file.name} needs {file.size / 1e6:.0f} MB in {folder}. Free some space, or set "
            "GENCOURSE_DATA to a folder on another disk."
        )
    return DownloadError(
        f"cannot write {file.name} to the folder {folder}: {error.strerror or error}. Set GENCOURSE_DATA to a folder "
        "that you may write to."
    )
