# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Solutions to lesson 12
#
# Try first: a check that says *not yet* tells you why, and `hint("12.2")` helps in stages. Other answers than these are
# right, too. At the end the planted bugs are put to work, so that you can see what they do.

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
import numpy as np
import tensorflow as tf

from gencourse import data, viz, vq
from gencourse.exercises import check

runtime.set_seed(1)


def expect_right(answer):
    if not answer:
        raise RuntimeError(str(answer))
    return answer


# %% [markdown]
# ## 12.1 Bits and codes in use
#
# One of 32 codes takes 5 bits. For the perplexity, the entropy first; codes that are never used add nothing. And the
# nats of all places add up.

# %%
bits = 8 * 8 * np.log2(32)
shares = np.array([4, 2, 1, 1]) / 8
used = 4 / 8
perplexity = np.exp(-(shares * np.log(shares)).sum())
nats = 64 * -np.log(1 / 4)
print(bits, used, perplexity.round(3), nats.round(2))
expect_right(check("12.1", (bits, used, perplexity, nats)))


# %% [markdown]
# ## 12.2 The nearest code
#
# The term $|e|^2$ was missing, and each of the N vectors looks along the codes, axis 1.


# %%
def nearest(x, vectors):
    distances = (vectors**2).sum(axis=1) - 2 * x @ vectors.T  # (N, K), without the |x|² that all codes share
    return np.argmin(distances, axis=1)


expect_right(check("12.2", nearest))


# %% [markdown]
# ## 12.3 The wrong side of the stop
#
# What stands inside `stop_gradient` counts forwards only. Forwards `x` must cancel, so the difference goes inside, and
# the other `x` stays outside to carry the slope. In the commitment the code stands still.


# %%
def quantise(x, vectors):
    passed = x + tf.stop_gradient(vectors - x)
    commitment = tf.reduce_mean(tf.square(x - tf.stop_gradient(vectors)))
    return passed, commitment


expect_right(check("12.3", quantise))


# %% [markdown]
# ## 12.4 Codes on the move
#
# `sums` held means. And a code that was never used has 0 / 0.


# %%
def learn(vectors, hits, sums, x, codes, decay):
    vectors, hits, sums = vectors.copy(), hits.copy(), sums.copy()
    for k in range(len(vectors)):
        mine = x[codes == k]
        hits[k] = decay * hits[k] + (1 - decay) * len(mine)
        sums[k] = decay * sums[k] + (1 - decay) * mine.sum(axis=0)
        if hits[k] > 0:
            vectors[k] = sums[k] / hits[k]
    return vectors, hits, sums


expect_right(check("12.4", learn))

# %% [markdown]
# ## 12.5 Four rows
#
# A and B have the same error to the last digit: one autoencoder. B knows which codes go together, so its nats and its
# distance are lower: it is the lesson's, and A draws each place on its own. C uses hardly any code. D uses all of fewer
# codes. Only A and B speak of the same codes, so only their nats can be compared.

# %%
expect_right(check("12.5", ("B", "C", "A", "D", "A")))

# %% [markdown]
# ## What the bugs do
#
# ### Forgetting |e|²
#
# Eleven codes: one near the middle of each heap of a ring, and three much too far out. Which points does each code get?

# %%
ring = data.ring()
points = ring.sample(600, seed=1)
vectors = np.concatenate([ring.means + 0.1, [[3.5, 0], [-2, 3], [-2, -3]]]).astype("float32")
right, wrong = nearest(points, vectors), np.argmax(points @ vectors.T, axis=1)
for name, codes in {"nearest": right, "largest x·e": wrong}.items():
    print(f"{name:12}", np.bincount(codes, minlength=len(vectors)))
if len(np.unique(right)) != 8:
    raise RuntimeError("Each heap has a code, and the three far ones get nothing.")
viz.code_points(
    points,
    {"nearest": vectors, "largest x·e": vectors},
    used={"nearest": np.isin(np.arange(11), right), "largest x·e": np.isin(np.arange(11), wrong)},
)

# %% [markdown]
# Discs get points, squares get none. By $x \cdot e$ alone the three long vectors win the whole ring, though they are
# far from everything, and the codes that stand in the middle of a heap get nothing.
#
# ### Means in place of sums
#
# A code with sixty points around 0 in one batch and a single one at 6 in the next. It should hardly move.

# %%
batches = [np.random.default_rng(0).normal(0, 0.1, (60, 1)), np.array([[6.0]])]
hits, sums, means = 0.0, 0.0, 0.0
for x in batches:
    hits = 0.9 * hits + 0.1 * len(x)
    sums, means = 0.9 * sums + 0.1 * x.sum(), 0.9 * means + 0.1 * x.mean()
print(
    f"sums / hits: {sums / hits:.2f}, means / hits: {means / hits:.2f}, mean of all points: {np.vstack(batches).mean():.2f}"
)
average_of_means = means / (1 - 0.9**2)
print(f"running mean of the batches' means: {average_of_means:.2f}: the single point weighs as much as the sixty")

# %% [markdown]
# The starter divides twice, which pulls every code towards 0. Mend that by dropping `hits`, and what is left is a mean of
# means, in which a quiet batch shouts as loudly as a busy one.
#
# ### The stop on the wrong side
#
# One vector, two codes at −1 and 1, and a decoder that simply hands on what it reads. The target is 1; the encoder begins
# at −0.3. A step of length 0.1, thirty times, with the planted line and with the mended one:

# %%
book = tf.constant([[-1.0], [1.0]])
for name, through in {
    "planted": lambda x, e: e + tf.stop_gradient(x - e),
    "mended": lambda x, e: x + tf.stop_gradient(e - x),
}.items():
    x = tf.Variable([[-0.3]])
    for _ in range(30):
        with tf.GradientTape() as tape:
            e = tf.gather(book, vq.nearest_codes(x, book))
            loss = tf.reduce_sum((through(x, e) - 1.0) ** 2)
        slope = tape.gradient(loss, x)
        if slope is not None:
            x.assign_sub(0.1 * slope)
    reached = float(tf.gather(book, vq.nearest_codes(x, book))[0, 0])
    print(f"{name}: slope {'None' if slope is None else float(slope[0, 0])}, the code in the end {reached:g}")

# %% [markdown]
# With the planted line no slope arrives at the encoder at all; it stays where it is, at the wrong code. With the mended
# line it crosses over, and once the code is right the slope is 0.
