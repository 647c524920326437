"""Every notebook is what its source says, executed, tidy and small; badges and first cells name the one repository."""

import ast
from pathlib import Path

import nbformat
import pytest

from gencourse.cli import notebooks, point, repo

ROOT = Path(__file__).parents[1]
SETTINGS = repo.settings(ROOT)
WHERE = (SETTINGS["repository"], SETTINGS["branch"])
LESSONS = repo.lessons(ROOT)
every_lesson = pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: str(lesson.notebook.relative_to(ROOT)))


def tagged(notebook, tag):
    return [cell for cell in notebook.cells if tag in cell.metadata.get("tags", ())]


def read(lesson):
    return nbformat.read(lesson.notebook, as_version=4)


@every_lesson
def test_source_and_notebook_have_equal_cells(lesson):
    assert lesson.source.is_file(), "a notebook without a source: people edit notebooks/source/"
    assert lesson.notebook.is_file(), f"not built: gencourse build {lesson.number}"
    source, notebook = notebooks.read_source(lesson.source), read(lesson)
    assert notebooks.cells(notebook) == notebooks.cells(source), (
        f"built from an older source: gencourse build {lesson.number}"
    )
    assert [cell.id for cell in notebook.cells] == [cell.id for cell in source.cells]
    assert notebook.metadata == source.metadata


@every_lesson
def test_notebook_is_executed_tidy_and_small(lesson):
    nbformat.validate(read(lesson))
    assert notebooks.faults(read(lesson), lesson.notebook.stat().st_size) == []


@every_lesson
def test_first_code_cell_is_the_setup_cell(lesson):
    notebook = notebooks.read_source(lesson.source)
    first = next(cell for cell in notebook.cells if cell.cell_type == "code")
    assert "setup" in first.metadata.get("tags", ())
    assert first.source == point.setup_cell(*WHERE), (
        "take the text from gencourse/cli/point.py, or run: gencourse point"
    )


@every_lesson
def test_first_cell_carries_the_badge(lesson):
    if lesson.is_solution:
        pytest.skip("solutions are read, not opened in Colab")
    first = notebooks.read_source(lesson.source).cells[0]
    assert first.cell_type == "markdown"
    assert first.source.startswith("# ")
    badge = point.badge(f"notebooks/{lesson.notebook.name}", *WHERE)
    assert badge in first.source.splitlines()


@every_lesson
def test_parameters_cell_holds_plain_values(lesson):
    if lesson.is_solution:
        pytest.skip("solutions have nothing to turn")
    cells = tagged(notebooks.read_source(lesson.source), "parameters")
    assert len(cells) == 1, "papermill wants exactly one cell tagged parameters"
    for node in ast.parse(cells[0].source).body:
        assert isinstance(node, ast.Assign)
        assert isinstance(node.targets[0], ast.Name)
        assert node.targets[0].id.isupper()
        ast.literal_eval(node.value)


@every_lesson
def test_code_cells_are_short(lesson):
    code = [cell.source for cell in notebooks.read_source(lesson.source).cells if cell.cell_type == "code"]
    assert max(source.count("\n") + 1 for source in code) <= 40


@pytest.mark.parametrize(
    "path", sorted({ROOT / "README.md", *(ROOT / "docs").glob("*.md")}), ids=lambda path: path.name
)
def test_badges_in_texts_name_the_repository(path):
    if not path.is_file():
        pytest.skip("not written yet")
    text = path.read_text(encoding="utf-8")
    repository, branch = WHERE
    for lesson in LESSONS:
        notebook = f"notebooks/{lesson.notebook.name}"
        for line in text.splitlines():
            if "colab.research.google.com/github/" in line and notebook in line:
                assert f"colab.research.google.com/github/{repository}/blob/{branch}/{notebook}" in line


def executed():
    """A small notebook without a fault."""
    cells = [
        nbformat.v4.new_markdown_cell("# 07 · Tiny"),
        nbformat.v4.new_code_cell("print(1)", execution_count=1),
        nbformat.v4.new_code_cell("2", execution_count=2),
    ]
    cells[1].outputs = [nbformat.v4.new_output("stream", name="stdout", text="1\n")]
    cells[2].outputs = [nbformat.v4.new_output("execute_result", {"text/plain": "2"}, execution_count=2)]
    return nbformat.v4.new_notebook(cells=cells)


def test_a_good_notebook_has_no_faults():
    assert notebooks.faults(executed(), 1000) == []


@pytest.mark.parametrize(
    ("output", "words"),
    [
        (nbformat.v4.new_output("stream", name="stderr", text="WARNING: x"), "stderr"),
        (nbformat.v4.new_output("error", ename="ValueError", evalue="no", traceback=[]), "ValueError"),
        (nbformat.v4.new_output("stream", name="stdout", text="saved to /home/ada/x.png"), "path of this machine"),
        (nbformat.v4.new_output("stream", name="stdout", text=r"in C:\Users\ada"), "path of this machine"),
        (nbformat.v4.new_output("display_data", {"text/plain": "<Adam at 0x7f12a4c0>"}), "address in memory"),
    ],
)
def test_faulty_outputs_are_found(output, words):
    notebook = executed()
    notebook.cells[1].outputs.append(output)
    (fault,) = notebooks.faults(notebook, 1000)
    assert words in fault
    assert "cell 1" in fault


def test_wanted_errors_are_no_fault():
    notebook = executed()
    notebook.cells[1].outputs.append(nbformat.v4.new_output("error", ename="E", evalue="v", traceback=[]))
    notebook.cells[1].metadata["tags"] = ["raises-exception"]
    assert notebooks.faults(notebook, 1000) == []


@pytest.mark.parametrize("counts", [(2, 1), (1, 3), (None, 1)])
def test_counts_out_of_order_are_found(counts):
    notebook = executed()
    notebook.cells[1].execution_count, notebook.cells[2].execution_count = counts
    assert any("counts" in fault for fault in notebooks.faults(notebook, 1000))


def test_a_large_notebook_is_found():
    assert any("kB" in fault for fault in notebooks.faults(executed(), 300_001))
    assert notebooks.faults(executed(), 300_000) == []
