"""The names of days and months, held against Unicode's own."""

import pytest
from babel import Locale
from babel.dates import get_day_names, get_month_names, get_period_names

from hub.types import Language
from templates.calendar_words import CALENDAR_WORDS, plural_category


def plain(text: str) -> str:
    """Without the no-break spaces, of which one would cost an SMS more than half its room."""
    return " ".join(text.replace("\u202f", " ").replace("\xa0", " ").split())


@pytest.mark.parametrize("language", CALENDAR_WORDS)
def test_days_months_and_halves_of_the_day_are_called_as_unicode_calls_them(language: Language) -> None:
    words = CALENDAR_WORDS[language]

    short, whole = (get_day_names(width, locale=language) for width in ("abbreviated", "wide"))
    months = get_month_names("abbreviated", locale=language)
    halves = get_period_names("abbreviated", context="format", locale=language)

    assert words.language == language
    assert words.short_days == tuple(short[day].rstrip(".") for day in range(7))
    assert words.days == tuple(whole[day] for day in range(7))
    assert words.months == tuple(months[month].rstrip(".") for month in range(1, 13))
    assert (words.am, words.pm) == (plain(halves["am"]), plain(halves["pm"]))


@pytest.mark.parametrize("language", CALENDAR_WORDS)
def test_a_number_takes_the_plural_that_unicode_gives_it(language: Language) -> None:
    numbers = [-1_000_000, -2, -1, 0, 1, 2, 5, 11, 21, 100, 101, 1_000, 999_999, 1_000_000, 1_000_001, 3_000_000]

    rule = Locale(language).plural_form

    assert [plural_category(number, language) for number in numbers] == [rule(number) for number in numbers]
