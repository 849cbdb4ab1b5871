"""Breaking the glass, and looking at who did."""

import msgspec
import sqlalchemy as sa
from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.accounts.glass import Glass
from hub.audit import Entry
from hub.calls import Call, NoQuery, Writing, Wrote, not_found
from hub.db.tables import thread
from hub.errors import InputError
from hub.parts import Parts
from hub.staff.pages import Page, Visit
from hub.staff.settings import PLACE, tabs

__all__ = ["ENDPOINTS", "PAGES"]

HOME = "/settings/glass"
_TOLD = ("broken", "reviewed")


class Reason(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """For whom, by the clinic's record number or the thread's id, and why."""

    reason: str
    mrn: str = ""
    thread: str = ""

    def __repr__(self) -> str:
        return "Reason(…)"


class BrokenNow(msgspec.Struct, kw_only=True):
    """The person who is seen from now on, and until when."""

    person: str
    until: str


async def _break(conn: AsyncConnection, call: Call[NoQuery, Reason]) -> Wrote:
    parts, body = call.parts, call.body
    person_id = await _person(parts, conn, mrn=body.mrn, thread_id=body.thread)
    user = await parts.users.get(conn, call.caller.id)
    if person_id is None or user is None:
        raise not_found("patient")
    until = await Glass(parts.vault, parts.trail, parts.clock).smash(conn, user, person_id, body.reason)
    value = BrokenNow(person=person_id, until=until.isoformat().replace("+00:00", "Z"))
    return Wrote(status=201, value=value, after=parts.bell.ring)


async def _show(visit: Visit) -> web.StreamResponse:
    was = visit.request.query.get("was", "")
    return await _page(visit, told=was if was in _TOLD else "")


async def _break_by_form(visit: Visit) -> web.StreamResponse:
    surface, form, user = visit.surface, visit.form, visit.granted.user

    async def unit(conn: AsyncConnection) -> bool:
        person_id = await _person(surface.parts, conn, mrn=form["mrn"])
        if person_id is None:
            return False
        await surface.access.glass.smash(conn, user, person_id, form["reason"])
        return True

    try:
        found = await surface.parts.db.write(unit)
    except InputError:
        return await _page(visit, wrong="bad_reason", status=422)
    if not found:
        return await _page(visit, wrong="no_patient", status=404)
    surface.parts.bell.ring()
    raise web.HTTPSeeOther(f"{HOME}?was=broken")


async def _review(visit: Visit) -> web.StreamResponse:
    surface, user, glass_id = visit.surface, visit.granted.user, visit.request.match_info["id"]
    try:
        await surface.parts.db.write(lambda conn: surface.access.glass.review(conn, user, glass_id))
    except InputError:
        return await _page(visit, wrong="not_yours", status=422)
    raise web.HTTPSeeOther(f"{HOME}?was=reviewed")


async def _page(visit: Visit, *, told: str = "", wrong: str = "", status: int = 200) -> web.Response:
    """Those for whom the user broke the glass; for reviewers, all that anybody did. Names are shown: it is audited."""
    surface, user = visit.surface, visit.granted.user
    parts, reviews = surface.parts, visit.granted.caller.may("glass:review")

    async def unit(conn: AsyncConnection) -> dict[str, object]:
        own = await surface.access.glass.persons(conn, user.id)
        entries = await surface.access.glass.listed(conn) if reviews else []
        persons = await parts.people.many(conn, [*own, *(one.person_id for one in entries)])
        users = await parts.users.of(
            conn, {one.user_id for one in entries} | {one.reviewed_by or "" for one in entries}
        )
        names = {key: f"{one.profile.given_name} {one.profile.family_name}".strip() for key, one in persons.items()}
        seen = Entry(
            action="glass.read",
            actor=user.actor,
            persons=persons,
        )
        await parts.trail.record(conn, seen)
        return {"own": own, "entries": entries, "names": names, "who": {key: one.name for key, one in users.items()}}

    return visit.draw(
        PLACE,
        "glass.html",
        status=status,
        tabs=tabs(visit),
        tab=HOME,
        reviews=reviews,
        mrn=visit.form["mrn"] if wrong else "",
        reason=visit.form["reason"] if wrong else "",
        told=told,
        wrong=wrong,
        **await parts.db.write(unit),
    )


async def _person(parts: Parts, conn: AsyncConnection, *, mrn: str, thread_id: str = "") -> str | None:
    """The patient by their record number, or whoever a thread is with."""
    if mrn.strip():
        return await parts.people.by_mrn(conn, mrn.strip())
    moved = await parts.threads.moved(conn, thread_id) or thread_id
    found = await conn.execute(sa.select(thread.c.person_id).where(thread.c.id == moved))
    return found.scalar_one_or_none()


PAGES = (
    Page(method="GET", path=HOME, scope="glass:break", answer=_show),
    Page(method="POST", path=HOME, scope="glass:break", answer=_break_by_form),
    Page(method="POST", path="/settings/glass/{id}/review", scope="glass:review", answer=_review),
)
ENDPOINTS = (
    Writing(
        path="/glass",
        scope="glass:break",
        summary="Break the glass: see a patient beyond one's reach for an hour, and say why",
        body=Reason,
        answers={201: BrokenNow},
        problems=(404,),
        write=_break,
    ),
)
