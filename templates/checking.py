"""Texts looked through while they are written: length as SMS, what they reveal, what they ask for, what is missing."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import get_args

from hub.types import ChannelKind, Language, Level
from templates.catalog import Catalog
from templates.model import LEVELS, Kind, Template
from templates.render import Rendered, fill
from templates.segments import Encoding, first_wide, measure

MOST_SEGMENTS = 4
"""Segments of an SMS at most: a text that is billed as more is a mail."""

_LONG: Mapping[str, object] = {
    "clinic": "Maple Street Clinic",
    "phone": "+12025550100",
    "name": "Guadalupe",
    "location": "12 Maple Street, Springfield",
    "provider": "Dr. Hannah Kim-Rodriguez",
    "link": "https://clinic.example/portal/l/3Zk9vQ2mXw",
}
_BY_KIND: Mapping[Kind, object] = {
    "text": "Sample text",
    "moment": datetime(2026, 9, 30, 17, 45, tzinfo=UTC),
    "day": date(2026, 9, 30),
    "number": 30,
    "plural": 2,
    "choices": (("Wed", time(16, 30)), ("Thu", time(9, 45)), ("Fri", time(11, 15))),
}
_REVEALS: Mapping[str, Level] = {
    "name": "limited",
    "start": "limited",
    "location": "limited",
    "provider": "limited",
    "visit_type": "full",
    "specialty": "full",
    "amount": "full",
    "birth_date": "full",
    "reason": "full",
}
"""What a variable of this name tells of a person, at least."""
_OPT_OUT_WORD = re.compile(
    r"\b(?:reply|text|responda|envíe|escriba)\s+(?:con\s+)?(cancel|end|quit|revoke|remove|unsubscribe|alto|baja)\b",
    re.IGNORECASE,
)
"""Words that a carrier takes for an opt-out. Source: CTIA Messaging Principles; 47 CFR 64.1200(a)(10)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """A text filled in with long samples, and how it is billed where it is an SMS."""

    template: Template
    channel: ChannelKind
    rendered: Rendered
    encoding: Encoding | None
    segments: int
    units: int

    @property
    def wide(self) -> str:
        """The first character for which an SMS holds less than half as much; empty for none."""
        return first_wide(self.rendered.text) if self.encoding == "UCS-2" else ""


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a text: `severity` is `error` where it must not be said so."""

    key: str
    language: Language
    severity: str
    words: str


def samples(template: Template) -> dict[str, object]:
    """A long value for each variable of a template."""
    return {
        name: _LONG.get(name, _BY_KIND[kind]) if kind == "text" else _BY_KIND[kind]
        for name, kind in template.variables.items()
    }


def measured(template: Template, channel: ChannelKind) -> Measured:
    """How a template comes out on a channel, with long samples."""
    rendered = fill(template, samples(template), channel, UTC)
    size = measure(rendered.text) if channel is ChannelKind.SMS else None
    return Measured(
        template=template,
        channel=channel,
        rendered=rendered,
        encoding=size.encoding if size is not None else None,
        segments=size.segments if size is not None else 0,
        units=size.units if size is not None else len(rendered.text),
    )


def problems(catalog: Catalog) -> Iterator[Problem]:
    """Everything that is wrong with the texts of a catalog."""
    for template in catalog:
        for severity, words in _of(template):
            yield Problem(template.key, template.language, severity, words)
    for key in catalog.keys():  # noqa: SIM118 - a method of ours, with an order
        for language in get_args(Language):
            written = catalog.written(key, language)
            if written is None or written.state != "approved":
                what = "no translation" if written is None else "only a draft"
                yield Problem(key, language, "warning", f"{what}: it falls back to English, and says so")
            elif (english := catalog.written(key, "en")) is not None and written.variables != english.variables:
                yield Problem(key, language, "error", "its variables are not those of the English text")


def _of(template: Template) -> Iterator[tuple[str, str]]:
    reveals = max((_REVEALS.get(name, "none") for name in template.variables), key=LEVELS.index, default="none")
    if LEVELS.index(reveals) > LEVELS.index(template.level):
        yield "error", f"its level is {template.level}, and what it is filled in with reveals {reveals}"
    sms = measured(template, ChannelKind.SMS)
    if found := _OPT_OUT_WORD.search(sms.rendered.text):
        yield "error", f"it asks for {found[1].upper()}, which carriers take for an opt-out"
    if template.level != "full" and sms.segments > MOST_SEGMENTS:
        yield "warning", f"as SMS it is billed as {sms.segments} segments ({sms.encoding})"
    push = template.channels.get(ChannelKind.PUSH)
    if push is not None and any(_REVEALS.get(name or "", "none") != "none" for _, name in push):
        yield "error", "its push notice shows on a locked screen, and names somebody"
