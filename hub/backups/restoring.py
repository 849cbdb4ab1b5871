"""A backup is brought back onto a fresh folder, and checked: signature, octets, database, keys, audit chain."""

import asyncio
import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.audit import Actor, Entry, Trail, verify
from hub.backups.keytable import KeyTable, read_table
from hub.backups.sealing import Manifest, open_into, read_manifest
from hub.clock import Clock
from hub.crypto import Keyring
from hub.db import Database, migrate
from hub.db.tables import data_key, key_canary
from hub.errors import InputError, KeyringWrong
from hub.retention.destroying import destroy_rows
from hub.search import search_index
from hub.vault import AUDIT, HUB, Vault

__all__ = ["Restored", "restore"]


class Restored(msgspec.Struct, frozen=True, kw_only=True):
    """What was brought back. disposed: who was disposed of again, since a table of newer keys says so.

    links: of the audit chain, which is intact. keys: data keys that open.
    """

    manifest: Manifest
    keys: int
    disposed: int
    links: int


async def restore(
    backup: Path,
    data: Path,
    ring: Keyring,
    clock: Clock,
    *,
    table: Path | None = None,
    told: Callable[[int], None] = lambda octets: None,
) -> Restored:
    """Bring a backup back into `data`, which must hold no database, with this keyring; what was found good.

    table: a newer table of keys, for a backup from before older keys were destroyed. Nothing is left in `data` when it
    fails. Raises: InputError, SealBroken, KeyringWrong, AuditBroken.
    """
    manifest = read_manifest(backup, ring, "database")
    file = _fresh(data)
    draft = data / f".restoring.{os.getpid()}.db"
    try:
        await asyncio.to_thread(open_into, backup, manifest, draft, ring, told)
        await asyncio.to_thread(_whole, draft)
        keys = None
        if table is not None:
            keys = await asyncio.to_thread(read_table, table, ring, draft.with_suffix(".keys"))
        found = await _checked(draft, ring, clock, manifest, keys)
        draft.replace(file)
    finally:
        for left in (draft, *(draft.with_name(draft.name + end) for end in ("-wal", "-shm", "-journal"))):
            left.unlink(missing_ok=True)
    return found


def _fresh(data: Path) -> Path:
    file = data / "hub.db"
    if file.exists():
        raise InputError(f"there is a database in {data}: restore onto a new folder, or move it away first")
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    return file


def _whole(file: Path) -> None:
    with closing(sqlite3.connect(file)) as conn:
        if conn.execute("PRAGMA integrity_check").fetchone() != ("ok",):
            raise InputError("the database in the backup is damaged")


async def _checked(file: Path, ring: Keyring, clock: Clock, manifest: Manifest, table: KeyTable | None) -> Restored:
    url = f"sqlite+aiosqlite:///{file}"
    await migrate.upgrade_async(url)
    db, vault = await Database.open(url), Vault(ring)
    try:
        gone: list[str] = []
        if table is not None:
            gone = await db.write(lambda conn: _newer(conn, table))
        async with db.read() as conn:
            try:
                await vault.check(conn)
            except KeyringWrong:
                raise KeyringWrong(
                    "the keys of this backup were destroyed since: give the newest table of keys by --keys "
                    "(`hub keys table`), or restore a newer backup"
                ) from None
        for owner in gone:
            await db.write(lambda conn, owner=owner: _again(conn, vault, owner, clock))  # type: ignore[misc]
        async with db.read() as conn:
            owners = (
                await conn.execute(sa.select(data_key.c.owner_id).where(data_key.c.wrapped.is_not(None)))
            ).scalars()
            opened = 0
            wanted = sorted(set(owners))
            for start in range(0, len(wanted), 500):
                page = await vault.keys(conn, wanted[start : start + 500], keep=False)
                opened += sum(one in page for one in wanted[start : start + 500])
            if HUB not in wanted or AUDIT not in wanted:
                raise KeyringWrong("the backup lacks the hub's own key: it cannot be used")
            walked = await verify(conn, ring.signing_key().public_key())
        entry = Entry(
            action="backup.restore",
            actor=Actor("system", "cli"),
            object_id=manifest.id,
            details={"data_keys": opened, "disposed": len(gone)},
        )
        await db.write(lambda conn: Trail(vault, clock).record(conn, entry))
        return Restored(manifest=manifest, keys=opened, disposed=len(gone), links=walked.links)
    finally:
        await db.close()


async def _newer(conn: AsyncConnection, table: KeyTable) -> list[str]:
    """Take each data key as the newer table has it; those of persons that are there no more, or were destroyed."""
    values = {"kek_id": table.canary.kek_id, "wrapped": table.canary.wrapped}
    await conn.execute(sa.update(key_canary).values(**values))
    known = {(one.owner, one.version): one for one in table.keys}
    gone = set()
    for row in (await conn.execute(sa.select(data_key).where(data_key.c.wrapped.is_not(None)))).all():
        newer = known.get((row.owner_id, row.version))
        wrapped = newer.wrapped if newer is not None else None
        if newer is None or wrapped is None:
            gone.add(row.owner_id)
        mine = sa.and_(data_key.c.owner_id == row.owner_id, data_key.c.version == row.version)
        kek_id = newer.kek_id if newer is not None else row.kek_id
        await conn.execute(sa.update(data_key).where(mine).values(kek_id=kek_id, wrapped=wrapped))
    return sorted(gone)


async def _again(conn: AsyncConnection, vault: Vault, owner: str, clock: Clock) -> None:
    now = clock.now()
    await destroy_rows(conn, vault, search_index(vault), owner, (), now)
    await vault.destroy(conn, [owner], now)
    await conn.execute(sa.update(data_key).where(data_key.c.owner_id == owner).values(destroyed_at=now))
