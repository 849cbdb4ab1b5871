"""What makes a slot free, as SQL: one meaning for looking, holding and booking.

The conditions name what they are asked with (`now`, `person_id`, `leaving`), so that a statement is built once and only
its values change: building one costs more than running it.
"""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from hub.db.columns import Id, Moment
from hub.db.tables import appointment, slot

LONGEST = 1440
"""Minutes that a visit lasts at most; bounds how far back an overlap is looked for."""

NOW = sa.bindparam("now", type_=Moment())
PERSON = sa.bindparam("person_id", type_=Id())


class _Later(FunctionElement[datetime]):
    """A moment some minutes after another."""

    name = "later"
    type = Moment()
    inherit_cache = True


@compiles(_Later)
def _in_microseconds(element: _Later, compiler: Any, **kw: Any) -> str:
    moment, minutes = (compiler.process(clause, **kw) for clause in element.clauses)
    return f"({moment} + {minutes} * 60000000)"


@compiles(_Later, "postgresql")
def _as_interval(element: _Later, compiler: Any, **kw: Any) -> str:
    moment, minutes = (compiler.process(clause, **kw) for clause in element.clauses)
    return f"({moment} + {minutes} * INTERVAL '1 minute')"


def unclaimed() -> sa.ColumnElement[bool]:
    """The slot is neither booked nor kept for somebody else; a hold past its time counts as none.

    Binds `now` and `person_id`.
    """
    lapsed = sa.or_(slot.c.held_until <= NOW, slot.c.held_by == PERSON)
    return sa.or_(slot.c.state == "free", sa.and_(slot.c.state == "held", lapsed))


def unhindered(*, leaving: bool = False) -> sa.ColumnElement[bool]:
    """No booked visit of the slot's provider overlaps it.

    leaving: the visit bound as `leaving`, which is being moved, does not count.
    """
    visit = appointment.alias("other_visit")
    overlaps = [
        visit.c.provider_id == slot.c.provider_id,
        visit.c.status == "booked",
        visit.c.start < _Later(slot.c.start, slot.c.minutes),
        visit.c.start > _Later(slot.c.start, sa.literal_column(str(-LONGEST))),
        _Later(visit.c.start, visit.c.minutes) > slot.c.start,
    ]
    if leaving:
        overlaps.append(visit.c.id != sa.bindparam("leaving", type_=Id()))
    return ~sa.exists(sa.select(sa.literal_column("1")).select_from(visit).where(*overlaps).correlate(slot))
