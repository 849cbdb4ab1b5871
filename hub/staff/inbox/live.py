"""The stream of an open page, and who is at a thread."""

from typing import Literal

import msgspec
from aiohttp import web

from hub.audit import Entry
from hub.calls import Caller, Endpoint, Problem, Raw
from hub.calls.serving import ACCESS
from hub.calls.streaming import STREAMS, seen
from hub.calls.wire import body_of
from hub.live import Batch, Doing, Topic
from hub.parts import Parts
from hub.staff.inbox.beats import Beat, written
from hub.staff.inbox.pushing import Pulse
from hub.staff.inbox.reading import shown
from hub.staff.inbox.shapes import LiveEvent

__all__ = ["ENDPOINTS", "PULSE"]

_SCOPE = "events:read"
_PATH = "/events"
PULSE = web.AppKey("pulse", Pulse)
"""Where an application keeps what it pushes."""


class Here(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """What the user does at the thread now; `viewing` is believed for 30 seconds, `typing` for 6."""

    doing: Literal["viewing", "typing", "gone"]


async def stream(request: web.Request, parts: Parts, caller: Caller | None, request_id: str) -> web.StreamResponse:
    """All that changes for the reader from now on, or after `Last-Event-ID`."""
    if caller is None:
        raise RuntimeError("nobody's events are told")
    streams, access, pulse = request.app[STREAMS], request.app[ACCESS], request.app[PULSE]
    streams.check()
    async with pulse.watch(caller.id, caller.reach, seen(request.headers.get("Last-Event-ID"))) as watcher:

        async def still_good() -> bool:
            try:
                now = await access.caller(request, _SCOPE, _PATH, request_id)
            except Problem:
                return False
            watcher.reach = now.reach
            return now.id == watcher.user_id

        async def told(batch: Batch) -> str:
            if not isinstance(batch, Beat):
                return ""
            if batch.pushes:
                # What came before this page was opened, or in the very moment; else it is recorded already.
                await pulse.shown((watcher,), batch)
            return written(batch, watcher.user_id, watcher.reach, shown)

        entry = Entry(action="event.read", actor=caller.actor, request_id=request_id, details={"after": watcher.seq})
        await parts.db.write(lambda conn: parts.trail.record(conn, entry))
        return await streams.answer(request, watcher, request_id, written=told, still_good=still_good)


async def presence(request: web.Request, parts: Parts, caller: Caller | None, request_id: str) -> web.StreamResponse:
    """Say that the user is at a thread, or left it. It is kept nowhere, and leaves no entry in the audit."""
    if caller is None:
        raise RuntimeError("nobody is at a thread")
    thread_id = request.match_info["id"]
    here, _ = await body_of(request, Here)
    if here.doing == "gone":
        await parts.live.presence.gone(thread_id, caller.id)
    else:
        await parts.live.presence.here(thread_id, caller.id, Doing(here.doing))
    parts.live.wakeups.ring(Topic.PRESENCE, (thread_id,))
    return web.Response(status=204)


ENDPOINTS: tuple[Endpoint, ...] = (
    Raw(
        path=_PATH,
        scope=_SCOPE,
        summary="Follow what changes",
        content_type="text/event-stream",
        answers={200: LiveEvent},
        problems=(503,),
        answer=stream,
    ),
    Raw(
        method="POST",
        path="/threads/{id}/presence",
        scope="threads:read",
        summary="Say that one is at a thread",
        content_type="application/json",
        answers={204: None},
        problems=(404,),
        answer=presence,
    ),
)
