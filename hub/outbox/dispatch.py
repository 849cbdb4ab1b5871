"""The dispatcher: claims, sends and settles, until it is told to stop."""

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from types import MappingProxyType

from sqlalchemy.ext.asyncio import AsyncConnection

from channels.base import Channel
from consent.ledger import Ledger
from hub.audit import Trail
from hub.clock import Clock
from hub.db import Database
from hub.errors import StorageError
from hub.events import Bell
from hub.live import Pace, Topic, Wakeups
from hub.log import say
from hub.metrics import Metrics
from hub.outbox import locks, missed
from hub.outbox import statuses as callbacks
from hub.outbox.backoff import Outcome
from hub.outbox.claims import Claim, Claims
from hub.outbox.leases import EXTEND_EVERY, Leases
from hub.outbox.reconcile import Reconciler
from hub.outbox.sending import Crew
from hub.outbox.settle import Result, settle
from hub.outbox.states import OPEN
from hub.proxies import Hearing
from hub.types import Address, ChannelKind, Lane, Part, Status
from hub.vault import Vault
from hub.vendors import NO_REGISTER, Barring

_log = logging.getLogger(__name__)
_CLAIMED = 384
"""Deliveries claimed and not yet sent, at most: the calls go on while the next ones are claimed, and a commit is paid
for many."""
_RESERVED = 4 * _CLAIMED
"""Segments reserved at once: what is claimed at once seldom has more."""
_FEW = 128
"""Claim when no more than so many are left: claiming a handful at a time would cost a commit each."""
_TOGETHER = 128
"""Results recorded together if they come within `_LINGER` seconds; the last ones under way wait for nobody."""
_LINGER = 0.02
_POLL = 0.5
_SWEEP = 1.0
_UNMATCHED_FOR = timedelta(days=1)


@dataclass(slots=True)
class _Stream:
    """Channels that keep one pace. more: whether there is likely more to claim than was claimed last."""

    channels: list[ChannelKind]
    pace: Pace
    more: bool = True


class Outbox:
    """Sends what the router queued.

    `senders` are the clinic's own addresses by channel, `pace` keeps the rate that they may use together; those in
    `paces` have one of their own.
    """

    def __init__(
        self,
        *,
        db: Database,
        vault: Vault,
        ledger: Ledger,
        trail: Trail,
        clock: Clock,
        metrics: Metrics,
        bell: Bell,
        wakeups: Wakeups,
        channels: Mapping[ChannelKind, Channel],
        senders: Mapping[ChannelKind, Address],
        pace: Pace,
        reconcile_after: timedelta,
        hearing: Hearing,
        paces: Mapping[ChannelKind, Pace] = MappingProxyType({}),
        clinic_state: str = "",
        register: Barring = NO_REGISTER,
    ) -> None:
        self._db = db
        self._ledger = ledger
        self._clock = clock
        self._metrics = metrics
        self._bell = bell
        self._wakeups = wakeups
        self._channels = channels
        self._claims = Claims(vault, ledger, trail, senders, hearing, clinic_state, register)
        self._reconciler = Reconciler(db, self._claims, channels, reconcile_after)
        self._reconcile_after = reconcile_after
        own = {kind: one for kind, one in paces.items() if kind in senders}
        others = [kind for kind in senders if kind not in own]
        self._streams = [_Stream([kind], one) for kind, one in own.items()]
        if others:
            self._streams.insert(0, _Stream(others, pace))
        self._work = asyncio.Event()
        self._leases = Leases()
        self._crew = Crew(
            channels, clock, self._leases, reconcile_after=reconcile_after, few=_FEW, ended=self._attempt_ended
        )
        self._results: list[Result] = []
        self._ended = asyncio.Event()
        self._enough = asyncio.Event()
        self._reports: list[tuple[Sequence[Status], asyncio.Future[None]]] = []
        self._reporting: asyncio.Task[None] | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._stopping = False

    async def recover(self) -> int:
        """At the start: what was being sent when a dispatcher ended is now unknown.

        On the embedded database there is no other dispatcher, so that no attempt has a holder; elsewhere only those
        have none whose lease ran out. What came due while nothing was sent is spread, so that it is no flood.
        """

        async def unit(conn: AsyncConnection) -> int:
            return await self._reconciler.mark_lost(conn, self._clock.now(), all_leases=locks.embedded(conn))

        async with self._db.read() as conn:
            more = await missed.away(conn, self._clock.now())
        while more:
            more = await self._db.write(partial(missed.spread, now=self._clock.now()))
        return await self._db.write(unit)

    def start(self) -> None:
        """Begin to send."""
        self._crew.start()
        loops = {
            "send": self._send_due,
            "settle": self._settle_results,
            "sweep": self._sweep,
            "leases": self._extend_leases,
        }
        self._tasks = [
            asyncio.create_task(self._again_and_again(name, step), name=f"outbox-{name}")
            for name, step in loops.items()
        ]

    async def stop(self) -> None:
        """Claim nothing more, wait for what is under way, record it, and end."""
        self._stopping = True
        self.wake()
        if self._tasks:
            # Its last round ends by itself: a claim that is being committed is a text that is about to be sent.
            await asyncio.wait(self._tasks[:1])
        await self._crew.stop()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        while self._results:
            await self._settle_waiting()

    def wake(self) -> None:
        """Say that something was queued."""
        self._work.set()

    async def part(self, delivery_id: str) -> Part | None:
        """What a delivery carries, for a provider that asks for it once the person listens; None if there is none."""
        async with self._db.glance() as conn:
            return await self._claims.part_if_any(conn, delivery_id)

    async def report(self, statuses: Sequence[Status]) -> None:
        """Record what a provider says became of deliveries, durably. Callbacks that come together share a commit."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._reports.append((statuses, done))
        if self._reporting is None:
            self._reporting = asyncio.create_task(self._take_reports(), name="outbox-reports")
        await done

    async def _take_reports(self) -> None:
        try:
            while self._reports:
                batch, self._reports = self._reports, []
                try:
                    await self._record([status for statuses, _ in batch for status in statuses])
                except Exception as error:
                    # Whatever it is, it goes to those who wait: their providers will tell again.
                    for _, done in batch:
                        if not done.done():
                            done.set_exception(error)
                else:
                    for _, done in batch:
                        if not done.done():
                            done.set_result(None)
        finally:
            self._reporting = None

    async def _record(self, statuses: Sequence[Status]) -> None:
        async def unit(conn: AsyncConnection) -> list[callbacks.Reached]:
            return await callbacks.report(conn, self._ledger, self._channels, statuses, self._clock.now())

        reached = await self._db.write(unit)
        for (channel, state), times in Counter((one.channel, one.state) for one in reached).items():
            self._metrics.deliveries.labels(channel, state).inc(times)
        self._bell.ring()
        if any(one.before in OPEN for one in reached):
            # A person's next message may have waited for this one, and whoever sends may be another process.
            self._wakeups.ring(Topic.QUEUED)

    async def _again_and_again(self, name: str, step: Callable[[], Awaitable[None]]) -> None:
        """Run `step` for ever: a fault in one round must not end the sending."""
        while not self._stopping:
            try:
                await step()
            except StorageError as error:
                say(_log, "storage_failed", logging.ERROR, loop=name, error=error)
                await asyncio.sleep(1.0)
            except Exception:
                _log.exception("round_failed", extra={"values": {"loop": name}})
                await asyncio.sleep(1.0)

    async def _send_due(self) -> None:
        self._work.clear()
        await self._crew.room()
        decided, pause = 0, _POLL
        for stream in self._streams:
            grant = await stream.pace.reserve(_RESERVED)
            used = 0
            try:
                if grant.segments > 0:
                    claims, found = await self._claim(stream, grant.lanes, grant.segments)
                    decided += found
                    used = sum(claim.segments for claim in claims)
                    self._crew.take(claims)
            finally:
                await stream.pace.settle(grant, used)
            pause = min(pause, grant.wait or _POLL)
        if not decided:
            try:
                await asyncio.wait_for(self._work.wait(), pause)
            except TimeoutError:
                return

    async def _claim(self, stream: "_Stream", lanes: list[Lane], budget: float) -> tuple[list[Claim], int]:
        limit = _CLAIMED - self._crew.under_way
        if limit <= 0:
            return [], 0
        if not stream.more:
            async with self._db.glance() as conn:
                if not await self._claims.waiting(conn, self._clock.now(), lanes, stream.channels):
                    return [], 0
        claimed_at = self._clock.now()

        async def unit(conn: AsyncConnection) -> tuple[list[Claim], int]:
            nonlocal claimed_at
            claimed_at = self._clock.now()
            return await self._claims.claim(
                conn, claimed_at, lanes=lanes, limit=limit, segments=budget, channels=stream.channels
            )

        claims, decided = await self._db.write(unit)
        # After a full batch there is likely more, and no need to look first.
        stream.more = decided == limit
        self._leases.hold([(claim.delivery_id, claim.attempt) for claim in claims], claimed_at)
        return claims, decided

    def _attempt_ended(self, claim: Claim, outcome: Outcome) -> None:
        self._results.append(
            Result(
                delivery_id=claim.delivery_id,
                attempt=claim.attempt,
                thread_id=claim.thread_id,
                address_id=claim.address_id,
                channel=claim.channel,
                lane=claim.lane,
                outcome=outcome,
            )
        )
        self._ended.set()
        # The claim that just ended still counts as under way.
        if len(self._results) >= _TOGETHER or self._crew.under_way == 1:
            self._enough.set()

    async def _extend_leases(self) -> None:
        """Say that what we hold is ours still, often enough that a lease never ends by our slowness."""
        await asyncio.sleep(EXTEND_EVERY.total_seconds())
        await self.extend_leases()

    async def extend_leases(self) -> None:
        """Extend the leases of all attempts that are not recorded yet."""
        if not self._leases:
            return
        now = self._clock.now()
        kept = await self._db.write(lambda conn: self._leases.extend(conn, now))
        self._leases.extended(kept, now)

    async def _settle_results(self) -> None:
        await self._ended.wait()
        if self._crew.under_way:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._enough.wait(), _LINGER)
        self._enough.clear()
        self._ended.clear()
        await self._settle_waiting()

    async def _settle_waiting(self) -> None:
        if not self._results:
            return
        # Of many, whole batches: statements of one length stay prepared, and the rest is soon enough for one more.
        cut = len(self._results) // _TOGETHER * _TOGETHER or len(self._results)
        batch, self._results = self._results[:cut], self._results[cut:]
        if self._results:
            self._ended.set()
        try:
            await self._settle(batch)
        except StorageError:
            # Kept: the result of an attempt is not to be had again.
            self._results = batch + self._results
            self._ended.set()
            raise
        except BaseException:
            self._let_go(batch)
            raise
        self._let_go(batch)
        for (channel, result), times in Counter((one.channel, one.outcome.result) for one in batch).items():
            self._metrics.attempts.labels(channel, result).inc(times)

    def _let_go(self, batch: list[Result]) -> None:
        for result in batch:
            self._leases.release(result.delivery_id, result.attempt)

    async def _settle(self, batch: list[Result], *, asked: bool = False) -> None:
        """Record `batch`; `asked`: it is what providers say they have, which may be another delivery's."""

        async def unit(conn: AsyncConnection) -> list[Result]:
            sure = await self._reconciler.certain(conn, batch) if asked else batch
            return await settle(conn, self._ledger, sure, self._clock.now())

        counted = await self._db.write(unit)
        for (channel, state), times in Counter((one.channel, one.outcome.state) for one in counted).items():
            self._metrics.deliveries.labels(channel, state).inc(times)
        self._bell.ring()
        self.wake()

    async def _sweep(self) -> None:
        """Every state that is not final has somebody who comes back to it."""
        now = self._clock.now()

        async def unit(conn: AsyncConnection) -> int:
            await callbacks.prune(conn, now - _UNMATCHED_FOR)
            return await self._reconciler.mark_lost(conn, now)

        if lost := await self._db.write(unit):
            say(_log, "leases_lost", logging.WARNING, deliveries=lost)
        results = await self._reconciler.results(now)
        if results:
            await self._settle(results, asked=True)
        await asyncio.sleep(min(_SWEEP, max(0.05, self._reconcile_after.total_seconds() / 4)))
