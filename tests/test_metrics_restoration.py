"""Measures of mended images, and the filters that need no learning."""

import numpy as np
import pytest

from gencourse import metrics

RNG = np.random.default_rng(0)
IMAGES = RNG.random((3, 16, 16, 1)).astype("float32")


def test_psnr_by_hand():
    flat = np.full((2, 16, 16, 1), 0.5, "float32")
    np.testing.assert_allclose(metrics.psnr(flat, flat + np.float32(0.1)), 20.0, atol=1e-4)  # error 0.01
    assert metrics.psnr(flat, flat)[0] == np.inf
    np.testing.assert_allclose(
        metrics.psnr(flat, flat + np.float32(0.01)) - metrics.psnr(flat, flat + np.float32(0.1)), 20.0, atol=1e-2
    )


def test_psnr_of_all_images_together():
    flat = np.full((2, 16, 16, 1), 0.5, "float32")
    half_wrong = flat.copy()
    half_wrong[1] += np.float32(0.1)
    np.testing.assert_allclose(metrics.pooled_psnr(half_wrong, flat), -10 * np.log10(0.01 / 2), atol=1e-4)
    masks = np.zeros((2, 16, 16, 1))
    masks[1, 3:5] = 1
    np.testing.assert_allclose(metrics.pooled_psnr(half_wrong, flat, masks=masks), 20.0, atol=1e-4)
    with pytest.raises(ValueError, match="some pixel"):
        metrics.pooled_psnr(half_wrong, flat, masks=np.zeros((2, 16, 16, 1)))


def test_ssim_is_one_for_equals_and_falls_with_noise():
    np.testing.assert_allclose(metrics.ssim(IMAGES, IMAGES), 1.0, atol=1e-5)
    little, much = (np.clip(IMAGES + RNG.normal(0, s, IMAGES.shape), 0, 1).astype("float32") for s in (0.05, 0.5))
    assert (metrics.ssim(little, IMAGES) > metrics.ssim(much, IMAGES)).all()


def test_a_median_drops_single_dots_and_keeps_edges():
    image = np.zeros((1, 16, 16, 1), "float32")
    image[:, :, 8:] = 1.0
    dotted = image.copy()
    dotted[0, 4, 3] = 1.0
    np.testing.assert_array_equal(metrics.median_filter(dotted), image)


def test_bicubic_keeps_what_is_flat_and_doubles_the_size():
    flat = np.full((2, 14, 14, 1), 51 / 255, "float32")
    np.testing.assert_allclose(metrics.bicubic(flat), np.full((2, 28, 28, 1), 51 / 255), atol=1e-6)


def test_a_soap_film_continues_a_slope():
    """A linear ramp solves Laplace's equation, so it is what fills a hole in a ramp."""
    ramp = np.broadcast_to(np.linspace(0, 1, 16, dtype="float32")[None, :, None, None], (2, 16, 16, 1)).copy()
    masks = np.zeros((2, 16, 16, 1), "float32")
    masks[:, 4:12, 5:13] = 1.0
    broken = ramp * (1 - masks)
    np.testing.assert_allclose(metrics.fill_smoothly(broken, masks), ramp, atol=1e-3)
    with pytest.raises(ValueError, match="zeros and ones"):
        metrics.fill_smoothly(ramp, masks * 0.5)


def test_the_nearest_example_fills_what_it_agrees_with():
    """By hand: of two examples the one that fits the known pixels is copied, whatever stands in the hole."""
    examples = RNG.random((40, 16, 16, 1)).astype("float32")
    originals = np.clip(examples[[7, 21]] + np.float32(0.01), 0, 1)
    masks = np.zeros((2, 16, 16, 1), "float32")
    masks[0, 4:12, 5:13] = 1.0
    masks[1, :6, :6] = 1.0
    for content in (0.0, 1.0):
        filled = metrics.nearest_example(originals * (1 - masks) + content * masks, masks, examples)
        np.testing.assert_array_equal(filled, np.where(masks > 0, examples[[7, 21]], originals))
    with pytest.raises(ValueError, match="differ in shape"):
        metrics.nearest_example(originals, masks, examples[:, :8])
    with pytest.raises(ValueError, match="zeros and ones"):
        metrics.nearest_example(originals, masks * 0.5, examples)


def test_bad_images_are_named():
    with pytest.raises(ValueError, match="differ in shape"):
        metrics.psnr(IMAGES, IMAGES[:2])
    with pytest.raises(ValueError, match="Received: values from"):
        metrics.psnr(IMAGES * 2, IMAGES)
    with pytest.raises(ValueError, match="uint8"):
        metrics.ssim((IMAGES * 255).astype("uint8"), IMAGES)
    with pytest.raises(ValueError, match="Received: 4"):
        metrics.median_filter(IMAGES, size=4)
    with pytest.raises(ValueError, match="3 channels"):
        metrics.bicubic(np.repeat(IMAGES, 3, axis=-1))
