"""`python -m tests.faults.race [--people N]`: everybody texts for the same time at once; one may have it."""

import argparse
import asyncio
import shutil
import sys
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from hub.crypto import Keyring
from hub.db import Database, migrate
from hub.db.tables import appointment, slot
from hub.vault import Vault
from tests.hub_rig import Rig, is_said, open_rig
from tests.stores import NOW, sqlite_url

ZONE = ZoneInfo("America/New_York")


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What came of it: visits at the wished time, people told "booked", people told otherwise, people left waiting."""

    visits: int
    told_booked: int
    told_otherwise: int
    unanswered: int


async def run(rig: Rig, people: int) -> Result:
    """All wish the same open time; whoever is offered it says yes."""
    day = (datetime.now(UTC).astimezone(ZONE) + timedelta(days=6)).date()
    start = datetime.combine(day, time(15), tzinfo=ZONE)
    other = datetime.combine(day + timedelta(days=1), time(9), tzinfo=ZONE)
    await rig.slots(("Dr. Kim", "Family medicine", "Check-up", "Main Street", at, 30) for at in (start, other))
    await rig.engine_ready()
    numbers = [f"+1{202 + n // 90}55501{n % 90 + 10:02d}" for n in range(people)]
    for n, number in enumerate(numbers):
        await rig.patient(f"MRN-{n}", f"Given{n}", f"Family{n}", number)

    said = await asyncio.gather(*(_one(rig, number, day) for number in numbers))
    await rig.quiet()

    query = sa.select(sa.func.count()).join(slot, slot.c.id == appointment.c.slot_id)
    visits = await rig.value(query.where(appointment.c.status == "booked", slot.c.start == start))
    return Result(
        visits=int(visits),
        told_booked=sum("booked" in one for one in said),
        told_otherwise=sum("otherwise" in one for one in said),
        unanswered=sum(not one for one in said),
    )


async def _one(rig: Rig, number: str, day: object) -> set[str]:
    """What a person was told about the time: `booked`, `otherwise`, or both in turn."""
    wished = f"{day:%b} {day.day}, 3:00 PM"  # type: ignore[str-format, attr-defined]
    heard = await rig.ask(number, f"book me with Dr. Kim on {day:%B} {day.day} at 3pm")  # type: ignore[str-format, attr-defined]
    told = set()
    if is_said("slots.propose", heard) and wished in heard:
        heard = await rig.ask(number, "yes")
        if is_said("book.booked", heard) and wished in heard:
            return {"booked"}
    if heard:
        told.add("otherwise")
    return told


async def _alone(folder: Path, people: int) -> Result:
    keyring = Keyring.create(NOW)
    url = sqlite_url(folder / "hub.db")
    await migrate.upgrade_async(url)
    db = await Database.open(url)
    await db.write(lambda conn: Vault(keyring).found(conn, NOW))
    await db.close()
    async with open_rig(url, folder, keyring) as rig:
        return await run(rig, people)


def main() -> int:
    """Exit 1 unless exactly one has the time, and all others were told so."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults.race", description=main.__doc__)
    parser.add_argument("--people", type=int, default=200, help="how many text at once")
    given = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="carehub-race-"))
    try:
        result = asyncio.run(_alone(folder, given.people))
    finally:
        shutil.rmtree(folder)
    print(result)
    expected = Result(visits=1, told_booked=1, told_otherwise=given.people - 1, unanswered=0)
    return 0 if result == expected else 1


if __name__ == "__main__":
    sys.exit(main())
