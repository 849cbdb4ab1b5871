"""What came of a run: how far its messages got, what patients did then, and which did not arrive."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.campaigns.runs import Run
from hub.db.tables import appointment, campaign_step, consent_event, delivery

FOLLOWS = ("sent", "delivered", "read")


@dataclass(frozen=True, slots=True, kw_only=True)
class Results:
    """Messages that got so far, by any of their deliveries; and persons who then confirmed, moved or opted out.

    queued, sent, delivered, read, failed: messages; what was read was delivered, and what was delivered was sent.
    confirmed, moved: visits that were told of. moved: or cancelled. opted_out: persons of whose address consent was
    taken back.
    """

    queued: int
    sent: int
    delivered: int
    read: int
    failed: int
    confirmed: int
    moved: int
    opted_out: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A message whose every delivery failed: the last of them. step_id: the row of the step; step: its name."""

    step_id: str
    message_id: str
    person_id: str
    subject_id: str
    subject_version: int
    thread_id: str
    step: str
    channel: str
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """What came of one of a step's wordings: messages that got so far, visits confirmed, and answers."""

    step: str
    name: str
    sent: int
    delivered: int
    read: int
    confirmed: int
    answered: int


async def wordings(conn: AsyncConnection, run: Run) -> Sequence[Compared]:
    """What came of each wording, of steps that have several; empty where none has."""
    several = [step.name for step in run.plan.steps if step.wordings]
    if not several:
        return []
    s, d, a = campaign_step.c, delivery.c, appointment.c
    far = sa.case((d.state == "read", 3), (d.state == "delivered", 2), (d.state == "sent", 1), else_=0)
    each = (
        sa.select(s.id, sa.func.max(far).label("far"))
        .join(delivery, d.message_id == s.message_id)
        .where(s.campaign_id == run.id, s.step.in_(several))
        .group_by(s.id)
        .subquery()
    )
    confirmed = sa.and_(each.c.far > 0, a.confirmed_at >= s.send_at)
    query = (
        sa.select(
            s.step,
            s.variant,
            *(sa.func.sum(sa.case((each.c.far >= at, 1), else_=0)) for at in (1, 2, 3)),
            sa.func.sum(sa.case((confirmed, 1), else_=0)),
            sa.func.sum(sa.case((s.answered_at.is_not(None), 1), else_=0)),
        )
        .join(each, each.c.id == s.id)
        .outerjoin(appointment, a.id == s.subject_id)
        .group_by(s.step, s.variant)
    )
    found = {(row[0], row[1]): [int(one or 0) for one in row[2:]] for row in await conn.execute(query)}
    compared = []
    for step in run.plan.steps:
        for one in step.wordings:
            sent, delivered, read, confirmed_, answered = found.get((step.name, one.name), (0, 0, 0, 0, 0))
            compared.append(
                Compared(
                    step=step.name,
                    name=one.name,
                    sent=sent,
                    delivered=delivered,
                    read=read,
                    confirmed=confirmed_,
                    answered=answered,
                )
            )
    return compared


async def results(conn: AsyncConnection, run: Run) -> Results:
    """What came of a run until now."""
    s, d, a, c = campaign_step.c, delivery.c, appointment.c, consent_event.c
    mine = sa.and_(s.campaign_id == run.id, s.message_id.is_not(None))
    far = sa.case((d.state == "read", 3), (d.state == "delivered", 2), (d.state == "sent", 1), else_=0)
    open_ = sa.case((d.state.in_(("queued", "held", "sending")), 1), else_=0)
    failed = sa.case((d.state == "failed", 1), else_=0)
    # A text that did not arrive may have gone on by another way: of each message the best of its deliveries counts.
    each = (
        sa.select(
            s.message_id,
            sa.func.max(far).label("far"),
            sa.func.max(open_).label("open"),
            sa.func.max(failed).label("failed"),
        )
        .join(delivery, d.message_id == s.message_id)
        .where(mine)
        .group_by(s.message_id)
        .subquery()
    )
    reach = sa.select(
        sa.func.count(),
        *(sa.func.sum(sa.case((each.c.far >= at, 1), else_=0)) for at in (1, 2, 3)),
        sa.func.sum(sa.case((sa.and_(each.c.far == 0, each.c.open == 0, each.c.failed == 1), 1), else_=0)),
    ).select_from(each)
    queued, sent, delivered, read, lost = (int(one or 0) for one in (await conn.execute(reach)).one())
    # What patients did counts from when their message was to leave, and only if it did.
    told = sa.and_(s.campaign_id == run.id, s.message_id.in_(sa.select(each.c.message_id).where(each.c.far > 0)))
    visits = (
        sa.select(
            sa.func.count(sa.distinct(sa.case((a.confirmed_at >= s.send_at, a.id)))),
            sa.func.count(sa.distinct(sa.case((sa.and_(a.status == "cancelled", a.updated_at >= s.send_at), a.id)))),
        )
        .select_from(campaign_step)
        .join(appointment, a.id == s.subject_id)
        .where(told)
    )
    confirmed, moved = (await conn.execute(visits)).one()
    # By the address that was written to: a STOP says nothing of who sent it.
    revoked = (
        sa.select(sa.func.count(sa.distinct(s.person_id)))
        .select_from(campaign_step)
        .join(delivery, d.message_id == s.message_id)
        .join(consent_event, c.address_id == d.address_id)
        .where(told, c.state == "revoke", c.recorded_at >= s.send_at)
    )
    return Results(
        queued=queued,
        sent=sent,
        delivered=delivered,
        read=read,
        failed=lost,
        confirmed=int(confirmed),
        moved=int(moved),
        opted_out=int((await conn.execute(revoked)).scalar_one()),
    )


async def failures(conn: AsyncConnection, run: Run, limit: int) -> Sequence[Failure]:
    """The newest messages of a run that did not arrive and go no further."""
    query = _lost(run.id).order_by(delivery.c.updated_at.desc(), delivery.c.id).limit(limit)
    return [_failure(row) for row in await conn.execute(query)]


async def failures_after(conn: AsyncConnection, run: Run, place: str, limit: int) -> Sequence[Failure]:
    """As `failures`, in the order of their steps' ids, those behind `place`."""
    query = _lost(run.id).where(campaign_step.c.id > place).order_by(campaign_step.c.id).limit(limit)
    return [_failure(row) for row in await conn.execute(query)]


async def failures_of(conn: AsyncConnection, run: Run, step_ids: Collection[str]) -> Sequence[Failure]:
    """Those of these steps that are failures still."""
    query = _lost(run.id).where(campaign_step.c.id.in_(list(step_ids))).order_by(campaign_step.c.id)
    return [_failure(row) for row in await conn.execute(query)]


def _lost(run_id: str) -> sa.Select[Any]:
    s, d = campaign_step.c, delivery.c
    other = delivery.alias()
    better = sa.select(other.c.id).where(
        other.c.message_id == d.message_id,
        sa.or_(
            other.c.state.in_(("queued", "held", "sending", *FOLLOWS)),
            # Of several that failed the last one is told.
            sa.and_(other.c.state == "failed", other.c.step > d.step),
        ),
    )
    return (
        sa.select(
            s.id,
            s.message_id,
            s.person_id,
            s.subject_id,
            s.subject_version,
            d.thread_id,
            s.step,
            d.channel,
            d.reason,
            d.updated_at,
        )
        .join(delivery, d.message_id == s.message_id)
        .where(s.campaign_id == run_id, d.state == "failed", ~better.exists())
    )


def _failure(row: Any) -> Failure:
    return Failure(
        step_id=row.id,
        message_id=row.message_id,
        person_id=row.person_id,
        subject_id=row.subject_id,
        subject_version=row.subject_version,
        thread_id=row.thread_id,
        step=row.step,
        channel=row.channel,
        reason=row.reason,
        at=row.updated_at,
    )
