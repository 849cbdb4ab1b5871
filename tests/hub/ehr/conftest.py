"""Calendars over EHRs: one of somebody else's making, and one that misbehaves."""

from collections.abc import AsyncIterator

import pytest

from hub.audit import Trail
from hub.clock import FixedClock
from hub.db import Database
from hub.vault import Vault
from tests.hub.ehr.clinic import FhirBackend
from tests.servers.ehr import SmallEhr, small_ehr
from tests.servers.fhir import FhirServer


@pytest.fixture
async def backend(
    fhir: FhirServer, db: Database, vault: Vault, clock: FixedClock, trail: Trail
) -> AsyncIterator[FhirBackend]:
    """The calendar of an EHR with three patients on its books."""
    made = FhirBackend(fhir.url, db, vault, clock, trail)
    await made.populate(3)
    yield made
    await made.close()


@pytest.fixture
async def ehr() -> AsyncIterator[SmallEhr]:
    """A server that misbehaves when told to."""
    async with small_ehr() as made:
        yield made


@pytest.fixture
async def balky(
    ehr: SmallEhr, db: Database, vault: Vault, clock: FixedClock, trail: Trail
) -> AsyncIterator[FhirBackend]:
    """A calendar over that server, with two patients on its books."""
    made = FhirBackend(ehr.url, db, vault, clock, trail)
    await made.populate(2)
    yield made
    await made.close()
