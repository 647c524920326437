"""What verbs share in speaking: JSON on stdout alone, everything else on stderr, tables, times, whole files."""

import json
import os
import sys
import time
from contextlib import contextmanager

import click

MARKS = {"ok": "green", "passed": "green", "failed": "red", "warning": "yellow", "skipped": "yellow"}


def say(text="", *, json_mode=False):
    """One line for the reader: on stdout, or on stderr when stdout belongs to JSON."""
    click.echo(text, err=json_mode)


def emit_json(value):
    """Write `value` as exactly one line of JSON on stdout."""
    sys.stdout.flush()
    click.echo(json.dumps(value, allow_nan=False, default=str))


def mark(word):
    """The word in its colour (click drops colours where there is no terminal)."""
    return click.style(word, fg=MARKS.get(word), bold=word == "failed")


def table(rows, headings):
    """Rows of strings as an aligned table; the widths follow the text without its colours."""
    rows = [[str(cell) for cell in row] for row in rows]
    lines = [list(headings), *rows]
    widths = [max(len(click.unstyle(line[column])) for line in lines) for column in range(len(headings))]

    def draw(line):
        padded = [cell + " " * (width - len(click.unstyle(cell))) for cell, width in zip(line, widths, strict=True)]
        return "  ".join(padded).rstrip()

    return "\n".join([draw(lines[0]), "  ".join("-" * width for width in widths), *map(draw, lines[1:])])


@contextmanager
def stopwatch():
    """`with stopwatch() as seconds: ...`, then `seconds()` is the time it took, or takes so far."""
    began, ended = time.perf_counter(), []
    try:
        yield lambda: (ended[0] if ended else time.perf_counter()) - began
    finally:
        ended.append(time.perf_counter())


def write_whole(path, text):
    """Write a text file to a temporary name beside it, then move it into place."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        part.write_text(text, encoding="utf-8", newline="\n")
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)
