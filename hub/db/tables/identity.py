"""Who is who, and who may act for whom: merges, addresses not proved yet or given up, proxies, checks of numbers."""

import sqlalchemy as sa

from hub.db.columns import Id, Moment
from hub.db.tables.base import metadata, one_of

person_merge = sa.Table(
    "person_merge",
    metadata,
    # Whose record was merged: it stays as a name for the survivor, with nothing of its own.
    sa.Column("from_id", Id, sa.ForeignKey("person.id"), primary_key=True),
    sa.Column("into_id", Id, sa.ForeignKey("person.id"), nullable=False, index=True),
    # The thread that was merged, so that who still has its id finds the survivor's.
    sa.Column("from_thread_id", Id, unique=True),
    sa.Column("into_thread_id", Id),
    # What the record was, under the survivor's key. JSON: kind, profile, reason.
    sa.Column("former_sealed", sa.LargeBinary, nullable=False),
    sa.Column("actor_kind", sa.String(8), nullable=False),
    sa.Column("actor_id", sa.String(64), nullable=False),
    sa.Column("at", Moment, nullable=False, index=True),
)

claimed_address = sa.Table(
    "claimed_address",
    metadata,
    # Said to be a person's, and not proved: no message goes by it, and what comes from it is nobody's.
    sa.Column("person_id", Id, sa.ForeignKey("person.id"), primary_key=True),
    sa.Column("address_id", Id, sa.ForeignKey("address.id"), primary_key=True),
    sa.Column("value_sealed", sa.LargeBinary, nullable=False),
    sa.Column("how", sa.String(16), nullable=False),
    # The one-time code under way: its keyed hash, the address it went to, and what is left of it.
    sa.Column("code_blind", sa.LargeBinary),
    sa.Column("code_address_id", Id),
    sa.Column("code_tries", sa.Integer, nullable=False),
    sa.Column("code_ends_at", Moment),
    sa.Column("codes_sent", sa.Integer, nullable=False),
    sa.Column("codes_since", Moment),
    sa.Column("created_at", Moment, nullable=False),
    sa.Index("ix_claimed_address_address_id", "address_id"),
    one_of("how", ("staff", "dialogue")),
)

retired_address = sa.Table(
    "retired_address",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("person_id", Id, sa.ForeignKey("person.id"), nullable=False),
    sa.Column("address_id", Id, sa.ForeignKey("address.id"), nullable=False),
    # As in `contact`, from where it was taken.
    sa.Column("value_sealed", sa.LargeBinary, nullable=False),
    sa.Column("verified_how", sa.String(16), nullable=False),
    sa.Column("verified_at", Moment),
    sa.Column("reason", sa.String(24), nullable=False),
    sa.Column("at", Moment, nullable=False),
    sa.Index("ix_retired_address_person_id", "person_id", "at"),
    sa.Index("ix_retired_address_address_id", "address_id"),
)

number_check = sa.Table(
    "number_check",
    metadata,
    # What a register of reassigned numbers last said of a number, for the day on which consent was last known good.
    sa.Column("address_id", Id, sa.ForeignKey("address.id"), primary_key=True),
    sa.Column("consent_at", Moment, nullable=False),
    sa.Column("answer", sa.String(8), nullable=False),
    sa.Column("at", Moment, nullable=False),
    one_of("answer", ("yes", "no", "no_data")),
)

proxy = sa.Table(
    "proxy",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("proxy_person_id", Id, sa.ForeignKey("person.id"), nullable=False),
    sa.Column("patient_id", Id, sa.ForeignKey("person.id"), nullable=False),
    sa.Column("kind", sa.String(12), nullable=False),
    # Space-separated: visits, messages, billing.
    sa.Column("scope", sa.String(32), nullable=False),
    sa.Column("from_at", Moment, nullable=False),
    # Given with the right itself; what the patient's age ends is computed, whatever stands here.
    sa.Column("until_at", Moment),
    sa.Column("verified_how", sa.String(16), nullable=False),
    sa.Column("actor_kind", sa.String(8), nullable=False),
    sa.Column("actor_id", sa.String(64), nullable=False),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("ended_at", Moment),
    sa.Column("ended_why", sa.String(16), nullable=False),
    sa.Index("ix_proxy_proxy_person_id", "proxy_person_id"),
    sa.Index("ix_proxy_patient_id", "patient_id"),
    one_of("kind", ("parent", "guardian", "caregiver")),
)

portal_acting = sa.Table(
    "portal_acting",
    metadata,
    # A session that acts for somebody else, and by which right.
    sa.Column("session_id", Id, primary_key=True),
    sa.Column("proxy_id", Id, sa.ForeignKey("proxy.id"), nullable=False),
    sa.Column("since", Moment, nullable=False),
)
