"""The embedded calendar: what can be booked, and what is.

Names of clinicians, visit types and places are sealed under the hub's own key, for a message repeats them.
"""

import sqlalchemy as sa

from hub.db.columns import Id, Moment
from hub.db.tables.base import metadata, one_of

_LABELLED = sa.text("part2_at IS NOT NULL")

resource = sa.Table(
    "resource",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("kind", sa.String(12), nullable=False),
    sa.Column("blind", sa.LargeBinary, nullable=False),
    sa.Column("name_sealed", sa.LargeBinary, nullable=False),
    # Of a visit type: nobody but the patient hears of such a visit.
    sa.Column("confidential", sa.Boolean, nullable=False, server_default=sa.false()),
    # Of a visit type or a specialty: since when it is known to be a Part 2 program's.
    sa.Column("part2_at", Moment),
    sa.UniqueConstraint("kind", "blind"),
    sa.Index("ix_resource_part2", "id", sqlite_where=_LABELLED, postgresql_where=_LABELLED),
    one_of("kind", ("provider", "specialty", "visit_type", "location")),
)

slot = sa.Table(
    "slot",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("provider_id", Id, sa.ForeignKey("resource.id"), nullable=False),
    sa.Column("specialty_id", Id, sa.ForeignKey("resource.id"), nullable=False),
    sa.Column("visit_type_id", Id, sa.ForeignKey("resource.id"), nullable=False),
    sa.Column("location_id", Id, sa.ForeignKey("resource.id"), nullable=False),
    sa.Column("start", Moment, nullable=False),
    sa.Column("minutes", sa.Integer, nullable=False),
    sa.Column("state", sa.String(8), nullable=False),
    # While held: by whom and until when; a hold past its time counts as free.
    sa.Column("held_by", Id),
    sa.Column("held_until", Moment),
    sa.UniqueConstraint("provider_id", "start", "visit_type_id", "location_id"),
    sa.Index("ix_slot_start", "start", "id"),
    sa.Index("ix_slot_visit_type_id", "visit_type_id", "start"),
    sa.Index("ix_slot_held_by", "held_by"),
    one_of("state", ("free", "held", "booked")),
)

appointment = sa.Table(
    "appointment",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("person_id", Id, sa.ForeignKey("person.id"), nullable=False),
    sa.Column("slot_id", Id, sa.ForeignKey("slot.id")),
    sa.Column("provider_id", Id, sa.ForeignKey("resource.id"), nullable=False),
    sa.Column("visit_type_id", Id, sa.ForeignKey("resource.id"), nullable=False),
    sa.Column("location_id", Id, sa.ForeignKey("resource.id"), nullable=False),
    sa.Column("start", Moment, nullable=False),
    sa.Column("minutes", sa.Integer, nullable=False),
    sa.Column("status", sa.String(12), nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("confirmed_at", Moment),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("updated_at", Moment, nullable=False),
    # A slot is booked once, however many ask (invariant 8); the database itself refuses the second.
    sa.Index(
        "uq_appointment_booked_slot",
        "slot_id",
        unique=True,
        sqlite_where=sa.text("status = 'booked' AND slot_id IS NOT NULL"),
        postgresql_where=sa.text("status = 'booked' AND slot_id IS NOT NULL"),
    ),
    sa.Index("ix_appointment_person_id", "person_id", "start"),
    sa.Index("ix_appointment_provider_id", "provider_id", "start"),
    sa.Index("ix_appointment_start", "status", "start", "id"),
    sa.Index("ix_appointment_updated_at", "updated_at", "id"),
    one_of("status", ("booked", "cancelled", "fulfilled", "noshow")),
)

scheduling_request = sa.Table(
    "scheduling_request",
    metadata,
    # The caller's idempotency key: the same key gives the same answer again.
    sa.Column("key", sa.String(160), primary_key=True),
    sa.Column("kind", sa.String(8), nullable=False),
    sa.Column("outcome", sa.String(12), nullable=False),
    sa.Column("slot_id", Id),
    sa.Column("appointment_id", Id),
    sa.Column("until", Moment),
    sa.Column("at", Moment, nullable=False),
)
