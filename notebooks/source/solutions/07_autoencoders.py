# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Solutions to lesson 07
#
# Try first: a check that says *not yet* tells you why, and `hint("07.2")` helps in stages. Other answers than these are
# right, too. At the end two of the traps are set off for a few seconds, so that you can see what they do.

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

from gencourse import data, metrics, viz
from gencourse.exercises import check

runtime.set_seed(1)


def expect_right(answer):
    if not answer:
        raise RuntimeError(str(answer))
    return answer


# %% [markdown]
# ## 07.1 Decibels
#
# PSNR is $10 \log_{10}(1/\text{MSE})$, so an error is $10^{-\text{PSNR}/10}$, and half an error is about 3 dB more. The
# two images have 10 and 30 dB.

# %%
error_at_20_db = 10 ** (-20 / 10)
db_at_half_the_error = -10 * np.log10(error_at_20_db / 2)
mean_of_both = np.mean(-10 * np.log10([0.1, 0.001]))
both_together = -10 * np.log10(np.mean([0.1, 0.001]))
expect_right(check("07.1", (error_at_20_db, db_at_half_the_error, mean_of_both, both_together)))

# %% [markdown]
# ## 07.2 Stuck at black
#
# With $s = \sigma(a)$ the sigmoid's own slope is $s(1-s)$. The chain rule gives $2(s - x)\,s(1-s)$ for the squared
# error. For the cross-entropy, $\mathrm{softplus}(a) - x\,a$ has the slope $s - x$: the factor has gone.

# %%
said = 1 / (1 + np.exp(7))
slope_squared_error = 2 * (said - 1) * said * (1 - said)
slope_cross_entropy = said - 1
times_as_strong = slope_cross_entropy / slope_squared_error
expect_right(check("07.2", (slope_squared_error, slope_cross_entropy, times_as_strong)))


# %% [markdown]
# ## 07.3 PCA, two bugs
#
# The directions are those of the deviations from the mean row, which is added again at the end; and `eigh` sorts
# upwards, so the largest are the last columns.


# %%
def pca_copies(train, test, size):
    mean = train.mean(axis=0)
    _, vectors = np.linalg.eigh((train - mean).T @ (train - mean))
    directions = vectors[:, -size:]  # (D, size)
    return (test - mean) @ directions @ directions.T + mean


expect_right(check("07.3", pca_copies))


# %% [markdown]
# ## 07.4 Holes, three bugs
#
# One place for each image; no place from which the hole would stick out; and the image is kept where the mask is 0. The
# turned mask is why the network looked excellent: it had to fill in black with the hole's content in plain sight.


# %%
def cut_holes(images, size, seed):
    rng = np.random.default_rng(seed)
    batch, height, width, _ = images.shape
    tops = rng.integers(0, height - size + 1, batch)
    lefts = rng.integers(0, width - size + 1, batch)
    mask = np.zeros((batch, height, width, 1), "float32")
    for i in range(batch):
        mask[i, tops[i] : tops[i] + size, lefts[i] : lefts[i] + size] = 1.0
    return np.concatenate([images * (1 - mask), mask], axis=-1)


expect_right(check("07.4", cut_holes))


# %% [markdown]
# ## 07.5 An honest score
#
# Held-out images; only what had to be guessed; and one mean error, whose decibels are taken at the end.


# %%
def score(model, damage, train_images, test_images):
    damaged = damage(test_images)
    mask = damaged[..., 1:]
    errors = mask * (model.restore(damaged) - test_images) ** 2
    return -10 * np.log10(errors.sum() / mask.sum())


expect_right(check("07.5", score))

# %% [markdown]
# ## What the traps do
#
# **A loss that sticks.** The smallest network there is: a single logit, for a single pixel that should be white. It
# starts at black, $a = -7$, and takes 800 steps of gradient descent with either loss.


# %%
def descend(slope, steps=800, rate=1.0, logit=-7.0):
    said = []
    for _ in range(steps):
        said.append(1 / (1 + np.exp(-logit)))
        logit -= rate * slope(said[-1])
    return said


curves = {"squared error": descend(lambda s: 2 * (s - 1) * s * (1 - s)), "cross-entropy": descend(lambda s: s - 1)}
viz.loss_curves(curves, x_label="step", y_label="what the pixel says (1 is right)")

# %% [markdown]
# The cross-entropy leaves black at once. The squared error stays there for more than 500 steps, with an error of nearly
# 1 in plain sight, and then jumps. Each unit by which the start is blacker multiplies the wait by $e$: from $a = -10$
# it would be eleven thousand steps, and we would have called it converged long before.

# %%
if not (curves["cross-entropy"][30] > 0.9 and curves["squared error"][200] < 0.1):
    raise RuntimeError(
        "The cross-entropy should be out of the trap in thirty steps, and the squared error still in it."
    )

# %% [markdown]
# **A score that flatters.** The remedy that knows all training digits by heart, scored three ways on the same holes.

# %%
digits = data.load_images("digits")
train_images = data.to_unit(digits.train_images[:4000])
test_images = data.to_unit(digits.test_images[:500])


class Nearest:
    def restore(self, damaged):
        return metrics.nearest_example(damaged[..., :1], damaged[..., 1:], train_images)


def damage(images):
    return cut_holes(images, 10, seed=1)


def whole_image(model, images):
    mended = model.restore(damage(images))
    return metrics.pooled_psnr(mended, images)


honest = score(Nearest(), damage, train_images, test_images)
print(f"in the holes, held out     {honest:6.1f} dB")
print(f"whole image, held out      {whole_image(Nearest(), test_images):6.1f} dB")
print(f"whole image, training set  {whole_image(Nearest(), train_images[:500]):6.1f} dB")

# %% [markdown]
# The second number is higher only because most of each image was handed over intact. The third is infinite: who
# knows the answers by heart makes no error on them. All three are the same remedy.
