"""Retention as a page: the policy and what it would dispose of now, legal holds, and certificates of what was."""

import asyncio
import base64
from dataclasses import dataclass

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.audit import Entry
from hub.errors import InputError, SettingsError
from hub.people import Person
from hub.retention import Hold, Issued, Policy, hold, issued_before, placed, policy_for, proved, release, run, waiting
from hub.staff.compliance import drawn
from hub.staff.pages import Page, Visit

__all__ = ["PAGES"]

HOME = "/compliance/disposals"
SCOPE = "retention:write"
_FIELDS = ("mrn", "reason")
_PAGE = 50
_PATIENCE = 30.0
"""Seconds that one waits for counts before the page; a larger clinic counts on the command line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What was just asked for: counts of a dry run, or what checking the certificates came to."""

    counts: dict[str, int] | None = None
    checked: int | None = None
    fault: str | None = None
    copies: int = 0


async def _show(visit: Visit) -> web.StreamResponse:
    return await _page(visit)


async def _page(visit: Visit, *, wrong: str = "", shown: Shown | None = None) -> web.Response:
    parts = visit.surface.parts
    asked = visit.request.query.get("before", "")
    before = int(asked) if asked.isdecimal() and len(asked) < 16 else None

    async def unit(conn: AsyncConnection) -> tuple[list[Hold], dict[str, Person], list[Issued]]:
        holds = await placed(conn, parts)
        found = await issued_before(conn, parts, before, _PAGE + 1)
        persons = await parts.people.many(conn, sorted({one.person_id for one in holds}))
        actor = visit.granted.user.actor
        seen = [Entry(action="hold.read", actor=actor, person_id=one) for one in persons]
        await parts.trail.record(conn, *seen, Entry(action="disposal.read", actor=actor))
        return holds, persons, found

    holds, persons, found = await parts.db.write(unit)
    policy, why_not = _policy(visit)
    return drawn(
        visit,
        HOME,
        "compliance_disposals.html",
        wrong=wrong,
        shown=shown or Shown(),
        holds=holds,
        persons=persons,
        policy=policy,
        why_not=why_not,
        by_itself=bool(parts.settings.retention_policy),
        certificates=found[:_PAGE],
        older=found[_PAGE - 1].certificate.seq if len(found) > _PAGE else None,
        form={name: visit.form[name] for name in _FIELDS},
    )


def _policy(visit: Visit) -> tuple[Policy | None, str]:
    settings = visit.surface.parts.settings
    try:
        return policy_for(settings.retention_policy, settings.region, settings.state), ""
    except SettingsError as error:
        return None, error.problems[0]


async def _count(visit: Visit) -> web.StreamResponse:
    """Count what is past its time now; nothing is changed. One counts at a time."""
    parts = visit.surface.parts
    policy, why_not = _policy(visit)
    if policy is None:
        return await _page(visit, wrong=why_not)
    try:
        async with visit.surface.looking, asyncio.timeout(_PATIENCE):
            counts = await run(parts, policy, visit.granted.user.actor, dry_run=True)
    except TimeoutError:
        return await _page(visit, wrong="this takes longer than a page may: run `hub retention run --dry-run`")
    return await _page(visit, shown=Shown(counts=counts))


async def _hold(visit: Visit) -> web.StreamResponse:
    parts, form = visit.surface.parts, visit.form

    async def unit(conn: AsyncConnection) -> None:
        person_id = await parts.people.by_mrn(conn, form["mrn"].strip())
        if person_id is None:
            raise InputError("no patient has this record number")
        await hold(conn, parts, person_id, form["reason"], visit.granted.user.actor)

    try:
        await parts.db.write(unit)
    except InputError as error:
        return await _page(visit, wrong=str(error))
    raise web.HTTPSeeOther(f"{HOME}?was=held")


async def _release(visit: Visit) -> web.StreamResponse:
    parts, hold_id, reason = visit.surface.parts, visit.request.match_info["id"], visit.form["reason"]

    async def unit(conn: AsyncConnection) -> None:
        if not reason.strip():
            raise InputError("say why the hold is lifted")
        await release(conn, parts, hold_id, visit.granted.user.actor, reason=reason)

    try:
        await parts.db.write(unit)
    except InputError as error:
        return await _page(visit, wrong=str(error))
    raise web.HTTPSeeOther(f"{HOME}?was=released")


async def _verify(visit: Visit) -> web.StreamResponse:
    """Check every certificate, and that the keys of its time are destroyed."""
    parts = visit.surface.parts
    async with parts.db.read() as conn:
        checked, fault = await proved(conn, parts)
        copies = await waiting(conn)
    return await _page(visit, shown=Shown(checked=checked, fault=fault, copies=copies))


async def _take(visit: Visit) -> web.StreamResponse:
    """A certificate octet by octet as it was signed, or its signature."""
    parts, number = visit.surface.parts, visit.request.match_info["id"]
    sought = int(number) if number.isdecimal() and len(number) < 16 else 0

    async def unit(conn: AsyncConnection) -> Issued | None:
        found = await issued_before(conn, parts, sought + 1, 1)
        if not found or found[0].certificate.seq != sought:
            return None
        entry = Entry(
            action="disposal.download",
            actor=visit.granted.user.actor,
            person_id=found[0].certificate.person_id,
            object_id=str(sought),
        )
        await parts.trail.record(conn, entry)
        return found[0]

    found = await parts.db.write(unit)
    if found is None:
        raise web.HTTPNotFound
    signature = visit.request.path.endswith("/signature")
    name = f"disposal-{sought}.{'sig' if signature else 'json'}"
    return web.Response(
        body=base64.b64decode(found.signature) if signature else found.text,
        content_type="application/octet-stream" if signature else "application/json",
        headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"},
    )


PAGES = (
    Page(method="GET", path=HOME, scope=SCOPE, answer=_show),
    Page(method="POST", path=f"{HOME}/count", scope=SCOPE, answer=_count),
    Page(method="POST", path=f"{HOME}/verify", scope=SCOPE, answer=_verify),
    Page(method="POST", path=f"{HOME}/holds", scope=SCOPE, answer=_hold),
    Page(method="POST", path=f"{HOME}/holds/{{id}}/release", scope=SCOPE, answer=_release),
    Page(method="GET", path=f"{HOME}/{{id}}/certificate", scope=SCOPE, answer=_take),
    Page(method="GET", path=f"{HOME}/{{id}}/signature", scope=SCOPE, answer=_take),
)
