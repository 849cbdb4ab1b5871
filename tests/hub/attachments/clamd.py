"""A scanner on this machine that speaks clamd's protocol, and knows one signature: EICAR's test file."""

import asyncio
from pathlib import Path
from typing import Literal

Mishap = Literal["hang", "drop", "garbage", "error"]

# In two pieces, so that no scanner takes this file for the test.
EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR" + rb"-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


class FakeClamd:
    """Answers INSTREAM and VERSION. Refuses in the middle what is longer than `most`, as StreamMaxLength does."""

    def __init__(self, most: int = 1_000_000) -> None:
        self.most = most
        self.next: Mishap | None = None
        self.seen: list[bytes] = []
        self._server: asyncio.Server | None = None
        self._closing = asyncio.Event()

    async def start(self, path: Path | None = None) -> str:
        """Listen; returns the address."""
        if path is not None:
            self._server = await asyncio.start_unix_server(self._serve, str(path))
            return f"unix://{path}"
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return f"tcp://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def stop(self) -> None:
        self._closing.set()
        assert self._server is not None
        self._server.close()
        await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            command = await reader.readuntil(b"\0")
            said = b"ClamAV 1.4.3/27000\0" if command == b"zVERSION\0" else await self._scan(command, reader)
            if self.next == "hang":
                await self._closing.wait()
            elif self.next != "drop":
                writer.write({"garbage": b"\xff\xfe\0", "error": b"stream: no ERROR\0"}.get(self.next or "", said))
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            return
        finally:
            writer.close()

    async def _scan(self, command: bytes, reader: asyncio.StreamReader) -> bytes:
        assert command == b"zINSTREAM\0"
        content = bytearray()
        while length := int.from_bytes(await reader.readexactly(4), "big"):
            content += await reader.readexactly(length)
            if len(content) > self.most:
                return b"INSTREAM size limit exceeded. ERROR\0"
        self.seen.append(bytes(content))
        return b"stream: Eicar-Test-Signature FOUND\0" if EICAR in content else b"stream: OK\0"
