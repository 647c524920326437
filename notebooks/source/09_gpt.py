# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
#   gencourse:
#     recipes: [gpt-bpe]
# ---

# %% [markdown]
# # 09 · Attention and GPT: look back instead of remembering
#
# [![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)](https://colab.research.google.com/github/gencourse/gencourse/blob/main/notebooks/09_gpt.ipynb)
#
# **One idea.** A recurrent network squeezes all it has read into one memory. *Attention* keeps everything that was read,
# and lets each token choose where to look: a weighted mean over all tokens before it, with weights that are computed
# from the text itself. Stack a few such layers, train them to predict the next token, and you have a GPT.
#
# After this lesson you can
#
# - compute one attention head with pencil and paper, mask and all, and say what each part is for;
# - build a small GPT out of heads, positions, residual blocks and byte-pair tokens, and prove it causal;
# - compare models of text whose tokens differ, and say when attention beats recurrence and when it does not;
# - read an attention map, and explain what the key–value cache saves;
# - adapt a trained model to other texts with few weights, and measure what it forgets.
#
# It runs in about two minutes on two CPU cores, about one of which trains one model. Reading takes about 60 minutes.
# Lesson 04 comes before, for *tokens*, *bits per character*, *temperature*, and for the recurrent network and the
# n-grams that we compare with.

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
# ## What you may turn
#
# The numbers of the main experiment. With these values the results are compared with recorded runs; with others they
# are yours to explore.

# %% tags=["parameters"]
SEED = 1  # weights and the order of the data; another seed is another run
STEPS = 2000  # training steps: what the training time follows
BATCH_SIZE = 8  # windows of text in one step
TOKENS = 1024  # size of the byte-pair vocabulary
LENGTH = 128  # tokens in a window: as far back as the model can look
DEPTH = 3  # blocks on top of each other
HEADS = 4  # attention heads in each block
WIDTH = 128  # numbers that stand for one token on its way through the blocks
RATE = 2.5e-3  # learning rate at its highest; it rises for a moment and then sinks to zero
LEAKY_STEPS = 300  # steps for the model without a mask, in section 11
TUNING_STEPS = 100  # steps for each of the two fine-tuned models, in section 12
LOAD_CHECKPOINT = False  # True: train for a moment, then take the recorded networks

# %%
import itertools
import re
import time
from collections import Counter

import keras
import numpy as np
import tensorflow as tf

from gencourse import callbacks, data, language, losses, recipes, results, text, viz

runtime.set_seed(SEED)
rng = np.random.default_rng(SEED)
austen = data.load_austen()

# %% [markdown]
# ## 1 · How far back must one look?
#
# Lesson 04's recurrent network reads one character at a time and keeps 384 numbers. Whatever it should know a page later
# has to survive in those numbers, through hundreds of updates, each of which overwrites a little of everything.
#
# How long must a text model remember? Take the names. After a name has been written, how many characters is it until
# the same name comes again?

# %%
distances = []
for name in ("Elizabeth", "Darcy", "Bingley", "Anne", "Wentworth"):
    places = [match.start() for match in re.finditer(name, austen.train)]
    distances.extend(np.diff(places))
distances = np.array(distances)
print(f"{len(distances)} returns; half of them after more than {np.median(distances):.0f} characters")
print(f"within 6 characters {np.mean(distances <= 6):.1%}, within 350 {np.mean(distances <= 350):.0%}")

# %%
viz.histogram(distances, limits=(0, 3000), bins=60, x_label="characters until the same name returns")

# %% [markdown]
# Hardly any name returns at once, most after some hundred characters, and many only after a thousand or more. An n-gram
# of order 7 sees six characters: for it, every one of these names comes out of the blue. A recurrent network can carry
# a name along, if it has learnt to protect it for hundreds of steps, and if the memory has room for it beside all else.
#
# There is a second price. A recurrent network reads step after step: step 100 has to wait for step 99, in training,
# too. So its hardware is idle most of the time.
#
# **[Attention](../docs/GLOSSARY.md#attention)** drops the memory. The text itself stays on the table, and every token
# looks directly at any token before it, in one step, however far back it stands. And all tokens of a window do that at
# the same time. (Whether our model really looks so far is measured in section 8.)
#
# ## 2 · One head by hand
#
# Six tokens. In a real network they are parts of words, and the vectors are learnt; here we write them ourselves, with
# two numbers each, so that we know what they mean: the first says *a woman*, the second *a man*. Each token gets three
# vectors:
#
# - a **[query](../docs/GLOSSARY.md#query)** $q$, what this token looks for: "he" looks for a man, and "saw" for a
#   person of either kind;
# - a **[key](../docs/GLOSSARY.md#key)** $k$, what this token offers to those who look: "Elizabeth" is a woman, "Darcy"
#   is a man;
# - a **[value](../docs/GLOSSARY.md#value)** $v$, what this token hands over when it is looked at.

# %%
tokens = ["Elizabeth", " saw", " Darcy", ",", " and", " he"]
queries = np.array([[0, 0], [2, 2], [0, 0], [0, 0], [1, 1], [-1, 3]], "float32")  # (T, D)
keys = np.array([[2, 0], [0, 0], [0, 2], [0, 0], [0, 0], [0, 0.5]], "float32")  # (T, D)
values = np.array([[1, 0], [0, 0], [0, 1], [0, 0], [0, 0], [0, 0.2]], "float32")  # (T, D)
he = 5
scores = keys @ queries[he] / np.sqrt(2)
print("\n".join(f"he asks {token:10} score {score:6.2f}" for token, score in zip(tokens, scores, strict=True)))

# %% [markdown]
# A **[score](../docs/GLOSSARY.md#score)** is the inner product of the query with a key, divided by the square root of
# the number of features $d$ (here $d = 2$; why, we see in a moment). Darcy fits well, Elizabeth is the opposite of what
# is looked for, and the comma is nothing to it. Softmax turns scores into
# **[weights](../docs/GLOSSARY.md#attention-weights)**, positive shares that sum to 1. What "he" gets is the mean of all
# values with these weights:
#
# $$w_{ts} = \frac{\exp(q_t \cdot k_s / \sqrt d)}{\sum_{r} \exp(q_t \cdot k_r / \sqrt d)}, \qquad
# y_t = \sum_s w_{ts}\, v_s$$
#
# Here $t$ is the token that asks, $s$ one that is asked, and the sum over $r$ runs over all that may be asked.

# %% tags=["nbval-check-output"]
weights = np.exp(scores) / np.exp(scores).sum()
print("weights", weights.round(2), "sum", round(float(weights.sum()), 4))
print("he gets", (weights @ values).round(2))

# %% [markdown]
# Of the two numbers that "he" gets, the second is nearly 1: it now carries *a man*, taken mostly from Darcy. Nobody
# wrote a rule about pronouns; it is an inner product and a mean. And since every step has a slope, queries, keys and
# values can be learnt.
#
# All six tokens at once is one matrix product:


# %%
def softmax(scores):
    exponentials = np.exp(scores - scores.max(axis=-1, keepdims=True))  # the same shares, and nothing overflows
    return exponentials / exponentials.sum(axis=-1, keepdims=True)


all_scores = queries @ keys.T / np.sqrt(2)  # (T, T): row t is what token t asks
viz.attention_map({"everybody looks everywhere": softmax(all_scores)}, tokens)

# %% [markdown]
# Each row is a token that asks, and sums to 1. The last row is what we have just computed. Rows of zeros as queries ask
# nothing in particular, and so look at everything alike.
#
# Now see the second row: "saw" looks for persons, and finds Elizabeth and Darcy alike. But when a text is being written,
# nobody knows yet that Darcy will come. A model that is to *predict* the next token must not look at it. So before the
# softmax, every score that points ahead is set to minus infinity, which makes its weight 0. This is the
# **[causal mask](../docs/GLOSSARY.md#causal-mask)**.

# %%
ahead = np.triu(np.ones((6, 6), bool), k=1)  # True above the diagonal: place s > t
masked_scores = np.where(ahead, -np.inf, all_scores)
by_hand = softmax(masked_scores)
viz.attention_map({"with the causal mask": by_hand}, tokens)

# %% [markdown]
# Hatched squares are exactly 0. The first token can only look at itself; "saw" now finds Elizabeth alone; the last row is
# what it was, since all others stand before it. And each row still sums to 1, because the mask came *before* the
# softmax. Blanking weights afterwards would leave rows that sum to less (exercise 09.2).
#
# The package does the same for many texts and heads at a time:

# %%
shaped = [array[None, None] for array in (queries, keys, values)]  # (T, D) -> (B, heads, T, D)
package_means, package_weights = language.causal_attention(*shaped)
np.testing.assert_allclose(package_weights[0, 0], by_hand, atol=1e-6)
np.testing.assert_allclose(package_means[0, 0], by_hand @ values, atol=1e-6)
print("equal: means", package_means.shape, "weights", package_weights.shape)

# %% [markdown]
# ### Why the square root
#
# The inner product of two vectors of $d$ random numbers has a standard deviation of $\sqrt d$. What does a softmax make
# of large scores? Sixteen random keys, one random query, many times:

# %%
for d in (2, 32, 512):
    query, many_keys = rng.normal(size=(300, 1, d)), rng.normal(size=(300, 16, d))
    products = (query * many_keys).sum(axis=-1)  # (300, 16)
    largest = {name: softmax(s).max(axis=-1).mean() for name, s in (("raw", products), ("/√d", products / d**0.5))}
    print(f"d = {d:3}: spread {products.std():5.1f}, largest weight raw {largest['raw']:.2f}, /√d {largest['/√d']:.2f}")

# %% [markdown]
# Without the division a head with many features looks at a single token from the beginning, with nearly all its
# weight, and a softmax that is already certain has no slope left to learn from. With it, heads of every size begin
# undecided.
#
# ## 3 · Several heads, and the order of words
#
# One head makes one mean. To look for a subject *and* for the last comma, use several
# **[heads](../docs/GLOSSARY.md#attention-head)**, each with its own queries, keys and values. Three matrices make them
# all from the vector of each token; the result is cut into heads; each head does what we just did; the results are put
# side by side again and go through a last matrix. By hand, for a width of 8 and two heads of 4:


# %%
def split(x, heads):
    # (B, T, D) -> (B, heads, T, D/heads)
    return tf.transpose(tf.reshape(x, (-1, x.shape[1], heads, x.shape[2] // heads)), (0, 2, 1, 3))


def join(x):
    # (B, heads, T, D/heads) -> (B, T, D)
    return tf.reshape(tf.transpose(x, (0, 2, 1, 3)), (-1, x.shape[2], x.shape[1] * x.shape[3]))


def attention_layer(heads=2, width=8, **options):
    layer = language.CausalSelfAttention(heads, context=6, **options)
    layer.build((None, None, width))
    layer.out.set_weights([rng.normal(0.0, 0.4, (width, width))])  # the course's layers begin with zeros here
    return layer


# %%
layer = attention_layer()
x = rng.normal(size=(1, 6, 8)).astype("float32")  # one text of six tokens, eight numbers each
queries, keys, values = (split(x @ part.kernel, 2).numpy() for part in layer.parts)  # (1, 2, 6, 4)
means = []
for head in range(2):
    scores = queries[0, head] @ keys[0, head].T / 4**0.5
    means.append(softmax(np.where(ahead, -np.inf, scores)) @ values[0, head])
by_hand = join(np.stack(means)[None]) @ layer.out.kernel
np.testing.assert_allclose(layer(x), by_hand, rtol=1e-4, atol=1e-5)
print("equal:", tuple(by_hand.shape))

# %% [markdown]
# ### Something is missing
#
# Shuffle the first five tokens, and keep the last one in its place. All five are still there to be looked at.
#
# **Predict first.** Does the last token now get something quite different, something a little different, or the same?

# %%
shuffled = x[:, [3, 0, 4, 2, 1, 5]]
difference = np.abs(layer(x) - layer(shuffled))[0, -1].max()
print(f"the last token's output changes by {difference:.1e}")
np.testing.assert_allclose(layer(x)[0, -1], layer(shuffled)[0, -1], atol=1e-5)

# %% [markdown]
# Nothing changes beyond rounding. One expects that another order gives another result, but a weighted mean does not know
# in which order its terms stand. For this layer "Darcy refused Elizabeth" and "Elizabeth refused Darcy" are the same
# news. The places have to be told.
#
# The simplest way is to learn a vector for each place and add it to the token's ("learned positions"). It works, but
# place 57 has to be learnt apart from place 58, though what matters in language is mostly how far two words stand
# *apart*. **[Rotary positions](../docs/GLOSSARY.md#rotary-positions)** (Su and others, 2021) are built for that. Take
# two features as an arrow in the plane, and turn the arrow by an angle that grows with the place. The inner product of
# two arrows depends on the angle between them, and if both are turned, only the *difference* of their places is left:


# %% tags=["nbval-check-output"]
def turned(arrow, place):
    cosine, sine = np.cos(place), np.sin(place)  # one radian for each place
    return np.array([cosine * arrow[0] - sine * arrow[1], sine * arrow[0] + cosine * arrow[1]])


query, key = np.array([1.0, 0.5]), np.array([0.3, 1.0])
for at, looked_at in ((3, 1), (10, 8), (57, 55), (57, 54)):
    product = turned(query, at) @ turned(key, looked_at)
    print(f"query at place {at:2}, key at {looked_at:2}: product {product:6.3f}")

# %% [markdown]
# The first three have distance 2 and one product; the last has distance 3 and another. With more features, each pair of
# them turns at a speed of its own, like the hands of a clock: fast hands tell neighbours apart, slow ones tell near from
# far. `language.rotate` turns all pairs of a head; with two features there is one pair, and it is ours.

# %%
package = language.rotate(query[None, None, None].astype("float32"), position=57)
np.testing.assert_allclose(package[0, 0, 0], turned(query, 57), rtol=1e-4)
apart = np.arange(64)
hands = {f"pair {pair + 1} of 16": np.cos(apart * 10_000.0 ** (-pair / 16)) for pair in (0, 4, 8)}
viz.loss_curves(hands, x=apart, x_label="how many tokens apart", y_label="product of two equal arrows")

# %% [markdown]
# The first pair goes round every six tokens, the fifth once in sixty, and the ninth has hardly begun to turn. From such
# waves a head can build "the token just before me" as well as "somewhere in this sentence". And the shuffling?

# %%
placed = attention_layer(rotary=True)
difference = np.abs(placed(x) - placed(shuffled))[0, -1].max()
print(f"with rotary positions the last token's output changes by {difference:.2f}")

# %% [markdown]
# ## 4 · A block
#
# Attention moves information between places, and does nothing else: it takes means. What to *make* of what was gathered
# is left to a small dense network, the same one at each place. The two together are a
# **[block](../docs/GLOSSARY.md#block)**, put together like this:
#
# $$x \leftarrow x + \mathrm{attention}(\mathrm{norm}(x)), \qquad x \leftarrow x + \mathrm{dense}(\mathrm{norm}(x))$$
#
# - Each half *adds* to what is there, and what is there passes by: a
#   **[residual connection](../docs/GLOSSARY.md#residual-connection)**. A deep stack stays trainable, because slopes can
#   flow past every block.
# - Each half reads a **[normalised](../docs/GLOSSARY.md#normalisation)** copy, scaled so that its features have a mean
#   square of 1. Normalising first ("pre-norm") leaves the path of the sum itself alone.
# - The last matrix of each half begins as zeros, so that an untrained block hands its input through.
#
# The dense half has one hidden layer, four times as wide. Its activation GELU is a ReLU with a rounded corner: large
# numbers pass, negative ones are held back.

# %%
block = language.TransformerBlock(2, context=6, rotary=True)
block.build((None, None, 8))
np.testing.assert_array_equal(block(x), x)  # nothing is added yet


def normalised(x):
    return x / tf.sqrt(tf.reduce_mean(x**2, axis=-1, keepdims=True) + 1e-6)


for dense in (block.attention.out, block.narrow):
    dense.set_weights([rng.normal(0.0, 0.3, dense.kernel.shape)])
between = x + block.attention(normalised(x))
by_hand = between + keras.activations.gelu(normalised(between) @ block.widen.kernel) @ block.narrow.kernel
np.testing.assert_allclose(block(x), by_hand, rtol=1e-4, atol=1e-5)
print("equal; the dense half goes", block.widen.kernel.shape, "and back", block.narrow.kernel.shape)

# %% [markdown]
# ## 5 · Pieces of words
#
# Attention pays for every token, and can look back on a fixed number of them, its
# **[context](../docs/GLOSSARY.md#context)**. So it matters what a token is. Characters are many and say little each.
# Words say much, but there is no end of them, and a word that never occurred has no number. In between lie pieces of
# words, found by **[byte-pair encoding](../docs/GLOSSARY.md#byte-pair-encoding)** (Sennrich and others, 2016):
#
# > Begin with single characters. Count all pairs of neighbours. Join the most frequent pair into one new piece. Again.
#
# On a corpus of six different words that takes a dozen lines:


# %%
def count_pairs(words):
    pairs = Counter()
    for pieces, count in words.items():
        for pair in itertools.pairwise(pieces):
            pairs[pair] += count
    return pairs


def merge(pieces, pair):
    merged = []
    for piece in pieces:
        if merged and (merged[-1], piece) == pair:
            merged[-1] += piece
        else:
            merged.append(piece)
    return tuple(merged)


# %% tags=["nbval-check-output"]
corpus = "the sea , the shore , the others , there the mother sees the other shore"
words = Counter(tuple(word) for word in corpus.split())
for _ in range(5):
    pair, count = count_pairs(words).most_common(1)[0]
    words = Counter({merge(pieces, pair): n for pieces, n in words.items()})
    print(f"{pair[0]:>4} + {pair[1]:4} {count} times ->", " ".join("·".join(pieces) for pieces in words))

# %% [markdown]
# "the" is one piece after two steps, and helps to spell "others" and "mother", too. Whatever is rare stays in small
# pieces. Nothing can be unknown: the package begins with the 256 possible *bytes* of a text, and any text is bytes. It
# also keeps the space before a word as part of it.
#
# Now 1,024 pieces from the training part of Austen, and only from that:

# %%
tokenizer = text.BytePairTokenizer.train(austen.train, vocabulary_size=TOKENS)
train_tokens, test_tokens = tokenizer.encode(austen.train), tokenizer.encode(austen.test)
characters_per_token = len(austen.test) / len(test_tokens)
print(f"held out: {len(austen.test):,} characters, {len(test_tokens):,} tokens, {characters_per_token:.2f} each")
every = tokenizer.pieces(np.arange(1, tokenizer.vocabulary_size))
print("the first it found:", every[256:268], "\nthe longest:", sorted(every, key=len)[-6:])

# %%
for sentence in ("It is a truth universally acknowledged, that a single man", "Elizabeth met a hippopotamus: 春"):
    print("|".join(tokenizer.pieces(tokenizer.encode(sentence))))

# %% [markdown]
# Frequent words are one token, rare ones a handful, names of the cast one or two, and a Chinese character falls back to
# three bytes, none of which is a character by itself. On average a token stands for almost three characters. So a
# context of 128 tokens spans about 350 characters, and a text needs about a third of the steps.
#
# One warning, which is exercise 09.4: **nats per token cannot be compared** between models with different tokens.
# Longer tokens are harder to guess, and there are fewer of them. What compares is the surprise about the whole text,
# divided by its *characters*:
#
# $$\text{bits per character} = \frac{\text{nats per token} \times \text{tokens}}{\text{characters} \times \log 2}$$
#
# ## 6 · A GPT
#
# All parts are there: a table of token vectors (the **[embedding](../docs/GLOSSARY.md#embedding)**), a few blocks, a
# last normalisation, and logits for the next token, made with the same table again (its
# **[tied](../docs/GLOSSARY.md#tied-weights)** weights are both the way in and the way out). This is the plan of GPT
# (Radford and others, 2018), about a thousand times smaller. (How the numbers were found: `docs/search-gpt.md`.)

# %%
recipe = recipes.get("gpt-bpe")
PARAMETERS = recipe.with_parameters(
    {
        "steps": STEPS,
        "batch_size": BATCH_SIZE,
        "tokens": TOKENS,
        "length": LENGTH,
        "depth": DEPTH,
        "heads": HEADS,
        "width": WIDTH,
        "rate": RATE,
    }
)
EPOCH = max(STEPS // 10, 1)  # steps in an epoch, as `fit` counts them
runtime.set_seed(SEED)
model = recipe.build(PARAMETERS, tokenizer, SEED, recipes.steps_per_call(EPOCH, STEPS))
network = model.network
weights_of = {"embedding, and logits": network.embedding.count_params()}
weights_of |= {name: getattr(network.blocks[0], name).count_params() for name in ("attention", "widen", "narrow")}
print(f"{network.count_params():,} weights; of one block:", weights_of)

# %% [markdown]
# Two checks before any training. First: an untrained model should find all tokens about equally likely. Second, and far
# more important: is it **[causal](../docs/GLOSSARY.md#causal)**? Change a token, and no logit *before* it may move.

# %%
passage = austen.test[:10_000]
before_training = model.score(passage)
print(f"perplexity {before_training['perplexity']:.0f} of {TOKENS} tokens")
some = train_tokens[None, :LENGTH].copy()
changed = some.copy()
changed[0, 60] = (some[0, 60] + 1) % TOKENS
moved = np.abs(network(some) - network(changed)).max(axis=-1)[0]  # (T,)
print(f"largest change before place 60: {moved[:60].max():.1e}, at place 60: {moved[60]:.2f}")

# %% [markdown]
# (So far only place 60 itself moves: the blocks still hand everything through. After training we ask again.)
#
# ## 7 · Training
#
# One step shows the model eight windows of 128 tokens, and each of the 1,024 places is a prediction with a target of its
# own. Ten times on the way, `callbacks.HeldOut` asks for the score on a little held-out text. The `Budget` counts training
# steps only, so its clock stands still meanwhile.
#
# The next cell trains for about a minute, as long as lesson 04's network did. Stop it when you like and run it again: it
# goes on.

# %%
prompt = "Elizabeth was surprised to find that"
untrained = model.generate(prompt=prompt, length=40, seed=SEED)[0]
budget = callbacks.Budget(steps=STEPS, decay=PARAMETERS["decay"], warm_up=PARAMETERS["warm_up"])
held_out = callbacks.HeldOut(lambda model: model.score(passage)["bits_per_character"], budget, points=10)
stream = text.windows(train_tokens, length=LENGTH, batch_size=BATCH_SIZE, seed=SEED)
history = model.fit(
    stream,
    epochs=-(-STEPS // EPOCH),
    steps_per_epoch=EPOCH,
    verbose=0,
    callbacks=[
        *recipes.recorded("09", "austen", LOAD_CHECKPOINT, budget=budget),
        budget,
        held_out,
        callbacks.Progress(),
    ],
)

# %%
viz.loss_curves(
    {"held out (10,000 characters)": held_out.values},
    x=held_out.seconds,
    x_label="seconds of training",
    y_label="bits per character",
)

# %% [markdown]
# It falls steeply at first, and gains to the very end, where the learning rate is nearly zero.
#
# The same prompt, before and after. `stream` hands out each piece as soon as it is there, so that with a kernel running
# you see it write:

# %%
print("before:", prompt + untrained.replace("\n", " "), "\nafter: ", prompt, end="")
for piece in model.stream(prompt, length=160, temperature=0.8, seed=SEED):
    print(piece, end="", flush=True)

# %% [markdown]
# Before, it draws pieces at random. After a minute it writes English in Austen's manner: most words are words, and the
# others could nearly be; phrases hang together for half a line. What it *says* goes nowhere: a sentence forgets what it
# began with, and nothing follows from anything.
#
# ## 8 · How good is it?
#
# The whole held-out text, every token predicted once with at least half a window before it. Beside it, counting, which
# needs no training at all, and lesson 04's recurrent network, from its record.

# %%
score = model.score(austen.test)
nats_per_token = score["nats_per_character"] * characters_per_token
print(f"{nats_per_token:.3f} nats a token, perplexity {score['perplexity']:.1f}")
print(f"{score['bits_per_character']:.3f} bits a character")
results.compare(
    "09",
    "austen_bits_per_character",
    score["bits_per_character"],
    parameters=PARAMETERS,
    device=runtime.device_kind(),
)

# %%
letters = text.CharacterTokenizer.train(austen.train)
counting = language.NGram(letters, order=6).fit(austen.train)
recurrent = results.load_record("04").claim("austen_bits_per_character")
bits = {f"{n}-gram": counting.score(austen.test, order=n)["bits_per_character"] for n in (2, 4, 6)}
bits["recurrent, lesson 04 (record)"] = recurrent.median
bits["this GPT"] = score["bits_per_character"]
viz.bars(bits, unit="bits per character, held out (less is better)", number_format="{:.2f}")

# %% [markdown]
# To read that picture fairly, one must know how much text each has read. The rows are records, medians over several
# seeds; each GPT has the lesson's recipe with one thing changed. Both lessons' own recipes take about a minute.
#
# **Predict first.** Which has read more text in that minute, the recurrent network or the GPT? And in the last row the
# GPT, too, must read characters: does it still win?


# %%
def characters_read(parameters, steps):
    per_token = 1 if parameters["tokens"] == "characters" else characters_per_token
    return steps * parameters["batch_size"] * parameters["length"] * per_token / 1e6


record = results.load_record("09")
lines = [("recurrent, characters (lesson 04)", recurrent.parameters, recurrent.median)]
for table, base in (("austen", recipe), ("characters", recipes.get("gpt-char"))):
    for row in record.table(table):
        parameters = {**base.parameters, **row["changes"], "steps": row["steps"]}
        lines.append((row["variant"], parameters, row["bits_per_character"]))
print(f"{'':44}{'steps':>9}{'read':>9}{'bits':>7}")
for name, parameters, value in lines:
    print(f"{name:44}{parameters['steps']:9,}{characters_read(parameters, parameters['steps']):7.1f} M{value:7.2f}")

# %% [markdown]
# Look at the second column of numbers first. In about the same time, this GPT on byte pairs has read several times as much
# text as the recurrent network: both novels more than five times over, the other not twice. Nothing in it waits for the
# step before, and each token is almost three characters.
#
# Which of the two does it? The last row knows: the same blocks, the same number of steps, on characters. It has read a
# third of the text, it needs three places to say what was one token, and it stays behind the recurrent network. So
# attention by itself does not win here. On characters and for a minute of training, recurrence does: the order of a text
# is built into it, while a transformer first has to find out that the token before matters most. Pieces of words turn
# that round.
#
# Learned positions cost a good deal: 128 places, each of which has to be learnt apart. (What was not tried is a recurrent
# network on byte pairs. It would read faster, too.)
#
# The same as curves, from a record in which both models were given 90 seconds on the same machine:

# %%
runs = {"recurrent, characters": ("04", recipes.get("char-rnn")), "GPT, byte pairs": ("09", recipe)}
curves = {}
for name, (lesson, its) in runs.items():
    (row,) = results.load_record(lesson).table("ninety")
    run = row["curves"][0]
    curves[name] = [np.array(run["seconds"]), characters_read(its.parameters, np.array(run["steps"]))]
    curves[name].append(np.array(run["bits_per_character"]))
at = np.linspace(5, 90, 35)
by_seconds = {name: np.interp(at, seconds, bits) for name, (seconds, _, bits) in curves.items()}
viz.loss_curves(by_seconds, x=at, x_label="seconds of training", y_label="bits per character, held out")

# %%
at = np.linspace(0.2, min(read[-1] for _, read, _ in curves.values()), 35)
by_text = {name: np.interp(at, read, bits) for name, (_, read, bits) in curves.items()}
viz.loss_curves(by_text, x=at, x_label="million characters read", y_label="bits per character, held out")

# %% [markdown]
# Against seconds, the GPT is ahead from the first point on. Against characters read it is another picture: from the first
# million characters the recurrent network learns more, and then the two lines lie together, though by the end of the
# axis one has its learning rate nearly at zero and the other has most of its schedule still to go. That is the plain
# answer to who wins when. From a page the GPT learns about as much as the other; it turns three pages in the same time,
# since it reads all places of a window at once, in pieces. The more a machine can multiply at the same time, the more
# that counts, and on large machines it decides. With a single pass over little text, the recurrent network would do as
# well or better.
#
# ### What does looking back buy?
#
# We gave it a context of 128 tokens, about 350 characters. Does it use them? Take windows of held-out text, and average
# the surprise by place: the first prediction in a window is made from one token, the last from 127.
#
# **Predict first.** How many tokens are worth looking back on: does the curve fall to the end of the window, or is it
# flat after fifty tokens, or after a dozen?

# %%
count = len(test_tokens) // LENGTH - 1
windows = test_tokens[: count * LENGTH].reshape(count, LENGTH)
parts = [losses.token_nats(network(part[:, :-1]), part[:, 1:]) for part in np.array_split(windows, 10)]
nats = np.concatenate(parts)  # (N, T - 1)
viz.loss_curves({"held out": nats.mean(axis=0)}, smooth=8, x_label="tokens it can look back on", y_label="nats a token")

# %% [markdown]
# It falls steeply over the first ten tokens or so, and then it is flat, although names come back after hundreds of
# characters (section 1). After a minute of training this model uses a
# dozen tokens, thirty or forty characters: more than any n-gram could, and far less than it is shown. That a name stood
# there two hundred characters ago may help it now and then; in the mean it does not show. A context is a *permission* to
# look. Looking far has to be learnt, and it pays seldom, so it is learnt late: larger models with more text do learn it.
#
# ## 9 · A look inside
#
# Ask again whether it is causal, now that attention does something:

# %%
moved = np.abs(network(some) - network(changed)).max(axis=-1)[0]
print(f"largest change before place 60: {moved[:60].max():.1e}, from there on: {moved[60:].max():.2f}")

# %% [markdown]
# And where does it look? Each block can tell the weights that it uses. A sentence in which words come again:

# %%
sentence = "\nThen Mr. Darcy looked at Elizabeth, and Elizabeth looked at Mr. Darcy"
ids = tokenizer.encode(sentence)
pieces, x, maps = tokenizer.pieces(ids), network.embedding(ids[None]), []
for block in network.blocks:
    maps.append(block.attention_weights(x)[0].numpy())  # (heads, T, T)
    x = block(x)
maps = np.stack(maps)  # (blocks, heads, T, T)
T = len(ids)
habits = {
    "itself": maps[:, :, np.arange(2, T), np.arange(2, T)].mean(axis=-1),
    "the token before": maps[:, :, np.arange(2, T), np.arange(1, T - 1)].mean(axis=-1),
    "the first token": maps[:, :, 2:, 0].mean(axis=-1),
}
habits["elsewhere"] = 1.0 - sum(habits.values())
for name, share in habits.items():
    print(f"{name:18}", " | ".join(f"block {number}: {share[number].round(2)}" for number in range(DEPTH)))

# %%
shown = {}
for name in ("the token before", "elsewhere"):
    number, head = np.unravel_index(habits[name].argmax(), habits[name].shape)
    shown[f"block {number}, head {head}"] = maps[number, head]
picture = viz.attention_map(shown, pieces)
picture.colours = 24
picture

# %% [markdown]
# The table first: each number is the share of its attention that a head spends there, on average. Heads have habits. The
# first block spreads its attention widely. Further up you find a head that looks mostly at the token before, and heads
# that spend most of their weight on the first token, the line break that stands before every text. They are not
# interested in line breaks. Weights must sum to 1, so a head that finds nothing has to look *somewhere*, and parks there.
#
# The maps show the head that most looks at the token before (a dark line beside the diagonal), and the one that looks most
# at other places. In the run kept here that one has its dark columns at *Mr*, *Darcy* and *Elizabeth*: wherever it stands,
# it looks back at the names. Such heads were not designed. That the token before helps is what a GPT finds out first, and
# it has to find it, since nothing but rotary positions tells it what "before" is.
#
# A warning: a map shows where a head *looks*, and not what it takes from there, nor whether anything later uses it. It is
# tempting to read a grammar into it. To know what a head does, one has to take it out and measure.
#
# ## 10 · Writing fast: the key–value cache
#
# To write a token, the model needs the logits of the last place alone. But that place looks at the keys and values of
# all places before it, in each block. The naive way runs the whole network over the whole text for every new token, and
# throws away all but the last row.
#
# Thanks to the mask, nothing that was computed for an earlier place can change when a token is added. So keep the keys
# and values of all places, the **[key–value cache](../docs/GLOSSARY.md#key-value-cache)**, and compute only the new
# place: `network.read` takes the next tokens and a state, and returns logits and the new state. Read one by one, or all
# at once, the logits are equal:

# %%
state, one_by_one = network.initial_state(1), []
for place in range(LENGTH // 8):
    logits, state = network.read(some[:, place : place + 1], state)
    one_by_one.append(logits[:, 0])
all_at_once = network(some[:, : LENGTH // 8])
np.testing.assert_allclose(np.stack(one_by_one, axis=1), all_at_once, atol=1e-4)
print("equal; the cache of one block:", [tuple(part.shape) for part in state[1][0]])

# %% [markdown]
# What is saved can be counted beforehand. In one block, a token costs about $12 D^2$ multiplications in the six
# matrices (four of $D \times D$ and two of $D \times 4D$) and $2 t D$ in the attention, if it looks at $t$ places. Without
# a cache all $t$ places are computed anew each time:

# %%
place = np.arange(1, LENGTH + 1)
new_place = DEPTH * (12 * WIDTH**2 + 2 * place * WIDTH)
work = {"everything again": place * new_place / 1e6, "with the cache": new_place / 1e6}
viz.loss_curves(work, x=place, x_label="place of the new token", y_label="million multiplications")

# %% [markdown]
# One line climbs with every token; the other hardly leaves the ground. Over a whole window that is more than sixty times
# the work. How many seconds is that? Measure: sixteen texts side by side, always the likeliest token,
# in three ways. First everything again; then with the cache, and a call for each place; then as `generate` does it, with
# the cache and with the whole loop in one compiled graph.


# %%
def likeliest(logits):
    return tf.argmax(logits[:, -1:], axis=-1, output_type=tf.int32)  # (B, 1)


def everything_again(tokens, new):
    for _ in range(new):
        tokens = tf.concat([tokens, likeliest(whole(tokens))], axis=1)
    return tokens


def cached(tokens, new):
    logits, state = read(tokens, network.initial_state(TEXTS))
    for _ in range(new):
        tokens = tf.concat([tokens, likeliest(logits)], axis=1)
        logits, state = read(tokens[:, -1:], state)
    return tokens


TEXTS, NEW = 16, LENGTH // 2
any_length = tf.TensorSpec((TEXTS, None), tf.int32)
of_state = tf.nest.map_structure(tf.type_spec_from_value, network.initial_state(TEXTS))
whole = tf.function(network, input_signature=[any_length])
read = tf.function(network.read, input_signature=[any_length, of_state])

# %% [markdown]
# **Predict first.** With the cache there are some forty times fewer multiplications to do here. Will the tokens come
# forty times as fast?

# %%
start = tf.constant(np.tile(tokenizer.encode("\n" + prompt), (TEXTS, 1)))
writers = {
    "everything again": lambda: everything_again(start, NEW),
    "cache, a call for each place": lambda: cached(start, NEW),
    "cache, one compiled loop": lambda: model.generate(TEXTS, prompt=prompt, length=NEW, temperature=0),
}
speeds, written = {}, {}
for name, write in writers.items():
    write()  # the first call traces the graph
    began = time.perf_counter()
    written[name] = write()
    speeds[name] = TEXTS * NEW / (time.perf_counter() - began)
same = np.mean(written["everything again"] == written["cache, a call for each place"])
print(f"{same:.0%} of the tokens are the same in the first two")
viz.bars(speeds, unit="tokens a second", number_format="{:.0f}")

# %% [markdown]
# The text is the same. With the cache it comes two or three times as fast, far from forty, and from the compiled loop
# several times as fast again. Multiplications are not seconds. A machine does many of them at once, so those that the
# cache saves were cheap; and at this size, the call from Python for each place costs more than the work that it asks
# for. Both matter. A chat program writes its answers with a cache like this one; and when it holds hundreds of long
# texts at a time, the cache is most of its memory.
#
# When the context is full, there is no room for another place. `generate` then empties the cache, reads the latter half
# of the context again, and goes on.
#
# ## 11 · Broken on purpose: no mask
#
# Leave out the mask, and nothing else: a small GPT on characters, whose heads may look anywhere. Every target of a
# window stands in the window, one place ahead.


# %%
class Unmasked(language.CausalSelfAttention):
    """Attention that looks everywhere: section 3 again, without the line that hides what lies ahead."""

    def call(self, x):
        queries, keys, values = (split(part(x), self.heads) for part in self.parts)
        queries, keys = language.rotate(queries), language.rotate(keys)
        scores = tf.matmul(queries, keys, transpose_b=True) / queries.shape[-1] ** 0.5
        return self.out(join(tf.matmul(tf.nn.softmax(scores), values)))


class UnmaskedBlock(language.TransformerBlock):
    def __init__(self, heads, context, **options):
        super().__init__(heads, context, rotary=True, **options)
        self.attention = Unmasked(heads, context, rotary=True)


def small_gpt(block_kind):
    network = language.LanguageNetwork(
        vocabulary_size=letters.vocabulary_size,
        width=64,
        blocks=[block_kind(2, 64) for _ in range(2)],
        context=64,
        tie=True,
        normalise=True,
    )
    network.build()
    small = language.LanguageModel(network, letters, seed=SEED)
    small.compile(optimizer=keras.optimizers.Adam(4e-3), steps_per_execution=20)
    return small


# %%
runtime.set_seed(SEED)
leaky = small_gpt(UnmaskedBlock)
letter_stream = text.windows(letters.encode(austen.train), length=64, batch_size=16, seed=SEED)
leaky_history = leaky.fit(letter_stream, epochs=-(-LEAKY_STEPS // 20), steps_per_epoch=20, verbose=0)
claimed = leaky.score(passage)["bits_per_character"]
viz.loss_curves({"training": leaky.training_history["loss"]}, x_label="20 steps each", y_label="nats a character")

# %% [markdown]
# A wonderful curve: the loss goes to zero, which no model of English can do. It has not learnt the book by heart: most
# of the book it has never seen.
#
# **Predict first.** What will `score` say on *held-out* text: wonderful, or terrible? And what will the model write?

# %%
ids = letters.encode(passage)
prefixes = np.stack([ids[i : i + 32] for i in range(0, 6000, 15)])  # (400, 32): what is known
targets = ids[np.arange(0, 6000, 15) + 32]  # (400,): the character after each
log_shares = tf.nn.log_softmax(leaky.network(prefixes)[:, -1]).numpy()
honest = -log_shares[np.arange(400), targets].mean() / np.log(2)
alone = counting.score(passage, order=1)["bits_per_character"]
print(f"all at once, as `score` does: {claimed:.2f} bits a character")
print(f"from what stands before: {honest:.1f} bits; counting single characters: {alone:.1f}")
print("it writes:", repr(leaky.generate(prompt=prompt, length=80, seed=SEED)[0]))

# %% [markdown]
# Held-out text does not help against this bug: the targets of the held-out windows leak just as well, so the score is
# wonderful, too. Asked honestly, each time with nothing but the characters before, the model is about as good as somebody
# who knows only how frequent each letter is. It has learnt one thing, to copy the next place, and when
# there is no next place, it has nothing to say. What it writes is noise, since *writing* cannot cheat.
#
# Two habits protect from this. Test causality by changing a token, as in section 6; it takes three lines. And when a
# score is too good to be true, generate: a model of English that scores 0.2 bits and writes gibberish is no mystery.
#
# ## 12 · Another voice: fine-tuning on verse
#
# A model that has learnt English from novels need not learn it again for poems.
# **[Fine-tuning](../docs/GLOSSARY.md#fine-tuning)** goes on training a finished model on other, usually much smaller
# data. Ours: Shakespeare's sonnets, 139 to train on and every tenth held out, with the tokens of the novels.

# %%
sonnets = data.load_sonnets()
verse_train, verse_test = ("\n\n".join(part) + "\n" for part in sonnets)
print(
    f"{len(verse_train):,} characters to train on, {len(verse_test):,} held out; the novels had {len(austen.train):,}"
)
print(sonnets.test[1][:180])


# %%
def on_both(name, tuned):
    verse, prose = (tuned.score(part)["bits_per_character"] for part in (verse_test, passage))
    print(f"{name:32} verse {verse:.2f}, prose {prose:.2f} bits a character")


on_both("novels only", model)

# %% [markdown]
# Verse costs it about twice what novels cost: inverted sentences, *thy* and *doth*, a line break every ten syllables.
#
# One can go on training **all weights**, at a smaller rate. Or freeze them all and learn a small correction to each
# matrix: instead of $W$ use $W + A B$, where $A$ has only $r$ columns and $B$ only $r$ rows. Such
# **[low-rank adapters](../docs/GLOSSARY.md#low-rank-adapter)** (LoRA, Hu and others, 2022) begin with $B = 0$, so that
# at first nothing changes. On one matrix:

# %%
W = rng.normal(size=(128, 512))
A, B = rng.normal(size=(128, 4)), np.zeros((4, 512))
np.testing.assert_array_equal(W + A @ B, W)
print(f"W has {W.size:,} numbers, A and B together {A.size + B.size:,}: {100 * (A.size + B.size) / W.size:.1f}%")

# %% [markdown]
# Now both ways for a hundred steps on the sonnets.
#
# **Predict first.** What happens to its prose meanwhile, when all weights learn? And when all the old weights are
# frozen, and only adapters learn: can it forget at all?


# %%
def fine_tune(rank, rate):
    tuned = recipe.build(PARAMETERS, tokenizer, SEED, 1)
    tuned.network.set_weights(network.get_weights())
    learning = language.add_adapters(tuned.network, rank=rank) if rank else tuned.network.count_params()
    optimizer = keras.optimizers.Adam(rate, beta_2=PARAMETERS["beta_2"])
    tuned.compile(optimizer=optimizer, steps_per_execution=10)  # it must know which weights learn
    budget = callbacks.Budget(steps=TUNING_STEPS, decay="linear", warm_up=0.05)
    stream = text.windows(tokenizer.encode(verse_train), length=LENGTH, batch_size=BATCH_SIZE, seed=SEED)
    tuned.fit(stream, epochs=-(-TUNING_STEPS // 50), steps_per_epoch=50, verbose=0, callbacks=[budget])
    return tuned, learning


everything, learning = fine_tune(rank=0, rate=4e-4)
on_both(f"all {learning:,} weights", everything)

# %%
adapted, learning = fine_tune(rank=8, rate=2e-3)
on_both(f"adapters, {learning:,} weights", adapted)

# %% [markdown]
# Both learn much of the new voice within seconds, and both *forget*: held-out prose has become dearer. The second is a
# surprise to many, since not one old weight has moved. But what counts is $W + AB$, and that has moved. Adapters learn
# a thirteenth as many weights and get a little less far. What they learnt can be kept in a small file, and taken off
# again, which gives the novels back unharmed. What they do not do is remember: as long as they are on, prose suffers
# alike.
#
# The record trained longer, on its own model, and has two more rows: one in which a quarter of each batch is still
# prose, and one that never saw prose at all.

# %%
print(f"{'':48}{'verse':>8}{'prose':>8}   bits a character")
for row in record.table("verse"):
    print(f"{row['variant']:48}{row['bits_per_character']:8.2f}{row['prose_bits_per_character']:8.2f}")

# %%
opening = "Shall I compare thee"
for name, tuned in {"novels": model, "all weights": everything, "adapters": adapted}.items():
    print(f"{name}:\n{opening}{tuned.generate(prompt=opening, length=60, temperature=0.8, seed=SEED)[0]}\n")

# %% [markdown]
# Three voices from one beginning. The tuned models break their lines like verse and reach for its words: in the run kept
# here *mine honour's eye*, *thy*, *beauty*. None of them knows what a sonnet is: no rhyme, no fourteen lines, no thought
# that gets anywhere.
#
# In the record, look at the row with a quarter of prose: a few windows of the old text in each batch, and most of the
# forgetting is gone, while verse loses little. Reading the old again while learning the new is called
# **[rehearsal](../docs/GLOSSARY.md#rehearsal)**, and it is as simple as it sounds. The last row has never read a novel,
# and on verse it comes nearer than one might think: the sonnets are very much alike, and 85,000 characters of them
# teach a good deal. The head start is worth something, and it is not everything. Of prose, that model knows next to
# nothing.
#
# ## 13 · What this cannot do
#
# - **See further than its context.** What lies 129 tokens back does not exist for it. (And what lies 20 back hardly
#   matters to it, as section 8 showed.) A longer context costs: twice the places are four times the scores.
# - **Mean anything.** It has read two novels. It knows which words follow which, over a few lines, and nothing of who is
#   married to whom.
# - **Know what it does not know.** The probabilities are about *text*, and say nothing about truth.
# - **Answer.** It continues. What makes a model of this kind follow instructions comes afterwards, from more
#   fine-tuning.
# - **Become large here.** With a thousand times the text and the weights the same few lines make the models that
#   everybody knows. The parts of this lesson are their parts.
#
# ## 14 · Exercises
#
# Each check tells you in a sentence why an answer is right or not yet. `hint("09.2")` helps in stages. Worked
# solutions: [solutions/09_gpt.ipynb](solutions/09_gpt.ipynb).
#
# First a few short questions. Choose an answer, and read why it is right or not.

# %%
from gencourse.exercises import check, hint, progress, quiz

quiz("09")

# %% [markdown]
# **09.1 One query by hand.** A head has $d = 4$ features. The second of three tokens asks with $q = (2, 0, 2, 0)$. The
# three keys are $k_1 = (1, 5, 1, 1)$, $k_2 = (0, 1, 1, 3)$ and $k_3 = (3, 0, 3, 0)$, the values, one number each, are
# $10$, $20$ and $90$. Which weights does the second token give to the three, under a causal mask, and what does it get?

# %%
weight_1 = ...
weight_2 = ...
weight_3 = ...
gets = ...
check("09.1", (weight_1, weight_2, weight_3, gets))

# %% [markdown]
# **09.2 A head with bugs.** One causal head in NumPy. It runs, the shapes are right, and four things are wrong with it.


# %%
def causal_head(queries, keys, values):
    # queries, keys: (T, D); values: (T, E) -> means (T, E)
    scores = queries @ keys.T  # (T, T)
    weights = np.exp(scores) / np.exp(scores).sum(axis=0)
    weights = weights * np.triu(np.ones_like(weights))
    return weights @ values


check("09.2", causal_head)

# %% [markdown]
# **09.3 Three merges.** A corpus has the words *hen* (4 times), *then* (5 times), *ten* (6 times) and *pen* (3 times),
# all cut into single letters. Which three pieces does byte-pair encoding make first, in order? And into how many pieces
# are the two words *then pens* cut after that?

# %%
first = ...  # strings, such as "ab"
second = ...
third = ...
pieces_of_then_pens = ...
check("09.3", (first, second, third, pieces_of_then_pens))

# %% [markdown]
# **09.4 Which is better?** Both models are scored on the same held-out text of 114,800 characters. Model A cuts it into
# 41,000 tokens of a vocabulary of 1,024, and its mean surprise is 3.36 nats per token. Model B predicts characters, 76
# different ones, and its mean surprise is 1.22 nats per token. How many bits per character has each, and which is the
# better model of the text?

# %%
bits_a = ...
bits_b = ...
better = ...  # "A" or "B"
check("09.4", (bits_a, bits_b, better))

# %% [markdown]
# **09.5 What the cache saves.** One block, $D = 64$, is about to compute its outputs for a text of exactly 100 tokens, the
# last of which is new. Count multiplications: $12 D^2$ for each place that goes through the matrices; $2 D$ for each
# pair of a place that asks and a place that is asked. (Masked pairs are computed, too, and thrown away.) How many are
# needed without a cache, how many with one? And a third model has a cache, but its author forgot half of it: values
# are kept, and the keys of all 100 places are made anew each time. How many *more* than with the full cache does that
# cost?

# %%
without = ...
with_cache = ...
forgotten_keys = ...
check("09.5", (without, with_cache, forgotten_keys))

# %%
print(hint("09.1"))
progress()

# %% [markdown]
# ## What to read next
#
# - Bahdanau, Cho and Bengio, *Neural Machine Translation by Jointly Learning to Align and Translate*, 2015, where
#   attention came from; Vaswani et al., *Attention Is All You Need*, 2017, which left out everything else.
# - Radford et al., *Improving Language Understanding by Generative Pre-Training*, 2018, and *Language Models are
#   Unsupervised Multitask Learners*, 2019: GPT and GPT-2.
# - Sennrich, Haddow and Birch, *Neural Machine Translation of Rare Words with Subword Units*, 2016: byte pairs.
# - Su et al., *RoFormer: Enhanced Transformer with Rotary Position Embedding*, 2021: places as turned arrows, and
#   why only distances count.
# - Hu et al., *LoRA: Low-Rank Adaptation of Large Language Models*, 2022: the adapters, on models that deserve them.
# - **Lesson 10** lets one text look at another: translation. **Lesson 15** compares all models of the course. **Lesson
#   18** makes this one smaller and faster.
