"""Filling in a template: words, dates and numbered choices for one language, channel and zone."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, tzinfo
from typing import cast

from hub.errors import TemplateError
from hub.types import ChannelKind, Language, Level
from templates.calendar_words import CALENDAR_WORDS, CalendarWords, plural_category
from templates.catalog import Catalog, shipped
from templates.model import Kind, Piece, Template


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """A finished text and what it may reveal. `fell_back` when it is English for want of a translation."""

    text: str = field(repr=False)
    language: Language
    fell_back: bool
    version: int
    level: Level
    subject: str = field(default="", repr=False)


def render(
    key: str,
    params: Mapping[str, object],
    language: Language,
    channel: ChannelKind,
    zone: tzinfo,
    catalog: Catalog | None = None,
) -> Rendered:
    """Fill in template `key`; moments are told in `zone`, the clinic's.

    A choice is a row of parts: strings, moments, days, times, or two days or times as (first, last).

    Raises: TemplateError when the template is missing, or a value is missing or of the wrong kind; it names
        the key and the variable, never the value.
    """
    template = (catalog or shipped()).get(key, language)
    filled = fill(template, params, channel, zone)
    return filled if template.language == language else replace(filled, fell_back=True)


def fill(template: Template, params: Mapping[str, object], channel: ChannelKind, zone: tzinfo) -> Rendered:
    """As `render`, of a template in hand."""
    subject = template.subject if channel is ChannelKind.EMAIL else ()
    return Rendered(
        text=_fill(template, template.pieces(channel), params, zone),
        language=template.language,
        fell_back=False,
        version=template.version,
        level=template.level,
        subject=_fill(template, subject, params, zone),
    )


def _fill(template: Template, pieces: tuple[Piece, ...], params: Mapping[str, object], zone: tzinfo) -> str:
    words = CALENDAR_WORDS[template.language]
    filled: list[str] = []
    for literal, name in pieces:
        # A name such as "Ana Ruiz, M.D." brings the full stop of its sentence with it.
        doubled = literal.startswith(".") and bool(filled) and filled[-1].endswith(".")
        filled.append(literal[1:] if doubled else literal)
        if name is None:
            continue
        if name not in params:
            raise TemplateError(f"template {template.key!r} needs {name!r}")
        kind = template.variables[name]
        try:
            if kind == "plural":
                filled.append(_plural(params[name], template, name))
            else:
                filled.append(_WRITERS[kind](params[name], words, zone))
        except (TypeError, ValueError, AttributeError):
            raise TemplateError(f"template {template.key!r}: {name!r} cannot be written as {kind}") from None
    return "".join(filled)


def _day(day: date, words: CalendarWords, comma: str = ",") -> str:
    if words.language == "es":  # "mar 3 mar" would read as Tuesday or as March
        return f"{words.days[day.weekday()]} {day.day} {words.months[day.month - 1]}"
    return f"{words.short_days[day.weekday()]}{comma} {words.months[day.month - 1]} {day.day}"


def _time(at: time, words: CalendarWords) -> str:
    return f"{at.hour % 12 or 12}:{at.minute:02d} {words.pm if at.hour >= 12 else words.am}"


def _moment(value: object, words: CalendarWords, zone: tzinfo, comma: str = ",") -> str:
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise TypeError
    local = value.astimezone(zone)
    return f"{_day(local, words, comma)}, {_time(local.time(), words)}"


def _text(value: object, words: CalendarWords, zone: tzinfo) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _number(value: object, words: CalendarWords, zone: tzinfo) -> str:
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError
    return str(value)


def _plural(value: object, template: Template, name: str) -> str:
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError
    forms = template.plurals[name]
    return forms.get(plural_category(value, template.language), forms["other"]).replace("{n}", str(value))


def _date(value: object, words: CalendarWords, zone: tzinfo) -> str:
    if isinstance(value, datetime) or not isinstance(value, date):
        raise TypeError
    return _day(value, words)


def _clock(value: object, words: CalendarWords, zone: tzinfo) -> str:
    if not isinstance(value, time):
        raise TypeError
    return _time(value, words)


def _part(value: object, words: CalendarWords, zone: tzinfo) -> str:
    match value:
        case str():
            return value
        case datetime():
            return _moment(value, words, zone, comma="")
        case date():
            return _day(value, words, comma="")
        case time():
            return _time(value, words)
        case (first, last):
            return f"{_part(first, words, zone)} - {_part(last, words, zone)}"
    raise TypeError


def _choices(value: object, words: CalendarWords, zone: tzinfo) -> str:
    rows = cast(Sequence[Sequence[object]], value)
    if isinstance(rows, str) or not rows:
        raise TypeError
    return "\n".join(
        f"{number}) " + ", ".join(_part(part, words, zone) for part in row) for number, row in enumerate(rows, start=1)
    )


_WRITERS: dict[Kind, Callable[[object, CalendarWords, tzinfo], str]] = {
    "text": _text,
    "moment": _moment,
    "day": _date,
    "time": _clock,
    "number": _number,
    "choices": _choices,
}
