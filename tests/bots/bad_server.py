"""A server that misbehaves where a Rasa server should be: it says what it is told to say next, over real sockets."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator, Sequence
from concurrent.futures import Future
from contextlib import asynccontextmanager, contextmanager
from threading import Thread
from typing import Any

ANSWER = {
    "text": "…",
    "intent": {"name": "cancel", "confidence": 0.9},
    "entities": [],
    "intent_ranking": [{"name": "cancel", "confidence": 0.9}, {"name": "book", "confidence": 0.1}],
}
"""As Rasa documents the answer of `/model/parse`."""


def whole(body: object, status: int = 200) -> bytes:
    """An answer of HTTP with `body` as JSON, or as it is."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    head = f"HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nContent-Length: {len(raw)}\r\n\r\n"
    return head.encode() + raw


class BadServer:
    """What is to be said: bytes, None for never answering, `b""` for hanging up. The last one is said from then on."""

    def __init__(self) -> None:
        self.says: list[bytes | None] = [whole(ANSWER)]
        self.asked: list[bytes] = []
        self.url = ""
        self.waiting = asyncio.Event()

    def next(self, *says: bytes | None) -> None:
        """Say these, one for each request."""
        self.says = list(says)

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one connection's requests."""
        try:
            while (head := await reader.readuntil(b"\r\n\r\n")) and (length := _length(head)) is not None:
                self.asked.append(head + await reader.readexactly(length))
                said = self.says.pop(0) if len(self.says) > 1 else self.says[0]
                if said is None:
                    self.waiting.set()
                    await reader.read()
                if not said:
                    break
                writer.write(said)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


def _length(head: bytes) -> int:
    fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:] if b": " in line)
    return int(fields.get(b"content-length", b"0"))


@asynccontextmanager
async def bad_server() -> AsyncIterator[BadServer]:
    """One on a free port; `url` is where."""
    bad = BadServer()
    server = await asyncio.start_server(bad.handle, "127.0.0.1", 0)
    bad.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield bad
    finally:
        server.close()


@contextmanager
def bad_server_aside(*says: bytes | None) -> Iterator[str]:
    """The address of one that runs in a thread, for what has an event loop of its own."""
    loop, opened = asyncio.new_event_loop(), Future[str]()

    async def serve() -> None:
        async with bad_server() as bad:
            bad.next(*says)
            opened.set_result(bad.url)
            await ended.wait()

    ended = asyncio.Event()
    thread = Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    try:
        yield opened.result(10)
    finally:
        loop.call_soon_threadsafe(ended.set)
        thread.join(10)
        loop.close()


def faults() -> Sequence[tuple[str, bytes | None, str]]:
    """(what, how it answers, the reason that is told of it)."""
    foreign: Any = {"intent_ranking": [{"name": "order_pizza", "confidence": 0.9}]}
    return (
        ("never answers", None, "timeout"),
        ("hangs up", b"", "unreachable"),
        ("stops half way", whole(ANSWER)[:-20], "timeout"),
        ("500", whole({"reason": "ParsingError"}, 500), "http-500"),
        ("a wrong token", whole({"reason": "NotAuthenticated"}, 401), "token-refused"),
        ("no model", whole({"reason": "Conflict"}, 409), "no-model"),
        ("a redirect", whole({}, 302), "http-302"),
        ("not JSON", whole(b"<html>"), "unreadable"),
        ("not UTF-8", whole(b"\xff\xfe{}"), "unreadable"),
        ("deep JSON", whole(b"[" * 100_000), "unreadable"),
        ("an answer without an end", whole(b" " * 300_000), "unreadable"),
        ("no ranking", whole({"intent": None}), "unreadable"),
        ("an empty ranking", whole({"intent_ranking": []}), "unreadable"),
        ("numbers that are none", whole({"intent_ranking": [{"name": "book", "confidence": "1"}, 7]}), "unreadable"),
        ("not a number", whole(b'{"intent_ranking": [{"name": "book", "confidence": NaN}]}'), "unreadable"),
        ("another model's intents", whole(foreign), "foreign-model"),
        ("not HTTP", b"SSH-2.0-OpenSSH\r\n\r\n", "unreachable"),
    )
