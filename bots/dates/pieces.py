"""What the grammar finds in the lexemes: days, hours, relations. Pure values, not yet joined to windows."""

from collections.abc import Container
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Literal

from bots.dates.lexeme import Lexeme
from hub.types import Language

Half = Literal["am", "pm", "24"]
Wish = Literal["earlier", "later", "soonest"]
Bound = Literal["at", "around", "after", "from", "before", "by", "until", "between", "same"]
Stretch = tuple[date | None, date | None]
"""First and last day, both included; None is open."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """All that reading depends on. `now` is aware, in the clinic's zone; `hours` are the clinic's.

    kinds: those of the lexemes, by place; said: the words of the text; moving: a visit is to be moved.
    """

    lexemes: list[Lexeme]
    kinds: dict[int, str]
    now: datetime
    language: Language
    expecting: Literal["date", "time"] | None
    hours: tuple[time, time]
    moving: bool
    said: frozenset[str]

    @property
    def today(self) -> date:
        """The day of `now`."""
        return self.now.date()

    def kind(self, at: int) -> str:
        """The kind of the lexeme at `at`; "" outside the text."""
        return self.kinds.get(at, "")

    def moves(self, at: int, *, hours: bool = False) -> bool:
        """Whether the "to" at `at` leads from where a visit is to where it goes, and is no "from … to" of a stretch.

        hours: it stands between two hours; "para" then has named where the visit goes.
        """
        if not self.moving:
            return False
        for n in range(at - 1, -1, -1):
            lexeme = self.lexemes[n]
            if lexeme.kind == "move":
                return True
            if lexeme.word == "a" and self.kind(n + 1) in ("my", "title", "word"):
                continue  # "mover a mi esposo del 9 al 11"
            if lexeme.kind in ("to", "comma", "stop") or (hours and lexeme.kind == "for" and self.language == "es"):
                return False
        return False

    def skip(self, at: int, kinds: Container[str]) -> int:
        """`at` moved past lexemes of these kinds, at most three: a person says no more, and time stays linear."""
        stop = at + 3
        while at < stop and self.kind(at) in kinds:
            at += 1
        return at


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """An hour as it was said. half None: morning or afternoon is open; `part` was said right after it."""

    hour: int
    minute: int = 0
    half: Half | None = None
    about: bool = False
    part: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Days:
    """One stretch of days, in one or more readings, the likeliest first.

    weekday: set when nothing but a weekday was named; wide: a period within which a day may be named;
    within: the period that was said with a weekday, from which it may be left out;
    instead: it takes the place of the day it is counted from ("the 21st, so before that");
    dated: its weekday was said with its number, and both agree, so that another weekday is another day;
    moved: a visit is moved to it, so that an hour named before it is the old one; left: the day it is moved from;
    at: a moment, when hours were counted ("in two hours"); past: it lies behind and asks for nothing.
    """

    readings: tuple[Stretch, ...]
    weekday: int | None = None
    wide: bool = False
    at: datetime | None = None
    past: bool = False
    day_of_month: bool = False
    dated: bool = False
    moved: bool = False
    left: Stretch | None = None
    excluded_weekdays: tuple[int, ...] = ()
    within: Stretch | None = None
    instead: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours:
    """A time of day, a stretch of hours, or a part of the day.

    other: a second reading. leaving: it only says what keeps the person until then; an hour named after it is the wish.
    """

    bound: Bound
    low: Clock | None = None
    high: Clock | None = None
    part: str | None = None
    other: "Hours | None" = None
    leaving: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Relation:
    """A wish relative to what was offered."""

    wish: Wish


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """Something found, with the lexemes it was found in (`at` included, `stop` not)."""

    at: int
    stop: int
    found: Days | Hours | Relation = field(repr=False)
