"""Whether every call and page of staff asks for a permission, knows what its ids are of, and takes no field unasked."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from hub.calls import Endpoint, Passing, Reading, Writing
from hub.parts import Parts
from hub.safeguards import Finding, Safeguard, State
from hub.staff.access import named
from hub.staff.pages import Page

__all__ = ["Gates", "judge_gates", "reach"]


@dataclass(frozen=True, slots=True)
class Gates:
    """How many calls and pages there are; those without a permission, with ids of nothing known, with open bodies."""

    all: int
    unguarded: Sequence[str]
    unnamed: Sequence[str]
    loose: Sequence[str]


def judge_gates(facts: Gates, now: datetime) -> Finding:
    """None of them is left out."""
    wrong = (*facts.unguarded, *facts.unnamed, *facts.loose)
    evidence = {"gates": facts.all, "gates_wrong": ", ".join(sorted(set(wrong))) or None}
    return Finding(State.MISSING, "open", evidence) if wrong else Finding(State.IN_PLACE, "", evidence)


def reach(endpoints: Sequence[Endpoint], pages: Sequence[Page]) -> Safeguard[Gates]:
    """The safeguard over these calls and pages."""

    async def gather(conn: AsyncConnection, parts: Parts) -> Gates:
        return gates(endpoints, pages)

    return Safeguard(
        name="gates",
        group="access",
        law=("164.312(a)(1)", "164.308(a)(4)(ii)(C)"),
        reasons=("open",),
        gather=gather,
        judge=judge_gates,
    )


def gates(endpoints: Sequence[Endpoint], pages: Sequence[Page]) -> Gates:
    """What is to be known of them. Pure."""
    paths = [*(one.path for one in endpoints), *(one.path for one in pages)]
    return Gates(
        all=len(paths),
        # A page without a permission is one for who is not signed in yet.
        unguarded=[one.path for one in endpoints if one.scope is None]
        + [one.path for one in pages if one.scope is None and not one.path.startswith("/sign-in")],
        unnamed=[one for one in paths if not _is_named(one)],
        loose=[one.path for one in endpoints if _is_loose(one)],
    )


def _is_named(path: str) -> bool:
    try:
        named(path, {})
    except KeyError:
        return True
    except LookupError:
        return False
    return True


def _is_loose(one: Endpoint) -> bool:
    shapes = [one.query] if isinstance(one, Reading) else []
    if isinstance(one, Reading | Writing | Passing) and one.body is not None:
        shapes.append(one.body)
    return any(not shape.__struct_config__.forbid_unknown_fields for shape in shapes)
