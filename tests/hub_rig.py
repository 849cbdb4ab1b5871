"""A whole hub for tests: every role in this process, its web server on loopback, the simulated carrier as its account.

async with open_rig(database_url, tmp_path, keyring) as rig:
    await rig.patient("MRN-1", "Ana", "Lopez", ANA)
    said = await rig.ask(ANA, "I need a check-up")
"""

import asyncio
import csv
import dataclasses
import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from bots.scheduling.base import Appointment
from channels.carrier import Carrier, Entry
from consent.facts import ConsentState
from hub import app
from hub.app import ROLES, Hub
from hub.clock import Clock
from hub.crypto import Keyring
from hub.db.tables import (
    address,
    appointment,
    attempt,
    audit_event,
    consent_event,
    contact,
    delivery,
    message,
    person,
    slot,
    thread,
)
from hub.hours import OpeningHours
from hub.imports import import_patients, import_schedule
from hub.imports.patients import COLUMNS as PATIENT_COLUMNS
from hub.imports.schedule import COLUMNS as SLOT_COLUMNS
from hub.parts import Parts
from hub.sealed import open_body
from hub.settings import Secret, Settings
from hub.types import AddressKind, AuthorKind, ChannelKind, DeliveryState, Intent, Language, Purpose, new_id
from templates import render
from templates.catalog import shipped
from tests.bots.nlu_engine import MODELS, trained
from tests.canary import watch

CLINIC = "+12025550100"
ALWAYS = OpeningHours.parse("Mon-Sun 00:00-24:00")
"""When staff are there: whatever the time is, nobody is told that they are away."""
WITHIN = 30.0
"""Seconds in which what is waited for must come to pass; the machine may be busy."""
_LOOK_AGAIN = 0.02


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One entry of a thread, opened."""

    id: str
    seq: int
    direction: str
    author: str
    text: str


class Rig:
    """A running hub, what reaches it, and what can be read of it."""

    def __init__(self, hub: Hub, carrier: Carrier, folder: Path) -> None:
        self.hub = hub
        self.carrier = carrier
        self.folder = folder

    @property
    def parts(self) -> Parts:
        return self.hub.parts

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.hub.port}"

    # The clinic

    async def patient(
        self,
        mrn: str,
        given_name: str,
        family_name: str,
        phone: str,
        *,
        language: Language = "en",
        birth_date: str = "1985-04-23",
        timezone: str = "America/New_York",
        consent: str = "yes",
        calls: str = "",
        mailbox: str = "",
    ) -> str:
        """The id of a patient who is now on the books; who has a mailbox agreed to mails."""
        mails = "yes" if mailbox else ""
        row = (
            mrn,
            given_name,
            family_name,
            birth_date,
            language,
            timezone,
            phone,
            mailbox,
            "sms",
            consent,
            calls,
            mails,
        )
        parts = self.parts
        report = await import_patients(
            self._csv(PATIENT_COLUMNS, [row]),
            db=parts.db,
            clock=parts.clock,
            people=parts.people,
            ledger=parts.ledger,
            region="US",
        )
        assert not report.problems, report.problems
        async with parts.db.read() as conn:
            found = await parts.people.by_mrn(conn, mrn)
        assert found is not None
        return found

    async def slots(self, rows: Iterable[Sequence[object]]) -> None:
        """Open times: rows of provider, specialty, visit type, location, start (aware), minutes."""
        texts = [tuple(v.isoformat() if isinstance(v, datetime) else str(v) for v in row) for row in rows]
        parts = self.parts
        report = await import_schedule(
            self._csv(SLOT_COLUMNS, texts), db=parts.db, vault=parts.vault, clock=parts.clock, trail=parts.trail
        )
        assert not report.problems, report.problems

    def _csv(self, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> Path:
        path = self.folder / "import.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(columns)
            writer.writerows(rows)
        return path

    # People at their phones

    async def text(self, number: str, words: str) -> str:
        """The carrier's id of a text from `number`, once the hub took it."""
        reply = await self.carrier.text(number, CLINIC, words)
        assert reply.ok, f"the hub answered {reply.status}"
        return reply.sid

    async def hear(self, number: str) -> str:
        """The next text on the phone `number`."""
        entry: Entry = await self.carrier.phone(number).next(WITHIN)
        return entry.text

    async def ask(self, number: str, words: str) -> str:
        """What the clinic answers to a text."""
        await self.text(number, words)
        return await self.hear(number)

    async def tell(self, number: str, words: str) -> str:
        """The carrier's id of a text that the hub is done with, whether or not it answers."""
        sid = await self.text(number, words)
        await self.handled(sid)
        return sid

    def on_phone(self, number: str) -> list[str]:
        """Every text from the clinic that the phone shows."""
        return [one.text for one in self.carrier.phone(number).conversation if one.peer == CLINIC and _came(one)]

    # Understanding

    async def engine_ready(self) -> None:
        """Wait until the bot understands."""

        async def loaded() -> bool:
            return self.hub._engine.loaded is not None

        await self.until(loaded, "the engine is loaded")

    def understand_with(self, engine: Any) -> None:
        """Let another engine understand from now on; None for one that is not ready."""
        self.hub._engine.loaded = engine
        if engine is not None:
            self.parts.reception.engine_ready()

    # What is waited for

    async def until(self, holds: Callable[[], Awaitable[bool]], expected: str) -> None:
        """Wait until `holds`."""
        deadline = time.monotonic() + WITHIN
        while not await holds():
            assert time.monotonic() < deadline, f"expected that {expected}"
            await asyncio.sleep(_LOOK_AGAIN)

    async def handled(self, sid: str) -> None:
        """Wait until the hub is done with the text `sid`."""
        query = sa.select(message.c.handled_at).where(message.c.provider_id == sid)

        async def done() -> bool:
            return (await self.value(query)) is not None

        await self.until(done, "a text is handled")

    async def quiet(self) -> None:
        """Wait until every text is handled, nothing is on its way out, and the carrier has told all it knows."""
        waits = sa.select(message.c.id).where(message.c.direction == "inbound", message.c.handled_at.is_(None)).limit(1)
        leaves = (
            sa.select(delivery.c.id).where(delivery.c.state.in_((DeliveryState.QUEUED, DeliveryState.SENDING))).limit(1)
        )

        async def done() -> bool:
            return await self.value(waits) is None and await self.value(leaves) is None

        await self.until(done, "the hub comes to rest")
        await self.carrier.settled()
        await self.carrier.calls.settled()

    # What is read

    async def rows(self, query: Any) -> list[Any]:
        async with self.parts.db.read() as conn:
            return list((await conn.execute(query)).all())

    async def value(self, query: Any) -> Any:
        async with self.parts.db.read() as conn:
            return (await conn.execute(query)).scalars().first()

    async def person_on(self, number: str, kind: str = "unidentified") -> str:
        """The id of the person of a kind behind a number."""
        query = (
            sa.select(person.c.id)
            .join(contact, contact.c.person_id == person.c.id)
            .where(contact.c.address_id == await self.address(number), person.c.kind == kind)
        )
        return str(await self.value(query))

    async def address(self, number: str) -> str:
        """The id of a number."""
        blind = self.parts.vault.blind.of(AddressKind.PHONE.value, number)
        found = await self.value(sa.select(address.c.id).where(address.c.blind == blind))
        assert found is not None, "nobody has this number"
        return str(found)

    async def thread(self, person_id: str) -> Any:
        """The row of a person's only thread."""
        (row,) = await self.rows(sa.select(thread).where(thread.c.person_id == person_id))
        return row

    async def lines(self, person_id: str) -> list[Line]:
        """The entries of a person's thread, opened, in order."""
        query = (
            sa.select(message)
            .join(thread, thread.c.id == message.c.thread_id)
            .where(thread.c.person_id == person_id)
            .order_by(message.c.seq)
        )
        async with self.parts.db.read() as conn:
            keys = await self.parts.vault.keys(conn, (person_id,))
            found = list((await conn.execute(query)).all())
        return [
            Line(
                id=row.id,
                seq=row.seq,
                direction=row.direction,
                author=row.author_kind,
                text=open_body(keys, person_id, row.thread_id, row.id, row.body_sealed).text,
            )
            for row in found
        ]

    async def deliveries(self, person_id: str) -> list[Any]:
        """The rows of a person's deliveries, oldest first."""
        return await self.rows(sa.select(delivery).where(delivery.c.person_id == person_id).order_by(delivery.c.id))

    async def attempts(self, delivery_id: str) -> list[Any]:
        """The attempts of a delivery, in order."""
        return await self.rows(
            sa.select(attempt).where(attempt.c.delivery_id == delivery_id).order_by(attempt.c.number)
        )

    async def visits(self, person_id: str) -> tuple[Appointment, ...]:
        """The person's booked visits to come."""
        return await self.parts.scheduling.appointments(person_id, after=self.parts.clock.now())

    async def visit_rows(self, person_id: str) -> list[Any]:
        """Every visit of a person, whatever became of it."""
        return await self.rows(
            sa.select(appointment).where(appointment.c.person_id == person_id).order_by(appointment.c.id)
        )

    async def slot_state(self, slot_id: str | None) -> str:
        """Whether a slot is free, held or booked."""
        return str(await self.value(sa.select(slot.c.state).where(slot.c.id == slot_id)))

    async def consent(self, number: str, purpose: Purpose = Purpose.APPOINTMENT) -> ConsentState | None:
        """What the ledger holds for texts to a number."""
        address_id = await self.address(number)
        async with self.parts.db.read() as conn:
            standing = (await self.parts.ledger.standings(conn, (address_id,)))[address_id]
        return standing.of(ChannelKind.SMS, purpose).state

    async def facts(self, number: str) -> list[str]:
        """The states of the ledger's facts about a number, oldest first."""
        query = (
            sa.select(consent_event.c.state)
            .where(consent_event.c.address_id == await self.address(number))
            .order_by(consent_event.c.id)
        )
        return [row.state for row in await self.rows(query)]

    async def audited(self, action: str) -> int:
        """How many audit entries there are of an action."""
        return int(await self.value(sa.select(sa.func.count()).where(audit_event.c.action == action)))

    async def send(self, person_id: str, body: str, **values: Any) -> Any:
        """What the router decides about a text by staff."""
        given = {
            "purpose": Purpose.CARE,
            "author": AuthorKind.STAFF,
            "level": "limited",
            "key": f"test:{new_id()}",
        } | values
        return await self.parts.router.route(Intent(person_id=person_id, body=body, **given))

    def words(self, template: str, visit: Any, language: Language = "en") -> str:
        """What the clinic must say of a visit."""
        facts = {"start": visit.start, "provider": visit.provider, "location": visit.location}
        return render(template, facts, language, ChannelKind.SMS, self.parts.settings.timezone).text


@pytest.fixture
async def rig(database_url: str, tmp_path: Path, keyring: Keyring) -> AsyncIterator[Rig]:
    """A hub that runs, by the machine's own clock."""
    async with open_rig(database_url, tmp_path, keyring) as one:
        yield one


def is_said(template: str, text: str, language: Language = "en") -> bool:
    """Whether `text` holds the words of a template, whatever its values."""
    return bool(pattern(template, language).search(text))


@cache
def pattern(template: str, language: Language) -> re.Pattern[str]:
    """What finds the words of a template in a text."""
    pieces = shipped().get(template, language).pieces(ChannelKind.SMS)
    return re.compile("".join(re.escape(words) + (".+?" if name else "") for words, name in pieces), re.DOTALL)


def _came(entry: Entry) -> bool:
    return entry.direction.value == "inbound"


@asynccontextmanager
async def open_rig(
    database_url: str,
    folder: Path,
    keyring: Keyring,
    *,
    clock: Clock | None = None,
    carrier: Carrier | None = None,
    roles: Sequence[str] = ROLES,
    started: bool = True,
    engine: bool = True,
    **changes: Any,
) -> AsyncIterator[Rig]:
    """A hub that runs, empty, with the understanding engine that the session trained once.

    carrier: another's, which runs already, stays as it is.
    engine: False for a hub that is not started, and so needs none.
    """
    if engine and not (folder / "models").exists():
        trained()
        (folder / "models").symlink_to(MODELS)
    carrier = carrier or Carrier(
        numbers=(CLINIC,), opt_out=False, sent_after=timedelta(0), delivered_after=timedelta(0), seed=1
    )
    already_there = bool(carrier.base_url)
    if not already_there:
        await carrier.start()
    settings = app.with_port(
        Settings(
            data=folder,
            database_url=database_url,
            keyring_file=folder / "keyring.json",
            port=0,
            twilio_account_sid=carrier.account_sid,
            twilio_auth_token=Secret(carrier.auth_token),
            twilio_api_url=carrier.base_url,
            sms_from=CLINIC,
        )
    )
    settings = dataclasses.replace(
        settings, **({"sms_rate": 1000.0, "email_rate": 1000.0, "open_hours": ALWAYS} | changes)
    )
    if not settings.keyring.exists():
        keyring.save(settings.keyring)
    hub = await Hub.open(settings, clock=clock, roles=roles)
    try:
        if started:
            await hub.start()
            carrier.webhook = f"http://127.0.0.1:{hub.port}/webhooks/twilio/sms"
            carrier.calls.webhook = f"http://127.0.0.1:{hub.port}/webhooks/twilio/voice"
        yield Rig(hub, carrier, folder)
    finally:
        watch.say("/metrics", hub.parts.metrics.page())
        if not already_there:
            carrier.closing.set()
        await hub.stop()
        if not already_there:
            await carrier.stop()
