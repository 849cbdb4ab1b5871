"""What is built in and is seen by no look at a running hub: the tests of the release hold it."""

from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version

from sqlalchemy.ext.asyncio import AsyncConnection

from hub.parts import Parts
from hub.safeguards.model import Finding, Safeguard, State

__all__ = ["FILES", "TESTED"]


@dataclass(frozen=True, slots=True)
class Suite:
    """Which tests hold it, and of which release."""

    tests: str
    release: str


def judge_tested(facts: Suite, now: datetime) -> Finding:
    """It cannot be seen from here: whoever doubts it runs the tests."""
    return Finding(State.UNSEEN, "tested", {"tests": facts.tests, "release": facts.release or None})


FILES: list[str] = []
"""The tests that are named."""


def _held(name: str, law: str, tests: str) -> Safeguard[Suite]:
    FILES.append(tests)

    async def gather(conn: AsyncConnection, parts: Parts) -> Suite:
        try:
            return Suite(tests, version("carehub"))
        except PackageNotFoundError:
            return Suite(tests, "")

    return Safeguard(name=name, group="software", law=(law,), reasons=("tested",), gather=gather, judge=judge_tested)


TESTED = (
    # One-time codes are short-lived and limited, and failures all sound alike.
    _held("codes", "164.312(d)", "tests/hub/portal/test_entering.py"),
    # What a role may, over every call and page, with ids of others.
    _held("roles", "164.312(a)(1)", "tests/hub/staff/test_matrix.py"),
    # Formulas, markup and line breaks in what people type; sizes; files.
    _held("inputs", "164.312(c)(1)", "tests/faults/test_bad_input.py"),
    # No name, number or text in the clear in the database, its journal, or a log.
    _held("clear_text", "164.312(a)(2)(iv)", "tests/faults/test_bytes.py"),
    # Nothing that was accepted is lost where a process is killed.
    _held("crashes", "164.308(a)(7)(ii)(C)", "tests/faults/test_kill.py"),
    # Who edits, deletes, inserts, moves or cuts off entries is found out.
    _held("tampering", "164.312(c)(2)", "tests/hub/test_audit_tampering.py"),
)
