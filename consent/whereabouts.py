"""Where a person may be: in which time zones, and in which states. Pure.

What is known best decides alone:

1. a zone and a state that an address the person lives at was read from, or that the clinic's record has;
2. the area code of the number that is written to: its zones, and its state beside the clinic's own, for a mobile number
   moves with its owner;
3. nothing: then all the zones and states that the rules name, and the hours must suit each of them.

Source: 47 CFR 64.1200(c)(1), the called party's location; area codes by the phonenumbers package and
`rules/area-codes-2026.toml`.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files

import phonenumbers
from phonenumbers.timezone import time_zones_for_number

from consent import rules as rulebook
from consent.rules import RuleSet

_UNKNOWN = "Etc/Unknown"
_ANYWHERE = 12
"""A number with more zones than this is no place's: toll-free ones have all those of the number plan."""
_NORTH_AMERICAN = len("+12015550100")


@dataclass(frozen=True, slots=True)
class Place:
    """The zones and the states a person may be in; an empty one is unknown."""

    zones: tuple[str, ...] = ()
    states: tuple[str, ...] = ()


UNKNOWN = Place()


def place(
    *, zone: str | None, state: str | None, number: str | None, clinic_state: str = "", rules: RuleSet | None = None
) -> Place:
    """Where a person may be, by what their record says and the number (E.164) that is written to.

    zone, state: of the record, None where it says nothing. A state without a zone gives all the zones it lies in.
    clinic_state: counts where no record tells the state; empty when not known.
    """
    book = rules or rulebook.load()
    called = of_number(number) if number is not None and (zone is None or state is None) else UNKNOWN
    states = (state,) if state is not None else called.states
    if state is None and clinic_state:
        states = tuple(dict.fromkeys((*states, clinic_state)))
    if zone is not None:
        return Place((zone,), states)
    lies = book.places.get(state, ()) if state is not None else ()
    return Place(lies or called.zones, states)


def of_number(number: str) -> Place:
    """The zones and the state that the beginning of a number tells; nothing for one that is of no place."""
    # Where a number of the North American plan lies its last three digits do not tell: a thousand of them are read
    # once, and whose they are is not kept.
    north_american = number.startswith("+1") and len(number) == _NORTH_AMERICAN
    return _kept(number[:-3] + "000" if north_american else number)


def read_number(number: str) -> Place:
    """As `of_number`, read anew from all its digits."""
    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return UNKNOWN
    zones = tuple(time_zones_for_number(parsed))
    if _UNKNOWN in zones or len(zones) > _ANYWHERE:
        return UNKNOWN
    state = _area_codes().get(str(parsed.national_number)[:3]) if parsed.country_code == 1 else None
    return Place(zones, (state,) if state is not None else ())


_kept = lru_cache(maxsize=16_384)(read_number)


@cache
def _area_codes(name: str = "area-codes-2026") -> Mapping[str, str]:
    """States by area code."""
    raw = tomllib.loads(files("consent.rules").joinpath(f"{name}.toml").read_text(encoding="utf-8"))
    return {code: state for state, codes in raw["states"].items() for code in codes}
