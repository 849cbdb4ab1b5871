"""Links that stop mails of one purpose to one address. The link itself is the proof: nothing is stored for it.

A token is a version, the purpose and the address's blind index, and a keyed hash over them: it names nobody to who
does not have the database, and cannot be made without the key.

Source: RFC 8058 §3, §5 (the link must name the recipient and the list, and be hard to forge).
"""

import base64
import binascii
import hmac
from typing import NamedTuple

from hub.types import Purpose

_VERSION = 1
_BLIND, _SEAL = 16, 16
_LENGTH = 2 + _BLIND + _SEAL
_PURPOSES = (
    Purpose.CARE,
    Purpose.APPOINTMENT,
    Purpose.BILLING,
    Purpose.SURVEY,
    Purpose.MARKETING,
    Purpose.EMERGENCY,
)
"""In the order of their numbers in a token; append only."""


class Unsubscribe(NamedTuple):
    """Whose mails a link stops, by the blind index of the mailbox, and of which purpose."""

    blind: bytes
    purpose: Purpose


class Links:
    """Makes and reads the links of one hub, under `root`, the key of its blind indexes."""

    def __init__(self, root: bytes, base_url: str) -> None:
        self._key = hmac.digest(root, b"carehub unsubscribe links", "sha256")
        self._base = base_url.rstrip("/")

    def link(self, wish: Unsubscribe) -> str:
        """The web address for `wish`."""
        said = bytes((_VERSION, _PURPOSES.index(wish.purpose))) + wish.blind
        token = base64.urlsafe_b64encode(said + self._seal(said)).rstrip(b"=").decode()
        return f"{self._base}/unsubscribe/{token}"

    def read(self, token: str) -> Unsubscribe | None:
        """What a token asks for, None where this hub did not make it."""
        try:
            raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
        except (ValueError, binascii.Error):
            return None
        if len(raw) != _LENGTH or raw[0] != _VERSION or raw[1] >= len(_PURPOSES):
            return None
        said, seal = raw[:-_SEAL], raw[-_SEAL:]
        if not hmac.compare_digest(seal, self._seal(said)):
            return None
        return Unsubscribe(said[2:], _PURPOSES[said[1]])

    def _seal(self, said: bytes) -> bytes:
        return hmac.digest(self._key, said, "sha256")[:_SEAL]
