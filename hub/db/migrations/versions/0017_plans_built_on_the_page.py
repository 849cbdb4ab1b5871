"""Plans that are built on the page, and tests of their texts."""

import sqlalchemy as sa
from alembic import op

from hub.db.columns import Id, Moment

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "campaign_plan",
        sa.Column("id", Id(), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("plan", sa.Text(), nullable=False),
        sa.Column("texts_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("saved_by", Id(), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("updated_at", Moment(), nullable=False),
        sa.CheckConstraint("state IN ('draft', 'fixed', 'dropped')", name=op.f("ck_campaign_plan_state")),
        sa.ForeignKeyConstraint(["saved_by"], ["staff_user.id"], name=op.f("fk_campaign_plan_saved_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_campaign_plan")),
        sa.UniqueConstraint("name", "version", name=op.f("uq_campaign_plan_name_version")),
    )
    op.create_table(
        "campaign_test_address",
        sa.Column("id", Id(), nullable=False),
        sa.Column("address_id", Id(), nullable=False),
        sa.Column("address_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("added_by", Id(), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["address_id"], ["address.id"], name=op.f("fk_campaign_test_address_address_id")),
        sa.ForeignKeyConstraint(["added_by"], ["staff_user.id"], name=op.f("fk_campaign_test_address_added_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_campaign_test_address")),
        sa.UniqueConstraint("address_id", name=op.f("uq_campaign_test_address_address_id")),
    )
    op.create_table(
        "campaign_test",
        sa.Column("id", Id(), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("step", sa.String(length=32), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("channel", sa.String(length=8), nullable=False),
        sa.Column("user_id", Id(), nullable=False),
        sa.Column("delivery_id", Id(), nullable=True),
        sa.Column("rule", sa.String(length=64), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["staff_user.id"], name=op.f("fk_campaign_test_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_campaign_test")),
    )
    op.create_index("ix_campaign_test_user_id", "campaign_test", ["user_id", "at"], unique=False)
    op.add_column("campaign", sa.Column("plan_id", Id(), nullable=True))
    op.add_column("campaign_approval", sa.Column("plan_id", Id(), nullable=True))


def downgrade() -> None:
    op.drop_column("campaign_approval", "plan_id")
    op.drop_column("campaign", "plan_id")
    op.drop_index("ix_campaign_test_user_id", table_name="campaign_test")
    op.drop_table("campaign_test")
    op.drop_table("campaign_test_address")
    op.drop_table("campaign_plan")
