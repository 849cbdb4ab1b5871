"""A refusal of the router, as an answer."""

from hub.calls.endpoints import Wrote
from hub.calls.problems import Problem
from hub.parts import Parts
from hub.router import Routed
from hub.types import Skip


def refused(parts: Parts, routed: Routed, skip: Skip, request_id: str) -> Wrote:
    """409 with the reasons. Nothing was changed, but the refusal is in the audit, so the unit of work must stand."""
    problem = Problem(409, "not-permitted", " ".join(skip.reasons), reasons=skip.reasons)
    return Wrote(status=409, value=problem.details(request_id), after=lambda: parts.router.announce(routed))
