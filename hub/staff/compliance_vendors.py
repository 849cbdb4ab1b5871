"""The register of business associates as a page: what holds for each service in use, and the entries behind it."""

from datetime import date

from aiohttp import web

from hub.errors import InputError
from hub.staff.compliance import drawn
from hub.staff.pages import Page, Visit
from hub.vendors import SERVICES, NewVendor, carries
from hub.vendors.agreements import CHANNELS

__all__ = ["PAGES"]

HOME = "/compliance/vendors"
SCOPE = "vendors:write"
_FIELDS = ("name", "agreement", "signed", "expires", "document", "subcontractors", "notes", "reason")


async def _show(visit: Visit) -> web.StreamResponse:
    return await _page(visit)


async def _page(visit: Visit, *, wrong: str = "") -> web.Response:
    """What is in use comes first, and of that what has no agreement."""
    parts = visit.surface.parts
    register, now = parts.vendors, parts.clock.now()
    async with parts.db.read() as conn:
        states = await register.states(conn, now)
        vendors = await register.vendors(conn, everything=True)
    today = register.day(now)
    services = [
        (one, register.outside[one], found, carries(found, register.enforcing)) for one, found in states.items()
    ]
    # `unrecorded` says only what the services' own list says.
    entries = [one for one in vendors if one.agreement != "unrecorded"]
    return drawn(
        visit,
        HOME,
        "compliance_vendors.html",
        wrong=wrong,
        services=sorted(services, key=lambda one: (one[3], SERVICES.index(one[0]))),
        channels=CHANNELS,
        enforcing=register.enforcing,
        entries=[(one, one.on(today)) for one in entries if one.ended_at is None],
        ended=[one for one in entries if one.ended_at is not None][:50],
        every=SERVICES,
        form={name: visit.form[name] for name in _FIELDS} | {"services": _services(visit)},
    )


def _services(visit: Visit) -> tuple[str, ...]:
    return tuple(one for one in SERVICES if visit.form[f"service_{one}"])


async def _record(visit: Visit) -> web.StreamResponse:
    parts, form = visit.surface.parts, visit.form
    try:
        new = NewVendor(
            name=form["name"],
            services=_services(visit),
            agreement="own" if form["agreement"] == "own" else "none" if form["agreement"] == "none" else "signed",
            signed_on=_day(form["signed"]),
            expires_on=_day(form["expires"]),
            document=form["document"],
            subcontractors=form["subcontractors"],
            notes=form["notes"],
        )
        await parts.db.write(lambda conn: parts.vendors.record(conn, new, visit.granted.user.actor))
    except InputError as error:
        return await _page(visit, wrong=str(error))
    raise web.HTTPSeeOther(f"{HOME}?was=recorded")


async def _end(visit: Visit) -> web.StreamResponse:
    parts, form = visit.surface.parts, visit.form
    try:
        await parts.db.write(
            lambda conn: parts.vendors.end(conn, form["name"], form["reason"], visit.granted.user.actor)
        )
    except InputError as error:
        return await _page(visit, wrong=str(error))
    raise web.HTTPSeeOther(f"{HOME}?was=ended")


def _day(written: str) -> date | None:
    try:
        return date.fromisoformat(written) if written else None
    except ValueError:
        raise InputError("a day is written as 2026-03-01") from None


PAGES = (
    Page(method="GET", path=HOME, scope=SCOPE, answer=_show),
    Page(method="POST", path=HOME, scope=SCOPE, answer=_record),
    Page(method="POST", path=f"{HOME}/end", scope=SCOPE, answer=_end),
)
