"""Who has a thread: the staff, the bot, or nobody until the person writes again."""

from typing import Annotated, Literal

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.api.replies import writer_of
from hub.api.shapes import ThreadState
from hub.calls.endpoints import Call, NoQuery, Wrote
from hub.calls.problems import Problem, not_found
from hub.desk.states import Act, Close, Refusal, Reopen, ToBot, apply
from hub.desk.writing import Written


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
    held = await parts.desk.custody.hold(conn, call.ids["id"])
    if held is None:
        raise not_found("thread")
    was, said = held.state, (asked.disposition or "").strip()
    ended = ("emergency_other" if was.emergency else "other") if said else ""
    # Whoever gives an emergency back to the bot says how it ended, as whoever closes it does.
    from_here = apply(was, Close(ended), parts.clock.now()) if asked.status == "bot" and was.emergency else was
    acts: dict[str, Act] = {"open": Reopen(), "bot": ToBot(), "closed": Close(ended)}
    state = from_here if isinstance(from_here, Refusal) else apply(from_here, acts[asked.status], parts.clock.now())
    if isinstance(state, Refusal):
        raise Problem(409, state.kind, state.detail, reasons=(state.detail,))
    note = await parts.desk.writing.note(conn, held, writer_of(call), text=said) if said else None
    details = {"to": state.status.value, "priority": was.priority, "attention": was.attention or None}
    noted = {"note": note.message_id} if isinstance(note, Written) else {}
    await parts.desk.custody.set(
        conn, held, state, "update", call.caller.actor, call.request_id, {**details, **noted}, always=True
    )
    shown = ThreadState(id=held.id, status=state.status, priority=state.priority, attention=state.attention or None)
    return Wrote(status=200, value=shown, after=parts.bell.ring)
