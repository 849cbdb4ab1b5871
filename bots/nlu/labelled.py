"""Labelled texts out of a JSONL file, in our own form or in that of public sets, as `hub bot test` reads them.

    {"text": "yes, the 9th at 4", "intent": "book", "language": "en", "now": "2026-03-02T09:00",
     "accept": ["confirm"], "question": {"expects": "choice", "options": 3},
     "date": "2026-03-09", "time": "16:00", "part_of_day": null}

Only `text` must be there. A row without `intent` (or with null) counts for the slots alone; a row without `date`,
`time` or `part_of_day` for the intent alone; null there says that the text names none. Read, too: `lang` for the
language, `reference` or `reference_date` for `now`, `gold_date` and `gold_time`, `slots` whose `canonical` value is a
date or time, `prev_system` (what the other side had said, taken as the question that it comes to), and the names that
other sets have for our intents.
"""

import json
import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import date, datetime, time
from typing import Any, get_args
from zoneinfo import ZoneInfo

from bots.nlu.model import INTENTS, Question, Slot
from bots.nlu.score import SLOTS, Labelled
from hub.types import Language

# What other sets call our intents. Questions about a practice (rating, services) count with those about its place; to
# pick what was offered is, in words, to agree to it.
ALIASES: Mapping[str, str] = {
    "location_hours": "hours_location",
    "contact_info": "hours_location",
    "provider_question": "hours_location",
    "billing": "cost_insurance",
    "insurance": "cost_insurance",
    "ask_alternatives": "alternatives",
    "select_option": "confirm",
    "correction": "inform",
    "oos": "out_of_scope",
    "help": "bot_challenge",
}

# What the other side had said, as our bot would have known it.
_ASKED = [
    (r"^(?!.*(doctor|dentist)).*\bname\b.*\?", Question(expects="name")),
    (r"what (kind|type)|symptom|unisex|cosmetic.*\?", Question(expects="visit_type")),
    (r"(what|which) (city|area|location)|where (do|would|should)|search.*\?", Question(expects="provider")),
    (r"(what|which|when)\b.*(time|date|day|when)|^when|\bwhen (do|would|should|are|will)", Question(expects="when")),
    (r"(which|what|is there a|any).*(dentist|doctor|salon|stylist).*\?", Question(expects="provider")),
    (r"confirm|correct|(should|shall) i|would you like|do you want|right\?|is that|okay\?", Question(expects="yes_no")),
    (r"found|how about|what about|there is|there's|located in|nice|good", Question(expects="choice", options=1)),
]
_PARTS = ("morning", "afternoon", "evening")


def asked(said: str | None) -> Question | None:
    """The question that a line of the other side comes to; None when it asks nothing that our bot would."""
    return next((question for pattern, question in _ASKED if re.search(pattern, (said or "").lower())), None)


def read_labelled(lines: Iterable[str | bytes], zone: ZoneInfo) -> list[Labelled]:
    """The rows of a file. A time without an offset is wall time in `zone`.

    Raises: ValueError that names the line, and what is wrong there, without quoting it.
    """
    rows: list[Labelled] = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            raw = json.loads(line)
        except (ValueError, RecursionError):
            raise ValueError(f"line {number} is not JSON in UTF-8") from None
        try:
            rows.append(labelled(raw, zone))
        except (ValueError, OverflowError) as wrong:
            raise ValueError(f"line {number}: {wrong}") from None
    return rows


def labelled(raw: Any, zone: ZoneInfo) -> Labelled:
    """One row. Raises ValueError that says what is wrong with it, without quoting its text."""
    if not isinstance(raw, dict) or not isinstance(raw.get("text"), str):
        raise ValueError('a row is an object with a "text"')
    intent = raw.get("intent")
    others = raw.get("accept") or []
    if not isinstance(others, list):
        raise ValueError('"accept" is a list of intents')
    accepted = [intent, *others] if intent is not None else []
    names = [ALIASES.get(name, name) if isinstance(name, str) else None for name in accepted]
    if any(name not in INTENTS for name in names):
        raise ValueError(f'"intent" or "accept" names none of: {", ".join(INTENTS)}')
    return Labelled(
        text=raw["text"],
        intent=names[0] if names else None,
        accept=frozenset(name for name in names if name),
        question=_question(raw),
        language=_language(raw.get("language", raw.get("lang"))),
        now=_moment(raw.get("now") or raw.get("reference") or raw.get("reference_date"), zone),
        slots=_slots(raw),
    )


def _question(raw: dict[str, Any]) -> Question | None:
    given = raw.get("question")
    if given is None:
        return asked(raw.get("prev_system"))
    expects, options = (given.get("expects"), given.get("options", 0)) if isinstance(given, dict) else (None, None)
    if expects not in (None, *get_args(Slot)) or not isinstance(options, int):
        raise ValueError(f'"question" has "expects", one of {", ".join(get_args(Slot))}, and "options", a number')
    return Question(expects=expects, options=options)


def _language(given: object) -> Language | None:
    if given is None or given == "en" or given == "es":
        return given
    raise ValueError('"language" is en or es')


def _moment(given: object, zone: ZoneInfo) -> datetime | None:
    if given is None:
        return None
    try:
        moment = datetime.fromisoformat(str(given))
    except ValueError:
        raise ValueError('"now" is not an ISO 8601 time') from None
    if moment.tzinfo is not None:
        return moment.astimezone(zone)
    return moment.replace(tzinfo=zone) if "T" in str(given) else moment.replace(hour=9, tzinfo=zone)


def _slots(raw: dict[str, Any]) -> tuple[tuple[str, str | None], ...]:
    """What the text names of date, time and part of day, for those that are labelled."""
    given = raw.get("slots")
    nested: dict[str, Any] = given if isinstance(given, dict) else {}
    found: dict[str, str | None] = {}
    for name in SLOTS:
        for key in (name, f"gold_{name}"):
            if key in raw:
                found[name] = _value(name, raw[key])
        if isinstance(nested.get(name), dict) and isinstance(nested[name].get("canonical"), str):
            # Other sets write stretches of time and the like there, too: those say nothing of one date.
            with suppress(ValueError):
                found[name] = _value(name, nested[name]["canonical"])
    return tuple(found.items())


def _value(name: str, given: object) -> str | None:
    if given is None:
        return None
    try:
        if name == "date":
            return date.fromisoformat(str(given)).isoformat()
        if name == "time":
            return time.fromisoformat(str(given)).strftime("%H:%M")
    except ValueError:
        raise ValueError(f'"{name}" is {"YYYY-MM-DD" if name == "date" else "HH:MM"} or null') from None
    if given not in _PARTS:
        raise ValueError(f'"part_of_day" is {", ".join(_PARTS)} or null')
    return str(given)
