"""Checks 13.3 and 13.4: a Gumbel-softmax and a policy-gradient loss with bugs, judged by what they do."""

import itertools

import numpy as np

from gencourse.exercises import expect
from gencourse.exercises.core import Wrong, exercise

__all__ = ["gumbel_softmax", "policy_loss"]

DRAWS = 6000  # noises for each of the three rows of logits
NOISES = {
    "gumbel": "",
    "mirrored": "",  # of 1 - u, which is as uniform as u
    "flipped": "the sign of the noise is turned: it is -log(-log u), and a flipped one does not draw from the softmax",
    "none": "no noise is added, so the likeliest symbol is drawn each time",
    "uniform": "the noise is uniform as it came: a Gumbel variable is made of it by -log(-log u)",
    "exponential": "one logarithm is missing: the noise is -log(-log u)",
}
TEMPERATURES = {
    "divided": "",
    "multiplied": "the temperature multiplies where it should divide: the lower, the softer",
    "ignored": "the temperature does nothing",
    "logits only": "the temperature divides the logits alone; the noise belongs into the same bracket",
}
HARDNESS = {
    "straight": "",
    "soft": "what comes out are shares: the draw should be one-hot, with the gradient of the shares",
    "dead": "what comes out is one-hot, and no gradient reaches the logits: an argmax has none, and none goes "
    "through NumPy",
    "reversed": "what comes out are the shares, and without a gradient: straight-through is turned round, or NumPy cut "
    "the path",
}


def _shares(scores):
    exponentials = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return exponentials / exponentials.sum(axis=-1, keepdims=True)


def _noise(kind, uniform):
    with np.errstate(all="ignore"):
        return {
            "gumbel": lambda: -np.log(-np.log(uniform)),
            "mirrored": lambda: -np.log(-np.log1p(-uniform)),
            "flipped": lambda: np.log(-np.log(uniform)),
            "none": lambda: np.zeros_like(uniform),
            "uniform": lambda: uniform,
            "exponential": lambda: -np.log(uniform),
        }[kind]()


def _expected(logits, uniform, temperature, weights, noise, scale, hardness):
    """What a variant gives, and the gradient of its sum with weights; None for no gradient."""
    noise = _noise(noise, uniform)
    factor = {"divided": 1 / temperature, "multiplied": temperature, "ignored": 1.0, "logits only": 1 / temperature}
    factor = factor[scale]
    shares = _shares(logits * factor + noise if scale == "logits only" else (logits + noise) * factor)
    drawn = np.eye(logits.shape[1])[shares.argmax(axis=-1)]
    slope = factor * shares * (weights - (weights * shares).sum(axis=-1, keepdims=True))
    return (shares if hardness in ("soft", "reversed") else drawn), (
        slope if hardness in ("straight", "soft") else None
    )


@exercise(
    "13.3",
    title="Gumbel-softmax with bugs",
    hints=(
        "Test it as section 5 did: draw many times and count. Then ask a GradientTape for the gradient of one entry. "
        "Then try a very low and a very high temperature.",
        "Three lines, one bug in each: the sign of the noise, what the temperature does, and what value and which "
        "gradient the last line hands out.",
        "-tf.math.log(-tf.math.log(uniform)); softmax((logits + noise) / temperature); shares + "
        "tf.stop_gradient(drawn - shares).",
    ),
)
def gumbel_softmax(answer):
    """Mend a straight-through Gumbel-softmax.

    def gumbel_softmax(logits, uniform, temperature):
        # logits, uniform: (B, V) -> (B, V), one-hot rows, with the gradient of the shares
        noise = tf.math.log(-tf.math.log(uniform))
        shares = tf.nn.softmax(temperature * (logits + noise))
        drawn = tf.one_hot(tf.argmax(shares, axis=-1), shares.shape[-1])
        return drawn + tf.stop_gradient(shares - drawn)

    check("13.3", gumbel_softmax)
    """
    import tensorflow as tf

    expect.function(answer, "gumbel_softmax", ("logits", "uniform", "temperature"))
    rng = np.random.default_rng(13)
    rows = np.array([[1.0, 2.0, 0.0, -1.0], [0.0, 0.0, 0.0, 0.0], [3.0, -1.0, 0.5, 2.5]])
    logits = np.repeat(rows, DRAWS, axis=0)
    uniform = rng.uniform(1e-6, 1 - 1e-6, logits.shape).astype("float32").astype("float64")
    weights = rng.normal(size=logits.shape)
    for temperature in (0.7, 2.5):
        given = tf.Variable(logits, dtype=tf.float32)
        with tf.GradientTape() as tape:
            result = expect.call(answer, given, tf.constant(uniform, tf.float32), temperature, name="gumbel_softmax")
            expect.numbers(result, logits.shape, "what your function returns", finite=False)
            result = tf.convert_to_tensor(result)
            total = tf.reduce_sum(tf.cast(result, tf.float32) * tf.constant(weights, tf.float32))
        slope = tape.gradient(total, given)
        found = np.asarray(result, np.float64), None if slope is None else np.asarray(slope, np.float64)
        if not np.isfinite(found[0]).all():
            raise Wrong("the result holds NaN or infinite values. log u is negative: is there a minus before it?")
        _name_the_slips(found, (logits, uniform, temperature, weights))
        _judge_unknown(found, rows, (logits, uniform, temperature, weights))
    return (
        "an exact draw, one-hot, and a gradient for every logit. The gradient is that of the shares, so it is slightly "
        "wrong for the draw: that is the price of having one."
    )


def _same(found, wanted) -> bool:
    (value, slope), (right, right_slope) = found, wanted
    if (slope is None) != (right_slope is None) and not (right_slope is None and not slope.any()):
        return False
    close = np.isclose(value, right, rtol=1e-3, atol=1e-4).all(axis=1).mean() > 0.995
    return close and (
        right_slope is None or np.isclose(slope, right_slope, rtol=1e-2, atol=1e-3).all(axis=1).mean() > 0.99
    )


def _name_the_slips(found, given) -> None:
    for choice in itertools.product(NOISES, TEMPERATURES, HARDNESS):
        slips = [part[name] for part, name in zip((NOISES, TEMPERATURES, HARDNESS), choice, strict=True)]
        if choice[1] == "logits only" and choice[0] == "none":
            continue
        if _same(found, _expected(*given, *choice)):
            if any(slips):
                raise Wrong("; ".join(filter(None, slips)) + ".")
            return


def _judge_unknown(found, rows, given) -> None:
    """Properties that hold for every right answer, for answers that are like no known one."""
    value, slope = found
    if slope is None or not np.abs(slope).max() > 0:
        raise Wrong("no gradient reaches the logits: between logits and result everything must be TensorFlow's.")
    if not np.allclose(np.sort(value, axis=1), [0, 0, 0, 1], atol=1e-3):
        raise Wrong("each row should be one-hot: a 1 for the symbol that is drawn, and 0 for the others.")
    counts = value.reshape(len(rows), DRAWS, -1).mean(axis=1)
    if not np.allclose(counts, _shares(rows), atol=0.03):
        far = int(np.abs(counts - _shares(rows)).max(axis=1).argmax())
        raise Wrong(
            f"logits {rows[far]} should draw the symbols with the shares {_shares(rows)[far].round(2)}; yours draws "
            f"them with {counts[far].round(2)}."
        )
    if not any(_same(found, _expected(*given, noise, "divided", "straight")) for noise in ("gumbel", "mirrored")):
        raise Wrong(
            "the draws are right, and the gradient is not that of softmax((logits + noise) / temperature): which "
            "temperature, and which noise, does it see?"
        )


DIRECTIONS = {
    "future": "",
    "past": "a choice is credited with what came before it; it can only cause what comes after",
    "own": "each choice gets its own reward alone; those that follow belong to it as well",
    "all": "each choice is credited with the whole text's rewards, and it cannot have caused the earlier ones",
}
BEHIND = {"dropped": "", "counted": "rewards behind a text's end are counted: no choice of the text earned them"}
BASELINES = {
    "taken off": "",
    "missing": "what was expected is not taken off: without it the gradient is right on average, and far noisier",
    "added": "what was expected is added where it should be taken off",
}
PLACES = {"kept": "", "all": "places behind a text's end are learnt from, though nothing was chosen there"}
TYPES = {"bool": "`kept` holds True and False: take tf.where(kept, numbers, 0.0), or make it 1 and 0 with tf.cast."}
SIGNS = {1: "", -1: "the sign is turned: a loss is made smaller, so this one makes rewarded choices rarer"}


def _slope(rewards, expected, kept, direction, behind, baseline, places, sign):
    """The gradient of a variant with respect to the log-probabilities, up to a positive factor."""
    counted = np.where(kept, rewards, 0.0) if behind == "dropped" else rewards
    credit = {
        "future": lambda: np.cumsum(counted[:, ::-1], axis=1)[:, ::-1],
        "past": lambda: np.cumsum(counted, axis=1),
        "own": lambda: counted,
        "all": lambda: np.broadcast_to(counted.sum(axis=1, keepdims=True), counted.shape),
    }[direction]()
    credit = credit - {"taken off": 1.0, "missing": 0.0, "added": -1.0}[baseline] * expected
    return -sign * np.where(kept | (places == "all"), credit, 0.0)


@exercise(
    "13.4",
    title="policy gradient with bugs",
    hints=(
        "Ask a GradientTape for the gradient with respect to each input. Which of them may have one? Which way should "
        "a log-probability move whose reward was better than expected?",
        "Behind a text's end nothing was chosen: neither the rewards nor the log-probabilities there may count. And an "
        "advantage is a number to the generator: no gradient flows into it.",
        "rewards = tf.where(kept, rewards, 0.0) first; advantages = tf.stop_gradient(to_come - expected); then minus "
        "the mean of log_probabilities * advantages over the kept places, as losses.masked_mean takes it.",
    ),
)
def policy_loss(answer):
    """Mend the loss of a policy gradient, without discount.

    def policy_loss(log_probabilities, rewards, expected, kept):
        # all (B, T); `kept` is False behind a text's end -> a scalar
        to_come = tf.cumsum(rewards, axis=1, reverse=True)
        advantages = to_come - expected
        return tf.reduce_mean(log_probabilities * advantages)

    check("13.4", policy_loss)
    """
    import tensorflow as tf

    expect.function(answer, "policy_loss", ("log_probabilities", "rewards", "expected", "kept"))
    for seed, lengths in ((3, (5, 2, 3)), (4, (4, 4)), (5, (1, 6))):
        rng = np.random.default_rng(seed)
        shape = (len(lengths), max(lengths))
        kept = np.arange(shape[1]) < np.array(lengths)[:, None]
        arrays = [np.log(rng.uniform(0.05, 0.9, shape)), rng.normal(size=shape), rng.normal(0.0, 0.5, shape)]
        variables = [tf.Variable(array, dtype=tf.float32) for array in arrays]
        with tf.GradientTape() as tape:
            loss = expect.call(answer, *variables, tf.constant(kept), name="policy_loss", because=TYPES)
            expect.numbers(loss, (), "what your function returns")
            loss = tf.convert_to_tensor(loss)
        slopes = [None if s is None else tf.convert_to_tensor(s).numpy() for s in tape.gradient(loss, variables)]
        if slopes[0] is None or not slopes[0].any():
            raise Wrong("no gradient reaches `log_probabilities`, and the generator cannot learn.")
        _right_slopes(slopes, arrays, kept)
    return (
        "choices that brought more than expected become likelier, others rarer, and nothing else moves. The loss "
        "itself may be any number: only its gradient means something."
    )


def _right_slopes(slopes, arrays, kept) -> None:
    """Expect the gradient of a policy-gradient loss, up to a positive factor, and name every slip."""
    slips, (found, into_rewards, into_expected) = [], slopes
    _, rewards, expected = arrays
    variants = itertools.product(DIRECTIONS, BEHIND, BASELINES, PLACES, SIGNS)
    named = next((v for v in variants if _proportional(found, _slope(rewards, expected, kept, *v))), None)
    if named:
        parts = (DIRECTIONS, BEHIND, BASELINES, PLACES, SIGNS)
        slips += [part[name] for part, name in zip(parts, named, strict=True) if part[name]]
    else:
        right = _slope(rewards, expected, kept, "future", "dropped", "taken off", "kept", 1)
        if all(_proportional(row, wanted) for row, wanted in zip(found, right, strict=True)):
            slips.append("a short text counts as much as a long one, so its words weigh more: take one mean over all")
        else:
            slips.append(
                "the gradient of each kept log-probability should be minus (the rewards from there to the text's end, "
                "less what was expected there), all divided by one number; yours is not"
            )
    if (into_expected is not None and into_expected.any()) or (into_rewards is not None and into_rewards.any()):
        slips.append(
            "a gradient flows into the advantage, so that rewards or the critic would be bent to please the generator: "
            "tf.stop_gradient"
        )
    if slips:
        raise Wrong("; ".join(slips) + ".")


def _proportional(found, wanted) -> bool:
    """Whether `found` is a positive number times `wanted`."""
    size = float((wanted**2).sum())
    factor = float((found * wanted).sum()) / size if size else 0.0
    return factor > 1e-6 and np.allclose(found, factor * wanted, rtol=1e-3, atol=1e-4 * factor)
