"""The figures that policy decides by, read from versioned TOML, each with its source.

A figure that changes is a new version in the file, never a new line of code.
"""

import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import time, timedelta
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any, cast, get_args

from consent.facts import Source, StopMode
from consent.quiet_hours import Hours
from hub.types import ChannelKind, Level, Purpose

STATE_HOURS = "state-hours-"
"""How the ids of rules begin that are a state's own hours."""

_WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True, slots=True)
class Rule:
    """Which rule decided: its id, its version (of the file, then of the rule), and the text it rests on."""

    id: str
    version: str
    source: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RuleSet:
    """All the figures of one jurisdiction.

    per_day, per_week: automated calls and texts. altogether: messages a day and a week over the channels `told`.
        fewer: messages a week for whoever asks for fewer.
    exempt: purposes that nothing of this keeps back.
    confirmed_by_reply: sources of a signature that counts once the address itself said yes, within `confirm_within`.
    spread: over how long messages of the bulk lane are spread that wait for one opening. late, catch_up: after which
        time a message counts as missed, and over how long what was missed is spread.
    solicitation, transactional: the product's hours for marketing, and for everything else that is automated.
    content: the most that a text may reveal, by channel. answered_in_clear: how long after a person wrote from an
        address staff may answer there in their own words.
    states: hours that a state adds for solicitations, by its two letters. places: the zones that a state lies in.
    reasons: the sentence for staff, by rule id. plain: the same where the particulars are not known.
    """

    version: str
    stop_confirmation: timedelta
    reply: timedelta
    clock_skew: timedelta
    per_day: int
    per_week: int
    capped: frozenset[ChannelKind]
    altogether: tuple[int, int]
    told: frozenset[ChannelKind]
    fewer: int
    exempt: frozenset[Purpose]
    confirmed_by_reply: frozenset[Source]
    confirm_within: timedelta
    spread: timedelta
    late: timedelta
    catch_up: timedelta
    granted_by_enrolling: frozenset[ChannelKind]
    written: frozenset[Purpose]
    content: Mapping[ChannelKind, Level]
    answered_in_clear: timedelta
    stop_mode: StopMode
    quiet_channels: frozenset[ChannelKind]
    solicitations: frozenset[Purpose]
    unknown_zones: tuple[str, ...]
    federal: Hours
    transactional: Hours
    solicitation: Hours
    states: Mapping[str, Hours]
    places: Mapping[str, tuple[str, ...]]
    rules: Mapping[str, Rule]
    reasons: Mapping[str, str]
    plain: Mapping[str, str]

    def hours(self, purpose: Purpose, states: Collection[str] = ()) -> Hours:
        """The hours for an automated message of this purpose to a person in one of `states` (empty: unknown, so all).

        A state that sets no hours adds none.
        """
        return _hours_for(self, purpose in self.solicitations, tuple(states))

    def adding(self, states: Collection[str] = ()) -> tuple[str, ...]:
        """Those of `states` that set hours of their own for solicitations; of all, where none is known."""
        return tuple(one for one in self.states if one in states) if states else tuple(self.states)


@lru_cache(maxsize=512)
def _hours_for(book: RuleSet, solicitation: bool, states: tuple[str, ...]) -> Hours:
    """Kept, because every message of a campaign asks; a rule set is known by itself, not by what it holds."""
    if not solicitation:
        return book.transactional.within(book.federal)
    found = book.solicitation.within(book.federal)
    for one in book.adding(states):
        found = found.within(book.states[one])
    return found


@cache
def load(name: str = "us-2026") -> RuleSet:
    """The rule set in `consent/rules/<name>.toml`, read once."""
    return parse(files(__name__).joinpath(f"{name}.toml").read_text(encoding="utf-8"))


def parse(text: str) -> RuleSet:
    """The rule set that a TOML text describes. Raises KeyError or ValueError when a figure is missing or wrong."""
    raw = tomllib.loads(text)
    rules = {row["id"]: Rule(row["id"], f"{raw['version']}/{row['version']}", row["source"]) for row in raw["rule"]}
    reasons = {row["id"]: row["reason"] for row in raw["rule"]}
    for state, row in raw["states"].items():
        name = f"{STATE_HOURS}{state.lower()}"
        rules[name] = Rule(name, f"{raw['version']}/{row['version']}", row["source"])
        reasons[name] = reasons["state-hours"].format(state=row["name"])
    altogether = raw["caps"]["altogether"]
    mode = raw["stop"]["mode"]
    if mode not in ("number", "category"):
        raise ValueError("stop.mode is neither number nor category")
    content = dict(raw["content"])
    answered_in_clear = timedelta(days=content.pop("answered_in_clear"))
    if not set(content.values()) <= set(get_args(Level)):
        raise ValueError("content levels are none, limited and full")
    return RuleSet(
        version=raw["version"],
        stop_confirmation=timedelta(minutes=raw["windows"]["stop_confirmation"]),
        reply=timedelta(minutes=raw["windows"]["reply"]),
        clock_skew=timedelta(minutes=raw["windows"]["clock_skew"]),
        per_day=raw["caps"]["day"],
        per_week=raw["caps"]["week"],
        capped=frozenset(map(ChannelKind, raw["caps"]["channels"])),
        altogether=(altogether["day"], altogether["week"]),
        told=frozenset(map(ChannelKind, altogether["channels"])),
        fewer=altogether["fewer"],
        exempt=frozenset(map(Purpose, raw["exempt"]["purposes"])),
        confirmed_by_reply=frozenset(map(Source, raw["consent"]["confirmed_by_reply"])),
        confirm_within=timedelta(days=raw["consent"]["confirm_within"]),
        spread=timedelta(minutes=raw["quiet"]["spread"]),
        late=timedelta(minutes=raw["quiet"]["late"]),
        catch_up=timedelta(minutes=raw["quiet"]["catch_up"]),
        granted_by_enrolling=frozenset(map(ChannelKind, raw["consent"]["granted_by_enrolling"])),
        written=frozenset(map(Purpose, raw["consent"]["written"])),
        content={kind: content[kind.value] for kind in ChannelKind},
        answered_in_clear=answered_in_clear,
        stop_mode=cast(StopMode, mode),
        quiet_channels=frozenset(map(ChannelKind, raw["quiet"]["channels"])),
        solicitations=frozenset(map(Purpose, raw["quiet"]["solicitations"])),
        unknown_zones=tuple(raw["quiet"]["unknown_zones"]),
        federal=_hours(raw["hours"]["federal"]),
        transactional=_hours(raw["hours"]["transactional"]),
        solicitation=_hours(raw["hours"]["solicitation"]),
        states={state: _hours(row) for state, row in raw["states"].items()},
        places={state: tuple(zones) for state, zones in raw["places"].items()},
        rules=rules,
        reasons=reasons,
        plain=reasons | {row["id"]: row["plain"] for row in raw["rule"] if "plain" in row},
    )


def _hours(row: Mapping[str, Any]) -> Hours:
    """Hours from `every`, `weekdays` and single days, the more special one winning."""
    days = []
    for index, day in enumerate(_WEEK):
        span = row.get(day) or (row.get("weekdays") if index < 5 else None) or row.get("every")
        days.append((time.fromisoformat(span[0]), time.fromisoformat(span[1])) if span else None)
    return Hours(tuple(days))
