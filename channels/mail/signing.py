"""DKIM: a signature over the message, by which other providers know that the clinic's domain sent it.

Source: RFC 6376; RFC 8058 §4 wants the unsubscribe headers signed.
"""

from dataclasses import dataclass, field

SIGNED = (
    b"from",
    b"to",
    b"reply-to",
    b"subject",
    b"date",
    b"message-id",
    b"in-reply-to",
    b"references",
    b"auto-submitted",
    b"mime-version",
    b"content-type",
    b"list-unsubscribe",
    b"list-unsubscribe-post",
)
"""Headers under the signature, those that are there."""


@dataclass(frozen=True, slots=True)
class Signer:
    """Signs for `domain` with the key that its DNS publishes as `selector`."""

    domain: str
    selector: str
    key: bytes = field(repr=False)

    def sign(self, message: bytes) -> bytes:
        """`message`, as it will be sent, with its signature before it.

        Raises: ValueError when the key is none.
        """
        # Only where mail is signed: it brings a resolver along.
        import dkim

        there = {line.partition(b":")[0].strip().lower() for line in message.partition(b"\r\n\r\n")[0].split(b"\r\n")}
        names = [name for name in SIGNED if name in there]
        try:
            signature = dkim.sign(
                message, self.selector.encode(), self.domain.encode(), self.key, include_headers=names
            )
        except dkim.DKIMException:
            raise ValueError("the DKIM key cannot be used") from None
        return bytes(signature) + message
