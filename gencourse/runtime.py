"""The machine under a lesson: seeds, quiet logs, devices, determinism.

Import this room before any other that needs TensorFlow: importing it here keeps TensorFlow's start-up lines out of
the notebook.
"""

import contextlib
import json
import logging
import os
import platform
import sys
import tempfile
import warnings
from importlib import metadata
from pathlib import Path

import psutil


@contextlib.contextmanager
def _without_information_lines():
    """Hides the lines that TensorFlow's libraries write to file descriptor 2 while they load, before any setting holds.

    Dropped are lines of level "information", and older versions' false alarm about CUDA libraries that register twice;
    whatever else was written is written again afterwards.
    """
    try:
        sys.stderr.flush()
        kept = os.dup(2)
    except (AttributeError, OSError, ValueError):  # no stderr at all, as under pythonw
        yield
        return
    with tempfile.TemporaryFile() as caught:
        os.dup2(caught.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(kept, 2)
            os.close(kept)
            caught.seek(0)
            for line in caught:
                informs = line.startswith((b"I0000 ", b"WARNING: All log messages before absl::InitializeLog()"))
                if not informs and b"Unable to register cu" not in line:
                    os.write(2, line)


with _without_information_lines():
    import keras
    import tensorflow as tf

# The course compiles a loop for each number of texts and each kind of rules, on purpose and once; TensorFlow counts the
# loops of all models together and takes them for one function that is traced again and again.
logging.getLogger("tensorflow").addFilter(lambda record: "triggered tf.function retracing" not in record.getMessage())


def start(*, seed: int | None = None, keep_on_drive: bool = False) -> str:
    """Prepares a notebook: checks the backend, tames GPU memory, and says what the lesson runs on.

    Args:
        seed: seed for Python, NumPy and TensorFlow; `None` leaves them alone.
        keep_on_drive: on Colab, work from now on in the folder `gencourse/work` of your Google Drive, and keep the
            progress of exercises there, so that both outlive the session. Colab asks for permission.

    Returns:
        One line that names the versions and the device; on Colab a second one that says where the glossary is.

    Raises:
        RuntimeError: if Keras was started on another backend than TensorFlow, or if `keep_on_drive` is asked for
            elsewhere than on Colab.

    Example:
        >>> print(runtime.start(seed=1))
        TensorFlow 2.21.0 · Keras 3.15.1 · 2 CPU cores, no GPU
    """
    if keras.backend.backend() != "tensorflow":
        raise RuntimeError(
            "The course's training steps use tf.GradientTape, so Keras must run on TensorFlow: set "
            "KERAS_BACKEND=tensorflow before Keras is imported and restart the kernel. "
            f"Received: backend {keras.backend.backend()!r}."
        )
    quiet_logs()
    for gpu in tf.config.list_physical_devices("GPU"):
        try:  # take memory as needed, so that two notebooks can share one GPU
            tf.config.experimental.set_memory_growth(gpu, True)
        except RuntimeError as error:  # the GPU is in use already: nothing can be changed now
            warnings.warn(f"GPU memory growth could not be set: {error}", stacklevel=2)
    if seed is not None:
        set_seed(seed)
    if keep_on_drive:
        _move_to_drive()
    return f"TensorFlow {tf.__version__} · Keras {keras.__version__} · {device_summary()}{_where_links_lead()}"


def _where_links_lead() -> str:
    """On Colab, which shows one notebook and no files beside it: a line with the address of the texts it links to."""
    if "google.colab" not in sys.modules:
        return ""
    try:  # what pip notes of a package that it installed from a repository, a fork's as well
        origin = json.loads(metadata.distribution("gencourse").read_text("direct_url.json") or "{}")
        version = origin["vcs_info"].get("requested_revision") or origin["vcs_info"]["commit_id"]
    except (metadata.PackageNotFoundError, KeyError, ValueError):
        return ""
    page = f"{origin['url'].removesuffix('.git').rstrip('/')}/blob/{version}/docs/GLOSSARY.md"
    return f"\nWords in bold are explained here (Colab cannot follow links to files): {page}"


def _move_to_drive() -> None:
    """Makes a folder on the learner's Google Drive the current one."""
    try:
        from google.colab import drive
    except ImportError:
        raise RuntimeError(
            "KEEP_ON_DRIVE works on Colab only; here your work is kept in the folder of this notebook already. "
            "Received: keep_on_drive=True."
        ) from None
    drive.mount("/content/drive")
    work = Path("/content/drive/MyDrive/gencourse/work")
    work.mkdir(parents=True, exist_ok=True)
    os.environ["GENCOURSE_PROGRESS"] = str(work / "progress.json")
    os.chdir(work)


def quiet_logs() -> None:
    """Keeps TensorFlow's own lines below errors out of notebooks, such as its advice on retracing."""
    tf.get_logger().setLevel(logging.ERROR)


def set_seed(seed: int) -> None:
    """Seeds Python's `random`, NumPy and TensorFlow at once.

    Args:
        seed: a whole number from 0 to 2**31 - 1.

    Raises:
        TypeError: if `seed` is not a whole number.
        ValueError: if it is out of range.
    """
    if isinstance(seed, bool) or not isinstance(seed, int):
        raise TypeError(f"`seed` must be a whole number. Received: {seed!r} of type {type(seed).__name__}.")
    if not 0 <= seed < 2**31:
        raise ValueError(f"`seed` must lie in [0, 2**31). Received: {seed}.")
    keras.utils.set_random_seed(seed)


def enable_determinism() -> None:
    """Makes every TensorFlow operation give the same bits at each run, at some cost in speed."""
    tf.config.experimental.enable_op_determinism()


def device_kind() -> str:
    """Returns "GPU" when TensorFlow sees one, else "CPU"."""
    return "GPU" if tf.config.list_physical_devices("GPU") else "CPU"


def device_summary() -> str:
    """Returns the processor in words, such as "2 CPU cores, no GPU"."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    gpus = tf.config.list_physical_devices("GPU")
    if not gpus:
        return f"{cores} CPU cores, no GPU"
    names = {tf.config.experimental.get_device_details(gpu).get("device_name", "GPU") for gpu in gpus}
    return f"{cores} CPU cores, {len(gpus)} × {', '.join(sorted(names))}"


def machine_words() -> str:
    """Returns the machine in words for a record, without its name: "2 × x86_64 cores (Linux), no GPU"."""
    return f"{platform.machine()} {platform.system()}, {device_summary()}"


def peak_memory_mb() -> int:
    """Returns the most memory this process has held so far, in MB."""
    if sys.platform == "win32":
        return round(psutil.Process().memory_info().peak_wset / 1e6)
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # bytes on macOS, kilobytes elsewhere
    return round(peak / 1e6 if sys.platform == "darwin" else peak * 1024 / 1e6)
