"""Staff write into a thread: a message to the person, or a note among themselves."""

from typing import Annotated, Literal

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.api import notes
from hub.api.messages import message_with
from hub.audit import Entry
from hub.calls.endpoints import Call, NoQuery, Wrote
from hub.calls.outcomes import refused
from hub.calls.problems import not_found, unusable
from hub.events import Change, publish
from hub.threads import Thread
from hub.types import AuthorKind, ChannelKind, Intent, Purpose, Skip, ThreadStatus

LONGEST = 1600
"""Characters of a message: what one request to the carrier takes."""

Words = Annotated[str, msgspec.Meta(min_length=1, max_length=LONGEST, pattern=r"\S")]


class Reply(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """What staff write. A `note` stays in the thread and goes to nobody."""

    body: Words
    channel: ChannelKind | None = None
    kind: Literal["message", "note"] = "message"

    def __repr__(self) -> str:
        return "Reply(…)"


async def write(conn: AsyncConnection, call: Call[NoQuery, Reply]) -> Wrote:
    """Queue a reply and take the thread from the bot, both or neither; or keep a note."""
    thread = await call.parts.threads.hold(conn, call.ids["id"])
    if thread is None:
        raise not_found("thread")
    if call.body.kind == "note":
        return await _note(conn, call, thread)
    return await _reply(conn, call, thread)


async def _reply(conn: AsyncConnection, call: Call[NoQuery, Reply], thread: Thread) -> Wrote:
    parts = call.parts
    intent = Intent(
        key=f"api/{call.request_id}",
        person_id=thread.person_id,
        purpose=Purpose.CARE,
        author=AuthorKind.STAFF,
        author_name=call.caller.name,
        body=call.body.body,
        # What staff write may say anything; where the person wrote from, they are answered in so many words.
        level="full",
        followed=True,
        channel=call.body.channel,
        replies_to=thread.last_inbound_at,
    )
    routed = await parts.router.route_in(conn, intent)
    if isinstance(routed.decision, Skip):
        return refused(parts, routed, routed.decision, call.request_id)
    entry = Entry(
        action="message.write",
        actor=call.caller.actor,
        person_id=thread.person_id,
        object_id=routed.message_id or "",
        request_id=call.request_id,
    )
    await parts.trail.record(conn, entry)
    await _take(conn, call, thread)
    written = await message_with(conn, parts, thread.person_id, routed.message_id or "")
    return Wrote(status=201, value=written, after=lambda: parts.router.announce(routed))


async def _take(conn: AsyncConnection, call: Call[NoQuery, Reply], thread: Thread) -> None:
    """Give the thread to the staff: from here on the bot is silent (invariant 12)."""
    parts = call.parts
    if thread.status is ThreadStatus.OPEN:
        return
    await parts.threads.set_state(conn, thread.id, status=ThreadStatus.OPEN)
    entry = Entry(
        action="thread.take",
        actor=call.caller.actor,
        person_id=thread.person_id,
        object_id=thread.id,
        request_id=call.request_id,
        details={"from": thread.status.value},
    )
    await parts.trail.record(conn, entry)
    await publish(conn, parts.clock.now(), [Change("thread.updated", thread.id)])


async def _note(conn: AsyncConnection, call: Call[NoQuery, Reply], thread: Thread) -> Wrote:
    parts = call.parts
    if call.body.channel is not None:
        raise unusable("a note has no `channel`: it goes to nobody")
    note_id = await notes.keep(conn, call, thread, call.body.body)
    written = await message_with(conn, parts, thread.person_id, note_id)
    return Wrote(status=201, value=written, after=parts.bell.ring)
