"""What comes in from a provider and what goes out to one.

`repr` of anything here never shows text or an address, so that a careless log line stays harmless.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Literal

from multidict import CIMultiDictProxy, MultiDictProxy

Language = Literal["en", "es"]


class Word(StrEnum):
    """Words that are stored and compared as the text they are."""

    # An enumeration's own hash is computed in Python; the text's is there already, and keys are looked up all day.
    __hash__ = str.__hash__


class ChannelKind(Word):
    """A way to reach a person."""

    SMS = "sms"
    VOICE = "voice"
    EMAIL = "email"
    PUSH = "push"
    PORTAL = "portal"


class AddressKind(Word):
    """What sort of contact point an address is; SMS and voice share phones."""

    PHONE = "phone"
    MAILBOX = "mailbox"
    PUSH = "push"
    PORTAL = "portal"


class Direction(Word):
    """Which way an entry of a thread went; a note is for staff only and goes nowhere."""

    INBOUND = "inbound"
    OUTBOUND = "outbound"
    NOTE = "note"


class AuthorKind(Word):
    """Who wrote an entry of a thread."""

    PATIENT = "patient"
    STAFF = "staff"
    BOT = "bot"
    CAMPAIGN = "campaign"
    SYSTEM = "system"


class ThreadStatus(Word):
    """Who has the thread: the bot, a person of the staff (`open`), the calendar, or nobody."""

    BOT = "bot"
    OPEN = "open"
    SNOOZED = "snoozed"
    CLOSED = "closed"


class Purpose(Word):
    """Why the clinic tells a person something; consent is asked per purpose."""

    CARE = "care"
    APPOINTMENT = "appointment"
    BILLING = "billing"
    SURVEY = "survey"
    MARKETING = "marketing"
    EMERGENCY = "emergency"


class DeliveryState(Word):
    """How far a delivery has come; it only moves forward (DESIGN invariant 6)."""

    QUEUED = "queued"
    HELD = "held"
    SENDING = "sending"
    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"
    FAILED = "failed"
    SUPPRESSED = "suppressed"


class OptOutWord(Word):
    """What a text asks of the consent ledger; or a key, pressed on a call after the words were read out."""

    STOP = "stop"
    START = "start"
    HELP = "help"
    AGREE = "agree"
    AGREE_TEXTS = "texts"
    AGREE_CALLS = "calls"


@dataclass(frozen=True, slots=True)
class Address:
    """A contact point in its normal form: E.164 for a phone, lower-case for a mailbox."""

    kind: AddressKind
    value: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Media:
    """A file that came with a message, or is to go with one.

    url: where it is: at a provider, who may ask for credentials, or with the hub (`hub.files`). content_type, name: as
    its sender gave them, neither to be believed.
    """

    url: str = field(repr=False)
    content_type: str
    name: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """A provider's request as it came, before anything of it is believed.

    `url` is the public address the provider signed (built from `HUB_PUBLIC_URL`, never from Host).
    """

    route: str
    url: str
    headers: CIMultiDictProxy[str] = field(repr=False)
    form: MultiDictProxy[str] = field(repr=False)
    query: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    received_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """What ties a message to a conversation where its sender's address alone proves nothing, as with mail.

    token: from the address that it was sent to. references: the provider ids of ours that it names.
    authenticated: whether a relay that the operator trusts vouches for the sender's address.
    """

    token: str | None = field(default=None, repr=False)
    references: tuple[str, ...] = ()
    authenticated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Inbound:
    """One message from a person, as a channel understood it.

    `provider_id` is unique within the channel. `opt_out` is set when the carrier itself already acted
    on a consent word. `received_at` is aware, UTC. `provenance` is None where the provider itself proves the sender.
    """

    channel: ChannelKind
    provider_id: str
    sender: Address
    recipient: Address
    text: str = field(repr=False)
    received_at: datetime
    media: tuple[Media, ...] = ()
    opt_out: OptOutWord | None = None
    provenance: Provenance | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """What a provider says has become of a delivery.

    `delivery_id` is our own reference when the callback carries it; `code` is the provider's error code.
    """

    channel: ChannelKind
    provider_id: str
    delivery_id: str | None
    state: DeliveryState
    at: datetime
    code: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What one provider request carries. `reference` is our delivery's id; a callback brings it back.

    answers: the provider's id of the message that this one answers, on the same channel; None where it answers none.
    token: names the conversation to whoever replies to it, where the channel has a place for one.
    """

    reference: str
    attempt: int
    sender: Address
    recipient: Address
    text: str = field(repr=False)
    media: tuple[Media, ...] = ()
    purpose: Purpose = Purpose.CARE
    language: Language = "en"
    answers: str | None = None
    token: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """The provider took the part: under which id, and in what state it already is."""

    provider_id: str
    state: DeliveryState = DeliveryState.SENT
    code: str | None = None
