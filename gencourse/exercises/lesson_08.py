"""Checks of lesson 08: a tiny chain, a mask for another order, a network of masked convolutions, and the test of it.

The starter code that the notebook shows stands in the docstring of each check, planted bugs included. It takes `import
numpy as np` and `import tensorflow as tf` for granted. The checks meet small arrays and networks of their own.
"""

import math

import numpy as np

from gencourse.exercises import expect, scores_08
from gencourse.exercises.core import Wrong, exercise

__all__ = ["causal_network", "column_masks", "scores_08", "tiny_chain"]

STAYS, CHANGES = math.log(4 / 3), math.log(4)
TURN = 0.75 * STAYS + 0.25 * CHANGES  # entropy of one such coin


@exercise(
    "08.1",
    title="a tiny chain",
    hints=(
        "The image costs -log of a product of three: the first pixel, then two that stay or change.",
        "On average the first pixel costs log 2. Each of the others stays with 3/4, which costs log(4/3), or changes "
        "with 1/4, which costs log 4.",
        "Without a look at the others every pixel is white half of the time. A kilobyte is 8,000 bits, a nat "
        "1/log(2) bits.",
    ),
)
def tiny_chain(answer):
    """Work out what images of three pixels cost, and how long a file of digits is.

    # The first pixel is white with probability 1/2; each further one is like the one before it with probability 3/4.
    nats_of_image = ...      # of the image white, white, black
    nats_on_average = ...    # of an image that was drawn from this chain
    nats_without_chain = ... # the same on average, when each pixel gets a coin of its own and sees no other pixel
    kilobytes = ...          # 5,000 digits stored at 84 nats each, in thousands of bytes
    check("08.1", (nats_of_image, nats_on_average, nats_without_chain, kilobytes))
    """
    names = ("nats_of_image", "nats_on_average", "nats_without_chain", "kilobytes")
    found = [expect.number(part, name) for part, name in zip(expect.parts(answer, *names), names, strict=True)]
    bit, size = math.log(2), 5 * 84 / math.log(2) / 8
    right = (bit + STAYS + CHANGES, bit + 2 * TURN, 3 * bit, size)
    slips = (
        {
            3 / 32: "that is its probability; the cost is minus its logarithm",
            -right[0]: "a cost in nats is never negative: the sign is turned",
            right[0] / bit: "these are bits; with the natural logarithm they become nats",
            bit + 2 * STAYS: "the last pixel changes, and a change has the probability 1/4",
            STAYS + CHANGES: "the first pixel costs something, too",
            right[0] / math.log(10): "that takes the logarithm to base 10; nats take the natural one",
            3 * bit: "that is without the chain: a pixel like the one before it has the probability 3/4",
        },
        {
            right[1] / bit: "these are bits; with the natural logarithm they become nats",
            right[0]: "that is the cost of one image; a stay comes three times as often as a change, so weigh them",
            2 * TURN: "the first pixel costs log 2",
            bit + TURN: "two pixels follow the first one",
            right[1] / 3: "that is for each pixel; for the image the three costs are added up",
            bit + 2 * STAYS: "that is the cost of the likeliest image; one pixel in four changes, which costs more",
            3 * TURN: "the first pixel follows nobody: it costs log 2",
            math.exp(-right[1]): "that is a probability; the cost is an average of minus its logarithms",
        },
        {
            3.0: "these are bits; with the natural logarithm they become nats",
            right[1]: "that is with the chain. Without it, nobody knows what came before",
            bit: "that is one pixel; an image has three",
            3 * TURN: "a pixel that sees no other is white half of the time, whatever the chain says",
        },
        {
            5 * 84 / 8: "that takes a nat for a bit; a nat is 1/log 2 = 1.44 bits",
            5 * 84: "that is in thousands of nats",
            size / 5000: "that is one digit; 5,000 of them are to be stored",
            5 * 84 / bit: "that is in thousands of bits; a byte has eight",
            size * 1000: "that is in bytes",
            5 * 84 * bit / 8: "bits are nats divided by log 2, not times it",
        },
    )
    explained = (
        "log 2 + log(4/3) + log 4",
        "log 2 + 2 · (3/4 · log(4/3) + 1/4 · log 4)",
        "three fair coins, 3 · log 2",
        "5,000 · 84 / log(2) / 8 / 1,000",
    )
    for name, value, wanted, wrong, why in zip(names, found, right, slips, explained, strict=True):
        if expect.near(value, wanted, rel=0.025 if name == "kilobytes" else 0.01):
            continue  # kilobytes may be rounded, or be of 1,024 bytes
        for other, reason in wrong.items():
            if expect.near(value, other, rel=0.005, tolerance=0.002):
                raise Wrong(f"`{name}` is not {value:.4g}: {reason}.")
        raise Wrong(f"`{name}` is not {value:.4g}; it is {why}.")
    return (
        "2.37, 1.82, 2.08 nats and 76 kilobytes. Looking at the pixel before saves a quarter of a nat an image here, "
        "and what is foreseen better is stored in less: the raw digits, a bit for each pixel, would take 490 kilobytes."
    )


@exercise(
    "08.2",
    title="a mask for another order",
    hints=(
        "Take a kernel of 5×3 and write down by hand which places come before the centre, when columns are read first.",
        "Before the centre come all columns to the left, whole, and of its own column what stands above it.",
        "mask[:, : columns // 2] = 1; mask[: rows // 2 + (kind == 'B'), columns // 2] = 1",
    ),
)
def column_masks(answer):
    """Write the mask for an image that is drawn column by column, each from top to bottom, from left to right.

    def column_mask(rows, columns, kind):
        # rows, columns: odd; kind: "A" or "B" -> (rows, columns), 1 where the kernel may look
        mask = np.ones((rows, columns), "float32")
        mask[rows // 2, columns // 2 + (kind == "B") :] = 0.0
        mask[rows // 2 + 1 :] = 0.0
        return mask

    check("08.2", column_mask)
    """
    name = "column_mask"
    expect.function(answer, name, ("rows", "columns", "kind"))
    masks = {}
    for rows, columns, kind in ((5, 3, "A"), (5, 3, "B"), (3, 5, "A"), (3, 7, "B"), (3, 3, "A"), (7, 1, "A")):
        case = f"for {rows}×{columns}, kind {kind},"
        result = np.asarray(expect.call(answer, rows, columns, kind, name=name))
        if result.dtype == bool:
            result = result.astype("float32")
        if result.shape == (columns, rows) and rows != columns:
            raise Wrong(f"{case} the mask has the shape {result.shape}: rows come first, so (rows, columns).")
        masks[rows, columns, kind] = expect.numbers(result, (rows, columns), f"{case} the mask")
    for (rows, columns, kind), found in masks.items():
        _check_mask(found, rows, columns, kind)
    return (
        "whole columns to the left, and what stands above in its own column. Any order makes a chain, and a likelihood "
        "that adds up to 1, as long as mask, training and drawing all keep to it."
    )


def _before(rows, columns, kind, *, by_columns=True):
    row, column = np.mgrid[:rows, :columns]
    middle = rows // 2, columns // 2
    if by_columns:
        past = (column < middle[1]) | ((column == middle[1]) & (row < middle[0]))
    else:
        past = (row < middle[0]) | ((row == middle[0]) & (column < middle[1]))
    past[middle] = kind == "B"
    return past.astype("float64")


def _check_mask(found, rows, columns, kind):
    case = f"for {rows}×{columns}, kind {kind},"
    wanted = _before(rows, columns, kind)
    if np.array_equal(found, wanted):
        return
    if not np.isin(found, (0.0, 1.0)).all():
        raise Wrong(f"{case} a mask holds zeros and ones, and yours holds {np.unique(found)[:4].round(3).tolist()} ….")
    other = "B" if kind == "A" else "A"
    for mask, why in (
        (_before(rows, columns, kind, by_columns=False), "this is the order of the lesson, line by line"),
        (_before(rows, columns, other, by_columns=False), "this is the order of the lesson, line by line"),
        (_before(rows, columns, other), "the centre is the other way round: A leaves it out, B keeps it"),
        (1.0 - wanted, "zeros and ones are swapped: the past gets the ones"),
        (wanted[:, ::-1], "it looks to the right: columns that are drawn later"),
        (wanted[::-1], "in its own column it looks down: at pixels that are drawn later"),
        (wanted[::-1, ::-1], "it looks at the future only"),
    ):
        if np.array_equal(found, mask):
            raise Wrong(f"{case} the mask is not right yet: {why}.")
    for (row, column), value in np.ndenumerate(found):
        if value != wanted[row, column]:
            when = "drawn before the centre" if wanted[row, column] else "drawn after the centre"
            if (row, column) == (rows // 2, columns // 2):
                when = f"the centre, which kind {kind} {'leaves out' if kind == 'A' else 'keeps'}"
            raise Wrong(
                f"{case} row {row}, column {column} is {value:g} in yours, but is {when}. Columns are drawn from "
                "left to right, and each from top to bottom."
            )


SHAPE = (5, 7)


@exercise(
    "08.3",
    title="a network that keeps the rule",
    hints=(
        "Which line looks at the whole image? What may the second layer look at that the first must not?",
        "The mean of the whole image tells the first pixel about the last one. A shift that is the same for all "
        'images, such as 2x - 1, tells nothing. Masks: "A" first, then "B".',
        "And a logit below zero stands for a pixel that is probably black: what does the last ReLU make of it?",
    ),
)
def causal_network(answer):
    """Mend the network: logits from the pixels before, and from as many of them as three 3×3 kernels can reach.

    def logits_of(images, kernels):
        # images: zeros and ones (B, H, W, 1); kernels: three of (3, 3, C, C') -> logits (B, H, W, 1)
        mask = np.array([[1, 1, 1], [1, 0, 0], [0, 0, 0]], "float32")[:, :, None, None]  # kind A
        x = images - tf.reduce_mean(images, axis=(1, 2, 3), keepdims=True)
        for kernel in kernels:
            x = tf.nn.relu(tf.nn.conv2d(x, kernel * mask, strides=1, padding="SAME"))
        return x

    check("08.3", logits_of)
    """
    import tensorflow as tf

    name = "logits_of"
    expect.function(answer, name, ("images", "kernels"))
    rng = np.random.default_rng(83)
    images = tf.constant((rng.random((8, *SHAPE, 1)) < 0.5).astype("float32"))
    sizes = ((3, 3, 1, 8), (3, 3, 8, 8), (3, 3, 8, 1))
    kernels = [tf.constant(rng.normal(0.0, 0.5, size).astype("float32")) for size in sizes]

    def ask(images):
        result = expect.call(answer, images, list(kernels), name=name)
        expect.numbers(result, (len(images), *SHAPE, 1), f"the result of `{name}`")
        return result

    with tf.GradientTape(persistent=True) as tape:
        tape.watch(images)
        logits = ask(images)
        if not tf.is_tensor(logits):
            raise Wrong(f"`{name}` should return a tensor that knows where it came from; use `tf`, not NumPy.")
    array = logits.numpy()
    if np.ptp(array) == 0:
        raise Wrong("all logits are equal, whatever the image: does anything arrive at the end?")
    if (jacobian := tape.batch_jacobian(logits, images, experimental_use_pfor=False)) is None:
        raise Wrong(f"`{name}` should return a tensor that knows where it came from; use `tf`, not NumPy.")
    if not np.allclose(ask(images[:1]), array[:1], atol=1e-4):
        raise Wrong(
            "the logits of an image change when it comes alone: something is computed over the batch, so an image "
            "looks at its neighbours in the batch."
        )
    places = SHAPE[0] * SHAPE[1]
    sees = np.abs(jacobian.numpy()).max(axis=0).reshape(places, places) > 0
    _check_sight(sees)
    if np.allclose(jacobian, jacobian[:1], atol=1e-5):
        raise Wrong(
            "the masks are right, but three convolutions with nothing between them are no more than one: every image "
            "is weighed alike. Keep the ReLU after the first two; only the last layer needs none."
        )
    if array.min() >= 0 or array.max() <= 0:
        raise Wrong(
            f"the logits lie between {array.min():.2g} and {array.max():.2g}. A logit of 0 is a probability of 1/2, so "
            "this network can never say that a pixel is probably "
            + ("black: the last layer needs no ReLU." if array.min() >= 0 else "white.")
        )
    return (
        "no logit sees its own pixel or a later one, and all see their neighbours before them. Both failures are "
        "silent: a leak makes the loss too good, and kind A throughout makes it worse than it could be."
    )


def _check_sight(sees):
    places = len(sees)
    number = np.arange(places)
    leaks = sees & (number[None, :] >= number[:, None])
    if leaks.any():
        later = number[None, :] > number[:, None]
        if (sees & later).sum() > 0.3 * later.sum():
            raise Wrong(
                "logits depend on pixels of the whole image, the last one among them: something looks at the whole "
                "image before the first mask does."
            )
        if np.diag(leaks).mean() > 0.5 and not (leaks & later).any():
            raise Wrong("every logit sees its own pixel: the first mask must leave out the centre, kind A.")
        output, pixel = np.argwhere(leaks)[0]
        raise Wrong(
            f"the logit at row {output // SHAPE[1]}, column {output % SHAPE[1]} depends on the pixel at row "
            f"{pixel // SHAPE[1]}, column {pixel % SHAPE[1]}, which does not come before it: a mask is wrong."
        )
    left = [(number[i], number[i - 1]) for i in range(1, places) if i % SHAPE[1]]
    if np.mean([sees[output, pixel] for output, pixel in left]) < 0.5:
        raise Wrong(
            "nothing leaks, but most logits do not see the pixel right before them, on their left: with kind A in "
            "every layer each layer steps back once more. After the first layer the centre may be looked at, kind B."
        )
    wanted = _reach()
    share = (sees & wanted).sum() / wanted.sum()
    if share < 0.9:
        raise Wrong(
            f"nothing leaks, but of the pixels that three kernels of kinds A, B and B could reach, yours sees only "
            f"{share:.0%}. Are all three layers there, with their kernels of 3×3?"
        )


def _reach():
    """What each place sees through kernels of 3×3 with masks A, B and B: (places, places)."""
    height, width = SHAPE
    steps = {kind: np.argwhere(_before(3, 3, kind, by_columns=False)) - 1 for kind in "AB"}
    reach = np.eye(height * width, dtype=bool)
    for kind in "BBA":
        onward = np.zeros_like(reach)
        for row, column in np.ndindex(height, width):
            for down, right in steps[kind]:
                if 0 <= row + down < height and 0 <= column + right < width:
                    onward[row * width + column, (row + down) * width + column + right] = True
        reach = (reach.astype(int) @ onward.astype(int)) > 0
    return reach
