"""Calls through Twilio's Programmable Voice.

A call is a conversation like any other. What a caller says is accepted before Twilio is answered; the bot's answer
leaves through the outbox and takes the call over where it is held. What a caller hears in a webhook's answer are the
channel's own prompts, and, on a call that the hub made, the words of the delivery that made it.

`sent` means that Twilio took the words; `delivered` that they were spoken to their end, or that the call was answered.

Source: twilio.com/docs/voice/api/call-resource, twilio.com/docs/voice/twiml, twilio.com/docs/voice/answering-machine-
detection.
"""

from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import ClassVar, Self

import msgspec

from channels.base import Answer, Channel, Known, Limits, Needs, Unclear
from channels.phones import e164
from channels.twilio import errors
from channels.twilio.client import TwilioApi
from channels.twilio.files import TwilioFiles
from channels.twilio.signature import SignatureCheck
from channels.twilio.voice_calls import ROUTE, Place, Request, Turn, live
from channels.twilio.voice_script import Script
from hub.errors import AddressInvalid, ChannelError, HubError, Rejected, ReplyUnreadable
from hub.settings import Secret, Settings
from hub.types import (
    Address,
    AddressKind,
    ChannelKind,
    DeliveryState,
    Inbound,
    Media,
    OptOutWord,
    Part,
    Receipt,
    Status,
    Webhook,
)

__all__ = ["VoiceChannel"]

LONGEST_DOCUMENT = 4000
"""Characters that Twilio takes in a request to change a call; what is longer is asked for at our address."""

STATES: Mapping[str, DeliveryState] = {
    "queued": DeliveryState.SENT,
    "initiated": DeliveryState.SENT,
    "ringing": DeliveryState.SENT,
    "in-progress": DeliveryState.SENT,
    "completed": DeliveryState.DELIVERED,
    "busy": DeliveryState.FAILED,
    "no-answer": DeliveryState.FAILED,
    "failed": DeliveryState.FAILED,
    "canceled": DeliveryState.FAILED,
}
"""Twilio's call status → ours."""

OVER = "21220"
"""Twilio's code for a call that is no longer in progress."""

CLOCK_SKEW = timedelta(seconds=30)
PAGE_SIZE = 50


class _Call(msgspec.Struct):
    """What we read of Twilio's call resource."""

    sid: str
    status: str = ""
    direction: str = ""
    date_created: str | None = None


_CALL = msgspec.json.Decoder(_Call)


class _Page(msgspec.Struct):
    calls: list[_Call]
    next_page_uri: str | None = None


_AGREED = {
    "en": {"1": "Key 1: you may call and text me.", "2": "Key 2: you may text me.", "3": "Key 3: you may call me."},
    "es": {
        "1": "Tecla 1: pueden llamarme y enviarme textos.",
        "2": "Tecla 2: pueden enviarme textos.",
        "3": "Tecla 3: pueden llamarme.",
    },
}


class VoiceChannel(Channel):
    """Calls by Twilio, from and to one number."""

    kind: ClassVar[ChannelKind] = ChannelKind.VOICE
    limits: ClassVar[Limits] = Limits(max_characters=2500, reports_delivery=True)
    secrets: ClassVar[tuple[str, ...]] = ("twilio_auth_token",)
    routes: ClassVar[Mapping[str, Answer]] = {ROUTE: Answer()}

    def __init__(self, api: TwilioApi, files: TwilioFiles, auth_token: Secret, script: Script) -> None:
        self._api = api
        self._files = files
        self._script = script
        self._sender = Address(AddressKind.PHONE, script.number)
        self._check = SignatureCheck(auth_token.reveal())
        self.longest = files.longest

    @classmethod
    def from_settings(cls, settings: Settings) -> Self | None:
        """The channel, if `HUB_TWILIO_ACCOUNT_SID`, its token and `HUB_VOICE_FROM` are set."""
        if not (settings.twilio_account_sid and settings.twilio_auth_token and settings.voice_from):
            return None
        account, token, base_url = settings.twilio_account_sid, settings.twilio_auth_token, settings.twilio_api_url
        script = Script(
            base=settings.base_url,
            clinic=settings.told_name,
            phone=settings.clinic_phone,
            number=settings.voice_from,
            transfer=settings.voice_transfer,
            hours=settings.open_hours,
            zone=settings.timezone,
        )
        files = TwilioFiles(account, token, base_url=base_url)
        return cls(TwilioApi(account, token, base_url=base_url), files, token, script)

    @property
    def sender(self) -> Address:
        """The number that calls come from."""
        return self._sender

    @property
    def handed_to(self) -> str:
        """Where the carrier's API answers."""
        return self._api.host

    async def send(self, part: Part) -> Receipt:
        """Twilio's word that it took `part`, asked for with one POST.

        An answer to what was said on a call is spoken on that call, in its language; anything else is a call to the
        person.

        Raises: Rejected when the call is over; else see `channels.twilio.errors.raise_for`; Unreachable,
        OutcomeUnknown, ReplyUnreadable.
        """
        at = live(part.answers)
        return await (self._call(part) if at is None else self._speak(part, *at))

    async def _speak(self, part: Part, sid: str, turn: Turn) -> Receipt:
        """Take the call `sid` over with the words of `part`."""
        spoken = self._script.reply(part, turn).decode()
        data: dict[str, object] = {"Twiml": spoken}
        if len(spoken) > LONGEST_DOCUMENT:
            place = Place(step="answered", turn=turn, delivery=part.reference, said=part.reference)
            data = {"Url": place.url(self._script.base), "Method": "POST"}
        answer = await self._api.post(f"/Calls/{sid}.json", data)
        if answer.status == 404:
            raise Rejected(errors.explain(OVER), provider_code=OVER)
        if not 200 <= answer.status < 300:
            errors.raise_for(answer.status, answer.code, answer.headers)
        self._read(answer.body)
        return Receipt(provider_id=_spoken_id(sid, part.reference))

    async def _call(self, part: Part) -> Receipt:
        """Call the recipient; what is said once somebody answers is asked for then."""
        if e164(part.recipient.value) != part.recipient.value:
            raise AddressInvalid("the number is withheld, or not one that can be called", provider_code="21211")
        base, delivery = self._script.base, part.reference
        answer = await self._api.post(
            "/Calls.json",
            {
                "To": part.recipient.value,
                "From": part.sender.value,
                "Url": Place(step="answered", delivery=delivery).url(base),
                "Method": "POST",
                "MachineDetection": "DetectMessageEnd",
                "AsyncAmd": "false",
                "StatusCallback": Place(step="status", delivery=delivery).url(base),
                "StatusCallbackMethod": "POST",
                "Timeout": 30,
            },
        )
        if not 200 <= answer.status < 300:
            errors.raise_for(answer.status, answer.code, answer.headers)
        return Receipt(provider_id=self._read(answer.body).sid)

    def _read(self, body: str) -> _Call:
        try:
            call = _CALL.decode(body)
        except msgspec.DecodeError:
            raise ReplyUnreadable("the carrier's answer is not a call") from None
        if live(f"{call.sid}:1en") is None:
            raise ReplyUnreadable("the carrier's answer has no call id")
        return call

    def verify(self, hook: Webhook) -> None:
        """Nothing, if `hook` is signed with the account's token. Raises: SignatureInvalid."""
        self._check(hook)

    def parse(self, hook: Webhook) -> list[Inbound | Status]:
        """What was said, or left as a message, or what became of a call or an answer of ours.

        Raises: PayloadInvalid.
        """
        request = Request.of(hook)
        match request.place.step:
            case "heard" | "consent":
                return self._heard(request, hook.received_at)
            case "recorded":
                return _left(request, self._sender, hook.received_at)
            case "transcribed":
                return _transcribed(request, self._sender, hook.received_at)
            case "status":
                return _ended(request, hook.received_at)
        return []

    def _heard(self, request: Request, at: datetime) -> list[Inbound | Status]:
        place, said = request.place, request.meaning
        found: list[Inbound | Status] = []
        if said in ("words", "stop", "agree"):
            found.append(
                Inbound(
                    channel=ChannelKind.VOICE,
                    provider_id=f"{request.sid}:{place.turn}",
                    sender=request.person,
                    recipient=self._sender,
                    text=_text(request),
                    received_at=at,
                    opt_out=OptOutWord.STOP if said == "stop" else request.agreed if said == "agree" else None,
                )
            )
        if place.said:
            spoken = _spoken_id(request.sid, place.said)
            found.append(_status(spoken, place.said, DeliveryState.DELIVERED, at))
        return found

    def needs(self, hook: Webhook) -> Needs:
        """The caller's language when a call comes in; our words when one that we made is answered, or to repeat them.

        Raises: PayloadInvalid.
        """
        request = Request.of(hook)
        place = request.place
        match place.step:
            case "start":
                return Needs(caller=request.person)
            case "answered":
                return Needs(delivery=place.delivery)
            case "heard" if request.meaning == "again":
                return Needs(delivery=place.said or place.delivery)
        return Needs()

    def answer(self, hook: Webhook, known: Known) -> Answer:
        """TwiML: what the caller hears next, and where Twilio asks after it. Raises: PayloadInvalid."""
        request = Request.of(hook)
        if request.place.step == "answered" and request.place.said and known.part is not None:
            return Answer(self._script.reply(known.part, request.place.turn), "text/xml")
        return Answer(self._script.answer(request, known, hook.received_at), "text/xml")

    async def fetch(self, media: Media) -> bytes:
        """The recording, from Twilio's own host only. Raises: Rejected, Unreachable, OutcomeUnknown."""
        return await self._files.fetch(media.url)

    async def lookup(self, part: Part, since: datetime, *, known: Collection[str] = ()) -> Receipt | Unclear | None:
        """The receipt of `part` if Twilio lists one call of ours to its recipient since then.

        Twilio keeps no reference of ours. Whether words were spoken on a call it does not know at all.
        """
        if live(part.answers) is not None:
            return Unclear(reason="unanswered")
        try:
            answer = await self._api.get("/Calls.json", {"To": part.recipient.value, "PageSize": PAGE_SIZE})
            page = msgspec.json.decode(answer.body, type=_Page) if answer.status == 200 else None
        except (HubError, msgspec.DecodeError):
            page = None
        if page is None:
            return Unclear(reason="unanswered")
        earliest = since.astimezone(UTC) - CLOCK_SKEW
        recent = [call for call in page.calls if _created(call) >= earliest]
        ours = [call for call in recent if call.direction.startswith("outbound") and call.sid not in known]
        if len(ours) > 1:
            return Unclear(reason="ambiguous", candidates=tuple(call.sid for call in ours))
        if not ours:
            return Unclear(reason="too_many") if page.next_page_uri and len(recent) == len(page.calls) else None
        return Receipt(provider_id=ours[0].sid, state=STATES.get(ours[0].status, DeliveryState.SENT))

    def explain(self, code: str | None) -> str:
        """What Twilio's `code` means, in one sentence that a nurse understands."""
        known = errors.CALLS.get(code or "") or errors.CODES.get(code or "")
        return known[1] if known else f"The carrier did not complete the call (code {code})."

    def fault(self, code: str | None) -> type[ChannelError]:
        """The kind of error that a callback's `code` stands for."""
        ended = errors.CALLS.get(code or "")
        return ended[0] if ended else errors.fault(code)

    async def check(self) -> None:
        """Nothing, if Twilio takes the account's credentials. Raises: see `channels.twilio.errors.raise_for`."""
        answer = await self._api.get("/Calls.json", {"PageSize": 1})
        if answer.status != 200:
            errors.raise_for(answer.status, answer.code, answer.headers)

    async def close(self) -> None:
        """Close the connections to Twilio."""
        await self._api.close()
        await self._files.close()


def _spoken_id(sid: str, reference: str) -> str:
    """The id of words spoken on a call: Twilio gives them none."""
    return f"{sid}:{reference[-12:]}"


def _text(request: Request) -> str:
    """What staff read of a turn."""
    match request.meaning:
        case "stop":
            return "STOP"
        case "agree":
            return _AGREED[request.place.turn.language][request.keys]
    return request.words


def _status(provider_id: str, delivery: str, state: DeliveryState, at: datetime, code: str | None = None) -> Status:
    return Status(
        channel=ChannelKind.VOICE, provider_id=provider_id, delivery_id=delivery or None, state=state, at=at, code=code
    )


def _left(request: Request, clinic: Address, at: datetime) -> list[Inbound | Status]:
    """A message that was left on the line; none when nothing was recorded."""
    url, seconds = request.form.get("RecordingUrl", ""), request.form.get("RecordingDuration", "")
    if not url or not seconds.isascii() or not seconds.isdigit() or int(seconds[:6]) == 0:
        return []
    told = int(seconds[:6])
    return [
        Inbound(
            channel=ChannelKind.VOICE,
            provider_id=request.sid_of("RecordingSid"),
            sender=request.person,
            recipient=clinic,
            text=f"Voicemail, {told} second{'' if told == 1 else 's'}.",
            received_at=at,
            media=(Media(url=f"{url}.mp3", content_type="audio/mpeg"),),
        )
    ]


def _transcribed(request: Request, clinic: Address, at: datetime) -> list[Inbound | Status]:
    """What a machine made of a message; nothing where it could not."""
    text = request.form.get("TranscriptionText", "").strip()
    if request.form.get("TranscriptionStatus") != "completed" or not text:
        return []
    recording = request.sid_of("RecordingSid")
    return [
        Inbound(
            channel=ChannelKind.VOICE,
            provider_id=request.sid_of("TranscriptionSid"),
            sender=request.person,
            recipient=clinic,
            text=text.encode("utf-8", "replace").decode("utf-8")[:4000],
            received_at=at,
            # Says that these are a message's words, and whose.
            media=(Media(url=f"recording:{recording}", content_type="text/plain"),),
        )
    ]


def _ended(request: Request, at: datetime) -> list[Inbound | Status]:
    status = request.form.get("CallStatus", "")
    if status not in STATES:
        return []
    state, code = STATES[status], None
    if state is DeliveryState.FAILED:
        code = _code(status, request.form.get("SipResponseCode", ""))
    elif status == "completed" and request.form.get("AnsweredBy") == "fax":
        state, code = DeliveryState.FAILED, "fax"
    return [_status(request.sid, request.place.delivery, state, at, code)]


def _code(status: str, sip: str) -> str:
    """What a call that failed is told as: the network's own answer where it is one that we know."""
    return f"sip_{sip}" if status == "failed" and f"sip_{sip}" in errors.CALLS else status.replace("-", "_")


def _created(call: _Call) -> datetime:
    """When Twilio made the call; now where it does not say."""
    try:
        made = parsedate_to_datetime(call.date_created or "")
    except ValueError:
        return datetime.now(UTC)
    return made if made.tzinfo is not None else made.replace(tzinfo=UTC)
