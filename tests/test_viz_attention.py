"""Attention maps: what is drawn, what is written, and what is refused."""

import numpy as np
import pytest
from matplotlib.figure import Figure

from gencourse import viz


def causal(places):
    weights = np.tril(np.ones((places, places)))
    return weights / weights.sum(axis=1, keepdims=True)


def written(axes):
    return [text.get_text() for text in axes.texts]


def test_a_small_map_has_its_numbers_written_in_and_leaves_the_mask_white():
    picture = viz.attention_map(causal(3), ["a", " b", "\n"])
    axes = picture.axes[0]
    assert isinstance(picture, Figure)
    assert written(axes) == ["1.00", ".50", ".50", ".33", ".33", ".33"]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["a", "␣b", "↵"]
    assert np.array_equal(axes.images[0].get_array().mask, causal(3) == 0)
    assert picture.png().startswith(b"\x89PNG")


def test_several_heads_share_one_scale():
    picture = viz.attention_map(np.stack([causal(12)] * 3), list("some letters"), limits=(0.0, None))
    maps = [axes for axes in picture.axes if axes.images]
    assert [axes.get_title(loc="left") for axes in maps] == ["head 0", "head 1", "head 2"]
    assert len({axes.images[0].norm for axes in maps}) == 1
    assert maps[0].images[0].norm.vmax == 1.0
    assert not any(written(axes) for axes in maps)
    assert [label.get_text() for label in maps[1].get_xticklabels()] == list("some␣letters")


def test_other_tokens_may_be_looked_at():
    picture = viz.attention_map({"first": np.full((2, 4), 0.25)}, ["2026", "-"], ["22", " ", "November", "2026"])
    assert [label.get_text() for label in picture.axes[0].get_xticklabels()] == ["22", "␣", "November", "2026"]


@pytest.mark.parametrize(
    ("weights", "tokens", "words"),
    [
        (causal(3), ["a", "b"], r"2 × 2 tokens.*shape \(3, 3\)"),
        (np.zeros((0, 0)), [], "0 × 0 tokens"),
        (causal(65), ["a"] * 65, "at most 64"),
        (-causal(2), ["a", "b"], "never negative"),
        (np.full((2, 2), np.nan), ["a", "b"], "finite"),
        (causal(2), ["春", "a"], "can draw"),
    ],
)
def test_what_cannot_be_shown_is_refused(weights, tokens, words):
    with pytest.raises(ValueError, match=words):
        viz.attention_map(weights, tokens)
