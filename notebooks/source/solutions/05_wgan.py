# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Solutions to lesson 05
#
# Try first: a check that says *not yet* tells you why, and `hint("05.3")` helps in stages. Other answers than these are
# right, too. At the end two of the bugs are put back to work on the ring, so that you can see what they do.

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

from gencourse import data, gan, losses, viz
from gencourse.exercises import check

runtime.set_seed(1)


def expect_right(answer):
    if not answer:
        raise RuntimeError(str(answer))
    return answer


# %% [markdown]
# ## 05.1 Two piles by hand
#
# Sorted, the piles are 0, 2, 8 and 1, 4, 5: the ways are 1, 2 and 3 long. Their means are equal, and the distance is not 0
# for all that: two grains go left and one goes right. Moved by 100, all generated grains lie to the right, and the
# distance is the difference of the means. The piles never share a place, so the Jensen–Shannon divergence is $\log 2$.

# %%
real, generated = np.array([0, 2, 8]), np.array([5, 4, 1])
w_now = np.abs(np.sort(real) - np.sort(generated)).mean()
w_far = np.abs(np.sort(real) - np.sort(generated + 100)).mean()
expect_right(check("05.1", (w_now, np.log(2), w_far, np.log(2))))


# %% [markdown]
# ## 05.2 The game's two losses
#
# No sigmoid: it would keep the difference below 1, and the critic from measuring. The critic wants real scores high and
# generated scores low, and *minimises*; the generator wants generated scores high.


# %%
def critic_loss(real_scores, generated_scores):
    return tf.reduce_mean(generated_scores) - tf.reduce_mean(real_scores)


def generator_loss(generated_scores):
    return -tf.reduce_mean(generated_scores)


expect_right(check("05.2", (critic_loss, generator_loss)))


# %% [markdown]
# ## 05.3 The penalty
#
# Shares are uniform from 0 to 1, so that points lie between the pairs and not beyond. The squares of a slope are summed
# over one image, not over the batch. And $10^{-12}$ under the root keeps its slope finite where a critic is flat.


# %%
def gradient_penalty(critic, real, generated):
    share = tf.random.uniform((len(real), 1, 1, 1))
    points = share * real + (1.0 - share) * generated
    with tf.GradientTape() as tape:
        tape.watch(points)
        scores = critic(points)
    slopes = tape.gradient(scores, points)  # (B, H, W, C)
    norms = tf.sqrt(tf.reduce_sum(tf.square(slopes), axis=(1, 2, 3)) + 1e-12)  # (B,)
    return tf.reduce_mean(tf.square(norms - 1.0))


expect_right(check("05.3", gradient_penalty))


# %% [markdown]
# ## 05.4 A critic that judges alone
#
# Batch normalisation is gone, and so is the sigmoid. `LayerNormalization` in its place would be right, too: it looks at
# one image at a time.


# %%
def build_critic():
    image = keras.Input((28, 28, 1))
    x = keras.layers.Conv2D(16, 4, strides=2, padding="same")(image)
    x = keras.layers.LeakyReLU(negative_slope=0.2)(x)
    x = keras.layers.Conv2D(32, 4, strides=2, padding="same")(x)
    x = keras.layers.LeakyReLU(negative_slope=0.2)(x)
    x = keras.layers.Flatten()(x)
    return keras.Model(image, keras.layers.Dense(1)(x))


expect_right(check("05.4", build_critic))

# %% [markdown]
# ## 05.5 Three logs
#
# A's slopes are far above 1 and its estimate grew: nothing bounds it. B's are hundreds of times below 1: clipped. C's are near
# 1: it paid. A critic with slope at most $K$ says at most $K\,W_1$, so $W_1$ is at least the estimate divided by $K$.

# %%
expect_right(check("05.5", ("nothing", "clipping", "penalty", 0.00017 / 0.0032)))

# %% [markdown]
# ## What the bugs do
#
# The case of section 4: everything generated stands at the origin, and the distance to the ring is 2. A critic is trained
# with each of three penalties. `broken` sums the squares over the batch, `beyond` takes its shares from a normal
# distribution. What will each of them say, and how steep will it be?

# %%
ring = data.ring()
points = ring.sample(2000, 1)
truth = float(np.linalg.norm(points, axis=1).mean())


def penalty_of(draw, axis):
    def penalty(critic, real, generated):
        share = draw((real.shape[0], 1))
        between = share * real + (1.0 - share) * generated
        with tf.GradientTape() as tape:
            tape.watch(between)
            scores = critic(between)
        slopes = tape.gradient(scores, between)
        lengths = tf.sqrt(tf.reduce_sum(slopes**2, axis=axis) + 1e-12)
        return tf.reduce_mean((lengths - 1.0) ** 2)

    return penalty


def train_critic(penalty, steps=300):
    runtime.set_seed(1)
    critic = gan.build_discriminator(input_shape=(2,), units=(128, 128))
    optimizer = keras.optimizers.Adam(2e-3, beta_1=0.5)

    @tf.function
    def step(real):
        generated = tf.zeros_like(real)
        with tf.GradientTape() as tape:
            loss = critic_loss(critic(real), critic(generated)) + 10.0 * penalty(critic, real, generated)
        optimizer.apply_gradients(zip(tape.gradient(loss, critic.trainable_variables), critic.trainable_variables))

    for real in data.batches(points, batch_size=200, seed=1).take(steps):
        step(real)
    return critic


# %%
penalties = {
    "right": penalty_of(tf.random.uniform, 1),
    "broken": penalty_of(tf.random.uniform, None),
    "beyond": penalty_of(tf.random.normal, 1),
}
critics = {name: train_critic(penalty) for name, penalty in penalties.items()}
estimates, slopes = {}, {}
halfway = tf.constant(0.5 * points)
for name, critic in critics.items():
    estimates[name] = float(tf.reduce_mean(critic(points)) - tf.reduce_mean(critic(np.zeros_like(points))))
    slopes[name] = float(np.median(losses.gradient_norms(critic, halfway)))
    print(
        f"{name:7} estimate {estimates[name]:.2f} (the truth is {truth:.2f}), median slope halfway {slopes[name]:.2f}"
    )

# %%
shown = {
    name: (lambda at, critic=critic: critic(at).numpy()[:, 0] - float(tf.reduce_min(critic(at))))
    for name, critic in critics.items()
}
picture = viz.density(shown, limits=3, points=points[:300], size=2.3)
picture.colours = 32
picture

# %% [markdown]
# The right one says 1.1 times the truth: the formula of section 5 with $d = 2$ and $\lambda = 10$. `broken` asks that the
# slopes of all 200 points *together* have length 1, so each of them has to be about $1/\sqrt{200} \approx 0.07$, and the
# critic is nearly flat: a dented bowl, and a colour bar that ends far lower. `beyond` is the mildest bug. Many
# of its points lie behind the ring or behind the origin, where nothing is carried, and yet the slope is held to 1 there,
# too. On the way itself the critic is right, and its estimate hardly differs. Such a bug can live in a program for years.

# %%
if not abs(estimates["right"] / truth - 1.1) < 0.1 or estimates["broken"] > 0.5 * truth:
    raise RuntimeError("The right penalty should lead to about 1.1 times the distance, the broken one to far less.")
