"""Whom the tests of reception hear from."""

from datetime import UTC, datetime, timedelta

from tests.hub_rig import Rig

ANA = "+12025550111"
BEN = "+12025550112"
STRANGER = "+12025550119"


async def ana(rig: Rig) -> str:
    """The id of Ana, who agreed to texts, in a clinic with open times."""
    person = await rig.patient("MRN-1", "Ana", "Lopez", ANA)
    await rig.slots(openings())
    await rig.engine_ready()
    return person


def openings() -> list[tuple[object, ...]]:
    """Two clinicians, each at nine and at three on every day of three weeks."""
    today = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    return [
        (name, "Family medicine", "Check-up", "Main Street", (today + timedelta(days=day)).replace(hour=hour), 30)
        for name in ("Dr. Kim", "Dr. Lee")
        for day in range(1, 22)
        for hour in (14, 20)
    ]
