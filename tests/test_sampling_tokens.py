"""Choosing the next symbol: against loops in NumPy, numbers worked by hand and frequencies."""

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from gencourse import runtime, sampling  # noqa: F401

quick = settings(max_examples=60, deadline=None)
# Few different values, so that there are ties.
LOGITS = arrays.arrays("float32", st.tuples(st.integers(1, 3), st.integers(1, 9)), elements=st.sampled_from(
    [-3.0, -1.0, -0.5, 0.0, 0.25, 1.0, 2.0, 4.0]
))  # fmt: skip


def softmax(logits):
    shares = np.exp(logits.astype("float64") - logits.max(axis=-1, keepdims=True))
    return shares / shares.sum(axis=-1, keepdims=True)


def likeliest_first(row):
    return sorted(range(len(row)), key=lambda i: (-row[i], i))


def check_the_kept(logits, kept, wanted):
    """What stays is what was wanted, unchanged: its probabilities keep their ratios."""
    stays = np.isfinite(kept)
    assert [set(np.flatnonzero(row)) for row in stays] == wanted
    np.testing.assert_array_equal(kept[stays], logits[stays])
    np.testing.assert_array_equal(kept[~stays], -np.inf)
    before = np.where(stays, softmax(logits), 0.0)
    np.testing.assert_allclose(softmax(kept), before / before.sum(axis=-1, keepdims=True), rtol=1e-6)


@quick
@given(LOGITS, st.integers(1, 12))
def test_top_k_keeps_exactly_k(logits, k):
    kept = sampling.keep_top_k(logits, k).numpy()
    check_the_kept(logits, kept, [set(likeliest_first(row)[:k]) for row in logits])


@quick
@given(LOGITS, st.floats(0.01, 0.99))
def test_top_p_keeps_the_smallest_set_that_holds_p(logits, p):
    wanted = []
    for row in logits:
        shares, chosen, total = softmax(row), set(), 0.0
        for i in likeliest_first(row):
            if abs(total - p) < 1e-5:
                return  # on the border, where rounding decides
            if total >= p:
                break
            chosen.add(i)
            total += shares[i]
        wanted.append(chosen)
    check_the_kept(logits, sampling.keep_top_p(logits, p).numpy(), wanted)


def test_top_p_by_hand():
    logits = np.log([[0.5, 0.1, 0.3, 0.1]]).astype("float32")
    for p, kept in ((0.4, {0}), (0.6, {0, 2}), (0.85, {0, 1, 2}), (1.0, {0, 1, 2, 3})):
        assert set(np.flatnonzero(np.isfinite(sampling.keep_top_p(logits, p).numpy()[0]))) == kept


def test_rules_inside_a_compiled_graph_are_the_same():
    logits = np.random.default_rng(0).integers(-3, 4, size=(5, 40)).astype("float32")
    for rule in (lambda x: sampling.keep_top_k(x, 7), lambda x: sampling.keep_top_p(x, 0.7), sampling.greedy):
        compiled = tf.function(rule, jit_compile=True)
        np.testing.assert_array_equal(compiled(logits), rule(logits))


def test_greedy_takes_the_first_of_equals():
    assert sampling.greedy([[0.0, 2.0, 2.0], [1.0, 1.0, 0.0]]).numpy().tolist() == [1, 0]


def test_temperature():
    logits = np.array([[0.0, 1.0, 3.0]], "float32")
    np.testing.assert_array_equal(sampling.with_temperature(logits, 1.0), logits)
    np.testing.assert_allclose(sampling.with_temperature(logits, 2.0), [[0.0, 0.5, 1.5]])
    np.testing.assert_allclose(softmax(sampling.with_temperature(logits, 0.01).numpy()), [[0, 0, 1]], atol=1e-6)
    np.testing.assert_allclose(softmax(sampling.with_temperature(logits, 1e6).numpy()), np.full((1, 3), 1 / 3), 1e-5)


def test_penalty_by_hand():
    logits = np.array([[4.0, 4.0, -1.0, -1.0, 0.0]], "float32")
    seen = np.array([[True, False, True, False, True]])
    expected = [[2.0, 4.0, -2.0, -1.0, 0.0]]
    np.testing.assert_array_equal(sampling.penalise_repetition(logits, seen, 2.0), expected)
    np.testing.assert_array_equal(sampling.penalise_repetition(logits, seen, 1), logits)


@pytest.mark.parametrize("compiled", [False, True])
def test_draws_have_the_frequencies_of_softmax(compiled):
    logits = np.array([0.0, 1.0, -np.inf, 2.0, -1.0, -np.inf, 0.5], "float32")
    n = 50_000
    draw = tf.function(sampling.draw, jit_compile=compiled)
    counts = np.bincount(draw(np.tile(logits, (n, 1)), tf.constant([3, 4])), minlength=7)
    expected = n * softmax(logits)
    assert not counts[np.isneginf(logits)].any()
    there = expected > 0
    chi_square = ((counts - expected)[there] ** 2 / expected[there]).sum()
    assert chi_square < 18.5  # one in a thousand draws of 5 symbols would lie above


def test_a_dropped_symbol_is_never_drawn_from_a_large_vocabulary():
    # The sums of a compiled graph are rounded in blocks, and rise a little where nothing is added.
    rng = np.random.default_rng(0)
    logits = 3 * rng.normal(size=(512, 1024)).astype("float32")
    logits[rng.random(logits.shape) < 0.7] = -np.inf
    shares = tf.nn.softmax(logits)
    heights = tf.function(lambda x: tf.cumsum(x, axis=-1), jit_compile=True)(shares).numpy()
    row, column = np.argwhere((np.diff(heights, axis=1) > 0) & (shares[:, 1:] == 0))[0]
    original = tf.random.stateless_uniform
    try:  # a throw that falls on exactly such a rise
        tf.random.stateless_uniform = lambda shape, key, maxval: tf.fill(shape, heights[row, column])
        drawn = tf.function(sampling.draw, jit_compile=True)(logits[row][None], tf.constant([0, 0]))
    finally:
        tf.random.stateless_uniform = original
    assert np.isfinite(logits[row, int(drawn[0])])


@quick
@given(LOGITS, st.integers(0, 2**31 - 1), st.integers(0, 1000))
def test_the_same_key_gives_the_same_draw(logits, seed, place):
    kept = sampling.keep_top_k(logits, 2)
    drawn = sampling.draw(kept, [seed, place]).numpy()
    assert drawn.dtype == np.int32
    np.testing.assert_array_equal(drawn, sampling.draw(kept, [seed, place]))
    assert np.isfinite(kept.numpy()[np.arange(len(drawn)), drawn]).all()


def test_other_keys_and_other_rows_give_other_draws():
    logits = np.zeros((30, 50), "float32")
    draws = [tuple(sampling.draw(logits, key).numpy()) for key in ([0, 0], [0, 1], [1, 0])]
    assert len(set(draws)) == 3
    assert len(set(draws[0])) > 10


@pytest.mark.parametrize(
    ("call", "received"),
    [
        (lambda x: sampling.keep_top_k(x, 0), "Received: 0"),
        (lambda x: sampling.keep_top_p(x, 0.0), "Received: 0.0"),
        (lambda x: sampling.keep_top_p(x, 1.1), "Received: 1.1"),
        (lambda x: sampling.with_temperature(x, 0), "Received: 0"),
        (lambda x: sampling.with_temperature(x, float("nan")), "Received: nan"),
        (lambda x: sampling.penalise_repetition(x, x > 0, 0.9), "Received: 0.9"),
        (lambda x: sampling.greedy(x[0]), r"Received: shape \(3,\)"),
        (lambda x: sampling.draw(x[None], [0, 0]), r"Received: shape \(1, 1, 3\)"),
    ],
)
def test_numbers_out_of_range_are_refused(call, received):
    with pytest.raises(ValueError, match=received):
        call(np.zeros((1, 3), "float32"))
