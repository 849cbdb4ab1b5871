"""Persons, the addresses they share, and the keys that seal what is theirs."""

import sqlalchemy as sa

from hub.db.columns import Id, Moment
from hub.db.tables.base import metadata, one_of

data_key = sa.Table(
    "data_key",
    metadata,
    # A person's id, or the fixed id of the hub's own or the audit's key.
    sa.Column("owner_id", Id, primary_key=True),
    sa.Column("version", sa.Integer, primary_key=True),
    sa.Column("kek_id", sa.String(64), nullable=False),
    # NULL once destroyed: disposal keeps the row as proof that there was a key.
    sa.Column("wrapped", sa.LargeBinary),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("destroyed_at", Moment),
)

key_canary = sa.Table(
    "key_canary",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("kek_id", sa.String(64), nullable=False),
    sa.Column("wrapped", sa.LargeBinary, nullable=False),
    sa.Column("blind", sa.LargeBinary, nullable=False),
)

_LABELLED = sa.text("part2_at IS NOT NULL")

person = sa.Table(
    "person",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("kind", sa.String(16), nullable=False),
    # JSON: mrn, given_name, family_name, birth_date.
    sa.Column("profile_sealed", sa.LargeBinary),
    sa.Column("mrn_blind", sa.LargeBinary, unique=True),
    # Full name and birth date together, for telling who writes from an unknown number.
    sa.Column("identity_blind", sa.LargeBinary, index=True),
    sa.Column("language", sa.String(8)),
    sa.Column("timezone", sa.String(64)),
    # Where they live, by its two letters; and what it and the zone were taken from: the record, or an address that was
    # verified, which no import changes.
    sa.Column("state", sa.String(2)),
    sa.Column("place_from", sa.String(8), nullable=False, server_default="record"),
    sa.Column("preferred_channel", sa.String(8)),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("updated_at", Moment, nullable=False),
    # The survivor, once this record was merged into theirs: then it has nothing of its own.
    sa.Column("merged_into", Id, index=True),
    # Since when it is known that they died: nothing is begun for them any more.
    sa.Column("deceased_at", Moment),
    # Since when their records are labelled 42 CFR Part 2, and whether a visit or staff said so.
    sa.Column("part2_at", Moment),
    sa.Column("part2_from", sa.String(8)),
    sa.Index("ix_person_part2", "id", sqlite_where=_LABELLED, postgresql_where=_LABELLED),
    # patient: on the clinic's books; proxy: acts for one; unidentified: an unknown sender; line: a number that
    # several persons share, until they say who writes.
    one_of("kind", ("patient", "proxy", "unidentified", "line")),
)

address = sa.Table(
    "address",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("kind", sa.String(8), nullable=False),
    sa.Column("blind", sa.LargeBinary, nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("state_reason", sa.String(64), nullable=False),
    sa.Column("created_at", Moment, nullable=False),
    sa.UniqueConstraint("kind", "blind"),
    # invalid: the provider cannot reach it; suspended: "wrong number", until staff have looked.
    one_of("state", ("ok", "invalid", "suspended")),
)

contact = sa.Table(
    "contact",
    metadata,
    sa.Column("person_id", Id, sa.ForeignKey("person.id"), primary_key=True),
    sa.Column("address_id", Id, sa.ForeignKey("address.id"), primary_key=True),
    # The address itself, under this person's key: disposing of one person leaves the others' copy.
    sa.Column("value_sealed", sa.LargeBinary, nullable=False),
    sa.Column("created_at", Moment, nullable=False),
    # How the address was proved to be this person's, as a word, and when; NULL for what was there from the first.
    sa.Column("verified_how", sa.String(16), nullable=False, server_default="record"),
    sa.Column("verified_at", Moment),
    sa.Index("ix_contact_address_id", "address_id"),
)

preference = sa.Table(
    "preference",
    metadata,
    sa.Column("person_id", Id, sa.ForeignKey("person.id"), primary_key=True),
    sa.Column("purpose", sa.String(16), primary_key=True),
    # Space-separated names of channels: those to try first, in this order, and those not to be used.
    sa.Column("wanted", sa.String(64), nullable=False),
    sa.Column("off", sa.String(64), nullable=False),
    # Hours of their day at which alone they want to hear of it, such as 17:00-20:00; empty for any.
    sa.Column("hours", sa.String(11), nullable=False, server_default=""),
    # The most messages a week, where they asked for fewer; and the language, where it is another than theirs.
    sa.Column("per_week", sa.Integer),
    sa.Column("language", sa.String(8)),
    sa.Column("updated_at", Moment, nullable=False),
)

disclosure = sa.Table(
    "disclosure",
    metadata,
    # The person was warned that the channel is not private, and still wants whole texts there.
    sa.Column("person_id", Id, sa.ForeignKey("person.id"), primary_key=True),
    sa.Column("channel", sa.String(8), primary_key=True),
    # Which warning was shown: key, version and language of its template.
    sa.Column("warning", sa.String(96), nullable=False),
    sa.Column("at", Moment, nullable=False),
)
