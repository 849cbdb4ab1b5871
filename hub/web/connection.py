"""A connection that must bring each request whole within a time.

The server below gives a silent or dripping client all the time in the world, and handlers only run once the head of a
request is complete: so who is late is found from outside.
"""

from asyncio import BaseTransport
from datetime import timedelta
from typing import Any

from aiohttp import web

from hub.files.receiving import UPLOAD_SECONDS

HEAD = timedelta(seconds=10)
"""From connecting, or from the first byte of a further request, to the end of its head."""
BODY = timedelta(seconds=15)
"""From the end of the head to the end of the body."""
KEEP_ALIVE = timedelta(seconds=75)
"""How long a connection may lie idle between requests."""


class Connection(web.RequestHandler):
    """One client's connection, and since when it owes what."""

    __slots__ = ("_owed_since", "_request", "body_seconds", "head_seconds")

    def __init__(self, manager: Any, *, head: timedelta = HEAD, body: timedelta = BODY, **kwargs: Any) -> None:
        super().__init__(manager, **kwargs)
        self.head_seconds = head.total_seconds()
        self.body_seconds = body.total_seconds()
        self._owed_since: float | None = None
        self._request: web.BaseRequest | None = None

    def connection_made(self, transport: BaseTransport) -> None:
        """A new client owes a request."""
        super().connection_made(transport)
        self._owed_since = self._loop.time()

    def data_received(self, data: bytes) -> None:
        """The first bytes after a finished request: now the rest of the next one is owed."""
        if self._owed_since is None:
            self._owed_since = self._loop.time()
        super().data_received(data)

    def began(self, request: web.BaseRequest) -> None:
        """The head of `request` is here; its body may not be."""
        self._request = request
        self._owed_since = self._loop.time()

    def ended(self) -> None:
        """The request was answered; nothing is owed until more bytes come."""
        self._request = None
        self._owed_since = None

    def overdue(self, now: float) -> bool:
        """Whether the client is late at `now` (the loop's time, in seconds)."""
        if self._owed_since is None:
            return False
        if self._request is None:
            return now - self._owed_since > self.head_seconds
        allowed = self._request.get(UPLOAD_SECONDS, self.body_seconds)
        return not self._request.content.is_eof() and now - self._owed_since > allowed
