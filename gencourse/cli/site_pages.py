"""The sources of the site: README, notation and executed notebooks, written as pages that Sphinx and MyST read."""

import os
import posixpath
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

import click

from gencourse.cli import repo, site_alt
from gencourse.cli.output import write_whole

START = "README.md"  # becomes the start page
REFERENCE = ("docs/NOTATION.md", "docs/GLOSSARY.md", "docs/FAQ.md")  # those that are there
LINK = re.compile(r"(!?\[(?:[^\[\]]|\[[^\]]*\])*\]\()([^()\s]+)(\))")
BADGE_IMAGE = re.compile(r"\[!\[([^\]]*)\]\(https?://[^)\s]+\)\]\(([^)\s]+)\)")
CODE = re.compile(r"(?ms)(^(?P<fence>```+|~~~+).*?^(?P=fence)[^\n]*$|(?P<ticks>`+)(?!`).+?(?<!`)(?P=ticks)(?!`))")
TITLE = re.compile(r"(?m)^# +(.+)$")
LIVE = {
    "explore": "In the notebook, sliders move this picture: run the lesson to try them.",
    "quiz": "In the notebook, buttons take your answers: run the lesson to play.",
}


@dataclass(frozen=True)
class Row:
    """One row of README's table of lessons."""

    number: str
    title: str
    notebook: str  # its path in the repository
    idea: str
    data: str
    seconds: str
    result: str


def sections(markdown):
    """{heading: text} of a page's level-2 sections; what stands before the first one is under ""."""
    parts = re.split(r"(?m)^## +(.+?)\s*$", markdown)
    return {"": parts[0], **dict(zip(parts[1::2], parts[2::2], strict=True))}


def lesson_rows(markdown):
    """README's table of lessons. Raises: ValueError: for a row that does not have the table's form."""
    rows = []
    for line in markdown.splitlines():
        if not re.match(r"\|\s*\d\d\s*\|", line):
            continue
        cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line.strip().strip("|"))]
        link = re.match(r"\[([^\]]+)\]\((notebooks/[^)]+)\)", cells[1]) if len(cells) == 6 else None
        if link is None:
            raise ValueError(
                "A row of README's table of lessons is number, [title](notebooks/NN_name.ipynb), idea, data, training, "
                f"result. Received: {line}"
            )
        rows.append(Row(cells[0], link.group(1), link.group(2), *cells[2:]))
    return rows


def outside_code(text, change):
    """`change` applied to the parts of a Markdown text that are neither fenced code nor `code`."""
    done, at = [], 0
    for hit in CODE.finditer(text):
        done += [change(text[at : hit.start()]), hit.group()]
        at = hit.end()
    return "".join([*done, change(text[at:])])


class Stage:
    """A folder of sources for Sphinx, filled from the course's folder.

    Attributes: pages: {path in the repository: path in the stage}; faults: sentences on links that lead nowhere.
    """

    def __init__(self, root, folder):
        self.root, self.folder = Path(root), Path(folder)
        settings = repo.settings(root)
        self.home = f"https://github.com/{settings['repository']}"
        self.branch = settings["branch"]
        self.lessons = [lesson for lesson in repo.lessons(root) if lesson.notebook.is_file()]
        self.pages = {START: "index.md"}
        for lesson in self.lessons:
            path = lesson.notebook.relative_to(root).as_posix()
            self.pages[path] = path.removeprefix("notebooks/")
        for path in REFERENCE:
            if (self.root / path).is_file():
                self.pages[path] = Path(path).name.lower()
        self.faults = []

    @property
    def not_built(self):
        """Lessons, and solutions, that have a source and no notebook yet: their notebooks' paths."""
        missing = [lesson.notebook for lesson in repo.lessons(self.root) if not lesson.notebook.is_file()]
        return [path.relative_to(self.root).as_posix() for path in missing]

    def between(self, page, target):
        """The address of one page of the stage (or of the site) as another one writes it."""
        return posixpath.relpath(target, posixpath.dirname(page) or ".")

    def resolve(self, target, path):
        """Where a link of the repository's file `path` leads on the site.

        A page of the site, a picture (which is copied), any other file of the repository (on GitHub), or what it was.
        """
        if re.match(r"[a-z][a-z+.-]*:|#|//", target):
            return target
        name, mark, fragment = target.partition("#")
        wanted = posixpath.normpath(posixpath.join(posixpath.dirname(path), name))
        page = self.pages[path]
        if wanted in self.pages:
            return self.between(page, self.pages[wanted]) + mark + fragment
        file = self.root / wanted
        if wanted.startswith("..") or not file.exists():
            self.faults.append(f"{path}: a link to {target}, which is not there")
            return target
        if file.suffix.lower() in (".png", ".gif", ".jpg", ".jpeg", ".svg"):
            copy = self.folder / wanted
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, copy)
            return self.between(page, wanted)
        return f"{self.home}/{'tree' if file.is_dir() else 'blob'}/{self.branch}/{wanted}{mark}{fragment}"

    def relink(self, markdown, path):
        """A text of the repository's file `path` with links that work on the site, and badges as words."""

        def change(text):
            text = BADGE_IMAGE.sub(r"[\1](\2)", text)
            return LINK.sub(lambda hit: hit.group(1) + self.resolve(hit.group(2), path) + hit.group(3), text)

        return outside_code(markdown, change)

    def write(self):
        """Write all pages. Returns: their number. Raises: click.ClickException: when README has another form."""
        try:
            rows = lesson_rows((self.root / START).read_text(encoding="utf-8"))
        except ValueError as error:
            raise click.ClickException(str(error)) from None
        self.put("index.md", self.start_page(rows))
        for path in REFERENCE:
            if path in self.pages:
                self.put(self.pages[path], self.relink((self.root / path).read_text(encoding="utf-8"), path))
        for lesson in self.lessons:
            self.put_lesson(lesson)
        return len(self.pages)

    def put(self, name, text):
        write_whole(self.folder / name, text)

    def start_page(self, rows):
        """README for readers: what the course is, its lessons as cards, how to run them."""
        parts = sections((self.root / START).read_text(encoding="utf-8"))
        missing = {"Two commands", "Lessons", "Licence"} - parts.keys()
        if missing:
            raise click.ClickException(f"README.md has no section {' nor '.join(sorted(missing))}; the site needs it.")
        built = [row for row in rows if row.notebook in self.pages]
        after = re.split(r"(?m)^\|.*\n", parts["Lessons"])[-1]
        reference = [self.pages[path] for path in REFERENCE if path in self.pages]
        named = {row.notebook: row.title for row in built}
        lessons = [
            (self.page_title(lesson, named), self.pages[path])
            for lesson in self.lessons
            if (path := lesson.notebook.relative_to(self.root).as_posix()) in self.pages and not lesson.is_solution
        ]
        text = [
            parts[""],
            "## Lessons\n\nRead them here, outputs and all; to try things, [run them](#run-the-lessons).\n",
            *[card(row) for row in built],
            after,
            f"## Run the lessons\n{parts['Two commands']}",
            f"## Licence\n{parts['Licence']}",
        ]
        trees = [toctree("Lessons", lessons), toctree("Reference", [(None, page) for page in reference])]
        return self.relink("\n".join(text), START) + "\n" + "\n".join(trees)

    @staticmethod
    def page_title(lesson, named):
        """How the list of pages calls a lesson: by its name in README's table, else by its file's."""
        title = named.get(f"notebooks/{lesson.notebook.name}")
        return f"{lesson.number} · {title or lesson.name[3:].replace('_', ' ')}"

    def put_lesson(self, lesson):
        """Write one executed notebook with working links, alternative texts and a line of links below its title."""
        import nbformat

        path = lesson.notebook.relative_to(self.root).as_posix()
        notebook = nbformat.read(lesson.notebook, as_version=4)
        described = site_alt.texts(notebook)
        cells = []
        for index, cell in enumerate(notebook.cells):
            cells.append(cell)
            if cell.cell_type == "markdown":
                cell.source = self.relink(cell.source, path)
                continue
            if "setup" in cell.metadata.get("tags", ()):
                cell.metadata["tags"] = [*cell.metadata["tags"], "hide-input"]
            if index in described:
                cell.metadata["mystnb"] = {"image": {"alt": described[index]}}
            for name, sentence in LIVE.items():
                if f"viz.{name}(" in cell.source and index in described:
                    cells.append(nbformat.v4.new_markdown_cell(f"*{sentence}*"))
        notebook.cells = cells
        first = notebook.cells[0]
        first.source = self.with_links(first.source, lesson, path)
        self.put(self.pages[path], nbformat.writes(notebook) + "\n")

    def with_links(self, source, lesson, path):
        """The first cell with a line of links: Colab, the exercises' solutions, the notebook itself."""
        links = []
        for text, address in re.findall(r"(?m)^\[(Open in Colab)\]\((\S+)\)$", source):
            links.append(f"[{text}]({address})")
        source = re.sub(r"(?m)^\[Open in Colab\]\(\S+\)\n*", "", source)
        for other in self.lessons:
            if other.number == lesson.number and other.is_solution != lesson.is_solution:
                text = "Back to the lesson" if lesson.is_solution else "Solutions of the exercises"
                target = self.pages[other.notebook.relative_to(self.root).as_posix()]
                links.append(f"[{text}]({self.between(self.pages[path], target)})")
        links.append(f"[The notebook on GitHub]({self.home}/blob/{self.branch}/{path})")
        line = "{.ways}\n" + " ".join(links)
        if not TITLE.search(source):
            raise click.ClickException(f"{path} does not begin with a title (`# ...`).")
        return TITLE.sub(lambda hit: f"{hit.group()}\n\n{line}", source, count=1)


def card(row):
    """One lesson on the start page, in MyST."""
    return (
        "::::{container} lesson\n"
        f"[{row.number} · {row.title}]({row.notebook})\n\n"
        f"{row.idea[:1].upper()}{row.idea[1:]}.\n\n"
        f"- **Data:** {row.data}\n- **Training:** {row.seconds}\n- **Result:** {row.result}\n"
        "::::\n"
    )


def toctree(caption, entries):
    """A list of pages for the side bar: (title or None, page)."""
    lines = [f"{title} <{page}>" if title else page for title, page in entries]
    names = [os.path.splitext(line)[0] if "<" not in line else re.sub(r"\.\w+>$", ">", line) for line in lines]
    return "\n".join(["```{toctree}", ":hidden:", f":caption: {caption}", "", *names, "```", ""])
