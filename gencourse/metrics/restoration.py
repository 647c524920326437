"""How close a mended image is to the original, and what simple filters reach without learning."""

import numpy as np
from PIL import Image, ImageFilter


def psnr(images, originals):
    """Peak signal-to-noise ratio of each image: 10 · log10(1 / mean squared error).

    Args:
        images: floats (N, H, W, C) in [0, 1].
        originals: same shape.

    Returns:
        float64 (N,), decibels; infinite for equal images. Ten more mean a tenth of the squared error.

    Raises:
        ValueError: for other shapes or ranges.
    """
    images, originals = _checked(images, originals)
    errors = np.mean((images.astype("float64") - originals) ** 2, axis=(1, 2, 3))
    with np.errstate(divide="ignore"):
        return -10.0 * np.log10(errors)


def pooled_psnr(images, originals, *, masks=None):
    """Peak signal-to-noise ratio of all images together: 10 · log10(1 / mean squared error over every pixel).

    A mean of each image's own ratio is ruled by those that are easy; one without any error makes it infinite.

    Args:
        images: floats (N, H, W, C) in [0, 1].
        originals: same shape.
        masks: (N, H, W, 1), 1 for the pixels that count, 0 elsewhere; by default all count.

    Returns:
        float, decibels; infinite for equal images.

    Raises:
        ValueError: for other shapes or ranges, or masks without a pixel.
    """
    images, originals = _checked(images, originals)
    counts = np.ones((*images.shape[:3], 1)) if masks is None else np.asarray(masks, "float64")
    if counts.shape != (*images.shape[:3], 1) or not counts.sum() > 0:
        raise ValueError(
            f"`masks` must mark some pixel, in the shape {(*images.shape[:3], 1)}. Received: shape {counts.shape}."
        )
    errors = counts * (images.astype("float64") - originals) ** 2
    with np.errstate(divide="ignore"):
        return float(-10.0 * np.log10(errors.sum() / (counts.sum() * images.shape[-1])))


def ssim(images, originals):
    """Structural similarity of each image: means, contrasts and correlations in windows of 11×11 pixels, compared.

    Args:
        images: floats (N, H, W, C) in [0, 1], H and W at least 11.
        originals: same shape.

    Returns:
        float32 (N,), at most 1, which equal images reach.

    Raises:
        ValueError: for other shapes or ranges.

    Reference:
        Wang et al., "Image Quality Assessment: From Error Visibility to Structural Similarity", 2004.
    """
    import tensorflow as tf

    images, originals = _checked(images, originals)
    return tf.image.ssim(images, originals, max_val=1.0).numpy()


def median_filter(images, *, size: int = 3):
    """Each pixel becomes the median of the square around it: the classic remedy for noise.

    Args:
        images: floats (N, H, W, 1) in [0, 1].
        size: side of the square, an odd number.

    Returns:
        float32 of the same shape, in steps of 1/255.

    Raises:
        ValueError: for other shapes or ranges, or an even size.
    """
    if size < 3 or size % 2 == 0:
        raise ValueError(f"`size` must be an odd number from 3. Received: {size}.")
    return _by_pillow(images, lambda image: image.filter(ImageFilter.MedianFilter(size)))


def bicubic(images, *, factor: int = 2):
    """Images enlarged by bicubic interpolation: (N, H, W, 1) -> (N, factor·H, factor·W, 1), floats in [0, 1].

    Raises:
        ValueError: for other shapes or ranges.
    """

    def enlarge(image):
        return image.resize((image.width * factor, image.height * factor), Image.Resampling.BICUBIC)

    return _by_pillow(images, enlarge)


def fill_smoothly(images, masks, *, rounds: int = 400):
    """Holes filled as a soap film would: each unknown pixel is the mean of its four neighbours (Laplace's equation).

    Args:
        images: floats (N, H, W, C) in [0, 1].
        masks: (N, H, W, 1), 1 where a pixel is unknown, 0 elsewhere.
        rounds: passes over the hole; a hole of 10 pixels has settled after some hundred.

    Returns:
        float32 (N, H, W, C): known pixels as they were.

    Raises:
        ValueError: for other shapes or ranges, or masks of other values.
    """
    images, masks = _with_masks(images, masks)
    filled = images * (1.0 - masks)
    for _ in range(rounds):
        padded = np.pad(filled, ((0, 0), (1, 1), (1, 1), (0, 0)), mode="edge")
        mean = (padded[:, :-2, 1:-1] + padded[:, 2:, 1:-1] + padded[:, 1:-1, :-2] + padded[:, 1:-1, 2:]) / 4.0
        filled = np.where(masks > 0, mean, images)
    return filled


def nearest_example(images, masks, examples):
    """Holes filled from the training image that is nearest in the known pixels: what knowing by heart can do.

    Args:
        images: floats (N, H, W, C) in [0, 1]; what stands in the holes does not matter.
        masks: (N, H, W, 1), 1 where a pixel is unknown, 0 elsewhere.
        examples: floats (M, H, W, C) in [0, 1], the images to copy from.

    Returns:
        float32 (N, H, W, C): known pixels as they were.

    Raises:
        ValueError: for other shapes or ranges, or masks of other values.
    """
    images, masks = _with_masks(images, masks)
    examples = _unit(examples)
    if examples.shape[1:] != images.shape[1:]:
        raise ValueError(f"Images and examples differ in shape. Received: {images.shape} and {examples.shape}.")
    flat = examples.reshape(len(examples), -1)  # (M, H·W·C)
    squares = flat**2
    filled = images.copy()
    for i in range(0, len(images), 500):
        known = np.broadcast_to(1.0 - masks[i : i + 500], images[i : i + 500].shape).reshape(-1, flat.shape[1])
        seen = known * images[i : i + 500].reshape(known.shape)
        # Sum over known pixels of (image - example)², but for the image's own squares, which every example shares.
        distances = known @ squares.T - 2.0 * seen @ flat.T  # (500, M)
        copied = examples[distances.argmin(axis=1)]
        filled[i : i + 500] = np.where(masks[i : i + 500] > 0, copied, images[i : i + 500])
    return filled


def _by_pillow(images, function):
    images = _unit(images)
    if images.shape[-1] != 1:
        raise ValueError(f"Images of one channel are needed. Received: {images.shape[-1]} channels.")
    grey = np.round(images[..., 0] * 255.0).astype("uint8")
    done = np.stack([np.asarray(function(Image.fromarray(image))) for image in grey])
    return done[..., None].astype("float32") / np.float32(255)


def _with_masks(images, masks):
    images, masks = _unit(images), np.asarray(masks, "float32")
    if masks.shape != (*images.shape[:3], 1) or not np.isin(masks, (0.0, 1.0)).all():
        raise ValueError(
            f"`masks` must hold zeros and ones of shape {(*images.shape[:3], 1)}. Received: shape {masks.shape}."
        )
    return images, masks


def _unit(images):
    images = np.asarray(images)
    if images.ndim != 4 or not np.issubdtype(images.dtype, np.floating):
        raise ValueError(f"Floats of shape (N, H, W, C) are needed. Received: {images.dtype} of shape {images.shape}.")
    if not (images.min() >= 0.0 and images.max() <= 1.0):
        raise ValueError(f"Images must lie in [0, 1]. Received: values from {images.min():.3g} to {images.max():.3g}.")
    return images.astype("float32", copy=False)


def _checked(images, originals):
    images, originals = _unit(images), _unit(originals)
    if images.shape != originals.shape:
        raise ValueError(f"Images and originals differ in shape. Received: {images.shape} and {originals.shape}.")
    return images, originals
