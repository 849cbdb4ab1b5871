"""Files of the person's own conversation: sent along with words, named beside them, and given back to nobody else."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from aiohttp import web

from hub.attachments import give_out, headers
from hub.audit import Entry
from hub.files import Attachment, AttachmentState
from hub.files.receiving import LARGEST, MOST_FILES, Upload, receive
from hub.portal import tokens
from hub.portal.desk import START, Desk
from hub.portal.sessions import Session

REFUSALS = ("kind", "too_long", "empty")
"""Reasons for which the person is told what to do instead; the rest is said in one sentence."""
MEGABYTES = LARGEST // (1024 * 1024)
MOST = MOST_FILES


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownFile:
    """A file beside a message. `href` is empty where it cannot be had; `told` names the words that say why, or none.

    pending: what is said of it may change by itself.
    """

    name: str = field(repr=False)
    href: str
    told: str
    pending: bool


def routes(desk: Desk) -> list[web.RouteDef]:
    """The address of a file."""
    return [web.get("/files/{id}", partial(_give, desk), allow_head=False)]


def shown(files: Sequence[Attachment]) -> tuple[ShownFile, ...]:
    """How the files of a message are shown."""
    return tuple(
        ShownFile(
            name=one.name,
            href=f"{START}/files/{one.id}" if one.given_out else "",
            told=_told(one),
            pending=one.state in (AttachmentState.FETCHING, AttachmentState.WAITING),
        )
        for one in files
    )


async def received(desk: Desk, request: web.Request, session: Session) -> Upload:
    """What someone who is signed in uploads with one of our forms.

    Raises: HTTPForbidden where it is not ours, HTTPBadRequest, TooLong, TooMany.
    """

    def ours(fields: Mapping[str, str]) -> None:
        if not tokens.same(session.csrf.encode(), fields.get("csrf", "").encode()):
            raise web.HTTPForbidden

    return await receive(request, desk.parts.files.staging, ours)


async def _give(desk: Desk, request: web.Request) -> web.StreamResponse:
    """A file of the person's own thread; whether others have one of that id is not told."""
    session = await desk.entered(request, "files")
    parts = desk.parts
    async with parts.db.read() as conn:
        found = await parts.files.shelf.get(conn, request.match_info["id"], person_id=session.person_id)
    if found is None:
        raise web.HTTPNotFound
    one, keys = found
    if not one.given_out or one.kind is None:
        raise web.HTTPNotFound
    entry = Entry(action="attachment.read", actor=session.actor, person_id=session.person_id, object_id=one.id)
    await parts.db.write(lambda conn: parts.trail.record(conn, entry))
    return await give_out(request, parts.files.shelf.content(one, keys), one.size, headers(one.kind, one.name))


def _told(one: Attachment) -> str:
    match one.state:
        case AttachmentState.SERVED | AttachmentState.WARNED:
            return ""
        case AttachmentState.FETCHING | AttachmentState.WAITING:
            return "file_checked"
        case AttachmentState.REFUSED:
            return f"file_{one.reason}" if one.reason in REFUSALS else "file_unreadable"
        case AttachmentState.QUARANTINED:
            return "file_infected"
        case AttachmentState.LOST:
            return "file_lost"
