"""A run: what is past its time by a policy is counted, or disposed of, page by page.

Persons are looked at in the order of their ids; each who is due is disposed of in a transaction of their own. Of the
kinds of records each page is one transaction, with its certificate. Broken off, the next run goes on: what was disposed
of is not found again. Never disposed of is the audit.
"""

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.audit import Actor, Entry
from hub.db.tables import (
    appointment,
    attachment,
    attempt,
    data_key,
    delivery,
    delivery_event,
    hl7_message,
    legal_hold,
    message,
    person,
    raw_mail,
    thread,
)
from hub.files.pieces import drop_in
from hub.parts import Parts
from hub.retention.certificates import issue
from hub.retention.copies import ask_for_older
from hub.retention.destroying import take_out
from hub.retention.disposing import Refused, dispose, refused
from hub.retention.terms import Policy, ends, years_on
from hub.sealed import open_profile
from hub.search import search_index
from hub.types import ChannelKind

__all__ = ["run"]

_PAGE = 200
_FINAL = ("delivered", "read", "failed", "suppressed")
_REASON = "past its retention"
_HELD = sa.select(legal_hold.c.person_id).where(legal_hold.c.released_at.is_(None))
Told = Callable[[int], None]


async def run(
    parts: Parts, policy: Policy, actor: Actor, *, dry_run: bool = False, told: Told = lambda done: None
) -> dict[str, int]:
    """Dispose of what is past its time by `policy`; how much, by kind. `dry_run` only counts, and changes nothing.

    `persons` were disposed of; `persons_held` would be but for a legal hold, `persons_refused` but for something that
    must be ended first. Calls `told` with the number of persons looked at.
    """
    counts: Counter[str] = Counter()
    await _persons(parts, policy, actor, counts, dry_run, told)
    for what, query, page in _kinds(parts, policy):
        if dry_run:
            async with parts.db.read() as conn:
                counts[what] += await conn.scalar(sa.select(sa.func.count()).select_from(query.subquery())) or 0
            continue
        while done := await parts.db.write(partial(_page, parts, policy, actor, what, query, page)):
            counts[what] += done
    if policy.records.provider_copy_days:
        before = parts.clock.now() - timedelta(days=policy.records.provider_copy_days)
        counts["copies_at_providers"] = await ask_for_older(parts, before, dry_run=dry_run)
    found = {name: count for name, count in sorted(counts.items()) if count}
    if not dry_run:
        entry = Entry(action="retention.run", actor=actor, details={"policy": str(policy), **found})
        await parts.db.write(lambda conn: parts.trail.record(conn, entry))
        await parts.db.forget_deleted()
    return found


async def _persons(parts: Parts, policy: Policy, actor: Actor, counts: Counter[str], dry_run: bool, told: Told) -> None:
    after, seen = "", 0
    while True:
        async with parts.db.read() as conn:
            due, after, looked = await _due(conn, parts, policy, after)
        seen += looked
        told(seen)
        for person_id in due:
            if dry_run:
                async with parts.db.read() as conn:
                    why = await refused(conn, parts, person_id)
            else:
                why = await parts.db.write(partial(_one, parts, policy, actor, person_id))
            if why is None:
                counts["persons"] += 1
            elif why.why != "gone":
                counts["persons_held" if why.why == "held" else "persons_refused"] += 1
        if not looked:
            return


async def _one(parts: Parts, policy: Policy, actor: Actor, person_id: str, conn: AsyncConnection) -> Refused | None:
    # Looked at anew: they may have written since.
    again = await _due_among(conn, parts, policy, [person_id])
    if not again:
        return Refused("gone", "not due any more")
    done = await dispose(conn, parts, person_id, reason=_REASON, actor=actor, policy=str(policy))
    return done if isinstance(done, Refused) else None


async def _due(conn: AsyncConnection, parts: Parts, policy: Policy, after: str) -> tuple[list[str], str, int]:
    """Of the next persons those who are past their time, the last id looked at, and how many were looked at."""
    query = (
        sa.select(person.c.id)
        .join(data_key, data_key.c.owner_id == person.c.id)
        .where(person.c.id > after, person.c.merged_into.is_(None), data_key.c.wrapped.is_not(None))
        .distinct()
        .order_by(person.c.id)
        .limit(_PAGE)
    )
    ids = list((await conn.execute(query)).scalars())
    return await _due_among(conn, parts, policy, ids), ids[-1] if ids else after, len(ids)


async def _due_among(conn: AsyncConnection, parts: Parts, policy: Policy, ids: Sequence[str]) -> list[str]:
    if not ids:
        return []
    now, zone = parts.clock.now(), parts.settings.timezone
    visits = sa.select(appointment.c.person_id, sa.func.max(appointment.c.start).label("last")).where(
        appointment.c.person_id.in_(ids)
    )
    visited = {row.person_id: row.last for row in await conn.execute(visits.group_by(appointment.c.person_id))}
    query = (
        sa.select(person.c.id, person.c.kind, person.c.profile_sealed, person.c.created_at, thread.c.last_at)
        .outerjoin(thread, thread.c.person_id == person.c.id)
        .where(person.c.id.in_(ids))
        .order_by(person.c.id)
    )
    rows = (await conn.execute(query)).all()
    soonest = min(policy.persons.years, policy.persons.stranger_years)
    old = [(row, max(filter(None, (row.created_at, row.last_at, visited.get(row.id))))) for row in rows]
    old = [(row, last) for row, last in old if _years_ago(now, soonest) > last]
    keys = await parts.vault.keys(conn, [row.id for row, _ in old], keep=False)
    found = []
    for row, last in old:
        if row.id not in keys:
            continue
        born = open_profile(keys, row.id, row.profile_sealed).birth_date
        stranger = row.kind in ("unidentified", "line")
        if ends(policy.persons, last, born, zone, stranger=stranger) <= now:
            found.append(row.id)
    return found


Page = Callable[[AsyncConnection, Sequence[Any]], Awaitable[None]]


def _kinds(parts: Parts, policy: Policy) -> list[tuple[str, sa.Select[Any], Page]]:
    """What is kept for a time of its own: a name, the rows past it, and what becomes of a page of them."""
    now, records = parts.clock.now(), policy.records
    found: list[tuple[str, sa.Select[Any], Page]] = []
    for purpose, years in sorted(policy.messages.items()):
        found.append((f"messages_{purpose}", _texts(purpose.value, _years_ago(now, years)), partial(_emptied, parts)))
    voice = attachment.c.channel == ChannelKind.VOICE
    if records.recording_years:
        found.append(("recordings", _files(_years_ago(now, records.recording_years), voice), _dropped))
    if records.attachment_years:
        found.append(("attachments", _files(_years_ago(now, records.attachment_years), ~voice), _dropped))
    if records.raw_mail_days:
        old = raw_mail.c.received_at < now - timedelta(days=records.raw_mail_days)
        found.append(("raw_mails", sa.select(raw_mail.c.id).where(old), partial(_deleted, raw_mail)))
    if records.hl7_days:
        ended = hl7_message.c.state.in_(("applied", "older", "failed", "dropped"))
        old = hl7_message.c.received_at < now - timedelta(days=records.hl7_days)
        found.append(("hl7_messages", sa.select(hl7_message.c.id).where(ended, old), partial(_deleted, hl7_message)))
    if records.delivery_detail_days:
        query = (
            sa.select(delivery.c.id)
            .join(delivery_event, delivery_event.c.delivery_id == delivery.c.id)
            .where(
                delivery.c.state.in_(_FINAL),
                delivery.c.updated_at < now - timedelta(days=records.delivery_detail_days),
                delivery.c.person_id.not_in(_HELD),
            )
            .distinct()
        )
        found.append(("delivery_details", query, _undetailed))
    return found


async def _page(
    parts: Parts, policy: Policy, actor: Actor, what: str, query: sa.Select[Any], page: Page, conn: AsyncConnection
) -> int:
    rows = (await conn.execute(query.limit(_PAGE))).all()
    if rows:
        await page(conn, rows)
        await issue(
            conn,
            parts,
            what=what,
            person_id=None,
            actor=actor,
            reason=_REASON,
            policy=str(policy),
            counts={what: len(rows)},
            data_keys=0,
        )
    return len(rows)


def _texts(purpose: str, before: datetime) -> sa.Select[Any]:
    """Messages sent for a purpose, of persons who are on no hold, that still say something."""
    return (
        sa.select(message.c.id, message.c.thread_id, thread.c.person_id, message.c.body_sealed)
        .join(delivery, sa.and_(delivery.c.message_id == message.c.id, delivery.c.step == 0))
        .join(thread, thread.c.id == message.c.thread_id)
        .join(data_key, sa.and_(data_key.c.owner_id == thread.c.person_id, data_key.c.wrapped.is_not(None)))
        .where(
            delivery.c.purpose == purpose,
            delivery.c.state.in_(_FINAL),
            message.c.at < before,
            message.c.body_sealed != b"",
            thread.c.person_id.not_in(_HELD),
        )
    )


async def _emptied(parts: Parts, conn: AsyncConnection, rows: Sequence[Any]) -> None:
    await take_out(conn, parts.vault, search_index(parts.vault), rows)
    emptied = sa.update(message).where(message.c.id.in_([row.id for row in rows]))
    await conn.execute(emptied.values(body_sealed=b""))
    these = delivery.c.message_id.in_([row.id for row in rows])
    await conn.execute(sa.update(delivery).where(these).values(words_sealed=None))


def _files(before: datetime, which: sa.ColumnElement[bool]) -> sa.Select[Any]:
    return sa.select(attachment.c.id, attachment.c.content_id, attachment.c.source_id).where(
        which,
        attachment.c.created_at < before,
        sa.or_(attachment.c.content_id.is_not(None), attachment.c.source_id.is_not(None)),
        attachment.c.state.not_in(("fetching", "waiting")),
        attachment.c.person_id.not_in(_HELD),
    )


async def _dropped(conn: AsyncConnection, rows: Sequence[Any]) -> None:
    await drop_in(conn, [one for row in rows for one in (row.content_id, row.source_id) if one is not None])
    these = attachment.c.id.in_([row.id for row in rows])
    values: Mapping[str, Any] = {"state": "lost", "reason": "retention", "content_id": None, "source_id": None}
    await conn.execute(sa.update(attachment).where(these).values(**values))


async def _deleted(table: sa.Table, conn: AsyncConnection, rows: Sequence[Any]) -> None:
    await conn.execute(sa.delete(table).where(table.c.id.in_([row.id for row in rows])))


async def _undetailed(conn: AsyncConnection, rows: Sequence[Any]) -> None:
    ids = [row.id for row in rows]
    for table in (attempt, delivery_event):
        await conn.execute(sa.delete(table).where(table.c.delivery_id.in_(ids)))


def _years_ago(now: datetime, years: int) -> datetime:
    return datetime.combine(years_on(now.date(), -years), now.timetz())
