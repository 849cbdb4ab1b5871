"""Writing an export: page by page into files, each counted only once it is whole, so that it goes on after a crash."""

import asyncio
import contextlib
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Collection
from datetime import UTC
from typing import TYPE_CHECKING

import msgspec

from hub.audit import Actor
from hub.crypto.kms import Access
from hub.errors import StorageError
from hub.exports import beginning
from hub.exports.asking import Asked
from hub.exports.cutting import MOST_BYTES, cut
from hub.exports.folder import PART, Folder
from hub.exports.formats import KINDS, Setting
from hub.exports.helping import Helper, Job, Kept, Made, file_name
from hub.exports.manifest import (
    INDEX,
    MANIFEST,
    PROGRESS,
    SIGNATURE,
    Listed,
    Manifest,
    Progress,
    Totals,
    marks,
    public_text,
    signed,
)
from hub.exports.profiling import redaction
from hub.exports.reading import Reads
from hub.exports.sources import Sources, Where
from hub.exports.walking import Given, Place, Walk
from hub.files import Attachment
from hub.types import new_id
from hub.vault import Keys

if TYPE_CHECKING:
    # A helper needs none of the other rooms: it starts in a third of the time.
    from hub.parts import Parts

__all__ = ["Exporter", "export"]

Told = Callable[[int, int], None]
"""Told how many messages are written, and of how many."""
Disclosing = Callable[[str, Collection[str]], Awaitable[None]]
"""Told of the persons in each file, by the export's id, before the file counts. It bears being told twice."""


async def export(
    parts: "Parts",
    asked: Asked,
    folder: Folder,
    actor: Actor,
    *,
    export_id: str | None = None,
    request_id: str = "",
    told: Told | None = None,
    disclosing: Disclosing | None = None,
    helpers: int = 0,
) -> Manifest:
    """Write what was asked for into `folder`, or go on where an earlier call was broken off; returns what was signed.

    helpers: processes of their own that make files beside each other, where there is enough for two and the format
    allows it.
    An audit entry is durable before the first message is read. Raises: InputError for a folder that holds something
    else, StorageError when it cannot be written.
    """
    run = await Exporter.begin(parts, asked, folder, actor, export_id or new_id(), request_id)
    return await run.finish(told, disclosing, helpers)


class Exporter:
    """One export under way."""

    def __init__(self, parts: "Parts", folder: Folder, progress: Progress) -> None:
        self._parts = parts
        self._folder = folder
        self._now = progress
        self._shown = redaction(progress.asked.profile)
        self._kind = KINDS[progress.asked.format]
        self._walk = Walk(Sources.of(parts), progress.asked, self._shown)
        self._index: list[Listed] = []

    @classmethod
    async def begin(
        cls, parts: "Parts", given: Asked, folder: Folder, actor: Actor, export_id: str, request_id: str
    ) -> "Exporter":
        """Write down that it begins, or goes on. Raises: InputError."""
        redaction(given.profile)
        folder.make()
        found = beginning.found(folder, given)
        now = parts.clock.now()
        if found is None:
            asked = given.before(now)
            async with parts.db.read() as conn:
                walk = await Walk(Sources.of(parts), asked, redaction(given.profile)).resolved(conn)
                asked = walk.asked
                left_out = await beginning.left_out(conn, asked, now.astimezone(UTC).date())
                expected = await walk.count(conn)
            found = Progress(
                id=export_id,
                by=f"{actor.kind} {actor.id}".strip(),
                begun_at=now,
                given=given,
                asked=asked,
                expected=expected,
                totals=Totals(withheld=left_out),
            )
            await beginning.audited(parts, "export.create", found, actor, request_id)
            folder.note(PROGRESS, beginning.noted(found))
        else:
            found.resumed += 1
            await beginning.audited(parts, "export.resume", found, actor, request_id)
            beginning.swept(folder, found)
        return cls(parts, folder, found)

    async def finish(
        self, told: Told | None = None, disclosing: Disclosing | None = None, helpers: int = 0
    ) -> Manifest:
        """Write all that is left, and sign it."""
        if not self._now.reading:
            await self._messages(told, disclosing, helpers)
        if self._shown.reads:
            await self._reads()
        return self._sign()

    # Messages

    async def _messages(self, told: Told | None, disclosing: Disclosing | None, helpers: int) -> None:
        left = self._now.expected - self._now.totals.messages
        # What is sealed is sealed by this process alone.
        alone = self._kind.numbered or self._folder.sealed
        helped = 0 if alone else min(helpers, left // self._kind.most)
        async with contextlib.AsyncExitStack() as stack:
            files = self._alone() if helped < 2 else await self._beside(helped, stack)
            await stack.enter_async_context(contextlib.aclosing(files))
            async for made in files:
                if self._now.asked.person_id is None and self._now.asked.thread_id is None:
                    await beginning.concerned(self._parts, self._now, made.cut.persons)
                if disclosing is not None:
                    await disclosing(self._now.id, made.cut.persons)
                await self._commit(made)
                if told is not None:
                    told(self._now.totals.messages, self._now.expected)
        self._now.reading = True
        self._save()
        if told is not None:
            told(self._now.totals.messages, self._now.expected)

    async def _alone(self) -> AsyncGenerator[Made, None]:
        """The files one after the other, made in this process."""
        while True:
            setting = self._setting(self._now.chunks + 1)
            made = await cut(self._walk, setting, self._now.after, None, self._file)
            if made is None:
                return
            name = f"messages.{self._kind.suffix}"
            yield Made(cut=made, marks=await asyncio.to_thread(marks, name, made.content))

    async def _beside(self, count: int, stack: contextlib.AsyncExitStack) -> AsyncGenerator[Made, None]:
        """The files in their order, made by so many helpers beside each other."""
        job = Job(
            where=self._where(), folder=str(self._folder.path), asked=self._now.asked, begun_at=self._now.begun_at
        )
        idle: asyncio.Queue[Helper] = asyncio.Queue()
        for _ in range(count):
            idle.put_nowait(await stack.enter_async_context(Helper.started(job)))

        async def make(after: Place | None, last: Place | None) -> Made | None:
            helper = await idle.get()
            try:
                return await helper.make(after, last)
            finally:
                idle.put_nowait(helper)

        async def files() -> AsyncGenerator[Made, None]:
            begins, more = self._now.after, True
            under_way: deque[tuple[Place | None, asyncio.Task[Made | None]]] = deque()
            try:
                while more or under_way:
                    while more and len(under_way) <= count:
                        last = await self._walk.ahead(begins, self._kind.most)
                        under_way.append((last, asyncio.create_task(make(begins, last))))
                        begins, more = last, last is not None
                    last, task = under_way.popleft()
                    made = await task
                    if made is None:
                        continue
                    if last is None or made.cut.last != last:
                        # It became too long and ended early, or it is the last stretch: what is left of it comes next.
                        under_way.appendleft((last, asyncio.create_task(make(made.cut.last, last))))
                    yield made
            finally:
                for _, task in under_way:
                    task.cancel()
                await asyncio.gather(*(task for _, task in under_way), return_exceptions=True)

        return files()

    def _where(self) -> Where:
        settings = self._parts.settings
        return Where(
            database=settings.database,
            keyring=str(settings.keyring),
            ring=self._parts.vault.keyring.encoded(),
            kms=Access.of(settings),
            clinic=settings.clinic_name,
        )

    def _setting(self, number: int) -> Setting:
        return Setting(
            clinic=self._parts.settings.clinic_name,
            profile=f"{self._shown.name} {self._shown.version}",
            made_at=self._now.begun_at,
            number=number,
        )

    async def _file(self, given: Given) -> None:
        """Write a file of a message, opened; its record gets its place and its digest."""
        given.record.path = file_name(given)
        given.record.sha256 = await self._kept(given.record.path, given.attachment, given.keys)

    async def _kept(self, name: str, one: Attachment, keys: Keys) -> str:
        writer = self._folder.writer(name)
        try:
            async for piece in self._parts.files.shelf.content(one, keys):
                writer.add(piece)
        except BaseException:
            writer.drop()
            raise
        written = await asyncio.to_thread(writer.end)
        self._index.append(Listed(path=name, kind="file", sha256=written.sha256, bytes=written.size))
        return written.sha256

    async def _fetch(self, kept: Kept) -> None:
        """Write a file that a helper has only looked at. Raises: StorageError when it is another one by now."""
        async with self._parts.db.read() as conn:
            found = await self._parts.files.shelf.get(conn, kept.id)
        if found is None or await self._kept(kept.path, *found) != kept.sha256:
            raise StorageError("a file of a message changed while it was exported: the same command goes on")

    async def _commit(self, made: Made) -> None:
        """Write the file and count it: from here on it is there, whatever happens."""
        for kept in made.files:
            await self._fetch(kept)
        number, now, one = self._now.chunks + 1, self._now, made.cut
        name = f"messages-{number:06}.{self._kind.suffix}"
        if made.part:
            self._folder.rename(made.part, name)
            listed = Listed(path=name, kind="messages", sha256=made.sha256, bytes=made.size, marks=made.marks)
            self._index.append(listed)
        else:
            listed = await self._written(name, "messages", one.content, made.marks)
        listed.messages, listed.first, listed.last = one.count, one.first, one.last
        now.chunks, now.after = number, one.last
        now.totals.messages += one.count
        now.totals.threads += one.threads
        self._save()

    async def _written(self, name: str, kind: str, content: bytes, found: str) -> Listed:
        written = await asyncio.to_thread(self._folder.put, name, content)
        listed = Listed(path=name, kind=kind, sha256=written.sha256, bytes=written.size, marks=found)
        self._index.append(listed)
        return listed

    def _save(self) -> None:
        """The index first, then how far it counts: what is cut off between the two is written anew."""
        totals = self._now.totals
        for one in self._index:
            totals.files += 1
            totals.attachments += one.kind == "file"
            totals.bytes += one.bytes
        text = b"".join(msgspec.json.encode(one) + b"\n" for one in self._index)
        self._now.index = self._folder.append(INDEX, self._now.index, text)
        self._index.clear()
        self._folder.note(PROGRESS, beginning.noted(self._now))

    # Readings

    async def _reads(self) -> None:
        reads, after = Reads(self._parts, self._now.asked, self._shown), self._now.read_after
        chunk, count = None, 0
        while True:
            page, end = await reads.page(after)
            for one in page:
                if chunk is None:
                    chunk = self._kind.reads(self._setting(self._now.read_chunks + 1))
                chunk.read(one)
            count += len(page)
            if chunk is not None and (end is None or count >= self._kind.most or chunk.size >= MOST_BYTES):
                number = self._now.read_chunks + 1
                name, content = f"reads-{number:06}.{self._kind.reads_suffix}", chunk.done()
                listed = await self._written(name, "reads", content, marks(name, content))
                listed.reads = count
                self._now.read_chunks, self._now.read_after = number, end or after
                self._now.totals.reads += count
                self._save()
                chunk, count = None, 0
            if end is None:
                return
            after = end

    # The end

    def _sign(self) -> Manifest:
        now, signing = self._now, self._parts.vault.keyring.signing_key()
        # An empty export has an index, too.
        self._save()
        for name in self._folder.names():
            if name.endswith(PART):
                self._folder.remove(name)
        manifest = Manifest(
            id=now.id,
            clinic=self._parts.settings.clinic_name,
            by=now.by,
            begun_at=now.begun_at,
            ended_at=self._parts.clock.now(),
            asked=now.asked,
            profile=f"{self._shown.name} {self._shown.version}",
            totals=now.totals,
            index_sha256=beginning.digest(self._folder),
            resumed=now.resumed,
            key=public_text(signing),
        )
        text, signature = signed(manifest, signing)
        self._folder.note(SIGNATURE, signature)
        self._folder.note(MANIFEST, text)
        self._folder.remove(PROGRESS)
        return manifest
