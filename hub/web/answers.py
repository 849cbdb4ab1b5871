"""Answers that several surfaces give."""

import math
import time
from email.utils import formatdate
from functools import lru_cache

from aiohttp import web

from hub.errors import Overloaded, StorageError


def unavailable(refusal: StorageError) -> web.Response:
    """503 with the seconds after which to ask again."""
    return web.Response(status=503, text=str(refusal), headers={"Retry-After": str(retry_after(refusal))})


def retry_after(refusal: StorageError) -> int:
    """Whole seconds to wait before another try."""
    return math.ceil(refusal.after.total_seconds()) if isinstance(refusal, Overloaded) else 5


class Written:
    """An answer as the bytes that are written for it, whole but for the date; the connection stays open after it."""

    __slots__ = ("_after", "_before")

    def __init__(self, response: web.Response) -> None:
        body = bytes(response.body or b"")  # type: ignore[arg-type]  # ours are bytes, never a stream
        lines = [f"HTTP/1.1 {response.status} {response.reason}"]
        lines += [f"{name}: {value}" for name, value in response.headers.items() if name != "Content-Length"]
        if response.status != 204:
            lines.append(f"Content-Length: {len(body)}")
        self._before = "\r\n".join([*lines, "Date: "]).encode("ascii")
        self._after = b"\r\n\r\n" + body

    def __bytes__(self) -> bytes:
        return self._before + _date(int(time.time())) + self._after


@lru_cache(maxsize=2)
def _date(second: int) -> bytes:
    """The second, since 1970, as HTTP writes it."""
    return formatdate(second, usegmt=True).encode("ascii")
