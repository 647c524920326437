# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Solutions to lesson 03
#
# Try first: a check that says *not yet* tells you why, and `hint("03.2")` helps in stages. Other answers than these are
# right, too. At the end two of the bugs are put back to work for a few seconds, so that you can see what they do.

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

from gencourse import data, losses, recipes, sampling, viz
from gencourse.exercises import check

runtime.set_seed(1)


def expect_right(answer):
    if not answer:
        raise RuntimeError(str(answer))
    return answer


# %% [markdown]
# ## 03.1 The price of a guess
#
# $\mathrm{KL} = \tfrac12(\mu^2 + \sigma^2 - 1 - \log\sigma^2)$ for each latent. The second guess is the prior itself. The
# latents of one guess are independent, so the prices add up.

# %%
kl_first = (1**2 + 0.25 - 1 - np.log(0.25)) / 2
kl_second = (0**2 + 1 - 1 - np.log(1)) / 2
kl_code = kl_first + kl_second
expect_right(check("03.1", (kl_first, kl_second, kl_code)))


# %% [markdown]
# ## 03.2 A draw that teaches
#
# Noise is drawn inside the function, at each call, and the standard deviation is the square root of the variance:
# $\sigma = e^{\frac12\log\sigma^2}$.


# %%
def draw_latents(mean, log_variance):
    noise = keras.random.normal(mean.shape)
    return mean + tf.exp(0.5 * log_variance) * noise


expect_right(check("03.2", draw_latents))


# %% [markdown]
# ## 03.3 The loss
#
# Pixels and latents are summed, images averaged, and the KL is a cost, with a plus in front.


# %%
def vae_loss(images, logits, mean, log_variance):
    cross_entropy = tf.nn.sigmoid_cross_entropy_with_logits(labels=images, logits=logits)
    reconstruction = tf.reduce_sum(cross_entropy, axis=(1, 2, 3))  # (B,)
    kl = 0.5 * tf.reduce_sum(tf.square(mean) + tf.exp(log_variance) - 1.0 - log_variance, axis=1)  # (B,)
    return tf.reduce_mean(reconstruction + kl)


expect_right(check("03.3", vae_loss))


# %% [markdown]
# ## 03.4 An honest score
#
# Held-out images, latents *drawn* from the guess, and the KL paid. `model.elbo` does all three. By hand it takes a few lines:


# %%
def score(model, train_images, test_images):
    return -model.elbo(test_images, seed=0)["elbo"].mean()


expect_right(check("03.4", score))


# %%
def score_by_hand(model, train_images, test_images):
    mean, log_variance = model.encode(test_images)
    latents = mean + np.exp(0.5 * log_variance) * np.random.default_rng(0).normal(size=mean.shape)
    logits = np.asarray(model.decoder(latents))
    reconstruction = (np.logaddexp(0, logits) - test_images * logits).sum(axis=(1, 2, 3))
    kl = 0.5 * (mean**2 + np.exp(log_variance) - 1 - log_variance).sum(axis=1)
    return (reconstruction + kl).mean()


expect_right(check("03.4", score_by_hand))

# %% [markdown]
# ## 03.5 Three logs
#
# The cheaper a nat, the longer the code: C has $\beta = 0.5$, A has 4, and B, with nothing left in its code, 30. The ELBO
# counts every nat in full, whatever a run was charged: 114.9 for A, 200.3 for B, 99.6 for C.

# %%
beta_a, beta_b, beta_c = 4, 30, 0.5
best_nats = min(105.4 + 9.5, 200.3 + 0.0, 60.5 + 39.1)
expect_right(check("03.5", (beta_a, beta_b, beta_c, best_nats)))

# %% [markdown]
# ## What the bugs do
#
# A bare training loop with the lesson's networks, so that the loss can be exchanged. `right` is the answer to 03.3;
# `averaged` takes the mean over pixels, and leaves the KL as it should be. Two passes each: what will the samples look like?

# %%
digits = data.load_images("digits")
held_out = data.binarise(digits.test_images[:2000], seed=recipes.vae.HELD_OUT_SEED)


def averaged(images, logits, mean, log_variance):
    cross_entropy = tf.nn.sigmoid_cross_entropy_with_logits(labels=images, logits=logits)
    kl = tf.reduce_sum(losses.kl_to_standard_normal(mean, log_variance), axis=1)
    return tf.reduce_mean(cross_entropy) + tf.reduce_mean(kl)


# %%
def train(loss_of, passes=2):
    runtime.set_seed(1)
    model = recipes.get("vae").build(recipes.get("vae").parameters, (28, 28, 1), 1, 1)
    optimizer = keras.optimizers.Adam(2e-3)
    optimizer.build(model.trainable_variables)
    seeds = keras.random.SeedGenerator(1)

    @tf.function
    def step(images):
        images = sampling.binary_draw(images, seed=seeds)
        with tf.GradientTape() as tape:
            mean, log_variance = tf.split(model.encoder(images, training=True), 2, axis=-1)
            logits = model.decoder(draw_latents(mean, log_variance), training=True)
            loss = loss_of(images, logits, mean, log_variance)
        optimizer.apply_gradients(zip(tape.gradient(loss, model.trainable_variables), model.trainable_variables))

    stream = data.batches(digits.train_images, batch_size=128, seed=1, value_range="unit")
    for images in stream.take(passes * data.steps_per_pass(20_000, 128)):
        step(images)
    return model


trained = {name: train(loss) for name, loss in {"right": vae_loss, "averaged": averaged}.items()}
for name, model in trained.items():
    parts = model.elbo(held_out, seed=0)
    print(f"{name:9} minus ELBO {-parts['elbo'].mean():5.1f} nats, of which KL {parts['kl'].mean():5.2f}")

# %%
viz.compare_grids({name: model.generate(12, seed=1) for name, model in trained.items()}, columns=4, scale=1.2)

# %% [markdown]
# On the left digits, still washed out after two passes; on the right twelve times the same cloud. Averaged over 784 pixels,
# a nat of reconstruction weighs 784 times less than a nat of KL: that is $\beta = 784$, and the code collapses. The loss that
# such a run prints looks splendid, about a quarter, because it counts something else.
#
# A score that flatters, in numbers: the same good model by the starter of 03.4, and honestly.


# %%
def flattering(model, images):
    made = model.reconstruct(images).clip(1e-6, 1 - 1e-6)
    return -(images * np.log(made) + (1 - images) * np.log(1 - made)).sum(axis=(1, 2, 3)).mean()


train_images = data.binarise(digits.train_images[:2000], seed=1)
good = trained["right"]
print(f"flattering {flattering(good, train_images):.1f} nats, honest {score(good, train_images, held_out):.1f}")
if score(good, train_images, held_out) > 150 or flattering(good, train_images) > score(good, train_images, held_out):
    raise RuntimeError(
        "Two passes should bring the right loss well below 150 nats, and the flattering score below that."
    )
