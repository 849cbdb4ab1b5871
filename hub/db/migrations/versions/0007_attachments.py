"""Attachments of every channel; recordings are some of them."""

import sqlalchemy as sa
from alembic import op

from hub.db.columns import Id, Moment

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_STATES = ("fetching", "waiting", "served", "warned", "quarantined", "refused", "lost")


def upgrade() -> None:
    listed = ", ".join(f"'{state}'" for state in _STATES)
    op.create_table(
        "attachment",
        sa.Column("id", Id(), nullable=False),
        sa.Column("message_id", Id(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("thread_id", Id(), nullable=False),
        sa.Column("person_id", Id(), nullable=False),
        sa.Column("channel", sa.String(length=8), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("reason", sa.String(length=24), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("content_id", Id(), nullable=True),
        sa.Column("source_id", Id(), nullable=True),
        sa.Column("bound", sa.String(length=12), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at", Moment(), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("updated_at", Moment(), nullable=False),
        sa.CheckConstraint(f"state IN ({listed})", name=op.f("ck_attachment_state")),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name=op.f("fk_attachment_message_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attachment")),
        sa.UniqueConstraint("message_id", "position", name=op.f("uq_attachment_message_id_position")),
    )
    with op.batch_alter_table("attachment", schema=None) as batch_op:
        batch_op.create_index("ix_attachment_due", ["state", "due_at", "id"], unique=False)
        batch_op.create_index("ix_attachment_person_id", ["person_id", "created_at"], unique=False)
    op.create_table(
        "file_piece",
        sa.Column("file_id", Id(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("file_id", "number", name=op.f("pk_file_piece")),
    )
    _take_recordings_over()
    with op.batch_alter_table("recording", schema=None) as batch_op:
        batch_op.drop_index("ix_recording_due")
    op.drop_table("recording")


def _take_recordings_over() -> None:
    """What was kept stays sealed as it is: nobody has scanned it, so it is given out with a warning."""
    op.execute(
        "INSERT INTO file_piece (file_id, number, sealed) "
        "SELECT id, 0, content_sealed FROM recording WHERE content_sealed IS NOT NULL"
    )
    op.execute(
        "INSERT INTO attachment (id, message_id, position, thread_id, person_id, channel, state, reason, kind, size, "
        "content_id, source_id, bound, attempts, due_at, created_at, updated_at) "
        "SELECT id, message_id, 0, thread_id, person_id, 'voice', "
        "CASE state WHEN 'wanted' THEN 'fetching' WHEN 'kept' THEN 'warned' ELSE 'lost' END, "
        "CASE state WHEN 'wanted' THEN '' WHEN 'kept' THEN 'unscanned' ELSE 'gone' END, content_type, "
        # What is sealed has 67 octets before the first segment, and 16 more in each segment of 65,536.
        "CASE WHEN content_sealed IS NULL THEN 0 ELSE "
        "length(content_sealed) - 67 - 16 * ((length(content_sealed) - 67 + 65551) / 65552) END, "
        "CASE WHEN content_sealed IS NULL THEN NULL ELSE id END, NULL, "
        "CASE WHEN content_sealed IS NULL THEN 'attachment' ELSE 'recording' END, "
        "attempts, due_at, created_at, updated_at FROM recording"
    )


def downgrade() -> None:
    op.create_table(
        "recording",
        sa.Column("id", Id(), nullable=False),
        sa.Column("message_id", Id(), nullable=False),
        sa.Column("thread_id", Id(), nullable=False),
        sa.Column("person_id", Id(), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at", Moment(), nullable=False),
        sa.Column("content_type", sa.String(length=64), nullable=False),
        sa.Column("content_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("updated_at", Moment(), nullable=False),
        sa.CheckConstraint("state IN ('wanted', 'kept', 'lost')", name=op.f("ck_recording_state")),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name=op.f("fk_recording_message_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recording")),
        sa.UniqueConstraint("message_id", name=op.f("uq_recording_message_id")),
    )
    with op.batch_alter_table("recording", schema=None) as batch_op:
        batch_op.create_index("ix_recording_due", ["state", "due_at", "id"], unique=False)
    # Those that were kept in that table go back to it; what was kept since has no place there.
    op.execute(
        "INSERT INTO recording (id, message_id, thread_id, person_id, state, attempts, due_at, content_type, "
        "content_sealed, created_at, updated_at) SELECT a.id, a.message_id, a.thread_id, a.person_id, 'kept', "
        "a.attempts, a.due_at, a.kind, p.sealed, a.created_at, a.updated_at FROM attachment a "
        "JOIN file_piece p ON p.file_id = a.content_id AND p.number = 0 WHERE a.bound = 'recording'"
    )
    op.drop_table("file_piece")
    with op.batch_alter_table("attachment", schema=None) as batch_op:
        batch_op.drop_index("ix_attachment_person_id")
        batch_op.drop_index("ix_attachment_due")
    op.drop_table("attachment")
