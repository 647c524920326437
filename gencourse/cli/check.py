"""`gencourse test`: lint, unit tests and every notebook, each stage timed, without a network where possible."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import click

from gencourse.cli import notebooks, output, repo
from gencourse.cli.build import kernel_environment
from gencourse.cli.offline import command_offline

STAGES = ("lint", "unit", "notebooks")
NO_TESTS = 5  # pytest's exit status when it collected nothing


def lint_commands(root):
    ruff = [sys.executable, "-m", "ruff"]
    paths = ("start.py", "gencourse", "tests", "benchmarks", "data", "notebooks/source")
    present = [path for path in paths if (root / path).exists()]
    return {"ruff check": [*ruff, "check", *present], "ruff format": [*ruff, "format", "--check", *present]}


def unit_command(extra=()):
    two_at_once = ["-n", "auto", "--maxprocesses", "2"]  # more would only share the memory of a small machine
    return [sys.executable, "-m", "pytest", "-q", "--durations=10", *two_at_once, "tests", *extra]


def notebook_command(root, lesson):
    path = lesson.notebook.relative_to(root)
    nbval = ["--nbval-lax", "--nbval-current-env", "--nbval-cell-timeout=1200"]
    return [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *nbval, str(path)]


def call(command, root, environment, json_mode):
    """Run one command with its output shown as it comes. Returns: its exit status."""
    stdout = 2 if json_mode else None  # a file descriptor: stderr's
    sys.stdout.flush()
    return subprocess.run(command, cwd=root, env=environment, stdout=stdout, stdin=subprocess.DEVNULL).returncode


class Report:
    """The stages that ran: name, state, seconds; verdicts of lessons."""

    def __init__(self, json_mode):
        self.json_mode, self.stages, self.results = json_mode, [], []

    def say(self, text):
        output.say(text, json_mode=self.json_mode)

    def stage(self, name, command, root, environment):
        self.say(click.style(f"\n== {name}", bold=True))
        with output.stopwatch() as seconds:
            status = call(command, root, environment, self.json_mode)
        state = "passed" if status == 0 else "failed"
        self.stages.append({"stage": name, "state": state, "status": status, "seconds": round(seconds(), 1)})

    def table(self):
        rows = [[stage["stage"], output.mark(stage["state"]), f"{stage['seconds']:.1f}"] for stage in self.stages]
        total = sum(stage["seconds"] for stage in self.stages)
        return output.table([*rows, ["total", "", f"{total:.1f}"]], ("stage", "result", "seconds"))

    @property
    def failed(self):
        return [stage["stage"] for stage in self.stages if stage["state"] == "failed"]


def run_notebooks(report, root, lessons, wrap):
    """Each notebook in a pytest of its own, so that each has its own kernel, time and verdicts."""
    for lesson in lessons:
        repo.need_notebook(lesson)
        with tempfile.TemporaryDirectory() as folder:
            results = Path(folder) / "results.jsonl"
            command = wrap(notebook_command(root, lesson))
            report.stage(str(lesson.notebook.relative_to(root)), command, root, kernel_environment(results))
            report.results += [{"notebook": lesson.name, **result} for result in notebooks.read_results(results)]


def verdict_line(result):
    """One verdict of a notebook, as `gencourse.results` noted it."""
    numbers = [f"{key} {result[key]:.4g}" for key in ("value", "median", "limit") if result.get(key) is not None]
    return f"{result['notebook']}: {result['claim']}: {', '.join(numbers)}: {result['status']}"


@click.command()
@click.option("--only", type=click.Choice(STAGES), multiple=True, help="Run this stage alone; may be repeated.")
@click.option("--lesson", "numbers", multiple=True, metavar="NN", help="Only this lesson's notebooks; may be repeated.")
@click.option("--network", is_flag=True, help="Leave the network on.")
@click.option("--json", "json_mode", is_flag=True, help="One line of JSON on stdout; the rest on stderr.")
def test(only, numbers, network, json_mode):
    """Lint, unit tests, and every notebook executed; without a network where the system allows that.

    Example: gencourse test --only notebooks --lesson 01
    """
    root = repo.root_for("test")
    lessons = repo.choose(root, numbers, solutions=True)
    stages = only or STAGES
    report = Report(json_mode)
    _, offline, how = command_offline(["true"]) if not network else (None, False, "--network was given")
    report.say(f"network: {'off' if offline else 'on'} ({how})")

    def wrap(command):
        return command_offline(command)[0] if offline else command

    environment = kernel_environment()
    if "lint" in stages:
        for name, command in lint_commands(root).items():
            report.stage(name, command, root, environment)
    if "unit" in stages:
        report.stage("unit tests", wrap(unit_command()), root, environment)
    if "notebooks" in stages:
        run_notebooks(report, root, lessons, wrap)
    for result in report.results:
        report.say(verdict_line(result))
    strict = "on" if os.environ.get("GENCOURSE_STRICT") == "1" else "off"
    report.say(f"\n{report.table()}\nnetwork: {'off' if offline else 'on'}; strict: {strict}")
    if json_mode:
        summary = {"ok": not report.failed, "offline": offline, "stages": report.stages, "results": report.results}
        output.emit_json(summary)
    if report.failed:
        raise click.ClickException(f"{len(report.failed)} failed: {', '.join(report.failed)}")
