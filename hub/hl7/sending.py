"""A sender of messages, for trying the listener: one message at a time, each with its answers."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Sequence

from hub.errors import InputError
from hub.hl7.framing import Frames, NoFraming, framed

_PATIENCE = 30.0
_MORE = 0.3
"""Seconds that are waited for a second answer."""


def messages_in(content: bytes) -> list[bytes]:
    """The messages of a file: framed, or plain, each beginning with MSH. Raises: InputError when there is none."""
    text = content.replace(b"\x0b", b"").replace(b"\x1c", b"").replace(b"\r\n", b"\r").replace(b"\n", b"\r")
    found: list[list[bytes]] = []
    for line in text.split(b"\r"):
        if line.startswith(b"MSH"):
            found.append([])
        if line.strip() and found:
            found[-1].append(line)
    if not found:
        raise InputError("the file holds no HL7 message: one begins with MSH")
    return [b"".join(line + b"\r" for line in lines) for lines in found]


async def send(
    host: str, port: int, messages: Sequence[bytes], context: ssl.SSLContext | None = None
) -> AsyncIterator[list[bytes]]:
    """Send one message after the other, and yield what each was answered.

    Raises: InputError when nobody takes them, or does not answer in time.
    """
    try:
        reader, writer = await asyncio.open_connection(host, port, ssl=context)
    except OSError as error:
        raise InputError(f"nobody takes HL7 messages on {host}:{port} ({error.strerror or 'refused'})") from None
    frames = Frames()
    try:
        for message in messages:
            writer.write(framed(message))
            await writer.drain()
            answers: list[bytes] = []
            while True:
                try:
                    async with asyncio.timeout(_MORE if answers else _PATIENCE):
                        data = await reader.read(65536)
                except TimeoutError:
                    if answers:
                        break
                    raise InputError("no answer came") from None
                if not data:
                    break
                answers += frames.feed(data)
            if not answers:
                raise InputError("the connection was closed without an answer")
            yield answers
    except (OSError, NoFraming):
        raise InputError("the connection broke") from None
    finally:
        writer.close()
