"""A connection that brings webhooks: answered as the general server answers, in pieces or one after the other."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from urllib.parse import urlencode

import pytest
import sqlalchemy as sa

from hub.accept import Accepted
from hub.app import Hub
from hub.db.tables import message
from hub.errors import Overloaded, StorageError
from hub.types import Inbound
from hub.web import Site, build
from tests.hub.web.running import signature, text
from tests.stores import either_will_do

SMS = "/webhooks/twilio/sms"
STATUS = "/webhooks/twilio/status"
HEALTH = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"


def request(form: dict[str, str], *lines: str, target: str = SMS, signed: str | None = None) -> bytes:
    body = urlencode(form).encode()
    head = [
        f"POST {target} HTTP/1.1",
        "Host: hub.example.org",
        "Content-Type: application/x-www-form-urlencoded",
        f"X-Twilio-Signature: {signature(target, form) if signed is None else signed}",
        *lines,
        f"Content-Length: {len(body)}",
    ]
    return "\r\n".join([*head, "", ""]).encode() + body


def numbered(n: int) -> bytes:
    return request(text(f"Text {n}", sid=f"SM{n:032x}"))


class Client:
    """One connection, read an answer at a time."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def hear(self) -> tuple[int, dict[str, str], bytes]:
        """Status, headers and body of the next answer."""
        async with asyncio.timeout(5):
            head = (await self.reader.readuntil(b"\r\n\r\n")).decode()
            first, *lines = head.split("\r\n")[:-2]
            headers = dict(line.split(": ", 1) for line in lines)
            body = await self.reader.readexactly(int(headers.get("Content-Length", "0")))
        return int(first.split(" ")[1]), headers, body

    async def ask(self, data: bytes) -> tuple[int, dict[str, str], bytes]:
        self.writer.write(data)
        return await self.hear()


@asynccontextmanager
async def connected(port: int) -> AsyncIterator[Client]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        yield Client(reader, writer)
    finally:
        writer.close()


async def kept(hub: Hub) -> list[str]:
    """The provider ids that the database holds, in order."""
    async with hub.parts.db.read() as conn:
        return list((await conn.execute(sa.select(message.c.provider_id).order_by(message.c.id))).scalars())


@pytest.mark.parametrize(
    "wanted",
    [
        pytest.param((text("Hello"), SMS, None), id="a text"),
        pytest.param(({"MessageSid": "SM" + "b" * 32, "MessageStatus": "delivered"}, STATUS, None), id="a callback"),
        pytest.param((text("Hello"), f"{SMS}?a=b%2Fc&d", None), id="a query"),
        pytest.param((text("Hello"), SMS, "AAAA"), id="forged"),
        pytest.param((text("Hello"), SMS, ""), id="not signed"),
        pytest.param(({"MessageSid": "SM1", "To": "+12025550100", "Body": "x"}, SMS, None), id="no sender"),
        pytest.param((text("Hello"), "/webhooks/unknown", None), id="not found"),
    ],
)
@either_will_do
async def test_the_answer_is_the_general_servers(hub: Hub, wanted) -> None:
    form, target, signed = wanted
    async with connected(hub.port) as quick, connected(hub.port) as general:
        ours = await quick.ask(request(form, target=target, signed=signed))
        theirs = await general.ask(request(form, "X-Note: caf\u00e9", target=target, signed=signed))

    for _, headers, _ in (ours, theirs):
        assert headers.pop("Date").endswith(" GMT")
        headers.pop("Server", None)
    assert ours == theirs


async def test_one_connection_brings_many(hub: Hub) -> None:
    async with connected(hub.port) as client:
        statuses = [(await client.ask(numbered(n)))[0] for n in range(5)]

    assert statuses == [200] * 5
    assert await kept(hub) == [f"SM{n:032x}" for n in range(5)]


async def test_what_comes_in_pieces_is_put_together(hub: Hub) -> None:
    whole = numbered(1)
    body = whole.index(b"\r\n\r\n") + 4
    for cut in (1, 20, body - 3, body, body + 1, len(whole) - 1):
        pieces = [whole[:cut], whole[cut:]]
        async with connected(hub.port) as client:
            for piece in pieces:
                client.writer.write(piece)
                await asyncio.sleep(0.01)
            assert (await client.hear())[0] == 200
    assert await kept(hub) == [f"SM{1:032x}"]


async def test_a_body_that_drips_is_put_together(hub: Hub) -> None:
    whole = numbered(1)
    body = whole.index(b"\r\n\r\n") + 4
    async with connected(hub.port) as client:
        client.writer.write(whole[:body])
        for byte in whole[body:]:
            await asyncio.sleep(0)
            client.writer.write(bytes((byte,)))
        assert (await client.hear())[0] == 200
        assert (await client.ask(numbered(2)))[0] == 200

    assert await kept(hub) == [f"SM{1:032x}", f"SM{2:032x}"]


@pytest.mark.parametrize("pause", [0.0, 0.01])
async def test_requests_sent_ahead_are_answered_in_order(hub: Hub, pause) -> None:
    async with connected(hub.port) as client:
        client.writer.write(numbered(1))
        await asyncio.sleep(pause)
        client.writer.write(numbered(2) + HEALTH + numbered(3))
        heard = [await client.hear() for _ in range(4)]

    assert [status for status, _, _ in heard] == [200] * 4
    assert [b"alive" in body for _, _, body in heard] == [False, False, True, False]
    assert await kept(hub) == [f"SM{n:032x}" for n in (1, 2, 3)]


async def test_other_requests_may_follow_and_webhooks_after_them(hub: Hub) -> None:
    async with connected(hub.port) as client:
        heard = [await client.ask(data) for data in (numbered(1), HEALTH, numbered(2), HEALTH)]

    assert [status for status, _, _ in heard] == [200] * 4
    assert await kept(hub) == [f"SM{1:032x}", f"SM{2:032x}"]


class Waiting:
    """Takes messages and keeps them waiting until it is told what became of them."""

    def __init__(self, hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
        self.taken: asyncio.Queue[asyncio.Future[Accepted]] = asyncio.Queue()
        monkeypatch.setattr(hub.parts.acceptor, "submit", self)

    def __call__(self, _inbound: Inbound) -> "asyncio.Future[Accepted]":
        taken: asyncio.Future[Accepted] = asyncio.get_running_loop().create_future()
        self.taken.put_nowait(taken)
        return taken

    async def one(self) -> "asyncio.Future[Accepted]":
        async with asyncio.timeout(5):
            return await self.taken.get()


async def test_what_is_sent_ahead_waits_until_the_first_is_durable(hub: Hub, monkeypatch) -> None:
    waiting = Waiting(hub, monkeypatch)
    async with connected(hub.port) as client:
        client.writer.write(numbered(1))
        first = await waiting.one()
        client.writer.write(HEALTH)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(client.reader.read(1), 0.05)

        first.set_result(Accepted("m", "t"))
        heard = [await client.hear(), await client.hear()]

    assert [status for status, _, _ in heard] == [200, 200]
    assert b"alive" in heard[1][2]


@pytest.mark.parametrize(
    ("problem", "status"),
    [
        pytest.param(StorageError("gone"), 503, id="not stored"),
        pytest.param(Overloaded(timedelta(seconds=2)), 503, id="overloaded"),
    ],
)
async def test_what_is_not_durable_is_not_answered_as_if_it_were(hub: Hub, monkeypatch, problem, status) -> None:
    waiting = Waiting(hub, monkeypatch)
    async with connected(hub.port) as client:
        client.writer.write(numbered(1))
        (await waiting.one()).set_exception(problem)

        heard, headers, _ = await client.hear()

    assert heard == status
    assert int(headers["Retry-After"]) > 0


async def test_what_breaks_is_tried_by_the_general_server_and_told_as_broken(hub: Hub, monkeypatch) -> None:
    waiting = Waiting(hub, monkeypatch)
    async with connected(hub.port) as client:
        client.writer.write(numbered(1))
        (await waiting.one()).set_exception(RuntimeError("a bug"))
        (await waiting.one()).set_exception(RuntimeError("a bug"))

        status, _, body = await client.hear()

    assert status == 500
    assert body.startswith(b"Something broke. Request ")


async def test_who_hangs_up_early_has_left_a_message_all_the_same(hub: Hub) -> None:
    async with connected(hub.port) as client:
        client.writer.write(numbered(1))
        await client.writer.drain()
    async with connected(hub.port) as other:
        await other.ask(numbered(2))

    assert sorted(await kept(hub)) == [f"SM{1:032x}", f"SM{2:032x}"]


async def test_a_site_that_stops_answers_what_it_has_begun(hub: Hub, monkeypatch) -> None:
    waiting = Waiting(hub, monkeypatch)
    site = Site(build(hub.parts))
    port = await site.start()
    async with connected(port) as idle, connected(port) as busy:
        busy.writer.write(numbered(1))
        work = await waiting.one()
        stopping = asyncio.create_task(site.stop())
        async with asyncio.timeout(5):
            ended = await idle.reader.read()
        work.set_result(Accepted("m", "t"))
        status, _, _ = await busy.hear()
        await stopping
        async with asyncio.timeout(5):
            rest = await busy.reader.read()

    assert (ended, status, rest) == (b"", 200, b"")


async def test_an_answer_under_way_is_no_reason_to_close(hub: Hub, monkeypatch) -> None:
    waiting = Waiting(hub, monkeypatch)
    soon = timedelta(seconds=0.1)
    site = Site(build(hub.parts), head=soon, body=soon)
    port = await site.start()
    async with connected(port) as client:
        client.writer.write(numbered(1))
        work = await waiting.one()
        await asyncio.sleep(soon.total_seconds() * 4)
        work.set_result(Accepted("m", "t"))
        status, _, _ = await client.hear()
        await asyncio.sleep(soon.total_seconds() * 4)
        client.writer.write(numbered(2))
        (await waiting.one()).set_result(Accepted("m", "t"))
        again, _, _ = await client.hear()
    await site.stop()

    assert (status, again) == (200, 200)
