"""Train the evaluator networks whose features the image metrics compare.

    python data/train_evaluator.py digits fashion                 # full sets by verified download
    python data/train_evaluator.py digits --full-dir FOLDER       # or as `data/build.py --full FOLDER` wrote them

Each is trained once on the 60,000 training images of its set, for a number of passes fixed beforehand. The 10,000
held-out images are only used to report the accuracy of the final weights, after their rounding to float16.

It is trained in two steps. First the features: under one head that names the class and one that redraws the image,
both thrown away. A classifier alone may forget everything but the class; features that must also redraw the image
notice lost variety within a class as well.

Then, on features that stay as they are, the probabilities: with images of nothing, made on the spot, among the real.
Without them such a network is sure of the class of pure noise, and "the evaluator is sure" says nothing.

Writes `gencourse/records/evaluators/NAME.npz` (weights) and `NAME.toml` (how they were made, what they reach, and what
the metrics give for real images, noise, copies and images damaged on purpose: `evaluator_baselines.py`).
"""

import argparse
import datetime
import hashlib
import io
import os
import platform
import time
import tomllib
from pathlib import Path

from evaluator_baselines import as_unit, baselines, blurred  # beside this file

from gencourse.metrics import evaluator as room  # before Keras: it quietens the logs

import keras  # isort: skip
import numpy as np  # isort: skip
from keras import layers  # isort: skip

OUT = Path(__file__).parents[1] / "gencourse" / "records" / "evaluators"
SEED = 0
EPOCHS = {"digits": 12, "fashion": 18}
BATCH_SIZE = 128
LEARNING_RATE = 4e-3  # of Adam, after 200 steps of warm-up, then down to 0 along a cosine
REDRAW_WEIGHT = 3.0  # cross-entropy per pixel of the redrawn image, against cross-entropy of the class
DROPOUT = 0.3  # of the features, before the head that names the class
HEAD_EPOCHS = 10
JUNK = 0.5  # images of nothing, for each training image
NOISE = 0.25  # the most noise on an image that is still to be recognised; standard deviation, of 1
SHIFT = 2  # pixels, each way: whole pixels, since interpolation would teach the network to ignore blur


def main():
    parser = argparse.ArgumentParser(description="Train the evaluator networks.")
    parser.add_argument("names", nargs="+", choices=room.EVALUATORS)
    parser.add_argument("--full-dir", type=Path, help="folder with digits.npz and fashion.npz (70,000 images each)")
    parser.add_argument("--epochs", type=int, help=f"passes over the data (default: {EPOCHS})")
    parser.add_argument("--only-measure", action="store_true", help="keep the weights, renew the baselines")
    arguments = parser.parse_args()
    for name in arguments.names:
        images = load(name, arguments.full_dir)
        if not arguments.only_measure:
            train(name, images, arguments.epochs or EPOCHS[name])
        record = tomllib.loads((OUT / f"{name}.toml").read_text(encoding="utf-8"))
        record["baselines"] = baselines(room.load_evaluator(name), images)
        write_toml(OUT / f"{name}.toml", record)


def load(name, folder):
    """Return the full set: a dict of train_images, train_labels, test_images, test_labels, all uint8."""
    if folder is None:
        from gencourse import data

        return data.load_images(name, full=True)._asdict()
    with np.load(folder / f"{name}.npz", allow_pickle=False) as arrays:
        return dict(arrays)


def train(name, images, epochs):
    """Train one evaluator, and write its weights and its record."""
    train_images, train_labels = images["train_images"], images["train_labels"]
    test_images = as_unit(images["test_images"])
    print(f"{name}: {len(train_images):,} training images, {epochs} passes", flush=True)

    keras.utils.set_random_seed(SEED)
    started = time.perf_counter()
    model = room.build_evaluator(seed=SEED)
    train_features(model, train_images, train_labels, epochs)
    round_weights(model)
    train_probabilities(model, train_images, train_labels)
    arrays = round_weights(model)  # from here on, what will be loaded
    seconds = time.perf_counter() - started

    probabilities = model.predict(test_images, batch_size=500, verbose=0)["probabilities"]
    accuracy = float((probabilities.argmax(axis=1) == images["test_labels"]).mean())
    print(f"  held-out accuracy {accuracy:.4f} after {seconds:.0f} s", flush=True)

    stream = io.BytesIO()
    np.savez_compressed(stream, **arrays)
    record = {
        "accuracy": accuracy,
        "held_out_images": len(test_images),
        "training_images": len(train_images),
        "weights": sum(array.size for array in arrays.values()),
        "sha256": hashlib.sha256(stream.getvalue()).hexdigest(),
        "seconds": round(seconds),
        "date": datetime.date.today(),
        "machine": f"{os.cpu_count()} CPU cores, {platform.machine()}, {platform.system()}, no GPU",
        "parameters": {
            "seed": SEED,
            "epochs": epochs,
            "batch_size": BATCH_SIZE,
            "learning_rate": LEARNING_RATE,
            "redraw_weight": REDRAW_WEIGHT,
            "dropout": DROPOUT,
            "shift": SHIFT,
            "head_epochs": HEAD_EPOCHS,
            "head_junk": JUNK,
            "head_noise": NOISE,
        },
        "versions": versions(),
    }
    OUT.mkdir(parents=True, exist_ok=True)
    write(OUT / f"{name}.npz", stream.getvalue())
    write_toml(OUT / f"{name}.toml", record)


def train_features(model, images, labels, epochs):
    """Train everything up to the features, under two heads that are thrown away: one names the class, one redraws."""
    features = model.output["features"]
    glorot = keras.initializers.GlorotUniform
    x = layers.Dropout(DROPOUT, seed=SEED + 101)(layers.ReLU()(features))
    classes = layers.Dense(10, activation="softmax", kernel_initializer=glorot(seed=SEED + 102), name="classes")(x)
    redraw = layers.Dense(28 * 28, activation="sigmoid", kernel_initializer=glorot(seed=SEED + 200), name="redrawn")
    trained = keras.Model(model.input, {"classes": classes, "redrawn": redraw(features)})
    trained.compile(
        keras.optimizers.Adam(cosine(LEARNING_RATE, epochs * (len(images) // BATCH_SIZE))),
        loss={"classes": "sparse_categorical_crossentropy", "redrawn": "binary_crossentropy"},
        loss_weights={"classes": 1.0, "redrawn": REDRAW_WEIGHT},
        metrics={"classes": ["accuracy"]},
    )
    random = np.random.default_rng(SEED)
    started = time.perf_counter()
    for epoch in range(epochs):
        order = random.permutation(len(images))[: len(images) // BATCH_SIZE * BATCH_SIZE]
        inputs = as_unit(shifted(images[order], random))
        targets = {"classes": labels[order].astype("int32"), "redrawn": inputs.reshape(len(inputs), -1)}
        history = trained.fit(
            inputs, targets, batch_size=BATCH_SIZE, shuffle=False, verbose=0, initial_epoch=epoch, epochs=epoch + 1
        ).history
        line = "  ".join(f"{key} {value[0]:.4f}" for key, value in history.items())
        print(f"  pass {epoch + 1}: {time.perf_counter() - started:.0f} s  {line}", flush=True)


def train_probabilities(model, images, labels):
    """Train the two layers from features to probabilities; the features stay as they are.

    Three copies of the training images, moved about, one of them with noise (a grainy seven is a seven); and images of
    nothing, whose class is to be "any of the ten, equally likely".
    """
    random = np.random.default_rng(SEED + 1)
    features, classes = [], []
    for amount in (0.0, 0.0, NOISE):
        moved = as_unit(shifted(images, random))
        amounts = random.uniform(0, amount, size=(len(images), 1, 1, 1)).astype("float32")
        moved += amounts * random.standard_normal(size=moved.shape, dtype="float32")
        features.append(features_of(model, np.clip(moved, 0, 1)))
        classes.append(np.eye(room.CLASSES)[labels])
    nothing = as_unit(junk(images, int(len(images) * JUNK), random))
    features.append(features_of(model, nothing))
    classes.append(np.full((len(nothing), room.CLASSES), 1 / room.CLASSES))
    features, classes = np.concatenate(features), np.concatenate(classes).astype("float32")

    inputs = keras.Input((room.FEATURES,))
    head = keras.Model(inputs, model.get_layer("probabilities")(model.get_layer("hidden")(inputs)))
    head.compile(
        keras.optimizers.Adam(cosine(LEARNING_RATE, HEAD_EPOCHS * (len(features) // 500))),
        loss="categorical_crossentropy",
    )
    history = head.fit(features, classes, batch_size=500, epochs=HEAD_EPOCHS, verbose=0).history
    print("  head: loss", " ".join(f"{value:.3f}" for value in history["loss"]), flush=True)


def features_of(model, images):
    return model.predict(images, batch_size=500, verbose=0)["features"]


def cosine(peak, steps):
    """Return a learning rate that warms up for 200 steps, then falls to 0 along a cosine."""
    return keras.optimizers.schedules.CosineDecay(peak / 10, steps, alpha=0.0, warmup_target=peak, warmup_steps=200)


def round_weights(model):
    """Round the weights of a model to float16, and return them."""
    arrays = room.get_weights(model)
    if not all(np.isfinite(array).all() for array in arrays.values()):
        raise ValueError("The evaluator's weights must fit into float16. Received: weights beyond 65504, or NaN")
    room.set_weights(model, arrays)
    return arrays


def junk(images, count, random):
    """Return uint8 images (count, 28, 28) of nothing, in seven kinds, as untrained and failing models draw them."""
    share = -(-count // 7)
    chosen = images[random.integers(len(images), size=share)]

    noise = random.uniform(0, 256, size=(share, 28, 28))
    flat = random.uniform(-64, 320, size=(share, 1, 1)) + random.uniform(0, 20) * random.normal(size=(share, 28, 28))

    blobs = random.normal(size=(share, 28, 28))
    for _ in range(int(random.integers(1, 12))):
        blobs = sum(np.roll(blobs, step, axis) for axis in (1, 2) for step in (-1, 1)) + blobs
    blobs = 128 + random.uniform(20, 200, size=(share, 1, 1)) * blobs / blobs.std()

    # What is left of an image without its edges, and of several laid over each other.
    smeared = 255 * blurred(as_unit(chosen), random.uniform(2.5, 4))[..., 0]
    averages = images[random.integers(len(images), size=(8, share))].mean(axis=0)

    # Every pixel from an image of its own: the brightness of each place is right, and nothing else.
    rows, columns = np.indices((28, 28))
    pixels = images[random.integers(len(images), size=(share, 28, 28)), rows, columns]

    # The 49 patches of 4x4 pixels of one image, in another order.
    patches = chosen.reshape(share, 7, 4, 7, 4).transpose(0, 1, 3, 2, 4).reshape(share, 49, 4, 4)
    order = random.permuted(np.tile(np.arange(49), (share, 1)), axis=1)
    patches = patches[np.arange(share)[:, None], order]
    patches = patches.reshape(share, 7, 7, 4, 4).transpose(0, 1, 3, 2, 4).reshape(share, 28, 28)

    kinds = np.concatenate([noise, flat, blobs, smeared, averages, pixels, patches])
    return np.clip(kinds, 0, 255).astype("uint8")[:count]


def shifted(images, random):
    """Return uint8 images (N, 28, 28), each moved by up to SHIFT whole pixels in both directions."""
    height, width = images.shape[1:]
    padded = np.pad(images, ((0, 0), (SHIFT, SHIFT), (SHIFT, SHIFT)))
    rows, columns = random.integers(0, 2 * SHIFT + 1, size=(2, len(images)))
    result = np.empty_like(images)
    for row in range(2 * SHIFT + 1):
        for column in range(2 * SHIFT + 1):
            chosen = (rows == row) & (columns == column)
            result[chosen] = padded[chosen, row : row + height, column : column + width]
    return result


def versions():
    import tensorflow as tf

    return {
        "python": platform.python_version(),
        "keras": keras.__version__,
        "tensorflow": tf.__version__,
        "numpy": np.__version__,
    }


def write_toml(path, record):
    import tomli_w  # only needed here, where records are written

    write(path, tomli_w.dumps(record).encode())


def write(path, content):
    """Write bytes to a temporary name, then move them into place."""
    temporary = path.with_name(path.name + ".part")
    temporary.write_bytes(content)
    os.replace(temporary, path)


if __name__ == "__main__":
    main()
