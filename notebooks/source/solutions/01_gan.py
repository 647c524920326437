# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Solutions to lesson 01
#
# Try first: a check that says *not yet* tells you why, and `hint("01.2")` helps in stages. Other answers than these are
# right, too. The mended listings are then run for a few seconds, so that you can see the difference: (a) with the
# step of (b), on the networks of (a), then (c), then (d).

# %% tags=["setup"]
# On Colab this installs the course and replaces nothing that is there; elsewhere it is there already.
import importlib.util
import subprocess
import sys

KEEP_ON_DRIVE = False  # on Colab, True keeps the folder work/ in your Google Drive

if importlib.util.find_spec("gencourse") is None:
    course = "gencourse @ git+https://github.com/gencourse/gencourse@main"
    subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", course], check=True)
    importlib.invalidate_caches()

from gencourse import runtime

print(runtime.start(keep_on_drive=KEEP_ON_DRIVE))

# %%
import keras
import numpy as np
import tensorflow as tf

from gencourse import data, gan, metrics, recipes, viz
from gencourse.exercises import check

runtime.set_seed(1)
cross_entropy = keras.losses.BinaryCrossentropy(from_logits=True)
signed = data.to_signed(data.load_images("digits").train_images)


def expect_right(answer):
    if not answer:
        raise RuntimeError(str(answer))
    return answer


# %% [markdown]
# ## 01.1 Two slopes
#
# With $\sigma'(a) = \sigma(a)(1-\sigma(a))$, the derivative of $\log(1-\sigma(a))$ is $-\sigma(a)$, and that of
# $-\log\sigma(a)$ is $-(1-\sigma(a))$.

# %%
probability = 1 / (1 + np.exp(4.0))  # sigmoid(-4)
slope_minimax = probability
slope_non_saturating = 1 - probability
expect_right(check("01.1", (slope_minimax, slope_non_saturating)))


# %% [markdown]
# ## 01.2 A generator that hears
#
# Everything from the latents to the loss is computed inside one tape, by *calling* the networks. `predict` returns
# NumPy arrays, behind which the tape sees nothing.


# %%
def generator_step(generator, discriminator, optimizer, latents):
    with tf.GradientTape() as tape:
        logits = discriminator(generator(latents, training=True), training=True)
        loss = cross_entropy(tf.ones_like(logits), logits)
    gradients = tape.gradient(loss, generator.trainable_variables)
    optimizer.apply_gradients(zip(gradients, generator.trainable_variables))


expect_right(check("01.2", generator_step))


# %% [markdown]
# ## 01.3 Two players
#
# The generator starts from `latent_size` numbers, hidden layers leak instead of saturating, latents are drawn inside
# the step, and the discriminator's optimizer gets the discriminator's variables only.


# %%
def build_networks(latent_size):
    generator = keras.Sequential(
        [
            keras.Input((latent_size,)),
            keras.layers.Dense(128, activation="leaky_relu"),
            keras.layers.Dense(784, activation="tanh"),
        ]
    )
    discriminator = keras.Sequential(
        [
            keras.Input((784,)),
            keras.layers.Dense(128, activation="leaky_relu"),
            keras.layers.Dense(1),
        ]
    )
    return generator, discriminator


def discriminator_step(generator, discriminator, optimizer, images):
    latents = keras.random.normal((len(images), generator.input_shape[-1]))
    with tf.GradientTape() as tape:
        generated_logits = discriminator(generator(latents, training=True), training=True)
        real_logits = discriminator(images, training=True)
        loss = cross_entropy(tf.ones_like(real_logits), real_logits)
        loss += cross_entropy(tf.zeros_like(generated_logits), generated_logits)
    gradients = tape.gradient(loss, discriminator.trainable_variables)
    optimizer.apply_gradients(zip(gradients, discriminator.trainable_variables))


expect_right(check("01.3", (build_networks, discriminator_step)))


# %% [markdown]
# ### The two steps together: listings (a) and (b), mended
#
# The step of 01.2 and the step of 01.3 make a whole GAN. On the networks of listing (a), with a logit at the end, four
# passes over 20,000 digits:


# %%
def dense(widths):
    return [keras.layers.Dense(width, activation="leaky_relu") for width in widths]


generator = keras.Sequential(
    [keras.Input((100,)), *dense((256, 512, 1024)), keras.layers.Dense(784, activation="tanh")]
)
discriminator = keras.Sequential([keras.Input((784,)), *dense((512, 256)), keras.layers.Dense(1)])
latent_seeds = keras.random.SeedGenerator(1)
optimizers = [keras.optimizers.Adam(5e-4, beta_1=0.5) for _ in range(2)]
for optimizer, network in zip(optimizers, (generator, discriminator)):
    optimizer.build(network.trainable_variables)


@tf.function
def both_steps(images):
    images = tf.reshape(images, (-1, 784))  # (B, 28, 28, 1) -> (B, 784)
    discriminator_step(generator, discriminator, optimizers[1], images)
    generator_step(generator, discriminator, optimizers[0], keras.random.normal((64, 100), seed=latent_seeds))


for images in data.batches(signed, batch_size=64, seed=1).take(4 * (len(signed) // 64)):
    both_steps(images)
made = generator(keras.random.normal((24, 100), seed=2)).numpy().reshape(-1, 28, 28, 1)
viz.image_grid(data.to_unit(made), columns=12)

# %% [markdown]
# Shapes of digits in a snow of dots, instead of white squares. These are four passes; the lesson's own recipe makes
# forty-eight.
#
# ## 01.4 No more `None`
#
# Images go to [−1, 1] like the tanh; generated images are labelled 0 in the discriminator's step; and the generator is
# called inside the tape that is asked for its gradients.


# %%
def scale(images):
    return images.astype("float32") / 127.5 - 1.0


def train_step(generator, discriminator, generator_optimizer, discriminator_optimizer, images, latents):
    with tf.GradientTape() as tape:
        real_logits = discriminator(images, training=True)
        generated_logits = discriminator(generator(latents, training=True), training=True)
        loss = cross_entropy(tf.ones_like(real_logits), real_logits)
        loss += cross_entropy(tf.zeros_like(generated_logits), generated_logits)
    gradients = tape.gradient(loss, discriminator.trainable_variables)
    discriminator_optimizer.apply_gradients(zip(gradients, discriminator.trainable_variables))
    with tf.GradientTape() as tape:
        logits = discriminator(generator(latents, training=True), training=True)
        loss = cross_entropy(tf.ones_like(logits), logits)
    gradients = tape.gradient(loss, generator.trainable_variables)
    generator_optimizer.apply_gradients(zip(gradients, generator.trainable_variables))


expect_right(check("01.4", (scale, train_step)))


# %% [markdown]
# ### Listing (c), mended
#
# LeakyReLU 128–128 against 128–1, with `scale` and `train_step` as above, four passes:

# %%
generator = gan.build_generator(latent_dim=100, units=(128, 128), activation="leaky_relu", normalise=False)
discriminator = gan.build_discriminator(units=(128,))
optimizers = [keras.optimizers.Adam(1e-3, beta_1=0.5) for _ in range(2)]
for optimizer, network in zip(optimizers, (generator, discriminator)):
    optimizer.build(network.trainable_variables)


@tf.function
def mended_step(images, latents):
    train_step(generator, discriminator, *optimizers, images, latents)


scaled = scale(data.load_images("digits").train_images)[..., None]
for images in data.batches(scaled, batch_size=64, seed=1).take(4 * (len(scaled) // 64)):
    mended_step(images, keras.random.normal((64, 100), seed=latent_seeds))
viz.image_grid(data.to_unit(generator(keras.random.normal((24, 100), seed=2)).numpy()), columns=12)

# %% [markdown]
# Again shapes that want to be digits, from networks a tenth as large, and rather alike. A listing without bugs is not yet a
# good recipe; but only without bugs is there something to improve.
#
# ## 01.5 Signs
#
# The discriminator *maximises* the formula of the paper, so its loss has a minus in front; softplus keeps the
# logarithms finite.


# %%
def discriminator_loss(real_logits, generated_logits):
    return tf.reduce_mean(tf.nn.softplus(-real_logits)) + tf.reduce_mean(tf.nn.softplus(generated_logits))


def generator_loss(generated_logits):
    return tf.reduce_mean(tf.nn.softplus(-generated_logits))


expect_right(check("01.5", (discriminator_loss, generator_loss)))

# %% [markdown]
# ### Listing (d), mended, on the ring
#
# The same networks that fled in the lesson, with these two losses in place, for five passes:

# %%
RING = recipes.get("gan-ring").parameters
ring = data.ring()
model = recipes.get("gan-ring").build(RING, (2,), 1, 1)
model.game = model.game._replace(
    discriminator=lambda real, generated, smoothing: discriminator_loss(real, generated), generator=generator_loss
)
batches = data.batches(ring.sample(20_000, 0), batch_size=RING["batch_size"], seed=1)
model.fit(batches, epochs=5, steps_per_epoch=data.steps_per_pass(20_000, RING["batch_size"]), verbose=0)
viz.scatter({"mended": model.generate(1000, seed=1)}, limits=3, means=ring.means, std=ring.std)

# %%
cover = metrics.mode_coverage(model.generate(1000, seed=1), ring.means, std=ring.std)
print(f"{cover['modes_covered']} modes covered, {cover['share_within']:.0%} of samples within 3 standard deviations")
if cover["modes_covered"] < 6:
    raise RuntimeError("The mended losses should find most modes of the ring in five passes.")

# %% [markdown]
# ## And the model of the lesson, from its checkpoint
#
# Recorded weights draw samples without any training: handy when a lab runs out of time.

# %%
kept = recipes.load_checkpoint("01", "digits")
viz.image_grid(data.to_unit(kept.generate(24, seed=1)), columns=12)

# %%
sure = metrics.confident_share(data.to_unit(kept.generate(500, seed=1)), metrics.load_evaluator("digits"))
print(f"the evaluator is sure of {sure:.0%} of 500 samples")
