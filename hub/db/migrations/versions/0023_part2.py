"""Labels of 42 CFR Part 2: on persons, on visit types and specialties; and consents to disclosure."""

import sqlalchemy as sa
from alembic import op

from hub.db.columns import Id, Moment

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

_LABELLED = sa.text("part2_at IS NOT NULL")


def upgrade() -> None:
    op.add_column("person", sa.Column("part2_at", Moment(), nullable=True))
    op.add_column("person", sa.Column("part2_from", sa.String(length=8), nullable=True))
    op.create_index("ix_person_part2", "person", ["id"], sqlite_where=_LABELLED, postgresql_where=_LABELLED)
    op.add_column("resource", sa.Column("part2_at", Moment(), nullable=True))
    op.create_index("ix_resource_part2", "resource", ["id"], sqlite_where=_LABELLED, postgresql_where=_LABELLED)
    op.create_table(
        "part2_consent",
        sa.Column("id", Id(), nullable=False),
        sa.Column("person_id", Id(), nullable=False),
        sa.Column("signed_on", sa.Date(), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=True),
        sa.Column("document_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("actor_kind", sa.String(length=8), nullable=False),
        sa.Column("actor_id", sa.String(length=64), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("revoked_at", Moment(), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_part2_consent_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_part2_consent")),
    )
    op.create_index("ix_part2_consent_person_id", "part2_consent", ["person_id"])


def downgrade() -> None:
    op.drop_index("ix_part2_consent_person_id", table_name="part2_consent")
    op.drop_table("part2_consent")
    op.drop_index("ix_resource_part2", table_name="resource")
    op.drop_column("resource", "part2_at")
    op.drop_index("ix_person_part2", table_name="person")
    op.drop_column("person", "part2_from")
    op.drop_column("person", "part2_at")
