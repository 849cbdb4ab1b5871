"""What a virus scanner says of a file.

Source: docs.clamav.net, "clamd", command INSTREAM.
"""

import asyncio
import contextlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol
from urllib.parse import urlsplit

__all__ = ["Clamd", "NoScanner", "Scanner", "State", "Verdict", "scanner"]

PIECE = 64 * 1024
SECONDS = 60.0
LONGEST_ANSWER = 4096
_FOUND = re.compile(r"stream: (\S{1,200}) FOUND")


class State(StrEnum):
    """How a scan ended."""

    CLEAN = "clean"
    INFECTED = "infected"
    UNSCANNED = "unscanned"


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a scan ended. `detail` is the signature's name, or one word why there was no scan: no content of the file."""

    state: State
    detail: str = ""


class Scanner(Protocol):
    """Whoever looks through files."""

    @property
    def there(self) -> bool:
        """Whether a scanner is set up, so that a file may wait for it."""
        ...

    async def scan(self, content: bytes) -> Verdict:
        """The verdict on `content`. Raises nothing: a scanner that does not answer leaves it unscanned."""
        ...


class NoScanner:
    """Where none is set up."""

    there = False

    async def scan(self, content: bytes) -> Verdict:
        """Unscanned."""
        return Verdict(State.UNSCANNED, "none")


class Clamd:
    """ClamAV's daemon at `url`: tcp://HOST:PORT or unix:///PATH."""

    there = True

    def __init__(self, url: str, *, seconds: float = SECONDS) -> None:
        self._url = urlsplit(url)
        self._seconds = seconds

    async def scan(self, content: bytes) -> Verdict:
        """The daemon's verdict on `content`; unscanned when it cannot be asked or says anything else."""
        try:
            async with asyncio.timeout(self._seconds):
                said = await self._ask(b"zINSTREAM\0", _pieces(content))
        except TimeoutError:
            return Verdict(State.UNSCANNED, "slow")
        except OSError:
            return Verdict(State.UNSCANNED, "unreachable")
        if said == "stream: OK":
            return Verdict(State.CLEAN)
        if found := _FOUND.fullmatch(said):
            return Verdict(State.INFECTED, found[1])
        return Verdict(State.UNSCANNED, "limit" if "size limit" in said else "error")

    async def version(self) -> str:
        """What the daemon calls itself. Raises: OSError (TimeoutError among it) when it does not answer."""
        async with asyncio.timeout(self._seconds):
            said = await self._ask(b"zVERSION\0", ())
        if not said.startswith("ClamAV"):
            raise ConnectionError("what answers is no clamd")
        return said

    async def _ask(self, command: bytes, pieces: Iterable[bytes]) -> str:
        if self._url.scheme == "unix":
            reader, writer = await asyncio.open_unix_connection(self._url.path)
        else:
            reader, writer = await asyncio.open_connection(self._url.hostname, self._url.port or 3310)
        # Read while writing: what is too long is refused in its middle, and the connection reset.
        answer = asyncio.create_task(_answer(reader))
        try:
            writer.write(command)
            with contextlib.suppress(ConnectionError):
                for piece in pieces:
                    if answer.done():
                        break
                    writer.write(piece)
                    await writer.drain()
            return await answer
        finally:
            answer.cancel()
            writer.close()


async def _answer(reader: asyncio.StreamReader) -> str:
    """What is said up to its zero octet, or the end."""
    said = bytearray()
    while b"\0" not in said and len(said) < LONGEST_ANSWER:
        piece = await reader.read(LONGEST_ANSWER)
        if not piece:
            break
        said += piece
    return said.partition(b"\0")[0].decode("ascii", "replace").strip()


def scanner(url: str) -> Scanner:
    """The scanner at `url`, or none where that is empty."""
    return Clamd(url) if url else NoScanner()


def _pieces(content: bytes) -> Iterable[bytes]:
    """`content` as clamd takes it: each piece after its length, and a length of nothing at the end."""
    for at in range(0, len(content), PIECE):
        piece = content[at : at + PIECE]
        yield len(piece).to_bytes(4, "big") + piece
    yield bytes(4)
