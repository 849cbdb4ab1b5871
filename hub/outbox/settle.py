"""Settling: what came of an attempt is recorded, if the attempt is still the one that counts."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from consent.facts import PHONE, PHONE_CHANNELS, ConsentState, Scope, Source
from consent.ledger import Ledger, NewFact
from consent.policy import NO_TEXTS
from hub.audit import Actor
from hub.db.bulk import update_rows
from hub.db.tables import address, attempt, delivery, thread, unmatched_status
from hub.events import Change, publish
from hub.outbox import locks, watch
from hub.outbox.backoff import UNREPORTED_AFTER, Outcome
from hub.outbox.plain import record_taken
from hub.outbox.queue import note
from hub.outbox.states import sources
from hub.types import ChannelKind, DeliveryState, Lane

_CARRIER = Actor("carrier")


class Result(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An attempt's outcome, on its way into the database."""

    delivery_id: str
    attempt: int
    thread_id: str
    address_id: str
    channel: ChannelKind
    lane: Lane
    outcome: Outcome


async def settle(conn: AsyncConnection, ledger: Ledger, results: Sequence[Result], now: datetime) -> list[Result]:
    """Those of `results` that counted.

    A result names its attempt: one whose number is no longer the delivery's, or whose delivery a callback has moved on
    meanwhile, changes nothing but the record of the attempt. One that comes after its lease was lost still counts while
    no other attempt was begun: to know is better than to ask.
    """
    await locks.deliveries(conn, [result.delivery_id for result in results])
    plain = [result for result in results if _plain(result.outcome)]
    done = await _settle_plain(conn, plain, now)
    rest = [result for result in results if result.delivery_id not in done]
    counted = [result for result in plain if result.delivery_id in done]
    counted += await _settle_others(conn, ledger, rest, now)
    await _apply_early_reports(conn, counted, now)
    await publish(conn, now, [Change("delivery.updated", result.delivery_id) for result in counted])
    return counted


def _plain(outcome: Outcome) -> bool:
    """Whether the provider took it and said nothing more, as nearly always."""
    return outcome.result == "taken" and outcome.state is DeliveryState.SENT and not outcome.reason


async def _settle_plain(conn: AsyncConnection, results: Sequence[Result], now: datetime) -> set[str]:
    """The deliveries whose attempt was still under way, and is now recorded as taken."""
    if not results:
        return set()
    taken = [(result.delivery_id, result.attempt, result.outcome.provider_id) for result in results]
    done = await record_taken(conn, taken, now, due_at=now + UNREPORTED_AFTER)
    await note(conn, [(delivery_id, DeliveryState.SENT, "") for delivery_id in done], now)
    return set(done)


async def _settle_others(
    conn: AsyncConnection, ledger: Ledger, results: Sequence[Result], now: datetime
) -> list[Result]:
    """Those of `results` that counted, looked at one by one."""
    if not results:
        return []
    await conn.execute(
        _ATTEMPT,
        [
            {
                "of": result.delivery_id,
                "nr": result.attempt,
                "moment": now,
                "result": result.outcome.result,
                "what": result.outcome.reason[:16],
            }
            for result in results
        ],
    )
    current = await _states(conn, [result.delivery_id for result in results])
    counted, rows, history = [], [], []
    for result in results:
        known = current[result.delivery_id]
        state = DeliveryState(known.state)
        if known.attempts != result.attempt:
            continue
        # Still unknown, or still only sent: when it is looked at next changes, its state does not.
        stays = state is result.outcome.state and (result.outcome.unknown or state is DeliveryState.SENT)
        if stays or state in sources(result.outcome.state):
            counted.append(result)
            rows.append(_row(result, known, now))
            if not stays:
                history.append((result.delivery_id, result.outcome.state, result.outcome.reason))
        elif result.outcome.provider_id:
            # A callback was quicker; it may not have known which of our rows it spoke of.
            await conn.execute(
                sa.update(delivery)
                .where(delivery.c.id == result.delivery_id, delivery.c.provider_id.is_(None))
                .values(provider_id=result.outcome.provider_id)
            )
    await update_rows(conn, delivery, rows)
    await note(conn, history, now)
    await _mark_addresses(conn, ledger, counted, now)
    lost = [result.delivery_id for result in counted if result.outcome.state is DeliveryState.FAILED]
    watched = await watch.fell(conn, lost, now)
    # Of what is watched staff hear when every way is spent.
    told = [r for r in counted if r.outcome.alert and r.lane is not Lane.BULK and r.delivery_id not in watched]
    await alert(conn, [(r.thread_id, r.outcome.reason) for r in told])
    return counted


async def alert(conn: AsyncConnection, threads: Sequence[tuple[str, str]]) -> None:
    """Ask staff to look at threads in which something the person waits for was not delivered."""
    for thread_id, _reason in threads:
        await conn.execute(
            sa.update(thread)
            .where(thread.c.id == thread_id, thread.c.attention == "")
            .values(attention="delivery_failed", priority=sa.case((thread.c.priority < 1, 1), else_=thread.c.priority))
        )


async def mark_address(conn: AsyncConnection, address_id: str, reason: str, *, no_texts: bool = False) -> None:
    """Note that the provider cannot reach this address; `no_texts`: not with texts, but with calls it may."""
    reason = f"{NO_TEXTS}:{reason}" if no_texts else reason
    await conn.execute(
        sa.update(address)
        .where(address.c.id == address_id, address.c.state == "ok")
        .values(state="invalid", state_reason=reason[:64])
    )


async def record_carrier_stop(
    conn: AsyncConnection, ledger: Ledger, address_id: str, channel: ChannelKind, now: datetime
) -> None:
    """Write a STOP that the provider knows of and we did not, unless the ledger already holds one.

    A phone's is of calls and texts alike; of a mailbox, of mail.
    """
    holding = (await ledger.standings(conn, (address_id,)))[address_id]
    if any(fact.state is ConsentState.REVOKE and fact.source is Source.PROVIDER for fact in holding.facts[-1:]):
        return
    fact = NewFact(
        address_id=address_id,
        person_id=None,
        state=ConsentState.REVOKE,
        scope=PHONE if channel in PHONE_CHANNELS else Scope(channels=frozenset((channel,))),
        source=Source.PROVIDER,
        at=now,
        actor=_CARRIER,
        evidence={"how": "the provider says that the person wants no more of it"},
    )
    await ledger.record(conn, fact)


_ATTEMPT = (
    sa.update(attempt)
    .where(attempt.c.delivery_id == sa.bindparam("of"), attempt.c.number == sa.bindparam("nr"))
    .values(ended_at=sa.bindparam("moment"), outcome=sa.bindparam("result"), code=sa.bindparam("what"))
)


def _row(result: Result, known: Any, now: datetime) -> dict[str, object]:
    outcome = result.outcome
    return {
        "id": result.delivery_id,
        "state": outcome.state,
        "reason": outcome.reason[:64],
        "due_at": outcome.due_at,
        "lease_until": None,
        # Since when it is unknown, not since when that was last found: it must come to an end.
        "unknown_since": (known.unknown_since or now) if outcome.unknown else None,
        "provider_id": outcome.provider_id or known.provider_id,
        "updated_at": now,
    }


_ANY_EARLY = sa.select(unmatched_status.c.id).limit(1)
_STATES = sa.select(
    delivery.c.id, delivery.c.state, delivery.c.attempts, delivery.c.provider_id, delivery.c.unknown_since
).where(delivery.c.id.in_(sa.bindparam("ids", expanding=True)))


async def _states(conn: AsyncConnection, ids: list[str]) -> dict[str, Any]:
    """What each delivery is at now."""
    return {row.id: row for row in await conn.execute(_STATES, {"ids": ids})}


async def _mark_addresses(conn: AsyncConnection, ledger: Ledger, results: list[Result], now: datetime) -> None:
    for result in results:
        if result.outcome.bad_address:
            await mark_address(conn, result.address_id, result.outcome.reason, no_texts=result.outcome.no_texts)
        if result.outcome.opted_out:
            await record_carrier_stop(conn, ledger, result.address_id, result.channel, now)


async def _apply_early_reports(conn: AsyncConnection, results: list[Result], now: datetime) -> None:
    """A callback without our reference may have come before we knew the provider's id."""
    by_provider = {r.outcome.provider_id: r for r in results if r.outcome.provider_id}
    # Nearly always there is none at all.
    if not by_provider or (await conn.execute(_ANY_EARLY)).first() is None:
        return
    query = (
        sa.select(unmatched_status)
        .where(
            # By both columns of the index.
            unmatched_status.c.channel.in_({r.channel for r in results}),
            unmatched_status.c.provider_id.in_(by_provider),
        )
        .order_by(unmatched_status.c.at, unmatched_status.c.id)
    )
    rows = (await conn.execute(query)).all()
    for row in rows:
        state, delivery_id = DeliveryState(row.state), by_provider[row.provider_id].delivery_id
        moved = await conn.execute(
            sa.update(delivery)
            .where(delivery.c.id == delivery_id, delivery.c.state.in_(sources(state)))
            .values(state=state, reason=row.code, updated_at=now)
        )
        if moved.rowcount:
            await note(conn, [(delivery_id, state, row.code)], row.at)
            await (watch.fell if state is DeliveryState.FAILED else watch.heard)(conn, [delivery_id], now)
    if rows:
        await conn.execute(sa.delete(unmatched_status).where(unmatched_status.c.id.in_([row.id for row in rows])))
