"""The recipe of lesson 12: what is measured of held-out images, switches for a collapse, and its checkpoint."""

import numpy as np
import pytest

from gencourse import data, metrics, recipes
from gencourse.recipes import checkpoints, vq

SMALL = {"filters": 8, "codes": 16, "code_dim": 4, "prior_filters": 8, "prior_depth": 1, "embedding_dim": 4}


@pytest.fixture(scope="module")
def run():
    return recipes.train(recipes.get("vqvae"), steps=60, changes=SMALL)


@pytest.fixture(scope="module")
def examples():
    fashion = recipes.Images("fashion")
    fashion.reference, fashion.reference_labels = fashion.reference[:300], fashion.reference_labels[:300]
    return fashion


def test_measures_of_held_out_images(run, examples):
    scores = vq.codes_of_held_out(run.model, examples)
    images = data.to_unit(examples.reference)
    again = np.clip(run.model.reconstruct(images), 0.0, 1.0)
    assert scores["psnr"] == pytest.approx(float(metrics.psnr(again, images).mean()))
    assert 0 < scores["code_nats"] < 49 * np.log(16) * 1.1
    assert scores["code_nats"] == pytest.approx(run.model.code_nats(images, examples.reference_labels).mean(), rel=1e-4)
    assert 0 < scores["used"] <= 1
    assert 1 <= scores["perplexity"] <= 16
    judged = metrics.evaluate_images(again, images, metrics.load_evaluator("fashion"))
    assert scores["reconstruction_frechet"] == pytest.approx(judged["frechet"], rel=1e-3)


def test_a_codebook_can_be_made_to_collapse(examples):
    images = data.to_unit(examples.reference)
    use = {}
    for name, changes in {
        "the lesson's": {},
        "no restarts": {"restart_below": 0.0},
        "by gradient, a bad start": {"learning": "gradient", "restart_below": 0.0, "initial_std": 10.0},
    }.items():
        model = recipes.train(recipes.get("vqvae"), steps=60, changes=SMALL | changes).model
        use[name] = model.code_use(images)["used"]
    assert use["the lesson's"] > 0.8
    assert use["by gradient, a bad start"] < 0.3
    assert use["no restarts"] < use["the lesson's"]


def test_a_checkpoint_draws_and_reconstructs(run, examples, tmp_path):
    checkpoints.save_checkpoint(run.model, tmp_path / "kept.npz")
    recipe = recipes.get("vqvae")
    fresh = recipe.build(recipe.with_parameters(SMALL), (28, 28, 1), 1, 1)
    with np.load(tmp_path / "kept.npz", allow_pickle=False) as file:
        for name, network in fresh.sampling_networks().items():
            kept = sorted(key for key in file if key.startswith(f"{name}/"))
            network.set_weights([file[k].astype(w.dtype) for k, w in zip(kept, network.get_weights(), strict=True)])
    images = data.to_unit(examples.reference[:40])
    assert np.mean(fresh.encode(images) == run.model.encode(images)) > 0.95  # float16 may move a vector over an edge
    assert np.mean(fresh.generate_codes(40, seed=1) == run.model.generate_codes(40, seed=1)) > 0.8


def test_the_lesson_s_checkpoint_is_small_enough(tmp_path):
    recipe = recipes.get("vqvae")
    model = recipe.build(recipe.parameters, (28, 28, 1), 0, 1)
    checkpoints.save_checkpoint(model, tmp_path / "kept.npz")
    assert (tmp_path / "kept.npz").stat().st_size <= 2_000_000
