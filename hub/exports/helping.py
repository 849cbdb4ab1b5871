"""Processes that make files of an export beside each other: opening and encoding is work for several processors.

A helper opens the database and the keyring itself, is told a stretch of messages as a line, and gives back the file
that it made, whole and durable but under a name that does not count. What is given its name, counted and signed is the
exporter's, in the order of the messages. A helper ends when its input ends, and so does not outlive the exporter.
"""

import asyncio
import contextlib
import gc
import hashlib
import os
import sys
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Any

import msgspec

from hub.errors import StorageError
from hub.exports.asking import Asked
from hub.exports.cutting import Cut, cut
from hub.exports.folder import PART, Folder
from hub.exports.formats import KINDS, Setting
from hub.exports.manifest import marks
from hub.exports.profiling import redaction
from hub.exports.sources import Sources, Where
from hub.exports.walking import Given, Place, Walk
from hub.types import new_id

__all__ = ["Helper", "Kept", "Made", "file_name"]

_ROOT = Path(__file__).resolve().parents[2]
_MAIN = "import sys; from hub.exports.helping import main; sys.exit(main())"
_COLLECT = 50_000, 20, 20
"""When the garbage collector looks: rows and records come and go by the thousand, and hold no cycles."""
_FRAME = 4
"""Octets that say how long what follows is."""


class Kept(msgspec.Struct):
    """A file of a message, as its record names it: still to be written."""

    id: str
    path: str
    sha256: str


class Job(msgspec.Struct, kw_only=True):
    """What a helper is for, told once."""

    where: Where
    folder: str
    asked: Asked
    begun_at: datetime


class _Stretch(msgspec.Struct):
    after: Place | None
    last: Place | None


class _Head(msgspec.Struct, kw_only=True):
    count: int
    threads: int
    first: Place
    last: Place
    persons: list[str]
    files: list[Kept]
    part: str
    size: int
    sha256: str
    marks: str


class Made(msgspec.Struct, kw_only=True):
    """A file as it was made. part: under which name it is there already; its content is empty then."""

    cut: Any
    marks: str
    files: list[Kept] = []
    part: str = ""
    size: int = 0
    sha256: str = ""


def file_name(given: Given) -> str:
    """Where a file of a message lies in the export."""
    return f"files/{given.attachment.id}{PurePosixPath(given.attachment.name).suffix.lower()}"


class Helper:
    """A process, from this side."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    @classmethod
    @contextlib.asynccontextmanager
    async def started(cls, job: Job) -> "AsyncIterator[Helper]":
        """A helper for a job, ended when this is left."""
        path = os.pathsep.join(filter(None, [str(_ROOT), os.environ.get("PYTHONPATH", "")]))
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-c",
            _MAIN,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            # What a library says there may quote what it worked on.
            stderr=asyncio.subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": path},
        )
        try:
            helper = cls(process)
            await helper._say(job)
            yield helper
        finally:
            if process.stdin is not None:
                process.stdin.close()
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()

    async def make(self, after: Place | None, last: Place | None) -> Made | None:
        """The file of a stretch; None where it is empty. Raises: StorageError when the helper broke."""
        await self._say(_Stretch(after, last))
        head = await self._frame()
        if not head:
            return None
        told = msgspec.json.decode(head, type=_Head)
        made = Cut(
            content=b"",
            count=told.count,
            threads=told.threads,
            first=told.first,
            last=told.last,
            persons=set(told.persons),
        )
        return Made(cut=made, marks=told.marks, files=told.files, part=told.part, size=told.size, sha256=told.sha256)

    async def _say(self, what: msgspec.Struct) -> None:
        if self._process.stdin is None:
            raise StorageError("an export's helper could not be started")
        self._process.stdin.write(msgspec.json.encode(what) + b"\n")
        with contextlib.suppress(ConnectionError):
            await self._process.stdin.drain()

    async def _frame(self) -> bytes:
        if self._process.stdout is None:
            raise StorageError("an export's helper could not be started")
        try:
            length = int.from_bytes(await self._process.stdout.readexactly(_FRAME), "big")
            return await self._process.stdout.readexactly(length)
        except asyncio.IncompleteReadError:
            raise StorageError("an export's helper broke off: the same command goes on") from None


# The other side


def main() -> int:
    """Make files of the stretches that come in, until no more do."""
    out = os.fdopen(os.dup(1), "wb")
    # Whatever else is printed must not get between.
    os.dup2(2, 1)
    return asyncio.run(_serve(out))


async def _serve(out: Any) -> int:
    reader = asyncio.StreamReader(limit=1024 * 1024)
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    job = msgspec.json.decode(await reader.readline(), type=Job)
    folder = Folder(Path(job.folder))
    shown, kind = redaction(job.asked.profile), KINDS[job.asked.format]
    async with Sources.opened(job.where) as sources:
        walk = Walk(sources, job.asked, shown)
        # What is loaded by now stays: it need not be looked through again and again.
        gc.collect()
        gc.freeze()
        gc.set_threshold(*_COLLECT)
        setting = Setting(
            clinic=sources.clinic, profile=f"{shown.name} {shown.version}", made_at=job.begun_at, number=0
        )
        while line := await reader.readline():
            stretch = msgspec.json.decode(line, type=_Stretch)
            files: list[Kept] = []

            async def keep(given: Given, files: list[Kept] = files) -> None:
                digest = hashlib.sha256()
                async for piece in sources.shelf.content(given.attachment, given.keys):
                    digest.update(piece)
                given.record.path, given.record.sha256 = file_name(given), digest.hexdigest()
                files.append(Kept(given.attachment.id, given.record.path, given.record.sha256))

            made = await cut(walk, setting, stretch.after, stretch.last, keep)
            if made is None:
                _give(out, b"")
                continue
            part = f"{new_id()}{PART}"
            written = folder.put(part, made.content)
            head = _Head(
                count=made.count,
                threads=made.threads,
                first=made.first,
                last=made.last,
                persons=sorted(made.persons),
                files=files,
                part=part,
                size=written.size,
                sha256=written.sha256,
                marks=marks(f"messages.{kind.suffix}", made.content),
            )
            try:
                _give(out, msgspec.json.encode(head))
            except BrokenPipeError:
                # Nobody waits for it any more.
                folder.remove(part)
                raise
    return 0


def _give(out: Any, content: bytes) -> None:
    out.write(len(content).to_bytes(_FRAME, "big"))
    out.write(content)
    out.flush()
