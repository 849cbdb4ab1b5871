"""The patient portal: passkeys, how sessions began, and tries counted for all processes."""

import sqlalchemy as sa
from alembic import op

from hub.db.columns import Id, Moment

revision = "0010"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "portal_passkey",
        sa.Column("id", Id(), nullable=False),
        sa.Column("person_id", Id(), nullable=False),
        sa.Column("credential", sa.LargeBinary(), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("sign_count", sa.BigInteger(), nullable=False),
        sa.Column("label_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("used_at", Moment(), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_portal_passkey_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_portal_passkey")),
        sa.UniqueConstraint("credential", name=op.f("uq_portal_passkey_credential")),
    )
    with op.batch_alter_table("portal_passkey", schema=None) as batch_op:
        batch_op.create_index("ix_portal_passkey_person_id", ["person_id"], unique=False)
    op.create_table(
        "portal_challenge",
        sa.Column("blind", sa.LargeBinary(), nullable=False),
        sa.Column("session_id", Id(), nullable=True),
        sa.Column("ends_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("blind", name=op.f("pk_portal_challenge")),
    )
    with op.batch_alter_table("portal_challenge", schema=None) as batch_op:
        batch_op.create_index("ix_portal_challenge_ends_at", ["ends_at"], unique=False)
    op.create_table(
        "portal_tried",
        sa.Column("blind", sa.LargeBinary(), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("ends_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("blind", name=op.f("pk_portal_tried")),
    )
    with op.batch_alter_table("portal_tried", schema=None) as batch_op:
        batch_op.create_index("ix_portal_tried_ends_at", ["ends_at"], unique=False)
    op.add_column("portal_session", sa.Column("way", sa.String(length=8), nullable=False, server_default="code"))
    op.add_column("portal_session", sa.Column("device", sa.String(length=32), nullable=False, server_default=""))


def downgrade() -> None:
    with op.batch_alter_table("portal_session", schema=None) as batch_op:
        batch_op.drop_column("device")
        batch_op.drop_column("way")
    with op.batch_alter_table("portal_tried", schema=None) as batch_op:
        batch_op.drop_index("ix_portal_tried_ends_at")
    op.drop_table("portal_tried")
    with op.batch_alter_table("portal_challenge", schema=None) as batch_op:
        batch_op.drop_index("ix_portal_challenge_ends_at")
    op.drop_table("portal_challenge")
    with op.batch_alter_table("portal_passkey", schema=None) as batch_op:
        batch_op.drop_index("ix_portal_passkey_person_id")
    op.drop_table("portal_passkey")
