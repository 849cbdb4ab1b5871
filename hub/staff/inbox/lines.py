"""The entries of a thread, as staff read them: what was said, and between it what befell the thread.

Messages are the API's own. What befell the thread is told by the audit: each such entry was written in the transaction
of the act itself, says who did it, and is never changed. Those are shown that lie between the oldest message of the
stretch and the one after it.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.api.messages import opened
from hub.crypto import Place
from hub.db.tables import audit_event, delivery, mention, message
from hub.parts import Parts
from hub.sealed import PERSONAL
from hub.staff.inbox.shapes import Line, Lines, Named
from hub.types import AuthorKind, DeliveryState
from hub.vault import AUDIT

__all__ = ["MOST", "lines_of", "stretch"]

MOST = 40
"""Entries in a stretch: as many as a page draws without being felt."""
_HAPPENED: Mapping[str, str] = {
    "consent.grant": "consented",
    "consent.revoke": "opted_out",
    "consent.stop": "opted_out",
    "consent.start": "opted_in",
    "consent.agree": "opted_in",
    "emergency.detect": "emergency",
    "urgent.detect": "urgent",
    "message.unreached": "unreached",
    "person.merge": "merged",
    "person.wrong_number": "wrong_number",
    "reception.give_up": "bot_gave_up",
    "thread.assign": "assigned",
    "thread.team": "moved",
    "thread.snooze": "snoozed",
    "thread.wake": "woke",
    "thread.reopen": "reopened",
    "thread.prioritize": "prioritized",
    "thread.close": "closed",
    "thread.hand_back": "handed_back",
    "thread.settle": "settled",
    "thread.unsettle": "unsettled",
    "thread.take": "taken",
    "thread.update": "changed",
    "thread.escalate": "escalated",
    "thread.label": "labelled",
    "thread.unlabel": "unlabelled",
}
"""Actions of the audit that befall a thread, and what they are called here."""
_EVENTS = 60
"""Events in a stretch at most; the newest."""


async def stretch(
    conn: AsyncConnection, parts: Parts, thread: Any, user_id: str, *, before: int | None = None
) -> Lines:
    """The newest entries of a thread, or those before entry `before`, with what befell it meanwhile."""
    query = sa.select(message).where(message.c.thread_id == thread.id).order_by(message.c.seq.desc()).limit(MOST + 1)
    if before is not None:
        query = query.where(message.c.seq < before)
    rows = list((await conn.execute(query)).all())
    more, rows = len(rows) > MOST, rows[:MOST][::-1]
    until = await _at(conn, thread.id, before) if before is not None else None
    items = await lines_of(conn, parts, thread.person_id, rows, user_id)
    since = rows[0].at if rows and more else thread.created_at
    happened = await _happened(conn, parts, thread, since, until)
    return Lines(items=_woven(items, happened), before=rows[0].seq if more else None)


async def lines_of(
    conn: AsyncConnection, parts: Parts, person_id: str, rows: Sequence[Any], user_id: str
) -> list[Line]:
    """Rows of `message`, of one person's thread, as one of the staff reads them."""
    if not rows:
        return []
    ids = [row.id for row in rows]
    mentions = await _mentions(conn, parts, ids)
    waits = await _waiting(conn, ids)
    now = parts.clock.now()
    made = []
    for row, one in zip(rows, await opened(conn, parts, person_id, rows), strict=True):
        leaves = waits.get(row.id)
        ours = row.author_kind == AuthorKind.STAFF and not (row.intent_key or "").startswith(PERSONAL)
        held = ours and leaves is not None and leaves > now
        made.append(
            Line(
                kind="message",
                id=one.id,
                seq=one.seq,
                at=one.at,
                direction=one.direction,
                author=one.author,
                mine=row.author_id == user_id,
                channel=one.channel,
                text=one.body,
                attachments=one.attachments,
                delivery=one.delivery,
                undo_until=leaves if held else None,
                not_before=leaves if held else None,
                mentions=mentions.get(row.id, []),
            )
        )
    return made


def _woven(messages: list[Line], happened: list[Line]) -> list[Line]:
    """Both in the order in which they happened; what befell the thread comes after what was said in that moment."""
    merged = sorted(
        ((line.at, number, line) for number, line in enumerate([*messages, *happened])), key=lambda one: one[:2]
    )
    seq, woven = 0, []
    for _, _, line in merged:
        seq = max(seq, line.seq)
        woven.append(line if line.kind == "message" else msgspec.structs.replace(line, seq=seq))
    return woven


async def _at(conn: AsyncConnection, thread_id: str, seq: int) -> datetime | None:
    query = sa.select(message.c.at).where(message.c.thread_id == thread_id, message.c.seq == seq)
    return (await conn.execute(query)).scalar_one_or_none()


async def _mentions(conn: AsyncConnection, parts: Parts, ids: Sequence[str]) -> dict[str, list[Named]]:
    # By the thread would be an index; by message it is the few rows of this one.
    thread_ids = sa.select(message.c.thread_id).where(message.c.id == ids[0]).scalar_subquery()
    query = sa.select(mention.c.message_id, mention.c.user_id).where(mention.c.thread_id == thread_ids)
    rows = [row for row in await conn.execute(query) if row.message_id in set(ids)]
    users = await parts.names.users(conn, {row.user_id for row in rows})
    found: dict[str, list[Named]] = {}
    for row in rows:
        if (one := users.get(row.user_id)) is not None:
            found.setdefault(row.message_id, []).append(Named(id=one.id, name=one.name, initials=one.initials))
    return found


async def _waiting(conn: AsyncConnection, ids: Sequence[str]) -> dict[str, datetime]:
    """When messages leave that have not been claimed yet: until then they can be taken back."""
    query = sa.select(delivery.c.message_id, delivery.c.due_at).where(
        delivery.c.message_id.in_(ids),
        delivery.c.state.in_((DeliveryState.QUEUED, DeliveryState.HELD)),
        delivery.c.attempts == 0,
    )
    return {row.message_id: row.due_at for row in await conn.execute(query)}


async def _happened(
    conn: AsyncConnection, parts: Parts, thread: Any, since: datetime, until: datetime | None
) -> list[Line]:
    query = (
        sa.select(audit_event)
        .where(
            audit_event.c.person_id == thread.person_id,
            audit_event.c.at >= since,
            audit_event.c.action.in_(_HAPPENED),
        )
        .order_by(audit_event.c.at.desc(), audit_event.c.id.desc())
        .limit(_EVENTS)
    )
    if until is not None:
        query = query.where(audit_event.c.at < until)
    rows = list((await conn.execute(query)).all())[::-1]
    if not rows:
        return []
    keys = await parts.vault.key(conn, AUDIT)
    details = [_details(keys.open(AUDIT, row.payload_sealed, _place(row.id))) for row in rows]
    named = {row.actor_id for row in rows if row.actor_kind == "staff"}
    named |= {one["assignee"] for one in details if one.get("assignee")}
    users = await parts.names.users(conn, named)
    names = {one.id: one.name for one in users.values()}
    made = []
    for row, one in zip(rows, details, strict=True):
        if one.get("assignee") in names:
            one = one | {"assignee_name": names[one["assignee"]]}
        made.append(
            Line(
                kind="event",
                id=row.id,
                seq=0,
                at=row.at,
                event=_HAPPENED[row.action],
                by=names.get(row.actor_id, row.actor_kind),
                details=one,
            )
        )
    return made


def _details(payload: bytes) -> dict[str, str]:
    said = msgspec.json.decode(payload, type=dict[str, str | int | None])
    return {name: str(value) for name, value in said.items() if value is not None}


def _place(entry_id: str) -> Place:
    return Place("audit_event", "payload_sealed", entry_id)
