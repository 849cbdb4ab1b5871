"""Oversight: who stood in what was read, what looks unusual in it, and what people say for what no program can see."""

import sqlalchemy as sa

from hub.db.columns import Id, Moment
from hub.db.tables.base import metadata, one_of

audit_person = sa.Table(
    "audit_person",
    metadata,
    # Whom an entry of the audit concerns that concerns several: who stood in a list that was read. The entry itself,
    # chained, holds the same ids; this is how it is found by one of them.
    sa.Column("person_id", Id, primary_key=True),
    sa.Column("event_id", Id, primary_key=True),
    # By person alone, and nothing else of it: the key is the table.
    sqlite_with_rowid=False,
)

access_tally = sa.Table(
    "access_tally",
    metadata,
    # How many persons' records somebody opened on a day of the clinic's calendar, and how many they saw in lists.
    sa.Column("user_id", Id, primary_key=True),
    sa.Column("day", sa.String(10), primary_key=True),
    sa.Column("opened", sa.Integer, nullable=False),
    sa.Column("listed", sa.Integer, nullable=False),
)

access_alert = sa.Table(
    "access_alert",
    metadata,
    sa.Column("id", Id, primary_key=True),
    # A digest of rule, user, person and day: what was found once is not raised again.
    sa.Column("key", sa.String(64), nullable=False, unique=True),
    sa.Column("rule", sa.String(16), nullable=False),
    sa.Column("user_id", Id, sa.ForeignKey("staff_user.id"), nullable=False, index=True),
    # Whose record it is about; NULL where it is about many.
    sa.Column("person_id", Id, index=True),
    sa.Column("day", sa.String(10), nullable=False),
    # How many records, or how often; and what would have been usual.
    sa.Column("count", sa.Integer, nullable=False),
    sa.Column("usual", sa.Integer, nullable=False),
    sa.Column("first_at", Moment, nullable=False),
    sa.Column("last_at", Moment, nullable=False),
    sa.Column("raised_at", Moment, nullable=False),
    sa.Column("outcome", sa.String(12), nullable=False),
    # What the reviewer found, in their words; under the audit's key.
    sa.Column("note_sealed", sa.LargeBinary),
    sa.Column("reviewed_by", Id),
    sa.Column("reviewed_at", Moment),
    sa.Index("ix_access_alert_outcome", "outcome", "raised_at", "id"),
    one_of("rule", ("own_record", "own_name", "many_opened", "many_listed", "off_hours", "deceased", "marked")),
    one_of("outcome", ("", "explained", "escalated")),
)

attestation = sa.Table(
    "attestation",
    metadata,
    # What somebody answers for that no program can see: a training, a policy, a locked room. Never changed.
    sa.Column("id", Id, primary_key=True),
    sa.Column("kind", sa.String(24), nullable=False),
    # When it was done, and until when that counts.
    sa.Column("done_at", Moment, nullable=False),
    sa.Column("ends_at", Moment, nullable=False),
    # In their words; under the audit's key.
    sa.Column("note_sealed", sa.LargeBinary, nullable=False),
    sa.Column("actor_kind", sa.String(8), nullable=False),
    sa.Column("actor_id", sa.String(64), nullable=False),
    sa.Column("at", Moment, nullable=False),
    sa.Index("ix_attestation_kind", "kind", "at"),
)
