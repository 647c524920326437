"""gencourse.data: the bundled texts, their form and what is held out of them."""

import re
from collections import Counter

import numpy as np
import pytest

from gencourse import data


def test_austen_is_one_clean_text():
    splits = data.load_austen()
    text = splits.train + splits.test
    assert 1_140_000 < len(text) < 1_160_000
    assert len(splits.train) == len(text) * 9 // 10
    assert text.startswith("PRIDE AND PREJUDICE\n\nChapter 1\n\nIt is a truth universally acknowledged")
    assert re.findall(r"^Chapter (\d+)$", text, re.MULTILINE) == [
        str(n) for last in (61, 24) for n in range(1, last + 1)
    ]
    assert text.isascii()
    assert not re.search(r"_|\r|\t|  | \n|\n |\n\n\n", text)
    assert set(splits.test) <= set(splits.train)


def test_quatrains_are_four_equal_lines():
    splits = data.load_quatrains()
    poems = splits.train + splits.test
    assert len(splits.test) == 1_456
    assert len(splits.train) == 12_935
    assert {tuple(map(len, poem.lines)) for poem in poems} == {(5,) * 4, (7,) * 4}
    assert all(poem.author and poem.title for poem in poems)
    text = "".join("".join(poem.lines) for poem in poems)
    assert all(re.match(r"[㐀-䶿一-鿿\U00020000-\U0003ffff□]", character) for character in set(text))
    assert not set("後裏於爲無風來門時見") & set(text)  # traditional forms of common characters
    assert text.count("□") < 60
    famous = next(poem for poem in poems if poem.lines[0] == "白日依山尽")
    assert famous.lines == ("白日依山尽", "黄河入海流", "欲穷千里目", "更上一层楼")


def test_no_training_poem_repeats_a_held_out_one():
    splits = data.load_quatrains()
    for size in (5, 7):
        with_line = {}
        for index, poem in enumerate(splits.test):
            if len(poem.lines[0]) == size:
                for line in set(poem.lines):
                    with_line.setdefault(line, []).append(index)
        for poem in splits.train:
            shared = Counter(index for line in set(poem.lines) for index in with_line.get(line, ()))
            assert max(shared.values(), default=0) < 2


@pytest.fixture(scope="module")
def sonnets():
    """All of them, in the order of the book."""
    train, test = (list(part) for part in data.load_sonnets())
    return [(test if number % 10 == 0 else train).pop(0) for number in range(1, 155)]


def test_sonnets_have_their_lines(sonnets):
    splits = data.load_sonnets()
    assert (len(splits.train), len(splits.test)) == (139, 15)
    lines = {number: poem.split("\n") for number, poem in enumerate(sonnets, 1)}
    other = {number: len(rows) for number, rows in lines.items() if len(rows) != 14}
    assert other == {99: 15, 126: 12}
    for rows in lines.values():
        assert all(re.match(r"'?[A-Z]", row) and row == row.strip() and len(row) > 25 for row in rows)
    lengths = {number: np.mean([len(row) for row in rows]) for number, rows in lines.items()}
    assert min(lengths, key=lengths.get) == 145  # eight syllables a line; the others have ten or eleven
    assert lines[18][0] == "Shall I compare thee to a summer's day?"
    assert lines[18][-1] == "So long lives this, and this gives life to thee."
    assert lines[154][-1] == "Love's fire heats water, water cools not love."


def test_sonnets_hold_nothing_but_verse_in_austen_s_characters(sonnets):
    text = "\n\n".join(sonnets)
    assert set(text) <= set(data.load_austen().train)
    assert not re.search(r"gutenberg|shakespeare|copyright|etext|[0-9*_]|  |\n{3}", text, re.IGNORECASE)
    assert not re.search(r"^[IVXLC]+$", text, re.MULTILINE)
    assert not re.search(r"[.,;:!?]{2}|[.,;:!?][A-Za-z]| [.,;:!?]|-- | --", text)  # slips that the source had
    assert text.count("(") == text.count(")")
    held_out = {line for poem in data.load_sonnets().test for line in poem.split("\n")}
    assert not held_out & {line for poem in data.load_sonnets().train for line in poem.split("\n")}


def test_sentences_are_cut_at_their_marks():
    passage = '"You are mistaken,\nMr. Darcy," she said; "I never was. --Well!" He left in 1801. And then--'
    assert data.split_sentences(passage, shortest=5) == [
        "You are mistaken, Mr. Darcy, she said;",
        "I never was.",
        "Well!",
    ]
    assert data.split_sentences(passage, shortest=6, longest=12) == ["I never was."]
    assert data.split_sentences("") == []
    with pytest.raises(ValueError, match="Received: 9 and 8"):
        data.split_sentences("Any.", shortest=9, longest=8)


def test_sentences_of_the_novels():
    splits = data.load_sentences()
    assert (len(splits.train), len(splits.test)) == (5642, 720)
    assert not set(splits.train) & set(splits.test)
    everything = splits.train + splits.test
    assert len(set(everything)) == len(everything)
    assert all(20 <= len(sentence) <= 80 and sentence[-1] in ".!?;" for sentence in everything)
    assert not re.search(r"[\"()_\n\d]|  ", " ".join(everything))
    running = re.sub(r"[\"()_*]", "", re.sub(r"\s+", " ", data.load_austen().train))
    assert sum(sentence in running for sentence in splits.train) > 0.97 * len(splits.train)
