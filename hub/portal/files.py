"""Files of the person's own conversation: sent along with words, named beside them, and given back to nobody else."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import NamedTuple, Self

from aiohttp import BodyPartReader, web

from hub.attachments import give_out, headers
from hub.audit import Actor, Entry
from hub.errors import InputError
from hub.files import Attachment, AttachmentState
from hub.files.receiving import LARGEST, MOST_FILES, Upload, receive
from hub.portal.desk import START, Desk
from hub.portal.sessions import Session
from hub.signin import tokens
from hub.signin.forms import Form
from hub.types import ChannelKind
from hub.vault import Vault

REFUSALS = ("kind", "too_long", "empty")
"""Reasons for which the person is told what to do instead; the rest is said in one sentence."""
MEGABYTES = LARGEST // (1024 * 1024)
MOST = MOST_FILES
MOST_A_DAY = 100
"""Files that one person may send here within a day; a form that is begun before may go over it."""
_DAY = timedelta(days=1)
GOOD_FOR = 60
"""Seconds for which a ticket holds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownFile:
    """A file beside a message. `href` is empty where it cannot be had; `told` names the words that say why, or none.

    pending: what is said of it may change by itself.
    """

    name: str = field(repr=False)
    href: str
    told: str
    pending: bool


class TooOften(InputError):
    """A person has sent as many files as are taken in a day."""

    code = "too_many_files_today"

    def __init__(self) -> None:
        super().__init__(f"a person may send {MOST_A_DAY} files a day")


class Ticket(NamedTuple):
    """Says that a person's session may have a file of theirs until then, in seconds since 1970."""

    file_id: str
    person_id: str
    session_id: str
    until: int

    def written(self, vault: Vault) -> str:
        """The ticket with its seal, fit for an address."""
        said = ".".join(map(str, self))
        return f"{said}.{tokens.blind(vault, 'portal', 'file', said).hex()}"

    @classmethod
    def read(cls, written: str, vault: Vault) -> Self | None:
        """The ticket; None for what this hub did not make."""
        said, _, seal = written.rpartition(".")
        parts = said.split(".")
        if len(parts) != 4 or not tokens.same(
            tokens.blind(vault, "portal", "file", said).hex().encode(), seal.encode()
        ):
            return None
        return cls(parts[0], parts[1], parts[2], int(parts[3]))


def routes(desk: Desk) -> list[web.RouteDef]:
    """The addresses of a file."""
    return [
        web.get("/files/{id}", partial(_give, desk), allow_head=False),
        web.get("/file/{ticket}", partial(_give_apart, desk), allow_head=False),
    ]


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

    Raises: HTTPForbidden where it is not ours, HTTPBadRequest, TooLong, TooMany, TooOften.
    """
    parts = desk.parts
    async with parts.db.read() as conn:
        since = parts.clock.now() - _DAY
        if await parts.files.shelf.brought(conn, session.person_id, ChannelKind.PORTAL, since) >= MOST_A_DAY:
            raise TooOften

    def ours(fields: Mapping[str, str]) -> None:
        if not tokens.same(session.csrf.encode(), fields.get("csrf", "").encode()):
            raise web.HTTPForbidden

    return await receive(request, parts.files.staging, ours)


async def words_alone(request: web.Request, name: str) -> str:
    """One text of a form whose files are not wanted, for the session is over; empty where there is none."""
    if request.content_type != "multipart/form-data":
        return (await Form.read(request))[name]
    if (request.content_length or LARGEST) >= LARGEST:
        return ""
    try:
        reader = await request.multipart()
        while (part := await reader.next()) is not None:
            if isinstance(part, BodyPartReader) and part.name == name and part.filename is None:
                return await part.text(encoding="utf-8")
    except (ValueError, AssertionError):
        # No form at all.
        return ""
    return ""


async def _give(desk: Desk, request: web.Request) -> web.StreamResponse:
    """A file of the person's own thread; whether others have one of that id is not told.

    Where files have a host of their own, their browser is sent there with a ticket: that host gets no cookie of ours.
    """
    session = await desk.entered(request, "files")
    file_id = request.match_info["id"]
    if desk.parts.settings.files_url:
        until = int(desk.parts.clock.now().timestamp()) + GOOD_FOR
        ticket = Ticket(file_id, session.person_id, session.id, until)
        raise web.HTTPSeeOther(f"{desk.parts.settings.files_url}{START}/file/{ticket.written(desk.parts.vault)}")
    return await _answer(desk, request, file_id, session.person_id, session.actor)


async def _give_apart(desk: Desk, request: web.Request) -> web.StreamResponse:
    """A file for who brings a ticket of a session that still holds."""
    ticket = Ticket.read(request.match_info["ticket"], desk.parts.vault)
    if ticket is None or ticket.until < desk.parts.clock.now().timestamp():
        raise web.HTTPNotFound
    async with desk.parts.db.read() as conn:
        if not await desk.sessions.good(conn, ticket.session_id):
            raise web.HTTPNotFound
    return await _answer(desk, request, ticket.file_id, ticket.person_id, Actor("patient", ticket.session_id))


async def _answer(desk: Desk, request: web.Request, file_id: str, person_id: str, actor: Actor) -> web.StreamResponse:
    parts = desk.parts
    async with parts.db.read() as conn:
        found = await parts.files.shelf.get(conn, file_id, person_id=person_id)
    if found is None:
        raise web.HTTPNotFound
    one, keys = found
    if not one.given_out or one.kind is None:
        raise web.HTTPNotFound
    entry = Entry(action="attachment.read", actor=actor, person_id=person_id, object_id=one.id)
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
