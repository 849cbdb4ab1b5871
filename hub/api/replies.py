"""Staff write into a thread: a message to the person, or a note among themselves."""

from typing import Annotated, Any, Literal

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.api.messages import message_with
from hub.calls.endpoints import Call, NoQuery, Wrote
from hub.calls.outcomes import refused
from hub.calls.problems import not_found, unusable
from hub.desk.writing import Elsewhere, Missed, NotPermitted, Writer, Written
from hub.types import ChannelKind

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
    parts, asked = call.parts, call.body
    held = await parts.desk.custody.hold(conn, call.ids["id"])
    if held is None:
        raise not_found("thread")
    writer = writer_of(call)
    if asked.kind == "note":
        if asked.channel is not None:
            raise unusable("a note has no `channel`: it goes to nobody")
        note = await parts.desk.writing.note(conn, held, writer, text=asked.body)
        written = await message_with(conn, parts, held.person_id, _id(note))
        return Wrote(status=201, value=written, after=parts.bell.ring)
    key = f"api/{call.request_id}"
    came = await parts.desk.writing.reply(conn, held, writer, key=key, text=asked.body, channel=asked.channel)
    if isinstance(came, NotPermitted):
        return refused(parts, came.routed, came.skip, call.request_id)
    written = await message_with(conn, parts, held.person_id, _id(came))
    routed = (came.routed,) if isinstance(came, Written) and came.routed is not None else ()
    return Wrote(status=201, value=written, after=lambda: parts.router.announce(*routed))


def writer_of(call: Call[NoQuery, Any]) -> Writer:
    """Another system, as one that writes into threads: it has none of them."""
    return Writer(actor=call.caller.actor, name=call.caller.name, user_id=None, request_id=call.request_id)


def _id(came: Written | Missed | Elsewhere) -> str:
    if not isinstance(came, Written):
        raise TypeError("what is written under a key of its own is new")
    return came.message_id
