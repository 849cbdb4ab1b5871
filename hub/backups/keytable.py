"""The wrapped data keys of a moment, apart from the database: what an older backup is opened with after disposals."""

import asyncio
import io
from pathlib import Path

import msgspec
import sqlalchemy as sa

from hub.audit import Actor, Entry
from hub.backups.sealing import CONTENT, Manifest, make_folder, open_into, read_manifest, seal_from, write_manifest
from hub.crypto import Keyring
from hub.db.migrate import HEAD
from hub.db.tables import data_key, key_canary
from hub.parts import Parts
from hub.types import new_id

__all__ = ["KeyTable", "Wrapped", "read_table", "write_table"]


class Wrapped(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """A data key as it is kept; `wrapped` is None once it was destroyed."""

    owner: str
    version: int
    kek_id: str
    wrapped: bytes | None


class KeyTable(msgspec.Struct, frozen=True, kw_only=True):
    """All data keys of a moment, and the canary."""

    canary: Wrapped
    keys: list[Wrapped]


async def write_table(parts: Parts, out: Path, actor: Actor) -> Manifest:
    """Write the data keys of now, wrapped, into the new folder `out`. Raises: InputError where there is something."""
    async with parts.db.read() as conn:
        rows = (await conn.execute(sa.select(data_key))).all()
        canary = (await conn.execute(sa.select(key_canary))).one()
    table = KeyTable(
        canary=Wrapped(owner="", version=1, kek_id=canary.kek_id, wrapped=canary.wrapped),
        keys=[Wrapped(owner=r.owner_id, version=r.version, kek_id=r.kek_id, wrapped=r.wrapped) for r in rows],
    )
    make_folder(out)
    table_id, ring = new_id(), parts.vault.keyring
    plain = io.BytesIO(msgspec.json.encode(table))
    size, digest, sealed = await asyncio.to_thread(seal_from, plain, out / CONTENT, ring, table_id, lambda octets: None)
    made = Manifest(
        kind="keys",
        id=table_id,
        clinic=parts.settings.clinic_name,
        at=parts.clock.now(),
        revision=HEAD,
        bytes=size,
        sha256=digest,
        sealed_sha256=sealed,
        keks=ring.ids,
        counts={"data_key": len(rows)},
    )
    write_manifest(out, made, ring)
    entry = Entry(action="keys.table", actor=actor, object_id=table_id, details={"data_keys": len(rows)})
    await parts.db.write(lambda conn: parts.trail.record(conn, entry))
    return made


def read_table(folder: Path, ring: Keyring, beside: Path) -> KeyTable:
    """The data keys kept in `folder`; `beside` is a name for a new file, for a moment. Blocks. Raises: InputError."""
    manifest = read_manifest(folder, ring, "keys")
    try:
        open_into(folder, manifest, beside, ring, lambda octets: None)
        return msgspec.json.decode(beside.read_bytes(), type=KeyTable)
    finally:
        beside.unlink(missing_ok=True)
