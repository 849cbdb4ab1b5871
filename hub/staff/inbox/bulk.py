"""One act on many threads at once, each with a result of its own."""

from typing import Annotated

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.api.shapes import Moment
from hub.calls.endpoints import Call, Endpoint, NoQuery, Writing, Wrote
from hub.desk import labels
from hub.desk.states import (
    Act,
    Assign,
    Claim,
    Close,
    Prioritize,
    Refusal,
    Reopen,
    Settle,
    Snooze,
    ToBot,
    ToTeam,
    Unsettle,
)
from hub.router import Routed
from hub.staff.inbox.acting import Id

MOST = 200
"""Threads of one call."""


class BulkAssign(msgspec.Struct, kw_only=True, frozen=True, tag="assign", tag_field="do"):
    """See `/threads/{id}/assign`."""

    user: Id | None


class BulkTeam(msgspec.Struct, kw_only=True, frozen=True, tag="team", tag_field="do"):
    """See `/threads/{id}/team`."""

    team: Id | None


class BulkSnooze(msgspec.Struct, kw_only=True, frozen=True, tag="snooze", tag_field="do"):
    """See `/threads/{id}/snooze`."""

    until: Moment | None = None


class BulkPriority(msgspec.Struct, kw_only=True, frozen=True, tag="priority", tag_field="do"):
    """See `/threads/{id}/priority`."""

    priority: Annotated[int, msgspec.Meta(ge=0, le=3)]


class BulkClose(msgspec.Struct, kw_only=True, frozen=True, tag="close", tag_field="do"):
    """See `/threads/{id}/close`."""

    disposition: Annotated[str, msgspec.Meta(max_length=32)] = ""


class BulkLabels(msgspec.Struct, kw_only=True, frozen=True, tag="labels", tag_field="do"):
    """See `/threads/{id}/labels`."""

    add: Annotated[tuple[Id, ...], msgspec.Meta(max_length=20)] = ()
    remove: Annotated[tuple[Id, ...], msgspec.Meta(max_length=20)] = ()


class BulkClaim(msgspec.Struct, kw_only=True, frozen=True, tag="claim", tag_field="do"):
    """See `/threads/{id}/claim`."""


class BulkReopen(msgspec.Struct, kw_only=True, frozen=True, tag="reopen", tag_field="do"):
    """See `/threads/{id}/reopen`."""


class BulkBot(msgspec.Struct, kw_only=True, frozen=True, tag="bot", tag_field="do"):
    """See `/threads/{id}/bot`."""


class BulkSettle(msgspec.Struct, kw_only=True, frozen=True, tag="settle", tag_field="do"):
    """See `/threads/{id}/settle`."""


class BulkUnsettle(msgspec.Struct, kw_only=True, frozen=True, tag="unsettle", tag_field="do"):
    """See `/threads/{id}/unsettle`."""


BulkAct = (
    BulkAssign
    | BulkTeam
    | BulkSnooze
    | BulkPriority
    | BulkClose
    | BulkLabels
    | BulkClaim
    | BulkReopen
    | BulkBot
    | BulkSettle
    | BulkUnsettle
)


class Bulk(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """What to do, and with which threads."""

    threads: Annotated[tuple[Id, ...], msgspec.Meta(min_length=1, max_length=MOST)]
    act: BulkAct


class BulkResult(msgspec.Struct, kw_only=True):
    """What became of one thread. `reason` is a sentence for staff, where it was not done."""

    id: str
    ok: bool
    changed: bool = False
    reason: str = ""


class BulkDone(msgspec.Struct, kw_only=True):
    """A result for each thread, in the order in which they were named."""

    items: list[BulkResult]


_GONE = "There is no such thread."


async def _do(conn: AsyncConnection, call: Call[NoQuery, Bulk]) -> Wrote:
    asked, routed = call.body, list[Routed]()
    found: dict[str, BulkResult] = {}
    # Whoever locks several does so in one order, or two might wait for each other.
    for thread_id in sorted(set(asked.threads)):
        where = await call.parts.threads.moved(conn, thread_id) or thread_id
        if not await call.caller.reach.sees(conn, thread_id=where):
            found[thread_id] = BulkResult(id=thread_id, ok=False, reason=_GONE)
            continue
        found[thread_id] = await _one(conn, call, thread_id, routed)
    value = BulkDone(items=[found[one] for one in dict.fromkeys(asked.threads)])
    return Wrote(status=200, value=value, after=lambda: call.parts.router.announce(*routed))


async def _one(conn: AsyncConnection, call: Call[NoQuery, Bulk], thread_id: str, routed: list[Routed]) -> BulkResult:
    desk, caller, wanted = call.parts.desk, call.caller, call.body.act
    if isinstance(wanted, BulkLabels):
        held = await desk.custody.hold(conn, thread_id)
        if held is None:
            return BulkResult(id=thread_id, ok=False, reason=_GONE)
        change = labels.Labelling(add=wanted.add, remove=wanted.remove, by=caller.actor, by_id=caller.id)
        put = await labels.put(conn, call.parts.trail, held, change, call.parts.clock.now(), call.request_id)
        if isinstance(put, Refusal):
            return BulkResult(id=thread_id, ok=False, reason=put.detail)
        return BulkResult(id=thread_id, ok=True, changed=put)
    came = await desk.custody.act(conn, thread_id, _act(wanted, caller.id), caller.actor, call.request_id)
    if came is None:
        return BulkResult(id=thread_id, ok=False, reason=_GONE)
    if isinstance(came, Refusal):
        return BulkResult(id=thread_id, ok=False, reason=came.detail)
    if isinstance(wanted, BulkClose) and (asked := await desk.ratings.closed(conn, came, caller.id)) is not None:
        routed.append(asked)
    return BulkResult(id=thread_id, ok=True, changed=came.changed)


def _act(wanted: BulkAct, caller_id: str) -> Act:
    match wanted:
        case BulkAssign(user=user):
            return Assign(user)
        case BulkClaim():
            return Claim(caller_id)
        case BulkTeam(team=team):
            return ToTeam(team)
        case BulkSnooze(until=until):
            return Snooze(until)
        case BulkPriority(priority=priority):
            return Prioritize(priority)
        case BulkClose(disposition=disposition):
            return Close(disposition)
        case BulkReopen():
            return Reopen()
        case BulkBot():
            return ToBot()
        case BulkSettle():
            return Settle()
        case BulkUnsettle():
            return Unsettle(None)
    raise ValueError(wanted)


ENDPOINTS: tuple[Endpoint, ...] = (
    Writing(
        path="/bulk",
        scope="threads:write",
        summary="Do one thing with many threads",
        description="What cannot be done with one of them is said of that one, and done with the others.",
        body=Bulk,
        answers={200: BulkDone},
        problems=(422,),
        write=_do,
    ),
)
