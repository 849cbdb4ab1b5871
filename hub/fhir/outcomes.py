"""Failures as OperationOutcomes.

Source: HL7 FHIR R4 (4.0.1), OperationOutcome and its issue types.
"""

from typing import Any

import msgspec
from aiohttp import web

from hub.calls import Problem

__all__ = ["CONTENT_TYPE", "answer", "bad", "outcome"]

CONTENT_TYPE = "application/fhir+json"
_CODES = {
    400: "invalid",
    401: "login",
    403: "forbidden",
    404: "not-found",
    405: "not-supported",
    406: "not-supported",
    410: "deleted",
    413: "too-long",
    503: "transient",
}


def bad(detail: str) -> Problem:
    """400: what is asked for cannot be understood; `detail` says how to mend it."""
    return Problem(400, "search", detail)


def outcome(status: int, detail: str) -> dict[str, Any]:
    """An OperationOutcome of one issue."""
    severity = "fatal" if status == 500 else "error"
    issue = {"severity": severity, "code": _CODES.get(status, "exception"), "diagnostics": detail}
    return {"resourceType": "OperationOutcome", "issue": [issue]}


def answer(problem: Problem, request_id: str) -> web.Response:
    """The answer that ends a request. What cannot be used is 400 here: 422 is for what breaks a rule of business."""
    status = 400 if problem.status == 422 else problem.status
    told = outcome(status, problem.detail or problem.details().title)
    told["id"] = request_id
    headers = {**problem.headers, "Content-Type": f"{CONTENT_TYPE}; charset=utf-8"}
    return web.Response(status=status, body=msgspec.json.encode(told), headers=headers)
