# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Solutions to lesson 02
#
# Try first: a check that says *not yet* tells you why, and `hint("02.2")` helps in stages. Other answers than these are
# right, too. The mended listings are then run for a few seconds, so that you can see the difference.

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

from gencourse import data, metrics, recipes, viz
from gencourse.exercises import check

runtime.set_seed(1)
cross_entropy = keras.losses.BinaryCrossentropy(from_logits=True)
signed = data.to_signed(data.load_images("digits").train_images)
evaluator = metrics.load_evaluator("digits")


def expect_right(answer):
    if not answer:
        raise RuntimeError(str(answer))
    return answer


# %% [markdown]
# ## 02.1 Sizes by hand
#
# With `"same"` only the stride counts: 32 / 2 = 16. With `"valid"` the kernel of 3 must fit: it begins at 0, 2, … 12, which
# are (16 − 3) // 2 + 1 = 7 places. Each of the 32 kernels reads all 16 channels through 3×3 weights and adds a bias.

# %%
side_first = 32 // 2
side_second = (side_first - 3) // 2 + 1
weights_second = 3 * 3 * 16 * 32 + 32
expect_right(check("02.1", (side_first, side_second, weights_second)))

# %% [markdown]
# Keras counts the same:

# %%
counted = keras.Sequential([keras.Input((32, 32, 3))])
counted.add(keras.layers.Conv2D(16, 4, strides=2, padding="same"))
counted.add(keras.layers.Conv2D(32, 3, strides=2, padding="valid"))
for layer in counted.layers:
    print(f"{layer.output.shape[1:]}, {layer.count_params():,} weights")

# %% [markdown]
# ## 02.2 A row grown by hand
#
# A canvas of zeros, and one stamp for each value. The `+=` is what makes overlaps add up.


# %%
def grow_row(values, kernel, stride):
    row = np.zeros(stride * (len(values) - 1) + len(kernel))
    for i, value in enumerate(values):
        row[stride * i : stride * i + len(kernel)] += value * np.asarray(kernel)
    return row


expect_right(check("02.2", grow_row))

# %% [markdown]
# Ones through kernels of ones, stride 2. The middle is flat whenever the stride divides the length of the kernel:

# %%
for size in (2, 3, 4, 5, 6):
    print(f"kernel {size}: {grow_row(np.ones(5), np.ones(size), 2).astype(int)}")

# %% [markdown]
# ## 02.3 Two players again
#
# Two tapes, two lists of variables, two optimizers. Nothing has to be frozen, because each tape is asked for the weights
# of one player only.
#
# The classical cure, `discriminator.trainable = False` before joining, has a trap. In Keras 3 the freeze also holds for the
# discriminator's own `train_on_batch`, unless that ran before or you thaw it each time. Then neither player learns the
# truth, and only a warning says so.


# %%
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


expect_right(check("02.3", train_step))

# %% [markdown]
# ### Listing (a), mended
#
# Its own layers, with a quarter of the channels so that a few hundred steps take seconds: dense to 7×7×32, transposed
# convolutions 32–16–1 with batch normalisation and LeakyReLU, against convolutions 16–32 with dropout and a logit at
# the end.


# %%
def listing_networks(latent_dim=64):
    generator = keras.Sequential([keras.Input((latent_dim,)), keras.layers.Dense(7 * 7 * 32)])
    generator.add(keras.layers.Reshape((7, 7, 32)))
    for channels, stride in ((32, 1), (16, 2)):
        generator.add(keras.layers.BatchNormalization())
        generator.add(keras.layers.LeakyReLU(negative_slope=0.2))
        generator.add(keras.layers.Conv2DTranspose(channels, 4, strides=stride, padding="same"))
    generator.add(keras.layers.BatchNormalization())
    generator.add(keras.layers.LeakyReLU(negative_slope=0.2))
    generator.add(keras.layers.Conv2DTranspose(1, 4, strides=2, padding="same", activation="tanh"))
    discriminator = keras.Sequential([keras.Input((28, 28, 1))])
    for channels in (16, 32):
        discriminator.add(keras.layers.Conv2D(channels, 4, strides=2, padding="same", activation="leaky_relu"))
        discriminator.add(keras.layers.Dropout(0.3))
    discriminator.add(keras.layers.Flatten())
    discriminator.add(keras.layers.Dense(1))
    return generator, discriminator


# %%
def in_graph(generator, discriminator, rate=1e-3):
    """`train_step` for these two networks as a graph, with optimizers of their own."""
    optimizers = [keras.optimizers.Adam(rate, beta_1=0.5) for _ in range(2)]
    for optimizer, network in zip(optimizers, (generator, discriminator)):
        optimizer.build(network.trainable_variables)
    return tf.function(lambda images, latents: train_step(generator, discriminator, *optimizers, images, latents))


generator, discriminator = listing_networks()
step = in_graph(generator, discriminator)
latent_seeds = keras.random.SeedGenerator(1)
for images in data.batches(signed, batch_size=32, seed=1).take(600):
    step(images, keras.random.normal((32, 64), seed=latent_seeds))
made = data.to_unit(generator(keras.random.normal((24, 64), seed=2), training=False).numpy())
viz.image_grid(made, columns=12)

# %%
opinions = [float(np.mean(tf.sigmoid(discriminator(x)))) for x in (signed[:64], 2 * made - 1)]
print(f"mean D on real images {opinions[0]:.2f}, on generated ones {opinions[1]:.2f}")
if max(opinions) > 0.9:
    raise RuntimeError("The mended discriminator should not call everything real.")

# %% [markdown]
# Strokes, and here and there a digit, instead of a lattice of dots. And the discriminator is no longer sure that all the
# world is real: it gives both kinds about one half, as in a fair game. Without bugs it is not yet a good recipe, but now
# there is something to improve.
#
# ## 02.4 One opinion for each image
#
# `Flatten` makes one row of the 49 places, so that the last layer weighs all of them. The joint model begins with an
# input of the generator's own shape. And the loss comes from `keras.losses`.


# %%
def build_discriminator():
    image = keras.Input((28, 28, 1))
    x = keras.layers.Conv2D(16, 4, strides=2, padding="same", activation="leaky_relu")(image)
    x = keras.layers.Conv2D(32, 4, strides=2, padding="same", activation="leaky_relu")(x)
    return keras.Model(image, keras.layers.Dense(1)(keras.layers.Flatten()(x)))


def build_joint(generator, discriminator):
    latents = keras.Input(generator.input_shape[1:])
    return keras.Model(latents, discriminator(generator(latents)))


loss_of = keras.losses.BinaryCrossentropy(from_logits=True)


def discriminator_loss(real_logits, generated_logits):
    real = loss_of(tf.ones_like(real_logits), real_logits)
    return real + loss_of(tf.zeros_like(generated_logits), generated_logits)


expect_right(check("02.4", (build_discriminator, build_joint, discriminator_loss)))

# %% [markdown]
# ## 02.5 Fresh noise
#
# Drawn inside the loop, as many as there are images. A `SeedGenerator` made *before* the loop keeps the run repeatable and
# still gives new numbers at each call; a whole number as `seed=` would give the same ones each time.


# %%
def training_loop(step, batches, latent_dim):
    seeds = keras.random.SeedGenerator(1)
    for images in batches:
        step(images, keras.random.normal((len(images), latent_dim), seed=seeds))


expect_right(check("02.5", training_loop))

# %% [markdown]
# ### Listing (b), mended
#
# With the discriminator of 02.4, the step of 02.3 and this loop, for four hundred steps. In the lesson, a generator that met
# the same 32 latents again and again drew clearly better from these than from fresh ones. Now there are no latents of
# training to be better at:

# %%
generator, _ = listing_networks()
discriminator = build_discriminator()
step = in_graph(generator, discriminator)
training_loop(step, data.batches(signed, batch_size=32, seed=1).take(400), 64)
for seed in (2, 3):
    images = data.to_unit(generator(keras.random.normal((500, 64), seed=seed), training=False).numpy())
    print(f"500 fresh latents, seed {seed}: {metrics.confident_share(images, evaluator):.0%} readable")
viz.image_grid(images[:24], columns=12)

# %% [markdown]
# The same share, or nearly, from both seeds: no latent is special. With so few steps many samples are still half a digit;
# the lesson's own recipe trains many times as long, on networks with a dense part.
#
# ## And the model of the lesson, from its checkpoint

# %%
kept = recipes.load_checkpoint("02", "digits")
drawn = data.to_unit(kept.generate(500, seed=1))
print(f"the evaluator is sure of {metrics.confident_share(drawn, evaluator):.0%} of 500 samples")
viz.image_grid(drawn[:24], columns=12)
