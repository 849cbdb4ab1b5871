"""Days, hours and the words around them combined: what each part means is known, so what the whole means is."""

from datetime import date, datetime, time
from itertools import product
from zoneinfo import ZoneInfo

import pytest

from bots.dates import Window, parse
from hub.types import Language

NOW = datetime(2026, 11, 18, 10, 20, tzinfo=ZoneInfo("America/New_York"))  # a Wednesday
Stretch = tuple[date, date]


def days(first: tuple[int, int], last: tuple[int, int] | None = None) -> Stretch:
    return date(2026, *first), date(2026, *(last or first))


def hour(at: int, minute: int = 0) -> Window:
    return Window(earliest=time(at, minute), latest=time(at, minute), exact=True)


def within(earliest: time | None, latest: time | None) -> Window:
    return Window(earliest=earliest, latest=latest)


DAYS: dict[Language, dict[str, Stretch]] = {
    "en": {
        "tmrw": days((11, 19)),
        "the day after tomorrow": days((11, 20)),
        "frday": days((11, 20)),
        "tues the 24th": days((11, 24)),
        "11/24": days((11, 24)),
        "the 24th of november": days((11, 24)),
        "dec. 3rd": days((12, 3)),
        "a week from friday": days((11, 27)),
        "in two weeks": days((12, 2)),
        "the day before thanksgiving": days((11, 25)),
        "black friday": days((11, 27)),
        "wednesday of next week": days((11, 25)),
        "first monday of december": days((12, 7)),
        "the week of the 7th": days((12, 7), (12, 13)),
        "later this week": days((11, 19), (11, 22)),
        "early december": days((12, 1), (12, 10)),
        "between the 23rd and the 25th": days((11, 23), (11, 25)),
    },
    "es": {
        "mañana": days((11, 19)),
        "pasado mañana": days((11, 20)),
        "el biernes": days((11, 20)),
        "el martes 24": days((11, 24)),
        "el 24 de noviembre": days((11, 24)),
        "3/12": days((12, 3)),
        "de hoy en ocho": days((11, 25)),
        "dentro de dos semanas": days((12, 2)),
        "el dia antes de accion de gracias": days((11, 25)),
        "en nochebuena": days((12, 24)),
        "el lunes de la semana que viene": days((11, 23)),
        "el primer lunes de diciembre": days((12, 7)),
        "la semana del 7": days((12, 7), (12, 13)),
        "la otra semana": days((11, 23), (11, 29)),
        "a mediados de diciembre": days((12, 11), (12, 20)),
        "del 23 al 25": days((11, 23), (11, 25)),
    },
}
HOURS: dict[Language, dict[str, Window]] = {
    "en": {
        "at 3": hour(15),
        "at nine thirty": hour(9, 30),
        "at quarter to four": hour(15, 45),
        "at 1530": hour(15, 30),
        "9 a.m.": hour(9),
        "after 3": within(time(15), None),
        "3 or later": within(time(15), None),
        "before noon": within(None, time(11, 59)),
        "no later than 11": within(None, time(11)),
        "between 2 and 4": within(time(14), time(16)),
        "2-4pm": within(time(14), time(16)),
        "late morning": within(time(10, 30), time(11, 59)),
        "first thing": within(time(8), time(9)),
        "after work": within(time(17), time(23, 59)),
        "during my lunch break": within(time(11, 30), time(13, 30)),
    },
    "es": {
        "a las 3": hour(15),
        "a las 3 y media": hour(15, 30),
        "a las 4 menos cuarto": hour(15, 45),
        "a la una": hour(13),
        "9 am": hour(9),
        "despues de las 3": within(time(15), None),
        "de las 3 en adelante": within(time(15), None),
        "antes del mediodia": within(None, time(11, 59)),
        "a mas tardar a las 11": within(None, time(11)),
        "entre las 2 y las 4": within(time(14), time(16)),
        "tempranito": within(time(5), time(9, 30)),
        "a primera hora": within(time(8), time(9)),
        "saliendo del trabajo": within(time(17), time(23, 59)),
        "a la hora de comer": within(time(11, 30), time(13, 30)),
    },
}
FRAMES: dict[Language, tuple[str, ...]] = {
    "en": (
        "{day} {hour}",
        "{day}, {hour} please",
        "I'd like to come in {day} {hour} if possible",
        "hi, do you have anything {day} {hour}?",
        "need an appt {day} {hour} thx",
    ),
    "es": (
        "{day} {hour}",
        "{day}, {hour} por favor",
        "quisiera una cita para {day} {hour} si se puede",
        "hola, tienen algo {day} {hour}?",
        "me sirve {day} {hour} gracias",
    ),
}


@pytest.mark.parametrize("language", ["en", "es"])
def test_a_day_and_an_hour_mean_the_same_in_any_company(language: Language) -> None:
    wrong: list[str] = []
    total = 0
    for (day, stretch), (said, hours), frame in product(
        DAYS[language].items(), HOURS[language].items(), FRAMES[language]
    ):
        text = frame.format(day=day, hour=said)
        windows = parse(text, now=NOW, language=language).windows
        read = [(one.first, one.last, one.earliest, one.latest, one.exact) for one in windows]
        total += 1
        if read != [(*stretch, hours.earliest, hours.latest, hours.exact)]:
            wrong.append(text)

    assert total >= 1000
    assert not wrong
