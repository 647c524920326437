# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
#   gencourse:
#     recipes: [vae]
# ---

# %% [markdown]
# # 03 · VAE: a code for every image, an image for every code
#
# [![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)](https://colab.research.google.com/github/gencourse/gencourse/blob/main/notebooks/03_vae.ipynb)
#
# **One idea.** Suppose that every digit was made from a few hidden numbers: its class, its slant, the weight of the
# pen. A *variational autoencoder* learns two networks at once. One guesses the hidden numbers of an image, the other
# draws an image from hidden numbers, and a single formula, which is a bound on a real likelihood, tells both how well
# they do.
#
# After this lesson you can
#
# - write that bound, the ELBO, term by term, and check each term with numbers;
# - say why a network cannot learn through a plain random draw, and how one line mends it;
# - measure a generative model in nats on held-out images, between a floor and a baseline;
# - map, walk and mix images through their codes;
# - recognise posterior collapse, and four bugs that let a VAE look better or worse than it is.
#
# It runs in about two minutes on two CPU cores, about one of which trains one model. Reading takes about 50 minutes.
# Lesson 00 comes before, for *density*, *likelihood*, *recipe*, *record*, *floor* and *baseline*; lesson 01 for the
# *Fréchet distance*, *precision* and *recall*, and for the GAN that we compare with.

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
# The numbers of the main experiment. With these values the results are compared with recorded runs; with others they
# are yours to explore.

# %% tags=["parameters"]
SEED = 1  # weights, noise and the order of the data; another seed is another run
EPOCHS = 24  # passes over the 20,000 digits: what the training time follows
BATCH_SIZE = 128  # images in one step
LATENT_DIM = 32  # hidden numbers that may describe an image; not all will be used
BETA = 1.0  # weight of the KL term; only 1 makes the loss a bound on the likelihood
RATE = 3e-3  # learning rate at the start; it sinks to zero along a cosine
MAP_EPOCHS = 6  # passes for the second model, with two latents, that can be drawn as a map
LOAD_CHECKPOINT = False  # True: train for a moment, then take the recorded networks

# %%
import keras
import numpy as np
import tensorflow as tf

from gencourse import autoencoder, callbacks, data, losses, metrics, recipes, results, sampling, viz

runtime.set_seed(SEED)
rng = np.random.default_rng(SEED)

# %% [markdown]
# ## 1 · A hidden number
#
# The story that a VAE tells about the data has two steps. First draw **[latents](../docs/GLOSSARY.md#latent)** $z$,
# hidden numbers that nobody observes, from the **[prior](../docs/GLOSSARY.md#prior)** $p(z)$: here always a standard
# normal, $N(0, I)$. Then draw the image $x$ from $p(x \mid z)$, which says what images these latents give.
#
# Begin with a story so small that everything about it is known. One latent, $z \sim N(0, 1)$; one "pixel", $x = z$ plus
# noise of standard deviation 0.5. The picture has $z$ to the right and $x$ upwards.

# %%
NOISE = 0.5
z = rng.normal(size=400_000)
x = z + NOISE * rng.normal(size=400_000)
viz.scatter(np.stack([z, x], axis=1)[:2000], limits=4)

# %% [markdown]
# A slanted cloud. Now somebody shows us $x = 1.5$ and asks two questions.
#
# 1. Which $z$ made it? The answer is a distribution, the **[posterior](../docs/GLOSSARY.md#posterior)** $p(z \mid x)$:
#    what is left of the prior once $x$ is known.
# 2. How likely is such an $x$ at all? That number, $p(x)$, is called the **[evidence](../docs/GLOSSARY.md#evidence)**.
#    It is a mean over all $z$, whether they could have made $x$ or not: $p(x) = \int p(x \mid z)\, p(z)\, dz$.
#
# Here counting answers the first question: keep the pairs with $x$ near 1.5. And since everything is Gaussian, the true
# answers are known, too: $p(z \mid x) = N(1.2,\, 0.2)$, mean and variance, and $p(x) = N(0,\, 1.25)$.

# %%
SEEN = 1.5


def normal_density(value, mean, variance):
    return np.exp(-((value - mean) ** 2) / (2 * variance)) / np.sqrt(2 * np.pi * variance)


viz.histogram(
    z[np.abs(x - SEEN) < 0.05],
    density=lambda at: normal_density(at, 1.2, 0.2),
    x_label="z of the pairs with x near 1.5",
    density_label="N(1.2, 0.2)",
)

# %% [markdown]
# The counted bars follow the line. The most likely $z$ is 1.2 and not 1.5: the prior pulls every guess a little towards
# 0, because latents near 0 are more common.
#
# With images nothing of this can be counted. Two images are never equal, and with 32 latents nearly every draw from the
# prior has nothing to do with the image at hand. So we make the encoder *guess* the posterior, and ask what a guess is
# worth.
#
# ### What a guess is worth
#
# Let $q(z)$ be any guess. For every guess the following holds, and the right side is called
# **[ELBO](../docs/GLOSSARY.md#evidence-lower-bound)**, *evidence lower bound*, because it can never exceed the
# evidence's logarithm on the left:
#
# $$\log p(x) \;\ge\; \underbrace{\mathbb{E}_{q}\big[\log p(x \mid z)\big]}_{\text{reconstruction}} \;-\;
# \underbrace{\mathrm{KL}\big(q(z)\,\|\,p(z)\big)}_{\text{price of the guess}}$$
#
# - **[Reconstruction](../docs/GLOSSARY.md#reconstruction)**: draw $z$ from the guess. How likely is the image that we
#   have, given that $z$?
# - The **[Kullback–Leibler divergence](../docs/GLOSSARY.md#kullback-leibler-divergence)**
#   $\mathrm{KL}(q \| p) = \mathbb{E}_q[\log q(z) - \log p(z)]$ is how far the guess has moved from the prior. It is 0
#   when they are equal and positive otherwise.
#
# What is missing on the right side has a name, too: $\log p(x) - \text{ELBO} = \mathrm{KL}(q(z) \,\|\, p(z \mid x))$,
# the distance from the guess to the true posterior. So a better guess makes the bound tighter, and the best one makes
# it exact. Everything is counted in **[nats](../docs/GLOSSARY.md#nats)**, the unit of natural logarithms (1 nat is
# about 1.44 bits).
#
# For Gaussians the KL has a closed form. With $q = N(\mu, \sigma^2)$ and $p = N(0, 1)$ the constants cancel,
#
# $$\log q(z) - \log p(z) = -\tfrac12\log\sigma^2 - \tfrac{(z-\mu)^2}{2\sigma^2} + \tfrac{z^2}{2},$$
#
# and under $q$ the mean of $(z-\mu)^2$ is $\sigma^2$ and the mean of $z^2$ is $\mu^2 + \sigma^2$. What remains is
#
# $$\mathrm{KL} = \tfrac12\big(\mu^2 + \sigma^2 - 1 - \log \sigma^2\big).$$


# %%
def kl_by_hand(mean, variance):
    return (mean**2 + variance - 1 - np.log(variance)) / 2


draws = 1.2 + np.sqrt(0.2) * rng.normal(size=400_000)
by_sampling = np.log(normal_density(draws, 1.2, 0.2) / normal_density(draws, 0, 1)).mean()
print(f"closed form {kl_by_hand(1.2, 0.2):.4f} nats, by sampling {by_sampling:.2f}")
np.testing.assert_allclose(by_sampling, kl_by_hand(1.2, 0.2), atol=0.01)
package = losses.kl_to_standard_normal(np.float32([[1.2]]), np.log(np.float32([[0.2]])))
np.testing.assert_allclose(package, [[kl_by_hand(1.2, 0.2)]], rtol=1e-5)

# %% [markdown]
# Counting and algebra agree, and so does the package. It asks for the *logarithm* of the variance, as an encoder gives
# it: any number is a valid log-variance, while a variance must be positive.
#
# Now the whole bound, for three guesses of the $z$ behind $x = 1.5$: the prior itself, $N(0, 1)$; a guess that is sure
# of $z = x$, with hardly any variance; and the true posterior. A guess *loses* what its ELBO lacks to $\log p(x)$.
#
# **Predict first.** Which of the three reconstructs best? And which of them loses most?


# %% tags=["nbval-check-output"]
def elbo_by_hand(mean, variance):
    reconstruction = -0.5 * np.log(2 * np.pi * NOISE**2) - ((SEEN - mean) ** 2 + variance) / (2 * NOISE**2)
    return reconstruction, kl_by_hand(mean, variance)


evidence = np.log(normal_density(SEEN, 0, 1.25))
guesses = {"the prior": (0.0, 1.0), "exactly x": (1.5, 0.0001), "the posterior": (1.2, 0.2)}
for name, guess in guesses.items():
    reconstruction, kl = elbo_by_hand(*guess)
    print(f"{name:14} reconstruction {reconstruction:6.2f}  KL {kl:5.2f}  ELBO {reconstruction - kl:6.2f}")
print(f"log p(x) = {evidence:.2f}")

# %% [markdown]
# The prior loses most: as a guess it costs nothing, and reconstructs badly. A guess that is sure of $z = 1.5$
# reconstructs best and pays most: being certain is expensive. It is tempting to think that the best reconstruction is
# the best guess; it loses almost as much as the prior. The true posterior balances the two, and reaches $\log p(x)$
# itself.

# %%
means = np.linspace(-0.5, 2.5, 61)
curves = {"ELBO, variance 0.2": [np.subtract(*elbo_by_hand(m, 0.2)) for m in means]}
curves["ELBO, variance 0.6"] = [np.subtract(*elbo_by_hand(m, 0.6)) for m in means]
curves["log p(x)"] = np.full(61, evidence)
viz.loss_curves(curves, x=means, x_label="mean of the guess", y_label="nats")

# %% [markdown]
# The solid curve touches the line at 1.2 and stays below it everywhere else; the dashed one, with a wrong variance,
# never touches. Here is the whole trick of a VAE: **push the ELBO up**. By changing the guess, it gets nearer to
# $\log p(x)$; by changing the decoder, it lifts $\log p(x)$ with it.
#
# ## 2 · Learning through a draw
#
# The reconstruction term is a mean over draws from the guess. To improve the guess by gradient descent we need the
# slope of that mean with respect to $\mu$ and $\log\sigma^2$. Take a mean so simple that we know the answer:
# $\mathbb{E}[(z - 1.5)^2]$ has the slopes $2(\mu - 1.5)$ and $\sigma^2$. We start at $\mu = 0.5$ and
# $\sigma^2 = 0.2$, so they should be −2 and 0.2. First with a plain draw, 20,000 of them.
#
# **Predict first.** How near will the two slopes come to −2 and 0.2?

# %%
mean, log_variance = tf.Variable([0.5]), tf.Variable([np.log(0.2)], dtype="float32")
with tf.GradientTape() as tape:
    z = tf.constant(rng.normal(mean.numpy(), np.exp(0.5 * log_variance.numpy()), size=20_000), tf.float32)
    miss = tf.reduce_mean((z - 1.5) ** 2)
print(f"mean square {miss:.2f}, slopes {tape.gradient(miss, [mean, log_variance])}")

# %% [markdown]
# `None`: no slopes at all. More draws would not help. The value is right (1.0 for the distance plus 0.2 for the
# spread), but the draw handed over plain numbers, and numbers do not remember where they came from. Nobody can say how a die
# would have fallen had it been another die.
#
# Unless it is thrown first. Draw **[noise](../docs/GLOSSARY.md#noise)** $\varepsilon \sim N(0, 1)$, which depends on
# nothing, and *compute* the latent from it: $z = \mu + \sigma\,\varepsilon$. The distribution is the same, and now $z$
# is an ordinary formula with slopes. This is the
# **[reparametrisation trick](../docs/GLOSSARY.md#reparametrisation-trick)** of Kingma and Welling and of Rezende and
# others (both 2014).

# %%
noise = tf.constant(rng.normal(size=(200_000, 1)), tf.float32)
with tf.GradientTape() as tape:
    z = mean + tf.exp(0.5 * log_variance) * noise  # the half makes a standard deviation of a log-variance
    miss = tf.reduce_mean((z - 1.5) ** 2)
slopes = [float(slope[0]) for slope in tape.gradient(miss, [mean, log_variance])]
print(f"mean square {miss:.2f}, slopes {slopes[0]:.2f} and {slopes[1]:.2f}; expected -2 and 0.2")
np.testing.assert_allclose(slopes, [-2.0, 0.2], atol=0.02)

# %% [markdown]
# Both slopes are there, and right. (TensorFlow's own `tf.random.normal(mean=…)` does this inside; a draw by NumPy, or
# of a coin, does not.) `autoencoder.reparametrise` is this line, with a seed:

# %%
noise = keras.random.normal((1,), seed=3)
by_hand = mean + tf.exp(0.5 * log_variance) * noise
np.testing.assert_allclose(autoencoder.reparametrise(mean, log_variance, seed=3), by_hand, rtol=1e-6)

# %% [markdown]
# ## 3 · Digits in black and white
#
# The decoder will give each pixel a probability of being white. That is a likelihood only if pixels *are* black or
# white, and the digits are grey. So we take the grey value as a probability and toss a coin for each pixel: grey 0.8
# becomes white eight times in ten.

# %%
digits = data.load_images("digits")
real_images = data.to_unit(digits.test_images)  # held out: nothing is trained on them
held_out = data.binarise(digits.test_images, seed=recipes.vae.HELD_OUT_SEED)
again = data.binarise(digits.test_images[:16], seed=7)
viz.compare_grids({"grey": real_images[:16], "one draw": held_out[:16], "another draw": again}, columns=4, scale=1.3)

# %% [markdown]
# The shapes stay, and the soft edges become ragged. In training each image is tossed anew at each step, so that the
# model never sees the same draw twice and cannot learn a draw by heart. Held-out images are tossed **once, with a fixed
# seed**, so that everybody scores the same test.
#
# The coins cost something, and we can say what. Even somebody who knew the grey image could not foresee them. Their
# **[entropy](../docs/GLOSSARY.md#entropy)**, the surprise that is left on average, is a floor that no model can get
# below:

# %%
grey = np.clip(real_images, 1e-7, 1 - 1e-7)
coins = -(grey * np.log(grey) + (1 - grey) * np.log(1 - grey))
floor = float(coins.sum(axis=(1, 2, 3)).mean())
print(f"floor: {floor:.1f} nats an image")

# %% [markdown]
# And a baseline: each pixel on its own, white with the share of training images in which it is white. It knows where
# ink tends to be, and nothing of what goes with what. One pixel that is 1 with probability $\sigma(a)$, where $a$ is a
# **[logit](../docs/GLOSSARY.md#logit)**, has
#
# $$\log p(x) = x\,a - \mathrm{softplus}(a), \qquad \mathrm{softplus}(a) = \log(1 + e^a),$$
#
# and an image of independent pixels adds them all up. Adds, not averages: a likelihood of 784 pixels is a product of
# 784 factors.


# %%
def independent_pixels(train_images):
    share = data.to_unit(train_images).mean(axis=0).clip(1e-4, 1 - 1e-4)
    return np.log(share / (1 - share))  # (28, 28, 1) logits


share_logits = independent_pixels(digits.train_images)
by_hand = (held_out * share_logits - np.log1p(np.exp(share_logits))).sum(axis=(1, 2, 3))
package = losses.bernoulli_log_likelihood(held_out, np.broadcast_to(share_logits, held_out.shape))
np.testing.assert_allclose(package, by_hand, rtol=1e-4)
baseline = float(-by_hand.mean())
print(f"baseline, independent pixels: {baseline:.1f} nats an image")

# %% [markdown]
# Between this and the floor a VAE has to find its place. Each nat counts: a model that is one nat better finds the
# held-out images $e \approx 2.7$ times as likely, on average.
#
# ## 4 · Encoder, decoder, ELBO
#
# - The **[encoder](../docs/GLOSSARY.md#encoder)** $q(z \mid x)$ reads an image and gives a guess: a mean and a
#   log-variance for each latent. One network makes the guess for every image, instead of a search for each.
# - The **[decoder](../docs/GLOSSARY.md#decoder)** $p(x \mid z)$ reads latents and gives a logit for each pixel.
#
# The encoder has two dense layers of 400; the decoder a dense layer, then convolutions that double a small map twice
# until it has 28×28 pixels. (Why these: `docs/search-vae.md`.) Two rows go through first.

# %%
recipe = recipes.get("vae")
PARAMETERS = recipe.with_parameters(
    {"epochs": EPOCHS, "batch_size": BATCH_SIZE, "latent_dim": LATENT_DIM, "beta": BETA, "rate": RATE}
)
steps = data.steps_per_pass(len(digits.train_images), BATCH_SIZE)
runtime.set_seed(SEED)
model = recipe.build(PARAMETERS, (28, 28, 1), SEED, recipes.steps_per_call(steps, steps * EPOCHS))
two = held_out[:2]
statistics = model.encoder(two)
mean, log_variance = np.split(statistics.numpy(), 2, axis=-1)
print("two images", two.shape, "-> statistics", statistics.shape, "-> means", mean.shape, "and log-variances")
print(f"weights: encoder {model.encoder.count_params():,}, decoder {model.decoder.count_params():,}")

# %% [markdown]
# Now the ELBO of these two images, term by term: draw the latents, decode, add up the pixels, subtract the price. The
# seed makes our draw the one that the package takes.

# %%
noise = keras.random.normal(mean.shape, seed=keras.random.SeedGenerator(0)).numpy()
latents = mean + np.exp(0.5 * log_variance) * noise  # (2, Z)
logits = model.decoder(latents).numpy()  # (2, 28, 28, 1)
reconstruction = (two * logits - np.logaddexp(0, logits)).sum(axis=(1, 2, 3))
kl = kl_by_hand(mean, np.exp(log_variance)).sum(axis=1)  # over all latents
for i in range(2):
    print(f"image {i}: reconstruction {reconstruction[i]:.1f}, KL {kl[i]:.2f}, ELBO {reconstruction[i] - kl[i]:.1f}")
package = model.elbo(two, seed=0)
np.testing.assert_allclose(package["reconstruction"], reconstruction, rtol=1e-4)
np.testing.assert_allclose(package["elbo"], reconstruction - kl, rtol=1e-4)

# %% [markdown]
# An untrained network gives every pixel about one half, and $784 \log 2 \approx 543$ nats is what that costs: far above
# the baseline. The KL is nearly nothing, because the guess still stays near the prior.
#
# The loss in training is minus the mean of this over a batch, with a weight $\beta$ in front of the KL: $\beta = 1$ for
# the bound itself.
#
# ## 5 · Training
#
# Twenty-five latents are decoded after each epoch, always the same. The next cell trains for about a minute. Stop it
# when you like and run it again: it goes on.
#
# **Predict first.** The loss is the sum of two terms, reconstruction and KL. Which will be the larger one at the end?
# And will both of them fall?

# %%
frames = callbacks.SampleFrames(n=25, seed=SEED)
budget = callbacks.Budget(steps=steps * EPOCHS, decay=PARAMETERS["decay"])
stream = data.batches(digits.train_images, batch_size=BATCH_SIZE, seed=SEED, value_range="unit")
history = model.fit(
    stream,
    epochs=EPOCHS,
    steps_per_epoch=steps,
    verbose=0,
    callbacks=[*recipes.recorded("03", "digits", LOAD_CHECKPOINT, budget=budget), budget, frames, callbacks.Progress()],
)

# %%
viz.loss_curves(
    {"reconstruction": model.training_history["reconstruction_loss"], "KL": model.training_history["kl"]},
    y_label="nats an image",
    title="the two terms in training",
)

# %% [markdown]
# The reconstruction is the larger one throughout. Most happens in the first three passes; after that it still gains a
# nat now and then, to the end. And the KL *rises*, then stays. One expects everything in a loss to fall, but only the
# sum has to: writing more into the code is worth its price as long as the reconstruction gains more. Unlike the losses
# of a GAN, the sum of these two means something on its own.

# %%
grids = {"before": frames.frames[0], "after one pass": frames.frames[1], f"after {EPOCHS}": frames.frames[-1]}
picture = viz.compare_grids(grids | {"real, held out": real_images[:25]}, scale=1.1)
picture.colours = 16  # smooth greys make large files
picture

# %% [markdown]
# Before training every pixel is an undecided grey. After a single pass there are digits, washed out. At the end most
# can be read, in several hands and slants, and the strokes are smooth: none of the dots and frayed edges of lesson 01.
# What is still bad: some strokes fade out or melt into a grey patch, edges are soft where real ones are sharp, and a
# few tiles are no digit at all, or two digits at once.
#
# All of training in a few seconds, the same latents throughout:

# %%
viz.show_gif(viz.animate_grids(viz.thin(frames.frames, limit=10), "training.gif", colours=5))

# %% [markdown]
# What is shown are the *probabilities* of the pixels. The model's own samples would be black and white, with a coin
# tossed for each pixel: as ragged as the data were in section 3.
#
# ### There and back
#
# An autoencoder can do what a GAN cannot: take an image that it has never seen, encode it, and decode it again. Rows:
# held-out digits in black and white, the same after the round trip through the mean of their 32 latents, and the
# absolute difference.

# %%
originals = held_out[:12]
reconstructions = model.reconstruct(originals)
residual = np.abs(originals - reconstructions)
viz.image_grid(np.concatenate([originals, reconstructions, residual]), columns=12)

# %% [markdown]
# Class, slant and weight of the pen all come back, through 32 numbers. What does not come back is the coins: the ragged
# edge of the first row is smooth in the second, and so the differences are thin outlines, a pixel wide. No code could
# foresee them, and none should try. Here and there the round trip also changes the shape a little, where a stroke is
# unusual.
#
# ## 6 · How good is it?
#
# A VAE can be *scored*, in nats on images that it has never seen. First the bound with its two parts, on held-out
# images and, for comparison, on training images under a draw of their own:

# %%
parts = {
    "held out": model.elbo(held_out, seed=0),
    "training": model.elbo(data.binarise(digits.train_images[:5000], seed=1), seed=0),
}
for name, part in parts.items():
    reconstruction, kl, total = (part[key].mean() for key in ("reconstruction", "kl", "elbo"))
    print(f"{name:9} reconstruction {-reconstruction:5.1f} + KL {kl:4.1f} = {-total:5.1f} nats an image")

# %% [markdown]
# Two almost equal lines: images that were trained on cost one or two nats less. Chance aside, since they are other
# images, such a difference is **[overfitting](../docs/GLOSSARY.md#overfitting)**: what the networks know of the
# training images themselves, and not of digits. Whoever reports the second line only reports a better model than there
# is.
#
# ### A tighter bound
#
# The ELBO is a *lower* bound of $\log p(x)$, so minus the ELBO overstates what an image costs, by as much as the
# encoder's guess misses the true posterior. The
# **[importance-weighted bound](../docs/GLOSSARY.md#importance-weighted-bound)** of Burda and others (2016) gets nearer:
# draw $k$ latents for each image, weigh each by how much more likely the story makes it than the guess did, and take
# the logarithm of the *mean weight*:
#
# $$\log p(x) \;\ge\; \mathbb{E}\Big[\log \frac1k \sum_{i=1}^{k} w_i\Big], \qquad
# w_i = \frac{p(x \mid z_i)\,p(z_i)}{q(z_i \mid x)}$$
#
# With $k = 1$ this is the ELBO again; more draws never make it worse on average. On 200 images:

# %%
few = held_out[:200]
for k in (1, 4, 16, 64):
    print(f"k = {k:2}: {-model.importance_weighted_bound(few, k=k, seed=0).mean():.1f} nats an image")

# %% [markdown]
# More draws help, and each fourfold number helps less. `recipe.measure` computes what the record holds: the ELBO on all
# 5,000 held-out images, and the bound with 64 draws on the first 1,000. How does it stand between floor and baseline?

# %%
nats = recipe.measure(model, recipes.Images("digits"))
shown = {
    "independent pixels": baseline,
    "this VAE, ELBO": nats["nats_per_image"],
    "this VAE, 64 draws": nats["importance_weighted_nats"],
    "the coins alone": floor,
}
viz.bars(shown, unit="nats an image, held out (less is better)", number_format="{:.1f}")

# %% [markdown]
# The VAE takes more than half away from the baseline, and the tighter bound takes a little more: the encoder's guess is
# good, not perfect. (Part of that last step is that the first 1,000 images are slightly easier; the 200 above show the
# bound's own gain, three to four nats.) The floor is out of reach even for a perfect model, since it was computed by
# somebody who had the grey image. *Which* digit, and in whose hand, has to be paid for as well. How much of the
# distance to the floor is that, and how much is our model's weakness, nobody can say.
#
# Is your run a usual one?

# %%
for measure in ("nats_per_image", "importance_weighted_nats"):
    print(
        results.compare("03", f"digits_{measure}", nats[measure], parameters=PARAMETERS, device=runtime.device_kind())
    )

# %% [markdown]
# ### And how do its samples look?
#
# The evaluator of lesson 01 judges a thousand samples, and beside them a thousand *reconstructions* of held-out grey
# digits, and the floor, real images against other real images. The GAN's row is lesson 01's record.
#
# **Predict first.** Put three of the rows in order, from nearest to the real images to farthest: the VAE's samples, its
# reconstructions, the GAN's samples. What would you conclude from a wide gap between the first two?

# %%
evaluator = metrics.load_evaluator("digits")
samples = model.generate(1000, seed=SEED)
rows = {"this VAE, samples": recipes.Images("digits").judge(samples)}
pictures = {"this VAE, reconstructions": model.reconstruct(real_images[:1000]), "held-out real": real_images[:1000]}
for name, images in pictures.items():
    rows[name] = metrics.evaluate_images(images, real_images[1000:], evaluator)
record = results.load_record("01")
rows["GAN of lesson 01 (record)"] = {m: record.claim(f"digits_{m}").median for m in ("frechet", "precision", "recall")}
print(" " * 27 + "".join(f"{name:>11}" for name in ("frechet", "precision", "recall")))
for name, row in rows.items():
    print(f"{name:27}" + "".join(f"{row[m]:11.2f}" for m in ("frechet", "precision", "recall")))

# %%
value = rows["this VAE, samples"]["frechet"]
results.compare("03", "digits_frechet", value, parameters=PARAMETERS, device=runtime.device_kind())

# %% [markdown]
# Read the second row first. Reconstructions are nearly as close to real images as real images are: the decoder *can*
# draw. (Their recall is a little lower: the oddest hands come back tamed.) The samples are several times farther away,
# and farther than the GAN's: they cover as much of the real cloud, but fewer of them look real. What differs between
# the two rows is only where the latents come from: from an encoder that has seen an image, or from the prior.
#
# - The guesses of all images together should fill the prior evenly. They do not. There are
#   **[holes](../docs/GLOSSARY.md#hole)**, places that the prior finds likely and no image was ever encoded to. A sample
#   from a hole is a mixture of its neighbours.
# - Whatever a latent leaves open, the decoder answers pixel by pixel with a probability. Undecided between two strokes,
#   it draws both in grey. A GAN's judge would reject that at sight. The likelihood rewards it: leaving out something
#   that real images do costs dearly, and a little grey costs little.
#
# So a VAE's samples are softer, and in exchange it has what a GAN has not: a score, a code for each image, and a loss
# that goes down.
#
# ## 7 · Walking through the codes
#
# ### A map
#
# With only two latents the whole code can be drawn. The same recipe with `latent_dim` 2 and a few passes:

# %%
MAP = recipe.with_parameters({"latent_dim": 2})
runtime.set_seed(SEED)
map_model = recipe.build(MAP, (28, 28, 1), SEED, recipes.steps_per_call(steps, steps))
map_budget = callbacks.Budget(steps=steps * MAP_EPOCHS, decay="cosine")
map_history = map_model.fit(
    stream, epochs=MAP_EPOCHS, steps_per_epoch=steps, verbose=0, callbacks=[map_budget, callbacks.Progress()]
)
places, _ = map_model.encode(held_out[:700])

# %%
picture = viz.latent_map(places, digits.test_labels[:700], limits=4, size=4.6)
picture.colours = 32
picture

# %% [markdown]
# Every sign is a held-out image, drawn as its class at the mean of its code. Nobody told the model about classes, and
# still most of them keep together: ones, zeros and sixes have a region each. Fours and nines share one, and in the
# middle several classes lie on top of each other: two numbers are too few to keep ten classes apart. And the cloud is
# not the round prior that was asked for: some codes lie far out, while other likely places are empty.
#
# Now the other way round: decode a lattice of points. The lattice is even in *probability*: each tile stands for an
# equal share of the prior, so this is a map of everything that the model can draw.

# %%
ticks = np.quantile(rng.normal(size=200_000), (np.arange(11) + 0.5) / 11)
lattice = np.stack(np.meshgrid(ticks, ticks[::-1]), axis=-1).reshape(-1, 2).astype("float32")
picture = viz.image_grid(map_model.decode(lattice), columns=11, scale=1.1)
picture.colours = 12
picture

# %% [markdown]
# Neighbours look alike everywhere, and one shape flows into the next without a seam. That is the work of the KL:
# guesses have a width and overlap, so a decoder must answer similarly to similar codes. At the borders between classes
# stand smudges that are neither; and everything is blurred, because 2 numbers cannot say what 32 can.
#
# ### What single latents do
#
# Back to the main model. How much does each of its latents say? The KL of a latent, averaged over held-out images, is
# the price paid for it. One that costs nothing says nothing.

# %%
mean, log_variance = model.encode(held_out)
price = np.asarray(losses.kl_to_standard_normal(mean, log_variance)).mean(axis=0)  # (Z,)
order = np.argsort(-price)
used = int((price > 0.01).sum())
print(f"{used} of {LATENT_DIM} latents cost more than 0.01 nats; the dearest three cost {price[order[:3]].round(1)}")

# %% [markdown]
# The others were not needed: their guess *is* the prior, at no cost, and the decoder ignores them. The model chose the
# size of its code.
#
# Take the code of one held-out digit and move one latent at a time, from −3 to 3, the others fixed. With a kernel
# running you get sliders for the three dearest latents; without one, a row for each.

# %%
base = mean[np.flatnonzero(digits.test_labels == 2)[0]]


def moved(*offsets):
    code = base.copy()
    code[order[: len(offsets)]] += offsets
    return model.decode(code[None])


viz.explore(moved, [f"latent {i}" for i in order[:3]])

# %% [markdown]
# With all sliders at 0 it is the two itself; where no kernel runs, each slider is a row, and 0 its middle. To the left
# and right it changes smoothly, and often in more than one way that we have a name for: width, slant, the size of a loop. Far out it may become another digit, a one or something like a
# zero, or it leaves the places where the decoder knows its way and falls apart.
#
# ### Between two samples, and between two images
#
# As in lesson 01, `slerp` walks from one random latent to the next along an arc:

# %%
corners = rng.normal(size=(3, LATENT_DIM)).astype("float32")
walks = np.concatenate([sampling.slerp(corners[i], corners[i + 1], 12) for i in range(2)])
picture = viz.image_grid(model.decode(walks), columns=12)
picture.colours = 16
picture

# %% [markdown]
# Each row begins where the one above ends. One digit bends into the other, and around the change stands a sign that is
# a bit of both, in grey.
#
# A GAN walks only between its own samples. A VAE has an encoder, so *two real images* can be the ends. Above, the
# straight line between the codes of two held-out digits; below, the same shares of the two images mixed pixel by pixel.

# %%
first, second = (np.flatnonzero(digits.test_labels == digit)[3] for digit in (3, 0))
through_codes = model.decode(sampling.lerp(mean[first], mean[second], 12))
shares = np.linspace(0, 1, 12)[:, None, None, None]
through_pixels = ((1 - shares) * real_images[first] + shares * real_images[second]).astype("float32")
picture = viz.image_grid(np.concatenate([through_codes, through_pixels]), columns=12)
picture.colours = 16
picture

# %% [markdown]
# Below, one digit fades out while the other fades in: halfway both are there, as in a double exposure. Above, strokes
# move: the open side of the three closes. Halfway stands one shape, half grey, that nobody would write; but it is one
# shape. It is the same arithmetic in both rows; only the place where it is done differs.
#
# ## 8 · Broken on purpose: a code that says nothing
#
# Raise the price: $\beta = 30$ makes each nat in the code thirty times as dear.
#
# **Predict first.** What will the KL be after two passes, what will the samples look like, and which score of section 3
# will it come to?

# %%
DEAR = recipe.with_parameters({"beta": 30.0, "latent_dim": LATENT_DIM})
runtime.set_seed(SEED)
collapsed = recipe.build(DEAR, (28, 28, 1), SEED, recipes.steps_per_call(steps, steps))
dear_budget = callbacks.Budget(steps=2 * steps, decay="cosine")
dear_history = collapsed.fit(stream, epochs=2, steps_per_epoch=steps, verbose=0, callbacks=[dear_budget])
part = collapsed.elbo(held_out, seed=0)
print(f"KL {part['kl'].mean():.3f} nats, minus ELBO {-part['elbo'].mean():.1f}; independent pixels {baseline:.1f}")

# %%
picture = viz.compare_grids(
    {
        "held out": held_out[:12],
        "through the code": collapsed.reconstruct(held_out[:12]),
        "samples": collapsed.generate(12, seed=SEED),
    },
    columns=4,
    scale=1.2,
)
picture.colours = 16
picture

# %% [markdown]
# Whatever goes in, the same grey cloud comes out: the mean of all digits. This is
# **[posterior collapse](../docs/GLOSSARY.md#posterior-collapse)**: the guess equals the prior for every image, the KL
# is zero, and the decoder, which learns nothing from a latent that is pure noise, gives each pixel its average. The
# score is the baseline of independent pixels, because that is what is left of the model.
#
# It is a trap with a reason. At the start the code is noise, and the decoder does well to ignore it. While it does,
# every nat in the code costs and earns nothing, so the encoder gives it up. With $\beta = 1$ the gain is large enough
# to get out. With a very strong decoder, one that can do without a code, collapse also comes at $\beta = 1$; text
# models (lesson 13) are known for it. Remedies: let $\beta$ rise slowly from 0 (`warm_up_steps`), or give each latent a
# few nats free of charge (`free_bits`).
#
# ### β, and the number of latents (recorded)
#
# The rows were trained like the lesson's own with one thing changed. They are records: medians over several seeds, with
# distances on 5,000 samples, so compare them with each other.

# %%
print(f"{'':24}{'-ELBO':>8}{'KL':>8}{'64 draws':>10}{'frechet':>9}{'precision':>11}{'recall':>8}")
for row in results.load_record("03").table("digits"):
    print(
        f"{row['variant']:24}{row['nats_per_image']:8.1f}{row['kl']:8.1f}{row['importance_weighted_nats']:10.1f}"
        f"{row['frechet']:9.1f}{row['precision']:11.2f}{row['recall']:8.2f}"
    )

# %% [markdown]
# Read the KL column first: the dearer the code, the shorter it gets. With $\beta = 4$ it is too short to tell hands
# apart: samples are much alike, so recall falls. The other way round, a $\beta$ below 1 buys a long code and crisp
# reconstructions, but each guess is then narrow, and the holes between guesses grow; exercise 03.5 has such a run.
# $\beta = 1$ has the best ELBO, as it should: of the rows with 32 latents it is the one that was trained for it. And
# two latents are enough for a map, not for a model.
#
# Which column should you choose a model by? By nats, if it is to score
# images; by the distance, if it is to draw them. Here both name the first row. They need not: the GAN has the better
# distance, and no nats at all.
#
# ### Clothes
#
# Nothing in the recipe is about digits. Four passes over 10,000 pictures of clothes, and the record of the full recipe:

# %%
fashion = data.load_images("fashion")
clothes = data.binarise(fashion.test_images, seed=recipes.vae.HELD_OUT_SEED)
fashion_steps = data.steps_per_pass(len(fashion.train_images), BATCH_SIZE)
runtime.set_seed(SEED)
wardrobe = recipe.build(PARAMETERS, (28, 28, 1), SEED, recipes.steps_per_call(fashion_steps, fashion_steps))
fashion_stream = data.batches(fashion.train_images, batch_size=BATCH_SIZE, seed=SEED, value_range="unit")
fashion_budget = callbacks.Budget(steps=4 * fashion_steps, decay="cosine")
fashion_history = wardrobe.fit(
    fashion_stream, epochs=4, steps_per_epoch=fashion_steps, verbose=0, callbacks=[fashion_budget]
)

# %%
logits = np.broadcast_to(independent_pixels(fashion.train_images), clothes.shape)
print(f"independent pixels {-np.mean(losses.bernoulli_log_likelihood(clothes, logits)):.0f} nats an image")
print(f"after four passes {-wardrobe.elbo(clothes, seed=0)['elbo'].mean():.0f}")
for row in results.load_record("03").table("fashion"):
    print(f"the record, {row['steps']:,} steps: {row['nats_per_image']:.0f}, Fréchet distance {row['frechet']:.1f}")

# %%
picture = viz.compare_grids(
    {
        "grey": data.to_unit(fashion.test_images[:12]),
        "black and white": clothes[:12],
        "reconstructed": wardrobe.reconstruct(clothes[:12]),
        "samples": wardrobe.generate(12, seed=SEED),
    },
    columns=4,
    scale=1.0,
)
picture.colours = 16
picture

# %% [markdown]
# Trousers, shirts and shoes come back as what they are, as soft outlines; prints, checks and seams are gone. The
# samples are clouds in which some garments can be guessed. The black-and-white picture shows why this data set is
# harder: cloth is grey everywhere, so the coins, which for digits only touch the edges, turn it into noise.
#
# ## 9 · What a VAE cannot do
#
# - **Sharp samples.** Each pixel is decided on its own once $z$ is known, so what the code does not hold comes out
#   grey. Lessons 08, 11 and 12 mend that in three ways.
# - **An exact likelihood.** There is a bound, and a tighter one, but the gap to the truth stays unknown. Lesson 08 has
#   an exact one.
# - **Meaning.** A latent may turn out to be slant or width, but nothing in the formula asks for it, and another seed
#   orders them otherwise.
# - **Saying how usual an image is.** It gives a score, but scores of different images do not compare, as the next cell
#   shows.
#
# **Predict first.** Put four kinds of images in order, from cheapest to dearest in nats: held-out ones, held-out
# eights, clothes, and an empty image, all black. Which two of them would you call strange?

# %%
empty = np.zeros((1, 28, 28, 1), "float32")
groups = {"held-out ones": held_out[digits.test_labels == 1], "held-out eights": held_out[digits.test_labels == 8]}
for name, images in {**groups, "clothes": clothes[:500], "an empty image": empty}.items():
    print(f"{name:16} {-model.elbo(images, seed=0)['elbo'].mean():6.1f} nats an image")

# %% [markdown]
# The clothes are found out at once, and so is the empty image: no code leads to black alone. But an eight costs more
# than twice what a one costs, and nobody would call it strange: it only has more edge to get wrong. A threshold for
# strange images would throw out odd eights long before odd ones. A likelihood says how well an image is *predicted*,
# pixel by pixel, and not how usual it is.
#
# ## 10 · Exercises
#
# Each check tells you in a sentence why an answer is right or not yet. `hint("03.2")` helps in stages. Worked
# solutions: [solutions/03_vae.ipynb](solutions/03_vae.ipynb).
#
# First a few short questions. Choose an answer, and read why it is right or not.

# %%
from gencourse.exercises import check, hint, progress, quiz

quiz("03")

# %% [markdown]
# **03.1 The price of a guess.** An encoder says of one image: first latent mean 1 and *variance* 1/4, second latent
# mean 0 and variance 1. What is the KL of each latent, and of the whole code, in nats?

# %%
kl_first = ...
kl_second = ...
kl_code = ...
check("03.1", (kl_first, kl_second, kl_code))

# %% [markdown]
# **03.2 A draw that teaches.** This function should draw latents from the encoder's guess, anew at each call, so that
# slopes reach both arguments. Two bugs are in it. It runs, and a VAE trained with it even seems to work.

# %%
NOISE_TABLE = tf.constant(np.random.default_rng(0).normal(size=(10_000, 16)), tf.float32)


def draw_latents(mean, log_variance):
    # mean, log_variance: tensors (B, Z) -> latents (B, Z)
    noise = NOISE_TABLE[: mean.shape[0], : mean.shape[1]]
    return mean + tf.exp(log_variance) * noise


check("03.2", draw_latents)

# %% [markdown]
# **03.3 The loss.** Minus the ELBO in nats, averaged over the batch. Three bugs, all of them seen in print. The check
# tells you which term is wrong, and what it would be by hand.


# %%
def vae_loss(images, logits, mean, log_variance):
    # images, logits: (B, H, W, 1), images are zeros and ones; mean, log_variance: (B, Z) -> one number
    cross_entropy = tf.nn.sigmoid_cross_entropy_with_logits(labels=images, logits=logits)
    reconstruction = tf.reduce_mean(cross_entropy)
    kl = -0.5 * tf.reduce_mean(tf.square(mean) + tf.exp(log_variance) - 1.0 - log_variance)
    return reconstruction + kl


check("03.3", vae_loss)

# %% [markdown]
# **03.4 An honest score.** `score` should say how many nats an image costs this model at most, on images that it was
# not trained on. Its author reports a wonderful number. Three things are wrong with it. (`model.elbo`, or
# `model.encode` and `model.decoder`, are yours to use; the images are zeros and ones.)


# %%
def score(model, train_images, test_images):
    reconstructions = model.reconstruct(train_images).clip(1e-6, 1 - 1e-6)
    log_likelihood = train_images * np.log(reconstructions) + (1 - train_images) * np.log(1 - reconstructions)
    return -log_likelihood.sum(axis=(1, 2, 3)).mean()


check("03.4", score)

# %% [markdown]
# **03.5 Three logs.** Three VAEs of this lesson's kind were trained for eight passes with $\beta$ = 0.5, 4 and 30, in
# some order. Held out they reach
#
# | run | reconstruction | KL |
# |---|---|---|
# | A | 105.4 | 9.5 |
# | B | 200.3 | 0.0 |
# | C | 60.5 | 39.1 |
#
# Which $\beta$ belongs to A, to B and to C? And how many nats does the best of the three, as a model of the data, reach
# by its ELBO?

# %%
beta_a = ...
beta_b = ...
beta_c = ...
best_nats = ...
check("03.5", (beta_a, beta_b, beta_c, best_nats))

# %%
print(hint("03.1"))
progress()

# %% [markdown]
# ## What to read next
#
# - Kingma and Welling, *Auto-Encoding Variational Bayes*, 2014: the paper; the closed form of the KL is its appendix B.
# - Rezende, Mohamed and Wierstra, *Stochastic Backpropagation and Approximate Inference in Deep Generative Models*,
#   2014: the same idea, found at the same time.
# - Burda, Grosse and Salakhutdinov, *Importance Weighted Autoencoders*, 2016: the tighter bound, and unused latents.
# - Higgins et al., *beta-VAE*, 2017: what a larger $\beta$ may be good for.
# - Bowman et al., *Generating Sentences from a Continuous Space*, 2016: posterior collapse in text, and warming up.
# - Kingma and Welling, *An Introduction to Variational Autoencoders*, 2019: a book's chapter by the same authors.
# - **Lesson 07** drops the prior and asks what an autoencoder is good for without it. **Lesson 12** makes the code
#   discrete and learns the prior afterwards. **Lesson 11** takes the path from noise to image in many small steps.
