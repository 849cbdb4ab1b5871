"""How the person would like to hear of what: for each purpose, which channels, and which of them first."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import time
from functools import partial

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncConnection

from consent import rules as rulebook
from consent.facts import ConsentState, Source
from consent.ledger import NewFact
from hub.choice.ranking import ORDER, REACHES
from hub.people.preferences import Preference, Preferences
from hub.portal.agreeing import AGREEMENTS, OFFERS, Agreement, shown
from hub.portal.desk import START, Desk, Form
from hub.portal.sessions import Session
from hub.types import ChannelKind, Purpose

HOME = f"{START}/preferences"
PURPOSES = (Purpose.CARE, Purpose.APPOINTMENT, Purpose.BILLING, Purpose.SURVEY, Purpose.MARKETING)
"""What a person chooses for; what is about safety they do not."""
HOURS = tuple(str(hour) for hour in range(7, 22))
"""The hours of the day that somebody can choose from."""
_OFFERS = {one.channel: one for one in AGREEMENTS.values() if one.purposes == OFFERS}


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One channel for one purpose, as the page shows it.

    on: wanted. fixed: there is no switch. state: what the ledger says, None for a channel that asks for no consent, and
    `unknown` where nothing was ever said.
    """

    channel: ChannelKind
    on: bool
    fixed: bool
    state: str | None


def routes(desk: Desk) -> list[web.RouteDef]:
    """The addresses of preferences."""
    return [
        web.get("/preferences", partial(_show, desk)),
        web.get("/preferences/{purpose}", partial(_ask, desk)),
        web.post("/preferences/{purpose}", partial(_change, desk)),
    ]


def ordered(preferences: Preferences, purpose: Purpose, there: Collection[ChannelKind]) -> list[ChannelKind]:
    """The channels that are there, in the order they are tried for `purpose`. Pure."""
    named = preferences.of(purpose).order
    return [one for one in dict.fromkeys((*named, *ORDER)) if one in there]


def moved_up(order: Sequence[ChannelKind], channel: str) -> list[ChannelKind]:
    """The order with `channel` one place further up; the same for one that is first, or not in it. Pure."""
    found = list(order)
    place = next((n for n, one in enumerate(found) if one == channel), 0)
    if place:
        found[place - 1], found[place] = found[place], found[place - 1]
    return found


def merged(
    kept: Preference, order: Sequence[ChannelKind], there: Collection[ChannelKind], off: Collection[ChannelKind]
) -> Preference:
    """What the person now wants, where channels that are not there keep their place and their switch. Pure."""
    away = [one for one in kept.order if one not in there]
    return replace(kept, order=(*order, *away), off=frozenset(off) | {one for one in kept.off if one not in there})


def timed(kept: Preference, fewer: str, start: str, end: str) -> Preference:
    """What the person now wants of number and hours. Pure.

    fewer: not empty, or as many as there are. start, end: whole hours; what is no span is any time.
    """
    per_week = min(kept.per_week or rulebook.load().fewer, rulebook.load().fewer) if fewer else None
    if start not in HOURS or end not in HOURS or int(start) >= int(end):
        return replace(kept, per_week=per_week, between=None)
    return replace(kept, per_week=per_week, between=(time(int(start)), time(int(end))))


async def _show(desk: Desk, request: web.Request) -> web.Response:
    """Each purpose, and how the person hears of it."""
    session = await desk.entered(request, "preferences")
    async with desk.parts.db.read() as conn:
        found = {purpose: await _choices(conn, desk, session, purpose) for purpose in PURPOSES}
    return desk.draw(session, "preferences.html", "more", purposes=found)


async def _ask(desk: Desk, request: web.Request) -> web.Response:
    """One purpose, to be changed."""
    session = await desk.entered(request, "preferences")
    purpose = _purpose(request)
    async with desk.parts.db.read() as conn:
        choices = await _choices(conn, desk, session, purpose)
        kept = (await desk.parts.preferences.read(conn, session.person_id)).of(purpose)
    told = "saved" if "saved" in request.query else ""
    start, end = (str(one.hour) for one in kept.between) if kept.between else ("", "")
    return desk.draw(
        session,
        "preference.html",
        "more",
        purpose=purpose,
        choices=choices,
        told=told,
        fewer=kept.per_week is not None,
        most=rulebook.load().fewer,
        hours=HOURS,
        start=start,
        end=end,
    )


async def _change(desk: Desk, request: web.Request) -> web.Response:
    """Keep what was chosen; an offer that is turned off is taken back in the ledger, too."""
    session, form = await desk.posted(request, "preferences")
    purpose = _purpose(request)
    book = desk.parts.preferences

    async def unit(conn: AsyncConnection) -> bool:
        before = await _choices(conn, desk, session, purpose)
        there = [one.channel for one in before]
        preferences = await book.read(conn, session.person_id)
        kept = preferences.by_purpose.get(purpose, Preference())
        shown_order = moved_up(_order(form, there), form["up"])
        off = {one.channel for one in before if not one.fixed and not form[f"use_{one.channel.value}"]}
        wanted = timed(merged(kept, shown_order, there, off), form["fewer"], form["start"], form["end"])
        if wanted != kept:
            await book.change(
                conn,
                session.person_id,
                purpose,
                order=wanted.order,
                off=wanted.off,
                between=wanted.between,
                per_week=wanted.per_week,
                language=wanted.language,
                actor=session.actor,
            )
        if purpose not in OFFERS:
            return False
        gone = {one.channel for one in before if one.on} & off
        await _take_back(conn, desk, session, [_OFFERS[one] for one in gone])
        return any(not one.on and one.channel not in off for one in before)

    unsigned = await desk.parts.db.write(unit)
    if unsigned:
        raise web.HTTPSeeOther(f"{START}/agreements?sign=1")
    raise web.HTTPSeeOther(f"{HOME}/{purpose.value}?saved=1")


async def _choices(conn: AsyncConnection, desk: Desk, session: Session, purpose: Purpose) -> list[Choice]:
    parts = desk.parts
    contacts = [one for one in await parts.people.contacts(conn, session.person_id) if one.state == "ok"]
    standings = await parts.ledger.standings(conn, [one.address_id for one in contacts])
    preferences = await parts.preferences.read(conn, session.person_id)
    kinds = {one.address.kind for one in contacts}
    there = {one for one in parts.channels if REACHES[one] in kinds and (purpose not in OFFERS or one in _OFFERS)}
    off = preferences.of(purpose).off
    found = []
    for channel in ordered(preferences, purpose, there):
        holdings = [
            standings[one.address_id].of(channel, purpose) for one in contacts if one.address.kind is REACHES[channel]
        ]
        given = [one for one in holdings if one.state is ConsentState.GRANT and (one.written or purpose not in OFFERS)]
        state: str | None = None
        if channel not in (ChannelKind.PORTAL, ChannelKind.PUSH):
            refused = any(one.state is ConsentState.REVOKE for one in holdings)
            state = "given" if given else "revoked" if refused else "unknown"
        # An offer is on only where it was signed for; what else is on waits for a yes, if it needs one.
        on = channel not in off and (purpose not in OFFERS or bool(given))
        found.append(Choice(channel=channel, on=on, fixed=channel is ChannelKind.PORTAL, state=state))
    return found


async def _take_back(conn: AsyncConnection, desk: Desk, session: Session, agreements: Sequence[Agreement]) -> None:
    parts = desk.parts
    contacts = await parts.people.contacts(conn, session.person_id)
    clinic, now = parts.settings.clinic_name, parts.clock.now()
    facts = [
        NewFact(
            address_id=one.address_id,
            person_id=session.person_id,
            state=ConsentState.REVOKE,
            scope=agreement.withdrawn,
            source=Source.PORTAL,
            at=now,
            actor=session.actor,
            evidence={
                "how": "a switch in the portal",
                "text": agreement.name,
                "language": session.language,
                "words": shown(agreement.name, session.language, clinic).no,
            },
        )
        for agreement in agreements
        for one in contacts
        if one.address.kind is agreement.kind
    ]
    await parts.ledger.record(conn, *facts)


def _order(form: Form, there: Sequence[ChannelKind]) -> list[ChannelKind]:
    """The order that the page showed, as far as it is one of what is there."""
    said = form["order"].split()
    return list(there) if sorted(said) != sorted(there) else [ChannelKind(one) for one in said]


def _purpose(request: web.Request) -> Purpose:
    """The purpose that the address names. Raises: HTTPNotFound for one that nobody chooses for."""
    found = next((one for one in PURPOSES if one.value == request.match_info["purpose"]), None)
    if found is None:
        raise web.HTTPNotFound
    return found
