"""By which channels persons like to hear of what, where they accept whole texts, and what follows a delivery."""

import sqlalchemy as sa
from alembic import op

from hub.db.columns import Id, Moment

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "preference",
        sa.Column("person_id", Id(), nullable=False),
        sa.Column("purpose", sa.String(length=16), nullable=False),
        sa.Column("wanted", sa.String(length=64), nullable=False),
        sa.Column("off", sa.String(length=64), nullable=False),
        sa.Column("updated_at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_preference_person_id")),
        sa.PrimaryKeyConstraint("person_id", "purpose", name=op.f("pk_preference")),
    )
    op.create_table(
        "disclosure",
        sa.Column("person_id", Id(), nullable=False),
        sa.Column("channel", sa.String(length=8), nullable=False),
        sa.Column("warning", sa.String(length=96), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_disclosure_person_id")),
        sa.PrimaryKeyConstraint("person_id", "channel", name=op.f("pk_disclosure")),
    )
    op.add_column("delivery", sa.Column("step", sa.Integer(), server_default="0", nullable=False))
    op.add_column("delivery", sa.Column("words_sealed", sa.LargeBinary(), nullable=True))
    watched = sa.text("outcome = ''")
    op.create_table(
        "escalation",
        sa.Column("message_id", Id(), nullable=False),
        sa.Column("step", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("delivery_id", Id(), nullable=False),
        sa.Column("person_id", Id(), nullable=False),
        sa.Column("cause", sa.String(length=12), nullable=False),
        sa.Column("outcome", sa.String(length=12), nullable=False),
        sa.Column("level", sa.String(length=8), nullable=False),
        sa.Column("alone", sa.Boolean(), nullable=False),
        sa.Column("due_at", Moment(), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("ended_at", Moment(), nullable=True),
        sa.CheckConstraint(
            "cause IN ('first', 'failed', 'undelivered', 'unread', 'refused')", name=op.f("ck_escalation_cause")
        ),
        sa.CheckConstraint("outcome IN ('', 'reached', 'next', 'staff', 'void')", name=op.f("ck_escalation_outcome")),
        sa.CheckConstraint("level IN ('none', 'limited', 'full')", name=op.f("ck_escalation_level")),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name=op.f("fk_escalation_message_id")),
        sa.PrimaryKeyConstraint("message_id", "step", name=op.f("pk_escalation")),
    )
    op.create_index(
        "ix_escalation_due",
        "escalation",
        ["due_at", "message_id"],
        unique=False,
        sqlite_where=watched,
        postgresql_where=watched,
    )
    op.create_index("ix_escalation_delivery_id", "escalation", ["delivery_id"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_escalation_delivery_id", "escalation")
    op.drop_index("ix_escalation_due", "escalation")
    op.drop_table("escalation")
    op.drop_column("delivery", "words_sealed")
    op.drop_column("delivery", "step")
    op.drop_table("disclosure")
    op.drop_table("preference")
