"""The channel for calls against the simulated carrier, ready for tests."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from zoneinfo import ZoneInfo

from channels.base import Channel, Known
from channels.carrier import Carrier
from channels.twilio.client import TwilioApi
from channels.twilio.files import TwilioFiles
from channels.twilio.voice_script import Script
from channels.voice import VoiceChannel
from hub.hours import OpeningHours
from hub.settings import Secret
from hub.types import ChannelKind, Language, Part, Webhook
from templates import render
from tests.channels.contract import SAID, AnsweringRig, Mishap
from tests.channels.rigs import CLINIC, MISHAPS, NOWHERE, PATIENT, PUBLIC, SHORT, TOKEN, a_hook, a_part

VOICE_URL = f"{PUBLIC}/webhooks/twilio/voice"
CALL = "CA" + "0123456789abcdef" * 2
STAFF = "+12025550177"
ZONE = ZoneInfo("America/New_York")
SCRIPT = Script(
    base=PUBLIC,
    clinic="Maple Street Clinic",
    phone=CLINIC,
    number=CLINIC,
    transfer=STAFF,
    hours=OpeningHours.parse("Mon-Fri 08:00-18:00"),
    zone=ZONE,
)


def say(key: str, language: Language, /, **params: object) -> str:
    return render(key, params, language, ChannelKind.VOICE, ZONE).text


KNOWN = Known(say=say)


def call_fields(**changes: str) -> dict[str, str]:
    return {
        "CallSid": CALL,
        "AccountSid": "AC" + "0" * 32,
        "From": PATIENT,
        "To": CLINIC,
        "CallStatus": "in-progress",
        "ApiVersion": "2010-04-01",
        "Direction": "inbound",
        **changes,
    }


def our_call_fields(**changes: str) -> dict[str, str]:
    """The fields of a call that the hub made."""
    return call_fields(From=CLINIC, To=PATIENT, Direction="outbound-api") | changes


def a_call_hook(fields: Mapping[str, str], query: Mapping[str, str] = {}, *, token: str = TOKEN) -> Webhook:
    return a_hook(dict(fields), token=token, url=VOICE_URL, query=query)


def heard(text: str = SAID, *, token: str = TOKEN, turn: str = "1en", **query: str) -> Webhook:
    """A question of ours was answered in words."""
    return a_call_hook(call_fields(SpeechResult=text), {"step": "heard", "turn": turn, **query}, token=token)


def pressed(typed: str, /, *, turn: str = "1en", **query: str) -> Webhook:
    """A question of ours was answered by keys."""
    return a_call_hook(call_fields(Digits=typed), {"step": "heard", "turn": turn, **query})


def offline_voice(script: Script = SCRIPT) -> VoiceChannel:
    """A channel that is only asked to verify, parse and answer."""
    account, token = "AC" + "0" * 32, Secret(TOKEN)
    return VoiceChannel(TwilioApi(account, token), TwilioFiles(account, token), token, script)


class VoiceRig(AnsweringRig):
    """`part` begins a call; with `answers` it is spoken on one that is going on."""

    def __init__(self, carrier: Carrier, base_url: str) -> None:
        self.carrier = carrier
        self.channel: VoiceChannel = self.reaching(base_url)
        self.private = (carrier.auth_token, PATIENT, PATIENT[2:], CLINIC, CLINIC[2:])

    def reaching(self, base_url: str) -> VoiceChannel:
        """The channel, set up for another address."""
        token, account = Secret(self.carrier.auth_token), self.carrier.account_sid
        api = TwilioApi(account, token, base_url=base_url, timeout=SHORT)
        files = TwilioFiles(account, token, base_url=base_url, longest=200_000, timeout=SHORT)
        return VoiceChannel(api, files, token, SCRIPT)

    def part(self, text: str = SAID) -> Part:
        return a_part(text)

    def requests(self) -> int:
        return self.carrier.requests

    def befall(self, mishap: Mishap) -> None:
        self.carrier.faults.add(MISHAPS[mishap])

    def nowhere(self) -> Channel:
        return self.reaching(NOWHERE)

    def inbound(self, text: str = SAID) -> Webhook:
        return heard(text, token=self.carrier.auth_token)

    def statuses(self, part: Part) -> list[Webhook]:
        return [
            a_call_hook(
                our_call_fields(CallStatus=status),
                {"step": "status", "delivery": part.reference},
                token=self.carrier.auth_token,
            )
            for status in ("initiated", "ringing", "completed")
        ]

    def known(self, part: Part | None = None) -> Known:
        return Known(say=say, part=part)


@asynccontextmanager
async def voice_rig() -> AsyncIterator[VoiceRig]:
    """A channel and a carrier whose phones nobody listens to."""
    carrier = Carrier(sent_after=timedelta(0), delivered_after=timedelta(0), seed=1, second=0.01)
    rig = VoiceRig(carrier, await carrier.start())
    try:
        yield rig
    finally:
        await rig.channel.close()
        await carrier.stop()
