"""Live events between processes, as a stream numbered like the event log: resumable, in order, without gaps."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import Any

from redis.exceptions import RedisError

from hub.events import Change
from hub.live.ending import end
from hub.live.feed import Log, Numbered
from hub.live.shared.link import LISTEN, Away, Link
from hub.log import say

_log = logging.getLogger(__name__)
_KEPT = 10_000
"""Entries that the stream keeps, about."""
_AT_ONCE = 500
_BEHIND = 5_000
"""Changes that are filled in when the stream lacks them; a stream that is further behind begins anew."""

_APPEND = """
-- Append changes whose numbers come next, and pass over those that are there already.
-- KEYS: the stream. ARGV: entries to keep; then number, type, object and audience of each change, in order.
-- Returns 0, or the stream's newest number when a change between it and the first one is missing.
local newest = redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1)
local top = 0
if newest[1] then
  top = tonumber(string.match(newest[1][1], '^%d+'))
  if tonumber(ARGV[2]) > top + 1 then return top end
end
for i = 2, #ARGV, 4 do
  if tonumber(ARGV[i]) > top then
    redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[1], ARGV[i] .. '-0',
      'type', ARGV[i + 1], 'object', ARGV[i + 2], 'audience', ARGV[i + 3])
  end
end
return 0
"""


class StreamRelay:
    """Carries changes over one stream, which is any number of processes' to append to."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._key = link.key("events")
        self._task: asyncio.Task[None] | None = None
        self._seen = 0
        self._heard: Callable[[Sequence[Numbered]], None] | None = None
        self._log: Log | None = None

    async def start(self, heard: Callable[[Sequence[Numbered]], None], log: Log) -> None:
        """Begin to call `heard` with what others sent, in order but perhaps with gaps."""
        self._heard, self._log = heard, log
        self._seen = await log.newest()
        self._task = asyncio.create_task(self._link.listen(self._read), name="relay")

    async def stop(self) -> None:
        """End."""
        if self._task is not None:
            await end((self._task,))
            self._task = None

    async def send(self, changes: Sequence[Numbered]) -> None:
        """Hand changes to the others, unless somebody did already; a server that is away hears nothing.

        Raises: StorageError, SQLAlchemyError when the log must be asked and cannot be.
        """
        try:
            while top := await self._append(changes):
                # What lies between was committed by a process that ended, or was cut off, before it sent it.
                missing = await self._missing(top, changes[0][0])
                if missing:
                    await self._append(missing)
                else:
                    await self._link.ask(lambda client: client.delete(self._key))
        except Away:
            return

    async def _missing(self, top: int, first: int) -> Sequence[Numbered]:
        """The changes that come next after the stream's newest; none if it is too far behind to be filled up."""
        if self._log is None or first - top > _BEHIND:
            return ()
        found = await self._log.since(top)
        return found if found and found[0][0] == top + 1 else ()

    async def _append(self, changes: Sequence[Numbered]) -> int:
        """0, or the stream's newest number when there is a gap between it and `changes`."""
        arguments: list[Any] = [_KEPT]
        for seq, change in changes:
            arguments += [seq, change.type, change.object_id, change.audience]
        return int(await self._link.ask(lambda client: client.register_script(_APPEND)([self._key], arguments)))

    async def _read(self, client: Any) -> None:
        await self._forget_another_history(client)
        while True:
            answer = await client.xread({self._key: f"{self._seen}-0"}, count=_AT_ONCE, block=int(LISTEN * 1000))
            for entries in _entries(answer):
                self._seen = int(entries[-1][0].partition("-")[0])
                if self._heard is not None:
                    self._heard([_numbered(one, fields) for one, fields in entries])

    async def _forget_another_history(self, client: Any) -> None:
        """Drop a stream that is ahead of the log: it is of a database that was replaced by an older backup."""
        newest = await client.xrevrange(self._key, count=1)
        if not newest or self._log is None:
            return
        top = int(newest[0][0].partition("-")[0])
        # Read after the stream, which holds only what is committed: the log cannot be behind it.
        try:
            highest = await self._log.newest()
        except Exception as error:
            say(_log, "feed_failed", logging.ERROR, error=error)
            raise RedisError("the log cannot be compared now") from error
        if top > highest:
            say(_log, "stream_of_another_history", logging.WARNING)
            await client.delete(self._key)


def _entries(answer: Any) -> list[list[tuple[str, dict[str, str]]]]:
    """The entries of each stream that answered; by protocol version the answer is a mapping, or pairs."""
    if not answer:
        return []
    pages = answer.values() if isinstance(answer, dict) else (page for _, page in answer)
    found = []
    for page in pages:
        # Version 3 of the protocol wraps a stream's entries once more.
        flat = page[0] if page and isinstance(page[0], list) else page
        if flat:
            found.append(list(flat))
    return found


def _numbered(entry: str, fields: dict[str, str]) -> Numbered:
    return int(entry.partition("-")[0]), Change(fields["type"], fields["object"], fields["audience"])
