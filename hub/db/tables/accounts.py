"""Staff: who they are, how they sign in, and what they are let into beyond their role.

What opens a session, an invitation or a reset is kept as a keyed hash alone; of a passkey, the public half.
"""

import sqlalchemy as sa

from hub.db.columns import Id, Moment
from hub.db.tables.base import metadata, one_of

ROLES = ("agent", "supervisor", "campaigns", "compliance", "admin")

staff_user = sa.Table(
    "staff_user",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("email_blind", sa.LargeBinary, nullable=False, unique=True),
    # JSON: name, email.
    sa.Column("profile_sealed", sa.LargeBinary, nullable=False),
    sa.Column("role", sa.String(16), nullable=False),
    # invited: has no way to sign in yet. disabled: may not.
    sa.Column("status", sa.String(8), nullable=False),
    # Argon2id, as PHC string; NULL for who signs in elsewhere only.
    sa.Column("password_hash", sa.String(160)),
    sa.Column("password_at", Moment),
    # The secret that codes of an authenticator app are made of, and the number of the last step taken (RFC 6238).
    sa.Column("totp_sealed", sa.LargeBinary),
    sa.Column("totp_step", sa.BigInteger, nullable=False, server_default="0"),
    # The account at the OpenID provider: a keyed hash over issuer and subject.
    sa.Column("oidc_blind", sa.LargeBinary, unique=True),
    sa.Column("language", sa.String(8), nullable=False),
    # How many open threads round robin gives; whether it gives any now.
    sa.Column("capacity", sa.Integer, nullable=False),
    sa.Column("available", sa.Boolean, nullable=False),
    # JSON of plain switches: keys, sound, theme, signature.
    sa.Column("settings", sa.String(400), nullable=False, server_default="{}"),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("updated_at", Moment, nullable=False),
    one_of("role", ROLES),
    one_of("status", ("invited", "active", "disabled")),
)

staff_session = sa.Table(
    "staff_session",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("token_blind", sa.LargeBinary, nullable=False, unique=True),
    sa.Column("user_id", Id, sa.ForeignKey("staff_user.id"), nullable=False, index=True),
    # password, passkey, oidc; and whether a second factor was shown.
    sa.Column("way", sa.String(8), nullable=False),
    sa.Column("strong", sa.Boolean, nullable=False),
    sa.Column("device", sa.String(32), nullable=False),
    sa.Column("created_at", Moment, nullable=False),
    # The last act of the user's own; what the page asks for by itself does not count.
    sa.Column("seen_at", Moment, nullable=False),
    # When they last proved who they are.
    sa.Column("proved_at", Moment, nullable=False),
    # Whatever is done in it, it ends then.
    sa.Column("ends_at", Moment, nullable=False),
    sa.Column("ended_at", Moment),
    sa.Index("ix_staff_session_ends_at", "ends_at"),
)

staff_passkey = sa.Table(
    "staff_passkey",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("user_id", Id, sa.ForeignKey("staff_user.id"), nullable=False, index=True),
    sa.Column("credential", sa.LargeBinary, nullable=False, unique=True),
    # The public key, in COSE's form.
    sa.Column("public_key", sa.LargeBinary, nullable=False),
    # 0 for authenticators that count nothing; else it only grows.
    sa.Column("sign_count", sa.BigInteger, nullable=False),
    sa.Column("label_sealed", sa.LargeBinary, nullable=False),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("used_at", Moment),
)

staff_recovery = sa.Table(
    "staff_recovery",
    metadata,
    sa.Column("blind", sa.LargeBinary, primary_key=True),
    sa.Column("user_id", Id, sa.ForeignKey("staff_user.id"), nullable=False, index=True),
    sa.Column("used_at", Moment),
)

staff_link = sa.Table(
    "staff_link",
    metadata,
    # An invitation, a reset of the password, a sign-in under way: good once.
    sa.Column("blind", sa.LargeBinary, primary_key=True),
    sa.Column("kind", sa.String(12), nullable=False),
    sa.Column("user_id", Id, sa.ForeignKey("staff_user.id"), index=True),
    # What it needs to remember, sealed: a challenge, a state, where to go then.
    sa.Column("kept_sealed", sa.LargeBinary),
    sa.Column("tries", sa.Integer, nullable=False, server_default="0"),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("ends_at", Moment, nullable=False, index=True),
    sa.Column("used_at", Moment),
)

break_glass = sa.Table(
    "break_glass",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("user_id", Id, sa.ForeignKey("staff_user.id"), nullable=False, index=True),
    sa.Column("person_id", Id, sa.ForeignKey("person.id"), nullable=False, index=True),
    # Why, in the user's words; under the audit's key.
    sa.Column("reason_sealed", sa.LargeBinary, nullable=False),
    sa.Column("at", Moment, nullable=False),
    sa.Column("ends_at", Moment, nullable=False),
    sa.Column("reviewed_by", Id),
    sa.Column("reviewed_at", Moment),
)
