"""A patient books, moves and cancels by text, in the calendar of an EHR; what its staff change voids a reminder."""

from datetime import UTC, datetime, time, timedelta
from pathlib import Path

from hub.crypto import Keyring
from hub.types import Lane, Purpose
from tests.bots.scheduling_backends import Opening
from tests.flows.clinic import ANA, ZONE, spoken
from tests.hub.ehr.clinic import MRN, Ehr
from tests.hub_rig import is_said, open_rig
from tests.servers.fhir import FhirServer
from tests.stores import embedded_only


@embedded_only
async def test_a_visit_is_booked_moved_and_cancelled_in_the_ehr_by_text(
    fhir: FhirServer, database_url: str, tmp_path: Path, keyring: Keyring
) -> None:
    ehr = Ehr(fhir.url)
    today = datetime.now(UTC).astimezone(ZONE).date()
    await ehr.slots(
        [
            Opening(start=datetime.combine(today + timedelta(days=n), time(hour)), provider=name)
            for name in ("Dr. Kim", "Dr. Lee")
            for n in (5, 6, 7)
            for hour in (9, 15)
        ]
    )
    patient = await ehr.patient("MRN-1")
    settings = {"scheduling": f"fhir:{fhir.url}", "fhir_mrn_system": MRN}
    async with open_rig(database_url, tmp_path, keyring, **settings) as rig:
        await rig.engine_ready()
        person = await rig.patient("MRN-1", "Ana", "Lopez", ANA)

        # Booked: the EHR has it, as it was told.
        await rig.ask(ANA, f"I'd like a check-up with Dr. Kim on {spoken(today + timedelta(days=6))} at 3 pm")
        said = await rig.ask(ANA, "yes")
        (visit,) = await rig.visits(person)
        (remote,) = await ehr.all("Appointment")
        assert rig.words("book.booked", visit) in said
        assert remote["status"] == "booked"
        assert remote["start"] == visit.start.astimezone(UTC).isoformat().replace("+00:00", "Z")
        assert f"Patient/{patient}" in {one["actor"]["reference"] for one in remote["participant"]}
        assert [one["status"] for one in await ehr.all("Slot") if one["status"] != "free"] == ["busy"]

        # Moved by the clinic's own staff: what was to be said of the old time is void at once.
        reminder = {"appointment": (visit.id, visit.version), "purpose": Purpose.APPOINTMENT, "lane": Lane.BULK}
        await rig.send(person, "Your visit is near.", not_before=rig.parts.clock.now() + timedelta(hours=9), **reminder)
        later = visit.start.astimezone(UTC) + timedelta(days=1, hours=1)
        moved = {"start": later.isoformat(), "end": (later + timedelta(minutes=30)).isoformat(), "slot": []}
        await ehr.change("Appointment", remote["id"], **moved)
        await rig.parts.scheduling.poll()
        assert [(row.state, row.reason) for row in (await rig.deliveries(person))[-1:]] == [
            ("suppressed", "appointment_changed")
        ]
        assert [(row.id, row.version, row.start) for row in await rig.visit_rows(person)] == [(visit.id, 2, later)]

        # Moved by text: the new one is booked, then the old one is cancelled.
        await rig.ask(ANA, f"can I move it to {spoken(today + timedelta(days=5))} at 9 am with Dr. Kim?")
        said = await rig.ask(ANA, "yes")
        (visit,) = await rig.visits(person)
        assert rig.words("move.moved", visit) in said
        assert visit.start.astimezone(ZONE).date() == today + timedelta(days=5)
        assert sorted(one["status"] for one in await ehr.all("Appointment")) == ["booked", "cancelled"]

        # Cancelled by text.
        await rig.ask(ANA, "please cancel my appointment")
        said = await rig.ask(ANA, "yes")
        assert is_said("cancel.done", said)
        assert {one["status"] for one in await ehr.all("Appointment")} == {"cancelled"}
        assert await rig.visits(person) == ()
    await ehr.close()
