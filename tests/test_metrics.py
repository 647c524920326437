"""Metrics on vectors and points: closed forms, hand-made sets, brute force."""

import numpy as np
import pytest

from gencourse import metrics


@pytest.fixture
def random():
    return np.random.default_rng(0)


# Fréchet distance


def test_frechet_of_two_gaussians_on_a_line():
    # (3 - 1)² + (2 - 5)² = 13: variances 4 and 25 are standard deviations 2 and 5.
    assert metrics.frechet_between_gaussians([3.0], [[4.0]], [1.0], [[25.0]]) == pytest.approx(13.0)


def test_frechet_of_commuting_covariances_is_a_sum_over_their_axes(random):
    axes, _ = np.linalg.qr(random.normal(size=(5, 5)))
    variances_a, variances_b = np.array([4.0, 1, 9, 0, 2]), np.array([1.0, 1, 4, 5, 0])
    mean_a, mean_b = random.normal(size=(2, 5))
    expected = np.sum((mean_a - mean_b) ** 2) + np.sum((np.sqrt(variances_a) - np.sqrt(variances_b)) ** 2)
    measured = metrics.frechet_between_gaussians(
        mean_a, axes * variances_a @ axes.T, mean_b, axes * variances_b @ axes.T
    )
    assert measured == pytest.approx(expected)


def test_frechet_of_covariances_that_do_not_commute():
    # The root of cov_a cov_b has trace sqrt(trace(AB) + 2 sqrt(det(AB))) for 2x2 matrices.
    cov_a, cov_b = np.array([[2.0, 1.0], [1.0, 3.0]]), np.array([[1.0, -0.5], [-0.5, 4.0]])
    product = cov_a @ cov_b
    root_trace = np.sqrt(np.trace(product) + 2 * np.sqrt(np.linalg.det(product)))
    expected = np.trace(cov_a) + np.trace(cov_b) - 2 * root_trace
    measured = metrics.frechet_between_gaussians(np.zeros(2), cov_a, np.zeros(2), cov_b)
    assert measured == pytest.approx(expected)


def test_frechet_distance_of_samples_is_that_of_their_moments(random):
    # Four points with mean (0, 0) and covariance 4/3 and 16/3 on the diagonal; the same, moved by (3, 4).
    corners = np.array([[1.0, 2], [1, -2], [-1, 2], [-1, -2]])
    assert metrics.frechet_distance(corners, corners + np.array([3, 4])) == pytest.approx(25.0)
    assert metrics.frechet_distance(corners, 2 * corners) == pytest.approx(4 / 3 + 16 / 3)


@pytest.mark.parametrize("distance", [metrics.frechet_distance, metrics.kernel_distance])
def test_distances_are_symmetric_and_blind_to_order(distance, random):
    a, b = random.normal(size=(60, 4)), random.normal(size=(90, 4)) * 2 + 1
    assert distance(a, b) == pytest.approx(distance(b, a))
    assert distance(a, b) == pytest.approx(distance(random.permutation(a), b))
    assert distance(a, b) > 1


@pytest.mark.parametrize("rows", [500, 20])  # 20 rows: a covariance without full rank
def test_frechet_distance_to_itself_is_zero(rows, random):
    features = random.normal(size=(rows, 64)).astype("float32")
    assert metrics.frechet_distance(features, features) == pytest.approx(0, abs=1e-6)
    assert metrics.frechet_distance(features, features) >= 0


def test_frechet_estimate_shrinks_with_more_samples(random):
    def floor(n):
        return metrics.frechet_distance(*random.normal(size=(2, n, 16)))

    assert floor(100) > 2 * floor(1000) > 4 * floor(10_000) > 0


# Kernel distance


def test_kernel_distance_by_hand():
    # D = 1, kernel (xy + 1)³, a = {0, 1}, b = {1, 2}: k(0, 1) = 1 within a, k(1, 2) = 27 within b,
    # and between them k(0, 1) = 1, k(0, 2) = 1, k(1, 1) = 8, k(1, 2) = 27.
    assert metrics.kernel_distance([[0.0], [1.0]], [[1.0], [2.0]]) == pytest.approx(1 + 27 - 2 * (1 + 1 + 8 + 27) / 4)


def test_kernel_distance_equals_the_plain_double_sum_across_blocks(random):
    a, b = random.normal(size=(1203, 3)), random.normal(size=(1101, 3)) + 0.5

    def kernel(x, y):
        return (x @ y.T / 3 + 1) ** 3

    within_a = kernel(a, a)[~np.eye(len(a), dtype=bool)].mean()
    within_b = kernel(b, b)[~np.eye(len(b), dtype=bool)].mean()
    assert metrics.kernel_distance(a, b) == pytest.approx(within_a + within_b - 2 * kernel(a, b).mean())


@pytest.mark.parametrize("rows", [20, 200])
def test_kernel_distance_of_equal_distributions_is_unbiased(rows, random):
    values = np.array([metrics.kernel_distance(*random.normal(size=(2, rows, 8))) for _ in range(200)])
    assert 0.25 < (values < 0).mean() < 0.85
    assert abs(values.mean()) < 4 * values.std() / np.sqrt(len(values))


def test_kernel_distance_of_a_moved_distribution_has_the_same_mean_at_any_size(random):
    def mean(rows):
        return np.mean(
            [
                metrics.kernel_distance(random.normal(size=(rows, 4)), random.normal(size=(rows, 4)) + 1)
                for _ in range(200)
            ]
        )

    assert mean(10) == pytest.approx(mean(100), rel=0.35)


# Precision, recall, density, coverage


def modes(random, *centres, rows=200):
    """Points around centres on the plane, tight against the distance between them."""
    return np.concatenate([random.normal(size=(rows, 2)) * 0.1 + centre for centre in centres])


def test_a_dropped_mode_costs_recall_only(random):
    real = modes(random, (0, 0), (10, 0), rows=400)
    precision, recall = metrics.precision_recall(real, modes(random, (0, 0), rows=800))
    assert precision > 0.95
    assert 0.4 < recall <= 0.5
    _, coverage = metrics.density_coverage(real, modes(random, (0, 0), rows=800))
    assert 0.4 < coverage <= 0.5


def test_an_invented_mode_costs_precision_only(random):
    generated = modes(random, (0, 0), (10, 0), rows=400)
    real = modes(random, (0, 0), rows=800)
    precision, recall = metrics.precision_recall(real, generated)
    assert 0.4 < precision <= 0.5
    assert recall > 0.95
    density, coverage = metrics.density_coverage(real, generated)
    assert 0.35 < density < 0.65
    assert coverage == pytest.approx(1 - (2 / 3) ** 5, abs=0.04)  # 400 generated beside 800 real


def test_sets_that_never_meet_score_zero(random):
    real, generated = modes(random, (0, 0)), modes(random, (50, 0))
    assert metrics.precision_recall(real, generated) == (0.0, 0.0)
    assert metrics.density_coverage(real, generated) == (0.0, 0.0)


def test_copies_are_perfect_fidelity_and_variety(random):
    real = random.normal(size=(300, 6))
    assert metrics.precision_recall(real, real[::-1]) == (1.0, 1.0)
    # Each copy lies in its own ball and, on average, in those of k others: (k + 1) / k.
    density, coverage = metrics.density_coverage(real, real[::-1], k=5)
    assert density == pytest.approx(6 / 5)
    assert coverage == 1.0


def test_real_against_real_has_density_one(random):
    density, coverage = metrics.density_coverage(*random.normal(size=(2, 2000, 8)))
    assert density == pytest.approx(1, abs=0.1)
    assert coverage == pytest.approx(1 - 0.5**5, abs=0.02)  # the expectation that the paper derives


def test_one_outlier_fools_recall_but_not_coverage(random):
    real = modes(random, (0, 0), (10, 0))
    generated = np.concatenate([modes(random, (0, 0), rows=397), [[10, 30], [40, 0], [5, -30]]])
    _, recall = metrics.precision_recall(real, generated)
    _, coverage = metrics.density_coverage(real, generated)
    assert recall > 0.95
    assert coverage <= 0.5


def test_balls_by_hand():
    real, generated = np.array([[0.0], [1.0], [9.0]]), np.array([[0.5], [30.0]])
    # On a line with k = 1, the real radii are 1, 1 and 8: the balls [-1, 1], [0, 2] and [1, 17]. Both generated
    # radii are 29.5: the balls [-29, 30] and [0.5, 59.5].
    assert metrics.precision_recall(real, generated, k=1) == (0.5, 1.0)
    # 0.5 lies in the balls of 0 and 1; 30 in none: (2 + 0) / (1 * 2), and two of three balls are met.
    assert metrics.density_coverage(real, generated, k=1) == (1.0, pytest.approx(2 / 3))


# Nearest neighbours


def test_nearest_neighbours_equal_brute_force(random):
    queries, references = random.normal(size=(57, 5)) + 100, random.normal(size=(43, 5)) + 100
    expected = np.linalg.norm(queries[:, None] - references, axis=2).min(axis=1)
    np.testing.assert_allclose(metrics.nearest_neighbour_distances(queries, references), expected, rtol=1e-9)


def test_blocks_change_nothing(random, monkeypatch):
    real, generated = random.normal(size=(2, 211, 3))
    module = __import__("gencourse.metrics.manifold", fromlist=["_PAIRS"])

    def all_of_them():
        return (
            *metrics.precision_recall(real, generated),
            *metrics.density_coverage(real, generated),
            *metrics.nearest_neighbour_distances(real, generated),
        )

    at_once = all_of_them()
    monkeypatch.setattr(module, "_PAIRS", 1000)  # four rows at a time
    assert all_of_them() == pytest.approx(at_once)


def test_a_copy_is_at_distance_zero(random):
    references = random.normal(size=(500, 64)).astype("float32") * 10
    assert metrics.nearest_neighbour_distances(references[7:9], references).max() < 1e-5


# Modes of a mixture


def ring(modes=8, radius=2.0):
    angles = 2 * np.pi * np.arange(modes) / modes
    return radius * np.stack([np.cos(angles), np.sin(angles)], axis=1)


def test_the_true_mixture_covers_all_modes(random):
    points = ring()[random.integers(8, size=4000)] + 0.1 * random.normal(size=(4000, 2))
    found = metrics.mode_coverage(points, ring(), std=0.1)
    assert found["modes_covered"] == 8
    assert found["share_within"] == pytest.approx(1 - np.exp(-4.5), abs=0.006)  # 98.9%
    assert found["counts"].sum() == round(found["share_within"] * 4000)


def test_lost_modes_strays_and_points_between():
    # 80 points at mode 0, 2 at mode 1 (a quarter of the fair share of 100 / 8 is 3.1), 4 at mode 2, 14 in the middle.
    means = ring()
    points = np.concatenate([np.repeat(means[:3], [80, 2, 4], axis=0), np.zeros((14, 2))])
    found = metrics.mode_coverage(points, means, std=0.1)
    assert found["modes_covered"] == 2
    assert found["share_within"] == pytest.approx(0.86)
    assert found["counts"].tolist() == [80, 2, 4, 0, 0, 0, 0, 0]


def test_within_is_a_radius_in_standard_deviations():
    points = np.repeat(ring() + np.array([0.25, 0]), 4, axis=0)
    assert metrics.mode_coverage(points, ring(), std=0.1, within=2.4)["share_within"] == 0
    assert metrics.mode_coverage(points, ring(), std=0.1, within=2.6)["share_within"] == 1


# Errors


@pytest.mark.parametrize(
    ("call", "received"),
    [
        (lambda: metrics.frechet_between_gaussians([0.0], [[1.0]], [0.0, 0.0], np.eye(2)), "shapes"),
        (lambda: metrics.frechet_between_gaussians([0.0], [[-1.0]], [0.0], [[1.0]]), "-1"),
        (lambda: metrics.frechet_between_gaussians([np.nan], [[1.0]], [0.0], [[1.0]]), "NaN"),
        (lambda: metrics.frechet_between_gaussians([0.0, 0.0], [[1.0, 2.0], [0.0, 1.0]], [0.0, 0.0], np.eye(2)), "off"),
        (lambda: metrics.frechet_distance(np.zeros((5, 3)), np.zeros((5, 4))), r"\(5, 3\) and \(5, 4\)"),
        (lambda: metrics.frechet_distance(np.zeros((1, 3)), np.zeros((5, 3))), "1 and 5"),
        (lambda: metrics.kernel_distance(np.zeros(3), np.zeros((5, 3))), r"\(3,\)"),
        (lambda: metrics.kernel_distance(np.full((5, 3), np.inf), np.zeros((5, 3))), "infinity"),
        (lambda: metrics.precision_recall(np.zeros((3, 2)), np.zeros((9, 2))), "3 and 9"),
        (lambda: metrics.precision_recall(np.zeros((9, 2)), np.zeros((9, 2)), k=0), "0"),
        (lambda: metrics.density_coverage(np.zeros((9, 2)), np.zeros((9, 2)), k=2.5), "2.5"),
        (lambda: metrics.nearest_neighbour_distances(np.zeros((0, 2)), np.zeros((9, 2))), "0 and 9"),
        (lambda: metrics.mode_coverage(np.zeros((100, 3)), ring(), std=0.1), r"\(100, 3\)"),
        (lambda: metrics.mode_coverage(np.zeros((10, 2)), ring(), std=0.1), "10"),
        (lambda: metrics.mode_coverage(np.zeros((100, 2)), ring(), std=0), "std=0"),
        (lambda: metrics.mode_coverage(np.full((100, 2), np.nan), ring(), std=1), "NaN"),
    ],
)
def test_errors_say_what_came(call, received):
    with pytest.raises(ValueError, match=f"Received: .*{received}"):
        call()


def test_total_variation_by_hand():
    # four cells: shares (1/2, 1/2, 0, 0) against (1/4, 1/4, 1/2, 0), and nothing outside
    points = np.array([[-1.0, -1.0], [-1.0, 1.0]])
    others = np.array([[-1.0, -1.0], [-1.0, 1.0], [1.0, -1.0], [1.0, -1.0]])
    assert metrics.total_variation(points, others, limit=2.0, cells=2) == pytest.approx(0.5)
    assert metrics.total_variation(points, points, limit=2.0, cells=2) == 0.0


def test_total_variation_counts_what_lies_outside():
    near, far = np.zeros((3, 2)), np.full((5, 2), 100.0)
    assert metrics.total_variation(near, far) == pytest.approx(1.0)
    assert metrics.total_variation(far, -far) == 0.0, "all that lies outside is one cell"


def test_total_variation_sees_clouds_that_are_too_narrow(random):
    wide, narrow = random.normal(size=(5000, 2)), 0.4 * random.normal(size=(5000, 2))
    floor = metrics.total_variation(wide, random.normal(size=(5000, 2)))
    assert metrics.total_variation(narrow, wide) > 3 * floor


@pytest.mark.parametrize("points", [np.zeros((3, 3)), np.zeros((0, 2)), np.full((2, 2), np.nan)])
def test_total_variation_names_bad_points(points):
    with pytest.raises(ValueError, match="Received: shape"):
        metrics.total_variation(points, np.zeros((2, 2)))
