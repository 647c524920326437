"""The evaluator: a small classifier whose features and probabilities the image metrics compare.

One network per image set, trained once on the full training set by `data/train_evaluator.py`; its weights are
part of the package. Distances on its features compare this course's models with each other and with nothing
else: they are not FID, which is defined on the features of an Inception network.
"""

import functools
import hashlib
import tomllib
from pathlib import Path

import keras
import numpy as np
from keras import layers

FEATURES = 64
CLASSES = 10
IMAGE_SHAPE = (28, 28, 1)
EVALUATORS = ("digits", "fashion")

_FOLDER = Path(__file__).parents[1] / "records" / "evaluators"
_BATCH_SIZE = 500


def build_evaluator(*, seed=0):
    """Build the evaluator network with fresh weights.

    Five convolutions, three of them with stride 2, then the feature layer: 64 linear units, each batch-normalised to
    mean 0 and variance 1 over the training images, so that the features of real images have a total variance of about
    64. Linear features keep both signs, and so come closer to the Gaussian that the Fréchet distance assumes than
    features cut off at zero. A hidden layer between features and probabilities lets these be unsure far from
    everything real, which no linear layer can.

    Every initialiser has its own seed, so building one draws nothing from the global random state; and every layer
    computes in float32, whatever the global policy, so that a number never depends on the model that is measured.

    Args:
        seed: int, seeds the initial weights.

    Returns:
        `keras.Model` from images (B, 28, 28, 1) in [0, 1] to a dict of `features` (B, 64), linear, and
        `probabilities` (B, 10).
    """
    single = "float32"
    images = keras.Input(IMAGE_SHAPE, dtype=single, name="images")
    x = images
    for index, (filters, strides) in enumerate([(16, 1), (32, 2), (32, 1), (64, 2), (32, 2)]):
        x = layers.Conv2D(
            filters,
            3,
            strides=strides,
            padding="same",
            use_bias=False,
            kernel_initializer=keras.initializers.HeNormal(seed=seed + index),
            dtype=single,
            name=f"convolution_{index}",
        )(x)
        x = layers.BatchNormalization(dtype=single, name=f"normalization_{index}")(x)
        x = layers.ReLU(dtype=single, name=f"activation_{index}")(x)
    x = layers.Flatten(dtype=single, name="flatten")(x)  # (B, 4, 4, 32) -> (B, 512)
    x = layers.Dense(
        FEATURES,
        use_bias=False,
        kernel_initializer=keras.initializers.GlorotUniform(seed=seed + 100),
        dtype=single,
        name="dense",
    )(x)
    features = layers.BatchNormalization(center=False, scale=False, dtype=single, name="features")(x)
    x = layers.Dense(
        128,
        activation="relu",
        kernel_initializer=keras.initializers.HeNormal(seed=seed + 101),
        dtype=single,
        name="hidden",
    )(features)
    probabilities = layers.Dense(
        CLASSES,
        activation="softmax",
        kernel_initializer=keras.initializers.GlorotUniform(seed=seed + 102),
        dtype=single,
        name="probabilities",
    )(x)
    return keras.Model(images, {"features": features, "probabilities": probabilities}, name="evaluator")


class Evaluator:
    """A trained evaluator network and the record of its training; made by `load_evaluator`.

    Attributes:
        name: "digits" or "fashion".
        record: dict read from the TOML file beside the weights: held-out accuracy, training, versions, baselines.
    """

    def __init__(self, name, model, record):
        self.name = name
        self.record = record
        self._model = model

    def features(self, images):
        """Return the features of images.

        Args:
            images: floats (N, 28, 28, 1) in [0, 1].

        Returns:
            float32 (N, 64).

        Raises:
            TypeError: if the images are not floats.
            ValueError: if their shape or range is another, or they are not finite.
        """
        return self._predict(images)["features"]

    def probabilities(self, images):
        """Return the class probabilities of images.

        Args:
            images: floats (N, 28, 28, 1) in [0, 1].

        Returns:
            float32 (N, 10); each row sums to 1.

        Raises:
            TypeError: if the images are not floats.
            ValueError: if their shape or range is another, or they are not finite.
        """
        return self._predict(images)["probabilities"]

    def _predict(self, images):
        images = _checked_images(images)
        batches = (images[start : start + _BATCH_SIZE] for start in range(0, len(images), _BATCH_SIZE))
        parts = [self._model.predict_on_batch(batch) for batch in batches]
        return {key: np.concatenate([part[key] for part in parts]) for key in parts[0]}

    def __repr__(self):
        return f"Evaluator({self.name!r}, held-out accuracy {self.record['accuracy']:.4f})"


@functools.cache
def load_evaluator(name):
    """Load a committed evaluator; the second call with the same name returns the same object.

    Args:
        name: "digits" or "fashion".

    Returns:
        `Evaluator`.

    Raises:
        ValueError: if the name is unknown, or the weights are not those of the record.
    """
    if name not in EVALUATORS:
        raise ValueError(f"An evaluator exists for {' and '.join(EVALUATORS)}. Received: {name!r}")
    path = _FOLDER / f"{name}.npz"
    record = tomllib.loads(path.with_suffix(".toml").read_text(encoding="utf-8"))
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    if digest != record["sha256"]:
        raise ValueError(f"{path.name} should have sha256 {record['sha256']}. Received: {digest}")
    model = build_evaluator()
    with np.load(path, allow_pickle=False) as arrays:
        set_weights(model, dict(arrays))
    return Evaluator(name, model, record)


def get_weights(model):
    """Return the evaluator's weights rounded to float16: a dict from "layer/variable" to array."""
    return {
        f"{layer.name}/{variable.name}": variable.numpy().astype("float16")
        for layer in model.layers
        for variable in layer.weights
    }


def set_weights(model, arrays):
    """Put arrays as `get_weights` returned them into a model from `build_evaluator`.

    Raises:
        ValueError: if a name is missing or unknown, or a shape differs.
    """
    variables = {f"{layer.name}/{variable.name}": variable for layer in model.layers for variable in layer.weights}
    if set(variables) != set(arrays):
        raise ValueError(f"The evaluator's weights are {sorted(variables)}. Received: {sorted(arrays)}")
    for name, variable in variables.items():
        if tuple(variable.shape) != arrays[name].shape:
            raise ValueError(f"{name} has shape {tuple(variable.shape)}. Received: {arrays[name].shape}")
        variable.assign(arrays[name].astype("float32"))


def _checked_images(images):
    images = np.asarray(images)
    if not np.issubdtype(images.dtype, np.floating):
        raise TypeError(
            f"The evaluator sees floats in [0, 1]; uint8 images need `data.to_unit`. Received: {images.dtype}"
        )
    if images.ndim != 4 or images.shape[1:] != IMAGE_SHAPE or not len(images):
        raise ValueError(f"The evaluator sees images of shape (N, 28, 28, 1). Received: {images.shape}")
    if not np.isfinite(images).all():
        raise ValueError(f"Images must be finite. Received: {(~np.isfinite(images)).sum()} values of NaN or infinity")
    if images.min() < 0 or images.max() > 1:
        raise ValueError(
            "The evaluator sees images in [0, 1]; outputs of tanh need `data.to_unit`. "
            f"Received: values from {images.min():.3g} to {images.max():.3g}"
        )
    return images.astype("float32", copy=False)
