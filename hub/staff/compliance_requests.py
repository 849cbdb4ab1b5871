"""What patients ask for by right: each with its clock, and what was disclosed of them to others."""

from datetime import datetime

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncConnection

from consent.restricting import restricted_among
from hub.audit import Entry
from hub.erasure import erase
from hub.errors import InputError
from hub.exports import Asked, Format
from hub.exports.runs import Handed, Runs
from hub.jobs import Work
from hub.people import Person
from hub.retention import Refused
from hub.rights import Disclosed, Disclosure, Disclosures, Kind, NewRequest, Request, Requests, lift, restrict, rules
from hub.staff.compliance import drawn
from hub.staff.compliance_exports import day
from hub.staff.pages import Page, Visit

__all__ = ["PAGES"]

HOME = "/compliance/requests"
SCOPE = "rights:write"
_FIELDS = ("mrn", "kind", "received", "words", "rules", "to", "where", "what", "why", "at", "reason")


async def _show(visit: Visit) -> web.StreamResponse:
    return await _page(visit)


async def _page(visit: Visit, *, wrong: str = "") -> web.Response:
    """Requests that are open, those due first at the top; and those that were answered last."""
    parts = visit.surface.parts

    async def unit(conn: AsyncConnection) -> tuple[list[Request], dict[str, Person]]:
        found = await Requests(parts).page(conn)
        persons = await parts.people.many(conn, sorted({one.person_id for one in found}))
        seen = [Entry(action="rights.read", actor=visit.granted.user.actor, person_id=one) for one in persons]
        await parts.trail.record(conn, *seen)
        return found, persons

    found, persons = await parts.db.write(unit)
    ended = sorted((one for one in found if one.ended_at), key=lambda one: str(one.ended_at), reverse=True)
    return drawn(
        visit,
        HOME,
        "compliance_requests.html",
        wrong=wrong,
        open=[one for one in found if one.state == "open"],
        ended=ended[:100],
        persons=persons,
        kinds=[one.value for one in Kind],
        laws=list(rules().values()),
        today=f"{parts.clock.now().astimezone(parts.settings.timezone):%Y-%m-%d}",
        form={name: visit.form[name] for name in _FIELDS},
    )


async def _open(visit: Visit) -> web.StreamResponse:
    """Write down a request. The clock runs from the day that it came in."""
    parts, form = visit.surface.parts, visit.form

    async def unit(conn: AsyncConnection) -> str:
        person_id = await _person(visit, conn)
        received = day(form["received"], parts.settings.timezone)
        now = parts.clock.now()
        new = NewRequest(
            person_id=person_id,
            kind=Kind(form["kind"]) if form["kind"] in set(Kind) else Kind.ACCESS,
            received_at=now if received is None else min(_noon(received), now),
            words=form["words"],
            rules=form["rules"] or None,
        )
        return await Requests(parts).open(conn, new, visit.granted.user.actor)

    try:
        made = await parts.db.write(unit)
    except InputError as error:
        return await _page(visit, wrong=str(error))
    parts.bell.ring()
    raise web.HTTPSeeOther(f"{HOME}/{made}?was=opened")


def _noon(received: datetime) -> datetime:
    """Some moment of the day that a request came in: only the day counts."""
    return received.replace(hour=12)


async def _person(visit: Visit, conn: AsyncConnection) -> str:
    found = await visit.surface.parts.people.by_mrn(conn, visit.form["mrn"].strip())
    if found is None:
        raise InputError("no patient has this record number")
    return found


async def _one(visit: Visit) -> web.StreamResponse:
    return await _request(visit)


async def _request(visit: Visit, *, wrong: str = "") -> web.Response:
    """One request, and what was disclosed of whoever made it."""
    parts = visit.surface.parts

    async def unit(conn: AsyncConnection) -> tuple[Request, Person | None, list[Disclosed], bool] | None:
        found = await Requests(parts).get(conn, visit.request.match_info["id"])
        if found is None:
            return None
        person_id = await parts.people.surviving(conn, found.person_id)
        seen = Entry(action="rights.read", actor=visit.granted.user.actor, person_id=person_id, object_id=found.id)
        await parts.trail.record(conn, seen)
        restricted = bool(await restricted_among(conn, [person_id]))
        told = await Disclosures(parts).of(conn, person_id)
        return found, await parts.people.get(conn, person_id), told, restricted

    read = await parts.db.write(unit)
    if read is None:
        raise web.HTTPSeeOther(HOME)
    found, person, told, restricted = read
    form = {name: visit.form[name] for name in _FIELDS}
    return drawn(
        visit,
        HOME,
        "compliance_request.html",
        wrong=wrong,
        one=found,
        person=person,
        restricted=restricted,
        mine=found.approved_by == visit.granted.user.actor,
        disclosed=told,
        form=form,
    )


async def _change(visit: Visit) -> web.StreamResponse:
    """Put a request off, answer it, or have what a patient gets written as an export."""
    parts, actor = visit.surface.parts, visit.granted.user.actor
    rights_id, does = visit.request.match_info["id"], visit.request.path.rpartition("/")[2]
    reason, book, work = visit.form["reason"], Requests(parts), Work(parts)

    async def unit(conn: AsyncConnection) -> None:
        match does:
            case "extend":
                await book.extend(conn, rights_id, reason, actor)
            case "deny":
                await book.end(conn, rights_id, "denied", reason, actor)
            case "approve":
                await book.approve(conn, rights_id, actor)
            case "restrict":
                await restrict(conn, parts, rights_id, actor)
            case "lift":
                asked_for = await book.get(conn, rights_id)
                if asked_for is not None:
                    await lift(conn, parts, asked_for.person_id, actor)
            case "withdraw":
                await book.end(conn, rights_id, "withdrawn", reason, actor)
            case "fulfil":
                await book.end(conn, rights_id, "fulfilled", reason, actor)
            case _:
                found = await book.get(conn, rights_id)
                if found is None:
                    raise InputError("there is no such request")
                asked = Asked(format=Format.HTML, profile="patient", person_id=found.person_id)
                run_id = await Runs(parts).ask(conn, asked, Handed(), actor)
                await work.jobs.enqueue_in(conn, "exports.write", {"export_id": run_id})
                await book.copied(conn, rights_id, run_id, actor)

    try:
        await parts.db.write(unit)
    except InputError as error:
        return await _request(visit, wrong=str(error))
    finally:
        await work.close()
    parts.bell.ring()
    raise web.HTTPSeeOther(f"{HOME}/{rights_id}?was={does}")


async def _erase(visit: Visit) -> web.StreamResponse:
    """Carry out an approved erasure, or say why it must not be."""
    parts, rights_id = visit.surface.parts, visit.request.match_info["id"]
    try:
        done = await parts.db.write(lambda conn: erase(conn, parts, rights_id, visit.granted.user.actor))
    except InputError as error:
        return await _request(visit, wrong=str(error))
    if isinstance(done, Refused):
        return await _request(visit, wrong=done.detail)
    parts.bell.ring()
    raise web.HTTPSeeOther(f"{HOME}/{rights_id}?was=erase")


async def _disclosed(visit: Visit) -> web.StreamResponse:
    """Write down that something of whoever made the request was disclosed."""
    parts, form = visit.surface.parts, visit.form

    async def unit(conn: AsyncConnection) -> None:
        found = await Requests(parts).get(conn, visit.request.match_info["id"])
        if found is None:
            raise InputError("there is no such request")
        at = day(form["at"], parts.settings.timezone)
        told = Disclosure(to=form["to"], what=form["what"], why=form["why"], where=form["where"])
        person_id = await parts.people.surviving(conn, found.person_id)
        await Disclosures(parts).record(
            conn, person_id, told, visit.granted.user.actor, at=None if at is None else min(at, parts.clock.now())
        )

    try:
        await parts.db.write(unit)
    except InputError as error:
        return await _request(visit, wrong=str(error))
    raise web.HTTPSeeOther(f"{HOME}/{visit.request.match_info['id']}?was=disclosed")


_ONE = f"{HOME}/{{id}}"
PAGES = (
    Page(method="GET", path=HOME, scope=SCOPE, answer=_show),
    Page(method="POST", path=HOME, scope=SCOPE, answer=_open),
    Page(method="GET", path=_ONE, scope=SCOPE, answer=_one),
    *(
        Page(method="POST", path=f"{_ONE}/{does}", scope=SCOPE, answer=_change)
        for does in ("extend", "deny", "withdraw", "fulfil", "export", "approve", "restrict", "lift")
    ),
    Page(method="POST", path=f"{_ONE}/erase", scope=SCOPE, answer=_erase),
    Page(method="POST", path=f"{_ONE}/disclosed", scope=SCOPE, answer=_disclosed),
)
