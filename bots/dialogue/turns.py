"""What goes into a step and what comes out: events, context, words, calls, hand-offs."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Protocol

from bots.dates.model import When
from bots.dialogue.needs import NOTHING, Needs
from bots.dialogue.state import State
from bots.nlu.model import Catalogue, Meaning
from bots.scheduling.base import Appointment, Gone, Held, Offer, Query, Taken
from hub.types import Language

# --- who writes, and where


@dataclass(frozen=True, slots=True)
class Subject:
    """Somebody whom it may be for."""

    person_id: str
    given_name: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Known:
    """The address belongs to one person, and this is who.

    wards: those for whom they may act. patient: whether they are one themselves.
    """

    person_id: str
    given_name: str = field(repr=False)
    wards: tuple[Subject, ...] = ()
    patient: bool = True


@dataclass(frozen=True, slots=True)
class Shared:
    """Several persons use the address: `candidates` are their ids."""

    candidates: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Unknown:
    """Nobody is known under the address."""


Standing = Known | Shared | Unknown


@dataclass(frozen=True, slots=True, kw_only=True)
class Clinic:
    """The facts anybody may be told. `hours` is a sentence part for each language, English at least.

    needs: what to bring and how to prepare.
    """

    name: str
    phone: str
    address: str
    hours: Mapping[Language, str]
    needs: Needs = NOTHING


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What is true at this step. `now` is aware, in the clinic's zone; `language` is the person's own.

    reminded: ids of the visits of which the writer was reminded lately, the newest reminder first: a word that names
        none of several visits is about one of these.
    """

    now: datetime
    clinic: Clinic
    standing: Standing
    catalogue: Catalogue
    language: Language = "en"
    reminded: tuple[str, ...] = ()

    @property
    def subjects(self) -> tuple[Subject, ...]:
        """Whom it may be for: the writer, if a patient, and those they act for. Empty where that must be found out."""
        match self.standing:
            case Known(person_id=person_id, given_name=name, wards=wards, patient=patient):
                own = (Subject(person_id, name),) if patient or not wards else ()
                return (*own, *wards)
        return ()


# --- what happens


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """The person wrote `text`, which means `meaning`, at `at` (aware)."""

    meaning: Meaning
    text: str = field(repr=False)
    at: datetime


@dataclass(frozen=True, slots=True)
class Offered:
    """The answer to `Find`."""

    offer: Offer


@dataclass(frozen=True, slots=True)
class HoldAnswered:
    """The answer to `Hold`."""

    answer: Held | Taken


@dataclass(frozen=True, slots=True)
class BookAnswered:
    """The answer to `Book`."""

    answer: Appointment | Taken


@dataclass(frozen=True, slots=True)
class MoveAnswered:
    """The answer to `Move`."""

    answer: Appointment | Taken | Gone


@dataclass(frozen=True, slots=True)
class CancelAnswered:
    """The answer to `Cancel`."""

    answer: Appointment | Gone


@dataclass(frozen=True, slots=True)
class ConfirmAnswered:
    """The answer to `Confirm`."""

    answer: Appointment | Gone


@dataclass(frozen=True, slots=True)
class AppointmentsListed:
    """The answer to `List`."""

    visits: tuple[Appointment, ...]


@dataclass(frozen=True, slots=True)
class Identified:
    """One person fits."""

    person_id: str
    given_name: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class NotFound:
    """Nobody fits."""


@dataclass(frozen=True, slots=True)
class Several:
    """More than one person fits."""


@dataclass(frozen=True, slots=True)
class IdentityAnswered:
    """The answer to `Identify`."""

    answer: Identified | NotFound | Several


@dataclass(frozen=True, slots=True)
class CallFailed:
    """The call due did not answer as it must; whether it took effect is not known."""


Result = (
    Offered
    | HoldAnswered
    | BookAnswered
    | MoveAnswered
    | CancelAnswered
    | ConfirmAnswered
    | AppointmentsListed
    | IdentityAnswered
    | CallFailed
)
Event = Heard | Result


# --- what is asked of others


@dataclass(frozen=True, slots=True)
class Find:
    """Look for open slots."""

    query: Query


@dataclass(frozen=True, slots=True)
class Hold:
    """Keep a slot while the person makes up their mind."""

    slot_id: str
    person_id: str


@dataclass(frozen=True, slots=True)
class Book:
    """Book a slot that the person picked or confirmed."""

    slot_id: str
    person_id: str


@dataclass(frozen=True, slots=True)
class Move:
    """Move a visit to a slot that the person picked or confirmed."""

    appointment_id: str
    slot_id: str
    person_id: str


@dataclass(frozen=True, slots=True)
class Cancel:
    """Cancel a visit; the person said yes to it."""

    appointment_id: str
    person_id: str


@dataclass(frozen=True, slots=True)
class Confirm:
    """Note that the person will come."""

    appointment_id: str
    person_id: str


@dataclass(frozen=True, slots=True)
class List:
    """The person's visits that start after `after` (aware)."""

    person_id: str
    after: datetime


@dataclass(frozen=True, slots=True)
class Identify:
    """Who bears `name` and was born on `birth_date` (None while not asked): among `candidates`, or anyone."""

    name: str = field(repr=False)
    birth_date: date | None = field(repr=False)
    candidates: tuple[str, ...] | None


Call = Find | Hold | Book | Move | Cancel | Confirm | List | Identify


class Directory(Protocol):
    """Whoever knows the clinic's persons."""

    async def identify(
        self, candidates: tuple[str, ...] | None, name: str, birth_date: date | None
    ) -> Identified | NotFound | Several:
        """Who fits, among `candidates` or among everybody; spelling is forgiven, a birth date is not."""
        ...


# --- what comes out


@dataclass(frozen=True, slots=True)
class Say:
    """One line to the person: a template of the library and its values."""

    template: str
    params: Mapping[str, object] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Waits:
    """What somebody for whom no time suited waits for. Names are the calendar's.

    when: the days and hours that would suit. appointment_id: the visit that is moved when an earlier time opens.
    """

    person_id: str
    visit_type: str
    provider: str | None
    when: When
    appointment_id: str | None


@dataclass(frozen=True, slots=True)
class Handoff:
    """A person of the staff goes on from here.

    reason: a code: `asked`, `not_understood`, `calendar`, `not_confirmed`, `new_patient`, `unverified`,
        `identity`, `waitlist`, `no_time`, `visit_changed`, `late`, `cost_insurance`, `refill`, `results`, `forms`,
        `other_visit`, `opt_out` or `wrong_number`.
    facts: (what, value) pairs for staff: the wish, when, what was tried. Protected content: seal it.
    waits: with `waitlist`, the place on it that the person was promised.
    """

    reason: str
    facts: tuple[tuple[str, str], ...] = field(repr=False)
    waits: Waits | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One step's outcome: the new state, lines to say in this order, and a call to make or a hand-off, never both."""

    state: State
    says: tuple[Say, ...] = ()
    call: Call | None = None
    handoff: Handoff | None = None
