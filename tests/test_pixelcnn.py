"""PixelCNN: what each pixel sees, that fast drawing is slow drawing, and that its likelihood is one."""

import itertools

import keras
import numpy as np
import pytest
import tensorflow as tf

from gencourse import data, layers, losses, pixelcnn

RNG = np.random.default_rng(0)
SHAPE = (8, 12, 1)


def stirred(network, scale=0.3):
    """The same network with random weights: fresh ones, some of them zero, would hide what it sees."""
    for weight in network.trainable_variables:
        weight.assign(weight + scale * RNG.normal(size=weight.shape))
    return network


def network(**options):
    sizes = {"filters": 4, "depth": 2, "row_kernel": 7, "above_filters": 6, "above_depth": 3, "columns": 4}
    return stirred(pixelcnn.build_pixelcnn(**{"input_shape": SHAPE} | sizes | options))


def draws(n, shape=SHAPE):
    return (RNG.random((n, *shape)) < 0.5).astype("float32")


def what_each_output_sees(model):
    """|d logit / d pixel| of every pair, (H·W outputs, H·W inputs), the largest of six images."""
    shape = getattr(model, "image_shape", None) or model.input_shape[1:]
    sees = 0.0
    for image in draws(6, shape):
        image = tf.constant(image[None])
        with tf.GradientTape() as tape:
            tape.watch(image)
            logits = model(image)
        pairs = np.abs(tape.jacobian(logits, image).numpy())
        sees = np.maximum(sees, pairs.reshape(np.prod(logits.shape), -1))
    return sees


def before(shape=SHAPE):
    """True where the input comes before the output in raster order."""
    n = shape[0] * shape[1]
    return np.arange(n)[None, :] < np.arange(n)[:, None]


def test_masks():
    a = [[1, 1, 1], [1, 0, 0], [0, 0, 0]]
    np.testing.assert_array_equal(pixelcnn.raster_mask((3, 3), "A"), a)
    a[1][1] = 1
    np.testing.assert_array_equal(pixelcnn.raster_mask((3, 3), "B"), a)
    np.testing.assert_array_equal(pixelcnn.raster_mask((3, 3), "above"), [[1, 1, 1], [0, 0, 0], [0, 0, 0]])
    np.testing.assert_array_equal(pixelcnn.raster_mask((3, 3), "rows"), [[1, 1, 1], [1, 1, 1], [0, 0, 0]])
    np.testing.assert_array_equal(pixelcnn.raster_mask((1, 5), "A"), [[1, 1, 0, 0, 0]])


@pytest.mark.parametrize(
    ("size", "kind", "sentence"),
    [((3, 3), "C", "Received: 'C'"), ((2, 3), "A", "odd sides"), ((1, 5), "above", "leaves nothing")],
)
def test_masks_that_are_none_are_named(size, kind, sentence):
    with pytest.raises(ValueError, match=sentence):
        pixelcnn.raster_mask(size, kind)


@pytest.mark.parametrize("kind", layers.MASK_KINDS)
@pytest.mark.parametrize("size", [(3, 3), (5, 3), (3, 5), (1, 7)])
def test_a_masked_convolution_is_one_with_a_kernel_full_of_zeros(kind, size):
    if kind == "above" and size[0] == 1:
        pytest.skip("leaves nothing")
    layer = pixelcnn.MaskedConv2D(3, size, kind)
    x = RNG.normal(size=(2, 6, 9, 2)).astype("float32")
    layer.build(x.shape)
    layer.bias.assign([1.0, 2.0, 3.0])
    kept = layer.kernel.numpy()
    whole = np.zeros((*size, 2, 3), "float32")
    whole[: kept.shape[0], : kept.shape[1]] = kept
    expected = tf.nn.conv2d(x, whole * layer.mask[:, :, None, None], 1, "SAME") + layer.bias
    np.testing.assert_allclose(layer(x), expected, atol=1e-5)
    assert layer.compute_output_shape(x.shape) == (2, 6, 9, 3)


@pytest.mark.parametrize("gated", [True, False], ids=["gated", "relu"])
@pytest.mark.parametrize("columns", [1, 2, 4])
def test_an_output_sees_no_later_pixel_and_all_earlier_ones_within_reach(gated, columns):
    """Kernels here reach over the whole image: what comes before must be seen, or there is a blind spot."""
    sizes = {"filters": 8, "depth": 1, "above_kernel": 7, "row_kernel": 17}
    sees = what_each_output_sees(network(gated=gated, columns=columns, **sizes))
    assert np.all(sees[~before()] == 0.0)
    assert np.all(sees[before()] > 0.0)


def test_the_reach_is_what_the_kernels_say():
    """Without groups of columns: 2 + 2 · 1 rows above; in its own row 1 + 2 to the left."""
    shape = (9, 15, 1)
    model = network(
        input_shape=shape,
        columns=1,
        above_rows=2,
        above_columns=3,
        above_depth=2,
        kernel_size=3,
        row_kernel=5,
        depth=1,
        gated=False,
    )
    sees = what_each_output_sees(model).reshape(9, 15, 9, 15)
    row, column = 7, 7
    seen = np.argwhere(sees[row, column] > 0)
    above, own = seen[seen[:, 0] < row], seen[seen[:, 0] == row]
    assert above[:, 0].min() == row - 4
    assert own[:, 1].tolist() == [4, 5, 6]  # 1 by the first kernel, 2 by the block's
    # A place up to the right that the plain stack never sees.
    assert sees[row, column, row - 1, column + 3] > 0


def test_the_plain_stack_has_a_blind_spot_and_a_leaking_one_sees_itself():
    shape = (9, 15, 1)
    plain = stirred(pixelcnn.build_plain_pixelcnn(input_shape=shape, filters=6, depth=4, kernel_size=3))
    sees = what_each_output_sees(plain)
    assert np.all(sees[~before(shape)] == 0.0)
    sees = sees.reshape(9, 15, 9, 15)
    assert sees[7, 7, 6, 8] > 0
    assert np.all(sees[7, 7, 6, 9:] == 0.0)  # one row up, from two to the right
    assert np.all(sees[7, 7, 5, 10:] == 0.0)  # two rows up, from three to the right
    leaking = stirred(
        pixelcnn.build_plain_pixelcnn(input_shape=shape, filters=6, depth=1, kernel_size=3, first_kind="B")
    )
    assert np.all(np.diag(what_each_output_sees(leaking)) > 0)


@pytest.mark.parametrize("classes", [None, 3], ids=["alone", "told a class"])
@pytest.mark.parametrize("gated", [True, False], ids=["gated", "relu"])
def test_drawing_with_caches_is_drawing_naively(gated, classes):
    model = pixelcnn.PixelCNN(network(gated=gated, classes=classes))
    quick = model.generate(40, seed=1)
    np.testing.assert_array_equal(quick, model.generate(40, seed=1, naive=True))
    assert set(np.unique(quick)) == {0.0, 1.0}
    again = {"rows": 3, "seed": 2}
    np.testing.assert_array_equal(model.complete(quick, **again), model.complete(quick, **again, naive=True))


@pytest.mark.parametrize("temperature", [0.0, 0.5, 2.0])
def test_drawing_follows_the_logits_pixel_by_pixel(temperature):
    """Each pixel of a drawing is 1 where its noise lies below the probability that the whole image gives it."""
    model = pixelcnn.PixelCNN(network())
    drawn = model.generate(30, seed=4, temperature=temperature)
    noise = np.asarray(keras.random.uniform(drawn.shape, seed=4))
    logits = np.asarray(model(drawn))
    if temperature == 0.0:
        np.testing.assert_array_equal(drawn, logits > 0)
    else:
        np.testing.assert_array_equal(drawn, noise < 1 / (1 + np.exp(-logits / temperature)))


def test_completing_keeps_the_given_rows_and_looks_at_nothing_else():
    model = pixelcnn.PixelCNN(network())
    images = draws(20)
    finished = model.complete(images, rows=5, seed=1)
    np.testing.assert_array_equal(finished[:, :5], images[:, :5])
    scribbled = images.copy()
    scribbled[:, 5:] = 0.7
    np.testing.assert_array_equal(model.complete(scribbled, rows=5, seed=1), finished)
    assert not np.array_equal(model.complete(images, rows=5, seed=2), finished)
    np.testing.assert_array_equal(model.complete(images, rows=8, seed=1), images)
    np.testing.assert_array_equal(model.complete(images, rows=0, seed=3), model.generate(20, seed=3))


@pytest.mark.parametrize("label", [None, 1], ids=["alone", "told a class"])
def test_the_probabilities_of_all_images_sum_to_one(label):
    """All 4,096 images of 3 × 4 pixels: no bound and no estimate, but the likelihood itself."""
    model = pixelcnn.PixelCNN(network(input_shape=(3, 4, 1), classes=None if label is None else 2))
    every = np.array(list(itertools.product([0.0, 1.0], repeat=12)), "float32").reshape(-1, 3, 4, 1)
    log_p = model.log_likelihood(every, label).astype("float64")
    assert np.exp(log_p).sum() == pytest.approx(1.0, abs=1e-4)
    drawn = model.generate(4000, seed=0, labels=label)
    score = model.score(drawn, label)
    entropy = -(np.exp(log_p) * log_p).sum()
    assert score["nats_per_image"] == pytest.approx(entropy, abs=0.2)  # own drawings cost what the entropy says
    assert score["bits_per_pixel"] == pytest.approx(score["nats_per_image"] / (12 * np.log(2)))


def test_likelihood_is_the_sum_over_pixels():
    model, images = pixelcnn.PixelCNN(network()), draws(300)
    expected = np.asarray(losses.bernoulli_log_likelihood(images, model(images)))
    np.testing.assert_allclose(model.log_likelihood(images), expected, rtol=1e-5)


def test_training_finds_what_is_there_to_find():
    """Stripes: a coin for each row's first pixel, then the row alternates. Entropy: one coin a row."""
    keras.utils.set_random_seed(1)
    first = (RNG.random((512, 8, 1, 1)) < 0.5).astype("float32")
    stripes = np.abs(first - np.arange(12).reshape(1, 1, 12, 1) % 2).astype("float32")
    model = pixelcnn.PixelCNN(
        pixelcnn.build_pixelcnn(input_shape=SHAPE, filters=8, depth=1, above_filters=8, above_depth=1)
    )
    model.compile(optimizer=keras.optimizers.Adam(0.01), steps_per_execution=50)
    model.fit(data.batches(stripes, batch_size=32, seed=0), epochs=1, steps_per_epoch=200, verbose=0)
    assert model.score(stripes)["nats_per_image"] == pytest.approx(8 * np.log(2), abs=0.3)
    assert model.evaluate(stripes, verbose=0, return_dict=True)["loss"] == pytest.approx(8 * np.log(2), abs=0.3)
    drawn = model.generate(50, seed=0)
    assert np.abs(drawn[:, :, 1:] - drawn[:, :, :-1]).mean() > 0.99


def test_labels_change_what_is_drawn():
    model = pixelcnn.PixelCNN(network(classes=3))
    assert model.classes == 3
    np.testing.assert_array_equal(model.generate(6, seed=1), model.generate(6, seed=1, labels=[0, 1, 2, 0, 1, 2]))
    assert not np.array_equal(model.generate(6, seed=1, labels=0), model.generate(6, seed=1, labels=1))


def test_what_cannot_be_is_named():
    model, told = pixelcnn.PixelCNN(network()), pixelcnn.PixelCNN(network(classes=3))
    images = draws(4)
    with pytest.raises(ValueError, match=r"data\.binarise"):
        model.score(images * 0.5)
    with pytest.raises(ValueError, match="Received: a batch of shape"):
        model.score(images[:, :3])
    with pytest.raises(ValueError, match="labels=None"):
        told.score(images)
    with pytest.raises(ValueError, match="from 0 to 2"):
        told.generate(2, labels=[0, 3])
    with pytest.raises(ValueError, match="no classes"):
        model.generate(2, labels=0)
    with pytest.raises(ValueError, match="Received: -1"):
        model.generate(2, temperature=-1)
    with pytest.raises(ValueError, match=r"\[0, 8\]"):
        model.complete(images, rows=9)
    with pytest.raises(ValueError, match="zeros and ones"):
        model.complete(images * 0.5, rows=4)
    with pytest.raises(ValueError, match=r"\[images, labels\]"):
        told(images)
    with pytest.raises(ValueError, match="multiple of columns=4"):
        pixelcnn.build_pixelcnn(input_shape=(8, 10, 1))
    with pytest.raises(ValueError, match="multiple of columns=4"):
        pixelcnn.build_pixelcnn(input_shape=(8, 12, 3))
