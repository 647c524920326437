"""The text VAE: bounds worked by hand, what each trick changes, and that it writes what its latents say."""

import math

import keras
import numpy as np
import pytest
import tensorflow as tf

from gencourse import data, latent_text, losses, text

LETTERS = text.CharacterTokenizer("abcdefgh \n")
V = LETTERS.vocabulary_size
WORDS = ["abc", "dab", "egh", "fabcad", "cad", "eh", "gabfed", "a"] * 6
ROWS = [LETTERS.encode("\n" + word + "\n") for word in WORDS]
TABLE = text.pad(ROWS)
BATCH = tf.constant(TABLE[:, :-1]), tf.constant(TABLE[:, 1:])


def make_model(*, latent_dim=3, scale=0.5, tokenizer=LETTERS, **options):
    """A small model with weights large enough that latents and tokens matter."""
    size = tokenizer.vocabulary_size
    model = latent_text.TextVAE(
        latent_text.build_encoder(vocabulary_size=size, latent_dim=latent_dim, embedding_dim=4, units=5),
        latent_text.build_decoder(vocabulary_size=size, latent_dim=latent_dim, embedding_dim=4, units=6),
        tokenizer,
        **{"seed": 3} | options,
    )
    rng = np.random.default_rng(1)
    for variable in model.trainable_variables:
        variable.assign(rng.normal(scale=scale, size=variable.shape))
    return model


def deaf_model(shares, tokenizer, **options):
    """A model that hears neither text nor latents and always says the same: an encoder at the prior."""
    model = make_model(scale=0.0, tokenizer=tokenizer, **options)
    model.decoder.head.bias.assign(np.log(shares))
    return model


def one_step(**options):
    model = make_model(**options)
    model.compile(optimizer=keras.optimizers.SGD(0.0))
    return {name: float(value) for name, value in model.train_step(BATCH).items()}


@pytest.mark.parametrize("samples", [1, 4])
def test_scores_worked_by_hand(samples):
    tokenizer = text.CharacterTokenizer("ab\n")  # padding, unknown, "\n", "a", "b"
    model = deaf_model([0.05, 0.05, 0.15, 0.5, 0.25], tokenizer)
    score = model.score(["aab", "b"], samples=samples)
    end = -math.log2(0.15)
    bits = 1 + 1 + 2 + end + 2 + end
    assert score["kl"] == 0.0
    assert score["characters"] == 6  # each text has its end
    assert score["bits_per_character"] == pytest.approx(bits / 6, rel=1e-5)
    assert score["elbo"] == score["reconstruction"] == pytest.approx(-bits / 2 * math.log(2), rel=1e-5)
    assert score["bound"] == pytest.approx(score["elbo"], rel=1e-6)
    assert score["perplexity"] == pytest.approx(2 ** (bits / 6), rel=1e-5)
    # What is unknown is left out, and counted.
    strange = model.score(["aéab", "b!"], samples=samples)
    assert (strange["characters"], strange["unknown"]) == (6, 2)
    assert strange["bits_per_character"] == pytest.approx(bits / 6, rel=1e-5)


def test_the_start_is_not_scored_however_long():
    tokenizer = text.CharacterTokenizer("ab\n")
    model = deaf_model([0.05, 0.05, 0.15, 0.5, 0.25], tokenizer, start="\nab\n")
    assert model.score(["a"])["elbo"] == pytest.approx(math.log(0.5 * 0.15), rel=1e-5)


def test_kl_and_bound_of_a_posterior_worked_by_hand():
    """An encoder that always says mean 1 and variance e: KL = (1 + e - 1 - 1) / 2 for each of three latents."""
    model = deaf_model(np.full(V, 1 / V), LETTERS)
    model.encoder.head.bias.assign([1.0] * 3 + [1.0] * 3)
    score = model.score(["abc"])
    assert score["kl"] == pytest.approx(3 * (math.e - 1) / 2, rel=1e-5)
    assert score["reconstruction"] == pytest.approx(-4 * math.log(V), rel=1e-5)
    assert score["elbo"] == pytest.approx(score["reconstruction"] - score["kl"], rel=1e-6)
    mean, log_variance = model.encode(["abc", "dab"])
    np.testing.assert_array_equal(mean, np.ones((2, 3)))
    np.testing.assert_array_equal(log_variance, np.ones((2, 3)))


def test_more_draws_come_closer_to_the_likelihood():
    """With one latent, p(x) is an integral that a fine grid can do."""
    model = make_model(latent_dim=1, scale=0.8)
    model.encoder.head.kernel.assign(np.zeros((10, 2)))
    model.encoder.head.bias.assign([0.3, 0.4])  # a little wider than the prior, and beside it
    grid = np.linspace(-6, 6, 601, dtype="float32")
    prior = np.exp(-0.5 * grid**2) / math.sqrt(2 * math.pi)
    tokens = np.tile(LETTERS.encode("\nfabcad\n"), (len(grid), 1))
    nats = losses.token_nats(model([tokens[:, :-1], grid[:, None]]), tokens[:, 1:]).numpy().sum(axis=1)
    log_p = math.log(np.trapezoid(np.exp(-nats.astype("float64")) * prior, grid))
    passages = ["fabcad"] * 200
    bounds = [model.score(passages, samples=k, seed=1)["bound"] for k in (1, 8, 200)]
    assert bounds[0] < bounds[1] < log_p + 0.01
    assert bounds[2] == pytest.approx(log_p, abs=0.03)
    assert model.score(passages, samples=200)["bound"] > model.score(passages, samples=200)["elbo"]


def test_what_is_charged():
    plain = one_step()
    assert plain["loss"] == pytest.approx(plain["reconstruction_loss"] + plain["kl"], rel=1e-5)
    half = one_step(kl_weight=0.5)
    assert half["loss"] == pytest.approx(half["reconstruction_loss"] + 0.5 * half["kl"], rel=1e-5)
    free = one_step(free_bits=10.0)  # more than any latent here spends
    assert free["loss"] == pytest.approx(free["reconstruction_loss"] + 3 * 10.0, rel=1e-5)
    cold = one_step(warm_up_steps=100)  # no step is behind it
    assert cold["loss"] == pytest.approx(cold["reconstruction_loss"], rel=1e-5)


def test_the_weight_of_the_kl_rises_to_what_was_asked_for():
    model = make_model(kl_weight=0.7, warm_up_steps=4)
    model.compile(optimizer=keras.optimizers.SGD(1e-3))
    seen = []
    for _ in range(6):
        seen.append(float(model._weight_of_kl()))
        model.train_step(BATCH)
    np.testing.assert_allclose(seen, [0.0, 0.175, 0.35, 0.525, 0.7, 0.7], rtol=1e-6)


def test_word_dropout_takes_inputs_out_and_never_the_first_nor_a_target():
    seen = []

    class Watched(latent_text.TextVAE):
        def _terms(self, inputs, targets, **options):
            seen.append((inputs.numpy(), targets.numpy()))
            return super()._terms(inputs, targets, **options)

    plain = make_model()
    model = Watched(plain.encoder, plain.decoder, LETTERS, word_dropout=0.5, seed=3)
    model.compile(optimizer=keras.optimizers.SGD(0.0))
    for _ in range(20):
        model.train_step(BATCH)
    inputs, targets = (np.stack(part) for part in zip(*seen, strict=True))
    np.testing.assert_array_equal(targets, np.broadcast_to(BATCH[1], targets.shape))
    np.testing.assert_array_equal(inputs[:, :, 0], LETTERS.encode("\n")[0])
    original = np.broadcast_to(BATCH[0], inputs.shape)
    there = original[:, :, 1:] != text.PADDING
    gone = inputs[:, :, 1:] != original[:, :, 1:]
    assert (inputs[:, :, 1:][gone] == text.PADDING).all()
    assert gone[there].mean() == pytest.approx(0.5, abs=0.03)
    model.test_step(BATCH)
    np.testing.assert_array_equal(seen[-1][0], BATCH[0])  # no gaps where the model is measured


def test_padding_changes_neither_posterior_nor_score():
    model = make_model()
    together = model.encode(["a", "gabfed"])
    np.testing.assert_allclose(together[0][0], model.encode(["a"])[0][0], rtol=1e-5, atol=1e-6)
    model.encoder.head.bias.assign([0.0] * 3 + [-60.0] * 3)  # hardly any noise
    alone = sum(model.score([word])["elbo"] for word in ("a", "gabfed")) / 2
    assert model.score(["a", "gabfed"])["elbo"] == pytest.approx(alone, rel=1e-5)


def test_the_encoder_reads_from_both_ends():
    model = make_model()
    mean, _ = model.encode(["abcdef", "bbcdef", "abcdee"])
    assert not np.allclose(mean[0], mean[1])
    assert not np.allclose(mean[0], mean[2])


def test_reading_in_pieces_equals_reading_at_once():
    decoder = make_model().decoder
    tokens = np.random.default_rng(0).integers(1, V, (4, 9)).astype("int32")
    latents = np.random.default_rng(1).normal(size=(4, 3)).astype("float32")
    whole = decoder([tokens, latents])
    state, pieces = decoder.begin(latents), []
    for a, b in ((0, 1), (1, 2), (2, 6), (6, 9)):
        logits, state = decoder.read(tokens[:, a:b], state)
        pieces.append(logits)
    np.testing.assert_allclose(np.concatenate(pieces, axis=1), whole, rtol=1e-4, atol=1e-5)
    nowhere = decoder.read(tokens, decoder.initial_state(4))[0]
    np.testing.assert_allclose(nowhere, decoder([tokens, np.zeros((4, 3), "float32")]), rtol=1e-5, atol=1e-6)
    assert not np.allclose(nowhere, whole, atol=1e-3)


def test_what_is_written_is_what_the_network_finds_likeliest():
    model = make_model(scale=1.0)
    latents = np.random.default_rng(2).normal(size=(5, 3)).astype("float32")
    for vector, written in zip(latents, model.decode(latents, length=6), strict=True):
        tokens = LETTERS.encode("\n" + written)[None]
        logits = model([tokens, vector[None]]).numpy()[0]
        logits[:, list(LETTERS.unwritten)] = -np.inf
        expected = LETTERS.encode(written + "\n")[:6]
        np.testing.assert_array_equal(logits.argmax(axis=-1)[:6], expected)


def test_a_small_model_learns_to_say_a_text_again():
    keras.utils.set_random_seed(0)
    model = latent_text.TextVAE(
        latent_text.build_encoder(vocabulary_size=V, latent_dim=4, embedding_dim=16, units=24),
        latent_text.build_decoder(vocabulary_size=V, latent_dim=4, embedding_dim=16, units=32),
        LETTERS,
        kl_weight=0.1,
    )
    model.compile(optimizer=keras.optimizers.Adam(0.01), steps_per_execution=50)
    model.fit(text.padded(ROWS, batch_size=32, seed=0), steps_per_epoch=300, verbose=0)
    words = WORDS[:8]
    assert model.reconstruct(words) == words
    score = model.score(words, samples=32)
    assert score["kl"] > 1.5
    assert score["bits_per_character"] < 2.0  # evenly chosen letters would need log2(12)
    assert len(set(model.generate(40, temperature=0.0, seed=1))) > 3  # what differs comes from the latents


def test_the_same_seed_writes_the_same_and_latents_can_be_given():
    model = make_model()
    assert model.generate(6, seed=1) == model.generate(6, seed=1)
    assert model.generate(6, seed=1) != model.generate(6, seed=2)
    latents = np.random.default_rng(0).normal(size=(6, 3)).astype("float32")
    given = model.generate(6, seed=1, latents=latents)
    assert given == model.decode(latents, temperature=1.0, seed=1)
    assert all("\n" not in one for one in given)
    assert all(len(one) <= 5 for one in model.generate(6, length=5, seed=3))


def test_save_and_load_keep_the_bound(tmp_path):
    model = make_model(warm_up_steps=9, word_dropout=0.3, free_bits=0.2, kl_weight=0.9, end=" \n", clip_norm=None)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras", safe_mode=True)
    assert loaded.settings() == model.settings()
    assert loaded.score(["abc", "eh"], samples=3, seed=4) == pytest.approx(
        model.score(["abc", "eh"], samples=3, seed=4)
    )


def test_resume_in_the_middle_of_the_warm_up_is_exact():
    def fresh():
        model = make_model(warm_up_steps=10, word_dropout=0.4)
        model.compile(optimizer=keras.optimizers.Adam(0.01))
        return model

    def fit(model, epochs, start):
        rows = (TABLE[:, :-1], TABLE[:, 1:])
        model.fit(
            data.batches(rows, batch_size=16, seed=1, start_step=start), epochs=epochs, steps_per_epoch=4, verbose=0
        )

    whole, half, again = fresh(), fresh(), fresh()
    fit(whole, 3, 0)
    fit(half, 1, 0)
    again.set_state(half.get_state())
    fit(again, 3, 4)
    theirs = whole.get_state()
    for name, value in again.get_state().items():
        np.testing.assert_array_equal(value, theirs[name], err_msg=name)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"kl_weight": -1.0}, r"at least 0.* Received: -1\.0"),
        ({"word_dropout": 1.5}, "a share"),
        ({"free_bits": -0.1}, "at least 0"),
        ({"start": ""}, "at least one character"),
        ({"end": "?"}, "not in the vocabulary"),
    ],
)
def test_bad_options_are_named(options, sentence):
    with pytest.raises(ValueError, match=sentence):
        make_model(**options)


def test_parts_that_do_not_fit_are_named():
    encoder = latent_text.build_encoder(vocabulary_size=V, latent_dim=3, embedding_dim=4, units=5)
    decoder = latent_text.build_decoder(vocabulary_size=V, latent_dim=4, embedding_dim=4, units=6)
    with pytest.raises(ValueError, match=r"equally many latents.*Received: 3 and 4"):
        latent_text.TextVAE(encoder, decoder, LETTERS)
    with pytest.raises(ValueError, match=rf"one vocabulary. Received: {V}, {V} and 5 tokens"):
        latent_text.TextVAE(encoder, decoder, text.CharacterTokenizer("ab\n"))


def test_wrong_requests_are_named():
    model = make_model()
    for call, sentence in (
        (lambda: model.score([]), "Received: an empty list"),
        (lambda: model.encode([]), "Received: an empty list"),
        (lambda: model.score(["a"], samples=0), "Received: 0"),
        (lambda: model.decode(np.zeros((2, 4))), r"Received: shape \(2, 4\)"),
        (lambda: model.decode(np.zeros((0, 3))), r"Received: shape \(0, 3\)"),
        (lambda: model.generate(2, latents=np.zeros((3, 3), "float32")), r"Received: latents of shape \(3, 3\)"),
        (lambda: model.generate(2, temperature=-1.0), "Received: -1"),
        (lambda: model.train_step(TABLE), "Expected pairs"),
    ):
        with pytest.raises(ValueError, match=sentence):
            call()
