"""record: measure a lesson's record again."""

import click

from .output import say
from .repo import root_for


@click.command()
@click.argument("lesson", metavar="NN")
@click.option("--only", metavar="STUDY", help="Measure one study; keep what the record says of the others.")
@click.option("--seeds", type=click.IntRange(min=1), help="Fewer seeds: a trial, not written.")
def record(lesson, only, seeds):
    """Measure the studies of lesson NN again and write its record and checkpoints.

    \b
    Example: gencourse record 01
             gencourse record 01 --only ring
    """
    root_for("record")
    from gencourse.recipes.record import record as measure_record

    try:
        path = measure_record(lesson, only=only, seeds=seeds, progress=lambda text: say(text, json_mode=True))
    except (ValueError, ArithmeticError, OSError) as error:
        raise click.ClickException(str(error)) from error
    say(f"{path.name} written." if path else "A trial: nothing was written.")
