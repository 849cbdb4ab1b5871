"""Texts through Twilio's Programmable Messaging.

`sent` means that Twilio took the text: its own `queued`, `sending` and `sent` are one state here, since none of them
says more about the person's phone.

Source: twilio.com/docs/messaging/api/message-resource, twilio.com/docs/messaging/guides/webhook-request.
"""

import re
from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import ClassVar, Self
from urllib.parse import parse_qsl, urlsplit

import msgspec

from channels.base import Answer, Channel, Limits, Unclear
from channels.phones import e164
from channels.twilio import errors
from channels.twilio.client import TwilioApi
from channels.twilio.files import TwilioFiles
from channels.twilio.form import Escaped
from channels.twilio.signature import SignatureCheck, form_of, storable
from hub.errors import ChannelError, HubError, PayloadInvalid, Rejected, ReplyUnreadable
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

__all__ = ["SmsChannel"]

STATUS_ROUTE = "/webhooks/twilio/status"

STATES: Mapping[str, DeliveryState] = {
    "accepted": DeliveryState.SENT,
    "scheduled": DeliveryState.SENT,
    "queued": DeliveryState.SENT,
    "sending": DeliveryState.SENT,
    "sent": DeliveryState.SENT,
    "partially_delivered": DeliveryState.SENT,
    "delivered": DeliveryState.DELIVERED,
    "read": DeliveryState.READ,
    "undelivered": DeliveryState.FAILED,
    "failed": DeliveryState.FAILED,
    "canceled": DeliveryState.FAILED,
}
"""Twilio's message status → ours."""

SINGLE = frozenset({"MessageSid", "From", "To", "Body", "NumMedia", "OptOutType", "MessageStatus", "ErrorCode"})
"""Fields that are acted on: a second one of any is refused rather than chosen from."""

MOST_PAGES = 4
PAGE_SIZE = 100
CLOCK_SKEW = timedelta(seconds=30)
TRIAL_PREFIX = "Sent from your Twilio trial account - "

_SID = re.compile(r"[A-Za-z0-9]{1,64}")
_MESSAGE_SID = re.compile(r"(SM|MM)[0-9a-fA-F]{32}")
_SERVICE_SID = re.compile(r"MG[0-9a-fA-F]{32}")
_REFERENCE = re.compile(r"[A-Za-z0-9_-]{1,64}")


class _Message(msgspec.Struct):
    """What we read of Twilio's message resource."""

    sid: str
    status: str
    error_code: int | None = None
    body: str | None = None
    direction: str = ""
    date_created: str | None = None
    num_media: str | None = None


_MESSAGE = msgspec.json.Decoder(_Message)


class _Page(msgspec.Struct):
    messages: list[_Message]
    next_page_uri: str | None = None


class SmsChannel(Channel):
    """SMS and MMS by Twilio. A sender that is a messaging service (`MG…`) lets Twilio choose the number."""

    kind: ClassVar[ChannelKind] = ChannelKind.SMS
    limits: ClassVar[Limits] = Limits(max_characters=1600, max_media=10, reports_delivery=True)
    secrets: ClassVar[tuple[str, ...]] = ("twilio_auth_token",)
    # Replies leave through the outbox, so the answer to a text says nothing.
    routes: ClassVar[Mapping[str, Answer]] = {
        "/webhooks/twilio/sms": Answer(b'<?xml version="1.0" encoding="UTF-8"?><Response/>', "text/xml"),
        STATUS_ROUTE: Answer(),
    }

    def __init__(self, api: TwilioApi, files: TwilioFiles, auth_token: Secret, sender: str, *, public_url: str) -> None:
        self._api = api
        self._files = files
        self.longest = files.longest
        self._sender = Address(AddressKind.PHONE, sender)
        self._check = SignatureCheck(auth_token.reveal())
        self._callback = Escaped.of(f"{public_url.rstrip('/')}{STATUS_ROUTE}?delivery=")

    @classmethod
    def from_settings(cls, settings: Settings) -> Self | None:
        """The channel, if `HUB_TWILIO_ACCOUNT_SID`, its token and `HUB_SMS_FROM` are set."""
        if not (settings.twilio_account_sid and settings.twilio_auth_token and settings.sms_from):
            return None
        account, token, base_url = settings.twilio_account_sid, settings.twilio_auth_token, settings.twilio_api_url
        api, files = TwilioApi(account, token, base_url=base_url), TwilioFiles(account, token, base_url=base_url)
        return cls(api, files, token, settings.sms_from, public_url=settings.base_url)

    @property
    def sender(self) -> Address:
        """The number, or messaging service, that texts leave from."""
        return self._sender

    @property
    def handed_to(self) -> str:
        """Where the carrier's API answers."""
        return self._api.host

    async def send(self, part: Part) -> Receipt:
        """Twilio's word that it took `part`, asked for with one POST.

        Raises: see `channels.twilio.errors.raise_for`; Unreachable, OutcomeUnknown, ReplyUnreadable.
        """
        field, sender = _from(part.sender.value)
        data: dict[str, object] = {
            "To": part.recipient.value,
            field: sender,
            "StatusCallback": Escaped(self._callback + Escaped.of(part.reference)),
        }
        if part.text:
            data["Body"] = storable(part.text)
        if part.media:
            data["MediaUrl"] = [media.url for media in part.media]
        answer = await self._api.post("/Messages.json", data)
        if not 200 <= answer.status < 300:
            errors.raise_for(answer.status, answer.code, answer.headers)
        try:
            message = _MESSAGE.decode(answer.body)
        except msgspec.DecodeError:
            raise ReplyUnreadable("the carrier's answer is not a message") from None
        if not _MESSAGE_SID.fullmatch(message.sid):
            raise ReplyUnreadable("the carrier's answer has no message id")
        return _receipt(message)

    def verify(self, hook: Webhook) -> None:
        """Nothing, if `hook` is signed with the account's token. Raises: SignatureInvalid."""
        self._check(hook)

    def parse(self, hook: Webhook) -> list[Inbound | Status]:
        """The text that came in, or what became of one that went out. An unknown status says nothing.

        Raises: PayloadInvalid.
        """
        form = form_of(hook, SINGLE)
        sid = form.get("MessageSid", "")
        if not _SID.fullmatch(sid):
            raise PayloadInvalid("MessageSid is missing or malformed")
        status = form.get("MessageStatus") or form.get("SmsStatus") or "received"
        if status in ("received", "receiving"):
            return [_inbound(sid, form, hook.received_at)]
        if status not in STATES:
            return []
        reference = hook.query.get("delivery", "")
        return [
            Status(
                channel=ChannelKind.SMS,
                provider_id=sid,
                delivery_id=reference if _REFERENCE.fullmatch(reference) else None,
                state=STATES[status],
                at=hook.received_at,
                code=_code(form.get("ErrorCode", "")),
            )
        ]

    async def fetch(self, media: Media) -> bytes:
        """A file that came with a text, from Twilio's own hosts only. Raises: Rejected, Unreachable, OutcomeUnknown."""
        return await self._files.fetch(media.url)

    async def lookup(self, part: Part, since: datetime, *, known: Collection[str] = ()) -> Receipt | Unclear | None:
        """The receipt of `part` if Twilio lists it among what was sent to its recipient since then.

        Twilio keeps no reference of ours, so a message is found by recipient, text and number of files; two that fit
        are `Unclear`. `known` are ids of other deliveries, which are passed over.
        """
        earliest = since.astimezone(UTC) - CLOCK_SKEW
        found: list[_Message] = []
        # Newest first, and not narrowed by DateSent: a message still queued may not have one yet.
        params: dict[str, object] = {"To": part.recipient.value, "PageSize": PAGE_SIZE}
        for _ in range(MOST_PAGES):
            try:
                answer = await self._api.get("/Messages.json", params)
                page = msgspec.json.decode(answer.body, type=_Page) if answer.status == 200 else None
            except (HubError, msgspec.DecodeError):
                page = None
            if page is None:
                return Unclear(reason="unanswered")
            recent = [message for message in page.messages if _created(message) >= earliest]
            found += [m for m in recent if m.direction.startswith("outbound") and m.sid not in known]
            if not page.next_page_uri or not recent:
                return _settle(part, found)
            params = {"To": part.recipient.value, "PageSize": PAGE_SIZE, **_cursor(page.next_page_uri)}
        return Unclear(reason="too_many")

    async def redact(self, provider_id: str) -> None:
        """Nothing, once Twilio keeps the text of this message no more: a POST with an empty body.

        Source: twilio.com/docs/messaging/api/message-resource, "Redact a message".
        """
        if not _SID.fullmatch(provider_id):
            raise Rejected("this is no id of a message at the carrier")
        answer = await self._api.post(f"/Messages/{provider_id}.json", {"Body": ""})
        unknown = answer.status == 404 and answer.code == "20404"
        if not unknown and not 200 <= answer.status < 300:
            errors.raise_for(answer.status, answer.code, answer.headers)

    def explain(self, code: str | None) -> str:
        """What Twilio's `code` means, in one sentence that a nurse understands."""
        return errors.explain(code)

    def fault(self, code: str | None) -> type[ChannelError]:
        """The kind of error that a callback's `code` stands for."""
        return errors.fault(code)

    async def check(self) -> None:
        """Nothing, if Twilio takes the account's credentials. Raises: see `channels.twilio.errors.raise_for`."""
        answer = await self._api.get("/Messages.json", {"PageSize": 1})
        if answer.status != 200:
            errors.raise_for(answer.status, answer.code, answer.headers)

    async def close(self) -> None:
        """Close the connections to Twilio."""
        await self._api.close()
        await self._files.close()


@lru_cache(maxsize=64)
def _from(sender: str) -> tuple[str, Escaped]:
    """The field that says who sends, and what it says: the clinic has few numbers."""
    return "MessagingServiceSid" if _SERVICE_SID.fullmatch(sender) else "From", Escaped.of(sender)


def _inbound(sid: str, form: Mapping[str, str], received_at: datetime) -> Inbound:
    files = _media(form)
    if "Body" not in form and not files:
        raise PayloadInvalid("Body is missing")
    return Inbound(
        channel=ChannelKind.SMS,
        provider_id=sid,
        sender=_phone(form, "From"),
        recipient=_phone(form, "To"),
        text=storable(form.get("Body", "")),
        received_at=received_at,
        media=files,
        opt_out=_OPT_OUT.get(form.get("OptOutType", "").upper()),
    )


_OPT_OUT = {word.name: word for word in OptOutWord}


def _phone(form: Mapping[str, str], name: str) -> Address:
    """A number in E.164; a short code or a sender's name as it was given."""
    value = storable(form.get(name, "")).strip()
    if not value or len(value) > 64:
        raise PayloadInvalid(f"{name} is missing or malformed")
    return _address(value)


@lru_cache(maxsize=16_384)
def _address(value: str) -> Address:
    """The normal form; the same few people write all day."""
    return Address(AddressKind.PHONE, e164(value) or value)


def _media(form: Mapping[str, str]) -> tuple[Media, ...]:
    count = form.get("NumMedia", "") or "0"
    if count == "0":
        return ()
    if not (count.isascii() and count.isdigit() and len(count) <= 3):
        raise PayloadInvalid("NumMedia is not a number")
    return tuple(
        Media(url=form[f"MediaUrl{n}"], content_type=form.get(f"MediaContentType{n}") or "application/octet-stream")
        for n in range(int(count))
        if form.get(f"MediaUrl{n}")
    )


def _code(text: str) -> str | None:
    """An error code as digits; Twilio writes none, an empty one or 0 where there is no error."""
    return text if re.fullmatch(r"[1-9][0-9]{3,5}", text) else None


def _receipt(message: _Message) -> Receipt:
    return Receipt(
        provider_id=message.sid,
        state=STATES.get(message.status, DeliveryState.SENT),
        code=_code(str(message.error_code)) if message.error_code else None,
    )


def _created(message: _Message) -> datetime:
    """When Twilio made the message; the end of time where that cannot be read, so that it is looked at."""
    try:
        return parsedate_to_datetime(message.date_created or "").astimezone(UTC)
    except ValueError:
        return datetime.max.replace(tzinfo=UTC)


def _settle(part: Part, found: list[_Message]) -> Receipt | Unclear | None:
    wanted = storable(part.text).strip()
    texts = {wanted, (TRIAL_PREFIX + wanted).strip()}
    if redacted := tuple(m.sid for m in found if wanted and not m.body):
        return Unclear(reason="redacted", candidates=redacted)
    fits = [m for m in found if (m.body or "").strip() in texts and m.num_media in (None, str(len(part.media)))]
    if len(fits) > 1:
        return Unclear(reason="ambiguous", candidates=tuple(m.sid for m in fits))
    return _receipt(fits[0]) if fits else None


def _cursor(next_page_uri: str) -> dict[str, object]:
    """Where the next page starts. Only these two are taken, so that an answer cannot send our credentials elsewhere."""
    query = dict(parse_qsl(urlsplit(next_page_uri).query))
    return {name: query[name] for name in ("Page", "PageToken") if name in query}
