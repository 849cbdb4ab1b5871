"""What went wrong, as problem details.

Source: RFC 9457.
"""

import math
from http import HTTPStatus

import msgspec
from aiohttp import web

from hub.errors import (
    ConsentError,
    HubError,
    InputError,
    KeyDestroyed,
    Overloaded,
    SchedulingError,
    StorageError,
    TemplateError,
)

CONTENT_TYPE = "application/problem+json"


class ProblemDetails(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A refusal or fault. `reasons` are sentences for staff; `request_id` finds it in the log."""

    type: str
    title: str
    status: int
    detail: str = ""
    reasons: list[str] = []
    request_id: str = ""


class Problem(Exception):
    """Ends a request with problem details. `kind` is the last part of the problem's type."""

    def __init__(
        self,
        status: int,
        kind: str,
        detail: str = "",
        *,
        reasons: tuple[str, ...] = (),
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(kind)
        self.status = status
        self.kind = kind
        self.detail = detail
        self.reasons = reasons
        self.headers = headers or {}

    def details(self, request_id: str = "") -> ProblemDetails:
        """What is sent of it."""
        return ProblemDetails(
            type=f"urn:carehub:problem:{self.kind}",
            title=HTTPStatus(self.status).phrase,
            status=self.status,
            detail=self.detail,
            reasons=list(self.reasons),
            request_id=request_id,
        )

    def response(self, request_id: str) -> web.Response:
        """The answer that ends the request."""
        body = msgspec.json.encode(self.details(request_id))
        return web.Response(status=self.status, body=body, headers={**self.headers, "Content-Type": CONTENT_TYPE})


def not_found(what: str) -> Problem:
    """404: there is no such thing, or it is not for the caller to know."""
    return Problem(404, "not-found", f"There is no such {what}.")


def unusable(detail: str) -> Problem:
    """422: well-formed, but it cannot be used; `detail` says how to mend it."""
    return Problem(422, "unusable", detail)


def of_http(error: web.HTTPException) -> Problem:
    """The problem behind an error of the server below: no such path, another method, a body too large."""
    headers = {"Allow": error.headers["Allow"]} if "Allow" in error.headers else {}
    kinds = {404: "not-found", 405: "method", 413: "too-large"}
    details = {
        404: "There is no such path.",
        405: "This path does not take that method.",
        413: "The body is larger than this hub takes.",
    }
    return Problem(error.status, kinds.get(error.status, "request"), details.get(error.status, ""), headers=headers)


def of_error(error: HubError) -> Problem:
    """The problem behind an error of the hub."""
    match error:
        case Overloaded():
            wait = str(math.ceil(error.after.total_seconds()))
            return Problem(503, "overloaded", str(error), headers={"Retry-After": wait})
        case StorageError():
            return Problem(503, "storage", "The database does not answer.", headers={"Retry-After": "5"})
        case SchedulingError():
            return Problem(503, "scheduling", "The scheduling system does not answer.", headers={"Retry-After": "5"})
        case KeyDestroyed():
            return Problem(410, "disposed", "This person's records were disposed of.")
        case ConsentError() | InputError() | TemplateError():
            return unusable(str(error))
    return Problem(500, "internal", "Something broke in the hub.")
