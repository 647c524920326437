"""`gencourse site`: all lessons with their outputs as pages to read, built from the notebooks without running them."""

import io
import os
import tempfile
from pathlib import Path

import click

from gencourse.cli import output, repo
from gencourse.cli.site_check import Site
from gencourse.cli.site_pages import Stage

MARK = ".buildinfo"  # Sphinx writes it into every site: a folder with it may be replaced


def settings(root):
    """Sphinx's configuration. Args: root: the course's folder, whose docs/site/ holds style and templates."""
    own = Path(root) / "docs" / "site"
    return {
        "project": "gencourse",
        "html_title": "gencourse",
        "copyright": "the gencourse authors; prose CC BY 4.0, code Apache License 2.0",
        "language": "en",
        "extensions": ["myst_nb", "gencourse.cli.site_sphinx"],
        "html_theme": "furo",
        "html_static_path": [str(own / "static")],
        "templates_path": [str(own / "templates")],
        "html_css_files": ["site.css"],
        "html_favicon": str(own / "static" / "icon.svg"),
        "html_math_renderer": "mathml",
        "html_copy_source": False,
        "html_show_sourcelink": False,
        "html_use_index": False,
        "html_permalinks_icon": "#",
        "myst_enable_extensions": ["dollarmath", "colon_fence", "attrs_block"],
        "myst_heading_anchors": 3,
        "nb_execution_mode": "off",
        "nb_merge_streams": True,
        "nb_code_prompt_show": "Show the code",
        "nb_code_prompt_hide": "Hide the code",
    }


def run_sphinx(stage, target, doctrees, root):
    """Turn the stage's sources into HTML. Returns: Sphinx's warnings, one a line."""
    from sphinx.application import Sphinx
    from sphinx.errors import SphinxError
    from sphinx.util.docutils import docutils_namespace, patch_docutils

    warnings = io.StringIO()
    try:
        with patch_docutils(), docutils_namespace():
            app = Sphinx(
                srcdir=stage,
                confdir=None,
                outdir=target,
                doctreedir=doctrees,
                buildername="html",
                confoverrides=settings(root),
                status=None,
                warning=warnings,
                freshenv=True,
            )
            app.build()
    except SphinxError as error:
        raise click.ClickException(f"Sphinx could not build the site: {error}") from None
    text = click.unstyle(warnings.getvalue()).replace(f"{stage}{os.sep}", "")
    return [line for line in text.splitlines() if line.strip()]


def build_site(root, out):
    """Build the site of the course in `root` into the folder `out`, in one move.

    Returns: a dict: counts (pages, pictures, formulas, links), faults and warnings (sentences), not_built (lessons).
    Raises: click.ClickException: when `out` holds something else than a site, or the sources cannot be read.
    """
    root, out = Path(root), Path(out).resolve()
    if out.exists() and not (out.is_dir() and ((out / MARK).is_file() or not any(out.iterdir()))):
        raise click.ClickException(f"{out} holds something else than a site; name an empty or new folder with --out.")
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".site-", dir=out.parent) as folder:
        folder = Path(folder).resolve()
        stage = Stage(root, folder / "stage")
        stage.write()
        warnings = run_sphinx(folder / "stage", folder / "site", folder / "doctrees", root)
        site = Site(folder / "site")
        report = {"counts": site.counts(), "faults": stage.faults + site.faults(), "warnings": warnings}
        if out.exists():
            os.replace(out, folder / "old")
        os.replace(folder / "site", out)
    return {**report, "not_built": stage.not_built}


@click.command()
@click.option("--out", type=click.Path(path_type=Path), help="The site's folder; default: site/.")
@click.option("--json", "json_mode", is_flag=True, help="One line of JSON on stdout; the rest on stderr.")
def site(out, json_mode):
    """Build a static site of all lessons, to read without running: pages, pictures, animations, search.

    It is made from the notebooks as they are; nothing is executed and nothing fetched, neither now nor by a reader's
    browser. Put the folder on any web server, or look at it on your own machine with Python's.

    Example: gencourse site && python3 -m http.server --bind 127.0.0.1 --directory site
    """
    root = repo.root_for("site")
    out = (out or root / "site").resolve()
    with output.stopwatch() as seconds:
        report = build_site(root, out)
    for name in report["not_built"]:
        click.echo(f"{output.mark('skipped')} {name}: not built yet", err=True)
    for kind, mark in (("warnings", "warning"), ("faults", "failed")):
        for sentence in report[kind]:
            click.echo(f"{output.mark(mark)} {sentence}", err=True)
    size = sum(path.stat().st_size for path in out.rglob("*") if path.is_file())
    counts = ", ".join(f"{count} {name}" for name, count in report["counts"].items())
    output.say(f"{out}: {counts}; {size / 1e6:.1f} MB in {seconds():.1f} s", json_mode=json_mode)
    if json_mode:
        summary = {"ok": not report["faults"], "folder": str(out), "bytes": size, "seconds": round(seconds(), 1)}
        output.emit_json({**summary, **report["counts"], "faults": report["faults"], "warnings": report["warnings"]})
    if report["faults"]:
        raise click.ClickException(f"the site has {len(report['faults'])} faults; they stand in the lines above.")
