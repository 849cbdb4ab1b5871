"""What a scheduling message (SIU) says of a visit. Pure, but for the clinic's own names, which it is given.

Source: HL7 v2.5.1, §10.6 (SCH, RGS, AIS, AIP, AIL), §4.5.4 (TQ1).
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bots.scheduling.base import AppointmentStatus
from bots.scheduling.free import LONGEST
from bots.scheduling.names import Directory
from hub.hl7 import times
from hub.hl7.faults import Fault, Flaw
from hub.hl7.reading import Message, Segment
from hub.people.records import plain_name

BY_EVENT: dict[str, AppointmentStatus] = {"S15": "cancelled", "S17": "cancelled", "S26": "noshow"}
"""What these events make of a visit, whatever else they say."""
_BY_STATUS: dict[str, AppointmentStatus] = {
    "booked": "booked",
    "confirmed": "booked",
    "scheduled": "booked",
    "overbook": "booked",
    "started": "booked",
    "arrived": "booked",
    "complete": "fulfilled",
    "completed": "fulfilled",
    "cancelled": "cancelled",
    "canceled": "cancelled",
    "dc": "cancelled",
    "deleted": "cancelled",
    "noshow": "noshow",
    "no show": "noshow",
    # No time is kept for these: whoever is reminded would come for nothing.
    "pending": "cancelled",
    "waitlist": "cancelled",
    "blocked": "cancelled",
}
"""Of SCH-25, filler status (table 0278); one that is not known says nothing."""
_TYPES_OF_0277 = frozenset({"normal", "tentative", "complete"})
"""Appointment types that say how an appointment stands and not what it is for."""
_LENGTHS = {"min": 1, "m": 1, "minutes": 1, "minute": 1, "mins": 1, "h": 60, "hr": 60, "hour": 60, "hours": 60, "": 1}
_TITLES = frozenset(
    {"dr", "dra", "doctor", "doctora", "prof", "mr", "mrs", "ms", "md", "do", "phd", "np", "pa", "rn", "dds", "dmd"}
    | {"dpm", "od", "facp", "cnm", "lcsw", "pharmd", "aprn", "crnp"}
)
"""Words beside a name that one of two systems may leave out."""
_WRITTEN = {"dr": "Dr.", "dra": "Dra."}
_USUAL = 30
"""Minutes of a visit that says no length."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitNews:
    """What is said of a visit; None: nothing is said. `ids` are pairs of a namespace and an id, the filler's first."""

    ids: tuple[tuple[str, str], ...] = field(repr=False)
    status: AppointmentStatus | None
    provider: str | None = field(default=None, repr=False)
    visit_type: str | None = field(default=None, repr=False)
    location: str | None = field(default=None, repr=False)
    start: datetime | None = None
    minutes: int | None = None


def visit(message: Message, event: str, zone: ZoneInfo, directory: Directory) -> VisitNews:
    """What the message says; of several resources of a kind the first. Raises: Flaw.

    directory: the clinic's own names, which are taken where the message means one of them.
    """
    sch = message.first("SCH")
    if sch is None:
        raise Flaw(Fault.SEGMENT_SEQUENCE, "SCH", "no_segment")
    service, person, place, general, pv1, timing = (
        message.first(name) or Segment(name, (name,), sch.by, sch.charset)
        for name in ("AIS", "AIP", "AIL", "AIG", "PV1", "TQ1")
    )
    start = _moment(((sch, 11, 4), (timing, 7, 1), (service, 4, 1), (person, 6, 1), (place, 6, 1)), zone)
    end = _moment(((sch, 11, 5), (timing, 8, 1)), zone)
    return VisitNews(
        ids=_ids(sch),
        status=_status(sch, event),
        provider=_provider(((person, 3), (pv1, 7), (general, 3)), directory),
        visit_type=_visit_type(sch, service, directory),
        location=_location(place, pv1, directory),
        start=start,
        minutes=_minutes(sch, service, start, end),
    )


def _status(sch: Segment, event: str) -> AppointmentStatus | None:
    """How the visit stands; a modification (S14) that does not say leaves it as it is."""
    said = _BY_STATUS.get(sch.text(25).casefold()) or _BY_STATUS.get(sch.text(25, 2).casefold())
    return BY_EVENT.get(event) or said or (None if event == "S14" else "booked")


def _ids(sch: Segment) -> tuple[tuple[str, str], ...]:
    """The filler's and the placer's ids (EI: id, namespace)."""
    found = ((f"{role}|{sch.text(number, 2)}", sch.text(number)) for role, number in (("filler", 2), ("placer", 1)))
    named = tuple((space, one) for space, one in found if one)
    if not named:
        raise Flaw(Fault.REQUIRED_MISSING, "SCH-2", "appointment_id")
    if any(len(one) > 199 for _, one in named):
        raise Flaw(Fault.DATA_TYPE, "SCH-2", "too_long")
    return named


def _moment(places: Iterable[tuple[Segment, int, int]], zone: ZoneInfo) -> datetime | None:
    """The first of these places that says a moment."""
    for segment, number, component in places:
        text = segment.text(number, component)
        if text:
            try:
                return times.moment(text, zone)
            except ValueError:
                raise Flaw(Fault.DATA_TYPE, f"{segment.name}-{number}", "time") from None
    return None


def _minutes(sch: Segment, service: Segment, start: datetime | None, end: datetime | None) -> int | None:
    """How long the visit is; None only where it does not say when it is either."""
    for segment, number, unit in ((sch, 9, 10), (service, 7, 8)):
        text = segment.text(number)
        if not text:
            continue
        each = _LENGTHS.get(segment.text(unit).casefold())
        if not re.fullmatch(r"[0-9]{1,5}(\.0*)?", text) or each is None:
            raise Flaw(Fault.DATA_TYPE, f"{segment.name}-{number}", "length")
        return _fitting(int(text.partition(".")[0]) * each, f"{segment.name}-{number}")
    if start is None:
        return None
    return _fitting((end - start) // timedelta(minutes=1), "SCH-11") if end is not None else _USUAL


def _fitting(minutes: int, place: str) -> int:
    if not 1 <= minutes <= LONGEST:
        raise Flaw(Fault.DATA_TYPE, place, "length")
    return minutes


def _provider(places: Iterable[tuple[Segment, int]], directory: Directory) -> str | None:
    """The clinician: as the clinic names them, where it has one of that name; else as the message does."""
    for segment, number in places:
        one = segment.one(number)
        family, given, title = one.text(2, 1), one.text(3), one.text(6)
        if family:
            name = " ".join(part for part in (given, family) if part)
            name = name.title() if name.isupper() else name
            known = _same_words(name, directory.all_of("provider"))
            title = _WRITTEN.get(title.casefold().rstrip("."), title)
            return known or _name(f"{title} {name}".strip(), one.place)
        if segment.name == "AIG" and (text := one.text(2)):
            return _known((text,), directory, "provider") or _name(text, one.place)
    return None


def _same_words(name: str, among: Sequence[str]) -> str | None:
    """The only one of these names that has the same words, titles aside."""
    wanted = _words(name)
    found = [one for one in among if _words(one) == wanted]
    return found[0] if len(found) == 1 else None


def _words(name: str) -> frozenset[str]:
    return frozenset(plain_name(name).split()) - _TITLES


def _visit_type(sch: Segment, service: Segment, directory: Directory) -> str | None:
    """What the visit is for: what the clinic knows by one of the names given; else as the service is called.

    The reason (SCH-7) is taken only where it is the name of a visit type: it may say what nobody is to be told.
    """
    listed = [(service, 3), (sch, 8), (sch, 7)]
    given = [segment.text(number, part) for segment, number in listed for part in (2, 1)]
    known = _known(given, directory, "visit_type")
    if known is not None:
        return known
    for segment, number in listed[:2]:
        text = segment.text(number, 2) or segment.text(number)
        if text and text.casefold() not in _TYPES_OF_0277:
            return _name(text, f"{segment.name}-{number}")
    return None


def _location(place: Segment, pv1: Segment, directory: Directory) -> str | None:
    """Where it is: what the clinic knows by one of the names given; else the description, facility or point of care."""
    given = [segment.text(number, part) for segment, number in ((place, 3), (pv1, 3)) for part in (9, 4, 1, 2)]
    known = _known(given, directory, "location")
    if known is not None:
        return known
    return next((_name(text, "AIL-3") for text in given if text), None)


def _known(given: Iterable[str], directory: Directory, kind: str) -> str | None:
    id_of: Callable[..., str | None] = directory.id_of
    return next((directory.name(found) for text in given if text and (found := id_of(kind, text))), None)


def _name(text: str, place: str) -> str:
    if len(text) > 120:
        raise Flaw(Fault.DATA_TYPE, place, "too_long")
    return text
