"""Files whose person's record became part of another's: sealed anew under the other's key, in that transaction."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.crypto import Place
from hub.db.tables import attachment, file_piece
from hub.files.pieces import drop_in
from hub.files.shelf import AttachmentState, place_of
from hub.types import new_id
from hub.vault import Keys


async def rehome(conn: AsyncConnection, keys: Keys, from_id: str, into_id: str, thread_id: str) -> int:
    """How many files of one person are another's from now on, in the caller's transaction.

    thread_id: the other's thread. Whoever is bringing one of them in that moment has it no more, and it is due again.
    """
    query = sa.select(attachment).where(attachment.c.person_id == from_id).order_by(attachment.c.id)
    rows = (await conn.execute(query.with_for_update())).all()
    for row in rows:
        values: dict[str, Any] = {"person_id": into_id, "thread_id": thread_id, "attempts": row.attempts + 1}
        if row.content_id is not None:
            place = place_of(row, AttachmentState(row.state))
            there = Place(place.table, place.field, place.row, into_id, thread_id)
            values["content_id"] = await _resealed(conn, keys, row, place, into_id, there)
            await drop_in(conn, (row.content_id,))
        await conn.execute(sa.update(attachment).where(attachment.c.id == row.id).values(**values))
    return len(rows)


async def _resealed(conn: AsyncConnection, keys: Keys, row: Any, place: Place, into_id: str, there: Place) -> str:
    """The id of the same file sealed for `there`, written a piece at a time."""
    opening, sealing = keys.open_file(row.person_id, place), keys.seal_file(into_id, there)
    file_id, number, waiting = new_id(), 0, bytearray(sealing.head)
    while True:
        piece = file_piece.c.sealed
        one = sa.select(piece).where(file_piece.c.file_id == row.content_id, file_piece.c.number == number)
        sealed = await conn.scalar(one)
        if sealed is None:
            waiting += b"".join(sealing.add(opening.end())) + sealing.end()
        else:
            for content in opening.add(sealed):
                waiting += b"".join(sealing.add(content))
        await conn.execute(sa.insert(file_piece).values(file_id=file_id, number=number, sealed=bytes(waiting)))
        if sealed is None:
            return file_id
        waiting.clear()
        number += 1
