# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
#   gencourse:
#     recipes: [dcgan]
# ---

# %% [markdown]
# # 02 · DCGAN: pixels that know their neighbours
#
# [![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)](https://colab.research.google.com/github/gencourse/gencourse/blob/main/notebooks/02_dcgan.ipynb)
#
# **One idea.** In an image, neighbouring pixels belong together, and a stroke is a stroke wherever it stands. Dense
# networks must learn both from examples. A *convolution* has both built in, and a GAN of convolutions is a
# **[DCGAN](../docs/GLOSSARY.md#dcgan)**.
#
# After this lesson you can
#
# - say what a convolution sees and what it shares, and work out the size of what comes out;
# - make a small map of numbers larger in two ways, by hand, and say where checkerboards come from;
# - say what batch normalisation, LeakyReLU, label smoothing and a batch's spread do, each on a handful of numbers;
# - count what a network costs *before* you wait for it, and choose one that fits your machine;
# - find the bugs in two well-known kinds of DCGAN listing.
#
# It runs in about two minutes on two CPU cores, a good minute of which trains one model. Reading takes about 45
# minutes. Lesson 01 comes before: the game, its two losses and the numbers that judge samples are explained there.

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
# With these values the result is compared with recorded runs; with others it is yours to explore.

# %% tags=["parameters"]
SEED = 1  # weights, latents and the order of the data; another seed is another run
EPOCHS = 16  # passes over the 20,000 digits: what the training time follows
BATCH_SIZE = 32  # images in one step
LATENT_DIM = 64  # numbers the generator starts from
GENERATOR_RATE = 1e-3  # learning rates: the balance between the players
DISCRIMINATOR_RATE = 1e-3
LOSS = "least_squares"  # or "non_saturating", "minimax", "hinge"
LABEL_SMOOTHING = 0.0  # 0.1 tells the discriminator that real images are real "to 90%"
NORMALISE = True  # batch normalisation in the generator; section 6 leaves it out
MINIBATCH_STD = True  # the discriminator is told how much a batch varies
LOAD_CHECKPOINT = False  # True: train for a moment, then take the recorded networks

# %%
import math

import keras
import numpy as np
import tensorflow as tf

from gencourse import callbacks, data, gan, layers, losses, metrics, recipes, results, sampling, viz

runtime.set_seed(SEED)
rng = np.random.default_rng(SEED)
digits = data.load_images("digits")
real_images = data.to_unit(digits.test_images)  # held out: neither player ever sees them

# %% [markdown]
# ## 1 · Neighbours belong together
#
# Take the 784 pixels of every digit and put them in another order, the same for all images. The first row below is as
# it was, the second in the new order.
#
# **Predict first.** Which of the two rows would a dense network, such as those of lesson 01, find easier to learn?

# %%
order = rng.permutation(28 * 28)
shuffled = real_images[:12].reshape(12, -1)[:, order].reshape(12, 28, 28, 1)
viz.image_grid(np.concatenate([real_images[:12], shuffled]), columns=12)

# %% [markdown]
# Neither, although it is tempting to say the first. A dense unit adds up all pixels, each with a weight of its own, and
# knows nothing of who stands beside whom: the second row is the same task with its weights in another order. But you
# can read only the first. What the shuffle destroyed can be measured: how alike are two pixels, over many images, when
# they are so many columns apart? Their *correlation* is 1 when they are always bright together, and 0 when one says
# nothing about the other.


# %%
def likeness(images, apart):
    left, right = images[:, :, :-apart, 0].ravel(), images[:, :, apart:, 0].ravel()
    return np.corrcoef(left, right)[0, 1]


everything_shuffled = real_images.reshape(len(real_images), -1)[:, order].reshape(real_images.shape)
for apart in (1, 2, 4, 8):
    straight, mixed = likeness(real_images, apart), likeness(everything_shuffled, apart)
    print(f"{apart} columns apart: correlation {straight:.2f}, in the shuffled images {mixed:.2f}")

# %% [markdown]
# Direct neighbours say nearly the same; four columns away, little is left. So a unit that looks for strokes needs to
# see only a small window. And what is a stroke here is a stroke there, so one set of weights can serve all places.
#
# A **[convolution](../docs/GLOSSARY.md#convolution)** is just that. A small square of weights, the
# **[kernel](../docs/GLOSSARY.md#kernel)**, is laid on every place of the image; each time, the pixels under it are
# multiplied with the weights and added up. Here is one kernel on a 6×6 image with a single edge:

# %% tags=["nbval-check-output"]
image = np.zeros((6, 6), "float32")
image[:, 3:] = 1.0  # dark on the left, bright on the right
kernel = np.array([[-1, 0, 1]] * 3, "float32")  # answers where the right is brighter than the left


def convolve(image, kernel, stride=1):
    size = len(kernel)
    places = range(0, len(image) - size + 1, stride)
    return np.array([[(image[y : y + size, x : x + size] * kernel).sum() for x in places] for y in places])


print(convolve(image, kernel))

# %% [markdown]
# It answers at the edge and nowhere else, in each row alike: seen once, known everywhere. Keras must say the same. It
# wants four axes, for images (B, H, W, C) and for kernels (height, width, channels in, channels out):

# %%
by_keras = keras.ops.conv(image[None, :, :, None], kernel[:, :, None, None], padding="valid")
np.testing.assert_allclose(by_keras[0, :, :, 0], convolve(image, kernel))
print("from 28×28 to 28×28 pixels, a dense layer has", f"{784 * 784:,} weights; this kernel has {kernel.size}")

# %% [markdown]
# ### Stride 2
#
# A discriminator wants to end in one number, so its maps should shrink. A convolution of
# **[stride](../docs/GLOSSARY.md#stride)** 2 lays the kernel on every second place only. Each map has half the height
# and width of the one before, and each number in it has seen a larger part of the image: its
# **[receptive field](../docs/GLOSSARY.md#receptive-field)** has grown.

# %% tags=["nbval-check-output"]
np.testing.assert_allclose(convolve(image, kernel, stride=2), convolve(image, kernel)[::2, ::2])
print("with stride 2:", convolve(image, kernel, stride=2).shape, "instead of", convolve(image, kernel).shape)
map_side, seen, reach = 28, 1, 1
for number in (1, 2):
    map_side, seen, reach = math.ceil(map_side / 2), seen + 3 * reach, 2 * reach
    print(f"after {number} of kernel 4, stride 2, padding same: {map_side}×{map_side}, each sees {seen}×{seen} pixels")

# %% [markdown]
# **[Padding](../docs/GLOSSARY.md#padding)** is the frame of zeros around the image: `"valid"` means none, `"same"` just
# enough of them for stride 2 to halve the side exactly (rounding up). With `"valid"`, count the places where the whole
# kernel fits. Exercise 02.1 counts such sizes.
#
# ## 2 · Growing a map
#
# The generator goes the other way: from a vector to a small map of many channels, then 14×14, then 28×28. How can a
# convolution make a map *larger*? There are two ways.
#
# ### Insert and add
#
# A **[transposed convolution](../docs/GLOSSARY.md#transposed-convolution)** turns the arrows round. Each number of the
# small map is multiplied with the whole kernel, and this stamp is put on a larger canvas, two places further for each
# step on the small map. Where stamps overlap they are **added**. At the end the rim is cut off. From 2×2 to 4×4, with a
# kernel of 4×4 ones:


# %% tags=["nbval-check-output"]
def grow(small, kernel, stride=2):
    side, size = len(small), len(kernel)
    canvas = np.zeros([stride * (side - 1) + size] * 2, "float32")
    for y in range(side):
        for x in range(side):
            canvas[stride * y : stride * y + size, stride * x : stride * x + size] += small[y, x] * kernel
    rim = (size - stride) // 2
    return canvas[rim : rim + stride * side, rim : rim + stride * side]


small = np.array([[1, 2], [3, 4]], "float32")
print(grow(small, np.ones((4, 4), "float32")))

# %% [markdown]
# In the corners stands what one stamp left, on the edges what two did, in the middle all four: 1 + 2 + 3 + 4 = 10. The
# layer in Keras does the same, whatever the kernel:

# %%
for size in (3, 4, 5):
    kernel = rng.normal(size=(size, size)).astype("float32")
    layer = keras.layers.Conv2DTranspose(1, size, strides=2, padding="same", use_bias=False)
    layer.build((None, 2, 2, 1))
    layer.set_weights([kernel[:, :, None, None]])
    np.testing.assert_allclose(layer(small[None, :, :, None])[0, :, :, 0], grow(small, kernel), rtol=1e-5, atol=1e-5)
print("equal for kernels of 3, 4 and 5")

# %% [markdown]
# ### Channels into pixels
#
# The other way is called **[sub-pixel](../docs/GLOSSARY.md#sub-pixel-convolution)** convolution (Shi and others, 2016).
# An ordinary convolution on the small map makes four times the channels, and then nothing is computed any more: the
# four channels of one place are *laid out* as a square of 2×2 pixels.


# %% tags=["nbval-check-output"]
def lay_out(maps):
    height, width, channels = maps.shape
    blocks = maps.reshape(height, width, 2, 2, channels // 4)  # (H, W, 4C) -> (H, W, 2, 2, C)
    return blocks.transpose(0, 2, 1, 3, 4).reshape(2 * height, 2 * width, channels // 4)  # -> (2H, 2W, C)


four_channels = np.arange(16, dtype="float32").reshape(2, 2, 4)
print("channels of the first place:", four_channels[0, 0])
print(lay_out(four_channels)[:, :, 0])

# %% [markdown]
# The package calls this `DepthToSpace`, and `layers.upsample` joins it with a convolution to one block. The whole block
# by hand, on random maps: convolve, then lay out. If this cell passes, you have built what half of the generators in
# this course are made of.

# %%
maps = keras.Input((7, 7, 8))
block = keras.Model(maps, layers.upsample(maps, 5, kernel_size=3, method="subpixel"))  # (B, 7, 7, 8) -> (B, 14, 14, 5)
some_maps = rng.normal(size=(1, 7, 7, 8)).astype("float32")
weights, bias = block.get_weights()
convolved = keras.ops.conv(some_maps, weights, padding="same") + bias  # (1, 7, 7, 20)
np.testing.assert_allclose(block(some_maps)[0], lay_out(np.array(convolved[0])), rtol=1e-4, atol=1e-5)
print("block:", some_maps.shape, "->", tuple(convolved.shape), "->", tuple(block(some_maps).shape))

# %% [markdown]
# ### Checkerboards
#
# Let both ways grow a map that is 1 everywhere, with a kernel of ones. Stamps are put two places apart, as before.
#
# **Predict first.** Nothing to see goes in. Will there be nothing to see in what comes out, with a kernel of 3, and with
# one of 4?

# %%
flat = np.ones((7, 7), "float32")
grown = {f"kernel {size}": grow(flat, np.ones((size, size), "float32")) for size in (3, 4, 5)}
grown["sub-pixel"] = lay_out(np.ones((7, 7, 4), "float32"))[:, :, 0]
for name, result in grown.items():
    print(f"{name:10} one row from the middle: {result[7, 3:11]}")

# %%
viz.compare_grids({name: [0.85 * result / result.max()] for name, result in grown.items()}, scale=8)

# %% [markdown]
# With kernel 3 there is a pattern, with 4 none but at the rim. Stamps of 3, two places apart, meet on every
# second row and column only: one, two or four of them on a pixel, and the flat map becomes a
# **[checkerboard](../docs/GLOSSARY.md#checkerboard)**. With 5 it is fainter, but there. With 4, a multiple of the
# stride, every pixel (but those at the rim) gets four stamps, and the sub-pixel layer has no overlaps at all. Odena and
# others showed in 2016 that such patterns survive training: the network can learn to undo them, but it has to.
#
# An even kernel is no guarantee. It starts without a preference for a pattern; it may still learn one.
#
# ## 3 · Four habits
#
# Radford and others (2016) trained convolutional GANs that held together. Two of their habits, and two younger ones:
#
# **[Batch normalisation](../docs/GLOSSARY.md#batch-normalisation).** Each channel is shifted to mean 0 and scaled to
# spread 1 over the batch, then scaled and shifted by two learned numbers, at first 1 and 0. One channel that ran away
# to 100:

# %% tags=["nbval-check-output"]
channel = np.array([[98.0], [100.0], [102.0], [104.0]], "float32")
by_hand = (channel - channel.mean()) / np.sqrt(channel.var() + 1e-3)
layer = keras.layers.BatchNormalization()
np.testing.assert_allclose(layer(channel, training=True), by_hand, rtol=1e-4)
print("in training:", by_hand.ravel().round(2))
print("in use:     ", np.array(layer(channel, training=False)).ravel().round(2))

# %% [markdown]
# The two lines differ. In training the layer uses the batch it sees. In use it relies on a running mean and spread that
# it gathered on the way, and after one batch it hardly knows them: 100 still comes out as about 97. So pass `training=`
# on purpose, and never judge such a generator after a handful of steps.
#
# **[LeakyReLU](../docs/GLOSSARY.md#leakyrelu).** A ReLU has slope 0 wherever its input is negative. A unit of the
# discriminator that is negative for all images passes nothing back, and the generator learns from what is passed back.
# The leaky one lets a fifth through:

# %% tags=["nbval-check-output"]
inputs = tf.constant([-2.0, -0.5, 1.0])
for name, activation in {"ReLU": keras.layers.ReLU(), "LeakyReLU": keras.layers.LeakyReLU(negative_slope=0.2)}.items():
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        outputs = activation(inputs)
    print(f"{name:9} of {inputs.numpy()}: {outputs.numpy().round(2)}, slopes {tape.gradient(outputs, inputs).numpy()}")

# %% [markdown]
# **[Label smoothing](../docs/GLOSSARY.md#label-smoothing)** (Salimans and others, 2016). Tell the discriminator that
# real images are real to 90%. With the cross-entropy of lesson 01 and the **[target](../docs/GLOSSARY.md#target)** $t$,
# the label it is to reach, the loss of one real image with logit $a$ is
#
# $$\ell(a) = -t\,\log\sigma(a) - (1-t)\,\log(1-\sigma(a))$$
#
# **Predict first.** Of two real images one is judged carefully, with logit 2, the other boldly, with logit 6. Both
# judgements are right. Which of them costs more with target 1, and which with target 0.9?

# %% tags=["nbval-check-output"]
for target in (1.0, 0.9):
    costs = [
        -target * math.log(1 / (1 + math.exp(-a))) - (1 - target) * math.log(1 / (1 + math.exp(a))) for a in (2, 6)
    ]
    surely_fake = np.array([-100.0], "float32")  # adds nothing
    ours = losses.minimax_discriminator_loss(np.array([2.0, 6.0], "float32"), surely_fake, label_smoothing=1 - target)
    np.testing.assert_allclose(ours, np.mean(costs), rtol=1e-4)
    print(f"target {target}: logit 2 costs {costs[0]:.4f}, logit 6 costs {costs[1]:.4f}")

# %% [markdown]
# With target 1 more boldness is always better. With 0.9 it costs, and the bold judgement is the dearer one: the best
# logit is $\log(0.9/0.1) \approx 2.2$, and beyond that the discriminator is pulled back. Only real images are smoothed.
# Whether it helps *here* is measured in section 6. With the least-squares loss, smoothing just moves the target from 1
# to 0.9.
#
# **[The spread of the batch](../docs/GLOSSARY.md#minibatch-standard-deviation)** (Karras and others, 2018). In lesson
# 01 the generator collapsed, because each sample is judged alone and nothing asks for variety. So tell the
# discriminator, before it decides, how much its features vary over the batch, as one more number. Three features of two
# images that differ, and of two that are the same:

# %% tags=["nbval-check-output"]
spread = gan.MinibatchStd()
for name, features in {
    "differ": [[0.0, 2.0, 4.0], [2.0, 2.0, 0.0]],
    "equal": [[1.0, 2.0, 2.0], [1.0, 2.0, 2.0]],
}.items():
    features = np.array(features, "float32")
    by_hand = features.std(axis=0).mean()
    np.testing.assert_allclose(spread(features)[:, -1], by_hand, atol=1e-3)
    print(f"{name:6}: standard deviations {features.std(axis=0)}, so the last feature of both images is {by_hand:.2f}")

# %% [markdown]
# Real batches always vary. A generator that draws one digit again and again now gives itself away at once.
#
# ## 4 · The right size
#
# The network that most tutorials print starts from 7×7 places with 256 channels, and uses kernels of 5×5 with 128 and
# 64 channels. What does one image cost? Each weight of a kernel is used once for every place, so count: weights times
# places, which makes **[multiply-adds](../docs/GLOSSARY.md#multiply-adds)**, one multiplication and one addition each.


# %%
def multiply_adds(network):
    total = 0
    for layer in network.layers:
        if hasattr(layer, "kernel"):
            stamped = isinstance(layer, keras.layers.Conv2DTranspose)  # once for each place of the *small* map
            places = (layer.input if stamped else layer.output).shape[1:-1]
            total += math.prod(places) * math.prod(layer.kernel.shape)
    return total


# %%
recipe = recipes.get("dcgan")
PARAMETERS = recipe.with_parameters(
    {
        "epochs": EPOCHS,
        "batch_size": BATCH_SIZE,
        "latent_dim": LATENT_DIM,
        "generator_rate": GENERATOR_RATE,
        "discriminator_rate": DISCRIMINATOR_RATE,
        "loss": LOSS,
        "label_smoothing": LABEL_SMOOTHING,
        "normalise": NORMALISE,
        "minibatch_std": MINIBATCH_STD,
    }
)
steps = data.steps_per_pass(len(digits.train_images), BATCH_SIZE)
runtime.set_seed(SEED)
model = recipe.build(PARAMETERS, (28, 28, 1), SEED, recipes.steps_per_call(steps, steps * EPOCHS))

# %%
pairs = {
    "usual tutorial": (gan.build_tutorial_generator(), gan.build_tutorial_discriminator()),
    "this lesson": (model.generator, model.discriminator),
}
costs = {}
for name, (generator, discriminator) in pairs.items():
    made, judged = multiply_adds(generator), multiply_adds(discriminator)
    costs[name] = 3 * (made + 2 * judged)  # forward once, backward twice the work; two images are judged
    print(f"{name}: generator {made / 1e6:.2f}, discriminator {judged / 1e6:.2f} million multiply-adds for one image")
    print(f"    one image in training: about {2 * costs[name] / 1e6:.0f} million operations")
print(f"ratio: {costs['usual tutorial'] / costs['this lesson']:.0f}")

# %% [markdown]
# The tutorial's network was sized for a graphics card. On two CPU cores one pass over 20,000 digits takes it well over
# a minute, and after ninety seconds hardly a sample can be read (recorded, section 6). It is not better then: it is
# *unfinished*. **[Right-sizing](../docs/GLOSSARY.md#right-sizing)** means to ask first how many images a second your
# machine can pay for, and to choose a network that sees the data many times within your patience. Where the work sits
# matters more than the number of weights, which you can see layer by layer:


# %%
def table(network):
    print(f"{network.name}: {network.count_params():,} weights")
    for layer in network.layers[1:]:
        if hasattr(layer, "kernel") or layer.output.shape != layer.input.shape:
            print(f"    {type(layer).__name__:16} -> {' × '.join(map(str, layer.output.shape[1:])):12}")


table(model.generator)
table(model.discriminator)

# %% [markdown]
# Most weights sit in cheap places: a weight of a dense layer is used once for an image, one of a convolution at every
# place. So the generator does its planning in dense layers, where it is nearly free, and leaves to few channels of
# convolution what they are good at: drawing. The discriminator first puts blocks of 2×2 pixels into channels,
# `SpaceToDepth`, the sub-pixel trick backwards: many channels on a small map are cheaper than one channel on a large
# map. How these sizes were searched for stands in `docs/search-dcgan.md`.
#
# Two rows through both, to see that the shapes fit:

# %%
two_images = model.generator(np.zeros((2, LATENT_DIM), "float32"))
print("two latents -> images", two_images.shape, "-> logits", model.discriminator(two_images).shape)

# %% [markdown]
# ## 5 · Training
#
# The game, the loss and the training step are those of lesson 01, line by line; only the networks are new.
# `SampleFrames` draws the same twenty-five latents after each epoch. The next cell trains for a good minute.

# %%
digit_frames = callbacks.SampleFrames(n=25, seed=SEED, keep=data.to_unit)
budget = callbacks.Budget(steps=steps * EPOCHS, decay=PARAMETERS["decay"])
stream = data.batches(digits.train_images, batch_size=BATCH_SIZE, seed=SEED, value_range="signed")
history = model.fit(
    stream,
    epochs=EPOCHS,
    steps_per_epoch=steps,
    verbose=0,
    callbacks=[
        *recipes.recorded("02", "digits", LOAD_CHECKPOINT, budget=budget, epochs=3),
        budget,
        digit_frames,
        callbacks.Progress(),
    ],
)

# %% [markdown]
# "Readable" needs a judge that is not you. The evaluator of lesson 01 is sure of an image when it gives one class at
# least 90%.
#
# **Predict first.** Somewhere on the way three quarters of the twenty-five became readable. Could you find that epoch
# from the two losses alone?

# %%
evaluator = metrics.load_evaluator("digits")
readable = [metrics.confident_share(frame, evaluator) for frame in digit_frames.frames]  # the first is untrained
ripe = [epoch for epoch, share in enumerate(readable) if share >= 0.75][:1]  # the first such epoch, if any
curves = {name.replace("_", "'s "): model.training_history[name] for name in ("generator_loss", "discriminator_loss")}
curves["share of readable samples"] = readable[1:]
viz.loss_curves(
    curves,
    events={epoch: f"three quarters of the samples are readable (epoch {epoch})" for epoch in ripe},
    y_label="loss, and share",
    title="the losses, and what they do not say",
)

# %% [markdown]
# You could not. Within two or three epochs both losses settle near what pure guessing would give (0.25 for the
# discriminator and 0.125 for the generator, as in lesson 01), and then hardly move. The share of readable samples
# climbs a few epochs longer, and then wobbles: with twenty-five samples, each of them is four points. Neither loss
# marks the place where samples became readable. The third curve does, and it had to be measured.

# %%
third = len(digit_frames.frames) // 3
viz.compare_grids(
    {
        "0 s": digit_frames.frames[0],
        "on the way" if LOAD_CHECKPOINT else f"{budget.spent_seconds / 3:.0f} s": digit_frames.frames[third],
        f"{budget.spent_seconds:.0f} s": digit_frames.frames[-1],
        "real, held out": real_images[:25],
    },
    scale=0.9,
)

# %% [markdown]
# Before training there is grey. After a third of the time most digits are there, in many hands; the rest of the time
# makes strokes cleaner, and mends some of the worst. Compare with the end of lesson 01: the floating dots are nearly
# gone, and edges are smooth. What is still bad: a stroke is broken here and there, some digits have a limb too many,
# and a few are two digits in one.
#
# All of training in a few seconds, the same latents throughout:

# %%
viz.show_gif(
    viz.animate_grids([frame[:16] for frame in viz.thin(digit_frames.frames, limit=16)], "training.gif", colours=6)
)

# %% [markdown]
# ### How good is it?
#
# The numbers of lesson 01, measured on the evaluator's features:
# **[Fréchet distance](../docs/GLOSSARY.md#fréchet-distance)** (how far the cloud of samples is from the cloud of
# held-out images), **[precision](../docs/GLOSSARY.md#precision)** (share of samples inside the real cloud),
# **[recall](../docs/GLOSSARY.md#recall)** (share of the real cloud that is covered),
# **[confident share](../docs/GLOSSARY.md#confident-share)**, and the distance to the
# **[nearest training image](../docs/GLOSSARY.md#nearest-neighbour)**, where fresh real images are at 1. Beside ours
# stand the dense GAN of lesson 01, from its recorded weights, a **[floor](../docs/GLOSSARY.md#floor)** of real images,
# and a **[baseline](../docs/GLOSSARY.md#baseline)** of noise.

# %%
real_features = evaluator.features(real_images)  # (5000, 64)
train_images = data.to_unit(digits.train_images)
train_features = evaluator.features(train_images)  # (20000, 64)
to_train = {"held-out real": metrics.nearest_neighbour_distances(real_features, train_features)}


def measure(images, name, reference=real_features):
    features = evaluator.features(images)
    to_train[name] = metrics.nearest_neighbour_distances(features, train_features)
    precision, recall = metrics.precision_recall(reference, features)
    return {
        "frechet": metrics.frechet_distance(features, reference),
        "precision": precision,
        "recall": recall,
        "confident_share": metrics.confident_share(images, evaluator),
        "nearest_train": float(np.median(to_train[name]) / np.median(to_train["held-out real"])),
    }


# %%
samples = data.to_unit(model.generate(1000, seed=SEED))
dense_samples = data.to_unit(recipes.load_checkpoint("01", "digits").generate(1000, seed=SEED))
rows = {
    "this DCGAN": measure(samples, "this DCGAN"),
    "lesson 01": measure(dense_samples, "lesson 01"),
    "real": measure(real_images[:1000], "real", real_features[1000:]),
    "noise": measure(rng.random((1000, 28, 28, 1)).astype("float32"), "noise"),
}
print(" " * 10 + "".join(f"{name:>16}" for name in rows["noise"]))
for name, row in rows.items():
    print(f"{name:10}" + "".join(f"{value:16.2f}" for value in row.values()))

# %% [markdown]
# Convolutions pay. More samples lie inside the real cloud than in lesson 01, more of them are readable, and the Fréchet
# distance is smaller. Recall is about the same: they draw better digits, not more kinds of digits. The distance to the
# nearest training image is that of fresh real images. And the floor is still several times lower, so there is room.
#
# Is your run a usual one?

# %%
scores = rows["this DCGAN"]
for name in ("frechet", "confident_share", "precision", "recall"):
    claim = f"digits_{name}"
    print(results.compare("02", claim, scores[name], parameters=PARAMETERS, device=runtime.device_kind()))

# %% [markdown]
# ### Precision or recall
#
# One number hides which way a model fails, so draw two. And one knob moves along them after training: multiply the
# latents by less than 1, so that they stay nearer to the middle. This is
# **[truncation](../docs/GLOSSARY.md#truncation)**.
#
# **Predict first.** With smaller latents, what will happen to precision, and what to recall?

# %%
latents = rng.normal(size=(1000, LATENT_DIM)).astype("float32")
truncated = {}
for scale in (0.5, 0.7, 0.85, 1.0, 1.15):
    drawn = data.to_unit(model.generate(1000, latents=scale * latents))
    truncated[scale] = metrics.precision_recall(real_features, evaluator.features(drawn))
    print(f"latents × {scale}: precision {truncated[scale][0]:.2f}, recall {truncated[scale][1]:.2f}")

# %%
plane = viz.precision_recall_plane({name: (row["precision"], row["recall"]) for name, row in rows.items()})
plane.axes[0].plot([r for _, r in truncated.values()], [p for p, _ in truncated.values()], "k.--")
plane

# %% [markdown]
# Real images stand at the upper right, noise in the corner at the lower left. Truncation, the dashed line, walks along
# a slope: with smaller latents samples get a little cleaner, and there are far fewer kinds of them. With larger ones it
# is the other way round. Nothing is gained for free: the curve does not come nearer to the real point, it only trades
# one for the other. Whoever shows only their best samples has often walked to the left.
#
# ### Does it copy?
#
# For each of 1,000 samples, the distance to its nearest training image; and the same for held-out real images, which
# surely copied nothing.

# %%
viz.histogram(
    {name: to_train[name] for name in ("this DCGAN", "held-out real")},
    x_label="distance to the nearest training image (features)",
    limits=(0, 8),
)

# %% [markdown]
# The two hills nearly cover each other. Copies would stand at the left, near 0, and there is no such hill. Ours has a
# longer tail on the right: samples that look like no training image, and most of these have failed. The small hill near 1
# belongs to the digit one in both: ones resemble each other.

# %%
nearest = [
    int(np.argmin(((train_features - feature) ** 2).sum(axis=1))) for feature in evaluator.features(samples[:12])
]
viz.image_grid(np.concatenate([samples[:12], train_images[nearest]]), columns=12)

# %% [markdown]
# Above a sample, below its nearest training image. The same digit in a similar hand, but not the same strokes. Where a
# sample is misshapen, its neighbour shows what it failed to be.
#
# ### Between two samples

# %%
corners = keras.random.normal((25, LATENT_DIM), seed=SEED).numpy()[[3, 7, 8, 10]]  # four of the twenty-five
walks = np.concatenate([sampling.slerp(corners[i], corners[i + 1], 12) for i in range(3)])
viz.image_grid(data.to_unit(model.generate(len(walks), latents=walks)), columns=12)

# %% [markdown]
# Each row begins where the one above ends. One digit bends into the next without a jump; on the way there are a few
# signs that are neither, but even these are made of strokes, not of dots as in lesson 01.
#
# ### Clothes
#
# The same recipe on another set: 10,000 pictures of clothes. These samples come from recorded weights, and below them
# stand held-out real ones.

# %%
clothes = data.to_unit(data.load_images("fashion").test_images[:12])
fashion = recipes.load_checkpoint("02", "fashion")
viz.image_grid(np.concatenate([data.to_unit(fashion.generate(24, seed=SEED)), clothes]), columns=12)

# %%
(row,) = results.load_record("02").table("fashion")
for name in ("frechet", "precision", "recall", "confident_share"):
    print(
        f"{name:16} {row[name]:.2f}   ({row['seeds']} seeds: {row['ranges'][name][0]:.2f} to {row['ranges'][name][1]:.2f})"
    )

# %% [markdown]
# Nothing was tuned for clothes, and half as many pictures mean half as many steps. Kinds and outlines can be told at
# once. The insides are worse: no print, no button, no strap, but a grey blur. And recall is far below precision: most
# samples look like clothes, but much of what is in the shop never comes, such as checked shirts and sandals. Time helps:
# after sixty seconds, twice as many steps, the same recipe is at less than half the distance (lesson 05 has that row).
#
# ## 6 · Broken on purpose
#
# ### Without batch normalisation
#
# Two epochs without it, next to the first two epochs of the lesson's own run: same latents, same data, same rates.
#
# **Predict first.** What will the generator have learned without it: the same more slowly, less, or nothing at all?

# %%
bare = recipe.with_parameters(PARAMETERS | {"normalise": False})
runtime.set_seed(SEED)
broken = recipe.build(bare, (28, 28, 1), SEED, recipes.steps_per_call(steps, steps))
broken_frames = callbacks.SampleFrames(n=25, seed=SEED, keep=data.to_unit)
broken.fit(stream, epochs=2, steps_per_epoch=steps, verbose=0, callbacks=[broken_frames])
early = min(2, EPOCHS)
panels = {"without, epoch 2": broken_frames.frames[2], f"with, epoch {early}": digit_frames.frames[early]}
for name, frame in panels.items():
    print(f"{name}: {metrics.confident_share(frame, evaluator):.0%} of 25 samples readable")

# %%
viz.compare_grids(panels, scale=1.2)

# %% [markdown]
# Nothing at all. With it, most of the twenty-five are digits already. Without it there are a few white specks on black,
# the same ones everywhere: the generator does not listen to its latents at all. Batch normalisation keeps every hidden
# unit's spread over the batch at 1, so that different latents stay different on their way through the network. Without
# that help the discriminator is far ahead at once, and the generator does not find back: see the next table.
#
# ### Records
#
# Whole runs with one thing changed, medians over the seeds named, measured on 5,000 samples: compare the rows with each
# other, and not with your run above.


# %%
def show(rows):
    names = ("frechet", "range", "precision", "recall", "readable", "steps")
    print(" " * 24 + "".join(f"{name:>14}" for name in names))
    for row in rows:
        spread = "{:.1f} to {:.1f}".format(*row["ranges"]["frechet"])
        shares = "".join(f"{row[name]:14.2f}" for name in ("precision", "recall", "confident_share"))
        print(f"{row['variant']:24}{row['frechet']:14.1f}{spread:>14}{shares}{row['steps']:14,.0f}")


record = results.load_record("02")
show(record.table("digits"))

# %% [markdown]
# Without batch normalisation the whole training leads nowhere. The other rows are finer. Before you believe a
# difference, look at the ranges: where two of them overlap, so few seeds prove nothing. That holds for good advice from
# papers, too. It was found on other data, with other networks.
#
# And three networks at equal time, ninety seconds of training each:

# %%
show(record.table("equal_seconds"))

# %% [markdown]
# The same game, the same data, the same seconds. The plain network, ordinary convolutions of half the usual width,
# stays several times farther away. The tutorial's makes so few steps in that time that it has hardly begun. On a
# graphics card the order may be another: a network has the right size for a machine and a patience, not in itself.
#
# ## 7 · Two listings that do not work
#
# Both are built like listings that many people met first. You see the symptom here, and mend the bugs in the exercises;
# the solutions run the mended code.
#
# ### (a) Joined, and never frozen
#
# The generator: a dense layer to 7×7×128, batch normalisation, LeakyReLU, transposed convolutions of 128, 64 and 1
# channels. The discriminator: convolutions of 64 and 128 channels with dropout, which silences a share of the units
# at random. Then both are joined by a `Sequential`, and only that is trained.

# %%
Conv, Transposed = keras.layers.Conv2D, keras.layers.Conv2DTranspose
listing_generator = keras.Sequential([keras.Input((100,)), keras.layers.Dense(7 * 7 * 128)])
listing_generator.add(keras.layers.Reshape((7, 7, 128)))
for channels, stride in ((128, 1), (64, 2)):
    listing_generator.add(keras.layers.BatchNormalization())
    listing_generator.add(keras.layers.LeakyReLU(negative_slope=0.2))
    listing_generator.add(Transposed(channels, 4, strides=stride, padding="same"))
listing_generator.add(keras.layers.LeakyReLU(negative_slope=0.2))
listing_generator.add(Transposed(1, 4, strides=2, padding="same", activation="tanh"))
listing_discriminator = keras.Sequential([keras.Input((28, 28, 1))])
for channels in (64, 128):
    listing_discriminator.add(Conv(channels, 4, strides=2, padding="same", activation="leaky_relu"))
    listing_discriminator.add(keras.layers.Dropout(0.3))
listing_discriminator.add(keras.layers.Flatten())
listing_discriminator.add(keras.layers.Dense(1, activation="sigmoid"))

# %%
joined = keras.Sequential([listing_generator, listing_discriminator], name="gan")
joined.compile(keras.optimizers.Adam(1e-3), "binary_crossentropy")
before = listing_discriminator.get_weights()
for step in range(12):
    latents = rng.normal(size=(32, 100)).astype("float32")
    loss = joined.train_on_batch(latents, np.ones((32, 1)))
    if step in (0, 3, 11):
        print(f"step {step + 1:2}: loss {float(loss):.4f}")

# %% [markdown]
# The loss falls to nearly nothing in a dozen steps. A triumph? Ask the discriminator about three kinds of images.
#
# **Predict first.** It was trained together with the generator, and no real image was ever shown. How real will it find
# generated images, real ones and pure noise?

# %%
moved = sum(not np.array_equal(now, then) for now, then in zip(listing_discriminator.get_weights(), before))
print(f"{moved} of {len(before)} weight arrays of the discriminator moved; real images shown in training: 0")
kinds = {
    "generated": listing_generator(latents).numpy(),
    "real": data.to_signed(real_images[:32]),
    "noise": rng.uniform(-1, 1, (32, 28, 28, 1)).astype("float32"),
}
for name, images in kinds.items():
    print(f"mean D on {name:9} images: {float(np.mean(listing_discriminator(images))):.3f}")
viz.image_grid(data.to_unit(kinds["generated"][:12]), columns=12)

# %% [markdown]
# It finds all of them real. The discriminator was shown generated images only, always with the label 1, and its weights
# moved together with the generator's, towards the same goal. Told that everything is real, it says so of everything,
# noise included. So the generator had nothing to learn, and what it draws is a lattice of dots: its hardly trained
# kernels, stamped side by side.
#
# Freezing the discriminator is only half of the cure. Then it would never learn at all, since nothing here trains it on
# its own. Exercise 02.3.
#
# ### (b) A functional variant with four bugs
#
# This one uses the functional way of writing models. Its discriminator ends in a dense layer put directly on the map of
# the last convolution:

# %%
image = keras.Input((28, 28, 1))
x = Conv(16, 4, strides=2, padding="same", activation="leaky_relu")(image)
x = Conv(32, 4, strides=2, padding="same", activation="leaky_relu")(x)
patchwork = keras.Model(image, keras.layers.Dense(1)(x))
print("one image gives logits of shape", tuple(patchwork(real_images[:1]).shape[1:]))

# %% [markdown]
# A `Dense` layer works on the *last* axis. On a map of 7×7 places with 32 channels it gives one logit for each place:
# 49 small judges, each of whom sees ten by ten pixels, and nobody who sees the whole digit. Nothing complains, because
# `tf.ones_like(logits)` fits itself to any shape.
#
# Then the networks are joined on an input that nobody made:

# %%
try:
    keras.Model(gan_input, patchwork(model.generator(gan_input)))
except NameError as error:
    print(f"NameError: {error}")

# %% [markdown]
# That bug at least makes itself heard. The third does not. The losses are `keras.metrics.BinaryCrossentropy` objects,
# not `keras.losses.BinaryCrossentropy`: one word. A **[metric](../docs/GLOSSARY.md#metric)** reports the mean over
# everything it has been shown so far.
#
# **Predict first.** The next cell asks it three times, for logits of 0, 4 and 8. Which slope will the tape find each
# time?

# %%
measured = keras.metrics.BinaryCrossentropy(from_logits=True)
logit = tf.Variable([[0.0]])
for _ in range(3):
    with tf.GradientTape() as tape:
        value = measured(tf.ones((1, 1)), logit)
    print(f"logit {logit.numpy()[0, 0]:.0f}: 'loss' {float(value):.4f}, gradient {tape.gradient(value, logit)}")
    logit.assign_add([[4.0]])

# %% [markdown]
# None at all, not even 0. A metric adds to sums that it keeps in variables, and answers from those; what happened
# before they were written is hidden from the tape. And the values remember: at logit 4 this call's loss is 0.0181, and
# 0.3556 is the mean of that and the 0.6931 before. Such a "loss" falls smoothly whatever happens. Exercise 02.4 mends
# these three bugs.
#
# The fourth bug is a single line in the wrong place: the latents are drawn *once*, before the loop. To see it alone,
# the other three are mended here: the lesson's own networks play two epochs.

# %%
few_latents = keras.random.normal((BATCH_SIZE, LATENT_DIM), seed=3)  # drawn once, used for ever
runtime.set_seed(SEED)
parrot = recipe.build(recipe.with_parameters(PARAMETERS | {"ema_decay": 0.99}), (28, 28, 1), SEED, 25)
parrot.draw_latents = lambda n: few_latents
parrot_history = parrot.fit(stream, epochs=2, steps_per_epoch=steps, verbose=0)

# %%
known = data.to_unit(parrot.generate(BATCH_SIZE, latents=few_latents))
fresh = data.to_unit(parrot.generate(500, seed=SEED))
for name, images in {"the latents of training": known, "500 fresh latents": fresh}.items():
    print(f"{name}: {metrics.confident_share(images, evaluator):.0%} readable")
viz.image_grid(np.concatenate([known[:12], fresh[:12]]), columns=12)

# %% [markdown]
# The upper row comes from the latents of training, the lower from fresh ones. The generator was asked the same 32
# questions for ever and learned 32 answers; between them nobody ever asked, and what it draws there is paler and more
# broken. Look only at the samples of training, and you will not notice. Exercise 02.5.
#
# ## 8 · Exercises
#
# Each check tells you in a sentence why an answer is right or not yet. `hint("02.2")` helps in stages. Worked
# solutions: [solutions/02_dcgan.ipynb](solutions/02_dcgan.ipynb).
#
# First a few short questions. Choose an answer, and read why it is right or not.

# %%
from gencourse.exercises import check, hint, progress, quiz

cross_entropy = keras.losses.BinaryCrossentropy(from_logits=True)

quiz("02")

# %% [markdown]
# **02.1 Sizes by hand.** A colour image of 32×32×3 meets `Conv2D(16, 4, strides=2, padding="same")`, and then
# `Conv2D(32, 3, strides=2, padding="valid")`. What is the side of the map after each, and how many weights has the
# *second* layer? Count its biases, too: a **[bias](../docs/GLOSSARY.md#bias)** is one more learned number for each
# channel that comes out, added at every place.

# %%
side_first = ...
side_second = ...
weights_second = ...
check("02.1", (side_first, side_second, weights_second))

# %% [markdown]
# **02.2 A row grown by hand.** Write a transposed convolution for one row of numbers, without cutting the rim: each
# value stamps the kernel, `stride` places after the one before, and overlaps are added. Then feed it ones: for which
# kernel lengths is the middle flat?


# %%
def grow_row(values, kernel, stride):
    # values (N,), kernel (K,) -> (stride * (N - 1) + K,)
    return None


check("02.2", grow_row)

# %% [markdown]
# **02.3 Two players again.** Mend listing (a). One call should move each network in its own direction, with its own
# optimizer, and leave both ready for the next call. The discriminator here ends in a logit.


# %%
def train_step(generator, discriminator, generator_optimizer, discriminator_optimizer, images, latents):
    # images (B, H, W, 1) and latents (B, Z); discriminator: images -> logits (B, 1)
    joined = keras.Sequential([generator, discriminator])
    joined.compile(optimizer=generator_optimizer, loss=cross_entropy)
    joined.train_on_batch(latents, np.ones((len(latents), 1)))


check("02.3", train_step)

# %% [markdown]
# **02.4 One opinion for each image.** Mend the networks and the loss of listing (b): one bug in each of the three
# functions. `generator.input_shape[1:]` is the shape of one latent.


# %%
def build_discriminator():
    image = keras.Input((28, 28, 1))
    x = keras.layers.Conv2D(16, 4, strides=2, padding="same", activation="leaky_relu")(image)
    x = keras.layers.Conv2D(32, 4, strides=2, padding="same", activation="leaky_relu")(x)
    return keras.Model(image, keras.layers.Dense(1)(x))


def build_joint(generator, discriminator):
    return keras.Model(gan_input, discriminator(generator(gan_input)))  # noqa: F821


loss_of = keras.metrics.BinaryCrossentropy(from_logits=True)


def discriminator_loss(real_logits, generated_logits):
    real = loss_of(tf.ones_like(real_logits), real_logits)
    return real + loss_of(tf.zeros_like(generated_logits), generated_logits)


check("02.4", (build_discriminator, build_joint, discriminator_loss))

# %% [markdown]
# **02.5 Fresh noise.** Mend the loop of listing (b). `step(images, latents)` trains once; there should be as many
# latents as images, and never the same ones twice.


# %%
def training_loop(step, batches, latent_dim):
    # batches: arrays of images, the last one may be smaller; latents (B, latent_dim), standard normal
    latents = keras.random.normal((len(batches[0]), latent_dim), seed=1)
    for images in batches:
        step(images, latents)


check("02.5", training_loop)

# %%
print(hint("02.1"))
progress()

# %% [markdown]
# ## What to read next
#
# - Radford, Metz and Chintala, *Unsupervised Representation Learning with Deep Convolutional Generative Adversarial
#   Networks*, 2016: the DCGAN, and its habits on half a page.
# - Odena, Dumoulin and Olah, *Deconvolution and Checkerboard Artifacts*, 2016: pictures of what section 2 counts.
# - Shi et al., *Real-Time Single Image and Video Super-Resolution Using an Efficient Sub-Pixel Convolutional Neural
#   Network*, 2016: channels into pixels.
# - Ioffe and Szegedy, *Batch Normalization*, 2015; Salimans et al., *Improved Techniques for Training GANs*, 2016.
# - **Lesson 03** leaves the game and learns by rebuilding images; **lesson 05** plays the game with another loss.
