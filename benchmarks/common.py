"""What the step benchmarks share: contenders timed in turn, ratios within rounds, and the plain tutorial loop."""

import statistics
import sys
import time

import keras
import numpy as np
import tensorflow as tf

SIZE = 1024  # of the matrices that measure the machine


def time_in_turn(contenders: dict, *, rounds: int, seconds: float, stride: int) -> dict[str, list[float]]:
    """Times every contender once in every round, in turn.

    Args:
        contenders: {name: function that takes at least so many steps and returns how many it took}.
        rounds: how often.
        seconds: of each contender in each round.
        stride: steps of the first calls, which trace and warm up.

    Returns:
        {name: steps per second in each round}.
    """
    counts = {}
    for name, run in contenders.items():
        run(stride * 2)
        began = time.perf_counter()
        done = run(stride * 2)
        counts[name] = max(stride, int(seconds * done / (time.perf_counter() - began)))
    rates = {name: [] for name in contenders}
    for number in range(rounds):
        for name, run in contenders.items():
            began = time.perf_counter()
            done = run(counts[name])
            rates[name].append(done / (time.perf_counter() - began))
        print(f"round {number + 1}/{rounds}", end="\r", file=sys.stderr)
    return rates


def ratios(rates: dict, name: str, against: str) -> dict[str, float]:
    """Median, lowest and highest ratio of two contenders, taken within each round."""
    within = [a / b for a, b in zip(rates[name], rates[against], strict=True)]
    return {"ratio": statistics.median(within), "lowest": min(within), "highest": max(within)}


def matrix_products():
    """A contender: products of two square matrices of `SIZE`."""
    square = tf.random.normal((SIZE, SIZE))
    multiply = tf.function(lambda a: tf.linalg.matmul(a, a))

    def run(steps):
        for _ in range(steps):
            multiply(square)
        return steps

    return run


def gigaflops(products_per_second: float) -> float:
    """Speed of the matrix products."""
    return products_per_second * 2 * SIZE**3 / 1e9


def bare_loop(step, stream):
    """A contender: a Python loop that calls a step on each batch."""

    def run(steps):
        for _ in range(steps):
            step(next(stream))
        return steps

    return run


def fit_loop(model, stream, stride):
    """A contender: `fit`, which takes `stride` steps in a call."""

    def run(steps):
        steps = -(-steps // stride) * stride
        model.fit(stream, epochs=model.epochs_done + 1, steps_per_epoch=steps, verbose=0)
        return steps

    return run


def plain_step(generator, discriminator, *, latent_dim, batch_size, rates, beta_1):
    """The step of the usual tutorial: two tapes around one forward pass, one `tf.function`, no package."""
    optimizer_g, optimizer_d = (keras.optimizers.Adam(rate, beta_1=beta_1) for rate in rates)
    optimizer_g.build(generator.trainable_variables)
    optimizer_d.build(discriminator.trainable_variables)
    cross_entropy = keras.losses.BinaryCrossentropy(from_logits=True)

    @tf.function
    def step(images):
        noise = tf.random.normal([batch_size, latent_dim])
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


def forward_flops(network: keras.Model) -> int:
    """Multiplications and additions of one forward pass for one sample, from dense and convolution kernels."""
    total = 0
    for layer in network.layers:
        if isinstance(layer, keras.layers.Dense):
            total += 2 * int(np.prod(layer.kernel.shape))
        elif isinstance(layer, keras.layers.Conv2DTranspose):
            total += 2 * int(np.prod(layer.kernel.shape)) * int(np.prod(layer.input.shape[1:3]))
        elif isinstance(layer, keras.layers.Conv2D):
            total += 2 * int(np.prod(layer.kernel.shape)) * int(np.prod(layer.output.shape[1:3]))
    return total


def step_flops(model) -> int:
    """Of one training step for one image: backward costs twice forward, or once where no weights are asked for."""
    generator, discriminator = forward_flops(model.generator), forward_flops(model.discriminator)
    return 3 * generator + (2 + 4 + 1) * discriminator  # two forward, two full backward, one through to the image
