"""A second person's word on a campaign."""

import sqlalchemy as sa
from alembic import op

from hub.db.columns import Id, Moment

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

_PENDING = "state IN ('asked', 'approved')"


def upgrade() -> None:
    op.create_table(
        "campaign_approval",
        sa.Column("id", Id(), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("plan", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("asked_by", Id(), nullable=False),
        sa.Column("asked_at", Moment(), nullable=False),
        sa.Column("decided_by", Id(), nullable=True),
        sa.Column("decided_at", Moment(), nullable=True),
        sa.Column("campaign_id", Id(), nullable=True),
        sa.CheckConstraint(
            "decided_by IS NULL OR decided_by <> asked_by", name=op.f("ck_campaign_approval_second_person")
        ),
        sa.CheckConstraint(
            "state IN ('asked', 'approved', 'refused', 'withdrawn', 'started')", name=op.f("ck_campaign_approval_state")
        ),
        sa.ForeignKeyConstraint(["asked_by"], ["staff_user.id"], name=op.f("fk_campaign_approval_asked_by")),
        sa.ForeignKeyConstraint(["decided_by"], ["staff_user.id"], name=op.f("fk_campaign_approval_decided_by")),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"], name=op.f("fk_campaign_approval_campaign_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_campaign_approval")),
    )
    op.create_index(
        "uq_campaign_approval_pending",
        "campaign_approval",
        ["name"],
        unique=True,
        sqlite_where=sa.text(_PENDING),
        postgresql_where=sa.text(_PENDING),
    )
    op.create_index("ix_campaign_approval_campaign_id", "campaign_approval", ["campaign_id"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_campaign_approval_campaign_id", table_name="campaign_approval")
    op.drop_index("uq_campaign_approval_pending", table_name="campaign_approval")
    op.drop_table("campaign_approval")
