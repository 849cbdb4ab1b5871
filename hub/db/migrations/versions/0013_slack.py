"""Slack: what was told is kept until it is done, posts have ids of their own, replies are marked."""

import sqlalchemy as sa
from alembic import op

from hub.db.columns import Id, Moment

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_LIVE = sa.text("ended_at IS NULL")
_UNDONE = sa.text("told_at IS NULL")


def upgrade() -> None:
    # Nothing was ever written to either table.
    op.drop_table("slack_post")
    op.drop_table("slack_event")
    op.create_table(
        "slack_post",
        sa.Column("id", Id(), nullable=False),
        sa.Column("thread_id", Id(), nullable=False),
        sa.Column("channel", sa.String(length=24), nullable=False),
        sa.Column("ts", sa.String(length=24), nullable=True),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("shown", sa.String(length=32), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("ended_at", Moment(), nullable=True),
        sa.ForeignKeyConstraint(["thread_id"], ["thread.id"], name=op.f("fk_slack_post_thread_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_slack_post")),
        sa.UniqueConstraint("channel", "ts", name=op.f("uq_slack_post_channel_ts")),
    )
    with op.batch_alter_table("slack_post", schema=None) as batch_op:
        batch_op.create_index("ix_slack_post_thread_id", ["thread_id"], unique=False)
        batch_op.create_index(
            "ix_slack_post_live", ["thread_id", "at"], unique=False, sqlite_where=_LIVE, postgresql_where=_LIVE
        )
    op.create_table(
        "slack_event",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("work_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("due_at", Moment(), nullable=False),
        sa.Column("failures", sa.Integer(), server_default="0", nullable=False),
        sa.Column("done_at", Moment(), nullable=True),
        sa.Column("answer_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("told_at", Moment(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_slack_event")),
    )
    with op.batch_alter_table("slack_event", schema=None) as batch_op:
        batch_op.create_index("ix_slack_event_at", ["at"], unique=False)
        batch_op.create_index(
            "ix_slack_event_undone", ["due_at", "id"], unique=False, sqlite_where=_UNDONE, postgresql_where=_UNDONE
        )
    op.create_table(
        "slack_reply",
        sa.Column("message_id", Id(), nullable=False),
        sa.Column("channel", sa.String(length=24), nullable=False),
        sa.Column("ts", sa.String(length=24), nullable=False),
        sa.Column("post", sa.String(length=24), nullable=False),
        sa.Column("slack_user", sa.String(length=24), nullable=False),
        sa.Column("mark", sa.String(length=12), server_default="", nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("ended_at", Moment(), nullable=True),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name=op.f("fk_slack_reply_message_id")),
        sa.PrimaryKeyConstraint("message_id", name=op.f("pk_slack_reply")),
    )
    with op.batch_alter_table("slack_reply", schema=None) as batch_op:
        batch_op.create_index("ix_slack_reply_ts", ["channel", "ts"], unique=False)
        batch_op.create_index("ix_slack_reply_live", ["at"], unique=False, sqlite_where=_LIVE, postgresql_where=_LIVE)


def downgrade() -> None:
    op.drop_table("slack_reply")
    op.drop_table("slack_event")
    op.drop_table("slack_post")
    op.create_table(
        "slack_event",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_slack_event")),
    )
    with op.batch_alter_table("slack_event", schema=None) as batch_op:
        batch_op.create_index("ix_slack_event_at", ["at"], unique=False)
    op.create_table(
        "slack_post",
        sa.Column("channel", sa.String(length=24), nullable=False),
        sa.Column("ts", sa.String(length=24), nullable=False),
        sa.Column("thread_id", Id(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("ended_at", Moment(), nullable=True),
        sa.ForeignKeyConstraint(["thread_id"], ["thread.id"], name=op.f("fk_slack_post_thread_id")),
        sa.PrimaryKeyConstraint("channel", "ts", name=op.f("pk_slack_post")),
    )
    with op.batch_alter_table("slack_post", schema=None) as batch_op:
        batch_op.create_index("ix_slack_post_thread_id", ["thread_id"], unique=False)
