"""A backup is taken while the hub runs: readers and writers go on, and what is committed by its start is in it."""

import asyncio
import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import sqlalchemy as sa

from hub.audit import Actor, Entry
from hub.backups.sealing import CONTENT, Manifest, make_folder, seal_from, write_manifest
from hub.db.migrate import HEAD
from hub.errors import InputError
from hub.parts import Parts
from hub.types import new_id

__all__ = ["take"]

_COUNTED = ("person", "message", "delivery", "consent_event", "audit_event", "audit_link", "file_piece")


async def take(parts: Parts, out: Path, actor: Actor, told: Callable[[int], None] = lambda octets: None) -> Manifest:
    """Write a backup of the embedded database into the new folder `out`; what its manifest says.

    While it is taken there is a copy of the database beside it, as sealed as the database itself. Raises: InputError on
    a server's database, or where there is something at `out`.
    """
    if not parts.db.embedded:
        raise InputError("this database is a server's: back it up with pg_dump, see docs/operations.md")
    backup_id = new_id()
    entry = Entry(action="backup.take", actor=actor, object_id=backup_id)
    await parts.db.write(lambda conn: parts.trail.record(conn, entry))
    make_folder(out)
    made = await asyncio.to_thread(_taken, parts, out, backup_id, told)
    write_manifest(out, made, parts.vault.keyring)
    return made


def _taken(parts: Parts, out: Path, backup_id: str, told: Callable[[int], None]) -> Manifest:
    ring, at = parts.vault.keyring, parts.clock.now()
    copy = out / "copy.db"
    os.close(os.open(copy, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    database = sa.make_url(parts.settings.database).database or ""
    try:
        with closing(sqlite3.connect(database, timeout=30.0)) as source, closing(sqlite3.connect(copy)) as target:
            # In one step, from one state: taken in several, each write by others would begin it anew.
            source.backup(target, pages=-1)
            target.execute("PRAGMA journal_mode=DELETE")
            counts = {name: int(target.execute(f"SELECT count(*) FROM {name}").fetchone()[0]) for name in _COUNTED}  # noqa: S608
        with copy.open("rb") as plain:
            size, digest, sealed = seal_from(plain, out / CONTENT, ring, backup_id, told)
    finally:
        copy.unlink(missing_ok=True)
    return Manifest(
        kind="database",
        id=backup_id,
        clinic=parts.settings.clinic_name,
        at=at,
        revision=HEAD,
        bytes=size,
        sha256=digest,
        sealed_sha256=sealed,
        keks=ring.ids,
        counts=counts,
    )
