"""train, sample, evaluate: a model from the terminal, the same as in its lesson."""

import math
from pathlib import Path

import click

from .output import emit_json, say, table
from .run import parse_settings

SAMPLE_ENDINGS = (".npz", ".png", ".gif", ".txt")


def settings_option(command):
    """`--set NAME=VALUE`, as often as wanted; values are Python literals, else plain words."""
    return click.option(
        "--set", "changes", multiple=True, metavar="NAME=VALUE", help="Change one hyper-parameter; may be repeated."
    )(command)


def _sentence(error: Exception) -> click.ClickException:
    """Bad input and unreadable files end in a sentence; everything else keeps its traceback."""
    return click.ClickException(str(error))


@click.command()
@click.argument("recipe")
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), required=True, help="Folder for the run.")
@click.option(
    "--data",
    "data_name",
    metavar="NAME|FILE",
    help="digits, fashion or an .npz file; ring, grid; austen or a text; quatrains, sentences, lines; dates or pairs.",
)
@click.option("--holdout", type=float, default=0.0, show_default=True, help="Share of FILE kept out of training.")
@click.option("--seconds", type=click.FloatRange(min=0, min_open=True), help="Seconds of training steps.")
@click.option("--epochs", type=click.IntRange(min=1), help="Passes over the data.")
@click.option("--steps", type=click.IntRange(min=1), help="Batches.")
@click.option("--seed", type=click.IntRange(0, 2**31 - 1), default=0, show_default=True)
@click.option("--resume", is_flag=True, help="Go on where a run in --out stopped.")
@settings_option
@click.option("--json", "json_mode", is_flag=True, help="One line of JSON on stdout.")
def train(recipe, out, data_name, holdout, seconds, epochs, steps, seed, resume, changes, json_mode):
    """Train RECIPE and keep the model in a folder.

    \b
    Example: gencourse train gan --out runs/my-gan --seconds 30
             gencourse train gan --out runs/my-gan --data fashion --set latent_dim=32
    """
    from gencourse import recipes  # first: it keeps TensorFlow's start-up lines away

    # isort: split
    from gencourse import callbacks

    try:
        run = recipes.train(
            recipes.get(recipe),
            out=out,
            data_name=data_name,
            holdout=holdout,
            epochs=epochs,
            steps=steps,
            seconds=seconds,
            seed=seed,
            resume=resume,
            changes=parse_settings(changes),
            more_callbacks=[callbacks.Progress()],
        )
    except (ValueError, TypeError, OSError, ArithmeticError) as error:
        raise _sentence(error) from error
    except KeyboardInterrupt:
        raise click.ClickException(
            f"Stopped. {out} keeps the model as it is; go on with the same command and --resume."
        ) from None
    kept = run.settings
    summary = {key: kept[key] for key in ("recipe", "data", "seed", "epochs", "steps", "seconds", "peak_memory_mb")}
    summary |= {name: values[-1] for name, values in run.model.training_history.items() if values}
    if json_mode:
        emit_json({"folder": str(out), **summary})
    else:
        say(f"{out}: {kept['steps']} steps in {kept['seconds']:.0f} s of training. Look: gencourse sample {out} -n 64")


@click.command()
@click.argument("run_folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option("-n", "count", type=click.IntRange(min=1), help="How many: 64 images, 16 poems, or 1 piece of prose.")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="FILE.npz, .png or .gif; .txt for texts.")
@click.option("--seed", type=click.IntRange(0, 2**31 - 1), default=0, show_default=True)
@click.option("--label", type=click.IntRange(min=0), help="The class of all samples, for a conditional model.")
@click.option("--prompt", help="How a text begins.")
@click.option("--length", type=click.IntRange(min=1), help="New tokens of a text, at most.")
@click.option("--temperature", type=click.FloatRange(min=0), help="0: always the likeliest token; 1: as learned.")
def sample(run_folder, count, out, seed, label, prompt, length, temperature):
    """Draw samples from the model in DIR into a file, by the file's ending.

    .npz holds `images`, float32 (N, H, W, C) in [0, 1], or `points`, (N, 2), and the `labels` that a conditional model
    was asked for; .png is a grid; .gif walks through latent space; .txt holds texts.

    \b
    Example: gencourse sample runs/my-gan -n 64 --out samples.png
             gencourse sample runs/my-cgan -n 8 --label 3 --out threes.png
             gencourse sample runs/my-rnn --prompt "It is a truth" --out story.txt
    """
    if out is not None and out.suffix not in SAMPLE_ENDINGS:
        raise click.BadParameter(
            f"the file must end in {', '.join(SAMPLE_ENDINGS)}. Received: {out.name!r}.", param_hint="--out"
        )
    from gencourse import recipes
    from gencourse.recipes import files

    try:
        run = recipes.load(run_folder)
        out = out or Path(run_folder) / f"samples{files.usual_ending(run)}"
        writing = {"prompt": prompt, "length": length, "temperature": temperature}
        count = files.write_samples(run, out, count, seed=seed, label=label, **writing)
    except (ValueError, TypeError, OSError) as error:
        raise _sentence(error) from error
    say(f"{out}: {count} samples of {run.settings['recipe']} (seed {seed})")


@click.command()
@click.argument("target", metavar="DIR|FILE", type=click.Path(path_type=Path))
@click.option("--data", "data_name", metavar="NAME|FILE", help="What to judge by; the run's own data by default.")
@click.option("-n", "count", type=click.IntRange(min=2), help="Samples from a run: 1,000 of them, of prose 32.")
@click.option("--seed", type=click.IntRange(0, 2**31 - 1), default=0, show_default=True)
@click.option("--json", "json_mode", is_flag=True, help="One line of JSON on stdout.")
def evaluate(target, data_name, count, seed, json_mode):
    """Measure the model in DIR, or the samples in FILE.npz or FILE.txt, against held-out data.

    \b
    Example: gencourse evaluate runs/my-gan
             gencourse evaluate samples.npz --data digits --json
    """
    from gencourse.recipes import files

    try:
        scores = files.evaluate(target, data_name=data_name, count=count, seed=seed)
    except (ValueError, TypeError, OSError) as error:
        raise _sentence(error) from error
    if json_mode:
        emit_json({key: value for key, value in scores.items() if not _missing(value)})
    else:
        say(
            table(
                [(name, f"{value:.4g}") for name, value in scores.items() if not _missing(value)], ("measure", "value")
            )
        )


def _missing(value) -> bool:
    return value is None or (isinstance(value, float) and math.isnan(value))
