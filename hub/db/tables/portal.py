"""The patient portal: codes under way, sessions, passkeys, and how often clients tried to come in.

What opens a session is kept as a keyed hash alone; of a passkey, the public half.
"""

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
    # How the person came in, and with what kind of browser: words of ours, such as `Firefox · Android`.
    sa.Column("way", sa.String(8), nullable=False, server_default="code"),
    sa.Column("device", sa.String(32), nullable=False, server_default=""),
    sa.Column("created_at", Moment, nullable=False),
    # The last act of the person's own; what the page asks for by itself does not count.
    sa.Column("seen_at", Moment, nullable=False),
    # Whatever is done in it, it ends then.
    sa.Column("ends_at", Moment, nullable=False),
    sa.Column("ended_at", Moment),
    sa.Index("ix_portal_session_ends_at", "ends_at"),
)

portal_passkey = sa.Table(
    "portal_passkey",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("person_id", Id, sa.ForeignKey("person.id"), nullable=False, index=True),
    # What the authenticator calls it: random, and known to the relying party alone.
    sa.Column("credential", sa.LargeBinary, nullable=False, unique=True),
    # The public key, in COSE's form.
    sa.Column("public_key", sa.LargeBinary, nullable=False),
    # 0 for authenticators that count nothing; else it only grows.
    sa.Column("sign_count", sa.BigInteger, nullable=False),
    # The person's own words for it.
    sa.Column("label_sealed", sa.LargeBinary, nullable=False),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("used_at", Moment),
)

portal_challenge = sa.Table(
    "portal_challenge",
    metadata,
    # Gone once used: what is signed is good for one time.
    sa.Column("blind", sa.LargeBinary, primary_key=True),
    # The session that adds a passkey with it; empty where somebody comes in.
    sa.Column("session_id", Id),
    sa.Column("ends_at", Moment, nullable=False),
    sa.Index("ix_portal_challenge_ends_at", "ends_at"),
)

portal_tried = sa.Table(
    "portal_tried",
    metadata,
    # A keyed hash of what was tried and by which client.
    sa.Column("blind", sa.LargeBinary, primary_key=True),
    sa.Column("times", sa.Integer, nullable=False),
    sa.Column("ends_at", Moment, nullable=False),
    sa.Index("ix_portal_tried_ends_at", "ends_at"),
)
