"""Comparing a fresh result with its record: one sentence for the learner, a failure in strict mode."""

import json
import math
import os
from dataclasses import dataclass

from gencourse.results.record import Claim, load_record, record_path, same


class ResultBeyondLimit(AssertionError):
    """A fresh result, comparable with its record, lies beyond the limit (strict mode only)."""


@dataclass(frozen=True)
class Verdict:
    """The outcome of a comparison; `str()` and `repr()` are one sentence for the reader."""

    status: str
    sentence: str

    def __bool__(self) -> bool:
        return self.status == "ok"

    def __str__(self) -> str:
        return self.sentence

    __repr__ = __str__


def _differences(recorded: dict, parameters: dict) -> list[str]:
    """Name every parameter that is not as recorded: as it is now, and as it was. None is as good as not given."""
    recorded, parameters = ({k: v for k, v in of.items() if v is not None} for of in (recorded, parameters))
    changed = []
    for name in {**recorded, **parameters}:
        if name not in parameters:
            changed.append(f"{name} not given (recorded: {recorded[name]})")
        elif name not in recorded:
            changed.append(f"{name}={parameters[name]} (not in the record)")
        elif not same(recorded[name], parameters[name]):
            changed.append(f"{name}={parameters[name]} (recorded: {recorded[name]})")
    return changed


def strict() -> bool:
    """Whether GENCOURSE_STRICT asks that a result beyond its limit fails."""
    return os.environ.get("GENCOURSE_STRICT", "").strip().lower() in {"1", "true", "yes", "on"}


def compare(lesson, claim, value, *, parameters: dict, device: str = "CPU", folder=None) -> Verdict:
    """Compare a fresh result with the record.

    Args:
        lesson: two digits, such as "01".
        claim: name of a claim in the lesson's record.
        value: the fresh result, a number.
        parameters: what it was made with, name by name; comparable only when equal to the record's.
        device: "CPU" or "GPU": records hold for CPUs.
        folder: where records stand; the package's own when None.

    Returns:
        A Verdict whose status is "ok", "worse", "not comparable" or "no record".

    Raises:
        ResultBeyondLimit: in strict mode, for a comparable result beyond the limit or a missing record.
        ValueError: if the claim is unknown; TypeError: if `value` is no number.
    """
    try:
        value = float(value)
    except (TypeError, ValueError) as error:
        raise TypeError(f"`value` must be a number. Received: {type(value).__name__}") from error
    entry = None
    if record_path(lesson, folder=folder).is_file():
        entry = load_record(lesson, folder=folder).claim(claim)
        status, words = _judge(entry, value, parameters, device)
    else:
        status, words = "no record", "no record yet to compare with"
    unit = f" {entry.unit}" if entry is not None and entry.unit else ""
    sentence = f"{claim}: {value:.4g}{unit}; {words}."
    _append(lesson, claim, value, entry, status)
    if strict() and status in {"worse", "no record"}:
        raise ResultBeyondLimit(sentence)
    return Verdict(status, sentence)


def _judge(entry: Claim, value: float, parameters: dict, device: str) -> tuple[str, str]:
    changed = _differences(entry.parameters, parameters)
    if not device.upper().startswith("CPU"):
        changed.insert(0, f"device {device} (recorded: CPU)")
    known = f"recorded median {entry.median:.4g} over {len(entry.values)} seeds"
    if changed:
        return "not comparable", f"{known}, not comparable: {', '.join(changed)}"
    bound = f"{known}, {'at least' if entry.higher_is_better else 'at most'} {entry.limit:.4g} wanted"
    if entry.keeps(value):
        return "ok", f"{bound}: ok"
    return "worse", f"{bound}: worse than recorded"


def _append(lesson, claim, value, entry, status) -> None:
    """Append the comparison to the file that GENCOURSE_RESULTS names, if it names one."""
    path = os.environ.get("GENCOURSE_RESULTS")
    if not path:
        return
    line = {
        "lesson": str(lesson),
        "claim": claim,
        "value": value if math.isfinite(value) else None,
        "median": entry.median if entry else None,
        "limit": entry.limit if entry else None,
        "status": status,
        "unit": entry.unit if entry else "",
        "higher_is_better": entry.higher_is_better if entry else None,
    }
    with open(path, "a", encoding="utf-8") as stream:
        stream.write(json.dumps(line, ensure_ascii=False) + "\n")
