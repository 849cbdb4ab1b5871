"""Patients: profile, contact points, and what holds of consent and preference."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from channels.phones import e164
from consent.facts import Standing
from hub.api.shapes import ConsentStanding, ContactPoint, Cursor, Limit, Mrn, Page, Patient, Preferences
from hub.calls import cursors
from hub.calls.endpoints import Call, NoQuery, Read
from hub.calls.problems import not_found, unusable
from hub.db.tables import address, contact, person
from hub.parts import Parts
from hub.people import Person
from hub.sealed import open_contact
from hub.types import Address, AddressKind, ChannelKind, Purpose

CHANNELS_OF: Mapping[AddressKind, tuple[ChannelKind, ...]] = {
    AddressKind.PHONE: (ChannelKind.SMS, ChannelKind.VOICE),
    AddressKind.MAILBOX: (ChannelKind.EMAIL,),
    AddressKind.PUSH: (ChannelKind.PUSH,),
    AddressKind.PORTAL: (ChannelKind.PORTAL,),
}
"""Which channels reach an address of a kind."""


class PatientsQuery(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """Filters of the list of patients; they combine."""

    mrn: Mrn | None = None
    phone: str | None = None
    email: str | None = None
    limit: Limit = 50
    cursor: Cursor | None = None


async def patients(conn: AsyncConnection, call: Call[PatientsQuery, None]) -> Read:
    """Those on the books who fit, in the order they were entered."""
    query = sa.select(person.c.id).where(person.c.kind.in_(("patient", "proxy"))).order_by(person.c.id)
    wanted = await _wanted(conn, call.parts, call.query)
    if wanted is not None:
        query = query.where(person.c.id.in_(wanted))
    if call.query.cursor is not None:
        (last,) = cursors.read(call.query.cursor, tuple[str])
        query = query.where(person.c.id > last)
    ids = list((await conn.execute(query.limit(call.query.limit + 1))).scalars())
    shown = ids[: call.query.limit]
    following = cursors.written(shown[-1]) if len(ids) > len(shown) else None
    items = await _described(conn, call.parts, shown)
    return Read(value=Page(items=items, next=following), action="patient.read", persons=shown)


async def patient(conn: AsyncConnection, call: Call[NoQuery, None]) -> Read:
    """One person, of any kind; the id of one who was merged finds the survivor."""
    found = await _described(conn, call.parts, (await call.parts.people.surviving(conn, call.ids["id"]),))
    if not found:
        raise not_found("patient")
    return Read(value=found[0], action="patient.read", persons=(found[0].id,), object_id=found[0].id)


async def person_id_of(conn: AsyncConnection, parts: Parts, mrn: str) -> str:
    """The id of the person with this record number. Raises: Problem 404."""
    found = await parts.people.by_mrn(conn, mrn)
    if found is None:
        raise not_found("patient with this mrn")
    return found


async def _wanted(conn: AsyncConnection, parts: Parts, query: PatientsQuery) -> set[str] | None:
    """The ids of who fits all filters given; None when there is none."""
    fits: list[set[str]] = []
    if query.mrn is not None:
        found = await parts.people.by_mrn(conn, query.mrn)
        fits.append({found} if found else set())
    if query.phone is not None:
        number = e164(query.phone, parts.settings.region)
        if number is None:
            raise unusable("`phone` must be a phone number such as +12025550123")
        fits.append(set(await parts.people.by_address(conn, Address(AddressKind.PHONE, number))))
    if query.email is not None:
        mailbox = Address(AddressKind.MAILBOX, query.email.strip().lower())
        fits.append(set(await parts.people.by_address(conn, mailbox)))
    return set.intersection(*fits) if fits else None


async def _described(conn: AsyncConnection, parts: Parts, ids: Sequence[str]) -> list[Patient]:
    """The persons with these ids, in that order; one that does not exist is left out."""
    persons = await parts.people.many(conn, ids)
    dates = {
        row.id: row
        for row in await conn.execute(
            sa.select(person.c.id, person.c.created_at, person.c.updated_at).where(person.c.id.in_(ids))
        )
    }
    points = await _contacts(conn, parts, ids)
    return [_patient(persons[one], dates[one], points.get(one, [])) for one in ids if one in persons]


async def _contacts(conn: AsyncConnection, parts: Parts, ids: Sequence[str]) -> dict[str, list[ContactPoint]]:
    query = (
        sa.select(contact.c.person_id, contact.c.value_sealed, address.c.id, address.c.kind, address.c.state)
        .join(address, address.c.id == contact.c.address_id)
        .where(contact.c.person_id.in_(ids))
        .order_by(contact.c.created_at, address.c.id)
    )
    rows = (await conn.execute(query)).all()
    keys = await parts.vault.keys(conn, {row.person_id for row in rows})
    standings = await parts.ledger.standings(conn, {row.id for row in rows})
    found: dict[str, list[ContactPoint]] = {}
    for row in rows:
        if row.person_id not in keys:
            continue  # disposed of: nothing of the address is left to read
        kind = AddressKind(row.kind)
        point = ContactPoint(
            id=row.id,
            kind=kind,
            value=open_contact(keys, row.person_id, row.id, row.value_sealed),
            state=row.state,
            consents=_standings(kind, standings[row.id]),
        )
        found.setdefault(row.person_id, []).append(point)
    return found


def _standings(kind: AddressKind, standing: Standing) -> list[ConsentStanding]:
    shown = []
    for channel in CHANNELS_OF[kind]:
        for purpose in Purpose:
            holding = standing.of(channel, purpose)
            since = holding.decided_by.at if holding.decided_by else None
            state: Literal["grant", "revoke", "unknown"] = holding.state.value if holding.state else "unknown"
            shown.append(ConsentStanding(channel=channel, purpose=purpose, state=state, since=since))
    return shown


def _patient(one: Person, dates: Any, contacts: list[ContactPoint]) -> Patient:
    return Patient(
        id=one.id,
        kind=one.kind,
        mrn=one.profile.mrn or None,
        given_name=one.profile.given_name,
        family_name=one.profile.family_name,
        birth_date=one.profile.birth_date,
        preferences=Preferences(
            channel=one.preferred_channel, language=one.language, timezone=one.timezone, state=one.state
        ),
        contacts=contacts,
        created_at=dates.created_at,
        updated_at=dates.updated_at,
    )
