#!/usr/bin/env python3
"""Make the course's environment, then hand over to it.

    python3 start.py              set up, then open the course in JupyterLab
    python3 start.py test         set up, then check everything
    python3 start.py VERB ...     set up, then do what `gencourse VERB ...` does

Only the standard library is used, and only syntax that old Pythons can read too: someone who starts this with
a Python that is too old should get a sentence, not a SyntaxError.
"""

from __future__ import print_function

import csv
import hashlib
import json
import os
import platform
import shutil
import struct
import subprocess
import sys
import time

OLDEST, NEWEST = (3, 11), (3, 13)
HERE = os.path.dirname(os.path.abspath(__file__))
ENVIRONMENT = os.path.join(HERE, ".venv")
LOCK = os.path.join(HERE, "requirements.lock")
PROJECT = os.path.join(HERE, "pyproject.toml")
STAMP = os.path.join(ENVIRONMENT, "gencourse.json")
WINDOWS = os.name == "nt"
SCRIPTS = os.path.join(ENVIRONMENT, "Scripts" if WINDOWS else "bin")
PYTHON = os.path.join(SCRIPTS, "python.exe" if WINDOWS else "python")
COMMAND = os.path.join(SCRIPTS, "gencourse.exe" if WINDOWS else "gencourse")


class Problem(Exception):
    """Something the reader has to do something about; its text is the sentence."""


def say(text):
    # To stderr: with --json, stdout belongs to the verb.
    print("start: " + text, file=sys.stderr)
    sys.stderr.flush()


def check_machine(version, system, machine, bits):
    """Refuse machines on which TensorFlow cannot be installed, in a sentence.

    Args: version: (major, minor); system: as platform.system(); machine: as platform.machine(); bits: 32 or 64.
    """
    wanted = "Python {0}.{1} to {2}.{3}".format(*(OLDEST + NEWEST))
    if not OLDEST <= tuple(version) <= NEWEST:
        raise Problem(
            "The course needs {0}. Received: Python {1}.{2} ({3}). Install one of those (python.org, your system's "
            "packages, or conda with environment.yml) and start again with it, for example: python3.12 start.py".format(
                wanted, version[0], version[1], sys.executable
            )
        )
    if bits != 64:
        raise Problem("TensorFlow needs a 64-bit Python. Received: a {0}-bit one ({1}).".format(bits, sys.executable))
    machine = machine.lower()
    served = {
        "Linux": ("x86_64", "amd64", "aarch64", "arm64"),
        "Darwin": ("arm64", "aarch64"),
        "Windows": ("x86_64", "amd64"),
    }
    if system not in served:
        raise Problem("The course runs on Linux, macOS and Windows. Received: {0}.".format(system or "unknown system"))
    if machine not in served[system]:
        if system == "Darwin":
            raise Problem(
                "TensorFlow has no current version for Macs with an Intel processor, or for an Intel Python on Apple "
                "silicon. Received: {0}. On Apple silicon, install the arm64 Python; on an Intel Mac, use the Colab "
                "badges in README.md.".format(machine)
            )
        raise Problem(
            "TensorFlow has no version for this processor. {0} works on: {1}. Received: {2}.".format(
                system, ", ".join(served[system][::2]), machine
            )
        )


def digest(path):
    try:
        with open(path, "rb") as file:
            return hashlib.sha256(file.read()).hexdigest()
    except IOError as error:
        raise Problem("Cannot read {0}, which belongs beside start.py: {1}".format(path, error))


def environment_version():
    """(major, minor) of the Python in .venv, as pyvenv.cfg says; None when there is no whole environment."""
    try:
        with open(os.path.join(ENVIRONMENT, "pyvenv.cfg")) as file:
            pairs = [line.split("=", 1) for line in file if "=" in line]
    except (IOError, OSError):
        return None
    settings = dict((key.strip(), value.strip()) for key, value in pairs)
    version = settings.get("version_info", settings.get("version", ""))
    if not os.path.exists(PYTHON) or version.count(".") < 1:
        return None
    return tuple(int(part) for part in version.split(".")[:2])


def wanted_stamp(version):
    return {
        "lock": digest(LOCK),
        "project": digest(PROJECT),
        "python": "{0}.{1}".format(*version),
        "path": HERE,  # scripts hold their folder's path, so a folder that was moved needs new ones
    }


def read_stamp():
    try:
        with open(STAMP) as file:
            stamp = json.load(file)
    except (IOError, OSError, ValueError):
        return {}
    return stamp if isinstance(stamp, dict) else {}


def write_stamp(stamp):
    part = STAMP + ".part"
    with open(part, "w") as file:
        json.dump(stamp, file, indent=1, sort_keys=True)
    os.replace(part, STAMP)


def run(command, what):
    """Run `command` with its output on stderr; a failure becomes a sentence."""
    status = subprocess.call(command, stdout=sys.stderr, stdin=subprocess.DEVNULL, cwd=HERE)
    if status:
        raise Problem(
            "{0} did not work (exit status {1}); the reason is in the lines above. "
            "Start again to go on from here.".format(what, status)
        )


def make_environment():
    for module in ("venv", "ensurepip"):
        try:
            __import__(module)
        except ImportError:
            name = "python{0}.{1}-venv".format(*sys.version_info[:2])
            raise Problem(
                "This Python comes without its `{0}` module, which makes environments. On Debian and Ubuntu, "
                "install it with: sudo apt install {1}".format(module, name)
            )
    say("making the environment .venv with Python {0}".format(platform.python_version()))
    run([sys.executable, "-m", "venv", "--clear", ENVIRONMENT], "Making the environment .venv")


def is_whole(packages, name):
    """Whether the package whose metadata folder is `name` was installed to its end, every file in its size.

    A killed pip leaves packages that look installed: it writes the metadata first and the files after it.
    """
    if not os.path.exists(os.path.join(packages, name, "INSTALLER")):  # written last but one
        return False
    try:
        with open(os.path.join(packages, name, "RECORD"), newline="", encoding="utf-8") as file:
            for path, _, size in csv.reader(file):
                if size and os.path.getsize(os.path.join(packages, path)) != int(size):
                    return False
    except (IOError, OSError, ValueError):
        return False
    return True


def heal():
    """Forget packages that a killed installation left unfinished, so that pip installs them again.

    Returns: whether pip itself is there.
    """
    pattern = ("Lib",) if WINDOWS else ("lib", "python{0}.{1}".format(*environment_version()))
    packages = os.path.join(*((ENVIRONMENT,) + pattern + ("site-packages",)))
    if not os.path.isdir(packages):
        os.makedirs(packages)
    for name in sorted(os.listdir(packages)):
        unfinished = name.endswith(".dist-info") and not is_whole(packages, name)
        if unfinished or name.startswith("~"):  # pip renames to ~ what it is about to remove
            say("not finished, so installing it again: {0}".format(name))
            shutil.rmtree(os.path.join(packages, name), ignore_errors=True)
    return any(name.startswith("pip-") and name.endswith(".dist-info") for name in os.listdir(packages))


def install(stamp, wanted):
    """Bring .venv to what the lock file and pyproject.toml say; the stamp is written last."""
    if os.path.exists(STAMP):
        os.remove(STAMP)
    if not heal():
        run([PYTHON, "-m", "ensurepip", "--upgrade"], "Installing pip into .venv")
    pip = [PYTHON, "-m", "pip", "--disable-pip-version-check", "install"]
    if stamp.get("lock") != wanted["lock"]:
        say("installing the packages of requirements.lock; the first time takes some minutes")
        run(pip + ["--require-hashes", "-r", LOCK], "Installing the packages of requirements.lock")
    say("installing gencourse itself")
    editable = ["--no-deps", "--no-build-isolation", "--no-index", "--quiet", "-e", HERE]
    run(pip + editable, "Installing gencourse itself")
    write_stamp(wanted)


def prepare():
    """Make .venv what it should be; quick when it is already."""
    version = environment_version()
    stamp = read_stamp()
    usable = version is not None and OLDEST <= version <= NEWEST
    if usable and stamp == wanted_stamp(version) and os.path.exists(COMMAND):
        return
    began = time.time()
    if (
        os.path.isdir(ENVIRONMENT)
        and os.listdir(ENVIRONMENT)
        and not os.path.exists(os.path.join(ENVIRONMENT, "pyvenv.cfg"))
    ):
        raise Problem("The folder {0} is no Python environment. Move it away, then start again.".format(ENVIRONMENT))
    moved = stamp and stamp.get("path") != HERE
    if not usable or moved or subprocess.call([PYTHON, "-c", ""], stderr=subprocess.DEVNULL):
        make_environment()
        version, stamp = environment_version(), {}
    install(stamp, wanted_stamp(version))
    say("ready after {0:.0f} s".format(time.time() - began))


def hand_over(arguments):
    """Become the console script (elsewhere than on Windows), or run it and pass its exit status on."""
    command = [COMMAND] + (arguments or ["lab"])
    if not WINDOWS:
        sys.stderr.flush()
        os.execv(COMMAND, command)
    try:
        return subprocess.call(command)
    except KeyboardInterrupt:
        return 130


def main(arguments):
    try:
        bits = 8 * struct.calcsize("P")
        check_machine(sys.version_info[:2], platform.system(), platform.machine(), bits)
        prepare()
    except Problem as problem:
        say(str(problem))
        return 2
    except (IOError, OSError) as error:
        say("could not make the environment in {0}: {1}".format(ENVIRONMENT, error))
        return 2
    except KeyboardInterrupt:
        say("interrupted; start again to go on from here.")
        return 130
    return hand_over(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
