"""The library that ships: whole in both languages, harmless to carriers, short, and silent about health."""

import re
from datetime import UTC, date, datetime

import pytest

from hub.types import ChannelKind
from templates import Template, render, shipped
from templates.segments import segments
from tests.rows import every
from tests.templates.zones import NEW_YORK

KEYS = shipped().keys()
REQUIRED = {
    "bot.intro",
    "safety.crisis",
    "safety.medical",
    "safety.urgent",
    "consent.stopped",
    "consent.started",
    "consent.help",
    "consent.wrong_number",
    "inbox.handed_over",
    "inbox.after_hours",
    "reminder.appointment",
    "verify.code",
}
NAMED = "{0.key}-{0.language}".format
START = datetime(2026, 9, 30, 16, 30, tzinfo=UTC)
TYPICAL: dict[str, object] = {
    "text": "Riverside Clinic",
    "moment": START,
    "day": date(2026, 9, 30),
    "number": 10,
    "choices": ((START, "Dr. Kim"), (START, "Dr. Okafor"), (START, "Dr. Lee")),
}
BY_NAME = {
    "clinic": "Riverside Clinic",
    "phone": "202-555-0100",
    "provider": "Dr. Okafor",
    "location": "1200 Main St",
    "name": "Maria",
    "code": "482913",
    "link": "https://example.org/m/4f7Qx2",
    "hours": "Mon-Fri 8 AM - 5 PM",
    "visit_types": "Check-up, Follow-up, Vaccination, New patient",
    "names": "Dr. Kim, Dr. Okafor, Dr. Lee",
    "address": "1200 Main St, Springfield",
}


def typical(template: Template) -> dict[str, object]:
    return {name: BY_NAME.get(name, TYPICAL[kind]) for name, kind in template.variables.items()}


def texts(template: Template) -> list[str]:
    """Every wording of a template, with its variables left as names."""
    every = (template.text, template.subject, *template.channels.values())
    return ["".join(f"{words}{{{name}}}" if name else words for words, name in pieces) for pieces in every]


def test_every_key_exists_in_both_languages() -> None:
    assert shipped().keys("en") == shipped().keys("es") == KEYS


def test_the_texts_that_others_count_on_are_there() -> None:
    assert set(KEYS) >= REQUIRED


@every("key", KEYS)
def test_both_languages_agree_in_all_but_words(key: str) -> None:
    en, es = shipped().get(key, "en"), shipped().get(key, "es")

    assert es.language == "es"
    assert (en.version, en.level, en.variables) == (es.version, es.level, es.variables)
    assert en.channels.keys() == es.channels.keys()
    assert bool(en.subject) == bool(es.subject)
    assert {name for _, name in en.text} == {name for _, name in es.text}


@every("template", shipped(), NAMED)
def test_no_text_asks_for_an_opt_out_word_other_than_stop(template: Template) -> None:
    words = "CANCEL|END|QUIT|UNSUBSCRIBE|REVOKE|OPTOUT|STOPALL|REMOVE|ARRET|CANCELAR|BAJA|FIN"

    for text in texts(template):
        assert not re.search(rf"\b({words})\b", text)
        asked = re.findall(r"(?i)\b(?:reply|respond[ae]|text|escriba|send|env[ií]e)\s+(?:with\s+)?\"?(\w+)", text)
        assert not {word.upper() for word in asked} & set(words.split("|"))


@every("key", KEYS)
def test_an_english_sms_fits_two_segments(key: str) -> None:
    template = shipped().get(key, "en")

    text = render(key, typical(template), "en", ChannelKind.SMS, NEW_YORK).text

    assert segments(text) <= 2, text


def test_most_english_texts_fit_one_segment() -> None:
    texted = [key for key in KEYS if not key.startswith("voice.")]
    counts = [
        segments(render(key, typical(shipped().get(key, "en")), "en", ChannelKind.SMS, NEW_YORK).text) for key in texted
    ]

    assert sum(count == 1 for count in counts) / len(counts) > 0.9


@every("key", KEYS)
def test_an_english_text_keeps_to_the_plain_alphabet(key: str) -> None:
    assert all(text.isascii() for text in texts(shipped().get(key, "en")))


@every("template", shipped(), NAMED)
def test_what_is_pushed_to_a_lock_screen_says_nothing_of_the_person(template: Template) -> None:
    assert template.level in ("none", "limited")
    if ChannelKind.PUSH in template.channels:
        assert all(name is None for _, name in template.channels[ChannelKind.PUSH])


@every("template", shipped(), NAMED)
def test_a_text_about_nobody_needs_nothing_personal(template: Template) -> None:
    if template.level == "none":
        assert not template.variables.keys() & {"name", "start", "provider", "location"}


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("key", ["safety.crisis", "safety.medical", "consent.help", "inbox.after_hours"])
def test_safety_and_help_name_911_and_988(key: str, language: str) -> None:
    text = texts(shipped().get(key, language))[0]

    assert "911" in text
    assert "988" in text


@pytest.mark.parametrize("language", ["en", "es"])
def test_a_reminder_asks_for_c_and_r_and_tells_how_to_opt_out(language: str) -> None:
    text = texts(shipped().get("reminder.appointment", language))[0]

    assert re.search(r"\bC\b.*\bR\b.*\bSTOP\b", text)


@pytest.mark.parametrize("language", ["en", "es"])
def test_the_introduction_says_who_speaks_and_that_it_is_not_for_emergencies(language: str) -> None:
    text = texts(shipped().get("bot.intro", language))[0]

    assert "{clinic}" in text
    assert "911" in text
