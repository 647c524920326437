"""Checks of lesson 02: sizes by hand, a transposed convolution of one row, and a listing that trains one player only.

The starter code that the notebook shows stands in the docstring of each check, bugs included. It takes `import keras`,
`import numpy as np`, `import tensorflow as tf` and `cross_entropy = keras.losses.BinaryCrossentropy(from_logits=True)`
for granted. The checks meet small networks of their own: the discriminator ends in one logit, no sigmoid.
"""

import numpy as np

from gencourse.exercises import expect, listings_02
from gencourse.exercises.core import Wrong, exercise
from gencourse.exercises.players import BATCH, BECAUSE, LATENT, NO_PATH, normal, score, separate_halves, sgd

__all__ = ["grown_row", "listings_02", "sizes", "two_turns"]


@exercise(
    "02.1",
    title="sizes by hand",
    hints=(
        'With "same" the zeros around are just as many that only the stride counts: side / stride, rounded up. With '
        '"valid" there are none: how many places of the kernel fit?',
        '"valid": (side - kernel) // stride + 1 places. The weights of a convolution do not depend on the side at all.',
        "First 32 / 2, then (that - 3) // 2 + 1; weights: 3 · 3 for each pair of a channel that comes in and one that "
        "goes out, and one bias for each that goes out.",
    ),
)
def sizes(answer):
    """Count what a 32×32×3 image becomes, and what the second convolution has to learn.

    # Conv2D(16, 4, strides=2, padding="same"), then Conv2D(32, 3, strides=2, padding="valid")
    side_first = ...       # of the map after the first convolution
    side_second = ...      # of the map after the second one
    weights_second = ...   # weights of the second convolution, biases among them
    check("02.1", (side_first, side_second, weights_second))
    """
    names = ("side_first", "side_second", "weights_second")
    first, second, weights = (
        expect.number(value, name) for value, name in zip(expect.parts(answer, *names), names, strict=True)
    )
    if first != 16:
        why = {
            32: "stride 2 lays the kernel on every second place, so the side is halved",
            15: 'that would be "valid", without zeros around; "same" adds just enough of them',
            14: "that is the side for an image of 28×28; this one has 32×32",
        }
        raise Wrong(f"`side_first` is not {first:g}: {why.get(first, 'with padding same only the stride counts')}.")
    if second != 7:
        why = {
            8: 'that would be padding "same"; with "valid" the kernel may not stand over the rim',
            14: "that would be stride 1",
            6: "one place is missing: the first place counts, too, so add 1 to (16 - 3) // 2",
            6.5: "a kernel stands on a place or it does not: round (16 - 3) / 2 down, then add 1 for the first place",
            7.5: "a kernel stands on a place or it does not: round down",
        }
        reason = why.get(second, "count on how many places of 16 a kernel of 3 fits, two apart")
        raise Wrong(f"`side_second` is not {second:g}: {reason}.")
    if weights != 4640:
        why = {
            4608: "the biases are missing, one for each channel that comes out",
            288: "each of the 32 kernels reads all 16 channels that come in",
            320: "each of the 32 kernels reads all 16 channels that come in",
            896: "3 channels are those of the image; the second layer reads the 16 that the first one makes",
            864: "3 channels are those of the image; the second layer reads the 16 that the first one makes",
            144: "that is one kernel over all 16 channels, and there are 32 of them",
            145: "that is one kernel with its bias, and there are 32 of them",
            4624: "there is one bias for each channel that comes *out*",
            784: "that is the first layer: 4 · 4 · 3 · 16 + 16",
            768: "that is the first layer, and without its biases",
            4608 * 49: "these are multiply-adds: the same weights serve all 7 × 7 places",
            4640 * 49: "the same weights serve all 7 × 7 places: do not count them again",
        }
        raise Wrong(
            f"`weights_second` is not {weights:g}: "
            f"{why.get(weights, 'height · width · channels in · channels out, and the biases')}."
        )
    return (
        "16, 7 and 4,640. The side shrinks with the stride, the weights do not know it: on an image of 320×320 they "
        "would be as many, only the work would grow."
    )


def _grown(values, kernel, stride):
    canvas = np.zeros(stride * (len(values) - 1) + len(kernel))
    for place, value in enumerate(values):
        canvas[stride * place : stride * place + len(kernel)] += value * kernel
    return canvas


@exercise(
    "02.2",
    title="a row grown by hand",
    hints=(
        "Begin with a canvas of zeros that is long enough for the last stamp: stride · (N - 1) + K.",
        "Value number i stamps values[i] · kernel on the places from stride · i to stride · i + K.",
        "for i in range(len(values)): canvas[stride * i : stride * i + len(kernel)] += values[i] * kernel",
    ),
)
def grown_row(answer):
    """Grow a row of numbers by a transposed convolution.

    def grow_row(values, kernel, stride):
        # values (N,), kernel (K,) -> (stride * (N - 1) + K,)
        return None

    check("02.2", grow_row)
    """
    name = "grow_row"
    expect.function(answer, name, ("values", "kernel", "stride"))
    rng = np.random.default_rng(2)
    because = {"broadcast": "Is the canvas long enough for the last stamp?"}
    for count, size, stride in ((4, 3, 2), (5, 4, 2), (3, 2, 3), (1, 5, 2), (6, 5, 1)):
        values, kernel = rng.normal(size=count), rng.normal(size=size)
        case = f"for {count} values, a kernel of {size} and stride {stride}"
        wanted = _grown(values, kernel, stride)
        result = expect.call(answer, values.copy(), kernel.copy(), stride, name=name, because=because)
        array = np.asarray(result)
        if array.ndim == 1 and len(array) == stride * count != len(wanted):
            raise Wrong(
                f'{case} the whole row has {len(wanted)} numbers; yours is cut to {len(array)}, as "same" does.'
            )
        for other in {1, 2} - {stride}:
            if array.ndim == 1 and len(array) == other * (count - 1) + size != len(wanted):
                raise Wrong(f"{case} yours is as long as with stride {other}: is the argument `stride` used?")
        found = expect.numbers(result, wanted.shape, f"{case}, `{name}`'s result")
        if np.allclose(found, wanted, rtol=1e-4, atol=1e-6):
            continue
        last = np.zeros(len(wanted))
        for place, value in enumerate(values):
            last[stride * place : stride * place + size] = value * kernel
        if np.allclose(found, last, atol=1e-6):
            raise Wrong(f"{case} the last stamp wins where two overlap: add them, with +=.")
        if np.allclose(found, _grown(values, kernel[::-1], stride), atol=1e-6):
            raise Wrong(f"{case} the kernel is turned round: it is stamped as it stands.")
        if np.allclose(found, _grown(values, np.ones(size), stride), atol=1e-6):
            raise Wrong(f"{case} the values are repeated, and the kernel is not looked at.")
        if np.allclose(found, _grown(np.ones(count), kernel, stride), atol=1e-6):
            raise Wrong(f"{case} each stamp has the same strength: multiply the kernel with its value.")
        stamps = _grown(np.ones(count), np.ones(size), stride)
        if np.allclose(found, wanted / np.maximum(stamps, 1), atol=1e-6):
            raise Wrong(f"{case} overlaps are averaged: they are added, and nothing is divided.")
        raise Wrong(
            f"{case} the first numbers should be {np.round(wanted[:4], 3).tolist()}, and are "
            f"{np.round(found[:4], 3).tolist()}: look at where each stamp begins."
        )
    three, four = _grown(np.ones(4), np.ones(3), 2), _grown(np.ones(4), np.ones(4), 2)
    return (
        f"stamps overlap and add up. Ones with a kernel of three ones give {three.astype(int).tolist()}, a comb; of "
        f"four ones {four.astype(int).tolist()}, flat inside: the stride must divide the kernel's length."
    )


@exercise(
    "02.3",
    title="joined, and never frozen",
    hints=(
        "Who is moved by `joined.train_on_batch`, and towards which label? And who ever sees `images`?",
        "Two turns: the discriminator learns 1 for images and 0 for generated ones; then the generator learns to get a "
        "1, while the discriminator's weights are left out.",
        "Two GradientTapes. Ask the first for discriminator.trainable_variables and hand them to "
        "discriminator_optimizer, the second for generator.trainable_variables and hand them to generator_optimizer.",
    ),
)
def two_turns(answer):
    """Mend the step: each player moves with its own optimizer, in its own direction, at each call.

    def train_step(generator, discriminator, generator_optimizer, discriminator_optimizer, images, latents):
        # images (B, H, W, 1) and latents (B, Z); discriminator: images -> logits (B, 1)
        joined = keras.Sequential([generator, discriminator])
        joined.compile(optimizer=generator_optimizer, loss=cross_entropy)
        joined.train_on_batch(latents, np.ones((len(latents), 1)))

    check("02.3", train_step)
    """
    roles = ("generator", "discriminator", "generator_optimizer", "discriminator_optimizer", "images", "latents")
    expect.function(answer, "train_step", roles)
    latents = normal((BATCH, LATENT), 6)
    because = BECAUSE | {
        "Unknown variable": "An optimizer keeps to the network that it met first: each network has one of its own here."
    }
    for turn in ("generator", "discriminator"):
        generator, discriminator, images = separate_halves()
        rates = (0.02, 0.0) if turn == "generator" else (0.0, 0.02)
        player, opponent = (generator, discriminator) if turn == "generator" else (discriminator, generator)
        arguments = (generator, discriminator, sgd(rates[0]), sgd(rates[1]), images, latents)
        real, fake = score(discriminator, images), score(discriminator, generator(latents))
        for time in ("first", "second"):
            own, other = _copies(player), _copies(opponent)
            expect.call(answer, *arguments, name="train_step()", because=because)
            if _moved(opponent, other):
                if turn == "generator":
                    raise Wrong(
                        "two turns are not there yet: the generator's optimizer moved the discriminator, too, and "
                        "towards calling generated images real. Leave its weights out of that step."
                    )
                raise Wrong("the discriminator's optimizer moved the generator: give it the discriminator's weights.")
            moved = _moved(player, own)
            if not moved and time == "second":
                raise Wrong(
                    f"the {turn} moved at the first call and not at the second: is it still frozen when the step ends?"
                )
            if not moved:
                raise Wrong(
                    f"the {turn}'s optimizer moved no weight. {NO_PATH} A frozen network does not move, either."
                )
            if moved < len(own):
                raise Wrong(
                    f"{len(own) - moved} of the {turn}'s {len(own)} weight arrays did not move: does its loss see "
                    "everything it should, real images and generated ones?"
                )
            expect.all_finite(player, turn)
            if time == "first":
                real = score(discriminator, images) - real
                fake = score(discriminator, generator(latents)) - fake
        if turn == "generator" and fake <= 0:
            raise Wrong("the generator's step makes its images look less real: it wants the label 1 for them.")
        if turn == "discriminator" and fake >= 0:
            raise Wrong("the discriminator learns to call generated images real: their label is 0 in its own step.")
        if turn == "discriminator" and abs(real) < 1e-6:
            raise Wrong(
                "the discriminator learns nothing from real images: its loss should see `images`, with label 1."
            )
        if turn == "discriminator" and real < 0:
            raise Wrong("the discriminator's logit for real images should rise: their label is 1.")
    return (
        "each player moves with its own optimizer, in its own direction, and again at the next call; the discriminator "
        "sees real images at last."
    )


def _copies(model) -> list:
    """Return copies of all weights, whether or not they are frozen now."""
    return [weight.copy() for weight in model.get_weights()]


def _moved(model, before) -> int:
    return sum(not np.array_equal(now, then) for now, then in zip(model.get_weights(), before, strict=True))
