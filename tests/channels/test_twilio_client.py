"""What is written to Twilio, and how long its answer is waited for."""

import asyncio
from contextlib import suppress
from urllib.parse import urlencode

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.twilio import transport
from channels.twilio.client import TwilioApi
from channels.twilio.transport import form
from hub.errors import ConfigInvalid, OutcomeUnknown, Unreachable
from hub.settings import Secret

IMPATIENT = aiohttp.ClientTimeout(total=None, connect=2, sock_connect=1, sock_read=1)
texts = st.text(st.characters(exclude_categories=["Cs"]))


@given(st.dictionaries(st.sampled_from(["To", "From", "Body", "MediaUrl"]), texts | st.lists(texts)))
def test_a_form_reads_as_the_standard_library_writes_it(data: dict[str, object]) -> None:
    assert form(data) == urlencode(data, doseq=True).encode()


async def test_an_answer_that_trickles_in_for_ever_is_given_up() -> None:
    hung_up = asyncio.Event()

    async def trickle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 201 Created\r\nContent-Length: 100000\r\n\r\n")
        with suppress(ConnectionError):
            while True:
                writer.write(b" ")
                await writer.drain()
                await asyncio.sleep(0.05)
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()
        hung_up.set()

    server = await asyncio.start_server(trickle, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    api = TwilioApi("AC1", Secret("secret"), base_url=f"http://127.0.0.1:{port}", timeout=IMPATIENT)

    with pytest.raises(OutcomeUnknown):
        await api.post("/Messages.json", {"Body": "Hello"})

    await hung_up.wait()
    await api.close()
    server.close()
    await server.wait_closed()


async def _answered(*answers: bytes) -> tuple[int, str]:
    """What becomes of a post that is answered so; its head and body must have come together."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        received = await reader.read(65536)
        assert received.endswith(b"\r\n\r\nBody=Hello")
        for one in answers:
            writer.write(one)
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    api = TwilioApi("AC1", Secret("secret"), base_url=f"http://127.0.0.1:{port}", timeout=IMPATIENT)
    try:
        answered = await api.post("/Messages.json", {"Body": "Hello"})
        return answered.status, answered.body
    finally:
        await api.close()
        server.close()
        await server.wait_closed()


async def test_what_is_told_on_the_way_is_not_the_answer() -> None:
    found = await _answered(b"HTTP/1.1 102 Processing\r\n\r\n", b"HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\n{}")

    assert found == (201, "{}")


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(b"", id="hangs up"),
        pytest.param(b"no HTTP at all\r\n\r\n", id="no HTTP"),
        pytest.param(b"HTTP/1.1 201 Created\r\nContent-Length: 9\r\n\r\n{", id="half a body"),
        pytest.param(b"HTTP/1.1 102 Processing\r\n\r\n", id="no more than on the way"),
    ],
)
async def test_after_an_answer_that_cannot_be_read_the_outcome_is_unknown(answer: bytes) -> None:
    with pytest.raises(OutcomeUnknown):
        await _answered(answer)


@pytest.mark.parametrize("address", ["ftp://127.0.0.1", "no address", "http://"])
async def test_what_is_no_address_of_a_server_is_named_as_a_wrong_setting(address: str) -> None:
    api = TwilioApi("AC1", Secret("secret"), base_url=address)

    with pytest.raises(ConfigInvalid):
        await api.post("/Messages.json", {"Body": "Hello"})

    await api.close()


async def test_a_pool_that_has_no_connection_left_has_written_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "CONNECTIONS", 1)
    asked = asyncio.Event()

    async def never(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.set()
        await reader.read()
        writer.close()

    server = await asyncio.start_server(never, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    timeout = aiohttp.ClientTimeout(total=None, connect=0.1, sock_connect=1, sock_read=1)
    api = TwilioApi("AC1", Secret("secret"), base_url=f"http://127.0.0.1:{port}", timeout=timeout)
    first = asyncio.create_task(api.post("/Messages.json", {"Body": "first"}))
    await asked.wait()

    with pytest.raises(Unreachable):
        await api.post("/Messages.json", {"Body": "second"})

    with pytest.raises(OutcomeUnknown):
        await first
    await api.close()
    server.close()
    await server.wait_closed()
