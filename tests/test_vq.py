"""VQ-VAE: nearest codes, gradients that pass straight through, codes that move, a prior that looks back only."""

import itertools
import math

import keras
import numpy as np
import pytest
import tensorflow as tf

from gencourse import sampling, vq

GRID, K, D = (3, 4), 6, 2
NORMAL = np.random.default_rng(0).standard_normal
IMAGES = np.random.default_rng(1).random((24, 6, 8, 1)).astype("float32")
LABELS = np.arange(24, dtype="int32") % 2
CODES = np.random.default_rng(2).integers(0, K, (5, *GRID)).astype("int32")


def numbers(*values):
    return np.array(values, "float32")[:, None]


def make_codebook(vectors, **options):
    codebook = vq.Codebook(len(vectors), vectors.shape[-1], **options)
    codebook.vectors.assign(vectors)
    return codebook


def make_prior(classes=None, *, lively=True, **options):
    keras.utils.set_random_seed(3)
    prior = vq.CodePrior(grid=GRID, codes=K, embedding_dim=3, filters=8, depth=2, classes=classes, **options)
    if lively:  # clearly uneven probabilities, that depend on everything
        for variable in prior.trainable_variables:
            variable.assign(np.random.default_rng(4).normal(scale=0.5, size=variable.shape))
    return prior


def make(classes=None, *, prior=True, codebook=None, **options):
    keras.utils.set_random_seed(1)
    sizes = {"block_size": 2, "filters": 8, "residual_blocks": 1, "code_dim": D}
    model = vq.VQVAE(
        vq.build_encoder(input_shape=(6, 8, 1), **sizes),
        vq.build_decoder(output_shape=(6, 8, 1), **sizes),
        vq.Codebook(K, D, **codebook or {}),
        make_prior(classes) if prior else None,
        **options,
    )
    model.compile(**{role: keras.optimizers.Adam(3e-3) for role in model.optimizer_roles})
    return model


def train(model, steps=4, labels=None):
    arrays = IMAGES if labels is None else (IMAGES, labels)
    stream = tf.data.Dataset.from_tensor_slices(arrays).repeat().batch(12, drop_remainder=True)
    return model.fit(stream, epochs=1, steps_per_epoch=steps, verbose=0).history


def test_nearest_code_by_looking_at_all():
    x, vectors = NORMAL((4, 5, 3)).astype("float32"), NORMAL((7, 3)).astype("float32")
    found = np.asarray(vq.nearest_codes(x, vectors))
    for place in itertools.product(range(4), range(5)):
        assert found[place] == np.argmin([((x[place] - vector) ** 2).sum() for vector in vectors])
    codebook = make_codebook(vectors)
    np.testing.assert_array_equal(codebook.nearest(x), found)
    np.testing.assert_allclose(codebook(x), vectors[found], atol=1e-6)


def test_gradients_pass_as_if_nothing_was_replaced():
    codebook, weights = make_codebook(NORMAL((7, 3)).astype("float32")), NORMAL((4, 3)).astype("float32")
    x = tf.Variable(NORMAL((4, 3)).astype("float32"))
    with tf.GradientTape() as tape:
        y = tf.reduce_sum(weights * codebook(x))
    np.testing.assert_allclose(tape.gradient(y, x), weights, atol=1e-6)


def test_without_the_trick_no_gradient_arrives():
    codebook, x = make_codebook(NORMAL((7, 3)).astype("float32")), tf.Variable(NORMAL((4, 3)).astype("float32"))
    with tf.GradientTape() as tape:
        y = tf.reduce_sum(codebook.look_up(codebook.nearest(x)))
    assert tape.gradient(y, x) is None


def test_codes_move_to_running_means():
    codebook = make_codebook(numbers(0, 10, 50), decay=0.5, restart_below=0.0)
    x = numbers(1, 3, 9)
    np.testing.assert_array_equal(codebook.nearest(x), [0, 0, 1])
    assert codebook.learn(x, codebook.nearest(x), seed=0) == 0
    np.testing.assert_allclose(codebook.hits, [1.0, 0.5, 0.0])  # half of what was counted
    np.testing.assert_allclose(codebook.vectors, numbers(2, 9, 50))  # the means at once; the unused one stays
    x = numbers(2, 8, 8)
    codebook.learn(x, codebook.nearest(x), seed=0)
    np.testing.assert_allclose(codebook.hits, [1.0, 1.25, 0.0])
    np.testing.assert_allclose(codebook.vectors, numbers(2, (2.25 + 8) / 1.25, 50), rtol=1e-6)


def test_a_code_without_use_begins_anew_in_the_batch():
    codebook = make_codebook(numbers(0, 10, 50), decay=0.5, restart_below=0.2)
    x = numbers(1, 3, 9)
    assert codebook.learn(x, codebook.nearest(x), seed=0) == 1
    assert float(codebook.vectors[2, 0]) in (1.0, 3.0, 9.0)
    np.testing.assert_allclose(codebook.hits, [1.0, 0.5, 1.0])  # the new one counts as if it had an equal share
    np.testing.assert_allclose(codebook.vectors[:2], numbers(2, 9))
    np.testing.assert_allclose(codebook.sums[2], codebook.vectors[2])


@pytest.mark.parametrize(("restart_below", "least", "most"), [(0.0, 1, 2), (0.05, 15, 16)])
def test_restarts_save_a_codebook_that_begins_far_away(restart_below, least, most):
    keras.utils.set_random_seed(0)
    codebook = vq.Codebook(16, 4, restart_below=restart_below, initial_std=100.0)
    seeds = keras.random.SeedGenerator(0)
    for _ in range(30):
        x = NORMAL((256, 4)).astype("float32")
        codes = codebook.nearest(x)
        codebook.learn(x, codes, seed=seeds)
    assert least <= len(set(np.asarray(codebook.nearest(x)))) <= most


def test_perplexity_by_hand():
    assert float(vq.perplexity(np.ones(4, "float32"))) == pytest.approx(4.0)
    assert float(vq.perplexity(np.array([0.0, 3.0, 0.0], "float32"))) == pytest.approx(1.0)
    assert float(vq.perplexity(np.array([2.0, 1.0, 1.0], "float32"))) == pytest.approx(math.exp(1.5 * math.log(2)))


def test_losses_by_hand():
    model = make(prior=False, commitment_weight=0.5)
    vectors = np.asarray(model.encoder(IMAGES))
    used = np.asarray(model.codebook(vectors))
    errors = np.asarray(model.decoder(used)) - IMAGES
    commitment = np.mean((vectors - used) ** 2)
    for name, expected in (("absolute_error", np.abs(errors).mean()), ("squared_error", (errors**2).mean())):
        model.loss_name = name
        loss, reconstruction, measured, _, _ = model._step(IMAGES, training=False)
        assert float(reconstruction) == pytest.approx(expected, rel=1e-4)
        assert float(measured) == pytest.approx(commitment, rel=1e-4)
        assert float(loss) == pytest.approx(expected + 0.5 * commitment, rel=1e-4)


def test_who_moves_what():
    """The prior reads the codes and changes nothing in them: with it and without, the autoencoder becomes the same."""
    with_prior, alone = make(), make(prior=False)
    train(with_prior), train(alone)
    for ours, theirs in zip(with_prior.autoencoder.weights, alone.autoencoder.weights, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-6)
    assert not any("vectors" in v.path for v in alone.trainable_variables)
    assert any("vectors" in v.path for v in make(codebook={"learning": "gradient"}).autoencoder.trainable_variables)


@pytest.mark.parametrize("learning", vq.LEARNING)
def test_training_lowers_the_losses(learning):
    model = make(codebook={"learning": learning}, loss="squared_error")
    train(model, 10)
    early = {name: values[-1] for name, values in model.training_history.items()}
    model.epochs_done = 0
    train(model, 150)
    late = {name: values[-1] for name, values in model.training_history.items()}
    assert late["reconstruction_loss"] < early["reconstruction_loss"]
    assert late["code_nats"] < early["code_nats"]


@pytest.mark.parametrize("gated", [True, False], ids=["gated", "ReLU"])
def test_the_prior_looks_back_only_and_has_no_blind_spot(gated):
    prior = make_prior(gated=gated)
    places = math.prod(GRID)
    logits = prior(CODES).numpy().reshape(5, places, K)
    moved = np.zeros((places, places), bool)
    for place in range(places):
        changed = CODES.reshape(5, -1).copy()
        changed[:, place] = (changed[:, place] + 1) % K
        other = prior(changed.reshape(5, *GRID)).numpy().reshape(5, places, K)
        np.testing.assert_array_equal(other[:, : place + 1], logits[:, : place + 1])
        moved[place] = np.abs(other - logits).max(axis=(0, 2)) > 0
    np.testing.assert_array_equal(moved, np.triu(np.ones((places, places), bool), 1))


@pytest.mark.parametrize("classes", [None, 2])
def test_reading_code_by_code_equals_reading_at_once(classes):
    prior = make_prior(classes, kernel_size=(3, 5))
    labels = None if classes is None else tf.constant(LABELS[:5])
    whole = prior(CODES if classes is None else [CODES, labels]).numpy()
    memory = prior.begin(5)
    for place, (row, column) in enumerate(itertools.product(*map(range, GRID))):
        logits, memory = prior.read(place, memory, labels)
        np.testing.assert_allclose(logits, whole[:, row, column], rtol=1e-4, atol=1e-4)
        memory = prior.write(place, CODES[:, row, column], memory)


@pytest.mark.parametrize("rules", [{}, {"temperature": 0.6}, {"top_k": 2}, {"temperature": 0.0}], ids=str)
def test_drawing_equals_asking_the_whole_network_each_time(rules):
    model, seed, n = make(2), 7, 9
    labels = np.arange(n, dtype="int32") % 2
    codes = np.zeros((n, math.prod(GRID)), "int32")
    for place in range(codes.shape[1]):
        logits = model.prior([codes.reshape(n, *GRID), labels]).numpy().reshape(n, -1, K)[:, place]
        if rules.get("temperature") == 0.0:
            codes[:, place] = logits.argmax(axis=-1)
            continue
        logits = logits / rules.get("temperature", 1.0)
        if "top_k" in rules:
            logits = sampling.keep_top_k(logits, rules["top_k"])
        codes[:, place] = sampling.draw(logits, (seed, place))
    drawn = model.generate_codes(n, seed=seed, **rules)
    np.testing.assert_array_equal(drawn, codes.reshape(n, *GRID))
    np.testing.assert_array_equal(model.generate(n, seed=seed, **rules), model.decode(drawn))


def test_drawn_codes_have_the_prior_s_shares():
    model, n = make(), 4000
    expected = keras.ops.softmax(model.prior(CODES[:1])).numpy()[0, 0, 0]
    shares = np.bincount(model.generate_codes(n, seed=1)[:, 0, 0], minlength=K) / n
    np.testing.assert_allclose(shares, expected, atol=4 / math.sqrt(n))


def test_labels_matter():
    model = make(2)
    one, other = (model.generate_codes(40, seed=1, labels=label) for label in (0, 1))
    assert not np.array_equal(one, other)
    in_turn = model.generate_codes(40, seed=1)
    np.testing.assert_array_equal(in_turn, model.generate_codes(40, seed=1, labels=np.arange(40) % 2))
    assert not np.allclose(model.code_nats(CODES, 0), model.code_nats(CODES, 1))


def test_complete_keeps_the_rows_that_are_given():
    model = make(2)
    np.testing.assert_array_equal(model.complete(IMAGES, rows=GRID[0]), model.reconstruct(IMAGES))
    np.testing.assert_array_equal(model.complete(IMAGES, rows=0, seed=5), model.generate(24, seed=5))
    kept = []
    model.decode = lambda codes: kept.append(codes)
    model.complete(IMAGES, rows=2, seed=5)
    codes = model.encode(IMAGES)
    np.testing.assert_array_equal(kept[0][:, :2], codes[:, :2])
    assert (kept[0][:, 2:] != codes[:, 2:]).any()


def test_nats_of_codes():
    model = make()
    nats = -np.log(keras.ops.softmax(model.prior(CODES)).numpy())
    expected = np.take_along_axis(nats, CODES[..., None], -1)[..., 0].sum(axis=(1, 2))
    np.testing.assert_allclose(model.code_nats(CODES), expected, rtol=1e-4)
    np.testing.assert_allclose(model.code_nats(IMAGES), model.code_nats(model.encode(IMAGES)), rtol=1e-5)
    for variable in (model.prior.logits.kernel, model.prior.logits.bias):  # a prior that knows nothing
        variable.assign(np.zeros(variable.shape))
    np.testing.assert_allclose(model.code_nats(CODES), math.prod(GRID) * math.log(K), rtol=1e-5)


def test_scores():
    model = make(2)
    scores = model.score(IMAGES, LABELS)
    assert scores["squared_error"] == pytest.approx(np.mean((model.reconstruct(IMAGES) - IMAGES) ** 2), rel=1e-5)
    codes = model.encode(IMAGES)
    assert codes.shape == (24, *GRID)
    assert scores["used"] == len(np.unique(codes)) / K
    assert 1.0 <= scores["perplexity"] <= K * scores["used"] + 1e-5
    assert scores["nats_per_code"] == pytest.approx(scores["code_nats"] / 12)
    assert set(make(prior=False).score(IMAGES)) == {"squared_error", "perplexity", "used"}


def test_decoded_codes_come_from_their_vectors():
    model = make()
    expected = model.decoder(np.asarray(model.codebook.vectors)[CODES])
    np.testing.assert_allclose(model.decode(CODES), expected, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(model(IMAGES), model.reconstruct(IMAGES), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: vq.Codebook(1, 4), "Received: 1 of 4"),
        (lambda: vq.Codebook(4, 4, learning="hope"), "Received: 'hope'"),
        (lambda: vq.Codebook(4, 4, decay=1.0), r"Received: 1\.0"),
        (lambda: vq.CodePrior(first_rows=0), "first_rows=0"),
        (lambda: vq.CodePrior(grid=(0, 3)), r"grid=\(0, 3\)"),
        (lambda: vq.build_encoder(block_size=3), "Received: 28 × 28"),
        (lambda: vq.build_decoder(block_size=3), "Received: 28 × 28"),
        (lambda: make(loss="hinge"), "Received: 'hinge'"),
        (lambda: make(commitment_weight=-1.0), r"Received: -1\.0"),
        (lambda: make(label_dropout=2.0), r"Received: 2\.0"),
        (lambda: make().encode(IMAGES[..., 0]), "Received: a batch of shape"),
        (lambda: make().decode(CODES + K), "Received: int32"),
        (lambda: make().decode(CODES.astype("float32")), "Received: float32"),
        (lambda: make().generate(0), "Received: 0"),
        (lambda: make().generate(2, temperature=-1.0), r"Received: -1\.0"),
        (lambda: make().generate(2, top_k=0), "Received: 0"),
        (lambda: make().generate(2, labels=1), "Received: labels"),
        (lambda: make(2).generate(2, labels=[0, 2]), r"from 0 to 1.*Received: int64"),
        (lambda: make(2).code_nats(CODES), "Received: labels=None"),
        (lambda: make().complete(IMAGES, rows=4), "Received: 4"),
        (lambda: make(prior=False).generate(2), "Received: prior=None"),
        (lambda: make(prior=False).code_nats(CODES), "Received: prior=None"),
        (lambda: train(make(2)), "Received: a batch of shape"),
        (lambda: make_prior(2)(CODES), "Received"),
    ],
)
def test_wrong_arguments_are_named(call, sentence):
    with pytest.raises(ValueError, match=sentence):
        call()


def test_parts_that_do_not_fit_are_named():
    encoder, decoder = vq.build_encoder(code_dim=4, filters=4), vq.build_decoder(code_dim=4, filters=4)
    with pytest.raises(ValueError, match="codes of 3 numbers"):
        vq.VQVAE(encoder, decoder, vq.Codebook(5, 3))
    with pytest.raises(ValueError, match=r"maps \(7, 7\) of 5 codes. Received: one of maps \(7, 7\) of 6"):
        vq.VQVAE(encoder, decoder, vq.Codebook(5, 4), vq.CodePrior(codes=6, filters=4))


@pytest.mark.parametrize("guidance", [0.0, 2.5])
def test_guidance_goes_from_no_class_to_the_class_and_beyond(guidance):
    model, n = make(2), 9
    labels = np.arange(n, dtype="int32") % 2
    codes = np.zeros((n, math.prod(GRID)), "int32")
    for place in range(codes.shape[1]):
        told, untold = (
            model.prior([codes.reshape(n, *GRID), classes]).numpy().reshape(n, -1, K)[:, place]
            for classes in (labels, np.full(n, 2))
        )
        codes[:, place] = sampling.draw(untold + guidance * (told - untold), (7, place))
    np.testing.assert_array_equal(model.generate_codes(n, seed=7, guidance=guidance), codes.reshape(n, *GRID))


def test_a_model_keeps_its_temperature_and_guidance():
    model = make(2, temperature=0.5, guidance=2.0)
    drawn = model.generate_codes(20, seed=1)
    np.testing.assert_array_equal(drawn, make(2).generate_codes(20, seed=1, temperature=0.5, guidance=2.0))
    assert not np.array_equal(drawn, model.generate_codes(20, seed=1, temperature=1.0))
    assert not np.array_equal(drawn, model.generate_codes(20, seed=1, guidance=1.0))


def test_labels_are_dropped_in_training():
    """With all labels dropped the class vectors of real classes never move, and that of "no class" does."""
    model = make(2, label_dropout=1.0)
    before = model.prior.told.embeddings.numpy()
    train(model, labels=LABELS)
    after = model.prior.told.embeddings.numpy()
    np.testing.assert_array_equal(after[:2], before[:2])
    assert (after[2] != before[2]).any()
