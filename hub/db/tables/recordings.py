"""What callers left on the line, kept sealed."""

import sqlalchemy as sa

from hub.db.columns import Id, Moment
from hub.db.tables.base import metadata, one_of

recording = sa.Table(
    "recording",
    metadata,
    sa.Column("id", Id, primary_key=True),
    # The message that it came with: its sealed body says where the provider holds it.
    sa.Column("message_id", Id, sa.ForeignKey("message.id"), nullable=False, unique=True),
    sa.Column("thread_id", Id, nullable=False),
    sa.Column("person_id", Id, nullable=False),
    sa.Column("state", sa.String(8), nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    # When it is next asked for; only of use while it is wanted.
    sa.Column("due_at", Moment, nullable=False),
    sa.Column("content_type", sa.String(64), nullable=False),
    # The file in sealed segments, once it is kept.
    sa.Column("content_sealed", sa.LargeBinary),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("updated_at", Moment, nullable=False),
    sa.Index("ix_recording_due", "state", "due_at", "id"),
    one_of("state", ("wanted", "kept", "lost")),
)
