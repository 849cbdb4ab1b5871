"""The simulated carrier with a hub that only listens, and a program that asks it directly."""

import base64
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import aiohttp
from aiohttp import web
from multidict import CIMultiDictProxy, MultiDict, MultiDictProxy

from channels.carrier import (
    Carrier,
)
from channels.sms import SmsChannel
from hub.types import Inbound, Status, Webhook
from tests.channels.rigs import AT, CLINIC, PATIENT

OTHER = "+12025550199"
AT_ONCE = timedelta(0)
GOOD = {"To": PATIENT, "From": CLINIC, "Body": "Hello"}


class Hub:
    """What the carrier calls back: keeps what it hears, answers as told."""

    def __init__(self) -> None:
        self.hooks: list[Webhook] = []
        self.answers: list[int] = []
        self.url = ""

    async def hear(self, request: web.Request) -> web.Response:
        form: MultiDictProxy[Any] = await request.post()
        self.hooks.append(
            Webhook(
                route=request.path,
                url=self.url + request.path_qs,
                headers=CIMultiDictProxy(request.headers.copy()),
                form=MultiDictProxy(MultiDict(form)),
                query=dict(request.query),
                body=b"",
                received_at=AT,
            )
        )
        return web.Response(status=self.answers.pop(0) if self.answers else 200, text="<Response/>")

    def statuses(self) -> list[str]:
        return [hook.form["MessageStatus"] for hook in self.hooks]


def a_carrier(hub: Hub | None = None, **values: Any) -> Carrier:
    webhook = f"{hub.url}/webhooks/twilio/sms" if hub else None
    return Carrier(webhook=webhook, **{"sent_after": AT_ONCE, "delivered_after": AT_ONCE, "seed": 1, **values})


class Client:
    """Asks the carrier directly, as any program could."""

    def __init__(self, carrier: Carrier) -> None:
        self.carrier = carrier
        self.token = carrier.auth_token
        self.account = carrier.account_sid

    async def ask(self, method: str, path: str, **values: Any) -> tuple[int, Any]:
        pair = f"{self.carrier.account_sid}:{self.token}".encode()
        headers = {"Authorization": "Basic " + base64.b64encode(pair).decode()}
        url = f"{self.carrier.base_url}/2010-04-01/Accounts/{self.account}{path}"
        async with aiohttp.ClientSession() as session, session.request(method, url, headers=headers, **values) as got:
            return got.status, await (got.json() if got.content_type == "application/json" else got.read())

    async def create(self, **fields: str) -> tuple[int, Any]:
        return await self.ask("POST", "/Messages.json", data=fields)


def understood(channel: SmsChannel, hooks: Iterable[Webhook]) -> list[Inbound | Status]:
    said: list[Inbound | Status] = []
    for hook in hooks:
        channel.verify(hook)
        said += channel.parse(hook)
    return said
