"""Data keys in use: who wants to seal or open something of a person asks here for that person's key.

A `Keys` handed out keeps working whatever the cache does meanwhile, so that a unit of work never loses a key
halfway. The cache is bounded in size and time; shredding a person takes their key out of it.
"""

import secrets
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.crypto import BlindIndex, DataKey, Keyring, Place
from hub.crypto.segments import FileOpening, FileSealing
from hub.db.bulk import insert_rows
from hub.db.lookup import Lookup
from hub.db.tables import data_key, key_canary
from hub.errors import CryptoError, KeyDestroyed, KeyringMissing, KeyringWrong

HUB = "00000000-0000-7000-8000-000000000001"
"""Owner of the key that seals what belongs to the clinic: names of clinicians, visit types, places."""
AUDIT = "00000000-0000-7000-8000-000000000002"
"""Owner of the key that seals audit payloads; disposing of a person leaves it be."""

_CANARY = b"carehub canary"
_STRAGGLERS = 600.0
"""Seconds for which a process remembers the ring it had before it read the present one."""


class Keys:
    """The data keys of some owners, ready to seal and open."""

    __slots__ = ("_keys",)

    def __init__(self, keys: Mapping[str, DataKey]) -> None:
        self._keys = keys

    def seal(self, owner: str, text: bytes, place: Place) -> bytes:
        """`text` sealed under `owner`'s key for `place`."""
        return self._key(owner).seal(text, place)

    def open(self, owner: str, sealed: bytes, place: Place) -> bytes:
        """What was sealed. Raises: SealBroken, KeyDestroyed."""
        return self._key(owner).open(sealed, place)

    def rows(self, owner: str, place: Place) -> Callable[[str, bytes], bytes]:
        """What opens the values of many rows at `place`, by the row. Raises: KeyDestroyed; it raises SealBroken."""
        return self._key(owner).rows(place)

    def seal_file(self, owner: str, place: Place) -> FileSealing:
        """What seals a file under `owner`'s key for `place`, in pieces as it comes. Raises: KeyDestroyed."""
        return FileSealing(self._key(owner), place)

    def open_file(self, owner: str, place: Place) -> FileOpening:
        """What opens a file that was sealed by `seal_file`, in pieces as it comes. Raises: KeyDestroyed."""
        return FileOpening(self._key(owner), place)

    def __or__(self, other: "Keys") -> "Keys":
        return Keys({**self._keys, **other._keys})

    def __contains__(self, owner: object) -> bool:
        return owner in self._keys

    def _key(self, owner: str) -> DataKey:
        try:
            return self._keys[owner]
        except KeyError:
            raise KeyDestroyed("the key of this person was destroyed") from None


class Vault:
    """The way to data keys: wrapped in the database, unwrapped by the keyring, cached for a while.

    reload: reads the keyring anew, once a key is met that it has not, or that new keys are to be made by.
    """

    def __init__(
        self,
        keyring: Keyring,
        *,
        size: int = 20_000,
        seconds: float = 300.0,
        reload: Callable[[], Awaitable[Keyring]] | None = None,
    ) -> None:
        self.keyring = keyring
        self._reload = reload
        self._former: tuple[float, Keyring] | None = None
        self.blind = BlindIndex(keyring.index_root)
        self._size = size
        self._seconds = seconds
        self._cache: OrderedDict[str, tuple[float, DataKey]] = OrderedDict()

    async def check(self, conn: AsyncConnection) -> None:
        """Refuse a keyring that is not this database's.

        Raises: KeyringWrong, KeyringMissing when keys exist and no canary was ever written.
        """
        row = (await conn.execute(sa.select(key_canary).where(key_canary.c.id == 1))).first()
        if row is None:
            if await self.has_keys(conn):
                raise KeyringMissing("the database holds keys but no canary: restore it from a whole backup")
            return
        opened = await self._unwrap(row.kek_id, row.wrapped, b"canary")
        if opened != _CANARY or row.blind != self.blind.of("mrn", "canary"):
            raise KeyringWrong("the keyring is not the one this database was sealed with")

    @staticmethod
    async def has_keys(conn: AsyncConnection) -> bool:
        """Whether the database holds any data key: then a new keyring would lock everything out."""
        return (await conn.execute(sa.select(data_key.c.owner_id).limit(1))).first() is not None

    async def found(self, conn: AsyncConnection, now: datetime) -> None:
        """Write what a new database needs: the canary, and the hub's and the audit's keys. Changes nothing later."""
        if (await conn.execute(sa.select(key_canary.c.id))).first() is not None:
            return
        kek_id, wrapped = self.keyring.wrap(_CANARY, b"canary")
        values = {"id": 1, "kek_id": kek_id, "wrapped": wrapped, "blind": self.blind.of("mrn", "canary")}
        await conn.execute(sa.insert(key_canary), values)
        await self.create(conn, (HUB, AUDIT), now)

    async def create(self, conn: AsyncConnection, owners: Iterable[str], now: datetime) -> Keys:
        """A new data key for each of `owners`, stored wrapped in the caller's transaction."""
        await self._catch_up(conn)
        rows: list[dict[str, Any]] = []
        made: dict[str, DataKey] = {}
        for owner in owners:
            raw = secrets.token_bytes(32)
            kek_id, wrapped = self.keyring.wrap(raw, _context(owner, 1))
            rows.append({"owner_id": owner, "version": 1, "kek_id": kek_id, "wrapped": wrapped, "created_at": now})
            made[owner] = DataKey(raw, 1)
        await insert_rows(conn, data_key, rows)
        # Not cached: the caller's transaction may yet be undone, and with it the key.
        return Keys(made)

    async def keys(self, conn: AsyncConnection, owners: Iterable[str], *, keep: bool = True) -> Keys:
        """The data keys of `owners`; one whose key was destroyed is left out.

        keep: whether those that were not in use so far stay at hand; not for who goes through everybody, once.
        """
        wanted = set(owners)
        found: dict[str, DataKey] = {}
        now = time.monotonic()
        for owner in wanted:
            entry = self._cache.get(owner)
            if entry is not None and entry[0] > now:
                self._cache.move_to_end(owner)
                found[owner] = entry[1]
        missing = wanted - found.keys()
        if missing:
            # The newest version of each owner's key. Owners are few here: a batch, a page.
            for owner, version, kek_id, wrapped in await _WRAPPED(conn, missing):
                found[owner] = DataKey(await self._unwrap(kek_id, wrapped, _context(owner, version)), version)
            for owner in missing & found.keys() if keep else ():
                self._remember(owner, found[owner], now)
        return Keys(found)

    async def key(self, conn: AsyncConnection, owner: str) -> Keys:
        """The data key of one owner. Raises: KeyDestroyed."""
        keys = await self.keys(conn, (owner,))
        if owner not in keys:
            raise KeyDestroyed("the key of this person was destroyed")
        return keys

    async def destroy(self, conn: AsyncConnection, owners: Iterable[str], now: datetime) -> int:
        """Destroy the data keys of `owners` in the caller's transaction; returns how many there were.

        The rows stay, as proof that there was a key. Older copies of the database still hold the keys wrapped: they
        are of no use once the key-encryption keys of that time are destroyed, too (`Keyring.only_active`).
        """
        wanted = list(owners)
        there = sa.and_(data_key.c.owner_id.in_(wanted), data_key.c.wrapped.is_not(None))
        gone = await conn.execute(sa.update(data_key).where(there).values(wrapped=None, destroyed_at=now))
        for owner in wanted:
            self.forget(owner)
        return gone.rowcount

    async def announce(self, conn: AsyncConnection) -> None:
        """Wrap the canary by the active key: from the commit on, every process makes new keys by it alone."""
        await self._rewrap_canary(conn)

    def forget(self, owner: str) -> None:
        """Take an owner's key out of the cache."""
        self._cache.pop(owner, None)

    async def rewrap(self, conn: AsyncConnection, limit: int = 500) -> int:
        """Wrap up to `limit` data keys, and the canary, by the active key; returns how many were. Opens no data."""
        active = self.keyring.active
        query = sa.select(data_key).where(data_key.c.kek_id != active, data_key.c.wrapped.is_not(None)).limit(limit)
        rows = (await conn.execute(query)).all()
        for row in rows:
            context = _context(row.owner_id, row.version)
            kek_id, wrapped = self.keyring.wrap(self.keyring.unwrap(row.kek_id, row.wrapped, context), context)
            # Compare and swap: a key destroyed or re-wrapped meanwhile stays as it is.
            await conn.execute(
                sa.update(data_key)
                .where(
                    data_key.c.owner_id == row.owner_id,
                    data_key.c.version == row.version,
                    data_key.c.kek_id == row.kek_id,
                    data_key.c.wrapped.is_not(None),
                )
                .values(kek_id=kek_id, wrapped=wrapped)
            )
        await self._rewrap_canary(conn)
        return len(rows)

    async def _rewrap_canary(self, conn: AsyncConnection) -> None:
        # Locked: whoever is making a key by an older one has committed it when this is had, and it is re-wrapped.
        canary = (await conn.execute(sa.select(key_canary).with_for_update())).first()
        if canary is None:
            raise CryptoError("the database has no canary: run `hub migrate` first")
        if canary.kek_id != self.keyring.active:
            kek_id, wrapped = self.keyring.wrap(
                self.keyring.unwrap(canary.kek_id, canary.wrapped, b"canary"), b"canary"
            )
            await conn.execute(sa.update(key_canary).values(kek_id=kek_id, wrapped=wrapped))

    async def _catch_up(self, conn: AsyncConnection) -> None:
        """Know the key that new keys are wrapped by now: an older one may be about to be destroyed."""
        if self._reload is None:
            return
        query = sa.select(key_canary.c.kek_id).where(key_canary.c.id == 1).with_for_update(read=True)
        named = await conn.scalar(query)
        if named is not None and named != self.keyring.active:
            self.adopt(await self._reload())

    def adopt(self, keyring: Keyring) -> None:
        """Use this ring from now on; the one before is remembered for a while, for who reads an older state."""
        self._former, self.keyring = (time.monotonic() + _STRAGGLERS, self.keyring), keyring

    async def _unwrap(self, kek_id: str, wrapped: bytes, context: bytes) -> bytes:
        """A data key. A wrapping key that is not known yet may be one that was added since: `hub keys rotate`."""
        if kek_id in self.keyring.ids:
            return self.keyring.unwrap(kek_id, wrapped, context)
        # Who reads a state from before a rotation may need a key that the ring has lost since.
        if self._former is not None and self._former[0] > time.monotonic() and kek_id in self._former[1].ids:
            return self._former[1].unwrap(kek_id, wrapped, context)
        if self._reload is not None:
            self.adopt(await self._reload())
        return self.keyring.unwrap(kek_id, wrapped, context)

    def _remember(self, owner: str, key: DataKey, now: float) -> None:
        self._cache[owner] = (now + self._seconds, key)
        self._cache.move_to_end(owner)
        while len(self._cache) > self._size:
            self._cache.popitem(last=False)


_WRAPPED = Lookup(
    data_key.c.owner_id,
    lambda among: (
        sa.select(data_key.c.owner_id, data_key.c.version, data_key.c.kek_id, data_key.c.wrapped)
        .where(among, data_key.c.wrapped.is_not(None))
        .order_by(data_key.c.version)
    ),
)


def _context(owner: str, version: int) -> bytes:
    return f"carehub dek {owner} {version}".encode()
