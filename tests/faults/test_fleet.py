"""Roles apart over PostgreSQL and Valkey, two of them killed: invariants 1, 2, 3, 5, 6 and 8 hold by query."""

import tempfile
from pathlib import Path

from tests.faults.fleet.run import run


async def test_a_small_fleet_keeps_its_promises() -> None:
    # Not below the tests' own folder: the database server, another user, must get there.
    with tempfile.TemporaryDirectory(prefix="carehub-fleet-") as name:
        folder = Path(name)
        folder.chmod(0o755)

        report = await run(folder, persons=24, texts=120, seconds=10.0, every=4.0, seed=2)

    assert report.broken == []
    assert (report.kills, report.flushes) == (2, 2)
    assert report.taken == 120
