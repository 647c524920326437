"""`gencourse class wheelhouse`: a folder from which the course installs on another machine, without the internet."""

import hashlib
import importlib.util
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import click

from gencourse.cli import output, repo
from gencourse.cli.lock import LOCK

PYTHONS = ("3.11", "3.12", "3.13")
PATCHES = (0, 99)  # a marker may ask for 3.11.5 or later: a wheelhouse serves the first and the last of each Python

# What pip calls each system, best first, and what the markers of requirements.lock call it.
PLATFORMS = {
    "linux-x86_64": (
        [*(f"manylinux_2_{minor}_x86_64" for minor in range(28, 4, -1)), "manylinux2014_x86_64", "manylinux1_x86_64"],
        {"sys_platform": "linux", "platform_system": "Linux", "platform_machine": "x86_64", "os_name": "posix"},
    ),
    "linux-aarch64": (
        [*(f"manylinux_2_{minor}_aarch64" for minor in range(28, 16, -1)), "manylinux2014_aarch64"],
        {"sys_platform": "linux", "platform_system": "Linux", "platform_machine": "aarch64", "os_name": "posix"},
    ),
    "macos-arm64": (
        [f"macosx_{version}_0_{kind}" for version in (12, 11, 13, 14) for kind in ("arm64", "universal2")]
        + [f"macosx_10_{minor}_universal2" for minor in (15, 13, 12, 9)],
        {"sys_platform": "darwin", "platform_system": "Darwin", "platform_machine": "arm64", "os_name": "posix"},
    ),
    "windows-x86_64": (
        ["win_amd64"],
        {"sys_platform": "win32", "platform_system": "Windows", "platform_machine": "AMD64", "os_name": "nt"},
    ),
}

COURSE = (
    "start.py",
    "pyproject.toml",
    LOCK,
    "environment.yml",
    "README.md",
    "LICENSE",
    "CITATION.cff",
    "CONTRIBUTING.md",
)
COURSE_FOLDERS = ("gencourse", "data", "notebooks", "docs")
LEFT_OUT = shutil.ignore_patterns("__pycache__", "*.pyc", ".*", "*.gif")

INSTALL = '''\
#!/usr/bin/env python3
"""Install the course from this folder, without the internet: python3 install.py [FOLDER]

FOLDER is where the course goes (default: gencourse, in your home). Python must be {python}, on {platform}.
"""
import os, shutil, subprocess, sys

HERE = os.path.dirname(os.path.abspath(__file__))
if "%d.%d" % sys.version_info[:2] != "{python}":
    sys.exit("These packages are for Python {python}. Received: Python %d.%d." % sys.version_info[:2])
target = os.path.abspath(sys.argv[1] if len(sys.argv) > 1 else os.path.join(os.path.expanduser("~"), "gencourse"))
if not os.path.exists(target):
    shutil.copytree(os.path.join(HERE, "course"), target)
elif not os.path.exists(os.path.join(target, "start.py")):
    sys.exit("%s is there already, and it is not the course." % target)
environment = dict(os.environ, PIP_NO_INDEX="1", PIP_FIND_LINKS=os.path.join(HERE, "wheels"), PIP_NO_CACHE_DIR="1")
sys.exit(subprocess.call([sys.executable, os.path.join(target, "start.py"), "doctor"], env=environment))
'''

README = """\
# gencourse without the internet: {platform}, Python {python}

On each machine: `python3 install.py` (Windows: `py -{python} install.py`). It copies `course/` to the home folder,
installs the {count} packages of `wheels/` into an environment there, and checks the machine. Afterwards, in that
folder: `python3 start.py`.

`gencourse-*.whl` among the wheels is the course's package alone, for an environment of your own.
"""


def pins_for(text, platform, python, patch=0):
    """The pins of a lock file that hold on a machine, each with its hashes, and without markers.

    Args: text: of requirements.lock; platform: a key of PLATFORMS; python: such as "3.12"; patch: its last number.
    Returns: {name: lines for a requirements file}.
    """
    from packaging.markers import Marker

    here = {**PLATFORMS[platform][1], "python_version": python, "python_full_version": f"{python}.{patch}"}
    here |= {"implementation_name": "cpython", "platform_python_implementation": "CPython", "extra": ""}
    found = {}
    for entry in re.split(r"\n(?=[A-Za-z0-9])", text):
        head = re.match(r"([A-Za-z0-9._-]+)==([^\s;\\]+)(?: ; ([^\n\\]+?))?(?: \\)?(?:\n|$)", entry)
        if head and (not head.group(3) or Marker(head.group(3).strip()).evaluate(here)):
            hashes = re.findall(r"--hash=sha256:[0-9a-f]{64}", entry)
            found[head.group(1)] = " \\\n    ".join([f"{head.group(1)}=={head.group(2)}", *hashes])
    return found


def pip():
    """The command that runs pip: the environment's own, or the one that comes with Python.

    Raises: click.ClickException: when there is none.
    """
    if importlib.util.find_spec("pip"):
        return [sys.executable, "-m", "pip"]
    import ensurepip

    bundled = sorted((Path(ensurepip.__file__).parent / "_bundled").glob("pip-*.whl"))
    if not bundled:
        raise click.ClickException("pip is not there, which fetches packages: python -m ensurepip")
    return [sys.executable, str(bundled[-1] / "pip")]


def target_options(platform, python):
    """pip's options that make it choose packages for another machine."""
    options = ["--only-binary=:all:", "--implementation", "cp", "--python-version", python]
    return [*options, *(word for tag in PLATFORMS[platform][0] for word in ("--platform", tag))]


def fetch(requirements, wheels, platform, python):
    """Let pip fetch every pin, and check every hash.

    Raises: click.ClickException: when pip could not; its own words stand above.
    """
    command = [*pip(), "--disable-pip-version-check", "download", "--no-deps", "--require-hashes", "-d", str(wheels)]
    result = subprocess.run([*command, *target_options(platform, python), "-r", str(requirements)], stdout=2)
    if result.returncode:
        raise click.ClickException("pip could not fetch every package; the reason stands above. Run it again to go on.")


def copy_course(root, target):
    """Copy what a learner needs of the course's folder, anew."""
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    for name in COURSE:
        if (root / name).is_file():
            shutil.copyfile(root / name, target / name)
    for name in COURSE_FOLDERS:
        if (root / name).is_dir():
            shutil.copytree(root / name, target / name, ignore=LEFT_OUT)


def build_wheel(root, wheels):
    """The course's own wheel. Raises: click.ClickException: when it could not be built."""
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(wheels)]
    result = subprocess.run(command, cwd=root, stdout=2)
    if result.returncode:
        raise click.ClickException("the course's own wheel could not be built; the reason stands above.")


def missing(pins, wheels):
    """Names among `pins` of which no whole wheel with a listed hash is in the folder."""
    held = {}
    for path in wheels.glob("*.whl"):
        name = re.sub(r"[-_.]+", "-", path.name.split("-")[0]).lower()
        if zipfile.is_zipfile(path):
            held.setdefault(name, set()).add(hashlib.sha256(path.read_bytes()).hexdigest())
    return [
        name
        for name, lines in pins.items()
        if not any(digest in lines for digest in held.get(re.sub(r"[-_.]+", "-", name).lower(), ()))
    ]


def fill(pins, folder, platform, python):
    """Fetch those of `pins` that the folder's wheels do not have yet.

    Raises: click.ClickException: when some are still missing afterwards.
    """
    wheels = folder / "wheels"
    wanted = missing(pins, wheels)
    if not wanted:
        return
    click.echo(f"fetching {len(wanted)} of {len(pins)} packages ...", err=True)
    requirements = folder / "requirements.txt"
    output.write_whole(requirements, "\n".join(pins[name] for name in wanted) + "\n")
    fetch(requirements, wheels, platform, python)
    requirements.unlink()
    wanted = missing(pins, wheels)
    if wanted:
        raise click.ClickException(f"these packages are still missing: {', '.join(wanted)}")


@click.command()
@click.option("--platform", type=click.Choice(sorted(PLATFORMS)), required=True, help="The machines' system.")
@click.option("--python", type=click.Choice(PYTHONS), default="3.12", show_default=True, help="Their Python.")
@click.option("--out", "folder", type=click.Path(file_okay=False, path_type=Path), required=True, help="Where to.")
@click.option("--json", "json_mode", is_flag=True, help="One line of JSON on stdout; the rest on stderr.")
def wheelhouse(platform, python, folder, json_mode):
    """Fetch all packages for another machine into a folder, for a USB stick or a shared drive.

    The folder holds the packages, the course and install.py, which needs nothing but Python. Make one for each system
    in the room. What is there already is not fetched again.

    Example: gencourse class wheelhouse --platform windows-x86_64 --python 3.12 --out stick
    """
    root = repo.root_for("class wheelhouse")
    folder = folder.resolve()
    wheels = folder / "wheels"
    wheels.mkdir(parents=True, exist_ok=True)
    text = (root / LOCK).read_text(encoding="utf-8")
    for patch in PATCHES:
        pins = pins_for(text, platform, python, patch)
        fill(pins, folder, platform, f"{python}.{patch}")
    build_wheel(root, wheels)
    copy_course(root, folder / "course")
    output.write_whole(folder / "install.py", INSTALL.format(platform=platform, python=python))
    output.write_whole(folder / "README.md", README.format(platform=platform, python=python, count=len(pins)))
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    output.say(f"{folder}: {len(pins)} packages, {size / 1e6:.0f} MB; next: README.md in it", json_mode=json_mode)
    if json_mode:
        output.emit_json({"ok": True, "folder": str(folder), "packages": len(pins), "bytes": size})
