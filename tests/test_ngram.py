"""Counting models: probabilities that sum to one, and numbers worked by hand."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gencourse import language, text

LETTERS = text.CharacterTokenizer("abcdefgh \n")
NOVEL = "abc dab egh\nfab cad eh " * 5 + "hag bad cab\n"
MODEL = language.NGram(LETTERS, order=5).fit(NOVEL)
PIECES = text.BytePairTokenizer.train("送寒余雪尽，迎岁早梅新。" * 5, vocabulary_size=280)
quick = settings(max_examples=60, deadline=None)
passages = st.text("abcdefgh \n!é", max_size=20)


@quick
@given(passages, st.integers(1, 5))
def test_shares_of_all_tokens_sum_to_one(passage, order):
    shares = MODEL.shares(passage, order=order)
    assert shares.shape == (LETTERS.vocabulary_size,)
    assert shares.sum() == pytest.approx(1.0, abs=1e-12)
    assert (shares > 0).all()


@quick
@given(passages.filter(lambda passage: set(passage) - set("!é")), st.integers(1, 5))
def test_a_score_adds_up_the_shares(passage, order):
    tokens, nats = MODEL.token_nats(passage, order=order)
    np.testing.assert_array_equal(tokens, LETTERS.encode(passage))
    one_by_one = [-math.log(MODEL.shares(passage[:i], order=order)[token]) for i, token in enumerate(tokens)]
    np.testing.assert_allclose(nats, one_by_one, rtol=1e-9)
    known = [nat for nat, symbol in zip(nats, passage, strict=True) if symbol not in "!é"]
    score = MODEL.score(passage, order=order)
    assert score["characters"] == len(known)
    assert score["unknown"] == len(passage) - len(known)
    assert score["bits_per_character"] == pytest.approx(np.mean(known) / math.log(2), rel=1e-9)
    assert score["perplexity"] == pytest.approx(math.exp(np.mean(known)), rel=1e-9)


def test_order_one_by_hand():
    # a a a b c c d, V = 6: n1 = 2 (b, d), n2 = 1 (c), so d = 2 / (2 + 2) = 1/2; it frees 4 · 1/2 of 7 counts.
    tokenizer = text.CharacterTokenizer("abcd")
    shares = language.NGram(tokenizer, order=1).fit("aaabccd").shares("abc")
    freed = 2 / 7 / 6
    np.testing.assert_allclose(shares, np.array([0, 0, 2.5, 0.5, 1.5, 0.5]) / 7 + freed)


def test_order_two_by_hand():
    # After "a" come b twice and c once. n1 = 2 (ac, ca), n2 = 2 (ab, ba), so d = 2 / (2 + 4) = 1/3.
    tokenizer = text.CharacterTokenizer("abc")
    model = language.NGram(tokenizer, order=2).fit("ababaca")
    lower = model.shares("", order=1)
    expected = np.array([0, 0, 0, 5 / 3, 2 / 3]) / 3 + (2 / 9) * lower
    np.testing.assert_allclose(model.shares("a"), expected)
    np.testing.assert_allclose(model.shares("\ufffd"), lower)  # a history never seen


def test_what_was_never_seen_keeps_a_share():
    # No symbol was seen just once, so that the rule for the discount would leave nothing to the others.
    model = language.NGram(LETTERS, order=2).fit("aabb" * 6)
    assert (model.shares("a") > 0).all()
    assert math.isfinite(model.score("hg")["bits_per_character"])


def test_longer_histories_predict_a_repeated_text_better():
    bits = [MODEL.score(NOVEL, order=order)["bits_per_character"] for order in (1, 2, 3, 5)]
    assert bits == sorted(bits, reverse=True)


def test_texts_are_seeded():
    texts = MODEL.generate(3, prompt="ab", length=40, order=2, seed=1)
    assert texts == MODEL.generate(3, prompt="ab", length=40, order=2, seed=1)
    assert texts != MODEL.generate(3, prompt="ab", length=40, order=2, seed=2)
    assert len(set(texts)) == 3
    assert all(len(passage) == 40 for passage in texts)
    assert not set("".join(texts)) & {text.UNKNOWN, ""}


def test_unknown_is_never_written():
    model = language.NGram(text.CharacterTokenizer("ab"), order=1).fit("ab?????????")  # mostly unknown
    assert set(model.generate(length=200)[0]) == {"a", "b"}


def test_pieces_of_characters_are_joined():
    poem = "送寒余雪尽，迎岁早梅新。" * 5
    model = language.NGram(PIECES, order=4).fit(poem)
    written = model.generate(prompt="送寒", length=40)[0]
    assert text.UNKNOWN not in written.rstrip(text.UNKNOWN)
    assert sum(symbol in poem for symbol in written) > 0.9 * len(written.rstrip(text.UNKNOWN))
    assert model.score(poem[:24])["characters"] == 24


def test_what_cannot_be_counted():
    for order in (0, 40):
        with pytest.raises(ValueError, match=f"Received: {order}"):
            language.NGram(LETTERS, order=order)
    with pytest.raises(ValueError, match="Received: 3 tokens"):
        language.NGram(LETTERS, order=3).fit("abc")
    with pytest.raises(ValueError, match="Count first"):
        language.NGram(LETTERS, order=3).shares("a")
    for call in (MODEL.score, MODEL.shares, lambda passage, order: MODEL.generate(prompt=passage, order=order)):
        with pytest.raises(ValueError, match=r"lie in 1 … 5. Received: 6"):
            call("abc", order=6)
    with pytest.raises(ValueError, match="nothing to score"):
        MODEL.score("é!")
    with pytest.raises(ValueError, match="n=0"):
        MODEL.generate(0)
    with pytest.raises(ValueError, match="length=0"):
        MODEL.generate(length=0)
    with pytest.raises(ValueError, match="not in the vocabulary: 'é'"):
        MODEL.generate(prompt="é")
