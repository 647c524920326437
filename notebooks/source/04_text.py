# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
#   gencourse:
#     recipes: [char-rnn]
# ---

# %% [markdown]
# # 04 · Text generation: from counting pairs to recurrent networks
#
# [![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)](https://colab.research.google.com/github/gencourse/gencourse/blob/main/notebooks/04_text.ipynb)
#
# **One idea.** A text can be written one symbol at a time, if at each place somebody says how likely each next symbol
# is. Counting what followed what in a book gives such a somebody. A *recurrent network* gives a better one: it keeps a
# memory, and learns what is worth remembering.
#
# After this lesson you can
#
# - build a text generator by counting, and say why counting longer stretches helps only up to a point;
# - measure any model of text in bits per character, on text that it has not seen, and tell whether it copies;
# - turn words into vectors by counting, and say what an embedding layer has to do with it;
# - work out a step of a simple recurrent network and of a GRU by hand;
# - choose the next symbol by temperature, top-k and top-p, and say what each is for;
# - recognise loops, exploding gradients, and four bugs that spoil training or writing.
#
# It runs in about two minutes on two CPU cores, less than one of which trains one model. Reading takes about 60
# minutes. Lesson 00 comes before, for *likelihood*, *recipe*, *record*, *floor* and *baseline*.

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
SEED = 1  # weights and draws; another seed is another run
STEPS = 3200  # batches: what the training time follows
BATCH_SIZE = 16  # places in the book that are read side by side
LENGTH = 32  # characters that one step reads at each of them
EMBEDDING_DIM = 64  # numbers that stand for a character
UNITS = (384,)  # numbers in the memory; (256, 256) would be two layers
CELL = "gru"  # kind of memory: or "simple", "lstm"
RATE = 6e-3  # highest learning rate; it is reached after the first steps and sinks to zero along a cosine
CLIP_NORM = 1.0  # gradients longer than this are shortened; section 9 shows why
LOAD_CHECKPOINT = False  # True: train for a moment, then take the recorded networks

# %%
import re

import keras
import numpy as np
import tensorflow as tf

from gencourse import callbacks, data, language, losses, metrics, recipes, results, sampling, text, viz

runtime.set_seed(SEED)
rng = np.random.default_rng(SEED)

# %% [markdown]
# ## 1 · A text
#
# *Pride and Prejudice* and *Persuasion* by Jane Austen, one after the other. The last tenth of it, a part of
# *Persuasion*, is **[held out](../docs/GLOSSARY.md#held-out)**: no model learns from it, and all are measured on it.

# %%
austen = data.load_austen()
print(f"{len(austen.train):,} characters to learn from, {len(austen.test):,} held out\n")
print(austen.train[32 : austen.train.index("daughters.") + 10])

# %% [markdown]
# To a machine this is a row of symbols. Here each **character** is one: letters, marks, spaces, and the line breaks,
# which the printed edition put there. What a model takes as one symbol is called a
# **[token](../docs/GLOSSARY.md#token)**, and the list of all tokens is its
# **[vocabulary](../docs/GLOSSARY.md#vocabulary)**. Tokens could as well be words, or pieces of words (lesson 09). A
# **[tokenizer](../docs/GLOSSARY.md#tokenizer)** writes a text as whole numbers and back.

# %% tags=["nbval-check-output"]
tokenizer = text.CharacterTokenizer.train(austen.train)
numbers = tokenizer.encode("Mr. Darcy")
print("vocabulary:", tokenizer.vocabulary_size, "tokens:", repr(tokenizer.symbols))
print("Mr. Darcy ->", numbers, "->", tokenizer.decode(numbers))

# %% [markdown]
# The numbers are names and not sizes. (Two more are reserved: 0 fills up short texts, 1 stands for a character never
# seen before.) Now count. How often does each character occur?

# %%
tokens = tokenizer.encode(austen.train)
singles = np.bincount(tokens, minlength=tokenizer.vocabulary_size)
shares = singles / singles.sum()
common = np.argsort(-shares)[:12]
named = {" ": "space", "\n": "line break"}
shown = {named.get(symbol, symbol): shares[i] for i, symbol in zip(common, tokenizer.pieces(common))}
viz.bars(shown, unit="share of all characters", number_format="{:.3f}")

# %% [markdown]
# Nearly every sixth character is a space, every tenth an *e*. That is a model of text already, if a poor one: draw each
# character with its share, whatever stands before it.

# %%
print(tokenizer.decode(rng.choice(len(shares), size=150, p=shares)))

# %% [markdown]
# ## 2 · Counting what follows
#
# After *q* comes *u*; after *t* often *h*. So count **[pairs](../docs/GLOSSARY.md#bigram)**: how often does each
# character follow each other one? A row of the table, divided by its sum, holds the probabilities of the next
# character, given this one.

# %%
pairs = np.zeros((tokenizer.vocabulary_size,) * 2, "int64")
np.add.at(pairs, (tokens[:-1], tokens[1:]), 1)
letters = " abcdefghijklmnopqrstuvwxyz"
rows = tokenizer.encode(letters)
following = pairs[rows][:, rows] / pairs[rows].sum(axis=1, keepdims=True)
viz.symbol_table(following, letters, label="share among all that follow")

# %% [markdown]
# Read a row from left to right: after *q* nothing but *u*, after *v* mostly *e*, after *y* and *d* a space. In the top
# row stand the letters that begin words, most often *t* and *a*. Write with this table: draw from the row of the last
# character, again and again.


# %%
def write_by_pairs(first, length):
    written = [int(tokenizer.encode(first)[0])]
    for _ in range(length):
        row = pairs[written[-1]]
        written.append(rng.choice(len(row), p=row / row.sum()))
    return tokenizer.decode(written)


print(write_by_pairs("T", 150))

# %% [markdown]
# Still no English, but vowels and consonants take turns, and words have the lengths of words.
#
# ### How good is a model of text?
#
# Taste will not do. Ask instead: **how surprised is the model by text that it has not seen?** At each place it gave the
# character that really came a probability $p$. Its surprise is $-\log_2 p$ **[bits](../docs/GLOSSARY.md#bits)**: 0 bits
# for something that was certain, 1 for the fall of a coin, 3 for one of eight equal chances. Probabilities of a whole
# text multiply, so surprises add up, and their mean is the score:
# **[bits per character](../docs/GLOSSARY.md#bits-per-character)**, less is better. Two models that met the word *the*:

# %% tags=["nbval-check-output"]
guesses = {"model A": np.array([1 / 2, 1 / 4, 1 / 8]), "model B": np.array([1 / 8, 1 / 2, 1 / 2])}
print(f"{'':9}{'t':>6}{'h':>6}{'e':>6}{'p(the)':>9}{'bits':>12}{'per character':>15}{'nats':>7}{'perplexity':>12}")
for name, p in guesses.items():
    bits = -np.log2(p)
    print(
        f"{name:9}" + "".join(f"{share:6.3f}" for share in p) + f"{p.prod():9.4f}{bits.round().astype(int)!s:>12}"
        f"{bits.mean():15.2f}{-np.log(p).mean():7.2f}{2 ** bits.mean():12.2f}"
    )
logits = np.log(np.stack([guesses["model A"], 1 - guesses["model A"]], axis=-1))  # (3, 2): "this one" or not
nats = losses.token_nats(logits[None].astype("float32"), np.zeros((1, 3), "int32"))
np.testing.assert_allclose(nats[0], -np.log(guesses["model A"]), rtol=1e-5)

# %% [markdown]
# Model B found *the* twice as likely, and saved a bit in all, a third of a bit per character. The other columns say the
# same in other units:
#
# - **[Nats](../docs/GLOSSARY.md#nats)** count with the natural logarithm, as losses in training do: 1 bit is 0.693
#   nats.
# - **[Perplexity](../docs/GLOSSARY.md#perplexity)** is 2 to the power of the bits: model A was as uncertain as somebody
#   who must choose among 4 equally likely characters each time.
#
# (The last lines of the cell check that the package's loss, `losses.token_nats`, counts the same. What it is given,
# *logits*, comes in section 4.)
#
# Now let the pairs meet the held-out text, which has 114,792 of them.
#
# **Predict first.** How many of these will the table never have seen, after a million others: none, a handful, or
# thousands? And what does a single one of them do to the mean surprise?

# %%
held_out = tokenizer.encode(austen.test)
p = (pairs / np.maximum(pairs.sum(axis=1, keepdims=True), 1))[held_out[:-1], held_out[1:]]
print(
    f"{(p == 0).sum()} of {len(p):,} pairs were never seen; the others cost {-np.log2(p[p > 0]).mean():.2f} bits each"
)

# %% [markdown]
# Only a handful is new, so one could think that they hardly matter. But the table gives them probability 0, so their
# surprise is infinite, and so is the mean. A model that calls anything impossible loses everything on the first
# exception. The remedy is to save a little for what
# was never seen: take a **[discount](../docs/GLOSSARY.md#discount-of-counts)** $d$ from every count, and let the
# shorter view, single characters, deal out what that frees:
#
# $$p(w \mid h) = \frac{\max(c(hw) - d,\, 0)}{c(h)} + \frac{d \cdot k(h)}{c(h)}\; p(w)$$
#
# Here $c$ are counts, $h$ is the character before, $w$ the next one, and $k(h)$ says how many different characters
# followed $h$. The same rule climbs to longer histories: three characters lean on two, two on one. This is
# `language.NGram`; an **[n-gram](../docs/GLOSSARY.md#n-gram)** is a stretch of $n$ tokens. By hand, for what follows
# *t*:

# %%
ngram = language.NGram(tokenizer, order=10).fit(austen.train)
once, twice = (pairs == 1).sum(), (pairs == 2).sum()
d = once / (once + 2 * twice)  # seen once, against seen twice: how many more may wait unseen
row = pairs[tokenizer.encode("t")[0]]
singly = ngram.shares("", order=1)
by_hand = np.maximum(row - d, 0) / row.sum() + d * (row > 0).sum() / row.sum() * singly
np.testing.assert_allclose(ngram.shares("t", order=2), by_hand, rtol=1e-9)
print(f"discount {d:.2f}; kept for what never followed t: {d * (row > 0).sum() / row.sum():.5f} of the probability")

# %% [markdown]
# ### Longer memories
#
# A model of **order** 7 counts stretches of seven and so looks back on six characters.
#
# **Predict first.** Does it always help to look back further? And what happens to the score on the *training* text?

# %%
orders = range(1, 8)
bits = {
    "held out": [ngram.score(austen.test, order=k)["bits_per_character"] for k in orders],
    "training text": [ngram.score(austen.train[:100_000], order=k)["bits_per_character"] for k in orders],
}
print("order    " + "".join(f"{k:9}" for k in orders))
for name, row in bits.items():
    print(f"{name:14}" + "".join(f"{value:9.2f}" for value in row)[5:])

# %%
viz.loss_curves(bits, x=list(orders), x_label="order: tokens in a counted stretch", y_label="bits per character")

# %% [markdown]
# On the text that was counted, every longer stretch looks better. On held-out text the gain gets smaller, and with
# order 7 it is a loss. One expects that more context can only help, and with an endless book it would. But longer
# histories have been seen less often: of the stretches of seven characters in the held-out text about one in five
# stands nowhere in the training text, of those of ten more than half. A model that fits what it has seen better and
# better, and the rest worse, **[overfits](../docs/GLOSSARY.md#overfitting)**, and a table cannot help it. *The lady*
# and *the women* share nothing in it; each must be seen anew.
#
# What the orders write, all from the same beginning:

# %%
for k in orders:
    written = ngram.generate(prompt="It is a truth", length=130, order=k, seed=SEED)[0]
    print(f"{k} | It is a truth{' '.join(written.split(' ')).replace(chr(10), ' ')}")

# %% [markdown]
# From order 4 on most words are English, from order 6 on whole phrases. The sense does not last longer than the memory:
# six characters are about one word.
#
# Are those phrases its own? `metrics.copied_stretches` looks for stretches that stand word for word in the training
# text: the longest of them, and the share of characters that lie inside a common stretch of 30 or more. The
# **[floor](../docs/GLOSSARY.md#floor)** is Austen herself: held-out pages of hers also repeat phrases that she had used
# before.

# %%
LONG = 4000  # characters
passages = {
    "order 7": ngram.generate(prompt="\n", length=LONG, order=7, seed=SEED)[0],
    "order 10": ngram.generate(prompt="\n", length=LONG, order=10, seed=SEED)[0],
    "held out": austen.test[:LONG],
}


def show_copies(passages):
    print(f"{'':12}{'copied':>8}{'longest':>9}")
    for name, passage in passages.items():
        found = metrics.copied_stretches(passage, austen.train)
        print(f"{name:12}{found['copied_share']:8.1%}{found['longest']:9}  {found['longest_text']!r}")


show_copies(passages)

# %% [markdown]
# Order 7 takes over set phrases of some twenty characters, and Austen does that herself. Order 10 begins to recite. A
# longer memory in a table is a memory of *this* book, and not of English; the held-out bits had begun to say so.
#
# ## 3 · Words as vectors
#
# A table knows only "the same" and "not the same". Yet *father* and *mother* are alike, and one can see it in the text:
# they stand among the same words. So let us count **neighbours**: for the thousand most frequent words, how often does
# each occur next to each other one, or next but one?

# %%
words = re.findall(r"[a-z]+(?:'[a-z]+)?", austen.train.lower())
kinds, frequency = np.unique(words, return_counts=True)
frequent = list(kinds[np.argsort(-frequency, kind="stable")][:1000])
number = {word: i for i, word in enumerate(frequent)}
row = np.array([number.get(word, -1) for word in words])
together = np.zeros((1000, 1000))
for apart in (1, 2):
    one, other = row[:-apart], row[apart:]
    both = (one >= 0) & (other >= 0)
    np.add.at(together, (one[both], other[both]), 1)
    np.add.at(together, (other[both], one[both]), 1)
near = np.argsort(-together[number["mother"]])[:10]
print("most often near mother:", ", ".join(frequent[i] for i in near))

# %% [markdown]
# Words that stand near everything say nothing. Ask rather: how much *more often* do two words meet than by chance? The
# logarithm of that ratio is the **[pointwise mutual information](../docs/GLOSSARY.md#pointwise-mutual-information)**,
# and since the negative ones are mostly noise, they are set to 0 (PPMI, the first P for *positive*):
#
# $$\text{PPMI}(w, v) = \max\Big(0,\; \log \frac{p(w, v)}{p(w)\, p(v)}\Big)$$
#
# That gives each word a row of a thousand numbers. A
# **[singular value decomposition](../docs/GLOSSARY.md#singular-value-decomposition)** finds the few directions in which
# the rows differ most, and we keep fifty: fifty numbers for each word, its
# **[vector](../docs/GLOSSARY.md#word-vector)**. (Frequencies of neighbours are raised to the power 0.75, which keeps
# rare words from looking too special.)

# %%
chance = together.sum(axis=1) ** 0.75
with np.errstate(divide="ignore"):
    information = np.log(together / together.sum(axis=1, keepdims=True) / (chance / chance.sum()))
left, strength, _ = np.linalg.svd(np.maximum(information, 0))
vectors = left[:, :50] * np.sqrt(strength[:50])
vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)  # (1000, 50), all of length 1
for word in ("elizabeth", "captain", "room", "three", "pleasure", "mother", "he"):
    alike = np.argsort(-vectors @ vectors[number[word]])[1:6]
    print(f"{word:10} {', '.join(frequent[i] for i in alike)}")

# %% [markdown]
# Nobody told it that *three* is a number, or who is a captain. What is near is what stands among similar words; that
# can be the opposite, too: *pleasure* and *pain* keep the same company. With 180,000 words of text it is rough;
# companies have done it with a million times as many.
#
# A map of some words, in the two directions in which *these* differ most. The colours are ours; the places come from
# counting.

# %%
groups = [
    "mother father sister brother aunt cousin",
    "two three four five ten twenty",
    "room house parlour carriage garden street",
    "elizabeth jane darcy bingley lydia charles",
    "pleasure pain joy delight regret surprise",
]
chosen = [(word, g) for g, group in enumerate(groups) for word in group.split() if word in number]
places = vectors[[number[word] for word, _ in chosen]]
left, strength, _ = np.linalg.svd(places - places.mean(axis=0), full_matrices=False)
viz.word_map(left[:, :2] * strength[:2], [word for word, _ in chosen], groups=[g for _, g in chosen])

# %% [markdown]
# (A word that would cover another one stands a little lower than its place.) The numbers keep to themselves, far from
# all others, and so do the relatives. Feelings and places lie close together; for them two directions are too few.
# Between stand the names, with *lydia* nearest to the relatives.
#
# ### The same, learnt
#
# A network can learn such vectors by itself, as weights. An **[embedding](../docs/GLOSSARY.md#embedding)** layer is a
# table with a row of numbers for each token; it looks the row up, and training moves it, like any other weight, to
# where it helps the predictions. Levy and Goldberg showed in 2014 that a well-known way to train word vectors
# (word2vec) does in secret what we just did: it factorises a table of pointwise mutual information. Our network will
# have an embedding of characters.

# %% tags=["nbval-check-output"]
embedding = keras.layers.Embedding(tokenizer.vocabulary_size, 3, keras.initializers.RandomNormal(stddev=1.0))
two_words = np.stack([tokenizer.encode("her"), tokenizer.encode("his")])  # (2, 3) tokens
looked_up = embedding(two_words).numpy()  # (2, 3) -> (2, 3, 3)
np.testing.assert_allclose(looked_up, embedding.get_weights()[0][two_words])
print(
    "tokens",
    two_words.shape,
    "-> vectors",
    looked_up.shape,
    "· both begin alike:",
    (looked_up[0, 0] == looked_up[1, 0]).all(),
)

# %% [markdown]
# ## 4 · A memory
#
# A **[recurrent network](../docs/GLOSSARY.md#recurrent-network)** reads one token at a time and keeps a row of numbers,
# its **[hidden state](../docs/GLOSSARY.md#hidden-state)** $h$: all that it remembers of what it has read. At each token
# it makes the new state from the old one and the token's vector $x$:
#
# $$h_t = \tanh(W x_t + U h_{t-1} + b)$$
#
# The matrices $W$ and $U$ and the vector $b$ are learnt, and the same at every place; so a text can be of any length. A
# last layer turns each state into **[logits](../docs/GLOSSARY.md#logit)**, one number $\ell_i$ for each token $i$ of the
# vocabulary. The **softmax** makes probabilities of them: it raises $e$ to each logit, so that all become positive, and
# divides by the sum, so that they add up to 1.
#
# $$p_i = \frac{e^{\ell_i}}{\sum_j e^{\ell_j}}$$
#
# The states, for two texts of three tokens, by hand:

# %%
layer = keras.layers.SimpleRNN(4, return_sequences=True)
expected = layer(looked_up).numpy()  # (2, 3, 3) -> (2, 3, 4): the state after each token
W, U, b = layer.get_weights()
state, states = np.zeros((2, 4)), []
for t in range(3):
    state = np.tanh(looked_up[:, t] @ W + state @ U + b)
    states.append(state)
np.testing.assert_allclose(np.stack(states, axis=1), expected, rtol=1e-4, atol=1e-6)
print("vectors", looked_up.shape, "-> states", expected.shape, "; W", W.shape, "U", U.shape, "b", b.shape)

# %% [markdown]
# That is Elman's network of 1990. Its weakness: everything is squeezed through $U$ and tanh at *every* step. To carry
# something over thirty characters, it must survive thirty such steps, and to *learn* that it is worth carrying, its
# gradient must survive them on the way back. It shrinks to nothing, or grows beyond all bounds (section 9).
#
# ### Gates
#
# The **[gated recurrent unit](../docs/GLOSSARY.md#gated-recurrent-unit)** (GRU; Cho and others, 2014) lets each number
# of the state decide for itself whether to stay. A **[gate](../docs/GLOSSARY.md#gate)** is a number between 0 and 1,
# computed from the token and the state, with the sigmoid $\sigma(a) = 1/(1 + e^{-a})$:
#
# $$z = \sigma(W_z x + U_z h), \qquad r = \sigma(W_r x + U_r h)$$
# $$c = \tanh\big(W_c x + r \odot (U_c h)\big), \qquad h_{\text{new}} = z \odot h + (1 - z) \odot c$$
#
# Each line has a bias, too, and $\odot$ multiplies number by number. $c$ is what the state *could* become. The
# **[update gate](../docs/GLOSSARY.md#update-gate)** $z$ decides: at 1 the old number stays as it is, untouched by any
# matrix, for as long as the gate stays shut; at 0 it is replaced. The **[reset gate](../docs/GLOSSARY.md#reset-gate)**
# $r$ decides how much of the old state the candidate gets to see.


# %%
def sigmoid(a):
    return 1 / (1 + np.exp(-a))


gru = keras.layers.GRU(4, return_sequences=True)
expected = gru(looked_up).numpy()
W, U, (b_x, b_h) = gru.get_weights()  # W (3, 12): three matrices side by side, for z, r and c
state, states = np.zeros((2, 4)), []
for t in range(3):
    from_token = np.split(looked_up[:, t] @ W + b_x, 3, axis=1)
    from_state = np.split(state @ U + b_h, 3, axis=1)
    z, r = (sigmoid(from_token[i] + from_state[i]) for i in (0, 1))
    candidate = np.tanh(from_token[2] + r * from_state[2])
    state = z * state + (1 - z) * candidate
    states.append(state)
np.testing.assert_allclose(np.stack(states, axis=1), expected, rtol=1e-4, atol=1e-6)
print("the same as Keras' GRU, to the last digits; update gates of the first text:", z[0].round(2))

# %% [markdown]
# The **[LSTM](../docs/GLOSSARY.md#long-short-term-memory)** (Hochreiter and Schmidhuber, 1997) is older and has one
# gate more. It keeps a second row of numbers, the *cell*, which is only ever scaled by a gate and added to, and shows a
# gated part of it as its state. Which of the three is best for us, section 7 measures.
#
# ### What the network is asked
#
# At *every* place of a training text: what comes next? So the **[target](../docs/GLOSSARY.md#target)** of each token is
# the token after it. The network always reads the real text, never its own guesses; that is called
# **[teacher forcing](../docs/GLOSSARY.md#teacher-forcing)**, and it makes all places of a stretch train at once. The
# loss is the mean surprise, in nats: the very number by which we measure.
#
# The recipe reads the book at sixteen places side by side, from each a stretch of 32 characters, and goes on where it
# stopped, with the memory that it had there. Only the gradient ends at the border of the stretch.

# %%
recipe = recipes.get("char-rnn")
PARAMETERS = recipe.with_parameters(
    {
        "steps": STEPS,
        "batch_size": BATCH_SIZE,
        "length": LENGTH,
        "embedding_dim": EMBEDDING_DIM,
        "units": UNITS,
        "cell": CELL,
        "rate": RATE,
        "clip_norm": CLIP_NORM,
    }
)
novels = recipes.Prose("austen", parameters=PARAMETERS)
stream = novels.stream(batch_size=BATCH_SIZE, seed=SEED)
for inputs, targets in stream.take(2):
    print("inputs ", inputs.shape, repr(tokenizer.decode(inputs[0].numpy())))
    print("targets", targets.shape, repr(tokenizer.decode(targets[0].numpy())))

# %% [markdown]
# The first row of two batches: the targets are the inputs, one character on, and the second batch begins where the
# first one ended. Now the network: embedding, memory, logits.

# %%
runtime.set_seed(SEED)
chunk = 100  # steps between two points of the model's history
model = recipe.build(PARAMETERS, tokenizer, SEED, recipes.steps_per_call(chunk, STEPS))
logits = model(inputs[:2]).numpy()  # (2, T) -> (2, T, V)
loss = float(np.mean(losses.token_nats(logits, targets[:2])))
print(f"two stretches {tuple(inputs[:2].shape)} -> logits {logits.shape}; {model.network.count_params():,} weights")
print(f"loss before training {loss:.2f} nats; who knows nothing has log V = {np.log(tokenizer.vocabulary_size):.2f}")

# %% [markdown]
# To write, the network must be read one symbol at a time, with its memory handed on. That gives the same logits:

# %%
by_one, memory = [], model.network.initial_state(2)
for t in range(5):
    step_logits, memory = model.network.read(inputs[:2, t : t + 1], memory)
    by_one.append(step_logits[:, 0])
np.testing.assert_allclose(np.stack(by_one, axis=1), logits[:, :5], rtol=1e-3, atol=1e-4)
print("memory: ", [tuple(part.shape) for part in tf.nest.flatten(memory)[1:]])

# %% [markdown]
# ## 5 · Training
#
# Every second or two we want to know how it does on held-out text, beside the n-grams: at 64 places of the held-out
# part, 128 characters at each, after 32 more that only fill the memory. The callback `HeldOut` asks; the `Budget` counts
# training steps alone, so the time for that does not count.

# %%
spots = np.arange(64)[:, None] * 128 + np.arange(161)[None, :]  # (64, 161) places in the held-out text


def on_the_spots(nats_of_each):
    """Bits per character at the spots, for surprises (64, 160) in nats."""
    return float(nats_of_each[:, 32:].mean() / np.log(2))


nats_at = tf.function(lambda inputs, targets: losses.token_nats(model.network(inputs), targets))


def ask(model):
    part = held_out[spots]
    return on_the_spots(nats_at(part[:, :-1], part[:, 1:]).numpy())


counted = {k: ngram.token_nats(austen.test, order=k)[1][spots[:, 1:]] for k in orders}
print("on the spots: " + ", ".join(f"order {k} {on_the_spots(nats):.2f}" for k, nats in counted.items()))

# %% [markdown]
# Before training, a sample to remember. Then the next cell trains, for less than a minute.
#
# **Predict first.** After how many seconds will the network beat the pairs, and after how many the best n-gram? Or will
# it never?

# %%
PROMPT = "It is a truth"
before = model.generate(prompt=PROMPT, length=120, seed=SEED)[0]
budget = callbacks.Budget(steps=STEPS, decay=PARAMETERS["decay"], warm_up=PARAMETERS["warm_up"])
progress_line, meter = callbacks.Progress(), callbacks.HeldOut(ask, budget, points=25)
history = model.fit(
    stream,
    epochs=STEPS // chunk,
    steps_per_epoch=chunk,
    verbose=0,
    callbacks=[*recipes.recorded("04", "austen", LOAD_CHECKPOINT, budget=budget), budget, meter, progress_line],
)
print(f"{budget.spent_seconds:.0f} seconds of training, {STEPS * BATCH_SIZE * LENGTH:,} characters read")

# %%
levels = {k: on_the_spots(counted[k]) for k in (2, 3, 4, 5, 6)}
for k, level in levels.items():
    ahead = [seconds for seconds, bits_now in zip(meter.seconds, meter.values) if bits_now < level]
    print(f"order {k} overtaken", f"after {ahead[0]:.0f} seconds" if ahead else "not yet")

# %%
curves = {"network": meter.values}
curves |= {f"order {k}": np.full(len(meter.values), level) for k, level in levels.items()}
viz.loss_curves(curves, x=meter.seconds, x_label="seconds of training", y_label="bits per character, held out")

# %% [markdown]
# The curve crosses the pairs at once and order 3 soon after, order 4 after about a quarter of the time, and the best of
# the n-grams when rather more than half is gone. Then it flattens, as the learning rate goes to zero. It has read the
# book one and a half times, with 550,000 weights and no table; order 6 needed the counts of some 190,000 stretches.
#
# ## 6 · Look
#
# The same prompt, before and after:

# %%
print("before:", repr(before[:80]))
after = model.generate(prompt=PROMPT, length=400, seed=SEED)[0]
print("\nafter:", PROMPT + after)

# %% [markdown]
# Before, keys hit at random. After, most words are English, quotation marks open and close, people of the book
# have their names, and a stretch of several words may read well. Some words do not exist, line breaks come too early,
# and no sentence keeps what it promised at its beginning.
#
# A text need not be waited for. `stream` hands out each piece as soon as it is there; with a kernel running you see it
# appear.

# %%
for piece in model.stream('"My dear', length=300, temperature=0.7, seed=SEED):
    print(piece, end="", flush=True)

# %% [markdown]
# ### Where it is surprised
#
# A held-out passage, each character coloured by the surprise that it was to a model: pale is expected, dark is not.
# Above by counted pairs, below by the network.

# %%
start = austen.test.index("\n\n", 20_000) + 2
passage = austen.test[start : start + 432]
lead_in = austen.test[start - 500 : start]  # read first, and not shown
models = {"counted pairs": lambda t: ngram.token_nats(t, order=2), "the network": model.token_nats}
surprise = {name: nats(lead_in + passage)[1][len(lead_in) :] / np.log(2) for name, nats in models.items()}
picture = viz.coloured_text(dict.fromkeys(models, passage), surprise, limits=(0, 8), label="bits of surprise")
picture.colours = 32
picture

# %% [markdown]
# With pairs there is surprise everywhere. The network is surprised at the *beginnings* of words; once two or three
# letters are there, the rest follows, and the space after it, too. What stays dark is what nobody could have foreseen,
# such as the first letters of *joy* and *cash*. A page of Austen is not random, but she would be a bore if it were all
# pale.
#
# ## 7 · How good is it?
#
# On all of the held-out text, as the n-grams above:

# %%
score = model.score(austen.test)
print({name: round(value, 3) for name, value in score.items()})
results.compare(
    "04", "austen_bits_per_character", score["bits_per_character"], parameters=PARAMETERS, device=runtime.device_kind()
)

# %% [markdown]
# Beside it, the n-grams, and networks from the record, trained with the same recipe for as many steps and with one
# thing changed: medians over several seeds. In the row *each window anew* the network begins every stretch of 32
# characters with an empty memory, so it never learns to remember anything for longer.
#
# **Predict first.** How much does that cost: hardly anything, or so much that the best n-gram wins? And is the simple
# network nearer to the GRU, or to the n-grams?

# %%
print(f"{'':40}{'bits per character':>20}{'perplexity':>12}")
for k in orders:
    print(f"{f'counted, order {k}':40}{bits['held out'][k - 1]:20.2f}{2 ** bits['held out'][k - 1]:12.2f}")
for row in results.load_record("04").table("austen"):
    name = f"{row['variant']} (record)"
    print(f"{name:40}{row['bits_per_character']:20.2f}{row['perplexity']:12.2f}")
print(f"{'the model above':40}{score['bits_per_character']:20.2f}{score['perplexity']:12.2f}")

# %% [markdown]
# The network is ahead of the best n-gram by more than a tenth of a bit. That sounds like little, but it is gained at
# each character: a page of 2,000 becomes more than $2^{200}$ times as likely.
#
# Among the networks, the LSTM is as good as the GRU, and somewhat slower. The simple network takes half the time and
# stays far behind: it does no better than counted stretches of four. To begin each window anew costs only a few
# hundredths of a bit. One expects more, since memory was the point of it all; but most of what this network makes use
# of lies less than 32 characters back.
#
# ### Does it copy?
#
# A model that had the book by heart would write well, and be no model of English. So the same question as to the
# n-grams:

# %%
passages["network"] = model.generate(length=LONG, seed=SEED)[0]
show_copies(passages)

# %% [markdown]
# Its longest stretch is a phrase of a few words, as with order 7 and with Austen herself. It has read the book less
# than twice, too little to learn it by heart. A larger network that trains for longer on a shorter text could (lesson
# 19).
#
# ## 8 · Choosing the next symbol
#
# The network says how likely each next symbol is. *Choosing* one is another matter, and there are several rules for it.
# Six symbols with six logits:

# %%
symbols = ["e", "a", "i", "o", "u", "y"]
logits = np.array([2.5, 1.6, 0.9, 0.2, -0.6, -2.0], "float32")


def softmax(logits):
    shares = np.exp(logits - logits.max())
    return shares / shares.sum()


def top_k(logits, k):
    return np.where(logits >= np.sort(logits)[-k], logits, -np.inf)


def top_p(logits, p):
    shares, order = softmax(logits), np.argsort(-logits)
    before = np.cumsum(shares[order]) - shares[order]  # what the likelier ones hold already
    return np.where((before < p)[np.argsort(order)], logits, -np.inf)


def penalise(logits, seen, penalty):
    return np.where(seen, np.where(logits > 0, logits / penalty, logits * penalty), logits)


# %% [markdown]
# - **[Temperature](../docs/GLOSSARY.md#temperature)** $T$: divide all logits by $T$ before the softmax. Below 1 the
#   likely symbols gain, above 1 the unlikely ones. Towards 0 only the likeliest is left; that is called
#   **[greedy](../docs/GLOSSARY.md#greedy)**.
# - **[Top-k](../docs/GLOSSARY.md#top-k)**: keep the $k$ likeliest symbols (Fan and others, 2018).
# - **[Top-p](../docs/GLOSSARY.md#top-p)**, or *nucleus*: keep the smallest set of likeliest symbols that hold a share
#   $p$ of the probability (Holtzman and others, 2020). Where the model is sure, that is one symbol; where it is not,
#   many.
# - **[Repetition penalty](../docs/GLOSSARY.md#repetition-penalty)**: make symbols that were used already less likely
#   (Keskar and others, 2019).
#
# By hand, and by the package:

# %%
seen = np.array([True, False, False, False, False, True])
rules = {
    "as they are": (logits, logits),
    "temperature 0.5": (logits / 0.5, sampling.with_temperature(logits[None], 0.5)[0]),
    "temperature 1.5": (logits / 1.5, sampling.with_temperature(logits[None], 1.5)[0]),
    "top-k, k = 2": (top_k(logits, 2), sampling.keep_top_k(logits[None], 2)[0]),
    "top-p, p = 0.9": (top_p(logits, 0.9), sampling.keep_top_p(logits[None], 0.9)[0]),
    "penalty 2 on e, y": (penalise(logits, seen, 2.0), sampling.penalise_repetition(logits[None], seen[None], 2.0)[0]),
}
for by_hand, package in rules.values():
    np.testing.assert_allclose(package, by_hand, rtol=1e-5)
viz.symbol_bars({name: softmax(by_hand) for name, (by_hand, _) in rules.items()}, symbols)

# %% [markdown]
# A cross marks a symbol that can no longer be drawn. The cold panel has almost made up its mind, the warm one is
# flatter. Top-k and top-p cut off the end and leave the proportions of the others as they were. The penalty costs *e*
# its lead; *y* has a negative logit, which is multiplied, not divided, or *y* would gain.
#
# Only the difference of two logits counts. By the softmax, *e* is $e^{2.5 - 1.6}$ times, about two and a half times, as
# likely as *a*; at temperature $T$ it is $e^{(2.5 - 1.6)/T}$ times as likely.
#
# Now the network writes at four temperatures: 0, 0.5, 1 and 1.5.
#
# **Predict first.** What will be wrong with the text at 0, where the likeliest character is always taken? And at 1.5?

# %%
for temperature in (0.0, 0.5, 1.0, 1.5):
    written = model.generate(prompt="She had been", length=240, temperature=temperature, seed=SEED)[0]
    print(f"T = {temperature} | She had been{written.replace(chr(10), ' ')}\n")

# %% [markdown]
# At 0 it repeats itself; the next section looks at that. At 0.5 the words are safe and common, and the same ones
# come back. At 1, which is what the network really believes, there is more variety and there are more slips; at 1.5
# mostly slips. People usually settle between 0.6 and 0.9, or at 1 with top-p.
#
# ## 9 · Broken on purpose
#
# ### Temperature 0
#
# Always taking the likeliest symbol sounds like the best of choices. A longer text, and the share of different
# three-word stretches in it (`metrics.distinct_n`):

# %%
greedy = model.generate(prompt="She had been", length=800, temperature=0.0)[0]
warm = model.generate(prompt="She had been", length=800, temperature=0.8, seed=SEED)[0]
print(greedy[:400], "\n")
for name, passage in {"T = 0": greedy, "T = 0.8": warm, "held out": austen.test[:800]}.items():
    print(f"{name:9} {metrics.distinct_n(passage, 3):5.0%} of the three-word stretches differ")

# %% [markdown]
# After a few words it goes round in circles, through the same phrases again and again. All that the network reads is
# its own text; once a phrase has come twice, the likeliest next phrase is that one, and the memory comes back to states
# that it had before. Real text is not the likeliest text: Austen surprises, at nearly every word. That is why one
# draws.
#
# ### Gradients without a limit
#
# In training, the gradient travels back through every step of the memory, and is multiplied at each. In a simple
# network that is a long product of matrices, and a product of thirty factors can be anything. Here is a simple
# recurrent network with a large rate and plain gradient descent, first as it is, then with
# **[clipping](../docs/GLOSSARY.md#gradient-clipping)**: a gradient whose length, the *norm*, is above 1 is shortened to
# 1, its direction kept (Pascanu and others, 2013).


# %%
def gradient_norms(clip_norm, rate, steps):
    runtime.set_seed(SEED)
    network = language.build_recurrent(vocabulary_size=tokenizer.vocabulary_size, cell="simple", units=(128,))
    optimizer, norms, found = keras.optimizers.SGD(rate), [], []

    @tf.function
    def step(inputs, targets):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(losses.token_nats(network(inputs, training=True), targets))
        gradients = tape.gradient(loss, network.trainable_variables)
        gradients, norm = tf.clip_by_global_norm(gradients, clip_norm)  # the norm is that before clipping
        optimizer.apply(gradients, network.trainable_variables)
        return loss, norm

    for inputs, targets in text.windows(tokens, length=64, batch_size=16, seed=SEED).take(steps):
        loss, norm = step(inputs, targets)
        norms.append(float(norm))
        found.append(float(loss))
    return norms, found


UNCLIPPED, CLIPPED = 1e9, 1.0
norms, found = {}, {}
for name, clip_norm in {"not clipped": UNCLIPPED, "clipped at 1": CLIPPED}.items():
    norms[name], found[name] = gradient_norms(clip_norm, rate=1.0, steps=120)
    print(f"{name}: loss at the end {np.mean(found[name][-20:]):.2f} nats, longest gradient {np.max(norms[name]):.3g}")

# %%
lengths = {name: np.log10(np.maximum(values, 1e-3)) for name, values in norms.items()}
viz.loss_curves(lengths, smooth=5, x_label="step", y_label="log10 of the gradient's norm")

# %% [markdown]
# A logarithm: each unit is a factor of ten. Without a limit most gradients are several times as long as with it, and a
# few are much longer: the pale spikes. One such step throws the weights far away; the loss ends above the 4.36 nats of
# somebody who knows nothing, and it does not come back. With clipping the same rate trains. (That is the one line
# `tf.clip_by_global_norm`; our recipe has it, as `CLIP_NORM`.) Clipping mends explosion only. Gradients that *vanish*
# need another network: gates.
#
# ## 10 · Poems that can be asked for
#
# The second text is verse: some 13,000 quatrains of the Tang dynasty (618 to 907), in Chinese. Each has four lines, all
# of five characters or all of seven. You need not read Chinese for this section. In front of each poem stands which
# form it has: 五言 ("in fives") or 七言 ("in sevens").

# %%
verse = recipes.Quatrains("quatrains")
lengths = [len(poem.lines[0]) for poem in data.load_quatrains().train]
print(f"{len(verse.train):,} poems to learn from, {lengths.count(5):,} in fives and {lengths.count(7):,} in sevens")
print(f"{verse.form.vocabulary_size:,} different characters\n")
print(verse.train[0] + verse.train[-1])

# %% [markdown]
# One Chinese character is about one word, so the vocabulary is large, and the marks ，and 。 stand after each line in
# turn. The *form* is what a reader of any language can check: four lines, and as many characters in each as the heading
# says. To keep it, a model must remember the heading to the end and count.
#
# **Predict first.** Counting stretches of four characters wrote English words in section 2. Of thirty poems written that
# way, how many will keep their form?


# %%
def without_rest(passage):
    """The poem up to its line break."""
    return passage.split("\n")[0]


four = language.NGram(verse.form, order=4).fit(verse.corpus)
prompts = list(data.HEADINGS.values()) * 15
by_counting = [p + without_rest(four.generate(prompt="\n" + p, length=40, seed=i)[0]) for i, p in enumerate(prompts)]
print("\n".join(by_counting[:2]))
print({name: round(value, 2) for name, value in verse.evaluate(by_counting).items()})

# %% [markdown]
# None of the thirty keeps its form (`form_rate`). Three characters back, one cannot tell whether a line has had four
# characters or five, nor what the heading said.
#
# A recurrent network with the recipe `poem-rnn`, from its recorded weights. The same headings as prompts:

# %%
poet = recipes.load_checkpoint("04", "quatrains")
poems = verse.write(poet, 200, seed=SEED, temperature=0.8)
for poem in poems[:4]:
    heading, lines = poem[:3], data.quatrain_lines(poem)
    print(heading, " / ".join(lines) if lines else poem[3:])
for name, texts in {"network": poems, "held-out poems": [poem.strip() for poem in verse.reference[:200]]}.items():
    print(name, {measure: round(value, 3) for measure, value in verse.evaluate(texts).items()})

# %% [markdown]
# Nearly every poem has the form that was asked for: the network remembers the heading for thirty characters and counts
# as it goes. And its lines are its own: hardly one stands as it is in a training poem (`copied_lines`), as in held-out
# poems. What these numbers do *not* say is whether the poems are any good. The words of a line may fit each other, but
# we cannot vouch for the sense, the rhymes or the tones of what it writes, and you should not believe anybody who has
# measured only the form.
#
# What did it learn about the characters? The nearest ones in its embedding, among the 800 most frequent:

# %%
table = poet.network.embedding.get_weights()[0]
table = table / np.linalg.norm(table, axis=1, keepdims=True)
often = np.argsort(-np.bincount(verse.form.encode(verse.corpus), minlength=len(table)))[:800]
glosses = {"春": "spring", "山": "mountain", "三": "three", "红": "red", "去": "to go", "酒": "wine"}
for character, gloss in glosses.items():
    likeness = table[often] @ table[verse.form.encode(character)[0]]
    print(f"{character} {gloss:9}", " ".join(verse.form.decode([i]) for i in often[np.argsort(-likeness)[1:7]]))

# %% [markdown]
# Nobody told it what a character means. Yet nearest to *spring* stands 秋, autumn; *mountain* has 云 clouds, 天 the sky,
# 溪 a stream and 林 a wood around it; *three* has 二 two, 千 a thousand, 四 four and 五 five; *red* has 金 gold and
# 黄 yellow, and 花, flower. The last two rows are a mixture: beside *wine*, for example, 泪 tears, 水 water and 客 a
# guest. As with the counted words of section 3, near is what helps to predict the same neighbours.
#
# ## 11 · What this cannot do
#
# - **Mean something.** It continues what looks likely. There is no plot, no person who wants anything; a sentence is
#   forgotten when the next is under way.
# - **Remember at will.** All that was read must fit into a few hundred numbers, whatever the length. Lesson 09 looks
#   back at the text itself instead.
# - **Read fast.** A state needs the one before it, so the places of a text cannot be computed side by side. That, too,
#   changes in lesson 09.
# - **Correct itself.** In training it only ever saw Austen's text, when writing it reads its own: a slip leads to
#   places where it has never been.
# - **Be asked**, other than by a prompt or a heading that stood in its training text.
#
# ## 12 · Exercises
#
# Each check tells you in a sentence why an answer is right or not yet. `hint("04.2")` helps in stages. Worked
# solutions: [solutions/04_text.ipynb](solutions/04_text.ipynb).
#
# First a few short questions. Choose an answer, and read why it is right or not.

# %%
from gencourse.exercises import check, hint, progress, quiz

quiz("04")

# %% [markdown]
# **04.1 Bits of a token, bits of a character.** Another model works with pieces of words. It met the text `the cats` as
# four tokens, `the`, ` c`, `at` and `s`, and gave them the probabilities 1/4, 1/32, 1/2 and 1/16. How many bits did a
# token cost it on average, how many a character, and what is the perplexity of a token?

# %%
bits_per_token = ...
bits_per_character = ...
perplexity = ...
check("04.1", (bits_per_token, bits_per_character, perplexity))

# %% [markdown]
# **04.2 The smallest set.** Top-p on probabilities: it should keep the smallest set of likeliest symbols that hold at
# least a share $p$, and return probabilities again. Three things are wrong.


# %%
def top_p(shares, p):
    # shares: probabilities (V,) in any order, which add up to 1; p in (0, 1] -> probabilities (V,)
    order = np.argsort(-shares)  # the likeliest first
    kept = np.cumsum(shares[order]) <= p
    return np.where(kept, shares, 0.0)


check("04.2", top_p)

# %% [markdown]
# **04.3 A loss of zero.** With these training examples the loss fell to 0.00 within one pass, and the model writes one
# letter for ever. Mend the function.


# %%
def examples(tokens, length):
    # tokens: a text as whole numbers (N,) -> inputs (B, length) and targets (B, length)
    starts = np.arange(0, len(tokens) - length, length)
    inputs = np.stack([tokens[start : start + length] for start in starts])
    targets = np.stack([tokens[start : start + length] for start in starts])
    return inputs, targets


check("04.3", examples)

# %% [markdown]
# **04.4 Two prompts, one temperature.** The function should say what comes next in each of several texts that have
# nothing to do with each other, at a temperature. It has two bugs, and neither shows in the shapes.


# %%
def next_shares(network, texts, temperature):
    # texts: arrays of tokens, each (T,), which have nothing to do with each other
    # -> the probabilities of the next token after each text, (number of texts, V)
    rows, state = [], network.initial_state(1)
    for tokens in texts:
        logits, state = network.read(tokens[None], state)  # (1, T, V)
        shares = tf.nn.softmax(logits[0, -1]).numpy() / temperature
        rows.append(shares / shares.sum())
    return np.stack(rows)


check("04.4", next_shares)

# %% [markdown]
# **04.5 Three numbers changed.** Three symbols a, b and c have the logits 2, 0.5 and −1. At which temperature is a
# drawn four times as often as b? What are the three logits with a repetition penalty of 2, when a and c stand in the
# text already? And what does the probability of a come to, as the temperature grows without end?

# %%
temperature = ...
penalised = (..., ..., ...)
hot_share = ...
check("04.5", (temperature, penalised, hot_share))

# %%
print(hint("04.1"))
progress()

# %% [markdown]
# ## What to read next
#
# - Shannon, *Prediction and Entropy of Printed English*, 1951: how many bits a character costs a human reader who
#   guesses; about one.
# - Levy and Goldberg, *Neural Word Embedding as Implicit Matrix Factorization*, 2014: counting and learning meet.
# - Elman, *Finding Structure in Time*, 1990; Hochreiter and Schmidhuber, *Long Short-Term Memory*, 1997; Cho et al.,
#   *Learning Phrase Representations using RNN Encoder–Decoder*, 2014: the simple network, and the gates.
# - Pascanu, Mikolov and Bengio, *On the difficulty of training recurrent neural networks*, 2013: why gradients explode
#   or vanish, and clipping.
# - Holtzman et al., *The Curious Case of Neural Text Degeneration*, 2020: why the likeliest text is not the best one.
# - **Lesson 09** gives up the memory and looks back at the text itself: attention. **Lesson 13** gives text a latent
#   code, and an adversary.
