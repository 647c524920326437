# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Solutions to lesson 09
#
# Try first: a check that says *not yet* tells you why, and `hint("09.2")` helps in stages. Other answers than these are
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
import itertools
from collections import Counter

import numpy as np

from gencourse import language, viz
from gencourse.exercises import check

runtime.set_seed(1)


def expect_right(answer):
    if not answer:
        raise RuntimeError(str(answer))
    return answer


def softmax(scores):
    exponentials = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return exponentials / exponentials.sum(axis=-1, keepdims=True)


# %% [markdown]
# ## 09.1 One query by hand
#
# Products 4, 2 and 12, divided by $\sqrt 4 = 2$; the third key comes later and is masked.

# %%
q = np.array([2, 0, 2, 0])
keys = np.array([[1, 5, 1, 1], [0, 1, 1, 3], [3, 0, 3, 0]])
scores = np.where([True, True, False], keys @ q / np.sqrt(4), -np.inf)
weights = softmax(scores)
gets = weights @ np.array([10, 20, 90])
print(scores, weights.round(3), gets.round(2))
expect_right(check("09.1", (*weights, gets)))


# %% [markdown]
# ## 09.2 A head with bugs
#
# Four: no division by $\sqrt d$; a softmax that sums over the columns instead of the rows; a mask after the softmax; and
# a mask that keeps the wrong triangle.


# %%
def causal_head(queries, keys, values):
    scores = queries @ keys.T / np.sqrt(keys.shape[1])  # (T, T)
    scores = np.where(np.tril(np.ones(scores.shape)) > 0, scores, -np.inf)
    return softmax(scores) @ values


expect_right(check("09.2", causal_head))


# %% [markdown]
# A mask after the softmax is not wrong in itself: share out anew what is left, and the result is the same.


# %%
def shared_again(queries, keys, values):
    weights = np.tril(softmax(queries @ keys.T / np.sqrt(keys.shape[1])))
    return weights / weights.sum(axis=1, keepdims=True) @ values


expect_right(check("09.2", shared_again))


# %% [markdown]
# ## 09.3 Three merges
#
# After each merge all pairs are counted anew: *e* and *n* are one piece then, and *h* no longer stands beside an *e*.
# The same three merges cut words that were never seen.


# %%
def merged(pieces, pair):
    done = []
    for piece in pieces:
        if done and (done[-1], piece) == pair:
            done[-1] += piece
        else:
            done.append(piece)
    return tuple(done)


words = Counter({tuple("hen"): 4, tuple("then"): 5, tuple("ten"): 6, tuple("pen"): 3})
unseen, made = [tuple("then"), tuple("pens")], []
for _ in range(3):
    pairs = Counter()
    for pieces, count in words.items():
        for pair in itertools.pairwise(pieces):
            pairs[pair] += count
    best = pairs.most_common(1)[0][0]
    made.append("".join(best))
    words = Counter({merged(pieces, best): count for pieces, count in words.items()})
    unseen = [merged(pieces, best) for pieces in unseen]
    print(pairs.most_common(3))
print(made, unseen)
expect_right(check("09.3", (*made, sum(map(len, unseen)))))

# %% [markdown]
# ## 09.4 Which is better?
#
# Nats of the whole text, by its characters, by $\log 2$.

# %%
bits_a = 3.36 * 41_000 / 114_800 / np.log(2)
bits_b = 1.22 * 114_800 / 114_800 / np.log(2)
print(f"A {bits_a:.3f}, B {bits_b:.3f} bits per character")
expect_right(check("09.4", (bits_a, bits_b, "A")))

# %% [markdown]
# ## 09.5 What the cache saves
#
# Without a cache all 100 places go through the matrices, and each asks all 100. With one, the new place does, and asks
# 100. A key is the product of one place with a matrix of $D \times D$, so $D^2$ multiplications; the full cache would
# have spared 99 of them.

# %%
places, D = 100, 64
without = places * 12 * D**2 + places**2 * 2 * D
with_cache = 12 * D**2 + places * 2 * D
forgotten_keys = (places - 1) * D**2
print(f"{without:,} without, {with_cache:,} with, {forgotten_keys:,} more when the keys are forgotten")
expect_right(check("09.5", (without, with_cache, forgotten_keys)))

# %% [markdown]
# ## What the bugs do
#
# The weights of the starter's head on six random tokens, one bug at a time.

# %%
rng = np.random.default_rng(0)
queries, keys, values = rng.normal(size=(3, 6, 8))
scores = queries @ keys.T
before = np.tril(np.ones((6, 6))) > 0
seen = {
    "right": softmax(np.where(before, scores / np.sqrt(8), -np.inf)),
    "not divided": softmax(np.where(before, scores, -np.inf)),
    "columns share": softmax(np.where(before, scores / np.sqrt(8), -np.inf).T).T,
    "masked afterwards": softmax(scores / np.sqrt(8)) * before,
    "wrong triangle": softmax(np.where(before.T, scores / np.sqrt(8), -np.inf)),
}
np.testing.assert_allclose(seen["right"] @ values, causal_head(queries, keys, values))
viz.attention_map(seen, list("abcdef"), columns=3)

# %% [markdown]
# Not divided: most rows lean hard on one token. When columns share, early rows get next to nothing and the last one
# far more than 1. Masked afterwards: early rows keep little, so early tokens get nearly zero. The wrong triangle: every
# token sees what comes after it, which is the bug of section 11. How far are the rows from 1?

# %%
for name, weights in seen.items():
    print(f"{name:18} rows sum to {weights.sum(axis=1).round(2)}")
means, _ = language.causal_attention(*(array[None, None] for array in (queries, keys, values)))
np.testing.assert_allclose(means[0, 0], causal_head(queries, keys, values), rtol=1e-5)
