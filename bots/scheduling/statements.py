"""What the embedded calendar asks its database. Built once: to build a statement costs more than to run it."""

from typing import Any

import sqlalchemy as sa

from bots.scheduling.free import NOW, PERSON, unclaimed, unhindered
from hub.db.tables import appointment, resource, scheduling_request, slot


def _bound(name: str, column: sa.Column[Any]) -> sa.BindParameter[Any]:
    return sa.bindparam(name, type_=column.type)


SLOT = sa.select(slot).where(slot.c.id == _bound("slot", slot.c.id))
CLINICIAN = (
    sa.select(resource.c.id)
    .where(
        resource.c.id == sa.select(slot.c.provider_id).where(slot.c.id == _bound("slot", slot.c.id)).scalar_subquery()
    )
    .with_for_update(key_share=True)
)
FREE = SLOT.where(slot.c.start > NOW, unclaimed(), unhindered()).with_for_update(of=slot)
FREE_BUT_FOR = SLOT.where(slot.c.start > NOW, unclaimed(), unhindered(leaving=True)).with_for_update(of=slot)
SET_SLOT = (
    sa.update(slot)
    .where(slot.c.id == _bound("slot", slot.c.id))
    .values({name: _bound(name, slot.c[name]) for name in ("state", "held_by", "held_until")})
)
_RELEASE = sa.update(slot).where(slot.c.state == "held").values(state="free", held_by=None, held_until=None)
RELEASE_OWN = _RELEASE.where(slot.c.held_by == PERSON)
_LAPSED = sa.and_(slot.c.held_by.is_not(None), slot.c.held_until <= NOW)
ANY_LAPSED = sa.select(slot.c.id).where(_LAPSED).limit(1)
RELEASE_LAPSED = _RELEASE.where(_LAPSED)
VISIT = sa.select(appointment).where(appointment.c.id == _bound("visit", appointment.c.id))
BOOKED_VISIT = VISIT.where(appointment.c.person_id == PERSON, appointment.c.status == "booked").with_for_update()
_SET_VISIT = sa.update(appointment).where(appointment.c.id == _bound("visit", appointment.c.id))
END_VISIT = _SET_VISIT.values({name: _bound(name, appointment.c[name]) for name in ("status", "version", "updated_at")})
NOTE_CONFIRMED = _SET_VISIT.values(confirmed_at=NOW, updated_at=NOW)
COMING = (
    sa.select(appointment)
    .where(
        appointment.c.person_id == PERSON,
        appointment.c.status == "booked",
        appointment.c.start > _bound("after", appointment.c.start),
    )
    .order_by(appointment.c.start, appointment.c.id)
)
ASKED = sa.select(scheduling_request).where(scheduling_request.c.key == _bound("key", scheduling_request.c.key))
