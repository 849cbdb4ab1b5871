"""Notifications on a person's devices: turned on by a press on the device itself, turned off from any of them.

A subscription is an address of the person, sealed like any other; that it was turned on or off is a fact of the ledger,
with what was shown. What a notification shows is the channel's affair: that there is a message, and nothing else. A
subscription that its push service calls gone is retired by the outbox.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncConnection

from channels.push import PushChannel
from channels.pushing import subscription
from channels.pushing.subscription import Web
from consent.facts import ConsentState, Scope, Source
from consent.ledger import NewFact
from hub.errors import InputError
from hub.portal.agreeing import NOTICES, shown
from hub.portal.desk import START, Desk
from hub.portal.sessions import Session
from hub.signin.devices import described
from hub.types import Address, AddressKind, ChannelKind, Purpose

HOME = f"{START}/notices"
MOST = 10
"""Devices of one person."""
_TOLD = ("notices_on", "notices_off")


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """One device that shows notifications. `mark`: by which the device itself knows that it is the one."""

    address_id: str
    name: str
    since: datetime
    mark: str = field(repr=False)


def routes(desk: Desk) -> list[web.RouteDef]:
    """The addresses of notifications."""
    return [
        web.get("/notices", partial(_show, desk)),
        web.post("/notices/on", partial(_turn_on, desk)),
        web.post("/notices/off", partial(_turn_off, desk)),
    ]


def public_key(desk: Desk) -> str | None:
    """What a browser subscribes with; None where there is no Web Push."""
    channel = desk.parts.channels.get(ChannelKind.PUSH)
    return channel.public_key if isinstance(channel, PushChannel) else None


async def _show(desk: Desk, request: web.Request) -> web.Response:
    """The person's devices, and the button for this one."""
    session = await desk.entered(request, "notices")
    async with desk.parts.db.read() as conn:
        found = await _devices(conn, desk, session)
    was = request.query.get("was", "")
    return desk.draw(
        session,
        "notices.html",
        "more",
        key=public_key(desk),
        devices=found,
        room=len(found) < MOST,
        text=shown(NOTICES.name, session.language, desk.parts.settings.clinic_name),
        told=was if was in _TOLD else "",
        wrong="notices_failed" if was == "failed" else "",
    )


async def _turn_on(desk: Desk, request: web.Request) -> web.Response:
    """Keep the subscription that this browser made after the person had pressed the button."""
    session, form = await desk.posted(request, "notices")
    parts, now = desk.parts, desk.parts.clock.now()
    text = shown(NOTICES.name, session.language, parts.settings.clinic_name)
    try:
        address = Address(AddressKind.PUSH, subscription.from_browser(form["subscription"]))
    except InputError:
        raise web.HTTPSeeOther(f"{HOME}?was=failed") from None
    device = described(request.headers.get("User-Agent", ""))

    async def unit(conn: AsyncConnection) -> bool:
        if len(await _devices(conn, desk, session)) >= MOST:
            return False
        address_id = await parts.people.reach_at(conn, session.person_id, address, "portal")
        fact = NewFact(
            address_id=address_id,
            person_id=session.person_id,
            state=ConsentState.GRANT,
            scope=NOTICES.given,
            source=Source.PORTAL,
            at=now,
            actor=session.actor,
            written=True,
            evidence={**text.evidence, "device": device},
        )
        await parts.ledger.record(conn, fact)
        return True

    kept = public_key(desk) is not None and form["shown"] == text.hash and await parts.db.write(unit)
    raise web.HTTPSeeOther(f"{HOME}?was={'notices_on' if kept else 'failed'}")


async def _turn_off(desk: Desk, request: web.Request) -> web.Response:
    """No more notifications on one of the person's devices."""
    session, form = await desk.posted(request, "notices")
    parts, now = desk.parts, desk.parts.clock.now()

    async def unit(conn: AsyncConnection) -> bool:
        known = {one.address_id for one in await _devices(conn, desk, session)}
        if form["device"] not in known:
            return False
        fact = NewFact(
            address_id=form["device"],
            person_id=session.person_id,
            state=ConsentState.REVOKE,
            scope=Scope(channels=frozenset({ChannelKind.PUSH})),
            source=Source.PORTAL,
            at=now,
            actor=session.actor,
            evidence={"how": "a button in the portal", "language": session.language},
        )
        await parts.ledger.record(conn, fact)
        return True

    if not await parts.db.write(unit):
        raise web.HTTPNotFound
    raise web.HTTPSeeOther(f"{HOME}?was=notices_off")


async def _devices(conn: AsyncConnection, desk: Desk, session: Session) -> list[Device]:
    """The devices that a notice would be shown on, the one that was turned on last first."""
    parts = desk.parts
    contacts = await parts.people.contacts(conn, session.person_id)
    pushed = [one for one in contacts if one.address.kind is AddressKind.PUSH and one.state == "ok"]
    if not pushed:
        return []
    standings = await parts.ledger.standings(conn, [one.address_id for one in pushed])
    facts = await parts.ledger.of_person(conn, session.person_id, [one.address_id for one in pushed])
    evidence: dict[str, tuple[datetime, Mapping[str, str]]] = {}
    for fact in facts:
        if fact.fact.state is ConsentState.GRANT:
            evidence.setdefault(fact.address_id, (fact.fact.at, fact.evidence))
    found = []
    for one in pushed:
        if standings[one.address_id].of(ChannelKind.PUSH, Purpose.CARE).state is ConsentState.REVOKE:
            continue
        since, said = evidence.get(one.address_id, (desk.parts.clock.now(), {}))
        name, mark = said.get("device", ""), _mark(one.address.value)
        found.append(Device(address_id=one.address_id, name=name, since=since, mark=mark))
    return sorted(found, key=lambda one: one.since, reverse=True)


def _mark(value: str) -> str:
    """SHA-256 of a browser's endpoint, in hexadecimal: the browser computes it of its own. Empty for an app."""
    held = subscription.read(value)
    return hashlib.sha256(held.endpoint.encode()).hexdigest() if isinstance(held, Web) else ""
