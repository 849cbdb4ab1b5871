"""Exports that run as jobs, disclosures, what persons asked for by right, legal holds, and what was disposed of."""

import sqlalchemy as sa

from hub.db.columns import Id, Moment, Number
from hub.db.tables.base import metadata, one_of

export_run = sa.Table(
    "export_run",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("asked_kind", sa.String(8), nullable=False),
    sa.Column("asked_id", sa.String(64), nullable=False),
    # JSON of ids and plain words: the filters, the format and the profile.
    sa.Column("asked", sa.Text, nullable=False),
    # JSON: to whom it is handed and why, and whose public key opens it; under the hub's key.
    sa.Column("handed_sealed", sa.LargeBinary),
    # The key that its files are sealed with, under the hub's key; NULL once it was destroyed.
    sa.Column("key_sealed", sa.LargeBinary),
    sa.Column("state", sa.String(8), nullable=False),
    sa.Column("done", sa.Integer, nullable=False),
    sa.Column("expected", sa.Integer, nullable=False),
    # JSON: what came of it, as its manifest counts.
    sa.Column("totals", sa.Text),
    sa.Column("error", sa.String(64), nullable=False),
    sa.Column("downloads", sa.Integer, nullable=False),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("ended_at", Moment),
    sa.Column("expires_at", Moment),
    sa.Index("ix_export_run_state", "state", "expires_at"),
    one_of("state", ("queued", "running", "done", "failed", "expired")),
)

disclosed = sa.Table(
    "disclosed",
    metadata,
    # What was told of a person to somebody else, as 45 CFR 164.528 has it accounted for.
    sa.Column("id", Id, primary_key=True),
    sa.Column("person_id", Id, sa.ForeignKey("person.id"), nullable=False),
    sa.Column("at", Moment, nullable=False),
    # JSON: to whom, where they are, what, why; under the person's key.
    sa.Column("details_sealed", sa.LargeBinary, nullable=False),
    sa.Column("source", sa.String(8), nullable=False),
    # The export that it was, once for each person in it.
    sa.Column("export_id", Id),
    sa.Column("actor_kind", sa.String(8), nullable=False),
    sa.Column("actor_id", sa.String(64), nullable=False),
    sa.Column("recorded_at", Moment, nullable=False),
    sa.UniqueConstraint("export_id", "person_id"),
    sa.Index("ix_disclosed_person_id", "person_id", "at", "id"),
    one_of("source", ("staff", "export")),
)

rights_request = sa.Table(
    "rights_request",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("person_id", Id, sa.ForeignKey("person.id"), nullable=False),
    sa.Column("kind", sa.String(16), nullable=False),
    # The rules that its terms are of, with their version.
    sa.Column("rules", sa.String(32), nullable=False),
    # What an amendment is of.
    sa.Column("thread_id", Id),
    sa.Column("message_id", Id),
    sa.Column("state", sa.String(12), nullable=False),
    # JSON: the words of whoever asked, why it took longer, why it was refused, what was done; under the person's key.
    sa.Column("details_sealed", sa.LargeBinary, nullable=False),
    sa.Column("received_at", Moment, nullable=False),
    sa.Column("due_at", Moment, nullable=False),
    sa.Column("extended_at", Moment),
    sa.Column("ended_at", Moment),
    sa.Column("export_id", Id),
    # Who found that it is to be carried out; somebody else does it.
    sa.Column("approved_at", Moment),
    sa.Column("approved_kind", sa.String(8)),
    sa.Column("approved_id", sa.String(64)),
    sa.Column("actor_kind", sa.String(8), nullable=False),
    sa.Column("actor_id", sa.String(64), nullable=False),
    sa.Column("created_at", Moment, nullable=False),
    sa.Index("ix_rights_request_due", "state", "due_at", "id"),
    sa.Index("ix_rights_request_person_id", "person_id", "id"),
    one_of("kind", ("access", "disclosures", "amendment", "erasure", "restriction")),
    one_of("state", ("open", "fulfilled", "denied", "withdrawn")),
)

_IN_FORCE = sa.text("released_at IS NULL")

_NOT_LIFTED = sa.text("lifted_at IS NULL")

restriction = sa.Table(
    "restriction",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("person_id", Id, sa.ForeignKey("person.id"), nullable=False),
    # The request that asked for it.
    sa.Column("request_id", Id, nullable=False),
    sa.Column("actor_kind", sa.String(8), nullable=False),
    sa.Column("actor_id", sa.String(64), nullable=False),
    sa.Column("at", Moment, nullable=False),
    sa.Column("lifted_at", Moment),
    sa.Column("lifted_kind", sa.String(8)),
    sa.Column("lifted_id", sa.String(64)),
    sa.Index("ix_restriction_in_force", "person_id", sqlite_where=_NOT_LIFTED, postgresql_where=_NOT_LIFTED),
)

legal_hold = sa.Table(
    "legal_hold",
    metadata,
    # While it is in force, nothing of the person is disposed of, whatever the policy or anybody says.
    sa.Column("id", Id, primary_key=True),
    sa.Column("person_id", Id, sa.ForeignKey("person.id"), nullable=False),
    # Why, in somebody's words; under the audit's key.
    sa.Column("reason_sealed", sa.LargeBinary, nullable=False),
    sa.Column("actor_kind", sa.String(8), nullable=False),
    sa.Column("actor_id", sa.String(64), nullable=False),
    sa.Column("at", Moment, nullable=False),
    sa.Column("released_at", Moment),
    sa.Column("released_kind", sa.String(8)),
    sa.Column("released_id", sa.String(64)),
    # Why it was released, where that was said.
    sa.Column("release_sealed", sa.LargeBinary),
    sa.Index("ix_legal_hold_in_force", "person_id", sqlite_where=_IN_FORCE, postgresql_where=_IN_FORCE),
)

disposal = sa.Table(
    "disposal",
    metadata,
    # From `counter`, locked in the transaction of the disposal: no number is left out.
    sa.Column("seq", Number, primary_key=True, autoincrement=False),
    # NULL where it was of a kind of record, and not of a person.
    sa.Column("person_id", Id),
    sa.Column("at", Moment, nullable=False),
    # The certificate as it was signed, under the audit's key: it holds the reason, in somebody's words.
    sa.Column("certificate_sealed", sa.LargeBinary, nullable=False),
    sa.Column("signature", sa.LargeBinary, nullable=False),
    sa.Index("ix_disposal_person_id", "person_id"),
)

_TO_DO = sa.text("done_at IS NULL")

provider_copy = sa.Table(
    "provider_copy",
    metadata,
    # A text that its provider keeps a copy of, which is to be deleted there.
    sa.Column("channel", sa.String(8), primary_key=True),
    sa.Column("provider_id", sa.String(64), primary_key=True),
    # When it is asked for next; how often that failed, and by which code it did last.
    sa.Column("due_at", Moment, nullable=False),
    sa.Column("failures", sa.Integer, nullable=False),
    sa.Column("code", sa.String(24), nullable=False),
    sa.Column("done_at", Moment),
    sa.Index("ix_provider_copy_due", "due_at", sqlite_where=_TO_DO, postgresql_where=_TO_DO),
)

part2_consent = sa.Table(
    "part2_consent",
    metadata,
    # A patient's written consent to all disclosures of Part 2 records for treatment, payment and operations.
    sa.Column("id", Id, primary_key=True),
    sa.Column("person_id", Id, sa.ForeignKey("person.id"), nullable=False, index=True),
    sa.Column("signed_on", sa.Date, nullable=False),
    # Its last day; NULL where it holds until it is revoked.
    sa.Column("expires_on", sa.Date),
    # Where the signed document is, in somebody's words; under the audit's key.
    sa.Column("document_sealed", sa.LargeBinary, nullable=False),
    sa.Column("actor_kind", sa.String(8), nullable=False),
    sa.Column("actor_id", sa.String(64), nullable=False),
    sa.Column("at", Moment, nullable=False),
    sa.Column("revoked_at", Moment),
)
