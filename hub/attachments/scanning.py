"""What a virus scanner says of a file.

Source: docs.clamav.net, "clamd", command INSTREAM.
"""

import asyncio
import contextlib
import re
import socket
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol
from urllib.parse import SplitResult, urlsplit

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
        connection = await _connected(self._url)
        # Bare sockets: a stream whose writing fails forgets what it has not read. What is too long is refused in its
        # middle and the connection reset, and the refusal still lies there to be read.
        loop = asyncio.get_running_loop()
        answer = asyncio.create_task(_answer(connection))
        try:
            with contextlib.suppress(ConnectionError):
                await loop.sock_sendall(connection, command)
                for piece in pieces:
                    if answer.done():
                        break
                    await loop.sock_sendall(connection, piece)
            return await answer
        finally:
            answer.cancel()
            # Its reader lets go of the socket before that is closed.
            await asyncio.wait([answer])
            connection.close()


async def _connected(url: SplitResult) -> socket.socket:
    """A connection to the daemon. Raises: OSError of the last address tried."""
    loop = asyncio.get_running_loop()
    if url.scheme == "unix":
        return await _connect(socket.AF_UNIX, url.path)
    found = await loop.getaddrinfo(url.hostname, url.port or 3310, type=socket.SOCK_STREAM)
    failed: OSError = ConnectionError("the host has no address")
    for family, _, _, _, at in found:
        try:
            return await _connect(family, at)
        except OSError as error:
            failed = error
    raise failed


async def _connect(family: int, at: Any) -> socket.socket:
    connection = socket.socket(family, socket.SOCK_STREAM)
    try:
        connection.setblocking(False)
        await asyncio.get_running_loop().sock_connect(connection, at)
    except BaseException:
        connection.close()
        raise
    return connection


async def _answer(connection: socket.socket) -> str:
    """What is said up to its zero octet, or the end."""
    loop = asyncio.get_running_loop()
    said = bytearray()
    while b"\0" not in said and len(said) < LONGEST_ANSWER:
        piece = await loop.sock_recv(connection, LONGEST_ANSWER)
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
