"""Files over a test's own database: a provider that holds some, messages that bring some, and what became of them."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
import sqlalchemy as sa

from channels.base import Channel
from hub.accept import Accepted
from hub.attachments import NoScanner, Scanner
from hub.audit import Trail
from hub.clock import FixedClock
from hub.db import Database
from hub.db.tables import attachment, file_piece, message, thread
from hub.errors import ChannelError, Rejected
from hub.files import Attachment, Files
from hub.metrics import Metrics
from hub.sealed import open_body
from hub.threads import Threads
from hub.types import ChannelKind, Media
from hub.vault import Vault
from tests.hub.acceptance import Listener, acceptor_over, inbound

NOTE = b"zanzibar: aspirin, one a day"
URL = "https://api.twilio.com/2010-04-01/Accounts/AC1/Messages/MM1/Media/ME1"


class Holder:
    """A provider that holds files by their addresses, and first refuses as often as told."""

    longest = 30_000_000

    def __init__(self) -> None:
        self.held: dict[str, bytes] = {URL: NOTE}
        self.refusals: list[ChannelError] = []
        self.asked: list[str] = []
        self._hung: asyncio.Event | None = None

    def hang(self) -> asyncio.Event:
        """Set once the next request is made, which is never answered."""
        self._hung = asyncio.Event()
        return self._hung

    async def fetch(self, media: Media) -> bytes:
        self.asked.append(media.url)
        if self._hung is not None:
            hung, self._hung = self._hung, None
            hung.set()
            await asyncio.Event().wait()
        if self.refusals:
            raise self.refusals.pop(0)
        if media.url not in self.held:
            raise Rejected("gone")
        return self.held[media.url]


class Shop:
    """Everything that a test of files needs."""

    def __init__(self, db: Database, vault: Vault, trail: Trail, clock: FixedClock) -> None:
        self.db = db
        self.vault = vault
        self.clock = clock
        self.holder = Holder()
        self._trail = trail
        self._count = 0
        self.acceptor = acceptor_over(db, vault, clock, Listener())
        self.files = self.opened()

    def opened(self, scanner: Scanner | None = None, *, held: bool = True) -> Files:
        """Files as another process has them."""
        kinds = (ChannelKind.SMS, ChannelKind.VOICE) if held else ()
        channels: dict[ChannelKind, Channel] = dict.fromkeys(kinds, self.holder)  # type: ignore[arg-type]
        return Files(
            db=self.db,
            vault=self.vault,
            trail=self._trail,
            clock=self.clock,
            metrics=Metrics(),
            threads=Threads(self.vault, self.clock),
            channels=channels,
            scanner=scanner or NoScanner(),
        )

    async def comes(
        self, *files: bytes, channel: ChannelKind = ChannelKind.SMS, text: str = "see", name: str = ""
    ) -> Accepted:
        """A message with files that the provider holds."""
        self._count += 1
        media = []
        for number, content in enumerate(files):
            media.append(Media(url=f"{URL}/{self._count}/{number}", content_type="image/jpeg", name=name))
            self.holder.held[media[-1].url] = content
        return await self.acceptor.accept(inbound(f"MM{self._count}", text, channel=channel, media=tuple(media)))

    async def named(self, *media: Media) -> Accepted:
        """A message that names files."""
        self._count += 1
        return await self.acceptor.accept(inbound(f"MM{self._count}", "see", media=media))

    async def of(self, accepted: Accepted) -> list[Attachment]:
        """The files of a message."""
        async with self.db.read() as conn:
            row = (await conn.execute(sa.select(message).where(message.c.id == accepted.message_id))).one()
            whose = sa.select(thread.c.person_id).where(thread.c.id == row.thread_id)
            person = (await conn.execute(whose)).scalar_one()
            keys = await self.vault.key(conn, person)
            body = open_body(keys, person, row.thread_id, row.id, row.body_sealed)
            return (await self.files.shelf.of(conn, {row.id: body})).get(row.id, [])

    async def content(self, one: Attachment) -> bytes:
        """What is given out of a file."""
        async with self.db.read() as conn:
            found = await self.files.shelf.get(conn, one.id)
        assert found is not None
        return b"".join([piece async for piece in self.files.shelf.content(*found)])

    async def states(self) -> list[str]:
        """The states of all files, oldest first."""
        return [row.state for row in await self.rows(sa.select(attachment.c.state).order_by(attachment.c.id))]

    async def pieces(self) -> int:
        """How many files' pieces are kept."""
        (row,) = await self.rows(sa.select(sa.func.count(file_piece.c.file_id.distinct()).label("count")))
        return int(row.count)

    async def rows(self, query: Any) -> list[Any]:
        async with self.db.read() as conn:
            return list((await conn.execute(query)).all())

    async def notes(self) -> list[str]:
        """What staff are told in the thread."""
        found = []
        async with self.db.read() as conn:
            query = sa.select(message, thread.c.person_id).join(thread).where(message.c.direction == "note")
            for row in (await conn.execute(query.order_by(message.c.seq))).all():
                keys = await self.vault.key(conn, row.person_id)
                found.append(open_body(keys, row.person_id, row.thread_id, row.id, row.body_sealed).text)
        return found

    async def attention(self) -> str:
        """Why staff should look at the only thread."""
        (row,) = await self.rows(sa.select(thread.c.attention))
        return str(row.attention)


@pytest.fixture
async def shop(db: Database, vault: Vault, trail: Trail, clock: FixedClock) -> AsyncIterator[Shop]:
    """Files over the test's database."""
    one = Shop(db, vault, trail, clock)
    one.acceptor.start()
    yield one
    await one.acceptor.stop()
