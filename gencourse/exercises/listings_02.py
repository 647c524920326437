"""More checks of lesson 02, which imports this module: the functional listing with four bugs, in two exercises."""

import numpy as np

from gencourse.exercises import expect
from gencourse.exercises.core import Wrong, exercise
from gencourse.exercises.players import networks, normal


@exercise(
    "02.4",
    title="one opinion for each image",
    hints=(
        "Three bugs, one in each function. Print discriminator.output_shape; look for the line that makes `gan_input`; "
        "call your loss twice with the same logits.",
        "Flatten the map before the last Dense. A joint model begins with keras.Input of the generator's input shape. "
        "A loss is a keras.losses object, a metric remembers.",
        "latents = keras.Input(generator.input_shape[1:]); return keras.Model(latents, "
        "discriminator(generator(latents))); and keras.losses.BinaryCrossentropy(from_logits=True) for the loss.",
    ),
)
def one_opinion(answer):
    """Mend the discriminator, the joint model and the loss.

    def build_discriminator():
        image = keras.Input((28, 28, 1))
        x = keras.layers.Conv2D(16, 4, strides=2, padding="same", activation="leaky_relu")(image)
        x = keras.layers.Conv2D(32, 4, strides=2, padding="same", activation="leaky_relu")(x)
        return keras.Model(image, keras.layers.Dense(1)(x))

    def build_joint(generator, discriminator):
        return keras.Model(gan_input, discriminator(generator(gan_input)))

    loss_of = keras.metrics.BinaryCrossentropy(from_logits=True)

    def discriminator_loss(real_logits, generated_logits):
        real = loss_of(tf.ones_like(real_logits), real_logits)
        return real + loss_of(tf.zeros_like(generated_logits), generated_logits)

    check("02.4", (build_discriminator, build_joint, discriminator_loss))
    """
    build, join, loss = expect.parts(answer, "build_discriminator", "build_joint", "discriminator_loss")
    if getattr(build, "layers", None):
        raise Wrong("`build_discriminator` is asked for, and this is the model that it makes: leave out the brackets.")
    expect.function(build, "build_discriminator", ())
    expect.function(join, "build_joint", ("generator", "discriminator"))
    expect.function(loss, "discriminator_loss", ("real_logits", "generated_logits"))
    _check_discriminator(build)
    _check_joint(join)
    _check_loss(loss)
    return (
        "one logit for each whole image, a joint model that begins with an input and shares both networks, and a loss "
        "that forgets what it saw before and has a slope."
    )


def _check_discriminator(build) -> None:
    import keras

    model = expect.call(build, name="build_discriminator")
    if not isinstance(model, keras.Model) or not model.built:
        raise Wrong("`build_discriminator` should return a Keras model that knows its input.")
    if tuple(model.input_shape[1:]) != (28, 28, 1):
        raise Wrong(f"the discriminator should take images (28, 28, 1), and takes {tuple(model.input_shape[1:])}.")
    shape = tuple(model.output_shape[1:])
    if shape != (1,):
        logits = int(np.prod([side or 1 for side in shape]))
        where = (
            " A Dense layer works on the last axis only: make one row of the map before it." if len(shape) > 1 else ""
        )
        raise Wrong(f"one logit for each image is not there yet: the output has shape {shape}, {logits} logits.{where}")
    images = np.array(normal((8, 28, 28, 1), 1))
    before = np.asarray(model(images, training=False)).ravel()
    if np.abs(model(1e4 * images, training=False)).max() <= 1.001:
        raise Wrong("the discriminator should end in a plain logit: the loss applies the sigmoid itself.")
    for place, (rows, columns) in {
        "upper left": (slice(0, 8), slice(0, 8)),
        "lower right": (slice(20, 28), slice(20, 28)),
        "middle": (slice(10, 18), slice(10, 18)),
    }.items():
        changed = images.copy()
        changed[:, rows, columns] += 3.0
        if np.allclose(np.asarray(model(changed, training=False)).ravel(), before, atol=1e-6):
            raise Wrong(f"the logit does not change when the {place} of the image does: it should see the whole image.")


def _check_joint(join) -> None:
    import keras

    generator, discriminator = networks()
    because = {
        "gan_input": "Nobody made `gan_input`: keras.Input(...) makes an input, of the shape that the generator takes.",
        "no defined": "Call the generator on a keras.Input(...), and the discriminator on what comes out.",
        "incompatible": "Not every generator takes 100 numbers: generator.input_shape[1:] says how many.",
        "is not defined": "Every name that a function uses must be made somewhere.",
    }
    joint = expect.call(join, generator, discriminator, name="build_joint", because=because)
    if not isinstance(joint, keras.Model):
        raise Wrong(f"`build_joint` should return a Keras model, and returns {type(joint).__name__}.")
    latents = normal((6, *generator.input_shape[1:]), 2)
    wanted = np.asarray(discriminator(generator(latents)))
    try:
        found = np.asarray(joint(latents))
    except Exception:
        found = None
    if found is None or found.shape != wanted.shape:
        raise Wrong(
            f"the joint model should take latents of shape {tuple(generator.input_shape)} and give logits of shape "
            f"{tuple(discriminator.output_shape)}: begin it with keras.Input(generator.input_shape[1:])."
        )
    if not np.allclose(found, wanted, atol=1e-5):
        raise Wrong("the joint model should say what discriminator(generator(latents)) says, and says something else.")
    mine, theirs = {id(v) for v in joint.weights}, {id(v) for v in generator.weights + discriminator.weights}
    if not theirs <= mine:
        raise Wrong("the joint model holds copies: call the two networks themselves, so that weights are shared.")


def _check_loss(loss) -> None:
    import tensorflow as tf

    real, fake = np.array([[0.0], [2.0]], np.float32), np.array([[1.0], [-4.0]], np.float32)
    softplus = np.log1p(np.exp([0.0, -2.0, 1.0, -4.0]))
    wanted = softplus[:2].mean() + softplus[2:].mean()

    def value_of(a, b):
        value = expect.call(loss, a, b, name="discriminator_loss")
        return expect.number(value, "the discriminator's loss (the mean over the batch)")

    first = value_of(real, fake)
    value_of(real + 5.0, fake - 5.0)
    again = value_of(real, fake)
    if not expect.near(first, again):
        raise Wrong(
            f"the same logits cost {first:.4f}, and later {again:.4f}: this loss remembers what it saw before. An "
            "object of keras.metrics reports a running mean; take keras.losses."
        )
    halved = expect.near(first, wanted / 2)  # the mean over both halves: fine
    if not halved and not expect.near(first, wanted):
        for name, labels in {"real": (1, -1), "generated": (-1, 1)}.items():
            turned = np.log1p(np.exp(labels[0] * real)).mean() + np.log1p(np.exp(-labels[1] * fake)).mean()
            if expect.near(first, turned) or expect.near(first, turned / 2):
                raise Wrong(f"the label of {name} images is turned round.")
        turned = np.log1p(np.exp(real)).mean() + np.log1p(np.exp(-fake)).mean()
        if expect.near(first, turned) or expect.near(first, turned / 2):
            raise Wrong("both labels are turned round: real images have the label 1, generated ones 0.")
        crossed = np.log1p(np.exp(1.0)) - real.mean() + np.log(2.0)  # logits as labels, labels as logits
        if expect.near(first, crossed) or expect.near(first, crossed / 2):
            raise Wrong("labels and logits have changed places: a Keras loss takes the labels first.")
        raise Wrong(
            f"for real logits (0, 2) and generated logits (1, -4) the loss is {wanted:.4f} by hand, and yours is "
            f"{first:.4f}. Logits need from_logits=True."
        )
    pair = [tf.Variable(real), tf.Variable(fake)]
    with tf.GradientTape() as tape:
        value = expect.call(loss, *pair, name="discriminator_loss")
    try:
        slopes = tape.gradient(value, pair)
    except Exception:
        slopes = [None, None]
    for name, slope in zip(("real", "generated"), slopes, strict=True):
        if slope is None:
            raise Wrong(
                f"the loss has the right value, but no slope with respect to the {name} logits: stay with tensors."
            )


@exercise(
    "02.5",
    title="fresh noise at each step",
    hints=(
        "How many different latents does the generator see in a whole training?",
        "Draw inside the loop. But a whole number as seed= begins anew at each call and gives the same numbers again.",
        "for images in batches: step(images, keras.random.normal((len(images), latent_dim))), with no seed, or with "
        "one keras.random.SeedGenerator made before the loop.",
    ),
)
def fresh_noise(answer):
    """Mend the loop: new latents at each step, as many as there are images.

    def training_loop(step, batches, latent_dim):
        # batches: arrays of images, the last one may be smaller; latents (B, latent_dim), standard normal
        latents = keras.random.normal((len(batches[0]), latent_dim), seed=1)
        for images in batches:
            step(images, latents)

    check("02.5", training_loop)
    """
    expect.function(answer, "training_loop", ("step", "batches", "latent_dim"))
    latent_dim, counts = 24, (64, 64, 64, 20)
    batches = [np.full((count, 4, 4, 1), number, np.float32) for number, count in enumerate(counts)]
    seen = []

    def step(images, latents):
        seen.append((np.asarray(images), np.array(latents, dtype=np.float64)))

    expect.call(answer, step, list(batches), latent_dim, name="training_loop()")
    if not seen:
        raise Wrong("`step` was never called: call it once for each batch of images.")
    if len(seen) != len(batches):
        raise Wrong(f"for {len(batches)} batches `step` was called {len(seen)} times: once for each is asked for.")
    for number, ((images, latents), batch) in enumerate(zip(seen, batches, strict=True), start=1):
        if images.shape != batch.shape or not np.array_equal(images, batch):
            raise Wrong(f"at step {number} the images are not those of batch {number}: hand them on as they come.")
        if latents.ndim != 2 or latents.shape[1] != latent_dim:
            raise Wrong(f"latents should have the shape (B, {latent_dim}), and have {latents.shape} at step {number}.")
        if not np.isfinite(latents).all():
            raise Wrong(f"at step {number} the latents hold NaN or infinite values.")
    drawn = [latents for _, latents in seen]
    for earlier, later in ((0, 1), (1, 2), (0, 2), (2, 3)):
        rows = min(len(drawn[earlier]), len(drawn[later]))
        if np.array_equal(drawn[earlier][:rows], drawn[later][:rows]):
            raise Wrong(
                "fresh latents are not there yet: two steps got the same ones, so the generator learns these by heart. "
                "Draw inside the loop, and mind that a whole number as seed= gives the same numbers at each call."
            )
    for number, (images, latents) in enumerate(seen, start=1):
        if len(latents) != len(images):
            raise Wrong(
                f"at step {number} there are {len(latents)} latents for {len(images)} images: take the size from each "
                "batch, the last one may be smaller."
            )
    everything = np.concatenate(drawn)
    if len(np.unique(everything, axis=0)) < len(everything):
        raise Wrong("some latents come back: each row should be drawn anew.")
    if everything.min() >= 0:
        raise Wrong("no latent is negative: uniform numbers in [0, 1) are no standard normal ones.")
    mean, spread = everything.mean(), everything.std()
    if abs(mean) > 0.1 or abs(spread - 1.0) > 0.1:
        raise Wrong(f"the latents have mean {mean:.2f} and spread {spread:.2f}; standard normal ones have 0 and 1.")
    return (
        f"{len(everything)} images, {len(everything)} different latents. A generator that never meets the same latent "
        "twice cannot learn them by heart: it has to fill the space between."
    )
