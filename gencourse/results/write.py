"""Writing a record: whole or not at all, and laid out so that a person can read its diff."""

import hashlib
import os
import re
import statistics
import tempfile
from dataclasses import asdict
from pathlib import Path

from gencourse.results.record import build_claim, limit

MAX_CHECKPOINT_BYTES = 2_000_000


def write_record(path, *, lesson, about, claims, tables=None, checkpoints=None) -> Path:
    """Write a record, whole or not at all, laid out so that a person can read its diff.

    Args:
        path: `gencourse/records/NN.toml`.
        lesson: two digits.
        about: date, commit, python, tensorflow, keras, numpy, machine (in words).
        claims: {name: dict with recipe, parameters, unit, higher_is_better, n, seeds, values, seconds,
            peak_memory_mb}; median and limit are computed here.
        tables: {name: rows, each a dictionary}.
        checkpoints: {name: dict with file (relative to the record's folder), recipe, seed, seconds}; the file
            exists already; sha256 and bytes are computed here.

    Returns:
        The path.
    """
    import tomli_w

    path = Path(path)
    if path.name != f"{lesson}.toml":
        raise ValueError(f"The record of lesson {lesson} is named {lesson}.toml. Received: {path.name}")
    content = {"record": {"lesson": str(lesson), **_plain(about)}}
    content["claims"] = {name: _entry(name, claims[name]) for name in sorted(claims)}
    content["tables"] = {name: _plain(rows) for name, rows in sorted((tables or {}).items())}
    content["checkpoints"] = {
        name: _weighed(path.parent, _plain(entry)) for name, entry in sorted((checkpoints or {}).items())
    }
    text = tomli_w.dumps({key: part for key, part in content.items() if part})
    # Lists of numbers read best on one line, which the library never does by itself.
    text = re.sub(r"= \[\n((?:    [^\n\[{]+,\n)+)\]", _one_line, text)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", text=True)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as stream:
            stream.write(text)
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    return path


def _one_line(match: re.Match) -> str:
    items = [line.strip().rstrip(",") for line in match.group(1).splitlines()]
    line = f"= [{', '.join(items)}]"
    return line if len(line) <= 96 else match.group(0)


def _entry(name: str, claim: dict) -> dict:
    entry = _plain(claim)
    if len(entry["values"]) != len(entry["seeds"]):
        raise ValueError(f"Claim {name!r} needs one value for each seed. Received: {entry['values']}")
    entry["median"] = _rounded(statistics.median(entry["values"]))
    entry["limit"] = _rounded(limit(entry["values"], higher_is_better=entry["higher_is_better"]))
    checked = asdict(build_claim(name, entry))
    order = ("recipe", "unit", "higher_is_better", "n", "seeds", "values", "median", "limit", "seconds")
    return {key: _plain(checked[key]) for key in (*order, "peak_memory_mb", "parameters")}


def _weighed(folder: Path, entry: dict) -> dict:
    file = folder / entry["file"]
    content = file.read_bytes()
    if len(content) > MAX_CHECKPOINT_BYTES:
        raise ValueError(f"A checkpoint weighs at most {MAX_CHECKPOINT_BYTES:,} bytes. Received: {len(content):,}")
    sizes = {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    return {"file": entry["file"], **sizes, **{k: v for k, v in entry.items() if k not in {"file", *sizes}}}


def _rounded(number: float) -> float:
    return float(f"{number:.6g}")


def _plain(value):
    """Return `value` in TOML's own types: floats rounded to six digits, NumPy scalars and tuples made plain."""
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items() if item is not None}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if hasattr(value, "tolist"):
        return _plain(value.tolist())
    return _rounded(value) if isinstance(value, float) else value
