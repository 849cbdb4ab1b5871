"""Business associates: who carries or keeps protected health information for the clinic, and by which agreement.

Source: 45 CFR 160.103, 164.308(b), 164.502(e), 164.504(e).
"""

import sqlalchemy as sa

from hub.db.columns import Id, Moment
from hub.db.tables.base import metadata, one_of

_IN_FORCE = sa.text("ended_at IS NULL")

vendor = sa.Table(
    "vendor",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("name", sa.String(80), nullable=False),
    # The name without its capitals: of one vendor one entry is in force.
    sa.Column("key", sa.String(80), nullable=False),
    # What they do for the clinic, as codes with spaces between them.
    sa.Column("services", sa.String(160), nullable=False),
    # `signed`; `none`; `own`, where the clinic runs it itself; `unrecorded`, in use before there was a register.
    sa.Column("agreement", sa.String(12), nullable=False),
    sa.Column("signed_on", sa.Date),
    # The last day of the agreement; NULL where it runs until it is ended.
    sa.Column("expires_on", sa.Date),
    # Where the signed paper is; whom the vendor hands it on to; what else is to be known.
    sa.Column("document", sa.String(200), nullable=False),
    sa.Column("subcontractors", sa.String(400), nullable=False),
    sa.Column("notes", sa.String(1000), nullable=False),
    sa.Column("actor_kind", sa.String(8), nullable=False),
    sa.Column("actor_id", sa.String(64), nullable=False),
    sa.Column("at", Moment, nullable=False),
    sa.Column("ended_at", Moment),
    sa.Column("ended_why", sa.String(400), nullable=False),
    sa.Index("uq_vendor_key", "key", unique=True, sqlite_where=_IN_FORCE, postgresql_where=_IN_FORCE),
    one_of("agreement", ("signed", "none", "own", "unrecorded")),
)
