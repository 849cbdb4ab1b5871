"""Identity: merges, addresses not proved yet or given up, proxies, checks of numbers."""

import sqlalchemy as sa
from alembic import op

from hub.db.columns import Id, Moment

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("person", sa.Column("merged_into", Id(), nullable=True))
    op.create_index("ix_person_merged_into", "person", ["merged_into"])
    how = sa.Column("verified_how", sa.String(length=16), server_default="record", nullable=False)
    op.add_column("contact", how)
    op.add_column("contact", sa.Column("verified_at", Moment(), nullable=True))
    op.add_column("delivery", sa.Column("about_id", Id(), nullable=True))
    op.add_column("resource", sa.Column("confidential", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.create_table(
        "person_merge",
        sa.Column("from_id", Id(), nullable=False),
        sa.Column("into_id", Id(), nullable=False),
        sa.Column("from_thread_id", Id(), nullable=True),
        sa.Column("into_thread_id", Id(), nullable=True),
        sa.Column("former_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("actor_kind", sa.String(length=8), nullable=False),
        sa.Column("actor_id", sa.String(length=64), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["from_id"], ["person.id"], name=op.f("fk_person_merge_from_id")),
        sa.ForeignKeyConstraint(["into_id"], ["person.id"], name=op.f("fk_person_merge_into_id")),
        sa.PrimaryKeyConstraint("from_id", name=op.f("pk_person_merge")),
        sa.UniqueConstraint("from_thread_id", name=op.f("uq_person_merge_from_thread_id")),
    )
    op.create_index("ix_person_merge_into_id", "person_merge", ["into_id"])
    op.create_index("ix_person_merge_at", "person_merge", ["at"])
    op.create_table(
        "claimed_address",
        sa.Column("person_id", Id(), nullable=False),
        sa.Column("address_id", Id(), nullable=False),
        sa.Column("value_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("how", sa.String(length=16), nullable=False),
        sa.Column("code_blind", sa.LargeBinary(), nullable=True),
        sa.Column("code_address_id", Id(), nullable=True),
        sa.Column("code_tries", sa.Integer(), nullable=False),
        sa.Column("code_ends_at", Moment(), nullable=True),
        sa.Column("codes_sent", sa.Integer(), nullable=False),
        sa.Column("codes_since", Moment(), nullable=True),
        sa.Column("created_at", Moment(), nullable=False),
        sa.CheckConstraint("how IN ('staff', 'dialogue')", name=op.f("ck_claimed_address_how")),
        sa.ForeignKeyConstraint(["address_id"], ["address.id"], name=op.f("fk_claimed_address_address_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_claimed_address_person_id")),
        sa.PrimaryKeyConstraint("person_id", "address_id", name=op.f("pk_claimed_address")),
    )
    op.create_index("ix_claimed_address_address_id", "claimed_address", ["address_id"])
    op.create_table(
        "retired_address",
        sa.Column("id", Id(), nullable=False),
        sa.Column("person_id", Id(), nullable=False),
        sa.Column("address_id", Id(), nullable=False),
        sa.Column("value_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("verified_how", sa.String(length=16), nullable=False),
        sa.Column("verified_at", Moment(), nullable=True),
        sa.Column("reason", sa.String(length=24), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["address_id"], ["address.id"], name=op.f("fk_retired_address_address_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_retired_address_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_retired_address")),
    )
    op.create_index("ix_retired_address_person_id", "retired_address", ["person_id", "at"])
    op.create_index("ix_retired_address_address_id", "retired_address", ["address_id"])
    op.create_table(
        "number_check",
        sa.Column("address_id", Id(), nullable=False),
        sa.Column("consent_at", Moment(), nullable=False),
        sa.Column("answer", sa.String(length=8), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.CheckConstraint("answer IN ('yes', 'no', 'no_data')", name=op.f("ck_number_check_answer")),
        sa.ForeignKeyConstraint(["address_id"], ["address.id"], name=op.f("fk_number_check_address_id")),
        sa.PrimaryKeyConstraint("address_id", name=op.f("pk_number_check")),
    )
    op.create_table(
        "proxy",
        sa.Column("id", Id(), nullable=False),
        sa.Column("proxy_person_id", Id(), nullable=False),
        sa.Column("patient_id", Id(), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("scope", sa.String(length=32), nullable=False),
        sa.Column("from_at", Moment(), nullable=False),
        sa.Column("until_at", Moment(), nullable=True),
        sa.Column("verified_how", sa.String(length=16), nullable=False),
        sa.Column("actor_kind", sa.String(length=8), nullable=False),
        sa.Column("actor_id", sa.String(length=64), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("ended_at", Moment(), nullable=True),
        sa.Column("ended_why", sa.String(length=16), nullable=False),
        sa.CheckConstraint("kind IN ('parent', 'guardian', 'caregiver')", name=op.f("ck_proxy_kind")),
        sa.ForeignKeyConstraint(["patient_id"], ["person.id"], name=op.f("fk_proxy_patient_id")),
        sa.ForeignKeyConstraint(["proxy_person_id"], ["person.id"], name=op.f("fk_proxy_proxy_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proxy")),
    )
    op.create_index("ix_proxy_proxy_person_id", "proxy", ["proxy_person_id"])
    op.create_index("ix_proxy_patient_id", "proxy", ["patient_id"])
    op.create_table(
        "portal_acting",
        sa.Column("session_id", Id(), nullable=False),
        sa.Column("proxy_id", Id(), nullable=False),
        sa.Column("since", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["proxy_id"], ["proxy.id"], name=op.f("fk_portal_acting_proxy_id")),
        sa.PrimaryKeyConstraint("session_id", name=op.f("pk_portal_acting")),
    )


def downgrade() -> None:
    for table in ("portal_acting", "proxy", "number_check", "retired_address", "claimed_address", "person_merge"):
        op.drop_table(table)
    with op.batch_alter_table("delivery") as batch_op:
        batch_op.drop_column("about_id")
    with op.batch_alter_table("resource") as batch_op:
        batch_op.drop_column("confidential")
    with op.batch_alter_table("contact") as batch_op:
        batch_op.drop_column("verified_at")
        batch_op.drop_column("verified_how")
    with op.batch_alter_table("person") as batch_op:
        batch_op.drop_index("ix_person_merged_into")
        batch_op.drop_column("merged_into")
