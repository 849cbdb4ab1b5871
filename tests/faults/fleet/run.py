"""One run of a fleet: people text, roles are killed, and what is left is read."""

import asyncio
import random
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import sqlalchemy as sa

from channels.carrier import Carrier
from hub.app import Hub
from hub.clock import SystemClock
from hub.crypto import Keyring
from hub.db import Database, migrate
from hub.db.tables import delivery, message, person
from hub.imports import import_patients, import_schedule
from hub.vault import Vault
from tests.faults.fleet import people, promises
from tests.faults.fleet.balance import Balancer
from tests.faults.fleet.roles import ROLES, Fleet
from tests.hub_rig import CLINIC, Rig
from tests.servers.postgresql import Postgres
from tests.servers.valkey import Valkey, running

_FINISHING = 180.0
_FLUSHES = 2


@dataclass(slots=True)
class Report:
    """What was found; `broken` must be empty."""

    kills: int = 0
    flushes: int = 0
    taken: int = 0
    refused: int = 0
    seconds: float = 0.0
    outcomes: Mapping[str, int] = field(default_factory=dict)
    killed: Mapping[str, int] = field(default_factory=dict)
    broken: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        found = "\n".join(f"BROKEN: {one}" for one in self.broken) or "every promise holds"
        return (
            f"{self.kills} kills {dict(self.killed)}, Redis emptied {self.flushes} times\n"
            f"{self.taken} texts taken in {self.seconds:.0f} s, {self.refused} requests without an answer\n"
            f"attempts: {dict(self.outcomes)}\n{found}"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """How much is to happen: `seconds` is how long roles are killed, one `every` so many seconds."""

    persons: int
    texts: int
    seconds: float
    every: float


async def run(
    folder: Path, *, persons: int, texts: int, seconds: float, every: float, seed: int, redis: bool = True
) -> Report:
    """So many people send so many texts in all, while roles are killed for so many seconds."""
    chance = random.Random(seed)
    carrier = Carrier(
        numbers=(CLINIC,),
        opt_out=False,
        sent_after=timedelta(0),
        delivered_after=timedelta(0),
        seed=seed,
        keep=4 * texts,
    )
    await carrier.start()
    postgres = Postgres.start(durable=True, on=folder, track_commit_timestamp="on")
    report = Report()
    try:
        with running() as valkey:
            database = postgres.url(postgres.create())
            fleet = Fleet(folder, database, valkey.url if redis else None, carrier)
            await _books(fleet, persons)
            wanted = Wanted(persons=persons, texts=texts, seconds=seconds, every=every)
            said = await _play(fleet, valkey, report, chance, wanted)
        await _read(fleet, said, report)
    finally:
        carrier.closing.set()
        await carrier.stop()
        postgres.close()
    return report


async def _play(
    fleet: Fleet,
    valkey: Valkey,
    report: Report,
    chance: random.Random,
    wanted: "Wanted",
) -> people.Said:
    said, began = people.Said(), time.monotonic()
    balancer: Balancer | None = None
    try:
        await fleet.start(ROLES)
        balancer = Balancer(fleet.web_ports)
        await balancer.start(fleet.public)
        fleet.carrier.webhook = f"http://127.0.0.1:{fleet.public}/webhooks/twilio/sms"
        killing = asyncio.create_task(fleet.kill_now_and_then(wanted.seconds, wanted.every, chance))
        flushing = asyncio.create_task(_empty(valkey, wanted.seconds, report))
        each = max(1, wanted.texts // wanted.persons)
        talks = (people.talk(fleet.carrier, n, each, said, random.Random(f"{n}")) for n in range(wanted.persons))
        await asyncio.gather(*talks)
        report.seconds = time.monotonic() - began
        report.kills = await killing
        await flushing
        report.killed = {role.name: 0 for role in fleet.roles}
        for role in fleet.roles:
            report.killed[role.name] += role.kills
        await _finish(fleet)
        report.broken += await fleet.ask_to_end()
    finally:
        await fleet.close()
        if balancer is not None:
            await balancer.stop()
    report.taken, report.refused = said.count, said.refused
    return said


async def _empty(valkey: Valkey, seconds: float, report: Report) -> None:
    for _ in range(_FLUSHES):
        await asyncio.sleep(seconds / (_FLUSHES + 1))
        await asyncio.to_thread(valkey.flush)
        report.flushes += 1


async def _books(fleet: Fleet, persons: int) -> None:
    """A clinic with people and open times."""
    await asyncio.to_thread(migrate.upgrade, fleet.database)
    keyring = Keyring.create(SystemClock().now())
    keyring.save(fleet.settings.keyring)
    db = await Database.open(fleet.database)
    await db.write(lambda conn: Vault(keyring).found(conn, SystemClock().now()))
    await db.close()
    hub = await Hub.open(fleet.settings, roles=())
    try:
        rows = fleet.folder / "patients.csv"
        rows.write_text(_PATIENTS + "".join(_patient(n) for n in range(persons)))
        parts = hub.parts
        done = await import_patients(
            rows, db=parts.db, clock=parts.clock, people=parts.people, ledger=parts.ledger, region="US"
        )
        assert done.created == persons
        rows.write_text(_SLOTS + "".join(_slots()))
        await import_schedule(rows, db=parts.db, vault=parts.vault, clock=parts.clock, trail=parts.trail)
    finally:
        await hub.stop()


_PATIENTS = (
    "mrn,given_name,family_name,birth_date,language,timezone,phone,email,preferred_channel,"
    "sms_consent,voice_consent,email_consent\n"
)
_SLOTS = "provider,specialty,visit_type,location,start,minutes\n"


def _patient(n: int) -> str:
    return f"F-{n},Given{n},Family{n},1985-04-23,en,America/New_York,{people.number(n)},,sms,yes,,\n"


def _slots() -> list[str]:
    begin = datetime.now(UTC).replace(hour=14, minute=0, second=0, microsecond=0) + timedelta(days=1)
    starts = [begin + timedelta(days=day, minutes=20 * n) for day in range(21) for n in range(24)]
    return [
        f"{provider},Family medicine,Check-up,Maple Street,{start.isoformat()},20\n"
        for provider in ("Dr. Hannah Kim", "Dr. Luis Ortega", "Dr. Ada Nwosu", "Dr. Jo Berg", "Dr. Mina Rao")
        for start in starts
    ]


async def _finish(fleet: Fleet) -> None:
    """Wait until every text is handled and every delivery has come to an end."""
    db = await Database.open(fleet.database)
    waits = sa.select(message.c.id).where(message.c.direction == "inbound", message.c.handled_at.is_(None)).limit(1)
    leaves = sa.select(delivery.c.id).where(delivery.c.state.in_(("queued", "held", "sending"))).limit(1)
    deadline = time.monotonic() + _FINISHING
    try:
        while time.monotonic() < deadline:
            async with db.read() as conn:
                open_ones = [(await conn.execute(query)).first() for query in (waits, leaves)]
            if open_ones == [None, None]:
                return
            await asyncio.sleep(0.5)
    finally:
        await db.close()


async def _read(fleet: Fleet, said: people.Said, report: Report) -> None:
    hub = await Hub.open(fleet.settings, roles=())
    rig = Rig(hub, fleet.carrier, fleet.data)
    try:
        assert await rig.value(sa.select(sa.func.count()).select_from(person))
        report.broken += await promises.broken(rig, said, fleet.database)
        report.outcomes = await promises.attempts(rig)
    finally:
        await hub.stop()
