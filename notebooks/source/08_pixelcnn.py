# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
#   gencourse:
#     recipes: [pixelcnn]
# ---

# %% [markdown]
# # 08 · PixelCNN: an image as a chain of coin tosses
#
# [![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)](https://colab.research.google.com/github/gencourse/gencourse/blob/main/notebooks/08_pixelcnn.ipynb)
#
# **One idea.** Write an image like a text: pixel after pixel, line by line. If a network gives each pixel's probability
# from the pixels *before* it, then the product of all these probabilities is the probability of the image: no bound, no
# judge, the likelihood itself. One trick makes it affordable. A mask on the kernels of a convolutional network lets it
# answer for all pixels at once, without any of them seeing ahead.
#
# After this lesson you can
#
# - split the probability of an image into a chain, and check on small images that nothing is lost;
# - build the mask by hand, and prove with gradients what an output sees and what it does not: its blind spot;
# - read a score in nats: beside a bound, beside baselines that only count, pixel by pixel;
# - draw an image pixel by pixel, finish one that somebody began, and classify with a generator;
# - recognise a leaking mask, and say why a good likelihood does not promise good samples.
#
# It runs in about two minutes on two CPU cores, about one of which trains one model. Reading takes about 45 minutes.
# Lesson 03 comes before: its black-and-white digits, its nats and its VAE are used again here.

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
SEED = 1  # weights, coins and the order of the data; another seed is another run
EPOCHS = 3  # passes over the 20,000 digits: what the training time follows
BATCH_SIZE = 16  # images in one step; each of them brings 784 questions
FILTERS = 32  # channels of the stack that reads along the row
ABOVE_FILTERS = 64  # channels of the stack that reads the rows above
GATED = False  # gated blocks, as in the paper, instead of ReLU: a step costs a third more
RATE = 6e-3  # learning rate at its highest; it sinks to zero along a cosine
BROKEN_STEPS = 300  # steps for each of the two small networks in section 9
LOAD_CHECKPOINT = False  # True: train for a moment, then take the recorded networks

# %%
import time
import zlib

import keras
import numpy as np
import tensorflow as tf

from gencourse import callbacks, data, metrics, pixelcnn, recipes, results, viz

runtime.set_seed(SEED)
rng = np.random.default_rng(SEED)

# %% [markdown]
# ## 1 · A chain of coins
#
# Begin with images so small that everything about them can be counted: 2×2 pixels, black or white, cut from the middle
# of the training digits. (As in lesson 03, a digit is made black and white by tossing a coin for each pixel, with its
# grey value as the probability of white.) There are $2^4 = 16$ such images. How often does each of them come?

# %%
digits = data.load_images("digits")
train = data.binarise(digits.train_images, seed=SEED)  # (20000, 28, 28, 1), zeros and ones
patches = train[:, 13:15, 13:15, 0].reshape(-1, 4).astype(int)  # (N, 4): pixels in reading order
sixteen = np.array([[int(bit) for bit in f"{number:04b}"] for number in range(16)])
shares = np.array([(patches == image).all(axis=1).mean() for image in sixteen])
large = sixteen.reshape(16, 2, 2).repeat(10, axis=1).repeat(10, axis=2)  # so that one sees them
viz.image_grid(0.15 + 0.7 * large, columns=8, labels=[f"{p:.1%}" for p in shares], scale=2.4)

# %% [markdown]
# All black and all white come most often; two white corners across from each other hardly ever. Sixteen shares that add
# up to 1: this table *is* the distribution of these images, and drawing from it would be a perfect generator.
#
# Now the same distribution told in another way. Toss a coin for the first pixel. Then toss one for the second, but take
# another coin according to how the first has fallen; then one of four coins for the third, and one of eight for the
# last. The **[chain rule of probability](../docs/GLOSSARY.md#chain-rule-of-probability)** says that nothing is lost in
# this:
#
# $$p(x) \;=\; p(x_1)\; p(x_2 \mid x_1)\; p(x_3 \mid x_1, x_2)\; p(x_4 \mid x_1, x_2, x_3) \;=\;
# \prod_i p(x_i \mid x_{<i})$$
#
# where $x_{<i}$ stands for all pixels before pixel $i$. A model that works in this way, each piece from the pieces
# before, is called **[autoregressive](../docs/GLOSSARY.md#autoregressive)**. Each coin can be counted, too:


# %%
def chance_of_white(before):
    alike = (patches[:, : len(before)] == before).all(axis=1)  # patches that begin in the same way
    return patches[alike, len(before)].mean()


def chain(image):
    white = [chance_of_white(image[:i]) for i in range(4)]
    return [p if pixel else 1 - p for p, pixel in zip(white, image)]  # of what really came


image = sixteen[0b0111]
print("coins of the image 0111:", " · ".join(f"{p:.3f}" for p in chain(image)), f"= {np.prod(chain(image)):.4f}")
print(f"counted at once: {shares[0b0111]:.4f}")
by_chain = np.array([np.prod(chain(image)) for image in sixteen])
np.testing.assert_allclose(by_chain, shares)
print(f"all sixteen agree, and they add up to {by_chain.sum():.4f}")

# %% [markdown]
# Fifteen coins ($1 + 2 + 4 + 8$), fifteen free numbers, just as many as sixteen shares that add up to 1. The chain is
# no approximation. And it does not matter which pixel is called the first, as long as everybody uses the same order.
#
# An image of 28×28 would need $2^{784} - 1$ coins, a number of 237 digits. Nobody can count them. But neighbouring
# pixels say most about each other. So forget most of $x_{<i}$, keep the nearest few of the pixels before, and count for
# these.
#
# ## 2 · What counting can do
#
# The data of this lesson, and a score. The held-out digits are the draw that lesson 03 used, so the numbers can be
# compared with its numbers. The score is again $-\log p(x)$ in nats for each image, less is better; now the logarithm
# of the product is a sum over the pixels: what each of them costs, given those before it.
#
# **Predict first.** One model has 784 coins, a coin for each place of the image, and its tosses never look at other
# pixels. Another has four coins for the whole image, and chooses among them by two pixels that are there already: the
# one to the left and the one above. Which of the two costs fewer nats, and by much or by little?

# %%
held_out = data.binarise(digits.test_images, seed=recipes.vae.HELD_OUT_SEED)
NEAREST = [(0, 1), (1, 0), (1, 1), (1, -1), (0, 2), (2, 0), (1, 2), (1, -2), (2, 1), (2, -1)]  # rows up, columns left


def code(images, k):
    """The k nearest pixels before each pixel, read as a binary number; outside the image all is black."""
    around = np.pad(images[..., 0].astype("int16"), ((0, 0), (2, 0), (2, 2)))
    read = np.zeros(images.shape[:3], "int16")
    for up, left in NEAREST[:k]:
        read *= 2
        read += around[:, 2 - up : 30 - up, 2 - left : 30 - left]
    return read


def nats_by_counting(k):
    read = code(train, k).ravel()
    seen, white = np.bincount(read, minlength=2**k), np.bincount(read, train.ravel(), minlength=2**k)
    p = (white + 0.5) / (seen + 1.0)  # half a count extra for black and for white: never quite sure
    p = p[code(held_out, k)]
    return -np.log(np.where(held_out[..., 0] == 1, p, 1 - p)).sum(axis=(1, 2)).mean()


counted = {k: nats_by_counting(k) for k in (0, 2, 4, 10)}
each_place = train.mean(axis=0).clip(1e-4, 1 - 1e-4)
own_coin = -np.log(np.where(held_out == 1, each_place, 1 - each_place)).sum(axis=(1, 2, 3)).mean()
for k, nats in counted.items():
    print(f"{k:2} pixels before, {2**k:5,} coins: {nats:6.1f} nats an image")
print(f"a coin for each place, 784 coins: {own_coin:6.1f} nats an image")

# %% [markdown]
# One coin for all pixels, 13 in 100 of which are white, costs about 290 nats. A coin for each place, lesson 03's
# baseline, costs about 200: it knows where ink is usual and nothing else. Who bets on 784 coins against four has the
# larger model on their side, and loses clearly: four coins that look to the left and upwards cost about 134. What a
# pixel's neighbours are says more than where it is. With ten pixels before, a window that fax machines used to pack
# pages with (JBIG, 1993), it is a little above 100. The VAE of lesson 03 stood at 93 by its bound, so counting is not
# far behind it.
#
# But every further pixel doubles the table, and most of its rows are never met. A stroke is longer than three pixels,
# and a digit is larger than a stroke. We need *one* function that looks at many pixels and answers for all contexts,
# also for those it has never met: a network.
#
# ## 3 · The mask
#
# The network should read an image and give 784 logits, one for each pixel. A plain convolutional network has the right
# shape. It must only keep one rule: **logit $i$ depends on pixels before $i$ alone**. Were it to see pixel $i$ itself,
# it would not foretell it but copy it.
#
# A convolution breaks the rule, as its kernel looks in all directions. So multiply the kernel with a
# **[mask](../docs/GLOSSARY.md#mask)** of zeros and ones. There are two kinds (van den Oord and others, 2016). **A**
# keeps the pixels before the centre; **B** keeps the centre, too.


# %%
def mask_by_hand(rows, columns, kind):
    mask = np.zeros((rows, columns), "float32")
    for row in range(rows):
        for column in range(columns):
            above = row < rows // 2
            left = row == rows // 2 and column < columns // 2
            centre = row == rows // 2 and column == columns // 2
            mask[row, column] = above or left or (centre and kind == "B")
    return mask


for size in ((3, 3), (5, 5), (1, 7), (7, 3)):
    for kind in "AB":
        np.testing.assert_array_equal(mask_by_hand(*size, kind), pixelcnn.raster_mask(size, kind))
viz.pixel_maps({f"kind {kind}": mask_by_hand(5, 5, kind) for kind in "AB"}, mark=(2, 2), limits=(0, 2))

# %% [markdown]
# The line runs between what comes before the centre and the rest. A stays above it; B has one more, the centre itself.
#
# Why two? In the first layer the centre is the pixel that is asked for: hence A. What comes out of that layer at place
# $i$ knows the pixels before $i$ and nothing more. The *second* layer may therefore look at its own place, and should:
# B.
#
# A masked convolution is nothing but a convolution with zeros in its kernel. By hand, against the package's layer:

# %%
layer = pixelcnn.MaskedConv2D(3, (3, 3), "A")
few = held_out[:2]
layer.build(few.shape)
kernel = np.zeros((3, 3, 1, 3), "float32")
kernel[: layer.kernel.shape[0], : layer.kernel.shape[1]] = layer.kernel  # the package stores no row that is all zeros
by_hand = tf.nn.conv2d(few, kernel * mask_by_hand(3, 3, "A")[:, :, None, None], strides=1, padding="SAME")
np.testing.assert_allclose(layer(few), by_hand, atol=1e-5)
print("images", few.shape, "-> maps", by_hand.shape, "· kernel kept", tuple(layer.kernel.shape))

# %% [markdown]
# ### Does it all add up?
#
# Images of 3×3 pixels: all 512 of them fit into one batch, so all their probabilities can be added up. Take small
# networks of masked convolutions with **random** weights. They have never seen a digit. Three of them have a first
# mask of kind A, as they should. In three more it is of kind B, so that each output sees its own pixel.
#
# **Predict first.** What will the 512 probabilities add up to, for each of the six networks?

# %%
every = np.array([[int(bit) for bit in f"{number:09b}"] for number in range(512)], "float32").reshape(-1, 3, 3, 1)


def sum_over_all_images(network):
    logits = network(every).numpy().astype("float64")
    log_p = (every * logits - np.logaddexp(0, logits)).sum(axis=(1, 2, 3))  # Bernoulli, as in lesson 03
    return np.exp(log_p).sum()


def stirred(network, scale=0.2):
    for weight in network.trainable_variables:  # random throughout, also those that start at zero
        weight.assign_add(scale * rng.normal(size=weight.shape).astype("float32"))
    return network


for kind in "AB":
    small = {"input_shape": (3, 3, 1), "kernel_size": 3, "depth": 1, "first_kind": kind}
    sums = [sum_over_all_images(stirred(pixelcnn.build_plain_pixelcnn(**small))) for _ in range(3)]
    print(f"first mask {kind}: the probabilities of all images add up to", *(f"{total:.4f}" for total in sums))

# %% [markdown]
# Exactly 1 for the first three, whatever the weights. It is tempting to think that a network must be trained before its
# probabilities are in order. But each coin's two sides add up to 1, trained or not, and so the whole chain does: the
# rule alone makes it a distribution. Whatever training does later, $p(x)$ stays a true probability, and its logarithm
# can be compared with everybody else's. With the leak the sum is anything, here above 1. Those numbers look like
# probabilities and are none.
#
# ## 4 · What does an output see?
#
# Never trust a mask; test it. An output depends on a pixel when its **[gradient](../docs/GLOSSARY.md#gradient)** with
# respect to that pixel is not zero. So ask a network with random weights for the gradient of one logit, the one in the
# middle, with respect to the image. (A ReLU that is shut lets no gradient through, so several random images are asked,
# and the largest answer counts.) The next cell does this for a first layer alone, "0 blocks", and with 1, 2 and 5
# blocks behind it. A block is a masked 3×3 convolution of kind B.
#
# **Predict first.** Each block lets an output look one pixel farther. Which shape will the part of the past have that
# five blocks reach, and is there a pixel close by that is never seen?


# %%
def seen_by(network, row, column, images=6):
    shape = (images, *(getattr(network, "image_shape", None) or network.input_shape[1:]))
    x = tf.constant((rng.random(shape) < 0.5).astype("float32"))
    with tf.GradientTape() as tape:
        tape.watch(x)
        logit = network(x)[:, row, column, 0]
    return np.abs(tape.gradient(logit, x)[..., 0]).max(axis=0) > 0  # (H, W)


sights = {}
for depth in (0, 1, 2, 5):
    stack = pixelcnn.build_plain_pixelcnn(input_shape=(15, 15, 1), filters=8, depth=depth, kernel_size=3)
    sights[f"{depth} blocks"] = seen_by(stirred(stack), 8, 7)
viz.pixel_maps(sights, mark=(8, 7), limits=(0, 2))

# %% [markdown]
# Shaded is what the ringed output sees, and the line marks where the past ends. Nothing below it is ever shaded: no
# output sees itself or what comes later, however many layers there are. Upwards and to the left each further block lets
# it look one pixel farther.
#
# A half square, as wide to the right as to the left, would be the natural guess. But look to the right: there the sight
# ends in a slanting edge, and the white wedge between this edge and the line stays white with any number of blocks.
# This is the
# **[blind spot](../docs/GLOSSARY.md#blind-spot)**. The pixel two places to the right in the row above *is* in the past,
# and no path of masked kernels leads there: one step to the right is only possible together with one step up. Such a
# network keeps its promise, adds up to 1, and has given away knowledge that it was entitled to.
#
# ### Two stacks
#
# The remedy (van den Oord and others, 2016): two stacks of layers, each with a mask that suits it.
#
# - The **[upper stack](../docs/GLOSSARY.md#upper-stack)** reads the rows above. Inside those rows it may look to the
#   left *and* to the right, because all of them are finished. Its only mask is the row: nothing from the current one.
# - The **[row stack](../docs/GLOSSARY.md#row-stack)** goes along the current row, looks to the left only, and is told
#   at each place what the upper stack has found.
#
# Ours has one more economy. The upper stack takes four neighbouring columns as the channels of one place: its map is
# four times smaller, so it can have more channels and reach farther. (Why these sizes: `docs/search-pixelcnn.md`.)

# %%
recipe = recipes.get("pixelcnn")
PARAMETERS = recipe.with_parameters(
    {
        "epochs": EPOCHS,
        "batch_size": BATCH_SIZE,
        "filters": FILTERS,
        "above_filters": ABOVE_FILTERS,
        "gated": GATED,
        "rate": RATE,
    }
)
steps = data.steps_per_pass(len(digits.train_images), BATCH_SIZE)
runtime.set_seed(SEED)
model = recipe.build(PARAMETERS, (28, 28, 1), SEED, recipes.steps_per_call(steps, steps * EPOCHS))
two_stacks = stirred(recipe.build(PARAMETERS, (28, 28, 1), SEED, 1).network)  # the same with random weights: to test
one_stack = stirred(pixelcnn.build_plain_pixelcnn(depth=5))
sights = {"one stack, 5 blocks": seen_by(one_stack, 14, 12, 2), "two stacks": seen_by(two_stacks, 14, 12, 2)}
print(f"two stacks: {model.network.count_params():,} weights; two images {few.shape} -> logits {model(few).shape}")
viz.pixel_maps(sights, mark=(14, 12), limits=(0, 2), size=2.6)

# %% [markdown]
# No wedge any more: in the ten rows above it sees everything, to both sides. What stays white has another reason, the
# reach of the kernels: rows farther up, and in its own row all but the six pixels to the left. A longer kernel along
# the row was tried, and made no difference.
#
# A picture shows one output. The promise is about all 784 and all pixels that come later, and it must hold exactly,
# since a leak of one thousandth is a leak. Change all pixels from some place on, and compare the logits up to that
# place:

# %%
original = (rng.random((1, 28, 28, 1)) < 0.5).astype("float32")
before = two_stacks(original).numpy().ravel()
largest = 0.0
for place in rng.permutation(784)[:40]:
    changed = original.copy().reshape(-1)
    changed[place:] = 1 - changed[place:]  # its own pixel and all later ones are turned
    after = two_stacks(changed.reshape(original.shape)).numpy().ravel()
    largest = max(largest, np.abs(after[: place + 1] - before[: place + 1]).max())
print(f"largest change in any logit up to the place: {largest}")
np.testing.assert_array_equal(largest, 0.0)

# %% [markdown]
# Zero, to the last bit, and not just nearly. This is the test to write before anything is trained. Exercise 08.4 is
# about it.
#
# ## 5 · Training
#
# The loss is the score itself, $-\log p(x)$. One pass through the network gives all 784 logits of an image, so all 784
# questions are asked at once, each with the *real* pixels before it as its context. A single digit is a lesson of 784
# examples, which is one reason why three passes over the data are enough.
#
# Twenty-five digits are drawn before training and after each pass, and a thousand held-out ones are scored as it goes.
# The next cell trains for about a minute.
#
# **Predict first.** Counting ten pixels costs 104 nats, and the VAE stands at 93. Where will this network end, and how
# much of one pass over the data does it need to overtake the counts?

# %%
budget = callbacks.Budget(steps=steps * EPOCHS, decay=PARAMETERS["decay"], warm_up=PARAMETERS["warm_up"])
curve = callbacks.HeldOut(lambda model: model.score(held_out[:1000])["nats_per_image"], budget, points=15)
frames = callbacks.SampleFrames(n=25, seed=SEED)
history = model.fit(
    data.batches(digits.train_images, batch_size=BATCH_SIZE, seed=SEED, value_range="unit"),
    epochs=EPOCHS,
    steps_per_epoch=steps,
    verbose=0,
    callbacks=[
        *recipes.recorded("08", "digits", LOAD_CHECKPOINT, budget=budget, epochs=1),
        budget,
        curve,
        frames,
        callbacks.Progress(),
    ],
)

# %%
vae = {k: results.load_record("03").claim(f"digits_{k}").median for k in ("nats_per_image", "importance_weighted_nats")}
later = curve.steps[1:]
curves = {"this model": curve.values[1:], "VAE: ELBO": np.full(len(later), vae["nats_per_image"])}
curves["VAE: tighter bound"] = np.full(len(later), vae["importance_weighted_nats"])
viz.loss_curves(curves, x=later, x_label="step", y_label="nats an image, 1,000 held out")

# %% [markdown]
# The first score, before training, was near $784 \log 2 \approx 543$ and is left out. At the next mark, after 250
# steps, a fifth of the first pass, the network has already passed the best of the counts, and before that pass is over
# both numbers of the VAE. Four thousand images are enough for that, as each of them asks 784 questions. Then it
# goes on gaining, ever more slowly, to between 83 and 84 nats on these thousand digits.

# %%
names = ["before", *(f"after pass {epoch}" for epoch in frames.epochs[1:])]
viz.compare_grids(dict(zip(names, frames.frames)), scale=1.2)

# %% [markdown]
# Before training: tossed coins. After one pass strokes are there, of the right thickness and with round turns; many
# tiles are digits, and others scribbles. The next passes change less than the first, as in the curve. At the end some
# two thirds can be read. What is still bad: some strokes took a wrong turn and never found back, so that a tile is half
# one digit and half another, or breaks into pieces. The edges are as ragged as the data's own, and that is right: they
# are coins there, too.
#
# ## 6 · How good is it? The exact score

# %%
nats = recipe.measure(model, recipes.Images("digits"))["nats_per_image"]
grey = data.to_unit(digits.test_images).clip(1e-7, 1 - 1e-7)
coins = -(grey * np.log(grey) + (1 - grey) * np.log(1 - grey))  # lesson 03's floor: entropy of the coins
shown = {
    "a coin for each place": own_coin,
    "counting 4 pixels before": counted[4],
    "counting 10 pixels before": counted[10],
    "VAE of lesson 03: ELBO": vae["nats_per_image"],
    "VAE of lesson 03: 64 draws": vae["importance_weighted_nats"],
    "this PixelCNN, exact": nats,
    "the coins alone": float(coins.sum(axis=(1, 2, 3)).mean()),
}
first_thousand = model.score(held_out[:1000])["nats_per_image"]
print(f"the first 1,000 digits alone, as for the VAE's 64 draws: {first_thousand:.1f} nats")
viz.bars(shown, unit="nats an image, held out (less is better)", number_format="{:.1f}")

# %%
results.compare("08", "digits_nats_per_image", nats, parameters=PARAMETERS, device=runtime.device_kind())

# %% [markdown]
# About 84 nats, some nine below the VAE's ELBO. Careful with that comparison, though. The ELBO is a *bound*: the VAE's
# true score is somewhere below 93, and below 88, too, which the tighter bound guarantees (it was measured on the first
# 1,000 digits, which are a little easier; the line above has ours on these). How far below, nobody can say. Ours needs
# no "at most". Every image has been written down pixel by pixel, and the sum is what it costs. That is the strongest
# point of such models: the number is certain. And it is better than any that the VAE can prove.
#
# ### In bits
#
# A nat is about 1.44 bits, and a bit is something to store. A good forecast *is* a short file: with
# **[arithmetic coding](../docs/GLOSSARY.md#arithmetic-coding)** a model that gives an image the probability $p$ can
# store it in $-\log_2 p$ bits, within a bit or two. An ordinary compressor, for comparison, gets all held-out digits in
# one go, eight pixels to a byte.

# %%
packed = np.packbits(held_out.astype("uint8").reshape(len(held_out), -1), axis=1)
sizes = {
    "as they are": packed.shape[1],
    "zlib, level 9": len(zlib.compress(packed.tobytes(), 9)) / len(packed),
    "counting 10 pixels": counted[10] / np.log(2) / 8,
    "this model": nats / np.log(2) / 8,
}
for name, size in sizes.items():
    print(f"{name:20} {size:5.1f} bytes an image")
print(f"this model: {nats / np.log(2):.1f} bits an image, {nats / np.log(2) / 784:.3f} bits a pixel")

# %% [markdown]
# A digit in fifteen bytes: less than a sixth of what it was, and half of what zlib makes of it. (The receiver needs the
# same network to read it again, and that is larger than the file of all 5,000. Counting wins as soon as the model has
# to be sent along.)
#
# ### Where the nats are
#
# An exact score comes in 784 pieces, so one can look at where they are paid. Three held-out digits: what they are; the
# probability of white that the model gave to each pixel, *knowing only the real pixels before it*; and what each pixel
# then cost.

# %%
three = held_out[[np.flatnonzero(digits.test_labels == digit)[1] for digit in (2, 4, 8)]]
logits = model(three).numpy()
chances = 1 / (1 + np.exp(-logits))
costs = (np.logaddexp(0, logits) - three * logits)[..., 0]
np.testing.assert_allclose(-costs.sum(axis=(1, 2)), model.log_likelihood(three), rtol=1e-4)
viz.compare_grids({"held out": three, "probability of white": chances}, columns=3, scale=2.4)

# %%
maps = {f"{cost.sum():.0f} nats": cost for cost in costs}
picture = viz.pixel_maps(maps, label="nats of a pixel", limits=(0.0, 4.0), size=2.3)
picture.colours = 32
picture

# %% [markdown]
# Read the second picture like somebody who reads line by line and guesses. The paper above the digit is black without
# doubt. Where the first row of a stroke appears, the model is caught unprepared: the tops of the strokes are dim. From
# then on it follows the stroke, white inside and black outside, and hesitates on its edges.
#
# The map of costs shows the same. Background and inside of a stroke are almost free. The price is paid at the edges.
# The darkest pixels, three nats and more, are few, and stand where something new is said: where the arms of the four
# begin, where its hook turns up at the bottom, where the base of the two sets out to the left. In numbers, over all
# held-out digits:

# %%
all_logits = np.concatenate([model(held_out[i : i + 500]).numpy() for i in range(0, 5000, 500)])
all_costs = (np.logaddexp(0, all_logits) - held_out * all_logits).reshape(5000, -1)
dearest = np.sort(all_costs, axis=1)[:, ::-1].cumsum(axis=1) / all_costs.sum(axis=1, keepdims=True)
edge = ((grey > 0.01) & (grey < 0.99)).reshape(5000, -1)  # grey in the original: here a coin was tossed
print(f"half of an image's nats are in {(dearest < 0.5).sum(axis=1).mean() + 1:.0f} of its 784 pixels")
print(f"grey edges: {edge.mean():.0%} of the pixels, {(all_costs * edge).sum() / all_costs.sum():.0%} of the nats")
print(f"entropy of the coins tossed there: {coins.sum() / 5000:.0f} of {nats:.0f} nats, which nobody could save")

# %% [markdown]
# Some twenty pixels carry half of the price. And more than half of it is the noise of the coins, which we tossed
# ourselves. What is left, about 39 nats, pays for *which* digit, in whose hand, and for what our model could know and
# does not. How it is divided among these, nobody can say.
#
# ## 7 · Drawing
#
# To draw, read the chain forwards: toss the first pixel, put it into the image, ask for the second, and so on. The
# network answers for all 784 pixels each time, and 783 of the answers are thrown away. That is the *naive* way, and it
# is right for every network.
#
# The package does it with less work. The upper stack's answer for a row changes no more once the row above is finished;
# along a row, each layer needs only the few places before. So it remembers, and computes every number exactly once.
# (The key–value cache of lesson 09 is the same thought.) With the same coins both ways must give the same digits:


# %%
def timed(**options):
    model.generate(10, seed=SEED, **options)  # once before the clock runs: this compiles
    began = time.perf_counter()
    return model.generate(10, seed=SEED, **options), time.perf_counter() - began


drawn, quick = timed()
naive, slow = timed(naive=True)
np.testing.assert_array_equal(drawn, naive)
print(f"10 digits: naively {slow:.2f} s, with memory {quick:.2f} s, all pixels equal")
began = time.perf_counter()
samples = model.generate(1000, seed=SEED)
print(f"1,000 digits with memory: {time.perf_counter() - began:.1f} s")

# %% [markdown]
# The 784 steps have to be taken one after the other in both ways; with memory each of them is so small that a hundred
# times as many digits take only some ten times as long. A GAN draws all pixels in one step. That is the bargain of an
# autoregressive model: in training all questions at once, in drawing one after the other.
#
# A neat check needs no second drawing. A pixel became white when its random number was below its probability. And one
# look at the *finished* image gives all those probabilities again, since none of them depends on what came later:

# %%
noise = keras.random.uniform(drawn.shape, seed=SEED).numpy()
white = noise < 1 / (1 + np.exp(-model(drawn).numpy()))
print(f"{(white == drawn).mean():.4%} of the pixels are what their random number says")
np.testing.assert_allclose(white.mean(), drawn.mean(), atol=1e-3)

# %%
reading = [np.where(np.arange(28)[:, None, None] < row, samples[:18], 0.45) for row in (*range(3, 27), 28)]
viz.show_gif(viz.animate_grids(viz.thin(reading, limit=20), "drawing.gif", columns=6, colours=4, fps=4, enlarge=2))

# %% [markdown]
# Grey is paper that has not been reached. Nobody knows at the top what it is going to be: a bar may become a seven, a
# five or a two, and only the coins decide. That is also how it fails. Halfway down some have promised two digits at
# once, and then the rest has to keep both promises.
#
# ### Temperature
#
# As in lesson 04, divide the logits by a **[temperature](../docs/GLOSSARY.md#temperature)** before each toss: below 1
# the likelier side gets likelier, at 0 it always wins.
#
# **Predict first.** What will be drawn at temperature 0, where each pixel takes its likelier value: the most typical
# digit, a very tidy one, the same one twelve times, or something else?

# %%
temperatures = (0.0, 0.5, 0.8, 1.0, 1.3)
viz.image_grid(np.concatenate([model.generate(12, seed=SEED, temperature=t) for t in temperatures]), columns=12)

# %%
empty = np.zeros((1, 28, 28, 1), "float32")
print(f"the empty image costs {-model.log_likelihood(empty)[0]:.1f} nats, held-out digits {nats:.1f} on average")
print(f"the cheapest of 5,000 held-out digits costs {all_costs.sum(axis=1).min():.1f} nats")
print(f"of 1,000 samples {int((samples.sum(axis=(1, 2, 3)) == 0).sum())} are empty")

# %% [markdown]
# Rows from top to bottom: 0, 0.5, 0.8, 1 and 1.3. At 0 there is nothing at all, where a tidy, typical digit might be
# expected. At each place black is likelier than white, since a stroke *may* begin anywhere and nowhere in particular;
# always betting on the likelier side, no stroke ever begins. At 0.5 some begin, and many are cut short. At 0.8 most are
# tidy digits, with thin and odd hands getting rarer. Above 1 it frays.
#
# This says something about likelihood. The empty image costs no more than about the cheapest of 5,000 held-out digits,
# and some 59 nats less than an average one: by the model it is $e^{59}$ times as likely. Still it is hardly ever drawn,
# because there is *one* empty image and there are untold many digits. The likeliest image is not a typical one. Whoever
# wants typical ones has to toss the coins.
#
# ### Finishing what somebody began
#
# The chain may start anywhere. Give it the upper half of a held-out digit and let it draw the rest: these are exact
# draws from $p(\text{lower half} \mid \text{upper half})$. The GANs have nothing like it; with a VAE it takes a search.

# %%
begun = held_out[[1, 3, 6, 7, 8, 15, 18, 30, 33, 45]]
covered = np.where(np.arange(28)[:, None, None] < 14, begun, 0.45)
finished = [model.complete(begun, rows=14, seed=seed) for seed in range(4)]
viz.image_grid(np.concatenate([begun, covered, *finished]), columns=10, scale=1.3)

# %% [markdown]
# First row: the held-out digits; second: what the model was given; then four completions. Where the upper half leaves
# no doubt, all four agree, and are still four different hands. Where it may belong to several digits, they differ: the
# same arch goes on as different digits. It does not know one answer, it knows a distribution. And now and then a stroke
# goes astray, as in the samples.
#
# ### Do its samples look like digits?
#
# By the evaluator's numbers, as in the lessons before. But a question first: what is the floor here? Our samples are
# black and white by construction. The evaluator was trained on grey digits, and ragged edges alone may move a picture
# away in its eyes. So put *real* digits in black and white into the same table.

# %%
evaluator = metrics.load_evaluator("digits")
real_images = data.to_unit(digits.test_images)
real_coins = data.binarise(digits.test_images[:1000], seed=SEED)  # a draw of its own
measures = ("frechet", "precision", "recall", "coverage")


def judged(name, images, reference):
    row = metrics.evaluate_images(images, reference, evaluator)
    print(f"{name:34}" + "".join(f"{measure} {row[measure]:5.2f}   " for measure in measures))
    return row


print("against held-out digits in grey:")
frechet = judged("this model", samples, real_images)["frechet"]
floor = judged("real digits in black and white", real_coins, real_images[1000:])
floor = judged("real digits in grey", real_images[:1000], real_images[1000:])

# %% [markdown]
# The second row is the warning: perfectly real digits, thrown through coins, are far away from the grey ones. Against
# grey references our model *cannot* come near 1, and comparing its first number with lesson 03's 5.8 or lesson 02's 2.0
# would compare edges. Fair is: everybody tosses coins, and the reference, too. The other models lend their samples from
# their records; their greys become probabilities, as those of the data did.

# %%
rivals = {
    "VAE of lesson 03": recipes.load_checkpoint("03", "digits").generate(1000, seed=SEED),
    "DCGAN of lesson 02": data.to_unit(recipes.load_checkpoint("02", "digits").generate(1000, seed=SEED)),
}
print("against held-out digits in black and white:")
fair = {"this model": judged("this model", samples, held_out)}
for name, images in rivals.items():
    fair[name] = judged(name, data.binarise(images, seed=SEED), held_out)
floor = judged("real digits in black and white", real_coins, held_out[1000:])

# %%
results.compare("08", "digits_frechet", frechet, parameters=PARAMETERS, device=runtime.device_kind())

# %% [markdown]
# Now the order is another one. The PixelCNN is nearer than the VAE and farther than the DCGAN. The two columns after
# that tell the story of its strokes. Its **[recall](../docs/GLOSSARY.md#recall)** is the best of the three and as high
# as real digits have: whoever is paid for likelihood must leave nothing out, for a held-out image with probability near
# zero would cost a fortune. Its **[precision](../docs/GLOSSARY.md#precision)** is the worst: fewer than half of the
# samples look real to the evaluator. Nothing in the loss ever looked at a whole sample. It was always asked for one
# pixel, after a past that was real; when it draws, the past is its own, slips and all. (Lesson 04 met the same with
# text.) The record, and the line above, keep the distance to grey digits, the measure that all lessons share; read it
# beside its own floor.
#
# ## 8 · Told the class
#
# A class can be told to this model, too: a learnt vector for each class is added in the upper stack, at every place.
# Everything else stays, and what comes out is $p(x \mid y)$, exactly. Here it comes trained, from this lesson's record
# (the recipe `pixelcnn-class`). A column for each class:

# %%
told = recipes.load_checkpoint("08", "classes")
asked = np.arange(1000) % 10
made = told.generate(1000, seed=SEED, labels=asked)
viz.image_grid(made[:60], columns=10, scale=1.4)

# %% [markdown]
# Most tiles are what their column was asked for. What is still bad: a four that stays open and might be a U, a three or
# a zero torn to pieces, a stray dot beside a five. Is that the evaluator's opinion as well?

# %%
for name, images, labels in (("samples", made, asked), ("real", real_coins, digits.test_labels[:1000])):
    read = evaluator.probabilities(images).argmax(axis=1)
    print(f"{name:8} in black and white, read by the evaluator as what they should be: {(read == labels).mean():.1%}")

# %% [markdown]
# Not quite nine in ten, where real digits in the same black and white are read right in 97 of 100, and lesson 06's
# conditional GAN reached 99 with grey ones. Being asked helps all the same: to somebody who knows from the first row
# on what it is going to be, one kind of wrong turn is closed. (The record below has its distance to grey digits, on
# 5,000 samples; that of the model without classes, measured in the same way, is 7.3.)
#
# ### A generator that classifies
#
# For a model that gives $p(x \mid y)$, naming the class of an image is arithmetic.
# **[Bayes' rule](../docs/GLOSSARY.md#bayes-rule)** turns the question round:
#
# $$p(y \mid x) = \frac{p(x \mid y)\; p(y)}{p(x)}, \qquad p(x) = \sum_y p(x \mid y)\; p(y)$$
#
# Score the image ten times, once under each class, and see under which it is likeliest. What was believed before
# anybody looked, $p(y)$, is the *prior*; here all ten digits are taken as equally likely, $p(y) = 1/10$. What is
# believed afterwards, $p(y \mid x)$, is the *posterior*. The sum below the line is worth having, too: it is the
# likelihood of the image when nobody tells the class. (The number $e^{-84}$ is close to the smallest that a float32 can
# hold, and many digits cost more. So the highest is taken out before `exp` and put back after `log`.)

# %%
some, their_labels = held_out[:500], digits.test_labels[:500].astype("int32")
given_class = np.stack([told.log_likelihood(some, label) for label in range(10)])  # (K, N): log p(x | y)
highest = given_class.max(axis=0)
log_p = highest + np.log(np.exp(given_class - highest).mean(axis=0))  # log of the mean over classes: p(y) = 1/10
posterior = np.exp(given_class - np.log(10) - log_p)  # Bayes: p(y | x) = p(x | y) p(y) / p(x)
np.testing.assert_allclose(posterior.sum(axis=0), 1.0, rtol=1e-3)
guess = posterior.argmax(axis=0)
print(f"Bayes' rule names {np.mean(guess == their_labels):.1%} of these 500 digits right")
print(
    f"nats: told the right class {-given_class[their_labels, np.arange(500)].mean():.2f}, not told {-log_p.mean():.2f}"
)
print(f"the model without classes: {-model.log_likelihood(some).mean():.2f}")

# %%
wrong = np.flatnonzero(guess != their_labels)[:12]
captions = [f"{their_labels[i]} → {guess[i]}  {posterior[guess[i], i]:.0%}" for i in wrong]
viz.image_grid(some[wrong], columns=6, labels=captions, scale=2.2)

# %% [markdown]
# Nineteen of twenty, by a network that was never trained to name anything. (The evaluator, which was, reads 97 of 100
# of such digits.) Here stand some of those it gets wrong, as *label → guess* and how sure it is. With most of them it
# is not: the posterior is near a half, two classes nearly tie, and one can see why. A few are wrong and sure.
#
# The record, three seeds, on all 5,000 digits:

# %%
record = results.load_record("08")
(row,) = record.table("classes")
for name in ("nats_told_class", "nats_per_image", "bayes_accuracy", "class_accuracy", "frechet"):
    low, high = row["ranges"][name]
    print(f"{name:16} {row[name]:.3f}   ({row['seeds']} seeds: {low:.3f} to {high:.3f})")

# %% [markdown]
# What the class is worth can be read from the first two lines: some two nats. More than $\log 10 \approx 2.3$ it can
# never be, for that is what guessing a class costs. The surprise is the second line beside section 6. Even when it is
# *not* told the class, by the sum over all ten, this model is better than the one that never had any, by more than a
# nat. Our reading: the class works like a latent with ten values, a plan for the whole image, which the chain alone has
# to find out on its way.
#
# ## 9 · Broken on purpose: a leaking mask
#
# Two small networks of one stack, three hundred steps each. One has the right masks. In the other the first mask is of
# kind B, one wrong letter.
#
# **Predict first.** How many nats will each of them reach on held-out digits, and what will each of them draw?

# %%
stream = data.batches(digits.train_images, batch_size=BATCH_SIZE, seed=SEED, value_range="unit")
small = {}
for kind in "AB":
    runtime.set_seed(SEED)
    network = pixelcnn.build_plain_pixelcnn(filters=16, depth=1, first_kind=kind)
    small[kind] = pixelcnn.PixelCNN(network, binarise=True, seed=SEED)
    small[kind].compile(optimizer=keras.optimizers.Adam(1e-2), steps_per_execution=BROKEN_STEPS // 10)
    small[kind].fit(stream, epochs=10, steps_per_epoch=BROKEN_STEPS // 10, verbose=0)
    print(f"first mask {kind}: {small[kind].score(held_out[:1000])['nats_per_image']:.4f} nats an image, held out")

# %%
static = (rng.random((12, 28, 28, 1)) < 0.5).astype("float32")
print(f"nats of pure noise by the leaking model: {small['B'].score(static)['nats_per_image']:.4f}")
viz.compare_grids(
    {
        "mask A: samples": small["A"].generate(12, seed=SEED),
        "mask B: samples": small["B"].generate(12, seed=SEED),
        "noise": static,
        "mask B, shown the noise": 1 / (1 + np.exp(-small["B"](static).numpy())),
    },
    columns=4,
    scale=1.2,
)

# %% [markdown]
# The leaking network is eighty nats better than our model, after a few seconds of training, on held-out images! Whoever
# prints only the loss will be happy. But a score near 0 says that every image has a probability near 1, and pure noise
# gets it as well. There cannot be two images with probability 1, let alone all of them: the sum of section 3, gone
# wild.
#
# The last two panels show what it has learnt: to copy. Shown noise, it answers with that noise. When it draws, the
# pixel that is asked for is not there yet, the canvas is black, and so it is sure of black: empty images throughout.
# (On a canvas of noise it would have drawn noise.) So, a loss that is too good to be true is not true. Every likelihood
# has a floor that it cannot pass, here 45 nats, the coins. Whoever passes the floor has seen the answer.
#
# And look at the honest twin with mask A. In as many steps it has come down to some 103 nats, as good as counting ten
# pixels, and it draws crumbs of strokes. It knows what ink looks like close up, and nothing of digits. The last fifteen
# or twenty nats are what makes digits of it.
#
# ### The blind spot, and gates (recorded)

# %%
for row in (*record.table("digits"), *record.table("one_stack")):
    low, high = row["ranges"]["nats_per_image"]
    print(
        f"{row['variant']:32}{row['nats_per_image']:7.2f} nats ({row['seeds']} seeds: {low:.2f} to {high:.2f})"
        f"{row['steps']:7,} steps"
    )

# %% [markdown]
# Three rows, as many steps each. One stack stands eight nats behind, about where the VAE's bound is. Not all of that is
# the blind spot: it also has fewer weights (15,000 against 96,000) and a shorter sight. What the wedge alone costs was
# not measured. **[Gates](../docs/GLOSSARY.md#gate)**, a product of tanh and sigmoid in the place of a ReLU, belong to
# the best model of the paper. Here, after as many steps, they are more than a nat worse, and each step takes about a
# third longer. With a minute to spend, the simpler block wins. With deeper networks and days of training it may well be
# otherwise.
#
# ## 10 · A likelihood is not a look
#
# One last experiment takes no training. A new model: in one of a hundred cases it draws from ours, in the other
# ninety-nine it tosses fair coins. Its likelihood is $0.01\, p(x) + 0.99 \cdot 2^{-784}$.
#
# **Predict first.** Ours costs about 84 nats an image, fair coins alone 543. Where between the two will the mixture
# stand?

# %%
one_in_a_hundred = np.log(0.01) + model.log_likelihood(held_out)
blind = np.full(5000, np.log(0.99) - 784 * np.log(2))  # fair coins: every image has the probability (1/2)^784
mixture = np.logaddexp(one_in_a_hundred, blind)
print(
    f"this model {nats:.2f} nats, mixed with 99% noise {-mixture.mean():.2f}; VAE at most {vae['nats_per_image']:.2f}"
)
mixed = np.where(rng.random((24, 1, 1, 1)) < 0.01, drawn[0], rng.random((24, 28, 28, 1)) < 0.5).astype("float32")
viz.compare_grids({"24 samples of the mixture": mixed, "24 of the model": samples[:24]}, columns=8, scale=1.1)

# %% [markdown]
# Ninety-nine in a hundred of the left model's samples are noise. A mean of the two scores, weighed 1 to 99, would be
# near 539, and that is the guess that suggests itself. But it is the probabilities that are mixed and not their
# logarithms: the score is only 4.6 nats worse, $\log 100$, and still better than the VAE's ELBO. Among 84 nats a factor
# of a hundred is small change: no image costs more than 4.6 nats extra, since in one case of a hundred it is drawn as
# before. The other way round it works just as well. A model that draws nothing but copies of its training images has
# perfect samples and an infinite score, as it gives every new image probability zero.
#
# So neither stands for the other (Theis and others, 2016). A likelihood says how well *everything real* is foretold, a
# sample how good *what it makes* is. Report both.
#
# ## 11 · What this cannot do
#
# - **Draw quickly.** One step after the other, as many as there are pixels. Large images take a model that works on
#   fewer, larger pieces: lesson 12 lets a chain write codes of patches instead of pixels.
# - **Fill any hole.** The lower half after the upper half is exact. The upper after the lower, or a hole in the middle,
#   is not: the chain has one direction.
# - **Take back.** A toss is final. One wrong turn, and the rest of the digit has to live with it.
# - **Say what an image is about.** There is no code, no latent, nothing to walk through. What it knows is in 784
#   forecasts.
# - **Grey.** Ours tosses coins. A pixel of 256 grey values needs a die with 256 sides, and more of everything.
#
# ## 12 · Exercises
#
# Each check tells you in a sentence why an answer is right or not yet. `hint("08.2")` helps in stages. Worked
# solutions: [solutions/08_pixelcnn.ipynb](solutions/08_pixelcnn.ipynb).
#
# First a few short questions. Choose an answer, and read why it is right or not.

# %%
from gencourse.exercises import check, hint, progress, quiz

quiz("08")

# %% [markdown]
# **08.1 A tiny chain.** Images of three pixels in a row. The first is white with probability 1/2, and each further one
# is like the one before it with probability 3/4. What does the image *white, white, black* cost, in nats? What does an
# image that was drawn from this chain cost on average? And what on average, if each pixel gets a coin of its own, the
# best one, and sees no other pixel? Last, with the numbers of section 6: how many kilobytes (thousands of bytes) do
# 5,000 digits take at 84 nats each?

# %%
nats_of_image = ...
nats_on_average = ...
nats_without_chain = ...
kilobytes = ...
check("08.1", (nats_of_image, nats_on_average, nats_without_chain, kilobytes))

# %% [markdown]
# **08.2 A mask for another order.** Somebody wants to draw column by column: each from top to bottom, the columns from
# left to right. Change the mask. It should work for all odd sizes and both kinds.


# %%
def column_mask(rows, columns, kind):
    # rows, columns: odd; kind: "A" or "B" -> (rows, columns), 1 where the kernel may look
    mask = np.ones((rows, columns), "float32")
    mask[rows // 2, columns // 2 + (kind == "B") :] = 0.0
    mask[rows // 2 + 1 :] = 0.0
    return mask


check("08.2", column_mask)

# %% [markdown]
# **08.3 A network that keeps the rule.** Three masked convolutions. Three things are wrong: one leaks, one sees too
# little, and one is about what a logit is.


# %%
def logits_of(images, kernels):
    # images: zeros and ones (B, H, W, 1); kernels: three of (3, 3, C, C') -> logits (B, H, W, 1)
    mask = np.array([[1, 1, 1], [1, 0, 0], [0, 0, 0]], "float32")[:, :, None, None]  # kind A
    x = images - tf.reduce_mean(images, axis=(1, 2, 3), keepdims=True)
    for kernel in kernels:
        x = tf.nn.relu(tf.nn.conv2d(x, kernel * mask, strides=1, padding="SAME"))
    return x


check("08.3", logits_of)

# %% [markdown]
# **08.4 The test that finds a leak.** This function should say whether any logit depends on its own pixel or on a later
# one. It finds few leaks. The check asks it about ten networks, three of which keep the rule; the leaks of the others
# are large and small, common and rare.


# %%
def sees_ahead(network, height, width):
    # network: a function from images (B, height, width, 1), zeros and ones, to logits of the same shape
    image = np.zeros((1, height, width, 1), "float32")
    changed = image.copy()
    changed[0, height // 2, width // 2] = 1.0
    difference = np.abs(network(changed) - network(image))
    return bool(difference[0, : height // 2].max() > 0.001)


check("08.4", sees_ahead)

# %% [markdown]
# **08.5 A generator that classifies.** Section 8 took all classes as equally likely. Write Bayes' rule for any prior
# $p(y)$, and for images of any cost: 84 nats, 980, or some of each.


# %%
def bayes(log_likelihoods, prior):
    # log_likelihoods: log p(x | y), (K, N); prior: p(y), (K,) -> p(y | x), (K, N), and log p(x), (N,)
    likelihoods = np.exp(log_likelihoods)
    posterior = likelihoods / likelihoods.sum(axis=0)
    log_p = log_likelihoods.mean(axis=0)
    return posterior, log_p


check("08.5", bayes)

# %%
print(hint("08.1"))
progress()

# %% [markdown]
# ## What to read next
#
# - Van den Oord, Kalchbrenner and Kavukcuoglu, *Pixel Recurrent Neural Networks*, 2016: masks A and B, and the first
#   PixelCNN.
# - Van den Oord et al., *Conditional Image Generation with PixelCNN Decoders*, 2016: the blind spot, two stacks, gates,
#   classes.
# - Larochelle and Murray, *The Neural Autoregressive Distribution Estimator*, 2011: the same digits, pixel by pixel,
#   before convolutions.
# - Salimans, Karpathy, Chen and Kingma, *PixelCNN++*, 2017: grey levels and colours.
# - Theis, van den Oord and Bethge, *A Note on the Evaluation of Generative Models*, 2016: why likelihood and looks are
#   two things.
# - **Lesson 09** chains symbols instead of pixels, with attention in the place of convolutions. **Lesson 12** chains
#   the codes of patches.
