# ---
# jupyter:
#   gencourse: {lesson: "00", recipe: gan-ring}
#   jupytext: {text_representation: {extension: .py, format_name: percent}}
#   kernelspec: {display_name: Python 3, language: python, name: python3}
# ---

# %% [markdown]
# # 00 · Start: worked solutions
#
# One way to solve each exercise, and why it works. Yours may look different and be as right: the checks ask what an
# answer does, not how it is written. Try first; an exercise whose solution you have read teaches half as much.

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
# Running this notebook should not mark your exercises as done, so it keeps its progress in a folder of its own.

# %%
import os
import tempfile
from pathlib import Path

import numpy as np

from gencourse import data, viz
from gencourse.exercises import check

folder = tempfile.TemporaryDirectory()
os.environ["GENCOURSE_PROGRESS"] = str(Path(folder.name) / "progress.json")


def must_pass(answer):
    if not answer:
        raise RuntimeError(str(answer))
    return answer


# %% [markdown]
# ## 00.1 · Components and peaks
#
# Look at both densities:

# %%
viz.density(
    {"std 0.1": data.ring(std=0.1).log_density, "std 2.0": data.ring(std=2.0).log_density}, limits=6, log=True, size=2.6
)

# %%
must_pass(check("00.1", (8, 1)))

# %% [markdown]
# On the left, eight separate hills. On the right the bells are as wide as the ring's radius: they melt into one hill
# whose top is in the middle, where no component has its centre. How many components a mixture has cannot be read off
# its peaks.
#
# ## 00.2 · A log-density that never breaks
#
# The density is the mean over the components, and its logarithm is $\log \frac{1}{K} \sum_k e^{a_k}$, where $a_k$ is
# the logarithm of one bell. Far away all $e^{a_k}$ underflow to 0. With $m = \max_k a_k$ taken out,
# $\log \sum_k e^{a_k} = m + \log \sum_k e^{a_k - m}$, the largest term of the sum is $e^0 = 1$: nothing is lost.


# %%
def log_likelihood(points, means, std):
    squares = ((points[:, None] - means) ** 2).sum(axis=-1)  # (N, 1, 2) - (K, 2) -> (N, K, 2) -> (N, K)
    logs = -squares / (2 * std**2) - np.log(2 * np.pi * std**2)  # (N, K)
    largest = logs.max(axis=1, keepdims=True)  # (N, 1)
    return largest[:, 0] + np.log(np.exp(logs - largest).mean(axis=1))  # (N,)


must_pass(check("00.2", log_likelihood))

# %% [markdown]
# `np.logaddexp.reduce(logs, axis=1) - np.log(len(means))` is the same in one line.
#
# ## 00.3 · Sampling from a mixture
#
# Two dice: a loaded one for the component, then a step around its centre, fresh for each point and axis.


# %%
def sample(n, weights, means, std, rng):
    components = rng.choice(len(weights), size=n, p=weights)  # (n,)
    return means[components] + std * rng.normal(size=(n, 2))  # (n, 2)


must_pass(check("00.3", sample))

# %% [markdown]
# ## 00.4 · Why does the single Gaussian fail?

# %%
must_pass(check("00.4", "c"))

# %% [markdown]
# The likelihood of one Gaussian has a single top, so nothing got stuck; the lesson's curve over the standard deviation
# shows it. More data would draw the same Gaussian more precisely. What is wrong is the *family* of models, and that no
# training mends.
#
# ## 00.5 · An average over samples, and how far to trust it


# %%
def estimate(function, points):
    values = function(points)  # (N,)
    return values.mean(), values.std() / np.sqrt(len(values))


must_pass(check("00.5", estimate))

# %%
ring = data.ring()
for n in (200, 20_000):
    mean, error = estimate(ring.log_density, ring.sample(n, seed=1))
    print(f"{n:6} points: {mean:.3f} ± {error:.3f}")

# %% [markdown]
# A hundred times as many points make the error ten times smaller. From 20,000 points the log-likelihood is known to
# about one hundredth of a nat: the first digit of "−0.30" is safe, the second nearly so. The exact value, which for
# this ring can be worked out with a pencil, is $-\log 8 - 1 - \log(2 \pi \cdot 0.1^2) \approx -0.31$.

# %%
exact = -np.log(8) - 1 - np.log(2 * np.pi * 0.1**2)
print(f"{exact:.3f}")

# %% [markdown]
# (The pencil: the logarithm of one bell, averaged over its own samples, is $-1 - \log(2 \pi \sigma^2)$, because the
# mean squared distance is $2 \sigma^2$. The modes hardly overlap, so each point's density is one eighth of its own
# bell's.)
