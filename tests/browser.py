"""What tests in a real browser share: which one, how it is started, and what its pages asked for and complained of."""

import os
import shutil
from pathlib import Path

STRICT = os.environ.get("GENCOURSE_STRICT") == "1"  # read here, before a fixture takes it away
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
INSTALL = (
    "this test opens pages in Chromium, which is not installed. On Debian and Ubuntu: sudo apt install chromium; "
    "elsewhere Google Chrome will do, as long as one of these commands starts it: " + ", ".join(BROWSERS)
)
# Without its background services, a browser asks nobody for anything but what the page asks for.
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
WIDE, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}


def command():
    """The command that starts Chromium, or None."""
    return next(filter(None, map(shutil.which, BROWSERS)), None)


class Notes:
    """What a page asked for (addresses), and what went wrong in it (messages, failed answers)."""

    def __init__(self, page):
        self.asked, self.said = [], []
        page.on("request", lambda request: self.asked.append(request.url))
        page.on("console", lambda message: self.said.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: self.said.append(str(error)))
        page.on("response", lambda answer: self.said.append(answer.url) if answer.status >= 400 else None)

    def elsewhere(self, *homes):
        """Addresses that begin with none of `homes`; what a page carries in itself is nowhere else."""
        return [url for url in self.asked if not url.startswith((*homes, "data:", "blob:"))]


def open_page(browser, viewport=WIDE):
    """A page of its own, without cookies. Returns: (page, its notes)."""
    page = browser.new_context(viewport=viewport).new_page()
    page.set_default_timeout(120_000)  # CI may have little to spare
    return page, Notes(page)


def keep_screenshot(page, folder, name):
    """Write a picture of the page to `folder`, and to the folder that GENCOURSE_SCREENSHOTS names, if any."""
    path = Path(folder) / f"{name}.png"
    page.screenshot(path=path)
    kept = os.environ.get("GENCOURSE_SCREENSHOTS")
    if kept:
        Path(kept).mkdir(parents=True, exist_ok=True)
        shutil.copy(path, kept)
    return path
