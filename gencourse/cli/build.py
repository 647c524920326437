"""`gencourse build`: a lesson's source is executed into the notebook that readers open."""

import functools
import os
import shutil
import tempfile

import click

from gencourse.cli import notebooks, output, repo

# ipykernel warns on every start that its connection, on loopback, is not encrypted.
KERNEL_ARGUMENTS = ["--IPKernelApp.log_level=40"]


def execute(notebook, folder, *, timeout=1200):
    """Run all cells of `notebook` in place, in `folder`, with a bar of progress on stderr.

    Raises: click.ClickException: when a cell fails; it shows the cell and its error.
    """
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError
    from tqdm import tqdm

    code = sum(cell.cell_type == "code" for cell in notebook.cells)
    with tqdm(total=code, unit="cell", leave=False) as bar:

        def on_cell_executed(cell, **_):
            bar.update(cell.cell_type == "code")

        client = NotebookClient(
            notebook,
            timeout=timeout,
            kernel_name="python3",
            record_timing=False,
            extra_arguments=KERNEL_ARGUMENTS,
            coalesce_streams=True,
            resources={"metadata": {"path": str(folder)}},
            on_cell_executed=on_cell_executed,
        )
        try:
            client.execute(env=kernel_environment())
        except CellExecutionError as error:
            raise click.ClickException(f"A cell failed:\n{click.unstyle(str(error))}") from None


@functools.cache
def scratch_folder():
    """A folder that goes when this process ends."""
    return tempfile.TemporaryDirectory(prefix="gencourse-")


def kernel_environment(results=None):
    """The environment of a kernel that runs unattended.

    Native logs are off, nobody's progress in the exercises is touched, and verdicts go to a file when one is given.
    """
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "PYDEVD_DISABLE_FILE_VALIDATION": "1"}
    environment["GENCOURSE_PROGRESS"] = os.path.join(scratch_folder().name, "progress.json")
    environment.pop("GENCOURSE_RESULTS", None)
    environment.pop("GENCOURSE_DESCRIBE", None)  # descriptions as text are for the person who asked for them
    if results is not None:
        environment["GENCOURSE_RESULTS"] = str(results)
    return environment


def executed(lesson):
    """The tidy notebook of a lesson's source, executed in a folder of its own."""
    notebook = notebooks.read_source(lesson.source)
    folder = tempfile.mkdtemp(prefix="gencourse-build-")
    try:
        execute(notebook, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return notebooks.tidy(notebook)


def with_new_prose(lesson):
    """The tidy notebook of a lesson's source, with the outputs that the lesson's notebook has already."""
    import nbformat

    repo.need_notebook(lesson)
    try:
        return notebooks.renew(notebooks.read_source(lesson.source), nbformat.read(lesson.notebook, as_version=4))
    except ValueError as error:
        raise click.ClickException(str(error)) from None


def build_lesson(lesson, *, prose=False):
    """Execute one source, or take over its prose alone, and move the notebook into place when nothing is wrong with it.

    Returns: its size in bytes. Raises: click.ClickException: the sentences of `notebooks.faults`.
    """
    if not lesson.source.is_file():
        raise click.ClickException(f"{lesson.source} is not there, and it is what a notebook is built from.")
    notebook = with_new_prose(lesson) if prose else executed(lesson)
    text = notebooks.to_text(notebook)
    size = len(text.encode())
    faults = notebooks.faults(notebook, size)
    if faults:
        sentences = "\n".join(f"  - {fault}" for fault in faults)
        raise click.ClickException(
            f"{lesson.notebook.name} was {'renewed' if prose else 'executed'} but not kept:\n{sentences}"
        )
    output.write_whole(lesson.notebook, text)
    return size


@click.command()
@click.argument("lessons", nargs=-1, metavar="[NN]...")
@click.option("--all", "everything", is_flag=True, help="Build every lesson and its solutions.")
@click.option("--solutions/--no-solutions", default=True, show_default=True, help="Build their solutions too.")
@click.option("--prose", is_flag=True, help="Only prose has changed: keep the outputs, execute nothing.")
def build(lessons, everything, solutions, prose):
    """Execute the sources of lessons (notebooks/source/NN_name.py) into notebooks that keep their outputs.

    Example: gencourse build 01
    """
    root = repo.root_for("build")
    if bool(lessons) == everything:
        raise click.UsageError("Name the lessons to build, or give --all.")
    failed = []
    for lesson in repo.choose(root, lessons, solutions=solutions):
        name = lesson.notebook.relative_to(root)
        click.echo(f"building {name}", err=True)
        with output.stopwatch() as seconds:
            try:
                size = build_lesson(lesson, prose=prose)
            except click.ClickException as error:
                failed.append(str(name))
                click.echo(f"{output.mark('failed')} {name}: {error.message}", err=True)
                continue
        click.echo(f"{output.mark('ok')} {name}: {size / 1000:.0f} kB, {seconds():.1f} s")
    if failed:
        raise click.ClickException(f"{len(failed)} not built: {', '.join(failed)}")
