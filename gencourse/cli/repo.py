"""Where the course's folder is, and what stands in it: lessons, sources, solutions, settings."""

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

import click

LESSON = re.compile(r"(\d\d)_\w+")


@dataclass(frozen=True)
class Lesson:
    """One lesson: its number, its source (what people edit) and its notebook (what `build` makes of it)."""

    number: str
    source: Path
    notebook: Path

    @property
    def name(self):
        return self.source.stem

    @property
    def is_solution(self):
        return self.source.parent.name == "solutions"


def find_root():
    """The course's folder (the one with pyproject.toml and notebooks/), or None in an installed package alone."""
    root = Path(__file__).resolve().parents[2]
    return root if (root / "pyproject.toml").is_file() and (root / "notebooks").is_dir() else None


def root_for(verb):
    """The course's folder, for a verb that cannot do without it.

    Raises: click.ClickException: when only the package is installed.
    """
    root = find_root()
    if root is None:
        raise click.ClickException(
            f"`gencourse {verb}` works in the course's folder (with notebooks/ and start.py in it), and this gencourse "
            "was installed as a package alone. Clone or download the repository and use `python3 start.py "
            f"{verb}` there."
        )
    return root


def settings(root):
    """The [tool.gencourse] table of pyproject.toml: repository ("OWNER/NAME") and branch."""
    return tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["gencourse"]


def lessons(root):
    """All lessons in order, lessons first and then their solutions; those with a source, or a notebook only."""
    notebooks = root / "notebooks"
    found = {}
    for folder, target in (("source", notebooks), ("source/solutions", notebooks / "solutions")):
        sources = {path.stem: path for path in (notebooks / folder).glob("*.py")}
        stems = sources.keys() | {path.stem for path in target.glob("*.ipynb")}
        for stem in sorted(stem for stem in stems if LESSON.fullmatch(stem)):
            source = notebooks / folder / f"{stem}.py"
            found[source] = Lesson(stem[:2], source, target / f"{stem}.ipynb")
    return list(found.values())


def choose(root, wanted, *, solutions=False):
    """The lessons that `wanted` names ("1", "01" or "01_gan"), in order; all of them when it is empty.

    Raises: click.BadParameter: for a lesson that is not there; it lists those that are.
    """
    known = [lesson for lesson in lessons(root) if solutions or not lesson.is_solution]
    if not wanted:
        return known
    chosen = []
    for word in wanted:
        name = Path(word).stem if word.endswith((".ipynb", ".py")) else word
        number = name.zfill(2) if name.isdigit() else None
        hits = [lesson for lesson in known if lesson.number == number or lesson.name == name]
        if not hits:
            numbers = ", ".join(dict.fromkeys(lesson.number for lesson in known)) or "none yet"
            raise click.BadParameter(f"there is no such lesson; the lessons are: {numbers}. Received: {word!r}.")
        chosen += [lesson for lesson in hits if lesson not in chosen]
    return chosen


def need_notebook(lesson):
    """Refuse a lesson whose notebook has not been built."""
    if not lesson.notebook.is_file():
        raise click.ClickException(
            f"{lesson.notebook.name} is not there yet. Build it with: gencourse build {lesson.number}"
        )
    return lesson.notebook
