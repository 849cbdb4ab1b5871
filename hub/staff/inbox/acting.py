"""What staff do with a thread, as calls of the inbox's page."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from hub import part2
from hub.api.shapes import Moment
from hub.calls.endpoints import Call, Endpoint, NoBody, NoQuery, Writing, Wrote
from hub.calls.problems import Problem, not_found
from hub.desk import labels, seen
from hub.desk.custody import Done, Held
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
    State,
    ToBot,
    ToTeam,
    Unsettle,
)
from hub.errors import InputError
from hub.events import Change, publish
from hub.types import ThreadStatus

Id = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")]


class AssignTo(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """Who is to have the thread; null for nobody."""

    user: Id | None


class HandTo(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """Whose thread it is to be; null for no team's."""

    team: Id | None


class SnoozeUntil(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """Until when the thread is put away; null for until the person writes."""

    until: Moment | None = None


class SetPart2(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """Whether the records are under 42 CFR Part 2."""

    labelled: bool


class SetPriority(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """0 ordinary, 1 soon, 2 urgent, 3 emergency."""

    priority: Annotated[int, msgspec.Meta(ge=0, le=3)]


class CloseAs(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """How the conversation ended, as a code that the thread offers; an emergency needs one."""

    disposition: Annotated[str, msgspec.Meta(max_length=32)] = ""


class SetLabels(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """The labels to put on, and those to take off."""

    add: Annotated[tuple[Id, ...], msgspec.Meta(max_length=20)] = ()
    remove: Annotated[tuple[Id, ...], msgspec.Meta(max_length=20)] = ()


class SeenUpTo(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """The number of the newest entry that the reader has before them."""

    seq: Annotated[int, msgspec.Meta(ge=0)]


class ThreadNow(msgspec.Struct, kw_only=True):
    """What the thread is to the staff now. `changed`: whether that was otherwise before."""

    id: str
    changed: bool
    status: ThreadStatus
    priority: int
    attention: str | None
    assignee: str | None
    team: str | None
    waiting_since: Moment | None
    due_at: Moment | None
    snoozed_until: Moment | None
    disposition: str | None


class SeenNow(msgspec.Struct, kw_only=True):
    """Up to which entry the reader has seen the thread."""

    id: str
    seq: int


Do = Callable[[AsyncConnection, Call[NoQuery, Any]], Awaitable[Wrote]]


async def done(conn: AsyncConnection, call: Call[NoQuery, Any], act: Act) -> Wrote:
    """The answer to an act. Raises: Problem 404, or that of the refusal."""
    came = await call.parts.desk.custody.act(conn, call.ids["id"], act, call.caller.actor, call.request_id)
    if came is None:
        raise not_found("thread")
    if isinstance(came, Refusal):
        raise problem_of(came)
    asked = await call.parts.desk.ratings.closed(conn, came, call.caller.id) if isinstance(act, Close) else None
    routed = () if asked is None else (asked,)
    return Wrote(status=200, value=thread_now(came), after=lambda: call.parts.router.announce(*routed))


def problem_of(refusal: Refusal) -> Problem:
    """A refusal, as the problem that ends the call."""
    return Problem(refusal.status, refusal.kind, refusal.detail, reasons=(refusal.detail,))


def thread_now(came: Done) -> ThreadNow:
    """What a thread is now."""
    return _shown(came.thread, came.state, changed=came.changed)


def _shown(held: Held, state: State, *, changed: bool) -> ThreadNow:
    return ThreadNow(
        id=held.id,
        changed=changed,
        status=state.status,
        priority=state.priority,
        attention=state.attention or None,
        assignee=state.assignee,
        team=state.team_id,
        waiting_since=state.waiting_since,
        due_at=state.due_at,
        snoozed_until=state.snoozed_until,
        disposition=state.disposition or None,
    )


async def _claim(conn: AsyncConnection, call: Call[NoQuery, NoBody]) -> Wrote:
    return await done(conn, call, Claim(call.caller.id))


async def _assign(conn: AsyncConnection, call: Call[NoQuery, AssignTo]) -> Wrote:
    return await done(conn, call, Assign(call.body.user))


async def _team(conn: AsyncConnection, call: Call[NoQuery, HandTo]) -> Wrote:
    return await done(conn, call, ToTeam(call.body.team))


async def _snooze(conn: AsyncConnection, call: Call[NoQuery, SnoozeUntil]) -> Wrote:
    return await done(conn, call, Snooze(call.body.until))


async def _prioritize(conn: AsyncConnection, call: Call[NoQuery, SetPriority]) -> Wrote:
    return await done(conn, call, Prioritize(call.body.priority))


async def _close(conn: AsyncConnection, call: Call[NoQuery, CloseAs]) -> Wrote:
    return await done(conn, call, Close(call.body.disposition))


def _plain(act: Act) -> Do:
    async def write(conn: AsyncConnection, call: Call[NoQuery, NoBody]) -> Wrote:
        return await done(conn, call, act)

    return write


async def _labels(conn: AsyncConnection, call: Call[NoQuery, SetLabels]) -> Wrote:
    """Put labels on and take others off. Raises: Problem 404, 422 for a label that there is not."""
    held = await call.parts.desk.custody.hold(conn, call.ids["id"])
    if held is None:
        raise not_found("thread")
    change = labels.Labelling(add=call.body.add, remove=call.body.remove, by=call.caller.actor, by_id=call.caller.id)
    changed = await labels.put(conn, call.parts.trail, held, change, call.parts.clock.now(), call.request_id)
    if isinstance(changed, Refusal):
        raise problem_of(changed)
    return Wrote(status=200, value=_shown(held, held.state, changed=changed), after=call.parts.bell.ring)


async def _part2(conn: AsyncConnection, call: Call[NoQuery, SetPart2]) -> Wrote:
    """Label the records as under 42 CFR Part 2, or take the label away. Raises: Problem 404, 409."""
    held = await call.parts.desk.custody.hold(conn, call.ids["id"])
    if held is None:
        raise not_found("thread")
    trail, by, now = call.parts.trail, call.caller.actor, call.parts.clock.now()
    try:
        does = part2.label if call.body.labelled else part2.unlabel
        changed = await does(conn, held.person_id, trail, by, now)
    except InputError as error:
        raise Problem(409, "part2", str(error)) from None
    if changed:
        await publish(conn, now, [Change("thread.updated", held.id)])
    return Wrote(status=200, value=_shown(held, held.state, changed=changed), after=call.parts.bell.ring)


async def _seen(conn: AsyncConnection, call: Call[NoQuery, SeenUpTo]) -> Wrote:
    """Note how far the reader has seen the thread; what they were mentioned in is seen, too."""
    thread = await call.parts.threads.get(conn, call.ids["id"])
    if thread is None:
        raise not_found("thread")
    seq = min(call.body.seq, thread.last_seq)
    seq = await seen.up_to(conn, call.caller.id, thread.id, seq, call.parts.clock.now())
    return Wrote(status=200, value=SeenNow(id=thread.id, seq=seq), after=call.parts.bell.ring)


def _acting(path: str, summary: str, write: Do, body: type[msgspec.Struct] = NoBody, **more: Any) -> Writing:
    given: dict[str, Any] = {"scope": "threads:write", "answers": {200: ThreadNow}, "problems": (404, 409, 422)} | more
    return Writing(path=f"/threads/{{id}}/{path}", summary=summary, write=write, body=body, **given)


ENDPOINTS: tuple[Endpoint, ...] = (
    _acting("claim", "Have the thread yourself", _claim),
    _acting("assign", "Give the thread to one of the staff, or to nobody", _assign, AssignTo),
    _acting("team", "Hand the thread to a team", _team, HandTo),
    _acting("snooze", "Put the thread away for a while", _snooze, SnoozeUntil),
    _acting("reopen", "Have the thread again", _plain(Reopen())),
    _acting("priority", "Say how urgent the thread is", _prioritize, SetPriority),
    _acting("labels", "Put labels on a thread, or take them off", _labels, SetLabels),
    _acting("part2", "Label the records as under 42 CFR Part 2", _part2, SetPart2),
    _acting("close", "Close the conversation", _close, CloseAs),
    _acting("bot", "Give the thread back to the bot", _plain(ToBot())),
    _acting("settle", "Say that no answer is needed", _plain(Settle())),
    _acting("unsettle", "Say that an answer is needed after all", _plain(Unsettle(None))),
    _acting("seen", "Note how far you have read", _seen, SeenUpTo, scope="threads:read", answers={200: SeenNow}),
)
