# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
#   gencourse:
#     recipes: [text-vae, text-gan, policy-gan]
# ---

# %% [markdown]
# # 13 · Texts with latents, and texts from a game
#
# [![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)](https://colab.research.google.com/github/gencourse/gencourse/blob/main/notebooks/13_latent_text.ipynb)
#
# **One idea.** Lessons 01 and 03 made images from latents, by a game and by a bound. With words both run into the same
# wall: a word is *chosen*, and a choice has no slope. A text VAE has to be forced to use its latents at all; a text GAN
# has to get its gradient past every chosen word. This lesson shows how both are done, and measures whether it was worth
# it, beside a plain language model.
#
# After this lesson you can
#
# - write the bound of a text VAE term by term, and say why its KL vanishes and what three tricks do about it;
# - walk between two sentences, and turn one property of a whole sentence up and down;
# - draw a word by noise and a maximum (Gumbel), soften the draw, and get a gradient through it;
# - learn from rewards alone (policy gradient), and say what a baseline is good for;
# - judge writers by quality *and* diversity, and recognise a mode collapse in words.
#
# It runs in about two minutes on two CPU cores, a good minute of it training. Reading takes about 70 minutes. Lesson 01
# comes before, for the game; lesson 03 for *latents*, *ELBO*, *KL* and the reparametrisation; lessons 04 and 09 for
# *tokens*, *byte pairs*, *temperature*, *bits per character* and recurrent networks.

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
# The numbers of the main experiments: the VAE, then the two games. With these values the results are compared with
# recorded runs; with others they are yours to explore.

# %% tags=["parameters"]
SEED = 1  # weights, noise and the order of the data; another seed is another run
STEPS = 1000  # training steps of the text VAE: what the training time follows
BATCH_SIZE = 32  # sentences in one step
TOKENS = 1024  # size of the byte-pair vocabulary
LATENT_DIM = 32  # latents of a sentence
FREE_BITS = 0.25  # nats that each latent may say for free
RATE = 8e-3  # learning rate at its highest; it sinks to zero along a cosine
BROKEN_STEPS = 160  # steps of the VAE whose KL vanishes, in section 3
GAN_STEPS = 200  # steps of the game with soft words, in section 7
GAN_TEMPERATURE = 1.0  # of those soft words
GAN_RATE = 5e-4  # learning rate of the generator in that game
POLICY_DISCOUNT = 0.5  # what the next word's reward counts for this one, in section 8
COLLAPSE_STEPS = 160  # steps of the game that collapses, in section 10
COLLAPSE_RATE = 5e-3  # learning rate of its generator: far too high
LOAD_CHECKPOINT = False  # True: train for a moment, then take the recorded networks

# %%
import numpy as np
import tensorflow as tf

from gencourse import callbacks, data, losses, recipes, results, sampling, text, viz

runtime.set_seed(SEED)
rng = np.random.default_rng(SEED)

# %% [markdown]
# ## 1 · What a language model cannot do
#
# The data: short sentences out of Austen's two novels, 20 to 80 characters long. The last part of the text is held
# out, and sentences that also stand in the first part are not in it.

# %%
sentences = data.load_sentences()
tokenizer = text.BytePairTokenizer.train("\n".join(sentences.train), vocabulary_size=TOKENS)
words = np.array([len(sentence.split()) for sentence in sentences.train])
print(
    f"{len(sentences.train):,} to train on, {len(sentences.test):,} held out; {words.mean():.1f} words each on average"
)
print("\n".join(rng.choice(sentences.train, 6, replace=False)))

# %% [markdown]
# A recurrent network learnt them by **[maximum likelihood](../docs/GLOSSARY.md#maximum-likelihood)**, word after word,
# as in lesson 04: it is given what stands before, and made to find the real next token likely. Here it comes trained,
# from this lesson's record (the recipe `sentence-rnn`). We shall call it the **plain model**, and beat against it for
# the rest of the lesson.

# %%
plain = recipes.load_checkpoint("13", "sentences")


def write_plain(n, temperature=1.0, seed=SEED):
    return plain.generate(n, length=48, temperature=temperature, stop="\n", seed=seed)


written_plain = {temperature: write_plain(1000, temperature) for temperature in (1.0, 0.6)}
written_plain[0.0] = write_plain(4, 0.0)
for temperature, written in written_plain.items():
    print(f"temperature {temperature}:", *written[:4], sep="\n    ")

# %% [markdown]
# At temperature 1 it draws from its own probabilities: a lively style, and many slips. Colder, it slips less and becomes
# tame. At 0, where the likeliest token is always taken, it has exactly one sentence.
#
# So all of its variety comes from the dice, thrown anew at each token. Before the first one, every sentence begins in
# the same state, and nowhere inside is there anything that stands for *the sentence*. It cannot be asked for one like
# this, but shorter; for something between these two; for the same as a question. It has no handle.
#
# Images of lesson 03 had one: latents. Can a sentence have them?
#
# ## 2 · A text VAE, term by term
#
# The story is that of lesson 03. Draw latents $z$ from a standard normal. Then write the sentence $x$, its tokens
# $x_1 \dots x_T$ one after the other, *knowing $z$ all the time*:
#
# $$p(x \mid z) = \prod_{t=1}^{T} p(x_t \mid x_1, \dots, x_{t-1}, z)$$
#
# The **[decoder](../docs/GLOSSARY.md#decoder)** is a language model that is told $z$: as the first state of its memory,
# and again beside each token. The **[encoder](../docs/GLOSSARY.md#encoder)** reads the whole sentence, from both ends,
# and guesses which $z$ it came from: a mean $\mu$ and a variance $\sigma^2$ for each of the latents. Both learn by
# pushing the same bound up as in lesson 03,
#
# $$\log p(x) \;\ge\; \underbrace{\mathbb{E}_{q}\Big[\sum_t \log p(x_t \mid x_{<t}, z)\Big]}_{\text{reconstruction}} \;-\;
# \underbrace{\sum_{j} \tfrac12\big(\mu_j^2 + \sigma_j^2 - 1 - \log \sigma_j^2\big)}_{\text{KL: what the guess says about } z}$$
#
# where $q$ is the guess, $x_{<t}$ are the tokens before $t$, and $j$ counts the latents. Two sentences, before any
# training:

# %%
recipe = recipes.get("text-vae")
PARAMETERS = recipe.with_parameters(
    {
        "steps": STEPS,
        "batch_size": BATCH_SIZE,
        "tokens": TOKENS,
        "latent_dim": LATENT_DIM,
        "free_bits": FREE_BITS,
        "rate": RATE,
    }
)
EPOCH = 20  # steps between two points of a curve
runtime.set_seed(SEED)
model = recipe.build(PARAMETERS, tokenizer, SEED, recipes.steps_per_call(EPOCH, STEPS))


def padded_rows(some):
    """Inputs and targets, (B, T) each: a line break stands before every sentence and ends it."""
    table = text.pad([tokenizer.encode("\n" + sentence + "\n") for sentence in some])
    return table[:, :-1], table[:, 1:]


two = ["Is he married or single?", "Single, my dear, to be sure!"]
inputs, targets = padded_rows(two)
print("the decoder reads  ", "|".join(tokenizer.pieces(inputs[0])).replace("\n", "↵"))
print("and is to say      ", "|".join(tokenizer.pieces(targets[0])).replace("\n", "↵"))

# %%
mean, log_variance = np.split(model.encoder(targets).numpy(), 2, axis=-1)  # (B, Z) each
latents = mean + np.exp(0.5 * log_variance) * rng.normal(size=mean.shape).astype("float32")
logits = model.decoder([inputs, latents])
print("tokens", targets.shape, "-> means", mean.shape, "-> with latents: logits", tuple(logits.shape))

# %%
nats = losses.token_nats(logits, targets).numpy() * (targets != text.PADDING)  # (B, T); padding costs nothing
reconstruction = -nats.sum(axis=1)
kl = 0.5 * (mean**2 + np.exp(log_variance) - 1 - log_variance).sum(axis=1)
for row in range(2):
    elbo = reconstruction[row] - kl[row]
    print(f"sentence {row}: reconstruction {reconstruction[row]:.2f}, KL {kl[row]:.3f}, bound {elbo:.2f} nats")
package = model.score(two, samples=64)
np.testing.assert_allclose(package["kl"], kl.mean(), rtol=1e-4)
np.testing.assert_allclose(package["reconstruction"], reconstruction.mean(), rtol=0.01)

# %% [markdown]
# Untrained, each token costs about $\log 1024 \approx 6.9$ nats, and the guess says nearly nothing. The package agrees:
# its KL exactly, its reconstruction up to the draws of $z$.
#
# ## 3 · Broken on purpose: the KL vanishes
#
# Now train, with exactly this bound as the loss, and watch the KL. With the images of lesson 03 it rose.

# %%
examples = recipes.ShortTexts("sentences", parameters=PARAMETERS)


def train(some_model, steps, decay="cosine", watch=lambda budget: (), saved=None):
    budget = callbacks.Budget(steps=steps, decay=decay)
    stream = examples.stream(batch_size=BATCH_SIZE, seed=SEED)
    loader = recipes.recorded("13", saved, saved is not None and LOAD_CHECKPOINT, budget=budget)
    watchers = [*loader, budget, *watch(budget), callbacks.Progress()]
    some_model.fit(stream, epochs=-(-steps // EPOCH), steps_per_epoch=EPOCH, verbose=0, callbacks=watchers)
    return budget


without_tricks = {"free_bits": 0.0, "warm_up_steps": 0, "word_dropout": 0.0}
runtime.set_seed(SEED)
broken = recipe.build({**PARAMETERS, **without_tricks}, tokenizer, SEED, EPOCH)
budget = train(broken, BROKEN_STEPS)

# %%
broken_history = broken.training_history
curves = {"KL": broken_history["kl"]}
viz.loss_curves(curves, x_label=f"{EPOCH} steps each", y_label="nats a sentence", title="no tricks")

# %% [markdown]
# Within the first steps the KL falls to a few tenths of a nat, and there it stays, while the reconstruction improves by
# dozens of nats. So it has learnt something. Does it use its latents? Give the decoder those of *another* sentence, and
# see what that costs.
#
# **Predict first.** With its own latents a sentence costs about 71 nats by now. What will it cost with another
# sentence's: about the same, a dozen nats more, or twice as much?


# %%
def nats_given(some_model, some, latents):
    """Mean -log p(x|z) of some sentences, in nats a sentence."""
    inputs, targets = padded_rows(some)
    nats = losses.token_nats(some_model([inputs, latents]), targets)
    return float(tf.reduce_sum(nats * (targets != text.PADDING))) / len(some)


def what_latents_are_worth(some_model, some):
    own = some_model.encode(some)[0]
    with_own, with_another = nats_given(some_model, some, own), nats_given(some_model, some, np.roll(own, 1, axis=0))
    print(f"with its own latents {with_own:.1f} nats, with another sentence's {with_another:.1f}")


some = list(sentences.test[:200])
what_latents_are_worth(broken, some)

# %%
shown = (3, 9, 39, 71, 102, 133, 164)
copies = broken.reconstruct(some)
print(f"{len(set(copies))} different reconstructions of {len(some)} different sentences")
for i in shown[:3]:
    print(f"{some[i]}\n    -> {copies[i]}")

# %% [markdown]
# About the same. The decoder hardly notices: a few tenths of a nat, of about seventy. The guess is nearly the prior, the
# same for every sentence. `reconstruct` always takes the likeliest token, so that only
# the latents can make a difference, and a reconstruction is just *some* sentence: a handful of them for everybody.
#
# This is **[posterior collapse](../docs/GLOSSARY.md#posterior-collapse)**, called *KL vanishing* when it happens to
# texts, and there it happens by itself. The reason is a decoder that can do without. To predict the next word, the
# words before it are a much better help than a latent that, at the beginning of training, is mostly noise. The decoder
# learns to ignore the noise; as soon as nobody listens, the cheapest guess is the prior, at a KL of 0; and then there
# is nothing left to listen to. A decoder of pixels that are independent given $z$, as in lesson 03, cannot get away
# with that.
#
# What comes out is not useless: it is a language model, and a good one. It only has no handle, again.
#
# ## 4 · Three tricks
#
# - **[KL warm-up](../docs/GLOSSARY.md#kl-warm-up)**: weigh the KL with 0 at first and raise the weight to 1 over many
#   steps, so that the latents have something to say before they have to pay.
# - **[Word dropout](../docs/GLOSSARY.md#word-dropout)**: hide some of the words before from the decoder in training, so
#   that it has to ask the latents.
# - **[Free bits](../docs/GLOSSARY.md#free-bits)**: each latent may say a little for free. Its KL, averaged over the
#   batch, is charged only from a threshold $\lambda$ on: $\sum_j \max\big(\lambda,\ \overline{\mathrm{KL}}_j\big)$
#   stands in the place of the sum of the KLs. Below $\lambda$ there is no slope towards 0, and being silent gains
#   nothing.
#
# All three were tried (`docs/search-text-vae.md`). Alone, free bits let the latents of this small model say most, and
# for little; the recipe gives each of the 32 latents a quarter of a nat. The score, later, is the honest bound, with the
# whole KL charged.

# %%
before = model.generate(1000, temperature=0.8, seed=SEED)
budget = train(model, STEPS, saved="vae")

# %%
history = model.training_history
curves = {"free bits": history["kl"], "no tricks": broken_history["kl"]}
viz.loss_curves(curves, x_label=f"{EPOCH} steps each", y_label="KL in nats a sentence")

# %% [markdown]
# With free bits the KL climbs to about what is free, 32 times a quarter of a nat, and stays. Are these nats of use?

# %%
what_latents_are_worth(model, some)

# %% [markdown]
# They are. With another sentence's latents a sentence costs about a dozen nats more: this decoder listens.
#
# ## 5 · Look
#
# Samples: latents from the prior, tokens at temperature 0.8, before and after.

# %%
after = model.generate(1000, temperature=0.8, seed=SEED)
print("before:", before[0][:60].encode("ascii", "replace").decode(), "…\nafter:", *after[:6], sep="\n    ")

# %% [markdown]
# Before, pieces at random. After, English of a kind: most words are words, many sentences hold together for five or six
# of them, and hardly one means anything. It is about what the plain model writes at that temperature.
#
# And at temperature 0, where the plain model had a single sentence? Now all the variety comes from $z$.

# %%
start = rng.normal(size=(200, LATENT_DIM)).astype("float32")  # latents from the prior
greedy = model.decode(start, temperature=0.0)
print(f"{len(set(greedy))} different sentences of {len(start)}, such as", *greedy[:4], sep="\n    ")

# %% [markdown]
# As many sentences as latents. Some are of the tame, frequent kind that a low temperature brings out ("I am not afraid of
# it"), some have words that do not exist, and each belongs to a place in a space of 32 dimensions.
#
# ### There and back
#
# Held-out sentences, through the mean of their latents and back:

# %%
copies = model.reconstruct(some)
print(f"{len(set(copies))} different reconstructions of {len(some)} different sentences")
for i in shown:
    print(f"{some[i]}\n    -> {copies[i]}")

# %% [markdown]
# Nearly all reconstructions differ now. But none *is* its original. What comes back is how the sentence begins, who
# speaks or is spoken of, whether it begins in the middle of a period (a small letter), something of its length, now and
# then a word. That is no accident. The KL is about 7 nats, ten bits: enough to choose one of a thousand. To spell a
# whole sentence of 49 characters takes some 85 bits. The latents hold what is decided first, and the rest is made up.
#
# ### Neighbours
#
# Whose latents lie near? For two held-out sentences the three nearest training sentences, by the distance of the means:

# %%
train_latents = model.encode(sentences.train)[0]
for query in ("I do not think they were.", "Can any thing be stronger?"):
    distances = np.square(train_latents - model.encode([query])[0]).sum(axis=1)
    print(query, *(sentences.train[i] for i in distances.argsort()[:3]), sep="\n    ")

# %% [markdown]
# Neighbours begin alike and are of one kind: a denial with "I", a question full of doubt. Nobody has told the encoder what
# a question is.
#
# ### Between two sentences
#
# A straight line from one sentence's latents to another's, in six steps, and at each the likeliest text:

# %%
ends = model.encode(["I do not know what to say.", "Was he at the ball with his sisters?"])[0]
print(*model.decode(sampling.lerp(*ends, steps=7)), sep="\n")

# %% [markdown]
# Each step is a sentence, more or less, and somewhere on the way it turns from one end's kind into the other's. The ends
# are reconstructions, so they are not the two sentences themselves. Do not expect a smooth change of *meaning*, as digits
# change their shape: words change in jumps, and the path runs over set phrases.
#
# ### A handle
#
# A property of whole sentences should be a direction. For *being a question*: the mean of the latents of all training
# sentences that end in a question mark, minus that of all others. Take 200 random latents, push all of them along that
# direction, and count.


# %%
def direction(chosen):
    chosen = np.array(chosen)
    return train_latents[chosen].mean(axis=0) - train_latents[~chosen].mean(axis=0)


question, longer = direction([s.endswith("?") for s in sentences.train]), direction(words > np.median(words))
print(f"{'pushed by':>10}{'questions':>12}{'words, pushed towards longer':>32}")
for push in (-4, -2, 0, 2, 4):
    asked, lengthened = model.decode(start + push * question), model.decode(start + push * longer)
    share, count = np.mean([s.endswith("?") for s in asked]), np.mean([len(s.split()) for s in lengthened])
    print(f"{push:10}{share:12.0%}{count:32.1f}")

# %%
for push in (-4, 0, 4):
    print(f"pushed by {push}:", *model.decode(start + push * question)[:4], sep="\n    ")

# %% [markdown]
# That is a handle. Pushed one way, next to no sentence is a question; pushed the other way, nearly all are, and at the
# last push the questions are short and all of one kind: far from the middle there is not much variety. The other
# direction lengthens sentences as steadily. The plain model has nothing like it. For this a text VAE was made.
#
# ### Is it a better language model?
#
# The bound, in bits per character of held-out sentences, beside the plain model of the same size. A bound is never
# better than the truth; with 16 draws of $z$ for each sentence instead of one (importance-weighted, as in lesson 03) it
# is tighter.

# %%
score = recipes.likelihood(model, sentences.test)  # 16 draws
simple = model.score(sentences.test)
bits = {
    "plain": recipes.likelihood(plain, sentences.test)["bits_per_character"],
    "VAE, bound with 16 draws": score["bits_per_character"],
    "VAE, bound with one draw": simple["bits_per_character"],
}
print(f"of the bound, {simple['kl']:.1f} nats a sentence are KL")
viz.bars(bits, unit="bits per character, held out (less is better)", number_format="{:.3f}")

# %%
results.compare(
    "13", "vae_bits_per_character", score["bits_per_character"], parameters=PARAMETERS, device=runtime.device_kind()
)

# %%
record = results.load_record("13")
print(f"{'':44}{'bits':>7}{'KL':>8}")
for row in (*record.table("sentences")[:1], *record.table("vae")):
    print(f"{row['variant']:44}{row['bits_per_character']:7.3f}" + (f"{row['kl']:8.2f}" if "kl" in row else ""))

# %% [markdown]
# The table is from the record, medians over three seeds or more; for models with latents it holds the bound with 16
# draws. As a language model the VAE is *no better*: a little worse than the plain one, and it takes half as long again
# to train. That is the usual finding. Without a trick the bound is nearer to the plain model, since hardly anything is
# spent on latents that say hardly anything. Warm-up alone keeps about four nats, at a slightly better bound; word dropout,
# alone and in so few steps, costs most and keeps one.
#
# So nobody should build a text VAE for its likelihood. It is built for the handle: a code for every sentence.
#
# ## 6 · A choice has no slope
#
# Now the other family. In lesson 01 the generator learnt through the discriminator: the verdict's slope flowed back into
# the image, from there into the weights. A text is a row of chosen tokens. Choose one, and ask for the slope:

# %%
logits = tf.Variable([[2.0, 1.0, 0.0, -1.0]])
worth = tf.constant([0.2, 1.0, 0.0, -1.0])  # what somebody thinks of each of four words
with tf.GradientTape() as tape:
    chosen = tf.one_hot(tf.argmax(logits, axis=-1), 4)
    verdict = tf.reduce_sum(chosen * worth)
print("verdict", round(float(verdict), 3), "slope", tape.gradient(verdict, logits))

# %% [markdown]
# `None`, as with the plain draw of lesson 03. A tiny change of a logit changes nothing at all, or it changes the word.
#
# Lesson 03 got around its draw by throwing the dice first and *computing* the latent from them. Is there such a trick
# for a word? There is, in two steps.
#
# ### Step one: noise, then the maximum
#
# Draw a uniform number $u$ for each word, make **[Gumbel](../docs/GLOSSARY.md#gumbel-noise)** noise of it,
# $g = -\log(-\log u)$, add it to the logits, and take the largest. It looks like a strange game.
#
# **Predict first.** The logits are 2, 1, 0 and −1. How often will each word win, compared with the softmax of the
# logits: more evenly, less evenly, or just as often?

# %%
shares = tf.nn.softmax(logits)[0].numpy()
uniform = rng.uniform(1e-7, 1 - 1e-6, size=(50_000, 4)).astype("float32")
noise = -np.log(-np.log(uniform))
winners = (logits.numpy() + noise).argmax(axis=1)
counted = np.bincount(winners, minlength=4) / len(winners)
np.testing.assert_allclose(counted, shares, atol=0.01)
viz.symbol_bars({"softmax of the logits": shares, "share of wins": counted}, ["w₁", "w₂", "w₃", "w₄"], columns=2)

# %% [markdown]
# Exactly as often as the softmax says: the largest of *logits plus Gumbel noise* **is** a draw from the softmax (the
# **[Gumbel-max](../docs/GLOSSARY.md#gumbel-max-trick)** trick). No other common noise does that. The dice now stand
# apart from the logits; what is left is a maximum.
#
# ### Step two: soften the maximum
#
# The softmax is the soft version of "which is the largest". Divide by a temperature $\tau$ first, and it can be made as
# hard as one likes. This is the **[Gumbel-softmax](../docs/GLOSSARY.md#gumbel-softmax)** (Jang and others, and Maddison
# and others, both 2017):
#
# $$y_i = \frac{\exp\big((a_i + g_i)/\tau\big)}{\sum_k \exp\big((a_k + g_k)/\tau\big)}$$
#
# with logits $a$ and noise $g$; $k$ runs over the vocabulary.


# %%
def soft_draw(logits, noise, temperature):
    scores = (logits + noise) / temperature
    exponentials = tf.exp(scores - tf.reduce_max(scores, axis=-1, keepdims=True))
    return exponentials / tf.reduce_sum(exponentials, axis=-1, keepdims=True)


panels = {}
for temperature in (0.2, 1.0, 5.0):
    for n in range(2):
        panels[f"τ = {temperature:g}, draw {n + 1}"] = soft_draw(logits, noise[n : n + 1], temperature)[0].numpy()
viz.symbol_bars(panels, ["w₁", "w₂", "w₃", "w₄"], columns=2, y_label="share")

# %% [markdown]
# Left and right are two throws of the dice, the same two in each row. Cold ($\tau = 0.2$), a draw is one word, or nearly;
# at 1 it is a mixture with a clear winner; at 5 hardly more than an even spread. Which word is the largest never depends
# on $\tau$. And now there is a slope:

# %%
with tf.GradientTape() as tape:
    verdict = tf.reduce_sum(soft_draw(logits, noise[:1], 1.0) * worth)
print("verdict", round(float(verdict), 3), "slope", tape.gradient(verdict, logits).numpy().round(3))
package = sampling.gumbel_softmax(logits, 0.7, tf.constant(noise[:1]))
np.testing.assert_allclose(package, soft_draw(logits, noise[:1], 0.7), rtol=1e-4)

# %% [markdown]
# Is it the *right* slope? Here it can be checked: the mean verdict of hard draws is $\sum_i p_i\, w_i$ with $p$ the
# softmax and $w$ the worth, and its slope is $p_i \,(w_i - \sum_k p_k w_k)$. Thousands of soft slopes at several
# temperatures, their mean and their spread:

# %%
exact = shares * (worth.numpy() - shares @ worth.numpy())
many = tf.Variable(tf.repeat(logits, 20_000, axis=0))
print(f"{'exact':>8}: slope {exact[1]:6.3f}")
for temperature in (0.1, 0.5, 1.0, 2.0, 5.0):
    with tf.GradientTape() as tape:
        verdict = tf.reduce_sum(soft_draw(many, noise[:20_000], temperature) * worth)
    slopes = tape.gradient(verdict, many).numpy()[:, 1]
    print(f"{temperature:8}: slope {slopes.mean():6.3f}, spread of a single one {slopes.std():.3f}")

# %% [markdown]
# (The slopes are those of the second word's logit.) Cold draws have the right slope on average, and a spread several times
# as large as the slope itself; warm ones agree with each other, and are wrong, since what is judged is a mixture that
# nobody would ever write. There is no good temperature, only a compromise.
#
# One more thing is wrong with mixtures: the discriminator sees them, and real text is one-hot. It need not understand
# language to tell the two apart. **[Straight-through](../docs/GLOSSARY.md#straight-through)** hands out the hard draw,
# with the slope of the soft one:


# %%
def straight_through(logits, noise, temperature):
    soft = soft_draw(logits, noise, temperature)
    hard = tf.one_hot(tf.argmax(soft, axis=-1), logits.shape[-1])
    return soft + tf.stop_gradient(hard - soft)  # the value of `hard`; to the gradient, `soft`


with tf.GradientTape() as tape:
    drawn = straight_through(logits, noise[:1], 1.0)
    verdict = tf.reduce_sum(drawn * worth)
print("drawn", drawn.numpy(), "slope", tape.gradient(verdict, logits).numpy().round(3))
package = sampling.gumbel_softmax(logits, 1.0, tf.constant(noise[:1]), hard=True)
np.testing.assert_allclose(package, drawn, atol=1e-5)

# %% [markdown]
# ## 7 · The game with soft words
#
# The generator writes a sentence in a loop: logits, noise, a (straight-through) draw, which is read as the next input,
# and so on. The discriminator reads a row of one-hot vectors, real or written; its first layer multiplies them with a
# table of word vectors, so a row of shares $(B, T, V)$ passes as well as a row of numbers. It looks for telling groups
# of two, three and four neighbouring tokens, wherever they stand, and gives one logit for the sentence.
#
# From nothing this game does not get off the ground: a discriminator tells random tokens from English at once, and its
# slope says nothing useful. So everybody begins with a trained language model, and lets the game go on from there. So
# do we: the generator starts as the plain model. That makes the question sharp: **does the game improve it?**

# %%
game_recipe = recipes.get("text-gan")
GAME = game_recipe.with_parameters({"steps": GAN_STEPS, "temperature": GAN_TEMPERATURE, "rate": GAN_RATE})
runtime.set_seed(SEED)
game = game_recipe.build(GAME, tokenizer, SEED, EPOCH)
generated, kept = game.imagine(2)
print("two written sentences", tuple(generated.shape), "of which", kept.numpy().sum(axis=1), "places are text")
print("verdicts", game.discriminator(generated).numpy()[:, 0].round(2))

# %% [markdown]
# The next cell plays. The discriminator has a head start of some steps, in which the generator stands still.

# %%
written_before = written_plain[1.0]  # what it writes now, with the same dice
budget = train(game, GAN_STEPS, decay="constant", saved="gumbel")
written_after = game.generate(1000, seed=SEED)

# %%
played = game.training_history
viz.loss_curves(
    {"discriminator is right": played["discriminator_accuracy"]}, x_label=f"{EPOCH} steps each", y_label="share"
)

# %%
for name, written in {"before the game": written_before, "after it": written_after}.items():
    print(f"{name}:", *written[:6], sep="\n    ")

# %% [markdown]
# The discriminator is right in little more than half of all cases: in so short a game it cannot tell a real sentence from
# a written one, and so its slopes are mostly noise. (With a generator that stands still it is no better in that time, as
# the search found: the plain model is not easily told from Austen by a few thousand sentences.) The generator follows,
# and moves: with the same dice it now writes other sentences. Better ones? They do not look it. What has changed is their
# *length*: shorter in the run kept here, longer with other seeds (42 to 59 characters on average in the record, where
# the plain model has 47). We shall measure.
#
# ## 8 · No slope at all: learning from rewards
#
# There is a way that never asks for a slope through the words. Draw real words, let somebody give a reward $r$, and
# make what was rewarded likelier. With $p$ the generator's probabilities, the slope of the mean reward is
#
# $$\nabla\, \mathbb{E}_{x \sim p}\,[r(x)] = \sum_x r(x)\, \nabla p(x) = \sum_x p(x)\, r(x)\, \nabla \log p(x) =
# \mathbb{E}_{x \sim p}\big[r(x)\, \nabla \log p(x)\big].$$
#
# The middle step uses $\nabla p = p\, \nabla \log p$ (the
# **[log-derivative trick](../docs/GLOSSARY.md#log-derivative-trick)**). The right side is a mean over draws, so draws
# can estimate it, and $r$ may be anything: a program, a person, a discriminator. This is
# **[policy gradient](../docs/GLOSSARY.md#policy-gradient)**, or REINFORCE (Williams, 1992). On the four words from
# above, whose exact slope we know, with $\nabla \log p(i) = \text{onehot}_i - p$:

# %%
drawn = rng.choice(4, size=200_000, p=shares / shares.sum())
scores = np.eye(4)[drawn] - shares  # the slope of log p of each draw, (N, V)
rewards = worth.numpy()[drawn]
for n in (10, 1000, 200_000):
    print(f"{n:7,} draws:", (rewards[:n, None] * scores[:n]).mean(axis=0).round(3))
print(f"{'exact':>13}:", exact.round(3))
np.testing.assert_allclose((rewards[:, None] * scores).mean(axis=0), exact, atol=0.01)

# %% [markdown]
# It gets there, slowly. Every single draw knows only whether *it* was good, not which other word would have been
# better.
#
# Now add 10 to every reward. Nothing has changed about which word is best. And since the mean of $\nabla \log p$ is 0,
# the mean of the estimates has not changed either. The same holds when a number is subtracted, as long as it does not
# depend on the draw: a **[baseline](../docs/GLOSSARY.md#baseline-of-rewards)** $b$. So we estimate the slope from
# batches of 32 draws, once with the raised rewards as they are, and once minus their mean.
#
# **Predict first.** Both are right on average. How much further will the single estimates spread without the baseline:
# hardly at all, twice as far, or twenty times as far?

# %%
raised = (rewards + 10).reshape(-1, 32, 1)
batches = scores.reshape(-1, 32, 4)
estimates = {
    "no baseline": (raised * batches).mean(axis=1)[:, 1],
    "baseline: mean reward": ((raised - raised.mean()) * batches).mean(axis=1)[:, 1],
}
for name, found in estimates.items():
    print(f"{name:22} mean {found.mean():6.3f} (exact {exact[1]:.3f}), spread {found.std():.3f}")
viz.histogram(estimates, bins=19, limits=(-3.2, 3.5), x_label="slope, from 32 draws")

# %% [markdown]
# Without a baseline the spread is some twenty times as large, and a batch often has even the sign wrong. For with 10 on
# top, *every* drawn word is praised, and only the small difference of the praises tells good from bad; what counts is
# which words happen to be drawn. With the baseline, nearly all batches fall into a single bar of the picture. The best
# baseline is what one would have expected anyway. That one subtraction decides whether learning from rewards works.
#
# The package's loss is the same thing for texts: minus $\log p$ of each word, times its
# **[advantage](../docs/GLOSSARY.md#advantage)**, reward minus baseline, which counts as a plain number. Equal to ours:

# %%
given = tf.Variable(tf.repeat(logits, 32, axis=0))
first = tf.constant(drawn[:32])
with tf.GradientTape() as tape:
    log_probabilities = -losses.token_nats(given[:, None], first[:, None])  # (B, T) with T = 1
    everywhere = tf.ones((32, 1), tf.bool)
    loss = losses.policy_gradient_loss(log_probabilities, tf.constant(rewards[:32, None], tf.float32), 0.3, everywhere)
by_hand = -((rewards[:32] - 0.3)[:, None] * scores[:32]) / 32
np.testing.assert_allclose(tape.gradient(loss, given), by_hand, atol=1e-5)
print("rewards to come:", losses.rewards_to_come(tf.constant([[0.0, 0.0, 1.0, -0.5]]), POLICY_DISCOUNT).numpy())

# %% [markdown]
# The last line shows how a reward reaches the words before it. Here the third word got 1 and the fourth -0.5. A word is
# credited with its own reward and with those that follow, each step further away worth less by the
# **[discount](../docs/GLOSSARY.md#discount-of-rewards)**.
#
# For the game (SeqGAN, Yu and others, 2017; our form follows ScratchGAN, de Masson d'Autume and others, 2019): a
# recurrent discriminator gives a verdict after *every* token, which is that token's reward. A second network, the
# **[critic](../docs/GLOSSARY.md#critic-of-rewards)**, reads the same and learns to expect the rewards to come: it is
# the baseline. It starts from the plain model, too. It comes trained from the record, by the recipe `policy-gan`:

# %%
policy = recipes.load_checkpoint("13", "policy")
written_for_rewards = policy.generate(1000, seed=SEED)
print("after the game with rewards:", *written_for_rewards[:6], sep="\n    ")

# %% [markdown]
# The same dice once more, and again: are these better than before? Not by eye. They have become shorter.
#
# ## 9 · The honest comparison
#
# How good is a writer? Lesson 10 had a right answer to compare with. Here there is none; what is usual is
#
# - **[reference BLEU](../docs/GLOSSARY.md#reference-bleu)**: the BLEU of each sentence with *all* held-out sentences as
#   its references. It asks for stretches of one to four words that also stand in real sentences. Large is good:
#   **[quality](../docs/GLOSSARY.md#quality)**.
# - **[self-BLEU](../docs/GLOSSARY.md#self-bleu)**: the BLEU of each sentence with all *other* sentences of the same
#   writer as references. Large is bad: it says the same again and again. Small is
#   **[diversity](../docs/GLOSSARY.md#diversity)**.
#
# Eight writers, a thousand sentences each. Three of them need no network: one copies from the training part, one takes
# real sentences and shuffles the words of each, one writes a single sentence a thousand times.
#
# **Predict first.** Which of the eight will have the highest reference BLEU, and which the lowest self-BLEU?

# %%
real = list(rng.choice(sentences.train, 1000, replace=False))
writers = {
    "real sentences (copied from training)": real,
    "their words, shuffled": [" ".join(rng.permutation(sentence.split())) for sentence in real],
    "one sentence, a thousand times": ["I am sure you will be very happy."] * 1000,
    "plain, temperature 1": written_plain[1.0],
    "plain, temperature 0.6": written_plain[0.6],
    "VAE, temperature 1": model.generate(1000, seed=SEED),
    "the game with soft words": written_after,
    "the game with rewards": written_for_rewards,
}
measured = {name: examples.evaluate(written) for name, written in writers.items()}
columns = ("reference_bleu", "self_bleu", "different", "copied")
print(f"{'percent, and characters':40}{'reference BLEU':>15}{'self-BLEU':>11}{'different':>11}{'copied':>8}{'long':>6}")
for name, found in measured.items():
    numbers = (*(100 * found[measure] for measure in columns), found["mean_length"])
    print("{:40}{:15.1f}{:11.1f}{:11.1f}{:8.1f}{:6.0f}".format(name, *numbers))

# %% [markdown]
# One sentence, written a thousand times, wins quality by far. Shuffled words win diversity. So one of the two measures
# alone is worthless. And a copier scores just what real sentences score, so
# that another column has to tell. Every measure has somebody who wins it for nothing; lesson 15 has more of them.
#
# Now the honest ones. At temperature 1 the plain model and the VAE lie a little below real sentences in both columns.
# Cold, the plain model has far "better" sentences than Austen, which are far more alike. So
# **[temperature](../docs/GLOSSARY.md#temperature)** trades one measure for the other, and every writer has that knob:
# it is no point but a curve, and is better than another if its *curve* lies higher. Many published text GANs were
# compared with maximum likelihood at temperature 1 only, and looked better than it. Caccia and others (2020) drew the
# whole curves. So do we, from the record: medians over three seeds or more, whiskers from the lowest to the highest.


# %%
def curve_of(row, temperatures=(1.0, 0.8, 0.6)):
    """Points (self-BLEU, reference BLEU) in percent, and their ranges over the seeds."""
    points, ranges = [], []
    for t in temperatures:
        names = [measure if t == 1.0 else f"{measure}_at_{t}" for measure in ("self_bleu", "reference_bleu")]
        points.append([100 * row[name] for name in names])
        ranges.append([[100 * end for end in row["ranges"][name]] for name in names])
    return points, ranges


tables = {"maximum likelihood": "sentences", "VAE": "vae", "soft words": "gumbel", "rewards": "policy"}
found = {name: curve_of(record.table(table)[0]) for name, table in tables.items()}
points = {name: at for name, (at, _) in found.items()}
for name in ("real sentences (copied from training)", "their words, shuffled"):
    points[name.split(" (")[0]] = [100 * measured[name][m] for m in ("self_bleu", "reference_bleu")]
viz.trade_off(
    points,
    x_label="self-BLEU, percent (more alike →)",
    y_label="reference BLEU, percent (better ↑)",
    ranges={name: spans for name, (_, spans) in found.items()},
    notes={"maximum likelihood": (1.0, 0.8, 0.6)},
)

# %% [markdown]
# The temperatures of maximum likelihood stand beside its points; the others have the same three, from left to right. The
# VAE's points lie on the plain model's curve, further to the left: at equal temperature its tokens are drawn as boldly,
# and the latents add some variety. Rewards: on the curve, too. Soft words: a little below it, with whiskers so long that
# one seed can lie above. No game lifts anything off the curve, which is what Caccia and others found for the text GANs of
# their time.
#
# ### The length
#
# Some single runs do lie above it, and the game of section 7 may be one of them. Before we believe that, look at the last
# column of the table: games change the *length* of sentences. A short sentence has few long stretches to get wrong. So
# take sentences of the plain model, throw away those of more than 48 characters, and measure the rest.
#
# **Predict first.** The plain model has 9.1 and 10.2 percent, for reference BLEU and self-BLEU. Nothing is learnt here,
# only left out. Will one of the two change, both, or none?

# %%
short = [one for seed in range(SEED, SEED + 2) for one in write_plain(1000, seed=seed) if len(one) <= 48][:1000]
found = examples.evaluate(short)
print(f"{len(short)} sentences of {found['mean_length']:.0f} characters on average:", end=" ")
print(f"reference BLEU {100 * found['reference_bleu']:.1f}, self-BLEU {100 * found['self_bleu']:.1f}")

# %% [markdown]
# Both change. Throwing away long sentences brings the plain model more than a point of reference BLEU for about one
# point of self-BLEU; along its curve that costs about two. So it lies above its own curve, and nothing has been learnt.
# Compare *that* with the two games at the same length: the game with rewards is clearly below it, and the game with soft
# words, in the run kept here, is about as good. A measure can be moved without any gain, and an optimiser will find out
# how.
#
# A generator of a game is still a language model: it has probabilities for every next token, so it can be scored like
# one, too.

# %%
live = {
    "sentences": bits["plain"],
    "vae": score["bits_per_character"],
    "gumbel": recipes.likelihood(game, sentences.test)["bits_per_character"],
    "policy": recipes.likelihood(policy, sentences.test)["bits_per_character"],
}
print(f"{'bits per character, held out':32}{'here':>8}{'record':>9}")
for table, mine in live.items():
    row = record.table(table)[0]
    print(f"{row['variant']:32}{mine:8.3f}{row['bits_per_character']:9.3f}")

# %%
results.compare(
    "13",
    "gumbel_self_bleu",
    measured["the game with soft words"]["self_bleu"],
    parameters=GAME,
    device=runtime.device_kind(),
)

# %% [markdown]
# Both games *cost* likelihood: after them, held-out sentences surprise the generator more than before, by some two to
# seven percent. The game asks only that what is written looks real; whatever is never written is not missed, and maximum
# likelihood misses it dearly.
#
# Who wins when? For sentences like the training text, at any balance of quality and diversity: maximum likelihood, and
# its temperature. For a handle on the whole sentence: the VAE. The games win nothing here. Their idea has a future where
# there is *no* text to be likely and only a reward: that is how language models are tuned to what people prefer, and the
# formula is that of section 8, baseline and all.
#
# From nothing, by the way, neither game learns to write: the record has rows for that, too.

# %%
for table in ("gumbel", "policy"):
    for row in record.table(table):
        quality, alike, bits_each = (row[name] for name in ("reference_bleu", "self_bleu", "bits_per_character"))
        print(f"{row['variant']:32} BLEU {100 * quality:5.1f}, self {100 * alike:5.1f}, bits {bits_each:.2f}")

# %% [markdown]
# (The row without a critic takes the batch's mean reward as its baseline, and does no worse here.)
#
# ## 10 · Broken on purpose: mode collapse in words
#
# Mode collapse was easy to bring about in lesson 01: one player learnt too fast. Here, too. The game with rewards, from
# the plain model again, without a head start, with a learning rate five times as high, and every word credited with the
# whole rest of the sentence (discount 1).
#
# **Predict first.** Three things are measured on the way: the share of different sentences, reference BLEU and
# self-BLEU. Which of them will notice the collapse, and in which direction will each go?

# %%
COLLAPSING = {
    **recipes.get("policy-gan").parameters,
    "rate": COLLAPSE_RATE,
    "discriminator_rate": 1e-3,
    "discount": 1.0,
    "head_start": 0,
}
runtime.set_seed(SEED)
collapsing = recipes.get("policy-gan").build(COLLAPSING, tokenizer, SEED, EPOCH)
looks = []  # 200 sentences, each time that somebody looks


def different(some_model):
    looks.append(some_model.generate(200, seed=SEED))
    return len(set(looks[-1])) / 200


counters = []


def count_on_the_way(budget):
    counters.append(callbacks.HeldOut(different, budget, points=8))
    return counters


budget = train(collapsing, COLLAPSE_STEPS, decay="constant", watch=count_on_the_way)

# %%
(counter,) = counters
viz.loss_curves({"different sentences of 200": counter.values}, x=counter.steps, x_label="step", y_label="share")

# %%
for step, written in list(zip(counter.steps, looks, strict=True))[::2]:
    found = examples.evaluate(written)
    bleus = [round(100 * found[measure]) for measure in ("reference_bleu", "self_bleu")]
    print(f"step {step}: reference BLEU {bleus[0]}, self-BLEU {bleus[1]}", *written[:2], sep="\n    ")

# %% [markdown]
# First the sentences fall to pieces: reference BLEU sinks while most of the two hundred are still different (with a dip
# on the way, in the run kept here). Then, within a few dozen steps, a handful is left, or a single one, and it is no
# sentence: commas, in the run kept here. One would expect self-BLEU to rise to 100. But without spaces the commas are
# *one* word, so self-BLEU, which looks for up to four words in a row, finds nothing to compare and says 0: most diverse.
# Plain counting notices, so always count. (In images, too, a collapsed generator need not
# make one *good* image.)
#
# Why does nothing pull it back? The discriminator has found out long ago. But a policy learns only from what it draws.
# Once a word is certain, no other is ever tried, none is ever rewarded, and the slope, $\text{onehot} - p$, is 0. A
# softer fall has a cure: a bonus for **[entropy](../docs/GLOSSARY.md#entropy)**, or a share of maximum likelihood in
# the loss (`entropy_weight`, `likelihood_weight`). The record let the same happen three times:

# %%
for row in record.table("collapse"):
    low, high = (1000 * share for share in row["ranges"]["different"])
    print(f"{row['variant']}, {row['steps']} steps: {low:.0f} to {high:.0f} different sentences of 1,000")

# %% [markdown]
# ## 11 · Seven characters at a time
#
# The same models, on other texts: single lines of seven characters out of Tang quatrains. From the record:

# %%
print(f"{'percent; bits per character':32}{'reference BLEU':>15}{'self-BLEU':>11}{'copied':>8}{'bits':>8}{'KL':>7}")
for name in ("lines", "lines_vae"):
    for row in record.table(name):
        shares = [100 * row[measure] for measure in ("reference_bleu", "self_bleu", "copied")]
        numbers = (*shares, row["bits_per_character"], row.get("kl", 0.0))
        print("{:32}{:15.1f}{:11.1f}{:8.1f}{:8.2f}{:7.1f}".format(row["variant"], *numbers))

# %% [markdown]
# A line has only seven characters, so BLEU counts up to three in a row. All three write lines of the right length with
# hardly a copy among them, and about as good and as alike as each other. The KL vanishes here as well, and free bits
# keep it. In bits both VAEs are *better* than the plain model; but the best is the one whose latents say next to nothing,
# so it cannot be the latents. (They were not tuned for these lines; another learning rate may well turn the order round.)
#
# ## 12 · What this cannot do
#
# - **Say a sentence back.** Ten bits hold its kind, not its words. More latents, more free bits and a larger corpus hold
#   more, at the price of samples that stray further from what the encoder has seen.
# - **Judge sense.** BLEU looks at stretches of four words. Every writer of this lesson gets them about right, and none
#   has anything to say.
# - **Play a long game.** Our games last seconds, with one discriminator of modest size and one learning rate each. The
#   published ones are longer, with many tricks, and still came out on or below the curve. It is not proven that no game
#   can win; here none did.
#
# ## 13 · Exercises
#
# Each check tells you in a sentence why an answer is right or not yet. `hint("13.2")` helps in stages. Worked
# solutions: [solutions/13_latent_text.ipynb](solutions/13_latent_text.ipynb).
#
# First a few short questions. Choose an answer, and read why it is right or not.

# %%
from gencourse.exercises import check, hint, progress, quiz

quiz("13")

# %% [markdown]
# **13.1 One soft draw.** A vocabulary has three words, *tea*, *milk* and *sugar*, with the logits 1, 2 and 0. The Gumbel
# noise of this draw is 1.5, -0.5 and 0.8. Which word is drawn? Which share does *tea* get in the softened draw, at
# temperature 1 and at temperature 0.5? And how often is *tea* drawn in the long run, over many noises? (Three decimals
# are enough.)

# %%
drawn = ...  # "tea", "milk" or "sugar"
share_at_1 = ...
share_at_half = ...
how_often = ...
check("13.1", (drawn, share_at_1, share_at_half, how_often))

# %% [markdown]
# **13.2 What free bits leave free.** An encoder has three latents, A, B and C. For two sentences it says: A has
# $\sigma^2 = 1$ and the mean 2 for the first sentence, 0 for the second. B has the mean 0 and $\sigma^2 = 0.5$ for both. C has the
# mean 0 and $\sigma^2 = 1$ for both. What is the KL of B alone, and that of all three, as means over the two sentences?
# What is charged with $\lambda = 0.5$ nats free for each latent? And of how many latents does the loss want the KL
# smaller? (Three decimals are enough; the last is a whole number.)

# %%
kl_b = ...
kl = ...
charged = ...
pulled = ...
check("13.2", (kl_b, kl, charged, pulled))

# %% [markdown]
# **13.3 Gumbel-softmax with bugs.** It runs, the shapes are right, and each of the first, second and last line has a
# bug. (`uniform` holds uniform numbers between 0 and 1. What comes out should be the hard draw, with the gradient of the
# soft one.)


# %%
def gumbel_softmax(logits, uniform, temperature):
    # logits, uniform: (B, V) -> (B, V), one-hot rows, with the gradient of the shares
    noise = tf.math.log(-tf.math.log(uniform))
    shares = tf.nn.softmax(temperature * (logits + noise))
    drawn = tf.one_hot(tf.argmax(shares, axis=-1), shares.shape[-1])
    return drawn + tf.stop_gradient(shares - drawn)


check("13.3", gumbel_softmax)

# %% [markdown]
# **13.4 Policy gradient with bugs.** The loss for a batch of texts. `expected` is what a critic expected before each
# token, `kept` says which places belong to a text; behind its end there are numbers, too, and they mean nothing. No
# discount. Three things are wrong, and one of them in two places.


# %%
def policy_loss(log_probabilities, rewards, expected, kept):
    # all (B, T); `kept` is False behind a text's end -> a scalar
    to_come = tf.cumsum(rewards, axis=1, reverse=True)
    advantages = to_come - expected
    return tf.reduce_mean(log_probabilities * advantages)


check("13.4", policy_loss)

# %% [markdown]
# **13.5 Five writers.** A thousand sentences of each were measured, in percent:
#
# | | reference BLEU | self-BLEU | copied |
# |---|---|---|---|
# | P | 5.7 | 6.9 | 0 |
# | Q | 9.1 | 10.6 | 0 |
# | R | 10.2 | 12.1 | 100 |
# | S | 21.8 | 48.4 | 0 |
# | T | 84.1 | 100 | 0 |
#
# One copies training sentences; one takes real sentences and shuffles the words of each; one writes a single sentence a
# thousand times; two are the plain model, as it has learnt (temperature 1) and cold (temperature 0.5). Which is which?

# %%
copier = ...  # "P", "Q", "R", "S" or "T"
shuffled = ...
one_sentence = ...
as_learnt = ...
cold = ...
check("13.5", (copier, shuffled, one_sentence, as_learnt, cold))

# %%
print(hint("13.1"))
progress()

# %% [markdown]
# ## What to read next
#
# - Bowman et al., *Generating Sentences from a Continuous Space*, 2016: the text VAE, its vanishing KL, warm-up and word
#   dropout. Kingma et al., *Improved Variational Inference with Inverse Autoregressive Flow*, 2016: free bits.
# - Jang, Gu and Poole, *Categorical Reparameterization with Gumbel-Softmax*, and Maddison, Mnih and Teh, *The Concrete
#   Distribution*, both 2017.
# - Yu et al., *SeqGAN: Sequence Generative Adversarial Nets with Policy Gradient*, 2017; de Masson d'Autume et al.,
#   *Training Language GANs from Scratch*, 2019.
# - Caccia et al., *Language GANs Falling Short*, 2020: the curves of section 9, drawn for the models of the time.
# - Williams, *Simple Statistical Gradient-Following Algorithms for Connectionist Reinforcement Learning*, 1992.
# - **Lesson 12** has the other way to make choices learnable, a nearest neighbour and a straight-through gradient;
#   **lesson 15** compares all writers of the course.
