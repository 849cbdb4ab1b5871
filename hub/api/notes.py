"""Notes: what staff keep in a thread for each other. They go to nobody."""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from consent.keywords import noted
from hub.audit import Entry
from hub.calls.endpoints import Call, NoQuery
from hub.events import Change, publish
from hub.threads import NewMessage, Thread
from hub.types import AuthorKind, Direction, new_id


async def keep(conn: AsyncConnection, call: Call[NoQuery, Any], thread: Thread, text: str) -> str:
    """The id of a new note in the thread, signed by the caller, with its audit entry and its event."""
    parts = call.parts
    note = NewMessage(
        id=new_id(),
        thread_id=thread.id,
        person_id=thread.person_id,
        direction=Direction.NOTE,
        author=AuthorKind.STAFF,
        author_name=call.caller.name,
        author_id=call.caller.id,
        at=parts.clock.now(),
        text=text,
    )
    await parts.threads.append(conn, await parts.vault.key(conn, thread.person_id), [note])
    if (heard := noted(text)) is not None and not thread.attention:
        # Offered: whoever works in the thread sees that a decision may be missing in the ledger.
        await parts.threads.set_state(conn, thread.id, attention="note_says_stop")
    entry = Entry(
        action="note.create",
        actor=call.caller.actor,
        person_id=thread.person_id,
        object_id=note.id,
        request_id=call.request_id,
        details={"heard": heard} if heard else {},
    )
    await parts.trail.record(conn, entry)
    await publish(conn, parts.clock.now(), [Change("message.created", note.id)])
    return note.id
