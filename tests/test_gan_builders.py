"""Convolutional builders: sizes, ranges, and what each argument changes."""

import keras
import numpy as np
import pytest

from gencourse import gan

LATENTS = np.random.default_rng(0).normal(size=(2, 8)).astype("float32")


@pytest.mark.parametrize(
    ("shape", "filters"),
    [((28, 28, 1), (8, 4)), ((32, 32, 3), (8, 4, 4)), ((64, 64, 3), (8, 8, 4, 4)), ((28, 28, 3), (8,))],
)
@pytest.mark.parametrize("upsampling", ["subpixel", "transposed", "nearest"])
def test_images_of_any_size(shape, filters, upsampling):
    generator = gan.build_dcgan_generator(latent_dim=8, image_shape=shape, filters=filters, upsampling=upsampling)
    images = generator(LATENTS).numpy()
    assert images.shape == (2, *shape)
    assert np.abs(images).max() <= 1.0
    assert gan.build_dcgan_discriminator(image_shape=shape, filters=(4, 4))(images).shape == (2, 1)


def test_the_small_generator_goes_from_seven_to_twenty_eight():
    generator = gan.build_dcgan_generator(filters=(64, 32))
    sizes = [x.output.shape[1:] for x in generator.layers if len(x.output.shape) == 4]
    assert sizes[0] == (7, 7, 64)
    assert (14, 14, 32) in sizes
    assert sizes[-1] == (28, 28, 1)


def test_sizes_that_do_not_fit_are_named():
    with pytest.raises(ValueError, match=r"multiples of 8.*Received: image_shape=\(28, 28, 1\)"):
        gan.build_dcgan_generator(filters=(8, 8, 8))
    with pytest.raises(ValueError, match="multiples of 4"):
        gan.build_tutorial_generator(image_shape=(30, 30, 1))
    with pytest.raises(ValueError, match="multiples of block_size=8"):
        gan.build_dcgan_discriminator(block_size=8)
    with pytest.raises(ValueError, match="Received: 'layer'"):
        gan.build_dcgan_discriminator(normalise="layer")
    with pytest.raises(ValueError, match="Received: 'bilinear'"):
        gan.build_dcgan_generator(upsampling="bilinear")


def kinds(network):
    return [type(x).__name__ for x in network.layers]


def test_normalisation_of_the_discriminator():
    assert kinds(gan.build_dcgan_discriminator(normalise="batch")).count("BatchNormalization") == 1  # not on the image
    assert kinds(gan.build_dcgan_discriminator(normalise="spectral")).count("SpectralNormalization") == 3
    assert not {"BatchNormalization", "SpectralNormalization"} & set(kinds(gan.build_dcgan_discriminator()))


def test_spectral_normalisation_bounds_each_layer():
    """After some forward passes in training every kernel, seen as a matrix, has a largest singular value near 1."""
    keras.utils.set_random_seed(0)
    network = gan.build_dcgan_discriminator(image_shape=(8, 8, 1), filters=(4, 8), normalise="spectral")
    for _ in range(30):
        network(np.zeros((1, 8, 8, 1), "float32"), training=True)
    for wrapped in (x for x in network.layers if isinstance(x, keras.layers.SpectralNormalization)):
        kernel = wrapped.layer.kernel.numpy()
        assert np.linalg.svd(kernel.reshape(-1, kernel.shape[-1]), compute_uv=False)[0] == pytest.approx(1.0, abs=0.05)


def test_the_tutorials_network_has_its_known_size():
    """7×7×256 from 100 latents; the weights add up by hand."""
    generator, discriminator = gan.build_tutorial_generator(), gan.build_tutorial_discriminator()
    dense, first, second, last = 100 * 12544, 25 * 256 * 128, 25 * 128 * 64, 25 * 64
    normalisations = 4 * (12544 + 128 + 64)
    assert generator.count_params() == dense + first + second + last + normalisations
    assert discriminator.count_params() == 25 * 64 + 64 + 25 * 64 * 128 + 128 + 7 * 7 * 128 + 1
    assert generator(np.zeros((1, 100), "float32")).shape == (1, 28, 28, 1)


def test_a_batch_of_equals_has_no_spread():
    features = np.array([[0.0, 4.0], [2.0, 4.0]], "float32")  # standard deviations 1 and 0
    out = gan.MinibatchStd()(features).numpy()
    np.testing.assert_array_equal(out[:, :2], features)
    np.testing.assert_allclose(out[:, 2], 0.5, atol=1e-3)
    np.testing.assert_allclose(gan.MinibatchStd()(np.ones((3, 5), "float32"))[:, 5], 0.0, atol=1e-3)
    assert "MinibatchStd" in kinds(gan.build_dcgan_discriminator(minibatch_std=True))
