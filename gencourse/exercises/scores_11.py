"""More checks of lesson 11, which imports this module: guidance, and four ways to ask one model."""

import numpy as np

from gencourse.exercises import expect
from gencourse.exercises.core import Wrong, exercise

CLASSES = 4


class _Network:
    """Stands for a denoiser: its answer is made of the noisy image, the time, and a row for each label."""

    def __init__(self):
        self.rows = np.random.default_rng(5).normal(size=(CLASSES + 1, 3))
        self.asked = []

    def __call__(self, noisy, times, labels):
        noisy, times, labels = np.asarray(noisy), np.asarray(times), np.asarray(labels)
        if labels.shape != (len(noisy),) or times.shape != (len(noisy),):
            raise ValueError(
                f"One time and one label for each of {len(noisy)} images are needed. Received: times of shape "
                f"{times.shape}, labels of shape {labels.shape}"
            )
        if not np.issubdtype(labels.dtype, np.number) or not np.array_equal(labels, np.rint(labels)):
            raise ValueError(f"Labels are whole numbers. Received: {labels.dtype}")
        labels = labels.astype(int)
        if labels.min() < 0 or labels.max() > CLASSES:
            raise ValueError(f"Labels go from 0 to {CLASSES}. Received: {labels.min()} to {labels.max()}")
        self.asked.append(labels)
        return 0.5 * noisy + times[:, None] + self.rows[labels]


@exercise(
    "11.4",
    title="guidance, twice wrong",
    hints=(
        "Put guidance = 0 and guidance = 1 into the formula. What comes out, and what should?",
        "Class 0 is a class like all others: an image of a zero. Which label means that nobody says anything?",
        "untold = network(noisy, times, np.full_like(labels, classes)); return untold + guidance * (told - untold)",
    ),
)
def guided_answer(answer):
    """Mend the answer with guidance: 0 forgets the class, 1 is the plain answer, more exaggerates the class.

    def guided_answer(network, noisy, times, labels, classes, guidance):
        # noisy: (B, ...), times and labels: (B,) -> answers (B, ...)
        told = network(noisy, times, labels)
        untold = network(noisy, times, np.zeros_like(labels))
        return told + guidance * (untold - told)

    check("11.4", guided_answer)
    """
    name = "guided_answer"
    expect.function(answer, name, ("network", "noisy", "times", "labels", "classes", "guidance"))
    rng = np.random.default_rng(4)
    noisy, times, labels = rng.normal(size=(6, 3)), rng.random(6), np.array([1, 2, 3, 0, 2, 1])
    because = {
        "Labels go from": '"No class" has the number `classes`, one behind the last class.',
        "one label for each": "Every image of the batch needs its own label, np.full_like(labels, …) makes them.",
    }
    for guidance in (2.5, 0.0, 1.0):
        network = _Network()
        asked = (labels, 0 * labels + CLASSES, 0 * labels, 0 * labels + CLASSES - 1)
        told, untold, zero, last = (network(noisy, times, of) for of in asked)
        network.asked.clear()
        result = expect.call(
            answer, network, noisy.copy(), times.copy(), labels.copy(), CLASSES, guidance, name=name, because=because
        )
        found = expect.numbers(result, noisy.shape, "the answer")
        if not np.allclose(found, untold + guidance * (told - untold), atol=1e-4):
            _say_why(found, guidance, told, untold, zero, last)
    return (
        "told minus untold is what the class says, and guidance says how loud. Both answers come from one network, "
        "because in training a tenth of the labels was the number K."
    )


def _say_why(found, guidance, told, untold, zero, last):
    def is_(value):
        return np.allclose(found, value, atol=1e-4)

    asks_zero = "and the network is asked about class 0, which is a class like all others, instead of `classes`"
    for other, tail in ((untold, ""), (zero, f", {asks_zero}")):
        if other is zero and is_(zero + guidance * (told - zero)):
            raise Wrong(
                f"with guidance {guidance:g}: the formula is right, but class 0 is a class like all others. Who says "
                "nothing says `classes`, one behind the last."
            )
        slips = (
            (told + guidance * (other - told), "told and untold are swapped: 0 should forget the class, 1 be plain"),
            (
                told + guidance * (told - other),
                "this is the convention in which 0 is the plain answer; here 1 is, and 0 forgets the class",
            ),
            (other + guidance * (other - told), "it goes away from the class instead of towards it"),
            (guidance * (told - other), "where does it start? The difference is added to the answer without a class"),
            (other + guidance * told, "the answer without a class has to be taken off before the class is made louder"),
        )
        for value, why in slips:
            if is_(value):
                raise Wrong(f"with guidance {guidance:g}: {why}{tail}.")
    if is_(told) or is_(untold):
        which = "plain one" if is_(told) else "one without a class"
        raise Wrong(f"with guidance {guidance:g} the answer is still the {which}: is `guidance` used?")
    if is_(guidance * told):
        raise Wrong(
            f"with guidance {guidance:g} the whole answer is made larger; only its difference from the answer without "
            "a class should be."
        )
    if is_(last + guidance * (told - last)):
        raise Wrong(
            f"with guidance {guidance:g}: the formula is right, but `classes - 1` is the last class, a class like all "
            "others. Who says nothing says `classes`, one behind it."
        )
    raise Wrong(
        f"with guidance {guidance:g} the answer should be untold + {guidance:g} · (told - untold), and the first "
        f"number is {found[0, 0]:.3f} where {(untold + guidance * (told - untold))[0, 0]:.3f} is asked for."
    )


NAMES = ("ddim", "ddpm", "strong", "forgetful")
RIGHT = {"ddim": "D", "ddpm": "B", "strong": "C", "forgetful": "A"}


@exercise(
    "11.5",
    title="four ways to ask",
    hints=(
        "One of the four has no dice on the way: same start, same image. Look at the last column.",
        "Which way to ask is right by chance? And which draws what is asked for every time, and nearly nothing else?",
        "What is left is DDPM without guidance: right in most cases, and its samples change with the seed.",
    ),
)
def four_ways(answer):
    """Say which of the rows A, B, C and D is which way to ask.

    ddim = ...       # DDIM without guidance: one of the letters "A", "B", "C" and "D"
    ddpm = ...       # DDPM without guidance
    strong = ...     # DDPM with guidance 3
    forgetful = ...  # DDPM with guidance 0
    check("11.5", (ddim, ddpm, strong, forgetful))
    """
    letters = {name: _letter(part, name) for name, part in zip(NAMES, expect.parts(answer, *NAMES), strict=True)}
    if len(set(letters.values())) < len(NAMES):
        raise Wrong("one row is named twice: each of the four ways has a row of its own.")
    if letters["ddim"] != "D":
        raise Wrong(
            f"`ddim` is not {letters['ddim']}: DDIM's sample depends on its start alone. Where does another seed "
            "change nothing at all?"
        )
    if letters["forgetful"] != "A":
        raise Wrong(
            f"`forgetful` is not {letters['forgetful']}: who forgets the class is right by chance, in one of ten cases."
        )
    if letters["strong"] != "C":
        raise Wrong(
            "`strong` and `ddpm` are swapped: guidance 3 always draws what is asked for, and hardly any variety is "
            "left (recall)."
        )
    return (
        "DDIM gives itself away by the last column; without the class only chance is right; and guidance 3 has a "
        "perfect class accuracy, with the *largest* distance. The best class accuracy is not the best model."
    )


def _letter(value, name):
    letter = value.strip().strip("()").upper() if isinstance(value, str) else value
    if letter not in ("A", "B", "C", "D"):
        raise Wrong(f'`{name}` should be one of the letters "A", "B", "C", "D", and is {value!r}.')
    return letter
