"""Sealed files as rows of about a megabyte, so that one is written and read in the memory of a few.

A file's pieces are durable before anything names them. Those that nothing came to name are deleted after a while.
"""

from collections.abc import AsyncIterator, Callable, Collection
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.crypto.segments import FileOpening, FileSealing
from hub.db import Database
from hub.db.tables import attachment, file_piece
from hub.types import new_id

PIECE = 1024 * 1024
"""Octets from which on a piece is written."""
FORGOTTEN = timedelta(days=1)
"""How old pieces must be to be deleted when nothing names them."""
_MOST_SWEPT = 200


class Writer:
    """Writes one file. `size` counts the octets given."""

    def __init__(self, db: Database, sealing: FileSealing, file_id: str) -> None:
        self.size = 0
        self.file_id = file_id
        self._db = db
        self._sealing = sealing
        self._waiting = bytearray(sealing.head)
        self._number = 0

    async def add(self, content: bytes) -> None:
        """Go on with `content`. Raises: StorageError."""
        for at in range(0, len(content), PIECE):
            for segment in self._sealing.add(content[at : at + PIECE]):
                self._waiting += segment
                if len(self._waiting) >= PIECE:
                    await self._write()
        self.size += len(content)

    async def end(self) -> None:
        """The file is whole, and durable. Raises: StorageError."""
        self._waiting += self._sealing.end()
        await self._write()

    async def _write(self) -> None:
        row = {"file_id": self.file_id, "number": self._number, "sealed": bytes(self._waiting)}

        async def unit(conn: AsyncConnection) -> None:
            await conn.execute(sa.insert(file_piece).values(**row))

        await self._db.write(unit)
        self._number += 1
        self._waiting.clear()


class Pieces:
    """Where sealed files are kept."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def write(self, sealing: Callable[[str], FileSealing]) -> Writer:
        """What writes a new file, sealed by what `sealing` gives for the file's id."""
        file_id = new_id()
        return Writer(self._db, sealing(file_id), file_id)

    async def read(self, file_id: str, opening: FileOpening) -> AsyncIterator[bytes]:
        """What is in a file, a segment at a time. It is whole only when this ends. Raises: SealBroken, StorageError."""
        number = 0
        while True:
            async with self._db.glance() as conn:
                sealed = await conn.scalar(_ONE, {"file": file_id, "number": number})
            if sealed is None:
                break
            for segment in opening.add(sealed):
                yield segment
            number += 1
        yield opening.end()

    async def drop(self, file_ids: Collection[str]) -> None:
        """Delete files."""
        if file_ids:
            await self._db.write(lambda conn: drop_in(conn, file_ids))

    async def sweep(self, now: datetime) -> int:
        """Delete pieces that nothing names and that are a day old; returns how many files that were."""

        async def unit(conn: AsyncConnection) -> int:
            named = sa.select(attachment.c.id).where(
                sa.or_(attachment.c.content_id == file_piece.c.file_id, attachment.c.source_id == file_piece.c.file_id)
            )
            old = (
                sa.select(file_piece.c.file_id)
                .distinct()
                .where(file_piece.c.file_id < _earliest(now - FORGOTTEN), ~named.exists())
                .limit(_MOST_SWEPT)
            )
            found = list((await conn.execute(old)).scalars())
            await drop_in(conn, found)
            return len(found)

        return await self._db.write(unit)


async def drop_in(conn: AsyncConnection, file_ids: Collection[str]) -> None:
    """Delete files in the caller's transaction."""
    if file_ids:
        await conn.execute(sa.delete(file_piece).where(file_piece.c.file_id.in_(file_ids)))


def _earliest(moment: datetime) -> str:
    """The least id that could have been made at `moment` (RFC 9562 section 5.7)."""
    digits = f"{int(moment.timestamp() * 1000):012x}"
    return f"{digits[:8]}-{digits[8:]}-7000-8000-000000000000"


# Built once: it is asked for every megabyte.
_ONE = sa.select(file_piece.c.sealed).where(
    file_piece.c.file_id == sa.bindparam("file", type_=file_piece.c.file_id.type),
    file_piece.c.number == sa.bindparam("number", type_=file_piece.c.number.type),
)
