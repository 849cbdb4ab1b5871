"""Going through the audit, by days: who opened whose record, and who stood in the lists that they saw."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.accounts.users import User
from hub.audit import persons_of
from hub.db.tables import (
    access_tally,
    address,
    audit_event,
    audit_link,
    contact,
    counter,
    job,
    label,
    person,
    thread,
    thread_label,
)
from hub.parts import Parts
from hub.types import AddressKind
from hub.unusual.alerts import Alerts
from hub.unusual.rules import Day, Known, Look, Raised, Rules, found, rules_for

__all__ = ["JOB", "last_watched", "watch"]

JOB = "access.watch"
_MARK = "access.watch"
"""The counter that holds the number of the link up to which the audit was gone through."""
_PAGE = 2000
_AT_ONCE = 400
OPENING = frozenset(
    {
        *("message.read", "panel.read", "patient.read", "attachment.read", "appointment.read", "consent.read"),
        *("consent.evidence", "address.read", "preference.read", "proxy.read", "access.read", "rights.read"),
    }
)
"""Actions by which one person's record is opened."""
LISTING = OPENING | {"thread.read", "message.search", "campaign.failures", "export.write", "glass.read"}
"""Actions by which persons are seen in a list, where there are several; a list of one is a list, too."""


@dataclass(slots=True)
class _Seen:
    """What a user did on a day, as it is gathered."""

    looks: list[Look] = field(default_factory=list)
    listed: set[str] = field(default_factory=set)
    last_listed: datetime | None = None


async def last_watched(conn: AsyncConnection) -> datetime | None:
    """When the audit was last gone through to its end."""
    done = sa.select(sa.func.max(job.c.ended_at)).where(job.c.name == JOB, job.c.state == "done")
    moment: datetime | None = (await conn.execute(done)).scalar_one()
    return moment


async def watch(parts: Parts) -> dict[str, int]:
    """Go through what was chained since the last time, and raise what is unusual; counts of both.

    Each day that something was added to is gone through as a whole: what was raised of it already is not raised anew.
    """
    zone, rules = parts.settings.timezone, rules_for(parts.settings.access_rules_file)
    async with parts.db.read() as conn:
        mark = (await conn.execute(sa.select(counter.c.value).where(counter.c.name == _MARK))).scalar() or 0
        newest = (await conn.execute(sa.select(sa.func.max(audit_link.c.seq)))).scalar_one() or 0
        if newest <= mark:
            return {"entries": 0, "raised": 0}
        since = await _at(conn, mark + 1)
        day = since.astimezone(zone).date()
        begins = await _first_since(conn, datetime.combine(day, time(0), zone), mark + 1)
    days, entries = await _gathered(parts, begins, newest, zone)
    raised = 0
    for one in sorted(days):
        if one >= day:
            raised += await _judged(parts, one, days[one], rules)
    await parts.db.write(lambda conn: _marked(conn, newest))
    return {"entries": entries, "raised": raised}


async def _gathered(parts: Parts, begins: int, newest: int, zone: ZoneInfo) -> tuple[dict[date, dict[str, _Seen]], int]:
    """What staff read in the links from one to another, by day and user; and how many entries these are."""
    days: dict[date, dict[str, _Seen]] = {}
    after, entries = begins - 1, 0
    while after < newest:
        query = (
            sa.select(audit_event, audit_link.c.seq.label("link"))
            .select_from(audit_link.join(audit_event, audit_event.c.id == audit_link.c.event_id))
            .where(audit_link.c.seq > after, audit_link.c.seq <= min(after + _PAGE, newest))
            .where(audit_event.c.actor_kind == "staff", audit_event.c.action.in_(LISTING))
        )
        async with parts.db.read() as conn:
            rows = (await conn.execute(query)).all()
            several = [row for row in rows if row.person_id is None]
            details = await parts.trail.details(conn, several) if several else {}
        for row in rows:
            seen = days.setdefault(row.at.astimezone(zone).date(), {}).setdefault(row.actor_id, _Seen())
            _add(seen, row, details.get(row.id, {}))
        after, entries = after + _PAGE, entries + len(rows)
    return days, entries


def _add(seen: _Seen, row: Any, details: Mapping[str, str | int | None]) -> None:
    persons = persons_of(row, details)
    if row.action in OPENING and len(persons) == 1:
        seen.looks.append(Look(row.at, persons[0]))
    elif persons:
        seen.listed.update(persons)
        seen.last_listed = row.at if seen.last_listed is None else max(seen.last_listed, row.at)


async def _judged(parts: Parts, day: date, seen: Mapping[str, _Seen], rules: Rules) -> int:
    """Judge a day of everybody's, keep what it came to, and raise what is unusual; how much of it is new."""
    zone, hours = parts.settings.timezone, parts.settings.open_hours
    async with parts.db.read() as conn:
        users = await parts.users.of(conn, seen)
        opened = {look.person_id for one in seen.values() for look in one.looks}
        persons = await _known(conn, parts, opened, users.values(), rules)
        past = await _past(conn, users, day, max(rules.opened.days, rules.listed.days))
    raised: list[Raised] = []
    tallies = []
    for user_id, one in sorted(seen.items()):
        if (user := users.get(user_id)) is not None:
            count = len({look.person_id for look in one.looks})
            tallies.append({"user_id": user_id, "day": f"{day}", "opened": count, "listed": len(one.listed)})
            looked = Day(
                user_id=user_id,
                name=user.name,
                role=user.role,
                looks=one.looks,
                listed=len(one.listed),
                last_listed=one.last_listed,
                past=past.get(user_id, ()),
            )
            raised += found(looked, persons, rules, hours, zone)

    async def unit(conn: AsyncConnection) -> int:
        await _tallied(conn, day, tallies)
        return await Alerts(parts).raise_all(conn, f"{day}", raised)

    new = await parts.db.write(unit)
    if new:
        parts.bell.ring()
    return new


async def _known(
    conn: AsyncConnection, parts: Parts, ids: Collection[str], users: Iterable[User], rules: Rules
) -> dict[str, Known]:
    """What is to be known of these persons; of who was disposed of nothing is."""
    staff = {parts.vault.blind.of(AddressKind.MAILBOX.value, one.email): one.id for one in users}
    found_: dict[str, Known] = {}
    wanted = sorted(ids)
    for start in range(0, len(wanted), _AT_ONCE):
        among = wanted[start : start + _AT_ONCE]
        keys = await parts.vault.keys(conn, among, keep=False)
        persons = await parts.people.many(conn, [one for one in among if one in keys])
        died = {row.id: row.deceased_at for row in await conn.execute(_dead(among))}
        marked = {row.person_id: row.assignee for row in await conn.execute(_labelled(among, rules))}
        reached: dict[str, set[str]] = {}
        for row in await conn.execute(_reached(among, list(staff))):
            reached.setdefault(row.person_id, set()).add(staff[bytes(row.blind)])
        for person_id, one in persons.items():
            found_[person_id] = Known(
                given=one.profile.given_name,
                family=one.profile.family_name,
                deceased_at=died.get(person_id),
                marked=person_id in marked,
                assignee=marked.get(person_id),
                reached_by=frozenset(reached.get(person_id, ())),
            )
    return found_


def _dead(ids: Collection[str]) -> sa.Select[Any]:
    return sa.select(person.c.id, person.c.deceased_at).where(person.c.id.in_(ids), person.c.deceased_at.is_not(None))


def _labelled(ids: Collection[str], rules: Rules) -> sa.Select[Any]:
    return (
        sa.select(thread.c.person_id, thread.c.assignee)
        .join(thread_label, thread_label.c.thread_id == thread.c.id)
        .join(label, label.c.id == thread_label.c.label_id)
        .where(thread.c.person_id.in_(ids), label.c.name.in_(rules.marked.labels))
    )


def _reached(ids: Collection[str], blinds: Collection[bytes]) -> sa.Select[Any]:
    return (
        sa.select(contact.c.person_id, address.c.blind)
        .join(address, address.c.id == contact.c.address_id)
        .where(contact.c.person_id.in_(ids), address.c.kind == AddressKind.MAILBOX, address.c.blind.in_(blinds))
    )


async def _past(
    conn: AsyncConnection, users: Collection[str], day: date, days: int
) -> dict[str, list[tuple[int, int]]]:
    """What these users' days before one came to."""
    query = sa.select(access_tally).where(
        access_tally.c.user_id.in_(list(users)),
        access_tally.c.day < f"{day}",
        access_tally.c.day >= f"{day - timedelta(days=days)}",
    )
    past: dict[str, list[tuple[int, int]]] = {}
    for row in await conn.execute(query):
        past.setdefault(row.user_id, []).append((row.opened, row.listed))
    return past


async def _tallied(conn: AsyncConnection, day: date, rows: list[dict[str, Any]]) -> None:
    """Keep what a day came to, in place of what it had come to so far."""
    if rows:
        users = [row["user_id"] for row in rows]
        stale = sa.and_(access_tally.c.day == f"{day}", access_tally.c.user_id.in_(users))
        await conn.execute(sa.delete(access_tally).where(stale))
        await conn.execute(sa.insert(access_tally), rows)


async def _marked(conn: AsyncConnection, seq: int) -> None:
    changed = await conn.execute(sa.update(counter).where(counter.c.name == _MARK).values(value=seq))
    if not changed.rowcount:
        await conn.execute(sa.insert(counter), {"name": _MARK, "value": seq})


async def _at(conn: AsyncConnection, seq: int) -> datetime:
    """When what a link chains was done."""
    joined = audit_link.join(audit_event, audit_event.c.id == audit_link.c.event_id)
    query = sa.select(audit_event.c.at).select_from(joined).where(audit_link.c.seq >= seq).order_by(audit_link.c.seq)
    moment: datetime = (await conn.execute(query.limit(1))).scalar_one()
    return moment


async def _first_since(conn: AsyncConnection, begin: datetime, last: int) -> int:
    """The first link, up to number `last`, of an entry from `begin` on: links are made in the order of time."""
    low, high = 1, last
    while low < high:
        middle = (low + high) // 2
        if await _at(conn, middle) < begin:
            low = middle + 1
        else:
            high = middle
    return low
