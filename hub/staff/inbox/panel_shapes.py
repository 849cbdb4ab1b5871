"""What the person's side panel and its calls say to each other. Moments are RFC 3339; ids are UUIDs.

A name is what staff read; a `reason` is a sentence for them. A code, such as a `how`, has its words on the page.
"""

from datetime import date, datetime
from typing import Annotated, Literal

import msgspec

from hub.api.addresses import AddressShown
from hub.api.consents import Decision
from hub.api.shapes import Appointment, Consent, ConsentStanding
from hub.people.records import PersonKind
from hub.staff.inbox.shapes import Named
from hub.types import ChannelKind, DeliveryState, Language, Purpose

Id = Annotated[str, msgspec.Meta(max_length=36)]
Key = Annotated[str, msgspec.Meta(min_length=8, max_length=64, pattern=r"^[\w-]+$")]
Words = Annotated[str, msgspec.Meta(min_length=1, max_length=2000, pattern=r"\S")]
Why = Annotated[str, msgspec.Meta(min_length=1, max_length=500, pattern=r"\S")]


class Card(msgspec.Struct, kw_only=True):
    """A person, so that they are told apart from others.

    known: whether they are on the books; else `name` is the number or mailbox. thread: null where there is none.
    reach: what they are reached at, as staff read it.
    """

    id: str
    kind: PersonKind
    name: str
    known: bool
    birth_date: date | None
    age: int | None
    mrn: str | None
    language: str | None
    reach: list[str]
    thread: str | None


class Outcome(msgspec.Struct, kw_only=True):
    """What became of the last message to an address. `code`: of the reason."""

    state: DeliveryState
    channel: ChannelKind
    at: datetime
    code: str | None
    reason: str | None


class AddressHealth(msgspec.Struct, kw_only=True):
    """An address and how it fares. `shown`: as people write it. `shared`: how many others on the books have it, too."""

    address: AddressShown
    shown: str
    consents: list[ConsentStanding]
    last: Outcome | None
    shared: int


class Fact(msgspec.Struct, kw_only=True):
    """A decision in the ledger, with who recorded it and which address it is about, as staff read it."""

    consent: Consent
    by: str
    shown: str


class Wanted(msgspec.Struct, kw_only=True):
    """For one purpose: the channels in the order they are tried, and those that are switched off."""

    purpose: Purpose
    order: list[ChannelKind]
    off: list[ChannelKind]
    own: bool


class Wishes(msgspec.Struct, kw_only=True):
    """What the person prefers. `whole`: channels on which they want whole texts, though these are not private."""

    default: ChannelKind | None
    channels: list[ChannelKind]
    purposes: list[Wanted]
    whole: list[ChannelKind]


class Right(msgspec.Struct, kw_only=True):
    """Who acts for whom, and in what; `name` is empty where the reader does not reach that person."""

    name: str
    thread: str | None
    kind: str
    holds: list[str]
    until: datetime | None


class Neighbour(msgspec.Struct, kw_only=True):
    """Somebody else on one of the person's addresses; `card` is null where the reader does not reach them."""

    shown: str
    card: Card | None


class Rated(msgspec.Struct, kw_only=True):
    """What the person thought of a conversation: 1 (bad) to 5 (good), null until they answered."""

    at: datetime
    score: int | None


class Campaign(msgspec.Struct, kw_only=True):
    """A campaign that the person is in. This release runs none: the list is always empty."""

    name: str


class Writing(msgspec.Struct, kw_only=True):
    """Who staff said is writing on a shared number, and who said so."""

    card: Card | None
    by: str
    at: datetime


class Panel(msgspec.Struct, kw_only=True):
    """All that the panel shows. `may`: what the reader may do in it, by the names of permissions.

    deceased_at: when the records system said that they died; their age is then that at their death.
    """

    thread: str
    person: Card
    timezone: str | None
    deceased_at: datetime | None
    created_at: datetime
    addresses: list[AddressHealth]
    facts: list[Fact]
    wishes: Wishes
    next: list[Appointment]
    past: list[Appointment]
    campaigns: list[Campaign]
    others: list[Neighbour]
    acted_for_by: list[Right]
    acts_for: list[Right]
    ratings: list[Rated]
    writing: Writing | None
    may: list[str]
    zone: str


class NewFact(Decision, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """A decision that the person told staff. `words`: what they said, as they said it."""

    words: Words


class Recorded(msgspec.Struct, kw_only=True):
    """What was recorded. `stands`: channels on which an earlier refusal holds in spite of it."""

    items: list[Consent]
    stands: list[ChannelKind]


class NewWish(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """What the person wants for one purpose; without order and switches, the default again."""

    purpose: Purpose
    order: Annotated[tuple[ChannelKind, ...], msgspec.Meta(max_length=5)] = ()
    off: Annotated[tuple[ChannelKind, ...], msgspec.Meta(max_length=5)] = ()


class Shorter(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """That the person wants no whole texts on a channel any more. To want them takes the portal's warning."""

    channel: Literal[ChannelKind.SMS, ChannelKind.EMAIL]


class NewLanguage(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """The language in which the person is written to."""

    language: Language


class Done(msgspec.Struct, kw_only=True):
    """It was done; `thread` is the one that was changed."""

    thread: str


class TimesQuery(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """Filters of open times; they combine. `first` and `last` are days, both included."""

    visit_type: Annotated[str, msgspec.Meta(max_length=80)] | None = None
    provider: Annotated[str, msgspec.Meta(max_length=80)] | None = None
    location: Annotated[str, msgspec.Meta(max_length=80)] | None = None
    first: date | None = None
    last: date | None = None
    part: Literal["morning", "afternoon"] | None = None


class Time(msgspec.Struct, kw_only=True):
    """An open time, in the clinic's zone."""

    id: str
    provider: str
    visit_type: str
    location: str
    start: datetime
    minutes: int


class Times(msgspec.Struct, kw_only=True):
    """Open times; `exact` when they are what was asked for, else the nearest. With what can be asked for."""

    items: list[Time]
    exact: bool
    visit_types: list[str]
    providers: list[str]
    locations: list[str]


class Hold(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """A time to be kept for the person. Asked again under the same key it is the same one."""

    key: Key
    slot: Id


class Kept(msgspec.Struct, kw_only=True):
    """The time that is kept for the person, until then: to be read back before it is booked."""

    time: Time
    until: datetime


class Book(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """A time to be booked. `tell`: write to the person about it. Asked again under the same key it is done once."""

    key: Key
    slot: Id
    tell: bool = False


class Move(Book, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """A visit to be moved to another time: that is booked first, and only then is the old one cancelled."""

    visit: Id


class Cancel(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """A visit to be cancelled. `tell`: write to the person about it."""

    key: Key
    visit: Id
    tell: bool = False


class Told(msgspec.Struct, kw_only=True):
    """What became of the message about it; `reason` is a sentence for staff, `until` when it is held."""

    decision: Literal["send", "hold", "skip"]
    channel: ChannelKind | None
    reason: str
    until: datetime | None = None


class Arranged(msgspec.Struct, kw_only=True):
    """The visit as the calendar now holds it, read back; `told` is null where nothing was to be said."""

    visit: Appointment
    told: Told | None


class PeopleQuery(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """Whom to look for: a name, a record number, a phone number or a mailbox."""

    q: Annotated[str, msgspec.Meta(min_length=2, max_length=120)]


class People(msgspec.Struct, kw_only=True):
    """Persons on the books, within the reader's reach. `complete`: whether all names were looked at."""

    items: list[Card]
    complete: bool


class JoinQuery(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """With whose record the thread's person would become one."""

    into: Id


class Join(msgspec.Struct, kw_only=True):
    """What would happen if this thread's person became `into`: nothing has.

    moves: how much would be brought over, by kind. refused: why it cannot be; `force`: whether it can be all the same.
    """

    whose: Card
    into: Card
    moves: dict[str, int]
    refused: str | None
    force: bool


class NewJoin(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """Two records that are one person's. It cannot be taken back."""

    into: Id
    reason: Why
    force: bool = False

    def __repr__(self) -> str:
        return "NewJoin(…)"


class NewWriter(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """Who is writing on a shared number now."""

    person: Id


class LookedQuery(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """Which page."""

    cursor: Annotated[str, msgspec.Meta(max_length=400)] | None = None


class Look(msgspec.Struct, kw_only=True):
    """That somebody looked at what is this person's: who, at what, and when. `user` is null for who is not staff."""

    at: datetime
    who: str
    kind: str
    user: Named | None
    action: str
