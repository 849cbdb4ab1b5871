"""The patient portal: codes under way, and sessions. What opens them is kept as a keyed hash alone."""

import sqlalchemy as sa

from hub.db.columns import Id, Moment
from hub.db.tables.base import metadata

portal_code = sa.Table(
    "portal_code",
    metadata,
    sa.Column("id", Id, primary_key=True),
    # Ties the page on which the code is typed to the code that was sent.
    sa.Column("ticket_blind", sa.LargeBinary, nullable=False, unique=True),
    sa.Column("link_blind", sa.LargeBinary, nullable=False, unique=True),
    sa.Column("code_blind", sa.LargeBinary, nullable=False),
    sa.Column("address_id", Id, sa.ForeignKey("address.id"), nullable=False),
    sa.Column("tries", sa.Integer, nullable=False),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("ends_at", Moment, nullable=False),
    sa.Column("used_at", Moment),
    sa.Index("ix_portal_code_address_id", "address_id", "created_at"),
    sa.Index("ix_portal_code_ends_at", "ends_at"),
)

portal_session = sa.Table(
    "portal_session",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("token_blind", sa.LargeBinary, nullable=False, unique=True),
    sa.Column("person_id", Id, sa.ForeignKey("person.id"), nullable=False, index=True),
    sa.Column("language", sa.String(8), nullable=False),
    sa.Column("created_at", Moment, nullable=False),
    # The last act of the person's own; what the page asks for by itself does not count.
    sa.Column("seen_at", Moment, nullable=False),
    # Whatever is done in it, it ends then.
    sa.Column("ends_at", Moment, nullable=False),
    sa.Column("ended_at", Moment),
    sa.Index("ix_portal_session_ends_at", "ends_at"),
)
