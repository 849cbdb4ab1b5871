"""With the carrier refusing every text, each person ends with one mail, one call, or as a task for staff."""

from pathlib import Path

from hub.crypto import Keyring
from tests.faults.failover import GROUPS, run


async def test_each_person_is_reached_or_handed_to_staff_exactly_once(
    database_url: str, tmp_path: Path, keyring: Keyring
) -> None:
    people = 4 * len(GROUPS)

    report = await run(database_url, tmp_path, keyring, people)

    assert report.violations == []
    assert dict(report.ends) == {"mail": 12, "call": 4, "staff": 12}
