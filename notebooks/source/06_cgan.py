# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
#   gencourse:
#     recipes: [cgan]
# ---

# %% [markdown]
# # 06 · Conditional GAN: ask for a class
#
# [![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)](https://colab.research.google.com/github/gencourse/gencourse/blob/main/notebooks/06_cgan.ipynb)
#
# **One idea.** The GAN of lesson 02 draws digits, and which digit comes is chance. Tell both players a *class*, let the
# discriminator judge pairs of image and class, and you get a generator that can be asked: draw me a four.
#
# After this lesson you can
#
# - tell joint, marginal and conditional distributions apart, on counts;
# - bring a label into a generator and, in three ways, into a discriminator, each by hand on two rows;
# - say what "multi-task" means, and what a second task did for this model when it was measured;
# - measure whether samples are what was asked for, and whether each class is drawn well;
# - name the faults that each of these numbers does *not* see.
#
# It runs in about two minutes on two CPU cores, about one of which trains one model. Reading takes about 45 minutes.
# Lesson 02 comes before: its networks are used again here, and its numbers are the ones to reach.

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
SEED = 1  # weights, latents and the order of the data; another seed is another run
EPOCHS = 12  # passes over the 20,000 digits: what the training time follows
BATCH_SIZE = 32  # images in one step
LATENT_DIM = 64  # numbers the generator starts from, beside the class
GENERATOR_CONDITIONING = "normalisation"  # how the generator learns of the class: or "embedding"
CONDITIONING = "projection"  # and how the discriminator does: or "planes", "auxiliary"
AUXILIARY_WEIGHT = 0.1  # weight of the second task; without effect unless CONDITIONING is "auxiliary"
GENERATOR_RATE = 1e-3  # learning rates: the balance between the players
DISCRIMINATOR_RATE = 1e-3
BROKEN_EPOCHS = 1  # passes for each of the two models with wrong labels, in section 8
LOAD_CHECKPOINT = False  # True: train for a moment, then take the recorded networks

# %%
import keras
import numpy as np

from gencourse import callbacks, data, gan, metrics, recipes, results, viz

runtime.set_seed(SEED)
rng = np.random.default_rng(SEED)
digits = data.load_images("digits")
real_images = data.to_unit(digits.test_images)  # held out: no player ever sees them
real_labels = digits.test_labels
evaluator = metrics.load_evaluator("digits")

# %% [markdown]
# ## 1 · A generator that cannot be asked
#
# Lesson 02's model, from its recorded weights, draws a thousand digits. The evaluator, a classifier that took no part
# in any training, reads them.

# %%
unconditional = recipes.load_checkpoint("02", "digits")
drawn = data.to_unit(unconditional.generate(1000, seed=SEED))
read = evaluator.probabilities(drawn).argmax(axis=1)
counts = np.bincount(read, minlength=10)
print("digit   " + "".join(f"{digit:6}" for digit in range(10)))
print("drawn   " + "".join(f"{count:6}" for count in counts))
print("in data " + "".join(f"{share:6.0f}" for share in 1000 * np.bincount(digits.train_labels) / 20_000))

# %%
viz.image_grid(drawn[:24], columns=12, labels=read[:24])

# %% [markdown]
# Every digit comes, not quite as often as in the data, and in no order. Who wants a four can only draw until one comes,
# and needs a classifier to notice it. Nine of ten samples are thrown away. With a hundred classes it would be
# ninety-nine of a hundred, and "a lady's shoe, red, from the side" would never come.
#
# ### Joint, marginal, conditional
#
# What do we want instead? Take an image that is a single number, so that everything can be counted: the **ink** of a
# digit, the mean of its pixels. Together with its class $y$ each held-out digit gives a pair $(x, y)$. Cut the ink into
# three levels and count.

# %%
ink = real_images.mean(axis=(1, 2, 3))
level = np.digitize(ink, [0.09, 0.14])  # 0 little, 1 middle, 2 much
joint = np.zeros((10, 3))
np.add.at(joint, (real_labels, level), 1 / len(ink))
marginal, class_shares = joint.sum(axis=0), joint.sum(axis=1, keepdims=True)
conditional = joint / class_shares
for name, rows in {"joint": joint, "conditional": conditional}.items():
    for digit in (0, 1, 8):
        print(
            f"{name:12} digit {digit}: little {rows[digit, 0]:.3f}  middle {rows[digit, 1]:.3f}  much {rows[digit, 2]:.3f}"
        )
print("marginal             little {:.3f}  middle {:.3f}  much {:.3f}".format(*marginal))
np.testing.assert_allclose((class_shares * conditional).sum(axis=0), marginal)

# %% [markdown]
# - The **[joint](../docs/GLOSSARY.md#joint)** distribution $p(x, y)$ is the share of each pair among all. All thirty
#   shares add up to 1.
# - The **[marginal](../docs/GLOSSARY.md#marginal)** $p(x)$ forgets the class: sums over all ten. This is what an
#   unconditional GAN learns.
# - The **[conditional](../docs/GLOSSARY.md#conditional)** $p(x \mid y) = p(x, y)\,/\,p(y)$ looks at one class alone;
#   each row adds up to 1. This is what we want to draw from.
#
# Read the first level: of all digits 21 in 100 have little ink, of the ones 86, of the zeros 3. They belong together, as
# the last line has checked: $p(x) = \sum_y p(y)\, p(x \mid y)$. The same without levels:

# %%
viz.histogram(
    {"all digits": ink, "zeros": ink[real_labels == 0], "ones": ink[real_labels == 1]},
    x_label="ink of an image (mean of its pixels)",
    bins=50,
)

# %% [markdown]
# Ones have little ink, zeros much, and the hill of all digits is a mixture of ten such hills. One number says hardly
# anything about an image, and still the label narrows it down.
#
# So the game changes in one place. The discriminator gets *pairs*: a real image with its label, and a generated image
# with the label it was asked for. A beautiful seven under the label three is not a real pair, and counts as generated:
#
# $$\text{real: } (x, y) \sim p(x, y) \qquad\qquad \text{generated: } (G(z, y),\, y),\quad z \sim N(0, I),\; y \sim p(y)$$
#
# The labels of generated pairs come with the same shares as in the data, so they give nothing away. All that is left to
# tell the pairs apart is the image *under its label*, and at the end of a perfect game $G(z, y)$ draws from
# $p(x \mid y)$.
#
# ## 2 · The label into the generator
#
# A class is a name and not a size: 8 is not twice 4. As numbers for a network it becomes a
# **[one-hot](../docs/GLOSSARY.md#one-hot)** vector, zeros but for a single one. A matrix after it turns it into any
# vector; and multiplying a one-hot vector with a matrix just picks a row. So one keeps the table and looks up the row.
# That is called an **[embedding](../docs/GLOSSARY.md#embedding)**, and its numbers are learnt like all others.

# %% tags=["nbval-check-output"]
table = np.array([[0.1, 0.9], [0.5, -0.2], [-0.7, 0.3]], "float32")  # three classes, two numbers each
asked = np.array([2, 0])
one_hot = np.eye(3, dtype="float32")[asked]
np.testing.assert_allclose(one_hot @ table, table[asked])
print(one_hot, "picks the rows", table[asked], sep="\n")

# %% [markdown]
# The simplest place for that row is beside the latents: same network, a longer input. By hand on two rows, and as
# `gan.condition_generator` does it:

# %%
core = gan.build_dcgan_generator(latent_dim=LATENT_DIM + 16, units=(64,), filters=(16, 8))
generator = gan.condition_generator(core, classes=10, conditioning="embedding", embedding_dim=16)
(embedding,) = [layer for layer in generator.layers if isinstance(layer, keras.layers.Embedding)]
latents = rng.normal(size=(2, LATENT_DIM)).astype("float32")
asked = np.array([3, 8])
rows = embedding.get_weights()[0][asked]  # (2, 16)
by_hand = core(np.concatenate([latents, rows], axis=1))  # (2, 64 + 16) -> (2, 28, 28, 1)
np.testing.assert_allclose(generator([latents, asked]), by_hand, rtol=1e-4, atol=1e-5)
print("latents", latents.shape, "and rows", rows.shape, "-> images", tuple(by_hand.shape))

# %% [markdown]
# There the class is told once, at the bottom, and every layer above has to pass it on. One can also tell it to *every*
# layer. Batch normalisation (lesson 02) ends with two learnt numbers for each channel, a scale and a shift. Give each
# class its own two numbers, and the class can turn channels up, down or off, all the way to the image. This is called
# **[conditional batch normalisation](../docs/GLOSSARY.md#conditional-batch-normalisation)** (de Vries and others, 2017;
# Dumoulin and others, 2017). One channel, two images, classes 2 and 0:

# %% tags=["nbval-check-output"]
channel = np.array([[98.0], [102.0]], "float32")
normalised = (channel - channel.mean()) / np.sqrt(channel.var() + 1e-3)
scale, shift = np.array([[1.0], [1.0], [0.5]], "float32"), np.array([[0.0], [0.0], [3.0]], "float32")  # (K, C)
labels = np.array([2, 0])
by_hand = normalised * scale[labels] + shift[labels]
layer = gan.ClassScale(3)
layer.build([(None, 1), (None,)])
layer.set_weights([scale, shift])
np.testing.assert_allclose(layer([normalised, labels]), by_hand, rtol=1e-5)
print("normalised", normalised.ravel().round(2), "-> for classes 2 and 0", by_hand.ravel().round(2))

# %% [markdown]
# The lesson's own model does this after each of its batch normalisations. Section 7 shows what the two ways reach.
#
# ## 3 · The label into the discriminator, in three ways
#
# Nothing so far makes the generator *obey*. It could ignore the row. Only a judge who knows the label can punish that.
#
# ### Label planes
#
# A convolution reads maps, so make the label a map: one more channel for each class, all ones for the image's own and
# all zeros for the others (Mirza and Osindero, 2014, had dense networks and put the one-hot vector beside the pixels).
# On two images of 4×4 with three classes:

# %% tags=["nbval-check-output"]
labels = np.array([2, 0])
planes = np.zeros((2, 4, 4, 3), "float32")
for image, label in enumerate(labels):
    planes[image, :, :, label] = 1.0
np.testing.assert_allclose(gan.LabelPlanes(3, 4, 4)(labels), planes)
print("planes", planes.shape, "· means of the first image's three:", planes[0].mean(axis=(0, 1)))

# %% [markdown]
# A loop over a batch is slow, so people repeat and reshape. One way to do it has been copied from tutorial to tutorial:
# `np.repeat(one_hot, 16, axis=1)`, then a reshape to (2, 4, 4, 3). The shape is right, and nothing complains.
#
# **Predict first.** The first image has the label 2. What will its three channels look like?

# %%
one_hot = np.eye(3, dtype="float32")[labels]
bands = np.repeat(one_hot, 4 * 4, axis=1).reshape(2, 4, 4, 3)
channels = {name: np.moveaxis(maps[0], -1, 0) for name, maps in {"planes": planes, "bands": bands}.items()}
viz.compare_grids(
    {f"{name}: three channels of image 0": 0.85 * maps for name, maps in channels.items()}, columns=3, scale=12
)

# %% [markdown]
# On the left what was wanted: one channel white, two black. On the right what comes out. `repeat` along that axis
# writes each number sixteen times in a row, and `reshape` then deals them out, channels fastest. That gives horizontal
# **bands**, nearly the same in every channel. The label is still in there, as the height of a band; but a convolution
# looks at a small window and does not know where it is. Exercise 06.2 mends this, and its solution counts in how few
# windows the label can be told.
#
# With true planes, the discriminator simply reads 1 + 10 channels:

# %%
pair = data.to_signed(real_images[:2])
pair_labels = real_labels[:2].astype("int32")
reader = gan.build_dcgan_discriminator(image_shape=(28, 28, 1 + 10), filters=(16, 32))
told = gan.condition_discriminator(reader, classes=10, conditioning="planes")
planes = np.zeros((2, 28, 28, 10), "float32")
planes[[0, 1], :, :, pair_labels] = 1.0
by_hand = reader(np.concatenate([pair, planes], axis=-1))  # (2, 28, 28, 11) -> (2, 1)
np.testing.assert_allclose(told([pair, pair_labels]), by_hand, rtol=1e-4, atol=1e-5)
print(f"labels {pair_labels} -> logits {np.ravel(by_hand).round(3)}")

# %% [markdown]
# ### Projection
#
# What *should* a judge of pairs say? In the game of lesson 01 the best logit is the logarithm of a ratio, real density
# over generated density. For pairs the ratio splits in two, by $p(x, y) = p(x)\, p(y \mid x)$ in both:
#
# $$\log \frac{p(x, y)}{q(x, y)} \;=\; \underbrace{\log \frac{p(x)}{q(x)}}_{\text{is it a real image?}} \;+\;
# \underbrace{\log \frac{p(y \mid x)}{q(y \mid x)}}_{\text{does it look like a } y\text{?}}$$
#
# The first part knows no label. The second compares two classifiers, and the logit of a classifier for class $y$ is a
# product of a vector $v_y$ with the features $h$ of the image. So build the discriminator in just that form (Miyato and
# Koyama, 2018):
#
# $$\text{logit}(x, y) = w \cdot h(x) + b \;+\; v_y \cdot h(x)$$
#
# One vector for each class, looked up like an embedding, and one inner product: how far the features point in the
# direction of $y$, their **[projection](../docs/GLOSSARY.md#projection)**. (With least squares, the loss used here, the
# best output is another function of the same ratio; the form still fits.) By hand:

# %%
judge = gan.build_dcgan_discriminator(filters=(16, 32), units=(32,))
told = gan.condition_discriminator(judge, classes=10, conditioning="projection")
(directions,) = [layer for layer in told.layers if isinstance(layer, keras.layers.Embedding)]
print("directions", directions.get_weights()[0].shape, "all zero at the start:", not directions.get_weights()[0].any())
directions.set_weights([0.1 * rng.normal(size=(10, 32)).astype("float32")])
hidden = keras.Model(judge.input, judge.layers[-1].input)(pair).numpy()  # (2, 32): h
weights, bias = judge.layers[-1].get_weights()
agreement = (hidden * directions.get_weights()[0][pair_labels]).sum(axis=1, keepdims=True)  # v_y · h
by_hand = hidden @ weights + bias + agreement
np.testing.assert_allclose(told([pair, pair_labels]), by_hand, rtol=1e-4, atol=1e-5)
print(f"without a label {np.ravel(hidden @ weights + bias).round(3)}, with it {np.ravel(by_hand).round(3)}")

# %% [markdown]
# With all $v_y$ at zero the game begins as lesson 02's, and the label gains a say as the vectors grow.
#
# ### Auxiliary classifier: two tasks
#
# The third way turns the question round (Odena and others, 2017). Do not tell the discriminator the class. *Ask* for
# it, with a second output on the same features: ten **[class logits](../docs/GLOSSARY.md#class-logits)**. Both players
# are paid for right names:
#
# $$L_D = L_D^{\text{game}} + \lambda\, \mathrm{CE}\big(y,\, c(x)\big), \qquad
# L_G = L_G^{\text{game}} + \lambda\, \mathrm{CE}\big(y,\, c(G(z, y))\big)$$
#
# Here $c$ is what the second output says, CE the **[cross-entropy](../docs/GLOSSARY.md#cross-entropy)**, minus the
# logarithm of the probability of the right class, and $\lambda$ the weight of the second task. Learning two tasks with
# shared layers is called **[multi-task learning](../docs/GLOSSARY.md#multi-task-learning)**. The hope is that features
# found for one task serve the other. Mind the signs: about real and generated the players are opponents, about the name
# they are partners.

# %%
judge = gan.build_dcgan_discriminator(filters=(16, 32), units=(32,))
asked_too = gan.condition_discriminator(judge, classes=10, conditioning="auxiliary")
logits, class_logits = asked_too(pair)  # (2, 1) and (2, 10)
hidden = keras.Model(judge.input, judge.layers[-1].input)(pair).numpy()
weights, bias = asked_too.get_layer("class_logits").get_weights()
np.testing.assert_allclose(class_logits, hidden @ weights + bias, rtol=1e-4, atol=1e-5)
shares = np.exp(class_logits) / np.exp(class_logits).sum(axis=1, keepdims=True)  # softmax
class_loss = -np.log(shares[[0, 1], pair_labels]).mean()
print(f"probabilities of the right classes {shares[[0, 1], pair_labels].round(3)}, class loss {class_loss:.3f}")

# %% [markdown]
# Untrained, it gives each class about a tenth, which costs about $\log 10 \approx 2.3$ nats. The whole loss of the
# discriminator, with $\lambda = 0.5$ and two made-up logits for generated images, against the package:

# %%
game = gan.ConditionalGAN(generator, asked_too, loss="least_squares", auxiliary_weight=0.5)
made_up = np.array([[0.2], [-0.4]], "float32")
least_squares = 0.5 * (np.mean((logits - 1.0) ** 2) + np.mean(made_up**2))
by_hand = least_squares + 0.5 * class_loss
package = game.discriminator_loss((logits, class_logits), (made_up, class_logits), (pair_labels,))
np.testing.assert_allclose(package, by_hand, rtol=1e-4)
print(f"real or generated {least_squares:.3f} + 0.5 × class {class_loss:.3f} = {by_hand:.3f}")

# %% [markdown]
# The paper lets the discriminator name generated images, too. The package leaves that out, so that nobody has to learn
# names for scribbles.
#
# ## 4 · Training
#
# The lesson's own model: the networks of lesson 02, with class-wise scales and shifts in the generator, and projection
# in a discriminator of twice the filters. (How it was chosen: `docs/search-cgan.md`.)

# %%
recipe = recipes.get("cgan")
PARAMETERS = recipe.with_parameters(
    {
        "epochs": EPOCHS,
        "batch_size": BATCH_SIZE,
        "latent_dim": LATENT_DIM,
        "generator_conditioning": GENERATOR_CONDITIONING,
        "conditioning": CONDITIONING,
        "auxiliary_weight": AUXILIARY_WEIGHT,
        "generator_rate": GENERATOR_RATE,
        "discriminator_rate": DISCRIMINATOR_RATE,
    }
)
steps = data.steps_per_pass(len(digits.train_images), BATCH_SIZE)


def build():
    runtime.set_seed(SEED)
    return recipe.build(PARAMETERS, (28, 28, 1), SEED, recipes.steps_per_call(steps, steps * EPOCHS))


def batches(labels):
    pairs = (digits.train_images, labels.astype("int32"))
    return data.batches(pairs, batch_size=BATCH_SIZE, seed=SEED, value_range="signed")


model = build()
(images, labels) = next(iter(batches(digits.train_labels)))
print("a batch of pairs: images", images.shape, "and labels", labels.numpy()[:8], "…")

# %% [markdown]
# To see what a label does, everything else must stay: a table with a row for each class, and in each column *the same
# latents* for all ten. It is drawn before training and after each pass. Early on, a thousand samples are put aside for
# section 8. The next cell trains for about a minute.
#
# **Predict first.** Which comes first, digits that can be read, or rows that are what they should be?

# %%
columns = keras.random.normal((8, LATENT_DIM), seed=SEED).numpy()


def class_table(model, latents):
    tiled = np.tile(latents, (10, 1))  # the same latents for each class
    return data.to_unit(model.generate(len(tiled), latents=tiled, labels=np.repeat(np.arange(10), len(latents))))


def watch(epoch, logs):
    frames.append(class_table(model, columns))
    if epoch + 1 == BROKEN_EPOCHS:
        early["right labels"] = data.to_unit(model.generate(1000, seed=SEED))


frames, early = [class_table(model, columns)], {}
budget = callbacks.Budget(steps=steps * EPOCHS, decay=PARAMETERS["decay"])
history = model.fit(
    batches(digits.train_labels),
    epochs=EPOCHS,
    steps_per_epoch=steps,
    verbose=0,
    callbacks=[
        *recipes.recorded("06", "digits", LOAD_CHECKPOINT, budget=budget),
        budget,
        keras.callbacks.LambdaCallback(on_epoch_end=watch),
        callbacks.Progress(),
    ],
)

# %%
rows = np.repeat(np.arange(10), len(columns))
obeyed = [(evaluator.probabilities(frame).argmax(axis=1) == rows).mean() for frame in frames[1:]]
readable = [metrics.confident_share(frame, evaluator) for frame in frames[1:]]
viz.loss_curves({"readable": readable, "what was asked for": obeyed}, y_label="share of the 80 samples")

# %% [markdown]
# Neither: they come together. After one pass about four in five of the 80 can be read, and about as many are what was
# asked for. After some five passes nearly all are, and what follows is the scatter of 80 samples, of which each is
# more than a point. Lesson 02 needed longer: a label tells the discriminator at once what an image should look like, so
# it has more to object to.

# %%
picture = viz.compare_grids({"after one pass": frames[1], f"after {EPOCHS}": frames[-1]}, columns=8, scale=1.1)
picture.colours = 8
picture

# %% [markdown]
# After one pass zeros, ones and threes stand, and the harder digits are torn. At the end every row is what it should
# be, and the strokes are clean. What is still bad: here and there a loop is closed or a stroke frays, so that a four
# may pass for a nine. And the digits of a row differ less than real ones do: different slants and pens, but much the
# same way to write each. The numbers of section 6 will say that, too.
#
# All of training in a few seconds, four of the columns, laid on their side:

# %%
four = [frame.reshape(10, 8, 28, 28, 1)[:, :4].swapaxes(0, 1).reshape(40, 28, 28, 1) for frame in frames]
viz.show_gif(viz.animate_grids(viz.thin(four, limit=8), "training.gif", columns=10, colours=5))

# %% [markdown]
# ## 5 · One latent, ten classes
#
# The label says *what*, the latents say *how*. Is that so? Look down the columns of the table: do the ten digits of a
# column seem to come from one hand? Then let two numbers check your eye: the **weight** (ink) and the **slant** of each
# digit, the shift to the side from one line to the next. For 200 latents, how well does the value in one class foretell
# the value in another, from the same latents? A correlation of 0 says: not at all; 1 says: exactly.
#
# **Predict first.** No pair of digits by one writer was in the data. Will the correlation be near 0, or near 1?


# %%
def slant(images):
    y, x = np.mgrid[:28, :28]
    mass = images[..., 0] / images.sum(axis=(1, 2, 3))[:, None, None].clip(1e-6)
    middle_y, middle_x = (mass * y).sum(axis=(1, 2)), (mass * x).sum(axis=(1, 2))
    down, across = y - middle_y[:, None, None], x - middle_x[:, None, None]
    return -(mass * down * across).sum(axis=(1, 2)) / (mass * down**2).sum(axis=(1, 2))


many = class_table(model, rng.normal(size=(200, LATENT_DIM)).astype("float32"))
pairs_of_classes = np.triu_indices(10, 1)
for name, measured in {"weight": many.mean(axis=(1, 2, 3)), "slant": slant(many)}.items():
    correlations = np.corrcoef(measured.reshape(10, 200))[pairs_of_classes]
    print(f"{name:6} correlation between two classes: mean {correlations.mean():.2f}, lowest {correlations.min():.2f}")

# %% [markdown]
# It is one hand. A slanted column slants in all ten classes, and a fat one is mostly fat in all. Nobody asked for that,
# and nothing in the data shows it, so 0 is a sensible guess. But all classes share one network, so the cheapest way to
# draw ten slants is to learn slanting once. Such sharing is what speaks for one conditional model instead of ten small
# ones, each with a tenth of the data.
#
# ### Between two classes
#
# To the generator a class is a row in each table of scales and shifts, and rows can be mixed. The next cell makes a copy
# of the generator and fills the ten rows of its tables with ten even steps from one class to another. Asked for "class"
# 0 to 9, it walks. The latents stay, and nobody has ever asked for what lies between.


# %%
def walk(first, last, latents):
    trained = model.sampling_networks()["generator"]
    copy = keras.models.clone_model(trained)
    copy.set_weights(trained.get_weights())
    shares = np.linspace(0, 1, 10)[:, None]
    for layer in copy.layers:
        if isinstance(layer, (gan.ClassScale, keras.layers.Embedding)):
            layer.set_weights([(1 - shares) * w[first] + shares * w[last] for w in layer.get_weights()])
    return data.to_unit(copy([np.tile(latents, (10, 1)), np.arange(10)], training=False).numpy())


viz.image_grid(
    np.concatenate([walk(3, 8, columns[:1]), walk(4, 9, columns[1:2]), walk(1, 7, columns[2:3])]), columns=10
)

# %% [markdown]
# The three closes its left side and is an eight; the four closes at the top; the one grows a bar. Slant and weight stay
# the same throughout. The tables were only learnt at ten places, and what lies between is mostly made of whole strokes,
# too, with a step or two of grey where the classes change over.
#
# ## 6 · How good is it?
#
# ### Is it what was asked for?
#
# **[Class accuracy](../docs/GLOSSARY.md#class-accuracy)**: the share of samples that the evaluator takes for the class
# they were asked to be. Its **[floor](../docs/GLOSSARY.md#floor)** is not 100%: it is what the evaluator says about
# real held-out images. Its **[baseline](../docs/GLOSSARY.md#baseline)** is a model that cannot be asked, with labels
# dealt out at random.

# %%
asked = np.arange(1000) % 10
samples = data.to_unit(model.generate(1000, seed=SEED, labels=asked))
rows = {"this model": recipes.Images("digits").judge(samples, asked)}
rows["lesson 02, random labels"] = metrics.evaluate_images(drawn, real_images, evaluator, labels=rng.permutation(asked))
rows["held-out real"] = metrics.evaluate_images(
    real_images[:1000], real_images[1000:], evaluator, labels=real_labels[:1000].astype("int32")
)
shown = ("class_accuracy", "frechet", "precision", "recall", "coverage")
print(" " * 26 + "".join(f"{name:>16}" for name in shown))
for name, row in rows.items():
    print(f"{name:26}" + "".join(f"{row[measure]:16.2f}" for measure in shown))
print(
    f"distance of this model's samples to the nearest training image: {rows['this model']['nearest_train']:.2f}; real: 1"
)

# %% [markdown]
# Nearly every sample is what was asked for, as nearly as the evaluator can read real digits; lesson 02 with random
# labels hits a tenth, as it must. The distance is no larger than lesson 02's. What has changed is *how* the model errs.
# Its precision is that of real images: told the class, it draws it plainly. Two numbers then say how much of the real
# cloud it reaches, and they disagree: recall is lower than lesson 02's and coverage higher. Recall lays its balls around
# the *samples*, and scattered, half-readable samples have wide ones; coverage lays them around real images. Both are
# below the floor: the odd hands are missing. And it copies nothing: samples are about as far from the training images
# as fresh real digits are.
#
# Is your run a usual one?

# %%
for measure in ("class_accuracy", "frechet", "precision", "recall"):
    value = rows["this model"][measure]
    print(results.compare("06", f"digits_{measure}", value, parameters=PARAMETERS, device=runtime.device_kind()))
lesson_02 = results.load_record("02").claim("digits_frechet").median
print(
    f"distance here {rows['this model']['frechet']:.2f}, lesson 02's record {lesson_02:.2f}: "
    f"{rows['this model']['frechet'] / lesson_02:.2f} times"
)

# %% [markdown]
# ### Who is taken for whom
#
# A **[confusion matrix](../docs/GLOSSARY.md#confusion-matrix)** says more than a share: a row for each class asked for,
# a column for each class read.


# %%
def confusion(panels):
    figure = viz.Picture(figsize=(0.6 + 3.1 * len(panels), 3.5), dpi=80, layout="constrained")
    for axes, (name, (asked, read)) in zip(np.ravel(figure.subplots(1, len(panels), squeeze=False)), panels.items()):
        counts = np.zeros((10, 10), int)
        np.add.at(counts, (asked, read), 1)
        axes.imshow(counts, cmap="Blues", vmax=130)
        for row, column in np.argwhere(counts):
            colour = "white" if counts[row, column] > 60 else "black"
            axes.text(column, row, counts[row, column], ha="center", va="center", fontsize=7, color=colour)
        axes.set(title=name, xlabel="read", ylabel="asked for", xticks=range(10), yticks=range(10))
    figure.colours = 24
    return figure


read = evaluator.probabilities(samples).argmax(axis=1)
confusion({"this model": (asked, read)})

# %%
wrong = np.flatnonzero(read != asked)[:12]
viz.image_grid(samples[wrong], columns=12, labels=[f"{asked[i]} → {read[i]}" for i in wrong])

# %% [markdown]
# The diagonal is nearly full. The few that are off it stand here as *asked → read*: strokes that break, loops that closed
# or stayed open. With some, one would side with the evaluator; with others, with the model. A judge
# that is right in 99 of 100 real cases cannot tell 99 from 100.
#
# ### Class by class
#
# A distance over all classes can hide one bad class among nine good ones. `metrics.class_distances` measures each class
# on its own. With so few images a distance comes out too high, so the comparison must be fair: half of the held-out
# images is the reference, the other half gives the floor, and the model is asked for just the classes of that other
# half, as many images of each. Beside it stands the way without a conditional model: lesson 02's samples, sorted by the
# evaluator.

# %%
half, wanted = real_images[:2500], real_labels[2500:].astype("int32")
reference = (half, real_labels[:2500].astype("int32"), evaluator)
made = data.to_unit(model.generate(2500, seed=SEED + 1, labels=wanted))
unsorted = data.to_unit(unconditional.generate(2500, seed=SEED))
per_class = {
    "this model": metrics.class_distances(made, wanted, *reference),
    "02, sorted": metrics.class_distances(unsorted, evaluator.probabilities(unsorted).argmax(axis=1), *reference),
    "real": metrics.class_distances(real_images[2500:], wanted, *reference),
}
print("digit     " + "".join(f"{digit:6}" for digit in range(10)) + "    mean")
for name, distances in per_class.items():
    values = list(distances.values())
    print(f"{name:10}" + "".join(f"{value:6.1f}" for value in values) + f"{np.mean(values):8.1f}")

# %% [markdown]
# No class is lost: the worst is hardly twice as far away as the best. But each is several times as far as fresh real
# images of it are. Ten numbers from a few hundred images each scatter, and another seed orders the middle ones anew. On
# average the conditional model is nearer than lesson 02's samples after sorting, though these were sorted by the judge
# itself. And it throws nothing away.
#
# ## 7 · Does the added task help? (recorded)
#
# The rows were trained like the lesson's own with one thing changed. They are records: medians over several seeds, on
# 5,000 samples, so compare them with each other.
#
# **Predict first.** The auxiliary classifier pays both players for right names. Against the same network with weight 0,
# what will that do to class accuracy, to precision (do samples look real?) and to recall (how much variety is there?)


# %%
def show(rows):
    names = ("class accuracy", "frechet", "range", "precision", "recall", "coverage")
    print(" " * 34 + "".join(f"{name:>16}" for name in names))
    for row in rows:
        spread = "{:.1f} to {:.1f}".format(*row["ranges"]["frechet"])
        print(
            f"{row['variant']:34}{row['class_accuracy']:16.3f}{row['frechet']:16.1f}{spread:>16}"
            f"{row['precision']:16.2f}{row['recall']:16.2f}{row['coverage']:16.2f}"
        )


record = results.load_record("06")
show(record.table("digits"))

# %% [markdown]
# Begin at the bottom. With **weight 0** the second output is there and nobody is paid for it, so the discriminator never
# hears of a class. Accuracy is chance, and the rest is a GAN without labels. One row up the same network is paid a
# little for names, and practically every sample is what was asked for. So the added task does what it is paid for. Is
# the model better at the *first* task, too? In part. Far more samples look real (precision), and more of the real cloud
# is hit (coverage). The distance is a little lower, but the two ranges overlap, so that proves nothing. And recall falls
# by a good third: easy to name is what is typical, and who is paid for names draws the typical. More weight makes it
# worse. With weight 1 and the class beside the latents, a trial run drew nearly one picture for each class: class
# accuracy 100%, recall 0, distance 23 (`docs/search-cgan.md`).
#
# Now the top. **Projection** knows the class without having to name it: as obedient, about as precise, and it keeps more
# variety. **[Label planes](../docs/GLOSSARY.md#label-planes)** tell the first convolution everything and leave all the
# rest to be found out: they are obeyed least, if still in 96 or 97 of 100 cases, and their samples look real least
# often. **The class beside the latents**, with the same discriminator as the first row, obeys as well, and has the
# lowest recall of all. With lesson 02's smaller discriminator it was nearly gone. Our reading, which was not tested by
# itself: the vector of a class can grow until the batch normalisation leaves little of the latents beside it, and then
# each class has few faces; a scale and a shift that come *after* the normalisation cannot drown anything.
#
# Class accuracy alone would have chosen the auxiliary classifier.
#
# ## 8 · Broken on purpose: swapped labels
#
# Labels are typed by people, files get sorted, columns slip. Two accidents, a short training each:
#
# - **Shifted**: every label is one too high, and 9 became 0. Wrong throughout, but always in the same way.
# - **Shuffled**: the labels were put in another order than the images. Each class keeps its share, and no label says
#   anything about its image.
#
# **Predict first.** Which of the two models will draw worse digits? And what will each of them draw in the row for "1"?

# %%
spoiled = {"shifted": (digits.train_labels + 1) % 10, "shuffled": rng.permutation(digits.train_labels)}
tables = {}
for name, labels in spoiled.items():
    broken = build()
    broken.fit(batches(labels), epochs=BROKEN_EPOCHS, steps_per_epoch=steps, verbose=0)
    early[name] = data.to_unit(broken.generate(1000, seed=SEED))
    tables[name] = class_table(broken, columns)

# %%
picture = viz.compare_grids(tables, columns=8, scale=1.1)
picture.colours = 6
picture

# %% [markdown]
# On the left all ten rows are there, each under the wrong name: the row asked for as "1" shows zeros. The digits
# themselves are as good as in the first table after as many passes. A network does not know what a 1 is; it learns
# whatever name is used consistently. On the right the rows are the same: each column shows one sign ten times. A label
# that says nothing about the image is best ignored, and that is what the generator has learnt. Its signs are the worse
# ones, too.
#
# **Predict first.** Which of these will notice that labels were *shifted*: the class accuracy, the distance over all
# digits, the recall, the distance class by class? And will the accuracy be a tenth, as by chance?

# %%
reads = {name: evaluator.probabilities(images).argmax(axis=1) for name, images in early.items()}
confusion({name: (asked, read) for name, read in reads.items()})

# %%
print(f"{'':14}{'class accuracy':>16}{'frechet':>12}{'recall':>10}{'distance class by class':>26}")
for name, images in early.items():
    row = metrics.evaluate_images(images, real_images, evaluator, labels=asked)
    by_class = metrics.class_distances(images, asked, real_images, real_labels.astype("int32"), evaluator)
    mean = np.mean(list(by_class.values()))
    print(f"{name:14}{row['class_accuracy']:16.2f}{row['frechet']:12.1f}{row['recall']:10.2f}{mean:26.1f}")

# %% [markdown]
# The matrices show it at a glance: a diagonal, the same diagonal one step aside, and none at all. Shuffled, the rows are
# alike: whatever is asked for, the same mix of digits comes.
#
# In the table, compare the first two rows. Distance and recall are the same but for scatter: the *set* of images is as
# good as before, and they look at nothing else. Class accuracy falls to nearly nothing, and the distance class by class
# rises many times over. And an accuracy of 0 is not chance: it takes knowledge to be wrong every time. Rename the rows,
# and the model is as good as the first.
#
# The shuffled model is at chance, a tenth. Its distance is worse, too, but not because labels are wrong: it is simply a
# GAN without labels, and that learns more slowly. After four passes such a run and the same networks that never heard of
# a label stood at the same distance (both 3.6, `docs/search-cgan.md`).
#
# So: look at a table by class before any number, and never report a conditional model by the distance alone.
#
# ## 9 · Clothes
#
# The same recipe on 10,000 pictures of clothes, from recorded weights: a row for each class, the same latents in each
# column.

# %%
wardrobe = recipes.load_checkpoint("06", "fashion")
picture = viz.image_grid(
    class_table(wardrobe, rng.normal(size=(8, LATENT_DIM)).astype("float32")), columns=8, scale=1.1
)
picture.colours = 16
picture

# %%
(row,) = record.table("fashion")
for name in ("class_accuracy", "frechet", "precision", "recall"):
    low, high = row["ranges"][name]
    print(f"{name:16} {row[name]:.2f}   ({row['seeds']} seeds: {low:.2f} to {high:.2f})")
clothes = data.load_images("fashion")
tailor = metrics.load_evaluator("fashion")
right = tailor.probabilities(data.to_unit(clothes.test_images)).argmax(axis=1) == clothes.test_labels
print(f"the evaluator reads {right.mean():.2f} of held-out real clothes right")

(before,) = results.load_record("02").table("fashion")
print(f"lesson 02 without labels, the record: frechet {before['frechet']:.2f}, recall {before['recall']:.2f}")

# %% [markdown]
# Trousers, pullovers, coats, trainers and boots can be told at once. Sandals and bags fray, and a print is a scribble.
# Look down a column: it is one cloth, dark, striped or plain white, whatever is made of it.
# The distance is far below lesson 02's, which drew all clothes unasked; part of that may be the wider discriminator.
# Class accuracy is lower than with digits, but read it beside its floor: the evaluator is not sure of real clothes
# either. A shirt is a T-shirt, a pullover or a coat with another name, and there the labels themselves are at odds.
#
# ## 10 · What this cannot do
#
# - **Ask for what has no label.** "A slanted seven" cannot be asked for; slant is in the latents, unnamed. Lesson
#   11 asks for classes in another way.
# - **Ask for what was never together.** One class at a time, out of ten. Sentences need an encoder of text.
# - **Be better than its labels.** Section 8: a label that says nothing teaches nothing, and one that is wrong teaches
#   what is wrong, without any number over all classes turning red.
# - **Promise variety.** Class accuracy is highest for a model that draws one plain digit for each class. Never quote it
#   alone.
#
# ## 11 · Exercises
#
# Each check tells you in a sentence why an answer is right or not yet. `hint("06.2")` helps in stages. Worked
# solutions: [solutions/06_cgan.ipynb](solutions/06_cgan.ipynb).
#
# First a few short questions. Choose an answer, and read why it is right or not.

# %%
import tensorflow as tf

from gencourse.exercises import check, hint, progress, quiz

quiz("06")

# %% [markdown]
# **06.1 One image, two labels.** A projection discriminator has $w = (0.5, 1, 0.5)$ and $b = -1$, and the vectors
# $v_3 = (1, 0, -1)$ and $v_8 = (0, 2, 1)$ for threes and eights. An image has the features $h = (2, -1, 3)$. What is its
# logit when it is told to be a three, and when it is told to be an eight? And if an auxiliary classifier took $v_3 \cdot
# h$ and $v_8 \cdot h$ for the class logits of its only two classes, what would the class loss be, in nats, for an eight?

# %%
logit_three = ...
logit_eight = ...
class_loss = ...
check("06.1", (logit_three, logit_eight, class_loss))

# %% [markdown]
# **06.2 Bands instead of planes.** Mend the function. It should work for any height, width and number of classes.


# %%
def label_planes(labels, height, width, classes):
    # labels: whole numbers (B,) -> float32 (B, height, width, classes)
    one_hot = np.eye(classes, dtype="float32")[labels]  # (B, K)
    copies = np.repeat(one_hot, height * width, axis=1)  # (B, K * H * W)
    return copies.reshape(len(labels), height, width, classes)


check("06.2", label_planes)

# %% [markdown]
# **06.3 Two losses, three bugs.** The losses of a GAN with an auxiliary classifier. Generated images were asked to be of
# the classes `asked_labels`, which are not those of the real images in the batch. The game is right; the second task is
# wrong in three places.

# %%
cross_entropy = keras.losses.BinaryCrossentropy(from_logits=True)
class_loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)


def auxiliary_losses(real_logits, real_classes, generated_logits, generated_classes, real_labels, asked_labels, weight):
    # logits (B, 1), class logits (B, K), labels (B,) -> (discriminator's loss, generator's loss)
    told_apart = cross_entropy(tf.ones_like(real_logits), real_logits)
    told_apart += cross_entropy(tf.zeros_like(generated_logits), generated_logits)
    fooled = cross_entropy(tf.ones_like(generated_logits), generated_logits)
    named = class_loss(real_labels, tf.nn.softmax(real_classes))
    asked = class_loss(real_labels, generated_classes)
    return told_apart + weight * named, fooled - weight * asked


check("06.3", auxiliary_losses)

# %% [markdown]
# **06.4 An honest class accuracy.** The author of this function reports 100%, for a model that draws fours when it is
# asked for fives. Two things are wrong with it.


# %%
def class_accuracy(model, evaluator, n):
    # model: a conditional GAN with an auxiliary classifier, whose images lie in [-1, 1]
    labels = np.random.default_rng(0).integers(0, model.classes, n)
    images = model.generate(n, labels=labels, seed=0)
    _, class_logits = model.discriminator(images, training=False)
    read = np.argmax(class_logits, axis=1)
    return np.mean(np.sort(read) == np.sort(labels))


check("06.4", class_accuracy)

# %% [markdown]
# **06.5 Four rows.** Four models of this lesson's kind, four passes each, measured on 5,000 samples. One had the right
# labels, one had shifted ones, one had shuffled ones, and one is the first again, but it draws all its samples from
# *one* latent vector. Which is which?
#
# | row | class accuracy | Fréchet | recall | Fréchet class by class |
# |---|---|---|---|---|
# | A | 0.10 | 3.6 | 0.55 | 60 |
# | B | 0.99 | 2.0 | 0.43 | 5 |
# | C | 1.00 | 38 | 0.00 | 48 |
# | D | 0.00 | 2.1 | 0.42 | 111 |

# %%
right = ...  # one of the letters "A", "B", "C" and "D"
shifted = ...
shuffled = ...
same_latents = ...
check("06.5", (right, shifted, shuffled, same_latents))

# %%
print(hint("06.1"))
progress()

# %% [markdown]
# ## What to read next
#
# - Mirza and Osindero, *Conditional Generative Adversarial Nets*, 2014: the label beside the latents and beside the
#   pixels, on six pages.
# - Odena, Olah and Shlens, *Conditional Image Synthesis with Auxiliary Classifier GANs*, 2017: asking instead of telling.
# - Miyato and Koyama, *cGANs with Projection Discriminator*, 2018: where the inner product comes from.
# - de Vries et al., *Modulating Early Visual Processing by Language*, 2017: a condition that scales and shifts each
#   channel.
# - Caruana, *Multitask Learning*, 1997: when a second task helps the first, and when it does not.
# - **Lesson 11** asks a diffusion model for a class and lets you choose how strongly it obeys. **Lesson 15** puts all
#   models of the course in one table.
