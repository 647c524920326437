"""Checks of lesson 12: bits and codes in use, the nearest code, gradients that pass through, running averages, rows.

The starter code that the notebook shows stands in the docstring of each check, planted bugs included. It takes `import
numpy as np` and `import tensorflow as tf` for granted. The checks meet small arrays of their own.
"""

import numpy as np

from gencourse.exercises import expect, scores_12
from gencourse.exercises.core import Wrong, exercise

__all__ = ["counted", "nearest", "quantise", "scores_12"]

NAMES = ("bits", "used", "perplexity", "nats")
WANTED = (320.0, 0.5, 2**1.75, 64 * np.log(4))
SLIPS = (
    {
        5: "that is one place; the map has 8 × 8 of them",
        2048: "that counts 32 bits for a place; to name one of 32 codes takes 5, since 2⁵ = 32",
        64 * np.log(32): "these are nats: take the logarithm to base 2",
        192: "that is 3 bits for a place, enough for 8 codes; the codebook of (a) has 32",
        1024: "that is 4 bits for every number of a 16 × 16 map, or 16 for a place; one of 32 codes takes 5 bits",
    },
    {
        4: "that is how many are in use; the share is asked for",
        0.25: "four of the eight codes stand for something",
        50: "a share lies between 0 and 1; that is in per cent",
        0.125: "that would be one code of eight; four stand for something",
    },
    {
        1.75: "that is the entropy in bits; the perplexity is 2 to its power",
        1.75 * np.log(2): "that is the entropy in nats; the perplexity is e to its power",
        np.exp(1.75): "1.75 are bits, so the power of 2 is needed; or e to the power of 1.75 · log 2",
        4.0: "four codes are used, but not equally often: the perplexity is smaller than their number",
        8.0: "that would take all eight codes, used equally often",
        2.0: "that is 1 / (the largest share): the perplexity looks at all shares",
        1 / (0.25 + 1 / 16 + 1 / 64 + 1 / 64): "that is 1 / Σ p², another way to count; the perplexity is "
        "exp(-Σ p log p)",
        2
        ** (1.75 * np.log(2)): "with natural logarithms the entropy is 1.213 nats, and the perplexity e to its power, "
        "not 2",
        2**0.875: "the entropy was halved: sum over the codes that are used, without dividing by 2",
    },
    {
        np.log(4): "that is one place; a map has 64 of them, and their nats add up",
        128.0: "these are bits: 2 for each place; nats take the natural logarithm",
        64
        * np.log(32): "that is a prior which knows nothing, 1/32 for each code; this one gives 1/4 to the right code",
        -64 * np.log(4): "a surprise is never negative: it is *minus* the logarithm",
        64 * np.log10(4): "that took the logarithm to base 10; nats take the natural one, `np.log`",
        0.25**64: "that is the probability of the map; its surprise is minus the logarithm of it",
        16.0: "probabilities are multiplied, not added; their logarithms add up",
    },
)
WORKINGS = (
    "8 · 8 places, each one of 32 = 2⁵ codes",
    "codes that stand for anything, over all codes",
    "the shares are 1/2, 1/4, 1/8, 1/8; exp(-Σ p log p)",
    "-log(1/4) for each of the 64 places",
)


@exercise(
    "12.1",
    title="bits and codes in use",
    hints=(
        "(a) To name one of K things takes log2(K) bits; how many places has the map? (b) Divide the counts by 8.",
        "The entropy of the shares 1/2, 1/4, 1/8, 1/8 is 1/2 · 1 + 1/4 · 2 + 1/8 · 3 + 1/8 · 3 bits, and the "
        "perplexity 2 to the power of that.",
        "(c) The probability of the whole map is (1/4) to the power of 64. Take minus its natural logarithm.",
    ),
)
def counted(answer):
    """Work out the size of a map of codes, how a codebook is used, and what a map costs a prior.

    bits = ...        # (a) to write down a map of 8 × 8 codes out of 32
    used = ...        # (b) eight codes stood for 4, 2, 1, 1, 0, 0, 0 and 0 places: share of the codes that is used
    perplexity = ...  # (b) and the perplexity of that use
    nats = ...        # (c) of a map of 8 × 8 codes, when the prior gives the right code 1/4 at every place
    check("12.1", (bits, used, perplexity, nats))
    """
    parts = expect.parts(answer, *NAMES)
    values = [expect.number(part, name) for part, name in zip(parts, NAMES, strict=True)]
    for name, value, wanted, slips, working in zip(NAMES, values, WANTED, SLIPS, WORKINGS, strict=True):
        if expect.near(value, wanted, rel=5e-3):
            continue
        for slip, why in slips.items():
            if expect.near(value, slip, rel=5e-3):
                raise Wrong(f"`{name}` is not {value:.4g}: {why}.")
        raise Wrong(f"`{name}` is not {value:.4g} yet: {working}.")
    return (
        "320 bits, half of the codes, 3.36 and 88.7 nats. A codebook in which four codes do unequal work is worth "
        "little more than three that share it; and a prior that is right in one of four guesses saves three fifths of "
        "the 320 bits, since 88.7 nats are 128."
    )


@exercise(
    "12.2",
    title="the nearest code",
    hints=(
        "Print the shape of what comes back for 5 vectors and 3 codes. Then try codes of very different lengths: "
        "which one wins everywhere?",
        "|x - e|² = |x|² - 2 x·e + |e|². Only the first term is the same for all codes.",
        "distances = (vectors**2).sum(axis=1) - 2 * x @ vectors.T; return distances.argmin(axis=1)",
    ),
)
def nearest(answer):
    """Mend the look-up: which code is nearest to each vector, by squared distance? Two bugs.

    def nearest(x, vectors):
        # x: (N, D), vectors: (K, D) -> the number of the nearest code for each x, (N,)
        agreement = x @ vectors.T  # (N, K)
        return np.argmax(agreement, axis=0)

    check("12.2", nearest)
    """
    name = "nearest"
    expect.function(answer, name, ("x", "vectors"))
    rng = np.random.default_rng(12)
    for n, codes, dim in ((7, 4, 3), (1, 5, 2), (6, 6, 2), (40, 9, 5)):
        x = rng.normal(size=(n, dim)).astype("float32")
        vectors = (rng.normal(size=(codes, dim)) * np.linspace(0.2, 3.0, codes)[:, None]).astype("float32")
        result = expect.call(answer, x.copy(), vectors.copy(), name=name)
        case = f"for {n} vectors and {codes} codes"
        if np.shape(result) == (codes,) != (n,):
            raise Wrong(
                f"{case}, {codes} numbers came back: that is the nearest *vector* for each code. Each of the {n} "
                "vectors looks for a code: along which axis?"
            )
        found = expect.numbers(result, (n,), f"{case}, the result")
        _check_codes(found, x.astype("float64"), vectors.astype("float64"), case)
    return (
        "each vector finds its nearest code. |x|² may be left out, since it is the same for all codes; |e|² may not: "
        "without it the longest codes would win most of the time."
    )


def _check_codes(found, x, vectors, case):
    squares = ((x[:, None] - vectors) ** 2).sum(axis=-1)  # (N, K)
    wanted = squares.argmin(axis=1)
    if np.array_equal(found, wanted):
        return
    if not np.array_equal(found, np.round(found)) or found.min() < 0 or found.max() >= len(vectors):
        raise Wrong(
            f"{case}, whole numbers from 0 to {len(vectors) - 1} are asked for: the number of the code, not its "
            "distance and not the vector."
        )
    if np.array_equal(found - 1, wanted):
        raise Wrong("codes are counted from 0.")
    products, lengths = x @ vectors.T, (vectors**2).sum(axis=1)
    for other, why in {
        "term": (products.argmax(axis=1), "the length of the codes is forgotten: by x·e alone, long codes win"),
        "most": (squares.argmax(axis=1), "these are the farthest codes"),
        "sign": (products.argmin(axis=1), "the *smallest* x·e points away from x, and |e|² is forgotten"),
        "plus": ((lengths + 2 * products).argmin(axis=1), "a sign is turned: |x - e|² = |x|² - 2 x·e + |e|²"),
        "half": ((lengths - products).argmin(axis=1), "the 2 before x·e is missing"),
        "root": ((np.sqrt(lengths) - 2 * products).argmin(axis=1), "|e|² is a square; this took |e|"),
        "angle": (
            (products / np.sqrt(lengths)).argmax(axis=1),
            "that is the code of the most similar *direction*; distance is asked for",
        ),
        "one": (
            np.abs(x[:, None] - vectors).sum(axis=-1).argmin(axis=1),
            "that adds absolute differences, not squares",
        ),
        "axis": (
            squares.argmin(axis=0) if len(x) == len(vectors) else None,
            "that is the nearest vector for each code: the wrong axis",
        ),
        "both": (
            products.argmax(axis=0) if len(x) == len(vectors) else None,
            "that is the best vector for each code, by x·e: the wrong axis, and |e|² is forgotten",
        ),
    }.values():
        if other is not None and np.array_equal(found, other):
            raise Wrong(f"{case}: {why}.")
    place = int(np.flatnonzero(found != wanted)[0])
    raise Wrong(
        f"{case}, vector {place} has the squared distances {squares[place].round(2).tolist()}: code {wanted[place]} is "
        f"nearest, and yours says {found[place]:g}."
    )


@exercise(
    "12.3",
    title="the wrong side of the stop",
    hints=(
        "Print `passed - vectors`, which should be 0: the decoder reads codes. Then ask a tape for the slopes.",
        "`tf.stop_gradient(a)` has the value of a and no slope. Which of the two may have a slope: what the encoder "
        "said, or the code?",
        "passed = x + tf.stop_gradient(vectors - x); in the commitment, `vectors` is what stands still.",
    ),
)
def quantise(answer):
    """Mend the two lines. The decoder should read the codes; all gradients should reach x, and none the codes.

    def quantise(x, vectors):
        # x: what the encoder said, vectors: the nearest codes, both (N, D)
        passed = vectors + tf.stop_gradient(x - vectors)
        commitment = tf.reduce_mean(tf.square(tf.stop_gradient(x) - vectors))
        return passed, commitment

    check("12.3", quantise)
    """
    import tensorflow as tf

    name = "quantise"
    expect.function(answer, name, ("x", "vectors"))
    rng = np.random.default_rng(3)
    x, vectors = (tf.Variable(rng.normal(size=(5, 3)).astype("float32")) for _ in range(2))
    weights = rng.normal(size=(5, 3)).astype("float32")
    with tf.GradientTape(persistent=True) as tape:
        result = expect.parts(expect.call(answer, x, vectors, name=name), "passed", "commitment")
        passed, commitment = (tf.convert_to_tensor(part) for part in result)
        through = tf.reduce_sum(passed * weights) if passed.shape == x.shape else None
    value = expect.numbers(passed, (5, 3), "`passed`")
    miss = expect.number(commitment, "`commitment` (one number)")
    to_x, to_codes = (_slope(tape, through, to) for to in (x, vectors))
    if not np.allclose(value, vectors.numpy(), atol=1e-5):
        if np.allclose(value, x.numpy(), atol=1e-5):
            raise Wrong(
                "`passed` has the value of x: the decoder would never meet a code, so nothing is quantised in training "
                "and everything is when the model draws. The value of the code and the slope of x are asked for."
            )
        why = ""
        if np.allclose(value, x.numpy() + vectors.numpy(), atol=1e-5):
            why = " Yours has the value of their sum: take x away again, inside the stop, where it has no slope."
        elif np.allclose(value, 2 * x.numpy() - vectors.numpy(), atol=1e-5):
            why = " A sign is turned: from x to the code leads `vectors - x`."
        raise Wrong(f"`passed` should have the value of `vectors`, the codes that the decoder reads.{why}")
    if to_codes.any():
        raise Wrong(
            "slopes of `passed` reach the codes. They move to averages here, and nothing else may push them: "
            "put the difference, `vectors - x`, into tf.stop_gradient."
        )
    if not np.allclose(to_x, weights, atol=1e-5):
        none = " No slope arrives at all: the encoder learns nothing." if not to_x.any() else ""
        raise Wrong(f"`passed` should hand slopes to x unchanged, as if nothing had been replaced.{none}")
    _check_commitment(miss, x.numpy(), vectors.numpy(), *(_slope(tape, commitment, to) for to in (x, vectors)))
    return (
        "the value is the code's and the slope is x's. The commitment pulls x towards its code, and the code stays "
        "where its average is."
    )


def _slope(tape, of, to):
    """The slope as an array; zeros where there is none."""
    found = tape.gradient(of, to) if of is not None else None
    return np.zeros(to.shape) if found is None else np.asarray(found)


def _check_commitment(miss, x, vectors, to_x, to_codes):
    wanted = float(np.mean((x - vectors) ** 2))
    if not expect.near(miss, wanted, rel=1e-3):
        why = ""
        if expect.near(miss, wanted * x.size) or expect.near(miss, wanted * x.shape[1]):
            why = " Yours is a sum where the mean over all numbers is asked for."
        elif expect.near(miss, 0.0, tolerance=1e-7):
            why = " It is 0 when x is compared with itself."
        elif expect.near(miss, np.sqrt(wanted)):
            why = " Yours is the root of it: the mean of the squares is asked for."
        elif expect.near(miss, float(np.mean(np.abs(x - vectors)))):
            why = " Yours is a mean of absolute differences: here the differences are squared."
        elif expect.near(miss, -wanted):
            why = " A sign is turned: a square is never negative."
        raise Wrong(f"the commitment of these vectors is {wanted:.4f} by hand and {miss:.4f} in yours.{why}")
    if to_codes.any():
        whose = "only the codes" if not to_x.any() else "the codes, too"
        raise Wrong(
            f"the commitment pushes {whose}: it should pull the encoder to its codes, so `vectors` goes into "
            "tf.stop_gradient and x stays outside."
        )
    if not np.allclose(to_x, 2 * (x - vectors) / x.size, atol=1e-6):
        raise Wrong(
            "no slope of the commitment reaches x, so nothing is pulled anywhere."
            if not to_x.any()
            else "the slope of the commitment at x should be 2 (x - vectors) / (number of values)."
        )
