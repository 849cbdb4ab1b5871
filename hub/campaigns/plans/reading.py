"""Plans out of their files, each checked as a whole: a plan that could not run is refused before it is started."""

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import get_args

import msgspec
import yaml

from hub.campaigns.plans.model import Persons, Plan, Step, Visits, Waiting, span
from hub.errors import InputError, TemplateError
from hub.types import Language, Purpose
from templates import Catalog, Kind, shipped

FOLDER = Path(__file__).parent
_OF_ALL: Mapping[str, Kind] = {"clinic": "text", "phone": "text", "name": "text", "link": "text"}
_OF_A_VISIT: Mapping[str, Kind] = {"start": "moment", "location": "text", "provider": "text", "minutes": "number"}
_PURPOSES: Mapping[str, frozenset[Purpose]] = {
    "reminder": frozenset({Purpose.APPOINTMENT}),
    "waitlist": frozenset({Purpose.APPOINTMENT}),
    "previsit": frozenset({Purpose.APPOINTMENT, Purpose.CARE}),
    "postvisit": frozenset({Purpose.CARE, Purpose.SURVEY}),
    "recall": frozenset({Purpose.CARE}),
    "checkin": frozenset({Purpose.CARE}),
    "balance": frozenset({Purpose.BILLING}),
    "broadcast": frozenset({Purpose.CARE, Purpose.MARKETING, Purpose.APPOINTMENT, Purpose.SURVEY}),
}
"""What a kind may be for: a balance notice that called itself care would pass by the person's own wish."""


@cache
def built_in() -> Mapping[str, Plan]:
    """The plans that ship with the product, by name."""
    return {plan.name: plan for plan in (read(path) for path in sorted(FOLDER.glob("*.yml")))}


def read(path: Path) -> Plan:
    """The plan in a YAML file. Raises: InputError, which names the file and what is wrong with it."""
    try:
        return parse(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError):
        raise InputError(f"{path.name}: this file cannot be read") from None
    except InputError as wrong:
        raise InputError(f"{path.name}: {wrong}") from None


def parse(text: str) -> Plan:
    """The plan that a YAML text describes. Raises: InputError."""
    try:
        raw = yaml.safe_load(text)
    except yaml.YAMLError as broken:
        mark = getattr(broken, "problem_mark", None)
        where = f" in line {mark.line + 1}" if mark is not None else ""
        raise InputError(f"this is no YAML{where}") from None
    return convert(raw)


def convert(raw: object) -> Plan:
    """The plan that plain values describe. Raises: InputError."""
    try:
        plan = msgspec.convert(raw, Plan, strict=True)
    except msgspec.ValidationError as wrong:
        raise InputError(str(wrong)) from None
    problems = list(_problems(plan, shipped()))
    if problems:
        raise InputError("; ".join(problems))
    return plan


def encode(plan: Plan) -> str:
    """`plan` as JSON, as a run keeps it."""
    return msgspec.json.encode(plan).decode()


def decode(kept: str) -> Plan:
    """The plan that a run kept."""
    return msgspec.json.decode(kept, type=Plan)


def _problems(plan: Plan, catalog: Catalog) -> Iterator[str]:
    if not plan.steps:
        yield "a plan needs a step"
    if plan.purpose not in _PURPOSES[plan.kind]:
        yield f"a {plan.kind} cannot have the purpose {plan.purpose}"
    if (plan.kind == "waitlist") is not isinstance(plan.audience, Waiting):
        yield "the audience `waitlist` belongs to the kind `waitlist`, and no other"
    names = [step.name for step in plan.steps]
    for name in {name for name in names if names.count(name) > 1}:
        yield f"there are two steps {name}"
    asked = {answer.step for step in plan.steps for answer in step.answers if answer.step is not None}
    for name in sorted(asked - {step.name for step in plan.steps if step.on_answer}):
        yield f"an answer leads to {name}, which is no step with `on_answer: true`"
    for step in plan.steps:
        for problem in _of_step(plan, step, catalog):
            yield f"step {step.name}: {problem}"


def _of_step(plan: Plan, step: Step, catalog: Catalog) -> Iterator[str]:
    visits = isinstance(plan.audience, Visits)
    if bool(step.template) is bool(step.wordings):
        yield "needs either a template or wordings"
    if step.before is not None and (step.after is not None or not visits):
        yield "`before` needs visits, and goes without `after`"
    if visits and step.before is None and step.after is None and not step.on_answer:
        yield "needs `before` or `after`"
    if step.between is not None:
        if step.between[0] >= step.between[1]:
            yield "`between` ends before it begins"
        whole = [one for one in (step.before, step.after) if one is not None]
        if any(span(one).seconds for one in whole):
            yield "`between` goes with whole days only"
    ahead = isinstance(plan.audience, Visits) and plan.audience.status == "booked"
    if isinstance(plan.audience, Visits) and not ahead and step.before is not None:
        yield "a visit that is over has nothing before it"
    known = {**_OF_ALL, **(_OF_A_VISIT if visits or isinstance(plan.audience, Waiting) else {})}
    for key in filter(None, (*step.templates, *(answer.reply for answer in step.answers))):
        yield from _of_template(key, known, catalog)


def _of_template(key: str, known: Mapping[str, Kind], catalog: Catalog) -> Iterator[str]:
    for language in get_args(Language):
        try:
            template = catalog.get(key, language)
        except TemplateError:
            yield f"there is no template {key}"
            return
        for name, kind in template.variables.items():
            if known.get(name) != kind:
                yield f"the template {key} wants {name} ({kind}), which this audience does not have"
                return


def people_of(plan: Plan) -> Persons | Visits | None:
    """The audience that is walked through; None for a waitlist, whose turn comes when a slot is free."""
    return None if isinstance(plan.audience, Waiting) else plan.audience
