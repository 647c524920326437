"""All image metrics at once, on the features of one evaluator."""

import numpy as np

from .distances import frechet_distance, kernel_distance
from .manifold import density_coverage, nearest_neighbour_distances, precision_recall


def evaluate_images(generated, reference, evaluator, *, training=None, labels=None):
    """Measure generated images against held-out real ones.

    Read every value beside a floor (other real images in the place of the generated, as many of them) and a baseline
    (noise, copies of the training set): `evaluator.record["baselines"]` has both. The Fréchet distance and
    precision, recall, density and coverage depend on the number of images.

    Args:
        generated: floats (N, 28, 28, 1) in [0, 1], N at least 6.
        reference: floats (M, 28, 28, 1) in [0, 1]: real images that no model was trained on, M at least 6.
        evaluator: what `load_evaluator` returned.
        training: floats (T, 28, 28, 1) in [0, 1], the images that the model was trained on; or None.
        labels: whole numbers (N,) from 0 to 9, the classes that the images were asked to be of; or None.

    Returns:
        dict of
        `n`: int, N;
        `frechet`: Fréchet distance, lower is better;
        `kernel`: kernel distance, lower is better, 0 within scatter for equal distributions;
        `precision`, `recall`: with k = 3, higher is better;
        `density`, `coverage`: with k = 5, higher is better;
        `nearest_train`: median distance from a generated image to its nearest training image over the same median for
        the reference: about 1 when as far as fresh real images are, 0 for copies; None without `training`. Above 1 is
        no merit: noise is far from everything;
        `class_accuracy`: only with `labels`: share of images that the evaluator takes for the class asked for.

    Raises:
        TypeError: if images are not floats, or labels not whole numbers.
        ValueError: for other shapes or ranges.
    """
    if labels is not None:
        labels = _checked_labels(labels, len(generated))
    generated_features = evaluator.features(generated)
    reference_features = evaluator.features(reference)
    precision, recall = precision_recall(reference_features, generated_features)
    density, coverage = density_coverage(reference_features, generated_features)
    result = {
        "n": len(generated_features),
        "frechet": frechet_distance(generated_features, reference_features),
        "kernel": kernel_distance(generated_features, reference_features),
        "precision": precision,
        "recall": recall,
        "density": density,
        "coverage": coverage,
        "nearest_train": None,
    }
    if training is not None:
        training_features = evaluator.features(training)
        ours = np.median(nearest_neighbour_distances(generated_features, training_features))
        fresh = np.median(nearest_neighbour_distances(reference_features, training_features))
        if fresh == 0:
            raise ValueError("The reference must be held out. Received: reference images that are training images")
        result["nearest_train"] = float(ours / fresh)
    if labels is not None:
        predicted = evaluator.probabilities(generated).argmax(axis=1)
        result["class_accuracy"] = float((predicted == labels).mean())
    return result


def confident_share(images, evaluator, threshold=0.9):
    """Share of images of whose class the evaluator is sure: a machine's stand-in for "a person can read it".

    The evaluator has seen noise, blobs and scrambled images in its training, and learnt to be unsure of them: pure
    noise scores near 0. Nothing here speaks of variety: one good image, repeated, scores 1.

    Args:
        images: floats (N, 28, 28, 1) in [0, 1].
        evaluator: what `load_evaluator` returned.
        threshold: least probability of the most probable class, in (0, 1].

    Returns:
        float in [0, 1].

    Raises:
        TypeError: if images are not floats.
        ValueError: for another shape or range of images, or a threshold outside (0, 1].
    """
    if not 0 < threshold <= 1:
        raise ValueError(f"threshold must lie in (0, 1]. Received: {threshold}")
    return float((evaluator.probabilities(images).max(axis=1) >= threshold).mean())


def _checked_labels(labels, count):
    labels = np.asarray(labels)
    if not np.issubdtype(labels.dtype, np.integer):
        raise TypeError(f"Labels must be whole numbers. Received: {labels.dtype}")
    if labels.shape != (count,):
        raise ValueError(f"One label for each of {count} images is needed. Received: shape {labels.shape}")
    if labels.size and not 0 <= labels.min() <= labels.max() <= 9:
        raise ValueError(f"Labels must lie in 0 to 9. Received: {labels.min()} to {labels.max()}")
    return labels
