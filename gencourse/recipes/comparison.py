"""Comparisons: the checkpoints of several lessons, measured alike. Only to time it, a few seconds are trained anew."""

import statistics
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from gencourse import results

from .checkpoints import load_checkpoint
from .contests import ImageContest, TextContest
from .runs import Run, source, train

CHECKED_SEEDS = (0, 1, 2, 3, 4)  # of the samples behind a claim
TIMED_SECONDS = 10.0  # of training steps


class Row(NamedTuple):
    """One model of a comparison: the lesson and the name of its checkpoint, and what the table calls it."""

    lesson: str
    checkpoint: str
    label: str


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Checkpoints in one table, with a floor, a copier and noise beside them.

    Attributes:
        name: of the record's table.
        data: what all rows were trained on: an image set, whose evaluator judges, or "sentences", which models that
            were trained on running text write, too.
        rows: the models.
        samples: images or sentences drawn from each model and each seed.
        seeds: of those samples. The networks stay the same, so ranges over these seeds say nothing about training.
        checked: the row that a lesson measures again; its claims have five seeds.
        claims: {measure: whether higher is better} that the checked row is held to.
    """

    name: str
    data: str
    rows: tuple[Row, ...]
    samples: int = 5000
    seeds: tuple[int, ...] = (0, 1, 2)
    checked: Row | None = None
    claims: Mapping[str, bool] = field(default_factory=dict)


def load_row(lesson: str, checkpoint: str) -> Run:
    """Loads a recorded checkpoint as a run, so that `sample` draws from it as from any other.

    Args:
        lesson: two digits.
        checkpoint: its name in the lesson's record.

    Returns:
        A run; its settings are the recipe's, and what the record says.

    Raises:
        FileNotFoundError: if the lesson has no record, or the file is missing.
        ValueError: if the name is unknown or the file is damaged.

    Example:
        >>> images = recipes.sample(comparison.load_row("02", "digits"), 16, seed=1)
    """
    from . import get

    model = load_checkpoint(lesson, checkpoint)
    entry = results.load_record(lesson).checkpoints[checkpoint]
    recipe = get(entry["recipe"])
    settings = {"data": recipe.data, "domain": recipe.domain, "value_range": recipe.value_range, "holdout": 0.0}
    return Run(model, settings | entry)


def weights_used(run: Run) -> int:
    """How many weights a model draws with: an encoder, which only training needs, is left out."""
    networks = run.model.sampling_networks()
    return sum(network.count_params() for name, network in networks.items() if name != "encoder")


def training_seconds(run: Run, *, seconds: float = TIMED_SECONDS) -> float:
    """What the whole training takes on this machine, reckoned from its first `seconds`: so that all models are timed
    alike, in one run, whenever their checkpoints were made."""
    from . import get

    entry = run.settings
    recipe = get(entry["recipe"])
    parameters = recipe.with_parameters(entry["parameters"])
    timed = train(recipe, changes=entry["parameters"], data_name=entry["data"], seconds=seconds).settings
    steps = parameters.get("steps") or source(entry).pass_steps(parameters["batch_size"]) * parameters["epochs"]
    before = parameters.get("begin")  # the checkpoint that this training began with
    earlier = training_seconds(load_row(recipe.lesson, before), seconds=seconds) if before else 0.0
    return earlier + steps * timed["seconds"] / timed["steps"]


def checked_parameters(row: Row, samples: int) -> dict:
    """What a fresh measurement of a row must share with the recorded one to be comparable."""
    entry = results.load_record(row.lesson).checkpoints[row.checkpoint]
    return {"lesson": row.lesson, "checkpoint": row.checkpoint, "sha256": entry["sha256"][:12], "samples": samples}


def measure_comparison(comparison: Comparison, *, seeds: int | None = None, progress: Callable = lambda text: None):
    """Measures every row of a comparison.

    Args:
        comparison: what to measure.
        seeds: fewer seeds than it asks for: a trial.
        progress: called with a sentence for each row.

    Returns:
        (rows, claims): the table's rows, and the claims of the checked row, in the form that `write_record` takes.

    Raises:
        FileNotFoundError, ValueError: if a checkpoint is missing, damaged, or was trained on other data.
    """
    runs = {row: load_row(row.lesson, row.checkpoint) for row in comparison.rows}  # all of them: none may be missing
    contest = (TextContest if comparison.data == TextContest.name else ImageContest)(comparison.data)
    for row, run in runs.items():
        contest.check(row.label, run)
    usual = comparison.seeds[:seeds]
    table, claims = [], {}
    for row, run in runs.items():
        drawn = CHECKED_SEEDS[:seeds] if row == comparison.checked else usual
        scores = {s: contest.judge(run, comparison.samples, s) for s in dict.fromkeys((*usual, *drawn))}
        table.append(_model_row(contest, row, run, [scores[s] for s in usual]))
        if row == comparison.checked:
            claims = _claims(comparison, run, {s: scores[s] for s in drawn})
        progress(_told(contest, table[-1]))
    for label, kind, draw in contest.others():
        scores = [draw(comparison.samples, seed) for seed in usual]
        table.append({"label": label, "kind": kind, "seeds": len(scores), **_summary(scores)})
        progress(_told(contest, table[-1]))
    return table, claims


def _summary(scores: list[dict]) -> dict:
    """Medians over the seeds of the samples, and their ranges."""
    ranges = {name: [min(s[name] for s in scores), max(s[name] for s in scores)] for name in scores[0]}
    return {**{name: statistics.median(s[name] for s in scores) for name in scores[0]}, "ranges": ranges}


def _model_row(contest, row: Row, run: Run, scores: list[dict]) -> dict:
    return {
        **row._asdict(),
        "kind": "model",
        "recipe": run.settings["recipe"],
        "sha256": run.settings["sha256"][:12],
        "seeds": len(scores),
        "training_seconds": round(training_seconds(run), 1),
        "weights": weights_used(run),
        **contest.about(run),
        **_summary(scores),
    }


def _claims(comparison: Comparison, run: Run, scores: dict[int, dict]) -> dict[str, dict]:
    return {
        f"{comparison.name}_{measure}": {
            "recipe": run.settings["recipe"],
            "higher_is_better": higher,
            "n": comparison.samples,
            "seeds": list(scores),
            "values": [score[measure] for score in scores.values()],
            "parameters": checked_parameters(comparison.checked, comparison.samples),
        }
        for measure, higher in comparison.claims.items()
    }


def _told(contest, row: dict) -> str:
    return f"{row['label']}: " + ", ".join(f"{name} {row[name]:.4g}" for name in contest.told if name in row)


DCGAN = Row("02", "digits", "DCGAN (02)")
SENTENCES = Row("13", "sentences", "GRU on sentences (13)")

COMPARISONS: dict[str, tuple[Comparison, ...]] = {
    "15": (
        Comparison(
            name="digits",
            data="digits",
            rows=(
                Row("01", "digits", "GAN (01)"),
                DCGAN,
                Row("03", "digits", "VAE (03)"),
                Row("05", "digits", "WGAN-GP (05)"),
                Row("06", "digits", "conditional GAN (06)"),
                Row("07", "code", "autoencoder (07)"),
                Row("08", "digits", "PixelCNN (08)"),
                Row("11", "digits", "diffusion (11)"),
            ),
            checked=DCGAN,
            claims={"frechet": False, "precision": True, "recall": True, "coverage": True},
        ),
        Comparison(
            name="fashion",
            data="fashion",
            rows=(
                Row("02", "fashion", "DCGAN (02)"),
                Row("05", "fashion", "WGAN-GP (05)"),
                Row("06", "fashion", "conditional GAN (06)"),
                Row("11", "fashion", "diffusion (11)"),
                Row("12", "fashion", "VQ-VAE (12)"),
            ),
        ),
        Comparison(
            name="sentences",
            data="sentences",
            rows=(
                Row("04", "austen", "GRU on characters (04)"),
                Row("09", "austen", "GPT on byte pairs (09)"),
                SENTENCES,
                Row("13", "vae", "text VAE (13)"),
                Row("13", "gumbel", "text GAN, Gumbel (13)"),
                Row("13", "policy", "text GAN, policy (13)"),
            ),
            samples=1000,
            checked=SENTENCES,
            claims={"reference_bleu": True, "self_bleu": False},
        ),
    ),
}
