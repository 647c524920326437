"""The instructor's notebook: a lesson with its outputs, what to say before each section, and the solutions."""

from gencourse.cli import repo
from gencourse.cli.classroom import assignments, sheets


def note_cell(heading, minutes, note):
    """A cell that tells the instructor about one section; in slides it becomes a speaker note."""
    from nbformat.v4 import new_markdown_cell

    quoted = "\n".join(f"> {line}".rstrip() for line in f"**{heading}: {minutes} minutes.**\n\n{note}".split("\n"))
    return new_markdown_cell(quoted, metadata={"tags": ["speaker-notes"], "slideshow": {"slide_type": "notes"}})


def make_instructor(lesson, sheet):
    """The instructor's notebook of one lesson.

    Args: lesson: a repo.Lesson; sheet: its sheets.Sheet.
    Returns: a notebook; outputs are those of the built lesson and its built solutions.
    """
    import nbformat

    taught = nbformat.read(repo.need_notebook(lesson), as_version=4)
    places = {index: heading for heading, index in sheets.sections(taught)}
    cells = [note_cell("The whole lesson", sum(sheet.minutes.values()), sheet.about)]
    for index, cell in enumerate(taught.cells):
        cells.append(cell)
        heading = places.get(index)
        if heading in sheet.notes:
            cells.append(note_cell(heading, sheet.minutes[heading], sheet.notes[heading]))
    solutions = lesson.notebook.parent / "solutions" / lesson.notebook.name
    if solutions.is_file():
        solved = nbformat.read(solutions, as_version=4)
        found = assignments.exercise_cells(solved).values()
        cells += [cell for cell in solved.cells if "setup" not in cell.metadata.get("tags", ())] if found else []
    seen = set()
    for index, cell in enumerate(cells):
        cell["id"] = cell["id"] if cell.get("id") and cell["id"] not in seen else f"instructor-{index}"
        seen.add(cell["id"])
    taught.cells = cells
    return taught
