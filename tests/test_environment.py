"""One set of versions: pyproject's ranges, the lock, conda's file and Colab's own packages agree."""

import re
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from gencourse.cli import lock

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
LOCK = (ROOT / lock.LOCK).read_text(encoding="utf-8")
DEPENDENCIES = [Requirement(text) for text in PROJECT["dependencies"]]
EXTRAS = [Requirement(text) for texts in PROJECT["optional-dependencies"].values() for text in texts]

PLATFORMS = [
    {"sys_platform": "linux", "platform_system": "Linux", "platform_machine": "x86_64", "os_name": "posix"},
    {"sys_platform": "linux", "platform_system": "Linux", "platform_machine": "aarch64", "os_name": "posix"},
    {"sys_platform": "darwin", "platform_system": "Darwin", "platform_machine": "arm64", "os_name": "posix"},
    {"sys_platform": "win32", "platform_system": "Windows", "platform_machine": "AMD64", "os_name": "nt"},
]
PYTHONS = ["3.11.7", "3.12.12", "3.13.0"]

# What Google Colab has installed, as far as it concerns this course: runtime 2026.01, from the file pip-freeze.txt of
# the repository googlecolab/backend-info at commit bd8aaa4580401a7fbf96a52fab5a7acf96f50b73, read on 2026-11-22.
COLAB_PYTHON = "3.12.12"
COLAB = {
    "absl-py": "1.4.0",
    "babel": "2.17.0",
    "click": "8.3.1",
    "contourpy": "1.3.3",
    "cycler": "0.12.1",
    "filelock": "3.20.3",
    "h5py": "3.15.1",
    "ipywidgets": "7.7.1",
    "keras": "3.10.0",
    "kiwisolver": "1.4.9",
    "matplotlib": "3.10.0",
    "ml-dtypes": "0.5.4",
    "numpy": "2.0.2",
    "optree": "0.18.0",
    "packaging": "25.0",
    "pillow": "11.3.0",
    "platformdirs": "4.5.1",
    "pooch": "1.8.2",
    "protobuf": "5.29.5",
    "psutil": "5.9.5",
    "requests": "2.32.4",
    "rich": "13.9.4",
    "scipy": "1.16.3",
    "tensorflow": "2.19.0",
    "tokenizers": "0.22.2",
    "tqdm": "4.67.1",
}


def would_change(requirements, installed, python):
    """What an installer would have to do: the dry run of resolving `requirements` where `installed` is there.

    An installer leaves alone what satisfies a range; so nothing is replaced exactly when all ranges are satisfied.
    """
    changes = []
    for requirement in requirements:
        if requirement.marker and not requirement.marker.evaluate({"python_full_version": python, "extra": ""}):
            continue
        found = installed.get(canonicalize_name(requirement.name))
        if found is None or not requirement.specifier.contains(found, prereleases=True):
            changes.append(f"{requirement} (there: {found})")
    return changes


def test_installing_on_colab_replaces_nothing():
    assert would_change(DEPENDENCIES, COLAB, COLAB_PYTHON) == []
    assert SpecifierSet(PROJECT["requires-python"]).contains(COLAB_PYTHON)


def test_the_dry_run_sees_what_it_should():
    wanted = [Requirement("keras>=3.11"), Requirement("nothere"), Requirement("numpy>=1.26")]
    assert would_change(wanted, COLAB, COLAB_PYTHON) == ["keras>=3.11 (there: 3.10.0)", "nothere (there: None)"]


def test_python_versions_are_the_same_everywhere():
    start = (ROOT / "start.py").read_text(encoding="utf-8")
    oldest, newest = re.search(r"OLDEST, NEWEST = \(3, (\d+)\), \(3, (\d+)\)", start).groups()
    supported = SpecifierSet(PROJECT["requires-python"])
    assert [minor for minor in range(8, 20) if f"3.{minor}.0" in supported] == list(range(int(oldest), int(newest) + 1))


@pytest.mark.parametrize("python", PYTHONS)
@pytest.mark.parametrize(
    "platform", PLATFORMS, ids=lambda platform: f"{platform['sys_platform']}-{platform['platform_machine']}"
)
def test_lock_satisfies_every_range_on_every_machine(platform, python):
    machine = {**platform, "python_full_version": python, "python_version": python.rpartition(".")[0]}
    machine |= {"implementation_name": "cpython", "platform_python_implementation": "CPython"}
    pins = [
        (name, version)
        for name, version, marker, _ in lock.read_lock(LOCK)
        if not marker or Marker(marker).evaluate(machine)
    ]
    assert len(dict(pins)) == len(pins), "a package is pinned twice for one machine"
    assert would_change([*DEPENDENCIES, *EXTRAS], dict(pins), python) == []


def test_every_line_of_the_lock_is_understood():
    pins = lock.read_lock(LOCK)
    assert len(pins) == len(re.findall(r"(?m)^\S+==", LOCK)) > 50
    assert sum(hashes for *_, hashes in pins) == LOCK.count("--hash=sha256:")


def test_lock_names_no_index_and_no_machine():
    assert lock.complaints(LOCK) == []


@pytest.mark.parametrize(
    "line",
    [
        "--index-url https://packages.example/simple",
        "--find-links /opt/wheels",
        "    # via -r /home/ada/requirements.in",
        "-e .",
        "numpy==2.0",
        r"    # via C:\Users\ada",
    ],
)
def test_complaints_are_found(line):
    good = f"keras==3.15.1 \\\n    --hash=sha256:{'a' * 64}\n    # via tensorflow\n"
    assert lock.complaints(good) == []
    assert len(lock.complaints(good + line + "\n")) == 1


def test_conda_installs_the_same_lock():
    text = (ROOT / lock.CONDA).read_text(encoding="utf-8")
    assert text == lock.ENVIRONMENT, "renew it with: gencourse lock"
    dependencies = yaml.safe_load(text)["dependencies"]
    (python,) = [entry for entry in dependencies if isinstance(entry, str) and entry.startswith("python=")]
    assert f"{python.partition('=')[2]}.0" in SpecifierSet(PROJECT["requires-python"])
    (pip,) = [entry["pip"] for entry in dependencies if isinstance(entry, dict)]
    assert pip == ["--require-hashes", f"-r {lock.LOCK}"]
    assert "pip" in dependencies


def test_dependencies_are_few_and_sorted_into_the_right_list():
    names = {requirement.name for requirement in DEPENDENCIES}
    assert {"tensorflow", "keras", "numpy", "matplotlib"} <= names
    assert not names & {requirement.name for requirement in EXTRAS}
