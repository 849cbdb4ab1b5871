"""One sender's pace over any number of dispatchers: the bucket is in Redis, by Redis's own clock."""

import math
from collections.abc import Callable

from hub.live.bucket import KEPT_FOR_REPLIES
from hub.live.pace import Grant, LocalPace
from hub.live.shared.link import Away, Link
from hub.types import new_id

_SHARED = "shared"
_SEEN_FOR = 10.0
"""Seconds after which a dispatcher that asked for nothing is no longer counted."""
_UNKNOWN = 2
"""Dispatchers to reckon with before any count was heard."""

_PACE = """
-- A token bucket, as hub.live.bucket keeps it: tokens may be negative, a debt that the rate pays off. Nobody is granted
-- more than their share of what is there: the others would wait while one looks for what to send.
-- KEYS: the bucket; who asked lately. ARGV: rate, size, share kept from bulk, segments wanted, segments to take in
-- any case (negative: to give back), the asker, seconds it is counted.
-- Returns segments granted, of which for bulk, seconds until there are some, and how many ask.
local time = redis.call('TIME')
local now = tonumber(time[1]) + tonumber(time[2]) / 1000000
local rate, size = tonumber(ARGV[1]), tonumber(ARGV[2])
local state = redis.call('HMGET', KEYS[1], 'tokens', 'at')
local tokens = tonumber(state[1] or ARGV[2])
local at = tonumber(state[2] or now)
tokens = math.min(size, tokens + math.max(0, now - at) * rate) - tonumber(ARGV[5])
redis.call('ZADD', KEYS[2], now, ARGV[6])
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now - tonumber(ARGV[7]))
redis.call('PEXPIRE', KEYS[2], 60000)
local askers = redis.call('ZCARD', KEYS[2])
local granted = math.max(0, math.min(tonumber(ARGV[4]), tokens, math.max(1, tokens / askers)))
local bulk = math.max(0, math.min(granted, tokens - size * tonumber(ARGV[3])))
local wait = 0
if granted <= 0 then wait = math.max(0, -tokens) / rate + 0.001 end
tokens = tokens - granted
redis.call('HSET', KEYS[1], 'tokens', string.format('%.9f', tokens), 'at', string.format('%.6f', now))
redis.call('PEXPIRE', KEYS[1], math.ceil((60 + (size - tokens) / rate) * 1000))
return {string.format('%.9f', granted), string.format('%.9f', bulk), string.format('%.6f', wait), askers}
"""


class SharedPace:
    """The pace of one sender, kept by all of its dispatchers together.

    While the server is away, each keeps to its share: the rate by the number of dispatchers that were last seen, and
    two before any count was heard. A flushed server forgets debts and tokens: once, a full bucket more may leave.

    `name` is the sender's, with nothing of its address; `seconds` is a monotonic clock, in seconds.
    """

    def __init__(self, link: Link, name: str, rate: float, seconds: Callable[[], float]) -> None:
        self._link = link
        self._keys = [link.key("pace", name), link.key("pace", name, "askers")]
        self._me = new_id()
        self._rate = rate
        self._seconds = seconds
        self._askers = _UNKNOWN
        self._share: LocalPace | None = None

    async def reserve(self, wanted: float) -> Grant:
        """Take up to `wanted` segments out of what may leave now."""
        try:
            granted, bulk, wait = await self._ask(wanted, 0.0)
        except Away:
            return await (await self._own()).reserve(wanted)
        self._share = None
        return Grant(granted, bulk, wait, _SHARED)

    async def settle(self, grant: Grant, used: int) -> None:
        """Say how many segments of a grant were used."""
        if grant.source != _SHARED:
            if self._share is not None:
                await self._share.settle(grant, used)
            return
        if used == grant.segments:
            return
        try:
            await self._ask(0.0, used - grant.segments)
        except Away:
            # Tokens not given back are lost: for that long less leaves than might. A debt is paid here.
            debt = max(0, math.ceil(used - grant.segments))
            await (await self._own()).settle(Grant(0.0, 0.0), debt)

    async def _own(self) -> LocalPace:
        """This process's share of the rate. It begins empty: what was there may have been granted to others."""
        if self._share is None:
            self._share = LocalPace(self._rate / self._askers, self._seconds)
            await self._share.reserve(max(1.0, self._rate))
        return self._share

    async def _ask(self, wanted: float, taken: float) -> tuple[float, float, float]:
        arguments = [self._rate, max(1.0, self._rate), KEPT_FOR_REPLIES, wanted, taken, self._me, _SEEN_FOR]
        told = await self._link.ask(lambda client: client.register_script(_PACE)(self._keys, arguments))
        self._askers = max(1, int(told[3]))
        return float(told[0]), float(told[1]), float(told[2])
