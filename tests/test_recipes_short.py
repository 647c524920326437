"""Recipes of short texts: their data, what is measured of samples, and the likelihood of every kind of model."""

import keras
import numpy as np
import pytest

from gencourse import language, latent_text, metrics, recipes
from gencourse.recipes import comparison, short

SENTENCES = {"tokens": 400, "batch_size": 4}


@pytest.fixture(scope="module")
def examples():
    return recipes.ShortTexts("sentences", parameters=SENTENCES)


@pytest.fixture(scope="module")
def models(examples):
    """An untrained model of each kind, whose generators are the same network."""
    size = examples.form.vocabulary_size
    keras.utils.set_random_seed(1)
    network = language.build_recurrent(vocabulary_size=size, embedding_dim=8, units=(12,))
    for variable in network.trainable_variables:  # clearly uneven probabilities
        variable.assign(np.random.default_rng(2).normal(scale=0.8, size=variable.shape))
    sizes = {"vocabulary_size": size, "latent_dim": 3, "embedding_dim": 8, "units": 12}
    return {
        "likelihood": language.LanguageModel(network, examples.form, start=short.END),
        "vae": latent_text.TextVAE(
            latent_text.build_encoder(**sizes), latent_text.build_decoder(**sizes), examples.form
        ),
        "gan": latent_text.TextGAN(network, latent_text.build_discriminator(vocabulary_size=size), examples.form),
    }


def test_lines_are_of_seven_characters_and_held_out_ones_are_new():
    lines = recipes.ShortTexts("lines", parameters={"tokens": "characters"})
    assert {len(line) for line in (*lines.train, *lines.reference)} == {7}
    assert not set(lines.train) & set(lines.reference)
    assert len(set(lines.train)) == len(lines.train) > 20_000
    assert (lines.unit, lines.max_n) == ("characters", 3)


def test_batches_hold_whole_texts_between_their_ends(examples):
    inputs, targets = next(iter(examples.stream(batch_size=4, seed=0)))
    for given, wanted in zip(inputs.numpy(), targets.numpy(), strict=True):
        text = examples.form.decode(wanted[wanted > 0])
        assert text.endswith("\n")
        assert text[:-1] in examples.train
        assert examples.form.decode(given[given > 0]).startswith("\n")


def test_measures_by_hand(examples):
    real = list(examples.train[:3])
    scores = examples.evaluate([*real, real[0], "Xylophones hum."])
    assert scores["n"] == 5
    assert scores["different"] == pytest.approx(4 / 5)
    assert scores["copied"] == pytest.approx(4 / 5)
    assert scores["mean_length"] == pytest.approx((sum(map(len, real)) + len(real[0]) + 15) / 5)
    assert scores["self_bleu"] == pytest.approx(metrics.self_bleu([*real, real[0], "Xylophones hum."]))
    assert examples.evaluate(["", "a"])["distinct_3"] == 0.0


def test_temperature_reaches_every_model(examples, models):
    for kind, model in models.items():
        cold, warm = (len(set(examples.write(model, 12, seed=3, temperature=t))) for t in (0.0, 1.0))
        assert warm > 6, kind
        assert cold == 1 or kind == "vae"  # whose latents still differ
    assert examples.write(models["gan"], 4, seed=3, temperature=0.0)[0] != ""


def test_only_a_language_model_takes_a_prompt(examples, models):
    assert all(text.startswith("She ") for text in examples.write(models["likelihood"], 3, seed=0, prompt="She "))
    for kind in ("vae", "gan"):
        with pytest.raises(ValueError, match="begins and ends texts itself"):
            examples.write(models[kind], 3, seed=0, prompt="She ")


def test_a_game_s_generator_is_scored_as_the_language_model_that_it_is(examples, models):
    some = list(examples.reference[:5])
    plain, game = (recipes.likelihood(models[kind], some) for kind in ("likelihood", "gan"))
    assert game == pytest.approx(plain)
    assert plain["characters"] == sum(map(len, some)) + 5
    bound = recipes.likelihood(models["vae"], some)
    assert bound["characters"] == plain["characters"]
    assert "kl" in bound


def test_quality_is_measured_at_each_temperature(examples, models, monkeypatch):
    monkeypatch.setattr(short.ShortTexts, "drawn", 12)
    monkeypatch.setattr(examples, "reference", examples.reference[:20])
    scores = short.quality_and_diversity(models["likelihood"], examples)
    for temperature in short.TEMPERATURES:
        alone = examples.evaluate(examples.write(models["likelihood"], 12, seed=0, temperature=temperature))
        assert scores[f"self_bleu_at_{temperature}"] == pytest.approx(alone["self_bleu"])
        assert scores[f"reference_bleu_at_{temperature}"] == pytest.approx(alone["reference_bleu"])
    assert len({round(scores[f"self_bleu_at_{t}"], 6) for t in short.TEMPERATURES}) == len(short.TEMPERATURES)


def test_wrong_sources_are_refused():
    with pytest.raises(ValueError, match="Received: 'austen'"):
        recipes.ShortTexts("austen")
    with pytest.raises(ValueError, match=r"holdout=0\.5"):
        recipes.ShortTexts("sentences", holdout=0.5)


def test_training_that_began_with_another_counts_both(monkeypatch):
    seconds = {"sentence-rnn": 1.0, "text-gan": 3.0}

    def train(recipe, **_):
        return recipes.Run(None, {"seconds": seconds[recipe.name], "steps": 100})

    monkeypatch.setattr(comparison, "train", train)
    game, plain = (comparison.load_row("13", name) for name in ("gumbel", "sentences"))
    alone = comparison.training_seconds(plain)
    assert alone == pytest.approx(1.0 * plain.settings["parameters"]["steps"] / 100)
    assert comparison.training_seconds(game) == pytest.approx(alone + 3.0 * game.settings["parameters"]["steps"] / 100)
