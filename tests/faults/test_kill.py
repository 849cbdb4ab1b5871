"""Nothing accepted is lost or doubled when the process is killed (invariants 1, 2 and 5)."""

from pathlib import Path

from tests.faults import kill


async def test_three_kills_lose_nothing_and_double_nothing(tmp_path: Path) -> None:
    report = await kill.run(tmp_path, 3, pause=1.0)

    assert report.violations == []
    assert report.accepted >= kill.SENDERS
