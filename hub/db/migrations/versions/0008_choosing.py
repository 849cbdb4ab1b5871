"""By which channels persons would like to hear of what, and where they accept whole texts."""

import sqlalchemy as sa
from alembic import op

from hub.db.columns import Id, Moment

revision = "0008"
down_revision = "0006"
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


def downgrade() -> None:
    op.drop_table("disclosure")
    op.drop_table("preference")
