"""Visits and patients as other systems know them, HL7 messages, and who is known to have died."""

import sqlalchemy as sa
from alembic import op

from hub.db.columns import Id, Moment

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "outside_record",
        sa.Column("blind", sa.LargeBinary(), nullable=False),
        sa.Column("source", sa.String(length=16), nullable=False),
        sa.Column("appointment_id", Id(), nullable=True),
        sa.Column("id_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("told_at", Moment(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=True),
        sa.Column("created_at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["appointment_id"], ["appointment.id"], name=op.f("fk_outside_record_appointment_id")),
        sa.PrimaryKeyConstraint("blind", name=op.f("pk_outside_record")),
    )
    op.create_index("ix_outside_record_appointment_id", "outside_record", ["appointment_id"], unique=False)
    op.create_table(
        "hl7_message",
        sa.Column("id", Id(), nullable=False),
        sa.Column("blind", sa.LargeBinary(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("code", sa.Integer(), nullable=True),
        sa.Column("place", sa.String(length=32), nullable=False),
        sa.Column("reason", sa.String(length=32), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("body_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("commit_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("answer_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("told_at", Moment(), nullable=False),
        sa.Column("received_at", Moment(), nullable=False),
        sa.Column("handled_at", Moment(), nullable=True),
        sa.CheckConstraint(
            "state IN ('waiting', 'applied', 'older', 'failed', 'dropped')", name=op.f("ck_hl7_message_state")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hl7_message")),
        sa.UniqueConstraint("blind", name=op.f("uq_hl7_message_blind")),
    )
    op.create_index("ix_hl7_message_state", "hl7_message", ["state", "received_at", "id"], unique=False)
    op.add_column("person", sa.Column("deceased_at", Moment(), nullable=True))


def downgrade() -> None:
    op.drop_column("person", "deceased_at")
    op.drop_index("ix_hl7_message_state", table_name="hl7_message")
    op.drop_table("hl7_message")
    op.drop_index("ix_outside_record_appointment_id", table_name="outside_record")
    op.drop_table("outside_record")
