"""Every answer of the assistant fits into one text message, in English and in Spanish, with values that are usual."""

from collections.abc import Mapping
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from hub.types import ChannelKind, Language
from templates import render
from templates.catalog import shipped
from templates.segments import encoding, segments
from tests.rows import every

ZONE = ZoneInfo("America/New_York")
AT = datetime(2026, 10, 13, 10, 30, tzinfo=ZONE)
PLACE = "Maple Street"
WITH = f"Dr. Hannah Kim, {PLACE}"
TIMES = tuple((AT.replace(hour=hour),) for hour in (10, 13, 16))
ROWS = tuple((*row, "Dr. Hannah Kim", PLACE) for row in TIMES)
SPOKEN = ("bot.", "book.", "slots.", "visits.", "move.", "cancel.", "confirm.", "handoff.", "identity.", "info.")
VALUES: Mapping[str, object] = {
    "clinic": "Maple Street Clinic",
    "phone": "+1 202-555-0100",
    "address": "12 Maple Street",
    "hours": "Mon-Fri 8 AM-6 PM, Sat 9 AM-1 PM",
    "start": AT,
    "provider": WITH,
    "location": PLACE,
    "names": "Dr. Hannah Kim, Dr. Luis Ortega",
    "visit_types": "Check-up, Dental cleaning, Skin check",
    "needs": "Please eat nothing for six hours before.",
    "name": "Noah",
}
BARE = {"book.booked", "visits.one", "move.moved"}
"""These tell the place in a value of its own."""
CHOICES: Mapping[str, tuple[tuple[object, ...], ...]] = {
    "slots.offer_with": TIMES,
    "slots.nearest_with": TIMES,
    "book.which_when": ((date(2026, 10, 23), time(10)), (date(2026, 10, 16), time(10))),
    "book.choose_visit_type": (("Check-up",), ("Dental cleaning",), ("Skin check",)),
    "identity.ask_whom": (("Dana",), ("Noah",), ("Ella",)),
    "visits.choose_move": ROWS[:2],
    "visits.choose_cancel": ROWS[:2],
    "visits.list": ROWS[:2],
}
LONG: Mapping[Language, frozenset[str]] = {
    "en": frozenset({"slots.offer", "slots.offer_nearest", "slots.offer_instead"}),
    "es": frozenset({"slots.offer", "slots.offer_nearest", "slots.offer_instead", "slots.nearest_with"}),
}
"""Three rows with a clinician and a place in each take more; in Spanish so do the nearest of one clinician."""


def said(key: str, language: Language) -> str:
    template = shipped().get(key, language)
    values = {name: VALUES.get(name) for name in template.variables}
    if "choices" in template.variables:
        values["choices"] = CHOICES.get(key, ROWS)
    if key in BARE:
        values["provider"] = "Dr. Hannah Kim"
    return render(key, values, language, ChannelKind.SMS, ZONE).text


def keys() -> list[str]:
    return sorted(key for key in shipped().keys("en") if key.startswith(SPOKEN))


@every("language", ["en", "es"])
@every("key", keys())
def test_an_answer_is_written_in_the_letters_that_160_of_fit(key: str, language: Language) -> None:
    assert encoding(said(key, language)) == "GSM-7"


@every("language", ["en", "es"])
@every("key", keys())
def test_an_answer_takes_one_segment_and_three_rows_of_several_clinicians_two(key: str, language: Language) -> None:
    assert segments(said(key, language)) <= (2 if key in LONG[language] else 1)


@pytest.mark.parametrize("language", ["en", "es"])
def test_booked_and_what_to_bring_fit_together(language: Language) -> None:
    both = f"{said('book.booked', language)}\n{said('book.bring', language)}"

    assert segments(both) == 1
