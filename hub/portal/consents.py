"""What the person agreed to: asked in plain words, taken back as easily, and all of it on record."""

from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

import sqlalchemy as sa
from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncConnection

from consent.facts import ConsentState, Fact, Source, Standing
from consent.ledger import NewFact, Recorded
from hub.db.tables import disclosure
from hub.people import Contact
from hub.portal.agreeing import AGREEMENTS, Agreement, Shown, shown
from hub.portal.desk import START, Desk
from hub.portal.drawing import readable
from hub.portal.limits import client
from hub.portal.sessions import Session
from hub.types import AddressKind

HOME = f"{START}/agreements"
_TOLD = ("agreed", "withdrawn")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One agreement about one address, as the list shows it.

    revoked: it was taken back, or never was given and refused. stopped: only START, from the phone, undoes that.
    """

    agreement: Agreement
    shown: Shown
    address_id: str
    address: str = field(repr=False)
    holds: bool
    revoked: bool
    stopped: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """One entry of the person's history. own: False for what somebody else on a shared number decided about it."""

    at: datetime
    own: bool
    given: bool
    source: Source
    words: str = field(repr=False)
    channels: tuple[str, ...]
    purposes: tuple[str, ...]


def routes(desk: Desk) -> list[web.RouteDef]:
    """The addresses of agreements."""
    return [
        web.get("/agreements", partial(_show, desk)),
        web.get("/agreements/history", partial(_history, desk)),
        web.get("/agreements/{name}/{address}", partial(_ask, desk)),
        web.post("/agreements/{name}/{address}", partial(_decide, desk)),
    ]


async def _show(desk: Desk, request: web.Request) -> web.Response:
    """What may be agreed to, about each address, and what holds."""
    session = await desk.entered(request, "agreements")
    async with desk.parts.db.read() as conn:
        rows = await _rows(conn, desk, session)
    was = request.query.get("was", "")
    told = "sign_first" if "sign" in request.query else was if was in _TOLD else ""
    return desk.draw(session, "agreements.html", "more", rows=rows, told=told)


async def _ask(desk: Desk, request: web.Request) -> web.Response:
    """The whole text, and the button that agrees to it."""
    session = await desk.entered(request, "agreements")
    async with desk.parts.db.read() as conn:
        row = await _row(conn, desk, session, request)
    return desk.draw(session, "agreement.html", "more", row=row, wrong="")


async def _decide(desk: Desk, request: web.Request) -> web.Response:
    """Record what the person decided, with what they were shown."""
    session, form = await desk.posted(request, "agreements")
    agreed = form["decision"] == "yes"
    now = desk.parts.clock.now()

    async def unit(conn: AsyncConnection) -> Row | None:
        row = await _row(conn, desk, session, request)
        if agreed and (form["shown"] != row.shown.hash or row.stopped):
            # Another text than the one that was read, after an upgrade: it is to be read first.
            return row
        if row.agreement.risky:
            await _note_risk(conn, desk, session, row, agreed)
        elif not (row.holds if agreed else row.revoked):
            fact = NewFact(
                address_id=row.address_id,
                person_id=session.person_id,
                state=ConsentState.GRANT if agreed else ConsentState.REVOKE,
                scope=row.agreement.given if agreed else row.agreement.withdrawn,
                source=Source.PORTAL,
                at=now,
                actor=session.actor,
                written=agreed,
                evidence=(row.shown.evidence if agreed else _withdrawal(row.shown)) | _where(desk, request),
            )
            await desk.parts.ledger.record(conn, fact)
        return None

    anew = await desk.parts.db.write(unit)
    if anew is not None:
        return desk.draw(session, "agreement.html", "more", row=anew, wrong="" if anew.stopped else "text_changed")
    raise web.HTTPSeeOther(f"{HOME}?was={'agreed' if agreed else 'withdrawn'}")


async def _history(desk: Desk, request: web.Request) -> web.Response:
    """What the person agreed to and took back, when, and in which words; the newest first."""
    session = await desk.entered(request, "agreements")
    parts = desk.parts
    async with parts.db.read() as conn:
        contacts = await parts.people.contacts(conn, session.person_id)
        facts = await parts.ledger.of_person(conn, session.person_id, [one.address_id for one in contacts])
        risk = sa.select(disclosure).where(disclosure.c.person_id == session.person_id)
        accepted = (await conn.execute(risk)).all()
    past = [_past(one, session.person_id) for one in facts]
    return desk.draw(session, "history.html", "more", past=past, accepted=accepted)


async def _rows(conn: AsyncConnection, desk: Desk, session: Session) -> list[Row]:
    parts = desk.parts
    contacts = [one for one in await parts.people.contacts(conn, session.person_id) if one.state == "ok"]
    standings = await parts.ledger.standings(conn, [one.address_id for one in contacts])
    whole = (await parts.preferences.read(conn, session.person_id)).whole
    rows = []
    for agreement in AGREEMENTS.values():
        for one in contacts:
            if one.address.kind is not agreement.kind or agreement.channel not in parts.channels:
                continue
            standing = standings[one.address_id]
            taken_back = _taken_back(agreement, standing)
            others = agreement.kind is AddressKind.PHONE and any(
                fact.source is not Source.PORTAL for fact in taken_back
            )
            rows.append(
                Row(
                    agreement=agreement,
                    shown=shown(agreement.name, session.language, parts.settings.clinic_name, spoken(one)),
                    address_id=one.address_id,
                    address=spoken(one),
                    holds=agreement.channel in whole if agreement.risky else agreement.holds(standing),
                    revoked=len(taken_back) == len(agreement.purposes),
                    stopped=others,
                )
            )
    return rows


def _taken_back(agreement: Agreement, standing: Standing) -> list[Fact]:
    """The revocations that hold, one for each purpose of the agreement that has one."""
    found = [standing.of(agreement.channel, purpose) for purpose in agreement.purposes]
    return [one.decided_by for one in found if one.state is ConsentState.REVOKE and one.decided_by is not None]


async def _row(conn: AsyncConnection, desk: Desk, session: Session, request: web.Request) -> Row:
    """The row that the address names. Raises: HTTPNotFound for what is not the person's."""
    name, address_id = request.match_info["name"], request.match_info["address"]
    for row in await _rows(conn, desk, session):
        if (row.agreement.name, row.address_id) == (name, address_id):
            return row
    raise web.HTTPNotFound


async def _note_risk(conn: AsyncConnection, desk: Desk, session: Session, row: Row, agreed: bool) -> None:
    book, channel = desk.parts.preferences, row.agreement.channel
    if agreed:
        reference = row.shown.reference
        await book.want_whole(conn, session.person_id, channel, warning=reference, actor=session.actor)
    else:
        await book.want_short(conn, session.person_id, channel, actor=session.actor)


def _where(desk: Desk, request: web.Request) -> dict[str, str]:
    """From which page, browser and address of the network somebody decided, and in which zone the clinic's day is."""
    settings = desk.parts.settings
    forwarded = request.headers.getall("X-Forwarded-For", [])
    return {
        "act": "pressed the button",
        "rendering": "html",
        "url": f"{settings.base_url}{HOME}",
        "agent": request.headers.get("User-Agent", "")[:200],
        "ip": client(request.remote or "", forwarded, settings.proxies),
        "zone": settings.timezone.key,
    }


def _withdrawal(said: Shown) -> dict[str, str]:
    return {"how": "a button in the portal", "text": said.name, "language": said.language, "words": said.no}


def _past(one: Recorded, person_id: str) -> Past:
    scope = one.fact.scope
    return Past(
        at=one.fact.at,
        own=one.person_id in (None, person_id),
        given=one.fact.state is ConsentState.GRANT,
        source=one.fact.source,
        words=one.evidence.get("words", ""),
        channels=tuple(sorted(scope.channels)),
        purposes=tuple(sorted(scope.purposes)) if scope.purposes is not None else (),
    )


def spoken(one: Contact) -> str:
    """An address as people write it."""
    return readable(one.address.value) if one.address.kind is AddressKind.PHONE else one.address.value
