"""What the assistant remembers of one conversation: a plain value that survives as JSON."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Literal

import msgspec

from bots.dates.model import When, Window
from bots.nlu import model as nlu
from bots.nlu.model import Question
from bots.scheduling.base import Appointment, Slot
from hub.types import Language

VERSION = 1
FORGET_AFTER = timedelta(days=1)

Job = Literal["book", "reschedule", "cancel", "appointment_status", "confirm"]
Identity = Literal["unknown", "asked", "identified"]


class Phase(StrEnum):
    """What the assistant waits to hear."""

    IDLE = "idle"
    DONE = "done"
    NAME = "name"
    BIRTH_DATE = "birth_date"
    WHOM = "whom"
    VISIT_TYPE = "visit_type"
    PROVIDER = "provider"
    WHEN = "when"
    WHICH_WHEN = "which_when"
    CHOOSE_SLOT = "choose_slot"
    CONFIRM_SLOT = "confirm_slot"
    CHOOSE_VISIT = "choose_visit"
    CONFIRM_CANCEL = "confirm_cancel"
    OFFER_REBOOK = "offer_rebook"
    OFFER_BOOK = "offer_book"
    OFFER_STAFF = "offer_staff"
    MOVE_OR_MORE = "move_or_more"


RESTING = frozenset({Phase.IDLE, Phase.DONE})
YES_NO = frozenset({Phase.CONFIRM_SLOT, Phase.CONFIRM_CANCEL, Phase.OFFER_REBOOK, Phase.OFFER_BOOK, Phase.OFFER_STAFF})
EXPECTS: dict[Phase, nlu.Slot] = {
    Phase.NAME: "name",
    Phase.BIRTH_DATE: "birth_date",
    Phase.WHOM: "choice",
    Phase.VISIT_TYPE: "visit_type",
    Phase.PROVIDER: "provider",
    Phase.WHEN: "when",
    Phase.WHICH_WHEN: "choice",
    Phase.CHOOSE_SLOT: "choice",
    Phase.CHOOSE_VISIT: "which_visit",
    Phase.MOVE_OR_MORE: "choice",
    **dict.fromkeys(YES_NO, "yes_no"),
}


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """The visit a person would like; None means not said.

    when: what was said of time, corrections already applied; None until something was.
    avoid: providers the person would rather not see.
    any_provider: the person said that it may be anyone.
    which: the time by which they named a visit they already have ("my Thursday visit").
    """

    visit_type: str | None = None
    provider: str | None = None
    specialty: str | None = None
    when: When | None = None
    avoid: tuple[str, ...] = ()
    any_provider: bool = False
    which: When | None = None


class Also(msgspec.Struct, frozen=True, kw_only=True):
    """One more visit asked for in the same breath; `person_id` None means for whom is not said.

    same: it is to be on the day, in the week, or at about the time, of the visit before it. other: see `State`.
    """

    wish: Wish = Wish()
    person_id: str | None = None
    same: Literal["day", "week", "time"] | None = None
    other: bool = False


class State(msgspec.Struct, frozen=True, kw_only=True):
    """One conversation. Sealed where it is stored: it holds what the person said of themselves.

    offered: the slots on the table, numbered from one; the only one when it is put as yes or no.
    exact: whether they are what was asked for, or merely the nearest.
    declined: ids of slots shown and not wanted.
    rounds: searches in a row whose slots were all turned down.
    visits: the person's visits they are choosing from; `visit` the one being moved or cancelled.
    last: the visit this conversation last booked, moved, confirmed or told of.
    readings: what an ambiguous day or time may mean.
    types: the kinds of visit offered by number.
    persons: ids of those of whom one is picked by number.
    other: the visit is for somebody for whom the writer is not known to act; who that is must be found out.
    more: further visits to be booked once the present one is.
    later: further wishes that wait for the present job's end.
    elsewhere: visits asked for beside others, of a kind that the clinic's calendar does not have: for staff.
    tried: what was done so far, for staff.
    introduced, prepared: whether it was said who speaks, and what to bring to any visit.
    guessed: `name` was not given as one, but stood in the wish ("cancel Noah's visit").
    awaiting: the call whose answer is due; None between texts.
    """

    version: int = VERSION
    phase: Phase = Phase.IDLE
    job: Job | None = None
    wish: Wish = Wish()
    offered: tuple[Slot, ...] = ()
    exact: bool = True
    declined: tuple[str, ...] = ()
    rounds: int = 0
    held: Slot | None = None
    visits: tuple[Appointment, ...] = ()
    visit: Appointment | None = None
    last: Appointment | None = None
    readings: tuple[Window, ...] = ()
    types: tuple[str, ...] = ()
    persons: tuple[str, ...] = ()
    other: bool = False
    more: tuple[Also, ...] = ()
    later: tuple[str, ...] = ()
    elsewhere: tuple[Wish, ...] = ()
    tried: tuple[str, ...] = ()
    awaiting: str | None = None
    failures: int = 0
    introduced: bool = False
    prepared: bool = False
    identity: Identity = "unknown"
    misses: int = 0
    person_id: str | None = None
    name: str | None = None
    guessed: bool = False
    birth_date: str | None = None
    language: Language | None = None
    updated_at: datetime | None = None

    @property
    def question(self) -> Question:
        """What was asked last, for the engine to understand a bare answer by."""
        options = {
            Phase.CHOOSE_SLOT: len(self.offered),
            Phase.WHICH_WHEN: len(self.readings),
            Phase.CHOOSE_VISIT: len(self.visits),
            Phase.VISIT_TYPE: len(self.types),
            Phase.WHOM: len(self.persons),
            Phase.MOVE_OR_MORE: 2,
        }
        return Question(expects=EXPECTS.get(self.phase), options=options.get(self.phase, 0))

    @property
    def whom(self) -> str | None:
        """The provider wished for: as the person said, else who sees them at the visit to be moved."""
        if self.wish.provider is not None or self.wish.any_provider or self.wish.specialty is not None:
            return self.wish.provider
        return self.visit.provider if self.job == "reschedule" and self.visit is not None else None

    def __repr__(self) -> str:
        return f"State(phase={self.phase.value!r}, job={self.job!r})"


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(State)


def encode(state: State) -> bytes:
    """`state` as JSON."""
    return _encoder.encode(state)


def decode(stored: bytes) -> State:
    """The state in `stored`, or a new one when it is of another version or cannot be read."""
    try:
        state = _decoder.decode(stored)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return State()
    return state if state.version == VERSION else State()


def fresh(state: State, now: datetime) -> State:
    """`state`, or a new one when nothing was said for a day. `now` is aware."""
    if state.updated_at is None or now - state.updated_at <= FORGET_AFTER:
        return state
    return State()
