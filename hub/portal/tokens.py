"""What the portal hands out and later knows again: random values, of which it keeps a keyed hash alone."""

import hmac
import secrets

from hub.links import blind, drawn

__all__ = ["blind", "challenge", "drawn", "form_token", "same", "short_code"]

_BYTES = 32


def challenge() -> bytes:
    """What an authenticator is to sign: 32 random octets."""
    return secrets.token_bytes(_BYTES)


def short_code() -> str:
    """Six random digits."""
    return f"{secrets.randbelow(1_000_000):06d}"


def same(kept: bytes, said: bytes) -> bool:
    """Whether the two are equal, found out in a time that tells nothing."""
    return hmac.compare_digest(kept, said)


def form_token(secret: str) -> str:
    """What every form of the session with this `secret` carries: another site cannot know it."""
    return hmac.digest(secret.encode(), b"portal form", "sha256").hex()
