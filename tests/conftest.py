"""Shared by all tests: the package is imported first, so that TensorFlow starts quietly and on the right backend."""

import pytest

from gencourse import runtime  # noqa: F401


@pytest.fixture(autouse=True)
def _own_folders(tmp_path, monkeypatch):
    """No test reads or writes a person's own cache or progress, nor is made strict by the environment."""
    monkeypatch.setenv("GENCOURSE_DATA", str(tmp_path / "cache"))
    monkeypatch.setenv("GENCOURSE_PROGRESS", str(tmp_path / "progress.json"))
    monkeypatch.delenv("GENCOURSE_STRICT", raising=False)
    monkeypatch.delenv("GENCOURSE_RESULTS", raising=False)
    monkeypatch.delenv("GENCOURSE_MIRROR", raising=False)
