# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
#   gencourse:
#     recipes: [vqvae]
# ---

# %% [markdown]
# # 12 · VQ-VAE: an image as a sentence
#
# [![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)](https://colab.research.google.com/github/gencourse/gencourse/blob/main/notebooks/12_vq.ipynb)
#
# **One idea.** Learn an alphabet of 256 little pieces of picture, and write each image as 49 letters of it. An
# autoencoder learns the letters; a second network, like those that write text, learns which letters follow which. Draw
# a sentence, decode it, and there is a new image.
#
# After this lesson you can
#
# - replace vectors by the nearest code of a codebook, and move the codes to where they are needed;
# - train an encoder *through* that rounding, whose slope is zero, and say what the trick pretends;
# - read an image's codes: what each draws, how many are in use, how many bits they take;
# - draw new images with a prior over codes, ask it for a class, let it finish half an image;
# - tell apart what the codes lose and what the prior gets wrong, and recognise a collapsed codebook.
#
# It runs in about two minutes on two CPU cores, about one of which trains one model. Reading takes about 45 minutes.
# Lesson 03 comes before (latents, *prior*, holes) and lesson 08 (masks, the chain of probabilities); lesson 07 has
# autoencoders without all this.

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
SEED = 1  # weights, restarts and the order of the data; another seed is another run
EPOCHS = 8  # passes over the 10,000 clothes: what the training time follows
BATCH_SIZE = 32  # images in one step: 32 × 49 vectors for the codebook
CODES = 256  # letters of the alphabet
CODE_DIM = 32  # numbers in the vector of a code
COMMITMENT_WEIGHT = 1.0  # how hard the encoder is pulled to the codes it uses
AUTOENCODER_RATE = 4e-3  # learning rates at their highest; both sink to zero along a cosine
PRIOR_RATE = 6e-3
TEMPERATURE = 0.9  # what logits are divided by when codes are drawn
GUIDANCE = 2.0  # how far to go towards what the class says, and beyond; 1 arrives there
BROKEN_EPOCHS = 1  # passes for each of the four small models of section 9
LOAD_CHECKPOINT = False  # True: train for a moment, then take the recorded networks

# %%
import io
import zlib

import keras
import numpy as np
import tensorflow as tf
from PIL import Image

from gencourse import callbacks, data, metrics, recipes, results, viz, vq

runtime.set_seed(SEED)
rng = np.random.default_rng(SEED)
fashion = data.load_images("fashion")
real_images, real_labels = data.to_unit(fashion.test_images), fashion.test_labels.astype("int32")  # held out

# %% [markdown]
# ## 1 · Twelve codes for a cloud
#
# Before images, points that can be seen: the ring of eight Gaussians of lesson 00. Suppose that each point has to be
# sent over a line so narrow that only a number from 0 to 11 fits. Sender and receiver agree on a
# **[codebook](../docs/GLOSSARY.md#codebook)**: twelve vectors in the plane. The sender looks for the vector nearest to
# the point and sends its number, the **[code](../docs/GLOSSARY.md#code)**. The receiver looks the number up. This is
# **[vector quantisation](../docs/GLOSSARY.md#vector-quantisation)**, and what it loses is the distance from each point
# to its code's vector.
#
# Our codebook begins badly on purpose: all twelve vectors lie together in one corner.

# %%
ring = data.ring()
points = ring.sample(600, seed=SEED)
vectors = (3 + 0.3 * rng.normal(size=(12, 2))).astype("float32")
squares = ((points[:, None] - vectors) ** 2).sum(axis=-1)  # (600, 1, 2) - (12, 2) -> (600, 12)
codes = squares.argmin(axis=1)
print("points of each code", np.bincount(codes, minlength=12))
print(f"mean squared distance {squares.min(axis=1).mean():.2f}")

# %% [markdown]
# All distances of all pairs cost a lot when there are many: 32 images of 49 vectors of 32 numbers against 256 codes are
# 13 million differences. Multiply out: $|x - e|^2 = |x|^2 - 2\,x \cdot e + |e|^2$. The first term is the same for all
# codes and changes no comparison; the middle one is a matrix product, which computers love. The package does it so.

# %%
compared = (vectors**2).sum(axis=1) - 2 * points @ vectors.T  # (600, 12): |e|² - 2 x·e
np.testing.assert_array_equal(compared.argmin(axis=1), codes)
np.testing.assert_array_equal(vq.nearest_codes(points, vectors), codes)

# %% [markdown]
# ### Codes on the move
#
# Where should a code stand? At the mean of the points that it stands for: no other place has a smaller squared
# distance. Then the nearest code of some points changes, so do it again; that is k-means, from 1957. Here the points
# will come in batches, so the means have to be *running* means. Keep two averages for each code $k$, of how many points
# it got in a batch, and of their sum:
#
# $$N_k \leftarrow \gamma N_k + (1 - \gamma)\, n_k, \qquad
# m_k \leftarrow \gamma\, m_k + (1 - \gamma) \sum_{x \to k} x, \qquad e_k = m_k / N_k .$$
#
# Here $n_k$ is the count in this batch, $x \to k$ are the points whose nearest code is $k$, and the **decay** $\gamma$
# says how long the past is remembered. One step by hand, and by the layer `vq.Codebook`:

# %%
hits, sums = np.zeros(12), np.zeros((12, 2))
for k in range(12):
    hits[k] = 0.9 * hits[k] + 0.1 * (codes == k).sum()
    sums[k] = 0.9 * sums[k] + 0.1 * points[codes == k].sum(axis=0)
moved = np.where(hits[:, None] > 0, sums / np.maximum(hits, 1e-9)[:, None], vectors)


def codebook(restart_below):
    book = vq.Codebook(12, 2, decay=0.9, restart_below=restart_below)
    book.vectors.assign(vectors)
    return book


book = codebook(restart_below=0.0)
book.learn(points, book.nearest(points), seed=0)
np.testing.assert_allclose(book.vectors, moved, rtol=1e-3, atol=1e-3)

# %% [markdown]
# Twelve codes, eight heaps, all codes in one corner; sixty batches of 64 points. Two codebooks learn from them. The
# second differs in one rule: a code whose running count falls below a twentieth of its fair share is lifted out and
# begins anew at some point of the present batch. That is a **[restart](../docs/GLOSSARY.md#restart)**.
#
# **Predict first.** How many of the twelve codes will stand for anything in the end, without restarts and with them?

# %%
many = ring.sample(2000, seed=99)
books, use = {"no restarts": codebook(0.0), "restarts": codebook(0.05)}, {}
for name, book in books.items():
    seeds = keras.random.SeedGenerator(SEED)
    for step in range(60):
        batch = ring.sample(64, seed=step)
        book.learn(batch, book.nearest(batch), seed=seeds)
    use[name] = np.bincount(book.nearest(many), minlength=12)
    loss = ((many - book.look_up(book.nearest(many)).numpy()) ** 2).sum(axis=1).mean()
    print(f"{name:12} used {(use[name] > 0).sum():2} of 12, mean squared distance {loss:.3f}")

# %%
places = {"at the start": vectors} | {name: book.vectors.numpy() for name, book in books.items()}
used = {"at the start": np.bincount(codes, minlength=12) > 0} | {name: counts > 0 for name, counts in use.items()}
picture = viz.code_points(points, places, used=used)
picture.colours = 16
picture

# %% [markdown]
# Grey: the points. A disc is a code that stands for some of them, a square with its number struck out is one that
# stands for none. Without restarts it is three of twelve. Eight is a tempting guess, one code for each heap, but nobody hands the
# heaps out: only the few codes that lay nearest to the ring at the start ever won a point. They were pulled into the
# ring and now each stands in the *middle* of several heaps, where no point is; the others never won, so they never
# moved, and never will. They are **[dead codes](../docs/GLOSSARY.md#dead-code)**. With restarts all twelve work. Every
# heap has at least one code to itself, some have two or more, and the distance is about the spread of a heap.
#
# Remember the middle picture: it is how VQ-VAEs fail, in 32 dimensions, where nobody sees it. Section 9 comes back to
# it.
#
# ## 2 · An image in 49 letters
#
# Now images. An **[encoder](../docs/GLOSSARY.md#encoder)** reads 28×28 pixels and says one vector of 32 numbers for
# each block of 4×4 pixels, 49 vectors in all. (It sees the blocks around it, too.) The codebook replaces each by the
# nearest of its 256. A **[decoder](../docs/GLOSSARY.md#decoder)** reads the 7×7 map of replaced vectors and draws the
# image. What lies in the middle are 49 whole numbers.

# %%
recipe = recipes.get("vqvae")
PARAMETERS = recipe.with_parameters(
    {
        "epochs": EPOCHS,
        "batch_size": BATCH_SIZE,
        "codes": CODES,
        "code_dim": CODE_DIM,
        "commitment_weight": COMMITMENT_WEIGHT,
        "autoencoder_rate": AUTOENCODER_RATE,
        "prior_rate": PRIOR_RATE,
        "temperature": TEMPERATURE,
        "guidance": GUIDANCE,
    }
)
steps = data.steps_per_pass(len(fashion.train_images), BATCH_SIZE)
runtime.set_seed(SEED)
model = recipe.build(PARAMETERS, (28, 28, 1), SEED, recipes.steps_per_call(steps, steps * EPOCHS))
said = model.encoder(real_images[:2])
codes = model.codebook.nearest(said)
print("images", real_images[:2].shape, "-> vectors", tuple(said.shape), "-> codes", tuple(codes.shape))
print("-> vectors again", model.codebook.look_up(codes).shape, "-> images", model.decode(codes).shape)
for name in ("encoder", "decoder", "codebook", "prior"):
    print(f"{name:8} {getattr(model, name).count_params():7,} numbers")

# %% [markdown]
# ### How many bits is that?
#
# To name one of 256 codes takes $\log_2 256 = 8$ bits, so an image is 49 bytes. Beside it: the pixels as they are, and
# what general compression without loss makes of them.


# %%
def png_bytes(image):
    stream = io.BytesIO()
    Image.fromarray(image).save(stream, "png", optimize=True)
    return len(stream.getvalue())


some = fashion.test_images[:500]
grid = model.grid  # (7, 7)
shown = {
    "pixels, 8 bits each": 8 * 28 * 28,
    "PNG, without loss": 8 * np.mean([png_bytes(image) for image in some]),
    "zlib, without loss": 8 * np.mean([len(zlib.compress(image.tobytes(), 9)) for image in some]),
    f"a map of {grid[0]}×{grid[1]} codes": np.log2(CODES) * grid[0] * grid[1],
}
viz.bars(shown, unit="bits an image", number_format="{:.0f}")

# %% [markdown]
# A tenth of a PNG. No wonder, since a PNG brings every pixel back and the codes will not. JPEG loses, too, but its
# header alone is larger than our whole image.
#
# And lesson 03? Its latents are 32 real numbers. How many bits are those? As stored, $32 \cdot 32 = 1024$. As *meant*,
# far fewer: its guesses overlap, and the KL counts what is left. It was about 14 nats, or 20 bits, for a garment in
# black and white (its record). So a VAE says little, and blurs. Our 49 letters may say twenty times as much.
#
# ### Why letters at all?
#
# An autoencoder with 49 vectors of real numbers would reconstruct better still. What for the letters?
#
# - **Letters can be counted**, and so their joint probability can be *learned*, by the same networks that write text
#   (lesson 04) or pixels (lesson 08). In lesson 03 the prior was fixed, a standard normal, and the codes had to fit it.
#   They did not quite, and so there were holes. Here the codes come first, and the prior is fitted to them.
# - **Nothing can collapse into the prior.** No KL presses the codes to say little: each place has its 8 bits, used or
#   not.
# - **The sequence is short**: 49 letters instead of 784 pixels. The decoder takes care of the fine detail, the prior of
#   what goes with what.
#
# The price: rounding has no slope.
#
# ## 3 · A slope through a step
#
# Take one number instead of 32: codes at −1, 0 and 1, and an encoder that says 0.2. The nearest code is 0. We would
# like 0.8, and ask which way to move:

# %%
line = tf.constant([[-1.0], [0.0], [1.0]])
said = tf.Variable([[0.2]])
with tf.GradientTape() as tape:
    used_instead = tf.gather(line, vq.nearest_codes(said, line))
    miss = tf.reduce_sum((used_instead - 0.8) ** 2)
print(f"used instead {float(used_instead[0, 0])}, miss {float(miss):.2f}, slope {tape.gradient(miss, said)}")

# %% [markdown]
# `None`, as for the plain draw in lesson 03. A staircase is flat between its steps: said 0.2 or 0.3, the code is 0 all
# the same, so the true slope is zero nearly everywhere, and useless.
#
# The **[straight-through](../docs/GLOSSARY.md#straight-through)** trick (Bengio and others, 2013) pretends. Forwards
# the code's vector $e$ is used; backwards the gradient goes to what the encoder said, $z$, as if nothing had been
# replaced. One line does it, where sg, **[stop gradient](../docs/GLOSSARY.md#stop-gradient)**, has the value of its
# argument and no slope:
#
# $$z_q = z + \mathrm{sg}(e - z).$$
#
# Forwards $z$ cancels and $e$ is left; backwards the bracket is a constant.

# %%
with tf.GradientTape() as tape:
    nearest = tf.gather(line, vq.nearest_codes(said, line))
    passed = said + tf.stop_gradient(nearest - said)
    miss = tf.reduce_sum((passed - 0.8) ** 2)
print(
    f"value {float(passed[0, 0])}, slope {float(tape.gradient(miss, said)[0, 0]):.1f}: 2 (0 - 0.8), taken at the code"
)
np.testing.assert_allclose(vq.straight_through(said, nearest), passed)

# %% [markdown]
# The slope is taken at the code, 0, and handed to 0.2. It is not the slope of anything, but it points the right way:
# more is wanted. Now follow it, step by step, across the middle between two codes. A second term helps or hinders, the
# **[commitment](../docs/GLOSSARY.md#commitment)** $(z - \mathrm{sg}(e))^2$, which pulls what the encoder says towards
# the code that is used instead.
#
# **Predict first.** The target, 0.8, is no code. Where will $z$ come to rest without commitment, where with a weight of
# 0.5, and where with a weight of 2?


# %%
def follow(weight, steps=50):
    z, track = 0.2, []
    for _ in range(steps):
        e = np.round(z).clip(-1, 1)  # the nearest of -1, 0 and 1
        track.append((z, e))
        z -= 0.05 * (2 * (e - 0.8) + weight * 2 * (z - e))
    return np.transpose(track)


ways = {weight: follow(weight) for weight in (0.0, 0.5, 2.0)}
lines = {f"said, commitment {weight}": way[0] for weight, way in ways.items()}
lines |= {"the code of the first": ways[0.0][1]}
picture = viz.loss_curves(lines, x=np.arange(50), x_label="step", y_label="value")
picture.colours = 16
picture

# %% [markdown]
# Without commitment it never rests. It is tempting to say 0.8, but no slope is ever taken at $z$ itself, only at codes,
# and neither 0 nor 1 is right. Beyond 0.5 the code is 1, too large, so it is sent back; below 0.5 the code is 0,
# too small: what the encoder says stays at the border, and its code jumps up and down for ever. With 0.5 it crosses
# over and settles at 0.6, safely on the side of the 1. With 2 the pull back to the old code is so strong that it never
# crosses: it settles at 0.4, at the wrong code. A decoder can learn to live with any code, as long as it is always the
# same; it cannot learn to read a code that changes at every step.
#
# ## 4 · Who learns from what
#
# All pieces are there. For an image $x$, with $z$ what the encoder said, $e$ the codes' vectors and $\hat{x}$ what the
# decoder made of $z_q$:
#
# $$L = \underbrace{\tfrac{1}{n} \sum |\hat x - x|}_{\text{reconstruction}} \;+\; \beta\;
# \underbrace{\tfrac{1}{m} \sum (z - \mathrm{sg}(e))^2}_{\text{commitment}},$$
#
# means over all $n$ pixels and all $m$ numbers in the vectors; $\beta$ is `COMMITMENT_WEIGHT`.
#
# | | learns from |
# |---|---|
# | decoder | the reconstruction |
# | encoder | the reconstruction, straight through the codes, and the commitment |
# | codebook | no gradient at all: running averages of what the encoder said, as in section 1 |
# | prior | how likely it finds the codes that came out, which it takes as given (section 7) |
#
# The first VQ-VAE (van den Oord and others, 2017) moved its codes by gradient, with a third term $(\mathrm{sg}(z) -
# e)^2$; its authors name averages as the alternative in an appendix, and most have used them since. An average is where that term is smallest *at once*, while
# gradient steps follow a moving encoder with a delay, at a learning rate that has to be chosen. Section 9 compares. And
# absolute differences instead of squares: if a pixel may be dark or light, the best answer under squares is the grey in
# between, and under absolute differences one of the two.
#
# The loss of one batch by hand, and as the package has it:

# %%
runtime.set_seed(SEED)
images, labels = real_images[:BATCH_SIZE], real_labels[:BATCH_SIZE]
z = model.encoder(images).numpy()  # (32, 7, 7, 32)
e = model.codebook.look_up(model.codebook.nearest(z)).numpy()
reconstruction = np.abs(model.decoder(e) - images).mean()
commitment = ((z - e) ** 2).mean()
print(f"reconstruction {reconstruction:.3f}, commitment {commitment:.3f}")
one_batch = tf.data.Dataset.from_tensors((images, labels))
package = model.evaluate(one_batch, verbose=0, return_dict=True)
np.testing.assert_allclose(package["reconstruction_loss"], reconstruction, rtol=1e-3)
np.testing.assert_allclose(package["commitment_loss"], commitment, rtol=1e-3)

# %% [markdown]
# ## 5 · Training
#
# Everything in one call: each step trains the autoencoder, moves the codebook, and lets the prior learn the codes as
# they are at that moment. (How the numbers were chosen: `docs/search-vq.md`.) Ten samples are drawn after each pass,
# one of each class. The next cell trains for about a minute.
#
# **Predict first.** In which passes will codes still have to be restarted? And will the prior need more nats for a map
# or fewer, as the alphabet improves?

# %%
frames = callbacks.SampleFrames(n=10, seed=SEED, keep=lambda samples: np.clip(samples, 0.0, 1.0))
budget = callbacks.Budget(steps=steps * EPOCHS, decay=PARAMETERS["decay"], warm_up=PARAMETERS["warm_up"])
pairs = (fashion.train_images, fashion.train_labels.astype("int32"))
history = model.fit(
    data.batches(pairs, batch_size=BATCH_SIZE, seed=SEED, value_range="unit"),
    epochs=EPOCHS,
    steps_per_epoch=steps,
    verbose=0,
    callbacks=[
        *recipes.recorded("12", "fashion", LOAD_CHECKPOINT, budget=budget),
        budget,
        frames,
        callbacks.Progress(),
    ],
)

# %%
past = model.training_history
viz.loss_curves({"prior: nats of the 49 codes": past["code_nats"]}, y_label="nats an image")

# %%
print("pass" + "".join(f"{epoch:8}" for epoch in range(1, len(past["perplexity"]) + 1)))
for name in ("reconstruction_loss", "commitment_loss", "perplexity", "restarted"):
    print(f"{name:20}" + "".join(f"{value:8.3g}" for value in past[name]))

# %% [markdown]
# The prior's line falls throughout, though its task changes under its hands: the letters still move. (There is a good
# reason to expect the opposite: letters that say more are harder to foretell. Here the prior learns faster than its task
# grows.) In the table the restarts are a matter of the first pass; after that nearly every code has found work, and from
# the third pass on every one. The reconstruction gains to the end.
# The perplexity (how evenly the codes are used, section 6) is highest early and then sinks a little while the images
# get better: even use is not an end in itself. It is taken batch by batch here, which makes it smaller than it will be
# on all held-out images.

# %%
picture = viz.compare_grids(
    {"after one pass": frames.frames[1], f"after {EPOCHS}": frames.frames[-1]},
    columns=5,
    scale=1.2,
)
picture.colours = 8  # smooth greys make large files
picture

# %% [markdown]
# After one pass most garments can be guessed, pieced together from blocks that do not fit. At the end they are smoother
# and mostly whole. What is still bad: the sandal (first in the lower row) is a handful of dashes, and patches of
# another cloth sit in some of the shirts.
#
# ## 6 · What the letters say
#
# ### There and back
#
# Held-out clothes, the same through 49 codes, and the absolute difference:

# %%
again = np.clip(model.reconstruct(real_images), 0.0, 1.0)
shown = [real_images[:12], again[:12], np.abs(real_images - again)[:12]]
picture = viz.image_grid(np.concatenate(shown), columns=12)
picture.colours = 8
picture

# %% [markdown]
# Class, cut and shade come back, and so do sleeves and heels. What does not is whatever is finer than a block can say:
# the writing on the pullover is a smear, checks and meshes become blotches, and the third row shows them as grains
# inside the outline. Of the outline itself the third row shows hardly anything: it comes back well.
#
# ### The code of an image, place by place
#
# Four held-out clothes beside their codes. The number is the letter; the shade of a tile says how light the pixels
# under that letter are on average, and only serves to find your way.

# %%
codes = model.encode(real_images)  # (2500, 7, 7)
side = 28 // grid[0]
blocks = real_images.reshape(-1, grid[0], side, grid[1], side).swapaxes(2, 3).reshape(-1, side, side)  # (2500·49, 4, 4)
counts = np.bincount(codes.ravel(), minlength=CODES)
drawn = np.zeros((CODES, side, side))
np.add.at(drawn, codes.ravel(), blocks)
drawn /= np.maximum(counts, 1)[:, None, None]  # the mean block under each code
light = drawn.mean(axis=(1, 2))
chosen = {"ankle boot": 0, "pullover": 1, "trousers": 2, "sandal": 8}
four = {name: codes[i] for name, i in chosen.items()}
picture = viz.code_tiles(four, real_images[list(chosen.values())], shades=light, columns=2)
picture.colours = 12
picture

# %% [markdown]
# Neighbours that look alike often have the same letter: the black around a garment, the plain cloth in its middle. And
# now look at the black: it is written with *several* letters. The encoder sees the blocks next to its own, and it uses
# that to tell the decoder what is near: black in a corner, black to the left of a sleeve. A letter says something about
# its surroundings, too.
#
# ### The alphabet
#
# What does each letter draw? On the left the mean of all held-out blocks that stand under a code, from dark to light.
# On the right the decoder's own answer: a map filled with one code only, decoded, and its middle block cut out.

# %%
filled = model.decode(np.broadcast_to(np.arange(CODES)[:, None, None], (CODES, *grid)))
middle = np.clip(filled[:, 3 * side : 4 * side, 3 * side : 4 * side, 0], 0.0, 1.0)
order = np.argsort(light)
enlarged = {
    name: blocks_of[order].repeat(4, axis=1).repeat(4, axis=2)
    for name, blocks_of in {"mean block under each code": drawn, "decoded alone": middle}.items()
}
picture = viz.compare_grids(enlarged, columns=16, scale=1.0)
picture.colours = 8
picture

# %% [markdown]
# Left, from the top: letters for black, about a fifth of all; then edges, dark on one side and light on the other, in
# every direction; then greys, stripes and seams; at the bottom plain white. On the right the same letters alone,
# surrounded by nothing but themselves: the shade is right, and often there are stripes and corners that the left side
# does not have. A letter is not a stamp. The decoder reads it together with its neighbours, and a place all of whose
# neighbours are the same edge is something that it has never seen.
#
# ### Are all letters in use?
#
# Two numbers say how a codebook is used. `used` is the share of the codes that stand for anything in the held-out
# images. **[Perplexity](../docs/GLOSSARY.md#perplexity)** (lesson 04) takes into account how often: with $p_k$ the
# share of code $k$ among all places,
#
# $$\text{perplexity} = \exp\Big(-\sum_k p_k \log p_k\Big),$$
#
# as many codes, used equally often, would be as varied. One code for everything gives 1, all 256 alike 256.

# %%
p = counts / counts.sum()
by_hand = np.exp(-(p[p > 0] * np.log(p[p > 0])).sum())
use_of_codes = model.code_use(real_images)
np.testing.assert_allclose(use_of_codes["perplexity"], by_hand, rtol=1e-4)
print(f"used {use_of_codes['used']:.1%} of {CODES} codes, perplexity {by_hand:.0f}")
viz.loss_curves(
    {"share of places": np.sort(p)[::-1]}, x=np.arange(1, CODES + 1), x_label="code, by use", y_label="share"
)

# %% [markdown]
# Every code stands for something. The use is uneven, with a few letters for black and plain cloth ahead and a long
# slope behind, as with the letters of a language; there is no cliff at which it drops to zero. Section 9 has cliffs.
#
# ### Surgery
#
# Letters can be moved. Take the rows of codes below the middle from one garment and put them under the upper rows of
# another: left the two donors, then the new map decoded, then for comparison the same cut in the *pixels*.

# %%
tops, bottoms = [1, 2, 24, 13], [13, 4, 2, 12]
cut = 4
spliced = codes[tops].copy()
spliced[:, cut:] = codes[bottoms][:, cut:]
in_pixels = real_images[tops].copy()
in_pixels[:, cut * side :] = real_images[bottoms][:, cut * side :]
in_codes = np.clip(model.decode(spliced), 0.0, 1.0)
rows = np.stack([real_images[tops], real_images[bottoms], in_codes, in_pixels], axis=1)
picture = viz.image_grid(rows.reshape(-1, 28, 28, 1), columns=4, scale=1.4)
picture.colours = 12
picture

# %% [markdown]
# In pixels the cut is a cut. Through the codes the decoder sees both sides of the seam and softens it, within a block
# or so. More than that it does not do: a shirt's sleeves go on hanging to the left and right of a pair of trousers, as
# in the second row, and a dress may stand on a sandal. Which halves go together is a question for the prior.
#
# ## 7 · Which sentences there are
#
# The decoder reads any map of codes. Is any map an image? Draw maps in three ways: each place any code; each place a
# code that is usual *at that place*, as often as in the training images; and from the prior.
#
# **Predict first.** What will the middle ones look like, in which each place is right on its own?

# %%
train_codes = model.encode(data.to_unit(fashion.train_images)).reshape(-1, grid[0] * grid[1])  # (10000, 49)
usual = np.stack([np.bincount(place, minlength=CODES) for place in train_codes.T]) + 0.1  # (49, K)
usual /= usual.sum(axis=1, keepdims=True)
samples = frames.frames[-1]
by_place = np.stack([rng.choice(CODES, size=10, p=share) for share in usual], axis=1).reshape(10, *grid)
made = {
    "any code": np.clip(model.decode(rng.integers(0, CODES, (10, *grid))), 0.0, 1.0),
    "usual at its place": np.clip(model.decode(by_place), 0.0, 1.0),
    "prior": samples,
}
picture = viz.compare_grids(made, columns=5, scale=1.2)
picture.colours = 8
picture

# %% [markdown]
# Any code: rubble. Usual at its place: a pile of rubble in the shape of a garment, dark outside and light in the
# middle, and every block on its own. It is no blurred mean garment, as one might expect: each place *draws* a sharp
# block, and asks no neighbour. On the right, from the prior, clothes. Every block on the left and in the middle
# is a real block of the alphabet; what is missing is what goes with what, and nothing else.
#
# The **[prior](../docs/GLOSSARY.md#prior)** is the network of lesson 08, with masked convolutions, over 49 codes
# instead of 784 pixels. It splits the probability of a map $c$ into a chain,
#
# $$p(c \mid y) = \prod_{i=1}^{49} p(c_i \mid c_1, \dots, c_{i-1}, y),$$
#
# row by row from the upper left; $y$ is the class, which it is told. For each place it gives 256 logits. By hand on two
# images: softmax, the logarithm of the right code's share, and the sum over 49 places, with the sign turned. And since
# a mask that leaks would make all this worthless, change one code and see who notices.

# %%
two, their_labels = codes[:2], real_labels[:2]
logits = model.prior([two, their_labels]).numpy()  # (2, 7, 7, K)
logs = logits - np.logaddexp.reduce(logits, axis=-1, keepdims=True)
surprise = -np.take_along_axis(logs, two[..., None], axis=-1)[..., 0]  # (2, 7, 7)
np.testing.assert_allclose(model.code_nats(two, their_labels), surprise.sum(axis=(1, 2)), rtol=1e-4)

changed = two.copy()
changed[:, 3, 3] = (changed[:, 3, 3] + 1) % CODES
moved = np.abs(model.prior([changed, their_labels]).numpy() - logits).max(axis=(0, 3)) > 0
print(moved.astype(int))
np.testing.assert_array_equal(moved.ravel()[:25], False)

# %% [markdown]
# Nothing before the changed place, in the middle of the map, and not the place itself, has noticed. What comes after
# may know of it. Where is the surprise in the boot and the pullover?

# %%
viz.pixel_maps({"ankle boot": surprise[0].round(1), "pullover": surprise[1].round(1)}, label="nats", size=2.8)

# %% [markdown]
# One number for each letter, in nats; $\log 256 \approx 5.5$ is what a blind guess would cost. Where nothing new
# begins, a letter costs next to nothing: black after black, cloth after the same cloth. It costs more where something
# starts, as at the top of the boot's shaft; and most where the pullover has its writing, more than a blind guess.
# Nobody could foresee that, and a prior that is sure of plain cloth pays for having been sure.
#
# Added up and averaged over all held-out images: what does a map cost somebody who knows nothing, somebody who knows
# what is usual at each place, and this prior?

# %%
by_hand = -np.log(usual[np.arange(codes[0].size), codes.reshape(len(codes), -1)]).sum(axis=1).mean()
scores = recipe.measure(model, recipes.Images("fashion"))
nats = {"any code": codes[0].size * np.log(CODES), "usual at its place": by_hand, "prior": scores["code_nats"]}
viz.bars(nats, unit="nats for the codes of a held-out image (less is better)", number_format="{:.0f}")

# %% [markdown]
# Knowing what is usual at each place saves a quarter; knowing what came before saves more than half of the rest. (The
# class, which only the prior is told, can be worth at most $\log 10 \approx 2.3$ nats.) Two things to keep in mind.
# These are nats of the *codes*, not of pixels: they cannot be set beside lesson 03's or 08's. And they are what a file
# would need if the prior did the packing: about 140 bits for an image, in place of 392.
#
# ### Asked by class
#
# A row for each class, six samples each.

# %%
asked = np.repeat(np.arange(10), 6)
picture = viz.image_grid(np.clip(model.generate(60, seed=SEED, labels=asked), 0.0, 1.0), columns=6, scale=1.2)
picture.colours = 8
picture

# %% [markdown]
# Each row is what it should be, or nearly: trousers, pullovers, trainers and boots are plain to see. Sandals fall
# apart, since straps are finer than a block, and some bags have holes of black. The prior draws 49 letters one by one,
# and never comes back to mend one that did not fit.
#
# ### Temperature, and guidance
#
# Two dials turn between variety and plainness. As with text (lesson 04), the logits can be divided by a
# **[temperature](../docs/GLOSSARY.md#temperature)** before each draw; below 1 likely codes become likelier. And as in
# lesson 11 the class can be made to count for more: in training one label in ten was hidden, so the prior can also be
# asked *without* a class, as class number 10. Go from what it says then towards what it says with the class, and
# beyond. That is **[guidance](../docs/GLOSSARY.md#classifier-free-guidance)**, with the weight $g$:
#
# $$\text{logits} = \text{untold} + g\,(\text{told} - \text{untold}).$$
#
# By hand for the first place, where nothing but the class is known, with $g = 2$; temperature 0 takes the likeliest
# code.

# %%
nothing = np.zeros((10, *grid), "int32")
told = model.prior([nothing, np.arange(10)]).numpy()[:, 0, 0]  # (10, K): the first place of each class
untold = model.prior([nothing, np.full(10, 10)]).numpy()[:, 0, 0]
by_hand = (untold + 2.0 * (told - untold)).argmax(axis=1)
likeliest = model.generate_codes(10, labels=np.arange(10), temperature=0.0, guidance=2.0)
np.testing.assert_array_equal(likeliest[:, 0, 0], by_hand)
print("the likeliest first code of each class:", by_hand)

# %% [markdown]
# **Predict first.** What will a low temperature do to precision and recall? If some guidance makes the samples better,
# will a weight of 5 make them better still?

# %%
tailor = metrics.load_evaluator("fashion")
asked = np.arange(1000) % 10
DIALS = ((1.0, 1.0), (0.7, 1.0), (TEMPERATURE, GUIDANCE), (TEMPERATURE, 5.0))
drawn_at, measures = {}, ("frechet", "precision", "recall", "class_accuracy")
print("temperature  guidance" + "".join(f"{name:>16}" for name in measures))
for t, g in DIALS:
    drawn_at[t, g] = np.clip(model.generate(1000, seed=SEED, labels=asked, temperature=t, guidance=g), 0.0, 1.0)
    row = metrics.evaluate_images(drawn_at[t, g], real_images, tailor, labels=asked)
    print(f"{t:11}{g:10}" + "".join(f"{row[name]:16.2f}" for name in measures))

# %%
shown = {f"t {t}, g {g}": images[:10] for (t, g), images in drawn_at.items()}
shown["t 0, g 1"] = np.clip(model.generate(10, labels=asked[:10], temperature=0.0, guidance=1.0), 0.0, 1.0)
picture = viz.compare_grids(shown, columns=5, scale=1.0)
picture.colours = 8
picture

# %% [markdown]
# The first row is the prior as it was trained: varied, and three in ten of its samples are not taken for what was
# asked. Colder, precision rises and recall falls, and the distance stays. Some guidance makes the class count: class
# accuracy jumps, precision rises, and the distance falls by about a quarter, for a little recall. Too much, and only
# class accuracy still rises; everything else gets worse, precision included: so far beyond what the prior says either
# way, it draws codes that no longer fit together. At temperature 0 (the last panel) there is one picture for each
# class, clean and smooth. The recipe's own setting is the third row. It was chosen by the distance to these same
# held-out images (`docs/search-vq.md`), so read it as a little flattered.
#
# ### Finish what somebody began
#
# The chain runs from top to bottom, so it can start from codes that are given. Rows: held-out clothes; what the model
# is given of them, the first three of seven rows of codes (and the class); three endings.

# %%
eight = np.flatnonzero(np.isin(real_labels, [0, 2, 3, 5, 7, 8, 9]))[:8]
given = again[eight].copy()
given[:, 3 * side :] = 0.5
endings = [
    np.clip(model.complete(real_images[eight], rows=3, labels=real_labels[eight], seed=seed), 0.0, 1.0)
    for seed in range(3)
]
picture = viz.image_grid(np.concatenate([real_images[eight], given, *endings]), columns=8)
picture.colours = 8
picture

# %% [markdown]
# Some upper halves leave no choice: below trousers come trousers, below a shirt the rest of the shirt, a little longer
# or shorter. Where the upper rows are nearly black, as with shoes, the class and a sole's beginning are all that is
# known, and the three endings differ. The seam is hardly seen: the decoder draws across it. What was kept is not quite
# the original, since it has gone through the codes, too.
#
# And ten images, one of each class, as they are drawn, letter by letter. Places not yet drawn hold the code that is
# commonest in the upper left corner, which is black.

# %%
ten = model.generate_codes(10, seed=SEED)
blank = np.full_like(ten, np.argmax(usual[0])).reshape(10, -1)
growing = []
for place in range(5, codes[0].size + 4, 4):
    partly = blank.copy()
    partly[:, :place] = ten.reshape(10, -1)[:, :place]
    growing.append(np.clip(model.decode(partly.reshape(ten.shape)), 0.0, 1.0))
viz.show_gif(viz.animate_grids(growing, "growing.gif", columns=5, colours=6, enlarge=2))

# %% [markdown]
# ## 8 · How good is it?
#
# Two things can go wrong, and here they can be told apart. **[Reconstructions](../docs/GLOSSARY.md#reconstruction)** of
# held-out clothes pass through the codes but not through the prior: their distance from real clothes is what the
# *codes* lose. No sample can be expected to do better. What samples lose beyond that, the *prior* loses. Beside them a
# floor, other real images; a baseline of noise; and the records of earlier lessons on the same clothes (medians over
# several seeds, 5,000 samples each; with a thousand, distances come out a little higher).

# %%
samples = drawn_at[TEMPERATURE, GUIDANCE]  # what generate() does when nothing else is asked for
rows = {"this model, samples": recipes.Images("fashion").judge(samples, asked)}
pictures = {
    "this model, reconstructions": again[:1000],
    "held-out real": real_images[:1000],
    "noise": rng.random((1000, 28, 28, 1)).astype("float32"),
}
for name, images in pictures.items():
    told = None if name == "noise" else real_labels[:1000]
    rows[name] = metrics.evaluate_images(images, real_images[1000:], tailor, labels=told)
earlier = {
    "VAE (03)": ("03", "fashion"),
    "Wasserstein GAN (05)": ("05", "fashion"),
    "GAN of 02, 60 s (05)": ("05", "equal_dcgan"),
    "asked GAN (06)": ("06", "fashion"),
    "diffusion (11)": ("11", "fashion"),
}
rows |= {name: results.load_record(lesson).table(table)[0] for name, (lesson, table) in earlier.items()}
measures = ("frechet", "precision", "recall", "coverage", "class_accuracy")
print(" " * 28 + "".join(f"{name:>15}" for name in measures))
for name, row in rows.items():
    print(f"{name:28}" + "".join(f"{row.get(m, float('nan')):15.2f}" for m in measures).replace("nan", "  –"))
print(f"distance to the nearest training image: {rows['this model, samples']['nearest_train']:.2f}; real: 1")

# %% [markdown]
# Begin with the reconstructions. What the codes lose is a distance of three to four, several times the floor, and eight
# in a hundred classes: fine print. Their precision is that of real clothes, but recall has suffered. The guided samples
# are hardly farther out, so most of the distance that is left was lost in the *codes*. That does not make the prior
# perfect: without guidance (the first row of the last section) its samples lay two points farther out, and coverage is
# low.
#
# Beside the records: much nearer than lesson 03's VAE, whose prior was a fixed normal, and nearer than lessons 05 and
# 11 on these clothes. The two best GANs, a minute of lesson 02's and lesson 06's, are still nearer, and their precision
# is as high or higher. Look at recall, though: theirs is less than half of this model's. A likelihood does not forget
# the odd clothes; a judge may. And nothing is copied: samples are a little farther from the training images than fresh
# real clothes are.
#
# Is your run a usual one?

# %%
fresh = {name: rows["this model, samples"][name] for name in ("frechet", "class_accuracy")}
fresh |= {name: scores[name] for name in ("reconstruction_frechet", "perplexity", "code_nats")}
for name, value in fresh.items():
    print(results.compare("12", f"fashion_{name}", value, parameters=PARAMETERS, device=runtime.device_kind()))

# %% [markdown]
# ## 9 · Broken on purpose: a codebook that nobody uses
#
# Four autoencoders, without a prior, one pass each: the lesson's codebook; the same without restarts, its vectors begun
# at random; codes by gradient, as in the paper, from the same random start; and by gradient again, but begun near zero.
#
# **Predict first.** Which of the four will have dead codes, and which number will be the first to say so?

# %%
BOOKS = {
    "the lesson's": {},
    "no restarts": {"restart_below": 0.0},
    "gradient": {"restart_below": 0.0, "learning": "gradient"},
    "gradient, small": {"restart_below": 0.0, "learning": "gradient", "initial_std": 0.05},
}
broken = {}
for name, options in BOOKS.items():
    runtime.set_seed(SEED)
    coder = vq.VQVAE(vq.build_encoder(), vq.build_decoder(), vq.Codebook(CODES, CODE_DIM, **options), clip_norm=1.0)
    adam = keras.optimizers.Adam(AUTOENCODER_RATE, beta_2=PARAMETERS["beta_2"])
    coder.compile(autoencoder_optimizer=adam, steps_per_execution=recipes.steps_per_call(steps, steps))
    stream = data.batches(fashion.train_images, batch_size=BATCH_SIZE, seed=SEED, value_range="unit")
    coder.fit(stream, epochs=BROKEN_EPOCHS, steps_per_epoch=steps, verbose=0)
    broken[name] = coder
    score = coder.score(real_images)
    print(
        f"{name:16} used {score['used']:6.1%}  perplexity {score['perplexity']:5.1f}"
        f"  squared error {score['squared_error']:.4f}  commitment {coder.training_history['commitment_loss'][-1]:.3f}"
    )

# %%
through = {name: np.clip(coder.reconstruct(real_images[:6]), 0.0, 1.0) for name, coder in broken.items()}
picture = viz.compare_grids({"held out": real_images[:6]} | through, columns=3, scale=1.1)
picture.colours = 8
picture

# %%
shares = {}
for name, coder in broken.items():
    counted = np.bincount(coder.encode(real_images).ravel(), minlength=CODES)
    shares[name] = np.cumsum(np.sort(counted)[::-1])[:64] / counted.sum()
viz.loss_curves(shares, x=np.arange(1, 65), x_label="the so many commonest codes …", y_label="… stand for this share")

# %% [markdown]
# Without restarts ten codes, those that happened to begin nearest, do everything; the others were never nearest to
# anything, and an average of nothing does not move. The squared error nearly doubles, and cloth comes in steps. By
# gradient from the same start it is worse: four codes, and smudges.
#
# But look at the last: by gradient as well, no restarts either, and most of its codes work. All that differs is the
# start. Its vectors began close to zero and close together, so that the encoder's first vectors were spread over many
# of them, and each could be pulled to its share. So what kills a codebook is not the gradient. It is a start far from
# where the vectors are, and no way back. Restarts need no luck with the start.
#
# Which number says so first? The error alone would not tell: it may have many causes. `used` and the perplexity say
# what is wrong, and they can be read after the first few steps. Whoever trains a VQ-VAE prints them.
#
# ### The record
#
# The rows were trained like the lesson's own with one thing changed. They are records: medians over several seeds, on
# 5,000 samples, so compare them with each other. One column will mislead you. Which?

# %%
columns = ("used", "perplexity", "squared_error", "reconstruction_frechet", "code_nats", "frechet", "class_accuracy")
titles = ("used", "perplexity", "sq. error", "frechet: rec.", "nats: codes", "samples", "class acc.")
print(" " * 24 + "".join(f"{title:>14}" for title in titles))
for row in results.load_record("12").table("fashion"):
    print(f"{row['variant'][:24]:24}" + "".join(f"{row[c]:14.{4 if c == 'squared_error' else 2}f}" for c in columns))

# %% [markdown]
# The misleading column is the nats of the codes. The codebooks that collapsed have the lowest, and the worst samples:
# who says little is easy to foretell. Nats compare two priors over the *same* codes, and nothing else.
#
# 64, 256, 512: the more letters, the better the reconstructions, and the more nats does a map cost. The samples are about
# as good with all three (their ranges over the seeds overlap): a large alphabet draws finer pieces and asks more of the
# prior, which sees each letter less often, and here the two cancel. And a codebook that has collapsed stays so for all
# eight passes: more training does not wake the dead.
#
# The last row is a surprise, and an honest table shows it. By gradient, begun small, without any restart, the samples are
# a little *better* than the lesson's, over all seeds, though a few codes of a hundred lie idle. So averages and restarts
# are not what makes codes good. They are what makes them work from any start, and the gradient needed the right one.
# This row was measured last; had it been first, it might be the recipe.
#
# ## 10 · What this cannot do
#
# - **Fine print.** A block of 16 pixels has 256 looks, and a little help from its neighbours. Writing, checks, straps
#   and meshes are lost before the prior has said a word. Smaller blocks or more codes keep more, and make the prior's
#   sentences longer or its alphabet harder.
# - **Second thoughts.** Letters are drawn from the upper left to the lower right, and never changed. A collar cannot be
#   made to fit a hem that comes later. Lesson 11's model changes the whole image in every step.
# - **Walks.** There is nothing between two letters: halfway from code 17 to code 201 is not code 109, whose number
#   means nothing. Lesson 03's paths from one image to the next have no counterpart here.
# - **A likelihood of images.** The prior scores codes. Two images with equal codes get equal scores, whatever they look
#   like. Lesson 08 scores pixels.
# - **Large images cheaply.** 49 letters are drawn one after the other. An image of 1024×1024 pixels in blocks of 8 has
#   16,384. Hierarchies of codes are one answer.
#
# And what it is good for: whatever can be written in such letters, images, sound, motion, can be read and written by a
# model of sequences. Many of today's models that write text and draw pictures do both with one alphabet, of which a
# part is text and a part is codes like these.
#
# ## 11 · Exercises
#
# Each check tells you in a sentence why an answer is right or not yet. `hint("12.2")` helps in stages. Worked
# solutions: [solutions/12_vq.ipynb](solutions/12_vq.ipynb).
#
# First a few short questions. Choose an answer, and read why it is right or not.

# %%
from gencourse.exercises import check, hint, progress, quiz

quiz("12")

# %% [markdown]
# **12.1 Bits and codes in use.** (a) How many bits does it take to write down a map of 8×8 codes out of a codebook of
# 32? (b) A codebook has eight codes, and in some image they stand for 4, 2, 1, 1, 0, 0, 0 and 0 places. Which share of
# the codes is used, and what is the perplexity? (c) A prior gives the right code the probability 1/4 at each place of a
# map of 8×8. What does the map cost it, in nats?

# %%
bits = ...
used = ...
perplexity = ...
nats = ...
check("12.1", (bits, used, perplexity, nats))

# %% [markdown]
# **12.2 The nearest code.** Two bugs.


# %%
def nearest(x, vectors):
    # x: (N, D), vectors: (K, D) -> the number of the nearest code for each x, (N,)
    agreement = x @ vectors.T  # (N, K)
    return np.argmax(agreement, axis=0)


check("12.2", nearest)

# %% [markdown]
# **12.3 The wrong side of the stop.** The decoder should read the codes. All slopes should reach `x`, what the encoder
# said, and none the codes. In both lines the stop is on the wrong side. The training would run.


# %%
def quantise(x, vectors):
    # x: what the encoder said, vectors: the nearest codes, both (N, D)
    passed = vectors + tf.stop_gradient(x - vectors)
    commitment = tf.reduce_mean(tf.square(tf.stop_gradient(x) - vectors))
    return passed, commitment


check("12.3", quantise)

# %% [markdown]
# **12.4 Codes on the move.** One step of the running averages of section 1. A code that was never used should stay
# where it is. Two bugs.


# %%
def learn(vectors, hits, sums, x, codes, decay):
    # vectors, sums: (K, D); hits: (K,); x: (N, D); codes: (N,) -> new vectors, hits, sums
    vectors, hits, sums = vectors.copy(), hits.copy(), sums.copy()
    for k in range(len(vectors)):
        mine = x[codes == k]
        hits[k] = decay * hits[k] + (1 - decay) * len(mine)
        sums[k] = decay * sums[k] + (1 - decay) * mine.sum(axis=0) / max(len(mine), 1)
        vectors[k] = sums[k] / hits[k]
    return vectors, hits, sums


check("12.4", learn)

# %% [markdown]
# **12.5 Four rows.** Small runs of this lesson's kind, two passes each, measured on a thousand samples. One is the
# lesson's model. One began badly and had no restarts. One has 64 codes instead of 256. And one is the lesson's model
# again, but its maps are drawn place by place, each place on its own, from what is usual there.
#
# | row | codes used | squared error | nats of the codes | Fréchet of samples |
# |---|---|---|---|---|
# | A | 100% | 0.0113 | 205 | 36 |
# | B | 100% | 0.0113 | 108 | 14 |
# | C | 3% | 0.0181 | 40 | 17 |
# | D | 100% | 0.0132 | 74 | 13 |
#
# Which is which? And the nats of which *other* row can be compared with those of the lesson's model?

# %%
lesson = ...  # one of the letters "A", "B", "C" and "D"
collapsed = ...
independent = ...
few = ...
comparable = ...
check("12.5", (lesson, collapsed, independent, few, comparable))

# %%
print(hint("12.1"))
progress()

# %% [markdown]
# ## What to read next
#
# - Van den Oord, Vinyals and Kavukcuoglu, *Neural Discrete Representation Learning*, 2017: the paper, with pictures,
#   speech and video; codes by averages are in its appendix.
# - Bengio, Léonard and Courville, *Estimating or Propagating Gradients Through Stochastic Neurons*, 2013: the
#   straight-through estimator among its rivals.
# - Dhariwal et al., *Jukebox: A Generative Model for Music*, 2020: music in codes, on three levels from coarse to fine;
#   where the restarts come from.
# - Esser, Rombach and Ommer, *Taming Transformers for High-Resolution Image Synthesis*, 2021: the decoder of a VQ-VAE
#   with a discriminator as a judge (lesson 02), and a transformer (lesson 09) as the prior.
# - Mentzer et al., *Finite Scalar Quantization: VQ-VAE Made Simple*, 2023: round each number instead, and no codebook
#   can collapse.
# - **Lesson 11** draws images without any letters. **Lesson 13** asks the reverse question: text is discrete from the
#   start, so what is a *continuous* code of a sentence good for?
