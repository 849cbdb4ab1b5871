"""Which process handles which thread."""

import sqlalchemy as sa
from alembic import op

from hub.db.columns import Id, Moment

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "turn",
        sa.Column("thread_id", Id(), nullable=False),
        sa.Column("holder", Id(), nullable=False),
        sa.Column("until", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["thread_id"], ["thread.id"], name=op.f("fk_turn_thread_id")),
        sa.PrimaryKeyConstraint("thread_id", name=op.f("pk_turn")),
    )


def downgrade() -> None:
    op.drop_table("turn")
