"""Plans out of their files, each checked as a whole: a plan that could not run is refused before it is started."""

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import msgspec
from msgspec import structs

from hub.campaigns.plans.checking import Flaw, flaws
from hub.campaigns.plans.model import Persons, Plan, Visits, Waiting
from hub.errors import InputError

FOLDER = Path(__file__).parent


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
    # Only here and in `written`: a hub keeps its plans as JSON, and reads YAML when one is brought or begun.
    import yaml

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
    if found := flaws(plan):
        raise InputError("; ".join(_placed(plan, one) for one in found))
    return plan


def _placed(plan: Plan, flaw: Flaw) -> str:
    step = re.match(r"steps\[(\d+)\]", flaw.at)
    return f"step {plan.steps[int(step[1])].name}: {flaw.words}" if step else flaw.words


def encode(plan: Plan, *, texts: bool = True) -> str:
    """`plan` as JSON, as a run keeps it; without its own texts where these are kept elsewhere, sealed."""
    return msgspec.json.encode(plan if texts else structs.replace(plan, texts=())).decode()


def written(plan: Plan) -> str:
    """`plan` as a YAML file that says the same."""
    import yaml

    dumped = yaml.safe_dump(msgspec.to_builtins(plan), sort_keys=False, allow_unicode=True, width=110)
    return str(dumped)


def decode(kept: str) -> Plan:
    """The plan that a run kept."""
    return msgspec.json.decode(kept, type=Plan)


def people_of(plan: Plan) -> Persons | Visits | None:
    """The audience that is walked through; None for a waitlist, whose turn comes when a slot is free."""
    return None if isinstance(plan.audience, Waiting) else plan.audience


def renamed(plan: Plan, name: str) -> Plan:
    """`plan` under another name."""
    return structs.replace(plan, name=name)
