"""Distances class by class: what one number over all classes averages away."""

import numpy as np

from .distances import frechet_distance


def class_distances(generated, labels, reference, reference_labels, evaluator):
    """Fréchet distance between generated and real images, for each class on its own.

    The classes of generated images are those that were *asked for*, so an image of another class counts against the
    class whose place it took. Few images of a class raise its distance: compare with real images in the place of the
    generated ones, as many of each class.

    Args:
        generated: floats (N, 28, 28, 1) in [0, 1], at least two of each class.
        labels: whole numbers (N,), the class that each image was asked to be of.
        reference: floats (M, 28, 28, 1) in [0, 1]: real images that no model was trained on.
        reference_labels: whole numbers (M,), their classes: the same set of classes, at least two images of each.
        evaluator: what `load_evaluator` returned.

    Returns:
        dict from class, in rising order, to distance: 0 or more, lower is better.

    Raises:
        TypeError: if images are not floats, or labels not whole numbers.
        ValueError: for other shapes or ranges, or if a class has fewer than two images on one of the sides.
    """
    labels = _checked(labels, len(generated), "labels")
    reference_labels = _checked(reference_labels, len(reference), "reference_labels")
    counts, others = (dict(zip(*np.unique(of, return_counts=True), strict=True)) for of in (labels, reference_labels))
    few = sorted(int(c) for c in counts.keys() | others.keys() if min(counts.get(c, 0), others.get(c, 0)) < 2)
    if few:
        raise ValueError(f"Each class needs two images or more on both sides. Received: fewer of the classes {few}")
    features, real = evaluator.features(generated), evaluator.features(reference)
    return {int(c): frechet_distance(features[labels == c], real[reference_labels == c]) for c in sorted(counts)}


def _checked(labels, count, name):
    labels = np.asarray(labels)
    if not np.issubdtype(labels.dtype, np.integer):
        raise TypeError(f"`{name}` must be whole numbers. Received: {labels.dtype}")
    if labels.shape != (count,):
        raise ValueError(f"`{name}` must hold one label for each of {count} images. Received: shape {labels.shape}")
    return labels
