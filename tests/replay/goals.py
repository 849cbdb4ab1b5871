"""The dialogues as goals: the visit that each ended with, and what its patient wrote on the way."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from tests.shared import SHARED

ZONE = ZoneInfo("America/New_York")
DIALOGUES = SHARED / "data" / "dialogues-dev.jsonl"
STAR_TODAY = date(2019, 2, 28)
"""The patients of STAR are told that today is a Thursday."""

_NAMES = ("dentist_name", "doctor_name", "stylist_name")
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_ONE = re.compile(r'^(?:api\.is_equal_to\()?\[?"([^"]+)"\]?\)?$')
_ASKED: Mapping[str, frozenset[str]] = {
    "doctor_ask_day": frozenset({"date"}),
    "doctor_ask_start_time": frozenset({"time"}),
    "doctor_ask_doctor_name": frozenset({"provider"}),
    "doctor_inform_booking_available": frozenset({"affirm"}),
    "doctor_inform_booking_unavailable": frozenset({"date", "time"}),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One turn of the patient: what it does, as words such as `date`, `time`, `provider`, `affirm`, `negate`, `wish`.

    at: the day and time of the wish that it names, where the dialogue says so.
    """

    text: str = field(repr=False)
    does: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """A dialogue and the visit it ended with. `start` is aware; `others` are providers that were offered too.

    wished: every day and time (each may be None) that was named on the way, the final ones among them.
    """

    dialogue: str
    source: str
    domain: str
    today: date
    start: datetime
    provider: str
    specialty: str
    others: tuple[str, ...]
    said: tuple[Said, ...]
    days: frozenset[date]
    hours: frozenset[time]


def goals(path: Path = DIALOGUES) -> Iterator[Goal]:
    """Every dialogue that ended with exactly one visit at a known day and time."""
    with path.open(encoding="utf-8") as file:
        for line in file:
            row = json.loads(line)
            goal = _star(row) if row["source"].startswith("star/") else _sgd(row)
            if goal is not None:
                yield goal


def _sgd(row: Mapping[str, Any]) -> Goal | None:
    frames = [frame for turn in row["turns"] for frame in turn["frames"]]
    calls = [frame["service_call"] for frame in frames if "service_call" in frame]
    bookings = [call["parameters"] for call in calls if call["method"] == "BookAppointment"]
    if not bookings:
        return None
    last = bookings[-1]
    offered = [
        value
        for frame in frames
        for action in frame.get("actions", ())
        if action["slot"] in _NAMES
        for value in action["values"]
    ]
    provider = next(last[name] for name in _NAMES if name in last)
    found = next((call["parameters"] for call in reversed(calls) if call["method"] == "FindProvider"), {})
    named: dict[str, set[str]] = {"date": set(), "time": set()}
    said = []
    for turn in row["turns"]:
        if turn["speaker"] != "user":
            continue
        for frame in turn["frames"]:
            for name in named:
                if (value := frame["slots"].get(name, {}).get("canonical")) is not None:
                    named[name].add(value)
        said.append(Said(text=turn["text"], does=_does(turn["frames"])))
    return Goal(
        dialogue=row["dialogue"],
        source=row["source"],
        domain=row["domain"],
        today=date.fromisoformat(row["reference_date"]),
        start=_at(date.fromisoformat(last["appointment_date"]), time.fromisoformat(last["appointment_time"])),
        provider=provider,
        specialty=found.get(
            "type", {"dentist": "Dentistry", "salon": "Hair"}.get(row["domain"], "General Practitioner")
        ),
        others=tuple(sorted({name for name in offered if name != provider}))[:3],
        said=tuple(said),
        days=frozenset(d for d in map(_day, named["date"]) if d is not None),
        hours=frozenset(h for h in map(_hour, named["time"]) if h is not None),
    )


def _does(frames: list[Mapping[str, Any]]) -> frozenset[str]:
    does = set()
    for frame in frames:
        for act in frame["acts"]:
            name, _, slot = act.partition(":")
            match name:
                case "INFORM" if slot.endswith("_date"):
                    does.add("date")
                case "INFORM" if slot.endswith("_time"):
                    does.add("time")
                case "INFORM" if slot in _NAMES:
                    does.add("provider")
                case "INFORM_INTENT":
                    does.add("wish")
                case "AFFIRM" | "NEGATE" | "SELECT" | "REQUEST_ALTS" | "AFFIRM_INTENT" | "NEGATE_INTENT":
                    does.add(name.lower())
                case "REQUEST":
                    does.add("question")
                case "GOODBYE" | "THANK_YOU":
                    does.add("courtesy")
    return frozenset(does)


def _star(row: Mapping[str, Any]) -> Goal | None:
    """A scheduling dialogue of STAR whose first booking names one day and one hour."""
    booked = None
    calls = [turn for turn in row["turns"] if turn["speaker"] == "api"]
    for call, answer in pairwise(calls):
        given, result = call.get("constraints", {}), answer.get("result") or {}
        if given.get("RequestType") == '"Book"' and "successful" in str(result.get("Message", "")):
            booked = given
            break
    if booked is None or row["source"] != "star/doctor_schedule":
        return None
    plain = {name: match[1] for name, value in booked.items() if (match := _ONE.match(value))}
    hour = _hour(plain.get("StartTimeHour", ""))
    if plain.get("Day") not in _WEEKDAYS or hour is None or "Name" not in plain:
        return None
    ahead = (_WEEKDAYS.index(plain["Day"]) - STAR_TODAY.weekday()) % 7
    said, asked = [], ""
    for turn in row["turns"]:
        if turn["speaker"] == "system":
            asked = turn.get("action", "")
        elif turn["speaker"] == "user":
            does = _ASKED.get(asked, frozenset()) if said else frozenset({"wish"})
            said.append(Said(text=turn["text"], does=does))
    return Goal(
        dialogue=row["dialogue"],
        source=row["source"],
        domain=row["domain"],
        today=STAR_TODAY,
        start=_at(STAR_TODAY + timedelta(days=ahead), hour),
        provider=plain["Name"],
        specialty="General practice",
        others=tuple(name for name in ("Dr. Alexis", "Dr. Johnson", "Dr. Morgan") if name != plain["Name"]),
        said=tuple(said),
        days=frozenset(),
        hours=frozenset(),
    )


def _at(day: date, hour: time) -> datetime:
    return datetime.combine(day, hour, tzinfo=ZONE)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _hour(text: str) -> time | None:
    for form in ("%H:%M", "%I %p", "%I:%M %p"):
        try:
            return datetime.strptime(text, form).time()  # noqa: DTZ007 - an hour has no zone
        except ValueError:
            continue
    return None
