"""A visit there is, told beside the wish for another time; what keeps a person; and what is taken back."""

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from bots.dates import When, Window, parse
from hub.types import Language

MONDAY = datetime(2026, 3, 9, 9, 0, tzinfo=ZoneInfo("America/New_York"))


def read(text: str, language: Language) -> When:
    return parse(text, now=MONDAY, language=language)


def at(day: int, hour: int, minute: int = 0) -> Window:
    start, on = time(hour, minute), date(2026, 3, day)
    return Window(first=on, last=on, earliest=start, latest=start, exact=True)


@pytest.mark.parametrize(
    ("text", "language", "left", "wished"),
    [
        ("could the 10 am on thurs become 10 am on wed", "en", at(12, 10), at(11, 10)),
        ("my appointment's the 12th at 9, i need it on the 19th at 9 instead", "en", at(12, 9), at(19, 9)),
        ("move me from march 13 at 10 to march 20 at 2", "en", at(13, 10), at(20, 14)),
        ("bump my wed 1pm up to wed 9am", "en", at(11, 13), at(11, 9)),
        ("pull my march 19 at 8 up to march 12 at 8", "en", at(19, 8), at(12, 8)),
        ("change my 8 o'clock on the 19th to noon", "en", at(19, 8), at(19, 12)),
        ("i have you down for friday 2 pm, got anything that same day at 5", "en", at(13, 14), at(13, 17)),
        ("they gave me the 19th at 4 but i asked for the 18th at 4", "en", at(19, 16), at(18, 16)),
        ("i booked wednesday at noon by mistake, i need friday at noon", "en", at(11, 12), at(13, 12)),
        ("la del 12 a las 9 pásela al 13 a las 10", "es", at(12, 9), at(13, 10)),
        ("¿me cambia lo de mañana a las 11 para el viernes a las 11?", "es", at(10, 11), at(13, 11)),
        ("me dieron el 19 a las 4 pero yo pedí el 18 a las 4", "es", at(19, 16), at(18, 16)),
        ("la consulta del 11 a las 9:30, ¿puede ser ese mismo día a la 1:30?", "es", at(11, 9, 30), at(11, 13, 30)),
    ],
)
def test_however_a_visit_is_named_its_time_is_no_wish(
    text: str, language: Language, left: Window, wished: Window
) -> None:
    when = read(text, language)

    assert (when.windows, when.moved_from, when.ambiguous) == ((wished,), (left,), ())


@pytest.mark.parametrize(
    ("text", "language", "left", "wished"),
    [
        ("I have to cancel tomorrow at 9. can i do thursday at 9", "en", at(10, 9), at(12, 9)),
        (
            "i'm not going to be able to make my 10:30 tomorrow. thursday at 10:30?",
            "en",
            at(10, 10, 30),
            at(12, 10, 30),
        ),
        ("sorry wont make it tomorrow at 9. friday at 9?", "en", None, at(13, 9)),
        ("not gonna make it today at 3. wednesday at 3 ok?", "en", None, at(11, 15)),
        ("i had an appointment tuesday at 11 and i cant make it, is wednesday at 12 open", "en", None, at(11, 12)),
        ("tengo que cancelar mi cita del martes a las 3. el jueves a las 3 se puede?", "es", at(10, 15), at(12, 15)),
        ("se me complicó lo de mañana a las 10, podría ser el viernes a las 10?", "es", at(10, 10), at(13, 10)),
        ("tenía cita el martes a las 11 y no voy a poder, tendrán el jueves a las 12?", "es", None, at(12, 12)),
        ("no llego a la cita de hoy a las 4, me da otra para el martes a las 4?", "es", None, at(10, 16)),
        ("oiga no voy a alcanzar hoy a las 11, lo dejamos pa mañana a las 11", "es", None, at(10, 11)),
    ],
)
def test_a_visit_that_cannot_be_kept_is_no_wish(
    text: str, language: Language, left: Window | None, wished: Window
) -> None:
    when = read(text, language)

    assert (when.windows, when.moved_from, when.ambiguous) == ((wished,), (left,) if left else (), ())


def test_two_visits_cancelled_are_two_visits() -> None:
    when = read("i need to cancel tuesday at 1 and friday at 2", "en")

    assert when.windows == (at(10, 13), at(13, 14))


@pytest.mark.parametrize(
    ("text", "language", "left"),
    [
        ("I had Monday the 16th at 2, need to reschedule. can we do wednesday at 2 instead?", "en", (at(16, 14),)),
        ("I had Monday the 2nd at 2, can we do wednesday at 2 instead?", "en", ()),
        ("I missed Monday the 23rd at 2. is wednesday at 2 open", "en", ()),
    ],
)
def test_a_weekday_with_its_number_is_the_visit_there_is_or_was(
    text: str, language: Language, left: tuple[Window, ...]
) -> None:
    when = read(text, language)

    assert (when.windows, when.moved_from, when.ambiguous) == ((at(11, 14),), left, ())


def test_a_weekday_with_its_number_takes_no_other_weekday() -> None:
    assert read("monday the 16th or thursday the 19th at 3", "en").windows == (at(16, 15), at(19, 15))
    either = {window.first for window in read("monday the 16th or tuesday", "en").ambiguous}
    assert either == {date(2026, 3, 10), date(2026, 3, 17)}


@pytest.mark.parametrize(
    "text", ["move thursday at 3, tuesday at 9", "can you move tuesday at 9, thursday at 3 for me"]
)
def test_where_the_old_time_cannot_be_told_from_the_new_it_is_asked(text: str) -> None:
    when = read(text, "en")

    assert set(when.ambiguous) == {at(12, 15), at(10, 9)}


@pytest.mark.parametrize(
    ("text", "language", "wished"),
    [
        ("change my appointment for friday at 3, saturday at 9 works too", "en", [at(13, 15), at(14, 9)]),
        ("move my appt to friday at 3 or monday the 16th at 9", "en", [at(13, 15), at(16, 9)]),
        ("my first choice is tuesday 9 am. second choice wednesday 9 am", "en", [at(10, 9), at(11, 9)]),
        ("my daughter thursday at 9 and my son thursday at 10", "en", [at(12, 9), at(12, 10)]),
        ("the 3 pm on thursday would be great, can you book it", "en", [at(12, 15)]),
        ("mi primera opción es el martes a las 9, la segunda el miércoles a las 9", "es", [at(10, 9), at(11, 9)]),
        ("mover mi cita al viernes a las 3 o al lunes 16 a las 9", "es", [at(13, 15), at(16, 9)]),
    ],
)
def test_times_that_are_all_wished_for_stay_so(text: str, language: Language, wished: list[Window]) -> None:
    when = read(text, language)

    assert (list(when.windows), when.ambiguous) == (wished, ())


@pytest.mark.parametrize(
    ("text", "language", "wished"),
    [
        ("wednesday at 4, i get off at 3", "en", at(11, 16)),
        ("my meds run out on the 20th, can i get in on the 17th at 9", "en", at(17, 9)),
        ("daycare closes at 5 so tuesday at 2", "en", at(10, 14)),
        ("friday at 2, i teach until 1", "en", at(13, 14)),
        ("el jueves a las 10, entro a trabajar a la 1", "es", at(12, 10)),
        ("llevo a mi nieta a la escuela a las 8, el jueves a las 9", "es", at(12, 9)),
        ("estoy en ayunas desde las 8, el martes a las 11", "es", at(10, 11)),
    ],
)
def test_what_keeps_a_person_is_no_wish(text: str, language: Language, wished: Window) -> None:
    assert read(text, language).windows == (wished,)


@pytest.mark.parametrize(
    ("text", "language", "wished"),
    [
        ("thurs 9. shoot i have a meeting at 9. thurs 10:30", "en", at(12, 10, 30)),
        ("the 12th, i mean the 11th, ugh the 12th is right. 5 pm", "en", at(12, 17)),
        ("not sure about thursday but tuesday works, at 10", "en", at(10, 10)),
        ("tuesday? hmm no i babysit tuesdays. wednesday at 9", "en", at(11, 9)),
        ("10. no 10:30. thursday", "en", at(12, 10, 30)),
        ("el 17... espere, trabajo el 17. el 18 a las 2", "es", at(18, 14)),
        ("no sé si el jueves, pero el viernes sí a las 9", "es", at(13, 9)),
    ],
)
def test_what_is_taken_back_or_doubted_is_no_wish(text: str, language: Language, wished: Window) -> None:
    assert read(text, language).windows == (wished,)


def test_an_hour_ruled_out_leaves_the_rest_of_the_day() -> None:
    when = read("thursday pm, just not 2", "en")

    suited = [
        hour for hour in (13, 14, 15) if any(one.suits(MONDAY.replace(day=12, hour=hour)) for one in when.windows)
    ]
    assert suited == [13, 15]


def test_of_a_day_of_which_a_part_is_ruled_out_the_other_part_is_wished() -> None:
    when = read("tomorrow morning instead of tomorrow afternoon", "en")

    assert (when.date, when.part_of_day, when.excluded) == (date(2026, 3, 10), "morning", ())


@pytest.mark.parametrize(("text", "language"), [("today between now and 2", "en"), ("hoy de ahorita a las 2", "es")])
def test_from_now_until_an_hour_ends_there(text: str, language: Language) -> None:
    (window,) = read(text, language).windows

    assert (window.first, window.latest) == (MONDAY.date(), time(14))
