"""Persons as the panel shows them: cards, what staff read of an address, and who is within reach."""

from collections.abc import Collection, Iterable
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import phonenumbers
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.calls import Call, not_found
from hub.parts import Parts
from hub.people import Person
from hub.staff.inbox.panel_shapes import Card
from hub.threads import Thread
from hub.types import Address, AddressKind
from hub.views.reach import Reach


async def whose(conn: AsyncConnection, call: Call[Any, Any]) -> tuple[Thread, Person]:
    """The thread that the path names, and whose it is. Raises: Problem 404."""
    thread = await call.parts.threads.get(conn, call.ids["id"])
    person = None if thread is None else await call.parts.people.get(conn, thread.person_id)
    if thread is None or person is None:
        raise not_found("thread")
    return thread, person


def readable(one: Address) -> str:
    """An address as people write it; a number of another country with its code."""
    if one.kind is AddressKind.PHONE:
        try:
            parsed = phonenumbers.parse(one.value)
        except phonenumbers.NumberParseException:
            return one.value
        national = parsed.country_code == 1
        form = phonenumbers.PhoneNumberFormat.NATIONAL if national else phonenumbers.PhoneNumberFormat.INTERNATIONAL
        return str(phonenumbers.format_number(parsed, form))
    return one.value if one.kind is AddressKind.MAILBOX else ""


def age_of(born: date | None, now: datetime, zone: ZoneInfo) -> int | None:
    """Whole years since `born`, on the clinic's calendar; None where it is not known. Pure."""
    if born is None:
        return None
    today = now.astimezone(zone).date()
    years = today.year - born.year - ((today.month, today.day) < (born.month, born.day))
    return years if years >= 0 else None


def card(person: Person, reach: Iterable[str], thread_id: str | None, now: datetime, zone: ZoneInfo) -> Card:
    """A person on a card. Pure."""
    shown = [one for one in reach if one]
    name = f"{person.profile.given_name} {person.profile.family_name}".strip()
    return Card(
        id=person.id,
        kind=person.kind,
        name=name or (shown[0] if shown else ""),
        known=bool(name) and person.kind in ("patient", "proxy"),
        birth_date=person.profile.birth_date,
        age=age_of(person.profile.birth_date, now, zone),
        mrn=person.profile.mrn or None,
        language=person.language,
        reach=shown,
        thread=thread_id,
    )


async def cards(conn: AsyncConnection, parts: Parts, ids: Collection[str]) -> dict[str, Card]:
    """The cards of these persons, by id; who was disposed of is left out."""
    persons = await parts.people.many(conn, list(ids))
    threads = await parts.threads.known_of(conn, persons)
    now, zone = parts.clock.now(), parts.settings.timezone
    found = {}
    for one in persons.values():
        contacts = await parts.people.contacts(conn, one.id)
        own = threads.get(one.id)
        shown = [readable(contact.address) for contact in contacts]
        found[one.id] = card(one, shown, None if own is None else own.id, now, zone)
    return found


async def within(conn: AsyncConnection, reach: Reach, ids: Iterable[str]) -> set[str]:
    """Those of these persons who are within reach."""
    return {one for one in set(ids) if await reach.sees(conn, person_id=one)}
