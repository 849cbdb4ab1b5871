"""A preview added up: how many persons a run would reach, and why the others are left out. Counts only."""

from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from hub.campaigns.planner import Planned


@dataclass(slots=True, kw_only=True)
class Foreseen:
    """What a preview came to.

    people: persons of the audience. reached: those to whom at least one step would be sent, now or later.
    excluded: the others, by the rule that decided about the first of their steps; `reasons` are its words.
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
    rules: dict[str, str | None] = {}
    rows = 0
    async for page in pages:
        for one in page:
            decided = one.decided
            found.steps.setdefault(decided.step.name, Counter())[decided.decision] += 1
            if decided.decision == "skip":
                rules.setdefault(one.mrn, decided.rule)
                found.reasons.setdefault(decided.rule, decided.reason)
            else:
                rules[one.mrn] = None
                if decided.channel is not None:
                    found.channels[decided.channel.value] += 1
        rows += len(page)
        if rows >= most:
            found.complete = False
            break
    found.people = len(rules)
    found.excluded = Counter(rule for rule in rules.values() if rule is not None)
    found.reached = found.people - found.excluded.total()
    return found
