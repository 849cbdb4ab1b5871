"""Mails kept as they came."""

import sqlalchemy as sa
from alembic import op

from hub.db.columns import Id, Moment

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "raw_mail",
        sa.Column("id", Id(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("reason", sa.String(length=16), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("raw_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("received_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_raw_mail")),
        sa.UniqueConstraint("digest", name=op.f("uq_raw_mail_digest")),
    )
    op.create_index("ix_raw_mail_received_at", "raw_mail", ["received_at"], unique=False)


def downgrade() -> None:
    op.drop_table("raw_mail")
