"""What must be provable later: consent, the audit chain, live events, tokens and idempotency keys."""

import sqlalchemy as sa

from hub.db.columns import Id, Moment, Number
from hub.db.tables.base import metadata, one_of

consent_event = sa.Table(
    "consent_event",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("address_id", Id, sa.ForeignKey("address.id"), nullable=False),
    # Whose decision it was; NULL when nobody knows which person of a shared number wrote.
    sa.Column("person_id", Id, sa.ForeignKey("person.id")),
    sa.Column("state", sa.String(8), nullable=False),
    # Space-separated names; `*` is all.
    sa.Column("channels", sa.String(64), nullable=False),
    sa.Column("purposes", sa.String(96), nullable=False),
    sa.Column("source", sa.String(24), nullable=False),
    sa.Column("written", sa.Boolean, nullable=False),
    sa.Column("actor_kind", sa.String(8), nullable=False),
    sa.Column("actor_id", sa.String(36)),
    sa.Column("message_id", Id),
    # JSON: the words said or shown, their version and language, and how they were captured.
    sa.Column("evidence_sealed", sa.LargeBinary),
    sa.Column("at", Moment, nullable=False),
    sa.Column("recorded_at", Moment, nullable=False),
    # From when on a yes counts no more.
    sa.Column("until_at", Moment),
    sa.Index("ix_consent_event_address_id", "address_id", "at", "id"),
    sa.Index("ix_consent_event_person_id", "person_id", "at", "id"),
    one_of("state", ("grant", "revoke")),
)

consent_request = sa.Table(
    "consent_request",
    metadata,
    # What somebody was asked to confirm, and what came of it. confirm: a signature that counts once the address itself
    # says yes. of_age: what a guardian had agreed to, asked anew of the person.
    sa.Column("id", Id, primary_key=True),
    sa.Column("kind", sa.String(8), nullable=False),
    sa.Column("person_id", Id, sa.ForeignKey("person.id"), nullable=False),
    sa.Column("address_id", Id, sa.ForeignKey("address.id"), nullable=False),
    sa.Column("channels", sa.String(64), nullable=False),
    sa.Column("purposes", sa.String(96), nullable=False),
    # JSON, as in consent_event, under the person's key.
    sa.Column("evidence_sealed", sa.LargeBinary, nullable=False),
    sa.Column("actor_kind", sa.String(8), nullable=False),
    sa.Column("actor_id", sa.String(36)),
    # When it was signed; when the address was asked; until when its answer is waited for.
    sa.Column("at", Moment, nullable=False),
    sa.Column("asked_at", Moment),
    sa.Column("ends_at", Moment, nullable=False),
    sa.Column("outcome", sa.String(8), nullable=False),
    sa.Column("ended_at", Moment),
    sa.Column("fact_id", Id),
    sa.Index("ix_consent_request_address_id", "address_id", "outcome"),
    sa.Index("ix_consent_request_person_id", "person_id"),
    one_of("kind", ("confirm", "of_age")),
    one_of("outcome", ("", "yes", "no", "late")),
)

suppression = sa.Table(
    "suppression",
    metadata,
    # An opt-out of every purpose, by the address's blind index: it holds for whoever has that address entered again.
    sa.Column("kind", sa.String(8), primary_key=True),
    sa.Column("blind", sa.LargeBinary, primary_key=True),
    sa.Column("channels", sa.String(64), primary_key=True),
    sa.Column("source", sa.String(24), nullable=False),
    sa.Column("at", Moment, nullable=False),
    # When the address itself took it back.
    sa.Column("lifted_at", Moment),
)

SELDOM = (
    *("audit.copy", "audit.verify", "backup.restore", "backup.take"),
    *("keys.rotate", "keys.table", "retention.run", "safeguards.read"),
)
"""Actions of the audit of which the last one is asked for: among millions of readings they are found by an index."""
_SELDOM = sa.text(f"action IN ({', '.join(repr(one) for one in SELDOM)})")

audit_event = sa.Table(
    "audit_event",
    metadata,
    sa.Column("id", Id, primary_key=True),
    # Given by the sealer, not by the action: NULL until chained.
    sa.Column("seq", sa.BigInteger),
    sa.Column("at", Moment, nullable=False),
    sa.Column("action", sa.String(32), nullable=False),
    sa.Column("actor_kind", sa.String(8), nullable=False),
    sa.Column("actor_id", sa.String(64), nullable=False),
    sa.Column("person_id", Id),
    sa.Column("object_id", sa.String(64), nullable=False),
    sa.Column("request_id", sa.String(64), nullable=False),
    # JSON of ids, codes and counts, under the audit key: shredding a person does not break the chain.
    sa.Column("payload_sealed", sa.LargeBinary, nullable=False),
    sa.Index("ix_audit_event_person_id", "person_id", "at"),
    sa.Index(
        "ix_audit_event_unsealed",
        "id",
        sqlite_where=sa.text("seq IS NULL"),
        postgresql_where=sa.text("seq IS NULL"),
    ),
    sa.Index("ix_audit_event_seldom", "action", "id", sqlite_where=_SELDOM, postgresql_where=_SELDOM),
)

audit_link = sa.Table(
    "audit_link",
    metadata,
    sa.Column("seq", Number, primary_key=True, autoincrement=False),
    sa.Column("event_id", Id, nullable=False, unique=True),
    sa.Column("previous", sa.LargeBinary, nullable=False, unique=True),
    sa.Column("hash", sa.LargeBinary, nullable=False),
)

audit_checkpoint = sa.Table(
    "audit_checkpoint",
    metadata,
    sa.Column("seq", Number, primary_key=True, autoincrement=False),
    sa.Column("hash", sa.LargeBinary, nullable=False),
    sa.Column("at", Moment, nullable=False),
    sa.Column("signature", sa.LargeBinary, nullable=False),
)

counter = sa.Table(
    "counter",
    metadata,
    sa.Column("name", sa.String(16), primary_key=True),
    sa.Column("value", sa.BigInteger, nullable=False),
)

event = sa.Table(
    "event",
    metadata,
    # From `counter`, locked in the transaction of the change: readers never skip a late commit.
    sa.Column("seq", Number, primary_key=True, autoincrement=False),
    sa.Column("type", sa.String(32), nullable=False),
    # An id, or empty where the change is of many.
    sa.Column("object_id", sa.String(36), nullable=False),
    sa.Column("audience", sa.String(48), nullable=False),
    sa.Column("at", Moment, nullable=False),
)

api_token = sa.Table(
    "api_token",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("name", sa.String(80), nullable=False),
    sa.Column("digest", sa.LargeBinary, nullable=False, unique=True),
    sa.Column("scopes", sa.String(160), nullable=False),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("revoked_at", Moment),
)

idempotency = sa.Table(
    "idempotency",
    metadata,
    # A token's or user's.
    sa.Column("caller_id", Id, primary_key=True),
    sa.Column("key", sa.LargeBinary, primary_key=True),
    sa.Column("request_digest", sa.LargeBinary, nullable=False),
    sa.Column("status", sa.Integer, nullable=False),
    sa.Column("response_sealed", sa.LargeBinary, nullable=False),
    sa.Column("at", Moment, nullable=False, index=True),
)
