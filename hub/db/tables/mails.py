"""Mails kept as they came: those that could not be read, and those that hold more than their message shows."""

import sqlalchemy as sa

from hub.db.columns import Id, Moment
from hub.db.tables.base import metadata

raw_mail = sa.Table(
    "raw_mail",
    metadata,
    sa.Column("id", Id, primary_key=True),
    # Keyed hash of its octets: a mail that is handed over again is kept once.
    sa.Column("digest", sa.LargeBinary, nullable=False, unique=True),
    # Why it is kept, as one word.
    sa.Column("reason", sa.String(16), nullable=False),
    sa.Column("size", sa.Integer, nullable=False),
    # Under the hub's own key: whose it is may not be known.
    sa.Column("raw_sealed", sa.LargeBinary, nullable=False),
    sa.Column("received_at", Moment, nullable=False),
    sa.Index("ix_raw_mail_received_at", "received_at"),
)
