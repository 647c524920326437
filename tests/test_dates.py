"""Dates in many languages: hand-written ones, splits that share no day, and sources that say one date only."""

import datetime
import re
import unicodedata

import pytest

from gencourse import data
from gencourse.data import dates

DAY = datetime.date(2019, 3, 5)  # a Tuesday
SPLITS = data.make_dates(1500, held_out=400, seed=7)


@pytest.mark.parametrize(
    ("locale", "style", "written"),
    [
        ("en", "short", "3/5/2019"),  # the month first, and a year of two digits made four
        ("en_GB", "short", "05/03/2019"),
        ("de", "full", "Dienstag, 5. März 2019"),
        ("pt", "long", "5 de março de 2019"),
        ("ru", "medium", "5 мар. 2019 г."),  # with a plain space
        ("el", "yMMMd", "5 Μαρ 2019"),
        ("he", "long", "5 במרץ 2019"),
        ("ar_EG", "short", "٥/٣/٢٠١٩"),  # Arabic digits, no marks of direction
        ("fa", "short", "۲۰۱۹/۳/۵"),  # of our calendar, though Iran has another
        ("hi", "long", "5 मार्च 2019"),
        ("bn", "yMd", "৫/৩/২০১৯"),
        ("th", "medium", "5 มี.ค. 2019"),  # 2019, not the Buddhist 2562
        ("zh", "full", "2019年3月5日星期二"),
        ("ja", "long", "2019年3月5日"),
        ("ko", "long", "2019년 3월 5일"),
        ("en", "dd.MM.yyyy", "05.03.2019"),
        ("fr", "d 'du' MMMM yy", "5 du mars 2019"),
    ],
)
def test_dates_as_they_are_written(locale, style, written):
    assert data.write_date(DAY, locale, style) == written


def test_there_are_many_languages_and_scripts():
    assert len({locale.split("_")[0] for locale in data.LOCALES}) >= 25
    letters = {
        unicodedata.name(letter).split()[0]
        for locale in data.LOCALES
        for letter in data.write_date(DAY, locale, "full")
        if letter.isalpha()
    }
    assert len(letters) >= 12
    assert not set(data.FORMATS) & set(data.UNSEEN_FORMATS)


def test_no_two_days_are_written_alike():
    """In every locale, over all formats at once: 100 days of a year, among them all with two small numbers."""
    days = [datetime.date(2019, month, day) for month in range(1, 13) for day in (1, 2, 3, 9, 10, 11, 12, 28)]
    for locale in data.LOCALES:
        read = {}
        for day in days:
            for style in data.FORMATS + data.UNSEEN_FORMATS:
                read.setdefault(data.write_date(day, locale, style), set()).add(day)
        assert [written for written, meant in read.items() if len(meant) > 1] == []


def test_each_source_has_one_date():
    meaning = {}
    for source, target in SPLITS.train + SPLITS.test + SPLITS.unseen:
        assert meaning.setdefault(source, target) == target


def test_a_pair_is_a_locale_a_date_and_its_iso_form():
    assert [len(split) for split in SPLITS[:3]] == [1500, 400, 400]
    for split, formats in (
        (SPLITS.train, data.FORMATS),
        (SPLITS.test, data.FORMATS),
        (SPLITS.unseen, data.UNSEEN_FORMATS),
    ):
        for source, target in split:
            locale, written = source.split(" ", 1)
            day = datetime.date.fromisoformat(target)
            assert dates.FIRST <= day <= dates.LAST
            assert written in {data.write_date(day, locale, style) for style in formats}
    assert {source.split()[0] for source, _ in SPLITS.train} == set(data.LOCALES)


def test_years_have_four_digits_and_nothing_is_invisible_but_needed():
    for source, target in SPLITS.train + SPLITS.test + SPLITS.unseen:
        numbers = [len(number) for number in re.findall(r"\d+", source)]
        assert numbers.count(4) == 1, source
        assert str(unicodedata.decimal(re.search(r"\d{4}", source)[0][0])) == target[0]
        assert not set(source) & set("\u00a0\u202f\u200e\u200f\n")


def test_held_out_days_are_in_no_training_example():
    train, test, unseen = ({target for _, target in split} for split in SPLITS[:3])
    assert not train & (test | unseen)
    days, kept_back = dates.calendar()
    assert len(days) + len(kept_back) == (dates.LAST - dates.FIRST).days + 1 == 73_049
    other = data.make_dates(300, held_out=300, seed=8)  # whatever the seed
    assert not train & {target for _, target in other.test}


def test_unseen_formats_read_otherwise_than_seen_ones():
    for source, target in SPLITS.unseen:
        locale, written = source.split(" ", 1)
        day = datetime.date.fromisoformat(target)
        assert written not in {data.write_date(day, locale, style) for style in data.FORMATS}
    assert SPLITS.dropped > 0  # some were: in Persian, a short weekday is a whole one
    assert data.make_dates(20, held_out=10, unseen_formats=(), seed=0).unseen == ()


def test_the_seed_decides():
    assert data.make_dates(50, held_out=20, seed=1) == data.make_dates(50, held_out=20, seed=1)
    assert data.make_dates(50, held_out=20, seed=1).train != data.make_dates(50, held_out=20, seed=2).train


def test_what_can_be_read_in_two_ways_is_dropped():
    formats = ("d/M/yyyy", "M/d/yyyy", "long")
    assert dates.other_readings(DAY, "en", "d/M/yyyy", formats) == [datetime.date(2019, 5, 3)]
    assert dates.other_readings(datetime.date(2019, 3, 13), "en", "d/M/yyyy", formats) == []
    assert dates.other_readings(datetime.date(2019, 1, 5), "en", "MMMMM d y", ("MMMMM d y",)) == [
        datetime.date(2019, 6, 5),  # J 5 2019
        datetime.date(2019, 7, 5),
    ]
    splits = data.make_dates(300, held_out=50, locales=("en",), formats=formats, unseen_formats=(), seed=3)
    assert splits.dropped > 30
    for source, target in splits.train:
        numbers = list(map(int, re.findall(r"\d+", source)))
        if len(numbers) == 3:
            day, month = int(target[8:]), int(target[5:7])
            assert max(numbers[:2]) > 12 or day == month


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"n": 0}, "Received: 0"),
        ({"held_out": 0}, "Received: 5 and 0"),
        ({"locales": ()}, "Received: 0 and 6"),
        ({"formats": ()}, "Received: 31 and 0"),
        ({"locales": ("tlh",)}, "Received: 'tlh'"),
        ({"formats": ("nonsense",)}, "Received: 'nonsense'"),
        ({"formats": ("yMMM",)}, "Received: 'yMMM'"),  # no day
        ({"formats": ("MM/yyyy",)}, "Received: 'MM/yyyy'"),
        ({"unseen_formats": ("short",)}, r"read in one way only. Received: formats \('short',\)"),
    ],
)
def test_what_cannot_be_made(options, message):
    with pytest.raises(ValueError, match=message):
        data.make_dates(**{"n": 5, "held_out": 2, "seed": 0} | options)
