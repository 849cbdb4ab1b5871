"""The front of every connection: webhooks as providers really send them, answered without the general server.

1. A connection begins here. A request that is plain (`heads`), whole and for an address that providers post to is
   verified, understood and stored; its answer is written once it is durable.
2. The first request of any other kind, and all that follows on that connection, is the general server's: it gets the
   bytes as they came. That is no error, merely slower, so that whatever is doubtful goes there.
"""

import asyncio
import math
from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import partial

from multidict import MultiDict, MultiDictProxy
from yarl import query_to_pairs

from hub.errors import PayloadInvalid, StorageError, WebhookError
from hub.web.answers import Written
from hub.web.connection import KEEP_ALIVE, Connection
from hub.web.heads import Head, read_head
from hub.web.webhooks import Desk

__all__ = ["Front", "form_of"]

_NOTHING: MultiDictProxy[str] = MultiDictProxy(MultiDict())
_KEEP_ALIVE = KEEP_ALIVE.total_seconds()
_MOST_FIELDS = 1000
"""Fields of a form that aiohttp takes; more are refused there."""


class Front(asyncio.Protocol):
    """One client's connection, for as long as it brings nothing but plain webhooks.

    desks: where each path's webhooks are taken. general: makes the protocol that takes over. open: this front is among
    them while it has the connection. head, body: how long a client may take to bring each.
    """

    __slots__ = (
        "_ahead",
        "_begins",
        "_body_time",
        "_deadline",
        "_desks",
        "_ending",
        "_general",
        "_head",
        "_head_time",
        "_loop",
        "_open",
        "_raw",
        "_transport",
        "_unread",
        "work",
    )

    def __init__(
        self,
        desks: Mapping[str, Desk],
        general: Callable[[], Connection],
        among: "set[Front]",
        *,
        head: timedelta,
        body: timedelta,
    ) -> None:
        self._desks = desks
        self._general = general
        self._open = among
        self._head_time = head.total_seconds()
        self._body_time = body.total_seconds()
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._deadline = math.inf
        # The request under way as it came, where its body begins, and what came after it.
        self._raw: bytes | bytearray = b""
        self._begins = 0
        self._ahead = b""
        self._head: Head | None = None
        """While the rest of its body is awaited."""
        self._ending = False
        self._unread = False
        self.work: asyncio.Future[object] | None = None
        """What the request under way waits for, before it is answered."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A new client owes a request."""
        self._transport = transport  # type: ignore[assignment]  # a stream's transport always is one
        self._deadline = self._loop.time() + self._head_time
        self._open.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """The client is gone. What it brought whole is stored all the same."""
        self._transport = None
        self._open.discard(self)

    def pause_writing(self) -> None:
        """The client does not read its answers: it gets no further ones."""
        self._unread = True
        if self._transport is not None:
            self._transport.pause_reading()

    def resume_writing(self) -> None:
        """The client has read."""
        self._unread = False
        if self._transport is not None and not self._ahead:
            self._transport.resume_reading()

    def overdue(self, now: float) -> bool:
        """Whether the client is late at `now` (the loop's time, in seconds)."""
        return now > self._deadline

    def force_close(self) -> None:
        """Let the client go, without an answer."""
        if self._transport is not None:
            self._transport.abort()

    def finish(self) -> None:
        """Take no more requests; the one under way is answered."""
        self._ending = True
        if self.work is None and self._transport is not None:
            self._transport.close()

    def data_received(self, data: bytes) -> None:
        """Bytes of the client's: mostly a whole request."""
        if self.work is not None:
            # A client that does not wait for its answer is kept from running far ahead.
            self._ahead += data
            if self._transport is not None:
                self._transport.pause_reading()
        elif self._head is not None:
            self._raw += data
            self._go_on(self._head)
        else:
            end = data.find(b"\r\n\r\n")
            head = read_head(data[: end + 2]) if end > 0 else None
            if head is None or head.path not in self._desks:
                self._hand_over(data)
                return
            self._raw, self._begins = data, end + 4
            self._go_on(head)

    def _go_on(self, head: Head) -> None:
        """Take the request, if it is whole."""
        missing = self._begins + head.length - len(self._raw)
        if missing > 0:
            if self._head is None:
                self._head, self._raw = head, bytearray(self._raw)
                self._deadline = self._loop.time() + self._body_time
            return
        self._head = None
        if missing < 0:
            self._hand_over(bytes(self._raw))
            return
        raw = self._raw = bytes(self._raw)
        self._deadline = math.inf
        desk = self._desks[head.path]
        try:
            body = raw[self._begins :]
            work = desk.take(head.target, headers=head.headers, form=form_of(body), query=_query(head.query), body=body)
        except (WebhookError, StorageError) as refusal:
            self._answer(bytes(Written(desk.refused(refusal))))
        except Exception:
            # Whatever broke breaks there again, and is answered and logged as such.
            self._hand_over(raw)
        else:
            self.work = asyncio.ensure_future(work)
            self.work.add_done_callback(partial(self._done, desk))

    def _done(self, desk: Desk, work: "asyncio.Future[object]") -> None:
        """Answer the request that `work` was for."""
        self.work = None
        problem = None if work.cancelled() else work.exception()
        if self._transport is None:
            return
        if work.cancelled():
            self.force_close()
        elif problem is None:
            self._answer(desk.done_written(work.result()))
        elif isinstance(problem, StorageError):
            self._answer(bytes(Written(desk.refused(problem))))
        else:
            self._hand_over(bytes(self._raw))

    def _answer(self, answer: bytes) -> None:
        """Write `answer`, and wait for the next request."""
        if self._transport is None:
            return
        self._transport.write(answer)
        self._raw = b""
        if self._ending:
            self._transport.close()
        elif self._ahead:
            self._hand_over(b"")
        else:
            self._deadline = self._loop.time() + _KEEP_ALIVE

    def _hand_over(self, data: bytes) -> None:
        """Give the connection to the general server, with `data` and all that came after it."""
        transport = self._transport
        if transport is None:
            return
        self._transport = None
        self._open.discard(self)
        general = self._general()
        transport.set_protocol(general)
        general.connection_made(transport)
        if self._unread:
            general.pause_writing()
        transport.resume_reading()
        general.data_received(data + self._ahead)
        self._raw = self._ahead = b""


def form_of(body: bytes) -> MultiDictProxy[str]:
    """The fields of a form, read as the general server reads them. Raises: PayloadInvalid."""
    try:
        fields = body.rstrip().decode().split("&")
    except UnicodeDecodeError:
        raise PayloadInvalid("the form cannot be decoded") from None
    if len(fields) > _MOST_FIELDS:
        raise PayloadInvalid("the form cannot be decoded")
    pairs: list[tuple[str, str]] = []
    for field in fields:
        if "%" in field:
            pairs += query_to_pairs(field)
        elif field:
            name, _, value = field.replace("+", " ").partition("=")
            pairs.append((name, value))
    return MultiDictProxy(MultiDict(pairs))


def _query(query: str) -> MultiDictProxy[str]:
    return MultiDictProxy(MultiDict(query_to_pairs(query))) if query else _NOTHING
