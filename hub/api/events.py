"""Live events as server-sent events: ids of what changed, resumable, never a text."""

import msgspec
from aiohttp import web

from hub.api import tokens
from hub.audit import Entry
from hub.calls import Caller
from hub.calls.streaming import STREAMS, seen
from hub.live import Batch
from hub.parts import Parts

SCOPE = "events:read"
AUDIENCES = ("staff",)


class Event(msgspec.Struct, kw_only=True):
    """What changed: `type` is `noun.verb`, `object_id` what to read anew."""

    type: str
    object_id: str


async def stream(request: web.Request, parts: Parts, caller: Caller | None, request_id: str) -> web.StreamResponse:
    """Everything that changes from now on, or after `Last-Event-ID`, until the client or the hub goes.

    A client that was away too long gets `reset` first: it must read everything anew.
    """
    if caller is None:
        raise RuntimeError("events are told to nobody without a token")
    streams = request.app[STREAMS]
    streams.check()
    presented = tokens.presented(request)

    async def still_good() -> bool:
        async with parts.db.read() as conn:
            now = await tokens.find(conn, presented)
        return now is not None and now.may(SCOPE)

    async with parts.live.feed.subscribe(seen(request.headers.get("Last-Event-ID")), AUDIENCES) as subscription:
        entry = Entry(
            action="event.read", actor=caller.actor, request_id=request_id, details={"after": subscription.seq}
        )
        await parts.db.write(lambda conn: parts.trail.record(conn, entry))
        return await streams.answer(request, subscription, request_id, written=_written, still_good=still_good)


async def _written(batch: Batch) -> str:
    lines = []
    for seq, change in batch.changes:
        data = msgspec.json.encode(Event(type=change.type, object_id=change.object_id)).decode()
        lines.append(f"id: {seq}\nevent: {change.type}\ndata: {data}\n\n")
    return "".join(lines)
