# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Solutions to lesson 10
#
# Try first: a check that says *not yet* tells you why, and `hint("10.3")` helps in stages. Other answers than these are
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
from collections import Counter

import numpy as np

from gencourse import callbacks, data, metrics, recipes, text, viz
from gencourse.exercises import check

runtime.set_seed(1)


def expect_right(answer):
    if not answer:
        raise RuntimeError(str(answer))
    return answer


# %% [markdown]
# ## 10.1 One row of cross-attention
#
# Products 4, 0, 0 and 6, divided by $\sqrt 4 = 2$. The fourth place is padding and is masked. Nothing else is: that the
# decoder is only at its first token does not matter, since what it looks at is the source.

# %%
q = np.array([1, 2, 0, 1])
keys = np.array([[2, 0, 5, 2], [0, 0, 3, 0], [-2, 1, 1, 0], [1, 2, 0, 1]])
scores = np.where([True, True, True, False], keys @ q / np.sqrt(4), -np.inf)
weights = np.exp(scores) / np.exp(scores).sum()
gathered = weights @ np.array([10, 20, 40, 90])
print(scores, weights.round(3), gathered.round(2))
expect_right(check("10.1", (*weights, gathered)))

# %% [markdown]
# ## 10.2 Three beams
#
# | step | beam 1 | beam 2 | beam 3 |
# |---|---|---|---|
# | 1 | A 0.45 | A 0.45, B 0.30 | A 0.45, B 0.30, (empty) 0.25 |
# | 2 | A x 0.18 | B x 0.24, A x 0.18 | (empty) 0.25, B x 0.24, A x 0.18 |
#
# With their ends the texts have $T = 1$ and $T = 3$ tokens, so the penalties are $6/6$ and $8/6$.

# %%
score_empty, score_longer = np.log(0.25) / (6 / 6), np.log(0.24) / (8 / 6)
print(f"empty {score_empty:.3f}, B x {score_longer:.3f}")
expect_right(check("10.2", (0.45 * 0.4, 0.30 * 0.8, 0.25, score_empty, score_longer)))

# %% [markdown]
# ## 10.3 A beam with bugs
#
# Three: logarithms are multiplied, beginning with 1, where they should be added, beginning with 0; the sorting puts the
# *smallest* first; and what has ended is written on.


# %%
def search(log_p_after, beam, length):
    hypotheses = [((), 0.0)]  # written, log p
    for _ in range(length):
        longer = []
        for written, total in hypotheses:
            if written and written[-1] == 0:
                longer.append((written, total))
                continue
            for token, log_p in enumerate(log_p_after(written)):
                longer.append(((*written, token), total + log_p))
        hypotheses = sorted(longer, key=lambda hypothesis: hypothesis[1], reverse=True)[:beam]
    return hypotheses[0]  # (tokens, log p)


expect_right(check("10.3", search))

# %% [markdown]
# Many programs take ended texts out of the beam and let them wait outside, so that the beam is always full. That is a
# beam search, too. With a narrow beam it may find another text.


# %%
def search_apart(log_p_after, beam, length):
    going, ended = [((), 0.0)], []
    for _ in range(length):
        longer = [((*w, token), total + log_p) for w, total in going for token, log_p in enumerate(log_p_after(w))]
        longer.sort(key=lambda hypothesis: hypothesis[1], reverse=True)
        ended += [hypothesis for hypothesis in longer if hypothesis[0][-1] == 0]
        going = [hypothesis for hypothesis in longer if hypothesis[0][-1] != 0][:beam]
    return max(ended + going, key=lambda hypothesis: hypothesis[1])


expect_right(check("10.3", search_apart))

# %% [markdown]
# ## 10.4 BLEU with a pencil

# %%
ours, reference = "the train to the coast and the sea", "the train goes to the coast at noon today"


def grams(sentence, n):
    words = sentence.split()
    return Counter(tuple(words[i : i + n]) for i in range(len(words) - n + 1))


precisions = [(grams(ours, n) & grams(reference, n)).total() / grams(ours, n).total() for n in (1, 2)]
brevity = min(1.0, np.exp(1 - 9 / 8))
bleu = brevity * np.sqrt(precisions[0] * precisions[1])
np.testing.assert_allclose(bleu, metrics.bleu([ours], [reference], max_n=2))
print(precisions, brevity, bleu)
expect_right(check("10.4", (*precisions, brevity, bleu)))

# %% [markdown]
# ## 10.5 A fortieth of the dates
#
# In the lesson `build` and `fit` are there; here they stand once more.

# %%
SEED, SHORT_STEPS = 1, 400
dates = data.make_dates(20_000, held_out=1000, seed=0)
recipe = recipes.get("translator")
tokenizers = recipes.Tokenizers(
    source=text.CharacterTokenizer.train("".join(source for source, _ in dates.train)),
    target=text.CharacterTokenizer.train("".join(answer for _, answer in dates.train) + "\n"),
)


def trained(pairs, steps):
    runtime.set_seed(SEED)
    model = recipe.build(recipe.parameters, tokenizers, SEED, recipes.steps_per_call(steps // 10, steps))
    budget = callbacks.Budget(steps=steps, decay=recipe.parameters["decay"], warm_up=recipe.parameters["warm_up"])
    stream = data.batches(model.tokens(pairs), batch_size=recipe.parameters["batch_size"], seed=SEED)
    model.fit(stream, epochs=10, steps_per_epoch=steps // 10, verbose=0, callbacks=[budget])
    return model


def share_right(model, pairs):
    answers = model.translate([source for source, _ in pairs], unknown="replace")
    return np.mean([answer == right for answer, (_, right) in zip(answers, pairs, strict=True)])


# %%
few = dates.train[:500]
once, twice = trained(few, SHORT_STEPS), trained(few, 2 * SHORT_STEPS)
shares = [share_right(once, few), share_right(once, dates.test), share_right(twice, dates.test)]
print("the 500 {:.1%}, held out {:.1%}, after twice the steps {:.1%}".format(*shares))
expect_right(check("10.5", (*shares, "b")))

# %% [markdown]
# It knows its 500 dates by heart, and most of the time it is right on others, too, but far less often than a network
# that has seen 20,000, after as many steps. More steps do not help. They may even hurt: where the loss is nearly zero
# already, there is nothing left to learn but to be surer.
#
# In which part of the answer is it wrong?

# %%
answers = once.translate([source for source, _ in dates.test], unknown="replace")
parts = {"year": slice(0, 4), "month": slice(5, 7), "day": slice(8, 10)}
wrong = {
    name: np.mean([a[where] != right[where] for a, (_, right) in zip(answers, dates.test, strict=True)])
    for name, where in parts.items()
}
viz.bars(wrong, unit="share of held-out dates with a wrong …", number_format="{:.1%}")

# %% [markdown]
# Mostly it is the month. A digit of the source is a digit of the answer in every language, and that is soon learnt.
# What May is called in Finnish has to be told, at least once, and each form of it.
#
# ## What the bugs do
#
# The beam of the starter with one bug at a time, on the tree of exercise 10.2. Tokens: 0 is the end, 1 is A or x, 2 is
# B or y, 3 is z.

# %%
TREE = {(): [0.25, 0.45, 0.30, 0.0], (1,): [0.0, 0.4, 0.35, 0.25], (2,): [0.0, 0.8, 0.2, 0.0]}


def log_p_after(written):
    with np.errstate(divide="ignore"):
        return np.log(TREE.get(written, [1.0, 0.0, 0.0, 0.0]))


def with_bugs(beam, *, multiply=False, smallest=False, goes_on=False, length=3):
    hypotheses = [((), 1.0 if multiply else 0.0)]
    for _ in range(length):
        longer = []
        for written, total in hypotheses:
            if written and written[-1] == 0 and not goes_on:
                longer.append((written, total))
                continue
            for token, log_p in enumerate(log_p_after(written)):
                longer.append(((*written, token), total * log_p if multiply else total + log_p))
        longer = [(w, t) for w, t in longer if np.isfinite(t)]  # what is impossible does not compete
        hypotheses = sorted(longer, key=lambda hypothesis: hypothesis[1], reverse=not smallest)[:beam]
    return hypotheses[0]


# %% tags=["nbval-check-output"]
for name, bug in {"none": {}, "multiply": {"multiply": True}, "smallest": {"smallest": True}}.items():
    found = [with_bugs(beam, **bug) for beam in (1, 2, 3)]
    print(f"{name:10}", "   ".join(f"{w} {t:6.2f}" for w, t in found))
found = [with_bugs(beam, goes_on=True, length=4) for beam in (1, 2, 3)]
print(f"{'goes on':10}", "   ".join(f"{w} {t:6.2f}" for w, t in found))

# %% [markdown]
# Each pair of brackets holds the tokens that a beam of 1, 2 and 3 finds.
#
# - *Multiply*: a product of logarithms says nothing. Their signs take turns, and one token that is sure, with a
#   logarithm of 0, makes it all 0. What it finds is among the least likely texts.
# - *Smallest*: the beam keeps what it should throw away.
# - *Goes on*: behind an end this tree allows only another end, so the right texts are found and have an end too many. A
#   network was never trained on what stands behind an end. It would write something there, lose log p with each token,
#   and the short texts that should have won would be gone.
