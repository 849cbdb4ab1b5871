"""The resources as they are sent. Times are RFC 3339 with their offset."""

from datetime import date, datetime
from typing import Annotated, Generic, Literal, Self, TypeVar

import msgspec

from bots.scheduling.base import Appointment as Visit
from bots.scheduling.base import AppointmentStatus
from consent.facts import ConsentState, Source
from hub.files import AttachmentState
from hub.people.records import PersonKind
from hub.types import AddressKind, AuthorKind, ChannelKind, DeliveryState, Direction, Purpose, ThreadStatus

T = TypeVar("T")

Moment = Annotated[datetime, msgspec.Meta(tz=True)]
Limit = Annotated[int, msgspec.Meta(ge=1, le=200, description="How many at most.")]
Cursor = Annotated[str, msgspec.Meta(max_length=400, description="`next` of the page before.")]
Mrn = Annotated[str, msgspec.Meta(min_length=1, max_length=64, description="Record number.")]


class Page(msgspec.Struct, Generic[T], kw_only=True):
    """A page of a list. `next` is the cursor of the page after it, null on the last."""

    items: list[T]
    next: str | None = None


class ConsentStanding(msgspec.Struct, kw_only=True):
    """What holds for one purpose over one channel at one address; `unknown` when nothing was ever said."""

    channel: ChannelKind
    purpose: Purpose
    state: Literal["grant", "revoke", "unknown"]
    since: datetime | None = None


class ContactPoint(msgspec.Struct, kw_only=True):
    """An address of a person. `invalid`: the carrier cannot reach it; `suspended`: someone said "wrong person"."""

    id: str
    kind: AddressKind
    value: str
    state: Literal["ok", "invalid", "suspended"]
    consents: list[ConsentStanding]


class Preferences(msgspec.Struct, kw_only=True):
    """What the person chose; null where they never said."""

    channel: ChannelKind | None
    language: str | None
    timezone: str | None
    state: str | None


class Patient(msgspec.Struct, kw_only=True):
    """A person. `unidentified` is an unknown sender, `line` a number that several persons share."""

    id: str
    kind: PersonKind
    mrn: str | None
    given_name: str
    family_name: str
    birth_date: date | None
    preferences: Preferences
    contacts: list[ContactPoint]
    created_at: datetime
    updated_at: datetime


class ThreadPatient(msgspec.Struct, kw_only=True):
    """Whose thread it is."""

    id: str
    kind: PersonKind
    mrn: str | None
    given_name: str
    family_name: str


class Thread(msgspec.Struct, kw_only=True):
    """A conversation. `priority`: 0 ordinary, 1 soon, 2 urgent, 3 emergency; `attention`: why staff should look."""

    id: str
    patient: ThreadPatient
    status: ThreadStatus
    priority: int
    attention: str | None
    assignee: str | None
    channel: ChannelKind | None
    messages: int
    last_at: datetime
    last_inbound_at: datetime | None
    created_at: datetime


class ThreadState(msgspec.Struct, kw_only=True):
    """Who has a thread now and why staff should look, without saying whose it is."""

    id: str
    status: ThreadStatus
    priority: int
    attention: str | None


class Author(msgspec.Struct, kw_only=True):
    """Who wrote a message; `name` is empty where none is shown."""

    kind: AuthorKind
    name: str


class Attachment(msgspec.Struct, kw_only=True):
    """A file of a message. `href` is where it can be had, null where it cannot; `reason` says why, or what to mind.

    `name`: after the one that its sender gave; its ending is what the file is. `content_type`, `size` (bytes): of what
    is kept, null where nothing is.
    """

    id: str
    name: str
    content_type: str | None
    size: int | None
    state: AttachmentState
    reason: str | None
    href: str | None


class KeptMail(msgspec.Struct, kw_only=True):
    """A mail that is kept as it came. `reason` is why, as one word; `size` is in bytes."""

    id: str
    reason: str
    size: int
    received_at: datetime
    href: str


class DeliveryStep(msgspec.Struct, kw_only=True):
    """One state that a delivery reached. `code` is a rule's id or the carrier's code.

    A message that did not reach the person has several deliveries, one after the other: `channel` tells them apart.
    """

    state: DeliveryState
    channel: ChannelKind
    at: datetime
    code: str | None = None
    reason: str | None = None


class Delivery(msgspec.Struct, kw_only=True):
    """How far a message has come, by the channel it went last.

    `reason` says why it is held, failed or suppressed; `until`, for how long it is held.
    """

    state: DeliveryState
    channel: ChannelKind
    code: str | None = None
    reason: str | None = None
    until: datetime | None = None
    history: list[DeliveryStep]


class Message(msgspec.Struct, kw_only=True):
    """An entry of a thread; `seq` numbers them. A note is for staff and has no channel and no delivery."""

    id: str
    seq: int
    direction: Direction
    author: Author
    channel: ChannelKind | None
    body: str
    attachments: list[Attachment]
    at: datetime
    delivery: Delivery | None


class Sent(msgspec.Struct, kw_only=True):
    """What was decided. `send`: it leaves now; `hold`: not before `until`."""

    decision: Literal["send", "hold"]
    reason: str
    message_id: str
    delivery_id: str
    channel: ChannelKind
    until: datetime | None = None


class Appointment(msgspec.Struct, kw_only=True):
    """A visit. `version` grows with each change; `start` is in the clinic's zone, `minutes` its length."""

    id: str
    mrn: str | None
    patient: str
    provider: str
    visit_type: str
    location: str
    start: datetime
    minutes: int
    status: AppointmentStatus
    version: int

    @classmethod
    def of(cls, visit: Visit, *, patient: str, mrn: str | None) -> Self:
        """A visit as the scheduling system has it, and whose it is."""
        return cls(
            id=visit.id,
            mrn=mrn,
            patient=patient,
            provider=visit.provider,
            visit_type=visit.visit_type,
            location=visit.location,
            start=visit.start,
            minutes=visit.minutes,
            status=visit.status,
            version=visit.version,
        )


class ConsentActor(msgspec.Struct, kw_only=True):
    """Who recorded a decision; `id` is a token's or user's."""

    kind: str
    id: str


class Consent(msgspec.Struct, kw_only=True):
    """A decision in the ledger. `purposes` null is every purpose; `at` is when it took effect.

    `pending`: signed, and it counts once the address itself has said YES. `until`: from when on it counts no more.
    """

    id: str
    patient: str | None
    address: str
    state: ConsentState
    channels: list[ChannelKind]
    purposes: list[Purpose] | None
    source: Source
    written: bool
    evidence: dict[str, str]
    message_id: str | None
    actor: ConsentActor
    at: datetime
    recorded_at: datetime
    until: datetime | None = None
    pending: bool = False
