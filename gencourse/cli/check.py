"""`gencourse test`: lint, unit tests and every notebook, each stage timed, without a network where possible."""

import os
import queue
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import click
import psutil

from gencourse.cli import notebooks, output, repo
from gencourse.cli.build import kernel_environment
from gencourse.cli.offline import command_offline

STAGES = ("lint", "unit", "notebooks")
MEMORY = 3e9  # bytes for one lesson with its kernel; they stay below 2.5 GB
# Small networks gain little from a second core, so two lessons side by side, a core each, end sooner than one by one.
PINNED = """\
import os, sys
os.sched_setaffinity(0, map(int, sys.argv[1].split(",")))
os.execvp(sys.argv[2], sys.argv[2:])"""


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


def core_groups(cores, free_memory):
    """Who runs on which cores: a list of sets, one for each notebook at a time, two at most.

    One group, None, means all cores; so it is where processes cannot be bound to cores, or memory is short.
    """
    if len(cores) < 2 or free_memory < 2 * MEMORY:
        return [None]
    cores = sorted(cores)
    return [set(cores[0::2]), set(cores[1::2])]


def bound(command, group):
    """The command so that it and its children run on one group of cores."""
    return command if group is None else [sys.executable, "-c", PINNED, ",".join(map(str, group)), *command]


def call(command, root, environment, json_mode, *, at_once=True):
    """Run one command; its output is shown as it comes, or kept. Returns: (status, what was kept)."""
    sys.stdout.flush()
    rest = {"cwd": root, "env": environment, "stdin": subprocess.DEVNULL}
    if at_once:
        stdout = 2 if json_mode else None  # a file descriptor: stderr's
        return subprocess.run(command, stdout=stdout, **rest).returncode, ""
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **rest)
    return done.returncode, done.stdout.decode(errors="replace")


class Report:
    """The stages that ran: name, state, seconds; verdicts of lessons."""

    def __init__(self, json_mode):
        self.json_mode, self.stages, self.results = json_mode, [], []
        self.began = time.perf_counter()

    def say(self, text):
        output.say(text, json_mode=self.json_mode)

    def stage(self, name, command, root, environment, *, at_once=True):
        """Run one stage. Returns: what the table says of it."""
        title = click.style(f"\n== {name}", bold=True)
        self.say(title if at_once else f"begun: {name}")
        with output.stopwatch() as seconds:
            status, text = call(command, root, environment, self.json_mode, at_once=at_once)
        if not at_once:
            self.say(f"{title}\n{text}")
        state = "passed" if status == 0 else "failed"
        return {"stage": name, "state": state, "status": status, "seconds": round(seconds(), 1)}

    def table(self):
        rows = [[stage["stage"], output.mark(stage["state"]), f"{stage['seconds']:.1f}"] for stage in self.stages]
        rows.append(["from start to end", "", f"{time.perf_counter() - self.began:.1f}"])  # notebooks ran side by side
        return output.table(rows, ("stage", "result", "seconds"))

    @property
    def failed(self):
        return [stage["stage"] for stage in self.stages if stage["state"] == "failed"]


def run_notebooks(report, root, lessons, wrap, groups):
    """Each notebook in a pytest of its own, so that each has its own kernel, time and verdicts."""
    for lesson in lessons:
        repo.need_notebook(lesson)
    groups = groups if len(lessons) > 2 else [None]  # a lesson and its solutions: sooner with all cores
    free = queue.SimpleQueue()
    for group in groups:
        free.put(group)

    def run(lesson):
        group = free.get()
        try:
            with tempfile.TemporaryDirectory() as folder:
                results = Path(folder) / "results.jsonl"
                command = bound(wrap(notebook_command(root, lesson)), group)
                name = str(lesson.notebook.relative_to(root))
                at_once = len(groups) == 1
                stage = report.stage(name, command, root, kernel_environment(results), at_once=at_once)
                return stage, [{"notebook": lesson.name, **result} for result in notebooks.read_results(results)]
        finally:
            free.put(group)

    with ThreadPoolExecutor(len(groups)) as pool:
        for stage, results in pool.map(run, lessons):
            report.stages.append(stage)
            report.results += results


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
            report.stages.append(report.stage(name, command, root, environment))
    if "unit" in stages:
        report.stages.append(report.stage("unit tests", wrap(unit_command()), root, environment))
    if "notebooks" in stages:
        groups = core_groups(
            psutil.Process().cpu_affinity() if hasattr(os, "sched_setaffinity") else [],
            psutil.virtual_memory().available,
        )
        run_notebooks(report, root, lessons, wrap, groups)
    for result in report.results:
        report.say(verdict_line(result))
    strict = "on" if os.environ.get("GENCOURSE_STRICT") == "1" else "off"
    report.say(f"\n{report.table()}\nnetwork: {'off' if offline else 'on'}; strict: {strict}")
    if json_mode:
        summary = {"ok": not report.failed, "offline": offline, "stages": report.stages, "results": report.results}
        output.emit_json(summary)
    if report.failed:
        raise click.ClickException(f"{len(report.failed)} failed: {', '.join(report.failed)}")
