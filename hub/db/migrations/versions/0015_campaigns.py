"""Campaigns, their steps, and the waitlist."""

import sqlalchemy as sa
from alembic import op

from hub.db.columns import Id, Moment

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "campaign",
        sa.Column("id", Id(), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("plan", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("place", sa.String(length=128), server_default="", nullable=False),
        sa.Column("passes", sa.Integer(), server_default="0", nullable=False),
        sa.Column("started_by", sa.String(length=64), server_default="", nullable=False),
        sa.Column("started_at", Moment(), nullable=False),
        sa.Column("ended_at", Moment(), nullable=True),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("updated_at", Moment(), nullable=False),
        sa.CheckConstraint("state IN ('running', 'paused', 'stopped', 'done')", name=op.f("ck_campaign_state")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_campaign")),
    )
    op.create_index("ix_campaign_name", "campaign", ["name", "id"], unique=False)
    op.create_index(
        "uq_campaign_active",
        "campaign",
        ["name"],
        unique=True,
        sqlite_where=sa.text("state IN ('running', 'paused')"),
        postgresql_where=sa.text("state IN ('running', 'paused')"),
    )
    op.create_table(
        "campaign_step",
        sa.Column("id", Id(), nullable=False),
        sa.Column("campaign_id", Id(), nullable=False),
        sa.Column("person_id", Id(), nullable=False),
        sa.Column("subject_id", Id(), nullable=False),
        sa.Column("subject_version", sa.Integer(), nullable=False),
        sa.Column("step", sa.String(length=32), nullable=False),
        sa.Column("variant", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("decision", sa.String(length=8), nullable=False),
        sa.Column("rule", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("channel", sa.String(length=8), nullable=True),
        sa.Column("nominal_at", Moment(), nullable=True),
        sa.Column("send_at", Moment(), nullable=True),
        sa.Column("due_at", Moment(), nullable=False),
        sa.Column("message_id", Id(), nullable=True),
        sa.Column("delivery_id", Id(), nullable=True),
        sa.Column("answer", sa.Integer(), nullable=True),
        sa.Column("answered_at", Moment(), nullable=True),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("updated_at", Moment(), nullable=False),
        sa.CheckConstraint("decision IN ('send', 'hold', 'skip')", name=op.f("ck_campaign_step_decision")),
        sa.CheckConstraint("state IN ('planned', 'queued', 'skipped', 'void')", name=op.f("ck_campaign_step_state")),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"], name=op.f("fk_campaign_step_campaign_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_campaign_step")),
        sa.UniqueConstraint(
            "subject_id",
            "campaign_id",
            "subject_version",
            "step",
            name=op.f("uq_campaign_step_subject_id_campaign_id_subject_version_step"),
        ),
    )
    op.create_index("ix_campaign_step_campaign_id", "campaign_step", ["campaign_id", "state"], unique=False)
    op.create_index(
        "ix_campaign_step_message_id",
        "campaign_step",
        ["message_id"],
        unique=False,
        sqlite_where=sa.text("message_id IS NOT NULL"),
        postgresql_where=sa.text("message_id IS NOT NULL"),
    )
    op.create_index(
        "ix_campaign_step_due",
        "campaign_step",
        ["due_at", "id"],
        unique=False,
        sqlite_where=sa.text("state = 'planned'"),
        postgresql_where=sa.text("state = 'planned'"),
    )
    op.create_index("ix_campaign_step_person_id", "campaign_step", ["person_id", "created_at"], unique=False)
    op.create_table(
        "campaign_person",
        sa.Column("campaign_id", Id(), nullable=False),
        sa.Column("person_id", Id(), nullable=False),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"], name=op.f("fk_campaign_person_campaign_id")),
        sa.PrimaryKeyConstraint("campaign_id", "person_id", name=op.f("pk_campaign_person")),
    )
    op.create_table(
        "waitlist",
        sa.Column("id", Id(), nullable=False),
        sa.Column("person_id", Id(), nullable=False),
        sa.Column("visit_type_id", Id(), nullable=False),
        sa.Column("provider_id", Id(), nullable=True),
        sa.Column("appointment_id", Id(), nullable=True),
        sa.Column("earliest", Moment(), nullable=False),
        sa.Column("latest", Moment(), nullable=True),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("offered_at", Moment(), nullable=True),
        sa.Column("source", sa.String(length=8), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("updated_at", Moment(), nullable=False),
        sa.CheckConstraint("source IN ('bot', 'api', 'staff')", name=op.f("ck_waitlist_source")),
        sa.CheckConstraint("state IN ('waiting', 'booked', 'left')", name=op.f("ck_waitlist_state")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_waitlist_person_id")),
        sa.ForeignKeyConstraint(["provider_id"], ["resource.id"], name=op.f("fk_waitlist_provider_id")),
        sa.ForeignKeyConstraint(["visit_type_id"], ["resource.id"], name=op.f("fk_waitlist_visit_type_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_waitlist")),
    )
    op.create_index("ix_waitlist_person_id", "waitlist", ["person_id", "state"], unique=False)
    op.create_index(
        "ix_waitlist_waiting",
        "waitlist",
        ["visit_type_id", "offered_at"],
        unique=False,
        sqlite_where=sa.text("state = 'waiting'"),
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_table(
        "slot_opening",
        sa.Column("id", Id(), nullable=False),
        sa.Column("slot_id", Id(), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("rounds", sa.Integer(), nullable=False),
        sa.Column("due_at", Moment(), nullable=False),
        sa.Column("filled_by", Id(), nullable=True),
        sa.Column("freed_at", Moment(), nullable=False),
        sa.Column("ended_at", Moment(), nullable=True),
        sa.CheckConstraint("state IN ('open', 'filled', 'ended')", name=op.f("ck_slot_opening_state")),
        sa.ForeignKeyConstraint(["slot_id"], ["slot.id"], name=op.f("fk_slot_opening_slot_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_slot_opening")),
    )
    op.create_index(
        "ix_slot_opening_due",
        "slot_opening",
        ["due_at", "id"],
        unique=False,
        sqlite_where=sa.text("state = 'open'"),
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_index(
        "uq_slot_opening_open",
        "slot_opening",
        ["slot_id"],
        unique=True,
        sqlite_where=sa.text("state = 'open'"),
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_table(
        "waitlist_offer",
        sa.Column("id", Id(), nullable=False),
        sa.Column("opening_id", Id(), nullable=False),
        sa.Column("waitlist_id", Id(), nullable=False),
        sa.Column("person_id", Id(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("rule", sa.String(length=64), nullable=False),
        sa.Column("delivery_id", Id(), nullable=True),
        sa.Column("answered_at", Moment(), nullable=True),
        sa.Column("created_at", Moment(), nullable=False),
        sa.CheckConstraint(
            "state IN ('offered', 'refused', 'won', 'lost', 'declined', 'over')", name=op.f("ck_waitlist_offer_state")
        ),
        sa.ForeignKeyConstraint(["opening_id"], ["slot_opening.id"], name=op.f("fk_waitlist_offer_opening_id")),
        sa.ForeignKeyConstraint(["waitlist_id"], ["waitlist.id"], name=op.f("fk_waitlist_offer_waitlist_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_waitlist_offer")),
        sa.UniqueConstraint("opening_id", "waitlist_id", name=op.f("uq_waitlist_offer_opening_id_waitlist_id")),
    )
    op.create_index("ix_waitlist_offer_person_id", "waitlist_offer", ["person_id", "created_at"], unique=False)
    op.create_index(
        "ix_delivery_appointment_id",
        "delivery",
        ["appointment_id"],
        unique=False,
        sqlite_where=sa.text("appointment_id IS NOT NULL AND state IN ('queued', 'held')"),
        postgresql_where=sa.text("appointment_id IS NOT NULL AND state IN ('queued', 'held')"),
    )
    op.create_index("ix_appointment_start", "appointment", ["status", "start", "id"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_appointment_start", table_name="appointment")
    op.drop_index("ix_delivery_appointment_id", table_name="delivery")
    op.drop_index("ix_waitlist_offer_person_id", table_name="waitlist_offer")
    op.drop_table("waitlist_offer")
    op.drop_index("uq_slot_opening_open", table_name="slot_opening")
    op.drop_index("ix_slot_opening_due", table_name="slot_opening")
    op.drop_table("slot_opening")
    op.drop_index("ix_waitlist_waiting", table_name="waitlist")
    op.drop_index("ix_waitlist_person_id", table_name="waitlist")
    op.drop_table("waitlist")
    op.drop_index("ix_campaign_step_person_id", table_name="campaign_step")
    op.drop_index("ix_campaign_step_due", table_name="campaign_step")
    op.drop_index("ix_campaign_step_message_id", table_name="campaign_step")
    op.drop_index("ix_campaign_step_campaign_id", table_name="campaign_step")
    op.drop_table("campaign_step")
    op.drop_index("uq_campaign_active", table_name="campaign")
    op.drop_index("ix_campaign_name", table_name="campaign")
    op.drop_table("campaign_person")
    op.drop_table("campaign")
