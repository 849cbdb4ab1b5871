"""Safeguards in words: as rows of a page, of the report, and of the command's answer."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from hub.safeguards import Result, Safeguard, State
from hub.staff.application import ENDPOINTS, PAGES
from hub.staff.drawing import Moments, words
from hub.staff.safeguards_reach import reach
from hub.types import Language

__all__ = ["Told", "also", "as_json", "counts", "told"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A safeguard as people read it. mend: what is to be done; empty where nothing is. evidence: labels and values."""

    name: str
    group: str
    law: str
    state: str
    title: str
    why: str
    mend: str
    evidence: Sequence[tuple[str, str]]


def also() -> tuple[Safeguard[Any], ...]:
    """The safeguards that the pages of staff know of."""
    return (reach(ENDPOINTS, PAGES),)


def told(results: Sequence[Result], language: Language, zone: ZoneInfo) -> list[Told]:
    """Each in words, with moments as the clinic's wall shows them."""
    t, moments = words(language), Moments(zone, language)
    return [_told(one, t, moments) for one in results]


def _told(one: Result, t: Mapping[str, str], moments: Moments) -> Told:
    people = one.group == "people"
    of = "people" if people else one.name
    shown = {name: _shown(value, moments) for name, value in one.found.evidence.items() if value is not None}
    mend = ""
    if one.found.reason:
        said = t["safe_to_failed"] if one.found.reason == "failed" else t[f"safe_{of}_to_{one.found.reason}"]
        mend = said.replace("{tests}", shown.get("tests", ""))
    return Told(
        name=one.name,
        group=one.group,
        law=", ".join(one.law),
        state=one.found.state.value,
        title=t[f"safe_{one.name}"],
        why=t[f"safe_{of}_why"],
        mend=mend,
        evidence=[(t[f"safe_ev_{name}"], value) for name, value in shown.items()],
    )


def _shown(value: datetime | int | str | None, moments: Moments) -> str:
    if isinstance(value, datetime):
        return moments.whole(value)
    return f"{value:,}" if isinstance(value, int) else str(value)


def counts(results: Sequence[Result]) -> dict[str, int]:
    """How many stand how, by the names of the states."""
    found = Counter(one.found.state.value for one in results)
    return {state.value: found[state.value] for state in State}


def as_json(results: Sequence[Result], at: datetime, clinic: str, release: str) -> dict[str, Any]:
    """The report for programs: codes, and evidence with moments in UTC; the words are English."""
    t = words("en")
    return {
        "format": "carehub-safeguards",
        "version": 1,
        "clinic": clinic,
        "release": release,
        "at": _plain(at),
        "counts": counts(results),
        "safeguards": [
            {
                "name": one.name,
                "group": one.group,
                "title": t[f"safe_{one.name}"],
                "law": [f"45 CFR {section}" for section in one.law],
                "state": one.found.state.value,
                "reason": one.found.reason or None,
                "evidence": {name: _plain(value) for name, value in one.found.evidence.items()},
            }
            for one in results
        ],
    }


def _plain(value: datetime | int | str | None) -> int | str | None:
    return f"{value.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}" if isinstance(value, datetime) else value
