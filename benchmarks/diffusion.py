"""Lesson 11's diffusion model: its training step beside a plain loop, and seconds for 64 samples against steps.

    python benchmarks/diffusion.py [--rounds 7] [--seconds 2] [--samples 64]

Every round times every contender once, in turn, and ratios are taken within the round; medians are printed with the
smallest and largest. Tracing stays out of the rates.

- "plain loop" is what one writes without the package: the same U-Net and schedule, one `tf.function` around a tape, the
  same Adam; it keeps no average and checks no gradient. "our step" is the package's in the same bare loop; "our step,
  no EMA" is without the running average; "fit" is the recipe as a lesson runs it, several steps in a call.
- A row for each number of sampling steps: seconds for so many samples, and for as many with guidance, which asks the
  network twice. The weights are untrained, which costs the same.
"""

import argparse
import json
import statistics

from gencourse import runtime  # first: it keeps TensorFlow's start-up lines away

# isort: split
import keras
import tensorflow as tf
from common import bare_loop, fit_loop, ratios, time_in_turn

from gencourse import data, recipes, schedules

SHAPE = (28, 28, 1)
STEPS = (5, 10, 20, 30, 50, 100)


def plain_step(network, parameters):
    """A diffusion step with nothing but TensorFlow and Keras."""
    batch, classes = parameters["batch_size"], parameters["classes"]
    optimizer = keras.optimizers.Adam(
        parameters["learning_rate"], beta_1=parameters["beta_1"], beta_2=parameters["beta_2"]
    )
    optimizer.build(network.trainable_variables)

    @tf.function
    def step(pair):
        images, labels = pair
        times = tf.random.uniform([batch])
        signal, noise_rate = (tf.reshape(rate, (-1, 1, 1, 1)) for rate in schedules.cosine(times))
        noise = tf.random.normal([batch, *SHAPE])
        told = tf.where(tf.random.uniform([batch]) < parameters["label_dropout"], classes, labels)
        with tf.GradientTape() as tape:
            answers = network([signal * images + noise_rate * noise, times, told], training=True)
            loss = tf.reduce_mean((answers - images) ** 2)
        variables = network.trainable_variables
        optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables, strict=True))

    return step


def time_training(parameters, rounds, seconds):
    """Training steps per second of each contender, round by round."""
    recipe, splits = recipes.get("ddpm"), data.load_images("digits")
    batch = parameters["batch_size"]
    arrays = splits.train_images, splits.train_labels.astype("int32")

    def batches():
        return data.batches(arrays, batch_size=batch, seed=0, value_range="signed")

    def build(stride, **changes):
        return recipe.build({**parameters, **changes}, SHAPE, 0, stride)

    stream = iter(batches())
    stride = recipes.steps_per_call(len(splits.train_images) // batch, len(splits.train_images) // batch)
    contenders = {
        "plain loop": bare_loop(plain_step(build(1, ema_decay=None).network, parameters), stream),
        "our step, no EMA": bare_loop(tf.function(build(1, ema_decay=None).train_step), stream),
        "our step": bare_loop(tf.function(build(1).train_step), stream),
        "fit": fit_loop(build(stride), batches(), stride),
    }
    return time_in_turn(contenders, rounds=rounds, seconds=seconds, stride=stride)


def time_sampling(parameters, samples, rounds):
    """Draws per second for each number of steps, without and with guidance, round by round."""
    model = recipes.get("ddpm").build(parameters, SHAPE, 0, 1)

    def draw(steps, guidance):
        def run(times):
            for seed in range(times):
                model.generate(samples, steps=steps, guidance=guidance, seed=seed)
            return times

        return run

    contenders = {(steps, guidance): draw(steps, guidance) for steps in STEPS for guidance in (1.0, 2.0)}
    return time_in_turn(contenders, rounds=rounds, seconds=0.5, stride=1)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=2.0, help="of each training contender in each round")
    parser.add_argument("--samples", type=int, default=64)
    parser.add_argument("--json", action="store_true", help="one line of JSON on stdout")
    options = parser.parse_args()

    runtime.set_seed(0)
    parameters = dict(recipes.get("ddpm").parameters)
    rates = time_training(parameters, options.rounds, options.seconds)
    training = {
        name: {
            "images_per_second": statistics.median(found) * parameters["batch_size"],
            "against_plain": ratios(rates, name, "plain loop"),
        }
        for name, found in rates.items()
    }
    drawn = time_sampling(parameters, options.samples, options.rounds)
    sampling = [
        {
            "steps": steps,
            "seconds": statistics.median(1 / rate for rate in drawn[steps, 1.0]),
            "seconds_guided": statistics.median(1 / rate for rate in drawn[steps, 2.0]),
        }
        for steps in STEPS
    ]
    machine = runtime.machine_words()
    if options.json:
        print(json.dumps({"machine": machine, "training": training, "samples": options.samples, "sampling": sampling}))
        return
    print(f"{machine}; batch {parameters['batch_size']}")
    print(f"{'':18}{'images/s':>10}{'against plain (range)':>26}")
    for name, row in training.items():
        against = row["against_plain"]
        shown = f"{against['ratio']:.2f} ({against['lowest']:.2f}–{against['highest']:.2f})"
        print(f"{name:18}{row['images_per_second']:10.0f}{shown:>26}")
    print(f"\nseconds for {options.samples} samples\n{'steps':>7}{'plain':>10}{'guided':>10}")
    for row in sampling:
        print(f"{row['steps']:7}{row['seconds']:10.3f}{row['seconds_guided']:10.3f}")


if __name__ == "__main__":
    main()
