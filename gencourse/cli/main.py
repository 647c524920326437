"""The console script `gencourse`: a table of verbs, each imported when it is called."""

from importlib import import_module

import click

import gencourse

# verb: (where its click command stands, its line in the list of verbs). Verbs of one heading stand together.
VERBS = {
    "For learners": {
        "lab": ("gencourse.cli.lab:lab", "Open the course in JupyterLab, on your own copy of the lessons."),
        "reset": ("gencourse.cli.lab:reset", "Make one lesson of your copy new again."),
        "progress": ("gencourse.cli.progress:progress", "Show which exercises are done."),
        "doctor": ("gencourse.cli.doctor:doctor", "Check this machine; say what to do where it is not ready."),
        "run": ("gencourse.cli.run:run", "Execute lessons without opening them; a table of results."),
        "data": ("gencourse.cli.datasets:data", "List, fetch or verify the data sets."),
    },
    "Models": {
        "train": ("gencourse.cli.models:train", "Train a recipe's model and keep it in a folder."),
        "sample": ("gencourse.cli.models:sample", "Draw samples from a trained model into a file."),
        "evaluate": ("gencourse.cli.models:evaluate", "Measure a trained model, or a file of samples."),
    },
    "For instructors": {
        "class": ("gencourse.cli.classroom.group:classroom", "Assignments, slides, a room without internet."),
    },
    "For contributors": {
        "test": ("gencourse.cli.check:test", "Lint, unit tests, and every notebook."),
        "build": ("gencourse.cli.build:build", "Execute a lesson's source into its notebook."),
        "site": ("gencourse.cli.site:site", "Build a site of all lessons, to read without running."),
        "record": ("gencourse.cli.records:record", "Measure a lesson's records again."),
        "lock": ("gencourse.cli.lock:lock", "Renew requirements.lock and environment.yml."),
        "point": ("gencourse.cli.point:point", "Point badges and first cells at another repository."),
    },
}

HELP = """gencourse: a course on generative AI that really trains, on two CPU cores.

Example: gencourse lab 01
"""


class Verbs(click.Group):
    """A group that knows its verbs' names and summaries without importing them."""

    def list_commands(self, context):
        return [verb for verbs in VERBS.values() for verb in verbs]

    def get_command(self, context, name):
        for verbs in VERBS.values():
            if name in verbs:
                module, attribute = verbs[name][0].split(":")
                return getattr(import_module(module), attribute)
        return None

    def format_commands(self, context, formatter):
        for heading, verbs in VERBS.items():
            with formatter.section(heading):
                formatter.write_dl([(verb, summary) for verb, (_, summary) in verbs.items()])


@click.group(cls=Verbs, help=HELP, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(gencourse.__version__, prog_name="gencourse")
def main():
    pass


if __name__ == "__main__":
    main()
