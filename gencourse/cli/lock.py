"""`gencourse lock`: every version pinned with its hashes for all platforms, and conda's file that installs the same."""

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import click

from gencourse.cli import output, repo

LOCK, CONDA = "requirements.lock", "environment.yml"
CONDA_PYTHON = "3.12"

ENVIRONMENT = f"""\
# Written by `gencourse lock`; for people who use conda instead of start.py:
#     conda env create -f {CONDA}
#     conda activate gencourse
#     pip install --no-deps --no-build-isolation -e .
#     gencourse lab
name: gencourse
channels:
  - conda-forge
dependencies:
  - python={CONDA_PYTHON}
  - pip
  - pip:
      - --require-hashes
      - -r {LOCK}
"""


def lock_command(root, target, newest=True):
    """uv's command: all extras, all platforms, hashes, and neither an index's address nor a header with paths."""
    command = [sys.executable, "-m", "uv", "pip", "compile", "pyproject.toml", "--output-file", str(target)]
    command += ["--all-extras", "--universal", "--generate-hashes", "--no-emit-index-url", "--no-header", "--quiet"]
    return [*command, "--upgrade"] if newest else command


def read_lock(text):
    """The pins of a lock file.

    Returns: a list of (name, version, marker text or "", number of hashes), in the file's order.
    """
    pin = r"^([A-Za-z0-9._-]+)==([^\s;\\]+)(?: ; ([^\n\\]+?))?(?: \\)?$"
    hashes = r"((?:\n {4}--hash=sha256:[0-9a-f]{64}(?: \\)?)*)"
    found = re.findall(f"(?m){pin}{hashes}", text)
    return [(name, version, marker.strip(), lines.count("--hash=")) for name, version, marker, lines in found]


def pins_here(text):
    """{name: version} of the pins that hold for this machine and this Python."""
    from packaging.markers import Marker

    return {name: version for name, version, marker, _ in read_lock(text) if not marker or Marker(marker).evaluate()}


def complaints(text):
    """What a lock file must not hold: an address, a path of a machine, a pin without a hash. Returns sentences."""
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        if "://" in line or "index-url" in line or "find-links" in line or re.search(r"(^|\s)(/|[A-Z]:\\|-e )", line):
            found.append(f"line {number} names an address or a path: {line.strip()}")
    pins = read_lock(text)
    found += [f"{name}=={version} has no hash" for name, version, _, hashes in pins if not hashes]
    return found if pins else ["it pins nothing"]


@click.command()
@click.option("--keep", is_flag=True, help="Keep versions that are locked now, where the ranges still allow them.")
def lock(keep):
    """Renew requirements.lock (newest versions that pyproject.toml allows) and environment.yml. Needs the network.

    Example: gencourse lock
    """
    root = repo.root_for("lock")
    with tempfile.TemporaryDirectory(dir=root) as folder:
        target = Path(folder) / LOCK
        if keep and (root / LOCK).is_file():
            target.write_bytes((root / LOCK).read_bytes())
        click.echo("resolving versions for all platforms ...", err=True)
        result = subprocess.run(lock_command(root, target, not keep), cwd=root, stdin=subprocess.DEVNULL)
        if result.returncode:
            raise click.ClickException("uv could not resolve the versions; nothing was changed.")
        text = target.read_text(encoding="utf-8")
        faults = complaints(text)
        if faults:
            raise click.ClickException("the new lock was not kept: " + "; ".join(faults[:5]))
        os.replace(target, root / LOCK)
    output.write_whole(root / CONDA, ENVIRONMENT)
    click.echo(f"{LOCK}: {len(read_lock(text))} pins; {CONDA} installs the same.")
