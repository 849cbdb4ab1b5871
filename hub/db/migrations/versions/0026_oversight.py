"""Unusual access, and what somebody attests that no program can see."""

import sqlalchemy as sa
from alembic import op

from hub.db.columns import Id, Moment

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "access_tally",
        sa.Column("user_id", Id(), nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("opened", sa.Integer(), nullable=False),
        sa.Column("listed", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("user_id", "day", name=op.f("pk_access_tally")),
    )
    op.create_table(
        "access_alert",
        sa.Column("id", Id(), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("rule", sa.String(length=16), nullable=False),
        sa.Column("user_id", Id(), nullable=False),
        sa.Column("person_id", Id(), nullable=True),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("usual", sa.Integer(), nullable=False),
        sa.Column("first_at", Moment(), nullable=False),
        sa.Column("last_at", Moment(), nullable=False),
        sa.Column("raised_at", Moment(), nullable=False),
        sa.Column("outcome", sa.String(length=12), nullable=False),
        sa.Column("note_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("reviewed_by", Id(), nullable=True),
        sa.Column("reviewed_at", Moment(), nullable=True),
        sa.CheckConstraint(
            "rule IN ('own_record', 'own_name', 'many_opened', 'many_listed', 'off_hours', 'deceased', 'marked')",
            name=op.f("ck_access_alert_rule"),
        ),
        sa.CheckConstraint("outcome IN ('', 'explained', 'escalated')", name=op.f("ck_access_alert_outcome")),
        sa.ForeignKeyConstraint(["user_id"], ["staff_user.id"], name=op.f("fk_access_alert_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_access_alert")),
        sa.UniqueConstraint("key", name=op.f("uq_access_alert_key")),
    )
    op.create_index("ix_access_alert_user_id", "access_alert", ["user_id"], unique=False)
    op.create_index("ix_access_alert_person_id", "access_alert", ["person_id"], unique=False)
    op.create_index("ix_access_alert_outcome", "access_alert", ["outcome", "raised_at", "id"], unique=False)
    op.create_table(
        "attestation",
        sa.Column("id", Id(), nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("done_at", Moment(), nullable=False),
        sa.Column("ends_at", Moment(), nullable=False),
        sa.Column("note_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("actor_kind", sa.String(length=8), nullable=False),
        sa.Column("actor_id", sa.String(length=64), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attestation")),
    )
    op.create_index("ix_attestation_kind", "attestation", ["kind", "at"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_attestation_kind", table_name="attestation")
    op.drop_table("attestation")
    op.drop_index("ix_access_alert_outcome", table_name="access_alert")
    op.drop_index("ix_access_alert_person_id", table_name="access_alert")
    op.drop_index("ix_access_alert_user_id", table_name="access_alert")
    op.drop_table("access_alert")
    op.drop_table("access_tally")
