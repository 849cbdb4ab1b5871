"""Codes of an authenticator app: six digits that change every thirty seconds, each good once.

Source: RFC 6238; RFC 4226 §5.3.
"""

import base64
import secrets
from datetime import datetime
from urllib.parse import quote

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.twofactor.hotp import HOTP

__all__ = ["code_at", "fitting", "new_secret", "step_of", "typed", "uri"]

STEP = 30
"""Seconds."""
DIGITS = 6
_APART = 1
"""Steps by which a phone's clock may be wrong."""


def new_secret() -> bytes:
    """A secret for an app: 160 random bits."""
    return secrets.token_bytes(20)


def step_of(at: datetime) -> int:
    """The number of the step that `at` lies in."""
    return int(at.timestamp()) // STEP


def code_at(secret: bytes, step: int) -> str:
    """The code of a step."""
    # Every authenticator app knows SHA-1, and some nothing else.
    return HOTP(secret, DIGITS, hashes.SHA1()).generate(step).decode()  # noqa: S303


def fitting(secret: bytes, code: str, at: datetime, last: int) -> int | None:
    """The step whose code it is, if it is around `at` and after the `last` one that was taken."""
    now = step_of(at)
    plain = "".join(code.split())
    found = None
    for step in range(now - _APART, now + _APART + 1):
        # All are compared, whichever fits.
        if secrets.compare_digest(code_at(secret, step).encode(), plain.encode()) and step > last:
            found = step
    return found


def typed(secret: bytes) -> str:
    """The secret as somebody types it who cannot scan: letters and digits, in fours."""
    plain = base64.b32encode(secret).decode().rstrip("=")
    return " ".join(plain[at : at + 4] for at in range(0, len(plain), 4))


def uri(secret: bytes, clinic: str, email: str) -> str:
    """What the square code says to an app. Source: Google Authenticator, Key URI Format."""
    issuer = clinic.replace(":", " ")
    plain = base64.b32encode(secret).decode().rstrip("=")
    return f"otpauth://totp/{quote(f'{issuer}:{email}')}?secret={plain}&issuer={quote(issuer)}"
