"""Exports as jobs, what was disclosed, and what persons ask for by right."""

import sqlalchemy as sa
from alembic import op

from hub.db.columns import Id, Moment

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "export_run",
        sa.Column("id", Id(), nullable=False),
        sa.Column("asked_kind", sa.String(length=8), nullable=False),
        sa.Column("asked_id", sa.String(length=64), nullable=False),
        sa.Column("asked", sa.Text(), nullable=False),
        sa.Column("handed_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("key_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("expected", sa.Integer(), nullable=False),
        sa.Column("totals", sa.Text(), nullable=True),
        sa.Column("error", sa.String(length=64), nullable=False),
        sa.Column("downloads", sa.Integer(), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("ended_at", Moment(), nullable=True),
        sa.Column("expires_at", Moment(), nullable=True),
        sa.CheckConstraint(
            "state IN ('queued', 'running', 'done', 'failed', 'expired')", name=op.f("ck_export_run_state")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_export_run")),
    )
    op.create_index("ix_export_run_state", "export_run", ["state", "expires_at"], unique=False)
    op.create_table(
        "disclosed",
        sa.Column("id", Id(), nullable=False),
        sa.Column("person_id", Id(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("details_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("source", sa.String(length=8), nullable=False),
        sa.Column("export_id", Id(), nullable=True),
        sa.Column("actor_kind", sa.String(length=8), nullable=False),
        sa.Column("actor_id", sa.String(length=64), nullable=False),
        sa.Column("recorded_at", Moment(), nullable=False),
        sa.CheckConstraint("source IN ('staff', 'export')", name=op.f("ck_disclosed_source")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_disclosed_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_disclosed")),
        sa.UniqueConstraint("export_id", "person_id", name=op.f("uq_disclosed_export_id_person_id")),
    )
    op.create_index("ix_disclosed_person_id", "disclosed", ["person_id", "at", "id"], unique=False)
    op.create_table(
        "rights_request",
        sa.Column("id", Id(), nullable=False),
        sa.Column("person_id", Id(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("rules", sa.String(length=32), nullable=False),
        sa.Column("thread_id", Id(), nullable=True),
        sa.Column("message_id", Id(), nullable=True),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("details_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("received_at", Moment(), nullable=False),
        sa.Column("due_at", Moment(), nullable=False),
        sa.Column("extended_at", Moment(), nullable=True),
        sa.Column("ended_at", Moment(), nullable=True),
        sa.Column("export_id", Id(), nullable=True),
        sa.Column("actor_kind", sa.String(length=8), nullable=False),
        sa.Column("actor_id", sa.String(length=64), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('access', 'disclosures', 'amendment', 'erasure', 'restriction')",
            name=op.f("ck_rights_request_kind"),
        ),
        sa.CheckConstraint(
            "state IN ('open', 'fulfilled', 'denied', 'withdrawn')", name=op.f("ck_rights_request_state")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_rights_request_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rights_request")),
    )
    op.create_index("ix_rights_request_due", "rights_request", ["state", "due_at", "id"], unique=False)
    op.create_index("ix_rights_request_person_id", "rights_request", ["person_id", "id"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_rights_request_person_id", table_name="rights_request")
    op.drop_index("ix_rights_request_due", table_name="rights_request")
    op.drop_table("rights_request")
    op.drop_index("ix_disclosed_person_id", table_name="disclosed")
    op.drop_table("disclosed")
    op.drop_index("ix_export_run_state", table_name="export_run")
    op.drop_table("export_run")
