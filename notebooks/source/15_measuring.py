# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
#   gencourse:
#     recipes: []
# ---

# %% [markdown]
# # 15 · Measuring generators: three questions and no single number
#
# [![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)](https://colab.research.google.com/github/gencourse/gencourse/blob/main/notebooks/15_measuring.ipynb)
#
# **One idea.** A classifier is right or wrong. A generator has no right answer, so we ask three questions instead: do
# its pictures *look real*, is *everything there*, and is anything *new*? Each question has its numbers, and for each of
# these numbers there is a worthless model that wins it.
#
# After this lesson you can
#
# - work out the Fréchet distance between two Gaussians by hand, and say what it cannot see;
# - say how the number of samples changes a result, and in which direction;
# - draw the balls behind precision, recall and coverage;
# - catch a model that only hands out its training images, and one that does so in disguise;
# - read a table of models, with its seeds and its costs, without being fooled by one column;
# - measure texts as well, and say what BLEU cannot see;
# - compare your own eye with a machine's.
#
# It runs in about a minute and a half on two CPU cores. No model is trained here: the weights are those that the other
# lessons recorded. Reading takes about 55 minutes. Lessons 01 to 03 come before; the tables also hold models of lessons
# 04 to 13, and you can read them without those.

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
# With these values the result is compared with a record; with others it is yours to explore.

# %% tags=["parameters"]
SEED = 1  # of all samples drawn here; the networks stay the same
SAMPLES = 5000  # images drawn from each model: section 3 shows what fewer would do
NEIGHBOUR = 3  # balls reach to this neighbour, in precision and recall
QUESTIONS = 24  # of the quiz in section 8; half of the pictures are real

# %%
import keras
import numpy as np

from gencourse import data, metrics, recipes, results, viz
from gencourse.recipes import comparison, contests

runtime.set_seed(SEED)
rng = np.random.default_rng(SEED)
digits = data.load_images("digits")
train_images = data.to_unit(digits.train_images)  # (20000, 28, 28, 1): what all models learned from
real_images = data.to_unit(digits.test_images)  # (5000, 28, 28, 1): held out, seen by none of them

# %% [markdown]
# ## 1 · Three questions
#
# The record of this lesson names the models; their weights come from the other lessons. Each draws its samples once,
# and all sections use these.

# %%
record = results.load_record("15")
models = [row for row in record.table("digits") if row["kind"] == "model"]
runs = {row["label"]: comparison.load_row(row["lesson"], row["checkpoint"]) for row in models}
samples = {name: recipes.sample(run, SAMPLES, seed=SEED) for name, run in runs.items()}
print(f"{len(samples)} models, {SAMPLES:,} samples each")

# %% [markdown]
# Here are twelve samples of every model, a row each, and one row of held-out real digits among them. The names come
# after the picture.

# %%
shown = {**samples, "real, held out": real_images}
blind = [str(name) for name in rng.permutation(list(shown))]
picture = viz.image_grid(np.concatenate([rng.choice(shown[name], 12, replace=False) for name in blind]), columns=12)
picture.colours = 16
picture

# %% [markdown]
# **Predict first.** Nine rows, and you have seen no name yet. Which row is the real one, which is the best of the
# others, and which is the worst? Write it down, with a number for each row from above.

# %%
print("from above: " + "; ".join(blind))

# %% [markdown]
# That was a measurement, too: of twelve samples, by one judge, with an opinion. It probably found the worst row and
# the real one, and was less sure in between. To compare models that are close, or to compare them again next year, we
# need numbers. Each of them answers one of three questions:
#
# | question | what goes wrong | worthless model that answers it perfectly |
# |---|---|---|
# | Does it look real? | blur, dots, things that are no digit | one good picture, again and again |
# | Is everything there? | kinds of digits that never come | all training images |
# | Is anything new? | copies | noise |
#
# No model of the right column is any good, and each is perfect in one line. So one number cannot do.
#
# ## 2 · Two clouds, one distance
#
# The **[evaluator](../docs/GLOSSARY.md#evaluator)** that you met in lesson 01 turns an image into 64 numbers, its
# **[features](../docs/GLOSSARY.md#feature)**. Five thousand images make a cloud in 64 dimensions. How far is the cloud
# of the samples from the cloud of real images?
#
# ### In one dimension
#
# Think of the clouds as heaps of sand on a line, and of a distance as the work of moving one heap onto the other. Each
# grain has some way to go; the cost is the mean of the *squared* ways. The cheapest plan keeps the grains in order: the
# leftmost goes to the leftmost. With samples that is one line of code: sort both, and subtract.
#
# For two normal distributions, the cheapest way moves and stretches: $x \mapsto \mu_b + \frac{\sigma_b}{\sigma_a}
# (x-\mu_a)$. The mean of the squared ways is then
#
# $$d^2 = (\mu_a - \mu_b)^2 + (\sigma_a - \sigma_b)^2,$$
#
# with means $\mu$ and standard deviations $\sigma$. This is the
# **[Fréchet distance](../docs/GLOSSARY.md#fréchet-distance)**, squared; by habit it is reported without taking the
# root, and so do we.

# %%
heap_a, heap_b = rng.normal(0, 1, size=200_000), rng.normal(3, 2, size=200_000)
by_moving = ((np.sort(heap_a) - np.sort(heap_b)) ** 2).mean()
closed_form = (0 - 3) ** 2 + (1 - 2) ** 2
print(f"moving the grains: {by_moving:.2f}; the formula: {closed_form}")
package = metrics.frechet_between_gaussians([0], [[1]], [3], [[4]])  # it asks for variances
np.testing.assert_allclose(package, closed_form)
np.testing.assert_allclose(by_moving, closed_form, rtol=0.02)

# %%
viz.histogram({"first heap": heap_a, "second heap": heap_b}, bins=60)

# %% [markdown]
# Nine for the way of the means, and one more because the second heap is wider. That is the whole idea; the rest is the
# same in more dimensions.
#
# ### In two dimensions, and in 64
#
# Now a cloud has a mean vector $\mu$ and a **[covariance](../docs/GLOSSARY.md#covariance)** matrix $\Sigma$, which
# holds the variance along each axis and how the axes go together. The formula keeps its shape:
#
# $$d^2 = |\mu_a - \mu_b|^2 + \mathrm{tr}\big(\Sigma_a + \Sigma_b - 2\,(\Sigma_a^{1/2}\,\Sigma_b\,\Sigma_a^{1/2})^{1/2}\big)$$
#
# The **[trace](../docs/GLOSSARY.md#trace)** $\mathrm{tr}$ adds up the diagonal. And the
# **[root](../docs/GLOSSARY.md#root-of-a-matrix)** of a matrix is another matrix that gives it when multiplied with
# itself. For covariances we find it in three steps: turn to the axes of the cloud (the eigenvectors), take the roots of
# the variances there, turn back.


# %%
def root(covariance):
    variances, axes = np.linalg.eigh(covariance)
    return (axes * np.sqrt(variances.clip(0))) @ axes.T


def frechet_by_hand(a, b):
    mean_a, mean_b = a.mean(axis=0), b.mean(axis=0)
    cov_a, cov_b = np.cov(a, rowvar=False), np.cov(b, rowvar=False)
    inner = root(root(cov_a) @ cov_b @ root(cov_a))
    return np.sum((mean_a - mean_b) ** 2) + np.trace(cov_a + cov_b - 2 * inner)


lean_right = rng.normal(size=(4000, 2)) @ np.array([[1.5, 1.0], [0.0, 0.5]])
lean_left = rng.normal(size=(4000, 2)) @ np.array([[1.5, -1.0], [0.0, 0.5]]) + [0, 1]
covariance = np.cov(lean_right, rowvar=False)
np.testing.assert_allclose(root(covariance) @ root(covariance), covariance)
by_hand = frechet_by_hand(lean_right, lean_left)
np.testing.assert_allclose(by_hand, metrics.frechet_distance(lean_right, lean_left))
print(f"distance {by_hand:.2f}, of which the means {((lean_right.mean(0) - lean_left.mean(0)) ** 2).sum():.2f}")

# %%
viz.scatter({"leans right": lean_right, "leans left": lean_left}, limits=5)

# %% [markdown]
# Along each axis both clouds are equally wide, and their means are 1 apart. The rest of the distance, most of it, comes
# from the lean alone. Whoever looks at one feature after another misses that.
#
# The same function works on features of images:

# %%
evaluator = metrics.load_evaluator("digits")
real_features = evaluator.features(real_images)  # (5000, 64)
train_features = evaluator.features(train_images)  # (20000, 64)
features = {name: evaluator.features(images) for name, images in samples.items()}
for name in features:
    by_hand = frechet_by_hand(features[name], real_features)
    np.testing.assert_allclose(by_hand, metrics.frechet_distance(features[name], real_features), rtol=1e-6)
    print(f"{name:22} {by_hand:6.2f}")

# %% [markdown]
# On the features of a large network trained on photographs (Inception), the same formula is called *FID*, and a number
# from there cannot be compared with ours. A distance is always one between features, so the features belong to its
# name.
#
# ### What it cannot see
#
# The formula asks for means and covariances and for nothing else. Here are three clouds, all with mean 0 and the same
# covariance:


# %%
def heaps(corners, n=2000, width=0.15):
    radius = np.sqrt(2 * (1 - width**2))  # makes every variance 1
    angles = 2 * np.pi * rng.integers(corners, size=n) / corners
    return radius * np.stack([np.cos(angles), np.sin(angles)], axis=1) + width * rng.normal(size=(n, 2))


clouds = {"one Gaussian": rng.normal(size=(2000, 2)), "three heaps": heaps(3), "eight heaps": heaps(8)}
viz.scatter(clouds, limits=3)

# %% [markdown]
# We measure each of them against fresh points of the Gaussian.
#
# **Predict first.** Which of the two clouds of heaps will the Fréchet distance find to be wrong: the three, the eight,
# both, or neither? And the kernel distance, which compares a little more than means and covariances?

# %%
other = rng.normal(size=(2000, 2))
for name, cloud in clouds.items():
    distances = metrics.frechet_distance(cloud, other), metrics.kernel_distance(cloud, other)
    precision, recall = metrics.precision_recall(other, cloud)
    print(
        f"{name:13} Fréchet {distances[0]:.3f}  kernel {distances[1]:6.3f}  precision {precision:.2f}  recall {recall:.2f}"
    )

# %% [markdown]
# Neither. To the Fréchet distance all three are the same. The **[kernel distance](../docs/GLOSSARY.md#kernel-distance)**
# compares more: with the cubic kernel of Bińkowski and others (2018) it also sees *third* moments, that is, whether a
# cloud is lopsided. Three heaps are, so it finds them at once. Eight heaps are too symmetric, and it is blind to them
# as well. Recall, in the last column, which section 4 explains, notices both times: much of the Gaussian lies where no
# heap is.
#
# Every number reduces a cloud to something. It is blind to what it leaves out.
#
# ## 3 · How many samples?
#
# Take *real* images, cut them into two halves at random, and measure one against the other. Both halves come from the
# same pile, so an honest distance should be 0. We do that with 100 images on each side, with 200, and so on:

# %%
sizes = [n for n in (100, 200, 500, 1000, 2000, 5000) if n <= SAMPLES]


def at_sizes(distance, a, b=None, times=3):
    means = []
    for n in sizes:
        found = []
        for _ in range(times):
            if b is None:  # two parts of one pile
                rows = rng.permutation(len(a))[: 2 * n]
                found.append(distance(a[rows[:n]], a[rows[n:]]))
            else:
                found.append(distance(rng.choice(a, n, replace=False), rng.choice(b, n, replace=False)))
        means.append(np.mean(found))
    return means


# %% [markdown]
# **Predict first.** With 5,000 images on each side, the DCGAN's distance is about 2. What will come out for two halves
# of one pile of *real* images, with 100 on each side: hardly more than 0, about 2, or much more than 2?

# %%
frechet = metrics.frechet_distance
dcgan = comparison.DCGAN.label  # any good model would do
curves = {
    f"{dcgan} and held-out": at_sizes(frechet, features[dcgan], real_features),
    "training and held-out images": at_sizes(frechet, train_features, real_features),
    "training images, two halves": at_sizes(frechet, train_features),
}
for n, of_model, of_real in zip(sizes, *[curves[name] for name in list(curves)[::2]]):
    print(f"n = {n:4}: {dcgan} {of_model:5.2f}; two halves of one pile {of_real:5.2f}, times n {n * of_real:5.0f}")

# %%
picture = viz.loss_curves(curves, x=sizes, x_label="images on each side", y_label="Fréchet distance")
picture.axes[0].set(xscale="log", yscale="log")
picture

# %% [markdown]
# Much more than 2. Read the lowest line first. It should be 0 and is not: with few images both clouds have, by chance, a wrong mean and a
# wrong covariance, and every such error adds to the distance and never takes away. This is
# **[bias](../docs/GLOSSARY.md#bias)**. It falls like $1/n$, nearly a straight line in this picture with logarithms on
# both axes: $n$ times the distance stays about the same.
#
# The three lines meet at the left. With 100 images on each side a good model cannot be told from real images, and even
# these look several times worse than the same model does with 5,000. So:
#
# - **Compare only equal $n$.** All rows of one table have the same number of samples and the same reference.
# - The middle line does *not* go to zero. Training and held-out digits are not quite the same pile: they were written
#   by different people, and the first 5,000 test images of MNIST are known for their neat hands. A perfect student of
#   the training images would end at this line, not at 0. It is our **[floor](../docs/GLOSSARY.md#floor)**.
#
# The kernel distance has no such bias: it can fall below zero, and scatters around it.

# %%
for n in (100, 1000):
    found = []
    for _ in range(5):
        rows = rng.permutation(len(train_features))[: 2 * n]
        found.append(metrics.kernel_distance(train_features[rows[:n]], train_features[rows[n:]]))
    print(f"n = {n:4}: kernel distances of two halves " + ", ".join(f"{value:6.3f}" for value in found))

# %% [markdown]
# Fewer samples make it less certain, but not too high. (It still matters that $n$ is equal when you look at precision
# and recall; exercise 15.4 shows what happens to them.)
#
# ## 4 · Balls: real, covered, crowded
#
# A distance mixes two questions, how real and how complete.
# **[Precision and recall](../docs/GLOSSARY.md#precision-and-recall)** keep them apart (Kynkäänniemi and others, 2019).
# Around every real point put a ball that reaches to its third nearest neighbour: where points are dense, balls are
# small. All balls together are "where the real images are".
#
# - **[Precision](../docs/GLOSSARY.md#precision)**: the share of *generated* points that lie in the ball of any real
#   one.
# - **[Recall](../docs/GLOSSARY.md#recall)**: the share of *real* points that lie in the ball of any generated one.
#
# In the plane we can draw it. The real points form two heaps; the generator knows the right one only, and makes
# something else besides.

# %%
draw = np.random.default_rng(2).normal
real_points = np.concatenate([draw([x, 0], 0.5, size=(30, 2)) for x in (-1.5, 1.5)])
generated_points = np.concatenate([draw([1.5, 0], 0.4, size=(30, 2)), draw([0.2, 2.2], 0.3, size=(10, 2))])


def radii(centres, k=NEIGHBOUR):
    between = np.linalg.norm(centres[:, None] - centres, axis=-1)  # (N, N)
    return np.sort(between, axis=1)[:, k]  # [:, 0] is the way to itself


def inside(points, centres, k=NEIGHBOUR):
    return np.linalg.norm(points[:, None] - centres, axis=-1) <= radii(centres, k)  # (points, balls)


precision = inside(generated_points, real_points).any(axis=1).mean()
recall = inside(real_points, generated_points).any(axis=1).mean()
print(f"precision {precision:.2f}, recall {recall:.2f}")
np.testing.assert_allclose(metrics.precision_recall(real_points, generated_points, k=NEIGHBOUR), (precision, recall))

# %%
from matplotlib.patches import Circle

panels = {f"precision {precision:.2f}": real_points, f"recall {recall:.2f}": generated_points}
picture = viz.scatter(panels, limits=3.5, size=3.2)
for axes, centres, others in zip(picture.axes, panels.values(), (generated_points, real_points)):
    for centre, radius in zip(centres, radii(centres)):
        axes.add_patch(Circle(centre, radius, facecolor="grey", alpha=0.12))
    axes.plot(*others.T, "kx", markersize=4)
picture

# %% [markdown]
# On the left the balls belong to the real points and the crosses are generated: those above lie in no ball and count
# against precision. On the right it is the other way round: the crosses are real, and none of the left heap is in a
# ball, nor are a few at the rim of the right one. More than half of what is real is not covered.
#
# Balls have a weakness. One real point far out has a wide ball, and whoever falls into it counts as real.
# **[Coverage](../docs/GLOSSARY.md#coverage)** (Naeem and others, 2020) turns the second question round: the share of
# *real* balls that hold a generated point. Only real points have balls, and a wide one counts no more than a small one.
# Put a single real point between the strays:

# %%
outlier = np.concatenate([real_points, [[0.2, 2.5]]])
for name, points in {"as above": real_points, "one more real point": outlier}.items():
    precision, recall = metrics.precision_recall(points, generated_points, k=NEIGHBOUR)
    coverage = inside(generated_points, points).any(axis=0).mean()
    np.testing.assert_allclose(metrics.density_coverage(points, generated_points, k=NEIGHBOUR)[1], coverage)
    print(f"{name:20} precision {precision:.2f}  recall {recall:.2f}  coverage {coverage:.2f}")

# %% [markdown]
# One point among 61, and precision is perfect. Coverage hardly moves. No number here is wrong; they were asked
# different things.
#
# ## 5 · Broken on purpose: a copier wins
#
# Now a model that cannot fail. It is "trained" in no time: it keeps the training images, and to draw a sample it hands
# one out. Because that would be found out at once, there are two in disguise: one dims every image by seven percent,
# which is hard to see without the original beside it, and one shifts it by a pixel.

# %%
kept = train_images[rng.permutation(len(train_images))[:SAMPLES]]
copiers = {"copier": kept, "copier, dimmed": 0.93 * kept, "copier, shifted": np.roll(kept, 1, axis=2)}
viz.image_grid(np.concatenate([images[:12] for images in copiers.values()]), columns=12)

# %% [markdown]
# Which numbers will fall for it? First a number that people report, too: the distance to the *training* images. Then
# those of the course, against held-out images.
#
# **Predict first.** An honest model stands beside the three copiers, the DCGAN. In which of the five columns will it
# beat the plain copier?

# %%
some_train = rng.choice(train_features, SAMPLES, replace=False)
copied = {name: evaluator.features(images) for name, images in copiers.items()}
rows = {}
for name, found in {dcgan: features[dcgan], **copied}.items():
    precision, recall = metrics.precision_recall(real_features, found, k=NEIGHBOUR)
    coverage = metrics.density_coverage(real_features, found)[1]
    rows[name] = (frechet(found, some_train), frechet(found, real_features), precision, recall, coverage)
print(" " * 18 + "".join(f"{name:>13}" for name in ("to training", "to held-out", "precision", "recall", "coverage")))
for name, row in rows.items():
    print(f"{name:18}" + "".join(f"{value:13.2f}" for value in row))

# %% [markdown]
# In none. The copier and the dimmed one beat the honest model in every column. It is tempting to trust held-out images
# here: the copier has never seen them. Against the training images the copier is as
# close as chance allows; that is why nobody should compare with those. But held-out images do not help either: training
# images *are* real images, so of course they look like held-out ones. Distance, precision, recall and coverage ask
# whether samples are like real images. They never ask whose they are.
#
# Two more questions, then. Is a sample, byte for byte, a training image? And how far is it from its *nearest* training
# image, in the evaluator's features? As everywhere in this course, fresh real images are the unit: their median
# distance to the training set is 1.

# %%
known = {image.tobytes() for image in digits.train_images}
fresh = metrics.nearest_neighbour_distances(real_features, train_features)
nearest = {name: metrics.nearest_neighbour_distances(found, train_features) for name, found in copied.items()}
nearest[dcgan] = metrics.nearest_neighbour_distances(features[dcgan], train_features)
noise = rng.random((1000, 28, 28, 1)).astype("float32")
nearest["noise"] = metrics.nearest_neighbour_distances(evaluator.features(noise), train_features)
for name, ways in nearest.items():
    images = {**copiers, **samples, "noise": noise}[name]
    exact = np.mean([image.tobytes() in known for image in np.rint(255 * images).astype("uint8")])
    print(f"{name:18} exact copies {exact:4.0%}   nearest training image {np.median(ways) / np.median(fresh):5.2f}")

# %% [markdown]
# - The exact test finds the plain copier and neither disguise. A single bit of change is enough to fool it.
# - The nearest neighbour finds the plain copier, at 0, and the dimmed one, far below 1.
# - The shifted copier slips through: by its features a shifted digit is nearly as far from the original as a stranger's
#   hand. (It paid for that in the table above, where it fell behind.) So keep a last test, your eyes: for some samples,
#   look at the nearest training images, as lessons 01 and 02 did.
# - And **noise wins this column**, if you read it as "the larger, the newer". It is far from everything. Around 1 is
#   good; far above means that something is wrong.

# %%
viz.histogram(
    {"fresh real": fresh, dcgan: nearest[dcgan], "copier, dimmed": nearest["copier, dimmed"]},
    limits=(0, 8),
    x_label="distance to the nearest training image (features)",
)

# %% [markdown]
# The hill of the dimmed copier stands at the left, apart from the others. The model's hill nearly covers that of fresh
# real images, with a longer tail on the right: no sign of copying, and some samples that are like nothing real.
#
# ## 6 · One table
#
# All image models of the course, the same evaluator, 5,000 samples each against 5,000 held-out images: a
# **[record](../docs/GLOSSARY.md#record)**, with medians over three draws of the samples. One row is measured again,
# live:

# %%
PARAMETERS = comparison.checked_parameters(comparison.DCGAN, SAMPLES)
scores = recipes.Images("digits").judge(samples[dcgan])
for measure in ("frechet", "precision", "recall", "coverage"):
    claim = f"digits_{measure}"
    print(results.compare("15", claim, scores[measure], parameters=PARAMETERS, device=runtime.device_kind()))

# %%
QUALITY = ("frechet", "kernel", "precision", "recall", "coverage", "nearest_train", "confident_share")


def show_quality(table):
    print(" " * 27 + "".join(f"{name.split('_')[0]:>11}" for name in QUALITY))
    for row in table:
        print(f"{row['label']:27}" + "".join(f"{row[name]:11.2f}" for name in QUALITY))


show_quality(record.table("digits"))

# %% [markdown]
# Read the last four rows before the others. The **floor** is real images in the place of the samples, and
# **[the copier](../docs/GLOSSARY.md#copier)** is the very same images, handed in by somebody who was trained on them.
# Every number is the same but one: the floor's neighbours were looked for among the *other* training images. Noise
# shows how bad a number can get. (*Confident* is the share of samples of whose class the evaluator is sure, *nearest*
# the median distance to the nearest training image, fresh real images being at 1.)
#
# Now the models. Which of them is best?

# %%
for name in QUALITY:
    if name == "nearest_train":
        winner = min(models, key=lambda row: abs(row[name] - 1))
    else:
        winner = (min if name in ("frechet", "kernel") else max)(models, key=lambda row: row[name])
    print(f"{name:16} {winner['label']:22} {winner[name]:.2f}")

# %%
viz.precision_recall_plane(
    {
        row["label"]: (row["precision"], row["recall"])
        for row in record.table("digits")
        if row["kind"] in ("model", "floor")
    }
)

# %% [markdown]
# No model wins everywhere. The diffusion model and the DCGAN have the smallest distance, the one ahead of the other by
# nothing that counts. The conditional GAN has the most samples that look real and can be read, and the best coverage. In
# precision it is even above the floor, because it draws the plain kind of each digit and leaves odd hands out, as its
# recall says; and it keeps closest to the training images, closer than fresh real ones are. These are no copies, but a
# number to watch. The VAE is the other way round: the best recall, and far less that looks real. The autoencoder was
# never meant to draw, and is last in every column. And nobody is near the floor in precision and recall at once. So which
# model is best is no question of measuring alone: it depends on what the samples are for.
#
# The PixelCNN needs a second look. It draws black and white, nothing between, and every other row is grey. *Real* digits
# that were made black and white, the line below the floor, are at a distance of nearly 4 themselves, so this table asks
# the PixelCNN for something that it cannot have. Lesson 08 compares it with everybody in black and white: there it
# stands between the DCGAN and the VAE. And it has one number that no other row can show, an exact likelihood.
#
# ### How sure is the order?
#
# The table's ranges come from drawing other samples from the *same* networks. Train a network again from another seed,
# and you get another model. Each lesson's own record has such runs:

# %%
for row in models:
    trained = results.load_record(row["lesson"]).table(row["checkpoint"])[0]
    of_samples, of_training = row["ranges"]["frechet"], trained["ranges"]["frechet"]
    print(
        f"{row['label']:22} other samples {of_samples[0]:5.2f} to {of_samples[1]:5.2f};   "
        f"other trainings ({trained['seeds']}) {of_training[0]:5.2f} to {of_training[1]:5.2f}"
    )

# %% [markdown]
# For most of the GANs the ranges on the right are the wider ones: the game ends differently each time. (The
# Wasserstein row has three trainings only.) The losses of the VAE and of the PixelCNN lead to much the same model
# from every seed, and what scatters is mostly the sample. Where two ranges on the right overlap, the order of these
# two models is not known, however many digits the table prints. So it is with the DCGAN, the conditional GAN and the
# diffusion model: whichever is ahead in the table, over their trainings it is rather another. Papers rarely print
# that column.
#
# ### What it costs

# %%
print(" " * 27 + f"{'weights':>10}{'training s':>12}{'images per s':>14}")
for row in models:
    costs = f"{row['weights']:10,}{row['training_seconds']:12.0f}{row['images_per_second']:14,}"
    print(f"{row['label']:27}" + costs)

# %% [markdown]
# Weights are those that drawing needs: a VAE's encoder is left out, and so is every discriminator. Both speeds were taken
# in one go on one machine with two cores, the seconds of a whole training reckoned from ten seconds of it; they are told,
# not promised. Training took about as long for all but the autoencoder. Drawing did not. The first six draw in one pass,
# more than ten thousand images a second. The PixelCNN takes 784 small steps one after the other, and the diffusion model
# asks its whole network thirty times: a twentieth of that speed, or less.
#
# ### And clothes

# %%
show_quality(record.table("fashion"))

# %% [markdown]
# Another evaluator, another scale: numbers of this table cannot be compared with those of the digits. The floor is
# lower, because the held-out clothes come from the same pile as the others, and recall is far lower: most models draw
# shirts and shoes that look like some, and leave out much of the variety. Here the VQ-VAE stands out. Its recall is more
# than twice that of any other: its codes were learned from *all* images, none of which it may leave out, and its prior
# is paid for likelihood, as the PixelCNN is. The conditional GAN is nearest, and looks most real. The diffusion model,
# ahead on digits, is in the last place here: its recipe was looked for on digits (lesson 11 shows what goes wrong). And
# mind the time: the DCGAN of this table trained for some thirty seconds, the two last for sixty. After equal seconds the
# DCGAN is much better than here, as lesson 05's record says. A table is no fairer than its rows.
#
# ## 7 · Does the order depend on the evaluator?
#
# Everything so far went through one network's features. Take two other spaces. The **pixels** themselves: the 64
# directions in which training images vary most (principal components). And the evaluator for *fashion*, which has
# learned to tell coats from shirts and has never seen a digit.

# %%
flat = train_images.reshape(len(train_images), -1)  # (20000, 784)
directions = np.linalg.eigh(np.cov(flat, rowvar=False))[1][:, -64:]  # the last have the largest variance
spaces = {
    "digits evaluator": evaluator.features,
    "fashion evaluator": metrics.load_evaluator("fashion").features,
    "64 directions of pixels": lambda images: images.reshape(len(images), -1) @ directions,
}
everybody = {**samples, "real, training": kept}
distances = {}
for space, see in spaces.items():
    reference = see(real_images)
    distances[space] = {name: frechet(see(images), reference) for name, images in everybody.items()}

# %%
print(" " * 24 + "".join(f"{space:>26}" for space in spaces))
for name in everybody:
    print(f"{name:24}" + "".join(f"{distances[space][name]:26.2f}" for space in spaces))


def ranks(values):
    return np.argsort(np.argsort(values))


first, *others = ([found[name] for name in samples] for found in distances.values())
for space, found in zip(list(spaces)[1:], others):
    agreement = np.corrcoef(ranks(first), ranks(found))[0, 1]
    print(f"rank correlation of {space} with the digits evaluator: {agreement:+.1f}")

# %% [markdown]
# The **[rank correlation](../docs/GLOSSARY.md#rank-correlation)** compares orders only: +1 for the same order, −1 for
# the reverse, and 0 for two that have nothing to do with each other. Neither of the other spaces agrees much with the
# first, and it is worth looking at who moves.
#
# For the network that has never seen a digit, the PixelCNN goes up, and the diffusion model falls from the first place to
# the last but one. The one has ragged edges, the other a faint grain on the background (lesson 11): two flaws that the
# digits evaluator weighs in one way and the fashion evaluator, which has learned to look at cloth, in another. In pixels
# it is a third order. The diffusion model is first and the VAE second, the autoencoder still last, and the conditional
# GAN last but one. The 64 directions of largest variance are coarse ones: they hold where the ink is, while blur, grain
# and ragged edges show in the fine ones that were left out.
#
# So an order belongs to its features, and whoever chooses them takes part in the judgement. Ours were chosen before
# any model was trained, and no model was trained on them. That is the least one can ask.
#
# ## 8 · The oldest judge
#
# ### Real or generated?
#
# All of these numbers stand in for you. So, how good are you? Half of these pictures are real held-out digits; the
# others come from the models. With a kernel running there are two buttons, and the score comes at the end. Elsewhere
# you see all of them, numbered.

# %%
game = viz.quiz(real_images, samples, questions=QUESTIONS, seed=SEED)
game

# %% [markdown]
# Without buttons, write your answers in order, as words or letters (`"r g g r …"`), or list the numbers of those that
# look generated (`[2, 5, 7]`). An empty text leaves the buttons' score alone.

# %%
answers = ""
if answers:
    game.answer(answers)
print(game.score() or "no answers yet")

# %% [markdown]
# For comparison, let a coin answer all the questions, and that a hundred thousand times over:

# %%
coins = rng.binomial(QUESTIONS, 0.5, size=100_000)  # right answers of each coin
lucky = np.mean(coins >= 2 * QUESTIONS / 3)
print(f"one coin in {1 / lucky:.0f} is right at least two times out of three")

# %% [markdown]
# So look at the interval in your score: twenty-four answers say little. To tell somebody who is right in 60% of the cases
# from a coin takes about two hundred. "People could not tell the difference" is worth what the number of answers behind
# it is worth.
#
# ### A machine in your place
#
# A machine has more patience. Train a small classifier on some real and some generated images, and test it on others
# of both: a **[classifier two-sample test](../docs/GLOSSARY.md#classifier-two-sample-test)** (Lopez-Paz and Oquab,
# 2017). 50% means that it cannot tell them apart.


# %%
def judge(real, generated, seed):
    images = np.rint(255 * np.concatenate([real, generated])).astype("float32") / 255  # bytes, as real ones are
    is_real = np.repeat([1.0, 0.0], [len(real), len(generated)]).astype("float32")
    order = np.random.default_rng(seed).permutation(len(images))
    learn, test = np.split(order, 2)
    keras.utils.set_random_seed(seed)
    convolution = {"strides": 2, "padding": "same", "activation": "leaky_relu"}
    network = keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            keras.layers.Conv2D(16, 4, **convolution),
            keras.layers.Conv2D(32, 4, **convolution),
            keras.layers.Flatten(),
            keras.layers.Dense(1),
        ]
    )
    network.compile(keras.optimizers.Adam(3e-3), keras.losses.BinaryCrossentropy(from_logits=True))
    network.fit(images[learn], is_real[learn], batch_size=50, epochs=6, verbose=0)
    said = network.predict_on_batch(images[test])[:, 0] > 0
    return float((said == is_real[test]).mean())


# %% [markdown]
# Beside the models it judges the dimmed copier, and training images, which are real.
#
# **Predict first.** For which model will it be easiest? And will it find out the dimmed copier?

# %%
NUMBER = 1000  # of each kind; half of all are for learning, half for the test
contestants = {**samples, "copier, dimmed": copiers["copier, dimmed"], "real, training": kept}
accuracy = {name: judge(real_images[:NUMBER], images[:NUMBER], SEED) for name, images in contestants.items()}
spread = {name: 1.96 * np.sqrt(share * (1 - share) / NUMBER) for name, share in accuracy.items()}
viz.bars(accuracy, errors=spread, reference={"cannot tell": 0.5}, unit="share of right answers", number_format="{:.0%}")

# %% [markdown]
# The whiskers are 95% intervals, as above: where they overlap, this judge has not told two models apart either. The
# PixelCNN is found out nearly always: a picture without a single grey pixel is generated, and no more need be known. Then
# come the autoencoder's pieces, and then the diffusion model, which has the *smallest* distance of all and is betrayed by
# the grain on its background. The VAE's grey is next. The GANs fool the machine most often, and perhaps the dense one
# best, though its distance is not the best of them.
#
# The two lowest bars are the floor, and it is not 50%: training images can be told from held-out ones a little, because
# other people wrote them (section 3). The dimmed copier stands at the same place. So **a copier wins this test, too**:
# the judge asks whether samples are like real images, as the distance did, and copies are.
#
# And a judge that is trained finds whatever *can* be found, whether or not it matters. A background that is one grey
# level too bright, which no eye sees, can be enough. That is its strength as a test, and its weakness as a measure of
# beauty. Yours is the other way round.

# %% [markdown]
# ## 9 · Texts
#
# For texts the three questions stay, and no evaluator network is needed, because words can be counted.
#
# - *Does it look real?* **[BLEU](../docs/GLOSSARY.md#bleu)** (lesson 10): how many of a sentence's groups of one to
#   four words stand in real sentences. All held-out sentences of the novels together are the reference, and the table
#   has the mean over all sentences that a model writes.
# - *Is everything there?* **[Self-BLEU](../docs/GLOSSARY.md#self-bleu)**: the same, with the model's *other* sentences
#   as the reference. Low is good: a model that says one thing in all its sentences has 1.
#   **[Distinct](../docs/GLOSSARY.md#distinct)** is the share of different groups of three words.
# - *Is anything new?* The share of sentences **copied** whole from training, and the longest stretch of characters that
#   stands in the novels, word for word.
#
# And there is a fourth question that most image models could not even be asked: how *likely* does the model find real
# texts? Bits per character (lesson 04) need no samples at all.
#
# First, again, the worthless models: real training sentences handed out, one sentence a thousand times, and words drawn
# at random.
#
# **Predict first.** Which of the three will have the highest BLEU, which the lowest self-BLEU, and which the longest
# stretch out of the novels?

# %%
contest = contests.TextContest()
real_sentences = [str(one) for one in rng.choice(contest.examples.train, 1000, replace=False)]
all_words = " ".join(contest.examples.train).split()
writers = {
    "real, from training": real_sentences,
    "one sentence, 1,000 times": ["I am sure you will not be so happy."] * 1000,
    "random words": [" ".join(rng.choice(all_words, len(one.split()))) for one in real_sentences],
}
shown = ("reference_bleu", "self_bleu", "distinct_3", "copied", "longest_copy")
print(" " * 28 + "".join(f"{name:>15}" for name in shown))
for name, texts in writers.items():
    scores = contest.scores(texts, contest.novels)
    print(f"{name:28}" + "".join(f"{scores[measure]:15.3f}" for measure in shown))
print("\n" + "\n".join(writers["random words"][:2]))

# %% [markdown]
# One sentence that nobody would object to, a thousand times, has several times the BLEU of real sentences. Random words
# are the most varied of all. And training sentences look like held-out ones in every column until somebody asks where
# they come from: the last two columns do, and there the longest stretches are whole sentences. As with images: each
# column has a worthless winner, and no worthless model wins them all.
#
# Note the first row. Real sentences have a BLEU of about 0.1 and not of 1: most groups of four words that people write are
# new. So **more than the floor is not better**. It means that a model keeps to what is said often.
#
# ### One table of all that write English
#
# The models of lessons 04, 09 and 13 with 1,000 sentences each. Those of 04 and 09 write running text, which is cut into
# sentences as the novels were. One row is measured again, live:

# %%
live = recipes.sample(comparison.load_row("13", "sentences"), 1000, seed=SEED)
PARAMETERS = comparison.checked_parameters(comparison.SENTENCES, 1000)
scores = contest.scores(live, contest.novels)
for measure in ("reference_bleu", "self_bleu"):
    claim = f"sentences_{measure}"
    print(results.compare("15", claim, scores[measure], parameters=PARAMETERS, device=runtime.device_kind()))

# %%
TEXT = {"reference_bleu": "BLEU", "self_bleu": "self-BLEU", "distinct_3": "distinct", "copied": "copied"}
LIKELY = {"bits_per_character": "bits", "perplexity": "perplexity"}
print(" " * 32 + "".join(f"{name:>11}" for name in (*TEXT.values(), "longest", *LIKELY.values())))
for row in record.table("sentences"):
    numbers = "".join(f"{row[name]:11.3f}" for name in TEXT) + f"{row['longest_copy']:11}"
    print(f"{row['label']:32}" + numbers + "".join(f"{row[name]:11.2f}" if name in row else "" for name in LIKELY))


# %%
planes = {row["label"]: (row["self_bleu"], row["reference_bleu"]) for row in record.table("sentences")}
for label in [row["label"] for row in record.table("sentences") if row["kind"] in ("copier", "noise", "counts")]:
    planes.pop(label)
picture = viz.trade_off(planes, x_label="self-BLEU: the same again", y_label="BLEU: as real ones say it")
picture.axes[0].set(xlim=(0, 0.14), ylim=(0, 0.12))
picture

# %% [markdown]
# All models lie close together, a little left of real sentences and below them: slips make a text less like others, be
# they real or the model's own. A GPT, a network with latents, two GANs, and in the table even the 6-gram, which only
# counts: **BLEU hardly tells them apart.** Its window is four words wide, and four words in a row each of these models
# can do. Random words, in the last row, have half of that. So BLEU finds what is broken; to rank what works it is too
# blunt. Nobody copied: no sentence is a training sentence, and the longest stretches in common are shorter than those
# between real sentences.
#
# Bits per character can tell. Between the 6-gram and the GPT lie 0.3 bits for *every* character of the same text: the GPT
# finds a page of a thousand characters $2^{300}$ times as likely. (Drawn at lower temperatures the models move up and to
# the right, each along a curve of its own. Lesson 13 shows that.)
#
# Of the last two columns only one can be compared between models. **[Perplexity](../docs/GLOSSARY.md#perplexity)**
# counts equally likely choices for the next *token*, and a token is a character for one model and half a word for
# another. Bits per character have the same unit for all, but not the same text: those of lesson 13 are for single
# sentences, without what stood before, those of 04 and 09 for the running text of the held-out chapters. And a GAN was
# never trained for this column; that its generator can be asked at all is because it writes token by token.

# %%
print(" " * 27 + f"{'weights':>10}{'training s':>12}{'characters per s':>18}")
for row in record.table("sentences"):
    if row["kind"] == "model":
        print(f"{row['label']:27}{row['weights']:10,}{row['training_seconds']:12.0f}{row['characters_per_second']:18,}")

# %% [markdown]
# 64 texts at once, on two cores. (The GANs' seconds count the training by maximum likelihood that they began with.)
# Models of running text write on and on in one go, and the recurrent one of lesson 04 has few tokens to choose from at
# each step. Those of lesson 13 begin anew for each short sentence, and all 64 wait for the longest.
#
# ### Texts with a right answer, or with a form
#
# Where an answer can be right, count right ones; where a form is asked for, count what has it. Both are measures that no
# copier of style can win.

# %%
for lesson, table, measures in (
    ("04", "quatrains", ("form_rate", "copied_lines", "bits_per_character")),
    ("10", "dates", ("exact_match", "character_bleu", "unseen_exact_match")),
):
    row = results.load_record(lesson).table(table)[0]
    print(f"lesson {lesson}, {table:10}" + "   ".join(f"{name} {row[name]:.3f}" for name in measures))

# %% [markdown]
# ## 10 · A checklist
#
# 1. Held-out reference, never the training images or texts.
# 2. The same number of samples for all, and the number beside the result.
# 3. A floor and a trivial baseline in the same table.
# 4. At least one number for each of the three questions.
# 5. Ranges over trainings, not only over samples.
# 6. The name of the features in the name of the distance.
# 7. Look at samples, drawn at random and not chosen, and at their nearest training images.
#
# ## 11 · Exercises
#
# Each check tells you in a sentence why an answer is right or not yet. `hint("15.2")` helps in stages. Worked
# solutions: [solutions/15_measuring.ipynb](solutions/15_measuring.ipynb).
#
# First a few short questions. Choose an answer, and read why it is right or not.

# %%
from gencourse.exercises import check, hint, progress, quiz

quiz("15")

# %% [markdown]
# **15.1 A distance by hand.** Two Gaussians in the plane, neither with correlation. The first has the mean (1, 2) and
# the *variances* 1 and 4; the second the mean (5, −1) and the variances 9 and 4. What do the means add to the Fréchet
# distance, what do the spreads, and how large is it?

# %%
mean_part = ...
spread_part = ...
distance = ...
check("15.1", (mean_part, spread_part, distance))

# %% [markdown]
# **15.2 A distance with two bugs.** For some clouds this function is right. Find out for which it is not.


# %%
def frechet(features_a, features_b):
    # (N, D) and (M, D) -> one number
    mean_a, mean_b = features_a.mean(axis=0), features_b.mean(axis=0)
    cov_a, cov_b = np.cov(features_a, rowvar=False), np.cov(features_b, rowvar=False)
    root = np.sqrt(cov_a * cov_b)
    return np.linalg.norm(mean_a - mean_b) + np.trace(cov_a + cov_b - 2 * root)


check("15.2", frechet)

# %% [markdown]
# **15.3 Who is inside whom?** Two bugs again. Both have been published.


# %%
def precision_recall(real, generated, k):
    # real (N, D), generated (M, D) -> (precision, recall)
    def share_inside(points, centres):
        between = np.linalg.norm(centres[:, None] - centres, axis=-1)  # (N, N)
        radii = np.sort(between, axis=1)[:, k - 1]
        distances = np.linalg.norm(points[:, None] - centres, axis=-1)
        return (distances <= radii).any(axis=1).mean()

    return share_inside(real, generated), share_inside(generated, real)


check("15.3", precision_recall)

# %% [markdown]
# **15.4 Read a table.** Five rows, measured with this lesson's tools on digits:
#
# | row | Fréchet | precision | recall | coverage | nearest training image |
# |---|---|---|---|---|---|
# | A | 621 | 0.00 | 0.00 | 0.00 | 5.76 |
# | B | 2.83 | 0.70 | 0.61 | 0.73 | 1.13 |
# | C | 1.14 | 0.86 | 0.81 | 0.94 | 0.16 |
# | D | 6.39 | 0.73 | 0.86 | 0.87 | 1.17 |
# | E | 10.7 | 0.66 | 0.00 | 0.04 | 1.07 |
#
# One hands out training images, a little dimmed. One draws fifty different pictures and no others. One is noise. And
# one is the same model as another row, measured on 200 samples against 200 held-out images instead of 5,000 against
# 5,000. Which is which?

# %%
copier = ...
collapsed = ...
noisy = ...
few = ...
check("15.4", (copier, collapsed, noisy, few))

# %% [markdown]
# **15.5 An honest comparison.** This function is to say which of several models is best. With it the copier always
# wins, and a model that was asked for few samples always loses. Three slips.


# %%
def distances(samples, train_images, test_images, features):
    # samples: {name: floats (N, H, W, 1) in [-1, 1]}, N differs from model to model
    # train_images, test_images: uint8 (T, H, W, 1); features: floats in [0, 1] -> (N, D)
    reference = features(train_images.astype("float32"))
    return {name: metrics.frechet_distance(features(images), reference) for name, images in samples.items()}


check("15.5", distances)

# %%
print(hint("15.1"))
progress()

# %% [markdown]
# ## What to read next
#
# - Heusel et al., *GANs Trained by a Two Time-Scale Update Rule Converge to a Local Nash Equilibrium*, 2017: the
#   Fréchet distance on a network's features.
# - Bińkowski et al., *Demystifying MMD GANs*, 2018: the kernel distance, and a proof that the other one is biased.
# - Kynkäänniemi et al., *Improved Precision and Recall Metric for Assessing Generative Models*, 2019; Naeem et al.,
#   *Reliable Fidelity and Diversity Metrics for Generative Models*, 2020: the balls.
# - Lopez-Paz and Oquab, *Revisiting Classifier Two-Sample Tests*, 2017: the machine judge.
# - Theis, van den Oord and Bethge, *A note on the evaluation of generative models*, 2016: why a model can be best by one
#   measure and worst by another; short, and still the best warning.
