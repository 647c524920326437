"""More checks of lesson 04, which imports this module: unrelated texts at a temperature, and three numbers changed."""

import numpy as np

from gencourse.exercises import expect
from gencourse.exercises.core import Wrong, exercise

SYMBOLS = 6


def _network():
    """A small recurrent network with weights large enough that its predictions differ."""
    from gencourse import language

    network = language.build_recurrent(vocabulary_size=SYMBOLS, embedding_dim=4, units=(5,))
    rng = np.random.default_rng(7)
    network.set_weights([rng.normal(0.0, 1.0, weight.shape).astype("float32") for weight in network.get_weights()])
    return network


def _softmax(logits):
    shares = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return shares / shares.sum(axis=-1, keepdims=True)


@exercise(
    "04.4",
    title="two prompts, one temperature",
    hints=(
        "Give the texts in another order, or one of them alone: the answer for a text should not change. Then compare "
        "temperatures 0.1 and 10.",
        "A memory begins anew with each text. And dividing all shares by one number changes nothing once they are made "
        "to add up to 1 again: where must a temperature stand?",
        "Move `state = network.initial_state(1)` into the loop, and divide the logits by the temperature before the "
        "softmax.",
    ),
)
def next_shares(answer):
    """Mend the function: what comes next in each of several unrelated texts, at a temperature?

    def next_shares(network, texts, temperature):
        # texts: arrays of tokens, each (T,), which have nothing to do with each other
        # -> the probabilities of the next token after each text, (number of texts, V)
        rows, state = [], network.initial_state(1)
        for tokens in texts:
            logits, state = network.read(tokens[None], state)  # (1, T, V)
            shares = tf.nn.softmax(logits[0, -1]).numpy() / temperature
            rows.append(shares / shares.sum())
        return np.stack(rows)

    check("04.4", next_shares)
    """
    expect.function(answer, "next_shares", ("network", "texts", "temperature"))
    network, rng = _network(), np.random.default_rng(8)
    texts = [rng.integers(0, SYMBOLS, size).astype("int32") for size in (7, 4, 9)]
    because = {
        "incompatible shape": "Each text is read by itself, and `network.initial_state(1)` is the memory of one.",
        "unpack": "`read` is given a memory too; an empty one is `network.initial_state(1)`.",
    }
    heard = {"last token": [np.asarray(network.read(t[None, -1:], network.initial_state(1))[0])[0] for t in texts]}
    for kept in ("fresh", "carried"):
        state, rows = network.initial_state(1), []
        for tokens in texts:
            logits, new = network.read(tokens[None], state)
            state = new if kept == "carried" else state
            rows.append(np.asarray(logits)[0])
        heard[kept] = rows
    for temperature in (0.5, 2.0):
        found = expect.call(
            answer, network, [t.copy() for t in texts], temperature, name="next_shares", because=because
        )
        shape = (len(texts), SYMBOLS)
        found = expect.numbers(found, shape, f"with {len(texts)} texts at temperature {temperature}, the result")
        _check_shares(found, heard, temperature)
    return (
        "each text is read with an empty memory, and the temperature divides the logits, where it changes the "
        "proportions: p₁/p₂ becomes its 1/T-th power."
    )


def _check_shares(found, heard, temperature):
    def rows(kept, place, heat):
        return np.stack([_softmax(logits[place] * heat) for logits in heard[kept]])

    carried = (
        "the memory of one text is carried on into the next, which has nothing to do with it: begin each with "
        "`network.initial_state(1)`"
    )
    alone = "only the last token of each text is read, and what stands before it should be in the memory, too"
    states = {"fresh": None, "carried": carried, "last token": alone}
    heats = {
        1 / temperature: None,
        1.0: f"a temperature of {temperature} changes nothing. After the softmax it would be only a factor, which "
        "making the shares add up to 1 takes out again: divide the *logits* by it",
        temperature: "the temperature multiplies the logits where it should divide them: heat makes the draw more even",
    }
    places = {-1: None, 0: "the logits after the *first* token are used; the next token follows the last one"}
    for kept, state_why in states.items():
        for place, place_why in places.items():
            for heat, heat_why in heats.items():
                if np.allclose(found, rows(kept, place, heat), atol=1e-4):
                    why = [reason for reason in (state_why, place_why, heat_why) if reason]
                    if not why:
                        return
                    raise Wrong("; and ".join(why) + ".")
    right = rows("fresh", -1, 1 / temperature)
    if np.allclose(found, rows("fresh", -1, 1.0) / temperature, atol=1e-4):
        raise Wrong("the shares are divided by the temperature and no longer add up to 1: divide the *logits* by it.")
    if not np.allclose(found.sum(axis=1), 1.0, atol=1e-3):
        raise Wrong(
            f"each row should add up to 1, and the first adds up to {found[0].sum():.4g}: is the softmax there?"
        )
    if (found < 0).any():
        raise Wrong("some of the probabilities are negative: a softmax makes shares of the logits, and it is missing.")
    if np.allclose(found[0], right[0], atol=1e-4):
        raise Wrong("the first text is right and a later one is not: does something stay behind from the text before?")
    raise Wrong(
        f"at temperature {temperature} the first text should be followed by {_shown(right[0])}, and yours says "
        f"{_shown(found[0])}. What counts are the logits at the *last* place of a text that was read whole."
    )


def _shown(row):
    return ", ".join(f"{share:.3f}" for share in row)


@exercise(
    "04.5",
    title="three numbers changed",
    hints=(
        "At temperature T two symbols stand in the proportion exp((first logit - second logit) / T).",
        "The penalty makes a symbol *less* likely, whatever the sign of its logit. What does dividing do to -1?",
        "exp(1.5 / T) = 4, so T = 1.5 / ln 4. A positive logit is divided by the penalty, a negative one multiplied. "
        "And 2/T, 0.5/T and -1/T all go to the same number when T grows without end.",
    ),
)
def changed(answer):
    """Work out a temperature, a repetition penalty and a limit, for the logits 2, 0.5 and -1 of the symbols a, b and c.

    temperature = ...         # at which a is drawn four times as often as b
    penalised = (..., ..., ...)   # the logits of a, b and c with a penalty of 2, when a and c stand in the text already
    hot_share = ...           # what the probability of a comes to as the temperature grows without end
    check("04.5", (temperature, penalised, hot_share))
    """
    names = ("temperature", "penalised", "hot_share")
    temperature, penalised, hot = expect.parts(answer, *names)
    temperature, wanted = expect.number(temperature, "temperature"), 1.5 / np.log(4.0)
    if not expect.near(temperature, wanted, rel=0.01):
        for value, why in {
            1 / wanted: "that is one over it: the difference of the logits is divided *by* the temperature.",
            0.75: "that takes the logarithm to base 2; the softmax works with e.",
            1.5 / np.log10(4.0): "that takes the logarithm to base 10; the softmax works with e.",
            4.0: "at temperature 4 the proportion is exp(1.5 / 4), about 1.5.",
            1.0: "at temperature 1 the proportion is exp(1.5), about 4.5: a little more heat is needed.",
            1.5 / 4.0: "the proportion is exp(1.5 / T), not 1.5 / T.",
            2.5 / np.log(4.0): "the logits of a and b differ by 1.5.",
            np.log(4.0): "that is ln 4, which 1.5 / T should be.",
        }.items():
            if expect.near(temperature, value, rel=0.01):
                raise Wrong(f"`temperature` is not {temperature:.4g}: {why}")
        if expect.near(temperature, wanted, rel=0.05):
            raise Wrong(f"`temperature` is not {temperature:.4g}, but nearly: give two more digits.")
        raise Wrong(f"`temperature` is not {temperature:.4g}: solve exp((2 - 0.5) / T) = 4.")
    penalised = expect.parts(penalised, "a", "b", "c")
    penalised = tuple(
        expect.number(value, f"the logit of {name}") for name, value in zip("abc", penalised, strict=True)
    )
    for values, why in {
        (1.0, 0.5, -0.5): "dividing -1 by 2 gives -0.5, which makes c *more* likely: a negative logit is multiplied",
        (4.0, 0.5, -2.0): "multiplying 2 makes a more likely: a positive logit is divided",
        (4.0, 0.5, -0.5): "this rewards repetition: divide the positive logit and multiply the negative one",
        (1.0, 0.25, -2.0): "b does not stand in the text, so its logit stays",
        (1.0, 0.25, -0.5): "b does not stand in the text, and dividing -1 by 2 makes c more likely",
        (0.0, 0.5, -3.0): "that takes the penalty away; it is a factor",
        (2.0, 0.5, -1.0): "nothing has changed yet",
        (1.0, 0.5, -1.0): "c stands in the text, too",
        (2.0, 0.5, -2.0): "a stands in the text, too",
    }.items():
        if all(expect.near(x, y) for x, y in zip(penalised, values, strict=True)):
            raise Wrong(f"`penalised` is not {values} yet: {why}.")
    if not all(expect.near(x, y) for x, y in zip(penalised, (1.0, 0.5, -2.0), strict=True)):
        shown = ", ".join(f"{value:g}" for value in penalised)
        raise Wrong(f"`penalised` is not ({shown}): the logits of a and c change, that of b stays.")
    hot = expect.number(hot, "hot_share")
    if not expect.near(hot, 1 / 3, rel=0.02) and not expect.near(hot, 100 / 3, rel=0.02):  # a share, or per cent
        if expect.near(hot, 1.0) or expect.near(hot, 100.0):
            raise Wrong("`hot_share` is not 1: that is the other end, where the temperature goes to 0.")
        if expect.near(hot, 0.0):
            raise Wrong("`hot_share` is not 0: no symbol dies out; all three become alike.")
        if expect.near(hot, 0.7856, rel=0.01):
            raise Wrong("`hot_share` is not 0.7856: that is the share at temperature 1. Try 10, 100, 1000.")
        if expect.near(hot, 0.5):
            raise Wrong("`hot_share` is not 0.5: there are three symbols, and in the heat all are alike.")
        raise Wrong(f"`hot_share` is not {hot:.4g}: divided by a huge T, all three logits are nearly 0.")
    return (
        "T = 1.08; logits 1, 0.5 and -2; and a third. Heat makes all symbols alike, cold leaves only the likeliest, "
        "and a penalty that merely divided would push up what it should hold down."
    )
