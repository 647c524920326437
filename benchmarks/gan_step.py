"""Images per second of the course's GAN step against the same networks in a plain two-tape loop, side by side.

    python benchmarks/gan_step.py [--rounds 9] [--seconds 1.5]

Every round times every contender once, in turn, on the same batch, and ratios are taken within the round: a machine
that slows down slows all of them. Medians over rounds are printed, with the smallest and largest ratio.
"""

import argparse
import json
import statistics

from gencourse import runtime  # first: it keeps TensorFlow's start-up lines away

# isort: split
import tensorflow as tf
from common import bare_loop, fit_loop, gigaflops, matrix_products, plain_step, ratios, step_flops, time_in_turn

from gencourse import data, recipes

SHAPE = (28, 28, 1)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--seconds", type=float, default=1.5, help="of each contender in each round")
    parser.add_argument("--json", action="store_true", help="one line of JSON on stdout")
    options = parser.parse_args()

    recipe = recipes.get("gan")
    parameters = dict(recipe.parameters)
    batch = parameters["batch_size"]
    runtime.set_seed(0)
    images = data.load_images("digits").train_images

    def batches():
        return data.batches(images, batch_size=batch, seed=0, value_range="signed")

    def build(steps, **changes):
        return recipe.build({**parameters, "ema_decay": None, **changes}, SHAPE, 0, steps)

    stream = iter(batches())
    stride = recipes.steps_per_call(len(images) // batch, len(images) // batch)
    ours, plain = build(1), build(1)
    with_average = build(1, ema_decay=parameters["ema_decay"] or 0.99)
    plain_loop = plain_step(
        plain.generator,
        plain.discriminator,
        latent_dim=parameters["latent_dim"],
        batch_size=batch,
        rates=(parameters["generator_rate"], parameters["discriminator_rate"]),
        beta_1=parameters["beta_1"],
    )
    contenders = {
        "plain two-tape loop": bare_loop(plain_loop, stream),
        "our step, bare loop": bare_loop(tf.function(ours.train_step), stream),
        "our step with EMA": bare_loop(tf.function(with_average.train_step), stream),
        "fit": fit_loop(build(stride), batches(), stride),
        "matrix product": matrix_products(),
    }
    rates = time_in_turn(contenders, rounds=options.rounds, seconds=options.seconds, stride=stride)
    peak = [gigaflops(rate) for rate in rates.pop("matrix product")]
    flops = step_flops(ours)
    rows = {}
    for name, found in rates.items():
        shares = [rate * batch * flops / 1e9 / p for rate, p in zip(found, peak, strict=True)]
        rows[name] = {
            "images_per_second": statistics.median(found) * batch,
            "against_plain": ratios(rates, name, "plain two-tape loop"),
            "share_of_matrix_speed": statistics.median(shares),
        }
    result = {
        "machine": runtime.machine_words(),
        "batch_size": batch,
        "matrix_gflops": statistics.median(peak),
        "contenders": rows,
        "fit_against_bare_loop": ratios(rates, "fit", "our step, bare loop")["ratio"],
    }
    if options.json:
        print(json.dumps(result))
        return
    print(f"{result['machine']}; batch {batch}; matrix product {result['matrix_gflops']:.0f} GFLOP/s")
    print(f"{'':22}{'images/s':>10}{'against plain (range)':>26}{'of matrix speed':>17}")
    for name, row in rows.items():
        against = row["against_plain"]
        shown = f"{against['ratio']:.2f} ({against['lowest']:.2f}–{against['highest']:.2f})"
        print(f"{name:22}{row['images_per_second']:10.0f}{shown:>26}{row['share_of_matrix_speed']:17.0%}")
    print(f"fit against our bare loop: {result['fit_against_bare_loop']:.2f}")


if __name__ == "__main__":
    main()
