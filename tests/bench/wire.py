"""HTTP/1.1 with as little as will do: one request at a time on a connection that stays open, or its counterpart."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable


class Messages(asyncio.Protocol, ABC):
    """Cuts what arrives into messages, each of a head and a body of `Content-Length` bytes."""

    def __init__(self) -> None:
        self.transport: asyncio.Transport | None = None
        self._pending = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        if self._pending:
            data = self._pending + data
        while data:
            end = data.find(b"\r\n\r\n")
            if end < 0:
                break
            whole = end + 4 + _length(data, end)
            if len(data) < whole:
                break
            self.arrived(data[:end], data[end + 4 : whole])
            data = data[whole:]
        self._pending = data

    def close(self) -> None:
        """Close the connection at once."""
        if self.transport is not None:
            self.transport.abort()

    @abstractmethod
    def arrived(self, head: bytes, body: bytes) -> None:
        """A whole message is there."""


def _length(data: bytes, end: int) -> int:
    """The length of the body that the head before `end` promises."""
    at = data.find(b"ontent-Length:", 0, end)
    if at < 0:
        at = data.find(b"ontent-length:", 0, end)
    if at < 0:
        return 0
    line_end = data.find(b"\r\n", at)
    return int(data[at + 14 : line_end])


class Client(Messages):
    """A connection to a server. `answered` hears the status of each answer and may send the next request at once."""

    def __init__(self, answered: "Callable[[Client, int], None]") -> None:
        super().__init__()
        self._answered = answered
        self.request = -1
        self.sent_at = 0.0
        self.lost = False

    def send(self, request: bytes) -> None:
        """Write one request; the answer to the one before must be there."""
        assert self.transport is not None
        self.transport.write(request)

    def arrived(self, head: bytes, body: bytes) -> None:
        self._answered(self, int(head[9:12]))

    def connection_lost(self, exc: Exception | None) -> None:
        self.lost = True
        if self.request >= 0:
            self._answered(self, 0)


async def connect(port: int, count: int, answered: Callable[[Client, int], None]) -> list[Client]:
    """`count` open connections to `port` of this machine."""
    loop = asyncio.get_running_loop()
    clients = []
    for _ in range(count):
        _, client = await loop.create_connection(lambda: Client(answered), "127.0.0.1", port)
        clients.append(client)
    return clients


def post(path: str, host: str, body: bytes, headers: dict[str, str] | None = None) -> bytes:
    """The bytes of a POST of a form."""
    lines = [f"POST {path} HTTP/1.1", f"Host: {host}", "Content-Type: application/x-www-form-urlencoded"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    return "\r\n".join([*lines, f"Content-Length: {len(body)}", "", ""]).encode() + body
