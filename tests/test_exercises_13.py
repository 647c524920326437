"""Exercises of lesson 13: right answers of many kinds pass, wrong ones fail with a sentence that names why."""

import numpy as np
import pytest
import tensorflow as tf
from answers import fails, passes, starter

from gencourse import exercises, losses, sampling
from gencourse.exercises import check, lesson_13


def test_every_exercise_has_hints():
    assert list(exercises.exercises_of("13")) == ["13.1", "13.2", "13.3", "13.4", "13.5"]


def softmax(*scores):
    exponentials = np.exp(scores)
    return (exponentials / exponentials.sum())[0]


AT_1, AT_HALF, OFTEN = softmax(2.5, 1.5, 0.8), softmax(5, 3, 1.6), softmax(1, 2, 0)


def test_13_1():
    assert "a quarter" in passes("13.1", ("tea", AT_1, AT_HALF, OFTEN))
    passes("13.1", [" Tea ", np.float32(0.645), tf.constant(0.855), 0.2447])
    fails("13.1", ("milk", AT_1, AT_HALF, OFTEN), "noise added")
    fails("13.1", ("sugar", AT_1, AT_HALF, OFTEN), "smallest")
    fails("13.1", (1, AT_1, AT_HALF, OFTEN), "should be")
    fails("13.1", ("tea", OFTEN, AT_HALF, OFTEN), "noise is missing")
    fails("13.1", ("tea", softmax(1.5, -0.5, 0.8), AT_HALF, OFTEN), "logits are missing")
    fails("13.1", ("tea", softmax(-0.5, 2.5, -0.8), AT_HALF, OFTEN), "not taken away")
    fails("13.1", ("tea", 2.5, AT_HALF, OFTEN), "that is the sum")
    fails("13.1", ("tea", 2.5 / 4.8, AT_HALF, OFTEN), "exponentials")
    fails("13.1", ("tea", np.exp(2.5), AT_HALF, OFTEN), "divide it")
    fails("13.1", ("tea", 1, AT_HALF, OFTEN), "hard draw")
    fails("13.1", ("tea", 0.4, AT_HALF, OFTEN), "does not begin with 0.4")
    fails("13.1", ("tea", AT_1, softmax(1.25, 0.75, 0.4), OFTEN), "multiplied")
    fails("13.1", ("tea", AT_1, softmax(3.5, 3.5, 0.8), OFTEN), "noise is divided")
    fails("13.1", ("tea", AT_1, softmax(4, 1, 1.6), OFTEN), "logits are divided")
    fails("13.1", ("tea", AT_1, softmax(2, 4, 0), OFTEN), "noise is missing")
    fails("13.1", ("tea", AT_1, AT_1 / 2, OFTEN), "no factor")
    fails("13.1", ("tea", AT_1, AT_1, OFTEN), "changed nothing")
    fails("13.1", ("tea", AT_1, 0.75, OFTEN), "5, 3 and 1.6")
    fails("13.1", ("tea", 0.64, 0.86, 0.24), "`how_often`", "three decimals")
    fails("13.1", ("tea", 100 * AT_1, 100 * AT_HALF, 100 * OFTEN), "`share_at_1`", "percent")
    fails("13.1", ("tea", softmax(2.5, 1.5), AT_HALF, OFTEN), "sugar stands in the sum")
    fails("13.1", ("tea", AT_1, AT_HALF, AT_1), "this one noise")
    fails("13.1", ("tea", AT_1, AT_HALF, AT_HALF), "this one noise")
    fails("13.1", ("tea", AT_1, AT_HALF, 1 / 3), "not alike")
    fails("13.1", ("tea", AT_1, AT_HALF, 1), "need not be")
    fails("13.1", ("tea", AT_1, AT_HALF, softmax(2, 4, 0)), "which word is the largest")
    fails("13.1", ("tea", AT_1, AT_HALF, 0.5), "not 0.5")
    fails("13.1", ("tea", AT_1, AT_HALF, ...), "not there yet")


B = (0.5 - 1 + np.log(2)) / 2


def test_13_2():
    mean, log_variance = np.float32([[2, 0, 0], [0, 0, 0]]), np.log(np.float32([[1, 0.5, 1], [1, 0.5, 1]]))
    each = losses.kl_to_standard_normal(mean, log_variance).numpy().mean(axis=0)
    assert "left in peace" in passes("13.2", (each[1], each.sum(), np.maximum(each, 0.5).sum(), 1))
    passes("13.2", [0.0966, 1.0966, 2, 1.0])
    fails("13.2", (2 * B, 1 + 2 * B, 2, 1), "half is missing")
    fails("13.2", ((0.5 - 1 - np.log(2)) / 2, 1, 2, 1), "logarithm's sign")
    fails("13.2", ((0.25 - 1 + np.log(4)) / 2, 1, 2, 1), "variance already")
    fails("13.2", ((np.sqrt(0.5) - 1 + np.log(2) / 2) / 2, 1, 2, 1), "σ is not needed")
    fails("13.2", (0.25, 1, 2, 1), "natural")
    fails("13.2", (0, 1, 2, 1), "not the prior")
    fails("13.2", (7, 1, 2, 1), "is not 7")
    fails("13.2", (0.1, 1.1, 2, 1), "three decimals")
    fails("13.2", (-0.2, 1, 2, 1), "none is below 0")
    fails("13.2", (B, 2 + B, 2, 1), "1 on average")
    fails("13.2", (B, 2 + 2 * B, 2, 1), "mean")
    fails("13.2", (B, (1 + B) / 3, 2, 1), "added up")
    fails("13.2", (B, 0.5 + B, 2, 1), "2² / 2")
    fails("13.2", (B, 9, 2, 1), "is not 9")
    fails("13.2", (B, 1 + B, 2.25, 1), "sentences comes first")
    fails("13.2", (B, 1 + B, 1.5, 1), "for each latent")
    fails("13.2", (B, 1 + B, 0.5, 1), "not taken off")
    fails("13.2", (B, 1 + B, 1 + B, 1), "without free bits")
    fails("13.2", (B, 1 + B, 1, 1), "no slope")
    fails("13.2", (B, 1 + B, 1.5 + B, 1), "below 0.5, too")
    fails("13.2", (B, 1 + B, 2.5, 1), "no surcharge")
    fails("13.2", (B, 1 + B, 7, 1), "not 7")
    fails("13.2", (B, 1 + B, 2, 3), "constant")
    fails("13.2", (B, 1 + B, 2, 2), "B and C")
    fails("13.2", (B, 1 + B, 2, 0), "latent A")
    fails("13.2", (B, 1 + B, 2, 8), "not 8")


def gumbel(u):
    return -tf.math.log(-tf.math.log(u))


def straight(shares, drawn):
    return shares + tf.stop_gradient(drawn - shares)


def soften(noise=gumbel, scale=lambda logits, noise, t: (logits + noise) / t, out=straight):
    def gumbel_softmax(logits, uniform, temperature):
        shares = tf.nn.softmax(scale(logits, noise(uniform), temperature))
        return out(shares, tf.one_hot(tf.argmax(shares, axis=-1), shares.shape[-1]))

    return gumbel_softmax


def test_13_3_right():
    assert "exact draw" in passes("13.3", soften())
    passes("13.3", lambda logits, u, t: sampling.gumbel_softmax(logits, t, gumbel(u), hard=True))
    passes("13.3", soften(noise=lambda u: gumbel(1 - u)))
    passes("13.3", soften(noise=lambda u: gumbel(tf.clip_by_value(u, 1e-6, 1 - 1e-6))))
    passes("13.3", soften(out=lambda shares, drawn: drawn + shares - tf.stop_gradient(shares)))
    passes("13.3", tf.function(soften()))

    def by_the_largest(logits, uniform, temperature):
        shares = tf.nn.softmax((logits - tf.math.log(-tf.math.log(uniform))) / temperature)
        drawn = tf.cast(shares == tf.reduce_max(shares, axis=1, keepdims=True), tf.float32)
        return straight(shares, drawn)

    passes("13.3", by_the_largest)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (soften(noise=lambda u: -gumbel(u)), ("sign of the noise",)),
        (soften(noise=tf.zeros_like), ("no noise",)),
        (soften(noise=lambda u: u), ("uniform as it came",)),
        (soften(noise=lambda u: -tf.math.log(u)), ("one logarithm is missing",)),
        (soften(noise=lambda u: tf.math.log(tf.math.log(u))), ("NaN", "log u is negative")),
        (soften(scale=lambda logits, noise, t: (logits + noise) * t), ("multiplies",)),
        (soften(scale=lambda logits, noise, t: logits + noise), ("does nothing",)),
        (soften(scale=lambda logits, noise, t: logits / t + noise), ("same bracket",)),
        (soften(out=lambda shares, drawn: shares), ("one-hot", "shares")),
        (soften(out=lambda shares, drawn: drawn), ("no gradient", "argmax")),
        (soften(out=lambda shares, drawn: drawn + tf.stop_gradient(shares - drawn)), ("turned round",)),
        (soften(noise=lambda u: -gumbel(u), out=lambda shares, drawn: drawn), ("sign of the noise", "no gradient")),
        (soften(noise=lambda u: 2 * gumbel(u)), ("should draw the symbols",)),
        (soften(out=lambda shares, drawn: straight(2 * shares, drawn)), ("the gradient is not that",)),
        (soften(out=lambda shares, drawn: straight(shares, 2 * drawn)), ("one-hot",)),
        (soften(out=lambda shares, drawn: shares.numpy()), ("NumPy cut",)),
        (soften(out=lambda shares, drawn: shares[:-1]), ("shape",)),
        (lambda logits, uniform, temperature: None, ("returns None",)),
        (lambda logits: logits, ("other parameters",)),
        (3.0, ("a function",)),
    ],
)
def test_13_3_wrong(answer, words):
    fails("13.3", answer, *words)


def zeroed(rewards, kept):
    return tf.where(kept, rewards, 0.0)


def future(rewards):
    return tf.cumsum(rewards, axis=1, reverse=True)


def mean_of_kept(values, kept):
    return tf.reduce_sum(tf.where(kept, values, 0.0)) / tf.reduce_sum(tf.cast(kept, tf.float32))


def policy(
    clean=zeroed, credit=future, advantage=lambda r, e: r - e, stop=tf.stop_gradient, mean=mean_of_kept, sign=-1.0
):
    def policy_loss(log_probabilities, rewards, expected, kept):
        return sign * mean(log_probabilities * stop(advantage(credit(clean(rewards, kept)), expected)), kept)

    return policy_loss


def in_a_loop(log_probabilities, rewards, expected, kept):
    total = 0.0
    for b in range(kept.shape[0]):
        for t in range(kept.shape[1]):
            if kept[b, t]:
                to_come = sum(float(rewards[b, s]) for s in range(t, kept.shape[1]) if kept[b, s])
                total -= log_probabilities[b, t] * (to_come - float(expected[b, t]))
    return total


def of_the_package(log_probabilities, rewards, expected, kept):
    to_come = losses.rewards_to_come(tf.where(kept, rewards, 0.0), 1.0)
    return losses.policy_gradient_loss(log_probabilities, to_come, expected, kept)


def test_13_4_right():
    assert "become likelier" in passes("13.4", policy())
    passes("13.4", in_a_loop)  # a sum instead of a mean
    passes("13.4", of_the_package)
    passes("13.4", tf.function(policy()))
    passes("13.4", lambda p, r, e, k: policy()(p, tf.stop_gradient(r), tf.stop_gradient(e), k))


def of_each_text(values, kept):
    inside = tf.cast(kept, tf.float32)
    return tf.reduce_mean(tf.reduce_sum(values * inside, axis=1) / tf.reduce_sum(inside, axis=1))


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (policy(sign=1.0), ("sign is turned",)),
        (policy(clean=lambda rewards, kept: rewards), ("behind a text's end are counted",)),
        (policy(credit=lambda rewards: tf.cumsum(rewards, axis=1)), ("what came before",)),
        (policy(credit=lambda rewards: rewards), ("own reward alone",)),
        (policy(credit=lambda r: tf.reduce_sum(r, axis=1, keepdims=True) + 0 * r), ("whole text's",)),
        (policy(advantage=lambda r, e: r + 0 * e), ("far noisier",)),
        (policy(advantage=lambda r, e: r + e), ("added where",)),
        (policy(stop=lambda x: x), ("tf.stop_gradient",)),
        (policy(mean=lambda values, kept: tf.reduce_mean(values)), ("nothing was chosen there",)),
        (policy(mean=of_each_text), ("one mean over all",)),
        (policy(credit=lambda rewards: future(rewards) ** 3), ("yours is not",)),
        (policy(stop=lambda x: x, sign=1.0), ("sign is turned", "tf.stop_gradient")),
        (lambda p, r, e, k: tf.reduce_mean(r), ("generator cannot learn",)),
        (lambda p, r, e, k: p * r, ("shape",)),
        (lambda p, r, e, k: None, ("returns None",)),
        (lambda p, r: p, ("other parameters",)),
        (lambda p, r, e, k: -tf.reduce_mean(p * (r * k - e)), ("True and False", "tf.where")),
    ],
)
def test_13_4_wrong(answer, words):
    fails("13.4", answer, *words)


def test_13_5():
    right = tuple(lesson_13.RIGHT.values())
    assert "the two worst" in passes("13.5", right)
    passes("13.5", [letter.lower() + " " for letter in right])
    fails("13.5", ("Q", "P", "T", "R", "S"), "gives a copier away")
    fails("13.5", ("R", "T", "P", "Q", "S"), "four in a row", "self-BLEU of 100")
    fails("13.5", ("R", "P", "T", "S", "Q"), "without copying")
    fails("13.5", ("R", "P", "S", "Q", "T"), "999")
    fails("13.5", ("R", "R", "T", "Q", "S"), "given to two models")
    fails("13.5", ("R", "P", "T", "Q", "X"), "one of the letters")
    fails("13.5", ("R", "P", "T", "Q", 4), "one of the letters")
    fails("13.5", "RPTQS", "5 parts")


def test_the_starters_run_and_every_bug_in_them_is_named():
    sentence = str(check("13.3", starter("13.3")))
    assert "stopped with" not in sentence
    for words in ("sign of the noise", "multiplies", "turned round"):
        assert words in sentence
    sentence = str(check("13.4", starter("13.4")))
    for words in ("behind a text's end are counted", "nothing was chosen", "sign is turned", "tf.stop_gradient"):
        assert words in sentence
