"""`gencourse lab` and `gencourse reset`: the learner's own copy of the lessons, in work/, and JupyterLab on it."""

import json
import os
import re
import subprocess
import sys
import webbrowser
from pathlib import Path

import click

from gencourse.cli import output, repo

BADGE = re.compile(r"\[!\[([^\]]+)\]\(https?://[^)\s]+\)\]\(")  # a link whose text is a picture from elsewhere
OUTSIDE = re.compile(
    r"\[([^\]]+)\]\((?:\.\./(?!notebooks/)|instructors/|INSTRUCTORS)[^)\s]*\)"
)  # a link to what is not in work/

# Settings of JupyterLab that no option of its command line can make. Off are its question about news, which would be
# fetched from elsewhere, and what nbgrader adds to every JupyterLab of its environment: menus and buttons for teachers,
# at the price of seconds at each start. Teachers find them in a JupyterLab that they start by themselves.
SETTINGS = {
    "labconfig/page_config.json": {
        "disabledExtensions": {"@jupyter/nbgrader": True, "@jupyterlab/apputils-extension:announcements": True}
    },
    "jupyter_server_config.d/gencourse.json": {
        "ServerApp": {
            "jpserver_extensions": {
                f"nbgrader.server_extensions.{name}": False
                for name in ("assignment_list", "course_list", "formgrader", "validate_assignment")
            }
        }
    },
}

work_option = click.option(
    "--work",
    type=click.Path(file_okay=False, path_type=Path),
    envvar="GENCOURSE_WORK",
    show_envvar=True,
    help="The folder of your copies.  [default: work/ in the course's folder]",
)


def copy_lesson(lesson, work):
    """Copy a lesson into work/, or its solutions into work/solutions/, whole or not at all. Returns: its path.

    The Colab badge becomes a link in words, so that a lesson opens without asking another machine for a picture.
    """
    target = copy_of(lesson, work)
    target.parent.mkdir(parents=True, exist_ok=True)
    text = BADGE.sub(r"[\1](", repo.need_notebook(lesson).read_text(encoding="utf-8"))
    output.write_whole(target, text.replace("](../../docs/", "](../docs/") if lesson.is_solution else text)
    return target


def copy_of(lesson, work):
    return work / ("solutions" if lesson.is_solution else "") / lesson.notebook.name


def make_copies(lessons, work):
    """Copy those lessons that are not in work/ yet; a learner's own copy is never touched. Returns: the new ones."""
    missing = [lesson for lesson in lessons if lesson.notebook.is_file() and not copy_of(lesson, work).exists()]
    return [copy_lesson(lesson, work) for lesson in missing]


def copy_texts(root, work):
    """Copy what learners read of docs/ into work/docs/: JupyterLab shows nothing above work/.

    The texts are always made anew. Links to notebooks lead to the learner's copies, links to what is not copied become
    words. Returns: the copies.
    """
    copies = []
    for text in sorted((root / "docs").glob("*.md")):
        if text.name == "INSTRUCTORS.md":
            continue
        copy = work / "docs" / text.name
        copy.parent.mkdir(parents=True, exist_ok=True)
        words = OUTSIDE.sub(r"\1", text.read_text(encoding="utf-8"))
        output.write_whole(copy, words.replace("](../notebooks/", "](../"))
        copies.append(copy)
    return copies


def kept_aside(path):
    """A free name beside `path` for the copy that a reset replaces: 01_gan.before-reset-2.ipynb."""
    count = 1
    while True:
        name = f"{path.stem}.before-reset-{count}{path.suffix}"
        if not path.with_name(name).exists():
            return path.with_name(name)
        count += 1


@click.command()
@click.argument("lesson", default="00", metavar="[NN]")
@click.option("--no-browser", is_flag=True, help="Print the address instead of opening a browser.")
@click.option("--port", type=click.IntRange(1, 65535), default=8888, show_default=True, help="The first port to try.")
@work_option
def lab(lesson, no_browser, port, work):
    """Open the course in JupyterLab, on this machine only, at your own copy of a lesson in work/.

    Example: gencourse lab 01
    """
    root = repo.root_for("lab")
    chosen = repo.choose(root, [lesson])[0]
    work = work_folder(root, work)
    new = make_copies(repo.choose(root, []), work)
    make_copies(repo.choose(root, [], solutions=True), work)
    copy_texts(root, work)
    if new:
        click.echo(f"made your copy of {len(new)} lessons in {work}", err=True)
    repo.need_notebook(chosen)
    click.echo("starting JupyterLab; to stop it, press Ctrl-C twice here, or take File > Shut Down there", err=True)
    sys.exit(become(lab_command(work, chosen.notebook.name, port, no_browser), lab_environment(work)))


def work_folder(root, chosen):
    """The folder of a learner's copies, as an absolute path: what was asked for, or work/."""
    return (root / "work" if chosen is None else chosen).absolute()


def become(command, environment):
    """Turn into another program, so that it gets the terminal's keys; where that is not possible, run it."""
    if os.name != "nt":
        os.execve(command[0], command, environment)
    try:
        return subprocess.call(command, env=environment)
    except KeyboardInterrupt:
        return 0


def lab_environment(work):
    """The environment of JupyterLab: our `SETTINGS`, written into work/.jupyter/, come before a person's own."""
    folder = work / ".jupyter"
    for name, settings in SETTINGS.items():
        output.write_whole(folder / name, json.dumps(settings, indent=1) + "\n")
    others = os.environ.get("JUPYTER_CONFIG_PATH")
    return {**os.environ, "JUPYTER_CONFIG_PATH": os.pathsep.join([str(folder), *([others] if others else [])])}


def lab_command(work, name, port, no_browser):
    """The command that starts JupyterLab on the loopback address, with its token on, at one notebook."""
    command = [
        sys.executable,
        "-m",
        "jupyterlab",
        "--ServerApp.ip=127.0.0.1",
        f"--ServerApp.port={port}",
        f"--ServerApp.root_dir={work}",
        f"--LabApp.default_url=/lab/tree/{name}",
        "--LabApp.news_url=None",
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
        "--ServerApp.log_level=ERROR",  # forty lines of routine would hide the address
        "--LabApp.log_level=ERROR",
    ]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        command.append("--allow-root")  # containers know no other user; address and token are what protects here
    return [*command, "--no-browser"] if no_browser or not has_browser() else command


def has_browser():
    """Whether there is a browser that a person would see; a terminal's (lynx, w3m) is none."""
    if sys.platform.startswith("linux") and not {"DISPLAY", "WAYLAND_DISPLAY", "BROWSER"} & os.environ.keys():
        return False
    try:
        webbrowser.get()
    except webbrowser.Error:
        return False
    return True


@click.command()
@click.argument("lesson", metavar="NN")
@click.option("--yes", is_flag=True, help="Do not ask.")
@work_option
def reset(lesson, yes, work):
    """Make one lesson of your copy in work/ new again; your version is kept beside it under another name.

    Example: gencourse reset 01
    """
    root = repo.root_for("reset")
    chosen = repo.choose(root, [lesson])[0]
    work = work_folder(root, work)
    target = work / chosen.notebook.name
    repo.need_notebook(chosen)
    if target.exists():
        aside = kept_aside(target)
        if not yes and sys.stdin.isatty():
            click.confirm(f"Make {target.name} new? Your version is kept as {aside.name}.", abort=True)
        os.replace(target, aside)
        click.echo(f"your version is now {aside}")
    click.echo(f"new copy: {copy_lesson(chosen, work)}")
