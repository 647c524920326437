# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
#   gencourse:
#     recipes: [ddpm, ddpm-ring]
# ---

# %% [markdown]
# # 11 · Diffusion: from noise, step by step
#
# [![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)](https://colab.research.google.com/github/gencourse/gencourse/blob/main/notebooks/11_diffusion.ipynb)
#
# **One idea.** To ruin an image is easy: add a little noise, again and again, until nothing else is left. A network
# that can take a little noise off, at every stage of the ruin, can walk the whole way back. And then it can begin at a
# place where there never was an image.
#
# After this lesson you can
#
# - write the forward process as one line, and say what the best possible denoiser knows;
# - take one reverse step by hand, and name what DDPM and DDIM share and where they differ;
# - choose between noise, image and velocity as a network's answer, and give a reason;
# - trade steps for quality, and variety for obedience (guidance), with numbers;
# - fill holes and walk between two images with a model that was trained for neither;
# - recognise a wrong noise schedule, also where the usual numbers do not show it.
#
# It runs in about two minutes on two CPU cores, about one of which trains one model. Reading takes about 50 minutes.
# Lesson 00 comes before, for the ring and its measures; lesson 02 for precision, recall and the distance to reach;
# lesson 06 for *class accuracy*.

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
# The numbers of the two experiments, digits and ring. With these values the results are compared with recorded runs;
# with others they are yours to explore.

# %% tags=["parameters"]
SEED = 0  # weights, noise and the order of the data; another seed is another run
EPOCHS = 9  # passes over the 20,000 digits: what the training time follows
BATCH_SIZE = 32  # images in one step: small steps, and many of them
PREDICT = "image"  # what the network answers on digits: or "noise", "velocity"
SCHEDULE = "cosine"  # how an image turns into noise: or "linear"
LABEL_DROPOUT = 0.1  # share of the labels that are hidden in training: guidance needs it
LEARNING_RATE = 2e-3  # at its highest; it sinks to zero along a cosine
RING_EPOCHS = 40  # passes over the 20,000 points of the ring
RING_PREDICT = "velocity"  # what the network answers on the ring
BROKEN_EPOCHS = 20  # passes for each of the three short runs of section 5
STEPS = 30  # steps from noise to sample
GUIDANCE = 1.6  # how far to go towards the class that is asked for; 1 is no guidance
LOAD_CHECKPOINT = False  # True: train for a moment, then take the recorded networks

# %%
import itertools
import time

import keras
import numpy as np
import tensorflow as tf

from gencourse import callbacks, data, diffusion, layers, metrics, recipes, results, sampling, schedules, viz

runtime.set_seed(SEED)
rng = np.random.default_rng(SEED)

# %% [markdown]
# ## 1 · How points dissolve
#
# Once more the ring of lesson 00: eight small clouds, and we know their distribution exactly. Let
# **[time](../docs/GLOSSARY.md#time)** run from 0, the data, to 1, pure noise. At each time a point $x_0$ is a mixture
# of itself and of a noise $\varepsilon$ that is drawn from a standard normal, $N(0, I)$:
#
# $$x_t = s_t\, x_0 + n_t\, \varepsilon, \qquad s_t^2 + n_t^2 = 1$$
#
# $s_t$ is the **[signal rate](../docs/GLOSSARY.md#signal-rate)**, $n_t$ the
# **[noise rate](../docs/GLOSSARY.md#noise-rate)** (papers write $\sqrt{\bar\alpha_t}$ and $\sqrt{1 - \bar\alpha_t}$).
# With squares that sum to 1, the pair walks along a quarter of the unit circle, and a thing of variance 1 keeps its
# variance. How fast it walks is the **[schedule](../docs/GLOSSARY.md#noise-schedule)**. The one called *cosine* walks
# at constant speed (Nichol and Dhariwal, *Improved Denoising Diffusion Probabilistic Models*, 2021). It leaves a rest of
# 0.01 at both ends, so that nobody ever divides by zero.


# %% tags=["nbval-check-output"]
def cosine_by_hand(times):
    rest = np.arcsin(0.01)
    angles = rest + times * (np.pi / 2 - 2 * rest)
    return np.cos(angles), np.sin(angles)


times = np.linspace(0, 1, 6)
signal, noise_rate = cosine_by_hand(times)
np.testing.assert_allclose(schedules.cosine(times), [signal, noise_rate], atol=1e-6)
np.testing.assert_allclose(signal**2 + noise_rate**2, 1)
for row in zip(times, signal, noise_rate):
    print("time {:.1f}: signal {:.3f}, noise {:.3f}".format(*row))

# %% [markdown]
# A schedule is a function of *one* time. Each time has its rates, whatever other times are asked about. That sounds too
# plain to say, and exercise 11.2 shows a listing that gets it wrong. The package has a second schedule, *linear*, that
# of the first diffusion models:

# %%
fine = np.linspace(0, 1, 60)
curves = {}
for name in ("cosine", "linear"):
    curves[f"signal, {name}"], curves[f"noise, {name}"] = map(np.asarray, schedules.get(name)(fine))
picture = viz.loss_curves(curves, x=fine, x_label="time", y_label="rate")
picture.colours = 16
picture

# %% [markdown]
# Both go from image to noise. The linear one hurries: halfway little more than a quarter of the signal is left, and the
# last third of its time is noise and little else.
#
# Now mix 20,000 points of the ring, and look at six times.

# %%
examples = recipes.Points("ring")
ring, points = examples.mixture, examples.train  # the true distribution, and (20000, 2) points of it
noise = rng.normal(size=points.shape).astype("float32")
noisy = {}
for t in (0.0, 0.2, 0.4, 0.6, 0.8, 1.0):
    signal, noise_rate = (float(rate) for rate in schedules.cosine(t))
    noisy[f"time {t}"] = signal * points + noise_rate * noise
np.testing.assert_allclose(diffusion.mix(points, noise, schedules.cosine(0.4)), noisy["time 0.4"], rtol=1e-5)
picture = viz.scatter({name: some[:200] for name, some in noisy.items()}, limits=3.2, means=ring.means, size=1.7)
picture.colours = 12
picture

# %% [markdown]
# The clouds widen, run into each other, shrink towards the middle, and at time 1 there is one round cloud: the standard
# normal, which anybody can draw from. It is the same 200 points in all panels; the crosses stay where the modes were.
#
# ### One stride, or a thousand small ones
#
# The name *diffusion* comes from doing it in small strides (the idea is from Sohl-Dickstein and others, 2015): keep a
# share $\sqrt{1 - \beta}$ of what is there, add noise
# with variance $\beta$, again and again. Two normal noises added are a normal noise, so a thousand strides must be the
# same as one, with $s = \prod \sqrt{1 - \beta_i}$. Let 20,000 walkers start at 2 and take 300 of the thousand strides
# of the first paper (Ho and others, 2020), whose $\beta$ grows from 0.0001 to 0.02:

# %%
betas = np.linspace(1e-4, 0.02, 1000)
walkers = np.full(20_000, 2.0)
for beta in betas[:300]:
    walkers = np.sqrt(1 - beta) * walkers + np.sqrt(beta) * rng.normal(size=walkers.shape)
signal = np.sqrt(np.prod(1 - betas[:300]))
print(f"300 strides: mean {walkers.mean():.2f}, standard deviation {walkers.std():.2f}")
print(f"one stride:  mean {2 * signal:.2f}, standard deviation {np.sqrt(1 - signal**2):.2f}")
print(f"the package's linear schedule at time 0.3: signal {schedules.linear(0.3)[0]:.3f}, here {signal:.3f}")
np.testing.assert_allclose([walkers.mean(), walkers.std()], [2 * signal, np.sqrt(1 - signal**2)], atol=0.03)

# %% [markdown]
# So $q(x_t \mid x_0) = N(s_t x_0,\; n_t^2)$, for every time, in closed form. This is what makes training cheap. Nobody
# ever walks: one line gives a sample at any time.
#
# ## 2 · What can be known
#
# Somebody shows us a noisy point and its time. Which point was it? There is no one answer. Any point of the data could
# have been it, with the right noise; but most would have needed a very unlikely noise. By
# **[squared error](../docs/GLOSSARY.md#squared-error)** the best answer is the mean of all candidates, each weighted by
# how likely it was. Below, every one of the 20,000 points is a candidate.
#
# **Predict first.** A point is seen at $(1, 0.3)$. The nearest mode is at $(2, 0)$. Where does the best answer lie if
# the time is 0.95, and where if it is 0.2?


# %%
def mean_of_candidates(place, time):
    signal, noise_rate = (float(rate) for rate in schedules.cosine(time))
    needed = (place - signal * points) / noise_rate  # (20000, 2): the noise each candidate would have needed
    log_weights = -0.5 * (needed**2).sum(axis=1)
    weights = np.exp(log_weights - log_weights.max())
    return (weights[:, None] * points).sum(axis=0) / weights.sum()


place = np.array([1.0, 0.3])
for t in (0.95, 0.6, 0.4, 0.2):
    print(f"seen at {place}, time {t}: believed to come from {mean_of_candidates(place, t).round(2)}")

# %% [markdown]
# The same place means different things at different times. At time 0.2 it can only have been the mode at (2, 0). That
# is a tempting answer for all times, and for the others it is wrong. At time 0.95 nearly everything is noise, the place
# says next to nothing, and the best answer is near the middle of the ring. Where no point is!
#
# For a mixture of Gaussians the sum over candidates is an integral with a closed form. So on the ring, and only there,
# we know the **[best possible denoiser](../docs/GLOSSARY.md#best-possible-denoiser)**: nothing can beat it but luck.


# %%
def best_guess(noisy, time):
    signal, noise_rate = (float(rate) for rate in schedules.cosine(time))
    variance = (signal * ring.std) ** 2 + noise_rate**2  # of a mode, as it is seen at this time
    apart = noisy[:, None] - signal * ring.means  # (N, 1, 2) - (8, 2) -> (N, 8, 2)
    log_shares = -0.5 * (apart**2).sum(axis=-1) / variance
    shares = np.exp(log_shares - log_shares.max(axis=1, keepdims=True))
    shares /= shares.sum(axis=1, keepdims=True)  # (N, 8): which mode was it?
    in_mode = ring.means + signal * ring.std**2 / variance * apart  # (N, 8, 2): and where in it?
    return (shares[..., None] * in_mode).sum(axis=1)


for t in (0.95, 0.6, 0.4, 0.2):
    np.testing.assert_allclose(best_guess(place[None], t)[0], mean_of_candidates(place, t), atol=0.05)

# %%
ticks = np.linspace(-2.7, 2.7, 7)
lattice = np.stack(np.meshgrid(ticks, ticks), axis=-1).reshape(-1, 2).astype("float32")
moves = {f"time {t}": (lattice, best_guess(lattice, t) - lattice) for t in (0.9, 0.6, 0.3)}
clouds = {f"time {t}": np.asarray(diffusion.mix(points, noise, schedules.cosine(t)))[:120] for t in (0.9, 0.6, 0.3)}
picture = viz.arrows(moves, behind=clouds, means=ring.means, limits=3.2, size=2.2)
picture.colours = 8
picture

# %% [markdown]
# Arrows point from where one is to what is believed (and are drawn shorter than they are). Behind them, pale, the
# points at that time. At time 0.9 all arrows point to the middle. At 0.6 those outside point inwards and those inside a
# little outwards, to the ring as a whole; at 0.3 to single modes. The nearer to time 0, the more is decided.
#
# ## 3 · A network that has to guess
#
# In general nobody knows the distribution. But the squared error does not ask us to: whatever minimises it *is* the
# mean of the candidates. So show a network noisy points whose origin is known, and let it learn by regression. It sees
# the point and the time; time comes as a row of sines and cosines, in which small differences are easy to see.
#
# ### Three names for one answer
#
# What should it be asked for: the point, or the noise? It is the same question. Who knows the mixture, the rates and
# one of the two, knows the other. And there is a third, the **[velocity](../docs/GLOSSARY.md#velocity)**
# $v = s\,\varepsilon - n\,x_0$: how fast the mixture turns as the rates walk along their circle (Salimans and Ho,
# 2022). On one number:

# %% tags=["nbval-check-output"]
x, eps, s, n = 1.5, -0.5, 0.6, 0.8
seen, velocity = s * x + n * eps, s * eps - n * x
rates = schedules.Rates(s, n)
print(f"seen {seen:.2f}; answers: noise {eps}, image {x}, velocity {velocity:.2f}")
for name, answer in {"noise": eps, "image": x, "velocity": velocity}.items():
    np.testing.assert_allclose(diffusion.merge(x, eps, rates, name), answer)
    np.testing.assert_allclose(diffusion.split(answer, seen, rates, name), [x, eps])
print("from noise:    image =", round((seen - n * eps) / s, 6))
print("from velocity: image =", round(s * seen - n * velocity, 6), " noise =", round(n * seen + s * velocity, 6))

# %% [markdown]
# The same question, but not the same *errors*. The formulas divide. When the network's answer is off by 0.1, how far
# off is what it means for the image, and for the noise?

# %% tags=["nbval-check-output"]
print(f"{'asked for':12}" + "".join(f"{f'time {t}: image, noise':>26}" for t in (0.05, 0.5, 0.95)))
for name in diffusion.PREDICTIONS:
    row = ""
    for t in (0.05, 0.5, 0.95):
        s, n = (float(rate) for rate in schedules.cosine(t))
        off = {"noise": (n / s, 1), "image": (1, s / n), "velocity": (n, s)}[name]
        row += f"{0.1 * off[0]:19.3f}{0.1 * off[1]:7.3f}"
    print(f"{name:12}{row}")

# %% [markdown]
# Asked for the noise, a small miss near time 1 is a large one in the image: what is left of the signal is divided by
# nearly nothing. Asked for the image, the same happens to the noise near time 0. The velocity never divides. So it
# looks like the safe choice. The next cell shows the record of this lesson, each row trained several times (medians; the
# ring's share of points near a mode, more is better, and the digits' Fréchet distance, less is better).
#
# **Predict first.** Will the safe choice be the best one on the ring? And on digits, where four pixels in five are
# exactly $-1$?

# %%
record = results.load_record("11")
for study, measure in (("ring", "share_within"), ("digits", "frechet")):
    rows = {row["variant"]: row for row in record.table(study) if row["variant"].startswith("predicts")}
    print(f"{study}, {measure}:", *(f"    {name:36}{row[measure]:8.2f}" for name, row in rows.items()), sep="\n")

# %% [markdown]
# On the ring velocity and noise are equally good, and the point is the worst thing to ask for. On digits it is the other
# way round: the image wins by far, and the noise is hopeless. Being safe is not enough.
#
# Our reading, which was not tested by itself: the modes of the ring are narrow, a twentieth of their distance from the
# middle, and to hit them the *small* noises matter, which an image's plain squared error hardly pays for. A digit's
# background is exactly $-1$. Asked for the image, a network answers "$-1$" and is right at every time. Asked for the
# noise, it has to compute $(x_t + s_t) / n_t$ near time 0, and multiply its input by a number that grows without end. A
# small network that is told the time by adding something can hardly do that. Large networks can, and the first papers
# asked for noise.
#
# ### The loss
#
# A training step in full: draw a time and a noise for each point of the batch, mix, ask, square the miss. The times of
# a batch are spread evenly, one in each $n$-th of $[0, 1]$. Two models with the same seed throw the same dice, so one
# can do it by hand and the other by the package:

# %%
RING = recipes.get("ddpm-ring").with_parameters({"epochs": RING_EPOCHS, "predict": RING_PREDICT})
ring_steps = data.steps_per_pass(len(points), RING["batch_size"])


def build_ring(parameters):
    runtime.set_seed(SEED)
    per_call = recipes.steps_per_call(ring_steps, ring_steps * parameters["epochs"])
    return recipes.get("ddpm-ring").build(parameters, (2,), SEED, per_call)


batch = points[:256]
mine, theirs = build_ring(RING), build_ring(RING)
t = mine.draw_times(256)  # (B,)
eps = keras.random.normal((256, 2), seed=mine.seed_generator)
s, n = (rate[:, None] for rate in schedules.cosine(t))  # (B,) -> (B, 1)
answers = mine.network([s * batch + n * eps, t])
target = {"velocity": s * eps - n * batch, "noise": eps, "image": batch}[RING_PREDICT]
by_hand = tf.reduce_mean((answers - target) ** 2)
np.testing.assert_allclose(theirs.denoising_loss(theirs.network, batch), by_hand, rtol=1e-5)
print(f"loss of an untrained network: {by_hand:.3f}")

# %% [markdown]
# That is all. No second player, no bound, no sampling in the loop: a regression. Three dense layers of 128, forty
# passes.


# %%
def train_ring(parameters, some_points):
    model = build_ring(parameters)
    model.fit(
        data.batches(some_points, batch_size=parameters["batch_size"], seed=SEED),
        epochs=parameters["epochs"],
        steps_per_epoch=ring_steps,
        verbose=0,
        callbacks=[callbacks.Budget(steps=ring_steps * parameters["epochs"], decay=parameters["decay"])],
    )
    return model


began = time.perf_counter()
ring_model = train_ring(RING, points)
print(f"{ring_steps * RING_EPOCHS:,} steps in {time.perf_counter() - began:.1f} seconds")

# %% [markdown]
# How near is it to the best possible denoiser? For 5,000 noisy points: how far its guesses are from the best ones, and,
# beside that, how far the best ones are from the truth.

# %%
print("time   network to best guess   best guess to truth   network to truth")
for t in (0.1, 0.2, 0.4, 0.6, 0.8, 0.95):
    shown = np.asarray(diffusion.mix(points[:5000], noise[:5000], schedules.cosine(t)))
    best, learnt = best_guess(shown, t), ring_model.denoise(shown, t)[0]
    pairs = ((learnt, best), (best, points[:5000]), (learnt, points[:5000]))
    print(f"{t:4}" + "".join(f"{np.sqrt(((a - b) ** 2).sum(axis=1).mean()):22.3f}" for a, b in pairs))

# %% [markdown]
# The network's own error is small beside what cannot be known: some hundredths at all times. Near time 0, where least
# is unknown, it weighs most. It never saw the formula of the ring, only points of it.
#
# ### The reverse field
#
# What is believed now says where to go next. Follow a mixture whose image and noise stay as believed, while the rates
# walk back by a little: $x_t$ moves by $\dot s\,\hat x_0 + \dot n\,\hat\varepsilon$ for each unit of time, where a hat
# means believed and a dot means slope. At every place and time that is an arrow, `reverse_field`:

# %%
ticks = np.linspace(-2.8, 2.8, 10)
lattice = np.stack(np.meshgrid(ticks, ticks), axis=-1).reshape(-1, 2).astype("float32")
fields = {f"time {t}": (lattice, 0.1 * ring_model.reverse_field(lattice, t)) for t in (0.8, 0.5, 0.2)}
clouds = {f"time {t}": np.asarray(diffusion.mix(points, noise, schedules.cosine(t)))[:120] for t in (0.8, 0.5, 0.2)}
picture = viz.arrows(fields, behind=clouds, means=ring.means, limits=3.2, size=2.2)
picture.colours = 8
picture

# %% [markdown]
# Each arrow shows a move in a tenth of all time. At time 0.8 hardly anything happens: the cloud is round and stays
# round. At 0.5 the middle empties. At 0.2 the arrows part between the modes and run into them, from inside and outside.
#
# ## 4 · Back from noise
#
# ### One step
#
# Take a noisy point at time $t$ that shall go to the earlier time $u$. Ask the network. It believes in an image
# $\hat x_0$ and a noise $\hat\varepsilon$. The simplest step mixes the two again, with the rates of $u$:
#
# $$x_u = s_u\, \hat x_0 + n_u\, \hat\varepsilon \qquad \text{(DDIM; Song, Meng and Ermon, 2021)}$$

# %%
start = rng.normal(size=(4, 2)).astype("float32")
now, after = ring_model.rates_at(0.7), ring_model.rates_at(0.6)
believed, believed_noise = ring_model.denoise(start, 0.7)
by_hand = after.signal * believed + after.noise * believed_noise
np.testing.assert_allclose(diffusion.step(believed, believed_noise, now, after), by_hand, rtol=1e-5)
print("from", start[0].round(3), "to", np.asarray(by_hand[0]).round(3), "believing in", believed[0].round(3))

# %% [markdown]
# The older way draws. Were $x_0$ known, then $x_u$ would have a distribution: it comes from $x_0$ with noise, and a
# stride of more noise made $x_t$ of it. Both are Gaussians. Bayes' rule multiplies the two (how likely $x_u$ was before,
# and how likely it makes what was seen), and then their
# **[precisions](../docs/GLOSSARY.md#precision-of-a-gaussian)** (one over variance) add up:
#
# $$q(x_u \mid x_t, x_0):\quad \frac{1}{\text{variance}} = \frac{1}{n_u^2} + \frac{r^2}{b}, \qquad
# \frac{\text{mean}}{\text{variance}} = \frac{s_u x_0}{n_u^2} + \frac{r\, x_t}{b}, \qquad r = \frac{s_t}{s_u},\; b = n_t^2
# - r^2 n_u^2$$
#
# $r$ is the share of $x_u$ that is kept by the stride from $u$ to $t$, and $b$ the variance of the noise that it adds.
# Put $\hat x_0$ in the place of $x_0$ and draw: that is a step of **[DDPM](../docs/GLOSSARY.md#ddpm)** (Ho, Jain and
# Abbeel, 2020).

# %%
s_t, n_t, s_u, n_u = (float(rate) for rate in (*now, *after))
ratio = s_t / s_u
added = n_t**2 - (ratio * n_u) ** 2
variance = 1 / (1 / n_u**2 + ratio**2 / added)
mean = variance * (s_u * believed / n_u**2 + ratio * start / added)
fresh = rng.normal(size=start.shape).astype("float32")
by_hand = mean + np.sqrt(variance) * fresh
package = diffusion.step(believed, believed_noise, now, after, eta=1.0, fresh=fresh)
np.testing.assert_allclose(package, by_hand, rtol=1e-4, atol=1e-5)
print(f"of the noise rate {n_u:.3f} at the new time, {np.sqrt(variance):.3f} is drawn anew")

# %% [markdown]
# So both are one rule with a knob. Of the noise that belongs to the new time, a part is kept from the old one and a
# part is fresh. **$\eta$** (eta) turns the fresh part from 0, DDIM, to what Bayes asks for, DDPM at 1:
#
# $$x_u = s_u \hat x_0 + \sqrt{n_u^2 - \sigma^2}\; \hat\varepsilon + \sigma\, \varepsilon_\text{fresh}, \qquad
# \sigma = \eta\, \frac{n_u}{n_t} \sqrt{1 - r^2}$$
#
# ### The whole way
#
# Repeat until time 0. By hand, and by `generate`, which runs the same loop inside TensorFlow:


# %%
def walk(model, noisy, times, labels=None):
    for earlier, later in itertools.pairwise(times):
        believed, believed_noise = model.denoise(noisy, earlier, labels=labels)
        noisy = np.asarray(diffusion.step(believed, believed_noise, model.rates_at(earlier), model.rates_at(later)))
    return noisy


start = rng.normal(size=(100, 2)).astype("float32")
by_hand = walk(ring_model, start, np.linspace(1, 0, STEPS + 1))
package = ring_model.generate(100, latents=start, steps=STEPS, eta=0.0)
print("largest difference:", np.abs(by_hand - package).max().round(3))
np.testing.assert_allclose(by_hand, package, atol=0.1)

# %% [markdown]
# They differ by the last hundredth of noise: our walk stops at the rates of time 0, and the package takes the believed
# image itself.

# %%
tracks = {
    "DDIM": ring_model.trajectory(20, steps=60, eta=0.0, seed=SEED),
    "DDPM": ring_model.trajectory(5, steps=60, eta=1.0, seed=SEED),
}
picture = viz.paths(tracks, means=ring.means, limits=3.4, size=2.6)
picture.colours = 16
picture

# %% [markdown]
# Circles are starts, dots are ends. With DDIM every start has one end. It follows the arrows along a smooth curve and
# never crosses another path at the same time. With DDPM (five points only, or nothing could be seen) it is a drunkard's
# walk that ends at home: at first it roams, because all is noise anyway; then its steps get shorter, and it settles.
#
# ### How many steps?
#
# Each step asks the network once, so steps are seconds.
#
# **Predict first.** What will *one* single step from noise give: a bad ring, or something else?

# %%
panels = {f"{steps} DDIM steps": ring_model.generate(800, steps=steps, eta=0.0, seed=SEED) for steps in (1, 3, 30)}
picture = viz.scatter(panels, limits=3, means=ring.means, std=ring.std, size=2.1)
picture.colours = 12
picture

# %% [markdown]
# No bad ring, hardly even a cloud. One step believes at once, and what can be believed about pure noise is the mean of all points: a speck in the middle
# of the ring, where nothing ever was. A plain regression from noise to data would do just that. Three steps make a
# rough ring, and thirty find all modes. It is the *many* steps, each of which only has to be a little right, that turn
# a regression into a generator.

# %%
print(f"{'':16}{'steps':>6}{'modes':>7}{'within 3σ':>11}{'total variation':>17}")
floor = examples.judge(ring.sample(5000, seed=5))
print(f"{'true ring':16}{'':6}{floor['modes_covered']:7}{floor['share_within']:11.3f}{floor['total_variation']:17.3f}")
for name, eta in (("DDIM (eta 0)", 0.0), ("DDPM (eta 1)", 1.0)):
    for steps in (3, 10, 30, 100):
        row = examples.judge(ring_model.generate(5000, steps=steps, eta=eta, seed=SEED))
        values = f"{row['modes_covered']:7}{row['share_within']:11.3f}{row['total_variation']:17.3f}"
        print(f"{name:16}{steps:6}{values}")

# %% [markdown]
# More steps help up to some point, and then the network's own errors are what is left. With three steps DDIM is better;
# from thirty on DDPM puts more points near a mode. Its fresh noise is a remedy: a point that went astray is shaken, and
# asked again, while DDIM carries each error on to the end.
#
# Lessons 01 and 05 measured their GANs on this ring in the same way. Is this run a usual one?

# %%
drawn = ring_model.generate(1000, steps=STEPS, seed=SEED)
for measure, value in examples.judge(drawn).items():
    if measure != "n":
        print(results.compare("11", f"ring_{measure}", value, parameters=RING, device=runtime.device_kind()))
for lesson in ("01", "05"):
    claim = results.load_record(lesson).claim("ring_share_within")
    print(f"lesson {lesson}, the record: {claim.median:.3f} within 3σ")

# %% [markdown]
# All eight modes, without any game that could go wrong, and as many points near one as the GANs have, or more. The
# clouds are still a little too wide (true samples: 0.99).
#
# ## 5 · Broken on purpose: noise that never gets there
#
# Sampling begins with pure noise. Did training ever see pure noise? With this schedule it did not. It walks only half
# of the way, and stops where there is as much signal as noise:


# %%
def stops_early(times):
    return schedules.cosine(0.5 * tf.cast(times, "float32"))


moved = points + np.float32([2.0, 0.0])  # the same ring, two units to the right
SHORT = RING | {"epochs": BROKEN_EPOCHS}
BROKEN = SHORT | {"schedule": stops_early}
runs = {
    "wrong schedule": (train_ring(BROKEN, points), 0.0),
    "right, ring moved": (train_ring(SHORT, moved), 2.0),
    "wrong, ring moved": (train_ring(BROKEN, moved), 2.0),
}
print("rates at time 1: signal {:.2f}, noise {:.2f}".format(*map(float, stops_early(1.0))))

# %% [markdown]
# Three short runs: the wrong schedule on the ring, and then both schedules on a ring that was moved to the right by 2.
#
# **Predict first.** Which of the three will go wrong, and in which number?

# %%
drawn = {name: model.generate(5000, steps=STEPS, seed=SEED) for name, (model, _) in runs.items()}
print(f"{'':20}{'modes':>7}{'within 3σ':>11}{'total variation':>17}{'mean x':>9}{'true':>7}")
for name, (_, shift) in runs.items():
    row = examples.judge(drawn[name] - np.float32([shift, 0.0]))
    values = f"{row['modes_covered']:7}{row['share_within']:11.3f}{row['total_variation']:17.3f}"
    print(f"{name:20}{values}{drawn[name][:, 0].mean():9.2f}{shift:7.2f}")

# %%
picture = viz.scatter({name: some[:800] for name, some in drawn.items()}, limits=(-3.2, 5.2, -3.2, 3.2), size=2.1)
picture.colours = 12
picture

# %% [markdown]
# On the ring of the first panel the bug cannot be seen: after half as many passes its numbers are as good as those of
# the section before. Pure noise has its mean at 0, as the ring has, and about the same width, so it looks nearly like
# what training saw last. Now move the ring. The right schedule still finds all modes and the right mean; it has further
# to go, and after such a short run it scatters more. The wrong one begins each walk at 0, where its training says "this
# must be the left side of the ring", and draws mostly that. Three of eight modes are nearly gone, and the mean is far
# off.
#
# Yet sample by sample it is the *better* of the two: its share within 3σ is high. What is wrong is the proportions. On
# images it is the brightness: in 2023 Lin and others found that well-known text-to-image models, whose schedule left a
# rest of signal at the end, could draw neither a really dark nor a really bright picture. Two morals. Test a schedule
# at its ends. And do not test a model on data that happen to look like its noise.
#
# ## 6 · Digits
#
# Nothing changes but the network. An image is a point of 784 coordinates; with pixels in $[-1, 1]$ the mixture is the
# same line. One digit at eight times, cosine above linear:

# %%
digits = data.load_images("digits")
real_images = data.to_unit(digits.test_images)  # held out: for measuring
held_out = data.to_signed(digits.test_images)


def look(mixtures):
    return (np.clip(mixtures, -2, 2) + 2) / 4  # noise goes beyond [-1, 1]: show [-2, 2] as black to white


stages = np.linspace(0, 1, 8)
eps = rng.normal(size=(28, 28, 1)).astype("float32")
strips = [diffusion.mix(held_out[0], eps, schedules.get(name)(t)) for name in ("cosine", "linear") for t in stages]
picture = viz.image_grid(look(np.stack(strips)), columns=8, labels=[f"{t:.1f}" for t in stages] * 2)
picture.colours = 5
picture

# %% [markdown]
# Above, one can guess the seven until about 0.6. Below it is gone soon after 0.3, so more than half of all training
# steps ask about images in which there is nothing to see. On small images that is a waste; the record has a row for it,
# further down.
#
# ### The network
#
# It sees a noisy image, a time and a class, and answers with an image. The usual choice is a
# **[U-Net](../docs/GLOSSARY.md#u-net)**: down to smaller maps with more channels, up again, with bridges across. Ours
# must learn in a minute on two cores, so it is the smallest thing that works (`docs/search-diffusion.md` has what did
# not):
#
# 1. **4×4 pixels become channels**: 28×28×1 → 7×7×16. No information is lost, and everything after it works at 7×7.
# 2. Convolutions, 3×3 with 64 channels, each added to its input.
# 3. In the middle a dense layer over the whole map: every place can see every other.
# 4. The way back mirrors the way in, with a bridge from 2. The last step lays channels out as 4×4 pixels again.
# 5. The **time**, as 32 sines and cosines, becomes a vector of 64. Row $y$ of a table is added for the **class** $y$.
#    Each layer adds a projection of that vector to its channels.

# %%
two = held_out[:2]
blocks = (
    two.reshape(2, 7, 4, 7, 4, 1).transpose(0, 1, 3, 2, 4, 5).reshape(2, 7, 7, 16)
)  # (B, 28, 28, 1) -> (B, 7, 7, 16)
np.testing.assert_array_equal(layers.SpaceToDepth(4)(two), blocks)
waves = diffusion.TimeEmbedding(32)(np.array([0.50, 0.51], "float32")).numpy()
print("images", two.shape, "-> blocks as channels", blocks.shape)
print(f"times 0.50 and 0.51 -> {waves.shape}, {np.linalg.norm(waves[0] - waves[1]):.2f} apart")

# %% [markdown]
# In training a tenth of the labels is replaced by an eleventh one that means "no class". So one network learns both,
# digits of a class and digits at large. Section 8 needs that.

# %%
recipe = recipes.get("ddpm")
PARAMETERS = recipe.with_parameters(
    {
        "epochs": EPOCHS,
        "batch_size": BATCH_SIZE,
        "predict": PREDICT,
        "schedule": SCHEDULE,
        "label_dropout": LABEL_DROPOUT,
        "learning_rate": LEARNING_RATE,
    }
)
steps_of_pass = data.steps_per_pass(len(digits.train_images), BATCH_SIZE)
total = steps_of_pass * EPOCHS
runtime.set_seed(SEED)
model = recipe.build(PARAMETERS, (28, 28, 1), SEED, recipes.steps_per_call(steps_of_pass, total))
print(f"{model.network.count_params():,} weights, {total:,} steps of {BATCH_SIZE} images")

# %% [markdown]
# The next cell trains for about a minute. Samples are drawn from a
# **[running average](../docs/GLOSSARY.md#running-average)** of the weights, as is usual with diffusion: single steps of
# such a noisy regression jump around. (Section 10 asks whether it helped.)

# %%
latents = keras.random.normal((20, 28, 28, 1), seed=SEED).numpy()


def draw_same():
    return data.to_unit(model.generate(20, latents=latents, steps=STEPS, seed=SEED))


frames = {"before training": draw_same()}


def watch(epoch, logs):
    if epoch == 0:
        frames["after one pass"] = draw_same()


stream = data.batches(
    (digits.train_images, digits.train_labels.astype("int32")), batch_size=BATCH_SIZE, seed=SEED, value_range="signed"
)
budget = callbacks.Budget(steps=total, decay=PARAMETERS["decay"], warm_up=PARAMETERS["warm_up"])
history = model.fit(
    stream,
    epochs=EPOCHS,
    steps_per_epoch=steps_of_pass,
    verbose=0,
    callbacks=[
        *recipes.recorded("11", "digits", LOAD_CHECKPOINT, budget=budget),
        budget,
        keras.callbacks.LambdaCallback(on_epoch_end=watch),
        callbacks.Progress(),
    ],
)

# %%
frames[f"after {EPOCHS}"] = draw_same()
picture = viz.compare_grids(frames, columns=10, scale=1.0)
picture.colours = 6
picture

# %% [markdown]
# All three grids start from the same noise, and each column was asked for its class. Before training the network says
# 0, a middle grey, to everything. After one pass most digits can be read, though they fray. At the end strokes are
# clean, and most digits are what they should be; but in every row of ten there is one that is torn or half something
# else.
#
# ### The way from noise

# %%
path = model.trajectory(10, steps=STEPS, seed=SEED)  # (steps + 1, 10, 28, 28, 1)
frames_shown = [look(frame[:8]) for frame in viz.thin(path, limit=8)]
viz.show_gif(viz.animate_grids(frames_shown, "denoising.gif", columns=8, colours=4))

# %% [markdown]
# For a long time there is only snow. Then a digit stands out, all of it at once, and the last steps only wipe the snow
# off. What did the network believe meanwhile?

# %%
visited = diffusion.grid(model.rates_at, STEPS)  # (3, steps + 1): times, signal rates, noise rates
shown = np.linspace(0, STEPS - 6, 4).astype(int)
beliefs = [model.denoise(path[i], float(visited[0, i]), labels=np.arange(10))[0] for i in shown]
picture = viz.compare_grids(
    {
        "what there is": look(np.concatenate([path[i][:6] for i in shown])),
        "what is believed": data.to_unit(np.concatenate([belief[:6] for belief in beliefs])),
    },
    columns=6,
    scale=1.0,
)
picture.colours = 5
picture

# %% [markdown]
# Row by row, from noise (top) to image. The first belief is no digit but the *mean* digit of the class that was asked
# for, soft and grey: the speck in the middle of the ring, once for each class. It is right in the only way it can be.
# Then the digit is decided from coarse to fine: first where and how slanted, then the strokes, while in the left panel
# there is still hardly anything to see. A broken digit is broken early, too: the first column's zero opens in the third
# row, and no later step closes it.
#
# ## 7 · How good is it?
#
# A thousand samples, a hundred of each class, beside real images, noise, and lesson 02's GAN, drawn and measured in the
# same way.

# %%
asked = np.arange(1000) % 10
images_of = recipes.Images("digits")
began = time.perf_counter()
samples = data.to_unit(model.generate(1000, steps=STEPS, seed=SEED))
seconds = {"this model": time.perf_counter() - began}
gan_model = recipes.load_checkpoint("02", "digits")
began = time.perf_counter()
gan_samples = data.to_unit(gan_model.generate(1000, seed=SEED))
seconds["lesson 02, DCGAN"] = time.perf_counter() - began
evaluator = metrics.load_evaluator("digits")
rows = {
    "this model": images_of.judge(samples, asked),
    "lesson 02, DCGAN": metrics.evaluate_images(gan_samples, real_images, evaluator),
    "held-out real": metrics.evaluate_images(real_images[:1000], real_images[1000:], evaluator),
    "noise": metrics.evaluate_images(rng.random((1000, 28, 28, 1), "float32"), real_images, evaluator),
}
measures = ("frechet", "precision", "recall", "coverage")
print(f"{'':20}" + "".join(f"{name:>11}" for name in (*measures, "seconds")))
for name, row in rows.items():
    drawing = f"{seconds[name]:11.2f}" if name in seconds else ""
    print(f"{name:20}" + "".join(f"{row[measure]:11.2f}" for measure in measures) + drawing)
print(f"class accuracy {rows['this model']['class_accuracy']:.2f}; sure of {rows['this model']['confident_share']:.2f}")
print(f"distance to the nearest training image {rows['this model']['nearest_train']:.2f}; fresh real digits: 1")

# %%
for measure in ("frechet", "precision", "recall"):
    value = rows["this model"][measure]
    print(results.compare("11", f"digits_{measure}", value, parameters=PARAMETERS, device=runtime.device_kind()))
for lesson, name in (("02", "DCGAN"), ("03", "VAE"), ("06", "conditional GAN")):
    claim = results.load_record(lesson).claim("digits_frechet")
    print(f"lesson {lesson}, {name}, the record: {claim.median:.2f} with {claim.n:,} samples")

# %% [markdown]
# The distance is that of the GANs or a little better, and far below the VAE's; precision, recall and coverage are near
# lesson 02's. It copies nothing. Two things are worse. **Seconds**: thirty calls of the network for one image, where a
# GAN needs one. And **obedience**: nearly nine in ten samples are what was asked for, where the GAN of lesson 06 had 99
# in 100. Section 8 gets there.
#
# What the eye notices before the numbers do is a faint grain on the background, a little noise that was never taken
# off:

# %%
for name, some in {"this model": samples, "lesson 02": gan_samples, "held-out real": real_images}.items():
    print(f"{name:14} {(some < 1 / 255).mean():.0%} of all pixels are as black as black can be")

# %% [markdown]
# Four in five pixels of a real digit are exactly black; of ours, about half, and most of the others are nearly. Wiping
# off the last hundredth is the hardest part of the work, and the loss hardly asks for it.
#
# ### Distance against steps, and against seconds

# %%
real_features = evaluator.features(real_images)
curves, notes = {"DDIM": [], "DDPM": []}, {"DDIM": [], "DDPM": []}
for steps in (3, 5, 10, 20, 30):
    for name, eta in (("DDIM", 0.0), ("DDPM", 1.0)):
        model.generate(250, steps=steps, eta=eta)  # once to warm up, so that the clock sees drawing alone
        began = time.perf_counter()
        drawn = model.generate(1000, steps=steps, eta=eta, seed=SEED)
        taken = time.perf_counter() - began
        distance = metrics.frechet_distance(evaluator.features(data.to_unit(drawn)), real_features)
        curves[name].append((taken, distance))
        notes[name].append(steps)
        print(f"{name} {steps:3} steps: distance {distance:5.2f}, {taken:5.2f} ms an image")

# %%
viz.trade_off(curves, x_label="seconds for 1,000 images (numbers: steps)", y_label="Fréchet distance", notes=notes)

# %% [markdown]
# The curve falls steeply and flattens: from ten steps on, doubling the seconds buys little. DDPM is below DDIM
# everywhere. That is not the usual finding: with large networks and few steps DDIM tends to win. Ours errs more in each
# step, and fresh noise covers up errors. (The first paper took a thousand steps. Nobody does today.)
#
# ## 8 · Guidance: obedience against variety
#
# The network can be asked twice about the same noisy image: what do you believe, knowing that it is a seven? and what,
# knowing nothing? The difference between the two answers is what the class says.
# **[Classifier-free guidance](../docs/GLOSSARY.md#classifier-free-guidance)** (Ho and Salimans, 2022) goes further in
# that direction than the network would:
#
# $$\text{answer} = \text{untold} + g\,(\text{told} - \text{untold})$$
#
# $g = 0$ forgets the class, 1 is what we had, and beyond 1 the class is exaggerated. By hand on one noisy image:

# %%
some = np.asarray(diffusion.mix(held_out[:1], eps[None], model.rates_at(0.8)))
label = digits.test_labels[:1].astype("int32")
told, untold = (model.call([some, np.float32([0.8]), np.array([known])]) for known in (label[0], model.classes))
by_hand = untold + 1.6 * (told - untold)
package, _ = model.denoise(some, 0.8, labels=label, guidance=1.6)
if PREDICT == "image":
    np.testing.assert_allclose(package, np.clip(by_hand, -1, 1), atol=1e-4)
print(f"believing in a {label[0]} moves a pixel by {np.abs(told - untold).mean():.3f} on average")

# %% [markdown]
# **Predict first.** What will $g = 4$ do to the many ways of writing a three? And what will the three rows show with
# $g = 0$?

# %%
same = np.tile(latents[:6], (3, 1, 1, 1))  # three classes, the same starts; by DDIM: nothing else differs
classes = np.repeat([3, 5, 8], 6)
grids = {
    f"guidance {g:g}": data.to_unit(model.generate(18, latents=same, labels=classes, eta=0.0, guidance=g, steps=STEPS))
    for g in (0, 1, GUIDANCE, 4)
}
picture = viz.compare_grids(grids, columns=6, scale=1.0)
picture.colours = 4
picture

# %% [markdown]
# Rows: threes, fives, eights; columns: the same starts. With 0 the class is forgotten, and the three rows are one row,
# three times. With 1 most are what they should be, and torn ones remain. With 1.6 fewer are torn. With 4 each
# class has about one face left, drawn with a thick pen. The numbers, for a thousand samples of DDPM:

# %%
table = {1.0: rows["this model"]}
for g in (0.0, GUIDANCE, 3.0):
    drawn = data.to_unit(model.generate(1000, steps=STEPS, seed=SEED, guidance=g))
    table[g] = metrics.evaluate_images(drawn, real_images, evaluator, labels=asked)
measures = ("class_accuracy", "frechet", "precision", "recall", "coverage")
print("guidance" + "".join(f"{name:>16}" for name in measures))
for g in sorted(table):
    print(f"{g:8.1f}" + "".join(f"{table[g][measure]:16.2f}" for measure in measures))

# %%
value = table[GUIDANCE]["class_accuracy"]
print(results.compare("11", "digits_guided_class_accuracy", value, parameters=PARAMETERS, device=runtime.device_kind()))

# %% [markdown]
# One knob, set after training, moves the model along the whole range. From 0 to 1.6 precision rises and recall falls.
# With 1.6 about 99 in 100 samples are what was asked for, as in lesson 06, at a distance that is a little larger than
# without. With 3 precision does not rise any more, recall has nearly gone, and the distance is three times as large:
# ten pictures, many times each. Text-to-image models are mostly shown with strong guidance. That is why their pictures
# look so good, one by one, and so alike side by side. What guidance costs is time: the network is asked twice.
#
# ## 9 · What it was not trained for
#
# ### Filling holes
#
# Half of an image is known. Walk from noise as always; but in each step put the known pixels in the place of what is
# *believed* of them, and let the network believe the rest. `inpaint` does that, here four times from different noise.
# Each step is repeated a few times, with noise in between, so that old and new parts grow together (Lugmayr and others,
# *RePaint*, 2022).

# %%
pick = [int(np.flatnonzero(digits.test_labels == digit)[4]) for digit in (0, 2, 3, 4, 5, 7, 8, 9)]
known = np.ones((28, 28, 1), "float32")
known[14:] = 0
fillings = [model.inpaint(held_out[pick], known, steps=STEPS, repeats=4, seed=seed) for seed in range(4)]
half = np.where(known == 1, held_out[pick], 0)
picture = viz.image_grid(data.to_unit(np.concatenate([half, *fillings, held_out[pick]])), columns=8)
picture.colours = 6
picture

# %% [markdown]
# Top: what was given, grey where nothing is known. Bottom: the true image. Between them, four proposals, without
# telling the class. They differ, and they should: the upper half of a three may be that of a seven. Strokes are mostly
# carried on where they were cut. Some proposals are no digit at all. Lesson 07's network gives *one* answer, the mean
# of all candidates, and is blurred where they differ; this one draws candidates.
#
# ### Back to the noise, and a surprise
#
# DDIM has no dice. So one can walk its path the other way: from an image to the noise that it would be drawn from. That
# is called **[inversion](../docs/GLOSSARY.md#inversion)**. The path back then leads to the image again.
#
# **Predict first.** What mean and standard deviation should that noise have?

# %%
there = model.invert(held_out[pick], steps=50)
back = model.generate(len(pick), latents=there, guidance=0.0, steps=50, eta=0.0)


def miss(images):
    return 10 * np.log10(4 / np.mean((images - held_out[pick]) ** 2))  # PSNR in decibels: pixels span 2


print(f"noise: mean {there.mean():.2f}, standard deviation {there.std():.2f}; and back: {miss(back):.1f} dB")

# %% [markdown]
# The images come back well (the decibels are those of lesson 07). But what was found on the way is no noise: a standard
# deviation of 1 was to be expected, and it is many times that. Here is why. At time 0 the noise rate is 0.01. The
# network believes in a slightly smoother image than the real one; the small difference must then be noise, and is
# divided by 0.01. Nothing that it saw in training looked so.
#
# The remedy is an old trick from the kitchen: stir first. Add a *little* true noise, that of time 0.15, and walk on
# from there.

# %%
T_STIR = 0.15
labels = digits.test_labels[pick].astype("int32")
eps = rng.normal(size=(len(pick), 28, 28, 1)).astype("float32")
stirred = np.asarray(diffusion.mix(held_out[pick], eps, model.rates_at(T_STIR)))
found = walk(model, stirred, np.linspace(T_STIR, 1, 40), labels)
again = model.generate(len(pick), latents=found, labels=labels, steps=40, eta=0.0)
print(f"noise: mean {found.mean():.2f}, standard deviation {found.std():.2f}; and back: {miss(again):.1f} dB")

# %%
others = (labels + 1) % 10  # the same noise, asked for the next class
changed = model.generate(len(pick), latents=found, labels=others, steps=40, eta=0.0)
rows_shown = [real_images[pick], look(there), look(found), data.to_unit(again), data.to_unit(changed)]
picture = viz.image_grid(np.concatenate(rows_shown), columns=8, scale=1.0)
picture.colours = 6
picture

# %% [markdown]
# From the top: held-out digits; what inversion finds without stirring, in which the digit is still written; what it
# finds after stirring, which looks like plain noise; the images that this noise leads to, near the first row; and the
# same noise, *asked for the next class*. The three becomes a four, the four a five, the nine a zero, and place, size
# and pen are much the same; the two and the seven become nothing. The noise holds the hand, as the latents of lesson 06
# did, but not in a way that anybody trained for.
#
# ### Between two images
#
# As in lessons 01 and 03, an arc between two latents. Here they are the noises of two held-out digits, and the class is
# left out. Below each, the plain blend of pixels.


# %%
def between(first, second, count=10):
    pair = np.stack([stirred[first], stirred[second]])
    ends = walk(model, pair, np.linspace(T_STIR, 1, 40))
    arc = sampling.slerp(ends[0].ravel(), ends[1].ravel(), count).reshape(count, 28, 28, 1)
    drawn = data.to_unit(model.generate(count, latents=arc, guidance=0.0, steps=40, eta=0.0))
    shares = np.linspace(0, 1, count)[:, None, None, None]
    blend = (1 - shares) * real_images[pick[first]] + shares * real_images[pick[second]]
    return np.concatenate([drawn, blend.astype("float32")])


picture = viz.image_grid(np.concatenate([between(2, 0), between(3, 7)]), columns=10, scale=1.0)
picture.colours = 6
picture

# %% [markdown]
# Above, whole strokes on the way: one shape turns into the next, and most of what lies between could be a digit of
# somebody's hand. Below, a double exposure. Unlike the VAE's walk, nothing here is blurred; unlike the GAN's, its ends
# are real images.
#
# ## 10 · Other choices, and clothes (recorded)
#
# The rows were trained like the lesson's own with one thing changed: medians over several seeds, on 5,000 samples (the
# last column, with guidance, on 1,000). Compare them with each other and with lesson 02's, measured in the same way;
# with five times as many samples distances come out a little lower, recall lower and coverage higher than in section 7.

# %%
shown = ("frechet", "precision", "recall", "coverage", "class_accuracy", "guided_class_accuracy")
print(f"{'':36}" + "".join(f"{name.replace('_accuracy', ''):>14}" for name in shown))
rows_of_02 = [row | {"variant": "lesson 02, DCGAN"} for row in results.load_record("02").table("digits")[:1]]
for row in record.table("digits") + rows_of_02:
    print(f"{row['variant']:36}" + "".join(f"{row[measure]:14.2f}" for measure in shown if measure in row))

# %% [markdown]
# - **What is asked for** matters most. With velocity the distance is more than twice as large, and recall about half.
#   Asked for the noise, this network hardly obeys: its class accuracy is near chance. The class of a digit is decided
#   while nearly all is noise, and there, says the table of section 3, a small miss of the noise is a large one of the
#   image.
# - **The linear schedule** costs recall: too many of its steps ask about pure noise.
# - **Without the running average** nothing changes. The learning rate sinks to zero, so the last weights are calm by
#   themselves. It is a habit of models that train for weeks, and ours could do without.
# - Beside **lesson 02** the distance is about the same, and recall is higher: of all hands a few more are drawn.
#
# The same recipe on 10,000 pictures of clothes, with 18 passes for as many steps, from recorded weights and with
# guidance; four of each class, in order, two classes a row:

# %%
wardrobe = recipes.load_checkpoint("11", "fashion")
clothes = wardrobe.generate(40, labels=np.repeat(np.arange(10), 4), guidance=GUIDANCE, steps=STEPS, seed=SEED)
picture = viz.image_grid(data.to_unit(clothes), columns=8, scale=1.2)
picture.colours = 8
picture

# %%
(row,) = record.table("fashion")
for name in ("frechet", "precision", "recall", "class_accuracy", "guided_frechet", "guided_class_accuracy"):
    low, high = row["ranges"][name]
    print(f"{name:24} {row[name]:.2f}   ({row['seeds']} seeds: {low:.2f} to {high:.2f})")
for lesson, name in (("02", "DCGAN, no classes"), ("06", "conditional GAN")):
    print(f"lesson {lesson}, {name}: frechet {results.load_record(lesson).table('fashion')[0]['frechet']:.2f}")

# %% [markdown]
# One can tell what each is, and one can tell that something is wrong: plain cloth is blotched, in little squares, and
# sandals fall apart. The blotches are the blocks of 4×4 pixels that became channels. A digit is black or white, and
# hides them; grey cloth shows them. The distance is that of lesson 02, which also had a hard time here, and two to
# three times that of the conditional GAN. With guidance distance *and* class accuracy are better: so much is torn
# without it that obedience brings more than it costs. The recipe was looked for on digits only. On clothes, the
# conditional GAN is far ahead.
#
# ## 11 · What this cannot do
#
# - **Be quick.** A GAN draws an image in one call. Thirty calls are few for diffusion, and still thirty times as many.
#   There are ways to distil many steps into few; they need a second training.
# - **Say how likely an image is**, as it stands. (Its loss is a bound on that with other weights, and DDIM's path can
#   be integrated; both are beyond this lesson. Lesson 08 has an exact likelihood.)
# - **Leave no trace.** A grain stays on the background (section 7): the last steps are the hardest for our network.
# - **Train like the large ones.** Image generators at work are this, on the codes of an autoencoder (lesson 12 makes
#   such codes), with text in the place of the class, and with a million times the computing.
#
# ## 12 · Exercises
#
# Each check tells you in a sentence why an answer is right or not yet. `hint("11.2")` helps in stages. Worked
# solutions: [solutions/11_diffusion.ipynb](solutions/11_diffusion.ipynb).
#
# First a few short questions. Choose an answer, and read why it is right or not.

# %%
from gencourse.exercises import check, hint, progress, quiz

quiz("11")

# %% [markdown]
# **11.1 One pixel.** The signal rate is 0.8 and the noise rate 0.6. A pixel of the image is 0.5 and its noise is $-1$.
# What is the noisy pixel? What velocity should a network answer? And if a network that is asked for the *noise* answers
# $-0.8$, which image pixel does it believe in?

# %%
noisy_pixel = ...
velocity = ...
believed_pixel = ...
check("11.1", (noisy_pixel, velocity, believed_pixel))

# %% [markdown]
# **11.2 A schedule that listens to its neighbours.** This should be the schedule of the first paper, with a thousand
# strides, for any times in $[0, 1]$ in any order. It has been copied from listing to listing. Mend it.


# %%
def linear_rates(times):
    # times: numbers in [0, 1], shape (B,) -> signal rates (B,) and noise rates (B,)
    betas = 1e-4 + np.asarray(times) * (0.02 - 1e-4)  # variance that stride number 1000 · time replaces
    signal_squared = np.cumprod(1 - betas)
    return np.sqrt(signal_squared), np.sqrt(1 - signal_squared)


check("11.2", linear_rates)

# %% [markdown]
# **11.3 One step of DDIM.** The network was asked for the noise. Two bugs.


# %%
def ddim_step(noisy, predicted_noise, signal_now, noise_now, signal_after, noise_after):
    # noisy, predicted_noise: (B, ...); the rates are numbers -> the mixture at the rates `after`, (B, ...)
    image = noisy - noise_now * predicted_noise
    return signal_after * image + noise_now * predicted_noise


check("11.3", ddim_step)

# %% [markdown]
# **11.4 Guidance, twice wrong.** `network(noisy, times, labels)` answers for labels from 0 to K, and K stands for "no
# class", with K = `classes`. Guidance should be as in section 8: 0 forgets the class, 1 is the plain answer, more
# exaggerates it.


# %%
def guided_answer(network, noisy, times, labels, classes, guidance):
    # noisy: (B, ...), times and labels: (B,) -> answers (B, ...)
    told = network(noisy, times, labels)
    untold = network(noisy, times, np.zeros_like(labels))
    return told + guidance * (untold - told)


check("11.4", guided_answer)

# %% [markdown]
# **11.5 Four ways to ask.** Four thousand samples of one model of this lesson's kind, drawn in 30 steps, a thousand in
# each of four ways: DDIM without guidance, DDPM without guidance, DDPM with guidance 3, and DDPM with guidance 0. The
# last column: when all is drawn again from the same start with another `seed`, how much does a pixel change? Which row
# is which?
#
# | row | class accuracy | Fréchet | precision | recall | change of a pixel |
# |---|---|---|---|---|---|
# | A | 0.10 | 5.8 | 0.55 | 0.77 | 0.14 |
# | B | 0.88 | 2.0 | 0.75 | 0.70 | 0.12 |
# | C | 1.00 | 6.3 | 0.77 | 0.16 | 0.11 |
# | D | 0.86 | 2.5 | 0.63 | 0.79 | 0.00 |

# %%
ddim = ...  # one of the letters "A", "B", "C" and "D"
ddpm = ...
strong = ...  # DDPM with guidance 3
forgetful = ...  # DDPM with guidance 0
check("11.5", (ddim, ddpm, strong, forgetful))

# %%
print(hint("11.1"))
progress()

# %% [markdown]
# ## What to read next
#
# - Ho, Jain and Abbeel, *Denoising Diffusion Probabilistic Models*, 2020: the paper that made it work; its algorithms 1
#   and 2 are sections 3 and 4.
# - Song, Meng and Ermon, *Denoising Diffusion Implicit Models*, 2021: without dice; also inversion and interpolation.
# - Song et al., *Score-Based Generative Modeling through Stochastic Differential Equations*, 2021: the reverse field,
#   and why it works.
# - Salimans and Ho, *Progressive Distillation for Fast Sampling of Diffusion Models*, 2022: velocity, and fewer steps;
#   and Ho and Salimans, *Classifier-Free Diffusion Guidance*, 2022, for section 8.
# - Lin et al., *Common Diffusion Noise Schedules and Sample Steps are Flawed*, 2023: section 5, at full size.
# - **Lesson 12** makes discrete codes and learns what is written in them. **Lesson 15** puts all models in one table.
