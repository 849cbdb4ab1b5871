"""What is written to Twilio, and how long its answer is waited for."""

import asyncio
from urllib.parse import urlencode

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.twilio.client import TwilioApi, form
from hub.errors import OutcomeUnknown
from hub.settings import Secret

IMPATIENT = aiohttp.ClientTimeout(total=None, connect=2, sock_connect=1, sock_read=0.3)
texts = st.text(st.characters(exclude_categories=["Cs"]))


@given(st.dictionaries(st.sampled_from(["To", "From", "Body", "MediaUrl"]), texts | st.lists(texts)))
def test_a_form_reads_as_the_standard_library_writes_it(data: dict[str, object]) -> None:
    assert form(data) == urlencode(data, doseq=True).encode()


async def test_an_answer_that_trickles_in_for_ever_is_given_up() -> None:
    async def trickle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"HTTP/1.1 201 Created\r\nContent-Length: 100000\r\n\r\n")
            while True:
                writer.write(b" ")
                await writer.drain()
                await asyncio.sleep(0.1)
        except (ConnectionError, asyncio.IncompleteReadError):
            writer.close()

    server = await asyncio.start_server(trickle, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    api = TwilioApi("AC1", Secret("secret"), base_url=f"http://127.0.0.1:{port}", timeout=IMPATIENT)

    with pytest.raises(OutcomeUnknown):
        await api.post("/Messages.json", {"Body": "Hello"})

    await api.close()
    server.close()
    await server.wait_closed()
