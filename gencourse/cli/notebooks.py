"""Notebooks as this repository keeps them: made from a source, tidy, and checked."""

import hashlib
import json
import re
from pathlib import Path

from gencourse.cli import site_alt

LARGEST = 300_000  # bytes of one notebook, outputs and all
TAG_OF_WANTED_ERRORS = "raises-exception"
WIDGET = "application/vnd.jupyter.widget-view+json"
MACHINE_PATH = re.compile(r"(?<![\w./:>-])(?:/(?:home|root|tmp|Users|work|var|opt|private)/[\w.-]+|[A-Z]:\\\\?Users\\)")
UNWANTED = {  # in outputs
    MACHINE_PATH: "a path of this machine",
    re.compile(r"\bat 0x[0-9a-fA-F]{6,}"): "an address in memory",
    re.compile(r"WARNING: ?AutoGraph .*"): "a warning of TensorFlow's",  # it goes to stdout
}


def read_source(path):
    """The notebook that a py:percent source describes, without outputs, with ids that follow the cells' text."""
    import jupytext

    notebook = jupytext.read(path, fmt="py:percent")
    seen = {}
    for cell in notebook.cells:
        digest = hashlib.sha256(f"{cell.cell_type}\n{cell.source}".encode()).hexdigest()[:8]
        seen[digest] = seen.get(digest, 0) + 1
        cell["id"] = digest if seen[digest] == 1 else f"{digest}-{seen[digest]}"
        cell.metadata = {"tags": list(cell.metadata["tags"])} if cell.metadata.get("tags") else {}
    kept = {"gencourse": notebook.metadata["gencourse"]} if "gencourse" in notebook.metadata else {}
    notebook.metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
        **kept,
    }
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    return notebook


def cells(notebook):
    """What makes two notebooks equal to a reader: kind, text and tags of each cell."""
    return [(cell.cell_type, cell.source, tuple(cell.metadata.get("tags", ()))) for cell in notebook.cells]


def tidy(notebook):
    """Drop what execution leaves behind and no reader needs; number the cells from 1; describe the pictures."""
    count = 0
    for cell in notebook.cells:
        cell.metadata = {"tags": list(cell.metadata["tags"])} if cell.metadata.get("tags") else {}
        if cell.cell_type != "code":
            continue
        if cell.source.strip():
            count += 1
            cell.execution_count = count
        for result in cell.outputs:
            result.pop("transient", None)
            if result.output_type == "execute_result":
                result.execution_count = cell.execution_count
            if "metadata" in result:
                result.metadata = {}
            if len(result.get("data", ())) > 1:
                result.data.pop(WIDGET, None)  # its state goes with the kernel; the still picture beside it stays
    notebook.metadata["language_info"] = {"name": "python"}
    for left_over in ("papermill", "widgets"):
        notebook.metadata.pop(left_over, None)
    return describe(notebook)


def describe(notebook):
    """Give each image its alternative text where Jupyter's tools look for it, and its kind as plain text.

    IPython, nbconvert's classic template and Colab read the output's metadata; VS Code and MyST take the plain text.
    The whole text there as well would be heard twice, since it comes from the prose beside the picture, and the file
    would grow.
    """
    kinds = site_alt.kinds(notebook)
    for index, text in site_alt.texts(notebook).items():
        for result in notebook.cells[index].outputs:
            for kind in [kind for kind in result.get("data", ()) if kind.startswith("image/")]:
                result.metadata = {kind: {"alt": text}}
                result.data["text/plain"] = kinds[index]
    return notebook


def renew(source, executed):
    """The notebook of a source whose prose alone has changed, with the outputs that an executed one has.

    Args: source: what `read_source` gives; it is changed in place. executed: the notebook built before.
    Raises: ValueError: when their code differs.
    """
    new, old = ([cell for cell in notebook.cells if cell.cell_type == "code"] for notebook in (source, executed))
    same = sum(cell.source == other.source for cell, other in zip(new, old, strict=False))
    if not same == len(new) == len(old):
        raise ValueError(
            f"Its code has changed, so it has to be executed. Received: {same} of {len(new)} cells as before"
        )
    for cell, other in zip(new, old, strict=True):
        cell.outputs, cell.execution_count = other.outputs, other.execution_count
    return tidy(source)


def to_text(notebook):
    """The file's text: one space of indent and a newline at the end, as Jupyter writes it."""
    import nbformat

    return nbformat.writes(notebook, version=nbformat.NO_CONVERT).rstrip("\n") + "\n"


def output_texts(cell):
    """All the text that one code cell's outputs show."""
    for result in cell.get("outputs", ()):
        yield result.get("text", "")
        yield "\n".join(result.get("traceback", ()))
        for kind, data in result.get("data", {}).items():
            if kind.startswith("text/"):
                yield data


def faults(notebook, size):
    """What is wrong with an executed notebook that is to be kept.

    Args: notebook: an nbformat notebook; size: its file's size in bytes.
    Returns: a list of sentences, empty when all is well.
    """
    found = []
    if size > LARGEST:
        found.append(f"it is {size / 1000:.0f} kB; at most {LARGEST / 1000:.0f} kB are kept: make pictures smaller")
    counts = [cell.execution_count for cell in notebook.cells if cell.cell_type == "code" and cell.source.strip()]
    if counts != list(range(1, len(counts) + 1)):
        found.append(f"its execution counts are not 1 to {len(counts)} in order: {counts}")
    for index, cell in enumerate(notebook.cells):
        if cell.cell_type != "code":
            continue
        where = f"cell {index} ({first_line(cell.source)})"
        wanted = TAG_OF_WANTED_ERRORS in cell.metadata.get("tags", ())
        for result in cell.outputs:
            if result.output_type == "stream" and result.name == "stderr":
                found.append(f"{where} wrote to stderr: {first_line(result.text)}")
            if result.output_type == "error" and not wanted:
                found.append(f"{where} ended with {result.ename}: {first_line(result.evalue)}")
        for text in output_texts(cell):
            for pattern, what in UNWANTED.items():
                hit = pattern.search(text)
                if hit:
                    found.append(f"{where} shows {what}: {hit.group()}")
    return found


def first_line(text):
    lines = [line for line in text.strip().splitlines() if line.strip()]
    return lines[0][:100] if lines else "nothing"


def read_results(path):
    """The verdicts that `gencourse.results.compare` appended to a file of JSON lines; whole lines only."""
    path = Path(path)
    if not path.is_file():
        return []
    lines = path.read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines if line.strip()]
