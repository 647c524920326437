"""Exercises of lesson 09: right answers of many kinds pass, wrong ones fail with a sentence that names why."""

import itertools
from collections import Counter

import numpy as np
import pytest
import tensorflow as tf
from answers import fails, passes, starter

from gencourse import exercises, language
from gencourse.exercises import check, counts_09

E = np.e
W1, W2 = E / (E + 1), 1 / (E + 1)


def test_every_exercise_has_hints():
    assert list(exercises.exercises_of("09")) == ["09.1", "09.2", "09.3", "09.4", "09.5"]


def test_09_1():
    gets = 10 * W1 + 20 * W2
    assert "not written yet" in passes("09.1", (W1, W2, 0, gets))
    passes("09.1", [np.float32(0.731), tf.constant(0.269), 0.0, 12.69])
    passes("09.1", np.array([W1, W2, 0, gets]))
    passes("09.1", ([W1, W2, 0], gets))
    passes("09.1", (np.array([W1, W2, 0]), gets))
    passes("09.1", (73.1, 26.9, 0, 12.69))
    everybody = np.exp([2, 1, 6]) / np.exp([2, 1, 6]).sum()
    fails("09.1", (*everybody, 88), "the mask sets its weight to 0")
    fails("09.1", (everybody[0], everybody[1], 0, 1), "mask the scores")
    fails("09.1", (0.881, 0.119, 0, 11.19), "division is missing")
    fails("09.1", (0.622, 0.378, 0, 13.78), "not by d = 4")
    fails("09.1", (0.76, 0.24, 0, 12.4), "not the tokens")
    fails("09.1", (4 / 6, 2 / 6, 0, 13.3), "exponentials")
    fails("09.1", (2, 1, 0, 40), "those are the scores")
    fails("09.1", (4, 2, 12, gets), "inner products")
    fails("09.1", (2, 1, 6, gets), "still to be masked")
    fails("09.1", (E**2 / (E**2 + E + 1), E / (E**2 + E + 1), 1 / (E**2 + E + 1), gets), "minus infinity")
    fails("09.1", (W2, W1, 0, gets), "swapped")
    fails("09.1", (1, 0, 0, 10), "not a choice")
    fails("09.1", (0.2, 0.2, 0, 10), "sum to 0.4")
    fails("09.1", (0.2, 0.2, 0.6, 10), "comes later")
    fails("09.1", (0.9, 0.1, 0, 11), "softmax make of 2 and 1")
    fails("09.1", (W1, W2, 0, 15), "plain mean")
    fails("09.1", (W1, W2, 0, gets / 2), "divide by nothing")
    fails("09.1", (W1, W2, 0, 7), "weight times value")
    fails("09.1", (W1, W2, ..., 7), "not there yet")
    fails("09.1", 1, "4 parts")


def head(scale=lambda d: d**0.5, axis=1, keep=np.tril, mask="before"):
    def causal_head(queries, keys, values):
        scores = queries @ keys.T / scale(queries.shape[1])
        kept = keep(np.ones_like(scores))
        if mask == "before":
            scores = np.where(kept > 0, scores, -np.inf)
        weights = np.exp(scores) / np.exp(scores).sum(axis=axis, keepdims=True)
        return (weights * kept if mask in ("after", "shared again") else weights) @ values

    return causal_head


def in_a_loop(queries, keys, values):
    means = []
    for place, query in enumerate(queries):
        shares = np.exp([query @ key / len(query) ** 0.5 for key in keys[: place + 1]])
        means.append(sum(s * v for s, v in zip(shares / shares.sum(), values, strict=False)))
    return means


def shared_again(queries, keys, values):
    weights = np.tril(np.exp(queries @ keys.T / np.sqrt(keys.shape[-1])))
    return weights / weights.sum(axis=1, keepdims=True) @ values


def test_09_2_right():
    assert "nothing from the future" in passes("09.2", head())
    passes("09.2", in_a_loop)
    passes("09.2", shared_again)
    passes("09.2", lambda q, k, v: language.causal_attention(*(x[None, None] for x in (q, k, v)))[0][0, 0])
    passes(
        "09.2",
        lambda q, k, v: tf.nn.softmax(q @ k.T / k.shape[1] ** 0.5 - 1e9 * np.triu(np.ones((len(q),) * 2), 1)) @ v,
    )


def over_tokens(queries, keys, values):
    return head(scale=lambda d: len(queries) ** 0.5)(queries, keys, values)


def half_mended(queries, keys, values):
    scores = np.where(np.tril(np.ones((len(queries),) * 2)) > 0, queries @ keys.T / keys.shape[1] ** 0.5, -np.inf)
    return np.exp(scores) / np.exp(scores).sum(axis=1) @ values


def zeroed(queries, keys, values):
    weights = np.exp(np.tril(queries @ keys.T / keys.shape[1] ** 0.5))
    return weights / weights.sum(axis=1, keepdims=True) @ values


def spoil(queries, keys, values):
    result = head()(queries, keys, values)
    values *= 0
    return result


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (head(scale=lambda d: 1), ("not divided by √d",)),
        (head(scale=lambda d: d), ("divided by d where",)),
        (head(scale=lambda d: d**-0.5), ("multiplied by √d",)),
        (over_tokens, ("number of tokens",)),
        (head(axis=0), ("down the columns",)),
        (half_mended, ("keepdims=True",)),
        (head(keep=lambda x: np.tril(x, 1)), ("one too far",)),
        (zeroed, ("e⁰ = 1",)),
        (head(keep=np.triu), ("wrong way round",)),
        (head(keep=lambda x: np.tril(x, -1)), ("itself",)),
        (head(mask="after"), ("after the softmax",)),
        (head(mask="none"), ("nothing is masked",)),
        (head(scale=lambda d: 1, mask="after", keep=np.triu), ("√d", "wrong way round", "after the softmax")),
        (head(scale=lambda d: 1, axis=0), ("√d", "columns")),
        (lambda q, k, v: np.nan * v, ("NaN",)),
        (lambda q, k, v: v[::-1], ("own value",)),
        (lambda q, k, v: v, ("should get",)),
        (lambda q, k, v: head()(q, k, v)[:-1], ("shape",)),
        (lambda q, k, v: None, ("returns None",)),
        (lambda q: q, ("other parameters",)),
        (spoil, ("copies",)),
        (3.0, ("a function",)),
    ],
)
def test_09_2_wrong(answer, words):
    fails("09.2", answer, *words)


def merged(words, times):
    """Byte-pair encoding of {word: count}: the pieces in order."""
    words, made = {tuple(word): count for word, count in words.items()}, []
    for _ in range(times):
        pairs = Counter()
        for pieces, count in words.items():
            for pair in itertools.pairwise(pieces):
                pairs[pair] += count
        (best, most), (_, next_most) = pairs.most_common(2)
        assert most > next_most, "a tie would leave two right answers"
        made.append("".join(best))
        words = {tuple("|".join(p).replace("|".join(best), made[-1]).split("|")): n for p, n in words.items()}
    return made


def test_09_3():
    assert merged({"hen": 4, "then": 5, "ten": 6, "pen": 3}, 3) == ["en", "hen", "ten"]
    passes("09.3", ("en", "hen", "ten", 5))
    passes("09.3", ["e·n", " HEN", "t en", np.int64(5)])
    passes("09.3", (("e", "n"), "h+en", "t-en", 5))
    fails("09.3", ("en", "hen", "ten", ["t", "hen", "p", "en", "s"]), "how many")
    fails("09.3", ("he", "en", "ten", 5), "9 times")
    fails("09.3", ("th", "en", "ten", 5), "in every word")
    fails("09.3", ("en", "he", "ten", 5), "no h stands beside an e")
    fails("09.3", ("en", "then", "ten", 5), "two neighbours")
    fails("09.3", ("en", "ten", "hen", 5), "6 times")
    fails("09.3", ("en", "th", "hen", 5), "5 times")
    fails("09.3", ("en", "pen", "hen", 5), "count all pairs anew")
    fails("09.3", ("en", "hen", "then", 5), "longer piece")
    fails("09.3", ("en", "hen", "pen", 5), "fewest")
    fails("09.3", ("en", "hen", "th", 5), "count all pairs anew")
    fails("09.3", ("en", "hen", "ten", 4), "one piece is missing")
    fails("09.3", ("en", "hen", "ten", 8), "letters")
    fails("09.3", ("en", "hen", "ten", 6), "no space")
    fails("09.3", ("en", "hen", "ten", 7), "in order")
    fails("09.3", ("en", "hen", 1, 7), "should be a string")
    fails("09.3", "en", "4 parts")


def test_09_4():
    a, b = 1.2 / np.log(2), 1.22 / np.log(2)
    assert "by little" in passes("09.4", (a, b, "A"))
    passes("09.4", (np.float32(1.731), 1.76, " a "))
    passes("09.4", (a, b, "model A"))
    fails("09.4", (1.7, 1.8, "A"), "two decimals")
    fails("09.4", (b, a, "B"), "for model B")
    fails("09.4", (a, a, "B"), "for model A")
    fails("09.4", (3.36 * 41_000, b, "A"), "nats of the whole text")
    fails("09.4", (a * 114_800, b, "A"), "bits of the whole text")
    fails("09.4", (a, b * 114_800, "A"), "bits of the whole text")
    fails("09.4", (a, b, "B"), "fewer bits")
    fails("09.4", (3.36 / np.log(2), b, "B"), "`bits_a`", "per *token*")
    fails("09.4", (1.2, b, "A"), "nats per character")
    fails("09.4", (3.36, b, "A"), "as they were given")
    fails("09.4", (13.57, b, "A"), "costs less")
    fails("09.4", (1.2 * np.log(2), b, "A"), "*divides*")
    fails("09.4", (np.exp(3.36), b, "A"), "perplexity")
    fails("09.4", (7, b, "A"), "is not 7")
    fails("09.4", (a, 1.22, "A"), "`bits_b`", "nats")
    fails("09.4", (a, b / 2.8, "A"), "characters already")
    fails("09.4", (a, b, "C"), 'should be "A" or "B"')
    fails("09.4", (a, b, 1), 'should be "A" or "B"')
    fails("09.4", (a, b), "3 parts")


def test_09_5():
    assert (counts_09.WITHOUT, counts_09.WITH, counts_09.FORGOTTEN) == (6_195_200, 61_952, 405_504)
    assert "exactly 100 times" in passes("09.5", (6_195_200, 61_952, 405_504))
    passes("09.5", (6.1952e6, 61_952.0, np.int64(405_504)))
    passes("09.5", np.array([6_195_200, 61_952, 405_504]))
    fails("09.5", (6.1952, 0.061952, 0.405504), "write all of it")
    fails("09.5", (6_195_200, 61_952, 4.06e5), "round so early")
    fails("09.5", (1_356_800, 61_952, 1), "D² is 64")
    fails("09.5", (6_120_576, 61_952, 1), "asks as well")
    fails("09.5", (291_526_400, 61_952, 1), "all 100 tokens")
    fails("09.5", (6_195_200, 61_952, 99 * 64), "each of them costs D")
    fails("09.5", (6_195_200, 61_952, 811_008), "values are kept")
    fails("09.5", (6_195_200, 61_952, 1_622_016), "the others rest")
    fails("09.5", (6_195_200, 61_952, 6_133_248), "a whole cache")
    fails("09.5", (61_952, 6_195_200, 1), "with a cache")
    fails("09.5", (4_915_200, 61_952, 1), "attention is missing")
    fails("09.5", (4_928_000, 61_952, 1), "all 100 places ask")
    fails("09.5", (5_561_600, 61_952, 1), "masked pairs")
    fails("09.5", (1_280_000, 61_952, 1), "matrices are missing")
    fails("09.5", (7, 61_952, 1), "`without` is not 7")
    fails("09.5", (6_195_200, 6_195_200, 1), "without a cache")
    fails("09.5", (6_195_200, 49_152, 1), "still asks all 100")
    fails("09.5", (6_195_200, 49_280, 1), "not one")
    fails("09.5", (6_195_200, 61_824, 1), "itself, too")
    fails("09.5", (6_195_200, 1_329_152, 1), "only the new place asks")
    fails("09.5", (6_195_200, 12_800, 1), "goes through them once")
    fails("09.5", (6_195_200, 61_952, 409_600), "in any case")
    fails("09.5", (6_195_200, 61_952, 467_456), "how many *more*")
    fails("09.5", (6_195_200, 61_952, 4_866_048), "only the matrix of the keys")
    fails("09.5", (6_195_200, 61_952, 4_096), "one key")
    fails("09.5", (6_195_200, 61_952, 12_672), "pairs")
    fails("09.5", (6_195_200, 61_952, 5), "`forgotten_keys` is not 5")
    fails("09.5", (6_195_200, 61_952, ...), "not there yet")


def test_the_starter_runs_and_every_bug_in_it_is_named():
    sentence = str(check("09.2", starter("09.2")))
    assert "stopped with" not in sentence
    assert "divided by √d" in sentence
