"""The panel read: who the person is, how they are reached, what they agreed to, and what is planned with them."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bots.scheduling.names import Names
from hub.api.addresses import address_shown
from hub.api.consents import consent_shown
from hub.api.patients import contact_points
from hub.api.reasons import explained
from hub.api.shapes import Appointment, Page
from hub.audit import Actor, concerning
from hub.calls import Call, NoQuery, Read, cursors
from hub.choice.ranking import ORDER, REACHES
from hub.db.tables import appointment, audit_event, contact, delivery, person, rating
from hub.exports.reading import READINGS
from hub.identity.addresses import Known
from hub.parts import Parts
from hub.people import Person, Preferences
from hub.staff.inbox.panel_people import age_of, cards, readable, whose, within
from hub.staff.inbox.panel_shapes import (
    AddressHealth,
    Fact,
    Look,
    LookedQuery,
    Neighbour,
    Outcome,
    Panel,
    Rated,
    Right,
    Wanted,
    Wishes,
    Writing,
)
from hub.staff.inbox.shapes import Named
from hub.types import AddressKind, ChannelKind, DeliveryState, Purpose
from hub.views.reach import Reach

PURPOSES = (Purpose.CARE, Purpose.APPOINTMENT, Purpose.BILLING, Purpose.SURVEY, Purpose.MARKETING)
"""What a person chooses ways for; what is about safety goes every way."""
PERMISSIONS = (
    "patients:write",
    "consents:write",
    "appointments:write",
    "messages:write",
    "threads:merge",
    "access:read",
)
TOLD = "line.tell"
"""The audit's word for staff saying who writes on a shared number."""
_FACTS, _PAST, _RATINGS, _LOOKS, _DELIVERIES = 40, 8, 6, 50, 60


async def panel(conn: AsyncConnection, call: Call[NoQuery, None]) -> Read:
    """Everything about the person of a thread. Raises: Problem 404."""
    parts, reach = call.parts, call.caller.reach
    thread, one = await whose(conn, call)
    known = await parts.addresses.of(conn, one.id)
    others = await _others(conn, [address.id for address in known if address.standing == "verified"], one.id)
    preferences = await parts.preferences.read(conn, one.id)
    coming, past = await _visits(conn, parts, one)
    row = (await conn.execute(sa.select(person.c.created_at, person.c.deceased_at).where(person.c.id == one.id))).one()
    whom = (await cards(conn, parts, (one.id,)))[one.id]
    if row.deceased_at is not None:
        whom.age = age_of(whom.birth_date, row.deceased_at, parts.settings.timezone)
    value = Panel(
        thread=thread.id,
        person=whom,
        deceased_at=row.deceased_at,
        timezone=one.timezone,
        created_at=row.created_at,
        addresses=await _health(conn, parts, one.id, known, others),
        facts=await _facts(conn, parts, one.id, known),
        wishes=_wishes(preferences, known, parts.channels),
        next=coming,
        past=past,
        campaigns=[],
        others=await _neighbours(conn, parts, reach, known, others),
        acted_for_by=await _acted_for_by(conn, parts, reach, one.id),
        acts_for=await _acts_for(conn, parts, reach, one.id),
        ratings=await _ratings(conn, thread.id),
        writing=await _writing(conn, parts, reach, one) if one.kind == "line" else None,
        may=[name for name in PERMISSIONS if call.caller.may(name)],
        zone=parts.settings.timezone.key,
    )
    return Read(value=value, action="panel.read", persons=(one.id,), object_id=thread.id)


async def looked(conn: AsyncConnection, call: Call[LookedQuery, None]) -> Read:
    """Who looked at what is this person's, newest first; lists that they stood in are among it."""
    parts = call.parts
    _, one = await whose(conn, call)
    query = (
        sa.select(audit_event.c.id, audit_event.c.at, audit_event.c.action, audit_event.c.actor_kind)
        .add_columns(audit_event.c.actor_id)
        .where(concerning(one.id))
        .where(
            sa.or_(
                audit_event.c.action.like("%.read"),
                audit_event.c.action.like("glass.%"),
                audit_event.c.action.in_(READINGS),
            )
        )
        .order_by(audit_event.c.id.desc())
    )
    if call.query.cursor is not None:
        (last,) = cursors.read(call.query.cursor, tuple[str])
        # Ids are made in order of time: the page goes on below the last one.
        query = query.where(audit_event.c.id < last)
    rows = (await conn.execute(query.limit(_LOOKS + 1))).all()
    shown = rows[:_LOOKS]
    users = await parts.users.of(conn, {row.actor_id for row in shown if row.actor_kind == "staff"})
    items = []
    for row in shown:
        user = users.get(row.actor_id)
        named = None if user is None else Named(id=user.id, name=user.name, initials=user.initials)
        who = "" if user is None else user.name
        items.append(Look(at=row.at, who=who, kind=row.actor_kind, user=named, action=row.action))
    following = cursors.written(shown[-1].id) if len(rows) > len(shown) else None
    return Read(value=Page(items=items, next=following), action="access.read", persons=(one.id,), object_id=one.id)


async def _health(
    conn: AsyncConnection, parts: Parts, person_id: str, known: Sequence[Known], others: Mapping[str, set[str]]
) -> list[AddressHealth]:
    points = {one.id: one for one in (await contact_points(conn, parts, (person_id,))).get(person_id, [])}
    last = await _last(conn, parts, person_id)
    found = []
    for one in known:
        if one.address.kind is AddressKind.PORTAL:
            continue  # what is read behind the log-in is no address of its own
        standing = points[one.id].consents if one.standing == "verified" and one.id in points else []
        shared = len(others.get(one.id, ()))
        found.append(
            AddressHealth(
                address=address_shown(one),
                shown=readable(one.address),
                consents=standing,
                last=last.get(one.id),
                shared=shared,
            )
        )
    return found


async def _last(conn: AsyncConnection, parts: Parts, person_id: str) -> dict[str, Outcome]:
    """What became of the newest delivery to each address, of the person's newest ones."""
    query = (
        sa.select(delivery.c.address_id, delivery.c.state, delivery.c.channel, delivery.c.reason, delivery.c.updated_at)
        .where(delivery.c.person_id == person_id)
        .order_by(delivery.c.created_at.desc(), delivery.c.id.desc())
        .limit(_DELIVERIES)
    )
    found: dict[str, Outcome] = {}
    for row in await conn.execute(query):
        channel = ChannelKind(row.channel)
        reason = explained(row.reason, channel, parts.channels)
        outcome = Outcome(
            state=DeliveryState(row.state), channel=channel, at=row.updated_at, code=row.reason or None, reason=reason
        )
        found.setdefault(row.address_id, outcome)
    return found


async def _facts(conn: AsyncConnection, parts: Parts, person_id: str, known: Sequence[Known]) -> list[Fact]:
    shown = {one.id: readable(one.address) for one in known}
    recorded = (await parts.ledger.of_person(conn, person_id, shown))[:_FACTS]
    users = await parts.users.of(conn, {one.actor.id for one in recorded if one.actor.kind == "staff"})
    names = {user.id: user.name for user in users.values()}
    return [
        Fact(consent=consent_shown(one), by=_recorder(one.actor, names), shown=shown.get(one.address_id, ""))
        for one in recorded
    ]


def _recorder(actor: Actor, names: Mapping[str, str]) -> str:
    return names.get(actor.id, "") if actor.kind == "staff" else ""


def _wishes(preferences: Preferences, known: Sequence[Known], channels: Iterable[ChannelKind]) -> Wishes:
    """What the person prefers among the channels by which they can be reached. Pure."""
    kinds = {one.address.kind for one in known if one.standing == "verified"}
    there = [one for one in ORDER if one in set(channels) and REACHES[one] in kinds]
    purposes = []
    for purpose in PURPOSES:
        wanted = preferences.of(purpose)
        order = [one for one in dict.fromkeys((*wanted.order, *ORDER)) if one in there]
        off = [one for one in ORDER if one in wanted.off]
        purposes.append(Wanted(purpose=purpose, order=order, off=off, own=purpose in preferences.by_purpose))
    whole = [one for one in ORDER if one in preferences.whole]
    return Wishes(default=preferences.default, channels=there, purposes=purposes, whole=whole)


async def _visits(conn: AsyncConnection, parts: Parts, one: Person) -> tuple[list[Appointment], list[Appointment]]:
    """The visits to come, soonest first; and those that were, or were called off, newest first."""
    now = parts.clock.now()
    mine = sa.select(appointment).where(appointment.c.person_id == one.id)
    ahead = sa.and_(appointment.c.status == "booked", appointment.c.start > now)
    coming = (await conn.execute(mine.where(ahead).order_by(appointment.c.start, appointment.c.id).limit(20))).all()
    behind = mine.where(~ahead).order_by(appointment.c.start.desc(), appointment.c.id.desc()).limit(_PAST)
    past = (await conn.execute(behind)).all()
    if not (coming or past):
        return [], []
    directory = await Names(parts.vault).read(conn)

    def shown(row: Any) -> Appointment:
        return Appointment(
            id=row.id,
            mrn=one.profile.mrn or None,
            patient=one.id,
            provider=directory.name(row.provider_id),
            visit_type=directory.name(row.visit_type_id),
            location=directory.name(row.location_id),
            start=row.start.astimezone(parts.settings.timezone),
            minutes=row.minutes,
            status=row.status,
            version=row.version,
        )

    return [shown(row) for row in coming], [shown(row) for row in past]


async def _others(conn: AsyncConnection, addresses: Sequence[str], but_for: str) -> dict[str, set[str]]:
    """Who else on the books is on each of these addresses."""
    query = (
        sa.select(contact.c.address_id, contact.c.person_id)
        .join(person, person.c.id == contact.c.person_id)
        .where(contact.c.address_id.in_(list(addresses)), contact.c.person_id != but_for)
        .where(person.c.kind.in_(("patient", "proxy")), person.c.merged_into.is_(None))
    )
    found: dict[str, set[str]] = {}
    for row in await conn.execute(query):
        found.setdefault(row.address_id, set()).add(row.person_id)
    return found


async def _neighbours(
    conn: AsyncConnection, parts: Parts, reach: Reach, known: Sequence[Known], others: Mapping[str, set[str]]
) -> list[Neighbour]:
    seen = await within(conn, reach, {one for many in others.values() for one in many})
    shown = await cards(conn, parts, seen)
    at = {one.id: readable(one.address) for one in known}
    where: dict[str, str] = {}
    for address_id, many in others.items():
        for one in many:
            where.setdefault(one, at.get(address_id, ""))
    found = [Neighbour(shown=shown_at, card=shown.get(one)) for one, shown_at in where.items()]
    return sorted(found, key=lambda one: (one.card is None, one.card.name if one.card else ""))


async def _acted_for_by(conn: AsyncConnection, parts: Parts, reach: Reach, person_id: str) -> list[Right]:
    rights = [one for one in await parts.proxies.of_patient(conn, person_id) if one.active]
    shown = await cards(conn, parts, await within(conn, reach, [one.proxy_person_id for one in rights]))
    found = []
    for one in rights:
        proxy = shown.get(one.proxy_person_id)
        found.append(
            Right(
                name=proxy.name if proxy else "",
                thread=proxy.thread if proxy else None,
                kind=one.right.kind,
                holds=sorted(one.holds),
                until=one.right.until,
            )
        )
    return found


async def _acts_for(conn: AsyncConnection, parts: Parts, reach: Reach, person_id: str) -> list[Right]:
    wards = await parts.proxies.wards(conn, person_id)
    shown = await cards(conn, parts, await within(conn, reach, [one.patient_id for one in wards]))
    found = []
    for one in wards:
        ward = shown.get(one.patient_id)
        name, thread = (ward.name, ward.thread) if ward else ("", None)
        found.append(Right(name=name, thread=thread, kind="ward", holds=sorted(one.holds), until=None))
    return found


async def _ratings(conn: AsyncConnection, thread_id: str) -> list[Rated]:
    query = sa.select(rating).where(rating.c.thread_id == thread_id).order_by(rating.c.asked_at.desc()).limit(_RATINGS)
    return [Rated(at=row.answered_at or row.asked_at, score=row.score) for row in await conn.execute(query)]


async def _writing(conn: AsyncConnection, parts: Parts, reach: Reach, line: Person) -> Writing | None:
    """Who staff last said is writing on this line; a day later that says nothing any more."""
    query = (
        sa.select(audit_event.c.object_id, audit_event.c.actor_id, audit_event.c.at)
        .where(audit_event.c.person_id == line.id, audit_event.c.action == TOLD)
        .order_by(audit_event.c.at.desc(), audit_event.c.id.desc())
        .limit(1)
    )
    row = (await conn.execute(query)).first()
    if row is None or (parts.clock.now() - row.at).days >= 1:
        return None
    told = await parts.people.surviving(conn, row.object_id)
    seen = await cards(conn, parts, await within(conn, reach, (told,)))
    users = await parts.users.of(conn, (row.actor_id,))
    by = users[row.actor_id].name if row.actor_id in users else ""
    return Writing(card=seen.get(told), by=by, at=row.at)
