"""The statement that looks for open slots in several stretches of time at once.

It is built and compiled once for each form of question; a search then only binds values. Stretches, and slots to leave
out, come in a few counts: what is not needed is bound to an empty stretch, or to a slot that is left out anyway.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

import sqlalchemy as sa

from bots.scheduling.free import unclaimed, unhindered
from hub.db.columns import Id, Moment
from hub.db.prepared import Prepared
from hub.db.tables import slot

MOST = 28
"""Stretches asked for in one statement: a fortnight of half days."""

_COUNTS = (1, 2, 4, 8, 14, MOST)
LEFT_OUT = 500
"""Slots already declined that a search leaves out at most; beyond it the oldest may be offered again."""
_LEFT_OUT = (0, 4, 16, 64, LEFT_OUT)
_MOMENT = Moment()
_ID = Id()

_SHOWN = ("id", "provider_id", "specialty_id", "visit_type_id", "location_id", "start", "minutes")

Stretch = tuple[datetime, datetime]

latest = Prepared(sa.select(sa.func.max(slot.c.start)))
"""When the last slot of the calendar starts."""


def look(
    stretches: Sequence[Stretch],
    *,
    now: datetime,
    earliest: datetime,
    person_id: str,
    named: Mapping[str, str],
    excluded: Sequence[str],
    limit: int,
    latest_first: bool,
) -> tuple[Prepared, dict[str, Any]]:
    """A statement and its values: the first (or last) `limit` open slots of each stretch, with its number as `n`.

    stretches: at most `MOST`, both ends included. excluded: slots to leave out, at most `LEFT_OUT`.
    named: ids that a slot must have, by column; under `field_of`, a provider in one of whose specialties it must be.
    """
    count = next(one for one in _COUNTS if one >= len(stretches))
    values: dict[str, Any] = {"now": now, "earliest": earliest, "person_id": person_id, "most": limit, **named}
    left_out = next(one for one in _LEFT_OUT if one >= len(excluded))
    for n in range(left_out):
        values[f"excluded_{n}"] = excluded[min(n, len(excluded) - 1)]
    nowhere = (earliest, earliest - timedelta(seconds=1))
    for n in range(count):
        values[f"first_{n}"], values[f"last_{n}"] = stretches[n] if n < len(stretches) else nowhere
    return _open(count, frozenset(named), left_out, latest_first), values


@lru_cache(maxsize=512)
def _open(count: int, named: frozenset[str], left_out: int, latest_first: bool) -> Prepared:
    asked = sa.union_all(
        *(
            sa.select(
                sa.literal_column(str(n), sa.Integer).label("n"),
                sa.bindparam(f"first_{n}", type_=_MOMENT).label("first"),
                sa.bindparam(f"last_{n}", type_=_MOMENT).label("last"),
            )
            for n in range(count)
        )
    ).cte("asked")
    best = (
        sa.select(slot.c.id)
        .where(
            slot.c.start >= asked.c.first,
            slot.c.start <= asked.c.last,
            unclaimed(),
            unhindered(),
            slot.c.start >= sa.bindparam("earliest", type_=_MOMENT),
        )
        .order_by(slot.c.start.desc() if latest_first else slot.c.start.asc(), slot.c.id)
        .limit(sa.bindparam("most", type_=sa.Integer))
        .correlate(asked)
    )
    if left_out:
        best = best.where(slot.c.id.not_in([sa.bindparam(f"excluded_{n}", type_=_ID) for n in range(left_out)]))
    for name in sorted(named - {"field_of"}):
        best = best.where(slot.c[name] == sa.bindparam(name, type_=_ID))
    if "field_of" in named:
        field = slot.alias("field")
        fields = sa.select(field.c.specialty_id).where(field.c.provider_id == sa.bindparam("field_of", type_=_ID))
        best = best.where(slot.c.specialty_id.in_(fields))
    shown = slot.alias("shown")
    columns = (shown.c[name] for name in _SHOWN)
    return Prepared(sa.select(asked.c.n, *columns).select_from(asked).join(shown, shown.c.id.in_(best)))
