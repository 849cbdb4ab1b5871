"""Acting for somebody else: a parent for a child, a caregiver for a patient. The session stays the proxy's own.

1. On `/portal/acting` whoever is signed in picks one of those for whom they may act now, or themselves again.
2. From then on every page is that patient's, as far as the right is for it, and says so at its top; what it is not for
   leads back here. The right is asked about at each request, in the transaction that audits it.
3. The audit names the proxy's session as who acts, and the patient as whom it concerns.

Only pages listed here are the patient's. Whatever else there is (the way of signing in, what a person chose for
themselves) stays the proxy's, so that a new page cannot by oversight change somebody else's account.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

import sqlalchemy as sa
from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncConnection

from bots.scheduling.base import Scheduling
from consent.guardians import Scope
from hub.audit import Actor, Entry
from hub.clock import Clock
from hub.db.bulk import insert_rows
from hub.db.tables import portal_acting
from hub.proxies import Proxies, Ward
from hub.reception.discreet import Discreet

if TYPE_CHECKING:
    from hub.portal.desk import Desk
    from hub.portal.sessions import Session

PAGES: Mapping[str, Scope] = {"messages": "messages", "files": "messages", "events": "messages", "visits": "visits"}
"""What a right must be for, by page."""
OWN = frozenset({"more", "language", "leave", "start", "acting"})
"""Pages that are the proxy's own, whomever they act for."""
_HERE = "/portal/acting"
_KEPT = timedelta(days=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Acting:
    """Somebody is signed in as `own_id` and acts for a patient."""

    proxy_id: str
    own_id: str
    patient_id: str
    given_name: str = field(repr=False)
    holds: frozenset[Scope]


async def acting(conn: AsyncConnection, proxies: Proxies, session_id: str, own_id: str) -> "Acting | str | None":
    """For whom the session acts; `over` where it did and may no more, None where it does not."""
    query = sa.select(portal_acting.c.proxy_id).where(portal_acting.c.session_id == session_id)
    proxy_id = (await conn.execute(query)).scalar_one_or_none()
    if proxy_id is None:
        return None
    ward = await proxies.ward(conn, proxy_id, own_id)
    if ward is None:
        return "over"
    return Acting(
        proxy_id=proxy_id,
        own_id=own_id,
        patient_id=ward.patient_id,
        given_name=ward.given_name,
        holds=await readable(conn, proxies, ward),
    )


async def readable(conn: AsyncConnection, proxies: Proxies, ward: Ward) -> frozenset[Scope]:
    """What of the right holds here. A thread in which a confidential visit may be spoken of is the patient's alone."""
    if "messages" in ward.holds and await proxies.has_confidential(conn, ward.patient_id):
        return ward.holds - {"messages"}
    return ward.holds


def detour(found: "Acting | str | None", page: str) -> str:
    """Where to go instead of `page`; empty for there. Pure."""
    if found is None or (page in OWN and page != "acting"):
        return ""
    if found == "over":
        return "" if page == "acting" else f"{_HERE}?told=over"
    if isinstance(found, Acting) and page not in OWN and PAGES.get(page) not in found.holds:
        return f"{_HERE}?told=not_for"
    return ""


def calendar(desk: "Desk", session: "Session") -> Scheduling:
    """The calendar as whoever is signed in may see it."""
    parts = desk.parts
    if session.acting is None:
        return parts.scheduling
    return Discreet(parts.scheduling, parts.db, parts.proxies, None)


def routes(desk: "Desk") -> list[web.RouteDef]:
    """The addresses of acting for others."""
    return [web.get("/acting", partial(_show, desk)), web.post("/acting", partial(_switch, desk))]


async def _show(desk: "Desk", request: web.Request) -> web.Response:
    """Those for whom the person may act, and themselves."""
    session = await desk.entered(request, "acting")
    async with desk.parts.db.read() as conn:
        own = await desk.parts.people.get(conn, session.person_id)
        wards = await desk.parts.proxies.wards(conn, session.person_id)
    told = request.query.get("told", "")
    name = own.profile.given_name if own is not None else ""
    told = f"acting_{told}" if told in ("over", "not_for") else ""
    return desk.draw(session, "acting.html", "more", wards=wards, own=name, told=told)


async def _switch(desk: "Desk", request: web.Request) -> web.Response:
    """Act for the one who was picked, if that is a right of theirs now; for themselves otherwise."""
    session, form = await desk.posted(request, "acting")
    parts, picked = desk.parts, form["proxy"]

    async def unit(conn: AsyncConnection) -> Ward | None:
        ward = await parts.proxies.ward(conn, picked, session.person_id) if picked else None
        await leave(conn, parts.clock, session.id)
        if ward is not None:
            await desk.codes.give_address(conn, ward.patient_id)
            row = {"session_id": session.id, "proxy_id": ward.proxy_id, "since": parts.clock.now()}
            await insert_rows(conn, portal_acting, [row])
        entry = Entry(
            action="proxy.act" if ward is not None else "proxy.rest",
            actor=Actor("proxy" if ward is not None else "patient", session.id),
            person_id=ward.patient_id if ward is not None else session.person_id,
            object_id=ward.proxy_id if ward is not None else session.id,
            details={"proxy": session.person_id},
        )
        await parts.trail.record(conn, entry)
        return ward

    ward = await parts.db.write(unit)
    if ward is None:
        raise web.HTTPSeeOther(f"{_HERE}?told=over" if picked else "/portal/messages")
    async with parts.db.read() as conn:
        holds = await readable(conn, parts.proxies, ward)
    raise web.HTTPSeeOther("/portal/visits" if "visits" in holds or "messages" not in holds else "/portal/messages")


async def leave(conn: AsyncConnection, clock: Clock, session_id: str) -> None:
    """Act for nobody; what sessions long gone acted for is forgotten, too."""
    old = portal_acting.c.since < clock.now() - _KEPT
    await conn.execute(sa.delete(portal_acting).where(sa.or_(portal_acting.c.session_id == session_id, old)))
