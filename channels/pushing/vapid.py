"""The clinic's signature to push services of browsers.

Source: RFC 8292 (VAPID).
"""

import base64
import math
import time
from collections import OrderedDict

import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key
from yarl import URL

from channels.pushing.subscription import octets

__all__ = ["VapidKey"]

LASTS = 12 * 3600
"""Seconds that a token is good for; a service may refuse one of more than 24 hours (section 2)."""

KEPT = 64
"""Services whose token is kept; browsers know a handful."""


class VapidKey:
    """A P-256 key pair. Its public half is the `applicationServerKey` that a browser subscribes with."""

    def __init__(self, private: ec.EllipticCurvePrivateKey) -> None:
        self._private = private
        self._tokens: OrderedDict[str, tuple[float, str]] = OrderedDict()
        self.public = _encode(private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint))

    @classmethod
    def create(cls) -> "VapidKey":
        """A new key pair."""
        return cls(ec.generate_private_key(ec.SECP256R1()))

    @classmethod
    def read(cls, text: str) -> "VapidKey":
        """The key pair whose private half is `text`: 32 bytes in base64url, or PEM.

        Raises: ValueError.
        """
        if "PRIVATE KEY" in text:
            found = load_pem_private_key(text.encode(), None)
            if not (isinstance(found, ec.EllipticCurvePrivateKey) and isinstance(found.curve, ec.SECP256R1)):
                raise ValueError("not a key of the curve P-256")
            return cls(found)
        raw = octets(text.strip())
        if len(raw) != 32:
            raise ValueError("a private key has 32 bytes")
        return cls(ec.derive_private_key(int.from_bytes(raw, "big"), ec.SECP256R1()))

    @property
    def private(self) -> str:
        """The private half: 32 bytes in base64url, as the setting takes it."""
        return _encode(self._private.private_numbers().private_value.to_bytes(32, "big"))

    def authorization(self, endpoint: URL, subject: str, now: float | None = None) -> str:
        """The `Authorization` header for `endpoint`, in the name of `subject` (`mailto:` or `https:`).

        A token is for one origin, and is used again until half of its time is over.
        """
        now = time.time() if now is None else now
        audience = str(endpoint.origin())
        made, token = self._tokens.get(audience, (-math.inf, ""))
        if not made <= now < made + LASTS / 2:
            claims = {"aud": audience, "exp": int(now) + LASTS, "sub": subject}
            token = jwt.encode(claims, self._private, algorithm="ES256")
            self._tokens[audience] = (now, token)
        self._tokens.move_to_end(audience)
        while len(self._tokens) > KEPT:
            self._tokens.popitem(last=False)
        return f"vapid t={token}, k={self.public}"

    def __repr__(self) -> str:
        return f"VapidKey({self.public})"


def _encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
