"""`gencourse class slides`: a lesson as slides with speaker notes, in one file that asks no other host for anything.

Cells are turned into HTML by nbconvert, formulas into MathML; what a slide holds is computed from the notebook, so that
nothing about slides is stored in the lessons.
"""

import ast
import html
import re
from dataclasses import dataclass, field
from pathlib import Path

import click

from gencourse.cli import output, repo
from gencourse.cli.classroom import sheets
from gencourse.cli.classroom.assignments import BADGE_LINE, LINK_TO_FILE

FULL = 560  # characters of prose on one slide
CAPTION = 330  # the longest paragraph that stands below a picture
SHORT_CODE, SHORT_OUTPUT = 14, 16  # lines; longer code is folded, longer output is cut
TEMPLATE = Path(__file__).with_name("deck.html")
FORMULA = re.compile(
    r"(?s)(```.*?```|`[^`\n]*`)"  # code is left alone
    r"|\$\$(.+?)\$\$"  # a formula on a line of its own
    r"|(?<![\\$])\$(?!\s)((?:[^$\n]|\n(?!\n))+?)(?<![\s\\])\$"  # one within a line
)


@dataclass
class Slide:
    """One slide: blocks of HTML, the section it belongs to, notes if it begins one, and how full it is."""

    section: str = ""
    blocks: list = field(default_factory=list)
    notes: str = ""
    starts: bool = False
    filled: int = 0
    picture: bool = False


def markdown(text):
    """HTML of Markdown, its formulas as MathML."""
    from nbconvert.filters import markdown2html

    formulas = []

    def keep(match):
        if match.group(1):
            return match.group(1)
        from gencourse.cli.site_sphinx import formula

        latex, display = (match.group(2), True) if match.group(2) else (match.group(3), False)
        formulas.append(formula(latex.strip(), display)[0])
        return f"FORMULA{len(formulas) - 1}ENDS"

    page = markdown2html(FORMULA.sub(keep, text))
    page = re.sub(r'<a class="anchor-link".*?</a>', "", page)
    return re.sub(r"FORMULA(\d+)ENDS", lambda match: formulas[int(match.group(1))], page)


def blocks_of(text):
    """The paragraphs, lists, tables and formulas of a Markdown cell, in order; a list keeps what leads to it."""
    found, fenced = [], False
    for part in re.split(r"\n\s*\n", text.strip()):
        if fenced or (found and is_item(part) and (is_item(found[-1]) or leads(found[-1]))):
            found[-1] += f"\n\n{part}"
        else:
            found.append(part)
        fenced ^= part.count("```") % 2 == 1
    return found


def leads(text):
    """Whether a short paragraph asks for what follows it, as "After this lesson you can" does."""
    return len(text) < 160 and not re.search(r"[.!?*_`)]$|^#", text)


def is_item(text):
    return bool(re.match(r"\s*(?:[-*]|\d+\.)\s", text)) or text.startswith("   ")


class Deck:
    """Collects slides in the order of a lesson's cells."""

    def __init__(self, sheet):
        self.sheet, self.slides, self.section = sheet, [], ""

    def new(self, **more):
        self.slides.append(Slide(section=self.section, **more))
        return self.slides[-1]

    def room_for(self, size, caption=False):
        """The slide that takes a block of this size: the last one, unless that is full or shows a picture."""
        last = self.slides[-1] if self.slides else self.new()
        if caption and last.picture and size <= CAPTION and last.filled == 0:
            return last
        if last.picture or (last.filled and last.filled + size > FULL):
            return self.new()
        return last

    def prose(self, text):
        for block in blocks_of(LINK_TO_FILE.sub(r"\1", BADGE_LINE.sub("", text))):
            heading = re.match(r"(#{1,4}) (.+)", block)
            if heading and len(heading.group(1)) <= 2:
                self.begin(heading.group(2), len(heading.group(1)), block[heading.end() :].strip())
            elif heading:
                self.new().blocks.append(markdown(block))
            else:
                slide = self.room_for(len(block), caption=True)
                slide.blocks.append(markdown(block))
                slide.filled += len(block)

    def begin(self, title, level, rest):
        """A slide that begins a lesson or a section, with its speaker notes."""
        plain = re.sub(r"[*_`]", "", title)
        self.section = "" if level == 1 else plain
        slide = self.new(starts=True)
        minutes = self.sheet.minutes.get(title) if level == 2 else sum(self.sheet.minutes.values())
        words = self.sheet.notes.get(title, "") if level == 2 else self.sheet.about
        if words:
            slide.notes = markdown(f"**{plain}: {minutes} minutes**\n\n{words}")
        slide.blocks.append(markdown(f"{'#' * level} {title}"))
        if rest:
            slide.blocks.append(markdown(rest))
            slide.filled = len(rest)

    def code(self, cell):
        if is_plumbing(cell):
            return
        lines = cell.source.count("\n") + 1
        text = highlighted(cell.source)
        if lines > SHORT_CODE:
            text = f"<details><summary>Code, {lines} lines</summary>{text}</details>"
        slide = self.room_for(30 * min(lines, 4))
        slide.blocks.append(text)
        slide.filled += 30 * (lines if lines <= SHORT_CODE else 1)
        for result in cell.get("outputs", ()):
            self.result(result)

    def result(self, result):
        data = result.get("data", {})
        for kind in ("image/gif", "image/png", "image/svg+xml"):
            if kind in data:
                return self.picture(kind, data)
        if "text/html" in data and "<img" in data["text/html"]:
            return self.new(picture=True).blocks.append(f"<figure>{data['text/html']}</figure>")
        text = click.unstyle(result.get("text", "") or data.get("text/plain", "")).rstrip()
        if text:
            lines = text.split("\n")
            if len(lines) > SHORT_OUTPUT:
                lines = [*lines[:SHORT_OUTPUT], f"... and {len(lines) - SHORT_OUTPUT} lines more"]
            slide = self.room_for(25 * len(lines))
            slide.blocks.append(f'<pre class="output">{html.escape(chr(10).join(lines))}</pre>')
            slide.filled += 25 * len(lines)
        return None

    def picture(self, kind, data):
        words = html.escape(result_words(data), quote=True)
        if kind == "image/svg+xml":
            picture = "".join(data[kind])
        else:
            picture = f'<img src="data:{kind};base64,{"".join(data[kind]).strip()}" alt="{words}">'
        self.new(picture=True).blocks.append(f"<figure>{picture}</figure>")


def result_words(data):
    words = "".join(data.get("text/plain", ""))
    return "" if words.startswith("<") else words[:200]


def is_plumbing(cell):
    """Whether a code cell sets up, or is imports for the most part."""
    if {"setup"} & set(cell.metadata.get("tags", ())):
        return True
    try:
        body = ast.parse(cell.source).body
    except SyntaxError:
        return False
    return sum(isinstance(node, ast.Import | ast.ImportFrom) for node in body) > len(body) / 2


def highlighted(source):
    from nbconvert.filters import Highlight2HTML

    return Highlight2HTML(pygments_lexer="python")(source)


def make_deck(notebook, sheet):
    """The slides of a lesson. Args: notebook: executed; sheet: its run sheet. Returns: a list of Slides."""
    deck = Deck(sheet)
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            deck.prose(cell.source)
        elif cell.cell_type == "code" and cell.source.strip():
            deck.code(cell)
    return [slide for slide in deck.slides if slide.blocks]


def draw(slide):
    where = f'<div class="where">{html.escape(slide.section)}</div>' if slide.section and not slide.starts else ""
    notes = f"<aside>{slide.notes}</aside>" if slide.notes else ""
    start = " data-start" if slide.starts else ""
    return f"<section{start}>{where}{''.join(slide.blocks)}{notes}</section>"


def page(slides, title):
    from pygments.formatters import HtmlFormatter

    parts = {
        "TITLE": html.escape(title),
        "HIGHLIGHT": HtmlFormatter(style="default").get_style_defs(".highlight"),
        "SLIDES": "\n".join(map(draw, slides)),
    }
    return re.sub(r"@(TITLE|HIGHLIGHT|SLIDES)@", lambda hit: parts[hit.group(1)], TEMPLATE.read_text(encoding="utf-8"))


@click.command()
@click.argument("lessons", nargs=-1, required=True, metavar="NN...")
@click.option("--out", "folder", type=click.Path(file_okay=False, path_type=Path), help="Default: runs/slides/.")
def slides(lessons, folder):
    """Turn lessons into slides: one HTML file each, which needs no internet.

    Arrow keys turn the pages, up and down go by sections, S opens the speaker notes, the browser's Print makes a PDF.

    Example: gencourse class slides 01
    """
    import nbformat

    root = repo.root_for("class slides")
    folder = (folder or root / "runs" / "slides").resolve()
    for lesson in repo.choose(root, lessons):
        notebook = nbformat.read(repo.need_notebook(lesson), as_version=4)
        made = make_deck(notebook, sheets.read_sheet(root, lesson.number))
        target = folder / f"{lesson.name}.html"
        output.write_whole(target, page(made, f"{lesson.name} · slides"))
        click.echo(f"{target}: {len(made)} slides, {target.stat().st_size / 1000:.0f} kB")
