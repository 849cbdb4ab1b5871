"""A mail leaves by the outbox through a real relay; what comes back of it is what became of it."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from channels.mail.identifiers import reference_of
from hub.crypto import Keyring
from hub.db.tables import address, delivery
from hub.imports import import_patients
from hub.imports.patients import COLUMNS
from hub.settings import Secret
from hub.types import AddressKind, Purpose
from tests.hub.mail.rig import MAIL, PATIENT, hand_over
from tests.hub_rig import Rig, open_rig
from tests.mail.server import MailServer, mail_server
from tests.mail.test_reading import bounce
from tests.stores import embedded_only


@pytest.fixture
async def server() -> AsyncIterator[MailServer]:
    async with mail_server(offers=False) as one:
        yield one


@pytest.fixture
async def rig(server: MailServer, database_url: str, tmp_path: Path, keyring: Keyring) -> AsyncIterator[Rig]:
    changes = MAIL | {"smtp_url": Secret(f"smtp://127.0.0.1:{server.port}")}
    async with open_rig(database_url, tmp_path, keyring, **changes) as one:
        yield one


async def ana(rig: Rig) -> str:
    """The id of a patient who wants mail."""
    row = {"mrn": "M1", "given_name": "Ana", "family_name": "Ruiz", "birth_date": "1985-04-23", "language": "en"}
    row |= {"timezone": "America/New_York", "email": PATIENT, "preferred_channel": "email", "email_consent": "yes"}
    path = rig.folder / "patients.csv"
    path.write_text(",".join(COLUMNS) + "\n" + ",".join(row.get(one, "") for one in COLUMNS) + "\n", encoding="utf-8")
    parts = rig.parts
    report = await import_patients(
        path, db=parts.db, clock=parts.clock, people=parts.people, ledger=parts.ledger, region="US"
    )
    assert not report.problems
    async with parts.db.read() as conn:
        found = await parts.people.by_mrn(conn, "M1")
    assert found is not None
    return found


async def state(rig: Rig) -> str:
    return str(await rig.value(sa.select(delivery.c.state)))


async def test_a_mail_leaves_and_its_bounce_marks_the_mailbox(rig: Rig, server: MailServer) -> None:
    await rig.send(await ana(rig), "Your forms are ready.", purpose=Purpose.CARE)

    async def sent() -> bool:
        return await state(rig) == "sent"

    await rig.until(sent, "the mail is sent")
    ((_, recipients, raw),) = server.taken
    found = re.search(rb"^Message-ID: (<[^>]+>)", raw, re.MULTILINE)
    assert recipients == [PATIENT]
    assert found is not None
    reference = reference_of(found[1].decode(), "clinic.example.org")
    assert reference == await rig.value(sa.select(delivery.c.id))

    code, _ = await hand_over(rig, bounce("failed", "5.1.1", found[1].decode()), sender="")

    assert code == 250
    assert await state(rig) == "failed"
    assert await rig.value(sa.select(address.c.state).where(address.c.kind == AddressKind.MAILBOX)) == "invalid"


async def test_a_refusal_at_the_door_marks_the_mailbox(rig: Rig, server: MailServer) -> None:
    server.next = ("RCPT", "550 5.1.1 unknown")
    await rig.send(await ana(rig), "Your forms are ready.", purpose=Purpose.CARE)

    async def failed() -> bool:
        return await state(rig) == "failed"

    await rig.until(failed, "the delivery fails")
    assert await rig.value(sa.select(address.c.state).where(address.c.kind == AddressKind.MAILBOX)) == "invalid"


async def test_a_relay_that_is_busy_gets_it_later(rig: Rig, server: MailServer) -> None:
    server.next = ("MAIL", "421 busy")
    await rig.send(await ana(rig), "Your forms are ready.", purpose=Purpose.CARE)

    async def sent() -> bool:
        return await state(rig) == "sent"

    await rig.until(sent, "the mail is sent at the second attempt")
    assert server.transactions == 2
    assert len(server.taken) == 1


@embedded_only
async def test_a_mail_does_not_wait_for_the_pace_of_texts(
    server: MailServer, database_url: str, tmp_path: Path, keyring: Keyring
) -> None:
    changes = MAIL | {"smtp_url": Secret(f"smtp://127.0.0.1:{server.port}"), "sms_rate": 0.001}
    async with open_rig(database_url, tmp_path, keyring, **changes) as rig:
        by_text = await rig.patient("M2", "Eva", "Soto", "+12025550142")
        for number in range(4):
            await rig.send(by_text, f"text {number}")
        await rig.send(await ana(rig), "Your forms are ready.", purpose=Purpose.CARE)

        async def mailed() -> bool:
            return len(server.taken) == 1

        await rig.until(mailed, "the mail has left")
        assert len(rig.on_phone("+12025550142")) < 4
