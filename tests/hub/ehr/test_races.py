"""Many want the same slots of an EHR at once, through hubs that do not know of each other."""

import asyncio
from pathlib import Path

from tests.faults.booking import run
from tests.servers.fhir import FhirServer


def test_each_slot_is_booked_once_and_every_booked_is_true(fhir: FhirServer, tmp_path: Path) -> None:
    """Invariant 8, in another house, while a quarter of its answers is lost."""
    report = asyncio.run(run(fhir.url, tmp_path, hubs=2, asked=40, slots=4, lose=0.25))

    assert report.well, report
    assert (report.standing, report.twice, report.untrue, report.unsaid) == (4, 0, 0, 0)
    assert report.answers["appointment"] + report.answers["failed"] >= 4
    assert report.lost > 0
    assert report.met > 0
