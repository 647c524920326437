"""Checks of lesson 00. The starter code that the notebook shows stands in the docstring of each check.

Everything here needs NumPy only.
"""

import numpy as np

from gencourse.exercises import expect
from gencourse.exercises.core import Wrong, exercise


@exercise(
    "00.1",
    title="components and peaks",
    hints=(
        "Draw the density of `ring(std=2.0)` as a heat map; count the places from which it falls on every side.",
        "Two bells whose centres are closer than about two standard deviations melt into one hill.",
        "With std 0.1 the eight hills stay apart. With std 2.0 the width equals the radius, and they melt into one.",
    ),
)
def peaks(answer):
    """Count peaks.

    peaks_narrow = ...   # peaks of the density of ring(std=0.1)
    peaks_wide = ...     # peaks of the density of ring(std=2.0)
    check("00.1", (peaks_narrow, peaks_wide))
    """
    answer = list(answer) if getattr(answer, "shape", None) == (2,) else answer  # an array of both is as good
    narrow, wide = expect.parts(answer, "peaks_narrow", "peaks_wide")
    narrow, wide = expect.number(narrow, "peaks_narrow"), expect.number(wide, "peaks_wide")
    if (narrow, wide) == (1, 8):
        raise Wrong("the two are swapped: first std 0.1, then std 2.0. Which of them has bells that stand apart?")
    if narrow != 8:
        raise Wrong(
            f"with std 0.1 the neighbours stand 15 standard deviations apart, so none melt together: not {narrow:g}."
        )
    if wide == 8:
        raise Wrong("the wide ring still has eight components, but components are not peaks: draw its density.")
    if wide != 1:
        raise Wrong(
            f"{wide:g} peaks for std 2.0 is not what the heat map shows: follow it from a centre to the middle."
        )
    return (
        "eight separate hills, then a single one in the middle, though both mixtures have eight components. "
        "How many peaks a density has depends on the width as much as on the number of components."
    )


def _log_density(points, means, std):
    squared = ((points[:, None] - means) ** 2).sum(axis=-1) / (2 * std**2)
    low = squared.min(axis=1)
    return -low + np.log(np.exp(low[:, None] - squared).mean(axis=1)) - np.log(2 * np.pi * std**2)


@exercise(
    "00.2",
    title="log-likelihood under a mixture",
    hints=(
        "Start with the density of one component at every point: shape (N, K). What does averaging over K give?",
        "A 2-D Gaussian is exp(-squared distance / (2 std²)) / (2π std²). The mixture is the mean over its components; "
        "the logarithm comes last.",
        "Far away every exp() underflows to 0 and the logarithm to -inf. Take the largest exponent out first: "
        "log Σ exp(a) = m + log Σ exp(a - m), with m the largest a. `np.logaddexp.reduce` does it.",
    ),
)
def log_likelihood(answer):
    """Write the log-density of a mixture of K equally likely Gaussians.

    def log_likelihood(points, means, std):
        # points (N, 2), means (K, 2), std a number -> (N,), finite even far away from every mean
        ...

    check("00.2", log_likelihood)
    """
    name = "log_likelihood"
    expect.function(answer, name, ("points", "means", "std"))
    rng = np.random.default_rng(0)
    for components, std in ((3, 0.7), (5, 0.4)):
        means = rng.normal(0.0, 1.0, (components, 2))
        points = rng.normal(0.0, 1.0, (7, 2))
        wanted = _log_density(points, means, std)
        got = expect.call(answer, points.copy(), means.copy(), std, name=name)
        got = expect.numbers(got, (7,), f"the result of `{name}` for seven points")
        if np.allclose(got, wanted, rtol=1e-3, atol=1e-3):
            continue
        squared = ((points[:, None] - means) ** 2).sum(axis=-1)
        one = np.exp(-squared / (2 * std**2)) / (2 * np.pi * std**2)

        def bells(exponent, factor=2 * np.pi * std**2):
            return np.log(np.exp(-exponent).mean(axis=1) / factor)

        slips = (
            (np.exp(wanted), "this is the density itself: take its logarithm."),
            (wanted + np.log(components), "the components' densities are added up: each has a weight of 1/K."),
            (wanted + np.log(2 * np.pi * std**2), "the factor 1 / (2π std²) is missing: this does not integrate to 1."),
            (
                wanted + 0.5 * np.log(2 * np.pi * std**2),
                "the factor is that of one dimension; in the plane it is 1 / (2π std²), the square of it.",
            ),
            (bells(squared / std**2), "the exponent is twice too large: the squared distance is divided by 2 std²."),
            (bells(np.sqrt(squared) / (2 * std**2)), "the exponent takes the *squared* distance, and this is another."),
            (np.log(one.max(axis=1) / components), "here the nearest component alone counts; add the others, too."),
            (np.log(one).mean(axis=1), "this is the mean of the logarithms; the mixture is the logarithm of the mean."),
            (bells(squared / (2 * std)), "`std` is used where its square belongs: it is no variance."),
            (bells(squared / (2 * std), 2 * np.pi * std), "`std` is used where its square belongs: it is no variance."),
            (-wanted, "the sign is turned: this is the negative log-likelihood."),
            (wanted / np.log(2), "this is the logarithm to base 2; the natural one is asked for."),
        )
        for slip, why in slips:
            if np.allclose(got, slip, rtol=1e-3, atol=1e-3):
                raise Wrong(why)
        worst = int(np.abs(got - wanted).argmax())
        raise Wrong(
            f"at the point {points[worst].round(2)} with K = {components} and std = {std} it gives {got[worst]:.3f}, "
            f"and the log-density there is {wanted[worst]:.3f}."
        )
    far, means = np.array([[100.0, 100.0]]), np.eye(2)
    got = expect.numbers(expect.call(answer, far, means, 0.1, name=name), (1,), "the result far away", finite=False)
    if not np.allclose(got, _log_density(far, means, 0.1), rtol=1e-3):
        raise Wrong(
            f"near the means all is right, but at (100, 100) it gives {got[0]:g}: every exp() underflows to 0 there, "
            f"and the true value is {_log_density(far, means, 0.1)[0]:.0f}. Take the largest exponent out of the sum."
        )
    both = np.array([[0.0, 0.0], [100.0, 100.0]])
    got = expect.numbers(expect.call(answer, both, means, 0.1, name=name), (2,), "two points at once", finite=False)
    if not np.allclose(got, _log_density(both, means, 0.1), rtol=1e-3):
        raise Wrong(
            f"(100, 100) is right alone, but together with a point near the means it gives {got[1]:g}. Each point has "
            "a largest exponent of its own: take the maximum over the components (axis=1), not over everything."
        )
    return (
        "the mean of the components' densities, its logarithm taken last, and finite even where every exp() alone "
        "would underflow."
    )


@exercise(
    "00.3",
    title="sampling from a mixture",
    hints=(
        "Sampling takes two draws for each point: first which component, then where around its mean.",
        "`rng.choice(len(weights), size=n, p=weights)` draws a component for each point.",
        "`means[component] + std * rng.normal(size=(n, 2))` adds fresh noise to each coordinate of each point.",
    ),
)
def sampling(answer):
    """Draw points from a mixture of Gaussians.

    def sample(n, weights, means, std, rng):
        # weights (K,) sum to 1, means (K, 2), std a number, rng = np.random.default_rng(seed) -> (n, 2)
        ...

    check("00.3", sample)
    """
    name, n = "sample", 20_000
    expect.function(answer, name, ("n", "weights", "means", "std", "rng"))
    weights, means, std = np.array([0.6, 0.3, 0.1]), np.array([[0.0, 0.0], [30.0, 0.0], [0.0, 30.0]]), 0.5

    def draw(seed, count=n):
        points = expect.call(answer, count, weights.copy(), means.copy(), std, np.random.default_rng(seed), name=name)
        return expect.numbers(points, (count, 2), f"the result of `{name}` for n = {count}")

    draw(0, 5)
    points = draw(1)
    if not np.array_equal(points, draw(1)):
        raise Wrong("the same seed gives other points each time: draw everything from `rng`, nothing from np.random.")
    if np.array_equal(points, draw(2)):
        raise Wrong("another seed gives the same points: draw from the `rng` that is passed in, and make no new one.")
    nearest = ((points[:, None] - means) ** 2).sum(axis=-1).argmin(axis=1)
    offsets = points - means[nearest]
    if np.mean(np.hypot(*offsets.T) > 4.0) > 0.01:
        raise Wrong(
            "many points lie far from every mean: a point belongs to one component; do not average or add means."
        )
    shares = np.bincount(nearest, minlength=3) / n
    if shares.max() > 0.999:
        raise Wrong("all points come from one component: draw a component anew for each point.")
    if np.abs(shares - weights).max() > 5 * np.sqrt(0.25 / n):
        even = " That is every component equally often." if np.ptp(shares) < 0.05 else ""
        raise Wrong(f"the components come in shares of {shares.round(2)}, and the weights are {weights}.{even}")
    spread = offsets.std(axis=0)
    if np.abs(offsets.mean(axis=0)).max() > 0.05:
        raise Wrong(
            f"on average the points lie {offsets.mean(axis=0).round(2)} beside their means: the noise should go both "
            "ways alike. `rng.normal` does; `rng.random` is never negative."
        )
    if np.abs(spread / std - 1).max() > 0.05:
        why = ""
        if spread.max() < 0.01 * std:
            why = " Draw noise for each point: all those of a component stand in one place."
        elif np.allclose(spread, 1.0, rtol=0.05):
            why = " That is the noise of `rng.normal` as it comes: multiply it by std."
        elif np.allclose(spread, std**2, rtol=0.05) or np.allclose(spread, std**0.5, rtol=0.05):
            why = " Is it the variance in one place and the standard deviation in the other?"
        raise Wrong(f"around the means the points spread by {spread.round(2)} in x and y, not by std = {std}.{why}")
    if abs(np.corrcoef(offsets.T)[0, 1]) > 0.1:
        raise Wrong("x and y move together: draw noise of shape (n, 2), not one number for both coordinates.")
    inside = np.mean(np.abs(offsets) < std)  # 0.683 of a bell curve, 0.577 of even noise with the same spread
    if abs(inside - 0.683) > 0.03:
        raise Wrong(
            f"the spread is right, but {inside:.0%} of the steps are shorter than std, where a bell curve has 68%: "
            "draw them with `rng.normal`."
        )
    if np.unique(offsets.round(9), axis=0).shape[0] < n // 2:
        raise Wrong("many points share the same noise: draw fresh noise for every point.")
    return (
        f"shares of {shares.round(2)} for weights {weights}, and a spread of {spread.mean():.2f}: first the component "
        "is drawn, then the place."
    )


@exercise(
    "00.4",
    title="why one Gaussian fails",
    hints=(
        "Compare the mean and the covariance of the ring with those of the fitted Gaussian.",
        "Maximum likelihood gives a Gaussian the data's own mean and covariance. Is there data at the mean?",
    ),
)
def one_gaussian(answer):
    """Choose the reason why the single Gaussian puts most samples where no data is.

    # a: 20,000 points are too few to find eight modes
    # b: the likelihood has several maxima, and the fit got stuck in a poor one
    # c: the fit is the best Gaussian there is, but no Gaussian has a hole in the middle
    # d: the Gaussian has too small a standard deviation to reach the ring
    check("00.4", ...)
    """
    return expect.choice(
        answer,
        "c",
        {
            "a": "with ten million points the fitted Gaussian would look the same.",
            "b": "a single Gaussian's likelihood has one maximum only: at the data's mean and covariance.",
            "c": "maximum likelihood matches the data's mean (the empty middle) and covariance, and a Gaussian is "
            "highest at its mean. The family of models is too small; no amount of data or training mends that.",
            "d": "its standard deviation is that of the data, about 1.4 in each direction: it reaches the ring well. "
            "Look at the middle instead.",
        },
    )


@exercise(
    "00.5",
    title="a Monte-Carlo estimate and its error",
    hints=(
        "An expectation over a distribution is nearly the mean of the function over samples from it.",
        "The standard error says how far such a mean strays: it shrinks with the square root of the number of samples.",
        "With `values = function(points)`: the pair `values.mean()` and `values.std() / np.sqrt(len(values))`.",
    ),
)
def monte_carlo(answer):
    """Estimate an expectation from samples.

    def estimate(function, points):
        # function maps (N, 2) to (N,), points (N, 2) are samples -> (mean, standard error of that mean)
        ...

    check("00.5", estimate)
    """
    name = "estimate"
    expect.function(answer, name, ("function", "points"))
    for seed, n in ((0, 400), (1, 2500)):
        points = np.random.default_rng(seed).normal(1.0, 2.0, (n, 2))
        values = points[:, 0] ** 2 + points[:, 1]
        alone = {"too many indices": "`function` takes all points at once, (N, 2), and gives N values."}
        result = expect.call(answer, lambda p: p[:, 0] ** 2 + p[:, 1], points.copy(), name=name, because=alone)
        if np.size(result) != 2:
            raise Wrong(f"`{name}` should return two numbers, the mean and its standard error.")
        mean, error = expect.number(result[0], "the mean"), expect.number(result[1], "the standard error")
        centre = points.mean(axis=0)
        wanted = values.std() / np.sqrt(n)
        if expect.near(error, values.mean()) and expect.near(mean, wanted, rel=0.01):
            raise Wrong("the two are swapped: the mean comes first, then its standard error.")
        if expect.near(mean, points.mean()):
            raise Wrong("this is the mean of the points' coordinates: call `function` on the points first.")
        if not expect.near(mean, values.mean()):
            if expect.near(mean, centre[0] ** 2 + centre[1]):
                raise Wrong(
                    "this is the function at the mean point; wanted is the mean of the function over all points."
                )
            raise Wrong(f"the mean of the function over the {n} points is {values.mean():.3f}, not {mean:.3f}.")
        if not expect.near(error, wanted, rel=0.01):  # n or n - 1 in the spread: both are right
            slips = {
                "the spread of single values; the mean of N of them strays √N times less.": values.std(),
                "the variance of the mean; its square root is the standard error.": wanted**2,
                "the spread divided by N; it is divided by √N.": values.std() / n,
                "the variance of single values.": values.var(),
                "the variance divided by √N; take the standard deviation.": values.var() / np.sqrt(n),
                "divided by √(2N): `points.size` counts coordinates, `len(points)` points.": wanted / np.sqrt(2),
            }
            for why, slip in slips.items():
                if expect.near(error, slip, rel=0.01):
                    raise Wrong(f"the mean is right, but {error:.3g} is {why}")
            raise Wrong(f"the mean is right, but its standard error is {wanted:.3g}, not {error:.3g}.")
    return "the mean of the function over samples, with an error that halves when you take four times as many samples."
