"""A lesson as nbgrader's source notebook: each exercise becomes an answer cell with its solution and a graded check."""

import ast
import re

import click

from gencourse.cli import notebooks
from gencourse.cli.classroom.names import names_of, pieces_for, statements

BEGIN, END = "### BEGIN SOLUTION", "### END SOLUTION"
STUB = "# Your turn: change the lines above, or write below."
CHECK = re.compile(r'check\(\s*"(\d\d\.\d+)"')
BADGE_LINE = re.compile(r"(?m)^\[!\[Open in Colab\].*\n\n?")
LINK_TO_FILE = re.compile(r"(?<!!)\[([^\]\n]+)\]\((?!https?:|#)[^)\s]+\)")  # leads nowhere outside the course's folder
WHERE_SOLUTIONS_ARE = re.compile(r"\s*Worked\s+solutions(?: are in|:)\s+`notebooks/solutions/[^`]*`\.")
SCHEMA = {"schema_version": 3, "task": False}

# What stands at the end of each graded check. nbgrader takes the hidden lines out of what students get, and puts them
# back before it grades; so a student reads the sentence, and only the grader's copy fails.
GRADED = """\
# {name} is worth {points} points. Leave this cell as it is.
from gencourse.exercises import check

verdict = check("{name}", {argument})
print(verdict)
### BEGIN HIDDEN TESTS
if not verdict:
    raise AssertionError(str(verdict))
### END HIDDEN TESTS"""

HOW_GRADED = """\
**Points.** {table}

Each exercise has two cells: write in the first, run the second to hear whether the answer is right. Keep both cells.
The grader runs your answers, the first cells of this notebook (imports and parameters), and those cells of the lesson
that your answers use. It trains nothing anew: whatever only a training run can give, write down as a number."""


def exercise_cells(notebook):
    """{exercise: index of the code cell that first checks it}."""
    found = {}
    for index, cell in enumerate(notebook.cells):
        if cell.cell_type == "code":
            for name in CHECK.findall(cell.source):
                found.setdefault(name, index)
    return found


def split_check(source, name):
    """A cell's text without its check, and the text of the answer that it checks.

    Raises: click.ClickException: when the check is no statement of its own.
    """
    for statement in statements(source):
        call = _check_call(statement, name)
        if call is not None:
            return source[: source.index(statement)].rstrip(), ast.get_source_segment(statement, call.args[1])
    raise click.ClickException(f"exercise {name}: its cell has no statement of its own that checks the answer.")


def _check_call(statement, name):
    """The call `check(name, answer)` in a statement that does nothing else, as a tree; or None."""
    node = ast.parse(statement).body[0]
    if not isinstance(node, ast.Expr):
        return None
    for call in ast.walk(node.value):
        if isinstance(call, ast.Call) and getattr(call.func, "id", "") == "check" and len(call.args) == 2:
            first = call.args[0]
            if isinstance(first, ast.Constant) and first.value == name:
                return call
    return None


def solution_of(notebook, index, name, argument, given):
    """The lines that solve one exercise where the lesson's own names are there.

    Args:
        notebook: of the solutions; index: the cell that checks the exercise; name: of the exercise.
        argument: text of the answer as the lesson checks it, such as "(first, second)".
        given: names that the lesson itself makes before its exercises.
    Returns: text.
    """
    solved, answer = split_check(notebook.cells[index].source, name)
    wanted = names_of(f"{solved}\n{answer}").needed
    cells = [cell.source for cell in notebook.cells[:index] if cell.cell_type == "code"]
    earlier = [text for cell in cells for text in statements(cell) if not CHECK.search(text)]
    helpers = [earlier[place] for place in pieces_for(wanted, earlier, given)]
    lines = [*helpers, solved] if solved else helpers
    if ast.dump(ast.parse(answer)) != ast.dump(ast.parse(argument)):
        lines.append(f"{argument} = {answer}")
    return "\n".join(lines)


def shared_names(lesson, solutions):
    """Names that a lesson makes just as its solutions do: imports, and statements that stand in both."""
    texts = [
        [text for cell in notebook.cells if cell.cell_type == "code" for text in statements(cell.source)]
        for notebook in (lesson, solutions)
    ]
    imports = [text for text in texts[0] if isinstance(ast.parse(text).body[0], ast.Import | ast.ImportFrom)]
    return {name for text in [*imports, *(set(texts[0]) & set(texts[1]))] for name in names_of(text).made}


def metadata(kind, name, **more):
    grade_id = f"{kind}-{name.replace('.', '-')}"
    return {"nbgrader": {"grade_id": grade_id, "grade": False, "locked": False, "solution": False, **SCHEMA, **more}}


def answer_cell(name, starter, solution):
    """nbgrader's cell for an answer: the starter stays, the solution goes when the students' version is made."""
    from nbformat.v4 import new_code_cell

    cell = new_code_cell(f"{starter}\n\n{BEGIN}\n{solution}\n{END}", metadata=metadata("answer", name, solution=True))
    cell["id"] = f"answer-{name.replace('.', '-')}"
    return cell


def check_cell(name, argument, points):
    """nbgrader's cell for points: it fails, in the grader's copy, unless the course's own check says right."""
    from nbformat.v4 import new_code_cell

    text = GRADED.format(name=name, argument=argument, points=points)
    cell = new_code_cell(text, metadata=metadata("check", name, grade=True, locked=True, points=points))
    cell["id"] = f"check-{name.replace('.', '-')}"
    return cell


def make_source(lesson, solutions, points):
    """The notebook that nbgrader takes as the instructor's version of an assignment.

    Args:
        lesson, solutions: notebooks, as `notebooks.read_source` gives them.
        points: {exercise: points}.
    Returns: a new notebook, without outputs.
    Raises: click.ClickException: when exercises, solutions and points do not fit each other.
    """
    asked, solved = exercise_cells(lesson), exercise_cells(solutions)
    if not asked or asked.keys() != points.keys() or asked.keys() - solved.keys():
        raise click.ClickException(
            "exercises of the lesson, of its solutions and of its run sheet's table of points must be the same. "
            f"Received: {sorted(asked)}, {sorted(solved)} and {sorted(points)}."
        )
    given = shared_names(lesson, solutions)
    cells = []
    for index, cell in enumerate(lesson.cells):
        names = [name for name, place in asked.items() if place == index]
        if not names:
            cells.append(lesson_cell(cell, points))
            continue
        (name,) = names
        starter, argument = split_check(cell.source, name)
        cells.append(answer_cell(name, starter, solution_of(solutions, solved[name], name, argument, given)))
        cells.append(check_cell(name, argument, points[name]))
    notebook = lesson.copy()
    notebook.cells = cells
    notebook.metadata.pop("gencourse", None)
    return notebook


def lesson_cell(cell, points):
    """A lesson's cell as it goes into an assignment: marked as the lesson's, without badge and way to the solutions."""
    cell = cell.copy()
    cell.metadata = {**cell.metadata, "gencourse": {"lesson": True}}
    if cell.cell_type == "code":
        cell.outputs, cell.execution_count = [], None
        return cell
    text = LINK_TO_FILE.sub(r"\1", WHERE_SOLUTIONS_ARE.sub("", BADGE_LINE.sub("", cell.source)))
    if re.search(r"(?m)^## (\d+ · )?Exercises$", text):
        table = ", ".join(f"{name}: {count}" for name, count in points.items())
        how = HOW_GRADED.format(table=f"{table}; together {sum(points.values())}.")
        text = re.sub(r"(?m)^(## (?:\d+ · )?Exercises)$", lambda hit: f"{hit.group()}\n\n{how}", text)
    cell.source = text
    return cell


def read_pair(lesson):
    """The notebooks of a lesson and of its solutions, from their sources.

    Raises: click.ClickException: when there are no solutions.
    """
    path = lesson.source.parent / "solutions" / lesson.source.name
    if not path.is_file():
        raise click.ClickException(f"lesson {lesson.number} has no solutions yet, which grading needs.")
    return notebooks.read_source(lesson.source), notebooks.read_source(path)
