"""Put the demo's clinic into an EHR: `python -m tests.hub.ehr.furnish http://127.0.0.1:PORT/fhir/R4`.

Then `HUB_SCHEDULING=fhir:… HUB_FHIR_MRN_SYSTEM=urn:oid:1.2.3.4.5 hub demo` schedules there.
"""

import asyncio
import sys
from datetime import datetime
from zoneinfo import ZoneInfo

from hub.demo.clinic import PATIENTS
from hub.demo.seed import slot_rows, visit_rows
from tests.bots.scheduling_backends import Opening
from tests.hub.ehr.clinic import Ehr


async def furnish(url: str, now: datetime) -> None:
    """Patients, open times for three weeks and the first visits, in the EHR at `url`."""
    ehr = Ehr(url)
    patients = {one.mrn: await ehr.patient(one.mrn) for one in PATIENTS}
    openings = [
        Opening(
            provider=provider,
            specialty=specialty,
            visit_type=visit_type,
            location=location,
            start=datetime.fromisoformat(start),
            minutes=int(minutes),
        )
        for provider, specialty, visit_type, location, start, minutes in slot_rows(now)
    ]
    slots = await ehr.slots(openings)
    places = {(one.provider, one.visit_type, one.start): slot for one, slot in zip(openings, slots, strict=True)}
    for mrn, provider, visit_type, _, start, _, _ in visit_rows(now):
        await ehr.visit(patients[mrn], places[provider, visit_type, datetime.fromisoformat(start)])
    await ehr.close()


if __name__ == "__main__":
    asyncio.run(furnish(sys.argv[1], datetime.now(ZoneInfo("America/New_York"))))
