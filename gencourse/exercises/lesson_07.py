"""Checks of lesson 07: decibels, a loss that sticks, PCA, a hole, and an honest score.

The starter code that the notebook shows stands in the docstring of each check, planted bugs included. It takes `import
numpy as np` for granted. The checks meet small arrays of their own.
"""

import numpy as np

from gencourse.exercises import expect, scores_07
from gencourse.exercises.core import Wrong, exercise

__all__ = ["decibels", "pca_copies", "scores_07", "slopes"]


def _numbers(answer, names):
    return [expect.number(part, name) for part, name in zip(expect.parts(answer, *names), names, strict=True)]


@exercise(
    "07.1",
    title="decibels",
    hints=(
        "PSNR = 10 · log10(1 / error), with the logarithm to base 10. Turned round: error = 10 ** (-PSNR / 10).",
        "Halving the error adds 10 · log10(2). For both images together, take the mean of their errors first.",
        "The two PSNRs are 10 and 30 dB. The mean of the two errors is 0.0505: what is its PSNR?",
    ),
)
def decibels(answer):
    """Work out an error from decibels, and two ways to score two images (errors 0.1 and 0.001).

    error_at_20_db = ...
    db_at_half_the_error = ...
    mean_of_both = ...
    both_together = ...
    check("07.1", (error_at_20_db, db_at_half_the_error, mean_of_both, both_together))
    """
    names = ("error_at_20_db", "db_at_half_the_error", "mean_of_both", "both_together")
    error, halved, mean, together = _numbers(answer, names)

    def near(value, wanted):
        return expect.near(value, wanted, rel=4e-3, tolerance=1e-4)  # 13 dB stands for 12.97

    if not near(error, 0.01):
        for value, why in {
            0.1: "with a factor of 20 in front, as for amplitudes, it would be 0.1; a squared error has 10.",
            np.exp(-2.0): "the logarithm is the one to base 10.",
            100.0: "this is 1 / error.",
            -2.0: "this is the logarithm of the error.",
        }.items():
            if near(error, value):
                raise Wrong(f"`error_at_20_db` is {error:.4g}: {why}")
        raise Wrong(f"20 = 10 · log10(1 / error), and an error of {error:.4g} does not give that.")
    if not near(halved, 20 + 10 * np.log10(2)):
        for value, why in {
            20 - 10 * np.log10(2): "less error is a higher PSNR, so these 3 dB are to be added.",
            40.0: "half the error is not twice the decibels: they are a logarithm.",
            10.0: "half the error is not half the decibels, and a smaller error has more of them.",
            20 + 20 * np.log10(2): "6 dB are a quarter of the squared error; half of it is 3 dB.",
            10 * np.log10(2): "that is by how much it rises; add it to the 20 dB.",
            0.005: "that is half the error; its decibels are asked for.",
            -20 - 10 * np.log10(2): "the sign is turned: PSNR is 10 · log10(1 / error), with one over the error.",
        }.items():
            if near(halved, value):
                raise Wrong(f"`db_at_half_the_error` is {halved:.4g}: {why}")
        raise Wrong(f"the PSNR of an error of 0.005 is 10 · log10(1 / 0.005), and that is not {halved:.4g}.")
    pooled = -10 * np.log10(0.0505)
    if near(mean, pooled) and near(together, 20.0):
        raise Wrong("the two are swapped: the mean of 10 and 30 dB is 20, and the PSNR of the mean error is the other.")
    if not near(mean, 20.0):
        raise Wrong(f"errors of 0.1 and 0.001 are 10 and 30 dB; their mean is not {mean:.4g}.")
    if near(together, 20.0):
        raise Wrong("20 dB is the mean of the PSNRs. For both together take the mean of the errors, 0.0505, first.")
    for value, why in {
        -10 * np.log10(0.101): "0.101 is the sum of the two errors; together they have their mean.",
        0.0505: "0.0505 is the mean of the two errors; its decibels are asked for.",
        -10 * np.log(0.0505): f"`both_together` is {together:.4g}: the logarithm is the one to base 10.",
        -pooled: "the sign is turned: PSNR is 10 · log10(1 / error), with one over the error.",
    }.items():
        if near(together, value):
            raise Wrong(why)
    if not near(together, pooled):
        raise Wrong(f"both together have the mean error 0.0505, and its PSNR is not {together:.4g}.")
    return (
        f"0.01, 23 dB, and then 20 dB against {pooled:.1f}. The mean of PSNRs is ruled by the images that were easy; "
        "the PSNR of the mean error by those that went wrong. Always say which one it is."
    )


LOGIT = -7.0


@exercise(
    "07.2",
    title="stuck at black",
    hints=(
        "The sigmoid's slope is s · (1 - s), where s = 1 / (1 + exp(-a)). Here s = 1 / (1 + exp(7)), about 0.0009.",
        "Chain rule: the slope of (s - 1)² is 2 · (s - 1) times the sigmoid's slope. The slope of softplus(a) - x · a "
        "is s - x.",
        "s = 1 / (1 + np.exp(7)); the slopes are 2 * (s - 1) * s * (1 - s) and s - 1; divide the second by the first.",
    ),
)
def slopes(answer):
    """Work out the slopes of both losses at a logit of -7 for a pixel that should be white, and their ratio.

    slope_squared_error = ...
    slope_cross_entropy = ...
    times_as_strong = ...
    check("07.2", (slope_squared_error, slope_cross_entropy, times_as_strong))
    """
    squared, entropy, ratio = _numbers(answer, ("slope_squared_error", "slope_cross_entropy", "times_as_strong"))
    said = 1 / (1 + np.exp(-LOGIT))
    right = 2 * (said - 1) * said * (1 - said)

    def near(value, wanted):
        return expect.near(value, wanted, rel=0.02, tolerance=1e-9)

    if not near(squared, right):
        for value, why in {
            -right: "its sign is turned: a larger logit makes the error smaller, so the slope is negative.",
            right / 2: "the 2 of the square is missing.",
            2 * said - 2: "that is the slope with respect to what the network says; the sigmoid's own slope, "
            "s · (1 - s), comes as a factor.",
            (said - 1) ** 2: "that is the squared error itself; its slope is asked for.",
            2 * said * said * (1 - said): "that is for a pixel that should be black, x = 0.",
            said * (1 - said): "that is the slope of the sigmoid alone.",
            2 * (LOGIT - 1): "the sigmoid is missing: -7 is the logit, not what the network says.",
            2 * (1 - said - 1) * said * (1 - said): "the pixel should be white, x = 1; this is the slope for x = 0 and "
            "a logit of 7.",
        }.items():
            if near(squared, value):
                raise Wrong(f"`slope_squared_error` is {squared:.4g}: {why}")
        raise Wrong(f"by the chain rule the first slope is 2 · (s - 1) · s · (1 - s), and that is not {squared:.4g}.")
    if not near(entropy, said - 1):
        for value, why in {
            1 - said: "its sign is turned: the loss falls as the logit grows.",
            -np.log(said): "that is the cross-entropy itself; its slope is asked for.",
            said: "that is the slope for a pixel that should be black.",
            1 / (said - 1): "the slope of -log s with respect to s; s depends on the logit, too.",
            -1 / said: "that is the slope of -log s with respect to s; times the sigmoid's slope it becomes s - 1.",
        }.items():
            if near(entropy, value) and not near(value, said - 1):
                raise Wrong(f"`slope_cross_entropy` is {entropy:.4g}: {why}")
        raise Wrong(f"the slope of softplus(a) - x · a is s - x, and that is not {entropy:.4g}.")
    if near(ratio, right / (said - 1)):
        raise Wrong("that is the inverse: how many times as strongly does the *cross-entropy* pull?")
    if not near(abs(ratio), (said - 1) / right):
        raise Wrong(f"divide the second slope by the first: that is not {ratio:.4g}.")
    return (
        f"{right:.4f} against {said - 1:.4f}: the cross-entropy pulls some {(said - 1) / right:.0f} times as strongly, "
        "just where the network is most wrong."
    )


@exercise(
    "07.3",
    title="PCA, two bugs",
    hints=(
        "Test it: through as many directions as there are columns, the copy must be the original. Through none, it "
        "must be the mean row of `train`. What does yours give?",
        "The directions are those of the *deviations* from the mean row. And in which order does np.linalg.eigh sort?",
        "eigh puts the largest last: take vectors[:, -size:]. Subtract train.mean(axis=0) from both, and add it to the "
        "copies.",
    ),
)
def pca_copies(answer):
    """Mend PCA: copies of the test rows through the directions in which the training rows vary most.

    def pca_copies(train, test, size):
        # train (N, D), test (M, D) -> copies of test (M, D)
        _, vectors = np.linalg.eigh(train.T @ train)
        directions = vectors[:, :size]  # (D, size)
        return test @ directions @ directions.T

    check("07.3", pca_copies)
    """
    name = "pca_copies"
    expect.function(answer, name, ("train", "test", "size"))
    rng = np.random.default_rng(5)
    turn = np.linalg.qr(rng.normal(size=(6, 6)))[0]
    spread = np.array([3.0, 2.0, 1.2, 0.7, 0.4, 0.2])
    train, test = (rng.normal(size=(count, 6)) * spread @ turn + 4.0 * turn[3] for count in (400, 50))
    for size in (2, 3):
        copies = expect.call(answer, train.copy(), test.copy(), size, name=name)
        if np.shape(copies) == (len(test), size):
            raise Wrong(f"these are the codes: `directions.T` leads back from them to copies of shape {test.shape}.")
        copies = expect.numbers(copies, test.shape, "the copies")
        _check_copies(copies, train, test, size)
    return (
        "the mean row, and the directions of largest variance around it, both from the training rows alone: no "
        f"linear map through so few numbers has less error there ({np.mean((copies - test) ** 2):.3f} on the others)."
    )


def _through(train, test, size, *, fit=None, shift=None, back=None, largest=True, stop=None):
    """Copies by PCA, or by one of its slips: what is taken from the training rows, from the test rows, and added."""
    mean = train.mean(axis=0)
    fit, shift, back = (mean if row is None else row for row in (fit, shift, back))
    vectors = np.linalg.eigh((train - fit).T @ (train - fit))[1]
    directions = vectors[:, -size:stop] if largest else vectors[:, :size]
    return (test - shift) @ directions @ directions.T + back


def _check_copies(copies, train, test, size):
    """Expect PCA's copies, or name what they are instead."""

    def same(other):
        return np.allclose(copies, other, atol=1e-6 * np.abs(test).max() + 1e-4)

    def slip(rows=train, size=size, **changed):
        return _through(rows, test, size, **changed)

    if same(slip()):
        return
    none, one, own = {"shift": 0, "back": 0}, train.mean(), test.mean(axis=0)
    slips = {
        "both bugs are still there: look at the order in which eigh sorts, and at the mean row.": slip(
            fit=0, **none, largest=False
        ),
        "these are the directions in which the rows vary *least*: eigh sorts upwards.": slip(largest=False),
        "the directions are right in number and order, but the mean row is not subtracted: the first one is spent on "
        "pointing at the mean.": slip(fit=0, **none),
        "the mean row is subtracted and not added again at the end.": slip(back=0),
        "the mean row is added at the end, and was not subtracted from the test rows before.": slip(shift=0),
        "the mean row is subtracted from the test rows only: the directions, too, are those of deviations.": slip(
            fit=0
        ),
        "the mean row is subtracted for the directions only: the test rows, too, go through as deviations from it, "
        "and get it back.": slip(**none),
        "the mean row that is taken away and added is that of the *test* rows: a row that comes alone would be its own "
        "mean.": slip(shift=own, back=own),
        "the directions are those of the *test* rows: a model is fitted to the training rows and judged on others.": (
            slip(test)
        ),
        "the test rows have a say in the directions: a model is fitted to the training rows alone.": slip(
            np.concatenate([train, test])
        ),
        "one number is subtracted, the mean of everything; each column has a mean of its own, `axis=0`.": slip(
            fit=one, shift=one, back=one
        ),
        "these are the test rows themselves: all directions are used instead of `size`.": test,
        f"these copies went through {size + 1} directions; {size} are allowed.": slip(size=size + 1),
        f"one direction is missing, the best one: [:, -{size}:] goes to the end, [:, -{size}:-1] stops before the last "
        "column.": slip(stop=-1),
    }
    for why, other in slips.items():
        if same(other):
            raise Wrong(why)
    best = np.mean((_through(train, test, size) - test) ** 2)
    raise Wrong(
        f"through {size} directions PCA has a mean squared error of {best:.3f} on the test rows, and these copies have "
        f"{np.mean((copies - test) ** 2):.3f}."
    )
