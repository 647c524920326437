"""A release for a class, made and graded by nbgrader: a perfect, an empty, a wrong and a crashing submission."""

import csv
import re
import shutil
import time
from pathlib import Path

import nbformat
import pytest
from click.testing import CliRunner

from gencourse.cli import notebooks, repo
from gencourse.cli.classroom import assignments, make, sheets
from gencourse.cli.main import main

pytest.importorskip("nbgrader")

ROOT = Path(__file__).parents[1]
LESSONS = [lesson for lesson in repo.lessons(ROOT) if not lesson.is_solution]
RELEASED = ("01", "02")
STUDENTS = ("perfect", "empty", "wrong", "crashing")


def invoke(*words):
    result = CliRunner().invoke(main, [str(word) for word in words])
    assert result.exit_code == 0, result.output
    return result.output


def answers(notebook):
    return {
        cell.metadata["nbgrader"]["grade_id"]: cell
        for cell in notebook.cells
        if cell.metadata.get("nbgrader", {}).get("solution")
    }


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A class's folder with lessons 01 and 02."""
    out = tmp_path_factory.mktemp("class") / "spring"
    invoke("class", "make", "--lessons", *RELEASED, "--out", out)
    return out


def versions(folder, number):
    """(the instructor's source, the students' version) of an assignment."""
    return [
        nbformat.read(next((folder / kind / f"lesson_{number}").glob("*.ipynb")), as_version=4)
        for kind in ("source", "release")
    ]


@pytest.mark.parametrize("number", RELEASED)
def test_students_get_starters_and_no_solutions(folder, number):
    source, release = versions(folder, number)
    sheet = sheets.read_sheet(ROOT, number)
    lesson = next(lesson for lesson in LESSONS if lesson.number == number)
    taught = notebooks.read_source(lesson.source)
    text = "\n".join(cell.source for cell in release.cells)
    assert not re.search("BEGIN|END SOLUTION|HIDDEN|notebooks/solutions|colab-badge", text)
    assert all(not cell.get("outputs") for cell in release.cells)
    solved, given = answers(source), answers(release)
    assert len(given) == len(sheet.points) == 5
    for name, index in assignments.exercise_cells(taught).items():
        starter, _ = assignments.split_check(taught.cells[index].source, name)
        handed_out = given[f"answer-{name.replace('.', '-')}"].source
        assert handed_out.startswith(starter)
        solution = solved[f"answer-{name.replace('.', '-')}"].source.removeprefix(starter)
        lines = [line for line in solution.splitlines() if len(line.strip()) > 12 and not line.startswith("###")]
        assert lines
        assert not [line for line in lines if line in text and line not in "\n".join(c.source for c in taught.cells)]
    assert f"together {sum(sheet.points.values())}" in text


@pytest.mark.parametrize("number", RELEASED)
def test_the_instructors_notebook_has_notes_outputs_and_solutions(folder, number):
    notebook = nbformat.read(next((folder / "instructor" / f"lesson_{number}").glob("*.ipynb")), as_version=4)
    nbformat.validate(notebook)
    notes = [cell for cell in notebook.cells if "speaker-notes" in cell.metadata.get("tags", ())]
    assert len(notes) == 1 + len(sheets.read_sheet(ROOT, number).minutes)
    assert any(output.get("data", {}).get("image/png") for cell in notebook.cells for output in cell.get("outputs", ()))
    assert "expect_right" in "\n".join(cell.source for cell in notebook.cells)


def answer(student, name, cell, solved):
    """What a student writes into an answer cell."""
    if student == "perfect":
        cell.source = re.sub("### (BEGIN|END) SOLUTION\n?", "", solved[name].source)
    if student == "wrong":  # the right kind of thing, and not right
        made = {"answer-01-1": "slope_minimax, slope_non_saturating = 1.0, 1.0"}
        cell.source = made.get(name, cell.source)
    if student == "crashing":
        if name == "answer-01-2":
            cell.source = "raise RuntimeError('on purpose')"
        elif name == "answer-01-3":
            cell.source = "def build_networks(latent_size:"  # no Python
        elif name == "answer-01-5":
            cell.source = re.sub("### (BEGIN|END) SOLUTION\n?", "", solved[name].source)


def hand_in(folder, student, number):
    source, release = versions(folder, number)
    for name, cell in answers(release).items():
        answer(student, name, cell, answers(source))
    if student == "wrong":  # what a student may try, or do by mistake
        cells = {cell.metadata.get("nbgrader", {}).get("grade_id"): cell for cell in release.cells}
        cells["check-01-2"].source = "print('all is well')"
        cells["answer-01-4"].source += "\ncheck = lambda *anything: True"
    target = folder / "submitted" / student / f"lesson_{number}" / f"{name_of(number)}.ipynb"
    target.parent.mkdir(parents=True)
    nbformat.write(release, target)


def name_of(number):
    return next(lesson.name for lesson in LESSONS if lesson.number == number)


@pytest.fixture(scope="module")
def graded(folder):
    """{(student, lesson): (score, {check: points}, seconds)} after nbgrader has graded every submission."""
    course, found = make.open_course(folder), {}
    for student, number in [*((student, "01") for student in STUDENTS), ("perfect", "02")]:
        hand_in(folder, student, number)
        began = time.perf_counter()
        result = course.autograde(f"lesson_{number}", student)
        assert result["success"], result
        with course.gradebook as gradebook:
            submission = gradebook.find_submission(f"lesson_{number}", student)
            grades = {grade.name: grade.score for notebook in submission.notebooks for grade in notebook.grades}
            found[student, number] = (submission.score, grades, time.perf_counter() - began)
    return found


@pytest.mark.parametrize("number", RELEASED)
def test_a_perfect_submission_gets_all_points(graded, number):
    score, grades, _ = graded["perfect", number]
    points = sheets.read_sheet(ROOT, number).points
    assert grades == {f"check-{name.replace('.', '-')}": value for name, value in points.items()}
    assert score == sum(points.values())


def test_empty_and_wrong_submissions_get_none(graded):
    assert graded["empty", "01"][0] == 0
    assert graded["wrong", "01"][0] == 0


def test_a_crash_costs_its_own_points_only(graded):
    score, grades, _ = graded["crashing", "01"]
    assert {name for name, points in grades.items() if points} == {"check-01-5"}
    assert score == sheets.read_sheet(ROOT, "01").points["01.5"]


def test_feedback_says_why_and_the_lesson_was_not_trained(graded, folder):
    course = make.open_course(folder)
    assert course.generate_feedback("lesson_01", "wrong")["success"]
    page = (folder / "feedback" / "wrong" / "lesson_01" / f"{name_of('01')}.html").read_text(encoding="utf-8")
    assert "01.1 not yet" in page
    autograded = folder / "autograded" / "wrong" / "lesson_01" / f"{name_of('01')}.ipynb"
    executed = nbformat.read(autograded, as_version=4)
    trained = [cell for cell in executed.cells if cell.cell_type == "code" and ".fit(" in cell.source]
    assert trained
    assert not any(cell.execution_count for cell in trained)


def test_grades_are_exported(graded, folder, monkeypatch):
    from nbgrader.plugins import CsvExportPlugin

    target = folder / "grades.csv"
    plugin = CsvExportPlugin()
    plugin.to = str(target)
    with make.open_course(folder).gradebook as gradebook:
        plugin.export(gradebook)
    with target.open(encoding="utf-8") as file:
        rows = {(row["student_id"], row["assignment"]): float(row["score"]) for row in csv.DictReader(file)}
    assert rows["perfect", "lesson_01"] == graded["perfect", "01"][0]
    assert rows["wrong", "lesson_01"] == 0


def test_making_it_again_keeps_grades(graded, folder, tmp_path):
    copy = tmp_path / "copy"
    shutil.copytree(folder, copy)
    invoke("class", "make", "--lessons", "01", "--out", copy)
    with make.open_course(copy).gradebook as gradebook:
        assert gradebook.find_submission("lesson_01", "perfect").score == graded["perfect", "01"][0]
