"""A plan: who is told what, when, and for what purpose. Typed; a file that does not fit is refused with its reason."""

import re
from datetime import time, timedelta
from functools import lru_cache
from typing import Annotated, Literal

import msgspec

from hub.types import ChannelKind, Language, Level, Purpose

Kind = Literal["reminder", "recall", "broadcast", "waitlist", "previsit", "postvisit", "balance", "checkin"]
Risk = Literal["high", "low"]
VisitStatus = Literal["booked", "fulfilled", "noshow"]
Stop = Literal["confirmed", "booked", "answered"]
OWN = "own."
"""How the name of a text begins that is the plan's own, where a step names it."""

_SPAN = re.compile(r"([1-9][0-9]{0,3})(mo|d|h|m)")
_UNITS = {"mo": timedelta(days=30), "d": timedelta(days=1), "h": timedelta(hours=1), "m": timedelta(minutes=1)}
NONE = timedelta()

Span = Annotated[str, msgspec.Meta(pattern=r"^([1-9][0-9]{0,3}(mo|d|h|m)|0)$")]
"""A length of time: `30m`, `2h`, `3d`, `6mo` (of 30 days each), or `0`."""
Name = Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z0-9-]{0,31}$")]
Wall = Annotated[str, msgspec.Meta(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]


@lru_cache(maxsize=256)
def span(written: str) -> timedelta:
    """The length of time that a `Span` says."""
    found = _SPAN.fullmatch(written)
    return NONE if found is None else int(found[1]) * _UNITS[found[2]]


class _Strict(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    pass


class Visits(_Strict, frozen=True, kw_only=True, tag_field="of", tag="visits"):
    """Everybody with such a visit, once for each version of it.

    status: booked visits lie ahead; of fulfilled and missed ones those count that began within `within`.
    within: how far ahead, or back, visits are taken up. types, providers, locations: names; empty for any.
    """

    status: VisitStatus = "booked"
    within: Span = "30d"
    types: tuple[str, ...] = ()
    providers: tuple[str, ...] = ()
    locations: tuple[str, ...] = ()
    languages: tuple[Language, ...] = ()
    rolling: bool = True


class LastVisit(_Strict, frozen=True, kw_only=True):
    """The person's last visit that took place, of one of `types` (empty for any), began longer ago than this."""

    older_than: Span
    types: tuple[str, ...] = ()


class Persons(_Strict, frozen=True, kw_only=True, tag_field="of", tag="persons"):
    """Patients, each once; for a recall once for each last visit.

    listed: only whose record numbers are given when it is started. nothing_booked: only who has no visit ahead.
    from_age, to_age: in completed years, both included.
    """

    listed: bool = False
    last_visit: LastVisit | None = None
    nothing_booked: bool = False
    languages: tuple[Language, ...] = ()
    from_age: int | None = None
    to_age: int | None = None
    rolling: bool = False


class Waiting(_Strict, frozen=True, kw_only=True, tag_field="of", tag="waitlist"):
    """Whoever waits for an earlier time, in batches, when a slot comes free."""

    batch: Annotated[int, msgspec.Meta(ge=1, le=100)] = 10
    every: Span = "5m"
    notice: Span = "2h"
    rolling: bool = True


class When(_Strict, frozen=True, kw_only=True):
    """What must hold when a step is due; None for either way.

    risk: of not coming, by past visits. confirmed: the visit. booked: a visit ahead. answered: an earlier step. gave:
        which of its answers, counted from 1.
    """

    risk: Risk | None = None
    confirmed: bool | None = None
    booked: bool | None = None
    answered: bool | None = None


class Answer(_Strict, frozen=True, kw_only=True):
    """An answer that the person may give, and what follows: a step of this name, words at once, or a look by staff."""

    says: tuple[str, ...]
    step: Name | None = None
    reply: str | None = None
    staff: bool = False


class Wording(_Strict, frozen=True, kw_only=True):
    """One of several wordings; `share` of persons get it, by a stable hash."""

    name: Name
    template: str
    share: Annotated[int, msgspec.Meta(ge=1, le=100)] = 1


class Step(_Strict, frozen=True, kw_only=True):
    """One of a plan's messages.

    before, after: when, from the start of the visit; or, without one, `after` the enrolment.
    between: local times where the person is; each person gets one moment of it, by a stable hash. Only for whole days.
    late: how long after its time it may still be sent; later it is skipped.
    channels: to try no others; empty for all, in the person's own order.
    followed: a delivery that does not reach the person is followed by the next way.
    on_answer: is sent only when an answer names it.
    """

    name: Name
    template: str = ""
    wordings: tuple[Wording, ...] = ()
    before: Span | None = None
    after: Span | None = None
    between: tuple[Wall, Wall] | None = None
    late: Span = "6h"
    when: When = When()
    channels: tuple[ChannelKind, ...] = ()
    followed: bool = False
    on_answer: bool = False
    answers: tuple[Answer, ...] = ()

    @property
    def templates(self) -> tuple[str, ...]:
        """Every template it may use."""
        return tuple(one.template for one in self.wordings) or (self.template,)

    @property
    def window(self) -> tuple[time, time] | None:
        """`between`, as times."""
        return (
            None if self.between is None else (time.fromisoformat(self.between[0]), time.fromisoformat(self.between[1]))
        )


class Said(_Strict, frozen=True, kw_only=True):
    """Words in both languages, with variables in braces."""

    en: Annotated[str, msgspec.Meta(max_length=1600)] = ""
    es: Annotated[str, msgspec.Meta(max_length=1600)] = ""

    def __repr__(self) -> str:
        return "Said(…)"


class Text(_Strict, frozen=True, kw_only=True):
    """A text of the plan's own, which its steps name as `own.` and `name`.

    level: what it reveals, as in the library.
    """

    name: Name
    level: Level = "limited"
    text: Said


class Plan(_Strict, frozen=True, kw_only=True):
    """A campaign's plan. `version` grows with each change of the file.

    stop: of whom any of these holds, nothing more is sent; `booked` and `answered` as in `When`.
    texts: its own, beside those of the library.
    """

    name: Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z0-9-]{0,63}$")]
    version: int
    title: Annotated[str, msgspec.Meta(min_length=1, max_length=80)]
    kind: Kind
    purpose: Purpose
    audience: Visits | Persons | Waiting
    steps: tuple[Step, ...]
    holidays: bool = True
    stop: tuple[Stop, ...] = ()
    texts: tuple[Text, ...] = ()

    def step(self, name: str) -> Step | None:
        """The step of that name."""
        return next((one for one in self.steps if one.name == name), None)
