"""The MLLP server, spoken to by an implementation of somebody else's."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import hl7
import pytest
import trustme
from hl7.mllp import open_hl7_connection

from hub.errors import SettingsError
from hub.hl7.listener import Listener
from tests.hub.hl7.feed import Feed
from tests.hub.hl7.messages import acknowledged, siu
from tests.stores import embedded_only

pytestmark = embedded_only


@asynccontextmanager
async def listening(
    feed: Feed, *, most: int = 4, idle: float = 30, whole: float = 30, **changes: Any
) -> AsyncIterator[Listener]:
    """A server that hands what comes to the feed's inbox."""
    settings = replace(feed.parts.settings, **changes)
    listener = Listener(settings, feed.inbox, feed.parts.metrics, port=0, most=most, idle=idle, whole=whole)
    await listener.start()
    try:
        yield listener
    finally:
        await listener.stop()


async def said(port: int, content: bytes, context: ssl.SSLContext | None = None) -> tuple[str, str]:
    """The code and control id of the answer to a message, sent and read by python-hl7."""
    reader, writer = await open_hl7_connection("127.0.0.1", port, ssl=context)
    try:
        writer.writemessage(hl7.parse(content.decode()))
        answer = await asyncio.wait_for(reader.readmessage(), 20)
    finally:
        writer.close()
    return str(answer.segment("MSA")(1)), str(answer.segment("MSA")(2))


async def closed(reader: asyncio.StreamReader) -> bytes:
    """What came before the other side closed."""
    try:
        return await asyncio.wait_for(reader.read(), 20)
    except ConnectionError:
        return b""


def why(feed: Feed) -> dict[str, float]:
    """How many connections ended, and why."""
    (metric,) = feed.parts.metrics.hl7_closed.collect()
    return {one.labels["code"]: one.value for one in metric.samples if one.name.endswith("_total")}


async def test_messages_of_one_connection_are_answered_in_their_order(feed: Feed) -> None:
    async with listening(feed) as listener:
        reader, writer = await open_hl7_connection("127.0.0.1", listener.port)
        for number in range(3):
            writer.writemessage(
                hl7.parse(siu("S12", f"C{number}", sch={"filler": f"F{number}", "placer": ""}).decode())
            )
        answers = [await asyncio.wait_for(reader.readmessage(), 20) for _ in range(3)]
        writer.close()

    assert [str(one.segment("MSA")(2)) for one in answers] == ["C0", "C1", "C2"]
    assert len(await feed.letters()) == 3


async def test_what_is_no_message_is_answered_and_the_next_one_taken(feed: Feed) -> None:
    async with listening(feed) as listener:
        reader, writer = await asyncio.open_connection("127.0.0.1", listener.port)
        writer.write(b"\x0bnonsense\x1c\r" + b"\x0b" + siu()[:40] + b"\x0b" + siu() + b"\x1c\r")
        first = await asyncio.wait_for(reader.readuntil(b"\x1c\r"), 20)
        second = await asyncio.wait_for(reader.readuntil(b"\x1c\r"), 20)
        writer.close()

    assert acknowledged(first[1:-2])[0] == "AR"
    assert acknowledged(second[1:-2])[:2] == ("AA", "MSG1")


@pytest.mark.parametrize(
    ("sent", "reason", "answer"),
    [
        pytest.param(b"GET / HTTP/1.1\r\n" * 500, "unframed", b"", id="another protocol"),
        pytest.param(b"\x0b" + siu() + b"NTE|" + b"x" * 300_000, "too_large", b"MSA|AR|MSG1", id="too large a message"),
        pytest.param(b"\x0b" + siu(), "slow", b"", id="one that never ends"),
        pytest.param(b"", "idle", b"", id="nothing"),
    ],
)
async def test_whoever_does_not_speak_as_agreed_is_hung_up_on(
    feed: Feed, sent: bytes, reason: str, answer: bytes
) -> None:
    async with listening(feed, idle=0.2, whole=0.4 if reason == "slow" else 20) as listener:
        reader, writer = await asyncio.open_connection("127.0.0.1", listener.port)
        writer.write(sent)
        heard = await closed(reader)
        writer.close()

        assert answer in heard
        assert why(feed) == {reason: 1}


async def test_of_more_than_there_is_room_for_the_last_are_hung_up_on(feed: Feed) -> None:
    async with listening(feed, most=1) as listener:
        first = await asyncio.open_connection("127.0.0.1", listener.port)
        # It is in, once it is answered.
        first[1].write(b"\x0bnonsense\x1c\r")
        await asyncio.wait_for(first[0].readuntil(b"\x1c\r"), 20)
        second = await asyncio.open_connection("127.0.0.1", listener.port)

        assert await closed(second[0]) == b""
        second[1].close()
        first[1].close()

    assert why(feed)["full"] == 1


async def test_only_who_is_listed_is_heard(feed: Feed) -> None:
    async with listening(feed, mllp_peers=(ip_network("192.0.2.0/24"),)) as listener:
        reader, writer = await asyncio.open_connection("127.0.0.1", listener.port)

        assert await closed(reader) == b""
        writer.close()

    assert why(feed) == {"peer": 1}
    async with listening(feed, mllp_peers=(ip_network("127.0.0.0/8"),)) as listener:
        assert await said(listener.port, siu()) == ("AA", "MSG1")


async def test_with_certificates_only_who_shows_one_is_heard(feed: Feed, tmp_path: Path) -> None:
    authority, stranger = trustme.CA(), trustme.CA()
    authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(str(tmp_path / "cert.pem"))
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))

    def context(issuer: trustme.CA | None) -> ssl.SSLContext:
        made = ssl.create_default_context()
        authority.configure_trust(made)
        if issuer is not None:
            issuer.issue_cert("sender.example.org").configure_cert(made)
        return made

    certificates: dict[str, Any] = {"mllp_cert_file": tmp_path / "cert.pem", "mllp_client_ca_file": tmp_path / "ca.pem"}
    async with listening(feed, **certificates) as listener:
        assert await said(listener.port, siu(), context(authority)) == ("AA", "MSG1")
        for refused in (context(None), context(stranger)):
            with pytest.raises((ssl.SSLError, OSError, asyncio.IncompleteReadError)):
                await said(listener.port, siu(), refused)
        # In plain text nothing is heard at all.
        reader, writer = await asyncio.open_connection("127.0.0.1", listener.port)
        writer.write(b"\x0b" + siu("S12", "PLAIN") + b"\x1c\r")
        assert b"MSA" not in await closed(reader)
        writer.close()

    assert len(await feed.letters()) == 1


async def test_who_is_asked_to_end_answers_what_is_in_hand(feed: Feed, monkeypatch: pytest.MonkeyPatch) -> None:
    begun, go_on = asyncio.Event(), asyncio.Event()
    take = feed.inbox.take

    async def slowly(content: bytes) -> list[bytes]:
        begun.set()
        await go_on.wait()
        return await take(content)

    monkeypatch.setattr(feed.inbox, "take", slowly)
    async with listening(feed) as listener:
        idle = await asyncio.open_connection("127.0.0.1", listener.port)
        asked = asyncio.create_task(said(listener.port, siu()))
        await begun.wait()
        stopping = asyncio.create_task(listener.stop())
        assert await closed(idle[0]) == b""
        go_on.set()

        assert await asked == ("AA", "MSG1")
        await stopping
        idle[1].close()
        with pytest.raises(OSError):
            await asyncio.open_connection("127.0.0.1", listener.port or 1)


async def test_a_port_that_is_taken_is_told(feed: Feed) -> None:
    async with listening(feed) as listener:
        second = Listener(feed.parts.settings, feed.inbox, feed.parts.metrics, port=listener.port)

        with pytest.raises(SettingsError, match="choose another port"):
            await second.start()


async def test_certificates_that_are_none_are_told(feed: Feed, tmp_path: Path) -> None:
    (tmp_path / "cert.pem").write_text("none")
    settings = replace(feed.parts.settings, mllp_cert_file=tmp_path / "cert.pem")

    with pytest.raises(SettingsError, match="HUB_MLLP_CERT_FILE"):
        Listener(settings, feed.inbox, feed.parts.metrics, port=0)
