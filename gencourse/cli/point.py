"""Badges and first cells: their text stands here once, the repository they name stands once in pyproject.toml."""

import re
from pathlib import Path

import click

from gencourse.cli import output, repo

BADGE = (
    "[![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)]"
    "(https://colab.research.google.com/github/{repository}/blob/{branch}/{notebook})"
)

# The first code cell of every lesson, tagged "setup".
SETUP = """\
# On Colab this installs the course and replaces nothing that is there; elsewhere it is there already.
import importlib.util
import subprocess
import sys

KEEP_ON_DRIVE = False  # on Colab, True keeps the folder work/ in your Google Drive

if importlib.util.find_spec("gencourse") is None:
    course = "gencourse @ git+https://github.com/{repository}@{branch}"
    subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", course], check=True)
    importlib.invalidate_caches()

from gencourse import runtime

print(runtime.start(keep_on_drive=KEEP_ON_DRIVE))"""

# GitHub's own rules for the two halves of an address, and a cautious subset of git's for a branch.
REPOSITORY = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,38}/[A-Za-z0-9._-]{1,100}")
BRANCH = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*(/[A-Za-z0-9_][A-Za-z0-9._-]*)*")

# Every text file in which an address may stand; notebooks are JSON, in which these addresses need no escapes.
PLACES = ("*.md", "*.cff", "docs/*.md", "notebooks/**/*.py", "notebooks/**/*.ipynb")


def badge(notebook, repository, branch):
    """The badge line of one notebook. Args: notebook: its path below the course's folder, with slashes."""
    return BADGE.format(notebook=notebook, repository=repository, branch=branch)


def setup_cell(repository, branch):
    """The text of every lesson's first code cell."""
    return SETUP.format(repository=repository, branch=branch)


def fill(text, notebook, repository, branch):
    """A new source with its two placeholders, the lines `# @BADGE@` and `# @SETUP@`, replaced by the texts above."""
    text = re.sub(r"(?m)^# @BADGE@$", lambda _: f"# {badge(notebook, repository, branch)}", text)
    return re.sub(r"(?m)^# @SETUP@$", lambda _: setup_cell(repository, branch), text)


def repoint(text, old, new):
    """The text with all addresses of the repository `old` (repository, branch) turned into those of `new`."""
    (old_repository, old_branch), (new_repository, new_branch) = old, new
    end = r"(?![A-Za-z0-9_-])(?!\.\w)"  # not in the middle of a longer name
    for before, after in (
        (
            rf"github/{re.escape(old_repository)}/blob/{re.escape(old_branch)}/",
            f"github/{new_repository}/blob/{new_branch}/",
        ),
        (
            rf"github\.com/{re.escape(old_repository)}@{re.escape(old_branch)}{end}",
            f"github.com/{new_repository}@{new_branch}",
        ),
        (rf"github\.com/{re.escape(old_repository)}{end}", f"github.com/{new_repository}"),
    ):
        text = re.sub(before, lambda _, after=after: after, text)
    return text


def repoint_settings(text, new):
    """pyproject.toml with the two lines of [tool.gencourse] changed, and nothing else."""
    repository, branch = new
    head, mark, tail = text.partition("[tool.gencourse]\n")
    table, bracket, rest = tail.partition("\n[")
    table = re.sub(r'(?m)^repository = ".*"', f'repository = "{repository}"', table)
    table = re.sub(r'(?m)^branch = ".*"', f'branch = "{branch}"', table)
    return head + mark + table + bracket + rest


def repoint_all(root: Path, new):
    """Point the whole course at `new` (repository, branch).

    Returns: the files that changed, pyproject.toml last, so that an interrupted run can be repeated.
    """
    current = repo.settings(root)
    old = (current["repository"], current["branch"])
    changes = {}
    for path in sorted({path for place in PLACES for path in root.glob(place)}):
        text = path.read_text(encoding="utf-8")
        parts = [part for part in path.relative_to(root).parts if part != "source"]
        notebook = Path(*parts).with_suffix(".ipynb").as_posix()  # what is built from a source
        filled = fill(text, notebook, *old) if path.suffix == ".py" else text
        changes[path] = (text, repoint(filled, old, new))
    project = root / "pyproject.toml"
    text = project.read_text(encoding="utf-8")
    changes[project] = (text, repoint_settings(text, new))
    changed = [path for path, (before, after) in changes.items() if before != after]
    for path in changed:
        output.write_whole(path, changes[path][1])
    return changed


@click.command()
@click.argument("repository", metavar="[OWNER/NAME]", required=False)
@click.option("--branch", default=None, help="The branch to open; default: the one it is now.")
def point(repository, branch):
    """Point all Colab badges and first cells at the repository OWNER/NAME on GitHub (your fork of the course).

    Without OWNER/NAME, only fills in the lines `# @BADGE@` and `# @SETUP@` of new sources.

    Example: gencourse point my-university/gencourse --branch spring
    """
    root = repo.root_for("point")
    branch = branch or repo.settings(root)["branch"]
    repository = repository or repo.settings(root)["repository"]
    if not REPOSITORY.fullmatch(repository):
        raise click.BadParameter(f"expected OWNER/NAME, such as ada/gencourse. Received: {repository!r}.")
    if not BRANCH.fullmatch(branch):
        raise click.BadParameter(f"expected a branch's name, such as main. Received: {branch!r}.")
    changed = repoint_all(root, (repository, branch))
    for path in changed:
        click.echo(f"changed {path.relative_to(root)}")
    click.echo(f"The course now points at {repository} ({branch}); {len(changed)} files changed.")
