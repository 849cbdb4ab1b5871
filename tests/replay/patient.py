"""The simulated patient: reads what the bot asks, and answers as the dialogue's patient did, or would have."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from tests.hub_rig import is_said
from tests.replay.goals import Goal, Said

Ending = Literal["booked", "staff", "left", "silent", "too long"]
_STAFF = (
    "handoff.asked",
    "handoff.not_understood",
    "handoff.calendar",
    "handoff.not_confirmed",
    "handoff.cost_insurance",
    "handoff.refill",
    "handoff.results",
    "handoff.forms",
    "handoff.waitlist",
    "handoff.no_time",
    "handoff.prepare",
    "handoff.visit_changed",
    "handoff.identity",
    "inbox.handed_over",
    "safety.medical",
    "safety.crisis",
    "safety.urgent",
    "consent.stopped",
)
_OFFERS = ("slots.offer", "slots.offer_nearest", "slots.offer_with", "slots.nearest_with", "slots.offer_instead")
_NONE = ("slots.none", "slots.wait")
_PROPOSALS = ("slots.propose", "slots.propose_nearest", "slots.propose_move", "slots.propose_move_nearest")
_DONE = ("book.booked", "move.moved")
_TIMES = ("book.ask_when", "book.ask_other_when", "slots.no_more", "move.ask_when")
_CHOICE = re.compile(r"^(\d)\W+(.+)$", re.MULTILINE)
_WHEN = frozenset({"date", "time"})


@dataclass(slots=True)
class Patient:
    """Someone with a goal.

    turn: the next turn of the dialogue that was not said yet. own: texts that were not the dialogue's.
    shown: the bot's last words name the provider wished for.
    """

    goal: Goal
    turn: int = 0
    own: int = 0
    shown: bool = False

    def begins(self) -> str:
        """The dialogue's first words."""
        return self._say(0)

    def ends(self, said: str) -> Ending | None:
        """How the conversation ended with what the bot said, None while it goes on.

        A visit booked as it was wished at that moment is not the end when the dialogue goes on to another wish.
        """
        if any(is_said(template, said) for template in _DONE) and self._is_goal(said):
            return "booked"
        return "staff" if any(is_said(template, said) for template in _STAFF) else None

    def answers(self, said: str) -> str:
        """The next text of the patient."""
        self.shown = self.goal.provider in said
        if any(is_said(one, said) for one in _DONE):
            return self._next({"negate", *_WHEN}, without={"affirm"}) or self._made(f"Can you move it? {self._when()}")
        if any(is_said(one, said) for one in _PROPOSALS):
            return self._proposal(said)
        if any(is_said(one, said) for one in _OFFERS):
            return self._choice(said, self._is_goal) or self._times("No, ")
        if is_said("book.move_or_more", said):
            return self._made("1")
        if is_said("book.which_when", said):
            return self._choice(said, self._is_day_or_hour) or self._times("Neither. ")
        if any(is_said(one, said) for one in _TIMES):
            return self._times()
        if is_said("book.ask_provider", said) or is_said("book.choose_visit_type", said):
            return self._next({"provider"}) or self._made(self.goal.provider)
        if any(is_said(one, said) for one in _NONE):
            return self._made(f"No. {self._when()}")
        return self._next({"wish", "select", "affirm_intent", "date", "time"}) or self._made(
            f"I would like to book an appointment {self._when()}"
        )

    def _proposal(self, said: str) -> str:
        if self._is_goal(said):
            return self._next({"affirm"}, without={"negate", "date", "time"}) or self._made("Yes")
        if _has(self._spoken(self.goal.start), said):  # the time, but with somebody else
            return self._made(f"No, with {self.goal.provider} please")
        return self._next({"negate", *_WHEN}, without={"affirm"}) or self._made(f"No, {self._when()} please")

    def _choice(self, said: str, suits: Callable[[str], bool]) -> str | None:
        """The number of the only choice that suits."""
        head = said if re.search(r"^(?:.*[Ww]ith .+ I have|.*Nearest with .+):$", said, re.MULTILINE) else ""
        fits = [number for number, row in _CHOICE.findall(said) if suits(f"{row} {_named(head)}")]
        return self._made(fits[0]) if len(fits) == 1 else None

    def _times(self, before: str = "") -> str:
        """The dialogue's next words about time; else the goal, in full once the short way was tried."""
        return self._next(set(_WHEN)) or self._made(f"{before}{self._when()}")

    def _next(self, does: set[str], without: set[str] | None = None) -> str | None:
        """The next turn, if it does what is asked; those before it that only ask or thank are passed over."""
        for number in range(self.turn, len(self.goal.said)):
            said = self.goal.said[number]
            if said.does & does and not said.does & (without or set()):
                return self._say(number)
            if said.does & {"affirm", "negate", *_WHEN}:
                return None
        return None

    def _say(self, number: int) -> str:
        self.turn = number + 1
        said: Said = self.goal.said[number]
        return said.text

    def _made(self, text: str) -> str:
        self.own += 1
        return text

    def _is_goal(self, text: str) -> bool:
        return _has(self._spoken(self.goal.start), text) and self.goal.provider in text

    def _is_day_or_hour(self, text: str) -> bool:
        """For the readings of an ambiguous wish, which name a day, an hour or both."""
        start = self.goal.start
        day, hour = f"{start:%b} {start.day}", _hour(start)
        names_hour = bool(re.search(r"\d (AM|PM)|\d:\d\d", text))
        names_day = bool(re.search(r"[A-Z][a-z]{2} \d", text))
        return (names_hour or names_day) and (not names_hour or _has(hour, text)) and (not names_day or _has(day, text))

    def _spoken(self, start: datetime) -> str:
        return f"{start:%b} {start.day}, {_hour(start)}"

    def _when(self) -> str:
        """The goal in our own words, with the provider when the bot speaks of others."""
        start = self.goal.start
        when = f"on {start:%B} {start.day} at {start.hour % 12 or 12}:{start:%M} {'pm' if start.hour > 11 else 'am'}"
        return when if self.shown else f"{when} with {self.goal.provider}"


def _named(head: str) -> str:
    """Whom the line above the choices names, where all are theirs."""
    found = re.search(r"[Ww]ith (.+?)(?: I have)?:$", head, re.MULTILINE)
    return found[1] if found else ""


def _hour(start: datetime) -> str:
    return f"{start.hour % 12 or 12}:{start:%M} {start:%p}"


def _has(words: str, text: str) -> bool:
    return bool(re.search(rf"(?<![\d:]){words}\b", text))
