"""Posts webhooks to the hub, signed as Twilio signs them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode

import aiohttp
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]
from yarl import URL

__all__ = ["Callbacks", "Reply"]

TIMEOUT = aiohttp.ClientTimeout(total=15)
"""Twilio gives a webhook 15 seconds."""

HEADERS = {"Content-Type": "application/x-www-form-urlencoded; charset=UTF-8", "User-Agent": "TwilioProxy/1.1"}

ATTEMPTS = 2


@dataclass(frozen=True, slots=True)
class Reply:
    """What the hub answered to a webhook; status 0 if it never did. `sid` is the message it was about."""

    status: int
    sid: str
    body: str = field(default="", repr=False)

    @property
    def ok(self) -> bool:
        """Whether the hub took the webhook."""
        return 200 <= self.status < 300


class Callbacks:
    """The carrier's way to the hub, over one pool of connections opened with the first webhook."""

    def __init__(self, auth_token: str) -> None:
        self._validator = RequestValidator(auth_token)
        self._session: aiohttp.ClientSession | None = None

    async def post(self, url: str, form: Mapping[str, str]) -> Reply:
        """The hub's answer to `form`, signed for `url`. Tried once more after no answer or a 5xx."""
        if self._session is None:
            self._session = aiohttp.ClientSession(timeout=TIMEOUT, cookie_jar=aiohttp.DummyCookieJar(), headers=HEADERS)
        sid = form.get("MessageSid") or form["CallSid"]
        headers = {"X-Twilio-Signature": self._validator.compute_signature(url, form)}
        body = urlencode(form).encode()
        reply = Reply(0, sid)
        for _ in range(ATTEMPTS):
            try:
                # Encoded already: the hub must see the very address that was signed.
                async with self._session.post(URL(url, encoded=True), data=body, headers=headers) as response:
                    reply = Reply(response.status, sid, await response.text(errors="replace"))
            except (aiohttp.ClientError, TimeoutError):
                reply = Reply(0, sid)
            if reply.status and reply.status < 500:
                break
        return reply

    async def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None
