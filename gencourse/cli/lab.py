"""`gencourse lab` and `gencourse reset`: the learner's own copy of the lessons, in work/, and JupyterLab on it."""

import os
import shutil
import subprocess
import sys
import webbrowser

import click

from gencourse.cli import output, repo


def copy_lesson(lesson, work):
    """Copy a lesson's notebook into work/ under a temporary name, then move it into place. Returns: its path."""
    work.mkdir(parents=True, exist_ok=True)
    target = work / lesson.notebook.name
    part = work / f".{target.name}.part"
    shutil.copyfile(repo.need_notebook(lesson), part)
    os.replace(part, target)
    return target


def make_copies(lessons, work):
    """Copy those lessons that are not in work/ yet; a learner's own copy is never touched. Returns: the new ones."""
    missing = [lesson for lesson in lessons if lesson.notebook.is_file() and not (work / lesson.notebook.name).exists()]
    return [copy_lesson(lesson, work) for lesson in missing]


def copy_texts(root, work):
    """Copy docs/*.md into work/docs/, where links of lessons in work/ lead: JupyterLab shows nothing above work/.

    The texts are always made anew; their links to notebooks lead to the learner's copies. Returns: the copies.
    """
    copies = []
    for text in sorted((root / "docs").glob("*.md")):
        copy = work / "docs" / text.name
        copy.parent.mkdir(parents=True, exist_ok=True)
        output.write_whole(copy, text.read_text(encoding="utf-8").replace("](../notebooks/", "](../"))
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
def lab(lesson, no_browser, port):
    """Open the course in JupyterLab, on this machine only, at your own copy of a lesson in work/.

    Example: gencourse lab 01
    """
    root = repo.root_for("lab")
    chosen = repo.choose(root, [lesson])[0]
    work = root / "work"
    new = make_copies([chosen, *repo.choose(root, [])], work)
    copy_texts(root, work)
    if new:
        click.echo(f"made your copy of {len(new)} lessons in {work}", err=True)
    repo.need_notebook(chosen)
    sys.exit(become(lab_command(work, chosen.notebook.name, port, no_browser)))


def become(command):
    """Turn into another program, so that it gets the terminal's keys; where that is not possible, run it."""
    if os.name != "nt":
        os.execv(command[0], command)
    try:
        return subprocess.call(command)
    except KeyboardInterrupt:
        return 0


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
def reset(lesson, yes):
    """Make one lesson of your copy in work/ new again; your version is kept beside it under another name.

    Example: gencourse reset 01
    """
    root = repo.root_for("reset")
    chosen = repo.choose(root, [lesson])[0]
    target = root / "work" / chosen.notebook.name
    repo.need_notebook(chosen)
    if target.exists():
        aside = kept_aside(target)
        if not yes and sys.stdin.isatty():
            click.confirm(f"Make {target.name} new? Your version is kept as {aside.name}.", abort=True)
        os.replace(target, aside)
        click.echo(f"your version is now {aside}")
    click.echo(f"new copy: {copy_lesson(chosen, root / 'work')}")
