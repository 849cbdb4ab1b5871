"""What Slack posts: checked, kept, and only then answered; it is done aside.

Slack waits three seconds, and tells again what was not answered in time, with `X-Slack-Retry-Num`: that is answered as
the first was, for what is known is not kept twice.
"""

import asyncio
import logging
from collections.abc import Sequence
from urllib.parse import parse_qs

from aiohttp import web

from channels.slack import Challenge, Ignored, interaction, told, verify
from channels.slack.signatures import SIGNATURE, TIMESTAMP
from hub.errors import PayloadInvalid, SignatureInvalid, StorageError
from hub.log import say
from hub.parts import Parts
from hub.slack import inbox

__all__ = ["EVENTS", "INTERACTIONS", "routes"]

_log = logging.getLogger(__name__)

EVENTS = "/webhooks/slack/events"
INTERACTIONS = "/webhooks/slack/interactions"
_PATIENCE = 2.5
"""Seconds for what must be durable before Slack is answered; past that it tells again, and is not told a lie."""


def routes(parts: Parts) -> Sequence[web.RouteDef]:
    """The addresses that Slack posts to; none where Slack is not set up."""
    if not parts.settings.slack_configured:
        return ()
    desk = _Desk(parts)
    return (web.post(EVENTS, desk.event), web.post(INTERACTIONS, desk.interaction))


class _Desk:
    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def event(self, request: web.Request) -> web.Response:
        """Take an event, or answer Slack's question whether the address is ours."""
        try:
            body = await self._checked(request)
            said = told(body)
        except (SignatureInvalid, PayloadInvalid) as refusal:
            return self._refused(refusal, EVENTS)
        if isinstance(said, Challenge):
            return web.Response(text=said.word, content_type="text/plain")
        return web.Response() if isinstance(said, Ignored) else await self._kept(said)

    async def interaction(self, request: web.Request) -> web.Response:
        """Take a button that was pressed."""
        try:
            body = await self._checked(request)
            pressed = interaction(_payload(body))
        except (SignatureInvalid, PayloadInvalid) as refusal:
            return self._refused(refusal, INTERACTIONS)
        return web.Response() if isinstance(pressed, Ignored) else await self._kept(pressed)

    async def _checked(self, request: web.Request) -> bytes:
        """The body, once it is known to be Slack's. Raises: SignatureInvalid."""
        body = await request.read()
        twice = any(len(request.headers.getall(name, ())) > 1 for name in (TIMESTAMP, SIGNATURE))
        verify(
            self._parts.settings.slack_signing_secret,
            body=body,
            timestamp=None if twice else request.headers.get(TIMESTAMP),
            signed=None if twice else request.headers.get(SIGNATURE),
            now=self._parts.clock.now(),
        )
        return body

    async def _kept(self, work: inbox.Work) -> web.Response:
        if work.channel != self._parts.settings.slack_channel:
            # The app may have been invited elsewhere: what is said there is nobody's business here.
            return web.Response()
        try:
            async with asyncio.timeout(_PATIENCE):
                # Shielded: what is under way is kept, and told again it is known.
                await asyncio.shield(inbox.accept(self._parts, work))
        except (StorageError, TimeoutError):
            return web.Response(status=503, headers={"Retry-After": "5"}, text="Try again shortly.")
        return web.Response()

    def _refused(self, refusal: SignatureInvalid | PayloadInvalid, route: str) -> web.Response:
        self._parts.metrics.webhooks_refused.labels(refusal.code).inc()
        say(_log, "webhook_refused", logging.WARNING, code=refusal.code, route=route)
        return web.Response(status=401 if isinstance(refusal, SignatureInvalid) else 400, text=str(refusal))


def _payload(body: bytes) -> str:
    """The one field of an interaction's form. Raises: PayloadInvalid."""
    try:
        fields = parse_qs(body.decode("utf-8"), strict_parsing=True, max_num_fields=10)
    except ValueError:
        raise PayloadInvalid("the form cannot be decoded") from None
    if len(fields.get("payload", ())) != 1:
        raise PayloadInvalid("the form has no payload")
    return fields["payload"][0]
