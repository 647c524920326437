# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
#   gencourse:
#     recipes: [inpainter, denoiser, upscaler, autoencoder]
# ---

# %% [markdown]
# # 07 · Autoencoders: compress, denoise, fill holes, double the resolution
#
# [![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)](https://colab.research.google.com/github/gencourse/gencourse/blob/main/notebooks/07_autoencoders.ipynb)
#
# **One idea.** Ask a network to give back the image that it was given, and make that hard: let it through a narrow
# place only, or damage the image first. To succeed, it has to learn what such images look like. Nothing needs to be
# labelled, since the image itself is the answer.
#
# After this lesson you can
#
# - say what a linear autoencoder learns, and prove it with two lines of NumPy;
# - write the damage yourself: noise, and a hole with its mask;
# - train a network that fills holes, one that takes off noise and one that doubles the resolution, each in under a
#   minute, and measure them against remedies that learn nothing;
# - recognise a bottleneck that is none, a loss that sticks, and a score that flatters.
#
# It runs in about two minutes on two CPU cores, about 85 seconds of which train four networks. Reading takes about 50
# minutes. Lesson 00 comes before, for *recipe*, *record* and *baseline*; lesson 03 is the autoencoder that can also
# *draw*, and one section here compares with it.

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
# With these values the results are compared with recorded runs; with others they are yours to explore. The first three
# belong to the main model, which fills holes.

# %% tags=["parameters"]
SEED = 1  # weights, damage and the order of the data; another seed is another run
EPOCHS = 8  # passes over the 20,000 digits for the network that fills holes: most of the training time
BATCH_SIZE = 64  # images in one step
AMOUNT = 10.0  # side of a hole, in pixels of 28
AE_EPOCHS = 12  # passes for the autoencoder that compresses
AE_CODE_DIM = 32  # numbers that it may keep of an image's 784
NOISE_EPOCHS = 2  # passes for the network that takes noise off
NOISE_AMOUNT = 0.5  # standard deviation of that noise; black is 0, white is 1
UPSCALE_EPOCHS = 2  # passes for the network that makes 28 pixels out of 14
LOAD_CHECKPOINT = False  # True: train for a moment, then take the recorded networks

# %%
import keras
import numpy as np

from gencourse import autoencoder, callbacks, data, metrics, recipes, results, viz
from gencourse.recipes.restoration import held_out_damage, quality

runtime.set_seed(SEED)
digits = data.load_images("digits")
train_images = data.to_unit(digits.train_images)
held_out = data.to_unit(digits.test_images)  # nothing is trained on them
few = held_out[:1000]  # the slower comparisons use these
mean_digit = train_images.mean(axis=0)  # (28, 28, 1)

# %% [markdown]
# ## 1 · There and back through a narrow place
#
# An **[autoencoder](../docs/GLOSSARY.md#autoencoder)** is two networks in a row. The
# **[encoder](../docs/GLOSSARY.md#encoder)** $f$ turns an image into a **[code](../docs/GLOSSARY.md#code)** of a few
# numbers, the **[decoder](../docs/GLOSSARY.md#decoder)** $g$ turns a code into an image, and both are trained to make
# the error of the copy small:
#
# $$L = \frac{1}{784}\sum_{i=1}^{784} \big(x_i - \hat x_i\big)^2, \qquad \hat x = g(f(x)),$$
#
# with $x_i$ a pixel of the image and $\hat x_i$ the same pixel of its
# **[reconstruction](../docs/GLOSSARY.md#reconstruction)**. The code is the narrow place, or
# **[bottleneck](../docs/GLOSSARY.md#bottleneck)**: 32 numbers have to stand for 784.
#
# The smallest autoencoder has no hidden layer and nothing bent: the encoder is a matrix $W_e$, the decoder a matrix
# $W_d$, each with an offset. Two rows go through:

# %%
runtime.set_seed(SEED)
linear = autoencoder.Autoencoder(
    autoencoder.build_encoder(units=(), code_dim=AE_CODE_DIM),
    autoencoder.build_decoder(units=(), code_dim=AE_CODE_DIM, output_activation="linear"),
    loss="squared_error",
)
codes = linear.encode(few[:2])
print("two images", few[:2].shape, "-> codes", codes.shape, "-> reconstructions", linear.decode(codes).shape)
print(f"weights: encoder {linear.encoder.count_params():,}, decoder {linear.decoder.count_params():,}")

# %% [markdown]
# What is the best that it could reach? That is known, for there is a classical answer to the question which linear map
# through 32 numbers loses least: **[principal component analysis](../docs/GLOSSARY.md#principal-component-analysis)**,
# PCA for short. Subtract the mean image. Find the direction in which the images vary most, a *direction* being an image
# of length 1; then the one at right angles to it in which they vary most; and so on. The code of an image is its share
# of the first 32 directions. No training, just the singular value decomposition of one matrix:

# %%
flat = (train_images - mean_digit).reshape(-1, 784)
_, variances, rows = np.linalg.svd(flat.T @ flat / len(flat))  # the covariance of the pixels, (784, 784)
directions = rows[:AE_CODE_DIM].T  # (784, Z), each column of length 1


def pca(images):
    deviations = (images - mean_digit).reshape(len(images), 784)
    return (deviations @ directions @ directions.T).reshape(images.shape) + mean_digit


print(f"the first {AE_CODE_DIM} directions hold {variances[:AE_CODE_DIM].sum() / variances.sum():.0%} of the variance")

# %% [markdown]
# Now gradient descent on the two matrices. It knows nothing of variances or right angles; it only makes the copy's
# error small.
#
# **Predict first.** Where will its error end on held-out images: above PCA's, below it, or at the same number?


# %%
def train(model, images, *, epochs, batch_size=64):
    """Trains for `epochs` passes over uint8 images, the learning rate sinking to zero along a cosine."""
    steps = data.steps_per_pass(len(images), batch_size)
    model.steps_per_execution = recipes.steps_per_call(steps, steps * epochs)
    budget = callbacks.Budget(steps=steps * epochs, decay="cosine")
    stream = data.batches(images, batch_size=batch_size, seed=SEED, value_range="unit")
    watchers = [budget, callbacks.Progress()]
    return model.fit(stream, epochs=epochs, steps_per_epoch=steps, verbose=0, callbacks=watchers)


linear.compile(optimizer=keras.optimizers.Adam(4e-3))
linear_history = train(linear, digits.train_images, epochs=12, batch_size=128)

# %%
errors = {"PCA": np.mean((pca(held_out) - held_out) ** 2)}
errors["linear autoencoder"] = np.mean((linear.reconstruct(held_out) - held_out) ** 2)
for name, error in errors.items():
    print(f"{name:19} mean squared error of held-out images {error:.5f}")
np.testing.assert_allclose(errors["linear autoencoder"], errors["PCA"], rtol=0.02)

# %% [markdown]
# The same error, to three digits. Better than PCA it can hardly get, as PCA is the best linear map on the training
# images and the held-out ones are of the same kind. A little worse would be a fair guess, since training is never quite
# finished; here that is too little to matter. And the *subspace* is the same, too: all images that the decoder can
# make, its offset aside, are mixtures of its 32 weight images; all that PCA can make are mixtures of its 32 directions.
# Two such sets are compared by their **[principal angles](../docs/GLOSSARY.md#principal-angles)**: the smallest angle
# between a direction of the one and a direction of the other, then the smallest at right angles to these, and so on.
# All are 0° when the sets are equal.

# %%
kernel = linear.decoder.get_weights()[0]  # (Z, 784)
basis = np.linalg.qr(kernel.T)[0]  # (784, Z): the same mixtures, by columns of length 1 at right angles
cosines = np.linalg.svd(basis.T @ directions)[1]
angles = np.degrees(np.arccos(np.minimum(cosines, 1.0)))
print(f"principal angles: median {np.median(angles):.1f}°, largest {angles.max():.1f}°; chance would give up to 90°")
assert np.mean(cosines**2) > 0.99

# %% [markdown]
# Gradient descent has found PCA. (The largest angle belongs to the last direction or so: number 32 and number 33 vary
# almost equally, so taking a little of the one for the other costs nearly nothing.) Baldi and Hornik proved in 1989
# that it must: the loss of a linear autoencoder has no other valley. Only the axes are its own:


# %%
def as_pictures(columns, count=9):
    """Directions (784, K) as images: black is below zero, grey is zero, white above."""
    shown = columns.T[:count].reshape(-1, 28, 28, 1)
    return 0.5 + 0.5 * shown / np.abs(shown).max(axis=(1, 2, 3), keepdims=True)


picture = viz.compare_grids(
    {
        "PCA": as_pictures(directions),
        "the decoder's weights": as_pictures(kernel.T),
        "PCA, rebuilt from them": as_pictures(basis @ basis.T @ directions),
    },
    columns=3,
    scale=1.6,
)
picture.colours = 16
picture

# %% [markdown]
# On the left PCA's directions, in order: the first is a ring against a bar, the later ones are finer patterns. In the
# middle nine of the decoder's weight images, each a jumble of many of them: nothing asked for an order or for right
# angles. On the right PCA's directions as mixtures of the decoder's: the left picture again.
#
# ## 2 · Bending the plane
#
# Digits do not lie on a flat sheet. The recipe `autoencoder` keeps the code of 32 and puts a hidden layer of 400 before
# and after it, each with a function that bends (Hinton and Salakhutdinov made such codes known in 2006). Its decoder
# answers with **[logits](../docs/GLOSSARY.md#logit)**, and the loss is the cross-entropy between pixel and sigmoid;
# section 6 says why.

# %%
bend = recipes.get("autoencoder")
BEND = bend.with_parameters({"epochs": AE_EPOCHS, "code_dim": AE_CODE_DIM})
runtime.set_seed(SEED)
bent = bend.build(BEND, (28, 28, 1), SEED, 1)
bent_history = train(bent, digits.train_images, epochs=AE_EPOCHS)

# %% [markdown]
# Two measures say how close an image came back.
#
# - **[PSNR](../docs/GLOSSARY.md#peak-signal-to-noise-ratio)**, the peak signal-to-noise ratio:
#   $10 \log_{10}(1 / \text{MSE})$, in decibels (dB), with MSE the mean squared error of pixels in [0, 1]. Ten decibels
#   more are a tenth of the error; 3 dB more are half.
# - **[SSIM](../docs/GLOSSARY.md#structural-similarity)**, structural similarity: it slides a window over both images
#   and compares mean, contrast and correlation (Wang and others, 2004). 1 is reached by equal images only. It forgives
#   a little more light, and it punishes lost strokes.
#
# **Predict first.** The bent code has 32 numbers, as PCA's has. How much of PCA's squared error will be left, and how
# many decibels is that?

# %%
by_hand = -10 * np.log10(np.mean((pca(few).clip(0, 1) - few) ** 2, axis=(1, 2, 3)))
np.testing.assert_allclose(metrics.psnr(pca(few).clip(0, 1), few), by_hand, rtol=1e-4)


def show(rows):
    print(f"{'':28}{'PSNR':>8}{'SSIM':>8}")
    for name, row in rows.items():
        print(f"{name:28}{row['psnr']:8.1f}{row['ssim']:8.3f}")


show(
    {
        "the mean digit": quality(np.broadcast_to(mean_digit, held_out.shape), held_out),
        f"PCA, {AE_CODE_DIM} numbers": quality(pca(held_out).clip(0, 1), held_out),
        f"autoencoder, {AE_CODE_DIM} numbers": quality(bent.reconstruct(held_out), held_out),
    }
)

# %%
copies = [few[:12], pca(few[:12]).clip(0, 1), bent.reconstruct(few[:12])]
picture = viz.image_grid(np.concatenate([*copies, np.abs(copies[0] - copies[2])]), columns=12)
picture.colours = 16
picture

# %% [markdown]
# Rows: held-out digits; through PCA; through the bent code; the absolute difference of first and third. PCA leaves grey
# clouds around each stroke, because a mixture of 32 fixed images can hardly be bright in one place and dark beside it.
# The bent code has black ground and full strokes. It stands nearly 5 dB higher, which is about a third of PCA's error,
# and what is left is thin outlines. As many numbers carry as much, one might think; but a code is worth what its
# decoder can make of it, and a bent decoder can make more.

# %%
code = bend.measure(bent, recipes.Images("digits"))
for measure in ("psnr", "ssim"):
    print(results.compare("07", f"code_{measure}", code[measure], parameters=BEND, device=runtime.device_kind()))

# %% [markdown]
# And with more numbers, or fewer? Recorded runs, medians over several seeds, same recipe:


# %%
def show_record(table):
    print(f"{'recorded':28}{'PSNR':>8}{'SSIM':>8}{'steps':>8}")
    for row in results.load_record("07").table(table):
        print(f"{row['variant']:28}{row['psnr']:8.1f}{row['ssim']:8.3f}{row['steps']:8,}")


show_record("code")

# %% [markdown]
# Eight numbers are too few for a hand, and 128 copy better than 32. (In the last row the code is no longer the
# narrowest place: the hidden layers are 400 wide.) So is more always better? Section 3 comes to that.
#
# ### Is the code a generator?
#
# A decoder turns numbers into images. So draw numbers: from a Gaussian with the mean and the variances that the codes
# had in training. `generate` does that. Beside it the evaluator's distance to held-out digits, and lesson 03's record.

# %%
samples = bent.generate(1000, seed=SEED)
evaluator = metrics.load_evaluator("digits")
rows = {
    "codes of held-out images": bent.reconstruct(held_out[1000:2000]),
    "Gaussian codes": samples,
    "noise": np.random.default_rng(SEED).random(few.shape, dtype="float32"),
}
for name, images in rows.items():
    print(f"{name:26} Fréchet distance {metrics.evaluate_images(images, few, evaluator)['frechet']:6.1f}")
vae = results.load_record("03").claim("digits_frechet").median
print(f"{'VAE of lesson 03 (record)':26} Fréchet distance {vae:6.1f}")

# %%
picture = viz.compare_grids({"from Gaussian codes": samples[:24], "reconstructed": copies[2]}, columns=6, scale=1.2)
picture.colours = 16
picture

# %% [markdown]
# Pieces of strokes, torn and put together anew; one or two tiles could pass for a digit, most are none. The decoder is
# the same in both grids. What differs is where the codes come from: the codes of digits fill only a thin, crooked part
# of the 32 dimensions, and nothing in the loss asked them to fill a Gaussian. The VAE of lesson 03 pays for exactly
# that, with its KL term, and its samples are several times closer to real ones. An autoencoder without that term is not
# a generator. What it is good for begins in section 4.
#
# ## 3 · Broken on purpose: a bottleneck too wide
#
# If a narrow code is good and a wider one copies better, why not take a code of 784? Here is one, linear and small:
# each patch of 4×4 pixels becomes 16 numbers, each 16 numbers become a patch. 7×7 patches, 784 numbers. It is trained
# on digits, as the narrow one was.
#
# **Predict first.** How well will each of the two copy held-out digits, and how well images of clothes, or pure noise,
# none of which it has ever seen?

# %%
runtime.set_seed(SEED)
wide = autoencoder.Autoencoder(
    keras.Sequential([keras.Input((28, 28, 1)), keras.layers.Conv2D(16, 4, strides=4)]),  # code: (7, 7, 16)
    keras.Sequential([keras.Input((7, 7, 16)), keras.layers.Conv2DTranspose(1, 4, strides=4)]),
)
wide.compile(optimizer=keras.optimizers.Adam(2e-2))
wide_history = train(wide, digits.train_images, epochs=3)

# %%
clothes = data.to_unit(data.load_images("fashion").test_images[:1000])
noise = np.random.default_rng(SEED).random((1000, 28, 28, 1), dtype="float32")
unseen = {"held-out digits": few, "clothes": clothes, "noise": noise}
print(f"{'PSNR':28}" + "".join(f"{name:>17}" for name in unseen))
models = {f"code of {AE_CODE_DIM}, bent": bent, "code of 784, linear": wide}
for name, model in models.items():
    scores = [metrics.pooled_psnr(model.reconstruct(images).clip(0, 1), images) for images in unseen.values()]
    print(f"{name:28}" + "".join(f"{score:17.1f}" for score in scores))

# %%
strange = np.concatenate([clothes[:9], noise[:3]])
shown = [strange, bent.reconstruct(strange), wide.reconstruct(strange).clip(0, 1)]
picture = viz.image_grid(np.concatenate(shown), columns=12)
picture.colours = 16
picture

# %% [markdown]
# Top row: clothes and noise. Below, through the narrow code: white shapes made of pieces of strokes, because strokes
# are all that this decoder knows. Trousers become something like an H, and three different noises the same blot. Bottom
# row, through the wide code: copies. "Trained on digits, so good at digits" is true of the narrow code alone. The wide
# one beats it by far on digits, too, with some five hundred weights against 650,000, and it has learnt nothing about
# digits. What has it learnt?

# %%
into = wide.encoder.get_weights()[0].reshape(16, 16)  # (pixels of a patch, its code)
out_of = wide.decoder.get_weights()[0].reshape(16, 16)  # (pixels of a patch, its code)
product = into @ out_of.T
print("pixel to the same pixel", np.round(np.diag(product)[:6], 2), "…")
print("pixel to another pixel ", np.round(product[0, 1:7], 2), "…")

# %% [markdown]
# Nearly the **[identity](../docs/GLOSSARY.md#identity)**: ones on the diagonal, small numbers elsewhere, and nearer to
# it the longer you train. A code as wide as the image can hold the image itself. So a low reconstruction error alone
# proves nothing; *what cannot be copied* says more. That is the idea behind finding strange images by their error: what
# comes back badly is probably no digit.
#
# **Predict first.** Take a garment and a digit at random, again and again. In how many of 100 pairs does the garment
# have the larger error, with the narrow code, and with the wide one?


# %%
def share_of_pairs(model):
    """How often a garment has a larger error than a digit: 0.5 is a coin, 1 tells them always apart."""
    usual, odd = (np.mean((model(images) - images) ** 2, axis=(1, 2, 3)) for images in (few, clothes))
    return (odd[:, None] > usual).mean()


finders = {f"code of {AE_CODE_DIM}, bent": bent.reconstruct, f"PCA, {AE_CODE_DIM} numbers": pca}
finders |= {"code of 784, linear": wide.reconstruct, "always black (the ink alone)": np.zeros_like}
for name, model in finders.items():
    print(f"{name:30} the garment has the larger error in {share_of_pairs(model):.1%} of all pairs")

# %% [markdown]
# The narrow code finds nearly every garment, and PCA most of them. The wide code, whose errors are by far the smallest,
# is of no use: a coin would do as well. A copier has no opinion on what it copies. Read the last line, too: clothes
# have more ink, and merely measuring it is right in three pairs of four.
#
# There are two ways to make copying useless. One is a narrow code. The other keeps the network as wide as you like and
# **damages the image** before it goes in, while the loss still asks for the whole one: a copy would then be wrong. This
# is the **[denoising autoencoder](../docs/GLOSSARY.md#denoising-autoencoder)** of Vincent and others (2008), and the
# rest of the lesson.
#
# ## 4 · Damage, by hand
#
# **[Noise](../docs/GLOSSARY.md#noise)** first: add a normal number to each pixel and cut off what leaves [0, 1].

# %%
two = few[:2]
noise_seeds = keras.random.SeedGenerator(3)
by_hand = np.clip(two + NOISE_AMOUNT * keras.random.normal(two.shape, seed=noise_seeds).numpy(), 0, 1)
noisy = autoencoder.ClippedNoise(NOISE_AMOUNT, seed=3)(two)
np.testing.assert_allclose(noisy, by_hand, atol=1e-6)
print("images", two.shape, "-> noisy", noisy.shape, f"in [{by_hand.min():.0f}, {by_hand.max():.0f}]")

# %% [markdown]
# **[Masking](../docs/GLOSSARY.md#mask)** takes away a part, and says which. Every image gets a hole of its own. Row
# numbers `place` are compared with where the hole begins and ends, which gives true or false for each row; the same for
# columns; a pixel is in the hole when both are true. The mask goes along as a second channel, for without it the
# network could not tell a hole from black.


# %%
def cut_hole(images, tops, lefts, size):
    """(B, H, W, 1), (B,), (B,) -> (B, H, W, 2): zeros in the hole; and the mask, 1 in the hole."""
    place = np.arange(28)
    in_rows = (place >= tops[:, None]) & (place < tops[:, None] + size)  # (B, H)
    in_columns = (place >= lefts[:, None]) & (place < lefts[:, None] + size)  # (B, W)
    mask = (in_rows[:, :, None] & in_columns[:, None, :])[..., None]  # (B, H, 1) & (B, 1, W) -> (B, H, W, 1)
    mask = mask.astype("float32")
    return np.concatenate([images * (1 - mask), mask], axis=-1)


cut = cut_hole(two, tops=np.array([4, 14]), lefts=np.array([9, 4]), size=int(AMOUNT))
print("images", two.shape, "-> image and mask", cut.shape, "; pixels in each hole", cut[..., 1].sum(axis=(1, 2)))

# %% [markdown]
# The package's layer draws the places, anew at each call. To compare, read the places off its masks and cut by hand.

# %%
layer = autoencoder.CutHole(int(AMOUNT), margin=4, seed=3)
drawn = layer(few).numpy()
tops, lefts = (drawn[..., 1].any(axis=axis).argmax(axis=1) for axis in (2, 1))
np.testing.assert_array_equal(drawn, cut_hole(few, tops, lefts, int(AMOUNT)))
print(f"1,000 holes: tops from {tops.min()} to {tops.max()}, lefts from {lefts.min()} to {lefts.max()}")
assert not np.array_equal(layer(few), drawn)  # another call, other holes

# %% [markdown]
# Equal, pixel for pixel. A margin of 4 keeps the holes in the middle 20×20 pixels, which is where the ink is; a hole in
# a black corner would be no task.
#
# ## 5 · Filling holes
#
# The network is a small **[U-Net](../docs/GLOSSARY.md#u-net)**: it packs the image to 7×7 places with many channels,
# where each place overlooks the whole digit, and unpacks it again; on the way up the finer map from the way down is
# added, so that nothing sharp is lost. (`docs/search-autoencoders.md` says how it was found.) It has no narrow place at
# all. Two rows go through:

# %%
recipe = recipes.get("inpainter")
PARAMETERS = recipe.with_parameters({"epochs": EPOCHS, "batch_size": BATCH_SIZE, "amount": AMOUNT})
runtime.set_seed(SEED)
filler = recipe.build(PARAMETERS, (28, 28, 1), SEED, 1)
logits = filler.network(drawn[:2]).numpy()
print("image and mask", drawn[:2].shape, "-> logits", logits.shape, f"; {filler.network.count_params():,} weights")

# %% [markdown]
# The loss is the **[cross-entropy](../docs/GLOSSARY.md#cross-entropy)** of each pixel $x$ with the network's logit $a$,
#
# $$\ell = \mathrm{softplus}(a) - x\,a, \qquad \mathrm{softplus}(a) = \log(1 + e^a),$$
#
# averaged over the pixels *in the hole*: outside, the answer is known. And known pixels are not replaced: what comes
# back is the sigmoid of the logits in the hole, and the image as it was elsewhere. By hand:

# %%
mask = drawn[:2, ..., 1:]
pixel_losses = np.logaddexp(0, logits) - few[:2] * logits  # (2, 28, 28, 1)
loss = float((mask * pixel_losses).sum() / mask.sum())
filled = mask / (1 + np.exp(-logits)) + (1 - mask) * few[:2]
np.testing.assert_allclose(filler.restore(drawn[:2]), filled, atol=1e-5)
print(f"loss of the untrained network {loss:.3f}; a shrug at every pixel costs log 2 = {np.log(2):.3f}")

# %% [markdown]
# Now train, for less than a minute. The same twelve damaged digits are mended after each pass.

# %%
damaged = held_out_damage(filler.corruption, few)  # the same holes for every remedy
frames = [filler.restore(damaged[:12])]
keep = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: frames.append(filler.restore(damaged[:12])))
steps = data.steps_per_pass(len(digits.train_images), BATCH_SIZE)
filler.steps_per_execution = recipes.steps_per_call(steps, steps * EPOCHS)
budget = callbacks.Budget(steps=steps * EPOCHS, decay=PARAMETERS["decay"])
history = filler.fit(
    data.batches(digits.train_images, batch_size=BATCH_SIZE, seed=SEED, value_range="unit"),
    epochs=EPOCHS,
    steps_per_epoch=steps,
    verbose=0,
    callbacks=[*recipes.recorded("07", "holes", LOAD_CHECKPOINT, budget=budget), budget, keep, callbacks.Progress()],
)

# %%
viz.show_gif(viz.animate_grids(frames, "filling.gif", columns=6, colours=8))

# %% [markdown]
# Before training every hole is a grey square. Most of the strokes come in the first passes; the later ones make them
# whiter and sharper.
#
# ### Against remedies that learn nothing
#
# - **The mean digit**: its pixels are copied into the hole.
# - **[Laplace](../docs/GLOSSARY.md#laplace-interpolation)**: a soap film over the hole; each unknown pixel is the mean
#   of its four neighbours.
# - **Nearest digit**: of all 20,000 training digits take the one that agrees best with the known pixels, and copy its
#   part. That is no small opponent: it knows 20,000 answers by heart.

# %%
image, mask = damaged[..., :1], damaged[..., 1:]
remedies = {
    "left black": image,
    "mean digit": np.where(mask > 0, mean_digit, image),
    "Laplace": metrics.fill_smoothly(image, mask, rounds=150),
    "nearest digit": metrics.nearest_example(image, mask, train_images),
    "the network": filler.restore(damaged),
}

# %% [markdown]
# PSNR counts the pixels in the hole only, of all images together: one mean squared error, then its logarithm. (A mean
# of each image's own PSNR would be infinite as soon as a single hole was black and is filled with black. Exercise
# 07.5.) SSIM is that of the whole image. The last column asks the evaluator of lesson 01 what it reads in the mended
# image. With the hole left black, it reads some 62 in 100 as what they were.
#
# **Predict first.** The mean digit's pixels are nearer to the truth than black, so the PSNR in the hole rises. Will the
# evaluator read more of the digits, too? And how many will it read of those that the network has filled?

# %%
labels = digits.test_labels[:1000]
print(f"{'':16}{'PSNR in the hole':>18}{'SSIM':>8}{'read as what it was':>22}")
for name, images in {**remedies, "the originals": few}.items():
    read = (evaluator.probabilities(images).argmax(axis=1) == labels).mean()
    row = quality(images, few, masks=mask) if name in remedies else {"psnr": np.inf, "ssim": 1.0}
    print(f"{name:16}{row['psnr']:18.1f}{row['ssim']:8.3f}{read:22.1%}")

# %%
picture = viz.image_grid(np.concatenate([few[:12], *(images[:12] for images in remedies.values())]), columns=12)
picture.colours = 16
picture

# %% [markdown]
# Rows: originals, damaged, mean digit, Laplace, nearest digit, network. The mean digit and the soap film put a cloud
# into the hole; they have no idea of strokes. With the mean digit *fewer* are read than with nothing at all, although
# its PSNR is more than 2 dB higher: a patch of a blurred average belongs to no digit. The nearest digit knows strokes,
# and often its part fits. But it was another hand's: see the nine in the eighth column, whose leg stops short, and the
# five beside it, which becomes an eight. The network's strokes join those around them, at well under half the squared
# error of every other remedy, and the last column agrees: left black, about six images in ten are read as what they
# were; filled by the network, more than nine, and more than with the nearest digit's part. Where it is unsure it leaves
# some grey.
#
# Is your run a usual one? On all 5,000 held-out images:

# %%
holes = recipe.measure(filler, recipes.Images("digits"))
for measure in ("psnr", "ssim"):
    verdict = results.compare(
        "07", f"holes_{measure}", holes[measure], parameters=PARAMETERS, device=runtime.device_kind()
    )
    print(verdict)

# %% [markdown]
# ### What it invents where it cannot know
#
# A pixel near 0 or 1 is a decision; a grey one, where digits are black or white, is a doubt. Take the six fills with
# most grey in them, and ask the training set what the hole *could* have held: the five digits that agree best with what
# is known.

# %%
doubt = (mask * remedies["the network"] * (1 - remedies["the network"])).sum(axis=(1, 2, 3))
most = np.argsort(-doubt)[:6]
columns = [few[most], image[most], remedies["the network"][most]]
known = (1 - mask[most]).reshape(6, 784)
distances = (
    known @ (train_images.reshape(-1, 784) ** 2).T - 2 * (image[most].reshape(6, 784)) @ train_images.reshape(-1, 784).T
)
for rank in range(5):
    candidate = train_images[np.argsort(distances, axis=1)[:, rank]]
    columns.append(np.where(mask[most] > 0, candidate, image[most]))
picture = viz.image_grid(np.stack(columns, axis=1).reshape(-1, 28, 28, 1), columns=8)
picture.colours = 16
picture

# %% [markdown]
# Each row: the original, the hole, the network's fill, then five fills copied from training digits. Where the copies
# disagree, the network's fill is grey: a faint mixture of what they hold. Does this stem belong to a nine, a seven or a
# four? How large is the loop of this six? Nobody could know. That is no weakness of training. Cross-entropy and squared
# error are smallest, on average, for the **mean of all possible answers**, and the mean of a stroke here and a stroke
# there is two faint strokes. A network that should *choose* one of them needs another loss (a judge, as in lesson 02)
# or has to draw (lessons 03, 08 and 11). And where it has decided, it may be wrong without a sign of doubt. A filled
# hole is a guess, and should never pass for what was there.
#
# ## 6 · Taking off noise
#
# The same network, another damage: noise of standard deviation 0.5, half the way from black to white. The classic
# remedy is the **[median filter](../docs/GLOSSARY.md#median-filter)**: each pixel becomes the median of the 3×3 or 5×5
# around it.

# %%
denoise = recipes.get("denoiser")
DENOISE = denoise.with_parameters({"epochs": NOISE_EPOCHS, "amount": NOISE_AMOUNT})
runtime.set_seed(SEED)
denoiser = denoise.build(DENOISE, (28, 28, 1), SEED, 1)
denoiser_history = train(denoiser, digits.train_images, epochs=NOISE_EPOCHS)


# %%
def cleaned(images):
    noisy = held_out_damage(denoiser.corruption, images)
    medians = {f"median {size}×{size}": metrics.median_filter(noisy, size=size) for size in (3, 5)}
    return {"noisy": noisy, **medians, "the network": denoiser.restore(noisy)}


noise_rows = cleaned(few)
show({name: quality(images, few) for name, images in noise_rows.items()})

# %%
picture = viz.image_grid(np.concatenate([few[:12], *(images[:12] for images in noise_rows.values())]), columns=12)
picture.colours = 12
picture

# %% [markdown]
# Rows: originals, noisy, median 3×3, median 5×5, network. Through the noise a person can read most of these digits, and
# neither filter makes that easier: the small one leaves grains, the large one melts thin strokes away. The network puts
# down a smooth stroke on black ground, 5 dB above the better filter: less than a third of its error. What it cannot
# bring back is a hand's small habits, and a thin stroke may break or end too early.

# %%
clean = denoise.measure(denoiser, recipes.Images("digits"))
for measure in ("psnr", "ssim"):
    print(results.compare("07", f"denoise_{measure}", clean[measure], parameters=DENOISE, device=runtime.device_kind()))

# %% [markdown]
# ### The loss is a trap
#
# Why logits and cross-entropy, when it is the squared error that we measure by? A digit is mostly black, so the first
# steps push every pixel towards black. Look at the slope of both losses with respect to the logit of a pixel that
# should be white ($x = 1$), when the network says black. The slope is what pulls the logit back.
#
# **Predict first.** At a logit of −10 the network is surer of black than at −2, and more wrong. Which of the two losses
# pulls harder at −10 than at −2, and which less?

# %% tags=["nbval-check-output"]
print(f"{'logit':>6}{'says':>9}{'slope, squared error':>22}{'slope, cross-entropy':>22}")
for logit in (0.0, -2.0, -5.0, -10.0):
    said = 1 / (1 + np.exp(-logit))
    print(f"{logit:6.0f}{said:9.5f}{2 * (said - 1) * said * (1 - said):22.5f}{said - 1:22.5f}")

# %% [markdown]
# The larger the error, the harder it pulls: that would be natural, and it is true of the cross-entropy alone. The surer
# the network is, and the more wrong, the *less* the squared error tells it. Its slope carries the sigmoid's own slope,
# which goes to zero at both ends, so it can get *stuck*. Cross-entropy cancels that factor, and its slope is simply the
# error. In our search one run of denoising and one of doubling with a squared error stayed black to the end; with
# cross-entropy none did. A loss curve that is flat from the start may be a dead end, not an end.
#
# ## 7 · Doubling the resolution
#
# Shrink each digit to 14×14 by averaging blocks of 2×2 pixels, and ask for the 28×28 back. Interpolation does that
# without learning: **[nearest](../docs/GLOSSARY.md#nearest-neighbour-interpolation)** repeats each pixel,
# **[bicubic](../docs/GLOSSARY.md#bicubic-interpolation)** draws smooth curves through sixteen neighbours.

# %%
upscale = recipes.get("upscaler")
UPSCALE = upscale.with_parameters({"epochs": UPSCALE_EPOCHS})
runtime.set_seed(SEED)
upscaler = upscale.build(UPSCALE, (28, 28, 1), SEED, 1)
upscaler_history = train(upscaler, digits.train_images, epochs=UPSCALE_EPOCHS)


# %%
def enlarged(images):
    small = held_out_damage(upscaler.corruption, images)  # (N, 14, 14, 1)
    nearest = small.repeat(2, axis=1).repeat(2, axis=2)
    return {"nearest": nearest, "bicubic": metrics.bicubic(small), "the network": upscaler.restore(small)}


large_rows = enlarged(few)
show({name: quality(images, few) for name, images in large_rows.items()})

# %%
picture = viz.compare_grids(
    {"real": few[:6], **{name: images[:6] for name, images in large_rows.items()}}, columns=2, scale=2
)
picture.colours = 16
picture

# %% [markdown]
# Bicubic removes the stairs and keeps the blur. The network's edges are as crisp as the real ones, and it takes a hard
# look to find a difference: 6 to 7 dB over bicubic is less than a quarter of the squared error. Four pixels are known
# only by their mean; that they usually hold the edge of a pen stroke, and on which side, is what was learnt.

# %%
large = upscale.measure(upscaler, recipes.Images("digits"))
for measure in ("psnr", "ssim"):
    print(results.compare("07", f"upscale_{measure}", large[measure], parameters=UPSCALE, device=runtime.device_kind()))

# %% [markdown]
# ## 8 · Clothes, with a network that only knows digits
#
# What do these networks know: how to take noise off images, or what digits look like? Here they get clothes.
#
# **Predict first.** At taking off noise, and at doubling: will the network or the plain filter be ahead by PSNR?

# %%
on_clothes = {"noise": cleaned(clothes), "doubling": enlarged(clothes)}
for task, rows in on_clothes.items():
    print(task)
    show({name: quality(images, clothes) for name, images in rows.items()})

# %%
shown = [clothes[:12], on_clothes["noise"]["noisy"][:12], on_clothes["noise"]["median 5×5"][:12]]
shown += [on_clothes["noise"]["the network"][:12], on_clothes["doubling"]["the network"][:12]]
picture = viz.image_grid(np.concatenate(shown), columns=12)
picture.colours = 12
picture

# %% [markdown]
# Rows: clothes, noisy, median 5×5, the digits' denoiser, the digits' doubling. The networks that were ahead by 5 and by
# more than 6 dB on digits have lost their lead. By PSNR the plain filter now beats the network at noise (SSIM
# disagrees, since it likes the black ground and the firm outlines), and at doubling even plain repetition wins by both.
# You can see why: the networks want pen strokes. Grey cloth becomes black or white, plain cloth gets holes, and the
# letters on the pullover melt into a bar. They have learnt digits, not images; on something else they *invent*, and
# nothing in their output says so.
#
# And this is what the same recipes reach when they are trained on clothes (recorded; 10,000 images, so half the steps):

# %%
tasks = {"holes": "filling holes", "denoise": "taking off noise", "upscale": "doubling", "code": "a code of 32"}
print(f"{'recorded medians':20}{'digits':>16}{'clothes':>16}   (PSNR, SSIM)")
record = results.load_record("07")
for table, name in tasks.items():
    on_digits, on_fashion = record.table(table)[0], record.table(f"fashion_{table}")[0]
    pairs = [f"{row['psnr']:8.1f}{row['ssim']:8.3f}" for row in (on_digits, on_fashion)]
    print(f"{name:20}" + "".join(pairs))

# %% [markdown]
# ## 9 · All four, and what they cannot do
#
# The best remedy without learning beside each network, on the same 1,000 held-out digits:

# %%
rows = {
    "a code of 32": (quality(pca(few).clip(0, 1), few), quality(bent.reconstruct(few), few)),
    "filling holes": tuple(quality(remedies[name], few, masks=mask) for name in ("nearest digit", "the network")),
    "taking off noise": tuple(quality(noise_rows[name], few) for name in ("median 3×3", "the network")),
    "doubling": tuple(quality(large_rows[name], few) for name in ("bicubic", "the network")),
}
print(f"{'':18}{'without learning':>24}{'the network':>18}{'error left':>12}")
for name, (plain, learnt) in rows.items():
    left = 10 ** ((plain["psnr"] - learnt["psnr"]) / 10)
    print(f"{name:18}{plain['psnr']:16.1f}{plain['ssim']:8.3f}{learnt['psnr']:10.1f}{learnt['ssim']:8.3f}{left:12.0%}")

# %% [markdown]
# - **They give one answer, the mean one.** Where several are possible it is grey.
# - **They know one damage.** A network trained on holes of 10×10 has not seen a scratch, and one trained on this noise
#   has not seen another. Exercises of your own: change `AMOUNT` *after* training and look.
# - **They draw nothing.** There is no prior over codes, so no samples. Lesson 03 adds one, lesson 12 learns one
#   afterwards. Lesson 11 goes the other way: it takes a denoiser like the one above and applies it many times, from
#   pure noise to an image.
# - **PSNR likes blur.** The grey fill scores higher than a sharp wrong stroke, and a person would choose the stroke.
#
# ## 10 · Exercises
#
# Each check tells you in a sentence why an answer is right or not yet. `hint("07.2")` helps in stages. Worked
# solutions: [solutions/07_autoencoders.ipynb](solutions/07_autoencoders.ipynb).
#
# First a few short questions. Choose an answer, and read why it is right or not.

# %%
from gencourse.exercises import check, hint, progress, quiz

quiz("07")

# %% [markdown]
# **07.1 Decibels.** One image comes back with a PSNR of 20 dB. What is its mean squared error, and what would its PSNR
# be if that error were halved? Then two images with mean squared errors of 0.1 and 0.001: what is the mean of their
# PSNRs, and what is the PSNR of both together?

# %%
error_at_20_db = ...
db_at_half_the_error = ...
mean_of_both = ...
both_together = ...
check("07.1", (error_at_20_db, db_at_half_the_error, mean_of_both, both_together))

# %% [markdown]
# **07.2 Stuck at black.** A pixel should be white ($x = 1$) and the network's logit for it is $a = -7$. What is the
# slope of the squared error $(\sigma(a) - x)^2$ with respect to $a$, and what that of the cross-entropy? How many times
# as strongly does the cross-entropy pull?

# %%
slope_squared_error = ...
slope_cross_entropy = ...
times_as_strong = ...
check("07.2", (slope_squared_error, slope_cross_entropy, times_as_strong))

# %% [markdown]
# **07.3 PCA, two bugs.** `pca_copies` should send the rows of `test` through the `size` directions in which the rows of
# `train` vary most. It runs, and its copies are worse than the mean row.


# %%
def pca_copies(train, test, size):
    # train (N, D), test (M, D) -> copies of test (M, D)
    _, vectors = np.linalg.eigh(train.T @ train)
    directions = vectors[:, :size]  # (D, size)
    return test @ directions @ directions.T


check("07.3", pca_copies)

# %% [markdown]
# **07.4 Holes, three bugs.** `cut_holes` should cut a square of `size` pixels out of each image, at a place drawn for
# each image, every place inside the image being equally likely. A network trained with this one looks excellent in
# training.


# %%
def cut_holes(images, size, seed):
    # (B, H, W, 1) -> (B, H, W, 2): the image with zeros in the hole; and the mask, 1 in the hole
    rng = np.random.default_rng(seed)
    batch, height, width, _ = images.shape
    top, left = rng.integers(0, height), rng.integers(0, width)
    mask = np.zeros((batch, height, width, 1), "float32")
    mask[:, top : top + size, left : left + size] = 1.0
    return np.concatenate([images * mask, mask], axis=-1)


check("07.4", cut_holes)

# %% [markdown]
# **07.5 An honest score.** `score` should say how well `model` fills holes: the PSNR of the pixels in the holes, of all
# images together, on images that it was not trained on. Its author reports a splendid number. Three things are wrong
# with it. (`damage` turns images (N, H, W, 1) into images and masks (N, H, W, 2), with new holes at each call, and
# `model.restore` mends those.)


# %%
def score(model, damage, train_images, test_images):
    mended = model.restore(damage(train_images))
    errors = np.mean((mended - train_images) ** 2, axis=(1, 2, 3))
    return np.mean(-10 * np.log10(errors))


check("07.5", score)

# %%
print(hint("07.1"))
progress()

# %% [markdown]
# ## What to read next
#
# - Baldi and Hornik, *Neural Networks and Principal Component Analysis: Learning from Examples without Local Minima*,
#   1989: the proof behind section 1.
# - Vincent et al., *Extracting and Composing Robust Features with Denoising Autoencoders*, 2008: damage instead of a
#   narrow code.
# - Pathak et al., *Context Encoders: Feature Learning by Inpainting*, 2016: filling holes, with a judge against the
#   blur.
# - Ronneberger, Fischer and Brox, *U-Net*, 2015: the shape of our network.
# - Blau and Michaeli, *The Perception-Distortion Tradeoff*, 2018: why the best PSNR and the best looks exclude each
#   other.
# - **Lesson 12** makes the code discrete and learns what follows what in it. **Lesson 11** turns a denoiser into a
#   generator.
