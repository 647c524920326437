"""Pictures of text: places of characters, colours that follow numbers, and inputs that are refused."""

import numpy as np
import pytest
from matplotlib.colors import to_rgb

from gencourse import viz

PASSAGE = "one two\nthree $x_1$"
NUMBERS = np.arange(len(PASSAGE), dtype="float64")


def cells(axes):
    """{(column, row): brightness} of the drawn cells."""
    return {patch.get_xy(): sum(to_rgb(patch.get_facecolor())) for patch in axes.patches}


def test_every_character_has_a_cell_and_darker_is_more():
    axes = viz.coloured_text(PASSAGE, NUMBERS, columns=20).axes[0]
    found = cells(axes)
    assert len(found) == len(PASSAGE)
    order = [found[place] for place in sorted(found, key=lambda place: (place[1], place[0]))]
    assert order[0] > order[9] > order[-1]
    assert (np.diff(order) < 0.02).all()
    shown = [text.get_text() for text in axes.texts]
    assert "".join(shown) == PASSAGE.replace(" ", "").replace("\n", "↵")
    assert not any(text.get_parse_math() for text in axes.texts)


def test_rows_end_where_they_are_full_and_at_line_breaks():
    places = set(cells(viz.coloured_text("abcde\nf", np.zeros(7), columns=3).axes[0]))
    assert places == {(0, 0), (1, 0), (2, 0), (0, 1), (1, 1), (2, 1), (0, 2)}


def test_passages_share_one_scale():
    figure = viz.coloured_text({"a": "xy", "b": "xy"}, {"a": [0.0, 4.0], "b": [2.0, 4.0]})
    first, second = (cells(axes) for axes in figure.axes[:2])
    assert first[1, 0] == second[1, 0] < second[0, 0] < first[0, 0]
    assert figure.axes[2].get_ylabel() == "bits"
    assert figure.axes[2].get_ylim() == (0.0, 4.0)


@pytest.mark.parametrize(
    ("text", "values", "words"),
    [
        ("", [], "0 characters"),
        ("ab", [1.0], "shape"),
        ("ab", [1.0, np.nan], "finite"),
        ("a" * 2001, np.zeros(2001), "2001"),
        ("a春", [1.0, 2.0], "春"),
        ({"a": "x"}, {"b": [1.0]}, "same names"),
    ],
)
def test_unfit_texts_are_refused(text, values, words):
    with pytest.raises(ValueError, match="Received") as error:
        viz.coloured_text(text, values)
    assert words in str(error.value)


def test_a_table_names_rows_and_columns():
    axes = viz.symbol_table([[0.5, 0.5], [1.0, 0.0]], "a ", y_label="first").axes[0]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["a", "␣"]
    assert axes.images[0].get_array().tolist() == [[0.5, 0.5], [1.0, 0.0]]
    assert axes.get_ylabel() == "first"
    for shares, rows in (([[1.0]], "ab"), ([[1.0]], "春")):
        with pytest.raises(ValueError, match="Received"):
            viz.symbol_table(shares, rows)


def test_words_of_a_map_do_not_cover_each_other():
    words = ["street", "house", "carriage", "room", "far"]
    places = [[0.0, 0.01], [0.0, 0.0], [0.02, 0.01], [0.0, -0.01], [1.0, 1.0]]
    figure = viz.word_map(places, words)
    figure.canvas.draw()
    boxes = [text.get_window_extent() for text in figure.axes[0].texts]
    assert not any(a.overlaps(b) for i, a in enumerate(boxes) for b in boxes[:i])
    frame = figure.axes[0].get_window_extent()
    assert all(frame.y0 <= box.y0 and box.y1 <= frame.y1 for box in boxes)


def test_a_word_map_puts_each_word_at_its_place():
    axes = viz.word_map([[0.0, 1.0], [2.0, 3.0]], ["walk", "run"], groups=[0, 1]).axes[0]
    assert {text.get_text(): text.get_position() for text in axes.texts} == {"walk": (0.0, 1.0), "run": (2.0, 3.0)}
    assert len({(text.get_color(), text.get_weight()) for text in axes.texts}) == 2
    low, high = axes.get_xlim()
    assert low < 0
    assert high > 2
    for places, words in ((np.zeros((2, 3)), ["a", "b"]), (np.zeros((2, 2)), ["a"]), (np.zeros((0, 2)), [])):
        with pytest.raises(ValueError, match="Received"):
            viz.word_map(places, words)


def test_bars_stand_for_symbols_and_nothing_is_crossed_out():
    figure = viz.symbol_bars({"all": [0.5, 0.3, 0.2], "two": [0.6, 0.4, 0.0]}, "abc")
    first, second = figure.axes
    assert [bar.get_height() for bar in second.patches] == [0.6, 0.4, 0.0]
    assert [label.get_text() for label in second.get_xticklabels()] == ["a", "b", "c"]
    assert len(first.lines) == 0
    assert second.lines[0].get_xdata().tolist() == [2]
    assert first.get_ylim() == second.get_ylim()
    with pytest.raises(ValueError, match="Received"):
        viz.symbol_bars({"all": [0.5, 0.5]}, "abc")


def test_every_picture_can_be_drawn_small():
    pictures = [
        viz.coloured_text(PASSAGE, NUMBERS, title="t"),
        viz.symbol_table(np.eye(3), "abc"),
        viz.word_map(np.eye(2), ["a", "b"], title="t"),
        viz.symbol_bars({str(i): [0.5, 0.5, 0.0] for i in range(5)}, "abc", title="t"),
    ]
    for picture in pictures:
        assert 500 < len(picture.png()) < 20_000
