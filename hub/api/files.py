"""Files of messages, and mails kept as they came: listed, and given out as downloads."""

from collections.abc import AsyncIterator
from typing import Annotated

import msgspec
from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.api.shapes import Attachment, Cursor, KeptMail, Limit, Page
from hub.attachments import give_out, headers
from hub.audit import Entry
from hub.calls import cursors
from hub.calls.callers import Caller
from hub.calls.endpoints import Call, Read
from hub.calls.problems import Problem, not_found
from hub.files import Attachment as File
from hub.files import AttachmentState, explained
from hub.files.expecting import WHOLE_MAIL
from hub.parts import Parts
from hub.sealed import Body

ATTACHMENTS = "attachments:read"
MAILS = "mails:read"
_MAIL = "message/rfc822"
_PIECE = 64 * 1024


class MailsQuery(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """Which of the kept mails."""

    reason: (
        Annotated[
            str,
            msgspec.Meta(
                max_length=16,
                description=(
                    "Why it is kept: `unreadable`, `long` or `files` (a message shows a part of it), `automatic` (a "
                    "program's), `report` (about no mail of ours), `no_sender`."
                ),
            ),
        ]
        | None
    ) = None
    limit: Limit = 50
    cursor: Cursor | None = None


def shown(body: Body, files: list[File]) -> list[Attachment]:
    """What a message's list of attachments says: its files, and the mail as it came where that is kept."""
    found = [
        Attachment(
            id=one.id,
            name=one.name,
            content_type=one.kind.value if one.kind else None,
            size=one.size if one.content_id else None,
            state=one.state,
            reason=explained(one.state, one.reason),
            href=f"/api/v1/attachments/{one.id}" if one.given_out else None,
        )
        for one in files
    ]
    whole = [one["url"].removeprefix(WHOLE_MAIL) for one in body.media if one["url"].startswith(WHOLE_MAIL)]
    return found + [
        Attachment(
            id=mail_id,
            name="mail.eml",
            content_type=_MAIL,
            size=None,
            state=AttachmentState.SERVED,
            reason="The mail as it came: this message does not show all of it.",
            href=f"/api/v1/mails/{mail_id}",
        )
        for mail_id in whole
    ]


async def give(request: web.Request, parts: Parts, caller: Caller | None, request_id: str) -> web.StreamResponse:
    """A file of a message. Raises: Problem 404, 409 where it is not given out; KeyDestroyed."""
    async with parts.db.read() as conn:
        found = await parts.files.shelf.get(conn, request.match_info["id"])
    if found is None:
        raise not_found("attachment")
    one, keys = found
    if not one.given_out or one.kind is None:
        reason = explained(one.state, one.reason) or ""
        raise Problem(409, "not-given-out", reason, reasons=(reason,))
    await _note(parts, caller, "attachment.read", one.id, one.person_id, request_id)
    given = {**headers(one.kind, one.name), "X-Request-Id": request_id}
    return await give_out(request, parts.files.shelf.content(one, keys), one.size, given)


async def mails(conn: AsyncConnection, call: Call[MailsQuery, None]) -> Read:
    """The mails that are kept as they came, newest first."""
    asked, before = call.query, None
    if asked.cursor is not None:
        (before,) = cursors.read(asked.cursor, tuple[str])
    rows = await call.parts.files.mails.listed(conn, reason=asked.reason, before=before, limit=asked.limit + 1)
    kept = rows[: asked.limit]
    items = [
        KeptMail(
            id=one.id,
            reason=one.reason,
            size=one.size,
            received_at=one.received_at,
            href=f"/api/v1/mails/{one.id}",
        )
        for one in kept
    ]
    following = cursors.written(kept[-1].id) if len(rows) > len(kept) else None
    return Read(value=Page(items=items, next=following), action="mail.list", persons=())


async def give_mail(request: web.Request, parts: Parts, caller: Caller | None, request_id: str) -> web.StreamResponse:
    """A mail as it came. Raises: Problem 404; 409 where the scanner finds malware in it."""
    mail_id = request.match_info["id"]
    async with parts.db.read() as conn:
        raw = await parts.files.mails.open(conn, mail_id)
    if raw is None:
        raise not_found("mail")
    if await parts.files.mails.infected(raw):
        reason = "The virus scanner found malware in this mail. It is kept sealed, and given to nobody."
        raise Problem(409, "not-given-out", reason, reasons=(reason,))
    await _note(parts, caller, "mail.read", mail_id, None, request_id)
    given = {**headers(_MAIL, f"mail-{mail_id[:8]}.eml"), "X-Request-Id": request_id}
    return await give_out(request, _cut(raw), len(raw), given)


async def _note(
    parts: Parts, caller: Caller | None, action: str, object_id: str, person_id: str | None, request_id: str
) -> None:
    """The audit entry of a reading, durable before its first byte leaves."""
    if caller is None:
        raise RuntimeError("files are given to nobody without a token")
    entry = Entry(action=action, actor=caller.actor, person_id=person_id, object_id=object_id, request_id=request_id)
    await parts.db.write(lambda conn: parts.trail.record(conn, entry))


async def _cut(content: bytes) -> AsyncIterator[bytes]:
    for at in range(0, len(content), _PIECE):
        yield content[at : at + _PIECE]
