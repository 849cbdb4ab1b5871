"""The push channel by each of its three ways, ready for tests."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import msgspec
from aiohttp import web

from channels.base import Channel
from channels.push import PushChannel
from channels.pushing.apns import ApnsPush
from channels.pushing.fcm import Credentials, FcmPush
from channels.pushing.subscription import Apns, Fcm, from_browser, write
from channels.pushing.vapid import VapidKey
from channels.pushing.web import WebPush
from hub.types import Address, AddressKind, Part, new_id
from tests.channels.contract import SAID, Mishap, SendingRig
from tests.channels.push_services import Apple, BrowserService, Firebase, pem

CLINIC = "Maple Street Clinic"
SUBJECT = "mailto:it@clinic.example.org"
SHORT = aiohttp.ClientTimeout(connect=2, sock_connect=2, sock_read=1.5)
FCM_TOKEN = "canaryDevice1:APA91b" + "x" * 100
APNS_TOKEN = "ca9a27" + "0f" * 29
NOWHERE = "http://127.0.0.1:1"


def a_part(recipient: str, text: str = SAID, **values: object) -> Part:
    return Part(
        reference=new_id(),
        attempt=1,
        sender=Address(AddressKind.PUSH, "clinic"),
        recipient=Address(AddressKind.PUSH, recipient),
        text=text,
        **values,  # type: ignore[arg-type]
    )


class BrowserRig(SendingRig):
    channel: PushChannel

    def __init__(self, service: BrowserService, key: VapidKey) -> None:
        self.service = service
        self.key = key
        self.channel = PushChannel(CLINIC, web=WebPush(key, SUBJECT, inside=True, timeout=SHORT))
        self.address = from_browser(service.subscription())
        self.private = (key.private, service.PATH, "canary-subscription", json.loads(self.address)["auth"])

    def part(self, text: str = SAID, **values: object) -> Part:
        return a_part(self.address, text, **values)

    def requests(self) -> int:
        return self.service.requests

    def befall(self, mishap: Mishap) -> None:
        self.service.next.append(mishap)

    def nowhere(self) -> Channel:
        return _Elsewhere(self.channel, from_browser(self.service.subscription(NOWHERE)))


class _Elsewhere(PushChannel):
    """The channel, whose device listens elsewhere: where a browser's service is, its subscription says."""

    def __init__(self, channel: PushChannel, address: str) -> None:
        super().__init__(CLINIC, web=channel._web)
        self._address = address

    async def send(self, part: Part):  # type: ignore[no-untyped-def]
        return await super().send(a_part(self._address, part.text))

    async def close(self) -> None:
        """The connections are the rig's."""


class FcmRig(SendingRig):
    channel: PushChannel

    def __init__(self, service: Firebase) -> None:
        self.service = service
        self.credentials = msgspec.convert(service.credentials(), Credentials)
        self.channel = self.reaching(service.origin)
        self.address = write(Fcm(FCM_TOKEN))
        self.private = (FCM_TOKEN, "canary-token", "canary of the service", service.credentials()["private_key"])

    def reaching(self, origin: str) -> PushChannel:
        tokens = f"{self.service.origin}/token"
        return PushChannel(CLINIC, fcm=FcmPush(self.credentials, service=origin, tokens=tokens, timeout=SHORT))

    def part(self, text: str = SAID, **values: object) -> Part:
        return a_part(self.address, text, **values)

    def requests(self) -> int:
        return self.service.requests

    def befall(self, mishap: Mishap) -> None:
        self.service.next.append(mishap)

    def nowhere(self) -> Channel:
        return self.reaching(NOWHERE)


class ApnsRig(SendingRig):
    channel: PushChannel

    def __init__(self, service: Apple, tls) -> None:  # type: ignore[no-untyped-def]
        self.service = service
        self.tls = tls
        self.channel = self.reaching(service.port)
        self.address = write(Apns(APNS_TOKEN))
        self.private = (APNS_TOKEN, pem(service.key))

    def reaching(self, port: int, **changes: str) -> PushChannel:
        account = {"key": pem(self.service.key), "key_id": Apple.KEY_ID, "team_id": Apple.TEAM_ID, "topic": Apple.TOPIC}
        apns = ApnsPush(**account | changes, server=("localhost", port), tls=self.tls, connect=2.0, answer=1.5)  # type: ignore[arg-type]
        return PushChannel(CLINIC, apns=apns)

    def part(self, text: str = SAID, **values: object) -> Part:
        return a_part(self.address, text, **values)

    def requests(self) -> int:
        return self.service.requests

    def befall(self, mishap: Mishap) -> None:
        self.service.next.append(mishap)

    def nowhere(self) -> Channel:
        return self.reaching(1)


@asynccontextmanager
async def _listening(*routes: web.RouteDef) -> AsyncIterator[str]:
    app = web.Application()
    app.add_routes(routes)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


@asynccontextmanager
async def browser_rig() -> AsyncIterator[BrowserRig]:
    key = VapidKey.create()
    service = BrowserService(key.public)
    async with _listening(web.post(BrowserService.PATH, service.push)) as service.origin:
        rig = BrowserRig(service, key)
        yield rig
        service.closing.set()
        await rig.channel.close()


@asynccontextmanager
async def fcm_rig() -> AsyncIterator[FcmRig]:
    service = Firebase()
    routes = web.post("/token", service.token), web.post("/v1/projects/{project}/messages:send", service.send)
    async with _listening(*routes) as service.origin:
        rig = FcmRig(service)
        yield rig
        service.closing.set()
        await rig.channel.close()


@asynccontextmanager
async def apns_rig(folder: Path) -> AsyncIterator[ApnsRig]:
    service = Apple()
    tls = await service.start(folder)
    rig = ApnsRig(service, tls)
    yield rig
    await rig.channel.close()
    await service.stop()
