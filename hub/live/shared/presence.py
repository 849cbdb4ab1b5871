"""Presence that all processes see: a sorted set a thread, of who does what until when, by Redis's own clock."""

import time
from collections.abc import Mapping
from datetime import timedelta

from hub.live.presence import FADES, Doing, LocalPresence, seen
from hub.live.shared.link import Away, Link

_HERE = """
-- KEYS: the thread's set. ARGV: milliseconds that the set lives, then seconds and name of each thing that is done.
local time = redis.call('TIME')
local now = tonumber(time[1]) + tonumber(time[2]) / 1000000
for i = 2, #ARGV, 2 do
  redis.call('ZADD', KEYS[1], now + tonumber(ARGV[i]), ARGV[i + 1])
end
redis.call('PEXPIRE', KEYS[1], ARGV[1])
return 0
"""

_WHO = """
-- KEYS: the thread's set. Returns what is done there now.
local time = redis.call('TIME')
local now = tonumber(time[1]) + tonumber(time[2]) / 1000000
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
return redis.call('ZRANGE', KEYS[1], 0, -1)
"""


class SharedPresence:
    """Presence over all processes of a deployment; within each of them while the server is away."""

    def __init__(self, link: Link, fades: Mapping[Doing, timedelta] = FADES) -> None:
        self._link = link
        self._fades = fades
        self._own = LocalPresence(time.monotonic, fades)

    async def here(self, thread_id: str, user_id: str, doing: Doing) -> None:
        """Say that a user views the thread, or types (and views, too), now."""
        longest = max(self._fades.values())
        arguments: list[str | float] = [int(longest.total_seconds() * 1000)]
        for one in {doing, Doing.VIEWING}:
            arguments += [self._fades[one].total_seconds(), f"{one.value}:{user_id}"]
        try:
            await self._link.ask(lambda client: client.register_script(_HERE)([self._key(thread_id)], arguments))
        except Away:
            await self._own.here(thread_id, user_id, doing)

    async def gone(self, thread_id: str, user_id: str) -> None:
        """Say that a user left the thread."""
        there = [f"{one.value}:{user_id}" for one in Doing]
        await self._own.gone(thread_id, user_id)
        try:
            await self._link.ask(lambda client: client.zrem(self._key(thread_id), *there))
        except Away:
            # Then it fades.
            return

    async def who(self, thread_id: str) -> dict[str, Doing]:
        """What each user who is there does, by user id."""
        try:
            told = await self._link.ask(lambda client: client.register_script(_WHO)([self._key(thread_id)]))
        except Away:
            return await self._own.who(thread_id)
        return seen({(user, Doing(doing)) for doing, _, user in (one.partition(":") for one in told)})

    def _key(self, thread_id: str) -> str:
        return self._link.key("thread", thread_id)
