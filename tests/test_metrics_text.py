"""Variety and copying, against naive loops and numbers worked by hand; quatrains as text and back."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gencourse import data, metrics

LETTERS = st.text(alphabet="abc ", min_size=1, max_size=40)


def longest_common(passage, corpus):
    """The obvious way: try every stretch."""
    return max(
        (j - i for i in range(len(passage)) for j in range(i + 1, len(passage) + 1) if passage[i:j] in corpus),
        default=0,
    )


@settings(max_examples=60, deadline=None)
@given(passage=LETTERS, corpus=LETTERS, length=st.integers(1, 8))
def test_copied_stretches_equal_the_obvious_way(passage, corpus, length):
    found = metrics.copied_stretches(passage, corpus, length=length)
    assert found["longest"] == longest_common(passage, corpus) == len(found["longest_text"])
    assert found["longest_text"] in passage
    assert found["longest_text"] in corpus
    inside = {
        k for i in range(len(passage) - length + 1) if passage[i : i + length] in corpus for k in range(i, i + length)
    }
    assert found["copied_share"] == pytest.approx(len(inside) / len(passage))


def test_copies_of_any_script_are_found():
    corpus = "床前明月光，疑是地上霜。举头望明月，低头思故乡。😀" * 3
    assert metrics.copied_stretches("问" + corpus[3:20] + "问", corpus, length=5)["longest"] == 17


def test_nothing_to_judge_is_refused():
    with pytest.raises(ValueError, match="Received: 0 characters"):
        metrics.copied_stretches("", "abc")
    with pytest.raises(ValueError, match="length 0"):
        metrics.copied_stretches("abc", "abc", length=0)


def test_distinct_by_hand():
    assert metrics.distinct_n(["a b a b"], 2) == pytest.approx(2 / 3)  # ab, ba, ab
    assert metrics.distinct_n(["a b", "a b"], 2) == pytest.approx(1 / 2)  # texts are not joined
    assert metrics.distinct_n("aaab", 1, unit="characters") == pytest.approx(2 / 4)
    with pytest.raises(ValueError, match="No text has 3 words"):
        metrics.distinct_n(["a b"], 3)
    with pytest.raises(ValueError, match="`unit`"):
        metrics.distinct_n(["a b"], 1, unit="lines")
    with pytest.raises(ValueError, match="Received: 0"):
        metrics.ngrams("a b", 0)


def test_quatrains_survive_being_written():
    for poem in (*data.load_quatrains().train, *data.load_quatrains().test):
        assert data.quatrain_lines(data.quatrain_text(poem.lines)) == poem.lines


@pytest.mark.parametrize(
    "text",
    [
        "七言：四时运灰琯，一夕变冬春。送寒余雪尽，迎岁早梅新。",  # asked for sevens
        "五言：四时运灰，一夕变冬。送寒余雪，迎岁早梅。",
        "五言：四时运灰琯，一夕变冬春。送寒余雪尽。",
        "五言：四时运灰琯，一夕变冬春，送寒余雪尽，迎岁早梅新。",
        "五言：四时运灰琯，一夕变冬春。送寒余雪尽，迎岁早梅。",
        "",
    ],
)
def test_other_forms_are_no_quatrains(text):
    assert data.quatrain_lines(text) is None


def test_only_quatrains_are_written():
    with pytest.raises(ValueError, match="four lines of five"):
        data.quatrain_text(("四时", "一夕", "送寒", "迎岁"))
    with pytest.raises(ValueError, match="four lines of five"):
        data.quatrain_text(())
