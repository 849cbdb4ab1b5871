"""Parsing in a process of its own, with a limit to its memory and its time: what runs away there is killed there.

`Aside` keeps a few such processes. One mail is one frame of bytes in, one frame out: its length in four bytes, then one
byte that says how it went, then what was found.
"""

import asyncio
import struct
import sys
from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta
from types import MappingProxyType
from typing import BinaryIO

import msgspec

from channels.mail import limits
from channels.mail.parsing import Parsed, parse

PATIENCE = timedelta(seconds=10)
"""How long one mail may take."""
MEMORY = 1024 * 1024 * 1024
"""Bytes of address space that a process may have: forty times the largest mail."""
_LENGTH = struct.Struct(">I")
_READ, _REFUSED, _BROKEN = b"r", b"t", b"b"
_DECODER = msgspec.msgpack.Decoder(Parsed)


class Unreadable(Exception):
    """The mail cannot be read; `reason` is one word for logs: a limit's name, `slow`, `died` or `broken`."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Aside:
    """Up to `most` processes that parse. They are started when they are first needed."""

    def __init__(
        self,
        most: int = 2,
        *,
        patience: timedelta = PATIENCE,
        module: str = __name__,
        environment: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self._patience = patience.total_seconds()
        self._command = (sys.executable, "-I", "-c", _STARTER.format(path=sys.path, module=module))
        self._environment = dict(environment)
        self._idle: list[asyncio.subprocess.Process] = []
        self._turns = asyncio.Semaphore(most)
        self.killed = 0

    async def parse(self, raw: bytes) -> Parsed:
        """What is in a mail. Raises: Unreadable."""
        try:
            # Once more in the process, for whoever calls `parse` alone; here so that it costs no copy.
            limits.examine(raw)
        except limits.TooMuch as refused:
            raise Unreadable(refused.reason) from None
        async with self._turns:
            process = await self._process()
            try:
                async with asyncio.timeout(self._patience):
                    how, said = await _ask(process, raw)
            except TimeoutError:
                await self._kill(process)
                raise Unreadable("slow") from None
            except (OSError, asyncio.IncompleteReadError):
                await self._kill(process)
                raise Unreadable("died") from None
            except BaseException:
                await self._kill(process)
                raise
            self._idle.append(process)
        if how != _READ:
            raise Unreadable(said.decode() if how == _REFUSED else "broken")
        return _DECODER.decode(said)

    async def close(self) -> None:
        """End the processes."""
        while self._idle:
            await self._kill(self._idle.pop())

    async def _process(self) -> asyncio.subprocess.Process:
        while self._idle:
            process = self._idle.pop()
            if process.returncode is None:
                return process
        return await asyncio.create_subprocess_exec(
            *self._command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            # A traceback could quote the mail.
            stderr=asyncio.subprocess.DEVNULL,
            env=self._environment,
        )

    async def _kill(self, process: asyncio.subprocess.Process) -> None:
        self.killed += 1
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()


async def _ask(process: asyncio.subprocess.Process, raw: bytes) -> tuple[bytes, bytes]:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(_LENGTH.pack(len(raw)))
    process.stdin.write(raw)
    await process.stdin.drain()
    (length,) = _LENGTH.unpack(await process.stdout.readexactly(_LENGTH.size))
    frame = await process.stdout.readexactly(length)
    return frame[:1], frame[1:]


_STARTER = "import sys; sys.path[:] = {path!r}; from {module} import serve; serve()"
"""The process sees the modules that this one sees, and nothing of its environment: no secret is in it."""


def serve() -> None:
    """Answer one mail after another on the standard streams, until there are no more."""
    _confine()
    asked, answers = sys.stdin.buffer, sys.stdout.buffer
    while (head := asked.read(_LENGTH.size)) and len(head) == _LENGTH.size:
        _answer(answers, asked.read(_LENGTH.unpack(head)[0]))


def _answer(answers: BinaryIO, raw: bytes) -> None:
    try:
        frame = _READ + msgspec.msgpack.encode(parse(raw))
    except limits.TooMuch as refused:
        frame = _REFUSED + refused.reason.encode()
    except Exception:
        frame = _BROKEN
    answers.write(_LENGTH.pack(len(frame)) + frame)
    answers.flush()


def _confine() -> None:
    """Take memory, new files and cores from this process. Where there are no such limits, its time alone is limited."""
    try:
        import resource
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
