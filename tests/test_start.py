"""start.py, run for real on a tiny course with tiny packages: no network, a path with a space, kills, moves."""

import ast
import hashlib
import importlib.util
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

START = Path(__file__).parents[1] / "start.py"

BACKEND = '''
import base64, hashlib, os, zipfile

def wheel(folder, name, version, files):
    info = f"{name}-{version}.dist-info"
    files = {**files, f"{info}/METADATA": f"Metadata-Version: 2.1\\nName: {name}\\nVersion: {version}\\n",
             f"{info}/WHEEL": "Wheel-Version: 1.0\\nGenerator: tests\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n"}
    record = ""
    for path, text in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
        record += f"{path},sha256={digest},{len(text.encode())}\\n"
    target = os.path.join(folder, f"{name}-{version}-py3-none-any.whl")
    with zipfile.ZipFile(target, "w") as archive:
        for path, text in files.items():
            archive.writestr(path, text)
        archive.writestr(f"{info}/RECORD", record + f"{info}/RECORD,,\\n")
    return os.path.basename(target)

VERB = """
import json, sys
def main():
    print(json.dumps(sys.argv[1:]))
    sys.exit(7)
"""

def build_editable(folder, config_settings=None, metadata_directory=None):
    entry = {"gencourse-0.1.dist-info/entry_points.txt": "[console_scripts]\\ngencourse = gencourse_verb:main\\n"}
    return wheel(folder, "gencourse", "0.1", {"gencourse_verb.py": VERB, **entry})

def get_requires_for_build_editable(config_settings=None):
    return []

build_wheel = build_editable
'''

PROJECT = """
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]

[project]
name = "gencourse"
version = "0.1"
"""


def load(path=START):
    spec = importlib.util.spec_from_file_location("start", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Course:
    """A tiny course: its start.py is the real one; its only locked package is `tiny`, from a folder of wheels."""

    def __init__(self, root, wheels):
        self.root, self.wheels = root, wheels
        root.mkdir(parents=True)
        wheels.mkdir(parents=True)
        shutil.copy(START, root / "start.py")
        (root / "backend.py").write_text(BACKEND, encoding="utf-8")
        (root / "pyproject.toml").write_text(PROJECT, encoding="utf-8")
        backend = {}
        exec(compile(BACKEND, "backend", "exec"), backend)
        name = backend["wheel"](str(wheels), "tiny", "1.0", {"tiny.py": "VALUE = 1\n" * 50})
        self.lock(hashlib.sha256((wheels / name).read_bytes()).hexdigest())

    def lock(self, digest):
        (self.root / "requirements.lock").write_text(f"tiny==1.0 \\\n    --hash=sha256:{digest}\n", encoding="utf-8")

    @property
    def environment(self):
        kept = {key: value for key, value in os.environ.items() if not key.startswith(("PIP_", "VIRTUAL", "PYTHON"))}
        wheels = self.wheels.as_uri()  # an option that pip splits at spaces
        return {**kept, "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": wheels, "PIP_CONFIG_FILE": os.devnull}

    def start(self, *arguments):
        command = [sys.executable, str(self.root / "start.py"), *arguments]
        return subprocess.run(command, env=self.environment, capture_output=True, text=True, cwd=self.root.parent)

    def packages(self):
        return next((self.root / ".venv").rglob("site-packages"))

    def stamp(self):
        return self.root / ".venv" / "gencourse.json"


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    folder = tmp_path_factory.mktemp("start")
    course = Course(folder / "a course, with späces", folder / "wheels")
    course.first = course.start("run", "01", "--set", "NAME=two words")
    return course


def is_ready(result, *arguments):
    assert result.returncode == 7, result.stderr
    assert json.loads(result.stdout) == list(arguments)


def test_first_start_installs_and_hands_over(course):
    is_ready(course.first, "run", "01", "--set", "NAME=two words")
    assert "requirements.lock" in course.first.stderr
    assert (course.packages() / "tiny.py").is_file()


def test_no_verb_opens_the_lab(course):
    is_ready(course.start(), "lab")


def test_second_start_adds_less_than_two_seconds(course):
    began = time.perf_counter()
    result = course.start("doctor")
    seconds = time.perf_counter() - began
    is_ready(result, "doctor")
    assert result.stderr == ""
    assert seconds < 2


def test_installation_that_was_cut_off_is_noticed_and_finished(course):
    course.stamp().unlink()
    (course.packages() / "tiny.py").write_text("VALUE", encoding="utf-8")  # metadata there, file half written
    result = course.start("doctor")
    is_ready(result, "doctor")
    assert "installing it again: tiny-1.0" in result.stderr
    assert (course.packages() / "tiny.py").read_text(encoding="utf-8").startswith("VALUE = 1\n")
    assert "installing" not in course.start("doctor").stderr


def test_changed_project_installs_only_itself(course):
    (course.root / "pyproject.toml").write_text(PROJECT + "# changed\n", encoding="utf-8")
    result = course.start("doctor")
    is_ready(result, "doctor")
    assert "installing gencourse itself" in result.stderr
    assert "requirements.lock" not in result.stderr


def test_wrong_hash_is_a_sentence_and_no_ready_environment(course):
    lock = (course.root / "requirements.lock").read_text(encoding="utf-8")
    shutil.rmtree(course.packages() / "tiny-1.0.dist-info")
    course.lock("0" * 64)
    result = course.start("doctor")
    assert result.returncode == 2
    assert "Installing the packages of requirements.lock did not work" in result.stderr
    assert "Traceback" not in result.stderr
    assert not course.stamp().exists()
    (course.root / "requirements.lock").write_text(lock, encoding="utf-8")
    is_ready(course.start("doctor"), "doctor")


def test_folder_that_was_moved_works(course):
    moved = course.root.with_name("moved course")
    course.root.rename(moved)
    course.root = moved
    is_ready(course.start("doctor"), "doctor")


@pytest.mark.skipif(os.name == "nt", reason="process groups are killed otherwise on Windows")
def test_killed_while_the_environment_is_made(tmp_path):
    course = Course(tmp_path / "killed", tmp_path / "wheels")
    process = subprocess.Popen(
        [sys.executable, str(course.root / "start.py"), "doctor"],
        env=course.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    deadline = time.time() + 60
    while not list((course.root / ".venv").rglob("site-packages/pip")) and time.time() < deadline:
        time.sleep(0.02)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert not course.stamp().exists()
    is_ready(course.start("doctor"), "doctor")


def test_folder_that_is_no_environment_is_left_alone(tmp_path):
    course = Course(tmp_path / "other", tmp_path / "wheels")
    (course.root / ".venv").mkdir()
    (course.root / ".venv" / "thesis.txt").write_text("mine", encoding="utf-8")
    result = course.start("doctor")
    assert result.returncode == 2
    assert "is no Python environment" in result.stderr
    assert (course.root / ".venv" / "thesis.txt").read_text(encoding="utf-8") == "mine"


def test_python_without_ensurepip_is_a_sentence(tmp_path):
    course = Course(tmp_path / "debian", tmp_path / "wheels")
    code = "import runpy, sys; sys.modules['ensurepip'] = None; runpy.run_path(sys.argv[1], run_name='__main__')"
    command = [sys.executable, "-c", code, str(course.root / "start.py")]
    result = subprocess.run(command, capture_output=True, text=True)
    assert result.returncode == 2
    assert "apt install python3." in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize(
    ("machine", "words"),
    [
        (((3, 10), "Linux", "x86_64", 64), "Python 3.11 to 3.13"),
        (((3, 14), "Linux", "x86_64", 64), "Python 3.11 to 3.13"),
        (((2, 7), "Linux", "x86_64", 64), "Python 3.11 to 3.13"),
        (((3, 12), "Darwin", "x86_64", 64), "Intel"),
        (((3, 12), "Windows", "AMD64", 32), "64-bit"),
        (((3, 12), "Windows", "ARM64", 64), "processor"),
        (((3, 12), "Linux", "armv7l", 64), "processor"),
        (((3, 12), "FreeBSD", "amd64", 64), "Linux, macOS and Windows"),
    ],
)
def test_machines_without_tensorflow_get_a_sentence(machine, words):
    start = load()
    with pytest.raises(start.Problem, match=words) as problem:
        start.check_machine(*machine)
    assert "Received: " in str(problem.value)


@pytest.mark.parametrize("version", [(3, 11), (3, 12), (3, 13)])
@pytest.mark.parametrize(
    ("system", "machine"),
    [("Linux", "x86_64"), ("Linux", "aarch64"), ("Darwin", "arm64"), ("Windows", "AMD64")],
)
def test_machines_with_tensorflow_are_welcome(version, system, machine):
    load().check_machine(version, system, machine, 64)


def test_only_the_standard_library_is_imported():
    tree = ast.parse(START.read_text(encoding="utf-8"))
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {name.split(".")[0] for name in names} <= sys.stdlib_module_names


def test_old_pythons_can_read_it():
    text = START.read_text(encoding="utf-8")
    assert text.isascii()
    tree = ast.parse(text, feature_version=(3, 4))
    newer = (ast.JoinedStr, ast.AnnAssign, ast.AsyncFunctionDef, ast.NamedExpr, ast.Match)
    assert not [node.lineno for node in ast.walk(tree) if isinstance(node, newer)]
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            given = [*node.args.args, *node.args.kwonlyargs]
            assert node.returns is None
            assert not any(argument.annotation for argument in given)


@pytest.mark.parametrize("name", ["python2.7", "python3.6", "python3.7", "python3.8", "python3.9", "python3.10"])
def test_old_pythons_say_the_sentence(name):
    python = shutil.which(name)
    if python is None or subprocess.run([python, "--version"], capture_output=True).returncode:
        pytest.skip(f"{name} is not here")
    result = subprocess.run([python, str(START), "lab"], capture_output=True, text=True)
    assert result.returncode == 2
    assert "The course needs Python 3.11 to 3.13" in result.stderr
    assert "Traceback" not in result.stderr
