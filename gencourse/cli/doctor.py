"""`gencourse doctor`: is this machine ready, and what to do where it is not."""

import json
import os
import platform
import shutil
import subprocess
import sys
from importlib import metadata

import click

from gencourse.cli import output, repo
from gencourse.cli.lock import LOCK, pins_here

LEAST_MEMORY = 4e9  # bytes: a lesson stays below 2.5 GB, beside a browser and JupyterLab
LEAST_DISK = 2e9
PATIENCE = 180  # seconds for a training step or a kernel to come

# In a process of its own, so that a TensorFlow that crashes or hangs is reported and does not take doctor along.
TRAINING_STEP = """
import json, time
import gencourse
import keras
import numpy as np
import tensorflow as tf
model = keras.Sequential([keras.layers.Input((4,)), keras.layers.Dense(8, "relu"), keras.layers.Dense(1)])
model.compile(optimizer="adam", loss="mse")
before = [weight.copy() for weight in model.get_weights()]
began = time.perf_counter()
loss = float(model.train_on_batch(np.ones((16, 4), "float32"), np.zeros((16, 1), "float32")))
moved = any((a != b).any() for a, b in zip(before, model.get_weights()))
gpus = [tf.config.experimental.get_device_details(gpu).get("device_name", gpu.name)
        for gpu in tf.config.list_physical_devices("GPU")]
print("\\n" + json.dumps({"finite": bool(np.isfinite(loss)), "moved": moved, "gpus": gpus,
                  "seconds": time.perf_counter() - began, "tensorflow": tf.__version__, "keras": keras.__version__}))
"""


def line(name, ok, found, advice=""):
    """One line of the report: what was looked at, whether it is well, what was found, what to do if not."""
    return {"check": name, "ok": bool(ok), "found": found, "advice": "" if ok else advice}


def check_python():
    version = platform.python_version()
    ok = (3, 11) <= sys.version_info[:2] <= (3, 13)
    where = "" if sys.prefix == sys.base_prefix else " in an environment"
    yield line("Python", ok, f"{version}{where}", "install Python 3.11, 3.12 or 3.13, then start.py again")


def check_packages():
    """Each package against the lock; in an installed package alone, each against its declared range."""
    root = repo.find_root()
    if root is None or not (root / LOCK).is_file():
        yield from check_ranges()
        return
    pins = pins_here((root / LOCK).read_text(encoding="utf-8"))
    wrong = []
    for name, wanted in pins.items():
        found = installed(name)
        if found != wanted:
            wrong.append(f"{name} {found or 'missing'}, locked {wanted}")
            yield line(
                f"package {name}", False, found or "missing", f"{wanted} is locked: run python3 start.py lab again"
            )
    if not wrong:
        yield line("packages", True, f"all {len(pins)} as locked")


def installed(name):
    """The version of a package that is installed, or None."""
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def check_ranges():
    from packaging.requirements import Requirement

    for text in metadata.requires("gencourse") or []:
        requirement = Requirement(text)
        if requirement.marker and not requirement.marker.evaluate({"extra": ""}):
            continue
        found = installed(requirement.name)
        ok = found is not None and requirement.specifier.contains(found, prereleases=True)
        advice = f'pip install "{requirement.name}{requirement.specifier}"'
        yield line(f"package {requirement.name}", ok, found or "missing", advice)


def check_hardware():
    import psutil

    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    yield line("CPU", cores >= 2, f"{cores} cores", "lessons were timed on two cores: expect them to take longer")
    memory = psutil.virtual_memory()
    found = f"{memory.total / 1e9:.1f} GB, {memory.available / 1e9:.1f} GB free"
    yield line("memory", memory.total >= LEAST_MEMORY, found, "close other programs; 4 GB are wanted")
    folder = repo.find_root() or os.getcwd()
    free = shutil.disk_usage(folder).free
    yield line("disk", free >= LEAST_DISK, f"{free / 1e9:.1f} GB free", "make room: 2 GB are wanted")


def check_data():
    from gencourse import data

    try:
        checks = data.verify()
    except OSError as error:
        yield line("bundled data", False, str(error), "install the course again, or restore the folder data/")
        return
    for check in checks:
        yield line(
            f"data {check.name}", check.ok, "sha256 as recorded" if check.ok else check.problem, "restore the file"
        )


def check_training():
    """One real training step, and the GPUs that TensorFlow sees."""
    click.echo("... trying one training step", err=True)
    command = [sys.executable, "-c", TRAINING_STEP]
    try:
        result = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)
        found = json.loads(result.stdout.strip().splitlines()[-1])
    except subprocess.TimeoutExpired:
        yield line("training step", False, f"no answer in {PATIENCE} s", "close other programs and try again")
        return
    except (ValueError, IndexError):
        last = (result.stderr.strip().splitlines() or [f"exit status {result.returncode}"])[-1]
        advice = "if the processor has no AVX, TensorFlow cannot run on it; else delete .venv and run start.py again"
        yield line("training step", False, last, advice)
        return
    gpus = ", ".join(found["gpus"]) or "none; the course does not need one"
    yield line("GPU", True, gpus)
    ok = found["finite"] and found["moved"]
    versions = f"TensorFlow {found['tensorflow']}, Keras {found['keras']}"
    advice = "the loss was not finite, or no weight moved: delete .venv and run start.py again"
    yield line("training step", ok, f"{found['seconds']:.1f} s; {versions}", advice)


def check_kernel():
    """A Jupyter kernel that starts and answers."""
    click.echo("... starting a kernel", err=True)
    try:
        from jupyter_client.manager import start_new_kernel
    except ImportError:
        yield line("kernel", False, "jupyter_client is not installed", 'pip install "gencourse[lab]"')
        return
    arguments = ["--IPKernelApp.log_level=40"]
    try:
        manager, client = start_new_kernel(kernel_name="python3", startup_timeout=60, extra_arguments=arguments)
    except Exception as error:  # whatever keeps a kernel from starting is what the reader has to know
        yield line("kernel", False, f"{type(error).__name__}: {error}", "python -m ipykernel install --sys-prefix")
        return
    try:
        reply = client.execute_interactive("6 * 7", timeout=60, silent=True)
        yield line("kernel", reply["content"]["status"] == "ok", "starts and answers", "see the message above")
    except TimeoutError:
        yield line("kernel", False, "it started and did not answer", "a firewall may block loopback connections")
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


CHECKS = (check_python, check_packages, check_hardware, check_data, check_training, check_kernel)


def tell(checks, ready, *, json_mode):
    """Run checks, say what each found, and end with `ready`.

    Raises: click.ClickException: when a check needs attention.
    """
    lines = []
    for check in checks:
        for found in check():
            lines.append(found)
            state = output.mark("ok" if found["ok"] else "failed")
            advice = f" -> {found['advice']}" if found["advice"] else ""
            output.say(f"{state:8} {found['check']}: {found['found']}{advice}", json_mode=json_mode)
    bad = [found["check"] for found in lines if not found["ok"]]
    if json_mode:
        output.emit_json({"ok": not bad, "checks": lines})
    if bad:
        raise click.ClickException(f"{len(bad)} of {len(lines)} checks need attention: {', '.join(bad)}")
    output.say(ready, json_mode=json_mode)


@click.command()
@click.option("--json", "json_mode", is_flag=True, help="One line of JSON on stdout; the rest on stderr.")
def doctor(json_mode):
    """Check Python, packages, processor, memory, disk, GPU, data, one training step and a kernel.

    Example: gencourse doctor
    """
    tell(CHECKS, "This machine is ready.", json_mode=json_mode)
