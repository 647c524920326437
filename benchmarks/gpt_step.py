"""Training tokens per second of the small GPT: our `fit` beside a plain Keras step, and PyTorch if installed.

    python benchmarks/gpt_step.py [--rounds 7] [--seconds 2]

The setting is the recipe "gpt-char": 4 layers, 4 heads, 128 wide, context 64, 12 windows a step. Every round times
every contender once, in turn, each on windows of the same text; ratios are taken within the round, and their medians
are printed with the smallest and largest. Tracing and compiling stay out of the rates and are printed beside them.

- "fit" is the lesson's model as its recipe makes it: rotary positions, root-mean-square norms, no biases in the blocks,
  embedding and logits share their weights; AdamW, gradients checked and clipped. It takes 8 steps in a call; "fit, jit"
  compiles them with XLA as well.
- "plain Keras step" is what one writes with Keras' own layers: `MultiHeadAttention`, `LayerNormalization`, learned
  positions, biases, logits of their own; Adam, no clipping; one `tf.function`, one step a call. "plain Keras step, jit"
  is the same, compiled with XLA.
- "PyTorch" is our model written again in PyTorch, eager, with the usual AdamW loop and the same clipping; "PyTorch,
  fused" asks for its fused AdamW.
"""

import argparse
import json
import statistics
import time

from gencourse import runtime  # first: it keeps TensorFlow's start-up lines away

# isort: split
import keras
import tensorflow as tf
from common import bare_loop, fit_loop, ratios, time_in_turn
from keras import layers, ops

from gencourse import recipes

STRIDE = 8  # steps in one call of `fit`'s compiled function


def plain_keras(p, vocabulary_size):
    """A decoder-only transformer of the same sizes from Keras' own layers."""
    width, length = p["width"], p["length"]
    tokens = keras.Input((length,), dtype="int32")
    x = layers.Embedding(vocabulary_size, width)(tokens) + layers.Embedding(length, width)(ops.arange(length))
    for _ in range(p["depth"]):
        y = layers.LayerNormalization()(x)
        x = x + layers.MultiHeadAttention(p["heads"], width // p["heads"])(y, y, use_causal_mask=True)
        y = layers.LayerNormalization()(x)
        x = x + layers.Dense(width)(layers.Dense(4 * width, activation="gelu")(y))
    return keras.Model(tokens, layers.Dense(vocabulary_size)(layers.LayerNormalization()(x)))


def plain_keras_step(network, *, jit):
    """The usual step: tape, loss, Adam, in one `tf.function`."""
    optimizer = keras.optimizers.Adam(1e-3)
    optimizer.build(network.trainable_variables)
    cross_entropy = keras.losses.SparseCategoricalCrossentropy(from_logits=True)

    @tf.function(jit_compile=jit)
    def step(batch):
        inputs, targets = batch
        with tf.GradientTape() as tape:
            loss = cross_entropy(targets, network(inputs, training=True))
        variables = network.trainable_variables
        optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables, strict=True))

    return step


def torch_model(p, vocabulary_size):
    """Our network in PyTorch; None where PyTorch is not installed."""
    try:
        import torch
        from torch import nn
        from torch.nn import functional
    except ImportError:
        return None
    torch.manual_seed(0)
    width, heads, length = p["width"], p["heads"], p["length"]
    half = width // heads // 2
    angles = torch.arange(length)[:, None] * 10_000.0 ** (-torch.arange(half) / half)
    cosine, sine = angles.cos(), angles.sin()

    def turn(x):
        first, second = x.chunk(2, dim=-1)
        return torch.cat([first * cosine - second * sine, first * sine + second * cosine], dim=-1)

    def dense(before, after):
        return nn.Linear(before, after, bias=False)

    class Block(nn.Module):
        def __init__(self):
            super().__init__()
            self.norms = nn.ModuleList(nn.RMSNorm(width) for _ in range(2))
            self.parts = nn.ModuleList(dense(width, width) for _ in range(3))
            self.out = dense(width, width)
            self.think = nn.Sequential(dense(width, 4 * width), nn.GELU(approximate="tanh"), dense(4 * width, width))

        def forward(self, x):
            read = self.norms[0](x)
            split = [part(read).unflatten(-1, (heads, -1)).transpose(1, 2) for part in self.parts]
            queries, keys, values = turn(split[0]), turn(split[1]), split[2]
            means = functional.scaled_dot_product_attention(queries, keys, values, is_causal=True)
            x = x + self.out(means.transpose(1, 2).flatten(2))
            return x + self.think(self.norms[1](x))

    class Network(nn.Module):
        def __init__(self):
            super().__init__()
            self.embedding = nn.Embedding(vocabulary_size, width)
            self.blocks = nn.Sequential(*(Block() for _ in range(p["depth"])))
            self.norm = nn.RMSNorm(width)
            self.bias = nn.Parameter(torch.zeros(vocabulary_size))

        def forward(self, tokens):
            x = self.norm(self.blocks(self.embedding(tokens)))
            return functional.linear(x, self.embedding.weight, self.bias)

    return Network()


def torch_step(network, p, stream, *, fused):
    """A contender: the usual loop in PyTorch."""
    import torch
    from torch.nn import functional

    optimizer = torch.optim.AdamW(
        network.parameters(), lr=1e-3, betas=(0.9, p["beta_2"]), weight_decay=p["weight_decay"], fused=fused
    )

    def run(steps):
        for _ in range(steps):
            inputs, targets = (torch.from_numpy(tokens.numpy()).long() for tokens in next(stream))
            loss = functional.cross_entropy(network(inputs).flatten(0, 1), targets.flatten())
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(network.parameters(), p["clip_norm"])
            optimizer.step()
        return steps

    return run


def once(run):
    """Seconds that the first call takes longer than the second: tracing and compiling."""
    seconds = []
    for _ in range(2):
        began = time.perf_counter()
        run(STRIDE)
        seconds.append(time.perf_counter() - began)
    return seconds[0] - seconds[1]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=2.0, help="of each contender in each round")
    parser.add_argument("--json", action="store_true", help="one line of JSON on stdout")
    options = parser.parse_args()

    recipe = recipes.get("gpt-char")
    p = recipe.parameters
    batch, length = p["batch_size"], p["length"]
    runtime.set_seed(0)
    prose = recipes.Prose("austen", parameters=p)
    tokenizer = prose.form

    def batches():
        return prose.stream(batch_size=batch, seed=0)

    stream, weights, contenders = iter(batches()), {}, {}
    for name, jit in (("fit", False), ("fit, jit", True)):
        model = recipe.build(p, tokenizer, 0, STRIDE)
        model.compile(optimizer=model.optimizer, steps_per_execution=STRIDE, jit_compile=jit)
        contenders[name], weights[name] = fit_loop(model, batches(), STRIDE), model.network.count_params()
    for name, jit in (("plain Keras step", False), ("plain Keras step, jit", True)):
        network = plain_keras(p, tokenizer.vocabulary_size)
        contenders[name], weights[name] = bare_loop(plain_keras_step(network, jit=jit), stream), network.count_params()
    for name, fused in (("PyTorch", False), ("PyTorch, fused", True)):
        network = torch_model(p, tokenizer.vocabulary_size)
        if network is not None:
            contenders[name] = torch_step(network, p, stream, fused=fused)
            weights[name] = sum(weight.numel() for weight in network.parameters())

    ready = {name: once(run) for name, run in contenders.items()}
    rates = time_in_turn(contenders, rounds=options.rounds, seconds=options.seconds, stride=STRIDE)
    ours, others = ("fit", "fit, jit"), [name for name in contenders if not name.startswith("fit")]
    result = {
        "machine": runtime.machine_words(),
        "tokens_per_step": batch * length,
        "tokens_per_second": {name: statistics.median(found) * batch * length for name, found in rates.items()},
        "weights": weights,
        "seconds_once": ready,
        "ratios": {f"{name} against {other}": ratios(rates, name, other) for other in others for name in ours},
    }
    if options.json:
        print(json.dumps(result))
        return
    print(f"{result['machine']}; {batch} windows of {length} tokens a step")
    for name, rate in result["tokens_per_second"].items():
        print(f"{name:24}{rate:10.0f} tokens/s, {weights[name]:,} weights, once {ready[name]:.1f} s")
    for name, found in result["ratios"].items():
        print(f"{name}: {found['ratio']:.2f} ({found['lowest']:.2f}–{found['highest']:.2f})")
    if "PyTorch" not in contenders:
        print("PyTorch is not installed: no rows for it.")


if __name__ == "__main__":
    main()
