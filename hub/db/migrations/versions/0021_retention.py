"""Legal holds, the log of what was disposed of, and copies to be deleted at providers."""

import sqlalchemy as sa
from alembic import op

from hub.db.columns import Id, Moment, Number

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

_IN_FORCE = sa.text("released_at IS NULL")
_TO_DO = sa.text("done_at IS NULL")


def upgrade() -> None:
    op.create_table(
        "legal_hold",
        sa.Column("id", Id(), nullable=False),
        sa.Column("person_id", Id(), nullable=False),
        sa.Column("reason_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("actor_kind", sa.String(length=8), nullable=False),
        sa.Column("actor_id", sa.String(length=64), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("released_at", Moment(), nullable=True),
        sa.Column("released_kind", sa.String(length=8), nullable=True),
        sa.Column("released_id", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_legal_hold_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_legal_hold")),
    )
    op.create_index(
        "ix_legal_hold_in_force",
        "legal_hold",
        ["person_id"],
        unique=False,
        sqlite_where=_IN_FORCE,
        postgresql_where=_IN_FORCE,
    )
    op.create_table(
        "disposal",
        sa.Column("seq", Number(), autoincrement=False, nullable=False),
        sa.Column("person_id", Id(), nullable=True),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("certificate_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_disposal")),
    )
    op.create_index("ix_disposal_person_id", "disposal", ["person_id"], unique=False)
    op.create_table(
        "provider_copy",
        sa.Column("channel", sa.String(length=8), nullable=False),
        sa.Column("provider_id", sa.String(length=64), nullable=False),
        sa.Column("due_at", Moment(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=24), nullable=False),
        sa.Column("done_at", Moment(), nullable=True),
        sa.PrimaryKeyConstraint("channel", "provider_id", name=op.f("pk_provider_copy")),
    )
    op.create_index(
        "ix_provider_copy_due",
        "provider_copy",
        ["due_at"],
        unique=False,
        sqlite_where=_TO_DO,
        postgresql_where=_TO_DO,
    )


def downgrade() -> None:
    op.drop_index("ix_provider_copy_due", table_name="provider_copy")
    op.drop_table("provider_copy")
    op.drop_index("ix_disposal_person_id", table_name="disposal")
    op.drop_table("disposal")
    op.drop_index("ix_legal_hold_in_force", table_name="legal_hold")
    op.drop_table("legal_hold")
