"""Dates as people write them in many languages, each with the same date as year-month-day."""

import datetime
import functools
import re
from typing import NamedTuple

import numpy as np

#: whose languages, scripts and customs the dates follow; the two Englishes disagree on 3/5/2019
LOCALES = (
    *("en", "en_GB", "de", "fr", "es", "it", "pt", "nl", "sv", "fi", "pl", "cs", "hu", "tr", "vi", "id"),  # Latin
    *("ru", "uk", "bg", "el", "ka", "hy"),  # Cyrillic, Greek, Georgian, Armenian
    *("he", "ar_EG", "fa", "hi", "bn", "th"),  # Hebrew, Arabic, Devanagari, Bengali, Thai
    *("zh", "ja", "ko"),
)
FORMATS = ("short", "medium", "long", "full", "yMd", "yMMMd")
UNSEEN_FORMATS = ("yMEd", "yMMMEd", "GyMMMd")  # a short weekday, in front or behind; the era
FIRST, LAST = datetime.date(1900, 1, 1), datetime.date(2099, 12, 31)
HELD_OUT_EVERY = 10  # of all days in the calendar, every tenth is in no training example
STYLES = ("short", "medium", "long", "full")  # the four that every locale has

_DIGITS = {"arab": "٠١٢٣٤٥٦٧٨٩", "arabext": "۰۱۲۳۴۵۶۷۸۹", "beng": "০১২৩৪৫৬৭৮৯", "deva": "०१२३४५६७८९"}
_SPACES = str.maketrans({"\u00a0": " ", "\u202f": " ", "\u200e": None, "\u200f": None})


class DateSplits(NamedTuple):
    """Pairs of a locale with a date as it is written there, and the same date as year-month-day."""

    train: tuple[tuple[str, str], ...]
    test: tuple[tuple[str, str], ...]  # other days, in the same formats
    unseen: tuple[tuple[str, str], ...]  # other days, in other formats
    dropped: int  # examples that were left out since their source can be read as two dates, or was no unseen one


def write_date(day: datetime.date, locale: str, style: str) -> str:
    """Writes a date of our (Gregorian) calendar as it is written somewhere.

    Years always have four digits, also where a short form would have two. Digits are those that the locale uses.
    Narrow no-break spaces become plain ones, and marks that only say in which direction to write are left out.

    Args:
        day: the date.
        locale: of Babel, such as "pt" or "en_GB".
        style: "short", "medium", "long" or "full"; or the parts that are wanted, such as "yMMMd"; or a pattern with
            anything between its letters, such as "dd/MM/yyyy".

    Returns:
        Such as "5 de março de 2019".

    Raises:
        ValueError: for a locale or a style that is not known.

    Reference:
        Unicode Technical Standard #35 (LDML), part 4: Dates, for patterns and their letters.
    """
    pattern, digits = _pattern(locale, style)
    written = pattern.apply(day, locale).translate(_SPACES)
    return written.translate(digits) if digits else written


def make_dates(
    n: int,
    *,
    held_out: int = 1000,
    locales=LOCALES,
    formats=FORMATS,
    unseen_formats=UNSEEN_FORMATS,
    seed: int,
) -> DateSplits:
    """Draws dates from 1900 to 2099 and writes them, each in a locale and a format drawn by chance.

    A source is the locale, a space, and the date: ("de 5. März 2019", "2019-03-05"). Every tenth day of the calendar is
    held out, whatever the seed, and the held-out examples do not depend on how many there are to train on. A source
    that could be read as another date too is left out, and so is one in an unseen format that reads as in a seen one.
    The Babel library knows the languages.

    Args:
        n: training examples.
        held_out: examples in each of the other two splits.
        locales: to draw from.
        formats: to draw from, see `write_date`.
        unseen_formats: of the third split; empty for none.
        seed: an integer of at least 0; the same seed gives the same examples.

    Returns:
        The three splits, and how many examples were left out.

    Raises:
        ValueError: for sizes below 1, a locale or a format that is not known, or formats in which no example, or hardly
            any, can be read in one way only.
    """
    if n < 1 or held_out < 1:
        raise ValueError(f"`n` and `held_out` must be at least 1. Received: {n} and {held_out}.")
    locales, formats, unseen_formats = tuple(locales), tuple(formats), tuple(unseen_formats)
    if not locales or not formats:
        raise ValueError(f"There must be locales and formats. Received: {len(locales)} and {len(formats)}.")
    everything = tuple(dict.fromkeys(formats + unseen_formats))
    doubtful = {locale for locale in locales if _doubtful(locale, everything)}
    dropped = 0

    def draw(split, size, styles, days, known=()):
        nonlocal dropped
        rng = np.random.default_rng([seed, split])
        found = []
        for _ in range(100 * size):
            if len(found) == size:
                return tuple(found)
            day, locale, style = (of[rng.integers(len(of))] for of in (days, locales, styles))
            written = write_date(day, locale, style)
            again = any(write_date(day, locale, other) == written for other in known)
            if again or (locale in doubtful and _others(day, written, locale, everything)):
                dropped += 1
            else:
                found.append((f"{locale} {written}", day.isoformat()))
        raise ValueError(f"Hardly any example is new and can be read in one way only. Received: formats {styles}.")

    days, kept_back = calendar()
    train, test = draw(0, n, formats, days), draw(1, held_out, formats, kept_back)
    unseen = draw(2, held_out, unseen_formats, kept_back, formats) if unseen_formats else ()
    return DateSplits(train, test, unseen, dropped)


@functools.cache
def calendar() -> tuple[tuple[datetime.date, ...], tuple[datetime.date, ...]]:
    """Returns all days to train on, and all days held out."""
    numbers = range(FIRST.toordinal(), LAST.toordinal() + 1)
    kept_back = [number for number in numbers if number % HELD_OUT_EVERY == 0]
    days = [number for number in numbers if number % HELD_OUT_EVERY]
    return tuple(map(datetime.date.fromordinal, days)), tuple(map(datetime.date.fromordinal, kept_back))


def other_readings(day: datetime.date, locale: str, style: str, formats) -> list[datetime.date]:
    """Returns the dates of the same year that read the same in one of the formats: there should be none.

    Day and month may be exchanged, and months may have the same short name.

    Args:
        day: the date.
        locale: of Babel.
        style: how the date is written.
        formats: in which it may be read.
    """
    return _others(day, write_date(day, locale, style), locale, tuple(formats))


def _others(day, written, locale, formats):
    same_day = [_date(day.year, month, day.day) for month in range(1, 13) if month != day.month]
    exchanged = [_date(day.year, day.day, day.month)] if day.day <= 12 and day.day != day.month else []
    others = [other for other in same_day + exchanged if other]
    return [other for other in others if any(write_date(other, locale, style) == written for style in formats)]


def _date(year, month, day):
    try:
        return datetime.date(year, month, day)
    except ValueError:
        return None


@functools.cache
def _doubtful(locale, formats):
    """Whether a locale has two formats in which two dates of a trial read the same."""
    trial = [(month, 11) for month in range(1, 13)] + [(11, 10), (11, 12)]  # all months; both numbers have two digits
    read = {}
    for month, day in trial:
        for style in formats:
            read.setdefault(write_date(datetime.date(2000, month, day), locale, style), set()).add((month, day))
    return any(len(dates) > 1 for dates in read.values())


@functools.cache
def _pattern(locale, style):
    """A pattern of Babel with a year of four digits, and the table of the locale's digits, None where they are ours."""
    from babel import Locale, UnknownLocaleError
    from babel.dates import parse_pattern

    try:
        known = Locale.parse(locale)
    except (UnknownLocaleError, ValueError):
        raise ValueError(f"`locale` must be one that Babel knows. Received: {locale!r}.") from None
    if style in STYLES:
        pattern = known.date_formats[style].pattern
    else:  # what is no skeleton of the locale must be a pattern itself
        pattern = known.datetime_skeletons[style].pattern if style in known.datetime_skeletons else style
    bare = re.sub("'[^']*'", "", pattern)  # without quoted words
    if (
        not re.search("y", bare)
        or not re.search("[ML]", bare)
        or not re.search("d", bare)
        or re.fullmatch("[A-Za-z]+", bare)
    ):
        raise ValueError(
            f"A format must be one of {STYLES}, parts of a whole date that have a pattern in {locale!r}, or a pattern "
            f"with day, month and year. Received: {style!r}."
        )
    digits = _DIGITS.get(known.default_numbering_system)
    table = str.maketrans("0123456789", digits) if digits else None
    return parse_pattern(re.sub(r"(?<!y)yy(?!y)", "y", pattern)), table
