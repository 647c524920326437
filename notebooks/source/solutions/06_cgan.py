# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Solutions to lesson 06
#
# Try first: a check that says *not yet* tells you why, and `hint("06.2")` helps in stages. Other answers than these are
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
import keras
import numpy as np
import tensorflow as tf

from gencourse import data, viz
from gencourse.exercises import check

runtime.set_seed(1)


def expect_right(answer):
    if not answer:
        raise RuntimeError(str(answer))
    return answer


# %% [markdown]
# ## 06.1 One image, two labels
#
# $w \cdot h + b$ is the same under both labels; only $v_y \cdot h$ changes. The class loss is minus the logarithm of the
# softmax's share for an eight.

# %%
h, w, b = np.array([2, -1, 3]), np.array([0.5, 1, 0.5]), -1
v_three, v_eight = np.array([1, 0, -1]), np.array([0, 2, 1])
logit_three = w @ h + b + v_three @ h
logit_eight = w @ h + b + v_eight @ h
class_logits = np.array([v_three @ h, v_eight @ h])
class_loss = -np.log(np.exp(class_logits[1]) / np.exp(class_logits).sum())
print(logit_three, logit_eight, class_loss.round(4))
expect_right(check("06.1", (logit_three, logit_eight, class_loss)))


# %% [markdown]
# ## 06.2 Bands instead of planes
#
# Give the one-hot vector two axes of length 1, and let NumPy stretch them.


# %%
def label_planes(labels, height, width, classes):
    one_hot = np.eye(classes, dtype="float32")[labels]  # (B, K)
    return one_hot[:, None, None, :] * np.ones((1, height, width, 1), "float32")  # (B, H, W, K)


expect_right(check("06.2", label_planes))


# %% [markdown]
# `repeat` can do it, too, along the other axis: the rows are repeated, not the numbers in them.


# %%
def label_planes_by_repeat(labels, height, width, classes):
    one_hot = np.eye(classes, dtype="float32")[labels]
    return np.repeat(one_hot, height * width, axis=0).reshape(len(labels), height, width, classes)


expect_right(check("06.2", label_planes_by_repeat))

# %% [markdown]
# ## 06.3 Two losses, three bugs
#
# No softmax before a loss that takes logits; generated images are judged by the labels *they* were asked for; and the
# generator wants to be recognised, so its class loss has a plus in front.

# %%
cross_entropy = keras.losses.BinaryCrossentropy(from_logits=True)
class_loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)


def auxiliary_losses(real_logits, real_classes, generated_logits, generated_classes, real_labels, asked_labels, weight):
    told_apart = cross_entropy(tf.ones_like(real_logits), real_logits)
    told_apart += cross_entropy(tf.zeros_like(generated_logits), generated_logits)
    fooled = cross_entropy(tf.ones_like(generated_logits), generated_logits)
    named = class_loss(real_labels, real_classes)
    asked = class_loss(asked_labels, generated_classes)
    return told_apart + weight * named, fooled + weight * asked


expect_right(check("06.3", auxiliary_losses))


# %% [markdown]
# ## 06.4 An honest class accuracy
#
# A judge from outside, and sample by sample.


# %%
def class_accuracy(model, evaluator, n):
    labels = np.random.default_rng(0).integers(0, model.classes, n)
    images = data.to_unit(model.generate(n, labels=labels, seed=0))
    read = evaluator.probabilities(images).argmax(axis=1)
    return np.mean(read == labels)


expect_right(check("06.4", class_accuracy))

# %% [markdown]
# ## 06.5 Four rows
#
# A is right in a tenth, which is chance: shuffled labels. D is right in nearly none, and its digits are as good as B's:
# it knows the classes under other names. C always hits and covers next to nothing: ten pictures, a hundred times each.
# B is the model with the right labels.

# %%
expect_right(check("06.5", ("B", "D", "A", "C")))

# %% [markdown]
# ## What the bugs do
#
# ### Bands
#
# The first convolution sees a small window at a time. In how many of all windows of 4×4, over all ten labels, can the
# label be told, because no other label ever looks like that?


# %%
def bands(labels, height, width, classes):
    one_hot = np.eye(classes, dtype="float32")[labels]
    return np.repeat(one_hot, height * width, axis=1).reshape(len(labels), height, width, classes)


def readable_windows(maps, size=4):
    windows = np.lib.stride_tricks.sliding_window_view(maps, (size, size), axis=(1, 2))
    windows = windows.reshape(len(maps), -1, maps.shape[-1] * size * size)  # (labels, places, what is seen there)
    labels_of = {}
    for label, places in enumerate(windows):
        for seen in places:
            labels_of.setdefault(seen.tobytes(), set()).add(label)
    return np.mean([len(labels_of[seen.tobytes()]) == 1 for places in windows for seen in places])


makers = {"planes": label_planes, "bands": bands}
told = {name: readable_windows(make(np.arange(10), 28, 28, 10)) for name, make in makers.items()}
for name, share in told.items():
    print(f"{name}: the label can be told in {share:.1%} of the windows")
if told["planes"] < 1 or told["bands"] > 0.05:
    raise RuntimeError("Planes show the label everywhere, and bands nearly nowhere.")

# %%
channels = {name: make(np.array([3]), 28, 28, 10)[0] for name, make in makers.items()}
viz.compare_grids({name: 0.85 * np.moveaxis(maps, -1, 0) for name, maps in channels.items()}, columns=5)

# %% [markdown]
# Ten channels of one image with the label 3. On the left one channel is lit, everywhere. On the right all ten look alike,
# and only the height of the band says which label it is. Most windows see nothing but zeros, and the others see a band
# that looks like any other. Whoever wants to read the label must find out first *where* the window is, which a
# convolution does not know; deeper layers may work it out, from the rim. A discriminator has better things to do.
#
# ### Softmax twice
#
# A classifier that is as sure as can be, class logits of 20 for the right class and 0 for the others: what does it still
# cost when softmax is applied twice?

# %%
sure = 20.0 * np.eye(10, dtype="float32")
for name, given in {"once": sure, "twice": tf.nn.softmax(sure)}.items():
    print(f"softmax {name}: {float(class_loss(np.arange(10), given)):.3f} nats")

# %% [markdown]
# Shares of 1 and 0 are taken for logits of 1 and 0, which are nearly equal. So the loss never gets below $\log(1 + 9/e)
# \approx 1.46$ nats, a perfect classifier looks like a poor one, and its slopes are small.
