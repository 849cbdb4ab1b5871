"""What providers send: verified, understood, durable, and only then answered."""

import logging
from collections.abc import Awaitable, Mapping
from urllib.parse import urlsplit

from aiohttp import web
from aiohttp.typedefs import Handler
from multidict import CIMultiDictProxy, MultiDict, MultiDictProxy

from channels.base import Answer, Answering, Channel
from hub.errors import HubError, PayloadInvalid, SignatureInvalid, StorageError, WebhookError
from hub.log import say
from hub.parts import Parts
from hub.types import Inbound, Status, Webhook
from hub.web import answering
from hub.web.answers import Written, unavailable

_log = logging.getLogger(__name__)

_FORM = "application/x-www-form-urlencoded"
_NO_FORM: MultiDictProxy[str] = MultiDictProxy(MultiDict())

DESKS = web.AppKey("desks", Mapping[str, "Desk"])
"""Where each path's webhooks are taken."""


class Desk:
    """Where the webhooks of one address are taken. Nothing of a request is stored before its signature was checked."""

    def __init__(self, parts: Parts, channel: Channel, route: str, answer: Answer) -> None:
        self.route = route
        self._parts = parts
        self._channel = channel
        self._answering = channel if isinstance(channel, Answering) else None
        self._public = parts.settings.base_url
        self._acceptor, self._outbox, self._clock, self._metrics = (
            parts.acceptor,
            parts.outbox,
            parts.clock,
            parts.metrics,
        )
        self._answer = answer
        self._written = Written(self.done())

    def take(
        self,
        target: str,
        *,
        headers: CIMultiDictProxy[str],
        form: MultiDictProxy[str],
        query: Mapping[str, str],
        body: bytes,
    ) -> Awaitable[object]:
        """Check and understand a request, and begin to store what it says; the result is awaited before it is answered.

        target: path and query byte for byte as the provider wrote them, for they are signed so.

        Raises: SignatureInvalid, PayloadInvalid; Overloaded, also once it is awaited, as StorageError.
        """
        hook = Webhook(
            route=self.route,
            # What was signed is the public address: Host may say anything.
            url=self._public + target,
            headers=headers,
            form=form,
            query=query,
            body=body,
            received_at=self._clock.now(),
        )
        self._channel.verify(hook)
        found = self._channel.parse(hook)
        if self._answering is not None:
            return self._keep_and_answer(self._answering, hook, found)
        if len(found) == 1 and isinstance(found[0], Inbound):
            return self._acceptor.submit(found[0])
        return self._keep(found)

    async def _keep_and_answer(self, channel: Answering, hook: Webhook, found: list[Inbound | Status]) -> Answer:
        await self._keep(found)
        return await answering.answer(self._parts, channel, hook)

    async def _keep(self, found: list[Inbound | Status]) -> None:
        statuses: list[Status] = []
        for one in found:
            if isinstance(one, Inbound):
                await self._acceptor.submit(one)
            else:
                statuses.append(one)
        if statuses:
            await self._outbox.report(statuses)

    def done(self, taken: object = None) -> web.Response:
        """What the provider hears once its webhook is durable; `taken` is what `take` came to."""
        answer = taken if isinstance(taken, Answer) else self._answer
        if not answer.body:
            return web.Response(status=204)
        headers = {"Content-Type": f"{answer.content_type}; charset=utf-8", "Cache-Control": "no-store"}
        return web.Response(body=answer.body, headers=headers)

    def done_written(self, taken: object = None) -> bytes:
        """The same as bytes."""
        return bytes(Written(self.done(taken))) if isinstance(taken, Answer) else bytes(self._written)

    def refused(self, refusal: HubError) -> web.Response:
        """What the provider hears when its webhook is not taken; it is counted, too."""
        self._metrics.webhooks_refused.labels(refusal.code).inc()
        if isinstance(refusal, StorageError):
            return unavailable(refusal)
        say(_log, "webhook_refused", logging.WARNING, code=refusal.code, route=self.route)
        return web.Response(status=403 if isinstance(refusal, SignatureInvalid) else 400, text=str(refusal))


def desks(parts: Parts) -> dict[str, Desk]:
    """The addresses that providers post to: those of the channels that are set up, as each declares them."""
    return {
        path: Desk(parts, channel, path, answer)
        for channel in parts.channels.values()
        for path, answer in channel.routes.items()
    }


def routes(desks: Mapping[str, Desk]) -> list[web.RouteDef]:
    """What the general server does at each address."""
    return [web.post(path, _taking(desk)) for path, desk in desks.items()]


def _taking(desk: Desk) -> Handler:
    async def take(request: web.Request) -> web.StreamResponse:
        body = await request.read()
        try:
            taken = await desk.take(
                _as_requested(request),
                headers=request.headers,
                form=await _form(request),
                query=request.query,
                body=body,
            )
        except (WebhookError, StorageError) as refusal:
            return desk.refused(refusal)
        return desk.done(taken)

    return take


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
