"""Staff, their sessions, and their work on threads."""

import sqlalchemy as sa
from alembic import op

from hub.db.columns import Id, Moment

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "label",
        sa.Column("id", Id(), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("color", sa.String(length=8), nullable=False),
        sa.Column("archived_at", Moment(), nullable=True),
        sa.Column("created_at", Moment(), nullable=False),
        sa.CheckConstraint("color IN ('teal', 'blue', 'violet', 'amber', 'red', 'grey')", name=op.f("ck_label_color")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_label")),
        sa.UniqueConstraint("name", name=op.f("uq_label_name")),
    )
    op.create_table(
        "slack_event",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_slack_event")),
    )
    with op.batch_alter_table("slack_event", schema=None) as batch_op:
        batch_op.create_index("ix_slack_event_at", ["at"], unique=False)

    op.create_table(
        "staff_user",
        sa.Column("id", Id(), nullable=False),
        sa.Column("email_blind", sa.LargeBinary(), nullable=False),
        sa.Column("profile_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("status", sa.String(length=8), nullable=False),
        sa.Column("password_hash", sa.String(length=160), nullable=True),
        sa.Column("password_at", Moment(), nullable=True),
        sa.Column("totp_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("totp_step", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("oidc_blind", sa.LargeBinary(), nullable=True),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("capacity", sa.Integer(), nullable=False),
        sa.Column("available", sa.Boolean(), nullable=False),
        sa.Column("settings", sa.String(length=400), server_default="{}", nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("updated_at", Moment(), nullable=False),
        sa.CheckConstraint(
            "role IN ('agent', 'supervisor', 'campaigns', 'compliance', 'admin')", name=op.f("ck_staff_user_role")
        ),
        sa.CheckConstraint("status IN ('invited', 'active', 'disabled')", name=op.f("ck_staff_user_status")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_user")),
        sa.UniqueConstraint("email_blind", name=op.f("uq_staff_user_email_blind")),
        sa.UniqueConstraint("oidc_blind", name=op.f("uq_staff_user_oidc_blind")),
    )
    op.create_table(
        "team",
        sa.Column("id", Id(), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("routing", sa.String(length=12), nullable=False),
        sa.Column("reply_within", sa.Integer(), nullable=True),
        sa.Column("private", sa.Boolean(), nullable=False),
        sa.Column("archived_at", Moment(), nullable=True),
        sa.Column("created_at", Moment(), nullable=False),
        sa.CheckConstraint("routing IN ('manual', 'round_robin')", name=op.f("ck_team_routing")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_team")),
        sa.UniqueConstraint("name", name=op.f("uq_team_name")),
    )
    op.create_table(
        "break_glass",
        sa.Column("id", Id(), nullable=False),
        sa.Column("user_id", Id(), nullable=False),
        sa.Column("person_id", Id(), nullable=False),
        sa.Column("reason_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("ends_at", Moment(), nullable=False),
        sa.Column("reviewed_by", Id(), nullable=True),
        sa.Column("reviewed_at", Moment(), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_break_glass_person_id")),
        sa.ForeignKeyConstraint(["user_id"], ["staff_user.id"], name=op.f("fk_break_glass_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_break_glass")),
    )
    with op.batch_alter_table("break_glass", schema=None) as batch_op:
        batch_op.create_index("ix_break_glass_person_id", ["person_id"], unique=False)
        batch_op.create_index("ix_break_glass_user_id", ["user_id"], unique=False)

    op.create_table(
        "canned_reply",
        sa.Column("id", Id(), nullable=False),
        sa.Column("shortcut", sa.String(length=32), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("team_id", Id(), nullable=True),
        sa.Column("body_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("by_id", Id(), nullable=False),
        sa.Column("updated_at", Moment(), nullable=False),
        sa.Column("archived_at", Moment(), nullable=True),
        sa.ForeignKeyConstraint(["team_id"], ["team.id"], name=op.f("fk_canned_reply_team_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_canned_reply")),
    )
    with op.batch_alter_table("canned_reply", schema=None) as batch_op:
        batch_op.create_index("ix_canned_reply_shortcut", ["shortcut", "language"], unique=False)

    op.create_table(
        "staff_link",
        sa.Column("blind", sa.LargeBinary(), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("user_id", Id(), nullable=True),
        sa.Column("kept_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("tries", sa.Integer(), server_default="0", nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("ends_at", Moment(), nullable=False),
        sa.Column("used_at", Moment(), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["staff_user.id"], name=op.f("fk_staff_link_user_id")),
        sa.PrimaryKeyConstraint("blind", name=op.f("pk_staff_link")),
    )
    with op.batch_alter_table("staff_link", schema=None) as batch_op:
        batch_op.create_index("ix_staff_link_ends_at", ["ends_at"], unique=False)
        batch_op.create_index("ix_staff_link_user_id", ["user_id"], unique=False)

    op.create_table(
        "staff_passkey",
        sa.Column("id", Id(), nullable=False),
        sa.Column("user_id", Id(), nullable=False),
        sa.Column("credential", sa.LargeBinary(), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("sign_count", sa.BigInteger(), nullable=False),
        sa.Column("label_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("used_at", Moment(), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["staff_user.id"], name=op.f("fk_staff_passkey_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_passkey")),
        sa.UniqueConstraint("credential", name=op.f("uq_staff_passkey_credential")),
    )
    with op.batch_alter_table("staff_passkey", schema=None) as batch_op:
        batch_op.create_index("ix_staff_passkey_user_id", ["user_id"], unique=False)

    op.create_table(
        "staff_recovery",
        sa.Column("blind", sa.LargeBinary(), nullable=False),
        sa.Column("user_id", Id(), nullable=False),
        sa.Column("used_at", Moment(), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["staff_user.id"], name=op.f("fk_staff_recovery_user_id")),
        sa.PrimaryKeyConstraint("blind", name=op.f("pk_staff_recovery")),
    )
    with op.batch_alter_table("staff_recovery", schema=None) as batch_op:
        batch_op.create_index("ix_staff_recovery_user_id", ["user_id"], unique=False)

    op.create_table(
        "staff_session",
        sa.Column("id", Id(), nullable=False),
        sa.Column("token_blind", sa.LargeBinary(), nullable=False),
        sa.Column("user_id", Id(), nullable=False),
        sa.Column("way", sa.String(length=8), nullable=False),
        sa.Column("strong", sa.Boolean(), nullable=False),
        sa.Column("device", sa.String(length=32), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("seen_at", Moment(), nullable=False),
        sa.Column("proved_at", Moment(), nullable=False),
        sa.Column("ends_at", Moment(), nullable=False),
        sa.Column("ended_at", Moment(), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["staff_user.id"], name=op.f("fk_staff_session_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_session")),
        sa.UniqueConstraint("token_blind", name=op.f("uq_staff_session_token_blind")),
    )
    with op.batch_alter_table("staff_session", schema=None) as batch_op:
        batch_op.create_index("ix_staff_session_ends_at", ["ends_at"], unique=False)
        batch_op.create_index("ix_staff_session_user_id", ["user_id"], unique=False)

    op.create_table(
        "team_member",
        sa.Column("team_id", Id(), nullable=False),
        sa.Column("user_id", Id(), nullable=False),
        sa.Column("turn_at", Moment(), nullable=True),
        sa.ForeignKeyConstraint(["team_id"], ["team.id"], name=op.f("fk_team_member_team_id")),
        sa.ForeignKeyConstraint(["user_id"], ["staff_user.id"], name=op.f("fk_team_member_user_id")),
        sa.PrimaryKeyConstraint("team_id", "user_id", name=op.f("pk_team_member")),
    )
    with op.batch_alter_table("team_member", schema=None) as batch_op:
        batch_op.create_index("ix_team_member_user_id", ["user_id"], unique=False)

    op.create_table(
        "draft",
        sa.Column("user_id", Id(), nullable=False),
        sa.Column("thread_id", Id(), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("body_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.CheckConstraint("kind IN ('reply', 'note')", name=op.f("ck_draft_kind")),
        sa.ForeignKeyConstraint(["thread_id"], ["thread.id"], name=op.f("fk_draft_thread_id")),
        sa.ForeignKeyConstraint(["user_id"], ["staff_user.id"], name=op.f("fk_draft_user_id")),
        sa.PrimaryKeyConstraint("user_id", "thread_id", "kind", name=op.f("pk_draft")),
    )
    with op.batch_alter_table("draft", schema=None) as batch_op:
        batch_op.create_index("ix_draft_thread_id", ["thread_id"], unique=False)

    op.create_table(
        "rating",
        sa.Column("id", Id(), nullable=False),
        sa.Column("thread_id", Id(), nullable=False),
        sa.Column("user_id", Id(), nullable=True),
        sa.Column("team_id", Id(), nullable=True),
        sa.Column("asked_at", Moment(), nullable=False),
        sa.Column("score", sa.Integer(), nullable=True),
        sa.Column("answered_at", Moment(), nullable=True),
        sa.ForeignKeyConstraint(["thread_id"], ["thread.id"], name=op.f("fk_rating_thread_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rating")),
    )
    with op.batch_alter_table("rating", schema=None) as batch_op:
        batch_op.create_index("ix_rating_thread_id", ["thread_id"], unique=False)

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

    op.create_table(
        "thread_label",
        sa.Column("thread_id", Id(), nullable=False),
        sa.Column("label_id", Id(), nullable=False),
        sa.Column("by_id", Id(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["label_id"], ["label.id"], name=op.f("fk_thread_label_label_id")),
        sa.ForeignKeyConstraint(["thread_id"], ["thread.id"], name=op.f("fk_thread_label_thread_id")),
        sa.PrimaryKeyConstraint("thread_id", "label_id", name=op.f("pk_thread_label")),
    )
    with op.batch_alter_table("thread_label", schema=None) as batch_op:
        batch_op.create_index("ix_thread_label_label_id", ["label_id", "thread_id"], unique=False)

    op.create_table(
        "thread_seen",
        sa.Column("user_id", Id(), nullable=False),
        sa.Column("thread_id", Id(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["thread_id"], ["thread.id"], name=op.f("fk_thread_seen_thread_id")),
        sa.ForeignKeyConstraint(["user_id"], ["staff_user.id"], name=op.f("fk_thread_seen_user_id")),
        sa.PrimaryKeyConstraint("user_id", "thread_id", name=op.f("pk_thread_seen")),
    )
    with op.batch_alter_table("thread_seen", schema=None) as batch_op:
        batch_op.create_index("ix_thread_seen_thread_id", ["thread_id"], unique=False)

    op.create_table(
        "mention",
        sa.Column("user_id", Id(), nullable=False),
        sa.Column("message_id", Id(), nullable=False),
        sa.Column("thread_id", Id(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("seen_at", Moment(), nullable=True),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name=op.f("fk_mention_message_id")),
        sa.ForeignKeyConstraint(["thread_id"], ["thread.id"], name=op.f("fk_mention_thread_id")),
        sa.ForeignKeyConstraint(["user_id"], ["staff_user.id"], name=op.f("fk_mention_user_id")),
        sa.PrimaryKeyConstraint("user_id", "message_id", name=op.f("pk_mention")),
    )
    with op.batch_alter_table("mention", schema=None) as batch_op:
        batch_op.create_index("ix_mention_thread_id", ["thread_id"], unique=False)

    with op.batch_alter_table("idempotency", schema=None) as batch_op:
        batch_op.drop_constraint("fk_idempotency_token_id", type_="foreignkey")
        batch_op.alter_column("token_id", new_column_name="caller_id")
    op.add_column("thread", sa.Column("team_id", Id(), nullable=True))
    op.add_column("thread", sa.Column("waiting_since", Moment(), nullable=True))
    op.add_column("thread", sa.Column("due_at", Moment(), nullable=True))
    op.add_column("thread", sa.Column("escalated", sa.Integer(), server_default="0", nullable=False))
    op.add_column("thread", sa.Column("snoozed_until", Moment(), nullable=True))
    op.add_column("thread", sa.Column("closed_at", Moment(), nullable=True))
    op.add_column("thread", sa.Column("disposition", sa.String(length=32), server_default="", nullable=False))


def downgrade() -> None:
    with op.batch_alter_table("thread", schema=None) as batch_op:
        batch_op.drop_column("disposition")
        batch_op.drop_column("closed_at")
        batch_op.drop_column("snoozed_until")
        batch_op.drop_column("escalated")
        batch_op.drop_column("due_at")
        batch_op.drop_column("waiting_since")
        batch_op.drop_column("team_id")
    # What users asked for is not a token's.
    op.execute("DELETE FROM idempotency WHERE caller_id NOT IN (SELECT id FROM api_token)")
    with op.batch_alter_table("idempotency", schema=None) as batch_op:
        batch_op.alter_column("caller_id", new_column_name="token_id")
    with op.batch_alter_table("idempotency", schema=None) as batch_op:
        batch_op.create_foreign_key("fk_idempotency_token_id", "api_token", ["token_id"], ["id"])

    with op.batch_alter_table("mention", schema=None) as batch_op:
        batch_op.drop_index("ix_mention_thread_id")

    op.drop_table("mention")
    with op.batch_alter_table("thread_seen", schema=None) as batch_op:
        batch_op.drop_index("ix_thread_seen_thread_id")

    op.drop_table("thread_seen")
    with op.batch_alter_table("thread_label", schema=None) as batch_op:
        batch_op.drop_index("ix_thread_label_label_id")

    op.drop_table("thread_label")
    with op.batch_alter_table("slack_post", schema=None) as batch_op:
        batch_op.drop_index("ix_slack_post_thread_id")

    op.drop_table("slack_post")
    with op.batch_alter_table("rating", schema=None) as batch_op:
        batch_op.drop_index("ix_rating_thread_id")

    op.drop_table("rating")
    with op.batch_alter_table("draft", schema=None) as batch_op:
        batch_op.drop_index("ix_draft_thread_id")

    op.drop_table("draft")
    with op.batch_alter_table("team_member", schema=None) as batch_op:
        batch_op.drop_index("ix_team_member_user_id")

    op.drop_table("team_member")
    with op.batch_alter_table("staff_session", schema=None) as batch_op:
        batch_op.drop_index("ix_staff_session_user_id")
        batch_op.drop_index("ix_staff_session_ends_at")

    op.drop_table("staff_session")
    with op.batch_alter_table("staff_recovery", schema=None) as batch_op:
        batch_op.drop_index("ix_staff_recovery_user_id")

    op.drop_table("staff_recovery")
    with op.batch_alter_table("staff_passkey", schema=None) as batch_op:
        batch_op.drop_index("ix_staff_passkey_user_id")

    op.drop_table("staff_passkey")
    with op.batch_alter_table("staff_link", schema=None) as batch_op:
        batch_op.drop_index("ix_staff_link_user_id")
        batch_op.drop_index("ix_staff_link_ends_at")

    op.drop_table("staff_link")
    with op.batch_alter_table("canned_reply", schema=None) as batch_op:
        batch_op.drop_index("ix_canned_reply_shortcut")

    op.drop_table("canned_reply")
    with op.batch_alter_table("break_glass", schema=None) as batch_op:
        batch_op.drop_index("ix_break_glass_user_id")
        batch_op.drop_index("ix_break_glass_person_id")

    op.drop_table("break_glass")
    op.drop_table("team")
    op.drop_table("staff_user")
    with op.batch_alter_table("slack_event", schema=None) as batch_op:
        batch_op.drop_index("ix_slack_event_at")

    op.drop_table("slack_event")
    op.drop_table("label")
