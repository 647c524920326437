"""`gencourse class preflight`: what doctor checks, and what a class needs besides."""

import json
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

import click

from gencourse.cli import doctor, repo
from gencourse.cli.build import kernel_environment
from gencourse.cli.classroom.wheelhouse import pip
from gencourse.cli.lock import LOCK, pins_here

SECONDS = 5
PATIENCE = 300  # seconds for the short training to end
IMAGES = 20_000  # digits that lesson 01 learns from
MOST_MINUTES = 4  # lesson 01's training takes 75 s where it was recorded


def check_training_speed():
    """Train the model of lesson 01 for a few seconds, and say how long the lesson would train here."""
    from gencourse import results

    click.echo(f"... training for {SECONDS} s", err=True)
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "gencourse.cli.main", "train", "gan", "--out", folder]
        command += ["--seconds", str(SECONDS), "--json"]
        try:
            run = subprocess.run(
                command, capture_output=True, text=True, timeout=PATIENCE, env=kernel_environment(), check=False
            )
            found = json.loads(run.stdout.strip().splitlines()[-1])
        except subprocess.TimeoutExpired:
            yield doctor.line("short training", False, f"no end after {PATIENCE} s", "close other programs, try again")
            return
        except (ValueError, IndexError):
            last = (run.stderr.strip().splitlines() or [f"exit status {run.returncode}"])[-1]
            yield doctor.line("short training", False, last, "look at the checks above first")
            return
    record = results.load_record("01").checkpoints["digits"]
    steps = record["parameters"]["epochs"] * (IMAGES // record["parameters"]["batch_size"])
    here, recorded = found["seconds"] / max(found["steps"], 1) * steps, record["seconds"]
    yield doctor.line(
        "short training",
        here <= 60 * MOST_MINUTES,
        f"lesson 01 would train for {here:.0f} s here; its record took {recorded:.0f} s",
        "close other programs, or load the recorded networks in class (docs/INSTRUCTORS.md)",
    )


def check_ports(first=8888, count=20):
    """A free port for JupyterLab among those that it tries."""
    for port in range(first, first + count):
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as channel:
            try:
                channel.bind(("127.0.0.1", port))
            except OSError:
                continue
        yield doctor.line("port", True, f"{port} is free" + ("" if port == first else f" ({first} is taken)"))
        return
    yield doctor.line("port", False, f"{first} to {first + count - 1} are taken", "end other Jupyter servers")


def check_wheelhouse(folder):
    """Whether pip could install every pin from the folder here, without the internet; nothing is installed."""
    root = repo.find_root()
    if root is None:
        yield doctor.line("wheelhouse", False, "the course's folder is not here", "start it in the course's folder")
        return
    wheels = folder / "wheels" if (folder / "wheels").is_dir() else folder
    command = [*pip(), "--disable-pip-version-check", "install", "--dry-run", "--quiet", "--ignore-installed"]
    command += ["--no-index", "--find-links", str(wheels), "--require-hashes", "--no-deps", "-r", str(root / LOCK)]
    click.echo("... reading the wheelhouse", err=True)
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    count = len(pins_here((root / LOCK).read_text(encoding="utf-8")))
    if run.returncode == 0:
        yield doctor.line("wheelhouse", True, f"all {count} packages for this machine, hashes as locked")
        return
    errors = [text for text in run.stderr.splitlines() if text.startswith("ERROR")] or ["pip gave no reason"]
    advice = "make it anew with this system and this Python: gencourse class wheelhouse --help"
    yield doctor.line("wheelhouse", False, errors[0].removeprefix("ERROR: "), advice)


@click.command()
@click.option(
    "--wheelhouse",
    "folder",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Check that this wheelhouse can be installed here.",
)
@click.option("--json", "json_mode", is_flag=True, help="One line of JSON on stdout; the rest on stderr.")
def preflight(folder, json_mode):
    """Check a machine before class: what doctor checks, a short training, a port, and the wheelhouse.

    Example: gencourse class preflight --wheelhouse stick
    """
    checks = [*doctor.CHECKS, check_training_speed, check_ports]
    if folder is not None:
        checks.append(lambda: check_wheelhouse(folder.resolve()))
    doctor.tell(checks, "This machine is ready for class.", json_mode=json_mode)
