# ---
# jupyter:
#   gencourse: {recipes: [gan-ring]}
#   jupytext: {text_representation: {extension: .py, format_name: percent}}
#   kernelspec: {display_name: Python 3, language: python, name: python3}
# ---

# %% [markdown]
# # 00 · Start: three machines that draw
#
# [![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)](https://colab.research.google.com/github/gencourse/gencourse/blob/main/notebooks/00_start.ipynb)
#
# **The idea in one sentence:** a generative model looks at things that exist and draws new ones that could have
# existed.
#
# After this lesson you will be able to
#
# - say what *sampling*, *density* and *likelihood* mean, because you will have built each of them in a few lines;
# - train three generative models on the same points: a histogram, a mixture of Gaussians, and a small GAN;
# - tell a good model from a bad one with a picture and four numbers, and say where those numbers can fool you;
# - find your way around this course.
#
# Reading takes about 40 minutes, the exercises as long again. The code runs in less than a minute on two CPU cores.
# You need some Python and NumPy, and the mathematics of school.

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
# The next cell holds the numbers that are yours to turn. Every lesson has such a cell near its top. Run the lesson
# once as it is; then change a line and run everything again.

# %% tags=["parameters"]
SEED = 0  # where chance begins: the same seed gives the same numbers, another seed should tell the same story
SAMPLES = 5_000  # points that every model draws to be judged by
BINS = 72  # cells of the histogram along each axis
COMPONENTS = 8  # Gaussians in the mixture: we cheat a little, since we know that eight is right
EM_STEPS = 20  # rounds of fitting the mixture
RING_EPOCHS = 26  # passes of the GAN over its 20,000 points

# %% [markdown]
# ## Is this machine ready?
#
# The line under the first cell named your versions of TensorFlow and Keras and your processor. One more test: a real
# training step of a network with a few dozen weights.

# %%
import time

import keras
import numpy as np

network = keras.Sequential([keras.Input((2,)), keras.layers.Dense(16, "relu"), keras.layers.Dense(1)])
network.compile(optimizer="adam", loss="mse")
for step in ("first", "second"):
    began = time.perf_counter()
    network.train_on_batch(np.ones((64, 2)), np.ones((64, 1)))
    print(f"{step} training step: {time.perf_counter() - began:.3f} s")

# %% [markdown]
# The first step is slow because TensorFlow first turns the Python of one step into a graph of operations; every later
# step runs that graph. Two lines and no error: this machine can take the course. (If something went wrong,
# `python3 start.py doctor` in a terminal checks more and says what to do.)
#
# ## What is a generative model?
#
# A classifier looks at a photo and answers "a cat". A generative model is asked for *another cat*, one that nobody
# has photographed. For that it has to know what cats look like, and also how *often* each kind of cat turns up: all
# of them, in the right proportions.
#
# The mathematics calls this a **[distribution](../docs/GLOSSARY.md#distribution)**: the rule that says how likely each
# possible thing is. We never see the rule, only things drawn from it. A
# **[generative model](../docs/GLOSSARY.md#generative-model)** is our own rule, fitted to those things, from which we
# can draw new ones.
#
# Cats live in millions of dimensions, one for each pixel and colour. We start in two, where everything can be seen.

# %%
from gencourse import data, viz

ring = data.ring()
training_points = ring.sample(20_000, seed=0)  # (20000, 2): what the models may look at
held_out_points = ring.sample(20_000, seed=1)  # (20000, 2): drawn from the same rule, kept for judging them
print(ring, training_points.shape)
viz.scatter(training_points, limits=2.8, title="The data")

# %% [markdown]
# Eight small clouds on a circle of radius 2. We know the rule behind this picture, because we made it: pick one of
# eight centres, all equally likely, then step away from it at random, by a bell curve of
# **[standard deviation](../docs/GLOSSARY.md#standard-deviation)** 0.1 (the usual size of a step). Each cloud is a
# **[mode](../docs/GLOSSARY.md#mode)**, a place where data piles up. Modes stand for kinds of things: the ten digits,
# breeds of cats, topics of a text.
#
# A model will see the points, never the rule. And since *we* know the rule, we can say exactly how good a model is.
# With photos nobody can, which is why this toy is worth half an hour.
#
# ## Sampling: draw a new point
#
# **[Sampling](../docs/GLOSSARY.md#sampling)** means drawing from a distribution. For the ring it takes two dice: which
# mode, and where around it.

# %%
rng = np.random.default_rng(SEED)


def sample_ring(n, rng):
    centres = ring.means[rng.integers(ring.modes, size=n)]  # (n, 2): a fair die with eight sides
    return centres + ring.std * rng.normal(size=(n, 2))  # a small step, fresh for each point and axis


print(sample_ring(2, rng).round(2))
viz.scatter({"drawn by our two lines": sample_ring(2000, rng), "the data": training_points}, limits=2.8)

# %% [markdown]
# Two different sets of points, one distribution: that is what every generative model is after. Not the *same* points
# (a photocopier could do that), but new ones that are as likely.
#
# ## Density: how likely is this place?
#
# The **[density](../docs/GLOSSARY.md#density)** $p(x)$ says how crowded the distribution is at the place $x$. One
# Gaussian with its centre at $\mu_k$ and standard deviation $\sigma$ is a bell over the plane, and the ring is the
# average of $K = 8$ bells:
#
# $$p(x) = \frac{1}{K} \sum_{k=1}^{K} \frac{1}{2 \pi \sigma^2} \exp\!\left(-\frac{|x - \mu_k|^2}{2 \sigma^2}\right)$$
#
# $|x - \mu_k|$ is the distance from $x$ to the centre. The factor in front of $\exp$ makes the volume under each bell
# equal to one.
#
# **Predict first.** A probability is never larger than 1. Can the density be, at the centre of a mode?


# %% tags=["nbval-check-output"]
def ring_density(points):
    squares = ((points[:, None] - ring.means) ** 2).sum(axis=-1)  # (n, 1, 2) - (8, 2) -> (n, 8, 2) -> (n, 8)
    bells = np.exp(-squares / (2 * ring.std**2)) / (2 * np.pi * ring.std**2)  # (n, 8)
    return bells.mean(axis=1)  # (n, 8) -> (n,)


two_places = np.array([[2.0, 0.0], [0.0, 0.0]])  # the centre of a mode, and the middle of the ring
for place, density in zip(two_places, ring_density(two_places), strict=True):
    print(f"density at {place}: {density:.3g}")

# %% [markdown]
# It can: at the centre of a mode the density is about 2. In the middle of the ring it is zero, for all practical purposes.
#
# Is 2 not too much? It is tempting to say so, since a probability never exceeds 1. But a density is probability *per
# area*, and a mode is a small area. Only the whole has to be 1. Cut the plane into little squares, add up density times area, and see:

# %%
ticks = np.linspace(-3, 3, 601)  # squares with sides of 0.01
squares_of_plane = np.stack(np.meshgrid(ticks, ticks), axis=-1).reshape(-1, 2)  # (361201, 2)
print(f"whole probability: {ring_density(squares_of_plane).sum() * 0.01**2:.4f}")

# The package has the same density, as a logarithm: equal for every point of the data.
np.testing.assert_allclose(np.log(ring_density(training_points)), ring.log_density(training_points), rtol=1e-6)
viz.density(ring_density, limits=2.8, title="Density of the ring")

# %% [markdown]
# Bright means crowded. Compare this with the scatter plot: samples fall where the density is high, and the density is
# high where samples fall. Sampling and density are two views of one distribution. Yet a model may offer one of them
# and not the other, as we shall see.
#
# ## Likelihood: how well does a model expect the data?
#
# Suppose somebody hands you a model's density $q$. Is it good? Ask how crowded the model thinks it is at places where
# data really fell. The **[log-likelihood](../docs/GLOSSARY.md#log-likelihood)** is the average of that over $N$ points
# $x_1, \dots, x_N$:
#
# $$\frac{1}{N} \sum_{i=1}^{N} \log q(x_i)$$
#
# The logarithm turns a product of many tiny numbers, which no computer can hold, into a sum. It is counted in
# **[nats](../docs/GLOSSARY.md#nats)**, the unit of the natural logarithm, and larger is better. The points are
# **[held out](../docs/GLOSSARY.md#held-out)**: the model has not been fitted to them, so that knowing its own examples
# by heart does not help.

# %% tags=["nbval-check-output"]
true_log_likelihood = ring.log_density(held_out_points).mean()
flat_log_likelihood = -np.log(6 * 6)  # the same density everywhere in a square with sides of 6
print(f"the true density: {true_log_likelihood:.2f} nats a point")
print(f"a flat density:   {flat_log_likelihood:.2f} nats a point")

# %% [markdown]
# A model that expects points anywhere in the square gets about −3.6. The true density gets about −0.3, and no model
# can beat that, except by luck on a finite sample. The difference between the two has a name, the
# **[Kullback–Leibler divergence](../docs/GLOSSARY.md#kullback-leibler-divergence)** from the data's $p$ to the model's
# $q$:
#
# $$\mathrm{KL}(p \,\|\, q) = \text{average of } \log p(x) - \log q(x) \text{ over points } x \text{ drawn from } p$$
#
# It is zero for a perfect model and positive for any other. You will meet it in nearly every lesson.
#
# ## Where generative models came from
#
# Drawing new things by rule is much older than deep learning. The numbers in brackets are lessons of this course,
# where you build that idea yourself.

# %%
MILESTONES = [
    (1894, "Pearson explains crab measurements by a mixture of two bell curves (00)"),
    (1913, "Markov counts vowels and consonants in Eugene Onegin: what follows what? (04)"),
    (1948, "Shannon prints sentences drawn from letter and word statistics (04)"),
    (1977, "Dempster, Laird and Rubin: expectation–maximisation, or EM (00)"),
    (1985, "Ackley, Hinton and Sejnowski: Boltzmann machines settle into samples"),
    (2003, "Bengio and others: a neural network predicts the next word (04)"),
    (2006, "Hinton, Osindero and Teh: deep belief networks draw handwritten digits"),
    (2011, "Larochelle and Murray: autoregressive networks, variable by variable (08)"),
    (2013, "Kingma and Welling: variational autoencoders, VAE (03)"),
    (2014, "Goodfellow and others: generative adversarial networks, GAN (01, 02, 05, 06)"),
    (2015, "Sohl-Dickstein and others: diffusion, a model that undoes noise (11)"),
    (2016, "van den Oord and others: PixelRNN, WaveNet, one pixel or tick at a time (08)"),
    (2017, "Vaswani and others: the transformer, attention instead of recurrence (09, 10)"),
    (2018, "Radford and others: GPT, a transformer that predicts the next word piece (09)"),
    (2020, "Ho, Jain and Abbeel: denoising diffusion draws images as well as GANs do (11)"),
    (2022, "Stable Diffusion and ChatGPT: generative models reach the public"),
]
viz.timeline(MILESTONES, title="Where generative models came from")

# %% [markdown]
# Two ways of thinking run through this list. One writes down a *density*, exactly or nearly, and fits it to data:
# mixtures, Boltzmann machines, VAEs, and everything that predicts the next letter. The other only learns to *draw*;
# GANs are its purest case. The rows are evenly spaced, the years are not: half of the list is younger than 2012.
#
# ## The road from data to evaluation
#
# Whatever the model, the work goes along the same road. Every lesson follows it, and so does this one.

# %%
STATIONS = [
    ("Data", "collect, clean, keep some held out"),
    ("Model", "a family: histogram, mixture, GAN, ..."),
    ("Loss", "what “better” means, as one number"),
    ("Train", "small steps, within a budget of time"),
    ("Sample", "draw new things"),
    ("Look", "beside real data and beside noise"),
    ("Measure", "with a floor and a baseline"),
    ("Explain", "what works, what does not, for whom"),
]
viz.road(STATIONS, back="not good enough? change one thing and go round again", title="The road of every lesson")

# %% [markdown]
# The last three stations are the ones that people skip. So before we build a single model, we build the measures.
#
# ## Four numbers to judge a model by
#
# - **[Modes covered](../docs/GLOSSARY.md#mode-coverage)**, of 8: a mode counts when it gets at least a quarter of its
#   fair share of points.
# - **Within 3σ**: the share of points within three standard deviations of a centre. Does each sample look right?
# - **[Total variation](../docs/GLOSSARY.md#total-variation)**: lay a chessboard of 24 × 24 cells over the plane, and
#   ask what share of the points would have to move to another cell before the model's counts equal the data's. 0 is
#   perfect, 1 means nothing in common.
# - **Log-likelihood** on held-out points, where the model has a density; and its gap to the truth, which estimates
#   the divergence KL from above.


# %%
def cell_shares(points, cells=24, limit=3.0):
    counts, _, _ = np.histogram2d(*points.T, bins=cells, range=[(-limit, limit)] * 2)  # (24, 24)
    shares = counts.ravel() / len(points)
    return np.append(shares, 1 - shares.sum())  # (577,): one for each cell, and one for all that lies outside


def total_variation(points, others):
    return 0.5 * np.abs(cell_shares(points) - cell_shares(others)).sum()


far_away = training_points + np.array([10.0, 0.0])
print(total_variation(training_points, training_points), round(total_variation(training_points, far_away), 6))

# %% [markdown]
# The same points give 0, nothing in common gives 1, as it should be. Now all four numbers in one function, and a
# table.
#
# No number means much alone. It wants a **[floor](../docs/GLOSSARY.md#floor)**, the score of something perfect, and a
# **[baseline](../docs/GLOSSARY.md#baseline)**, the score of something silly. The floor is the true ring itself, sampled
# afresh; the baseline is noise, spread evenly over a square.

# %%
from gencourse import metrics

scores = {}


def measure(name, points, log_density=None):
    coverage = metrics.mode_coverage(points, ring.means, std=ring.std)
    log_likelihood = log_density(held_out_points).mean() if log_density else np.nan
    scores[name] = (coverage["modes_covered"], coverage["share_within"], total_variation(points, held_out_points))
    scores[name] += (log_likelihood, true_log_likelihood - log_likelihood)


def show_scores():
    print(f"{'':24}  modes  within 3σ  total variation  log-likelihood  gap")
    for name, (modes, within, variation, likelihood, gap) in scores.items():
        density = f"{likelihood:14.2f}  {gap:4.2f}" if np.isfinite(likelihood) else f"{'–':>14}  {'–':>4}"
        print(f"{name:24}  {modes:5}  {within:9.1%}  {variation:15.3f}  {density}")


def flat_log_density(points):
    return np.full(len(points), flat_log_likelihood)


noise_points = rng.uniform(-3, 3, size=(SAMPLES, 2))
measure("true ring (floor)", ring.sample(SAMPLES, seed=2), ring.log_density)
measure("even noise (baseline)", noise_points, flat_log_density)
show_scores()

# %% [markdown]
# Three things to notice. Even true samples lie within three standard deviations only about 99 times in 100: that is
# how bells are. Even true samples have a total variation above zero, since 5,000 points never fall into the cells
# exactly as 20,000 others do: this is the floor, and a model with a score near it cannot be told from the truth by
# it. And noise covers no mode, although some of its points fall into each: a few strays do not count.
#
# ## Model 1: a histogram
#
# The simplest generative model: cut the plane into cells and count. The share of points in a cell, divided by the
# cell's area, is the density there.


# %%
def fit_histogram(points, bins, limit=3.0):
    counts, _, _ = np.histogram2d(*points.T, bins=bins, range=[(-limit, limit)] * 2)
    return counts / counts.sum()  # (bins, bins): cells along x, cells along y


def histogram_density(shares, points, limit=3.0):
    width = 2 * limit / len(shares)
    cells = np.clip(np.floor((points + limit) / width).astype(int), 0, len(shares) - 1)  # (n, 2)
    return shares[tuple(cells.T)] / width**2  # (n,)


shares = fit_histogram(training_points, BINS)
heights = shares.T / (6 / BINS) ** 2  # transposed: a picture's rows run along y
viz.density({"true density": ring_density, "histogram": heights}, limits=3.0, shared=True, size=2.6)

# %% [markdown]
# The histogram has found all eight modes, drawn with a coarse brush. But its log-likelihood has a nasty surprise for
# us. Some held-out points fall into cells that were empty: the model calls them *impossible*, and
# $\log 0 = -\infty$. One impossible point spoils the average of twenty thousand. Likelihood does not forgive a model
# that rules out what can happen.
#
# The cure is modesty. We add one imaginary point, cut into equal crumbs, one for each cell:


# %%
in_empty_cells = (histogram_density(shares, held_out_points) == 0).mean()
print(f"held-out points that fell into an empty cell: {in_empty_cells:.2%}")


def with_crumbs(shares, points_seen=20_000):
    return (points_seen * shares + 1 / shares.size) / (points_seen + 1)


def histogram_log_density(points, bins=BINS):
    return np.log(histogram_density(with_crumbs(fit_histogram(training_points, bins)), points))


print(f"{histogram_log_density(held_out_points).mean():.2f} nats a point; the truth gets {true_log_likelihood:.2f}")

# %% [markdown]
# How many bins are right? Try a few, and look at the training points and at fresh ones (a third set, so that the
# held-out points stay unused for choices).
#
# **Predict first.** From 12 bins along each axis to 288: what will become of the log-likelihood on the training points,
# and of that on fresh points?

# %%
fresh_points = ring.sample(20_000, seed=3)
bin_choices = [12, 24, 36, 48, 72, 96, 144, 192, 288]
curves = {
    "on the training points": [histogram_log_density(training_points, bins).mean() for bins in bin_choices],
    "on fresh points": [histogram_log_density(fresh_points, bins).mean() for bins in bin_choices],
}
viz.loss_curves(curves, x=bin_choices, x_label="bins along each axis", y_label="log-likelihood (nats)")

# %% [markdown]
# Few bins blur the modes, and both curves are low. With more bins the training curve climbs and climbs, above even
# what the true density can reach, while the curve of fresh points turns and falls: cells too small to hold a point
# of their own only remember where the training points were. This is **[overfitting](../docs/GLOSSARY.md#overfitting)**,
# in the simplest model there is. The fresh curve is highest around 72 bins, so that is what the parameters cell says.
#
# Sampling from a histogram needs two dice again: which cell, and where in it.


# %%
def sample_histogram(shares, n, rng, limit=3.0):
    width = 2 * limit / len(shares)
    chosen = rng.choice(shares.size, size=n, p=shares.ravel())  # (n,): number of the cell
    corners = np.stack(np.unravel_index(chosen, shares.shape), axis=1)  # (n,) -> (n, 2): column and row
    return -limit + width * (corners + rng.random((n, 2)))


histogram_points = sample_histogram(with_crumbs(shares), SAMPLES, rng)
measure("histogram", histogram_points, histogram_log_density)
show_scores()

# %% [markdown]
# Nearly as good as the truth! Why does anyone need more? Count the cells: 72 along each of two axes make about five
# thousand. A tiny grey image of 28 × 28 pixels has 784 axes; even with two cells along each there would be $2^{784}$
# of them, a number with 237 digits. All would be empty but a few. A model for images has to *share* what it learns
# between places. The next two do, each in its own way.
#
# ## Model 2: a mixture of Gaussians, fitted by EM
#
# Guess the form of the rule: the density is a weighted sum of $K$ bells. What we do not know are their weights $w_k$,
# centres $\mu_k$ and widths $\sigma_k$. If we knew which point came from which bell, they would be easy: average the
# points of each. If we knew the bells, it would be easy to say which point came from which. We know neither.
#
# **[Expectation–maximisation (EM)](../docs/GLOSSARY.md#expectation-maximisation)** takes turns. The *E step* shares
# each point out among the bells, by how crowded each bell is at that place. The *M step* moves each bell to the mean of
# its shares. Each round makes the likelihood of the training points larger, or leaves it. First the E step, and a try:
# three points between a bell at −1 and one at 1.


# %%
def log_bells(points, weights, means, stds):
    squares = ((points[:, None] - means) ** 2).sum(axis=-1)  # (n, 1, 2) - (K, 2) -> (n, K, 2) -> (n, K)
    return np.log(weights) - squares / (2 * stds**2) - np.log(2 * np.pi * stds**2)  # (n, K)


def share_out(points, weights, means, stds):  # the E step
    logs = log_bells(points, weights, means, stds)  # (n, K)
    log_density = np.logaddexp.reduce(logs, axis=1)  # (n,): the logarithm of the sum of bells
    return np.exp(logs - log_density[:, None]), log_density  # (n, K): each row sums to 1


three_points = np.array([[-1.0, 0.0], [0.0, 0.0], [0.5, 0.0]])
two_bells = np.array([0.5, 0.5]), np.array([[-1.0, 0.0], [1.0, 0.0]]), np.array([1.0, 1.0])
shared_out, _ = share_out(three_points, *two_bells)
print(shared_out.shape)
print(shared_out.round(2))

# %% [markdown]
# The point under the left bell belongs to it for the most part, the one halfway to both alike, the last one more to
# the right. Now a whole round: shares, then new weights, centres and widths.


# %%
def em_step(points, weights, means, stds):
    shared_out, log_density = share_out(points, weights, means, stds)  # E step: (n, K)
    counts = shared_out.sum(axis=0)  # (K,): how many points each bell has, in parts
    means = shared_out.T @ points / counts[:, None]  # M step: (K, n) @ (n, 2) -> (K, 2)
    squares = ((points[:, None] - means) ** 2).sum(axis=-1)  # (n, K)
    stds = np.sqrt((shared_out * squares).sum(axis=0) / (2 * counts))  # two axes share one width
    return (counts / len(points), means, stds), log_density.mean()


# %% [markdown]
# EM climbs to the *nearest* top, so it matters where it starts. We try two ways to choose the first centres among the
# data: at random, and **spread out**, where each next centre is the point farthest from those already chosen.


# %%
def random_start(points, rng):
    return points[rng.choice(len(points), COMPONENTS, replace=False)]


def spread_start(points, rng):
    means = points[rng.choice(len(points), 1)]
    while len(means) < COMPONENTS:
        distances = ((points[:, None] - means) ** 2).sum(axis=-1).min(axis=1)  # to the nearest centre so far
        means = np.append(means, points[[distances.argmax()]], axis=0)
    return means


def fit_mixture(points, means):
    mixtures = [(np.full(COMPONENTS, 1 / COMPONENTS), means, np.full(COMPONENTS, 1.0))]
    for _ in range(EM_STEPS):
        mixture, log_likelihood = em_step(points, *mixtures[-1])
        mixtures.append(mixture)
    return mixtures, log_likelihood


em_points = training_points[:5_000].astype("float64")  # a quarter of them is plenty for 31 numbers
random_mixtures, random_likelihood = fit_mixture(em_points, random_start(em_points, np.random.default_rng(1)))
spread_mixtures, spread_likelihood = fit_mixture(em_points, spread_start(em_points, np.random.default_rng(SEED)))
print(f"random start: {random_likelihood:.2f} nats · spread start: {spread_likelihood:.2f} nats (training points)")


# %%
def sample_mixture(n, weights, means, stds, rng):
    chosen = rng.choice(len(weights), size=n, p=weights)  # which bell
    return means[chosen] + stds[chosen, None] * rng.normal(size=(n, 2))  # where around its centre


panels = {}
for start, mixtures in (("spread", spread_mixtures), ("random", random_mixtures)):
    for step in (0, min(3, EM_STEPS), EM_STEPS):
        panels[f"{start} start, {step} rounds"] = sample_mixture(800, *mixtures[step], rng)
viz.scatter(panels, limits=2.8, means=ring.means, size=2.2)

# %% [markdown]
# Samples from both fits; the crosses mark the true centres. Both fits begin as a fog, since every bell starts with
# a width of 1. From the spread start, each bell finds a mode of its own. From this random start, two bells ended in
# the same mode, so that another one has to serve two modes alone (lower left): it stretches over both and fills the
# gap between them with points that should not be there. EM is stuck there; more rounds do not help, a better start
# does.

# %%
mixture_points = sample_mixture(SAMPLES, *spread_mixtures[-1], rng)
measure("mixture, spread start", mixture_points, lambda points: share_out(points, *spread_mixtures[-1])[1])
stuck_points = sample_mixture(SAMPLES, *random_mixtures[-1], rng)
measure("mixture, random start", stuck_points, lambda points: share_out(points, *random_mixtures[-1])[1])
show_scores()

# %% [markdown]
# With a good start the mixture is at the floor: its gap to the truth is almost nothing, with 31 numbers instead of
# five thousand. That is what a well-chosen form buys. But we *told* it that there are eight round bells. Nobody can
# say how many bells make a cat.
#
# ## Model 3: a small GAN
#
# A **[generative adversarial network](../docs/GLOSSARY.md#generative-adversarial-network)** (GAN) assumes nothing about
# bells. It has two neural networks. The *generator* takes a few random numbers and turns them into a point. The
# *discriminator* looks at a point and says whether it thinks that the point is real. They are trained against each
# other: the discriminator to tell real from generated, the generator to be taken for real. No density anywhere, only
# samples and a critic. Lesson 01 opens this box; here we only switch it on. A **[recipe](../docs/GLOSSARY.md#recipe)**
# in this course is a model with all its settings, and `gan-ring` is the recipe for this one.

# %%
from gencourse import callbacks, recipes

frames = callbacks.SampleFrames(n=1000, seed=SEED)  # watch: the same 1,000 random inputs after every epoch
run = recipes.train(
    recipes.get("gan-ring"),
    seed=SEED,
    changes={"epochs": RING_EPOCHS},
    more_callbacks=[frames, callbacks.Progress()],
)
print(f"{run.settings['steps']} training steps in {run.settings['seconds']:.1f} s")

# %%
import tempfile

pictures = [
    viz.scatter(points, limits=2.8, means=ring.means, title=f"GAN, epoch {epoch}")
    for epoch, points in viz.thin(list(zip(frames.epochs, frames.frames, strict=True)), limit=14)
]
with tempfile.TemporaryDirectory() as folder:
    animation = viz.show_gif(viz.save_gif(pictures, f"{folder}/ring.gif", fps=3, colours=8))
animation

# %% [markdown]
# Every point belongs to one fixed random input, so you watch each point travel. Before training all of them sit in a
# small heap in the middle. Within a few epochs the generator throws them out onto a circle; then it pulls them
# together at the modes, and the trails between grow thin. Now the final samples, with a dashed circle of three
# standard deviations around each centre, and their scores:

# %%
gan_points = recipes.sample(run, SAMPLES, seed=SEED)
measure("GAN", gan_points)
show_scores()
viz.scatter({"true ring": held_out_points, "GAN": gan_points}, limits=2.8, means=ring.means, std=ring.std)

# %% [markdown]
# All eight modes are there, and nearly all points fall inside the circles. Look between the modes: a thin trail of
# strays. The generator is one continuous function of its random input, so on the way from one mode to the next it
# must pass through the gap, and the inputs in between land there.
#
# But why is the total variation so far from the floor, when nearly every point is in a circle? Look again: the GAN's
# clouds are *too small*. How far is each point from its nearest centre?


# %%
def to_centre(points):
    return np.linalg.norm(points[:, None] - ring.means, axis=2).min(axis=1)  # (n, 8) -> (n,)


viz.histogram(
    {"true ring": to_centre(held_out_points), "GAN": to_centre(gan_points)},
    limits=(0, 0.5),
    x_label="distance to the nearest centre",
)

# %% [markdown]
# True points mostly lie about 0.1 from their centre; a bell in the plane has little room right at its centre. The
# GAN's points crowd much closer. The generator has found safe places, where the discriminator likes what it sees, and
# stays there. *Within 3σ* rewards this; *total variation* notices. Never trust one number.
#
# So the GAN comes last of our three, far better than noise and well short of the floor, and its last two columns are
# empty: it can draw, but it cannot say how likely a point is. That is an honest result. In two dimensions, counting
# wins. The next lesson puts digits, with 784 dimensions, before the same kind of network, and counting is out of the
# game.
#
# ### Is this run as good as it should be?
#
# Training depends on chance, so we trained this recipe from several seeds beforehand and kept the results in a
# **[record](../docs/GLOSSARY.md#record)**. Your run is compared with it:

# %%
from gencourse import results

gan_coverage = metrics.mode_coverage(gan_points[:1000], ring.means, std=ring.std)
how = {"parameters": run.settings["parameters"], "device": runtime.device_kind()}
print(results.compare("01", "ring_modes_covered", gan_coverage["modes_covered"], **how))
print(results.compare("01", "ring_share_within", gan_coverage["share_within"], **how))

# %% [markdown]
# ## Broken on purpose: one bell for eight modes
#
# What if the form is wrong? Fit a *single* Gaussian to the ring.
# **[Maximum likelihood](../docs/GLOSSARY.md#maximum-likelihood)**, the choice of the parameters under which the data is
# likeliest, has a simple answer for one Gaussian: take the data's own mean and its
# **[covariance](../docs/GLOSSARY.md#covariance)**, a table that says how far the points spread along each axis and how
# the axes go together.
#
# **Predict first.** Where will this Gaussian expect most points: on one mode, along the ring, or elsewhere?

# %%
mean, covariance = training_points.mean(axis=0), np.cov(training_points.T)
gaussian_points = rng.multivariate_normal(mean, covariance, size=SAMPLES)


def gaussian_log_density(points):
    offsets = points - mean
    squares = (offsets @ np.linalg.inv(covariance) * offsets).sum(axis=1)  # squared distance, in widths: (n,)
    return -0.5 * squares - np.log(2 * np.pi * np.sqrt(np.linalg.det(covariance)))


measure("one Gaussian", gaussian_points, gaussian_log_density)
print("mean", mean.round(1) + 0.0, "· standard deviations", np.sqrt(np.diag(covariance)).round(1))
viz.density(
    {"one Gaussian, with true points": lambda points: np.exp(gaussian_log_density(points))},
    limits=4.0,
    points=held_out_points[:500],
)

# %% [markdown]
# A disaster, and the *best* Gaussian there is. Its centre, where it expects most points, is the one place where
# there are none: it poured its mass over the hole. Why does maximum likelihood do that? Take round Gaussians in the
# middle of the ring, from narrow to wide, and ask each for its log-likelihood:

# %%
widths = np.linspace(0.4, 4.0, 37)
distances = (training_points**2).sum(axis=1).mean()  # mean squared distance from the middle
by_width = -distances / (2 * widths**2) - np.log(2 * np.pi * widths**2)
viz.loss_curves(
    {"one round Gaussian in the middle": by_width},
    x=widths,
    x_label="standard deviation",
    y_label="log-likelihood (nats)",
    events={widths[by_width.argmax()]: f"the best: {widths[by_width.argmax()]:.1f}"},
)

# %% [markdown]
# Too wide wastes a little: the curve falls gently to the right. Too narrow is punished hard: the data is then many
# standard deviations away, nearly impossible, and the curve drops off a cliff to the left. Being wrong by covering
# too much is cheap, being wrong by leaving data out is dear. So a model that cannot follow the data *covers* it,
# hole and all.
#
# There is another way to be wrong. Put the Gaussian on one mode, with the right width:


# %%
def collapsed_log_density(points):
    squares = ((points - ring.means[0]) ** 2).sum(axis=1)
    return -squares / (2 * ring.std**2) - np.log(2 * np.pi * ring.std**2)


collapsed_points = ring.means[0] + ring.std * rng.normal(size=(SAMPLES, 2))
measure("one mode only", collapsed_points, collapsed_log_density)
show_scores()

# %% [markdown]
# The last two rows are opposites. *One Gaussian* covers everything and gets almost no sample right. *One mode only*
# draws perfect samples, every one of them, and has forgotten seven eighths of the world; its log-likelihood is
# hundreds of nats below the truth.
#
# Keep these two in mind. Models trained by likelihood (lessons 03, 04, 08) tend to fail like the first: blurred, but
# complete. A GAN's critic sees one sample at a time and has nothing against the second: sharp, but forgetful. This is
# **[mode collapse](../docs/GLOSSARY.md#mode-collapse)**, and in lesson 01 you will cause it yourself.
#
# ## When a number fools you
#
# Two more traps, while we are at it. The first is a measure that is blind. The
# **[kernel distance](../docs/GLOSSARY.md#kernel-distance)**, popular for images, compares averages of products of up to
# three coordinates. Here it is for three of our models (0 is perfect):

# %%
for name, points in (("true ring", training_points), ("GAN", gan_points), ("one Gaussian", gaussian_points)):
    distance = metrics.kernel_distance(points[:SAMPLES], held_out_points[:SAMPLES])
    variation = total_variation(points[:SAMPLES], held_out_points)
    print(f"{name:13} kernel distance {distance:7.3f}, total variation {variation:.2f}")

# %% [markdown]
# By this number the single Gaussian is about as close to the ring as the ring itself! It has the ring's mean and
# spread, and this kernel sees little else. (For images it is not applied to pixels but to the features of a trained
# network, and does far better there.) The total variation and your eyes are not fooled.
#
# The second trap is a copier. Hand in the training points themselves as "samples".
#
# **Predict first.** Which of the numbers in the table will give the copier away?

# %%
copied_points = training_points[:SAMPLES]
measure("copied training points", copied_points)
show_scores()
for name, points in (("true ring", ring.sample(SAMPLES, seed=2)), ("GAN", gan_points), ("copy", copied_points)):
    nearest = metrics.nearest_neighbour_distances(points[:1000], training_points)
    print(f"{name:10} median distance to the nearest training point: {np.median(nearest):.4f}")

# %% [markdown]
# None of them: the copier scores like the floor, and has drawn nothing new. Only the last three lines give it away: its samples lie
# at distance zero from training points, while fresh true samples keep a small distance. (A copier has no useful
# density, either: all held-out points would be impossible.) Every lesson of this course that measures images measures
# this, too.
#
# ## How to work with this course
#
# - **Run cells** from top to bottom with Shift+Enter. *Run, Restart Kernel and Run All Cells* gives you a clean
#   start.
# - **Your copy.** `python3 start.py lab` opens copies in the folder `work/`. Scribble in them: the originals stay as
#   they are, and `python3 start.py reset 00` gives you a new copy of this lesson and keeps your old one beside it.
# - **The parameters cell** is for experiments. Change one thing at a time, and say first what you expect.
# - **Records and limits.** A sentence like the two under "Is this run as good as it should be?" compares your run
#   with a recorded one. With changed parameters it says "not comparable": that is no error.
# - **Exercises** end each lesson. `check("00.1", answer)` says in a sentence whether an answer is right, and why.
#   `hint("00.1")` helps in stages: call it again for more. Worked solutions are in `notebooks/solutions/`.
#   `python3 start.py progress` shows what you have done.
# - **On Colab**, *Runtime, Run all* does everything, and `KEEP_ON_DRIVE = True` in the first cell keeps your
#   progress.
# - **Order.** Lessons 00 to 04 build on each other; after them, go where you like.

# %%
from gencourse.exercises import check, hint, progress, quiz

for tool in (check, hint, progress):
    print(f"{tool.__name__:8} {tool.__doc__.splitlines()[0]}")

# %% [markdown]
# ## Exercises
#
# First a few short questions. Choose an answer, and read why it is right or not. Worked solutions of
# the exercises: [solutions/00_start.ipynb](solutions/00_start.ipynb).

# %%
quiz("00")

# %% [markdown]
# ### 00.1 · Components and peaks
#
# The ring of this lesson has eight components (bells) of standard deviation 0.1. Make them wider:
# `data.ring(std=2.0)` still has eight components. How many *peaks* (places from which the density falls in every
# direction) does each density have? Think first, then look: `viz.density(ring.log_density, limits=6, log=True)`
# draws one.

# %%
peaks_narrow = ...  # peaks of the density of data.ring(std=0.1)
peaks_wide = ...  # peaks of the density of data.ring(std=2.0)

check("00.1", (peaks_narrow, peaks_wide))

# %% [markdown]
# Stuck? Run `hint("00.1")` in a new cell; it works for every exercise.
#
# ### 00.2 · A log-density that never breaks
#
# `ring_density` above is fine near the ring. Far away, at (100, 100) say, every bell *underflows*: it is smaller than
# any number a computer can hold, and becomes 0. The logarithm of 0 is $-\infty$: a point would be called impossible for
# a rounding error. Write the logarithm of the density of a mixture of equally likely Gaussians so that it stays finite
# everywhere, for many points at once.


# %%
def log_likelihood(points, means, std):
    # points (N, 2), means (K, 2), std a number -> (N,), finite even far away from every mean
    return ...


check("00.2", log_likelihood)

# %% [markdown]
# ### 00.3 · Sampling from a mixture
#
# Draw `n` points from a mixture whose components have different weights. Take all chance from `rng`.


# %%
def sample(n, weights, means, std, rng):
    # weights (K,) sum to 1, means (K, 2), std a number, rng = np.random.default_rng(seed) -> (n, 2)
    return ...


check("00.3", sample)

# %% [markdown]
# ### 00.4 · Why does the single Gaussian fail?
#
# Why does the fitted single Gaussian put so many samples where no data is?
#
# - a: 20,000 points are too few to find eight modes.
# - b: The likelihood has several maxima, and the fit got stuck in a poor one, as EM did.
# - c: The fit is the best Gaussian there is, but no Gaussian has a hole in the middle.
# - d: The Gaussian has too small a standard deviation to reach the ring.

# %%
answer = ...  # "a", "b", "c" or "d"

check("00.4", answer)

# %% [markdown]
# ### 00.5 · An average over samples, and how far to trust it
#
# The log-likelihood was an average over 20,000 points. With other points it would have come out a little different.
# How different? The **[standard error](../docs/GLOSSARY.md#standard-error)** estimates it: the standard deviation of
# the single values, divided by the square root of their number. Estimate the mean of any function over a distribution,
# from samples of it, with its standard error.


# %%
def estimate(function, points):
    # function maps (N, 2) to (N,), points (N, 2) are samples -> (mean, standard error of that mean)
    return ...


check("00.5", estimate)

# %% [markdown]
# When it works, try `estimate(ring.log_density, held_out_points)`: how many digits of "−0.30" can you trust?
#
# ## What to remember
#
# - A generative model is a distribution of our own that imitates the data's. *Sampling* draws from it, its *density*
#   says how likely a place is, and its *likelihood* on held-out data says how well it expects the world.
# - Some models offer both sampling and density (histogram, mixture), some only sampling (GAN).
# - Look first. Then measure, with more than one number, beside a floor and a baseline, and check for copies.
# - Likelihood fears leaving something out; a critic of single samples does not.
#
# ## What to read next
#
# - Bishop, *Pattern Recognition and Machine Learning* (2006), chapter 9: mixtures and EM, in full.
# - MacKay, *Information Theory, Inference, and Learning Algorithms* (2003), free on its author's pages: likelihood,
#   divergence and sampling, with much wit.
# - Theis, van den Oord and Bethge, "A note on the evaluation of generative models" (2016): why good samples and good
#   likelihood need not go together.
# - Shannon, "A Mathematical Theory of Communication" (1948), section 3: the first generated English, made by hand.
#
# **Next: lesson 01** opens the black box. You will write the two players of a GAN and their training loop by hand,
# watch them fight over this same ring, make them collapse, and then send them to draw digits.
