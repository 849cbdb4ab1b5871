"""An EHR with schedules, slots and patients in it, and the hub's calendar over it."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import sqlalchemy as sa

from bots.scheduling.base import Scheduling
from bots.scheduling.local import LocalScheduling
from bots.scheduling.names import Names
from hub.audit import Actor, Trail
from hub.campaigns.voiding import visits_changed
from hub.clock import FixedClock
from hub.db import Database
from hub.db.tables import ehr_slot, slot
from hub.ehr import Client, FhirScheduling
from hub.ehr.client import Authorizer
from hub.people import People
from hub.people.records import NewPatient
from hub.types import new_id
from hub.vault import Vault
from hub.visits import Visits
from tests.bots.scheduling_backends import NEW_YORK, Opening

MRN = "urn:oid:1.2.3.4.5"


class Ehr:
    """An EHR's server, as its own staff use it."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._session: aiohttp.ClientSession | None = None
        self._schedules: dict[tuple[str, str, str], str] = {}

    async def close(self) -> None:
        """Let go of the connections."""
        if self._session is not None:
            await self._session.close()

    async def ask(self, method: str, path: str, body: dict[str, Any] | None = None, **headers: str) -> dict[str, Any]:
        """What the server answers."""
        if self._session is None:
            self._session = aiohttp.ClientSession(headers={"Content-Type": "application/fhir+json"})
        async with self._session.request(method, f"{self.url}/{path}", json=body, headers=headers) as answer:
            found: dict[str, Any] = await answer.json(content_type=None)
            assert answer.status < 300, (answer.status, found)
            return found

    async def create(self, kind: str, **values: Any) -> str:
        """A new resource; its id."""
        return str((await self.ask("POST", kind, {"resourceType": kind, **values}))["id"])

    async def get(self, kind: str, resource_id: str) -> dict[str, Any]:
        """A resource."""
        return await self.ask("GET", f"{kind}/{resource_id}")

    async def change(self, kind: str, resource_id: str, **values: Any) -> dict[str, Any]:
        """Change a resource, as its staff would."""
        found = await self.get(kind, resource_id)
        match = {"If-Match": f'W/"{found["meta"]["versionId"]}"'}
        return await self.ask("PUT", f"{kind}/{resource_id}", {**found, **values}, **match)

    async def all(self, kind: str, query: str = "") -> list[dict[str, Any]]:
        """Every resource of a kind."""
        found = await self.ask("GET", f"{kind}?_count=1000&{query}")
        return [one["resource"] for one in found.get("entry", ())]

    async def patient(self, mrn: str) -> str:
        """A patient by their record number; the id."""
        return await self.create("Patient", active=True, identifier=[{"system": MRN, "value": mrn}])

    async def slots(self, openings: Sequence[Opening]) -> list[str]:
        """Open slots; their ids."""
        for one in openings:
            await self._schedule(one)
        return list(await asyncio.gather(*(self._slot(one) for one in openings)))

    async def visit(self, patient: str, slot_id: str, status: str = "booked") -> str:
        """A visit that the clinic's own staff booked in a slot; its id."""
        taken = await self.get("Slot", slot_id)
        await self.change("Slot", slot_id, status="busy")
        return await self.create(
            "Appointment",
            status=status,
            start=taken["start"],
            end=taken["end"],
            slot=[{"reference": f"Slot/{slot_id}"}],
            participant=[{"actor": {"reference": f"Patient/{patient}"}, "status": "accepted"}],
        )

    async def _slot(self, one: Opening) -> str:
        start = one.start.replace(tzinfo=one.start.tzinfo or NEW_YORK).astimezone(UTC)
        return await self.create(
            "Slot",
            schedule={"reference": f"Schedule/{await self._schedule(one)}"},
            status="free",
            serviceType=[{"text": one.visit_type}],
            start=_instant(start),
            end=_instant(start + timedelta(minutes=one.minutes)),
        )

    async def _schedule(self, one: Opening) -> str:
        key = (one.provider, one.specialty, one.location)
        if key not in self._schedules:
            practitioner = await self.create("Practitioner", name=[{"text": one.provider}])
            place = await self.create("Location", name=one.location)
            self._schedules[key] = await self.create(
                "Schedule",
                active=True,
                specialty=[{"text": one.specialty}],
                actor=[{"reference": f"Practitioner/{practitioner}"}, {"reference": f"Location/{place}"}],
            )
        return self._schedules[key]


class FhirBackend:
    """The hub's calendar over an EHR. `patients` are the EHR's ids of `persons`."""

    def __init__(
        self,
        url: str,
        db: Database,
        vault: Vault,
        clock: FixedClock,
        trail: Trail,
        *,
        authorizer: Authorizer | None = None,
        timeout: aiohttp.ClientTimeout | None = None,
        creates_patients: bool = False,
    ) -> None:
        self.db = db
        self.vault = vault
        self.clock = clock
        self.trail = trail
        self.ehr = Ehr(url)
        self.pauses: list[float] = []
        self.names = Names(vault)
        self.scheduling: Scheduling = FhirScheduling(
            client=Client(url, authorizer, pause=self._pause, **({"timeout": timeout} if timeout else {})),
            db=db,
            vault=vault,
            clock=clock,
            zone=NEW_YORK,
            trail=trail,
            visits=Visits(vault, trail, clock),
            on_change=visits_changed,
            mrn_system=MRN,
            creates_patients=creates_patients,
        )
        # What the hub itself has, whatever the EHR says.
        self.here = LocalScheduling(db, vault, clock, NEW_YORK, trail)
        self.persons: tuple[str, ...] = ()
        self.patients: tuple[str, ...] = ()

    async def _pause(self, seconds: float) -> None:
        self.pauses.append(seconds)
        await asyncio.sleep(0)

    async def close(self) -> None:
        """Let go of the connections."""
        await self.ehr.close()
        await self.scheduling.close()

    async def populate(self, count: int, *, there: bool = True) -> None:
        """Put `count` persons on the books; and, unless not `there`, in the EHR."""
        numbers = [f"MRN-{new_id()[-12:]}" for _ in range(count)]
        people = People(self.vault, self.trail, self.clock)
        new = [NewPatient(mrn=one, given_name="Test", family_name=f"Person {n}") for n, one in enumerate(numbers)]
        made = await self.db.write(lambda conn: people.upsert_many(conn, new, Actor("system")))
        self.persons = tuple(one.person_id for one in made)
        if there:
            self.patients = tuple(await asyncio.gather(*(self.ehr.patient(one) for one in numbers)))

    async def open(self, *openings: Opening) -> list[str]:
        """Open slots in the EHR, and let the hub hear of them; the hub's ids."""
        remote = await self.ehr.slots(openings)
        await self.scheduling.poll()
        return [await self.slot_id(one) for one in remote]

    async def _by_proposal(self, remote_id: str) -> str:
        """The hub's id of a slot that the EHR proposes under another name: by its time, clinician and kind."""
        found = await self.ehr.get("Slot", remote_id)
        schedule = await self.ehr.get(*found["schedule"]["reference"].split("/"))
        practitioner = await self.ehr.get(*schedule["actor"][0]["reference"].split("/"))
        async with self.db.read() as conn:
            directory = await self.names.read(conn)
            query = sa.select(slot.c.id).where(
                slot.c.start == datetime.fromisoformat(found["start"]),
                slot.c.provider_id == directory.id_of("provider", practitioner["name"][0]["text"]),
                slot.c.visit_type_id == directory.id_of("visit_type", found["serviceType"][0]["text"]),
            )
            return str((await conn.execute(query)).scalar_one())

    async def slot_id(self, remote_id: str) -> str:
        """The hub's id of an EHR's slot."""
        async with self.db.read() as conn:
            query = sa.select(ehr_slot.c.slot_id).where(ehr_slot.c.remote_id == remote_id)
            found = (await conn.execute(query)).scalar_one_or_none()
        return str(found) if found is not None else await self._by_proposal(remote_id)

    async def remote_slot(self, slot_id: str) -> dict[str, Any]:
        """The EHR's slot that is the hub's."""
        async with self.db.read() as conn:
            query = sa.select(ehr_slot.c.remote_id).where(ehr_slot.c.slot_id == slot_id)
            return await self.ehr.get("Slot", str((await conn.execute(query)).scalar_one()))


def _instant(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")
