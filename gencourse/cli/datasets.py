"""`gencourse data`: the bundled sets, and the full ones by verified download."""

import click

from gencourse.cli import output

json_option = click.option("--json", "json_mode", is_flag=True, help="One line of JSON on stdout.")


@click.group()
def data():
    """List, fetch or verify the data sets.

    Example: gencourse data list
    """


@data.command("list")
@json_option
def list_sets(json_mode):
    """What is bundled, and what can be fetched.

    Example: gencourse data list
    """
    from gencourse import data as room
    from gencourse.data import download

    try:
        bundled = [
            (file.name, "bundled", file.size or 0, "" if file.size else "missing") for file in room.bundled_files()
        ]
    except OSError as error:
        raise click.ClickException(str(error)) from None
    cache, full = download.cache_folder(), []
    for name, files in download.FULL_FILES.items():
        for file in files:
            state = "fetched" if (cache / file.name).is_file() else f"get it with: gencourse data fetch {name}"
            full.append((file.name, "full set", file.size, state))
    rows = bundled + full
    if json_mode:
        keys = ("name", "kind", "bytes", "state")
        output.emit_json({"files": [dict(zip(keys, row, strict=True)) for row in rows]})
        return
    click.echo(output.table([[n, k, f"{b / 1e6:.2f}", s] for n, k, b, s in rows], ("file", "kind", "MB", "state")))


@data.command()
@click.argument("name")
@json_option
def fetch(name, json_mode):
    """Download all 70,000 images of NAME (digits or fashion) into the cache, verified.

    Example: gencourse data fetch digits
    """
    from gencourse.data import download

    try:
        files = download.fetch_full(name)
    except (ValueError, OSError) as error:
        raise click.ClickException(str(error)) from None
    if json_mode:
        output.emit_json({"name": name, "folder": str(download.cache_folder())})
    else:
        click.echo(f"{name}: {len(files)} files, verified, in {download.cache_folder()}")


@data.command()
@json_option
def verify(json_mode):
    """Compare every bundled file with its sha256.

    Example: gencourse data verify
    """
    from gencourse import data as room

    try:
        checks = room.verify()
    except OSError as error:
        raise click.ClickException(str(error)) from None
    rows = [(check.name, output.mark("ok" if check.ok else "failed"), check.problem) for check in checks]
    output.say(output.table(rows, ("file", "sha256", "")), json_mode=json_mode)
    bad = [check.name for check in checks if not check.ok]
    if json_mode:
        output.emit_json({"ok": not bad, "files": {check.name: check.ok for check in checks}})
    if bad:
        raise click.ClickException(f"{len(bad)} bundled files are not what they were: {', '.join(bad)}")
