"""Mail handed over to the hub: durable before it is taken, kept where it cannot be read, and never for others."""

import asyncio
import logging
import smtplib
import socket
import ssl
from collections.abc import AsyncIterator
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
import trustme

from channels.mail.identifiers import provider_id
from hub.accept import Acceptor
from hub.crypto import Keyring
from hub.db.tables import attachment, file_piece, unmatched_status
from hub.errors import Overloaded, SettingsError, StorageError
from hub.mail.listener import Listener
from hub.settings import Settings
from hub.types import Inbound, Provenance
from tests.hub.mail.rig import CLINIC, MAIL, PATIENT, hand_over, kept, mail_rig, messages
from tests.hub_rig import Rig
from tests.mail.hostile import REFUSED, mail
from tests.mail.test_reading import REFERENCE, TOKEN, VOUCHED, bounce
from tests.stores import embedded_copy


@pytest.fixture
def database_url(template: Path, tmp_path: Path) -> str:
    """Either kind will do: what is kept of mails is tested on both where it is read."""
    return embedded_copy(template, tmp_path)


@pytest.fixture
async def rig(database_url: str, tmp_path: Path, keyring: Keyring) -> AsyncIterator[Rig]:
    async with mail_rig(database_url, tmp_path, keyring) as one:
        yield one


class Heard:
    """What was accepted, as the hub was told it."""

    def __init__(self, rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
        self.inbound: list[Inbound] = []
        original = Acceptor.accept

        async def accept(acceptor: Acceptor, inbound: Inbound) -> Any:
            self.inbound.append(inbound)
            return await original(acceptor, inbound)

        monkeypatch.setattr(Acceptor, "accept", accept)


@pytest.fixture
def heard(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> Heard:
    return Heard(rig, monkeypatch)


async def test_a_mail_is_a_message_before_it_is_taken(rig: Rig) -> None:
    code, _ = await hand_over(
        rig, mail(b"I'll come.\r\n\r\nOn Mon, Nov 23, 2026 at 10:00 Clinic wrote:\r\n> Thursday?")
    )

    (line,) = await messages(rig)
    assert code == 250
    assert line.direction == "inbound"
    assert await kept(rig) == []


async def test_the_same_mail_again_is_the_same_message(rig: Rig) -> None:
    raw = mail(b"I'll come.")

    replies = [await hand_over(rig, raw), await hand_over(rig, b"Received: from a by b\r\n" + raw)]

    assert [code for code, _ in replies] == [250, 250]
    assert len(await messages(rig)) == 1


async def test_what_ties_it_to_a_thread_is_told(rig: Rig, heard: Heard) -> None:
    raw = VOUCHED + mail(b"Yes", more=f"In-Reply-To: <{REFERENCE}@clinic.example.org>\r\n".encode())

    await hand_over(rig, raw, to=(f"reply+{TOKEN}@clinic.example.org",))

    (inbound,) = heard.inbound
    assert inbound.sender.value == PATIENT
    assert inbound.text == "Yes"
    assert inbound.provenance == Provenance(
        token=TOKEN, references=(provider_id(REFERENCE, "clinic.example.org"),), authenticated=True
    )


@pytest.mark.parametrize(
    ("sender", "results"),
    [
        pytest.param("Ana Ruiz <ana.ruiz@example.org>", b"", id="nothing-vouched"),
        pytest.param(
            "Ana Ruiz <ana.ruiz@example.org>",
            b"Authentication-Results: mx.evil.example; dmarc=pass header.from=example.org\r\n",
            id="vouched-by-a-stranger",
        ),
        pytest.param('"ana.ruiz@example.org" <x@evil.example>', VOUCHED, id="vouched-for-another"),
    ],
)
async def test_a_forged_sender_with_a_replayed_token_is_told_as_such(
    rig: Rig, heard: Heard, sender: str, results: bytes
) -> None:
    raw = results + mail(b"Where is my visit?").replace(b"Ana Ruiz <ana.ruiz@example.org>", sender.encode())

    await hand_over(rig, raw, to=(f"reply+{TOKEN}@clinic.example.org",))

    (inbound,) = heard.inbound
    assert inbound.provenance is not None
    assert inbound.provenance.token == TOKEN
    assert not inbound.provenance.authenticated


async def test_a_guessed_token_is_only_a_token(rig: Rig, heard: Heard) -> None:
    """Whether a token is one that was given out is for who keeps them to say; no reply tells."""
    code, _ = await hand_over(rig, mail(b"hi"), to=("reply+AAAAAAAAAAAAAAAAAAAAAA@clinic.example.org",))

    assert code == 250
    assert heard.inbound[0].provenance == Provenance(token="AAAAAAAAAAAAAAAAAAAAAA")


@pytest.mark.parametrize(
    "recipient",
    ["ana.ruiz@example.org", "other@clinic.example.org", "reply+x@clinic.example.org", "hello@evil.example"],
)
async def test_it_is_no_relay(rig: Rig, recipient: str) -> None:
    assert (await hand_over(rig, mail(b"hi"), to=(recipient,)))[0] == 550


@pytest.mark.parametrize("refusal", [Overloaded(), StorageError("gone"), RuntimeError("a bug about ana.ruiz")])
async def test_what_cannot_be_stored_comes_again(
    rig: Rig, monkeypatch: pytest.MonkeyPatch, refusal: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)

    async def refuse(*_: object) -> None:
        raise refusal

    monkeypatch.setattr(Acceptor, "accept", refuse)
    code, text = await hand_over(rig, mail(b"a canary's words"))
    monkeypatch.undo()

    assert code == 451
    assert "ana" not in text
    assert await messages(rig) == []
    assert (await hand_over(rig, mail(b"a canary's words")))[0] == 250
    assert len(await messages(rig)) == 1
    said = "".join(record.getMessage() + str(record.__dict__) for record in caplog.records)
    assert "canary" not in said
    assert "ana.ruiz@" not in said


async def test_a_mail_that_cannot_be_read_is_kept_and_shown(rig: Rig, heard: Heard) -> None:
    raw = REFUSED["31 nested parts"][0]()

    code, _ = await hand_over(rig, raw)
    again, _ = await hand_over(rig, raw)

    (row,) = await kept(rig)
    assert (code, again) == (250, 250)
    assert row.reason == "unreadable"
    assert b"ana.ruiz" not in row.raw_sealed
    assert heard.inbound[0].text == "A mail came that could not be read. It is kept as it came."
    assert heard.inbound[0].media[-1].url == f"mail:{row.id}"
    assert heard.inbound[0].provenance == Provenance()
    assert len(await messages(rig)) == 1
    async with rig.parts.db.read() as conn:
        opened = await rig.parts.files.mails.open(conn, row.id)
    # What a mail client ends lines with is all that changes on the way.
    assert opened is not None
    assert opened.rstrip() == raw.rstrip()


async def test_a_program_s_mail_is_kept_and_shown_to_nobody_who_answers(rig: Rig) -> None:
    code, _ = await hand_over(rig, mail(b"I am away", more=b"Auto-Submitted: auto-replied\r\n"))

    assert code == 250
    assert await messages(rig) == []
    assert [row.reason for row in await kept(rig)] == ["automatic"]


async def test_a_bounce_is_what_became_of_a_delivery(rig: Rig) -> None:
    code, _ = await hand_over(rig, bounce("failed", "5.1.1"), sender="")

    # No delivery of this hub has that id: it is kept beside them for a while.
    rows = await rig.rows(sa.select(unmatched_status))
    assert code == 250
    assert await messages(rig) == []
    assert [(row.provider_id, row.state, row.code) for row in rows] == [
        (f"<{REFERENCE}@clinic.example.org>", "failed", "5.1.1")
    ]


async def test_more_than_so_many_at_once_come_again(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hub.mail.listener.MOST_CONNECTIONS", 1)
    assert rig.hub.mail is not None
    reader, writer = await asyncio.open_connection("127.0.0.1", rig.hub.mail.port)
    for command in (b"", b"HELO relay\r\n", b"MAIL FROM:<x@example.org>\r\n"):
        writer.write(command)
        await reader.readline()

    busy, _ = await hand_over(rig, mail(b"hi"))
    writer.close()
    await writer.wait_closed()

    async def free() -> bool:
        return (await hand_over(rig, mail(b"hi")))[0] == 250

    assert busy == 421
    await rig.until(free, "there is room again")


async def test_a_line_of_a_megabyte_is_taken(rig: Rig) -> None:
    assert (await hand_over(rig, mail(b"x" * 1_000_000)))[0] == 250


async def test_a_mail_larger_than_the_limit_is_refused_for_good(rig: Rig) -> None:
    assert rig.hub.mail is not None
    with socket.create_connection(("127.0.0.1", rig.hub.mail.port)):
        pass

    code, _ = await hand_over(rig, b"x" * 1000 + b"\r\n" + (b"y" * 999 + b"\r\n") * 27_000)

    assert code == 552


async def test_files_are_put_aside_before_the_mail_is_taken(rig: Rig, heard: Heard) -> None:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = PATIENT, CLINIC, "x"
    message.set_content("see the picture")
    message.add_attachment(b"\x89PNG", maintype="image", subtype="png", filename="rash.png")

    for _ in range(2):
        await hand_over(rig, VOUCHED + message.as_bytes())

    (row,) = await rig.rows(sa.select(attachment))
    assert (row.state, row.source_id) == ("fetching", heard.inbound[0].media[0].url.removeprefix("staged:"))
    assert heard.inbound[0].media[0].name == "rash.png"
    assert await rig.parts.files.staging.take(row.source_id) == b"\x89PNG"
    # Of the second time nothing is left.
    assert len(await rig.rows(sa.select(file_piece.c.file_id))) == 1
    assert await kept(rig) == []


async def test_lmtp_answers_for_each_recipient(database_url: str, tmp_path: Path, keyring: Keyring) -> None:
    async with mail_rig(database_url, tmp_path, keyring, inbound_smtp_protocol="lmtp") as rig:
        assert rig.hub.mail is not None
        said = await _lmtp(rig.hub.mail.port)

        assert said[-2:] == ["250 2.6.0 Taken", "250 2.6.0 Taken"]
        assert len(await messages(rig)) == 1


async def _lmtp(port: int) -> list[str]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    said = [(await reader.readline()).decode().strip()]
    recipients = [CLINIC, f"reply+{TOKEN}@clinic.example.org"]
    for command in ("LHLO relay", f"MAIL FROM:<{PATIENT}>", *(f"RCPT TO:<{one}>" for one in recipients), "DATA"):
        writer.write(command.encode() + b"\r\n")
        while True:
            line = (await reader.readline()).decode()
            said.append(line.strip())
            if line[3:4] != "-":
                break
    writer.write(mail(b"hello") + b"\r\n.\r\n")
    said += [(await reader.readline()).decode().strip() for _ in recipients]
    writer.close()
    return said


async def test_with_a_certificate_nothing_is_taken_in_plain_text(
    database_url: str, tmp_path: Path, keyring: Keyring
) -> None:
    authority = trustme.CA()
    cert = authority.issue_cert("127.0.0.1")
    cert.private_key_and_cert_chain_pem.write_to_path(str(tmp_path / "cert.pem"))
    trust = ssl.create_default_context()
    authority.configure_trust(trust)

    async with mail_rig(database_url, tmp_path, keyring, inbound_smtp_cert_file=tmp_path / "cert.pem") as rig:

        def encrypted() -> int:
            assert rig.hub.mail is not None
            with smtplib.SMTP("127.0.0.1", rig.hub.mail.port, timeout=20) as client:
                client.starttls(context=trust)
                client.sendmail(PATIENT, [CLINIC], mail(b"hello"))
                return len(client.sock.cipher() or ())  # type: ignore[union-attr]

        refused, _ = await hand_over(rig, mail(b"hello"))

        assert refused == 530
        assert await asyncio.to_thread(encrypted) > 0
        assert len(await messages(rig)) == 1


async def test_a_port_that_is_taken_is_told(rig: Rig) -> None:
    assert rig.hub.mail is not None
    second = Listener(rig.parts.settings, rig.hub.mail.intake, port=rig.hub.mail.port)

    with pytest.raises(SettingsError, match="choose another port"):
        await second.start()


def test_a_certificate_that_is_none_is_told(tmp_path: Path) -> None:
    (tmp_path / "cert.pem").write_text("none")

    with pytest.raises(SettingsError):
        Listener(Settings(**MAIL, inbound_smtp_cert_file=tmp_path / "cert.pem"), None, port=0)  # type: ignore[arg-type]
