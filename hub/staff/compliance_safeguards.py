"""How each safeguard stands, looked at now; what is attested; the yearly report; and the proof of a person's consent.

Every look and every download is in the audit. A record number is posted, never part of an address.
"""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import timedelta
from importlib.metadata import PackageNotFoundError, version

import msgspec
from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.audit import Entry
from hub.errors import InputError
from hub.evidence import Evidence, gathered, noted, pdf
from hub.safeguards import MANUAL, Attestation, Attestations, Result, assess
from hub.safeguards.listed import GROUPS
from hub.staff.compliance import drawn
from hub.staff.compliance_exports import day
from hub.staff.drawing import Moments, draw
from hub.staff.pages import Page, Visit

__all__ = ["PAGES"]

HOME = "/compliance/safeguards"
SCOPE = "audit:read"
_FIELDS = ("kind", "note", "done", "until", "mrn")


async def _show(visit: Visit) -> web.StreamResponse:
    return await _page(visit)


async def _page(visit: Visit, *, wrong: str = "") -> web.Response:
    # Only here: it goes through all pages, this one among them.
    from hub.staff.safeguards_told import counts, told

    parts, user = visit.surface.parts, visit.granted.user
    results = await _looked(visit, "safeguards.read")
    rows = told(results, user.language, parts.settings.timezone)
    attested, who = await _attested(visit)
    return drawn(
        visit,
        HOME,
        "compliance_safeguards.html",
        wrong=wrong,
        at=parts.clock.now(),
        counts=counts(results),
        groups=[(one, [row for row in rows if row.group == one]) for one in GROUPS],
        manual=MANUAL,
        attested=attested,
        who=who,
        today=f"{parts.clock.now().astimezone(parts.settings.timezone):%Y-%m-%d}",
        form={name: visit.form[name] for name in _FIELDS},
    )


async def _looked(visit: Visit, action: str, **details: str) -> list[Result]:
    """Every safeguard, after it was written down who looks."""
    from hub.staff.safeguards_told import also

    parts = visit.surface.parts
    seen = Entry(action=action, actor=visit.granted.user.actor, details=details)
    await parts.db.write(lambda conn: parts.trail.record(conn, seen))
    return await assess(parts, also())


async def _attested(visit: Visit) -> tuple[Mapping[str, Attestation], Mapping[str, str]]:
    """The newest attestation of each kind, and the names of whoever answered."""
    parts = visit.surface.parts
    async with parts.db.read() as conn:
        found = await Attestations(parts).newest(conn)
        users = await parts.users.of(conn, {one.by.id for one in found.values() if one.by.kind == "staff"})
    return found, {one.id: one.name for one in users.values()}


async def _attest(visit: Visit) -> web.StreamResponse:
    """Write down that somebody answers for a safeguard."""
    parts, form = visit.surface.parts, visit.form
    zone = parts.settings.timezone

    async def unit(conn: AsyncConnection) -> None:
        done, until = day(form["done"], zone), day(form["until"], zone)
        if done is None:
            raise InputError("time")
        # It counts to the end of the day that is named.
        ends = None if until is None else until + timedelta(days=1)
        actor = visit.granted.user.actor
        await Attestations(parts).attest(conn, form["kind"], form["note"], actor, done=done, until=ends)

    try:
        await parts.db.write(unit)
    except InputError as error:
        return await _page(visit, wrong=str(error))
    raise web.HTTPSeeOther(f"{HOME}?was=attested")


async def _report(visit: Visit) -> web.StreamResponse:
    """The yearly report as a file: a page to print, or JSON."""
    from hub.staff.safeguards_told import as_json, counts, told

    parts, user = visit.surface.parts, visit.granted.user
    kind = "json" if visit.request.query.get("format") == "json" else "html"
    results = await _looked(visit, "safeguards.report", format=kind)
    now, zone = parts.clock.now(), parts.settings.timezone
    clinic = parts.settings.clinic_name
    if kind == "json":
        text = msgspec.json.format(msgspec.json.encode(as_json(results, now, clinic, _release())), indent=2)
        return _file(text, "application/json", f"safeguards-{now.astimezone(zone):%Y-%m-%d}.json")
    rows = told(results, user.language, zone)
    attested, who = await _attested(visit)
    values: dict[str, object] = {
        "clinic": clinic,
        "release": _release(),
        "at": now,
        "by": user.name,
        "moments": Moments(zone, user.language),
        "counts": counts(results),
        "groups": [(one, [row for row in rows if row.group == one]) for one in GROUPS],
        "attested": attested,
        "who": who,
    }
    page = draw("safeguards_report.html", user.language, values)
    return _file((page.text or "").encode(), "text/html", f"safeguards-{now.astimezone(zone):%Y-%m-%d}.html")


def _release() -> str:
    try:
        return version("carehub")
    except PackageNotFoundError:
        return ""


async def _consent(visit: Visit) -> web.StreamResponse:
    """The proof of a person's consent as a document; that it is taken is written first."""
    parts = visit.surface.parts

    async def unit(conn: AsyncConnection) -> Evidence | None:
        person_id = await parts.people.by_mrn(conn, visit.form["mrn"].strip())
        if person_id is None:
            return None
        await noted(conn, parts, person_id, visit.granted.user.actor)
        return await gathered(conn, parts, person_id)

    found = await parts.db.write(unit)
    if found is None:
        return await _page(visit, wrong="mrn")
    return _file(await asyncio.to_thread(pdf, found), "application/pdf", "consent.pdf")


def _file(body: bytes, kind: str, name: str) -> web.Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return web.Response(
        body=body, content_type=kind, charset=None if kind.endswith("pdf") else "utf-8", headers=headers
    )


PAGES: Sequence[Page] = (
    Page(method="GET", path=HOME, scope=SCOPE, answer=_show),
    Page(method="POST", path=HOME, scope="safeguards:write", answer=_attest),
    Page(method="GET", path=f"{HOME}/report", scope=SCOPE, answer=_report),
    Page(method="POST", path=f"{HOME}/consent", scope=SCOPE, answer=_consent),
)
