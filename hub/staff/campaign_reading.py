"""A plan of what was typed into its form, and what is wrong with it, told by the field that it was typed into. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from hub.campaigns import plans
from hub.campaigns.plans import OWN, Flaw, Plan
from hub.staff.campaign_sheet import Sheet, slug
from hub.types import ChannelKind

__all__ = ["Read", "field_of", "raw_of", "read"]

_SPANS = frozenset({"within", "older_than", "every", "notice", "before", "after", "late"})
_NUMBERS = frozenset({"from_age", "to_age", "batch", "share"})
_YES_NO = {"yes": True, "no": False}


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """What a sheet amounts to: a plan, where one can be made of it; and what is wrong, by the field it is wrong in."""

    plan: Plan | None = field(repr=False)
    flaws: Mapping[str, Flaw]

    @property
    def good(self) -> bool:
        """Whether the plan may be kept."""
        return self.plan is not None and not self.flaws


def raw_of(sheet: Sheet, name: str, version: int) -> tuple[dict[str, Any], list[str]]:
    """The plain values of a plan; and for each of its own texts the fields that it was written in."""
    texts: list[dict[str, Any]] = []
    places: list[str] = []
    steps = [_raw_step(sheet, at, step, texts, places) for at, step in enumerate(sheet["steps"])]
    raw: dict[str, Any] = {
        "name": name,
        "version": version,
        "title": " ".join(sheet["title"].split()),
        "kind": sheet["kind"],
        "purpose": sheet["purpose"],
        "audience": _raw_audience(sheet["audience"]),
        "steps": steps,
        "holidays": bool(sheet["holidays"]),
        "stop": [one for one in ("confirmed", "booked", "answered") if sheet["stop"].get(one)],
        "texts": texts,
    }
    return raw, places


def _raw_audience(sheet: Sheet) -> dict[str, Any]:
    languages = [one for one in ("en", "es") if sheet["languages"].get(one)]
    match sheet["of"]:
        case "visits":
            return {
                "of": "visits",
                "status": sheet["status"],
                "within": _span(sheet["within"]),
                **{name: sheet[name] for name in ("types", "providers", "locations")},
                "languages": languages,
                "rolling": bool(sheet["rolling"]),
            }
        case "waitlist":
            return {
                "of": "waitlist",
                "batch": _number(sheet["batch"]),
                "every": _span(sheet["every"]),
                "notice": _span(sheet["notice"]),
            }
    raw: dict[str, Any] = {
        "of": "persons",
        "listed": bool(sheet["listed"]),
        "nothing_booked": bool(sheet["nothing_booked"]),
        "languages": languages,
        "rolling": bool(sheet["rolling"]),
    }
    if sheet["last"]:
        raw["last_visit"] = {"older_than": _span(sheet["older"]), "types": sheet["types"]}
    return raw | {name: _number(sheet[name]) for name in ("from_age", "to_age") if sheet[name].strip()}


def _raw_step(sheet: Sheet, at: int, step: Sheet, texts: list[dict[str, Any]], places: list[str]) -> dict[str, Any]:
    name = slug(step["name"])[:32]
    raw: dict[str, Any] = {"name": name, "late": _span(step["late"])}
    if sheet["audience"]["of"] != "waitlist":
        before = step["when"] == "before" and sheet["audience"]["of"] == "visits" and not step["branch"]
        raw["before" if before else "after"] = _span(step)
    if step["between"]:
        raw["between"] = [step["from"], step["to"]]
    when = {one: _YES_NO.get(step[one]) for one in ("confirmed", "booked", "answered")}
    when = {one: value for one, value in when.items() if value is not None}
    if step["risk"] or when:
        raw["when"] = when | ({"risk": step["risk"]} if step["risk"] else {})
    raw["channels"] = [one.value for one in ChannelKind if step["channels"].get(one.value)]
    raw["followed"] = bool(step["followed"])
    raw["on_answer"] = bool(step["branch"])
    keys = [_key(at, number, one, name, texts, places) for number, one in enumerate(step["w"])]
    if len(keys) > 1:
        raw["wordings"] = [
            {"name": one["name"].strip() or "abcd"[number], "template": key, "share": _number(one["share"])}
            for number, (one, key) in enumerate(zip(step["w"], keys, strict=True))
        ]
    else:
        raw["template"] = keys[0]
    if step["a"]:
        raw["answers"] = [
            {
                "says": [one for said in answer["says"].split(",") if (one := said.strip())],
                "staff": bool(answer["staff"]),
                **({"reply": answer["reply"]} if answer["reply"] else {}),
                **({"step": branch} if (branch := slug(answer["step"])[:32]) else {}),
            }
            for answer in step["a"]
        ]
    return raw


def _key(at: int, number: int, one: Sheet, step: str, texts: list[dict[str, Any]], places: list[str]) -> str:
    """The template that a wording names; one that was written here is put among the plan's own texts."""
    if one["template"] != "own":
        return str(one["template"])
    name = (step or f"step-{at + 1}")[:29] + (f"-{'abcd'[number]}" if number else "")
    said = {"en": one["en"].strip(), "es": one["es"].strip()}
    texts.append({"name": name, "level": one["level"], "text": said})
    places.append(f"steps.{at}.w.{number}")
    return OWN + name


def _span(pair: Sheet) -> str:
    typed = str(pair.get("n", "")).strip()
    number = typed.lstrip("0")
    return "0" if typed and not number else f"{number}{pair.get('unit', 'd')}"


def _number(written: str) -> int | str:
    said = written.strip()
    return int(said) if said.isdecimal() and len(said) < 9 else said


def read(sheet: Sheet, name: str, version: int) -> Read:
    """The plan that a sheet amounts to, and what is wrong with it, by the field."""
    raw, places = raw_of(sheet, name or slug(sheet["title"]) or "plan", version)
    found: dict[str, Flaw] = {}
    plan: Plan | None = None
    # A value that does not fit is told of and taken out, so that what else does not fit is told as well.
    for _ in range(40):
        try:
            plan = msgspec.convert(raw, Plan, strict=True)
            break
        except msgspec.ValidationError as wrong:
            at, flaw = _unfit(str(wrong))
            found.setdefault(field_of(at, places, sheet), flaw)
            if not _mended(raw, at):
                break
    for one in plans.flaws(plan) if plan is not None else ():
        found.setdefault(field_of(one.at, places, sheet), one)
    return Read(plan=plan, flaws=found)


def _unfit(words: str) -> tuple[str, Flaw]:
    at = path[1] if (path := re.search(r"at `\$\.([^`]+)`", words)) else ""
    last = re.sub(r"\[\d+\]$", "", at).rpartition(".")[2]
    code = (
        "span"
        if last in _SPANS
        else "number"
        if last in _NUMBERS
        else "time"
        if last == "between"
        else "title"
        if last == "title"
        else "long"
        if last in ("en", "es")
        else "step-name"
        if last == "name"
        else "unfit"
    )
    return at, Flaw(at=at, code=code, words=words)


_GOOD: Mapping[str, Any] = {
    "title": "-",
    "name": "x",
    "kind": "broadcast",
    "purpose": "care",
    "between": None,
    "en": "-",
    "es": "-",
    "older_than": "1d",
    "level": "limited",
    "of": "visits",
    "status": "booked",
    "share": 1,
}


def _mended(raw: dict[str, Any], at: str) -> bool:
    """Whether what stands at a path could be replaced by something that fits."""
    parts = re.findall(r"[a-z_]+|\d+", at)
    here: Any = raw
    for part in parts[:-1]:
        try:
            here = here[int(part)] if part.isdecimal() else here[part]
        except (KeyError, IndexError, TypeError):
            return False
    if isinstance(here, list) and parts:
        del here[int(parts[-1])]
        return True
    if not parts or not isinstance(here, dict) or parts[-1] not in here:
        return False
    good = _GOOD.get(parts[-1])
    if good is None or here[parts[-1]] == good:
        del here[parts[-1]]
    else:
        here[parts[-1]] = good
    return True


def field_of(at: str, places: list[str], sheet: Sheet) -> str:
    """The field of the form in which the value at a plan's path is typed; empty for the form as a whole."""
    path = re.sub(r"\[(\d+)\]", r".\1", at)
    if text := re.match(r"texts\.(\d+)\.?(.*)", path):
        where = places[int(text[1])] if int(text[1]) < len(places) else ""
        match text[2].split("."):
            case ["text", language]:
                return f"{where}.{language}"
            case ["level"]:
                return f"{where}.level"
        return f"{where}.template"
    if step := re.match(r"(steps\.\d+)\.(.+)", path):
        here, rest = step[1], step[2]
        rest = re.sub(r"^(before|after)$", "n", rest)
        rest = re.sub(r"^between.*", "between", rest)
        rest = re.sub(r"^late$", "late.n", rest)
        rest = re.sub(r"^template$", "w.0.template", rest)
        rest = rest.replace("wordings.", "w.").replace("answers.", "a.").removeprefix("when.")
        rest = re.sub(r"^(a\.\d+\.says).*", r"\1", rest)
        rest = re.sub(r"^channels.*", "channels", rest)
        return f"{here}.{rest}"
    if path.startswith("audience"):
        rest = path.removeprefix("audience").removeprefix(".")
        rest = rest.replace("last_visit.older_than", "older.n").replace("last_visit.", "")
        rest = re.sub(r"^(within|every|notice)$", r"\1.n", rest)
        return f"audience.{rest or 'of'}"
    return {"name": "title", "steps": "steps"}.get(path, path)
