"""Run sheets: docs/instructors/NN.md says what each section of a lesson is for, and how many minutes it gets.

A sheet is read by people first. Its form: a heading of level 1; some lines about the whole lesson; then for each
section of the notebook `## SECTION (N minutes)` with what to say. The section of the exercises has a table of points,
whose rows begin with `| 01.2 |` and end with the points.
"""

import re
from dataclasses import dataclass

import click

SECTION = re.compile(r"(?m)^## (.+?) \((\d+) minutes?\)\n")
POINTS = re.compile(r"(?m)^\| (\d\d\.\d+) \|.*\| (\d+) \|$")
OUTSIDE = ("What you may turn", "What to read next")  # sections that need no time of their own


@dataclass(frozen=True)
class Sheet:
    """One lesson's run sheet.

    Attributes:
        title: its first line.
        about: Markdown about the whole lesson.
        minutes: {section: minutes}, in order.
        notes: {section: Markdown}.
        points: {exercise: points}.
    """

    title: str
    about: str
    minutes: dict
    notes: dict
    points: dict


def sheet_path(root, number):
    return root / "docs" / "instructors" / f"{number}.md"


def read_sheet(root, number):
    """The run sheet of one lesson.

    Raises: click.ClickException: when there is none.
    """
    path = sheet_path(root, number)
    if not path.is_file():
        raise click.ClickException(f"lesson {number} has no run sheet yet: {path.relative_to(root)}")
    return parse(path.read_text(encoding="utf-8"))


def parse(text):
    """A Sheet from its text."""
    head, *rest = SECTION.split(text)
    title, _, about = head.strip().partition("\n")
    names, minutes, notes = rest[::3], rest[1::3], [note.strip() for note in rest[2::3]]
    return Sheet(
        title.removeprefix("# "),
        about.strip(),
        dict(zip(names, map(int, minutes), strict=True)),
        dict(zip(names, notes, strict=True)),
        {name: int(points) for name, points in POINTS.findall(text)},
    )


def sections(notebook):
    """The headings of level 2 of a notebook, in order, with the cell in which each stands: [(heading, index)]."""
    return [
        (heading, index)
        for index, cell in enumerate(notebook.cells)
        if cell.cell_type == "markdown"
        for heading in re.findall(r"(?m)^## (.+)$", cell.source)
    ]
