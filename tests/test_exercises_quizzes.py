"""Quizzes: the questions of every lesson, their buttons, their page without a kernel; and what is to be predicted."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from gencourse import exercises
from gencourse.exercises import quizzes, words

SOURCES = sorted((Path(__file__).parents[1] / "notebooks" / "source").glob("[0-9][0-9]_*.py"))
TOY = """
[[question]]
ask = "Is 1 < 2 in `Python`?"
[[question.option]]
words = "yes"
right = true
why = "1 & 2 are numbers."
[[question.option]]
words = "no"
why = "count again."
"""
each = pytest.mark.parametrize("lesson", quizzes.quizzes())
each_source = pytest.mark.parametrize("source", SOURCES, ids=[path.stem for path in SOURCES])


@pytest.fixture
def toy(tmp_path, monkeypatch):
    (tmp_path / "42.toml").write_text(TOY, encoding="utf-8")
    monkeypatch.setattr(quizzes, "FOLDER", tmp_path)
    return exercises.quiz("42")


def test_words_answer_a_question(toy):
    assert toy.answer(1, "a") == "Right: 1 & 2 are numbers."
    assert toy.answer(1, "b") == "Not quite: count again."
    assert str(toy).startswith("1. Is 1 < 2 in `Python`?\n   a) yes\n   b) no")


@pytest.mark.parametrize(
    ("number", "letter"), [(0, "a"), (2, "a"), ("1", "a"), (1, "c"), (1, ""), (1, None), (1, "ab")]
)
def test_an_unknown_question_or_option_is_refused(toy, number, letter):
    with pytest.raises(ValueError, match="Received"):
        toy.answer(number, letter)


def test_buttons_say_why(toy):
    (choice,), (said,) = toy.choices, toy.replies
    assert choice.value is None
    assert said.value == ""
    choice.value = 1
    assert said.value == "<p>✗ Not quite: count again.</p>"
    choice.value = 0
    assert said.value == "<p>✓ Right: 1 &amp; 2 are numbers.</p>"


def test_a_page_without_a_kernel_unfolds_each_option(toy):
    bundle = toy._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in bundle
    assert bundle["text/html"].count("<details>") == 2
    assert "Is 1 &lt; 2 in <code>Python</code>?" in bundle["text/html"]
    assert "Right" not in bundle["text/plain"]


def test_words_may_have_code_and_emphasis():
    shown = words.marked("*not* `a*b*c`, 2 * 3 * 4 < *two words*")
    assert shown == "<em>not</em> <code>a*b*c</code>, 2 * 3 * 4 &lt; <em>two words</em>"


def test_answers_and_hints_wrap_between_words_in_a_page():
    answer = exercises.Answer("01.1", False, "1 < 2, and `a_b` is no *c*.")
    assert answer._repr_html_() == "<p>01.1 not yet: 1 &lt; 2, and <code>a_b</code> is no *c*.</p>"
    assert exercises.Hint("01.1", "first\nsecond")._repr_html_() == "<p>first<br>second</p>"


def test_without_widgets_the_page_is_left(toy, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "ipywidgets", None)
    bare = exercises.quiz("42")
    assert bare.choices == []
    assert set(bare._repr_mimebundle_()) == {"text/html", "text/plain"}


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda text: text.replace("right = true", ""), "0 right"),
        (lambda text: text.replace('words = "no"', 'words = "no"\nright = true'), "2 right"),
        (lambda text: text.replace('why = "count again."', ""), "Missing: 'why'"),
        (lambda text: text.partition('[[question.option]]\nwords = "no"')[0], "1 options"),
        (lambda text: "", "at least one"),
    ],
)
def test_a_spoiled_file_is_refused(tmp_path, spoil, message):
    path = tmp_path / "42.toml"
    path.write_text(spoil(TOY), encoding="utf-8")
    with pytest.raises(ValueError, match=message):
        quizzes.read(path)


@pytest.mark.parametrize("lesson", ["99", 3, None])
def test_a_lesson_without_a_quiz_is_refused(lesson):
    with pytest.raises(ValueError, match="Lessons with a quiz"):
        exercises.quiz(lesson)


@each_source
def test_every_lesson_asks_its_quiz_before_the_exercises(source):
    text = source.read_text(encoding="utf-8")
    lesson = source.name[:2]
    assert lesson in quizzes.quizzes()
    asked = text.index(f'\nquiz("{lesson}")\n')
    first = re.search(rf"# (\*\*|### ){lesson}\.1 ", text).start()
    assert text.index("Exercises\n") < asked < first


@each
def test_quizzes_are_fair(lesson):
    questions = exercises.quiz(lesson).questions
    assert 4 <= len(questions) <= 6
    places = []
    for question in questions:
        assert len(question.ask) <= 300
        assert question.ask.endswith(("?", ":")), question.ask
        assert len({option.words for option in question.options}) == len(question.options) >= 3, question.ask
        for option in question.options:
            assert len(option.words) <= 110, f"too long for a button: {option.words}"
            assert 20 <= len(option.why) <= 320, option.why
            assert option.why.endswith((".", "!", "?")), option.why
        places.append([option.right for option in question.options].index(True))
    assert len(set(places)) > 1, "the right answer always stands at the same place"
    longest = [max(question.options, key=lambda option: len(option.words)).right for question in questions]
    assert not all(longest), "the right answer is always the longest"


@each
def test_quiz_pages_are_whole(lesson):
    class Tags(HTMLParser):
        open, seen = [], 0

        def handle_starttag(self, tag, attrs):
            self.open.append(tag)

        def handle_endtag(self, tag):
            assert self.open.pop() == tag
            self.seen += 1

    tags = Tags()
    tags.feed(exercises.quiz(lesson)._page())
    assert tags.open == []
    assert tags.seen


@each_source
def test_a_lesson_asks_for_predictions_and_answers_them_in_the_next_cell(source):
    import jupytext

    cells = jupytext.read(source, fmt="py:percent").cells
    places = [i for i, cell in enumerate(cells) if cell.cell_type == "markdown" and "**Predict first.**" in cell.source]
    assert len(places) >= 3
    for i in places:
        last = cells[i].source.strip().split("\n\n")[-1]
        assert re.match(r"\*\*Predict first\.\*\*.*\?", last, re.DOTALL), f"a question ends its cell: {last[:80]}"
        assert cells[i + 1].cell_type == "code", f"the next cell answers: {last[:80]}"
        after = next((cell for cell in cells[i + 2 : i + 6] if cell.cell_type == "markdown"), None)
        assert after is not None, f"nothing reads the answer: {last[:80]}"
        assert not after.source.startswith("#"), f"a sentence reads the answer: {last[:80]}"
