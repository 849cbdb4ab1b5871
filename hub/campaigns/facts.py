"""What conditions ask of a person: how likely they come, whether they have a visit ahead, whether they answered."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.campaigns.plans import Plan
from hub.db.columns import Moment
from hub.db.lookup import Lookup
from hub.db.tables import appointment, campaign_step

HIGH = 0.15
"""From this chance of not coming on a patient is at high risk. Source: Shah 2016, calls to those above 15 %."""
_LOOK_BACK = timedelta(days=730)
_PRIOR = (1, 10)
"""Missed visits and visits that count for everybody beforehand: one missed visit of one is no certainty."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What holds of one person, as far as a plan asks for it. missed, kept: visits of the last two years."""

    missed: int = 0
    kept: int = 0
    booked: bool = False
    answered: bool = False

    @property
    def high_risk(self) -> bool:
        """Whether the person may well not come, by the visits before."""
        return risk(self.missed, self.kept) > HIGH


NOTHING = Facts()


def risk(missed: int, kept: int) -> float:
    """The chance that somebody does not come, who missed and kept so many visits."""
    return (missed + _PRIOR[0]) / (missed + kept + _PRIOR[1])


async def read(
    conn: AsyncConnection, plan: Plan, campaign_id: str, persons: Collection[str], now: datetime
) -> Mapping[str, Facts]:
    """The facts that conditions of the plan ask for, by person; who is missing has none to speak of."""
    asked = [step.when for step in plan.steps]
    stored = Moment.writer(conn.dialect)
    missed: dict[str, int] = {}
    kept: dict[str, int] = {}
    if any(when.risk is not None for when in asked):
        for person_id, status, count in await _PAST(conn, persons, since=stored(now - _LOOK_BACK)):
            (missed if status == "noshow" else kept)[person_id] = count
    booked: set[str] = set()
    if "booked" in plan.stop or any(when.booked is not None for when in asked):
        booked = {row[0] for row in await _AHEAD(conn, persons, now=stored(now))}
    answered: set[str] = set()
    if campaign_id and ("answered" in plan.stop or any(when.answered is not None for when in asked)):
        answered = {row[0] for row in await _ANSWERED(conn, persons, campaign=campaign_id)}
    return {
        one: Facts(missed.get(one, 0), kept.get(one, 0), one in booked, one in answered)
        for one in {*missed, *kept, *booked, *answered}
    }


_PAST = Lookup(
    appointment.c.person_id,
    lambda among: (
        sa.select(appointment.c.person_id, appointment.c.status, sa.func.count())
        .where(
            among,
            appointment.c.status.in_([sa.literal_column("'noshow'"), sa.literal_column("'fulfilled'")]),
            appointment.c.start > sa.bindparam("since", type_=appointment.c.start.type),
        )
        .group_by(appointment.c.person_id, appointment.c.status)
    ),
)
_AHEAD = Lookup(
    appointment.c.person_id,
    lambda among: (
        sa.select(appointment.c.person_id)
        .where(
            among,
            appointment.c.status == sa.literal_column("'booked'"),
            appointment.c.start > sa.bindparam("now", type_=appointment.c.start.type),
        )
        .distinct()
    ),
)
_ANSWERED = Lookup(
    campaign_step.c.person_id,
    lambda among: (
        sa.select(campaign_step.c.person_id)
        .where(
            among,
            campaign_step.c.campaign_id == sa.bindparam("campaign", type_=campaign_step.c.campaign_id.type),
            campaign_step.c.answered_at.is_not(None),
        )
        .distinct()
    ),
)
