"""Files as they were handed over, put aside sealed until they are examined.

They are sealed under the hub's own key: whose they are may not be known before their message is accepted.
"""

import hashlib
from collections.abc import AsyncIterable, AsyncIterator
from dataclasses import dataclass, field

from hub.crypto import Place
from hub.db import Database
from hub.errors import InputError
from hub.files.pieces import Pieces, Writer
from hub.vault import HUB, Keys, Vault

SCHEME = "staged:"
"""How the addresses begin by which messages name such files."""


class TooLong(InputError):
    """A file has more octets than are taken."""

    code = "file_too_long"

    def __init__(self) -> None:
        super().__init__("the file is larger than what is taken")


@dataclass(frozen=True, slots=True, kw_only=True)
class Staged:
    """A file that is put aside. `digest` is of its content, to tell whether another is the same."""

    id: str
    size: int
    digest: bytes = field(repr=False)

    @property
    def url(self) -> str:
        """How a message names it."""
        return SCHEME + self.id


class Staging:
    """Puts files aside, and takes them up again."""

    def __init__(self, db: Database, vault: Vault, pieces: Pieces) -> None:
        self._db = db
        self._vault = vault
        self._pieces = pieces

    async def hold(self, content: AsyncIterable[bytes], *, most: int) -> Staged:
        """`content`, put aside as it comes, once that is durable.

        Raises: TooLong as soon as there are more than `most` octets, StorageError; what was written then is deleted.
        """
        writer: Writer | None = None
        digest = hashlib.sha256()
        try:
            async for piece in content:
                if writer is None:
                    writer = await self._writer()
                if writer.size + len(piece) > most:
                    raise TooLong
                digest.update(piece)
                await writer.add(piece)
            if writer is None:
                writer = await self._writer()
            await writer.end()
        except BaseException:
            if writer is not None:
                await self._pieces.drop((writer.file_id,))
            raise
        return Staged(id=writer.file_id, size=writer.size, digest=digest.digest())

    async def hold_whole(self, content: bytes) -> Staged:
        """As `hold`, for what is at hand."""

        async def once() -> AsyncIterator[bytes]:
            yield content

        return await self.hold(once(), most=len(content))

    async def take(self, staged_id: str) -> bytes:
        """A file that was put aside. Raises: SealBroken (also when it is gone), StorageError."""
        opening = (await self._keys()).open_file(HUB, _place(staged_id))
        return b"".join([piece async for piece in self._pieces.read(staged_id, opening)])

    async def drop(self, *staged: Staged) -> None:
        """Delete what is of no use: no message names it."""
        await self._pieces.drop([one.id for one in staged])

    async def _writer(self) -> Writer:
        keys = await self._keys()
        return self._pieces.write(lambda file_id: keys.seal_file(HUB, _place(file_id)))

    async def _keys(self) -> Keys:
        async with self._db.glance() as conn:
            return await self._vault.key(conn, HUB)


def _place(staged_id: str) -> Place:
    return Place("file_piece", "staged", staged_id)
