"""What conversations are read from: the few parts of a hub that an export needs, also where no hub is opened."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from consent.ledger import Ledger
from hub.audit import Trail
from hub.clock import SystemClock
from hub.crypto import Keyring, KeyringStore
from hub.crypto.kms import Access
from hub.db import Database
from hub.files.pieces import Pieces
from hub.files.shelf import Shelf
from hub.vault import Vault

if TYPE_CHECKING:
    # A helper needs none of the other rooms: it starts in a third of the time.
    from hub.parts import Parts

__all__ = ["Sources", "Where"]


class Where(msgspec.Struct, frozen=True, kw_only=True):
    """Where database and keyring are, for a process that opens them itself; it is given the keyring as it is now.

    Never written anywhere: it goes from process to process. `repr` shows nothing of it.
    """

    database: str
    keyring: str
    ring: bytes
    kms: Access | None
    clinic: str

    def __repr__(self) -> str:
        return "Where(…)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """The database, what opens it, and what is recorded about consent and the audit."""

    db: Database
    vault: Vault
    trail: Trail
    ledger: Ledger
    shelf: Shelf
    clinic: str

    @classmethod
    def of(cls, parts: "Parts") -> "Sources":
        """Those of a running hub."""
        return cls(
            db=parts.db,
            vault=parts.vault,
            trail=parts.trail,
            ledger=parts.ledger,
            shelf=parts.files.shelf,
            clinic=parts.settings.clinic_name,
        )

    @classmethod
    @asynccontextmanager
    async def opened(cls, where: Where) -> "AsyncIterator[Sources]":
        """Those of a process of its own. Raises: StorageError, KeyringWrong."""
        path, clock = Path(where.keyring), SystemClock()
        db = await Database.open(where.database, connections=1)
        try:
            store = KeyringStore.at(path, where.kms)
            vault = Vault(Keyring.decoded(where.ring, path), reload=store.load)
            async with db.read() as conn:
                await vault.check(conn)
            trail = Trail(vault, clock)
            yield cls(
                db=db,
                vault=vault,
                trail=trail,
                ledger=Ledger(vault, trail, clock),
                shelf=Shelf(vault, Pieces(db)),
                clinic=where.clinic,
            )
        finally:
            await db.close()
