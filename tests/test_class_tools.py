"""Run sheets, assignments of every lesson, slides, and what a room without internet needs."""

import ast
import hashlib
import re
import socket
import zipfile
from pathlib import Path

import nbformat
import pytest
from click.testing import CliRunner
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from packaging.markers import Marker

from gencourse.cli import lock, repo
from gencourse.cli.classroom import assignments, preflight, sheets, slides, wheelhouse
from gencourse.cli.classroom.names import names_of, pieces_for, statements
from gencourse.cli.main import main

ROOT = Path(__file__).parents[1]
LESSONS = [lesson for lesson in repo.lessons(ROOT) if not lesson.is_solution and lesson.notebook.is_file()]
each = pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.name)
GUIDE = ROOT / "docs" / "INSTRUCTORS.md"


@each
def test_a_run_sheet_has_the_lessons_sections_and_points(lesson):
    assert sheets.sheet_path(ROOT, lesson.number).is_file(), f"write docs/instructors/{lesson.number}.md"
    sheet = sheets.read_sheet(ROOT, lesson.number)
    notebook = nbformat.read(lesson.notebook, as_version=4)
    assert list(sheet.minutes) == [name for name, _ in sheets.sections(notebook) if name not in sheets.OUTSIDE]
    assert sheet.points.keys() == assignments.exercise_cells(notebook).keys()
    assert all(sheet.notes.values())
    assert "If time is short" in sheet.about
    (said,) = re.findall(r"bout (\d+) minutes", sheet.about)
    assert int(said) == sum(sheet.minutes.values())


def test_the_guide_lists_every_sheet_with_its_minutes_and_points():
    rows = re.findall(r"(?m)^\| \[(\d\d) .*\]\(instructors/(\d\d)\.md\) \| (\d+) \| .* \| (\d+) \|$", GUIDE.read_text())
    written = {path.stem: sheets.read_sheet(ROOT, path.stem) for path in (ROOT / "docs/instructors").glob("*.md")}
    wanted = {name: (sum(sheet.minutes.values()), sum(sheet.points.values())) for name, sheet in written.items()}
    assert {number: (int(minutes), int(points)) for number, _, minutes, points in rows} == wanted
    assert all(number == link for number, link, *_ in rows)


def test_the_guide_names_commands_that_exist():
    for verb in set(re.findall(r"gencourse (class [a-z]+|[a-z]+)", GUIDE.read_text(encoding="utf-8"))):
        result = CliRunner().invoke(main, [*verb.split(), "--help"])
        assert result.exit_code == 0, verb


@each
def test_every_lesson_can_become_an_assignment(lesson):
    taught, solved = assignments.read_pair(lesson)
    sheet = sheets.read_sheet(ROOT, lesson.number)
    source = assignments.make_source(taught, solved, sheet.points)
    nbformat.validate(source)
    checks = [cell for cell in source.cells if cell.metadata.get("nbgrader", {}).get("grade")]
    assert {cell.metadata["nbgrader"]["points"] for cell in checks} <= {2, 3}
    assert len(checks) == len(sheet.points)
    text = "\n".join(cell.source for cell in source.cells)
    assert "notebooks/solutions" not in text
    assert "**Points.**" in text
    for cell in source.cells:
        if cell.metadata.get("nbgrader", {}).get("solution"):
            ast.parse(cell.source)
            starter, solution = cell.source.split(assignments.BEGIN)
            assert "check(" not in starter + solution.replace("expect_right", "")


def test_points_must_fit_the_exercises():
    taught, solved = assignments.read_pair(LESSONS[0])
    with pytest.raises(Exception, match="must be the same"):
        assignments.make_source(taught, solved, {"00.1": 2})


@pytest.mark.parametrize(
    ("code", "made", "needed"),
    [
        ("import numpy as np\nx = np.ones(n)", {"np", "x"}, {"n"}),
        ("def f(a, b=c):\n    return a + g(b)", {"f"}, {"c", "g"}),
        ("def f():\n    return g()\ndef g():\n    return 1", {"f", "g"}, set()),
        ("total += 1", {"total"}, {"total"}),
        ("for i in rows:\n    total += i", {"i", "total"}, {"rows", "total"}),
        ("y = [a * k for a in rows]", {"y"}, {"k", "rows"}),
        ("y = y + 1", {"y"}, {"y"}),
        ("def broken(:", set(), set()),
    ],
)
def test_names_of_code(code, made, needed):
    names = names_of(code)
    assert (names.made, names.needed) == (made, needed)


def test_pieces_that_a_name_stands_on():
    earlier = ["a = 1", "b = 2", "a += 1", "def f(x):\n    return x + a", "c = f(b)"]
    assert pieces_for({"f"}, earlier) == [0, 2, 3]
    assert pieces_for({"c"}, earlier) == [0, 1, 2, 3, 4]
    assert pieces_for({"f"}, earlier, given={"a"}) == [3]


def test_statements_keep_their_decorators():
    assert statements("@wrap\ndef f():\n    return 1\n\nx = 1") == ["@wrap\ndef f():\n    return 1", "x = 1"]


def test_a_solution_brings_its_helpers_and_its_answer():
    solutions = new_notebook(
        cells=[
            new_code_cell("import math\n\ndef helper(x):\n    return math.sqrt(x)\n\nunused = 1"),
            new_code_cell('root = helper(16)\nexpect_right(check("99.1", root + 1))'),
        ]
    )
    lines = assignments.solution_of(solutions, 1, "99.1", "answer", {"math"})
    assert lines == "def helper(x):\n    return math.sqrt(x)\nroot = helper(16)\nanswer = root + 1"


# ---------------------------------------------------------------- grading


def test_grading_runs_answers_and_what_they_use():
    grading = pytest.importorskip("gencourse.cli.classroom.grading", exc_type=ImportError)

    def lesson(source, **metadata):
        return new_code_cell(source, metadata={"gencourse": {"lesson": True}, **metadata})

    notebook = new_notebook(
        cells=[
            lesson("print('ready')", tags=["setup"]),
            lesson("import numpy as np"),
            lesson("def helper(x):\n    return np.sqrt(x)"),
            lesson("model.fit(stream, epochs=3)"),
            lesson("def train_step():\n    return 'the lesson’s own'"),
            new_code_cell("train_step = helper", metadata=assignments.metadata("answer", "99.1", solution=True)),
            new_code_cell("check('99.1', train_step)", metadata=assignments.metadata("check", "99.1", grade=True)),
            new_code_cell("mine = 1"),
            new_code_cell("model.fit(stream, epochs=3)"),
            lesson("progress()"),
        ]
    )
    assert grading.cells_to_run(notebook) == {0, 1, 2, 5, 6, 7}


# ---------------------------------------------------------------- slides


def deck(*cells):
    sheet = sheets.parse("# 99\n\nAbout 7 minutes.\n\n## 1 · First (7 minutes)\n\n**Say.** Hello.\n")
    return slides.make_deck(new_notebook(cells=list(cells)), sheet)


def test_slides_are_cut_at_sections_and_pictures():
    picture = new_output("display_data", {"image/png": "AAAA", "text/plain": "<Figure>"})
    code = new_code_cell("draw()", outputs=[picture])
    made = deck(
        new_markdown_cell("# 99 · Title\n\n**One idea.** So it is."),
        new_code_cell("import numpy as np"),
        new_markdown_cell("## 1 · First\n\nA formula $a_1$ and `code $x$`."),
        code,
        new_markdown_cell("What the picture shows.\n\n" + "Longer. " * 60),
    )
    assert [slide.starts for slide in made] == [True, True, False, False]
    assert "7 minutes" in made[1].notes
    text = "".join(made[1].blocks)
    assert "<math" in text
    assert "$a_1$" not in text
    assert "code $x$" in text
    assert "<img" in made[2].blocks[0]
    assert "What the picture shows" in made[2].blocks[1]
    assert "import numpy" not in "".join(block for slide in made for block in slide.blocks)


def test_long_code_is_folded_and_long_output_cut():
    long_text = new_output("stream", name="stdout", text="\n".join(map(str, range(50))))
    (slide, *_) = deck(new_code_cell("\n".join(f"x{i} = {i}" for i in range(30)), outputs=[long_text]))
    assert "<details><summary>Code, 30 lines" in slide.blocks[0]
    assert "and 34 lines more" in "".join(block for each in [slide, *_] for block in each.blocks)


@pytest.mark.parametrize("number", ["01"])
def test_slides_of_a_lesson_need_no_other_host(number, tmp_path):
    result = CliRunner().invoke(main, ["class", "slides", number, "--out", str(tmp_path)])
    assert result.exit_code == 0, result.output
    text = next(tmp_path.glob("*.html")).read_text(encoding="utf-8")
    assert text.count("<section") > 40
    fetched = re.findall(r"""(?:src|href)="(?!data:|#)([^"]+)""", re.sub(r"<a [^>]*>", "", text))
    assert fetched == []
    assert "@import" not in text
    assert "formula-fault" not in text
    assert "<aside>" in text
    assert not re.search(r"@(TITLE|SLIDES|HIGHLIGHT)@", text)


# ---------------------------------------------------------------- a room without internet

LOCK = (ROOT / lock.LOCK).read_text(encoding="utf-8")


@pytest.mark.parametrize("patch", wheelhouse.PATCHES)
@pytest.mark.parametrize("python", wheelhouse.PYTHONS)
@pytest.mark.parametrize("platform", wheelhouse.PLATFORMS)
def test_a_wheelhouse_holds_the_pins_of_its_machine(platform, python, patch):
    machine = {
        **wheelhouse.PLATFORMS[platform][1],
        "python_version": python,
        "python_full_version": f"{python}.{patch}",
    }
    machine |= {"implementation_name": "cpython", "platform_python_implementation": "CPython"}
    wanted = {
        name: (version, hashes)
        for name, version, marker, hashes in lock.read_lock(LOCK)
        if not marker or Marker(marker).evaluate(machine)
    }
    pins = wheelhouse.pins_for(LOCK, platform, python, patch)
    assert pins.keys() == wanted.keys()
    for name, (version, hashes) in wanted.items():
        assert pins[name].startswith(f"{name}=={version} \\\n")
        assert pins[name].count("--hash=sha256:") == hashes
        assert ";" not in pins[name]


def test_any_patch_of_a_python_finds_its_pins():
    """Markers may draw a line within a Python; the first and the last patch together have what those between need."""

    def pins(*machine):
        return set(wheelhouse.pins_for(LOCK, *machine).values())

    for platform in wheelhouse.PLATFORMS:
        for python in wheelhouse.PYTHONS:
            held = {pin for patch in wheelhouse.PATCHES for pin in pins(platform, python, patch)}
            assert all(pins(platform, python, patch) <= held for patch in range(3, 16, 3))


def test_missing_packages_are_found_by_their_hash(tmp_path):
    wheel = tmp_path / "some_thing-1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("some_thing.py", "")
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    pins = {"some-thing": f"some-thing==1.0 \\\n    --hash=sha256:{digest}", "other": "other==2.0 \\\n    --hash=x"}
    assert wheelhouse.missing(pins, tmp_path) == ["other"]
    wheel.write_bytes(wheel.read_bytes()[:-5])
    assert wheelhouse.missing(pins, tmp_path) == ["some-thing", "other"]


@pytest.mark.parametrize("platform", wheelhouse.PLATFORMS)
def test_the_installer_is_python_that_old_pythons_can_read(platform):
    text = wheelhouse.INSTALL.format(platform=platform, python="3.12")
    ast.parse(text, feature_version=(3, 7))
    assert "PIP_NO_INDEX" in text
    assert "://" not in text


def test_the_course_is_copied_without_what_a_learner_does_not_need(tmp_path):
    root = tmp_path / "root"
    for name in (
        "start.py",
        "gencourse/__init__.py",
        "gencourse/__pycache__/x.pyc",
        "notebooks/00.ipynb",
        "tests/t.py",
    ):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("")
    wheelhouse.copy_course(root, tmp_path / "course")
    found = {
        path.relative_to(tmp_path / "course").as_posix() for path in (tmp_path / "course").rglob("*") if path.is_file()
    }
    assert found == {"start.py", "gencourse/__init__.py", "notebooks/00.ipynb"}


def test_a_taken_port_is_passed_over():
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as channel:
        channel.bind(("127.0.0.1", 0))
        channel.listen()
        taken = channel.getsockname()[1]
        (line,) = preflight.check_ports(taken, 3)
        assert line["ok"]
        assert f"({taken} is taken)" in line["found"]
        (line,) = preflight.check_ports(taken, 1)
        assert not line["ok"]


def test_a_wheelhouse_without_the_packages_is_refused(tmp_path):
    (line,) = preflight.check_wheelhouse(tmp_path)
    assert not line["ok"]
    assert line["advice"]


def test_a_list_stays_with_the_words_that_lead_to_it():
    text = "# Title\n\n- an item\n\nEnd.\n\n- two\n\nAfter this lesson you can\n\n- do this;\n- do that.\n\nIt ends."
    found = slides.blocks_of(text)
    assert found[-2:] == ["After this lesson you can\n\n- do this;\n- do that.", "It ends."]
    assert found[:4] == ["# Title", "- an item", "End.", "- two"]
