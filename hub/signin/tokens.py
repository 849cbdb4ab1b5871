"""What a surface hands out and later knows again: random values, of which it keeps a keyed hash alone."""

import hmac
import secrets
from typing import Literal

from hub.vault import Vault

__all__ = ["Surface", "blind", "challenge", "drawn", "form_token", "same", "short_code"]

Surface = Literal["portal", "staff"]
_BYTES = 32


def drawn() -> str:
    """A new secret of 256 random bits, fit for a cookie or an address."""
    return secrets.token_urlsafe(_BYTES)


def blind(vault: Vault, surface: Surface, what: str, *said: str) -> bytes:
    """The keyed hash by which `said`, used as `what` on a surface, is known again; 16 bytes."""
    return vault.blind.of("token", "\0".join((surface, what, *said)))


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
