"""Which Monday is meant: a bare weekday or number is that of the weeks spoken of, or it is asked about."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from bots.dates import When, Window, parse
from bots.dialogue import near
from bots.dialogue.state import Phase, State, Wish
from bots.dialogue.turns import Heard
from bots.nlu.model import Entities, Meaning
from tests.bots.talk import slot

NOW = datetime(2026, 3, 4, 10, 0, tzinfo=ZoneInfo("America/New_York"))  # a Wednesday


def read(text: str, wished: Window | None = None, shown: str | None = None) -> When:
    """What `text` says of time, once `wished` was said and a time on the day `shown` is on the table."""
    when = parse(text, now=NOW, language="en", expecting="time")
    meaning = Meaning(intent="inform", confidence=0.9, language="en", entities=Entities(when=when))
    offered = (slot("one", f"{shown} 09:00"),) if shown else ()
    wish = Wish(when=When(windows=(wished,)) if wished else None)
    state = State(phase=Phase.CHOOSE_SLOT, job="book", wish=wish, offered=offered)
    return near.placed(state, Heard(meaning=meaning, text=text, at=NOW)).meaning.entities.when


def days(when: When) -> list[date | None]:
    return [window.first for window in when.windows]


MID_MARCH = Window(first=date(2026, 3, 11), last=date(2026, 3, 20))


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("monday", [date(2026, 3, 16)]),
        ("monday or thursday after 4", [date(2026, 3, 16), date(2026, 3, 12)]),
        ("wednesday", [date(2026, 3, 11)]),
        ("thursday at noon or the day after same time", [date(2026, 3, 12), date(2026, 3, 13)]),
        ("tomorrow", [date(2026, 3, 5)]),
        ("march 9th", [date(2026, 3, 9)]),
    ],
)
def test_a_weekday_is_the_one_in_the_period_wished_for(text: str, meant: list[date]) -> None:
    when = read(text, wished=MID_MARCH)

    assert days(when) == meant
    assert not when.ambiguous


def test_a_number_is_the_day_in_the_month_that_was_named() -> None:
    when = read("the 7th at 10", wished=Window(first=date(2026, 4, 6), last=date(2026, 4, 10)))

    assert days(when) == [date(2026, 4, 7)]


def test_of_two_weekdays_that_may_be_meant_it_is_asked() -> None:
    when = read("friday", shown="03-17")

    assert [window.first for window in when.ambiguous] == [date(2026, 3, 20), date(2026, 3, 6)]


@pytest.mark.parametrize("text", ["friday", "the 6th"])
def test_a_day_of_the_present_weeks_is_the_coming_one(text: str) -> None:
    when = read(text, shown="03-09")

    assert days(when) == [date(2026, 3, 6)]
    assert not when.ambiguous


def test_of_the_days_wished_for_a_weekday_picks_one() -> None:
    when = read("friday", wished=Window(first=date(2026, 3, 13), last=date(2026, 3, 13)))

    assert days(when) == [date(2026, 3, 13)]


def test_the_following_tuesday_is_that_after_the_day_on_the_table() -> None:
    when = read("no the following tuesday", shown="03-10")

    assert days(when) == [date(2026, 3, 17)]


def test_what_the_period_settles_is_asked_no_more() -> None:
    when = read("wednesday or thursday at 4 or 4:30", wished=MID_MARCH)

    assert days(when)[0] == date(2026, 3, 11)
    assert not when.ambiguous
