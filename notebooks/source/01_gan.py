# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
#   gencourse:
#     recipes: [gan, gan-ring]
# ---

# %% [markdown]
# # 01 · GAN: a game of two networks
#
# [![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)](https://colab.research.google.com/github/gencourse/gencourse/blob/main/notebooks/01_gan.ipynb)
#
# **One idea.** Nobody can write down what makes a handwritten digit look real. A *generative adversarial network*
# does not try to: it trains a second network to be the judge, and lets the two of them compete.
#
# After this lesson you can
#
# - write the two losses of a GAN on paper, and say why one of them was replaced in the very paper that proposed it;
# - write its training loop by hand with `tf.GradientTape`, and know that `fit` does the same;
# - tell from samples and from a handful of numbers whether a GAN works, memorises, or has collapsed;
# - find the bugs in four listings of kinds that are often printed, and that never train.
#
# It runs in about two minutes on two CPU cores, a good minute of which trains one model. Reading takes about 45
# minutes. Lesson 00 comes before: it explains *mode*, *standard deviation*, *recipe*, *record*, *floor* and *baseline*.

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

# %% [markdown]
# ## What you may turn
#
# The numbers of the main experiment stand in one cell. With these values the result is compared with recorded runs at
# the end; with others it is yours to explore.

# %% tags=["parameters"]
SEED = 1  # weights, latents and the order of the data; another seed is another run
EPOCHS = 48  # passes over the 20,000 digits: what the training time follows
BATCH_SIZE = 32  # images in one step
LATENT_DIM = 64  # numbers the generator starts from
GENERATOR_RATE = 1e-3  # learning rates: the balance between the players
DISCRIMINATOR_RATE = 1e-3
LOSS = "least_squares"  # or "non_saturating", "minimax", "hinge"
RING_EPOCHS = 26  # passes over the 20,000 points of the toy
LOAD_CHECKPOINT = False  # True: train for a moment, then take the recorded networks

# %%
import keras
import numpy as np
import tensorflow as tf

from gencourse import callbacks, data, gan, losses, metrics, recipes, results, sampling, viz

runtime.set_seed(SEED)
rng = np.random.default_rng(SEED)

# %% [markdown]
# ## 1 · The game
#
# Two networks play.
#
# - The **[generator](../docs/GLOSSARY.md#generator)** $G$ turns a **[latent](../docs/GLOSSARY.md#latent)** vector $z$,
#   a handful of random numbers, into a sample $G(z)$.
# - The **[discriminator](../docs/GLOSSARY.md#discriminator)** $D$ looks at a sample $x$ and says how sure it is that
#   $x$ is real: $D(x)$, between 0 and 1.
#
# The discriminator is trained to say 1 for real samples and 0 for generated ones. The generator is trained to make
# the discriminator say 1 for what it made. It never sees a real sample. All it gets is the slope of the judge's
# opinion: *move this pixel a little that way, and I will believe you more*.
#
# Goodfellow and his colleagues wrote this in 2014 as one formula, which the discriminator makes large and the
# generator small:
#
# $$\min_G \max_D\; \mathbb{E}_{x}\big[\log D(x)\big] + \mathbb{E}_{z}\big[\log\big(1 - D(G(z))\big)\big]$$
#
# $\mathbb{E}$ is a mean: over real samples on the left, over latents on the right.
#
# We begin with data that can be seen whole: points in the plane, drawn from eight small Gaussians on a ring.

# %%
ring = data.ring()
points = ring.sample(2000, SEED)
viz.scatter({"real points": points}, limits=3, means=ring.means, std=ring.std)

# %% [markdown]
# Eight modes, each with standard deviation 0.1, on a circle of radius 2. Between the modes there is nothing. A model can fail here in ways
# that are easy to see: points between the modes, or modes left out.
#
# ### The losses, on two samples
#
# Our discriminators return a **[logit](../docs/GLOSSARY.md#logit)** $a$, any real number, and
# $D = \sigma(a) = 1/(1+e^{-a})$, the **[sigmoid](../docs/GLOSSARY.md#sigmoid)** of it: logit 0 means *cannot tell*, 4
# means *nearly sure that it is real*. Take two real samples with logits 0 and 2, and two generated ones with logits −1
# and −4. The discriminator's loss is the formula above with a minus in front, because optimizers minimise:

# %% tags=["nbval-check-output"]
real_logits = np.array([0.0, 2.0], "float32")
generated_logits = np.array([-1.0, -4.0], "float32")


def sigmoid(a):
    return 1 / (1 + np.exp(-a))


by_hand = -np.log(sigmoid(real_logits)).mean() - np.log(1 - sigmoid(generated_logits)).mean()
print("D on real:", sigmoid(real_logits).round(3), " D on generated:", sigmoid(generated_logits).round(3))
print(f"discriminator's loss: {by_hand:.4f}")

# %% [markdown]
# The package's version must give the same number. It never takes the logarithm of a probability that was rounded to
# 0, because $-\log\sigma(a) = \text{softplus}(-a)$, where $\text{softplus}(a) = \log(1+e^a)$.

# %%
np.testing.assert_allclose(losses.minimax_discriminator_loss(real_logits, generated_logits), by_hand, rtol=1e-5)

# %% [markdown]
# ### A loss that goes flat
#
# By the formula the generator should *minimise* $\log(1 - D(G(z)))$. This is the
# **[minimax](../docs/GLOSSARY.md#minimax)** loss. The same paper warns that it may give the generator too little slope
# early on, and proposes another: $-\log D(G(z))$, the **[non-saturating](../docs/GLOSSARY.md#non-saturating)** loss.
# Both fall when $D(G(z))$ rises. How fast? With $\sigma' = \sigma(1-\sigma)$ the chain rule gives slopes of size
# $\sigma(a)$ and $1-\sigma(a)$ with respect to the logit.
#
# **Predict first.** At a logit of −6, which of the two losses has the larger slope, and by about how many times?

# %%
logits = np.linspace(-8, 4, 100)
slopes = {
    "minimax": sigmoid(logits),
    "non-saturating": 1 - sigmoid(logits),
}
viz.loss_curves(
    slopes, x=logits, x_label="discriminator's logit for a generated sample", y_label="size of the generator's slope"
)

# %% [markdown]
# Read the left side first. A logit of −6 means: *surely generated*. A generator gets there as soon as the discriminator
# runs ahead of it, which is easy early on, when samples are poor. There the minimax slope is about 0.002, and the
# non-saturating one nearly 1, some four hundred times as large: with minimax the generator hears next to nothing just when it has most to learn. Exercise
# 01.1 works out one point of each curve.
#
# ## 2 · The training loop, by hand
#
# Small dense networks are enough for the plane. The generator maps two random numbers to a point, the discriminator
# a point to a logit. Two rows go through first, to see that the shapes fit.

# %%
ring_recipe = recipes.get("gan-ring")
RING = ring_recipe.with_parameters({"epochs": RING_EPOCHS})


def ring_networks(seed):
    runtime.set_seed(seed)
    generator = gan.build_generator(
        latent_dim=RING["latent_dim"],
        units=RING["generator_units"],
        output_shape=(2,),
        output_activation="linear",
        normalise=RING["normalise"],
    )
    discriminator = gan.build_discriminator(input_shape=(2,), units=RING["discriminator_units"])
    return generator, discriminator


generator, discriminator = ring_networks(SEED)
two_points = generator(np.zeros((2, RING["latent_dim"]), "float32"))
print("two latents -> points", two_points.shape, "-> logits", discriminator(two_points).shape)

# %% [markdown]
# One step of training, line by line:
#
# 1. draw latents, one for each real sample;
# 2. inside a **[tape](../docs/GLOSSARY.md#tape)**, which remembers every operation: generate, and let the discriminator
#    judge both batches;
# 3. compute the two losses;
# 4. ask one tape for the slope of each loss *for its own player's weights only*;
# 5. let each player's optimizer take its step.
#
# Points 2 and 4 are the whole trick. The generator's loss must run *through* the discriminator, but must not move it.
# Listings (a) and (c) below break the first half, (b) the second.
#
# **[Adam](../docs/GLOSSARY.md#adam)** is gradient descent that averages recent gradients (`beta_1` says over how many)
# and divides them by their usual size. GANs like a short memory, 0.5, because the other player keeps changing the
# slope. `@tf.function` turns the step into a graph, as in lesson 00.

# %%
latent_seeds = keras.random.SeedGenerator(SEED)


def adam(rate):
    return keras.optimizers.Adam(rate, beta_1=RING["beta_1"], beta_2=RING["beta_2"])


generator_optimizer = adam(RING["generator_rate"])
discriminator_optimizer = adam(RING["discriminator_rate"])


@tf.function
def train_step(real):
    latents = keras.random.normal((len(real), RING["latent_dim"]), seed=latent_seeds)  # (B, Z)
    with tf.GradientTape() as d_tape, tf.GradientTape() as g_tape:
        generated = generator(latents, training=True)  # (B, 2)
        real_logits = discriminator(real, training=True)  # (B, 1)
        generated_logits = discriminator(generated, training=True)  # (B, 1)
        d_loss = tf.reduce_mean(tf.nn.softplus(-real_logits) + tf.nn.softplus(generated_logits))
        g_loss = tf.reduce_mean(tf.nn.softplus(-generated_logits))
    d_gradients = d_tape.gradient(d_loss, discriminator.trainable_variables)
    g_gradients = g_tape.gradient(g_loss, generator.trainable_variables)
    discriminator_optimizer.apply_gradients(zip(d_gradients, discriminator.trainable_variables))
    generator_optimizer.apply_gradients(zip(g_gradients, generator.trainable_variables))
    return d_loss, g_loss


# %% [markdown]
# Data come as an endless stream of shuffled batches. If the discriminator could not tell at all, every logit would be 0,
# its loss $2\log 2 \approx 1.39$ and the generator's $\log 2 \approx 0.69$.
#
# **Predict first.** Both players begin knowing nothing. Who will be ahead after fifty steps, and which loss lies below
# the value for guessing?

# %%
stream = data.batches(ring.sample(20_000, 0), batch_size=128, seed=SEED)
for real in stream.take(50):
    d_loss, g_loss = train_step(real)
print(f"after 50 steps: discriminator's loss {d_loss:.2f}, generator's loss {g_loss:.2f}")

# %% [markdown]
# The discriminator is ahead: its loss has sunk below 1.39, and the generator's has risen above 0.69. The judge has the
# easier job at first. A blob in the middle is soon told from points on a ring, while the generator must learn from the
# judge where to go. A rising loss is no sign that the generator gets worse: its opponent got better.
#
# ### The same with `fit`
#
# `gan.GAN` is a `keras.Model` whose `train_step` is the function above, with a few options around it. Given the same
# first weights, latents and batches, fifty steps of `fit` must end at the same weights. If this cell passes, there is
# no magic in the package.

# %%
twin = gan.GAN(*ring_networks(SEED), seed=SEED)
twin.compile(
    generator_optimizer=adam(RING["generator_rate"]),
    discriminator_optimizer=adam(RING["discriminator_rate"]),
)
twin.fit(stream, epochs=1, steps_per_epoch=50, verbose=0)
ours = generator.get_weights() + discriminator.get_weights()
theirs = twin.generator.get_weights() + twin.discriminator.get_weights()
for our_weights, their_weights in zip(ours, theirs):
    np.testing.assert_allclose(our_weights, their_weights, rtol=1e-4, atol=1e-5)
print(f"all {len(ours)} weight arrays are equal")

# %% [markdown]
# ## 3 · Eight modes
#
# Now for real: `fit` gives progress, history and callbacks for free. The recipe also keeps a
# **[running average](../docs/GLOSSARY.md#running-average)** of the generator's weights (EMA, *exponential moving
# average*, in papers: each step keeps 99% of the average and adds 1% of the new weights), and samples are drawn from
# that. The two players circle around each other, and the average stands nearer to the middle of the circle.

# %%
ring_stream = data.batches(ring.sample(20_000, 0), batch_size=RING["batch_size"], seed=SEED)
ring_steps = data.steps_per_pass(20_000, RING["batch_size"])
runtime.set_seed(SEED)
ring_gan = ring_recipe.build(RING, (2,), SEED, recipes.steps_per_call(ring_steps, ring_steps * RING_EPOCHS))
frames = callbacks.SampleFrames(n=1000, seed=SEED)

# %% [markdown]
# `Budget` counts the steps and lets the learning rates sink to zero on the way; `SampleFrames` draws the same thousand
# latents after each **[epoch](../docs/GLOSSARY.md#epoch)**, one pass over the data.
#
# **Predict first.** The untrained generator puts all points into one small blob. How will it get from there to the eight
# modes: one mode after another, or all at once?

# %%
ring_budget = callbacks.Budget(steps=ring_steps * RING_EPOCHS, decay=RING["decay"])
ring_history = ring_gan.fit(
    ring_stream,
    epochs=RING_EPOCHS,
    steps_per_epoch=ring_steps,
    verbose=0,
    callbacks=[ring_budget, frames, callbacks.Progress()],
)

# %%
panels = {f"epoch {epoch}": frames.frames[epoch] for epoch in sorted({0, 1, 3, 8, RING_EPOCHS}) if epoch <= RING_EPOCHS}
viz.scatter(panels | {"real": points}, limits=3, means=ring.means, std=ring.std, size=2.1)

# %% [markdown]
# The first panel is the untrained generator: a small blob in the middle. It bursts outwards in all
# directions, finds the whole circle, and only then the modes on it: all at once, not one after another. Thin threads between neighbouring modes remain, because the generator is a continuous function
# and cannot jump from one mode to the next. And the clouds end up tighter than the real ones, as lesson 00 measured.
#
# Look at the last line of progress, too: losses near 1.39 and 0.69, accuracy near one half. That is $2\log 2$ and
# $\log 2$. A good end of the game looks like pure guessing.
#
# Here we can count, because we know the truth. A mode is **[covered](../docs/GLOSSARY.md#mode-coverage)** when at least
# a quarter of its fair share of samples falls within three standard deviations of it.

# %%
ring_samples = ring_gan.generate(1000, seed=SEED)
ring_cover = metrics.mode_coverage(ring_samples, ring.means, std=ring.std)
true_cover = metrics.mode_coverage(ring.sample(1000, 7), ring.means, std=ring.std)
for name, cover in {"this GAN": ring_cover, "the truth": true_cover}.items():
    print(
        f"{name}: {cover['modes_covered']} modes, {cover['share_within']:.1%} of samples within 3 standard deviations"
    )

# %% [markdown]
# Even true samples lie within three standard deviations only 99 times in 100. The GAN is a few points below: the
# threads. And so that you know whether your run is a usual one, here is the record of five others:

# %%
for measure in ("modes_covered", "share_within"):
    value = ring_cover[measure]
    print(results.compare("01", f"ring_{measure}", value, parameters=RING, device=runtime.device_kind()))

# %% [markdown]
# ## 4 · Broken on purpose
#
# ### Mode collapse
#
# Give the generator a learning rate ten times as large, and look at the network itself instead of its running average.
#
# **Predict first.** The generator now takes ten times as long steps. Will it find the eight modes sooner, only some of
# them, or none?


# %%
def broken_run(epochs, head_start=0, **changes):
    parameters = ring_recipe.with_parameters(changes)
    runtime.set_seed(SEED)
    model = ring_recipe.build(parameters, (2,), SEED, 12)
    alone = tf.function(model.discriminator_step)
    for real in ring_stream.take(head_start):
        alone(real)
    watch = callbacks.SampleFrames(n=500, seed=SEED)
    model.fit(ring_stream, epochs=epochs, steps_per_epoch=ring_steps, verbose=0, callbacks=[watch])
    return model, watch.frames


collapsed, collapsed_frames = broken_run(5, generator_rate=10 * RING["generator_rate"], ema_decay=None)
spread = collapsed_frames[-1].std(axis=0)
cover = metrics.mode_coverage(collapsed_frames[-1], ring.means, std=ring.std)
print(
    f"{cover['modes_covered']} modes; spread of 500 samples {spread[0]:.3f} by {spread[1]:.3f}, the ring's is 1.4 by 1.4"
)

# %%
panels = {f"epoch {i}": frame for i, frame in enumerate(collapsed_frames)}
viz.scatter(panels, limits=3.5, means=ring.means, std=ring.std, size=2.1)

# %% [markdown]
# Not sooner: one blob at a time, each time somewhere else, one mode at most, and at the end none. This is
# **[mode collapse](../docs/GLOSSARY.md#mode-collapse)**. The generator runs to wherever the discriminator is least
# sure, with all its samples at once; by the time the discriminator has learned that place, the generator is elsewhere.
# Nothing in its loss asks for variety, because each sample is judged alone. Milder forms are common: seven modes, four,
# one digit drawn beautifully a thousand times.
#
# Part of it is brute force. Large steps have silenced many hidden units for good, whatever the latent, and what is left
# can draw little more than a blob:

# %%
hidden = keras.Model(collapsed.generator.input, collapsed.generator.layers[4].output)  # after the second hidden layer
activity = hidden(rng.normal(size=(500, RING["latent_dim"])).astype("float32")).numpy()
print(f"share of hidden units that answer at all: {(activity > 0).any(axis=0).mean():.0%}")

# %% [markdown]
# ### The loss that goes flat
#
# Now train the discriminator alone for 2,000 steps, so that it is very sure of itself, and only then begin the game.
# Once with the minimax loss, once with the non-saturating one.
#
# **Predict first.** Section 1 says that minimax has next to no slope against a judge who is this sure. Will that
# generator still be the blob in the middle after two passes?

# %%
behind = {}
for loss in ("minimax", "non_saturating"):
    late, late_frames = broken_run(2, head_start=2000, loss=loss)
    behind[loss.replace("_", "-")] = late_frames[-1]
    cover = metrics.mode_coverage(late_frames[-1], ring.means, std=ring.std)
    print(f"{loss:15} {cover['modes_covered']} modes, {cover['share_within']:.0%} of samples near one")

# %%
viz.scatter(behind, limits=3, means=ring.means, std=ring.std)

# %% [markdown]
# After the same two passes the non-saturating generator has found most of the ring, and minimax is still looking for it.
# But it did leave the middle: it is slower, not stuck. One reason is Adam, which divides each gradient by its usual size and so hides much of the
# flatness; plain gradient descent would feel it in full. Without the head start the two losses do about equally well on
# this ring: `viz.scatter(broken_run(8, loss="minimax")[1][-1], limits=3)`. The paper says the same: the trouble comes
# when the discriminator is far ahead.
#
# ## 5 · Digits, with dense networks
#
# The same game with images. Each is 28×28 grey pixels. The generator ends in `tanh`, so real images must be scaled to
# [−1, 1] as well: a judge who sees two ranges needs no further evidence.

# %%
digits = data.load_images("digits")
real_images = data.to_unit(digits.test_images)  # held out: neither player ever sees them
signed = data.to_signed(digits.train_images)
print("training images", signed.shape, "from", signed.min(), "to", signed.max())
viz.image_grid(real_images[:32], columns=16)

# %% [markdown]
# Two things are new. The generator's hidden layers use
# **[batch normalisation](../docs/GLOSSARY.md#batch-normalisation)**: each unit's values are shifted and scaled to mean
# 0 and spread 1 over the batch, so that learning can be fast without units running away. And the loss is
# **[least squares](../docs/GLOSSARY.md#least-squares-loss)** (Mao and others, 2017). The discriminator's output $s$ is
# a plain score. Its own loss pulls $s$ to 1 for real samples $x$ and to 0 for generated samples $\tilde x = G(z)$; the
# generator's pulls it to 1:
#
# $$L_D = \tfrac12\,\mathbb{E}_x\big[(s(x)-1)^2\big] + \tfrac12\,\mathbb{E}_z\big[s(\tilde x)^2\big], \qquad
# L_G = \tfrac12\,\mathbb{E}_z\big[(s(\tilde x)-1)^2\big]$$
#
# Its slope does not go flat for samples judged surely fake: it grows with the distance. Both networks have two hidden
# layers of 256. How these numbers were searched for, with what failed, stands in `docs/search-dense-gan.md`.

# %%
recipe = recipes.get("gan")
PARAMETERS = recipe.with_parameters(
    {
        "epochs": EPOCHS,
        "batch_size": BATCH_SIZE,
        "latent_dim": LATENT_DIM,
        "generator_rate": GENERATOR_RATE,
        "discriminator_rate": DISCRIMINATOR_RATE,
        "loss": LOSS,
    }
)
steps = data.steps_per_pass(len(signed), BATCH_SIZE)
runtime.set_seed(SEED)
model = recipe.build(PARAMETERS, (28, 28, 1), SEED, recipes.steps_per_call(steps, steps * EPOCHS))
digit_frames = callbacks.SampleFrames(n=25, seed=SEED, keep=data.to_unit)
budget = callbacks.Budget(steps=steps * EPOCHS, decay=PARAMETERS["decay"])
for network in (model.generator, model.discriminator):
    print(f"{network.name}: {network.count_params():,} weights")

# %% [markdown]
# Twenty-five latents are drawn again after each epoch: the same twenty-five questions, so that pictures can be compared.
# The next cell trains for a good minute. Stop it when you like and run it again: it goes on.
#
# **Predict first.** The samples will get better with every pass. Will the generator's loss fall as steadily?

# %%
stream = data.batches(digits.train_images, batch_size=BATCH_SIZE, seed=SEED, value_range="signed")
digit_history = model.fit(
    stream,
    epochs=EPOCHS,
    steps_per_epoch=steps,
    verbose=0,
    callbacks=[
        *recipes.recorded("01", "digits", LOAD_CHECKPOINT, budget=budget),
        budget,
        digit_frames,
        callbacks.Progress(),
    ],
)

# %%
viz.loss_curves(
    {name: model.training_history[name] for name in ("generator_loss", "discriminator_loss")},
    title="the losses of both players",
)

# %% [markdown]
# At first both curves move a lot: the discriminator runs ahead, then the generator catches up. After a dozen passes they
# are nearly flat, and towards the end the generator's loss even rises a little. A discriminator that could only guess would say 0.5 to everything, and the losses would be 0.25 and
# 0.125; ours stays ahead of that. Now keep this picture in mind and look at the samples: they go on getting better all
# the while. **The losses of a GAN do not tell how good its samples are.**

# %%
third = len(digit_frames.frames) // 3
picture = viz.compare_grids(
    {
        "noise": rng.random((25, 28, 28)),
        "0 s": digit_frames.frames[0],
        "on the way" if LOAD_CHECKPOINT else f"{budget.spent_seconds / 3:.0f} s": digit_frames.frames[third],
        f"{budget.spent_seconds:.0f} s": digit_frames.frames[-1],
        "real, held out": real_images[:25],
    },
    scale=0.9,
)
picture.colours = 16  # noise makes large files
picture

# %% [markdown]
# Before training, the generator makes noise. After a third of the time most shapes are digits, many of them frayed or
# grey. At the end most can be read at a glance, in many hands and slants. What is still bad: some strokes are ragged, dots
# float around them, and here and there stands a sign that is no digit. A dense network does not know that neighbouring
# pixels belong together; lesson 02 will tell it.
#
# All of training in a few seconds, the same latents throughout:

# %%
viz.show_gif(viz.animate_grids(viz.thin(digit_frames.frames, limit=16), "training.gif", colours=6))

# %% [markdown]
# ### How good is it?
#
# Losses cannot say: they measure the players against each other. So an outsider judges. The course brings a small
# classifier, the **[evaluator](../docs/GLOSSARY.md#evaluator)**, trained once on all 60,000 digits (it names 99.5% of
# 10,000 held-out ones rightly). Its 64 inner features describe what an image looks like to it, and we compare *clouds
# of features*: generated against held-out real.
#
# - **[Fréchet distance](../docs/GLOSSARY.md#fréchet-distance)**: how far apart the two clouds are, in mean and in
#   spread. 0 is perfect.
# - **[Precision](../docs/GLOSSARY.md#precision)**: the share of generated images that lie inside the real cloud. Do
#   they look real?
# - **[Recall](../docs/GLOSSARY.md#recall)**: the share of real images that lie inside the generated cloud. Is
#   everything there?
# - **[Confident share](../docs/GLOSSARY.md#confident-share)**: for how many samples the evaluator is at least 90% sure
#   of the class. A stand-in for *a person can read it*.
# - **[Nearest neighbour](../docs/GLOSSARY.md#nearest-neighbour)**: how far a sample is from the nearest *training*
#   image, where fresh real images are at 1. Near 0 would mean copying.
#
# No number means anything alone. So beside ours stand a **[floor](../docs/GLOSSARY.md#floor)**, 1,000 held-out real
# images judged against the other 4,000, and a **[baseline](../docs/GLOSSARY.md#baseline)**, noise.

# %%
evaluator = metrics.load_evaluator("digits")
samples = data.to_unit(model.generate(1000, seed=SEED))
scores = recipes.Images("digits").judge(samples)
noise = rng.random((1000, 28, 28, 1)).astype("float32")
rows = {"this GAN": scores}
for name, images in {"held-out real": real_images[:1000], "noise": noise}.items():
    rows[name] = metrics.evaluate_images(images, real_images[1000:], evaluator)
    rows[name]["confident_share"] = metrics.confident_share(images, evaluator)

# %%
shown = ("frechet", "precision", "recall", "confident_share", "nearest_train")
print(" " * 14 + "".join(f"{name:>16}" for name in shown))
for name, row in rows.items():
    print(f"{name:14}" + "".join(" " * 15 + "–" if row[m] is None else f"{row[m]:16.2f}" for m in shown))

# %% [markdown]
# Read the first row against the other two. Noise is more than a hundred times farther away than our samples, and scores zero in
# everything. Our Fréchet distance is a few units, where real images are at a fraction of one. About seven in ten samples
# lie inside the cloud of real images (precision), and about as much of the real cloud is covered (recall), where fresh
# real images reach nearly nine in ten: nothing has collapsed. The evaluator is sure of about eight in ten samples, which
# agrees with what you read in the grid. And samples are slightly *farther* from training images than fresh real ones
# are, so this is no copying.
#
# Is your run a usual one?

# %%
for measure in ("frechet", "confident_share", "precision", "recall"):
    claim = f"digits_{measure}"
    print(results.compare("01", claim, scores[measure], parameters=PARAMETERS, device=runtime.device_kind()))

# %% [markdown]
# ### Does it copy?
#
# Each column below shows a sample and, under it, the training image that the evaluator's features call its nearest.

# %%
train_images = data.to_unit(digits.train_images)
sample_features = evaluator.features(samples[:12])
train_features = evaluator.features(train_images)
nearest = [int(np.argmin(((train_features - feature) ** 2).sum(axis=1))) for feature in sample_features]
viz.image_grid(np.concatenate([samples[:12], train_images[nearest]]), columns=12)

# %% [markdown]
# Cousins, not twins: the same digit in a similar slant, but other strokes, and where a sample is ragged its neighbour is
# not. Where a sample is no digit at all, its neighbour shows what it failed to be.
#
# ### Between two samples
#
# A generator cannot jump. But one that had only stored images would rest on one, blur quickly, and rest on the next. Are
# the images in between digits, too? `slerp` keeps near the sphere on which almost all random latents lie (with 64 numbers
# their length is about 8), instead of cutting through the middle, where the generator was hardly trained.

# %%
corners = rng.normal(size=(7, LATENT_DIM)).astype("float32")
walks = np.concatenate([sampling.slerp(corners[i], corners[i + 1], 12) for i in range(3)])
viz.image_grid(data.to_unit(model.generate(len(walks), latents=walks)), columns=12)

# %% [markdown]
# Each row begins where the one above ends. One digit bends into the next without a jump, and there is no place where the
# picture rests and then blurs over. But look at the middle of a row: between two good digits there can be a sign that is
# neither, or a pale heap of dots. That is where many of the failures in the grid come from: latents between the digits.
#
# ### Other losses (recorded)
#
# Each row below was trained in the same way with another loss, the lesson's own from five seeds and the others from
# three. These are **[records](../docs/GLOSSARY.md#record)**, medians of real runs that `gencourse record 01` makes
# again. They were measured on 5,000 samples, so compare the rows with each other, and not with your run above.

# %%
for row in results.load_record("01").table("digits"):
    low, high = row["ranges"]["frechet"]
    print(f"{row['variant']:28} {row['seeds']} seeds: Fréchet distance {row['frechet']:.1f} ({low:.1f} to {high:.1f})")

# %% [markdown]
# Hinge is as good as least squares here, and the non-saturating loss is clearly behind: the ranges do not overlap. That is
# an observation about these networks and this minute of training, not a law.
#
# ## 6 · Four listings that do not work
#
# The code below is built like listings that many people met first. Each has its bugs in it, each runs, or nearly, and
# none learns. You will see the symptom here, and mend the bugs in the exercises; the solutions run the mended listings.
#
# `cross_entropy(ones, logits)` is the mean of $-\log\sigma(a)$, and with zeros that of $-\log(1-\sigma(a))$: the losses
# of section 1 under their usual name.

# %%
few = tf.reshape(signed[:2048], (-1, 28, 28, 1))
cross_entropy = keras.losses.BinaryCrossentropy(from_logits=True)

# %% [markdown]
# ### (a) `predict`, then `train_on_batch`
#
# A generator of 256–512–1024–784, a discriminator of 512–256–1. Images are made with `predict`, and the generator is
# trained with `train_on_batch` on its own, with ones as the target.

# %%
listing_generator = keras.Sequential(
    [keras.Input((100,))]
    + [keras.layers.Dense(width, activation="leaky_relu") for width in (256, 512, 1024)]
    + [keras.layers.Dense(784, activation="tanh"), keras.layers.Reshape((28, 28, 1))],
    name="generator",
)
listing_discriminator = keras.Sequential(
    [keras.Input((28, 28, 1)), keras.layers.Flatten()]
    + [keras.layers.Dense(width, activation="leaky_relu") for width in (512, 256)]
    + [keras.layers.Dense(1, activation="sigmoid")],
    name="discriminator",
)
listing_discriminator.compile("adam", "binary_crossentropy", metrics=["accuracy"])
listing_generator.compile(keras.optimizers.Adam(2e-3), "binary_crossentropy")

# %% [markdown]
# **Predict first.** What will the generator draw after ten such steps: noise, rough digits, or something else?

# %%
for step in range(10):
    latents = rng.normal(size=(64, 100)).astype("float32")
    generated = listing_generator.predict(latents, verbose=0)
    listing_discriminator.train_on_batch(few[64 * step : 64 * step + 64], np.ones((64, 1)))
    listing_discriminator.train_on_batch(generated, np.zeros((64, 1)))
    listing_generator.train_on_batch(latents, np.ones_like(generated))
generated = listing_generator.predict(latents, verbose=0)
print(f"mean pixel of what the generator makes: {generated.mean():.2f}, where 1 is white")
viz.image_grid(data.to_unit(generated[:12]), columns=12)

# %% [markdown]
# White squares, all of them: neither noise nor digits. `train_on_batch` ran the generator once more and compared its *image* with ones. Nothing on
# the way from the generator's weights to that loss passes through the discriminator, so its opinion never entered.
# Exercise 01.2.
#
# ### (b) One optimizer, and the generator fed with images
#
# The generator takes an image instead of noise, hidden layers are sigmoids, and one optimizer moves both networks with
# the discriminator's loss.


# %%
def sigmoid_network(name, outputs, last):
    return keras.Sequential(
        [
            keras.Input((784,)),
            keras.layers.Dense(128, activation="sigmoid"),
            keras.layers.Dense(outputs, activation=last),
        ],
        name=name,
    )


listing_generator = sigmoid_network("generator", 784, "tanh")
listing_discriminator = sigmoid_network("discriminator", 1, None)
optimizer = keras.optimizers.Adam(1e-3)
variables = listing_generator.trainable_variables + listing_discriminator.trainable_variables
optimizer.build(variables)


# %%
@tf.function
def shared_step(images):
    with tf.GradientTape() as tape:
        real_logits = listing_discriminator(images)
        generated_logits = listing_discriminator(listing_generator(images))
        loss = cross_entropy(tf.ones_like(real_logits), real_logits)
        loss += cross_entropy(tf.zeros_like(generated_logits), generated_logits)
    optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables))
    return loss


before = [weight.copy() for weight in listing_generator.get_weights()]
for step in range(300):
    loss = shared_step(tf.reshape(few[64 * (step % 32) : 64 * (step % 32) + 64], (64, 784)))
print(f"discriminator's loss: {loss:.4f}")
moved = [not np.array_equal(now, then) for now, then in zip(listing_generator.get_weights(), before)]
print(f"in the discriminator's step, {sum(moved)} of {len(moved)} weight arrays of the generator moved")

# %% [markdown]
# The loss falls towards zero and looks like success. It is the opposite. In the *discriminator's* step the generator
# moved too, in the direction that makes its images easier to recognise: the forger helps the police. Exercise 01.3.
#
# ### (c) Gradients of `None`
#
# LeakyReLU networks, 128–128 and 128–1 (**[LeakyReLU](../docs/GLOSSARY.md#leakyrelu)** lets a fifth of a negative input
# through, so that no unit goes silent). Images are scaled to [0, 1] while the generator ends in tanh, the images are
# generated outside the tape, and they carry the label of real ones. First the generator's step:

# %%
listing_generator = gan.build_generator(latent_dim=100, units=(128, 128), activation="leaky_relu", normalise=False)
listing_discriminator = gan.build_discriminator(units=(128,))
generated = listing_generator(rng.normal(size=(64, 100)).astype("float32"))
with tf.GradientTape() as tape:
    logits = listing_discriminator(generated)
    loss = cross_entropy(tf.ones_like(logits), logits)
gradients = tape.gradient(loss, listing_generator.trainable_variables)
print("gradients for the generator:", gradients)

# %% [markdown]
# The tape saw the discriminator read `generated`, but not how `generated` was made. From where it stands, that is a
# constant, and the slope with respect to the generator's weights does not exist. Now the discriminator's step, with
# ones for generated images, too:

# %%
listing_optimizer = keras.optimizers.Adam(1e-3)
for step in range(60):
    images = (few[64 * (step % 32) : 64 * (step % 32) + 64] + 1) / 2  # in [0, 1], where tanh gives [-1, 1]
    with tf.GradientTape() as tape:
        real_logits, generated_logits = listing_discriminator(images), listing_discriminator(generated)
        loss = cross_entropy(tf.ones_like(real_logits), real_logits)
        loss += cross_entropy(tf.ones_like(generated_logits), generated_logits)
    variables = listing_discriminator.trainable_variables
    listing_optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables))
opinions = [float(tf.reduce_mean(tf.sigmoid(logits))) for logits in (real_logits, generated_logits)]
print(f"mean D on real images {opinions[0]:.3f}, on generated ones {opinions[1]:.3f}")

# %% [markdown]
# Told that everything is real, it says so of everything. And were only the label mended, it would win at once for a bad
# reason: no real pixel is ever below 0. Exercise 01.4.
#
# ### (d) A swapped sign
#
# The formula of the paper is *maximised* by the discriminator, and optimizers minimise. Some listings copy it as it
# stands; the starter of exercise 01.5 has it twice. Here only the generator's sign is turned, on the ring.
#
# **Predict first.** The generator now *wants* to be caught. Where in the plane will its samples go: far out, into the
# middle, or onto one mode?

# %%
runtime.set_seed(SEED)
swapped = ring_recipe.build(RING, (2,), SEED, 12)
right = swapped.game
swapped.game = right._replace(generator=lambda logits: -right.generator(logits))
swapped.fit(ring_stream, epochs=2, steps_per_epoch=ring_steps, verbose=0)
fled = swapped.generate(500, seed=SEED)
print(
    f"share of samples that the discriminator names rightly: {swapped.training_history['discriminator_accuracy'][-1]:.2f}"
)
distances = np.linalg.norm(fled, axis=1)
print(f"samples lie {distances.min():.2f} to {distances.max():.2f} from the middle; the ring's radius is 2")

# %% [markdown]
# Into the middle, near to where they began. In that hole the discriminator is sure that nothing is real, so the generator
# has what it asks for, and stays. Note that no error was raised: only looking at samples tells. Exercise 01.5.
#
# ## 7 · Exercises
#
# Each check tells you in a sentence why an answer is right or not yet. `hint("01.2")` helps in stages, from a nudge to
# nearly everything. Worked solutions: [solutions/01_gan.ipynb](solutions/01_gan.ipynb).
#
# First a few short questions. Choose an answer, and read why it is right or not.

# %%
from gencourse.exercises import check, hint, progress, quiz

quiz("01")

# %% [markdown]
# **01.1 Two slopes.** The discriminator's logit for a generated sample is −4. How large is the slope of each loss with
# respect to that logit? Work it out to two digits or more, then compare with the picture in section 1.

# %%
slope_minimax = ...  # size of the slope of log(1 - sigmoid(a)) at a = -4
slope_non_saturating = ...  # size of the slope of -log(sigmoid(a)) at a = -4
check("01.1", (slope_minimax, slope_non_saturating))

# %% [markdown]
# **01.2 A generator that hears.** Mend listing (a): the step should move every weight of the generator, none of the
# discriminator, and make the discriminator's logit rise. The discriminator here ends in a logit. Nothing needs to be
# returned.


# %%
def generator_step(generator, discriminator, optimizer, latents):
    # generator: latents (B, Z) -> images; discriminator: images -> logits (B, 1)
    generated = generator.predict(latents, verbose=0)
    generator.compile(optimizer=optimizer, loss="binary_crossentropy")
    generator.train_on_batch(latents, np.ones_like(generated))


check("01.2", generator_step)

# %% [markdown]
# **01.3 Two players.** Mend listing (b): two bugs are in the networks, two in the step. Noise is drawn inside the step;
# `generator.input_shape[-1]` says how many numbers the generator takes.


# %%
def build_networks(latent_size):
    generator = keras.Sequential(
        [
            keras.Input((784,)),
            keras.layers.Dense(128, activation="sigmoid"),
            keras.layers.Dense(784, activation="tanh"),
        ]
    )
    discriminator = keras.Sequential(
        [
            keras.Input((784,)),
            keras.layers.Dense(128, activation="sigmoid"),
            keras.layers.Dense(1),
        ]
    )
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

# %% [markdown]
# **01.4 No more `None`.** Mend listing (c): the scaling, a label, and what the tape sees.


# %%
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

# %% [markdown]
# **01.5 Signs.** Mend listing (d): write both losses so that minimising them is right, the generator's
# non-saturating.


# %%
def discriminator_loss(real_logits, generated_logits):
    real = tf.math.log(tf.sigmoid(real_logits))
    generated = tf.math.log(1.0 - tf.sigmoid(generated_logits))
    return tf.reduce_mean(real) + tf.reduce_mean(generated)


def generator_loss(generated_logits):
    return tf.reduce_mean(tf.math.log(tf.sigmoid(generated_logits)))


check("01.5", (discriminator_loss, generator_loss))

# %%
print(hint("01.1"))
progress()

# %% [markdown]
# ## What to read next
#
# - Goodfellow et al., *Generative Adversarial Nets*, 2014: eight pages, and section 3 has the flat loss in one
#   paragraph.
# - Salimans et al., *Improved Techniques for Training GANs*, 2016: label smoothing and other habits.
# - Mao et al., *Least Squares Generative Adversarial Networks*, 2017: this lesson's loss for digits.
# - Heusel et al., *GANs Trained by a Two Time-Scale Update Rule…*, 2017: two learning rates, and the Fréchet distance.
# - **Lesson 02** keeps the game and changes the networks: convolutions know that neighbouring pixels belong together.
#   **Lesson 05** keeps the networks and changes the loss.
