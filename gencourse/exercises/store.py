"""The progress file: plain JSON, written whole, shared by several kernels, and never lost to a bad read."""

import json
import os
import tempfile
import time
from pathlib import Path

FORMAT = 1
LOCK_SECONDS = 10.0


def progress_path() -> Path:
    """Return the progress file: GENCOURSE_PROGRESS (a file, or a folder that holds it), or the user's data folder."""
    chosen = os.environ.get("GENCOURSE_PROGRESS")
    if chosen:
        path = Path(chosen).expanduser()
        return path / "progress.json" if path.is_dir() else path
    from platformdirs import user_data_dir

    return Path(user_data_dir("gencourse", appauthor=False)) / "progress.json"


def read() -> tuple[dict, str]:
    """Return ({exercise: entry}, note): the note says what was wrong with the file, and is empty when all is well."""
    path = progress_path()
    if not path.exists():
        return {}, ""
    try:
        content, note = _load(path)  # needs no lock: the file is always replaced as a whole
    except OSError as error:
        return {}, f"Progress in {path} could not be read: {type(error).__name__}: {error}."
    return content["exercises"], note


def update(exercise: str, change) -> tuple[dict, str]:
    """Apply `change(entry)` to the stored entry of one exercise, under a lock, and save.

    Args:
        exercise: id, such as "01.2".
        change: function that alters the entry, a dictionary, in place.

    Returns:
        (entry, note): the entry as it is now, and a sentence about anything that went wrong, or "".
    """
    path = progress_path()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with _lock(path):
            content, note = _load(path)
            entry = content["exercises"].setdefault(exercise, {})
            change(entry)
            _save(path, content)
    except OSError as error:
        entry = {}
        change(entry)
        return entry, _unsaved(path, error)
    return entry, note


def _unsaved(path: Path, error: OSError) -> str:
    return f"Progress could not be kept in {path}: {type(error).__name__}: {error}."


def _lock(path: Path):
    from filelock import FileLock

    # filelock's Timeout is an OSError (TimeoutError): it is reported like any other failure to save.
    return FileLock(f"{path}.lock", timeout=LOCK_SECONDS)


def _load(path: Path) -> tuple[dict, str]:
    fresh = {"format": FORMAT, "exercises": {}}
    if not path.exists():
        return fresh, ""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        version = content["format"]
        entries = content["exercises"]
        sound = isinstance(version, int) and isinstance(entries, dict) and all(map(_sound, entries.values()))
    except (ValueError, KeyError, TypeError):
        return fresh, _put_aside(path, "broken", "it cannot be read as progress")
    if isinstance(version, int) and version > FORMAT:
        return fresh, _put_aside(path, "newer", f"a newer gencourse wrote it (format {version})")
    if not sound:
        return fresh, _put_aside(path, "broken", "it cannot be read as progress")
    return content, ""


def _sound(entry) -> bool:
    numbers = isinstance(entry, dict) and [entry.get("attempts", 0), entry.get("hints", 0)]
    return bool(numbers) and all(isinstance(n, int) and n >= 0 for n in numbers)


def _put_aside(path: Path, kind: str, why: str) -> str:
    """Give the file a new name that no file has yet, and say so."""
    stamp = time.strftime("%Y%m%d-%H%M%S")
    number = 0
    while (aside := path.with_name(f"{path.stem}.{kind}-{stamp}{f'-{number}' if number else ''}.json")).exists():
        number += 1
    os.rename(path, aside)
    return f"The progress file was put aside as {aside.name}, because {why}; a new one is begun."


def _save(path: Path, content: dict) -> None:
    content["exercises"] = dict(sorted(content["exercises"].items()))
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            json.dump(content, stream, indent=1, ensure_ascii=False)
            stream.write("\n")
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
