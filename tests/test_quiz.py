"""The quiz: real and generated pictures in a seeded order, answers by button or by text, and an honest score."""

import io
import sys

import numpy as np
import pytest
from PIL import Image

from gencourse import viz
from gencourse.cli import notebooks
from gencourse.viz.quiz import interval

REAL = np.full((30, 8, 8, 1), 0.2, "float32")
MODELS = {"GAN": np.full((30, 8, 8, 1), 0.6, "float32"), "VAE": np.full((30, 8, 8, 1), 0.9, "float32")}


def game(**options):
    return viz.quiz(REAL, MODELS, **{"questions": 12, "seed": 3, **options})


def truths(quiz):
    """What each picture is, read from the pictures themselves."""
    return ["real" if image.mean() < 0.5 else "generated" for image in quiz.images]


def test_half_of_the_pictures_are_real_and_models_share_the_rest():
    quiz = game()
    assert truths(quiz).count("real") == 6
    assert sum(0.5 < image.mean() < 0.7 for image in quiz.images) == 3
    known = quiz.truth()
    assert {name: len(numbers) for name, numbers in known.items()} == {"real": 6, "GAN": 3, "VAE": 3}
    assert [number for number, word in enumerate(truths(quiz), start=1) if word == "real"] == known["real"]


def test_the_seed_decides_the_order():
    np.testing.assert_array_equal(game().images, game().images)
    assert not np.array_equal(game().images, game(seed=4).images)


def test_no_picture_is_asked_twice():
    many = np.random.default_rng(0).random((30, 8, 8, 1)).astype("float32")
    quiz = viz.quiz(many[:15], {"GAN": many[15:]}, questions=30)
    assert len(np.unique(quiz.images.reshape(30, -1), axis=0)) == 30


def test_all_right_and_all_wrong():
    quiz = game()
    best = quiz.answer(" ".join(truths(quiz)))
    assert (best.right, best.asked) == (12, 12)
    assert best.taken_for_real == dict.fromkeys(MODELS, (0, 3))
    assert best.real_doubted == (0, 6)
    assert "better than guessing" in str(best)
    assert "None of them fooled you" in str(best)
    worst = quiz.answer("".join("g" if word == "real" else "r" for word in truths(quiz)))
    assert worst.right == 0
    assert "wrong way round" in str(worst)
    assert "equally often" in str(worst)


def test_answers_by_number_and_by_word_agree():
    quiz = game()
    generated = [number for number, word in enumerate(truths(quiz), start=1) if word == "generated"]
    assert quiz.answer(generated) == quiz.answer(", ".join(truths(quiz)).upper())
    nothing = quiz.answer([])
    assert (nothing.right, nothing.real_doubted) == (6, (0, 6))
    assert "not excluded" in str(nothing)


def test_the_model_that_fooled_most_is_named():
    quiz = game()
    generated = [number for number, image in enumerate(quiz.images, start=1) if 0.5 < image.mean() < 0.7]
    score = quiz.answer(generated)  # the GAN's are found out, the VAE's are not
    assert score.taken_for_real == {"GAN": (0, 3), "VAE": (3, 3)}
    assert "fooled by: VAE." in str(score)
    assert "GAN 0 of 3" in str(score)


def test_buttons_ask_one_picture_after_another():
    quiz = game()
    assert quiz.score() is None
    for number, word in enumerate(truths(quiz), start=1):
        assert f"Picture {number} of 12" in quiz._title.value
        assert f'alt="picture {number} of 12"' in quiz._picture.value
        quiz.buttons[word].click()
        assert quiz.score().asked == number
    assert quiz.score().right == 12
    assert all(button.disabled for button in quiz.buttons.values())
    assert "12 of 12 right" in quiz._title.value
    assert "VAE: " in quiz._picture.value
    quiz.buttons["real"].click()
    assert len(quiz.answers) == 12


def test_a_question_gives_nothing_away():
    quiz = game()
    for model in MODELS:
        assert model not in quiz._title.value + quiz._picture.value.split("base64")[0]
    assert "numbered pictures" in quiz._repr_mimebundle_()[0]["text/plain"]


def test_a_cell_shows_both_and_a_kept_notebook_the_still_one():
    import nbformat
    from IPython.core.interactiveshell import InteractiveShell

    shown, _ = InteractiveShell.instance().display_formatter.format(game())
    assert {"image/png", "text/plain", notebooks.WIDGET} <= set(shown)
    cell = nbformat.v4.new_code_cell("1", outputs=[nbformat.v4.new_output("execute_result", data=shown)])
    kept = notebooks.tidy(nbformat.v4.new_notebook(cells=[cell])).cells[0].outputs[0].data
    assert set(kept) == {"image/png", "text/plain"}


def test_without_widgets_the_numbered_picture_and_answer_are_all(monkeypatch):
    monkeypatch.setitem(sys.modules, "ipywidgets", None)
    quiz = game()
    assert quiz.buttons == {}
    assert set(quiz._repr_mimebundle_()[0]) == {"image/png", "text/plain"}
    assert quiz.answer(" ".join(truths(quiz))).right == 12
    wide, high = Image.open(io.BytesIO(quiz.still)).size
    assert wide > high


def test_the_interval():
    low, high = interval(12, 24)
    assert (low + high) / 2 == pytest.approx(0.5)
    assert (low, high) == pytest.approx((0.314, 0.686), abs=0.001)  # worked by hand
    assert interval(0, 10)[0] == 0.0
    assert 0.2 < interval(0, 10)[1] < 0.3
    assert interval(1200, 2400)[1] < 0.53


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        ("r g", r"each of 12 pictures.*Received: 2"),
        ("r " * 13, "Received: 13"),
        ("maybe " * 12, "Received: 'maybe'"),
        ([0], "numbered from 1 to 12"),
        ([13], "numbered from 1 to 12"),
        (["g"] * 12, "numbered from 1 to 12"),
        ([True], "numbered from 1 to 12"),
    ],
)
def test_bad_answers_are_named(answers, words):
    with pytest.raises(ValueError, match=words):
        game().answer(answers)


@pytest.mark.parametrize(
    ("real", "generated", "questions", "words"),
    [
        (REAL, {}, 4, "dictionary"),
        (REAL, REAL, 4, "Received: ndarray"),
        (REAL, MODELS, 3, r"at least 4 questions. Received: 3"),
        (REAL[:2], MODELS, 8, r"4 pictures of 'real' are needed. Received: 2"),
        (REAL, {"GAN": REAL[:, :4]}, 4, "one shape"),
        (REAL, {"GAN": REAL - 1}, 4, r"\[0, 1\]"),
    ],
)
def test_bad_pictures_are_named(real, generated, questions, words):
    with pytest.raises(ValueError, match=words):
        viz.quiz(real, generated, questions=questions)
