"""Data folders to measure on: a migrated database with people, open times and, where asked for, queued deliveries."""

import asyncio
import csv
import subprocess
import sys
import time
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from hub import app
from hub.db import migrate
from hub.imports import import_patients, import_schedule
from hub.imports.patients import COLUMNS as PATIENTS
from hub.imports.schedule import COLUMNS as SLOTS
from hub.parts import Parts
from hub.settings import Secret, Settings
from hub.types import AuthorKind, Intent, Lane, Purpose, Send
from tests.bench import webhooks
from tests.bench.processes import CHECKOUT, Bench

_PROVIDERS = ("Dr. Hannah Kim", "Dr. Luis Ortega", "Dr. Ruth Adeyemi", "Dr. Samuel Levin", "Dr. Nina Petrov")


def make(bench: Bench, *, people: int, slots: bool = False, queued: bool = False) -> Path:
    """A data folder with its database: so many patients who agreed to texts, and whatever else is asked for."""
    data = bench.template()
    migrate.upgrade(bench.database(data))
    asyncio.run(_fill(data, bench.database(data), people=people, slots=slots, queued=queued))
    return data


async def _fill(data: Path, database: str, *, people: int, slots: bool, queued: bool) -> None:
    settings = Settings(
        data=data,
        database_url=database,
        twilio_account_sid=webhooks.ACCOUNT,
        twilio_auth_token=Secret(webhooks.TOKEN),
        sms_from=webhooks.CLINIC,
    )
    hub = await app.Hub.open(settings, roles=())
    try:
        await _patients(hub.parts, data, people)
        if slots:
            await _slots(hub.parts, data)
        if queued:
            await _deliveries(hub.parts, people)
    finally:
        await hub.stop()


def train(models: Path) -> float:
    """Seconds that a process takes to load the understanding engine, trained into `models` if it is not there."""
    began = time.monotonic()
    code = "import pathlib, sys; from bots.nlu.embedded import load_or_train; load_or_train(pathlib.Path(sys.argv[1]))"
    subprocess.run([sys.executable, "-c", code, str(models)], check=True, cwd=CHECKOUT)
    return time.monotonic() - began


async def _patients(parts: Parts, data: Path, people: int) -> None:
    rows = [
        (
            f"BENCH-{n}",
            f"Given{n}",
            f"Family{n}",
            "1980-05-17",
            "en",
            "America/New_York",
            webhooks.number(n),
            "",
            "sms",
            "yes",
            "",
            "",
        )
        for n in range(people)
    ]
    path = _csv(data / "patients.csv", PATIENTS, rows)
    report = await import_patients(
        path, db=parts.db, clock=parts.clock, people=parts.people, ledger=parts.ledger, region="US"
    )
    assert report.created == people, report
    path.unlink()


async def _slots(parts: Parts, data: Path) -> None:
    """Every quarter of an hour of the working days of three weeks, at each of five clinicians."""
    zone = parts.settings.timezone
    today = parts.clock.now().astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    rows = [
        (name, "Family medicine", "Check-up", "Maple Street", _at(today, day, quarter), "15")
        for name in _PROVIDERS
        for day in range(1, 22)
        if (today + timedelta(days=day)).weekday() < 5
        for quarter in range(8 * 4, 18 * 4)
    ]
    path = _csv(data / "slots.csv", SLOTS, rows)
    await import_schedule(path, db=parts.db, vault=parts.vault, clock=parts.clock, trail=parts.trail)
    path.unlink()


def _at(today: datetime, day: int, quarter: int) -> str:
    return (today + timedelta(days=day)).replace(hour=quarter // 4, minute=quarter % 4 * 15).isoformat()


async def _deliveries(parts: Parts, people: int) -> None:
    """One answer for each patient, queued and due."""
    now = parts.clock.now()
    async with parts.db.read() as conn:
        persons = [(await parts.people.by_mrn(conn, f"BENCH-{n}")) or "" for n in range(people)]
    for n, person_id in enumerate(persons):
        intent = Intent(
            key=f"bench:{n}",
            person_id=person_id,
            purpose=Purpose.APPOINTMENT,
            author=AuthorKind.BOT,
            body=webhooks.TEXT,
            level="limited",
            lane=Lane.REPLY,
            replies_to=now,
        )
        routed = await parts.router.route(intent)
        assert isinstance(routed.decision, Send), routed.decision


def _csv(path: Path, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows(rows)
    return path
