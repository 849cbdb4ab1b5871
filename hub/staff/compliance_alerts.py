"""Unusual access: what somebody should be asked about, and what was found. Names are shown here: it is audited."""

import msgspec
from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.audit import Entry
from hub.calls import Caller, Endpoint, Raw
from hub.errors import InputError
from hub.parts import Parts
from hub.staff.compliance import drawn
from hub.staff.pages import Page, Visit
from hub.unusual import Alert, Alerts

__all__ = ["ENDPOINTS", "PAGES"]

HOME = "/compliance/alerts"
SCOPE = "alerts:review"


class Waiting(msgspec.Struct, kw_only=True):
    """How many alerts wait for the reader to look at them."""

    waiting: int


async def _show(visit: Visit) -> web.StreamResponse:
    return await _page(visit)


async def _page(visit: Visit, *, wrong: str = "") -> web.Response:
    parts = visit.surface.parts

    async def unit(conn: AsyncConnection) -> tuple[list[Alert], dict[str, str], dict[str, str]]:
        found = await Alerts(parts).listed(conn)
        ids = {one.person_id for one in found if one.person_id is not None}
        # Who was disposed of has no name any more, and what was asked about them stays.
        keys = await parts.vault.keys(conn, ids)
        persons = await parts.people.many(conn, [one for one in ids if one in keys])
        users = await parts.users.of(conn, {one.user_id for one in found} | {one.reviewed_by or "" for one in found})
        seen = Entry(action="alert.read", actor=visit.granted.user.actor, persons=persons)
        await parts.trail.record(conn, seen)
        names = {key: f"{one.profile.given_name} {one.profile.family_name}".strip() for key, one in persons.items()}
        return found, names, {one.id: one.name for one in users.values()}

    found, names, who = await parts.db.write(unit)
    return drawn(
        visit,
        HOME,
        "compliance_alerts.html",
        wrong=wrong,
        open=[one for one in found if not one.outcome],
        done=[one for one in found if one.outcome],
        names=names,
        who=who,
        form={name: visit.form[name] for name in ("id", "note")},
    )


async def _review(visit: Visit) -> web.StreamResponse:
    """Write down what somebody found of an alert."""
    parts, form, user = visit.surface.parts, visit.form, visit.granted.user
    try:
        await parts.db.write(lambda conn: Alerts(parts).review(conn, user, form["id"], form["outcome"], form["note"]))
    except InputError as error:
        return await _page(visit, wrong=str(error))
    parts.bell.ring()
    raise web.HTTPSeeOther(f"{HOME}?was=reviewed")


async def _waiting(request: web.Request, parts: Parts, caller: Caller | None, request_id: str) -> web.StreamResponse:
    """How many wait: a number alone."""
    if caller is None:
        raise RuntimeError("nobody is told of alerts")
    async with parts.db.glance() as conn:
        count = await Alerts(parts).waiting(conn, caller.id)
    return web.json_response(body=msgspec.json.encode(Waiting(waiting=count)))


ENDPOINTS: tuple[Endpoint, ...] = (
    Raw(
        path="/alerts",
        scope=SCOPE,
        summary="How many alerts wait",
        content_type="application/json",
        answers={200: Waiting},
        answer=_waiting,
    ),
)
PAGES = (
    Page(method="GET", path=HOME, scope=SCOPE, answer=_show),
    Page(method="POST", path=HOME, scope=SCOPE, answer=_review),
)
