# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Solutions to lesson 13
#
# Try first: a check that says *not yet* tells you why, and `hint("13.2")` helps in stages. Other answers than these are
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

from gencourse import data, losses, metrics, sampling, viz
from gencourse.exercises import check

runtime.set_seed(1)
rng = np.random.default_rng(1)


def expect_right(answer):
    if not answer:
        raise RuntimeError(str(answer))
    return answer


def softmax(scores):
    exponentials = np.exp(scores)
    return exponentials / exponentials.sum()


# %% [markdown]
# ## 13.1 One soft draw
#
# The sums are 2.5, 1.5 and 0.8: tea is the largest, though milk has the largest logit.

# %%
logits, noise = np.array([1, 2, 0]), np.array([1.5, -0.5, 0.8])
drawn = ["tea", "milk", "sugar"][(logits + noise).argmax()]
share_at_1, share_at_half = softmax(logits + noise)[0], softmax((logits + noise) / 0.5)[0]
how_often = softmax(logits)[0]
print(drawn, share_at_1.round(3), share_at_half.round(3), how_often.round(3))
expect_right(check("13.1", (drawn, share_at_1, share_at_half, how_often)))

# %% [markdown]
# ## 13.2 What free bits leave free

# %%
mean = np.array([[2, 0, 0], [0, 0, 0]])  # two sentences, three latents
variance = np.array([[1, 0.5, 1], [1, 0.5, 1]])
each = ((mean**2 + variance - 1 - np.log(variance)) / 2).mean(axis=0)  # of each latent, over the batch
charged = np.maximum(each, 0.5).sum()
pulled = (each > 0.5).sum()
print(each.round(4), each.sum().round(4), charged, pulled)
expect_right(check("13.2", (each[1], each.sum(), charged, pulled)))


# %% [markdown]
# ## 13.3 Gumbel-softmax with bugs
#
# Three: the sign of the noise; a temperature that multiplies; and a last line that hands out the soft value with the
# slope of the hard one, which has none.


# %%
def gumbel_softmax(logits, uniform, temperature):
    noise = -tf.math.log(-tf.math.log(uniform))
    shares = tf.nn.softmax((logits + noise) / temperature)
    drawn = tf.one_hot(tf.argmax(shares, axis=-1), shares.shape[-1])
    return shares + tf.stop_gradient(drawn - shares)


expect_right(check("13.3", gumbel_softmax))


# %% [markdown]
# The package's version is right as well, and so is noise made of $1 - u$, which is as uniform as $u$.


# %%
def mirrored(logits, uniform, temperature):
    noise = -tf.math.log(-tf.math.log(1 - uniform))
    return sampling.gumbel_softmax(logits, temperature, noise, hard=True)


expect_right(check("13.3", mirrored))


# %% [markdown]
# ## 13.4 Policy gradient with bugs
#
# What lies behind the end counts twice, in the rewards to come and in the mean; a gradient flows into the advantage; and
# the sign is turned.


# %%
def policy_loss(log_probabilities, rewards, expected, kept):
    to_come = tf.cumsum(tf.where(kept, rewards, 0.0), axis=1, reverse=True)
    advantages = tf.stop_gradient(to_come - expected)
    return -losses.masked_mean(log_probabilities * advantages, kept)


expect_right(check("13.4", policy_loss))

# %% [markdown]
# ## 13.5 Five writers
#
# Begin with the extremes: T repeats itself, R copies, and P has the words without the order. Of Q and S, the cold one
# is better and more alike. The three writers without a network can be measured again:

# %%
sentences = data.load_sentences()
real = list(rng.choice(sentences.train, 1000, replace=False))
writers = {
    "copier": real,
    "shuffled": [" ".join(rng.permutation(sentence.split())) for sentence in real],
    "one sentence": ["I am sure you will be very happy."] * 1000,
}
for name, written in writers.items():
    quality, alike = metrics.reference_bleu(written, sentences.test), metrics.self_bleu(written)
    print(f"{name:14}{100 * quality:6.1f}{100 * alike:7.1f}")
expect_right(check("13.5", ("R", "P", "T", "Q", "S")))

# %% [markdown]
# ## What the bugs do
#
# First the noise. How often each of four words is drawn, by the right noise, by one with its sign turned, and by the
# uniform numbers as they come:

# %%
logits = np.array([2.0, 1.0, 0.0, -1.0])
uniform = rng.uniform(1e-7, 1 - 1e-6, size=(50_000, 4))
noises = {
    "-log(-log u): right": -np.log(-np.log(uniform)),
    "log(-log u): turned": np.log(-np.log(uniform)),
    "u itself": uniform,
}
panels = {"softmax of the logits": softmax(logits)}
for name, noise in noises.items():
    panels[name] = np.bincount((logits + noise).argmax(axis=1), minlength=4) / len(noise)
viz.symbol_bars(panels, ["w₁", "w₂", "w₃", "w₄"], columns=2)

# %% [markdown]
# Turned noise draws from another distribution: likely words somewhat too often, unlikely ones too seldom. It is easily
# overlooked. The uniform numbers reach over less than 1, which is how far apart these logits are: the first word always
# wins.
#
# Then the turned sign and the missing `stop_gradient` of 13.4. Three words, of which the second is rewarded, a
# generator that is three logits, and a critic that is a single number, at plain gradient descent. What does the critic
# expect, and what would have been right?

# %%
worth = np.array([-1.0, 1.0, 0.0], "float32")


def play(sign, stop, steps):
    logits, expected = tf.Variable(tf.zeros(3)), tf.Variable(0.0)
    dice = np.random.default_rng(0)
    for _ in range(steps):
        drawn = dice.choice(3, size=16, p=softmax(logits.numpy().astype("float64")))
        with tf.GradientTape(persistent=True) as tape:
            log_probabilities = tf.gather(tf.nn.log_softmax(logits), drawn)
            advantages = worth[drawn] - expected
            advantages = tf.stop_gradient(advantages) if stop else advantages
            loss = sign * tf.reduce_mean(log_probabilities * advantages)
            miss = tf.reduce_mean((worth[drawn] - expected) ** 2)
        critic_slope = tape.gradient(miss, expected)
        if not stop:  # one optimizer for both, and a path from the loss into the critic
            critic_slope += tape.gradient(loss, expected)
        logits.assign_sub(0.3 * tape.gradient(loss, logits))
        expected.assign_sub(0.1 * critic_slope)
    shares = softmax(logits.numpy())
    return shares, float(expected), float(shares @ worth)


players = {"right": (-1, True), "turned sign": (1, True), "no stop_gradient": (-1, False)}
for name, (sign, stop) in players.items():
    for steps in (15, 100):
        shares, expected, mean = play(sign, stop, steps)
        print(f"{name:17}{steps:4} steps: shares {shares.round(2)}, expected {expected:5.2f}, on average {mean:5.2f}")

# %% [markdown]
# With its sign turned, the generator learns the word that is punished, and just as fast. Without `stop_gradient` it learns
# here as well, but look at its critic after 15 steps: it expects more than there is to expect. The generator's loss
# $-\log p \cdot (r - b)$ sinks when $b$ rises, so it pulls the critic up, whatever the rewards are, until no choice is a
# surprise.
