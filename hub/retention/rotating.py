"""Rotation of the key-encryption key while the hub runs, and the destruction of older ones.

1. The new key is added to the keyring on the disk; the older ones stay.
2. The canary is wrapped by it. From that commit on every process makes new data keys by the new key alone: whoever has
   an older ring finds out by the canary, in the transaction that makes a key, and reads the ring anew.
3. Every data key is re-wrapped, some at a time, in units of work between those of others. Nothing is encrypted anew.
4. If older keys are to be destroyed: once no data key is wrapped by one, the keyring is written without them. Nothing
   that they wrapped opens any more: data keys in older copies of the database are lost, those of disposed persons
   among them. Copies open again for everybody else with the data keys of today (`hub.retention.keytable`).

Broken off at any point, everything opens, and doing it again finishes it.
"""

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.audit import Actor, Entry
from hub.crypto import KeyringStore
from hub.db.tables import data_key
from hub.errors import CryptoError
from hub.parts import Parts
from hub.vault import Vault

__all__ = ["Rotated", "rotate"]


@dataclass(frozen=True, slots=True)
class Rotated:
    """What came of it: the key that is active, how many data keys were re-wrapped, and which keys were destroyed."""

    active: str
    data_keys: int
    destroyed: tuple[str, ...]


async def rotate(parts: Parts, actor: Actor, *, destroy_older: bool = False) -> Rotated:
    """Make a new key-encryption key the active one, and destroy the older ones if that is wanted.

    Raises: CryptoError when a data key is still wrapped by an older key, and nothing is destroyed.
    """
    store = KeyringStore.of(parts.settings)
    # As it is on the disk: another process may have added a key since this one began.
    ring = (await store.load()).rotated(parts.clock.now())
    await store.save(ring)
    vault = Vault(ring)
    await parts.db.write(vault.announce)
    total = 0
    while wrapped := await parts.db.write(vault.rewrap):
        total += wrapped
    destroyed: tuple[str, ...] = ()
    if destroy_older:
        await parts.db.write(lambda conn: _unused(conn, ring.active))
        left = ring.only_active()
        destroyed = tuple(one for one in ring.ids if one != ring.active)
        await store.save(left)
        ring = left
    parts.vault.adopt(ring)
    entry = Entry(
        action="keys.rotate",
        actor=actor,
        object_id=ring.active,
        details={"data_keys": total, "destroyed": " ".join(destroyed)},
    )
    await parts.db.write(lambda conn: parts.trail.record(conn, entry))
    return Rotated(ring.active, total, destroyed)


async def _unused(conn: AsyncConnection, active: str) -> None:
    """Raises: CryptoError when something is still wrapped by another key."""
    older = sa.select(data_key.c.owner_id).where(data_key.c.kek_id != active, data_key.c.wrapped.is_not(None))
    if (await conn.execute(older.limit(1))).first() is not None:
        raise CryptoError("a data key is still wrapped by an older key: do it again; nothing was destroyed")
