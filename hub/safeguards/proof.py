"""What proves what happened: the audit chain and its copies elsewhere, and that nothing happened without an entry."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.db.tables import audit_checkpoint, audit_event, audit_link, delivery, message, thread
from hub.parts import Parts
from hub.safeguards.model import Finding, Safeguard, State, last_of, older

__all__ = ["CHAIN", "CONSENT", "COPY", "RECORDED"]

_WALKED, _COPIED = timedelta(days=7), timedelta(days=7)
_SIGNED, _CHAINED = timedelta(minutes=20), timedelta(minutes=5)
_LOOKED_AT = 500
"""Of what was said and sent lately, so many are held against the audit."""
_MARGIN = timedelta(minutes=5)
_PERSONS = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """How far the chain is. fault: what the last walk found wrong; unsigned: links after the last checkpoint."""

    links: int
    waiting: int
    waits_since: datetime | None
    signed: datetime | None
    unsigned_since: datetime | None
    walked: datetime | None
    fault: str


async def _chain(conn: AsyncConnection, parts: Parts) -> Chain:
    free = sa.select(sa.func.count(), sa.func.min(audit_event.c.at)).where(audit_event.c.seq.is_(None))
    waiting, since = (await conn.execute(free)).one()
    newest = sa.select(audit_checkpoint).order_by(audit_checkpoint.c.seq.desc()).limit(1)
    signed = (await conn.execute(newest)).first()
    after = (
        sa.select(audit_event.c.at)
        .select_from(audit_link.join(audit_event, audit_event.c.id == audit_link.c.event_id))
        .where(audit_link.c.seq > (signed.seq if signed is not None else 0))
    )
    walked = await last_of(conn, "audit.verify")
    found = (await parts.trail.details(conn, [walked]))[walked.id] if walked is not None else {}
    return Chain(
        links=(await conn.execute(sa.select(sa.func.max(audit_link.c.seq)))).scalar_one() or 0,
        waiting=waiting,
        waits_since=since,
        signed=None if signed is None else signed.at,
        unsigned_since=(await conn.execute(after.order_by(audit_link.c.seq).limit(1))).scalar(),
        walked=None if walked is None else walked.at,
        fault=str(found.get("fault") or ""),
    )


def judge_chain(facts: Chain, now: datetime) -> Finding:
    """Walked within a week without a fault, signed and chained within minutes."""
    evidence = {
        "links": facts.links,
        "waiting": facts.waiting,
        "signed": facts.signed,
        "verified": facts.walked,
        "fault": facts.fault or None,
    }
    if facts.fault:
        return Finding(State.MISSING, "broken", evidence)
    if facts.waits_since is not None and older(facts.waits_since, now, _CHAINED):
        return Finding(State.ATTENTION, "waiting", evidence)
    if facts.unsigned_since is not None and older(facts.unsigned_since, now, _SIGNED):
        return Finding(State.ATTENTION, "unsigned", evidence)
    if older(facts.walked, now, _WALKED):
        return Finding(State.ATTENTION, "unverified", evidence)
    return Finding(State.IN_PLACE, "", evidence)


@dataclass(frozen=True, slots=True, kw_only=True)
class Copied:
    """When the newest checkpoint was last copied off this host, and up to which link."""

    at: datetime | None
    seq: int | None


async def _copied(conn: AsyncConnection, parts: Parts) -> Copied:
    last = await last_of(conn, "audit.copy")
    if last is None:
        return Copied(at=None, seq=None)
    said = (await parts.trail.details(conn, [last]))[last.id].get("seq")
    return Copied(at=last.at, seq=said if isinstance(said, int) else None)


def judge_copied(facts: Copied, now: datetime) -> Finding:
    """Copied within a week: what was cut off the chain since then is found by it."""
    evidence = {"copied": facts.at, "copied_to": facts.seq}
    if facts.at is None:
        return Finding(State.MISSING, "never", evidence)
    if older(facts.at, now, _COPIED):
        return Finding(State.ATTENTION, "old", evidence)
    return Finding(State.IN_PLACE, "", evidence)


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """How many of the newest were held against the audit, how many have no entry in it, and of when the newest is."""

    looked: int
    without: int
    newest: datetime | None


async def _recorded(conn: AsyncConnection, parts: Parts) -> Held:
    query = (
        sa.select(message.c.id, message.c.at, thread.c.person_id)
        .join(thread, thread.c.id == message.c.thread_id)
        # What came by a carrier is accepted; what was said in the portal has entries of its own.
        .where(message.c.direction == "inbound", message.c.provider_id.is_not(None))
        .order_by(message.c.id.desc())
        .limit(_LOOKED_AT)
    )
    rows = (await conn.execute(query)).all()
    return await _held(conn, rows, [(row.id, row.person_id, row.at) for row in rows], "message.accept")


async def _consent(conn: AsyncConnection, parts: Parts) -> Held:
    query = (
        sa.select(delivery.c.message_id, delivery.c.person_id, delivery.c.created_at.label("at"))
        .where(delivery.c.state.in_(("sent", "delivered", "read")))
        .order_by(delivery.c.id.desc())
        .limit(_LOOKED_AT)
    )
    rows = (await conn.execute(query)).all()
    return await _held(conn, rows, [(row.message_id, row.person_id, row.at) for row in rows], "message.queue")


async def _held(
    conn: AsyncConnection, rows: Sequence[Any], wanted: Sequence[tuple[str, str, datetime]], action: str
) -> Held:
    """Which of `wanted` (object, person, moment) have an entry of this action about the object."""
    persons = sorted({person_id for _, person_id, _ in wanted})
    there: set[str] = set()
    for start in range(0, len(persons), _PERSONS):
        query = sa.select(audit_event.c.object_id).where(
            audit_event.c.person_id.in_(persons[start : start + _PERSONS]),
            audit_event.c.action == action,
            audit_event.c.at >= min(at for _, _, at in wanted) - _MARGIN,
        )
        there |= set((await conn.execute(query)).scalars())
    missing = [object_id for object_id, _, _ in wanted if object_id not in there]
    return Held(looked=len(rows), without=len(missing), newest=max((row.at for row in rows), default=None))


def judge_recorded(facts: Held, now: datetime) -> Finding:
    """Everything that was looked at has its entry."""
    return _judged(facts, "without")


def judge_consent(facts: Held, now: datetime) -> Finding:
    """Nothing was sent without a decision on record."""
    return _judged(facts, "undecided")


def _judged(facts: Held, reason: str) -> Finding:
    evidence = {"looked": facts.looked, "without": facts.without, "newest": facts.newest}
    return Finding(State.MISSING, reason, evidence) if facts.without else Finding(State.IN_PLACE, "", evidence)


CHAIN = Safeguard(
    name="chain",
    group="audit",
    law=("164.312(b)", "164.312(c)(2)"),
    reasons=("broken", "waiting", "unsigned", "unverified"),
    gather=_chain,
    judge=judge_chain,
)
COPY = Safeguard(
    name="copy",
    group="audit",
    law=("164.312(c)(1)", "164.316(b)(2)(i)"),
    reasons=("never", "old"),
    gather=_copied,
    judge=judge_copied,
)
RECORDED = Safeguard(
    name="recorded",
    group="audit",
    law=("164.312(b)",),
    reasons=("without",),
    gather=_recorded,
    judge=judge_recorded,
)
CONSENT = Safeguard(
    name="consent",
    group="records",
    law=("164.522(b)(1)", "164.508(a)(3)"),
    reasons=("undecided",),
    gather=_consent,
    judge=judge_consent,
)
