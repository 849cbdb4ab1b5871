"""Open slots: `provider,specialty,visit_type,location,start,minutes`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bots.scheduling.names import Kind, Names
from hub import events
from hub.audit import Actor, Entry, Trail
from hub.clock import Clock
from hub.db import Database
from hub.db.tables import slot
from hub.events import Change
from hub.imports import cells
from hub.imports.rows import Parsed, Progress, Report, load
from hub.types import new_id
from hub.vault import Vault

COLUMNS = ("provider", "specialty", "visit_type", "location", "start", "minutes")
_KINDS: tuple[Kind, ...] = ("provider", "specialty", "visit_type", "location")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Opening:
    names: Mapping[Kind, str] = field(repr=False)
    start: datetime
    minutes: int


async def import_schedule(
    path: Path, *, db: Database, vault: Vault, clock: Clock, trail: Trail, progress: Progress | None = None
) -> Report:
    """The report on a file of open slots. A slot is found again by provider, start, visit type and place.

    A known slot's specialty and length are brought up to date; whether it is free, held or booked stays as it is.
    """
    names = Names(vault)

    async def write(conn: AsyncConnection, batch: Sequence[Parsed[_Opening]]) -> Report:
        return await _write(conn, [one.value for one in batch], names, clock.now(), trail)

    return await load(path, COLUMNS, _parse, write, db=db, progress=progress)


def _parse(row: Mapping[str, str]) -> _Opening:
    return _Opening(
        names={kind: cells.text(row, kind) for kind in _KINDS},
        start=cells.moment(row, "start"),
        minutes=cells.minutes(row, "minutes"),
    )


async def _write(
    conn: AsyncConnection, openings: Sequence[_Opening], names: Names, now: datetime, trail: Trail
) -> Report:
    ids = await names.ensure(conn, (name for one in openings for name in one.names.items()))
    wanted = [
        {
            **{f"{kind}_id": ids[kind, name] for kind, name in one.names.items()},
            "start": one.start,
            "minutes": one.minutes,
        }
        for one in openings
    ]
    known = await _known(conn, wanted)
    new: dict[tuple[Any, ...], dict[str, Any]] = {}
    changed: dict[str, dict[str, Any]] = {}
    created = updated = unchanged = 0
    for row in wanted:
        found = known.get(_key(row))
        if found is None:
            known[_key(row)] = new[_key(row)] = {**row, "id": new_id(), "state": "free"}
            created += 1
        elif (found["specialty_id"], found["minutes"]) == (row["specialty_id"], row["minutes"]):
            unchanged += 1
        else:
            found.update(row)
            updated += 1
            changed[found["id"]] = {
                "slot": found["id"],
                "to_specialty": row["specialty_id"],
                "to_minutes": row["minutes"],
            }
    if new:
        await conn.execute(sa.insert(slot), list(new.values()))
    if changed:
        change = (
            sa.update(slot)
            .where(slot.c.id == sa.bindparam("slot"))
            .values(specialty_id=sa.bindparam("to_specialty"), minutes=sa.bindparam("to_minutes"))
        )
        await conn.execute(change, list(changed.values()))
    if new or changed:
        details = {"created": created, "updated": updated}
        await trail.record(conn, Entry(action="schedule.import", actor=Actor("system"), details=details))
        await events.publish(conn, now, [Change("schedule.imported", "")])
    return Report(created=created, updated=updated, unchanged=unchanged)


async def _known(conn: AsyncConnection, wanted: Sequence[Mapping[str, Any]]) -> dict[tuple[Any, ...], dict[str, Any]]:
    query = sa.select(
        slot.c.id,
        slot.c.provider_id,
        slot.c.specialty_id,
        slot.c.visit_type_id,
        slot.c.location_id,
        slot.c.start,
        slot.c.minutes,
    ).where(
        slot.c.provider_id.in_({row["provider_id"] for row in wanted}),
        slot.c.start.in_({row["start"] for row in wanted}),
    )
    rows = [dict(row) for row in (await conn.execute(query)).mappings()]
    return {_key(row): row for row in rows}


def _key(row: Mapping[str, Any]) -> tuple[Any, ...]:
    return row["provider_id"], row["start"], row["visit_type_id"], row["location_id"]
