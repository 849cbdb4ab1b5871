"""Where persons are, what they wish, what proves consent, and what outlives the disposal of all that."""

import sqlalchemy as sa
from alembic import op

from hub.db.columns import Id, Moment

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

_FIXED = [
    "address_id",
    "state",
    "channels",
    "purposes",
    "source",
    "written",
    "actor_kind",
    "actor_id",
    "message_id",
    "at",
    "recorded_at",
    "until_at",
]
"""What a fact says stays as it was written. Whose it is may change, with a merge, and so under whose key its proof lies."""


def upgrade() -> None:
    op.add_column("person", sa.Column("state", sa.String(length=2), nullable=True))
    op.add_column("person", sa.Column("place_from", sa.String(length=8), server_default="record", nullable=False))
    op.add_column("preference", sa.Column("hours", sa.String(length=11), server_default="", nullable=False))
    op.add_column("preference", sa.Column("per_week", sa.Integer(), nullable=True))
    op.add_column("preference", sa.Column("language", sa.String(length=8), nullable=True))
    op.add_column("consent_event", sa.Column("until_at", Moment(), nullable=True))
    op.create_table(
        "consent_request",
        sa.Column("id", Id(), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("person_id", Id(), nullable=False),
        sa.Column("address_id", Id(), nullable=False),
        sa.Column("channels", sa.String(length=64), nullable=False),
        sa.Column("purposes", sa.String(length=96), nullable=False),
        sa.Column("evidence_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("actor_kind", sa.String(length=8), nullable=False),
        sa.Column("actor_id", sa.String(length=36), nullable=True),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("asked_at", Moment(), nullable=True),
        sa.Column("ends_at", Moment(), nullable=False),
        sa.Column("outcome", sa.String(length=8), nullable=False),
        sa.Column("ended_at", Moment(), nullable=True),
        sa.Column("fact_id", Id(), nullable=True),
        sa.CheckConstraint("kind IN ('confirm', 'of_age')", name=op.f("ck_consent_request_kind")),
        sa.CheckConstraint("outcome IN ('', 'yes', 'no', 'late')", name=op.f("ck_consent_request_outcome")),
        sa.ForeignKeyConstraint(["address_id"], ["address.id"], name=op.f("fk_consent_request_address_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_consent_request_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consent_request")),
    )
    op.create_index("ix_consent_request_address_id", "consent_request", ["address_id", "outcome"])
    op.create_index("ix_consent_request_person_id", "consent_request", ["person_id"])
    op.create_table(
        "suppression",
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("blind", sa.LargeBinary(), nullable=False),
        sa.Column("channels", sa.String(length=64), nullable=False),
        sa.Column("source", sa.String(length=24), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("lifted_at", Moment(), nullable=True),
        sa.PrimaryKeyConstraint("kind", "blind", "channels", name=op.f("pk_suppression")),
    )
    _hold_the_ledger()


def _hold_the_ledger() -> None:
    """Let the database itself refuse to change or delete what a fact says."""
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            f"CREATE TRIGGER consent_event_is_kept BEFORE UPDATE OF id, {', '.join(_FIXED)} ON consent_event "
            f"WHEN {' OR '.join(f'NEW.{one} IS NOT OLD.{one}' for one in ('id', *_FIXED))} "
            "BEGIN SELECT RAISE(ABORT, 'the ledger is only added to'); END"
        )
        op.execute(
            "CREATE TRIGGER consent_event_stays BEFORE DELETE ON consent_event "
            "BEGIN SELECT RAISE(ABORT, 'the ledger is only added to'); END"
        )
        return
    changed = " OR ".join(f"NEW.{one} IS DISTINCT FROM OLD.{one}" for one in ("id", *_FIXED))
    op.execute(
        "CREATE FUNCTION consent_event_is_kept() RETURNS trigger LANGUAGE plpgsql AS $$ "
        f"BEGIN IF TG_OP = 'DELETE' OR ({changed}) THEN RAISE EXCEPTION 'the ledger is only added to'; END IF; "
        "RETURN NEW; END $$"
    )
    op.execute(
        "CREATE TRIGGER consent_event_is_kept BEFORE UPDATE OR DELETE ON consent_event "
        "FOR EACH ROW EXECUTE FUNCTION consent_event_is_kept()"
    )


def downgrade() -> None:
    op.execute("DROP TRIGGER consent_event_is_kept" + ("" if _embedded() else " ON consent_event"))
    op.execute("DROP TRIGGER consent_event_stays" if _embedded() else "DROP FUNCTION consent_event_is_kept")
    op.drop_table("suppression")
    op.drop_table("consent_request")
    op.drop_column("consent_event", "until_at")
    for name in ("language", "per_week", "hours"):
        op.drop_column("preference", name)
    for name in ("place_from", "state"):
        op.drop_column("person", name)


def _embedded() -> bool:
    return bool(op.get_bind().dialect.name == "sqlite")
