# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Solutions to lesson 08
#
# Try first: a check that says *not yet* tells you why, and `hint("08.2")` helps in stages. Other answers than these are
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

from gencourse import data, pixelcnn, recipes
from gencourse.exercises import check

runtime.set_seed(1)


def expect_right(answer):
    if not answer:
        raise RuntimeError(str(answer))
    return answer


# %% [markdown]
# ## 08.1 A tiny chain
#
# A cost is minus the logarithm of a product, so it is a sum: the first pixel, one that stays, one that changes. On
# average three in four stay. Without the chain each pixel is white half of the time, whatever the order, and costs
# $\log 2$.

# %%
stays, changes = np.log(4 / 3), np.log(4)
nats_of_image = np.log(2) + stays + changes
nats_on_average = np.log(2) + 2 * (0.75 * stays + 0.25 * changes)
nats_without_chain = 3 * np.log(2)
kilobytes = 5000 * 84 / np.log(2) / 8 / 1000
print(f"{nats_of_image:.3f}, {nats_on_average:.3f} and {nats_without_chain:.3f} nats; {kilobytes:.1f} kilobytes")
expect_right(check("08.1", (nats_of_image, nats_on_average, nats_without_chain, kilobytes)))


# %% [markdown]
# ## 08.2 A mask for another order
#
# All columns to the left, whole; in its own column what stands above; and for kind B the centre.


# %%
def column_mask(rows, columns, kind):
    mask = np.zeros((rows, columns), "float32")
    mask[:, : columns // 2] = 1.0
    mask[: rows // 2 + (kind == "B"), columns // 2] = 1.0
    return mask


expect_right(check("08.2", column_mask))

# %% [markdown]
# Or turn the lesson's mask on its side: what is read line by line in the turned image is read column by column in the
# image itself.

# %%
expect_right(check("08.2", lambda rows, columns, kind: pixelcnn.raster_mask((columns, rows), kind).T))


# %% [markdown]
# ## 08.3 A network that keeps the rule
#
# No mean over the image, which tells every place about all others. Kind A for the first layer and B for the others. And
# no ReLU at the end, so that a logit may be negative.


# %%
def logits_of(images, kernels):
    before = np.array([[1, 1, 1], [1, 0, 0], [0, 0, 0]], "float32")[:, :, None, None]  # kind A
    with_centre = np.array([[1, 1, 1], [1, 1, 0], [0, 0, 0]], "float32")[:, :, None, None]  # kind B
    x = tf.nn.conv2d(2.0 * images - 1.0, kernels[0] * before, strides=1, padding="SAME")
    for kernel in kernels[1:]:
        x = tf.nn.conv2d(tf.nn.relu(x), kernel * with_centre, strides=1, padding="SAME")
    return x


expect_right(check("08.3", logits_of))


# %% [markdown]
# ## 08.4 The test that finds a leak
#
# A random image; every place once; all pixels from that place on are turned; no logit up to the place may change, its
# own included, not even a little.


# %%
def sees_ahead(network, height, width):
    image = (np.random.default_rng(0).random((1, height, width, 1)) < 0.5).astype("float32")
    logits = np.ravel(network(image))
    for place in range(height * width):
        changed = image.copy()
        changed.reshape(-1)[place:] = 1.0 - changed.reshape(-1)[place:]
        if np.any(np.ravel(network(changed))[: place + 1] != logits[: place + 1]):
            return True
    return False


expect_right(check("08.4", sees_ahead))


# %% [markdown]
# ## 08.5 A generator that classifies
#
# Everything stays a logarithm for as long as possible. `logaddexp` adds likelihoods without ever writing them out.


# %%
def bayes(log_likelihoods, prior):
    joint = log_likelihoods + np.log(prior)[:, None]  # log p(x, y)
    log_p = np.logaddexp.reduce(joint, axis=0)
    return np.exp(joint - log_p), log_p


expect_right(check("08.5", bayes))

# %% [markdown]
# ## What the bugs do
#
# ### A mean that leaks
#
# All 512 images of 3×3, scored by networks of three random kernels: the mended one, and one with the mean of the image
# taken away first, as in the starter.

# %%
every = np.array([[int(bit) for bit in f"{number:09b}"] for number in range(512)], "float32").reshape(-1, 3, 3, 1)
rng = np.random.default_rng(1)


def sum_over_all_images(shift):
    kernels = [rng.normal(0, 0.7, size).astype("float32") for size in ((3, 3, 1, 8), (3, 3, 8, 8), (3, 3, 8, 1))]
    logits = logits_of(every - shift, kernels).numpy().astype("float64")
    return np.exp((every * logits - np.logaddexp(0, logits)).sum(axis=(1, 2, 3))).sum()


means = every.mean(axis=(1, 2, 3), keepdims=True)
mended, leaking = ([sum_over_all_images(shift) for _ in range(4)] for shift in (0.0, means))
print("mended ", np.round(mended, 4))
print("leaking", np.round(leaking, 4))
if not np.allclose(mended, 1.0, atol=1e-4) or np.allclose(leaking, 1.0, atol=0.05):
    raise RuntimeError("The mended network's probabilities add up to 1, the leaking one's do not.")

# %% [markdown]
# The masks are all right, and still it leaks: one number, the mean, is enough. Batch normalisation in training does the
# same thing on a smaller scale, as it takes its mean over images *and places*.
#
# ### Kind A throughout
#
# With three layers of kind A the pixel right before is never seen. What is it worth? Counting says it: the ten nearest
# pixels before, and the same without the left neighbour, on held-out digits.

# %%
digits = data.load_images("digits")
train = data.binarise(digits.train_images[:10_000], seed=1)
held_out = data.binarise(digits.test_images, seed=recipes.vae.HELD_OUT_SEED)
TEN = [(0, 1), (1, 0), (1, 1), (1, -1), (0, 2), (2, 0), (1, 2), (1, -2), (2, 1), (2, -1)]  # rows up, columns left


def code(images, places):
    around = np.pad(images[..., 0].astype("int16"), ((0, 0), (2, 0), (2, 2)))
    read = np.zeros(images.shape[:3], "int16")
    for up, left in places:
        read = 2 * read + around[:, 2 - up : 30 - up, 2 - left : 30 - left]
    return read


def nats_by_counting(places):
    seen = np.bincount(code(train, places).ravel(), minlength=2 ** len(places))
    white = np.bincount(code(train, places).ravel(), train.ravel(), minlength=2 ** len(places))
    p = ((white + 0.5) / (seen + 1.0))[code(held_out, places)]
    return -np.log(np.where(held_out[..., 0] == 1, p, 1 - p)).sum(axis=(1, 2)).mean()


with_it, without_it = nats_by_counting(TEN), nats_by_counting(TEN[1:])
print(f"all ten {with_it:.1f}, without the left neighbour {without_it:.1f} nats an image")
if without_it < with_it + 1:
    raise RuntimeError("The left neighbour should be worth more than a nat.")

# %% [markdown]
# No error, no warning, a distribution that adds up to 1: only a worse one. A leak makes a loss that is too good; a mask
# that forbids too much makes one that is worse than it need be, and nobody notices.
