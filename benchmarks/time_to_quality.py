"""Fréchet distance against seconds of training: lesson 02's recipe, a plain one, and the usual tutorial's.

    python benchmarks/time_to_quality.py [--marks 15 30 60 90] [--seeds 0]

Seconds count training steps only: tracing and judging are left out. Distances are those of 5,000 samples to the 5,000
held-out digits, on the course's evaluator.
"""

import argparse
import json
import sys

from gencourse import recipes  # first: it keeps TensorFlow's start-up lines away

# isort: split
from gencourse import callbacks, data, runtime
from gencourse.recipes.dcgan import PLAIN_HALF, TUTORIAL

VARIANTS = {"the lesson's": {}, "plain, half as wide": PLAIN_HALF, "the usual tutorial's": TUTORIAL}


def curve(changes, marks, seed):
    """Distances at each mark of one run."""
    recipe = recipes.get("dcgan")
    parameters, examples = recipe.with_parameters(changes), recipes.Images("digits")
    batch = parameters["batch_size"]
    steps = data.steps_per_pass(len(examples.train), batch)
    runtime.set_seed(seed)
    model = recipe.build(parameters, examples.form, seed, recipes.steps_per_call(steps, steps))
    budget, found = callbacks.Budget(seconds=marks[0]), []
    for mark in marks:
        budget.seconds = mark
        stream = examples.stream(
            batch_size=batch, seed=seed, value_range=recipe.value_range, start_step=budget.spent_steps
        )
        model.fit(stream, epochs=10**6, steps_per_epoch=steps, verbose=0, callbacks=[budget])
        samples = examples.finish(model.generate(5000, seed=seed), recipe.value_range)
        found.append(examples.evaluate(samples)["frechet"])
    return {"steps": budget.spent_steps, "distances": found}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--marks", type=float, nargs="+", default=[15, 30, 60, 90], help="seconds of training")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--json", action="store_true", help="one line of JSON on stdout")
    options = parser.parse_args()
    rows = []
    for name, changes in VARIANTS.items():
        for seed in options.seeds:
            print(f"{name}, seed {seed} ...", file=sys.stderr)
            rows.append({"variant": name, "seed": seed, **curve(changes, options.marks, seed)})
    if options.json:
        print(json.dumps({"machine": runtime.machine_words(), "marks": options.marks, "rows": rows}))
        return
    print(runtime.machine_words())
    print(f"{'':24}{'seed':>5}{'steps':>8}" + "".join(f"{mark:>8.0f} s" for mark in options.marks))
    for row in rows:
        shown = "".join(f"{distance:10.1f}" for distance in row["distances"])
        print(f"{row['variant']:24}{row['seed']:>5}{row['steps']:>8}{shown}")


if __name__ == "__main__":
    main()
