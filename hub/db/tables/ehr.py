"""What is under way with the scheduling system of an EHR, and which of its slots is which of ours."""

import sqlalchemy as sa

from hub.db.columns import Id, Moment
from hub.db.tables.base import metadata, one_of

ehr_slot = sa.Table(
    "ehr_slot",
    metadata,
    sa.Column("slot_id", Id, sa.ForeignKey("slot.id"), primary_key=True),
    # The EHR's own id: of a slot, nobody's.
    sa.Column("remote_id", sa.String(200), nullable=False, unique=True),
    # Where the EHR proposes times by an operation: what it proposed, to be handed back to it.
    sa.Column("proposal_sealed", sa.LargeBinary),
)

ehr_hold = sa.Table(
    "ehr_hold",
    metadata,
    # Written before the EHR is asked to keep the slot, deleted once it is booked or given back.
    sa.Column("slot_id", Id, sa.ForeignKey("slot.id"), primary_key=True),
    sa.Column("until", Moment, nullable=False),
    sa.Index("ix_ehr_hold_until", "until"),
)

ehr_request = sa.Table(
    "ehr_request",
    metadata,
    # A change that is under way: written before the EHR is asked, deleted with the change's own transaction.
    sa.Column("key", sa.String(160), primary_key=True),
    sa.Column("kind", sa.String(8), nullable=False),
    sa.Column("person_id", Id, sa.ForeignKey("person.id"), nullable=False),
    sa.Column("slot_id", Id, sa.ForeignKey("slot.id")),
    # The visit to cancel, or to leave for another.
    sa.Column("leaving_id", Id, sa.ForeignKey("appointment.id")),
    # Until when whoever began it is at work on it; later a sweep sees what became of it.
    sa.Column("leased_until", Moment, nullable=False),
    sa.Index("ix_ehr_request_slot_id", "slot_id"),
    sa.Index("ix_ehr_request_leased_until", "leased_until"),
    one_of("kind", ("book", "move", "cancel")),
)

ehr_cursor = sa.Table(
    "ehr_cursor",
    metadata,
    # What is followed: its newest change, by the EHR's clock, that was taken in.
    sa.Column("name", sa.String(16), primary_key=True),
    sa.Column("at", Moment, nullable=False),
)
