"""Measuring a lesson's record: every study, every variant, every seed, each in a process of its own."""

import datetime
import os
import statistics
import subprocess
import tempfile
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from gencourse import callbacks, results, runtime

from .comparison import COMPARISONS, Comparison, measure_comparison
from .domains import DOMAINS
from .runs import versions
from .studies import STUDIES
from .study import Study
from .texts import Texts

TABLE_SAMPLES = 5000
CURVE_CHARACTERS = 20_000  # of held-out text, scored again and again while a model trains


def measure(study: Study, changes: dict, seed: int, folder: str) -> dict:
    """Trains one recipe from one seed and judges it; runs in a fresh process, so that memory and time are its own."""
    from . import get, train
    from .checkpoints import save_checkpoint
    from .runs import judge_samples, reached

    curves = []

    def watch(budget, examples):
        passage = examples.reference[:CURVE_CHARACTERS]
        curves.append(callbacks.HeldOut(lambda model: model.score(passage)["bits_per_character"], budget))
        return curves

    run = train(
        get(study.recipe),
        changes=changes,
        data_name=study.data,
        seconds=study.seconds,
        seed=seed,
        more_callbacks=watch if study.curve else (),
    )
    known, counts = reached(run), (study.samples, max(study.samples, _table_samples(run)))
    scores = {n: (judge_samples(run, n, seed=seed) if study.draws else {}) | known for n in dict.fromkeys(counts)}
    checkpoint = Path(folder) / f"{seed}.npz"
    save_checkpoint(run.model, checkpoint)
    return {
        "seed": seed,
        "parameters": run.settings["parameters"],
        "seconds": run.settings["seconds"],
        "steps": run.settings["steps"],
        "peak_memory_mb": run.settings["peak_memory_mb"],
        "versions": run.settings["versions"],
        "machine": run.settings["machine"],
        "claims": scores[counts[0]],
        "table": scores[counts[1]],
        "checkpoint": str(checkpoint),
        **({"curve": _points(curves[0])} if curves else {}),
    }


def _points(curve) -> dict[str, list]:
    """A curve for a record."""
    rounded = {"seconds": [round(s, 1) for s in curve.seconds], "steps": curve.steps}
    return {**rounded, "bits_per_character": [round(value, 4) for value in curve.values]}


def _table_samples(run) -> int:
    """5,000 images or points; of texts as many as are judged elsewhere."""
    kind = DOMAINS[run.settings["domain"]]
    return kind.drawn if issubclass(kind, Texts) else TABLE_SAMPLES


def record(
    lesson: str, *, only: str | None = None, seeds: int | None = None, progress=lambda text: None
) -> Path | None:
    """Measures the studies and comparisons of a lesson anew, and writes its record and checkpoints one after the other.

    Args:
        lesson: two digits.
        only: name of one study; what the record says of the others is kept.
        seeds: fewer seeds than the study asks for: a trial, whose results are told and not written.
        progress: called with a sentence before and after each run.

    Returns:
        The record's path; None after a trial.

    Raises:
        ValueError: if the lesson has no studies, or none of that name.
        FileNotFoundError: if a checkpoint that a comparison needs is missing.
    """
    studies = [s for s in _studies(lesson) if only in (None, s.name)]
    if not studies:
        known = {number: [s.name for s in _studies(number)] for number in (*STUDIES, *COMPARISONS)}
        raise ValueError(f"No such study; there are {known}. Received: lesson {lesson!r}, study {only!r}.")
    path, commit = results.record_path(lesson), _commit(results.RECORDS)
    with tempfile.TemporaryDirectory() as folder:
        for study in studies:
            if isinstance(study, Comparison):
                table, claims = measure_comparison(study, seeds=seeds, progress=progress)
                about = versions() | {"machine": runtime.machine_words()}
                if seeds is None:
                    _put(path, lesson, study.name, commit, about=about, claims=claims, table=table)
                continue
            runs = _runs(study, Path(folder) / study.name, seeds, progress)
            if seeds is None:
                _write(path, lesson, study, runs, commit)
    return path if seeds is None else None


def _studies(lesson: str) -> tuple[Study | Comparison, ...]:
    return (*STUDIES.get(lesson, ()), *COMPARISONS.get(lesson, ()))


def _write(path: Path, lesson: str, study: Study, runs: dict[str, list[dict]], commit: str) -> None:
    """Puts one study into the record."""
    first = runs[next(iter(study.variants))]
    _put(
        path,
        lesson,
        study.name,
        commit,
        about={**first[0]["versions"], "machine": first[0]["machine"]},
        claims=_claims(study, first),
        table=[_row(label, study.variants[label], measured) for label, measured in runs.items()],
        checkpoint=_keep_checkpoint(study, first, path, lesson) if study.checkpoint else None,
    )


def _put(path: Path, lesson: str, name: str, commit: str, *, about, claims, table, checkpoint=None) -> None:
    """Writes what was measured under one name, beside what the record says of others."""
    kept, known_claims, tables, checkpoints = _kept(path, lesson, name)
    before = {"machine": kept["machine"]} if "machine" in kept else {}  # of those that do not name their own
    others = {other: before | entry for other, entry in kept.get("measured", {}).items()}
    mine = {"date": datetime.date.today().isoformat(), "commit": commit, "machine": about["machine"]}
    kept |= about | {"measured": others | {name: mine}}
    tables[name] = table
    if checkpoint is not None:
        checkpoints[name] = checkpoint
    results.write_record(
        path, lesson=lesson, about=kept, claims=known_claims | claims, tables=tables, checkpoints=checkpoints
    )


def _runs(study: Study, folder: Path, seeds: int | None, progress) -> dict[str, list[dict]]:
    runs = {}
    for i, (label, changes) in enumerate(study.variants.items()):
        count = study.seeds if i == 0 else 3
        runs[label] = []
        for seed in range(min(count, seeds or count)):
            progress(f"{study.name}, {label}, seed {seed}")
            with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
                place = str(folder / str(i))
                measured = pool.submit(measure, study, dict(changes), seed, place).result()
            runs[label].append(measured)
            shown = ", ".join(f"{name} {value:.4g}" for name, value in measured["claims"].items())
            progress(f"  {measured['seconds']:.0f} s, {measured['peak_memory_mb']} MB: {shown}")
    return runs


def _claims(study: Study, runs: list[dict]) -> dict[str, dict]:
    return {
        f"{study.name}_{measure_name}": {
            "recipe": study.recipe,
            "higher_is_better": higher,
            "n": study.samples,
            "seeds": [run["seed"] for run in runs],
            "values": [run["claims"][measure_name] for run in runs],
            "seconds": [run["seconds"] for run in runs],
            "peak_memory_mb": max(run["peak_memory_mb"] for run in runs),
            "parameters": runs[0]["parameters"],
        }
        for measure_name, higher in study.claims.items()
    }


def _row(label: str, changes, runs: list[dict]) -> dict:
    """One row of a table: medians over the seeds, and the range of each measure."""
    measures = {
        name: statistics.median(run["table"][name] for run in runs)
        for name in runs[0]["table"]
        if all(run["table"][name] == run["table"][name] for run in runs)  # a NaN has no median
    }
    ranges = {
        name: [min(run["table"][name] for run in runs), max(run["table"][name] for run in runs)] for name in measures
    }
    return {
        "variant": label,
        "changes": dict(changes),
        "seeds": len(runs),
        "seconds": statistics.median(run["seconds"] for run in runs),
        "steps": runs[0]["steps"],
        **measures,
        "ranges": ranges,
        **({"curves": [run["curve"] for run in runs]} if "curve" in runs[0] else {}),
    }


def _keep_checkpoint(study: Study, runs: list[dict], path: Path, lesson: str) -> dict:
    """Copies the networks of the median seed to where the record stands."""
    measured = next(iter(study.claims), "frechet")
    chosen = sorted(runs, key=lambda run: run["claims"][measured])[len(runs) // 2]
    file = f"checkpoints/{lesson}_{study.name}.npz"
    target = path.parent / file
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_suffix(".part")
    part.write_bytes(Path(chosen["checkpoint"]).read_bytes())
    os.replace(part, target)
    return {
        "file": file,
        "recipe": study.recipe,
        **({"data": study.data} if study.data else {}),
        "seed": chosen["seed"],
        "seconds": chosen["seconds"],
        "parameters": chosen["parameters"],
    }


def _kept(path: Path, lesson: str, renewed: str):
    """What an existing record says of studies that are not measured now, in the form that `write_record` takes."""
    import tomllib

    if not path.is_file():
        return {}, {}, {}, {}
    content = tomllib.loads(path.read_text(encoding="utf-8"))
    others = {s.name for s in _studies(lesson)} - {renewed}
    about = {k: v for k, v in content["record"].items() if k != "lesson"}
    about["measured"] = {k: v for k, v in about.get("measured", {}).items() if k in others}
    return (
        about,
        {k: v for k, v in content.get("claims", {}).items() if any(k.startswith(f"{name}_") for name in others)},
        {k: v for k, v in content.get("tables", {}).items() if k in others},
        {k: v for k, v in content.get("checkpoints", {}).items() if k in others},
    )


def _commit(folder: Path) -> str:
    """The commit measured; "+" when the tree held changes beside it."""

    def git(*words):
        return subprocess.run(["git", *words], cwd=folder, capture_output=True, text=True, check=True).stdout.strip()

    try:
        return git("rev-parse", "--short=12", "HEAD") + ("+" if git("status", "--porcelain", "..") else "")
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
