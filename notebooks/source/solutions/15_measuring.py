# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Solutions to lesson 15
#
# Try first: a check that says *not yet* tells you why, and `hint("15.2")` helps in stages. Other answers than these are
# right, too. At the end two of the bugs are put back to work on real features, so that you can see whom they favour.

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

from gencourse import data, metrics, recipes, viz
from gencourse.exercises import check
from gencourse.recipes import comparison


def expect_right(answer):
    if not answer:
        raise RuntimeError(str(answer))
    return answer


# %% [markdown]
# ## 15.1 A distance by hand
#
# Without correlation each axis stands for itself. Means: $(5-1)^2 + (-1-2)^2$. Spreads: the standard deviations are the
# roots of the variances, so $(3-1)^2 + (2-2)^2$. Both add up, and no root is taken at the end.

# %%
mean_part = (5 - 1) ** 2 + (-1 - 2) ** 2
spread_part = (np.sqrt(9) - np.sqrt(1)) ** 2 + (np.sqrt(4) - np.sqrt(4)) ** 2
distance = mean_part + spread_part
expect_right(check("15.1", (mean_part, spread_part, distance)))


# %% [markdown]
# ## 15.2 A distance with two bugs
#
# The way between the means has to be squared, and the root of a matrix is not the root of each entry. The trace that is
# needed is also the sum of the singular values of $\Sigma_a^{1/2}\,\Sigma_b^{1/2}$, which saves one root.


# %%
def root(covariance):
    variances, axes = np.linalg.eigh(covariance)
    return (axes * np.sqrt(variances.clip(0))) @ axes.T


def frechet(features_a, features_b):
    mean_a, mean_b = features_a.mean(axis=0), features_b.mean(axis=0)
    cov_a, cov_b = np.cov(features_a, rowvar=False), np.cov(features_b, rowvar=False)
    inner = np.linalg.svd(root(cov_a) @ root(cov_b), compute_uv=False).sum()
    return np.sum((mean_a - mean_b) ** 2) + np.trace(cov_a + cov_b) - 2 * inner


expect_right(check("15.2", frechet))


# %% [markdown]
# ## 15.3 Who is inside whom?
#
# Sorted distances begin with 0, the way from a point to itself, so the k-th neighbour stands at `[:, k]`. And precision
# asks about generated points in real balls.


# %%
def precision_recall(real, generated, k):
    def share_inside(points, centres):
        between = np.linalg.norm(centres[:, None] - centres, axis=-1)
        radii = np.sort(between, axis=1)[:, k]
        distances = np.linalg.norm(points[:, None] - centres, axis=-1)
        return (distances <= radii).any(axis=1).mean()

    return share_inside(generated, real), share_inside(real, generated)


expect_right(check("15.3", precision_recall))

# %% [markdown]
# ## 15.4 Read a table
#
# A has nothing real and is far from everything: noise. C is best almost everywhere and far too near to the training
# images. E looks real and covers nothing. D is B with 200 samples: a larger distance, a better recall, and otherwise the
# same.

# %%
copier, collapsed, noisy, few = "C", "E", "A", "D"
expect_right(check("15.4", (copier, collapsed, noisy, few)))


# %% [markdown]
# ## 15.5 An honest comparison
#
# Held-out images, both kinds of images brought to [0, 1], and as many samples of each model as the poorest one has.


# %%
def distances(samples, train_images, test_images, features):
    n = min(len(images) for images in samples.values())
    reference = features(test_images.astype("float32") / 255)
    return {
        name: metrics.frechet_distance(features((images[:n] + 1) / 2), reference) for name, images in samples.items()
    }


expect_right(check("15.5", distances))

# %% [markdown]
# ## Whom the bugs favour
#
# The recorded GAN of lesson 01 and a copier, judged with two bugs of 15.5: the training set as the reference, and few
# samples of the one and many of the other.

# %%
digits = data.load_images("digits")
evaluator = metrics.load_evaluator("digits")
rng = np.random.default_rng(1)
order = rng.permutation(len(digits.train_images))
kept, others = (data.to_unit(digits.train_images[part]) for part in (order[:2000], order[2000:4000]))
features = {
    "GAN (01)": evaluator.features(recipes.sample(comparison.load_row("01", "digits"), 2000, seed=1)),
    "copier": evaluator.features(kept),
}
reference = {
    "held-out": evaluator.features(data.to_unit(digits.test_images[:2000])),
    "training": evaluator.features(np.concatenate([kept, others])),
}

# %%
found = {}
for name, of_model in features.items():
    for against, of_real in reference.items():
        for n in (200, 2000):
            found[f"{name}, {n:,} samples, {against}"] = metrics.frechet_distance(of_model[:n], of_real)
viz.bars(found, unit="Fréchet distance", number_format="{:.2f}")

# %%
if not found["copier, 2,000 samples, training"] < found["copier, 2,000 samples, held-out"]:
    raise RuntimeError("The training set as the reference should favour the copier.")
if not found["GAN (01), 200 samples, held-out"] > found["GAN (01), 2,000 samples, held-out"]:
    raise RuntimeError("Few samples should raise the distance.")

# %% [markdown]
# The copier gains most from the training set as the reference, and one and the same GAN looks far worse with 200
# samples than with 2,000. A report could turn the order of two models by either of them, without a single false number.
