"""What other systems tell the hub of visits and patients, and by which names they know them."""

import sqlalchemy as sa

from hub.db.columns import Id, Moment
from hub.db.tables.base import metadata, one_of

outside_record = sa.Table(
    "outside_record",
    metadata,
    # Keyed hash of the kind of record, the system and the id that the record has there.
    sa.Column("blind", sa.LargeBinary, primary_key=True),
    # The kind of system: `hl7`, `fhir`.
    sa.Column("source", sa.String(16), nullable=False),
    # The visit that it is here; NULL for a patient, whom the record number finds.
    sa.Column("appointment_id", Id, sa.ForeignKey("appointment.id")),
    # The id itself, under the hub's own key.
    sa.Column("id_sealed", sa.LargeBinary, nullable=False),
    # Of when the newest news of it are, and their number where the system counts them: older ones change nothing.
    sa.Column("told_at", Moment, nullable=False),
    sa.Column("number", sa.BigInteger),
    sa.Column("created_at", Moment, nullable=False),
    sa.Index("ix_outside_record_appointment_id", "appointment_id"),
)

hl7_message = sa.Table(
    "hl7_message",
    metadata,
    sa.Column("id", Id, primary_key=True),
    # Keyed hashes of the sender with its control id, and of the whole message: the same again is answered alike.
    sa.Column("blind", sa.LargeBinary, nullable=False, unique=True),
    sa.Column("digest", sa.LargeBinary, nullable=False),
    # Such as SIU_S12.
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("state", sa.String(8), nullable=False),
    # Why it failed: the code of HL7 table 0357, where in the message, and in a word of ours.
    sa.Column("code", sa.Integer),
    sa.Column("place", sa.String(32), nullable=False),
    sa.Column("reason", sa.String(32), nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    # Under the hub's own key. The message goes once it was applied, what it was answered stays.
    sa.Column("body_sealed", sa.LargeBinary),
    sa.Column("commit_sealed", sa.LargeBinary),
    sa.Column("answer_sealed", sa.LargeBinary),
    sa.Column("told_at", Moment, nullable=False),
    sa.Column("received_at", Moment, nullable=False),
    sa.Column("handled_at", Moment),
    sa.Index("ix_hl7_message_state", "state", "received_at", "id"),
    # waiting: kept, not yet applied; older: newer news were known; failed: somebody has to look; dropped: was given up.
    one_of("state", ("waiting", "applied", "older", "failed", "dropped")),
)
