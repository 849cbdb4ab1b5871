"""Reconciling: an attempt whose answer was lost is asked about before there is a second one (invariant 5).

It covers a timeout after the request was written, a process that died in the middle, and a text the provider took and
never reported on.
"""

import logging
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from channels.base import Channel, Reconciling, Unclear
from hub.db import Database
from hub.db.tables import attempt, delivery
from hub.errors import ChannelError, CryptoError
from hub.log import say
from hub.outbox.backoff import Outcome, taken
from hub.outbox.claims import Claims
from hub.outbox.settle import Result
from hub.types import ChannelKind, DeliveryState, Lane, Part, Receipt

_log = logging.getLogger(__name__)
_ASK_AGAIN = timedelta(minutes=1)
_GIVE_UP = timedelta(hours=1)
_STOP_ASKING = timedelta(hours=24)
_BATCH = 32
_NEVER = datetime(9999, 1, 1, tzinfo=UTC)


class Reconciler:
    """Finds out what became of attempts nobody answered for."""

    def __init__(self, db: Database, claims: Claims, channels: Mapping[ChannelKind, Channel], after: timedelta) -> None:
        self._db = db
        self._claims = claims
        self._channels = channels
        self._after = after

    async def mark_lost(self, conn: AsyncConnection, now: datetime, *, all_leases: bool = False) -> int:
        """Mark attempts whose holder is gone as unknown; returns how many.

        `all_leases`: at the start of the only process, no lease has a holder, however long it still runs.
        """
        lost = sa.and_(delivery.c.state == DeliveryState.SENDING, delivery.c.unknown_since.is_(None))
        if not all_leases:
            lost = sa.and_(lost, delivery.c.lease_until < now)
        marked = await conn.execute(
            sa.update(delivery)
            .where(lost)
            .values(unknown_since=now, reason="outcome_unknown", due_at=now + self._after, updated_at=now)
        )
        return marked.rowcount

    async def results(self, now: datetime) -> list[Result]:
        """What the providers say of attempts that are due to be asked about."""
        async with self._db.glance() as conn:
            rows = [row for query in _asked_about(now) for row in (await conn.execute(query)).all()]
            parts: list[tuple[Any, Part | CryptoError]] = []
            for row in rows:
                try:
                    parts.append((row, await self._claims.part_of(conn, row.id)))
                except CryptoError as error:
                    # Disposed of meanwhile: nothing can be asked, and nothing may be sent.
                    parts.append((row, error))
            known = await _known(conn, rows)
        results = []
        for row, part in parts:
            outcome = _lost(row, now) if isinstance(part, CryptoError) else await self._ask(row, part, known, now)
            if outcome is not None:
                results.append(_result(row, outcome))
        return results

    @staticmethod
    async def certain(conn: AsyncConnection, results: Sequence[Result]) -> list[Result]:
        """Those of `results` that nothing speaks against in the transaction that is to record them.

        A text is found by its words. What the provider has may be another delivery's, which says the same to the same
        person and was lost as well, or is being sent right now: that one is settled first, and this one asked about
        again.
        """
        found = {result.outcome.provider_id: result for result in reversed(results) if result.outcome.provider_id}
        if not found:
            return list(results)
        has = sa.select(delivery.c.id, delivery.c.provider_id).where(
            delivery.c.channel.in_({result.channel for result in found.values()}), delivery.c.provider_id.in_(found)
        )
        owners: dict[str, set[str]] = {}
        for row in await conn.execute(has):
            owners.setdefault(row.provider_id, set()).add(row.id)
        sending = sa.select(delivery.c.address_id).where(
            delivery.c.address_id.in_({result.address_id for result in found.values()}),
            delivery.c.state == DeliveryState.SENDING,
            delivery.c.unknown_since.is_(None),
        )
        under_way = set((await conn.execute(sending)).scalars())

        def may_count(result: Result) -> bool:
            told = result.outcome.provider_id
            if told is None:
                return True
            if told in owners:
                return result.delivery_id in owners[told]
            return found[told] is result and result.address_id not in under_way

        return [result for result in results if may_count(result)]

    async def _ask(self, row: Any, part: Part, known: Mapping[str, set[str]], now: datetime) -> Outcome | None:
        channel = self._channels.get(ChannelKind(row.channel))
        sent = row.state == DeliveryState.SENT
        if channel is None:
            return None
        if not isinstance(channel, Reconciling):
            if sent:
                return _unreported(row, now)
            return _again(now) if channel.limits.deduplicates else _lost(row, now)
        others = known.get(row.address_id, set()) - {row.provider_id}
        try:
            found = await channel.lookup(part, row.started_at, known=others)
        except ChannelError as error:
            say(_log, "lookup_failed", logging.WARNING, delivery=row.id, error=error)
            found = Unclear(reason=error.code)
        if isinstance(found, Receipt):
            return _unreported(row, now) if sent and found.state is DeliveryState.SENT else taken(found, now)
        if sent:
            return _unreported(row, now)
        if found is None:
            say(_log, "was_not_taken", delivery=row.id)
            return _again(now)
        say(_log, "outcome_unclear", logging.WARNING, delivery=row.id, reason=found.reason)
        if now - (row.unknown_since or now) > _GIVE_UP:
            return _lost(row, now)
        return Outcome(
            state=DeliveryState.SENDING,
            due_at=now + _ASK_AGAIN,
            result="unknown",
            reason="outcome_unknown",
            unknown=True,
        )


def _asked_about(now: datetime) -> tuple[sa.Select[Any], ...]:
    """What is due to be asked about: attempts of unknown outcome, and texts that were sent and not reported on."""
    due = (
        sa.select(delivery, attempt.c.started_at)
        .join(attempt, sa.and_(attempt.c.delivery_id == delivery.c.id, attempt.c.number == delivery.c.attempts))
        # Naming the lanes lets the index be used up to the time.
        .where(delivery.c.lane.in_(list(Lane)), delivery.c.due_at <= now)
        .order_by(delivery.c.due_at, delivery.c.id)
        .limit(_BATCH)
    )
    unknown = due.where(delivery.c.state == DeliveryState.SENDING, delivery.c.unknown_since.is_not(None))
    return unknown, due.where(delivery.c.state == DeliveryState.SENT)


async def _known(conn: AsyncConnection, rows: Any) -> dict[str, set[str]]:
    """The provider's ids that other deliveries to the same addresses already have."""
    addresses = {row.address_id for row in rows}
    if not addresses:
        return {}
    since = min(row.started_at for row in rows) - _STOP_ASKING
    query = sa.select(delivery.c.address_id, delivery.c.provider_id).where(
        delivery.c.address_id.in_(addresses), delivery.c.provider_id.is_not(None), delivery.c.updated_at > since
    )
    known: dict[str, set[str]] = {}
    for row in await conn.execute(query):
        known.setdefault(row.address_id, set()).add(row.provider_id)
    return known


def _again(now: datetime) -> Outcome:
    return Outcome(state=DeliveryState.QUEUED, due_at=now, result="not_taken", reason="not_taken")


def _lost(row: Any, now: datetime) -> Outcome:
    return Outcome(state=DeliveryState.FAILED, due_at=now, result="unknown", reason="outcome_unknown", alert=True)


def _unreported(row: Any, now: datetime) -> Outcome:
    """Still only sent: ask after as long again as it has already waited, and after a day no more."""
    waited: timedelta = now - row.created_at
    final = waited > _STOP_ASKING
    return Outcome(
        state=DeliveryState.SENT,
        due_at=_NEVER if final else now + max(_ASK_AGAIN, waited),
        result="taken",
        reason="unreported" if final else row.reason,
        provider_id=row.provider_id,
    )


def _result(row: Any, outcome: Outcome) -> Result:
    return Result(
        delivery_id=row.id,
        attempt=row.attempts,
        thread_id=row.thread_id,
        address_id=row.address_id,
        channel=ChannelKind(row.channel),
        lane=Lane(row.lane),
        outcome=outcome,
    )
