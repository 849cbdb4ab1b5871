"""Files that came with messages, and the pieces in which sealed files are kept."""

import sqlalchemy as sa

from hub.db.columns import Id, Moment
from hub.db.tables.base import metadata, one_of

attachment = sa.Table(
    "attachment",
    metadata,
    sa.Column("id", Id, primary_key=True),
    # The message that it came with: its sealed body holds the file's name and where it is fetched from.
    sa.Column("message_id", Id, sa.ForeignKey("message.id"), nullable=False),
    # Which of the message's files it is.
    sa.Column("position", sa.Integer, nullable=False),
    sa.Column("thread_id", Id, nullable=False),
    sa.Column("person_id", Id, nullable=False),
    sa.Column("channel", sa.String(8), nullable=False),
    sa.Column("state", sa.String(12), nullable=False),
    # Why it is in that state, as one word.
    sa.Column("reason", sa.String(24), nullable=False),
    # What it is by its bytes, as a content type; empty until that is known.
    sa.Column("kind", sa.String(32), nullable=False),
    # Octets of what is kept.
    sa.Column("size", sa.Integer, nullable=False),
    # The pieces that hold it, sealed, once there are some.
    sa.Column("content_id", Id),
    # The pieces that hold it as it was handed over, until it is examined.
    sa.Column("source_id", Id),
    # The table that the sealed content is bound to: recordings kept before there were attachments name their own.
    sa.Column("bound", sa.String(12), nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    # When it is next looked after; only of use while it is fetched or waits.
    sa.Column("due_at", Moment, nullable=False),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("updated_at", Moment, nullable=False),
    sa.UniqueConstraint("message_id", "position"),
    sa.Index("ix_attachment_due", "state", "due_at", "id"),
    sa.Index("ix_attachment_person_id", "person_id", "created_at"),
    one_of("state", ("fetching", "waiting", "served", "warned", "quarantined", "refused", "lost")),
)

file_piece = sa.Table(
    "file_piece",
    metadata,
    # A sealed file, a megabyte or so a row: written and read in the memory of one.
    sa.Column("file_id", Id, primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("sealed", sa.LargeBinary, nullable=False),
)
