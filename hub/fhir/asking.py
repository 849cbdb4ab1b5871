"""What is asked for: search parameters, as conditions on rows. Pure.

Values of one parameter with commas between them are alternatives; a parameter that is repeated must hold each time.

Source: HL7 FHIR R4 (4.0.1), Search: prefixes, tokens, references.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import sqlalchemy as sa

from hub.calls import cursors
from hub.fhir.outcomes import bad

__all__ = ["MOST", "Search", "Span", "alternatives", "asked", "codes", "continued", "ids", "span", "within"]

MOST = 200
"""Resources on a page."""
_USUAL = 50
_MOMENT = re.compile(
    r"(?P<prefix>eq|ne|gt|ge|lt|le|sa|eb)?(?P<year>\d{4})(-(?P<month>\d\d)(-(?P<day>\d\d)"
    r"(T(?P<hour>\d\d):(?P<minute>\d\d)(:(?P<second>\d\d)(\.(?P<fraction>\d{1,6}))?)?(?P<zone>Z|[+-]\d\d:\d\d)?)?)?)?"
)
_COMMA = re.compile(r"(?<!\\),")


class Search(msgspec.Struct, frozen=True, kw_only=True):
    """A search as it goes on from page to page. after: the sorting value and the id of the last row, None at first.

    `repr` shows no value: one may be a number or a mailbox.
    """

    given: dict[str, list[str]]
    count: int = _USUAL
    sort: str = ""
    after: tuple[str | int, str] | None = None

    def __repr__(self) -> str:
        return "Search(…)"

    @property
    def cursor(self) -> str:
        """What a `next` link carries."""
        return cursors.written(self.given, self.count, self.sort, self.after)


def asked(query: Sequence[tuple[str, str]], known: Mapping[str, Any], sorts: Sequence[str]) -> Search:
    """The search that `query` is. Raises: Problem 400 for what is not known, and so would not narrow it.

    known: the parameters that there are. sorts: what may be sorted by, without the `-` for the other way round.
    """
    given: dict[str, list[str]] = {}
    count, sort = _USUAL, ""
    for name, value in query:
        if name == "_format":
            if value not in ("json", "application/json", "application/fhir+json"):
                raise bad("`_format` may be json alone")
        elif name == "_count":
            if not value.isascii() or not value.isdigit() or not int(value[:9]) >= 1:
                raise bad("`_count` must be a number from 1 on")
            count = min(int(value[:9]), MOST)
        elif name == "_sort":
            if value.removeprefix("-") not in sorts:
                raise bad("`_sort` may be one of " + ", ".join(sorts) + ", or the same with a - before it")
            sort = value
        elif name in known:
            if not value:
                raise bad(f"`{name}` has no value")
            given.setdefault(name, []).append(value)
        else:
            shown = name[:40].encode("ascii", "replace").decode()
            raise bad(f"there is no parameter `{shown}` here; there are " + ", ".join((*known, "_count", "_sort")))
    return Search(given=given, count=count, sort=sort)


def continued(cursor: str, known: Mapping[str, Any], sorts: Sequence[str]) -> Search:
    """The search that a `next` link carries on. Raises: Problem 400, 422 when it is not one of this list."""
    given, count, sort, after = cursors.read(cursor, tuple[dict[str, list[str]], int, str, tuple[str | int, str]])
    if not given.keys() <= known.keys() or not 1 <= count <= MOST or sort.removeprefix("-") not in ("", *sorts):
        raise bad("this link is of another list: begin anew")
    return Search(given=given, count=count, sort=sort, after=after)


def alternatives(value: str) -> list[str]:
    """What stands between the commas of a value."""
    return [one.replace("\\,", ",").replace("\\|", "|").strip() for one in _COMMA.split(value)]


def codes(value: str, system: str) -> list[str]:
    """The codes of a token parameter, `code` or `system|code`; those of another system are left out."""
    found = []
    for one in alternatives(value):
        of, bar, code = one.rpartition("|")
        if not bar or of in ("", system):
            found.append(code)
    return found


def ids(value: str, kind: str, base: str) -> list[str]:
    """The ids of a reference parameter: `id`, `Kind/id`, or the whole address of one that is here."""
    return [one.removeprefix(f"{base}/").removeprefix(f"{kind}/").lower() for one in alternatives(value)]


@dataclass(frozen=True, slots=True)
class Span:
    """What a date parameter names: from `low` on, before `high`, both in UTC, and how a moment must lie to it."""

    prefix: str
    low: datetime
    high: datetime


def span(value: str, zone: ZoneInfo) -> Span:
    """The span of a date parameter; without an offset it is the clinic's time. Raises: Problem 400."""
    # The plus of an offset is a space once a query was decoded that did not escape it.
    found = _MOMENT.fullmatch(value.replace(" ", "+"))
    try:
        if found is None:
            raise ValueError(value)
        part = {name: int(text) for name, text in found.groupdict().items() if text and text.isdigit()}
        offset = found["zone"]
        where = datetime.fromisoformat(f"2000-01-01T00:00:00{offset}").tzinfo if offset and offset != "Z" else None
        at = where or (UTC if offset else zone)
        low = datetime(
            part["year"],
            part.get("month", 1),
            part.get("day", 1),
            part.get("hour", 0),
            part.get("minute", 0),
            part.get("second", 0),
            int((found["fraction"] or "").ljust(6, "0")),
            tzinfo=at,
        )
        return Span(found["prefix"] or "eq", low.astimezone(UTC), _end(low, part, found["fraction"]).astimezone(UTC))
    except (ValueError, OverflowError):
        raise bad(
            "a date is written like 2026-03-02 or 2026-03-02T09:00:00-05:00, with one of eq, ne, gt, ge, lt, le, sa, eb"
            " before it or none"
        ) from None


def _end(low: datetime, part: Mapping[str, int], fraction: str | None) -> datetime:
    """Where what begins at `low` ends: a year, a month and a day by the calendar, the rest by the clock."""
    if "month" not in part:
        return low.replace(year=low.year + 1)
    if "day" not in part:
        return low.replace(year=low.year + low.month // 12, month=low.month % 12 + 1)
    if "hour" not in part:
        return low + timedelta(days=1)
    length = timedelta(minutes=1)
    if fraction:
        length = timedelta(microseconds=10 ** (6 - len(fraction)))
    elif "second" in part:
        length = timedelta(seconds=1)
    return low.astimezone(UTC) + length


def within(column: sa.ColumnElement[Any], value: str, zone: ZoneInfo) -> sa.ColumnElement[bool]:
    """The condition that a moment lies as the parameter says. Raises: Problem 400."""
    return sa.or_(*(_lies(column, span(one, zone)) for one in alternatives(value)))


def _lies(column: sa.ColumnElement[Any], one: Span) -> sa.ColumnElement[bool]:
    match one.prefix:
        case "gt" | "sa":
            return column >= one.high
        case "ge":
            return column >= one.low
        case "lt" | "eb":
            return column < one.low
        case "le":
            return column < one.high
        case "ne":
            return sa.or_(column < one.low, column >= one.high)
        case _:
            return sa.and_(column >= one.low, column < one.high)
