"""The calendar of an EHR keeps the port's contract, over a FHIR server of somebody else's making."""

from tests.bots.scheduling_contract import SchedulingContract
from tests.stores import embedded_only


@embedded_only
class TestFhirScheduling(SchedulingContract):
    """An EHR's calendar keeps the contract."""
