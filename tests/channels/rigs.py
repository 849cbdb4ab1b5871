"""The texting channel against the simulated carrier, ready for tests."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import aiohttp
import pytest
from aiohttp import web
from multidict import CIMultiDict, CIMultiDictProxy, MultiDict, MultiDictProxy
from twilio.request_validator import RequestValidator

from channels.base import Channel
from channels.carrier import Break, Carrier, Drop, Fault, Hang, Refuse, Throttle
from channels.sms import SmsChannel
from channels.twilio.client import TwilioApi
from channels.twilio.files import TwilioFiles
from hub.settings import Secret
from hub.types import Address, AddressKind, Media, Part, Webhook, new_id
from tests.channels.contract import SAID, Mishap, Rig

CLINIC = "+12025550100"
PATIENT = "+12025550123"
TOKEN = "12345"
NOWHERE = "http://127.0.0.1:1"
PUBLIC = NOWHERE
SMS_URL = f"{PUBLIC}/webhooks/twilio/sms"
AT = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
SID = "SM" + "0123456789abcdef" * 2
SHORT = aiohttp.ClientTimeout(connect=2, sock_connect=2, sock_read=1.0)

MISHAPS: dict[Mishap, Fault] = {
    "throttled": Throttle(timedelta(seconds=7)),
    "unavailable": Break(503),
    "hang": Hang(),
    "drop_untaken": Drop(taken=False),
    "drop_taken": Drop(),
    "broken_taken": Break(500, taken=True),
    "refused": Refuse(21211),
}


def a_part(text: str = SAID, *, recipient: str = PATIENT, sender: str = CLINIC, **values: object) -> Part:
    return Part(
        reference=new_id(),
        attempt=1,
        sender=Address(AddressKind.PHONE, sender),
        recipient=Address(AddressKind.PHONE, recipient),
        text=text,
        **values,  # type: ignore[arg-type]
    )


def a_hook(
    form: Mapping[str, str] | list[tuple[str, str]], *, token: str, url: str = SMS_URL, query: Mapping[str, str] = {}
) -> Webhook:
    """A webhook as Twilio signs it with `token`."""
    fields = MultiDictProxy(MultiDict(form))
    signed = url + ("?" + urlencode(query) if query else "")
    try:
        signature = RequestValidator(token).compute_signature(signed, fields)
    except UnicodeEncodeError:
        signature = "cannot be signed"
    return Webhook(
        route="twilio/sms",
        url=signed,
        headers=CIMultiDictProxy(CIMultiDict({"X-Twilio-Signature": signature})),
        form=fields,
        query=query,
        body=b"",
        received_at=AT,
    )


def inbound_fields(text: str = SAID, **changes: str) -> dict[str, str]:
    return {
        "MessageSid": SID,
        "SmsSid": SID,
        "AccountSid": "AC" + "0" * 32,
        "From": PATIENT,
        "To": CLINIC,
        "Body": text,
        "NumMedia": "0",
        "NumSegments": "1",
        "SmsStatus": "received",
        "ApiVersion": "2010-04-01",
        **changes,
    }


def status_fields(status: str, **changes: str) -> dict[str, str]:
    return {
        "MessageSid": SID,
        "SmsSid": SID,
        "MessageStatus": status,
        "SmsStatus": status,
        "From": CLINIC,
        "To": PATIENT,
        "AccountSid": "AC" + "0" * 32,
        "ApiVersion": "2010-04-01",
        **changes,
    }


class SmsRig(Rig):
    def __init__(self, carrier: Carrier, base_url: str) -> None:
        self.carrier = carrier
        self.channel: SmsChannel = self.reaching(base_url)
        self.private = (carrier.auth_token, PATIENT, PATIENT[2:], CLINIC, CLINIC[2:])

    def reaching(self, base_url: str, timeout: aiohttp.ClientTimeout = SHORT) -> SmsChannel:
        """The channel, set up for another address."""
        token = Secret(self.carrier.auth_token)
        api = TwilioApi(self.carrier.account_sid, token, base_url=base_url, timeout=timeout)
        return SmsChannel(api, TwilioFiles("AC1", token), token, "+12025550100", public_url=PUBLIC)

    def part(self, text: str = SAID) -> Part:
        return a_part(text)

    def requests(self) -> int:
        return self.carrier.requests

    def befall(self, mishap: Mishap) -> None:
        self.carrier.faults.add(MISHAPS[mishap])

    def nowhere(self) -> Channel:
        return self.reaching(NOWHERE)

    def inbound(self, text: str = SAID) -> Webhook:
        return a_hook(inbound_fields(text), token=self.carrier.auth_token)

    def statuses(self, part: Part) -> list[Webhook]:
        return [
            a_hook(
                status_fields(status),
                token=self.carrier.auth_token,
                url=f"{PUBLIC}/webhooks/twilio/status",
                query={"delivery": part.reference},
            )
            for status in ("queued", "sent", "delivered")
        ]


@asynccontextmanager
async def sms_rig() -> AsyncIterator[SmsRig]:
    """A channel and a carrier whose statuses go nowhere."""
    carrier = Carrier(sent_after=timedelta(0), delivered_after=timedelta(0), seed=1)
    rig = SmsRig(carrier, await carrier.start())
    try:
        yield rig
    finally:
        await rig.channel.close()
        await carrier.stop()


def offline_channel() -> SmsChannel:
    """A channel that is only asked to verify and parse."""
    token = Secret(TOKEN)
    return SmsChannel(
        TwilioApi("AC" + "0" * 32, token), TwilioFiles("AC1", token), token, "+12025550100", public_url=PUBLIC
    )


class Recorder:
    """Stands before the carrier and keeps what was asked."""

    def __init__(self) -> None:
        self.bodies: list[tuple[str, bytes, str]] = []
        self.answers: list[bytes] = []

    @web.middleware
    async def record(self, request: web.Request, handler) -> web.StreamResponse:  # type: ignore[no-untyped-def]
        self.bodies.append((request.path, await request.read(), request.content_type))
        response = await handler(request)
        self.answers.append(response.body)
        return response  # type: ignore[no-any-return]


OUTGOING = [
    pytest.param(a_part("Hello"), {"From": CLINIC, "Body": "Hello"}, id="text"),
    pytest.param(a_part("¿Mañana? 😀 שלום\n\x00"), {"Body": "¿Mañana? 😀 שלום\n\x00"}, id="any-script"),
    pytest.param(a_part("x" * 1600), {"Body": "x" * 1600}, id="longest"),
    pytest.param(a_part("a & b=c + %20?"), {"Body": "a & b=c + %20?"}, id="form-characters"),
    pytest.param(a_part("half \ud83d"), {"Body": "half \ufffd"}, id="half-a-pair"),
    pytest.param(
        a_part(sender="MG" + "a" * 32), {"From": None, "MessagingServiceSid": "MG" + "a" * 32}, id="messaging-service"
    ),
    pytest.param(
        a_part("", media=(Media(url="https://hub.example.org/f/1", content_type="image/png"),)),
        {"Body": None, "MediaUrl": "https://hub.example.org/f/1"},
        id="picture-alone",
    ),
    pytest.param(a_part(recipient="+442079460123"), {"To": "+442079460123"}, id="abroad"),
]
