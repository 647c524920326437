# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
#   gencourse:
#     recipes: [wgan-gp, wgan-ring]
# ---

# %% [markdown]
# # 05 · Wasserstein GAN: a critic that measures a distance
#
# [![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)](https://colab.research.google.com/github/gencourse/gencourse/blob/main/notebooks/05_wgan.ipynb)
#
# **One idea.** A discriminator says *whether* samples differ from the data. Take its probabilities away, keep its slope
# at 1 or below, and it says *how far* they are from the data: in the work it would take to carry the one to the other.
# Such a judge is called a *critic*, and its loss is the first of a GAN that means something.
#
# After this lesson you can
#
# - work out the distance of two piles by hand, in two ways, and say what the Jensen–Shannon divergence cannot see;
# - turn a GAN into a Wasserstein GAN by changing three lines;
# - write the gradient penalty by hand, and say how firmly it holds the slope;
# - read a critic's loss as a progress meter, and know when it lies;
# - find the bugs that are often printed in a penalty, in a critic and in its losses.
#
# It runs in about two minutes on two CPU cores, about one of which trains the main model. Reading takes about 45
# minutes. Lessons 01 and 02 come before: the game, its training loop, the networks, and the numbers that judge samples.

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
# The numbers of the two experiments, clothes and the ring. With these values the results are compared with recorded
# runs; with others they are yours to explore.

# %% tags=["parameters"]
SEED = 1  # weights, latents and the order of the data; another seed is another run
EPOCHS = 32  # passes over the 10,000 clothes: what the training time follows
BATCH_SIZE = 160  # images in one step, all critic steps together
CRITIC_STEPS = 5  # steps of the critic for each step of the generator
PENALTY_WEIGHT = 10.0  # how dear a slope other than 1 is; section 9 sets it to 0
LATENT_DIM = 64  # numbers the generator starts from
GENERATOR_RATE = 1e-3  # learning rates
DISCRIMINATOR_RATE = 1e-3  # the critic's: it sits in the discriminator's place, and keeps its name
RING_EPOCHS = 60  # passes over the 20,000 points of the toy
RING_PENALTY_WEIGHT = 0.1  # small: see section 5 for what that does to the slope
RING_CRITIC_STEPS = 3
LOAD_CHECKPOINT = False  # True: train for a moment, then take the recorded networks

# %%
import itertools

import keras
import numpy as np
import tensorflow as tf

from gencourse import callbacks, data, gan, losses, metrics, recipes, results, viz

runtime.set_seed(SEED)
rng = np.random.default_rng(SEED)

# %% [markdown]
# ## 1 · Piles that do not touch
#
# Think of data as a pile of earth, and of a generator's samples as another. Early in training the two lie apart: no
# sample looks like any real image. How wrong is such a generator? Take two piles on a line, of three grains each:

# %%
real_pile = np.array([0.0, 1.0, 2.0])
generated_pile = real_pile + 5.0
print("real", real_pile, " generated", generated_pile)

# %% [markdown]
# Lesson 01's formula measures a difference, too. With the best possible discriminator, its value is $2\,\mathrm{JS} -
# 2\log 2$, where JS is the **[Jensen–Shannon divergence](../docs/GLOSSARY.md#jensen-shannon-divergence)**: the mean of
# two Kullback–Leibler divergences, from each distribution to the mixture of both,
#
# $$\mathrm{JS}(p, q) = \tfrac12\,\mathrm{KL}(p\,\|\,m) + \tfrac12\,\mathrm{KL}(q\,\|\,m), \qquad m = \tfrac12(p + q).$$
#
# The **[Wasserstein-1 distance](../docs/GLOSSARY.md#wasserstein-distance)**, or **earth mover's distance**, asks
# another question: how far must the earth be carried, on average, to make one pile into the other, when it is done as
# cleverly as possible? On a line nobody overtakes: sort both piles, and the first grain goes to the first place, the
# second to the second.


# %%
def jensen_shannon(a, b):
    places = np.union1d(a, b)
    p, q = (np.array([(pile == place).mean() for place in places]) for pile in (a, b))
    middle = (p + q) / 2
    parts = [np.sum(pile[pile > 0] * np.log(pile[pile > 0] / middle[pile > 0])) for pile in (p, q)]
    return sum(parts) / 2


def earth_mover(a, b):
    return np.abs(np.sort(a) - np.sort(b)).mean()


# %% [markdown]
# Is sorting really the cleverest way? Six grains can be carried to six places in 720 ways. Try them all:

# %%
a, b = rng.normal(0.0, 3.0, size=6), rng.normal(1.0, 2.0, size=6)
all_plans = [np.abs(a - b[list(order)]).mean() for order in itertools.permutations(range(6))]
np.testing.assert_allclose(earth_mover(a, b), min(all_plans))
print(f"720 plans, from {min(all_plans):.2f} to {max(all_plans):.2f}; sorted: {earth_mover(a, b):.2f}")

# %% [markdown]
# Now move the generated pile from far left to far right, over the real one, and draw both numbers as curves.
#
# **Predict first.** Where is each of the curves 0, and what do they look like far out?

# %% tags=["nbval-check-output"]
shifts = np.arange(-8, 9)
curves = {
    "Jensen–Shannon": [jensen_shannon(real_pile, real_pile + shift) for shift in shifts],
    "Wasserstein-1": [earth_mover(real_pile, real_pile + shift) for shift in shifts],
}
for shift in (0, 1, 2, 3, 8):
    js, w = (curve[shift + 8] for curve in curves.values())
    print(f"moved by {shift}: Jensen–Shannon {js:.3f}, Wasserstein-1 {w:.3f}")
print(f"log 2 = {np.log(2):.3f}")

# %%
viz.loss_curves(curves, x=shifts, x_label="generated pile moved by", y_label="distance")

# %% [markdown]
# Both are 0 where the piles are equal. But as soon as the piles share no place, the Jensen–Shannon divergence is
# $\log 2$, at three steps as at eight: nobody can tell from it in which direction things get better. The Wasserstein
# distance is a valley whose walls never go flat.
#
# Images are such a case. Real ones lie on a thin sheet in a space of 784 dimensions, samples on another, and two sheets
# hardly ever share a place. (The GANs of lessons 01 and 02 learned all the same. A real discriminator is never the best
# possible one, it blurs what it sees, and the non-saturating loss does the rest. This is an argument about an ideal
# game; what it is worth in practice, section 8 measures.)
#
# ## 2 · The same distance, by a critic
#
# Carrying plans are fine for six grains. For images nobody can list them. But there is a second way to the same number,
# the **[dual](../docs/GLOSSARY.md#dual)** of Kantorovich and Rubinstein. Let a **[critic](../docs/GLOSSARY.md#critic)**
# $f$ give every place a score. Among all critics whose slope is nowhere more than 1, take the one that scores real
# samples $x$ as far above generated ones $\tilde x$ as it can:
#
# $$W_1 \;=\; \max_{|\text{slope of } f| \,\le\, 1}\; \mathbb{E}_x\big[f(x)\big] - \mathbb{E}_{\tilde x}\big[f(\tilde x)\big]$$
#
# One half is easy to see. A grain that is carried by $d$ rises in score by at most $d$, because the slope is at most 1.
# So the difference of the two means can never exceed the mean way, whatever the critic. The other half says that the
# best critic reaches it.
#
# Functions with slope at most 1 are called **[1-Lipschitz](../docs/GLOSSARY.md#lipschitz-function)**. Without the bound
# there would be no largest value: a critic ten times as steep says ten times as much.
#
# Here is a case in which the critic has to bend: real grains at 0 and 6, generated ones at 2 and 3. By sorting, 2 is
# carried to 0 and 3 to 6: $(2 + 3)/2 = 2.5$. The next cell tries all critics that rise by 1, fall by 1 or stay level
# between one place and the next.
#
# **Predict first.** Which scores would you give to the places 0 to 6, so that real grains stand as high as possible
# above generated ones?

# %% tags=["nbval-check-output"]
real_pile, generated_pile = np.array([0, 6]), np.array([2, 3])
critics = [np.cumsum((0, *steps)) for steps in itertools.product((-1, 0, 1), repeat=6)]  # scores at 0, 1, … 6


def difference(f):
    return f[real_pile].mean() - f[generated_pile].mean()


best = max(critics, key=difference)
print(
    f"{len(critics)} critics; the best says {difference(best)}; carried by hand {earth_mover(real_pile, generated_pile)}"
)
print("its scores at 0, 1, … 6:", best, "and one twice as steep says", difference(2 * best))

# %%
picture = viz.loss_curves({"best critic": best}, x=np.arange(7), x_label="place", y_label="score")
picture.axes[0].plot(real_pile, best[real_pile], "o", color=viz.COLOURS[2], markersize=9, label="real")
picture.axes[0].plot(generated_pile, best[generated_pile], "^", color=viz.COLOURS[1], markersize=9, label="generated")
picture.axes[0].legend()
picture

# %% [markdown]
# The critic falls with slope 1 from 0 to 2, along the way of the first grain, and rises with slope 1 from 3 to 6, along
# the way of the second. Between 2 and 3 nothing is carried, and it may do what it likes. **Where earth is carried, the
# best critic has slope 1, and points back along the way.** That is all a generator needs to know: which way to go, with
# a strength that does not fade. Remember the sentence for section 5.
#
# ## 3 · Three lines
#
# A Wasserstein GAN (Arjovsky, Chintala and Bottou, 2017) lets a network be the critic. Compared with lesson 01:
#
# 1. **The loss.** No sigmoid, no logarithm. The critic makes $\mathbb{E}[f(\tilde x)] - \mathbb{E}[f(x)]$ small, the
#    generator $-\mathbb{E}[f(\tilde x)]$.
# 2. **Several critic steps** for each step of the generator. The formula asks for the *best* critic, so let it get
#    near. A discriminator that is too good stops teaching; a critic never can be.
# 3. **A bound on the slope.** The first paper simply cuts every weight of the critic to $[-c, c]$ after each step, with
#    $c = 0.01$. This is called **[clipping](../docs/GLOSSARY.md#weight-clipping)**. Small weights make small slopes.
#
# Here is the loop of lesson 01 with just these three lines changed, on the ring:

# %%
ring = data.ring()
ring_recipe = recipes.get("wgan-ring")
RING = ring_recipe.with_parameters(
    {"epochs": RING_EPOCHS, "penalty_weight": RING_PENALTY_WEIGHT, "critic_steps": RING_CRITIC_STEPS}
)


def ring_networks(seed):
    runtime.set_seed(seed)
    generator = gan.build_generator(
        latent_dim=RING["latent_dim"],
        units=RING["generator_units"],
        output_shape=(2,),
        output_activation="linear",
        normalise=False,
    )
    return generator, gan.build_discriminator(input_shape=(2,), units=RING["discriminator_units"])


def adam(rate):
    return keras.optimizers.Adam(rate, beta_1=RING["beta_1"], beta_2=RING["beta_2"])


# %%
generator, critic = ring_networks(SEED)
generator_optimizer, critic_optimizer = adam(RING["generator_rate"]), adam(RING["discriminator_rate"])
latent_seeds = keras.random.SeedGenerator(SEED)


@tf.function
def train_step(real):
    for part in tf.split(real, RING["critic_steps"]):  # line 2: several critic steps
        latents = keras.random.normal((part.shape[0], RING["latent_dim"]), seed=latent_seeds)  # (B, Z)
        with tf.GradientTape(persistent=True) as tape:
            generated = generator(latents, training=True)  # (B, 2)
            real_scores = critic(part, training=True)  # (B, 1)
            generated_scores = critic(generated, training=True)  # (B, 1)
            critic_loss = tf.reduce_mean(generated_scores) - tf.reduce_mean(real_scores)  # line 1: the losses
            generator_loss = -tf.reduce_mean(generated_scores)
        weights = critic.trainable_variables
        critic_optimizer.apply_gradients(zip(tape.gradient(critic_loss, weights), weights))
        for weight in weights:
            weight.assign(tf.clip_by_value(weight, -0.01, 0.01))  # line 3: the bound
    weights = generator.trainable_variables
    generator_optimizer.apply_gradients(zip(tape.gradient(generator_loss, weights), weights))
    return critic_loss


# %% [markdown]
# And the package's `gan.WassersteinGAN`, which is `gan.GAN` with these three things exchanged. The same first weights,
# latents and batches must lead to the same weights:

# %%
ring_stream = data.batches(ring.sample(20_000, 0), batch_size=RING["batch_size"], seed=SEED)
for real in ring_stream.take(20):
    critic_loss = train_step(real)
twin = gan.WassersteinGAN(
    *ring_networks(SEED), critic_steps=RING["critic_steps"], penalty_weight=0.0, clip_weights=0.01, seed=SEED
)
twin.compile(generator_optimizer=adam(RING["generator_rate"]), discriminator_optimizer=adam(RING["discriminator_rate"]))
twin.fit(ring_stream, epochs=1, steps_per_epoch=20, verbose=0)
pairs = [(generator, twin.generator), (critic, twin.discriminator)]
for ours, theirs in (pair for nets in pairs for pair in zip(*(net.get_weights() for net in nets))):
    np.testing.assert_allclose(ours, theirs, rtol=1e-3, atol=1e-5)
print(f"equal after 20 steps; the critic's estimate of the distance: {-float(critic_loss):.5f}")

# %% [markdown]
# Minus the critic's loss is its **estimate** of the distance. It is a very small number, although the generator has
# only begun and cannot be near the ring yet. Something is wrong with line 3.
#
# ## 4 · What clipping does
#
# To see a critic alone, give it a case that we know. Suppose that the generator has collapsed, and puts all its samples
# on one point, the origin. Then there is only one plan: carry everything from there to the ring. So $W_1$ is the mean
# distance of the real points from the origin.

# %%
points = ring.sample(2000, SEED)
truth = float(np.linalg.norm(points, axis=1).mean())
print(f"Wasserstein-1 from the origin to the ring: {truth:.3f}")

# %% [markdown]
# Three judges look at this case, each trained alone for some hundred steps: a *discriminator* with the loss of lesson
# 01, a *clipped* critic, and, in the next section, one with a penalty. What will each of them show to samples that
# stand in the middle?


# %%
def train_judge(loss_of, steps=400, clip=None):
    """Trains a judge of points on (real, origin) alone; `loss_of(judge, real, generated)` is made small."""
    runtime.set_seed(SEED)
    judge = gan.build_discriminator(input_shape=(2,), units=(128, 128))
    optimizer = keras.optimizers.Adam(2e-3, beta_1=0.5)

    @tf.function
    def step(real):
        with tf.GradientTape() as tape:
            loss = loss_of(judge, real, tf.zeros_like(real))
        weights = judge.trainable_variables
        optimizer.apply_gradients(zip(tape.gradient(loss, weights), weights))
        for weight in weights if clip else ():
            weight.assign(tf.clip_by_value(weight, -clip, clip))

    for real in data.batches(points, batch_size=200, seed=SEED).take(steps):
        step(real)
    return judge


def critic_loss_of(judge, real, generated):
    return losses.wasserstein_critic_loss(judge(real), judge(generated))


# %%
judges = {
    "discriminator": train_judge(lambda d, real, made: losses.minimax_discriminator_loss(d(real), d(made))),
    "clipped": train_judge(critic_loss_of, clip=0.01),
}


def examine(judge):
    """What a critic says, and the length of its slope at points on the way."""
    said = float(tf.reduce_mean(judge(points)) - tf.reduce_mean(judge(np.zeros_like(points))))
    on_the_way = tf.constant(points * rng.random((len(points), 1)), tf.float32)
    return said, losses.gradient_norms(judge, on_the_way).numpy()


said, slopes = examine(judges["clipped"])
print(f"clipped critic: estimate {said:.5f}, slopes {slopes.min():.5f} to {slopes.max():.5f}; the truth is {truth:.3f}")

# %% [markdown]
# The clipped critic's slope is hundreds of times below the 1 that it may have. Three layers of weights of at most
# 0.01, each multiplied into the next, make a nearly flat function.
#
# **Predict first.** The weights may lie anywhere from −0.01 to 0.01. What will their histogram look like?

# %%
kernels = np.concatenate([layer.kernel.numpy().ravel() for layer in judges["clipped"].layers if layer.weights])
print(f"{(np.abs(kernels) > 0.0099).mean():.0%} of {len(kernels):,} weights stand at the limit")
viz.histogram(kernels, bins=41, x_label="weights of the clipped critic")

# %% [markdown]
# Two walls, at −0.01 and at 0.01, and little between. Every weight wants to grow, because a steeper critic says more,
# and is stopped at the limit. A network whose weights are all $\pm c$ can only draw simple things. And with a larger
# $c$ the slope is no longer small but, after a few layers, huge: the bound depends on depth and width, and nobody knows
# it. The authors themselves called clipping "a clearly terrible way" of enforcing it, and asked for a better one.
#
# ## 5 · The penalty, by hand
#
# Gulrajani and others (2017) took the sentence at the end of section 2 literally. Where earth is carried, the best
# critic has slope *exactly* 1. Earth is carried between generated and real samples. So draw random points between them,
# look at the slope there, and let the critic pay for every slope that is not 1. This is the
# **[gradient penalty](../docs/GLOSSARY.md#gradient-penalty)**:
#
# $$L_{\text{critic}} = \mathbb{E}\big[f(\tilde x)\big] - \mathbb{E}\big[f(x)\big] + \lambda\,
# \mathbb{E}\big[(\lVert \nabla f(\hat x) \rVert - 1)^2\big], \qquad \hat x = \tilde x + u\,(x - \tilde x),\;\; u \sim
# U(0, 1)$$
#
# $\nabla f$ is the slope of the score with respect to the *sample*, not to the weights: one number for each coordinate
# or pixel. $\lVert\cdot\rVert$ is its length, and $\lambda$ the `penalty_weight`. Two pairs, step by step. First the
# points between them, one **share** $u$ for each pair:

# %%
two_real = tf.constant([[2.0, 0.0], [0.0, 2.0]])
two_generated = tf.constant([[0.0, 0.0], [1.0, 1.0]])
share = keras.random.uniform((2, 1), seed=keras.random.SeedGenerator(7))  # (B, 1): one number for a pair
between = two_generated + share * (two_real - two_generated)  # (B, 2)
print("shares", share.numpy().ravel().round(2), " points between", between.numpy().round(2).tolist())

# %% [markdown]
# Then the slope at these points. That needs a tape of its own, *inside* the one that later trains the critic: the
# penalty contains a slope, and to make the penalty smaller one needs the slope of that slope.


# %%
def penalty_by_hand(critic, points):
    with tf.GradientTape() as inner:
        inner.watch(points)
        scores = critic(points)  # (B, 1)
    slopes = inner.gradient(scores, points)  # (B, 2), as the points
    lengths = tf.sqrt(tf.reduce_sum(slopes**2, axis=1))  # (B,)
    return slopes, lengths, tf.reduce_mean((lengths - 1.0) ** 2)


slopes, lengths, paid = penalty_by_hand(judges["discriminator"], between)
shapes = [tuple(part.shape) for part in (between, slopes, lengths)]
print("points {}, slopes {}, lengths {}, and one number".format(*shapes))

# %% [markdown]
# A critic whose slope is known: $f(x) = w \cdot x$ with $w = (3, 4)$ has the slope $w$ everywhere, of length 5. So the
# penalty must be $(5 - 1)^2 = 16$, wherever the points lie. And the package's version, given the same shares, must
# agree on any critic:

# %%
w = tf.constant([[3.0], [4.0]])
slopes, lengths, paid = penalty_by_hand(lambda x: x @ w, between)
print("slopes", slopes.numpy().tolist(), " lengths", lengths.numpy(), " penalty", float(paid))
np.testing.assert_allclose(paid, 16.0, rtol=1e-5)
for some_critic in (lambda x: x @ w, judges["discriminator"], judges["clipped"]):
    package = losses.gradient_penalty(some_critic, two_real, two_generated, seed=keras.random.SeedGenerator(7))
    np.testing.assert_allclose(package, penalty_by_hand(some_critic, between)[2], rtol=1e-4)

# %% [markdown]
# One trap is left. A square root is infinitely steep at 0. Where a critic is flat, the penalty is a harmless 1, but its
# slope with respect to the weights is 0 times infinity:

# %%
flat = tf.Variable([[0.0], [0.0]])
for name, penalty_of in {
    "by hand": lambda: penalty_by_hand(lambda x: x @ flat, between)[2],
    "package": lambda: losses.gradient_penalty(lambda x: x @ flat, two_real, two_generated, seed=7),
}.items():
    with tf.GradientTape() as outer:
        paid = penalty_of()
    print(f"{name}: penalty {float(paid):.1f}, its slope {outer.gradient(paid, flat).numpy().ravel()}")

# %% [markdown]
# One `nan` and the whole critic is lost. The package adds $10^{-12}$ under the root, which changes nothing else.
# Exercise 05.3 mends a penalty with this bug and two more.
#
# ### How firmly does it hold?
#
# The penalty does not forbid slopes above 1; it charges for them. How much above is worth it? Let earth be carried by
# $d$, with slope $s$ all along the way. The critic earns $s\,d$ and pays $\lambda (s-1)^2$. The best slope, where one
# more costs what it earns, is
#
# $$s = 1 + \frac{d}{2\lambda}.$$
#
# For our case, $d = 2$: with $\lambda = 10$ the slope should be 1.1. Train three critics and see.

# %%
for weight in (1.0, 10.0, 100.0):
    seeds = keras.random.SeedGenerator(SEED)
    paying = train_judge(
        lambda f, real, made, weight=weight, seeds=seeds: (
            critic_loss_of(f, real, made) + weight * losses.gradient_penalty(f, real, made, seed=seeds)
        )
    )
    judges[f"penalty {weight:g}"] = paying
    said, slopes = examine(paying)
    expected = 1 + truth / 2 / weight
    print(f"weight {weight:5}: estimate {said:.2f}, median slope {np.median(slopes):.2f}, expected {expected:.2f}")

# %% [markdown]
# Close to the formula. So the estimate is the distance times a slope that is a little above 1, and the nearer the
# samples come (the smaller $d$), the nearer is that slope to 1. A small weight lets the critic exaggerate; it does not
# stop it from pointing the right way.
#
# Here are the three judges on the plane: what each of them would tell a sample, wherever it stands. (A critic plus a
# constant is as good a critic, so heights are counted from the lowest place.)


# %%
def landscape(judge):
    def height(at):
        scores = judge(at).numpy()[:, 0]
        return scores - scores.min()

    return height


panels = {
    "discriminator, probability": lambda at: tf.sigmoid(judges["discriminator"](at)).numpy()[:, 0],
    "clipped critic": landscape(judges["clipped"]),
    "critic with penalty": landscape(judges["penalty 10"]),
}
picture = viz.density(panels, limits=3, points=points[:400], size=2.4)
picture.colours = 32
picture

# %% [markdown]
# The discriminator is a plain with a hole: nearly 0 around the middle, nearly 1 outside, and a narrow slope between. A
# sample in the hole stands on flat ground. (Its logit still has a slope there, and the non-saturating loss makes use of
# it. The probability, which JS is about, has none.) The clipped critic points outwards everywhere, but look at its
# colour bar, and at its shape: straight edges and corners, all that weights of ±0.01 can draw. The third is a bowl with
# the same slope on the whole way from the middle to the ring, in every direction, to all eight modes alike.
#
# ## 6 · The ring
#
# The whole game, with the penalty in the place of clipping. The recipe builds the networks; the loop is that of section
# 3. Beside it a clipped one with the same networks and rates, for half as many passes.
#
# **Predict first.** How many of the eight modes will each of them find?

# %%
ring_steps = data.steps_per_pass(20_000, RING["batch_size"])


def play(epochs, **changes):
    runtime.set_seed(SEED)
    parameters = ring_recipe.with_parameters(RING | changes)
    model = ring_recipe.build(parameters, (2,), SEED, recipes.steps_per_call(ring_steps, ring_steps))
    frames = callbacks.SampleFrames(n=1000, seed=SEED)
    budget = callbacks.Budget(steps=ring_steps * epochs, decay=RING["decay"])
    model.fit(ring_stream, epochs=epochs, steps_per_epoch=ring_steps, verbose=0, callbacks=[budget, frames])
    return model, frames.frames


ring_gan, ring_frames = play(RING_EPOCHS)
clipped_gan, clipped_frames = play(max(1, RING_EPOCHS // 2), penalty_weight=0.0, clip_weights=0.01)

# %%
middle = RING_EPOCHS // 8
panels = {f"penalty, epoch {middle}": ring_frames[middle], f"penalty, epoch {RING_EPOCHS}": ring_frames[-1]}
viz.scatter(panels | {"clipped": clipped_frames[-1]}, limits=3, means=ring.means, std=ring.std, size=2.3)

# %% [markdown]
# After a few passes the samples stand on the circle, at the end on all eight modes, with a few strays on the way from
# one mode to the next and in the middle. The clipped game finds none. It is a cloud: it has found out how far from the
# origin points tend to be, and nothing more. Its generator still gets a direction, since Adam makes a full step of any
# slope, however small. But its critic can say no more than *rather that way*.
#
# In numbers, beside the GAN of lesson 01, from its record, and the truth:

# %%
covers = {
    "penalty": recipes.Points("ring").judge(ring_gan.generate(1000, seed=SEED)),
    "clipped": recipes.Points("ring").judge(clipped_gan.generate(1000, seed=SEED)),
    "the truth": recipes.Points("ring").judge(ring.sample(1000, 7)),
}
record = results.load_record("01")
measures = ("modes_covered", "share_within", "total_variation")
covers["GAN of lesson 01 (record)"] = {name: record.claim(f"ring_{name}").median for name in measures}
for name, cover in covers.items():
    print(
        f"{name:26} {cover['modes_covered']:.0f} modes, {cover['share_within']:.0%} within, "
        f"total variation {cover['total_variation']:.2f}"
    )

# %%
for name in measures:
    print(results.compare("05", f"ring_{name}", covers["penalty"][name], parameters=RING, device=runtime.device_kind()))

# %% [markdown]
# With the penalty all eight modes are there, and nearly as many samples lie near one as in lesson 01. The
# **[total variation](../docs/GLOSSARY.md#total-variation)** (0 when every cell of the plane has its right share of
# samples, 1 when none has) is better: the clouds are filled more like the real ones. It costs more, though: three
# critic steps, each with a penalty, for every step of the generator.
#
# The critics that these generators learned from, at the end of the game:

# %%
panels = {"penalty": landscape(ring_gan.discriminator), "clipped": landscape(clipped_gan.discriminator)}
picture = viz.density(panels, limits=3, size=2.6)
picture.colours = 32
picture

# %% [markdown]
# The one that pays has a hollow in the middle, and ridges that run outwards through the modes, with valleys between
# them: it tells stray samples which way to go, sideways to the next mode. Its bowl of section 5 is gone, since nothing
# has to be carried from the middle any more. The clipped one consists of a few large, nearly flat faces, and knows of
# no mode.
#
# ## 7 · Clothes
#
# Now images: the 10,000 clothes of lesson 02, and its networks with two changes. The critic has twice as many filters,
# since it is to be good. And it has no `MinibatchStd`, which looked at the whole batch: the penalty asks for the slope
# of *one* image's score, and that makes sense only when no layer mixes images. Batch normalisation in a critic is
# forbidden for the same reason (exercise 05.4), and the package refuses both. (How the numbers of this lesson were
# searched for stands in `docs/search-wgan.md`.)

# %%
mixing = gan.build_dcgan_discriminator(filters=(8, 16), minibatch_std=True)
try:
    gan.WassersteinGAN(gan.build_dcgan_generator(latent_dim=LATENT_DIM, filters=(16, 8)), mixing)
except ValueError as error:
    print(f"ValueError: {error}")

# %%
fashion = data.load_images("fashion")
real_images = data.to_unit(fashion.test_images)  # held out
recipe = recipes.get("wgan-gp")
PARAMETERS = recipe.with_parameters(
    {
        "epochs": EPOCHS,
        "batch_size": BATCH_SIZE,
        "critic_steps": CRITIC_STEPS,
        "penalty_weight": PENALTY_WEIGHT,
        "latent_dim": LATENT_DIM,
        "generator_rate": GENERATOR_RATE,
        "discriminator_rate": DISCRIMINATOR_RATE,
    }
)
steps = data.steps_per_pass(len(fashion.train_images), BATCH_SIZE)
runtime.set_seed(SEED)
model = recipe.build(PARAMETERS, (28, 28, 1), SEED, recipes.steps_per_call(steps, steps * EPOCHS))
two_images = model.generator(np.zeros((2, LATENT_DIM), "float32"))
print("two latents -> images", two_images.shape, "-> scores", model.discriminator(two_images).shape)

# %% [markdown]
# How far is it from an untrained generator's grey to real clothes? Images are points, too, with 784 coordinates, and
# their distance is the length of the difference:

# %%
made = model.generate(500, seed=SEED)
apart = np.linalg.norm((data.to_signed(real_images[:500]) - made).reshape(500, -1), axis=1)
slope = 1 + apart.mean() / 2 / PENALTY_WEIGHT
print(f"real to generated: {apart.mean():.1f} on average; so at first the penalty lets the slope rise to {slope:.1f}")

# %% [markdown]
# To see whether the critic's estimate is good for anything, measure beside it. This callback draws 500 samples at every
# second epoch and takes their Fréchet distance, an outsider's opinion that costs a fraction of a second.

# %%
evaluator = metrics.load_evaluator("fashion")
real_features = evaluator.features(real_images)  # (2500, 64)


class Outsider(keras.callbacks.Callback):
    """Keeps the Fréchet distance of 500 samples, from the same latents, at the end of each `every` epochs."""

    def __init__(self, every=1):
        super().__init__()
        self.every, self.epochs, self.frechet = every, [], []

    def on_epoch_end(self, epoch, logs=None):
        if (epoch + 1) % self.every == 0:
            features = evaluator.features(data.to_unit(self.model.generate(500, seed=SEED)))
            self.frechet.append(metrics.frechet_distance(features, real_features))
            self.epochs.append(epoch + 1)


# %% [markdown]
# The next cell trains for about a minute. Stop it when you like and run it again: it goes on.

# %%
frames = callbacks.SampleFrames(n=25, seed=SEED, keep=data.to_unit)
outsider = Outsider(every=2 if EPOCHS >= 4 else 1)
budget = callbacks.Budget(steps=steps * EPOCHS, decay=PARAMETERS["decay"])
stream = data.batches(fashion.train_images, batch_size=BATCH_SIZE, seed=SEED, value_range="signed")
history = model.fit(
    stream,
    epochs=EPOCHS,
    steps_per_epoch=steps,
    verbose=0,
    callbacks=[
        *recipes.recorded("05", "fashion", LOAD_CHECKPOINT, budget=budget, epochs=5),  # section 9 looks at four
        budget,
        frames,
        outsider,
        callbacks.Progress(),
    ],
)

# %%
third = len(frames.frames) // 3
grids = {"0 s": frames.frames[0], f"{budget.spent_seconds * third / EPOCHS:.0f} s": frames.frames[third]}
picture = viz.compare_grids(
    grids | {f"{budget.spent_seconds:.0f} s": frames.frames[-1], "real, held out": real_images[:25]}, scale=0.9
)
picture.colours = 16  # smooth greys make large files
picture

# %% [markdown]
# Before training there is grey. After a third of the time trousers, shirts, shoes and boots can be told apart, frayed
# and blotched. At the end outlines are cleaner, and there are more kinds of things and more greys. What is still bad:
# edges stay ragged, cloth looks woven from small blocks, and a few samples are still scraps of a garment, or of two.
#
# All of training in a few seconds, the same latents throughout:

# %%
viz.show_gif(viz.animate_grids([frame[:16] for frame in viz.thin(frames.frames, limit=12)], "training.gif", colours=6))

# %% [markdown]
# ### A loss that means something
#
# The estimate and the outsider's Fréchet distance, each as a share of its first value. (The critic judges the generator
# that is in training, the outsider its running average, so do not expect them to agree to the last bend.)
#
# **Predict first.** The critic learns to see more and more differences, and the generator to make fewer and fewer. Will
# the estimate rise or fall? And the Fréchet distance?


# %%
def shares(values):
    return np.asarray(values) / values[0]


estimates = model.training_history["wasserstein_estimate"]
met = [estimates[epoch - 1] for epoch in outsider.epochs]  # where the outsider looked, too
viz.loss_curves(
    {"critic's estimate": shares(met), "Fréchet distance": shares(outsider.frechet)},
    x=outsider.epochs,
    y_label="share of the first value",
    title="Wasserstein GAN",
)

# %% [markdown]
# The two fall together, fast at first, then slowly, and the estimate still falls at the end. A critic that learns
# should see more, but its slope is held, and what is left to carry gets less. Nobody told the critic about the
# evaluator, and nobody trained on the evaluator's features. Watching the loss, you may see that training works, that it
# has slowed down, and whether it pays to wait.
#
# The GAN of lesson 02 on the same clothes, for its first eight hundred steps, watched in the same way.
#
# **Predict first.** Its samples get better all the while. What will the losses of its two players do?

# %%
dcgan = recipes.get("dcgan")
runtime.set_seed(SEED)
usual = dcgan.build(dcgan.parameters, (28, 28, 1), SEED, 26)
usual_outsider = Outsider()
usual_stream = data.batches(
    fashion.train_images, batch_size=dcgan.parameters["batch_size"], seed=SEED, value_range="signed"
)
usual_history = usual.fit(
    usual_stream, epochs=8, steps_per_epoch=104, verbose=0, callbacks=[usual_outsider, callbacks.Progress()]
)

# %%
usual_losses = {f"{who}'s loss": usual.training_history[f"{who}_loss"] for who in ("generator", "discriminator")}
curves = {name: shares(values) for name, values in usual_losses.items()}
viz.loss_curves(
    curves | {"Fréchet distance": shares(usual_outsider.frechet)},
    x_label="hundreds of steps",
    y_label="share of the first value",
    title="the GAN of lesson 02",
)

# %% [markdown]
# For some hundred steps these move, too: the generator's loss falls, and the discriminator's *rises* nearly threefold,
# while samples get better. Which way is good, nobody could have said beforehand. Then both stand still, near what pure
# guessing gives (lesson 01), and the Fréchet distance goes on falling. How much did each curve change over the second
# half of its run?


# %%
def second_half(values):
    return values[-1] / values[len(values) // 2 - 1] - 1


print(f"critic's estimate     {second_half(met):+5.0%}, the Fréchet distance {second_half(outsider.frechet):+.0%}")
for name, values in usual_losses.items():
    print(f"{name:21} {second_half(values):+5.0%}, the Fréchet distance {second_half(usual_outsider.frechet):+.0%}")

# %% [markdown]
# The critic's loss moves when the samples do. The losses of the other game hardly do, because they say who is ahead,
# and the two players keep level.
#
# ## 8 · How good is it?
#
# A thousand samples against 2,500 held-out clothes, beside a floor of real images, a baseline of noise, and lesson 02's
# GAN from its recorded weights, which saw the same clothes for about half as long.

# %%
samples = data.to_unit(model.generate(1000, seed=SEED))
scores = recipes.Images("fashion").judge(samples)
rows = {"this WGAN": scores}
pictures = {
    "lesson 02's GAN": data.to_unit(recipes.load_checkpoint("02", "fashion").generate(1000, seed=SEED)),
    "held-out real": real_images[:1000],
    "noise": rng.random((1000, 28, 28, 1)).astype("float32"),
}
for name, images in pictures.items():
    reference = real_images[1000:] if name == "held-out real" else real_images
    rows[name] = metrics.evaluate_images(images, reference, evaluator)

# %%
print(" " * 16 + "".join(f"{name:>11}" for name in ("frechet", "precision", "recall", "coverage")))
for name, row in rows.items():
    print(f"{name:16}" + "".join(f"{row[m]:11.2f}" for m in ("frechet", "precision", "recall", "coverage")))

# %% [markdown]
# The Fréchet distances are of the same size. What differs is how they come about. Fewer of this model's samples lie
# inside the cloud of real images (precision): you have seen the scraps. But its own cloud holds about twice as many of
# the real ones (recall), and it was recall that lesson 02 complained of: no checked shirts, no sandals.
# **[Coverage](../docs/GLOSSARY.md#coverage)** is stricter: a real image counts only when a sample comes as near to it
# as its own neighbours are. It does not confirm the lead. So these samples reach farther out, and seldom hit exactly.
# Against the floor both models are far away.
#
# Is your run a usual one?

# %%
for name in ("frechet", "precision", "recall"):
    claim = f"fashion_{name}"
    print(results.compare("05", claim, scores[name], parameters=PARAMETERS, device=runtime.device_kind()))

# %% [markdown]
# ### Records
#
# Whole runs with one thing changed, measured on 5,000 samples, medians over the seeds: compare the rows with each other,
# and not with your run above.


# %%
def show(rows):
    names = ("frechet", "range", "precision", "recall", "coverage", "steps")
    print(" " * 26 + "".join(f"{name:>14}" for name in names))
    for row in rows:
        spread = "{:.1f} to {:.1f}".format(*row["ranges"]["frechet"])
        shown = "".join(f"{row[name]:14.2f}" for name in ("precision", "recall", "coverage"))
        print(f"{row['variant']:26}{row['frechet']:14.1f}{spread:>14}{shown}{row['steps']:14,.0f}")


record = results.load_record("05")
for row in record.table("ring"):
    print(
        f"ring, {row['variant']:24} {row['modes_covered']:.0f} modes, {row['share_within']:.0%} within, "
        f"total variation {row['total_variation']:.2f}"
    )
show(record.table("fashion"))

# %% [markdown]
# Clipping is done here at ±0.05. On the ring that is kinder than the first paper's 0.01, which you saw in section 6: all
# eight modes, or seven, and about half of the points between them. On clothes it is far from enough.
#
# And the question that a learner with one evening should ask: which of the two games gives more in the same time? Sixty
# seconds of training each, the same clothes, the same machine.
#
# **Predict first.** Which of the two has the smaller Fréchet distance after that minute, and by how much?

# %%
equal = {"Wasserstein GAN": record.table("equal_wgan"), "GAN of lesson 02": record.table("equal_dcgan")}
show([{**row, "variant": name} for name, rows in equal.items() for row in rows])

# %% [markdown]
# That is plain: in the same minute the ordinary game gets to less than half the distance, with more samples that look
# real and more of the real ones covered. The Wasserstein game makes several times fewer steps, because each is several
# times as dear, and its better critic does not make up for them. (Lesson 02's weights above come from half a minute of
# training. The second half minute does that model more good than anything in this lesson.)
#
# So what is this game good for? A loss that can be watched, a theory that says why, and a habit: the penalty on the
# slope, in one form or another, is in many of the large GANs that came after it. For our minute on two cores it is no bargain,
# and without the row at equal seconds we should not have known.
#
# ## 9 · Broken on purpose: no penalty
#
# Weight 0, no clipping. The critic may be as steep as it likes.
#
# **Predict first.** What will the estimate do, and what will the samples look like after four passes?

# %%
runtime.set_seed(SEED)
free = recipe.build(
    recipe.with_parameters(PARAMETERS | {"penalty_weight": 0.0}),
    (28, 28, 1),
    SEED,
    recipes.steps_per_call(steps, steps),
)
free_frames = callbacks.SampleFrames(n=25, seed=SEED, keep=data.to_unit)
free_outsider, early = Outsider(), min(4, EPOCHS)
free_history = free.fit(stream, epochs=early, steps_per_epoch=steps, verbose=0, callbacks=[free_frames, free_outsider])
for epoch, value in enumerate(free.training_history["wasserstein_estimate"], start=1):
    print(f"epoch {epoch}: estimate {value:12,.1f}, with the penalty {estimates[epoch - 1]:.2f}")
with_penalty = outsider.frechet[outsider.epochs.index(early)]
print(f"Fréchet distance {free_outsider.frechet[-1]:.1f}, with the penalty {with_penalty:.1f}")

# %%
panels = {f"no penalty, epoch {early}": free_frames.frames[early], f"penalty, epoch {early}": frames.frames[early]}
picture = viz.compare_grids(panels, scale=1.1)
picture.colours = 16
picture

# %% [markdown]
# The estimate begins in the tens of thousands and turns negative: the critic now scores samples *above* real clothes. It
# is no distance of anything, and says nothing about the samples. The critic always finds it easier to shout louder than
# to look more closely, and whatever the generator does in answer, the next shout comes from somewhere else. What is
# drawn are white lumps, much alike, with a grid in them. Only some of them could be shirts. With the penalty, after the
# same four passes, trousers, shirts and shoes can be told apart, and the Fréchet distance is about half as large.
#
# The row *no bound* in the record above is the same experiment on the ring: not one mode is found.
#
# ## 10 · What it cannot do
#
# - **Be cheap.** Each step of the generator waits for several of the critic, and each of these for the slope of a slope.
# - **Measure for good.** The estimate falls short of the distance as far as the critic is from the best one, and goes
#   beyond it as far as the penalty lets the slope rise. So it compares one moment of a run with another. Two runs with
#   other critics or another $\lambda$ speak in different units, and the Fréchet distance stays the number to compare them
#   by.
# - **See what we see.** Images are points here, and carrying one to another costs the length of their difference: a
#   shirt moved by two pixels is far from itself.
# - **Score an image, or find its latents.** That a GAN cannot, whatever its loss. Lessons 03 and 08 can.
#
# That third point deserves a number. Each sample has to be carried at least to the real image that is nearest to it.
# How far is that, for samples, for real images that are none of these, and for one even grey?


# %%
def to_nearest(images, others):
    a, b = (data.to_signed(part).reshape(len(part), -1).astype("float64") for part in (images, others))  # (N, 784)
    squares = (a**2).sum(axis=1)[:, None] + (b**2).sum(axis=1) - 2 * a @ b.T
    return np.sqrt(np.maximum(squares, 0)).min(axis=1).mean()


fresh = data.to_unit(fashion.train_images[:500])
for name, images in {"samples": samples[:500], "fresh real": fresh, "even grey": np.full_like(fresh[:1], 0.3)}.items():
    print(f"{name:10} {to_nearest(images, real_images):.1f} to the nearest of {len(real_images):,} held-out images")
print(f"the critic's last estimate: {estimates[-1]:.2f}")

# %% [markdown]
# By this measure nothing is wrong with the samples: they stand as near to real clothes as other real clothes do, and a
# blank grey is not much worse. 2,500 images are few in 784 dimensions, so everything is far from everything, and the
# earth mover's distance of two such *sets* is mostly that. The critic's estimate is many times smaller, and more useful:
# a network that cannot follow every pixel sees what sets have in common. Some say that these GANs work *because* they
# miss the true distance (Stanczuk and others, below).
#
# ## 11 · Exercises
#
# Each check tells you in a sentence why an answer is right or not yet. `hint("05.2")` helps in stages. Worked
# solutions: [solutions/05_wgan.ipynb](solutions/05_wgan.ipynb).
#
# First a few short questions. Choose an answer, and read why it is right or not.

# %%
from gencourse.exercises import check, hint, progress, quiz

quiz("05")

# %% [markdown]
# **05.1 Two piles by hand.** Real grains lie at 0, 2 and 8, generated ones at 5, 4 and 1. What are the Wasserstein-1
# distance and the Jensen–Shannon divergence (in nats)? And what are they when all generated grains are moved to the
# right by 100?

# %%
w_now = ...
js_now = ...
w_far = ...
js_far = ...
check("05.1", (w_now, js_now, w_far, js_far))

# %% [markdown]
# **05.2 The game's two losses.** Both are to be made small. Somebody changed a GAN into a Wasserstein GAN and left too
# much of it in place; and the signs are not right, either.


# %%
def critic_loss(real_scores, generated_scores):
    # scores (B, 1) -> one number
    return tf.reduce_mean(tf.sigmoid(real_scores)) - tf.reduce_mean(tf.sigmoid(generated_scores))


def generator_loss(generated_scores):
    return tf.reduce_mean(tf.sigmoid(generated_scores))


check("05.2", (critic_loss, generator_loss))

# %% [markdown]
# **05.3 The penalty.** Three bugs, all of them seen in print. The critic that the check hands to your function
# remembers at which points it was asked.


# %%
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

# %% [markdown]
# **05.4 A critic that judges alone.** This one was made from a discriminator. Two of its parts have no place in a
# critic that pays a penalty.


# %%
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

# %% [markdown]
# **05.5 Three logs.** Three Wasserstein GANs of this lesson's kind on the ring. One paid the penalty, one was clipped,
# one had no bound at all. The largest slope was looked at between real and generated points, at the end.
#
# | run | estimate, first pass | estimate, last pass | largest slope |
# |---|---|---|---|
# | A | 1.6 | 17.2 | 200 |
# | B | 0.0022 | 0.00017 | 0.0032 |
# | C | 1.3 | 0.12 | 1.3 |
#
# Which is which: `"penalty"`, `"clipping"`, `"nothing"`? And what distance, at least, does the clipped critic's last
# estimate prove?

# %%
run_a = ...
run_b = ...
run_c = ...
w_at_least = ...
check("05.5", (run_a, run_b, run_c, w_at_least))

# %%
print(hint("05.1"))
progress()

# %% [markdown]
# ## What to read next
#
# - Arjovsky, Chintala and Bottou, *Wasserstein GAN*, 2017: the paper; its first figure is our section 1.
# - Gulrajani, Ahmed, Arjovsky, Dumoulin and Courville, *Improved Training of Wasserstein GANs*, 2017: the penalty, and
#   the walls of section 4.
# - Villani, *Topics in Optimal Transportation*, 2003: carrying earth, by a mathematician; chapter 1 proves the dual.
# - Miyato et al., *Spectral Normalization for Generative Adversarial Networks*, 2018: another bound on the slope, built
#   into the layers.
# - Mescheder, Geiger and Nowozin, *Which Training Methods for GANs do actually Converge?*, 2018: when the game settles,
#   and a simpler penalty, at the real images only.
# - Stanczuk et al., *Wasserstein GANs Work Because They Fail (to Approximate the Wasserstein Distance)*, 2021: how far
#   the estimate is from the distance, and why that may be good.
# - **Lesson 06** tells the generator what to draw. **Lesson 11** leaves the game.
