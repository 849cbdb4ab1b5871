"""Exports: asked for with filters, followed while they are written, and taken while they are kept.

The list names no patient: what an export was asked for of one person says so, and not of whom.
"""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec
from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.api.exports import give_out
from hub.calls import Caller, Endpoint, Raw
from hub.errors import InputError
from hub.exports import Asked, Format, redactions
from hub.exports.beginning import Withheld
from hub.exports.manifest import public_text
from hub.exports.runs import KEPT, Gone, Handed, Runs
from hub.jobs import Work
from hub.part2 import BASES
from hub.parts import Parts
from hub.staff.compliance import drawn
from hub.staff.pages import Page, Visit
from hub.types import ChannelKind, Purpose

__all__ = ["ENDPOINTS", "PAGES", "day"]

HOME = "/compliance/exports"
SCOPE = "exports:write"
_FIELDS = ("mrn", "format", "profile", "channel", "purpose", "since", "until", "to", "because", "basis", "encrypt_to")


class RunShown(msgspec.Struct, kw_only=True):
    """How far an export is: messages written, and how many there are to write."""

    id: str
    state: str
    done: int
    expected: int


class RunsShown(msgspec.Struct, kw_only=True):
    """The newest exports."""

    items: list[RunShown]


async def _show(visit: Visit) -> web.StreamResponse:
    return await _page(visit)


async def _page(visit: Visit, *, wrong: str = "") -> web.Response:
    parts = visit.surface.parts
    async with parts.db.read() as conn:
        runs = await Runs(parts).newest(conn)
        users = await parts.names.users(conn, [one.by.id for one in runs if one.by.kind == "staff"])
    now = parts.clock.now()
    return drawn(
        visit,
        HOME,
        "compliance_exports.html",
        wrong=wrong,
        runs=runs,
        who={one.id: one.name for one in users.values()},
        had={one.id for one in runs if one.state == "done" and one.expires_at is not None and one.expires_at > now},
        formats=[one.value for one in Format],
        profiles=list(redactions().values()),
        channels=[one.value for one in ChannelKind],
        purposes=[one.value for one in Purpose],
        kept=KEPT.days,
        bases=[one for one in BASES if one not in ("inside", "patient")],
        key=public_text(parts.vault.keyring.signing_key()),
        form={name: visit.form[name] for name in _FIELDS},
    )


async def _ask(visit: Visit) -> web.StreamResponse:
    """Queue an export; or say on the page what is wrong with what was asked for."""
    parts, user = visit.surface.parts, visit.granted.user
    work = Work(parts)

    async def unit(conn: AsyncConnection) -> None:
        asked = await _asked(visit, conn, parts)
        to, because = visit.form["to"].strip(), visit.form["because"].strip()
        if bool(to) != bool(because):
            raise InputError("disclosed")
        handed = Handed(to=to[:500], because=because[:500], encrypt_to=visit.form["encrypt_to"].strip())
        run_id = await Runs(parts).ask(conn, asked, handed, user.actor)
        await work.jobs.enqueue_in(conn, "exports.write", {"export_id": run_id})

    try:
        await parts.db.write(unit)
    except Withheld:
        return await _page(visit, wrong="part2")
    except InputError as error:
        known = ("mrn", "time", "disclosed")
        return await _page(visit, wrong=str(error) if str(error) in known else "key")
    finally:
        await work.close()
    raise web.HTTPSeeOther(f"{HOME}?was=asked")


async def _asked(visit: Visit, conn: AsyncConnection, parts: Parts) -> Asked:
    """The filters of the form. Raises: InputError, by its code."""
    form, person_id = visit.form, None
    if form["mrn"].strip():
        person_id = await parts.people.by_mrn(conn, form["mrn"].strip())
        if person_id is None:
            raise InputError("mrn")
    zone = parts.settings.timezone
    until = day(form["until"], zone)
    return Asked(
        format=Format(form["format"] if form["format"] in set(Format) else "jsonl"),
        profile=form["profile"] if form["profile"] in redactions() else "minimum",
        person_id=person_id,
        channel=ChannelKind(form["channel"]) if form["channel"] in set(ChannelKind) else None,
        purpose=Purpose(form["purpose"]) if form["purpose"] in set(Purpose) else None,
        since=day(form["since"], zone),
        # The day that is named last is in it.
        until=None if until is None else until + timedelta(days=1),
        basis=next((one for one in BASES if one == form["basis"]), "inside"),
    )


def day(text: str, zone: ZoneInfo) -> datetime | None:
    """The beginning of a day as a browser's field gives it. Raises: InputError."""
    if not text:
        return None
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=zone)
    except ValueError:
        raise InputError("time") from None


async def _download(visit: Visit) -> web.StreamResponse:
    """The files in a ZIP, or the encrypted archive; that they are taken is written first."""
    parts, run_id = visit.surface.parts, visit.request.match_info["id"]
    try:
        run, folder, archive = await Runs(parts).open(run_id, visit.granted.user.actor)
    except Gone:
        raise web.HTTPSeeOther(f"{HOME}?was=gone") from None
    return await give_out(visit.request, run, folder, archive)


async def _progress(request: web.Request, parts: Parts, caller: Caller | None, request_id: str) -> web.StreamResponse:
    """How far the newest exports are: numbers alone."""
    if caller is None:
        raise RuntimeError("nobody is told of exports")
    async with parts.db.glance() as conn:
        runs = await Runs(parts).newest(conn)
    items = [RunShown(id=one.id, state=one.state, done=one.done, expected=one.expected) for one in runs]
    return web.json_response(body=msgspec.json.encode(RunsShown(items=items)))


ENDPOINTS: tuple[Endpoint, ...] = (
    Raw(
        path="/exports",
        scope=SCOPE,
        summary="How far exports are",
        content_type="application/json",
        answers={200: RunsShown},
        answer=_progress,
    ),
)
PAGES = (
    Page(method="GET", path=HOME, scope=SCOPE, answer=_show),
    Page(method="POST", path=HOME, scope=SCOPE, answer=_ask),
    Page(method="GET", path=f"{HOME}/{{id}}/download", scope=SCOPE, answer=_download),
)
