"""Records: what was measured for each lesson, read from `gencourse/records/NN.toml`, and the limits that follow."""

import hashlib
import math
import re
import statistics
import tomllib
from dataclasses import dataclass, field
from pathlib import Path

RECORDS = Path(__file__).parents[1] / "records"


@dataclass(frozen=True)
class Claim:
    """One measured number: its value for each seed, how it was made, and the limit that fresh results must keep."""

    name: str
    recipe: str
    parameters: dict
    values: tuple
    seeds: tuple
    median: float
    limit: float
    higher_is_better: bool
    unit: str = ""
    n: int = 0
    seconds: tuple = ()
    peak_memory_mb: float = 0.0

    def keeps(self, value: float) -> bool:
        """Whether `value` is within the limit; NaN and infinities never are."""
        if not math.isfinite(value):
            return False
        return value >= self.limit if self.higher_is_better else value <= self.limit


@dataclass(frozen=True)
class Record:
    """What was measured for one lesson, when, and on what."""

    lesson: str
    about: dict
    claims: dict = field(default_factory=dict)
    tables: dict = field(default_factory=dict)
    checkpoints: dict = field(default_factory=dict)

    def claim(self, name: str) -> Claim:
        """Return a claim by name."""
        return _named(self.claims, name, f"claim of lesson {self.lesson}")

    def table(self, name: str) -> list:
        """Return a table by name: a list of rows, each a dictionary."""
        return [dict(row) for row in _named(self.tables, name, f"table of lesson {self.lesson}")]


def _named(things: dict, name: str, kind: str):
    if name not in things:
        known = ", ".join(sorted(things)) or "none"
        raise ValueError(f"Unknown {kind}; known are: {known}. Received: {name!r}")
    return things[name]


def limit(values, *, higher_is_better: bool) -> float:
    """Return the one-sided limit that fresh results must keep.

    Args:
        values: one result for each seed.
        higher_is_better: on which side the limit lies.

    Returns:
        The median plus (minus, when higher is better) the larger of three times the range and 20% of the median.
    """
    values = [float(value) for value in values]
    if not values or not all(math.isfinite(value) for value in values):
        raise ValueError(f"`values` must be finite numbers, at least one. Received: {values}")
    median = statistics.median(values)
    margin = max(3.0 * (max(values) - min(values)), 0.2 * abs(median))
    return median - margin if higher_is_better else median + margin


def record_path(lesson: str, *, folder=None) -> Path:
    """Return where the record of a lesson stands, whether or not it exists yet."""
    if not re.fullmatch(r"\d\d", str(lesson)):
        raise ValueError(f"`lesson` must be two digits, such as '01'. Received: {lesson!r}")
    return Path(folder or RECORDS) / f"{lesson}.toml"


def load_record(lesson: str, *, folder=None) -> Record:
    """Read the record of a lesson.

    Raises:
        FileNotFoundError: if there is none yet.
        ValueError: if the file is no record, or a median or limit in it does not follow from its values.
    """
    path = record_path(lesson, folder=folder)
    if not path.is_file():
        raise FileNotFoundError(f"Lesson {lesson} has no record yet: `gencourse record {lesson}` makes it.")
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
        about = content["record"]
        claims = {name: build_claim(name, entry) for name, entry in content.get("claims", {}).items()}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, KeyError, TypeError) as error:
        raise ValueError(f"{path.name} is not a record: {type(error).__name__}: {error}") from error
    return Record(lesson, about, claims, content.get("tables", {}), content.get("checkpoints", {}))


def build_claim(name: str, entry: dict) -> Claim:
    lists = {key: tuple(entry[key]) for key in ("values", "seeds", "seconds") if key in entry}
    claim = Claim(name=name, **{**entry, **lists})
    wanted = limit(claim.values, higher_is_better=claim.higher_is_better)
    if not (same(claim.median, statistics.median(claim.values)) and same(claim.limit, wanted)):
        raise ValueError(f"Median and limit of claim {name!r} do not follow from its values {claim.values}")
    return claim


def same(a, b) -> bool:
    """Whether two parameters are equal: numbers up to rounding, lists and tuples by their items."""
    if isinstance(a, bool) or isinstance(b, bool):
        return a is b
    if isinstance(a, (int, float)) and isinstance(b, (int, float)):
        return math.isclose(a, b, rel_tol=1e-5, abs_tol=1e-12)
    if isinstance(a, (list, tuple)) and isinstance(b, (list, tuple)):
        return len(a) == len(b) and all(map(same, a, b))
    return a == b


def load_checkpoint_path(lesson: str, name: str, *, folder=None) -> Path:
    """Return the path of a committed checkpoint, after checking its sha256 against the record.

    Raises:
        FileNotFoundError: if the file is missing.
        ValueError: if the name is unknown, the file lies outside the records, or its hash is another.
    """
    root = Path(folder or RECORDS).resolve()
    entry = _named(load_record(lesson, folder=root).checkpoints, name, f"checkpoint of lesson {lesson}")
    path = (root / entry["file"]).resolve()
    if root not in path.parents:
        raise ValueError(f"A checkpoint must lie among the records. Received: {entry['file']!r}")
    if not path.is_file():
        raise FileNotFoundError(f"{entry['file']} is missing: install the course again, or restore the file.")
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    if found != entry["sha256"]:
        raise ValueError(f"{entry['file']} is damaged: sha256 {entry['sha256'][:12]}… wanted. Received: {found[:12]}…")
    return path
