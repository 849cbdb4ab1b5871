"""Query and body, read into an endpoint's own types; anything they do not name is refused."""

from typing import TypeVar

import msgspec
from aiohttp import web

from hub.calls.endpoints import NoBody
from hub.calls.problems import Problem, unusable

T = TypeVar("T")


def query_of(request: web.Request, shape: type[T]) -> T:
    """The query as `shape`.

    Raises: Problem 422 for an unknown or repeated name, or a value that does not fit.
    """
    values: dict[str, str] = {}
    for name, value in request.query.items():
        if name in values:
            raise unusable(f"the query names `{_shown(name)}` twice")
        values[name] = value
    try:
        return msgspec.convert(values, shape, strict=False)
    except msgspec.ValidationError as error:
        raise unusable(f"the query does not fit: {_sayable(error)}") from None


async def body_of(request: web.Request, shape: type[T]) -> tuple[T, bytes]:
    """The JSON body as `shape`, and its bytes; nothing, where `shape` asks for nothing, may be left out.

    Raises: Problem 415 for another content type, 400 for what is not JSON, 422 for JSON that does not fit.
    """
    if shape is NoBody and not request.can_read_body:
        return shape(), b""
    if request.content_type != "application/json" or (request.charset or "utf-8").lower() not in ("utf-8", "utf8"):
        raise Problem(415, "content-type", "The body must be JSON in UTF-8, with Content-Type application/json.")
    raw = await request.read()
    try:
        # Read without a shape first, so that broken JSON is told from JSON that does not fit.
        value = msgspec.json.decode(raw)
    except msgspec.ValidationError as error:
        raise unusable(f"the body cannot be used: {_sayable(error)}") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise Problem(400, "malformed", "The body is not JSON.") from None
    try:
        return msgspec.convert(value, shape), raw
    except msgspec.ValidationError as error:
        raise unusable(f"the body does not fit: {_sayable(error)}") from None


def _sayable(error: msgspec.ValidationError) -> str:
    return str(error).encode("utf-8", "replace").decode()


def _shown(name: str) -> str:
    return name[:40].encode("utf-8", "replace").decode()
