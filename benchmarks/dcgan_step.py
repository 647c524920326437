"""Images per second of lesson 02's step, beside the tutorial's network, the plain loop, and PyTorch if installed.

    python benchmarks/dcgan_step.py [--rounds 7] [--seconds 2] [--batch 128]

Every contender trains on batches of the same size. Every round times every contender once, in turn; ratios are taken
within the round, and their medians are printed with the smallest and largest.

- "the tutorial's network" is `gan.build_tutorial_...` in the plain two-tape loop: what the lesson's network replaces.
- "plain two-tape loop" is the lesson's own network in that loop: what the package costs.
- "fit" against "our step, bare loop": what `fit` costs. Both take the recipe as it is, running average included.
"""

import argparse
import json
import statistics

from gencourse import runtime  # first: it keeps TensorFlow's start-up lines away

# isort: split
import tensorflow as tf
from common import bare_loop, fit_loop, forward_flops, plain_step, ratios, time_in_turn

from gencourse import data, gan, recipes

SHAPE = (28, 28, 1)


def torch_step(parameters, batch):
    """The lesson's networks in PyTorch, in its usual loop; None where PyTorch is not installed."""
    try:
        import torch
        from torch import nn
    except ImportError:
        return None
    torch.manual_seed(0)
    p, latent = parameters, parameters["latent_dim"]
    start, second = p["generator_filters"]
    layers, width = [], latent
    for units in (*p["generator_units"], 49 * start):
        layers += [nn.Linear(width, units, bias=False), nn.BatchNorm1d(units), nn.ReLU()]
        width = units
    k = p["generator_kernel"]
    layers += [nn.Unflatten(1, (start, 7, 7))]
    layers += [nn.ConvTranspose2d(start, second, k, 2, 1, bias=False), nn.BatchNorm2d(second), nn.ReLU()]
    layers += [nn.ConvTranspose2d(second, 1, k, 2, 1), nn.Tanh()]
    generator = nn.Sequential(*layers)
    layers, width = [nn.PixelUnshuffle(p["block_size"])], p["block_size"] ** 2
    for filters, kernel in zip(p["discriminator_filters"], p["discriminator_kernel"], strict=True):
        layers += [nn.Conv2d(width, filters, kernel, 2, 1), nn.LeakyReLU(0.2)]
        width = filters
    layers += [nn.Flatten()]
    for units in p["discriminator_units"]:
        layers += [nn.LazyLinear(units), nn.LeakyReLU(0.2)]
    discriminator = nn.Sequential(*layers, nn.LazyLinear(1))
    with torch.no_grad():
        discriminator(generator(torch.randn(2, latent)))
    optimizers = [
        torch.optim.Adam(network.parameters(), lr=rate, betas=(p["beta_1"], p["beta_2"]))
        for network, rate in ((generator, p["generator_rate"]), (discriminator, p["discriminator_rate"]))
    ]
    real = torch.rand(batch, 1, 28, 28) * 2 - 1

    def run(steps):
        for _ in range(steps):
            made = generator(torch.randn(batch, latent))
            loss = 0.5 * (((discriminator(real) - 1) ** 2).mean() + (discriminator(made.detach()) ** 2).mean())
            optimizers[1].zero_grad()
            loss.backward()
            optimizers[1].step()
            loss = 0.5 * ((discriminator(made) - 1) ** 2).mean()
            optimizers[0].zero_grad()
            loss.backward()
            optimizers[0].step()
        return steps

    return run


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=2.0, help="of each contender in each round")
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--json", action="store_true", help="one line of JSON on stdout")
    options = parser.parse_args()

    recipe, batch = recipes.get("dcgan"), options.batch
    parameters = {**recipe.parameters, "batch_size": batch}
    runtime.set_seed(0)
    images = data.load_images("digits").train_images

    def batches():
        return data.batches(images, batch_size=batch, seed=0, value_range="signed")

    def build(steps, **changes):
        return recipe.build({**parameters, **changes}, SHAPE, 0, steps)

    stream, stride = iter(batches()), 8
    same = build(1)
    tutorial = gan.build_tutorial_generator(), gan.build_tutorial_discriminator()
    loop = {"batch_size": batch, "rates": (1e-4, 1e-4), "beta_1": 0.5}
    contenders = {
        "the tutorial's network": bare_loop(plain_step(*tutorial, latent_dim=100, **loop), stream),
        "plain two-tape loop": bare_loop(
            plain_step(same.generator, same.discriminator, latent_dim=parameters["latent_dim"], **loop), stream
        ),
        "our step without EMA": bare_loop(tf.function(build(1, ema_decay=None).train_step), stream),
        "our step, bare loop": bare_loop(tf.function(build(1).train_step), stream),
        "fit": fit_loop(build(stride), batches(), stride),
    }
    in_torch = torch_step(parameters, batch)
    if in_torch is not None:
        contenders["PyTorch, same network"] = in_torch
    rates = time_in_turn(contenders, rounds=options.rounds, seconds=options.seconds, stride=stride)
    result = {
        "machine": runtime.machine_words(),
        "batch_size": batch,
        "images_per_second": {name: statistics.median(found) * batch for name, found in rates.items()},
        "generator_mflop": {
            "ours": forward_flops(same.generator) / 1e6,
            "tutorial": forward_flops(tutorial[0]) / 1e6,
        },
        "our_step_against_tutorial": ratios(rates, "our step, bare loop", "the tutorial's network"),
        "our_step_without_ema_against_plain": ratios(rates, "our step without EMA", "plain two-tape loop"),
        "fit_against_bare_loop": ratios(rates, "fit", "our step, bare loop"),
    }
    if in_torch is not None:
        result["our_step_against_pytorch"] = ratios(rates, "our step, bare loop", "PyTorch, same network")
    if options.json:
        print(json.dumps(result))
        return
    print(f"{result['machine']}; batch {batch}")
    for name, rate in result["images_per_second"].items():
        print(f"{name:24}{rate:10.0f} images/s")
    for name, found in result.items():
        if isinstance(found, dict) and "ratio" in found:
            words = name.replace("_", " ")
            print(f"{words}: {found['ratio']:.2f} ({found['lowest']:.2f}–{found['highest']:.2f})")
    print("PyTorch is not installed: no row for it." if in_torch is None else "")


if __name__ == "__main__":
    main()
