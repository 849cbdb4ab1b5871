"""The first tables."""

import sqlalchemy as sa
from alembic import op

from hub.db.columns import Id, Moment, Number

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "address",
        sa.Column("id", Id(), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("blind", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("state_reason", sa.String(length=64), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.CheckConstraint("state IN ('ok', 'invalid', 'suspended')", name=op.f("ck_address_state")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_address")),
        sa.UniqueConstraint("kind", "blind", name=op.f("uq_address_kind_blind")),
    )
    op.create_table(
        "api_token",
        sa.Column("id", Id(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("scopes", sa.String(length=160), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("revoked_at", Moment(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_token")),
        sa.UniqueConstraint("digest", name=op.f("uq_api_token_digest")),
    )
    op.create_table(
        "audit_checkpoint",
        sa.Column("seq", Number(), autoincrement=False, nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_audit_checkpoint")),
    )
    op.create_table(
        "audit_event",
        sa.Column("id", Id(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=True),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("action", sa.String(length=32), nullable=False),
        sa.Column("actor_kind", sa.String(length=8), nullable=False),
        sa.Column("actor_id", sa.String(length=64), nullable=False),
        sa.Column("person_id", Id(), nullable=True),
        sa.Column("object_id", sa.String(length=64), nullable=False),
        sa.Column("request_id", sa.String(length=64), nullable=False),
        sa.Column("payload_sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_event")),
    )
    with op.batch_alter_table("audit_event", schema=None) as batch_op:
        batch_op.create_index("ix_audit_event_person_id", ["person_id", "at"], unique=False)
        batch_op.create_index(
            "ix_audit_event_unsealed",
            ["id"],
            unique=False,
            sqlite_where=sa.text("seq IS NULL"),
            postgresql_where=sa.text("seq IS NULL"),
        )

    op.create_table(
        "audit_link",
        sa.Column("seq", Number(), autoincrement=False, nullable=False),
        sa.Column("event_id", Id(), nullable=False),
        sa.Column("previous", sa.LargeBinary(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_audit_link")),
        sa.UniqueConstraint("event_id", name=op.f("uq_audit_link_event_id")),
        sa.UniqueConstraint("previous", name=op.f("uq_audit_link_previous")),
    )
    op.create_table(
        "counter",
        sa.Column("name", sa.String(length=16), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_counter")),
    )
    op.create_table(
        "data_key",
        sa.Column("owner_id", Id(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("kek_id", sa.String(length=64), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("destroyed_at", Moment(), nullable=True),
        sa.PrimaryKeyConstraint("owner_id", "version", name=op.f("pk_data_key")),
    )
    op.create_table(
        "event",
        sa.Column("seq", Number(), autoincrement=False, nullable=False),
        sa.Column("type", sa.String(length=32), nullable=False),
        sa.Column("object_id", sa.String(length=36), nullable=False),
        sa.Column("audience", sa.String(length=48), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_event")),
    )
    op.create_table(
        "key_canary",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kek_id", sa.String(length=64), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=False),
        sa.Column("blind", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_key_canary")),
    )
    op.create_table(
        "person",
        sa.Column("id", Id(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("profile_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("mrn_blind", sa.LargeBinary(), nullable=True),
        sa.Column("identity_blind", sa.LargeBinary(), nullable=True),
        sa.Column("language", sa.String(length=8), nullable=True),
        sa.Column("timezone", sa.String(length=64), nullable=True),
        sa.Column("preferred_channel", sa.String(length=8), nullable=True),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("updated_at", Moment(), nullable=False),
        sa.CheckConstraint("kind IN ('patient', 'proxy', 'unidentified', 'line')", name=op.f("ck_person_kind")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person")),
        sa.UniqueConstraint("mrn_blind", name=op.f("uq_person_mrn_blind")),
    )
    with op.batch_alter_table("person", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_person_identity_blind"), ["identity_blind"], unique=False)

    op.create_table(
        "resource",
        sa.Column("id", Id(), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("blind", sa.LargeBinary(), nullable=False),
        sa.Column("name_sealed", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('provider', 'specialty', 'visit_type', 'location')", name=op.f("ck_resource_kind")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_resource")),
        sa.UniqueConstraint("kind", "blind", name=op.f("uq_resource_kind_blind")),
    )
    op.create_table(
        "scheduling_request",
        sa.Column("key", sa.String(length=160), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("outcome", sa.String(length=12), nullable=False),
        sa.Column("slot_id", Id(), nullable=True),
        sa.Column("appointment_id", Id(), nullable=True),
        sa.Column("until", Moment(), nullable=True),
        sa.Column("at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_scheduling_request")),
    )
    op.create_table(
        "unmatched_status",
        sa.Column("id", Id(), nullable=False),
        sa.Column("channel", sa.String(length=8), nullable=False),
        sa.Column("provider_id", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("code", sa.String(length=16), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.CheckConstraint(
            "state IN ('queued', 'held', 'sending', 'sent', 'delivered', 'read', 'failed', 'suppressed')",
            name=op.f("ck_unmatched_status_state"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unmatched_status")),
    )
    with op.batch_alter_table("unmatched_status", schema=None) as batch_op:
        batch_op.create_index("ix_unmatched_status_provider_id", ["channel", "provider_id"], unique=False)

    op.create_table(
        "consent_event",
        sa.Column("id", Id(), nullable=False),
        sa.Column("address_id", Id(), nullable=False),
        sa.Column("person_id", Id(), nullable=True),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("channels", sa.String(length=64), nullable=False),
        sa.Column("purposes", sa.String(length=96), nullable=False),
        sa.Column("source", sa.String(length=24), nullable=False),
        sa.Column("written", sa.Boolean(), nullable=False),
        sa.Column("actor_kind", sa.String(length=8), nullable=False),
        sa.Column("actor_id", sa.String(length=36), nullable=True),
        sa.Column("message_id", Id(), nullable=True),
        sa.Column("evidence_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("recorded_at", Moment(), nullable=False),
        sa.CheckConstraint("state IN ('grant', 'revoke')", name=op.f("ck_consent_event_state")),
        sa.ForeignKeyConstraint(["address_id"], ["address.id"], name=op.f("fk_consent_event_address_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_consent_event_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consent_event")),
    )
    with op.batch_alter_table("consent_event", schema=None) as batch_op:
        batch_op.create_index("ix_consent_event_address_id", ["address_id", "at", "id"], unique=False)
        batch_op.create_index("ix_consent_event_person_id", ["person_id", "at", "id"], unique=False)

    op.create_table(
        "contact",
        sa.Column("person_id", Id(), nullable=False),
        sa.Column("address_id", Id(), nullable=False),
        sa.Column("value_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["address_id"], ["address.id"], name=op.f("fk_contact_address_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_contact_person_id")),
        sa.PrimaryKeyConstraint("person_id", "address_id", name=op.f("pk_contact")),
    )
    with op.batch_alter_table("contact", schema=None) as batch_op:
        batch_op.create_index("ix_contact_address_id", ["address_id"], unique=False)

    op.create_table(
        "idempotency",
        sa.Column("token_id", Id(), nullable=False),
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.Column("request_digest", sa.LargeBinary(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("response_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["token_id"], ["api_token.id"], name=op.f("fk_idempotency_token_id")),
        sa.PrimaryKeyConstraint("token_id", "key", name=op.f("pk_idempotency")),
    )
    with op.batch_alter_table("idempotency", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_idempotency_at"), ["at"], unique=False)

    op.create_table(
        "slot",
        sa.Column("id", Id(), nullable=False),
        sa.Column("provider_id", Id(), nullable=False),
        sa.Column("specialty_id", Id(), nullable=False),
        sa.Column("visit_type_id", Id(), nullable=False),
        sa.Column("location_id", Id(), nullable=False),
        sa.Column("start", Moment(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("held_by", Id(), nullable=True),
        sa.Column("held_until", Moment(), nullable=True),
        sa.CheckConstraint("state IN ('free', 'held', 'booked')", name=op.f("ck_slot_state")),
        sa.ForeignKeyConstraint(["location_id"], ["resource.id"], name=op.f("fk_slot_location_id")),
        sa.ForeignKeyConstraint(["provider_id"], ["resource.id"], name=op.f("fk_slot_provider_id")),
        sa.ForeignKeyConstraint(["specialty_id"], ["resource.id"], name=op.f("fk_slot_specialty_id")),
        sa.ForeignKeyConstraint(["visit_type_id"], ["resource.id"], name=op.f("fk_slot_visit_type_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_slot")),
        sa.UniqueConstraint(
            "provider_id",
            "start",
            "visit_type_id",
            "location_id",
            name=op.f("uq_slot_provider_id_start_visit_type_id_location_id"),
        ),
    )
    with op.batch_alter_table("slot", schema=None) as batch_op:
        batch_op.create_index("ix_slot_held_by", ["held_by"], unique=False)
        batch_op.create_index("ix_slot_start", ["start", "id"], unique=False)
        batch_op.create_index("ix_slot_visit_type_id", ["visit_type_id", "start"], unique=False)

    op.create_table(
        "thread",
        sa.Column("id", Id(), nullable=False),
        sa.Column("person_id", Id(), nullable=False),
        sa.Column("status", sa.String(length=8), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("attention", sa.String(length=32), nullable=False),
        sa.Column("assignee", Id(), nullable=True),
        sa.Column("last_seq", sa.Integer(), nullable=False),
        sa.Column("last_at", Moment(), nullable=False),
        sa.Column("last_inbound_at", Moment(), nullable=True),
        sa.Column("last_channel", sa.String(length=8), nullable=True),
        sa.Column("dialogue_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("dialogue_at", Moment(), nullable=True),
        sa.Column("created_at", Moment(), nullable=False),
        sa.CheckConstraint("status IN ('bot', 'open', 'snoozed', 'closed')", name=op.f("ck_thread_status")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_thread_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_thread")),
        sa.UniqueConstraint("person_id", name=op.f("uq_thread_person_id")),
    )
    with op.batch_alter_table("thread", schema=None) as batch_op:
        batch_op.create_index("ix_thread_last_at", ["last_at", "id"], unique=False)
        batch_op.create_index("ix_thread_status_last_at", ["status", "last_at", "id"], unique=False)

    op.create_table(
        "appointment",
        sa.Column("id", Id(), nullable=False),
        sa.Column("person_id", Id(), nullable=False),
        sa.Column("slot_id", Id(), nullable=True),
        sa.Column("provider_id", Id(), nullable=False),
        sa.Column("visit_type_id", Id(), nullable=False),
        sa.Column("location_id", Id(), nullable=False),
        sa.Column("start", Moment(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("confirmed_at", Moment(), nullable=True),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("updated_at", Moment(), nullable=False),
        sa.CheckConstraint(
            "status IN ('booked', 'cancelled', 'fulfilled', 'noshow')", name=op.f("ck_appointment_status")
        ),
        sa.ForeignKeyConstraint(["location_id"], ["resource.id"], name=op.f("fk_appointment_location_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_appointment_person_id")),
        sa.ForeignKeyConstraint(["provider_id"], ["resource.id"], name=op.f("fk_appointment_provider_id")),
        sa.ForeignKeyConstraint(["slot_id"], ["slot.id"], name=op.f("fk_appointment_slot_id")),
        sa.ForeignKeyConstraint(["visit_type_id"], ["resource.id"], name=op.f("fk_appointment_visit_type_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appointment")),
    )
    with op.batch_alter_table("appointment", schema=None) as batch_op:
        batch_op.create_index("ix_appointment_person_id", ["person_id", "start"], unique=False)
        batch_op.create_index("ix_appointment_provider_id", ["provider_id", "start"], unique=False)
        batch_op.create_index("ix_appointment_updated_at", ["updated_at", "id"], unique=False)
        batch_op.create_index(
            "uq_appointment_booked_slot",
            ["slot_id"],
            unique=True,
            sqlite_where=sa.text("status = 'booked' AND slot_id IS NOT NULL"),
            postgresql_where=sa.text("status = 'booked' AND slot_id IS NOT NULL"),
        )

    op.create_table(
        "message",
        sa.Column("id", Id(), nullable=False),
        sa.Column("thread_id", Id(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("direction", sa.String(length=8), nullable=False),
        sa.Column("author_kind", sa.String(length=8), nullable=False),
        sa.Column("author_id", Id(), nullable=True),
        sa.Column("channel", sa.String(length=8), nullable=True),
        sa.Column("address_id", Id(), nullable=True),
        sa.Column("body_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("provider_id", sa.String(length=64), nullable=True),
        sa.Column("intent_key", sa.String(length=160), nullable=True),
        sa.Column("opt_out", sa.String(length=8), nullable=True),
        sa.Column("handled_at", Moment(), nullable=True),
        sa.Column("failures", sa.Integer(), server_default="0", nullable=False),
        sa.CheckConstraint(
            "author_kind IN ('patient', 'staff', 'bot', 'campaign', 'system')", name=op.f("ck_message_author_kind")
        ),
        sa.CheckConstraint("direction IN ('inbound', 'outbound', 'note')", name=op.f("ck_message_direction")),
        sa.ForeignKeyConstraint(["address_id"], ["address.id"], name=op.f("fk_message_address_id")),
        sa.ForeignKeyConstraint(["thread_id"], ["thread.id"], name=op.f("fk_message_thread_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message")),
        sa.UniqueConstraint("thread_id", "seq", name=op.f("uq_message_thread_id_seq")),
    )
    with op.batch_alter_table("message", schema=None) as batch_op:
        batch_op.create_index(
            "ix_message_unhandled",
            ["thread_id", "seq"],
            unique=False,
            sqlite_where=sa.text("direction = 'inbound' AND handled_at IS NULL"),
            postgresql_where=sa.text("direction = 'inbound' AND handled_at IS NULL"),
        )
        batch_op.create_index(
            "uq_message_channel_provider_id",
            ["channel", "provider_id"],
            unique=True,
            sqlite_where=sa.text("provider_id IS NOT NULL"),
            postgresql_where=sa.text("provider_id IS NOT NULL"),
        )
        batch_op.create_index(
            "uq_message_intent_key",
            ["intent_key"],
            unique=True,
            sqlite_where=sa.text("intent_key IS NOT NULL"),
            postgresql_where=sa.text("intent_key IS NOT NULL"),
        )

    op.create_table(
        "delivery",
        sa.Column("id", Id(), nullable=False),
        sa.Column("message_id", Id(), nullable=False),
        sa.Column("thread_id", Id(), nullable=False),
        sa.Column("person_id", Id(), nullable=False),
        sa.Column("address_id", Id(), nullable=False),
        sa.Column("channel", sa.String(length=8), nullable=False),
        sa.Column("lane", sa.String(length=8), nullable=False),
        sa.Column("purpose", sa.String(length=16), nullable=False),
        sa.Column("automated", sa.Boolean(), nullable=False),
        sa.Column("confirms_stop", sa.Boolean(), nullable=False),
        sa.Column("answers_help", sa.Boolean(), nullable=False),
        sa.Column("replies_to", Moment(), nullable=True),
        sa.Column("appointment_id", Id(), nullable=True),
        sa.Column("appointment_version", sa.Integer(), nullable=True),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("reason", sa.String(length=64), nullable=False),
        sa.Column("segments", sa.Integer(), nullable=False),
        sa.Column("due_at", Moment(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("lease_until", Moment(), nullable=True),
        sa.Column("unknown_since", Moment(), nullable=True),
        sa.Column("provider_id", sa.String(length=64), nullable=True),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("updated_at", Moment(), nullable=False),
        sa.CheckConstraint("lane IN ('safety', 'reply', 'bulk')", name=op.f("ck_delivery_lane")),
        sa.CheckConstraint(
            "state IN ('queued', 'held', 'sending', 'sent', 'delivered', 'read', 'failed', 'suppressed')",
            name=op.f("ck_delivery_state"),
        ),
        sa.ForeignKeyConstraint(["address_id"], ["address.id"], name=op.f("fk_delivery_address_id")),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name=op.f("fk_delivery_message_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery")),
    )
    with op.batch_alter_table("delivery", schema=None) as batch_op:
        batch_op.create_index("ix_delivery_due", ["state", "lane", "due_at", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_delivery_message_id"), ["message_id"], unique=False)
        batch_op.create_index("ix_delivery_person_id", ["person_id", "created_at"], unique=False)
        batch_op.create_index("ix_delivery_provider_id", ["channel", "provider_id"], unique=False)
        batch_op.create_index("ix_delivery_thread", ["thread_id", "channel", "state", "id"], unique=False)

    op.create_table(
        "attempt",
        sa.Column("delivery_id", Id(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("started_at", Moment(), nullable=False),
        sa.Column("ended_at", Moment(), nullable=True),
        sa.Column("outcome", sa.String(length=24), nullable=False),
        sa.Column("code", sa.String(length=16), nullable=False),
        sa.ForeignKeyConstraint(["delivery_id"], ["delivery.id"], name=op.f("fk_attempt_delivery_id")),
        sa.PrimaryKeyConstraint("delivery_id", "number", name=op.f("pk_attempt")),
    )
    op.create_table(
        "delivery_event",
        sa.Column("id", Id(), nullable=False),
        sa.Column("delivery_id", Id(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("reason", sa.String(length=64), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.CheckConstraint(
            "state IN ('queued', 'held', 'sending', 'sent', 'delivered', 'read', 'failed', 'suppressed')",
            name=op.f("ck_delivery_event_state"),
        ),
        sa.ForeignKeyConstraint(["delivery_id"], ["delivery.id"], name=op.f("fk_delivery_event_delivery_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery_event")),
    )
    with op.batch_alter_table("delivery_event", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_delivery_event_delivery_id"), ["delivery_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("delivery_event", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_delivery_event_delivery_id"))

    op.drop_table("delivery_event")
    op.drop_table("attempt")
    with op.batch_alter_table("delivery", schema=None) as batch_op:
        batch_op.drop_index("ix_delivery_thread")
        batch_op.drop_index("ix_delivery_provider_id")
        batch_op.drop_index("ix_delivery_person_id")
        batch_op.drop_index(batch_op.f("ix_delivery_message_id"))
        batch_op.drop_index("ix_delivery_due")

    op.drop_table("delivery")
    with op.batch_alter_table("message", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_message_intent_key",
            sqlite_where=sa.text("intent_key IS NOT NULL"),
            postgresql_where=sa.text("intent_key IS NOT NULL"),
        )
        batch_op.drop_index(
            "uq_message_channel_provider_id",
            sqlite_where=sa.text("provider_id IS NOT NULL"),
            postgresql_where=sa.text("provider_id IS NOT NULL"),
        )
        batch_op.drop_index(
            "ix_message_unhandled",
            sqlite_where=sa.text("direction = 'inbound' AND handled_at IS NULL"),
            postgresql_where=sa.text("direction = 'inbound' AND handled_at IS NULL"),
        )

    op.drop_table("message")
    with op.batch_alter_table("appointment", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_appointment_booked_slot",
            sqlite_where=sa.text("status = 'booked' AND slot_id IS NOT NULL"),
            postgresql_where=sa.text("status = 'booked' AND slot_id IS NOT NULL"),
        )
        batch_op.drop_index("ix_appointment_updated_at")
        batch_op.drop_index("ix_appointment_provider_id")
        batch_op.drop_index("ix_appointment_person_id")

    op.drop_table("appointment")
    with op.batch_alter_table("thread", schema=None) as batch_op:
        batch_op.drop_index("ix_thread_status_last_at")
        batch_op.drop_index("ix_thread_last_at")

    op.drop_table("thread")
    with op.batch_alter_table("slot", schema=None) as batch_op:
        batch_op.drop_index("ix_slot_visit_type_id")
        batch_op.drop_index("ix_slot_start")
        batch_op.drop_index("ix_slot_held_by")

    op.drop_table("slot")
    with op.batch_alter_table("idempotency", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_idempotency_at"))

    op.drop_table("idempotency")
    with op.batch_alter_table("contact", schema=None) as batch_op:
        batch_op.drop_index("ix_contact_address_id")

    op.drop_table("contact")
    with op.batch_alter_table("consent_event", schema=None) as batch_op:
        batch_op.drop_index("ix_consent_event_person_id")
        batch_op.drop_index("ix_consent_event_address_id")

    op.drop_table("consent_event")
    with op.batch_alter_table("unmatched_status", schema=None) as batch_op:
        batch_op.drop_index("ix_unmatched_status_provider_id")

    op.drop_table("unmatched_status")
    op.drop_table("scheduling_request")
    op.drop_table("resource")
    with op.batch_alter_table("person", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_person_identity_blind"))

    op.drop_table("person")
    op.drop_table("key_canary")
    op.drop_table("event")
    op.drop_table("data_key")
    op.drop_table("counter")
    op.drop_table("audit_link")
    with op.batch_alter_table("audit_event", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_audit_event_unsealed", sqlite_where=sa.text("seq IS NULL"), postgresql_where=sa.text("seq IS NULL")
        )
        batch_op.drop_index("ix_audit_event_person_id")

    op.drop_table("audit_event")
    op.drop_table("audit_checkpoint")
    op.drop_table("api_token")
    op.drop_table("address")
