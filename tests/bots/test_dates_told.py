"""What a text tells and does not wish: scores, doses, events, the visit there is; and hours that are not possible."""

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from bots.dates import When, Window, parse
from hub.types import Language

MONDAY = datetime(2026, 3, 9, 9, 0, tzinfo=ZoneInfo("America/New_York"))


def read(text: str, language: Language, **asked: object) -> When:
    return parse(text, now=MONDAY, language=language, **asked)  # type: ignore[arg-type]


def march(day: int) -> date:
    return date(2026, 3, day)


def at(day: int, hour: int, minute: int = 0) -> Window:
    start = time(hour, minute)
    return Window(first=march(day), last=march(day), earliest=start, latest=start, exact=True)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("pain 7/10", "en"),
        ("my pain is like a 7/10 now", "en"),
        ("it's an 8/10", "en"),
        ("8/10 on the pain scale", "en"),
        ("pain went from 3/10 to 8/10", "en"),
        ("my pain is a 7", "en"),
        ("bp 120/80", "en"),
        ("bp 12/8", "en"),
        ("i take 1/2 tablet", "en"),
        ("it's been 2 1/2 weeks", "en"),
        ("2/3 of my pills are gone", "en"),
        ("room 4", "en"),
        ("i'm in apt #12", "en"),
        ("took 2 pills at 9", "en"),
        ("i take metformin at 8", "en"),
        ("7/10 de dolor", "es"),
        ("tengo un dolor de 8/10", "es"),
        ("mi presión salió en 15/9", "es"),
        ("tomé 1/2 pastilla a las 8", "es"),
        ("fiebre de 39", "es"),
        ("estoy en el depto 12", "es"),
    ],
)
def test_scores_doses_pressures_and_rooms_are_no_time(text: str, language: Language) -> None:
    assert read(text, language).windows == ()


@pytest.mark.parametrize(
    ("text", "language", "day"),
    [
        ("7/10 pain, can i come 3/12", "en", 12),
        ("room 4 said thursday", "en", 12),
        ("on 3/12 for pain", "en", 12),
        ("un dolor 9/10, puede ser el 12/3", "es", 12),
    ],
)
def test_a_day_beside_a_score_is_still_read(text: str, language: Language, day: int) -> None:
    when = read(text, language)

    assert (when.date, when.time) == (march(day), None)


@pytest.mark.parametrize(
    ("text", "language", "readings"),
    [
        ("a las 4 el martes, temprano", "es", [16]),
        ("el martes temprano, tipo 4", "es", [16]),
        ("el martes a las 8 tempranito", "es", [8]),
        ("early tuesday at 4", "en", [16]),
        ("tuesday at 7 early in the day", "en", [7]),
        ("el martes a las 6 tempranito", "es", [6, 18]),
        ("tuesday morning at 2", "en", [2, 14]),
        ("a las 4 de la mañana", "es", [4]),
    ],
)
def test_early_chooses_only_between_hours_that_are_possible(text: str, language: Language, readings: list[int]) -> None:
    when = read(text, language)

    found = when.ambiguous or when.windows
    assert [window.earliest for window in found] == [time(hour) for hour in readings]


@pytest.mark.parametrize(
    ("text", "language", "left", "wished"),
    [
        ("swap my tues 2pm for wed 3pm", "en", at(10, 14), at(11, 15)),
        ("can i swap friday 9 with thursday 10", "en", at(13, 9), at(12, 10)),
        ("bump me from thursday at 9 to friday at 10", "en", at(12, 9), at(13, 10)),
        ("my appt is tuesday at 2 can i do wednesday at 3 instead", "en", at(10, 14), at(11, 15)),
        ("i have tuesday at 2 but want wednesday at 3", "en", at(10, 14), at(11, 15)),
        ("my appt tmrw is at 3, can i come at 2:30 instead", "en", at(10, 15), at(10, 14, 30)),
        ("cambiar mi cita del martes a las 2 por el miércoles a las 3", "es", at(10, 14), at(11, 15)),
        ("mi cita es el martes a las 2, mejor el jueves a las 4", "es", at(10, 14), at(12, 16)),
    ],
)
def test_of_a_visit_that_is_moved_the_new_time_is_the_wish_and_the_old_one_is_kept(
    text: str, language: Language, left: Window, wished: Window
) -> None:
    when = read(text, language)

    assert (when.moved_from, when.windows) == ((left,), (wished,))


def test_days_in_figures_are_moved_too() -> None:
    when = read("move my 3/12 to 3/15", "en")

    assert (when.date, when.moved_from[0].first) == (march(15), march(12))


@pytest.mark.parametrize("text", ["instead of Friday 9 I'd take Thursday 10", "Thursday 10 in place of Friday 9"])
def test_what_it_is_instead_of_is_ruled_out(text: str) -> None:
    when = read(text, "en")

    assert (when.windows, when.excluded_weekdays) == ((at(12, 10),), (4,))


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("my son has an appointment tuesday at 2, can my daughter come at 3", "en"),
        ("i have an appointment tuesday, i need another one thursday", "en"),
    ],
)
def test_one_visit_more_moves_none(text: str, language: Language) -> None:
    assert read(text, language).moved_from == ()


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("i need to reschedule. tuesday 2 to 4 is good", "en"),
        ("can we reschedule to tuesday 2 to 4", "en"),
        ("cambiar mi cita para el martes de 2 a 4", "es"),
    ],
)
def test_a_stretch_of_hours_is_no_move(text: str, language: Language) -> None:
    assert read(text, language).windows == (
        Window(first=march(10), last=march(10), earliest=time(14), latest=time(16)),
    )


@pytest.mark.parametrize(
    ("text", "language", "day"),
    [
        ("my mom flies in on the 10th, can we do the 12th", "en", 12),
        ("I got the letter on Monday, is Thursday free", "en", 12),
        ("got ur letter friday is thursday ok", "en", 12),
        ("my kids are off school friday, can they come thursday", "en", 12),
        ("my wife works wednesday, thursday would be better", "en", 12),
        ("i fell on sunday, can i come in thursday", "en", 12),
        ("you told me friday but can we do thursday", "en", 12),
        ("my birthday is the 10th so not that day, the 12th is ok", "en", 12),
        ("mi suegra llega el martes, puede el jueves?", "es", 12),
        ("mi hijo tiene partido el viernes, el jueves está bien?", "es", 12),
        ("recibí la carta el lunes, hay el jueves?", "es", 12),
        ("tengo vuelo el 13, entonces el 12", "es", 12),
    ],
)
def test_the_day_of_an_event_is_not_the_wish(text: str, language: Language, day: int) -> None:
    assert [window.first for window in read(text, language).windows] == [march(day)]


@pytest.mark.parametrize("text", ["I would like 7:30 pm", "they told me to say 7:30 pm"])
def test_liking_and_saying_an_hour_leaves_it_exact(text: str) -> None:
    assert [window.exact for window in read(text, "en").windows] == [True]


@pytest.mark.parametrize(
    ("text", "part"),
    [("the thursday one please", None), ("i pick the morning one", "morning"), ("either one is ok", None)],
)
def test_one_of_those_is_no_hour(text: str, part: str | None) -> None:
    when = read(text, "en")

    assert (when.time, when.part_of_day) == (None, part)


def test_a_date_that_its_weekday_does_not_bear_is_asked_about_in_an_event_too() -> None:
    assert len(read("I plan to arrive on Thursday, March 18th", "en").ambiguous) == 2


@pytest.mark.parametrize("text", ["i fell on sunday and it still hurts", "me caí el domingo"])
def test_what_has_happened_asks_for_nothing(text: str) -> None:
    assert read(text, "es" if text.startswith("me") else "en").windows == ()


@pytest.mark.parametrize(
    ("text", "language", "days"),
    [
        ("i took thursday off so thursday", "en", [12]),
        ("tuesday works for my mom, thursday too", "en", [10, 12]),
        ("you called about thursday, yes", "en", [12]),
        ("the doctor called, said come in thursday", "en", [12]),
        ("my mom is coming with me, tuesday or thursday", "en", [10, 12]),
        ("got anything tuesday or thursday", "en", [10, 12]),
        ("me llamaron para ir el jueves", "es", [12]),
        ("mi mamá viene conmigo, martes o jueves", "es", [10, 12]),
    ],
)
def test_a_wish_that_sounds_like_an_event_stays_one(text: str, language: Language, days: list[int]) -> None:
    assert [window.first for window in read(text, language).windows] == [march(day) for day in days]


@pytest.mark.parametrize(
    ("text", "language", "start"),
    [
        ("the bus gets me there at 9:20 so 930 on thursday", "en", at(12, 9, 30)),
        ("you told me thursday at 10 but my ride can only do 1130", "en", at(12, 11, 30)),
        ("mi esposo llega a las 5 así que 5:30 el jueves", "es", at(12, 17, 30)),
    ],
)
def test_the_hour_of_an_event_is_not_the_wish(text: str, language: Language, start: Window) -> None:
    assert read(text, language).windows == (start,)


@pytest.mark.parametrize(
    ("text", "language", "day"),
    [
        ("para el mes de abril, el 12", "es", date(2026, 4, 12)),
        ("for the month of april, the 12th", "en", date(2026, 4, 12)),
        ("dentro de dos semanas, el viernes 20", "es", march(20)),
        ("in two weeks, friday the 20th", "en", march(20)),
        ("in two weeks, friday the 27th", "en", march(27)),
        ("en una semana no puedo, mejor en dos", "es", march(23)),
        ("can't next week, better in two", "en", march(23)),
    ],
)
def test_months_and_counts_of_weeks_are_read_with_what_is_said_beside_them(
    text: str, language: Language, day: date
) -> None:
    assert read(text, language).date == day


def test_a_spanish_number_that_its_weekday_does_not_bear_is_asked_about() -> None:
    when = read("el lunes 22", "es")

    assert [window.first for window in when.ambiguous] == [march(22), march(16)]
    assert when.time is None


@pytest.mark.parametrize(
    ("text", "language", "window"),
    [
        ("in the morning but not before 9", "en", Window(earliest=time(9), latest=time(11, 59))),
        ("en la mañana pero no antes de las 9", "es", Window(earliest=time(9), latest=time(11, 59))),
        ("in the afternoon, before 4", "en", Window(earliest=time(12), latest=time(15, 59))),
    ],
)
def test_a_bound_keeps_to_the_part_of_the_day_named_with_it(text: str, language: Language, window: Window) -> None:
    (found,) = read(text, language).windows

    assert (found.earliest, found.latest) == (window.earliest, window.latest)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("exept monday", "en"),
        ("anytime next week execpt monday", "en"),
        ("any day next week accept monday", "en"),
        ("cualquier día esepto el lunes", "es"),
        ("la proxima semana ecxepto el lunes", "es"),
    ],
)
def test_an_exception_is_one_however_it_is_spelled(text: str, language: Language) -> None:
    when = read(text, language)

    assert 0 in when.excluded_weekdays
    assert not any(window.first == window.last for window in when.windows)


@pytest.mark.parametrize(
    ("text", "language", "wished"),
    [
        ("sorry to text on a sunday, can i come tuesday at 10", "en", at(10, 10)),
        ("disculpe que escriba en domingo, el martes a las 10?", "es", at(10, 10)),
        ("le escribo para el martes a las 10", "es", at(10, 10)),
        ("do you have 4 30 on tuesday", "en", at(10, 16, 30)),
        ("i said 3 but i meant 4, wed", "en", at(11, 16)),
        ("el miércoles a las 12 no puedo, a las 2 sí", "es", at(11, 14)),
    ],
)
def test_what_stands_around_an_hour_tells_what_it_is(text: str, language: Language, wished: Window) -> None:
    when = read(text, language)

    assert (when.windows, when.ambiguous) == ((wished,), ())


@pytest.mark.parametrize(
    ("text", "language", "first", "last"),
    [
        ("next week wed or later in the week", "en", 18, 22),
        ("wed or later next week", "en", 18, 22),
        ("any saturday appts left this week", "en", 14, 14),
        ("sat works for me", "en", 14, 14),
        ("esta semana la tengo llena, la otra en la mañana", "es", 16, 22),
    ],
)
def test_days_within_a_week_are_those_alone(text: str, language: Language, first: int, last: int) -> None:
    (window,) = read(text, language).windows

    assert (window.first, window.last) == (march(first), march(last))


@pytest.mark.parametrize(
    ("text", "language", "days", "weekdays"),
    [
        ("not friday the 13th", "en", (march(13),), ()),
        ("i couldnt make it monday, is wednesday ok", "en", (), (0,)),
        ("no voy el martes", "es", (), (1,)),
        ("no pude ir el viernes, ¿hay el lunes 16?", "es", (), (4,)),
    ],
)
def test_a_day_refused_is_ruled_out_and_no_other(
    text: str, language: Language, days: tuple[date, ...], weekdays: tuple[int, ...]
) -> None:
    when = read(text, language)

    assert (when.excluded, when.excluded_weekdays) == (days, weekdays)


@pytest.mark.parametrize("text", ["i sat in the waiting room for an hour", "we sat there", "i have 4 30 day refills"])
def test_what_only_looks_like_a_day_or_an_hour_is_none(text: str) -> None:
    assert read(text, "en").windows == ()
