"""Scheduling in an EHR: which of its slots is which, and what is under way."""

import sqlalchemy as sa
from alembic import op

from hub.db.columns import Id, Moment

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "ehr_slot",
        sa.Column("slot_id", Id(), nullable=False),
        sa.Column("remote_id", sa.String(length=200), nullable=False),
        sa.Column("proposal_sealed", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["slot_id"], ["slot.id"], name=op.f("fk_ehr_slot_slot_id")),
        sa.PrimaryKeyConstraint("slot_id", name=op.f("pk_ehr_slot")),
        sa.UniqueConstraint("remote_id", name=op.f("uq_ehr_slot_remote_id")),
    )
    op.create_table(
        "ehr_hold",
        sa.Column("slot_id", Id(), nullable=False),
        sa.Column("until", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["slot_id"], ["slot.id"], name=op.f("fk_ehr_hold_slot_id")),
        sa.PrimaryKeyConstraint("slot_id", name=op.f("pk_ehr_hold")),
    )
    op.create_index("ix_ehr_hold_until", "ehr_hold", ["until"], unique=False)
    op.create_table(
        "ehr_request",
        sa.Column("key", sa.String(length=160), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("person_id", Id(), nullable=False),
        sa.Column("slot_id", Id(), nullable=True),
        sa.Column("leaving_id", Id(), nullable=True),
        sa.Column("leased_until", Moment(), nullable=False),
        sa.CheckConstraint("kind IN ('book', 'move', 'cancel')", name=op.f("ck_ehr_request_kind")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_ehr_request_person_id")),
        sa.ForeignKeyConstraint(["slot_id"], ["slot.id"], name=op.f("fk_ehr_request_slot_id")),
        sa.ForeignKeyConstraint(["leaving_id"], ["appointment.id"], name=op.f("fk_ehr_request_leaving_id")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_ehr_request")),
    )
    op.create_index("ix_ehr_request_slot_id", "ehr_request", ["slot_id"], unique=False)
    op.create_index("ix_ehr_request_leased_until", "ehr_request", ["leased_until"], unique=False)
    op.create_table(
        "ehr_cursor",
        sa.Column("name", sa.String(length=16), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_ehr_cursor")),
    )


def downgrade() -> None:
    op.drop_table("ehr_cursor")
    op.drop_index("ix_ehr_request_leased_until", table_name="ehr_request")
    op.drop_index("ix_ehr_request_slot_id", table_name="ehr_request")
    op.drop_table("ehr_request")
    op.drop_index("ix_ehr_hold_until", table_name="ehr_hold")
    op.drop_table("ehr_hold")
    op.drop_table("ehr_slot")
