"""More checks of lesson 05, which imports this module: the gradient penalty, and a critic that judges alone."""

import numpy as np

from gencourse.exercises import expect
from gencourse.exercises.core import Wrong, exercise

BATCH, SIDE, CHANNELS = 64, 3, 2
PIXELS = SIDE * SIDE * CHANNELS
BEND = 0.25  # of the critic whose slope is 0.25 · x: some are longer than 1, some shorter
CUT = (
    "Everything between loss and critic must be TensorFlow operations inside the tape; `.numpy()`, NumPy and "
    "`predict` cut the path."
)


def _watched(function):
    """A critic that computes `function` of its weight and the samples, and remembers what it was shown."""
    import keras

    class Critic(keras.Model):
        def __init__(self):
            super().__init__()
            self.w = self.add_weight(shape=(PIXELS,), initializer="zeros")
            self.seen = []

        def call(self, samples, training=None):
            from tensorflow import convert_to_tensor, reshape

            self.seen.append(np.asarray(samples, np.float64))
            flat = reshape(convert_to_tensor(samples), (-1, PIXELS))
            return function(self.w, flat)

    return Critic()


def _linear(w, flat):
    import tensorflow as tf

    return tf.linalg.matvec(flat, tf.convert_to_tensor(w))[:, None]


def _bowl(w, flat):
    import tensorflow as tf

    return 0.5 * BEND * tf.reduce_sum(tf.square(flat - tf.convert_to_tensor(w)), axis=1, keepdims=True)


def _pairs(seed):
    import tensorflow as tf

    rng = np.random.default_rng(seed)
    shape = (BATCH, SIDE, SIDE, CHANNELS)
    return tuple(tf.constant(rng.normal(mean, 1.0, shape), tf.float32) for mean in (1.0, -1.0))


@exercise(
    "05.3",
    title="the penalty, three bugs",
    hints=(
        "Where do the points lie? Draw a share many times and look at its smallest and largest value.",
        "A slope has a length for each sample of the batch: the sum of squares runs over all axes but the first.",
        "share = tf.random.uniform((len(real), 1, 1, 1)); norms = tf.sqrt(tf.reduce_sum(slopes ** 2, axis=(1, 2, 3)) + "
        "1e-12): the square root of exactly 0 has an infinite slope.",
    ),
)
def penalty(answer):
    """Mend the gradient penalty.

    def gradient_penalty(critic, real, generated):
        # critic: samples (B, H, W, C) -> scores (B, 1); real and generated: tensors (B, H, W, C) -> one number
        share = tf.random.normal((len(real), 1, 1, 1))
        points = share * real + (1.0 - share) * generated
        with tf.GradientTape() as tape:
            tape.watch(points)
            scores = critic(points)
        slopes = tape.gradient(scores, points)  # (B, H, W, C)
        norms = tf.sqrt(tf.reduce_sum(tf.square(slopes)))
        return tf.reduce_mean(tf.square(norms - 1.0))

    check("05.3", gradient_penalty)
    """
    name = "gradient_penalty"
    expect.function(answer, name, ("critic", "real", "generated"))
    critic = _watched(_bowl)
    real, generated = _pairs(1)
    value, again = (_called(answer, critic, real, generated) for _ in range(2))
    if not critic.seen:
        raise Wrong("the critic was never asked: the penalty is about its slope at points between the pairs.")
    _check_points(critic.seen, real.numpy(), generated.numpy())
    _check_linear(answer, real, generated)
    _check_bowl(critic.seen[0], value)
    if value == again:
        raise Wrong("two calls give exactly the same value: draw the points anew at each call.")
    _check_slopes(answer, real, generated)
    return (
        "points uniformly between the pairs, one share for each; a length for each sample; (|w| - 1)² for a linear "
        "critic; and finite slopes even where the critic is flat."
    )


def _called(answer, critic, real, generated) -> float:
    because = {"NoneType": f"No slope came back. {CUT}", "None values": f"No slope came back. {CUT}"}
    value = expect.call(answer, critic, real, generated, name="gradient_penalty", because=because)
    return expect.number(value, "the penalty (the mean over the batch)")


def _check_points(seen, real, generated):
    """Expect points on the line of each pair, uniform, and anew at each call."""
    shares = []
    for points in seen:
        if points.shape != real.shape:
            raise Wrong(f"the critic is shown samples of shape {points.shape}; points between pairs have {real.shape}.")
        apart = (real - generated).reshape(BATCH, -1)
        share = ((points - generated).reshape(BATCH, -1) * apart).sum(axis=1) / (apart**2).sum(axis=1)
        off = points.reshape(BATCH, -1) - generated.reshape(BATCH, -1) - share[:, None] * apart
        if np.abs(off).max() > 1e-3:
            raise Wrong(
                "some points do not lie on the straight line between a real sample and its generated partner: one "
                "share for all pixels of a pair, share · real + (1 - share) · generated."
            )
        shares.append(share)
    share = np.concatenate(shares)
    if share.min() < -1e-4 or share.max() > 1 + 1e-4:
        raise Wrong(
            f"the shares run from {share.min():.2f} to {share.max():.2f}, so points lie beyond the pairs, where no "
            "earth is ever carried: draw them uniformly from 0 to 1."
        )
    if any(np.ptp(part) < 1e-4 for part in shares):
        where = {0.0: "at the generated samples", 1.0: "at the real samples"}.get(round(float(share[0]), 4))
        if where and np.ptp(share) < 1e-4:
            raise Wrong(f"all points lie {where}; take one at random between each pair.")
        raise Wrong("all pairs of the batch have the same share: draw one for each pair, of shape (B, 1, 1, 1).")
    if abs(share.mean() - 0.5) > 0.13 or not 0.2 < share.std() < 0.37:
        spread = f"{share.std():.2f}"
        raise Wrong(f"the shares' mean is {share.mean():.2f}, their spread {spread}; uniform ones have 0.50 and 0.29.")


def _check_linear(answer, real, generated):
    """Expect (|w| - 1)² of a linear critic."""
    critic = _watched(_linear)
    w = np.zeros(PIXELS, np.float32)
    w[:2] = 3.0, 4.0  # both channels of one pixel
    critic.w.assign(w)
    value = _called(answer, critic, real, generated)
    slips = {
        (5 * np.sqrt(BATCH) - 1) ** 2: "the squares are summed over the whole batch; each sample has its own length",
        (5 / np.sqrt(BATCH) - 1) ** 2: "the slope is that of the batch's *mean* score, B times too small",
        (5 / BATCH - 1) ** 2: "the slope is that of the batch's *mean* score, B times too small",
        24.0**2: "the square root is missing: this is (|w|² - 1)²",
        25.0: "this is |w|²: the length that costs nothing is 1, not 0",
        4.0: "this is |w| - 1: its square is missing",
        24 / 9: "each pixel has a length of its own; add up the squares of all pixels, then take the root",
        6.5: "each channel has a length of its own; add up the squares over all axes but the first",
        (5 / np.sqrt(PIXELS) - 1) ** 2: "the squares are averaged over the pixels; a length is a sum",
        (7 / PIXELS - 1) ** 2: "a length is the root of the summed squares, not a mean of the components",
        16.0 * BATCH: "this is the sum over the batch; the mean is asked for",
        0.0: "it is 0 whatever the slope is",
        160.0: "the weight 10 is not part of it: that comes later",
    }
    if expect.near(value, 16.0, rel=2e-3):
        return
    for wrong, why in slips.items():
        if expect.near(value, wrong, rel=2e-3, tolerance=1e-4):
            raise Wrong(
                f"for a linear critic with |w| = 5 the penalty is (5 - 1)² = 16, and yours is {value:.5g}: {why}."
            )
    raise Wrong(
        f"for a linear critic with |w| = 5 the penalty is (5 - 1)² = 16, and yours is {value:.5g}. Is the slope taken "
        "with respect to the samples, and not to the weights?"
    )


def _check_bowl(points, value):
    """Expect the right mean where every point has another slope."""
    norms = BEND * np.linalg.norm(points.reshape(len(points), -1), axis=1)
    wanted = np.mean((norms - 1.0) ** 2)
    if expect.near(value, wanted, rel=5e-3):
        return
    if expect.near(value, (norms.mean() - 1) ** 2, rel=5e-3):
        raise Wrong(
            "the lengths are averaged first: a slope of 0 here and 2 there would cost nothing. Square, then average."
        )
    if expect.near(value, np.mean(np.maximum(norms - 1, 0) ** 2), rel=5e-3):
        raise Wrong("slopes below 1 cost nothing in yours; (length - 1)² is asked for, on both sides.")
    raise Wrong(
        f"for a critic whose slope differs from point to point the penalty is {wanted:.3f} by hand at the points that "
        f"you chose, and yours is {value:.3f}."
    )


def _check_slopes(answer, real, generated):
    """Expect the right slope with respect to the critic's weights, and a finite one for a flat critic."""
    import tensorflow as tf

    def slope_at(w):
        critic = _watched(_linear)
        critic.w.assign(np.asarray(w, np.float32))
        with tf.GradientTape() as tape:
            value = expect.call(answer, critic, real, generated, name="gradient_penalty")
            value = value if tf.is_tensor(value) else tf.constant(float(value))
        return tape.gradient(value, critic.w)

    w = np.zeros(PIXELS)
    w[:2] = 3.0, 4.0
    slope = slope_at(w)
    if slope is None:
        raise Wrong(f"the value is right, but no slope reaches the critic's weights, so it could learn nothing. {CUT}")
    if not np.allclose(slope, 2 * (5 - 1) * w / 5, rtol=1e-2, atol=1e-3):
        raise Wrong("the value is right, but its slope with respect to the critic's weights is not: is a part cut off?")
    flat = slope_at(np.zeros(PIXELS))
    if flat is None or not np.isfinite(np.asarray(flat)).all():
        raise Wrong(
            "for a critic that is flat everywhere the slope is NaN: a square root has an infinite slope at 0. Add a "
            "tiny number, such as 1e-12, under the root."
        )


@exercise(
    "05.4",
    title="a critic that judges alone",
    hints=(
        "Judge eight images, then the first of them among seven others, both with training=True. Is its score equal?",
        "Batch normalisation shifts and scales each image by the others in its batch. And which numbers can come out "
        "at the end?",
        "Leave batch normalisation out, or put LayerNormalization in its place; end in Dense(1) without activation.",
    ),
)
def lone_critic(answer):
    """Mend the critic: under a penalty each image is judged alone, and a score may be any number.

    def build_critic():
        image = keras.Input((28, 28, 1))
        x = keras.layers.Conv2D(16, 4, strides=2, padding="same")(image)
        x = keras.layers.LeakyReLU(negative_slope=0.2)(x)
        x = keras.layers.Conv2D(32, 4, strides=2, padding="same")(x)
        x = keras.layers.BatchNormalization()(x)
        x = keras.layers.LeakyReLU(negative_slope=0.2)(x)
        x = keras.layers.Flatten()(x)
        return keras.Model(image, keras.layers.Dense(1, activation="sigmoid")(x))

    check("05.4", build_critic)
    """
    import keras

    if isinstance(answer, keras.Model):
        raise Wrong("this is a critic; the function that builds it is asked for: hand in its name, without brackets.")
    expect.function(answer, "build_critic", ())
    critic = expect.call(answer, name="build_critic")
    if not isinstance(critic, keras.Model):
        raise Wrong(f"`build_critic` should return a keras.Model, and returns a {type(critic).__name__}.")
    rng = np.random.default_rng(4)
    images = rng.uniform(-1, 1, (8, 28, 28, 1)).astype("float32")
    scores = _scores(critic, images)
    if np.ptp(scores) < 1e-9:
        raise Wrong("all images get the same score: what the critic sees must reach its end.")
    if not np.allclose(scores, _scores(critic, images), atol=1e-6):
        raise Wrong(
            "the same images get other scores at a second call, with training=True: is there dropout or noise in it? "
            "The penalty can live with that, but these scores cannot be checked; leave it out."
        )
    others = images.copy()
    others[1:] = rng.uniform(-1, 0, (7, 28, 28, 1))
    if not np.allclose(_scores(critic, others)[0], scores[0], rtol=1e-3, atol=1e-5):
        raise Wrong(
            "the first image gets another score when the other seven are exchanged: a layer mixes the batch, and the "
            "penalty would ask for the slope of something that is no function of one image."
        )
    _check_free(critic, images)
    return (
        "an image's score is its own, whoever is judged beside it, and it may be any number: now a slope is the slope "
        "of one function, and a distance may be large."
    )


def _scores(critic, images):
    scores = expect.call(lambda: critic(images, training=True), name="critic")
    return expect.numbers(scores, (len(images), 1), "the scores of eight images")[:, 0]


def _check_free(critic, images):
    """Expect that a thousandfold last layer gives large scores of both signs."""
    last = next((layer for layer in reversed(critic.layers) if layer.trainable_weights), None)
    if last is None:
        raise Wrong("this critic has nothing to learn: it needs layers with weights.")
    kept = last.get_weights()
    reached = []
    for factor in (1000.0, -1000.0):
        last.set_weights([factor * weight for weight in kept])
        reached.append(_scores(critic, images))
    last.set_weights(kept)
    reached = np.concatenate(reached)
    if np.abs(reached).max() <= 1.001:
        raise Wrong(
            f"however large its last weights are, the scores stay from {reached.min():.2f} to {reached.max():.2f}: an "
            "activation squeezes them. A critic is no judge of probabilities; end in Dense(1) alone."
        )
    if reached.min() >= 0 or reached.max() <= 0:
        raise Wrong("its scores have one sign only, whatever its weights: end in Dense(1) without activation.")
