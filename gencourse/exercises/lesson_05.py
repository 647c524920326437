"""Checks of lesson 05: two piles by hand, the losses, the penalty, a critic that judges alone, and three logs to read.

The starter code that the notebook shows stands in the docstring of each check, planted bugs included. It takes `import
keras`, `import numpy as np` and `import tensorflow as tf` for granted. The checks meet small tensors and small critics
of their own.
"""

import numpy as np

from gencourse.exercises import critics_05, expect
from gencourse.exercises.core import Wrong, exercise

__all__ = ["critics_05", "game_losses", "logs", "piles"]

REAL_PILE, GENERATED_PILE = (0, 2, 8), (5, 4, 1)


@exercise(
    "05.1",
    title="two piles by hand",
    hints=(
        "On a line nobody overtakes: sort both piles, and carry first to first, second to second, third to third.",
        "Sorted: 0, 2, 8 and 1, 4, 5. The three ways are 1, 2 and 3 long, and each grain is a third of the pile.",
        "When every generated grain lies to the right of every real one, W₁ is the difference of the two means. The "
        "Jensen–Shannon divergence of piles that share no place does not know how far apart they are.",
    ),
)
def piles(answer):
    """Work out the distances of two piles of three grains, and again when one of them is moved far away.

    # real grains at 0, 2 and 8; generated grains at 5, 4 and 1
    w_now = ...    # Wasserstein-1
    js_now = ...   # Jensen-Shannon divergence, in nats
    # all generated grains are moved to the right by 100
    w_far = ...
    js_far = ...
    check("05.1", (w_now, js_now, w_far, js_far))
    """
    names = ("w_now", "js_now", "w_far", "js_far")
    for name, part in zip(names, expect.parts(answer, *names), strict=True):
        if name.startswith("js") and isinstance(part, float) and np.isinf(part):
            raise Wrong(
                f"`{name}` is finite: from one pile to the other the divergence would be without end, but each is "
                "compared with the mixture of both, which has grains wherever the pile has."
            )
    w_now, js_now, w_far, js_far = (
        expect.number(part, name) for part, name in zip(expect.parts(answer, *names), names, strict=True)
    )
    if not expect.near(w_now, 2.0):
        why = {
            0.0: "the means are equal, but that is not enough: what lies on both sides of the other pile must be moved",
            14 / 3: "sort both piles first, and then take the ways themselves, not their squares",
            14.0: "sort both piles first, take the ways and not their squares, and each grain is one third of its pile",
            np.sqrt(14 / 3): "take the mean of the ways themselves, without squares and root",
            3.0: "that is the longest of the three ways, and their mean is asked for",
            6.0: "this is the sum of the three ways, and each grain is one third of its pile",
        }
        reason = next((text for value, text in why.items() if expect.near(w_now, value)), None)
        raise Wrong(f"`w_now` is not {w_now:.4g}: {reason or 'sort both piles, and take the mean of the three ways'}.")
    for name, value in (("js_now", js_now), ("js_far", js_far)):
        if expect.near(value, np.log(2), rel=5e-3):
            continue
        if expect.near(value, 1.0):
            raise Wrong(f"`{name}` is 1 in bits; in nats, with the natural logarithm, it is less.")
        if expect.near(value, 2 * np.log(2), rel=5e-3):
            raise Wrong(f"`{name}` is half of that: it is the mean of two divergences, not their sum.")
        if expect.near(value, np.log(2) / 2, rel=5e-3):
            raise Wrong(f"`{name}` is twice that: log 2 from each pile to the mixture, and the mean of the two.")
        if value == 0:
            raise Wrong(f"`{name}` is 0 only for equal piles, and these share no place at all.")
        raise Wrong(f"`{name}` is not {value:.4g}: the piles share no place, so every logarithm is that of 2.")
    if not expect.near(w_far, 100.0):
        why = {
            102.0: "the way is not just 100 longer: two grains were moved to the left before, and now go the other way",
            98.0: "two grains now go the other way: look at the difference of the means",
            300.0: "this is the sum of the three ways, and each grain is one third of its pile",
        }
        reason = next((text for value, text in why.items() if expect.near(w_far, value)), None)
        raise Wrong(f"`w_far` is not {w_far:.5g}: {reason or 'carry 0 to 101, 2 to 104 and 8 to 105'}.")
    return (
        "2 and then 100, while the Jensen–Shannon divergence is log 2 = 0.693 both times. It says that the piles "
        "differ, and would say the same of piles a mile apart."
    )


SCORES = (np.array([[3.0], [-1.0], [4.0]], np.float32), np.array([[0.5], [-2.0], [6.0]], np.float32))


@exercise(
    "05.2",
    title="the game's two losses",
    hints=(
        "Both are minimised. When the critic scores real samples higher, should its loss rise or fall?",
        "A sigmoid squeezes every score into 0 … 1, so that the difference of two means could never exceed 1.",
        "critic: mean(generated) - mean(real); generator: -mean(generated). No logarithm, no sigmoid, no labels.",
    ),
)
def game_losses(answer):
    """Mend the two losses: both are to be made small.

    def critic_loss(real_scores, generated_scores):
        # scores (B, 1) -> one number
        return tf.reduce_mean(tf.sigmoid(real_scores)) - tf.reduce_mean(tf.sigmoid(generated_scores))

    def generator_loss(generated_scores):
        return tf.reduce_mean(tf.sigmoid(generated_scores))

    check("05.2", (critic_loss, generator_loss))
    """
    critic, generator = expect.parts(answer, "critic_loss", "generator_loss")
    expect.function(critic, "critic_loss", ("real_scores", "generated_scores"))
    expect.function(generator, "generator_loss", ("generated_scores",))
    real, fake = SCORES

    def of_critic(*scores):
        return _one(critic, scores, "critic_loss", "the critic's loss")

    def of_generator(*scores):
        return _one(generator, scores, "generator_loss", "the generator's loss")

    base, step = of_critic(real, fake), np.float32(0.5)
    if of_critic(real + step, fake) >= base:
        raise Wrong("when real samples get higher scores, your critic's loss does not fall: a sign is turned.")
    if of_critic(real, fake + step) <= base:
        raise Wrong("when generated samples get higher scores, your critic's loss does not rise: a sign is turned.")
    if of_generator(fake + step) >= of_generator(fake):
        raise Wrong(
            "when generated samples get higher scores, your generator's loss does not fall: its sign is turned. It "
            "wants what the critic does not want."
        )
    if of_critic(real, fake + 10) <= 0:
        raise Wrong(
            "when generated samples score higher than real ones, your critic's loss is negative still: leave out the "
            "absolute value. The sign is what the critic learns from."
        )
    high = np.full_like(real, 100.0)
    for value, who in ((of_critic(high, -high), "critic"), (of_generator(high), "generator")):
        if abs(value) < 10:
            raise Wrong(
                f"for scores of 100 the {who}'s loss is {value:.3g}: something squeezes or cuts the scores, a "
                "sigmoid, a logarithm or a maximum. A distance may be large, so scores stay as they are."
            )
    wanted = {"critic": fake.mean() - real.mean(), "generator": -fake.mean()}
    for value, who in ((base, "critic"), (of_generator(fake), "generator")):
        if expect.near(value, len(real) * wanted[who]):
            raise Wrong(f"the {who}'s loss is the sum over the batch; take the mean.")
        if who == "critic" and expect.near(value, wanted[who] / 2):
            raise Wrong("the critic's loss is half of what it should be: minus it is to be the distance itself.")
        if not expect.near(value, wanted[who], tolerance=1e-4):
            raise Wrong(
                f"for real scores (3, -1, 4) and generated scores (0.5, -2, 6) the {who}'s loss is {wanted[who]:.3f} "
                f"by hand, and yours is {value:.3f}."
            )
    return (
        "generated minus real for the critic, minus generated for the generator, and nothing in between. Minus the "
        "critic's loss is its estimate of the distance, as long as its slope is bounded."
    )


def _one(loss, scores, name, what) -> float:
    import tensorflow as tf

    value = expect.call(loss, *(tf.constant(part) for part in scores), name=name)
    return expect.number(value, f"{what} (the mean over the batch)")


RUNS = ("penalty", "clipping", "nothing")


@exercise(
    "05.5",
    title="three logs",
    hints=(
        "Look at the slopes first: who keeps them near 1, who pushes them far below, and who lets them go?",
        "An estimate only means something together with the slope of the critic that made it: a critic twice as steep "
        "says twice as much.",
        "A critic whose slope is at most K says at most K times W₁. Divide.",
    ),
)
def logs(answer):
    """Read three logs of the ring: which critic paid a penalty, which was clipped, which was free?

    run_a = ...   # one of "penalty", "clipping", "nothing"
    run_b = ...
    run_c = ...
    w_at_least = ...   # what the clipped critic's estimate at the end proves of the distance
    check("05.5", (run_a, run_b, run_c, w_at_least))
    """
    *runs, least = expect.parts(answer, "run_a", "run_b", "run_c", "w_at_least")
    words = []
    for name, run in zip(("run_a", "run_b", "run_c"), runs, strict=True):
        word = run.strip().lower() if isinstance(run, str) else run
        if word not in RUNS:
            raise Wrong(f"`{name}` should be one of the words {', '.join(map(repr, RUNS))}, and is {run!r}.")
        words.append(word)
    a, b, c = words
    if a != "nothing":
        raise Wrong("A's largest slope is 200, and its estimate has grown tenfold: nothing holds that critic.")
    if b != "clipping":
        raise Wrong("B's slopes are hundreds of times below 1: its weights are too small to make any larger.")
    if c != "penalty":
        raise Wrong("C's slopes stay near 1, which is what a penalty on (slope - 1)² asks for.")
    least = expect.number(least, "w_at_least")
    estimate, slope = LOG_B
    wanted = estimate / slope
    if expect.near(least, wanted, rel=0.07):  # 0.05 is what it proves, rounded down
        return (
            f"A is free, B is clipped, C pays. And {estimate} said by a critic whose slope is at most {slope} proves a "
            f"distance of at least {wanted:.2g}, three hundred times what the log seems to say. It may be more: a flat "
            "critic is far from the best one."
        )
    if least == 0:
        raise Wrong("no distance is below 0, so that needs no critic. This one's estimate and slope prove more.")
    for value, why in {
        0.0022 / slope: "that is from the first pass; the estimate of the last pass is asked for.",
        0.12: "that is C's estimate, and the clipped critic is B.",
        0.12 / 1.3: "that is from C's row, and the clipped critic is B.",
        estimate: "that is the estimate itself, of a critic that is nearly flat; a steeper one would say more.",
        slope: "that is the slope.",
        slope / estimate: "the other way round: estimate divided by slope.",
        estimate * slope: "divide by the slope, and do not multiply: a flat critic says too little.",
    }.items():
        if expect.near(least, value, rel=0.03, tolerance=0):
            raise Wrong(why)
    raise Wrong(f"a critic whose slope is at most K says at most K · W₁, and from that {least:.4g} does not follow.")


LOG_B = (0.00017, 0.0032)
