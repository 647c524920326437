"""Lesson 00, as learners met it: answers that deserve a better sentence. The rest stands in test_exercises.py."""

import numpy as np
import pytest
from answers import fails, passes


@pytest.fixture(autouse=True)
def progress_file(tmp_path, monkeypatch):
    monkeypatch.setenv("GENCOURSE_PROGRESS", str(tmp_path / "progress.json"))


def test_00_1_arrays_and_swaps():
    passes("00.1", np.array([8, 1]))
    fails("00.1", (1, 8), "swapped")


def squares(points, means):
    return ((points[:, None] - means) ** 2).sum(axis=-1)


def by_loops(points, means, std):
    found = []
    for point in points:
        logs = [-((point - mean) ** 2).sum() / (2 * std**2) - np.log(2 * np.pi * std**2) for mean in means]
        found.append(max(logs) + np.log(np.mean([np.exp(log - max(logs)) for log in logs])))
    return found


def one_maximum_for_all(points, means, std):
    logs = -squares(points, means) / (2 * std**2) - np.log(2 * np.pi * std**2)
    return logs.max() + np.log(np.exp(logs - logs.max()).mean(axis=1))


def with_a_crumb(points, means, std):
    return np.log(np.exp(-squares(points, means) / (2 * std**2)).mean(axis=1) / (2 * np.pi * std**2) + 1e-300)


def of_the_nearest(points, means, std):
    return -squares(points, means).min(axis=1) / (2 * std**2) - np.log(2 * np.pi * std**2) - np.log(len(means))


def with_exponent(exponent):
    def log_likelihood(points, means, std):
        return np.log(np.exp(-exponent(squares(points, means), std)).mean(axis=1) / (2 * np.pi * std**2))

    return log_likelihood


def test_00_2_loops_are_right():
    passes("00.2", by_loops)


@pytest.mark.parametrize(
    ("answer", "word"),
    [
        (one_maximum_for_all, "a largest exponent of its own"),
        (with_a_crumb, "underflows"),
        (of_the_nearest, "nearest component alone"),
        (with_exponent(lambda squared, std: squared / std**2), "divided by 2 std²"),
        (with_exponent(lambda squared, std: squared**0.5 / (2 * std**2)), "*squared* distance"),
        (with_exponent(lambda squared, std: squared / (2 * std)), "no variance"),
    ],
)
def test_00_2_wrong(answer, word):
    fails("00.2", answer, word)


def sampler(noise):
    def sample(n, weights, means, std, rng):
        return means[rng.choice(len(weights), size=n, p=weights)] + noise(n, std, rng)

    return sample


def by_counts(n, weights, means, std, rng):
    counts = rng.multinomial(n, weights)
    return np.repeat(means, counts, axis=0) + std * rng.normal(size=(n, 2))


def test_00_3_counts_are_right():
    passes("00.3", by_counts)
    passes("00.3", lambda n, w, m, s, rng: [m[rng.choice(3, p=w)] + rng.normal(0, s, 2) for _ in range(n)])


@pytest.mark.parametrize(
    ("noise", "word"),
    [
        (lambda n, std, rng: rng.normal(size=(n, 2)), "multiply it by std"),
        (lambda n, std, rng: 0.0, "Draw noise for each point"),
        (lambda n, std, rng: std * rng.normal(size=2) * 0.01, "Draw noise for each point"),
        (lambda n, std, rng: std * rng.random((n, 2)), "both ways alike"),
        (lambda n, std, rng: std * rng.uniform(-1, 1, (n, 2)), "not by std"),
        (lambda n, std, rng: std * 3**0.5 * rng.uniform(-1, 1, (n, 2)), "a bell curve has 68%"),
        (lambda n, std, rng: std**0.5 * rng.normal(size=(n, 2)), "variance"),
    ],
)
def test_00_3_wrong(noise, word):
    fails("00.3", sampler(noise), word)


def test_00_5_one_point_after_another():
    def estimate(function, points):
        values = np.array([function(point[None])[0] for point in points])
        return [float(values.mean()), float(values.std() / len(values) ** 0.5)]

    passes("00.5", estimate)


@pytest.mark.parametrize(
    ("answer", "word"),
    [
        (lambda f, p: (f(p).std() / len(p) ** 0.5, f(p).mean()), "swapped"),
        (lambda f, p: (p.mean(), p.std() / len(p) ** 0.5), "call `function` on the points"),
        (lambda f, p: (np.mean([f(point) for point in p]), 0.0), "takes all points at once"),
        (lambda f, p: (f(p).mean(), f(p).std() / p.size**0.5), "counts coordinates"),
        (lambda f, p: (f(p).mean(), f(p).var() / len(p) ** 0.5), "take the standard deviation"),
        (lambda f, p: (f(p).mean(), 2 * f(p).std() / len(p) ** 0.5), "its standard error is"),
    ],
)
def test_00_5_wrong(answer, word):
    fails("00.5", answer, word)
