"""The register of business associates, what a delivery's words reveal, and why a legal hold was released.

A clinic that runs already goes on: its ways are noted as in use and unrecorded, which `auto` of HUB_BAA_ENFORCE lets
pass until somebody writes down what was signed. An empty hub begins without that.
"""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

from hub.db.columns import Id, Moment
from hub.types import new_id

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

_IN_FORCE = sa.text("ended_at IS NULL")
_IN_USE = ("sms", "voice", "email", "push", "slack", "ehr", "understanding")


def upgrade() -> None:
    op.create_table(
        "vendor",
        sa.Column("id", Id(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.Column("services", sa.String(length=160), nullable=False),
        sa.Column("agreement", sa.String(length=12), nullable=False),
        sa.Column("signed_on", sa.Date(), nullable=True),
        sa.Column("expires_on", sa.Date(), nullable=True),
        sa.Column("document", sa.String(length=200), nullable=False),
        sa.Column("subcontractors", sa.String(length=400), nullable=False),
        sa.Column("notes", sa.String(length=1000), nullable=False),
        sa.Column("actor_kind", sa.String(length=8), nullable=False),
        sa.Column("actor_id", sa.String(length=64), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("ended_at", Moment(), nullable=True),
        sa.Column("ended_why", sa.String(length=400), nullable=False),
        sa.CheckConstraint("agreement IN ('signed', 'none', 'own', 'unrecorded')", name=op.f("ck_vendor_agreement")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_vendor")),
    )
    op.create_index("uq_vendor_key", "vendor", ["key"], unique=True, sqlite_where=_IN_FORCE, postgresql_where=_IN_FORCE)
    op.add_column("delivery", sa.Column("level", sa.String(length=8), nullable=True))
    op.add_column("legal_hold", sa.Column("release_sealed", sa.LargeBinary(), nullable=True))
    if op.get_bind().execute(sa.text("SELECT 1 FROM person LIMIT 1")).first() is not None:
        _note_what_is_in_use()


def _note_what_is_in_use() -> None:
    names = ("id", "name", "key", "services", "agreement", "document", "subcontractors", "notes", "actor_kind")
    columns = [sa.column(name, Id()) if name == "id" else sa.column(name) for name in (*names, "actor_id", "ended_why")]
    now = datetime.now(UTC)
    blank = dict.fromkeys(("document", "subcontractors", "notes", "ended_why"), "")
    by = {"agreement": "unrecorded", "actor_kind": "system", "actor_id": "migrate", "at": now}
    rows = [{"id": new_id(), "name": one, "key": one, "services": one, **by, **blank} for one in _IN_USE]
    op.bulk_insert(sa.table("vendor", *columns, sa.column("at", Moment())), rows)


def downgrade() -> None:
    op.drop_column("legal_hold", "release_sealed")
    op.drop_column("delivery", "level")
    op.drop_index("uq_vendor_key", table_name="vendor")
    op.drop_table("vendor")
