"""Who approved a request of erasure, and restrictions in force."""

import sqlalchemy as sa
from alembic import op

from hub.db.columns import Id, Moment

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

_NOT_LIFTED = sa.text("lifted_at IS NULL")


def upgrade() -> None:
    with op.batch_alter_table("rights_request") as batch:
        batch.add_column(sa.Column("approved_at", Moment(), nullable=True))
        batch.add_column(sa.Column("approved_kind", sa.String(length=8), nullable=True))
        batch.add_column(sa.Column("approved_id", sa.String(length=64), nullable=True))
    op.create_table(
        "restriction",
        sa.Column("id", Id(), nullable=False),
        sa.Column("person_id", Id(), nullable=False),
        sa.Column("request_id", Id(), nullable=False),
        sa.Column("actor_kind", sa.String(length=8), nullable=False),
        sa.Column("actor_id", sa.String(length=64), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("lifted_at", Moment(), nullable=True),
        sa.Column("lifted_kind", sa.String(length=8), nullable=True),
        sa.Column("lifted_id", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_restriction_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_restriction")),
    )
    op.create_index(
        "ix_restriction_in_force",
        "restriction",
        ["person_id"],
        unique=False,
        sqlite_where=_NOT_LIFTED,
        postgresql_where=_NOT_LIFTED,
    )


def downgrade() -> None:
    op.drop_index("ix_restriction_in_force", table_name="restriction")
    op.drop_table("restriction")
    with op.batch_alter_table("rights_request") as batch:
        batch.drop_column("approved_id")
        batch.drop_column("approved_kind")
        batch.drop_column("approved_at")
