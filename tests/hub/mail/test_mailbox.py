"""Mail fetched from a real IMAP server: seen once it is durable, told of at once, and taken once."""

import asyncio
import socket
import ssl
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
import trustme
from imapclient import IMAPClient

from hub.accept import Acceptor
from hub.crypto import Keyring
from hub.errors import Overloaded
from hub.mail.mailbox import Mailbox, MailboxAddress
from hub.settings import Secret
from tests.hub.mail.rig import mail_rig, messages
from tests.hub_rig import Rig
from tests.mail.hostile import mail
from tests.servers.child import free_port

USER, PASSWORD = "demouser", "demopass"


@dataclass(frozen=True)
class ImapServer:
    port: int
    trust: ssl.SSLContext

    @property
    def address(self) -> MailboxAddress:
        return MailboxAddress.of(Secret(f"imap://{USER}:{PASSWORD}@127.0.0.1:{self.port}/INBOX?starttls=1"))

    def client(self) -> IMAPClient:
        made = IMAPClient("127.0.0.1", self.port, ssl=False, timeout=20)
        made.starttls(self.trust)
        made.login(USER, PASSWORD)
        made.select_folder("INBOX")
        return made

    def deliver(self, raw: bytes) -> None:
        with self.client() as client:
            client.append("INBOX", raw)

    def unseen(self) -> int:
        with self.client() as client:
            return len(client.search("UNSEEN"))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ImapServer]:
    folder = tmp_path_factory.mktemp("imap")
    authority = trustme.CA()
    cert = authority.issue_cert("127.0.0.1")
    cert.private_key_pem.write_to_path(str(folder / "key.pem"))
    for one in cert.cert_chain_pems:
        one.write_to_path(str(folder / "cert.pem"), append=True)
    trust = ssl.create_default_context()
    authority.configure_trust(trust)
    port = free_port()
    where = [
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
        "--cert",
        str(folder / "cert.pem"),
        "--key",
        str(folder / "key.pem"),
    ]
    command = [
        sys.executable,
        "-c",
        "from pymap.main import main; main()",
        "--no-service",
        "managesieve",
        "--no-service",
        "admin",
    ]
    process = subprocess.Popen([*command, *where, "dict", "--demo-data"], stderr=subprocess.PIPE)
    try:
        for _ in range(200):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            try:
                process.wait(0.05)
            except subprocess.TimeoutExpired:
                continue
            raise AssertionError(process.stderr.read().decode() if process.stderr else "")
        yield ImapServer(port, trust)
    finally:
        process.terminate()
        process.wait(20)
        if process.stderr:
            process.stderr.close()


@pytest.fixture
async def rig(database_url: str, tmp_path: Path, keyring: Keyring) -> AsyncIterator[Rig]:
    async with mail_rig(database_url, tmp_path, keyring) as one:
        yield one


@asynccontextmanager
async def fetching(rig: Rig, server: ImapServer) -> AsyncIterator[Mailbox]:
    assert rig.hub.mail is not None
    box = Mailbox(
        server.address,
        rig.hub.mail.intake,
        tls=server.trust,
        every=timedelta(seconds=0.2),
        patience=timedelta(seconds=0.1),
    )
    box.start()
    try:
        yield box
    finally:
        await box.stop()


@pytest.fixture
def emptied(server: ImapServer) -> ImapServer:
    with server.client() as client:
        if uids := client.search("ALL"):
            client.delete_messages(uids)
            client.expunge()
    return server


async def test_what_is_there_and_what_comes_is_taken_and_seen(rig: Rig, emptied: ImapServer) -> None:
    await asyncio.to_thread(emptied.deliver, mail(b"the first"))

    async with fetching(rig, emptied):
        await rig.until(lambda: _count(rig, 1), "the mail becomes a message")
        await asyncio.to_thread(emptied.deliver, mail(b"the second"))
        await rig.until(lambda: _count(rig, 2), "the mail becomes a message")

    assert await asyncio.to_thread(emptied.unseen) == 0


async def test_what_could_not_be_stored_stays_unseen_and_comes_again(
    rig: Rig, emptied: ImapServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused = asyncio.Event()
    original = Acceptor.accept

    async def refuse(acceptor: Acceptor, inbound: object) -> object:
        if not refused.is_set():
            refused.set()
            raise Overloaded
        return await original(acceptor, inbound)  # type: ignore[arg-type]

    monkeypatch.setattr(Acceptor, "accept", refuse)
    await asyncio.to_thread(emptied.deliver, mail(b"again"))

    async with fetching(rig, emptied):
        await rig.until(lambda: _count(rig, 1), "the mail becomes a message")

    assert refused.is_set()
    assert await asyncio.to_thread(emptied.unseen) == 0


async def test_a_mail_that_was_taken_before_its_mark_is_known_again(rig: Rig, emptied: ImapServer) -> None:
    for _ in range(2):
        await asyncio.to_thread(emptied.deliver, mail(b"twice"))

    async with fetching(rig, emptied):

        async def all_seen() -> bool:
            return await asyncio.to_thread(emptied.unseen) == 0

        await rig.until(all_seen, "both are marked as seen")

    assert len(await messages(rig)) == 1


async def test_a_server_whose_certificate_does_not_hold_gets_no_password(rig: Rig, emptied: ImapServer) -> None:
    assert rig.hub.mail is not None
    box = Mailbox(emptied.address, rig.hub.mail.intake)

    with pytest.raises(ssl.SSLCertVerificationError):
        await asyncio.to_thread(box._open)


def test_an_address_is_read_and_hides_its_password() -> None:
    found = MailboxAddress.of(Secret("imaps://hub%40example.org:p%20w@imap.example.org/Clinic%20Mail"))

    assert (found.host, found.port, found.tls, found.folder) == ("imap.example.org", 993, True, "Clinic Mail")
    assert (found.username, found.password) == ("hub@example.org", "p w")
    assert "p w" not in repr(found)


async def _count(rig: Rig, number: int) -> bool:
    return len(await messages(rig)) == number
