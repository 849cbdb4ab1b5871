"""Exports asked for on a page or by another system: done by a job, kept sealed for a while, then destroyed.

A run's files lie in `exports` in the data folder, sealed under a key of their own. The key lies in the database, under
the hub's. When the time is over the key is destroyed and the files deleted: then no backup opens them either.
"""

import asyncio
import json
import secrets
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.audit import Actor, Entry
from hub.crypto import DataKey
from hub.crypto import Place as Bound
from hub.db.tables import export_run
from hub.errors import HubError
from hub.exports.asking import Asked
from hub.exports.beginning import left_out
from hub.exports.exporting import Disclosing, export
from hub.exports.folder import Folder
from hub.exports.handing import pack, recipient
from hub.exports.manifest import Totals
from hub.exports.profiling import redaction
from hub.parts import Parts
from hub.types import new_id
from hub.vault import HUB

__all__ = ["KEPT", "Gone", "Handed", "Run", "Runs"]

KEPT = timedelta(days=3)
"""How long a finished export can be had."""
_GIVEN_UP = timedelta(days=7)
"""After which time one that never ended is deleted, too."""
_TOLD = 1.0
"""Seconds between two notes of how far it has come."""


class Gone(HubError):
    """The export is not to be had: it is not done yet, failed, or its time is over."""

    code = "export_gone"


class Handed(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """To whom an export goes and why, where it is disclosed; and the public key of age that opens it."""

    to: str = ""
    because: str = ""
    encrypt_to: str = ""

    def __repr__(self) -> str:
        return "Handed(…)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """An export that was asked for, and how far it is."""

    id: str
    asked: Asked
    by: Actor
    handed: Handed = field(repr=False)
    state: Literal["queued", "running", "done", "failed", "expired"]
    done: int
    expected: int
    totals: Totals | None
    error: str
    downloads: int
    created_at: datetime
    ended_at: datetime | None
    expires_at: datetime | None


class Runs:
    """The exports that run as jobs."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def ask(self, conn: AsyncConnection, asked: Asked, handed: Handed, actor: Actor, request_id: str = "") -> str:
        """The id of a new run, in the caller's transaction; the caller queues its job.

        Raises: InputError for a profile that there is not, or a key that is none; Withheld.
        """
        redaction(asked.profile)
        if handed.encrypt_to:
            recipient(handed.encrypt_to)
        if handed.to and asked.basis == "inside":
            # Whoever hands it on without saying why they may needs the patient's consent.
            asked = msgspec.structs.replace(asked, basis="consent")
        run_id, now = new_id(), self._parts.clock.now()
        await left_out(conn, asked, now.astimezone(UTC).date())
        keys = await self._parts.vault.key(conn, HUB)
        row = {
            "id": run_id,
            "asked_kind": actor.kind,
            "asked_id": actor.id,
            "asked": msgspec.json.encode(asked).decode(),
            "handed_sealed": keys.seal(HUB, msgspec.json.encode(handed), _place("handed_sealed", run_id)),
            "key_sealed": keys.seal(HUB, secrets.token_bytes(32), _place("key_sealed", run_id)),
            "state": "queued",
            "done": 0,
            "expected": 0,
            "error": "",
            "downloads": 0,
            "created_at": now,
        }
        await conn.execute(sa.insert(export_run), row)
        entry = Entry(
            action="export.ask",
            actor=actor,
            person_id=asked.person_id,
            object_id=run_id,
            request_id=request_id,
            details={"format": asked.format.value, "profile": asked.profile},
        )
        await self._parts.trail.record(conn, entry)
        return run_id

    async def get(self, conn: AsyncConnection, run_id: str) -> Run | None:
        """A run, None where there is none."""
        found = await self._read(conn, sa.select(export_run).where(export_run.c.id == run_id))
        return found[0] if found else None

    async def newest(self, conn: AsyncConnection, limit: int = 50, before: str | None = None) -> list[Run]:
        """The newest runs; before: older than the one with this id."""
        query = sa.select(export_run).order_by(export_run.c.id.desc()).limit(limit)
        return await self._read(conn, query if before is None else query.where(export_run.c.id < before))

    async def _read(self, conn: AsyncConnection, query: sa.Select[Any]) -> list[Run]:
        rows: Sequence[Any] = (await conn.execute(query)).all()
        keys = await self._parts.vault.key(conn, HUB)
        found = []
        for row in rows:
            handed = Handed()
            if row.handed_sealed is not None:
                opened = keys.open(HUB, row.handed_sealed, _place("handed_sealed", row.id))
                handed = msgspec.json.decode(opened, type=Handed)
            found.append(
                Run(
                    id=row.id,
                    asked=msgspec.json.decode(row.asked, type=Asked),
                    by=Actor(row.asked_kind, row.asked_id),
                    handed=handed,
                    state=row.state,
                    done=row.done,
                    expected=row.expected,
                    totals=None if row.totals is None else msgspec.json.decode(row.totals, type=Totals),
                    error=row.error,
                    downloads=row.downloads,
                    created_at=row.created_at,
                    ended_at=row.ended_at,
                    expires_at=row.expires_at,
                )
            )
        return found

    # The job

    async def write(self, run_id: str, disclosing: Disclosing | None = None) -> dict[str, int]:
        """Write the export of a run, or go on with it; what came of it. It may be called again after any end."""
        async with self._parts.db.read() as conn:
            run = await self.get(conn, run_id)
        if run is None or run.state in ("done", "expired"):
            return {}
        await self._set(run_id, state="running", error="")
        try:
            totals = await self._written(run, disclosing)
        except HubError as error:
            await self._set(run_id, state="failed", error=error.code, ended_at=self._parts.clock.now())
            raise
        now = self._parts.clock.now()
        await self._set(
            run_id,
            state="done",
            done=totals.messages,
            expected=totals.messages,
            totals=msgspec.json.encode(totals).decode(),
            ended_at=now,
            expires_at=now + KEPT,
        )
        return {"messages": totals.messages, "files": totals.files}

    async def _written(self, run: Run, disclosing: Disclosing | None) -> Totals:
        folder = await self._folder(run.id)
        came = [0, 0]

        def told(done: int, expected: int) -> None:
            came[:] = done, expected

        async def tell() -> None:
            last = (-1, -1)
            while True:
                await asyncio.sleep(_TOLD)
                if (now := (came[0], came[1])) != last:
                    last = now
                    await self._set(run.id, done=now[0], expected=now[1])

        telling = asyncio.create_task(tell(), name="export-telling")
        try:
            done = folder.noted("manifest.json")
            if done is not None:
                # It was written, and its end was not noted.
                totals = msgspec.convert(json.loads(done)["totals"], Totals)
            else:
                manifest = await export(
                    self._parts, run.asked, folder, run.by, export_id=run.id, told=told, disclosing=disclosing
                )
                totals = manifest.totals
            if run.handed.encrypt_to:
                await asyncio.to_thread(pack, folder, self._archive(run.id), recipient(run.handed.encrypt_to))
        finally:
            telling.cancel()
            await asyncio.gather(telling, return_exceptions=True)
        return totals

    async def _set(self, run_id: str, **values: Any) -> None:
        await self._parts.db.write(
            lambda conn: conn.execute(sa.update(export_run).where(export_run.c.id == run_id).values(**values))
        )

    # Handing out, and the end

    async def open(self, run_id: str, actor: Actor, request_id: str = "") -> tuple[Run, Folder, Path | None]:
        """A finished run to be handed out: its folder, and the encrypted archive where one was asked for.

        That it is taken is written first. Raises: Gone.
        """
        now = self._parts.clock.now()

        async def unit(conn: AsyncConnection) -> Run:
            run = await self.get(conn, run_id)
            if run is None or run.state != "done" or run.expires_at is None or run.expires_at <= now:
                raise Gone("this export is not to be had: it is not done, or its time is over")
            taken = sa.update(export_run).where(export_run.c.id == run_id)
            await conn.execute(taken.values(downloads=export_run.c.downloads + 1))
            entry = Entry(
                action="export.download",
                actor=actor,
                person_id=run.asked.person_id,
                object_id=run_id,
                request_id=request_id,
                details={"messages": run.done},
            )
            await self._parts.trail.record(conn, entry)
            return run

        run = await self._parts.db.write(unit)
        archive = self._archive(run_id)
        return run, await self._folder(run_id), archive if run.handed.encrypt_to else None

    async def expire(self) -> int:
        """Destroy the keys and delete the files of exports whose time is over; returns how many there were."""
        now = self._parts.clock.now()
        over = sa.select(export_run.c.id).where(
            sa.or_(
                sa.and_(export_run.c.state == "done", export_run.c.expires_at <= now),
                sa.and_(
                    export_run.c.state.in_(("queued", "running", "failed")), export_run.c.created_at < now - _GIVEN_UP
                ),
            )
        )

        async def unit(conn: AsyncConnection) -> list[str]:
            ids = list((await conn.execute(over.order_by(export_run.c.id).limit(100).with_for_update())).scalars())
            if ids:
                gone = sa.update(export_run).where(export_run.c.id.in_(ids))
                await conn.execute(gone.values(state="expired", key_sealed=None, handed_sealed=None))
                entries = [
                    Entry(action="export.expire", actor=Actor("system", "exports"), object_id=one) for one in ids
                ]
                await self._parts.trail.record(conn, *entries)
            return ids

        ids = await self._parts.db.write(unit)
        for one in ids:
            await asyncio.to_thread(shutil.rmtree, self._path(one), ignore_errors=True)
            self._archive(one).unlink(missing_ok=True)
        return len(ids)

    async def _folder(self, run_id: str) -> Folder:
        """Where the run's files are. Raises: Gone when its key was destroyed."""
        async with self._parts.db.read() as conn:
            query = sa.select(export_run.c.key_sealed).where(export_run.c.id == run_id)
            sealed = (await conn.execute(query)).scalar_one_or_none()
            if sealed is None:
                raise Gone("this export is not to be had any more: its time is over")
            keys = await self._parts.vault.key(conn, HUB)
        key = DataKey(keys.open(HUB, sealed, _place("key_sealed", run_id)), 1)
        return Folder(self._path(run_id), key)

    def _path(self, run_id: str) -> Path:
        return self._parts.settings.data / "exports" / run_id

    def _archive(self, run_id: str) -> Path:
        return self._parts.settings.data / "exports" / f"{run_id}.tar.age"


def _place(name: str, run_id: str) -> Bound:
    return Bound("export_run", name, run_id)
