"""Endpoints put on the web: who calls, what they sent, what is done, and what they hear."""

import logging
import re
from asyncio import CancelledError
from collections.abc import Callable, Iterable

import msgspec
from aiohttp import web
from aiohttp.typedefs import Handler, Middleware
from sqlalchemy.exc import IntegrityError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.audit import Entry
from hub.calls import problems
from hub.calls.callers import Access, Caller
from hub.calls.endpoints import Call, Endpoint, NoQuery, Passing, Raw, Read, Reading, Writing
from hub.calls.idempotency import Answer, Attempt, attempt, once
from hub.calls.problems import Problem
from hub.calls.wire import body_of, query_of
from hub.errors import HubError, StorageError
from hub.log import say
from hub.parts import Parts
from hub.types import new_id

_log = logging.getLogger(__name__)

ACCESS = web.AppKey("access", Access)
"""Who tells, on an application, who calls: for streams, which ask again."""
_REQUEST_ID = web.RequestKey("request_id", str)
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer"}


def serve(app: web.Application, endpoints: Iterable[Endpoint], parts: Parts, access: Access) -> None:
    """Put `endpoints` on `app`, for whomever `access` lets in. `app` must have the middleware `answering`."""
    app[ACCESS] = access
    for endpoint in endpoints:
        app.router.add_route(endpoint.method, endpoint.path, _handler(endpoint, parts, access))


def answering_by(told: Callable[[Problem, str], web.Response]) -> Middleware:
    """What gives every request an id, and has every failure told by `told`."""

    @web.middleware
    async def answering(request: web.Request, handler: Handler) -> web.StreamResponse:
        return await _answered(request, handler, told)

    return answering


answering = answering_by(Problem.response)
"""Gives every request an id, and every failure its problem details."""


async def _answered(
    request: web.Request, handler: Handler, told: Callable[[Problem, str], web.Response]
) -> web.StreamResponse:
    request_id = request[_REQUEST_ID] = new_id()
    try:
        response = await handler(request)
    except Problem as problem:
        response = told(problem, request_id)
    except web.HTTPException as error:
        response = told(problems.of_http(error), request_id)
    except HubError as error:
        refusal = problems.of_error(error)
        if refusal.status >= 500:
            say(_log, "call_failed", logging.ERROR, request=request_id, error=error)
        response = told(refusal, request_id)
    except (OperationalError, InterfaceError, PoolTimeout) as error:
        say(_log, "call_failed", logging.ERROR, request=request_id, error=error)
        response = told(problems.of_error(StorageError()), request_id)
    except (ConnectionError, CancelledError):
        raise
    except Exception as error:
        # The line names the error's type and place; its words may hold what must not be logged.
        _log.error("call_broke", exc_info=error, extra={"values": {"request": request_id}})
        response = told(Problem(500, "internal", "Something broke in the hub."), request_id)
    if not response.prepared:
        response.headers.update(_HEADERS)
        response.headers["X-Request-Id"] = request_id
    return response


def _handler(endpoint: Endpoint, parts: Parts, access: Access) -> Handler:
    async def handle(request: web.Request) -> web.StreamResponse:
        request_id = request[_REQUEST_ID]
        caller = None
        if endpoint.scope is not None:
            caller = await access.caller(request, endpoint.scope, endpoint.path, request_id)
        if isinstance(endpoint, Raw):
            return await endpoint.answer(request, parts, caller, request_id)
        if caller is None:
            raise RuntimeError(f"{endpoint.path} has no scope")
        if isinstance(endpoint, Reading):
            return await _read(request, endpoint, parts, caller, request_id)
        if isinstance(endpoint, Writing):
            return await _write(request, endpoint, parts, caller, request_id)
        if isinstance(endpoint, Passing):
            return await _pass(request, endpoint, parts, caller, request_id)
        raise RuntimeError(f"{endpoint.path} is of no known kind")

    return handle


def _ids(request: web.Request) -> dict[str, str]:
    """The ids in the path. Raises: Problem 404 when one cannot be an id of ours."""
    ids = dict(request.match_info)
    if not all(_UUID.fullmatch(value) for value in ids.values()):
        raise problems.not_found("thing")
    return ids


async def _read(request: web.Request, endpoint: Reading, parts: Parts, caller: Caller, request_id: str) -> web.Response:
    ids, query = _ids(request), query_of(request, endpoint.query)
    body = None if endpoint.body is None else (await body_of(request, endpoint.body))[0]
    call = Call(parts=parts, caller=caller, request_id=request_id, ids=ids, query=query, body=body)
    async with parts.db.glance() if endpoint.brief(query) else parts.db.read() as conn:
        found = await endpoint.read(conn, call)
    await noted(parts, caller, found, request_id)
    return _json(200, msgspec.json.encode(found.value))


async def noted(parts: Parts, caller: Caller, found: Read, request_id: str) -> None:
    """Write down who read what of whom; durable when it returns, which is before the answer begins."""
    entry = Entry(
        action=found.action,
        actor=caller.actor,
        object_id=found.object_id,
        request_id=request_id,
        persons=found.persons,
    )

    async def unit(conn: AsyncConnection) -> None:
        await parts.trail.record(conn, entry)

    await parts.db.write(unit)


async def _write(
    request: web.Request, endpoint: Writing, parts: Parts, caller: Caller, request_id: str
) -> web.Response:
    ids, query = _ids(request), query_of(request, NoQuery)
    body, raw = await body_of(request, endpoint.body)
    call = Call(parts=parts, caller=caller, request_id=request_id, ids=ids, query=query, body=body)
    one = _attempt(request, parts, caller, raw)

    async def unit(conn: AsyncConnection) -> Answer:
        return await _answer(conn, endpoint, call, one)

    try:
        answer = await parts.db.write(unit)
    except IntegrityError:
        # Another process was first with this key: now its answer is there to be seen.
        answer = await parts.db.write(unit)
    if answer.after is not None:
        answer.after()
    response = _json(answer.status, answer.body)
    if answer.replayed:
        response.headers["Idempotency-Replayed"] = "true"
    return response


def _attempt(request: web.Request, parts: Parts, caller: Caller, raw: bytes) -> Attempt | None:
    """The request under its Idempotency-Key; None where it brings none. Raises: Problem 400."""
    keyed = request.headers.getall("Idempotency-Key", [])
    if len(keyed) > 1:
        raise Problem(400, "idempotency-key", "Send one Idempotency-Key.")
    return attempt(parts, caller.id, keyed[0], request.method, request.path, raw) if keyed else None


async def _pass(request: web.Request, endpoint: Passing, parts: Parts, caller: Caller, request_id: str) -> web.Response:
    ids, query = _ids(request), query_of(request, NoQuery)
    body, raw = await body_of(request, endpoint.body)
    one = _attempt(request, parts, caller, raw)
    key = f"api:{request_id}"
    if one is not None:
        said = f"passing {caller.id} {one.key.hex()} {one.digest.hex()}"
        key = f"api:{parts.vault.blind.of('idempotency', said).hex()}"

    async def unit(conn: AsyncConnection) -> str:
        patient = await parts.people.surviving(conn, ids["id"])
        if await parts.people.get(conn, patient) is None:
            raise problems.not_found("patient")
        entry = Entry(action=endpoint.action, actor=caller.actor, person_id=patient, request_id=request_id)
        await parts.trail.record(conn, entry)
        return patient

    ids["id"] = await parts.db.write(unit)
    call = Call(parts=parts, caller=caller, request_id=request_id, ids=ids, query=query, body=body)
    passed = await endpoint.ask(call, key)
    return _json(passed.status, msgspec.json.encode(passed.value))


async def _answer(
    conn: AsyncConnection, endpoint: Writing, call: Call[NoQuery, msgspec.Struct], one: Attempt | None
) -> Answer:
    async def act() -> Answer:
        wrote = await endpoint.write(conn, call)
        return Answer(status=wrote.status, body=msgspec.json.encode(wrote.value), after=wrote.after)

    return await act() if one is None else await once(conn, call.parts, one, act)


def _json(status: int, body: bytes) -> web.Response:
    content_type = problems.CONTENT_TYPE if status >= 400 else "application/json"
    return web.Response(status=status, body=body, headers={"Content-Type": content_type})
