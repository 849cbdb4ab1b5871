"""Whether a request is Slack's own.

Source: docs.slack.dev/authentication/verifying-requests-from-slack.
"""

import hashlib
import hmac
import re
from datetime import datetime, timedelta

from hub.errors import SignatureInvalid
from hub.settings import Secret

__all__ = ["SIGNATURE", "TIMESTAMP", "WINDOW", "signature", "verify"]

TIMESTAMP = "X-Slack-Request-Timestamp"
SIGNATURE = "X-Slack-Signature"

WINDOW = timedelta(minutes=5)
"""How old, or how far ahead, a request may be."""

_SECONDS = re.compile(r"[0-9]{1,12}")
_SIGNATURE = re.compile(r"v0=[0-9a-f]{64}")


def signature(secret: Secret, timestamp: str, body: bytes) -> str:
    """What Slack writes under `body` at `timestamp` (seconds since 1970)."""
    signed = b"v0:" + timestamp.encode("ascii") + b":" + body
    return "v0=" + hmac.new(secret.reveal().encode(), signed, hashlib.sha256).hexdigest()


def verify(secret: Secret, *, body: bytes, timestamp: str | None, signed: str | None, now: datetime) -> None:
    """Hold a request's signature against its body, byte for byte as it came.

    Not slack-sdk's own check: of headers and bodies that are not as they should be it raises whatever comes of them.

    Raises: SignatureInvalid.
    """
    if timestamp is None or signed is None:
        raise SignatureInvalid("the request is not signed")
    if not _SECONDS.fullmatch(timestamp) or not _SIGNATURE.fullmatch(signed):
        raise SignatureInvalid("the signature is not written as Slack writes it")
    if abs(now.timestamp() - int(timestamp)) > WINDOW.total_seconds():
        raise SignatureInvalid("the request was signed at another time")
    if not hmac.compare_digest(signature(secret, timestamp, body), signed):
        raise SignatureInvalid("the signature is not Slack's: check HUB_SLACK_SIGNING_SECRET")
