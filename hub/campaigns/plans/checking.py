"""What keeps a plan from running, each flaw with its place: the same for files and for the page that builds plans."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import get_args

from hub.campaigns.plans.model import OWN, Persons, Plan, Step, Text, Visits, Waiting, span
from hub.campaigns.plans.texts import catalog_of, known_to, own_texts, template
from hub.errors import TemplateError
from hub.types import Language, Purpose
from templates import Catalog, Kind
from templates.checking import problems

PURPOSES: Mapping[str, frozenset[Purpose]] = {
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Flaw:
    """One thing that is wrong with a plan.

    at: its place, such as `steps[0].between`. code: what it is, for a page that has words of its own; words: in
    English. named: what the words name.
    """

    at: str
    code: str
    words: str
    named: str = field(default="", repr=False)


def flaws(plan: Plan) -> list[Flaw]:
    """Everything that keeps a plan from running; empty for one that can."""
    return list(_flaws(plan))


def _flaws(plan: Plan) -> Iterator[Flaw]:
    if not plan.steps:
        yield Flaw(at="steps", code="no-step", words="a plan needs a step")
    if plan.purpose not in PURPOSES[plan.kind]:
        words = f"a {plan.kind} cannot have the purpose {plan.purpose}"
        yield Flaw(at="purpose", code="purpose", words=words)
    if (plan.kind == "waitlist") is not isinstance(plan.audience, Waiting):
        words = "the audience `waitlist` belongs to the kind `waitlist`, and no other"
        yield Flaw(at="audience.of", code="waitlist", words=words)
    if isinstance(plan.audience, Persons):
        first, last = plan.audience.from_age, plan.audience.to_age
        if first is not None and last is not None and first > last:
            words = "the audience is to be at least so old, and younger than that"
            yield Flaw(at="audience.to_age", code="ages", words=words)
    names = [step.name for step in plan.steps]
    for at, name in enumerate(names):
        if name in names[:at]:
            yield Flaw(at=f"steps[{at}].name", code="twice", words=f"there are two steps {name}", named=name)
    known = known_to(plan.audience)
    for at, text in enumerate(plan.texts):
        if any(text.name == other.name for other in plan.texts[:at]):
            words = f"there are two texts {text.name}"
            yield Flaw(at=f"texts[{at}].name", code="twice", words=words, named=text.name)
        yield from _of_text(at, text, plan.version, known)
    catalog = catalog_of(plan)
    branches = {step.name for step in plan.steps if step.on_answer}
    for at, step in enumerate(plan.steps):
        yield from _of_step(plan, at, step, catalog, known)
        for number, answer in enumerate(step.answers):
            where = f"steps[{at}].answers[{number}]"
            if not any(said.strip() for said in answer.says):
                yield Flaw(at=f"{where}.says", code="says", words="an answer needs the words that it is given in")
            if answer.step is not None and answer.step not in branches:
                words = f"an answer leads to {answer.step}, which is no step with `on_answer: true`"
                yield Flaw(at=f"{where}.step", code="branch", words=words, named=answer.step)
            if answer.reply is not None and answer.reply.startswith(OWN):
                words = "what is said to an answer is a text of the library"
                yield Flaw(at=f"{where}.reply", code="reply", words=words)
            elif answer.reply is not None:
                yield from _of_template(f"{where}.reply", answer.reply, known, catalog)


def _of_step(plan: Plan, at: int, step: Step, catalog: Catalog, known: Mapping[str, Kind]) -> Iterator[Flaw]:
    here, visits = f"steps[{at}]", isinstance(plan.audience, Visits)
    if bool(step.template) is bool(step.wordings):
        yield Flaw(at=f"{here}.template", code="no-text", words="needs either a template or wordings")
    if step.before is not None and (step.after is not None or not visits):
        words = "`before` needs visits, and goes without `after`"
        yield Flaw(at=f"{here}.before", code="before", words=words)
    if visits and step.before is None and step.after is None and not step.on_answer:
        yield Flaw(at=f"{here}.after", code="no-time", words="needs `before` or `after`")
    if step.between is not None:
        if step.between[0] >= step.between[1]:
            yield Flaw(at=f"{here}.between", code="window", words="`between` ends before it begins")
        whole = [one for one in (step.before, step.after) if one is not None]
        if any(span(one).seconds for one in whole):
            words = "`between` goes with whole days only"
            yield Flaw(at=f"{here}.between", code="whole-days", words=words)
    ahead = isinstance(plan.audience, Visits) and plan.audience.status == "booked"
    if isinstance(plan.audience, Visits) and not ahead and step.before is not None:
        yield Flaw(at=f"{here}.before", code="over", words="a visit that is over has nothing before it")
    names = [one.name for one in step.wordings]
    for number, name in enumerate(names):
        if name in names[:number]:
            words = f"there are two wordings {name}"
            yield Flaw(at=f"{here}.wordings[{number}].name", code="twice", words=words, named=name)
    for number, key in enumerate(step.templates):
        if key:
            where = f"{here}.wordings[{number}].template" if step.wordings else f"{here}.template"
            yield from _of_template(where, key, known, catalog, own={OWN + one.name for one in plan.texts})


def _of_template(
    at: str, key: str, known: Mapping[str, Kind], catalog: Catalog, own: frozenset[str] | set[str] = frozenset()
) -> Iterator[Flaw]:
    if key in own:
        # What is wrong with it is told where it is written.
        return
    for language in get_args(Language):
        try:
            found = catalog.get(key, language)
        except TemplateError:
            yield Flaw(at=at, code="no-template", words=f"there is no template {key}", named=key)
            return
        for name, kind in found.variables.items():
            if known.get(name) != kind:
                words = f"the template {key} wants {name} ({kind}), which this audience does not have"
                yield Flaw(at=at, code="variable", words=words, named=f"{{{name}}}")
                return


def _of_text(at: int, text: Text, version: int, known: Mapping[str, Kind]) -> Iterator[Flaw]:
    whole = True
    for language in get_args(Language):
        where = f"texts[{at}].text.{language}"
        words = getattr(text.text, language)
        if not words.strip():
            yield Flaw(
                at=where, code=f"no-words-{language}", words=f"the text {text.name} is not written in {language}"
            )
            whole = False
            continue
        found = template(text, language, version)
        if found is None:
            told = f"the text {text.name}: a variable is written {{name}} and nothing more"
            yield Flaw(at=where, code="braces", words=told)
            whole = False
            continue
        for name in found.variables:
            if name not in known:
                told = f"the text {text.name} names {{{name}}}, which this audience does not have"
                yield Flaw(at=where, code="variable", words=told, named=f"{{{name}}}")
                whole = False
    if not whole:
        return
    for one in problems(own_texts((text,), version)):
        if one.severity == "error":
            told = f"the text {text.name}: {one.words}"
            code = "level" if "level" in one.words else "variables" if "variables" in one.words else "opt-out"
            place = f"texts[{at}].level" if code == "level" else f"texts[{at}].text.{one.language}"
            yield Flaw(at=place, code=code, words=told)
