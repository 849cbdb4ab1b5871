"""The person's one thread: what was said over every channel, and what they say here."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import partial
from typing import Any, Literal

import sqlalchemy as sa
from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncConnection

from bots.urgent import Level
from channels.portal import PORTAL
from hub.choice.deciding import LATER
from hub.db.tables import delivery, message, thread
from hub.desk.custody import WITHDRAWN
from hub.files import Attachment, TooLong
from hub.files.receiving import TooMany, Upload
from hub.outbox import watch
from hub.parts import Parts
from hub.portal import warning
from hub.portal.codes import KEY
from hub.portal.desk import START, Desk
from hub.portal.files import MEGABYTES, MOST, ShownFile, TooOften, received, shown, words_alone
from hub.portal.sessions import Session
from hub.sealed import Body, open_body
from hub.types import Address, AddressKind, AuthorKind, ChannelKind, DeliveryState, Direction, Inbound

PAGE = 40
LONGEST = 2000
"""Characters of one message."""
_CHOICE = re.compile(r"^([1-9])\) (.+)$", re.MULTILINE)
_YES_NO = (("YES or NO", ("YES", "NO")), ("SI o NO", ("SÍ", "NO")))

Who = Literal["me", "bot", "staff", "clinic"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One message as the page shows it.

    name: of the staff member, where one is shown. channel: by which it went, None for this portal.
    choices: what may be pressed, each as the text to send and the words to show.
    """

    seq: int
    who: Who
    name: str = field(repr=False)
    text: str = field(repr=False)
    files: tuple[ShownFile, ...]
    at: datetime
    day: date
    channel: ChannelKind | None
    failed: bool
    choices: tuple[tuple[str, str], ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class Stretch:
    """Messages in order, oldest first; `earlier` when there are some before them; ids of those not seen here before."""

    said: tuple[Said, ...]
    earlier: bool
    unseen: tuple[str, ...] = ()


def routes(desk: Desk) -> list[web.RouteDef]:
    """The addresses of the thread."""
    return [
        web.get("/messages", partial(_show, desk)),
        web.post("/messages", partial(_say, desk)),
    ]


async def _show(desk: Desk, request: web.Request) -> web.Response:
    """The newest messages, or those before a number that an earlier page named."""
    session = await desk.entered(request, "messages")
    asked = request.query.get("before", "")
    before = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 10 else None
    return await _page(desk, session, before)


async def _page(
    desk: Desk,
    session: Session,
    before: int | None,
    *,
    wrong: str = "",
    kept: str = "",
    urgent: Level | None = None,
    warned: str = "",
) -> web.Response:
    async with desk.parts.db.read() as conn:
        stretch = await read(conn, desk.parts, session.person_id, before)
    if stretch.unseen:
        await desk.parts.db.write(lambda conn: watch.seen(conn, stretch.unseen, desk.parts.clock.now()))
    now = desk.parts.clock.now().astimezone(desk.parts.settings.timezone)
    return desk.draw(
        session,
        "messages.html",
        "messages",
        stretch=stretch,
        before=before,
        today=now.date(),
        most=LONGEST,
        most_files=MOST,
        megabytes=MEGABYTES,
        wrong=wrong,
        kept=kept,
        urgent=urgent,
        warned=warned,
    )


async def _say(desk: Desk, request: web.Request) -> web.StreamResponse:
    """Take a message as any channel takes one. The same form posted twice is one message."""
    try:
        session, upload, wrong = await _posted(desk, request)
    except web.HTTPSeeOther:
        # The session is over. What was written is shown once more to whoever wrote it, and kept nowhere.
        kept = (await words_alone(request, "text"))[: 2 * LONGEST]
        return desk.draw_outside(request, "unsent.html", kept=kept, status=403)
    if upload is None:
        return await _page(desk, session, None, wrong=wrong)
    text = upload.fields.get("text", "").replace("\r\n", "\n").strip()
    key = upload.fields.get("key", "")
    staging = desk.parts.files.staging
    if not (text or upload.files) or len(text) > LONGEST or not key:
        await staging.drop(*upload.staged)
        return await _page(desk, session, None, wrong="too_long", kept=text[: 2 * LONGEST])
    level, mark = warning.due(text), warning.mark(desk.parts.vault, session, text)
    if level is not None and upload.fields.get("warned", "") != mark:
        # No browser chooses a file again by itself: the person is told to.
        await staging.drop(*upload.staged)
        wrong = "files_again" if upload.files else ""
        return await _page(desk, session, None, wrong=wrong, kept=text, urgent=level, warned=mark)
    form = "\0".join(("portal", session.person_id, key, text, *(one.digest.hex() for one in upload.staged)))
    inbound = Inbound(
        channel=ChannelKind.PORTAL,
        # Nobody can name another's form; and the same form with other words in it is another message.
        provider_id=desk.parts.vault.blind.of("idempotency", form).hex(),
        sender=Address(AddressKind.PORTAL, session.person_id),
        recipient=PORTAL,
        text=text,
        received_at=desk.parts.clock.now(),
        media=upload.files,
    )
    accepted = await desk.parts.acceptor.accept(inbound)
    if accepted.duplicate:
        await staging.drop(*upload.staged)
    raise web.HTTPSeeOther(f"{START}/messages")


async def _posted(desk: Desk, request: web.Request) -> tuple[Session, Upload | None, str]:
    """Who posts what; without an upload, the name of the words that say what is wrong with it."""
    if request.content_type != "multipart/form-data":
        session, form = await desk.posted(request, "messages")
        fields = {name: form[name] for name in ("text", "key", "warned")}
        return session, Upload(fields=fields, files=(), staged=()), ""
    session = await desk.entered(request, "messages")
    try:
        return session, await received(desk, request, session), ""
    except TooLong:
        return session, None, "files_too_large"
    except TooMany:
        return session, None, "files_too_many"
    except TooOften:
        return session, None, "files_too_often"


async def read(conn: AsyncConnection, parts: Parts, person_id: str, before: int | None) -> Stretch:
    """The last messages of the person's thread, or the last before number `before`; never a note."""
    query = (
        sa.select(message)
        .join(thread, thread.c.id == message.c.thread_id)
        .where(
            thread.c.person_id == person_id,
            message.c.direction != Direction.NOTE,
            # Codes that opened this portal are of no more use, and nobody looking over a shoulder should learn more.
            sa.or_(message.c.intent_key.is_(None), message.c.intent_key.not_like(f"{KEY}%")),
            ~_UNSAID,
        )
        .order_by(message.c.seq.desc())
        .limit(PAGE + 1)
    )
    if before is not None:
        query = query.where(message.c.seq < before)
    rows = list((await conn.execute(query)).all())
    chosen = rows[:PAGE][::-1]
    if not chosen:
        return Stretch((), False)
    keys = await parts.vault.key(conn, person_id)
    states = await _states(conn, [row.id for row in chosen if row.direction == Direction.OUTBOUND])
    zone = parts.settings.timezone
    bodies = {row.id: open_body(keys, person_id, row.thread_id, row.id, row.body_sealed) for row in rows[:PAGE]}
    attached = await parts.files.shelf.of(conn, bodies)
    said = [
        _said(row, bodies[row.id], attached.get(row.id, ()), states.get(row.id, ""), row.at.astimezone(zone).date())
        for row in chosen
    ]
    if before is None:
        said[-1] = _with_choices(said[-1])
    return Stretch(tuple(said), len(rows) > PAGE, await watch.unseen(conn, list(states)))


_UNSAID = sa.exists().where(
    delivery.c.message_id == message.c.id,
    sa.or_(
        sa.and_(delivery.c.state == DeliveryState.HELD, delivery.c.reason == LATER),
        sa.and_(delivery.c.state == DeliveryState.SUPPRESSED, delivery.c.reason == WITHDRAWN),
    ),
)
"""What is to leave later, or was taken back before it left: the person is not to see it."""


async def _states(conn: AsyncConnection, ids: Sequence[str]) -> dict[str, str]:
    """The state of each message's newest delivery."""
    query = sa.select(delivery.c.message_id, delivery.c.state).where(delivery.c.message_id.in_(ids))
    return {row.message_id: row.state for row in await conn.execute(query.order_by(delivery.c.id))}


def _said(row: Any, body: Body, files: Sequence[Attachment], state: str, day: date) -> Said:
    mine = row.direction == Direction.INBOUND
    return Said(
        seq=row.seq,
        who="me" if mine else _author(row.author_kind),
        name=body.author,
        text=body.text,
        files=shown(files),
        at=row.at,
        day=day,
        channel=None if row.channel in (None, ChannelKind.PORTAL) else ChannelKind(row.channel),
        # What is to be read here did arrive, whatever became of the text that announced it.
        failed=row.channel != ChannelKind.PORTAL and state in (DeliveryState.FAILED, DeliveryState.SUPPRESSED),
    )


def _author(kind: str) -> Who:
    match kind:
        case AuthorKind.BOT:
            return "bot"
        case AuthorKind.STAFF:
            return "staff"
        case _:
            return "clinic"


def _with_choices(one: Said) -> Said:
    """The newest message with its choices as such, if it is one that offers some."""
    if one.who == "me":
        return one
    choices = tuple((found[1], found[2]) for found in _CHOICE.finditer(one.text))
    text = one.text
    if choices:
        text = "\n".join(line for line in one.text.split("\n") if not _CHOICE.match(line))
    else:
        choices = next((tuple((word, word) for word in answers) for asked, answers in _YES_NO if asked in one.text), ())
    return replace(one, text=text, choices=choices)
