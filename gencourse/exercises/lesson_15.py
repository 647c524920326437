"""Checks of lesson 15: a distance by hand, its bugs, precision and recall, a table to read, an honest comparison.

The starter code that the notebook shows stands in the docstring of each check, planted bugs included. It takes `import
numpy as np` and `from gencourse import metrics` for granted. The checks meet small clouds of points and made-up images.
"""

import numpy as np

from gencourse import metrics
from gencourse.exercises import expect, scores_15
from gencourse.exercises.core import Wrong, exercise

__all__ = ["frechet", "frechet_by_hand", "precision_recall", "scores_15"]


@exercise(
    "15.1",
    title="a distance by hand",
    hints=(
        "Without correlation every axis stands for itself: work out each in one dimension and add up.",
        "One axis: (difference of the means)² + (difference of the *standard deviations*)². Variances are given.",
        "Means: (5 - 1)² + (-1 - 2)². Spreads: the standard deviations are 1 and 2 in the first cloud, 3 and 2 in the "
        "second.",
    ),
)
def frechet_by_hand(answer):
    """Work out the Fréchet distance between two Gaussians of the plane, in its two parts.

    # first:  mean (1, 2), variances 1 and 4, no correlation
    # second: mean (5, -1), variances 9 and 4, no correlation
    mean_part = ...
    spread_part = ...
    distance = ...
    check("15.1", (mean_part, spread_part, distance))
    """
    names = ("mean_part", "spread_part", "distance")
    mean, spread, distance = (
        expect.number(part, name) for part, name in zip(expect.parts(answer, *names), names, strict=True)
    )

    def near(value, wanted):
        return expect.near(value, wanted, rel=0.005, tolerance=0.005)

    for value, why in {
        5.0: "5 is the length of the way from mean to mean; the formula takes its square.",
        7.0: "7 adds up the differences; the formula adds up their squares.",
        1.0: "the differences have signs: square each before adding.",
        12.5: "12.5 is the mean over the two axes; the formula adds the squares up.",
        17.0: "on the second axis the way is from 2 to -1, and that is 3, not 1.",
    }.items():
        if near(mean, value):
            raise Wrong(f"the part of the means is not right yet: {why}")
    if not near(mean, 25.0):
        raise Wrong(f"the part of the means is (5 - 1)² + (-1 - 2)², and that is not {mean:.4g}.")
    for value, why in {
        64.0: "1, 4, 9 and 4 are variances, and the formula takes the difference of standard deviations, their roots.",
        8.0: "these are differences of variances; take standard deviations, and square their differences.",
        2.0: "the difference of the standard deviations is 2 on the first axis, and it has to be squared.",
        10.0: "variances add up to a trace, but there is also - 2 × the trace of the root of their product.",
        18.0: "that is the sum of all variances: - 2 × the trace of the root of the product is missing.",
    }.items():
        if near(spread, value):
            raise Wrong(f"the part of the spreads is not right yet: {why}")
    if not near(spread, 4.0):
        raise Wrong(f"the part of the spreads is (3 - 1)² + (2 - 2)², and that is not {spread:.4g}.")
    if near(distance, np.sqrt(29.0)):
        raise Wrong("that is the root. What is reported under the name of Fréchet distance is the square: leave it.")
    if not near(distance, 29.0):
        raise Wrong(f"the two parts add up, and that is not {distance:.4g}.")
    return "25 for the way between the means, 4 for the spreads, 29 together, in squared units. The package agrees."


@exercise(
    "15.2",
    title="a distance with two bugs",
    hints=(
        "Try clouds that differ in their mean only, with a difference of 3: what should come out? And what does?",
        "np.sqrt takes the root of every entry. The root of a matrix is another matrix, whose *square* is the first.",
        "Section 2 has such a root: values, vectors = np.linalg.eigh(cov), then (vectors * np.sqrt(values.clip(0))) @ "
        "vectors.T. With such a function `root`, take root(root(cov_a) @ cov_b @ root(cov_a)). And square the norm.",
    ),
)
def frechet(answer):
    """Mend the distance: it works for some clouds and not for others.

    def frechet(features_a, features_b):
        # (N, D) and (M, D) -> one number
        mean_a, mean_b = features_a.mean(axis=0), features_b.mean(axis=0)
        cov_a, cov_b = np.cov(features_a, rowvar=False), np.cov(features_b, rowvar=False)
        root = np.sqrt(cov_a * cov_b)
        return np.linalg.norm(mean_a - mean_b) + np.trace(cov_a + cov_b - 2 * root)

    check("15.2", frechet)
    """
    expect.function(answer, "frechet", ("features_a", "features_b"))
    rng = np.random.default_rng(3)
    a = rng.normal(size=(400, 3)) @ np.array([[2.0, 1.5, 0.0], [0.0, 1.0, -1.0], [0.0, 0.0, 0.5]])
    b = rng.normal(size=(300, 3)) @ np.array([[1.0, -0.9, 0.3], [0.0, 2.0, 0.8], [0.0, 0.0, 1.0]])
    a, b = a - a.mean(axis=0), b - b.mean(axis=0)
    step = np.array([2.0, -1.0, 2.0])  # of length 3

    def measured(x, y, what):
        value = np.asarray(expect.call(answer, x.copy(), y.copy(), name="frechet"))
        if np.iscomplexobj(value) and np.all(np.abs(value.imag) < 1e-6 * (1 + np.abs(value.real))):
            value = value.real  # a general eigensolver leaves rounding there
        try:
            return expect.number(value, what)
        except Wrong:
            if value.size == 1 and not np.isfinite(value).all():
                raise Wrong(
                    f"{what} is {value.item()}: is a root taken of something negative, such as each entry of a matrix, "
                    "or a distance that rounds to just below 0?"
                ) from None
            raise

    moved = measured(a, a + step, "the distance between a cloud and itself moved by 3")
    same = measured(a, a, "the distance between a cloud and itself")
    if abs(same) > 0.01:
        raise Wrong(
            f"a cloud is {same:.3g} away from itself, and should be at 0: its two covariances are equal, and the trace "
            "of the root of their product is the trace of one of them."
        )
    turned = measured(a, b, "the distance between two clouds of equal means")
    right = metrics.frechet_distance(a, b)
    if expect.near(moved, 3.0, rel=0.01) and expect.near(turned, np.sqrt(right), rel=0.01):
        raise Wrong("yours is the root of what is wanted: by habit the squared distance is reported, without a root.")
    further = measured(a, a + 2 * step, "the distance between a cloud and itself moved by 6")
    if expect.near(moved, 3.0, rel=0.01) and expect.near(further, 12.0, rel=0.01):
        raise Wrong("the squared differences of the means are averaged over the axes: the formula adds them up.")
    for value, why in {
        3.0: "the way between the means is not squared",
        0.0: "the part of the means is missing",
    }.items():
        if expect.near(moved, value, rel=0.01, tolerance=0.01):
            raise Wrong(f"a cloud that is moved by 3 is 3² = 9 away, and yours says {moved:.3g}: {why}.")
    if not expect.near(moved, 9.0, rel=0.01):
        raise Wrong(f"a cloud that is moved by 3, and not changed otherwise, is 3² = 9 away. Yours says {moved:.4g}.")
    by_axis = float(((a.std(axis=0, ddof=1) - b.std(axis=0, ddof=1)) ** 2).sum())
    if expect.near(turned, by_axis, rel=0.01):
        raise Wrong(
            f"two clouds of equal means that lean in different directions are {right:.2f} apart, and yours says "
            f"{turned:.2f}: that looks at each axis alone. The root of a matrix is not the root of each entry."
        )
    for value, why in _other_roots(np.cov(a, rowvar=False), np.cov(b, rowvar=False)):
        if expect.near(turned, value, rel=0.01):
            raise Wrong(f"two clouds of equal means are {right:.2f} apart, and yours says {turned:.2f}: {why}.")
    if expect.near(turned, np.sqrt(right), rel=0.01):
        raise Wrong("the last root is too much: what is reported is the squared distance.")
    if not expect.near(turned, right, rel=0.01):
        raise Wrong(f"two clouds of equal means that lean differently are {right:.2f} apart; yours says {turned:.4g}.")
    return f"0 to itself, 9 after a step of 3, and {right:.2f} between two that lean differently, as the package says."


def _other_roots(cov_a, cov_b):
    """Pairs of (distance, why it is wrong) for two covariances whose product is given a wrong root."""

    def root(matrix):
        values, vectors = np.linalg.eigh(matrix)  # reads the lower triangle alone
        return (vectors * np.sqrt(values.clip(0))) @ vectors.T

    both = np.trace(cov_a + cov_b)
    return (
        (
            both - 2 * np.trace(root(cov_a) @ root(cov_b)),
            "the product of two roots is the root of the product only where both clouds lean alike; put cov_b between "
            "two roots of cov_a, and take the root of that",
        ),
        (
            both - 2 * np.trace(root(cov_a @ cov_b)),
            "cov_a @ cov_b is not symmetric, and `eigh` takes it as if it were; root(cov_a) @ cov_b @ root(cov_a) is",
        ),
    )


@exercise(
    "15.3",
    title="who is inside whom",
    hints=(
        "Take real points all over a square and generated ones in its middle. Which of the two numbers must be 1?",
        "Precision asks about generated points and needs balls around real ones. And who is a point's nearest "
        "neighbour, if the point itself is in the list?",
        "The sorted distances start with 0, a point's distance to itself: the k-th neighbour stands at [:, k]. And the "
        "last line must be share_inside(generated, real), share_inside(real, generated).",
    ),
)
def precision_recall(answer):
    """Mend precision and recall: two bugs.

    def precision_recall(real, generated, k):
        # real (N, D), generated (M, D) -> (precision, recall)
        def share_inside(points, centres):
            between = np.linalg.norm(centres[:, None] - centres, axis=-1)  # (N, N)
            radii = np.sort(between, axis=1)[:, k - 1]
            distances = np.linalg.norm(points[:, None] - centres, axis=-1)
            return (distances <= radii).any(axis=1).mean()

        return share_inside(real, generated), share_inside(generated, real)

    check("15.3", precision_recall)
    """
    expect.function(answer, "precision_recall", ("real", "generated", "k"))
    rng = np.random.default_rng(7)
    real = rng.uniform(-2.0, 2.0, size=(150, 2))
    generated = np.concatenate([rng.uniform(-2.0, 0.0, size=(90, 2)), rng.uniform(2.5, 4.0, size=(30, 2))])
    for k in (3, 2):
        value = expect.call(answer, real.copy(), generated.copy(), k, name="precision_recall")
        found = expect.numbers(value, (2,), "the pair (precision, recall)")
        if found.min() < 0 or found.max() > 1:
            raise Wrong(f"both are shares, from 0 to 1, and yours are {found[0]:.3g} and {found[1]:.3g}.")
        _expect_shares(found, real, generated, k)
    return (
        "balls around real points for precision, around generated ones for recall, and no point is its own neighbour. "
        f"Here {found[0]:.0%} of the generated look real, and {found[1]:.0%} of the real are covered."
    )


def _expect_shares(found, real, generated, k: int) -> None:
    right = np.array(metrics.precision_recall(real, generated, k=k))
    if np.allclose(found, right, atol=0.003):
        return
    narrow = np.array(metrics.precision_recall(real, generated, k=k - 1))
    wide = np.array(metrics.precision_recall(real, generated, k=k + 1))
    own = "balls reach to neighbour k - 1 only, because each point counts as its own nearest neighbour"
    slips = (
        (right[::-1], "the two are swapped. Precision is the share of *generated* points in balls around real ones"),
        (narrow, own),
        (narrow[::-1], f"the two are swapped, and {own}"),
        (wide, "balls reach one neighbour too far"),
        (wide[::-1], "the two are swapped, and balls reach one neighbour too far"),
    )
    for value, why in slips:
        if np.allclose(found, value, atol=0.003):
            raise Wrong(f"for k = {k}: {why}.")
    holding = np.array([metrics.density_coverage(*pair, k=k)[1] for pair in ((real, generated), (generated, real))])
    if np.allclose(found, holding, atol=0.003) or np.allclose(found, holding[::-1], atol=0.003):
        raise Wrong(f"for k = {k}: yours counts *balls* that hold a point; *points* that lie in a ball are asked for.")
    raise Wrong(
        f"for k = {k} precision is {right[0]:.2f} and recall {right[1]:.2f} here; yours are {found[0]:.2f} and "
        f"{found[1]:.2f}."
    )
