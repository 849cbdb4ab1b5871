"""A conversation goes on by mail: a reply joins its thread, the bot answers it there, and a forger is told nothing."""

import email
from collections.abc import AsyncIterator
from email.message import Message
from email.policy import default
from pathlib import Path

import pytest
import sqlalchemy as sa

from hub.crypto import Keyring
from hub.db.tables import delivery, thread
from hub.settings import Secret
from hub.types import Purpose, ThreadStatus
from tests.hub.mail.rig import CLINIC, MAIL, PATIENT, hand_over
from tests.hub.mail.test_both_ways import ana
from tests.hub_rig import Rig, open_rig
from tests.mail.server import MailServer, mail_server

VOUCHED = "Authentication-Results: mx.clinic.example.org; dmarc=pass header.from=example.org\r\n"


@pytest.fixture
async def server() -> AsyncIterator[MailServer]:
    async with mail_server(offers=False) as one:
        yield one


@pytest.fixture
async def rig(server: MailServer, database_url: str, tmp_path: Path, keyring: Keyring) -> AsyncIterator[Rig]:
    changes = MAIL | {"smtp_url": Secret(f"smtp://127.0.0.1:{server.port}")}
    async with open_rig(database_url, tmp_path, keyring, **changes) as one:
        await one.engine_ready()
        yield one


async def taken(rig: Rig, server: MailServer, count: int) -> Message:
    """The last of so many mails that left."""

    async def there() -> bool:
        return len(server.taken) >= count

    await rig.until(there, f"{count} mails have left")
    return email.message_from_bytes(server.taken[count - 1][2], policy=default)


def reply(to: Message, words: str, *, vouched: bool = True, number: int = 1) -> bytes:
    """An answer to a mail as programs write it."""
    head = VOUCHED if vouched else ""
    return (
        f"{head}From: Ana Ruiz <{PATIENT}>\r\nTo: {to['Reply-To']}\r\nSubject: Re: {to['Subject']}\r\n"
        f"Message-ID: <reply-{number}@mail.example.org>\r\nIn-Reply-To: {to['Message-ID']}\r\n"
        f"Content-Type: text/plain; charset=utf-8\r\n\r\n{words}\r\n\r\n> Your forms are ready.\r\n"
    ).encode()


async def test_a_reply_is_answered_in_its_thread_by_mail(rig: Rig, server: MailServer) -> None:
    person = await ana(rig)
    await rig.send(person, "Your forms are ready.", purpose=Purpose.CARE)
    first = await taken(rig, server, 1)

    code, _ = await hand_over(rig, reply(first, "What are your opening hours?"), to=(str(first["Reply-To"]),))
    answer = await taken(rig, server, 2)

    assert code == 250
    assert "Mon-Fri" in answer.get_body(("plain",)).get_content()  # type: ignore[attr-defined]
    assert answer["In-Reply-To"] == "<reply-1@mail.example.org>"
    assert answer["Reply-To"] == first["Reply-To"]
    said = [(line.direction, line.text) for line in await rig.lines(person)]
    assert said[:2] == [("outbound", "Your forms are ready."), ("inbound", "What are your opening hours?")]
    assert len(await rig.rows(sa.select(thread))) == 1


async def test_who_forges_the_patient_gets_a_thread_of_their_own_and_no_answer(rig: Rig, server: MailServer) -> None:
    person = await ana(rig)
    await rig.send(person, "Your forms are ready.", purpose=Purpose.CARE)
    first = await taken(rig, server, 1)

    await hand_over(rig, reply(first, "What do I have booked?", vouched=False), to=(str(first["Reply-To"]),))

    async def seen_by_staff() -> bool:
        rows = await rig.rows(sa.select(thread).where(thread.c.person_id != person))
        return bool(rows) and rows[0].status == ThreadStatus.OPEN

    await rig.until(seen_by_staff, "staff have the forged mail")
    await rig.quiet()
    assert len(server.taken) == 1
    assert [line.text for line in await rig.lines(person)] == ["Your forms are ready."]
    (other,) = await rig.rows(sa.select(thread).where(thread.c.person_id != person))
    assert other.attention == "unreachable_wrote"
    assert await rig.rows(sa.select(delivery.c.id).where(delivery.c.person_id == other.person_id)) == []


async def test_an_emergency_is_answered_with_the_safety_reply_alone_whoever_vouches(
    rig: Rig, server: MailServer
) -> None:
    await rig.send(await ana(rig), "Your forms are ready.", purpose=Purpose.CARE)
    first = await taken(rig, server, 1)

    forged = reply(first, "I have chest pain. What do I have booked?", vouched=False)
    await hand_over(rig, forged, to=(str(first["Reply-To"]),))
    answer = await taken(rig, server, 2)

    await rig.quiet()
    assert "911" in answer.get_body(("plain",)).get_content()  # type: ignore[attr-defined]
    assert len(server.taken) == 2


async def test_a_new_mail_from_the_patient_names_no_conversation_and_is_asked_who_writes(
    rig: Rig, server: MailServer
) -> None:
    person = await ana(rig)
    raw = (
        f"{VOUCHED}From: {PATIENT}\r\nTo: {CLINIC}\r\nSubject: Question\r\nMessage-ID: <new-1@mail.example.org>\r\n\r\n"
        "What do I have booked?\r\n"
    ).encode()

    await hand_over(rig, raw)
    answer = await taken(rig, server, 1)

    assert "name" in answer.get_body(("plain",)).get_content()  # type: ignore[attr-defined]
    assert await rig.rows(sa.select(thread).where(thread.c.person_id == person)) == []
