"""Plays a written conversation with the assistant's own engine, dialogue and embedded calendar, at a fixed moment."""

import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import cast
from zoneinfo import ZoneInfo

from bots.dialogue import Clinic, Context, Heard, Known, Shared, State, Subject, Unknown, converse, decode, encode
from bots.dialogue.needs import Needs
from bots.dialogue.turns import Standing
from hub.audit import Trail
from hub.clock import FixedClock
from hub.crypto import Keyring
from hub.db import Database
from hub.demo.clinic import PROVIDERS
from hub.types import ChannelKind, Language
from hub.vault import Vault
from templates import render
from tests.bots.nlu_engine import trained
from tests.bots.scheduling_backends import LocalBackend, Opening
from tests.bots.talk import Folder
from tests.stores import sqlite_url

ZONE = ZoneInfo("America/New_York")
NOW = datetime(2026, 10, 7, 9, 5, tzinfo=ZONE)  # a Wednesday
DAYS = 14
_CLINIC = Clinic(
    name="Maple Clinic",
    phone="+1 202-555-0100",
    address="12 Maple St",
    hours={"en": "Mon-Fri 8 AM-6 PM", "es": "lun-vie 8:00-18:00"},
    needs=Needs({"Skin check": {"en": "Please wear no make-up.", "es": "Venga sin maquillaje."}}),
)
_NAMES = {"Dana": date(1984, 6, 17), "Noah": date(2018, 9, 5), "Ella": date(2020, 2, 1)}


@dataclass(slots=True)
class Script:
    """A conversation as it is written: the patient's lines, and the whole text to compare with."""

    language: Language
    who: str
    has: list[str]
    texts: list[str]
    head: list[str]
    whole: str = field(repr=False)


def read(path: Path) -> Script:
    """The conversation in a file."""
    whole = path.read_text(encoding="utf-8")
    lines = whole.splitlines()
    head = [line for line in lines if line.startswith(("# ", "who: ", "language: ", "has: "))]
    given = dict(line.split(": ", 1) for line in head if not line.startswith("# "))
    return Script(
        language=cast(Language, given.get("language", "en")),
        who=given.get("who", "Dana"),
        has=[one.strip() for one in given.get("has", "").split(";") if one.strip()],
        texts=[line[2:] for line in lines if line.startswith("> ")],
        head=head,
        whole=whole,
    )


async def furnish(template: Path, path: Path, keyring: Keyring) -> tuple[str, ...]:
    """A copy of the empty database at `template` with the clinic's open times in it; the ids of its persons."""
    shutil.copyfile(template, path)
    db = await Database.open(sqlite_url(path))
    backend = _backend(db, keyring)
    await backend.populate(len(_NAMES))
    await backend.open_all(list(_openings()))
    await db.close()
    return backend.persons


def _backend(db: Database, keyring: Keyring) -> LocalBackend:
    vault, clock = Vault(keyring), FixedClock(NOW)
    return LocalBackend(db, vault, clock, Trail(vault, clock))


def _openings() -> Iterator[Opening]:
    for one in PROVIDERS:
        for day in (NOW.date() + timedelta(days=n) for n in range(1, DAYS + 1)):
            for hour in one.starts if day.weekday() in one.weekdays else ():
                start = datetime.combine(day, time(int(hour), int(hour % 1 * 60)), tzinfo=ZONE)
                yield Opening(
                    provider=one.name,
                    specialty=one.specialty,
                    visit_type=one.visit_types[0],
                    location=one.location,
                    start=start,
                    minutes=one.minutes,
                )


async def play(script: Script, path: Path, keyring: Keyring, persons: tuple[str, ...]) -> str:
    """The conversation as it goes, written as in its file, with the database at `path`."""
    db = await Database.open(sqlite_url(path))
    try:
        return (
            "\n".join([*script.head, *[line async for line in _lines(script, _backend(db, keyring), persons)]]) + "\n"
        )
    finally:
        await db.close()


async def _lines(script: Script, backend: LocalBackend, ids: tuple[str, ...]):  # type: ignore[no-untyped-def]
    persons = dict(zip(_NAMES, ids, strict=True))
    for number, wanted in enumerate(script.has):
        await _give(backend, persons, wanted, number)
    standing, folder = _standing(script.who, persons), _folder(persons)
    catalogue = await backend.scheduling.catalogue()
    state, now, told = State(), NOW, ""
    for number, text in enumerate(script.texts):
        now += timedelta(minutes=1)
        yield f"> {text}"
        if told:
            continue  # a person has the thread
        meaning = await trained().understand(
            text, now=now, language=script.language, question=state.question, catalogue=catalogue
        )
        context = Context(now=now, clinic=_CLINIC, standing=standing, catalogue=catalogue, language=script.language)
        heard = Heard(meaning=meaning, text=text, at=now)
        outcome = await converse(state, heard, context, backend.scheduling, folder, f"text-{number}")
        state = decode(encode(outcome.state))
        spoken = state.language or script.language
        for say in outcome.says:
            for line in render(say.template, say.params, spoken, ChannelKind.SMS, ZONE).text.splitlines():
                yield f"< {line}"
        if outcome.noted:
            yield f"* noted: {', '.join(outcome.noted)}"
        if outcome.handoff is not None:
            told = outcome.handoff.reason
            yield f"* handed over: {told}"
            for what, value in outcome.handoff.facts:
                yield f"*   {what}: {value}"
    for name, person in persons.items():
        for visit in await backend.scheduling.appointments(person, after=NOW):
            yield f"= {name}: {visit.start:%a %b %-d %H:%M}, {visit.visit_type}, {visit.provider}"


async def _give(backend: LocalBackend, persons: dict[str, str], wanted: str, number: int) -> None:
    """Book what somebody has before they write: "Dana Dr. Hannah Kim 2026-10-12 09:00"."""
    from bots.dates import When, Window
    from bots.scheduling.base import Appointment, Query

    found = re.fullmatch(r"(\w+) (.+) (\d{4}-\d\d-\d\d) (\d\d:\d\d)", wanted)
    assert found is not None, wanted
    day, hour = date.fromisoformat(found[3]), time.fromisoformat(found[4])
    window = Window(first=day, last=day, earliest=hour, latest=hour, exact=True)
    person = persons[found[1]]
    asked = Query(person_id=person, when=When(windows=(window,)), not_before=NOW, provider=found[2])
    offer = await backend.scheduling.find(asked)
    assert offer.exact, wanted
    booked = await backend.scheduling.book(offer.slots[0].id, person, f"given-{number}")
    assert isinstance(booked, Appointment)


def _standing(who: str, persons: dict[str, str]) -> Standing:
    if who == "?":
        return Unknown()
    if "|" in who:
        return Shared(tuple(persons[name.strip()] for name in who.split("|")))
    writer, *wards = (name.strip() for name in who.split(","))
    subjects = tuple(Subject(persons[one.removesuffix("=ward")], one.removesuffix("=ward")) for one in wards)
    return Known(persons[writer], writer, subjects)


def _folder(persons: dict[str, str]) -> Folder:
    return Folder(*((person, name, f"{name} Reed", _NAMES[name]) for name, person in persons.items()))
