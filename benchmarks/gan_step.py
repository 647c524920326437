"""Images per second of the course's GAN step against the same networks in a plain two-tape loop, side by side.

    python benchmarks/gan_step.py [--rounds 9] [--seconds 1.5]

Every round times every contender once, in turn, on the same batch, and ratios are taken within the round: a machine
that slows down slows all of them. Medians over rounds are printed, with the smallest and largest ratio.
"""

import argparse
import json
import statistics
import sys
import time

from gencourse import runtime  # first: it keeps TensorFlow's start-up lines away

# isort: split
import keras
import numpy as np
import tensorflow as tf

from gencourse import data, recipes

SIZE = 1024  # of the matrices that measure the machine


def dense_flops(network: keras.Model) -> int:
    """Multiplications and additions of one forward pass for one sample, from the Dense kernels."""
    return sum(2 * int(np.prod(layer.kernel.shape)) for layer in network.layers if hasattr(layer, "kernel"))


def step_flops(model) -> int:
    """Of one training step for one image: backward costs twice forward, or once where no weights are asked for."""
    generator, discriminator = dense_flops(model.generator), dense_flops(model.discriminator)
    return 3 * generator + (2 + 4 + 1) * discriminator  # two forward, two full backward, one through to the image


def plain_loop(parameters, sample_shape, batch_size):
    """The loop of the usual tutorial: two tapes around one forward pass, one `tf.function`, no package."""
    model = recipes.get("gan").build({**parameters, "ema_decay": None}, sample_shape, 0, 1)
    generator, discriminator = model.generator, model.discriminator
    rates = parameters["generator_rate"], parameters["discriminator_rate"]
    optimizer_g, optimizer_d = (keras.optimizers.Adam(rate, beta_1=parameters["beta_1"]) for rate in rates)
    optimizer_g.build(generator.trainable_variables)
    optimizer_d.build(discriminator.trainable_variables)
    cross_entropy = keras.losses.BinaryCrossentropy(from_logits=True)

    @tf.function
    def step(images):
        noise = tf.random.normal([batch_size, parameters["latent_dim"]])
        with tf.GradientTape() as tape_g, tf.GradientTape() as tape_d:
            made = generator(noise, training=True)
            real, fake = discriminator(images, training=True), discriminator(made, training=True)
            loss_g = cross_entropy(tf.ones_like(fake), fake)
            loss_d = cross_entropy(tf.ones_like(real), real) + cross_entropy(tf.zeros_like(fake), fake)
        for tape, loss, network, optimizer in (
            (tape_g, loss_g, generator, optimizer_g),
            (tape_d, loss_d, discriminator, optimizer_d),
        ):
            variables = network.trainable_variables
            optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables, strict=True))

    return step


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--seconds", type=float, default=1.5, help="of each contender in each round")
    parser.add_argument("--json", action="store_true", help="one line of JSON on stdout")
    options = parser.parse_args()

    recipe = recipes.get("gan")
    parameters = dict(recipe.parameters)
    batch = parameters["batch_size"]
    shape = (28, 28, 1)
    runtime.set_seed(0)
    images = data.load_images("digits").train_images
    stream = iter(data.batches(images, batch_size=batch, seed=0, value_range="signed"))
    stride = recipes.steps_per_call(len(images) // batch, len(images) // batch)

    ours = recipe.build({**parameters, "ema_decay": None}, shape, 0, 1)
    with_average = recipe.build({**parameters, "ema_decay": parameters["ema_decay"] or 0.99}, shape, 0, 1)
    fitted = recipe.build({**parameters, "ema_decay": None}, shape, 0, stride)
    plain = plain_loop(parameters, shape, batch)
    our_step, average_step = tf.function(ours.train_step), tf.function(with_average.train_step)
    fit_stream = data.batches(images, batch_size=batch, seed=0, value_range="signed")
    square = tf.random.normal((SIZE, SIZE))
    multiply = tf.function(lambda a: tf.linalg.matmul(a, a))

    def fit(steps):
        steps = -(-steps // stride) * stride
        fitted.fit(fit_stream, epochs=fitted.epochs_done + 1, steps_per_epoch=steps, verbose=0)
        return steps

    def loop(step):
        def run(steps):
            for _ in range(steps):
                step(next(stream))
            return steps

        return run

    def products(steps):
        for _ in range(steps):
            multiply(square)
        return steps

    contenders = {
        "plain two-tape loop": loop(plain),
        "our step, bare loop": loop(our_step),
        "our step with EMA": loop(average_step),
        "fit": fit,
        "matrix product": products,
    }
    counts = {}
    for name, run in contenders.items():  # trace, warm up, and size the rounds
        run(stride * 2)
        began = time.perf_counter()
        done = run(stride * 4)
        counts[name] = max(stride, int(options.seconds * done / (time.perf_counter() - began)))
    rates = {name: [] for name in contenders}
    for number in range(options.rounds):
        for name, run in contenders.items():
            began = time.perf_counter()
            done = run(counts[name])
            rates[name].append(done / (time.perf_counter() - began))
        print(f"round {number + 1}/{options.rounds}", end="\r", file=sys.stderr)

    peak = [rate * 2 * SIZE**3 / 1e9 for rate in rates["matrix product"]]
    flops = step_flops(ours)
    rows = {}
    for name in list(contenders)[:-1]:
        ratios = [a / b for a, b in zip(rates[name], rates["plain two-tape loop"], strict=True)]
        shares = [rate * batch * flops / 1e9 / p for rate, p in zip(rates[name], peak, strict=True)]
        rows[name] = {
            "images_per_second": statistics.median(rates[name]) * batch,
            "against_plain": statistics.median(ratios),
            "lowest": min(ratios),
            "highest": max(ratios),
            "share_of_matrix_speed": statistics.median(shares),
        }
    fit_ratios = [a / b for a, b in zip(rates["fit"], rates["our step, bare loop"], strict=True)]
    result = {
        "machine": runtime.machine_words(),
        "batch_size": batch,
        "matrix_gflops": statistics.median(peak),
        "contenders": rows,
        "fit_against_bare_loop": statistics.median(fit_ratios),
    }
    if options.json:
        print(json.dumps(result))
        return
    print(f"{result['machine']}; batch {batch}; matrix product {result['matrix_gflops']:.0f} GFLOP/s")
    print(f"{'':22}{'images/s':>10}{'against plain (range)':>26}{'of matrix speed':>17}")
    for name, row in rows.items():
        against = f"{row['against_plain']:.2f} ({row['lowest']:.2f}–{row['highest']:.2f})"
        print(f"{name:22}{row['images_per_second']:10.0f}{against:>26}{row['share_of_matrix_speed']:17.0%}")
    print(f"fit against our bare loop: {result['fit_against_bare_loop']:.2f}")


if __name__ == "__main__":
    main()
