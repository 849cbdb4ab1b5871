"""Who has a thread: the staff, the bot, or nobody until the person writes again."""

from dataclasses import replace
from typing import Annotated, Any, Literal

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.api import notes
from hub.api.shapes import ThreadState
from hub.audit import Entry
from hub.calls.endpoints import Call, NoQuery, Wrote
from hub.calls.problems import Problem, not_found
from hub.events import Change, publish
from hub.reception.plans import EMERGENCY
from hub.types import ThreadStatus

_UNSETTLED = (
    "This thread is an emergency: say in `disposition` how it ended before it is closed or given back to the bot."
)


class ThreadUpdate(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """Who is to have the thread: `open` the staff, `bot` the bot, `closed` nobody; the bot answers the next text."""

    status: Literal["bot", "open", "closed"]
    disposition: (
        Annotated[
            str,
            msgspec.Meta(max_length=500, description="How it ended, kept as a note for staff. An emergency needs one."),
        ]
        | None
    ) = None

    def __repr__(self) -> str:
        return "ThreadUpdate(…)"


async def change(conn: AsyncConnection, call: Call[NoQuery, ThreadUpdate]) -> Wrote:
    """Change who has the thread, with the note, the audit entry and the event of it: all or nothing.

    Raises: Problem 404; 409 when an emergency would leave the staff without a word of how it ended.
    """
    parts, asked = call.parts, call.body
    thread = await parts.threads.hold(conn, call.ids["id"])
    if thread is None:
        raise not_found("thread")
    status, disposition = ThreadStatus(asked.status), (asked.disposition or "").strip()
    leaves_staff = status is not ThreadStatus.OPEN
    if leaves_staff and thread.priority >= EMERGENCY and not disposition:
        raise Problem(409, "disposition-needed", _UNSETTLED, reasons=(_UNSETTLED,))
    keys = await parts.vault.key(conn, thread.person_id)
    note_id = await notes.keep(conn, call, thread, disposition) if disposition else None
    cleared: dict[str, Any] = {"priority": 0, "attention": ""} if leaves_staff else {}
    await parts.threads.set_state(conn, thread.id, status=status, **cleared)
    if leaves_staff and status is not thread.status:
        # What the bot last asked was asked before people spoke: an answer to that would be taken for another.
        await parts.threads.keep_dialogue(conn, keys, thread, None)
    entry = Entry(
        action="thread.update",
        actor=call.caller.actor,
        person_id=thread.person_id,
        object_id=thread.id,
        request_id=call.request_id,
        details={
            "from": thread.status.value,
            "to": status.value,
            "priority": thread.priority,
            "attention": thread.attention or None,
            "note": note_id,
        },
    )
    await parts.trail.record(conn, entry)
    await publish(conn, parts.clock.now(), [Change("thread.updated", thread.id)])
    now = replace(thread, status=status, **cleared)
    state = ThreadState(id=now.id, status=now.status, priority=now.priority, attention=now.attention or None)
    return Wrote(status=200, value=state, after=parts.bell.ring)
