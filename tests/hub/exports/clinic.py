"""A small clinic to export: three persons who said something, with deliveries, consent, readings and a file."""

import dataclasses
from collections.abc import AsyncIterator
from datetime import date, timedelta
from functools import partial
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from consent.facts import PHONE, ConsentState, Source
from consent.ledger import NewFact
from hub.app import Hub
from hub.audit import Actor, Entry
from hub.clock import FixedClock
from hub.crypto import Keyring
from hub.db.tables import attachment, delivery, delivery_event
from hub.files.shelf import AttachmentState, place_of
from hub.parts import Parts
from hub.people import NewPatient
from hub.settings import Settings
from hub.threads import NewMessage
from hub.types import Address, AddressKind, AuthorKind, ChannelKind, Direction, Media, Purpose, new_id

__all__ = ["HELLO", "PICTURE", "SINCE", "Clinic", "clinic", "parts"]

HELLO = "=cmd|' /C calc'!A0 is what I wrote, José\nand a second line"
PICTURE = b"\x89PNG synthetic " * 9000
SINCE = timedelta(days=2)
"""How long before now the first of them wrote."""
STAFF = "018f0000-0000-7000-8000-00000000aaaa"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Clinic:
    """What was made: persons and threads in the order of the threads, and one sent message."""

    parts: Parts
    persons: list[str]
    threads: list[str]
    sent: str
    picture: str


@pytest.fixture
async def parts(database_url: str, tmp_path: Path, keyring: Keyring, clock: FixedClock) -> AsyncIterator[Parts]:
    """The parts of a hub that serves nothing."""
    keyring.save(tmp_path / "data" / "keyring.json")
    hub = await Hub.open(
        Settings(data=tmp_path / "data", database_url=database_url, keyring_file=tmp_path / "data" / "keyring.json"),
        clock=clock,
        roles=(),
    )
    yield hub.parts
    await hub.stop()


@pytest.fixture
async def clinic(parts: Parts, clock: FixedClock) -> Clinic:
    """Three persons with ten, four and one message."""
    patients = [
        NewPatient(
            mrn=f"EXP-{n}",
            given_name=("Ana", "Luis", "Ruth")[n],
            family_name=("Lopez", "Kim", "Levin")[n],
            birth_date=date(1980, 4, 2 + n),
            language="es" if n == 0 else "en",
            addresses=(Address(AddressKind.PHONE, f"+1202555015{n}"),),
        )
        for n in range(3)
    ]
    actor = Actor("system", "test")
    made = await parts.db.write(lambda conn: parts.people.upsert_many(conn, patients, actor))
    fact = NewFact(
        address_id=made[0].addresses[0],
        person_id=made[0].person_id,
        state=ConsentState.GRANT,
        scope=PHONE,
        source=Source.FORM,
        at=clock.now() - timedelta(days=3),
        actor=actor,
    )
    await parts.db.write(lambda conn: parts.ledger.record(conn, fact))
    threads = await parts.db.write(lambda conn: parts.threads.open_for(conn, [one.person_id for one in made]))
    begun = clock.now() + timedelta(minutes=1) - SINCE
    sent, picture = "", new_id()
    for n, count in enumerate((10, 4, 1)):
        person_id, thread_id = made[n].person_id, threads[made[n].person_id].id
        for number in range(count):
            entry = NewMessage(
                id=new_id(),
                thread_id=thread_id,
                person_id=person_id,
                direction=(Direction.INBOUND, Direction.OUTBOUND, Direction.NOTE)[number % 3],
                author=(AuthorKind.PATIENT, AuthorKind.STAFF, AuthorKind.STAFF)[number % 3],
                author_name=("", "Nurse Emma", "Nurse Emma")[number % 3],
                author_id=(None, STAFF, STAFF)[number % 3],
                at=begun + timedelta(hours=number),
                text=HELLO if number == 0 else f"words {number} of person {n}",
                channel=None if number % 3 == 2 else ChannelKind.SMS,
                address_id=None if number % 3 == 2 else made[n].addresses[0],
                provider_id=f"SM{n}{number}" if number % 3 == 0 else None,
                media=(Media(url="hub:1", content_type="image/png", name="knee.png"),) if (n, number) == (0, 3) else (),
            )
            await parts.db.write(partial(_append, parts=parts, entry=entry))
            if number % 3 == 1:
                sent = sent or entry.id
                await parts.db.write(partial(_deliver, parts=parts, entry=entry))
            if entry.media:
                await _keep(parts, entry, picture)
    reading = Entry(action="message.read", actor=Actor("staff", STAFF), person_id=made[0].person_id, object_id="x")
    await parts.db.write(lambda conn: parts.trail.record(conn, reading, reading))
    # An export is of what was before it was begun.
    clock.advance(timedelta(minutes=1))
    # Threads are walked in the order of their ids.
    order = sorted(range(3), key=lambda n: threads[made[n].person_id].id)
    return Clinic(
        parts=parts,
        persons=[made[n].person_id for n in order],
        threads=[threads[made[n].person_id].id for n in order],
        sent=sent,
        picture=picture,
    )


async def _append(conn: AsyncConnection, parts: Parts, entry: NewMessage) -> None:
    await parts.threads.append(conn, await parts.vault.key(conn, entry.person_id), [entry])


async def _deliver(conn: AsyncConnection, parts: Parts, entry: NewMessage) -> None:
    """A delivery that arrived, with what the router and the outbox write of one."""
    delivery_id = new_id()
    row = {
        "id": delivery_id,
        "message_id": entry.id,
        "thread_id": entry.thread_id,
        "person_id": entry.person_id,
        "address_id": entry.address_id,
        "channel": "sms",
        "lane": "reply",
        "purpose": Purpose.CARE.value,
        "automated": False,
        "confirms_stop": False,
        "answers_help": False,
        "state": "delivered",
        "reason": "",
        "segments": 1,
        "due_at": entry.at,
        "attempts": 1,
        "provider_id": f"SM{delivery_id[-6:]}",
        "created_at": parts.clock.now(),
        "updated_at": entry.at,
    }
    await conn.execute(sa.insert(delivery), row)
    for seconds, state in enumerate(("queued", "sending", "sent", "delivered")):
        at = entry.at + timedelta(seconds=seconds)
        event = {"id": new_id(), "delivery_id": delivery_id, "state": state, "reason": "", "at": at}
        await conn.execute(sa.insert(delivery_event), event)
    queued = Entry(
        action="message.queue",
        actor=Actor("staff", "staff"),
        person_id=entry.person_id,
        object_id=entry.id,
        details={"delivery": delivery_id, "channel": "sms", "rule": "care-reply", "step": 0, "cause": "first"},
    )
    await parts.trail.record(conn, queued)


async def _keep(parts: Parts, entry: NewMessage, attachment_id: str) -> None:
    """A file of the message, sealed as the hub keeps it."""
    now = parts.clock.now()
    row = {
        "id": attachment_id,
        "message_id": entry.id,
        "position": 0,
        "thread_id": entry.thread_id,
        "person_id": entry.person_id,
        "channel": "sms",
        "state": "served",
        "reason": "",
        "kind": "image/png",
        "size": len(PICTURE),
        "bound": "attachment",
        "attempts": 1,
        "due_at": now,
        "created_at": now,
        "updated_at": now,
    }
    async with parts.db.read() as conn:
        keys = await parts.vault.key(conn, entry.person_id)
    place = place_of(type("Row", (), row), AttachmentState.SERVED)
    writer = parts.files.shelf._pieces.write(lambda _: keys.seal_file(entry.person_id, place))
    await writer.add(PICTURE)
    await writer.end()
    await parts.db.write(lambda conn: conn.execute(sa.insert(attachment), row | {"content_id": writer.file_id}))
