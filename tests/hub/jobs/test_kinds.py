"""The hub's own jobs do what they are for, and the same again changes nothing."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub import events
from hub.audit import Actor, Entry, verify
from hub.clock import FixedClock
from hub.crypto import Keyring
from hub.db.tables import event, job, unmatched_status
from hub.imports.patients import COLUMNS
from hub.jobs import REGISTRY, JobState
from hub.types import DeliveryState, new_id
from tests.bots.nlu_engine import MODELS, trained
from tests.hub.jobs.rig import JobRig, open_work

DAY = timedelta(days=1)
GOOD = "M-1,Ana,Lopez,1985-04-23,es,America/New_York,+1 202 555 0141,ana@example.org,sms,yes,,"
BAD = "M-2,Ben,Carter,1985-14-23,en,America/New_York,+1 202 555 0142,,sms,yes,,"


@pytest.fixture
async def work(database_url: str, tmp_path: Path, keyring: Keyring, clock: FixedClock) -> AsyncIterator[JobRig]:
    """The hub's own jobs, and a worker that runs."""
    async with open_work(database_url, tmp_path, keyring, clock=clock, registry=REGISTRY) as rig:
        rig.runner.start()
        yield rig


async def result(work: JobRig, name: str, **args: object) -> dict[str, object]:
    """What a job that is run to its end returns."""
    queued = await work.jobs.enqueue(name, args)
    row = await work.reaches(queued.id, JobState.DONE)
    assert isinstance(row.result, dict)
    return row.result


async def count(work: JobRig, table: sa.Table) -> int:
    async with work.parts.db.read() as conn:
        return int((await conn.execute(sa.select(sa.func.count()).select_from(table))).scalar_one())


class TestImport:
    @pytest.fixture
    def imports(self, tmp_path: Path) -> Path:
        folder = tmp_path / "imports"
        folder.mkdir()
        return folder

    async def test_good_rows_go_in_and_refused_ones_are_told_by_their_lines(self, work: JobRig, imports: Path) -> None:
        (imports / "patients.csv").write_text("\n".join([",".join(COLUMNS), GOOD, BAD]), encoding="utf-8")

        first = await result(work, "patients.import", path="patients.csv")
        again = await result(work, "patients.import", path="patients.csv")

        assert first == {"created": 1, "updated": 0, "unchanged": 0, "refused": 1, "refused_lines": [3]}
        assert again == {"created": 0, "updated": 0, "unchanged": 1, "refused": 1, "refused_lines": [3]}

    @pytest.mark.parametrize("path", ["../patients.csv", "/etc/passwd", "link.csv", "missing.csv", "."])
    async def test_what_lies_elsewhere_or_nowhere_is_refused_at_once(
        self, work: JobRig, imports: Path, tmp_path: Path, path: str
    ) -> None:
        (tmp_path / "patients.csv").write_text(",".join(COLUMNS), encoding="utf-8")
        (imports / "link.csv").symlink_to(tmp_path / "patients.csv")

        queued = await work.jobs.enqueue("patients.import", {"path": path})

        row = await work.reaches(queued.id, JobState.FAILED)
        assert (row.attempts, row.error) == (1, "input")


async def test_the_checkpoint_chains_and_signs(work: JobRig, keyring: Keyring) -> None:
    entries = [Entry(action="thread.read", actor=Actor("staff", "u"), object_id="o") for _ in range(3)]
    await work.parts.db.write(lambda conn: work.parts.trail.record(conn, *entries))

    first = await result(work, "audit.checkpoint")
    again = await result(work, "audit.checkpoint")

    async with work.parts.db.read() as conn:
        verified = await verify(conn, keyring.signing_key().public_key())
    assert first == {"sealed": 3, "signed": 3}
    assert again == {"sealed": 0, "signed": 0}
    assert (verified.links, verified.checkpoints) == (3, 1)


async def test_events_are_kept_for_a_day(work: JobRig, clock: FixedClock) -> None:
    for _ in range(2):
        now = clock.now()
        await work.parts.db.write(lambda conn, now=now: events.publish(conn, now, [events.Change("a.b", new_id())]))
        clock.advance(DAY)
    clock.advance(timedelta(seconds=-1))

    assert await result(work, "events.prune") == {"deleted": 1}
    assert await count(work, event) == 1


async def test_reports_that_found_no_delivery_are_kept_for_a_day(work: JobRig, clock: FixedClock) -> None:
    rows = [
        {"id": new_id(), "channel": "sms", "provider_id": "SM1", "state": DeliveryState.SENT, "code": "", "at": at}
        for at in (clock.now() - 2 * DAY, clock.now())
    ]

    async def unit(conn: AsyncConnection) -> None:
        await conn.execute(sa.insert(unmatched_status), rows)

    await work.parts.db.write(unit)

    assert await result(work, "statuses.prune") == {"deleted": 1}


async def test_jobs_that_ended_long_ago_are_forgotten_and_failed_ones_later(work: JobRig, clock: FixedClock) -> None:
    await result(work, "holds.sweep")
    failed = await work.jobs.enqueue("patients.import", {"path": "missing.csv"})
    await work.reaches(failed.id, JobState.FAILED)

    clock.advance(8 * DAY)
    assert await result(work, "jobs.prune") == {"deleted": 1}
    async with work.parts.db.read() as conn:
        kept = set((await conn.execute(sa.select(job.c.name))).scalars())
    clock.advance(91 * DAY)

    assert kept == {"patients.import", "jobs.prune"}
    assert await result(work, "jobs.prune") == {"deleted": 2}


async def test_a_model_that_is_there_is_not_trained_again(work: JobRig, tmp_path: Path) -> None:
    trained()
    (tmp_path / "models").symlink_to(MODELS)
    before = {path.name: path.stat().st_mtime_ns for path in MODELS.iterdir() if path.suffix == ".npz"}

    assert await result(work, "bot.train") == {}

    assert {path.name: path.stat().st_mtime_ns for path in MODELS.iterdir() if path.suffix == ".npz"} == before


@pytest.mark.parametrize("name", ["answers.prune", "holds.sweep"])
async def test_the_others_run_to_their_end_where_there_is_nothing_to_do(work: JobRig, name: str) -> None:
    assert set((await result(work, name)).values()) == {0}
