"""Visits: what is booked, and a calendar of open times to book, move and cancel by.

A time is looked at, then held, then booked: what the last page shows is the time that is kept for the person. That it
is booked is said only by a page that finds it among the visits, read anew.
"""

from collections.abc import Awaitable, Callable
from datetime import date, datetime, time, timedelta
from functools import partial
from itertools import groupby

from aiohttp import web
from yarl import URL

from bots.dates.model import When, Window
from bots.scheduling.base import Appointment, Gone, Held, Query, Slot, Taken
from hub.errors import SchedulingError
from hub.portal.acting import calendar
from hub.portal.desk import START, Desk
from hub.portal.sessions import Session
from hub.types import AuthorKind, ChannelKind, Intent, Purpose
from templates import render

HOME = f"{START}/visits"
_TIMES = URL(f"{HOME}/times")
MOST = 120
"""Open times shown of one week."""
_WEEK = timedelta(days=7)
_FURTHEST = timedelta(days=366)
_TOLD = ("booked", "moved", "cancelled")


def routes(desk: Desk) -> list[web.RouteDef]:
    """The addresses of visits."""
    return [
        web.get("/visits", partial(_show, desk)),
        web.get("/visits/times", partial(_or_unsure, _times, desk)),
        web.post("/visits/hold", partial(_or_unsure, _hold, desk)),
        web.post("/visits/book", partial(_or_unsure, _book, desk)),
        web.get("/visits/{id}/cancel", partial(_or_unsure, _ask_cancel, desk)),
        web.post("/visits/{id}/cancel", partial(_or_unsure, _cancel, desk)),
    ]


async def _or_unsure(
    handler: Callable[[Desk, web.Request], Awaitable[web.Response]], desk: Desk, request: web.Request
) -> web.Response:
    """What a handler answers; where the calendar fails it, the page of visits says so."""
    try:
        return await handler(desk, request)
    except SchedulingError:
        raise web.HTTPSeeOther(f"{HOME}?was=unsure") from None


async def _show(desk: Desk, request: web.Request) -> web.Response:
    """The visits to come. What was just done is told if these very visits bear it out."""
    session = await desk.entered(request, "visits")
    try:
        visits, away = await _visits(desk, session), False
    except SchedulingError:
        visits, away = (), True
    was, visit_id = request.query.get("was", ""), request.query.get("visit", "")
    there = any(one.id == visit_id for one in visits)
    told = was if was in _TOLD and there == (was != "cancelled") else "unsure" if was in _TOLD else ""
    if was in ("gone", "unsure"):
        told = was
    types = () if away else (await calendar(desk, session).catalogue()).visit_types
    return desk.draw(
        session,
        "visits.html",
        "visits",
        visits=visits,
        told="unsure" if away else told,
        new=visit_id,
        types=types,
        away=away,
    )


async def _times(desk: Desk, request: web.Request) -> web.Response:
    """The open times of one week, for one kind of visit; `move` names the visit that is to be moved."""
    session = await desk.entered(request, "visits")
    moving = await _named(desk, session, request.query.get("move", ""))
    kind = moving.visit_type if moving else request.query.get("type", "")
    catalogue = await calendar(desk, session).catalogue()
    if kind not in catalogue.visit_types:
        raise web.HTTPSeeOther(HOME)
    now = desk.parts.clock.now().astimezone(desk.parts.settings.timezone)
    this_week = _monday(now.date())
    monday = max(this_week, min(_monday(_day(request.query.get("week", ""), now.date())), this_week + _FURTHEST))
    window = Window(first=max(monday, now.date()), last=monday + _WEEK - timedelta(days=1))
    offer = await calendar(desk, session).find(
        Query(
            person_id=session.person_id,
            when=When(windows=(window,)),
            not_before=now,
            visit_type=kind,
            limit=MOST,
        )
    )
    slots = offer.slots if offer.exact else offer.slots[:6]
    return desk.draw(
        session,
        "times.html",
        "visits",
        kind=kind,
        moving=moving,
        days=_by_day(slots),
        exact=offer.exact,
        monday=monday,
        before=monday - _WEEK if monday > this_week else None,
        after=monday + _WEEK,
        taken="taken" in request.query,
    )


async def _hold(desk: Desk, request: web.Request) -> web.Response:
    """Keep a time for the person, and show exactly that for them to agree to."""
    session, form = await desk.posted(request, "visits")
    moving = await _named(desk, session, form["move"])
    slot_id, key = form["slot"], _key(desk, session, "hold", form["key"], form["slot"])
    held: Held | Taken = Taken(slot_id)
    if slot_id:
        held = await calendar(desk, session).hold(slot_id, session.person_id, key)
    if isinstance(held, Taken):
        raise web.HTTPSeeOther(_back_to_times(form["type"], form["move"], form["week"]))
    return desk.draw(session, "check.html", "visits", held=held, moving=moving, week=form["week"])


async def _book(desk: Desk, request: web.Request) -> web.Response:
    """Book the time that is held, or move a visit to it."""
    session, form = await desk.posted(request, "visits")
    slot_id, moving = form["slot"], form["move"]
    key = _key(desk, session, "book", form["key"], slot_id)
    scheduling = calendar(desk, session)
    if moving:
        done = await scheduling.move(moving, slot_id, session.person_id, key)
    else:
        done = await scheduling.book(slot_id, session.person_id, key)
    match done:
        case Taken():
            raise web.HTTPSeeOther(_back_to_times(form["type"], moving, form["week"]))
        case Gone():
            raise web.HTTPSeeOther(f"{HOME}?was=gone")
        case Appointment(slot_id=booked) if booked != slot_id:
            raise web.HTTPSeeOther(f"{HOME}?was=unsure")
    await _note(desk, session, "move.moved" if moving else "book.booked", done)
    raise web.HTTPSeeOther(f"{HOME}?was={'moved' if moving else 'booked'}&visit={done.id}")


async def _ask_cancel(desk: Desk, request: web.Request) -> web.Response:
    session = await desk.entered(request, "visits")
    visit = await _named(desk, session, request.match_info["id"])
    if visit is None:
        raise web.HTTPSeeOther(f"{HOME}?was=gone")
    return desk.draw(session, "cancel.html", "visits", visit=visit)


async def _cancel(desk: Desk, request: web.Request) -> web.Response:
    session, form = await desk.posted(request, "visits")
    visit_id = request.match_info["id"]
    key = _key(desk, session, "cancel", form["key"], visit_id)
    done = await calendar(desk, session).cancel(visit_id, session.person_id, key)
    if isinstance(done, Gone):
        raise web.HTTPSeeOther(f"{HOME}?was=gone")
    await _note(desk, session, "cancel.done", done)
    raise web.HTTPSeeOther(f"{HOME}?was=cancelled&visit={visit_id}")


async def _visits(desk: Desk, session: Session) -> tuple[Appointment, ...]:
    return await calendar(desk, session).appointments(session.person_id, after=desk.parts.clock.now())


async def _named(desk: Desk, session: Session, visit_id: str) -> Appointment | None:
    """The person's visit with this id, None when it is not theirs or not booked."""
    if not visit_id:
        return None
    return next((one for one in await _visits(desk, session) if one.id == visit_id), None)


async def _note(desk: Desk, session: Session, template: str, visit: Appointment) -> None:
    """Say in the thread what was done, so that the conversation knows of it on every channel."""
    facts = {"start": visit.start, "provider": visit.provider, "location": visit.location}
    zone, now = desk.parts.settings.timezone, desk.parts.clock.now()
    intent = Intent(
        key=f"portal.visit:{visit.id}:{visit.status}",
        person_id=session.person_id,
        purpose=Purpose.APPOINTMENT,
        author=AuthorKind.SYSTEM,
        body=render(template, facts, session.language, ChannelKind.PORTAL, zone).text,
        level="limited",
        channel=ChannelKind.PORTAL,
        replies_to=now,
    )
    await desk.parts.router.route(intent)


def _by_day(slots: tuple[Slot, ...]) -> list[tuple[datetime, list[tuple[tuple[str, str], list[Slot]]]]]:
    """The slots by day, and within a day by clinician and place."""
    days = []
    ordered = sorted(slots, key=lambda one: (one.start.date(), one.provider, one.location, one.start))
    for day, of_day in groupby(ordered, key=lambda one: one.start.date()):
        by_clinician = [
            (who, list(of_clinician))
            for who, of_clinician in groupby(of_day, key=lambda one: (one.provider, one.location))
        ]
        days.append((datetime.combine(day, time(12), tzinfo=slots[0].start.tzinfo), by_clinician))
    return days


def _key(desk: Desk, session: Session, what: str, key: str, about: str) -> str:
    """The key of one form's call to the calendar: the same form posted again does nothing again."""
    said = "\0".join(("portal", session.person_id, what, key, about))
    return f"portal:{what}:{desk.parts.vault.blind.of('idempotency', said).hex()}"


def _back_to_times(kind: str, moving: str, week: str) -> str:
    query = {"type": kind, "move": moving, "week": week, "taken": "1"}
    return str(_TIMES.with_query({name: value for name, value in query.items() if value}))


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _day(said: str, otherwise: date) -> date:
    try:
        return date.fromisoformat(said)
    except ValueError:
        return otherwise
