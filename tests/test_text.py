"""Tokenizers give back what they read; streams of windows show every place once and nothing else."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gencourse import runtime, text  # noqa: F401

LETTERS = text.CharacterTokenizer("abcdefgh \n")
PIECES = text.BytePairTokenizer.train("low lower lowest 送寒余雪尽 <padding> " * 40, vocabulary_size=300)
BOTH = pytest.mark.parametrize("tokenizer", [LETTERS, PIECES], ids=lambda tokenizer: tokenizer.kind)
UNICODE = st.text(st.characters(exclude_categories=("Cs",)), max_size=40)  # all that UTF-8 can write
quick = settings(max_examples=60, deadline=None)


def batches_of(dataset, count):
    return [[part.numpy() for part in pair] for pair in dataset.take(count)]


@quick
@given(UNICODE)
def test_every_text_survives_byte_pairs(passage):
    tokens = PIECES.encode(passage)
    assert tokens.dtype == np.int32
    assert not (tokens == text.PADDING).any()
    assert PIECES.decode(tokens) == passage
    assert PIECES.unknown(passage) == {}


@quick
@given(UNICODE.filter(lambda passage: set(passage) - {text.UNKNOWN}))
def test_known_characters_survive(passage):
    tokenizer = text.CharacterTokenizer.train(passage)
    tokens = tokenizer.encode(passage)
    assert tokens.dtype == np.int32
    assert len(tokens) == len(passage)
    assert tokenizer.decode(tokens) == passage
    assert "".join(tokenizer.pieces(tokens)) == passage
    assert tokenizer.vocabulary_size == 2 + len(set(passage) - {text.UNKNOWN})


@quick
@given(UNICODE)
def test_unknown_characters_are_replaced_and_counted(passage):
    strange = [symbol for symbol in passage if symbol not in LETTERS.symbols]
    assert LETTERS.unknown(passage) == {symbol: strange.count(symbol) for symbol in strange}
    assert LETTERS.decode(LETTERS.encode(passage)) == "".join(
        symbol if symbol in LETTERS.symbols else "\ufffd" for symbol in passage
    )


def test_unknown_characters_are_named():
    with pytest.raises(ValueError, match=r"not in the vocabulary: 'é', '\\t'. Received: 'aé\\té'"):
        LETTERS.encode("aé\té", unknown="error")
    with pytest.raises(ValueError, match="Received: 'ignore'"):
        LETTERS.encode("a", unknown="ignore")
    with pytest.raises(ValueError, match="…") as caught:
        LETTERS.encode("é" * 10_000, unknown="error")
    assert len(str(caught.value)) < 200


def test_the_name_of_padding_is_no_special_word():
    assert PIECES.decode(PIECES.encode("a <padding> b")) == "a <padding> b"


def test_numbers_follow_code_points():
    assert text.CharacterTokenizer("hello").encode("hole").tolist() == [3, 5, 4, 2]
    assert text.CharacterTokenizer("ollehhh").symbols == "ehlo"


def test_frequent_pieces_become_tokens():
    tokenizer = text.BytePairTokenizer.train("low lower lowest " * 50, vocabulary_size=300)
    assert tokenizer.pieces(tokenizer.encode("low lowest")) == ["low", " lowest"]
    assert tokenizer.vocabulary_size < 300  # a small text gives fewer
    assert 258 < PIECES.vocabulary_size <= 300
    several = text.BytePairTokenizer.train(["low lower ", "lowest"], vocabulary_size=260)
    assert several.decode(several.encode("slow")) == "slow"


@BOTH
def test_numbers_outside_are_refused(tokenizer):
    for wrong in (-1, tokenizer.vocabulary_size):
        with pytest.raises(ValueError, match=rf"lie in \[0, {tokenizer.vocabulary_size}\). Received: .*{wrong}"):
            tokenizer.decode([2, wrong])
    with pytest.raises(ValueError, match="Received: dtype float64"):
        tokenizer.decode([0.5])
    with pytest.raises(ValueError, match=r"shape \(1, 2\)"):
        tokenizer.pieces([[1, 2]])
    assert tokenizer.decode([]) == ""
    assert tokenizer.decode([0, 0]) == ""


def test_half_a_character_is_shown_as_unknown():
    first, *rest = PIECES.encode("鷽")  # not in the training text: its bytes
    assert rest
    assert PIECES.decode([first]) == "\ufffd"


@pytest.mark.parametrize(("tokenizer", "stop"), [(LETTERS, "a"), (PIECES, "w"), (PIECES, "雪"), (PIECES, "owe")])
def test_tokens_with_a_stop_are_those_that_hold_it(tokenizer, stop):
    found = tokenizer.tokens_with(stop)
    assert found
    assert found == [i for i in range(tokenizer.vocabulary_size) if stop in tokenizer.pieces([i])[0]]
    assert tokenizer.tokens_with("") == []


@BOTH
def test_tokenizers_are_kept(tokenizer, tmp_path):
    path = tmp_path / "tokenizer.json"
    tokenizer.save(path)
    loaded, again = type(tokenizer).load(path), text.restore_tokenizer(tokenizer.get_config())
    passage = "abc low <padding> lowest 雪\n"
    for other in (loaded, again):
        assert other.get_config() == tokenizer.get_config()
        np.testing.assert_array_equal(other.encode(passage), tokenizer.encode(passage))
    assert [file.name for file in tmp_path.iterdir()] == ["tokenizer.json"]


@BOTH
@pytest.mark.parametrize(
    "broken",
    [b"", b"[1]", b'"characters"', b"{}", b"\xff\xfe", b'{"kind": "words"}', b'{"kind": "characters"}',
     b'{"kind": "characters", "symbols": 5}', b'{"kind": "byte pairs", "model": "{}"}', b'{"kind": "byte pairs"}'],
)  # fmt: skip
def test_broken_files_are_named(tokenizer, broken, tmp_path):
    path = tmp_path / "tokenizer.json"
    path.write_bytes(broken)
    with pytest.raises(ValueError, match="Received: "):
        type(tokenizer).load(path)


def test_other_files_and_configs_are_refused(tmp_path):
    LETTERS.save(tmp_path / "letters.json")
    with pytest.raises(ValueError, match=r"another kind than 'byte pairs'. Received: 'characters'"):
        text.BytePairTokenizer.load(tmp_path / "letters.json")
    with pytest.raises(ValueError, match="Received: 'words'"):
        text.restore_tokenizer({"kind": "words"})
    with pytest.raises(FileNotFoundError):
        text.CharacterTokenizer.load(tmp_path / "none.json")


def test_a_file_is_text_that_people_can_read(tmp_path):
    text.CharacterTokenizer("雪é").save(tmp_path / "snow.json")
    assert json.loads((tmp_path / "snow.json").read_text("utf-8")) == {"kind": "characters", "symbols": "é雪"}


def test_what_no_tokenizer_can_be_made_of():
    for nothing in ("", "\ufffd"):
        with pytest.raises(ValueError, match="at least one symbol"):
            text.CharacterTokenizer(nothing)
    with pytest.raises(ValueError, match="Half a surrogate pair"):
        text.CharacterTokenizer("a\ud800")
    with pytest.raises(ValueError, match="Half a surrogate pair"):
        PIECES.encode("a\ud800")
    with pytest.raises(ValueError, match=r"at least 258.*Received: 257"):
        text.BytePairTokenizer.train("abc", vocabulary_size=257)


@settings(max_examples=8, deadline=None)
@given(st.integers(1, 7), st.integers(0, 30), st.integers(1, 4), st.integers(0, 1000))
def test_windows_show_every_place_once_and_nothing_else(length, more, batch_size, seed):
    tokens = np.arange(100, 100 + length * (batch_size + 1) + more)
    count = text.windows_per_pass(len(tokens), length)
    steps = count // batch_size
    stream = text.windows(tokens, length=length, batch_size=batch_size, seed=seed)
    pairs = batches_of(stream, 2 * steps)
    for inputs, targets in pairs:
        assert inputs.shape == targets.shape == (batch_size, length)
        assert inputs.dtype == targets.dtype == np.int32
        np.testing.assert_array_equal(targets, inputs + 1)  # each number is its own place
        np.testing.assert_array_equal(np.diff(inputs, axis=1), 1)
        assert inputs.min() >= 100
        assert targets.max() <= tokens[-1]
    for one_pass in (pairs[:steps], pairs[steps:]):
        starts = np.concatenate([inputs[:, 0] for inputs, _ in one_pass]) - 100
        assert len(set(starts)) == steps * batch_size  # no window twice
        assert len(set(starts % length)) == 1  # side by side, from one offset
        assert (starts // length < count).all()
        if count % batch_size == 0:
            assert set(starts // length) == set(range(count))


@settings(max_examples=5, deadline=None)
@given(st.integers(0, 40), st.booleans())
def test_streams_can_be_taken_up_at_any_step(step, short):
    def stream(start_step=0, seed=3):
        if short:
            rows = [np.arange(2 + i % 5) + 10 * i + 1 for i in range(11)]
            return text.padded(rows, batch_size=3, seed=seed, start_step=start_step)
        return text.windows(np.arange(60), length=4, batch_size=3, seed=seed, start_step=start_step)

    whole, resumed = batches_of(stream(), step + 3)[step:], batches_of(stream(step), 3)
    np.testing.assert_array_equal(np.array(whole), np.array(resumed))
    assert not np.array_equal(batches_of(stream(), 3), batches_of(stream(seed=4), 3))


def test_passes_differ_in_order_and_in_borders():
    pairs = batches_of(text.windows(np.arange(1000), length=10, batch_size=99, seed=0), 6)
    starts = [inputs[:, 0] for inputs, _ in pairs]
    assert len({tuple(order) for order in starts}) == 6
    assert len({order[0] % 10 for order in starts}) > 1


@pytest.mark.parametrize(
    ("options", "received"),
    [
        ({"length": 11}, "20 tokens"),
        ({"length": 0}, "20 tokens"),
        ({"length": 5, "batch_size": 4}, "Received: 4"),
        ({"batch_size": 0}, "Received: 0"),
        ({"tokens": np.zeros((4, 4), int)}, r"shape \(4, 4\)"),
        ({"tokens": np.zeros(20)}, "float64"),
    ],
)
def test_windows_that_cannot_be_cut(options, received):
    options = {"tokens": np.arange(20), "length": 4, "batch_size": 1} | options
    with pytest.raises(ValueError, match=received):
        text.windows(options.pop("tokens"), seed=0, **options)


def test_the_shortest_text_for_a_window():
    assert text.windows_per_pass(8, 4) == 1
    (inputs, targets), *_ = batches_of(text.windows(np.arange(8), length=4, batch_size=1, seed=0), 1)
    assert targets.max() < 8
    assert inputs.shape == (1, 4)


def test_padding_fills_the_ends():
    np.testing.assert_array_equal(text.pad([[5, 6, 7], [8], []]), [[5, 6, 7], [8, 0, 0], [0, 0, 0]])
    assert text.pad([[5]], length=3).tolist() == [[5, 0, 0]]
    assert text.pad([[5]]).dtype == np.int32
    with pytest.raises(ValueError, match=r"length 2. Received: one of 3"):
        text.pad([[5, 6, 7]], length=2)
    with pytest.raises(ValueError, match="Received: none"):
        text.pad([])


@settings(max_examples=5, deadline=None)
@given(st.lists(st.integers(2, 6), min_size=3, max_size=9), st.integers(1, 3), st.integers(0, 99))
def test_padded_texts_come_whole_once_in_a_pass(lengths, batch_size, seed):
    rows = [np.arange(n) + 100 * (i + 1) for i, n in enumerate(lengths)]
    steps = len(rows) // batch_size
    seen = []
    for inputs, targets in batches_of(text.padded(iter(rows), batch_size=batch_size, seed=seed), steps):
        assert inputs.shape == targets.shape == (batch_size, max(lengths) - 1)
        np.testing.assert_array_equal(inputs[:, 1:], targets[:, :-1])
        for first, row in zip(inputs[:, 0], targets, strict=True):
            number = first // 100 - 1
            np.testing.assert_array_equal(row, text.pad([rows[number][1:]], max(lengths) - 1)[0])
            seen.append(number)
    assert len(set(seen)) == steps * batch_size


def test_short_texts_that_cannot_be_padded():
    with pytest.raises(ValueError, match=r"all 2 texts. Received: 3"):
        text.padded([[1, 2], [3, 4]], batch_size=3, seed=0)
    with pytest.raises(ValueError, match="Received: 0"):
        text.padded([[1, 2], [3, 4]], batch_size=0, seed=0)
    with pytest.raises(ValueError, match=r"at least two tokens. Received: one of 1"):
        text.padded([[1, 2], [3]], batch_size=1, seed=0)
