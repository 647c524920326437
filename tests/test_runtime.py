"""The machine under a lesson: seeds, backends, quiet start."""

import logging
import random
import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf

from gencourse import runtime


def test_no_advice_on_retracing():
    said = []
    handler = logging.Handler()
    handler.emit = lambda record: said.append(record.getMessage())
    logger = logging.getLogger("tensorflow")
    logger.addHandler(handler)
    try:
        for _ in range(12):
            tf.function(lambda x: x + 1)(tf.constant(1))
        logger.warning("something else")
    finally:
        logger.removeHandler(handler)
    assert said == ["something else"]


def test_a_seed_fixes_all_three_sources_of_chance():
    def draw():
        return random.random(), float(np.random.rand()), float(tf.random.normal(()))

    runtime.set_seed(7)
    first = draw()
    runtime.set_seed(7)
    assert draw() == first
    runtime.set_seed(8)
    assert draw() != first


@pytest.mark.parametrize(("seed", "error"), [("1", TypeError), (True, TypeError), (1.0, TypeError), (-1, ValueError)])
def test_bad_seeds_are_named(seed, error):
    with pytest.raises(error, match="Received"):
        runtime.set_seed(seed)


def test_start_says_what_the_lesson_runs_on():
    line = runtime.start(seed=1)
    assert tf.__version__ in line
    assert "CPU core" in line


def test_drive_is_for_colab_only():
    with pytest.raises(RuntimeError, match="Colab only"):
        runtime.start(keep_on_drive=True)


def test_another_backend_is_refused(monkeypatch):
    monkeypatch.setattr(runtime.keras.backend, "backend", lambda: "jax")
    with pytest.raises(RuntimeError, match="Received: backend 'jax'"):
        runtime.start()


def test_memory_is_plausible():
    assert 50 < runtime.peak_memory_mb() < 100_000


def test_starting_writes_nothing_to_stderr():
    code = "from gencourse import runtime; runtime.start(); import tensorflow as tf; tf.ones(1)"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=300)
    assert result.returncode == 0, result.stderr
    assert result.stderr == ""


@pytest.mark.parametrize(
    ("noted", "end"),
    [
        (
            '{"url": "https://github.com/a/b.git", "vcs_info": {"requested_revision": "spring", "commit_id": "c0"}}',
            ": https://github.com/a/b/blob/spring/docs/GLOSSARY.md",
        ),
        ('{"url": "https://github.com/a/b", "vcs_info": {"commit_id": "c0"}}', "a/b/blob/c0/docs/GLOSSARY.md"),
        ('{"url": "file:///somewhere", "dir_info": {}}', "GPU"),
        (None, "GPU"),
        ("{", "GPU"),
    ],
)
def test_colab_is_told_where_the_glossary_is(noted, end, monkeypatch):
    class Installed:
        read_text = staticmethod(lambda name: noted if name == "direct_url.json" else None)

    monkeypatch.setitem(sys.modules, "google.colab", object())
    monkeypatch.setattr(runtime.metadata, "distribution", lambda name: Installed)
    monkeypatch.setattr(runtime, "device_summary", lambda: "2 CPU cores, no GPU")
    assert runtime.start().endswith(end)


def test_elsewhere_one_line_is_enough():
    assert "\n" not in runtime.start()
