"""An EHR that proposes, keeps and books times by operations of its own: `$find`, `$hold`, `$book` on Appointment.

It alone knows what can be booked with whom: the hub hands back what was proposed, and looks at what became of it.

Source: IHE ITI Scheduling 1.0 (ITI-115 to 117), the heir of the Argonaut scheduling guide.
"""

import hashlib
import json
from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta
from typing import Any, ClassVar

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bots.scheduling.names import Kind
from hub.clock import Clock
from hub.db import Database
from hub.db.tables import ehr_slot
from hub.ehr.booker import Booker, Made
from hub.ehr.bookings import Bookings, Wanted
from hub.ehr.calendar import Known, News, Seen, proposed_at
from hub.ehr.client import Client, Resource
from hub.ehr.errors import EhrConflict, EhrError, EhrLocked, EhrRefused, EhrUnknown
from hub.ehr.reading import (
    BOOKING,
    bare,
    concept,
    concepts,
    instant,
    mapping,
    mappings,
    moment,
    read_visit,
    references,
)
from hub.ehr.schedules import FIELD, PLACE, VISIT, Schedules
from hub.errors import SchedulingError
from hub.vault import HUB, Vault

__all__ = ["OperationBooker", "Proposals", "Shelf"]

_STRETCH = timedelta(days=28)
_AHEAD = 13
"""Stretches for which times are asked for: a year."""
_NOT_TO_BE_HAD = frozenset({400, 404, 409, 410, 412, 422})
"""What an EHR answers about a time that is no longer to be had; 401 and 403 are something else."""


class Shelf:
    """What the EHR proposed for a slot, or keeps for us: sealed, for names are in it."""

    def __init__(self, db: Database, vault: Vault) -> None:
        self._db = db
        self._vault = vault

    async def get(self, slot_id: str) -> Resource | None:
        """What is kept of a slot; None where nothing is."""
        async with self._db.read() as conn:
            query = sa.select(ehr_slot.c.proposal_sealed).where(ehr_slot.c.slot_id == slot_id)
            sealed = (await conn.execute(query)).scalar_one_or_none()
            if sealed is None:
                return None
            found: Resource = json.loads((await self._vault.key(conn, HUB)).open(HUB, sealed, proposed_at(slot_id)))
            return found

    async def put(self, slot_id: str, resource: Resource) -> None:
        """Keep what the EHR says of a slot."""

        async def unit(conn: AsyncConnection) -> None:
            keys = await self._vault.key(conn, HUB)
            sealed = keys.seal(HUB, json.dumps(resource).encode(), proposed_at(slot_id))
            await conn.execute(sa.update(ehr_slot).where(ehr_slot.c.slot_id == slot_id).values(proposal_sealed=sealed))

        await self._db.write(unit)


class Proposals:
    """The times that an EHR proposes, as news of slots: at first of a year, then of the next weeks and, in turn, of one
    stretch of the rest.
    """

    tells_kept: ClassVar[bool] = False

    def __init__(self, client: Client, schedules: Schedules, clock: Clock) -> None:
        self._turn = 0
        self._client = client
        self._schedules = schedules
        self._clock = clock

    async def news(self, since: datetime | None) -> AsyncIterator[News]:
        """All that can be booked in some stretches of the year to come. Raises: EhrError."""
        start = self._clock.now()
        for n in (0, self._turn) if self._turn else range(_AHEAD):
            stretch = (start + n * _STRETCH, start + (n + 1) * _STRETCH)
            yield News(await self._found(*stretch), whole=stretch)
        self._turn = self._turn % (_AHEAD - 1) + 1

    async def again(self, known: Sequence[Known]) -> News:
        """What can be booked while these slots are. Raises: EhrError."""
        first = min(one.start for one in known)
        last = max(one.start + timedelta(minutes=one.minutes) for one in known)
        return News(await self._found(first, last), whole=None)

    async def _found(self, start: datetime, end: datetime) -> list[Seen]:
        parameters = {
            "resourceType": "Parameters",
            "parameter": [
                {"name": "start", "valueDateTime": instant(start)},
                {"name": "end", "valueDateTime": instant(end)},
            ],
        }
        found = await self._client.operate("Appointment", "find", parameters, safe=True)
        return [one for resource in found if (one := await self._see(resource)) is not None]

    async def _see(self, resource: Resource) -> Seen | None:
        begin, end = moment(resource.get("start")), moment(resource.get("end"))
        if begin is None or end is None or resource.get("status") != "proposed":
            return None
        return Seen(
            remote_id=_lasting(resource),
            start=begin,
            minutes=int((end - begin).total_seconds() // 60),
            free=True,
            names=await self._names(resource),
            proposal=resource,
        )

    async def _names(self, resource: Resource) -> dict[Kind, str]:
        called: dict[str, str] = {}
        for one in mappings(resource.get("participant")):
            actor = mapping(one.get("actor"))
            ref = bare(actor.get("reference"))
            kind = ref.partition("/")[0]
            if kind and kind != "Patient" and kind not in called:
                called[kind] = str(actor.get("display") or "") or await self._schedules.called(ref)
        service, location = called.get("HealthcareService", ""), called.get("Location") or PLACE
        provider = called.get("Practitioner") or called.get("PractitionerRole") or service or location
        visits = [concept(resource.get("appointmentType")), *concepts(resource.get("serviceType"))]
        fields = concepts(resource.get("specialty"))
        return {
            "provider": provider,
            "specialty": fields[0] if fields else FIELD,
            "visit_type": next((words for words in visits if words), service or VISIT),
            "location": location,
        }


class OperationBooker(Booker):
    """Keeps and books what the EHR proposed."""

    def __init__(self, client: Client, bookings: Bookings, shelf: Shelf) -> None:
        self._client = client
        self._bookings = bookings
        self._shelf = shelf

    async def hold(self, place: Known) -> bool:
        """Have the EHR keep a time; False when it is no longer to be had."""
        proposal = await self._shelf.get(place.slot_id)
        if proposal is None:
            return False
        if proposal.get("status") == "pending" and await self._still_kept(proposal):
            return True
        if proposal.get("id"):
            asked = {"name": "appointment-reference", "valueReference": {"reference": f"Appointment/{proposal['id']}"}}
        else:
            asked = {"name": "appointment-resource", "resource": proposal}
        kept = await self._operate("hold", asked)
        if kept is None:
            return False
        await self._shelf.put(place.slot_id, kept)
        return True

    async def give_back(self, place: Known) -> None:
        """Let the EHR have a time back that it keeps for us."""
        kept = await self._shelf.get(place.slot_id)
        if kept is not None and kept.get("status") == "pending" and kept.get("id"):
            await self._bookings.withdraw(str(kept["id"]))

    async def free(self, visit: Any) -> None:
        """The EHR sees to its slots itself."""

    async def book(self, place: Known, patient: str, mark: str, made: Made, *, again: bool) -> bool:
        """Have the EHR book a time that it proposed or keeps, and read the visit back."""
        wanted = Wanted(
            mark=mark, patient=patient, slot_id="", actors=(), start=place.start, minutes=place.minutes, visit_type=""
        )
        found = await self._bookings.made_for(wanted) if again else None
        made.perhaps = found is not None
        if found is None:
            proposal = await self._shelf.get(place.slot_id)
            if proposal is None:
                return False
            made.perhaps = True
            try:
                found = await self._operate(
                    "book", {"name": "appointment-resource", "resource": _for(proposal, wanted)}
                )
            except EhrUnknown:
                found = await self._bookings.made_for(wanted)
                if found is None:
                    raise
            except EhrError:
                made.perhaps = False
                raise
        if found is None or not found.get("id"):
            made.perhaps = False
            return False
        made.visit_id, made.visit = str(found["id"]), read_visit(found)
        made.visit = await self._bookings.read(made.visit_id)
        if not wanted.met_by(made.visit):
            await self.undo(made)
            raise SchedulingError("the EHR booked something else than was asked for")
        return True

    async def undo(self, made: Made) -> None:
        """Take a visit back that was made just now."""
        if made.visit_id:
            await self._bookings.cancel(made.visit_id)
        made.perhaps = False

    async def _operate(self, name: str, parameter: Resource) -> Resource | None:
        """The appointment that an operation gives; None where the time is no longer to be had."""
        try:
            found = await self._client.operate(
                "Appointment", name, {"resourceType": "Parameters", "parameter": [parameter]}
            )
        except (EhrConflict, EhrLocked):
            return None
        except EhrRefused as error:
            if error.status in _NOT_TO_BE_HAD:
                return None
            raise
        wanted = "booked" if name == "book" else "pending"
        return next((one for one in found if one.get("status") == wanted), None)

    async def _still_kept(self, kept: Resource) -> bool:
        found = await self._client.read("Appointment", str(kept["id"])) if kept.get("id") else None
        return found is not None and found.get("status") == "pending"


def _for(proposal: Resource, wanted: Wanted) -> Resource:
    """What was proposed, for the patient, under our name."""
    own = {"system": BOOKING, "value": wanted.mark}
    others = [one for one in mappings(proposal.get("identifier")) if one.get("system") != BOOKING]
    people = [
        one
        for one in mappings(proposal.get("participant"))
        if not bare(mapping(one.get("actor")).get("reference")).startswith("Patient/")
    ]
    patient = {"actor": {"reference": wanted.patient}, "status": "accepted"}
    return {**proposal, "status": "pending", "identifier": [*others, own], "participant": [patient, *people]}


def _lasting(resource: Resource) -> str:
    """A name for a proposed time that is the same each time it is proposed: ids of proposals need not be."""
    actors = sorted(bare(mapping(one.get("actor")).get("reference")) for one in mappings(resource.get("participant")))
    kinds = [concept(resource.get("appointmentType")), *concepts(resource.get("serviceType"))]
    slots = sorted(references(resource.get("slot")))
    said = json.dumps([resource.get("start"), resource.get("end"), actors, kinds, slots])
    return f"proposed-{hashlib.sha256(said.encode()).hexdigest()[:40]}"
