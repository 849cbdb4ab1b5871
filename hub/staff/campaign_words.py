"""A plan in the reader's language: whom it is for, when its steps leave, by which way, on what condition. Pure."""

import difflib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from hub.campaigns.plans import Persons, Plan, Step, Visits, written
from hub.types import Language

__all__ = ["StepSaid", "audience", "changes", "reason", "steps", "stops", "title"]

Words = Mapping[str, str]
_SPAN = re.compile(r"([0-9]+)(mo|d|h|m)")


@dataclass(frozen=True, slots=True, kw_only=True)
class StepSaid:
    """One step in words. `conditions` may be empty; `texts` are the keys of its templates."""

    name: str
    when: str
    conditions: Sequence[str]
    channels: str
    texts: Sequence[str]


def title(plan: Plan, t: Words) -> str:
    """What the plan is called; one that has no words of its own goes by the title in its file."""
    return t.get(f"campaign_title_{plan.name}", plan.title)


def reason(rule: str, words: str, t: Words) -> tuple[str, Language | None]:
    """Why somebody is left out, by the rules; and the language of it where it is not the reader's own.

    rule: one for each way, with commas between. words: the engine's, for a rule that has none here.
    """
    found = [t.get(f"campaign_rule_{one}") for one in dict.fromkeys(rule.split(","))]
    said = [one for one in found if one is not None]
    return ("; ".join(said), None) if said and len(said) == len(found) else (words or rule, "en")


def audience(plan: Plan, t: Words) -> list[str]:
    """Whom the plan is for, in sentences."""
    return list(_audience(plan, t))


def _audience(plan: Plan, t: Words) -> Iterator[str]:
    match plan.audience:
        case Visits() as whom:
            yield t[f"campaign_visits_{whom.status}"].replace("{span}", _span(whom.within, t))
            for kind, names in (("types", whom.types), ("providers", whom.providers), ("locations", whom.locations)):
                if names:
                    yield t[f"campaign_only_{kind}"].replace("{names}", ", ".join(names))
            yield from _languages(whom.languages, t)
            yield t["campaign_rolling" if whom.rolling else "campaign_frozen"]
        case Persons() as whom:
            yield t["campaign_persons_listed" if whom.listed else "campaign_persons"]
            if whom.last_visit is not None:
                yield t["campaign_last_visit"].replace("{span}", _span(whom.last_visit.older_than, t))
                if whom.last_visit.types:
                    yield t["campaign_only_types"].replace("{names}", ", ".join(whom.last_visit.types))
            if whom.nothing_booked:
                yield t["campaign_nothing_booked"]
            if whom.from_age is not None:
                yield t["campaign_from_age"].replace("{n}", str(whom.from_age))
            if whom.to_age is not None:
                yield t["campaign_to_age"].replace("{n}", str(whom.to_age))
            yield from _languages(whom.languages, t)
            yield t["campaign_rolling" if whom.rolling else "campaign_frozen"]
        case whom:
            said = t["campaign_waiting"].replace("{n}", str(whom.batch))
            yield said.replace("{span}", _span(whom.every, t))


def changes(before: Plan, after: Plan) -> list[tuple[str, str]]:
    """What is other in a later version, line by line of its file: each with `+`, `-`, `@` or a space, and its words."""
    lines = difflib.unified_diff(written(before).splitlines(), written(after).splitlines(), n=2, lineterm="")
    found = [line for line in lines if not line.startswith(("---", "+++"))]
    return [("@", "…") if line.startswith("@@") else (line[:1], line[1:]) for line in found]


def stops(plan: Plan, t: Words) -> list[str]:
    """When the plan ends for somebody, in short sentences."""
    return [t[f"build_stop_{one}"] for one in plan.stop]


def _languages(languages: Sequence[Language], t: Words) -> Iterator[str]:
    if languages:
        names = ", ".join(t[f"campaign_language_{one}"] for one in languages)
        yield t["campaign_only_languages"].replace("{names}", names)


def steps(plan: Plan, t: Words) -> list[StepSaid]:
    """Every step, in its order."""
    return [
        StepSaid(
            name=one.name,
            when=_when(plan, one, t),
            conditions=list(_conditions(one, t)),
            channels=_channels(one, t),
            texts=one.templates,
        )
        for one in plan.steps
    ]


def _when(plan: Plan, step: Step, t: Words) -> str:
    visits = isinstance(plan.audience, Visits)
    if step.before is not None:
        said = t["campaign_before"].replace("{span}", _span(step.before, t))
    elif step.after in (None, "0"):
        said = t["campaign_at_answer" if step.on_answer else "campaign_at_visit" if visits else "campaign_at_once"]
    else:
        name = "campaign_after_answer" if step.on_answer else "campaign_after_visit" if visits else "campaign_after"
        said = t[name].replace("{span}", _span(step.after or "", t))
    if step.between is not None:
        said += t["campaign_between"].replace("{from}", step.between[0]).replace("{to}", step.between[1])
    return said


def _conditions(step: Step, t: Words) -> Iterator[str]:
    for name, value in (
        ("risk", step.when.risk),
        ("confirmed", step.when.confirmed),
        ("booked", step.when.booked),
        ("answered", step.when.answered),
    ):
        if value is not None:
            said = ("yes" if value else "no") if isinstance(value, bool) else value
            yield t[f"campaign_if_{name}_{said}"]
    if step.answers:
        yield t["campaign_if_answers"].replace("{names}", ", ".join(one.says[0] for one in step.answers))
    yield t["campaign_late"].replace("{span}", _span(step.late, t))


def _channels(step: Step, t: Words) -> str:
    names = ", ".join(t[f"campaign_channel_{one.value}"] for one in step.channels)
    said = t["campaign_channels_only"].replace("{names}", names) if names else t["campaign_channels_any"]
    return f"{said} {t['campaign_followed']}" if step.followed else said


def _span(written: str, t: Words) -> str:
    found = _SPAN.fullmatch(written)
    if found is None:
        return written
    form = "one" if found[1] == "1" else "other"
    return t[f"campaign_span_{found[2]}_{form}"].replace("{n}", found[1])
