"""A preview added up: how many persons a run would reach, and why the others are left out. Counts only."""

from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from hub.campaigns.planner import Planned


@dataclass(slots=True, kw_only=True)
class Foreseen:
    """What a preview came to.

    people: persons of the audience. reached: those to whom at least one step would be sent, now or later.
    excluded: the others, by the rule of the first step that the policy refuses, else of the first; `reasons` are its
        words. Of whoever opted out that is told, though an earlier step is late as well.
    steps: rows by step and outcome. channels: rows that would be sent, by channel.
    complete: whether the whole audience was looked through.
    """

    people: int = 0
    reached: int = 0
    excluded: Counter[str] = field(default_factory=Counter)
    reasons: dict[str, str] = field(default_factory=dict)
    steps: dict[str, Counter[str]] = field(default_factory=dict)
    channels: Counter[str] = field(default_factory=Counter)
    complete: bool = True

    @property
    def left_out(self) -> int:
        """Persons to whom nothing would be sent."""
        return self.people - self.reached


async def added_up(pages: AsyncIterator[list[Planned]], most: int) -> Foreseen:
    """The sums of a preview, of which at least `most` rows are looked at before it is broken off."""
    found = Foreseen()
    reached: set[str] = set()
    refused: dict[str, str] = {}
    passed_over: dict[str, str] = {}
    rows = 0
    async for page in pages:
        for one in page:
            decided = one.decided
            found.steps.setdefault(decided.step.name, Counter())[decided.decision] += 1
            if decided.decision == "skip":
                (passed_over if decided.judged is None else refused).setdefault(one.mrn, decided.rule)
                found.reasons.setdefault(decided.rule, decided.reason)
            else:
                reached.add(one.mrn)
                if decided.channel is not None:
                    found.channels[decided.channel.value] += 1
        rows += len(page)
        if rows >= most:
            found.complete = False
            break
    why = passed_over | refused
    found.excluded = Counter(rule for mrn, rule in why.items() if mrn not in reached)
    found.reached = len(reached)
    found.people = found.reached + found.excluded.total()
    return found
