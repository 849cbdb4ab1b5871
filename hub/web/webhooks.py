"""What providers send: verified, understood, durable, and only then answered."""

import logging
from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

from aiohttp import web
from multidict import MultiDict, MultiDictProxy

from channels.base import Answer, Answering, Channel
from hub.errors import PayloadInvalid, SignatureInvalid, StorageError, WebhookError
from hub.log import say
from hub.parts import Parts
from hub.types import Inbound, Status, Webhook
from hub.web import answering
from hub.web.answers import unavailable

_log = logging.getLogger(__name__)

_FORM = "application/x-www-form-urlencoded"
_NO_FORM: MultiDictProxy[str] = MultiDictProxy(MultiDict())

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def routes(parts: Parts) -> list[web.RouteDef]:
    """The addresses that providers post to: those of the channels that are set up, as each declares them."""
    return [
        web.post(path, _taking(parts, channel, path, _saying(answer)))
        for channel in parts.channels.values()
        for path, answer in channel.routes.items()
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
            said = _saying(await answering.answer(parts, channel, hook)) if isinstance(channel, Answering) else None
        except StorageError as refusal:
            metrics.webhooks_refused.labels(refusal.code).inc()
            return unavailable(refusal)
        return said() if said is not None else done()

    return take


def _saying(answer: Answer) -> Callable[[], web.Response]:
    """What makes the answer that a provider hears."""
    if not answer.body:
        return lambda: web.Response(status=204)
    headers = {"Content-Type": f"{answer.content_type}; charset=utf-8", "Cache-Control": "no-store"}
    return lambda: web.Response(body=answer.body, headers=headers)


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
