"""Answers that several surfaces give."""

import math

from aiohttp import web

from hub.errors import Overloaded, StorageError


def unavailable(refusal: StorageError) -> web.Response:
    """503 with the seconds after which to ask again."""
    return web.Response(status=503, text=str(refusal), headers={"Retry-After": str(retry_after(refusal))})


def retry_after(refusal: StorageError) -> int:
    """Whole seconds to wait before another try."""
    return math.ceil(refusal.after.total_seconds()) if isinstance(refusal, Overloaded) else 5
