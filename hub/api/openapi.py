"""The OpenAPI document, made from the endpoints' own types.

Source: OpenAPI Specification 3.1.
"""

import re
from collections.abc import Sequence
from functools import cache
from importlib.metadata import version
from typing import Any

import msgspec
from aiohttp import web

from hub.api.events import Event
from hub.api.tokens import SCOPES
from hub.calls.callers import ALL, Caller
from hub.calls.endpoints import Endpoint, NoBody, NoQuery, Passing, Raw, Reading, Writing
from hub.calls.problems import CONTENT_TYPE, ProblemDetails
from hub.parts import Parts

_REF = "#/components/schemas/{name}"
_TITLES = {
    400: "The request is malformed.",
    401: "No token, or one that is unknown or revoked.",
    403: "The token lacks the scope.",
    404: "There is no such thing.",
    409: "Consent, policy or the state of things forbids it; `reasons` says why.",
    410: "The person's records were disposed of.",
    413: "The body is too large.",
    415: "The body is not JSON.",
    422: "The request is well-formed but cannot be used.",
    500: "Something broke.",
    503: "Overloaded, or the database does not answer; see Retry-After.",
}


async def answer(_request: web.Request, _parts: Parts, _caller: Caller | None, _request_id: str) -> web.Response:
    """The document."""
    return web.Response(body=_encoded(), headers={"Content-Type": "application/json"})


@cache
def _encoded() -> bytes:
    from hub.api.routes import ENDPOINTS

    return msgspec.json.encode(document(ENDPOINTS))


def document(endpoints: Sequence[Endpoint]) -> dict[str, Any]:
    """The description of `endpoints` as OpenAPI 3.1."""
    shapes: list[Any] = [ProblemDetails, Event]
    for endpoint in endpoints:
        shapes += endpoint.answers.values()
        if isinstance(endpoint, Writing | Passing) and endpoint.body is not NoBody:
            shapes.append(endpoint.body)
        if isinstance(endpoint, Reading):
            shapes.append(endpoint.query)
    schemas, components = msgspec.json.schema_components(shapes, ref_template=_REF)
    of = dict(zip(map(str, shapes), schemas, strict=True))
    queries = {e.query.__name__ for e in endpoints if isinstance(e, Reading)}
    paths: dict[str, dict[str, Any]] = {}
    for endpoint in endpoints:
        paths.setdefault(endpoint.path, {})[endpoint.method.lower()] = _operation(endpoint, of, components)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Carehub",
            "version": version("carehub"),
            "description": "Messaging with a clinic's patients. Lists are paged by cursor; times are RFC 3339.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/api/v1"}],
        "paths": paths,
        "components": {
            "schemas": {name: schema for name, schema in components.items() if name not in queries},
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "From `hub tokens new`. Scopes: " + ", ".join((*SCOPES, ALL)) + ".",
                }
            },
        },
    }


def _operation(endpoint: Endpoint, of: dict[str, Any], components: dict[str, Any]) -> dict[str, Any]:
    content_type = endpoint.content_type if isinstance(endpoint, Raw) else "application/json"
    responses: dict[str, Any] = {
        str(status): {"description": "Done.", "content": {content_type: {"schema": of[str(shape)]}}}
        for status, shape in endpoint.answers.items()
    }
    for status in sorted({*_always(endpoint), *endpoint.problems}):
        schema = {"$ref": _REF.format(name=ProblemDetails.__name__)}
        responses[str(status)] = {"description": _TITLES[status], "content": {CONTENT_TYPE: {"schema": schema}}}
    operation: dict[str, Any] = {
        "operationId": re.sub(r"\W+", "_", f"{endpoint.method.lower()}{endpoint.path}").strip("_"),
        "summary": endpoint.summary,
        "parameters": _parameters(endpoint, components),
        "responses": responses,
        "security": [{"token": [endpoint.scope]}] if endpoint.scope else [],
    }
    description = endpoint.description
    if endpoint.scope:
        description = f"{description} Needs the scope `{endpoint.scope}`.".strip()
    operation["description"] = description
    if isinstance(endpoint, Writing | Passing) and endpoint.body is not NoBody:
        schema = of[str(endpoint.body)]
        operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": schema}}}
    return operation


def _always(endpoint: Endpoint) -> tuple[int, ...]:
    """The problems that any endpoint of the kind may answer."""
    if isinstance(endpoint, Writing | Passing):
        return (400, 401, 403, 413, 415, 422, 500, 503)
    if isinstance(endpoint, Reading):
        return (401, 403, 422, 500, 503)
    return (401, 403, 500) if endpoint.scope else (500,)


def _parameters(endpoint: Endpoint, components: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string", "format": "uuid"}}
        for name in re.findall(r"\{(\w+)\}", endpoint.path)
    ]
    if isinstance(endpoint, Reading) and endpoint.query is not NoQuery:
        shape = components[endpoint.query.__name__]
        required = shape.get("required", [])
        for name, schema in shape["properties"].items():
            found.append({"name": name, "in": "query", "required": name in required, "schema": _given(schema)})
    if isinstance(endpoint, Writing | Passing) and endpoint.method != "GET":
        schema = {"type": "string", "minLength": 1, "maxLength": 255}
        words = "Makes a retry safe: for at least a day the same key gives the same answer and changes nothing further."
        found.append(
            {"name": "Idempotency-Key", "in": "header", "required": False, "schema": schema, "description": words}
        )
    if isinstance(endpoint, Raw):
        for name, words in endpoint.headers.items():
            schema = {"type": "string"}
            found.append({"name": name, "in": "header", "required": False, "schema": schema, "description": words})
    return found


def _given(schema: dict[str, Any]) -> dict[str, Any]:
    """A parameter's schema without null: in a query there is no such value, one leaves it out."""
    kept = {name: value for name, value in schema.items() if not (name == "default" and value is None)}
    options = [one for one in kept.get("anyOf", []) if one != {"type": "null"}]
    if len(options) == 1:
        kept.pop("anyOf")
        kept.update(options[0])
    return kept
