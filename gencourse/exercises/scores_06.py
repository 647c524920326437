"""More checks of lesson 06, which imports this module: a class accuracy that flatters, and four rows to read."""

import numpy as np

from gencourse.exercises import expect
from gencourse.exercises.core import Wrong, exercise

CLASSES = 10


class _Drawer:
    """Stands for a conditional GAN with an auxiliary classifier: it draws what was asked for in some classes better.

    An image is dark but for one pixel, whose place says what it shows. Its own classifier always names what was asked.
    """

    classes = CLASSES
    latent_dim = 4

    def __init__(self):
        self.asked, self.drawn = [], []
        self._told = None

    def generate(self, n, *, seed=0, latents=None, labels=None):
        labels = np.arange(n) % CLASSES if labels is None else np.asarray(labels)
        labels = np.full(n, labels) if labels.ndim == 0 else labels
        if labels.shape != (n,) or not np.issubdtype(labels.dtype, np.integer):
            raise ValueError(f"`labels` must be {n} whole numbers. Received: {labels.dtype} of shape {labels.shape}.")
        if labels.min() < 0 or labels.max() >= CLASSES:
            raise ValueError(f"`labels` must lie in 0 to 9. Received: {labels.min()} to {labels.max()}.")
        rng = np.random.default_rng([seed, len(self.asked)])
        right = rng.random(n) < 0.6 + 0.06 * (labels // 2)
        drawn = np.where(right, labels, labels ^ 1)  # 0 and 1, 2 and 3, … are mixed up, as often one way as the other
        images = np.full((n, 28, 28, 1), -1.0, np.float32)
        images[np.arange(n), 14, drawn, 0] = 0.4
        images[:, 0, :CLASSES, 0] = np.where(np.eye(CLASSES)[labels] > 0, -0.9, -1.0)  # what its own classifier reads
        self.asked.append(labels)
        self.drawn.append(drawn)
        return images

    def discriminator(self, images, training=False):
        images = np.asarray(images)
        return np.zeros((len(images), 1), np.float32), 40.0 * (images[:, 0, :CLASSES, 0] - images[:, 1, :CLASSES, 0])


class _Reader:
    """Stands for the evaluator: it names the brightest place, and is surer than it should be."""

    def probabilities(self, images):
        images = np.asarray(images)
        if images.ndim != 4 or images.shape[1:] != (28, 28, 1):
            raise ValueError(f"The evaluator sees images of shape (N, 28, 28, 1). Received: {images.shape}")
        if images.min() < 0 or images.max() > 1:
            raise ValueError(
                "The evaluator sees images in [0, 1]; outputs of tanh need `data.to_unit`. "
                f"Received: values from {images.min():.3g} to {images.max():.3g}"
            )
        scores = np.exp(5.0 * images[:, 14, :CLASSES, 0])
        return (scores / scores.sum(axis=1, keepdims=True)).astype(np.float32)


@exercise(
    "06.4",
    title="an honest class accuracy",
    hints=(
        "Who says here what an image shows? And what is left of the pairs (asked, shown) when both lists are sorted?",
        "The judge must not have been trained with the generator: ask `evaluator.probabilities`, which wants images in "
        "[0, 1]. Then compare place by place.",
        "read = evaluator.probabilities((images + 1) / 2).argmax(axis=1); return np.mean(read == labels)",
    ),
)
def class_accuracy(answer):
    """Mend the score: the share of n samples that an independent judge takes for the class they were asked to be.

    def class_accuracy(model, evaluator, n):
        # model: a conditional GAN with an auxiliary classifier, whose images lie in [-1, 1]
        labels = np.random.default_rng(0).integers(0, model.classes, n)
        images = model.generate(n, labels=labels, seed=0)
        _, class_logits = model.discriminator(images, training=False)
        read = np.argmax(class_logits, axis=1)
        return np.mean(np.sort(read) == np.sort(labels))

    check("06.4", class_accuracy)
    """
    expect.function(answer, "class_accuracy", ("model", "evaluator", "n"))
    model, n = _Drawer(), 1000
    ask = "The evaluator is asked by evaluator.probabilities(images), which gives a row of ten shares for each image."
    because = {
        "tanh need": "(images + 1) / 2, or data.to_unit(images), brings them there.",
        "'_Reader' object": ask,
    }
    value = expect.call(answer, model, _Reader(), n, name="class_accuracy", because=because)
    value = expect.number(value, "the class accuracy (one number)")
    if not model.asked:
        raise Wrong("no samples were drawn: `model.generate(n, labels=labels)` draws them.")
    asked, drawn = np.concatenate(model.asked), np.concatenate(model.drawn)
    shares = np.bincount(asked, minlength=CLASSES) / len(asked)
    if shares.max() > 2 / CLASSES:
        raise Wrong(
            f"{shares.max():.0%} of your samples were asked to be of class {shares.argmax()}: a model may do well "
            "there and badly elsewhere. Ask for all classes, about equally often."
        )
    if len(asked) != n:
        raise Wrong(f"{n} samples should be judged, and {len(asked)} were drawn.")
    right = float((asked == drawn).mean())
    if expect.near(value, right, tolerance=1e-4):
        return (
            f"{right:.0%}, by a judge who did not take part in the training, and sample by sample. The model's own "
            "classifier would have said 100%: it is the one that the generator was trained to convince."
        )
    for other, why in {
        1.0: "your judge is the model's own classifier, which was trained together with the generator and learnt to "
        "take its oddities for the class that was asked for",
        float((np.sort(asked) == np.sort(drawn)).mean()): "both lists are sorted before they are compared. That asks "
        "whether there are as many threes as were wanted, and not whether a three is where a three was wanted",
        1.0 - right: "that is the share of errors",
        100.0 * right: "a share lies between 0 and 1; that is in per cent",
        float((asked == drawn).sum()): "that is a count; divide it by n",
    }.items():
        if expect.near(value, other, tolerance=1e-4):
            raise Wrong(
                f"the judge reads the class asked for in {right:.1%} of the samples, and yours says {value:.4g}: {why}."
            )
    raise Wrong(
        f"the judge reads the class asked for in {right:.1%} of these samples, and yours says {value:.4g}: compare the "
        "class of the highest probability with the label of the same sample."
    )


@exercise(
    "06.5",
    title="four rows",
    hints=(
        "Begin with class accuracy. Which training leaves a model that ignores the label, and how often is it right by "
        "chance?",
        "A class accuracy of 0 is not chance: it takes knowledge to be wrong every time.",
        "The model that draws one picture for each class hits every class and covers hardly anything: look at recall.",
    ),
)
def rows(answer):
    """Say which of the rows A, B, C and D is which model.

    right = ...         # trained with the right labels: one of the letters "A", "B", "C" and "D"
    shifted = ...       # trained with every label raised by one, 9 becoming 0
    shuffled = ...      # trained with labels dealt out at random
    same_latents = ...  # the right labels, but one latent vector for all samples
    check("06.5", (right, shifted, shuffled, same_latents))
    """
    expect.parts(answer, *NAMES)
    right, shifted, shuffled, same = (_letter(part, name) for part, name in zip(answer, NAMES, strict=True))
    if len({right, shifted, shuffled, same}) < len(NAMES):
        raise Wrong("one row is named twice: each of the four models has a row of its own.")
    if shuffled != "A":
        if shifted == "A" and shuffled == "D":
            raise Wrong(
                "A and D are swapped. Labels dealt out at random leave nothing to learn, so a tenth is right by "
                "chance, as in A. To be right in nearly none, as D is, a model must know the classes, by other names."
            )
        raise Wrong(
            "labels dealt out at random say nothing about the image; by chance a tenth of the samples is right."
        )
    if same != "C":
        raise Wrong(
            "one latent vector gives ten pictures, one for each class: who covers hardly any of the real hands?"
        )
    if shifted != "D":
        raise Wrong(
            "who learnt each class under the next one's name is wrong nearly every time, and draws as well as before."
        )
    return (
        "the distance over all classes misses names that are wrong by one, class accuracy a model without variety, and "
        "recall both kinds of wrong label. Only the distance class by class sees all three faults."
    )


NAMES = ("right", "shifted", "shuffled", "same_latents")


def _letter(value, name):
    letter = value.strip().strip("()").upper() if isinstance(value, str) else value
    if letter not in ("A", "B", "C", "D"):
        raise Wrong(f'`{name}` should be one of the letters "A", "B", "C", "D", and is {value!r}.')
    return letter
