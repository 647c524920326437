"""Draws docs/results.png, the README's picture, from the recorded checkpoint of lesson 01 and one fresh training.

python docs/make_results.py
"""

from pathlib import Path

from gencourse import runtime  # first: it keeps TensorFlow's start-up lines away

# isort: split
import numpy as np

from gencourse import callbacks, data, recipes, viz

SAMPLES, SEED = 64, 1


def main():
    recipe = recipes.get("gan")
    epochs = recipe.parameters["epochs"]
    frames = callbacks.SampleFrames(n=SAMPLES, seed=SEED, keep=data.to_unit)
    run = recipes.train(recipe, seed=SEED, more_callbacks=[frames, callbacks.Progress()])
    seconds = run.settings["seconds"]
    third = round(epochs / 3)
    noise = np.random.default_rng(SEED).random((SAMPLES, 28, 28))
    picture = viz.compare_grids(
        {
            "noise": noise,
            "0 s": frames.frames[0],
            f"{seconds * third / epochs:.0f} s": frames.frames[third],
            f"{seconds:.0f} s": frames.frames[-1],
            "real": data.to_unit(data.load_images("digits").test_images[:SAMPLES]),
        },
        scale=1.1,
    )
    Path(__file__).with_name("results.png").write_bytes(picture.png())
    print(f"{runtime.machine_words()}: {seconds:.0f} s of training")


if __name__ == "__main__":
    main()
