"""Whom an EHR's Patient is here, and which Patient a person is there: by the record number, and by nothing else."""

import time
from collections import OrderedDict
from collections.abc import Callable
from typing import TypeVar

import sqlalchemy as sa

from hub.db import Database
from hub.db.tables import person
from hub.ehr.client import Client, Resource
from hub.ehr.errors import EhrError
from hub.ehr.reading import mappings
from hub.errors import SchedulingError
from hub.sealed import Profile, open_profile
from hub.vault import Vault

__all__ = ["Patients"]

Kept = TypeVar("Kept")
_GOOD_FOR = 600.0
"""Seconds for which a match is taken to hold."""
_MOST = 10_000


class Patients:
    """The matches of one EHR. They are kept in memory alone: an EHR's id of a patient is theirs.

    system: the identifier system of record numbers; empty: whatever system has the number.
    creates: whether a patient whom the EHR does not know is entered there.
    """

    def __init__(
        self,
        client: Client,
        db: Database,
        vault: Vault,
        *,
        system: str,
        creates: bool,
        since: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client = client
        self._db = db
        self._vault = vault
        self._system = system
        self._creates = creates
        self._since = since
        self._there: OrderedDict[str, tuple[float, str]] = OrderedDict()
        self._numbers: OrderedDict[str, tuple[float, tuple[bytes, ...]]] = OrderedDict()

    async def reference(self, person_id: str) -> str:
        """`Patient/id` of a person. Raises: SchedulingError where the EHR knows none, or several; EhrError."""
        until, known = self._there.get(person_id, (0.0, ""))
        if until > self._since():
            return known
        profile = await self._profile(person_id)
        if not profile.mrn:
            raise SchedulingError("this person has no record number: the EHR cannot be asked for them")
        found = await self._matches(profile.mrn)
        if len(found) > 1:
            raise SchedulingError("the EHR has several patients of this record number: merge them there")
        if not found:
            if not self._creates:
                raise SchedulingError("the EHR has no patient of this record number: enter them there first")
            found = [await self._create(profile)]
        reference = f"Patient/{found[0]['id']}"
        _keep(self._there, person_id, (self._since() + _GOOD_FOR, reference))
        return reference

    async def person(self, reference: str) -> str | None:
        """The id of the person whom `Patient/id` is here; None when nobody on the books is. Raises: EhrError."""
        until, numbers = self._numbers.get(reference, (0.0, ()))
        if until <= self._since():
            resource = await self._client.read(*reference.split("/", 1))
            numbers = () if resource is None else self._record_numbers(resource)
            _keep(self._numbers, reference, (self._since() + _GOOD_FOR, numbers))
        if not numbers:
            return None
        query = sa.select(sa.func.coalesce(person.c.merged_into, person.c.id)).where(person.c.mrn_blind.in_(numbers))
        async with self._db.read() as conn:
            found = set((await conn.execute(query)).scalars())
        # A patient with the record numbers of two persons here is neither, until somebody merges them.
        return str(found.pop()) if len(found) == 1 else None

    async def _profile(self, person_id: str) -> Profile:
        async with self._db.read() as conn:
            row = (await conn.execute(sa.select(person.c.profile_sealed).where(person.c.id == person_id))).first()
            if row is None:
                raise SchedulingError("the calendar refused the visit: is the person on the books?")
            return open_profile(await self._vault.key(conn, person_id), person_id, row.profile_sealed)

    async def _matches(self, mrn: str) -> list[Resource]:
        token = _escaped(mrn) if not self._system else f"{_escaped(self._system)}|{_escaped(mrn)}"
        found = await self._client.search("Patient", [("identifier", token)], personal=True)
        # A server may find more than was asked for: what is not this number is not this patient.
        blind = self._vault.blind.of("mrn", mrn)
        return [one for one in found if one.get("active") is not False and blind in self._record_numbers(one)]

    async def _create(self, profile: Profile) -> Resource:
        if not self._system:
            raise EhrError("patients can be entered in the EHR only with HUB_FHIR_MRN_SYSTEM set")
        resource: Resource = {
            "resourceType": "Patient",
            "identifier": [{"system": self._system, "value": profile.mrn}],
            "active": True,
            "name": [{"use": "official", "family": profile.family_name, "given": [profile.given_name]}],
        }
        if profile.birth_date is not None:
            resource["birthDate"] = profile.birth_date.isoformat()
        return await self._client.create(resource, unless=f"{self._system}|{profile.mrn}")

    def _record_numbers(self, resource: Resource) -> tuple[bytes, ...]:
        """The blind indexes of the record numbers that a Patient bears."""
        values = [
            str(one["value"])
            for one in mappings(resource.get("identifier"))
            if one.get("value") and self._system in ("", one.get("system"))
        ]
        return tuple(self._vault.blind.of("mrn", value) for value in values)


def _escaped(value: str) -> str:
    """A value as FHIR's search takes it: its own commas and bars are no separators."""
    return "".join(f"\\{c}" if c in "\\,|$" else c for c in value)


def _keep(known: OrderedDict[str, Kept], key: str, value: Kept) -> None:
    known[key] = value
    known.move_to_end(key)
    while len(known) > _MOST:
        known.popitem(last=False)
