"""Scheduling for another system's dialogue: open times found, held, booked, moved; visits confirmed and cancelled.

What a patient wrote is screened first (`heard`): emergencies and opt-outs are the hub's to hear. When a person would
like to come is read by the hub, whatever engine the other system has.
"""

from dataclasses import replace
from datetime import date, datetime, time
from typing import Annotated

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bots.dates import When, Window, parse
from bots.nlu.choice import pick
from bots.nlu.gazetteer import gazetteer
from bots.scheduling.base import Appointment as Visit
from bots.scheduling.base import Gone, Held, Query, Slot, Taken
from bots.urgent import Level
from hub.api.shapes import Appointment
from hub.calls.endpoints import Call, Endpoint, NoBody, NoQuery, Passed, Passing
from hub.calls.problems import Problem, not_found, unusable
from hub.db.tables import thread
from hub.parts import Parts
from hub.reception.plans import EMERGENCY, URGENT
from hub.reception.sorting import Kind, sort
from hub.types import ChannelKind, Language, ThreadStatus
from templates import render

_Name = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
_Id = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
_Words = Annotated[str, msgspec.Meta(max_length=1600)]


class TimesWanted(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """What a person would like. Names are the calendar's, and go before those in `words`; left out: any."""

    words: Annotated[_Words, msgspec.Meta(description="What the person wrote: `dr kim next Tuesday after 3`.")] = ""
    language: Language | None = None
    visit_type: _Name | None = None
    provider: _Name | None = None
    specialty: _Name | None = None
    exclude: Annotated[list[_Id], msgspec.Meta(max_length=200, description="Times that were declined.")] = []
    limit: Annotated[int, msgspec.Meta(ge=1, le=20)] = 3

    def __repr__(self) -> str:
        return "TimesWanted(…)"


class OpenTime(msgspec.Struct, kw_only=True):
    """An open time. `start` is in the clinic's zone."""

    id: str
    provider: str
    specialty: str
    visit_type: str
    location: str
    start: datetime
    minutes: int


class Stretch(msgspec.Struct, kw_only=True):
    """Days and hours that would suit, both ends included, in the clinic's wall time; null is open."""

    first: date | None
    last: date | None
    earliest: time | None
    latest: time | None


class OpenTimes(msgspec.Struct, kw_only=True):
    """The times found. `exact`: they lie within what was wished for, else they are the nearest to it.

    `visit_type`, `provider`, `specialty`: what was looked for, to be brought along with the next words. `understood`:
    when the words were taken to mean. `either`: that has several meanings: ask which one.
    """

    exact: bool
    times: list[OpenTime]
    visit_type: str | None
    provider: str | None
    specialty: str | None
    understood: list[Stretch]
    either: list[Stretch]


class TimeNamed(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """Which open time."""

    time: _Id


class HeldTime(msgspec.Struct, kw_only=True):
    """The time is kept for the patient until then."""

    time: OpenTime
    until: datetime


class Booking(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """Which time to book; with `moves`, in place of that visit, which then is cancelled."""

    time: _Id
    moves: _Id | None = None


class VisitNamed(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """Which visit."""

    appointment: _Id


class Visits(msgspec.Struct, kw_only=True):
    """The visits to come, soonest first."""

    items: list[Appointment]


class Words(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """What a patient wrote."""

    text: _Words
    language: Language | None = None
    offered: Annotated[int, msgspec.Meta(ge=0, le=20, description="Numbered choices that they were offered.")] = 0

    def __repr__(self) -> str:
        return "Words(…)"


class Heard(msgspec.Struct, kw_only=True):
    """What the hub's own screens hear in a text.

    `talk` is left to a dialogue. With `level` come the words that the patient must be answered with, and nothing else.
    `matched`: the ids of the phrases that were found. `pick`: which of the choices it picks, from 1; -1 is the last.
    """

    kind: Kind
    level: Level | None
    reply: str | None
    matched: list[str]
    pick: int | None


async def heard(call: Call[NoQuery, Words], key: str) -> Passed:
    """Screen a patient's words as if they had come in by a channel of the hub: staff hear of an emergency at once."""
    parts, asked = call.parts, call.body
    found = sort(asked.text, asked.language, None)
    level = found.urgency.level or ("urgent" if found.unscreened else None)
    reply = None
    if level is not None:
        facts = {"phone": parts.settings.clinic_phone} if level == "urgent" else {}
        language = asked.language or found.urgency.language or "en"
        reply = render(f"safety.{level}", facts, language, ChannelKind.SMS, parts.settings.timezone).text
        await _alert(call, level)
    matched = list(found.urgency.matched) or ([found.opt_out.matched] if found.opt_out else [])
    picked = pick(asked.text, asked.offered) if found.kind == "talk" else None
    return Passed(status=200, value=Heard(kind=found.kind, level=level, reply=reply, matched=matched, pick=picked))


async def times(call: Call[NoQuery, TimesWanted], key: str) -> Passed:
    """Open times for the wish, or the nearest to it."""
    parts, asked = call.parts, call.body
    now = parts.clock.now().astimezone(parts.settings.timezone)
    when = parse(asked.words, now=now, language=asked.language) if asked.words.strip() else When()
    catalogue = await parts.scheduling.catalogue()
    named = gazetteer(catalogue).find(asked.words, provider_asked=False, names_asked=False)
    query = Query(
        person_id=call.ids["id"],
        when=when,
        not_before=now,
        visit_type=_known("visit_type", asked.visit_type, catalogue.visit_types) or named.visit_type,
        provider=_known("provider", asked.provider, catalogue.providers) or named.provider,
        specialty=_known("specialty", asked.specialty, catalogue.specialties) or named.specialty,
        exclude=tuple(asked.exclude),
        limit=asked.limit,
    )
    offer = await parts.scheduling.find(query)
    found = OpenTimes(
        exact=offer.exact,
        visit_type=query.visit_type,
        provider=query.provider,
        specialty=query.specialty,
        times=[_time(one) for one in offer.slots],
        understood=[_stretch(one) for one in when.windows],
        either=[_stretch(one) for one in when.ambiguous],
    )
    return Passed(status=200, value=found)


async def hold(call: Call[NoQuery, TimeNamed], key: str) -> Passed:
    """Keep a time for the patient for some minutes; what was kept for them before is let go."""
    done = await call.parts.scheduling.hold(call.body.time, call.ids["id"], key)
    if not isinstance(done, Held):
        raise _taken()
    return Passed(status=200, value=HeldTime(time=_time(done.slot), until=done.until))


async def book(call: Call[NoQuery, Booking], key: str) -> Passed:
    """Book a time, or move a visit to it. The answer is what the scheduling system said when it was asked again."""
    scheduling, asked, person_id = call.parts.scheduling, call.body, call.ids["id"]
    done: Visit | Taken | Gone
    if asked.moves is None:
        done = await scheduling.book(asked.time, person_id, key)
    else:
        done = await scheduling.move(asked.moves, asked.time, person_id, key)
    match done:
        case Taken():
            raise _taken()
        case Gone():
            raise _gone()
    return Passed(status=201, value=await _visit(call.parts, done))


async def cancel(call: Call[NoQuery, VisitNamed], key: str) -> Passed:
    """Cancel a visit; its time may be offered again."""
    done = await call.parts.scheduling.cancel(call.body.appointment, call.ids["id"], key)
    if isinstance(done, Gone):
        raise _gone()
    return Passed(status=200, value=await _visit(call.parts, done))


async def confirm(call: Call[NoQuery, VisitNamed], key: str) -> Passed:
    """Note that the patient will come."""
    done = await call.parts.scheduling.confirm(call.body.appointment, call.ids["id"], key)
    if isinstance(done, Gone):
        raise _gone()
    return Passed(status=200, value=await _visit(call.parts, done))


async def visits(call: Call[NoQuery, NoBody], key: str) -> Passed:
    """The patient's visits to come, as the scheduling system has them."""
    found = await call.parts.scheduling.appointments(call.ids["id"], after=call.parts.clock.now())
    return Passed(status=200, value=Visits(items=[await _visit(call.parts, one) for one in found]))


async def _alert(call: Call[NoQuery, Words], level: Level) -> None:
    """Give the patient's thread to staff, before all others. Who never had one has none to give."""
    parts = call.parts
    alarm = URGENT if level == "urgent" else EMERGENCY
    why = "urgent" if level == "urgent" else f"emergency_{level}"

    async def unit(conn: AsyncConnection) -> None:
        found = await conn.execute(sa.select(thread.c.id).where(thread.c.person_id == call.ids["id"]))
        held = await parts.desk.custody.hold(conn, str(found.scalar_one_or_none()))
        if held is None:
            return
        calmer = held.state.priority <= alarm
        state = replace(
            held.state,
            status=ThreadStatus.OPEN,
            priority=max(held.state.priority, alarm),
            attention=why if calmer else held.state.attention,
        )
        await parts.desk.custody.set(conn, held, state, "alert", call.caller.actor, call.request_id)

    await parts.db.write(unit)
    parts.bell.ring()


def _known(what: str, named: str | None, known: tuple[str, ...]) -> str | None:
    """The calendar's own spelling of a name. Raises: Problem 422 for one that it does not have."""
    if named is None:
        return None
    for one in known:
        if one.casefold() == named.strip().casefold():
            return one
    raise unusable(f"the calendar has no such {what}: leave it out for any")


def _taken() -> Problem:
    reason = "Somebody else has the time."
    return Problem(409, "taken", "The time is no longer open.", reasons=(reason,))


def _gone() -> Problem:
    reason = "The visit is not booked, or not this patient's."
    return Problem(409, "gone", "The visit is no longer there.", reasons=(reason,))


def _time(slot: Slot) -> OpenTime:
    return OpenTime(
        id=slot.id,
        provider=slot.provider,
        specialty=slot.specialty,
        visit_type=slot.visit_type,
        location=slot.location,
        start=slot.start,
        minutes=slot.minutes,
    )


def _stretch(window: Window) -> Stretch:
    return Stretch(first=window.first, last=window.last, earliest=window.earliest, latest=window.latest)


async def _visit(parts: Parts, one: Visit) -> Appointment:
    async with parts.db.glance() as conn:
        patient = await parts.people.get(conn, one.person_id)
    if patient is None:
        raise not_found("patient")
    return Appointment.of(one, patient=one.person_id, mrn=patient.profile.mrn or None)


ENDPOINTS: tuple[Endpoint, ...] = (
    Passing(
        path="/patients/{id}/heard",
        scope="appointments:write",
        summary="Screen what a patient wrote to another system",
        description=(
            "Emergencies and consent words, by the hub's own screens. With a `level`, the patient is answered with "
            "`reply` and nothing else, and the thread is put before staff. A `stop` is yours to append to the ledger."
        ),
        body=Words,
        answers={200: Heard},
        problems=(404, 410),
        action="text.screen",
        ask=heard,
    ),
    Passing(
        path="/patients/{id}/times",
        scope="appointments:read",
        summary="Find open times for a patient",
        description="In the order of the wish; the words of `when` are read by the hub, in the clinic's zone.",
        body=TimesWanted,
        answers={200: OpenTimes},
        problems=(404, 410),
        action="slot.search",
        ask=times,
    ),
    Passing(
        path="/patients/{id}/hold",
        scope="appointments:write",
        summary="Keep an open time for a patient for ten minutes",
        description="A newer hold lets the older one go. 409 where somebody else has the time.",
        body=TimeNamed,
        answers={200: HeldTime},
        problems=(404, 409, 410),
        action="slot.hold",
        ask=hold,
    ),
    Passing(
        method="GET",
        path="/patients/{id}/visits",
        scope="appointments:read",
        summary="List the visits to come of a patient",
        description="As the scheduling system has them now, soonest first.",
        body=NoBody,
        answers={200: Visits},
        problems=(404, 410),
        action="appointment.read",
        ask=visits,
    ),
    Passing(
        path="/patients/{id}/visits",
        scope="appointments:write",
        summary="Book an open time, or move a visit to it",
        description="It is booked when this answers 201: it was read back. 409 where the time or the visit is gone.",
        body=Booking,
        answers={201: Appointment},
        problems=(404, 409, 410),
        action="appointment.request",
        ask=book,
    ),
    Passing(
        path="/patients/{id}/visits/cancel",
        scope="appointments:write",
        summary="Cancel a visit",
        description="What waits to remind of it is void with it. 409 where it is not booked.",
        body=VisitNamed,
        answers={200: Appointment},
        problems=(404, 409, 410),
        action="appointment.request",
        ask=cancel,
    ),
    Passing(
        path="/patients/{id}/visits/confirm",
        scope="appointments:write",
        summary="Note that the patient will come",
        body=VisitNamed,
        answers={200: Appointment},
        problems=(404, 409, 410),
        action="appointment.request",
        ask=confirm,
    ),
)
