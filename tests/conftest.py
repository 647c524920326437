"""Shared by all tests: the package is imported first, so that TensorFlow starts quietly and on the right backend."""

import browser
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


@pytest.fixture(scope="module")
def chromium():
    """A browser for the tests of one module: no longer, since Playwright keeps an event loop running for it."""
    command = browser.command()
    if command is None:
        (pytest.fail if browser.STRICT else pytest.skip)(browser.INSTALL)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=command, args=browser.FLAGS, timeout=180_000)
        yield started
        started.close()
