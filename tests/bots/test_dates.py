"""What the line understands by days and hours: alternatives, what is ruled out, corrections, open readings."""

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from bots.dates import When, Window, parse

ZONE = ZoneInfo("America/New_York")
MONDAY = datetime(2026, 3, 9, 9, 0, tzinfo=ZONE)


def read(text: str, **asked: object) -> When:
    return parse(text, now=MONDAY, **asked)  # type: ignore[arg-type]


def march(day: int) -> date:
    return date(2026, 3, day)


def test_alternatives_become_one_window_each_and_share_the_hour_that_follows() -> None:
    when = read("Tue or Wed after 3, not the 5th")

    assert when.windows == (
        Window(first=march(10), last=march(10), earliest=time(15)),
        Window(first=march(11), last=march(11), earliest=time(15)),
    )
    assert when.excluded == (date(2026, 4, 5),)


def test_each_day_keeps_the_hour_said_with_it() -> None:
    when = read("Thursday at 3 or Tuesday at 4")

    assert [(window.first, window.earliest) for window in when.windows] == [
        (march(12), time(15)),
        (march(10), time(16)),
    ]


@pytest.mark.parametrize(
    ("text", "day", "at"),
    [
        pytest.param("Tuesday, no wait, Wednesday", march(11), None, id="no-wait"),
        pytest.param("Tuesday at 3, actually Wednesday", march(11), time(15), id="the-hour-stays"),
        pytest.param("Tuesday at 2, I mean 3", march(10), time(15), id="the-day-stays"),
        pytest.param("martes, no, miércoles", march(11), None, id="es-no"),
        pytest.param("el martes, perdón, el jueves a las 10", march(12), time(10), id="es-perdon"),
        pytest.param("move it from Tuesday to Thursday", march(12), None, id="moved-day"),
        pytest.param("can you change my 3pm to 4pm", None, time(16), id="moved-hour"),
        pytest.param("cambiar mi cita del martes al jueves", march(12), None, id="es-moved-day"),
        pytest.param("cambiar mi cita de mañana para el viernes", march(13), None, id="es-moved-with-para"),
    ],
)
def test_a_correction_replaces_what_was_said_before(text: str, day: date | None, at: time | None) -> None:
    when = read(text)

    assert len(when.windows) == 1
    assert (when.date, when.time) == (day, at)


@pytest.mark.parametrize(
    ("text", "days", "weekdays"),
    [
        pytest.param("not Friday", (), (4,), id="not"),
        pytest.param("can't do the 20th", (march(20),), (), id="cant-do"),
        pytest.param("I can't make it tomorrow", (march(10),), (), id="cant-make"),
        pytest.param("Friday doesn't work", (), (4,), id="after-the-day"),
        pytest.param("not Monday or Tuesday", (), (0, 1), id="over-or"),
        pytest.param("no el lunes", (), (0,), id="es-no"),
        pytest.param("el viernes no puedo", (), (4,), id="es-after"),
        pytest.param("cualquier día menos el martes", (), (1,), id="es-except"),
        pytest.param("no weekends", (), (5, 6), id="weekends"),
        pytest.param("entre semana", (), (5, 6), id="es-weekdays-only"),
    ],
)
def test_days_ruled_out_are_excluded_and_never_wished(
    text: str, days: tuple[date, ...], weekdays: tuple[int, ...]
) -> None:
    when = read(text)

    assert when.windows == ()
    assert when.excluded == days
    assert when.excluded_weekdays == weekdays


@pytest.mark.parametrize(
    ("text", "day"),
    [
        pytest.param("No, make it Friday", march(13), id="no-comma"),
        pytest.param("no, el viernes", march(13), id="es-no-comma"),
        pytest.param("I can't wait, Friday please", march(13), id="cant-wait"),
        pytest.param("not Thursday, Friday", march(13), id="the-next-day-stands"),
    ],
)
def test_a_no_to_something_else_excludes_nothing_named_after_it(text: str, day: date) -> None:
    assert day in {window.first for window in read(text).windows}


def test_hours_ruled_out_leave_the_rest_of_the_day() -> None:
    assert read("not in the morning").windows == (Window(earliest=time(12), latest=time(23, 59)),)
    assert read("not before 10").windows == (Window(earliest=time(10)),)
    assert read("nothing after 4").windows == (Window(latest=time(16)),)
    assert read("nada antes de las 10").windows == (Window(earliest=time(10)),)


@pytest.mark.parametrize(
    ("text", "likeliest", "other"),
    [
        pytest.param("next Friday", march(20), march(13), id="next"),
        pytest.param("Monday", march(16), march(9), id="today-or-in-a-week"),
        pytest.param("el viernes que viene", march(13), march(20), id="es-que-viene"),
        pytest.param("Friday, March 12", march(12), march(13), id="weekday-and-date-disagree"),
    ],
)
def test_days_that_people_read_differently_come_back_in_both_readings(text: str, likeliest: date, other: date) -> None:
    when = read(text)

    assert when.date == likeliest
    assert [window.first for window in when.ambiguous] == [likeliest, other]


@pytest.mark.parametrize(
    ("text", "readings"),
    [
        pytest.param("at 7", [time(7), time(19)], id="both-closed"),
        pytest.param("10 to 4", [time(10), time(15, 50)], id="stretch-or-minutes"),
        pytest.param("ten to four", [time(15, 50), time(10)], id="minutes-or-stretch"),
    ],
)
def test_hours_with_two_readings_come_back_in_both(text: str, readings: list[time]) -> None:
    when = read(text)

    assert [window.earliest for window in when.ambiguous] == readings
    assert when.windows[0] == when.ambiguous[0]


def test_a_bare_hour_is_settled_by_opening_hours() -> None:
    assert read("at 3").ambiguous == ()
    assert read("at 3").time == time(15)
    assert read("at 7", hours=(time(7), time(15))).time == time(7)
    assert len(read("at 7", hours=(time(6), time(20))).ambiguous) == 2


def test_hours_that_are_taken_leave_the_time_after_them() -> None:
    assert read("I work until 5").windows == (Window(earliest=time(17)),)
    assert read("trabajo hasta las 3").windows == (Window(earliest=time(15)),)


def test_two_open_stretches_stay_two() -> None:
    when = read("before 9 or after 5")

    assert when.windows == (Window(latest=time(8, 59)), Window(earliest=time(17)))


def test_next_with_a_weekday_that_has_gone_by_this_week_is_not_ambiguous() -> None:
    friday = datetime(2026, 3, 13, 9, 0, tzinfo=ZONE)

    when = parse("next Tuesday", now=friday)

    assert when.date == march(17)
    assert when.ambiguous == ()


@pytest.mark.parametrize(
    ("text", "wish"),
    [
        pytest.param("as soon as possible", "soonest", id="asap"),
        pytest.param("the earliest you have", "soonest", id="earliest"),
        pytest.param("anything earlier?", "earlier", id="earlier"),
        pytest.param("something later", "later", id="later"),
        pytest.param("lo antes posible", "soonest", id="es-soonest"),
        pytest.param("más temprano", "earlier", id="es-earlier"),
        pytest.param("más tarde", "later", id="es-later"),
    ],
)
def test_relative_wishes_are_left_to_the_dialogue(text: str, wish: str) -> None:
    when = read(text)

    assert when.relation == wish
    assert when.windows == ()


@pytest.mark.parametrize(
    "text",
    [
        "I may come",
        "may I come in?",
        "we march on",
        "I have 2 kids and 2 questions",
        "I sat down",
        "one second",
        "I am 45 years old",
        "call me at 202-555-0142",
        "see Dr. Sunday",
        "it started yesterday",
        "3 weeks ago I saw you",
        "hurts since Monday",
        "good morning",
        "buenas tardes",
        "hace dos semanas",
        "it costs $30",
        "my blood pressure is 120/80",
        "a meeting with tom",
        "\u0000\u202e🙂",
        "",
    ],
)
def test_nothing_is_found_where_no_time_is_meant(text: str) -> None:
    assert read(text) == When()


@pytest.mark.parametrize(
    ("text", "asked", "day", "at"),
    [
        pytest.param("330", "time", None, time(15, 30), id="compact"),
        pytest.param("9", "time", None, time(9), id="bare-hour"),
        pytest.param("3 works", "time", None, time(15), id="hour-with-a-word"),
        pytest.param("14", "date", march(14), None, id="bare-day"),
        pytest.param("sun", "date", march(15), None, id="weak-weekday"),
    ],
)
def test_the_question_asked_makes_bare_numbers_count(text: str, asked: str, day: date | None, at: time | None) -> None:
    assert (read(text, expecting=asked).date, read(text, expecting=asked).time) == (day, at)
    assert read("330 1030 14").windows == ()


def test_figures_are_read_month_first_in_english_and_day_first_in_spanish() -> None:
    assert read("5/4", language="en").date == date(2026, 5, 4)
    assert read("5/4", language="es").date == date(2026, 4, 5)
    assert read("3/14", language="es").date == march(14)


def test_a_part_of_today_that_has_gone_by_is_no_wish() -> None:
    evening = datetime(2026, 3, 9, 16, 0, tzinfo=ZONE)

    assert parse("I called this morning", now=evening).windows == ()


def test_an_explicit_year_in_the_past_stands() -> None:
    assert read("March 2 2025").date == date(2025, 3, 2)


def test_spans_cover_the_words_that_were_used() -> None:
    text = "could I come tomorrow at 9, please"

    assert [text[start:end] for start, end in read(text).spans] == ["tomorrow", "at 9"]


def test_a_window_suits_only_starts_within_it() -> None:
    three = datetime(2026, 3, 10, 15, 0, tzinfo=ZONE)
    half_past = three.replace(minute=30)

    assert read("tomorrow at 3").windows[0].suits(three)
    assert not read("tomorrow at 3").windows[0].suits(half_past)
    assert read("tomorrow around 3").windows[0].suits(half_past)
    assert not read("tomorrow around 3").windows[0].suits(three.replace(hour=17))
    assert read("tomorrow after 3").windows[0].suits(half_past)
    assert not read("tomorrow before 3").windows[0].suits(three)
    assert not read("Wednesday").windows[0].suits(three)
    assert not read("until today").windows[0].suits(three)
    assert Window().suits(three)


def test_a_bounded_day_is_the_day_named_and_a_stretch_is_none() -> None:
    assert read("by the 20th").date == march(20)
    assert read("from the 20th").date == march(20)
    assert read("before Friday").date is None
    assert read("next week").date is None
    assert read("next week after 3").windows == read("after 3 next week").windows != ()
    assert read("between 2 and 4").time is None
    assert read("after 4").time == time(16)
    assert When().date is When().time is When().part_of_day is None


def test_a_weekday_that_is_past_is_the_next_one_whatever_week_is_named_beside_it() -> None:
    wednesday = datetime(2026, 3, 11, 12, 0, tzinfo=ZONE)

    when = parse("mon or fri this week", now=wednesday)

    assert [window.first for window in when.windows] == [march(16), march(13)]


def test_on_its_eve_the_coming_week_is_the_next_one() -> None:
    saturday = datetime(2026, 3, 14, 12, 0, tzinfo=ZONE)

    either = parse("thurs or fri this coming week", now=saturday)
    whole = parse("any day this coming week", now=saturday)

    assert [window.first for window in either.windows] == [march(19), march(20)]
    assert (whole.windows[0].first, whole.windows[0].last) == (march(16), march(22))


@pytest.mark.parametrize(
    ("text", "first", "last", "others"),
    [
        pytest.param("any tuesday in april", date(2026, 4, 1), date(2026, 4, 30), (0, 2, 3, 4, 5, 6), id="of a month"),
        pytest.param("un lunes de abril", date(2026, 4, 1), date(2026, 4, 30), (1, 2, 3, 4, 5, 6), id="es-of a month"),
        pytest.param("weekends only", march(14), None, (0, 1, 2, 3, 4), id="weekends"),
        pytest.param("this weekend", march(14), march(15), (), id="one weekend"),
        pytest.param("puros martes puedo, el 17 de marzo a la una", march(17), march(17), (), id="es-one of them"),
        pytest.param("the first tuesday in april", date(2026, 4, 7), date(2026, 4, 7), (), id="the first of a month"),
        pytest.param("two saturdays from now", march(21), march(21), (), id="counted"),
    ],
)
def test_each_such_day_is_meant_or_one(text: str, first: date, last: date | None, others: tuple[int, ...]) -> None:
    when = read(text)

    assert [(window.first, window.last) for window in when.windows] == [(first, last)]
    assert when.excluded_weekdays == others


def test_letters_name_weekdays_where_these_are_not_ruled_out() -> None:
    assert read("m-w-f after 2").excluded_weekdays == read("m w or f after 2").excluded_weekdays == (1, 3, 5, 6)
    assert read("t/th after 2").excluded_weekdays == (0, 2, 4, 5, 6)
    assert read("cant do mornings m/w/f").excluded_weekdays == ()


@pytest.mark.parametrize(
    ("text", "earliest", "latest"),
    [
        pytest.param("please do not schedule before 1. Tuesday", time(13), None, id="do not schedule"),
        pytest.param("no appointments before 11, tuesday", time(11), None, id="no appointments"),
        pytest.param("don't give me anything before 10. tues", time(10), None, id="do not give"),
        pytest.param("Tuesday, but if it's before 2 I can't make it", time(14), None, id="if it is"),
        pytest.param("tuesday i dont get out before 5", time(17), None, id="not out before"),
        pytest.param("unless its before 9, tuesday works", time(9), None, id="unless"),
        pytest.param("tuesday won't work unless it's after 4", time(16), None, id="not unless"),
        pytest.param("el martes no, a menos que sea despues de las 4", time(16), None, id="es-not unless"),
        pytest.param("menos en la mañana, el martes a cualquier hora", time(12), time(23, 59), id="es-but for a part"),
        pytest.param("El martes despues de las 3, ese dia salgo temprano", time(15), None, id="es-off early"),
        pytest.param("tuesday but please nothing early, like before 10", time(10), None, id="nothing such as"),
        pytest.param("tuesday if its not too early, like before 9", time(9), None, id="not such as"),
        pytest.param("tuesday, i wont be up before 10", time(10), None, id="not up before"),
        pytest.param("my shift doesn't end before 3 on tuesday", time(15), None, id="does not end before"),
        pytest.param("i never make it anywhere before 11. tuesday", time(11), None, id="never make it"),
        pytest.param("tuesday afternoon is a no go", None, time(11, 59), id="a no go"),
        pytest.param("tuesday. earliest is 10:30 for me", time(10, 30), None, id="earliest"),
    ],
)
def test_what_would_not_do_is_never_taken_for_the_wish(text: str, earliest: time | None, latest: time | None) -> None:
    when = read(text)

    assert when.windows == (
        Window(
            first=march(10), last=march(10), earliest=earliest, latest=latest, part_of_day=when.windows[0].part_of_day
        ),
    )


@pytest.mark.parametrize(
    ("text", "ruled_out"),
    [
        pytest.param("thursday is the only day i can't", True, id="the only one that will not do"),
        pytest.param("el jueves es el unico dia que no puedo", True, id="es-the only one that will not do"),
        pytest.param("thursday would be a disaster", True, id="a disaster"),
        pytest.param("don't bother with thursday", True, id="do not bother"),
        pytest.param("thursday is the only day i can", False, id="the only one"),
        pytest.param("has to be a thursday, i dont do any other day", False, id="no other"),
    ],
)
def test_the_only_day_is_told_from_the_only_one_that_will_not_do(text: str, ruled_out: bool) -> None:
    when = read(text)

    assert (3 in when.excluded_weekdays) is ruled_out
    assert [window.first for window in when.windows] == ([] if ruled_out else [march(12)])


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("don't forget me tuesday at 3", id="do not forget"),
        pytest.param("tuesday at 3 without fail", id="without fail"),
        pytest.param("why not tuesday at 3", id="why not"),
        pytest.param("por que no el martes a las 3", id="es-why not"),
        pytest.param("no importa, el martes a las 3", id="es-no matter"),
    ],
)
def test_not_every_no_rules_out(text: str) -> None:
    assert read(text).windows == (
        Window(first=march(10), last=march(10), earliest=time(15), latest=time(15), exact=True),
    )
