"""How a file is given out: to be kept, never to be shown as a page of ours, and no faster than it is taken.

Source: RFC 6266 (Content-Disposition), RFC 8187 (its names), W3C CSP 3 (sandbox).
"""

import asyncio
import logging
import re
import unicodedata
from collections.abc import AsyncIterator, Mapping
from urllib.parse import quote

from aiohttp import web
from sqlalchemy.exc import SQLAlchemyError

from hub.attachments.kinds import Kind
from hub.errors import HubError
from hub.log import say

__all__ = ["file_name", "give_out", "headers"]

_log = logging.getLogger(__name__)

LONGEST = 80
"""Characters of a name before its ending."""
SEND = 30.0
"""Seconds in which a client must take a segment."""

# Separators of folders, what systems do not allow, and quotes.
_FORBIDDEN = re.compile(r'[\\/:*?"<>|%;]+')
# Names that Windows keeps for devices, whatever their ending.
_DEVICES = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)


def file_name(given: str, kind: Kind | None) -> str:
    """A harmless name after the one that the sender gave. Its ending is that of `kind`, whatever the sender's was.

    Where the kind is not known, the file is not given out, and the name only tells which one it was.
    """
    text = unicodedata.normalize("NFC", given.encode("utf-8", "replace").decode("utf-8"))
    # Controls and invisible marks, among them those that turn the direction of writing round (photo‮gpj.exe).
    shown = "".join(one for one in text if unicodedata.category(one)[0] != "C")
    stem = _FORBIDDEN.sub("_", re.split(r"[\\/]", shown)[-1])
    if kind is not None:
        stem = re.sub(r"\.[A-Za-z0-9]{1,8}$", "", stem)
    stem = re.sub(r"\s+", " ", stem).strip(" .")[:LONGEST].rstrip(" .")
    if not stem or _DEVICES.fullmatch(stem):
        stem = "file"
    return stem + kind.ending if kind is not None else stem


def headers(content_type: str, name: str) -> Mapping[str, str]:
    """The headers of an answer that carries a file: a download, whatever the browser thinks it is."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().replace('"', "_").replace("\\", "_")
    disposition = f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
    charset = "; charset=utf-8" if content_type.startswith("text/") else ""
    return {
        "Content-Type": content_type + charset,
        "Content-Disposition": disposition,
        "Content-Security-Policy": "sandbox; default-src 'none'; frame-ancestors 'none'",
        "X-Content-Type-Options": "nosniff",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Referrer-Policy": "no-referrer",
        "Cache-Control": "no-store",
    }


async def give_out(
    request: web.Request, content: AsyncIterator[bytes], size: int, given: Mapping[str, str]
) -> web.StreamResponse:
    """Answer `request` with a file of `size` octets under the headers `given`, as it comes.

    A fault on the way breaks the connection off: nobody shall take a part for the whole.
    """
    response = web.StreamResponse(headers=given)
    response.content_length = size
    try:
        # The first piece before the headers: what cannot be opened at all is told as such.
        first = await anext(content, b"")
        await response.prepare(request)
        async with asyncio.timeout(SEND):
            await response.write(first)
        async for piece in content:
            async with asyncio.timeout(SEND):
                await response.write(piece)
        await response.write_eof()
    except (ConnectionError, TimeoutError, HubError, SQLAlchemyError) as error:
        if not response.prepared:
            raise
        say(_log, "file_broke_off", logging.WARNING, error=error)
        if request.transport is not None:
            request.transport.abort()
    return response
