"""Written translations: compiled loops against plain ones, and beams against all sequences there are."""

import functools
import itertools

import numpy as np
import pytest
import tensorflow as tf

from gencourse import seq2seq, text

SOURCES, TARGETS = text.CharacterTokenizer("abcdefg "), text.CharacterTokenizer("xy\n")
END = int(TARGETS.encode("\n")[0])
KINDS = ("recurrent", "rotary", "learned")
each_kind = pytest.mark.parametrize("kind", KINDS)
# Seeds of weights, and how gladly such a network ends: with these, texts end at several places.
WEIGHTS = {"recurrent": (4, 1.0), "rotary": (3, -0.4), "learned": (0, -0.4)}
TEXTS = ["a", "abc", "gfedcba", "bb b", "cab", "dad", "e", "fff"]


def make_model(kind):
    sizes = {"source_vocabulary_size": SOURCES.vocabulary_size, "target_vocabulary_size": TARGETS.vocabulary_size}
    if kind == "recurrent":
        network = seq2seq.build_recurrent_translator(**sizes, embedding_dim=5, units=8)
    else:
        network = seq2seq.build_transformer_translator(**sizes, context=12, depth=1, heads=2, width=8, positions=kind)
    seed, gladly = WEIGHTS[kind]
    rng = np.random.default_rng(seed)
    for variable in network.trainable_variables:
        variable.assign(rng.normal(scale=0.7, size=variable.shape))
    bias = network.head.bias if kind == "recurrent" else network.bias
    bias.assign(np.where(np.arange(TARGETS.vocabulary_size) == END, gladly, 0.0))
    return seq2seq.Translator(network, SOURCES, TARGETS)


@pytest.fixture(scope="module")
def models():
    return {kind: make_model(kind) for kind in KINDS}


@functools.cache
def reader(network):
    """The network, compiled: all the cleverness of the plain loops."""
    return tf.function(network, input_signature=[[tf.TensorSpec((None, None), tf.int32)] * 2])


def log_p_of_next(model, source, written):
    """log p of each token after a text, from the whole of it, read anew."""
    before = np.array([[END, *written]], "int32")
    logits = reader(model.network)([SOURCES.encode(source)[None], before]).numpy()[0, -1].astype("float64")
    return logits - np.logaddexp.reduce(logits)


def plain_greedy(model, source, length):
    written = []
    while len(written) < length:
        log_p = log_p_of_next(model, source, written)
        log_p[list(TARGETS.unwritten)] = -np.inf
        written.append(int(log_p.argmax()))
        if written[-1] == END:
            break
    return written


def all_texts(model, source, length, alpha):
    """Every text of up to `length` tokens, ended or cut off there, with its score, best first."""
    found, symbols = [], [i for i in range(2, TARGETS.vocabulary_size) if i != END]
    for size in range(length + 1):
        for body in itertools.product(symbols, repeat=size):
            written = [*body, END] if size < length else list(body)
            log_p = sum(log_p_of_next(model, source, written[:t])[token] for t, token in enumerate(written))
            found.append((log_p / ((5 + len(written)) / 6) ** alpha, written))
    return sorted(found, reverse=True)


def plain_beam(model, source, length, beam, alpha):
    """The search written out with lists, each text read anew at every step."""
    kept = [(0.0, 0.0, [])]  # score, log p, text
    for _ in range(length):
        new = []
        for score, log_p, written in kept:
            if written[-1:] == [END]:
                new.append((score, log_p, written))
                continue
            following = log_p_of_next(model, source, written)
            for token in range(2, TARGETS.vocabulary_size):
                total = log_p + following[token]
                new.append((total / ((6 + len(written)) / 6) ** alpha, total, [*written, token]))
        kept = sorted(new, reverse=True)[:beam]
    return [(score, written) for score, _, written in kept]


def decoded(written):
    return TARGETS.decode([token for token in written if token != END])


@each_kind
def test_greedy_equals_a_plain_loop(models, kind):
    written = models[kind].translate(TEXTS, max_length=10)
    assert written == [decoded(plain_greedy(models[kind], source, 10)) for source in TEXTS]
    assert len({len(text) for text in written}) > 2  # ended at several places


@each_kind
def test_a_beam_of_one_is_greedy(models, kind):
    greedy = models[kind].translate(TEXTS, max_length=10)
    for alpha in (0.0, 0.6, 2.0):
        found = models[kind].candidates(TEXTS, beam=1, length_penalty=alpha, max_length=10)
        assert [best[0][0] for best in found] == greedy


@each_kind
@pytest.mark.parametrize("alpha", [0.0, 0.6, 1.5])
def test_a_wide_beam_finds_the_best_of_all_texts(models, kind, alpha):
    model, length = models[kind], 3
    source = text.pad([SOURCES.encode(source) for source in TEXTS[:3]])
    every = [all_texts(model, source, length, alpha) for source in TEXTS[:3]]
    assert len(every[0]) == 15
    tokens, scores = model._writer._decoder.search(source, length, beam=17, alpha=alpha)  # two places stay empty
    for row in range(3):
        found = [row_tokens[row_tokens != 0].tolist() for row_tokens in tokens[row]]
        assert found[:15] == [written for _, written in every[row]]
        np.testing.assert_allclose(scores[row, :15], [score for score, _ in every[row]], atol=1e-4)
        assert np.isneginf(scores[row, 15:]).all()


@each_kind
@pytest.mark.parametrize(("beam", "alpha"), [(2, 0.6), (4, 0.0), (3, 1.2)])
def test_a_narrow_beam_equals_one_written_out(models, kind, beam, alpha):
    found = models[kind].candidates(TEXTS, beam=beam, length_penalty=alpha, max_length=8)
    for source, pairs in zip(TEXTS, found, strict=True):
        plain = plain_beam(models[kind], source, 8, beam, alpha)
        assert [written for written, _ in pairs] == [decoded(written) for _, written in plain]
        np.testing.assert_allclose([score for _, score in pairs], [score for score, _ in plain], atol=1e-4)


@each_kind
def test_candidates_are_sorted_and_the_first_is_the_translation(models, kind):
    found = models[kind].candidates(TEXTS, beam=4, max_length=10)
    for pairs in found:
        scores = [score for _, score in pairs]
        assert scores == sorted(scores, reverse=True)
        assert len(pairs) == 4
    assert [pairs[0][0] for pairs in found] == models[kind].translate(TEXTS, beam=4, max_length=10)
    alone = [models[kind].translate(source, beam=4, max_length=10)[0] for source in TEXTS]
    assert alone == [pairs[0][0] for pairs in found]


def test_the_length_penalty_asks_for_longer_texts(models):
    short, long = (models["rotary"].translate(TEXTS, beam=5, length_penalty=a, max_length=10) for a in (0.0, 3.0))
    assert sum(map(len, long)) > sum(map(len, short))
    np.testing.assert_allclose(seq2seq.length_penalty(tf.constant([1, 7]), 1.0), [1.0, 2.0])
    np.testing.assert_allclose(seq2seq.length_penalty(tf.constant([1, 7]), 0.0), [1.0, 1.0])


@each_kind
def test_draws_follow_the_probabilities_and_the_seed(models, kind):
    model, n = models[kind], 2000
    drawn = model.generate(n, sources="abc", max_length=2, seed=1)
    first = log_p_of_next(model, "abc", [])
    shares = {letter: np.exp(first[i]) for i, letter in ((END, ""), (TARGETS.encode("x")[0], "x"))}
    possible = np.exp(first[2:]).sum()
    for letter, share in shares.items():
        seen = np.mean([written[:1] == letter for written in drawn])
        assert seen == pytest.approx(share / possible, abs=4 * np.sqrt(0.25 / n))
    assert model.generate(5, sources=TEXTS, seed=3) == model.generate(5, sources=TEXTS, seed=3)
    assert model.generate(50, sources=TEXTS, seed=3) != model.generate(50, sources=TEXTS, seed=4)
    cold = [model.generate(len(TEXTS), sources=TEXTS, max_length=10, temperature=t) for t in (0, 1e-9, 1e-3)]
    assert cold == [model.translate(TEXTS, max_length=10)] * 3


def test_batches_do_not_repeat_each_other(models):
    drawn = models["recurrent"].generate(600, sources="abc", max_length=12, seed=0)  # more than are drawn at once
    assert drawn[:200] != drawn[256:456]


def test_translations_follow_the_weights_but_padding_and_unknown_are_never_written(models):
    model = models["recurrent"]
    bias, numbers = model.network.head.bias, np.arange(TARGETS.vocabulary_size)
    before = bias.numpy()
    try:
        bias.assign(np.where(numbers == TARGETS.encode("x")[0], 50.0, 0.0))
        assert model.translate("abc", max_length=6) == ["xxxxxx"]
        assert model.translate("abc", beam=2, max_length=6) == ["xxxxxx"]
        bias.assign(np.where(numbers < 2, 50.0, 0.0))
        for written in model.generate(20, sources="abc", max_length=8) + model.translate("a", beam=2, max_length=8):
            assert set(written) <= set("xy")
    finally:
        bias.assign(before)


def test_all_lengths_share_one_graph(models):
    model = models["rotary"]
    for texts, length in ((["a"], 3), (["abc", "de"], 12), (["g" * 9], 7)):
        model.translate(texts, max_length=length)
        model.candidates(texts, beam=2, max_length=length)
    compiled = model._writer._decoder._compiled
    assert compiled("write", True).experimental_get_tracing_count() == 1
    assert compiled("search", 2).experimental_get_tracing_count() == 1


def test_unknown_characters_can_be_read_as_such(models):
    with pytest.raises(ValueError, match="not in the vocabulary: 'é', '!'"):
        models["rotary"].translate(["abc", "aé!"])
    read = models["rotary"].translate(["aéb", "a\ufffdb"], unknown="replace", max_length=8)
    assert read[0] == read[1]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"texts": []}, "Received: an empty list"),
        ({"texts": ["a", ""]}, "Received: an empty text at 1"),
        ({"texts": "a" * 13}, "Received: a source of 13 tokens"),
        ({"unknown": "skip"}, "Received: 'skip'"),
        ({"beam": 0}, "Received: 0"),
        ({"beam": 6}, "from 1 to 5, the size of the vocabulary. Received: 6"),
        ({"beam": 1.5}, "Received: 1.5"),
        ({"beam": 2, "length_penalty": -0.1}, "Received: -0.1"),
        ({"beam": 2, "length_penalty": float("nan")}, "Received: nan"),
        ({"max_length": 0}, "Received: 0"),
        ({"max_length": 13}, "the network's context of 12. Received: 13"),
    ],
)
def test_what_cannot_be_translated(models, options, message):
    with pytest.raises(ValueError, match=message):
        models["rotary"].translate(**{"texts": "abc"} | options)
