"""Every notebook is what its source says, executed, tidy and small; badges and first cells name the one repository."""

import ast
from pathlib import Path

import nbformat
import pytest
from click.testing import CliRunner

from gencourse.cli import build, main, notebooks, point, repo, site_alt

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
def test_every_picture_has_the_text_that_the_prose_around_it_gives(lesson):
    executed = read(lesson)
    found, wanted = {}, site_alt.texts(executed)  # cells are those of the source: a test above
    for index, cell in enumerate(executed.cells):
        for result in cell.get("outputs", ()):
            for kind in result.get("data", ()):
                if kind.startswith("image/"):
                    found[index] = result.metadata.get(kind, {}).get("alt", "")
                    assert result.data["text/plain"] == site_alt.kinds(executed)[index]
    assert found == wanted, f"prose has changed: gencourse build {lesson.number} --prose"
    assert all(20 < len(text) <= site_alt.LONGEST for text in found.values())


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
        (nbformat.v4.new_output("stream", name="stdout", text="WARNING: AutoGraph could not x"), "TensorFlow"),
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


DRAWN = 'viz.loss_curves(past, x_label="step")'


def drawn(kind="image/png"):
    """An executed notebook whose one picture is read by the prose after it."""
    shown = nbformat.v4.new_output(
        "display_data", {kind: "AAAA", "text/plain": "<Picture>"}, metadata={"image/png": {"alt": "what it was"}}
    )
    cells = [
        nbformat.v4.new_markdown_cell("# 07 · Tiny"),
        nbformat.v4.new_code_cell(DRAWN, execution_count=9, outputs=[shown]),
        nbformat.v4.new_markdown_cell("It falls."),
    ]
    return nbformat.v4.new_notebook(cells=cells)


@pytest.mark.parametrize("kind", ["image/png", "image/gif"])
def test_a_tidy_notebook_describes_its_pictures(kind):
    tidy = notebooks.tidy(drawn(kind))
    nbformat.validate(tidy)
    (result,) = tidy.cells[1].outputs
    assert result.metadata == {kind: {"alt": "Curves (x: step). It falls."}}
    assert result.data == {kind: "AAAA", "text/plain": "Curves (x: step)."}
    assert notebooks.to_text(notebooks.tidy(tidy)) == notebooks.to_text(tidy)


def test_the_page_of_a_notebook_carries_the_texts():
    from nbconvert import HTMLExporter

    page, _ = HTMLExporter(template_name="classic").from_notebook_node(notebooks.tidy(drawn()))
    assert 'alt="Curves (x: step). It falls."' in page


@pytest.fixture
def course(tmp_path, monkeypatch):
    """A course of one lesson whose prose is newer than its notebook."""
    source = tmp_path / "notebooks" / "source" / "07_tiny.py"
    source.parent.mkdir(parents=True)
    source.write_text(f"# %% [markdown]\n# # 07 · Tiny\n\n# %%\n{DRAWN}\n\n# %% [markdown]\n# It rises.\n")
    nbformat.write(notebooks.tidy(drawn()), tmp_path / "notebooks" / "07_tiny.ipynb")
    monkeypatch.setattr(repo, "find_root", lambda: tmp_path)
    monkeypatch.setattr(build, "execute", lambda *_: pytest.fail("nothing is executed"))
    return tmp_path


def test_new_prose_is_taken_over_without_executing(course):
    result = CliRunner().invoke(main.main, ["build", "07", "--prose"])
    assert result.exit_code == 0, result.output
    notebook = nbformat.read(course / "notebooks" / "07_tiny.ipynb", as_version=4)
    assert notebook.cells[2].source == "It rises."
    assert notebook.cells[1].outputs[0].data["image/png"] == "AAAA"
    assert notebook.cells[1].outputs[0].metadata["image/png"]["alt"] == "Curves (x: step). It rises."


@pytest.mark.parametrize("change", [lambda text: text.replace("past", "now"), lambda text: f"{text}\n# %%\n1\n"])
def test_new_code_is_not_passed_off_as_executed(course, change):
    source = course / "notebooks" / "source" / "07_tiny.py"
    source.write_text(change(source.read_text(encoding="utf-8")), encoding="utf-8")
    before = (course / "notebooks" / "07_tiny.ipynb").read_bytes()
    result = CliRunner().invoke(main.main, ["build", "07", "--prose"])
    assert result.exit_code == 1
    assert "has to be executed. Received: " in result.output
    assert (course / "notebooks" / "07_tiny.ipynb").read_bytes() == before


def test_a_kernel_that_builds_shows_no_descriptions_as_text(monkeypatch):
    monkeypatch.setenv("GENCOURSE_DESCRIBE", "1")
    assert "GENCOURSE_DESCRIBE" not in build.kernel_environment()


def test_the_page_of_a_run_describes_its_pictures(tmp_path):
    from gencourse.cli import run

    notebook = executed()
    picture = nbformat.v4.new_output("display_data", {"image/png": "AAAA"}, metadata={"image/png": {"alt": "A < B"}})
    notebook.cells[1].outputs = [picture]
    path = tmp_path / "x.ipynb"
    nbformat.write(notebook, path)
    assert 'alt="A &lt; B"' in run.write_page(path).read_text(encoding="utf-8")
