"""The patient portal: codes and sessions."""

import sqlalchemy as sa
from alembic import op

from hub.db.columns import Id, Moment

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "portal_code",
        sa.Column("id", Id(), nullable=False),
        sa.Column("ticket_blind", sa.LargeBinary(), nullable=False),
        sa.Column("link_blind", sa.LargeBinary(), nullable=False),
        sa.Column("code_blind", sa.LargeBinary(), nullable=False),
        sa.Column("address_id", Id(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("ends_at", Moment(), nullable=False),
        sa.Column("used_at", Moment(), nullable=True),
        sa.ForeignKeyConstraint(["address_id"], ["address.id"], name=op.f("fk_portal_code_address_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_portal_code")),
        sa.UniqueConstraint("link_blind", name=op.f("uq_portal_code_link_blind")),
        sa.UniqueConstraint("ticket_blind", name=op.f("uq_portal_code_ticket_blind")),
    )
    with op.batch_alter_table("portal_code", schema=None) as batch_op:
        batch_op.create_index("ix_portal_code_address_id", ["address_id", "created_at"], unique=False)
        batch_op.create_index("ix_portal_code_ends_at", ["ends_at"], unique=False)
    op.create_table(
        "portal_session",
        sa.Column("id", Id(), nullable=False),
        sa.Column("token_blind", sa.LargeBinary(), nullable=False),
        sa.Column("person_id", Id(), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("seen_at", Moment(), nullable=False),
        sa.Column("ends_at", Moment(), nullable=False),
        sa.Column("ended_at", Moment(), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_portal_session_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_portal_session")),
        sa.UniqueConstraint("token_blind", name=op.f("uq_portal_session_token_blind")),
    )
    with op.batch_alter_table("portal_session", schema=None) as batch_op:
        batch_op.create_index("ix_portal_session_ends_at", ["ends_at"], unique=False)
        batch_op.create_index("ix_portal_session_person_id", ["person_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("portal_session", schema=None) as batch_op:
        batch_op.drop_index("ix_portal_session_person_id")
        batch_op.drop_index("ix_portal_session_ends_at")
    op.drop_table("portal_session")
    with op.batch_alter_table("portal_code", schema=None) as batch_op:
        batch_op.drop_index("ix_portal_code_ends_at")
        batch_op.drop_index("ix_portal_code_address_id")
    op.drop_table("portal_code")
