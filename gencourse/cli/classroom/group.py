"""`gencourse class ...`: the verbs for instructors, each imported when it is called."""

from importlib import import_module

import click

VERBS = {
    "make": ("make:make", "Make a release of lessons for a class, for nbgrader."),
    "slides": ("slides:slides", "Turn a lesson into slides with speaker notes, for a room without internet."),
    "wheelhouse": ("wheelhouse:wheelhouse", "Fetch every package for another machine, to install it without internet."),
    "preflight": ("preflight:preflight", "Check that this machine is ready for the class."),
}


class ClassVerbs(click.Group):
    """A group that knows its verbs' names and summaries without importing them."""

    def list_commands(self, context):
        return list(VERBS)

    def get_command(self, context, name):
        if name not in VERBS:
            return None
        module, attribute = VERBS[name][0].split(":")
        return getattr(import_module(f"gencourse.cli.classroom.{module}"), attribute)

    def format_commands(self, context, formatter):
        with formatter.section("Commands"):
            formatter.write_dl([(verb, summary) for verb, (_, summary) in VERBS.items()])


@click.group("class", cls=ClassVerbs, context_settings={"help_option_names": ["-h", "--help"]})
def classroom():
    """What an instructor needs: assignments with points, slides, a room without internet.

    Example: gencourse class make --lessons 01 02 --out my-class
    """
