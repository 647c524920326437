"""What stands beside models in a comparison of texts, and how models of running text take part."""

import pytest

from gencourse import data
from gencourse.recipes import comparison, contests

N = 60


@pytest.fixture(scope="module")
def contest():
    return contests.TextContest()


@pytest.fixture(scope="module")
def others(contest):
    return {kind: draw(N, 0) for _, kind, draw in contest.others() if kind != "counts"}


def test_each_measure_has_a_worthless_winner(others):
    floor, copier, noise = (others[kind] for kind in ("floor", "copier", "noise"))
    assert copier["reference_bleu"] == pytest.approx(floor["reference_bleu"])
    assert copier["self_bleu"] == pytest.approx(floor["self_bleu"])
    assert noise["reference_bleu"] < 0.6 * floor["reference_bleu"]
    assert noise["distinct_3"] > 0.98
    assert noise["copied"] == 0.0


def test_only_copying_tells_the_copier_from_the_floor(others):
    floor, copier = others["floor"], others["copier"]
    assert copier["copied"] == 1.0
    assert copier["copied_share"] > 0.8  # the rest are sentences of fewer than 30 characters
    assert floor["copied"] < 0.05
    assert floor["copied_share"] < 0.2


def test_running_text_is_cut_into_sentences(contest, monkeypatch):
    monkeypatch.setattr(contests, "PASSAGES", 4)
    monkeypatch.setattr(contests, "PASSAGE", 1200)
    run = comparison.load_row("04", "austen")
    contest.check("GRU", run)
    sentences = contest.write(run, N, 0)
    assert len(sentences) == N
    assert all(20 <= len(one) <= 80 and one[-1] in ".!?;" for one in sentences)
    assert sentences == contest.write(run, N, 0)
    assert sentences != contest.write(run, N, 1)
    scores = contest.scores(sentences, contest.novels)
    assert 0.0 < scores["reference_bleu"] < 0.4


def test_counts_take_part(contest):
    scores = contest._counts(30, 0)
    assert scores["bits_per_character"] == pytest.approx(1.91, abs=0.02)
    assert scores["characters_per_second"] > 100


def test_models_of_other_texts_are_refused(contest):
    with pytest.raises(ValueError, match="'poems', trained on 'quatrains'"):
        contest.check("poems", comparison.load_row("04", "quatrains"))


def test_plain_prose_has_one_sentence_a_line():
    said = '"You are\nmistaken," she said; "I never\nwas."'
    assert contests.plain(said) == "You are mistaken, she said;\nI never was."
    novels = contests.plain(data.load_austen().train)
    assert all(sentence in novels for sentence in data.load_sentences().train[:50])
