"""Parts of the command line that need no course: kernels' environment, the network off, tables, JSON, whole files."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from gencourse.cli import check, main, offline, output, point
from gencourse.cli.build import kernel_environment

ROOT = Path(__file__).parents[1]


def call(*arguments):
    return CliRunner().invoke(main.main, list(arguments))


def test_kernels_do_not_inherit_a_file_of_results(monkeypatch):
    monkeypatch.setenv("GENCOURSE_RESULTS", "somewhere")
    assert "GENCOURSE_RESULTS" not in kernel_environment()
    assert kernel_environment("here")["GENCOURSE_RESULTS"] == "here"


def test_offline_leaves_loopback_and_nothing_else():
    _, without, how = offline.command_offline(["true"])
    if not without:
        pytest.skip(f"no network namespace: {how}")
    code = (
        "import socket\nserver = socket.create_server(('127.0.0.1', 0))\n"
        "socket.create_connection(server.getsockname()).close()\n"
        "names = [name for _, name in socket.if_nameindex()]\n"
        "client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n"
        "try:\n    client.connect(('192.0.2.1', 9))\nexcept OSError:\n    print('off', *names)"
    )
    result = subprocess.run(offline.command_offline([sys.executable, "-c", code])[0], capture_output=True, text=True)
    assert result.stdout == "off lo\n", result.stderr
    assert [name for _, name in socket.if_nameindex()], "this process keeps its own interfaces"


def test_offline_passes_the_exit_status_on():
    command = offline.command_offline([sys.executable, "-c", "raise SystemExit(5)"])[0]
    assert subprocess.run(command).returncode == 5


def test_offline_says_why_not(monkeypatch):
    monkeypatch.setattr(offline.shutil, "which", lambda name: None)
    command, without, how = offline.command_offline(["true"])
    assert (command, without) == (["true"], False)
    assert how


def test_setup_cell_is_python_and_installs_only_what_is_missing(monkeypatch):
    text = point.setup_cell("ada/course", "main")
    compile(text, "setup", "exec")
    head = text.partition("from gencourse import runtime")[0]
    monkeypatch.setattr(subprocess, "run", lambda *a, **k: pytest.fail("gencourse is here: nothing to install"))
    exec(head, {})


@pytest.mark.parametrize("arguments", [("data", "list"), ("data", "verify"), ("progress",)])
def test_json_is_one_line(arguments):
    result = call(*arguments, "--json")
    assert result.exit_code == 0, result.output
    (line,) = result.stdout.splitlines()
    assert json.loads(line)


def test_data_fetch_refuses_an_unknown_set():
    result = call("data", "fetch", "cifar")
    assert result.exit_code == 1
    assert "Received: 'cifar'" in result.output


def test_table_is_aligned_whatever_the_colours():
    text = output.table([["a", output.mark("ok")], ["longer", "b"]], ("name", "state"))
    lines = [output.click.unstyle(line) for line in text.splitlines()]
    assert [line.rfind(word) for line, word in zip(lines, ("state", "-----", "ok", "b"), strict=True)] == [8, 8, 8, 8]


def test_files_are_written_whole_or_not_at_all(tmp_path, monkeypatch):
    path = tmp_path / "x.txt"
    output.write_whole(path, "old")
    monkeypatch.setattr(os, "replace", lambda *a: (_ for _ in ()).throw(OSError("disk")))
    with pytest.raises(OSError, match="disk"):
        output.write_whole(path, "new")
    assert path.read_text(encoding="utf-8") == "old"
    assert [file.name for file in tmp_path.iterdir()] == ["x.txt"]


def test_lint_covers_what_people_edit():
    words = check.lint_commands(ROOT)["ruff check"]
    assert {"start.py", "gencourse", "tests"} <= set(words)


def test_notebooks_share_the_cores_when_there_is_memory_for_two():
    assert check.core_groups([3, 0, 1], 8e9) == [{0, 3}, {1}]
    assert check.core_groups([0], 8e9) == [None]
    assert check.core_groups([], 8e9) == [None]  # a system that cannot bind processes to cores
    assert check.core_groups([0, 1], 5e9) == [None]


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="this system cannot bind processes to cores")
def test_a_bound_command_runs_on_its_cores_alone():
    core = min(os.sched_getaffinity(0))
    question = [sys.executable, "-c", "import os; print(os.sched_getaffinity(0)); raise SystemExit(3)"]
    status, text = check.call(check.bound(question, {core}), ROOT, None, False, at_once=False)
    assert (status, text.strip()) == (3, str({core}))
    assert check.bound(question, None) == question
