"""The command line: quick help, sentences for bad input, one line of JSON, and each verb on a tiny course."""

import json
import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from click.testing import CliRunner

from gencourse.cli import lab, main, notebooks, point, repo, run

ROOT = Path(__file__).parents[1]
VERBS = [verb for verbs in main.VERBS.values() for verb in verbs]
# Verbs whose modules are written; the table may name one that a later change brings.
WRITTEN = [
    verb
    for verbs in main.VERBS.values()
    for verb, (target, _) in verbs.items()
    if (ROOT / (target.split(":")[0].replace(".", "/") + ".py")).is_file()
]

TINY = """\
# ---
# jupyter:
#   gencourse: {lesson: "07"}
#   jupytext: {text_representation: {extension: .py, format_name: percent}}
# ---

# %% [markdown]
# # 07 · Tiny

# %% tags=["parameters"]
EPOCHS = 2  # passes

# %%
import json
import os
import sys

print("epochs", EPOCHS)
if "GENCOURSE_RESULTS" in os.environ:
    with open(os.environ["GENCOURSE_RESULTS"], "a") as file:
        line = {"lesson": "07", "claim": "frechet", "value": 1.25, "median": 1.5, "limit": 2.0, "status": "ok"}
        file.write(json.dumps(line) + "\\n")

# %%
if EPOCHS > 5:
    raise ValueError(f"{EPOCHS} epochs are too many")
"""


def call(*arguments, **options):
    return CliRunner().invoke(main.main, [str(argument) for argument in arguments], **options)


@pytest.fixture
def course(tmp_path, monkeypatch):
    """A course of one tiny lesson that needs no TensorFlow."""
    root = tmp_path / "my course"
    (root / "notebooks" / "source").mkdir(parents=True)
    (root / "notebooks" / "source" / "07_tiny.py").write_text(TINY, encoding="utf-8")
    table = '[tool.gencourse]\nrepository = "ada/course"\nbranch = "main"\n\n[tool.other]\nbranch = "b"\n'
    (root / "pyproject.toml").write_text(f'[project]\nname = "x"\n\n{table}', encoding="utf-8")
    monkeypatch.setattr(repo, "find_root", lambda: root)
    return root


@pytest.fixture
def built(course):
    """The same with its notebook, not executed."""
    notebook = notebooks.read_source(course / "notebooks" / "source" / "07_tiny.py")
    nbformat.write(notebook, course / "notebooks" / "07_tiny.ipynb")
    return course


def test_help_is_quick_because_nothing_heavy_is_imported():
    code = (
        "import sys\nfrom gencourse.cli.main import main\nmain(['--help'], standalone_mode=False)\n"
        "assert not {'tensorflow', 'keras', 'numpy', 'papermill', 'nbconvert'} & set(sys.modules), 'heavy'"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    assert all(f"\n  {verb} " in result.stdout for verb in VERBS)


@pytest.mark.parametrize("verb", WRITTEN)
def test_every_verb_has_help_with_an_example(verb):
    result = call(verb, "--help")
    assert result.exit_code == 0
    assert f"gencourse {verb}" in result.output.split("Example:")[1]


def test_unknown_verb_and_option_exit_with_2():
    assert call("trian").exit_code == 2
    assert call("run", "--fast").exit_code == 2


@pytest.mark.parametrize(
    "verb", [("lab",), ("reset", "00"), ("run", "00"), ("test",), ("build", "00"), ("lock",), ("point", "a/b")]
)
def test_verbs_that_need_the_course_say_so(verb, monkeypatch):
    monkeypatch.setattr(repo, "find_root", lambda: None)
    result = call(*verb)
    assert result.exit_code == 1
    assert "works in the course's folder" in result.output


def test_lessons_are_found_by_number_and_name(built):
    (lesson,) = repo.lessons(built)
    assert repo.choose(built, ["7"]) == repo.choose(built, ["07", "07_tiny", "07_tiny.ipynb"]) == [lesson]
    assert lesson.notebook == built / "notebooks" / "07_tiny.ipynb"


def test_unknown_lesson_lists_those_there(built):
    result = call("run", "31")
    assert result.exit_code == 2
    assert "the lessons are: 07. Received: '31'" in result.output


def test_lab_copies_what_is_missing_and_never_a_learners_work(built):
    lessons, work = repo.lessons(built), built / "work"
    (copy,) = lab.make_copies(lessons, work)
    copy.write_text("my answers", encoding="utf-8")
    assert lab.make_copies(lessons, work) == []
    assert copy.read_text(encoding="utf-8") == "my answers"


def test_a_copy_asks_no_other_host_for_a_picture(built):
    path = built / "notebooks" / "07_tiny.ipynb"
    notebook = nbformat.read(path, as_version=4)
    notebook.cells[0].source += "\n[![Open in Colab](https://x.example/badge.svg)](https://y.example/07) ![a](b.png)"
    nbformat.write(notebook, path)
    (copy,) = lab.make_copies(repo.lessons(built), built / "work")
    copied = nbformat.read(copy, as_version=4)
    assert copied.cells[0].source.endswith("[Open in Colab](https://y.example/07) ![a](b.png)")
    assert copied.cells[1:] == notebook.cells[1:]


def test_texts_are_copied_to_where_lessons_in_work_link_to(tmp_path):
    (tmp_path / "docs").mkdir()
    text = "[lesson](../notebooks/01_gan.ipynb), [letters](NOTATION.md)"
    (tmp_path / "docs" / "GLOSSARY.md").write_text(text)
    (copy,) = lab.copy_texts(tmp_path, tmp_path / "work")
    assert copy == tmp_path / "work" / "docs" / "GLOSSARY.md"
    assert copy.read_text() == "[lesson](../01_gan.ipynb), [letters](NOTATION.md)"


def test_lab_listens_on_loopback_with_its_token(built):
    words = " ".join(lab.lab_command(built / "work", "07_tiny.ipynb", 8888, True))
    assert "--ServerApp.ip=127.0.0.1" in words
    assert "--no-browser" in words
    assert "token" not in words.lower()
    assert "password" not in words.lower()


def test_lab_starts_without_what_is_for_graders(tmp_path, monkeypatch):
    monkeypatch.setenv("JUPYTER_CONFIG_PATH", "/mine")
    environment = lab.lab_environment(tmp_path)
    assert environment["JUPYTER_CONFIG_PATH"] == os.pathsep.join([str(tmp_path / ".jupyter"), "/mine"])
    # Asked of Jupyter itself, which reads these files in a process of its own.
    code = (
        "import json; from jupyter_core.paths import jupyter_config_path as paths\n"
        "from jupyter_server.extension.config import ExtensionConfigManager as Manager\n"
        "from jupyterlab_server.config import get_static_page_config as page\n"
        "servers = Manager(read_config_path=paths()).get_jpserver_extensions()\n"
        "print(json.dumps([servers, page()['disabledExtensions']]))"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment)
    servers, pages = json.loads(result.stdout)
    assert [name for name, wanted in servers.items() if wanted and "nbgrader" in name] == []
    assert sum("nbgrader" in name for name in servers) >= 4
    assert servers["jupyterlab"]
    assert {"@jupyter/nbgrader", "@jupyterlab/apputils-extension:announcements"} <= pages.keys()


@pytest.mark.parametrize("way", ["option", "variable"])
def test_copies_may_stand_in_another_folder(built, tmp_path, monkeypatch, way):
    started, other = [], tmp_path / "elsewhere"
    monkeypatch.setattr(lab, "become", lambda command, environment: started.append(command) or 0)
    if way == "variable":
        monkeypatch.setenv("GENCOURSE_WORK", str(other))
    chosen = ("--work", other) if way == "option" else ()
    assert call("lab", "07", *chosen).exit_code == 0
    assert f"--ServerApp.root_dir={other}" in started[0]
    (other / "07_tiny.ipynb").write_text("my answers", encoding="utf-8")
    assert call("reset", "07", *chosen).exit_code == 0
    assert (other / "07_tiny.before-reset-1.ipynb").read_text(encoding="utf-8") == "my answers"
    assert not (built / "work").exists()


def test_reset_makes_new_and_keeps_the_old(built):
    (copy,) = lab.make_copies(repo.lessons(built), built / "work")
    copy.write_text("my answers", encoding="utf-8")
    for count in (1, 2):
        result = call("reset", "07")
        assert result.exit_code == 0, result.output
        assert copy.read_bytes() == (built / "notebooks" / "07_tiny.ipynb").read_bytes()
        assert (built / "work" / f"07_tiny.before-reset-{count}.ipynb").exists()
    assert (built / "work" / "07_tiny.before-reset-1.ipynb").read_text(encoding="utf-8") == "my answers"


def test_build_executes_the_source_into_a_tidy_notebook(course):
    result = call("build", "07")
    assert result.exit_code == 0, result.output
    path = course / "notebooks" / "07_tiny.ipynb"
    notebook = nbformat.read(path, as_version=4)
    assert notebooks.cells(notebook) == notebooks.cells(notebooks.read_source(course / "notebooks/source/07_tiny.py"))
    assert notebooks.faults(notebook, path.stat().st_size) == []
    assert notebook.cells[2].outputs[0].text == "epochs 2\n"
    assert set(notebook.metadata) == {"gencourse", "kernelspec", "language_info"}
    first = path.read_bytes()
    assert call("build", "--all").exit_code == 0
    assert path.read_bytes() == first, "the same source gives the same bytes"


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        ("raise KeyError('gone')", "KeyError"),
        ("print('oh', file=sys.stderr)", "wrote to stderr: oh"),
        ("print(open)\nprint(object())", "address"),
    ],
)
def test_build_keeps_the_old_notebook_when_something_is_wrong(built, cell, words):
    old = (built / "notebooks" / "07_tiny.ipynb").read_bytes()
    (built / "notebooks" / "source" / "07_tiny.py").write_text(f"{TINY}\n# %%\n{cell}\n", encoding="utf-8")
    result = call("build", "07")
    assert result.exit_code == 1
    assert words in result.output
    assert (built / "notebooks" / "07_tiny.ipynb").read_bytes() == old
    assert [path.name for path in (built / "notebooks").glob("*.part")] == []


def test_run_writes_a_notebook_a_page_and_one_line_of_json(built):
    result = call("run", "07", "--set", "EPOCHS=3", "--json")
    assert result.exit_code == 0, result.output
    (line,) = result.stdout.splitlines()
    (done,) = json.loads(line)["runs"]
    assert (built / "runs" / "07_tiny.ipynb").is_file()
    assert "epochs 3" in (built / "runs" / "07_tiny.html").read_text(encoding="utf-8")
    assert done["results"][0]["claim"] == "frechet"
    assert "frechet  1.25   1.5       2      ok" in result.stderr


def test_run_shows_the_failing_cell_and_exits_with_1(built):
    result = call("run", "07", "--set", "EPOCHS=6")
    assert result.exit_code == 1
    assert "if EPOCHS > 5:" in result.output
    assert "ValueError: 6 epochs are too many" in result.output
    assert "\x1b[" not in result.output


@pytest.mark.parametrize(
    ("pair", "words"), [("EPOCHS", "NAME=VALUE"), ("2=3", "NAME=VALUE"), ("STEPS=3", "parameters are: EPOCHS")]
)
def test_run_refuses_settings_before_anything_runs(built, pair, words):
    result = call("run", "07", "--set", pair)
    assert result.exit_code == 2
    assert words in result.output
    assert not (built / "runs").exists()


def test_settings_are_literals_or_text():
    settings = run.parse_settings(["A=3", "B=0.5", "C=ring", "D=None", "E=a=b", "F="])
    assert settings == {"A": 3, "B": 0.5, "C": "ring", "D": None, "E": "a=b", "F": ""}


def test_test_stage_fails_when_a_notebook_fails(built):
    result = call("test", "--only", "notebooks", "--network", "--json")
    assert result.exit_code == 0, result.output
    summary = json.loads(result.stdout)
    assert summary["results"][0]["claim"] == "frechet"
    path = built / "notebooks" / "07_tiny.ipynb"
    path.write_text(path.read_text(encoding="utf-8").replace("EPOCHS = 2", "EPOCHS = 9"), encoding="utf-8")
    result = call("test", "--only", "notebooks", "--network")
    assert result.exit_code == 1
    assert "failed" in result.output


COLAB = "https://colab.research.google.com/github/{}/blob/{}/notebooks/07_tiny.ipynb"


def test_point_changes_every_address_and_comes_back(built):
    texts = {
        "README.md": f"[x]({COLAB.format('ada/course', 'main')}) github.com/ada/course and github.com/ada/course-2",
        "notebooks/source/07_tiny.py": point.badge("notebooks/07_tiny.ipynb", "ada/course", "main"),
        "notebooks/07_tiny.ipynb": json.dumps({"source": point.setup_cell("ada/course", "main")}),
    }
    for name, text in texts.items():
        (built / name).write_text(text, encoding="utf-8")
    before = {name: (built / name).read_bytes() for name in [*texts, "pyproject.toml"]}
    result = call("point", "uni-lab/gen_course", "--branch", "spring/26")
    assert result.exit_code == 0, result.output
    new = ("uni-lab/gen_course", "spring/26")
    assert repo.settings(built) == {"repository": new[0], "branch": new[1]}
    readme = (built / "README.md").read_text(encoding="utf-8")
    assert COLAB.format(*new) in readme
    assert readme.endswith(" github.com/uni-lab/gen_course and github.com/ada/course-2")
    assert (built / "notebooks/source/07_tiny.py").read_text(encoding="utf-8") == point.badge(
        "notebooks/07_tiny.ipynb", *new
    )
    notebook = json.loads((built / "notebooks/07_tiny.ipynb").read_text(encoding="utf-8"))
    assert notebook["source"] == point.setup_cell(*new)
    assert '[tool.other]\nbranch = "b"' in (built / "pyproject.toml").read_text(encoding="utf-8")
    assert call("point", "ada/course", "--branch", "main").exit_code == 0
    assert {name: (built / name).read_bytes() for name in before} == before


def test_point_fills_the_placeholders_of_a_new_source(course):
    source = course / "notebooks/source/07_tiny.py"
    source.write_text("# %% [markdown]\n# # 07\n# @BADGE@\n\n# %%\n# @SETUP@\n", encoding="utf-8")
    assert call("point").exit_code == 0
    first, setup = notebooks.read_source(source).cells
    assert first.source.splitlines()[1] == point.badge("notebooks/07_tiny.ipynb", "ada/course", "main")
    assert setup.source == point.setup_cell("ada/course", "main")


@pytest.mark.parametrize(
    "arguments", [("course",), ("a/b/c",), ("a b/c",), ("-x/y",), ("a/b", "--branch", "x y"), ("a/b", "--branch", 'x"')]
)
def test_point_refuses_what_is_no_repository(built, arguments):
    before = (built / "pyproject.toml").read_bytes()
    assert call("point", *arguments).exit_code == 2
    assert (built / "pyproject.toml").read_bytes() == before
