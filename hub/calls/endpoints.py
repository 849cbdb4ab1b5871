"""An endpoint as a value: where it is, who may call it, what it takes and gives, and what it does."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

import msgspec
from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.calls.callers import Caller
from hub.parts import Parts

Q = TypeVar("Q")
B = TypeVar("B")


class NoQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A query that must be empty."""


class NoBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A body that need not be sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call(Generic[Q, B]):
    """One request, checked: `ids` are the UUIDs in its path, `body` is None for GET."""

    parts: Parts
    caller: Caller
    request_id: str
    ids: Mapping[str, str]
    query: Q
    body: B


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """What was read, and what the audit says of it: the action, whose data, and which object."""

    value: msgspec.Struct | Mapping[str, Any]
    action: str
    persons: Sequence[str]
    object_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wrote:
    """The answer to a change. `after` runs once the change is durable; a replayed answer does not run it again."""

    status: int
    value: msgspec.Struct
    after: Callable[[], None] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """What all endpoints say of themselves. `answers` has a type for each status of success."""

    method: str
    path: str
    summary: str
    description: str = ""
    scope: str | None
    answers: Mapping[int, Any]
    problems: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading(Endpoint):
    """A call that reads protected data, in one consistent view of the database.

    body: of a POST: what is asked for and must not stand in an address, where logs and browsers keep it.
    brief: whether a query is answered by few rows, each found by an index; then it is read without a thread.
    """

    read: Callable[[AsyncConnection, Call[Any, Any]], Awaitable[Read]]
    query: type[msgspec.Struct] = NoQuery
    body: type[msgspec.Struct] | None = None
    brief: Callable[[Any], bool] = lambda query: False
    method: str = "GET"


@dataclass(frozen=True, slots=True, kw_only=True)
class Writing(Endpoint):
    """A POST, PATCH or DELETE that changes something, in one unit of work; it awaits nothing but the connection."""

    write: Callable[[AsyncConnection, Call[NoQuery, Any]], Awaitable[Wrote]]
    body: type[msgspec.Struct]
    method: str = "POST"


@dataclass(frozen=True, slots=True, kw_only=True)
class Passed:
    """What came of a call that was passed on."""

    status: int
    value: msgspec.Struct


@dataclass(frozen=True, slots=True, kw_only=True)
class Passing(Endpoint):
    """A call about the patient `{id}` that is passed on: to the scheduling system, which has transactions of its own.

    Before that the audit is told by `action` who asks for whom. `key` is made of the request and its Idempotency-Key:
    under the same key the scheduling system gives the same answer, and changes nothing again.
    """

    ask: Callable[[Call[NoQuery, Any], str], Awaitable[Passed]]
    body: type[msgspec.Struct]
    action: str
    method: str = "POST"


@dataclass(frozen=True, slots=True, kw_only=True)
class Raw(Endpoint):
    """A call that answers by itself, such as a stream of events. It has no caller where it asks for no scope."""

    answer: Callable[[web.Request, Parts, Caller | None, str], Awaitable[web.StreamResponse]]
    content_type: str
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)
