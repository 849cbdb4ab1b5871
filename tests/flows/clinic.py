"""The clinic of the stories: two clinicians, open times for three weeks, and its patients."""

import re
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from bots.scheduling.base import Appointment
from hub.db.tables import slot
from hub.types import Language
from tests.hub_rig import Rig

ZONE = ZoneInfo("America/New_York")
ANA = "+12025550131"
MARIA = "+12025550132"
FAMILY = "+12025550133"
STRANGER = "+12025550139"
MONTHS = (
    *("enero", "febrero", "marzo", "abril", "mayo", "junio"),
    *("julio", "agosto", "septiembre", "octubre", "noviembre", "diciembre"),
)
_ROW = re.compile(r"^(\d)\W", re.MULTILINE)


async def opened(rig: Rig) -> None:
    """Open times at nine and at three with both clinicians; the bot understands."""
    today = datetime.now(UTC).astimezone(ZONE).date()
    await rig.slots(
        (name, "Family medicine", "Check-up", "Main Street", datetime.combine(day, time(hour), tzinfo=ZONE), 30)
        for name in ("Dr. Kim", "Dr. Lee")
        for day in (today + timedelta(days=n) for n in range(2, 23))
        for hour in (9, 15)
    )
    await rig.engine_ready()


async def ana(rig: Rig) -> str:
    """The id of Ana, who writes English."""
    await opened(rig)
    return await rig.patient("MRN-1", "Ana", "Lopez", ANA)


async def with_visit(
    rig: Rig, person_id: str, *, days: int = 5, hour: int = 15, provider: str = "Dr. Kim"
) -> Appointment:
    """A visit that the person has already."""
    day = datetime.now(UTC).astimezone(ZONE).date() + timedelta(days=days)
    start = datetime.combine(day, time(hour), tzinfo=ZONE)
    ids = [row.id for row in await rig.rows(sa.select(slot).where(slot.c.start == start.astimezone(UTC)))]
    for slot_id in ids:
        visit = await rig.parts.scheduling.book(slot_id, person_id, f"given:{slot_id}")
        assert isinstance(visit, Appointment)
        if visit.provider == provider:
            return visit
        await rig.parts.scheduling.cancel(visit.id, person_id, f"not:{slot_id}")
    raise AssertionError("there is no such open time")


def day_of(visit: Appointment, language: Language = "en") -> str:
    """How a person names the day of a visit."""
    return spoken(visit.start.astimezone(ZONE), language)


def spoken(day: date, language: Language = "en") -> str:
    """How a person names a day."""
    return f"{day.day} de {MONTHS[day.month - 1]}" if language == "es" else f"{day:%B} {day.day}"


def choices(said: str) -> list[str]:
    """The numbers that are offered."""
    return _ROW.findall(said)
