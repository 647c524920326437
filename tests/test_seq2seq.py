"""Translating networks: whole targets against single steps, masks, attention, training, keeping, errors."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from gencourse import data, losses, seq2seq, text

SOURCES, TARGETS = text.CharacterTokenizer("abcdefg "), text.CharacterTokenizer("uvwxyz\n")
V = TARGETS.vocabulary_size
KINDS = ("recurrent", "rotary", "learned")
each_kind = pytest.mark.parametrize("kind", KINDS)


def make_network(kind, sources=SOURCES, targets=TARGETS, *, seed=1, **options):
    sizes = {"source_vocabulary_size": sources.vocabulary_size, "target_vocabulary_size": targets.vocabulary_size}
    if kind == "recurrent":
        network = seq2seq.build_recurrent_translator(**sizes, **{"embedding_dim": 5, "units": 8} | options)
    else:
        wanted = {"context": 12, "depth": 2, "heads": 2, "width": 8, "positions": kind} | options
        network = seq2seq.build_transformer_translator(**sizes, **wanted)
    rng = np.random.default_rng(seed)  # an untrained transformer hands its input through, which would prove little
    for variable in network.trainable_variables:
        variable.assign(rng.normal(scale=0.6, size=variable.shape))
    return network


def make_model(kind, **options):
    return seq2seq.Translator(make_network(kind), SOURCES, TARGETS, **options)


@pytest.fixture(scope="module")
def networks():
    return {kind: make_network(kind) for kind in KINDS}


@pytest.fixture(scope="module")
def models():
    return {kind: make_model(kind) for kind in KINDS}


def random_tokens(shape, size, seed=0):
    return np.random.default_rng(seed).integers(2, size, shape).astype("int32")


def padded(tokens, extra):
    return np.pad(tokens, [(0, 0), (0, extra)])


@each_kind
@pytest.mark.parametrize("beam", [1, 3])
def test_step_by_step_equals_the_whole(networks, kind, beam):
    network, length = networks[kind], 7
    source = random_tokens((2, 6), SOURCES.vocabulary_size)
    source[1, 4:] = 0
    written = random_tokens((2 * beam, length), V, seed=3)  # the translations of one source follow each other
    whole = network([np.repeat(source, beam, axis=0), written]).numpy()
    assert whole.shape == (2 * beam, length, V)
    state = network.begin(network.encode(source), length, beam)
    for t in range(length):
        logits, state = network.step(tf.constant(written[:, t]), state)
        np.testing.assert_allclose(logits, whole[:, t], atol=1e-4)
    assert int(state.position) == length
    assert np.ptp(whole) > 0.5  # there was something to compare


@each_kind
def test_a_later_token_changes_no_earlier_logit(networks, kind):
    source, written = random_tokens((2, 5), SOURCES.vocabulary_size), random_tokens((2, 8), V)
    before = networks[kind]([source, written]).numpy()
    for t in range(8):
        changed = written.copy()
        changed[:, t] = (written[:, t] - 1) % V
        after = networks[kind]([source, changed]).numpy()
        np.testing.assert_array_equal(after[:, :t], before[:, :t])
        assert np.abs(after[:, t] - before[:, t]).max() > 1e-3


@each_kind
def test_every_token_of_the_source_counts(networks, kind):
    source, written = random_tokens((1, 6), SOURCES.vocabulary_size), random_tokens((1, 4), V)
    before = networks[kind]([source, written]).numpy()
    for s in range(6):
        changed = source.copy()
        changed[0, s] = 2 + (source[0, s] - 1) % (SOURCES.vocabulary_size - 2)
        assert np.abs(networks[kind]([changed, written]).numpy() - before).max() > 1e-4
    order = networks[kind]([source[:, ::-1], written]).numpy()
    assert np.abs(order - before).max() > 1e-3


@each_kind
def test_padding_changes_nothing(networks, models, kind):
    network = networks[kind]
    source, written = random_tokens((3, 5), SOURCES.vocabulary_size), random_tokens((3, 4), V)
    source[1, 3:], source[2, 1:] = 0, 0  # of three lengths
    before = network([source, written]).numpy()
    for extra in (1, 6):
        np.testing.assert_allclose(network([padded(source, extra), written]), before, atol=1e-5)
    np.testing.assert_allclose(network([source, padded(written, 3)])[:, :4], before, atol=1e-5)
    for row, length in enumerate((5, 3, 1)):  # alone, or among longer ones
        alone = network([source[row : row + 1, :length], written[row : row + 1]])
        np.testing.assert_allclose(alone, before[row : row + 1], atol=1e-5)
    memory, longer = network.encode(source), network.encode(padded(source, 6))
    there = memory.there.numpy()
    np.testing.assert_allclose(longer.places.numpy()[:, :5][there], memory.places.numpy()[there], atol=1e-5)
    texts = ["a", "abc", "gfedcba", "bb b"]
    together = models[kind].translate(texts, max_length=9)
    assert together == [models[kind].translate(text, max_length=9)[0] for text in texts]


@each_kind
def test_attention_sums_to_one_and_leaves_padding_out(networks, kind):
    source, written = random_tokens((2, 6), SOURCES.vocabulary_size), random_tokens((2, 4), V)
    source[1, 2:] = 0
    weights = networks[kind].attention(source, written).numpy()
    assert weights.shape == (2, 4, 6)
    assert weights.min() >= 0
    np.testing.assert_allclose(weights.sum(axis=-1), 1.0, atol=1e-5)
    np.testing.assert_array_equal(weights[1, :, 2:], 0.0)
    assert (weights[1, :, :2] > 0).all()


def test_heads_and_layers_of_attention(networks):
    network = networks["rotary"]
    source, written = random_tokens((1, 5), SOURCES.vocabulary_size), random_tokens((1, 3), V)
    heads = [network.attention(source, written, head=head).numpy() for head in range(2)]
    np.testing.assert_allclose(network.attention(source, written), np.mean(heads, axis=0), atol=1e-6)
    np.testing.assert_array_equal(network.attention(source, written, layer=1, head=0), heads[0])
    first = network.attention(source, written, layer=0, head=0).numpy()
    assert np.abs(first - heads[0]).max() > 1e-3
    for wrong in ({"layer": 2}, {"layer": -3}, {"head": 2}, {"head": -1}):
        with pytest.raises(ValueError, match=r"2 layers of 2 heads. Received"):
            network.attention(source, written, **wrong)


def test_additive_attention_by_hand():
    layer = seq2seq.AdditiveAttention(1)
    layer.build((None, None, 1), (None, None, 1))
    for variable in layer.trainable_variables:
        variable.assign(np.zeros(variable.shape) if "bias" in variable.path else np.ones(variable.shape))
    memory = np.array([[[0.0], [1.0], [9.0]]], "float32")
    there = np.array([[True, True, False]])
    means, weights = layer(np.array([[[0.5]]], "float32"), layer.keys(memory), memory, there)
    scores = np.exp(np.tanh([0.5, 1.5]))  # v·tanh(W q + U m) with all weights 1
    np.testing.assert_allclose(weights[0, 0], [*(scores / scores.sum()), 0.0], atol=1e-6)
    np.testing.assert_allclose(means[0, 0, 0], scores[1] / scores.sum(), atol=1e-6)


@each_kind
def test_attention_of_a_text(models, kind):
    target, source, weights = models[kind].attention("bad cab", max_length=8)
    assert "".join(source) == "bad cab"
    assert "".join(target).rstrip("\n") == models[kind].translate("bad cab", max_length=8)[0]
    assert weights.shape == (len(target), len(source))
    np.testing.assert_allclose(weights.sum(axis=-1), 1.0, atol=1e-5)


def test_tokens_of_pairs():
    source, target = make_model("recurrent").tokens([("abc", "uv"), ("a", "uvwx")])
    np.testing.assert_array_equal(source, [SOURCES.encode("abc"), [*SOURCES.encode("a"), 0, 0]])
    np.testing.assert_array_equal(target, [[*TARGETS.encode("uv\n"), 0, 0], TARGETS.encode("uvwx\n")])


@each_kind
def test_scores_against_probabilities_by_hand(models, kind):
    model, pairs = models[kind], [("abc", "uvw"), ("ga", ""), ("dddd", "xyz")]
    nats = 0.0
    for source, target in pairs:
        written = TARGETS.encode("\n" + target + "\n")
        logits = model.network([SOURCES.encode(source)[None], written[None, :-1]]).numpy()[0]
        shares = np.exp(logits) / np.exp(logits).sum(axis=-1, keepdims=True)
        nats -= np.log(shares[np.arange(len(target) + 1), written[1:]]).sum()
    score = model.score(pairs)
    assert score["nats_per_character"] == pytest.approx(nats / 9, abs=1e-4)
    assert score["bits_per_character"] == pytest.approx(nats / 9 / np.log(2), abs=1e-4)
    assert score["perplexity"] == pytest.approx(np.exp(nats / 9), rel=1e-4)
    assert (score["pairs"], score["characters"]) == (3, 9)
    many = model.score(pairs * 100)  # more than are scored at once
    assert many["nats_per_character"] == pytest.approx(score["nats_per_character"], abs=1e-5)
    tokens = model.tokens(pairs)
    model.compile(optimizer="adam")
    loss = model.evaluate(*tokens, batch_size=3, verbose=0, return_dict=True)["loss"]
    assert loss == pytest.approx(nats / 9, abs=1e-4)


def test_smoothing_by_hand():
    logits = tf.constant([[[0.0, np.log(3.0)]]])  # shares 1/4 and 3/4
    targets = tf.constant([[1]])
    plain, spread = -np.log(0.75), -(np.log(0.25) + np.log(0.75)) / 2
    np.testing.assert_allclose(losses.smoothed_nats(logits, targets, 0.2), [[0.8 * plain + 0.2 * spread]], atol=1e-6)
    np.testing.assert_array_equal(
        losses.smoothed_nats(logits, targets, 0.0), losses.token_nats(logits, targets).numpy()
    )


@pytest.mark.parametrize("kind", ["recurrent", "learned"])
def test_it_learns_to_turn_strings_round(kind):
    keras.utils.set_random_seed(1)
    letters, rng = text.CharacterTokenizer("abcd\n"), np.random.default_rng(0)
    words = ["".join(rng.choice(list("abcd"), size=4)) for _ in range(640)]
    sizes = {"source_vocabulary_size": letters.vocabulary_size, "target_vocabulary_size": letters.vocabulary_size}
    if kind == "recurrent":
        network = seq2seq.build_recurrent_translator(**sizes, embedding_dim=16, units=32)
    else:
        network = seq2seq.build_transformer_translator(**sizes, width=32, depth=1, heads=2, context=8, positions=kind)
    model = seq2seq.Translator(network, letters, letters)
    rate = {"recurrent": 1e-2, "learned": 3e-3}[kind]
    model.compile(optimizer=keras.optimizers.Adam(rate), steps_per_execution=20)
    stream = data.batches(model.tokens([(word, word[::-1]) for word in words[:600]]), batch_size=32, seed=0)
    model.fit(stream, steps_per_epoch=300, verbose=0)
    unseen = sorted(set(words[600:]) - set(words[:600]))
    right = [model.translate(unseen, beam=beam) == [word[::-1] for word in unseen] for beam in (1, 2)]
    assert right == [True, True]
    target, source, weights = model.attention(unseen[0])
    if kind == "recurrent":  # it looks where the letter stands that it writes
        assert [source[place] for place in weights[:4].argmax(axis=-1)] == target[:4]


@each_kind
def test_save_and_load(models, kind, tmp_path):
    model = make_model(kind, label_smoothing=0.1, clip_norm=None, examples=("abc", "g"), seed=5)
    model.compile(optimizer="adam")
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras", safe_mode=True)
    assert loaded.get_config() == model.get_config()
    texts = ["abc", "fade", "gg"]
    assert loaded.candidates(texts, beam=3, max_length=8) == model.candidates(texts, beam=3, max_length=8)
    assert loaded.generate(4, seed=2, max_length=8) == model.generate(4, seed=2, max_length=8)
    assert loaded.examples == ("abc", "g")


def test_byte_pairs_on_both_sides():
    pieces = text.BytePairTokenizer.train("low lower lowest\n" * 40, vocabulary_size=290)
    network = make_network("rotary", pieces, pieces)
    model = seq2seq.Translator(network, pieces, pieces)
    assert model.tokens([("low 低", "lower")])[1].shape[1] < 6
    assert isinstance(model.translate("low 低", beam=2, max_length=6)[0], str)
    assert set(model.score([("low", "lower")])) >= {"perplexity"}


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda m: m.tokens([]), "Received: none"),
        (lambda m: m.tokens([("", "u")]), "Received: an empty text at 0"),
        (lambda m: m.tokens([("aé", "u")]), "not in the vocabulary: 'é'"),
        (lambda m: m.tokens([("a", "q")], unknown="replace"), "not in the vocabulary: 'q'"),
        (lambda m: m.tokens([("a", "u\nv")]), r"must not hold the end '\\n' itself. Received: 'u\\nv'"),
        (lambda m: m.tokens([("a" * 13, "u")]), "up to 12 tokens. Received: a source of 13"),
        (lambda m: m.tokens([("a", "u" * 12)]), "up to 12 tokens. Received: a target of 13"),
        (lambda m: m.score([("é", "u")]), "not in the vocabulary: 'é'"),
        (lambda m: m.network(np.ones((2, 3), "int32")), "list of sources and targets"),
        (lambda m: m.network([np.ones((1, 2), "int32"), np.ones((1, 13), "int32")]), "Received: a target of 13 tokens"),
        (lambda m: m.generate(2), "Received: neither"),
        (lambda m: m.generate(0, sources="a"), "Received: 0"),
        (lambda m: m.generate(1, sources="a", temperature=-1.0), "Received: -1.0"),
        (lambda m: m.generate(1, sources="a", temperature=float("inf")), "Received: inf"),
        (lambda m: m.generate(1, sources="a", seed=-1), "Received: -1"),
        (lambda m: m.attention("aé"), "not in the vocabulary: 'é'"),
    ],
)
def test_what_is_refused(models, call, message):
    with pytest.raises(ValueError, match=message):
        call(models["rotary"])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"end": "ab"}, "Received: 'ab', 2 tokens|not in the vocabulary"),
        ({"end": "uv"}, "Received: 'uv', 2 tokens"),
        ({"end": "!"}, "not in the vocabulary: '!'"),
        ({"label_smoothing": 1.0}, "Received: 1.0"),
    ],
)
def test_translators_that_cannot_be(networks, options, message):
    with pytest.raises(ValueError, match=message):
        seq2seq.Translator(networks["rotary"], SOURCES, TARGETS, **options)
    with pytest.raises(ValueError, match="Received: a network of 10 and 9 tokens, tokenizers of 9 and 10"):
        seq2seq.Translator(networks["rotary"], TARGETS, SOURCES)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"positions": "sinusoidal"}, "Received: 'sinusoidal'"),
        ({"context": 1}, "Received: 1"),
        ({"depth": 0}, "Received: 0"),
        ({"width": 9}, "Received: width 9, heads 2"),
        ({"width": 6, "positions": "rotary"}, r"multiple of twice the heads\. Received: width 6"),
    ],
)
def test_transformers_that_cannot_be(options, message):
    with pytest.raises(ValueError, match=message):
        seq2seq.build_transformer_translator(
            **{"source_vocabulary_size": 5, "target_vocabulary_size": 5, "heads": 2, "width": 8} | options
        )


def test_without_attention_one_vector_holds_the_source():
    network = make_network("recurrent", attend=False)
    model = seq2seq.Translator(network, SOURCES, TARGETS)
    source, _ = model.tokens([("abc", "uv"), ("defg", "wxyz")])
    memory = network.encode(tf.constant(source))
    assert memory.places.shape == (2, 1, 16)
    alone = network.encode(tf.constant(source[:1, :3]))
    np.testing.assert_allclose(memory.places[:1], alone.places, atol=1e-6)  # padding changes nothing
    other = network.encode(tf.constant(model.tokens([("abd", "uv")])[0]))
    assert np.abs(other.places - alone.places).max() > 1e-3  # both ends are read
    assert (model.attention("abc", max_length=4)[2] == 1.0).all()
    assert network.get_config()["attend"] is False
    assert model.translate(["abc"], max_length=5) == model.translate(["abc"], beam=1, max_length=5)
