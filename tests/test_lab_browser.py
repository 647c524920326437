"""What a learner does, in a real browser: JupyterLab as `lab` starts it, lessons run, answers typed, a slider moved.

Every lesson has a JupyterLab and a test of its own: it starts in three seconds, and two processes can share the tests.
"""

import importlib.util
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import browser
import nbformat
import pytest

from gencourse.exercises import quizzes

ROOT = Path(__file__).parents[1]
PATIENCE = 600  # seconds to run a lesson, for machines that are slow or busy; a quiet one needs less than a minute
IN_FRONT = ".jp-NotebookPanel:not(.lm-mod-hidden)"
# The text of every cell's prompt, such as "[3]:"; textContent, since cells out of sight are not drawn.
PROMPTS = f"""[...document.querySelectorAll("{IN_FRONT} .jp-CodeCell")]
    .map(cell => cell.querySelector(".jp-InputPrompt").textContent.trim())"""
# What the status bar says of the kernel after its name: "Idle", "Busy" ...
KERNEL = """[...document.querySelectorAll("#jp-main-statusbar .jp-StatusBar-TextItem")]
    .map(item => item.textContent).find(text => text.includes(" | "))?.split(" | ")[1]"""

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(os.name == "nt", reason="a server and its kernels are ended by signals, which Windows lacks"),
]


def starter():
    """`start.py`, where it would find the environment of these tests ready and go on at once; else `gencourse`."""
    spec = importlib.util.spec_from_file_location("start", ROOT / "start.py")
    start = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(start)
    version = start.environment_version()
    ours = version and os.path.samefile(start.ENVIRONMENT, sys.prefix)
    if ours and start.read_stamp() == start.wanted_stamp(version):
        return [sys.executable, str(ROOT / "start.py")]
    return [shutil.which("gencourse", path=os.path.dirname(sys.executable)) or "gencourse"]


class Lab:
    """A JupyterLab that `lab NN` has started, and a page with that lesson open.

    Attributes: work: the folder of copies; lesson: the notebook's path there; page; notes: see `browser.Notes`.
    """

    def __init__(self, chromium, number, folder):
        self.work, self.log, self.folder = folder / "work", folder / "lab.log", folder
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        command = [*starter(), "lab", number, "--no-browser", "--port", str(port), "--work", str(self.work)]
        with self.log.open("w") as log:
            environment = own_environment(folder)
            self.server = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment, start_new_session=True
            )
        try:
            self.address = self.wait_for_address(number)
            self.home = self.address.split("/lab/")[0]
            self.lesson = self.work / re.search(r"/lab/tree/(\w+\.ipynb)", self.address).group(1)
            self.page, self.notes = browser.open_page(chromium)
            self.page.goto(self.address)
            self.wait_until(f"{PROMPTS}.length > 0 && {KERNEL} === 'Idle'", "opening the lesson", 300)
        except BaseException:
            self.stop()
            raise

    def wait_for_address(self, number):
        """What a learner reads in the terminal."""
        until = time.monotonic() + 180
        while time.monotonic() < until and self.server.poll() is None:
            found = re.search(rf"http://127\.0\.0\.1:\d+/lab/tree/{number}_\w+\.ipynb\?token=\w{{20,}}", self.output())
            if found:
                return found.group()
            time.sleep(0.1)
        raise RuntimeError(f"JupyterLab gave no address. Its output:\n{self.output()}")

    def output(self):
        return self.log.read_text(encoding="utf-8", errors="replace")

    def stop(self):
        """End the server, its kernels and whatever they started."""
        for number, patience in ((signal.SIGTERM, 30), (signal.SIGKILL, 30)):
            try:
                os.killpg(self.server.pid, number)
                self.server.wait(patience)
            except ProcessLookupError:
                break
            except subprocess.TimeoutExpired:
                continue

    def wait_until(self, condition, what, patience=PATIENCE):
        """Wait for a condition in the page, and say what was waited for when it does not come."""
        from playwright.sync_api import TimeoutError as TooLate

        try:
            self.page.wait_for_function(condition, timeout=1000 * patience, polling=250)
        except TooLate:
            browser.keep_screenshot(self.page, self.folder, "too-late")
            state = self.page.evaluate(f"[{KERNEL}, {PROMPTS}.join(' ')]")
            pytest.fail(f"{what} took longer than {patience} s; kernel and cells: {state}\n{self.output()}")

    def menu(self, menu, item):
        """Take an item of a menu, by what is written there."""
        self.page.locator(".lm-MenuBar-item").get_by_text(menu, exact=True).click()
        self.page.locator(".lm-Menu-itemLabel").get_by_text(item, exact=True).click()

    def run_all(self):
        """Run > Run All Cells; then no cell has failed, neither in the page nor in the file.

        The outputs of the copy are cleared before, so that what stands there afterwards is new.
        """
        self.menu("Edit", "Clear Outputs of All Cells")
        self.wait_until(f"{PROMPTS}.every(prompt => prompt === '[ ]:')", "clearing", 60)
        self.menu("Run", "Run All Cells")
        self.wait_until(f"{PROMPTS}.some(prompt => prompt !== '[ ]:')", "beginning to run", 60)
        self.wait_until(f"!{PROMPTS}.includes('[*]:') && {KERNEL} === 'Idle'", "running all cells")
        prompts = self.page.evaluate(PROMPTS)
        assert prompts == [f"[{number}]:" for number in range(1, len(prompts) + 1)], self.wrong()
        assert self.wrong() == []
        notebook = self.saved()
        code = [cell for cell in notebook.cells if cell.cell_type == "code"]
        assert [cell.execution_count for cell in code] == list(range(1, len(prompts) + 1))
        outputs = [output for cell in code for output in cell.outputs]
        assert {output.output_type for output in outputs} <= {"stream", "display_data", "execute_result"}
        assert {output.name for output in outputs if output.output_type == "stream"} == {"stdout"}
        assert sum("image/png" in output.get("data", {}) for output in outputs) > 10

    def wrong(self):
        """Errors and what was written to stderr, as the page shows them."""
        kinds = ("application/vnd.jupyter.error", "application/vnd.jupyter.stderr")
        return self.page.locator(
            ", ".join(f"{IN_FRONT} [data-mime-type='{kind}']" for kind in kinds)
        ).all_text_contents()

    def cell(self, words):
        """The code cell that has these words in it."""
        return self.page.locator(f"{IN_FRONT} .jp-CodeCell", has=self.page.locator(".cm-content", has_text=words))

    def run_cell(self, cell, lines=None):
        """Give a cell another text, if one is given, and run it with the keyboard. Returns: what it says."""
        cell.locator(".cm-content").click()
        if lines:
            self.page.keyboard.press("Control+A")
            self.page.keyboard.insert_text("\n".join(lines))
        before = cell.locator(".jp-InputPrompt").text_content()
        self.page.keyboard.press("Control+Enter")
        self.page.keyboard.press("Escape")
        number = int(re.search(r"\d+", before).group())
        own = f"{PROMPTS}.map(prompt => parseInt(prompt.slice(1))).some(number => number > {number})"
        self.wait_until(f"{own} && !{PROMPTS}.includes('[*]:') && {KERNEL} === 'Idle'", "running a cell", 120)
        return self.said_by(cell)

    def turn(self, name, old, new):
        """Change a value in the parameters cell by mouse and keyboard: a double click chooses a word."""
        line = self.cell(f"{name} =").first.locator(".cm-line", has_text=f"{name} =")
        line.get_by_text(old, exact=True).dblclick()
        self.page.keyboard.insert_text(new)
        self.page.keyboard.press("Escape")
        assert line.text_content().startswith(f"{name} = {new}")

    def saved(self):
        """Save with the keyboard, as the page says it does. Returns: the notebook as it stands in the file."""
        before = self.lesson.stat().st_mtime_ns
        self.page.keyboard.press("Control+s")
        until = time.monotonic() + 60
        while self.lesson.stat().st_mtime_ns == before and time.monotonic() < until:
            self.page.wait_for_timeout(100)
        self.wait_until("!document.querySelector('.lm-DockPanel .lm-mod-current.jp-mod-dirty')", "saving", 60)
        return nbformat.read(self.lesson, as_version=4)

    def progress(self):
        """The exercises that are marked as done."""
        file = self.folder / "progress.json"
        entries = json.loads(file.read_text(encoding="utf-8"))["exercises"] if file.is_file() else {}
        return [name for name, entry in entries.items() if "done" in entry]

    def said_by(self, cell):
        """Go to a cell and read its output."""
        self.show(cell)
        return "\n".join(cell.locator(".jp-OutputArea-output").all_inner_texts())

    def show(self, locator):
        """Scroll to something: a few times, since cells on the way there get their heights only when they are drawn."""
        for _ in range(4):
            locator.evaluate("element => element.scrollIntoView({block: 'start'})")
            self.page.wait_for_timeout(200)

    def screenshot(self, name):
        return browser.keep_screenshot(self.page, self.folder, f"lesson-{self.lesson.stem}-{name}")


def own_environment(folder):
    """A learner's environment on a machine where neither JupyterLab nor the course has ever run."""
    ours = ("JUPYTER", "GENCOURSE", "IPYTHON", "PYTEST", "TF_CPP", "PYDEVD")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    names = ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR", "JUPYTERLAB_SETTINGS_DIR")
    own = {name: str(folder / name.lower()) for name in (*names, "JUPYTERLAB_WORKSPACES_DIR", "GENCOURSE_DATA")}
    return {**kept, **own, "GENCOURSE_PROGRESS": str(folder / "progress.json")}


@pytest.fixture
def open_lab(chromium, tmp_path):
    """`open_lab("01")` starts JupyterLab at a lesson; at the end, nothing was asked of another host, nothing failed."""
    labs = []

    def at(number):
        labs.append(Lab(chromium, number, tmp_path))
        return labs[-1]

    yield at
    for lab in labs:
        lab.page.context.close()
        lab.stop()
    for lab in labs:
        assert lab.notes.elsewhere(lab.home) == []
        assert lab.notes.said == []


def test_lesson_00_runs_from_its_first_to_its_last_cell(open_lab):
    lab = open_lab("00")
    lab.screenshot("opened")
    # Nothing in a learner's way: no menu for graders, no question about news; and nobody is asked for either.
    assert "Run" in lab.page.locator(".lm-MenuBar-itemLabel").all_inner_texts()
    assert "Nbgrader" not in lab.page.locator(".lm-MenuBar-itemLabel").all_inner_texts()
    assert lab.page.locator(".jp-toast, .Toastify__toast, .jp-Dialog").count() == 0
    assert lab.page.request.get(lab.home + "/formgrader").status == 404
    lab.run_all()
    lab.screenshot("done")
    assert not [url for url in lab.notes.asked if url.endswith(("/lab/api/news", "/lab/api/update"))]

    # A word of the glossary leads to its place there.
    lab.page.locator(f"{IN_FRONT} a", has_text="distribution").first.click()
    lab.page.locator(".jp-MarkdownViewer h3", has_text="distribution").first.wait_for()
    lab.screenshot("glossary")


def test_lesson_01_loads_its_networks_and_answers_an_exercise(open_lab):
    lab = open_lab("01")
    lab.turn("LOAD_CHECKPOINT", "False", "True")
    lab.screenshot("turned")
    lab.run_all()
    assert "LOADED, NOT TRAINED" in lab.said_by(lab.cell("*recipes.recorded("))
    lab.screenshot("loaded")

    exercise = lab.cell('check("01.1"')
    question = "slope_minimax, slope_non_saturating = {}, {}".format
    ask = 'check("01.1", (slope_minimax, slope_non_saturating))'
    said = lab.run_cell(exercise, [question(0.982, 0.018), ask])
    assert said.startswith("01.1 not yet: the two are swapped")
    assert "01.1" not in lab.progress()
    lab.screenshot("wrong")
    said = lab.run_cell(exercise, [question(0.018, 0.982), ask])
    assert said.startswith("01.1 right: 0.018 against 0.982")
    assert "01.1" in lab.progress()
    lab.screenshot("right")
    (cell,) = [cell for cell in lab.saved().cells if ask in cell.source]
    assert cell.source == f"{question(0.018, 0.982)}\n{ask}"


def test_lesson_03_loads_its_networks_and_a_slider_moves_an_image(open_lab):
    lab = open_lab("03")
    lab.turn("LOAD_CHECKPOINT", "False", "True")
    lab.run_all()
    assert "LOADED, NOT TRAINED" in lab.said_by(lab.cell("*recipes.recorded("))

    explorer = lab.cell("viz.explore(moved")
    image, handles = explorer.locator("img"), explorer.locator(".noUi-handle")
    lab.show(explorer)
    assert handles.count() == 3
    lab.screenshot("slider-before")
    before = drawn(image)
    handles.first.focus()
    for _ in range(20):
        lab.page.keyboard.press("ArrowRight")
    lab.page.wait_for_function("([image, before]) => image.src !== before", arg=[image.element_handle(), before[0]])
    assert explorer.locator(".widget-readout").first.inner_text() == "2.00"
    latest = None
    while latest != (latest := image.get_attribute("src")):  # one picture after another, until the last one stays
        lab.page.wait_for_timeout(1000)
    lab.screenshot("slider-after")
    assert drawn(image)[1] != before[1]
    assert abs(image.evaluate("image => image.getBoundingClientRect().width - image.naturalWidth")) < 2
    assert image.evaluate(
        "image => image.getBoundingClientRect().bottom < innerHeight"
    )  # sliders and image in one view

    options = quizzes.quiz("03").questions[0].options
    cell = lab.cell('quiz("03")')
    lab.show(cell)
    reply = cell.locator(".widget-html-content").nth(1)  # below the first question
    for name, right in (("wrong", False), ("right", True)):
        number = [option.right for option in options].index(right)
        cell.locator(".widget-radio-box").first.locator("label").nth(number).click()
        said = quizzes.reply(options[number]).replace("`", "")
        reply.get_by_text(said[:30]).wait_for()
        assert said in reply.inner_text()
        lab.screenshot(f"quiz-{name}")
    assert lab.wrong() == []


def drawn(image):
    """(address, pixels as text) of an image in the page."""
    return image.evaluate(
        """async image => {
            await image.decode();
            const canvas = document.createElement("canvas");
            [canvas.width, canvas.height] = [image.naturalWidth, image.naturalHeight];
            canvas.getContext("2d").drawImage(image, 0, 0);
            return [image.src, canvas.toDataURL()];
        }"""
    )
