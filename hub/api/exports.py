"""Exports of conversations: asked for, looked at, and taken."""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal

import msgspec
import sqlalchemy as sa
from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.api.shapes import Cursor, Limit, Mrn, Page
from hub.calls import Caller, cursors
from hub.calls.endpoints import Call, NoQuery, Read, Wrote
from hub.calls.problems import Problem, not_found, unusable
from hub.db.tables import thread
from hub.errors import HubError, InputError
from hub.exports import Asked, Folder, Format
from hub.exports.handing import zipped
from hub.exports.runs import Gone, Handed, Run, Runs
from hub.jobs import REGISTRY
from hub.jobs.store import add
from hub.log import say
from hub.part2 import Basis
from hub.parts import Parts
from hub.types import ChannelKind, Purpose

_log = logging.getLogger(__name__)
_SEND = 30.0
"""Seconds in which a client must take a piece."""
_PIECE = 256 * 1024


class ExportsQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which page of the exports."""

    limit: Limit = 50
    cursor: Cursor | None = None


class NewExport(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """What to export. Filters combine. `to` and `because`: to whom it is disclosed, and why.

    `basis`: on what records under 42 CFR Part 2 go out; with `to`, `inside` means by consent on file.
    """

    format: Format = Format.JSONL
    profile: Annotated[str, msgspec.Meta(max_length=32)] = "minimum"
    mrn: Mrn | None = None
    thread: Annotated[str, msgspec.Meta(max_length=36)] | None = None
    channel: ChannelKind | None = None
    purpose: Purpose | None = None
    since: datetime | None = None
    until: datetime | None = None
    to: Annotated[str, msgspec.Meta(max_length=500)] = ""
    because: Annotated[str, msgspec.Meta(max_length=500)] = ""
    encrypt_to: Annotated[str, msgspec.Meta(max_length=200)] = ""
    basis: Basis = "inside"

    def __repr__(self) -> str:
        return "NewExport(…)"


class ExportShown(msgspec.Struct, kw_only=True):
    """An export. `done` of `expected` messages are written; it can be had until `expires_at`."""

    id: str
    state: Literal["queued", "running", "done", "failed", "expired"]
    format: Format
    profile: str
    done: int
    expected: int
    created_at: datetime
    ended_at: datetime | None
    expires_at: datetime | None


async def exports(conn: AsyncConnection, call: Call[ExportsQuery, None]) -> Read:
    """The exports, newest first."""
    before = None if call.query.cursor is None else cursors.read(call.query.cursor, tuple[str])[0]
    found = await Runs(call.parts).newest(conn, call.query.limit + 1, before)
    shown = found[: call.query.limit]
    following = cursors.written(shown[-1].id) if len(found) > len(shown) else None
    return Read(value=Page(items=[_shown(one) for one in shown], next=following), action="export.list", persons=())


async def one_export(conn: AsyncConnection, call: Call[NoQuery, None]) -> Read:
    """One export."""
    found = await Runs(call.parts).get(conn, call.ids["id"])
    if found is None:
        raise not_found("export")
    return Read(value=_shown(found), action="export.list", persons=(), object_id=found.id)


async def ask(conn: AsyncConnection, call: Call[NoQuery, NewExport]) -> Wrote:
    """Ask for an export: a job writes it."""
    body, parts, person_id = call.body, call.parts, None
    if body.mrn is not None:
        person_id = await parts.people.by_mrn(conn, body.mrn)
        if person_id is None:
            raise not_found("patient")
    if bool(body.to) != bool(body.because):
        raise unusable("Say both: to whom it is disclosed, and why.")
    if body.thread is not None:
        known = sa.select(thread.c.id).where(thread.c.id == body.thread)
        if (await conn.execute(known)).first() is None:
            raise not_found("thread")
    asked = Asked(
        format=body.format,
        profile=body.profile,
        person_id=person_id,
        thread_id=body.thread,
        channel=body.channel,
        purpose=body.purpose,
        since=body.since,
        until=body.until,
        basis=body.basis,
    )
    handed = Handed(to=body.to, because=body.because, encrypt_to=body.encrypt_to)
    runs = Runs(parts)
    try:
        run_id = await runs.ask(conn, asked, handed, call.caller.actor, call.request_id)
    except InputError as error:
        raise unusable(str(error)) from None
    now, kind = parts.clock.now(), REGISTRY.named("exports.write")
    await add(conn, kind, kind.checked({"export_id": run_id}), now, now)
    made = await runs.get(conn, run_id)
    if made is None:
        raise not_found("export")
    return Wrote(status=202, value=_shown(made))


async def download(request: web.Request, parts: Parts, caller: Caller | None, request_id: str) -> web.StreamResponse:
    """The files in a ZIP, or the encrypted archive; that they are taken is written first. Raises: Problem 404, 410."""
    if caller is None:
        raise RuntimeError("nobody takes an export")
    runs = Runs(parts)
    async with parts.db.glance() as conn:
        if await runs.get(conn, request.match_info["id"]) is None:
            raise not_found("export")
    try:
        run, folder, archive = await runs.open(request.match_info["id"], caller.actor, request_id)
    except Gone as error:
        raise Problem(410, "gone", str(error)) from None
    return await give_out(request, run, folder, archive)


async def give_out(request: web.Request, run: Run, folder: Folder, archive: Path | None) -> web.StreamResponse:
    """Answer with the export, as it comes. A fault breaks off: nobody shall take a part for the whole."""
    name = f"export-{run.id}"
    kind = ("application/zip", "zip") if archive is None else ("application/octet-stream", "tar.age")
    headers = {
        "Content-Type": kind[0],
        "Content-Disposition": f'attachment; filename="{name}.{kind[1]}"',
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "sandbox; default-src 'none'",
    }
    response = web.StreamResponse(headers=headers)
    pieces = zipped(folder, name) if archive is None else _pieces(archive)
    try:
        await response.prepare(request)
        async for piece in _aside(pieces):
            async with asyncio.timeout(_SEND):
                await response.write(piece)
        await response.write_eof()
    except (ConnectionError, TimeoutError, HubError) as error:
        say(_log, "export_broke_off", logging.WARNING, export=run.id, error=error)
        if request.transport is not None:
            request.transport.abort()
    return response


def _pieces(archive: Path) -> Iterator[bytes]:
    with archive.open("rb") as file:
        while piece := file.read(_PIECE):
            yield piece


async def _aside(pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
    """What comes of an iterator that blocks, each piece made in a thread."""
    while (piece := await asyncio.to_thread(next, pieces, None)) is not None:
        if piece:
            yield piece


def _shown(one: Run) -> ExportShown:
    return ExportShown(
        id=one.id,
        state=one.state,
        format=one.asked.format,
        profile=one.asked.profile,
        done=one.done,
        expected=one.expected,
        created_at=one.created_at,
        ended_at=one.ended_at,
        expires_at=one.expires_at,
    )
