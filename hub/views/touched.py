"""Which threads a change is about: the event log names what changed, staff look at threads."""

from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.db.tables import consent_event, contact, delivery, message, thread
from hub.events import Change

__all__ = ["KINDS", "touched"]

KINDS = frozenset(("message", "delivery", "thread", "draft", "consent", "address"))
"""What a change may be of that shows in a list, or in an open thread."""


async def touched(conn: AsyncConnection, changes: Iterable[Change]) -> dict[Change, Sequence[str]]:
    """The ids of the threads that each change is about; what is about none is left out.

    A thread that was merged into another is named all the same: whoever shows it must take it away.
    """
    of: dict[str, dict[str, list[Change]]] = {}
    for change in changes:
        kind = change.type.partition(".")[0]
        if kind in KINDS and change.object_id:
            of.setdefault(kind, {}).setdefault(change.object_id, []).append(change)
    found: dict[Change, Sequence[str]] = {}
    for kind in ("thread", "draft"):
        found.update({change: (one,) for one, many in of.get(kind, {}).items() for change in many})
    for kind, table in (("message", message), ("delivery", delivery)):
        wanted = of.get(kind, {})
        await _spread(conn, found, wanted, sa.select(table.c.id, table.c.thread_id).where(table.c.id.in_(list(wanted))))
    wanted = of.get("address", {})
    at = sa.select(contact.c.address_id, thread.c.id).join(thread, thread.c.person_id == contact.c.person_id)
    await _spread(conn, found, wanted, at.where(contact.c.address_id.in_(list(wanted))))
    wanted = of.get("consent", {})
    told = sa.select(consent_event.c.id, thread.c.id)
    told = told.join(contact, contact.c.address_id == consent_event.c.address_id)
    told = told.join(thread, thread.c.person_id == contact.c.person_id)
    await _spread(conn, found, wanted, told.where(consent_event.c.id.in_(list(wanted))))
    return found


async def _spread(
    conn: AsyncConnection,
    found: dict[Change, Sequence[str]],
    wanted: dict[str, list[Change]],
    query: sa.Select[Any],
) -> None:
    if not wanted:
        return
    about: dict[str, list[str]] = {}
    for object_id, thread_id in (await conn.execute(query)).all():
        about.setdefault(object_id, []).append(thread_id)
    for object_id, threads in about.items():
        found.update(dict.fromkeys(wanted[object_id], threads))
