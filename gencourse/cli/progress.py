"""`gencourse progress`: which exercises are done."""

import click

from gencourse.cli import output


@click.command()
@click.option("--json", "json_mode", is_flag=True, help="One line of JSON on stdout.")
def progress(json_mode):
    """Show which exercises are done, lesson by lesson, and where that is kept.

    Example: gencourse progress
    """
    from gencourse import exercises

    summary = exercises.progress()
    if json_mode:
        output.emit_json({"lessons": summary.lessons, "note": summary.note, "file": str(exercises.progress_path())})
        return
    click.echo(str(summary))
    click.echo(f"\nKept in {exercises.progress_path()}")
