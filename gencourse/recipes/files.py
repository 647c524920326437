"""Samples in files: writing them by a file's ending, reading them back, judging them."""

import os
from pathlib import Path

import numpy as np

from gencourse import sampling, viz

from .domains import DOMAINS, Images, Points, read_arrays
from .runs import Run, load, sample, sample_labels, source
from .texts import Prose, Texts, read_text


def write_samples(
    run: Run, path: str | Path, n: int | None = None, *, seed: int = 0, label: int | None = None, **writing
) -> int:
    """Draws samples into a file: .npz (arrays), .png (a grid or a scatter plot), .gif (a latent walk), .txt (texts).

    Args:
        run: a trained model.
        path: the file; its ending says what is written. It appears whole or not at all.
        n: samples; for a walk, frames (24 at most). By default 64 images or points, 16 poems, one piece of prose.
        seed: the same seed gives the same samples.
        label: the class of all samples, for a conditional model.
        **writing: prompt, length and temperature of texts.

    Returns:
        How many samples were drawn.

    Raises:
        ValueError: if the ending is unknown, or does not fit the model, or the model draws no samples.
    """
    from . import get

    if not get(run.settings["recipe"]).draws:
        raise ValueError(f"{run.settings['recipe']!r} mends images and draws none; `evaluate` says how well.")
    path = Path(path)
    domain = DOMAINS[run.settings["domain"]]
    writers = _WRITERS if not issubclass(domain, Texts) else {".txt": _write_texts}
    if path.suffix not in writers:
        raise ValueError(f"The file must end in {', '.join(writers)}. Received: {path.name!r}.")
    path.parent.mkdir(parents=True, exist_ok=True)
    part, n = path.with_name(f".{os.getpid()}.{path.name}"), n or domain.shown  # the writers go by the ending
    try:
        writers[path.suffix](run, domain, part, n, seed, label, **writing)
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)
    return n


def usual_ending(run: Run) -> str:
    """How a file of a run's samples ends when nobody says."""
    return ".txt" if issubclass(DOMAINS[run.settings["domain"]], Texts) else ".png"


def _write_texts(run, domain, path, n, seed, label, **writing):
    texts = sample(run, n, seed=seed, label=label, **writing)
    path.write_text(domain.separator.join(texts) + "\n", encoding="utf-8")


def _write_arrays(run, domain, path, n, seed, label, **writing):
    arrays, labels = (
        {domain.array_name: sample(run, n, seed=seed, label=label, **writing)},
        sample_labels(run, n, label),
    )
    np.savez_compressed(path, **arrays, **({} if labels is None else {"labels": labels}))


def _write_picture(run, domain, path, n, seed, label, **writing):
    samples = sample(run, n, seed=seed, label=label, **writing)
    if domain is Images:
        viz.save_png(samples, path)
    else:
        viz.scatter(samples, means=source(run.settings).mixture.means).savefig(path)


def _write_walk(run, domain, path, n, seed, label, **writing):
    if domain is not Images:
        raise ValueError(f"A .gif walks between images. Received: a model of {run.settings['data']}.")
    count = max(2, min(n, viz.MAX_FRAMES))
    corners = np.random.default_rng(seed).normal(size=(17, run.model.latent_dim)).astype("float32")
    paths = np.stack([sampling.slerp(corners[i], corners[i + 1], count) for i in range(16)], axis=1)
    labels = sample_labels(run, 16, label)
    told = {} if labels is None else {"labels": labels}
    frames = [
        domain.finish(run.model.generate(16, latents=latents, **told), run.settings["value_range"]) for latents in paths
    ]
    viz.animate_grids(frames, path)


FEWEST = 50  # images or points that a distance is computed from

_WRITERS = {".npz": _write_arrays, ".png": _write_picture, ".gif": _write_walk}


def evaluate(target, *, data_name=None, count: int | None = None, seed: int = 0) -> dict[str, float]:
    """Scores a run's folder, or an .npz file of samples, or a text.

    Args:
        target: folder of a run, or a file with `images` (and `labels`, the class each one was asked for) or `points`,
            or a .txt file.
        data_name: the data to judge by; a run's own, and digits, the ring or Austen for a file. A file of quatrains or
            of translations (source, tab, target) holds one a line.
        count: samples drawn from a run, by default 1,000, of prose 32; a file is judged whole.
        seed: of those samples.

    Returns:
        Measures by name.

    Raises:
        ValueError: if the file holds no samples that the course can judge.
    """
    from . import get

    target = Path(target)
    if target.is_dir():
        run = load(target)
        kind = DOMAINS[run.settings["domain"]]
        examples = kind(data_name, parameters=run.settings["parameters"]) if data_name else source(run.settings)
        recipe, count, scores = get(run.settings["recipe"]), count or kind.drawn, {}
        if count < FEWEST and not issubclass(kind, Texts):
            raise ValueError(f"Distances between sets need at least {FEWEST} samples of each. Received: {count}.")
        if recipe.draws:
            scores |= examples.evaluate(sample(run, count, seed=seed), sample_labels(run, count))
        if recipe.measure is not None:
            scores |= recipe.measure(run.model, examples)
        return scores
    if not target.is_file():
        raise ValueError(
            f"Expected the folder of a run, or an .npz or .txt file. Received: {str(target)!r}: no such file."
        )
    if target.suffix == ".txt":
        written = read_text(target)
        kind = next((k for k in DOMAINS.values() if issubclass(k, Texts) and data_name in k.bundled), Prose)
        pieces = written.splitlines() if kind.separator == "\n" else [written]
        return kind(data_name or "austen").evaluate([piece for piece in pieces if piece])
    if target.suffix != ".npz":
        raise ValueError(f"A file of samples must end in .npz or .txt. Received: {target.name!r}.")
    arrays = read_arrays(target)
    if "images" in arrays:
        images = np.asarray(arrays["images"])
        if images.dtype == np.uint8:
            images = images.astype("float32") / 255.0
        if images.ndim == 3:
            images = images[..., None]
        return Images(data_name or "digits").evaluate(images.astype("float32"), arrays.get("labels"))
    if "points" in arrays:
        return Points(data_name or "ring").evaluate(np.asarray(arrays["points"], "float32"))
    raise ValueError(f"{target} must hold `images` or `points`. Received: arrays {sorted(arrays)}.")
