"""BLEU worked by hand, and equal to sacreBLEU's."""

import math

import pytest
import sacrebleu
from hypothesis import given, settings
from hypothesis import strategies as st

from gencourse import metrics

WORDS = st.lists(st.sampled_from(["the", "cat", "sat", "on", "a", "mat"]), min_size=1, max_size=9).map(" ".join)
PAIRS = st.lists(st.tuples(WORDS, st.tuples(WORDS, WORDS)), min_size=1, max_size=5)
SMOOTHINGS = pytest.mark.parametrize("smoothing", ["none", "floor", "add-k", "exp"])


def theirs(candidates, references, *, smoothing="none", tokenize="none", max_n=4):
    scorer = sacrebleu.metrics.BLEU(
        tokenize=tokenize, smooth_method=smoothing, max_ngram_order=max_n, effective_order=False, force=True
    )
    streams = [list(stream) for stream in zip(*references, strict=True)]
    return scorer.corpus_score(candidates, streams).score / 100


def test_a_sentence_by_hand():
    # Of "the the the the the the the" two words stand in the reference: 2/7, the example of the paper.
    reference = "the cat is on the mat"
    assert metrics.bleu(["the the the the the the the"], [reference], max_n=1) == pytest.approx(2 / 7)
    # Words: 3 of 4; pairs: the cat, cat sat: 1 of 3; 4 words against 6.
    by_hand = math.exp(1 - 6 / 4) * math.sqrt(3 / 4 * 1 / 3)
    assert metrics.bleu(["the cat sat on"], [reference], max_n=2) == pytest.approx(by_hand)


def test_equal_texts_have_one_and_strange_ones_nothing():
    assert metrics.bleu(["a b c d e"], ["a b c d e"]) == pytest.approx(1.0)
    assert metrics.bleu(["a b c d e"], ["v w x y z"], smoothing="exp") == 0.0
    assert metrics.bleu(["a b c"], ["a b c"]) == 0.0  # no stretch of four words: nothing can be said
    assert metrics.bleu(["a b c"], ["a b c"], max_n=3) == pytest.approx(1.0)


def test_lists_of_references_may_differ_in_length():
    one = metrics.bleu(["a b c d", "e f g h"], [["a b c x", "a b y d"], "e f g h"], max_n=2)
    # Words 4 + 4 of 8; pairs: ab, bc and ef, fg, gh: 5 of 6.
    assert one == pytest.approx(math.sqrt(5 / 6))
    assert metrics.bleu("a b", ["a b"], max_n=2) == pytest.approx(1.0)


@SMOOTHINGS
@settings(max_examples=60, deadline=None)
@given(pairs=PAIRS)
def test_equal_to_sacrebleu(smoothing, pairs):
    candidates, references = zip(*pairs, strict=True)
    ours = metrics.bleu(candidates, references, smoothing=smoothing)
    assert ours == pytest.approx(theirs(candidates, references, smoothing=smoothing), abs=1e-9)
    assert 0 <= ours <= 1 + 1e-12


@settings(max_examples=60, deadline=None)
@given(pairs=PAIRS, max_n=st.integers(1, 5))
def test_equal_on_characters(pairs, max_n):
    # There a space is a character, too; sacreBLEU leaves spaces out, so both are given underlines.
    candidates = [candidate.replace(" ", "_") for candidate, _ in pairs]
    references = [[text.replace(" ", "_") for text in texts] for _, texts in pairs]
    ours = metrics.bleu(candidates, references, unit="characters", max_n=max_n)
    assert ours == pytest.approx(theirs(candidates, references, tokenize="char", max_n=max_n), abs=1e-9)
    with_spaces = metrics.bleu([c for c, _ in pairs], [r for _, r in pairs], unit="characters", max_n=max_n)
    assert with_spaces == pytest.approx(ours)


@SMOOTHINGS
@settings(max_examples=60, deadline=None)
@given(texts=st.lists(WORDS, min_size=2, max_size=6))
def test_self_bleu_is_the_mean_over_all_others(smoothing, texts):
    each = [theirs([text], [texts[:i] + texts[i + 1 :]], smoothing=smoothing) for i, text in enumerate(texts)]
    assert metrics.self_bleu(texts, smoothing=smoothing) == pytest.approx(sum(each) / len(each), abs=1e-9)


def test_self_bleu_of_repetitions_and_of_strangers():
    assert metrics.self_bleu(["a b c d e"] * 3) == pytest.approx(1.0)
    assert metrics.self_bleu(["a b c d", "e f g h", "i j k l"]) == 0.0
    mixed = metrics.self_bleu(["a b c d e", "a b c d e", "a b c x y"], max_n=2)
    assert 0.5 < mixed < 1.0


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: metrics.bleu([], []), "Received: 0 candidates"),
        (lambda: metrics.bleu(["a"], ["a", "b"]), "Received: 1 candidates, references for 2"),
        (lambda: metrics.bleu(["a"], [[]]), "Received: none for 'a'"),
        (lambda: metrics.bleu(["a"], ["a"], smoothing="more"), "Received: 'more'"),
        (lambda: metrics.bleu(["a"], ["a"], unit="letters"), "Received: 'letters'"),
        (lambda: metrics.bleu(["a"], ["a"], max_n=0), "Received: 0"),
        (lambda: metrics.self_bleu(["a"]), "Received: 1"),
        (lambda: metrics.self_bleu(["a", "b"], max_n=0), "Received: 0"),
        (lambda: metrics.self_bleu(["a", "b"], smoothing="more"), "Received: 'more'"),
    ],
)
def test_what_cannot_be_measured(call, message):
    with pytest.raises(ValueError, match=message):
        call()


@SMOOTHINGS
@settings(max_examples=60, deadline=None)
@given(texts=st.lists(WORDS, min_size=1, max_size=4), references=st.lists(WORDS, min_size=1, max_size=4))
def test_reference_bleu_is_the_mean_over_the_texts(smoothing, texts, references):
    each = [theirs([text], [references], smoothing=smoothing) for text in texts]
    ours = metrics.reference_bleu(texts, references, smoothing=smoothing)
    assert ours == pytest.approx(sum(each) / len(each), abs=1e-9)


def test_a_copier_has_the_best_reference_bleu():
    references = ["a b c d e", "f g h i j"]
    assert metrics.reference_bleu(references[:1] * 3, references) == pytest.approx(1.0)
    assert metrics.reference_bleu(["v w x y z"], references) == 0.0
    with pytest.raises(ValueError, match="Received: 0 and 2"):
        metrics.reference_bleu([], references)
    with pytest.raises(ValueError, match="Received: 1 and 0"):
        metrics.reference_bleu("a b", [])
