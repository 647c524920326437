"""The site: its parts on tiny texts, then all lessons built once, checked file by file and opened in a real browser."""

import base64
import functools
import http.server
import json
import os
import re
import shutil
import threading
from pathlib import Path

import browser
import nbformat
import pytest
from click.testing import CliRunner
from filelock import FileLock

from gencourse.cli import main, notebooks, repo, site, site_alt, site_check, site_pages, site_sphinx

ROOT = Path(__file__).parents[1]
LESSONS = [lesson for lesson in repo.lessons(ROOT) if lesson.notebook.is_file()]
every_source = pytest.mark.parametrize(
    "lesson", repo.lessons(ROOT), ids=lambda lesson: str(lesson.source.relative_to(ROOT / "notebooks" / "source"))
)
every_notebook = pytest.mark.parametrize(
    "lesson", LESSONS, ids=lambda lesson: str(lesson.notebook.relative_to(ROOT / "notebooks"))
)

PIXEL = base64.b64encode(
    bytes.fromhex(
        "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de"
        "0000000c49444154789c63f8ffff3f0005fe02fea735811b0000000049454e44ae426082"
    )
).decode()
BADGE = "[![Open in Colab](https://x.example/badge.svg)](https://colab.example/07)"
README = """\
# Tiny course

**A claim.** See [the plan](docs/plan.txt).

![A dot](docs/dot.png)

## Two commands

    python3 start.py

## Lessons

| | lesson | idea | data | training | result |
|---|---|---|---|---|---|
| 07 | [Tiny](notebooks/07_tiny.ipynb) @BADGE@ | one dot | a dot | 1 s | $x = 1$ |

Medians.

## Licence

[LICENSE](LICENSE)
""".replace("@BADGE@", BADGE)


def picture(source):
    """An executed code cell that shows one pixel."""
    result = nbformat.v4.new_output("display_data", data={"image/png": PIXEL, "text/plain": "<Picture>"})
    return nbformat.v4.new_code_cell(source, outputs=[result], execution_count=1)


def prose(text):
    return nbformat.v4.new_markdown_cell(text)


def notebook_of(*cells):
    return nbformat.v4.new_notebook(cells=list(cells), metadata={"language_info": {"name": "python"}})


@pytest.fixture
def course(tmp_path):
    """A course of one lesson with a picture, a formula and links."""
    root = tmp_path / "course"
    for folder in ("notebooks", "docs"):
        (root / folder).mkdir(parents=True)
    shutil.copytree(ROOT / "docs" / "site", root / "docs" / "site")
    (root / "docs" / "dot.png").write_bytes(base64.b64decode(PIXEL))
    (root / "docs" / "plan.txt").write_text("a plan", encoding="utf-8")
    (root / "LICENSE").write_text("yes", encoding="utf-8")
    (root / "README.md").write_text(README, encoding="utf-8")
    (root / "pyproject.toml").write_text(
        '[tool.gencourse]\nrepository = "ada/course"\nbranch = "main"\n', encoding="utf-8"
    )
    lesson = notebook_of(
        prose(f"# 07 · Tiny\n\n{BADGE}\n\nA [plan](../docs/plan.txt)."),
        prose("## Look\n\nThe formula is $x^2$."),
        picture('viz.scatter(points, x_label="step")'),
        prose("A dot. Nothing more."),
    )
    nbformat.write(lesson, root / "notebooks" / "07_tiny.ipynb")
    return root


@pytest.fixture
def stage(course, tmp_path):
    return site_pages.Stage(course, tmp_path / "stage")


# Alternative texts


def test_alternative_text_is_kind_axes_and_the_prose_that_reads_the_picture():
    notebook = notebook_of(
        prose("Before."),
        picture('viz.loss_curves(losses, x_label="step", y_label="nats")'),
        prose("The *curve* falls to $\\log 2 \\approx 0.69$, see [lesson 01](01.ipynb). It stays there."),
    )
    text = "Curves (x: step; y: nats). The curve falls to log 2 ≈ 0.69, see lesson 01. It stays there."
    assert site_alt.texts(notebook) == {1: text}


def test_alternative_text_looks_past_code_then_back_but_never_under_another_heading():
    first, last = picture("viz.scatter(a)"), picture("viz.bars(b)")
    notebook = notebook_of(prose("Made of three clouds:"), first, prose("## Next\n\nOther things."), last)
    assert site_alt.texts(notebook)[1] == "Scatter plot. Made of three clouds."
    notebook = notebook_of(first, nbformat.v4.new_code_cell("print(1)"), prose("Two views of one cloud."))
    assert site_alt.texts(notebook) == {0: "Scatter plot. Two views of one cloud."}


def test_kind_of_a_picture_is_found_through_helpers_and_animations():
    helper = nbformat.v4.new_code_cell("def show(model):\n    return viz.image_grid(model.generate(8))")
    notebook = notebook_of(helper, picture("show(model)"), picture("viz.show_gif(viz.animate_grids(f, p))"))
    kinds = [text.partition(".")[0] for text in site_alt.texts(notebook).values()]
    assert kinds == ["Grid of images", "Animation of image grids"]


def test_an_alternative_text_is_not_longer_than_one_hears_in_one_go():
    notebook = notebook_of(picture('viz.bars(b, unit="nats")'), prose("A sentence of forty characters is here. " * 20))
    (text,) = site_alt.texts(notebook).values()
    assert text.startswith("Bar chart (nats). A sentence")
    assert site_alt.LONGEST - 40 < len(text) <= site_alt.LONGEST
    assert site_alt.kinds(notebook) == {0: "Bar chart (nats)."}


def test_every_function_that_draws_has_a_kind():
    from gencourse import viz

    silent = {
        "COLOURS",
        "MAX_FRAMES",
        "Explorer",
        "Picture",
        "Quiz",
        "Score",
        "describe_pictures",
        "mosaic",
        "save_png",
        "thin",
        "use_style",
    }
    assert set(viz.__all__) - silent <= site_alt.KINDS.keys()


def test_long_readings_end_with_a_whole_sentence():
    text = "One sentence. " * 100
    assert site_alt.first_sentences(text.strip(), longest=40) == "One sentence. One sentence."
    assert site_alt.first_sentences("word " * 100, longest=20).endswith("word …")


@every_notebook
def test_every_picture_of_every_lesson_is_described(lesson):
    notebook = nbformat.read(lesson.notebook, as_version=4)
    described = site_alt.texts(notebook)
    pictures = [index for index, cell in enumerate(notebook.cells) if site_alt.has_picture(cell)]
    assert pictures == list(described)
    short = {index: text for index, text in described.items() if len(text) < 25 or "\\" in text or text.endswith(". ")}
    assert short == {}


# Headings and formulas of the sources


@every_source
def test_headings_of_every_source_are_in_order(lesson):
    levels = []
    for cell in notebooks.read_source(lesson.source).cells:
        if cell.cell_type == "markdown":
            text = site_pages.outside_code(cell.source, lambda part: part)
            text = re.sub(r"(?ms)^```.*?^```", "", text)
            levels += [(len(marks), words) for marks, words in re.findall(r"(?m)^(#{1,6}) +(.+)$", text)]
    assert site_check.heading_faults(levels) == []


def test_formulas_become_mathml_and_a_wrong_one_is_reported():
    text, fault = site_sphinx.formula(r"\log p(x \mid z)", False)
    assert fault == ""
    assert text.startswith("<math")
    assert "\\" not in text
    text, fault = site_sphinx.formula(r"\nonsense{<", True)
    assert "nonsense" in fault
    assert text == '<code class="formula-fault">\\nonsense{&lt;</code>'


# Pages


def test_rows_of_the_lesson_table_are_read():
    (row,) = site_pages.lesson_rows(README)
    assert (row.number, row.title, row.notebook) == ("07", "Tiny", "notebooks/07_tiny.ipynb")
    assert (row.idea, row.seconds, row.result) == ("one dot", "1 s", "$x = 1$")
    with pytest.raises(ValueError, match=r"Received: \| 08 \| no link"):
        site_pages.lesson_rows("| 08 | no link | a | b | c | d |")


def test_links_lead_to_pages_pictures_or_the_repository(stage):
    relink = functools.partial(stage.relink, path="README.md")
    home = "https://github.com/ada/course"
    assert relink("[x](notebooks/07_tiny.ipynb#look)") == "[x](07_tiny.ipynb#look)"
    assert relink("[x](docs/plan.txt)") == f"[x]({home}/blob/main/docs/plan.txt)"
    assert relink("[x](docs)") == f"[x]({home}/tree/main/docs)"
    assert relink("[![O](https://x.example/b.svg)](https://y.example/)") == "[O](https://y.example/)"
    assert relink("[x](https://z.example/a) [y](#here)") == "[x](https://z.example/a) [y](#here)"
    assert relink("`[x](none.md)`\n\n```\n[x](none.md)\n```") == "`[x](none.md)`\n\n```\n[x](none.md)\n```"
    assert relink("![dot](docs/dot.png)") == "![dot](docs/dot.png)"
    assert (stage.folder / "docs" / "dot.png").is_file()
    assert stage.faults == []
    relink("[x](gone.md) [y](../outside.md)")
    assert [fault.split()[-5] for fault in stage.faults] == ["gone.md,", "../outside.md,"]


def test_a_lesson_gets_links_alternative_texts_and_a_word_on_what_moves(stage, course):
    path = course / "notebooks" / "07_tiny.ipynb"
    lesson = nbformat.read(path, as_version=4)
    lesson.cells.append(picture("viz.explore(draw, names)"))
    lesson.cells.append(nbformat.v4.new_code_cell("import keras", metadata={"tags": ["setup"]}))
    nbformat.write(lesson, path)
    assert stage.write() == 2
    written = nbformat.read(stage.folder / "07_tiny.ipynb", as_version=4)
    assert "[Open in Colab](https://colab.example/07) [The notebook on GitHub](" in written.cells[0].source
    assert written.cells[2].metadata["mystnb"]["image"]["alt"] == "Scatter plot (x: step). A dot. Nothing more."
    assert "run the lesson" in written.cells[5].source
    assert written.cells[6].metadata["tags"] == ["setup", "hide-input"]
    assert "badge.svg" not in nbformat.writes(written)


# Checks of built pages


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ('<a href="gone.html">x</a>', "gone.html is not there"),
        ('<a href="other.html#nowhere">x</a>', "no place of this name"),
        ('<a href="../elsewhere.html">x</a>', "is not there"),
        ('<img src="gone.png" alt="a picture">', "gone.png is not there"),
        ('<img src="dot.png">', "no alternative text"),
        ('<img src="https://x.example/a.png" alt="a picture">', "fetched from another host"),
        ('<script src="//x.example/a.js"></script>', "fetched from another host"),
        ('<link rel="stylesheet" href="https://x.example/a.css">', "fetched from another host"),
        ("<h3>Deep</h3>", "heading h3 'Deep' follows h1"),
        ("<h1>Twice</h1>", "heading h1 'Twice' follows h1"),
        ('<code class="formula-fault">x</code>', "formulas could not be read"),
    ],
)
def test_what_is_wrong_with_a_page_is_found(tmp_path, body, words):
    (tmp_path / "dot.png").write_bytes(base64.b64decode(PIXEL))
    (tmp_path / "other.html").write_text('<h1 id="here">Other</h1><a href="page.html">x</a>', encoding="utf-8")
    page = '<h1>Page</h1><a href="other.html#here">x</a><a href="https://x.example/">x</a><img src="dot.png" alt="dot">'
    (tmp_path / "page.html").write_text(page, encoding="utf-8")
    assert site_check.Site(tmp_path).faults() == []
    (tmp_path / "page.html").write_text(page + body, encoding="utf-8")
    (fault,) = site_check.Site(tmp_path).faults()
    assert words in fault
    assert fault.startswith("page.html: ")


def test_style_sheets_fetch_nothing_from_elsewhere(tmp_path):
    (tmp_path / "a.css").write_text("@import 'https://x.example/b.css'; a{background:url(gone.png)} /* url(x) */")
    faults = site_check.Site(tmp_path).faults()
    assert faults == [
        "a.css: https://x.example/b.css would be fetched from another host",
        "a.css: gone.png is not there",
    ]


# The verb


def call(course, monkeypatch, *arguments):
    monkeypatch.setattr(repo, "find_root", lambda: course)
    return CliRunner().invoke(main.main, ["site", *map(str, arguments)])


def test_the_site_of_a_tiny_course(course, monkeypatch):
    result = call(course, monkeypatch, "--json")
    assert result.exit_code == 0, result.output
    summary = json.loads(result.stdout)
    assert summary["faults"] == summary["warnings"] == []
    assert summary["pages"] == 3  # the start page, the lesson, the search
    page = (course / "site" / "07_tiny.html").read_text(encoding="utf-8")
    assert 'alt="Scatter plot (x: step). A dot. Nothing more."' in page
    assert "<msup><mi>x</mi><mn>2</mn></msup>" in page
    assert [path.name for path in course.glob(".site-*")] == []
    # A second build takes the first one's place, and tells of a link that leads nowhere.
    text = (course / "README.md").read_text(encoding="utf-8")
    (course / "README.md").write_text(text.replace("docs/plan.txt", "docs/gone.txt"), encoding="utf-8")
    result = call(course, monkeypatch)
    assert result.exit_code == 1
    assert "README.md: a link to docs/gone.txt, which is not there" in result.output


def test_a_folder_that_is_no_site_is_left_alone(course, monkeypatch):
    result = call(course, monkeypatch, "--out", course / "docs")
    assert result.exit_code == 1
    assert "holds something else than a site" in result.output
    assert (course / "docs" / "plan.txt").is_file()


# The whole site, built once


@pytest.fixture(scope="session")
def built(tmp_path_factory):
    """(folder of the site, its report); processes that test side by side share it."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "site-of-all-lessons"
    folder.mkdir(exist_ok=True)
    with FileLock(folder / "lock"):
        report = folder / "report.json"
        if not report.is_file():
            report.write_text(json.dumps(site.build_site(ROOT, folder / "site")), encoding="utf-8")
    return folder / "site", json.loads(report.read_text(encoding="utf-8"))


def test_all_lessons_are_built_without_a_fault(built):
    _, report = built
    assert report["faults"] == []
    assert report["warnings"] == []


@every_notebook
def test_every_page_has_the_pictures_of_its_notebook(built, lesson):
    folder, _ = built
    page = site_check.Page(
        (folder / lesson.notebook.relative_to(ROOT / "notebooks").with_suffix(".html")).read_text("utf-8")
    )
    notebook = nbformat.read(lesson.notebook, as_version=4)
    assert page.pictures == sum(site_alt.has_picture(cell) for cell in notebook.cells)
    dollars = re.findall(
        r"\$\$?[^$]+\$\$?", "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    )
    assert (page.formulas > 0) == bool(dollars)


def test_the_start_page_leads_to_every_lesson(built):
    folder, _ = built
    links = site_check.Page((folder / "index.html").read_text(encoding="utf-8")).links
    wanted = {lesson.notebook.with_suffix(".html").name for lesson in LESSONS if not lesson.is_solution}
    assert wanted <= set(links)


def test_the_search_knows_lessons_and_not_their_solutions(built):
    folder, _ = built
    text = (folder / "searchindex.js").read_text(encoding="utf-8")
    index = json.loads(re.fullmatch(r"Search\.setIndex\((.*)\)\s*;?\s*", text, re.DOTALL).group(1))
    found = index["terms"]["posterior"]
    names = {index["docnames"][number] for number in (found if isinstance(found, list) else [found])}
    assert "03_vae" in names
    solutions = {number for number, name in enumerate(index["docnames"]) if name.startswith("solutions/")}
    numbers = [found if isinstance(found, list) else [found] for found in index["terms"].values()]
    assert solutions.isdisjoint(number for found in numbers for number in found)


# In a browser


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *arguments):
        pass


@pytest.fixture(scope="module")
def address(built):
    """Where the site is served, on this machine alone."""
    handler = functools.partial(Quiet, directory=built[0])
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


@pytest.fixture
def visit(chromium, address):
    """`visit("03_vae.html")` opens a page; at the end, nothing was asked of another host and nothing failed."""
    opened = []

    def open_page(name, viewport=browser.WIDE):
        page, notes = browser.open_page(chromium, viewport)
        opened.append((page, notes))
        page.goto(address + name)
        return page

    yield open_page
    for page, _ in opened:
        page.context.close()
    assert [notes.elsewhere(address) for _, notes in opened] == [[]] * len(opened)
    assert [notes.said for _, notes in opened] == [[]] * len(opened)


def widths(page, selector):
    return page.eval_on_selector_all(selector, "found => found.map(one => one.getBoundingClientRect().width)")


@pytest.mark.browser
def test_a_reader_goes_from_the_start_page_through_a_lesson_to_the_next(visit):
    page = visit("index.html")
    page.click("div.lesson a:has-text('03 · VAE')")
    page.wait_for_url("**/03_vae.html")
    assert "VAE" in page.inner_text("h1")
    page.wait_for_load_state("load")
    natural = page.eval_on_selector_all("article img", "found => found.map(one => one.naturalWidth)")
    assert len(natural) > 10
    assert min(natural) > 0
    page.wait_for_function("document.fonts.status === 'loaded'")
    assert page.evaluate("[...document.fonts].filter(font => font.status === 'loaded').map(font => font.family)")
    formulas = widths(page, "article math")
    assert len(formulas) > 50
    assert min(formulas) > 0
    page.click("a.next-page")
    page.wait_for_url("**/04_text.html")
    page.click("p.ways a:has-text('Solutions')")
    page.wait_for_url("**/solutions/04_text.html")
    page.click("p.ways a:has-text('Back')")
    page.wait_for_url("**/04_text.html")


@pytest.mark.browser
def test_a_word_is_found_and_its_page_opened(visit):
    page = visit("notation.html")
    page.fill(".sidebar-search", "posterior collapse")
    page.press(".sidebar-search", "Enter")
    page.wait_for_selector("#search-results li a")
    page.wait_for_function("document.querySelector('#search-results p').innerText.includes('found')")
    results = page.eval_on_selector_all("#search-results li > a", "found => found.map(one => one.getAttribute('href'))")
    assert any("03_vae.html" in result for result in results)
    assert not any("solutions" in result for result in results)
    page.click("#search-results li > a[href*='03_vae.html']")
    page.wait_for_url("**/03_vae.html*")
    assert "VAE" in page.inner_text("h1")


@pytest.mark.browser
def test_no_page_is_wider_than_a_phone(visit, built, tmp_path):
    pages = [path for path in sorted(built[0].rglob("*.html")) if "_static" not in path.parts]
    page = visit("index.html", browser.PHONE)
    page.screenshot(path=tmp_path / "start.png")
    home = page.url.removesuffix("index.html")
    wide = []
    for path in pages:
        page.goto(home + path.relative_to(built[0]).as_posix())
        width = page.evaluate("document.documentElement.scrollWidth")
        if width > browser.PHONE["width"]:
            wide.append(f"{path.name}: {width} pixels")
    assert wide == []
    assert (tmp_path / "start.png").stat().st_size > 10_000
