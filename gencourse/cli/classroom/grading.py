"""How nbgrader executes a submission: answers and checks, and of the lesson only what they use; nothing is trained.

`nbgrader_config.py` of a class's folder names these two preprocessors. They need nbgrader.
"""

import ast
import os
import tempfile

from nbgrader.preprocessors import ClearOutput, Execute

from gencourse.cli.build import KERNEL_ARGUMENTS, kernel_environment
from gencourse.cli.classroom.names import names_of, pieces_for
from gencourse.cli.run import changed_environment

ALWAYS = {"setup", "parameters"}  # tags of cells that are always executed


def is_ours(cell):
    """Whether nbgrader knows the cell: an answer or a check."""
    return "nbgrader" in cell.metadata


def is_check(cell):
    return is_ours(cell) and bool(cell.metadata["nbgrader"].get("grade"))


def is_lesson(cell):
    return bool(cell.metadata.get("gencourse", {}).get("lesson"))


def trains(source):
    """Whether a cell calls `fit` with a number of epochs."""
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return False
    calls = (node for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute))
    return any(call.func.attr == "fit" and "epochs" in {word.arg for word in call.keywords} for call in calls)


def cells_to_run(notebook):
    """The cells that grading executes: answers and checks, a student's own cells among them, and what they stand on.

    Args: notebook: a submission.
    Returns: a set of indices.
    """
    code = [index for index, cell in enumerate(notebook.cells) if cell.cell_type == "code"]
    ours = [index for index in code if is_ours(notebook.cells[index])]
    first = min(ours, default=len(notebook.cells))
    chosen = {index for index in code if ALWAYS & set(notebook.cells[index].metadata.get("tags", ()))}
    chosen |= set(ours)
    for index in code:
        cell = notebook.cells[index]
        if index > first and not is_ours(cell) and not is_lesson(cell) and not trains(cell.source):
            chosen.add(index)
    earlier = [index for index in code if index < first and not trains(notebook.cells[index].source)]
    wanted, made = set(), set()
    for index in sorted(index for index in chosen if index >= first):
        if not is_check(notebook.cells[index]):  # what is checked has to come from an answer, never from the lesson
            names = names_of(notebook.cells[index].source)
            wanted |= names.needed - made
            made |= names.made
    return chosen | {earlier[place] for place in pieces_for(wanted, [notebook.cells[i].source for i in earlier])}


class ExecuteAnswers(Execute):
    """nbgrader's `Execute`, for the cells that decide about points; all other cells stay as they were handed in.

    The kernel writes nobody's progress file. What a library prints to stderr is no fault of the student's: nbgrader
    would give no points for it, so it is left out of checks.
    """

    def preprocess(self, nb, resources=None, km=None):
        self.chosen = cells_to_run(nb)
        self.extra_arguments = [*self.extra_arguments, *KERNEL_ARGUMENTS]
        with tempfile.TemporaryDirectory() as folder:
            progress = {"GENCOURSE_PROGRESS": os.path.join(folder, "progress.json")}
            with changed_environment({**kernel_environment(), **progress}):
                return super().preprocess(nb, resources, km)

    def preprocess_cell(self, cell, resources, index):
        if index not in self.chosen:
            return cell, resources
        cell, resources = super().preprocess_cell(cell, resources, index)
        if is_check(cell):
            cell.outputs = [out for out in cell.outputs if (out.output_type, out.get("name")) != ("stream", "stderr")]
        return cell, resources


class ClearAnswers(ClearOutput):
    """nbgrader's `ClearOutput`, for the cells that will be executed anew: the lesson's pictures stay."""

    def preprocess(self, nb, resources):
        self.chosen = cells_to_run(nb)
        return super().preprocess(nb, resources)

    def preprocess_cell(self, cell, resources, cell_index):
        if cell_index not in self.chosen:
            return cell, resources
        return super().preprocess_cell(cell, resources, cell_index)
