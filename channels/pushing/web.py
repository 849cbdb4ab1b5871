"""Notices to browsers, through whichever push service the browser chose.

Source: RFC 8030 (the request), RFC 8291 (its encryption), RFC 8292 (its signature).
"""

import aiohttp
import msgspec
from pywebpush import WebPusher, WebPushException  # type: ignore[import-untyped]

from channels.pushing import guard, outcome
from channels.pushing.link import TIMEOUT, Link
from channels.pushing.notice import Notice
from channels.pushing.subscription import Web
from channels.pushing.vapid import VapidKey
from hub.errors import AddressInvalid

__all__ = ["WebPush", "sealed"]


class WebPush:
    """Web Push in the name of `subject`.

    inside: for tests alone, also call services on this machine or in a private network.
    """

    def __init__(
        self, key: VapidKey, subject: str, *, inside: bool = False, timeout: aiohttp.ClientTimeout = TIMEOUT
    ) -> None:
        self.key = key
        self._subject = subject
        self._inside = inside
        self._link = Link(timeout, None if inside else guard.PublicResolver())

    async def send(self, notice: Notice, to: Web) -> str:
        """The id of the notice that the service took: our reference, since its own is an address to the message.

        Raises: see `channels.pushing.outcome.raise_for` and `Link.post`; AddressInvalid.
        """
        url = guard.endpoint(to.endpoint, inside=self._inside)
        said = {"title": notice.title, "tag": notice.tag, "reference": notice.reference}
        headers = {
            "Authorization": self.key.authorization(url, self._subject),
            "Content-Encoding": "aes128gcm",
            "Content-Type": "application/octet-stream",
            "TTL": str(notice.seconds),
            "Topic": notice.tag,
            "Urgency": notice.urgency,
        }
        answer = await self._link.post(url, sealed(msgspec.json.encode(said), to), headers)
        if not 200 <= answer.status < 300:
            outcome.raise_for(answer.status, (), answer.headers)
        return notice.reference

    async def close(self) -> None:
        """Close the connections."""
        await self._link.close()


def sealed(plaintext: bytes, to: Web) -> bytes:
    """`plaintext` as only the browser behind `to` reads it. Raises: AddressInvalid when its keys are none."""
    keys = {"p256dh": to.p256dh, "auth": to.auth}
    try:
        body: bytes = WebPusher({"endpoint": to.endpoint, "keys": keys}).encode(plaintext)["body"]
    except (ValueError, WebPushException):
        raise AddressInvalid("the push subscription's keys are not on the curve") from None
    return body
