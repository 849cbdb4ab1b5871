"""The calendar of an EHR keeps the port's contract, over a FHIR server of somebody else's making."""

from collections.abc import AsyncIterator

import pytest

from hub.audit import Trail
from hub.clock import FixedClock
from hub.db import Database
from hub.vault import Vault
from tests.bots.scheduling_contract import SchedulingContract
from tests.hub.ehr.clinic import FhirBackend
from tests.servers.fhir import FhirServer
from tests.stores import embedded_only


@pytest.fixture
async def backend(
    fhir: FhirServer, db: Database, vault: Vault, clock: FixedClock, trail: Trail
) -> AsyncIterator[FhirBackend]:
    """The calendar of an EHR with three patients on its books."""
    made = FhirBackend(fhir.url, db, vault, clock, trail)
    await made.populate(3)
    yield made
    await made.close()


@embedded_only
class TestFhirScheduling(SchedulingContract):
    """An EHR's calendar keeps the contract."""
