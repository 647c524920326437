"""More checks of lesson 01, which imports this module: two listings with several bugs each."""

import numpy as np

from gencourse.exercises import expect
from gencourse.exercises.core import Wrong, exercise
from gencourse.exercises.players import BATCH, BECAUSE, LATENT, NO_PATH, normal, saturates, score, separate_halves, sgd


@exercise(
    "01.3",
    title="one optimiser for two players",
    hints=(
        "There are four bugs: two in the networks, two in the step. What goes into a generator, and who is to move?",
        "Hidden sigmoids flatten every gradient: take leaky_relu. The generator starts from latent_size numbers.",
        "In the step: latents = keras.random.normal((len(images), generator.input_shape[-1])); gradients and optimizer "
        "for discriminator.trainable_variables only.",
    ),
)
def two_players(answer):
    """Mend the two networks and the discriminator's step.

    def build_networks(latent_size):
        generator = keras.Sequential([
            keras.Input((784,)),
            keras.layers.Dense(128, activation="sigmoid"),
            keras.layers.Dense(784, activation="tanh"),
        ])
        discriminator = keras.Sequential([
            keras.Input((784,)),
            keras.layers.Dense(128, activation="sigmoid"),
            keras.layers.Dense(1),
        ])
        return generator, discriminator

    def discriminator_step(generator, discriminator, optimizer, images):
        # images (B, 784) in [-1, 1]
        with tf.GradientTape() as tape:
            generated_logits = discriminator(generator(images))
            real_logits = discriminator(images)
            loss = cross_entropy(tf.ones_like(real_logits), real_logits)
            loss += cross_entropy(tf.zeros_like(generated_logits), generated_logits)
        variables = generator.trainable_variables + discriminator.trainable_variables
        optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables))

    check("01.3", (build_networks, discriminator_step))
    """
    import keras

    build, step = expect.parts(answer, "build_networks", "discriminator_step")
    expect.function(build, "build_networks", ("latent_size",))
    expect.function(step, "discriminator_step", ("generator", "discriminator", "optimizer", "images"))
    latent = 20
    built = expect.call(build, latent, name="build_networks")
    generator, discriminator = expect.parts(built, "generator", "discriminator")
    for model, role, size in ((generator, "generator", latent), (discriminator, "discriminator", 784)):
        if not isinstance(model, keras.Model) or not model.built:
            raise Wrong(f"the {role} should be a Keras model that knows its input: begin it with keras.Input.")
        if tuple(model.input_shape[1:]) != (size,):
            why = "the generator turns noise into images, so it takes `latent_size` numbers, not an image"
            reason = why if role == "generator" else "the discriminator takes an image"
            raise Wrong(
                f"for latent_size = {latent} the {role} takes {model.input_shape[1:]} and not ({size},): {reason}."
            )
        wanted = 784 if role == "generator" else 1
        if tuple(model.output_shape[1:]) != (wanted,):
            raise Wrong(f"the {role} should end in {wanted} numbers, and ends in {model.output_shape[1:]}.")
        layer = saturates(model, normal((8, size), 0))
        if layer:
            raise Wrong(
                f"hidden layer {layer} of the {role} cannot leave [-1, 1]: a saturating activation, whose slope is "
                "nearly 0 for most inputs. Use relu or leaky_relu inside."
            )
    noise = 100.0 * normal((64, latent), 1)
    if float(np.abs(generator(noise).numpy()).max()) > 1.001:
        raise Wrong("the generator should end in tanh, since the images lie in [-1, 1].")
    logits = discriminator(1000.0 * normal((64, 784), 2)).numpy()
    if np.abs(logits).max() <= 1.001:
        raise Wrong("the discriminator should end in a plain logit: the loss applies the sigmoid itself.")
    images = keras.ops.tanh(0.7 + normal((BATCH, 784), 3))
    latents = normal((256, latent), 4)
    own, other = expect.snapshot(discriminator), expect.snapshot(generator)

    def gap():
        return score(discriminator, images) - score(discriminator, generator(latents, training=False))

    before = gap()
    shapes = f"Is the generator given random numbers of shape (B, {latent}), drawn inside the step?"
    because = BECAUSE | {"incompatible with the layer": shapes, "Matrix size": shapes, "shape": shapes}
    expect.call(step, generator, discriminator, sgd(1e-3), images, name="discriminator_step()", because=because)
    if len(expect.unmoved(other)) < len(other):
        raise Wrong(
            "the discriminator's step moved the generator, and in the direction that helps the discriminator: give the "
            "optimizer discriminator.trainable_variables only."
        )
    if len(expect.unmoved(own)) == len(own):
        raise Wrong(f"no weight of the discriminator moved. {NO_PATH}")
    expect.all_finite(discriminator, "discriminator")
    if gap() <= before:
        raise Wrong(
            "after your step real and generated images are told apart less well: look at the labels and the signs."
        )
    return "each player has weights of its own to move, the generator starts from noise, and no hidden unit saturates."


@exercise(
    "01.4",
    title="gradients of None",
    hints=(
        "There are three bugs: one in the range of the images, one in a label, one in what the tape has seen.",
        "tanh gives [-1, 1], so 0 … 255 must become -1 … 1. The discriminator should call generated images 0.",
        "The generator's tape must see generator(latents): call the generator inside it, then the discriminator.",
    ),
)
def none_gradients(answer):
    """Mend the scaling and the training step; the generator ends in tanh.

    def scale(images):
        # uint8 images in 0 ... 255 -> float32
        return images.astype("float32") / 255.0

    def train_step(generator, discriminator, generator_optimizer, discriminator_optimizer, images, latents):
        generated = generator(latents)
        with tf.GradientTape() as tape:
            real_logits, generated_logits = discriminator(images), discriminator(generated)
            loss = cross_entropy(tf.ones_like(real_logits), real_logits)
            loss += cross_entropy(tf.ones_like(generated_logits), generated_logits)
        gradients = tape.gradient(loss, discriminator.trainable_variables)
        discriminator_optimizer.apply_gradients(zip(gradients, discriminator.trainable_variables))
        with tf.GradientTape() as tape:
            logits = discriminator(generated)
            loss = cross_entropy(tf.ones_like(logits), logits)
        gradients = tape.gradient(loss, generator.trainable_variables)
        generator_optimizer.apply_gradients(zip(gradients, generator.trainable_variables))

    check("01.4", (scale, train_step))
    """
    scale, step = expect.parts(answer, "scale", "train_step")
    expect.function(scale, "scale", ("images",))
    roles = ("generator", "discriminator", "generator_optimizer", "discriminator_optimizer", "images", "latents")
    expect.function(step, "train_step", roles)
    _check_scale(scale)
    latents = normal((BATCH, LATENT), 6)
    for turn in ("discriminator", "generator"):
        generator, discriminator, images = separate_halves()
        rates = (0.02, 0.0) if turn == "generator" else (0.0, 0.02)
        player, opponent = (generator, discriminator) if turn == "generator" else (discriminator, generator)
        own, other = expect.snapshot(player), expect.snapshot(opponent)
        real, fake = score(discriminator, images), score(discriminator, generator(latents))
        arguments = (generator, discriminator, sgd(rates[0]), sgd(rates[1]), images, latents)
        expect.call(step, *arguments, name="train_step()", because=BECAUSE)
        if len(expect.unmoved(other)) < len(other):
            raise Wrong(f"the {turn}'s optimizer moved weights of the other network: give it its own network's only.")
        still = expect.unmoved(own)
        if still:
            raise Wrong(f"{len(still)} of the {turn}'s {len(own)} weights did not move. {NO_PATH}")
        expect.all_finite(player, turn)
        real = score(discriminator, images) - real
        fake = score(discriminator, generator(latents)) - fake
        if turn == "generator" and fake <= 0:
            raise Wrong("the generator's step makes its images look less real: it wants the label 1 for them.")
        if turn == "discriminator" and fake >= 0:
            raise Wrong("the discriminator learns to call generated images real: their label is 0 in its own step.")
        if turn == "discriminator" and abs(real) < 1e-6:
            raise Wrong("the discriminator learns nothing from real images: its loss should see `images`.")
        if turn == "discriminator" and real < 0:
            raise Wrong("the discriminator's logit for real images should rise: their label is 1.")
    return (
        "images and tanh share the range [-1, 1], generated images are labelled 0, and the tape sees the generator "
        "at work."
    )


def _check_scale(scale) -> None:
    levels = np.arange(256, dtype=np.uint8).reshape(4, 8, 8)
    scaled = np.asarray(expect.call(scale, levels.copy(), name="scale"))
    if scaled.size != levels.size or not np.issubdtype(scaled.dtype, np.floating):
        raise Wrong(f"`scale` should give as many floats as it got, and gives {scaled.dtype} of shape {scaled.shape}.")
    wanted = np.linspace(-1.0, 1.0, 256)
    values = scaled.astype(np.float64).ravel()
    # dividing by 127.5 or by 128: both fill the range
    if not np.isfinite(values).all() or np.abs(values - wanted).max() > 0.01 or np.abs(values).max() > 1.0 + 1e-6:
        raise Wrong(
            f"`scale` maps 0 … 255 to {values[0]:.3g} … {values[-1]:.3g}; the generator's tanh gives -1 … 1. A "
            "discriminator needs no skill when the ranges differ."
        )
