"""A plan as the fields of a form. Pure.

A sheet is what the form holds: nested fields, each a text, whether a plan can be made of them or not. What plan that
is, says `hub.staff.campaign_reading`.
"""

import re
import unicodedata
from collections.abc import Iterable
from typing import Any

from hub.campaigns.plans import OWN, Persons, Plan, Step, Visits, Waiting

__all__ = ["MOST_STEPS", "Sheet", "changed", "new", "posted", "sheet_of", "slug"]

Sheet = dict[str, Any]
MOST_STEPS, MOST_WORDINGS, MOST_ANSWERS = 12, 4, 6
_SPAN = re.compile(r"(\d+)(mo|d|h|m)")


# --- the form's fields


def posted(fields: Iterable[tuple[str, str]]) -> Sheet:
    """The sheet of a posted form: `steps.0.name` is the name of the first step."""
    found: dict[str, Any] = {}
    for name, value in fields:
        parts = name.split(".")
        if len(parts) > 6:
            continue
        at = found
        for part in parts[:-1]:
            deeper = at.setdefault(part, {})
            if not isinstance(deeper, dict):
                break
            at = deeper
        else:
            at[parts[-1]] = value.replace("\r\n", "\n")
    sheet = _listed(found)
    whole = empty() | {name: value for name, value in sheet.items() if isinstance(value, type(empty().get(name, "")))}
    whole["steps"] = [_STEP() | one for one in whole["steps"] if isinstance(one, dict)][:MOST_STEPS]
    for step in whole["steps"]:
        step["w"] = [_WORDING() | one for one in step["w"] if isinstance(one, dict)][:MOST_WORDINGS] or [_WORDING()]
        step["a"] = [_ANSWER() | one for one in step["a"] if isinstance(one, dict)][:MOST_ANSWERS]
    whole["audience"] = _AUDIENCE() | whole["audience"]
    return whole


def _listed(value: Any) -> Any:
    """Dicts of numbered fields as lists."""
    if not isinstance(value, dict):
        return value
    if value and all(key.isdecimal() for key in value):
        return [_listed(value[key]) for key in sorted(value, key=int)]
    return {key: _listed(one) for key, one in value.items()}


def empty() -> Sheet:
    """The sheet of a plan that is yet to be made: one step of a reminder."""
    return {
        "title": "",
        "kind": "reminder",
        "purpose": "appointment",
        "holidays": "",
        "stop": {},
        "audience": {},
        "steps": [],
    }


def new() -> Sheet:
    """What somebody begins with who builds a plan from nothing."""
    step = _STEP() | {"name": "first", "when": "before", "n": "3", "unit": "d", "between": "yes"}
    return empty() | {"holidays": "yes", "audience": _AUDIENCE() | {"rolling": "yes"}, "steps": [step]}


def _AUDIENCE() -> Sheet:
    return {
        "of": "visits",
        "status": "booked",
        "within": {"n": "14", "unit": "d"},
        "rolling": "",
        "languages": {},
        "types": [],
        "providers": [],
        "locations": [],
        "listed": "",
        "last": "",
        "older": {"n": "6", "unit": "mo"},
        "nothing_booked": "",
        "from_age": "",
        "to_age": "",
        "batch": "10",
        "every": {"n": "5", "unit": "m"},
        "notice": {"n": "2", "unit": "h"},
    }


def _STEP() -> Sheet:
    return {
        "name": "",
        "when": "after",
        "n": "0",
        "unit": "d",
        "between": "",
        "from": "10:00",
        "to": "17:00",
        "late": {"n": "12", "unit": "h"},
        "risk": "",
        "confirmed": "",
        "booked": "",
        "answered": "",
        "channels": {},
        "followed": "",
        "branch": "",
        "w": [_WORDING()],
        "a": [],
    }


def _WORDING() -> Sheet:
    return {
        "template": "",
        "name": "",
        "share": "1",
        "en": "",
        "es": "",
        "level": "limited",
    }


def _ANSWER() -> Sheet:
    return {"says": "", "reply": "", "staff": "", "step": ""}


# --- from a plan


def sheet_of(plan: Plan) -> Sheet:
    """The form of a plan that there is."""
    return {
        "title": plan.title,
        "kind": plan.kind,
        "purpose": plan.purpose.value,
        "holidays": "yes" if plan.holidays else "",
        "stop": dict.fromkeys(plan.stop, "yes"),
        "audience": _AUDIENCE() | _audience_of(plan.audience),
        "steps": [_step_of(plan, one) for one in plan.steps],
    }


def _audience_of(whom: Visits | Persons | Waiting) -> Sheet:
    rolling = "yes" if whom.rolling else ""
    match whom:
        case Visits():
            return {
                "of": "visits",
                "status": whom.status,
                "within": _pair(whom.within),
                "types": list(whom.types),
                "providers": list(whom.providers),
                "locations": list(whom.locations),
                "languages": dict.fromkeys(whom.languages, "yes"),
                "rolling": rolling,
            }
        case Persons():
            last = whom.last_visit
            return {
                "of": "persons",
                "listed": "yes" if whom.listed else "",
                "last": "yes" if last is not None else "",
                "older": _pair(last.older_than if last is not None else "6mo"),
                "types": list(last.types) if last is not None else [],
                "nothing_booked": "yes" if whom.nothing_booked else "",
                "languages": dict.fromkeys(whom.languages, "yes"),
                "from_age": "" if whom.from_age is None else str(whom.from_age),
                "to_age": "" if whom.to_age is None else str(whom.to_age),
                "rolling": rolling,
            }
        case Waiting():
            return {
                "of": "waitlist",
                "batch": str(whom.batch),
                "every": _pair(whom.every),
                "notice": _pair(whom.notice),
            }


def _step_of(plan: Plan, step: Step) -> Sheet:
    offset = _pair(step.before or step.after or "0")
    wordings = [(one.name, one.template, str(one.share)) for one in step.wordings] or [("", step.template, "1")]
    when = step.when
    return _STEP() | {
        "name": step.name,
        "when": "before" if step.before is not None else "after",
        **offset,
        "between": "yes" if step.between is not None else "",
        "from": step.between[0] if step.between is not None else "10:00",
        "to": step.between[1] if step.between is not None else "17:00",
        "late": _pair(step.late),
        "risk": when.risk or "",
        **{name: _said(getattr(when, name)) for name in ("confirmed", "booked", "answered")},
        "channels": {one.value: "yes" for one in step.channels},
        "followed": "yes" if step.followed else "",
        "branch": "yes" if step.on_answer else "",
        "w": [_wording_of(plan, *one) for one in wordings],
        "a": [
            {
                "says": ", ".join(one.says),
                "reply": one.reply or "",
                "staff": "yes" if one.staff else "",
                "step": one.step or "",
            }
            for one in step.answers
        ],
    }


def _wording_of(plan: Plan, name: str, key: str, share: str) -> Sheet:
    made = _WORDING() | {"name": name, "template": key, "share": share}
    own = next((one for one in plan.texts if OWN + one.name == key), None)
    if own is None:
        return made
    return made | {
        "template": "own",
        "level": own.level,
        "en": own.text.en,
        "es": own.text.es,
    }


def _said(value: bool | None) -> str:
    return "" if value is None else "yes" if value else "no"


def _pair(written: str) -> Sheet:
    found = _SPAN.fullmatch(written)
    return {"n": found[1], "unit": found[2]} if found else {"n": "0", "unit": "d"}


# --- changed


def changed(sheet: Sheet, action: str) -> Sheet:
    """The sheet after one of its buttons: `add-step`, `drop-step:1`, `up:1`, `down:0`, `add-wording:0`, and so on."""
    name, *numbers = action.split(":")
    at = [int(one) for one in numbers if one.isdecimal()]
    steps = sheet["steps"]
    if name == "add-step" and len(steps) < MOST_STEPS:
        steps.append(_STEP() | {"name": _fresh([one["name"] for one in steps])})
    if not at or at[0] >= len(steps):
        return sheet
    step, i = steps[at[0]], at[0]
    match name:
        case "drop-step" if len(steps) > 1:
            del steps[i]
        case "up" if i > 0:
            steps[i - 1], steps[i] = steps[i], steps[i - 1]
        case "down" if i + 1 < len(steps):
            steps[i + 1], steps[i] = steps[i], steps[i + 1]
        case "add-wording" if len(step["w"]) < MOST_WORDINGS:
            step["w"].append(_WORDING() | {"template": step["w"][-1]["template"]})
        case "add-answer" if len(step["a"]) < MOST_ANSWERS:
            step["a"].append(_ANSWER())
        case "drop-wording" if len(at) > 1 and at[1] < len(step["w"]) > 1:
            del step["w"][at[1]]
        case "drop-answer" if len(at) > 1 and at[1] < len(step["a"]):
            del step["a"][at[1]]
    return sheet


def _fresh(names: list[str]) -> str:
    words = ("first", "second", "third", "fourth", "fifth", "sixth")
    return next((one for one in words if one not in names), f"step-{len(names) + 1}")


def slug(title: str) -> str:
    """A name for a plan of this title: small letters, digits and hyphens."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().casefold()
    return re.sub(r"^[^a-z]+", "", re.sub(r"[^a-z0-9]+", "-", plain)).strip("-")[:60]
