"""Language models: scores worked by hand, causality, and that reading in pieces equals reading at once."""

import math

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from gencourse import language, losses, text

LETTERS = text.CharacterTokenizer("abcdefgh \n")
V = LETTERS.vocabulary_size
NOVEL = "abc dab egh\nfab cad eh " * 12
RECURRENT = {"simple": "simple", "lstm": "lstm", "gru": "gru"}
TRANSFORMERS = ["learned", "rotary"]
every_network = pytest.mark.parametrize("kind", [*RECURRENT, *TRANSFORMERS])


def make_network(kind, *, context=12, size=V, seed=1, **options):
    """A small network with weights large enough that its logits differ clearly."""
    if kind in RECURRENT:
        network = language.build_recurrent(vocabulary_size=size, embedding_dim=4, cell=kind, units=(6, 5), **options)
    else:
        network = language.build_transformer(
            vocabulary_size=size, context=context, depth=2, heads=2, width=8, positions=kind, **options
        )
    rng = np.random.default_rng(seed)
    for variable in network.trainable_variables:
        variable.assign(rng.normal(scale=0.6, size=variable.shape))
    return network


def make_model(kind, tokenizer=LETTERS, *, context=12, **options):
    model = language.LanguageModel(
        make_network(kind, context=context, size=tokenizer.vocabulary_size), tokenizer, **options
    )
    model.compile(optimizer=keras.optimizers.Adam(1e-2))
    return model


@keras.saving.register_keras_serializable(package="tests")
class Fixed(keras.layers.Layer):
    """A block that hears nothing and always says the same logits."""

    def __init__(self, logits, **kwargs):
        super().__init__(**kwargs)
        self.logits = list(logits)

    def build(self, input_shape):
        self.built = True

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], len(self.logits))

    def call(self, x, training=None):
        return 0.0 * tf.reduce_sum(x, -1, keepdims=True) + tf.constant(self.logits)


def fixed_model(shares, context=None):
    """A model whose probabilities are known: an identity makes them of its block's logits."""
    logits = np.log(shares).astype("float32").tolist()
    network = language.LanguageNetwork(vocabulary_size=len(shares), width=2, blocks=[Fixed(logits)], context=context)
    network.build()
    network.head.kernel.assign(np.eye(len(shares)))
    return network


@pytest.mark.parametrize("context", [None, 6])
def test_scores_worked_by_hand(context):
    tokenizer = text.CharacterTokenizer("ab\n")  # padding, unknown, "\n", "a", "b"
    model = language.LanguageModel(fixed_model([0.05, 0.05, 0.15, 0.5, 0.25], context), tokenizer)
    score = model.score("aab" * 10)  # 1, 1 and 2 bits
    assert score["characters"] == 30
    assert score["bits_per_character"] == pytest.approx(4 / 3, rel=1e-5)
    assert score["nats_per_character"] == pytest.approx(4 / 3 * math.log(2), rel=1e-5)
    assert score["perplexity"] == pytest.approx(2 ** (4 / 3), rel=1e-5)
    assert score["unknown"] == 0
    tokens, nats = model.token_nats("ab")
    np.testing.assert_array_equal(tokens, tokenizer.encode("ab"))
    np.testing.assert_allclose(nats, np.log([2, 4]), rtol=1e-5)
    # What is unknown is left out, and counted.
    strange = model.score("aéaéb!")
    assert (strange["characters"], strange["unknown"]) == (3, 3)
    assert strange["bits_per_character"] == pytest.approx(4 / 3, rel=1e-5)
    for nothing in ("", "é", [], ["", "é"]):
        with pytest.raises(ValueError, match=r"nothing to score. Received:"):
            model.score(nothing)


def test_perplexity_is_of_tokens_and_bits_are_of_characters():
    summed = losses.per_character(8 * math.log(2), 4, tokens=2, unknown=1)
    assert summed == {
        "characters": 4,
        "nats_per_character": pytest.approx(2 * math.log(2)),
        "bits_per_character": pytest.approx(2.0),
        "perplexity": pytest.approx(16.0),
        "unknown": 1,
    }


@settings(max_examples=80, deadline=None)
@given(st.integers(0, 90), st.sampled_from([1, 2, 3, 5, 8, 16]))
def test_each_token_is_scored_once_from_a_good_stretch_before_it(n, context):
    tokens = np.arange(1, n + 2, dtype="int32")
    inputs, targets, scored = language.scored_windows(tokens, context)
    assert inputs.shape == targets.shape == scored.shape
    assert inputs.shape[1] == context
    np.testing.assert_array_equal(targets[scored], tokens[1:])
    np.testing.assert_array_equal(targets[scored], inputs[scored] + 1)
    before = np.broadcast_to(np.arange(context), inputs.shape)[scored]
    assert (before[context:] >= context // 2).all()


@pytest.mark.parametrize("n", [0, 1, 1023, 1024, 1025, 1792, 1793, 5000])
def test_long_windows_score_each_token_once(n):
    tokens = np.arange(1, n + 2, dtype="int32")
    _, targets, scored = language.scored_windows(tokens, None)
    np.testing.assert_array_equal(targets[scored], tokens[1:])


@every_network
def test_a_later_symbol_never_changes_an_earlier_logit(kind):
    network, rng = make_network(kind), np.random.default_rng(0)
    tokens = rng.integers(2, V, size=(3, 12))
    logits = network(tokens).numpy()
    for place in (1, 2, 6, 11):
        changed = tokens.copy()
        changed[:, place:] = 2 + (changed[:, place:] - 1) % (V - 2)
        other = network(changed).numpy()
        np.testing.assert_array_equal(other[:, :place], logits[:, :place])
        assert not np.allclose(other[:, place], logits[:, place])


@every_network
def test_reading_in_pieces_equals_reading_at_once(kind):
    network, rng = make_network(kind), np.random.default_rng(0)
    tokens = rng.integers(0, V, size=(3, 12))
    whole = network(tokens).numpy()
    for pieces in ([12], [1] * 12, [5, 1, 4, 2], [1, 11]):
        state, read, begin = network.initial_state(3), [], 0
        for length in pieces:
            logits, state = network.read(tf.constant(tokens[:, begin : begin + length], tf.int32), state)
            read.append(logits.numpy())
            begin += length
        np.testing.assert_allclose(np.concatenate(read, axis=1), whole, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("kind", TRANSFORMERS)
def test_a_text_longer_than_the_context_is_refused(kind):
    with pytest.raises(ValueError, match=r"looks back on 12 tokens. Received: tokens of shape \(1, 13\)"):
        make_network(kind)(np.zeros((1, 13), "int32"))


@pytest.mark.parametrize("kind", TRANSFORMERS)
def test_attention_looks_back_only_and_sums_to_one(kind):
    network = make_network(kind)
    x = np.random.default_rng(0).normal(size=(2, 9, 8)).astype("float32")
    weights = np.asarray(network.blocks[0].attention_weights(x))
    assert weights.shape == (2, 2, 9, 9)
    np.testing.assert_allclose(weights.sum(axis=-1), 1.0, rtol=1e-5)
    assert not weights[..., np.triu(np.ones((9, 9), bool), 1)].any()
    assert (weights[..., np.tril(np.ones((9, 9), bool))] > 0).all()


def test_attention_by_hand():
    queries = np.zeros((1, 1, 3, 2), "float32")  # equal scores: plain means of what is visible
    values = np.array([[[[3.0, 0.0], [5.0, 2.0], [1.0, 4.0]]]], "float32")
    means, weights = language.causal_attention(queries, queries, values)
    np.testing.assert_allclose(weights[0, 0], [[1, 0, 0], [1 / 2, 1 / 2, 0], [1 / 3, 1 / 3, 1 / 3]], rtol=1e-6)
    np.testing.assert_allclose(means[0, 0], [[3, 0], [4, 1], [3, 2]], rtol=1e-6)
    later, _ = language.causal_attention(queries[:, :, :1], queries, values, 1)
    np.testing.assert_allclose(later[0, 0], [[4, 1]], rtol=1e-6)


def test_rotary_products_depend_on_distances_only():
    rng = np.random.default_rng(0)
    query, key = rng.normal(size=(2, 1, 1, 1, 8)).astype("float32")
    products = {}
    for i in (0, 3, 40):
        for distance in (0, 1, 5):
            turned = np.asarray(language.rotate(query, i + distance)), np.asarray(language.rotate(key, i))
            products.setdefault(distance, []).append(float((turned[0] * turned[1]).sum()))
            assert np.linalg.norm(turned[0]) == pytest.approx(np.linalg.norm(query), rel=1e-5)
    for found in products.values():
        np.testing.assert_allclose(found, found[0], rtol=1e-4, atol=1e-5)
    assert products[0][0] == pytest.approx(float((query * key).sum()), rel=1e-5)
    assert abs(products[1][0] - products[0][0]) > 1e-3


@pytest.mark.parametrize("kind", ["gru", "rotary"])
def test_short_passages_score_as_each_alone(kind):
    model = make_model(kind)
    passages = ["abc", "d", "", "eh fab", "a\nb"]
    alone = [model.token_nats(passage)[1] for passage in passages]
    together = model.score(passages)
    assert together["characters"] == sum(map(len, passages))
    total = np.concatenate(alone).sum()
    assert together["nats_per_character"] == pytest.approx(total / together["characters"], rel=1e-4)
    longer = [*passages, NOVEL[:70]]  # too long to stand beside the others
    total += model.token_nats(NOVEL[:70])[1].sum()
    assert model.score(longer)["nats_per_character"] * sum(map(len, longer)) == pytest.approx(total, rel=1e-4)


def test_a_score_equals_the_network_read_at_once():
    model = make_model("gru", start="\nab")
    tokens = LETTERS.encode("\nab" + NOVEL[:50])
    logits = model.network(tokens[None, :-1]).numpy()[0]
    nats = np.log(np.exp(logits).sum(axis=-1)) - logits[np.arange(len(logits)), tokens[1:]]
    np.testing.assert_allclose(model.token_nats(NOVEL[:50])[1], nats[2:], rtol=1e-4, atol=1e-5)  # after all of `start`
    two = model.score([NOVEL[:50], NOVEL[:50]])
    assert two["nats_per_character"] == pytest.approx(nats[2:].mean(), rel=1e-4)


@pytest.mark.parametrize("kind", ["gru", "rotary"])
def test_padding_changes_no_loss_and_no_gradient(kind):
    tokens = LETTERS.encode("abc dab")[None]
    longer = np.pad(tokens, ((0, 0), (0, 3)))
    losses, weights = [], []
    for row in (tokens, longer):
        model = make_model(kind)
        model.compile(optimizer=keras.optimizers.SGD(1.0))
        before = [v.numpy() for v in model.trainable_variables]
        losses.append(float(model.train_step((tf.constant(row[:, :-1]), tf.constant(row[:, 1:])))["loss"]))
        weights.append([v.numpy() - old for v, old in zip(model.trainable_variables, before, strict=True)])
    assert losses[0] == pytest.approx(losses[1], rel=1e-5)
    for short, long in zip(*weights, strict=True):
        np.testing.assert_allclose(short, long, rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("kind", ["lstm", "learned"])
def test_a_kept_model_writes_the_same_and_goes_on(kind, tmp_path):
    model = make_model(kind, start=" ")
    stream = text.windows(LETTERS.encode(NOVEL), length=8, batch_size=4, seed=0)
    model.fit(stream, steps_per_epoch=3, verbose=0)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras", safe_mode=True)
    assert loaded.start == " "
    options = {"prompt": "ab", "length": 20, "seed": 3}
    assert loaded.generate(2, **options) == model.generate(2, **options)
    assert loaded.score("abc") == model.score("abc")
    loaded.fit(stream, steps_per_epoch=3, epochs=2, verbose=0)
    assert loaded.epochs_done == 2


def test_training_lowers_the_score():
    model = make_model("gru")
    before = model.score(NOVEL)["bits_per_character"]
    model.fit(text.windows(LETTERS.encode(NOVEL), length=8, batch_size=4, seed=0), steps_per_epoch=40, verbose=0)
    assert model.score(NOVEL)["bits_per_character"] < before - 0.5
    held_out = model.evaluate(
        text.windows(LETTERS.encode(NOVEL), length=8, batch_size=4, seed=0), steps=2, verbose=0, return_dict=True
    )
    assert np.isfinite(held_out["loss"])


@pytest.mark.parametrize(
    "batch",
    [
        (np.zeros((4, 5, 2), "int32"), np.zeros((4, 5, 2), "int32")),
        (np.zeros((4, 5), "int32"), np.zeros((4, 4), "int32")),
        (np.zeros((4, 5), "float32"), np.zeros((4, 5), "int32")),
        (np.zeros((4, 5), "int32"),),
        (np.zeros((4, 5), "int32"),) * 3,
    ],
)
def test_wrong_batches_are_refused(batch):
    model = make_model("simple")
    with pytest.raises(ValueError, match=r"Expected (tokens|pairs)[\s\S]*Received:"):
        model.train_step(tuple(tf.constant(part) for part in batch))


def test_models_that_cannot_be_made():
    with pytest.raises(ValueError, match=r"one vocabulary. Received: a network of 99 tokens, a tokenizer of 12"):
        language.LanguageModel(make_network("simple", size=99), LETTERS)
    with pytest.raises(ValueError, match="Received: an empty text"):
        language.LanguageModel(make_network("simple"), LETTERS, start="")
    with pytest.raises(ValueError, match="not in the vocabulary: 'é'"):
        language.LanguageModel(make_network("simple"), LETTERS, start="é")
    for options, received in (
        ({"positions": "sines"}, "Received: 'sines'"),
        ({"context": 1}, "Received: 1"),
        ({"heads": 3, "width": 8}, "width 8, heads 3"),
        ({"heads": 4, "width": 12}, "twice the heads"),
    ):
        with pytest.raises(ValueError, match=received):
            language.build_transformer(vocabulary_size=9, **options)
    with pytest.raises(ValueError, match="Received: 'rnn'"):
        language.build_recurrent(vocabulary_size=9, cell="rnn")
    with pytest.raises(ValueError, match="Received: context=None"):
        language.LanguageNetwork(vocabulary_size=9, width=4, blocks=[], positions="learned")


def test_tied_logits_of_a_wider_memory_pass_through_a_projection():
    network = language.build_recurrent(vocabulary_size=9, embedding_dim=4, units=(6,), tie=True)
    assert network(np.ones((2, 3), "int32")).shape == (2, 3, 9)
    assert network.count_params() == 9 * 4 + (4 * 18 + 6 * 18 + 36) + (6 * 4 + 4) + 9  # no second table of 9 rows


@every_network
def test_shares_of_the_vocabulary_are_read_as_tokens_are(kind):
    network = make_network(kind)
    tokens = np.random.default_rng(4).integers(1, V, size=(2, 6))
    whole = tf.one_hot(tokens, V)
    np.testing.assert_allclose(network(whole), network(tf.constant(tokens)), atol=1e-5)
    with tf.GradientTape() as tape:
        tape.watch(whole)
        last = tf.reduce_sum(network(whole)[:, -1] ** 2)
    gradient = tape.gradient(last, whole).numpy()
    assert np.isfinite(gradient).all()
    assert (np.abs(gradient).sum(axis=-1) > 0).all()  # every place has its say
