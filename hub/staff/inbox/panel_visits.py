"""Visits arranged from the panel: open times found, one kept, read back, booked; moved; cancelled.

The calendar writes by itself, in units of work of its own: so these calls are no `Writing`. Each carries a key, under
which the calendar does the same thing once, and the message to the person leaves once.
"""

from datetime import time, timedelta
from typing import TypeVar

import msgspec
from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncConnection

from bots.dates.model import When, Window
from bots.scheduling.base import Appointment as Visit
from bots.scheduling.base import Gone, Held, Query, Slot, Taken
from hub.api.shapes import Appointment
from hub.audit import Entry
from hub.calls import Caller, Problem, not_found
from hub.calls.wire import body_of, query_of
from hub.events import Change, publish
from hub.parts import Parts
from hub.people import Person
from hub.router import Routed
from hub.staff.inbox.panel_shapes import (
    Arranged,
    Book,
    Cancel,
    Hold,
    Kept,
    Move,
    Time,
    Times,
    TimesQuery,
    Told,
)
from hub.threads import Thread
from hub.types import AuthorKind, ChannelKind, Intent, Language, Purpose, Skip
from hub.types import Hold as HeldBack
from templates import render

MOST = 18
"""Open times shown at once."""
_LOOKED_AT = 90
_ANSWERS = timedelta(hours=24)
_NOON, _BEFORE_NOON = time(12), time(11, 59)
_TAKEN = "Somebody else has that time by now."
_GONE = "That visit was moved or cancelled meanwhile."
_UNSURE = "The calendar did not confirm that time. Look at the visits before you try again."
_NOBODY = "It is not known whose number this is: say so first, then book."
B = TypeVar("B", bound=msgspec.Struct)


async def times(request: web.Request, parts: Parts, caller: Caller | None, request_id: str) -> web.StreamResponse:
    """Open times that fit, or the nearest."""
    asked = query_of(request, TimesQuery)
    thread, person = await _whose(request, parts)
    await _read(parts, caller, person, thread, request_id)
    catalogue = await parts.scheduling.catalogue()
    offer = None
    if asked.visit_type is not None:
        window = Window(
            first=asked.first,
            last=asked.last,
            earliest={"morning": time.min, "afternoon": _NOON}.get(asked.part or ""),
            latest={"morning": _BEFORE_NOON, "afternoon": time.max}.get(asked.part or ""),
        )
        offer = await parts.scheduling.find(
            Query(
                person_id=person.id,
                when=When(windows=() if window == Window() else (window,)),
                not_before=parts.clock.now(),
                visit_type=asked.visit_type,
                provider=asked.provider,
                limit=_LOOKED_AT if asked.location else MOST,
            )
        )
    slots = [] if offer is None else [one for one in offer.slots if asked.location in (None, one.location)][:MOST]
    value = Times(
        items=[_time(one) for one in slots],
        exact=offer is None or offer.exact,
        visit_types=list(catalogue.visit_types),
        providers=list(catalogue.providers),
        locations=list(catalogue.locations),
    )
    return _json(200, value)


async def hold(request: web.Request, parts: Parts, caller: Caller | None, request_id: str) -> web.StreamResponse:
    """Keep a time for the person, for it to be read back to them."""
    asked, _, person = await _asked(request, parts, Hold)
    held = await parts.scheduling.hold(asked.slot, person.id, _key(parts, person, "hold", asked.key, asked.slot))
    if not isinstance(held, Held):
        raise Problem(409, "slot-taken", _TAKEN, reasons=(_TAKEN,))
    return _json(200, Kept(time=_time(held.slot), until=held.until))


async def book(request: web.Request, parts: Parts, caller: Caller | None, request_id: str) -> web.StreamResponse:
    """Book a time, and say so only once the calendar holds it."""
    asked, thread, person = await _asked(request, parts, Book)
    key = _key(parts, person, "book", asked.key, asked.slot)
    done = _held_by_calendar(await parts.scheduling.book(asked.slot, person.id, key), asked.slot)
    told = await _arranged(parts, caller, thread, person, done, "book", asked.tell, request_id)
    return _json(201, Arranged(visit=_visit(done, person), told=told))


async def move(request: web.Request, parts: Parts, caller: Caller | None, request_id: str) -> web.StreamResponse:
    """Book the new time, then cancel the old visit; if the new time is taken, the old visit stands."""
    asked, thread, person = await _asked(request, parts, Move)
    key = _key(parts, person, "move", asked.key, asked.slot)
    found = await parts.scheduling.move(asked.visit, asked.slot, person.id, key)
    done = _held_by_calendar(found, asked.slot)
    told = await _arranged(parts, caller, thread, person, done, "move", asked.tell, request_id)
    return _json(201, Arranged(visit=_visit(done, person), told=told))


async def cancel(request: web.Request, parts: Parts, caller: Caller | None, request_id: str) -> web.StreamResponse:
    """Cancel a visit; its time is free again."""
    asked, thread, person = await _asked(request, parts, Cancel)
    key = _key(parts, person, "cancel", asked.key, asked.visit)
    done = _held_by_calendar(await parts.scheduling.cancel(asked.visit, person.id, key), None)
    told = await _arranged(parts, caller, thread, person, done, "cancel", asked.tell, request_id)
    return _json(200, Arranged(visit=_visit(done, person), told=told))


def _held_by_calendar(done: Visit | Taken | Gone, slot_id: str | None) -> Visit:
    """The visit as it was read back, at the time asked for. Raises: Problem 409."""
    match done:
        case Taken():
            raise Problem(409, "slot-taken", _TAKEN, reasons=(_TAKEN,))
        case Gone():
            raise Problem(409, "visit-gone", _GONE, reasons=(_GONE,))
        case Visit(slot_id=there) if slot_id is not None and there != slot_id:
            raise Problem(409, "visit-unsure", _UNSURE, reasons=(_UNSURE,))
    return done


async def _arranged(
    parts: Parts,
    caller: Caller | None,
    thread: Thread,
    person: Person,
    visit: Visit,
    what: str,
    tell: bool,
    request_id: str,
) -> Told | None:
    """Note who of the staff did it, and tell the person if that is wished. The calendar's own entry is the bot's."""
    if caller is None:
        raise RuntimeError("a visit is arranged by somebody")
    entry = Entry(
        action=f"staff.{what}",
        actor=caller.actor,
        person_id=person.id,
        object_id=visit.id,
        request_id=request_id,
        details={"thread": thread.id, "told": int(tell)},
    )

    async def unit(conn: AsyncConnection) -> Routed | None:
        await parts.trail.record(conn, entry)
        await publish(conn, parts.clock.now(), [Change("thread.updated", thread.id)])
        return await parts.router.route_in(conn, _intent(parts, thread, person, visit, what)) if tell else None

    routed = await parts.db.write(unit)
    if routed is None:
        parts.bell.ring()
        return None
    parts.router.announce(routed)
    return _told(routed)


def _intent(parts: Parts, thread: Thread, person: Person, visit: Visit, what: str) -> Intent:
    template = {"book": "book.booked", "move": "move.moved", "cancel": "cancel.done"}[what]
    facts = {"start": visit.start, "provider": visit.provider, "location": visit.location}
    language: Language = "es" if person.language == "es" else "en"
    now, wrote, zone = parts.clock.now(), thread.last_inbound_at, parts.settings.timezone
    said = {one: render(template, facts, language, one, zone).text for one in ChannelKind}
    return Intent(
        key=f"staff.visit:{visit.id}:{visit.version}",
        person_id=person.id,
        purpose=Purpose.APPOINTMENT,
        author=AuthorKind.SYSTEM,
        body=said[ChannelKind.SMS],
        words=said,
        level="limited",
        followed=True,
        # It answers whoever wrote today; else the clinic begins, at hours that suit the person.
        replies_to=wrote if wrote is not None and now - wrote < _ANSWERS else None,
        appointment=None if what == "cancel" else (visit.id, visit.version),
    )


def _told(routed: Routed) -> Told:
    match routed.decision:
        case Skip(reasons=reasons):
            return Told(decision="skip", channel=None, reason=" ".join(reasons))
        case HeldBack(channel=channel, until=until, reason=reason):
            return Told(decision="hold", channel=channel, reason=reason, until=until)
    return Told(decision="send", channel=routed.decision.channel, reason=routed.decision.reason)


async def _asked(request: web.Request, parts: Parts, shape: type[B]) -> tuple[B, Thread, Person]:
    """What is asked for, and for whom. Raises: Problem 404, 409 for a number of which nobody knows whose it is."""
    asked, _ = await body_of(request, shape)
    thread, person = await _whose(request, parts)
    if person.kind not in ("patient", "proxy"):
        raise Problem(409, "not-known", _NOBODY, reasons=(_NOBODY,))
    return asked, thread, person


async def _whose(request: web.Request, parts: Parts) -> tuple[Thread, Person]:
    async with parts.db.glance() as conn:
        thread = await parts.threads.get(conn, request.match_info["id"])
        person = None if thread is None else await parts.people.get(conn, thread.person_id)
    if thread is None or person is None:
        raise not_found("thread")
    return thread, person


async def _read(parts: Parts, caller: Caller | None, person: Person, thread: Thread, request_id: str) -> None:
    """Times are looked for on somebody's behalf: the audit says for whom, before they are shown."""
    if caller is None:
        raise RuntimeError("times are looked for by somebody")
    entry = Entry(
        action="slot.read", actor=caller.actor, person_id=person.id, object_id=thread.id, request_id=request_id
    )
    await parts.db.write(lambda conn: parts.trail.record(conn, entry))


def _key(parts: Parts, person: Person, what: str, key: str, about: str) -> str:
    """The key of one call to the calendar: the same form sent again does nothing again."""
    said = "\0".join(("staff", person.id, what, key, about))
    return f"staff:{what}:{parts.vault.blind.of('idempotency', said).hex()}"


def _time(one: Slot) -> Time:
    return Time(
        id=one.id,
        provider=one.provider,
        visit_type=one.visit_type,
        location=one.location,
        start=one.start,
        minutes=one.minutes,
    )


def _visit(one: Visit, person: Person) -> Appointment:
    return Appointment.of(one, patient=person.id, mrn=person.profile.mrn or None)


def _json(status: int, value: msgspec.Struct) -> web.Response:
    return web.Response(status=status, body=msgspec.json.encode(value), content_type="application/json")
