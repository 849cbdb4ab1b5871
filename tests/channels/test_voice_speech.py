"""Texts made fit to be heard."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.twilio.voice_speech import spoken
from hub.types import ChannelKind, Language
from templates import render, shipped
from tests.rows import every
from tests.templates.test_library import typical
from tests.templates.zones import NEW_YORK


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param("Hello.", ("Hello.",), id="plain"),
        pytest.param("", (), id="nothing"),
        pytest.param("One.\n\nTwo.", ("One.", "Two."), id="lines"),
        pytest.param("1) Check-up\n2) Vaccination", (
            "Press 1 or say one for Check-up.", "Press 2 or say two for Vaccination."), id="choices"),
        pytest.param("Tue Mar 3, 3:00 PM, Dr. Kim", ("Tuesday, March 3rd, at 3 PM, Dr. Kim",), id="moment"),
        pytest.param("It is Fri, May 22, 9:05 AM.", ("It is Friday, May 22nd, at 9:05 AM.",), id="moment-with-comma"),
        pytest.param("On Sat, Nov 11.", ("On Saturday, November 11th.",), id="day"),
        pytest.param("Come at 12:00 PM.", ("Come at 12 PM.",), id="time-alone"),
        pytest.param("Mon-Fri 8 AM-6 PM, Sat 9 AM-1 PM.", (
            "Monday to Friday 8 AM to 6 PM, Saturday 9 AM to 1 PM.",), id="hours"),
        pytest.param("Dr. Sun sat down, 9:00 AM - 10:30 AM", ("Dr. Sun sat down, 9 AM to 10:30 AM",), id="span"),
        pytest.param("Call 202-555-0100.", ("Call 2 0 2, 5 5 5, 0 1 0 0.",), id="phone"),
        pytest.param("Call +1 (202) 555-0100.", ("Call 2 0 2, 5 5 5, 0 1 0 0.",), id="phone-with-country"),
        pytest.param("Call 911 or 988.", ("Call 9 1 1 or 9 8 8.",), id="hotlines"),
        pytest.param("Room 9110, code 4988.", ("Room 9110, code 4988.",), id="other-numbers"),
        pytest.param("Form ready. Read it at https://x.example.org/a?b=c now.", ("Form ready.",), id="link"),
        pytest.param("See you. Text STOP to opt out.", ("See you.",), id="stop"),
        pytest.param("See you. Msg & data rates may apply.", ("See you.",), id="rates"),
        pytest.param("See you. Reply C to confirm, R to reschedule.", ("See you.",), id="letters"),
        pytest.param("Book it? Reply YES or NO.", ("Book it? Say yes or no.",), id="yes-or-no"),
        pytest.param("Reply with a number or another day.", ("Press or say a number, or say another day.",), id="pick"),
        pytest.param("Reply 1 to move it or 2 to add one.", ("Press 1 to move it or 2 to add one.",), id="keys"),
        pytest.param("To change it, just text us.", ("To change it, call us.",), id="text-us"),
        pytest.param("A person will answer you here.", ("A person will get back to you.",), id="here"),
        pytest.param("**Hi** 😀 <b>you</b>", ("Hi b you /b",), id="what-has-no-sound"),
        pytest.param("https://x.example.org", (), id="only-a-link"),
    ],
)  # fmt: skip
def test_english(text: str, said: tuple[str, ...]) -> None:
    assert spoken(text, "en") == said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param("1) martes 3 mar, 3:00 p.m., Dra. Ruiz", (
            "Oprima 1 o diga uno para martes 3 de marzo a las 3 de la tarde, Dra. Ruiz.",), id="choice"),
        pytest.param("El lunes 1 dic, 1:30 p. m.", ("El lunes primero de diciembre a la 1:30 de la tarde",), id="one"),
        pytest.param("viernes 22 may, 8:15 p.m.", ("viernes 22 de mayo a las 8:15 de la noche",), id="night"),
        pytest.param("lun-vie 8:00-18:00, sáb 9:00-13:00", ("lunes a viernes 8:00 a 18:00, sábado 9:00 a 13:00",),
                     id="hours"),
        pytest.param("a las 9:00 a.m.", ("a las 9 de la mañana",), id="time-alone"),
        pytest.param("¿La reservo? Responda SÍ o NO.", ("¿La reservo? Diga sí o no.",), id="yes-or-no"),
        pytest.param("¿La reservo? Responda SI o NO.", ("¿La reservo? Diga sí o no.",), id="plain-yes-or-no"),
        pytest.param("O escriba \"lo antes posible\".", ("O diga \"lo antes posible\".",), id="say-it"),
        pytest.param("Una persona le responde por este medio.", ("Una persona le responde pronto.",), id="soon"),
        pytest.param("Para cambiarla, escriba.", ("Para cambiarla, llame.",), id="call"),
        pytest.param("Responda con un número o diga otro día.", ("Oprima o diga un número, o diga otro día.",),
                     id="pick"),
        pytest.param("Hasta pronto. STOP para darse de baja.", ("Hasta pronto.",), id="stop"),
        pytest.param("Escriba START para volver a recibirlos.", (), id="start"),
        pytest.param("Una persona le responderá aquí.", ("Una persona le responderá pronto.",), id="here"),
        pytest.param("Para cambiarla, escríbanos.", ("Para cambiarla, llámenos.",), id="write-to-us"),
    ],
)  # fmt: skip
def test_spanish(text: str, said: tuple[str, ...]) -> None:
    assert spoken(text, "es") == said


@given(
    minutes=st.integers(0, 1_000_000),
    language=st.sampled_from(["en", "es"]),
)
def test_every_moment_of_the_library_is_told_in_full(minutes: int, language: Language) -> None:
    at = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    facts = {"start": at, "provider": "Dr. Kim", "location": "Main"}
    text = render("visits.one", facts, language, ChannelKind.VOICE, UTC).text

    (said,) = spoken(text, language)

    if language == "en":
        assert f"{at:%A, %B} {at.day}" in said
        assert re.search(r", at \d{1,2}(:\d\d)? [AP]M with", said)
    else:
        assert re.search(
            r" \w+ (\d{1,2}|primero) de \w{4,} a las? \d{1,2}(:\d\d)? de la (mañana|tarde|noche) con", said
        )


@every("template", shipped(), lambda one: f"{one.key}-{one.language}")
def test_no_text_of_the_library_speaks_of_a_screen(template: object) -> None:
    key, language = template.key, template.language  # type: ignore[attr-defined]
    rendered = render(key, typical(template), language, ChannelKind.VOICE, NEW_YORK).text  # type: ignore[arg-type]

    said = " ".join(spoken(rendered, language))

    # A caller may be told which word to text later; nothing else there is to be read.
    said = re.sub(r"\b(word|palabra) START\b", "", said)
    assert not re.search(r"https?:|\bSTOP\b|\bSTART\b|\bHELP\b|(?i:\breply\b|\bresponda\b|\bmsg\b)", said)
    assert language == "es" or not re.search(r"\b(Mon|Tue|Wed|Thu|Fri|Sat|Sun)\b", said)


@given(st.text(max_size=400), st.sampled_from(["en", "es"]))
def test_any_text_can_be_spoken(text: str, language: Language) -> None:
    for line in spoken(text, language):
        assert line == line.strip() != ""
        assert "\n" not in line
