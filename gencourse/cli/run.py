"""`gencourse run`: lessons executed from start to end by papermill, into runs/, with a table of their results."""

import ast
import contextlib
import logging
from pathlib import Path

import click

from gencourse.cli import notebooks, output, repo
from gencourse.cli.build import KERNEL_ARGUMENTS, kernel_environment


def parse_settings(pairs):
    """("EPOCHS=3", "NAME=ring") to {"EPOCHS": 3, "NAME": "ring"}: Python's literals, else text.

    Raises: click.BadParameter: for a pair that has no name or no "=".
    """
    settings = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals or not name.isidentifier():
            raise click.BadParameter(f"--set expects NAME=VALUE, such as EPOCHS=3. Received: {pair!r}.")
        try:
            settings[name] = ast.literal_eval(value)
        except (ValueError, SyntaxError):
            settings[name] = value
    return settings


def parameters_of(path):
    """The names and values that a notebook's cell tagged `parameters` sets."""
    import nbformat

    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        if "parameters" in cell.metadata.get("tags", ()):
            return literal_assignments(cell.source)
    return {}


def literal_assignments(source):
    """{name: value} of the plain assignments of literals in `source`."""
    found = {}
    for node in ast.parse(source).body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            with contextlib.suppress(ValueError):
                found[node.targets[0].id] = ast.literal_eval(node.value)
    return found


def check_settings(lessons, settings):
    """Refuse a name that none of the lessons' parameters cells knows, before anything runs."""
    known = {lesson: parameters_of(repo.need_notebook(lesson)) for lesson in lessons}
    for name in settings:
        if not any(name in parameters for parameters in known.values()):
            names = ", ".join(dict.fromkeys(key for parameters in known.values() for key in parameters)) or "none"
            raise click.BadParameter(f"the chosen lessons' parameters are: {names}. Received: {name}.")
    return {
        lesson: {name: settings[name] for name in settings if name in parameters}
        for lesson, parameters in known.items()
    }


def run_lesson(lesson, folder, settings):
    """Execute one lesson.

    Args: folder: where the executed notebook and its HTML page go; settings: parameters to change.
    Returns: a dict with lesson, ok, seconds, notebook, page, results (verdicts), error (text or None).
    """
    import papermill
    from papermill.exceptions import PapermillExecutionError

    logging.getLogger("papermill").setLevel(logging.ERROR)
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / lesson.notebook.name
    results = folder / f"{lesson.name}.results.jsonl"
    results.unlink(missing_ok=True)
    error = None
    with output.stopwatch() as seconds:
        try:
            with changed_environment(kernel_environment(results)):
                papermill.execute_notebook(
                    lesson.notebook,
                    target,
                    parameters=settings,
                    kernel_name="python3",
                    cwd=folder,
                    start_timeout=120,
                    extra_arguments=KERNEL_ARGUMENTS,
                    progress_bar={"desc": f"lesson {lesson.number}", "mininterval": 1.0, "leave": False},
                )
        except PapermillExecutionError as failure:
            error = failing_cell(failure)
        except Exception as failure:  # a kernel that died, a notebook that cannot be read: the table goes on
            error = f"{type(failure).__name__}: {failure}"
    page = write_page(target) if target.is_file() else None
    return {
        "lesson": lesson.name,
        "ok": error is None,
        "seconds": round(seconds(), 1),
        "notebook": str(target),
        "page": str(page) if page else None,
        "results": notebooks.read_results(results),
        "error": error,
    }


@contextlib.contextmanager
def changed_environment(environment):
    """Run with other environment variables: papermill has no argument for its kernel's."""
    import os

    before = dict(os.environ)
    os.environ.clear()
    os.environ.update(environment)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def failing_cell(failure):
    """The cell that failed and its error, as a person wants to read them."""
    source = "\n".join(f"    {line}" for line in failure.source.splitlines())
    traceback = click.unstyle("\n".join(failure.traceback)).strip()
    if failure.ename not in traceback:
        traceback = f"{traceback}\n{failure.ename}: {failure.evalue}".strip()
    return f"cell {failure.cell_index} failed:\n\n{source}\n\n{traceback}"


def write_page(notebook):
    """The HTML page of an executed notebook, beside it."""
    from nbconvert import HTMLExporter

    exporter = HTMLExporter(template_name="classic")  # the newer template drops what describes a picture
    html, _ = exporter.from_filename(str(notebook))
    page = notebook.with_suffix(".html")
    output.write_whole(page, html)
    return page


def result_rows(run):
    """Rows of the table: one per verdict, at least one per lesson."""
    state = output.mark("ok" if run["ok"] else "failed")
    seconds = f"{run['seconds']:.1f}"
    rows = [[run["lesson"], state, seconds, "", "", "", "", ""]]
    for index, result in enumerate(run["results"]):
        cells = [result.get("claim"), result.get("value"), result.get("median"), result.get("limit")]
        row = [show(cell) for cell in cells] + [verdict(result)]
        rows[index : index + 1] = [[*(rows[0][:3] if index == 0 else ["", "", ""]), *row]]
    return rows


def show(value):
    return f"{value:.4g}" if isinstance(value, float) else "" if value is None else str(value)


def verdict(result):
    """The word for one verdict. Its "status" is ok, worse, not comparable or no record."""
    return str(result.get("status", ""))


HEADINGS = ("lesson", "ran", "seconds", "metric", "value", "recorded", "limit", "verdict")


@click.command()
@click.argument("lessons", nargs=-1, metavar="NN...")
@click.option("--all", "everything", is_flag=True, help="Run every lesson.")
@click.option("--set", "pairs", multiple=True, metavar="NAME=VALUE", help="Change a parameter; may be repeated.")
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), help="Where results go; default: runs/.")
@click.option("--json", "json_mode", is_flag=True, help="One line of JSON on stdout; the rest on stderr.")
def run(lessons, everything, pairs, out, json_mode):
    """Execute lessons without opening them: notebooks and HTML pages into runs/, then a table of results.

    Example: gencourse run 01 --set EPOCHS=3
    """
    root = repo.root_for("run")
    if bool(lessons) == everything:
        raise click.UsageError("Name the lessons to run, or give --all.")
    chosen = repo.choose(root, lessons)
    folder = (out or root / "runs").resolve()
    plans = check_settings(chosen, parse_settings(pairs))
    runs = []
    for lesson, settings in plans.items():
        runs.append(run_lesson(lesson, folder, settings))
        done = runs[-1]
        state = output.mark("ok" if done["ok"] else "failed")
        click.echo(f"{state} {done['lesson']} in {done['seconds']} s: {done['page'] or done['notebook']}", err=True)
        if done["error"]:
            click.echo(f"\n{done['error']}\n", err=True)
    rows = [row for done in runs for row in result_rows(done)]
    output.say(f"\n{output.table(rows, HEADINGS)}", json_mode=json_mode)
    failed = [done["lesson"] for done in runs if not done["ok"]]
    if json_mode:
        output.emit_json({"ok": not failed, "runs": runs})
    if failed:
        raise click.ClickException(f"{len(failed)} of {len(runs)} lessons failed: {', '.join(failed)}")
