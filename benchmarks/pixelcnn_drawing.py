"""Drawing digits pixel by pixel: each number computed once, beside the whole image anew for each pixel.

    python benchmarks/pixelcnn_drawing.py [--rounds 5] [--images 64]

Both are one compiled loop over all pixels, with lesson 08's network, and give the same images from the same seed, which
is checked first. Every round times both, in turn; ratios are taken within the round, and their median is printed with
the smallest and largest. Tracing stays out of the times. The weights are untrained, which costs the same.
"""

import argparse
import json
import statistics

from gencourse import runtime  # first: it keeps TensorFlow's start-up lines away

# isort: split
import numpy as np
from common import ratios, time_in_turn

from gencourse import recipes

SHAPE = (28, 28, 1)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--images", type=int, default=64, help="drawn at once")
    parser.add_argument("--json", action="store_true", help="one line of JSON on stdout")
    options = parser.parse_args()

    runtime.set_seed(0)
    recipe = recipes.get("pixelcnn")
    model = recipe.build(dict(recipe.parameters), SHAPE, 0, 1)
    np.testing.assert_array_equal(
        model.generate(options.images, seed=1), model.generate(options.images, seed=1, naive=True)
    )

    def draw(naive):
        def run(times):
            for seed in range(times):
                model.generate(options.images, seed=seed, naive=naive)
            return times

        return run

    contenders = {"whole image anew": draw(True), "each number once": draw(False)}
    rates = time_in_turn(contenders, rounds=options.rounds, seconds=2.0, stride=1)
    result = {
        "machine": runtime.machine_words(),
        "images": options.images,
        "seconds": {name: statistics.median(1 / rate for rate in found) for name, found in rates.items()},
        "against_naive": ratios(rates, "each number once", "whole image anew"),
    }
    if options.json:
        print(json.dumps(result))
        return
    print(f"{result['machine']}; {options.images} images at once")
    for name, seconds in result["seconds"].items():
        print(f"{name:18}{seconds:8.3f} s")
    ratio = result["against_naive"]
    print(f"each number once is {ratio['ratio']:.0f} times as fast ({ratio['lowest']:.0f}–{ratio['highest']:.0f})")


if __name__ == "__main__":
    main()
