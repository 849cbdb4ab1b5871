"""What came of a run: how far its messages got, what patients did then, and which did not arrive."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

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
    """A message whose every delivery failed: the last of them."""

    person_id: str
    thread_id: str
    step: str
    channel: str
    reason: str
    at: datetime


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
    query = (
        sa.select(s.person_id, d.thread_id, s.step, d.channel, d.reason, d.updated_at)
        .join(delivery, d.message_id == s.message_id)
        .where(s.campaign_id == run.id, d.state == "failed", ~better.exists())
        .order_by(d.updated_at.desc(), d.id)
        .limit(limit)
    )
    return [
        Failure(
            person_id=row.person_id,
            thread_id=row.thread_id,
            step=row.step,
            channel=row.channel,
            reason=row.reason,
            at=row.updated_at,
        )
        for row in await conn.execute(query)
    ]
