"""What providers send: verified, understood, durable, and only then answered."""

import logging
from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

from aiohttp import web
from multidict import MultiDict, MultiDictProxy

from channels.base import Channel
from hub.errors import PayloadInvalid, SignatureInvalid, StorageError, WebhookError
from hub.log import say
from hub.parts import Parts
from hub.types import ChannelKind, Inbound, Status, Webhook
from hub.web.answers import unavailable

_log = logging.getLogger(__name__)

_FORM = "application/x-www-form-urlencoded"
_TWIML = b'<?xml version="1.0" encoding="UTF-8"?><Response/>'
_TWIML_HEADERS = {"Content-Type": "text/xml; charset=utf-8", "Cache-Control": "no-store"}
_NO_FORM: MultiDictProxy[str] = MultiDictProxy(MultiDict())

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def routes(parts: Parts) -> list[web.RouteDef]:
    """The addresses that providers post to; those of channels that are not set up are not there."""
    channel = parts.channels.get(ChannelKind.SMS)
    if channel is None:
        return []
    return [
        web.post("/webhooks/twilio/sms", _taking(parts, channel, "twilio/sms", _said_nothing)),
        web.post("/webhooks/twilio/status", _taking(parts, channel, "twilio/status", _noted)),
    ]


def _taking(parts: Parts, channel: Channel, route: str, done: Callable[[], web.Response]) -> Handler:
    """A handler of one address. Nothing of a request is stored before its signature has been checked."""
    public = parts.settings.base_url
    acceptor, outbox, clock, metrics = parts.acceptor, parts.outbox, parts.clock, parts.metrics

    async def take(request: web.Request) -> web.StreamResponse:
        body = await request.read()
        try:
            hook = Webhook(
                route=route,
                # What was signed is the public address: Host may say anything.
                url=public + _as_requested(request),
                headers=request.headers,
                form=await _form(request),
                query=request.query,
                body=body,
                received_at=clock.now(),
            )
            channel.verify(hook)
            found = channel.parse(hook)
        except WebhookError as refusal:
            metrics.webhooks_refused.labels(refusal.code).inc()
            say(_log, "webhook_refused", logging.WARNING, code=refusal.code, route=route)
            return web.Response(status=403 if isinstance(refusal, SignatureInvalid) else 400, text=str(refusal))
        try:
            statuses: list[Status] = []
            for one in found:
                if isinstance(one, Inbound):
                    await acceptor.accept(one)
                else:
                    statuses.append(one)
            if statuses:
                await outbox.report(statuses)
        except StorageError as refusal:
            metrics.webhooks_refused.labels(refusal.code).inc()
            return unavailable(refusal)
        return done()

    return take


def _said_nothing() -> web.Response:
    """Twilio's word for "no reply here": replies leave through the outbox."""
    return web.Response(body=_TWIML, headers=_TWIML_HEADERS)


def _noted() -> web.Response:
    return web.Response(status=204)


def _as_requested(request: web.Request) -> str:
    """Path and query byte for byte as the provider wrote them, for they are signed so."""
    target = request.raw_path
    if target.startswith("/"):
        return target
    parts = urlsplit(target)
    return parts.path + (f"?{parts.query}" if parts.query else "")


async def _form(request: web.Request) -> MultiDictProxy[str]:
    """The fields of a form; empty for any other body, which a signature then has to cover in another way.

    Octets that are not UTF-8 become U+FFFD where they are percent-encoded.

    Raises: PayloadInvalid.
    """
    if request.content_type != _FORM:
        return _NO_FORM
    try:
        return await request.post()  # type: ignore[return-value]  # a urlencoded form holds strings only
    except (ValueError, LookupError, web.HTTPException):
        raise PayloadInvalid("the form cannot be decoded") from None
