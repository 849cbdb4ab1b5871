"""What callers left on the line, and which message a delivery answers."""

import sqlalchemy as sa
from alembic import op

from hub.db.columns import Id, Moment

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
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
    op.add_column("delivery", sa.Column("answers_id", Id(), nullable=True))


def downgrade() -> None:
    op.drop_column("delivery", "answers_id")
    with op.batch_alter_table("recording", schema=None) as batch_op:
        batch_op.drop_index("ix_recording_due")
    op.drop_table("recording")
