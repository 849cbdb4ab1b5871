"""Fills the demo's clinic, through the same imports that an operator uses."""

import csv
import tempfile
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.audit import Actor
from hub.db.tables import appointment
from hub.demo.clinic import PATIENTS, PROVIDERS, Provider
from hub.errors import InputError
from hub.imports import Report, import_appointments, import_patients, import_schedule
from hub.imports.appointments import COLUMNS as VISIT_COLUMNS
from hub.imports.patients import COLUMNS as PATIENT_COLUMNS
from hub.imports.schedule import COLUMNS as SLOT_COLUMNS
from hub.parts import Parts
from hub.proxies import NewProxy

WEEKS = 3
"""How far ahead there are open times."""

_VISITS: tuple[tuple[str, str, int], ...] = (
    ("james", "Dr. Hannah Kim", 3),
    ("tomas", "Dr. Nina Petrov", 4),
    ("grace", "Dr. Samuel Levin", 5),
    ("dana", "Dr. Luis Ortega", 4),
    ("noah", "Dr. Ruth Adeyemi", 3),
    ("rosa", "Dr. Hannah Kim", 5),
    ("walter", "Dr. Nina Petrov", 2),
    ("peter", "Dr. Samuel Levin", 6),
)
"""Visits that are booked already: whose, with whom, and at the earliest how many days ahead."""


async def seed(parts: Parts) -> None:
    """Give the clinic its people, its open times for three weeks from now, and some visits.

    Done again it adds the days that have come since and changes nothing else: visits are given once only. Where an EHR
    schedules, open times and visits are what it has.
    """
    now = parts.clock.now().astimezone(parts.settings.timezone)
    async with parts.db.read() as conn:
        empty = (await conn.execute(sa.select(appointment.c.id).limit(1))).first() is None
    with tempfile.TemporaryDirectory() as folder:
        patients, slots, visits = (Path(folder) / name for name in ("patients.csv", "slots.csv", "visits.csv"))
        _write(patients, PATIENT_COLUMNS, patient_rows(parts.settings.timezone))
        _whole(
            await import_patients(
                patients,
                db=parts.db,
                clock=parts.clock,
                people=parts.people,
                ledger=parts.ledger,
                region=parts.settings.region,
            )
        )
        if parts.settings.ehr_url:
            # The calendar is the EHR's own, and so are the visits.
            await _give_right(parts)
            await parts.scheduling.poll()
            return
        _write(slots, SLOT_COLUMNS, slot_rows(now))
        _whole(await import_schedule(slots, db=parts.db, vault=parts.vault, clock=parts.clock, trail=parts.trail))
        if not empty:
            return
        await _give_right(parts)
        _write(visits, VISIT_COLUMNS, visit_rows(now))
        _whole(await import_appointments(visits, db=parts.db, vault=parts.vault, clock=parts.clock, trail=parts.trail))


async def _give_right(parts: Parts) -> None:
    """Let the mother act for the child with whom she shares a phone, as long as the child's age lets her."""
    mother, child = (one for one in PATIENTS if one.key in ("dana", "noah"))

    async def unit(conn: AsyncConnection) -> None:
        dana, noah = await parts.people.by_mrn(conn, mother.mrn), await parts.people.by_mrn(conn, child.mrn)
        if dana is None or noah is None:
            return
        new = NewProxy(
            proxy_person_id=dana, kind="parent", scope=frozenset(("visits", "messages")), verified_how="documents"
        )
        await parts.proxies.give(conn, noah, new, Actor("system", "demo"))

    await parts.db.write(unit)


def patient_rows(zone: ZoneInfo) -> list[tuple[str, ...]]:
    """The patients as rows of the import: all agreed to texts, calls and mails, and prefer texts."""
    return [
        (
            one.mrn,
            one.given_name,
            one.family_name,
            one.birth_date.isoformat(),
            one.language,
            zone.key,
            one.phone,
            one.mailbox,
            "sms",
            "yes",
            "yes",
            "yes",
        )
        for one in PATIENTS
    ]


def slot_rows(now: datetime) -> list[tuple[str, ...]]:
    """Open times of the days after `now` (in the clinic's zone), for three weeks."""
    return [
        (one.name, one.specialty, visit_type, one.location, start.isoformat(), str(one.minutes))
        for one in PROVIDERS
        for start in _starts(one, now)
        for visit_type in one.visit_types
    ]


def visit_rows(now: datetime) -> list[tuple[str, ...]]:
    """The visits that are booked from the start, each at an open time of its clinician."""
    numbers = {one.key: one.mrn for one in PATIENTS}
    clinicians = {one.name: one for one in PROVIDERS}
    taken: set[tuple[str, datetime]] = set()
    rows: list[tuple[str, ...]] = []
    for key, name, days in _VISITS:
        one = clinicians[name]
        earliest = now.date() + timedelta(days=days)
        start = next(s for s in _starts(one, now) if s.date() >= earliest and (name, s) not in taken)
        taken.add((name, start))
        rows.append(
            (numbers[key], name, one.visit_types[0], one.location, start.isoformat(), str(one.minutes), "booked")
        )
    return rows


def _starts(one: Provider, now: datetime) -> list[datetime]:
    days = [now.date() + timedelta(days=n) for n in range(1, 7 * WEEKS + 1)]
    return [_at(day, hour, now) for day in days if day.weekday() in one.weekdays for hour in one.starts]


def _at(day: date, hour: float, now: datetime) -> datetime:
    return datetime.combine(day, time(int(hour), int(hour % 1 * 60)), tzinfo=now.tzinfo)


def _write(path: Path, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows(rows)


def _whole(report: Report) -> None:
    """Refuse a report with problems: the demo's own rows must all go in."""
    if report.problems:
        lines = ", ".join(f"line {one.line} {one.message}" for one in report.problems[:3])
        raise InputError(f"the demo's own rows do not go in: {lines}")
