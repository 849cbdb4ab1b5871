"""Live events: in order, resumable, and ended when they must."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import pytest
import sqlalchemy as sa

from hub import events as log
from hub.api.tokens import find, revoke
from hub.app import Hub
from hub.calls import streaming
from hub.db.tables import event
from hub.errors import StorageError
from hub.live import feed
from tests.hub.api.calling import ADMIN, audited, says, token_for


class Stream:
    """An open stream, read event by event."""

    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self.response = response

    async def block(self) -> dict[str, str]:
        """The next event or comment: its fields by name; empty once the stream ended."""
        fields: dict[str, str] = {}
        async with asyncio.timeout(5):
            async for raw in self.response.content:
                line = raw.decode().rstrip("\n")
                if not line and fields:
                    return fields
                name, _, value = line.partition(":")
                fields[name] = value.strip()
        return fields

    async def ids(self, count: int) -> list[int]:
        """The numbers of the next `count` events."""
        found: list[int] = []
        while len(found) < count:
            block = await self.block()
            assert block, "the stream ended"
            if "id" in block:
                found.append(int(block["id"]))
        return found


@asynccontextmanager
async def _stream(
    hub: Hub, web: aiohttp.ClientSession, last: str | None = None, token: str | None = None
) -> AsyncIterator[Stream]:
    headers = {"Authorization": f"Bearer {token or await token_for(hub, 'events:read')}"}
    if last is not None:
        headers["Last-Event-ID"] = last
    async with web.get("/api/v1/events", headers=headers) as response:
        assert response.status == 200
        yield Stream(response)


async def test_what_changes_is_heard_at_once_as_ids_only(hub: Hub, web) -> None:
    async with _stream(hub, web) as stream:
        hello = await stream.block()
        await says(hub, "My knee hurts")
        block = await stream.block()

    assert hello == {"": "hello"}
    assert block["event"] == "message.created"
    assert set(block) == {"id", "event", "data"}
    assert "knee" not in str(block)
    assert stream.response.headers["X-Accel-Buffering"] == "no"
    assert stream.response.headers["Cache-Control"] == "no-store"
    assert stream.response.content_type == "text/event-stream"
    assert len(await audited(hub, "event.read")) == 1


async def test_a_change_that_rings_no_bell_is_heard_within_a_second(hub: Hub, web) -> None:
    async with _stream(hub, web) as stream:
        await stream.block()
        now = hub.parts.clock.now()
        await hub.parts.db.write(lambda conn: log.publish(conn, now, [log.Change("thread.updated", "x")]))

        assert (await stream.block())["event"] == "thread.updated"


async def test_who_was_away_gets_what_was_missed_once_and_in_order(hub: Hub, web) -> None:
    for n in range(3):
        await says(hub, f"Text {n}")
    async with _stream(hub, web, last="0") as stream:
        first = await stream.ids(2)
    await says(hub, "Text 3")

    async with _stream(hub, web, last=str(first[-1])) as stream:
        rest = await stream.ids(2)

    assert first + rest == [1, 2, 3, 4]


async def test_what_is_for_a_person_is_not_for_staff(hub: Hub, web) -> None:
    now = hub.parts.clock.now()
    private, public = log.Change("seen", "a", "person:1"), log.Change("seen", "b")
    await hub.parts.db.write(lambda conn: log.publish(conn, now, [private, public]))

    async with _stream(hub, web, last="0") as stream:
        assert await stream.ids(1) == [2]


@pytest.mark.parametrize(
    ("kept", "last"),
    [
        pytest.param([4, 5], "2", id="pruned meanwhile"),
        pytest.param([], "3", id="all pruned"),
        pytest.param([1, 2, 3, 4, 5], "9", id="from another database"),
        pytest.param([1, 2, 3, 4, 5], "x", id="no number"),
        pytest.param([1, 2, 3, 4, 5], "9" * 30, id="too large a number"),
        pytest.param([1, 2, 3, 4, 5], "-1", id="negative"),
    ],
)
async def test_who_was_away_too_long_is_told_to_read_anew(hub: Hub, web, kept, last) -> None:
    for n in range(5):
        await says(hub, f"Text {n}")
    await hub.parts.db.write(lambda conn: conn.execute(sa.delete(event).where(event.c.seq.not_in(kept))))

    async with _stream(hub, web, last=last) as stream:
        reset = await stream.block()
        await says(hub, "Text 5")
        following = await stream.block()

    assert (reset["event"], reset["id"]) == ("reset", "5")
    assert following["id"] == "6"


@pytest.mark.parametrize(
    ("kept", "last", "following"),
    [
        pytest.param([4, 5], "3", 4, id="all that was missed is kept"),
        pytest.param([], "5", 6, id="nothing was missed, nothing is kept"),
    ],
)
async def test_who_missed_nothing_for_good_goes_on(hub: Hub, web, kept, last, following) -> None:
    for n in range(5):
        await says(hub, f"Text {n}")
    await hub.parts.db.write(lambda conn: conn.execute(sa.delete(event).where(event.c.seq.not_in(kept))))

    async with _stream(hub, web, last=last) as stream:
        assert await stream.block() == {"": "hello"}
        await says(hub, "Text 5")
        assert (await stream.ids(1))[0] == following


async def test_silence_is_broken_by_pings(hub: Hub, web, monkeypatch) -> None:
    monkeypatch.setattr(streaming, "PING", 0.05)

    async with _stream(hub, web) as stream:
        await stream.block()

        assert await stream.block() == {"": "ping"}
        assert await stream.block() == {"": "ping"}


async def test_a_stream_ends_once_its_token_is_revoked(hub: Hub, web, monkeypatch) -> None:
    monkeypatch.setattr(streaming, "PING", 0.05)
    parts, token = hub.parts, await token_for(hub, "events:read")

    async with _stream(hub, web, token=token) as stream:
        await stream.block()
        async with parts.db.read() as conn:
            known = await find(conn, token)
        await parts.db.write(lambda conn: revoke(conn, known.id, trail=parts.trail, clock=parts.clock, actor=ADMIN))
        while await stream.block():
            pass

    assert stream.response.content.at_eof()


async def test_a_hub_that_stops_ends_its_streams(hub: Hub, web) -> None:
    async with _stream(hub, web) as stream:
        await stream.block()

        async with asyncio.timeout(5):
            await hub._site.stop()

        assert await stream.block() == {}


async def test_a_stream_that_cannot_read_on_is_cut_so_that_the_client_resumes(hub: Hub, web, monkeypatch) -> None:
    async def gone(*_: object, **__: object) -> None:
        raise StorageError("gone")

    await says(hub, "Hello")
    monkeypatch.setattr(feed, "read", gone)
    async with _stream(hub, web, last="0") as stream:
        await stream.block()

        with pytest.raises(aiohttp.ClientPayloadError):
            await stream.response.content.read()


async def test_no_more_streams_than_there_is_room_for(hub: Hub, web, monkeypatch) -> None:
    monkeypatch.setattr(streaming, "MOST_STREAMS", 1)
    token = await token_for(hub, "events:read")

    async with _stream(hub, web):
        refused = await web.get("/api/v1/events", headers={"Authorization": f"Bearer {token}"})

    assert refused.status == 503
    assert refused.headers["Retry-After"] == "5"
