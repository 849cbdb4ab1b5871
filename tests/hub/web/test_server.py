"""Listening, and not waiting for ever."""

import asyncio
import socket
from datetime import timedelta

import aiohttp
import pytest
from aiohttp import web as server

from hub.app import Hub
from hub.errors import SettingsError
from hub.web import Site, build
from tests.stores import either_will_do

SOON = timedelta(seconds=0.2)


async def _closed(port: int, *, first: bytes = b"", drip: bytes = b"", within: float = 5.0) -> bool:
    """Whether the server closes a connection on which `first` is sent, then `drip` every now and then."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(first)

    async def dripping() -> None:
        while drip:
            await asyncio.sleep(0.02)
            writer.write(drip)

    task = asyncio.create_task(dripping())
    try:
        async with asyncio.timeout(within):
            await reader.read()
    except ConnectionError:
        return True
    except TimeoutError:
        return False
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        writer.close()
    return True


@pytest.mark.parametrize(
    ("first", "drip"),
    [
        pytest.param(b"", b"", id="silent"),
        pytest.param(b"GET / HTTP/1.1\r\nHost: localhost\r\n", b"", id="half a head"),
        pytest.param(b"GET / HTTP/1.1\r\nHost: localhost\r\nX-A: ", b"b", id="dripping head"),
        pytest.param(
            b"POST /webhooks/twilio/sms HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n"
            b"Content-Type: application/x-www-form-urlencoded\r\n\r\n",
            b"x",
            id="dripping body",
        ),
        pytest.param(
            b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\nGET /healthz HTTP/1.1\r\nX-A: ",
            b"b",
            id="dripping second head",
        ),
    ],
)
@either_will_do
async def test_who_brings_a_request_too_slowly_is_let_go(hub: Hub, first, drip) -> None:
    site = Site(build(hub.parts), head=SOON, body=SOON)
    port = await site.start()

    closed = await _closed(port, first=first, drip=drip)
    await site.stop()

    assert closed


@either_will_do
async def test_a_slow_answer_and_an_idle_connection_are_no_reason_to_close(hub: Hub) -> None:
    async def slow(_request: server.Request) -> server.Response:
        await asyncio.sleep(SOON.total_seconds() * 2)
        return server.Response(text="here")

    site = Site(build(hub.parts, extra=[server.get("/healthz/slow", slow)]), head=SOON, body=SOON)
    port = await site.start()
    connector = aiohttp.TCPConnector(limit=1)
    async with aiohttp.ClientSession(f"http://127.0.0.1:{port}", connector=connector) as client:
        first = await (await client.get("/healthz/slow")).text()
        await asyncio.sleep(SOON.total_seconds() * 2)
        (kept,) = next(iter(connector._conns.values()))
        second = await (await client.get("/healthz/slow")).text()
        (still,) = next(iter(connector._conns.values()))
    await site.stop()

    assert (first, second) == ("here", "here")
    assert kept[0] is still[0]


@either_will_do
async def test_a_port_that_is_taken_is_said_in_one_line(hub: Hub) -> None:
    with pytest.raises(SettingsError, match="cannot listen on"):
        await Site(build(hub.parts), port=hub.port).start()


@either_will_do
async def test_a_socket_that_is_bound_already_is_used(hub: Hub) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        site = Site(build(hub.parts), sock=listening)

        port = await site.start()
        async with aiohttp.ClientSession() as client:
            response = await client.get(f"http://127.0.0.1:{port}/healthz")
        await site.stop()

        assert response.status == 200


@either_will_do
async def test_a_stopped_site_takes_no_more_connections(hub: Hub) -> None:
    site = Site(build(hub.parts))
    port = await site.start()
    await site.stop()

    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection("127.0.0.1", port)


@either_will_do
async def test_garbage_instead_of_http_gets_400_and_the_connection_ends(hub: Hub) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", hub.port)
    writer.write(b"\x16\x03\x01\x02\x00 hello\r\n\r\n")

    async with asyncio.timeout(5):
        answer = await reader.read()
    writer.close()

    assert answer.startswith((b"HTTP/1.0 400", b"HTTP/1.1 400"))
