"""What staff write, as calls of the inbox's page: replies, notes, drafts, files, and taking a message back."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Any, Literal

import msgspec
import sqlalchemy as sa
from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.api.replies import LONGEST
from hub.calls.callers import Caller
from hub.calls.endpoints import Call, Endpoint, NoBody, NoQuery, Raw, Writing, Wrote
from hub.calls.outcomes import refused
from hub.calls.problems import Problem, not_found, unusable
from hub.db.tables import message
from hub.desk.custody import Held
from hub.desk.drafts import LONGEST as LONGEST_DRAFT
from hub.desk.enclosing import enclosed, ticket
from hub.desk.states import Refusal
from hub.desk.writing import MOST_MENTIONS, Elsewhere, Missed, NotPermitted, Writer
from hub.files import TooLong
from hub.files.receiving import MOST_FILES, TooMany, receive
from hub.parts import Parts
from hub.staff.inbox import shapes
from hub.staff.inbox.acting import problem_of
from hub.staff.inbox.lines import lines_of
from hub.types import ChannelKind

_FURTHEST = timedelta(days=366)


class KeepDraft(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """What the user began to write in this thread; without words the draft is dropped."""

    kind: Literal["reply", "note"]
    text: Annotated[str, msgspec.Meta(max_length=LONGEST_DRAFT)]
    channel: ChannelKind | None = None

    def __repr__(self) -> str:
        return "KeepDraft(…)"


class DraftKept(msgspec.Struct, kw_only=True):
    """Whether there is a draft of that kind now."""

    kind: Literal["reply", "note"]
    kept: bool


class TakenBack(msgspec.Struct, kw_only=True):
    """A message that will not leave; what it said is the user's draft again, unless they had begun another."""

    line: shapes.Line
    text: str
    channel: ChannelKind | None

    def __repr__(self) -> str:
        return "TakenBack(…)"


class Given(msgspec.Struct, kw_only=True):
    """A file that can go with a message of the same user in the same thread, under this id, for 20 hours."""

    id: str
    name: str
    size: int


class GivenFiles(msgspec.Struct, kw_only=True):
    """The files of a form, in order."""

    items: list[Given]


async def _write(conn: AsyncConnection, call: Call[NoQuery, shapes.Write]) -> Wrote:
    asked = call.body
    if asked.thread != call.ids["id"]:
        # The page shows one thread and posts to another: never to the wrong person.
        raise Problem(409, "other-thread", "This was written for another thread. Nothing was sent.")
    if not 0 < len(asked.text.strip()) <= LONGEST and not (asked.attachments and not asked.text.strip()):
        raise unusable(f"`text` must have 1 to {LONGEST} characters")
    held = await call.parts.desk.custody.hold(conn, asked.thread)
    if held is None:
        raise not_found("thread")
    return await (_note if asked.kind == "note" else _reply)(conn, call, held)


async def _reply(conn: AsyncConnection, call: Call[NoQuery, shapes.Write], held: Held) -> Wrote:
    parts, asked, now = call.parts, call.body, call.parts.clock.now()
    if asked.mentions:
        raise unusable("only a note has `mentions`")
    if asked.not_before is not None and not (asked.not_before.tzinfo and asked.not_before < now + _FURTHEST):
        raise unusable("`not_before` must be a moment with its offset, within a year")
    media = await enclosed(conn, parts.vault, asked.attachments[: MOST_FILES + 1], held.id, call.caller.id, now)
    if media is None or len(media) > MOST_FILES:
        raise unusable("one of the `attachments` is not known any more: choose the file again")
    undo = timedelta(seconds=parts.settings.undo_seconds)
    soonest = now + undo if undo else None
    came = await parts.desk.writing.reply(
        conn,
        held,
        _writer(call),
        key=f"desk:{call.caller.id}:{asked.id}",
        text=asked.text.strip(),
        channel=asked.channel,
        not_before=max(asked.not_before, soonest or now) if asked.not_before is not None else soonest,
        last_seq=None if asked.anyway else asked.last_seq,
        media=media,
    )
    match came:
        case Missed(ids):
            missed = shapes.Missed(items=await _lines(conn, call, held, ids))
            return Wrote(status=409, value=missed)
        case NotPermitted(routed, skip):
            return refused(parts, routed, skip, call.request_id)
        case Elsewhere():
            raise unusable("`id` was used for something else")
    await parts.desk.drafts.keep(conn, held, call.caller.id, "reply", "")
    (line,) = await _lines(conn, call, held, (came.message_id,))
    written = () if came.routed is None else (came.routed,)
    return Wrote(status=200, value=line, after=lambda: parts.router.announce(*written))


async def _note(conn: AsyncConnection, call: Call[NoQuery, shapes.Write], held: Held) -> Wrote:
    """A note has no way to a channel: what would send it does not know of it."""
    asked = call.body
    if asked.channel is not None or asked.not_before is not None or asked.attachments:
        raise unusable("a note goes to nobody: it has no `channel`, `not_before` or `attachments`")
    if len(asked.mentions) > MOST_MENTIONS:
        raise unusable(f"`mentions` may name {MOST_MENTIONS} at most")
    came = await call.parts.desk.writing.note(
        conn, held, _writer(call), text=asked.text.strip(), note_id=asked.id, mentions=asked.mentions
    )
    if isinstance(came, Elsewhere):
        raise unusable("`id` was used for something else")
    await call.parts.desk.drafts.keep(conn, held, call.caller.id, "note", "")
    (line,) = await _lines(conn, call, held, (came.message_id,))
    return Wrote(status=200, value=line, after=call.parts.bell.ring)


async def _undo(conn: AsyncConnection, call: Call[NoQuery, NoBody]) -> Wrote:
    came = await call.parts.desk.withdrawing.withdraw(
        conn, call.ids["id"], call.ids["message"], _writer(call), any_ones=call.caller.may("desk:write")
    )
    if came is None:
        raise not_found("message")
    if isinstance(came, Refusal):
        raise problem_of(came)
    held, gone = came
    (line,) = await _lines(conn, call, held, (gone.message_id,))
    value = TakenBack(line=line, text=gone.text, channel=gone.channel)
    return Wrote(status=200, value=value, after=call.parts.bell.ring)


async def _draft(conn: AsyncConnection, call: Call[NoQuery, KeepDraft]) -> Wrote:
    asked = call.body
    held = await call.parts.desk.custody.hold(conn, call.ids["id"])
    if held is None:
        raise not_found("thread")
    await call.parts.desk.drafts.keep(conn, held, call.caller.id, asked.kind, asked.text, asked.channel)
    return Wrote(status=200, value=DraftKept(kind=asked.kind, kept=bool(asked.text.strip())))


async def _files(request: web.Request, parts: Parts, caller: Caller | None, request_id: str) -> web.StreamResponse:
    """Put the files of a form aside, sealed. They are examined once a message names them."""
    if caller is None:
        raise RuntimeError("a file is nobody's")
    if request.content_type != "multipart/form-data":
        raise Problem(415, "form", "Send the files as multipart/form-data.")
    thread_id = request.match_info["id"]
    try:
        upload = await receive(request, parts.files.staging, _anything)
    except TooLong:
        raise Problem(413, "too-large", "These files are larger than what is taken: 25 MB together.") from None
    except TooMany:
        raise unusable(f"a message may have {MOST_FILES} files") from None
    async with parts.db.glance() as conn:
        thread = await parts.threads.get(conn, thread_id)
        now = parts.clock.now()
        where = thread_id if thread is None else thread.id
        tickets = [await ticket(conn, parts.vault, one, where, caller.id, now) for one in upload.files]
    items = [
        Given(id=given, name=media.name, size=staged.size)
        for given, media, staged in zip(tickets, upload.files, upload.staged, strict=True)
    ]
    return web.Response(body=msgspec.json.encode(GivenFiles(items=items)), content_type="application/json")


def _anything(fields: Mapping[str, str]) -> None:
    """Whoever may write in the thread may give files: that was asked before."""


def _writer(call: Call[NoQuery, Any]) -> Writer:
    who = call.caller
    return Writer(actor=who.actor, name=who.name, user_id=who.id, request_id=call.request_id)


async def _lines(
    conn: AsyncConnection, call: Call[NoQuery, Any], held: Held, ids: tuple[str, ...]
) -> list[shapes.Line]:
    """Entries of the thread, as the caller reads them."""
    rows = (await conn.execute(sa.select(message).where(message.c.id.in_(ids)).order_by(message.c.seq))).all()
    return await lines_of(conn, call.parts, held.person_id, rows, call.caller.id)


ENDPOINTS: tuple[Endpoint, ...] = (
    Writing(
        path="/threads/{id}/write",
        scope="messages:write",
        summary="Reply, or keep a note",
        description=(
            "Sent again under the same `id`, it is the same one. 409 `missed` shows what came since `last_seq`; 409 "
            "`not-permitted` says in `reasons` why consent or policy forbids it."
        ),
        body=shapes.Write,
        answers={200: shapes.Line},
        problems=(404, 409, 410, 422),
        write=_write,
    ),
    Writing(
        path="/threads/{id}/lines/{message}/undo",
        scope="messages:write",
        summary="Take a message back that has not left",
        body=NoBody,
        answers={200: TakenBack},
        problems=(404, 409, 410),
        write=_undo,
    ),
    Writing(
        path="/threads/{id}/draft",
        scope="messages:write",
        summary="Keep what you began to write",
        body=KeepDraft,
        answers={200: DraftKept},
        problems=(404, 410, 422),
        write=_draft,
    ),
    Raw(
        method="POST",
        path="/threads/{id}/files",
        scope="messages:write",
        summary="Give files for a message",
        content_type="application/json",
        answers={200: GivenFiles},
        problems=(404, 413, 415, 422),
        answer=_files,
    ),
)
