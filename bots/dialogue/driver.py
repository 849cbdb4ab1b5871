"""Carrying a conversation one text further: steps, the calls they ask for, and their answers."""

from dataclasses import dataclass, field
from typing import Literal

from bots.dialogue.flow import FOR_STAFF
from bots.dialogue.machine import step
from bots.dialogue.state import State, fresh
from bots.dialogue.turns import (
    AppointmentsListed,
    Book,
    BookAnswered,
    Call,
    CallFailed,
    Cancel,
    CancelAnswered,
    Confirm,
    ConfirmAnswered,
    Context,
    Directory,
    Find,
    Handoff,
    Heard,
    Hold,
    HoldAnswered,
    Identify,
    IdentityAnswered,
    List,
    Move,
    MoveAnswered,
    Offered,
    Result,
    Say,
)
from bots.scheduling.base import Appointment, Scheduling
from hub.errors import SchedulingError

CALLS = 8
"""At most so many calls follow from one text."""


@dataclass(frozen=True, slots=True)
class Did:
    """A visit that scheduling says was changed, whatever was then said of it: for audit and reminders."""

    what: Literal["booked", "moved", "cancelled", "confirmed"]
    visit: Appointment = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """Where a text has led: the state to keep, the lines to say as one message, a hand-off, what was done.

    noted: wishes in the text that only staff can see to and that wait for the present job's end. Staff are told of
    them now: the person may never write again.
    """

    state: State
    says: tuple[Say, ...]
    handoff: Handoff | None
    did: tuple[Did, ...]
    noted: tuple[str, ...] = ()


async def converse(
    state: State, heard: Heard, context: Context, scheduling: Scheduling, directory: Directory, key: str
) -> Outcome:
    """Carry the conversation one text further.

    key: of the text; the n-th call it leads to is made under `key:n`, so that doing it again books nothing twice.
    A scheduling system that fails, or an endless chain of calls, becomes a hand-off, never an error.
    """
    turn = step(fresh(state, heard.at), heard, context)
    says = list(turn.says)
    did: list[Did] = []
    made = 0
    while turn.call is not None:
        made += 1
        result: Result = CallFailed()
        if made <= CALLS:
            result = await _made(turn.call, scheduling, directory, f"{key}:{made}")
        did += _done(result)
        turn = step(turn.state, result, context)
        says += turn.says
    noted = tuple(one for one in turn.state.later if one in FOR_STAFF and one not in state.later)
    return Outcome(state=turn.state, says=tuple(says), handoff=turn.handoff, did=tuple(did), noted=noted)


async def _made(call: Call, scheduling: Scheduling, directory: Directory, key: str) -> Result:
    try:
        match call:
            case Find(query):
                return Offered(await scheduling.find(query))
            case Hold(slot_id, person_id):
                return HoldAnswered(await scheduling.hold(slot_id, person_id, key))
            case Book(slot_id, person_id):
                return BookAnswered(await scheduling.book(slot_id, person_id, key))
            case Move(appointment_id, slot_id, person_id):
                return MoveAnswered(await scheduling.move(appointment_id, slot_id, person_id, key))
            case Cancel(appointment_id, person_id):
                return CancelAnswered(await scheduling.cancel(appointment_id, person_id, key))
            case Confirm(appointment_id, person_id):
                return ConfirmAnswered(await scheduling.confirm(appointment_id, person_id, key))
            case List(person_id, after):
                return AppointmentsListed(await scheduling.appointments(person_id, after=after))
            case Identify(name, birth_date, candidates):
                return IdentityAnswered(await directory.identify(candidates, name, birth_date))
    except SchedulingError:
        return CallFailed()


def _done(result: Result) -> list[Did]:
    match result:
        case BookAnswered(Appointment() as visit):
            return [Did("booked", visit)]
        case MoveAnswered(Appointment() as visit):
            return [Did("moved", visit)]
        case CancelAnswered(Appointment() as visit):
            return [Did("cancelled", visit)]
        case ConfirmAnswered(Appointment() as visit):
            return [Did("confirmed", visit)]
    return []
