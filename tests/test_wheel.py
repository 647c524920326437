"""The wheel: what it carries, and lessons run from it in a fresh environment without the repository, as on Colab."""

import json
import os
import re
import subprocess
import sys
import sysconfig
import tomllib
import zipfile
from pathlib import Path

import nbformat
import pytest

from gencourse.cli import repo

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]

# Lessons to run as on Colab, whole, and parameters that shorten their training: every notebook is executed in full
# from the repository as well, so what has to be shown here is that no cell leans on the repository's files.
ON_COLAB = {"00": {}, "01": {"EPOCHS": 2}}

EXECUTE = """
import json, sys
import gencourse, nbclient, nbformat
notebook = nbformat.read(sys.argv[1], as_version=4)
client = nbclient.NotebookClient(notebook, kernel_name="python3", timeout=900)
client.execute()
probe = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("import sys, gencourse; print(gencourse.__file__)")])
nbclient.NotebookClient(probe, kernel_name="python3").execute()
print(json.dumps({"kernel": probe.cells[0].outputs[0].text.strip()}))
"""


def run(command, cwd, **environment):
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "JUPYTER", "GENCOURSE"))}
    result = subprocess.run(
        [str(word) for word in command], cwd=cwd, env={**kept, **environment}, capture_output=True, text=True
    )
    assert result.returncode == 0, f"{result.stdout}\n{result.stderr}"
    return result.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel, built without a network by the hatchling of the lock."""
    for name in (PROJECT["readme"], *PROJECT["license-files"]):
        if not (ROOT / name).is_file():
            pytest.skip(f"{name} is not written yet")
    folder = tmp_path_factory.mktemp("dist")
    run([sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder], ROOT)
    (wheel,) = folder.glob("*.whl")
    return wheel


@pytest.fixture(scope="module")
def fresh(wheel, tmp_path_factory):
    """A fresh environment's Python: the locked packages are visible in it, as Colab's are; the repository is not."""
    folder = tmp_path_factory.mktemp("colab") / "fresh environment"
    run([sys.executable, "-m", "venv", "--without-pip", folder], ROOT)
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    offline = ["--offline", "--no-index", "--no-deps", "--no-cache"]
    run([sys.executable, "-m", "uv", "pip", "install", *offline, "--python", python, wheel], folder)
    own = run([python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"], folder).strip()
    # Folders named in a .pth file come after the environment's own, and .pth files in them (such as the one of an
    # editable installation) are not followed.
    shared = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
    (Path(own) / "locked.pth").write_text("\n".join(sorted(shared)) + "\n", encoding="utf-8")
    return python


def test_wheel_carries_code_data_records_and_checkpoints(wheel):
    names = set(zipfile.ZipFile(wheel).namelist())
    listed = (ROOT / "data" / "SHA256SUMS").read_text(encoding="utf-8").split("\n")
    data = {line.split("  ")[1] for line in listed if line}
    assert data
    assert {f"gencourse/_data/{name}" for name in data | {"SHA256SUMS"}} <= names
    package = [path for path in (ROOT / "gencourse").rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    assert {path.relative_to(ROOT).as_posix() for path in package} <= names
    assert not [name for name in names if name.startswith(("tests/", "notebooks/", "benchmarks/"))]
    assert not [name for name in names if "__pycache__" in name or name.endswith(".pyc")]


def test_wheel_asks_for_what_pyproject_says(wheel):
    archive = zipfile.ZipFile(wheel)
    (name,) = [name for name in archive.namelist() if name.endswith("METADATA")]
    metadata = archive.read(name).decode()
    wanted = [
        line.removeprefix("Requires-Dist: ") for line in metadata.splitlines() if line.startswith("Requires-Dist")
    ]
    plain = [requirement.replace(" ", "") for requirement in wanted if "extra ==" not in requirement]
    assert sorted(plain) == sorted(PROJECT["dependencies"])


def test_installed_package_stands_alone(fresh, tmp_path):
    where = "import gencourse; from gencourse.cli import repo; print(gencourse.__file__); print(repo.find_root())"
    file, root = run([fresh, "-c", where], tmp_path).split("\n")[:2]
    assert Path(file).is_relative_to(fresh.parents[1])
    assert root == "None"
    command = [fresh.with_name("gencourse.exe" if os.name == "nt" else "gencourse")]
    assert json.loads(run([*command, "data", "verify", "--json"], tmp_path))["ok"]
    result = subprocess.run([str(command[0]), "lab"], cwd=tmp_path, capture_output=True, text=True)
    assert result.returncode == 1
    assert "works in the course's folder" in result.stderr


@pytest.mark.parametrize("number", ON_COLAB)
def test_lesson_runs_from_an_empty_folder(fresh, number, tmp_path):
    lessons = [lesson for lesson in repo.lessons(ROOT) if lesson.number == number and not lesson.is_solution]
    if not lessons or not lessons[0].notebook.is_file():
        pytest.skip(f"lesson {number} is not built yet")
    notebook = nbformat.read(lessons[0].notebook, as_version=4)
    for cell in notebook.cells:
        if "parameters" in cell.metadata.get("tags", ()):
            for name, value in ON_COLAB[number].items():
                cell.source, changed = re.subn(rf"(?m)^{name} = [^#\n]*", f"{name} = {value}  ", cell.source)
                assert changed == 1
    (tmp_path / "empty").mkdir()
    nbformat.write(notebook, tmp_path / "lesson.ipynb")
    home = tmp_path / "home"
    home.mkdir()
    quiet = {"HOME": str(home), "TF_CPP_MIN_LOG_LEVEL": "3", "GENCOURSE_PROGRESS": str(tmp_path / "progress.json")}
    found = run([fresh, "-c", EXECUTE, tmp_path / "lesson.ipynb"], tmp_path / "empty", **quiet)
    kernel = json.loads(found.strip().splitlines()[-1])["kernel"]
    assert Path(kernel).is_relative_to(fresh.parents[1]), "the kernel imported another gencourse"
