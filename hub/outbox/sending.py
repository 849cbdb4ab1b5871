"""Sending: a fixed crew that makes the provider calls for what was claimed."""

import asyncio
import logging
import random
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta

from channels.base import Channel
from hub.clock import Clock
from hub.errors import ChannelError
from hub.log import say
from hub.outbox.backoff import Outcome, failed, taken
from hub.outbox.claims import Claim
from hub.outbox.leases import Leases
from hub.types import ChannelKind, Lane

_log = logging.getLogger(__name__)
AT_ONCE = 64
"""Provider calls under way at once."""


class Crew:
    """Sends one part for each claim, so many at once, safety first and else in the order claimed.

    ended: hears each claim with its outcome.
    few: `room` waits until no more than so many claims are waiting or under way.
    """

    def __init__(
        self,
        channels: Mapping[ChannelKind, Channel],
        clock: Clock,
        leases: Leases,
        *,
        reconcile_after: timedelta,
        few: int,
        ended: Callable[[Claim, Outcome], None],
    ) -> None:
        self._channels = channels
        self._clock = clock
        self._leases = leases
        self._reconcile_after = reconcile_after
        self._few = few
        self._ended = ended
        self._ready: deque[Claim] = deque()
        self._resting: deque[asyncio.Future[None]] = deque()
        self._room = asyncio.Event()
        self._idle = asyncio.Event()
        self._room.set()
        self._idle.set()
        self._workers: list[asyncio.Task[None]] = []
        self.under_way = 0

    def start(self) -> None:
        """Begin to work."""
        self._workers = [asyncio.create_task(self._work(), name="outbox-send") for _ in range(AT_ONCE)]

    async def stop(self) -> None:
        """Send what was taken over, and end."""
        if self._workers:
            await self._idle.wait()
        for worker in self._workers:
            worker.cancel()
        await asyncio.gather(*self._workers, return_exceptions=True)
        self._workers = []

    async def room(self) -> None:
        """Wait until few are waiting or under way."""
        await self._room.wait()

    def take(self, claims: Sequence[Claim]) -> None:
        """Send these."""
        for claim in claims:
            if claim.lane is Lane.SAFETY:
                self._ready.appendleft(claim)
            else:
                self._ready.append(claim)
        for _ in range(min(len(claims), len(self._resting))):
            self._resting.popleft().set_result(None)
        self.under_way += len(claims)
        if self.under_way > self._few:
            self._room.clear()
        if self.under_way:
            self._idle.clear()

    async def _work(self) -> None:
        while True:
            while not self._ready:
                await self._rest()
            claim = self._ready.popleft()
            try:
                await self._one(claim)
            except Exception:
                # Nobody knows what came of it, so it is left to reconciliation, and its lease to run out.
                self._leases.release(claim.delivery_id, claim.attempt)
                _log.exception("attempt_broke", extra={"values": {"delivery": claim.delivery_id}})
            finally:
                self.under_way -= 1
                if self.under_way <= self._few:
                    self._room.set()
                if not self.under_way:
                    self._idle.set()

    async def _rest(self) -> None:
        called: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._resting.append(called)
        await called

    async def _one(self, claim: Claim) -> None:
        if not self._leases.good(claim.delivery_id, claim.attempt, self._clock.now()):
            say(_log, "lease_lost_before_sending", logging.WARNING, delivery=claim.delivery_id)
            self._leases.release(claim.delivery_id, claim.attempt)
            return
        try:
            receipt = await self._channels[claim.channel].send(claim.part)
        except ChannelError as error:
            now = self._clock.now()
            jitter = random.random()  # noqa: S311 - spreads retries, guards nothing
            outcome = failed(error, claim.attempt, now, jitter=jitter, reconcile_after=self._reconcile_after)
            if error.alert:
                say(_log, "attempt_failed", logging.ERROR, delivery=claim.delivery_id, error=error)
        else:
            outcome = taken(receipt, self._clock.now())
        self._ended(claim, outcome)
