"""Checks of lesson 01: the slopes of two losses by hand, and four classic listings whose bugs are to be found.

The starter code that the notebook shows stands in the docstring of each check, as the listings were once printed,
bugs included. It takes `import keras`, `import numpy as np`, `import tensorflow as tf` and
`cross_entropy = keras.losses.BinaryCrossentropy(from_logits=True)` for granted. The checks meet small networks of
their own: the discriminator ends in one logit, no sigmoid.
"""

import numpy as np

from gencourse.exercises import expect, listings_01
from gencourse.exercises.core import Wrong, exercise
from gencourse.exercises.players import BATCH, BECAUSE, LATENT, NO_PATH, networks, normal, score, sgd

__all__ = ["generator_step", "listings_01", "signs", "slopes"]


@exercise(
    "01.1",
    title="two losses, two slopes",
    hints=(
        "Chain rule, in two steps: the derivative of log u is 1/u, and that of σ(a) is σ(a)(1 - σ(a)). What is left?",
        "The derivative of log σ(a) is 1 - σ(a), and that of log(1 - σ(a)) is -σ(a). σ(-4) = 1/(1 + e⁴).",
        "Minimax, log(1 - σ(a)): size σ(a). Non-saturating, -log σ(a): size 1 - σ(a).",
    ),
)
def slopes(answer):
    """Work out how strongly each loss pulls at a generated image that the discriminator has recognised.

    # The discriminator's logit for a generated image is a = -4: it is sure that the image is not real.
    slope_minimax = ...          # size of the slope of log(1 - sigmoid(a)) with respect to a
    slope_non_saturating = ...   # size of the slope of -log(sigmoid(a)) with respect to a
    check("01.1", (slope_minimax, slope_non_saturating))
    """
    answer = list(answer) if getattr(answer, "shape", None) == (2,) else answer  # an array of both is as good
    pair = expect.parts(answer, "slope_minimax", "slope_non_saturating")
    minimax, other = (
        abs(expect.number(value, name))
        for value, name in zip(pair, ("slope_minimax", "slope_non_saturating"), strict=True)
    )
    sure = 1.0 / (1.0 + np.exp(4.0))

    def near(a, b):
        return expect.near(a, b, rel=0.03)

    if near(minimax, 1 - sure) and near(other, sure):
        raise Wrong("the two are swapped: minimax is the one that goes flat when the discriminator is sure.")
    if near(minimax, 1 / (1 - sure)) or near(other, 1 / sure):
        raise Wrong(
            "this is the slope with respect to the probability; the network gives the logit, so the chain rule adds a "
            "factor σ(a)(1 - σ(a))."
        )
    if near(minimax, -np.log(1 - sure)) and near(other, -np.log(sure)):
        raise Wrong("these are the losses themselves; the slopes are asked for.")
    if near(minimax, 100 * sure) or near(other, 100 * (1 - sure)):
        raise Wrong("these are percent; a slope is a plain number: divide by 100.")
    if all(expect.near(value, sure * (1 - sure), rel=0.005) for value in (minimax, other)):
        raise Wrong(
            "this is the slope of the sigmoid alone. The logarithm around it adds a factor: 1/σ(a) for one loss, "
            "1/(1 - σ(a)) for the other."
        )
    if not near(minimax, sure):
        rough = " To two digits or more, please: a picture cannot show that." if minimax in (0.0, 0.01, 0.02) else ""
        raise Wrong(f"for minimax the slope's size is σ(a) at a = -4, and that is not {minimax:.4g}.{rough}")
    if not near(other, 1 - sure):
        raise Wrong(f"for the non-saturating loss the slope's size is 1 - σ(a) at a = -4, and that is not {other:.4g}.")
    return (
        f"{sure:.3f} against {1 - sure:.3f}. Just when the generator is worst, minimax pulls {(1 - sure) / sure:.0f} "
        "times more weakly: it saturates, and training stands still."
    )


@exercise(
    "01.2",
    title="the generator that never hears the discriminator",
    hints=(
        "Who tells the generator in which direction to change? Follow the arrows from the loss back to its weights.",
        "The loss must be computed from discriminator(generator(latents)), in one go, inside a GradientTape.",
        "Call both networks, take cross_entropy of ones against the logits, and let the optimizer move "
        "generator.trainable_variables only.",
    ),
)
def generator_step(answer):
    """Mend the generator's step: it should make the discriminator's logit on these latents rise.

    def generator_step(generator, discriminator, optimizer, latents):
        # generator: latents (B, Z) -> images; discriminator: images -> logits (B, 1)
        generated = generator.predict(latents, verbose=0)
        generator.compile(optimizer=optimizer, loss="binary_crossentropy")
        generator.train_on_batch(latents, np.ones_like(generated))

    check("01.2", generator_step)
    """
    name = "generator_step"
    expect.function(answer, name, ("generator", "discriminator", "optimizer", "latents"))
    latents, rises, steps = normal((BATCH, LATENT), 0), [], []
    for flip in (False, True):
        generator, discriminator = networks(flip=flip)
        optimizer = sgd(0.02)
        player, opponent = expect.snapshot(generator), expect.snapshot(discriminator)
        before = score(discriminator, generator(latents))
        expect.call(answer, generator, discriminator, optimizer, latents, name=f"{name}()", because=BECAUSE)
        if len(expect.unmoved(opponent)) < len(opponent):
            raise Wrong("this step moved the discriminator too: only the generator's weights may change here.")
        still = expect.unmoved(player)
        if len(still) == len(player):
            raise Wrong(
                f"no weight of the generator moved. {NO_PATH} A loss that takes logits for probabilities is flat, too."
            )
        if still:
            raise Wrong(f"{len(still)} of the generator's {len(player)} weights did not move: {still[0]}.")
        if not int(optimizer.iterations):
            raise Wrong(
                "the weights moved, but not by the `optimizer` that was handed in. One that is made anew in each step "
                "forgets what it has averaged."
            )
        expect.all_finite(generator, "generator")
        rises.append(score(discriminator, generator(latents)) - before)
        steps.append(expect.step_of(player))
    if np.allclose(steps[0], steps[1], rtol=1e-3, atol=1e-9):
        raise Wrong(
            "the generator moves in the same way when the discriminator's opinion is turned round: no gradient reaches "
            "it through the discriminator, so it learns something else than to deceive."
        )
    if max(rises) <= 0:
        raise Wrong(
            "the discriminator's logit on the generated images falls: the generator's labels or sign are turned."
        )
    if min(rises) <= 0:
        raise Wrong(
            "the discriminator's logit does not always rise: the loss should depend on the discriminator alone."
        )
    return (
        "every weight of the generator moves, none of the discriminator, and the logit rises: the gradient flows "
        "through one network into the other."
    )


@exercise(
    "01.5",
    title="the swapped sign",
    hints=(
        "Both losses are minimised. When real images get higher logits, should the discriminator's loss rise or fall?",
        "The paper maximises log D(x) + log(1 - D(G(z))); an optimizer that minimises needs a minus in front.",
        "discriminator: -(mean log σ(real) + mean log(1 - σ(generated))); generator: -mean log σ(generated). "
        "-log σ(a) is softplus(-a), and -log(1 - σ(a)) is softplus(a): never infinite.",
    ),
)
def signs(answer):
    """Mend the two losses so that minimising them is right; the generator's is the non-saturating one.

    def discriminator_loss(real_logits, generated_logits):
        real = tf.math.log(tf.sigmoid(real_logits))
        generated = tf.math.log(1.0 - tf.sigmoid(generated_logits))
        return tf.reduce_mean(real) + tf.reduce_mean(generated)

    def generator_loss(generated_logits):
        return tf.reduce_mean(tf.math.log(tf.sigmoid(generated_logits)))

    check("01.5", (discriminator_loss, generator_loss))
    """
    loss_d, loss_g = expect.parts(answer, "discriminator_loss", "generator_loss")
    expect.function(loss_d, "discriminator_loss", ("real_logits", "generated_logits"))
    expect.function(loss_g, "generator_loss", ("generated_logits",))
    real, fake = np.array([[0.0], [2.0]], np.float32), np.array([[1.0], [-3.0]], np.float32)
    step = np.float32(0.25)

    def of_d(a, b):
        value = expect.call(loss_d, a, b, name="discriminator_loss")
        return expect.number(value, "the discriminator's loss (the mean over the batch)")

    def of_g(a):
        value = expect.call(loss_g, a, name="generator_loss")
        return expect.number(value, "the generator's loss (the mean over the batch)")

    base_d, base_g = of_d(real, fake), of_g(fake)
    if of_d(real + step, fake) >= base_d:
        raise Wrong("when real images get higher logits, your discriminator's loss does not fall: a sign is turned.")
    if of_d(real, fake + step) <= base_d:
        raise Wrong(
            "when generated images get higher logits, your discriminator's loss does not rise: a sign is turned."
        )
    if of_g(fake + step) == base_g:
        raise Wrong(
            "your generator's loss does not change with the logits of generated images. Does it take them for "
            "probabilities, and cut them off at 0 and 1?"
        )
    if of_g(fake + step) >= base_g:
        raise Wrong("when generated images get higher logits, your generator's loss does not fall: its sign is turned.")
    softplus = np.log1p(np.exp([0.0, -2.0, 1.0, -3.0, -1.0, 3.0]))
    wanted_d, wanted_g = softplus[:2].mean() + softplus[2:4].mean(), softplus[4:].mean()
    if expect.near(base_g, -softplus[2:4].mean()):
        raise Wrong("the generator's sign is right, but this is the minimax loss, which saturates; take -log σ(a).")
    for value, wanted, who in ((base_d, wanted_d, "discriminator"), (base_g, wanted_g, "generator")):
        if expect.near(value, 2 * wanted):
            raise Wrong(f"the {who}'s loss is twice too large: take the mean over the batch, not the sum.")
        halved = who == "discriminator" and expect.near(value, wanted / 2)  # the mean over both halves: fine
        if not halved and not expect.near(value, wanted):
            raise Wrong(
                f"for real logits (0, 2) and generated logits (1, -3) the {who}'s loss is {wanted:.4f} by hand, "
                f"and yours is {value:.4f}."
            )
    sentence = "both losses fall when their player gets better, and agree with the values worked by hand."
    with np.errstate(all="ignore"):
        far = [
            np.asarray(loss_d(-100 * np.ones_like(real), 100 * np.ones_like(fake))),
            np.asarray(loss_g(-100 * np.ones_like(fake))),
        ]
    if not np.isfinite(far).all():
        sentence += " At a logit of 100 they are infinite, though: softplus(-a) is -log σ(a) without that danger."
    return sentence
