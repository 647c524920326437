"""Checks of lesson 06: a logit by hand, label planes, the two losses of an auxiliary classifier, and honest scores.

The starter code that the notebook shows stands in the docstring of each check, planted bugs included. It takes `import
keras`, `import numpy as np` and `import tensorflow as tf` for granted. The checks meet small arrays of their own.
"""

import numpy as np

from gencourse.exercises import expect, scores_06
from gencourse.exercises.core import Wrong, exercise

__all__ = ["auxiliary_losses", "planes", "scores_06", "told_logits"]


@exercise(
    "06.1",
    title="one image, two labels",
    hints=(
        "The logit has two parts: w·h + b, whatever the label, and v·h with the vector v of the label that is told.",
        "w·h + b = 0.5 · 2 + 1 · (-1) + 0.5 · 3 - 1. Now add the product of h and the vector of three, or of eight.",
        "For the class loss take the two products v·h as class logits: softmax, then minus the log of the share of 8.",
    ),
)
def told_logits(answer):
    """Work out what a projection discriminator says to one image under two labels, and a class loss.

    # hidden h = (2, -1, 3), weights w = (0.5, 1, 0.5), bias b = -1; v_three = (1, 0, -1), v_eight = (0, 2, 1)
    logit_three = ...   # the image is told to be a three
    logit_eight = ...   # the same image is told to be an eight
    class_loss = ...    # in nats: class logits v_three·h and v_eight·h, and the image is an eight
    check("06.1", (logit_three, logit_eight, class_loss))
    """
    names = ("logit_three", "logit_eight", "class_loss")
    three, eight, loss = (
        expect.number(part, name) for part, name in zip(expect.parts(answer, *names), names, strict=True)
    )

    def near(value, wanted):
        return expect.near(value, wanted, rel=0.01, tolerance=0.002)

    slips = {
        (1.5, -0.5): "the two labels are swapped, or v·h was taken away instead of added",
        (-1.0, 1.0): "these are the products v·h alone; w·h + b, which no label touches, has to be added",
        (0.5, 0.5): "this is w·h + b alone: the label has no say in it",
        (0.5, 2.5): "the bias is missing",
        (-1.5, 0.5): "the bias was added twice: it belongs to w·h + b, and v·h has none",
    }
    if not (near(three, -0.5) and near(eight, 1.5)):
        for (a, b), why in slips.items():
            if near(three, a) and near(eight, b):
                raise Wrong(f"{three:g} and {eight:g} are not the logits yet: {why}.")
        name, value, parts = ("logit_three", three, "0.5 + (2 + 0 - 3)")
        if near(three, -0.5):
            name, value, parts = ("logit_eight", eight, "0.5 + (0 - 2 + 3)")
        raise Wrong(f"`{name}` is not {value:g}: w·h + b is 0.5, so with v·h it is {parts}.")
    wanted = np.log1p(np.exp(-2.0))
    if not near(loss, wanted):
        for value, why in {
            np.log1p(np.exp(2.0)): "that is the cost of calling this eight a three: take the share of the right class.",
            -wanted: "a cross-entropy is never negative: the sign is turned.",
            wanted / np.log(2): "these are bits; with the natural logarithm they become nats.",
            wanted / np.log(10): "that is a logarithm to the base 10; nats need the natural one, np.log.",
            np.exp(-wanted): "that is the probability of an eight; the loss is minus its logarithm.",
            np.log1p(np.exp(-1.0)): "that is a sigmoid of one class logit; softmax sets both against each other.",
            np.log1p(np.exp(-1.5)): "that looks at one logit only; softmax sets v_three·h and v_eight·h against "
            "each other.",
        }.items():
            if near(loss, value):
                raise Wrong(f"`class_loss` is not {loss:.4g}: {why}")
        if expect.near(loss, wanted, rel=0.06):
            raise Wrong(f"{loss:.4g} is near the class loss, but rounded too far: give three digits.")
        raise Wrong(
            f"`class_loss` is not {loss:.4g}: softmax of (-1, 1), then minus the logarithm of the second share."
        )
    return (
        "-0.5, 1.5 and 0.127. The same image counts as generated when it is said to be a three and as real when it is "
        "said to be an eight. An auxiliary classifier uses the same products to name it."
    )


@exercise(
    "06.2",
    title="bands instead of planes",
    hints=(
        "Print planes[0, :, :, k] for a few k, with 3 classes and images of 2×3. What should each of them look like?",
        "The label is the same at every place of the image, and NumPy's reshape counts channels fastest.",
        "one_hot[:, None, None, :] has the shape (B, 1, 1, K); multiply it with np.ones((1, height, width, 1)).",
    ),
)
def planes(answer):
    """Mend the planes: one channel for each class, all ones for the image's own, all zeros for the others.

    def label_planes(labels, height, width, classes):
        # labels: whole numbers (B,) -> float32 (B, height, width, classes)
        one_hot = np.eye(classes, dtype="float32")[labels]  # (B, K)
        copies = np.repeat(one_hot, height * width, axis=1)  # (B, K * H * W)
        return copies.reshape(len(labels), height, width, classes)

    check("06.2", label_planes)
    """
    name = "label_planes"
    expect.function(answer, name, ("labels", "height", "width", "classes"))
    rng = np.random.default_rng(6)
    for batch, height, width, classes in ((4, 5, 6, 3), (3, 3, 3, 3), (1, 2, 7, 4), (10, 4, 4, 10)):
        labels = rng.permutation(np.arange(batch) % classes)
        case = f"for {batch} labels, {classes} classes and images of {height}×{width}"
        result = expect.call(answer, labels.copy(), height, width, classes, name=name)
        array, shape = np.asarray(result), (batch, height, width, classes)
        if array.shape != shape and sorted(array.shape) == sorted((batch, classes, height, width)):
            raise Wrong(f"{case} the axes are in another order: {array.shape}, where {shape} is asked for.")
        found = expect.numbers(result, shape, f"{case}, the result")
        _check_planes(found, labels, case)
    return (
        "every channel is the same at every place, and only the image's own class is 1. A convolution reads the label "
        "wherever it stands."
    )


def _check_planes(found, labels, case):
    one_hot = np.eye(found.shape[-1])[labels]
    first = found[:, :1, :1, :]
    if not np.allclose(found, first):
        image, row, column, channel = np.argwhere(~np.isclose(found, first))[0]
        whole = np.allclose(found.mean(axis=(1, 2)), one_hot.mean(axis=1, keepdims=True), atol=0.35)
        why = (
            " These are bands, nearly the same in each channel: hardly a place says which class it is." if whole else ""
        )
        raise Wrong(
            f"{case}, channel {channel} of image {image} is not constant: {first[image, 0, 0, channel]:g} in the "
            f"corner and {found[image, row, column, channel]:g} in row {row}, column {column}.{why}"
        )
    if np.allclose(found, one_hot[:, None, None, :]):
        return
    if np.allclose(np.sort(found[:, 0, 0, :], axis=0), np.sort(one_hot, axis=0)):
        raise Wrong(f"{case} the planes are there, but in another order: image 0 got the label of another one.")
    if found.sum() == 0:
        raise Wrong(f"{case} every plane is 0.")
    if np.allclose(found, 1.0 - one_hot[:, None, None, :]):
        raise Wrong(f"{case} zeros and ones are swapped: the image's own class gets the ones.")
    everybody = np.isin(np.arange(found.shape[-1]), labels)
    if len(labels) > 1 and np.allclose(found, everybody):
        raise Wrong(
            f"{case} every image got the planes of all labels in the batch: `planes[:, :, :, labels] = 1` writes them "
            "into each image. One image, one label."
        )
    values = np.unique(found)
    if len(values) != 2 or not np.allclose(values, [0.0, 1.0]):
        raise Wrong(f"{case} the values should be 0 and 1, and are {values[:4].round(3).tolist()} …")
    raise Wrong(
        f"{case}, image 0 has the label {labels[0]}, and its planes say {found[0, 0, 0].astype(int).tolist()} where "
        f"{one_hot[0].astype(int).tolist()} is asked for."
    )


CLASSES = 4


@exercise(
    "06.3",
    title="two losses, three bugs",
    hints=(
        "Set `weight` to 0: the game is right. So the bugs are in the two lines about classes, and in the last line.",
        "`class_loss` was told that it gets logits. Which labels belong to generated images? And does the generator "
        "want its threes to be recognised as threes, or not to be?",
        "named = class_loss(real_labels, real_classes); asked = class_loss(asked_labels, generated_classes); both are "
        "added, with the weight.",
    ),
)
def auxiliary_losses(answer):
    """Mend the losses of a GAN whose discriminator also names classes.

    cross_entropy = keras.losses.BinaryCrossentropy(from_logits=True)
    class_loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)

    def auxiliary_losses(
        real_logits, real_classes, generated_logits, generated_classes, real_labels, asked_labels, weight
    ):
        # logits (B, 1), class logits (B, K), labels (B,) -> (discriminator's loss, generator's loss)
        told_apart = cross_entropy(tf.ones_like(real_logits), real_logits)
        told_apart += cross_entropy(tf.zeros_like(generated_logits), generated_logits)
        fooled = cross_entropy(tf.ones_like(generated_logits), generated_logits)
        named = class_loss(real_labels, tf.nn.softmax(real_classes))
        asked = class_loss(real_labels, generated_classes)
        return told_apart + weight * named, fooled - weight * asked

    check("06.3", auxiliary_losses)
    """
    import tensorflow as tf

    name = "auxiliary_losses"
    roles = ("real_logits", "real_classes", "generated_logits", "generated_classes", "real_labels", "asked_labels")
    expect.function(answer, name, (*roles, "weight"))
    rng = np.random.default_rng(8)
    batch = 6
    logits = [rng.normal(size=(batch, 1)).astype("float32") for _ in range(2)]
    classes = [rng.normal(0.0, 2.0, (batch, CLASSES)).astype("float32") for _ in range(2)]
    labels = [np.array(of, "int32") for of in ([0, 1, 2, 3, 0, 1], [3, 3, 1, 0, 2, 2])]
    tensors = [tf.constant(of) for pair in zip(logits, classes, strict=True) for of in pair]

    def losses(weight):
        result = expect.call(answer, *tensors, *(tf.constant(of) for of in labels), weight, name=name)
        d, g = expect.parts(result, "discriminator's loss", "generator's loss")
        return expect.number(d, "the discriminator's loss (one number)"), expect.number(
            g, "the generator's loss (one number)"
        )

    game = (
        float(np.logaddexp(0, -logits[0]).mean() + np.logaddexp(0, logits[1]).mean()),
        float(np.logaddexp(0, -logits[1]).mean()),
    )
    players = ("discriminator", "generator")
    bare, whole = losses(0.0), losses(1.0)
    if expect.near(bare[0], game[1], rel=2e-3) and expect.near(bare[1], game[0], rel=2e-3):
        raise Wrong("the two losses have changed places: the discriminator's comes first.")
    for player, found, wanted, same in zip(players, bare, game, whole, strict=True):
        if not expect.near(found, wanted, rel=2e-3) and expect.near(found, same, rel=1e-4):
            raise Wrong(
                f"the {player}'s loss is the same with weight 0 and 1: is its class term multiplied by `weight`?"
            )
        if not expect.near(found, wanted, rel=2e-3, tolerance=1e-4):
            raise Wrong(
                f"with weight 0 only the game is left, and there the {player}'s loss is {wanted:.4f} by hand and "
                f"{found:.4f} in yours: the starter had that part right."
            )
    once = [found - wanted for found, wanted in zip(whole, game, strict=True)]
    _check_class_term(once[0], "discriminator", classes[0], labels[0], labels[1], classes[1])
    _check_class_term(once[1], "generator", classes[1], labels[1], labels[0], classes[0])
    for player, found, wanted, first in zip(players, losses(3.0), game, once, strict=True):
        if not expect.near(found - wanted, 3 * first, rel=5e-3, tolerance=1e-3):
            raise Wrong(f"three times the weight should make the {player}'s class term three times as large.")
    paper = not expect.near(once[0], _class_loss(classes[0], labels[0]), rel=2e-3, tolerance=1e-4)
    return (
        "the discriminator learns to name real images, and the generator to make what it was asked for recognisable. "
        "On the class the two are not opponents: both want the same."
        + (" That yours names generated images as well is how the paper of 2017 has it." if paper else "")
    )


def _class_loss(class_logits, labels):
    logs = class_logits - np.logaddexp.reduce(class_logits, axis=1, keepdims=True)
    return float(-logs[np.arange(len(labels)), labels].mean())


def _softmax(values):
    return np.exp(values - np.logaddexp.reduce(values, axis=1, keepdims=True))


def _check_class_term(found, player, own, labels, other_labels, others):
    """Expect the class term of one player with weight 1."""
    wanted = _class_loss(own, labels)

    def is_(value):
        return expect.near(found, value, rel=2e-3, tolerance=1e-4)

    if is_(wanted):
        return
    beside = _class_loss(others, other_labels)
    if player == "discriminator" and (is_(wanted + beside) or is_((wanted + beside) / 2)):
        return  # the original paper: generated images are named, too
    whose, theirs = ("real images", "generated") if player == "discriminator" else ("generated images", "real")
    slips = {
        0.0: "it is missing",
        -wanted: "its sign is turned: this player would be paid for a wrong name",
        _class_loss(_softmax(own), labels): "softmax is applied twice: `class_loss` takes logits, and shares of 0 to 1 "
        "are nearly equal logits",
        -_class_loss(_softmax(own), labels): "its sign is turned, and softmax is applied twice",
        _class_loss(own, other_labels): f"{whose} are judged by the labels of the {theirs} ones",
        -_class_loss(
            own, other_labels
        ): f"its sign is turned, and {whose} are judged by the labels of the {theirs} ones",
        _class_loss(_softmax(own), other_labels): f"softmax is applied twice, and {whose} are judged by the labels of "
        f"the {theirs} ones",
        beside: f"it looks at the {theirs} images, not at the {whose.split()[0]} ones",
        wanted * len(labels): "it is summed over the batch, where the mean is asked for",
        wanted / np.log(2): "it counts bits, and nats are asked for",
    }
    if player == "generator":
        slips[_class_loss(others, other_labels)] = "it names real images, which the generator cannot change"
    for value, why in slips.items():
        if is_(value):
            raise Wrong(f"the class term of the {player} is {wanted:.3f} by hand and {found:.3f} in yours: {why}.")
    raise Wrong(f"the class term of the {player} (weight 1) is {wanted:.3f} by hand, and {found:.3f} in yours.")
