"""Who stood in what was read, by person; and the last of what is seldom done, found in the audit at once."""

import sqlalchemy as sa
from alembic import op

from hub.db.columns import Id

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

_SELDOM = sa.text(
    "action IN ('audit.copy', 'audit.verify', 'backup.restore', 'backup.take', 'keys.rotate', 'keys.table', "
    "'retention.run', 'safeguards.read')"
)


def upgrade() -> None:
    op.create_table(
        "audit_person",
        sa.Column("person_id", Id(), nullable=False),
        sa.Column("event_id", Id(), nullable=False),
        sa.PrimaryKeyConstraint("person_id", "event_id", name=op.f("pk_audit_person")),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_audit_event_seldom",
        "audit_event",
        ["action", "id"],
        unique=False,
        sqlite_where=_SELDOM,
        postgresql_where=_SELDOM,
    )


def downgrade() -> None:
    op.drop_index("ix_audit_event_seldom", table_name="audit_event")
    op.drop_table("audit_person")
