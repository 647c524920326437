"""`gencourse class make`: a folder that nbgrader releases, collects and grades, and notebooks for the instructor."""

import logging
from pathlib import Path

import click

from gencourse.cli import notebooks, output, repo
from gencourse.cli.classroom import assignments, sheets
from gencourse.cli.classroom.speaker import make_instructor

CONFIG = """\
# Written by `gencourse class make`; your own settings may follow below.
import os
import sys

from gencourse.cli.classroom.grading import ClearAnswers, ExecuteAnswers
from nbgrader.converters import Autograde
from nbgrader.preprocessors import ClearOutput, Execute

c = get_config()
os.environ["PATH"] = os.path.dirname(sys.executable) + os.pathsep + os.environ.get("PATH", "")  # nbgrader calls alembic
c.CourseDirectory.course_id = {course!r}
c.ClearSolutions.code_stub = {{"python": {stub!r}}}
c.Execute.timeout = 240  # seconds for one cell

# Answers and checks are executed, and of the lesson only what they use.
replaced = {{Execute: ExecuteAnswers, ClearOutput: ClearAnswers}}
for name in ("sanitize_preprocessors", "autograde_preprocessors"):
    usual = Autograde.class_traits()[name].default()
    setattr(c.Autograde, name, [replaced.get(step, step) for step in usual])
"""

NEXT = """\
# {title}

Lessons {lessons}. Everything here was written by `gencourse class make`; run these commands in this folder.

- `release/` is for students. Hand it out as it is, or let an exchange do it: `nbgrader release_assignment lesson_NN`.
- `instructor/` is for you: each lesson with its outputs, the solutions, and what to say (also as slides, with
  `gencourse class slides NN`).
- Put what students hand in into `submitted/STUDENT/lesson_NN/`, with its file name unchanged, or run
  `nbgrader collect lesson_NN`.
- `nbgrader autograde lesson_NN`, then `nbgrader generate_feedback lesson_NN`, then `nbgrader export`: `grades.csv`.

`nbgrader` is in the course's environment: `.venv/bin/nbgrader` (Windows: `.venv\\Scripts\\nbgrader`).

| exercise | points |
|---|---|
{points}
"""


def load_config(folder):
    """nbgrader's settings of a class's folder, as a traitlets Config."""
    from traitlets.config import PyFileConfigLoader

    config = PyFileConfigLoader("nbgrader_config.py", path=str(folder)).load_config()
    config.CourseDirectory.root = str(folder)
    return config


def open_course(folder):
    """nbgrader's own API on a class's folder.

    Raises: click.ClickException: when nbgrader is not installed.
    """
    try:
        from nbgrader.apps import NbGraderAPI
        from nbgrader.coursedir import CourseDirectory
    except ImportError:
        raise click.ClickException("nbgrader is not installed; python3 start.py installs it.") from None
    logging.getLogger("traitlets").setLevel(logging.ERROR)
    config = load_config(folder)
    return NbGraderAPI(CourseDirectory(config=config), config=config)


def release(course, name):
    """Let nbgrader make the students' version of one assignment.

    Raises: click.ClickException: with nbgrader's words when it refuses.
    """
    result = course.generate_assignment(name, force=True, create=True)
    if not result["success"]:
        words = "\n".join(filter(None, (result.get("log"), result.get("error")))) or "no reason given"
        raise click.ClickException(f"nbgrader could not make {name}:\n{words.strip()}")


def write_notebook(path, notebook):
    output.write_whole(path, notebooks.to_text(notebook))


def make_lesson(root, lesson, folder, course):
    """Write one lesson's assignment and instructor's notebook. Returns: its points."""
    sheet = sheets.read_sheet(root, lesson.number)
    taught, solved = assignments.read_pair(lesson)
    name = f"lesson_{lesson.number}"
    write_notebook(
        folder / "source" / name / lesson.notebook.name, assignments.make_source(taught, solved, sheet.points)
    )
    write_notebook(folder / "instructor" / name / lesson.notebook.name, make_instructor(lesson, sheet))
    release(course, name)
    return sheet.points


@click.command()
@click.argument("more", nargs=-1, metavar="[NN]...")
@click.option("--lessons", "first", required=True, metavar="NN...", help="The lessons of this class.")
@click.option("--out", "folder", required=True, type=click.Path(file_okay=False, path_type=Path), help="Where to.")
@click.option("--name", "course_id", default="gencourse", show_default=True, help="The course's name for nbgrader.")
@click.option("--json", "json_mode", is_flag=True, help="One line of JSON on stdout; the rest on stderr.")
def make(first, more, folder, course_id, json_mode):
    """Make a release for a class: student notebooks without solutions, instructor notebooks, points, and a gradebook.

    Run it again to renew it; submissions and grades stay.

    Example: gencourse class make --lessons 01 02 --out my-class
    """
    root = repo.root_for("class make")
    chosen = repo.choose(root, [*first.replace(",", " ").split(), *more])
    folder = folder.resolve()
    settings = folder / "nbgrader_config.py"
    if not settings.is_file():
        output.write_whole(settings, CONFIG.format(course=course_id, stub=assignments.STUB))
    course = open_course(folder)
    points = {}
    for lesson in chosen:
        click.echo(f"making lesson {lesson.number}", err=True)
        points |= make_lesson(root, lesson, folder, course)
    rows = "\n".join(f"| {name} | {count} |" for name, count in points.items())
    names = ", ".join(lesson.number for lesson in chosen)
    output.write_whole(folder / "README.md", NEXT.format(title=course_id, lessons=names, points=rows))
    output.say(output.table(points.items(), ("exercise", "points")), json_mode=json_mode)
    output.say(
        f"\n{sum(points.values())} points. What to do next stands in {folder / 'README.md'}", json_mode=json_mode
    )
    if json_mode:
        output.emit_json({"ok": True, "folder": str(folder), "points": points})
